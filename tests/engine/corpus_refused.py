"""Programs outside the subset: the last function of each text must be refused.

`REFUSED` has the text, a part of the code of the first diagnostic, and a text that only the
lines have at which it may point.
"""

from __future__ import annotations

REFUSED = [
    (
        """\
class Pair:
    def __init__(self, u, v):
        self.u = u
        self.v = v

def constant_stored_in_an_array_of_an_object(x):
    pair = Pair(0.5, x * 1.0)
    pair.v[0] = 0.5
    return pair.v.sum()
""",
        "unsupported-target",
        "pair.v[0]",
    ),
    (
        """\
def generator(x):
    yield x * x
""",
        "generator",
        "yield",
    ),
    (
        """\
async def coroutine(x):
    return x * x
""",
        "async",
        "async",
    ),
    (
        """\
def interrupted(x, y):
    z = x
    try:
        z = x * x
        w = z / y
    except ZeroDivisionError:
        w = z * 3.0
    return z * w
""",
        "interrupted",
        "z = x * x",
    ),
    (
        """\
def interrupted_in_place(x, y):
    z = x.copy()
    try:
        z += y * x
        w = 1.0 / y
    except ZeroDivisionError:
        w = 2.0
    return z[0] * w
""",
        "interrupted",
        "z += y * x",
    ),
    (
        """\
def interrupted_in_a_loop(x, n):
    s = x
    for i in range(n):
        try:
            t = s
            for j in range(3):
                t = t * t
            u = t / i
        except ZeroDivisionError:
            u = s
        s = s + u * t
    return s
""",
        "interrupted",
        "t = s",
    ),
    (
        """\
def value_of_an_exception(x):
    try:
        if x > 0.0:
            raise ValueError(x * x)
        y = x
    except ValueError as error:
        y = error.args[0] * 2.0
    return y
""",
        "unsupported",
        "except ValueError as error:",
    ),
    (
        """\
import contextlib

def suppressed(x, table):
    y = x * x
    with contextlib.suppress(KeyError):
        y = y * x
        y = y * table["scale"]
    return y
""",
        "interrupted",
        "y = y * x",
    ),
    (
        """\
class Pair:
    pass

def captured_from_an_object(pair):
    match pair:
        case Pair(first=a):
            return a * a
    return pair * 2.0
""",
        "unsupported",
        "case Pair(first=a):",
    ),
    (
        """\
import os

def unknown_function(x):
    y = x * x
    return os.fstat(y) * 2.0
""",
        "",
        "os.fstat",
    ),
    (
        """\
def undefined_function(x):
    return nowhere(x) * 2.0  # noqa
""",
        "",
        "nowhere",
    ),
    (
        """\
import numpy as np

def function_without_a_rule(x):
    return np.sum(np.linalg.matrix_exp_of_nothing(x))
""",
        "",
        "matrix_exp_of_nothing",
    ),
    (
        """\
import numpy as np

def unknown_keyword(x):
    return np.tanh(x, where=x > 0.0)
""",
        "",
        "where",
    ),
    (
        """\
def unknown_method(x):
    return x.byteswap() * 2.0
""",
        "",
        "byteswap",
    ),
    (
        """\
def unknown_attribute(x):
    return x.ctypes * 2.0
""",
        "",
        "ctypes",
    ),
    (
        """\
TOTAL = 0.0

def added_to_global_state(x):
    global TOTAL
    TOTAL += x
    return TOTAL * x
""",
        "unsupported-target",
        "TOTAL +=",
    ),
    (
        """\
def loop_over_an_attribute(x, model):
    total = 0.0
    for model.rate in [x, x * x]:
        total += model.rate
    return total
""",
        "unsupported-target",
        "for model.rate",
    ),
    (
        """\
def a_truth_value(x):
    return not x > 0.0
""",
        "no-result",
        "return",
    ),
    (
        """\
def formatted(x):
    return f"{x:.2f}"
""",
        "",
        "return",
    ),
    (
        """\
def formatted_by_percent(x):
    return float("%f" % x)
""",
        "unsupported-expression",
        "%f",
    ),
    (
        """\
def generator_kept(x):
    parts = (x * i for i in range(3))
    return sum(parts)
""",
        "unsupported-expression",
        "parts = (",
    ),
    (
        """\
def walrus_after_a_use_of_its_name(x):
    n = 2.0
    return n * (n := x) + n
""",
        "unsupported-expression",
        ":=",
    ),
    (
        """\
def appended_in_a_comprehension(x):
    parts = []
    _ = [parts.append(x * i) for i in range(3)]
    return parts[1]
""",
        "unsupported-expression",
        "append",
    ),
    (
        """\
def comprehension_variable_in_text(x, i):
    return sum(x * float(f"{i}") for i in range(3)) * i
""",
        "comprehension-variable",
        'f"{i}"',
    ),
    (
        """\
def set_of_values(x):
    return max({x, x * x})
""",
        "",
        "max(",
    ),
    (
        """\
def multiply(x, y):
    return x * y

def star_keywords(x):
    both = {"x": x, "y": x}
    return multiply(**both)
""",
        "",
        "both",
    ),
    (
        """\
TOTAL = 0.0

def global_state(x):
    global TOTAL
    TOTAL = x * x
    return TOTAL * 2.0
""",
        "",
        "TOTAL",
    ),
    (
        """\
def nonlocal_state(x):
    total = x

    def add(y):
        nonlocal total
        total = total + y

    add(x * x)
    return total
""",
        "",
        "total",
    ),
    (
        """\
def layer(w):
    return lambda t: w * t

def a_function_that_is_returned(x):
    f = layer(x)
    return f(2.0)
""",
        "function-value",
        "f(2.0)",
    ),
    (
        """\
def functions_in_a_list(x):
    fs = [lambda t: t * x]
    return fs[0](x)
""",
        "",
        "lambda",
    ),
    (
        """\
def decorated_inside(x, decorator):
    @decorator
    def f(t):
        return t * x
    return f(x)
""",
        "",
        "",
    ),
    (
        """\
def one_statement_two_changes(x):
    seen = [1.0]
    def f(t):
        seen[0] = seen[0] + t
        return seen[0]
    return f(x) * f(2.0 * x)
""",
        "changes-argument",
        "f(x) * f(2.0 * x)",
    ),
    (
        """\
def no_result(x):
    y = x * x
""",
        "no-result",
        "",
    ),
    (
        """\
def result_on_some_paths(x):
    if x > 0.0:
        return x * x
""",
        "no-result",
        "",
    ),
    (
        """\
def a_string_of_it(x):
    return float(str(x * x))
""",
        "",
        "str(x * x)",
    ),
]
