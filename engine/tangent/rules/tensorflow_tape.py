"""Functions of TensorFlow whose derivative is left to TensorFlow's own gradients.

Compositions of many operations (an SSIM, a loss with sampling) and operations whose gradient is
a kernel of its own (convolutions, pooling, decompositions). The derivative has one line for such
a call, `gradient_by_tape`, which runs it once more under a `tf.GradientTape` and gives the
cotangent of one of its tensors; in forward mode `tangent_by_tape`. Both can be differentiated
again, as far as TensorFlow can.

A declaration names the tensors that carry a derivative, in a signature as TensorFlow has it: the
tensors come first; the rest are options, and are constants.
"""

from __future__ import annotations

import ast

from tangent.rules.declare import CallFacts, Case, alias, general, like

_HELPERS = {"gradient_by_tape", "tangent_by_tape"}


def by_tape(
    name: str, signature: str, differentiable: str, *tests: str, kinks: str = "", doc: str = ""
) -> None:
    """A rule for ``tensorflow.<name>``: ``differentiable`` are parameters, separated by spaces."""
    dotted = f"tensorflow.{name}"
    node = ast.parse(f"def _({signature}): pass").body[0]
    assert isinstance(node, ast.FunctionDef)
    arguments = node.args
    positional = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
    wanted = differentiable.split()
    last = max(positional.index(p) for p in wanted)
    tensors = positional[: last + 1]
    required = len(positional) - len(arguments.defaults)
    rest = (*positional[last + 1 :], *(k.arg for k in arguments.kwonlyargs))
    options = [option for option in rest if option != "name"]
    displayed = "(" + "".join(f"{t}, " for t in tensors).rstrip() + ")"
    displayed = displayed if len(tensors) == 1 else displayed.replace(",)", ")")
    optional = [o for o in options if o not in positional[:required]]
    given = f", dict({', '.join(f'{o}={o}' for o in options)})" if options else ""

    def forms(helper: str, position: int) -> list[Case]:
        call = f"{helper}(tf.{name}, {position}, g, {displayed}{given})"
        if not options or len(optional) < len(options):
            return [Case(call)]
        plain = f"{helper}(tf.{name}, {position}, g, {displayed})"
        return [Case(plain, _absent(optional)), Case(call)]

    general(
        dotted,
        signature,
        {p: forms("gradient_by_tape", tensors.index(p)) for p in wanted},
        {p: forms("tangent_by_tape", tensors.index(p)) for p in wanted},
        tests=tests,
        kinks=kinks,
        doc=doc,
    )


def _absent(parameters: list[str]):
    def holds(call: CallFacts) -> bool:
        return all(call.absent(p) for p in parameters)

    return holds


# --- images --------------------------------------------------------------------------------------

_IMAGE = "positive(2, 8, 6, 3)"
_PAIR = "positive(1, 16, 16, 2) / 2.0, positive(1, 16, 16, 2) / 2.0"
_IDS = "np.array([0, 0, 2])"

by_tape("image.adjust_gamma", "image, gamma=1, gain=1", "image", _IMAGE, f"{_IMAGE}, 2.0, 0.5")
by_tape("image.central_crop", "image, central_fraction", "image", f"{_IMAGE}, 0.5")
by_tape(
    "image.crop_and_resize",
    "image, boxes, box_indices, crop_size, method='bilinear', extrapolation_value=0.0, name=None",
    "image boxes",
    f"{_IMAGE}, np.array([[0.1, 0.2, 0.7, 0.9]], np.float32), np.array([1]), [3, 4]",
)
by_tape(
    "image.extract_patches",
    "images, sizes, strides, rates, padding, name=None",
    "images",
    f"{_IMAGE}, [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], 'VALID'",
)
by_tape("image.image_gradients", "image", "image", _IMAGE)
by_tape("image.per_image_standardization", "image", "image", _IMAGE)
by_tape("image.psnr", "a, b, max_val, name=None", "a b", f"{_PAIR}, 1.0")
by_tape(
    "image.resize",
    "images, size, method='bilinear', preserve_aspect_ratio=False, antialias=False, name=None",
    "images",
    f"{_IMAGE}, [4, 5]",
    f"{_IMAGE}, [9, 9], method='bicubic'",
)
by_tape(
    "image.resize_with_crop_or_pad",
    "image, target_height, target_width",
    "image",
    f"{_IMAGE}, 5, 9",
)
by_tape(
    "image.resize_with_pad",
    "image, target_height, target_width, method='bilinear', antialias=False",
    "image",
    f"{_IMAGE}, 5, 9",
)
by_tape("image.rgb_to_grayscale", "images, name=None", "images", _IMAGE)
for _name in ("rgb_to_yiq", "rgb_to_yuv", "yiq_to_rgb", "yuv_to_rgb"):
    by_tape(f"image.{_name}", "images", "images", _IMAGE)
