"""Functions of NumPy and SciPy in terms of others: what the engine differentiates in their place.

Each computes what the library's function of that name computes, for the arguments it has here.
The engine reads this file as text; nothing imports it, so that SciPy need not be installed.
"""

# pyright: basic

from __future__ import annotations

from typing import Any

import numpy as np
import scipy

from tangent.runtime.shapes import flatten_axes


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
    if keepdims:
        every = tuple(range(np.ndim(x)))
        return np.expand_dims(result, every if axis is None else axis)
    return result


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
