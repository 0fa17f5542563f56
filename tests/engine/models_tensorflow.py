"""Models as TensorFlow's users write them, to be differentiated line by line.

tangent show examples/tensorflow_models.py::perceptron --wrt w1,b1,w2,b2
"""

from __future__ import annotations

import math

import tensorflow as tf

from tangent import insert_grad_of


def perceptron(w1, b1, w2, b2, x, labels):
    """The cross entropy of a perceptron with one hidden layer; labels are class numbers."""
    h = tf.nn.relu(tf.matmul(x, w1) + b1)
    logits = tf.matmul(h, w2) + b2
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    return tf.reduce_mean(losses)


def convolutional(filters, scale, offset, w, images, labels):
    """A convolution with batch normalization and dropout, pooled and classified."""
    z = tf.nn.conv2d(images, filters, strides=1, padding="SAME")
    mean, variance = tf.nn.moments(z, axes=[0, 1, 2])
    z = tf.nn.batch_normalization(z, mean, variance, offset, scale, 1e-3)
    h = tf.nn.max_pool2d(tf.nn.relu(z), ksize=2, strides=2, padding="VALID")
    h = tf.nn.dropout(h, rate=0.2, seed=4)
    logits = tf.matmul(tf.reshape(h, [tf.shape(h)[0], -1]), w)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    return tf.reduce_mean(losses)


def lstm(w, u, b, xs, target):
    """A long short-term memory, written out: xs are (steps, batch, features)."""
    h = tf.zeros([tf.shape(xs)[1], tf.shape(u)[0]], dtype=xs.dtype)
    c = tf.zeros_like(h)
    for t in range(xs.shape[0]):
        gates = tf.matmul(xs[t], w) + tf.matmul(h, u) + b
        i, f, o, g = tf.split(gates, 4, axis=1)
        c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
        h = tf.sigmoid(o) * tf.tanh(c)
    return tf.reduce_mean(tf.square(h - target))


def attention(wq, wk, wv, x):
    """Scaled dot-product attention of one head: x is (batch, positions, features)."""
    q = tf.matmul(x, wq)
    k = tf.matmul(x, wk)
    v = tf.matmul(x, wv)
    scores = tf.matmul(q, k, transpose_b=True) / math.sqrt(4.0)
    return tf.matmul(tf.nn.softmax(scores), v)


def layer_norm(x, scale, offset):
    mean = tf.reduce_mean(x, axis=-1, keepdims=True)
    variance = tf.reduce_mean(tf.square(x - mean), axis=-1, keepdims=True)
    return (x - mean) * tf.math.rsqrt(variance + 1e-5) * scale + offset


def transformer(wq, wk, wv, w1, w2, scale, offset, x, target):
    """One block: attention and a perceptron, each added to what it has read."""
    x = x + attention(wq, wk, wv, layer_norm(x, scale, offset))
    h = tf.nn.gelu(tf.matmul(layer_norm(x, scale, offset), w1))
    x = x + tf.matmul(h, w2)
    return tf.reduce_mean(tf.math.squared_difference(x, target))


def variational(encoder, decoder, x, noise):
    """The negative evidence lower bound of a variational autoencoder with one layer each."""
    mean, log_variance = tf.split(tf.matmul(x, encoder), 2, axis=1)
    z = mean + tf.exp(0.5 * log_variance) * noise
    logits = tf.matmul(z, decoder)
    losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=logits)
    divergence = -0.5 * tf.reduce_sum(
        1.0 + log_variance - tf.square(mean) - tf.exp(log_variance), axis=1
    )
    return tf.reduce_mean(tf.reduce_sum(losses, axis=1) + divergence)


def field(w1, b1, w2, x):
    """The trial solution of `physics`: a small network of a number."""
    return tf.reduce_sum(tf.tanh(x * w1 + b1) * w2)


def recurrent(w, u, xs, bound):
    """A recurrent network whose adjoint is clipped on its way back through time."""
    h = tf.zeros_like(w[0])
    for t in range(xs.shape[0]):
        h = tf.tanh(tf.linalg.matvec(w, h) + tf.linalg.matvec(u, xs[t]))
        with insert_grad_of(h) as dh:
            dh = tf.clip_by_value(dh, -bound, bound)
    return tf.reduce_sum(tf.square(h))


def physics(slope, w1, b1, w2, x):
    """How far a network is from solving u' = -u at the point x, given its slope there."""
    return tf.square(slope + field(w1, b1, w2, x))
