"""How much of the lists in ``coverage/`` is covered, and by what.

A name counts when there is a rule, a definition or a zero derivative for it, each of which the
tests try; or, for what is no call of a library's function (an operator, an assignment, a loop
over ``zip``), a program below whose derivative is compared with differences.
"""

from __future__ import annotations

import linecache
from pathlib import Path
from typing import Any

import numpy as np

import tangent
from tangent.rules import registry

HERE = Path(__file__).parent / "coverage"
LISTS = {
    "numpy_scipy_first": "NumPy and SciPy, first",
    "numpy_scipy": "NumPy and SciPy",
    "python": "Python",
    "numpy_zero_gradient": "zero derivative",
}

# What of the lists is not covered.
MISSING = {
    *("numpy.apply_along_axis", "numpy.apply_over_axes", "numpy.piecewise", "numpy.place"),
    *("numpy.put", "numpy.put_along_axis", "numpy.sort_complex", "numpy.vectorize"),
    *("scipy.integrate.odeint", "scipy.linalg.funm"),
    *("scipy.signal.csd", "scipy.signal.istft", "scipy.signal.stft", "scipy.signal.welch"),
    *("builtins.filter", "builtins.list", "builtins.map", "builtins.sorted", "builtins.tuple"),
    *("functools.partial", "functools.reduce", "itertools.accumulate", "operator.itemgetter"),
    *("operator.iadd", "operator.imul", "operator.isub", "operator.itruediv", "operator.setitem"),
}

# Statements of a function of an array x of three elements; the last line is returned.
PROGRAMS = {
    "numpy.ndarray.__getitem__": "np.sum(x[1:] * x[0])",
    "numpy.ndarray.__setitem__": "y = x * 1.0; y[0] = x[1] * x[2]; np.sum(y * y)",
    "numpy.ndarray.__iadd__": "y = x * 1.0; y += x * x; np.sum(y)",
    "numpy.ndarray.__isub__": "y = x * 1.0; y -= x * x; np.sum(y)",
    "numpy.ndarray.__imul__": "y = x * 1.0; y *= x; np.sum(y)",
    "numpy.ndarray.__itruediv__": "y = x * 1.0; y /= x * x; np.sum(y)",
    "numpy.ndarray.__matmul__": "(x @ x) * x[0]",
    "numpy.ndarray.fill": "y = np.zeros(2); y.fill(x[0] * x[1]); np.sum(y * y)",
    "numpy.ndarray.sort": "y = x * 1.0; y.sort(); np.sum(y * np.arange(3.0))",
    "numpy.add.at": "y = np.zeros(2); np.add.at(y, [0, 1, 1], x * x); np.sum(y * y)",
    "numpy.subtract.at": "y = np.zeros(2); np.subtract.at(y, [0, 1, 1], x); np.sum(y * y)",
    "numpy.copyto": "y = np.zeros(3); np.copyto(y, x * x); np.sum(y * y)",
    "numpy.fill_diagonal": "y = np.ones((2, 2)); np.fill_diagonal(y, x[0]); np.sum(y * y)",
    "numpy.put": "y = np.zeros(3); np.put(y, [0, 2], x[:2] * x[1:]); np.sum(y * y)",
    "numpy.place": "y = x * 1.0; np.place(y, y > 0.0, x[:1]); np.sum(y * y)",
    "numpy.put_along_axis": (
        "y = np.zeros(3); np.put_along_axis(y, np.array([2, 0]), x[:2], 0); np.sum(y * y)"
    ),
    "numpy.piecewise": "np.sum(np.piecewise(x, [x > 0.0], [lambda t: t * t, lambda t: -t]))",
    "numpy.apply_along_axis": "np.sum(np.apply_along_axis(lambda t: t * t, 0, x))",
    "numpy.ndarray.round": "np.sum(x) + x.round()[0]",
    "numpy.ndarray.dtype": "np.sum(x.astype(x.dtype))",
    "numpy.ndarray.ndim": "np.sum(x) * x.ndim",
    "numpy.ndarray.shape": "np.sum(x) * x.shape[0]",
    "numpy.ndarray.size": "np.sum(x) / x.size",
    "builtins.enumerate": (
        "total = 0.0\nfor i, v in enumerate([x[0], x[1]]):\n    total = total + i * v * v\ntotal"
    ),
    "builtins.zip": (
        "total = 0.0\nfor a, b in zip([x[0], x[1]], [x[1], x[2]]):\n"
        "    total = total + a * b\ntotal"
    ),
    "builtins.reversed": (
        "total = 0.0\nfor v in reversed([x[0], x[1]]):\n    total = total * x[2] + v\ntotal"
    ),
    "builtins.range": "total = 0.0\nfor i in range(3):\n    total = total + x[i] ** 2\ntotal",
    "builtins.len": "np.sum(x) / len(x)",
    "builtins.list": "y = list(x); y[0] * y[1] * y[2]",
    "builtins.tuple": "y = tuple([x[0], x[1]]); y[0] * y[1]",
    "builtins.sorted": "y = sorted([x[0], x[1], x[2]]); y[0] * 3.0 + y[1] * y[2]",
    "builtins.map": (
        "total = 0.0\nfor v in map(lambda t: t * t, [x[0], x[1]]):\n    total = total + v\ntotal"
    ),
    "builtins.filter": (
        "total = 0.0\nfor v in filter(lambda t: t > 0, [x[0], x[1]]):\n    total = total + v\ntotal"
    ),
    "builtins.round": "np.sum(x * x) + round(2.5)",
    "operator.setitem": "y = x * 1.0; operator.setitem(y, 0, x[1]); np.sum(y * y)",
    "operator.iadd": "y = operator.iadd(x[0], x[1]); y * y",
    "operator.isub": "y = operator.isub(x[0], x[1]); y * y",
    "operator.imul": "y = operator.imul(x[0], x[1]); y * y",
    "operator.itruediv": "y = operator.itruediv(x[0], x[1]); y * y",
    "operator.itemgetter": "operator.itemgetter(1)(x) * x[0]",
    "functools.reduce": "functools.reduce(lambda a, b: a * b, [x[0], x[1], x[2]])",
    "functools.partial": "f = functools.partial(np.dot, x); f(x * x)",
    "itertools.accumulate": "y = list(itertools.accumulate([x[0], x[1], x[2]])); y[1] * y[2]",
}


