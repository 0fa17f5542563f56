"""Rules for TensorFlow's functions.

The formulas are those of TensorFlow's own gradients where these are exact derivatives; where
TensorFlow's differ (labels of a cross entropy that do not sum to one), the derivative is exact.
Parameters that TensorFlow calls ``x`` and ``y`` are positional here, because ``y`` is the
result in a template. Options that a rule does not know (``batch_dims``, ``adjoint_a``) are left
out of its signature, so that a call which gives them is reported.
"""

from __future__ import annotations

from collections.abc import Mapping

from tangent.rules.declare import (
    SCALAR,
    CallFacts,
    Case,
    Condition,
    Templates,
    alias,
    cut,
    elementwise,
    general,
    like,
    linear,
    rank,
    zero_gradient,
)


def _absent(*parameters: str) -> Condition:
    return lambda call: all(call.absent(p) for p in parameters)


def _literal(parameter: str, *types: type) -> Condition:
    return lambda call: type(call.literal(parameter)) in types


def _both(first: Condition, second: Condition) -> Condition:
    return lambda call: first(call) and second(call)


def _matrices(call: CallFacts) -> bool:
    """Neither operand of a product is a batch, so nothing is broadcast."""
    return call.rank("a") == 2 and call.rank("b") == 2


# --- elementwise, one argument ---------------------------------------------------------------


def _unary(names: str, partial: str, signature: str = "x, /, name=None", **extra: object) -> None:
    """One rule for a function and its other names, without ``tensorflow.``."""
    first, *others = (f"tensorflow.{name}" for name in names.split())
    parameter = signature.split(",")[0]
    elementwise(first, signature, {parameter: partial}, **extra)
    alias(**dict.fromkeys(others, first))


_FEATURES = "features, name=None"

_unary("negative math.negative", "-g", tests=("normal(2, 3)",))
_unary(
    "abs math.abs",
    "g * tf.sign(x)",
    tests=("normal(2, 3)",),
    kinks="at 0 the derivative is taken as 0",
)
_unary("square math.square", "g * (2.0 * x)", tests=("normal(3)",))
_unary("sqrt math.sqrt", "g / (2.0 * y)", tests=("positive(3)",))
_unary("math.rsqrt", "g * (-0.5 * y / x)", tests=("positive(3)",))
_unary("math.reciprocal_no_nan", "-g * y * y", tests=("np.array([0.0, 0.5, 2.0])",))
_unary("math.reciprocal", "-g * y * y", tests=("positive(3)",))
_unary("exp math.exp", "g * y", tests=("normal(2, 3)",))
_unary("math.expm1", "g * (y + 1.0)", tests=("normal(3)",))
_unary("math.log", "g / x", tests=("positive(3)",))
_unary("math.log1p", "g / (1.0 + x)", tests=("positive(3)",))
_unary("sin math.sin", "g * tf.cos(x)", tests=("normal(3)",))
_unary("cos math.cos", "-g * tf.sin(x)", tests=("normal(3)",))
_unary("tan math.tan", "g * (1.0 + y * y)", tests=("normal(3)",))
_unary("asin math.asin", "g / tf.sqrt(1.0 - x * x)", tests=("unit(3)",))
_unary("acos math.acos", "-g / tf.sqrt(1.0 - x * x)", tests=("unit(3)",))
_unary("atan math.atan", "g / (1.0 + x * x)", tests=("normal(3)",))
_unary("sinh math.sinh", "g * tf.cosh(x)", tests=("normal(3)",))
_unary("cosh math.cosh", "g * tf.sinh(x)", tests=("normal(3)",))
_unary("tanh math.tanh nn.tanh", "g * (1.0 - y * y)", tests=("normal(2, 3)",))
_unary("asinh math.asinh", "g / tf.sqrt(x * x + 1.0)", tests=("normal(3)",))
_unary("acosh math.acosh", "g / tf.sqrt(x * x - 1.0)", tests=("1.5 + positive(3)",))
_unary("atanh math.atanh", "g / (1.0 - x * x)", tests=("unit(3)",))
_unary("sigmoid math.sigmoid nn.sigmoid", "g * y * (1.0 - y)", tests=("normal(2, 3)",))
_unary("math.log_sigmoid", "g * tf.sigmoid(-x)", tests=("normal(3)",))
_unary(
    "math.erf",
    "g * (2.0 / math.sqrt(math.pi)) * tf.exp(-x * x)",
    tests=("normal(3)",),
)
_unary(
    "math.erfc",
    "-g * (2.0 / math.sqrt(math.pi)) * tf.exp(-x * x)",
    tests=("normal(3)",),
)
_unary("math.lgamma", "g * tf.math.digamma(x)", tests=("positive(3)",))
_unary(
    "nn.softplus math.softplus",
    "g * tf.sigmoid(features)",
    _FEATURES,
    tests=("normal(3)",),
)
_unary(
    "nn.softsign math.softsign",
    "g / tf.square(1.0 + tf.abs(features))",
    _FEATURES,
    tests=("normal(3)",),
)
_unary(
    "nn.relu",
    "tf.where(y > 0.0, g, 0.0)",
    _FEATURES,
    tests=("normal(2, 3)",),
    kinks="at 0 the derivative is taken as 0",
)
_unary(
    "nn.relu6",
    "tf.where(y == features, g, 0.0)",
    _FEATURES,
    tests=("6.0 * normal(2, 3)",),
    kinks="at 0 and at 6 the derivative is taken as 1",
)
_unary(
    "nn.elu",
    "tf.where(features > 0.0, g, g * (y + 1.0))",
    _FEATURES,
    tests=("normal(2, 3)",),
)
_unary(
    "nn.selu",
    "tf.where(features > 0.0, 1.0507009873554805 * g, g * (y + 1.7580993408473766))",
    _FEATURES,
    reference="Klambauer et al., Self-Normalizing Neural Networks, 2017",
    tests=("normal(2, 3)",),
)
_unary(
    "nn.silu nn.swish",
    "g * (y + tf.sigmoid(features) * (1.0 - y))",
    "features",
    tests=("normal(2, 3)",),
)
_unary(
    "nn.gelu",
    "g * (0.5 * (1.0 + tf.math.erf(features / math.sqrt(2.0)))"
    " + features * tf.exp(-0.5 * features * features) / math.sqrt(2.0 * math.pi))",
    "features, *, name=None",
    tests=("normal(2, 3)",),
)
_unary(
    "nn.leaky_relu",
    "tf.where(features > 0.0, g, alpha * g)",
    "features, alpha=0.2, name=None",
    tests=("normal(2, 3)", "normal(2, 3), 0.3"),
    kinks="at 0 the derivative is taken from the left",
)