by_tape("image.rgb_to_hsv", "images, name=None", "images", f"{_IMAGE} / 2.0")
by_tape("image.sobel_edges", "image", "image", _IMAGE)
by_tape(
    "image.ssim",
    "img1, img2, max_val, filter_size=11, filter_sigma=1.5, k1=0.01, k2=0.03,"
    " return_index_map=False",
    "img1 img2",
    f"{_PAIR}, 1.0",
    f"{_PAIR}, 1.0, filter_size=5",
)
by_tape(
    "image.ssim_multiscale",
    "img1, img2, max_val,"
    " power_factors=(0.0448, 0.2856, 0.3001, 0.2363, 0.1333), filter_size=11, filter_sigma=1.5,"
    " k1=0.01, k2=0.03",
    "img1 img2",
    f"{_PAIR}, 1.0, power_factors=(0.5, 0.5), filter_size=3",
)
by_tape("image.total_variation", "images, name=None", "images", _IMAGE)
for _name in ("flip_left_right", "flip_up_down"):
    by_tape(
        f"image.stateless_random_{_name.removeprefix('random_')}",
        "image, seed",
        "image",
        f"{_IMAGE}, [1, 2]",
    )

by_tape(
    "image.stateless_random_crop",
    "value, size, seed, name=None",
    "value",
    "normal(4, 5, 3), [2, 3, 3], [1, 2]",
)

# --- linear algebra ------------------------------------------------------------------------------

_SQUARE = "normal(3, 3) + 3.0 * np.eye(3, dtype=np.float32)"
_SYMMETRIC = "np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]])"

by_tape(
    "linalg.banded_triangular_solve",
    "bands, rhs, lower=True, adjoint=False, name=None",
    "bands rhs",
    "positive(2, 4), normal(4, 2)",
)
by_tape("linalg.cholesky", "input, name=None", "input", _SYMMETRIC)
by_tape(
    "linalg.cholesky_solve",
    "chol, rhs, name=None",
    "chol rhs",
    "np.tril(positive(3, 3)), normal(3, 2)",
)
by_tape("linalg.eigh", "tensor, name=None", "tensor", _SYMMETRIC)
by_tape("linalg.eigvalsh", "tensor, name=None", "tensor", _SYMMETRIC)
by_tape("linalg.expm", "input, name=None", "input", "0.3 * normal(3, 3)")
by_tape("linalg.logdet", "matrix, name=None", "matrix", _SYMMETRIC)
by_tape(
    "linalg.lstsq",
    "matrix, rhs, l2_regularizer=0.0, fast=True, name=None",
    "matrix rhs",
    "normal(5, 3), normal(5, 2)",
    "normal(5, 3), normal(5, 2), 0.1",
)
by_tape(
    "linalg.lu_matrix_inverse",
    "lower_upper, perm, validate_args=False, name=None",
    "lower_upper",
    f"{_SQUARE}, np.array([1, 0, 2])",
)
by_tape(
    "linalg.lu_reconstruct",
    "lower_upper, perm, validate_args=False, name=None",
    "lower_upper",
    f"{_SQUARE}, np.array([1, 0, 2])",
)
by_tape(
    "linalg.lu_solve",
    "lower_upper, perm, rhs, validate_args=False, name=None",
    "lower_upper rhs",
    f"{_SQUARE}, np.array([1, 0, 2]), normal(3, 2)",
)
by_tape(
    "linalg.normalize",
    "tensor, ord='euclidean', axis=None, name=None",
    "tensor",
    "normal(2, 3)",
    "normal(2, 3), axis=1",
)
by_tape("linalg.pinv", "a, rcond=None, validate_args=False, name=None", "a", "normal(4, 3)")
by_tape("linalg.qr", "input, full_matrices=False, name=None", "input", "normal(4, 3)")
by_tape("linalg.slogdet", "input, name=None", "input", _SQUARE)
by_tape("linalg.sqrtm", "input, name=None", "input", _SYMMETRIC)
by_tape(
    "linalg.svd",
    "tensor, full_matrices=False, compute_uv=True, name=None",
    "tensor",
    "normal(3, 3)",
    "normal(4, 3), compute_uv=False",
)
by_tape(
    "linalg.eigh_tridiagonal",
    "alpha, beta, eigvals_only=True, select='a', select_range=None, tol=None, name=None",
    "alpha beta",
    "positive(4), normal(3)",
)
by_tape(
    "linalg.triangular_solve",
    "matrix, rhs, lower=True, adjoint=False, name=None",
    "matrix rhs",
    f"{_SQUARE}, normal(3, 2)",
    f"{_SQUARE}, normal(3, 2), lower=False",
)
by_tape(
    "linalg.tridiagonal_matmul",
    "diagonals, rhs, diagonals_format='compact', name=None",
    "diagonals rhs",
    "normal(3, 4), normal(4, 2)",
)
by_tape(
    "linalg.tridiagonal_solve",
    "diagonals, rhs, diagonals_format='compact', transpose_rhs=False, conjugate_rhs=False,"
    " name=None, partial_pivoting=True, perturb_singular=False",
    "diagonals rhs",
    "normal(3, 4) + np.array([[0.0], [4.0], [0.0]], np.float32), normal(4, 2)",
)
by_tape(
    "tensordot",
    "a, b, axes, name=None",
    "a b",
    "normal(2, 3), normal(3, 4), 1",
    "normal(2, 3, 4), normal(4, 3, 5), [[1, 2], [1, 0]]",
)

