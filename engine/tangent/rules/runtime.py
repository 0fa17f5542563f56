"""Rules for the functions of `tangent.runtime`, so that derivative code can be differentiated.

Most are linear in the cotangent they are given, which their signatures call ``c``, and read
their other arrays only for a shape. `take_out`, `take_field` and `add_into` have none: they change
an argument.
"""

from __future__ import annotations

from tangent.rules.declare import (
    SCALAR,
    elementwise,
    general,
    helpers,
    like,
    linear,
    zero_gradient,
)

# --- shapes --------------------------------------------------------------------------------

for _name, _tests in (
    (
        "unbroadcast",
        (
            "normal(), 2.0",
            "normal(2, 3), normal(3)",
            "normal(2, 3), normal(2, 1)",
            "normal(3), normal(2, 3)",
            "normal(2, 1), normal(3)",
            "[normal(2), 1.0], [normal(1), 2.0]",
        ),
    ),
    ("expand", ("normal(), normal(2, 3)", "normal(3), normal(2, 3)", "normal(2, 1), normal(2, 3)")),
):
    linear(
        f"tangent.{_name}",
        "c, x",
        {"c": "g"},
        shape=like("x"),
        inert=("x",),
        tests=_tests,
    )
linear(
    "tangent.packed",
    "c, x",
    {"c": "packed(g, c)"},
    shape=like("x"),
    inert=("x",),
    tests=("(2.0, 1.0), normal(2)", "[normal(2), normal()], [normal(2), 1.0]"),
)
linear(
    "tangent.restore_dims",
    "c, x, axis, keepdims",
    {"c": "np.reshape(g, np.shape(c))"},
    inert=("x",),
    cheap=True,
    tests=(
        "normal(), normal(2, 3), None, False",
        "normal(3), normal(2, 3), 0, False",
        "normal(2), normal(2, 3), -1, False",
        "normal(2, 1), normal(2, 3), 1, True",
        "normal(3), normal(2, 3, 4), (0, 2), False",
        "normal(4), normal(2, 3, 4), 1, False",
    ),
)
linear(
    "tangent.flatten_axes",
    "x, axis",
    {"x": "unflatten_axes(g, x, axis)"},
    tests=(
        "normal(2, 3), None",
        "normal(2, 3, 4), 1",
        "normal(2, 3, 4), (-1, 0)",
        "normal(), None",
    ),
)
linear(
    "tangent.unflatten_axes",
    "c, x, axis",
    {"c": "flatten_axes(g, axis)"},
    shape=like("x"),
    inert=("x",),
    tests=("normal(6), normal(2, 3), None", "normal(3, 8), normal(2, 3, 4), (-1, 0)"),
)
zero_gradient("tangent.axis_size", "tangent.inverse_axes", "tangent.zeros_like")

# --- values --------------------------------------------------------------------------------

general(
    "tangent.snapshot",
    "x",
    {"x": "g"},
    {"x": "snapshot(g)"},
    shape=like("x"),
    adapts=True,
    tests=("normal(2, 3)", "2.0", "[1.0, normal(2)]"),
)
elementwise("tangent.number", "value", "g", shape=SCALAR, tests=("normal()", "2.0"))
general(
    "tangent.shadow",
    "x, value=0.0",
    {"value": "g"},
    {"value": "shadow(x, g)"},
    inert=("x",),
    shape=like("x"),
    tests=("normal(2, 3), normal(2, 3)", "normal(6)[::2], normal(3)"),
)
general(
    "tangent.shadows",
    "x, value=0.0",
    {"value": "g"},
    {"value": "shadows(x, g)"},
    inert=("x",),
    shape=like("x"),
    tests=("normal(2, 3), normal(2, 3)", "[normal(3), 2.0], [normal(3), 1.0]"),
)
linear(
    "tangent.writable",
    "view",
    {"view": "g"},
    shape=like("view"),
    view=True,
    tests=("np.diagonal(normal(3, 3))",),
)
linear(
    "tangent.laid_out",
    "value, x",
    {"value": "g"},
    shape=like("x"),
    inert=("x",),
    tests=("normal(2, 3), normal(2, 3)", "2.0, 1.0", "[normal(2)], [normal(2)]"),
)
linear(
    "tangent.boxed",
    "x",
    {"x": "g"},
    shape=like("x"),
    view=True,
    tests=("normal(2, 3)", "normal()"),
)
linear(
    "tangent.unboxed",
    "x",
    {"x": "g"},
    shape=like("x"),
    view=True,
    tests=("normal(2, 3)", "normal()"),
)
linear(
    "tangent.next_shadow",
    "old, x",
    {"old": "g"},
    shape=like("old"),
    view=True,
    inert=("x",),
    tests=("normal(2), normal(2)", "np.array(1.0), 2.0"),
)
general(
    "tangent.apart",
    "value, array",
    {"value": "g"},
    {"value": "g"},
    inert=("array",),
    shape=like("value"),
    adapts=True,
    tests=("normal(2, 3), normal(4)", "2.0, normal(3)"),
)
general(
    "tangent.accumulate",
    "a, b",
    {"a": "g", "b": "g"},
    {"a": "g", "b": "g"},
    shape="broadcast",
    adapts=True,
    tests=("normal(), 2.0", "normal(2, 3), normal(2, 3)", "[1.0, normal(2)], [2.0, normal(2)]"),
)
for _name in ("check_seed", "check_tangent_seed"):
    general(
        f"tangent.{_name}",
        "c, x",
        {"c": "g"},
        {"c": "g"},
        shape=like("c"),
        inert=("x",),
        adapts=True,
        tests=("2.0, 1.0", "normal(2, 3), normal(2, 3)"),
    )
