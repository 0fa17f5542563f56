"""The same functions where annotations say more than the code: the text gets shorter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import tangent
from tangent import insert_grad_of

if TYPE_CHECKING:
    from jaxtyping import Float


def mlp_loss(
    x: Float[np.ndarray, "n i"],
    w1: Float[np.ndarray, "i h"],
    b1: Float[np.ndarray, "h"],
    w2: Float[np.ndarray, "h o"],
    b2: Float[np.ndarray, "o"],
    label: Float[np.ndarray, "n o"],
):
    h = np.tanh(np.dot(x, w1) + b1)
    out = np.dot(h, w2) + b2
    return np.mean((out - label) ** 2)


@tangent.tangent
def rnn_loss(
    w: Float[np.ndarray, "h h"], u: Float[np.ndarray, "h i"], xs: Float[np.ndarray, "t i"]
):
    h = np.zeros(w.shape[0])
    for t in range(len(xs)):
        with insert_grad_of(h) as g:
            g = np.clip(g, -1.0, 1.0)
        h = np.tanh(np.dot(w, h) + np.dot(u, xs[t]))
    return np.sum(h * h)


def heat(u: Float[np.ndarray, "n"], k: float, steps: int):
    u = u.copy()
    for _ in range(steps):
        u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return np.sum(u ** 2)


def pendulum(theta: float, omega: float, steps: int):
    for _ in range(steps):
        omega = omega - 0.01 * np.sin(theta)
        theta = theta + 0.01 * omega
    return theta


def cube_root(a: float):
    x = a
    while abs(x * x * x - a) > 1e-12 * a:
        x = (2.0 * x + a / (x * x)) / 3.0
    return x
