"""Programs that leave loops, branches and functions early: break, continue, return, else."""

# Written as users write, not as a formatter does.
# ruff: noqa
# fmt: off

from __future__ import annotations

import itertools
import math

import numpy as np

RNG = np.random.default_rng(31)


def newton_with_a_tolerance(a, tol):
    x = a
    for _ in range(50):
        step = (x * x - a) / (2.0 * x)
        if abs(step) < tol:
            break
        x = x - step
    return x * x * a


def newton_breaks_at_the_end(a, tol=1e-10):
    x = 1.0
    for i in range(100):
        new = 0.5 * (x + a / x)
        delta = abs(new - x)
        x = new
        if delta < tol:
            break
    return x ** 3 + i


def newton_returns_when_converged(a):
    x = a
    for _ in range(60):
        new = x - (x ** 3 - a) / (3.0 * x * x)
        if abs(new - x) < 1e-12:
            return new
        x = new
    raise RuntimeError("no convergence")


def bisection(c, lo, hi):
    def f(t):
        return t ** 3 - c

    scale = c * c
    for _ in range(40):
        mid = 0.5 * (lo + hi)
        if abs(f(mid)) < 1e-3:
            return mid * scale
        if f(lo) * f(mid) < 0.0:
            hi = mid
        else:
            lo = mid
    return 0.5 * (lo + hi) * scale


def fixed_point(x, w):
    n = 0
    while True:
        new = np.tanh(w * x + 0.3)
        n += 1
        if abs(new - x) < 1e-3 or n >= 25:
            break
        x = new
    return new * x


def backtracking_line_search(x, g):
    t = 1.0
    while True:
        new = x - t * g
        if np.sum(new * new) < 0.9 * np.sum(x * x):
            break
        t = t * 0.5
        if t < 1e-6:
            return np.sum(x) * 0.1
    return np.sum(new * new * t)


def while_true_with_returns(x):
    k = 1
    while True:
        x = x * 1.4 + 0.1 * x * x
        if x > 50.0:
            return x * k
        if k > 6:
            return x - k
        k += 1


def skip_odd(xs):
    s = 0.0
    for i in range(len(xs)):
        if i % 2:
            continue
        s = s + xs[i] ** 2
    return s


def skip_and_stop(xs, limit):
    s = 0.0
    for x in xs:
        if x < 0.0:
            continue
        s = s + x * x
        if s > limit:
            break
        s = s * 1.1
    return s * s


def continue_in_a_while(x, n):
    i = 0
    while i < n:
        i += 1
        if i % 3 == 0:
            continue
        x = x * math.cos(x) + 0.1 * i
    return x


def several_continues(x, flags):
    total = x
    for flag in flags:
        if flag == "skip":
            continue
        if flag == "double":
            total = total * 2.0
            continue
        if flag == "stop":
            break
        if flag == "square":
            total = total * total
        else:
            total = total + x
    return total


def first_negative(xs, y):
    for v in xs:
        if v < 0.0:
            return v * v * y
        y = y * v
    return y


def first_negative_or_else(xs, y):
    for v in xs:
        if v < 0.0:
            found = v * y
            break
        y = y + v * v
    else:
        found = y * 3.0
    return found * y


def while_else(x, limit):
    n = 0
    while x < limit:
        x = x * x + 0.5
        n = n + 1
        if n > 3:
            x = x * 0.5
            break
    else:
        x = x + 10.0 * x
    return x * x


def else_that_returns(xs):
    total = 0.0
    for i, v in enumerate(xs):
        if v > 1.5:
            break
        total = total + v ** 3
    else:
        return total * 0.5
    return total * v + i


def else_of_a_loop_in_a_loop(x, n):
    s = x
    for i in range(2, n):
        for d in range(2, i):
            if i % d == 0:
                break
        else:
            s = s * math.sin(s) + x * i
    return s


def nested_breaks(x, n):
    s = 0.0
    for i in range(n):
        for j in range(n):
            if i * j > 3:
                break
            s = s * 0.9 + x * j
            if s > 40.0:
                s = s - x
                break
        if s > 60.0:
            break
        s = s + x * i
    return s