general(
    "tangent.add_at",
    "adjoint, index, c",
    {"adjoint": "g", "c": "snapshot(g[index])"},
    {"adjoint": "g", "c": "add_at(zeros_like(adjoint), index, g)"},
    inert=("index",),
    shape=like("adjoint"),
    tests=(
        "normal(4), 1, 2.0",
        "normal(4), slice(1, 3), normal(2)",
        "normal(4), slice(1, 3), 2.0",
        "normal(3, 4), (1, slice(None)), normal(4)",
        "normal(4), np.array([0, 2, 2]), normal(3)",
        "normal(4), normal(4) > 0, 1.5",
        "[1.0, 2.0], 1, 3.0",
    ),
)

linear(
    "tangent.last_written",
    "c, array, index",
    {"c": "last_written(g, array, index)"},
    shape=like("c"),
    inert=("array",),
    tests=(
        "normal(3), normal(4), np.array([0, 2, 2])",
        "normal(2), normal(4), slice(1, 3)",
        "normal(), normal(4), 1",
    ),
)
general(
    "tangent.add_field",
    "adjoint, name, c",
    {"adjoint": "g", "c": "snapshot(field_of(g, name))"},
    {"adjoint": "g", "c": "add_field(zeros_like(adjoint), name, g)"},
    shape=like("adjoint"),
    tests=("point(normal(3), 1.0), 'x', normal(3)", "point(normal(3), 1.0), 'y', 2.0"),
)
general(
    "tangent.field_of",
    "x, name",
    {"x": "add_field(zeros_like(x), name, g)"},
    {"x": "field_of(g, name)"},
    view=True,
    cheap=True,
    tests=("point(normal(3), 1.0), 'x'", "point(normal(3), 1.0), 'y'"),
)

# --- elementwise ---------------------------------------------------------------------------

elementwise(
    "tangent.log_or_zero",
    "x",
    "divide_or_zero(g, x)",
    tests=("positive()", "positive(2, 3)"),
)
elementwise(
    "tangent.divide_or_zero",
    "a, b",
    {"a": "divide_or_zero(g, b)", "b": "-divide_or_zero(g * y, b)"},
    tests=("normal(), positive()", "normal(3, 1), positive(4)"),
)
elementwise(
    "tangent.product_or_zero",
    "a, b",
    {"a": "product_or_zero(g, b)", "b": "g * a"},
    tests=("positive(), normal()", "positive(3, 1), normal(4)"),
)
elementwise(
    "tangent.power_slope",
    "a, b",
    {
        "a": "g * product_or_zero(b, power_slope(a, b - 1))",
        "b": "g * (a ** (b - 1) + y * log_or_zero(a))",
    },
    tests=("positive(), 2.5", "positive(3, 1), normal(4)", "positive(3), 3"),
)
elementwise(
    "tangent.exp_ratio",
    "a, b",
    {"a": "g * y", "b": "-g * y"},
    tests=("normal(), normal()", "normal(3, 1), normal(4)", "-np.inf, normal(2)"),
)
elementwise(
    "tangent.sinc_derivative",
    "x, n",
    {"x": "sinc_derivative(x, n + 1)"},
    shape=like("x"),
    tests=("normal(3), 1", "0.0, 1", "normal(2, 3), 2", "4.1, 3", "1e-4, 4"),
)
elementwise(
    "tangent.through_cast", "c, dtype", {"c": "through_cast(g, dtype)"}, tests=("normal(3), float",)
)
elementwise(
    "tangent.polygamma",
    "n, x",
    {"x": "polygamma(n + 1, x)"},
    inert=("n",),
    shape=SCALAR,
    tests=("0, 0.7", "1, 2.5", "2, -1.4", "0, 30.0"),
)
zero_gradient("tangent.sign", "tangent.larger")

