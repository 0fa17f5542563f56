"""Algebra that keeps both value and shape: constants folded, units dropped.

Nothing here drops an operand that is not a literal: ``0 * x`` stays, for it has the shape of
``x`` and may be NaN.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from tangent.ir import nodes as ir

_SIGNS = {
    "operator.add": "+",
    "operator.sub": "-",
    "operator.mul": "*",
    "operator.truediv": "/",
    "operator.pow": "**",
    "operator.neg": "-",
}
_FOLD: dict[str, Callable[..., Any]] = {
    "operator.add": operator.add,
    "operator.sub": operator.sub,
    "operator.mul": operator.mul,
    "operator.neg": operator.neg,
}


def binary(callee: str, left: ir.Expr, right: ir.Expr) -> ir.Expr:
    """``left <op> right``, simplified."""
    return simplify(ir.Op(callee, (left, right), form=ir.Form.OPERATOR, detail=(_SIGNS[callee],)))


def add(left: ir.Expr, right: ir.Expr) -> ir.Expr:
    """``left + right``; the same term twice is twice the term, and ``a + (-b)`` is ``a - b``."""
    if same(left, right):
        return double(left)
    if isinstance(right, ir.Op) and right.callee == "operator.neg":
        return binary("operator.sub", left, right.args[0])
    leading = _negated_product(right)
    if leading is not None:
        return binary("operator.sub", left, leading)
    return binary("operator.add", left, right)


def _negated_product(expr: ir.Expr) -> ir.Expr | None:
    """``b * c`` of ``-b * c``."""
    if not isinstance(expr, ir.Op) or expr.callee not in ("operator.mul", "operator.truediv"):
        return None
    first, second = expr.args
    if isinstance(first, ir.Op) and first.callee == "operator.neg":
        return binary(expr.callee, first.args[0], second)
    inner = _negated_product(first)
    return None if inner is None else binary(expr.callee, inner, second)


def double(term: ir.Expr) -> ir.Expr:
    """``2.0 * term``, the factor beside the last factor of a product."""
    two = ir.Const(2.0)
    if isinstance(term, ir.Op) and term.callee == "operator.mul":
        return binary("operator.mul", term.args[0], binary("operator.mul", two, term.args[1]))
    return binary("operator.mul", two, term)


def negate(term: ir.Expr) -> ir.Expr:
    return simplify(ir.Op("operator.neg", (term,), form=ir.Form.OPERATOR, detail=("-",)))


def _is(expr: ir.Expr, number: float) -> bool:
    return isinstance(expr, ir.Const) and type(expr.value) in (int, float) and expr.value == number


def _number(expr: ir.Expr) -> bool:
    return isinstance(expr, ir.Const) and type(expr.value) in (int, float)


def simplify(expr: ir.Expr) -> ir.Expr:
    """One operation, simplified; its operands are taken to be simple already."""
    if not isinstance(expr, ir.Op) or expr.form is not ir.Form.OPERATOR:
        return expr
    callee = expr.callee
    if callee in _FOLD and all(_number(a) for a in expr.args):
        value = _FOLD[callee](*(a.value for a in expr.args))  # type: ignore[union-attr]
        if not isinstance(value, float) or math.isfinite(value):
            return ir.Const(value)
    if callee == "operator.neg":
        (inner,) = expr.args
        if isinstance(inner, ir.Op) and inner.callee == "operator.neg":
            return inner.args[0]
        return expr
    if callee not in _SIGNS:
        return expr
    left, right = expr.args
    if callee == "operator.mul":
        return _product(expr, left, right)
    if callee in ("operator.truediv", "operator.pow"):
        return left if _is(right, 1) else expr
    if _is(right, 0):
        return left
    if _is(left, 0):
        return right if callee == "operator.add" else negate(right)
    return expr


def _product(expr: ir.Op, left: ir.Expr, right: ir.Expr) -> ir.Expr:
    if _is(left, 1):
        return right
    if _is(right, 1):
        return left
    if _is(right, -1):
        return negate(left)
    if _is(left, -1):
        return negate(right)
    return expr


def same(first: ir.Expr, second: ir.Expr) -> bool:
    """Whether two expressions are written the same and so have the same value here."""
    if first is second:
        return True
    if type(first) is not type(second):
        return False
    if isinstance(first, ir.Const):
        return repr(first.value) == repr(second.value)  # type: ignore[union-attr]
    if isinstance(first, ir.Read):
        return first.name == second.name  # type: ignore[union-attr]
    if isinstance(first, ir.Global):
        return first.text == second.text  # type: ignore[union-attr]
    if isinstance(first, ir.Primal):
        return same(first.node, second.node)  # type: ignore[union-attr]
    if isinstance(first, ir.Version):
        return first.value is second.value  # type: ignore[union-attr]
    if isinstance(first, ir.Op) and isinstance(second, ir.Op):
        return (
            first.callee == second.callee
            and first.detail == second.detail
            and first.callee != "list.pop"
            and len(first.args) == len(second.args)
            and [k for k, _ in first.keywords] == [k for k, _ in second.keywords]
            and all(same(a, b) for a, b in zip(ir.children(first), ir.children(second)))
        )
    return False
