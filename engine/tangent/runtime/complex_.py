"""Adjoints between real and complex numbers.

The cotangent ``c`` of a complex number ``z`` means the change ``Re(c * dz)``, so that the rule of
an analytic function is the same for both. What of it belongs to a real number is its real part;
an imaginary part there does not count.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tangent.runtime.elementwise import divide_or_zero
from tangent.runtime.values import as_kind_of


def imag_adjoint(c: Any, x: Any) -> Any:
    """The adjoint of ``np.imag(x)``."""
    return -1j * np.real(c) if np.iscomplexobj(x) else 0.0 * np.real(c)


def angle_adjoint(c: Any, x: Any, deg: bool = False) -> Any:
    """The adjoint of ``np.angle(x, deg)``: the cotangent of a real number."""
    unit = 180.0 / np.pi if deg else 1.0
    return as_kind_of(divide_or_zero(-1j * unit * np.real(c), x), x)


def angle_tangent(d: Any, x: Any, deg: bool = False) -> Any:
    """The tangent of ``np.angle(x, deg)``."""
    unit = 180.0 / np.pi if deg else 1.0
    return unit * np.imag(divide_or_zero(d, x))
