"""Which values certainly are numbers, arrays or tensors, and no lists or tuples.

It decides how adjoints are added: ``+`` on lists would join them, and an item of a tuple cannot
be assigned. A value is numeric if it comes out of arithmetic, if arithmetic is done with it, if
an array's attribute or method is asked of it, or if its annotation says so.
"""

from __future__ import annotations

from typing import Any

import gast

from tangent.analysis.shapes import Shapes, rank_of
from tangent.analysis.versions import Value, Versions
from tangent.ir import nodes as ir
from tangent.rules import registry

_ARRAY_NAMES = frozenset({"ndarray", "NDArray", "Array", "ArrayLike", "Tensor", "Variable"})
_CONTAINERS = frozenset(
    {
        "and",
        "builtins.sorted",
        "dict",
        "dict.get",
        "list",
        "list.pop",
        "operator.getitem",
        "or",
        "select",
        "tuple",
    }
)

_COPY = "numpy.ndarray.copy"  # of a list or dictionary too


class Numeric:
    """The result of `find_numeric`."""

    def __init__(self, evidence: set[Value], versions: Versions, shapes: Shapes):
        self._evidence = evidence
        self._versions = versions
        self._shapes = shapes

    def is_numeric(self, value: Value) -> bool:
        """Whether a value is certainly no container."""
        seen: set[Value] = set()
        stack = [value]
        while stack:
            current = stack.pop()
            if current in seen or current in self._evidence:
                continue
            seen.add(current)
            if rank_of(self._shapes.of_value(current)) is not None:
                continue
            if current.kind in ("head", "join", "told", "exit", "mutated") and current.inputs:
                stack.extend(current.inputs)
            elif isinstance(current.expr, ir.Read):
                stack.append(self._versions.of[current.expr])
            elif isinstance(current.expr, ir.Op) and current.expr.callee == _COPY:
                (copied,) = current.expr.args
                if not isinstance(copied, ir.Read):
                    return _makes_number(copied)
                stack.append(self._versions.of[copied])
            elif not _makes_number(current.expr):
                return False
        return True


def _makes_number(expr: ir.Expr | None) -> bool:
    if isinstance(expr, ir.Const):
        return isinstance(expr.value, (int, float, complex))
    if not isinstance(expr, ir.Op) or expr.callee in _CONTAINERS:
        return False
    if expr.callee.startswith("tangent."):
        return False  # a helper of derivative code may work on containers too
    if expr.form is ir.Form.OPERATOR:
        return not _has_display(expr)
    if registry.is_zero_gradient(expr.callee):
        return True
    rule = registry.rule_for(expr.callee)
    return rule is not None and not rule.several and not rule.structural


def _has_display(op: ir.Op) -> bool:
    """Whether an operand is written out as a list or tuple: ``+`` and ``*`` give lists then."""
    return any(isinstance(a, ir.Op) and a.callee in ("tuple", "list") for a in op.args)


def find_numeric(
    function: ir.Function, body: ir.Block, versions: Versions, shapes: Shapes
) -> Numeric:
    """Collects the evidence in a function."""
    evidence: set[Value] = set()
    for param in function.params:
        if _names_array(param.annotation):
            evidence.add(versions.params[param.name])
    for stmt in ir.statements(body):
        for expr in ir.expressions(stmt):
            for node in ir.walk(expr):
                if isinstance(node, ir.Op) and _is_evidence(node):
                    for arg in node.args[: 1 if node.form is ir.Form.SUBSCRIPT else None]:
                        if _is_slice(arg) and node.callee in _NO_JOIN:
                            arg = arg.args[0]  # type: ignore[union-attr]
                        if isinstance(arg, ir.Read):
                            evidence.add(versions.of[arg])
                elif isinstance(node, ir.Op) and node.callee.startswith("tensorflow."):
                    evidence.update(versions.of[read] for read in _tensors(node))
    return Numeric(evidence, versions, shapes)


# Arithmetic that slices of lists do not know.
_NO_JOIN = frozenset(f"operator.{n}" for n in ("sub", "truediv", "pow", "neg", "matmul"))


def _is_slice(expr: ir.Expr) -> bool:
    return (
        isinstance(expr, ir.Op)
        and expr.callee == "operator.getitem"
        and isinstance(expr.args[1], ir.Op)
        and expr.args[1].callee == "slice"
    )


def _is_evidence(op: ir.Op) -> bool:
    if op.form is ir.Form.SUBSCRIPT:
        index = op.args[1]
        return isinstance(index, ir.Op) and index.callee == "tuple"
    if op.form is ir.Form.OPERATOR:
        known = op.callee.startswith("operator.") and op.callee != "operator.not_"
        return known and not _has_display(op)
    return op.form is ir.Form.ATTRIBUTE


def _tensors(op: ir.Op) -> list[ir.Read]:
    """The variables that a function of TensorFlow takes as one tensor each."""
    rule = registry.rule_for(op.callee)
    if rule is None:
        return []
    positional = zip(rule.parameter_names[0], op.args)
    return [
        arg
        for parameter, arg in (*positional, *op.keywords)
        if isinstance(arg, ir.Read) and parameter in rule.adjoint and parameter != rule.sequence
    ]


def _names_array(annotation: Any) -> bool:
    if annotation is None:
        return False
    return any(
        (isinstance(n, gast.Name) and n.id in _ARRAY_NAMES)
        or (isinstance(n, gast.Attribute) and n.attr in _ARRAY_NAMES)
        for n in gast.walk(annotation)
    )
