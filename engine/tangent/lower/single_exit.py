"""One exit for every function: a backward pass starts at the end, so there must be one.

``return`` inside branches becomes an assignment to a result variable, and what follows a
branch that has returned moves into the other branch. Only where both branches can go on after
one of them may have returned is a flag needed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tangent.ir import nodes as ir
from tangent.lower.lower import Program


@dataclass
class Exit:
    """A body without ``return``, and what it leaves: the variables of the result, in order;
    ``is_tuple`` tells a tuple of one or more from a single value."""

    body: ir.Block
    results: tuple[str, ...]
    is_tuple: bool
    display: str


class _Normalizer:
    def __init__(self, program: Program, function: ir.Function, fresh: Callable[[str], str]):
        self.program = program
        self.function = function
        self.fresh = fresh
        self.returns = [s for s in ir.statements(function.body) if isinstance(s, ir.Return)]
        self.flag: str | None = None

    def run(self) -> Exit | None:
        if not self.returns:
            return None
        last = self.function.body[-1]
        values = [r.value for r in self.returns]
        tuples = [v for v in values if isinstance(v, ir.Op) and v.callee == "tuple"]
        self.is_tuple = len(tuples) == len(values) and len({len(t.args) for t in tuples}) == 1
        source = self.function.source
        for stmt in self.returns:
            if stmt.value is None or (
                isinstance(stmt.value, ir.Const) and stmt.value.value is None
            ):
                if stmt.span is not None:
                    self.program.report(
                        source,
                        stmt.span,
                        "no-result",
                        "cannot differentiate a function that returns None on some path",
                        "return a number or an array on every path",
                    )
                return None
        if self.is_tuple:
            columns = list(zip(*(t.args for t in tuples)))
        else:
            columns = [tuple(v for v in values if v is not None)]
        self.names: tuple[str, ...] = ()
        for i, column in enumerate(columns):
            self.names += (self._result_name(column, i if self.is_tuple else None),)
        body, falls_through = self.block(self.function.body)
        if falls_through:
            span = self.function.span
            if span is not None:
                self.program.report(
                    source,
                    span,
                    "no-result",
                    "cannot differentiate a function that can end without `return`",
                    "return a number or an array on every path",
                )
            return None
        text = source.module.source
        span = last.span if isinstance(last, ir.Return) else self.returns[-1].span
        return Exit(body, self.names, self.is_tuple, text.slice(span) if span else "")

    def _result_name(self, column: tuple[ir.Expr, ...], index: int | None) -> str:
        """The variable that holds one result: its own name if all returns agree on it and it
        is no other result's, which has an adjoint of its own."""
        names = {e.name if isinstance(e, ir.Read) else None for e in column}
        if len(names) == 1 and None not in names:
            name = next(iter(names))
            assert name is not None
            if name not in self.names:
                return name
        return self.fresh("result" if index is None else f"result_{index + 1}")

    def returned(self, stmt: ir.Return) -> ir.Block:
        """The assignments that stand for a ``return``."""
        assert stmt.value is not None
        text = self.function.source.module.source
        display = text.slice(stmt.span) if stmt.span else ""
        values = stmt.value.args if self.is_tuple else (stmt.value,)  # type: ignore[union-attr]
        out: ir.Block = []
        pending = [
            (name, value)
            for name, value in zip(self.names, values)
            if not (isinstance(value, ir.Read) and value.name == name)
        ]
        for name, value in pending:
            out.append(ir.Assign(ir.Name(name), value, span=stmt.span, display=display))
        return out

    def block(self, block: ir.Block) -> tuple[ir.Block, bool]:
        """The block without ``return``, and whether control can reach its end."""
        out: ir.Block = []
        for i, stmt in enumerate(block):
            rest = block[i + 1 :]
            if isinstance(stmt, ir.Return):
                out += self.returned(stmt)
                return out, False
            if _raises(stmt):
                out.append(stmt)
                return out, False
            if isinstance(stmt, ir.If) and _may_return(stmt):
                done = self.branch(stmt, rest)
                if done is not None:
                    new, falls = done
                    out.append(new)
                    return out, falls
                out += self.flagged(stmt, rest)
                return out, True
            if isinstance(stmt, ir.With) and _may_return(stmt):
                inner, falls = self.block(stmt.body)
                out.append(
                    ir.With(stmt.node, stmt.reads, stmt.binds, inner, stmt.span, stmt.role, True)
                )
                if not falls:
                    return out, False
                self.refuse(stmt)
                return out, True
            if isinstance(stmt, (ir.For, ir.While)) and _may_return(stmt):
                self.refuse(stmt)
                return out, False
            out.append(stmt)
        return out, True

    def branch(self, stmt: ir.If, rest: ir.Block) -> tuple[ir.If, bool] | None:
        """An ``if`` of which at most one branch goes on: the rest moves into it."""
        body, body_falls = self.block(stmt.body)
        orelse, orelse_falls = self.block(stmt.orelse)
        if body_falls and orelse_falls:
            return None
        falls = False
        if body_falls:
            body, falls = self.block(stmt.body + rest)
        elif orelse_falls:
            orelse, falls = self.block(stmt.orelse + rest)
        return ir.If(stmt.cond, body, orelse, stmt.span, verbatim=True), falls

    def flagged(self, stmt: ir.If, rest: ir.Block) -> ir.Block:
        self.refuse(stmt)
        return []

    def refuse(self, stmt: ir.Stmt) -> None:
        inner = next(s for s in ir.statements([stmt]) if isinstance(s, ir.Return))
        span = inner.span or stmt.span
        if span is not None:
            where = "a loop" if isinstance(stmt, (ir.For, ir.While)) else "this place"
            self.program.report(
                self.function.source,
                span,
                "unsupported-return",
                f"cannot follow a `return` from inside {where} in reverse mode",
                "assign the result to a variable and return it at the end",
            )


def _may_return(stmt: ir.Stmt) -> bool:
    return any(isinstance(s, ir.Return) for s in ir.statements([stmt]))


def _raises(stmt: ir.Stmt) -> bool:
    return isinstance(stmt, ir.Verbatim) and type(stmt.node).__name__ == "Raise"


def single_exit(
    program: Program, function: ir.Function, fresh: Callable[[str], str]
) -> Exit | None:
    """The body of ``function`` with one exit; None after a diagnostic if it has none."""
    exit_ = _Normalizer(program, function, fresh).run()
    if exit_ is None and not function.source.module.source.lines:
        return None
    if exit_ is None and not program.diagnostics and function.span is not None:
        program.report(
            function.source,
            function.span,
            "no-result",
            "cannot differentiate a function that returns nothing",
            "return a number or an array",
        )
    return exit_
