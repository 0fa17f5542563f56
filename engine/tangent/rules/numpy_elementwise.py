"""NumPy's elementwise functions, each with broadcasting."""

from __future__ import annotations

from tangent.rules.declare import (
    SCALAR,
    UNKNOWN_SHAPE,
    CallFacts,
    Case,
    alias,
    complex_form,
    elementwise,
    general,
    like,
    wider,
)
from tangent.rules.python import NONZERO, TWO, power_rule

_ANY = ("normal()", "normal(2, 3)", "0.0")
_POSITIVE = ("positive()", "positive(2, 3)", "0.3")
_UNIT = ("unit()", "unit(2, 3)", "0.0")
_NO_ZERO = ("normal()", "normal(2, 3)", "-1.5")

# --- arithmetic ------------------------------------------------------------------------------

elementwise("numpy.add", "a, b", {"a": "g", "b": "g"}, tests=TWO)
elementwise("numpy.subtract", "a, b", {"a": "g", "b": "-g"}, tests=TWO)
elementwise("numpy.multiply", "a, b", {"a": "g * b", "b": "g * a"}, tests=TWO)
elementwise("numpy.divide", "a, b", {"a": "g / b", "b": "-g * y / b"}, tests=NONZERO)
elementwise("numpy.remainder", "a, b", {"a": "g", "b": "-g * (a // b)"}, tests=NONZERO)
elementwise("numpy.fmod", "a, b", {"a": "g", "b": "-g * np.trunc(a / b)"}, tests=NONZERO)
elementwise("numpy.negative", "x", "-g", tests=_ANY)
elementwise("numpy.positive", "x", "g", tests=_ANY)
elementwise("numpy.reciprocal", "x", "-g * y * y", tests=_NO_ZERO)
elementwise("numpy.square", "x", "2.0 * x", tests=_ANY)
power_rule("numpy.power")
power_rule("numpy.float_power")
alias(
    **{
        "numpy.abs": "numpy.absolute",
        "numpy.true_divide": "numpy.divide",
        "numpy.mod": "numpy.remainder",
        "numpy.pow": "numpy.power",
    }
)

# --- powers, exponentials, logarithms --------------------------------------------------------

elementwise("numpy.sqrt", "x", "g / (2.0 * y)", tests=_POSITIVE)
elementwise("numpy.cbrt", "x", "g / (3.0 * y * y)", tests=_NO_ZERO)
elementwise("numpy.exp", "x", "g * y", tests=_ANY)
elementwise("numpy.exp2", "x", "g * y * math.log(2.0)", tests=_ANY)
elementwise("numpy.expm1", "x", "g * (y + 1.0)", tests=_ANY)
elementwise("numpy.log", "x", "g / x", tests=_POSITIVE)
elementwise("numpy.log2", "x", "g / (x * math.log(2.0))", tests=_POSITIVE)
elementwise("numpy.log10", "x", "g / (x * math.log(10.0))", tests=_POSITIVE)
elementwise("numpy.log1p", "x", "g / (1.0 + x)", tests=_POSITIVE)
elementwise(
    "numpy.logaddexp",
    "a, b",
    {"a": "exp_ratio(a, y)", "b": "exp_ratio(b, y)"},
    tests=(*TWO, "1000.0, 1001.0", "-np.inf, normal(2)"),
)
elementwise(
    "numpy.logaddexp2",
    "a, b",
    {
        "a": "exp_ratio(a * math.log(2.0), y * math.log(2.0))",
        "b": "exp_ratio(b * math.log(2.0), y * math.log(2.0))",
    },
    tests=(*TWO, "1000.0, 1001.0"),
)

# --- trigonometric, hyperbolic ---------------------------------------------------------------

