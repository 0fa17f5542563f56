"""Programs that read and write parts of arrays."""

# Written as users write, not as a formatter does.
# ruff: noqa
# fmt: off

from __future__ import annotations

import numpy as np

RNG = np.random.default_rng(13)


def read_elements(x):
    return x[0] * x[1] + x[-1] ** 2


def read_one_element_often(x):
    return x[0] * x[0] + x[0] * x[1]


def read_slices(x):
    return np.sum(x[1:] * x[:-1]) + np.sum(x[::2]) * np.sum(x[::-1] * x)


def read_rows_and_columns(x):
    return np.dot(x[0], x[1]) * x[0, 1] + np.sum(x[:, 0] * x[:, -1])


def read_with_newaxis(x):
    return np.sum(x[:, None] * x[None, :] ** 2)


def read_with_ellipsis(x):
    return x[..., 0] * x[..., 1]


def read_by_an_index_array(x, index):
    return np.sum(x[index] ** 2)


def read_by_a_repeated_index(x):
    return np.sum(x[[0, 0, 2]] * np.array([1.0, 2.0, 3.0]))


def read_by_a_mask(x):
    return np.sum(x[x > 0.0] ** 2)


def read_in_a_loop(x):
    s = 0.0
    for i in range(len(x)):
        s = s + x[i] * i
    return s


def read_neighbours_in_a_loop(x):
    s = 0.0
    for i in range(1, len(x)):
        s = s + (x[i] - x[i - 1]) ** 2
    return s


def read_by_two_indices(x):
    s = 0.0
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            s = s + x[i, j] * x[i][j] * (i + 2 * j)
    return s


def write_an_element(x):
    y = np.zeros(3)
    y[0] = x * x
    y[2] = x
    return np.sum(y * y)


def overwrite_an_element(x, a):
    y = x * 2.0
    y[1] = a
    y[0] = y[1] * y[2]
    return np.sum(y * x)


def write_in_a_loop(x):
    y = np.zeros(len(x))
    for i in range(len(x)):
        y[i] = x[i] ** 2 * i
    return np.sum(y * y)


def write_what_was_written(x):
    y = np.zeros(5)
    y[0] = x
    for i in range(1, 5):
        y[i] = y[i - 1] * x + i
    return y[-1] * y[2]


def write_slices(x):
    y = np.zeros(6)
    y[:3] = x
    y[3:] = x * x
    y[1:5:2] = 7.0
    return np.sum(y**2)


def write_broadcasts(x, a):
    y = np.ones((2, 3))
    y[0] = x
    y[:, 1] = a
    y[1, :2] = x[0] * a
    return np.sum(y * y)


def write_a_matrix(x):
    y = np.zeros((3, 3))
    for i in range(3):
        for j in range(i, 3):
            y[i, j] = x[i] * x[j]
    return np.sum(y @ y)


def add_to_an_element(x):
    y = np.zeros(3)
    y[0] += x
    y[0] += x * x
    y[1] -= x
    y[1] *= x
    return np.sum(y * y)


def add_in_a_loop(x, n):
    y = np.zeros(3)
    for i in range(n):
        y[i % 3] += x * i
        y[0] *= x
    return np.sum(y)


def scale_slices(x, a):
    y = x + 0.0
    y[1:] *= a
    y[:-1] /= 2.0 + a
    y[::2] -= x[0]
    return np.sum(y**3)


def stencil(u, k, steps):
    u = u.copy()
    for _ in range(steps):
        u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return np.sum(u**2)


def stencil_in_the_argument(u, k):
    u[1:-1] = u[1:-1] + k * (u[2:] - u[:-2])
    u[0] = u[1] * k
    return np.sum(u**2)


def argument_changed_in_place(x):
    x *= 2.0
    x += x**2
    return np.sum(x)


def argument_element_changed(x, a):
    x[0] = a * x[1]
    x[1] += x[0]
    return x[0] * x[1] + np.sum(x)


