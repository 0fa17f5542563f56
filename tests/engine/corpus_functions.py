"""Functions as values, and every way of calling: passed on, nested, fixed in part, returned."""

# Written as users write, not as a formatter does.
# ruff: noqa
# fmt: off

from __future__ import annotations

import functools
import math
import operator
from functools import partial

import numpy as np

RNG = np.random.default_rng(31)


# --- functions as arguments ----------------------------------------------------------------------

def newton(f, x, steps=6):
    for _ in range(steps):
        slope = (f(x + 1e-3) - f(x - 1e-3)) / 2e-3
        x = x - f(x) / slope
    return x


def square_root_by_newton(a, x0):
    return newton(lambda t: t ** 2 - a, x0)


def newton_with_derivative(f, df, x, n):
    for i in range(n):
        x = x - f(x) / df(x)
    return x


def cube_root_by_newton(a):
    return newton_with_derivative(lambda t: t ** 3 - a, lambda t: 3.0 * t ** 2, 1.5, 5)


def fixed_point(step, x, tol):
    previous = x + 1.0
    while abs(x - previous) > tol:
        previous = x
        x = step(x)
    return x


def kepler(m, e):
    # E - e sin E = M
    return fixed_point(lambda E: m + e * np.sin(E), m, 1e-12)


def bisect_steps(f, lo, hi, n):
    for _ in range(n):
        mid = 0.5 * (lo + hi)
        if f(lo) * f(mid) <= 0.0:
            hi = mid
        else:
            lo = mid
    return lo, hi


def bisection_then_newton(a):
    f = lambda t: t * t * t - a
    lo, hi = bisect_steps(f, 0.0, 4.0, 6)
    return newton(f, 0.5 * (lo + hi))


def rk4_step(f, t, y, h):
    k1 = f(t, y)
    k2 = f(t + h / 2, y + h / 2 * k1)
    k3 = f(t + h / 2, y + h / 2 * k2)
    k4 = f(t + h, y + h * k3)
    return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def integrate_ode(f, y, t0, t1, n):
    h = (t1 - t0) / n
    t = t0
    for i in range(n):
        y = rk4_step(f, t, y, h)
        t = t + h
    return y


def damped_oscillator(y0, k, c):
    def field(t, y):
        return np.array([0.0, 1.0]) * (-k * y[0] - c * y[1]) + np.array([1.0, 0.0]) * y[1]

    y = integrate_ode(field, y0, 0.0, 1.0, 4)
    return np.sum(y ** 2)


def logistic_growth(r, capacity, y0):
    return integrate_ode(lambda t, y: r * y * (1 - y / capacity), y0, 0.0, 2.0, 5)


def trapezoid(f, a, b, n):
    h = (b - a) / n
    total = 0.5 * (f(a) + f(b))
    for i in range(1, n):
        total += f(a + i * h)
    return total * h


def integral_of_a_gaussian(mu, sigma):
    return trapezoid(lambda t: math.exp(-((t - mu) / sigma) ** 2), -1.0, 2.0, 7)


def integral_of_a_library_function(a, b):
    return trapezoid(np.sin, a, b, 5) + trapezoid(math.exp, a, 2 * b, 3)


def double_integral(a):
    def inner(y):
        return trapezoid(lambda x: np.exp(-a * x * y), 0.0, 1.0, 3)
    return trapezoid(inner, 0.0, 1.0, 4)


def apply(f, *args_are_not_here):
    return f


def compose(f, g, x):
    return f(g(x))


def square(x):
    return x * x


def composed(x, a):
    return compose(np.sin, square, x) + compose(lambda v: v * a, np.tanh, x) * compose(square, square, a)


def twice(f, x):
    return compose(f, f, x)


def handed_through_two_functions(x, a):
    return twice(lambda v: a * np.cos(v) + x, x)


def repeat(f, x, n):
    if n == 0:
        return x
    return repeat(f, f(x), n - 1)


def recursion_with_a_function(x, a):
    return repeat(lambda v: v - a * v ** 3, x, 4)


def same_function_different_variables(x, y):
    def scaled(v, k):
        return v * k
    return twice(lambda v: scaled(v, x), y) + twice(lambda v: scaled(v, y), x)


def by_keyword(x, a):
    return newton(steps=3, x=x, f=lambda t: t * t - a)


def activation_layer(x, w, act=np.tanh):
    return act(np.dot(w, x))


def default_function(x, w):
    return np.sum(activation_layer(x, w)) + np.sum(activation_layer(x, w, np.sin)) + np.sum(activation_layer(x, w, act=lambda z: z * x[0]))