# --- elementwise, several arguments ------------------------------------------------------------


def _binary(
    names: str, first: Templates, second: Templates, tests: tuple[str, ...], **extra: object
) -> None:
    """The same for a function of two arguments, which are called ``a`` and ``b`` here."""
    main, *others = (f"tensorflow.{name}" for name in names.split())
    partials = {"a": first, "b": second}
    elementwise(main, "a, b, /, name=None", partials, tests=tests, **extra)
    alias(**dict.fromkeys(others, main))


_PAIR = (
    "positive(2, 3), positive(2, 3)",
    "positive(2, 1), positive(3)",
)


def _nonzero_literal(call: CallFacts) -> bool:
    value = call.literal("b")
    return isinstance(value, (int, float)) and value != 0


_binary("add math.add", "g", "g", _PAIR)
_binary("subtract math.subtract", "g", "-g", _PAIR)
_binary("multiply math.multiply", "g * b", "g * a", _PAIR)
_binary("divide math.divide truediv math.truediv", "g / b", "-g * y / b", _PAIR)
_binary(
    "math.divide_no_nan",
    "tf.math.divide_no_nan(g, b)",
    "-tf.math.divide_no_nan(g * y, b)",
    (*_PAIR, "np.array([1.0, 2.0]), np.array([0.0, 3.0])"),
)
_binary("math.multiply_no_nan", "tf.math.multiply_no_nan(g, b)", "g * a", _PAIR)
_binary(
    "pow math.pow",
    [
        Case("g * (b * tf.pow(a, b - 1))", _nonzero_literal),
        # A power of zero has the derivative zero, also where a is zero.
        Case("g * tf.math.multiply_no_nan(tf.pow(a, b - 1), b)"),
    ],
    "g * y * log_or_zero(a)",
    (*_PAIR, "normal(3), 2.0", "normal(3), 3"),
)
_binary(
    "maximum math.maximum",
    "tf.where(a >= b, g, 0.0)",
    "tf.where(a >= b, 0.0, g)",
    (*_PAIR, "np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0])"),
    kinks="where both are equal, the derivative belongs to the first argument",
)
_binary(
    "minimum math.minimum",
    "tf.where(a <= b, g, 0.0)",
    "tf.where(a <= b, 0.0, g)",
    (*_PAIR, "np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0])"),
    kinks="where both are equal, the derivative belongs to the first argument",
)
_binary("math.squared_difference", "g * (2.0 * (a - b))", "g * (2.0 * (b - a))", _PAIR)
_binary("atan2 math.atan2", "g * b / (a * a + b * b)", "-g * a / (a * a + b * b)", _PAIR)
_binary(
    "math.floormod math.mod",
    "g",
    "-g * tf.floor(a / b)",
    ("positive(2, 3), positive(3)",),
    kinks="where the quotient is a whole number, the derivative is the one from above",
)
_binary(
    "math.xlogy",
    "tf.where(a == 0.0, 0.0, g * tf.math.log(b))",
    "g * tf.math.xdivy(a, b)",
    _PAIR,
)
_binary(
    "math.xdivy",
    "tf.where(a == 0.0, 0.0, g / b)",
    "-g * tf.math.xdivy(y, b)",
    _PAIR,
)

elementwise(
    "tensorflow.clip_by_value",
    "t, clip_value_min, clip_value_max, name=None",
    {
        "t": "tf.where(y == t, g, 0.0)",
        "clip_value_min": "tf.where(t < clip_value_min, g, 0.0)",
        "clip_value_max": "tf.where(t > clip_value_max, g, 0.0)",
    },
    kinks="at a bound the derivative is taken from inside",
    tests=("normal(2, 3), -0.5, 0.5", "normal(3), -np.ones(3), 0.1"),
)
elementwise(
    "tensorflow.scalar_mul",
    "scalar, x, name=None",
    {"scalar": "g * x", "x": "g * scalar"},
    tests=("positive(), normal(2, 3)",),
)
alias(**{"tensorflow.math.scalar_mul": "tensorflow.scalar_mul"})
elementwise(
    "tensorflow.nn.sigmoid_cross_entropy_with_logits",
    "labels, logits, *, name=None",
    {"labels": "-g * logits", "logits": "g * (tf.sigmoid(logits) - labels)"},
    tests=("positive(2, 3), normal(2, 3)",),
)


def _shape_of_choice(call: CallFacts) -> str:
    """The condition may be larger than both choices, so the result's shape is not theirs."""
    for one, other in (("a", "b"), ("b", "a")):
        if call.same_shape("condition", one):
            if call.rank(other) == 0 or call.same_shape("condition", other):
                return like(one)
    return "unknown"


