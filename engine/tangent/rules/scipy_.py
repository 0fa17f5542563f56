"""Rules for SciPy, by its modules."""

from __future__ import annotations

from tangent.rules import (  # noqa: F401 - they declare the rules
    scipy_linalg,
    scipy_signal,
    scipy_special,
    scipy_stats,
)