# --- products ------------------------------------------------------------------------------

_PRODUCTS = {
    "dot": (
        "np.dot({}, {})",
        (
            "normal(2, 4), normal(2, 3), normal(3, 4)",
            "normal(2), normal(2, 3), normal(3)",
            "normal(), normal(3), normal(3)",
            "normal(3), normal(3), 2.0",
        ),
    ),
    "matmul": (
        "{} @ {}",
        (
            "normal(2, 4), normal(2, 3), normal(3, 4)",
            "normal(2), normal(2, 3), normal(3)",
            "normal(5, 2, 4), normal(2, 3), normal(5, 3, 4)",
            "normal(), normal(3), normal(3)",
        ),
    ),
    "inner": (
        "np.inner({}, {})",
        ("normal(2, 4), normal(2, 3), normal(4, 3)", "normal(), normal(3), normal(3)"),
    ),
    "outer": (
        "np.outer({}, {})",
        ("normal(2, 3), normal(2), normal(3)", "normal(4, 3), normal(2, 2), normal(3)"),
    ),
}
for _name, (_product, _tests) in _PRODUCTS.items():
    linear(
        f"tangent.{_name}_adjoint_left",
        "c, a, b",
        {"c": _product.format("g", "b"), "b": f"{_name}_adjoint_right(c, g, b)"},
        shape=like("a"),
        inert=("a",),
        tests=_tests,
    )
    linear(
        f"tangent.{_name}_adjoint_right",
        "c, a, b",
        {"c": _product.format("a", "g"), "a": f"{_name}_adjoint_left(c, a, g)"},
        shape=like("b"),
        inert=("b",),
        tests=_tests,
    )
_TENSORDOT = (
    "normal(2, 5), normal(2, 3, 4), normal(3, 4, 5)",
    "normal(3, 4), normal(2, 3, 4, 5), normal(5, 2), axes=([3, 0], [0, 1])",
)
linear(
    "tangent.tensordot_adjoint_left",
    "c, a, b, axes=2",
    {
        "c": "np.tensordot(g, b, axes=axes)",
        "b": "tensordot_adjoint_right(c, g, b, axes=axes)",
    },
    shape=like("a"),
    inert=("a",),
    tests=_TENSORDOT,
)
linear(
    "tangent.tensordot_adjoint_right",
    "c, a, b, axes=2",
    {
        "c": "np.tensordot(a, g, axes=axes)",
        "a": "tensordot_adjoint_left(c, a, g, axes=axes)",
    },
    shape=like("b"),
    inert=("b",),
    tests=_TENSORDOT,
)
linear(
    "tangent.einsum_adjoint",
    "c, subscripts, a",
    {"c": "np.einsum(subscripts, g)"},
    shape=like("a"),
    inert=("a",),
    tests=("normal(3, 2), 'ij->ji', normal(2, 3)", "normal(3), 'ii->i', normal(3, 3)"),
)
linear(
    "tangent.einsum_adjoint_left",
    "c, subscripts, a, b",
    {
        "c": "np.einsum(subscripts, g, b)",
        "b": "einsum_adjoint_right(c, subscripts, g, b)",
    },
    shape=like("a"),
    inert=("a",),
    tests=(
        "normal(2, 4), 'ij,jk->ik', normal(2, 3), normal(3, 4)",
        "normal(4), 'ij,k->k', normal(2, 3), normal(4)",
    ),
)
linear(
    "tangent.einsum_adjoint_right",
    "c, subscripts, a, b",
    {
        "c": "np.einsum(subscripts, a, g)",
        "a": "einsum_adjoint_left(c, subscripts, a, g)",
    },
    shape=like("b"),
    inert=("b",),
    tests=("normal(2, 4), 'ij,jk->ik', normal(2, 3), normal(3, 4)",),
)
for _name in ("as_columns", "from_columns"):
    linear(
        f"tangent.{_name}",
        "c, b",
        {"c": "np.reshape(g, np.shape(c))"},
        inert=("b",),
        cheap=True,
        tests=("normal(3, 1), normal(3)", "normal(3, 2), normal(3, 2)"),
    )

