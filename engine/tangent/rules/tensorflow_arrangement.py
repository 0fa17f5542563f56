"""Rules for functions of TensorFlow that move, copy or add elements: the adjoint of each is the
function that moves them back."""

from __future__ import annotations

from tangent.rules.declare import Case, alias, general, like, linear

_IMAGE = "normal(2, 4, 6, 3)"

# --- images --------------------------------------------------------------------------------------

for _name in ("flip_left_right", "flip_up_down", "transpose"):
    linear(
        f"tensorflow.image.{_name}",
        "image, *, name=None" if _name == "transpose" else "image",
        {"image": f"tf.image.{_name}(g)"},
        tests=(_IMAGE,),
    )
linear(
    "tensorflow.image.rot90",
    "image, k=1, name=None",
    {
        "image": [
            Case("tf.image.rot90(g, 3)", lambda call: call.absent("k")),
            Case("tf.image.rot90(g, -k)"),
        ]
    },
    tests=(_IMAGE, f"{_IMAGE}, 2"),
)
general(
    "tensorflow.image.adjust_brightness",
    "image, delta",
    {"image": "g", "delta": "tf.reduce_sum(g)"},
    {"image": "g", "delta": "expand(g, y)"},
    shape=like("image"),
    tests=(f"{_IMAGE}, positive()",),
)
linear(
    "tensorflow.image.grayscale_to_rgb",
    "images, name=None",
    {"images": "tf.reduce_sum(g, axis=-1, keepdims=True)"},
    tests=("normal(2, 4, 6, 1)",),
)
linear(
    "tensorflow.image.crop_to_bounding_box",
    "image, offset_height, offset_width, target_height, target_width",
    {
        "image": "tf.image.pad_to_bounding_box(g, offset_height, offset_width,"
        " tf.shape(image)[-3], tf.shape(image)[-2])"
    },
    tests=(f"{_IMAGE}, 1, 2, 2, 3",),
)
linear(
    "tensorflow.image.pad_to_bounding_box",
    "image, offset_height, offset_width, target_height, target_width",
    {
        "image": "tf.image.crop_to_bounding_box(g, offset_height, offset_width,"
        " tf.shape(image)[-3], tf.shape(image)[-2])"
    },
    tests=(f"{_IMAGE}, 1, 2, 6, 9",),
)
for _there, _back in (("space_to_depth", "depth_to_space"), ("depth_to_space", "space_to_depth")):
    linear(
        f"tensorflow.nn.{_there}",
        "input, block_size, data_format='NHWC', name=None",
        {"input": f"tf.nn.{_back}(g, block_size, data_format=data_format)"},
        tests=("normal(1, 4, 4, 4), 2",),
    )
alias(
    **{
        "tensorflow.space_to_depth": "tensorflow.nn.space_to_depth",
        "tensorflow.depth_to_space": "tensorflow.nn.depth_to_space",
    }
)
linear(
    "tensorflow.batch_to_space",
    "input, block_shape, crops, name=None",
    {"input": "tf.space_to_batch(g, block_shape, crops)"},
    tests=("normal(4, 2, 2, 3), [2, 2], [[0, 0], [1, 0]]",),
)
for _name in ("space_to_batch", "space_to_batch_nd"):
    linear(
        f"tensorflow.{_name}",
        "input, block_shape, paddings, name=None",
        {"input": "tf.batch_to_space(g, block_shape, paddings)"},
        tests=("normal(1, 4, 4, 3), [2, 2], [[0, 0], [2, 0]]",),
    )
alias(**{"tensorflow.nn.space_to_batch": "tensorflow.space_to_batch"})

# --- matrices ------------------------------------------------------------------------------------

linear(
    "tensorflow.linalg.adjoint",
    "matrix, name=None",
    {"matrix": "tf.linalg.adjoint(g)"},
    tests=("normal(2, 3)",),
)
linear(
    "tensorflow.linalg.band_part",
    "input, num_lower, num_upper, name=None",
    {"input": "tf.linalg.band_part(g, num_lower, num_upper)"},
    shape=like("input"),
    tests=("normal(3, 4), 1, 0", "normal(2, 3, 3), -1, 1"),
)
linear(
    "tensorflow.linalg.tensor_diag",
    "diagonal, name=None",
    {"diagonal": "tf.linalg.tensor_diag_part(g)"},
    tests=("normal(3)", "normal(2, 3)"),
)
linear(
    "tensorflow.linalg.tensor_diag_part",
    "input, name=None",
    {"input": "tf.linalg.tensor_diag(g)"},
    tests=("normal(3, 3)", "normal(2, 3, 2, 3)"),
)
linear(
    "tensorflow.linalg.cross",
    "a, b, name=None",
    {"a": "tf.linalg.cross(b, g)", "b": "tf.linalg.cross(g, a)"},
    shape=like("a"),
    tests=("normal(3), normal(3)", "normal(2, 3), normal(2, 3)"),
)
alias(
    **{
        "tensorflow.linalg.tensor_diag_part_v2": "tensorflow.linalg.tensor_diag_part",
        "tensorflow.linalg.matrix_band_part": "tensorflow.linalg.band_part",
    }
)

