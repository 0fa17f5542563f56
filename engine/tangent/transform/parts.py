"""Derivatives with respect to a part of an argument: ``"params['w1']"``, ``"layers[0].w"``.

The part gets a name at the top of the function, and the derivative is taken with respect to
that name. Where the function only reads parts by literal keys, the name takes their place:
nothing else of the argument is active then. Where it does more with the argument, the argument
is rebuilt around the name.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from tangent.analysis.activity import is_inactive
from tangent.analysis.mutations import mutations
from tangent.derivative import Role
from tangent.ir import nodes as ir
from tangent.rules import registry

Step = tuple[str, str | int]  # ("item", key) or ("attribute", name)


class PartError(Exception):
    """The derivative with respect to a part cannot be had; with a sentence for the user."""


@dataclass(frozen=True)
class Part:
    """A part of an argument: its parameter, and the way from there."""

    param: str
    path: tuple[Step, ...]

    @property
    def text(self) -> str:
        """As Python writes it."""
        steps = (f".{key}" if kind == "attribute" else f"[{key!r}]" for kind, key in self.path)
        return self.param + "".join(steps)

    @property
    def name(self) -> str:
        """What to call it: ``params_w1``."""
        words = [self.param, *(re.sub(r"\W", "_", str(key)) for _, key in self.path)]
        return "_".join(words)

    def overlaps(self, other: Part) -> bool:
        """Whether one is, or may be, (a part of) the other."""
        return self.param == other.param and not _apart(self.path, other.path)


def parse_part(text: str) -> Part | None:
    """The part that a text names; None if it names none."""
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return None
    path: list[Step] = []
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Attribute):
            path.append(("attribute", node.attr))
        elif isinstance(node, ast.Subscript):
            try:
                key = ast.literal_eval(node.slice)
            except ValueError:
                return None
            if type(key) not in (str, int):
                return None
            path.append(("item", key))
        else:
            return None
        node = node.value
    return Part(node.id, tuple(reversed(path)))


def _apart(first: Iterable[Step], second: Iterable[Step]) -> bool:
    """Whether two ways from one object certainly lead to different ones."""
    for a, b in zip(first, second):
        if a != b:
            numbers = [key for kind, key in (a, b) if kind == "item" and type(key) is int]
            # -1 may be what 2 is, if there are three.
            return a[0] == b[0] and (not numbers or len({n < 0 for n in numbers}) == 1)
    return False


def name_parts(
    function: ir.Function, parts: dict[str, Part]
) -> tuple[ir.Function, tuple[ir.Stmt, ...]]:
    """The function with its parts under their names, and the statements that give them these.

    ``parts`` are by name. Raises `PartError`.
    """
    span = function.span
    opening: ir.Block = [
        ir.Assign(ir.Name(name), _access(part), span=span, role=Role.SEED)
        for name, part in parts.items()
    ]
    rebuilt: ir.Block = []
    body = function.body
    for param in dict.fromkeys(part.param for part in parts.values()):
        own = {name: part for name, part in parts.items() if part.param == param}
        if any(param in mutations(stmt) for stmt in ir.statements(body)):
            raise PartError(f"a part of `{param}`, which the function changes in place")
        bound = param in ir.bound_in(body)
        substitution = _Substitution(param, own)
        new = substitution.block(body)
        if not substitution.escapes and not bound:
            body = new
            continue
        for name, part in own.items():
            if any(kind == "attribute" for kind, _ in part.path):
                raise PartError(f"`{part.text}`: the function uses `{param}` as a whole")
            keys = tuple(ir.Const(key) for _, key in part.path)
            path = ir.Op("tuple", keys, form=ir.Form.DISPLAY)
            whole = ir.Op("tangent.with_part", (ir.Read(param), path, ir.Read(name)))
            rebuilt.append(ir.Assign(ir.Name(param), whole, span=span, role=Role.SEED))
    local = {*function.locals, *parts}
    return replace(function, body=[*opening, *rebuilt, *body], locals=local), tuple(opening)


def _access(part: Part) -> ir.Expr:
    expr: ir.Expr = ir.Read(part.param)
    for kind, key in part.path:
        if kind == "attribute":
            callee = registry.attribute(str(key)) or f"attribute.{key}"
            expr = ir.Op(callee, (expr,), form=ir.Form.ATTRIBUTE, detail=(str(key),))
        else:
            index = ir.Const(key)
            expr = ir.Op("operator.getitem", (expr, index), form=ir.Form.SUBSCRIPT)
    return expr


class _Substitution:
    """Puts names in the place of parts; ``escapes`` tells whether the argument is used in
    another way that may reach one."""

    def __init__(self, param: str, parts: dict[str, Part]):
        self.param = param
        self.parts = parts
        self.escapes = False

    def block(self, block: ir.Block) -> ir.Block:
        return [self.statement(stmt) for stmt in block]

    def statement(self, stmt: ir.Stmt) -> ir.Stmt:
        inner = ir.blocks(stmt)
        if inner:
            stmt = ir.with_blocks(stmt, [self.block(b) for b in inner])
        if isinstance(stmt, ir.Assign):
            value = self.expr(stmt.value)
            for expr in ir.target_expressions(stmt.target):
                self.expr(expr)
            if value is not stmt.value:
                return replace(stmt, value=value, verbatim=False)
        elif isinstance(stmt, (ir.Evaluate, ir.Return)) and stmt.value is not None:
            value = self.expr(stmt.value)
            if value is not stmt.value:
                return replace(stmt, value=value, verbatim=False)
        elif isinstance(stmt, (ir.If, ir.While)):
            cond = self.expr(stmt.cond)
            if cond is not stmt.cond:
                return replace(stmt, cond=cond, verbatim=False)
        elif isinstance(stmt, ir.For):
            iterable = self.expr(stmt.iter)
            if iterable is not stmt.iter:
                return replace(stmt, iter=iterable, verbatim=False)
        else:
            for expr in ir.expressions(stmt):
                self.expr(expr)
        return stmt

    def expr(self, expr: ir.Expr) -> ir.Expr:
        return ir.rebuild(expr, self.replacement)

    def replacement(self, node: ir.Expr) -> ir.Expr | None:
        if isinstance(node, ir.Op) and is_inactive(node):
            return node  # it tells nothing of the part that carries a derivative
        way = self.way(node)
        if way is None:
            if isinstance(node, (ir.Opaque, ir.Call)):
                taken = (
                    node.reads
                    if isinstance(node, ir.Opaque)
                    else [value for _, value in (*node.captured, *node.objects)]
                )
                names = [read.name for read in taken if isinstance(read, ir.Read)]
                self.escapes |= self.param in names
            return None
        for name, part in self.parts.items():
            if way == part.path:
                return ir.Read(name, node.span)
            if way[: len(part.path)] == part.path:
                return None  # an operand of it is the part
        self.escapes |= not all(_apart(way, part.path) for part in self.parts.values())
        return node

    def way(self, node: ir.Expr) -> tuple[Step, ...] | None:
        """The way from the parameter to what an expression reads; None if it reads no part."""
        if isinstance(node, ir.Read):
            return () if node.name == self.param else None
        if not isinstance(node, ir.Op) or not node.args:
            return None
        base = self.way(node.args[0])
        if base is None:
            return None
        if node.form is ir.Form.ATTRIBUTE:
            return (*base, ("attribute", node.detail[0]))
        if node.form is ir.Form.SUBSCRIPT and isinstance(node.args[1], ir.Const):
            if type(node.args[1].value) in (str, int):
                return (*base, ("item", node.args[1].value))
        return None


def unique_names(parts: Iterable[Part], fresh: Callable[[str], str]) -> dict[str, Part]:
    """The parts under names that nothing else in the function has."""
    return {fresh(part.name): part for part in parts}
