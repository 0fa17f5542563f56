"""What a file is made of: its functions, and what decides the meaning of each.

Reads the text with the standard library's parser, several times faster than the engine's tree
and enough for places and names; what the code means is the engine's business.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tangent.diagnostics import DerivativeError, Diagnostic
from tangent.source.outline import recoverable_text
from tangent.source.parse import parse_module
from tangent.source.text import SourceText, Span
from tangent_ls.analysis.documents import Snapshot
from tangent_ls.analysis.moves import changed_lines

_RECOVERY_LIMIT = 3000  # lines up to which a text with no known history is cut into pieces

_WORD = re.compile(r"\w+")

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Function:
    """One ``def`` of a file."""

    qualname: str  # dotted: "f", "Class.method", "outer.inner"
    parameters: tuple[str, ...]
    span: Span  # of the whole definition, decorators included
    def_span: Span  # of its first line, from ``def`` on
    nested: bool  # inside another function
    method: bool  # its first parameter is the object

    def contains(self, line: int) -> bool:
        return self.span.line <= line <= self.span.end_line


@dataclass(frozen=True)
class Unit:
    """A function outside functions: the piece of text in which a change is its own."""

    line: int
    end_line: int
    body_line: int  # where its first statement starts
    text: str


@dataclass(frozen=True, eq=False)
class ParsedFile:
    """The structure of one text. Keeps no tree: many of these live as long as a derivative."""

    snapshot: Snapshot
    functions: tuple[Function, ...]  # in the order of the text
    units: dict[str, Unit]
    environment: str  # the text outside the units
    modules: dict[str, str]  # what `import` binds at the top: {"numpy": "np"}
    imported: dict[str, str]  # what `from` binds: {"tangent.grad": "grad"}
    import_line: int  # before which line (from 1) an import belongs
    error: Diagnostic | None = None  # the text does not parse: this is of the part that does

    def find(self, qualname: str) -> Function | None:
        """A function by dotted name; of several the last, as in Python."""
        return next((f for f in reversed(self.functions) if f.qualname == qualname), None)

    def at(self, line: int) -> Function | None:
        """The innermost function around a line."""
        around = [f for f in self.functions if f.contains(line)]
        return min(around, key=lambda f: f.span.end_line - f.span.line, default=None)

    def mentioned_by(self, units: Iterable[str]) -> set[str]:
        """The units and all those that they, and those in turn, name: a superset of what they
        may call, whatever the calls mean for a derivative."""
        by_name: dict[str, list[str]] = defaultdict(list)
        for unit in self.units:
            by_name[unit.rpartition(".")[2]].append(unit)
        found: set[str] = set()
        waiting = list(units)
        while waiting:
            unit = waiting.pop()
            if unit not in found:
                found.add(unit)
                for word in set(_WORD.findall(self.units[unit].text)):
                    waiting += by_name.get(word, ())
        return found

    def unit_of(self, qualname: str) -> str | None:
        """The unit that a function lies in."""
        while qualname and qualname not in self.units:
            qualname = qualname.rpartition(".")[0]
        return qualname or None


def dotted(qualname: str) -> str:
    """A qualified name without ``<locals>``, as functions are named here."""
    return qualname.replace(".<locals>", "")


def parse(snapshot: Snapshot, before: ParsedFile | None = None) -> ParsedFile | Diagnostic:
    """The structure of a text; of what is left without its broken part, if it does not parse;
    else why.

    `before` is the structure of an earlier text of the document: the broken part is looked for
    where the two differ.
    """
    tree = _tree(snapshot.text)
    if isinstance(tree, ast.Module):
        return _parsed_file(snapshot, tree, None)
    error = _diagnostic(snapshot.source, tree)
    for text in _recovered(snapshot, before):
        tree = _tree(text)
        if isinstance(tree, ast.Module):
            rest = Snapshot(snapshot.uri, snapshot.version, text, snapshot.path)
            return _parsed_file(rest, tree, error)
    return error


def _tree(text: str) -> ast.Module | BaseException:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text.removeprefix("\ufeff"))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return error


def _diagnostic(source: SourceText, error: BaseException) -> Diagnostic:
    try:
        parse_module(source)
    except DerivativeError as positioned:
        return positioned.diagnostics[0]
    return Diagnostic("syntax-error", str(error), source.path, Span(1, 0, 1, 0))


def _recovered(snapshot: Snapshot, before: ParsedFile | None) -> Iterator[str]:
    """Texts that may parse: lines keep their numbers."""
    if before is not None:
        lines = snapshot.source.lines
        first, last, last_before = changed_lines(before.snapshot.source, snapshot.source)
        for unit in before.units.values():
            if unit.line < first and last_before <= unit.end_line:
                end = last + unit.end_line - last_before
                kept = list(lines)
                kept[unit.line - 1 : end] = [""] * (end - unit.line + 1)
                yield "\n".join(kept)
                return
    if len(snapshot.source.lines) <= _RECOVERY_LIMIT:
        yield recoverable_text(snapshot.source)


def _parsed_file(snapshot: Snapshot, tree: ast.Module, error: Diagnostic | None) -> ParsedFile:
    source = snapshot.source
    found = tuple(_functions(tree.body, source))
    units = _units(found, source)
    modules, imported = _imports(tree)
    return ParsedFile(
        snapshot,
        tuple(function for function, _ in found),
        units,
        _environment(source, units),
        modules,
        imported,
        _import_line(tree, source),
        error,
    )


def _imports(tree: ast.Module) -> tuple[dict[str, str], dict[str, str]]:
    modules: dict[str, str] = {}
    imported: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname or "." not in alias.name:
                    modules[alias.name] = alias.asname or alias.name
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                imported[f"{node.module}.{alias.name}"] = alias.asname or alias.name
    return modules, imported


def _import_line(tree: ast.Module, source: SourceText) -> int:
    """Before the first line after the last of the imports that the file starts with."""
    line = 1
    for number, node in enumerate(tree.body):
        docstring = (
            number == 0
            and isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        )
        if not docstring and not isinstance(node, (ast.Import, ast.ImportFrom)):
            break
        line = (node.end_lineno or node.lineno) + 1
    if line == 1:
        while line <= len(source.lines) and source.line(line).startswith("#"):
            line += 1  # below `#!` and the licence
    return line


def _functions(
    body: list[ast.stmt],
    source: SourceText,
    prefix: str = "",
    nested: bool = False,
    in_class: bool = False,
) -> Iterator[tuple[Function, FunctionNode]]:
    for node in body:
        if isinstance(node, FunctionNode):
            span = source.span_of(node)
            first = min([span.line, *(d.lineno for d in node.decorator_list)])
            whole = Span(first, span.column, span.end_line, span.end_column)
            qualname = prefix + node.name
            end = len(source.line(span.line).rstrip())
            def_span = Span(span.line, span.column, span.line, end)
            method = in_class and not any(
                isinstance(d, ast.Name) and d.id == "staticmethod" for d in node.decorator_list
            )
            arguments = node.args
            every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
            parameters = tuple(a.arg for a in every)
            yield Function(qualname, parameters, whole, def_span, nested, method), node
            yield from _functions(node.body, source, qualname + ".", True)
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node.body, source, f"{prefix}{node.name}.", nested, True)
        else:
            for block in _blocks(node):
                yield from _functions(block, source, prefix, nested, in_class)


def _blocks(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The blocks of statements inside an ``if``, loop, ``with``, ``try`` or ``match``."""
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list):
            yield block
    for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        yield part.body