# --- reductions ----------------------------------------------------------------------------

_ROWS = "(1.0 - np.eye(np.shape(x)[-1])) * products_of_others(ones_on_diagonal(x))"
general(
    "tangent.products_of_others",
    "x",
    {"x": f"np.sum(np.expand_dims(g, -1) * {_ROWS}, axis=-2)"},
    {"x": f"np.sum(np.expand_dims(g, -2) * {_ROWS}, axis=-1)"},
    shape=like("x"),
    tests=("normal(4)", "normal(2, 3)", "np.array([0.0, 0.0, 2.0, 3.0])", "normal(1)"),
)
general(
    "tangent.ones_on_diagonal",
    "x",
    {"x": "np.sum(g * (1.0 - np.eye(np.shape(x)[-1])), axis=-2)"},
    {"x": "np.expand_dims(g, -2) * (1.0 - np.eye(np.shape(x)[-1]))"},
    tests=("normal(4)", "normal(2, 3)"),
)
zero_gradient("tangent.extremum_weights")

# --- arrangement ---------------------------------------------------------------------------

linear(
    "tangent.take_adjoint",
    "c, x, indices, axis=None",
    {"c": "np.take(g, indices, axis=axis)"},
    shape=like("x"),
    inert=("x",),
    tests=("normal(3), normal(4), [1, 1, 3]", "normal(2, 2), normal(2, 3), [0, 0], axis=1"),
)
linear(
    "tangent.put_along",
    "c, x, indices, axis",
    {"c": "np.take_along_axis(g, indices, axis)"},
    shape=like("x"),
    inert=("x",),
    tests=("normal(2, 2), normal(2, 3), np.array([[0, 0], [2, 1]]), 1",),
)
linear(
    "tangent.split_like",
    "c, arrays, axis=0",
    {"c": "np.concatenate(g, axis=axis)"},
    inert=("arrays",),
    view=True,
    tests=(
        "normal(5), [normal(2), normal(3)]",
        "normal(2, 5), [normal(2, 2), normal(2, 3)], axis=1",
    ),
)
for _name, _tests in (
    ("hstack", ("normal(5), [normal(2), normal(3)]", "normal(2, 3), [normal(2, 1), normal(2, 2)]")),
    ("vstack", ("normal(2, 3), [normal(3), normal(3)]", "normal(3, 3), [normal(2, 3), normal(3)]")),
):
    linear(
        f"tangent.{_name}_adjoint",
        "c, arrays",
        {"c": f"np.{_name}(g)"},
        inert=("arrays",),
        view=True,
        tests=_tests,
    )
linear(
    "tangent.diagonal_adjoint",
    "c, x, offset=0, axis1=0, axis2=1",
    {"c": "np.diagonal(g, offset=offset, axis1=axis1, axis2=axis2)"},
    shape=like("x"),
    inert=("x",),
    tests=(
        "normal(3), normal(3, 3)",
        "normal(1), normal(3, 3), -1",
        "normal(3, 2), normal(2, 3, 4), 0, 2, 0",
    ),
)
linear(
    "tangent.diag_adjoint",
    "c, x, k=0",
    {"c": "np.diag(g, k=k)"},
    shape=like("x"),
    inert=("x",),
    tests=("normal(3, 3), normal(3)", "normal(3), normal(3, 4)", "normal(4, 4), normal(3), k=1"),
)
linear(
    "tangent.repeat_adjoint",
    "c, x, repeats, axis=None",
    {"c": "np.repeat(g, repeats, axis=axis)"},
    shape=like("x"),
    inert=("x",),
    tests=("normal(6), normal(3), 2", "normal(3, 3), normal(2, 3), [1, 2], axis=0"),
)
linear(
    "tangent.tile_adjoint",
    "c, x, reps",
    {"c": "np.tile(g, reps)"},
    shape=like("x"),
    inert=("x",),
    tests=("normal(6), normal(3), 2", "normal(4, 6), normal(2, 3), (2, 2)"),
)
linear(
    "tangent.diff_adjoint",
    "c, x, n=1, axis=-1",
    {"c": "np.diff(g, n=n, axis=axis)"},
    shape=like("x"),
    inert=("x", "n"),
    tests=("normal(4), normal(5)", "normal(1, 4), normal(3, 4), 2, 0"),
)
linear(
    "tangent.unpad",
    "c, x, pad_width",
    {"c": "np.pad(g, pad_width)"},
    shape=like("x"),
    inert=("x",),
    view=True,
    tests=("normal(5), normal(3), (2, 0)",),
)
zero_gradient("tangent.padded_numbers")

