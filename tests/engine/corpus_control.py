"""Programs with branches, loops and early returns."""

# Written as users write, not as a formatter does.
# ruff: noqa
# fmt: off

from __future__ import annotations

import math

import numpy as np

RNG = np.random.default_rng(12)


def branch(x):
    if x > 0.0:
        y = x * x
    else:
        y = -x
    return y


def branch_without_else(x, y):
    if x > y:
        x = x * y
    return x * x


def elif_chain(x):
    if x < -1.0:
        return x
    elif x < 0.0:
        y = x * x
    elif x < 1.0:
        y = math.sin(x)
    else:
        y = math.exp(x)
        y = y * x
    return y * y


def nested_branches(x, y):
    z = x * y
    if x > 0.0:
        if y > 0.0:
            z = z * x
        else:
            z = z / y
        z = z + 1.0
    elif y > 0.0:
        z = z * y
    return z * z


def branch_on_overwritten(x):
    if x > 1.0:
        x = x * 0.3
    if x > 1.0:
        x = x * x
    return x * x


def branch_defines_one(x):
    y = x
    if x > 0.5:
        z = x * x
        y = z * x
    return y


def boolean_conditions(x, y):
    if x > 0.0 and not y > 1.0 or x * y < -1.0:
        return x * y
    if 0.0 < y < 10.0 and x != y:
        return x + y * y
    return x - y


def ternary(x, y):
    z = x * x if x > y else y * y * y
    return z * (x if z > 1.0 else y)


def ternary_guards_a_singularity(x):
    return math.log(x) if x > 0.0 else 0.0 * x


def conditional_default(x, y=None):
    if y is None:
        y = 2.0
    return x * y * x


def and_or_values(x, flag):
    scale = flag and 3.0 or 2.0
    return x * scale * x


def early_return(x):
    if x > 2.0:
        return x * x
    y = x * x
    return y * y


def early_return_after_work(x, y):
    z = x * y
    if z > 1.0:
        z = z * x
        return z + y
    z = z - x
    if z < -1.0:
        return z * z
    return z * y


def returns_in_every_branch(x):
    if x > 0.0:
        return x * x
    else:
        return -x * x * x


def loop(x):
    y = 0.0
    for i in range(4):
        y = y + x * i
    return y


def loop_overwrites(x):
    for _ in range(3):
        x = x * x
    return x


def loop_of_no_rounds(x, n):
    y = x
    for i in range(n):
        y = y * x
    return y


def loop_of_variable_length(x, n):
    y = 1.0
    for _ in range(n):
        y = y * math.sin(x + y)
    return y


def loop_with_start_stop_step(x):
    y = x
    for i in range(1, 10, 3):
        y = y * (x + i)
    return y


def loop_backwards(x):
    y = x
    for i in range(5, 0, -2):
        y = y * x - i
    return y


def loop_reads_its_variable_after(x):
    y = x
    for i in range(4):
        y = y * x
    return y * i


def loop_overwrites_its_bound(x, n):
    y = x
    for i in range(n):
        n = i
        y = y * x
    return y * n


def loop_overwrites_its_variable(x):
    y = x
    for i in range(3):
        y = y * i + x
        i = 2 * i
        y = y + i * x
    return y


def loop_with_a_branch(a, n):
    for i in range(n):
        if a < 20.0:
            a = a * a
        else:
            a = np.sin(a) * i
    return a


def loop_with_a_first_round(x):
    y = x
    for i in range(4):
        if i == 0:
            y = y * 2.0
        elif i % 2:
            y = y * x
        else:
            y = math.sin(y)
    return y


def nested_loops(x, y):
    s = 0.0
    for i in range(3):
        row = x
        for j in range(2):
            row = row * y + i * j
        s = s + row * x
    return s


def nested_loop_of_inner_bound(x):
    s = x
    for i in range(4):
        for j in range(i):
            s = s + math.sin(s * x) * j
    return s


def triple_loop(x):
    s = x
    for i in range(2):
        for j in range(2):
            for k in range(2):
                s = s * x + (i - j * k)
    return s


def two_loops(x):
    y = x
    for _ in range(2):
        y = y * x
    z = y
    for _ in range(3):
        z = z * y - x
    return z


def temporaries_in_a_loop(x):
    s = 0.0
    for i in range(3):
        t = x * s
        u = t * t + x
        s = u + t
    return s


def rotating_variables(x, y):
    for _ in range(4):
        x, y = y, x * y
    return x + y


def fibonacci_like(x):
    a, b = x, 1.0
    for _ in range(5):
        a, b = b, a * x + b
    return b


