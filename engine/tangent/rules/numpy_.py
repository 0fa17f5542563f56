"""Rules for NumPy's functions, and for the methods and attributes of its arrays.

Methods whose calling convention is their own have their own rules, under the name
``numpy.ndarray.<method>``: ``reshape`` and ``transpose`` take their shape or axes as one tuple
or as several arguments, so their signature has ``*shape`` and ``*axes``.

Arguments ``out``, ``where`` and ``dtype`` of reductions and ufuncs are in no signature: a call
that uses them is reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tangent.rules.declare import (
    SCALAR,
    UNKNOWN_SHAPE,
    CallFacts,
    Case,
    Condition,
    alias,
    attributes,
    cut,
    elementwise,
    general,
    like,
    linear,
    methods,
    rank,
    zero_gradient,
)
from tangent.rules.python import NONZERO, TWO, matmul_rule, power_rule, ranks

_ANY = ("normal()", "normal(2, 3)", "0.0")
_POSITIVE = ("positive()", "positive(2, 3)", "0.3")
_UNIT = ("unit()", "unit(2, 3)", "0.0")
_NO_ZERO = ("normal()", "normal(2, 3)", "-1.5")

# --- arithmetic ----------------------------------------------------------------------------

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

# --- powers, exponentials, logarithms ------------------------------------------------------

elementwise("numpy.sqrt", "x", "g / (2.0 * y)", tests=_POSITIVE)
elementwise("numpy.cbrt", "x", "g / (3.0 * y * y)", tests=_NO_ZERO)
elementwise("numpy.exp", "x", "g * y", tests=_ANY)
elementwise("numpy.exp2", "x", "g * y * np.log(2.0)", tests=_ANY)
elementwise("numpy.expm1", "x", "g * (y + 1.0)", tests=_ANY)
elementwise("numpy.log", "x", "g / x", tests=_POSITIVE)
elementwise("numpy.log2", "x", "g / (x * np.log(2.0))", tests=_POSITIVE)
elementwise("numpy.log10", "x", "g / (x * np.log(10.0))", tests=_POSITIVE)
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
        "a": "exp_ratio(a * np.log(2.0), y * np.log(2.0))",
        "b": "exp_ratio(b * np.log(2.0), y * np.log(2.0))",
    },
    tests=(*TWO, "1000.0, 1001.0"),
)

# --- trigonometric, hyperbolic -------------------------------------------------------------

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

# --- choices -------------------------------------------------------------------------------


def _shape_of_copysign(facts: CallFacts) -> str:
    return like("a") if facts.same_shape("a", "b") or facts.rank("b") == 0 else UNKNOWN_SHAPE


_SHARED = "equal arguments share the cotangent half and half"

elementwise("numpy.absolute", "x", "np.sign(x)", kinks="the derivative at 0 is 0", tests=_NO_ZERO)
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

# --- reductions ----------------------------------------------------------------------------


def _whole(facts: CallFacts) -> bool:
    return facts.absent("axis")


def _kept(facts: CallFacts) -> bool:
    return facts.literal("keepdims") is True


def _leading(facts: CallFacts) -> bool:
    axis = facts.literal("axis")
    return facts.absent("keepdims") and axis == 0 and isinstance(axis, int)


def _one_axis(facts: CallFacts) -> bool:
    return facts.absent("keepdims") and isinstance(facts.literal("axis"), int)


def _some_axes(facts: CallFacts) -> bool:
    return facts.absent("keepdims") and isinstance(facts.literal("axis"), tuple)


def reduced_shape(parameter: str = "a"):
    """The shape of a reduction with the arguments axis and keepdims."""

    def shape(facts: CallFacts) -> str:
        axis, n = facts.literal("axis"), facts.rank(parameter)
        if facts.absent("axis") and facts.absent("keepdims"):
            return SCALAR
        if n is None:
            return UNKNOWN_SHAPE
        if _kept(facts):
            return rank(n)
        if _one_axis(facts):
            return rank(n - 1)
        return (
            rank(n - len(axis)) if _some_axes(facts) and isinstance(axis, tuple) else UNKNOWN_SHAPE
        )

    return shape


def _over_axes(form: str, a: str = "a") -> list[Case]:
    """The cases of a reduction's adjoint. In ``form``, ``{g}`` and ``{y}`` stand for the
    cotangent and the result with the reduced axes restored where that is needed, ``{n}`` for
    the number of elements reduced, ``{axes}`` for the arguments of an inner reduction that
    keeps its axes."""

    def filled(restored: str, n: str, axes: str) -> str:
        return form.format(g=restored.format("g"), y=restored.format("y"), n=n, axes=axes)

    inner = ", axis=axis, keepdims=True"
    extent = f"np.shape({a})[axis]"
    general_restored = f"restore_dims({{}}, {a}, axis, keepdims)"
    return [
        Case(filled("{}", f"np.size({a})", ""), when=_whole, adapts=True),
        Case(filled("{}", extent, inner), when=_leading, adapts=True),
        Case(filled("np.expand_dims({}, axis)", extent, inner), when=_one_axis),
        Case(filled("np.expand_dims({}, axis)", f"axis_size({a}, axis)", inner), when=_some_axes),
        Case(filled("{}", f"axis_size({a}, axis)", inner), when=_kept, adapts=True),
        Case(filled(general_restored, f"axis_size({a}, axis)", inner), adapts=True),
    ]


def _along_axes(form: str) -> list[Case]:
    """The cases of a reduction's tangent. In ``form``, ``{axes}`` and ``{n}`` are as in an
    adjoint, ``{out}`` for the arguments of the reduction itself."""
    return [
        Case(
            form.format(axes="", out="", n="np.size(a)"),
            when=lambda f: f.absent("axis") and f.absent("keepdims"),
        ),
        Case(
            form.format(
                axes=", axis=axis, keepdims=True",
                out=", axis=axis, keepdims=keepdims",
                n="axis_size(a, axis)",
            )
        ),
    ]


REDUCTIONS = (
    "normal()",
    "normal(3, 4)",
    "normal(3, 4), axis=0",
    "normal(3, 4), axis=-1",
    "normal(2, 3, 4), axis=1",
    "normal(2, 3, 4), axis=-2",
    "normal(2, 3, 4), axis=(0, 2)",
    "normal(3, 4), axis=1, keepdims=True",
    "normal(2, 3, 4), axis=(-1, 0), keepdims=True",
    "normal(3, 4), keepdims=True",
    "normal(4), axis=0",
)

linear(
    "numpy.sum",
    "a, axis=None, *, keepdims=False",
    {"a": _over_axes("{g}")},
    shape=reduced_shape(),
    tests=REDUCTIONS,
    exact=False,
)
linear(
    "numpy.mean",
    "a, axis=None, *, keepdims=False",
    {"a": _over_axes("{g} / {n}")},
    shape=reduced_shape(),
    tests=REDUCTIONS,
    exact=False,
)
for _name in ("max", "min"):
    general(
        f"numpy.{_name}",
        "a, axis=None, *, keepdims=False",
        {"a": _over_axes("{g} * extremum_weights(a, y, axis=axis, keepdims=keepdims)")},
        {"a": _along_axes("np.sum(g * extremum_weights(a, y{out}){out})")},
        shape=reduced_shape(),
        kinks="elements that attain the extremum together share its cotangent equally",
        tests=REDUCTIONS,
    )
general(
    "numpy.prod",
    "a, axis=None, *, keepdims=False",
    {"a": _over_axes("{g} * unflatten_axes(products_of_others(flatten_axes(a, axis)), a, axis)")},
    {
        "a": _along_axes(
            "np.sum(g * unflatten_axes(products_of_others(flatten_axes(a, axis)), a, axis){out})"
        )
    },
    shape=reduced_shape(),
    tests=(*REDUCTIONS, "np.array([0.0, 2.0, 3.0])", "np.array([0.0, 0.0, 3.0])"),
)
_MANY = tuple(t for t in REDUCTIONS if t != "normal()")
general(
    "numpy.var",
    "a, axis=None, *, ddof=0, keepdims=False",
    {"a": _over_axes("(2.0 * {g} / ({n} - ddof)) * (a - np.mean(a{axes}))")},
    {"a": _along_axes("2.0 * np.sum(g * (a - np.mean(a{axes})){out}) / ({n} - ddof)")},
    shape=reduced_shape(),
    tests=(*_MANY, "normal(3, 4), axis=0, ddof=1", "normal(3, 4), ddof=2"),
)
general(
    "numpy.std",
    "a, axis=None, *, ddof=0, keepdims=False",
    {"a": _over_axes("{g} * divide_or_zero(a - np.mean(a{axes}), {y} * ({n} - ddof))")},
    {"a": _along_axes("divide_or_zero(np.sum(g * (a - np.mean(a{axes})){out}), y * ({n} - ddof))")},
    shape=reduced_shape(),
    kinks="the derivative where all elements are equal is 0",
    tests=(*_MANY, "normal(3, 4), axis=0, ddof=1"),
)
linear(
    "numpy.cumsum",
    "a, axis=None",
    {
        "a": [
            Case(
                "np.reshape(np.flip(np.cumsum(np.flip(g))), np.shape(a))",
                when=lambda f: f.absent("axis"),
            ),
            Case(
                "np.flip(np.cumsum(np.flip(g, axis), axis), axis)",
                when=lambda f: isinstance(f.literal("axis"), int),
            ),
            Case("np.reshape(np.flip(np.cumsum(np.flip(g, axis), axis), axis), np.shape(a))"),
        ]
    },
    shape=lambda f: rank(1) if f.absent("axis") else UNKNOWN_SHAPE,
    tests=("normal(4)", "normal(3, 4)", "normal(3, 4), axis=0", "normal(3, 4), axis=-1"),
)
alias(**{"numpy.amax": "numpy.max", "numpy.amin": "numpy.min"})

# --- products of arrays --------------------------------------------------------------------


def _shape_of_dot(facts: CallFacts) -> str:
    a, b = facts.rank("a"), facts.rank("b")
    if a is None or b is None:
        return UNKNOWN_SHAPE
    if a == 0 or b == 0:
        return rank(a + b)
    return rank(a + b - 2)


linear(
    "numpy.dot",
    "a, b",
    {
        "a": [
            Case("g * b", when=ranks(1, 1), adapts=True),
            Case("np.dot(g, b.T)", when=ranks(2, 2)),
            Case("np.outer(g, b)", when=ranks(2, 1)),
            Case("np.dot(b, g)", when=ranks(1, 2)),
            Case("dot_adjoint_left(g, a, b)", fits=True),
        ],
        "b": [
            Case("g * a", when=ranks(1, 1), adapts=True),
            Case("np.dot(a.T, g)", when=ranks(2, 2)),
            Case("np.dot(a.T, g)", when=ranks(2, 1)),
            Case("np.outer(a, g)", when=ranks(1, 2)),
            Case("dot_adjoint_right(g, a, b)", fits=True),
        ],
    },
    shape=_shape_of_dot,
    tests=(
        "normal(), normal()",
        "normal(), normal(3)",
        "normal(2, 3), normal()",
        "normal(3), normal(3)",
        "normal(2, 3), normal(3, 4)",
        "normal(2, 3), normal(3)",
        "normal(3), normal(3, 2)",
        "normal(5, 2, 3), normal(3)",
        "normal(5, 2, 3), normal(4, 3, 2)",
        "normal(3), normal(5, 3, 2)",
    ),
)
matmul_rule("numpy.matmul")
linear(
    "numpy.inner",
    "a, b",
    {
        "a": [
            Case("g * b", when=ranks(1, 1), adapts=True),
            Case("np.dot(g, b)", when=ranks(2, 2)),
            Case("inner_adjoint_left(g, a, b)", fits=True),
        ],
        "b": [
            Case("g * a", when=ranks(1, 1), adapts=True),
            Case("np.dot(g.T, a)", when=ranks(2, 2)),
            Case("inner_adjoint_right(g, a, b)", fits=True),
        ],
    },
    shape=_shape_of_dot,
    tests=(
        "normal(), normal(3)",
        "normal(3), normal(3)",
        "normal(2, 3), normal(4, 3)",
        "normal(2, 3), normal(3)",
        "normal(5, 2, 3), normal(4, 3)",
    ),
)
linear(
    "numpy.outer",
    "a, b",
    {
        "a": [
            Case("np.dot(g, b)", when=ranks(1, 1)),
            Case("outer_adjoint_left(g, a, b)", fits=True),
        ],
        "b": [
            Case("np.dot(a, g)", when=ranks(1, 1)),
            Case("outer_adjoint_right(g, a, b)", fits=True),
        ],
    },
    shape=rank(2),
    tests=("normal(3), normal(4)", "normal(), normal(4)", "normal(2, 3), normal(2, 2)"),
)
linear(
    "numpy.vdot",
    "a, b",
    {
        "a": [
            Case("g * b", when=lambda f: f.same_shape("a", "b"), adapts=True),
            Case("np.reshape(g * np.ravel(b), np.shape(a))"),
        ],
        "b": [
            Case("g * a", when=lambda f: f.same_shape("a", "b"), adapts=True),
            Case("np.reshape(g * np.ravel(a), np.shape(b))"),
        ],
    },
    shape=SCALAR,
    tests=("normal(3), normal(3)", "normal(2, 3), normal(2, 3)", "normal(2, 3), normal(6)"),
)
linear(
    "numpy.tensordot",
    "a, b, axes=2",
    {
        "a": "tensordot_adjoint_left(g, a, b, axes=axes)",
        "b": "tensordot_adjoint_right(g, a, b, axes=axes)",
    },
    adapts=True,
    tests=(
        "normal(2, 3, 4), normal(3, 4, 5)",
        "normal(2, 3), normal(3, 4), axes=1",
        "normal(2), normal(3), axes=0",
        "normal(2, 3, 4, 5), normal(5, 2, 3), axes=([1, 3], [2, 0])",
        "normal(2, 3), normal(4, 3), axes=(1, -1)",
    ),
)

general(
    "numpy.einsum",
    "subscripts, a, b=None",
    {
        "a": [
            Case("einsum_adjoint(g, subscripts, a)", when=lambda f: f.absent("b"), fits=True),
            Case("einsum_adjoint_left(g, subscripts, a, b)", fits=True),
        ],
        "b": [Case("einsum_adjoint_right(g, subscripts, a, b)", fits=True)],
    },
    {
        "a": [
            Case("np.einsum(subscripts, g)", when=lambda f: f.absent("b")),
            Case("np.einsum(subscripts, g, b)"),
        ],
        "b": "np.einsum(subscripts, a, g)",
    },
    tests=(
        "'ij,jk->ik', normal(2, 3), normal(3, 4)",
        "'ij,jk', normal(2, 3), normal(3, 4)",
        "'kj,ik->ij', normal(3, 4), normal(2, 3)",
        "'i,i', normal(3), normal(3)",
        "'i,j->ij', normal(3), normal(2)",
        "'bij,bjk->bik', normal(5, 2, 3), normal(5, 3, 4)",
        "'ij,k->k', normal(2, 3), normal(4)",
        "'ii,i->i', normal(3, 3), normal(3)",
        "'ij->ji', normal(2, 3)",
        "'ij->', normal(2, 3)",
        "'ii', normal(3, 3)",
        "'ii->i', normal(3, 3)",
        "'iij->j', normal(3, 3, 2)",
        "'...ij,...jk->...ik', normal(5, 2, 3), normal(3, 4)",
    ),
)

# --- shapes --------------------------------------------------------------------------------


def _shape_of_reshape(facts: CallFacts) -> str:
    shape = facts.literal("shape")
    if isinstance(shape, int):
        return rank(1)
    return rank(len(shape)) if isinstance(shape, (tuple, list)) else UNKNOWN_SHAPE


def _shape_of_reshape_method(facts: CallFacts) -> str:
    shape = facts.literal("shape")  # a tuple of what is known of each argument
    if isinstance(shape, tuple) and len(shape) == 1 and not isinstance(shape[0], int):
        shape = shape[0]
    return rank(len(shape)) if isinstance(shape, (tuple, list)) else UNKNOWN_SHAPE


def _same_rank(parameter: str = "a"):
    def shape(facts: CallFacts) -> str:
        n = facts.rank(parameter)
        return UNKNOWN_SHAPE if n is None else rank(n)

    return shape


_BACK = "np.reshape(g, np.shape(a))"
_VIEW: Mapping[str, Any] = {"view": True, "cheap": True}

linear(
    "numpy.reshape",
    "a, shape",
    {"a": _BACK},
    shape=_shape_of_reshape,
    tests=("normal(2, 3), (3, 2)", "normal(2, 3), -1", "normal(6), (2, -1)", "normal(1), ()"),
    **_VIEW,
)
general(
    "numpy.ndarray.reshape",
    "a, *shape",
    {"a": _BACK},
    {"a": "g.reshape(*shape)"},
    shape=_shape_of_reshape_method,
    tests=("normal(2, 3), 3, 2", "normal(2, 3), (3, 2)", "normal(2, 3), -1"),
    **_VIEW,
)
linear("numpy.ravel", "a", {"a": _BACK}, shape=rank(1), tests=("normal()", "normal(2, 3)"), **_VIEW)
general(
    "numpy.ndarray.flatten",
    "a",
    {"a": _BACK},
    {"a": "np.ravel(g)"},
    shape=rank(1),
    tests=("normal(2, 3)", "normal(3)"),
)
general(
    "numpy.ndarray.item",
    "a",
    {"a": _BACK},
    {"a": "np.reshape(g, ())"},
    shape=SCALAR,
    tests=("normal(1)", "normal(1, 1)", "np.array(2.0)"),
)
linear(
    "numpy.transpose",
    "a, axes=None",
    {
        "a": [
            Case("g.T", when=lambda f: f.absent("axes")),
            Case("np.transpose(g, np.argsort(axes))"),
        ]
    },
    shape=_same_rank(),
    tests=("normal(2, 3)", "normal(2, 3, 4)", "normal(2, 3, 4), (1, 2, 0)", "normal(3)"),
    **_VIEW,
)
general(
    "numpy.ndarray.transpose",
    "a, *axes",
    {
        "a": [
            Case("g.T", when=lambda f: f.absent("axes")),
            Case("np.transpose(g, inverse_axes(*axes))"),
        ]
    },
    {"a": "g.transpose(*axes)"},
    shape=_same_rank(),
    tests=("normal(2, 3)", "normal(2, 3, 4), 1, 2, 0", "normal(2, 3, 4), (1, 2, 0)"),
    **_VIEW,
)
linear(
    "numpy.swapaxes",
    "a, axis1, axis2",
    {"a": "np.swapaxes(g, axis1, axis2)"},
    shape=_same_rank(),
    tests=("normal(2, 3, 4), 0, -1", "normal(2, 3), 0, 1"),
    **_VIEW,
)
linear(
    "numpy.moveaxis",
    "a, source, destination",
    {"a": "np.moveaxis(g, destination, source)"},
    shape=_same_rank(),
    tests=("normal(2, 3, 4), 0, -1", "normal(2, 3, 4), (0, 1), (2, 0)"),
    **_VIEW,
)
linear(
    "numpy.expand_dims",
    "a, axis",
    {"a": "np.squeeze(g, axis)"},
    tests=(
        "normal(2, 3), 0",
        "normal(2, 3), -1",
        "normal(2, 3), -2",
        "normal(3), (0, 2)",
        "2.0, 0",
    ),
    **_VIEW,
)
linear(
    "numpy.squeeze",
    "a, axis=None",
    {"a": _BACK},
    tests=("normal(1, 3, 1)", "normal(1, 3, 1), axis=0", "normal(1, 3, 1), axis=(0, -1)"),
    **_VIEW,
)
linear(
    "numpy.broadcast_to",
    "array, shape",
    {"array": "g"},
    shape=_shape_of_reshape,
    tests=("normal(3), (2, 3)", "normal(), (2,)", "normal(2, 1), (2, 3)"),
    **_VIEW,
    exact=False,
)

for _name in ("atleast_1d", "atleast_2d", "atleast_3d"):
    linear(
        f"numpy.{_name}",
        "a",
        {"a": _BACK},
        tests=("normal()", "normal(3)", "normal(2, 3)", "normal(2, 3, 4)"),
        **_VIEW,
    )

# --- arrangement ---------------------------------------------------------------------------

linear(
    "numpy.flip",
    "m, axis=None",
    {"m": "np.flip(g, axis=axis)"},
    shape=like("m"),
    tests=("normal(3)", "normal(2, 3)", "normal(2, 3), axis=0", "normal(2, 3), axis=(0, -1)"),
    **_VIEW,
)
linear(
    "numpy.fliplr", "m", {"m": "np.fliplr(g)"}, shape=like("m"), tests=("normal(2, 3)",), **_VIEW
)
linear(
    "numpy.flipud", "m", {"m": "np.flipud(g)"}, shape=like("m"), tests=("normal(2, 3)",), **_VIEW
)
linear(
    "numpy.roll",
    "a, shift, axis=None",
    {
        "a": [
            Case(
                "np.roll(g, -shift, axis=axis)",
                when=lambda f: isinstance(f.literal("shift"), int),
            ),
            Case("np.roll(g, np.negative(shift), axis=axis)"),
        ]
    },
    shape=like("a"),
    tests=(
        "normal(4), 1",
        "normal(2, 3), 2",
        "normal(2, 3), -1, axis=1",
        "normal(2, 3), (1, 2), (0, 1)",
    ),
)
linear(
    "numpy.repeat",
    "a, repeats, axis=None",
    {"a": "repeat_adjoint(g, a, repeats, axis=axis)"},
    tests=(
        "normal(3), 2",
        "normal(2, 3), 2",
        "normal(2, 3), 2, axis=1",
        "normal(2, 3), [1, 2], axis=0",
        "normal(2, 3), 3, axis=-1",
        "normal(), 3",
    ),
)
linear(
    "numpy.tile",
    "A, reps",
    {"A": "tile_adjoint(g, A, reps)"},
    adapts=True,
    tests=(
        "normal(3), 2",
        "normal(2, 3), (2, 2)",
        "normal(3), (2, 1)",
        "normal(2, 3), 2",
        "normal(), 3",
    ),
)
linear(
    "numpy.concatenate",
    "arrays, axis=0",
    {"arrays": "split_like(g, arrays, axis=axis)"},
    sequence="arrays",
    tests=(
        "[normal(2), normal(3)]",
        "(normal(2, 3), normal(2, 1)), axis=1",
        "[normal(2, 3), normal(1, 3)], axis=-2",
        "[normal(2, 3), normal(2)], axis=None",
    ),
)
linear(
    "numpy.stack",
    "arrays, axis=0",
    {
        "arrays": [
            Case("g", when=lambda f: f.absent("axis")),
            Case("np.moveaxis(g, axis, 0)"),
        ]
    },
    sequence="arrays",
    tests=(
        "[normal(2), normal(2)]",
        "(normal(2, 3), normal(2, 3)), axis=1",
        "[normal(2, 3), normal(2, 3)], axis=-1",
        "[1.0, 2.0]",
    ),
)
linear(
    "numpy.hstack",
    "tup",
    {"tup": "hstack_adjoint(g, tup)"},
    sequence="tup",
    tests=("[normal(2), normal(3)]", "(normal(2, 3), normal(2, 1))", "[1.0, 2.0]"),
)
linear(
    "numpy.vstack",
    "tup",
    {"tup": "vstack_adjoint(g, tup)"},
    sequence="tup",
    shape=UNKNOWN_SHAPE,
    tests=("[normal(2), normal(2)]", "(normal(2, 3), normal(1, 3))", "[normal(3), normal(2, 3)]"),
)
linear(
    "numpy.diff",
    "a, n=1, axis=-1",
    {"a": "diff_adjoint(g, a, n=n, axis=axis)"},
    tests=("normal(5)", "normal(5), 2", "normal(3, 4), axis=0", "normal(3, 4), 1, 1"),
)
linear(
    "numpy.pad",
    "array, pad_width, mode='constant'",
    {"array": "unpad(g, array, pad_width, mode=mode)"},
    tests=("normal(3), 2", "normal(2, 3), (1, 2)", "normal(2, 3), ((0, 1), (2, 0)), 'constant'"),
)
linear(
    "numpy.split",
    "ary, indices_or_sections, axis=0",
    {"ary": "np.concatenate(g, axis=axis)"},
    tests=("normal(6), 3", "normal(6), [1, 4]", "normal(2, 4), 2, axis=1"),
    view=True,
)
linear(
    "numpy.diagonal",
    "a, offset=0, axis1=0, axis2=1",
    {"a": "diagonal_adjoint(g, a, offset=offset, axis1=axis1, axis2=axis2)"},
    adapts=True,
    view=True,
    tests=("normal(3, 3)", "normal(2, 4), 1", "normal(2, 4), -1", "normal(2, 3, 4), 1, 2, 0"),
)
linear(
    "numpy.diag",
    "v, k=0",
    {
        "v": [
            Case("np.diagonal(g, k)", when=lambda f: f.rank("v") == 1),
            Case("diag_adjoint(g, v, k=k)"),
        ]
    },
    shape=lambda f: {1: rank(2), 2: rank(1)}.get(f.rank("v") or 0, UNKNOWN_SHAPE),
    view=True,
    tests=("normal(3)", "normal(3), 1", "normal(3, 4)", "normal(3, 4), -1"),
)
linear(
    "numpy.trace",
    "a, offset=0, axis1=0, axis2=1",
    {
        "a": [
            Case(
                "g * np.eye(np.shape(a)[0], np.shape(a)[1])",
                when=lambda f: (
                    f.rank("a") == 2 and all(f.absent(p) for p in ("offset", "axis1", "axis2"))
                ),
                adapts=True,
            ),
            Case(
                "diagonal_adjoint(np.expand_dims(g, -1), a,"
                " offset=offset, axis1=axis1, axis2=axis2)"
            ),
        ]
    },
    shape=lambda f: SCALAR if f.rank("a") == 2 else UNKNOWN_SHAPE,
    tests=("normal(3, 3)", "normal(2, 4)", "normal(2, 4), 1", "normal(2, 3, 4), -1, 2, 0"),
)
linear(
    "numpy.tril",
    "m, k=0",
    {"m": "np.tril(g, k=k)"},
    shape=like("m"),
    tests=("normal(3, 3)", "normal(3, 4), 1"),
)
linear(
    "numpy.triu",
    "m, k=0",
    {"m": "np.triu(g, k=k)"},
    shape=like("m"),
    tests=("normal(3, 3)", "normal(3, 4), -1"),
)
linear(
    "numpy.take",
    "a, indices, axis=None",
    {"a": "take_adjoint(g, a, indices, axis=axis)"},
    adapts=True,
    tests=(
        "normal(4), [1, 1, 3]",
        "normal(2, 3), 4",
        "normal(2, 3), [[0, 2], [2, 2]], axis=1",
        "normal(2, 3), 1, axis=-1",
        "normal(2, 3, 4), [1, 1], axis=-2",
    ),
)
linear(
    "numpy.take_along_axis",
    "arr, indices, axis",
    {"arr": "put_along(g, arr, indices, axis)"},
    tests=(
        "normal(2, 3), np.array([[0, 0, 2, 1], [1, 1, 1, 0]]), 1",
        "normal(2, 3), np.array([[0, 1, 1]]), 0",
        "normal(2, 3), np.array([0, 5, 5]), None",
    ),
)
general(
    "numpy.sort",
    "a, axis=-1",
    {
        "a": "np.reshape(put_along(g, a, np.argsort(a, axis=axis), axis), np.shape(a))",
    },
    {"a": "np.take_along_axis(g, np.argsort(a, axis=axis), axis)"},
    kinks="equal elements keep an arbitrary order",
    tests=("normal(5)", "normal(3, 4)", "normal(3, 4), axis=0", "normal(3, 4), axis=None"),
)

# --- creation and copies -------------------------------------------------------------------


def _untyped(facts: CallFacts) -> bool:
    return facts.absent("dtype")


for _name, _first in (("array", "object"), ("asarray", "a")):
    general(
        f"numpy.{_name}",
        f"{_first}, dtype=None",
        {
            _first: [
                Case("g", when=_untyped, adapts=True),
                Case("through_cast(g, dtype)", adapts=True),
            ]
        },
        {
            _first: [
                Case(f"np.{_name}(g)", when=_untyped),
                Case(f"through_cast(np.{_name}(g), dtype)"),
            ]
        },
        sequence=_first,
        view=_name == "asarray",
        tests=(
            "normal(2, 3)",
            "normal()",
            "[1.0, 2.0]",
            "[normal(2), normal(2)]",
            "normal(3), float",
            "normal(3), dtype=np.float64",
        ),
    )
linear("numpy.copy", "a", {"a": "g"}, shape=like("a"), adapts=True, tests=("normal(2, 3)", "2.0"))
general(
    "numpy.ndarray.copy",
    "a",
    {"a": "g"},
    {"a": "snapshot(g)"},
    shape=like("a"),
    adapts=True,
    tests=("normal(2, 3)", "np.float64(2.0)", "[1.0, 2.0]"),
)
elementwise(
    "numpy.ndarray.astype",
    "a, dtype",
    {"a": "through_cast(g, dtype)"},
    shape=like("a"),
    tests=("normal(2, 3), float", "normal(2, 3), np.float64"),
)
elementwise("numpy.float64", "x", "g", tests=("normal()", "2.0"))
alias(**{f"numpy.{n}": "numpy.float64" for n in ("float16", "float32", "longdouble")})
elementwise(
    "numpy.nan_to_num",
    "x",
    "g * np.isfinite(x)",
    kinks="the derivative is 0 where the value was replaced",
    tests=("normal(3)", "np.array([1.0, np.nan, np.inf])"),
)
general(
    "numpy.full",
    "shape, fill_value, dtype=None",
    {
        "fill_value": [
            Case("g", when=_untyped),
            Case("through_cast(g, dtype)"),
        ]
    },
    {
        "fill_value": [
            Case("np.full(shape, g)", when=_untyped),
            Case("through_cast(np.full(shape, g), dtype)"),
        ]
    },
    shape=_shape_of_reshape,
    tests=("(2, 3), 2.0", "(2, 3), normal(3)", "4, 2.0, float"),
    exact=False,
)
general(
    "numpy.full_like",
    "a, fill_value",
    {"fill_value": "through_cast(g, np.result_type(a))"},
    {"fill_value": "through_cast(np.full(np.shape(a), g), np.result_type(a))"},
    inert=("a",),
    shape=like("a"),
    tests=("normal(2, 3), 2.0", "normal(2, 3), normal(3)"),
    exact=False,
)

# --- linear algebra ------------------------------------------------------------------------


def _two_norm(facts: CallFacts) -> bool:
    """Whether a norm is the root of the sum of squares."""
    order = facts.literal("ord")
    return facts.absent("ord") or order == "fro" or (order == 2 and facts.rank("x") == 1)


def _also(first: Condition, second: Condition | None) -> Condition:
    return first if second is None else lambda facts: first(facts) and second(facts)


_NORM = (
    "np.sign(x) * divide_or_zero(np.abs(x), restore_dims(y, x, axis, keepdims))"
    " ** (vector_order(x, ord, axis) - 1)"
)


general(
    "numpy.linalg.norm",
    "x, ord=None, axis=None, keepdims=False",
    {
        "x": [
            Case(case.template, _also(_two_norm, case.when), case.adapts)
            for case in _over_axes("{g} * divide_or_zero(x, {y})", "x")
        ]
        + [Case(f"restore_dims(g, x, axis, keepdims) * {_NORM}", adapts=True)]
    },
    {
        "x": [
            Case(
                "np.sum(g * divide_or_zero(x, y))",
                when=lambda f: _two_norm(f) and f.absent("axis") and f.absent("keepdims"),
            ),
            Case(
                "np.sum(g * divide_or_zero(x, restore_dims(y, x, axis, keepdims)),"
                " axis=axis, keepdims=keepdims)",
                when=_two_norm,
            ),
            Case(f"np.sum(g * {_NORM}, axis=axis, keepdims=keepdims)"),
        ]
    },
    shape=reduced_shape("x"),
    kinks="the derivative at 0 is 0; norms of matrices by singular values and infinite norms of "
    "vectors are refused when the derivative runs",
    tests=(
        "normal(4)",
        "normal(3, 4)",
        "normal(3, 4), axis=1",
        "normal(3, 4), axis=0",
        "normal(3, 4), axis=-1, keepdims=True",
        "normal(3, 4), keepdims=True",
        "normal(2, 3, 4), axis=(0, 2)",
        "normal(3, 4), 'fro'",
        "normal(4), 2",
        "normal(4), 1",
        "normal(4), 3.5",
        "normal(3, 4), 1, axis=1",
        "normal(3, 4), 3, 0, True",
    ),
)
_SQUARE = ("normal(3, 3) + 3.0 * np.eye(3)", "normal(2, 3, 3) + 3.0 * np.eye(3)")
general(
    "numpy.linalg.inv",
    "a",
    {
        "a": [
            Case("-(y.T @ g @ y.T)", when=lambda f: f.rank("a") == 2),
            Case("-(np.swapaxes(y, -1, -2) @ g @ np.swapaxes(y, -1, -2))"),
        ]
    },
    {"a": "-(y @ g @ y)"},
    shape=like("a"),
    tests=_SQUARE,
)
general(
    "numpy.linalg.det",
    "a",
    {
        "a": [
            Case("(g * y) * np.linalg.inv(a).T", when=lambda f: f.rank("a") == 2),
            Case("np.expand_dims(g * y, (-1, -2)) * np.swapaxes(np.linalg.inv(a), -1, -2)"),
        ]
    },
    {"a": "y * np.trace(np.linalg.solve(a, g), axis1=-2, axis2=-1)"},
    shape=lambda f: SCALAR if f.rank("a") == 2 else UNKNOWN_SHAPE,
    kinks="a singular matrix raises LinAlgError",
    tests=_SQUARE,
)
general(
    "numpy.linalg.solve",
    "a, b",
    {
        "a": [
            Case("-np.outer(np.linalg.solve(a.T, g), y)", when=ranks(2, 1)),
            Case("-(np.linalg.solve(a.T, g) @ y.T)", when=ranks(2, 2)),
            Case(
                "-(np.linalg.solve(np.swapaxes(a, -1, -2), as_columns(g, b))"
                " @ np.swapaxes(as_columns(y, b), -1, -2))"
            ),
        ],
        "b": [
            Case(
                "np.linalg.solve(a.T, g)", when=lambda f: f.rank("a") == 2 and f.rank("b") in (1, 2)
            ),
            Case("from_columns(np.linalg.solve(np.swapaxes(a, -1, -2), as_columns(g, b)), b)"),
        ],
    },
    {
        "a": [
            Case(
                "-np.linalg.solve(a, g @ y)",
                when=lambda f: f.rank("a") == 2 and f.rank("b") in (1, 2),
            ),
            Case("-from_columns(np.linalg.solve(a, g @ as_columns(y, b)), b)"),
        ],
        "b": "np.linalg.solve(a, g)",
    },
    tests=(
        "normal(3, 3) + 3.0 * np.eye(3), normal(3)",
        "normal(3, 3) + 3.0 * np.eye(3), normal(3, 2)",
        "normal(2, 3, 3) + 3.0 * np.eye(3), normal(3)",
        "normal(2, 3, 3) + 3.0 * np.eye(3), normal(3, 2)",
        "normal(3, 3) + 3.0 * np.eye(3), normal(2, 3, 1)",
    ),
    exact=False,
)

# --- functions without derivative ----------------------------------------------------------

zero_gradient(
    *(
        f"numpy.{n}"
        for n in (
            *("zeros", "ones", "empty", "eye", "identity", "tri"),
            *("zeros_like", "ones_like", "empty_like", "indices", "ogrid", "mgrid"),
            *(
                "shape",
                "size",
                "ndim",
                "result_type",
                "dtype",
                "finfo",
                "iinfo",
                "broadcast_shapes",
            ),
            *("isnan", "isinf", "isfinite", "isneginf", "isposinf", "iscomplexobj", "isscalar"),
            *("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"),
            *("isclose", "allclose", "array_equal", "signbit"),
            *("all", "any", "logical_and", "logical_or", "logical_not", "logical_xor"),
            *("argsort", "nonzero", "flatnonzero", "count_nonzero", "searchsorted"),
            *(
                "unravel_index",
                "ravel_multi_index",
                "diag_indices",
                "diag_indices_from",
                "tril_indices",
                "triu_indices",
            ),
            *("int8", "int16", "int32", "int64", "uint8", "bool_", "intp"),
        )
    )
)
cut(
    *(
        f"numpy.{n}"
        for n in (
            *("floor", "ceil", "trunc", "fix", "rint", "round", "around", "sign", "heaviside"),
            *("floor_divide", "argmax", "argmin", "nanargmax", "nanargmin", "digitize"),
        )
    )
)

# --- methods and attributes ----------------------------------------------------------------

methods(
    (
        *("sum", "mean", "max", "min", "prod", "std", "var", "cumsum", "dot", "trace", "diagonal"),
        *("ravel", "squeeze", "swapaxes", "clip", "take", "repeat"),
        *("all", "any", "argmax", "argmin", "argsort", "nonzero", "round", "searchsorted"),
    )
)
methods(
    {n: f"numpy.ndarray.{n}" for n in ("reshape", "transpose", "flatten", "copy", "astype", "item")}
)
attributes({"T": "numpy.transpose"})
