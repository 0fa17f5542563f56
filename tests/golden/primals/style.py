"""The functions that show what a derivative should look like, as users write them."""

import numpy as np

import tangent
from tangent import insert_grad_of


def f(x):
    a = x * x
    b = x * a
    c = a + b
    return c


def mlp_loss(x, w1, b1, w2, b2, label):
    h = np.tanh(np.dot(x, w1) + b1)
    out = np.dot(h, w2) + b2
    return np.mean((out - label) ** 2)


def iterate(a, n):
    for i in range(n):
        if a < 20.0:
            a = a * a
        else:
            a = np.sin(a) * i
    return a


@tangent.tangent
def rnn_loss(w, u, xs):
    h = np.zeros(w.shape[0])
    for t in range(len(xs)):
        with insert_grad_of(h) as g:
            g = np.clip(g, -1.0, 1.0)
        h = np.tanh(np.dot(w, h) + np.dot(u, xs[t]))
    return np.sum(h * h)


def heat(u, k, steps):
    u = u.copy()
    for _ in range(steps):
        u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return np.sum(u ** 2)


def pendulum(theta, omega, steps):
    for _ in range(steps):
        omega = omega - 0.01 * np.sin(theta)
        theta = theta + 0.01 * omega
    return theta
