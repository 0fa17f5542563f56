"""Programs without control flow: scalars, assignments, operators, `math`, broadcasting.

`CASES` has for each function its arguments and the names to differentiate with respect to.
"""

# Written as users write, not as a formatter does.
# ruff: noqa
# fmt: off

from __future__ import annotations

import math
from math import exp

import numpy as np

RNG = np.random.default_rng(11)
HALF = 0.5
SCALES = {"small": 0.1, "large": 10.0}


def identity(x):
    return x


def square_chain(x):
    a = x * x
    b = x * a
    c = a + b
    return c


def two_arguments(x, y):
    return x * x * y + y + 2


def sine_of_square(x):
    return np.sin(x**2)


def overwritten(x):
    x = x * x
    x = x + 1.0
    x = x * x
    return x


def overwritten_and_read_again(x, y):
    z = x * y
    x = z + x
    z = x * z
    y = z - y
    return x * y * z


def augmented(x, y):
    x += y
    x *= y
    x -= 2.0 * y
    x /= 3.0 + y
    x **= 2
    return x


def tuple_assignment(x, y):
    a, b = x * y, x + y
    c, (d, e) = a - b, (a * b, a)
    return c * d + e


def swap(x, y):
    x, y = y, x
    x, y = x * y, x - y
    return x * x * y


def chained_assignment(x):
    a = b = x * 2.0
    a = a * b
    return a + b


def unused_variables(x, y):
    unused = x * y
    again = unused + 1.0
    again = y
    return x * 3.0


def unused_argument(x, y):
    return x * x


def constant_result(x):
    return 3.0


def constant_pieces(x):
    a = 2.0 * HALF
    b = SCALES["large"]
    return a * x + b * math.pi


def division(x, y):
    return x / y + 1.0 / x - y / (x * x)


def powers(x, y):
    return x**3 + x**y + 2.0**y + x**-1 + (x * y) ** 0.5


def power_at_zero(x):
    return x**2 + x**1 + 3.0 * x**3


def modulo(x, y):
    return x % y + (x * y) % 1.0


