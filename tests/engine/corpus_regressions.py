"""Programs whose derivative was wrong once: the smallest of each kind that the differential
tester, or a reader, found."""

from __future__ import annotations

import numpy as np

RNG = np.random.default_rng(31)


def the_same_value_twice(x):
    return x, x


def one_value_in_three_places(x, y):
    x = x * y
    return x, y, x, 2.0 * x


def the_same_array_twice(x):
    y = np.sin(x)
    return y, y


CASES = [
    (the_same_value_twice, (1.3,), ("x",)),
    (one_value_in_three_places, (1.3, 0.7), ("x", "y")),
    (the_same_array_twice, (RNG.normal(size=3),), ("x",)),
]
