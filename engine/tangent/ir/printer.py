"""The IR as text, to look at a pass before and after, and for tests.

    f(x)
       2  primal      a = x * x
       2  adjoint     bx = ba * (2.0 * «x»)

Each line has the primal line it comes from, its role, and the statement. Expressions are
written as Python, with every operand that is an operation in parentheses, and with these marks:

* an operation's callee is its dotted name: ``numpy.transpose(x)`` for ``x.T``;
* ``@g(x)`` calls a user function;
* ```text``` in backquotes is kept as it is (`Opaque`, `Verbatim`);
* ``«e»`` is the value that ``e`` had in the primal (`Primal`, `Version`);
* ``x.2`` is the third value of ``x``, if the values are given.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import gast

from tangent.ir import nodes as ir

_STEP = "    "


class Value(Protocol):
    """One value of a variable (see `tangent.analysis.versions`)."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def inputs(self) -> Sequence[Any]: ...


class Values(Protocol):
    """Which value every read gets and every statement makes."""

    @property
    def of(self) -> Mapping[ir.Read, Any]: ...
    @property
    def values(self) -> Sequence[Any]: ...
    @property
    def bound(self) -> Mapping[ir.Stmt, Mapping[str, Any]]: ...
    @property
    def heads(self) -> Mapping[ir.Stmt, Mapping[str, Any]]: ...
    @property
    def joins(self) -> Mapping[ir.Stmt, Mapping[str, Any]]: ...


def text(node: ir.Function | ir.Block | ir.Stmt | ir.Expr, values: Values | None = None) -> str:
    """The text of a function, a block, a statement or an expression. With ``values`` the
    variables are written with the number of the value they have. Ends without a line break."""
    printer = _Printer(values)
    if isinstance(node, ir.Function):
        lines = [f"{node.name}({', '.join(_parameter(p) for p in node.params)})"]
        return "\n".join([*lines, *printer.block(node.body)])
    if isinstance(node, list):
        return "\n".join(printer.block(node))
    if isinstance(node, _STATEMENTS):
        return "\n".join(printer.block([node]))
    return printer.expr(node)


_STATEMENTS = (
    ir.Assign, ir.Evaluate, ir.If, ir.For, ir.While, ir.Break, ir.Continue, ir.With, ir.Try,
    ir.Match, ir.InsertGrad, ir.Return, ir.Verbatim, ir.Comment,
)  # fmt: skip


def numbered(values: Values) -> dict[Any, str]:
    """How `text` writes each value: ``x.0`` is the first one of ``x``."""
    out: dict[Any, str] = {}
    counts: dict[str, int] = {}
    for value in values.values:
        number = counts.get(value.name, 0)
        out[value] = f"{value.name}.{number}"
        counts[value.name] = number + 1
    return out


def _parameter(param: ir.Param) -> str:
    stars = {"star": "*", "starstar": "**"}.get(param.kind, "")
    annotation = "" if param.annotation is None else f": {_source(param.annotation)}"
    default = "" if param.default is None else f"={_source(param.default)}"
    return f"{stars}{param.name}{annotation}{default}"


def _source(node: Any) -> str:
    """A syntax tree as text."""
    return ast.unparse(gast.gast_to_ast(node))