general(
    "tensorflow.where",
    "condition, a, b, /, name=None",
    {
        "a": "unbroadcast(tf.where(condition, g, 0.0), a)",
        "b": "unbroadcast(tf.where(condition, 0.0, g), b)",
    },
    {
        "a": "expand(tf.where(condition, g, 0.0), y)",
        "b": "expand(tf.where(condition, 0.0, g), y)",
    },
    shape=_shape_of_choice,
    tests=(
        "np.array([True, False, True]), normal(3), normal(3)",
        "np.array([[True], [False]]), normal(3), 1.5",
        "np.array([[True], [False]]), 1.5, normal(3)",
    ),
)

# --- reductions --------------------------------------------------------------------------------


def _reduced(call: CallFacts) -> str:
    return SCALAR if call.absent("axis") and call.absent("keepdims") else "unknown"


def _spread(value: str, then: str = "") -> list[Case]:
    """Templates that bring a value of the result's shape back to the argument's shape."""
    return [
        Case(f"expand({value}, input_tensor){then}", _absent("axis")),
        Case(
            f"expand(tf.expand_dims({value}, axis), input_tensor){then}",
            _both(_absent("keepdims"), _literal("axis", int)),
        ),
        Case(f"expand(insert_dims({value}, input_tensor, axis, keepdims), input_tensor){then}"),
    ]


def _weighted(weights: str) -> tuple[list[Case], list[Case]]:
    """Adjoint and tangent of a reduction that is locally a weighted sum."""
    return _spread("g", f" * {weights}"), [
        Case(f"tf.reduce_sum(g * {weights})", _absent("axis", "keepdims")),
        Case(f"tf.reduce_sum(g * {weights}, axis=axis, keepdims=keepdims)"),
    ]


_REDUCTION = "input_tensor, axis=None, keepdims=False, name=None"
_REDUCTIONS = (
    "normal(2, 3)",
    "normal(2, 3), 0",
    "normal(2, 3), axis=-1, keepdims=True",
    "normal(2, 3, 4), axis=(0, -1)",
    "normal(2, 3, 4), axis=[2, 0], keepdims=True",
)

linear(
    "tensorflow.reduce_sum",
    _REDUCTION,
    {"input_tensor": _spread("g")},
    shape=_reduced,
    tests=_REDUCTIONS,
)
_SIZE = "tf.cast(tf.size(input_tensor), input_tensor.dtype)"
_SHARE = "tf.cast(tf.size(y) / tf.size(input_tensor), input_tensor.dtype)"
_whole, *_along = _spread("g", f" * {_SHARE}")
linear(
    "tensorflow.reduce_mean",
    _REDUCTION,
    {"input_tensor": [Case(f"expand(g / {_SIZE}, input_tensor)", _whole.when), *_along]},
    shape=_reduced,
    tests=_REDUCTIONS,
)
for _name in ("reduce_max", "reduce_min"):
    _adjoint, _tangent = _weighted("tie_weights(input_tensor, y, axis, keepdims)")
    general(
        f"tensorflow.{_name}",
        _REDUCTION,
        {"input_tensor": _adjoint},
        {"input_tensor": _tangent},
        shape=_reduced,
        kinks="elements that tie share the derivative equally",
        tests=(*_REDUCTIONS, "np.array([[1.0, 2.0, 2.0], [0.0, 0.0, 0.0]]), 1"),
    )
_adjoint = [
    Case("expand(g, input_tensor) * tf.exp(input_tensor - y)", _absent("axis")),
    Case(
        "expand(tf.expand_dims(g, axis), input_tensor)"
        " * tf.exp(input_tensor - tf.expand_dims(y, axis))",
        _both(_absent("keepdims"), _literal("axis", int)),
    ),
    Case(
        "expand(insert_dims(g, input_tensor, axis, keepdims), input_tensor)"
        " * tf.exp(input_tensor - insert_dims(y, input_tensor, axis, keepdims))"
    ),
]
general(
    "tensorflow.reduce_logsumexp",
    _REDUCTION,
    {"input_tensor": _adjoint},
    {
        "input_tensor": [
            Case("tf.reduce_sum(g * tf.exp(input_tensor - y))", _absent("axis", "keepdims")),
            Case(
                "tf.reduce_sum(g * tf.exp(input_tensor"
                " - insert_dims(y, input_tensor, axis, keepdims)), axis=axis, keepdims=keepdims)"
            ),
        ]
    },
    shape=_reduced,
    tests=_REDUCTIONS,
)
_DEVIATION = "(input_tensor - tf.reduce_mean(input_tensor, axis=axis, keepdims=True))"
_FROM_MEAN = f"({_DEVIATION} * {_SHARE})"
_adjoint, _tangent = _weighted(f"(2.0 * {_FROM_MEAN})")
general(
    "tensorflow.math.reduce_variance",
    _REDUCTION,
    {"input_tensor": _adjoint},
    {"input_tensor": _tangent},
    shape=_reduced,
    tests=_REDUCTIONS,
)
general(
    "tensorflow.math.reduce_std",
    _REDUCTION,
    {"input_tensor": _spread("g / y", f" * {_FROM_MEAN}")},
    {
        "input_tensor": [
            Case(f"tf.reduce_sum(g * {_FROM_MEAN}) / y", _absent("axis", "keepdims")),
            Case(f"tf.reduce_sum(g * {_FROM_MEAN}, axis=axis, keepdims=keepdims) / y"),
        ]
    },
    shape=_reduced,
    kinks="where all elements are equal there is no derivative: the result is NaN",
    tests=_REDUCTIONS,
)
# By the formula: TensorFlow's own second derivative takes the mean in the variance as a constant.
_SHARE_EACH = "tf.cast(tf.size(y[0]) / tf.size(x), x.dtype)"
_CENTRED = "(x - tf.reduce_mean(x, axis=axes, keepdims=True))"
general(
    "tensorflow.nn.moments",
    "x, axes, shift=None, keepdims=False, name=None",
    {
        "x": f"{_SHARE_EACH} * (expand(insert_dims(g[0], x, axes, keepdims), x)"
        f" + 2.0 * insert_dims(g[1], x, axes, keepdims) * {_CENTRED})"
    },
    {
        "x": "(tf.reduce_mean(g, axis=axes, keepdims=keepdims),"
        f" tf.reduce_mean(2.0 * g * {_CENTRED}, axis=axes, keepdims=keepdims))"
    },
    tests=("normal(4, 3), [0]", "normal(4, 3), [0, 1], keepdims=True"),
)
for _name in ("sum", "mean", "max", "min", "logsumexp"):
    alias(**{f"tensorflow.math.reduce_{_name}": f"tensorflow.reduce_{_name}"})

