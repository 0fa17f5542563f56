"""Constructs that a backward pass cannot follow as they are, in plainer ones.

Only where they carry a derivative: a ternary, ``and`` and ``or`` become ``if`` statements,
because the backward pass follows the branch that was taken; loops over ``enumerate``, ``zip``,
``reversed`` and over the value of an expression, and loops that unpack the items, become loops
over positions, because the cotangent of an item goes to its position. What is looped over has a
name of its own if the loop binds its name anew. A function that sets elements to zero at random
becomes a product with a mask, which can be kept: the result alone does not tell which they were.
"""

from __future__ import annotations

from collections.abc import Callable

from tangent.derivative import Role
from tangent.ir import nodes as ir


def desugar(
    block: ir.Block, is_active: Callable[[ir.Expr], bool], fresh: Callable[[str], str]
) -> ir.Block:
    """The block with what carries a derivative in plain statements."""
    out: ir.Block = []
    for stmt in block:
        before: ir.Block = []
        if isinstance(stmt, (ir.Assign, ir.Evaluate, ir.Return)) and stmt.value is not None:
            value = stmt.value
            if (
                isinstance(stmt, ir.Assign)
                and isinstance(stmt.target, ir.Name)
                and (not stmt.augmented and _lazy(value) and is_active(value))
            ):
                out += _branches(value, stmt.target.name, stmt, is_active, fresh)
                continue
            new = _hoist_lazy(value, stmt, before, is_active, fresh)
            new = _with_masks(new, stmt, before, is_active, fresh)
            if new is not value:
                stmt = _with_value(stmt, new)
            if isinstance(stmt, ir.Assign) and is_active(value):
                target = _distinct(stmt.target, fresh)
                if target is not stmt.target:
                    stmt = ir.Assign(target, stmt.value, False, stmt.span, stmt.role)
        out += before
        inner = [desugar(nested, is_active, fresh) for nested in ir.blocks(stmt)]
        if not all(_same(a, b) for a, b in zip(inner, ir.blocks(stmt))):
            stmt = ir.with_blocks(stmt, inner)
        if isinstance(stmt, ir.For) and is_active(stmt.iter) and not _is_plain(stmt):
            if _has_items(stmt.iter):
                before = []
                stmt = _indexed_loop(stmt, before, fresh)
                out += before
        out.append(stmt)
    return out


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


def _has_items(iterable: ir.Expr) -> bool:
    """Whether what is iterated over is no iterator, and nothing that is not followed: what
    those give cannot be asked for by position."""
    if isinstance(iterable, ir.Opaque):
        return False
    if not isinstance(iterable, ir.Op) or iterable.callee not in _ITERATORS:
        return True
    return all(
        _has_items(arg) and not (isinstance(arg, ir.Op) and arg.callee in _ITERATORS)
        for arg in iterable.args
    )


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
    fresh: Callable[[str], str],
) -> ir.Expr:
    """The expression with every active lazy operand computed by statements put before it."""

    def replace(node: ir.Expr) -> ir.Expr | None:
        if not _lazy(node) or not is_active(node):
            return None
        name = fresh("choice")
        before.extend(_branches(node, name, stmt, is_active, fresh))
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
    fresh: Callable[[str], str],
) -> ir.Block:
    """``name = expr`` for a lazy expression, as an ``if``."""
    assert isinstance(expr, ir.Op)

    def assign(value: ir.Expr) -> ir.Block:
        return desugar(
            [ir.Assign(ir.Name(name), value, span=stmt.span, role=Role.PRIMAL)], is_active, fresh
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


def _indexed_loop(stmt: ir.For, before: ir.Block, fresh: Callable[[str], str]) -> ir.For:
    """A loop over an expression, as a loop over a variable or over positions in variables."""

    def variable(expr: ir.Expr) -> ir.Read:
        if isinstance(expr, ir.Read) and expr.name not in ir.bound_in([stmt]):
            return ir.Read(expr.name, expr.span)
        name = fresh("items")
        before.append(ir.Assign(ir.Name(name), expr, span=stmt.span))
        return ir.Read(name)

    iterable = stmt.iter
    callee = iterable.callee if isinstance(iterable, ir.Op) and not iterable.keywords else ""
    args = iterable.args if isinstance(iterable, ir.Op) else ()
    target = stmt.target
    parts = target.targets if isinstance(target, ir.Unpack) else ()
    values: list[tuple[ir.Target, ir.Expr]]
    if callee == "builtins.enumerate" and len(args) == 1 and len(parts) == 2:
        sequences = [variable(args[0])]
        position = parts[0].name if isinstance(parts[0], ir.Name) else fresh("i")
        values = [(parts[1], sequences[0])]
    elif callee == "builtins.zip" and len(args) == len(parts) and args:
        sequences = [variable(arg) for arg in args]
        position = fresh("i")
        values = list(zip(parts, sequences))
    elif callee == "builtins.reversed" and len(args) == 1:
        sequences = [variable(args[0])]
        position = fresh("i")
        values = [(target, sequences[0])]
    elif parts:
        sequences = [variable(iterable)]
        position = fresh("i")
        values = [(target, sequences[0])]
    else:
        return ir.For(target, variable(iterable), stmt.body, span=stmt.span, role=stmt.role)
    lengths = tuple(ir.Op("builtins.len", (ir.Read(s.name),)) for s in sequences)
    count = lengths[0] if len(lengths) == 1 else ir.Op("builtins.min", lengths)
    positions: ir.Expr = ir.Op("builtins.range", (count,))
    if callee == "builtins.reversed":
        positions = ir.Op("builtins.reversed", (positions,))
    items: ir.Block = [
        ir.Assign(
            _distinct(part, fresh),
            ir.Op(
                "operator.getitem",
                (ir.Read(sequence.name), ir.Read(position)),
                form=ir.Form.SUBSCRIPT,
            ),
            span=stmt.span,
        )
        for part, sequence in values
        if isinstance(sequence, ir.Read)
    ]
    return ir.For(
        ir.Name(position), positions, [*items, *stmt.body], span=stmt.span, role=stmt.role
    )
