"""What each analysis finds out, as source text with the answer beside the line: ``#: answer``.

Where the answers differ, the failure shows the source with the answers there are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import tangent
from tangent.analysis import obstacles
from tangent.analysis.activity import Activity, find_activity
from tangent.analysis.aliasing import Aliases, find_aliases
from tangent.analysis.numeric import find_numeric
from tangent.analysis.scalars import scalar_variables
from tangent.analysis.shapes import NUMBER, Shape, Shapes, find_shapes
from tangent.analysis.versions import Value, Versions, find_versions
from tangent.ir import nodes as ir
from tangent.ir import printer
from tangent.lower.lower import Program
from tangent.lower.single_exit import single_exit
from tangent.resolve.static import Sources
from tangent.transform.names import Names

MARK = re.compile(r" *#:.*")


class Analysed(NamedTuple):
    """The first function of a text, with respect to its first argument."""

    function: ir.Function
    body: ir.Block
    aliases: Aliases
    versions: Versions
    activity: Activity
    shapes: Shapes

    def lines(self) -> Iterator[tuple[int, ir.Stmt]]:
        """Every statement with the line it begins on."""
        for stmt in ir.statements(self.body):
            assert stmt.span is not None
            yield stmt.span.line, stmt


def analyse(text: str) -> Analysed:
    module = Sources(lambda path: None, ()).module_for_path("f.py", text)
    (name,) = re.findall(r"^def (\w+)", text, re.M)
    program = Program()
    function = program.function(module.resolver.function(name))
    exit_ = single_exit(program, function, Names(function.locals).fresh)
    assert exit_ is not None, program.diagnostics
    aliases = find_aliases(function, exit_.body)
    versions = find_versions(function, exit_.body, aliases)
    wrt = [versions.params[function.params[0].name]]
    results = [versions.final[name] for name in exit_.results]
    activity = find_activity(exit_.body, versions, wrt, results)
    shapes = find_shapes(function, versions, aliases)
    return Analysed(function, exit_.body, aliases, versions, activity, shapes)


def check(marked: str, answer: Callable[[Analysed], dict[int, str]]) -> None:
    """The answers, by line, are those that are marked."""
    lines = [MARK.sub("", line) for line in marked.strip("\n").splitlines()]
    answers = answer(analyse("\n".join(lines)))
    width = max(map(len, lines))
    got = [
        f"{line:<{width}}  #: {answers[n]}" if answers.get(n) else line
        for n, line in enumerate(lines, 1)
    ]
    expected = [re.sub(r" +#: *", "#: ", line) for line in marked.strip("\n").splitlines()]
    assert [re.sub(r" +#: *", "#: ", line) for line in got] == expected, "\n" + "\n".join(got)


def by_line(pairs: Iterator[tuple[int, str]]) -> dict[int, str]:
    out: dict[int, list[str]] = {}
    for line, answer in pairs:
        out.setdefault(line, []).append(answer)
    return {line: ", ".join(dict.fromkeys(answers)) for line, answers in out.items()}


# --- versions: which value a variable holds ------------------------------------------------------


def versions_of(a: Analysed) -> dict[int, str]:
    """``x.0 -> y.1``: what a statement reads and binds; then what control flow makes of it."""
    name = printer.numbered(a.versions)

    def answers() -> Iterator[tuple[int, str]]:
        for line, stmt in a.lines():
            read = [name[a.versions.of[r]] for e in ir.expressions(stmt) for r in ir.reads(e)]
            bound = [name[v] for v in a.versions.bound.get(stmt, {}).values()]
            if read or bound:
                yield line, " ".join([*dict.fromkeys(read), *(["->", *bound] if bound else [])])
            for made in (a.versions.heads, a.versions.joins):
                for value in made.get(stmt, {}).values():
                    inputs = "|".join(name[v] for v in value.inputs)
                    yield line, f"{value.kind} {name[value]}={inputs}"

    return by_line(answers())


@pytest.mark.parametrize(
    "marked",
    [
        """
def straight(x):
    a = x * x          #: x.0 -> a.0
    x = a + x          #: a.0 x.0 -> x.1
    return x * a       #: x.1 a.0 -> result.0
""",
        """
def branch(x, n):
    if n > 0:          #: n.0, join x.2=x.1|x.0
        x = x * x      #: x.0 -> x.1
    return x * 2.0     #: x.2 -> result.0
""",
        """
def loop(x, y, n):
    for _ in range(n): #: n.0 -> _.1, head x.1=x.0|x.2, head _.0=_.1, exit x.3=x.1, exit _.2=_.0
        x = x * y      #: x.1 y.0 -> x.2
    return x * y       #: x.3 y.0 -> result.0
