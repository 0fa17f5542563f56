"""Programs with the small comforts of Python: comprehensions, walrus, unpacking, f-strings."""

# Written as users write, not as a formatter does.
# ruff: noqa
# fmt: off

from __future__ import annotations

import io
import math

import numpy as np

RNG = np.random.default_rng(31)


# --- comprehensions --------------------------------------------------------------------------


def weighted_sum(ws, xs):
    return sum(w * x for w, x in zip(ws, xs))


def powers_listed(x):
    powers = [x ** k for k in range(4)]
    return powers[1] + powers[2] * powers[3]


def comprehension_summed(x):
    return sum([x * i for i in range(1, 4)]) * x


def positive_part(xs):
    kept = [v * v for v in xs if v > 0]
    return sum(kept)


def two_filters(xs, limit):
    return sum(math.sin(v) for v in xs if v > -limit if v < limit)


def array_of_comprehension(t, a):
    curve = np.array([a * math.exp(-a * s) for s in t])
    return np.sum(curve * curve)


def nested_loops_in_one(x, y):
    return sum(x ** i * y ** j for i in range(3) for j in range(3) if i + j < 4)


def sum_with_a_start(xs, bias):
    total = sum((x * x for x in xs), bias)
    return total * total


def mean_squared_error(params, points):
    slope, offset = params
    errors = [slope * x + offset - y for x, y in points]
    return sum(e ** 2 for e in errors) / len(errors)


def enumerated_polynomial(coefficients, x):
    return sum(c * x ** i for i, c in enumerate(coefficients))


def comprehension_variable_hides_another(x, i):
    squares = [i * x for i in range(3)]
    return squares[2] * i + sum(x * i for x in range(3))


def same_comprehension_variable_twice(x):
    a = [x * i for i in range(3)]
    b = [a[i] * x for i in range(1, 3)]
    return sum(v for v in b) + sum(a[i] * i for i in range(3))


def comprehension_in_a_loop(x, n):
    for i in range(n):
        parts = [x * 0.1 * i for i in range(3)]
        x = x + sum(parts) * i
    return x


def comprehension_overwrites_its_source(xs):
    xs = [2.0 * x for x in xs]
    return xs[0] * xs[1] + xs[2]


def comprehension_in_a_branch(x, flag):
    if flag:
        values = [x * i for i in range(3)]
    else:
        values = [x, x * x, x * x * x]
    return values[1] * values[2]


def comprehension_of_a_ternary(xs):
    return sum(x * x if x > 0 else -x for x in xs)


def ternary_of_comprehensions(xs, squared):
    loss = sum(x * x for x in xs) if squared else sum(abs(x) for x in xs)
    return loss / len(xs)


def square(x):
    return x * x


def scaled(x, factor=2.0):
    return [factor * x * i for i in range(3)]


def comprehension_of_calls(xs):
    return sum(square(x) * 0.5 for x in xs)


def comprehension_in_a_function(x):
    parts = scaled(x, factor=x)
    return parts[1] * parts[2]


def comprehension_over_a_comprehension(x):
    return sum(v * v for v in [x * i for i in range(3)])


def loop_over_a_comprehension(x):
    product = 1.0
    for factor in [x + i for i in range(3)]:
        product = product * factor
    return product


def comprehension_of_rows(w, x):
    hidden = np.array([np.tanh(np.dot(row, x)) for row in w])
    return hidden.sum()


def inactive_comprehensions(xs):
    names = [f"x{i}" for i, _ in enumerate(xs)]
    table = {name: len(name) for name in names}
    seen = {len(name) for name in names}
    longest = max(len(name) for name in names)
    ok = all(isinstance(name, str) for name in names) and any(len(n) > 1 for n in names)
    total = 0.0
    for name, x in zip(names, xs):
        total += x * x * table[name] * len(seen)
    return total * longest if ok else total


def finite_values_counted(xs):
    n = len([x for x in xs if np.isfinite(x)])
    return sum(xs) / n


def generator_given_a_list(xs):
    values = list(x * x for x in xs)
    return values[0] * values[-1]


def sum_of_arrays(x, n):
    total = sum(np.sin(x * k) / k for k in range(1, n))
    return np.sum(total * total)


def dictionary_comprehension(x):
    powers = {n: x ** n for n in range(4) if n != 1}
    return powers[2] * powers[3]


