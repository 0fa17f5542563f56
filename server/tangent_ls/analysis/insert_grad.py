"""Writing ``with insert_grad_of(x) as dx: ...``: what to offer, and where.

A block after an assignment to ``x`` runs, in the backward pass, on the adjoint of that value
before it is propagated to what the assignment read.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tangent.source.text import SourceText, Span
from tangent_ls.analysis.documents import Snapshot
from tangent_ls.analysis.files import Function, ParsedFile, function_body, parse

NAME = "insert_grad_of"


@dataclass(frozen=True, slots=True)
class Recipe:
    """One thing to do with an adjoint. `title` completes "... the gradient of x"."""

    kind: str
    title: str
    numpy: str
    tensorflow: str
    plain: str  # for a file that imports neither


# In a body, `{x}` is the variable, `{dx}` its adjoint, `{np}` the library's name in the file.
RECIPES = (
    Recipe("print", "Print", *['print("gradient of {x}:", {dx})'] * 3),
    Recipe("break", "Break at", *["breakpoint()"] * 3),
    Recipe(
        "clip",
        "Clip",
        "{dx} = {np}.clip({dx}, -1.0, 1.0)",
        "{dx} = {np}.clip_by_value({dx}, -1.0, 1.0)",
        "{dx} = min(max({dx}, -1.0), 1.0)",
    ),
    Recipe(
        "checkNaN",
        "Check for NaN",
        'assert not {np}.isnan({dx}).any(), "the gradient of {x} is NaN"',
        '{np}.debugging.check_numerics({dx}, "the gradient of {x}")',
        'assert {dx} == {dx}, "the gradient of {x} is NaN"',
    ),
    Recipe(
        "stop",
        "Stop",
        "{dx} = {np}.zeros_like({dx})",
        "{dx} = {np}.zeros_like({dx})",
        "{dx} = 0.0",
    ),
)


@dataclass(frozen=True, slots=True)
class Import:
    """A line to add so that `insert_grad_of` has a meaning."""

    line: int  # before which line (from 1)
    text: str


@dataclass(frozen=True, slots=True)
class Insertion:
    """A ``with`` block for one variable, ready to be written.

    In `lines` and `snippet_lines` the block has no indentation of its own.
    """

    recipe: Recipe
    variable: str
    lines: tuple[str, str]
    snippet_lines: tuple[str, str]


def insertion(recipe: Recipe, variable: str, callee: str, file: ParsedFile | None) -> Insertion:
    """The block that applies a recipe to a variable. `callee` is how the file names
    `insert_grad_of`."""
    modules = file.modules if file is not None else {}
    if "numpy" in modules:
        library, body = modules["numpy"], recipe.numpy
    elif "tensorflow" in modules:
        library, body = modules["tensorflow"], recipe.tensorflow
    else:
        library, body = "", recipe.plain
    adjoint = f"d{variable}"
    head = "with {callee}({x}) as {dx}:"

    def fill(text: str, dx: str) -> str:
        return text.format(callee=callee, x=variable, dx=dx, np=library)

    return Insertion(
        recipe,
        variable,
        (fill(head, adjoint), "    " + fill(body, adjoint)),
        (fill(head, f"${{1:{adjoint}}}"), "    " + fill(body, "$1") + "$0"),
    )


def callee_of(file: ParsedFile) -> tuple[str, Import | None]:
    """How to write `insert_grad_of` in a file, and the import to add if there is none."""
    if (name := file.imported.get(f"tangent.{NAME}")) is not None:
        return name, None
    if (module := file.modules.get("tangent")) is not None:
        return f"{module}.{NAME}", None
    return NAME, Import(file.import_line, f"from tangent import {NAME}")


# --- code actions: after an assignment -------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Assignment:
    """An assignment in a function: the names it binds, and where a block after it goes."""

    names: tuple[str, ...]
    span: Span
    indent: str


def assignment_at(file: ParsedFile, line: int) -> Assignment | None:
    """The assignment statement on a line (from 1) of a function."""
    function = file.at(line)
    if function is None:
        return None
    source = file.snapshot.source
    for node in _statements(function_body(file, function)):
        names = tuple(dict.fromkeys(_targets(node)))
        if not names or not node.lineno <= line <= (node.end_lineno or node.lineno):
            continue
        span = source.span_of(node)
        indent = source.line(span.line)[: span.column]
        after = source.line(span.end_line)[span.end_column :].strip()
        if indent.strip() or (after and not after.startswith("#")):
            return None  # several statements on one line: there is no line after this one
        return Assignment(names, span, indent)
    return None


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a function in source order, without those of functions inside it."""
    for node in body:
        yield node
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                yield from _statements([child])
            elif isinstance(child, (ast.ExceptHandler, ast.match_case)):
                yield from _statements(child.body)


def _targets(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AugAssign) or (
        isinstance(node, ast.AnnAssign) and node.value is not None
    ):
        targets = [node.target]
    else:
        return
    for target in targets:
        yield from _names(target)


def _names(target: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, (ast.Tuple, ast.List)):
        for element in target.elts:
            yield from _names(element)
    elif isinstance(target, (ast.Starred, ast.Subscript)):
        yield from _names(target.value)


# --- completion: after `with ins` ------------------------------------------------------------

_TRIGGER = re.compile(
    r"^(?P<indent>[ \t]*)with[ \t]+"
    r"(?P<typed>(?:(?P<module>[^\W\d]\w*)\.)?(?P<word>[^\W\d]\w*)(?P<call>\((?P<name>\w*))?)$"
)


@dataclass(frozen=True, slots=True)
class Trigger:
    """A place where an insertion is being typed: `typed` is what a completion replaces."""

    indent: str
    typed: Span
    prefix: str  # of the variable's name, "" before the parenthesis
    module: str | None


def trigger_at(source: SourceText, line: int, column: int) -> Trigger | None:
    """Whether the line (from 1) up to the column is the start of ``with insert_grad_of(``."""
    match = _TRIGGER.match(source.line(line)[:column])
    if match is None:
        return None
    word, called = match["word"], match["call"] is not None
    if not (word == NAME if called else NAME.startswith(word)):
        return None
    typed = Span(line, match.start("typed"), line, column)
    rest = source.line(line)[column:]
    if called and rest.startswith(")"):  # an editor closed the parenthesis
        typed = Span(line, typed.column, line, column + 1)
    return Trigger(match["indent"], typed, match["name"] or "", match["module"])


def completed_file(snapshot: Snapshot, line: int) -> ParsedFile | None:
    """The structure of a text whose line (from 1) is just being written."""
    lines = list(snapshot.source.lines)
    text = lines[line - 1]
    lines[line - 1] = text[: len(text) - len(text.lstrip())] + "pass"
    parsed = parse(Snapshot(snapshot.uri, snapshot.version, "\n".join(lines), snapshot.path))
    return parsed if isinstance(parsed, ParsedFile) else None


def variables(file: ParsedFile, function: Function, line: int) -> tuple[str, ...]:
    """The variables of a function bound before a line (from 1), the latest first."""
    names = list(function.parameters)
    for node in _statements(function_body(file, function)):
        if node.lineno >= line:
            break
        if isinstance(node, (ast.For, ast.AsyncFor)):
            names += _names(node.target)
        names += _targets(node)
    latest = dict.fromkeys(reversed(names))
    return tuple(n for n in latest if n not in ("self", "cls") and not hasattr(builtins, n))