# --- sums, products, order -----------------------------------------------------------------------

_REDUCTION = "input_tensor, axis=None, keepdims=False, name=None"
_ALONG = ("normal(2, 3)", "normal(2, 3), 0", "normal(2, 3), axis=-1, keepdims=True")

by_tape(
    "math.reduce_prod",
    _REDUCTION,
    "input_tensor",
    *_ALONG,
    "np.array([[0.0, 1.0, 2.0], [0.0, 0.0, 1.0]]), 1",
)
by_tape("math.reduce_euclidean_norm", _REDUCTION, "input_tensor", *_ALONG)
by_tape(
    "math.cumprod",
    "x, axis=0, exclusive=False, reverse=False, name=None",
    "x",
    "positive(2, 3)",
    "positive(2, 3), 1, reverse=True",
)
by_tape(
    "math.cumulative_logsumexp",
    "x, axis=0, exclusive=False, reverse=False, name=None",
    "x",
    "normal(4)",
    "normal(2, 3), 1",
)
by_tape(
    "math.l2_normalize",
    "x, axis=None, epsilon=1e-12, name=None",
    "x",
    "normal(2, 3)",
    "normal(2, 3), 1",
)
by_tape("math.lbeta", "x, name=None", "x", "positive(2, 3)")
by_tape("math.polyval", "coeffs, x, name=None", "coeffs x", "[positive(), positive()], normal(3)")
by_tape(
    "math.top_k",
    "input, k=1, sorted=True, index_type=None, name=None",
    "input",
    "normal(2, 5)",
    "normal(2, 5), 3",
)
by_tape(
    "sort",
    "values, axis=-1, direction='ASCENDING', name=None",
    "values",
    "normal(2, 4)",
    "normal(2, 4), 0, 'DESCENDING'",
)
by_tape(
    "linspace",
    "start, stop, num, name=None, axis=0",
    "start stop",
    "positive(), 3.0 + positive(), 4",
)
by_tape(
    "repeat",
    "input, repeats, axis=None, name=None",
    "input",
    "normal(2, 3), 2",
    "normal(2, 3), [1, 2], 0",
)
by_tape(
    "clip_by_norm",
    "t, clip_norm, axes=None, name=None",
    "t",
    "normal(2, 3), 0.5",
    "normal(2, 3), 0.5, 1",
)
by_tape(
    "clip_by_global_norm",
    "t_list, clip_norm, use_norm=None, name=None",
    "t_list",
    "[normal(2, 3), normal(2)], 0.5",
)
by_tape("linalg.global_norm", "t_list, name=None", "t_list", "[normal(2, 3), normal(2)]")