def floor_division(x, y):
    return x * (x // y) + y


def unary_operators(x, y):
    return -x * +y - -(x - y)


def nested_expression(x, y):
    return ((x + y) * (x - y) / (1.0 + x * x)) ** 2 + (x - (y - (x - y)))


def repeated_operand(x):
    return x + x + x * x - x / (x + x)


def compared_values(x, y):
    return (x > y) * x + (x <= y) * y


def integer_argument(x, n):
    return x**n + n * x + n


def integer_arithmetic(x, n):
    k = n * 2 + 1
    k = k // 2 % 5
    return x * k


def math_functions(x, y):
    return (
        math.sin(x) * math.cos(y)
        + math.exp(-x)
        + exp(x * y)
        + math.log(x)
        + math.sqrt(x + y)
        + math.tanh(x)
        + math.atan2(x, y)
        + math.pow(x, 3.0)
    )


def math_functions_again(x):
    return math.tan(x) + math.asin(x) + math.log1p(x) + math.hypot(x, 1.0) + math.erf(x)


def absolute(x, y):
    return abs(x) * y + abs(x - 10.0 * y)


def builtin_extrema(x, y):
    return max(x, y) * 2.0 + min(x, y) * y


def converted(x):
    return float(x) * x


def numpy_elementwise(x):
    return np.exp(np.sin(x)) * np.cos(x) + np.log(1.0 + x**2) - np.sqrt(2.0 + np.abs(x))


def numpy_more(x):
    return np.arctan(x) + np.sinh(x) * np.tanh(x) + np.log1p(np.square(x)) + np.expm1(x)


def numpy_two_arguments(x, y):
    return np.maximum(x, y) * np.minimum(x, y) + np.add(x, y) * np.multiply(x, np.subtract(x, y))


def sum_of_squares(x):
    return np.sum(x**2)


def dot_product(x, y):
    return np.dot(x, y) + x @ x


def scalar_times_array(a, x):
    return np.sum(a * x + a)


def scalar_plus_sum(a, x):
    return a + np.sum(a / x)


def broadcast_row_and_column(x, y):
    return np.sum((x + y) * (x - 2.0 * y))


def broadcast_divisor(b, x):
    return np.sum(b / x)


def broadcast_power(b, x):
    return np.sum(b**x)


def broadcast_one(x, y):
    z = x * y
    return z / np.sum(z)


def mean_removed(x):
    return np.sum((x - np.mean(x, axis=0, keepdims=True)) ** 3)


def softmax(x):
    e = np.exp(x - np.max(x))
    return e / np.sum(e)


def normalised_rows(x):
    return x / np.sqrt(np.sum(x * x, axis=1, keepdims=True))


def array_methods(x):
    return (x * x).sum() + x.mean() * x.max() + x.T.dot(x).sum() + x.reshape(-1)[0]


def array_attributes(x):
    return (x.T @ x) * x.shape[0] / x.size + x.ndim


def matrix_products(a, b, v):
    return np.dot(a, b) @ v + np.matmul(a, b @ v)


def reductions(x):
    return np.sum(x, axis=0) * np.mean(x, axis=1)[:2].sum() + np.prod(x) + np.max(x, axis=(0, 1))


def variance(x):
    return np.var(x) + np.std(x, axis=0).sum()


def layout(x):
    a = np.transpose(x)
    b = np.reshape(a, (-1,))
    c = np.concatenate([b, 2.0 * b])
    d = np.stack([c, c * c])
    return np.expand_dims(d, 0).squeeze() * d


def choice(x, y):
    return np.where(x > y, x * y, x + y)


def clipped(x):
    return np.clip(x, -0.5, 0.5) * x


def inner_and_outer(x, y):
    return np.outer(x, y) * np.inner(x, x) + np.trace(np.outer(y, y))


def tuple_result(x, y):
    s = x * y
    return s, s + x


def list_result(x):
    return [x * x, np.sum(x)]


def tuple_result_with_a_constant(x):
    return x * 2.0, 3.0


def array_result(x, y):
    return np.tanh(x @ y)


def default_argument(x, scale=2.0, *, shift=1.0):
    return scale * x * x + shift


def single_precision(x, w):
    return np.sum(np.tanh(x @ w) ** 2)


def f_strings_and_prints(x):
    message = f"{x:.2f}"
    options = {"message": message, "digits": len(message)}
    assert x is not None, message
    return x * x * (options["digits"] > 0)


def docstring_and_annotations(x: float, y: float) -> float:
    """A docstring is no statement of the derivative."""
    a: float = x * y
    b: float
    b = a * x
    return b


def semicolons(x):
    a = x * 2.0; b = a * a
    return a + b  # the sum


def long_lines(x, y):
    result = (
        x * y  # the product
        + x
        - np.sin(
            y,
        )
    )
    return result


def lambda_in_place(x, y):
    area = lambda a, b: a * b
    return area(x, y) + area(x, x)


def _matrix(*shape):
    return RNG.normal(size=shape)


def largest_of_three(x, y, z):
    return max(x, y, z) * min(x * y, y, z, x)


CASES = [
    (identity, (1.3,), ("x",)),
    (square_chain, (33.0,), ("x",)),
    (two_arguments, (3.0, 4.0), ("x", "y")),
    (sine_of_square, (3.0,), ("x",)),
    (overwritten, (1.3,), ("x",)),
    (overwritten_and_read_again, (1.3, 0.7), ("x", "y")),
    (augmented, (1.3, 0.7), ("x", "y")),
    (tuple_assignment, (1.3, 0.7), ("x", "y")),
    (swap, (1.3, 0.7), ("x", "y")),
    (chained_assignment, (1.3,), ("x",)),
    (unused_variables, (1.3, 0.7), ("x", "y")),
    (unused_argument, (1.3, 0.7), ("x", "y")),
    (constant_result, (1.3,), ("x",)),
    (constant_pieces, (1.3,), ("x",)),
    (division, (1.3, 0.7), ("x", "y")),
    (powers, (1.3, 0.7), ("x", "y")),
    (power_at_zero, (0.0,), ("x",)),
    (modulo, (7.3, 2.1), ("x", "y")),
    (modulo, (-7.3, 2.1), ("x", "y")),
    (floor_division, (7.3, 2.1), ("x", "y")),
    (unary_operators, (1.3, 0.7), ("x", "y")),
    (nested_expression, (1.3, 0.7), ("x", "y")),
    (repeated_operand, (1.3,), ("x",)),
    (compared_values, (1.3, 0.7), ("x", "y")),
    (compared_values, (0.3, 0.7), ("x", "y")),
    (integer_argument, (1.3, 3), ("x",)),
    (integer_arithmetic, (1.3, 3), ("x",)),
    (math_functions, (1.3, 0.7), ("x", "y")),
    (math_functions_again, (0.6,), ("x",)),
    (absolute, (-1.3, 0.7), ("x", "y")),
    (builtin_extrema, (1.3, 0.7), ("x", "y")),
    (builtin_extrema, (0.3, 0.7), ("x", "y")),
    (converted, (1.3,), ("x",)),
    (numpy_elementwise, (_matrix(2, 3),), ("x",)),
    (numpy_elementwise, (0.6,), ("x",)),
    (numpy_more, (_matrix(4),), ("x",)),
    (numpy_two_arguments, (_matrix(3), _matrix(3)), ("x", "y")),
    (numpy_two_arguments, (_matrix(2, 1), _matrix(3)), ("x", "y")),
    (sum_of_squares, (_matrix(2, 3),), ("x",)),
    (sum_of_squares, (1.5,), ("x",)),
    (dot_product, (_matrix(3), _matrix(3)), ("x", "y")),
    (scalar_times_array, (1.3, _matrix(2, 3)), ("a", "x")),
    (scalar_plus_sum, (1.3, np.array([1.0, 2.0])), ("a", "x")),
    (broadcast_row_and_column, (_matrix(3, 1), _matrix(4)), ("x", "y")),
    (broadcast_row_and_column, (_matrix(4), _matrix(3, 1)), ("x", "y")),
    (broadcast_divisor, (_matrix(2, 3), np.array([1.0, 2.0, 3.0])), ("b", "x")),
    (broadcast_divisor, (2.0, np.array([1.0, 2.0, 3.0])), ("b", "x")),
    (broadcast_divisor, (_matrix(2, 3), 1.5), ("b", "x")),
    (broadcast_power, (np.abs(_matrix(2, 3)), np.array([1.0, 2.0, 3.0])), ("b", "x")),
    (broadcast_power, (np.abs(_matrix(2, 3)), 1.5), ("b", "x")),
    (broadcast_power, (1.5, _matrix(3)), ("b", "x")),
    (broadcast_one, (np.abs(_matrix(1, 3)), np.abs(_matrix(2, 1))), ("x", "y")),
    (mean_removed, (_matrix(3, 2),), ("x",)),
    (softmax, (_matrix(4),), ("x",)),
    (normalised_rows, (_matrix(2, 3),), ("x",)),
    (array_methods, (_matrix(2, 3),), ("x",)),
    (array_attributes, (_matrix(2, 3),), ("x",)),
    (matrix_products, (_matrix(2, 3), _matrix(3, 2), _matrix(2)), ("a", "b", "v")),
    (reductions, (_matrix(3, 4),), ("x",)),
    (variance, (_matrix(3, 2),), ("x",)),
    (layout, (_matrix(2, 3),), ("x",)),
    (choice, (_matrix(2, 3), _matrix(3)), ("x", "y")),
    (clipped, (np.array([-1.0, -0.2, 0.3, 2.0]),), ("x",)),
    (inner_and_outer, (_matrix(3), _matrix(3)), ("x", "y")),
    (tuple_result, (1.3, 0.7), ("x", "y")),
    (tuple_result, (_matrix(2), _matrix(2)), ("x", "y")),
    (list_result, (_matrix(3),), ("x",)),
    (tuple_result_with_a_constant, (1.3,), ("x",)),
    (array_result, (_matrix(2, 3), _matrix(3, 2)), ("x", "y")),
    (default_argument, (1.3,), ("x",)),
    (default_argument, (1.3, 0.7), ("x", "scale")),
    (
        single_precision,
        (_matrix(2, 3).astype(np.float32), _matrix(3, 2).astype(np.float32)),
        ("x", "w"),
    ),
    (f_strings_and_prints, (1.3,), ("x",)),
    (docstring_and_annotations, (1.3, 0.7), ("x", "y")),
    (semicolons, (1.3,), ("x",)),
    (long_lines, (1.3, 0.7), ("x", "y")),
    (lambda_in_place, (1.3, 0.7), ("x", "y")),
    (largest_of_three, (1.3, 0.7, -0.4), ("x", "y", "z")),
]
