"""Functions that derivative formulas need at the points where the plain formula breaks down."""

from __future__ import annotations

import math
from math import factorial
from typing import Any

import numpy as np

from tangent.runtime.dispatch import for_tensors


def sign(x: Any) -> Any:
    """-1, 0 or 1 by the sign of ``x``.

    Raises TypeError for complex numbers.
    """
    if tensors := for_tensors(x):
        return tensors.sign(x)
    if np.iscomplexobj(x):
        raise TypeError(
            "the derivative of the absolute value of a complex number needs a function whose text"
            " tells of complex numbers: annotate the argument as complex"
        )
    return np.sign(x) if isinstance(x, np.ndarray | np.generic) else float((x > 0) - (x < 0))


def larger(a: Any, b: Any) -> Any:
    """1 where ``a > b``, 0 where ``a < b``, one half where they are equal."""
    if tensors := for_tensors(a, b):
        return tensors.larger(a, b)
    return in_precision_of(0.5 * (a > b) + 0.5 * (a >= b), a, b)


def in_precision_of(x: Any, *values: Any) -> Any:
    """``x`` in the precision that arithmetic on ``values`` has."""
    if not isinstance(x, np.ndarray | np.generic):
        return x
    dtype = np.result_type(*values)
    return x.astype(dtype, copy=False) if dtype.kind in "fc" else x


def log_or_zero(x: Any) -> Any:
    """``log(x)``, and 0 at 0."""
    if tensors := for_tensors(x):
        return tensors.log_or_zero(x)
    return np.log(np.where(np.equal(x, 0), 1.0, x))[()]


def divide_or_zero(a: Any, b: Any) -> Any:
    """``a / b``, and 0 where ``b`` is 0."""
    if tensors := for_tensors(a, b):
        return tensors.divide_or_zero(a, b)
    zero = np.equal(b, 0)
    return np.where(zero, 0.0, a / np.where(zero, 1.0, b))[()]


def product_or_zero(a: Any, b: Any) -> Any:
    """``a * b``, and 0 where ``a`` is 0, whatever ``b`` is."""
    if tensors := for_tensors(a, b):
        return tensors.product_or_zero(a, b)
    return (a * np.where(np.equal(a, 0), 0.0, b))[()]


def power_slope(a: Any, b: Any) -> Any:
    """The derivative of ``a ** b`` by ``a``: ``b * a ** (b - 1)``, and 0 where ``b`` is 0."""
    if type(a) is float and (type(b) is int or type(b) is float):
        return b * a ** (b - 1) if b else 0.0
    if tensors := for_tensors(a, b):
        return tensors.power_slope(a, b)
    zero = np.equal(b, 0)
    slope = b * np.where(zero, 1.0, a) ** (b - np.where(zero, 0.0, 1.0))
    return in_precision_of(np.where(zero, 0.0, slope)[()], a, b)


def exp_ratio(a: Any, b: Any) -> Any:
    """``exp(a) / exp(b)`` without overflow, and 0 where ``a`` is minus infinity."""
    nothing = np.isneginf(a)
    return np.where(nothing, 0.0, np.exp(np.where(nothing, 0.0, a) - np.where(nothing, 0.0, b)))[()]


def sinc_derivative(x: Any, n: int) -> Any:
    """The ``n``-th derivative of ``sin(pi x) / (pi x)``, exact also near 0.

    Away from 0 it follows from differentiating ``x * sinc(x) = sin(pi x) / pi`` ``n`` times;
    near 0, where that cancels, from the power series.
    """
    given, x = x, np.asarray(x, dtype=float)
    near = np.abs(x) < 0.5 * (n + 1)
    safe = np.where(near, 1.0, x)
    away = np.sinc(safe)
    for k in range(1, n + 1):
        away = (np.pi ** (k - 1) * np.sin(np.pi * (safe + 0.5 * k)) - k * away) / safe
    series = np.zeros_like(x)
    for j in range((n + 1) // 2, n + 25):
        coefficient = (-1.0) ** j * np.pi ** (2 * j) / factorial(2 * j - n) / (2 * j + 1)
        series = series + coefficient * np.where(near, x, 0.0) ** (2 * j - n)
    return in_precision_of(np.where(near, series, away)[()], given)


def over_gaps(x: Any, w: Any) -> Any:
    """Matrices ``x`` with each element divided by ``w[j] - w[i]``, and zeros on the diagonal
    and where ``w[i]`` and ``w[j]`` are equal.

    Raises ValueError where these are equal and the element is not zero: a basis of the vectors
    that belong to equal values is no differentiable function.
    """
    w = np.asarray(w)
    gaps = np.expand_dims(w, -2) - np.expand_dims(w, -1)
    equal = gaps == 0.0
    lost = np.abs(np.where(equal & ~np.eye(w.shape[-1], dtype=bool), x, 0.0))
    if np.any(lost > 1e-10 * np.max(np.abs(x), initial=1e-30)):
        raise ValueError(
            "vectors that belong to equal eigenvalues or singular values have no derivative"
        )
    return np.where(equal, 0.0, x / np.where(equal, 1.0, gaps))


# The numbers of Bernoulli B_2, B_4, ...
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)


def polygamma(n: int, x: float) -> float:
    """The derivative of order ``n + 1`` of the logarithm of the gamma function at a number
    ``x``: its recurrence up to large arguments, and the asymptotic series there (DLMF 5.15).

    Raises ValueError at the poles, as `math.gamma` does.
    """
    if x <= 0 and x == int(x):
        raise ValueError("the gamma function has a pole here")
    total = 0.0
    while x < 20.0:
        total += 1.0 / x ** (n + 1)
        x = x + 1.0
    if n == 0:
        series = math.log(x) - 0.5 / x
        for k, b in enumerate(_BERNOULLI, 1):
            series -= b / (2 * k * x ** (2 * k))
        return series - total
    series = math.factorial(n - 1) / x**n + math.factorial(n) / (2.0 * x ** (n + 1))
    for k, b in enumerate(_BERNOULLI, 1):
        series += b * math.factorial(2 * k + n - 1) / math.factorial(2 * k) / x ** (2 * k + n)
    return (-1.0) ** (n + 1) * (series + math.factorial(n) * total)
