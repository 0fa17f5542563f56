"""NumPy's `linalg`."""

from __future__ import annotations

from tangent.rules.declare import (
    SCALAR,
    UNKNOWN_SHAPE,
    CallFacts,
    Case,
    Condition,
    alias,
    complex_form,
    definition,
    general,
    like,
)
from tangent.rules.numpy_reductions import over_axes, reduced_shape
from tangent.rules.python import ranks

# --- linear algebra --------------------------------------------------------------------------


def _two_norm(facts: CallFacts) -> bool:
    """Whether a norm is the root of the sum of squares."""
    order = facts.literal("ord")
    return facts.absent("ord") or order == "fro" or (order == 2 and facts.rank("x") == 1)


def _also(first: Condition, second: Condition | None) -> Condition:
    return first if second is None else lambda facts: first(facts) and second(facts)


_NORM = "norm_slope(x, y, ord=ord, axis=axis, keepdims=keepdims)"

general(
    "numpy.linalg.norm",
    "x, ord=None, axis=None, keepdims=False",
    {
        "x": [
            Case(case.template, _also(_two_norm, case.when), case.adapts)
            for case in over_axes("{g} * divide_or_zero(x, {y})", "x")
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
    kinks="the derivative at 0 is 0; elements and singular values that attain an extremum together"
    " share its cotangent equally",
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
        *(f"normal(3, 4), {ord}" for ord in ("'nuc'", "2", "-2", "1", "-1", "np.inf", "-np.inf")),
        "normal(2, 3, 4), 'nuc', axis=(0, 2)",
        "normal(2, 3, 4), 1, axis=(2, 1), keepdims=True",
        "normal(4), np.inf",
        "normal(3, 4), -np.inf, 1",
        "normal(4), 0",
    ),
)
_COMPLEX_NORM = "divide_or_zero(np.conj(x), restore_dims(y, x, axis, keepdims))"
complex_form(
    "numpy.linalg.norm",
    {
        "x": [
            Case(f"np.real(restore_dims(g, x, axis, keepdims)) * {_COMPLEX_NORM}", when=_two_norm),
            Case(f"restore_dims(g, x, axis, keepdims) * {_NORM}"),
        ]
    },
    {
        "x": [
            Case(
                f"np.real(np.sum(g * {_COMPLEX_NORM}, axis=axis, keepdims=keepdims))",
                when=_two_norm,
            ),
            Case(f"np.sum(g * {_NORM}, axis=axis, keepdims=keepdims)"),
        ]
    },
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
            Case("g * cofactors(a)", when=lambda f: f.rank("a") == 2, adapts=True),
            Case("np.expand_dims(g, (-1, -2)) * cofactors(a)", when=lambda f: f.rank("a") != 0),
            Case("np.expand_dims(g, (-1, -2)) * cofactors(a)"),
        ]
    },
    {"a": "np.sum(cofactors(a) * g, axis=(-2, -1))"},
    shape=lambda f: SCALAR if f.rank("a") == 2 else UNKNOWN_SHAPE,
    tests=(*_SQUARE, "np.ones((3, 3))", "np.diag([1.0, 0.0, 2.0])"),
)
general(
    "numpy.linalg.slogdet",
    "a",
    {"a": "np.expand_dims(g[1], (-1, -2)) * mT(np.linalg.inv(a))"},
    {"a": "(0.0 * y[0], np.trace(np.linalg.solve(a, g), axis1=-2, axis2=-1))"},
    several=True,
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


# --- decompositions ------------------------------------------------------------------------

_SYMMETRIC = ("np.diag([4.0, 5.0, 6.0]) + normal(3, 3)", "3.0 * np.eye(3) + 0.3 * normal(2, 3, 3)")
_MATRICES = ("normal(3, 3)", "normal(4, 3)", "normal(2, 3, 4)")
_TRIANGLE = "only one triangle of the matrix is read, and only that one has a derivative"
_EQUAL = "vectors that belong to equal {} have no derivative: a ValueError when it runs"

general(
    "numpy.linalg.cholesky",
    "a, /, *, upper=False",
    {"a": "cholesky_adjoint(g, y, upper=upper)"},
    {"a": "cholesky_tangent(g, y, upper=upper)"},
    shape=like("a"),
    kinks=_TRIANGLE,
    tests=(*_SYMMETRIC, f"{_SYMMETRIC[0]}, upper=True"),
)


def _lower(facts: CallFacts) -> bool:
    return facts.literal("UPLO") in ("L", "l")


general(
    "numpy.linalg.eigh",
    "a, UPLO='L'",
    {
        "a": [
            Case("eigh_adjoint(g, y)", when=_lower),
            Case("eigh_adjoint(g, y, lower=UPLO in ('L', 'l'))"),
        ]
    },
    {
        "a": [
            Case("eigh_tangent(g, y)", when=_lower),
            Case("eigh_tangent(g, y, lower=UPLO in ('L', 'l'))"),
        ]
    },
    kinks=f"{_TRIANGLE}; {_EQUAL.format('eigenvalues')}",
    several=True,
    tests=(*_SYMMETRIC, f"{_SYMMETRIC[0]}, 'U'"),
)
general(
    "numpy.linalg.eigvalsh",
    "a, UPLO='L'",
    {
        "a": [
            Case("eigvalsh_adjoint(g, a)", when=_lower),
            Case("eigvalsh_adjoint(g, a, lower=UPLO in ('L', 'l'))"),
        ]
    },
    {
        "a": [
            Case("eigvalsh_tangent(g, a)", when=_lower),
            Case("eigvalsh_tangent(g, a, lower=UPLO in ('L', 'l'))"),
        ]
    },
    kinks=_TRIANGLE,
    tests=(*_SYMMETRIC, f"{_SYMMETRIC[0]}, 'U'"),
)


def _with_vectors(facts: CallFacts) -> bool:
    return facts.literal("compute_uv") is True


def _without_vectors(facts: CallFacts) -> bool:
    return facts.literal("compute_uv") is False


_SVD_KINKS = f"{_EQUAL.format('singular values')}; nor have columns that belong to none"
general(
    "numpy.linalg.svd",
    "a, full_matrices=True, compute_uv=True",
    {
        "a": [
            Case("svd_adjoint(g, y)", when=_with_vectors),
            Case("svdvals_adjoint(g, a)", when=_without_vectors),
            Case("svd_adjoint(g, y) if compute_uv else svdvals_adjoint(g, a)"),
        ]
    },
    {
        "a": [
            Case("svd_tangent(g, y)", when=_with_vectors),
            Case("svdvals_tangent(g, a)", when=_without_vectors),
            Case("svd_tangent(g, y) if compute_uv else svdvals_tangent(g, a)"),
        ]
    },
    kinks=_SVD_KINKS,
    several=True,
    tests=(
        "normal(3, 3)",
        *(f"{m}, full_matrices=False" for m in _MATRICES),
        "normal(4, 3), compute_uv=False",
    ),
)
general(
    "numpy.linalg.svdvals",
    "x",
    {"x": "svdvals_adjoint(g, x)"},
    {"x": "svdvals_tangent(g, x)"},
    tests=_MATRICES,
)


def _reduced(facts: CallFacts) -> bool:
    return facts.literal("mode") == "reduced"


general(
    "numpy.linalg.qr",
    "a, mode='reduced'",
    {
        "a": [
            Case("qr_adjoint(g, y)", when=_reduced),
            Case("qr_mode_adjoint(g, a, y, mode=mode)"),
        ]
    },
    {
        "a": [
            Case("qr_tangent(g, y)", when=_reduced),
            Case("qr_mode_tangent(g, a, y, mode=mode)"),
        ]
    },
    kinks="columns of q that belong to no column of the matrix have no derivative; with mode 'raw'"
    " a ValueError when it runs",
    several=True,
    tests=(
        *_MATRICES,
        "normal(4, 3), 'r'",
        "normal(3, 3), mode='complete'",
        "normal(3, 4), 'complete'",
    ),
)
general(
    "numpy.linalg.pinv",
    "a",
    {"a": "pinv_adjoint(g, a, y)"},
    {"a": "pinv_tangent(g, a, y)"},
    kinks="the rank of the matrix must not change",
    tests=_MATRICES,
)

# --- in terms of others --------------------------------------------------------------------

definition(
    "numpy.linalg.matrix_power",
    tests=(f"{_SQUARE[0]}, 3", f"{_SQUARE[1]}, 1", "normal(3, 3), 0", f"{_SQUARE[0]}, -2"),
)
definition(
    "numpy.linalg.multi_dot",
    tests=(
        "[normal(3), normal(3, 4), normal(4)]",
        "[normal(2, 3), normal(3, 4), normal(4, 2)]",
        "[normal(2, 3), normal(3, 4)]",
    ),
)
definition(
    "numpy.linalg.matrix_norm",
    tests=tuple(
        f"normal(3, 4){k}"
        for k in ("", ", ord='nuc'", ", ord=2", ", ord=-2", ", ord=1", ", ord='fro', keepdims=True")
    ),
)
definition(
    "numpy.linalg.vector_norm",
    tests=(
        "normal(4)",
        "normal(3, 4)",
        "normal(3, 4), axis=1",
        "normal(3, 4), axis=0, ord=3",
        "normal(4), ord=np.inf",
        "normal(3, 4), axis=(0, 1), keepdims=True",
        "normal(4), ord=1",
    ),
)
definition(
    "numpy.linalg.cond",
    tests=tuple(
        f"{_SQUARE[0]}{p}" for p in ("", ", 2", ", -2", ", 'fro'", ", 1", ", np.inf", ", 'nuc'")
    ),
)
definition("numpy.linalg.tensorinv", tests=("normal(2, 2, 4)", "normal(6, 2, 3), ind=1"))
definition("numpy.linalg.tensorsolve", tests=("normal(2, 3, 6), normal(2, 3)",))
definition(
    "numpy.linalg.lstsq", tests=("normal(5, 3), normal(5)", "normal(5, 3), normal(5, 2), None")
)
alias(
    **{
        "numpy.linalg.matmul": "numpy.matmul",
        "numpy.linalg.tensordot": "numpy.tensordot",
        "numpy.linalg.matrix_transpose": "numpy.matrix_transpose",
    }
)

# --- matrices that are not symmetric -------------------------------------------------------

_GENERAL = ("np.diag([1.0, 4.0, 9.0]) + normal(3, 3)", "normal(3, 3)", "normal(2, 3, 3)")
general(
    "numpy.linalg.eig",
    "a",
    {"a": "eig_adjoint(g, y)"},
    {"a": "eig_tangent(g, y)"},
    several=True,
    kinks=f"{_EQUAL.format('eigenvalues')}; the largest element of a vector stays real",
    reference="Giles 2008, section 3.1, with the vectors' length and phase as LAPACK sets them",
    tests=_GENERAL,
)
general(
    "numpy.linalg.eigvals",
    "a",
    {"a": "eigvals_adjoint(g, a)"},
    {"a": "eigvals_tangent(g, a)"},
    kinks="equal eigenvalues must have vectors of their own",
    tests=_GENERAL,
)
definition(
    "numpy.roots", tests=("np.array([1.0, -6.0, 11.0, -6.1])", "np.array([2.0, 1.0, 3.0, 0.5])")
)
definition("numpy.linalg.vecdot", function="vecdot", tests=("normal(4, 3), normal(3)",))
