"""Random programs against their derivatives.

    python tests/engine/differential.py [--minutes N] [--seed S] [--features a,b] [--show]

`programs` makes source text: a function over numbers, vectors and matrices, written with the
statements and functions a user has. `check` runs it: the directional derivative by differences,
forward and reverse mode, and on a sample second order, all of which must agree. A refusal
(`DerivativeError`, or at run time a `ValueError` that says so) is fine and counted; anything else
is a failure, and hypothesis shrinks the program that shows it.

Programs have kinks and some are ill-conditioned. Where differences with two steps do not agree
with one another they say nothing, and the program is counted as inconclusive.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import dataclasses
import linecache
import re
import sys
import time
import traceback
import types
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "engine"))

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky

import tangent

# --- programs --------------------------------------------------------------------------------

# What a program may use beside arithmetic. Each program draws a few of these, so that their
# combinations are met ("swarm testing").
FEATURES = (
    "numpy", "matrices", "augmented", "items", "slices", "fancy", "aliases", "views",
    "lists", "tuples", "dicts", "objects", "helpers", "mutating", "closures", "recursion",
    "if", "for", "while", "rows", "break", "continue", "return", "ternary", "lazy",
    "comprehensions", "try", "match", "with", "walrus", "functions", "kinks", "inactive",
)  # fmt: skip

PRELUDE = """\
import math
from dataclasses import dataclass

import numpy as np


@dataclass
class Pair:
    s: float
    v: np.ndarray

    def scaled(self, k):
        return self.s * k + np.sum(self.v)


def square(t):
    return t * t


def mix(a, b=0.5, *, k=1.5):
    c = a * k
    return c + b * a


def both(a, b):
    return a * b, a - b


def clamp(t):
    if t > 1.0:
        return 1.0 + 0.1 * t
    return t * t


def power(t, n):
    if n == 0:
        return 1.0
    return t * power(t, n - 1)


def scale(a, k):
    a *= k


def smooth(a, k):
    for i in range(1, len(a)):
        a[i] += k * a[i - 1]
    return a


def apply(f, t):
    return f(t) + t


