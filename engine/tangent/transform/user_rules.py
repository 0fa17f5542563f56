"""Rules that users write as functions: ``d[x] = d[result] * 3 * x * x``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import gast

from tangent.ir import nodes as ir
from tangent.resolve.symbols import FunctionSource


class TemplateError(Exception):
    """A user's rule is not of a form that can be inlined; ``node`` is where."""

    def __init__(self, node: Any, message: str):
        super().__init__(message)
        self.node = node


class Template:
    """The body of a rule: assignments to ``d[v]`` and to plain intermediate names.

    ``lower`` turns a syntax tree into IR as in the rule's own module; ``of`` are the parameters
    of the function that the rule is for, where they are known.

    Raises `TemplateError` for a rule of another form, or with other parameters.
    """

    def __init__(
        self,
        function: FunctionSource,
        lower: Callable[[Any], ir.Expr],
        mode: str,
        of: tuple[str, ...] | None = None,
    ):
        self.function = function
        parameters = [a.id for a in function.node.args.args]
        if not parameters:
            raise TemplateError(function.node, "a rule's first parameter is the result")
        self.result, self.parameters = parameters[0], tuple(parameters[1:])
        for name in self.parameters:
            if of is not None and name not in of:
                raise TemplateError(
                    function.node,
                    f"it has the parameter `{name}`; those of the function are {', '.join(of)}",
                )
        self.terms: dict[str, ir.Expr] = {}
        self._uses = 0
        local: dict[str, ir.Expr] = {}
        for stmt in function.node.body:
            if isinstance(stmt, gast.Expr) and isinstance(stmt.value, gast.Constant):
                continue  # a docstring
            if not isinstance(stmt, gast.Assign) or len(stmt.targets) != 1:
                raise TemplateError(stmt, "a rule consists of assignments to `d[...]`")
            (target,) = stmt.targets
            value = ir.rebuild(lower(stmt.value), lambda e: _substituted(e, local))
            variable = _derivative_of(target)
            if variable is not None:
                assigned = self.parameters if mode == "reverse" else (self.result,)
                if variable not in assigned:
                    places = " or ".join(f"`d[{name}]`" for name in assigned)
                    raise TemplateError(stmt, f"it assigns to `d[{variable}]`, not to {places}")
                self.terms[variable] = value
            elif isinstance(target, gast.Name):
                local[target.id] = value
            else:
                raise TemplateError(stmt, "a rule assigns to `d[...]` or to a plain name")

        if mode == "forward" and self.result not in self.terms:
            raise TemplateError(function.node, f"it never assigns to `d[{self.result}]`")

    def fits(self, op: ir.Op) -> bool:
        """Whether the rule has a parameter for every argument of a call."""
        known = set(self.parameters[len(op.args) :])
        return len(op.args) <= len(self.parameters) and all(k in known for k, _ in op.keywords)

    def arguments(self, op: ir.Op) -> dict[str, ir.Expr]:
        """The arguments of a call of a library function by the parameters of the rule."""
        return {**dict(zip(self.parameters, op.args)), **dict(op.keywords)}

    def uses(self, *, cotangent_of: bool) -> int:
        """How often the terms use the cotangent of the result."""
        wanted = self.result if cotangent_of else None
        return sum(_derivative_read(n) == wanted for t in self.terms.values() for n in ir.walk(t))

    def adjoints(
        self, result: ir.Expr, cotangent: ir.Expr, arguments: Mapping[str, ir.Expr]
    ) -> dict[str, ir.Expr]:
        """The cotangent of every argument the rule gives one."""
        return self._terms({self.result: result, **arguments}, {self.result: cotangent})

    def tangent(
        self, result: ir.Expr, tangents: Mapping[str, ir.Expr], arguments: Mapping[str, ir.Expr]
    ) -> ir.Expr:
        """The tangent of the result."""
        terms = self._terms({self.result: result, **arguments}, tangents)
        return terms[self.result]

    def _terms(
        self, values: Mapping[str, ir.Expr], derivatives: Mapping[str, ir.Expr]
    ) -> dict[str, ir.Expr]:
        def replace(node: ir.Expr) -> ir.Expr | None:
            variable = _derivative_read(node)
            if variable is not None:
                return derivatives.get(variable, ir.Const(0.0))
            return values.get(node.name) if isinstance(node, ir.Read) else None

        return {v: ir.rebuild(term, replace) for v, term in self.terms.items()}


def _substituted(node: ir.Expr, local: Mapping[str, ir.Expr]) -> ir.Expr | None:
    return local.get(node.name) if isinstance(node, ir.Read) else None


def _derivative_of(target: Any) -> str | None:
    """``x`` of ``d[x]`` in the syntax tree."""
    if (
        isinstance(target, gast.Subscript)
        and isinstance(target.value, gast.Name)
        and target.value.id == "d"
        and isinstance(target.slice, gast.Name)
    ):
        return target.slice.id
    return None


def _derivative_read(node: ir.Expr) -> str | None:
    """``x`` of ``d[x]`` in the IR."""
    if isinstance(node, ir.Op) and node.callee == "operator.getitem":
        base, index = node.args
        if isinstance(base, (ir.Global, ir.Read)) and isinstance(index, ir.Read):
            if (base.text if isinstance(base, ir.Global) else base.name) == "d":
                return index.name
    return None
