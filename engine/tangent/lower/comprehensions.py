"""Comprehensions and starred assignments as plain statements.

Lowering keeps them as text, because most of them carry no derivative. Where one does, it
becomes the loop that it stands for: a list comprehension appends to a list, ``sum`` of one adds
up. Its variables have a scope of their own: one whose name means something else in the function
gets another name.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from operator import is_not
from typing import TYPE_CHECKING, Any, Protocol

import gast

from tangent.ir import nodes as ir
from tangent.lower.scopes import COMPREHENSIONS, parameter_names
from tangent.source.text import Span

if TYPE_CHECKING:
    from tangent.lower.lower import FunctionLowering


class Facts(Protocol):
    """What has to be known of activity; see `tangent.analysis.activity`."""

    def is_varied(self, expr: ir.Expr) -> bool: ...

    def is_needed(self, stmt: ir.Stmt) -> bool: ...


# Comprehensions that give their items in order.
_SEQUENCES = (gast.ListComp, gast.GeneratorExp)
_DISPLAYS = (gast.ListComp, gast.DictComp)
# Functions that take the items of a generator one after the other and keep nothing of it.
CONSUMERS = frozenset(
    """
    builtins.list builtins.tuple builtins.sorted builtins.max builtins.min builtins.sum
    list.max list.min math.fsum math.prod
    """.split()
)


class Expansion:
    """Turns what was kept as text into statements, in one function."""

    def __init__(self, lowering: Callable[[], FunctionLowering], fresh: Callable[[str], str]):
        self._make_lowering = lowering
        self._fresh = fresh

    @cached_property
    def _lowering(self) -> FunctionLowering:
        return self._make_lowering()

    @cached_property
    def _outside(self) -> set[str]:
        """The names that the function uses other than as variables of comprehensions."""
        found = _occurrences(self._lowering.node, {})
        return {name.id for name, binder in found if binder is None}

    # --- statements --------------------------------------------------------------------------

    def expand(self, block: ir.Block, facts: Facts) -> ir.Block:
        """The block with what carries a derivative in plain statements. What comes out may
        have to be expanded once more, when it has been analysed."""
        out: ir.Block = []
        for stmt in block:
            inner = [self.expand(nested, facts) for nested in ir.blocks(stmt)]
            if any(a is not b for a, b in zip(inner, ir.blocks(stmt))):
                stmt = ir.with_blocks(stmt, inner)
            if not isinstance(stmt, (ir.Assign, ir.Evaluate, ir.For)) or not facts.is_needed(stmt):
                out.append(stmt)
            elif isinstance(stmt, ir.Assign) and self._is_starred(stmt.target):
                out += self._unpacked(stmt)
            else:
                out += self._with_loops(stmt, facts)
        return out if len(out) != len(block) or any(map(is_not, out, block)) else block

    def _with_loops(self, stmt: ir.Assign | ir.Evaluate | ir.For, facts: Facts) -> ir.Block:
        before: ir.Block = []
        whole = stmt.iter if isinstance(stmt, ir.For) else stmt.value
        target = stmt.target if isinstance(stmt, ir.Assign) and not stmt.augmented else None

        def replace(expr: ir.Expr) -> ir.Expr | None:
            lazy = isinstance(expr, ir.Op) and expr.callee in ("select", "and", "or")
            if lazy or not facts.is_varied(expr):
                return expr
            if looped(expr) is None:
                return None
            name = target.name if isinstance(target, ir.Name) and expr is whole else None
            loop, result = self.loop(expr, name)
            before.extend(loop)
            return result

        value = ir.rebuild(whole, replace)
        if value is whole:
            return [stmt]
        if isinstance(stmt, ir.For):
            loop = ir.For(stmt.target, value, stmt.body, stmt.orelse, stmt.span, stmt.role)
            return [*before, loop]
        if isinstance(stmt, ir.Evaluate) and isinstance(stmt.value, ir.Opaque):
            # Run for what it does alone.
            return self._loops(stmt.value.node, lambda e: ir.Evaluate(e, stmt.span), stmt.span)
        if isinstance(stmt, ir.Evaluate):
            return [*before, ir.Evaluate(value, stmt.span, stmt.role)]
        if isinstance(value, ir.Read) and isinstance(target, ir.Name) and value.name == target.name:
            return before
        return [
            *before,
            ir.Assign(
                stmt.target, value, stmt.augmented, stmt.span, stmt.role, display=stmt.display
            ),
        ]

    # --- comprehensions ----------------------------------------------------------------------

    def loop(self, expr: ir.Expr, name: str | None) -> tuple[ir.Block, ir.Expr]:
        """The statements that compute an expression with a `looped` comprehension, and what to
        put in its place. The result is left in ``name``, if that is given and may be used."""
        if isinstance(expr, ir.Opaque):
            result = self._result(expr.node, name, "values")
            make = self._dict if isinstance(expr.node, gast.DictComp) else self._list
            return make(expr.node, result, expr.span), ir.Read(result, expr.span)
        node = looped(expr)
        assert isinstance(expr, ir.Op) and node is not None
        if expr.callee == "builtins.sum":
            result = self._result(node, name, "total")
            return self._sum(node, expr, result), ir.Read(result, expr.span)
        values = self._result(node, name if expr.callee == "builtins.list" else None, "values")
        block = self._list(node, values, expr.span)
        whole: ir.Expr = ir.Read(values, expr.span)
        if expr.callee != "builtins.list":
            args = (whole, *expr.args[1:])
            whole = ir.Op(
                expr.callee, args, expr.keywords, expr.form, expr.detail, expr.function, expr.span
            )
        return block, whole

    def _result(self, node: Any, name: str | None, otherwise: str) -> str:
        if name is None or any(isinstance(n, gast.Name) and n.id == name for n in gast.walk(node)):
            return self._fresh(otherwise)
        return name

    def _list(self, node: Any, name: str, span: Span | None) -> ir.Block:
        def append(item: ir.Expr) -> ir.Stmt:
            args = (ir.Read(name), item)
            push = ir.Op("list.append", args, form=ir.Form.METHOD, detail=("append",), span=span)
            return ir.Evaluate(push, span)

        empty = ir.Op("list", (), form=ir.Form.DISPLAY)
        return [ir.Assign(ir.Name(name), empty, span=span), *self._loops(node, append, span)]

    def _dict(self, node: Any, name: str, span: Span | None) -> ir.Block:
        def store(key: ir.Expr, value: ir.Expr) -> ir.Stmt:
            return ir.Assign(ir.Item(name, key), value, span=span)

        empty = ir.Op("dict", (), form=ir.Form.DISPLAY)
        return [ir.Assign(ir.Name(name), empty, span=span), *self._loops(node, store, span)]

    def _sum(self, node: Any, total: ir.Op, name: str) -> ir.Block:
        def add(item: ir.Expr) -> ir.Stmt:
            args = (ir.Read(name), item)
            value = ir.Op("operator.add", args, form=ir.Form.OPERATOR, detail=("+",))
            return ir.Assign(ir.Name(name), value, span=total.span)

        starts = [*total.args[1:], *(v for _, v in total.keywords)]
        start = starts[0] if starts else ir.Const(0)
        first = ir.Assign(ir.Name(name), start, span=total.span)
        return [first, *self._loops(node, add, total.span)]

    def _loops(self, node: Any, innermost: Callable[..., ir.Stmt], span: Span | None) -> ir.Block:
        node, renamed = self._apart(node)
        lowering = self._lowering
        lowering.declare(sorted(_targets(node)))
        # The headers from the outside in, each with what an assignment in it puts before it.
        headers: list[tuple[ir.Block, ir.Target | None, ir.Expr]] = []
        for g in node.generators:
            before, iterable = lowering.preceded(g.iter)
            headers.append((before, lowering.target(g.target), iterable))
            for condition in g.ifs:
                before, test = lowering.preceded(condition)
                headers.append((before, None, test))
        elements = [node.key, node.value] if isinstance(node, gast.DictComp) else [node.elt]
        items = [lowering.preceded(element) for element in elements]
        exprs = [expr for _, expr in items]
        self._check_text([*exprs, *(expr for _, _, expr in headers)], renamed)
        block: ir.Block = [*(s for before, _ in items for s in before), innermost(*exprs)]
        for before, target, expr in reversed(headers):
            if target is None:
                block = [*before, ir.If(expr, block, [], span)]
            else:
                block = [*before, ir.For(target, expr, block, span=span)]
        return block

    def _check_text(self, exprs: Iterable[ir.Expr], renamed: dict[str, str]) -> None:
        """What is kept as text cannot get another name for a variable."""
        for expr in exprs:
            for inner in ir.walk(expr):
                if isinstance(inner, ir.Opaque) and not isinstance(
                    inner.node, (gast.GeneratorExp, *_DISPLAYS)
                ):
                    for old, new in renamed.items():
                        if any(r.name == new for r in inner.reads):
                            self._lowering.report(
                                inner.node,
                                "comprehension-variable",
                                "cannot differentiate this comprehension: its variable"
                                f" `{old}` has the name of another variable",
                                "give it a name of its own",
                            )

    def _apart(self, node: Any) -> tuple[Any, dict[str, str]]:
        """The comprehension with no variable that something else in the function is called."""
        comprehensions = [
            n for n in gast.walk(node) if isinstance(n, COMPREHENSIONS) and n is not node
        ]
        inner = {n for part in comprehensions for n in _targets(part)}
        clashing = [n for n in sorted(_targets(node)) if n in self._outside or n in inner]
        if not clashing:
            return node, {}
        renamed = {name: self._fresh(name) for name in clashing}
        node = copy.deepcopy(node)
        for part, binder in list(_occurrences(node, {})):
            if binder is node and part.id in renamed:
                part.id = renamed[part.id]
        return node, renamed

    # --- starred assignment ------------------------------------------------------------------

    def _is_starred(self, target: ir.Target) -> bool:
        """Whether a target is a tuple one of whose parts takes all that is left over."""
        return isinstance(target, ir.OtherTarget) and _star(target.node) is not None

    def _unpacked(self, stmt: ir.Assign) -> ir.Block:
        """``a, *b, c = value`` item by item."""
        assert isinstance(stmt.target, ir.OtherTarget)
        nodes = stmt.target.node.elts
        star = _star(stmt.target.node)
        assert star is not None
        targets = [
            self._lowering.target(n.value if isinstance(n, gast.Starred) else n) for n in nodes
        ]
        after = len(nodes) - star - 1
        value, span = stmt.value, stmt.span
        if isinstance(value, ir.Op) and value.callee in ("tuple", "list"):
            parts = value.args
            if len(parts) < len(nodes) - 1:
                return [stmt]
            rest = ir.Op("list", parts[star : len(parts) - after], form=ir.Form.DISPLAY)
            values = (*parts[:star], rest, *parts[len(parts) - after :])
            pairs = ir.Op("tuple", values, form=ir.Form.DISPLAY, span=value.span)
            return [ir.Assign(ir.Unpack(tuple(targets), stmt.target.span), pairs, span=span)]
        out: ir.Block = []
        if isinstance(value, ir.Read) and value.name not in ir.bound_names(stmt.target):
            source = value.name
        else:
            source = self._fresh("items")
            out.append(ir.Assign(ir.Name(source), value, span=span))

        def item(index: ir.Expr) -> ir.Expr:
            return ir.Op("operator.getitem", (ir.Read(source), index), form=ir.Form.SUBSCRIPT)

        for i, target in enumerate(targets):
            if i < star:
                part = item(ir.Const(i))
            elif i > star:
                part = item(ir.Const(i - len(targets)))
            else:
                bounds = (ir.Const(star or None), ir.Const(-after or None), ir.Const(None))
                part = item(ir.Op("slice", bounds, form=ir.Form.DISPLAY))
                part = ir.Op("builtins.list", (part,))
            out.append(ir.Assign(target, part, span=span))
        return out


def _star(node: Any) -> int | None:
    """The position of the starred part of a target."""
    if isinstance(node, (gast.Tuple, gast.List)):
        return next((i for i, e in enumerate(node.elts) if isinstance(e, gast.Starred)), None)
    return None


def looped(expr: ir.Expr) -> Any:
    """The comprehension that an expression is, or whose items it takes one after the other: it
    can be computed by a loop put before. None for anything else."""
    if isinstance(expr, ir.Opaque) and isinstance(expr.node, _DISPLAYS):
        return expr.node
    if isinstance(expr, ir.Op) and expr.callee in CONSUMERS and expr.args:
        first = expr.args[0]
        is_sum = expr.callee == "builtins.sum"
        kinds = _SEQUENCES if is_sum else gast.GeneratorExp
        if isinstance(first, ir.Opaque) and isinstance(first.node, kinds):
            return first.node
    return None


def _targets(node: Any) -> set[str]:
    """The variables that a comprehension binds in its own scope."""
    return {
        n.id
        for g in node.generators
        for n in gast.walk(g.target)
        if isinstance(n, gast.Name) and isinstance(n.ctx, gast.Store)
    }


def _occurrences(node: Any, binders: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    """The names in a tree, each with the comprehension that binds it there, if one does."""
    if isinstance(node, gast.Name):
        yield node, binders.get(node.id)
        return
    parts = list(gast.iter_child_nodes(node))
    if isinstance(node, COMPREHENSIONS):
        # The first iterable belongs to the scope around.
        first = node.generators[0].iter
        yield from _occurrences(first, binders)
        binders = {**binders, **dict.fromkeys(_targets(node), node)}
        parts = [p for p in parts if not isinstance(p, gast.comprehension)]
        parts += [p for g in node.generators for p in (g.target, g.iter, *g.ifs) if p is not first]
    elif isinstance(node, gast.Lambda):
        binders = {**binders, **dict.fromkeys(parameter_names(node.args))}
    for part in parts:
        yield from _occurrences(part, binders)
