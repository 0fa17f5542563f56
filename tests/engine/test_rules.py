"""Every derivative rule against central differences, without the transformation.

Each test input of each rule is tried with every case of its templates that holds for it, in
both modes: the tangent is compared with a difference quotient along a random direction, the
adjoint with the tangent by the dot product, `<g, J v> == <J* g, v>`.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import importlib
import inspect
import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest

import tangent.runtime
from tangent.rules import registry
from tangent.rules.declare import METHODS, UNKNOWN, Case, Rule
from tangent.runtime.shapes import rebuilt

HELPERS = {name: getattr(tangent.runtime, name) for name in tangent.runtime.__all__}
LIBRARIES = ("operator", "builtins", "math", "numpy", "scipy")
RULES = [
    rule
    for rule in registry.all_rules()
    if rule.name.startswith(LIBRARIES) or rule.name.removeprefix("tangent.") in HELPERS
]


class Point(NamedTuple):
    """An object with fields."""

    x: Any
    y: Any


# --- calling the function of a rule --------------------------------------------------------


def function_of(dotted: str) -> Callable[..., Any] | None:
    """The function itself; None if this version of its library has none."""
    if dotted.startswith("numpy.ndarray."):
        method = dotted.rpartition(".")[2]
        return lambda a, *args, **kwargs: getattr(a, method)(*args, **kwargs)
    first, _, rest = dotted.partition(".")
    if first == "tangent":
        return HELPERS[rest]
    parts = dotted.split(".")
    value: Any = importlib.import_module(first)
    for i, part in enumerate(parts[1:], 2):
        if inspect.ismodule(value) and not hasattr(value, part) and hasattr(value, "__path__"):
            with contextlib.suppress(ImportError):
                importlib.import_module(".".join(parts[:i]))
        value = getattr(value, part, None)
    return value


def samplers(rng: np.random.Generator) -> dict[str, Any]:
    def sampler(draw: Callable[[tuple[int, ...]], Any]) -> Callable[..., Any]:
        return lambda *shape: draw(shape) if shape else float(draw(()))

    return {
        "np": np,
        "rng": rng,
        "normal": sampler(lambda s: rng.normal(size=s)),
        "positive": sampler(lambda s: rng.uniform(0.5, 2.0, size=s)),
        "point": Point,
        "unit": sampler(lambda s: rng.uniform(-0.9, 0.9, size=s)),
    }


class Call:
    """One call of a rule's function with concrete arguments, and what is known of it."""

    def __init__(self, rule: Rule, text: str, seed: int = 0):
        self.rule = rule
        function = function_of(rule.name)
        assert function is not None
        self.function = function
        self.rng = np.random.default_rng(seed)
        signature: dict[str, Any] = {}
        exec(f"def _({rule.signature}): pass", signature)
        self.signature = inspect.signature(signature["_"])
        bind: dict[str, Any] = {"_bind": self.signature.bind, **samplers(self.rng)}
        self.given = eval(f"_bind({text})", bind).arguments
        self.y = self.evaluate({})
        self.levels = (
            Facts(self, literals=True, ranks=True),
            Facts(self, literals=True),
            Facts(self),
        )

    def evaluate(self, changed: dict[str, Any]) -> Any:
        bound = inspect.BoundArguments(self.signature, {**self.given, **changed})  # type: ignore[arg-type]
        args, kwargs = [], {}
        for name, value in copied(bound.arguments).items():
            kind = self.signature.parameters[name].kind
            if kind is inspect.Parameter.VAR_POSITIONAL:
                args.extend(value)
            elif kind is inspect.Parameter.KEYWORD_ONLY:
                kwargs[name] = value
            elif self.signature.parameters[name].default is inspect.Parameter.empty:
                args.append(value)
            else:
                kwargs[name] = value
        if self.rule.name in (
            "math.log",
            "builtins.sum",
            "numpy.einsum",
        ):  # take positional arguments only
            args, kwargs = [*args, *kwargs.values()], {}
        return self.function(*args, **kwargs)

    def values(self) -> dict[str, Any]:
        defaults = {
            n: () if p.kind is inspect.Parameter.VAR_POSITIONAL else p.default
            for n, p in self.signature.parameters.items()
        }
        return {**defaults, **self.given}

    def templates(self, cases: tuple[Case, ...]) -> list[str]:
        """The templates that are chosen for this call, by how much its text tells."""
        chosen = (next(c for c in cases if c.when is None or c.when(f)) for f in self.levels)
        return list(dict.fromkeys(case.template for case in chosen))

    def term(self, template: str, g: Any) -> Any:
        names = {"np": np, "math": math, **HELPERS, **copied(self.values())}
        if "scipy" in template:
            names["scipy"] = importlib.import_module("scipy")
            importlib.import_module("scipy.special")
        return eval(template, {**names, "y": copied(self.y), "g": copied(g)})


