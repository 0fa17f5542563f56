"""Elements of adjoints: adding to them, taking them out."""

from __future__ import annotations

from typing import Any

import numpy as np

from tangent.runtime.dispatch import for_tensors
from tangent.runtime.shapes import fitted
from tangent.runtime.values import accumulate, snapshot


def _may_repeat(index: Any) -> bool:
    """Whether an index can name one element twice: it contains integer arrays."""
    if isinstance(index, tuple):
        return any(_may_repeat(part) for part in index)
    return isinstance(index, list) or (
        isinstance(index, np.ndarray) and index.dtype != np.bool_ and index.ndim > 0
    )


def add_at(adjoint: Any, index: Any, c: Any) -> Any:
    """``adjoint`` with ``c`` added to ``adjoint[index]``, as often as an element is named.

    Arrays, lists and dictionaries are changed in place and returned; tuples and tensors are
    returned anew.
    """
    if isinstance(adjoint, np.ndarray):
        if _may_repeat(index):
            np.add.at(adjoint, index, c)
        else:
            adjoint[index] += c
        return adjoint
    if isinstance(adjoint, dict):
        adjoint[index] = accumulate(adjoint[index], c) if index in adjoint else c
        return adjoint
    if isinstance(adjoint, list):
        adjoint[index] = accumulate(adjoint[index], c)
        return adjoint
    if isinstance(adjoint, tuple):
        elements = add_at(list(adjoint), index, c)
        return type(adjoint)(*elements) if hasattr(adjoint, "_fields") else tuple(elements)
    if tensors := for_tensors(adjoint, c):
        return tensors.add_at(adjoint, index, c)
    raise TypeError(f"the adjoint of an element needs an array, not {type(adjoint).__name__}")


def take_out(adjoint: Any, index: Any) -> Any:
    """A copy of ``adjoint[index]``, which is then zero in ``adjoint``: what an assignment to
    these elements hands on to the assigned value.

    Where an index array names an element more than once, only the last one was kept by the
    assignment, and only that one gets the cotangent.
    """
    if isinstance(adjoint, (list, dict)):
        value = adjoint[index]
        # What was there before may have been of any shape: a number is a zero of each.
        zero: Any = [0.0] * len(value) if isinstance(index, slice) else 0.0
        adjoint[index] = zero
        return value
    value = last_written(adjoint[index], adjoint, index)
    adjoint[index] = 0.0
    return value


def last_written(c: Any, array: Any, index: Any) -> Any:
    """A copy of ``c``, which belongs to what was assigned to ``array[index]``, with zeros for
    what the assignment wrote over itself: where an index array names an element more than
    once, only the last one was kept."""
    value = snapshot(c)
    if isinstance(array, np.ndarray) and _may_repeat(index):
        numbers = np.arange(value.size).reshape(value.shape)
        last = np.zeros(array.shape, dtype=numbers.dtype)
        last[index] = numbers
        value *= last[index] == numbers
    return value


def take_adjoint(c: Any, x: Any, indices: Any, axis: Any = None) -> Any:
    """The adjoint of ``np.take(x, indices, axis)``."""
    adjoint = np.zeros(np.shape(x), dtype=np.result_type(c, 0.0))
    if axis is None:
        np.add.at(adjoint.reshape(-1), indices, fitted(c, np.shape(indices)))
        return adjoint
    moved = np.moveaxis(adjoint, axis, 0)
    result = np.take(np.asarray(x), indices, axis).shape
    axis = axis % np.ndim(x)
    count = np.ndim(indices)
    first = np.moveaxis(fitted(c, result), range(axis, axis + count), range(count))
    np.add.at(moved, np.asarray(indices), first)
    return adjoint


def put_along(c: Any, x: Any, indices: Any, axis: Any) -> Any:
    """The adjoint of ``np.take_along_axis(x, indices, axis)``."""
    adjoint = np.zeros(np.shape(x), dtype=np.result_type(c, 0.0))
    if axis is None:
        np.add.at(adjoint.reshape(-1), indices, c)
        return adjoint
    places = list(np.ogrid[tuple(slice(n) for n in np.shape(x))])
    places[axis] = indices
    np.add.at(adjoint, tuple(places), c)
    return adjoint


def numbered(x: Any) -> Any:
    """The elements of ``x`` numbered from 1, in its shape."""
    return np.reshape(np.arange(1, np.size(x) + 1), np.shape(x))


def unnumbered(x: Any) -> Any:
    """The number 0, of no element, for all elements of ``x``."""
    return np.zeros(np.shape(x), dtype=int)


def sum_at(c: Any, numbers: Any, x: Any) -> Any:
    """For each element of ``x`` the sum of those of ``c`` that have its number; 0 is the
    number of none."""
    total = np.zeros(np.size(x) + 1, dtype=np.result_type(c, 0.0))
    np.add.at(total, numbers, c)
    return np.reshape(total[1:], np.shape(x))


def with_numbers(x: Any, numbers: Any) -> Any:
    """The elements of ``x`` that have these numbers; 0 for the number 0."""
    return np.concatenate([np.zeros(1, np.result_type(x)), np.ravel(x)])[numbers]