"""

SCALAR, VECTOR, SHORT, MATRIX, COUNT = "scalar", "vector", "short", "matrix", "count"
LIST, TUPLE, DICT, OBJECT = "list", "tuple", "dict", "object"
PREFIX = {
    SCALAR: "s", VECTOR: "v", SHORT: "w", MATRIX: "m", COUNT: "n",
    LIST: "xs", TUPLE: "t", DICT: "d", OBJECT: "o",
}  # fmt: skip
NUMERIC = (SCALAR, VECTOR, SHORT, MATRIX)
_PLACE = re.compile(r"\{(" + "|".join([*PREFIX, "condition", "number", "index"]) + r")\}")


class Scope:
    """The variables that certainly hold a value here, by kind."""

    def __init__(self, known: dict[str, list[str]] | None = None):
        self.known: dict[str, list[str]] = {k: list(v) for k, v in (known or {}).items()}

    def inner(self) -> Scope:
        return Scope(self.known)

    def of(self, kind: str) -> list[str]:
        return self.known.setdefault(kind, [])

    def add(self, kind: str, name: str) -> None:
        if name not in self.of(kind):
            self.of(kind).append(name)


class Writer:
    """Writes one program, choosing with ``draw``."""

    def __init__(self, draw: Callable[[Any], Any], features: Sequence[str]):
        self.draw = draw
        self.features = frozenset(features)
        self.lines: list[str] = []
        self.counter = 0
        self.loops = 0

    # --- choices

    def choose(self, options: Sequence[Any]) -> Any:
        return options[0] if len(options) == 1 else self.draw(st.sampled_from(options))

    def chance(self, one_in: int) -> bool:
        return self.draw(st.integers(0, one_in - 1)) == one_in - 1

    def has(self, feature: str) -> bool:
        return feature in self.features

    def number(self) -> str:
        return self.choose(["0.5", "2.0", "1.3", "-0.7", "0.9", "3"])

    def fresh(self, prefix: str) -> str:
        self.counter += 1
        return f"{prefix}{self.counter}"

    # --- expressions

    def expr(self, kind: str, scope: Scope, depth: int = 2) -> str:
        makers: list[Callable[[], str]] = []
        if scope.of(kind):
            makers += [lambda: self.choose(scope.of(kind))] * (3 if depth else 1)
        if kind == SCALAR and (not makers or self.chance(6)):
            makers.append(self.number)
        if depth > 0 or not makers:
            makers += [
                lambda text=text: self.fill(text, scope, max(depth - 1, 0))
                for text in self.templates(kind, scope, deep=depth > 0)
            ]
        return self.choose(makers)()

    def fill(self, template: str, scope: Scope, depth: int) -> str:
        """The template with each ``{kind}`` replaced by an expression of that kind."""

        def made(match: re.Match[str]) -> str:
            kind = match[1]
            if kind == "condition":
                return self.condition(scope, depth)
            if kind == "number":
                return self.number()
            if kind == "index":
                return self.index(scope)
            if kind not in NUMERIC:
                return self.choose(scope.of(kind))
            inner = self.expr(kind, scope, depth)
            return f"({inner})" if " " in inner and not _closed(inner) else inner

        return _PLACE.sub(made, template)

    def index(self, scope: Scope) -> str:
        """An index that is valid for vectors."""
        return self.choose(["0", "1", "2", "-1", *scope.of(COUNT), *scope.of(COUNT)])

    def condition(self, scope: Scope, depth: int) -> str:
        texts = ["{scalar} > {number}", "{scalar} < {scalar}"]
        if scope.of(COUNT):
            n = self.choose(scope.of(COUNT))
            texts += [f"{n} == 1", f"{n} % 2 == 0"]
        if self.has("lazy"):
            texts += ["{condition} and {condition}", "not {condition}", "0.1 < {scalar} < 1.5"]
        return "(" + self.fill(self.choose(texts if depth else texts[:2]), scope, 0) + ")"

    def templates(self, kind: str, scope: Scope, deep: bool) -> list[str]:
        """Ways to make a value of a kind of what there is."""
        k = f"{{{kind}}}"
        if not deep:
            return {
                SCALAR: ["{number}"],
                VECTOR: ["np.ones(3)", "np.array([{scalar}, {scalar}, {number}])"],
                SHORT: ["np.ones(2)"],
                MATRIX: ["np.ones((2, 3))"],
            }[kind]
        out = [f"{k} + {k}", f"{k} * {k}", f"{k} - {{scalar}}", f"{k} * {{scalar}}", f"-{k}"]
        out += [f"{k} / (1.5 + {k} * {k})", f"{k} ** 2", f"{{number}} * {k}", f"{{scalar}} - {k}"]
        out += [f"np.sin({k})", f"np.tanh({k})", f"np.exp(-({k} ** 2))"]
        out += [f"np.sqrt(1.0 + {k} ** 2)"]
        if self.has("numpy"):
            out += [f"np.log(2.0 + np.cos({k}))", f"np.arctan2({k}, 2.0)", f"np.square({k})"]
            out += [f"1.0 / (1.0 + np.exp(-{k}))", f"2.0 ** np.sin({k})", f"np.hypot({k}, 1.5)"]
            out += [f"(2.0 + np.sin({k})) ** np.cos({k})"]
        if self.has("kinks"):
            out += [f"np.abs({k})", f"np.maximum({k}, {k})", f"np.minimum({k}, 0.4)"]
            out += [f"np.where({k} > {{number}}, {k}, {k})", f"np.clip({k}, -1.0, 1.0)"]
        if self.has("helpers"):
            out += [f"square({k})", f"mix({k})", f"mix({k}, {{scalar}})", f"mix({k}, k={{scalar}})"]
        if self.has("ternary"):
            out.append(f"({k} if {{condition}} else {k})")
        if self.has("functions"):
            out += [f"apply(square, {k})", f"apply(lambda z: z * {{scalar}}, {k})"]
            out.append(f"apply(np.sin, {k})")
        more = getattr(self, f"_{kind}")
        return out + more(scope)

    def _scalar(self, scope: Scope) -> list[str]:
        out = ["np.sum({vector})", "{vector}[{index}]", "np.dot({vector}, {vector})"]
        out += ["math.sin({scalar})", "{vector}.sum()", "float({scalar})"]
        if self.has("numpy"):
            out += ["np.mean({vector})", "np.linalg.norm({vector} + 3.0)", "np.std({vector})"]
            out += [
                "np.prod({vector})",
                "np.var({vector})",
                "np.trace(np.outer({vector}, {vector}))",
            ]
            out += [
                "np.sum({vector} * {vector})",
                "{vector}.mean()",
                "np.log(np.sum(np.exp({vector})))",
            ]
        if self.has("matrices"):
            out += ["np.sum({matrix})", "{matrix}[1, {index}]", "{short} @ {matrix} @ {vector}"]
            out += ["np.mean({matrix})", "{matrix}[0][{index}]"]
        if self.has("kinks"):
            out += ["abs({scalar})", "max({scalar}, {scalar})", "np.max({vector})"]
            out += ["min({scalar}, {scalar}, 0.3)", "{vector}.min()"]
        if self.has("recursion"):
            out.append("power({scalar}, 3)")
        if self.has("helpers"):
            out += ["clamp({scalar})", "both({scalar}, {scalar})[0]"]
        if self.has("lists") and scope.of(LIST):
            out += ["{list}[{index}]", "{list}[-1]", "sum({list})", "len({list}) * {scalar}"]
        if self.has("tuples") and scope.of(TUPLE):
            out += ["{tuple}[0]", "{tuple}[1][{index}]"]
        if self.has("dicts") and scope.of(DICT):
            out += ["{dict}['a']", "{dict}['b']", "{dict}.get('a')", "{dict}.get('z', {scalar})"]
            out += ["sum({dict}.values())"]
        if self.has("objects") and scope.of(OBJECT):
            out += ["{object}.s", "{object}.v[{index}]", "{object}.scaled({scalar})"]
        if self.has("comprehensions"):
            out += [
                "sum(e * {scalar} for e in {vector})",
                "sum([e ** 2 for e in {vector} if e > 0.1])",
            ]
            out += ["sum(a * b for a, b in zip({vector}, {vector}))"]
        return out

    def _vector(self, scope: Scope) -> list[str]:
        out = ["np.array([{scalar}, {scalar}, {scalar}])", "{vector}.copy()", "{vector} * {scalar}"]
        if self.has("numpy"):
            out += ["np.asarray({vector})", "np.ravel({vector})", "np.real({vector})"]
            out += ["np.cumsum({vector})", "np.roll({vector}, 1)", "np.zeros(3) + {scalar}"]
            out += ["np.concatenate([{short}, {vector}[:1]])", "np.append({short}, {scalar})"]
            out += ["np.outer({vector}, {vector})[1]", "np.cross({vector}, {vector})"]
            out += [
                "np.full(3, {scalar})",
                "np.zeros_like({vector})",
                "np.diff(np.append({vector}, {scalar}))",
            ]
            out += [
                "np.linspace({scalar}, {scalar}, 3)",
                "np.flip({vector})",
                "np.repeat({scalar}, 3)",
            ]
        if self.has("views"):
            out += ["{vector}[::-1]"]
        if self.has("matrices"):
            out += ["{matrix}[{index} % 2]", "{short} @ {matrix}", "np.sum({matrix}, axis=0)"]
            out += ["{matrix}.T @ {short}", "{matrix}.mean(axis=0)", "np.dot({short}, {matrix})"]
            out += ["np.einsum('ij,i->j', {matrix}, {short})"]
        if self.has("kinks"):
            out += ["np.sort({vector})", "({vector} > 0.2) * {vector}"]
        if self.has("fancy"):
            out += [
                "{vector}[[2, 0, 0]]",
                "{vector}[np.array([1, 2, 0])]",
                "np.take({vector}, [0, 2, 1])",
            ]
        if self.has("mutating"):
            out.append("smooth({vector} * 1.0, {scalar})")
        if self.has("comprehensions"):
            out += [
                "np.array([e * {scalar} for e in {vector}])",
                "np.array([{scalar} * j for j in range(3)])",
            ]
        if self.has("lists") and scope.of(LIST):
            out.append("np.array({list}[:3])")
        if self.has("objects") and scope.of(OBJECT):
            out.append("{object}.v")
        if self.has("tuples") and scope.of(TUPLE):
            out.append("{tuple}[1]")
        return out

    def _short(self, scope: Scope) -> list[str]:
        out = ["{vector}[1:]", "{vector}[:2]", "np.array([{scalar}, {scalar}])"]
        if self.has("matrices"):
            out += ["{matrix} @ {vector}", "{matrix}[:, {index}]", "np.sum({matrix}, axis=1)"]
            out += ["np.mean({matrix}, -1)"]
        if self.has("numpy"):
            out += ["np.diff({vector})", "np.stack([{scalar}, {scalar}])"]
        return out

    def _matrix(self, scope: Scope) -> list[str]:
        out = ["np.outer({short}, {vector})", "np.stack([{vector}, {vector}])"]
        out += ["{matrix} * {vector}", "{matrix} + {short}[:, None]", "{matrix}.copy()"]
        if self.has("numpy"):
            out += [
                "{matrix} - {matrix}.mean(axis=1, keepdims=True)",
                "np.vstack([{vector}, {vector}])",
            ]
            out += [
                "np.reshape(np.concatenate([{vector}, {vector}]), (2, 3))",
                "np.array([{vector}, {vector}])",
            ]
            out += ["np.cumsum({matrix}, axis=1)", "{vector}[None, :] * {short}[:, None]"]
        return out

    # --- statements

    def line(self, indent: int, text: str) -> None:
        self.lines.append("    " * indent + text)

    def bind(self, kind: str, scope: Scope) -> str:
        """A name to assign: a new one, or one that holds this kind of value already."""
        if scope.of(kind) and not self.chance(3):
            return self.choose(scope.of(kind))
        return self.fresh(PREFIX[kind])

    def kind(self) -> str:
        kinds = [SCALAR, SCALAR, VECTOR, VECTOR]
        if self.has("matrices"):
            kinds += [SHORT, MATRIX]
        return self.choose(kinds)

    def block(self, indent: int, scope: Scope, size: int, loop: bool, level: int) -> None:
        for _ in range(self.draw(st.integers(1, size))):
            self.statement(indent, scope, loop, level)

    def statement(self, indent: int, scope: Scope, loop: bool, level: int) -> None:
        makers: list[Callable[[int, Scope, bool, int], None]] = [self.assign] * 3
        for feature, maker in (
            ("augmented", self.augment), ("items", self.item), ("slices", self.part),
            ("fancy", self.fancy), ("aliases", self.alias), ("views", self.view),
            ("lists", self.lists), ("tuples", self.tuples), ("dicts", self.dicts),
            ("objects", self.objects), ("mutating", self.mutate), ("closures", self.closure),
            ("comprehensions", self.comprehension), ("walrus", self.walrus),
            ("inactive", self.inactive),
        ):  # fmt: skip
            if self.has(feature):
                makers += [maker] * 2
        if level > 0:
            for feature, maker in (
                ("if", self.if_), ("for", self.for_), ("while", self.while_),
                ("rows", self.rows), ("try", self.try_), ("match", self.match),
                ("with", self.with_),
            ):  # fmt: skip
                if self.has(feature):
                    makers += [maker] * 2
        if loop and self.has("break"):
            makers.append(self.jump("break"))
        if loop and self.has("continue"):
            makers.append(self.jump("continue"))
        if self.has("return"):
            makers.append(self.early_return)
        self.choose(makers)(indent, scope, loop, level)

    def assign(self, indent: int, scope: Scope, loop: bool, level: int) -> None:
        kind = self.kind()
        value = self.expr(kind, scope)
        name = self.bind(kind, scope)
        self.line(indent, f"{name} = {value}")
        scope.add(kind, name)

    def augment(self, indent: int, scope: Scope, loop: bool, level: int) -> None:
        kind = self.kind()
        if not scope.of(kind):
            return self.assign(indent, scope, loop, level)
        name = self.choose(scope.of(kind))
        other = SCALAR if kind == SCALAR else self.choose([kind, SCALAR])
        operator = self.choose(["+=", "-=", "*=", "/="])
        value = self.expr(other, scope, 1)
        if operator == "/=":
            value = f"1.5 + ({value}) ** 2"
        self.line(indent, f"{name} {operator} {value}")
        return None

    def item(self, indent: int, scope: Scope, loop: bool, level: int) -> None:
        if not scope.of(VECTOR):
            return self.assign(indent, scope, loop, level)
        place = f"{self.choose(scope.of(VECTOR))}[{self.index(scope)}]"
        if self.has("matrices") and scope.of(MATRIX) and self.chance(3):
            row = self.choose(["0", "1"])
            place = f"{self.choose(scope.of(MATRIX))}[{row}, {self.index(scope)}]"
        operator = self.choose(["=", "+=", "*=", "-="])
        self.line(indent, f"{place} {operator} {self.expr(SCALAR, scope)}")
        return None

    def part(self, indent: int, scope: Scope, loop: bool, level: int) -> None:
        places = [
            (VECTOR, "[1:]", SHORT), (VECTOR, "[:2]", SHORT), (VECTOR, "[:]", VECTOR),
            (VECTOR, "[::2]", SHORT), (VECTOR, "[:2]", SCALAR), (VECTOR, "[...]", VECTOR),
        ]  # fmt: skip
        if self.has("matrices"):
            places += [(MATRIX, "[0]", VECTOR), (MATRIX, "[:, 1]", SHORT), (MATRIX, "[:]", VECTOR)]
            places += [(MATRIX, "[1, 1:]", SHORT), (MATRIX, "[:, ::2]", SCALAR)]
        places = [p for p in places if scope.of(p[0])]
        if not places:
            return self.assign(indent, scope, loop, level)
        kind, index, value = self.choose(places)
        operator = self.choose(["=", "+=", "*=", "-="])
        name = self.choose(scope.of(kind))
        self.line(indent, f"{name}{index} {operator} {self.expr(value, scope)}")
        return None

    def fancy(self, indent: int, scope: Scope, loop: bool, level: int) -> None:
        if not scope.of(VECTOR):
            return self.assign(indent, scope, loop, level)
        name = self.choose(scope.of(VECTOR))
        text = self.choose(
            [
                "{v}[[0, 2]] = {short}", "{v}[[0, 2]] += {short}", "{v}[{v} > 0.3] *= {scalar}",
                "{v}[{v} > 0.3] = {scalar}", "np.add.at({v}, [0, 0, 2], {vector})",
                "{v}[np.array([2, 1])] *= {short}", "{v}[[True, False, True]] = {scalar}",
            ]
        )  # fmt: skip
        self.line(indent, self.fill(text.replace("{v}", name), scope, 1))
        return None

    def alias(self, indent: int, scope: Scope, loop: bool, level: int) -> None:
        kind = self.kind()
        if not scope.of(kind):
            return self.assign(indent, scope, loop, level)
        old, new = self.choose(scope.of(kind)), self.bind(kind, scope)
        if self.chance(3) and len(scope.of(kind)) > 1 and kind in scope.known:
            a, b = scope.of(kind)[:2]
            self.line(indent, f"{a}, {b} = {b}, {a}")
        elif self.chance(3):
            another = self.fresh(PREFIX[kind])
            self.line(indent, f"{another} = {new} = {self.expr(kind, scope, 1)}")
            scope.add(kind, another)
            scope.add(kind, new)
        else:
            self.line(indent, f"{new} = {old}")
            scope.add(kind, new)
        return None

    def view(self, indent: int, scope: Scope, loop: bool, level: int) -> None:
        views = [(VECTOR, VECTOR, "[::-1]"), (VECTOR, VECTOR, "[:]"), (VECTOR, SHORT, "[1:]")]
        views += [(VECTOR, VECTOR, ".reshape(3)"), (VECTOR, VECTOR, ".T")]
        if self.has("matrices"):
            views += [(MATRIX, VECTOR, "[0]"), (MATRIX, SHORT, "[:, 1]"), (MATRIX, SHORT, ".T[2]")]
            views += [(MATRIX, VECTOR, ".ravel()[:3]")]
        views = [v for v in views if scope.of(v[0])]
        if not views:
            return self.assign(indent, scope, loop, level)
        source, kind, suffix = self.choose(views)
        name = self.fresh(PREFIX[kind])
        self.line(indent, f"{name} = {self.choose(scope.of(source))}{suffix}")
        scope.add(kind, name)
        return None

    def lists(self, indent: int, scope: Scope, loop: bool, level: int) -> None:
        if not scope.of(LIST) or self.chance(4):
            name = self.fresh(PREFIX[LIST])
            values = [self.expr(SCALAR, scope, 1) for _ in range(3)]
            self.line(indent, f"{name} = [{', '.join(values)}]")
            scope.add(LIST, name)
            return
        name = self.choose(scope.of(LIST))
        text = self.choose(
            [
                "{xs}.append({scalar})", "{xs}[{index}] = {scalar}", "{xs}[{index}] += {scalar}",
                "{xs} = {xs} + [{scalar}]", "{xs} += [{scalar}, {scalar}]",
                "{xs}.extend([{scalar}, {scalar}])", "{xs}.insert(1, {scalar})",
                "{xs}.append({scalar}); {s} = {xs}.pop()",
                "{xs}.append({scalar}); {s} = {xs}.pop(0)",
            ]
        )  # fmt: skip
        target = self.bind(SCALAR, scope)
        for part in self.fill(text.replace("{xs}", name).replace("{s}", target), scope, 1).split(
            "; "
        ):
            self.line(indent, part)
        if "{s}" in text:
            scope.add(SCALAR, target)

    def tuples(self, indent: int, scope: Scope, loop: bool, level: int) -> None:
        a, b = self.bind(SCALAR, scope), self.fresh("v")
        text = self.choose(
            [
                f"{a}, {b} = {{scalar}}, {{vector}}",
                f"({a}, _), {b} = ({{scalar}}, 1), {{vector}}",
                f"{a}, s0 = both({{scalar}}, {{scalar}})", f"{a}, *rest = {{vector}}",
                f"[{a}, s0] = {{short}}", f"{a}, s0, _ = {{vector}}", "",
            ]
        )  # fmt: skip
        if not text:
            name = self.fresh("t")
            self.line(indent, self.fill(f"{name} = ({{scalar}}, {{vector}})", scope, 1))
            scope.add(TUPLE, name)
            return
        self.line(indent, self.fill(text, scope, 1))
        scope.add(SCALAR, a)
        if f"{b} =" in text:
            scope.add(VECTOR, b)
        if "s0" in text:
            scope.add(SCALAR, "s0")

    def dicts(self, indent: int, scope: Scope, loop: bool, level: int) -> None:
        if not scope.of(DICT) or self.chance(4):
            name = self.fresh("d")
            text = self.choose(["{'a': {scalar}, 'b': {scalar}}", "dict(a={scalar}, b={scalar})"])
            self.line(indent, f"{name} = {self.fill(text, scope, 1)}")
            scope.add(DICT, name)
            return
        name = self.choose(scope.of(DICT))
        text = self.choose(
            [
                "{d}['a'] = {scalar}", "{d}['b'] += {scalar}", "{d}['a'] *= {scalar}",
                "{d}.update(a={scalar})", "{d}['c'] = {scalar}", "for",
            ]
        )  # fmt: skip
        if text == "for":
            s = self.bind(SCALAR, scope)
            if s not in scope.of(SCALAR):
                self.line(indent, f"{s} = 0.5")
                scope.add(SCALAR, s)
            self.line(indent, f"for key, value in {name}.items():")
            self.line(indent + 1, f"{s} = {s} * 0.5 + value * {self.expr(SCALAR, scope, 1)}")
            return
        self.line(indent, self.fill(text.replace("{d}", name), scope, 1))

    def objects(self, indent: int, scope: Scope, loop: bool, level: int) -> None:
        if not scope.of(OBJECT) or self.chance(4):
            name = self.fresh("o")
            self.line(indent, self.fill(f"{name} = Pair({{scalar}}, {{vector}} * 1.0)", scope, 1))
            scope.add(OBJECT, name)
            return
        name = self.choose(scope.of(OBJECT))
        text = self.choose(
            [
                "{o}.s = {scalar}", "{o}.s += {scalar}", "{o}.v = {vector}",
                "{o}.v[{index}] = {scalar}",
                "{o}.s *= {scalar}", "{o}.v += {vector}",
            ]
        )  # fmt: skip
        self.line(indent, self.fill(text.replace("{o}", name), scope, 1))

    def mutate(self, indent: int, scope: Scope, loop: bool, level: int) -> None:
        if not scope.of(VECTOR):
            return self.assign(indent, scope, loop, level)
        name = self.choose(scope.of(VECTOR))
        text = self.choose(
            ["scale({v}, {scalar})", "smooth({v}, {scalar})", "{v} = smooth({v}, {scalar})",
             "np.multiply({v}, {scalar}, out={v})", "{v}.fill({scalar})", "{v}.sort()",
             "np.copyto({v}, {vector})"]
        )  # fmt: skip
        self.line(indent, self.fill(text.replace("{v}", name), scope, 1))
        return None

    def closure(self, indent: int, scope: Scope, loop: bool, level: int) -> None:
        name, target = self.fresh("inner"), self.bind(SCALAR, scope)
        inner = scope.inner()
        inner.known[SCALAR] = [*inner.of(SCALAR), "z"]
        body = self.expr(SCALAR, inner, 1)
        if self.chance(2):
            self.line(indent, f"def {name}(z):")
            self.line(indent + 1, f"return {body} + z")
        else:
            self.line(indent, f"{name} = lambda z: {body} + z")
        self.line(indent, f"{target} = {name}({self.expr(SCALAR, scope, 1)})")
        scope.add(SCALAR, target)

    def comprehension(self, indent: int, scope: Scope, loop: bool, level: int) -> None:
        inner = scope.inner()
        inner.add(SCALAR, "e")
        body = self.expr(SCALAR, inner, 1)
        source = self.choose([VECTOR, *([LIST] if scope.of(LIST) else [])])
        over = self.expr(source, scope, 1) if source == VECTOR else self.choose(scope.of(LIST))
        name = self.fresh("xs")
        self.line(indent, f"{name} = [{body} for e in {over}]")
        scope.add(LIST, name)

    def walrus(self, indent: int, scope: Scope, loop: bool, level: int) -> None:
        target, name = self.bind(SCALAR, scope), self.fresh("s")
        self.line(indent, f"{target} = ({name} := {self.expr(SCALAR, scope, 1)}) * {name}")
        scope.add(SCALAR, target)
        scope.add(SCALAR, name)

    def inactive(self, indent: int, scope: Scope, loop: bool, level: int) -> None:
        text = self.choose(
            [
                "assert {scalar} > -1e9", "label = f'{3} values'", "steps = [k for k in range(3)]",
                "names = {'one': 1, 'two': 2}", "np.random.seed(3)",
                "shape = np.shape({vector})", "pass",
                "import math as again",
            ]
        )  # fmt: skip
        self.line(indent, self.fill(text, scope, 0))

    def if_(self, indent: int, scope: Scope, loop: bool, level: int) -> None:
        self.line(indent, f"if {self.condition(scope, 1)}:")
        self.block(indent + 1, scope.inner(), 2, loop, level - 1)
        if self.chance(2):
            if self.chance(3):
                self.line(indent, f"elif {self.condition(scope, 1)}:")
                self.block(indent + 1, scope.inner(), 2, loop, level - 1)
            self.line(indent, "else:")
            self.block(indent + 1, scope.inner(), 2, loop, level - 1)

    def for_(self, indent: int, scope: Scope, loop: bool, level: int) -> None:
        inner, n = scope.inner(), self.fresh("n")
        header = self.choose(
            [
                "range(3)",
                "range(1, 3)",
                "range(2, -1, -1)",
                "reversed(range(3))",
                "range(len({vector}))",
            ]
        )
        self.line(indent, f"for {n} in {self.fill(header, scope, 0)}:")
        inner.add(COUNT, n)
        self.block(indent + 1, inner, 3, True, level - 1)
        self.orelse(indent, scope, level)

    def orelse(self, indent: int, scope: Scope, level: int) -> None:
        if self.has("break") and self.chance(5):
            self.line(indent, "else:")
            self.block(indent + 1, scope.inner(), 1, False, level - 1)

    def rows(self, indent: int, scope: Scope, loop: bool, level: int) -> None:
        inner, n = scope.inner(), self.fresh("n")
        s, other = self.fresh("s"), self.fresh("s")
        headers = [
            (f"for {s} in {{vector}}", [(SCALAR, s)]),
            (f"for {n}, {s} in enumerate({{vector}})", [(SCALAR, s), (COUNT, n)]),
            (f"for {s}, {other} in zip({{vector}}, {{vector}})", [(SCALAR, s), (SCALAR, other)]),
        ]
        if self.has("matrices"):
            row = self.fresh("v")
            headers.append((f"for {row} in {{matrix}}", [(VECTOR, row)]))
            headers.append(
                (f"for {n}, {row} in enumerate({{matrix}})", [(VECTOR, row), (COUNT, n)])
            )
        if scope.of(LIST):
            headers.append((f"for {s} in {{list}}[:3]", [(SCALAR, s)]))
        header, bound = self.choose(headers)
        self.line(indent, self.fill(header, scope, 1) + ":")
        for kind, name in bound:
            inner.add(kind, name)
        self.block(indent + 1, inner, 3, True, level - 1)

    def while_(self, indent: int, scope: Scope, loop: bool, level: int) -> None:
        k = self.fresh("k")
        self.line(indent, f"{k} = 0")
        condition = f"{k} < 3"
        if self.chance(2):
            condition += f" and {self.expr(SCALAR, scope, 0)} < 2.0"
        self.line(indent, f"while {condition}:")
        self.line(indent + 1, f"{k} += 1")
        self.block(indent + 1, scope.inner(), 3, True, level - 1)
        self.orelse(indent, scope, level)

    def try_(self, indent: int, scope: Scope, loop: bool, level: int) -> None:
        self.line(indent, "try:")
        self.block(indent + 1, scope.inner(), 2, loop, level - 1)
        if self.chance(2):
            self.line(indent + 1, f"if {self.condition(scope, 1)}:")
            self.line(indent + 2, "raise ValueError('too much')")
            self.block(indent + 1, scope.inner(), 1, loop, level - 1)
        self.line(indent, "except ValueError:")
        self.block(indent + 1, scope.inner(), 1, loop, level - 1)
        if self.chance(3):
            self.line(indent, "finally:")
            self.block(indent + 1, scope.inner(), 1, False, level - 1)

    def match(self, indent: int, scope: Scope, loop: bool, level: int) -> None:
        subject = self.choose(["2", *scope.of(COUNT)])
        self.line(indent, f"match {subject}:")
        for pattern in ("0", "1 | 2", "_"):
            self.line(indent + 1, f"case {pattern}:")
            self.block(indent + 2, scope.inner(), 1, loop, level - 1)

    def with_(self, indent: int, scope: Scope, loop: bool, level: int) -> None:
        self.line(indent, "with np.errstate(divide='ignore'):")
        self.block(indent + 1, scope, 2, loop, level - 1)

    def jump(self, word: str) -> Callable[[int, Scope, bool, int], None]:
        def make(indent: int, scope: Scope, loop: bool, level: int) -> None:
            self.line(indent, f"if {self.condition(scope, 1)}:")
            if self.chance(2):
                self.block(indent + 1, scope.inner(), 1, False, 0)
            self.line(indent + 1, word)

        return make

    def early_return(self, indent: int, scope: Scope, loop: bool, level: int) -> None:
        self.line(indent, f"if {self.condition(scope, 1)}:")
        self.line(indent + 1, f"return {self.result(scope)}")

    def result(self, scope: Scope) -> str:
        """A number that depends on everything there is."""
        terms = [f"0.7 * {n}" for n in scope.of(SCALAR)]
        terms += [f"np.sum({n})" for kind in NUMERIC[1:] for n in scope.of(kind)]
        terms += [f"sum({n})" for n in scope.of(LIST)]
        terms += [f"{n}['a'] * {n}['b']" for n in scope.of(DICT)]
        terms += [f"{n}.scaled(2.0)" for n in scope.of(OBJECT)]
        terms += [f"{n}[0] * np.sum({n}[1])" for n in scope.of(TUPLE)]
        if len(terms) > 1 and self.chance(4):
            terms = terms[1:]
        return " + ".join(terms)

    # --- the whole

    def program(self) -> tuple[str, dict[str, str], tuple[str, ...]]:
        """The text of ``f``, its parameters' kinds, and those to differentiate by."""
        scope = Scope()
        kinds = {"x": self.choose([SCALAR, VECTOR]), "y": self.choose([SCALAR, VECTOR])}
        if self.has("matrices"):
            kinds["a"] = MATRIX
        for name, kind in kinds.items():
            scope.add(kind, name)
        wrt = tuple(kinds) if self.chance(2) else (self.choose(list(kinds)),)
        self.line(0, f"def f({', '.join(kinds)}):")
        for _ in range(self.draw(st.integers(1, 6))):
            self.statement(1, scope, False, 2)
        self.line(1, f"return {self.result(scope)}")
        return PRELUDE + "\n".join(self.lines) + "\n", kinds, wrt


