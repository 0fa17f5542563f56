"""What the adjoints of products, maxima and minima over axes need."""

from __future__ import annotations

from typing import Any

import numpy as np

from tangent.runtime.elementwise import in_precision_of
from tangent.runtime.shapes import restore_dims


def extremum_weights(x: Any, y: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """How the cotangent of the maximum or minimum ``y`` of ``x`` over ``axis`` is shared among
    the elements: equally among those that attain it."""
    attained = in_precision_of(np.equal(x, restore_dims(y, x, axis, keepdims)), x)
    return attained / np.sum(attained, axis=axis, keepdims=True)


def products_of_others(x: Any) -> Any:
    """For each element of the last axis the product of all others along it, without a
    division, so that zeros are no special case."""
    x = np.asarray(x)
    ones = np.ones((*x.shape[:-1], 1), np.result_type(x, 0.0))
    before = np.cumprod(np.concatenate([ones, x[..., :-1]], axis=-1), axis=-1)
    after = np.cumprod(np.concatenate([ones, x[..., :0:-1]], axis=-1), axis=-1)
    return before * after[..., ::-1]


def ones_on_diagonal(x: Any) -> Any:
    """Square matrices with ``x`` in each row and ones on the diagonal: their rows' products
    are the products of others."""
    x = np.asarray(x)
    return np.where(np.eye(x.shape[-1], dtype=bool), 1.0, x[..., np.newaxis, :])


def _products_between(rows: Any) -> Any:
    """``[..., i, j]``: the product of the first elements up to ``j`` without ``i``, for
    ``i <= j``, and 0 elsewhere."""
    n = np.shape(rows)[-1]
    factors = np.where(np.eye(n, dtype=bool), 1.0, np.expand_dims(rows, -2))
    return np.triu(np.cumprod(factors, axis=-1))


def cumprod_adjoint(c: Any, a: Any, axis: Any = None) -> Any:
    """The adjoint of ``np.cumprod(a, axis)``, without a division."""
    if axis is None:
        return np.reshape(cumprod_adjoint(c, np.ravel(a), 0), np.shape(a))
    slopes = _products_between(np.moveaxis(a, axis, -1))
    return np.moveaxis(
        np.sum(slopes * np.expand_dims(np.moveaxis(c, axis, -1), -2), axis=-1), -1, axis
    )


def cumprod_tangent(d: Any, a: Any, axis: Any = None) -> Any:
    """The tangent of ``np.cumprod(a, axis)``."""
    if axis is None:
        return cumprod_tangent(np.ravel(d), np.ravel(a), 0)
    slopes = _products_between(np.moveaxis(a, axis, -1))
    return np.moveaxis(
        np.sum(slopes * np.expand_dims(np.moveaxis(d, axis, -1), -1), axis=-2), -1, axis
    )


def largest_elements(x: Any) -> Any:
    """1 where an element is the first of the largest in its column, 0 elsewhere."""
    rows = np.argmax(np.abs(x), axis=-2)
    chosen = np.arange(np.shape(x)[-2])[:, np.newaxis] == np.expand_dims(rows, -2)
    return in_precision_of(chosen, np.real(x))
