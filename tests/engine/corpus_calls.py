"""Programs that call functions: of this file, of another one, nested, recursive."""

# Written as users write, not as a formatter does.
# ruff: noqa
# fmt: off

from __future__ import annotations

import math

import corpus_helpers
import corpus_helpers as helpers
import numpy as np
from corpus_helpers import gain_twice, layer, sum_and_product

from tangent import insert_grad_of

RNG = np.random.default_rng(14)


def square(x):
    return x * x


def cube(x):
    return x * square(x)


def calls_one(x):
    return square(x) + x


def calls_often(x, y):
    return square(square(x)) * square(y) + cube(x + y)


def calls_in_a_loop(x):
    y = x
    for i in range(3):
        y = cube(y) * 0.1 + square(x) * i
    return y


def calls_in_a_condition(x):
    if square(x) > 1.0:
        return cube(x)
    return square(x) * 3.0


def calls_in_a_ternary(x):
    return square(x) if x > 0.0 else cube(x)


def branching(x, y):
    if x > y:
        return x * y
    z = x - y
    return z * z


def calls_a_branching_function(x, y):
    return branching(x, y) * branching(y, x)


def accumulate(x, n):
    s = 0.0
    for i in range(n):
        s = s * x + i
    return s


def calls_a_looping_function(x):
    return accumulate(x, 4) * accumulate(square(x), 3)


def calls_another_module(x):
    return helpers.gain(x) * x + gain_twice(x) + corpus_helpers.gain(2.0 * x)


def calls_with_defaults(x, w):
    return np.sum(layer(x, w) + layer(x, w, 1.0))


def calls_with_keywords(x, w, b):
    return np.sum(layer(w=w, x=x, b=b) * layer(x, w, activation="square", b=2.0 * b))


def unpacks_a_result(x, y):
    s, p = sum_and_product(x, y)
    s, p = sum_and_product(s, p)
    return s * p


def takes_one_of_a_result(x, y):
    return sum_and_product(x, y)[1] * x


def returns_a_result(x, y):
    return sum_and_product(x * y, y)


def ignores_a_result(x):
    square(x)
    return cube(x)


def three_results(x):
    return x, x * x, math.sin(x)


def uses_some_results(x):
    a, _, c = three_results(x)
    return a * c


def nested_definition(x):
    def inner(a):
        return a * a + 1.0

    return inner(x) * inner(2.0 * x)


def nested_definition_captures(x, y):
    scale = x * y

    def scaled(a):
        return a * scale + y

    return scaled(x) * scaled(scale)


def nested_in_nested(x):
    def outer(a):
        def inner(b):
            return a * b * x

        return inner(a + x)

    return outer(x * 2.0)


def factorial_like(x, n):
    if n <= 0:
        return 1.0
    return x * n * factorial_like(x, n - 1)


def calls_recursion(x, n):
    return factorial_like(x, n) + x


def halving(x):
    if x < 1.0:
        return x * x
    return halving(x / 2.0) * x


def even(x, n):
    if n == 0:
        return x
    return odd(x * x, n - 1)


def odd(x, n):
    if n == 0:
        return -x
    return even(x + 1.0, n - 1) * x


def passes_constants(x):
    return branching(x, 0.5) + branching(2.0, x) + accumulate(2.0, 3)


def argument_reused(x):
    y = square(x)
    x = y * x
    y = square(x)
    return y * x


def same_names(a, b):
    x = b
    y = a
    return branching(y, x) * x


def fixed_point(a, x):
    for _ in range(20):
        x = step_towards(a, x)
    return x


def step_towards(a, x):
    return 0.5 * (x + a / x)


def printed_gradient(x):
    y = x * x
    with insert_grad_of(y) as dy:
        print("gradient of y:", dy)
    return y * x


def clipped_gradient(x):
    h = x
    for _ in range(3):
        with insert_grad_of(h) as g:
            g = np.clip(g, -100.0, 100.0)
        h = np.sin(h) * x
    return h


def with_a_context(x):
    with np.errstate(divide="ignore"):
        y = np.log(x) * x
    return y * y


def simpson(a, b, n):
    h = (b - a) / n
    s = integrand(a) + integrand(b)
    for i in range(1, n):
        s += integrand(a + i * h) * (4.0 if i % 2 else 2.0)
    return s * h / 3.0


def integrand(t):
    return math.exp(-t * t) * t


def ode(theta, x0):
    def rate(x):
        return -theta * x + np.sin(x)

    x = x0
    for _ in range(10):
        k1 = rate(x)
        k2 = rate(x + 0.05 * k1)
        x = x + 0.1 * k2
    return np.sum(x * x)


def _rotated(s):
    x, y = s
    return np.array([y - x, x * y]) * 2


def unpacks_an_array(s):
    a, b = _rotated(s)
    return a * b


def array_through_calls_in_a_loop(s):
    for _ in range(3):
        s = s + 0.1 * _rotated(s + 0.5 * _rotated(s))
    return np.sum(s)


CASES = [
    (calls_one, (1.3,), ("x",)),
    (calls_often, (1.3, 0.7), ("x", "y")),
    (calls_in_a_loop, (0.7,), ("x",)),
    (calls_in_a_condition, (1.3,), ("x",)),
    (calls_in_a_condition, (0.3,), ("x",)),
    (calls_in_a_ternary, (1.3,), ("x",)),
    (calls_in_a_ternary, (-1.3,), ("x",)),
    (calls_a_branching_function, (1.3, 0.7), ("x", "y")),
    (calls_a_looping_function, (1.3,), ("x",)),
    (calls_another_module, (1.3,), ("x",)),
    (calls_with_defaults, (RNG.normal(size=(2, 3)), RNG.normal(size=(3, 2))), ("x", "w")),
    (
        calls_with_keywords,
        (RNG.normal(size=(2, 3)), RNG.normal(size=(3, 2)), RNG.normal(size=2)),
        ("x", "w", "b"),
    ),
    (unpacks_a_result, (1.3, 0.7), ("x", "y")),
    (takes_one_of_a_result, (1.3, 0.7), ("x", "y")),
    (returns_a_result, (1.3, 0.7), ("x", "y")),
    (ignores_a_result, (1.3,), ("x",)),
    (uses_some_results, (1.3,), ("x",)),
    (nested_definition, (1.3,), ("x",)),
    (nested_definition_captures, (1.3, 0.7), ("x", "y")),
    (nested_in_nested, (1.3,), ("x",)),
    (calls_recursion, (1.3, 4), ("x",)),
    (halving, (5.0,), ("x",)),
    (even, (1.3, 3), ("x",)),
    (passes_constants, (1.3,), ("x",)),
    (argument_reused, (1.3,), ("x",)),
    (same_names, (1.3, 0.7), ("a", "b")),
    (fixed_point, (3.0, 1.0), ("a", "x")),
    (printed_gradient, (1.3,), ("x",)),
    (clipped_gradient, (1.3,), ("x",)),
    (with_a_context, (1.3,), ("x",)),
    (simpson, (0.2, 1.3, 6), ("a", "b")),
    (ode, (0.7, RNG.normal(size=3)), ("theta", "x0")),
    (unpacks_an_array, (RNG.normal(size=2),), ("s",)),
    (array_through_calls_in_a_loop, (RNG.normal(size=2),), ("s",)),
]
