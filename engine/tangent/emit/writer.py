"""IR functions as Python text, with the source map.

A statement of the primal that nothing changed is written with the user's own text. Every line
is remembered with the primal span and the role it comes from.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gast

from tangent.derivative import Link, Role
from tangent.emit.expressions import Printer
from tangent.emit.libraries import Libraries
from tangent.ir import nodes as ir
from tangent.resolve.symbols import ModuleSource
from tangent.source.text import SourceText, Span

# A longer signature gets a line for each parameter.
LINE_LENGTH = 100


@dataclass(eq=False)
class GeneratedFunction:
    """A function of the derivative: its name, its parameters as text (with ``*`` and ``/``
    where needed), its body, and the primal it comes from."""

    name: str
    parameters: list[str]
    body: ir.Block
    module: ModuleSource
    span: Span | None
    renames: Mapping[ir.Stmt, Mapping[str, str]]
    docstring: Span | None = None


@dataclass(slots=True)
class _Line:
    text: str
    origin: Span | None
    role: Role
    path: str


class Writer:
    """Writes functions one after the other; `finish` gives the text and the links."""

    def __init__(self, libraries: Libraries):
        self.libraries = libraries
        self._lines: list[_Line] = []
        self._source: SourceText
        self._printer: Printer
        self._function: GeneratedFunction

    def function(self, function: GeneratedFunction) -> None:
        """Writes one function definition."""
        self._function = function
        self._source = function.module.source
        self._remarked: set[int] = set()
        self._printer = Printer(self.libraries.name, self._opaque)
        if self._lines:
            self._blank(2)
        head = f"def {function.name}({', '.join(function.parameters)}):"
        if len(head) <= LINE_LENGTH:
            self._add(head, function.span, Role.SEED)
        else:
            self._add(f"def {function.name}(", function.span, Role.SEED)
            for parameter in function.parameters:
                self._add(f"    {parameter},", function.span, Role.SEED)
            self._add("):", function.span, Role.SEED)
        if function.docstring is not None:
            self._quoted(function.docstring, Role.PRIMAL, 1)
        if function.body:
            self.block(function.body, 1)
        else:
            self._add("    pass", None, Role.PRIMAL)

    def finish(self) -> tuple[str, tuple[Link, ...]]:
        """The text, import lines first, and the source map."""
        imports = self.libraries.lines()
        lines = [_Line(line, None, Role.PRIMAL, "") for line in imports]
        if imports:
            lines += [_Line("", None, Role.PRIMAL, "")] * 2
        lines += self._lines
        text = "".join(f"{line.text}\n" for line in lines)
        grouped: dict[tuple[Span, Role, str], list[Span]] = {}
        for number, line in enumerate(lines, 1):
            if line.origin is None or not line.text:
                continue
            start = len(line.text) - len(line.text.lstrip())
            spans = grouped.setdefault((line.origin, line.role, line.path), [])
            if spans and spans[-1].end_line == number - 1 and spans[-1].column == start:
                last = spans.pop()
                spans.append(Span(last.line, start, number, len(line.text)))
            else:
                spans.append(Span(number, start, number, len(line.text)))
        links = tuple(
            Link(origin, tuple(spans), role, path)
            for (origin, role, path), spans in grouped.items()
        )
        return text, links

    # --- lines -----------------------------------------------------------------------------

    def _add(self, text: str, origin: Span | None, role: Role) -> None:
        self._lines.append(_Line(text, origin, role, self._function.module.path))

    def _blank(self, count: int = 1) -> None:
        for _ in range(count):
            self._lines.append(_Line("", None, Role.PRIMAL, ""))

    def expr(self, expr: ir.Expr) -> str:
        return self._printer.text(expr)

    def block(self, block: ir.Block, depth: int) -> None:
        for i, stmt in enumerate(block):
            self._remarks(block, i, depth)
            self.statement(stmt, depth)

    # --- the user's comments -----------------------------------------------------------------

    def _remarks(self, block: ir.Block, i: int, depth: int) -> None:
        """The comments above the statement of the user that begins here, and a blank line if
        there is one above them."""
        span = block[i].span
        while i < len(block) - 1 and block[i].role is Role.RECORD and block[i].span == span:
            i += 1  # what is kept of a statement comes before it
        leads = block[i].role in (Role.PRIMAL, Role.TANGENT) and block[i].span == span
        if span is None or not leads or span.line in self._remarked:
            return
        self._remarked.add(span.line)
        if self._source.line(span.line)[: span.column].strip():
            return
        first = span.line
        while first > 1 and _is_remark(self._source.line(first - 1)):
            first -= 1
        last = self._lines[-1].text
        if first > 1 and not self._source.line(first - 1).strip() and last.strip()[-1:] != ":":
            self._blank()
        for number in range(first, span.line):
            line = self._source.line(number)
            text = line.strip()
            column = line.index(text)
            origin = Span(number, column, number, column + len(text))
            self._add("    " * depth + text, origin, Role.PRIMAL)

    def _trailing_remark(self, stmt: ir.Stmt) -> None:
        """Puts the comment after a statement on the line that was just written."""
        assert stmt.span is not None
        rest = self._source.line(stmt.span.end_line)[stmt.span.end_column :].strip()
        if stmt.role is Role.PRIMAL and _is_remark(rest):
            self._lines[-1].text += f"  {rest}"

    def statement(self, stmt: ir.Stmt, depth: int) -> None:
        pad = "    " * depth
        if isinstance(stmt, ir.Comment):
            if not stmt.text:
                self._blank()
            for i, line in enumerate(stmt.text.splitlines()):
                self._add(f"{pad}# {line.strip() if i else line}".rstrip(), stmt.span, stmt.role)
        elif isinstance(stmt, (ir.If, ir.For, ir.While, ir.With)):
            self._compound(stmt, depth)
        elif isinstance(stmt, ir.InsertGrad):
            self._inserted(stmt, depth)
        elif isinstance(stmt, ir.Try):
            self._try(stmt, depth)
        elif isinstance(stmt, ir.Match):
            self._match(stmt, depth)
        elif isinstance(stmt, (ir.Break, ir.Continue)):
            self._add(pad + type(stmt).__name__.lower(), stmt.span, stmt.role)
        elif isinstance(stmt, ir.Verbatim) or (stmt.verbatim and stmt.span is not None):
            self._verbatim(stmt, depth)
        elif isinstance(stmt, ir.Assign):
            self._add(pad + self._assignment(stmt), stmt.span, stmt.role)
            if stmt.span is not None and self._begins_as_written(stmt, stmt.span):
                self._trailing_remark(stmt)
        elif isinstance(stmt, ir.Return):
            value = "" if stmt.value is None else f" {self._bare(stmt.value)}"
            self._add(f"{pad}return{value}", stmt.span, stmt.role)
        else:
            self._add(pad + self.expr(stmt.value), stmt.span, stmt.role)

    def _assignment(self, stmt: ir.Assign) -> str:
        value = stmt.value
        if isinstance(stmt.target, ir.Item) and stmt.target.each and isinstance(value, ir.Op):
            name = "numpy.add.at" if value.callee == "operator.add" else "numpy.subtract.at"
            operands = (ir.Read(stmt.target.name), stmt.target.index, value.args[1])
            return self.expr(ir.Op(name, operands))
        target = self._target(stmt.target)
        if stmt.augmented and isinstance(value, ir.Op):
            sign = value.detail[0]
            return f"{target} {sign}= {self._bare(value.args[1])}"
        return f"{target} = {self._bare(value)}"

    def _bare(self, expr: ir.Expr) -> str:
        """A tuple needs no parentheses on the right of ``=`` and after ``return``."""
        if isinstance(expr, ir.Op) and expr.callee == "tuple" and len(expr.args) > 1:
            return ", ".join(self._printer.text(a, 1) for a in expr.args)
        return self.expr(expr)

    def _target(self, target: ir.Target) -> str:
        if isinstance(target, ir.Name):
            return target.name
        if isinstance(target, ir.Item):
            return f"{target.name}{self._printer.place(target.index)}"
        if isinstance(target, ir.Unpack):
            parts = ", ".join(
                f"({self._target(t)})" if isinstance(t, ir.Unpack) else self._target(t)
                for t in target.targets
            )
            return parts if len(target.targets) != 1 else f"{parts},"
        return self._opaque(target.node)

    def _compound(self, stmt: ir.If | ir.For | ir.While | ir.With, depth: int) -> None:
        pad = "    " * depth
        if isinstance(stmt, ir.If):
            self._if(stmt, depth, "if")
            return
        if stmt.verbatim and stmt.span is not None and not self._renamed(stmt):
            self._shifted(self._header_text(stmt.span), stmt.span, stmt.role, depth)
        elif isinstance(stmt, ir.For):
            header = f"for {self._target(stmt.target)} in {self._bare(stmt.iter)}:"
            self._add(pad + header, stmt.span, stmt.role)
        elif isinstance(stmt, ir.While):
            self._add(f"{pad}while {self.expr(stmt.cond)}:", stmt.span, stmt.role)
        else:
            items = ", ".join(ast.unparse(gast.gast_to_ast(item)) for item in stmt.node)
            self._add(f"{pad}with {items}:", stmt.span, stmt.role)
        self._body(stmt.body, depth + 1)

    def _if(self, stmt: ir.If, depth: int, keyword: str) -> None:
        pad = "    " * depth
        body, orelse = stmt.body, stmt.orelse
        cond: str | None = None
        if _is_empty(body) and not _is_empty(orelse):
            negated = ir.Op("operator.not_", (stmt.cond,), form=ir.Form.OPERATOR, detail=("not ",))
            cond = self.expr(_negated(stmt.cond) or negated)
            body, orelse = orelse, []
        elif stmt.verbatim and stmt.span is not None:
            header = self._header_text(stmt.span)
            first = header.split(None, 1)[0]
            if "\n" not in header and first in ("if", "elif"):
                self._add(f"{pad}{keyword}{header[len(first) :]}", stmt.span, stmt.role)
            else:
                cond = self.expr(stmt.cond)
        else:
            cond = self.expr(stmt.cond)
        if cond is not None:
            self._add(f"{pad}{keyword} {cond}:", stmt.span, stmt.role)
        self._body(body, depth + 1)
        if _leaves(body):
            # What follows need not stand in an `else`.
            self.block(orelse, depth)
        elif len(orelse) == 1 and isinstance(orelse[0], ir.If):
            self._if(orelse[0], depth, "elif")
        elif not _is_empty(orelse):
            self._add(f"{pad}else:", stmt.span, stmt.role)
            self._body(orelse, depth + 1)

    def _try(self, stmt: ir.Try, depth: int) -> None:
        pad = "    " * depth
        if not stmt.arms and _is_empty(stmt.final):
            # What was to be done in any case has turned out to do nothing.
            self.block([*stmt.body, *stmt.orelse], depth)
            return
        self._add(f"{pad}try:", stmt.span, stmt.role)
        self._body(stmt.body, depth + 1)
        self._arms(stmt.arms, stmt, depth)
        for title, block in (("else", stmt.orelse), ("finally", stmt.final)):
            if block:
                self._add(f"{pad}{title}:", stmt.span, stmt.role)
                self._body(block, depth + 1)

    def _match(self, stmt: ir.Match, depth: int) -> None:
        if stmt.verbatim and stmt.span is not None:
            self._shifted(self._header_text(stmt.span), stmt.span, stmt.role, depth)
        else:
            self._add(f"{'    ' * depth}match {self.expr(stmt.subject)}:", stmt.span, stmt.role)
        self._arms(stmt.arms, stmt, depth + 1)

    def _arms(self, arms: Sequence[ir.Arm], stmt: ir.Stmt, depth: int) -> None:
        for arm in arms:
            assert arm.span is not None
            header = arm.header or self._header_text(arm.span)
            self._shifted(header, arm.span, stmt.role, depth)
            self._body(arm.body, depth + 1)

    def _body(self, block: ir.Block, depth: int) -> None:
        if _is_empty(block):
            self._add("    " * depth + "pass", None, Role.PRIMAL)
        else:
            self.block(block, depth)

    def _header_text(self, span: Span) -> str:
        return self._source.slice(span).rstrip()

    # --- the user's own text ---------------------------------------------------------------

    def _renamed(self, stmt: ir.Stmt) -> bool:
        return stmt in self._function.renames

    def _verbatim(self, stmt: ir.Stmt, depth: int) -> None:
        assert stmt.span is not None
        self._quoted(stmt.span, stmt.role, depth)
        self._trailing_remark(stmt)

    def _begins_as_written(self, stmt: ir.Assign, span: Span) -> bool:
        """Whether a statement that was changed assigns to what the user's statement does."""
        written = self._source.slice(span)
        target = self._target(stmt.target)
        return written.startswith(target) and written[len(target) :].lstrip()[:1] in "=+-*/%@"

    def _quoted(self, span: Span, role: Role, depth: int) -> None:
        """The user's text at a place."""
        self._shifted(self._source.slice(span), span, role, depth)

    def _shifted(self, text: str, span: Span, role: Role, depth: int) -> None:
        """The text of a statement at another indentation. Lines inside a string stay."""
        pad = "    " * depth
        lines = text.splitlines()
        fixed = _string_lines(text) if len(lines) > 1 else frozenset()
        self._add(pad + lines[0], span, role)
        original = self._source.line(span.line)[: span.column]
        for number, line in enumerate(lines[1:], 2):
            if number not in fixed and line.startswith(original) and not original.strip():
                line = pad + line[len(original) :]
            self._add(line.rstrip() if number not in fixed else line, span, role)

    def _opaque(self, node: Any) -> str:
        span = self._source.span_of(node)
        if span.line == span.end_line:
            return self._source.slice(span)
        return ast.unparse(gast.gast_to_ast(node))

    def _inserted(self, stmt: ir.InsertGrad, depth: int) -> None:
        """The user's lines of an ``insert_grad_of`` block, under the adjoint's name."""
        renames = {stmt.name: stmt.variable.name, **self._function.renames.get(stmt, {})}
        renames = {old: new for old, new in renames.items() if old != new}
        for node in stmt.body:
            span = self._source.span_of(node)
            text = self._source.slice(span)
            edits: list[tuple[Span, str]] = []
            for inner in gast.walk(node):
                if isinstance(inner, gast.Name) and inner.id in renames:
                    edits.append((self._source.span_of(inner), renames[inner.id]))
            start = self._source.offset(span.line, span.column)
            for place, new in sorted(edits, reverse=True):
                a = self._source.offset(place.line, place.column) - start
                b = self._source.offset(place.end_line, place.end_column) - start
                text = text[:a] + new + text[b:]
            self._shifted(text, span, Role.INSERTED, depth)


