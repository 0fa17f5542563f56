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
        "operator.not_",
        "builtins.len",
        "builtins.int",
        "builtins.float",
        "builtins.bool",
        "builtins.complex",
        "attribute.size",
        "attribute.ndim",
        "numpy.size",
        "numpy.ndim",
    }
)
# Operators and builtins that give a number for numbers, whatever else they may do.
_CLOSED = frozenset(
    {
        "and",
        "or",
        "compare",
        "operator.and_",
        "operator.or_",
        "operator.xor",
        "operator.lshift",
        "operator.rshift",
        "builtins.round",
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


def is_integer_annotation(node: Any) -> bool:
    """Whether an annotation promises an integer (or a truth value)."""
    name = node.value if isinstance(node, gast.Constant) else getattr(node, "id", None)
    return name in ("int", "bool")


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
    return _closure(bindings)


def _closure(bindings: dict[str, list[ir.Expr | None]]) -> frozenset[str]:
    """The variables of which every binding is a number, if the variables in it are."""
    users: dict[str, list[str]] = {}
    others: list[str] = []
    for name, values in bindings.items():
        for value in values:
            needs = None if value is None else _needs(value)
            if needs is None:
                others.append(name)
                break
            for needed in needs:
                users.setdefault(needed, []).append(name)
                if needed not in bindings:
                    others.append(name)
    known_not: set[str] = set()
    while others:
        name = others.pop()
        if name not in known_not:
            known_not.add(name)
            others.extend(users.get(name, ()))
    return frozenset(bindings) - known_not


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
    """Whether an iterable gives integers: a range, a reversed one, or a part of one."""
    if isinstance(iterable, ir.Op) and iterable.callee == "builtins.reversed":
        return counts(iterable.args[0])
    if isinstance(iterable, ir.Op) and iterable.callee == "operator.getitem":
        index = iterable.args[1]
        return isinstance(index, ir.Op) and index.callee == "slice" and counts(iterable.args[0])
    return isinstance(iterable, ir.Op) and iterable.callee == "builtins.range"


def _needs(expr: ir.Expr) -> set[str] | None:
    """The variables that must hold numbers for an expression to give one; None if it may give
    something else even then."""
    if isinstance(expr, ir.Const):
        return set() if isinstance(expr.value, (int, float, complex)) else None
    if isinstance(expr, ir.Read):
        return {expr.name}
    if not isinstance(expr, ir.Op):
        return None
    if expr.callee in _SCALAR_CALLEES:
        return set()
    if expr.callee == "select":
        return _all_need(expr.args[1:])
    if expr.callee in _CLOSED:
        return _all_need(expr.args) if expr.args else None
    rule = registry.rule_for(expr.callee)
    if rule is None:
        return None
    if rule.shape == SCALAR:
        return set()
    return _all_need(ir.children(expr)) if rule.shape == BROADCAST else None


def _all_need(exprs: tuple[ir.Expr, ...]) -> set[str] | None:
    names: set[str] = set()
    for expr in exprs:
        needs = _needs(expr)
        if needs is None:
            return None
        names |= needs
    return names