zero_gradient(
    *(f"tangent.{name}" for name in ("stop_gradient", "blank", "check_arrays", "check_method")),
    *(f"tangent.{name}" for name in ("check_shapes", "check_numbers")),
)

# --- linear algebra ------------------------------------------------------------------------

linear(
    "tangent.mT",
    "x",
    {"x": "mT(g)"},
    cheap=True,
    view=True,
    tests=("normal(2, 3)", "normal(4, 2, 3)"),
)
general(
    "tangent.over_gaps",
    "x, w",
    {
        "x": "over_gaps(g, w)",
        "w": "np.sum(over_gaps(g * y, w), axis=-1) - np.sum(over_gaps(g * y, w), axis=-2)",
    },
    {
        "x": "over_gaps(g, w)",
        "w": "over_gaps(y * (np.expand_dims(g, -1) - np.expand_dims(g, -2)), w)",
    },
    tests=("normal(3, 3), normal(3)", "normal(2, 3, 3), normal(2, 3)"),
)
linear(
    "tangent.only_real",
    "x",
    {"x": "g"},
    shape=like("x"),
    adapts=True,
    cheap=True,
    view=True,
    tests=("normal(2, 3)",),
)
linear(
    "tangent.leading_columns",
    "c, k",
    {"c": "add_columns(g, np.shape(c)[-1], 0.0)"},
    view=True,
    tests=("normal(2, 3), 3",),
)
general(
    "tangent.add_columns",
    "x, n, value",
    {"x": "g[..., : np.shape(x)[-1]]"},
    {"x": "add_columns(g, n, 0.0 * value)"},
    tests=("normal(2, 3), 4, 1.0", "normal(2, 3), 3, 0.0"),
)
helpers(
    "linalg",
    *("lower_half", "symmetric_from", "triangle_adjoint", "cholesky_adjoint", "cholesky_tangent"),
    *("eigh_adjoint", "eigh_tangent", "eigvalsh_adjoint", "eigvalsh_tangent"),
    *("svd_adjoint", "svd_tangent", "svdvals_adjoint", "svdvals_tangent"),
    *("qr_adjoint", "qr_tangent", "qr_mode_adjoint", "qr_mode_tangent"),
    *("pinv_adjoint", "pinv_tangent", "cofactors", "norm_slope"),
    *("lu_adjoint", "lu_tangent", "lu_factor_adjoint", "lu_factor_tangent"),
    *("triangular_matrix_adjoint", "triangular_matrix_tangent"),
)

# --- complex numbers -----------------------------------------------------------------------

_KINDS = ("normal(3), normal(3)", "normal(3) + 1j * normal(3), normal(3) * 1j")
general(
    "tangent.as_kind_of",
    "c, x",
    {"c": "as_kind_of(g, x)"},
    {"c": "as_kind_of(g, x)"},
    inert=("x",),
    shape=like("c"),
    adapts=True,
    tests=_KINDS,
)
general(
    "tangent.imag_adjoint",
    "c, x",
    {"c": "np.imag(g)"},
    {"c": "imag_adjoint(g, x)"},
    inert=("x",),
    shape=like("c"),
    adapts=True,
    tests=("normal(3), 1j * normal(3)",),
)
helpers("complex_", "angle_adjoint", "angle_tangent")

# --- Fourier transforms --------------------------------------------------------------------

