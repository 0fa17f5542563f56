"""Rules for SciPy's special functions.

Formulas: NIST Digital Library of Mathematical Functions, https://dlmf.nist.gov.
"""

from __future__ import annotations

from tangent.rules.declare import (
    CallFacts,
    Case,
    alias,
    definition,
    elementwise,
    general,
    like,
    wider,
    zero_gradient,
)
from tangent.rules.numpy_reductions import REDUCTIONS, reduced_shape

_ANY = ("normal()", "normal(2, 3)", "0.0")
_POSITIVE = ("positive()", "positive(2, 3)")

elementwise("scipy.special.expit", "x", "g * y * (1.0 - y)", tests=_ANY)
elementwise("scipy.special.logit", "x", "g / (x * (1.0 - x))", tests=("0.3", "0.5 + 0.4 * unit(3)"))
elementwise("scipy.special.log_expit", "x", "g * scipy.special.expit(-x)", tests=_ANY)
elementwise("scipy.special.erf", "x", "g * (2.0 / math.sqrt(np.pi)) * np.exp(-x * x)", tests=_ANY)
elementwise("scipy.special.erfc", "x", "-g * (2.0 / math.sqrt(np.pi)) * np.exp(-x * x)", tests=_ANY)
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
_UNIT = ("unit()", "unit(2, 3)", "0.0")
_NONZERO = ("positive()", "positive(2, 3)", "3.5")
_PAIRS = ("positive(), positive()", "positive(3, 1), positive(4)")

# --- gamma and beta ------------------------------------------------------------------------

elementwise("scipy.special.rgamma", "x", "-g * y * scipy.special.psi(x)", tests=_POSITIVE)
alias(**{"scipy.special.loggamma": "scipy.special.gammaln"})
elementwise(
    "scipy.special.beta",
    "a, b",
    {
        "a": "g * y * (scipy.special.psi(a) - scipy.special.psi(a + b))",
        "b": "g * y * (scipy.special.psi(b) - scipy.special.psi(a + b))",
    },
    tests=_PAIRS,
)
elementwise(
    "scipy.special.betaln",
    "a, b",
    {
        "a": "g * (scipy.special.psi(a) - scipy.special.psi(a + b))",
        "b": "g * (scipy.special.psi(b) - scipy.special.psi(a + b))",
    },
    tests=_PAIRS,
)
elementwise(
    "scipy.special.poch",
    "z, m",
    {
        "z": "g * y * (scipy.special.psi(z + m) - scipy.special.psi(z))",
        "m": "g * y * scipy.special.psi(z + m)",
    },
    tests=_PAIRS,
)
elementwise(
    "scipy.special.comb",
    "N, k",
    {
        "N": "g * y * (scipy.special.psi(N + 1.0) - scipy.special.psi(N - k + 1.0))",
        "k": "g * y * (scipy.special.psi(N - k + 1.0) - scipy.special.psi(k + 1.0))",
    },
    tests=("6.5, 2.5", "5.0 + positive(3, 1), positive(4)"),
)
elementwise(
    "scipy.special.factorial",
    "n",
    "g * y * scipy.special.psi(n + 1.0)",
    tests=("3.5", "positive(3)"),
)
definition("scipy.special.multigammaln", tests=("3.0 + positive(), 3", "2.0 + positive(2, 3), 2"))
elementwise(
    "scipy.special.gammainc",
    "a, x",
    {"x": "g * np.exp((a - 1.0) * np.log(x) - x - scipy.special.gammaln(a))"},
    tests=_PAIRS,
    shape="unknown",
)
elementwise(
    "scipy.special.gammaincc",
    "a, x",
    {"x": "-g * np.exp((a - 1.0) * np.log(x) - x - scipy.special.gammaln(a))"},
    tests=_PAIRS,
    shape="unknown",
)
elementwise(
    "scipy.special.betainc",
    "a, b, x",
    {
        "x": "g * np.exp((a - 1.0) * np.log(x) + (b - 1.0) * np.log1p(-x)"
        " - scipy.special.betaln(a, b))"
    },
    tests=("positive(), positive(), 0.3", "positive(3), positive(2, 1), 0.5 + 0.4 * unit(2, 3)"),
    shape="unknown",
)
elementwise(
    "scipy.special.zeta",
    "x, q=None",
    {"q": "-g * x * scipy.special.zeta(x + 1.0, q)"},
    tests=("2.5, positive()", "3, positive(2, 3)"),
    shape="unknown",
)
zero_gradient("scipy.special.gammasgn")

# --- error functions, the normal distribution ----------------------------------------------

