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


# --- names for the same array ------------------------------------------------------------------


def changed_under_another_name(x):
    y = x * 2.0
    z = y
    y += x
    z *= y[0]
    return np.sum(z * x)


def argument_under_another_name(x):
    y = x
    y[0] = x[1] * x[1]
    y += 1.0
    return np.sum(x * x)


def number_or_array(x):
    y = x
    y *= x
    z = y
    z -= 0.5 * x
    return np.sum(y * x) + np.sum(z)


def old_value_was_not_copied(x):
    y = x * 1.0
    old = y
    y[0] = old[1] * old[1]
    return np.sum(y * old)


def buffer_chosen_by_a_condition(x, flag):
    a = x * 1.0
    b = x * 2.0
    w = a if flag else b
    w[0] = x[1] * x[1]
    w *= w[2]
    return np.sum(a * a) + np.sum(b)


def buffer_chosen_in_a_branch(x):
    a = np.zeros(3)
    b = np.ones(3)
    if x[0] > 0.0:
        target = a
    else:
        target = b
    target += x
    target[1] *= x[2]
    return np.sum(a * b) + np.sum(b * b)


def rebound_between_changes(x):
    y = x * 1.0
    z = y
    z[0] *= x[1]
    z = x * 3.0
    z[0] *= y[0]
    return np.sum(y * z)


def buffers_rotated(x, n):
    a, b, c = x * 1.0, np.zeros(3), np.zeros(3)
    for i in range(n):
        b[:] = a * a
        c[i % 3] = b[0] * x[1]
        a, b, c = b, c, a
    return np.sum(a) + np.sum(b * c)


# --- views ---------------------------------------------------------------------------------------


def slice_scaled(x):
    y = x * 1.0
    z = y[1:3]
    z *= x[0]
    return np.sum(y * y)


def row_of_an_argument(x):
    row = x[1]
    row *= 2.0
    row[0] += x[0, 0] * row[1]
    return np.sum(x * x)


def rows_changed_in_a_loop(x):
    y = x * 1.0
    for row in y:
        row *= row[0]
    return np.sum(y * x)


def rows_with_numbers(x):
    y = x.copy()
    for i, row in enumerate(y):
        row[:] = row * i + row[0]
        row += x[i]
    return np.sum(y**2)


def views_of_views(x):
    y = x * 1.0
    a = y[1:]
    b = a[:, 1:]
    c = b.T
    c[0] *= 2.0
    b += a[:, :1]
    a[0] = c[:, 0].sum()
    return np.sum(y * y)


def transposed_view_written(x):
    y = x * 1.0
    t = y.T
    t[0, 1] = x[0, 0] * 3.0
    return np.sum(y * x)


def reshaped_view_written(x):
    m = x.reshape(2, 3)
    m[0] *= m[1]
    m[:, 0] = 1.0
    return np.sum(x**3)


def ravelled_view_or_copy(x, transposed):
    y = x * 1.0
    if transposed:
        y = y.T
    flat = y.ravel()
    flat[1] = flat[0] * x[1, 1]
    return np.sum(y * y) + flat[1]


def column_through_a_new_axis(x):
    y = x * 1.0
    column = y[:, None]
    column *= x[0]
    column[0] = y[2]
    return np.sum(y * y)


def diagonal_read_after_a_change(x):
    y = x * 1.0
    d = np.diagonal(y)
    y[0, 0] = 5.0 * x[1, 1]
    return np.sum(d * d)


def view_kept_over_an_overwrite(x):
    y = x * 1.0
    v = y[:2]
    y[:] = x * x
    return np.sum(v * x[:2])


def copy_by_an_index_array(x):
    y = x * 1.0
    z = y[[0, 1]]
    z[0] = 7.0 * y[2]
    y += 1.0
    return np.sum(y * y) + np.sum(z * x[:2])


def asarray_of_an_array(x):
    y = x * 1.0
    z = np.asarray(y)
    z[0] = x[1] * x[1]
    return np.sum(y * y)


def strided_argument(x):
    flat = x.reshape(-1)
    flat *= 2.0
    flat[0] = 0.0
    return np.sum(x * x) + flat[1]


def views_in_both_branches(x, i):
    y = x * 1.0
    for k in range(3):
        if k == i:
            part = y[: k + 1]
        else:
            part = y[k:]
        part *= 1.0 + x[0]
    return np.sum(y * y)


def overlapping_views(x):
    left, right = x[:-1], x[1:]
    left += right
    right *= left
    left -= 0.5 * right[::-1]
    return np.sum(x * x)


def items_of_a_view(x):
    y = x * 1.0
    v = y[::2]
    v[0], v[1] = v[1] * 2.0, v[0]
    y[0] *= v[1]
    return np.sum(y * y)


def inner_row_of_rows(x):
    y = np.zeros((2, 2))
    y[0] = x
    row = y[0]
    y[1] = row * row
    row[1] = y[1, 0]
    y[1, 0] = row[1] * 2.0
    return np.sum(y * y)


def accumulated_in_a_row(x, n):
    table = np.zeros((n, 3))
    table[0] = x
    for i in range(1, n):
        row = table[i]
        row += table[i - 1]
        row *= row[0]
    return np.sum(table)


# --- lists of arrays --------------------------------------------------------------------------