def _closed(text: str) -> bool:
    """Whether an expression with spaces needs no parentheses: a call, or brackets around it."""
    depth = 0
    for i, c in enumerate(text):
        depth += (c in "([{") - (c in ")]}")
        if depth == 0 and c == " ":
            return False
        if depth == 0 and c in ")]}" and i + 1 < len(text) and text[i + 1] == " ":
            return False
    return True


@dataclasses.dataclass(frozen=True)
class Program:
    """A function's text with what is needed to check it."""

    text: str
    kinds: dict[str, str]
    wrt: tuple[str, ...]
    seed: int
    features: tuple[str, ...] = ()

    def __repr__(self) -> str:  # what hypothesis shows
        own = self.text.removeprefix(PRELUDE)
        return f"wrt={','.join(self.wrt)} seed={self.seed}\n\n{own}"


@st.composite
def programs(draw: Callable[[Any], Any], features: Sequence[str] = FEATURES) -> Program:
    """Programs that use some of these features."""
    chosen = draw(st.lists(st.sampled_from(features), min_size=1, max_size=7, unique=True))
    text, kinds, wrt = Writer(draw, chosen).program()
    return Program(text, kinds, wrt, draw(st.integers(0, 5)), tuple(sorted(chosen)))


# --- checks ----------------------------------------------------------------------------------


