"""The IR as text, what must hold of it, and the stages that ARCHITECTURE.md shows."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tangent import engine
from tangent.derivative import Role
from tangent.ir import nodes as ir
from tangent.ir.printer import text
from tangent.ir.verifier import BrokenIR, verify_generated, verify_primal
from tangent.source.text import Span

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import stages  # noqa: E402

# --- the printer ---------------------------------------------------------------------------------


def primal(source: str) -> ir.Block:
    """The body of the last function of a text, as it was lowered."""
    name = re.findall(r"^def (\w+)", source, re.M)[-1]
    with stages.watched() as seen:
        engine.differentiate(source, name)
    return seen.primals[0][1]


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("x * (2.0 + x) ** 2", "x * ((2.0 + x) ** 2)"),
        ("-x + -1.0", "(-x) + (-1.0)"),
        ("np.tanh(x).sum(axis=0)", "numpy.sum(numpy.tanh(x), axis=0)"),
        ("x.T @ x[1:-1, 0]", "numpy.transpose(x) @ x[1:-1, 0]"),
        ("x if x > 0.0 else helper(x)", "x if (x > 0.0) else @helper(x)"),
        ("x * [n for n in (1, 2)][0]", "x * `[n for n in (1, 2)]`[0]"),
        ("x * np.pi", "x * np.pi"),
        ("(x, [x, None], ())[0]", "(x, [x, None], ())[0]"),
    ],
)
def test_expressions_are_printed_as_they_were_understood(source: str, shown: str) -> None:
    program = (
        f"import numpy as np\ndef helper(a): return a\ndef f(x):\n    y = {source}\n    return x"
    )
    assert text(primal(program)).partition("primal      ")[2] == f"y = {shown}"


def test_statements_are_printed_with_line_and_role() -> None:
    source = """\
from tangent import insert_grad_of

def f(x, n):
    total = 0.0
    for i in range(n):
        with insert_grad_of(x) as g:
            g = 2.0 * g
        if x[i] > 0.0:
            total += x[i]
        else:
            pass
    with open("f") as file:
        (a, b), y = (x, x), total
    while y < 1.0:
        y = y * 2.0
    assert y
    return y
