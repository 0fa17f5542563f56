"""Programs whose derivative was wrong once: the smallest of each kind that the differential
tester, or a reader, found."""

from __future__ import annotations

import math

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


def divided_in_place_by_itself(x, y):
    x /= 1.5 + x**2
    return 0.7 * y + np.sum(x)


def inactive_local_function(x):
    def twice(z):
        return z + z

    s = twice(2.0)
    return s * x


def starred_constants_end_a_chain(x, n):
    a = x
    for _ in range(n):
        a = a * x
        a, *_rest = np.ones(3)
    return a * x


def bound_twice_at_once(x):
    a, a = x * 2.0, x * x
    return a


def unpacked_into_one_name(x):
    s, s, t = x
    return s * t


def ignored_values_of_other_shapes(x, y):
    params = (x, y, x * 2.0, y * y)
    _, _, w, b = params
    return np.sum(w * b)


def ignored_items(pairs):
    total = 0.0
    for _, _, x in pairs:
        total += x * x
    return total


def context_in_a_loop(x, n):
    for i in range(n):
        with np.errstate(all="ignore"):
            y = x * (i + 1.0)
            x = x + np.sin(y * y)
    return x


def ratio_in_a_context(x, y):
    for _ in y:
        with np.errstate(divide="ignore"):
            x = x * (y / (1.5 + y * y)).sum()
    return 0.7 * x + np.sum(y)


def scalar_cotangent_of_a_vector(x, y):
    y = y / (1.5 + math.sin(y) * x.sum())
    return 0.7 * y + np.sum(x)


def mean_of_a_list(x):
    means = []
    for i in range(3):
        means.append(np.mean(x * i))
    return sum(means) / len(means)


def intermediate_changed_through_a_view(x):
    y = np.asarray(np.exp(x))
    y *= x
    return np.sum(y)


def intermediate_changed_item_by_item(x):
    y = np.transpose(np.exp(x))
    for i in range(3):
        y[i] = y[i] * x[i]
    return np.sum(y)


def quotient_changed_in_its_adjoint(x, y):
    z = y * 1.0
    z[0] = np.exp(-(x**2))
    z /= 1.5 + x**2
    return 0.7 * x + np.sum(z)


def difference_before_a_change(x, y):
    z = y - 0.5
    y[0] = 0.5
    return np.sum(z * x) + np.sum(y)


def listed_before_a_change(x, y):
    values = [y + 1.0, x]
    values.append(1.0 + y)
    y[0] = 3.0
    return np.sum(values[0] * values[1] * values[2]) + np.sum(y)


def unpacked_and_changed(x, y):
    y, z = y, np.tanh(x)
    z += x
    return np.sum(y * x) + np.sum(z)


def dictionary_in_a_branch(x, y):
    if x > 0.5:
        return 0.7 * x + y
    parts = {"a": x, "b": np.sin(x)}
    return y + parts["a"] * parts["b"]


def array_in_a_branch(x, y):
    r = 0.0
    if x < 0.5:
        v = y * x
        r = v[0] * v[1]
    return r


def shape_of_what_is_iterated(x, y):
    for _ in np.sin(y):
        x = x * 1.5
    y = (y + y) - x
    return 0.7 * x + np.sum(y * y)


def _exponential(x):
    y = np.exp(x)
    return y


def result_changed_afterwards(x):
    y = _exponential(x)
    y *= 2.0 * x
    return np.sum(y)


def mask_of_an_augmented_item_in_a_loop(x, y):
    for _ in range(3):
        y[y > 0.3] *= x[0]
        y[[0, 2]] = x[:2]
    return np.sum(x) + np.sum(y * y)


def loop_over_a_ternary(x, y):
    total = 0.0
    for item in y if x > 0.5 else y * y:
        total += item * x
    return total


CASES = [
    (loop_over_a_ternary, (0.7, np.array([0.4, 0.9])), ("x", "y")),
    (loop_over_a_ternary, (0.2, np.array([0.4, 0.9])), ("x", "y")),
    (
        mask_of_an_augmented_item_in_a_loop,
        (np.array([0.5, 0.7, 0.2]), np.array([0.4, 0.9, -0.6])),
        ("x", "y"),
    ),
    (result_changed_afterwards, (np.array([0.3, 0.7]),), ("x",)),
    (the_same_value_twice, (1.3,), ("x",)),
    (one_value_in_three_places, (1.3, 0.7), ("x", "y")),
    (the_same_array_twice, (RNG.normal(size=3),), ("x",)),
    (divided_in_place_by_itself, (RNG.normal(size=3), 0.3), ("x", "y")),
    (bound_twice_at_once, (1.3,), ("x",)),
    (unpacked_into_one_name, (RNG.normal(size=3),), ("x",)),
    (ignored_values_of_other_shapes, (0.7, RNG.normal(size=3)), ("x",)),
    (ignored_items, (RNG.normal(size=(4, 3)),), ("pairs",)),
    (context_in_a_loop, (1.3, 3), ("x",)),
    (ratio_in_a_context, (1.3, RNG.normal(size=3)), ("x", "y")),
    (scalar_cotangent_of_a_vector, (RNG.normal(size=3), 0.7), ("x", "y")),
    (mean_of_a_list, (RNG.normal(size=3),), ("x",)),
    (intermediate_changed_through_a_view, (RNG.normal(size=3),), ("x",)),
    (intermediate_changed_item_by_item, (RNG.normal(size=3),), ("x",)),
    (quotient_changed_in_its_adjoint, (0.7, RNG.normal(size=3)), ("x", "y")),
    (difference_before_a_change, (RNG.normal(size=3), RNG.normal(size=3)), ("x", "y")),
    (listed_before_a_change, (RNG.normal(size=3), RNG.normal(size=3)), ("x", "y")),
    (unpacked_and_changed, (RNG.normal(size=3), RNG.normal(size=3)), ("x", "y")),
    (dictionary_in_a_branch, (0.3, 0.7), ("x", "y")),
    (dictionary_in_a_branch, (0.9, 0.7), ("x", "y")),
    (array_in_a_branch, (0.3, RNG.normal(size=2)), ("x", "y")),
    (shape_of_what_is_iterated, (0.3, RNG.normal(size=2)), ("x", "y")),
    (inactive_local_function, (1.3,), ("x",)),
    (starred_constants_end_a_chain, (1.3, 2), ("x",)),
]