general(
    "tensorflow.norm",
    "tensor, *, name=None",
    {"tensor": "g * tensor / y"},
    {"tensor": "tf.reduce_sum(g * tensor) / y"},
    shape=SCALAR,
    tests=("normal(2, 3)",),
    kinks="at 0 there is no derivative: the result is NaN",
)
alias(**{"tensorflow.linalg.norm": "tensorflow.norm"})
general(
    "tensorflow.nn.l2_loss",
    "t, name=None",
    {"t": "g * t"},
    {"t": "tf.reduce_sum(g * t)"},
    shape=SCALAR,
    tests=("normal(2, 3)",),
)
linear(
    "tensorflow.cumsum",
    "x, /, axis=0, exclusive=False, reverse=False, name=None",
    {
        "x": [
            Case("tf.cumsum(g, axis=axis, reverse=True)", _absent("exclusive", "reverse")),
            Case("tf.cumsum(g, axis=axis, exclusive=exclusive, reverse=not reverse)"),
        ]
    },
    shape=like("x"),
    tests=(
        "normal(2, 3)",
        "normal(2, 3), 1",
        "normal(2, 3), axis=1, exclusive=True, reverse=True",
    ),
)
alias(**{"tensorflow.math.cumsum": "tensorflow.cumsum"})

# --- products of matrices ----------------------------------------------------------------------

_PRODUCT = "a, b, transpose_a=False, transpose_b=False, *, name=None"


def _transposed(a: bool, b: bool) -> Condition:
    def holds(call: CallFacts) -> bool:
        return call.literal("transpose_a") is a and call.literal("transpose_b") is b

    return holds


def _product(operand: str, forms: Mapping[tuple[bool, bool], str], otherwise: str) -> list[Case]:
    """The form for each pair of literal flags, plain for matrices and else with the sum over
    the dimensions along which a batch was broadcast."""
    cases = [Case(form, _both(_matrices, _transposed(*flags))) for flags, form in forms.items()]
    cases += [
        Case(f"unbroadcast({form}, {operand})", _transposed(*flags))
        for flags, form in forms.items()
    ]
    return [*cases, Case(f"unbroadcast({otherwise}, {operand})")]


linear(
    "tensorflow.matmul",
    _PRODUCT,
    {
        "a": _product(
            "a",
            {
                (False, False): "tf.matmul(g, b, transpose_b=True)",
                (False, True): "tf.matmul(g, b)",
                (True, False): "tf.matmul(b, g, transpose_b=True)",
                (True, True): "tf.matmul(b, g, transpose_a=True, transpose_b=True)",
            },
            "tf.matmul(b, g, transpose_a=transpose_b, transpose_b=True) if transpose_a"
            " else tf.matmul(g, b, transpose_b=not transpose_b)",
        ),
        "b": _product(
            "b",
            {
                (False, False): "tf.matmul(a, g, transpose_a=True)",
                (False, True): "tf.matmul(g, a, transpose_a=True)",
                (True, False): "tf.matmul(a, g)",
                (True, True): "tf.matmul(g, a, transpose_a=True, transpose_b=True)",
            },
            "tf.matmul(g, a, transpose_a=True, transpose_b=transpose_a) if transpose_b"
            " else tf.matmul(a, g, transpose_a=not transpose_a)",
        ),
    },
    shape=lambda call: rank(2) if _matrices(call) else "unknown",
    tests=(
        "normal(2, 3), normal(3, 4)",
        "normal(3, 2), normal(3, 4), transpose_a=True",
        "normal(2, 3), normal(4, 3), transpose_b=True",
        "normal(3, 2), normal(4, 3), True, True",
        "normal(5, 2, 3), normal(3, 4)",
        "normal(2, 3), normal(5, 4, 3), transpose_b=True",
    ),
)
alias(**{"tensorflow.linalg.matmul": "tensorflow.matmul"})
linear(
    "tensorflow.linalg.matvec",
    "a, b, transpose_a=False, *, name=None",
    {
        "a": [
            Case(
                "unbroadcast(tf.expand_dims(g, -1) * tf.expand_dims(b, -2), a)",
                _absent("transpose_a"),
            ),
            Case(
                "unbroadcast(tf.expand_dims(b, -1) * tf.expand_dims(g, -2) if transpose_a"
                " else tf.expand_dims(g, -1) * tf.expand_dims(b, -2), a)"
            ),
        ],
        "b": [
            Case(
                "unbroadcast(tf.linalg.matvec(a, g, transpose_a=True), b)", _absent("transpose_a")
            ),
            Case("unbroadcast(tf.linalg.matvec(a, g, transpose_a=not transpose_a), b)"),
        ],
    },
    tests=(
        "normal(2, 3), normal(3)",
        "normal(3, 2), normal(3), transpose_a=True",
        "normal(4, 2, 3), normal(3)",
    ),
)
linear(
    "tensorflow.linalg.trace",
    "x, /, name=None",
    {
        "x": "tf.expand_dims(tf.expand_dims(g, -1), -1)"
        " * tf.eye(tf.shape(x)[-2], tf.shape(x)[-1], dtype=x.dtype)"
    },
    tests=("normal(3, 3)", "normal(2, 3, 4)"),
)

