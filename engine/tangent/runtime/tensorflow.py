"""The functions that derivative code calls, for TensorFlow's tensors.

They are the counterparts of those in `tangent.runtime`, which pass tensors on to this module,
and a few that only TensorFlow needs. All work eagerly and inside ``tf.function``, also where a
shape is only known when the graph runs, and keep the dtype of the primal: a Python number as
seed becomes a tensor of the dtype of what it belongs to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

# What `tf.convert_to_tensor` accepts: tensors, variables, numbers, arrays.
Tensor = Any


def in_dtype_of(value: Tensor, x: Tensor) -> Tensor:
    """The value as a tensor of the dtype of ``x``, if that is a floating or complex one."""
    x = tf.convert_to_tensor(x)
    varies = _varies(x)
    if not tf.is_tensor(value):
        return tf.convert_to_tensor(value, x.dtype if varies else None)
    return tf.cast(value, x.dtype) if varies else tf.convert_to_tensor(value)


def _varies(x: Tensor) -> bool:
    """Whether the dtype of a tensor can carry a derivative."""
    return x.dtype.is_floating or x.dtype.is_complex


def _conjugate(value: Any) -> Any:
    """To and from TensorFlow's gradients, which are the conjugates of ours."""
    return tf.nest.map_structure(
        lambda part: tf.math.conj(part) if part is not None and part.dtype.is_complex else part,
        value,
    )


def shape_of(value: Tensor) -> tf.TensorShape:
    """The shape, as far as it is known before a graph runs."""
    return tf.convert_to_tensor(value).shape


def _same_static_shape(a: Tensor, b: Tensor) -> bool:
    return a.shape.is_fully_defined() and a.shape == b.shape


# --- values ------------------------------------------------------------------------------------


def zeros_like(x: Tensor) -> Tensor:
    """The zero cotangent of ``x``: floating also for a tensor of integers.

    Raises TypeError for a value that carries no derivative.
    """
    if not tf.is_tensor(x):
        raise TypeError(f"a value of type {type(x).__name__} carries no derivative")
    if x.dtype.is_floating or x.dtype.is_complex:
        return tf.zeros_like(x)
    if x.dtype.is_integer or x.dtype.is_bool:
        return tf.zeros(tf.shape(x))
    raise TypeError(f"a tensor of {x.dtype.name} carries no derivative")


def snapshot(x: Tensor) -> Tensor:
    """The value of a variable; a tensor is immutable and its own."""
    return tf.identity(x) if isinstance(x, tf.Variable) else x


def add_at(adjoint: Tensor, index: Any, c: Tensor) -> Tensor:
    """``adjoint`` with ``c`` added to ``adjoint[index]``, as a new tensor."""
    adjoint = tf.convert_to_tensor(adjoint)
    flat = tf.reshape(adjoint, [-1])
    places = tf.reshape(tf.range(tf.size(adjoint)), tf.shape(adjoint))[index]
    c = tf.broadcast_to(in_dtype_of(c, adjoint), tf.shape(places))
    added = tf.tensor_scatter_nd_add(flat, tf.reshape(places, [-1, 1]), tf.reshape(c, [-1]))
    return tf.reshape(added, tf.shape(adjoint))


# --- elementwise -------------------------------------------------------------------------------


def sign(x: Tensor) -> Tensor:
    """-1, 0 or 1 by the sign of ``x``."""
    return tf.sign(x)


def larger(a: Tensor, b: Tensor) -> Tensor:
    """1 where ``a > b``, 0 where ``a < b``, one half where they are equal."""
    return 0.5 * (1.0 + tf.sign(a - b))


def log_or_zero(x: Tensor) -> Tensor:
    """``log(x)``, and 0 at 0."""
    return tf.math.log(tf.where(tf.equal(x, 0), tf.ones_like(x), x))


def divide_or_zero(x: Tensor, y: Tensor) -> Tensor:
    """``x / y``, and 0 where ``y`` is 0."""
    return tf.math.divide_no_nan(x, y)


