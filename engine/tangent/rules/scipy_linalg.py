"""Rules for SciPy's `linalg`."""

from __future__ import annotations

from tangent.rules.declare import CallFacts, Case, alias, definition, general, like, zero_gradient

_SQUARE = ("normal(3, 3) + 3.0 * np.eye(3)", "normal(3, 3) + 3.0 * np.eye(3)")
_SYMMETRIC = ("np.diag([4.0, 5.0, 6.0]) + normal(3, 3)",)
_TRIANGLE = "only one triangle of the matrix is read, and only that one has a derivative"
_EQUAL = "vectors that belong to equal eigenvalues have no derivative: a ValueError when it runs"

alias(
    **{
        f"scipy.linalg.{n}": f"numpy.linalg.{n}"
        for n in ("inv", "det", "solve", "svd", "svdvals", "pinv")
    }
)
general(
    "scipy.linalg.cholesky",
    "a, lower=False",
    {
        "a": [
            Case("cholesky_adjoint(g, y)", when=lambda f: f.literal("lower") is True),
            Case("cholesky_adjoint(g, y, upper=not lower)"),
        ]
    },
    {
        "a": [
            Case("cholesky_tangent(g, y)", when=lambda f: f.literal("lower") is True),
            Case("cholesky_tangent(g, y, upper=not lower)"),
        ]
    },
    shape=like("a"),
    kinks=_TRIANGLE,
    tests=(*_SYMMETRIC, f"{_SYMMETRIC[0]}, lower=True"),
)


def _only_values(facts: CallFacts) -> bool:
    return facts.literal("eigvals_only") is True


def _with_vectors(facts: CallFacts) -> bool:
    return facts.literal("eigvals_only") is False


general(
    "scipy.linalg.eigh",
    "a, *, lower=True, eigvals_only=False",
    {
        "a": [
            Case("eigvalsh_adjoint(g, a, lower=lower)", when=_only_values),
            Case("eigh_adjoint(g, y, lower=lower)", when=_with_vectors),
            Case(
                "eigvalsh_adjoint(g, a, lower=lower) if eigvals_only"
                " else eigh_adjoint(g, y, lower=lower)"
            ),
        ]
    },
    {
        "a": [
            Case("eigvalsh_tangent(g, a, lower=lower)", when=_only_values),
            Case("eigh_tangent(g, y, lower=lower)", when=_with_vectors),
            Case(
                "eigvalsh_tangent(g, a, lower=lower) if eigvals_only"
                " else eigh_tangent(g, y, lower=lower)"
            ),
        ]
    },
    several=True,
    kinks=f"{_TRIANGLE}; {_EQUAL}",
    tests=(
        *_SYMMETRIC,
        f"{_SYMMETRIC[0]}, lower=False",
        f"{_SYMMETRIC[0]}, eigvals_only=True",
    ),
)
general(
    "scipy.linalg.eigh_tridiagonal",
    "d, e",
    {
        "d": "np.diagonal(eigh_adjoint(g, y))",
        "e": "np.diagonal(eigh_adjoint(g, y), -1)",
    },
    {
        "d": "eigh_tangent(np.diag(g), y)",
        "e": "eigh_tangent(np.diag(g, -1), y)",
    },
    several=True,
    kinks=_EQUAL,
    tests=("np.array([1.0, 3.0, 6.0]) + unit(3), normal(2)",),
)

# --- factors -------------------------------------------------------------------------------

general(
    "scipy.linalg.qr",
    "a, *, mode='full'",
    {
        "a": [
            Case("qr_adjoint(g, y)", when=lambda f: f.literal("mode") == "economic"),
            Case("qr_mode_adjoint(g, a, y, mode=mode)"),
        ]
    },
    {
        "a": [
            Case("qr_tangent(g, y)", when=lambda f: f.literal("mode") == "economic"),
            Case("qr_mode_tangent(g, a, y, mode=mode)"),
        ]
    },
    several=True,
    kinks="columns of q that belong to no column of the matrix have no derivative; with mode 'raw'"
    " or 'r' a ValueError when it runs",
    tests=("normal(3, 3)", "normal(4, 3), mode='economic'", "normal(3, 4)"),
)
general(
    "scipy.linalg.lu",
    "a",
    {"a": "lu_adjoint(g, y)"},
    {"a": "lu_tangent(g, y)"},
    several=True,
    kinks="the order of the pivots must not change",
    tests=("normal(3, 3)", "normal(4, 4) + np.eye(4)[::-1]"),
)
general(
    "scipy.linalg.lu_factor",
    "a",
    {"a": "lu_factor_adjoint(g, y)"},
    {"a": "lu_factor_tangent(g, y)"},
    several=True,
    kinks="the order of the pivots must not change",
    tests=("normal(3, 3)", "normal(4, 4) + np.eye(4)[::-1]"),
)
definition(
    "scipy.linalg.lu_solve",
    tests=(
        "scipy.linalg.lu_factor(normal(3, 3)), normal(3)",
        "scipy.linalg.lu_factor(normal(3, 3)), normal(3, 2), trans=1",
    ),
)
definition(
    "scipy.linalg.cho_factor", tests=(*_SYMMETRIC, f"{_SYMMETRIC[0]}, lower=True"), kinks=_TRIANGLE
)
definition(
    "scipy.linalg.cho_solve",
    tests=(
        f"scipy.linalg.cho_factor({_SYMMETRIC[0]}), normal(3)",
        f"scipy.linalg.cho_factor({_SYMMETRIC[0]}, lower=True), normal(3, 2)",
    ),
)
definition(
    "scipy.linalg.polar", tests=("normal(3, 3)", "normal(4, 3)", "normal(3, 3), side='left'")
)

