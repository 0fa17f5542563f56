"""Elements of lists, tuples and dictionaries on their way from one container to another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tangent.runtime.shapes import packed, rebuilt
from tangent.runtime.values import accumulate, zeros_like


def joined(a: Any, b: Any) -> Any:
    """``a + b`` for lists or tuples: the elements of ``a``, then those of ``b``."""
    return (*a, *b) if isinstance(a, tuple) and isinstance(b, tuple) else [*a, *b]


def repeated(x: Any, n: int) -> Any:
    """``x * n`` for a list or tuple: its elements ``n`` times."""
    return type(x)(x) * n


def summed_copies(c: Any, x: Any) -> Any:
    """The adjoint of `repeated`: the sum of the parts of ``c`` that are as long as ``x``."""
    total = zeros_like(x)
    if len(x):
        for start in range(0, len(c), len(x)):
            total = accumulate(total, packed(c[start : start + len(x)], x))
    return total


def merged(a: Any, b: Any) -> dict[Any, Any]:
    """``a | b`` for dictionaries: the items of ``b`` win."""
    return {**a, **b}


def without(c: Any, keys: Any) -> dict[Any, Any]:
    """``c`` with a zero at each of the ``keys``: what became of these items is in others."""
    return {key: 0.0 if key in keys else value for key, value in c.items()}


def restricted(c: Any, keys: Any) -> dict[Any, Any]:
    """The items of ``c`` at the ``keys``, in their order."""
    return {key: c[key] for key in keys}


def keyed(values: Iterable[Any], d: Any) -> dict[Any, Any]:
    """``values`` under the keys of ``d``, in their order."""
    return dict(zip(d, values, strict=True))


def values_of(d: Any) -> list[Any]:
    """The values of a dictionary: ``d.values()``."""
    return list(d.values())


def from_pairs(keys: Iterable[Any], values: Iterable[Any]) -> dict[Any, Any]:
    """``dict(zip(keys, values))``."""
    return dict(zip(keys, values))


def items_of(c: Any, keys: Any, values: Any) -> list[Any]:
    """The adjoint of `from_pairs`: the items of ``c`` at the ``keys``, one for each of the
    ``values``; zero for a value that another one replaced, or that met no key."""
    left = dict(c)
    pairs = list(zip(keys, values))
    out = [zeros_like(value) for value in values]
    for i in range(len(pairs) - 1, -1, -1):
        key, _ = pairs[i]
        if key in left:
            out[i] = left.pop(key)
    return out


def with_part(x: Any, path: tuple[Any, ...], value: Any) -> Any:
    """``x`` with ``value`` at the end of a path of indices and keys: what leads there is new,
    the rest is shared."""
    if not path:
        return value
    key, *rest = path
    new = with_part(x[key], tuple(rest), value)
    if isinstance(x, tuple):
        elements = list(x)
        elements[key] = new
        return rebuilt(x, elements)
    changed = x.copy()
    changed[key] = new
    return changed


def part_of(x: Any, path: tuple[Any, ...]) -> Any:
    """What is at the end of a path of indices and keys."""
    for key in path:
        x = x[key]
    return x


def inserted_at(values: Any, index: int) -> int:
    """The place of what ``insert(index, x)`` has put into the list ``values``."""
    return slice(index, None).indices(len(values) - 1)[0]


def extremum_adjoint(c: Any, values: Any, best: Any) -> Any:
    """The adjoint of ``max(values)`` or ``min(values)``, which is ``best``: equal elements share
    the cotangent."""
    weights = _weights(values, best)
    return packed([c * weight for weight in weights], values)


def extremum_tangent(t: Any, values: Any, best: Any) -> Any:
    """The tangent of ``max(values)`` or ``min(values)``, which is ``best``."""
    weights = _weights(values, best)
    return sum(tangent * weight for tangent, weight in zip(t, weights) if weight)


def _weights(values: Any, best: Any) -> list[float]:
    hits = [bool(value == best) for value in values]
    return [hit / (sum(hits) or 1) for hit in hits]


def sort_order(values: Any, reverse: bool = False) -> list[int]:
    """Where the elements of ``sorted(values)`` come from."""
    return sorted(range(len(values)), key=lambda i: values[i], reverse=reverse)


def permuted(x: Any, order: list[int]) -> list[Any]:
    """The elements of ``x`` at the places ``order``."""
    return [x[i] for i in order]


def unpermuted(c: Any, order: list[int]) -> list[Any]:
    """The adjoint of `permuted`: its inverse."""
    out: list[Any] = [None] * len(order)
    for value, i in zip(c, order):
        out[i] = value
    return out
