"""The functions that are differentiated, in NumPy, as a user writes them.

Those that other tools cannot take (in-place updates) have a form for them in `peers.py`.
"""

import numpy as np


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
            x = np.sqrt(x) + 0.01 * i / n
    return x


def newton(a):
    x = a
    while abs(x * x * x - a) > 1e-12 * a:
        x = (2.0 * x + a / (x * x)) / 3.0
    return x


def mlp(w1, b1, w2, b2, x, label):
    h = np.tanh(np.dot(x, w1) + b1)
    out = np.dot(h, w2) + b2
    return np.mean((out - label) ** 2)


def logistic(w, b, x, y):
    z = np.dot(x, w) + b
    return np.mean(np.log(1.0 + np.exp(-y * z)))


def rnn(w, u, xs):
    h = np.zeros(w.shape[0])
    for t in range(len(xs)):
        h = np.tanh(np.dot(w, h) + np.dot(u, xs[t]))
    return np.sum(h * h)


def heat(k, u, steps):
    u = u.copy()
    for _ in range(steps):
        u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return np.sum(u**2)
