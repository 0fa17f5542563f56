"""Library calls in the forms people write: keyword arguments, axes, subscripts."""

from __future__ import annotations

import numpy as np


def bilinear_form(a, m, b):
    return np.einsum("i,ij,j", a, m, b)


def four_operands(u, v, w):
    t = np.einsum("i,j,k,ij->k", u, v, w, np.outer(u, w))
    return np.sum(t * t)


def attention(q, k, v):
    scores = np.einsum("...id,...jd->...ij", q, k) / np.sqrt(q.shape[-1])
    weights = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
    weights = weights / np.sum(weights, axis=-1, keepdims=True)
    return np.sum(np.einsum("...ij,...jd->...id", weights, v) ** 2)


def subscripts_as_lists(a, b):
    return np.sum(np.einsum(a, [0, 1], b, [1, 2], [0, 2]) ** 2)


def three_stacks(a, b, c):
    return np.sum(np.einsum("...ij,...jk,...k->...i", a, b, c, optimize=True) ** 2)


def masked_mean(x, mask):
    return np.mean(x * x, where=mask) + np.sum(x, axis=0, where=mask)[1]


def masked_extremes(x):
    return np.max(x, axis=1, where=x < 1.0, initial=-5.0).sum() * np.min(x, initial=0.2)


def spread(x):
    return np.std(x, axis=0, ddof=1).sum() + np.var(x, ddof=1, keepdims=True)[0, 0]


def padded_filter(x, k):
    y = np.pad(x, 2, mode="reflect")
    z = np.pad(x, (1, 2), mode="edge")
    return np.sum(np.convolve(y, k, mode="valid") ** 2) + np.sum(z * z)


def clipped(x, low):
    return np.sum(np.clip(x, low, None) ** 2) + np.sum(np.clip(x, a_min=None, a_max=0.4))


def clipped_by_name(x, low):
    return np.sum(np.clip(x, min=low) ** 2)


def increments(x):
    return np.sum(np.diff(x, prepend=0.0) ** 2) + np.sum(np.diff(x, n=2) ** 3)


def interpolated(x, knots, values):
    y = np.interp(x, knots, values)
    return np.sum(y * y)


def quartiles(x):
    low, high = np.percentile(x, [25, 75])
    return (high - low) ** 2 + np.median(x, axis=0).sum()


def standardized(x):
    z = (x - x.mean(axis=0, keepdims=True)) / x.std(axis=0)
    return np.sum((z.T @ z / len(z)) ** 3)


def gaussian_process(x, y, scale):
    k = np.exp(-0.5 * (x[:, None] - x[None, :]) ** 2 / scale**2) + 0.1 * np.eye(len(x))
    factor = np.linalg.cholesky(k)
    alpha = np.linalg.solve(factor.T, np.linalg.solve(factor, y))
    return 0.5 * y @ alpha + np.sum(np.log(np.diag(factor)))


def low_rank(x):
    u, s, vt = np.linalg.svd(x, full_matrices=False)
    return np.sum((u[:, :1] * s[:1] @ vt[:1]) ** 3) + np.sum(s)


def leading_mode(a):
    s = a + a.T
    w, v = np.linalg.eigh(s)
    return w[-1] * v[0, -1] ** 2


def log_det(a):
    sign, value = np.linalg.slogdet(a @ a.T + np.eye(a.shape[0]))
    return sign * value


def least_squares(a, b):
    x = np.linalg.pinv(a) @ b
    return np.sum(x * x)


def orthogonal(a):
    q, r = np.linalg.qr(a)
    return np.sum(q**3) + np.sum(np.abs(np.diag(r)))


def polynomial(c, x):
    return np.sum(np.polyval(c, x) ** 2) + np.sum(np.polyval(np.polyder(c), x))


def work(path, force):
    return np.trapezoid(np.sum(force * np.gradient(path, axis=0), axis=1))


def pieces(x):
    first, second = np.split(x, [2])
    grid_a, grid_b = np.meshgrid(first, second)
    return np.sum(np.kron(first, second) ** 2) + np.sum(grid_a * grid_b)


def assembled(a, b):
    top = np.hstack([a, np.zeros((2, 1))])
    whole = np.block([[top], [np.append(b, 1.0)[None, :]]])
    return np.sum(np.rot90(whole) @ whole) + np.sum(np.delete(b, 0))


_rng = np.random.default_rng(11)


def _n(*shape):
    return _rng.normal(size=shape)


CASES = [
    (bilinear_form, (_n(3), _n(3, 2), _n(2)), ("a", "m", "b")),
    (four_operands, (_n(2), _n(2), _n(2)), ("u", "v", "w")),
    (attention, (_n(2, 3, 2), _n(2, 3, 2), _n(2, 3, 2)), ("q", "k", "v")),
    (subscripts_as_lists, (_n(2, 3), _n(3, 2)), ("a", "b")),
    (three_stacks, (_n(2, 2, 3), _n(3, 2), _n(2)), ("a", "b", "c")),
    (masked_mean, (_n(3, 3), _n(3, 3) > -0.5), ("x",)),
    (masked_extremes, (_n(2, 3),), ("x",)),
    (spread, (_n(4, 2),), ("x",)),
    (padded_filter, (_n(5), _n(3)), ("x", "k")),
    (clipped, (_n(4), 0.1), ("x", "low")),
    (clipped_by_name, (_n(4), 0.1), ("x", "low")),
    (increments, (_n(5),), ("x",)),
    (
        interpolated,
        (np.array([0.3, 1.4, 2.6]), np.array([0.0, 1.0, 2.0, 3.0]), _n(4)),
        ("x", "values"),
    ),
    (quartiles, (_n(4, 2),), ("x",)),
    (standardized, (_n(4, 2),), ("x",)),
    (gaussian_process, (_n(3), _n(3), 0.8), ("x", "y", "scale")),
    (low_rank, (_n(3, 2),), ("x",)),
    (leading_mode, (_n(3, 3),), ("a",)),
    (log_det, (_n(2, 3),), ("a",)),
    (least_squares, (_n(4, 2), _n(4)), ("a", "b")),
    (orthogonal, (_n(3, 2),), ("a",)),
    (polynomial, (_n(3), _n(2)), ("c", "x")),
    (work, (_n(4, 2), _n(4, 2)), ("path", "force")),
    (pieces, (_n(4),), ("x",)),
    (assembled, (_n(2, 2), _n(2)), ("a", "b")),
]
