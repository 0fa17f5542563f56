"""NumPy functions that give arrays another shape, move or repeat their elements, or make arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tangent.rules.declare import (
    SCALAR,
    UNKNOWN_SHAPE,
    CallFacts,
    Case,
    alias,
    definition,
    elementwise,
    general,
    like,
    linear,
    moves,
    rank,
    wider,
)

# --- shapes ----------------------------------------------------------------------------------


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
    "numpy.matrix_transpose",
    "x",
    {"x": "mT(g)"},
    shape=_same_rank("x"),
    tests=("normal(2, 3)", "normal(4, 2, 3)"),
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

# --- arrangement -----------------------------------------------------------------------------

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
    inert=("n",),
    tests=("normal(5)", "normal(5), 2", "normal(3, 4), axis=0", "normal(3, 4), 1, 1"),
)
linear(
    "numpy.pad",
    "array, pad_width, mode='constant'",
    {
        "array": [
            Case("unpad(g, array, pad_width)", when=lambda f: f.literal("mode") == "constant"),
            Case("sum_at(g, padded_numbers(array, pad_width, mode), array)"),
        ]
    },
    kinks="modes 'maximum', 'mean', 'median', 'minimum' and 'linear_ramp' are refused when it runs",
    tests=(
        "normal(4), 2, 'reflect'",
        "normal(2, 3), ((0, 1), (2, 0)), mode='edge'",
        "normal(3), 4, mode='wrap'",
        "normal(3), (1, 2), mode='symmetric'",
        "normal(3), 2",
        "normal(2, 3), (1, 2)",
        "normal(2, 3), ((0, 1), (2, 0)), 'constant'",
    ),
)
linear(
    "numpy.split",
    "ary, indices_or_sections, axis=0",
    {"ary": "np.concatenate(g, axis=axis)"},
    tests=("normal(6), 3", "normal(6), [1, 4]", "normal(2, 4), 2, axis=1"),
    several=True,
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
    "a, axis=-1, kind=None",
    {
        "a": "np.reshape(put_along(g, a, np.argsort(a, axis=axis), axis), np.shape(a))",
    },
    {"a": "np.take_along_axis(g, np.argsort(a, axis=axis), axis)"},
    kinks="equal elements keep an arbitrary order",
    tests=("normal(5)", "normal(3, 4)", "normal(3, 4), axis=0", "normal(3, 4), axis=None"),
)

# --- creation and copies ---------------------------------------------------------------------


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
    "x, *, nan=0.0, posinf=None, neginf=None",
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

# --- elements taken, left out, put together --------------------------------------------------

moves(
    "numpy.append",
    "arr, values, axis=None",
    "arr",
    "values",
    tests=("normal(3), normal(2)", "normal(2, 3), normal(1, 3), axis=0", "normal(2, 2), normal(3)"),
)
moves(
    "numpy.delete",
    "arr, obj, axis=None",
    "arr",
    tests=("normal(4), 1", "normal(3, 4), [0, 2], axis=1", "normal(2, 3), slice(1, 4)"),
)
moves(
    "numpy.insert",
    "arr, obj, values, axis=None",
    "arr",
    "values",
    tests=(
        "normal(4), 1, 2.0",
        "normal(2, 3), 1, normal(2), axis=1",
        "normal(4), [1, 3], normal(2)",
    ),
)
moves(
    "numpy.resize",
    "a, new_shape",
    "a",
    tests=("normal(3), (2, 4)", "normal(2, 3), 4", "normal(4), (2, 2)"),
)
moves(
    "numpy.rot90",
    "m, k=1, axes=(0, 1)",
    "m",
    view=True,
    tests=("normal(2, 3)", "normal(2, 3), 3", "normal(2, 3, 4), axes=(1, 2)"),
)
moves(
    "numpy.rollaxis",
    "a, axis, start=0",
    "a",
    view=True,
    tests=("normal(2, 3, 4), 2", "normal(2, 3, 4), 0, 2", "normal(2, 3, 4), -1, start=1"),
)
moves("numpy.diagflat", "v, k=0", "v", tests=("normal(3)", "normal(2, 2), 1"))
moves(
    "numpy.compress",
    "condition, a, axis=None",
    "a",
    tests=(
        "np.array([True, False, True]), normal(3)",
        "[False, True], normal(2, 3), axis=0",
        "[0, 1, 1], normal(2, 3)",
    ),
)
moves("numpy.extract", "condition, arr", "arr", tests=("np.eye(2) > 0, normal(2, 2)",))
linear(
    "numpy.column_stack",
    "tup",
    {"tup": "column_stack_adjoint(g, tup)"},
    sequence="tup",
    tests=("[normal(3), normal(3)]", "(normal(3), normal(3, 2))"),
)
linear(
    "numpy.dstack",
    "tup",
    {"tup": "dstack_adjoint(g, tup)"},
    sequence="tup",
    tests=("[normal(3), normal(3)]", "(normal(2, 3), normal(2, 3, 2))"),
)
linear(
    "numpy.unstack",
    "x, axis=0",
    {"x": [Case("np.stack(g, axis=axis)")]},
    several=True,
    view=True,
    tests=("normal(3, 2)", "normal(2, 3), axis=1"),
)
for _name, _joined, _tests in (
    (
        "array_split",
        "np.concatenate(g, axis=axis)",
        ("normal(5), 2", "normal(2, 5), [1, 3], axis=1"),
    ),
    ("vsplit", "np.concatenate(g)", ("normal(4, 2), 2", "normal(3, 2), [1]")),
    ("dsplit", "np.concatenate(g, axis=2)", ("normal(2, 2, 4), 2",)),
):
    linear(
        f"numpy.{_name}",
        "ary, indices_or_sections" + (", axis=0" if _name == "array_split" else ""),
        {"ary": _joined},
        several=True,
        view=True,
        tests=_tests,
    )
linear(
    "numpy.hsplit",
    "ary, indices_or_sections",
    {"ary": "np.concatenate(g, axis=min(np.ndim(ary), 2) - 1)"},
    several=True,
    view=True,
    tests=("normal(2, 4), 2", "normal(5), [2, 3]"),
)
general(
    "numpy.partition",
    "a, kth, axis=-1",
    {"a": "np.reshape(put_along(g, a, np.argpartition(a, kth, axis=axis), axis), np.shape(a))"},
    {"a": "np.take_along_axis(g, np.argpartition(a, kth, axis=axis), axis)"},
    kinks="equal elements keep an arbitrary order",
    tests=("normal(5), 2", "normal(3, 4), 1, axis=0", "normal(3, 4), 5, axis=None"),
)
general(
    "numpy.bincount",
    "x, weights=None, minlength=0",
    {"weights": "np.take(g, x)"},
    {"weights": "np.bincount(x, g, minlength)"},
    inert=("x", "minlength"),
    shape=rank(1),
    tests=("np.array([0, 2, 2, 1]), normal(4)", "np.array([0, 2, 2]), normal(3), 5"),
)
definition("numpy.ediff1d", tests=("normal(4)", "normal(4), to_end=normal(2), to_begin=0.5"))
_NONE = "np.select(condlist, [0.0] * len(condlist), g)"
general(
    "numpy.select",
    "condlist, choicelist, default=0",
    {"choicelist": "select_adjoint(g, condlist, choicelist)", "default": _NONE},
    {"choicelist": "np.select(condlist, g)", "default": _NONE},
    inert=("condlist",),
    sequence="choicelist",
    exact=False,
    tests=(
        "[np.array([True, False, False]), np.array([True, True, False])], [normal(3), normal(3)]",
        "[np.array([True, False, False])], [normal(3)], 0.7",
    ),
)
alias(
    **{
        "numpy.permute_dims": "numpy.transpose",
        "numpy.concat": "numpy.concatenate",
        "numpy.astype": "numpy.ndarray.astype",
        "numpy.linalg.outer": "numpy.outer",
    }
)

# --- several arrays --------------------------------------------------------------------------

general(
    "numpy.broadcast_arrays",
    "*args",
    {"args": "unbroadcast(g, args)"},
    {"args": "np.broadcast_arrays(*g)"},
    several=True,
    view=True,
    sequence="args",
    tests=("normal(3), normal(2, 1)", "normal(2, 3), 1.5"),
)
general(
    "numpy.meshgrid",
    "*xi, indexing='xy'",
    {"xi": "meshgrid_adjoint(g, xi, indexing=indexing)"},
    {"xi": "np.meshgrid(*g, indexing=indexing)"},
    several=True,
    sequence="xi",
    tests=(
        "normal(2), normal(3)",
        "normal(2), normal(3), normal(2)",
        "normal(2), normal(3), indexing='ij'",
    ),
)
linear(
    "numpy.block",
    "arrays",
    {"arrays": "block_adjoint(g, arrays)"},
    sequence="arrays",
    tests=(
        "[normal(2), normal(3)]",
        "[[normal(2, 2), normal(2, 1)], [normal(1, 2), normal(1, 1)]]",
    ),
)

# --- with more keyword arguments -------------------------------------------------------------

wider(
    "numpy.diff",
    *("prepend", "append"),
    tests=("normal(4), prepend=0.5", "normal(2, 3), axis=0, append=normal(1, 3)"),
)
wider("numpy.pad", "constant_values", tests=("normal(3), 2, constant_values=0.7",))
wider(
    "numpy.reshape",
    "order",
    tests=("normal(2, 3), (3, 2), order='F'", "normal(2, 3), -1, order='F'"),
)
wider("numpy.ravel", "order", tests=("normal(2, 3), order='F'",))