_ROOT = "math.sqrt(2.0 * np.pi)"
elementwise(
    "scipy.special.erfinv", "x", "g * (0.5 * math.sqrt(np.pi)) * np.exp(y * y)", tests=_UNIT
)
elementwise(
    "scipy.special.erfcinv",
    "x",
    "-g * (0.5 * math.sqrt(np.pi)) * np.exp(y * y)",
    tests=("1.0 + unit()", "1.0 + unit(2, 3)"),
)
elementwise("scipy.special.erfcx", "x", "g * (2.0 * x * y - 2.0 / math.sqrt(np.pi))", tests=_ANY)
elementwise("scipy.special.dawsn", "x", "g * (1.0 - 2.0 * x * y)", tests=_ANY)
elementwise("scipy.special.ndtr", "x", f"g * np.exp(-0.5 * x * x) / {_ROOT}", tests=_ANY)
elementwise(
    "scipy.special.log_ndtr",
    "x",
    f"g * np.exp(-0.5 * x * x - y) / {_ROOT}",
    tests=(*_ANY, "-30.0", "9.0"),
)
elementwise(
    "scipy.special.ndtri",
    "p",
    f"g * {_ROOT} * np.exp(0.5 * y * y)",
    tests=("0.3", "0.5 + 0.4 * unit(2, 3)"),
)
elementwise(
    "scipy.special.owens_t",
    "h, a",
    {
        "h": "-g * np.exp(-0.5 * h * h) * scipy.special.erf(a * h / math.sqrt(2.0))"
        f" / (2.0 * {_ROOT})",
        "a": "g * np.exp(-0.5 * h * h * (1.0 + a * a)) / (2.0 * np.pi * (1.0 + a * a))",
    },
    tests=_PAIRS,
)
elementwise(
    "scipy.special.wofz",
    "z",
    "g * (2j / math.sqrt(np.pi) - 2.0 * z * y)",
    tests=("normal(3)", "normal(3) + 1j * normal(3)"),
)

# --- logarithms and exponentials -----------------------------------------------------------

elementwise("scipy.special.entr", "x", "-g * (np.log(x) + 1.0)", tests=_POSITIVE)
elementwise(
    "scipy.special.rel_entr",
    "a, b",
    {"a": "g * (np.log(a / b) + 1.0)", "b": "-g * a / b"},
    tests=_PAIRS,
)
elementwise(
    "scipy.special.kl_div",
    "a, b",
    {"a": "g * np.log(a / b)", "b": "g * (1.0 - a / b)"},
    tests=_PAIRS,
)
elementwise(
    "scipy.special.xlog1py",
    "a, b",
    {"a": "g * np.log1p(b)", "b": "g * a / (1.0 + b)"},
    tests=_PAIRS,
)
elementwise("scipy.special.exprel", "x", "g * 0.5 * scipy.special.hyp1f1(2.0, 3.0, x)", tests=_ANY)
_BOXCOX = "0.5 * {0} * {0} * scipy.special.hyp1f1(2.0, 3.0, lmbda * {0})"
elementwise(
    "scipy.special.boxcox",
    "x, lmbda",
    {"x": "g * x ** (lmbda - 1.0)", "lmbda": f"g * {_BOXCOX.format('np.log(x)')}"},
    tests=(*_PAIRS, "positive(3), 0.0"),
)
elementwise(
    "scipy.special.boxcox1p",
    "x, lmbda",
    {"x": "g * (1.0 + x) ** (lmbda - 1.0)", "lmbda": f"g * {_BOXCOX.format('np.log1p(x)')}"},
    tests=(*_PAIRS, "positive(3), 0.0"),
)
elementwise(
    "scipy.special.spence",
    "z",
    "-g / scipy.special.exprel(np.log(z))",
    tests=("positive()", "positive(2, 3)", "1.0"),
)
elementwise("scipy.special.exp1", "x", "-g * np.exp(-x) / x", tests=_NONZERO)
elementwise("scipy.special.expi", "x", "g * np.exp(x) / x", tests=_NONZERO)


def _from_two_on(facts: CallFacts) -> bool:
    order = facts.literal("n")
    return isinstance(order, int) and order >= 2