def listed(name: str) -> list[str]:
    """The names of a list."""
    return (HERE / f"{name}.txt").read_text().split()


def how(name: str) -> str:
    """What covers a name; nothing if it is not covered."""
    if registry.rule_for(name):
        return "rule"
    if registry.source_of(name):
        return "definition"
    if registry.is_zero_gradient(name):
        return "zero derivative"
    method = name.removeprefix("numpy.ndarray.")
    if method != name:
        target = registry.method(method) or registry.attribute(method)
        if target is not None:
            return how(target)
    if name in PROGRAMS and program_is_right(name):
        return "program"
    return ""


_right: dict[str, bool] = {}


def program_is_right(name: str) -> bool:
    """Whether the derivative of a program exists and is right, in both modes."""
    if name not in _right:
        _right[name] = _is_right(PROGRAMS[name], name)
    return _right[name]


def _is_right(text: str, name: str) -> bool:
    *body, last = [line for part in text.split("; ") for line in part.split("\n")]
    lines = ["import functools, itertools, operator", "import numpy as np", "", "def program(x):"]
    lines += [f"    {line}" for line in [*body, f"return {last}"]]
    source = "\n".join(lines) + "\n"
    path = f"<program of {name}>"
    linecache.cache[path] = (len(source), None, source.splitlines(True), path)
    scope: dict[str, Any] = {}
    exec(compile(source, path, "exec"), scope)
    function = scope["program"]
    x, d, step = np.array([0.7, -1.3, 2.1]), np.array([0.3, 1.0, -0.4]), 1e-6
    expected = (function(x + step * d) - function(x - step * d)) / (2.0 * step)
    try:
        reverse = tangent.grad(function)(x.copy()) @ d
        forward = tangent.autodiff(function, mode="forward")(x.copy(), dx=d)
    except (tangent.DerivativeError, TypeError, ValueError):
        return False
    return bool(np.allclose([reverse, forward], expected, rtol=1e-6, atol=1e-8))