class Inconclusive(Exception):
    """Nothing can be said: the program fails, or its differences do not agree."""


class Refused(Exception):
    """There is no derivative, and the user is told; the argument is the code."""


class Wrong(AssertionError):
    """A defect, with the program and its derivative."""


_serial = 0


def load(text: str) -> types.ModuleType:
    """The text as a module whose source can be looked up."""
    global _serial
    _serial += 1
    name = f"differential_program_{_serial}"
    path = f"<{name}>"
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    module = types.ModuleType(name)
    sys.modules[name] = module
    exec(compile(text, path, "exec", dont_inherit=True), module.__dict__)
    return module


def unload(module: types.ModuleType) -> None:
    sys.modules.pop(module.__name__, None)
    linecache.cache.pop(f"<{module.__name__}>", None)


def arguments(program: Program) -> dict[str, Any]:
    rng = np.random.default_rng(program.seed)
    shapes = {VECTOR: 3, SHORT: 2, MATRIX: (2, 3)}
    return {
        name: float(rng.normal()) if kind == SCALAR else rng.normal(size=shapes[kind])
        for name, kind in program.kinds.items()
    }


def moved(args: dict[str, Any], direction: dict[str, Any], t: float) -> dict[str, Any]:
    return {n: v + t * direction[n] if n in direction else copy.copy(v) for n, v in args.items()}


