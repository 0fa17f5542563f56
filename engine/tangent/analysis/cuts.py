"""Where a derivative is zero because of a step: rounding, `int`, `argmax`, `sign`, a comparison
used as a number.

The derivative is right, and still rarely what was meant, so it is said. A step is reported if
it depends on ``wrt`` and the result would depend on it, were it not for the step.
"""

from __future__ import annotations

from collections.abc import Iterator

from tangent.analysis.activity import Activity, differentiable_operands, find_activity, is_step
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
        for node in _steps(stmt.value)
    ]
    if not steps or any(d.severity == "error" for d in program.diagnostics):
        return
    activity = find_activity(body, versions, wrt, results, through_steps=True)
    for stmt, op in steps:
        bound = versions.bound[stmt].values()
        if op.span is None or not any(activity.is_active(v) for v in bound):
            continue
        if not _varied(activity, versions, op) or _is_returned_truth(stmt, op):
            continue
        if registry.is_cut(op.callee):
            what = f"`{op.callee.rpartition('.')[2]}`"
            hint = "if that is meant, write tangent.stop_gradient(...) around its argument"
        else:
            what = "a comparison that is used as a number"
            hint = "if that is meant, choose between values with a ternary or np.where"
        program.warn(
            function.source,
            op.span,
            "cut",
            f"the derivative of {what} is zero: nothing passes through it",
            hint,
        )


def _steps(expr: ir.Expr) -> Iterator[ir.Op]:
    """The outermost steps that the value of an expression would depend on."""
    if isinstance(expr, ir.Op) and is_step(expr):
        yield expr
        return
    for child in differentiable_operands(expr):
        yield from _steps(child)


def _is_returned_truth(stmt: ir.Assign, op: ir.Op) -> bool:
    """Whether a truth value is the result itself: that is refused."""
    return bool(stmt.display) and op is stmt.value and not registry.is_cut(op.callee)


def _varied(activity: Activity, versions: Versions, op: ir.Op) -> bool:
    return any(versions.of.get(read) in activity.varied for read in ir.reads(op))