def taken_from_a_list(x):
    rows = [x * 1.0, x * 2.0]
    last = rows[1]
    last *= rows[0]
    return np.sum(rows[0] * rows[1])


def steps_over_layers(x, y):
    params = [x * 1.0, y * 1.0]
    for p in params:
        p -= 0.1 * p * p
    return np.sum(params[0]) + np.sum(params[1] ** 2)


def list_of_buffers(x, n):
    buffers = []
    for i in range(n):
        buffers.append(np.zeros(2))
    for i in range(n):
        b = buffers[i]
        b += x * i
        b[0] *= x[1]
    return np.sum(buffers[0] + buffers[1] * buffers[n - 1])


def pairs_of_names(x):
    state = (x * 1.0, np.zeros(3))
    pos, vel = state
    vel += pos
    pos += 0.1 * vel
    return np.sum(state[0] * state[1])


# --- control flow -----------------------------------------------------------------------------


def changed_in_one_branch(x):
    y = x * 1.0
    tail = y[1:]
    if x[0] > 0.0:
        tail *= x[0]
    else:
        y[0] = tail[0]
    return np.sum(y * tail[0])


def changed_in_a_while_loop(x):
    y = x * 1.0
    head = y[:1]
    while head[0] < 4.0:
        y *= 1.5
        head += x[1]
    return np.sum(y * y)


def nested_loops_over_views(x, n):
    y = x.copy()
    for k in range(n):
        block = y[k:, k:]
        for j in range(block.shape[0]):
            line = block[j]
            line -= 0.1 * line[0] * block[0]
    return np.sum(y * y)


def inactive_half(x, n):
    grid = np.zeros((n, 2))
    left = grid[:, 0]
    right = grid[:, 1]
    left[:] = np.arange(n)
    right[:] = x * left
    left += 1.0
    return np.sum(grid * grid)


def r(*shape):
    return RNG.normal(size=shape)


CASES = [
    (written_through_out, (r(3),), ("x",)),
    (result_and_out, (r(3),), ("x",)),
    (out_in_a_loop, (r(3), 3), ("x",)),
    (out_of_a_method, (r(3), r(3, 2)), ("x", "a")),
    (out_into_a_slice, (r(3),), ("x",)),
    (out_into_a_row, (r(3),), ("x",)),
    (returned_with_out, (r(3), r(3)), ("x", "w")),
    (rectified, (r(3),), ("x",)),
    (filled, (r(3),), ("x",)),
    (row_filled, (1.3,), ("x",)),
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
    (changed_under_another_name, (r(3),), ("x",)),
    (argument_under_another_name, (r(3),), ("x",)),
    (number_or_array, (r(3),), ("x",)),
    (number_or_array, (1.3,), ("x",)),
    (old_value_was_not_copied, (r(3),), ("x",)),
    (buffer_chosen_by_a_condition, (r(3), True), ("x",)),
    (buffer_chosen_by_a_condition, (r(3), False), ("x",)),
    (buffer_chosen_in_a_branch, (np.array([1.2, 0.3, -0.4]),), ("x",)),
    (buffer_chosen_in_a_branch, (np.array([-1.2, 0.3, -0.4]),), ("x",)),
    (rebound_between_changes, (r(3),), ("x",)),
    (buffers_rotated, (r(3), 4), ("x",)),
    (slice_scaled, (r(4),), ("x",)),
    (row_of_an_argument, (r(2, 3),), ("x",)),
    (rows_changed_in_a_loop, (r(3, 2),), ("x",)),
    (rows_with_numbers, (r(3, 2),), ("x",)),
    (views_of_views, (r(3, 3),), ("x",)),
    (transposed_view_written, (r(2, 2),), ("x",)),
    (reshaped_view_written, (r(6),), ("x",)),
    (ravelled_view_or_copy, (r(2, 2), False), ("x",)),
    (ravelled_view_or_copy, (r(2, 2), True), ("x",)),
    (column_through_a_new_axis, (r(3),), ("x",)),
    (diagonal_read_after_a_change, (r(2, 2),), ("x",)),
    (view_kept_over_an_overwrite, (r(3),), ("x",)),
    (copy_by_an_index_array, (r(3),), ("x",)),
    (asarray_of_an_array, (r(3),), ("x",)),
    (strided_argument, (r(4),), ("x",)),
    (views_in_both_branches, (r(4), 1), ("x",)),
    (overlapping_views, (r(4),), ("x",)),
    (items_of_a_view, (r(4),), ("x",)),
    (inner_row_of_rows, (r(2),), ("x",)),
    (accumulated_in_a_row, (r(3), 3), ("x",)),
    (taken_from_a_list, (r(3),), ("x",)),
    (steps_over_layers, (r(3), r(2, 2)), ("x", "y")),
    (list_of_buffers, (r(2), 3), ("x",)),
    (pairs_of_names, (r(3),), ("x",)),
    (changed_in_one_branch, (np.array([0.7, 0.3, -0.4]),), ("x",)),
    (changed_in_one_branch, (np.array([-0.7, 0.3, -0.4]),), ("x",)),
    (changed_in_a_while_loop, (np.array([1.1, 0.3, -0.4]),), ("x",)),
    (nested_loops_over_views, (r(3, 3), 2), ("x",)),
    (inactive_half, (1.3, 3), ("x",)),
]
