"""Where a derivative is zero because of a step: rounding, `int`, `argmax`, `sign`.

The derivative is right, and still rarely what was meant, so it is said. A step is reported if
it depends on ``wrt`` and the result would depend on it, were it not for the step.
"""

from __future__ import annotations

from tangent.analysis.activity import Activity, find_activity
from tangent.analysis.versions import Value, Versions
from tangent.ir import nodes as ir
from tangent.lower.lower import Program
from tangent.rules import registry


def report_cuts(
    program: Program,
    function: ir.Function,
    body: ir.Block,
    versions: Versions,
    wrt: list[Value],
    results: tuple[Value, ...],
) -> None:
    """Adds a warning for every step on the way from ``wrt`` to a result."""
    steps = [
        (stmt, node)
        for stmt in ir.statements(body)
        if isinstance(stmt, ir.Assign)
        for node in ir.walk(stmt.value)
        if isinstance(node, ir.Op) and registry.is_cut(node.callee)
    ]
    if not steps:
        return
    activity = find_activity(body, versions, wrt, results, through_cuts=True)
    for stmt, op in steps:
        bound = versions.bound[stmt].values()
        if any(activity.is_active(v) for v in bound) and _varied(activity, versions, op):
            if op.span is not None:
                name = op.callee.rpartition(".")[2]
                program.warn(
                    function.source,
                    op.span,
                    "cut",
                    f"the derivative of `{name}` is zero: nothing passes through it",
                    "if that is meant, write tangent.stop_gradient(...) around its argument",
                )


def _varied(activity: Activity, versions: Versions, op: ir.Op) -> bool:
    return any(versions.of.get(read) in activity.varied for read in ir.reads(op))
