"""Functions of NumPy and SciPy in terms of others: what the engine differentiates in their place.

Each computes what the library's function of that name computes, for the arguments it has here.
The engine reads this file as text; nothing imports it, so that SciPy need not be installed.
"""

# pyright: basic

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy

from tangent.api import stop_gradient
from tangent.runtime.fourier import swapped_norm, transformed_axes
from tangent.runtime.products import kron_shapes, pivot_order
from tangent.runtime.shapes import flatten_axes, reduced_axes


def multigammaln(a: Any, d: Any) -> Any:
    result = 0.25 * np.log(np.pi) * d * (d - 1) + 0.0 * a
    for j in range(d):
        result = result + scipy.special.gammaln(a - 0.5 * j)
    return result


def dirichlet_logpdf(x: Any, alpha: Any) -> Any:
    alpha = np.asarray(alpha)
    x = np.asarray(x)
    if np.shape(x)[0] == np.shape(alpha)[0] - 1:
        x = np.concatenate([x, np.expand_dims(1.0 - np.sum(x, axis=0), 0)], axis=0)
    constant = np.sum(scipy.special.gammaln(alpha)) - scipy.special.gammaln(np.sum(alpha))
    return np.sum(scipy.special.xlogy(alpha - 1.0, x.T).T, axis=0) - constant


def dirichlet_pdf(x: Any, alpha: Any) -> Any:
    return np.exp(dirichlet_logpdf(x, alpha))


def _covariance_factor(cov: Any, n: int) -> Any:
    cov = np.asarray(cov)
    if np.ndim(cov) == 0:
        return np.sqrt(cov) * np.eye(n)
    if np.ndim(cov) == 1:
        return np.diag(np.sqrt(cov))
    return np.linalg.cholesky(cov)


def _dimension(x: Any, mean: Any, cov: Any) -> int:
    if np.ndim(cov) > 0:
        return np.shape(cov)[-1]
    if np.ndim(mean) > 0:
        return np.size(mean)
    return 1


def multivariate_normal_logpdf(x: Any, mean: Any = None, cov: Any = 1) -> Any:
    n = _dimension(x, mean, cov)
    offset = np.asarray(x) if mean is None else x - np.asarray(mean)
    if n == 1 and np.shape(offset)[-1:] != (1,):
        offset = np.expand_dims(offset, -1)
    factor = _covariance_factor(cov, n)
    scaled = np.linalg.solve(factor, np.reshape(offset, (-1, n)).T)
    log_det = 2.0 * np.sum(np.log(np.diagonal(factor)))
    result = -0.5 * (n * np.log(2.0 * np.pi) + log_det + np.sum(scaled * scaled, axis=0))
    return np.reshape(result, np.shape(offset)[:-1])


def multivariate_normal_pdf(x: Any, mean: Any = None, cov: Any = 1) -> Any:
    return np.exp(multivariate_normal_logpdf(x, mean, cov))


def multivariate_normal_entropy(mean: Any = None, cov: Any = 1) -> Any:
    n = _dimension(0.0, mean, cov)
    factor = _covariance_factor(cov, n)
    return 0.5 * n * (np.log(2.0 * np.pi) + 1.0) + np.sum(np.log(np.diagonal(factor)))


# --- numpy.linalg ----------------------------------------------------------------------------


def matrix_power(a: Any, n: int) -> Any:
    base = np.linalg.inv(a) if n < 0 else a
    result = np.zeros_like(a) + np.eye(np.shape(a)[-1])
    for _ in range(abs(n)):
        result = result @ base
    return result


def multi_dot(arrays: Any) -> Any:
    result = arrays[0]
    for i in range(1, len(arrays)):
        result = np.dot(result, arrays[i])
    return result


def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    return np.linalg.norm(x, ord, axis=(-2, -1), keepdims=keepdims)


def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    result = np.linalg.norm(flatten_axes(x, axis), ord, axis=-1)
    return np.expand_dims(result, reduced_axes(x, axis)) if keepdims else result