def nested_with_everything(x, n):
    s = 0.0
    for i in range(n):
        for j in range(n):
            if i * j > 3:
                break
            if (i + j) % 2:
                s = s + x * j
                if s > 5.0:
                    return s * x
            else:
                s = s * x + i
        else:
            s = s + 1.0
    return s + x


def return_from_two_loops(a, target):
    best = 0.0
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            if a[i, j] > target:
                return a[i, j] * best + i
            best = best + a[i, j] ** 2
    return best


def search(row, threshold):
    for block in (row[:2], row[2:]):
        for v in block:
            if v > threshold:
                return v * v
    return 0.1 * np.sum(row)


def helper_that_returns_early(rows, threshold):
    total = 0.0
    for row in rows:
        total = total + search(row, threshold) * threshold
    return total * rows[0]


def half_falls_through(x, n):
    s = 0.0
    for i in range(1, n, 2):
        if i > 2:
            if s > 3.0:
                break
            s = s + x
        else:
            if s < -1.0:
                continue
            s = s * x + 1.0
        s = s + x * x * i
    return s


def returns_half_way(x, y):
    if x > 0.0:
        if y > 1.0:
            return x * y
        x = x * x
    else:
        if y < -1.0:
            return x - y * y
        y = y * x
    z = x * y + x
    return z * z


def returns_half_way_twice(x, y, kind):
    if kind > 0:
        if y > 1.0:
            return x * y
        x = x * x
    if kind < 5:
        if x > 2.0:
            return x ** 3
        y = y * x
    elif kind == 7:
        return y
    return x * y + x


def return_after_writes(x, n):
    y = np.zeros(n)
    for i in range(n):
        y[i] = x[i] * x[i]
        if y[i] > 1.0:
            y[0] = y[0] * x[i]
            return np.sum(y)
        y[i] *= 2.0
    return np.sum(y * y)


def stops_at_the_first_small_pivot(a):
    n = a.shape[0]
    a = a.copy()
    det = 1.0
    for k in range(n):
        if abs(a[k, k]) < 1e-8:
            break
        for i in range(k + 1, n):
            if a[i, k] == 0.0:
                continue
            f = a[i, k] / a[k, k]
            a[i, k:] -= f * a[k, k:]
        det = det * a[k, k]
    return det


def row_with_the_first_large_entry(a, b):
    p = 0
    for r in range(a.shape[0]):
        if abs(a[r, 0]) > 0.5:
            p = r
            break
    return np.sum(a[p] * b) * a[p, 0]


def tuple_returned_early(x, y):
    for i in range(5):
        x = x + y
        if x > 3.0:
            return x * y, x
        y = y * 1.5
    return x, y * y


def break_backwards(xs):
    s = 1.0
    for i in reversed(range(len(xs))):
        if xs[i] < 0.0:
            break
        s = s * xs[i] + i
    return s


def break_out_of_a_stepped_range(x, n):
    for i in range(n, 0, -2):
        x = x * (1.0 + 0.1 * i)
        if x > 2.0 * n:
            break
    return x * i


def break_out_of_a_zip(xs, ws, x):
    for a, w in zip(xs, ws):
        if a * w > 2.0:
            break
        x = x * a + w * x
    return x * x


def break_out_of_pairs(data, x):
    for name, weight in data.items():
        if name == "end":
            break
        x = x * weight + np.sin(x)
    return x


def break_out_of_a_count(x):
    for k in itertools.count(1):
        term = x ** k / k
        if term < 1e-3:
            break
        x = x + 0.1 * term * term
    return x * term


def break_on_an_inactive_search(x, table, key):
    k = 0
    for k in range(len(table)):
        if table[k] == key:
            break
    else:
        k = -1
    return x[k] * x[0]


def loop_variable_after_a_break(xs, limit):
    s = 0.0
    for v in xs:
        s = s + v
        if s > limit:
            break
    return s * v


