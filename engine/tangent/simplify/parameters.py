"""Parameters of generated functions that nothing reads, dropped with what is passed for them.

A function that is handed to another one is often only called there, and its derivative is called
by name: then the function itself need not be passed on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tangent.ir import nodes as ir


@dataclass(frozen=True)
class Signature:
    """The parameters of a generated function as they are written, and those that may go."""

    parameters: list[str]
    droppable: frozenset[str]

    @property
    def positional(self) -> list[str]:
        """The names of the parameters that are passed by position."""
        names: list[str] = []
        for parameter in self.parameters:
            if parameter.startswith("*"):
                break
            if parameter != "/":
                names.append(name_of(parameter))
        return names

    def without(self, dropped: frozenset[str]) -> list[str]:
        """The parameters that remain."""
        left = [p for p in self.parameters if name_of(p) not in dropped]
        if left[:1] == ["/"]:
            left = left[1:]
        last = [p for p in left if not p.startswith("**")][-1:]
        return [p for p in left if p != "*"] if last == ["*"] else left


def name_of(parameter: str) -> str:
    """The name in ``x: float = 1.0``."""
    found = re.match(r"\w+", parameter)
    return found.group() if found else ""


def unused_parameters(
    functions: Mapping[str, tuple[Signature, ir.Block]],
) -> dict[str, frozenset[str]]:
    """For each function the droppable parameters that neither it nor what it calls reads."""
    used: set[tuple[str, str]] = set()
    passed: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for name, (_, body) in functions.items():
        for stmt in ir.statements(body):
            for expr in ir.expressions(stmt):
                for node in _outside(expr, functions):
                    if isinstance(node, tuple):
                        parameter, read = node
                        passed.setdefault((name, read.name), set()).add(parameter)
                    else:
                        used.add((name, node.name))
    needed = {(n, p) for n, (signature, _) in functions.items() for p in signature.droppable}
    needed &= used
    while True:
        more = {place for place, to in passed.items() if to & needed} - needed
        if not more:
            break
        needed |= more
    return {
        name: frozenset(p for p in signature.droppable if (name, p) not in needed)
        for name, (signature, _) in functions.items()
    }


_Passed = tuple[tuple[str, str], ir.Read]


def _outside(
    expr: ir.Expr, functions: Mapping[str, tuple[Signature, ir.Block]]
) -> list[ir.Read | _Passed]:
    """The reads in an expression; those that are only passed for a droppable parameter with
    the function and the parameter."""
    if isinstance(expr, ir.Read):
        return [expr]
    out: list[ir.Read | _Passed] = []
    called = functions.get(called_name(expr))
    for child, parameter in _operands(expr, called):
        if called is not None and parameter in called[0].droppable:
            out += [((called_name(expr), parameter), r) for r in ir.reads(child)]
        else:
            out += _outside(child, functions)
    return out


def _operands(
    expr: ir.Expr, called: tuple[Signature, ir.Block] | None
) -> list[tuple[ir.Expr, str]]:
    if called is None or not isinstance(expr, ir.Op):
        return [(child, "") for child in ir.children(expr)]
    names = called[0].positional
    padded = [*names, *[""] * len(expr.args)]
    return [*zip(expr.args, padded), *((value, name) for name, value in expr.keywords)]


def called_name(expr: ir.Expr) -> str:
    """The generated function that an expression calls, if it does."""
    if isinstance(expr, ir.Op) and expr.callee == "generated":
        if isinstance(expr.function, ir.Global):
            return expr.function.text
    return ""


def without_arguments(
    body: ir.Block,
    functions: Mapping[str, tuple[Signature, ir.Block]],
    unused: Mapping[str, frozenset[str]],
) -> None:
    """Takes what is passed for dropped parameters out of the calls in a body."""
    for stmt in ir.statements(body):
        for expr in ir.expressions(stmt):
            for node in ir.walk(expr):
                dropped = unused.get(called_name(node))
                if not dropped or not isinstance(node, ir.Op):
                    continue
                names = functions[called_name(node)][0].positional
                padded = [*names, *[""] * len(node.args)]
                node.args = tuple(a for a, n in zip(node.args, padded) if n not in dropped)
                node.keywords = tuple((k, v) for k, v in node.keywords if k not in dropped)
    for stmt in ir.statements(body):
        for expr in ir.expressions(stmt):
            _forget(expr)


def _forget(expr: ir.Expr) -> None:
    """Operands have changed: what `ir.walk` remembers of them is no longer true."""
    for child in ir.children(expr):
        _forget(child)
    if isinstance(expr, ir.Op):
        expr.below = None