def array_augmented(x, a):
    y = np.zeros(3)
    for i in range(3):
        y += a * x
        y *= x
    return np.sum(y)


def scalar_augmented_in_a_loop(x):
    s = 0.0
    for i in range(3):
        s += x * i
        s *= x
    return s


def array_copied(x):
    y = x.copy()
    y[0] = x[1] * 3.0
    return np.sum(y * x)


def written_array_is_the_result(x):
    y = np.zeros((2, 2))
    y[0, 0] = x * x
    y[1, 0] = np.sin(x)
    return y


def accumulated_rows(x, w):
    total = np.zeros(w.shape[1])
    for i in range(x.shape[0]):
        total = total + np.tanh(x[i] @ w)
    return total


def triangular_solve(a, b):
    n = len(b)
    x = np.zeros(n)
    for i in range(n):
        s = b[i]
        for j in range(i):
            s = s - a[i, j] * x[j]
        x[i] = s / a[i, i]
    return x


def cholesky(a):
    n = a.shape[0]
    factor = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            s = a[i, j] - np.dot(factor[i, :j], factor[j, :j])
            if i == j:
                factor[i, j] = np.sqrt(s)
            else:
                factor[i, j] = s / factor[j, j]
    return factor


def swap_elements(x):
    y = x * 1.0
    y[0], y[1] = y[1], y[0] * y[1]
    return y[0] * y[0] * y[1]


def list_of_values(x):
    values = [x, x * x, 3.0]
    values[2] = values[0] * values[1]
    return values[1] + values[2] * values[-1]


def list_appended(x):
    values = []
    for i in range(3):
        values.append(x * i)
    return values[1] * values[2]


def tuple_element(pair):
    return pair[0] * pair[1] + pair[0]


def mlp_loss(x, w1, b1, w2, b2, label):
    h = np.tanh(np.dot(x, w1) + b1)
    out = np.dot(h, w2) + b2
    return np.mean((out - label) ** 2)


def convolution(x, kernel):
    n = len(x) - len(kernel) + 1
    y = np.zeros(n)
    for i in range(n):
        y[i] = np.dot(x[i : i + len(kernel)], kernel)
    return np.maximum(y, 0.0)


def ring(x, steps):
    state = x.copy()
    for _ in range(steps):
        state = 0.5 * state + 0.25 * (np.roll(state, 1) + np.roll(state, -1)) * state
    return state


_SPD = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]])


def array_unpacked(p):
    x, y = p
    return (1.0 - x) ** 2 + 100.0 * (y - x * x) ** 2


def rows_of_a_product_unpacked(x):
    a, b = x * 2
    c, d = x.T[:2]
    return np.sum(a * b) + np.sum(c * d)


def part_added_and_then_overwritten(x):
    y = x * 1.0
    z = x[1:] * 2.0
    y[1] = 2.0
    y[1:] += z
    return np.sum(y * y * x)


def added_and_overwritten_in_a_loop(x):
    y = x * 1.0
    z = x * 2.0
    for _ in range(3):
        y = y + z
        z = np.sin(y)
        y[0] = 1.5
    return np.sum(y * z)


def part_added_and_overwritten_in_a_loop(x):
    y = x * 1.0
    z = x[1:] * 2.0
    for _ in range(3):
        y[:-1] += z
        z = np.sin(y[1:])
        y[0] = 1.5
    return np.sum(y)


def mean_of_a_display(x):
    a, b = x[0], x[1]
    return np.mean(np.array([a * b, b])) * np.mean(np.vstack([x * x, x]))


def stored_while_it_grows(x):
    out = np.zeros(3)
    p = x[0] * 1.0
    for i in range(3):
        p *= x[i]
        out[i] = p
    return np.sum(out * out)


def list_built_on_itself(x):
    values = [x[0]]
    for i in range(1, 3):
        values.append(values[i - 1] * x[i])
    return values[2] * values[1]