elementwise(
    "scipy.special.expn",
    "n, x",
    {
        "x": [
            Case("-g * scipy.special.expn(n - 1, x)", when=_from_two_on),
            Case("-g * (np.exp(-x) - (n - 1) * y) / x"),
        ]
    },
    tests=("1, positive()", "3, positive(2, 3)", "0, positive(2)"),
    reference="DLMF 8.19.12",
    shape=like("x"),
)
general(
    "scipy.special.sici",
    "x",
    {"x": "g[0] * np.sinc(x / np.pi) + g[1] * np.cos(x) / x"},
    {"x": "(g * np.sinc(x / np.pi), g * np.cos(x) / x)"},
    tests=_NONZERO,
    several=True,
)
general(
    "scipy.special.fresnel",
    "z",
    {"z": "g[0] * np.sin(0.5 * np.pi * z * z) + g[1] * np.cos(0.5 * np.pi * z * z)"},
    {"z": "(g * np.sin(0.5 * np.pi * z * z), g * np.cos(0.5 * np.pi * z * z))"},
    tests=_NONZERO,
    several=True,
)

# --- Bessel functions (DLMF 10.6 and 10.29), by the argument ---------------------------------

elementwise("scipy.special.j0", "x", "-g * scipy.special.j1(x)", tests=_ANY)
elementwise(
    "scipy.special.j1", "x", "0.5 * (scipy.special.j0(x) - scipy.special.jv(2, x))", tests=_ANY
)
elementwise("scipy.special.y0", "x", "-g * scipy.special.y1(x)", tests=_NONZERO)
elementwise(
    "scipy.special.y1", "x", "0.5 * (scipy.special.y0(x) - scipy.special.yn(2, x))", tests=_NONZERO
)
elementwise("scipy.special.i0", "x", "scipy.special.i1(x)", tests=_ANY)
elementwise(
    "scipy.special.i1", "x", "0.5 * (scipy.special.i0(x) + scipy.special.iv(2, x))", tests=_ANY
)
elementwise(
    "scipy.special.i0e", "x", "scipy.special.i1e(x) - np.sign(x) * y", tests=("positive()", "-1.5")
)
elementwise(
    "scipy.special.i1e",
    "x",
    "0.5 * (scipy.special.i0e(x) + scipy.special.ive(2, x)) - np.sign(x) * y",
    tests=("positive()", "-1.5"),
)
for _name, _order, _sign, _rest in (
    ("jv", "v", "-", ""),
    ("yv", "v", "-", ""),
    ("yn", "n", "-", ""),
    ("iv", "v", "+", ""),
    ("ive", "v", "+", " - np.sign(x) * y"),
    ("kv", "v", "k", ""),
):
    _f = f"scipy.special.{_name}"
    _partial = f"0.5 * ({_f}({_order} - 1, x) {_sign} {_f}({_order} + 1, x)){_rest}"
    if _sign == "k":
        _partial = f"-0.5 * ({_f}({_order} - 1, x) + {_f}({_order} + 1, x))"
    elementwise(
        _f,
        f"{_order}, x",
        {"x": _partial},
        tests=("2, positive()", "1, positive(2, 3)"),
        shape="unknown",
        kinks="the derivative by the order is not known",
    )
alias(**{"scipy.special.jn": "scipy.special.jv"})

# --- hypergeometric functions (DLMF 13.3.15, 15.5.1), by the argument -------------------------

elementwise(
    "scipy.special.hyp1f1",
    "a, b, x",
    {"x": "a / b * scipy.special.hyp1f1(a + 1.0, b + 1.0, x)"},
    tests=("0.5, 1.5, normal()", "1.2, 2.5, unit(2, 3)"),
    shape="unknown",
)
elementwise(
    "scipy.special.hyp2f1",
    "a, b, c, z",
    {"z": "a * b / c * scipy.special.hyp2f1(a + 1.0, b + 1.0, c + 1.0, z)"},
    tests=("0.5, 1.5, 2.5, 0.3", "1.2, 0.7, 2.5, 0.5 * unit(2, 3)"),
    shape="unknown",
)

elementwise(
    "scipy.special.sph_harm_y",
    "n, m, theta, phi",
    {
        "theta": "g * (m / np.tan(theta) * y"
        " + np.sqrt(np.maximum((n - m) * (n + m + 1.0), 0.0)) * np.exp(-1j * phi)"
        " * scipy.special.sph_harm_y(n, m + 1, theta, phi))",
        "phi": "g * 1j * m * y",
    },
    tests=("3, 1, positive(2), normal(2)", "2, 2, 0.7, 0.3", "2, -1, positive(3), 0.5"),
    shape="unknown",
    reference="DLMF 14.10 and 14.30",
)

# --- reductions ----------------------------------------------------------------------------

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
wider(
    "scipy.special.logsumexp",
    "b",
    tests=("normal(4), b=positive(4)", "normal(2, 3), axis=1, b=positive(3)"),
)
