"""Products of NumPy arrays."""

from __future__ import annotations

from tangent.rules.declare import (
    SCALAR,
    UNKNOWN_SHAPE,
    CallFacts,
    Case,
    complex_form,
    definition,
    general,
    linear,
    rank,
)
from tangent.rules.python import matmul_rule, ranks

# --- products of arrays ----------------------------------------------------------------------


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
    "subscripts, a, b=None, *, optimize=False",
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

linear(
    "numpy.convolve",
    "a, v, mode='full'",
    {
        "a": "convolve_adjoint(g, v, a, mode=mode)",
        "v": "convolve_adjoint(g, a, v, mode=mode)",
    },
    shape=rank(1),
    tests=(
        "normal(5), normal(3)",
        "normal(3), normal(5)",
        "normal(5), normal(3), 'same'",
        "normal(2), normal(6), 'same'",
        "normal(3), normal(5), mode='valid'",
        "normal(5), normal(2), mode='valid'",
    ),
)
definition(
    "numpy.correlate",
    tests=("normal(5), normal(3)", "normal(5), normal(3), 'full'", "normal(5), normal(3), 'same'"),
)
complex_form(
    "numpy.vdot",
    {
        "a": "np.reshape(np.conj(g * np.ravel(b)), np.shape(a))",
        "b": "np.reshape(g * np.conj(np.ravel(a)), np.shape(b))",
    },
    {"a": "np.vdot(g, b)", "b": "np.vdot(a, g)"},
)
