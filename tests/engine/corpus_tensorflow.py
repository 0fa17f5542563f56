"""Programs on TensorFlow's tensors. Arguments are given as NumPy arrays."""

# Written as users write, not as a formatter does.
# ruff: noqa
# fmt: off

from __future__ import annotations

import numpy as np
import tensorflow as tf

RNG = np.random.default_rng(15)


def tanh_of_product(x, w):
    return tf.tanh(tf.matmul(x, w))


def sum_of_tanh(x, w):
    return tf.reduce_sum(tf.tanh(tf.matmul(x, w)))


def operators(x, y):
    return tf.reduce_sum((x + y) * (x - 2.0 * y) / (1.0 + x**2) - -x)


def matmul_operator(x, w, b):
    return tf.reduce_mean(tf.nn.relu(x @ w + b) ** 2)


def broadcasting(x, y):
    return tf.reduce_sum(x / y + y**2 - tf.maximum(x, y))


def scalar_and_tensor(a, x):
    return tf.reduce_sum(a * x + a)


def reductions(x):
    s = tf.reduce_sum(x, axis=1, keepdims=True)
    m = tf.reduce_max(x, axis=0)
    return tf.reduce_mean(s * m) + tf.reduce_logsumexp(x)


def cross_entropy(x, w, b, labels):
    logits = tf.matmul(x, w) + b
    return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits))


def softmax_by_hand(x):
    e = tf.exp(x - tf.reduce_max(x, axis=-1, keepdims=True))
    return e / tf.reduce_sum(e, axis=-1, keepdims=True)


def sigmoids(x):
    return tf.reduce_sum(tf.sigmoid(x) * tf.nn.softplus(x) + tf.nn.log_softmax(x))


def layout(x):
    y = tf.transpose(tf.reshape(x, [3, 2]))
    z = tf.concat([y, 2.0 * y], axis=0)
    return tf.reduce_sum(tf.square(z) * tf.tile(y, [2, 1]))


def stacked(x, y):
    return tf.reduce_sum(tf.stack([x, y, x * y]) ** 3)


def subscripts(x):
    return tf.reduce_sum(x[0] * x[1]) + x[0, 1] ** 2 + tf.reduce_sum(x[:, 1:])


def gathered(x):
    return tf.reduce_sum(tf.gather(x, [0, 2, 0]) ** 2)


def chosen(x):
    return tf.reduce_sum(tf.where(x > 0.0, x * x, -x) + tf.clip_by_value(x, -0.5, 0.5))


def looped(x, steps):
    y = x
    for i in range(steps):
        y = tf.sin(y) * x + i
    return tf.reduce_sum(y)


def branched(x):
    if tf.reduce_sum(x) > 0.0:
        y = x * x
    else:
        y = tf.exp(x)
    return tf.reduce_sum(y)


def recurrent(w, u, xs):
    h = tf.zeros_like(u[0])
    for t in range(3):
        h = tf.tanh(tf.linalg.matvec(w, h) + u[t] * xs[t])
    return tf.reduce_sum(h * h)


def convolved(image, filters):
    y = tf.nn.relu(tf.nn.conv2d(image, filters, 1, "SAME"))
    return tf.reduce_sum(tf.nn.max_pool2d(y, 2, 2, "VALID") ** 2)


def constants(x):
    c = tf.constant(2.0, dtype=x.dtype)
    zeros = tf.zeros_like(x)
    return tf.reduce_sum(tf.stop_gradient(zeros) + c * tf.identity(x) * x)


def two_results(x):
    return tf.reduce_sum(x), x * x


def dropped(x, w):
    tf.random.set_seed(7)
    h = tf.nn.relu(tf.matmul(x, w))
    h = tf.nn.dropout(h, 0.4, seed=3)
    return tf.reduce_sum(h * h)


def normalized(x, scale, offset):
    mean, variance = tf.nn.moments(x, axes=[0])
    y = tf.nn.batch_normalization(x, mean, variance, offset, scale, 1e-3)
    return tf.reduce_sum(y ** 3)


def spectrum(x):
    z = tf.signal.fft(tf.complex(x, tf.zeros_like(x)))
    power = tf.math.real(z * tf.math.conj(z))
    return tf.reduce_sum(power * power)