_SEGMENTS = f"normal(3, 2), {_IDS}"
for _name in ("max", "mean", "min", "prod"):
    by_tape(f"math.segment_{_name}", "data, segment_ids, name=None", "data", _SEGMENTS)
for _name in ("max", "mean", "min", "prod", "sqrt_n", "sum"):
    by_tape(
        f"math.unsorted_segment_{_name}",
        "data, segment_ids, num_segments, name=None",
        "data",
        f"{_SEGMENTS}, 4",
    )
for _name in ("mean", "sqrt_n", "sum"):
    by_tape(
        f"sparse.segment_{_name}",
        "data, indices, segment_ids, num_segments=None, name=None, sparse_gradient=False",
        "data",
        "normal(4, 2), np.array([0, 2, 3]), np.array([0, 0, 1])",
    )

by_tape(
    "dynamic_partition",
    "data, partitions, num_partitions, name=None",
    "data",
    "normal(4), np.array([0, 1, 0, 1]), 2",
)
for _name in ("max", "min"):
    by_tape(
        f"tensor_scatter_nd_{_name}",
        "tensor, indices, updates, name=None",
        "tensor updates",
        "normal(4), [[1], [3]], normal(2)",
    )
by_tape(
    "strided_slice",
    "input_, begin, end, strides=None, begin_mask=0, end_mask=0, ellipsis_mask=0,"
    " new_axis_mask=0, shrink_axis_mask=0, var=None, name=None",
    "input_",
    "normal(3, 4), [0, 1], [2, 4]",
    "normal(5), [1], [5], [2]",
)

# --- neural networks -----------------------------------------------------------------------------

_SPATIAL = "normal(2, 6, 5, 3)"
_KERNEL = "normal(3, 2, 3, 4)"
by_tape(
    "extract_volume_patches",
    "input, ksizes, strides, padding, name=None",
    "input",
    "normal(1, 4, 4, 4, 2), [1, 2, 2, 2, 1], [1, 2, 2, 2, 1], 'VALID'",
)
by_tape(
    "nn.atrous_conv2d",
    "value, filters, rate, padding, name=None",
    "value filters",
    f"{_SPATIAL}, normal(2, 2, 3, 4), 2, 'SAME'",
)
by_tape(
    "nn.atrous_conv2d_transpose",
    "value, filters, output_shape, rate, padding, name=None",
    "value filters",
    "normal(2, 6, 5, 4), normal(2, 2, 3, 4), [2, 6, 5, 3], 2, 'SAME'",
)
by_tape(
    "nn.avg_pool1d",
    "input, ksize, strides, padding, data_format='NWC', name=None",
    "input",
    "normal(2, 6, 3), 2, 2, 'VALID'",
)
by_tape(
    "nn.max_pool1d",
    "input, ksize, strides, padding, data_format='NWC', name=None",
    "input",
    "normal(2, 6, 3), 2, 2, 'VALID'",
)
for _name in ("avg_pool3d", "max_pool3d"):
    by_tape(
        f"nn.{_name}",
        "input, ksize, strides, padding, data_format='NDHWC', name=None",
        "input",
        "normal(1, 4, 4, 4, 2), 2, 2, 'VALID'",
    )
for _name in ("avg_pool", "max_pool"):
    by_tape(
        f"nn.{_name}",
        "input, ksize, strides, padding, data_format=None, name=None",
        "input",
        f"{_SPATIAL}, 2, 2, 'VALID'",
    )
