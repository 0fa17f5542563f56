"""Constructs that a backward pass cannot follow as they are, in plainer ones.

Only where they carry a derivative: ``d.get(k, v)`` is a ternary, ``d.setdefault(k, v)`` an `if`,
what is deleted or removed is popped; a ternary, ``and`` and ``or`` become ``if`` statements,
because the backward pass follows the branch that was taken; loops over ``enumerate``, ``zip``,
``reversed`` and over the value of an expression, and loops that unpack the items, become loops
over positions, because the cotangent of an item goes to its position. What is looped over has a
name of its own if the loop binds its name anew. A function that sets elements to zero at random
becomes a product with a mask, which can be kept: the result alone does not tell which they were.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gast

from tangent.derivative import Role
from tangent.ir import nodes as ir
from tangent.lower.containers import plain_containers
from tangent.lower.kinds import Kinds


def desugar(
    block: ir.Block,
    is_active: Callable[[ir.Expr], bool],
    binds_active: Callable[[ir.Stmt], bool],
    fresh: Callable[[str], str],
    kinds: Kinds,
) -> ir.Block:
    """The block with what carries a derivative in plain statements."""
    out: ir.Block = []
    for stmt in block:
        before: ir.Block = []
        stmt = plain_containers(stmt, before, is_active, fresh, kinds)
        out += before
        before = []
        if isinstance(stmt, (ir.Assign, ir.Evaluate, ir.Return)) and stmt.value is not None:
            value = stmt.value
            if (
                isinstance(stmt, ir.Assign)
                and isinstance(stmt.target, ir.Name)
                and (not stmt.augmented and _lazy(value) and is_active(value))
            ):
                out += _branches(
                    value, stmt.target.name, stmt, is_active, binds_active, fresh, kinds
                )
                continue
            new = _hoist_lazy(value, stmt, before, is_active, binds_active, fresh, kinds)
            new = _with_masks(new, stmt, before, is_active, fresh)
            if new is not value:
                stmt = _with_value(stmt, new)
            if isinstance(stmt, ir.Assign) and is_active(value):
                target = _distinct(stmt.target, fresh)
                if target is not stmt.target:
                    stmt = ir.Assign(target, stmt.value, False, stmt.span, stmt.role)
        out += before
        loops = isinstance(stmt, ir.For) and not _is_plain(stmt) and binds_active(stmt)
        inner = [
            desugar(nested, is_active, binds_active, fresh, kinds) for nested in ir.blocks(stmt)
        ]
        if not all(_same(a, b) for a, b in zip(inner, ir.blocks(stmt))):
            stmt = ir.with_blocks(stmt, inner)
        if (
            isinstance(stmt, ir.For)
            and isinstance(stmt.target, (ir.Name, ir.Unpack))
            and loops
            and has_items(stmt.iter)
        ):
            before = []
            stmt = indexed_loop(stmt, before, fresh)
            # What is looped over may be lazy.
            out += desugar(before, is_active, binds_active, fresh, kinds)
        if isinstance(stmt, ir.Match) and is_active(stmt.subject):
            before = []
            stmt = _with_captures(stmt, before, fresh)
            out += before
        out.append(stmt)
    return out


def _with_captures(stmt: ir.Match, before: ir.Block, fresh: Callable[[str], str]) -> ir.Match:
    """What patterns bind, bound by assignments in the arms."""
    subject = stmt.subject
    if not isinstance(subject, ir.Read):
        name = fresh("subject")
        before.append(ir.Assign(ir.Name(name), subject, span=stmt.span))
        subject = ir.Read(name)
    arms: list[ir.Arm] = []
    for arm in stmt.arms:
        captured = _captures(arm.node.pattern, [], subject.name)
        if captured is None or not arm.binds:
            arms.append(arm)
            continue
        bound: ir.Block = [
            ir.Assign(ir.Name(name), value, span=arm.span) for name, value in captured
        ]
        arms.append(ir.Arm(arm.node, arm.reads, (), [*bound, *arm.body], arm.span))
    same = subject is stmt.subject
    return ir.Match(subject, tuple(arms), stmt.span, stmt.role, stmt.verbatim and same, stmt.path)


def _captures(pattern: Any, path: list[ir.Const], subject: str) -> list[tuple[str, ir.Expr]] | None:
    """The names that a pattern binds with what they are: items of the subject; None if that
    cannot be written."""
    if isinstance(pattern, (gast.MatchValue, gast.MatchSingleton)):
        return []
    if isinstance(pattern, gast.MatchAs):
        inner = [] if pattern.pattern is None else _captures(pattern.pattern, path, subject)
        if inner is None or pattern.name is None:
            return inner
        value: ir.Expr = ir.Read(subject)
        for index in path:
            args = (value, ir.Const(index.value))
            value = ir.Op("operator.getitem", args, form=ir.Form.SUBSCRIPT)
        return [*inner, (pattern.name, value)]
    parts: list[tuple[Any, Any]] = []
    if isinstance(pattern, gast.MatchSequence):
        parts = list(enumerate(pattern.patterns))
    elif isinstance(pattern, gast.MatchMapping) and pattern.rest is None:
        for key, part in zip(pattern.keys, pattern.patterns):
            if not isinstance(key, gast.Constant):
                return None
            parts.append((key.value, part))
    else:
        return None
    found: list[tuple[str, ir.Expr]] = []
    for key, part in parts:
        inner = _captures(part, [*path, ir.Const(key)], subject)
        if inner is None:
            return None
        found += inner
    return found


def _is_plain(stmt: ir.For) -> bool:
    """Whether a loop gives one item after the other of a variable that it does not bind."""
    return (
        isinstance(stmt.iter, ir.Read)
        and isinstance(stmt.target, ir.Name)
        and stmt.iter.name not in ir.bound_in([stmt])
    )


def _distinct(target: ir.Target, fresh: Callable[[str], str]) -> ir.Target:
    """The target with names that it binds more than once, as ``_, _, x``, told apart: the last
    one counts, and each has a value of its own."""
    names = list(ir.bound_names(target))
    left = {name: names.count(name) for name in names}
    if len(left) == len(names):
        return target

    def renamed(part: ir.Target) -> ir.Target:
        if isinstance(part, ir.Unpack):
            return ir.Unpack(tuple(renamed(t) for t in part.targets), part.span)
        if isinstance(part, ir.Name):
            left[part.name] -= 1
            if left[part.name]:
                return ir.Name(fresh(part.name.strip("_") or "ignored"), part.span)
        return part

    return renamed(target)


def has_items(iterable: ir.Expr) -> bool:
    """Whether what is iterated over is nothing that is not followed: what that gives cannot be
    asked for by position."""
    if isinstance(iterable, ir.Opaque):
        return False
    if not isinstance(iterable, ir.Op) or iterable.callee not in _ITERATORS:
        return True
    followed = iterable.callee not in ("builtins.map", "builtins.filter")
    return followed and all(has_items(arg) for arg in iterable.args)


_ITERATORS = frozenset(
    {"builtins.zip", "builtins.enumerate", "builtins.reversed", "builtins.map", "builtins.filter"}
)


def _same(first: ir.Block, second: ir.Block) -> bool:
    return len(first) == len(second) and all(a is b for a, b in zip(first, second))


def _lazy(expr: ir.Expr) -> bool:
    return isinstance(expr, ir.Op) and expr.callee in ("select", "and", "or")


def _with_value(stmt: ir.Stmt, value: ir.Expr) -> ir.Stmt:
    if isinstance(stmt, ir.Assign):
        return ir.Assign(
            stmt.target, value, stmt.augmented, stmt.span, stmt.role, False, stmt.display
        )
    if isinstance(stmt, ir.Evaluate):
        return ir.Evaluate(value, stmt.span, stmt.role)
    assert isinstance(stmt, ir.Return)
    return ir.Return(value, stmt.span, stmt.role)


def _hoist_lazy(
    expr: ir.Expr,
    stmt: ir.Stmt,
    before: ir.Block,
    is_active: Callable[[ir.Expr], bool],
    binds_active: Callable[[ir.Stmt], bool],
    fresh: Callable[[str], str],
    kinds: Kinds,
) -> ir.Expr:
    """The expression with every active lazy operand computed by statements put before it."""

    def replace(node: ir.Expr) -> ir.Expr | None:
        if not _lazy(node) or not is_active(node):
            return None
        name = fresh("choice")
        before.extend(_branches(node, name, stmt, is_active, binds_active, fresh, kinds))
        return ir.Read(name, node.span)

    return ir.rebuild(expr, replace)


# Functions that set elements of their first argument to zero at random, and scale the others.
_RANDOM_MASKS = frozenset({"tensorflow.nn.dropout"})


def _with_masks(
    expr: ir.Expr,
    stmt: ir.Stmt,
    before: ir.Block,
    is_active: Callable[[ir.Expr], bool],
    fresh: Callable[[str], str],
) -> ir.Expr:
    """``dropout(x, rate)`` as ``x * dropout(ones_like(x), rate)``: the same random numbers."""

    def replace(node: ir.Expr) -> ir.Expr | None:
        if not isinstance(node, ir.Op) or node.callee not in _RANDOM_MASKS:
            return None
        operands = [*node.args, *(value for keyword, value in node.keywords if keyword == "x")]
        if not operands or not is_active(operands[0]):
            return None
        first = ir.rebuild(operands[0], replace)
        if not isinstance(first, ir.Read):
            name = fresh("dropped")
            before.append(ir.Assign(ir.Name(name), first, span=stmt.span))
            first = ir.Read(name)
        ones = ir.Op("tensorflow.ones_like", (ir.Read(first.name),))
        mask = ir.Op(
            node.callee,
            (ones, *node.args[1:]),
            node.keywords,
            node.form,
            node.detail,
            node.function,
        )
        name = fresh("mask")
        before.append(ir.Assign(ir.Name(name), mask, span=stmt.span))
        product = (ir.Read(first.name, node.span), ir.Read(name))
        return ir.Op("operator.mul", product, form=ir.Form.OPERATOR, detail=("*",), span=node.span)

    return ir.rebuild(expr, replace)


def _branches(
    expr: ir.Expr,
    name: str,
    stmt: ir.Stmt,
    is_active: Callable[[ir.Expr], bool],
    binds_active: Callable[[ir.Stmt], bool],
    fresh: Callable[[str], str],
    kinds: Kinds,
) -> ir.Block:
    """``name = expr`` for a lazy expression, as an ``if``."""
    assert isinstance(expr, ir.Op)

    def assign(value: ir.Expr) -> ir.Block:
        return desugar(
            [ir.Assign(ir.Name(name), value, span=stmt.span, role=Role.PRIMAL)],
            is_active,
            binds_active,
            fresh,
            kinds,
        )

    if expr.callee == "select":
        cond, then, orelse = expr.args
        return [ir.If(cond, assign(then), assign(orelse), stmt.span)]
    # a and b: b if a is true, else a.
    first, *others = expr.args
    rest = others[0] if len(others) == 1 else ir.Op(expr.callee, tuple(others), form=expr.form)
    test: ir.Expr = ir.Read(name)
    if expr.callee == "or":
        test = ir.Op("operator.not_", (test,), form=ir.Form.OPERATOR, detail=("not ",))
    return [*assign(first), ir.If(test, assign(rest), [], stmt.span)]


class _Positions:
    """A loop over sequences as a loop over positions in them."""

    def __init__(self, stmt: ir.For, before: ir.Block, fresh: Callable[[str], str]):
        self.stmt = stmt
        self.before = before
        self.fresh = fresh
        self.position = ""
        self.lengths: list[ir.Expr] = []
        self.items: ir.Block = []

    def variable(self, expr: ir.Expr, name: str = "items") -> ir.Read:
        """The value under a name that the loop does not bind."""
        if isinstance(expr, ir.Read) and expr.name not in ir.bound_in([self.stmt]):
            return ir.Read(expr.name, expr.span)
        name = self.fresh(name)
        self.before.append(ir.Assign(ir.Name(name), expr, span=self.stmt.span))
        return ir.Read(name)

    def bind(self, target: ir.Target, value: ir.Expr) -> None:
        distinct = _distinct(target, self.fresh)
        self.items.append(ir.Assign(distinct, value, span=self.stmt.span))

    def index(self) -> ir.Read:
        if not self.position:
            self.position = self.fresh("i")
        return ir.Read(self.position)

    def go(self, target: ir.Target, iterable: ir.Expr) -> None:
        """The items of ``iterable`` at the current position, bound to ``target``."""
        if isinstance(iterable, ir.Op) and iterable.callee == "builtins.enumerate":
            values = (*iterable.args, *(value for _, value in iterable.keywords))
            iterable = ir.Op(iterable.callee, values, span=iterable.span)
        callee = iterable.callee if isinstance(iterable, ir.Op) and not iterable.keywords else ""
        args = list(iterable.args) if isinstance(iterable, ir.Op) else []
        parts = list(target.targets) if isinstance(target, ir.Unpack) else []
        if callee == "builtins.enumerate" and len(args) in (1, 2) and len(parts) == 2:
            if len(args) == 1 and isinstance(parts[0], ir.Name) and not self.position:
                self.position = parts[0].name
            elif len(args) == 1:
                self.bind(parts[0], self.index())
            else:
                start = self.variable(args[1], "start")
                counted = (self.index(), start)
                self.bind(
                    parts[0],
                    ir.Op("operator.add", counted, form=ir.Form.OPERATOR, detail=("+",)),
                )
            self.go(parts[1], args[0])
        elif callee == "builtins.zip" and len(args) == len(parts) and args:
            for part, arg in zip(parts, args):
                self.go(part, arg)
        elif callee == "dict.items" and len(parts) == 2:
            base = self.variable(args[0])
            keys = self.variable(ir.Op("builtins.list", (_keys_of(base),)), "keys")
            self.lengths.append(ir.Op("builtins.len", (keys,)))
            self.bind(parts[0], _element(keys, self.index()))
            self.bind(parts[1], _element(base, _element(keys, self.index())))
        else:
            if callee == "builtins.reversed" and len(args) == 1:
                backwards = (ir.Const(None), ir.Const(None), ir.Const(-1))
                index = ir.Op("slice", backwards, form=ir.Form.DISPLAY)
                iterable = ir.Op("operator.getitem", (args[0], index), form=ir.Form.SUBSCRIPT)
            elif callee in _ITERATORS:
                iterable = ir.Op("builtins.list", (iterable,))
            sequence = self.variable(iterable)
            self.lengths.append(ir.Op("builtins.len", (sequence,)))
            self.bind(target, _element(sequence, self.index()))


def _keys_of(base: ir.Read) -> ir.Op:
    return ir.Op("dict.keys", (ir.Read(base.name),), form=ir.Form.SAME)


def _element(base: ir.Read, index: ir.Expr) -> ir.Op:
    own = ir.Read(index.name) if isinstance(index, ir.Read) else index
    args = (ir.Read(base.name), own)
    return ir.Op("operator.getitem", args, form=ir.Form.SUBSCRIPT)


def _keyed_loop(stmt: ir.For, before: ir.Block, fresh: Callable[[str], str]) -> ir.For | None:
    """A loop over the items or values of a dictionary, as one over its keys."""
    iterable, target = stmt.iter, stmt.target
    in_order = isinstance(iterable, ir.Op) and iterable.callee == "builtins.sorted"
    if in_order and isinstance(iterable, ir.Op) and len(iterable.args) == 1:
        (iterable,) = iterable.args
    if not isinstance(iterable, ir.Op):
        return None
    loop = _Positions(stmt, before, fresh)
    if iterable.callee == "dict.items" and isinstance(target, ir.Unpack):
        if len(target.targets) != 2:
            return None
        base = loop.variable(iterable.args[0])
        key, value = target.targets
        if not isinstance(key, ir.Name):
            name = fresh("key")
            loop.bind(key, ir.Read(name))
            key = ir.Name(name)
    elif iterable.callee == "tangent.values_of" and not in_order:
        base = loop.variable(iterable.args[0])
        key, value = ir.Name(fresh("key")), target
    else:
        return None
    loop.bind(value, _element(base, ir.Read(key.name)))
    keys: ir.Expr = _keys_of(base)
    if in_order:
        keys = ir.Op("builtins.sorted", (keys,))
    return ir.For(key, keys, [*loop.items, *stmt.body], span=stmt.span, role=stmt.role)


def indexed_loop(
    stmt: ir.For, before: ir.Block, fresh: Callable[[str], str], always: bool = False
) -> ir.For:
    """A loop over an expression, as a loop over a variable, over the keys of a dictionary, or,
    if it must be or ``always``, over positions."""
    keyed = _keyed_loop(stmt, before, fresh)
    if keyed is not None:
        return keyed
    iterable, target = stmt.iter, stmt.target
    loop = _Positions(stmt, before, fresh)
    callee = iterable.callee if isinstance(iterable, ir.Op) and not iterable.keywords else ""
    if callee == "builtins.reversed" and isinstance(iterable, ir.Op) and len(iterable.args) == 1:
        loop.go(target, iterable.args[0])
    elif (
        _is_call_of(iterable, "builtins.enumerate")
        or callee == "builtins.zip"
        or isinstance(target, ir.Unpack)
        or always
    ):
        loop.go(target, iterable)
    else:
        return ir.For(target, loop.variable(iterable), stmt.body, span=stmt.span, role=stmt.role)
    count = loop.lengths[0]
    if len(loop.lengths) > 1:
        count = ir.Op("builtins.min", tuple(loop.lengths))
    positions: ir.Expr = ir.Op("builtins.range", (count,))
    if callee == "builtins.reversed":
        positions = ir.Op("builtins.reversed", (positions,))
    return ir.For(
        ir.Name(loop.index().name),
        positions,
        [*loop.items, *stmt.body],
        span=stmt.span,
        role=stmt.role,
    )


def _is_call_of(expr: ir.Expr, callee: str) -> bool:
    return isinstance(expr, ir.Op) and expr.callee == callee
