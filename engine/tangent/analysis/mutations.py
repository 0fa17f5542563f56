"""Which variables a statement changes in place."""

from __future__ import annotations

from collections.abc import Iterator

from tangent.ir import nodes as ir
from tangent.ir.purity import IN_PLACE


def mutations(stmt: ir.Stmt) -> Iterator[str]:
    """The variables whose object a statement itself may change in place."""
    if isinstance(stmt, ir.Assign):
        yield from stored(stmt.target)
        if stmt.augmented and isinstance(stmt.target, ir.Name):
            yield stmt.target.name
    elif isinstance(stmt, ir.For):
        yield from stored(stmt.target)
    elif isinstance(stmt, ir.Verbatim):
        yield from stmt.mutates
    for expr in ir.expressions(stmt):
        for node in ir.walk(expr):
            if isinstance(node, (ir.Opaque, ir.Call)):
                yield from node.mutates
            elif isinstance(node, ir.Op) and node.callee in IN_PLACE:
                if isinstance(node.args[0], ir.Read):
                    yield node.args[0].name


def stored(target: ir.Target) -> Iterator[str]:
    """The variables of which an assignment changes a part."""
    if isinstance(target, ir.Item):
        yield target.name
    elif isinstance(target, ir.Unpack):
        for part in target.targets:
            yield from stored(part)
    elif isinstance(target, ir.OtherTarget):
        yield from target.mutates
