"""Adjoints of functions that only move, repeat or select elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from tangent.runtime.shapes import fitted, to_shape


def through_cast(c: Any, dtype: Any) -> Any:
    """``c``, or zero if a value was cast to ``dtype`` and that is an integer type."""
    exact = dtype is not None and not np.issubdtype(np.dtype(dtype), np.inexact)
    return np.zeros_like(c) if exact else c


def split_like(c: Any, arrays: Any, axis: Any = 0) -> list[Any]:
    """The parts of ``c`` that belong to the arrays that were concatenated along ``axis``."""
    if axis is None:
        parts = np.split(c, np.cumsum([np.size(a) for a in arrays])[:-1])
        return [np.reshape(p, np.shape(a)) for p, a in zip(parts, arrays, strict=True)]
    return np.split(c, np.cumsum([np.shape(a)[axis] for a in arrays])[:-1], axis)


def hstack_adjoint(c: Any, arrays: Any) -> list[Any]:
    """The parts of ``c`` that belong to the arrays of ``np.hstack``."""
    rows = [np.atleast_1d(a) for a in arrays]
    parts = split_like(c, rows, 0 if rows[0].ndim == 1 else 1)
    return [np.reshape(p, np.shape(a)) for p, a in zip(parts, arrays, strict=True)]


def vstack_adjoint(c: Any, arrays: Any) -> list[Any]:
    """The parts of ``c`` that belong to the arrays of ``np.vstack``."""
    parts = split_like(c, [np.atleast_2d(a) for a in arrays], 0)
    return [np.reshape(p, np.shape(a)) for p, a in zip(parts, arrays, strict=True)]


def diagonal_adjoint(c: Any, x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The adjoint of ``np.diagonal(x, offset, axis1, axis2)``: zeros, and ``c`` on the
    diagonal."""
    adjoint = np.zeros(np.shape(x), dtype=np.result_type(c, 0.0))
    moved = np.moveaxis(adjoint, (axis1, axis2), (-2, -1))
    n = np.diagonal(moved, offset, -2, -1).shape[-1]
    i = np.arange(n)
    moved[..., i + max(0, -offset), i + max(0, offset)] = c
    return adjoint


def diag_adjoint(c: Any, x: Any, k: int = 0) -> Any:
    """The adjoint of ``np.diag(x, k)``, for a vector (a matrix is built) or a matrix."""
    return np.diagonal(c, k) if np.ndim(x) == 1 else diagonal_adjoint(c, x, k)


def repeat_adjoint(c: Any, x: Any, repeats: Any, axis: Any = None) -> Any:
    """The adjoint of ``np.repeat(x, repeats, axis)``."""
    if axis is None:
        return np.reshape(repeat_adjoint(c, np.ravel(x), repeats, 0), np.shape(x))
    counts = np.broadcast_to(repeats, (np.shape(x)[axis],))
    owners = np.repeat(np.arange(len(counts)), counts)
    adjoint = np.zeros(np.shape(x), dtype=np.result_type(c, 0.0))
    np.add.at(np.moveaxis(adjoint, axis, 0), owners, np.moveaxis(c, axis, 0))
    return adjoint


def tile_adjoint(c: Any, x: Any, reps: Any) -> Any:
    """The adjoint of ``np.tile(x, reps)``."""
    reps = tuple(np.atleast_1d(reps))
    shape = np.shape(x)
    rank = max(len(reps), len(shape))
    reps = (1,) * (rank - len(reps)) + reps
    padded = (1,) * (rank - len(shape)) + shape
    blocks = [n for pair in zip(reps, padded, strict=True) for n in pair]
    split = np.reshape(fitted(c, tuple(r * n for r, n in zip(reps, padded, strict=True))), blocks)
    return np.reshape(np.sum(split, axis=tuple(range(0, 2 * rank, 2))), shape)


def diff_adjoint(c: Any, x: Any, n: int = 1, axis: int = -1) -> Any:
    """The adjoint of ``np.diff(x, n, axis)``."""
    for _ in range(n):
        ends = [(0, 0)] * np.ndim(x)
        ends[axis] = (1, 1)
        c = -np.diff(np.pad(c, ends), axis=axis)
    return c


def unpad(c: Any, x: Any, pad_width: Any) -> Any:
    """The part of ``c`` that belongs to ``x`` in ``np.pad(x, pad_width)``."""
    widths = np.broadcast_to(pad_width, (np.ndim(x), 2))
    return c[tuple(slice(w, w + n) for (w, _), n in zip(widths, np.shape(x), strict=True))]


def padded_numbers(x: Any, pad_width: Any, mode: str) -> Any:
    """The elements of ``x``, numbered from 1, padded; the number 0 is that of none.

    Raises ValueError for modes that compute what they fill up with.
    """
    if mode not in ("constant", "edge", "reflect", "symmetric", "wrap", "empty"):
        raise ValueError(f"the derivative of np.pad with mode={mode!r} is not known")
    options: dict[str, Any] = {"mode": "constant" if mode == "empty" else mode}
    return np.pad(np.reshape(np.arange(1, np.size(x) + 1), np.shape(x)), pad_width, **options)


