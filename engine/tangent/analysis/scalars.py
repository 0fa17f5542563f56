"""Which variables certainly hold numbers: immutable, of rank zero.

Flow-insensitive and optimistic: every variable is assumed to be a number until one of its
bindings may be something else. ``x += y`` rebinds a number and changes an array in place, so
this decides what an augmented assignment does.
"""

from __future__ import annotations

from typing import Any

import gast

from tangent.ir import nodes as ir
from tangent.rules import registry
from tangent.rules.declare import BROADCAST, SCALAR

_NUMBER_ANNOTATIONS = frozenset({"float", "int", "bool", "complex"})
_SCALAR_CALLEES = frozenset(
    {
        "compare",
        "operator.not_",
        "builtins.len",
        "builtins.int",
        "builtins.float",
        "builtins.round",
        "builtins.bool",
        "builtins.complex",
        "attribute.size",
        "attribute.ndim",
        "numpy.size",
        "numpy.ndim",
        "operator.and_",
        "operator.or_",
        "operator.xor",
        "operator.lshift",
        "operator.rshift",
    }
)
# Operators and builtins that give a number for numbers, whatever else they may do.
_CLOSED = frozenset(
    {
        "operator.floordiv",
        "operator.mod",
        "operator.invert",
        "builtins.abs",
        "builtins.min",
        "builtins.max",
        "builtins.pow",
        "builtins.divmod",
    }
)


def is_number_annotation(node: Any) -> bool:
    """Whether an annotation promises a Python number."""
    if isinstance(node, gast.Constant):
        return node.value in _NUMBER_ANNOTATIONS
    return isinstance(node, gast.Name) and node.id in _NUMBER_ANNOTATIONS


def scalar_variables(function: ir.Function, body: ir.Block) -> frozenset[str]:
    """The variables of the function that always hold a number."""
    bindings: dict[str, list[ir.Expr | None]] = {}
    for param in function.params:
        known = is_number_annotation(param.annotation)
        bindings.setdefault(param.name, []).extend([] if known else [None])
    for name in function.captured:
        bindings.setdefault(name, []).append(None)
    for stmt in ir.statements(body):
        if isinstance(stmt, ir.Assign):
            _bind(stmt.target, stmt.value, bindings)
        elif isinstance(stmt, ir.For):
            if isinstance(stmt.target, ir.Name) and counts(stmt.iter):
                bindings.setdefault(stmt.target.name, []).append(ir.Const(0))
            else:
                _bind(stmt.target, None, bindings)
        else:
            for name in ir.binds(stmt):
                bindings.setdefault(name, []).append(None)
    scalars = frozenset(bindings)
    while True:
        kept = frozenset(
            name
            for name in scalars
            if all(v is not None and is_scalar(v, scalars) for v in bindings[name])
        )
        if kept == scalars:
            return kept
        scalars = kept


def _bind(
    target: ir.Target, value: ir.Expr | None, bindings: dict[str, list[ir.Expr | None]]
) -> None:
    if isinstance(target, ir.Unpack):
        parts: tuple[ir.Expr | None, ...] = (None,) * len(target.targets)
        if isinstance(value, ir.Op) and value.callee in ("tuple", "list"):
            if len(value.args) == len(target.targets):
                parts = value.args
        for part, part_value in zip(target.targets, parts):
            _bind(part, part_value, bindings)
    else:
        for name in ir.bound_names(target):
            bindings.setdefault(name, []).append(value)


def counts(iterable: ir.Expr) -> bool:
    """Whether an iterable gives integers: a range, or a reversed one."""
    if isinstance(iterable, ir.Op) and iterable.callee == "builtins.reversed":
        return counts(iterable.args[0])
    return isinstance(iterable, ir.Op) and iterable.callee == "builtins.range"


def is_scalar(expr: ir.Expr, scalars: frozenset[str]) -> bool:
    """Whether an expression certainly gives a number, given the variables that hold one."""
    if isinstance(expr, ir.Const):
        return isinstance(expr.value, (int, float, complex))
    if isinstance(expr, ir.Read):
        return expr.name in scalars
    if not isinstance(expr, ir.Op):
        return False
    if expr.callee in _SCALAR_CALLEES:
        return expr.callee not in ("operator.and_", "operator.or_", "operator.xor", "compare") or (
            all(is_scalar(a, scalars) for a in expr.args)
        )
    if expr.callee in ("select", "and", "or"):
        operands = expr.args[1:] if expr.callee == "select" else expr.args
        return all(is_scalar(a, scalars) for a in operands)
    if expr.callee in _CLOSED:
        return bool(expr.args) and all(is_scalar(a, scalars) for a in expr.args)
    rule = registry.rule_for(expr.callee)
    if rule is None:
        return False
    if rule.shape == SCALAR:
        return True
    return rule.shape == BROADCAST and all(is_scalar(a, scalars) for a in ir.children(expr))