elementwise("numpy.sin", "x", "g * np.cos(x)", tests=_ANY)
elementwise("numpy.cos", "x", "-g * np.sin(x)", tests=_ANY)
elementwise("numpy.tan", "x", "g * (1.0 + y * y)", tests=_UNIT)
elementwise("numpy.arcsin", "x", "g / np.sqrt(1.0 - x * x)", tests=_UNIT)
elementwise("numpy.arccos", "x", "-g / np.sqrt(1.0 - x * x)", tests=_UNIT)
elementwise("numpy.arctan", "x", "g / (1.0 + x * x)", tests=_ANY)
elementwise(
    "numpy.arctan2",
    "a, b",
    {"a": "g * b / (a * a + b * b)", "b": "-g * a / (a * a + b * b)"},
    tests=TWO,
)
elementwise("numpy.sinh", "x", "g * np.cosh(x)", tests=_ANY)
elementwise("numpy.cosh", "x", "g * np.sinh(x)", tests=_ANY)
elementwise("numpy.tanh", "x", "g * (1.0 - y * y)", tests=_ANY)
elementwise("numpy.arcsinh", "x", "g / np.sqrt(x * x + 1.0)", tests=_ANY)
elementwise(
    "numpy.arccosh",
    "x",
    "g / np.sqrt((x - 1.0) * (x + 1.0))",
    tests=("1.0 + positive()", "1.0 + positive(2, 3)"),
)
elementwise("numpy.arctanh", "x", "g / (1.0 - x * x)", tests=_UNIT)
elementwise(
    "numpy.hypot",
    "a, b",
    {"a": "divide_or_zero(a, y)", "b": "divide_or_zero(b, y)"},
    kinks="the derivatives at (0, 0) are 0",
    tests=TWO,
)
elementwise("numpy.deg2rad", "x", "g * (np.pi / 180.0)", tests=_ANY)
elementwise("numpy.rad2deg", "x", "g * (180.0 / np.pi)", tests=_ANY)
elementwise("numpy.sinc", "x", "sinc_derivative(x, 1)", tests=(*_ANY, "1e-3", "3.7"))
alias(
    **{
        "numpy.radians": "numpy.deg2rad",
        "numpy.degrees": "numpy.rad2deg",
        "numpy.asin": "numpy.arcsin",
        "numpy.acos": "numpy.arccos",
        "numpy.atan": "numpy.arctan",
        "numpy.atan2": "numpy.arctan2",
        "numpy.asinh": "numpy.arcsinh",
        "numpy.acosh": "numpy.arccosh",
        "numpy.atanh": "numpy.arctanh",
    }
)

# --- choices ---------------------------------------------------------------------------------


def _shape_of_copysign(facts: CallFacts) -> str:
    return like("a") if facts.same_shape("a", "b") or facts.rank("b") == 0 else UNKNOWN_SHAPE


_SHARED = "equal arguments share the cotangent half and half"

_DISTANCES = (*_NO_ZERO, "normal(3) + 1j * normal(3)")
elementwise("numpy.absolute", "x", "sign(x)", kinks="the derivative at 0 is 0", tests=_DISTANCES)
elementwise("numpy.fabs", "x", "np.sign(x)", kinks="the derivative at 0 is 0", tests=_NO_ZERO)
elementwise(
    "numpy.maximum",
    "a, b",
    {"a": "larger(a, b)", "b": "larger(b, a)"},
    kinks=_SHARED,
    tests=(*TWO, "0.0, normal(2, 3)"),
)
elementwise(
    "numpy.minimum",
    "a, b",
    {"a": "larger(b, a)", "b": "larger(a, b)"},
    kinks=_SHARED,
    tests=(*TWO, "normal(2, 3), 0.0"),
)
elementwise(
    "numpy.copysign",
    "a, b",
    {"a": "g * np.sign(a) * np.copysign(1.0, b)"},
    inert=("b",),
    shape=_shape_of_copysign,
    kinks="the derivative at 0 is 0",
    tests=(*TWO, "-1.5, 2.0"),
)
# Unlike maximum and minimum these pass over a NaN.
_NAN = (*TWO, "np.array([1.0, np.nan]), np.array([np.nan, 1.0])")
elementwise(
    "numpy.fmax",
    "a, b",
    {
        "a": "np.where(np.isnan(b), 1.0, larger(a, b))",
        "b": "np.where(np.isnan(a), 1.0, larger(b, a))",
    },
    kinks=_SHARED,
    tests=_NAN,
)
elementwise(
    "numpy.fmin",
    "a, b",
    {
        "a": "np.where(np.isnan(b), 1.0, larger(b, a))",
        "b": "np.where(np.isnan(a), 1.0, larger(a, b))",
    },
    kinks=_SHARED,
    tests=_NAN,
)


def _no_lower(facts: CallFacts) -> bool:
    return facts.literal("a_min") is None