linear(
    "tensorflow.linalg.matrix_transpose",
    "a, *, name=None",
    {"a": "tf.linalg.matrix_transpose(g)"},
    tests=("normal(2, 3)", "normal(4, 2, 3)"),
)
general(
    "tensorflow.linalg.inv",
    "input, *, name=None",
    {"input": "-tf.matmul(y, tf.matmul(g, y, transpose_b=True), transpose_a=True)"},
    {"input": "-tf.matmul(y, tf.matmul(g, y))"},
    shape=like("input"),
    tests=("normal(3, 3) + 3.0 * np.eye(3)", "normal(2, 3, 3) + 3.0 * np.eye(3)"),
)
general(
    "tensorflow.linalg.det",
    "input, name=None",
    {
        "input": "tf.expand_dims(tf.expand_dims(g * y, -1), -1)"
        " * tf.linalg.matrix_transpose(tf.linalg.inv(input))"
    },
    {"input": "y * tf.linalg.trace(tf.linalg.solve(input, g))"},
    kinks="at a singular matrix there is an error: the inverse is used",
    tests=("normal(3, 3) + 3.0 * np.eye(3)", "normal(2, 3, 3) + 3.0 * np.eye(3)"),
)
general(
    "tensorflow.linalg.solve",
    "matrix, rhs, *, name=None",
    {
        "matrix": "-tf.matmul(tf.linalg.solve(tf.linalg.matrix_transpose(matrix), g), y,"
        " transpose_b=True)",
        "rhs": "tf.linalg.solve(tf.linalg.matrix_transpose(matrix), g)",
    },
    {
        "matrix": "-tf.linalg.solve(matrix, tf.matmul(g, y))",
        "rhs": "tf.linalg.solve(matrix, g)",
    },
    shape=like("rhs"),
    tests=(
        "normal(3, 3) + 3.0 * np.eye(3), normal(3, 2)",
        "normal(2, 3, 3) + 3.0 * np.eye(3), normal(2, 3, 1)",
    ),
)
linear(
    "tensorflow.linalg.diag",
    "diagonal, *, name=None",
    {"diagonal": "tf.linalg.diag_part(g)"},
    tests=("normal(3)", "normal(2, 3)"),
)
linear(
    "tensorflow.linalg.diag_part",
    "input, *, name=None",
    {"input": "tf.linalg.set_diag(tf.zeros_like(input), g)"},
    tests=("normal(3, 3)", "normal(2, 3, 4)"),
)
general(
    "tensorflow.linalg.set_diag",
    "input, diagonal, *, name=None",
    {
        "input": "tf.linalg.set_diag(g, tf.zeros_like(diagonal))",
        "diagonal": "tf.linalg.diag_part(g)",
    },
    {
        "input": "tf.linalg.set_diag(g, tf.zeros_like(diagonal))",
        "diagonal": "tf.linalg.set_diag(tf.zeros_like(input), g)",
    },
    shape=like("input"),
    tests=("normal(3, 4), normal(3)",),
)

# --- shape and layout --------------------------------------------------------------------------