class Facts:
    """What the text of a call tells: which arguments it leaves out, and perhaps the literal
    ones, and the ranks and shapes."""

    def __init__(self, call: Call, *, literals: bool = False, ranks: bool = False):
        self.call, self.literals, self.ranks = call, literals, ranks

    def absent(self, parameter: str) -> bool:
        value = self.call.values()[parameter]
        if parameter not in self.call.given or value is None:
            return True
        default = self.call.signature.parameters[parameter].default
        return self.literals and type(value) is type(default) and value == default

    def literal(self, parameter: str) -> object:
        value = self.call.values()[parameter]
        simple = (int, float, str, bool, type(None), tuple, list)
        known = self.literals or parameter not in self.call.given or value is None
        return value if known and isinstance(value, simple) else UNKNOWN

    def rank(self, parameter: str) -> int | None:
        value = self.call.y if parameter == "y" else self.call.values()[parameter]
        return np.ndim(value) if self.ranks and not isinstance(value, (list, tuple)) else None

    def same_shape(self, first: str, second: str) -> bool:
        values = {**self.call.values(), "y": self.call.y}
        return self.ranks and np.shape(values[first]) == np.shape(values[second])


# --- values with a derivative, nested or not -----------------------------------------------


def copied(x: Any) -> Any:
    return mapped(lambda v: v.copy() if isinstance(v, np.ndarray) else v, x)


def mapped(function: Callable[..., Any], x: Any, *others: Any) -> Any:
    if isinstance(x, dict):
        return {k: mapped(function, x[k], *(o[k] for o in others)) for k in x}
    if isinstance(x, (list, tuple)):
        return rebuilt(x, [mapped(function, *parts) for parts in zip(x, *others, strict=True)])
    return function(x, *others)


def random_like(rng: np.random.Generator, x: Any) -> Any:
    return mapped(lambda v: rng.normal(size=np.shape(v))[()], x)


def moved(x: Any, v: Any, step: float) -> Any:
    return mapped(lambda a, b: a + step * b, x, v)


