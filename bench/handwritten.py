"""The gradients of `workloads.py` as a person writes them in NumPy: one line for each line.

What generated NumPy must reach. No tricks: nothing is reused, stacked or hoisted that the
primal does not offer by itself.
"""

import numpy as np


def polynomial(x):
    p = 0.25 + x * 0.125
    q = 0.5 - x * p
    a = 1.0 + x * q
    b = a * x + 3.0
    c = b * b - a

    bc = x
    bb = bc * (2.0 * b)
    ba = bb * x - bc
    bq = ba * x
    bp = -bq * x
    return c + bb * a + ba * q - bq * p + bp * 0.125


def iterate(x, n):
    xs = []
    for i in range(n):
        xs.append(x)
        if x < 2.0:
            x = x * 1.01 + 0.001 * x * x
        else:
            x = np.sqrt(x) + 0.01 * i / n

    bx = 1.0
    for _ in range(n):
        x = xs.pop()
        bx = bx * (1.01 + 0.002 * x) if x < 2.0 else bx * 0.5 / np.sqrt(x)
    return bx


def newton(a):
    xs = []
    x = a
    while abs(x * x * x - a) > 1e-12 * a:
        xs.append(x)
        x = (2.0 * x + a / (x * x)) / 3.0

    bx, ba = 1.0, 0.0
    while xs:
        x = xs.pop()
        ba += bx / (3.0 * x * x)
        bx = bx * (2.0 - 2.0 * a / (x * x * x)) / 3.0
    return ba + bx


def mlp(w1, b1, w2, b2, x, label):
    h = np.tanh(np.dot(x, w1) + b1)
    residual = np.dot(h, w2) + b2 - label

    bout = (2.0 / residual.size) * residual
    bpre = np.dot(bout, w2.T) * (1.0 - h * h)
    return np.dot(x.T, bpre), np.sum(bpre, axis=0), np.dot(h.T, bout), np.sum(bout, axis=0)


def logistic(w, b, x, y):
    e = np.exp(-y * (np.dot(x, w) + b))
    bz = -y * e / (1.0 + e) / y.size
    return np.dot(x.T, bz), np.sum(bz)


def rnn(w, u, xs):
    h = np.zeros(w.shape[0])
    hs = []
    for t in range(len(xs)):
        hs.append(h)
        h = np.tanh(np.dot(w, h) + np.dot(u, xs[t]))

    bh = 2.0 * h
    bw = np.zeros_like(w)
    bu = np.zeros_like(u)
    for t in reversed(range(len(xs))):
        bpre = bh * (1.0 - h * h)
        h = hs.pop()
        bw += np.outer(bpre, h)
        bu += np.outer(bpre, xs[t])
        bh = np.dot(w.T, bpre)
    return bw, bu


def heat(k, u, steps):
    u = u.copy()
    laplacians = []
    for _ in range(steps):
        laplacian = u[2:] - 2.0 * u[1:-1] + u[:-2]
        laplacians.append(laplacian)
        u[1:-1] += k * laplacian

    bu = 2.0 * u
    bk = 0.0
    for _ in range(steps):
        laplacian = laplacians.pop()
        bk += np.sum(bu[1:-1] * laplacian)
        blaplacian = bu[1:-1] * k
        bu[2:] += blaplacian
        bu[1:-1] -= 2.0 * blaplacian
        bu[:-2] += blaplacian
    return bk