CASES = [
    (read_elements, (RNG.normal(size=4),), ("x",)),
    (read_one_element_often, (RNG.normal(size=3),), ("x",)),
    (read_slices, (RNG.normal(size=5),), ("x",)),
    (read_rows_and_columns, (RNG.normal(size=(3, 3)),), ("x",)),
    (read_with_newaxis, (RNG.normal(size=3),), ("x",)),
    (read_with_ellipsis, (RNG.normal(size=(2, 3)),), ("x",)),
    (read_by_an_index_array, (RNG.normal(size=4), np.array([0, 2, 2])), ("x",)),
    (read_by_a_repeated_index, (RNG.normal(size=4),), ("x",)),
    (read_by_a_mask, (RNG.normal(size=5),), ("x",)),
    (read_in_a_loop, (RNG.normal(size=4),), ("x",)),
    (read_neighbours_in_a_loop, (RNG.normal(size=4),), ("x",)),
    (read_by_two_indices, (RNG.normal(size=(2, 3)),), ("x",)),
    (write_an_element, (1.3,), ("x",)),
    (overwrite_an_element, (RNG.normal(size=3), 0.7), ("x", "a")),
    (write_in_a_loop, (RNG.normal(size=4),), ("x",)),
    (write_what_was_written, (1.3,), ("x",)),
    (write_slices, (RNG.normal(size=3),), ("x",)),
    (write_broadcasts, (RNG.normal(size=3), 0.7), ("x", "a")),
    (write_a_matrix, (RNG.normal(size=3),), ("x",)),
    (add_to_an_element, (1.3,), ("x",)),
    (add_in_a_loop, (1.3, 5), ("x",)),
    (scale_slices, (RNG.normal(size=4), 0.7), ("x", "a")),
    (stencil, (RNG.normal(size=8), 0.1, 5), ("u", "k")),
    (stencil_in_the_argument, (RNG.normal(size=6), 0.3), ("u", "k")),
    (argument_changed_in_place, (RNG.normal(size=3),), ("x",)),
    (argument_element_changed, (RNG.normal(size=3), 0.7), ("x", "a")),
    (array_augmented, (RNG.normal(size=3), 0.7), ("x", "a")),
    (scalar_augmented_in_a_loop, (1.3,), ("x",)),
    (array_copied, (RNG.normal(size=3),), ("x",)),
    (written_array_is_the_result, (1.3,), ("x",)),
    (accumulated_rows, (RNG.normal(size=(3, 2)), RNG.normal(size=(2, 4))), ("x", "w")),
    (triangular_solve, (np.tril(_SPD), RNG.normal(size=3)), ("a", "b")),
    (cholesky, (_SPD,), ("a",)),
    (swap_elements, (RNG.normal(size=3),), ("x",)),
    (list_of_values, (1.3,), ("x",)),
    (list_appended, (1.3,), ("x",)),
    (tuple_element, ((1.3, 0.7),), ("pair",)),
    (
        mlp_loss,
        (
            RNG.normal(size=(5, 4)),
            RNG.normal(size=(4, 3)),
            RNG.normal(size=3),
            RNG.normal(size=(3, 2)),
            RNG.normal(size=2),
            RNG.normal(size=(5, 2)),
        ),
        ("w1", "b1", "w2", "b2"),
    ),
    (convolution, (RNG.normal(size=6), RNG.normal(size=3)), ("x", "kernel")),
    (ring, (RNG.normal(size=5), 3), ("x",)),
    (array_unpacked, (RNG.normal(size=2),), ("p",)),
    (rows_of_a_product_unpacked, (RNG.normal(size=(2, 3)),), ("x",)),
    (part_added_and_then_overwritten, (RNG.normal(size=3),), ("x",)),
    (added_and_overwritten_in_a_loop, (RNG.normal(size=3),), ("x",)),
    (part_added_and_overwritten_in_a_loop, (RNG.normal(size=3),), ("x",)),
    (mean_of_a_display, (RNG.normal(size=3),), ("x",)),
    (stored_while_it_grows, (RNG.normal(size=3),), ("x",)),
    (list_built_on_itself, (RNG.normal(size=3),), ("x",)),
]
