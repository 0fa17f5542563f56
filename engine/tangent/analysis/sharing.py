"""In-place changes that more than one active variable sees.

Where there is one, an adjoint for each variable is not enough: the memory that the variables
share needs one (see `tangent.transform.shadows`). And what certainly is a number, or the
function would not run, shares nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from tangent.analysis.activity import Activity
from tangent.analysis.aliasing import Aliases, Place
from tangent.analysis.mutations import stored
from tangent.analysis.shapes import NUMBER, Shapes, rank_of
from tangent.analysis.versions import Value, Versions
from tangent.ir import nodes as ir
from tangent.rules import registry
from tangent.rules.declare import BROADCAST


def changed_by_name(stmt: ir.Stmt) -> set[str]:
    """The variables that a statement itself binds or changes in place, by their names."""
    names: set[str] = set()
    if isinstance(stmt, (ir.Assign, ir.For)):
        names |= {*ir.bound_names(stmt.target), *stored(stmt.target)}
    for expr in ir.expressions(stmt):
        for node in ir.walk(expr):
            if isinstance(node, ir.Op) and node.callee in ("list.append", "list.pop"):
                if isinstance(node.args[0], ir.Read):
                    names.add(node.args[0].name)
    return names


def shared_memory(
    body: ir.Block, versions: Versions, activity: Activity, aliases: Aliases
) -> set[Place]:
    """The sets of places that change in place while an active variable sees it that the
    statement does not name."""
    found: set[Place] = set()
    for stmt in ir.statements(body):
        changes = aliases.changes(stmt)
        if not changes:
            continue
        direct = changed_by_name(stmt)
        for name, value in versions.bound.get(stmt, {}).items():
            if value.kind != "mutated" or name in direct or not activity.is_active(value):
                continue
            for _, place in changes:
                if aliases.sees(place, value):
                    found |= aliases.changed_roots(place)
    return found


class _Numbers:
    """Which values are numbers because the function could not run otherwise."""

    def __init__(self, versions: Versions, shapes: Shapes):
        self.versions = versions
        self.shapes = shapes
        self.items: set[ir.Expr] = set()
        self.values: set[Value] = set()

    def roots(self, stmt: ir.Stmt) -> Iterator[ir.Expr]:
        """The expressions of a statement that give numbers."""
        if isinstance(stmt, ir.Assign) and isinstance(stmt.target, ir.Item):
            bound = self.versions.bound.get(stmt, {}).get(stmt.target.name)
            if bound is not None:
                slot = ir.Op(
                    "operator.getitem",
                    (ir.Version(bound), stmt.target.index),
                    form=ir.Form.SUBSCRIPT,
                )
                if self.shapes.of(slot) == NUMBER or self._is_entry(slot):
                    yield stmt.value
        if isinstance(stmt, (ir.If, ir.While)):
            for node in ir.walk(stmt.cond):
                if isinstance(node, ir.Op) and set(node.detail) & {"<", ">", "<=", ">="}:
                    yield from node.args
        for expr in ir.expressions(stmt):
            for node in ir.walk(expr):
                if isinstance(node, ir.Op) and self._is_entry(node):
                    yield node
                elif isinstance(node, ir.Op) and (
                    node.callee.startswith("math.")
                    or node.callee == "builtins.float"
                    or (node.callee in ("builtins.min", "builtins.max") and len(node.args) == 2)
                ):
                    yield from node.args

    def _is_entry(self, op: ir.Op) -> bool:
        """Whether it has the form of an entry of a matrix: ``a[i, j]``."""
        if op.callee != "operator.getitem":
            return False
        base, index = op.args
        rank = rank_of(self.shapes.of(base))
        return (
            isinstance(index, ir.Op)
            and index.callee == "tuple"
            and len(index.args) > 1
            and (rank is None or rank == len(index.args))
            and all(self.shapes.is_integer(i) for i in index.args)
        )

    def follow(self, expr: ir.Expr) -> None:
        stack: list[ir.Expr | Value | None] = [expr]
        while stack:
            current = stack.pop()
            if isinstance(current, ir.Read):
                current = self.versions.of[current]
            if isinstance(current, Value):
                if current in self.values:
                    continue
                self.values.add(current)
                merges = current.kind in ("head", "join", "exit", "mutated")
                stack.extend(current.inputs[:1] if current.kind == "mutated" else ())
                stack.extend(current.inputs if merges else [current.expr])
            elif isinstance(current, ir.Op):
                rule = registry.rule_for(current.callee)
                if current.callee == "operator.getitem":
                    self.items.add(current)
                elif current.callee in ("select", "and", "or"):
                    stack.extend(current.args[1 if current.callee == "select" else 0 :])
                elif rule is not None and rule.shape == BROADCAST:
                    stack.extend(current.args)


def number_items(body: ir.Block, versions: Versions, shapes: Shapes) -> set[ir.Expr]:
    """Items that are numbers, or the function could not run: one that is stored in an element
    of a vector, compared in an ``if``, or written like an entry of a matrix."""
    numbers = _Numbers(versions, shapes)
    for stmt in ir.statements(body):
        for root in numbers.roots(stmt):
            numbers.follow(root)
    return numbers.items