""",
        """
def swap(x, y):
    x, y = y, x * y    #: y.0 x.0 -> x.1 y.1
    return x / y       #: x.1 y.1 -> result.0
""",
        """
def in_place(x):
    y = x.copy()       #: x.0 -> y.0
    z = y[1:]          #: y.0 -> z.0
    z[0] = 2.0         #: -> z.1 y.1
    return y
""",
    ],
    ids=["straight line", "branch", "loop", "swap", "a change seen through a view"],
)
def test_versions(marked: str) -> None:
    check(marked, versions_of)


# --- activity: which values carry a derivative ---------------------------------------------------


def activity_of(a: Analysed) -> dict[int, str]:
    """For what a statement binds: varied, useful, active (both) or neither."""

    def answers() -> Iterator[tuple[int, str]]:
        for line, stmt in a.lines():
            for name, value in a.versions.bound.get(stmt, {}).items():
                kind = (value in a.activity.varied, value in a.activity.useful)
                words = {(1, 1): "active", (1, 0): "varied", (0, 1): "useful", (0, 0): "neither"}
                yield line, f"{name} {words[kind]}"

    return by_line(answers())


@pytest.mark.parametrize(
    "marked",
    [
        """
def straight(x, y):
    a = x * x          #: a active
    b = y * y          #: b useful
    c = a * 2.0        #: c varied
    d = y + 1.0        #: d neither
    return a * b       #: result active
""",
        """
import numpy as np

def piecewise_constant(x):
    n = np.floor(x)    #: n useful
    m = x > 0.0        #: m useful
    return n * x + m   #: result active
""",
        """
def overwritten(x):
    y = x * x          #: y varied
    y = 2.0            #: y useful
    return y * x       #: result active
""",
        """
def an_index_is_no_way(x, table):
    i = int(x)         #: i neither
    y = table[i]       #: y useful
    return y * x       #: result active
""",
        """
import numpy as np

def only_the_shape(x):
    n = x.shape[0]     #: n neither
    z = np.zeros(n)    #: z useful
    return z + x       #: result active
""",
        """
def through_a_loop(x, n):
    a = 1.0                #: a useful
    b = 1.0                #: b useful
    for _ in range(n):     #: _ neither
        b = b * a          #: b active
        a = a * x          #: a active
    return b
""",
    ],
    ids=["straight line", "zero derivative", "overwritten", "index", "shape", "loop"],
)
def test_activity(marked: str) -> None:
    check(marked, activity_of)


# --- scalars: which variables certainly hold numbers ---------------------------------------------


def scalars_of(a: Analysed) -> dict[int, str]:
    names = sorted(scalar_variables(a.function, a.body))
    assert a.function.span is not None
    return {a.function.span.line: " ".join(names)}


@pytest.mark.parametrize(
    "marked",
    [
        """
def constants(x):      #: a b
    a = 2.0
    b = a * 3
    c = a * x
    return b * c
""",
        """
def annotated(x: float, y, n: "int"):  #: a n result x
    a = x * n
    b = y * n
    return a if n else a * x
""",
        """
import numpy as np

def reduced(x):        #: m n
    n = len(x)
    m = x.size
    s = np.sum(x)
    t = np.sum(x, axis=0)
    return s / n
""",
        """
def loops(x, n):       #: i total
    total = 0.0
    for i in range(n):
        total = total + i
    for j in x:
        y = j
    return total * y
""",
        """
def one_other_binding(x):  #: b
    a = 2.0
    b = 3.0
    if b > 2.0:
        a = x
    return a * b
""",
    ],
    ids=["constants", "annotations", "reductions", "loops", "another binding"],
)
def test_scalars(marked: str) -> None:
    check(marked, scalars_of)


# --- aliasing: what may share memory, and what changes in place ----------------------------------


def aliasing_of(a: Analysed) -> dict[int, str]:
    """``changes y, seen by x z``: an in-place change, and the other variables that then hold (a
    part of) what has changed."""

    def answers() -> Iterator[tuple[int, str]]:
        for line, stmt in a.lines():
            changed = [name for name, _ in a.aliases.changes(stmt)]
            bound = a.versions.bound.get(stmt, {})
            seen = [n for n, v in bound.items() if v.kind == "mutated" and n not in changed]
            if changed:
                also = f", seen by {' '.join(sorted(seen))}" if seen else ""
                yield line, f"changes {' '.join(changed)}{also}"

    return by_line(answers())


@pytest.mark.parametrize(
    "marked",
    [
        """
def arithmetic_makes_new_objects(x):
    y = x * 2.0
    z = -y
    z[0] = 1.0         #: changes z
    return y + z
""",
        """
