"""What must hold of the IR, checked: before a pass goes wrong where nobody looks.

`verify_primal` is for a function as it was lowered, `verify_generated` for the body of a
function that is about to be written. Both are linear in what they look at, and silent if all
is well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from tangent.derivative import Role
from tangent.ir import nodes as ir
from tangent.ir.printer import text
from tangent.source.text import Span

# What a derivative adds that comes from no line of the primal: stacks and their names, seeds.
_WITHOUT_SPAN = frozenset({Role.RECORD, Role.SEED})


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
    primal: Iterable[str],
    renames: Mapping[ir.Stmt, Mapping[str, str]] | None = None,
) -> None:
    """Raises `BrokenIR` unless the body of a generated function can be written and run.

    Every statement has a span or is of a kind that a derivative adds; targets are well formed;
    no reference of a backward pass is left; and every variable is bound before it is read, on
    each way that leads there. A branch or loop of the backward pass is entered only if its
    primal was (they have the same span), so what the primal's bound is bound in it. A variable
    that the primal's own lines may leave unbound is theirs to answer for, and so is what is
    computed from it.
    """
    for stmt in ir.statements(body):
        blank = isinstance(stmt, ir.Comment)
        if stmt.span is None and stmt.role not in _WITHOUT_SPAN and not blank:
            raise BrokenIR(f"a statement has no span, and its role is {stmt.role.value}", stmt)
        _verify_statement(stmt)
    _Bindings(frozenset(primal), renames or {}).block(body, _Bound(frozenset(parameters)))


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
    """The variables that are bound whichever way led here, and those the primal's own lines
    bind on some ways only."""

    sure: frozenset[str]
    maybe: frozenset[str] = frozenset()

    def bind(self, names: Iterable[str]) -> _Bound:
        return replace(self, sure=self.sure | frozenset(names))


@dataclass
class _Bindings:
    primal: frozenset[str]
    renames: Mapping[ir.Stmt, Mapping[str, str]]
    # What is bound once the block of a primal statement has run: by span and number of block.
    after: dict[tuple[Span, int], frozenset[str]] = field(default_factory=dict)

    def block(self, block: ir.Block, bound: _Bound) -> _Bound:
        for stmt in block:
            bound = self.statement(stmt, bound)
        return bound

    def statement(self, stmt: ir.Stmt, bound: _Bound) -> _Bound:
        if isinstance(stmt, ir.While):
            self.read(stmt, self.names_read(stmt), bound)
            return self.loop(stmt, bound)
        excused = self.read(stmt, self.names_read(stmt), bound)
        names = ir.binds(stmt)
        if isinstance(stmt, ir.InsertGrad):
            names = (*stmt.assigns, stmt.variable.name)
        if excused:
            bound = replace(bound, maybe=bound.maybe | frozenset(names))
        if isinstance(stmt, ir.For):
            return self.loop(stmt, bound)
        if isinstance(stmt, ir.If):
            ends = [self.inside(stmt, i, bound) for i in range(2)]
            sure = ends[0].sure & ends[1].sure
            maybe = ends[0].maybe | ends[1].maybe
            if stmt.role is Role.PRIMAL:
                maybe |= ((ends[0].sure | ends[1].sure) - sure) & self.primal
            return _Bound(sure, maybe)
        bound = bound.bind(names)
        if isinstance(stmt, ir.With):
            return self.inside(stmt, 0, bound)
        return bound

    def inside(self, stmt: ir.Stmt, number: int, bound: _Bound) -> _Bound:
        """A nested block; its primal, if it has one, has run."""
        key = None if stmt.span is None else (stmt.span, number)
        if key is not None and stmt.role is not Role.PRIMAL:
            bound = bound.bind(self.after.get(key, ()))
        end = self.block(ir.blocks(stmt)[number], bound)
        if key is not None and stmt.role is Role.PRIMAL:
            self.after[key] = end.sure
        return end

    def loop(self, stmt: ir.For | ir.While, bound: _Bound) -> _Bound:
        # The first time round decides: later ones have more bound.
        target = tuple(ir.bound_names(stmt.target)) if isinstance(stmt, ir.For) else ()
        end = self.inside(stmt, 0, bound.bind(target))
        maybe = bound.maybe | end.maybe
        if stmt.role is Role.PRIMAL:
            maybe |= (end.sure - bound.sure) & self.primal
        return replace(bound, maybe=maybe)

    def names_read(self, stmt: ir.Stmt) -> list[str]:
        names = [read.name for expr in ir.expressions(stmt) for read in ir.reads(expr)]
        if isinstance(stmt, (ir.Assign, ir.For)):
            names += _stored(stmt.target)
        renamed = self.renames.get(stmt, {})
        return [renamed.get(name, name) for name in names]

    def read(self, stmt: ir.Stmt, names: list[str], bound: _Bound) -> bool:
        """Whether a variable is read that the primal's own lines may leave unbound."""
        missing = [name for name in names if name not in bound.sure]
        for name in missing:
            if name not in bound.maybe and not isinstance(stmt, (ir.Verbatim, ir.With)):
                raise BrokenIR(f"`{name}` may be read before it is bound", stmt)
        return bool(missing)


def _stored(target: ir.Target) -> list[str]:
    """The variables whose object is written to."""
    if isinstance(target, ir.Item):
        return [target.name]
    if isinstance(target, ir.Unpack):
        return [name for part in target.targets for name in _stored(part)]
    return []
