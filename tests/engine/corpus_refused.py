"""Programs outside the subset: the last function of each text must be refused.

`REFUSED` has the text, a part of the code of the first diagnostic, and a text that only the
lines have at which it may point.
"""

from __future__ import annotations

REFUSED = [
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
def tried(x):
    y = x
    try:
        y = x * x
    except ValueError:
        y = x
    return y
""",
        "unsupported",
        "try:",
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
    return np.sum(x, where=x > 0.0)
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
def list_comprehension(x):
    parts = [x * i for i in range(3)]
    return sum(parts)
""",
        "",
        "parts",
    ),
    (
        """\
def generator_expression(x):
    return sum(x * i for i in range(3))
""",
        "",
        "sum(",
    ),
    (
        """\
def dictionary_comprehension(x):
    parts = {i: x * i for i in range(3)}
    return parts[1]
""",
        "",
        "parts",
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

def star_arguments(x):
    pair = (x, x * x)
    return multiply(*pair)
""",
        "",
        "*pair",
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
def starred_target(x):
    first, *rest = x, x * x, 3.0
    return first * rest[0]
""",
        "",
        "*rest",
    ),
    (
        """\
def assignment_expression(x):
    if (y := x * x) > 1.0:
        return y
    return x
""",
        "",
        ":=",
    ),
    (
        """\
def matched(x):
    match x:
        case 0.0:
            y = x
        case _:
            y = x * x
    return y
""",
        "",
        "",
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
