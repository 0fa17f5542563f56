"""NumPy functions that are differentiated through a definition in terms of others: statistics,
calculus, polynomials, ranges."""

from __future__ import annotations

from tangent.rules.declare import definition, elementwise, general, like, linear, rank

_TIES = "elements that attain the extremum together share its cotangent equally"
_GAPS = "np.array([[1.0, np.nan, 3.0, 0.5], [np.nan, 2.0, -1.0, 4.0], [0.3, 1.2, 2.5, 7.0]])"
_OVER = ("normal(3, 4)", "normal(3, 4), axis=0", "normal(2, 3, 4), axis=(0, 2), keepdims=True")
_NAN = (_GAPS, f"{_GAPS}, axis=0", f"{_GAPS}, axis=1, keepdims=True")

# --- statistics ----------------------------------------------------------------------------

definition("numpy.ptp", tests=_OVER, kinks=_TIES)
definition(
    "numpy.average",
    tests=(
        "normal(3, 4)",
        "normal(3, 4), axis=0, weights=positive(3)",
        "normal(3, 4), weights=positive(3, 4)",
        "normal(3, 4), 1, positive(4), keepdims=True",
    ),
)
for _name in ("median", "nanmedian"):
    definition(f"numpy.{_name}", tests=(*_OVER, "normal(5), axis=0"), kinks=_TIES)
for _name, _q, _many in (
    ("quantile", "0.3", "np.array([0.25, 0.6])"),
    ("percentile", "35.0", "np.array([[20.0, 55.0]])"),
    ("nanquantile", "0.3", "np.array([0.25, 0.6])"),
    ("nanpercentile", "35.0", "np.array([20.0, 55.0])"),
):
    definition(
        f"numpy.{_name}",
        tests=(
            f"normal(7), {_q}",
            f"normal(3, 4), {_q}, axis=0",
            f"normal(3, 4), {_many}, axis=1, keepdims=True",
            f"normal(3, 4), {_many}",
        ),
        kinks="equal elements keep an arbitrary order; only the linear method",
    )
for _name in ("nansum", "nanprod", "nanmax", "nanmin", "nanmean", "nanvar", "nanstd"):
    definition(f"numpy.{_name}", tests=_NAN, kinks="the derivative by a NaN is 0")
for _name in ("nancumsum", "nancumprod"):
    definition(f"numpy.{_name}", tests=_NAN[:2], kinks="the derivative by a NaN is 0")
for _name in ("cumulative_sum", "cumulative_prod"):
    definition(
        f"numpy.{_name}",
        tests=("normal(4)", "normal(3, 4), axis=1", "normal(3, 4), axis=0, include_initial=True"),
    )
for _name in ("add", "multiply", "maximum", "minimum"):
    definition(
        f"numpy.{_name}.reduce",
        function=f"{_name}_reduce",
        tests=(
            "normal(4)",
            "normal(3, 4)",
            "normal(3, 4), axis=None",
            "normal(3, 4), 1, keepdims=True",
        ),
    )
for _name in ("add", "multiply"):
    definition(
        f"numpy.{_name}.accumulate",
        function=f"{_name}_accumulate",
        tests=("normal(4)", "normal(3, 4)", "normal(3, 4), 1"),
    )
    definition(
        f"numpy.{_name}.outer",
        function=f"{_name}_outer",
        tests=("normal(3), normal(4)", "normal(2, 3), normal(4)", "2.0, normal(3)"),
    )
definition(
    "numpy.cov",
    tests=(
        "normal(3, 5)",
        "normal(5, 3), rowvar=False",
        "normal(5), normal(5), bias=True",
        "normal(3, 5), ddof=2",
        "normal(5)",
    ),
)
definition(
    "numpy.corrcoef", tests=("normal(3, 5)", "normal(5), normal(5)", "normal(5, 3), rowvar=False")
)

# --- calculus ------------------------------------------------------------------------------

_ASCENDING = "np.cumsum(positive(5))"
definition(
    "numpy.trapezoid",
    tests=(
        "normal(5)",
        f"normal(5), {_ASCENDING}",
        "normal(3, 4), dx=0.5, axis=0",
        f"normal(2, 5), x={_ASCENDING}",
    ),
)
definition(
    "numpy.gradient",
    tests=(
        "normal(5)",
        f"normal(5), {_ASCENDING}",
        "normal(4, 5), 0.5, axis=0",
        f"normal(4, 5), {_ASCENDING}, axis=1, edge_order=2",
        "normal(3, 4)",
        "normal(3, 4), axis=(1, 0)",
        "normal(5), edge_order=2",
    ),
)
definition(
    "numpy.interp",
    tests=(
        "np.array([1.5, 2.2, 4.1]), np.array([1.0, 2.0, 3.0, 5.0]), normal(4)",
        "np.array([0.5, 2.2, 6.1]), np.array([1.0, 2.0, 3.0, 5.0]), normal(4), left=0.3",
        "2.3, np.array([1.0, 2.0, 3.0]), normal(3)",
    ),
    kinks="at a point the slope to its right is taken",
)
elementwise(
    "numpy.unwrap",
    "p, discont=None, axis=-1",
    "g",
    tests=("np.array([0.0, 3.0, -3.0, 0.5])", "np.array([[0.0, 4.0], [5.0, -3.0]]), axis=0"),
)