by_tape(
    "nn.pool",
    "input, window_shape, pooling_type, strides=None, padding='VALID', data_format=None,"
    " dilations=None, name=None",
    "input",
    f"{_SPATIAL}, [2, 2], 'AVG'",
)
by_tape(
    "nn.fractional_avg_pool",
    "value, pooling_ratio, pseudo_random=False, overlapping=False, seed=0, name=None",
    "value",
    f"{_SPATIAL}, [1.0, 1.4, 1.4, 1.0], seed=3",
)
by_tape(
    "nn.fractional_max_pool",
    "value, pooling_ratio, pseudo_random=False, overlapping=False, seed=0, name=None",
    "value",
    f"{_SPATIAL}, [1.0, 1.4, 1.4, 1.0], seed=3",
)
by_tape(
    "nn.max_pool_with_argmax",
    "input, ksize, strides, padding, data_format='NHWC', output_dtype=None,"
    " include_batch_in_index=False, name=None",
    "input",
    f"{_SPATIAL}, 2, 2, 'VALID'",
)
by_tape(
    "nn.conv1d",
    "input, filters, stride, padding, data_format='NWC', dilations=None, name=None",
    "input filters",
    "normal(2, 6, 3), normal(2, 3, 4), 1, 'SAME'",
)
by_tape(
    "nn.conv1d_transpose",
    "input, filters, output_shape, strides, padding='SAME', data_format='NWC',"
    " dilations=None, name=None",
    "input filters",
    "normal(2, 6, 4), normal(2, 3, 4), [2, 6, 3], 1",
)
by_tape(
    "nn.conv3d",
    "input, filters, strides, padding, data_format='NDHWC', dilations=None, name=None",
    "input filters",
    "normal(1, 4, 4, 4, 2), normal(2, 2, 2, 2, 3), [1, 1, 1, 1, 1], 'SAME'",
)
by_tape(
    "nn.conv3d_transpose",
    "input, filters, output_shape, strides, padding='SAME', data_format='NDHWC',"
    " dilations=None, name=None",
    "input filters",
    "normal(1, 4, 4, 4, 3), normal(2, 2, 2, 2, 3), [1, 4, 4, 4, 2], 1",
)
by_tape(
    "nn.conv_transpose",
    "input, filters, output_shape, strides, padding='SAME', data_format=None,"
    " dilations=None, name=None",
    "input filters",
    "normal(2, 6, 4), normal(2, 3, 4), [2, 6, 3], 1",
)
by_tape(
    "nn.convolution",
    "input, filters, strides=None, padding='VALID', data_format=None, dilations=None, name=None",
    "input filters",
    f"{_SPATIAL}, {_KERNEL}",
    f"{_SPATIAL}, {_KERNEL}, padding='SAME'",
)
by_tape(
    "nn.depthwise_conv2d",
    "input, filter, strides, padding, data_format=None, dilations=None, name=None",
    "input filter",
    f"{_SPATIAL}, normal(2, 2, 3, 2), [1, 1, 1, 1], 'SAME'",
)
by_tape(
    "nn.separable_conv2d",
    "input, depthwise_filter, pointwise_filter, strides, padding, data_format=None,"
    " dilations=None, name=None",
    "input depthwise_filter pointwise_filter",
    f"{_SPATIAL}, normal(2, 2, 3, 2), normal(1, 1, 6, 4), [1, 1, 1, 1], 'SAME'",
)
for _name in ("dilation2d", "erosion2d"):
    _first = "input" if _name == "dilation2d" else "value"
    by_tape(
        f"nn.{_name}",
        f"{_first}, filters, strides, padding, data_format, dilations, name=None",
        f"{_first} filters",
        f"{_SPATIAL}, normal(2, 2, 3), [1, 1, 1, 1], 'SAME', 'NHWC', [1, 1, 1, 1]",
    )