def _units(
    functions: tuple[tuple[Function, FunctionNode], ...], source: SourceText
) -> dict[str, Unit]:
    """The undecorated functions of the module and of its classes, each alone in its name.

    A decorator may do anything with a function (declare it an adjoint, for one), so decorated
    functions count as the environment of all others.
    """
    names = Counter(function.qualname for function, _ in functions)
    lines = source.lines
    units: dict[str, Unit] = {}
    for function, node in functions:
        span = function.span
        if function.nested or node.decorator_list or names[function.qualname] > 1:
            continue
        before = lines[span.line - 1][: span.column]
        after = lines[span.end_line - 1][span.end_column :].lstrip()
        if before.strip() or after[:1] not in ("", "#"):
            continue  # it shares a line with other code
        first = node.body[0]
        decorators = getattr(first, "decorator_list", ())
        units[function.qualname] = Unit(
            span.line,
            span.end_line,
            min([first.lineno, *(d.lineno for d in decorators)]),
            "\n".join(lines[span.line - 1 : span.end_line]),
        )
    return units


def _environment(source: SourceText, units: dict[str, Unit]) -> str:
    parts: list[str] = []
    line = 1
    for unit in units.values():
        parts += source.lines[line - 1 : unit.line - 1]
        line = unit.end_line + 1
    parts += source.lines[line - 1 :]
    # Empty lines and comments between functions mean nothing to any of them.
    return "\n".join(p for p in parts if p.strip() and not p.lstrip().startswith("#"))


def function_body(file: ParsedFile, function: Function) -> list[ast.stmt]:
    """The statements of a function, parsed anew, with the lines and columns of the file."""
    source = file.snapshot.source
    start = function.def_span
    lines = list(source.lines[start.line - 1 : function.span.end_line])
    head = source.line(start.line)[: start.column]
    # What stands before an indented `def` becomes the block it is in.
    text = "\n".join(lines) if not head else "if True:\n" + "\n".join(lines)
    tree = _tree(text)
    if not isinstance(tree, ast.Module):
        return []
    ast.increment_lineno(tree, start.line - 1 - (1 if head else 0))
    for node in ast.walk(tree):
        if isinstance(node, FunctionNode):
            return node.body
    return []
