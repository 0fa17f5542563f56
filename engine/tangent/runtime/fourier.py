"""Adjoints of Fourier transforms that drop or add elements, or give real numbers."""

from __future__ import annotations

from typing import Any

import numpy as np


def fit_axes(c: Any, x: Any) -> Any:
    """``c`` in the shape of ``x``: along each axis cut off, or followed by zeros."""
    shape = np.shape(x)
    c = c[tuple(slice(n) for n in shape)]
    missing = [(0, n - m) for n, m in zip(shape, np.shape(c), strict=True)]
    return np.pad(c, missing) if any(m for _, m in missing) else c


def transformed_axes(x: Any, s: Any, axes: Any) -> tuple[int, ...]:
    """The axes that a transform of several axes works on."""
    if axes is not None:
        return tuple(axes)
    return tuple(range(-len(s), 0)) if s is not None else tuple(range(-np.ndim(x), 0))


def swapped_norm(norm: Any) -> Any:
    """The normalization of the inverse transform's matrix, transposed."""
    return {None: "forward", "backward": "forward", "forward": "backward"}.get(norm, norm)


def rfft_adjoint(c: Any, a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    """The adjoint of ``np.fft.rfft(a, n, axis, norm)``."""
    size = np.shape(a)[axis] if n is None else n
    return fit_axes(np.real(np.fft.fft(c, size, axis, norm)), a)


def irfft_adjoint(c: Any, a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    """The adjoint of ``np.fft.irfft(a, n, axis, norm)``: all elements but the first, and the
    last of an even length, stand for two of the whole spectrum."""
    half = np.conj(np.fft.rfft(np.real(c), None, axis, swapped_norm(norm)))
    size = np.shape(c)[axis]
    count = np.shape(half)[axis]
    weights = np.full(count, 2.0, np.real(half).dtype)
    weights[0] = 1.0
    if size % 2 == 0:
        weights[-1] = 1.0
    places = [1] * np.ndim(half)
    places[axis] = count
    return fit_axes(half * np.reshape(weights, places), a)