def names_clash(x, a):
    def outer(f, a):
        x = f(a) * 2.0
        return x * a
    return outer(lambda t: t * x + a, x * 0.5)


def in_a_loop(x, a):
    for i in range(3):
        x = newton(lambda t: t ** 2 - a * x - i, x + 1.0, 2)
    return x


def in_a_branch(x, a):
    if a > 1.0:
        f = lambda t: t * a
        y = twice(f, x)
    else:
        g = lambda t: t - a
        y = twice(g, x)
    return y * x


def line_search(f, x, d):
    best, step = x, 1.0
    for i in range(4):
        candidate = x + step * d
        if f(candidate) < f(best):
            best = candidate
        step = step * 0.5
    return best


def descends(x, target):
    return line_search(lambda p: (p - target) ** 2, x, target * 0.3)


# --- functions inside functions ------------------------------------------------------------------

def alias_of_a_library_function(x):
    act = np.tanh
    y = act(x)
    return y * act(2.0 * y)


def alias_of_a_function(x):
    f = square
    g = f
    return g(x) + f(g(x))


def default_captures_a_value(x, y):
    def scaled(t, k=y):
        return t * k
    y = y * 3.0
    return scaled(x) * y


def lambda_default_captures(x):
    total = 0.0
    for i in range(3):
        term = lambda t, i=i: t ** i * (i + 1.0)
        total = total + term(x)
    return total


def default_of_an_expression(x, y):
    power = lambda t, k=x * y: t ** 2 * k
    return power(y) + power(x, 2.0) + power(y, k=x)


def late_binding(x, a):
    f = lambda t: t * a
    y = f(x)
    a = a * a
    return y + f(x)


def mutual_recursion(x, n):
    def even(v, k):
        if k == 0:
            return v * x
        return odd(v * 0.5, k - 1)

    def odd(v, k):
        if k == 0:
            return v + x
        return even(v * v, k - 1)

    return even(x, n) + odd(x, n)


def recursive_closure(x, n):
    def power(k):
        if k == 0:
            return 1.0
        return x * power(k - 1)
    return power(n) + power(2)


def nested_calls_nested(x, a):
    def f(t):
        return t * a

    def g(t):
        a = 2.0 * t
        return f(t) * a

    def h(t):
        return g(f(t)) + x

    return h(x)


def immediately_called(x):
    return (lambda t: t * t + x)(2.0 * x)


def defined_in_a_branch(x, k):
    if k > 0:
        def f(t):
            return t * t * k
        y = f(x)
    else:
        y = x
    return y


def defined_in_a_loop(x):
    for i in range(3):
        scale = 0.5 + i
        def f(t):
            return np.sin(t) * scale
        x = f(x)
    return x


def inactive_calls_of_nested(x, n):
    def count(k):
        return k * 2
    m = count(n)
    return x * m + x ** count(1)


# --- arguments fixed in part ---------------------------------------------------------------------

def affine(a, x, shift=0.0):
    return a * x + shift


def partial_of_a_function(x, a):
    f = partial(affine, a, shift=2.0 * x)
    return f(x) * f(f(a))


def partial_passed_on(x, a):
    return twice(functools.partial(affine, a), x) + newton(partial(affine, 2.0, shift=a), x, 2)


def partial_of_a_library_function(x):
    clip = partial(np.clip, a_min=-0.5, a_max=0.8)
    return np.sum(clip(x) * x)


def partial_keeps_its_value(x, a):
    f = partial(affine, a)
    a = a * 5.0
    return f(x) + a


def partial_of_partial(x, a):
    f = partial(affine, a)
    g = partial(f, shift=x)
    return g(3.0) * g(x, shift=a)


def partial_of_a_lambda(x, y):
    scale = partial(lambda k, v: k * v * v, y)
    return scale(x) + twice(scale, y)


# --- pipelines -----------------------------------------------------------------------------------

def soft(x):
    return np.log(1.0 + np.exp(x))