def slope(function: Callable[[float], Any], scale: float) -> np.ndarray:
    """The derivative at 0 by differences of fourth order with two steps, which must agree."""
    estimates = []
    for h in (1e-3, 2.5e-4):
        outer = np.asarray(function(2 * h)) - np.asarray(function(-2 * h))
        inner = np.asarray(function(h)) - np.asarray(function(-h))
        estimates.append((8.0 * inner - outer) / (12.0 * h))
    first, second = estimates
    tolerance = 1e-6 * max(scale, np.abs(second).max(initial=0.0))
    if not np.all(np.isfinite(second)) or np.abs(first - second).max(initial=0.0) > tolerance:
        raise Inconclusive("differences")
    return second


def refusals(make: Callable[[], Any]) -> Any:
    """What ``make`` gives; `Refused` for what says that there is no derivative."""
    try:
        return make()
    except tangent.DerivativeError as error:
        raise Refused(error.diagnostics[0].code) from None
    except ValueError as error:
        if "cannot differentiate" in str(error):
            raise Refused("at run time") from None
        raise


def check(program: Program) -> None:
    """Raises `Wrong`, or `Inconclusive` or `Refused` if there is nothing to be compared."""
    module = load(program.text)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            _check(program, module.f)
    finally:
        unload(module)