by_tape(
    "nn.batch_normalization",
    "x, mean, variance, offset, scale, variance_epsilon, name=None",
    "x mean variance offset scale",
    "normal(4, 3), normal(3), positive(3), normal(3), positive(3), 0.001",
)
by_tape(
    "nn.batch_norm_with_global_normalization",
    "input, mean, variance, beta, gamma, variance_epsilon, scale_after_normalization, name=None",
    "input mean variance beta gamma",
    "normal(2, 3, 2, 3), normal(3), positive(3), normal(3), positive(3), 0.001, True",
)
by_tape(
    "nn.compute_average_loss",
    "per_example_loss, sample_weight=None, global_batch_size=None",
    "per_example_loss",
    "positive(4)",
    "positive(4), global_batch_size=8",
)
by_tape("nn.scale_regularization_loss", "regularization_loss", "regularization_loss", "positive()")
by_tape("nn.crelu", "features, axis=-1, name=None", "features", "normal(2, 3)")
by_tape(
    "nn.ctc_loss",
    "labels, logits, label_length, logit_length, logits_time_major=True, unique=None,"
    " blank_index=None, name=None",
    "logits",
    "np.array([[1, 2], [2, 1]]), normal(5, 2, 4), np.array([2, 2]), np.array([5, 5]),"
    " blank_index=0",
)
by_tape("nn.isotonic_regression", "inputs, decreasing=True, axis=-1", "inputs", "normal(2, 5)")
by_tape(
    "nn.local_response_normalization",
    "input, depth_radius=5, bias=1, alpha=1, beta=0.5, name=None",
    "input",
    _SPATIAL,
)
by_tape(
    "nn.log_poisson_loss",
    "targets, log_input, compute_full_loss=False, name=None",
    "targets log_input",
    "positive(3), normal(3)",
)
by_tape(
    "nn.weighted_moments",
    "x, axes, frequency_weights, keepdims=False, name=None",
    "x frequency_weights",
    "normal(4, 3), [0], positive(4, 3)",
)
by_tape(
    "nn.normalize_moments",
    "counts, mean_ss, variance_ss, shift, name=None",
    "counts mean_ss variance_ss shift",
    "3.0 + positive(), normal(3), 4.0 + positive(3), normal(3)",
)
by_tape(
    "nn.sufficient_statistics",
    "x, axes, shift=None, keepdims=False, name=None",
    "x",
    "normal(4, 3), [0]",
)
by_tape(
    "nn.weighted_cross_entropy_with_logits",
    "labels, logits, pos_weight, name=None",
    "labels logits pos_weight",
    "positive(3) / 2.0, normal(3), positive(3)",
)
_SAMPLED = (
    "normal(6, 3), normal(6), np.array([[1], [2]]), normal(2, 3), 3, 6, 1, (np.array([0, 3, 5]),"
    " np.array([[0.5], [0.4]], np.float32), np.array([0.3, 0.2, 0.1], np.float32))"
)
by_tape(
    "nn.nce_loss",
    "weights, biases, labels, inputs, num_sampled, num_classes, num_true=1,"
    " sampled_values=None, remove_accidental_hits=False, name='nce_loss'",
    "weights biases inputs",
    _SAMPLED,
    doc="With samples of one's own: drawn ones would differ in the derivative.",
)
by_tape(
    "nn.sampled_softmax_loss",
    "weights, biases, labels, inputs, num_sampled, num_classes, num_true=1,"
    " sampled_values=None, remove_accidental_hits=True, seed=None,"
    " name='sampled_softmax_loss'",
    "weights biases inputs",
    _SAMPLED,
    doc="With samples of one's own: drawn ones would differ in the derivative.",
)

# --- quantization: straight-through derivatives, as TensorFlow defines them ----------------------

_RANGE = "inputs, min=-6.0, max=6.0, num_bits=8, narrow_range=False, name=None"
by_tape(
    "quantization.fake_quant_with_min_max_args",
    _RANGE,
    "inputs",
    "normal(2, 3)",
    kinks="the derivative is taken as if nothing were rounded inside the range",
)
for _name in ("vars", "vars_per_channel"):
    _bounds = (
        "np.float32(-2.0), np.float32(2.0)"
        if _name == "vars"
        else "-2.0 * positive(3), 2.0 * positive(3)"
    )
    by_tape(
        f"quantization.fake_quant_with_min_max_{_name}",
        "inputs, min, max, num_bits=8, narrow_range=False, name=None",
        "inputs min max",
        f"normal(2, 3), {_bounds}",
        kinks="the derivative is taken as if nothing were rounded inside the range",
    )
for _name in ("quantize_and_dequantize", "quantize_and_dequantize_v2"):
    by_tape(
        f"quantization.{_name}",
        "input, input_min, input_max, signed_input=True, num_bits=8, range_given=False,"
        " round_mode='HALF_TO_EVEN', name=None, narrow_range=False, axis=None",
        "input",
        "normal(2, 3), -3.0, 3.0",
        kinks="the derivative is taken as if nothing were rounded inside the range",
    )

# --- random numbers whose seed is an argument ----------------------------------------------------

for _name in ("normal", "truncated_normal"):
    by_tape(
        f"random.stateless_{_name}",
        "shape, seed, mean=0.0, stddev=1.0, dtype=None, name=None, alg='auto_select'",
        "mean stddev",
        "[3], [1, 2], positive(), positive()",
    )