CASES = [
    (square_root_by_newton, (2.0, 1.2), ("a", "x0")),
    (cube_root_by_newton, (2.0,), ("a",)),
    (kepler, (0.8, 0.3), ("m", "e")),
    (bisection_then_newton, (2.5,), ("a",)),
    (damped_oscillator, (np.array([1.0, 0.3]), 2.0, 0.3), ("y0", "k", "c")),
    (logistic_growth, (1.1, 3.0, 0.4), ("r", "capacity", "y0")),
    (integral_of_a_gaussian, (0.3, 0.9), ("mu", "sigma")),
    (integral_of_a_library_function, (0.3, 0.9), ("a", "b")),
    (double_integral, (0.7,), ("a",)),
    (composed, (0.7, 1.2), ("x", "a")),
    (handed_through_two_functions, (0.7, 1.2), ("x", "a")),
    (recursion_with_a_function, (0.7, 0.2), ("x", "a")),
    (same_function_different_variables, (0.7, 1.3), ("x", "y")),
    (by_keyword, (0.7, 1.3), ("x", "a")),
    (default_function, (RNG.normal(size=3), RNG.normal(size=(2, 3))), ("x", "w")),
    (names_clash, (0.7, 1.3), ("x", "a")),
    (in_a_loop, (0.7, 1.3), ("x", "a")),
    (in_a_branch, (0.7, 1.3), ("x", "a")),
    (in_a_branch, (0.7, 0.3), ("x", "a")),
    (descends, (0.7, 1.9), ("x", "target")),
    (alias_of_a_library_function, (0.7,), ("x",)),
    (alias_of_a_function, (0.7,), ("x",)),
    (default_captures_a_value, (0.7, 1.3), ("x", "y")),
    (lambda_default_captures, (0.7,), ("x",)),
    (default_of_an_expression, (0.7, 1.3), ("x", "y")),
    (late_binding, (0.7, 1.3), ("x", "a")),
    (mutual_recursion, (0.7, 3), ("x",)),
    (recursive_closure, (0.7, 4), ("x",)),
    (nested_calls_nested, (0.7, 1.3), ("x", "a")),
    (immediately_called, (0.7,), ("x",)),
    (defined_in_a_branch, (0.7, 1.3), ("x", "k")),
    (defined_in_a_branch, (0.7, -1.3), ("x", "k")),
    (defined_in_a_loop, (0.7,), ("x",)),
    (inactive_calls_of_nested, (0.7, 2), ("x",)),
    (partial_of_a_function, (0.7, 1.3), ("x", "a")),
    (partial_passed_on, (0.7, 1.3), ("x", "a")),
    (partial_of_a_library_function, (RNG.normal(size=4),), ("x",)),
    (partial_keeps_its_value, (0.7, 1.3), ("x", "a")),
    (partial_of_partial, (0.7, 1.3), ("x", "a")),
    (partial_of_a_lambda, (0.7, 1.3), ("x", "y")),
]


# --- functions that are only known when the program runs -----------------------------------------

def applies(f, x):
    return f(x) * x


PARTS = [partial(affine, 2.0), partial(math.pow, 2.0)]


def first_of_a_list(x):
    return PARTS[0](x) * PARTS[1](x)


def given_a_function(f, x, a):
    y = f(x)
    for i in range(3):
        y = y + a * f(y * 0.5)
    return y * f(a)


def pipeline_of_layers(x):
    for layer in [np.tanh, square, soft]:
        x = layer(x)
    return np.sum(x)


def dispatch(x, name):
    act = {"tanh": np.tanh, "soft": soft, "cube": lambda v: v ** 3}[name]
    return np.sum(act(x) * x)


def dispatch_at_once(x, name):
    return np.sum({"tanh": np.tanh, "relu": lambda v: np.maximum(v, 0.0)}[name](x))


def chosen_by_a_ternary(x, steep):
    f = math.tanh if steep else math.sin
    return f(x) * f(2.0 * x)


def chosen_in_branches(x, kind):
    if kind == 0:
        f = math.exp
    elif kind == 1:
        f = square
    else:
        def f(v):
            return v ** 3 - v
    return f(f(x) * 0.3)


ACTIVATIONS = {"sin": np.sin, "square": square}


def from_a_table(x, names):
    for name in names:
        x = ACTIVATIONS[name](x) + 0.1 * x
    return x


def with_two_arguments(f, x, y, n):
    return f(x, n, y) + f(y, n + 1, x)


def power_and_product(a, k, b):
    return a ** k * b


def with_keywords(f, x, y):
    return f(2.0, x, shift=y) * f(a=y, x=x)


def returns_several(f, x):
    s, p = f(x, 2.0 * x)
    return s * p


def sum_and_product(a, b):
    return a + b, a * b


def function_of_arrays(f, x, w):
    h = x
    for i in range(2):
        h = f(np.dot(w, h))
    return np.sum(h)


def memo(f):
    return functools.lru_cache(maxsize=None)(f)


def logged(f):
    @functools.wraps(f)
    def inner(*args, **kwargs):
        return f(*args, **kwargs)
    return inner


