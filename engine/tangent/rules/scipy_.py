"""Rules for SciPy's special functions.

Formulas: NIST Digital Library of Mathematical Functions, https://dlmf.nist.gov.
"""

from __future__ import annotations

from tangent.rules.declare import Case, alias, elementwise, general, like
from tangent.rules.numpy_ import REDUCTIONS, reduced_shape

_ANY = ("normal()", "normal(2, 3)", "0.0")
_POSITIVE = ("positive()", "positive(2, 3)")

elementwise("scipy.special.expit", "x", "g * y * (1.0 - y)", tests=_ANY)
elementwise("scipy.special.logit", "x", "g / (x * (1.0 - x))", tests=("0.3", "0.5 + 0.4 * unit(3)"))
elementwise("scipy.special.log_expit", "x", "g * scipy.special.expit(-x)", tests=_ANY)
elementwise("scipy.special.erf", "x", "g * (2.0 / np.sqrt(np.pi)) * np.exp(-x * x)", tests=_ANY)
elementwise("scipy.special.erfc", "x", "-g * (2.0 / np.sqrt(np.pi)) * np.exp(-x * x)", tests=_ANY)
elementwise("scipy.special.gammaln", "x", "g * scipy.special.psi(x)", tests=_POSITIVE)
elementwise("scipy.special.gamma", "x", "g * y * scipy.special.psi(x)", tests=_POSITIVE)
elementwise("scipy.special.psi", "x", "g * scipy.special.polygamma(1, x)", tests=_POSITIVE)
elementwise(
    "scipy.special.polygamma",
    "n, x",
    {"x": "g * scipy.special.polygamma(n + 1, x)"},
    tests=("1, positive()", "2, positive(2, 3)"),
)
elementwise(
    "scipy.special.xlogy",
    "a, b",
    {"a": "g * log_or_zero(b)", "b": "g * divide_or_zero(a, b)"},
    tests=("positive(), positive()", "positive(3, 1), positive(4)"),
)
alias(**{"scipy.special.digamma": "scipy.special.psi"})
_WEIGHTS = "exp_ratio(a, restore_dims(y, a, axis, keepdims))"
general(
    "scipy.special.logsumexp",
    "a, axis=None, *, keepdims=False",
    {
        "a": [
            Case("g * exp_ratio(a, y)", when=lambda f: f.absent("axis"), adapts=True),
            Case(f"restore_dims(g, a, axis, keepdims) * {_WEIGHTS}", adapts=True),
        ]
    },
    {
        "a": [
            Case(
                "np.sum(g * exp_ratio(a, y))",
                when=lambda f: f.absent("axis") and f.absent("keepdims"),
            ),
            Case(f"np.sum(g * {_WEIGHTS}, axis=axis, keepdims=keepdims)"),
        ]
    },
    shape=reduced_shape(),
    tests=(*REDUCTIONS, "normal(3) + 1000.0", "np.array([1.0, -np.inf])"),
)
_ALONG = ("normal(3)", "normal(2, 3), axis=-1", "normal(2, 3)", "normal(2, 3), axis=(0, 1)")
_SOFTMAX = "y * (g - np.sum(g * y, axis=axis, keepdims=True))"  # symmetric
general(
    "scipy.special.softmax",
    "x, axis=None",
    {"x": _SOFTMAX},
    {"x": _SOFTMAX},
    shape=like("x"),
    tests=_ALONG,
)
general(
    "scipy.special.log_softmax",
    "x, axis=None",
    {"x": "g - np.exp(y) * np.sum(g, axis=axis, keepdims=True)"},
    {"x": "g - np.sum(np.exp(y) * g, axis=axis, keepdims=True)"},
    shape=like("x"),
    tests=_ALONG,
)
