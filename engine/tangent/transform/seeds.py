"""Whether a derivative has to look at the shape of its seed.

The default seed is the number 1. For a result that is a number it is exact. Where the result
may be an array, a number in its place is right only as long as everything down to the arguments
is elementwise, and then stands for a seed of ones; as soon as something is summed, contracted or
indexed, a seed of the wrong shape would give wrong numbers.
"""

from __future__ import annotations

from tangent.analysis.shapes import NUMBER, Atom, Shape, Shapes
from tangent.ir import nodes as ir
from tangent.rules import registry

# A shape of which nothing is known.
ANY_SHAPE: Shape = frozenset({Atom("any")})

# Operations that do not mix elements, beside the elementwise ones.
_HARMLESS = frozenset(
    {
        "and",
        "builtins.len",
        "builtins.range",
        "builtins.reversed",
        "compare",
        "constant",
        "list.append",
        "list.pop",
        "operator.not_",
        "or",
        "select",
        "tangent.snapshot",
        "tangent.zeros_like",
        "tuple",
    }
)


def needs_seed_check(block: ir.Block, result: Shape, shapes: Shapes) -> bool:
    """Whether the seed of a result of this shape must be checked at run time."""
    if result == NUMBER:
        return False
    return any(
        not _elementwise(node)
        for stmt in ir.statements(block)
        for expr in ir.expressions(stmt)
        for node in ir.walk(expr)
        if isinstance(node, ir.Op)
    )


def _elementwise(op: ir.Op) -> bool:
    if op.callee in _HARMLESS:
        return True
    rule = registry.rule_for(op.callee)
    return rule is not None and rule.elementwise