def doubled(f):
    def inner(x):
        return 2.0 * f(x)
    return inner


@doubled
def decorated(x):
    return x * x


def calls_a_decorated_function(x):
    return decorated(x) * x


@functools.lru_cache(maxsize=None)
def cached(x):
    return x ** 3


def calls_a_cached_function(x):
    return cached(x) + cached(2.0 * x)


CASES += [
    (applies, (math.sin, 0.7), ("x",)),
    (applies, (square, 0.7), ("x",)),
    (first_of_a_list, (0.7,), ("x",)),
    (applies, (lambda t: t ** 3 + t, 0.7), ("x",)),
    (given_a_function, (math.sin, 0.7, 0.3), ("x", "a")),
    (given_a_function, (square, 0.7, 0.3), ("x", "a")),
    (pipeline_of_layers, (RNG.normal(size=3),), ("x",)),
    (dispatch, (RNG.normal(size=3), "tanh"), ("x",)),
    (dispatch, (RNG.normal(size=3), "cube"), ("x",)),
    (dispatch_at_once, (RNG.normal(size=3), "relu"), ("x",)),
    (chosen_by_a_ternary, (0.7, True), ("x",)),
    (chosen_by_a_ternary, (0.7, False), ("x",)),
    (chosen_in_branches, (0.7, 0), ("x",)),
    (chosen_in_branches, (0.7, 1), ("x",)),
    (chosen_in_branches, (0.7, 2), ("x",)),
    (from_a_table, (0.7, ["sin", "square", "sin"]), ("x",)),
    (with_two_arguments, (power_and_product, 0.7, 1.3, 2), ("x", "y")),
    (with_keywords, (affine, 0.7, 1.3), ("x", "y")),
    (returns_several, (sum_and_product, 0.7), ("x",)),
    (function_of_arrays, (np.tanh, RNG.normal(size=3), RNG.normal(size=(3, 3))), ("x", "w")),
    (calls_a_decorated_function, (0.7,), ("x",)),
    (calls_a_cached_function, (0.7,), ("x",)),
]


# --- every way of calling ------------------------------------------------------------------------

def total(*values):
    result = 0.0
    for value in values:
        result = result + value * value
    return result


def weighted(scale, *values, offset=0.0):
    return scale * values[0] + offset * values[1] * values[-1] + len(values)


def calls_with_any_number(x, y):
    return total(x, y, x * y) + total(y) * total() + weighted(x, y, 2.0, x, offset=y)


def only_by_keyword(x, *, scale):
    return x * scale


def only_by_position(x, scale, /):
    return x / scale


def calls_by_keyword_and_position(x, y):
    return only_by_keyword(x, scale=y) * only_by_position(y, x)


CASES += [
    (calls_with_any_number, (0.7, 1.3), ("x", "y")),
    (calls_by_keyword_and_position, (0.7, 1.3), ("x", "y")),
]


def squares_of_a_pair(x, y):
    pair = (x * y, x)
    return power_and_product(pair[0], 2, pair[1]) + affine_pair(*pair) + np.arctan2(*pair)


def affine_pair(a, b):
    return a * b + b


def forwards(f, *args, **kwargs):
    return f(*args, **kwargs)


def calls_through_a_forwarder(x, y):
    return forwards(affine, x, y) * forwards(affine, y, x=x, shift=y) + forwards(math.sin, x)


def counted_arguments(*args, **kwargs):
    scale = kwargs["scale"] if "scale" in kwargs else 1.0
    return len(args) * args[0] * scale + sum(affine_pair(*pair) for pair in [(1.0, 2.0)])


def measures_arguments(x, y):
    return counted_arguments(x, y) * counted_arguments(y)


@logged
def logged_function(x, y, power=2):
    return x ** power * y


def calls_a_wrapped_function(x, y):
    return logged_function(x, y) + logged_function(y, y=x, power=3)


def starred_display(x, y):
    return affine(*[x, y], **{"shift": y * y})


def lambda_of_any_number(x, y):
    f = lambda *values: affine(*values, shift=values[0])
    return f(x, y)


CASES += [
    (squares_of_a_pair, (0.7, 1.3), ("x", "y")),
    (calls_through_a_forwarder, (0.7, 1.3), ("x", "y")),
    (measures_arguments, (0.7, 1.3), ("x", "y")),
    (calls_a_wrapped_function, (0.7, 1.3), ("x", "y")),
    (starred_display, (0.7, 1.3), ("x", "y")),
    (lambda_of_any_number, (0.7, 1.3), ("x", "y")),
]
