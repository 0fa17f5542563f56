"""The models of `models_tensorflow`: gradients beside `tf.GradientTape`, training."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangent

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed (extra 'tensorflow')")

import models_tensorflow as models  # noqa: E402

RNG = np.random.default_rng(8)


def normal(*shape: int) -> Any:
    return tf.constant(RNG.normal(size=shape))


LABELS = [0, 2]
PERCEPTRON = [normal(5, 4), normal(4), normal(4, 3), normal(3), normal(2, 5), LABELS]
MODELS = {
    "perceptron": ("w1 b1 w2 b2", PERCEPTRON),
    "convolutional": (
        "filters scale offset w",
        [
            *(normal(3, 3, 2, 4), normal(4), normal(4), normal(36, 3)),
            *(normal(2, 6, 6, 2), LABELS),
        ],
    ),
    "lstm": ("w u b", [normal(3, 16), normal(4, 16), normal(16), normal(5, 2, 3), normal(2, 4)]),
    "transformer": (
        "wq wk wv w1 w2 scale offset",
        [
            *(normal(4, 4), normal(4, 4), normal(4, 4), normal(4, 8), normal(8, 4)),
            *(normal(4), normal(4), normal(2, 3, 4), normal(2, 3, 4)),
        ],
    ),
    "variational": (
        "encoder decoder",
        [normal(5, 4), normal(2, 5), tf.sigmoid(normal(3, 5)), normal(3, 2)],
    ),
    "recurrent": ("w u", [normal(3, 3), normal(3, 2), normal(4, 2), 1e9]),
}


def by_tape(function: Callable[..., Any], wrt: list[str], args: list[Any]) -> list[Any]:
    names = function.__code__.co_varnames
    watched = [args[names.index(name)] for name in wrt]
    tf.random.set_seed(1)
    with tf.GradientTape() as tape:
        tape.watch(watched)
        result = function(*args)
    return tape.gradient(result, watched)


def close(got: Any, expected: Any) -> None:
    # TensorFlow computes the constants of `gelu` in single precision.
    for one, other in zip(got, expected, strict=True):
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("graph", [False, True], ids=["eager", "tf.function"])
@pytest.mark.parametrize("name", MODELS)
def test_gradients_equal_gradient_tape(name: str, graph: bool) -> None:
    names, args = MODELS[name]
    wrt = names.split()
    function = getattr(models, name)
    gradient = tangent.grad(function, wrt=tuple(wrt))
    if graph:
        arrays = [i for i, a in enumerate(args) if tf.is_tensor(a)]

        @tf.function
        def traced(*tensors: Any) -> Any:
            given = list(args)
            for i, tensor in zip(arrays, tensors, strict=True):
                given[i] = tensor
            return gradient(*given)

        got = traced(*[args[i] for i in arrays])
    else:
        tf.random.set_seed(1)
        got = gradient(*args)
    if graph and name == "convolutional":
        return  # its random numbers are others in a graph: it only has to run
    close(got, by_tape(function, wrt, args))


def test_the_adjoint_of_the_recurrent_network_is_clipped() -> None:
    names, args = MODELS["recurrent"]
    gradient = tangent.grad(models.recurrent, wrt=tuple(names.split()))
    free = gradient(*args)
    clipped = gradient(*args[:-1], 1e-3)
    assert np.abs(clipped[0]).max() < 1e-2 < np.abs(free[0]).max()


def test_a_network_is_differentiated_in_a_loss_of_its_derivative() -> None:
    """A physics-informed network: the slope of the network by `tangent.grad`, and the loss, which
    has it in it, differentiated with respect to the weights again."""
    w1, b1, w2, x = normal(5), normal(5), normal(5), tf.constant(0.3, tf.float64)
    slope = tangent.grad(models.field, wrt="x")
    slopes = tangent.vjp(slope, wrt=("w1", "b1", "w2"))
    outer = tangent.grad(models.physics, wrt=("slope", "w1", "b1", "w2"))
    direct = outer(slope(w1, b1, w2, x), w1, b1, w2, x)
    through = slopes(w1, b1, w2, x, bbx=direct[0])
    got = [a + b for a, b in zip(direct[1:], through, strict=True)]
    with tf.GradientTape() as tape:
        tape.watch([w1, b1, w2])
        with tf.GradientTape() as inner:
            inner.watch(x)
            u = models.field(w1, b1, w2, x)
        loss = tf.square(inner.gradient(u, x) + u)
    close(got, tape.gradient(loss, [w1, b1, w2]))


def test_training_gives_the_losses_that_gradient_tape_gives() -> None:
    wrt = ["w1", "b1", "w2", "b2"]
    step = tangent.value_and_grad(models.perceptron, wrt=tuple(wrt))
    ours, theirs = list(PERCEPTRON[:4]), list(PERCEPTRON[:4])
    for _ in range(10):
        loss, gradients = step(*ours, *PERCEPTRON[4:])
        expected = by_tape(models.perceptron, wrt, [*theirs, *PERCEPTRON[4:]])
        np.testing.assert_allclose(loss, models.perceptron(*theirs, *PERCEPTRON[4:]), rtol=1e-12)
        ours = [w - 0.5 * g for w, g in zip(ours, gradients, strict=True)]
        theirs = [w - 0.5 * g for w, g in zip(theirs, expected, strict=True)]
    assert loss < 0.5 * models.perceptron(*PERCEPTRON)