def scaled_params(params, x):
    halved = {name: 0.5 * value for name, value in params.items()}
    return halved["a"] * x + halved["b"] ** 2


def largest_of_a_generator(xs):
    return max(x * x for x in xs) * min(x + 1.0 for x in xs)


def tuple_of_a_generator(x):
    a, b, c = tuple(x * i for i in range(1, 4))
    return a * b * c


def lagrange(xs, ys, t):
    total = 0.0
    for i in range(len(xs)):
        others = [(t - xs[j]) / (xs[i] - xs[j]) for j in range(len(xs)) if j != i]
        total += ys[i] * np.prod(np.array(others))
    return total


def fourier_partial_sum(a, b, t):
    return sum(
        a[k] * math.cos(k * t) + b[k] * math.sin(k * t)
        for k in range(len(a))
    )


# --- assignment expressions ------------------------------------------------------------------


def walrus_in_a_condition(x):
    if (n := x * x) > 1.0:
        return n * x
    return n + x


def walrus_in_an_elif(x):
    if (n := x * x) > 4.0:
        y = n
    elif (m := n + x) > 1.0:
        y = m * n
    else:
        y = (m - n) * n
    return y * y


def walrus_in_a_while(x, tol):
    while (r := x * x - 2.0) > tol:
        x = x - r / (2.0 * x)
    return x * r + x


def walrus_in_a_return(x):
    return (y := math.sin(x)) * y + y


def walrus_in_a_call(x):
    return math.exp(s := x * 0.5) * s


def walrus_in_a_list(x):
    values = [y := x * x, y * y, y + 1.0]
    return values[1] * values[2]


def walrus_after_and(x, limit):
    if limit is not None and (excess := x * x - limit) > 0:
        return excess * excess
    return x


def walrus_in_a_ternary(x):
    return (y := x * x) * 2.0 if x > 0 else (y := -x) + y * y


def walrus_in_a_loop(xs):
    total = 0.0
    for x in xs:
        if (y := x * x) > 0.5:
            total += y * x
        else:
            total -= y
    return total


def walrus_in_a_filter(xs):
    return sum(y * x for x in xs if (y := x * x) > 0.5)


def running_total_by_walrus(xs):
    total = 0.0
    partial = [total := total + x * x for x in xs]
    return partial[0] * partial[-1] + total


def two_walruses_in_a_while(x):
    while (n := x * x) > 1.0 and (m := 0.5 * n) > 0.6:
        x = 0.5 * x + 0.01 * m
    return n * x


def walrus_in_a_while_with_jumps(x, n):
    rounds = 0
    while (y := x * x) > 0.5:
        rounds += 1
        if rounds > n:
            break
        if y > 4.0:
            x = x * 0.6
            continue
        x = x - 0.2 * y
    return x * y


def comprehension_for_its_effect(x):
    parts = []
    [parts.append(x * i) for i in range(3)]
    return parts[1] * parts[2]


# --- assignments -----------------------------------------------------------------------------


def head_and_rest(x):
    first, *rest = x, x * x, 3.0 * x
    return first * rest[0] + rest[1]


def head_and_rest_of_a_list(xs):
    head, *middle, last = xs
    return head * last + sum(middle) * head


def last_of_many(xs):
    *_, last = [x * x for x in xs]
    return last * xs[0]


def chained_with_an_item(x, data):
    data = data * 1.0
    data[0] = y = x * x
    return data[0] * y + data[1] * x


def chained_index_is_bound_too(x, i, data):
    data = data * 1.0
    data[i] = i = x
    return np.sum(data * data) * i


def chained_tuples(x):
    (a, b) = c = (x, x * x)
    return a * b * c[1]


def swaps_and_rotations(a, b, c):
    a, b = b, a * c
    a, b, c = c, a, b
    (a, b), c = (b * c, a), b
    return a * b + c


def nested_unpacking_of_pairs(pairs):
    total = 0.0
    for i, (a, b) in enumerate(pairs):
        total += a * b * (i + 1)
    return total


def every_operator_in_place(x, y):
    a = x * 1.0
    a += y
    a *= x
    a -= y * y
    a /= 1.0 + x * x
    a **= 2
    a %= 3.0
    return a


def deleted_names(x):
    y = x * x
    z = y * x
    del y
    scratch = [z, 1]
    del scratch
    return z * x