def cond(x: Any, p: Any = None) -> Any:
    if p is None or p == 2:
        s = np.linalg.svdvals(x)
        return s[..., 0] / s[..., -1]
    if p == -2:
        s = np.linalg.svdvals(x)
        return s[..., -1] / s[..., 0]
    return matrix_norm(x, ord=p) * matrix_norm(np.linalg.inv(x), ord=p)


def tensorinv(a: Any, ind: int = 2) -> Any:
    shape = np.shape(a)
    rows = int(np.prod(shape[ind:]))
    inverse = np.linalg.inv(np.reshape(a, (rows, -1)))
    return np.reshape(inverse, shape[ind:] + shape[:ind])


def tensorsolve(a: Any, b: Any) -> Any:
    shape = np.shape(a)[np.ndim(b) :]
    solution = np.linalg.solve(np.reshape(a, (np.size(b), -1)), np.ravel(b))
    return np.reshape(solution, shape)


def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    x = np.linalg.pinv(a) @ b
    residuals = b - a @ x
    rank = np.linalg.matrix_rank(a)
    squares = np.sum(residuals * residuals, axis=0, keepdims=np.ndim(b) == 1)
    if rank < np.shape(a)[1] or np.shape(a)[0] <= np.shape(a)[1]:
        squares = np.zeros(0)
    return x, squares, rank, np.linalg.svdvals(a)


# --- reductions ------------------------------------------------------------------------------