def early_exit_in_both_loops(x, n):
    y = x
    for i in range(n):
        if y > 10.0:
            break
        y = y * x
    z = y
    for i in range(n):
        if z < 0.1:
            return z * y
        z = z * 0.3
    return z + y


def guards_before_the_work(x, n):
    if n < 0:
        raise ValueError("n must not be negative")
    if n == 0:
        return x
    if x > 10.0:
        return 10.0 + 0.0 * x
    for i in range(n):
        if i > 100:
            raise RuntimeError("too long")
        x = x * math.sin(x)
    return x


def adaptive_steps(y, k, t_end):
    t = 0.0
    h = 0.3
    while t < t_end:
        if t + h > t_end:
            h = t_end - t
        full = y - h * k * y
        half = y - 0.5 * h * k * y
        half = half - 0.5 * h * k * half
        if abs(full - half) > 0.02:
            h = 0.5 * h
            continue
        y = half
        t = t + h
        if abs(full - half) < 0.005:
            h = 1.5 * h
    return y


def power_iteration(a, tol):
    v = np.ones(a.shape[0])
    value = 0.0
    for _ in range(200):
        w = a @ v
        new = np.sqrt(np.sum(w * w))
        v = w / new
        if abs(new - value) < tol:
            value = new
            break
        value = new
    return value


def returns_under_with(x, y):
    with np.errstate(all="ignore"):
        if x > y:
            return x * x
        x = x * y
    return x + y


def break_under_with(x, n):
    for i in range(n):
        with np.errstate(divide="ignore"):
            x = x * x / (1.0 + i)
            if x > 5.0:
                break
        x = x + 0.5
    return x


def list_until(x, n):
    parts = []
    for i in range(n):
        x = x * 1.3
        if x > 4.0:
            break
        parts.append(x * i)
    total = 0.0
    for p in parts:
        total = total + p * p
    return total * x