def over_a_list(x):
    y = 0.0
    for weight in [1.0, 2.0, 4.0]:
        y = y * x + weight
    return y


def over_a_tuple_of_values(x, y):
    s = 0.0
    for value in (x, y, x * y):
        s = s + value * value
    return s


def over_an_array(x):
    s = 0.0
    for value in x:
        s = s * 0.5 + value * value
    return s


def over_rows(x, w):
    s = 0.0
    for row in x:
        s = s + np.tanh(np.dot(row, w))
    return s


def over_a_constant_array(x, data):
    s = x
    for value in data:
        s = np.sin(s) * value + x
    return s


def enumerated(x, data):
    s = 0.0
    for i, value in enumerate(data):
        s = s + value * x**i
    return s


def zipped(x, data, weights):
    s = 0.0
    for value, weight in zip(data, weights):
        s = s + np.sin(x * value) * weight
    return s


def while_loop(x):
    y = x
    while y < 100.0:
        y = y * y
    return y


def while_counter(x, n):
    i = 0
    y = x
    while i < n:
        y = y * x + i
        i += 1
    return y


def while_of_no_rounds(x):
    while x > 10.0:
        x = x * 0.5
    return x * x


def while_with_a_branch(x):
    y = x
    n = 0
    while y < 50.0 and n < 20:
        if y > 5.0:
            y = y * 2.0 + x
        else:
            y = y * x
        n = n + 1
    return y


def while_newton(a):
    x = a
    while abs(x * x - a) > 1e-12:
        x = 0.5 * (x + a / x)
    return x


def while_in_for(x):
    s = 0.0
    for i in range(3):
        y = x
        while y < 3.0 + i:
            y = y * 1.5
        s = s + y * x
    return s


def inactive_loop(x, n):
    k = 0
    for i in range(n):
        k = k + i
    return x * k


def inactive_body_lines(x, log):
    y = x
    for i in range(3):
        log.append(i)
        message = f"round {i}"
        y = y * x + len(message)
    return y


def state_in_a_tuple(x):
    state = (x, 1.0)
    for _ in range(3):
        a, b = state
        state = (a * b, a + b * x)
    return state[0] + state[1]


def pendulum(theta, omega, steps):
    for _ in range(steps):
        omega = omega - 0.01 * np.sin(theta)
        theta = theta + 0.01 * omega
    return theta


def recurrent(w, u, xs):
    h = np.zeros(w.shape[0])
    for t in range(len(xs)):
        h = np.tanh(np.dot(w, h) + np.dot(u, xs[t]))
    return np.sum(h * h)


def matrix_power(a, n):
    result = np.eye(a.shape[0])
    for _ in range(n):
        result = result @ a
    return result


def gradient_descent(x, rate, steps):
    for _ in range(steps):
        gradient = 2.0 * (x - 1.0) + np.cos(x)
        x = x - rate * gradient
    return np.sum(x * x)


def deviation(x):
    mean = sum(x) / len(x)
    total = 0.0
    for value in x:
        total += (value - mean) ** 2
    return math.sqrt(total / len(x))


def loop_rebinds_its_sequence(v, x):
    for i, e in enumerate(v):
        x = x + e * e * i
        v = v * 1.5
    for e in v:
        v = v + x * e
    return x + np.sum(v)


def loop_unpacks_items(params, x):
    for w, b in params:
        x = np.tanh(x @ w + b)
    return np.sum(x)


def loop_changes_a_shape(x, ws):
    for i in range(2):
        x = np.tanh(x @ ws[i]) * (i + 1)
    return np.sum(x)