def log_likelihood(a, x):
    sigma = tf.matmul(a, a, transpose_b=True) + 2.0 * tf.eye(3, dtype=a.dtype)
    chol = tf.linalg.cholesky(sigma)
    z = tf.linalg.triangular_solve(chol, tf.expand_dims(x, -1))
    return -0.5 * tf.reduce_sum(z * z) - tf.reduce_sum(tf.math.log(tf.linalg.diag_part(chol)))


def sampled(mean, spread):
    tf.random.set_seed(11)
    z = tf.random.normal([4], mean, spread, dtype=tf.float64, seed=5)
    return tf.reduce_sum(tf.tanh(z))


def pooled(image):
    y = tf.nn.avg_pool(image, 2, 2, "VALID")
    y = tf.image.pad_to_bounding_box(tf.image.flip_left_right(y), 1, 0, 4, 3)
    return tf.reduce_sum(y ** 2) + tf.math.reduce_std(image)


CASES = [
    (tanh_of_product, (RNG.normal(size=(4, 3)), RNG.normal(size=(3, 4))), ("x", "w")),
    (sum_of_tanh, (RNG.normal(size=(4, 3)), RNG.normal(size=(3, 4))), ("x", "w")),
    (operators, (RNG.normal(size=(2, 3)), RNG.normal(size=(2, 3))), ("x", "y")),
    (
        matmul_operator,
        (RNG.normal(size=(4, 3)), RNG.normal(size=(3, 2)), RNG.normal(size=2)),
        ("x", "w", "b"),
    ),
    (broadcasting, (RNG.normal(size=(3, 1)), RNG.uniform(0.5, 2.0, size=4)), ("x", "y")),
    (scalar_and_tensor, (np.array(1.3), RNG.normal(size=(2, 3))), ("a", "x")),
    (reductions, (RNG.normal(size=(2, 3)),), ("x",)),
    (
        cross_entropy,
        (
            RNG.normal(size=(4, 3)),
            RNG.normal(size=(3, 2)),
            RNG.normal(size=2),
            np.eye(2)[[0, 1, 1, 0]],
        ),
        ("w", "b"),
    ),
    (softmax_by_hand, (RNG.normal(size=(2, 3)),), ("x",)),
    (sigmoids, (RNG.normal(size=(2, 3)),), ("x",)),
    (layout, (RNG.normal(size=(2, 3)),), ("x",)),
    (stacked, (RNG.normal(size=3), RNG.normal(size=3)), ("x", "y")),
    (subscripts, (RNG.normal(size=(2, 3)),), ("x",)),
    (gathered, (RNG.normal(size=(3, 2)),), ("x",)),
    (chosen, (np.array([-1.0, -0.2, 0.3, 2.0]),), ("x",)),
    (looped, (RNG.normal(size=3), 3), ("x",)),
    (branched, (np.array([1.0, 2.0]),), ("x",)),
    (branched, (np.array([-1.0, -2.0]),), ("x",)),
    (
        recurrent,
        (0.3 * RNG.normal(size=(2, 2)), RNG.normal(size=(3, 2)), RNG.normal(size=(3, 2))),
        ("w", "u"),
    ),
    (
        convolved,
        (RNG.normal(size=(1, 4, 4, 2)), RNG.normal(size=(3, 3, 2, 2))),
        ("image", "filters"),
    ),
    (constants, (RNG.normal(size=3),), ("x",)),
    (two_results, (RNG.normal(size=3),), ("x",)),
    (dropped, (RNG.normal(size=(3, 4)), RNG.normal(size=(4, 2))), ("x", "w")),
    (
        normalized,
        (RNG.normal(size=(4, 2)), RNG.normal(size=2), RNG.normal(size=2)),
        ("x", "scale", "offset"),
    ),
    (spectrum, (RNG.normal(size=4),), ("x",)),
    (log_likelihood, (RNG.normal(size=(3, 3)), RNG.normal(size=3)), ("a", "x")),
    (sampled, (np.array(0.3), np.array(1.2)), ("mean", "spread")),
    (pooled, (RNG.normal(size=(1, 4, 4, 2)),), ("image",)),
]
