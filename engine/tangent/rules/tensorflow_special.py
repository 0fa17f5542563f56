"""Rules for TensorFlow's special functions, all of them elementwise.

The derivatives are those of the *NIST Digital Library of Mathematical Functions*: Bessel
functions 10.6, 10.29 and 10.51, incomplete gamma and beta 8.8 and 8.17, polygamma 5.15, zeta
25.11, error functions 7.2 and 7.17, exponential integral 6.2, Fresnel 7.2, dilogarithm 25.12.
"""

from __future__ import annotations

from tangent.rules.declare import alias, elementwise

_REAL = ("normal(2, 3)",)
_POSITIVE = ("positive(2, 3)",)


def _unary(names: str, partial: str, tests: tuple[str, ...], **extra: object) -> None:
    """One rule for a function of one argument and its other names, without ``tensorflow.``."""
    first, *others = (f"tensorflow.{name}" for name in names.split())
    elementwise(first, "x, /, name=None", {"x": partial}, tests=tests, **extra)
    alias(**dict.fromkeys(others, first))


# --- Bessel functions ----------------------------------------------------------------------------

# y / x for the functions of order one, with the limit at 0.
_QUOTIENT = "tf.where(x == 0.0, 0.5, y / tf.where(x == 0.0, 1.0, x))"

_unary("math.bessel_i0 math.special.bessel_i0", "g * tf.math.bessel_i1(x)", _REAL)
_unary(
    "math.bessel_i0e math.special.bessel_i0e",
    "g * (tf.math.bessel_i1e(x) - tf.sign(x) * y)",
    _REAL,
    kinks="at 0 the derivative is taken as 0",
)
_unary(
    "math.bessel_i1 math.special.bessel_i1",
    f"g * (tf.math.bessel_i0(x) - {_QUOTIENT})",
    _REAL,
    doc="At 0 the derivative is 1/2; TensorFlow's own is 0 there.",
)
_unary(
    "math.bessel_i1e math.special.bessel_i1e",
    f"g * (tf.math.bessel_i0e(x) - tf.sign(x) * y - {_QUOTIENT})",
    (*_REAL, "np.array([0.0, 0.5])"),
)
_unary("math.special.bessel_j0", "-g * tf.math.special.bessel_j1(x)", _REAL)
_unary(
    "math.special.bessel_j1",
    f"g * (tf.math.special.bessel_j0(x) - {_QUOTIENT})",
    (*_REAL, "np.array([0.0, 0.5])"),
)
_unary("math.special.bessel_y0", "-g * tf.math.special.bessel_y1(x)", _POSITIVE)
_unary("math.special.bessel_y1", "g * (tf.math.special.bessel_y0(x) - y / x)", _POSITIVE)
_unary("math.special.bessel_k0", "-g * tf.math.special.bessel_k1(x)", _POSITIVE)
_unary("math.special.bessel_k0e", "g * (y - tf.math.special.bessel_k1e(x))", _POSITIVE)
_unary("math.special.bessel_k1", "-g * (tf.math.special.bessel_k0(x) + y / x)", _POSITIVE)
_unary("math.special.bessel_k1e", "g * (y - tf.math.special.bessel_k0e(x) - y / x)", _POSITIVE)

# --- error functions, integrals ------------------------------------------------------------------

_unary("math.erfinv", "g * (0.5 * math.sqrt(math.pi)) * tf.exp(y * y)", ("unit(3)",))
_unary("math.erfcinv", "-g * (0.5 * math.sqrt(math.pi)) * tf.exp(y * y)", ("positive(3) / 2.5",))
_unary("math.ndtri", "g * math.sqrt(2.0 * math.pi) * tf.exp(0.5 * y * y)", ("positive(3) / 2.5",))
_unary("math.special.dawsn", "g * (1.0 - 2.0 * x * y)", _REAL)
_unary("math.special.expint", "g * tf.exp(x) / x", _POSITIVE)
_unary("math.special.fresnel_cos", "g * tf.cos(0.5 * math.pi * x * x)", _REAL)
_unary("math.special.fresnel_sin", "g * tf.sin(0.5 * math.pi * x * x)", _REAL)
_unary(
    "math.special.spence",
    "g * tf.where(x == 1.0, -1.0, tf.math.log(x) / tf.where(x == 1.0, 1.0, 1.0 - x))",
    (*_POSITIVE, "np.array([1.0, 2.0])"),
)

# --- gamma and beta functions --------------------------------------------------------------------

_unary("math.digamma", "g * tf.math.polygamma(tf.ones_like(x), x)", _POSITIVE)
elementwise(
    "tensorflow.math.polygamma",
    "a, x, name=None",
    {"x": "g * tf.math.polygamma(a + 1.0, x)"},
    tests=("2.0, positive(3)",),
    doc="The order is a constant.",
)
elementwise(
    "tensorflow.math.zeta",
    "s, q, /, name=None",
    {"q": "-g * s * tf.math.zeta(s + 1.0, q)"},
    tests=("1.5 + positive(3), positive(3)",),
    doc="The exponent is a constant.",
)
_GAMMA_DENSITY = "tf.exp((a - 1.0) * tf.math.log(b) - b - tf.math.lgamma(a))"
elementwise(
    "tensorflow.math.igamma",
    "a, b, /, name=None",
    {"a": "g * tf.raw_ops.IgammaGradA(a=a, x=b)", "b": f"g * {_GAMMA_DENSITY}"},
    tests=("positive(3), positive(3)",),
)
elementwise(
    "tensorflow.math.igammac",
    "a, b, /, name=None",
    {"a": "-g * tf.raw_ops.IgammaGradA(a=a, x=b)", "b": f"-g * {_GAMMA_DENSITY}"},
    tests=("positive(3), positive(3)",),
)
elementwise(
    "tensorflow.math.betainc",
    "a, b, x, /, name=None",
    {
        "x": "g * tf.exp((a - 1.0) * tf.math.log(x) + (b - 1.0) * tf.math.log1p(-x)"
        " - tf.math.lgamma(a) - tf.math.lgamma(b) + tf.math.lgamma(a + b))"
    },
    tests=("positive(3), positive(3), positive(3) / 2.5",),
    doc="The parameters of the distribution are constants.",
)
elementwise(
    "tensorflow.math.xlog1py",
    "a, b, /, name=None",
    {
        "a": "tf.where(a == 0.0, 0.0, g * tf.math.log1p(b))",
        "b": "g * tf.math.xdivy(a, 1.0 + b)",
    },
    tests=("positive(2, 3), positive(2, 3)", "positive(2, 1), positive(3)"),
)
