"""TensorFlow's rules against TensorFlow: `tf.GradientTape` and `tf.autodiff.ForwardAccumulator`.

The templates are evaluated as they are written, without the rest of the engine: every form that
a call can take, in both precisions, eagerly and in a graph that does not know its shapes.
"""

from __future__ import annotations

import ast
import inspect
import math
import os
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed (extra 'tensorflow')")

import tangent.rules.tensorflow  # noqa: E402, F401
from tangent.rules import declare  # noqa: E402
from tangent.runtime import tensorflow as runtime  # noqa: E402

ALL = [
    rule
    for name, rule in declare.RULES.items()
    if name.startswith("tensorflow.") or hasattr(runtime, name.removeprefix("tangent."))
]
SHARED = {"unbroadcast", "expand", "matmul_adjoint_left", "matmul_adjoint_right", "add_at"}
SHARED |= {"snapshot", "accumulate", "apart"}  # tested for arrays, and in the programs
RULES = [rule for rule in ALL if rule.name.removeprefix("tangent.") not in SHARED]
CALLS = [
    pytest.param(rule, call, id=f"{rule.name}({call})") for rule in RULES for call in rule.tests
]
# In a graph TensorFlow itself needs the number of channels of images and of pieces, and takes
# no tensor as a constant.
NOT_IN_A_GRAPH = (
    *("conv2d", "pool2d", "tensorflow.constant", "tensorflow.unstack", "fractional_avg_pool"),
    *("linalg.pinv", "linalg.qr", "linalg.svd", "extract_volume_patches", "isotonic_regression"),
    *("sufficient_statistics", "inverse_mdct", "eigh_tridiagonal", "approx_max_k", "approx_top_k"),
)
# TensorFlow has no second derivative of these, from which its forward mode is made.
NO_FORWARD_MODE = ("tensorflow.nn.softsign", "tensorflow.gather_nd") + tuple(
    f"tensorflow.{name}"
    for name in (
        *("image.crop_and_resize", "math.unsorted_segment_sum"),
        *(f"sparse.segment_{n}" for n in ("mean", "sqrt_n", "sum")),
        *("nn.fractional_avg_pool", "nn.fractional_max_pool", "nn.max_pool_with_argmax"),
        *("nn.dilation2d", "nn.erosion2d", "nn.local_response_normalization"),
        "quantization.quantize_and_dequantize_v2",
    )
)
# TensorFlow has these in single precision alone (on a CPU).
SINGLE = tuple(
    f"tensorflow.{name}"
    for name in (
        *("image.crop_and_resize", "nn.avg_pool3d", "nn.max_pool3d", "nn.ctc_loss"),
        *("nn.local_response_normalization", "nn.nce_loss", "nn.sampled_softmax_loss"),
        *(f"quantization.fake_quant_with_min_max_{n}" for n in ("args", "vars")),
        "quantization.fake_quant_with_min_max_vars_per_channel",
        *(f"random.stateless_{n}" for n in ("normal", "truncated_normal", "uniform", "gamma")),
        *("image.resize", "math.bessel_i1", "signal.inverse_mdct", "sparse.sparse_dense_matmul"),
        *("math.approx_max_k", "approx_top_k"),
    )
)


class Sampler:
    """The names that test inputs may use."""

    def __init__(self, dtype: str):
        rng = np.random.default_rng(0)
        self.scope = {
            "np": np,
            "tf": tf,
            "rng": rng,
            "normal": lambda *shape: rng.normal(size=shape).astype(dtype),
            "positive": lambda *shape: rng.uniform(0.5, 2.0, size=shape).astype(dtype),
            "phasor": lambda *shape: (rng.normal(size=shape) + 1j * rng.normal(size=shape)).astype(
                {"float32": "complex64", "float64": "complex128"}[dtype]
            ),
            "unit": lambda *shape: rng.uniform(-0.9, 0.9, size=shape).astype(dtype),
        }


def function_of(name: str) -> Any:
    module, _, rest = name.partition(".")
    function: Any = runtime if module == "tangent" else tf
    for part in rest.split("."):
        function = getattr(function, part)
    return function


def signature_of(rule: declare.Rule) -> inspect.Signature:
    scope: dict[str, Any] = {}
    exec(f"def _({rule.signature}): pass", scope)
    return inspect.signature(scope["_"])


