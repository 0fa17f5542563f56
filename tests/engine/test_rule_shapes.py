"""What a rule promises of shapes: `exact` templates give the argument's shape.

The templates are evaluated as they are written, for a cotangent of the result's shape.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import math
import operator
from typing import Any

import numpy as np
import pytest
import scipy
import scipy.linalg
import scipy.special

from tangent import runtime
from tangent.rules import declare, registry
from tangent.runtime.shapes import rebuilt

LIBRARIES = {"builtins": builtins, "math": math, "numpy": np, "scipy": scipy, "operator": operator}
CALLS = [
    pytest.param(rule, call, id=f"{rule.name}({call})")
    for rule in registry.all_rules()
    if rule.exact and not rule.elementwise and rule.name.partition(".")[0] in LIBRARIES
    for call in rule.tests
]


def scope() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    return {
        "np": np,
        "math": math,
        "scipy": scipy,
        "rng": rng,
        "normal": lambda *shape: rng.normal(size=shape)[()],
        "positive": lambda *shape: rng.uniform(0.5, 2.0, size=shape)[()],
        "unit": lambda *shape: rng.uniform(-0.9, 0.9, size=shape)[()],
    }


class Known:
    """All that the text of a call tells."""

    def __init__(self, signature: inspect.Signature, call: str, values: dict[str, Any]):
        node = ast.parse(f"f({call})", mode="eval").body
        assert isinstance(node, ast.Call)
        keywords = {k.arg: k.value for k in node.keywords if k.arg}
        self.signature, self.values = signature, values
        self.nodes = signature.bind(*node.args, **keywords).arguments

    def literal(self, parameter: str) -> Any:
        if parameter not in self.nodes:
            return self.signature.parameters[parameter].default
        try:
            return ast.literal_eval(self.nodes[parameter])
        except (ValueError, TypeError):
            return declare.UNKNOWN

    def absent(self, parameter: str) -> bool:
        default = self.signature.parameters[parameter].default
        return parameter not in self.nodes or self.literal(parameter) in (None, default)

    def rank(self, parameter: str) -> int | None:
        return np.ndim(self.values[parameter])

    def same_shape(self, first: str, second: str) -> bool:
        return np.shape(self.values[first]) == np.shape(self.values[second])


def function_of(name: str) -> Any:
    library, *parts = name.split(".")
    function: Any = LIBRARIES[library]
    for part in parts:
        function = getattr(function, part, None)
    return function


@pytest.mark.parametrize(("rule", "call"), CALLS)
def test_an_exact_template_gives_the_shape_of_its_argument(rule: declare.Rule, call: str) -> None:
    made: dict[str, Any] = {}
    exec(f"def _({rule.signature}): pass", made)
    signature = inspect.signature(made["_"])
    given = eval(f"(lambda *a, **k: (a, k))({call})", scope())
    bound = signature.bind(*given[0], **given[1])
    function = function_of(rule.name)
    if rule.name.startswith("numpy.ndarray."):
        method = getattr(np.asarray(given[0][0]), rule.name.rpartition(".")[2])
        y = method(*given[0][1:], **given[1])
    else:
        y = function(*given[0], **given[1])
    bound.apply_defaults()
    values = dict(bound.arguments)
    known = Known(signature, call, {**values, "y": y})
    for parameter, cases in rule.adjoint.items():
        value = values.get(parameter)
        if not isinstance(value, (np.ndarray, np.floating, float)):
            continue
        case = next(c for c in cases if c.when is None or c.when(known))
        helpers = {name: getattr(runtime, name) for name in runtime.__all__}
        names = {**helpers, **scope(), **values, "y": y, "g": _ones_like(y)}
        got = eval(case.template, names)
        assert np.shape(got) == np.shape(value), (parameter, case.template)


def _ones_like(y: Any) -> Any:
    return rebuilt(y, map(_ones_like, y)) if isinstance(y, (list, tuple)) else np.ones_like(y)


# --- memory --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "call"),
    [
        pytest.param(rule, call, id=f"{rule.name}({call})")
        for rule in registry.all_rules()
        # Of one array it may give a view, of two it does not; the analysis knows that.
        if not rule.view and rule.name != "numpy.einsum"
        if rule.name.partition(".")[0] in LIBRARIES
        # Of functions that this version of Python has.
        if function_of(rule.name) is not None
        for call in rule.tests
    ],
)
def test_a_result_that_shares_memory_is_declared_a_view(rule: declare.Rule, call: str) -> None:
    args, keywords = eval(f"(lambda *a, **k: (a, k))({call})", scope())
    if rule.name.startswith("numpy.ndarray."):
        method = getattr(np.asarray(args[0]), rule.name.rpartition(".")[2])
        y = method(*args[1:], **keywords)
    else:
        y = function_of(rule.name)(*args, **keywords)
    given = [*_arrays(args), *_arrays(list(keywords.values()))]
    assert not any(np.shares_memory(a, b) for a in given for b in _arrays(y))


def _arrays(value: Any) -> list[np.ndarray]:
    if isinstance(value, (list, tuple)):
        return [a for part in value for a in _arrays(part)]
    return [value] if isinstance(value, np.ndarray) else []