def _check(program: Program, f: Callable[..., Any]) -> None:
    args = arguments(program)
    rng = np.random.default_rng(program.seed + 100)
    direction = {n: rng.normal(size=np.shape(args[n]))[()] for n in program.wrt}
    direction = {n: float(d) if np.ndim(d) == 0 else d for n, d in direction.items()}

    left = copy.deepcopy(args)
    try:
        value = f(**left)
        if not np.isfinite(value) or abs(value) > 1e5:
            raise Inconclusive("large")
        scale = 1.0 + abs(float(value))
        expected = float(slope(lambda t: f(**moved(args, direction, t)), scale))
    except Inconclusive:
        raise
    except Exception as error:
        raise Inconclusive(f"primal: {type(error).__name__}") from None
    if abs(expected) > 1e5:
        raise Inconclusive("large")

    texts: list[str] = []
    try:
        rotate = (len(program.text) + program.seed) % 6
        options: dict[str, Any] = {}
        if rotate == 1:
            options = {"optimized": False}
        elif rotate == 2:
            options = {"motion": "split"}
        # Reverse
        reverse = refusals(lambda: tangent.grad(f, wrt=program.wrt, **options))
        texts.append(reverse.source)
        forward = refusals(lambda: tangent.jvp(f, wrt=program.wrt))
        texts.append(forward.source)
        if rotate == 3:
            _same_from_text(program, reverse)
        after = copy.deepcopy(args)
        if "motion" in options:
            gradient = None
        else:
            gradient = refusals(lambda: reverse(**after))
            _same_arguments(after, left)
            got = gradient if len(program.wrt) > 1 else (gradient,)
            for name, g in zip(program.wrt, got):
                if np.shape(g) != np.shape(args[name]):
                    raise Wrong(f"the gradient of {name} has shape {np.shape(g)}")
            dot = sum(float(np.sum(g * direction[n])) for n, g in zip(program.wrt, got))
        after = copy.deepcopy(args)
        tangents = {f"d{n}": copy.copy(d) for n, d in direction.items()}
        got_forward = refusals(lambda: forward(**after, **tangents))
        _same_arguments(after, left)
        if np.shape(got_forward) != ():
            raise Wrong(f"the tangent of a number has shape {np.shape(got_forward)}")
        if gradient is not None and not np.isclose(dot, got_forward, rtol=1e-7, atol=1e-7 * scale):
            raise Wrong(f"reverse says {dot!r}, forward {got_forward!r}, differences {expected!r}")
        if not np.isclose(got_forward, expected, rtol=1e-5, atol=1e-5 * scale):
            raise Wrong(f"forward says {float(got_forward)!r}, differences {expected!r}")
        if rotate in (4, 5) and gradient is not None:
            _check_second(program, reverse, args, direction, texts, rotate == 4)
    except (Inconclusive, Refused):
        raise
    except Exception as error:
        shown = f"{error}" if isinstance(error, Wrong) else traceback.format_exc()
        derivatives = "\n\n".join(texts)
        raise Wrong(f"{shown}\n\n{program!r}\n\n# {'-' * 60}\n\n{derivatives}") from None