by_tape(
    "random.stateless_uniform",
    "shape, seed, minval=0, maxval=None, dtype=None, name=None, alg='auto_select'",
    "minval maxval",
    "[3], [1, 2], positive(), 3.0 + positive()",
)
by_tape(
    "random.stateless_gamma",
    "shape, seed, alpha, beta=None, dtype=None, name=None",
    "alpha",
    "[3], [1, 2], positive(3)",
)
# Where it carries a derivative, a dropout is written as a product with its mask (`lower.desugar`).
# The result alone does not tell which zeros were dropped.
_KEPT = "tf.where(y == 0.0, math.nan, g / (1.0 - rate))"
general(
    "tensorflow.nn.dropout",
    "x, rate, noise_shape=None, seed=None, name=None",
    {"x": _KEPT},
    {"x": _KEPT},
    shape=like("x"),
)


def _summed(term: str, parameter: str) -> list[Case]:
    """The term in the shape of a parameter, which often is a number."""
    return [
        Case(f"tf.reduce_sum({term})", lambda call: call.rank(parameter) == 0),
        Case(f"unbroadcast({term}, {parameter})"),
    ]


for _name in ("normal", "truncated_normal"):
    general(
        f"tensorflow.random.{_name}",
        "shape, mean=0.0, stddev=1.0, dtype=None, seed=None, name=None",
        {
            "mean": _summed("g", "mean"),
            "stddev": _summed("g * (y - mean) / stddev", "stddev"),
        },
        {"mean": "expand(g, y)", "stddev": "expand(g * (y - mean) / stddev, y)"},
        doc="With the sample held fixed: the derivative of mean + stddev * sample.",
    )
general(
    "tensorflow.random.uniform",
    "shape, minval=0.0, maxval=1.0, dtype=None, seed=None, name=None",
    {
        "minval": _summed("g * (maxval - y) / (maxval - minval)", "minval"),
        "maxval": _summed("g * (y - minval) / (maxval - minval)", "maxval"),
    },
    {
        "minval": "expand(g * (maxval - y) / (maxval - minval), y)",
        "maxval": "expand(g * (y - minval) / (maxval - minval), y)",
    },
    doc="With the sample held fixed.",
)
general(
    "tensorflow.random.gamma",
    "shape, alpha, beta=None, dtype=None, seed=None, name=None",
    {
        "alpha": [
            Case(
                "unbroadcast(g * tf.raw_ops.RandomGammaGrad(alpha=expand(alpha, y), sample=y),"
                " alpha)",
                lambda call: call.absent("beta"),
            ),
            Case(
                "unbroadcast(g * tf.raw_ops.RandomGammaGrad(alpha=expand(alpha, y),"
                " sample=y * beta) / beta, alpha)"
            ),
        ],
        "beta": "unbroadcast(-g * y / beta, beta)",
    },
    {
        "alpha": [
            Case(
                "expand(g, y) * tf.raw_ops.RandomGammaGrad(alpha=expand(alpha, y), sample=y)",
                lambda call: call.absent("beta"),
            ),
            Case(
                "expand(g, y) * tf.raw_ops.RandomGammaGrad(alpha=expand(alpha, y),"
                " sample=y * beta) / beta"
            ),
        ],
        "beta": "expand(-g / beta, y) * y",
    },
    doc="Implicit reparametrisation of the sample.",
    reference="Figurnov, Mohamed, Mnih, Implicit Reparameterization Gradients, 2018",
)

# --- signals -------------------------------------------------------------------------------------

for _name in ("dct", "idct"):
    by_tape(
        f"signal.{_name}",
        "input, type=2, n=None, axis=-1, norm=None, name=None",
        "input",
        "normal(2, 4)",
        "normal(4), norm='ortho'",
    )
by_tape(
    "signal.frame",
    "signal, frame_length, frame_step, pad_end=False, pad_value=0, axis=-1, name=None",
    "signal",
    "normal(8), 4, 2",
    "normal(9), 4, 2, pad_end=True",
)
by_tape(
    "signal.mdct",
    "signals, frame_length, window_fn=None, pad_end=False, norm=None, name=None",
    "signals",
    "normal(16), 8",
)
by_tape(
    "signal.inverse_mdct", "mdcts, window_fn=None, norm=None, name=None", "mdcts", "normal(3, 4)"
)
by_tape(
    "signal.mfccs_from_log_mel_spectrograms",
    "log_mel_spectrograms, name=None",
    "log_mel_spectrograms",
    "normal(3, 8)",
)