def product_or_zero(x: Tensor, y: Tensor) -> Tensor:
    """``x * y``, and 0 where ``x`` is 0, whatever ``y`` is."""
    return tf.math.multiply_no_nan(y, x)


def power_slope(a: Tensor, b: Tensor) -> Tensor:
    """The derivative of ``a ** b`` by ``a``: ``b * a ** (b - 1)``, and 0 where ``b`` is 0."""
    return tf.math.multiply_no_nan(tf.pow(a, b - 1), b)


# --- broadcasting and reductions ---------------------------------------------------------------


def unbroadcast(c: Tensor, x: Tensor) -> Tensor:
    """The sum of ``c`` over the dimensions along which ``x`` was broadcast to its shape.

    The result has the shape and the dtype of ``x``. A dimension that ``c`` lacks is
    added by repeating it.
    """
    c = in_dtype_of(c, x)
    x = tf.convert_to_tensor(x)
    if _same_static_shape(c, x):
        return c
    shape = tf.shape(x)
    axes, _ = tf.raw_ops.BroadcastGradientArgs(s0=shape, s1=tf.shape(c))
    c = tf.broadcast_to(c, tf.broadcast_dynamic_shape(shape, tf.shape(c)))
    return tf.reshape(tf.reduce_sum(c, axis=axes), shape)


def expand(c: Tensor, x: Tensor) -> Tensor:
    """``c`` broadcast to the shape of ``x``, in its dtype."""
    c = in_dtype_of(c, x)
    x = tf.convert_to_tensor(x)
    return c if _same_static_shape(c, x) else tf.broadcast_to(c, tf.shape(x))