def views(x):
    v = x[1:]
    w = v
    t = x.T
    w[0] = 1.0         #: changes w, seen by t v x
    return t
""",
        """
def copies(x):
    y = x.copy()
    y[0] = 1.0         #: changes y
    return y
""",
        """
def rebinding_ends_it(x):
    y = x
    x = x * 2.0
    y[0] = 1.0         #: changes y
    return x
""",
        """
def numbers_rebind(x: float):
    y = x
    y += 1.0
    return y * x
""",
        """
def arrays_change(x):
    y = x
    y += 1.0           #: changes y, seen by x
    return y * x
""",
        """
def a_list_and_what_it_contains(x):
    s = []
    y = x * 2.0
    s.append(y)        #: changes s
    y[0] = 1.0         #: changes y, seen by s
    return s
""",
        """
def branches(x, y, c):
    if c:
        z = x
    else:
        z = y
    z[0] = 1.0         #: changes z, seen by x y
    return z * 2.0
""",
    ],
    ids=["new objects", "views", "copies", "rebinding", "numbers", "arrays", "a list", "branches"],
)
def test_aliasing(marked: str) -> None:
    check(marked, aliasing_of)


# --- shapes --------------------------------------------------------------------------------------


def shape_text(shape: Shape) -> str:
    """``number``, ``[n d]`` where the extents are known, ``like x`` for the shape that a value
    of ``x`` has (``like x|w``: broadcast), ``?`` for another, with its rank if that is known."""
    if shape == NUMBER:
        return "number"

    def atom_text(atom: object) -> str:
        extents, key, rank = atom.extents, atom.key, atom.rank  # type: ignore[attr-defined]
        if extents is not None:
            return f"[{' '.join(map(str, extents))}]"
        if isinstance(key, Value):
            return key.name
        return "?" if rank is None else f"?{rank}"

    words = "|".join(sorted(atom_text(atom) for atom in shape))
    return words if words.startswith(("[", "?")) else f"like {words}"


def shapes_of(a: Analysed) -> dict[int, str]:
    def answers() -> Iterator[tuple[int, str]]:
        for line, stmt in a.lines():
            for name, value in a.versions.bound.get(stmt, {}).items():
                yield line, f"{name} {shape_text(a.shapes.of_value(value))}"

    return by_line(answers())


@pytest.mark.parametrize(
    "marked",
    [
        """
def elementwise(x, w):
    a = x * x              #: a like x
    b = -a + 1.0           #: b like x
    c = b * w              #: c like w|x
    return c
""",
        """
def annotated(x: float, a: Float[np.ndarray, "n d"], b: Float[np.ndarray, "d"], n: int):
    p = a * x              #: p [n d]
    q = a + b              #: q [n d]
    r = a[0]               #: r [d]
    s = a[0, n]            #: s ?
    t = a[0, 1]            #: t number
    return p
""",
        """
import numpy as np

def reductions(x: Float[np.ndarray, "n d"]):
    a = np.sum(x)          #: a number
    b = np.sum(x, axis=0)  #: b ?1
    c = x.mean()           #: c number
    d = np.tanh(x)         #: d [n d]
    return a
""",
        """
def stable(x, n):
    y = x * 2.0            #: y like x
    for _ in range(n):     #: _ number
        y = y * x          #: y like x
    return y
""",
        """
def unstable(x, w, n):
    y = x                  #: y like x
    for _ in range(n):     #: _ number
        y = y * w          #: y like w|y
    return y + 1.0         #: result like y
""",
        """
def branches(x, w, c):
    if c:
        a = x              #: a like x
        b = x              #: b like x
    else:
        a = x * 2.0        #: a like x
        b = w              #: b like w
    p = a * 1.0            #: p like x
    q = b * 1.0            #: q like b
    return p + q           #: result like b|x
""",
        """
def changed_in_place(x):
    y = x.copy()           #: y like x
    y[0] = 1.0             #: y like x
    return y
""",
    ],
    ids=["elementwise", "annotations", "reductions", "stable loop", "unstable loop", "branches",
         "in place"],
)  # fmt: skip
def test_shapes(marked: str) -> None:
    check(marked, shapes_of)


# --- numeric: what is certainly no container -----------------------------------------------------


def numeric_of(a: Analysed) -> dict[int, str]:
    numeric = find_numeric(a.function, a.body, a.versions, a.shapes)

    def answers() -> Iterator[tuple[int, str]]:
        assert a.function.span is not None
        for name, value in a.versions.params.items():
            if numeric.is_numeric(value):
                yield a.function.span.line, name
        for line, stmt in a.lines():
            for name, value in a.versions.bound.get(stmt, {}).items():
                if numeric.is_numeric(value):
                    yield line, name

    return by_line(answers())


@pytest.mark.parametrize(
    "marked",
    [
        """