# --- products ------------------------------------------------------------------------------

definition(
    "numpy.kron",
    tests=("normal(2, 3), normal(3, 2)", "normal(2), normal(3)", "normal(2, 2), normal(3)"),
)
_VECTORS = ("normal(3), normal(3)", "normal(4, 3), normal(3)", "normal(4, 3), normal(4, 3)")
definition("numpy.cross", tests=(*_VECTORS, "normal(3, 4), normal(3, 4), axis=0"))
definition(
    "numpy.linalg.cross",
    function="linalg_cross",
    tests=(*_VECTORS, "normal(3, 4), normal(3, 4), axis=0"),
)
definition("numpy.vecdot", tests=(*_VECTORS, "normal(3, 4), normal(3, 4), axis=0"))
definition("numpy.matvec", tests=("normal(2, 3), normal(3)", "normal(5, 2, 3), normal(5, 3)"))
definition("numpy.vecmat", tests=("normal(3), normal(3, 2)", "normal(5, 3), normal(5, 3, 2)"))
_STACKS = ("normal(3, 3)", "normal(2, 3, 4)", "normal(2, 3, 4), offset=1")
definition("numpy.linalg.diagonal", function="linalg_diagonal", tests=_STACKS)
definition("numpy.linalg.trace", function="linalg_trace", tests=_STACKS)

# --- polynomials ---------------------------------------------------------------------------

_TWO = ("normal(4), normal(2)", "normal(2), normal(3)")
_SLOPE = "g * np.polyval(np.polyder(p), x)"
general(
    "numpy.polyval",
    "p, x",
    {"p": "np.dot(np.ravel(g), np.vander(np.ravel(x), len(p)))", "x": _SLOPE},
    {"p": "np.polyval(g, x)", "x": _SLOPE},
    shape=like("x"),
    tests=("normal(4), normal(3)", "normal(3), 0.7", "normal(2), normal(2, 2)"),
)
definition("numpy.poly", tests=("normal(3)", "normal(4)"))
for _name in ("polyadd", "polysub", "polymul"):
    definition(f"numpy.{_name}", tests=_TWO)
definition("numpy.polydiv", tests=("normal(5), positive(3)", "normal(3), positive(2)"))
_FACTORS = "np.poly{}(np.ones(len(p)), m)"
linear(
    "numpy.polyder",
    "p, m=1",
    {"p": f"np.pad(g * {_FACTORS.format('der')}, (0, m))"},
    inert=("m",),
    shape=rank(1),
    tests=("normal(4)", "normal(5), 2"),
)
general(
    "numpy.polyint",
    "p, m=1, k=None",
    {"p": f"(g * {_FACTORS.format('int')})[: len(p)]"},
    {"p": "np.polyint(g, m)"},
    inert=("m",),
    shape=rank(1),
    tests=("normal(4)", "normal(4), 2", "normal(3), 1, 0.7"),
)
definition("numpy.polyfit", tests=("np.arange(5.0), normal(5), 2", "normal(6), normal(6), 1"))
definition("numpy.vander", tests=("normal(3)", "normal(3), 4", "normal(4), 3, increasing=True"))

# --- ranges --------------------------------------------------------------------------------

definition(
    "numpy.linspace",
    tests=(
        "0.5, 2.0, 5",
        "normal(3), normal(3), 4",
        "0.5, normal(2), num=3, endpoint=False, axis=-1",
    ),
)
definition(
    "numpy.logspace", tests=("0.5, 2.0, 5", "normal(3), normal(3), 4", "0.5, 1.0, 4, base=2.5")
)
definition("numpy.geomspace", tests=("0.5, 2.0, 5", "positive(3), positive(3), 4", "-0.5, -2.0, 4"))

# --- pairs ---------------------------------------------------------------------------------

general(
    "numpy.modf",
    "x",
    {"x": "g[0]"},
    {"x": "(g, np.zeros_like(y[1]))"},
    several=True,
    tests=("np.array([1.3, -2.6])", "2.4"),
)
general(
    "numpy.divmod",
    "a, b",
    {"a": "unbroadcast(g[1], a)", "b": "unbroadcast(-g[1] * y[0], b)"},
    {
        "a": "(np.zeros_like(y[0]), expand(g, y[1]))",
        "b": "(np.zeros_like(y[0]), -g * y[0])",
    },
    several=True,
    exact=True,
    tests=("normal(3, 1), positive(4)", "5.3, 2.1", "normal(3), 0.7"),
)
