"""Jumps put where Python wants them: at the end of a path, with nothing after it that must run.

In the IR what follows a branch that ends in `ir.Break` or `ir.Continue` still runs (see there),
so passes can add to the end of a loop body. Here that is made so in the text.
"""

from __future__ import annotations

from tangent.ir import nodes as ir


def settle_jumps(block: ir.Block) -> ir.Block:
    """The block with every jump the last thing that happens on its path."""
    out: ir.Block = []
    for i, stmt in enumerate(block):
        inner = [settle_jumps(nested) for nested in ir.blocks(stmt)]
        if isinstance(stmt, (ir.Break, ir.Continue)):
            return [*out, *settle_jumps(block[i + 1 :]), stmt]
        if inner:
            stmt = ir.with_blocks(stmt, inner)
        kinds = {type(jump) for jump in ir.jumps([stmt])}
        rest = block[i + 1 :]
        if kinds and any(not isinstance(s, ir.Comment) for s in rest):
            if ir.Break in kinds and isinstance(stmt, ir.If):
                rest = settle_jumps(rest)
                branches = [_with_rest(branch, rest) for branch in ir.blocks(stmt)]
                return [*out, ir.with_blocks(stmt, branches)]
            stmt = _without_continue(stmt)
        out.append(stmt)
    return out


def _with_rest(block: ir.Block, rest: ir.Block) -> ir.Block:
    """The block and what follows it, before the jumps in the block."""
    if block and isinstance(block[-1], ir.Break):
        return [*block[:-1], *rest, block[-1]]
    if block and isinstance(block[-1], ir.Continue):
        return [*block[:-1], *rest]
    return settle_jumps([*block, *rest])


def _without_continue(stmt: ir.Stmt) -> ir.Stmt:
    if isinstance(stmt, (ir.For, ir.While)):
        return stmt
    inner = [
        [_without_continue(s) for s in block if not isinstance(s, ir.Continue)]
        for block in ir.blocks(stmt)
    ]
    return ir.with_blocks(stmt, inner) if inner else stmt
