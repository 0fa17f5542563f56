"""Rules for the standard library's `math`: functions of real scalars."""

from __future__ import annotations

from tangent.rules.declare import (
    SCALAR,
    Case,
    Templates,
    cut,
    definition,
    elementwise,
    general,
    zero_gradient,
)

_ANY = ("normal()", "-0.7", "0.0")
_POSITIVE = ("positive()", "0.3")
_UNIT = ("unit()", "0.0", "-0.6")


def _of_one(name: str, partial: str, tests: tuple[str, ...] = _ANY, kinks: str = "") -> None:
    elementwise(f"math.{name}", "x", partial, shape=SCALAR, tests=tests, kinks=kinks)


def _of_two(name: str, partials: dict[str, Templates], kinks: str = "") -> None:
    tests = ("positive(), positive()", "-2.5, 1.5", "2.7, -0.4")
    elementwise(f"math.{name}", "a, b", partials, shape=SCALAR, tests=tests, kinks=kinks)


# --- powers, exponentials, logarithms ------------------------------------------------------

_of_one("sqrt", "g / (2.0 * y)", _POSITIVE)
_of_one("cbrt", "g / (3.0 * y * y)", ("positive()", "-0.7"))
_of_one("exp", "g * y")
_of_one("exp2", "g * y * math.log(2.0)")
_of_one("expm1", "g * (y + 1.0)")
_of_one("log2", "g / (x * math.log(2.0))", _POSITIVE)
_of_one("log10", "g / (x * math.log(10.0))", _POSITIVE)
_of_one("log1p", "g / (1.0 + x)", _POSITIVE)
elementwise(
    "math.log",
    "x, base=None",
    {
        "x": [
            Case("g / x", when=lambda f: f.absent("base")),
            Case("g / (x * math.log(base))"),
        ],
        "base": "-g * y / (base * math.log(base))",
    },
    shape=SCALAR,
    tests=("positive()", "0.3", "positive(), 2.5"),
)
elementwise(
    "math.pow",
    "a, b",
    {"a": "g * power_slope(a, b)", "b": "g * y * log_or_zero(a)"},
    shape=SCALAR,
    kinks="the derivative by the exponent at base 0 is 0",
    tests=("positive(), normal()", "2.0, 3.0"),
)

# --- trigonometric, hyperbolic -------------------------------------------------------------

_of_one("sin", "g * math.cos(x)")
_of_one("cos", "-g * math.sin(x)")
_of_one("tan", "g * (1.0 + y * y)")
_of_one("asin", "g / math.sqrt(1.0 - x * x)", _UNIT)
_of_one("acos", "-g / math.sqrt(1.0 - x * x)", _UNIT)
_of_one("atan", "g / (1.0 + x * x)")
_of_one("sinh", "g * math.cosh(x)")
_of_one("cosh", "g * math.sinh(x)")
_of_one("tanh", "g * (1.0 - y * y)")
_of_one("asinh", "g / math.sqrt(x * x + 1.0)")
_of_one("acosh", "g / math.sqrt((x - 1.0) * (x + 1.0))", ("1.0 + positive()",))
_of_one("atanh", "g / (1.0 - x * x)", _UNIT)
_of_two("atan2", {"a": "g * b / (a * a + b * b)", "b": "-g * a / (a * a + b * b)"})
_of_two(
    "hypot",
    {"a": "divide_or_zero(a, y)", "b": "divide_or_zero(b, y)"},
    kinks="the derivatives at (0, 0) are 0",
)
_of_one("degrees", "g * (180.0 / math.pi)")
_of_one("radians", "g * (math.pi / 180.0)")

# --- others --------------------------------------------------------------------------------

_of_one("fabs", "g * sign(x)", ("normal()", "-1.5"), kinks="the derivative at 0 is 0")
_of_one("erf", "g * (2.0 / math.sqrt(math.pi)) * math.exp(-x * x)")
_of_one("erfc", "-g * (2.0 / math.sqrt(math.pi)) * math.exp(-x * x)")
_of_one("gamma", "g * y * polygamma(0, x)", ("positive()", "-0.7", "3.5"))
_of_one("lgamma", "g * polygamma(0, x)", ("positive()", "-0.7", "12.5"))
_of_two("fmod", {"a": "g", "b": "g * (y - a) / b"})
_of_two("remainder", {"a": "g", "b": "g * (y - a) / b"})
elementwise(
    "math.copysign",
    "a, b",
    {"a": "g * (sign(a) * math.copysign(1.0, b))"},
    inert=("b",),
    shape=SCALAR,
    kinks="the derivative at 0 is 0",
    tests=("1.5, -2.0", "-1.5, -2.0", "-1.5, 2.0"),
)
elementwise("math.ldexp", "x, i", {"x": "math.ldexp(g, i)"}, shape=SCALAR, tests=("0.7, 3",))
_OTHERS = "products_of_others(np.array(iterable))"
general(
    "math.prod",
    "iterable, *, start=1",
    {
        "iterable": f"packed(g * start * {_OTHERS}, iterable)",
        "start": "g * math.prod(iterable)",
    },
    {
        "iterable": f"start * np.sum(np.array(g) * {_OTHERS})",
        "start": "g * math.prod(iterable)",
    },
    shape=SCALAR,
    tests=("normal(3)", "[2.0, 0.0, 1.5]", "(1.0, 2.0)", "normal(3), start=2.0"),
)
general(
    "math.fsum",
    "seq",
    {"seq": "g"},
    {"seq": "math.fsum(g)"},
    exact=False,
    shape=SCALAR,
    tests=("[1.0, 2.0, 3.0]", "normal(4)"),
)

elementwise(
    "math.fma",
    "x, y_, z",
    {"x": "g * y_", "y_": "g * x", "z": "g"},
    shape=SCALAR,
    tests=("1.5, -2.0, 0.3",),
)
general(
    "math.modf",
    "x",
    {"x": "g[0]"},
    {"x": "(g, 0.0)"},
    several=True,
    tests=("1.3", "-2.6"),
)
definition(
    "math.dist",
    tests=("[1.0, 2.0], [0.5, -1.0]", "normal(3), normal(3)"),
    kinks="the derivatives at equal points are 0",
)
definition("math.sumprod", tests=("[1.5, 2.0], [0.3, -1.0]", "normal(3), normal(3)"))

zero_gradient(
    *(f"math.{n}" for n in ("isnan", "isinf", "isfinite", "isclose", "gcd", "lcm", "comb")),
    *(f"math.{n}" for n in ("perm", "factorial", "isqrt", "ulp")),
)
cut("math.floor", "math.ceil", "math.trunc")