# --- sequences and segments ----------------------------------------------------------------------

linear(
    "tensorflow.reverse_sequence",
    "input, seq_lengths, seq_axis=None, batch_axis=None, name=None",
    {"input": "tf.reverse_sequence(g, seq_lengths, seq_axis=seq_axis, batch_axis=batch_axis)"},
    shape=like("input"),
    tests=("normal(2, 4), [3, 2], seq_axis=1, batch_axis=0",),
)
for _name in ("math.add_n", "math.accumulate_n"):
    _rest = ", shape=None, tensor_dtype=None, name=None" if "accumulate" in _name else ", name=None"
    general(
        f"tensorflow.{_name}",
        f"inputs{_rest}",
        {"inputs": "[g] * len(inputs)"},
        {"inputs": "tf.add_n(g)"},
        sequence="inputs",
        tests=("[normal(2, 3), normal(2, 3), normal(2, 3)]",),
    )
alias(**{"tensorflow.add_n": "tensorflow.math.add_n"})
for _name, _parameter in (("identity_n", "input"), ("tuple", "tensors")):
    general(
        f"tensorflow.{_name}",
        f"{_parameter}, *, name=None",
        {_parameter: "g"},
        {_parameter: "g"},
        sequence=_parameter,
        tests=("[normal(2, 3), normal(2)]",),
    )
linear(
    "tensorflow.math.segment_sum",
    "data, segment_ids, name=None",
    {"data": "tf.gather(g, segment_ids)"},
    tests=("normal(4, 2), np.array([0, 0, 1, 3])",),
)
linear(
    "tensorflow.signal.overlap_and_add",
    "signal, frame_step, name=None",
    {"signal": "tf.signal.frame(g, tf.shape(signal)[-1], frame_step)"},
    tests=("normal(3, 4), 2", "normal(2, 3, 4), 4"),
)
for _there, _back in (("fftshift", "ifftshift"), ("ifftshift", "fftshift")):
    linear(
        f"tensorflow.signal.{_there}",
        "x, axes=None, name=None",
        {"x": f"tf.signal.{_back}(g, axes=axes)"},
        shape=like("x"),
        tests=("normal(5)", "normal(3, 4), axes=[1]"),
    )

# --- scattered updates ---------------------------------------------------------------------------

general(
    "tensorflow.tensor_scatter_nd_sub",
    "tensor, indices, updates, name=None",
    {"tensor": "g", "updates": "-tf.gather_nd(g, indices)"},
    {
        "tensor": "g",
        "updates": "tf.tensor_scatter_nd_sub(tf.zeros_like(tensor), indices, g)",
    },
    shape=like("tensor"),
    tests=("normal(4), [[1], [3], [1]], normal(3)",),
)
general(
    "tensorflow.tensor_scatter_nd_update",
    "tensor, indices, updates, name=None",
    {
        "tensor": "tf.tensor_scatter_nd_update(g, indices, tf.zeros_like(updates))",
        "updates": "tf.gather_nd(g, indices)",
    },
    {
        "tensor": "tf.tensor_scatter_nd_update(g, indices, tf.zeros_like(updates))",
        "updates": "tf.tensor_scatter_nd_update(tf.zeros_like(tensor), indices, g)",
    },
    shape=like("tensor"),
    kinks="of two updates of one element, which one counts is not defined",
    tests=("normal(4), [[1], [3]], normal(2)",),
)

# --- types ---------------------------------------------------------------------------------------

general(
    "tensorflow.image.convert_image_dtype",
    "image, dtype, saturate=False, name=None",
    {"image": "cast_like(g, image, y)"},
    {"image": "cast_like(g, y, image)"},
    doc="Between floating types; through integers the derivative is zero.",
    tests=("normal(2, 3), tf.float32",),
)
alias(
    **{
        "tensorflow.realdiv": "tensorflow.divide",
        "tensorflow.math.real_div": "tensorflow.divide",
    }
)


general(
    "tensorflow.dtypes.saturate_cast",
    "value, dtype, name=None",
    {"value": "cast_like(g, value, y)"},
    {"value": "cast_like(g, y, value)"},
    doc="Between floating types; where a value does not fit, it is infinite in either.",
    tests=("normal(2, 3), tf.float32",),
)
alias(**{"tensorflow.saturate_cast": "tensorflow.dtypes.saturate_cast"})

# --- where TensorFlow says nothing ---------------------------------------------------------------
# `tf.GradientTape` gives None for these, though they depend on these arguments: here they are
# constants, so that a varied one is reported. Nothing passes through the others.

general(
    "tensorflow.one_hot",
    "indices, depth, on_value=None, off_value=None, axis=None, dtype=None, name=None",
    {},
    {},
    inert=("indices", "depth"),
)
general(
    "tensorflow.math.bincount",
    "arr, weights=None, minlength=None, maxlength=None, dtype=None, name=None, axis=None,"
    " binary_output=False",
    {},
    {},
    inert=("arr",),
)
general("tensorflow.image.hsv_to_rgb", "images, name=None", {}, {})
general(
    "tensorflow.range",
    "start, limit=None, delta=1, dtype=None, name=None",
    {},
    {},
    inert=("limit",),
)
