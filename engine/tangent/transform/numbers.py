"""Items that a function uses as numbers, said to be numbers.

In ``s = a[i, j]; s -= v`` the variable ``s`` is a number, unless ``a`` has more than two
dimensions: then it is a view, and ``a`` changes with it. Where the difference matters and the
rest of the function shows which is meant, the derivative asks: ``s = number(a[i, j])``.
"""

from __future__ import annotations

from tangent.analysis.aliasing import Aliases, Place
from tangent.analysis.shapes import Shapes
from tangent.analysis.sharing import number_items
from tangent.analysis.versions import Versions
from tangent.ir import nodes as ir


def with_numbers(
    body: ir.Block, versions: Versions, aliases: Aliases, shapes: Shapes, shared: set[Place]
) -> ir.Block:
    """The body with items that would share ``shared`` memory, but are used as numbers, as such."""
    items = number_items(body, versions, shapes)

    def block(stmts: ir.Block) -> ir.Block:
        return [statement(stmt) for stmt in stmts]

    def statement(stmt: ir.Stmt) -> ir.Stmt:
        if isinstance(stmt, ir.Assign) and isinstance(stmt.target, ir.Name):
            value = versions.bound[stmt][stmt.target.name]
            if stmt.value in items and aliases.roots(value) & shared:
                number = ir.Op("tangent.number", (stmt.value,), span=stmt.value.span)
                return ir.Assign(stmt.target, number, span=stmt.span)
        inner = ir.blocks(stmt)
        return ir.with_blocks(stmt, [block(b) for b in inner]) if inner else stmt

    return block(body)