def _same_arguments(got: dict[str, Any], expected: dict[str, Any]) -> None:
    for name, value in expected.items():
        if not np.array_equal(got[name], value, equal_nan=True):
            raise Wrong(f"`{name}` is left as {got[name]!r}, by the primal as {value!r}")


def _same_from_text(program: Program, reverse: Any) -> None:
    made = tangent.differentiate(program.text, "f", wrt=program.wrt)
    if made.text != reverse.source:
        raise Wrong(f"from text alone another derivative is made:\n{made.text}{made.diagnostics}")


def _check_second(
    program: Program,
    reverse: Any,
    args: dict[str, Any],
    direction: dict[str, Any],
    texts: list[str],
    forward: bool,
) -> None:
    """The derivative of the gradient, along a direction or against one."""
    several = len(program.wrt) > 1

    def flat(value: Any) -> np.ndarray:
        return np.concatenate([np.ravel(v) for v in (value if several else (value,))])

    expected = slope(lambda t: flat(reverse(**moved(args, direction, t))), 10.0)
    if np.abs(expected).max() > 1e5:
        raise Inconclusive("large")
    if forward:
        second = refusals(lambda: tangent.jvp(reverse, wrt=program.wrt))
        texts.append(second.source)
        tangents = {f"d{n}": copy.copy(direction[n]) for n in program.wrt}
        names = _seed_names(second, reverse)
        tangents = dict(zip(names, tangents.values(), strict=True))
        got = flat(refusals(lambda: second(**copy.deepcopy(args), **tangents)))
    else:
        second = refusals(lambda: tangent.vjp(reverse, wrt=program.wrt))
        texts.append(second.source)
        names = _seed_names(second, reverse)
        cotangents = [copy.copy(direction[n]) for n in program.wrt]
        seeds = dict(zip(names, [tuple(cotangents)] if several and len(names) == 1 else cotangents))
        got = flat(refusals(lambda: second(**copy.deepcopy(args), **seeds)))
    # The Hessian is symmetric: along and against are one.
    if not np.allclose(got, expected, rtol=1e-4, atol=1e-4 * max(1.0, np.abs(expected).max())):
        raise Wrong(f"second order: {got!r}, differences {expected!r}")