CASES = [
    (newton_with_a_tolerance, (3.0, 1e-3), ("a",)),
    (newton_breaks_at_the_end, (3.0,), ("a",)),
    (newton_returns_when_converged, (3.0,), ("a",)),
    (bisection, (3.0, 0.3, 2.9), ("c", "lo", "hi")),
    (fixed_point, (0.4, 1.3), ("x", "w")),
    (backtracking_line_search, (RNG.normal(size=3), 3.0 * RNG.normal(size=3)), ("x", "g")),
    (backtracking_line_search, (np.ones(2), -np.ones(2)), ("x", "g")),
    (while_true_with_returns, (1.3,), ("x",)),
    (while_true_with_returns, (0.2,), ("x",)),
    (skip_odd, (RNG.normal(size=5),), ("xs",)),
    (skip_and_stop, (np.array([0.4, -1.0, 0.7, 1.9, 0.2]), 2.0), ("xs",)),
    (skip_and_stop, (np.array([0.4, -1.0, 0.7]), 2.0), ("xs",)),
    (continue_in_a_while, (0.7, 7), ("x",)),
    (several_continues, (1.3, ["add", "skip", "double", "square", "add", "stop", "add"]), ("x",)),
    (several_continues, (1.3, ["square", "skip"]), ("x",)),
    (first_negative, (np.array([0.4, 1.7, -1.1, 2.0]), 0.7), ("xs", "y")),
    (first_negative, (np.array([0.4, 1.7]), 0.7), ("xs", "y")),
    (first_negative, ([0.4, 1.7, -0.2], 0.7), ("xs", "y")),
    (first_negative_or_else, (np.array([0.4, 1.7, -1.1, 2.0]), 0.7), ("xs", "y")),
    (first_negative_or_else, (np.array([0.4, 1.7]), 0.7), ("xs", "y")),
    (while_else, (1.1, 3.0), ("x",)),
    (while_else, (0.3, 3.0), ("x",)),
    (else_that_returns, (np.array([0.4, 1.2, 1.7, 0.3]),), ("xs",)),
    (else_that_returns, (np.array([0.4, 1.2]),), ("xs",)),
    (else_of_a_loop_in_a_loop, (1.3, 8), ("x",)),
    (nested_breaks, (1.3, 5), ("x",)),
    (nested_breaks, (4.3, 6), ("x",)),
    (nested_with_everything, (1.3, 4), ("x",)),
    (nested_with_everything, (0.1, 4), ("x",)),
    (nested_with_everything, (0.1, 2), ("x",)),
    (return_from_two_loops, (np.array([[0.1, 0.6], [0.3, 1.5]]), 1.0), ("a",)),
    (return_from_two_loops, (np.array([[0.1, 0.6], [0.3, 1.5]]), 9.0), ("a",)),
    (helper_that_returns_early, (RNG.normal(size=(3, 4)), 0.6), ("rows", "threshold")),
    (half_falls_through, (1.3, 8), ("x",)),
    (half_falls_through, (0.1, 8), ("x",)),
    (returns_half_way, (1.3, 1.7), ("x", "y")),
    (returns_half_way, (1.3, 0.7), ("x", "y")),
    (returns_half_way, (-1.3, -1.7), ("x", "y")),
    (returns_half_way, (-1.3, 0.7), ("x", "y")),
    (returns_half_way_twice, (1.3, 1.7, 1), ("x", "y")),
    (returns_half_way_twice, (1.7, 0.7, 1), ("x", "y")),
    (returns_half_way_twice, (0.7, 0.7, 0), ("x", "y")),
    (returns_half_way_twice, (0.7, 0.7, 7), ("x", "y")),
    (return_after_writes, (np.array([0.3, 0.9, 1.4, 0.2]), 4), ("x",)),
    (return_after_writes, (np.array([0.3, 0.9, 0.2]), 3), ("x",)),
    (stops_at_the_first_small_pivot, (RNG.normal(size=(3, 3)),), ("a",)),
    (row_with_the_first_large_entry, (np.array([[0.1, 2.0], [0.7, 1.0], [3.0, 3.0]]), RNG.normal(size=2)), ("a", "b")),
    (tuple_returned_early, (0.7, 0.9), ("x", "y")),
    (tuple_returned_early, (0.1, 0.01), ("x", "y")),
    (break_backwards, (np.array([0.4, -1.7, 1.1, 2.0]),), ("xs",)),
    (break_out_of_a_stepped_range, (1.3, 9), ("x",)),
    (break_out_of_a_zip, ([0.4, 0.7, 3.0, 0.1], [0.4, 0.3, 0.9, 1.0], 1.3), ("x",)),
    (break_out_of_a_zip, (RNG.normal(size=4), RNG.normal(size=3), 1.3), ("xs", "ws", "x")),
    (break_out_of_pairs, ({"a": 0.4, "b": 0.7, "end": 3.0, "c": 0.1}, 1.3), ("x",)),
    (break_out_of_a_count, (0.5,), ("x",)),
    (break_on_an_inactive_search, (RNG.normal(size=4), ["a", "b", "c"], "b"), ("x",)),
    (break_on_an_inactive_search, (RNG.normal(size=4), ["a", "b", "c"], "z"), ("x",)),
    (loop_variable_after_a_break, (np.array([0.4, 0.7, 1.1, 2.0]), 1.5), ("xs",)),
    (early_exit_in_both_loops, (1.7, 8), ("x",)),
    (early_exit_in_both_loops, (1.7, 2), ("x",)),
    (guards_before_the_work, (1.3, 3), ("x",)),
    (guards_before_the_work, (1.3, 0), ("x",)),
    (guards_before_the_work, (11.3, 2), ("x",)),
    (adaptive_steps, (1.3, 1.7, 2.0), ("y", "k")),
    (power_iteration, (np.array([[2.0, 0.3], [0.4, 1.0]]), 1e-9), ("a",)),
    (returns_under_with, (1.3, 0.7), ("x", "y")),
    (returns_under_with, (0.3, 0.7), ("x", "y")),
    (break_under_with, (1.3, 5), ("x",)),
    (break_under_with, (0.3, 3), ("x",)),
    (list_until, (1.3, 7), ("x",)),
]