"""
    assert (
        text(primal(source))
        == """\
   4  primal      total = 0.0
   5  primal      for i in builtins.range(n):
   6  inserted        with insert_grad_of(x) as g:
                          `g = 2.0 * g`
   8  primal          if x[i] > 0.0:
   9  primal              total += x[i]
                      else:
  11  primal              `pass`
  12  primal      with `open('f') as file`:
  13  primal          ((a, b), y) = ((x, x), total)
  14  primal      while y < 1.0:
  15  primal          y = y * 2.0
  16  primal      `assert y`"""
    )


def test_references_to_the_primal_are_marked() -> None:
    shown = dict(stages.stages("def f(x):\n    y = x * x\n    y = y * x\n    return y", "f")[0])
    assert "by = by * «x.0»" in shown["reverse"]
    assert "«" not in shown["backward pass"]


# --- the verifier --------------------------------------------------------------------------------

SPAN = Span(1, 0, 1, 5)


def assign(
    name: str, value: ir.Expr, role: Role = Role.PRIMAL, span: Span | None = SPAN
) -> ir.Stmt:
    return ir.Assign(ir.Name(name), value, span=span, role=role)


def plus(left: ir.Expr, right: ir.Expr) -> ir.Op:
    return ir.Op("operator.add", (left, right), form=ir.Form.OPERATOR, detail=("+",))


def test_a_well_formed_primal_passes() -> None:
    verify_primal([assign("y", plus(ir.Read("x"), ir.Read("x")))])


SHARED = ir.Read("x")
TWICE = assign("y", ir.Read("x"))


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ([assign("y", ir.Read("x"), span=None)], "no span"),
        ([assign("y", SHARED), assign("z", plus(SHARED, SHARED))], "another statement"),
        ([TWICE, ir.If(ir.Read("x"), [TWICE], [], SPAN)], "twice"),
        ([assign("y", ir.Primal(ir.Read("x")))], "reference «x»"),
        ([assign("not a name", ir.Read("x"))], "no name"),
        (
            [ir.Assign(ir.Name("y"), plus(ir.Read("x"), ir.Read("y")), True, SPAN)],
            "something else than its target",
        ),
        ([ir.Assign(ir.Name("y"), ir.Read("x"), True, SPAN)], "no operation of two operands"),
    ],
)
def test_a_broken_primal_is_told(body: ir.Block, problem: str) -> None:
    with pytest.raises(BrokenIR, match=problem):
        verify_primal(body)


def loop(body: ir.Block, role: Role = Role.PRIMAL) -> ir.Stmt:
    return ir.For(ir.Name("i"), ir.Read("n"), body, span=Span(2, 0, 2, 9), role=role)


def branch(body: ir.Block, orelse: ir.Block, role: Role = Role.PRIMAL) -> ir.Stmt:
    return ir.If(ir.Read("x"), body, orelse, Span(3, 0, 3, 9), role)


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        # nowhere
        ([assign("bx", ir.Read("by"), Role.ADJOINT)], "by"),
        # later
        ([assign("a", ir.Read("b")), assign("b", ir.Read("x"))], "b"),
        # in one branch, and the derivative put it there
        (
            [
                branch([assign("bx", ir.Read("x"), Role.ADJOINT)], []),
                assign("b", ir.Read("bx"), Role.ADJOINT),
            ],
            "bx",
        ),
        # in the other branch of the same condition
        (
            [
                branch([assign("prod", ir.Read("x"))], []),
                branch([], [assign("bx", ir.Read("prod"), Role.ADJOINT)], Role.ADJOINT),
            ],
            "prod",
        ),
        # by a loop that need not run
        (
            [loop([assign("steps", ir.Read("x"))]), assign("bx", ir.Read("steps"), Role.ADJOINT)],
            "steps",
        ),
    ],
    ids=["nowhere", "later", "one branch", "other branch", "loop"],
)
def test_a_name_that_may_be_unbound_is_found(body: ir.Block, missing: str) -> None:
    with pytest.raises(BrokenIR, match=f"`{missing}` may be read before"):
        verify_generated(body, ["x", "n"], ["x", "n", "y"])


@pytest.mark.parametrize(
    "body",
    [
        # the backward pass takes the branch that the forward pass took
        [
            branch([assign("prod", ir.Read("x"))], []),
            branch([assign("bx", ir.Read("prod"), Role.ADJOINT)], [], Role.ADJOINT),
        ],
        # and a mirrored loop runs only if the loop ran
        [
            loop([branch([assign("prod", ir.Read("x"))], [])]),
            loop(
                [branch([assign("bx", ir.Read("prod"), Role.ADJOINT)], [], Role.ADJOINT)],
                Role.ADJOINT,
            ),
        ],
        # the primal itself may leave `y` unbound, and then its tangent is too
        [
            branch([assign("dy", ir.Read("x"), Role.TANGENT), assign("y", ir.Read("x"))], []),
            assign("dresult", plus(ir.Read("dy"), ir.Read("y")), Role.TANGENT),
        ],
    ],
    ids=["mirrored branch", "mirrored loop", "unbound in the primal"],
)
def test_what_is_bound_where_it_is_needed_passes(body: ir.Block) -> None:
    verify_generated(body, ["x", "n"], ["x", "n", "y"])


def test_a_generated_line_from_nowhere_is_told() -> None:
    verify_generated([assign("x_stack", ir.Read("x"), Role.RECORD, None)], ["x"], ["x"])
    with pytest.raises(BrokenIR, match="no span, and its role is adjoint"):
        verify_generated([assign("bx", ir.Read("x"), Role.ADJOINT, None)], ["x"], ["x"])


# --- over the corpus -----------------------------------------------------------------------------

CORPUS = sorted(
    {p.stem.removeprefix("corpus_") for p in Path(__file__).parent.glob("corpus_*.py")}
    - {"helpers", "refused"}
    - ({"tensorflow"} if importlib.util.find_spec("tensorflow") is None else set())
)


def functions(corpus: str) -> Iterator[tuple[Callable[..., Any], tuple[str, ...]]]:
    module = importlib.import_module(f"corpus_{corpus}")
    yield from dict.fromkeys((function, wrt) for function, _, wrt in module.CASES)


def parameter_names(written: list[str]) -> list[str]:
    (node,) = ast.parse(f"def _({', '.join(written)}): pass").body
    assert isinstance(node, ast.FunctionDef)
    a = node.args
    return [p.arg for p in (*a.posonlyargs, *a.args, a.vararg, *a.kwonlyargs, a.kwarg) if p]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"mode": "forward"},
        {"motion": "split"},
        {"optimized": False},
        {"preserve_result": True},
        {"input_derivative": "ones"},
    ],
    ids=lambda options: "-".join(f"{k}={v}" for k, v in options.items()) or "reverse",
)
@pytest.mark.parametrize("corpus", CORPUS)
def test_the_ir_of_every_program_is_well_formed(corpus: str, options: dict[str, Any]) -> None:
    problems: list[str] = []
    made = 0
    for function, wrt in functions(corpus):
        path = Path(inspect.getsourcefile(function) or "")
        source = path.read_text(encoding="utf-8")
        with stages.watched() as seen:
            engine.differentiate(source, function.__qualname__, wrt=wrt, path=str(path), **options)
        # A result that is assigned in a loop is there if the function has returned in it.
        variables = set().union(*(f.locals | set(ir.bound_in(body)) for f, body in seen.primals))
        try:
            for _, body in seen.primals:
                verify_primal(body)
            for g in seen.generated:
                verify_generated(g.body, parameter_names(g.parameters), variables, g.renames)
                made += 1
        except BrokenIR as error:
            problems.append(f"{function.__name__}: {error}")
    assert not problems, "\n".join(problems)
    assert made


# --- ARCHITECTURE.md -----------------------------------------------------------------------------


def test_the_stages_in_the_document_are_those_of_the_engine() -> None:
    document = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert document.count("<!-- stage:") >= 10
    assert stages.updated(document) == document, "python tools/stages.py --document"


@pytest.mark.parametrize("package", ["engine/tangent", "server/tangent_ls"])
def test_the_map_has_every_module(package: str) -> None:
    document = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    titles = re.split(r"^### `(.*?)/`", document, flags=re.M)
    section = titles[titles.index(package) + 1]
    missing = [
        str(path.relative_to(ROOT / package))
        for path in sorted((ROOT / package).rglob("*.py"))
        if path.name not in ("__init__.py", "__main__.py")
        and f"`{path.name}`" not in section
        # one file for each request, named after it
        and path.parent.name != "features"
    ]
    assert missing == []


def test_tests_named_in_the_document_exist() -> None:
    document = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    sources = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "tests").rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", document))
    assert named
    assert [name for name in sorted(named) if f"def {name}(" not in sources] == []
    files = set(re.findall(r"`(?:tests/\w+/)?((?:test|corpus)_\w+\.py)`", document))
    known = {path.name for path in (ROOT / "tests").rglob("*.py")}
    assert files <= known