linear(
    "tensorflow.transpose",
    "a, perm=None, *, name=None",
    {
        "a": [
            Case("tf.transpose(g)", _absent("perm")),
            Case(
                "tf.transpose(g, tf.math.invert_permutation(perm))", _literal("perm", list, tuple)
            ),
            Case("tf.transpose(g, None if perm is None else tf.math.invert_permutation(perm))"),
        ]
    },
    shape=lambda call: rank(n) if (n := call.rank("a")) is not None else "unknown",
    tests=("normal(2, 3)", "normal(2, 3, 4), [1, 2, 0]"),
)
linear(
    "tensorflow.reshape",
    "tensor, shape, name=None",
    {"tensor": "tf.reshape(g, tf.shape(tensor))"},
    cheap=True,
    tests=("normal(2, 3), [-1]", "normal(2, 3), (3, 2)"),
)
linear(
    "tensorflow.expand_dims",
    "input, axis, name=None",
    {"input": "tf.reshape(g, tf.shape(input))"},
    cheap=True,
    tests=("normal(2, 3), 1", "normal(2, 3), axis=-1"),
)
linear(
    "tensorflow.squeeze",
    "input, axis=None, name=None",
    {"input": "tf.reshape(g, tf.shape(input))"},
    cheap=True,
    tests=("normal(2, 1, 3, 1)", "normal(2, 1, 3, 1), [1]"),
)
linear(
    "tensorflow.broadcast_to",
    "input, shape, name=None",
    {"input": "unbroadcast(g, input)"},
    tests=("normal(2, 1), [4, 2, 3]", "normal(3), (3,)"),
)
linear(
    "tensorflow.tile",
    "input, multiples, name=None",
    {"input": "untile(g, input, multiples)"},
    tests=("normal(2, 3), [2, 1]", "normal(3), [4]"),
)
linear(
    "tensorflow.fill",
    "dims, value, name=None",
    {"value": "tf.reduce_sum(g)"},
    tests=("(2, 3), positive()",),
)
linear(
    "tensorflow.reverse",
    "tensor, axis, name=None",
    {"tensor": "tf.reverse(g, axis)"},
    shape=like("tensor"),
    tests=("normal(2, 3), [1]",),
)
linear(
    "tensorflow.roll",
    "input, shift, axis, name=None",
    {"input": "tf.roll(g, tf.negative(shift), axis)"},
    shape=like("input"),
    tests=("normal(2, 3), 1, 1", "normal(2, 3), [1, 2], [0, 1]"),
)
linear(
    "tensorflow.concat",
    "values, axis, name=None",
    {"values": "unconcat(g, values, axis)"},
    sequence="values",
    tests=(
        "[normal(2, 3), normal(1, 3)], 0",
        "[normal(2, 3), normal(2, 1)], axis=-1",
    ),
)
linear(
    "tensorflow.stack",
    "values, axis=0, name=None",
    {
        "values": [
            Case("g", _absent("axis")),
            Case("tf.unstack(g, axis=axis)"),
        ]
    },
    sequence="values",
    tests=(
        "[normal(3), normal(3)]",
        "[normal(2, 3), normal(2, 3)], axis=-1",
    ),
)
linear(
    "tensorflow.unstack",
    "value, *, axis=0, name=None",
    {"value": [Case("tf.stack(g)", _absent("axis")), Case("tf.stack(g, axis=axis)")]},
    tests=("normal(2, 3)", "normal(2, 3), axis=-1"),
)
linear(
    "tensorflow.split",
    "value, num_or_size_splits, axis=0, *, name=None",
    {"value": "tf.concat(g, axis)"},
    tests=("normal(6), 3", "normal(2, 4), [1, 3], axis=1"),
)
general(
    "tensorflow.pad",
    "tensor, paddings, *, constant_values=0, name=None",
    {"tensor": "tf.slice(g, tf.convert_to_tensor(paddings)[:, 0], tf.shape(tensor))"},
    {"tensor": "tf.pad(g, paddings)"},
    tests=(
        "normal(2, 3), [[1, 0], [0, 2]]",
        "normal(3), [[1, 1]], constant_values=2.0",
    ),
)
linear(
    "tensorflow.slice",
    "input_, begin, size, name=None",
    {"input_": "tf.pad(g, tf.stack([begin, tf.shape(input_) - tf.shape(g) - begin], axis=1))"},
    tests=(
        "normal(3, 4), [1, 0], [2, 3]",
        "normal(3, 4), [0, 2], [-1, 1]",
    ),
)
linear(
    "tensorflow.gather",
    "params, indices, *, axis=None, name=None",
    {
        "params": [
            Case("ungather(g, params, indices)", _absent("axis")),
            Case("ungather(g, params, indices, axis)"),
        ]
    },
    tests=(
        "normal(4, 2), [0, 2, 0]",
        "normal(4), 2",
        "normal(2, 4, 3), [[0, 2], [2, 2]], axis=1",
        "normal(2, 4), np.array([3, 3, 1]), axis=-1",
    ),
)
linear(
    "tensorflow.gather_nd",
    "params, indices, *, name=None",
    {"params": "tf.tensor_scatter_nd_add(tf.zeros_like(params), indices, g)"},
    tests=("normal(4, 2), [[0], [2], [0]]", "normal(2, 3), [[1, 2], [1, 2]]"),
)
linear(
    "tensorflow.scatter_nd",
    "indices, updates, shape, name=None",
    {"updates": "tf.gather_nd(g, indices)"},
    tests=("[[1], [3], [1]], normal(3), [4]",),
)
linear(
    "tensorflow.boolean_mask",
    "tensor, mask, *, name=None",
    {"tensor": "tf.tensor_scatter_nd_add(tf.zeros_like(tensor), tf.where(mask), g)"},
    tests=(
        "normal(3), np.array([True, False, True])",
        "normal(3, 2), np.array([True, False, True])",
        "normal(2, 2), np.array([[True, False], [True, True]])",
    ),
)
linear(
    "tensorflow.nn.embedding_lookup",
    "params, ids, *, name=None",
    {"params": "ungather(g, params, ids)"},
    tests=("normal(4, 2), np.array([[0, 2], [2, 2]])",),
)
general(
    "tensorflow.tensor_scatter_nd_add",
    "tensor, indices, updates, name=None",
    {"tensor": "g", "updates": "tf.gather_nd(g, indices)"},
    {
        "tensor": "g",
        "updates": "tf.tensor_scatter_nd_add(tf.zeros_like(tensor), indices, g)",
    },
    shape=like("tensor"),
    tests=("normal(4), [[1], [3], [1]], normal(3)",),
)

# --- values ------------------------------------------------------------------------------------

for _name, _signature, _test in (
    ("identity", "input, name=None", "normal(3)"),
    ("ensure_shape", "x, shape, name=None", "normal(3), [3]"),
    ("convert_to_tensor", "value, dtype=None, dtype_hint=None, name=None", "normal(3)"),
    ("constant", "value, dtype=None, *, name=None", "normal(3)"),
):
    _value = _signature.split(",")[0]
    general(
        f"tensorflow.{_name}",
        _signature,
        {_value: "g"},
        {_value: "g"},
        shape=like(_value),
        elementwise=True,
        tests=(_test,),
    )
general(
    "tensorflow.Variable",
    "initial_value, trainable=None, *, name=None",
    {"initial_value": "g"},
    {"initial_value": "g"},
    shape=like("initial_value"),
    elementwise=True,
    doc="A variable made from a value; assignments to it are not differentiated.",
)
general(
    "tensorflow.cast",
    "x, /, dtype, name=None",
    {"x": "cast_like(g, x, y)"},
    {"x": "cast_like(g, y, x)"},
    doc="Through a type that is not floating the derivative is zero.",
    tests=("normal(3), tf.float32", "normal(3), tf.int32"),
)