# Comments of derivatives: about the derivative that has them.
_OWN = ("# Grad of:", "# Inserted by:")


def _is_remark(line: str) -> bool:
    """Whether a line of the user is a comment."""
    text = line.lstrip()
    return text.startswith("#") and not text.startswith(_OWN)


def _is_empty(block: Sequence[ir.Stmt]) -> bool:
    return all(isinstance(s, ir.Comment) for s in block)


def _leaves(block: ir.Block) -> bool:
    """Whether nothing that follows a block is run after it."""
    last = next((s for s in reversed(block) if not isinstance(s, ir.Comment)), None)
    if isinstance(last, ir.If):
        return _leaves(last.body) and _leaves(last.orelse)
    if isinstance(last, ir.Verbatim):
        return type(last.node).__name__ == "Raise"
    return isinstance(last, (ir.Break, ir.Continue, ir.Return))


_OPPOSITE = {"==": "!=", "!=": "=="}


def _negated(cond: ir.Expr) -> ir.Expr | None:
    """``a != b`` for ``a == b``; orderings are not turned around, because of NaN."""
    if isinstance(cond, ir.Op) and cond.callee == "compare" and len(cond.detail) == 1:
        if cond.detail[0] in _OPPOSITE:
            return ir.Op("compare", cond.args, form=cond.form, detail=(_OPPOSITE[cond.detail[0]],))
    return None


def _string_lines(text: str) -> frozenset[int]:
    """The lines (from 1) of a statement that begin inside a string literal."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return frozenset()
    return frozenset(
        line
        for node in ast.walk(tree)
        if isinstance(node, (ast.Constant, ast.JoinedStr))
        and node.end_lineno is not None
        and node.end_lineno > node.lineno
        and (isinstance(node, ast.JoinedStr) or isinstance(node.value, (str, bytes)))
        for line in range(node.lineno + 1, node.end_lineno + 1)
    )