def arithmetic_is_evidence(x, y, z):  #: x, y
    a = x * y              #: a
    b = z
    return a
""",
        """
def annotations(x: NDArray, y: "float", z):  #: x, y
    return z
""",
        """
def items(x, y):           #: x
    a = x[0, 1]            #: a
    b = y[0]
    return a * 2.0         #: result
""",
        """
def containers(x):
    pair = (x, x)
    first, second = pair
    return first
""",
        """
def through_control_flow(x, c, n):
    y = 1.0                #: y
    for _ in range(n):     #: _
        y = y * 2.0        #: y
    z = x
    return y
""",
    ],
    ids=["arithmetic", "annotations", "items", "containers", "control flow"],
)
def test_numeric(marked: str) -> None:
    check(marked, numeric_of)


# --- obstacles: what keeps a derivative from passing, and where ----------------------------------


def with_carets(text: str, mode: str) -> str:
    """The text with the diagnostics of the derivative of its last function under their lines."""
    name = re.findall(r"^def (\w+)", text, re.M)[-1]
    lines = text.splitlines()
    derivative = tangent.differentiate(text, name, path="f.py", mode=mode)
    for d in sorted(derivative.diagnostics, key=lambda d: d.span, reverse=True):
        end = d.end_column if d.end_line == d.line else len(lines[d.line - 1])
        carets = " " * d.column + "^" * (end - d.column)
        lines.insert(d.line, f"#{carets[1:]} {d.code}")
    return "\n".join(lines)


OBSTACLES = [
    """
def f(x):
    y = {x, 2.0}
#       ^^^^^^^^ unsupported-expression
    return y
""",
    """
def f(x):
    y = x
    try:
        y = x * x
#       ^^^^^^^^^ interrupted
        z = y / 0.0
    except ZeroDivisionError:
        z = y * 3.0
    return z
""",
    """
TOTAL = 0.0

def f(x):
    global TOTAL
    TOTAL = x * x
#   ^^^^^ unsupported-target
    return TOTAL
""",
    """
def f(x):
    total = 0.0
    for u, *v in x:
#                ^ unsupported-iteration
        total = total + u * v[0]
    return total
""",
    """
def f(x):
    with x as y:
#   ^^^^^^^^^^^^ unsupported-statement
        z = y * 2.0
    return z
""",
    """
def scale(a):
    a[0] = 2.0 * a[0]

def f(x):
    y = x * 1.0
    scale(y)
#   ^^^^^^^^ changes-argument
    return y
""",
    """
import numpy as np

def f(x):
    y = x * 1.0
    v = np.broadcast_to(y, (2, 3))
    y[0] = x[0]
#   ^^^^^^^^^^^ aliased-update
    return v * y
""",
    """
import numpy as np

def f(x):
    y = np.zeros(3, dtype=int)
    y[0] = x * x
#   ^^^^ integer-array
    return y[0] * 1.0
""",
    """
def f(x):
    return x.ctypes * 2.0
#          ^^^^^^^^ unsupported-attribute
""",
    """
import os

def f(x):
    return 2.0 * os.fstat(x)
#                ^^^^^^^^^^^ unknown-function
""",
    """
import numpy as np

def f(x):
    return np.tanh(x, order="F")
#          ^^^^^^^^^^^^^^^^^^^^^ unsupported-argument
""",
    """
import numpy as np

def f(x, y):
    return np.linalg.norm(y, x)
#                            ^ constant-argument
""",
    """
def g(**values):
    a = values["a"]
    return a

def f(x):
    return g(a=x) * x
#          ^^^^^^ unsupported-signature
""",
    """
def layer(w):
    return lambda t: w * t

def f(x):
    g = layer(x)
    return g(2.0)
#          ^^^^^^ function-value
""",
]


@pytest.mark.parametrize("mode", ["reverse", "forward"])
@pytest.mark.parametrize("marked", OBSTACLES, ids=lambda m: re.findall(r"\^ (\S+)", m)[0])
def test_obstacles(marked: str, mode: str) -> None:
    marked = marked.strip("\n")
    text = "\n".join(line for line in marked.splitlines() if not line.startswith("#"))
    got = with_carets(text, mode)
    assert got == marked, "\n" + got


def test_every_obstacle_is_shown() -> None:
    source = Path(obstacles.__file__).read_text(encoding="utf-8")
    codes = set(re.findall(r"\"((?:un\w+|\w+)-[a-z]+)\"", source))
    shown = set(re.findall(r"\^ (\S+)", "".join(OBSTACLES)))
    assert codes == shown - {"interrupted"}  # which the engine reports