# --- booleans, strings, numbers --------------------------------------------------------------


def chained_comparison(x, lo, hi):
    if lo < x <= hi:
        return x * x
    return x * lo if not x > lo else x * hi


def comparison_as_a_mask(x):
    return np.sum((x > 0) * x * x) + np.sum(np.where((x > 0) & (x < 1), x, 0.5 * x))


def conditional_in_a_call(x, flag):
    return math.sin(x if flag else -x) + max(x, 0.5 if flag else x * x)


def first_that_is_given(x, default=None):
    scale = default or 2.0
    return x * x * scale


def texts_about_values(x):
    y = x * x
    label = f"{x:.3f} -> {y!r:>10}" + "%.2f" % y + "{:g}".format(y) + str(y)
    print(f"{label}", y, sep=": ", end="", file=io.StringIO())
    title = "-".join(str(v) for v in (x, y))
    return y * x if len(label) > 0 and title else x


def converted_numbers(x):
    y = float(x) * abs(-x)
    z = pow(x, 3) + pow(2.0, x)
    return y * z + round(2.6) * int(2.9) * x


def item_of_an_array(x):
    a = x * x
    return a.sum().item() * float(a[0])


def divided_with_rest(x):
    q = x // 2.0
    r = x % 2.0
    return q * x + r * r


def divided_by_divmod(x):
    whole, rest = divmod(x, 2.0)
    return whole * x + rest * rest


def clipped_unless_any_is_large(xs, limit):
    large = any(abs(x) > limit for x in xs)
    return sum(x * x for x in xs) * (0.5 if large else 1.0)


def started_sum(xs):
    return sum(xs, 1.5) * sum(xs)