def _names(text: str) -> list[str]:
    return [f"tensorflow.{name}" for name in text.split()]


zero_gradient(
    *_names(
        "stop_gradient zeros_like ones_like zeros ones eye shape shape_n size rank"
        " equal math.equal not_equal math.not_equal less math.less less_equal math.less_equal"
        " greater math.greater greater_equal math.greater_equal"
        " logical_and math.logical_and logical_or math.logical_or"
        " logical_not math.logical_not math.logical_xor"
        " math.is_nan math.is_inf math.is_finite math.count_nonzero math.in_top_k"
        " reduce_any math.reduce_any reduce_all math.reduce_all is_tensor print"
        " debugging.assert_all_finite"
        " as_string fingerprint guarantee_const bitcast"
        " assert_equal debugging.assert_equal assert_greater debugging.assert_greater"
        " assert_less debugging.assert_less assert_rank debugging.assert_rank"
        " histogram_fixed_width histogram_fixed_width_bins searchsorted sequence_mask"
        " linalg.matrix_rank math.confusion_matrix math.invert_permutation"
        " math.is_non_decreasing math.is_strictly_increasing math.zero_fraction"
        " nn.zero_fraction nn.ctc_unique_labels"
        " random.categorical"
        " signal.inverse_stft_window_fn sparse.cross sparse.cross_hashed"
    )
)
cut(
    *_names(
        "sign math.sign floor math.floor math.ceil math.rint round math.round math.floordiv"
        " argmax math.argmax argmin math.argmin argsort truncatediv"
    )
)

# --- neural networks ---------------------------------------------------------------------------

_LAST = "axis=-1 if axis is None else axis"


def _along_last(template: str) -> list[Case]:
    """The template's ``AXIS`` filled in: TensorFlow's ``axis=None`` means the last one here."""
    return [
        Case(template.replace("AXIS", "axis=-1"), _absent("axis")),
        Case(template.replace("AXIS", "axis=axis"), _literal("axis", int)),
        Case(template.replace("AXIS", _LAST)),
    ]


_LOGITS = ("normal(2, 3)", "normal(2, 3), axis=0", "normal(4), -1")
_softmax = _along_last("y * (g - tf.reduce_sum(g * y, AXIS, keepdims=True))")
general(
    "tensorflow.nn.softmax",
    "logits, axis=None, name=None",
    {"logits": _softmax},
    {"logits": _softmax},
    shape=like("logits"),
    tests=_LOGITS,
)
general(
    "tensorflow.nn.log_softmax",
    "logits, axis=None, name=None",
    {"logits": _along_last("g - tf.exp(y) * tf.reduce_sum(g, AXIS, keepdims=True)")},
    {"logits": _along_last("g - tf.reduce_sum(tf.exp(y) * g, AXIS, keepdims=True)")},
    shape=like("logits"),
    tests=_LOGITS,
)
alias(
    **{
        "tensorflow.math.softmax": "tensorflow.nn.softmax",
        "tensorflow.math.log_softmax": "tensorflow.nn.log_softmax",
    }
)


def _along_axis(template: str) -> list[Case]:
    """The template's ``AXIS`` filled in where it is -1 unless given."""
    return [
        Case(template.replace("AXIS", "-1"), _absent("axis")),
        Case(template.replace("AXIS", "axis")),
    ]


_SLOPE = (
    "(tf.nn.softmax(logits, axis=AXIS) * tf.reduce_sum(labels, axis=AXIS, keepdims=True) - labels)"
)
general(
    "tensorflow.nn.softmax_cross_entropy_with_logits",
    "labels, logits, axis=-1, name=None",
    {
        "labels": _along_axis("-tf.expand_dims(g, AXIS) * tf.nn.log_softmax(logits, axis=AXIS)"),
        "logits": _along_axis(f"tf.expand_dims(g, AXIS) * {_SLOPE}"),
    },
    {
        "labels": _along_axis(
            "-tf.reduce_sum(g * tf.nn.log_softmax(logits, axis=AXIS), axis=AXIS)"
        ),
        "logits": _along_axis(f"tf.reduce_sum(g * {_SLOPE}, axis=AXIS)"),
    },
    doc="Exact also where the labels do not sum to one, which TensorFlow's own gradient assumes.",
    tests=(
        "np.eye(3)[:2], normal(2, 3)",
        "np.eye(3)[:, :2], normal(3, 2), axis=0",
    ),
)
general(
    "tensorflow.nn.sparse_softmax_cross_entropy_with_logits",
    "labels, logits, name=None",
    {
        "logits": "tf.expand_dims(g, -1) * (tf.nn.softmax(logits)"
        " - tf.one_hot(labels, tf.shape(logits)[-1], dtype=logits.dtype))"
    },
    {
        "logits": "tf.reduce_sum(g * (tf.nn.softmax(logits)"
        " - tf.one_hot(labels, tf.shape(logits)[-1], dtype=logits.dtype)), axis=-1)"
    },
    tests=("[0, 2], normal(2, 3)",),
)
general(
    "tensorflow.nn.bias_add",
    "value, bias, *, name=None",
    {"value": "g", "bias": "unbroadcast(g, bias)"},
    {"value": "g", "bias": "expand(g, y)"},
    shape=like("value"),
    tests=("normal(2, 3), normal(3)",),
)

