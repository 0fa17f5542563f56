"""Derivatives of Python functions as readable Python source.

    >>> import tangent
    >>> def f(x):
    ...     return x * x
    >>> df = tangent.grad(f)
    >>> df(3.0)
    6.0
    >>> print(df.source)  # the derivative, as text

The names below are loaded when they are first used, so that making a derivative from text
(`tangent.differentiate`, the language server, ``tangent show``) imports no numerical library.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from tangent.derivative import Dependency, Derivative, Link, Role
from tangent.diagnostics import DerivativeError, DerivativeWarning, Diagnostic, RelatedNote
from tangent.source.text import SourceText, Span

if TYPE_CHECKING:
    from tangent import grads as grads
    from tangent import tangents as tangents
    from tangent.api import INPUT_DERIVATIVE as INPUT_DERIVATIVE
    from tangent.api import autodiff as autodiff
    from tangent.api import grad as grad
    from tangent.api import hessian as hessian
    from tangent.api import hvp as hvp
    from tangent.api import insert_grad_of as insert_grad_of
    from tangent.api import jacobian as jacobian
    from tangent.api import jvp as jvp
    from tangent.api import stop_gradient as stop_gradient
    from tangent.api import tangent as tangent
    from tangent.api import value_and_grad as value_and_grad
    from tangent.api import vjp as vjp
    from tangent.checks import GradCheck as GradCheck
    from tangent.checks import GradientMismatch as GradientMismatch
    from tangent.checks import check_grads as check_grads
    from tangent.engine import differentiate as differentiate

__version__ = "0.1.0"

_HOMES = {
    "INPUT_DERIVATIVE": "tangent.api",
    "autodiff": "tangent.api",
    "grad": "tangent.api",
    "hessian": "tangent.api",
    "hvp": "tangent.api",
    "insert_grad_of": "tangent.api",
    "jacobian": "tangent.api",
    "jvp": "tangent.api",
    "stop_gradient": "tangent.api",
    "tangent": "tangent.api",
    "value_and_grad": "tangent.api",
    "vjp": "tangent.api",
    "GradCheck": "tangent.checks",
    "GradientMismatch": "tangent.checks",
    "check_grads": "tangent.checks",
    "derivative_pair": "tangent.dynamic",
    "with_tangent": "tangent.dynamic",
    "differentiate": "tangent.engine",
}
# What derivative code calls: ``from tangent import unbroadcast``.
_RUNTIME = (
    "accumulate",
    "add_at",
    "add_columns",
    "angle_adjoint",
    "angle_tangent",
    "add_field",
    "apart",
    "as_columns",
    "as_kind_of",
    "axis_size",
    "block_adjoint",
    "block_diag_adjoint",
    "block_diag_of",
    "blank",
    "check_arrays",
    "check_method",
    "check_numbers",
    "check_seed",
    "check_shapes",
    "check_tangent_seed",
    "cholesky_adjoint",
    "cholesky_tangent",
    "cofactors",
    "column_stack_adjoint",
    "convolve_adjoint",
    "cropped",
    "cumprod_adjoint",
    "cumprod_tangent",
    "diag_adjoint",
    "diagonal_adjoint",
    "diff_adjoint",
    "divide_or_zero",
    "dot_adjoint_left",
    "dot_adjoint_right",
    "dstack_adjoint",
    "eig_adjoint",
    "eig_tangent",
    "eigh_adjoint",
    "eigh_tangent",
    "eigvals_adjoint",
    "eigvals_tangent",
    "eigvalsh_adjoint",
    "eigvalsh_tangent",
    "einsum_adjoint",
    "einsum_adjoint_left",
    "einsum_adjoint_right",
    "exp_ratio",
    "expand",
    "extremum_adjoint",
    "extremum_tangent",
    "extremum_weights",
    "field_of",
    "fit_axes",
    "flatten_axes",
    "from_columns",
    "from_pairs",
    "hstack_adjoint",
    "imag_adjoint",
    "inner_adjoint_left",
    "inner_adjoint_right",
    "inserted_at",
    "inverse_axes",
    "irfft_adjoint",
    "items_of",
    "joined",
    "keyed",
    "kron_shapes",
    "larger",
    "laid_out",
    "largest_elements",
    "last_written",
    "leading_columns",
    "log_or_zero",
    "lower_half",
    "lu_adjoint",
    "lu_factor_adjoint",
    "lu_factor_tangent",
    "lu_tangent",
    "mT",
    "matmul_adjoint_left",
    "matmul_adjoint_right",
    "merged",
    "meshgrid_adjoint",
    "meshgrid_of",
    "norm_slope",
    "numbered",
    "ones_on_diagonal",
    "only_real",
    "outer_adjoint_left",
    "outer_adjoint_right",
    "over_gaps",
    "number",
    "packed",
    "padded_numbers",
    "part_of",
    "permuted",
    "pinv_adjoint",
    "pinv_tangent",
    "pivot_order",
    "polygamma",
    "power_slope",
    "product_or_zero",
    "products_of_others",
    "put_along",
    "qr_adjoint",
    "qr_mode_adjoint",
    "qr_mode_tangent",
    "qr_tangent",
    "reduced_axes",
    "repeat_adjoint",
    "repeated",
    "restore_dims",
    "restricted",
    "rfft_adjoint",
    "select_adjoint",
    "sign",
    "sinc_derivative",
    "snapshot",
    "sort_order",
    "add_into",
    "boxed",
    "next_shadow",
    "shadow",
    "shadows",
    "writable",
    "unboxed",
    "split_like",
    "sum_at",
    "summed_copies",
    "svd_adjoint",
    "svd_tangent",
    "svdvals_adjoint",
    "svdvals_tangent",
    "swapped_norm",
    "symmetric_from",
    "take_adjoint",
    "take_field",
    "take_out",
    "tensordot_adjoint_left",
    "tensordot_adjoint_right",
    "through_cast",
    "tile_adjoint",
    "transformed_axes",
    "triangle_adjoint",
    "triangular_matrix_adjoint",
    "triangular_matrix_tangent",
    "unbroadcast",
    "uncropped",
    "unflatten_axes",
    "unnumbered",
    "unpad",
    "unpermuted",
    "values_of",
    "vstack_adjoint",
    "with_numbers",
    "with_part",
    "without",
    "zeros_like",
    # For tensors alone.
    "avg_pool2d_adjoint",
    "cast_like",
    "conv2d_filters_adjoint",
    "gradient_by_tape",
    "gradients_of_gradient",
    "gradients_of_tangent",
    "insert_dims",
    "max_pool2d_adjoint",
    "max_pool2d_tangent",
    "tangent_by_tape",
    "tangent_of_gradient",
    "tangent_of_tangent",
    "tie_weights",
    "unconcat",
    "ungather",
    "untile",
)
_HOMES.update(dict.fromkeys(_RUNTIME, "tangent.runtime"))
_MODULES = ("grads", "tangents", "runtime")

__all__ = [
    "INPUT_DERIVATIVE",
    "Dependency",
    "Derivative",
    "DerivativeError",
    "DerivativeWarning",
    "Diagnostic",
    "GradCheck",
    "GradientMismatch",
    "Link",
    "RelatedNote",
    "Role",
    "SourceText",
    "Span",
    "autodiff",
    "check_grads",
    "differentiate",
    "grad",
    "grads",
    "hessian",
    "hvp",
    "insert_grad_of",
    "jacobian",
    "jvp",
    "stop_gradient",
    "tangent",
    "tangents",
    "value_and_grad",
    "vjp",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"tangent.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'tangent' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
