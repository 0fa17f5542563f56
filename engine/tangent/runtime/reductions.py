"""What the adjoints of products, maxima and minima over axes need."""

from __future__ import annotations

from typing import Any

import numpy as np

from tangent.runtime.shapes import restore_dims


def extremum_weights(x: Any, y: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """How the cotangent of the maximum or minimum ``y`` of ``x`` over ``axis`` is shared among
    the elements: equally among those that attain it."""
    attained = np.equal(x, restore_dims(y, x, axis, keepdims))
    return attained / np.sum(attained, axis=axis, keepdims=True)


def products_of_others(x: Any) -> Any:
    """For each element of the last axis the product of all others along it, without a
    division, so that zeros are no special case."""
    x = np.asarray(x)
    ones = np.ones((*x.shape[:-1], 1))
    before = np.cumprod(np.concatenate([ones, x[..., :-1]], axis=-1), axis=-1)
    after = np.cumprod(np.concatenate([ones, x[..., :0:-1]], axis=-1), axis=-1)
    return before * after[..., ::-1]


def ones_on_diagonal(x: Any) -> Any:
    """Square matrices with ``x`` in each row and ones on the diagonal: their rows' products
    are the products of others."""
    x = np.asarray(x)
    return np.where(np.eye(x.shape[-1], dtype=bool), 1.0, x[..., np.newaxis, :])