def _seed_names(derivative: Any, primal: Any) -> list[str]:
    known = primal.__code__.co_varnames[
        : primal.__code__.co_argcount + primal.__code__.co_kwonlyargcount
    ]
    code = derivative.__code__
    return [
        n for n in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount] if n not in known
    ]


# --- runs ------------------------------------------------------------------------------------

SHRINKING = 20.0  # seconds for one failing program


@dataclasses.dataclass
class Report:
    """What came out of a run."""

    checked: int = 0
    refused: Counter[str] = dataclasses.field(default_factory=Counter)
    inconclusive: Counter[str] = dataclasses.field(default_factory=Counter)
    by_feature: Counter[str] = dataclasses.field(default_factory=Counter)
    refused_by_feature: Counter[str] = dataclasses.field(default_factory=Counter)
    failures: list[str] = dataclasses.field(default_factory=list)

    @property
    def refusal_rate(self) -> float:
        """Of the programs about which something can be said."""
        refused = sum(self.refused.values())
        return refused / max(1, refused + self.checked)

    def summary(self) -> str:
        rates = {f: self.refused_by_feature[f] / n for f, n in sorted(self.by_feature.items()) if n}
        shown = ", ".join(f"{f} {r:.0%}" for f, r in sorted(rates.items(), key=lambda p: -p[1]))
        return "\n".join(
            [
                f"{self.checked} programs right, {sum(self.refused.values())} refused"
                f" ({self.refusal_rate:.0%}), {sum(self.inconclusive.values())} inconclusive,"
                f" {len(self.failures)} failures",
                f"refused: {dict(self.refused.most_common())}",
                f"inconclusive: {dict(self.inconclusive.most_common())}",
                f"refused, by what the program uses: {shown}",
                *self.failures,
            ]
        )


def count(program: Program, report: Report) -> None:
    """Checks a program and notes how it went; raises `Wrong`."""
    try:
        check(program)
        report.checked += 1
        report.by_feature.update(program.features)
    except Refused as error:
        report.refused[str(error)] += 1
        report.by_feature.update(program.features)
        report.refused_by_feature.update(program.features)
    except Inconclusive as error:
        report.inconclusive[str(error)] += 1


def run(
    seconds: float,
    number: int = 0,
    features: Sequence[str] = FEATURES,
    progress: bool = False,
    examples: int = 150,
) -> Report:
    """Checks programs for so long. After a failure it goes on with others."""
    report = Report()
    deadline = time.process_time() + seconds
    seen: set[str] = set()
    while time.process_time() < deadline:
        found = _smallest_failure(number, features, examples, deadline, report)
        if found is not None and found[0] not in seen:
            seen.add(found[0])
            report.failures.append(f"seed {number}: {found[1]}")
            if progress:
                print(report.failures[-1], flush=True)
        number += 1
    return report


def _smallest_failure(
    number: int, features: Sequence[str], examples: int, deadline: float, report: Report
) -> tuple[str, str] | None:
    """Checks programs until one fails, which is shrunk for a while: its text, and the message."""
    found: list[tuple[str, str]] = []
    until = deadline

    def property_(program: Program) -> None:
        nonlocal until
        if time.process_time() > until:
            return
        try:
            count(program, report)
        except Wrong as error:
            if not found:
                until = time.process_time() + SHRINKING
            found.append((program.text, str(error)))
            raise

    test = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )(seed(number)(given(programs(features))(property_)))
    # When there is no time left a failing program passes, which is another error than `Wrong`.
    with contextlib.suppress(Wrong, Flaky):
        test()
    return min(found, key=lambda pair: len(pair[0]), default=None)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--features", type=lambda text: text.split(","), default=FEATURES)
    options = parser.parse_args()
    report = run(60.0 * options.minutes, options.seed, options.features, progress=True)
    print(dataclasses.replace(report, failures=[]).summary())
    print(f"{len(report.failures)} failures")
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
