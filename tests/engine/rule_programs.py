"""Programs made of the test inputs that rules declare: one call each, with a sum of squares of
what it gives, so that a derivative of it goes through the whole engine."""

from __future__ import annotations

import ast
import importlib
import linecache
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

import tangent
from tangent.rules import registry
from tangent.rules.declare import SOURCES, WIDER

# Arguments that carry a derivative where a definition takes them.
KEYWORDS = ("initial", "prepend", "append", "constant_values", "b", "max", "min")
LIBRARIES = ("operator", "builtins", "math", "numpy", "scipy", "functools", "itertools", "copy")


def declared() -> dict[str, tuple[str, ...]]:
    """The test inputs of every function with a rule or a definition, by name."""
    rules = {r.name: r.tests for r in registry.all_rules()}
    sources = {s.name: s.tests for s in SOURCES.values()}
    for source in WIDER.values():
        rules[source.name] = tuple(dict.fromkeys((*rules[source.name], *source.tests)))
    return {
        name: tests
        for name, tests in {**rules, **sources}.items()
        if name.split(".")[0] in LIBRARIES and tests and exists(name)
    }


def exists(dotted: str) -> bool:
    """Whether this version of its library has a function."""
    library, _, name = dotted.partition(".")
    return library != "math" or hasattr(math, name)


def samplers(seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)

    def sampler(draw: Callable[[tuple[int, ...]], Any]) -> Callable[..., Any]:
        return lambda *shape: draw(shape) if shape else float(draw(()))

    importlib.import_module("scipy.linalg")
    return {
        "np": np,
        "scipy": importlib.import_module("scipy"),
        "rng": rng,
        "normal": sampler(lambda s: rng.normal(size=s)),
        "positive": sampler(lambda s: rng.uniform(0.5, 2.0, size=s)),
        "unit": sampler(lambda s: rng.uniform(-0.9, 0.9, size=s)),
    }


def carries(x: Any) -> bool:
    """Whether a value can carry a derivative."""
    if isinstance(x, (list, tuple)):
        return bool(x) and all(map(carries, x))
    return not isinstance(x, (bool, int, str, dict)) and np.asarray(x).dtype.kind in "fc"


OPERATORS = {
    "add": "{} + {}",
    "sub": "{} - {}",
    "mul": "{} * {}",
    "truediv": "{} / {}",
    "mod": "{} % {}",
    "pow": "{} ** {}",
    "matmul": "{} @ {}",
    "getitem": "{}[{}]",
    "neg": "-{}",
    "pos": "+{}",
}