class Facts:
    """What a call's text tells; with ``blind`` nothing, so that the last case is taken."""

    def __init__(self, signature: inspect.Signature, call: ast.Call, values: Any, blind: bool):
        self.signature, self.values, self.blind = signature, values, blind
        keywords = {k.arg: k.value for k in call.keywords if k.arg}
        self.nodes = signature.bind(*call.args, **keywords).arguments

    def literal(self, parameter: str) -> Any:
        if self.blind:
            return declare.UNKNOWN
        if parameter not in self.nodes:
            return self.signature.parameters[parameter].default
        try:
            return ast.literal_eval(self.nodes[parameter])
        except ValueError:
            return declare.UNKNOWN

    def absent(self, parameter: str) -> bool:
        default = self.signature.parameters[parameter].default
        return not self.blind and (
            parameter not in self.nodes or self.literal(parameter) in (None, default)
        )

    def rank(self, parameter: str) -> int | None:
        return None if self.blind else len(np.shape(self.values[parameter]))

    def same_shape(self, first: str, second: str) -> bool:
        return not self.blind and np.shape(self.values[first]) == np.shape(self.values[second])


def is_active(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(is_active(v) for v in value)
    return isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind in "fc"


def tensors(value: Any, dtype: str) -> Any:
    if isinstance(value, list):
        return [tensors(v, dtype) for v in value]
    return tf.convert_to_tensor(value, value.dtype if value.dtype.kind == "c" else dtype)


def prepare(rule: declare.Rule, call: str, dtype: str, blind: bool = False) -> SimpleNamespace:
    """The call's arguments as tensors, the primal, and the first matching templates."""
    signature = signature_of(rule)
    values = signature.bind(
        *eval(f"(lambda *a, **k: a)({call})", Sampler(dtype).scope),
        **eval(f"(lambda *a, **k: k)({call})", Sampler(dtype).scope),
    )
    node = ast.parse(f"f({call})", mode="eval").body
    assert isinstance(node, ast.Call)
    active = [p for p in rule.differentiable if is_active(values.arguments.get(p))]
    for parameter in active:
        values.arguments[parameter] = tensors(values.arguments[parameter], dtype)
    given = dict(values.arguments)
    values.apply_defaults()
    facts = Facts(signature, node, values.arguments, blind)
    function = function_of(rule.name)

    def primal(**changed: Any) -> Any:
        bound = signature.bind_partial()
        bound.arguments.update({**given, **changed})
        return function(*bound.args, **bound.kwargs)

    def evaluate(templates: Any, g: Any, y: Any, **changed: Any) -> Any:
        case = next(c for c in templates if c.when is None or c.when(facts))
        helpers = {n: getattr(runtime, n) for n in dir(runtime) if not n.startswith("_")}
        # An option that the call leaves out is left out of the template as well.
        given_options = {"dict": lambda **options: {k: v for k, v in options.items() if k in given}}
        scope = {**helpers, **given_options, "tf": tf, "np": np, "math": math}
        scope |= {**values.arguments, **changed, "y": y, "g": g}
        return eval(case.template, scope)

    def adjoint(parameter: str, g: Any, y: Any, value: Any = None) -> Any:
        value = values.arguments[parameter] if value is None else value
        term = evaluate(rule.adjoint[parameter], g, y, **{parameter: value})
        # What the transformation does for every elementwise function.
        return runtime.unbroadcast(term, value) if rule.elementwise else term

    return SimpleNamespace(
        active=active,
        arguments=values.arguments,
        primal=primal,
        evaluate=evaluate,
        adjoint=adjoint,
    )


def is_nested(value: Any) -> bool:
    return isinstance(value, (list, tuple))


def random_like(value: Any, seed: int) -> Any:
    """Random numbers for what is floating, a zero for what is not."""
    rng = np.random.default_rng(seed)
    if value is None:
        return None
    if is_nested(value):
        return [random_like(v, seed + i) for i, v in enumerate(value)]
    if value.dtype.is_complex:
        parts = (rng.normal(size=value.shape), rng.normal(size=value.shape))
        return tf.cast(tf.dtypes.complex(*parts), value.dtype)
    if not value.dtype.is_floating:
        return tf.zeros(value.shape)
    return tf.constant(rng.normal(size=value.shape), dtype=value.dtype)


def ones_like(value: Any) -> Any:
    return tf.nest.map_structure(lambda v: None if v is None else tf.ones_like(v), value)


def floating(value: Any) -> bool:
    return value is not None and (value.dtype.is_floating or value.dtype.is_complex)


def conjugate(value: Any) -> Any:
    """TensorFlow's gradients with respect to complex values are the conjugates of ours."""
    return tf.nest.map_structure(
        lambda v: tf.math.conj(v) if v.dtype.is_complex else v,
        tf.nest.map_structure(tf.convert_to_tensor, value),
    )


def gradient(tape: Any, y: Any, value: Any, g: Any) -> Any:
    """TensorFlow's own gradient, through the floating results."""
    pairs = list(zip(tf.nest.flatten(y), tf.nest.flatten(g), strict=True))
    y = [part for part, _ in pairs if floating(part)]
    g = [c for part, c in pairs if floating(part)]
    zero = tf.UnconnectedGradients.ZERO
    return conjugate(tape.gradient(y, value, conjugate(g), unconnected_gradients=zero))


def assert_same(got: Any, expected: Any, like: Any) -> None:
    if is_nested(like):
        assert len(got) == len(like)
        for one, two, three in zip(got, expected, like, strict=True):
            assert_same(one, two, three)
        return
    if like is None:
        assert got is None
        return
    if not floating(like):
        np.testing.assert_array_equal(got, np.zeros(like.shape))
        return
    expected = tf.convert_to_tensor(expected)  # the tape may give `tf.IndexedSlices`
    assert got.dtype == like.dtype
    assert got.shape == like.shape
    # TensorFlow keeps some constants (of `gelu`, `leaky_relu`) in single precision.
    tolerance = 1e-7 if like.dtype in (tf.float64, tf.complex128) else 1e-4
    np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(
    ("blind", "dtype"),
    [(False, "float64"), (True, "float32")],
    ids=["known-float64", "unknown-float32"],
)
@pytest.mark.parametrize(("rule", "call"), CALLS)
def test_adjoint_equals_gradient_tape(
    rule: declare.Rule, call: str, blind: bool, dtype: str
) -> None:
    case = prepare(rule, call, "float32" if rule.name in SINGLE else dtype, blind)
    assert case.active, "a test input without a varying argument tests nothing"
    for parameter in case.active:
        value = case.arguments[parameter]
        with tf.GradientTape() as tape:
            tape.watch(value)
            y = case.primal(**{parameter: value})
        g = random_like(y, 1)
        expected = gradient(tape, y, value, g)
        got = case.adjoint(parameter, g, y)
        assert_same(got, expected, value)


@pytest.mark.parametrize("blind", [False, True], ids=["known", "unknown"])
@pytest.mark.parametrize(("rule", "call"), CALLS)
def test_tangent_equals_forward_accumulator(rule: declare.Rule, call: str, blind: bool) -> None:
    if rule.name in NO_FORWARD_MODE or "bicubic" in call:
        pytest.skip("TensorFlow itself cannot do this in forward mode")
    case = prepare(rule, call, "float32", blind)
    for parameter in case.active:
        value = case.arguments[parameter]
        direction = random_like(value, 2)
        with tf.autodiff.ForwardAccumulator(value, direction) as accumulator:
            y = case.primal(**{parameter: value})
        expected = tf.nest.map_structure(
            lambda part: (
                accumulator.jvp(part, unconnected_gradients=tf.UnconnectedGradients.ZERO)
                if floating(part)
                else None
            ),
            y,
        )
        got = case.evaluate(rule.tangent[parameter], direction, y)
        if rule.elementwise:
            got = tf.broadcast_to(got, y.shape)
        assert_same(got, expected, y)


@pytest.mark.parametrize(("rule", "call"), CALLS)
def test_adjoint_in_a_graph_of_unknown_shapes(rule: declare.Rule, call: str) -> None:
    if any(part in rule.name for part in NOT_IN_A_GRAPH):
        pytest.skip("TensorFlow itself cannot do this in a graph of unknown shapes")
    case = prepare(rule, call, "float32", blind=True)
    for parameter in case.active:
        value = case.arguments[parameter]
        if isinstance(value, list):
            specs = [tf.TensorSpec([None] * v.shape.rank, v.dtype) for v in value]
        else:
            specs = tf.TensorSpec([None] * value.shape.rank, value.dtype)

        @tf.function(input_signature=[specs], autograph=False)  # it would replace `eval`
        def adjoint(x: Any, parameter: str = parameter) -> Any:
            y = case.primal(**{parameter: x})
            return case.adjoint(parameter, ones_like(y), y, x)

        y = case.primal()
        expected = case.adjoint(parameter, ones_like(y), y)
        assert_same(adjoint(value), expected, value)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_python_number_as_seed_takes_the_dtype_of_the_primal(dtype: str) -> None:
    x = tf.constant(np.ones((2, 3)), dtype=dtype)
    for got in (runtime.expand(1.0, x), runtime.unbroadcast(1.0, x), runtime.zeros_like(x)):
        assert (got.dtype, got.shape) == (x.dtype, x.shape)


def test_variables_are_taken_like_tensors() -> None:
    variable = tf.Variable(np.ones((2, 3)))
    for got in (runtime.expand(1.0, variable), runtime.unbroadcast(1.0, variable)):
        np.testing.assert_array_equal(got, np.ones((2, 3)))
    assert runtime.zeros_like(variable).shape == (2, 3)
    kept = runtime.snapshot(variable)
    variable.assign(np.zeros((2, 3)))
    np.testing.assert_array_equal(kept, np.ones((2, 3)))


@pytest.mark.parametrize(
    "value", [tf.constant("text"), tf.TensorShape([2])], ids=lambda v: str(v)[:20]
)
def test_what_carries_no_derivative_has_no_zero(value: Any) -> None:
    with pytest.raises(TypeError, match="carries no derivative"):
        runtime.zeros_like(value)


@pytest.mark.parametrize(
    ("value", "like"),
    [((2, 3), (3,)), ((2, 3), (2, 1)), ((2, 3), ()), ((4, 2, 3), (1, 3)), ((), (2, 3))],
)
def test_unbroadcast_is_the_transpose_of_broadcasting(
    value: tuple[int, ...], like: tuple[int, ...]
) -> None:
    c, x = tf.ones(value), tf.zeros(like)
    shape = tf.broadcast_static_shape(c.shape, x.shape)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.broadcast_to(x, shape)
    expected = tape.gradient(y, x, tf.broadcast_to(c, shape))
    np.testing.assert_array_equal(runtime.unbroadcast(c, x), expected)
    graph = tf.function(
        runtime.unbroadcast,
        input_signature=[tf.TensorSpec(None, tf.float32), tf.TensorSpec(None, tf.float32)],
    )
    np.testing.assert_array_equal(graph(c, x), expected)


@pytest.mark.parametrize(
    "index",
    [
        1,
        -1,
        slice(None, 2),
        slice(None, None, -1),
        (slice(None), 0),
        (..., slice(1, None)),
        (tf.newaxis, 0, slice(0, 3, 2)),
        (2, 1),
    ],
    ids=str,
)
def test_add_at_is_the_adjoint_of_a_subscript(index: Any) -> None:
    x = tf.constant(np.arange(12.0).reshape(3, 4))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x[index]
    c = random_like(y, 3)
    got = runtime.add_at(tf.ones_like(x), index, c)
    np.testing.assert_allclose(got, 1.0 + tape.gradient(y, x, c))


@pytest.mark.parametrize(("a", "b"), [((2, 3), (3, 4)), ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4))])
def test_adjoints_of_the_matrix_product_operator(a: Any, b: Any) -> None:
    left, right = random_like(tf.zeros(a), 4), random_like(tf.zeros(b), 5)
    with tf.GradientTape() as tape:
        tape.watch([left, right])
        y = left @ right
    c = random_like(y, 6)
    expected = tape.gradient(y, [left, right], c)
    got = [
        runtime.matmul_adjoint_left(c, left, right),
        runtime.matmul_adjoint_right(c, left, right),
    ]
    assert_same(got, expected, [left, right])


