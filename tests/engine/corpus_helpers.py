"""Functions that the programs of `corpus_calls` import from another file."""

# Written as users write, not as a formatter does.
# ruff: noqa
# fmt: off

from __future__ import annotations

import numpy as np

GAIN = 1.5


def gain(x):
    return GAIN * x


def gain_twice(x):
    return gain(gain(x)) * x


def layer(x, w, b=0.0, activation="tanh"):
    z = np.dot(x, w) + b
    if activation == "tanh":
        return np.tanh(z)
    return z * z


def sum_and_product(x, y):
    return x + y, x * y


def scale_first(x, a):
    x[0] = x[0] * a
