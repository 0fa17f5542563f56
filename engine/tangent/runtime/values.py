"""Zeros, copies and sums of whatever carries a derivative; checks of seeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from tangent.runtime.dispatch import for_tensors
from tangent.runtime.objects import (
    fields_of,
    is_constant,
    rebuilt,
    replaced,
    stored,
    with_fields,
    zeros_like,
)
from tangent.runtime.shapes import unbroadcast

_CONTAINERS = (list, tuple, dict)


def snapshot(x: Any) -> Any:
    """A copy of ``x`` that later changes of ``x`` in place do not reach; an immutable value is
    its own. Arrays in it that share memory share it in the copy too."""
    if isinstance(x, np.ndarray):
        return x.copy()
    return _copied(x, _shared_bases(x))


def _copied(x: Any, bases: dict[int, np.ndarray]) -> Any:
    if isinstance(x, np.ndarray):
        base = _base(x)
        copy = bases.get(id(base))
        if copy is None:
            return x.copy()
        offset = x.__array_interface__["data"][0] - base.__array_interface__["data"][0]
        memory = copy.ravel(order="K").view(np.uint8)
        return np.ndarray(x.shape, x.dtype, memory, offset, x.strides)
    if isinstance(x, (list, tuple)):
        return rebuilt(x, [_copied(value, bases) for value in x])
    if isinstance(x, dict):
        return {key: _copied(value, bases) for key, value in x.items()}
    if tensors := for_tensors(x):
        return tensors.snapshot(x)
    if (fields := fields_of(x)) is not None:
        return with_fields(x, {name: _copied(value, bases) for name, value in fields.items()})
    return x


def _base(x: np.ndarray) -> np.ndarray:
    """The array that owns the memory."""
    while isinstance(x.base, np.ndarray):
        x = x.base
    return x


def _shared_bases(x: Any) -> dict[int, np.ndarray]:
    """Copies of the memory that several arrays in a container have in common, by the array that
    owns it."""
    owners: list[np.ndarray] = []
    waiting = [x]
    while waiting:
        value = waiting.pop()
        if isinstance(value, np.ndarray):
            if value.size and value.dtype != object:
                owners.append(_base(value))
        elif isinstance(value, (list, tuple)):
            waiting.extend(value)
        elif isinstance(value, dict):
            waiting.extend(value.values())
        elif (fields := fields_of(value)) is not None:
            waiting.extend(fields.values())
    counts = Counter(map(id, owners))
    return {id(o): o.copy(order="K") for o in owners if counts[id(o)] > 1}


def apart(value: Any, array: Any) -> Any:
    """``value``, which must not be a view of ``array``.

    Raises ValueError if it may be: an assignment like ``y[0], y[1] = y[1], y[0]`` would change
    the value between its evaluation and its use.
    """
    if isinstance(value, np.ndarray) and np.may_share_memory(value, array):
        raise ValueError(
            "cannot differentiate an assignment whose values are views of what it changes;"
            " copy them first: y[0], y[1] = y[1].copy(), y[0].copy()"
        )
    return value


def number(value: Any) -> Any:
    """``value``, which must be a number.

    Raises ValueError for an array or a list: a derivative that takes an item for a number would
    be wrong for one, which would share its memory.
    """
    if isinstance(value, np.ndarray) and not value.ndim:
        return value[()]
    if isinstance(value, (np.ndarray, list, tuple, dict)):
        raise ValueError(
            f"an item that is used as a number is a {type(value).__name__}; the derivative"
            " relies on its being a number: copy it first (`.copy()`)"
        )
    return value


def shadows(x: Any, value: Any = 0.0) -> Any:
    """As `shadow`, and for a list or tuple one of shadows."""
    return _elements(x, value, shadows) if isinstance(x, (list, tuple)) else shadow(x, value)


def _elements(x: Any, value: Any, memory: Callable[[Any, Any], Any]) -> Any:
    """New memory for each element of a list, the same for the same array."""
    values = value if isinstance(value, (list, tuple)) else [value] * len(x)
    made: list[tuple[Any, Any]] = []
    for own, c in zip(x, values, strict=True):
        found = None
        for other, shadow_ in made if isinstance(own, np.ndarray) else ():
            if own is other:
                found = shadow_
            elif isinstance(other, np.ndarray) and np.may_share_memory(own, other):
                raise ValueError(
                    "cannot differentiate changes in place of arrays that share memory in a list"
                )
        made.append((own, memory(own, c) if found is None else found))
    return rebuilt(x, [shadow_ for _, shadow_ in made])


def shadow(x: Any, value: Any = 0.0) -> Any:
    """Memory for the adjoint of ``x``, or its tangent, filled with ``value``: an array laid out
    as ``x`` is, so that what is a view of ``x`` is a view of it; for a number an array without
    dimensions.

    Raises ValueError for a list or another container: its items are no memory of numbers.
    """
    if isinstance(x, (list, tuple, dict)):
        raise ValueError(
            f"cannot differentiate changes in place of a {type(x).__name__} that another variable"
            " sees, too: make it an array"
        )
    if not isinstance(x, (np.ndarray, np.generic, float, int, complex)):
        return zeros_like(x)
    zero = zeros_like(x)
    if not isinstance(x, np.ndarray) or not x.size:
        made = np.array(zero)
    elif x.strides == zero.strides or x.itemsize == 0:
        made = zero
    else:
        # Elements of the memory that `x` spans, as far as they are some of `x`'s.
        scale = [s // x.itemsize for s in x.strides]
        low = sum(s * (n - 1) for s, n in zip(scale, x.shape) if s < 0)
        high = sum(s * (n - 1) for s, n in zip(scale, x.shape) if s > 0)
        memory = np.zeros(high - low + 1, zero.dtype)
        strides = [s * zero.itemsize for s in scale]
        made = np.lib.stride_tricks.as_strided(memory[-low:], x.shape, strides)
    made[...] = value
    return made


def laid_out(value: Any, x: Any) -> Any:
    """A copy of ``value``, a tangent of ``x``, laid out in memory as ``x`` is; a number is one
    still."""
    if isinstance(x, (list, tuple)):
        return _elements(x, value, lambda v, c: laid_out(c, v))
    return shadow(x, value) if isinstance(x, np.ndarray) else value


def boxed(x: Any) -> Any:
    """``x``; for a number an array without dimensions, whose value can change."""
    return np.array(x) if isinstance(x, (float, int, complex, np.generic)) else x


def unboxed(x: Any) -> Any:
    """``x``, with numbers for arrays without dimensions."""
    if isinstance(x, np.ndarray):
        return x[()]
    if isinstance(x, (list, tuple)):
        return rebuilt(x, [unboxed(value) for value in x])
    return x


def next_shadow(old: Any, x: Any) -> Any:
    """The shadow of ``x`` after ``x += v``, where it was ``old`` before: the same memory if
    ``x`` is an array, and other memory if it is a number."""
    return old if isinstance(x, np.ndarray) else np.array(old)


def writable(view: Any) -> Any:
    """A view of a shadow that NumPy gives for reading only, for writing."""
    if isinstance(view, np.ndarray):
        view.setflags(write=True)
    return view


def add_into(shadow: Any, c: Any) -> None:
    """Adds ``c`` to ``shadow`` in place."""
    if isinstance(shadow, (list, tuple)):
        for part, value in zip(shadow, c, strict=True):
            add_into(part, value)
    else:
        shadow += c


def accumulate(a: Any, b: Any) -> Any:
    """The sum of two cotangents of one value, element by element for lists, tuples and
    dictionaries; a number stands for itself at each element, and None for no cotangent."""
    if a is None or b is None:
        return b if a is None else a
    if isinstance(a, _CONTAINERS):
        return _accumulate_elements(a, b if isinstance(b, _CONTAINERS) else unbroadcast(b, a))
    if isinstance(b, _CONTAINERS):
        return _accumulate_elements(unbroadcast(a, b), b)
    if (fields := fields_of(a)) is not None:
        others = fields_of(b) or {}
        missing = {name: value for name, value in others.items() if name not in fields}
        sums = {name: accumulate(value, others.get(name)) for name, value in fields.items()}
        return with_fields(a, {**sums, **missing})
    return a + b


def _accumulate_elements(a: Any, b: Any) -> Any:
    if isinstance(a, dict):
        keys = [*a, *(key for key in b if key not in a)]
        return {key: accumulate(a.get(key), b.get(key)) for key in keys}
    if len(a) != len(b):
        raise ValueError(f"cotangents of {len(a)} and {len(b)} elements do not add")
    return rebuilt(a, [accumulate(p, q) for p, q in zip(a, b, strict=True)])


def field_of(x: Any, name: str) -> Any:
    """``x.name`` of a cotangent or tangent, where it is not known whether it is a field; zero
    for a constant of its class.

    Raises ValueError if it is computed: a property of a tangent is not the tangent of a
    property.
    """
    return zeros_like(getattr(x, name)) if is_constant(x, name) else stored(x, name)


def add_field(adjoint: Any, name: str, c: Any) -> Any:
    """The cotangent ``adjoint`` of an object with ``c`` added to its field ``name``.

    The object is changed in place and returned, a named tuple returned anew. Raises ValueError
    for an attribute that is computed; a constant of the class has no cotangent.
    """
    if is_constant(adjoint, name):
        return adjoint
    own = stored(adjoint, name)
    if isinstance(own, (float, np.ndarray)) and np.shape(own) != np.shape(c) and not np.any(own):
        own = None  # the zero of a value that was stored there later
    return replaced(adjoint, name, snapshot(c) if own is None else accumulate(own, c))


def take_field(adjoint: Any, name: str) -> Any:
    """The field ``name`` of the cotangent of an object, which is then zero in it: what an
    assignment to this attribute hands on to the assigned value."""
    value = stored(adjoint, name)
    replaced(adjoint, name, zeros_like(value))
    return value


def as_kind_of(c: Any, x: Any) -> Any:
    """``c``, without its imaginary part where ``x`` is real."""
    if isinstance(x, (list, tuple)):
        return rebuilt(x, [as_kind_of(part, value) for part, value in zip(c, x, strict=True)])
    if isinstance(x, dict):
        return {key: as_kind_of(c[key], value) for key, value in x.items()}
    return c if np.iscomplexobj(x) or not np.iscomplexobj(c) else np.real(c)


def check_seed(c: Any, x: Any) -> Any:
    """``c``, if it has the structure and shape of the result ``x``.

    Raises ValueError for a cotangent of another shape, above all a scalar one for an array,
    and TypeError for a result that carries no derivative.
    """
    return _checked(
        c,
        x,
        "the result of the function",
        "the cotangent of the result",
        "grad needs a scalar result; give a cotangent of the result's shape with tangent.vjp, "
        "or use tangent.jacobian",
    )


def check_tangent_seed(c: Any, x: Any) -> Any:
    """``c``, if it has the structure and shape of the argument ``x``.

    Raises ValueError for a tangent of another shape, and TypeError for an argument that
    carries no derivative.
    """
    return _checked(
        c,
        x,
        "the argument",
        "the tangent of an argument",
        "give a tangent of the argument's shape (d<argument>=..., or tangent.jvp), or use "
        "tangent.jacobian",
    )


def _checked(c: Any, x: Any, primal: str, seed: str, advice: str) -> Any:
    if type(c) is float and type(x) is float:
        return c
    if isinstance(x, (list, tuple)):
        if not isinstance(c, (list, tuple)) or len(c) != len(x):
            raise ValueError(
                f"{seed} is no sequence of {len(x)} elements, as {primal} is: {advice}"
            )
        pairs = zip(c, x, strict=True)
        return rebuilt(x, [_checked(p, v, primal, seed, advice) for p, v in pairs])
    if isinstance(x, dict):
        if not isinstance(c, dict) or c.keys() != x.keys():
            raise ValueError(f"{seed} is no dictionary with the keys of {primal}: {advice}")
        return {key: _checked(c[key], x[key], primal, seed, advice) for key in x}
    if c is None and (x is None or isinstance(x, (str, bytes))):
        return None
    if (fields := fields_of(x)) is not None:
        own = fields_of(c)
        if own is None or own.keys() != fields.keys():
            raise ValueError(f"{seed} is no {type(x).__name__}, as {primal} is: {advice}")
        for name, value in fields.items():
            if own[name] is not None:
                _checked(own[name], value, f"its field `{name}`", seed, advice)
        return c
    tensors = for_tensors(c, x)
    if tensors is None and not _is_numeric(x):
        raise TypeError(f"{primal} is of type {type(x).__name__}, which carries no derivative")
    shape_of: Any = np.shape if tensors is None else tensors.shape_of
    own, needed = shape_of(c), shape_of(x)
    if not _compatible(own, needed):
        raise ValueError(f"{seed} has shape {own}, {primal} has shape {needed}: {advice}")
    return c if tensors is None else tensors.in_dtype_of(c, x)


def _is_numeric(x: Any) -> bool:
    return isinstance(x, (float, int, complex)) or (
        isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind in "fciub"
    )


def _compatible(own: Any, needed: Any) -> bool:
    """Whether two shapes are equal as far as they are known (None is unknown)."""
    if own is None or needed is None:
        return True
    return len(own) == len(needed) and all(
        n is None or m is None or n == m for n, m in zip(own, needed, strict=True)
    )


def check_arrays(*values: Any) -> None:
    """Checks that values whose attributes have been taken for those of arrays are no objects
    with fields, which may have attributes of the same names. Raises ValueError."""
    for value in values:
        if fields_of(value) is not None:
            raise ValueError(
                f"cannot differentiate an argument of type {type(value).__name__} that is not"
                " annotated with its class: it is taken for an array"
            )


def check_shapes(*promises: Any) -> None:
    """Checks what annotations promise: pairs of a value and the sizes of its dimensions, as
    names or numbers ("n 3"; "" for a number). One name is one size everywhere.

    Raises ValueError for a value of another shape: a derivative made for the promised shape
    would be wrong for it.
    """
    sizes: dict[str, int] = {}
    for value, names in zip(promises[::2], promises[1::2], strict=True):
        if not names and (type(value) is float or type(value) is int):
            continue
        shape = tuple(np.shape(value))
        wanted = names.split()
        fits = len(shape) == len(wanted) and all(
            n == (int(name) if name.isdigit() else sizes.setdefault(name, n))
            for n, name in zip(shape, wanted)
        )
        if not fits:
            known = ", ".join(str(sizes.get(name, name)) for name in wanted)
            raise ValueError(
                f"an argument is annotated with the shape ({known}) but has the shape {shape};"
                " the derivative relies on the annotation"
            )


def check_numbers(*values: Any) -> None:
    """Checks that values annotated as numbers are: as `check_shapes`, for numbers alone."""
    for value in values:
        if type(value) is not float and type(value) is not int:
            check_shapes(value, "")