def ptp(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    return np.max(a, axis=axis, keepdims=keepdims) - np.min(a, axis=axis, keepdims=keepdims)


def average(a: Any, axis: Any = None, weights: Any = None, *, keepdims: bool = False) -> Any:
    if weights is None:
        return np.mean(a, axis=axis, keepdims=keepdims)
    w = np.asarray(weights)
    if np.ndim(w) != np.ndim(a):
        # One-dimensional weights belong to one axis.
        w = np.reshape(w, tuple(-1 if i == axis % np.ndim(a) else 1 for i in range(np.ndim(a))))
    w = w + np.zeros_like(a)
    total = np.sum(w, axis=axis, keepdims=keepdims)
    return np.sum(a * w, axis=axis, keepdims=keepdims) / total


def _quantiles(ordered: Any, counts: Any, q: Any) -> Any:
    """The quantiles ``q``, whose axes come first, of each row of ``ordered``, of which the first
    ``counts`` elements count: between the two elements next to their position."""
    quantiles = np.reshape(q, np.shape(q) + (1,) * np.ndim(counts))
    position = quantiles * (counts - 1)
    lower = np.clip(np.floor(stop_gradient(position)), 0, counts - 1).astype(int)
    upper = np.minimum(lower + 1, counts - 1)
    rows = np.broadcast_to(ordered, np.shape(q) + np.shape(ordered))
    low = np.squeeze(np.take_along_axis(rows, np.expand_dims(lower, -1), -1), -1)
    high = np.squeeze(np.take_along_axis(rows, np.expand_dims(upper, -1), -1), -1)
    return low + (high - low) * (position - lower).astype(np.result_type(ordered))


def quantile(
    a: Any, q: Any, axis: Any = None, *, method: str = "linear", keepdims: bool = False
) -> Any:
    if method != "linear":
        raise ValueError(f"the derivative of np.quantile with method={method!r} is not known")
    ordered = np.sort(flatten_axes(a, axis), axis=-1)
    counts = np.full(np.shape(ordered)[:-1], np.shape(ordered)[-1])
    result = _quantiles(ordered, counts, q)
    if keepdims:
        return np.expand_dims(result, reduced_axes(a, axis, np.ndim(q)))
    return result


def percentile(
    a: Any, q: Any, axis: Any = None, *, method: str = "linear", keepdims: bool = False
) -> Any:
    return quantile(a, np.asarray(q) / 100.0, axis, method=method, keepdims=keepdims)


def median(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    return quantile(a, 0.5, axis, keepdims=keepdims)


def nanquantile(
    a: Any, q: Any, axis: Any = None, *, method: str = "linear", keepdims: bool = False
) -> Any:
    if method != "linear":
        raise ValueError(f"the derivative of np.nanquantile with method={method!r} is not known")
    rows = flatten_axes(a, axis)
    counts = np.sum(~np.isnan(rows), axis=-1)
    ordered = np.sort(np.where(np.isnan(rows), np.inf, rows), axis=-1)
    result = _quantiles(ordered, counts, q)
    if keepdims:
        return np.expand_dims(result, reduced_axes(a, axis, np.ndim(q)))
    return result


def nanpercentile(
    a: Any, q: Any, axis: Any = None, *, method: str = "linear", keepdims: bool = False
) -> Any:
    return nanquantile(a, np.asarray(q) / 100.0, axis, method=method, keepdims=keepdims)


def nanmedian(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    return nanquantile(a, 0.5, axis, keepdims=keepdims)


def nansum(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    return np.sum(np.where(np.isnan(a), 0.0, a), axis=axis, keepdims=keepdims)


def nanprod(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    return np.prod(np.where(np.isnan(a), 1.0, a), axis=axis, keepdims=keepdims)


def nanmax(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    return np.max(np.where(np.isnan(a), -np.inf, a), axis=axis, keepdims=keepdims)


def nanmin(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    return np.min(np.where(np.isnan(a), np.inf, a), axis=axis, keepdims=keepdims)


def nanmean(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    ones = np.where(np.isnan(a), 0.0, np.ones_like(a))
    counts = np.sum(ones, axis=axis, keepdims=keepdims)
    return nansum(a, axis, keepdims=keepdims) / counts


def nanvar(a: Any, axis: Any = None, *, ddof: int = 0, keepdims: bool = False) -> Any:
    ones = np.where(np.isnan(a), 0.0, np.ones_like(a))
    filled = np.where(np.isnan(a), 0.0, a)
    counts = np.sum(ones, axis=axis, keepdims=True)
    mean = np.sum(filled, axis=axis, keepdims=True) / counts
    offset = (filled - mean) * ones
    squares = np.sum(offset * offset, axis=axis, keepdims=keepdims)
    return squares / (np.sum(ones, axis=axis, keepdims=keepdims) - ddof)


def nanstd(a: Any, axis: Any = None, *, ddof: int = 0, keepdims: bool = False) -> Any:
    return np.sqrt(nanvar(a, axis, ddof=ddof, keepdims=keepdims))


def nancumsum(a: Any, axis: Any = None) -> Any:
    return np.cumsum(np.where(np.isnan(a), 0.0, a), axis=axis)


def nancumprod(a: Any, axis: Any = None) -> Any:
    return np.cumprod(np.where(np.isnan(a), 1.0, a), axis=axis)


def cumulative_sum(x: Any, /, *, axis: Any = None, include_initial: bool = False) -> Any:
    rows = np.ravel(x) if axis is None else x
    along = -1 if axis is None else axis
    result = np.cumsum(rows, axis=along)
    if include_initial:
        first = np.zeros(np.shape(np.take(result, [0], axis=along)))
        return np.concatenate([first, result], axis=along)
    return result


def cumulative_prod(x: Any, /, *, axis: Any = None, include_initial: bool = False) -> Any:
    rows = np.ravel(x) if axis is None else x
    along = -1 if axis is None else axis
    result = np.cumprod(rows, axis=along)
    if include_initial:
        first = np.ones(np.shape(np.take(result, [0], axis=along)))
        return np.concatenate([first, result], axis=along)
    return result


def add_reduce(array: Any, /, axis: Any = 0, *, keepdims: bool = False) -> Any:
    return np.sum(array, axis=axis, keepdims=keepdims)


def multiply_reduce(array: Any, /, axis: Any = 0, *, keepdims: bool = False) -> Any:
    return np.prod(array, axis=axis, keepdims=keepdims)


def maximum_reduce(array: Any, /, axis: Any = 0, *, keepdims: bool = False) -> Any:
    return np.max(array, axis=axis, keepdims=keepdims)


def minimum_reduce(array: Any, /, axis: Any = 0, *, keepdims: bool = False) -> Any:
    return np.min(array, axis=axis, keepdims=keepdims)


def add_accumulate(array: Any, /, axis: int = 0) -> Any:
    return np.cumsum(array, axis=axis)


def multiply_accumulate(array: Any, /, axis: int = 0) -> Any:
    return np.cumprod(array, axis=axis)


def _paired(a: Any, b: Any) -> Any:
    """``a`` with axes for those of ``b``."""
    return np.reshape(a, np.shape(a) + (1,) * np.ndim(b))


def add_outer(a: Any, b: Any, /) -> Any:
    return _paired(a, b) + b


def multiply_outer(a: Any, b: Any, /) -> Any:
    return _paired(a, b) * b


# --- statistics ------------------------------------------------------------------------------


def cov(m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: Any = None) -> Any:
    rows = np.atleast_2d(np.asarray(m))
    if not rowvar and np.ndim(m) > 1:
        rows = rows.T
    if y is not None:
        others = np.atleast_2d(np.asarray(y))
        if not rowvar and np.ndim(y) > 1:
            others = others.T
        rows = np.concatenate([rows, others], axis=0)
    lost = (0 if bias else 1) if ddof is None else ddof
    offset = rows - np.mean(rows, axis=1, keepdims=True)
    return np.squeeze(offset @ np.conj(offset.T) / (np.shape(rows)[1] - lost))


def corrcoef(x: Any, y: Any = None, rowvar: bool = True) -> Any:
    c = cov(x, y, rowvar)
    if np.ndim(c) == 0:
        return c / c
    deviations = np.sqrt(np.diagonal(c))
    return c / deviations / np.expand_dims(deviations, 1)


# --- calculus --------------------------------------------------------------------------------


def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    values = np.moveaxis(np.asarray(y), axis, -1)
    if x is None:
        steps = dx
    elif np.ndim(x) == 1:
        steps = np.diff(x)
    else:
        steps = np.moveaxis(np.diff(x, axis=axis), axis, -1)
    return np.sum(0.5 * steps * (values[..., 1:] + values[..., :-1]), axis=-1)


def _gradient_along(f: Any, spacing: Any, axis: int, edge_order: int) -> Any:
    """(Fornberg, *Generation of finite difference formulas on arbitrarily spaced grids*,
    1988.)"""
    rows = np.moveaxis(np.asarray(f), axis, -1)
    n = np.shape(rows)[-1]
    if np.ndim(spacing) == 0:
        h = spacing * np.ones(n - 1)
    else:
        h = np.diff(spacing)
    slopes = (rows[..., 1:] - rows[..., :-1]) / h
    left, right = h[:-1], h[1:]
    inner = (slopes[..., :-1] * right + slopes[..., 1:] * left) / (left + right)
    first, last = slopes[..., :1], slopes[..., -1:]
    if edge_order == 2:
        start = h[0] / (h[0] + h[1])
        end = h[-1] / (h[-1] + h[-2])
        first = first + start * (slopes[..., :1] - slopes[..., 1:2])
        last = last + end * (slopes[..., -1:] - slopes[..., -2:-1])
    return np.moveaxis(np.concatenate([first, inner, last], axis=-1), -1, axis)


def gradient(f: Any, spacing: Any = 1.0, /, *, axis: Any = None, edge_order: int = 1) -> Any:
    axes: Any = reduced_axes(f, axis)
    first = _gradient_along(f, spacing, axes[0], edge_order)
    if len(axes) == 1:
        return [first] if isinstance(axis, tuple) else first
    second = _gradient_along(f, spacing, axes[1], edge_order)
    if len(axes) == 2:
        return [first, second]
    if len(axes) > 3:
        raise ValueError("the derivative of np.gradient over more than three axes is not known")
    return [first, second, _gradient_along(f, spacing, axes[2], edge_order)]


def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None) -> Any:
    xs, ys = np.asarray(xp), np.asarray(fp)
    place = np.clip(np.searchsorted(xs, x, side="right") - 1, 0, len(xs) - 2)
    before = xs[place]
    slope = (ys[place + 1] - ys[place]) / (xs[place + 1] - before)
    inside = ys[place] + slope * (x - before)
    low = ys[0] if left is None else left
    high = ys[-1] if right is None else right
    return np.where(np.less(x, xs[0]), low, np.where(np.greater(x, xs[-1]), high, inside))


# --- products --------------------------------------------------------------------------------


def kron(a: Any, b: Any) -> Any:
    shapes = kron_shapes(a, b)
    return np.reshape(np.reshape(a, shapes[0]) * np.reshape(b, shapes[1]), shapes[2])


def cross(
    a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None
) -> Any:
    if axis is not None:
        axisa, axisb, axisc = axis, axis, axis
    u, v = np.moveaxis(np.asarray(a), axisa, -1), np.moveaxis(np.asarray(b), axisb, -1)
    u0, u1, u2 = u[..., 0], u[..., 1], u[..., 2]
    v0, v1, v2 = v[..., 0], v[..., 1], v[..., 2]
    product = np.stack([u1 * v2 - u2 * v1, u2 * v0 - u0 * v2, u0 * v1 - u1 * v0], axis=-1)
    return np.moveaxis(product, -1, axisc)


def linalg_cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    return cross(x1, x2, axis=axis)


def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    return np.sum(np.moveaxis(np.conj(x1), axis, -1) * np.moveaxis(x2, axis, -1), axis=-1)


def matvec(x1: Any, x2: Any, /) -> Any:
    return (x1 @ np.expand_dims(x2, -1))[..., 0]


def vecmat(x1: Any, x2: Any, /) -> Any:
    return (np.expand_dims(np.conj(x1), -2) @ x2)[..., 0, :]


def linalg_diagonal(x: Any, /, *, offset: int = 0) -> Any:
    return np.diagonal(x, offset, -2, -1)


def linalg_trace(x: Any, /, *, offset: int = 0) -> Any:
    return np.sum(np.diagonal(x, offset, -2, -1), axis=-1)


# --- polynomials -----------------------------------------------------------------------------


def poly(seq_of_zeros: Any) -> Any:
    if np.ndim(seq_of_zeros) == 2:
        raise ValueError("the derivative of np.poly of a matrix is not known")
    result = np.ones(1)
    for i in range(len(seq_of_zeros)):
        shifted = np.concatenate([np.zeros(1), seq_of_zeros[i] * result])
        result = np.concatenate([result, np.zeros(1)]) - shifted
    return result


def roots(p: Any) -> Any:
    coefficients = np.asarray(p)
    n = np.size(coefficients) - 1
    row = np.expand_dims(-coefficients[1:] / coefficients[0], 0)
    return np.linalg.eigvals(np.concatenate([row, np.eye(n - 1, n)], axis=0))


def _same_degree(a: Any, n: int) -> Any:
    return np.concatenate([np.zeros(n - len(a), np.result_type(a)), np.asarray(a)])


def polyadd(a1: Any, a2: Any) -> Any:
    n = max(len(a1), len(a2))
    return _same_degree(a1, n) + _same_degree(a2, n)


def polysub(a1: Any, a2: Any) -> Any:
    n = max(len(a1), len(a2))
    return _same_degree(a1, n) - _same_degree(a2, n)


def polymul(a1: Any, a2: Any) -> Any:
    return np.convolve(np.asarray(a1), np.asarray(a2))


def polydiv(u: Any, v: Any) -> Any:
    rest, divisor = np.asarray(u) + 0.0, np.asarray(v) + 0.0
    n, m = len(u), len(v)
    quotient = []
    for i in range(n - m + 1):
        factor = rest[i] / divisor[0]
        quotient.append(factor)
        kind = np.result_type(u, v, 0.0)
        left, right = np.zeros(i, kind), np.zeros(n - m - i, kind)
        padded = np.concatenate([left, factor * divisor, right])
        rest = rest - padded
    return np.stack(quotient), np.take(rest, np.arange(n - m + 1, n))


def polyfit(x: Any, y: Any, deg: int) -> Any:
    return np.linalg.pinv(vander(x, deg + 1)) @ y


def vander(x: Any, N: Any = None, increasing: bool = False) -> Any:
    n = len(x) if N is None else N
    column = np.ones(len(x))
    columns = []
    for _ in range(n):
        columns.append(column)
        column = column * x
    result = np.stack(columns, axis=1)
    return result if increasing else np.flip(result, axis=1)


# --- ranges ----------------------------------------------------------------------------------


def linspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, *, axis: int = 0) -> Any:
    t = np.linspace(0.0, 1.0, num, endpoint, dtype=np.result_type(start, stop, 0.0))
    rank = max(np.ndim(start), np.ndim(stop))
    t = np.reshape(t, (num,) + (1,) * rank)
    return np.moveaxis(start * (1.0 - t) + stop * t, 0, axis)


def logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10.0, *, axis: int = 0
) -> Any:
    return base ** linspace(start, stop, num, endpoint, axis=axis)


def geomspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, *, axis: int = 0) -> Any:
    ratio = linspace(0.0 * start, np.log(np.asarray(stop) / start), num, endpoint, axis=axis)
    return np.expand_dims(start, axis) * np.exp(ratio) if np.ndim(start) else start * np.exp(ratio)


# --- arrangement -----------------------------------------------------------------------------


def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    result = np.diff(np.ravel(ary))
    if to_begin is not None:
        result = np.concatenate([np.ravel(to_begin), result])
    if to_end is not None:
        result = np.concatenate([result, np.ravel(to_end)])
    return result


def correlate(a: Any, v: Any, mode: Any = "valid") -> Any:
    return np.convolve(a, np.flip(np.conj(v)), mode)


# --- numpy.fft -------------------------------------------------------------------------------


def rfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    return rfftn(a, s, axes, norm)


def rfftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
    chosen = transformed_axes(a, s, axes)
    result = np.fft.rfft(a, None if s is None else s[-1], chosen[-1], norm)
    for i in range(len(chosen) - 1):
        result = np.fft.fft(result, None if s is None else s[i], chosen[i], norm)
    return result


def irfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    return irfftn(a, s, axes, norm)


def irfftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
    chosen = transformed_axes(a, s, axes)
    result = a
    for i in range(len(chosen) - 1):
        result = np.fft.ifft(result, None if s is None else s[i], chosen[i], norm)
    return np.fft.irfft(result, None if s is None else s[-1], chosen[-1], norm)


def hfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    return np.fft.irfft(np.conj(a), n, axis, swapped_norm(norm))


def ihfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    return np.conj(np.fft.rfft(a, n, axis, swapped_norm(norm)))


# --- scipy.linalg ----------------------------------------------------------------------------


def expm_frechet(A: Any, E: Any, compute_expm: bool = True) -> Any:
    n = np.shape(A)[-1]
    top = np.concatenate([A, E], axis=-1)
    bottom = np.concatenate([np.zeros_like(A), A], axis=-1)
    both = scipy.linalg.expm(np.concatenate([top, bottom], axis=-2))
    if compute_expm:
        return both[..., :n, :n], both[..., :n, n:]
    return both[..., :n, n:]


def cho_factor(a: Any, lower: bool = False) -> Any:
    if lower:
        return np.linalg.cholesky(a) + np.triu(a, 1), True
    return np.linalg.cholesky(a, upper=True) + np.tril(a, -1), False


def cho_solve(c_and_lower: Any, b: Any) -> Any:
    c, lower = c_and_lower
    factor = np.tril(c) if lower else np.triu(c).T
    return np.linalg.solve(factor @ factor.T, b)


def solve_banded(l_and_u: Any, ab: Any, b: Any) -> Any:
    below, above = l_and_u
    n = np.shape(ab)[1]
    matrix = np.zeros((n, n), np.result_type(ab))
    for i in range(below + above + 1):
        offset = above - i
        band = ab[i, offset:] if offset >= 0 else ab[i, :offset]
        matrix = matrix + np.diag(band, offset)
    return np.linalg.solve(matrix, b)


def lu_solve(lu_and_piv: Any, b: Any, trans: int = 0) -> Any:
    packed, pivots = lu_and_piv
    lower = np.tril(packed, -1) + np.eye(np.shape(packed)[0])
    order = pivot_order(pivots)
    if trans == 0:
        return np.linalg.solve(lower @ np.triu(packed), b[order])
    solution = np.linalg.solve((lower @ np.triu(packed)).T, b)
    return solution[np.argsort(order)]


def polar(a: Any, side: str = "right") -> Any:
    u, s, vt = np.linalg.svd(a, full_matrices=False)
    if side == "right":
        return u @ vt, (vt.T * s) @ vt
    return u @ vt, (u * s) @ u.T


def toeplitz(c: Any, r: Any = None) -> Any:
    column = np.ravel(c)
    row = np.conj(column) if r is None else np.ravel(r)
    n, m = np.size(column), np.size(row)
    behind = np.arange(m) - np.arange(n)[:, np.newaxis]
    both = np.concatenate([np.flip(column), row])
    return np.take(both, behind + (n - 1) + (behind > 0))


def hankel(c: Any, r: Any = None) -> Any:
    column = np.ravel(c)
    last = np.zeros(np.size(column)) if r is None else np.ravel(r)
    n, m = np.size(column), np.size(last)
    place = np.arange(m) + np.arange(n)[:, np.newaxis]
    return np.take(np.concatenate([column, last]), place + (place >= n))


def circulant(c: Any) -> Any:
    n = np.shape(c)[-1]
    return np.take(c, (np.arange(n)[:, np.newaxis] - np.arange(n)) % n, axis=-1)


def companion(a: Any) -> Any:
    coefficients = np.asarray(a)
    first = -coefficients[..., 1:] / coefficients[..., :1]
    n = np.shape(first)[-1]
    rest = np.zeros((*np.shape(first)[:-1], n - 1, n)) + np.eye(n - 1, n)
    return np.concatenate([np.expand_dims(first, -2), rest], axis=-2)


def convolution_matrix(a: Any, n: int, mode: str = "full") -> Any:
    columns = []
    for i in range(n):
        above, below = np.zeros(i, np.result_type(a)), np.zeros(n - 1 - i, np.result_type(a))
        columns.append(np.concatenate([above, np.asarray(a), below]))
    full = np.stack(columns, axis=1)
    if mode == "full":
        return full
    m = len(a)
    if mode == "same":
        first = (min(n, m) - 1) // 2
        return full[first : first + max(n, m)]
    return full[min(n, m) - 1 : max(n, m)]


def fiedler(a: Any) -> Any:
    values = np.asarray(a)
    return np.abs(np.expand_dims(values, -1) - np.expand_dims(values, -2))


def fiedler_companion(a: Any) -> Any:
    p = np.asarray(a) / a[0]
    n = len(p) - 1
    result = np.zeros((n, n))
    for i in range(1, n + 1):
        place = np.zeros((n, n))
        if i == 1:
            place[0, 0] = 1.0
        elif i % 2 == 0:
            place[i - 2, i - 1] = 1.0
        else:
            place[i - 1, i - 2] = 1.0
        result = result - p[i] * place
    ones = np.zeros((n, n))
    for i in range(n - 2):
        if i % 2 == 0:
            ones[i, i + 2] = 1.0
        else:
            ones[i + 2, i] = 1.0
    if n > 1:
        ones[1, 0] = 1.0
    return result + ones


# --- scipy.signal ----------------------------------------------------------------------------


def signal_correlate(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Any:
    return scipy.signal.convolve(in1, np.flip(np.conj(in2)), mode)


def fftconvolve(in1: Any, in2: Any, mode: str = "full") -> Any:
    return scipy.signal.convolve(in1, in2, mode)


def convolve2d(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill") -> Any:
    if boundary != "fill":
        raise ValueError("the derivative of scipy.signal.convolve2d is known for boundary='fill'")
    return scipy.signal.convolve(in1, in2, mode)


def correlate2d(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill") -> Any:
    if boundary != "fill":
        raise ValueError("the derivative of scipy.signal.correlate2d is known for boundary='fill'")
    flipped = np.flip(np.conj(in2))
    if mode != "same":
        return scipy.signal.convolve(in1, flipped, mode)
    whole = scipy.signal.convolve(in1, flipped)
    rows = np.take(whole, np.arange(np.shape(in1)[0]) + np.shape(in2)[0] // 2, axis=0)
    return np.take(rows, np.arange(np.shape(in1)[1]) + np.shape(in2)[1] // 2, axis=1)


# --- math ------------------------------------------------------------------------------------


def dist(p: Any, q: Any) -> Any:
    total = 0.0
    for i in range(len(p)):
        total = total + (p[i] - q[i]) * (p[i] - q[i])
    if total == 0.0:
        return 0.0
    return math.sqrt(total)


def sumprod(p: Any, q: Any) -> Any:
    total = 0.0
    for i in range(len(p)):
        total = total + p[i] * q[i]
    return total


# --- with more keyword arguments than a rule has ---------------------------------------------


def sum_with(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    *,
    keepdims: bool = False,
    initial: Any = 0,
    where: Any = True,
) -> Any:
    kept = np.where(where, a, 0)
    if dtype is not None:
        kept = kept.astype(dtype)
    return np.sum(kept, axis=axis, keepdims=keepdims) + initial


def prod_with(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    *,
    keepdims: bool = False,
    initial: Any = 1,
    where: Any = True,
) -> Any:
    kept = np.where(where, a, 1)
    if dtype is not None:
        kept = kept.astype(dtype)
    return np.prod(kept, axis=axis, keepdims=keepdims) * initial


def mean_with(
    a: Any, axis: Any = None, dtype: Any = None, *, keepdims: bool = False, where: Any = True
) -> Any:
    count = np.sum(np.where(where, np.ones_like(a), 0), axis=axis, keepdims=keepdims)
    return sum_with(a, axis, dtype, keepdims=keepdims, where=where) / count


def var_with(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    *,
    ddof: Any = 0,
    keepdims: bool = False,
    where: Any = True,
) -> Any:
    count = np.sum(np.where(where, np.ones_like(a), 0), axis=axis, keepdims=keepdims)
    offset = a - mean_with(a, axis, dtype, keepdims=True, where=where)
    return sum_with(offset * offset, axis, keepdims=keepdims, where=where) / (count - ddof)


def std_with(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    *,
    ddof: Any = 0,
    keepdims: bool = False,
    where: Any = True,
) -> Any:
    return np.sqrt(var_with(a, axis, dtype, ddof=ddof, keepdims=keepdims, where=where))


def max_with(
    a: Any, axis: Any = None, *, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    result = np.max(np.where(where, a, -np.inf), axis=axis, keepdims=keepdims)
    return result if initial is None else np.maximum(result, initial)


def min_with(
    a: Any, axis: Any = None, *, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    result = np.min(np.where(where, a, np.inf), axis=axis, keepdims=keepdims)
    return result if initial is None else np.minimum(result, initial)


def clip_with(
    a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None
) -> Any:
    lower = a_min if min is None else min
    upper = a_max if max is None else max
    if upper is None:
        return a if lower is None else np.clip(a, lower, None)
    if lower is None:
        return np.clip(a, None, upper)
    return np.clip(a, lower, upper)


def diff_with(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    whole = np.asarray(a)
    edge = np.take(whole, [0], axis=axis) * 0.0
    if prepend is not None:
        first = prepend + edge if np.ndim(prepend) == 0 else np.asarray(prepend)
        whole = np.concatenate([first, whole], axis=axis)
    if append is not None:
        last = append + edge if np.ndim(append) == 0 else np.asarray(append)
        whole = np.concatenate([whole, last], axis=axis)
    return np.diff(whole, n, axis)


def pad_with(
    array: Any, pad_width: Any, mode: Any = "constant", *, constant_values: Any = 0
) -> Any:
    if mode != "constant" or np.ndim(constant_values) > 0:
        raise ValueError("the derivative of np.pad is known for one constant value")
    outside = 1.0 - np.pad(np.ones_like(array), pad_width)
    return np.pad(array, pad_width) + constant_values * outside


def reshape_with(a: Any, shape: Any, *, order: str = "C") -> Any:
    if order == "F":
        turned = tuple(shape)[::-1] if isinstance(shape, (tuple, list)) else shape
        return np.transpose(np.reshape(np.transpose(a), turned))
    return np.reshape(a, shape)


def ravel_with(a: Any, *, order: str = "C") -> Any:
    return np.ravel(np.transpose(a)) if order == "F" else np.ravel(a)


def logsumexp_with(a: Any, axis: Any = None, b: Any = None, keepdims: bool = False) -> Any:
    largest = stop_gradient(np.max(a, axis=axis, keepdims=True))
    terms = np.exp(a - largest) if b is None else b * np.exp(a - largest)
    result = np.log(np.sum(terms, axis=axis, keepdims=True)) + largest
    return result if keepdims else np.squeeze(result, axis)
