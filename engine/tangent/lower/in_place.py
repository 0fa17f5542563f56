"""Calls that change an array, as the assignments they are.

``np.exp(x, out=y)`` is ``y[...] = np.exp(x)``, ``y.fill(v)`` is ``y[...] = v``, ``np.add.at(y, i,
v)`` is ``y[i] += v`` for each time that ``i`` names an element. Where they carry no derivative
the text stays as it is.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Protocol

import gast

from tangent.ir import nodes as ir
from tangent.resolve.symbols import Library
from tangent.rules import registry
from tangent.source.text import Span

_ACCUMULATE = {
    "numpy.add.at": ("operator.add", "+"),
    "numpy.subtract.at": ("operator.sub", "-"),
}


class Lowering(Protocol):
    """What this module needs of `tangent.lower.lower`."""

    locals: set[str]

    def expr(self, node: Any) -> ir.Expr: ...

    def span(self, node: Any) -> Span: ...

    def fresh(self, base: str) -> str: ...


def evaluated(lowering: Lowering, node: Any) -> ir.Block | None:
    """An expression statement that changes an array in place; None if it is any other."""
    call = node.value
    if not isinstance(call, gast.Call) or any(isinstance(a, gast.Starred) for a in call.args):
        return None
    callee = _callee(lowering, call)
    plain = not call.keywords
    if callee in _ACCUMULATE and len(call.args) == 3 and plain:
        return _accumulation(lowering, node, call, *_ACCUMULATE[callee])
    make = _ASSIGNMENTS.get(callee)
    if make is not None and len(call.args) == 2 and plain:
        target, value = call.args
        return make(lowering, node, target, value)
    func = call.func
    if callee == "" and isinstance(func, gast.Attribute) and plain:
        if func.attr == "fill" and len(call.args) == 1:
            return _stored(lowering, node, func.value, lambda _: lowering.expr(call.args[0]))
        if func.attr == "sort" and not call.args:
            return _stored(lowering, node, func.value, lambda base: ir.Op("numpy.sort", (base,)))
    written = with_output(lowering, node, call)
    return None if written is None else written[0]


def with_output(lowering: Lowering, stmt: Any, call: Any) -> tuple[ir.Block, ir.Expr] | None:
    """``np.f(x, out=y)`` as an assignment, and the value it has; None for any other call."""
    if not isinstance(call, gast.Call):
        return None
    outputs = [k.value for k in call.keywords if k.arg == "out"]
    without = copy.copy(call)
    without.keywords = [k for k in call.keywords if k.arg != "out"]
    callee = _callee(lowering, call)
    rule = registry.rule_for(callee) if callee else None
    if not outputs and rule is not None and rule.elementwise and callee.startswith("numpy."):
        known = len(rule.parameters.posonlyargs) + len(rule.parameters.args)
        if rule.parameters.vararg is None and len(call.args) == known + 1:
            outputs = [call.args[-1]]
            without.args = call.args[:-1]
    if len(outputs) != 1:
        return None
    if rule is None and not (
        callee == "" and isinstance(call.func, gast.Attribute) and registry.method(call.func.attr)
    ):
        return None
    output = outputs[0]
    if isinstance(output, gast.Tuple) and len(output.elts) == 1:
        output = output.elts[0]
    block = _stored(lowering, stmt, output, lambda _: lowering.expr(without))
    if block is None:
        return None
    stored = block[-1]
    assert isinstance(stored, ir.Assign) and isinstance(stored.target, ir.Item)
    target = stored.target
    whole = ir.Read(target.name, lowering.span(output))
    if isinstance(target.index, ir.Const):
        return block, whole
    item = (whole, lowering.expr(output.slice))
    return block, ir.Op("operator.getitem", item, form=ir.Form.SUBSCRIPT, span=whole.span)


def _callee(lowering: Lowering, call: Any) -> str:
    """The dotted name of a library's function; "" for anything else."""
    root = call.func
    while isinstance(root, gast.Attribute):
        root = root.value
    if not isinstance(root, gast.Name) or root.id in lowering.locals:
        return ""
    found = lowering.expr(call.func)
    symbol = found.symbol if isinstance(found, ir.Global) else None
    return symbol.dotted if isinstance(symbol, Library) else "?"


def _has_slice(index: Any) -> bool:
    parts = index.elts if isinstance(index, gast.Tuple) else [index]
    return any(isinstance(p, gast.Slice) for p in parts)


def _stored(
    lowering: Lowering, stmt: Any, output: Any, value: Callable[[ir.Expr], ir.Expr]
) -> ir.Block | None:
    """``output[...] = value``, where the value may be made of the output as it is."""
    span = lowering.span(stmt)
    place = lowering.span(output)
    if isinstance(output, gast.Name) and output.id in lowering.locals:
        item = ir.Item(output.id, ir.Const(Ellipsis), place)
        return [ir.Assign(item, value(ir.Read(output.id, place)), span=span, verbatim=True)]
    base = output
    while isinstance(base, (gast.Subscript, gast.Attribute)):
        base = base.value
    if base is output or not isinstance(base, gast.Name) or base.id not in lowering.locals:
        return None
    if isinstance(output, gast.Subscript) and base is output.value and _has_slice(output.slice):
        old = lowering.expr(output)
        item = ir.Item(base.id, lowering.expr(output.slice), place)
        return [ir.Assign(item, value(old), span=span, verbatim=True)]
    # It may be an element of a list: the element itself changes.
    name = lowering.fresh(f"{base.id}_part")
    lowering.locals.add(name)
    return [
        ir.Assign(ir.Name(name), lowering.expr(output), span=span),
        ir.Assign(ir.Item(name, ir.Const(Ellipsis)), value(ir.Read(name)), span=span),
    ]


def _accumulation(
    lowering: Lowering, stmt: Any, call: Any, callee: str, sign: str
) -> ir.Block | None:
    target, index, value = call.args
    if not isinstance(target, gast.Name) or target.id not in lowering.locals:
        return None
    span = lowering.span(stmt)
    where = lowering.expr(index)
    old = ir.Op(
        "operator.getitem",
        (ir.Read(target.id, lowering.span(target)), where),
        form=ir.Form.SUBSCRIPT,
        span=span,
    )
    total = ir.Op(
        callee, (old, lowering.expr(value)), form=ir.Form.OPERATOR, detail=(sign,), span=span
    )
    item = ir.Item(target.id, where, span, each=True)
    return [ir.Assign(item, total, augmented=True, span=span, verbatim=True)]


def _copied(lowering: Lowering, stmt: Any, target: Any, value: Any) -> ir.Block | None:
    return _stored(lowering, stmt, target, lambda _: lowering.expr(value))


def _on_diagonal(lowering: Lowering, stmt: Any, target: Any, value: Any) -> ir.Block | None:
    if not isinstance(target, gast.Name) or target.id not in lowering.locals:
        return None
    span = lowering.span(stmt)
    index = ir.Op("numpy.diag_indices_from", (ir.Read(target.id, span),), span=span)
    item = ir.Item(target.id, index, span)
    return [ir.Assign(item, lowering.expr(value), span=span, verbatim=True)]


_ASSIGNMENTS = {"numpy.copyto": _copied, "numpy.fill_diagonal": _on_diagonal}