@dataclass
class RuleProgram:
    """A function of one test input. ``fixed`` are parameters that are constants of the rule."""

    name: str
    text: str
    fixed: tuple[str, ...] = ()

    @cached_property
    def parts(self) -> list[tuple[str | None, str, Any]]:
        """Keyword, source and value of each argument."""
        scope = samplers()
        call = ast.parse(f"_({self.text})", mode="eval").body
        assert isinstance(call, ast.Call)
        arguments = [(None, a) for a in call.args] + [(k.arg, k.value) for k in call.keywords]
        return [(k, ast.unparse(a), eval(ast.unparse(a), scope)) for k, a in arguments]

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """The arguments that the program is differentiated with respect to, by name."""
        positional = self._positional
        out: dict[str, Any] = {}
        for i, (keyword, _, value) in enumerate(self.parts):
            own = keyword or (positional[i] if i < len(positional) else "")
            taken = own in self._differentiable or (own in KEYWORDS and own not in positional)
            if carries(value) and (not positional or taken):
                out[f"x{i}"] = value
        return out

    @property
    def _positional(self) -> tuple[str, ...]:
        rule = registry.rule_for(self.name)
        return () if rule is None else rule.parameter_names[0]

    @property
    def _differentiable(self) -> tuple[str, ...]:
        rule = registry.rule_for(self.name)
        return () if rule is None else rule.differentiable

    @cached_property
    def call(self) -> str:
        """The call as a program writes it."""
        written: list[str] = []
        for i, (keyword, source, _) in enumerate(self.parts):
            value = f"x{i}" if f"x{i}" in self.parameters else self._constant(i, source)
            written.append(value if keyword is None else f"{keyword}={value}")
        parts = self.name.split(".")
        if parts[0] == "builtins":
            return f"{parts[1]}({', '.join(written)})"
        if parts[0] == "operator" and parts[1] in OPERATORS:
            return OPERATORS[parts[1]].format(*written)
        if self.name.startswith("numpy.ndarray."):
            return f"{written[0]}.{parts[-1]}({', '.join(written[1:])})"
        return f"{self.name.replace('numpy', 'np', 1)}({', '.join(written)})"

    def _constant(self, i: int, source: str) -> str:
        if any(f"{s}" in source for s in ("normal", "positive", "unit", "rng", "scipy")):
            return f"c{i}"
        return source

    @cached_property
    def constants(self) -> dict[str, Any]:
        return {f"c{i}": value for i, (_, _, value) in enumerate(self.parts)}

    @cached_property
    def result(self) -> Any:
        """What the call gives."""
        return eval(self.call, {**self.namespace, **self.parameters})

    @property
    def namespace(self) -> dict[str, Any]:
        scope: dict[str, Any] = {"np": np, **self.constants}
        for library in ("operator", "math", "functools", "itertools", "copy", "scipy"):
            scope[library] = importlib.import_module(library)
        for module in ("special", "stats", "linalg", "signal", "integrate"):
            importlib.import_module(f"scipy.{module}")
        return scope

    @cached_property
    def source(self) -> str:
        lines = ["import copy, functools, itertools, math, operator", "import numpy as np"]
        lines += [
            "import scipy",
            "import scipy.special, scipy.stats, scipy.linalg, scipy.signal",
            "",
        ]
        lines += [f"def program({', '.join(map(self._parameter, self.parameters))}):"]
        lines += [f"    y = {self.call}", f"    return {self._loss()}"]
        return "\n".join(lines) + "\n"

    def _parameter(self, name: str) -> str:
        value = self.parameters[name]
        is_complex = not isinstance(value, (list, tuple)) and np.iscomplexobj(value)
        return f"{name}: np.ndarray[tuple, np.dtype[np.complex128]]" if is_complex else name

    def _loss(self) -> str:
        terms = list(self._terms("y", self.result))
        return " + ".join(terms)

    def _terms(self, place: str, y: Any) -> Iterator[str]:
        if isinstance(y, (list, tuple)):
            for i, part in enumerate(y):
                yield from self._terms(f"{place}[{i}]", part)
        elif np.asarray(y).dtype.kind == "c":
            yield f"np.sum(np.sin(np.real({place})))"
            yield f"np.sum(np.cos(np.imag({place})))"
        elif np.asarray(y).dtype.kind == "f":
            yield f"np.sum(np.sin({place}))"

    @cached_property
    def function(self) -> Callable[..., Any]:
        path = f"<rule {self.name}({self.text})>"
        linecache.cache[path] = (len(self.source), None, self.source.splitlines(True), path)
        scope = self.namespace
        exec(compile(self.source, path, "exec"), scope)
        scope.update(self.constants)
        return scope["program"]

    # --- what is checked -----------------------------------------------------------------------

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.parameters)

    def arguments(self, dtype: Any = None) -> list[Any]:
        return [copied(v, dtype) for v in self.parameters.values()]

    def gradient(self) -> Callable[..., list[Any]]:
        derivative = tangent.autodiff(self.function, wrt=self.names, mode="reverse")

        def gradient(*args: Any) -> list[Any]:
            result = derivative(*args)
            return list(result) if len(self.names) > 1 else [result]

        return gradient

    def directional(self) -> Callable[..., Any]:
        """The derivative along a direction: arguments, then their tangents."""
        derivative = tangent.autodiff(self.function, wrt=self.names, mode="forward")
        seeds = [f"d{n}" for n in self.names]
        return lambda args, tangents: derivative(*args, **dict(zip(seeds, tangents, strict=True)))


def copied(x: Any, dtype: Any = None) -> Any:
    if isinstance(x, (list, tuple)):
        return type(x)(copied(v, dtype) for v in x)
    if isinstance(x, np.ndarray):
        return x.copy() if dtype is None else x.astype(dtype)
    return x if dtype is None else dtype(x)


def direction(x: Any, rng: np.random.Generator) -> Any:
    if isinstance(x, (list, tuple)):
        return type(x)(direction(v, rng) for v in x)
    d = rng.normal(size=np.shape(x))
    if np.iscomplexobj(x):
        d = d + 1j * rng.normal(size=np.shape(x))
    return d[()] if np.shape(x) else type(x)(d)


def moved(x: Any, d: Any, step: float) -> Any:
    if isinstance(x, (list, tuple)):
        return type(x)(moved(a, b, step) for a, b in zip(x, d, strict=True))
    return x + step * d


def inner(g: Any, d: Any) -> float:
    """The change that a cotangent gives along a direction: for complex numbers
    ``Re(g * d)``."""
    if isinstance(d, (list, tuple)):
        return sum(inner(a, b) for a, b in zip(g, d, strict=True))
    return float(np.real(np.sum(np.asarray(g) * np.asarray(d))))
