"""Cotangents in the shape of their argument."""

from __future__ import annotations

from collections.abc import ValuesView
from typing import Any

import numpy as np

from tangent.runtime.dispatch import for_tensors
from tangent.runtime.objects import fields_of, rebuilt, with_fields, zeros_like


def unbroadcast(c: Any, x: Any) -> Any:
    """The cotangent ``c`` in the shape of ``x``: summed over the axes along which ``x`` was
    broadcast, repeated along those where ``c`` is smaller.

    Lists, tuples and dictionaries are taken element by element. Raises ValueError if the
    shapes do not broadcast.
    """
    if type(x) is float and type(c) is float:
        return c
    if isinstance(x, np.ndarray) and isinstance(c, np.ndarray):
        return to_shape(c, x.shape)
    if isinstance(x, (list, tuple, dict)):
        return _unbroadcast_elements(c, x)
    if isinstance(x, ValuesView):
        return unbroadcast(c, list(x))
    if x is None or isinstance(x, (str, bytes)):
        return None
    if isinstance(c, (list, tuple, dict)) and np.ndim(x) == 0:
        return sum(unbroadcast(part, x) for part in (c.values() if isinstance(c, dict) else c))
    if tensors := for_tensors(c, x):
        return tensors.unbroadcast(c, x)
    if (fields := fields_of(x)) is not None:
        own = fields_of(c)
        if own is None and c is not None and not _is_zero(c):
            raise ValueError(
                f"cannot differentiate this operation on an object of type {type(x).__name__}:"
                " annotate it with its class, or use its fields"
            )
        own = own or {}
        parts = {name: unbroadcast(own.get(name), value) for name, value in fields.items()}
        return with_fields(x, parts)
    return zeros_like(x) if c is None else to_shape(c, np.shape(x))


def _is_zero(c: Any) -> bool:
    return type(c) is float and c == 0.0


def _unbroadcast_elements(c: Any, x: Any) -> Any:
    if c is None or _is_zero(c):
        return zeros_like(x)
    if isinstance(x, dict):
        if not isinstance(c, dict):
            return {key: unbroadcast(c, value) for key, value in x.items()}
        return {key: unbroadcast(c.get(key, 0.0), value) for key, value in x.items()}
    if not isinstance(c, (list, tuple, dict)) and np.ndim(c) == 0 and for_tensors(c, *x) is None:
        return rebuilt(x, (unbroadcast(c, value) for value in x))
    if not isinstance(c, (list, tuple)) and for_tensors(c, *x) is None:
        c = to_shape(c, np.shape(x))
    if isinstance(x, list) and not x:
        return c  # a stack that is used up: the cotangents of its items are in their shapes
    if len(c) != len(x):
        raise ValueError(f"a cotangent of {len(c)} elements does not fit {len(x)} of them")
    return rebuilt(x, (unbroadcast(part, value) for part, value in zip(c, x, strict=True)))


def packed(c: Any, x: Any) -> Any:
    """The cotangents ``c`` of the elements of ``x``, which was unpacked, as one of ``x``: an
    array in the dtype of an array, a list for a list."""
    if isinstance(x, np.ndarray):
        return np.array(c, dtype=x.dtype if x.dtype.kind in "fc" else float)
    if isinstance(x, (list, tuple)):
        return rebuilt(x, c)
    if isinstance(x, dict):
        # The elements of a dictionary are its keys.
        return unbroadcast(0.0, x)
    if tensors := for_tensors(x):
        return tensors.in_dtype_of(c, x)
    return c


def to_shape(c: Any, shape: tuple[int, ...]) -> Any:
    """``c`` summed and repeated to ``shape``."""
    own = np.shape(c)
    if own == shape and not isinstance(c, (list, tuple)):
        return c
    c = np.asarray(c)
    if c.ndim > len(shape):
        c = c.sum(axis=tuple(range(c.ndim - len(shape))))
    first = len(shape) - c.ndim
    axes = tuple(i for i, n in enumerate(c.shape) if n != 1 and shape[first + i] == 1)
    if axes:
        c = c.sum(axis=axes, keepdims=True)
    if c.shape != shape:
        try:
            c = np.array(np.broadcast_to(c, shape))
        except ValueError:
            raise misfit(own, shape) from None
    return c[()]


def misfit(own: tuple[int, ...], shape: tuple[int, ...]) -> ValueError:
    """The error for a cotangent of shape ``own`` where ``shape`` is needed."""
    return ValueError(f"a cotangent of shape {own} does not fit a value of shape {shape}")


def fitted(c: Any, shape: tuple[int, ...]) -> Any:
    """``c`` seen in the shape of a result, which it must broadcast to."""
    own = np.shape(c)
    if own == shape:
        return c
    try:
        return np.broadcast_to(c, shape)
    except ValueError:
        raise misfit(own, shape) from None


def expand(c: Any, x: Any) -> Any:
    """``c`` repeated to the shape of ``x``, as a new array."""
    if isinstance(x, (list, tuple, dict)) or fields_of(x) is not None:
        return unbroadcast(c, x)
    if tensors := for_tensors(c, x):
        return tensors.expand(c, x)
    return np.array(fitted(c, np.shape(x)))[()]


def restore_dims(c: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    """``c``, which belongs to a reduction of ``x`` over ``axis``, with the reduced axes back
    as axes of length 1. ``c`` may have fewer axes than the result where it broadcasts to it."""
    if keepdims or axis is None or np.ndim(c) == 0:
        return c
    axes = axis if isinstance(axis, tuple) else (axis,)
    missing = np.ndim(x) - len(axes) - np.ndim(c)
    if missing > 0:
        c = np.reshape(c, (1,) * missing + np.shape(c))
    return np.expand_dims(c, axes)


def flatten_axes(x: Any, axis: Any) -> Any:
    """The axes ``axis`` of ``x`` (None for all) moved to the end and made one."""
    moved = _to_end(x, axis)
    kept = np.ndim(x) - _count(x, axis)
    return np.reshape(moved, (*np.shape(moved)[:kept], -1))


def unflatten_axes(c: Any, x: Any, axis: Any) -> Any:
    """``c`` as laid out by ``flatten_axes(x, axis)``, back in the layout of ``x``."""
    moved = np.reshape(c, np.shape(_to_end(x, axis)))
    axes = _axes(x, axis)
    return np.moveaxis(moved, range(-len(axes), 0), axes)


def inverse_axes(*axes: Any) -> Any:
    """The order of axes that undoes ``x.transpose(*axes)``."""
    if not axes or axes == (None,):
        return None
    return np.argsort(np.ravel(axes))


def axis_size(x: Any, axis: Any) -> int:
    """How many elements a reduction of ``x`` over ``axis`` takes together."""
    shape = np.shape(x)
    size = 1
    for i in _axes(x, axis):
        size *= shape[i]
    return size


def reduced_axes(x: Any, axis: Any, first: int = 0) -> tuple[int, ...]:
    """The places of the axes ``axis`` of ``x`` (None for all) behind ``first`` other axes."""
    return tuple(first + i % np.ndim(x) for i in _axes(x, axis))


def _axes(x: Any, axis: Any) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(np.ndim(x)))
    return tuple(axis) if isinstance(axis, (tuple, list)) else (axis,)


def _count(x: Any, axis: Any) -> int:
    return len(_axes(x, axis))


def _to_end(x: Any, axis: Any) -> Any:
    axes = _axes(x, axis)
    return np.moveaxis(np.asarray(x), axes, range(-len(axes), 0))


def mT(x: Any) -> Any:
    """The transpose of a matrix, or of each in a stack."""
    return np.swapaxes(x, -1, -2)