linear(
    "tangent.fit_axes",
    "c, x",
    {"c": "fit_axes(g, c)"},
    shape=like("x"),
    inert=("x",),
    tests=("normal(5), normal(3)", "normal(2, 3), normal(4, 2)"),
)
linear(
    "tangent.rfft_adjoint",
    "c, a, n=None, axis=-1, norm=None",
    {"c": "np.fft.rfft(np.real(g), n=n, axis=axis, norm=norm)"},
    shape=like("a"),
    inert=("a", "n"),
    tests=("normal(3), normal(4)", "normal(2), normal(5), 3"),
)
linear(
    "tangent.irfft_adjoint",
    "c, a, n=None, axis=-1, norm=None",
    {"c": "np.fft.irfft(g, n=np.shape(c)[axis], axis=axis, norm=norm)"},
    shape=like("a"),
    inert=("a", "n"),
    tests=("normal(6), 1j * normal(4)", "normal(5), 1j * normal(4), 5"),
)
zero_gradient("tangent.pivot_order", "tangent.kron_shapes", "tangent.reduced_axes")
zero_gradient("tangent.transformed_axes", "tangent.swapped_norm")
helpers("products", "convolve_adjoint")
helpers("reductions", "cumprod_adjoint", "cumprod_tangent")

# --- elements by number --------------------------------------------------------------------

linear(
    "tangent.sum_at",
    "c, numbers, x",
    {"c": "with_numbers(g, numbers)"},
    shape=like("x"),
    inert=("numbers", "x"),
    tests=("normal(4), np.array([3, 0, 1, 3]), normal(3)",),
)
linear(
    "tangent.with_numbers",
    "x, numbers",
    {"x": "sum_at(g, numbers, x)"},
    shape=like("numbers"),
    inert=("numbers",),
    tests=("normal(2, 2), np.array([[3, 0, 1], [4, 4, 1]])",),
)
zero_gradient("tangent.numbered", "tangent.unnumbered")
linear(
    "tangent.select_adjoint",
    "c, condlist, choicelist",
    {"c": "np.select(condlist, g)"},
    inert=("condlist", "choicelist"),
    tests=("normal(3), [np.array([True, False, True])], [normal(3)]",),
)
linear(
    "tangent.column_stack_adjoint",
    "c, arrays",
    {"c": "np.column_stack(g)"},
    inert=("arrays",),
    view=True,
    tests=("normal(3, 3), [normal(3), normal(3, 2)]",),
)
linear(
    "tangent.dstack_adjoint",
    "c, arrays",
    {"c": "np.dstack(g)"},
    inert=("arrays",),
    view=True,
    tests=("normal(2, 3, 3), [normal(2, 3), normal(2, 3, 2)]",),
)

# --- several arrays ------------------------------------------------------------------------

for _name, _back, _tests in (
    ("meshgrid_of", "meshgrid_adjoint(g, arrays, indexing=indexing)", ("[normal(2), normal(3)]",)),
    ("block_diag_of", "block_diag_adjoint(g, arrays)", ("[normal(2, 2), normal(3)]",)),
):
    linear(
        f"tangent.{_name}",
        "arrays" + (", indexing='xy'" if _name == "meshgrid_of" else ""),
        {"arrays": _back},
        sequence="arrays",
        several=_name == "meshgrid_of",
        tests=_tests,
    )
linear(
    "tangent.meshgrid_adjoint",
    "c, arrays, indexing='xy'",
    {"c": "meshgrid_of(g, indexing=indexing)"},
    inert=("arrays",),
    tests=("[normal(3, 2), normal(3, 2)], [normal(2), normal(3)]",),
)
linear(
    "tangent.block_diag_adjoint",
    "c, arrays",
    {"c": "block_diag_of(g)"},
    inert=("arrays",),
    tests=("normal(3, 3), [normal(2, 2), 1.5]",),
)
linear(
    "tangent.block_adjoint",
    "c, arrays",
    {"c": "np.block(g)"},
    inert=("arrays",),
    tests=("normal(3), [normal(2), normal(1)]",),
)

# --- convolutions --------------------------------------------------------------------------

linear(
    "tangent.uncropped",
    "c, x, kernel, mode='full'",
    {"c": "cropped(g, x, kernel, c, mode=mode)"},
    inert=("x", "kernel"),
    tests=(
        "normal(5), normal(5), normal(3), 'same'",
        "normal(2, 3), normal(3, 4), normal(2, 2), 'valid'",
    ),
)
linear(
    "tangent.cropped",
    "c, x, kernel, like, mode='full'",
    {"c": "uncropped(g, x, kernel, mode=mode)"},
    inert=("x", "kernel", "like"),
    tests=("normal(7), normal(5), normal(3), normal(5), 'same'",),
)
zero_gradient("tangent.largest_elements")
helpers("linalg", "eig_adjoint", "eig_tangent", "eigvals_adjoint", "eigvals_tangent")
