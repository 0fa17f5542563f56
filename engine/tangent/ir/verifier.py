"""What must hold of the IR, checked: before a pass goes wrong where nobody looks.

`verify_primal` is for a function as it was lowered, `verify_generated` for the body of a
function that is about to be written. Both are linear in what they look at, and silent if all
is well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import gast

from tangent.derivative import Role
from tangent.ir import nodes as ir
from tangent.ir.printer import text
from tangent.source.text import Span

# What a derivative adds that comes from no line of the primal: stacks and their names, seeds.
_WITHOUT_SPAN = frozenset({Role.RECORD, Role.SEED})


# What makes a name another one: the end of ``dx_1``.
_NUMBER = re.compile(r"_\d+$")


class BrokenIR(AssertionError):
    """An invariant of the IR does not hold: a defect of the pass that made it."""

    def __init__(self, problem: str, stmt: ir.Stmt | None = None):
        shown = "" if stmt is None else f":\n{text(stmt)}"
        super().__init__(f"{problem}{shown}")


def verify_primal(body: ir.Block) -> None:
    """Raises `BrokenIR` unless the body of a primal is well formed.

    Every statement has a span; targets are well formed; no reference of a backward pass is in
    it; and no statement or expression is there twice, for analyses tell nodes apart by identity.
    """
    seen_statements: set[ir.Stmt] = set()
    owner: dict[ir.Expr, ir.Stmt] = {}
    for stmt in ir.statements(body):
        if stmt.span is None:
            raise BrokenIR("a primal statement has no span", stmt)
        if stmt in seen_statements:
            raise BrokenIR("a statement is in the primal twice", stmt)
        seen_statements.add(stmt)
        _verify_statement(stmt)
        for expr in ir.expressions(stmt):
            for node in ir.walk(expr):
                if owner.setdefault(node, stmt) is not stmt:
                    raise BrokenIR(f"`{text(node)}` also belongs to another statement", stmt)


def verify_generated(
    body: ir.Block,
    parameters: Iterable[str],
    variables: Iterable[str],
    renames: Mapping[ir.Stmt, Mapping[str, str]] | None = None,
) -> None:
    """Raises `BrokenIR` unless the body of a generated function can be written and run.

    Every statement has a span or is of a kind that a derivative adds; targets are well formed;
    no reference of a backward pass is left; and every variable is bound before it is read, on
    each way that leads there. A branch or loop of the backward pass is entered only if its
    primal was (they have the same span), so what the primal's bound is bound in it.

    Args:
        parameters: the names of the function's parameters.
        variables: those of the primal. One that the primal's own lines bind on some ways only
            is theirs to answer for, and with it its tangent and what is computed from it.
        renames: for lines of the user, the names under which they find primal values.
    """
    for stmt in ir.statements(body):
        blank = isinstance(stmt, ir.Comment)
        if stmt.span is None and stmt.role not in _WITHOUT_SPAN and not blank:
            raise BrokenIR(f"a statement has no span, and its role is {stmt.role.value}", stmt)
        _verify_statement(stmt)
    _Bindings(frozenset(variables), renames or {}).block(body, _Bound(frozenset(parameters)))


def _verify_statement(stmt: ir.Stmt) -> None:
    if isinstance(stmt, (ir.Assign, ir.For)):
        _verify_target(stmt, stmt.target)
    if isinstance(stmt, ir.Assign) and stmt.augmented:
        _verify_augmented(stmt)
    for expr in ir.expressions(stmt):
        for node in ir.walk(expr):
            if isinstance(node, (ir.Primal, ir.Version)):
                raise BrokenIR(f"the reference {text(node)} to the primal is left", stmt)


def _verify_target(stmt: ir.Stmt, target: ir.Target) -> None:
    if isinstance(target, (ir.Name, ir.Item)) and not target.name.isidentifier():
        raise BrokenIR(f"{target.name!r} is no name of a variable", stmt)
    if isinstance(target, ir.Unpack):
        names = [n for n in ir.bound_names(target) if n != "_"]
        twice = next((n for n in names if names.count(n) > 1), None)
        if twice is not None and stmt.role is not Role.PRIMAL:
            raise BrokenIR(f"`{twice}` is bound twice by one statement", stmt)
        for part in target.targets:
            _verify_target(stmt, part)


def _verify_augmented(stmt: ir.Assign) -> None:
    """``x += v`` has the value ``x + v``, an operator on what the target holds."""
    value, target = stmt.value, stmt.target
    if not isinstance(value, ir.Op) or value.form is not ir.Form.OPERATOR or len(value.args) != 2:
        raise BrokenIR("an augmented assignment whose value is no operation of two operands", stmt)
    current = value.args[0]
    if isinstance(target, ir.Item) and isinstance(current, ir.Op) and current.args:
        current = current.args[0] if current.callee == "operator.getitem" else current
    if not isinstance(target, (ir.Name, ir.Item)) or not (
        isinstance(current, ir.Read) and current.name == target.name
    ):
        raise BrokenIR("an augmented assignment of something else than its target", stmt)


# --- names ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Bound:
    """The variables that are bound whichever way led here, and those that are bound on some
    ways only because the primal is like that. After a ``raise`` nothing runs at all."""

    sure: frozenset[str]
    maybe: frozenset[str] = frozenset()
    dead: bool = False

    def bind(self, names: Iterable[str]) -> _Bound:
        return replace(self, sure=self.sure | frozenset(names))


# Statements with text in them that may bind a name before it reads it.
_TEXT = (ir.Verbatim, ir.With, ir.Try, ir.Match)


@dataclass
class _Bindings:
    variables: frozenset[str]
    renames: Mapping[ir.Stmt, Mapping[str, str]]
    # What is bound once the block of a primal statement has run: by span and number of block.
    after: dict[tuple[Span, int], frozenset[str]] = field(default_factory=dict)

    def block(self, block: ir.Block, bound: _Bound) -> _Bound:
        for stmt in block:
            bound = self.statement(stmt, bound)
        return bound

    def statement(self, stmt: ir.Stmt, bound: _Bound) -> _Bound:
        names = ir.binds(stmt)
        if isinstance(stmt, ir.InsertGrad):
            names = (*stmt.assigns, stmt.variable.name)
        if self.reads_unsure(stmt, bound):
            bound = replace(bound, maybe=bound.maybe | frozenset(names))
        if isinstance(stmt, ir.If):
            first, second = (self.inside(stmt, i, bound) for i in range(2))
            if first.dead or second.dead:
                return second if first.dead else first
            sure = first.sure & second.sure
            excused = self.excused(stmt, sure, first.sure | second.sure)
            return _Bound(sure, first.maybe | second.maybe | excused)
        if isinstance(stmt, (ir.Try, ir.Match)):
            return self.arms(stmt, bound)
        if isinstance(stmt, (ir.For, ir.While)):
            # The first time round decides, later ones have more bound; and there may be none.
            end = self.inside(stmt, 0, bound.bind(names))
            if end.dead:
                return bound
            return _Bound(bound.sure, end.maybe | self.excused(stmt, bound.sure, end.sure))
        if isinstance(stmt, ir.With):
            return self.inside(stmt, 0, bound.bind(names))
        if isinstance(stmt, ir.Verbatim) and isinstance(stmt.node, gast.Raise):
            return replace(bound, dead=True)
        return bound.bind(names)

    def inside(self, stmt: ir.Stmt, number: int, bound: _Bound) -> _Bound:
        """A nested block; its primal, if it has one, has run."""
        key = None if stmt.span is None else (stmt.span, number)
        if key is not None and stmt.role is not Role.PRIMAL:
            bound = bound.bind(self.after.get(key, ()))
        end = self.block(ir.blocks(stmt)[number], bound)
        if key is not None and stmt.role is Role.PRIMAL:
            # Of `a or b or c` come several with one span, one in the other.
            self.after[key] = end.sure | self.after.get(key, frozenset())
        return end

    def arms(self, stmt: ir.Try | ir.Match, bound: _Bound) -> _Bound:
        """The ways on at a statement. In the backward pass they are a chain of branches, each with
        the span of its arm."""
        ends: list[tuple[Span | None, _Bound]] = []
        if isinstance(stmt, ir.Try):
            ends.append((stmt.span, self.block(stmt.orelse, self.block(stmt.body, bound))))
        for arm in stmt.arms:
            ends.append((arm.span, self.block(arm.body, bound.bind(arm.binds))))
        if isinstance(stmt, ir.Match) and not ir.takes_all(stmt):
            ends.append((None, bound))
        going = [(span, end) for span, end in ends if not end.dead]
        if not going:
            return replace(bound, dead=True)
        for i, (span, end) in enumerate(going[:-1]):
            if span is not None:
                self.after[span, 0] = end.sure
                self.after[span, 1] = frozenset.intersection(*(e.sure for _, e in going[i + 1 :]))
        sure = frozenset.intersection(*(end.sure for _, end in going))
        some = frozenset().union(*(end.sure for _, end in going))
        maybe = frozenset().union(*(end.maybe for _, end in ends))
        after = _Bound(sure, maybe | self.excused(stmt, sure, some))
        return self.block(stmt.final, after) if isinstance(stmt, ir.Try) else after

    def excused(self, stmt: ir.Stmt, sure: frozenset[str], other: frozenset[str]) -> frozenset[str]:
        """Of the variables that a statement binds on some ways only (``other``, not ``sure``):
        the primal's, if the statement is, and the tangents of those that it does not bind
        surely. (A primal line that only fed a tangent is not there any more.)"""
        if stmt.role is not Role.PRIMAL:
            return frozenset()
        unsure = other - sure
        tangents = {f"d{n}" for n in self.variables - sure}
        own = unsure & self.variables
        return own | {n for n in unsure if {n, _NUMBER.sub("", n)} & tangents}

    def reads_unsure(self, stmt: ir.Stmt, bound: _Bound) -> bool:
        """Whether a statement reads a variable that the primal may leave unbound."""
        if bound.dead:
            return False
        names = [read.name for expr in ir.expressions(stmt) for read in ir.reads(expr)]
        if isinstance(stmt, (ir.Assign, ir.For)):
            names += _stored(stmt.target)
        renamed = self.renames.get(stmt, {})
        missing = [n for n in (renamed.get(n, n) for n in names) if n not in bound.sure]
        # In text that is kept as it is, a name may be read after it is bound there, and
        # `eval` may read any.
        kept = isinstance(stmt, _TEXT) or any(
            isinstance(node, ir.Opaque) and len(node.reads) >= len(self.variables)
            for expr in ir.expressions(stmt)
            for node in ir.walk(expr)
        )
        for name in missing:
            if name not in bound.maybe and not kept:
                raise BrokenIR(f"`{name}` may be read before it is bound", stmt)
        return bool(missing)


def _stored(target: ir.Target) -> list[str]:
    """The variables whose object is written to."""
    if isinstance(target, ir.Item):
        return [target.name]
    if isinstance(target, ir.Unpack):
        return [name for part in target.targets for name in _stored(part)]
    return []
