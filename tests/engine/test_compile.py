"""From hand-written derivative text to functions: scope, defaults, traces, lifetime."""

import gc
import inspect
import linecache
import pickle
import traceback
import types

import pytest

from tangent.compile import compile_derivative
from tangent.derivative import Derivative

SCALE = 2.0


def f(x, n=3):
    return SCALE * x**n


def derivative(text, name="dfdx", **extra):
    fields = {"qualname": "f", "path": __file__, "mode": "reverse", "wrt": ("x",)}
    return Derivative(text, name, **{**fields, **extra})


TEXT = """\
def dfdx(x, n=3, b=1.0):
    return b * SCALE * n * x ** (n - 1)
"""


def test_runs_with_the_text_as_source():
    df = compile_derivative(derivative(TEXT), f)
    assert df(2.0) == 24.0
    assert isinstance(df, types.FunctionType)
    assert df.source == TEXT
    assert df.derivative.text == TEXT
    assert inspect.getsource(df) == TEXT
    assert (df.__name__, df.__qualname__, df.__module__) == ("dfdx", "dfdx", __name__)
    assert "dfdx" in repr(df)
    assert df.__code__.co_firstlineno == 1
    assert "of f with respect to x" in df.__doc__


def test_globals_are_looked_up_at_the_time_of_the_call(monkeypatch):
    df = compile_derivative(derivative(TEXT), f)
    monkeypatch.setitem(globals(), "SCALE", 10.0)
    assert df(1.0) == 30.0
    assert df.__globals__ is globals()


def test_module_of_the_primal_is_left_alone():
    text = "import math as maths\n\n\ndef helper(v):\n    return maths.cos(v)\n\n\n"
    text += "def dfdx(x, n=3, b=1.0):\n    return b * helper(x)\n"
    before = set(globals())
    df = compile_derivative(derivative(text), f)
    assert df(0.0) == 1.0
    assert set(globals()) == before


def test_text_hides_names_of_the_module():
    text = "SCALE = 7.0\n\n\ndef dfdx(x, n=3, b=1.0):\n    return SCALE\n"
    assert compile_derivative(derivative(text), f)(1.0) == 7.0
    assert SCALE == 2.0


def test_closure_cells_are_those_of_the_primal():
    def outer():
        factor = 2.0

        def g(x):
            return factor * x

        def change(value):
            nonlocal factor
            factor = value

        return g, change

    g, change = outer()
    text = "def helper():\n    return factor\n\n\ndef dgdx(x, b=1.0):\n    return b * helper()\n"
    dg = compile_derivative(derivative(text, "dgdx"), g)
    assert dg(0.0) == 2.0
    change(5.0)
    assert dg(0.0) == 5.0


def test_names_of_nested_functions_are_short():
    text = "def dfdx(x, n=3, b=1.0):\n    def inner():\n        pass\n    return inner\n"
    inner = compile_derivative(derivative(text), f)(1.0)
    assert inner.__qualname__ == "dfdx.<locals>.inner"


def test_default_values_are_the_primals_objects():
    calls = []

    def default():
        calls.append(1)
        return [1.0]

    def g(x, p=default(), *, q=default()):
        return x * p[0] * q[0]

    text = "def dgdx(x, p=default(), b=1.0, *, q=default()):\n    return p, q, b\n"
    dg = compile_derivative(derivative(text, "dgdx"), g)
    assert len(calls) == 2
    p, q, b = dg(1.0)
    assert p is g.__defaults__[0]
    assert q is g.__kwdefaults__["q"]
    assert b == 1.0
    assert list(inspect.signature(dg).parameters) == ["x", "p", "b", "q"]


def test_annotations_are_not_evaluated():
    text = "def dfdx(x: NoSuchType, n: int = 3, b: float = 1.0) -> NoSuchType:\n    return x\n"
    df = compile_derivative(derivative(text), f)
    assert df.__annotations__["x"] == "NoSuchType"


def test_traceback_shows_the_line_of_the_text():
    text = "# a comment\ndef dfdx(x, n=3, b=1.0):\n    a = 1\n    return a / 0\n"
    df = compile_derivative(derivative(text), f)
    with pytest.raises(ZeroDivisionError) as info:
        df(1.0)
    last = traceback.extract_tb(info.tb)[-1]
    assert (last.name, last.lineno, last.line) == ("dfdx", 4, "return a / 0")


def test_text_stays_in_linecache_as_long_as_the_function():
    df = compile_derivative(derivative(TEXT), f)
    filename = df.__code__.co_filename
    linecache.checkcache()
    assert "".join(linecache.getlines(filename)) == TEXT
    del df
    gc.collect()
    assert filename not in linecache.cache


def test_two_derivatives_do_not_share_a_file():
    first, second = (compile_derivative(derivative(TEXT), f) for _ in range(2))
    assert first.__code__.co_filename != second.__code__.co_filename


def test_derivative_is_plain_data():
    result = compile_derivative(derivative(TEXT), f).derivative
    assert pickle.loads(pickle.dumps(result)) == result
