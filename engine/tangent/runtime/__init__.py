"""The functions that derivative code calls: the only part of the engine that imports NumPy.

Tensors of TensorFlow are told by their type and handled by `tangent.runtime.tensorflow`, which
is imported when the first one appears.
"""

from importlib import import_module
from typing import Any

from tangent.runtime.arrangement import (
    diag_adjoint,
    diagonal_adjoint,
    diff_adjoint,
    hstack_adjoint,
    repeat_adjoint,
    split_like,
    through_cast,
    tile_adjoint,
    unpad,
    vstack_adjoint,
)
from tangent.runtime.elementwise import (
    divide_or_zero,
    exp_ratio,
    larger,
    log_or_zero,
    power_slope,
    product_or_zero,
    sign,
    sinc_derivative,
)
from tangent.runtime.indexing import add_at, last_written, put_along, take_adjoint, take_out
from tangent.runtime.products import (
    as_columns,
    dot_adjoint_left,
    dot_adjoint_right,
    einsum_adjoint,
    einsum_adjoint_left,
    einsum_adjoint_right,
    from_columns,
    inner_adjoint_left,
    inner_adjoint_right,
    matmul_adjoint_left,
    matmul_adjoint_right,
    outer_adjoint_left,
    outer_adjoint_right,
    tensordot_adjoint_left,
    tensordot_adjoint_right,
)
from tangent.runtime.reductions import (
    extremum_weights,
    ones_on_diagonal,
    products_of_others,
    vector_order,
)
from tangent.runtime.shapes import (
    axis_size,
    expand,
    flatten_axes,
    inverse_axes,
    packed,
    restore_dims,
    unbroadcast,
    unflatten_axes,
)
from tangent.runtime.values import (
    accumulate,
    apart,
    check_numbers,
    check_seed,
    check_shapes,
    check_tangent_seed,
    snapshot,
    zeros_like,
)

__all__ = [
    "accumulate",
    "add_at",
    "apart",
    "as_columns",
    "axis_size",
    "check_numbers",
    "check_seed",
    "check_shapes",
    "check_tangent_seed",
    "diag_adjoint",
    "diagonal_adjoint",
    "diff_adjoint",
    "divide_or_zero",
    "dot_adjoint_left",
    "dot_adjoint_right",
    "einsum_adjoint",
    "einsum_adjoint_left",
    "einsum_adjoint_right",
    "exp_ratio",
    "expand",
    "extremum_weights",
    "flatten_axes",
    "from_columns",
    "hstack_adjoint",
    "inner_adjoint_left",
    "inner_adjoint_right",
    "inverse_axes",
    "larger",
    "last_written",
    "log_or_zero",
    "matmul_adjoint_left",
    "matmul_adjoint_right",
    "ones_on_diagonal",
    "outer_adjoint_left",
    "outer_adjoint_right",
    "packed",
    "power_slope",
    "product_or_zero",
    "products_of_others",
    "put_along",
    "repeat_adjoint",
    "restore_dims",
    "sign",
    "sinc_derivative",
    "snapshot",
    "split_like",
    "take_adjoint",
    "take_out",
    "tensordot_adjoint_left",
    "tensordot_adjoint_right",
    "through_cast",
    "tile_adjoint",
    "unbroadcast",
    "unflatten_axes",
    "unpad",
    "vector_order",
    "vstack_adjoint",
    "zeros_like",
]

# Functions for tensors alone, found here too but not imported with the others.
_FOR_TENSORS = frozenset(
    (
        *("avg_pool2d_adjoint", "cast_like", "conv2d_filters_adjoint", "insert_dims"),
        *("max_pool2d_adjoint", "max_pool2d_tangent", "tie_weights"),
        *("unconcat", "ungather", "untile"),
        *("gradient_by_tape", "gradients_of_gradient", "gradients_of_tangent"),
        *("tangent_by_tape", "tangent_of_gradient", "tangent_of_tangent"),
    )
)


def __getattr__(name: str) -> Any:
    if name in _FOR_TENSORS:
        return getattr(import_module("tangent.runtime.tensorflow"), name)
    raise AttributeError(f"module 'tangent.runtime' has no attribute {name!r}")
