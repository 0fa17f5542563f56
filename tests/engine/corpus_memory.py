"""Arrays that change in place, and the names that see it."""

# Written as users write, not as a formatter does.

from __future__ import annotations

import numpy as np

RNG = np.random.default_rng(43)


# --- calls that write ------------------------------------------------------------------------


def written_through_out(x):
    y = np.zeros(3)
    np.multiply(x, x, out=y)
    return np.sum(y * x)


def result_and_out(x):
    y = np.zeros(3)
    z = np.multiply(x, 2.0, out=y)
    return np.sum(np.sin(y) * z)


def out_in_a_loop(x, n):
    y = x * 1.0
    for _ in range(n):
        np.sin(y, out=y)
        np.multiply(y, x, y)
    return np.sum(y)


def out_of_a_method(x, a):
    y = np.empty(2)
    x.dot(a, out=y)
    y.clip(-1.0, 1.0, out=y)
    return np.sum(y * y)


def out_into_a_slice(x):
    y = np.zeros(6)
    np.add(x, 1.0, out=y[1:4])
    np.cumsum(x, out=y[3:])
    return np.sum(y**2)


def out_into_a_row(x):
    y = np.ones((2, 3))
    np.exp(x, out=y[1])
    return np.sum(y * y)


def returned_with_out(x, w):
    y = x * w
    y *= w
    return np.tanh(y, out=y)


def rectified(x):
    return np.maximum(x, 0.0, out=x)


def filled(x):
    y = np.zeros(3)
    y.fill(x[0])
    y[1] *= x[1]
    return np.sum(y * y)


def row_filled(x):
    y = np.zeros((2, 2))
    y[1].fill(x)
    y[0] += y[1] * x
    return np.sum(y * y)


def filled_with_zero(x):
    acc = np.zeros_like(x)
    total = 0.0
    for i in range(3):
        acc.fill(0.0)
        acc += x * i
        total += np.sum(acc * acc)
    return total


def copied_into(x):
    y = np.zeros(3)
    np.copyto(y, x)
    y *= x
    np.copyto(y[1:], x[0])
    return np.sum(y * y)


def sorted_in_place(x):
    y = x * 2.0
    y.sort()
    return y[0] * y[1] + y[2]


def rows_sorted_in_place(x):
    y = x.copy()
    y.sort()
    return np.sum(y * np.array([1.0, 2.0, 3.0]))


def diagonal_filled(x, a):
    m = np.outer(x, x)
    np.fill_diagonal(m, a)
    return np.sum(m * m * m)


def diagonal_filled_with_a_vector(x):
    m = np.outer(x, x)
    np.fill_diagonal(m, np.sin(x))
    return np.sum(m @ m)


def added_at_repeated_indices(x, i):
    y = np.zeros(4)
    np.add.at(y, i, x * x)
    return np.sum(y * y)


def subtracted_at_pairs(x, i, j):
    m = np.zeros((2, 3))
    np.subtract.at(m, (i, j), x)
    np.add.at(m, (slice(None), 0), 2.0 * x[:2])
    return np.sum(m**3)


def added_at_itself(x, i):
    y = x * 1.0
    np.add.at(y, i, y[0] * y[1:])
    return np.sum(y * y)


def histogram(x, bins, steps):
    h = np.zeros(3)
    for k in range(steps):
        np.add.at(h, bins, x * h[k])
        np.add.at(h, bins, 1.0)
    return np.sum(h * h)


# --- every way to write ------------------------------------------------------------------------


def whole_array_written(x):
    y = np.zeros(3)
    y[...] = x
    y[:] *= x
    y[:] = y[::-1] * x
    return np.sum(y)


def masked_writes(x):
    y = x * 2.0
    y[x < 0.0] = 0.0
    y[x > 1.0] *= x[x > 1.0]
    y[y > 0.5] -= x[0]
    return np.sum(y * y)


def written_at_repeated_indices(x):
    y = x * 1.0
    y[[0, 0, 1]] = x * x
    y[[2, 2, 1]] += x
    y[np.array([1, 2])] *= y[0]
    return np.sum(y * x)


def shifted_into_itself(x):
    y = x * 1.0
    y[1:] = y[:-1] * y[1:]
    y[:-1] += y[1:]
    y[::2] -= y[1::2]
    return np.sum(y * y)


def r(*shape):
    return RNG.normal(size=shape)


CASES = [
    (written_through_out, (r(3),), ("x",)),
    (result_and_out, (r(3),), ("x",)),
    (out_in_a_loop, (r(3), 3), ("x",)),
    (out_of_a_method, (r(3), r(3, 2)), ("x", "a")),
    (out_into_a_slice, (r(3),), ("x",)),
    (returned_with_out, (r(3), r(3)), ("x", "w")),
    (rectified, (r(3),), ("x",)),
    (filled, (r(3),), ("x",)),
    (filled_with_zero, (r(3),), ("x",)),
    (copied_into, (r(3),), ("x",)),
    (sorted_in_place, (r(3),), ("x",)),
    (rows_sorted_in_place, (r(2, 3),), ("x",)),
    (diagonal_filled, (r(3), 0.7), ("x", "a")),
    (diagonal_filled_with_a_vector, (r(3),), ("x",)),
    (added_at_repeated_indices, (r(3), np.array([1, 3, 1])), ("x",)),
    (subtracted_at_pairs, (r(3), np.array([0, 1, 0]), np.array([2, 1, 2])), ("x",)),
    (added_at_itself, (r(4), [1, 1, 3]), ("x",)),
    (histogram, (r(4), np.array([0, 2, 2, 1]), 3), ("x",)),
    (whole_array_written, (r(3),), ("x",)),
    (masked_writes, (np.array([1.3, -0.4, 0.6, 2.0]),), ("x",)),
    (written_at_repeated_indices, (r(3),), ("x",)),
    (shifted_into_itself, (r(4),), ("x",)),
]