class _Printer:
    def __init__(self, values: Values | None):
        self.values = values
        self.written = {} if values is None else numbered(values)

    # --- statements --------------------------------------------------------------------------

    def block(self, block: ir.Block, depth: int = 0) -> Iterator[str]:
        for stmt in block:
            yield from self.statement(stmt, depth)

    def line(self, stmt: ir.Stmt, depth: int, content: str) -> str:
        if isinstance(stmt, ir.Comment) and not stmt.text:
            return ""
        number = "" if stmt.span is None else str(stmt.span.line)
        return f"{number:>4}  {stmt.role.value:<10}  {_STEP * depth}{content}".rstrip()

    def plain(self, depth: int, content: str) -> str:
        return f"{'':18}{_STEP * depth}{content}"

    def statement(self, stmt: ir.Stmt, depth: int) -> Iterator[str]:
        first, *others = self.content(stmt)
        yield self.line(stmt, depth, first)
        for content in others:
            yield self.plain(depth + 1, content)
        for note in self.flow(stmt, "head"):
            yield self.plain(depth + 1, note)
        titles = self.titles(stmt)
        for i, inner in enumerate(ir.blocks(stmt)):
            if titles[i] and (inner or titles[i] not in ("else:", "finally:")):
                yield self.plain(depth, titles[i])
            if inner or not i:
                yield from (
                    self.block(inner, depth + 1) if inner else (self.plain(depth + 1, "pass"),)
                )
        for note in self.flow(stmt, "join"):
            yield self.plain(depth, note)

    def flow(self, stmt: ir.Stmt, where: str) -> Iterator[str]:
        """The values that control flow makes at the head or after a statement."""
        if self.values is None:
            return
        made = self.values.heads if where == "head" else self.values.joins
        for value in made.get(stmt, {}).values():
            inputs = " | ".join(self.value(v) for v in value.inputs)
            yield f"({value.kind} {self.value(value)} = {inputs})"

    def titles(self, stmt: ir.Stmt) -> list[str]:
        """What stands above each nested block, if not the statement itself."""
        if isinstance(stmt, ir.Try):
            heads = [
                a.header or f"except `{_source(a.node).partition(':')[0][7:]}`:" for a in stmt.arms
            ]
            return ["", *heads, "else:", "finally:"]
        if isinstance(stmt, ir.Match):
            return [f"case `{_source(a.node).partition(':')[0][5:]}`:" for a in stmt.arms]
        return ["", "else:"]

    def content(self, stmt: ir.Stmt) -> list[str]:
        """What a statement says; for a kept block of text, line by line."""
        if isinstance(stmt, ir.Comment):
            return [f"# {stmt.text.splitlines()[0]}" if stmt.text else ""]
        if isinstance(stmt, ir.Assign):
            sign = "="
            value = stmt.value
            if stmt.augmented and isinstance(value, ir.Op) and value.detail:
                sign, value = f"{value.detail[0]}=", value.args[1]
            return [
                f"{self.target(stmt.target, stmt)} {sign} {self.expr(value)}{self.changes(stmt)}"
            ]
        if isinstance(stmt, ir.Evaluate):
            return [self.expr(stmt.value) + self.changes(stmt)]
        if isinstance(stmt, ir.If):
            return [f"if {self.expr(stmt.cond)}:"]
        if isinstance(stmt, ir.Try):
            return ["try:"]
        if isinstance(stmt, ir.Match):
            return [f"match {self.expr(stmt.subject)}:"]
        if isinstance(stmt, ir.While):
            return [f"while {self.expr(stmt.cond)}:"]
        if isinstance(stmt, ir.For):
            return [f"for {self.target(stmt.target, stmt)} in {self.expr(stmt.iter)}:"]
        if isinstance(stmt, (ir.Break, ir.Continue)):
            return [type(stmt).__name__.lower()]
        if isinstance(stmt, ir.Return):
            return ["return" if stmt.value is None else f"return {self.expr(stmt.value)}"]
        if isinstance(stmt, ir.With):
            return [f"with `{', '.join(_source(item) for item in stmt.node)}`:"]
        if isinstance(stmt, ir.InsertGrad):
            head = f"with insert_grad_of({self.expr(stmt.variable)}) as {stmt.name}:"
            return [head, *(f"`{line}`" for n in stmt.body for line in _source(n).splitlines())]
        first, *others = _source(stmt.node).splitlines()
        return [f"`{first}`{self.changes(stmt)}", *(f"`{line}`" for line in others)]

    def changes(self, stmt: ir.Stmt) -> str:
        """The values that a statement makes beside those it binds: by changing objects."""
        if self.values is None:
            return ""
        target = stmt.target if isinstance(stmt, ir.Assign) else None
        named = set() if target is None else set(ir.bound_names(target))
        made = [v for n, v in self.values.bound.get(stmt, {}).items() if n not in named]
        return f"  ({', '.join(self.value(v) for v in made)})" if made else ""

    def target(self, target: ir.Target, stmt: ir.Stmt) -> str:
        if isinstance(target, ir.Name):
            value = None if self.values is None else self.values.bound.get(stmt, {})
            made = None if value is None else value.get(target.name)
            return target.name if made is None else self.value(made)
        if isinstance(target, ir.Item) and (name := ir.attribute_of(target.index)) is not None:
            return f"{target.name}.{name}"
        if isinstance(target, ir.Item):
            return f"{target.name}[{self.index(target.index)}]"
        if isinstance(target, ir.Unpack):
            parts = ", ".join(self.target(part, stmt) for part in target.targets)
            return f"({parts}{',' if len(target.targets) == 1 else ''})"
        return f"`{_source(target.node)}`"

    # --- expressions -------------------------------------------------------------------------

    def value(self, value: Value) -> str:
        """A value by its number, or by what made it."""
        return self.written.get(value, f"{value.name}:{value.kind}")

    def expr(self, expr: ir.Expr) -> str:
        if isinstance(expr, ir.Const):
            return "..." if expr.value is Ellipsis else repr(expr.value)
        if isinstance(expr, ir.Read):
            value = None if self.values is None else self.values.of.get(expr)
            return expr.name if value is None else self.value(value)
        if isinstance(expr, ir.Global):
            return expr.text
        if isinstance(expr, ir.Opaque):
            return f"`{_source(expr.node)}`"
        if isinstance(expr, ir.Primal):
            return f"«{self.expr(expr.node)}»"
        if isinstance(expr, ir.Version):
            return f"«{self.value(expr.value)}»"
        if isinstance(expr, ir.Call):
            captured = [f"{name}={self.expr(value)}" for name, value in expr.captured]
            return f"@{expr.text}({self.arguments(expr, captured)})"
        return self.operation(expr)

    def arguments(self, expr: ir.Op | ir.Call, more: Sequence[str] = ()) -> str:
        parts = [self.expr(a) for a in expr.args]
        parts += [f"{name}={self.expr(value)}" for name, value in expr.keywords]
        return ", ".join([*parts, *more])

    def operation(self, op: ir.Op) -> str:
        parts = [self.operand(a) for a in op.args]
        if op.callee == "constant":
            return op.detail[0]
        if op.callee == "call":
            return f"{parts[0]}({', '.join(parts[1:])})"
        if op.callee == "generated":
            assert op.function is not None
            return f"{self.expr(op.function)}({self.arguments(op)})"
        if op.callee == "select":
            return f"{parts[1]} if {parts[0]} else {parts[2]}"
        if op.callee in ("and", "or"):
            return f" {op.callee} ".join(parts)
        if op.callee == "compare":
            signs = (f" {sign} {part}" for sign, part in zip(op.detail, parts[1:], strict=True))
            return parts[0] + "".join(signs)
        if op.form is ir.Form.OPERATOR:
            (sign,) = op.detail
            return f"{sign}{parts[0]}" if len(parts) == 1 else f"{parts[0]} {sign} {parts[1]}"
        if op.form is ir.Form.SUBSCRIPT and (name := ir.attribute_of(op.args[1])) is not None:
            return f"{self.operand(op.args[0])}.{name}"
        if op.form is ir.Form.SUBSCRIPT:
            return f"{parts[0]}[{self.index(op.args[1])}]"
        if op.form is ir.Form.DISPLAY and op.callee in ("tuple", "list"):
            inner = ", ".join(self.expr(a) for a in op.args)
            if op.callee == "list":
                return f"[{inner}]"
            return f"({inner}{',' if len(op.args) == 1 else ''})"
        return f"{op.callee}({self.arguments(op)})"

    def operand(self, expr: ir.Expr) -> str:
        """An operand: in parentheses if it is written with operators."""
        written = self.expr(expr)
        loose = isinstance(expr, ir.Op) and expr.form is ir.Form.OPERATOR
        negative = isinstance(expr, ir.Const) and written.startswith("-")
        return f"({written})" if loose or negative else written

    def index(self, index: ir.Expr) -> str:
        """What stands between the brackets of a subscript."""
        if isinstance(index, ir.Op) and index.callee == "tuple" and index.args:
            return ", ".join(self.index(a) for a in index.args)
        if isinstance(index, ir.Op) and index.callee == "slice":
            none = ("" if isinstance(a, ir.Const) and a.value is None else self.expr(a)
                    for a in index.args)  # fmt: skip
            lower, upper, step = none
            return f"{lower}:{upper}" + (f":{step}" if step else "")
        if isinstance(index, ir.Primal) and isinstance(index.node, ir.Op):
            return f"«{self.index(index.node)}»"
        return self.expr(index)