CASES = [
    (weighted_sum, ([1.0, 2.0, -0.5], [0.3, 0.7, 1.1]), ("ws", "xs")),
    (weighted_sum, (RNG.normal(size=3), RNG.normal(size=3)), ("ws",)),
    (powers_listed, (1.3,), ("x",)),
    (comprehension_summed, (0.7,), ("x",)),
    (comprehension_summed, (RNG.normal(size=2),), ("x",)),
    (positive_part, ([0.5, -1.0, 2.0],), ("xs",)),
    (positive_part, (np.array([0.5, -1.0, 2.0]),), ("xs",)),
    (two_filters, (RNG.normal(size=6), 0.8), ("xs",)),
    (array_of_comprehension, (RNG.uniform(size=4), 0.8), ("a",)),
    (nested_loops_in_one, (0.8, -1.2), ("x", "y")),
    (sum_with_a_start, ([0.5, -1.0, 2.0], 0.3), ("xs", "bias")),
    (mean_squared_error, ((0.5, 0.2), [(0.0, 1.0), (1.0, 2.5), (2.0, 2.0)]), ("params",)),
    (enumerated_polynomial, ([1.0, -0.5, 2.0], 0.7), ("coefficients", "x")),
    (comprehension_variable_hides_another, (0.7, 2.0), ("x", "i")),
    (same_comprehension_variable_twice, (0.7,), ("x",)),
    (comprehension_in_a_loop, (0.7, 3), ("x",)),
    (comprehension_overwrites_its_source, ([0.5, -1.0, 2.0],), ("xs",)),
    (comprehension_in_a_branch, (0.7, True), ("x",)),
    (comprehension_in_a_branch, (0.7, False), ("x",)),
    (comprehension_of_a_ternary, ([0.5, -1.0, 2.0],), ("xs",)),
    (ternary_of_comprehensions, ([0.5, -1.0, 2.0], True), ("xs",)),
    (ternary_of_comprehensions, ([0.5, -1.0, 2.0], False), ("xs",)),
    (comprehension_of_calls, ([0.5, -1.0, 2.0],), ("xs",)),
    (comprehension_in_a_function, (0.9,), ("x",)),
    (comprehension_over_a_comprehension, (0.9,), ("x",)),
    (loop_over_a_comprehension, (0.9,), ("x",)),
    (comprehension_of_rows, (RNG.normal(size=(3, 2)), RNG.normal(size=2)), ("w", "x")),
    (inactive_comprehensions, ([0.5, -1.0, 2.0],), ("xs",)),
    (finite_values_counted, ([0.5, -1.0, 2.0],), ("xs",)),
    (generator_given_a_list, ([0.5, -1.0, 2.0],), ("xs",)),
    (sum_of_arrays, (RNG.normal(size=3), 4), ("x",)),
    (dictionary_comprehension, (1.3,), ("x",)),
    (scaled_params, ({"a": 1.5, "b": -0.5}, 0.7), ("x", "params")),
    (largest_of_a_generator, ([0.5, -1.0, 2.0],), ("xs",)),
    (tuple_of_a_generator, (0.7,), ("x",)),
    (lagrange, ([0.0, 1.0, 2.5], [1.0, -0.5, 2.0], 0.7), ("ys", "t", "xs")),
    (fourier_partial_sum, (RNG.normal(size=3), RNG.normal(size=3), 0.4), ("a", "b", "t")),
    (walrus_in_a_condition, (1.7,), ("x",)),
    (walrus_in_a_condition, (0.7,), ("x",)),
    (walrus_in_an_elif, (2.3,), ("x",)),
    (walrus_in_an_elif, (1.2,), ("x",)),
    (walrus_in_an_elif, (-0.6,), ("x",)),
    (walrus_in_a_while, (3.0, 1e-3), ("x",)),
    (walrus_in_a_return, (0.7,), ("x",)),
    (walrus_in_a_call, (0.7,), ("x",)),
    (walrus_in_a_list, (0.7,), ("x",)),
    (walrus_after_and, (1.7, 1.0), ("x",)),
    (walrus_after_and, (1.7, None), ("x",)),
    (walrus_after_and, (0.7, 1.0), ("x",)),
    (walrus_in_a_ternary, (0.7,), ("x",)),
    (walrus_in_a_ternary, (-0.7,), ("x",)),
    (walrus_in_a_loop, ([0.5, -1.0, 2.0],), ("xs",)),
    (walrus_in_a_filter, ([0.5, -1.0, 2.0],), ("xs",)),
    (running_total_by_walrus, ([0.5, -1.0, 2.0],), ("xs",)),
    (two_walruses_in_a_while, (3.0,), ("x",)),
    (walrus_in_a_while_with_jumps, (3.0, 9), ("x",)),
    (walrus_in_a_while_with_jumps, (3.0, 2), ("x",)),
    (comprehension_for_its_effect, (0.7,), ("x",)),
    (head_and_rest, (0.7,), ("x",)),
    (head_and_rest_of_a_list, ([0.5, -1.0, 2.0, 0.3],), ("xs",)),
    (head_and_rest_of_a_list, ((0.5, -1.0, 2.0),), ("xs",)),
    (last_of_many, ([0.5, -1.0, 2.0],), ("xs",)),
    (chained_with_an_item, (0.7, np.array([1.0, 2.0])), ("x", "data")),
    (chained_index_is_bound_too, (0.7, 1, np.array([1.0, 2.0])), ("x", "data")),
    (chained_tuples, (0.7,), ("x",)),
    (swaps_and_rotations, (0.7, 1.1, -0.4), ("a", "b", "c")),
    (nested_unpacking_of_pairs, ([(1.0, 2.0), (0.5, -1.0)],), ("pairs",)),
    (every_operator_in_place, (1.3, 0.4), ("x", "y")),
    (deleted_names, (1.3,), ("x",)),
    (chained_comparison, (0.5, 0.0, 1.0), ("x", "lo", "hi")),
    (chained_comparison, (-0.5, 0.1, 1.0), ("x", "lo", "hi")),
    (chained_comparison, (1.5, 0.1, 1.2), ("x", "lo", "hi")),
    (comparison_as_a_mask, (RNG.normal(size=5),), ("x",)),
    (conditional_in_a_call, (0.7, True), ("x",)),
    (conditional_in_a_call, (0.7, False), ("x",)),
    (first_that_is_given, (0.7,), ("x",)),
    (first_that_is_given, (0.7, 3.0), ("x", "default")),
    (texts_about_values, (0.7,), ("x",)),
    (converted_numbers, (0.7,), ("x",)),
    (item_of_an_array, (RNG.normal(size=3),), ("x",)),
    (divided_with_rest, (3.3,), ("x",)),
    (divided_by_divmod, (3.3,), ("x",)),
    (clipped_unless_any_is_large, ([0.5, -1.0, 2.0], 1.5), ("xs",)),
    (started_sum, ([0.5, -1.0, 2.0],), ("xs",)),
]
