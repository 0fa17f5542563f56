"""Nested values: numbers, arrays and tensors in tuples, lists and dictionaries.

What checks and Jacobians need, to perturb arguments and to compare results, for NumPy and
TensorFlow alike: a nested value as one flat vector of float64, and back.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from tangent.transform.parts import Step, parse_part

Vector = NDArray[np.float64]
_Path = tuple[int | str, ...]


def is_real(leaf: Any) -> bool:
    """Whether a leaf is of a floating type: a derivative with respect to it makes sense."""
    return isinstance(leaf, float) or (_is_array(leaf) and _dtype(leaf).kind == "f")


def all_real(value: Any) -> bool:
    """Whether a nested value has leaves and `is_real` holds for all of them."""
    kinds = [is_real(leaf) for _, leaf in _leaves(value)]
    return bool(kinds) and all(kinds)


def flat(value: Any) -> Vector:
    """All elements of a nested value, as one vector.

    Raises `TypeError` for a leaf that is no real number or array of real numbers.
    """
    parts = [_as_array(leaf).ravel() for _, leaf in _leaves(value)]
    return np.concatenate(parts) if parts else np.zeros(0)


def unflat(example: Any, vector: Vector) -> Any:
    """The nested value with the structure and types of ``example`` and these elements.

    Integers of the example become floating point numbers: they are about to be perturbed.
    """
    position = 0

    def take(leaf: Any) -> Any:
        nonlocal position
        array = _as_array(leaf)
        part = vector[position : position + array.size].reshape(array.shape)
        position += array.size
        return _like(leaf, part)

    return _mapped(take, example)


def blocks(matrix: Vector, rows: Any, columns: Any) -> Any:
    """Cut a Jacobian of flat vectors into arrays: for each pair of a leaf of ``rows`` and a
    leaf of ``columns`` one of shape ``row.shape + column.shape``, nested as the two are."""
    start = 0

    def row_of(row: Any) -> Any:
        nonlocal start
        height, column_start = _as_array(row).size, 0
        band = matrix[start : start + height]
        start += height

        def block(column: Any) -> Any:
            nonlocal column_start
            array = _as_array(column)
            part = band[:, column_start : column_start + array.size]
            column_start += array.size
            part = part.reshape(_as_array(row).shape + array.shape)
            arrays = [leaf for leaf in (row, column) if _is_array(leaf) and is_real(leaf)]
            return _like(arrays[0], part) if arrays else float(part)

        return _mapped(block, columns)

    return _mapped(row_of, rows)


def fresh(value: Any) -> Any:
    """The nested value with copies of its arrays, so that a function may change them."""
    return _mapped(lambda leaf: leaf.copy() if isinstance(leaf, np.ndarray) else leaf, value)


def part(arguments: Mapping[str, Any], name: str) -> Any:
    """An argument by its name, or the part of one that a text like ``"params['w1']"`` names."""
    found = parse_part(name)
    if found is None:
        return arguments[name]
    value = arguments[found.param]
    for kind, key in found.path:
        value = getattr(value, str(key)) if kind == "attribute" else value[key]
    return value


def with_part(arguments: Mapping[str, Any], name: str, value: Any) -> dict[str, Any]:
    """The arguments with another value for one, or for a part of one; containers that lead to
    it are copied."""
    found = parse_part(name)
    if found is None:
        return {**arguments, name: value}

    def rebuilt(whole: Any, path: tuple[Step, ...]) -> Any:
        if not path:
            return value
        (kind, key), *rest = path
        inner = getattr(whole, str(key)) if kind == "attribute" else whole[key]
        is_tuple = type(whole) is tuple
        changed: Any = list(cast("tuple[Any, ...]", whole)) if is_tuple else copy(whole)
        new = rebuilt(inner, tuple(rest))
        if kind == "attribute":
            setattr(changed, str(key), new)
        else:
            changed[key] = new
        return tuple(changed) if is_tuple else changed

    return {**arguments, found.param: rebuilt(arguments[found.param], found.path)}


def precision(value: Any) -> float:
    """The machine epsilon of the least precise floating leaf."""
    kinds = [_dtype(leaf) for _, leaf in _leaves(value) if _is_array(leaf) and is_real(leaf)]
    return max((float(np.finfo(kind).eps) for kind in kinds), default=float(np.finfo(float).eps))


def place(value: Any, element: int) -> str:
    """How one element of `flat` is written as a subscript: ``[1, 2]``, ``['w'][0]``."""
    for path, leaf in _leaves(value):
        array = _as_array(leaf)
        if element < array.size:
            index = ", ".join(str(i) for i in np.unravel_index(element, array.shape))
            return "".join(f"[{p!r}]" for p in path) + (f"[{index}]" if index else "")
        element -= array.size
    raise IndexError(element)


def _leaves(value: Any, path: _Path = ()) -> Iterator[tuple[_Path, Any]]:
    if isinstance(value, dict):
        items = list(cast("dict[str, Any]", value).items())
    elif isinstance(value, (list, tuple)):
        items = list(enumerate(cast("list[Any]", value)))
    else:
        yield path, value
        return
    for key, part in items:
        yield from _leaves(part, (*path, key))


def _mapped(change: Callable[[Any], Any], value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _mapped(change, part) for key, part in cast("dict[Any, Any]", value).items()}
    if isinstance(value, (list, tuple)):
        parts = [_mapped(change, part) for part in cast("list[Any]", value)]
        if isinstance(value, tuple):
            named = hasattr(value, "_fields")  # a namedtuple
            return type(value)(*parts) if named else tuple(parts)
        return parts
    return change(value)


# --- leaves ----------------------------------------------------------------------------------


def _tensorflow(leaf: Any) -> Any:
    """TensorFlow, if the leaf is a tensor or a variable of it. It is never imported here."""
    tf = sys.modules.get("tensorflow")
    return tf if tf is not None and isinstance(leaf, (tf.Tensor, tf.Variable)) else None


def _is_array(leaf: Any) -> bool:
    return isinstance(leaf, (np.ndarray, np.generic)) or _tensorflow(leaf) is not None


def _dtype(leaf: Any) -> np.dtype[Any]:
    tf = _tensorflow(leaf)
    return np.dtype(leaf.dtype.as_numpy_dtype if tf is not None else leaf.dtype)


def _as_array(leaf: Any) -> Vector:
    if isinstance(leaf, (bool, int, float)) or (_is_array(leaf) and _dtype(leaf).kind in "biuf"):
        return np.array(leaf, dtype=np.float64)
    raise TypeError(
        f"expected real numbers or arrays of them, got {type(leaf).__name__}: {leaf!r:.60}"
    )


def _like(leaf: Any, array: Vector) -> Any:
    tf = _tensorflow(leaf)
    if not _is_array(leaf):
        return float(array)
    dtype = _dtype(leaf) if is_real(leaf) else np.dtype(np.float64)
    if tf is not None:
        return tf.constant(array, dtype=dtype)
    if isinstance(leaf, np.generic):
        return dtype.type(array)
    return array.astype(dtype)
