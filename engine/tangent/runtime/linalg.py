"""Derivatives of decompositions of matrices, also of stacks of them.

Each is written so that it can be differentiated itself: straight lines of NumPy functions that
have rules. (Formulas: M. B. Giles, *An extended collection of matrix derivative results*, 2008;
for QR and LU also Walter and Lehmann, *Algorithmic differentiation of linear algebra functions*,
2010; for Cholesky Murray, *Differentiation of the Cholesky decomposition*, 2016.)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tangent.runtime.arrangement import add_columns, leading_columns, only_real
from tangent.runtime.elementwise import divide_or_zero, over_gaps, sign
from tangent.runtime.products import as_columns, from_columns, pivot_order
from tangent.runtime.reductions import extremum_weights, largest_elements, products_of_others
from tangent.runtime.shapes import mT, restore_dims
from tangent.runtime.values import as_kind_of


def lower_half(x: Any) -> Any:
    """The lower triangle with half of the diagonal."""
    return np.tril(x, -1) + 0.5 * (np.tril(x) - np.tril(x, -1))


def symmetric_from(x: Any, lower: bool = True) -> Any:
    """The symmetric matrix with this lower (or upper) triangle."""
    if lower:
        return np.tril(x) + mT(np.tril(x, -1))
    return np.triu(x) + mT(np.triu(x, 1))


def triangle_adjoint(c: Any, lower: bool = True) -> Any:
    """The adjoint of `symmetric_from`."""
    if lower:
        return np.tril(c) + np.tril(mT(c), -1)
    return np.triu(c) + np.triu(mT(c), 1)


def on_diagonal(x: Any) -> Any:
    """Diagonal matrices of the rows of ``x``."""
    return np.where(np.eye(np.shape(x)[-1], dtype=bool), x[..., np.newaxis], 0.0)


def cholesky_adjoint(c: Any, y: Any, upper: bool = False) -> Any:
    """The adjoint of the Cholesky factor ``y`` of a matrix, of which one triangle is read."""
    factor = mT(only_real(y)) if upper else only_real(y)
    own = mT(c) if upper else c
    inner = np.linalg.solve(mT(factor), lower_half(mT(factor) @ own))
    s = mT(np.linalg.solve(mT(factor), mT(inner)))
    return triangle_adjoint(0.5 * (s + mT(s)), not upper)


def cholesky_tangent(d: Any, y: Any, upper: bool = False) -> Any:
    """The tangent of the Cholesky factor ``y`` of a matrix with the tangent ``d``."""
    factor = mT(only_real(y)) if upper else only_real(y)
    inner = np.linalg.solve(factor, symmetric_from(d, not upper))
    tangent = factor @ lower_half(mT(np.linalg.solve(factor, mT(inner))))
    return mT(tangent) if upper else tangent


def eigh_adjoint(c: Any, y: Any, lower: bool = True) -> Any:
    """The adjoint of the eigenvalues and eigenvectors ``y`` of a symmetric matrix, of which one
    triangle is read."""
    w, v = y[0], only_real(y[1])
    cw, cv = c
    turned = mT(v) @ cv
    inner = over_gaps(0.5 * (turned - mT(turned)), w)
    s = (v * np.expand_dims(cw, -2)) @ mT(v) + v @ inner @ mT(v)
    return triangle_adjoint(s, lower)


def eigh_tangent(d: Any, y: Any, lower: bool = True) -> Any:
    """The tangents of the eigenvalues and eigenvectors ``y`` of a symmetric matrix with the
    tangent ``d``."""
    w, v = y[0], only_real(y[1])
    turned = mT(v) @ symmetric_from(d, lower) @ v
    return np.diagonal(turned, 0, -2, -1), v @ over_gaps(turned, w)


def eigvalsh_adjoint(c: Any, a: Any, lower: bool = True) -> Any:
    """The adjoint of the eigenvalues of a symmetric matrix."""
    v = np.linalg.eigh(only_real(a), "L" if lower else "U")[1]
    return triangle_adjoint((v * np.expand_dims(c, -2)) @ mT(v), lower)


def eigvalsh_tangent(d: Any, a: Any, lower: bool = True) -> Any:
    """The tangents of the eigenvalues of a symmetric matrix with the tangent ``d``."""
    v = np.linalg.eigh(only_real(a), "L" if lower else "U")[1]
    return np.sum(v * (symmetric_from(d, lower) @ v), axis=-2)


def svd_adjoint(c: Any, y: Any) -> Any:
    """The adjoint of a singular value decomposition ``y = (u, s, vt)``.

    Raises ValueError if columns of ``u`` or rows of ``vt`` that belong to no singular value
    carry a derivative: these may be any basis.
    """
    u, s, vt = only_real(y[0]), y[1], y[2]
    cu, cs, cvt = c
    k = np.shape(s)[-1]
    u, cu = u[..., :k], leading_columns(cu, k)
    v, cv = mT(vt)[..., :k], leading_columns(mT(cvt), k)
    turned_u, turned_v = mT(u) @ cu, mT(v) @ cv
    scale = np.expand_dims(s, -2)
    inner = over_gaps(turned_u - mT(turned_u), s * s) * scale
    inner = inner + mT(mT(over_gaps(turned_v - mT(turned_v), s * s)) * scale)
    result = u @ (inner + on_diagonal(cs)) @ mT(v)
    if np.shape(u)[-2] > k:
        result = result + ((cu - u @ turned_u) / scale) @ mT(v)
    if np.shape(v)[-2] > k:
        result = result + u @ mT((cv - v @ turned_v) / scale)
    return result


def svd_tangent(d: Any, y: Any) -> Any:
    """The tangents of a singular value decomposition ``y = (u, s, vt)``; NaN for columns of
    ``u`` and rows of ``vt`` that belong to no singular value."""
    s = y[1]
    k = np.shape(s)[-1]
    u, v = only_real(y[0])[..., :k], mT(y[2])[..., :k]
    scale = np.expand_dims(s, -2)
    turned = mT(u) @ d @ v
    left = over_gaps(turned * scale + mT(turned * scale), s * s)
    right = over_gaps(mT(turned) * scale + mT(mT(turned) * scale), s * s)
    du, dv = u @ left, v @ right
    if np.shape(u)[-2] > k:
        du = du + (d @ v - u @ turned) / scale
    if np.shape(v)[-2] > k:
        dv = dv + (mT(d) @ u - v @ mT(turned)) / scale
    du, dv = (
        add_columns(du, np.shape(y[0])[-1], np.nan),
        add_columns(dv, np.shape(y[2])[-2], np.nan),
    )
    return du, np.diagonal(turned, 0, -2, -1), mT(dv)


def svdvals_adjoint(c: Any, a: Any) -> Any:
    """The adjoint of the singular values of a matrix."""
    u, _, vt = np.linalg.svd(only_real(a), full_matrices=False)
    return (u * np.expand_dims(c, -2)) @ vt


def svdvals_tangent(d: Any, a: Any) -> Any:
    """The tangents of the singular values of a matrix with the tangent ``d``."""
    u, _, vt = np.linalg.svd(only_real(a), full_matrices=False)
    return np.sum(u * (d @ mT(vt)), axis=-2)


def qr_adjoint(c: Any, y: Any) -> Any:
    """The adjoint of a QR decomposition ``y = (q, r)``, reduced or of a square matrix."""
    q, r = only_real(y[0]), y[1]
    cq, cr = c
    k = np.shape(q)[-1]
    if np.shape(r)[-1] == k:
        return _tall_qr_adjoint(cq, cr, q, r)
    # A wide matrix: its first k columns decide about q, and q about the rest of r.
    rest, crest = r[..., k:], cr[..., k:]
    first = _tall_qr_adjoint(cq + q @ rest @ mT(crest), cr[..., :k], q, r[..., :k])
    return np.concatenate([first, q @ crest], axis=-1)


def _tall_qr_adjoint(cq: Any, cr: Any, q: Any, r: Any) -> Any:
    m = r @ mT(cr) - mT(cq) @ q
    return mT(np.linalg.solve(r, mT(cq + q @ symmetric_from(m))))


def qr_tangent(d: Any, y: Any) -> Any:
    """The tangents of a QR decomposition ``y = (q, r)`` of a matrix with the tangent ``d``."""
    q, r = only_real(y[0]), y[1]
    k = np.shape(q)[-1]
    inner = mT(np.linalg.solve(mT(r[..., :k]), mT(d[..., :k])))
    turned = mT(q) @ inner
    skew = np.tril(turned, -1) - mT(np.tril(turned, -1))
    dq = inner - q @ turned + q @ skew
    return dq, np.triu(mT(q) @ d - skew @ r)


def pinv_adjoint(c: Any, a: Any, y: Any) -> Any:
    """The adjoint of the pseudoinverse ``y`` of a matrix that keeps its rank."""
    y = only_real(y)
    kept = mT(c) @ y @ mT(y)
    other = mT(y) @ y @ mT(c)
    return (kept - a @ (y @ kept)) + (other - other @ y @ a) - mT(y) @ c @ mT(y)


def pinv_tangent(d: Any, a: Any, y: Any) -> Any:
    """The tangent of the pseudoinverse ``y`` of a matrix that keeps its rank."""
    y = only_real(y)
    kept = y @ mT(y) @ mT(d)
    other = mT(d) @ mT(y) @ y
    return (kept - kept @ a @ y) + (other - y @ (a @ other)) - y @ d @ y


def cofactors(a: Any) -> Any:
    """The derivative of the determinant: the matrix of cofactors, of a singular matrix too."""
    y = np.linalg.det(a)
    if np.all(y != 0.0):
        return np.expand_dims(y, (-1, -2)) * mT(np.linalg.inv(a))
    u, s, vt = np.linalg.svd(a)
    signs = np.linalg.det(u) * np.linalg.det(vt)
    return (u * np.expand_dims(np.expand_dims(signs, -1) * products_of_others(s), -2)) @ vt


def qr_mode_adjoint(c: Any, a: Any, y: Any, mode: str = "reduced") -> Any:
    """The adjoint of ``np.linalg.qr(a, mode)`` in any mode but 'raw'.

    Raises ValueError if columns of ``q`` that belong to no column of the matrix carry one.
    """
    if mode == "raw":
        raise ValueError("the derivative of np.linalg.qr with mode='raw' is not known")
    if mode == "r":
        q, r = np.linalg.qr(a)
        return qr_adjoint((np.zeros_like(q), c), (q, r))
    k = min(np.shape(a)[-2:])
    q, r = y
    return qr_adjoint((leading_columns(c[0], k), c[1][..., :k, :]), (q[..., :k], r[..., :k, :]))


def qr_mode_tangent(d: Any, a: Any, y: Any, mode: str = "reduced") -> Any:
    """The tangents of ``np.linalg.qr(a, mode)`` in any mode but 'raw', with NaN in columns of
    ``q`` that belong to no column of the matrix."""
    if mode == "raw":
        raise ValueError("the derivative of np.linalg.qr with mode='raw' is not known")
    if mode == "r":
        return qr_tangent(d, np.linalg.qr(a))[1]
    k = min(np.shape(a)[-2:])
    q, r = y
    dq, dr = qr_tangent(d, (q[..., :k], r[..., :k, :]))
    rows = np.zeros((*np.shape(r)[:-2], np.shape(r)[-2] - k, np.shape(r)[-1]))
    return add_columns(dq, np.shape(q)[-1], np.nan), np.concatenate([dr, rows], axis=-2)


def norm_slope(x: Any, y: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """The derivative of ``y = np.linalg.norm(x, ord, axis, keepdims)`` by each element of
    ``x``: for vectors the gradient of the p-norm, for matrices that of a norm of the singular
    values or of the sums along rows or columns."""
    x = only_real(x)
    vectors = np.ndim(x) == 1 if axis is None else np.ndim(axis) == 0
    full = restore_dims(y, x, axis, keepdims)
    if ord is None or ord == "fro":
        return divide_or_zero(x, full)
    if vectors and np.isinf(ord):
        return sign(x) * extremum_weights(np.abs(x), y, axis, keepdims)
    if vectors:
        # The derivative of a count (ord=0) is zero.
        slope = divide_or_zero(np.abs(x), full) ** (ord - 1) if ord != 0 else np.zeros_like(x)
        return sign(x) * slope
    rows, columns = (-2, -1) if axis is None else axis
    moved = np.moveaxis(x, (rows, columns), (-2, -1))
    return np.moveaxis(_matrix_norm_slope(moved, ord), (-2, -1), (rows, columns))


def _matrix_norm_slope(x: Any, ord: Any) -> Any:
    if ord == "nuc" or ord == 2 or ord == -2:
        u, s, vt = np.linalg.svd(x, full_matrices=False)
        if ord == "nuc":
            return u @ vt
        chosen = np.max(s, axis=-1) if ord == 2 else np.min(s, axis=-1)
        return (u * np.expand_dims(extremum_weights(s, chosen, -1), -2)) @ vt
    summed = -2 if abs(ord) == 1 else -1
    sums = np.sum(np.abs(x), axis=summed)
    chosen = np.max(sums, axis=-1) if ord > 0 else np.min(sums, axis=-1)
    return sign(x) * np.expand_dims(extremum_weights(sums, chosen, -1), summed)


def _unit_lower(x: Any) -> Any:
    return np.where(np.eye(np.shape(x)[-1], dtype=bool), 1.0, np.tril(x, -1))


def _lu_inner_adjoint(cl: Any, cu: Any, lower: Any, upper: Any) -> Any:
    """The adjoint of a matrix ``lower @ upper`` by its factors."""
    inner = np.tril(mT(lower) @ cl, -1) + np.triu(cu @ mT(upper))
    return np.linalg.solve(mT(lower), mT(np.linalg.solve(upper, mT(inner))))


def _lu_inner_tangent(d: Any, lower: Any, upper: Any) -> Any:
    """The tangents of the factors of a matrix ``lower @ upper`` with the tangent ``d``."""
    inner = np.linalg.solve(lower, mT(np.linalg.solve(mT(upper), mT(d))))
    return lower @ np.tril(inner, -1), np.triu(inner) @ upper


def lu_adjoint(c: Any, y: Any) -> Any:
    """The adjoint of ``p, l, u = scipy.linalg.lu(a)`` for a square matrix."""
    p, lower, upper = y
    return p @ _lu_inner_adjoint(c[1], c[2], lower, upper)


def lu_tangent(d: Any, y: Any) -> Any:
    """The tangents of ``p, l, u = scipy.linalg.lu(a)`` for a square matrix."""
    p, lower, upper = y
    dl, du = _lu_inner_tangent(mT(p) @ d, lower, upper)
    return np.zeros_like(p), dl, du


def lu_factor_adjoint(c: Any, y: Any) -> Any:
    """The adjoint of ``scipy.linalg.lu_factor(a)``, whose factors share one matrix."""
    packed, pivots = y
    inner = _lu_inner_adjoint(c[0], c[0], _unit_lower(packed), np.triu(packed))
    return inner[np.argsort(pivot_order(pivots))]


def lu_factor_tangent(d: Any, y: Any) -> Any:
    """The tangent of ``scipy.linalg.lu_factor(a)``."""
    packed, pivots = y
    ordered = d[pivot_order(pivots)]
    dl, du = _lu_inner_tangent(ordered, _unit_lower(packed), np.triu(packed))
    return dl + du, np.zeros_like(pivots)


def triangular_matrix_adjoint(
    c: Any, a: Any, b: Any, y: Any, trans: Any = 0, lower: bool = False
) -> Any:
    """The adjoint of ``a`` in ``y = scipy.linalg.solve_triangular(a, b, trans, lower)``."""
    plain = trans == 0 or trans == "N"
    triangle = np.tril(a) if lower else np.triu(a)
    back = np.linalg.solve(mT(triangle) if plain else triangle, as_columns(c, b))
    columns = as_columns(y, b)
    full = -(back @ mT(columns)) if plain else -(columns @ mT(back))
    return np.tril(full) if lower else np.triu(full)


def triangular_matrix_tangent(
    d: Any, a: Any, b: Any, y: Any, trans: Any = 0, lower: bool = False
) -> Any:
    """The tangent of ``y = scipy.linalg.solve_triangular(a, b, trans, lower)`` by that of
    ``a``."""
    plain = trans == 0 or trans == "N"
    triangle = np.tril(a) if lower else np.triu(a)
    change = np.tril(d) if lower else np.triu(d)
    if plain:
        return -from_columns(np.linalg.solve(triangle, change @ as_columns(y, b)), b)
    return -from_columns(np.linalg.solve(mT(triangle), mT(change) @ as_columns(y, b)), b)


def eig_adjoint(c: Any, y: Any) -> Any:
    """The adjoint of the eigenvalues and eigenvectors ``y`` of a matrix. The vectors have the
    length 1, and the largest element of each is real."""
    w, v = y
    cw, cv = c
    largest = largest_elements(v)
    along = np.sum(cv * v, axis=-2, keepdims=True)
    turned = cv - np.conj(v) * np.real(along)
    turned = turned - 1j * np.imag(along) * largest / np.sum(largest * v, axis=-2, keepdims=True)
    inner = over_gaps(mT(v) @ turned, w) + on_diagonal(cw)
    return np.linalg.solve(mT(v), inner @ mT(v))


def eig_tangent(d: Any, y: Any) -> Any:
    """The tangents of the eigenvalues and eigenvectors ``y`` of a matrix."""
    w, v = y
    inner = np.linalg.solve(v, d @ v)
    turned = v @ over_gaps(inner, w)
    turned = turned - v * np.real(np.sum(np.conj(v) * turned, axis=-2, keepdims=True))
    largest = largest_elements(v)
    phase = np.sum(largest * turned, axis=-2, keepdims=True) / np.sum(
        largest * v, axis=-2, keepdims=True
    )
    return np.diagonal(inner, 0, -2, -1), as_kind_of(turned - 1j * v * np.imag(phase), v)


def eigvals_adjoint(c: Any, a: Any) -> Any:
    """The adjoint of the eigenvalues of a matrix."""
    v = np.linalg.eig(a)[1]
    return np.linalg.solve(mT(v), np.expand_dims(c, -1) * mT(v))


def eigvals_tangent(d: Any, a: Any) -> Any:
    """The tangents of the eigenvalues of a matrix with the tangent ``d``."""
    v = np.linalg.eig(a)[1]
    return np.diagonal(np.linalg.solve(v, d @ v), 0, -2, -1)
