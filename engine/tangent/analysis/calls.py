"""How the arguments of an operation meet the signature of its rule."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gast

from tangent.ir import nodes as ir
from tangent.lower.scopes import own_nodes
from tangent.resolve.symbols import FunctionSource
from tangent.rules.declare import UNKNOWN, Rule


class BindingError(Exception):
    """A call does not fit the signature its rule knows."""


@dataclass(eq=False, slots=True)
class Binding:
    """The arguments of one operation by parameter. ``star`` are those of ``*args``.
    ``keywords`` are the parameters that were passed by keyword."""

    rule: Rule
    arguments: dict[str, ir.Expr]
    star: tuple[ir.Expr, ...]
    keywords: frozenset[str]

    def varargs(self) -> str | None:
        vararg = self.rule.parameters.vararg
        return None if vararg is None else vararg.arg

    def operands(self, operand: Callable[[ir.Expr], ir.Expr]) -> dict[str, ir.Expr]:
        """The arguments as a template refers to them: each by ``operand``, those of ``*args``
        that carry a derivative as a tuple."""
        out = {p: operand(a) for p, a in self.arguments.items()}
        name = self.varargs()
        if name is not None and name in self.arguments:
            out[name] = ir.Op("tuple", tuple(map(operand, self.star)), form=ir.Form.DISPLAY)
        return out


def bind(rule: Rule, op: ir.Op) -> Binding:
    """The arguments of ``op`` by the parameters of ``rule``.

    Raises `BindingError` with a sentence for the user if they do not fit.
    """
    signature = rule.parameters
    positional, accepted, required = rule.parameter_names
    arguments = dict(zip(positional, op.args))
    star = op.args[len(positional) :]
    if star and signature.vararg is None:
        raise BindingError(
            f"`{rule.name}` is known with {len(positional)} positional arguments,"
            f" not {len(op.args)}"
        )
    for name, value in op.keywords:
        if name not in accepted:
            raise BindingError(f"`{rule.name}` is not known with the keyword argument `{name}`")
        if name in arguments:
            raise BindingError(f"`{rule.name}` gets two values for `{name}`")
        arguments[name] = value
    for name in required:
        if name not in arguments:
            if rule.name.startswith(("builtins.", "operator.")):
                shown, count = rule.name.partition(".")[2], len(required)
                raise BindingError(f"`{shown}` is known with {count} arguments, not {len(op.args)}")
            raise BindingError(f"`{rule.name}` needs the argument `{name}`")
    vararg = signature.vararg
    if vararg is not None and vararg.arg in rule.adjoint:
        arguments[vararg.arg] = ir.Op("tuple", star, form=ir.Form.DISPLAY)
    return Binding(rule, arguments, star, frozenset(k for k, _ in op.keywords))


def default_of(rule: Rule, parameter: str) -> Any:
    """The literal default of a parameter in the rule's signature; `UNKNOWN` if it has none."""
    signature = rule.parameters
    plain = [*signature.posonlyargs, *signature.args]
    offset = len(plain) - len(signature.defaults)
    for i, arg in enumerate(plain):
        if arg.arg == parameter and i >= offset:
            return _literal(signature.defaults[i - offset])
    for arg, default in zip(signature.kwonlyargs, signature.kw_defaults):
        if arg.arg == parameter and default is not None:
            return _literal(default)
    return UNKNOWN


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return UNKNOWN


def returns_displays(source: FunctionSource) -> bool:
    """Whether a function returns a tuple or list that is written out, on every path."""
    if isinstance(source.node, gast.Lambda):
        return isinstance(source.node.body, (gast.Tuple, gast.List))
    returned = [n.value for n in own_nodes(source.node.body) if isinstance(n, gast.Return)]
    return bool(returned) and all(isinstance(v, (gast.Tuple, gast.List)) for v in returned)


def arguments_of(call: ir.Call) -> dict[str, ir.Expr]:
    """The arguments of a call of a user function by parameter, captured variables last.
    Functions that it is given are none: they are part of which function it is."""
    arguments = call.function.node.args
    names = [a.id for a in (*arguments.posonlyargs, *arguments.args)]
    names += call.function.more or ()
    bound = dict(zip(names, call.args))
    if call.star is not None:
        bound[arguments.vararg.id] = call.star
    else:
        # More than it takes: an error when it runs, and to be reported before.
        bound.update((f"*{i}", a) for i, a in enumerate(call.args[len(names) :]))
    bound.update(call.keywords)
    bound.update(call.captured)
    return {p: a for p, a in bound.items() if p not in call.given}


def literal_of(expr: ir.Expr) -> Any:
    """The value of an expression that is written as a literal; `UNKNOWN` otherwise."""
    if isinstance(expr, ir.Const):
        return expr.value
    if isinstance(expr, ir.Op) and expr.callee in ("tuple", "list"):
        parts = [literal_of(a) for a in expr.args]
        if any(p is UNKNOWN for p in parts):
            return UNKNOWN
        return tuple(parts) if expr.callee == "tuple" else parts
    if isinstance(expr, ir.Op) and expr.callee == "operator.neg":
        value = literal_of(expr.args[0])
        return -value if isinstance(value, (int, float)) else UNKNOWN
    return UNKNOWN