def _no_upper(facts: CallFacts) -> bool:
    return facts.literal("a_max") is None


elementwise(
    "numpy.clip",
    "a, a_min, a_max",
    {
        "a": [
            Case("a >= a_min", when=_no_upper),
            Case("a <= a_max", when=_no_lower),
            Case("(a >= a_min) & (a <= a_max)"),
        ],
        "a_min": [
            Case("a < a_min", when=_no_upper),
            Case("(a < a_min) & (a_min <= a_max)"),
        ],
        "a_max": [
            Case("a > a_max", when=_no_lower),
            Case("(a > a_max) | (a_min > a_max)"),
        ],
    },
    kinks="a value on a bound passes its cotangent on; the bound gets none",
    tests=(
        "normal(4), -0.5, 0.5",
        "normal(4), None, 0.1",
        "normal(4), -0.1, None",
        "normal(3, 1), -positive(4), positive(4)",
        "normal(), -0.5, 0.5",
        "normal(4), 1.0, -1.0",
        "np.array([-3.0, 0.1, 3.0]), -1.0, np.array([1.0, 2.0, 0.5])",
    ),
)


def _shape_of_where(facts: CallFacts) -> str:
    for choice, other in (("a", "b"), ("b", "a")):
        if facts.same_shape("condition", choice) and (
            facts.same_shape(choice, other) or facts.rank(other) == 0
        ):
            return like(choice)
    return SCALAR if all(facts.rank(p) == 0 for p in ("condition", "a", "b")) else UNKNOWN_SHAPE


elementwise(
    "numpy.where",
    "condition, a, b",
    {"a": "np.where(condition, g, 0.0)", "b": "np.where(condition, 0.0, g)"},
    shape=_shape_of_where,
    inert=("condition",),
    tests=(
        "normal(2, 3) > 0, normal(2, 3), normal(2, 3)",
        "normal(2, 1) > 0, normal(3), normal()",
        "normal(2, 3) > 0, normal(), normal(3)",
        "True, 1.0, 2.0",
    ),
)

# --- complex numbers -------------------------------------------------------------------------
# The cotangent c of a complex z means the change Re(c * dz), so that rules of analytic functions
# serve both; that of a real value may have an imaginary part, which does not count.

_COMPLEX = ("normal(2, 3)", "normal(3) + 1j * normal(3)")
elementwise("numpy.real", "val", "np.real(g)", view=True, tests=_COMPLEX)
elementwise("numpy.conjugate", "x", "np.conj(g)", tests=_COMPLEX)
general(
    "numpy.imag",
    "val",
    {"val": "imag_adjoint(g, val)"},
    {"val": "np.imag(g)"},
    shape=like("val"),
    view=True,
    adapts=True,
    tests=_COMPLEX,
)
general(
    "numpy.angle",
    "z, deg=False",
    {"z": "angle_adjoint(g, z, deg=deg)"},
    {"z": "angle_tangent(g, z, deg=deg)"},
    shape=like("z"),
    adapts=True,
    kinks="the derivative at 0 is 0; that of a real number is 0",
    tests=(*_COMPLEX, "normal(3) + 1j * normal(3), True"),
)
general(
    "numpy.real_if_close",
    "a, tol=100",
    {"a": "as_kind_of(g, y)"},
    {"a": "as_kind_of(g, y)"},
    shape=like("a"),
    view=True,
    adapts=True,
    tests=_COMPLEX,
)
alias(**{"numpy.conj": "numpy.conjugate"})
for _name in ("numpy.absolute", "builtins.abs"):
    complex_form(
        _name,
        {"x": "np.real(g) * divide_or_zero(np.conj(x), y)"},
        {"x": "np.real(g * divide_or_zero(np.conj(x), y))"},
    )
elementwise("numpy.i0", "x", "scipy.special.i1(x)", tests=("normal()", "normal(2, 3)"))
elementwise(
    "numpy.ldexp",
    "x1, x2",
    {"x1": "np.ldexp(g, x2)"},
    inert=("x2",),
    shape=UNKNOWN_SHAPE,
    tests=("normal(3), 2", "normal(2, 3), np.array([1, 2, 3])"),
)
wider(
    "numpy.clip",
    "min",
    "max",
    tests=("normal(4), min=-0.5, max=0.5", "normal(4), max=np.full(4, 0.1)"),
)