def insert_dims(c: Tensor, x: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The result of a reduction of ``x`` with the reduced dimensions put back, of extent 1."""
    c = tf.convert_to_tensor(c)
    if keepdims or axis is None:
        return c
    shape = tf.shape(x)
    axes = tf.reshape(axis, [-1]) % tf.rank(x)
    ones = tf.ones_like(axes)
    return tf.reshape(c, tf.tensor_scatter_nd_update(shape, axes[:, tf.newaxis], ones))


def tie_weights(x: Tensor, extremum: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The derivative of ``extremum``, the maximum or minimum of ``x`` along ``axis``: one over
    the number of elements that are equal to it at each of them, and zero elsewhere."""
    x = tf.convert_to_tensor(x)
    ties = tf.cast(tf.equal(x, insert_dims(extremum, x, axis, keepdims)), x.dtype)
    return ties / tf.reduce_sum(ties, axis=axis, keepdims=True)


# --- products of matrices ----------------------------------------------------------------------


def matmul_adjoint_left(c: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """The adjoint of ``a`` in ``a @ b``."""
    a, b = tf.convert_to_tensor(a), tf.convert_to_tensor(b)
    return unbroadcast(tf.matmul(_product_cotangent(c, a, b), b, transpose_b=True), a)


def matmul_adjoint_right(c: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """The adjoint of ``b`` in ``a @ b``."""
    a, b = tf.convert_to_tensor(a), tf.convert_to_tensor(b)
    return unbroadcast(tf.matmul(a, _product_cotangent(c, a, b), transpose_a=True), b)


def _product_cotangent(c: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """``c`` in the shape of the product: repeated where it is smaller, summed where larger."""
    stack = tf.broadcast_dynamic_shape(tf.shape(a)[:-2], tf.shape(b)[:-2])
    shape = tf.concat([stack, tf.shape(a)[-2:-1], tf.shape(b)[-1:]], axis=0)
    return unbroadcast(c, tf.zeros(shape, a.dtype))


# --- layout ------------------------------------------------------------------------------------


def untile(c: Tensor, x: Tensor, multiples: Tensor) -> Tensor:
    """The sum of the copies of which ``tf.tile(x, multiples)`` consists."""
    shape = tf.shape(x)
    split = tf.reshape(tf.stack([tf.cast(multiples, shape.dtype), shape], axis=1), [-1])
    return tf.reduce_sum(tf.reshape(c, split), axis=tf.range(0, tf.size(split), 2))


def unconcat(c: Tensor, parts: Sequence[Tensor], axis: int) -> list[Tensor]:
    """``c`` cut along ``axis`` into pieces as large as ``parts``."""
    return tf.split(c, [tf.shape(part)[axis] for part in parts], axis)


def ungather(c: Tensor, x: Tensor, indices: Tensor, axis: int | None = None) -> Tensor:
    """Zeros of the shape of ``x`` to which each slice of ``c`` is added at the place
    from which ``tf.gather(x, indices, axis=axis)`` takes it."""
    c, x = in_dtype_of(c, x), tf.convert_to_tensor(x)
    indices = tf.convert_to_tensor(indices)
    if x.shape.rank is None or indices.shape.rank is None:
        raise ValueError("the derivative of tf.gather needs known ranks")
    first = int(axis or 0) % x.shape.rank
    inner = range(first, first + indices.shape.rank)
    outer = [d for d in range(x.shape.rank - 1 + indices.shape.rank) if d not in inner]
    front = [first, *(d for d in range(x.shape.rank) if d != first)]
    zeros = tf.zeros_like(tf.transpose(x, front))
    updates = tf.reshape(
        tf.transpose(c, [*inner, *outer]),
        tf.concat([[tf.size(indices)], tf.shape(zeros)[1:]], axis=0),
    )
    added = tf.tensor_scatter_nd_add(zeros, tf.reshape(indices, [-1, 1]), updates)
    return tf.transpose(added, tf.math.invert_permutation(front))


def cast_like(c: Tensor, x: Tensor, other: Tensor) -> Tensor:
    """``c`` in the dtype of ``x``; zero if that of ``x`` or ``other`` is not floating."""
    x = tf.convert_to_tensor(x)
    if x.dtype.is_floating and tf.convert_to_tensor(other).dtype.is_floating:
        return tf.cast(c, x.dtype)
    return tf.zeros_like(x)


# --- images ------------------------------------------------------------------------------------


def _extents(value: Any, data_format: str) -> list[int]:
    """An option like ``strides`` with one number for each of the four dimensions."""
    value = [int(v) for v in (value if isinstance(value, Sequence) else [value])]
    if len(value) == 4:
        return value
    height_width = value * 2 if len(value) == 1 else value
    return [1, *height_width, 1] if data_format == "NHWC" else [1, 1, *height_width]


def _padding(padding: Any) -> dict[str, Any]:
    if isinstance(padding, str):
        return {"padding": padding}
    return {"padding": "EXPLICIT", "explicit_paddings": [int(p) for pair in padding for p in pair]}


def conv2d_filters_adjoint(
    c: Tensor,
    image: Tensor,
    filters: Tensor,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    dilations: Any = None,
) -> Tensor:
    """The adjoint of ``filters`` in ``tf.nn.conv2d(image, filters, ...)``, where ``c`` is
    that of the result."""
    return tf.raw_ops.Conv2DBackpropFilter(
        input=image,
        filter_sizes=tf.shape(filters),
        out_backprop=c,
        strides=_extents(strides, data_format),
        data_format=data_format,
        dilations=_extents(1 if dilations is None else dilations, data_format),
        **_padding(padding),
    )


def max_pool2d_adjoint(
    c: Tensor,
    image: Tensor,
    pooled: Tensor,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
) -> Tensor:
    """The adjoint of ``image`` in ``pooled = tf.nn.max_pool2d(image, ...)``."""
    return tf.raw_ops.MaxPoolGrad(
        orig_input=image,
        orig_output=pooled,
        grad=c,
        ksize=_extents(ksize, data_format),
        strides=_extents(strides, data_format),
        data_format=data_format,
        **_padding(padding),
    )


def max_pool2d_tangent(
    c: Tensor,
    image: Tensor,
    pooled: Tensor,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str = "NHWC",
) -> Tensor:
    """The tangent of ``pooled = tf.nn.max_pool2d(image, ...)``: the elements of ``c``, the
    tangent of ``image``, that stand where the maxima are. TensorFlow has no such operation for
    a padding that is given as numbers."""
    return tf.raw_ops.MaxPoolGradGrad(
        orig_input=image,
        orig_output=pooled,
        grad=c,
        ksize=_extents(ksize, data_format),
        strides=_extents(strides, data_format),
        padding=padding,
        data_format=data_format,
    )


def avg_pool2d_adjoint(
    c: Tensor,
    image: Tensor,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str = "NHWC",
) -> Tensor:
    """The adjoint of ``image`` in ``tf.nn.avg_pool2d(image, ...)``."""
    return tf.raw_ops.AvgPoolGrad(
        orig_input_shape=tf.shape(image),
        grad=c,
        ksize=_extents(ksize, data_format),
        strides=_extents(strides, data_format),
        padding=padding,
        data_format=data_format,
    )


# --- derivatives that are left to TensorFlow -----------------------------------------------------


def gradient_by_tape(
    f: Callable[..., Any],
    wrt: int,
    c: Any,
    tensors: Sequence[Any],
    options: Mapping[str, Any] | None = None,
) -> Any:
    """The cotangent of ``tensors[wrt]`` (a tensor, or a list of tensors) in
    ``f(*tensors, **options)``, given the cotangent ``c`` of its result, by `tf.GradientTape`."""
    value = _as_tensors(tensors[wrt])
    with tf.GradientTape() as tape:
        tape.watch(value)
        y = _applied(f, wrt, value, tensors, options)
    results, cotangents = _floating(y, c)
    gradients = tape.gradient(
        results, value, _conjugate(cotangents), unconnected_gradients=tf.UnconnectedGradients.ZERO
    )
    return _conjugate(tf.nest.map_structure(tf.convert_to_tensor, gradients))


def tangent_by_tape(
    f: Callable[..., Any],
    wrt: int,
    c: Any,
    tensors: Sequence[Any],
    options: Mapping[str, Any] | None = None,
) -> Any:
    """The tangent of ``f(*tensors, **options)``, given the tangent ``c`` of ``tensors[wrt]``, by
    `tf.autodiff.ForwardAccumulator`; a zero where a result is not floating."""
    value = _as_tensors(tensors[wrt])
    direction = tf.nest.map_structure(in_dtype_of, c, value)
    try:
        with tf.autodiff.ForwardAccumulator(value, direction) as accumulator:
            y = _applied(f, wrt, value, tensors, options)
    except LookupError as error:
        name = getattr(f, "__name__", str(f))
        raise ValueError(
            f"cannot differentiate {name} in forward mode: TensorFlow has no derivative of its"
            f" gradient ({error})"
        ) from error
    return tf.nest.map_structure(
        lambda part: (
            accumulator.jvp(part, unconnected_gradients=tf.UnconnectedGradients.ZERO)
            if _is_floating(part)
            else None
            if part is None
            else zeros_like(part)
        ),
        y,
    )


def gradients_of_gradient(
    f: Callable[..., Any],
    wrt: int,
    c: Any,
    cotangent: Any,
    tensors: Sequence[Any],
    options: Mapping[str, Any] | None = None,
) -> list[Any]:
    """The cotangents of all ``tensors`` in ``gradient_by_tape(f, wrt, c, tensors, options)``,
    given the cotangent of its result; None for what is not floating."""
    return _gradients_of(
        lambda values: gradient_by_tape(f, wrt, c, values, options), cotangent, tensors
    )


def gradients_of_tangent(
    f: Callable[..., Any],
    wrt: int,
    c: Any,
    cotangent: Any,
    tensors: Sequence[Any],
    options: Mapping[str, Any] | None = None,
) -> list[Any]:
    """As `gradients_of_gradient`, of ``tangent_by_tape(f, wrt, c, tensors, options)``."""
    return _gradients_of(
        lambda values: tangent_by_tape(f, wrt, c, values, options), cotangent, tensors
    )


def tangent_of_gradient(
    f: Callable[..., Any],
    wrt: int,
    c: Any,
    directions: Sequence[Any],
    tensors: Sequence[Any],
    options: Mapping[str, Any] | None = None,
) -> Any:
    """The tangent of ``gradient_by_tape(f, wrt, c, tensors, options)``, given the tangents of
    ``tensors`` (None for what is not floating)."""
    return _tangent_of(
        lambda values: gradient_by_tape(f, wrt, c, values, options), directions, tensors
    )


def tangent_of_tangent(
    f: Callable[..., Any],
    wrt: int,
    c: Any,
    directions: Sequence[Any],
    tensors: Sequence[Any],
    options: Mapping[str, Any] | None = None,
) -> Any:
    """As `tangent_of_gradient`, of ``tangent_by_tape(f, wrt, c, tensors, options)``."""
    return _tangent_of(
        lambda values: tangent_by_tape(f, wrt, c, values, options), directions, tensors
    )


def _gradients_of(
    f: Callable[[list[Any]], Any], cotangent: Any, tensors: Sequence[Any]
) -> list[Any]:
    values = [_as_tensors(t) if _is_floating(t) else t for t in tensors]
    active = [v for v in values if _is_floating(v)]
    with tf.GradientTape() as tape:
        tape.watch(active)
        y = f(values)
    results, cotangents = _floating(y, cotangent)
    gradients = tape.gradient(
        results, active, _conjugate(cotangents), unconnected_gradients=tf.UnconnectedGradients.ZERO
    )
    found = iter(_conjugate(tf.nest.map_structure(tf.convert_to_tensor, gradients)))
    return [next(found) if _is_floating(v) else None for v in values]


def _tangent_of(
    f: Callable[[list[Any]], Any], directions: Sequence[Any], tensors: Sequence[Any]
) -> Any:
    values = [_as_tensors(t) if _is_floating(t) else t for t in tensors]
    pairs = [(v, d) for v, d in zip(values, directions, strict=True) if _is_floating(v)]
    active = [v for v, _ in pairs]
    along = [tf.nest.map_structure(in_dtype_of, d, v) for v, d in pairs]
    with tf.autodiff.ForwardAccumulator(active, along) as accumulator:
        y = f(values)
    zero = tf.UnconnectedGradients.ZERO
    return tf.nest.map_structure(lambda part: accumulator.jvp(part, unconnected_gradients=zero), y)


def _applied(
    f: Callable[..., Any],
    wrt: int,
    value: Any,
    tensors: Sequence[Any],
    options: Mapping[str, Any] | None,
) -> Any:
    arguments = [value if i == wrt else t for i, t in enumerate(tensors)]
    return f(*arguments, **(options or {}))


def _as_tensors(value: Any) -> Any:
    if isinstance(value, (list, tuple)) and any(tf.is_tensor(v) for v in value):
        return [tf.convert_to_tensor(v) for v in value]
    return tf.convert_to_tensor(value)


def _is_floating(value: Any) -> bool:
    parts = tf.nest.flatten(value)
    return bool(parts) and all(tf.is_tensor(p) and _varies(p) for p in parts)


def _floating(y: Any, c: Any) -> tuple[list[Tensor], list[Tensor]]:
    """The floating results, with their cotangents in the same dtype."""
    if y is None or c is None:
        return [], []
    if isinstance(y, (list, tuple)):
        pairs = [_floating(part, cotangent) for part, cotangent in zip(y, c, strict=True)]
        return [p for ps, _ in pairs for p in ps], [q for _, qs in pairs for q in qs]
    return ([y], [in_dtype_of(c, y)]) if _varies(y) else ([], [])