def only_real(x: Any) -> Any:
    """``x``, which must not be complex. Raises TypeError if it is."""
    if np.iscomplexobj(x):
        raise TypeError("the derivative of this decomposition is known for real matrices only")
    return x


def leading_columns(c: Any, k: int) -> Any:
    """The first ``k`` columns of a cotangent of matrices.

    Raises ValueError if others are not zero.
    """
    if np.any(c[..., k:]):
        raise ValueError(
            "columns of a decomposition that belong to no singular value have no derivative:"
            " use full_matrices=False"
        )
    return c[..., :k]


def add_columns(x: Any, n: int, value: float) -> Any:
    """``x`` with columns of ``value`` added, so that there are ``n``."""
    missing = (*np.shape(x)[:-1], n - np.shape(x)[-1])
    return np.concatenate([x, np.full(missing, value, np.result_type(x))], axis=-1)


def column_stack_adjoint(c: Any, arrays: Any) -> list[Any]:
    """The parts of ``c`` that belong to the arrays of ``np.column_stack``."""
    parts = split_like(c, [np.atleast_2d(np.asarray(a).T).T for a in arrays], 1)
    return [np.reshape(p, np.shape(a)) for p, a in zip(parts, arrays, strict=True)]


def dstack_adjoint(c: Any, arrays: Any) -> list[Any]:
    """The parts of ``c`` that belong to the arrays of ``np.dstack``."""
    parts = split_like(c, [np.atleast_3d(a) for a in arrays], 2)
    return [np.reshape(p, np.shape(a)) for p, a in zip(parts, arrays, strict=True)]


def select_adjoint(c: Any, condlist: Any, choicelist: Any) -> list[Any]:
    """The adjoints of the choices of ``np.select(condlist, choicelist)``."""
    free: Any = True
    parts = []
    for condition, choice in zip(condlist, choicelist, strict=True):
        parts.append(to_shape(np.where(condition & free, c, 0.0), np.shape(choice)))
        free = free & ~condition
    return parts


def meshgrid_of(arrays: Any, indexing: Any = "xy") -> tuple[Any, ...]:
    """``np.meshgrid(*arrays, indexing=indexing)``."""
    return tuple(np.meshgrid(*arrays, indexing=indexing))


def meshgrid_adjoint(c: Any, arrays: Any, indexing: Any = "xy") -> list[Any]:
    """The adjoints of the arrays of ``np.meshgrid``: sums over the axes of the others."""
    n = len(arrays)
    places = list(range(n))
    if indexing == "xy" and n > 1:
        places[:2] = [1, 0]
    sums = [np.sum(part, axis=tuple(j for j in range(n) if j != i)) for part, i in zip(c, places)]
    return [np.reshape(s, np.shape(a)) for s, a in zip(sums, arrays, strict=True)]


def block_adjoint(c: Any, arrays: Any) -> Any:
    """The parts of ``c`` that belong to the arrays of ``np.block``, nested as these are."""
    flat: list[Any] = []

    def tagged(nested: Any) -> Any:
        if isinstance(nested, list):
            return [tagged(part) for part in nested]
        flat.append(nested)
        return np.full(np.shape(nested), len(flat) - 1)

    owners = np.block(tagged(arrays))
    c = np.broadcast_to(c, owners.shape)
    parts = iter([np.reshape(c[owners == i], np.shape(a)) for i, a in enumerate(flat)])

    def nested_like(nested: Any) -> Any:
        return [nested_like(p) for p in nested] if isinstance(nested, list) else next(parts)

    return nested_like(arrays)


def block_diag_of(arrays: Any) -> Any:
    """``scipy.linalg.block_diag(*arrays)``."""
    blocks = [np.atleast_2d(a) for a in arrays]
    result = np.zeros(np.sum([np.shape(b) for b in blocks], axis=0), np.result_type(*blocks))
    for place, block in zip(_blocks(blocks), blocks):
        result[place] = block
    return result


def block_diag_adjoint(c: Any, arrays: Any) -> list[Any]:
    """The parts of ``c`` that belong to the arrays of ``scipy.linalg.block_diag``."""
    places = _blocks([np.atleast_2d(a) for a in arrays])
    return [np.reshape(c[p], np.shape(a)) for p, a in zip(places, arrays, strict=True)]


def _blocks(blocks: list[Any]) -> list[tuple[slice, slice]]:
    ends = np.cumsum([np.shape(b) for b in blocks], axis=0)
    starts = np.concatenate([np.zeros((1, 2), int), ends[:-1]])
    return [(slice(start[0], end[0]), slice(start[1], end[1])) for start, end in zip(starts, ends)]