# --- systems of equations ------------------------------------------------------------------


def _of_lower(facts: CallFacts) -> bool:
    return facts.literal("trans") == 0


general(
    "scipy.linalg.solve_triangular",
    "a, b, trans=0, lower=False",
    {
        "a": "triangular_matrix_adjoint(g, a, b, y, trans=trans, lower=lower)",
        "b": [
            Case("scipy.linalg.solve_triangular(a, g, trans=1, lower=lower)", when=_of_lower),
            Case("scipy.linalg.solve_triangular(a, g, trans=int(trans in (0, 'N')), lower=lower)"),
        ],
    },
    {
        "a": "triangular_matrix_tangent(g, a, b, y, trans=trans, lower=lower)",
        "b": "scipy.linalg.solve_triangular(a, g, trans=trans, lower=lower)",
    },
    shape=like("b"),
    tests=(
        "normal(3, 3) + 3.0 * np.eye(3), normal(3)",
        "normal(3, 3) + 3.0 * np.eye(3), normal(3, 2), lower=True",
        "normal(3, 3) + 3.0 * np.eye(3), normal(3), 1, True",
        "normal(3, 3) + 3.0 * np.eye(3), normal(3, 2), 'T'",
    ),
)
definition(
    "scipy.linalg.solve_banded",
    tests=(
        "(1, 1), normal(3, 4) + np.array([[0.0], [4.0], [0.0]]), normal(4)",
        "(2, 1), normal(4, 5) + np.array([[0.0], [4.0], [0.0], [0.0]]), normal(5, 2)",
    ),
)
general(
    "scipy.linalg.solve_sylvester",
    "a, b, q",
    {
        "a": "-scipy.linalg.solve_sylvester(a.T, b.T, g) @ y.T",
        "b": "-(y.T @ scipy.linalg.solve_sylvester(a.T, b.T, g))",
        "q": "scipy.linalg.solve_sylvester(a.T, b.T, g)",
    },
    {
        "a": "-scipy.linalg.solve_sylvester(a, b, g @ y)",
        "b": "-scipy.linalg.solve_sylvester(a, b, y @ g)",
        "q": "scipy.linalg.solve_sylvester(a, b, g)",
    },
    shape=like("q"),
    tests=("normal(3, 3) + 3.0 * np.eye(3), normal(2, 2) + 3.0 * np.eye(2), normal(3, 2)",),
)

# --- functions of matrices -----------------------------------------------------------------

general(
    "scipy.linalg.expm",
    "A",
    {"A": "scipy.linalg.expm_frechet(mT(A), g, compute_expm=False)"},
    {"A": "scipy.linalg.expm_frechet(A, g, compute_expm=False)"},
    shape=like("A"),
    reference="Najfeld and Havel, Derivatives of the matrix exponential, 1995",
    tests=("normal(3, 3)", "0.3 * normal(2, 3, 3)"),
)
definition(
    "scipy.linalg.expm_frechet",
    tests=("normal(3, 3), normal(3, 3)", "normal(2, 2), normal(2, 2), compute_expm=False"),
)
general(
    "scipy.linalg.sqrtm",
    "A",
    {"A": "scipy.linalg.solve_sylvester(y.T, y.T, g)"},
    {"A": "scipy.linalg.solve_sylvester(y, y, g)"},
    shape=like("A"),
    tests=("normal(3, 3) @ np.eye(3) * 0.3 + 3.0 * np.eye(3)",),
)

# --- matrices of a form --------------------------------------------------------------------

definition("scipy.linalg.toeplitz", tests=("normal(3)", "normal(3), normal(4)"))
definition("scipy.linalg.hankel", tests=("normal(3)", "normal(3), normal(4)"))
definition("scipy.linalg.circulant", tests=("normal(4)",))
definition("scipy.linalg.companion", tests=("positive(4)",))
definition(
    "scipy.linalg.convolution_matrix",
    tests=("normal(3), 4", "normal(3), 4, mode='same'", "normal(3), 5, 'valid'"),
)
definition("scipy.linalg.fiedler", tests=("normal(4)",))
definition("scipy.linalg.fiedler_companion", tests=("positive(4)", "positive(6)"))
zero_gradient(
    *(f"scipy.linalg.{n}" for n in ("hilbert", "hadamard", "dft", "invhilbert", "pascal"))
)
general(
    "scipy.linalg.block_diag",
    "*arrs",
    {"arrs": "block_diag_adjoint(g, arrs)"},
    {"arrs": "scipy.linalg.block_diag(*g)"},
    sequence="arrs",
    tests=("normal(2, 2), normal(1, 3)", "normal(2), normal(3, 2), normal(2, 2)"),
)