# --- several ways to say the same ----------------------------------------------------------------

for _name, _first in (
    ("filter", "input, filter_sizes, out_backprop"),
    ("input", "input_sizes, filter, out_backprop"),
):
    by_tape(
        f"nn.depthwise_conv2d_backprop_{_name}",
        f"{_first}, strides, padding, data_format='NHWC', dilations=[1, 1, 1, 1], name=None",
        "input out_backprop" if _name == "filter" else "filter out_backprop",
        f"{_SPATIAL}, [2, 2, 3, 2], normal(2, 6, 5, 6), [1, 1, 1, 1], 'SAME'"
        if _name == "filter"
        else "[2, 6, 5, 3], normal(2, 2, 3, 2), normal(2, 6, 5, 6), [1, 1, 1, 1], 'SAME'",
    )
for _name in ("max", "min"):
    by_tape(
        f"math.approx_{_name}_k",
        "operand, k, reduction_dimension=-1, recall_target=0.95, reduction_input_size_override=-1,"
        " aggregate_to_topk=True, name=None",
        "operand",
        *(("normal(2, 5), 2",) if _name == "max" else ()),  # TensorFlow on a CPU has no other
    )
by_tape(
    "approx_top_k",
    "input, k, reduction_dimension=-1, recall_target=0.95, is_max_k=True,"
    " reduction_input_size_override=-1, aggregate_to_topk=True, name=None",
    "input",
    "normal(2, 5), 2",
)
by_tape(
    "sparse.sparse_dense_matmul",
    "sp_a, b, adjoint_a=False, adjoint_b=False, name=None",
    "b",
    "tf.sparse.from_dense(np.eye(3, 4, dtype=np.float32)), normal(4, 2)",
)

general(
    "tensorflow.image.random_brightness",
    "image, max_delta, seed=None",
    {"image": "g"},
    {"image": "g"},
    shape=like("image"),
)
alias(
    **{
        "tensorflow.eig": "tensorflow.linalg.eig",
        "tensorflow.eigvals": "tensorflow.linalg.eigvals",
        "tensorflow.linalg.l2_normalize": "tensorflow.math.l2_normalize",
        "tensorflow.matrix_square_root": "tensorflow.linalg.sqrtm",
        "tensorflow.nn.approx_max_k": "tensorflow.math.approx_max_k",
        "tensorflow.nn.approx_min_k": "tensorflow.math.approx_min_k",
        "tensorflow.reduce_prod": "tensorflow.math.reduce_prod",
        "tensorflow.nn.l2_normalize": "tensorflow.math.l2_normalize",
        "tensorflow.nn.top_k": "tensorflow.math.top_k",
        "tensorflow.nn.lrn": "tensorflow.nn.local_response_normalization",
        "tensorflow.linalg.tensordot": "tensorflow.tensordot",
        "tensorflow.eigh": "tensorflow.linalg.eigh",
    }
)

# --- the helpers, which are differentiated in turn -----------------------------------------------

general(
    "tangent.gradient_by_tape",
    "f, wrt, c, tensors, options=None",
    {
        "c": "tangent_by_tape(f, wrt, g, tensors, options)",
        "tensors": "gradients_of_gradient(f, wrt, c, g, tensors, options)",
    },
    {
        "c": "gradient_by_tape(f, wrt, g, tensors, options)",
        "tensors": "tangent_of_gradient(f, wrt, c, g, tensors, options)",
    },
    sequence="tensors",
)
general(
    "tangent.tangent_by_tape",
    "f, wrt, c, tensors, options=None",
    {
        "c": "gradient_by_tape(f, wrt, g, tensors, options)",
        "tensors": "gradients_of_tangent(f, wrt, c, g, tensors, options)",
    },
    {
        "c": "tangent_by_tape(f, wrt, g, tensors, options)",
        "tensors": "tangent_of_tangent(f, wrt, c, g, tensors, options)",
    },
    sequence="tensors",
)
