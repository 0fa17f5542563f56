"""Reductions of NumPy: sums, means, extrema and products over axes, and running ones."""

from __future__ import annotations

from tangent.rules.declare import (
    SCALAR,
    UNKNOWN_SHAPE,
    CallFacts,
    Case,
    alias,
    general,
    linear,
    rank,
    wider,
)

# --- reductions ------------------------------------------------------------------------------


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


def over_axes(form: str, a: str = "a") -> list[Case]:
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


def along_axes(form: str) -> list[Case]:
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
    {"a": over_axes("{g}")},
    shape=reduced_shape(),
    tests=REDUCTIONS,
    exact=False,
)
linear(
    "numpy.mean",
    "a, axis=None, *, keepdims=False",
    {"a": over_axes("{g} / {n}")},
    shape=reduced_shape(),
    tests=REDUCTIONS,
    exact=False,
)
for _name in ("max", "min"):
    general(
        f"numpy.{_name}",
        "a, axis=None, *, keepdims=False",
        {"a": over_axes("{g} * extremum_weights(a, y, axis=axis, keepdims=keepdims)")},
        {"a": along_axes("np.sum(g * extremum_weights(a, y{out}){out})")},
        shape=reduced_shape(),
        kinks="elements that attain the extremum together share its cotangent equally",
        tests=REDUCTIONS,
    )
general(
    "numpy.prod",
    "a, axis=None, *, keepdims=False",
    {"a": over_axes("{g} * unflatten_axes(products_of_others(flatten_axes(a, axis)), a, axis)")},
    {
        "a": along_axes(
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
    {"a": over_axes("(2.0 * {g} / ({n} - ddof)) * (a - np.mean(a{axes}))")},
    {"a": along_axes("2.0 * np.sum(g * (a - np.mean(a{axes})){out}) / ({n} - ddof)")},
    shape=reduced_shape(),
    tests=(*_MANY, "normal(3, 4), axis=0, ddof=1", "normal(3, 4), ddof=2"),
)
general(
    "numpy.std",
    "a, axis=None, *, ddof=0, keepdims=False",
    {"a": over_axes("{g} * divide_or_zero(a - np.mean(a{axes}), {y} * ({n} - ddof))")},
    {"a": along_axes("divide_or_zero(np.sum(g * (a - np.mean(a{axes})){out}), y * ({n} - ddof))")},
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
general(
    "numpy.cumprod",
    "a, axis=None",
    {"a": "cumprod_adjoint(g, a, axis=axis)"},
    {"a": "cumprod_tangent(g, a, axis=axis)"},
    shape=lambda f: rank(1) if f.absent("axis") else UNKNOWN_SHAPE,
    tests=(
        "normal(4)",
        "normal(3, 4)",
        "normal(3, 4), axis=0",
        "np.array([2.0, 0.0, 3.0, 0.0, 5.0])",
    ),
)
alias(**{"numpy.amax": "numpy.max", "numpy.amin": "numpy.min"})

# --- with more keyword arguments -----------------------------------------------------------

_PICKED = (
    "normal(3, 4), where=np.eye(3, 4) < 1.0",
    "normal(3, 4), axis=0, where=np.eye(3, 4) < 1.0, keepdims=True",
)
for _name in ("sum", "prod"):
    wider(
        f"numpy.{_name}",
        *("where", "dtype", "initial"),
        tests=(*_PICKED, "normal(3, 4), axis=1, dtype=np.float64", "normal(3), initial=2.0"),
    )
for _name in ("mean", "var", "std"):
    wider(f"numpy.{_name}", "where", "dtype", tests=_PICKED)
for _name in ("max", "min"):
    wider(
        f"numpy.{_name}",
        *("where", "initial"),
        tests=(
            "normal(3, 4), axis=0, where=np.eye(3, 4) < 1.0, initial=0.1",
            "normal(3, 4), initial=0.3",
        ),
    )