def test_powers_at_zero() -> None:
    zero = tf.constant([0.0, 0.0, 2.0])
    np.testing.assert_allclose(runtime.log_or_zero(zero), [0.0, 0.0, math.log(2.0)], rtol=1e-6)
    np.testing.assert_allclose(runtime.power_slope(zero, 0.0), [0.0, 0.0, 0.0])
    np.testing.assert_allclose(runtime.power_slope(zero, 2.0), [0.0, 0.0, 4.0])


def test_the_cross_entropy_is_exact_where_labels_do_not_sum_to_one() -> None:
    labels = np.array([[0.5, 1.5, 0.7]])
    logits = np.array([[0.3, -0.2, 0.9]])
    rule = declare.RULES["tensorflow.nn.softmax_cross_entropy_with_logits"]
    case = prepare(rule, f"np.array({labels.tolist()}), np.array({logits.tolist()})", "float64")
    y = case.primal()
    got = case.adjoint("logits", tf.ones_like(y), y).numpy()
    for i in range(3):
        step = np.zeros_like(logits)
        step[0, i] = 1e-6
        up, down = (case.primal(logits=tf.constant(logits + s)) for s in (step, -step))
        np.testing.assert_allclose(got[0, i], (up - down)[0] / 2e-6, rtol=1e-6)
