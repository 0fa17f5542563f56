"""The same gradients by tools that follow the program as it runs; each only if installed."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import workloads

Gradient = Callable[..., Any]

# In-place updates are what these tools cannot take: the same step without one.
_HEAT = """
def heat(k, u, steps):
    for _ in range(steps):
        inner = u[1:-1] + k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        u = np.concatenate([u[:1], inner, u[-1:]])
    return np.sum(u**2)
"""
_TENSORFLOW = """
def polynomial(x):
    a = 1.0 + x * (0.5 - x * (0.25 + x * 0.125))
    b = a * x + 3.0
    c = b * b - a
    return c * x

def iterate(x, n):
    for i in range(n):
        if x < 2.0:
            x = x * 1.01 + 0.001 * x * x
        else:
            x = tf.sqrt(x) + 0.01 * i / n
    return x

def newton(a):
    x = a
    while abs(x * x * x - a) > 1e-12 * a:
        x = (2.0 * x + a / (x * x)) / 3.0
    return x

def mlp(w1, b1, w2, b2, x, label):
    h = tf.tanh(tf.matmul(x, w1) + b1)
    out = tf.matmul(h, w2) + b2
    return tf.reduce_mean((out - label) ** 2)

def logistic(w, b, x, y):
    z = tf.linalg.matvec(x, w) + b
    return tf.reduce_mean(tf.math.log(1.0 + tf.exp(-y * z)))

def rnn(w, u, xs):
    h = tf.zeros(w.shape[0], w.dtype)
    for t in range(len(xs)):
        h = tf.tanh(tf.linalg.matvec(w, h) + tf.linalg.matvec(u, xs[t]))
    return tf.reduce_sum(h * h)

def heat(k, u, steps):
    for _ in range(steps):
        inner = u[1:-1] + k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        u = tf.concat([u[:1], inner, u[-1:]], 0)
    return tf.reduce_sum(u**2)
"""


class Missing(Exception):
    """A peer that is not installed."""


def autograd() -> Callable[[str, tuple[int, ...]], Gradient]:
    """Gradients by autograd, which replaces NumPy by its own."""
    engine = _imported("autograd")
    functions: dict[str, Any] = {}
    exec(inspect.getsource(workloads) + _HEAT, functions)
    functions["np"] = importlib.import_module("autograd.numpy")

    def gradient(name: str, wrt: tuple[int, ...]) -> Gradient:
        return engine.grad(functions[name], wrt[0] if len(wrt) == 1 else wrt)

    return gradient


def tensorflow() -> Callable[[str, tuple[int, ...]], Gradient]:
    """Gradients by TensorFlow's GradientTape in eager mode; its arguments are tensors."""
    tf = _imported("tensorflow")
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    functions: dict[str, Any] = {}
    exec(_TENSORFLOW, {"tf": tf}, functions)

    def gradient(name: str, wrt: tuple[int, ...]) -> Gradient:
        function = functions[name]

        def taped(*args: Any) -> Any:
            with tf.GradientTape() as tape:
                watched = [args[i] for i in wrt]
                tape.watch(watched)
                value = function(*args)
            found = tape.gradient(value, watched)
            return tuple(found) if len(wrt) > 1 else found[0]

        return taped

    return gradient


def as_tensors(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """The arguments of a workload as GradientTape takes them; counts stay numbers."""
    tf = _imported("tensorflow")
    return tuple(a if isinstance(a, int) else tf.constant(a, tf.float64) for a in args)


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise Missing(f"{name} is not installed ({error})") from None