def inner(a: Any, b: Any) -> float:
    if isinstance(a, dict):
        return sum(inner(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return sum(inner(p, q) for p, q in zip(a, b, strict=True))
    return float(np.sum(np.asarray(a) * np.asarray(b)))


def reduced(g: Any, x: Any) -> Any:
    """A cotangent in the shape of its argument; independent of `tangent.unbroadcast`."""
    if isinstance(x, dict):
        return {k: reduced(g[k], x[k]) for k in x}
    if isinstance(x, (list, tuple)):
        if not isinstance(g, (list, tuple)):
            g = np.broadcast_to(g, (len(x), *np.shape(x[0])))
        return rebuilt(x, [reduced(p, q) for p, q in zip(g, x, strict=True)])
    g, shape = np.asarray(g), np.shape(x)
    while g.ndim > len(shape):
        g = g.sum(axis=0)
    for axis in range(-g.ndim, 0):
        if shape[axis] == 1:
            g = g.sum(axis=axis, keepdims=True)
    return g * np.ones(shape)


def carries_derivative(x: Any) -> bool:
    if isinstance(x, dict):
        return all(map(carries_derivative, x.values()))
    if isinstance(x, (list, tuple)):
        return bool(x) and all(map(carries_derivative, x))
    return np.asarray(x).dtype.kind == "f"


def varied(call: Call) -> list[str]:
    return [p for p in call.rule.differentiable if carries_derivative(call.values()[p])]


def filled(y: Any, value: float) -> Any:
    return mapped(lambda v: np.full(np.shape(v), value)[()], y)


# --- the tests -----------------------------------------------------------------------------


def inputs(rules: list[Rule]) -> list[Any]:
    return [
        pytest.param(rule, text, id=f"{rule.name}({text})")
        for rule in rules
        for text in rule.tests
        if function_of(rule.name) is not None
    ]


INPUTS = inputs(RULES)
ADAPTING = inputs(
    [r for r in RULES if r.adapts or any(c.adapts for cases in r.adjoint.values() for c in cases)]
)


@pytest.mark.parametrize(("rule", "text"), INPUTS)
def test_templates_agree_with_differences_and_with_each_other(rule: Rule, text: str):
    call = Call(rule, text)
    step = 1e-6
    for parameter in varied(call):
        x = call.values()[parameter]
        v = random_like(call.rng, x)
        up = call.evaluate({parameter: moved(x, v, step)})
        down = call.evaluate({parameter: moved(x, v, -step)})
        expected = mapped(lambda a, b: (a - b) / (2 * step), up, down)
        for template in call.templates(rule.tangent[parameter]):
            got = call.term(template, v)
            got = mapped(lambda y, t: np.broadcast_to(t, np.shape(y)), call.y, got)
            mapped(
                lambda a, b, template=template: np.testing.assert_allclose(
                    a, b, rtol=1e-5, atol=1e-7, err_msg=f"tangent by {parameter}: {template}"
                ),
                got,
                expected,
            )
        g = random_like(call.rng, call.y)
        for template in call.templates(rule.adjoint[parameter]):
            adjoint = call.term(template, g)
            adjoint = reduced(adjoint, x)
            np.testing.assert_allclose(
                inner(adjoint, v),
                inner(g, expected),
                rtol=1e-5,
                atol=1e-7,
                err_msg=f"adjoint by {parameter}: {template}",
            )


@pytest.mark.parametrize(("rule", "text"), ADAPTING)
def test_adapting_templates_take_a_scalar_cotangent_for_any_result(rule: Rule, text: str):
    call = Call(rule, text)
    for parameter in varied(call):
        x = call.values()[parameter]
        chosen = call.templates(rule.adjoint[parameter])
        for case in rule.adjoint[parameter]:
            if case.template in chosen and (rule.adapts or case.adapts):
                template = case.template
                full = call.term(template, filled(call.y, 0.7))
                small = filled(call.y, 0.7) if isinstance(call.y, (list, tuple)) else 0.7
                np.testing.assert_equal(
                    shapes(reduced(call.term(template, small), x)), shapes(reduced(full, x))
                )
                v = random_like(call.rng, x)
                np.testing.assert_allclose(
                    inner(reduced(call.term(template, small), x), v),
                    inner(reduced(full, x), v),
                    rtol=1e-12,
                    atol=1e-12,
                    err_msg=f"adjoint by {parameter}: {template}",
                )


def shapes(x: Any) -> Any:
    return mapped(np.shape, x) if isinstance(x, (list, tuple)) else np.shape(x)


@pytest.mark.parametrize(
    "rule", [r for r in RULES if function_of(r.name) is not None], ids=lambda r: r.name
)
def test_every_case_of_every_template_is_tried(rule: Rule):
    tried: set[tuple[str, str]] = set()
    for text in rule.tests:
        call = Call(rule, text)
        for parameter in varied(call):
            for cases in (rule.adjoint[parameter], rule.tangent[parameter]):
                tried.update((parameter, template) for template in call.templates(cases))
    every = {
        (parameter, case.template)
        for templates in (rule.adjoint, rule.tangent)
        for parameter, cases in templates.items()
        for case in cases
    }
    assert every - tried == set()


@pytest.mark.parametrize(("rule", "text"), INPUTS)
def test_the_shape_rule_is_true_however_much_is_known(rule: Rule, text: str):
    call = Call(rule, text)
    for facts in call.levels:
        check_shape(call, rule.shape if isinstance(rule.shape, str) else rule.shape(facts))


def check_shape(call: Call, shape: str) -> None:
    rule = call.rule
    kind, _, detail = shape.partition(":")
    if kind == "scalar":
        assert np.shape(call.y) == ()
    elif kind == "rank":
        assert np.ndim(call.y) == int(detail)
    elif kind == "like":
        assert shapes(call.y) == shapes(call.values()[detail])
    elif kind == "broadcast":
        arguments = [call.values()[p] for p in rule.differentiable]
        if not any(isinstance(a, list) for a in arguments):
            assert np.shape(call.y) == np.broadcast_shapes(*map(np.shape, arguments))
    else:
        assert shape == "unknown"


def called_names(template: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(template)):
        if isinstance(node, ast.Call):
            text = ast.unparse(node.func)
            if text.startswith("np."):
                yield "numpy" + text[2:]
            elif text.startswith(("math.", "scipy.")):
                yield text
            elif text.startswith("g."):
                yield METHODS[text[2:]]
            else:
                yield f"tangent.{text}" if text in HELPERS else f"builtins.{text}"


ALLOWED = (
    *(ast.Expression, ast.Name, ast.Constant, ast.Load, ast.BinOp, ast.UnaryOp, ast.operator),
    *(ast.unaryop, ast.Compare, ast.cmpop, ast.IfExp, ast.Tuple, ast.List, ast.Subscript),
    *(ast.Slice, ast.Attribute, ast.Call, ast.keyword, ast.Starred),
)


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)
def test_templates_keep_to_their_language(rule: Rule):
    arguments = rule.parameters
    names = {a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    star = arguments.vararg.arg if arguments.vararg else None
    if star in rule.adjoint:
        names.add(star)
    for template in {
        c.template for t in (rule.adjoint, rule.tangent) for cs in t.values() for c in cs
    }:
        tree = ast.parse(template, mode="eval")
        called = {
            n.func.id
            for n in ast.walk(tree)
            if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
        }
        starred = {n.value for n in ast.walk(tree) if isinstance(n, ast.Starred)}
        for node in ast.walk(tree):
            assert isinstance(node, ALLOWED), f"{template}: {ast.dump(node)}"
            if isinstance(node, ast.Name) and node in starred:
                assert node.id == star or (node.id == "g" and star in rule.adjoint), template
            elif isinstance(node, ast.Name):
                assert node.id in names | {"g", "y", "np", "math", "scipy"} or (
                    node.id in called and (node.id in HELPERS or hasattr(builtins, node.id))
                ), f"{template}: {node.id}"


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)
def test_templates_can_be_differentiated_again(rule: Rule):
    """Every function that a template calls has a rule or a zero derivative, and so has every
    argument of it that may vary."""
    for templates in (rule.adjoint, rule.tangent):
        for cases in templates.values():
            for case in cases:
                for name in called_names(case.template):
                    assert is_known(name), f"{case.template}: no rule for {name}"


def is_known(dotted: str) -> bool:
    """Whether there is a rule, a definition or a zero derivative."""
    known = registry.rule_for(dotted) or registry.source_of(dotted)
    return bool(known) or registry.is_zero_gradient(dotted)


def test_every_runtime_function_has_a_rule_or_a_zero_derivative():
    without = [name for name in HELPERS if not is_known(f"tangent.{name}")]
    assert without == ["add_into", "take_field", "take_out"]


def named_parameters(rule: Rule) -> set[str] | None:
    """The parameters that the function takes by name; None if it does not tell."""
    try:
        actual = inspect.signature(function_of(rule.name) or _newer).parameters.values()
    except ValueError:
        return None
    if any(p.kind in (p.POSITIONAL_ONLY, p.VAR_POSITIONAL) for p in actual):
        return None
    return {p.name for p in actual}


def _newer(*args: Any) -> None:
    """Stands for a function that this version of its library does not have."""


@pytest.mark.parametrize(
    "rule", [r for r in RULES if named_parameters(r) is not None], ids=lambda r: r.name
)
def test_parameters_have_the_names_that_the_function_gives_them(rule: Rule):
    arguments = rule.parameters
    names = {a.arg for a in (*arguments.args, *arguments.kwonlyargs)}
    known = named_parameters(rule)
    assert known is not None
    if rule.name == "numpy.reshape":
        known.add("shape")  # older versions call it newshape
    assert names - known == set()


# --- the registry --------------------------------------------------------------------------


def test_a_function_is_found_under_its_other_names():
    assert registry.rule_for("numpy.abs") is registry.rule_for("numpy.absolute") is not None
    assert registry.rule_for("operator.abs") is registry.rule_for("builtins.abs")
    assert registry.rule_for("numpy.no_such_function") is None
    assert registry.rule_for("elsewhere.tanh") is None


def test_functions_without_derivative_are_told_apart():
    assert registry.is_zero_gradient("numpy.zeros")
    assert not registry.is_cut("numpy.zeros")
    assert registry.is_zero_gradient("numpy.rint") and registry.is_cut("numpy.rint")
    assert not registry.is_zero_gradient("numpy.tanh")


def test_methods_and_attributes_are_functions():
    assert registry.method("sum") == "numpy.sum"
    assert registry.method("reshape") == "numpy.ndarray.reshape"
    assert registry.attribute("T") == "numpy.transpose"
    assert registry.method("no_such_method") is None
    for target in METHODS.values():
        assert registry.rule_for(target) or registry.is_zero_gradient(target), target


def test_the_names_of_rules_exist_in_their_libraries():
    newer = {"math.cbrt", "math.exp2", "math.fma"}
    for rule in RULES:
        assert function_of(rule.name) is not None or rule.name in newer, rule.name


def test_no_name_is_declared_twice():
    from tangent.rules.declare import ALIASES, CUTS, ZERO_GRADIENT
    from tangent.rules.declare import RULES as declared

    assert not set(declared) & ZERO_GRADIENT
    assert not set(declared) & set(ALIASES)
    assert CUTS <= ZERO_GRADIENT
    assert all(is_known(t) for t in ALIASES.values())