_PLAIN_CONVOLUTION = _absent("data_format", "dilations")
_IMAGE = "normal(2, 6, 5, 3)"
linear(
    "tensorflow.nn.conv2d",
    "input, filters, strides, padding, data_format='NHWC', dilations=None, name=None",
    {
        "input": [
            Case(
                "tf.nn.conv2d_transpose(g, filters, tf.shape(input), strides, padding)",
                _PLAIN_CONVOLUTION,
            ),
            Case(
                "tf.nn.conv2d_transpose(g, filters, tf.shape(input), strides, padding,"
                " data_format=data_format, dilations=dilations)"
            ),
        ],
        "filters": [
            Case("conv2d_filters_adjoint(g, input, filters, strides, padding)", _PLAIN_CONVOLUTION),
            Case(
                "conv2d_filters_adjoint(g, input, filters, strides, padding,"
                " data_format, dilations)"
            ),
        ],
    },
    shape=rank(4),
    tests=(
        f"{_IMAGE}, normal(3, 2, 3, 4), 1, 'SAME'",
        f"{_IMAGE}, normal(3, 2, 3, 4), [1, 2, 1, 1], padding='VALID'",
        f"{_IMAGE}, normal(2, 2, 3, 1), strides=[2, 1], padding=[[0, 0], [1, 0], [0, 2], [0, 0]]",
    ),
)
linear(
    "tensorflow.nn.conv2d_transpose",
    "input, filters, output_shape, strides, padding='SAME', data_format='NHWC', dilations=None,"
    " name=None",
    {
        "input": "tf.nn.conv2d(g, filters, strides, padding, data_format, dilations)",
        "filters": "conv2d_filters_adjoint(input, g, filters, strides, padding,"
        " data_format, dilations)",
    },
    shape=rank(4),
    tests=("normal(2, 3, 3, 4), normal(3, 2, 3, 4), [2, 6, 5, 3], 2",),
)
_POOLING = "input, ksize, strides, padding, data_format='NHWC', name=None"
_POOLINGS = (
    f"{_IMAGE}, 2, 2, 'VALID'",
    f"{_IMAGE}, [1, 3, 2, 1], [1, 2], padding='SAME'",
)
_OPTIONS = "ksize, strides, padding, data_format"
general(
    "tensorflow.nn.max_pool2d",
    _POOLING,
    {"input": f"max_pool2d_adjoint(g, input, y, {_OPTIONS})"},
    {"input": f"max_pool2d_tangent(g, input, y, {_OPTIONS})"},
    shape=rank(4),
    kinks="of elements that tie, the first one carries the derivative",
    tests=_POOLINGS,
)
linear(
    "tensorflow.nn.avg_pool2d",
    _POOLING,
    {"input": f"avg_pool2d_adjoint(g, input, {_OPTIONS})"},
    shape=rank(4),
    tests=_POOLINGS,
)

# --- the helpers of these rules ----------------------------------------------------------------
# Derivatives are differentiated again, so what a template calls has a rule as well.

linear(
    "tangent.insert_dims",
    "c, x, axis=None, keepdims=False",
    {"c": "tf.reshape(g, tf.shape(c))"},
    inert=("x",),
    cheap=True,
    tests=("normal(2), normal(2, 3), 1", "normal(2), normal(3, 2, 4), [0, -1]"),
)
linear(
    "tangent.unconcat",
    "c, parts, axis",
    {"c": "tf.concat(g, axis)"},
    inert=("parts",),
)
linear(
    "tangent.untile",
    "c, x, multiples",
    {"c": "tf.tile(g, multiples)"},
    inert=("x",),
    shape=like("x"),
    tests=("normal(4, 3), normal(2, 3), [2, 1]",),
)
linear(
    "tangent.ungather",
    "c, x, indices, axis=None",
    {"c": "tf.gather(g, indices, axis=axis)"},
    inert=("x",),
    shape=like("x"),
    tests=("normal(2, 3), normal(2, 4), [0, 3, 3], 1", "normal(2), normal(4, 2), 3"),
)
linear(
    "tangent.cast_like",
    "c, x, other",
    {"c": "cast_like(g, c, x)"},
    inert=("x", "other"),
    shape=like("c"),
    tests=("normal(3), np.zeros(3, np.float32), normal(3)",),
)
zero_gradient("tangent.tie_weights")
linear(
    "tangent.conv2d_filters_adjoint",
    "c, image, filters, strides, padding, data_format='NHWC', dilations=None",
    {
        "c": "tf.nn.conv2d(image, g, strides, padding, data_format, dilations)",
        "image": "tf.nn.conv2d_transpose(c, g, tf.shape(image), strides, padding,"
        " data_format, dilations)",
    },
    inert=("filters",),
    shape=like("filters"),
    tests=("normal(2, 6, 5, 4), normal(2, 6, 5, 3), normal(3, 2, 3, 4), 1, 'SAME'",),
)
linear(
    "tangent.max_pool2d_adjoint",
    "c, image, pooled, ksize, strides, padding, data_format='NHWC'",
    {"c": "max_pool2d_tangent(g, image, pooled, ksize, strides, padding, data_format)"},
    inert=("image", "pooled"),
    shape=like("image"),
)
linear(
    "tangent.max_pool2d_tangent",
    "c, image, pooled, ksize, strides, padding, data_format='NHWC'",
    {"c": "max_pool2d_adjoint(g, image, pooled, ksize, strides, padding, data_format)"},
    inert=("image", "pooled"),
    shape=like("pooled"),
)
linear(
    "tangent.avg_pool2d_adjoint",
    "c, image, ksize, strides, padding, data_format='NHWC'",
    {"c": "tf.nn.avg_pool2d(g, ksize, strides, padding, data_format)"},
    inert=("image",),
    shape=like("image"),
    tests=("normal(2, 3, 2, 3), normal(2, 6, 5, 3), 2, 2, 'VALID'",),
)

# --- what else there is --------------------------------------------------------------------------

from tangent.rules import (  # noqa: E402, F401
    tensorflow_arrangement,
    tensorflow_complex,
    tensorflow_special,
    tensorflow_tape,
)
