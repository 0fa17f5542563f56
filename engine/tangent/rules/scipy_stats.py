"""Rules for SciPy's probability distributions.

A continuous distribution is given by the partial derivatives of its log-density as functions of
``x``; those of the density and of the cumulative functions follow. By `loc` and `scale` they
follow from the one by ``x``, because all depend on ``z = (x - loc) / scale`` alone, and densities
on one over ``scale`` beside.
"""

from __future__ import annotations

from collections.abc import Mapping

from tangent.rules.declare import definition, elementwise, zero_gradient

_Z = "((x - loc) / scale)"


def _density(
    name: str,
    signature: str,
    factor: str,
    slope: str,
    shapes: Mapping[str, str],
    tests: tuple[str, ...],
) -> None:
    """A density (``factor`` is ``"y * "``) or its logarithm (nothing): ``slope`` is the
    derivative of the logarithm by ``z``."""
    partials = {
        "x": f"g * {factor}({slope}) / scale",
        "loc": f"-g * {factor}({slope}) / scale",
        "scale": f"-g * {factor}(1.0 + {_Z} * ({slope})) / scale",
        **{p: f"g * {factor}({partial})" for p, partial in shapes.items()},
    }
    elementwise(name, signature, partials, tests=tests)


def _cumulative(name: str, signature: str, density: str, tests: tuple[str, ...]) -> None:
    """A cumulative function: ``density`` is its derivative by ``x``."""
    partials = {"x": f"g * {density}", "loc": f"-g * {density}", "scale": f"-g * {_Z} * {density}"}
    elementwise(name, signature, partials, tests=tests)


def _continuous(
    name: str,
    shapes: Mapping[str, str],
    slope: str,
    tests: tuple[str, ...],
    also: tuple[str, ...] = (),
) -> None:
    """A distribution with these partial derivatives of its log-density by its shape
    parameters, and by ``z``. ``also`` names cumulative functions beside ``cdf``."""
    full = f"scipy.stats.{name}"
    signature = ", ".join(["x", *shapes, "loc=0", "scale=1"])
    passed = ", ".join(["x", *shapes, "loc", "scale"])
    slope = slope.replace("z", _Z)
    by_shape = {p: partial.replace("z", _Z) for p, partial in shapes.items()}
    _density(f"{full}.logpdf", signature, "", slope, by_shape, tests)
    _density(f"{full}.pdf", signature, "y * ", slope, by_shape, tests)
    pdf, logpdf = f"{full}.pdf({passed})", f"{full}.logpdf({passed})"
    forms = {
        "cdf": pdf,
        "sf": f"(-{pdf})",
        "logcdf": f"np.exp({logpdf} - y)",
        "logsf": f"(-np.exp({logpdf} - y))",
    }
    for cumulative in ("cdf", *also):
        _cumulative(f"{full}.{cumulative}", signature, forms[cumulative], tests)


_continuous(
    "norm",
    {},
    "-z",
    (
        "normal(3)",
        "normal(), 0.5, 2.0",
        "normal(2, 3), normal(3), positive(2, 1)",
        "0.7, scale=2.0",
    ),
    ("sf", "logcdf", "logsf"),
)
_continuous(
    "t",
    {
        "df": "0.5 * (scipy.special.psi(0.5 * (df + 1.0)) - scipy.special.psi(0.5 * df) - 1.0 / df"
        " - np.log1p(z * z / df) + (df + 1.0) * z * z / (df * (df + z * z)))"
    },
    "-(df + 1.0) * z / (df + z * z)",
    ("normal(3), 3.0", "normal(), 2.5, 0.5, 2.0", "normal(2, 3), positive(3), normal(3), 1.5"),
    ("logcdf", "sf", "logsf"),
)
_continuous(
    "gamma",
    {"a": "np.log(z) - scipy.special.psi(a)"},
    "(a - 1.0) / z - 1.0",
    ("positive(3), 2.0", "positive(), 1.5, -0.5, 2.0", "positive(2, 3), positive(3), -1.0, 1.5"),
)
_continuous(
    "chi2",
    {"df": "0.5 * (np.log(0.5 * z) - scipy.special.psi(0.5 * df))"},
    "(0.5 * df - 1.0) / z - 0.5",
    ("positive(3), 3.0", "positive(), 2.5, -0.5, 2.0", "positive(2, 3), 1.0 + positive(3)"),
)
_continuous(
    "beta",
    {
        "a": "np.log(z) - scipy.special.psi(a) + scipy.special.psi(a + b)",
        "b": "np.log1p(-z) - scipy.special.psi(b) + scipy.special.psi(a + b)",
    },
    "(a - 1.0) / z - (b - 1.0) / (1.0 - z)",
    (
        "0.5 + 0.4 * unit(3), 2.0, 3.0",
        "0.3, 1.5, 0.7, -0.5, 2.0",
        "0.5 + 0.4 * unit(2, 3), positive(3), positive(2, 1)",
    ),
)

# The argument k is an integer, so that only the mean carries a derivative.
_COUNTS = ("3, positive()", "np.array([0.0, 2.0, 5.0]), positive(2, 3)", "4, 2.5, 1")
elementwise(
    "scipy.stats.poisson.logpmf",
    "k, mu, loc=0",
    {"mu": "(k - loc) / mu - 1.0"},
    inert=("k", "loc"),
    tests=_COUNTS,
    shape="unknown",
)
elementwise(
    "scipy.stats.poisson.pmf",
    "k, mu, loc=0",
    {"mu": "y * ((k - loc) / mu - 1.0)"},
    inert=("k", "loc"),
    tests=_COUNTS,
    shape="unknown",
)
elementwise(
    "scipy.stats.poisson.cdf",
    "k, mu, loc=0",
    {"mu": "-scipy.stats.poisson.pmf(np.floor(k), mu, loc)"},
    inert=("k", "loc"),
    tests=_COUNTS,
    shape="unknown",
)
_PARTS = "np.array([0.2, 0.3]), 1.0 + positive(3)"
definition("scipy.stats.dirichlet.logpdf", function="dirichlet_logpdf", tests=(_PARTS,))
definition("scipy.stats.dirichlet.pdf", function="dirichlet_pdf", tests=(_PARTS,))
_GAUSSIANS = (
    "normal(3), normal(3), np.diag([2.0, 3.0, 4.0]) + 0.1 * normal(3, 3)",
    "normal(5, 2), normal(2), 2.0 * np.eye(2) + 0.1 * normal(2, 2)",
    "normal(3), normal(3), cov=np.array([1.0, 2.0, 3.0])",
    "normal(3), normal(3), 2.0",
    "0.5, 0.2, 2.0",
)
for _name in ("logpdf", "pdf"):
    definition(
        f"scipy.stats.multivariate_normal.{_name}",
        function=f"multivariate_normal_{_name}",
        tests=_GAUSSIANS,
        kinks="only the lower triangle of the covariance is read",
    )
definition(
    "scipy.stats.multivariate_normal.entropy",
    function="multivariate_normal_entropy",
    tests=("normal(3), np.diag([2.0, 3.0, 4.0]) + 0.1 * normal(3, 3)", "None, 2.0"),
    kinks="only the lower triangle of the covariance is read",
)
zero_gradient(*(f"scipy.stats.{n}.rvs" for n in ("norm", "t", "gamma", "chi2", "beta", "poisson")))