CASES = [
    (branch, (1.3,), ("x",)),
    (branch, (-1.3,), ("x",)),
    (branch_without_else, (1.3, 0.7), ("x", "y")),
    (branch_without_else, (0.3, 0.7), ("x", "y")),
    (elif_chain, (-1.3,), ("x",)),
    (elif_chain, (-0.3,), ("x",)),
    (elif_chain, (0.3,), ("x",)),
    (elif_chain, (1.3,), ("x",)),
    (nested_branches, (1.3, 0.7), ("x", "y")),
    (nested_branches, (1.3, -0.7), ("x", "y")),
    (nested_branches, (-1.3, 0.7), ("x", "y")),
    (nested_branches, (-1.3, -0.7), ("x", "y")),
    (branch_on_overwritten, (1.3,), ("x",)),
    (branch_on_overwritten, (7.0,), ("x",)),
    (branch_on_overwritten, (0.3,), ("x",)),
    (branch_defines_one, (1.3,), ("x",)),
    (branch_defines_one, (0.3,), ("x",)),
    (boolean_conditions, (1.3, 0.7), ("x", "y")),
    (boolean_conditions, (1.3, 1.7), ("x", "y")),
    (boolean_conditions, (-0.3, -0.7), ("x", "y")),
    (ternary, (1.3, 0.7), ("x", "y")),
    (ternary, (0.3, 0.7), ("x", "y")),
    (ternary_guards_a_singularity, (1.3,), ("x",)),
    (ternary_guards_a_singularity, (-1.3,), ("x",)),
    (conditional_default, (1.3,), ("x",)),
    (conditional_default, (1.3, 0.7), ("x",)),
    (and_or_values, (1.3, True), ("x",)),
    (and_or_values, (1.3, False), ("x",)),
    (early_return, (3.0,), ("x",)),
    (early_return, (1.3,), ("x",)),
    (early_return_after_work, (1.3, 1.7), ("x", "y")),
    (early_return_after_work, (1.3, -1.7), ("x", "y")),
    (early_return_after_work, (0.3, 0.7), ("x", "y")),
    (returns_in_every_branch, (1.3,), ("x",)),
    (returns_in_every_branch, (-1.3,), ("x",)),
    (loop, (1.3,), ("x",)),
    (loop_overwrites, (1.3,), ("x",)),
    (loop_of_no_rounds, (1.3, 0), ("x",)),
    (loop_of_no_rounds, (1.3, 2), ("x",)),
    (loop_of_variable_length, (1.3, 5), ("x",)),
    (loop_with_start_stop_step, (1.3,), ("x",)),
    (loop_backwards, (1.3,), ("x",)),
    (loop_reads_its_variable_after, (1.3,), ("x",)),
    (loop_overwrites_its_bound, (1.3, 3), ("x",)),
    (loop_overwrites_its_variable, (1.3,), ("x",)),
    (loop_with_a_branch, (1.3, 4), ("a",)),
    (loop_with_a_first_round, (1.3,), ("x",)),
    (nested_loops, (1.3, 0.7), ("x", "y")),
    (nested_loop_of_inner_bound, (1.3,), ("x",)),
    (triple_loop, (1.3,), ("x",)),
    (two_loops, (1.3,), ("x",)),
    (temporaries_in_a_loop, (0.7,), ("x",)),
    (rotating_variables, (1.3, 0.7), ("x", "y")),
    (fibonacci_like, (1.3,), ("x",)),
    (over_a_list, (1.3,), ("x",)),
    (over_a_tuple_of_values, (1.3, 0.7), ("x", "y")),
    (over_an_array, (RNG.normal(size=4),), ("x",)),
    (over_rows, (RNG.normal(size=(3, 2)), RNG.normal(size=2)), ("x", "w")),
    (over_a_constant_array, (1.3, RNG.normal(size=4)), ("x",)),
    (enumerated, (1.3, [1.0, 2.0, 3.0]), ("x",)),
    (zipped, (1.3, [1.0, 2.0, 3.0], [0.5, 0.4, 0.3]), ("x",)),
    (while_loop, (1.3,), ("x",)),
    (while_counter, (1.3, 4), ("x",)),
    (while_of_no_rounds, (1.3,), ("x",)),
    (while_with_a_branch, (1.7,), ("x",)),
    (while_newton, (3.0,), ("a",)),
    (while_in_for, (1.3,), ("x",)),
    (inactive_loop, (1.3, 4), ("x",)),
    (inactive_body_lines, (1.3, []), ("x",)),
    (state_in_a_tuple, (1.3,), ("x",)),
    (pendulum, (0.4, 0.1, 50), ("theta", "omega")),
    (
        recurrent,
        (0.3 * RNG.normal(size=(3, 3)), RNG.normal(size=(3, 2)), RNG.normal(size=(4, 2))),
        ("w", "u"),
    ),
    (matrix_power, (0.5 * RNG.normal(size=(3, 3)), 4), ("a",)),
    (gradient_descent, (RNG.normal(size=3), 0.1, 5), ("x", "rate")),
    (deviation, (RNG.normal(size=4),), ("x",)),
    (loop_rebinds_its_sequence, (RNG.normal(size=3), 0.3), ("v", "x")),
    (
        loop_unpacks_items,
        ([(RNG.normal(size=(2, 3)), RNG.normal(size=3)), (RNG.normal(size=(3, 1)), RNG.normal(size=1))], RNG.normal(size=(4, 2))),
        ("params", "x"),
    ),
    (loop_changes_a_shape, (RNG.normal(size=(4, 2)), [RNG.normal(size=(2, 3)), RNG.normal(size=(3, 1))]), ("x",)),
]
