"""Lists, tuples and dictionaries: operators and methods as the operations they are.

`name_operations` is part of lowering: ``xs + ys`` joins, ``d | e`` merges, ``xs += ys`` extends
the list in place, a loop over a dictionary goes over its keys. `plain_containers` is part of
desugaring and only looks at what carries a derivative: ``d.get(k, v)`` is a ternary,
``d.setdefault(k, v)`` an `if`, what is deleted or removed is popped.
"""

from __future__ import annotations

from collections.abc import Callable

from tangent.ir import nodes as ir
from tangent.lower.kinds import DICT, LIST, TUPLE, Kinds, find_kinds
from tangent.rules import registry


def name_operations(function: ir.Function, body: ir.Block) -> ir.Block:
    """The body of the function with operators on containers named for what they do."""
    return _block(body, find_kinds(function, body))


def _block(block: ir.Block, kinds: Kinds) -> ir.Block:
    out: ir.Block = []
    for stmt in block:
        inner = [_block(nested, kinds) for nested in ir.blocks(stmt)]
        if inner:
            stmt = ir.with_blocks(stmt, inner)
        out.append(_statement(stmt, kinds))
    return out


def _statement(stmt: ir.Stmt, kinds: Kinds) -> ir.Stmt:
    if isinstance(stmt, ir.Assign):
        value = _expr(stmt.value, kinds)
        if stmt.augmented and isinstance(stmt.target, ir.Name) and isinstance(value, ir.Op):
            changed = _in_place(stmt, stmt.target, value, kinds)
            if changed is not None:
                return changed
        sorts = isinstance(value, ir.Op) and value.callee == "numpy.sort" and len(value.args) == 1
        if sorts and isinstance(value, ir.Op) and isinstance(stmt.target, ir.Item):
            if kinds.of(value.args[0]) == LIST and isinstance(value.args[0], ir.Read):
                # xs.sort() is xs[:] = sorted(xs).
                ends = tuple(ir.Const(None) for _ in range(3))
                whole = ir.Op("slice", ends, form=ir.Form.DISPLAY)
                target = ir.Item(stmt.target.name, whole, stmt.target.span)
                value = ir.Op("builtins.sorted", value.args, span=value.span)
                return ir.Assign(target, value, False, stmt.span, stmt.role, stmt.verbatim)
        if value is not stmt.value:
            augmented = stmt.augmented and isinstance(value, ir.Op) and bool(value.detail)
            return ir.Assign(
                stmt.target, value, augmented, stmt.span, stmt.role, stmt.verbatim, stmt.display
            )
    elif isinstance(stmt, ir.Evaluate):
        value = _expr(stmt.value, kinds)
        if value is not stmt.value:
            return ir.Evaluate(value, stmt.span, stmt.role, stmt.verbatim)
    elif isinstance(stmt, ir.Return) and stmt.value is not None:
        value = _expr(stmt.value, kinds)
        if value is not stmt.value:
            return ir.Return(value, stmt.span, stmt.role, stmt.verbatim)
    elif isinstance(stmt, ir.For):
        iterable = _expr(stmt.iter, kinds)
        if kinds.of(iterable) == DICT:
            iterable = _keys(iterable)
        if iterable is not stmt.iter:
            return ir.For(
                stmt.target, iterable, stmt.body, stmt.orelse, stmt.span, stmt.role, stmt.verbatim
            )
    return stmt


def _in_place(stmt: ir.Assign, target: ir.Name, value: ir.Op, kinds: Kinds) -> ir.Stmt | None:
    """``xs += ys`` for a list, ``d |= e`` for a dictionary."""
    kind = kinds.of(ir.Read(target.name))
    if value.callee == "tangent.joined" and kind == LIST:
        change = "list.extend"
    elif value.callee == "tangent.merged" and kind == DICT:
        change = "dict.update"
    elif value.callee in ("tangent.joined", "tangent.repeated") and kind == TUPLE:
        return ir.Assign(target, value, False, stmt.span, stmt.role, stmt.verbatim)
    else:
        return None
    method = change.partition(".")[2]
    op = ir.Op(change, value.args, form=ir.Form.METHOD, detail=(method,), span=value.span)
    return ir.Evaluate(op, stmt.span, stmt.role, stmt.verbatim)


def _expr(expr: ir.Expr, kinds: Kinds) -> ir.Expr:
    """The expression with its operations named, operands first."""
    inner = ir.rebuild(expr, lambda node: None if node is expr else _expr(node, kinds))
    return _named(inner, kinds) if isinstance(inner, ir.Op) else inner


def _named(node: ir.Op, kinds: Kinds) -> ir.Expr:
    callee, args = "", node.args
    known = [kinds.of(arg) for arg in args]
    if node.callee == "operator.add" and known in ([LIST, LIST], [TUPLE, TUPLE]):
        callee = "tangent.joined"
    elif node.callee == "operator.mul" and known[0] in (LIST, TUPLE) and kinds.is_count(args[1]):
        callee = "tangent.repeated"
    elif node.callee == "operator.mul" and known[1] in (LIST, TUPLE) and kinds.is_count(args[0]):
        callee, args = "tangent.repeated", (args[1], args[0])
    elif node.callee == "operator.or_" and DICT in known:
        callee = "tangent.merged"
    elif node.callee == "tangent.joined":
        spread = tuple(_spread(arg, kinds) for arg in args)
        if any(a is not b for a, b in zip(spread, args)):
            callee, args = node.callee, spread
    elif node.callee in _GO_THROUGH and DICT in known:
        # What goes through a dictionary gets its keys.
        args = tuple(_keys(arg) if k == DICT else arg for arg, k in zip(args, known))
        return ir.Op(
            node.callee, args, node.keywords, node.form, node.detail, node.function, node.span
        )
    if not callee:
        return node
    return ir.Op(callee, args, form=node.form, detail=node.detail, span=node.span)


_GO_THROUGH = frozenset(
    f"builtins.{n}"
    for n in ("enumerate", "list", "max", "min", "reversed", "sorted", "sum", "tuple", "zip")
) | {"list.max", "list.min"}


def _keys(expr: ir.Expr) -> ir.Expr:
    return ir.Op("dict.keys", (expr,), form=ir.Form.SAME, span=expr.span)


def _spread(part: ir.Expr, kinds: Kinds) -> ir.Expr:
    """``*a`` of a list needs no `list(a)`."""
    if isinstance(part, ir.Op) and part.callee == "builtins.list":
        return part.args[0] if kinds.of(part.args[0]) == LIST else part
    return part


# --- only where a derivative passes --------------------------------------------------------

IsActive = Callable[[ir.Expr], bool]
Fresh = Callable[[str], str]
# Elementwise or not: where a list stands for an array and is computed with.
_PRODUCTS = frozenset(
    {"operator.matmul", *(f"numpy.{n}" for n in ("dot", "matmul", "inner", "outer", "vdot"))}
)


def plain_containers(
    stmt: ir.Stmt, before: ir.Block, is_active: IsActive, fresh: Fresh, kinds: Kinds
) -> ir.Stmt:
    """The statement with methods of active containers in plainer terms; what has to run before
    it is added to ``before``."""
    if not isinstance(stmt, (ir.Assign, ir.Evaluate, ir.Return)) or stmt.value is None:
        return stmt
    value = stmt.value
    if isinstance(stmt, ir.Evaluate) and isinstance(value, ir.Op) and value.args:
        changed = _change(stmt, value, is_active, fresh, kinds)
        if changed is not None:
            return changed

    def visit(expr: ir.Expr) -> ir.Expr:
        inner = ir.rebuild(expr, lambda node: None if node is expr else visit(node))
        if not isinstance(inner, ir.Op) or not is_active(inner):
            return inner
        return _plain(inner, stmt, before, is_active, kinds)

    new = visit(value)
    if new is value:
        return stmt
    if isinstance(stmt, ir.Assign):
        augmented = stmt.augmented
        return ir.Assign(stmt.target, new, augmented, stmt.span, stmt.role, False, stmt.display)
    if isinstance(stmt, ir.Evaluate):
        return ir.Evaluate(new, stmt.span, stmt.role)
    return ir.Return(new, stmt.span, stmt.role)


def _change(
    stmt: ir.Evaluate, op: ir.Op, is_active: IsActive, fresh: Fresh, kinds: Kinds
) -> ir.Stmt | None:
    """A statement that takes something out of a container, as one that pops it."""
    base = op.args[0]
    if not is_active(base):
        return None
    if op.callee == "dict.setdefault":
        _, key, default = op.args
        return _if_missing(stmt, base, key, default)
    if op.callee == "list.remove":
        place = ir.Op(
            "list.index", (_again(base), op.args[1]), form=ir.Form.METHOD, detail=("index",)
        )
        args: tuple[ir.Expr, ...] = (base, place)
    elif op.callee in ("list.pop", "list.delete") and len(op.args) < 3:
        if any(isinstance(i, ir.Op) and i.callee == "slice" for i in op.args[1:]):
            return None
        args = op.args
    else:
        return None
    detail = ("pop", DICT) if _is_dict(args, kinds) else ("pop",)
    popped = ir.Op("list.pop", args, form=ir.Form.METHOD, detail=detail, span=op.span)
    return ir.Assign(ir.Name(fresh("popped")), popped, span=stmt.span)


def _if_missing(stmt: ir.Stmt, base: ir.Expr, key: ir.Expr, default: ir.Expr) -> ir.If:
    """``if key not in d: d[key] = default``."""
    assert isinstance(base, ir.Read)
    test = ir.Op("compare", (_again(key), _again(base)), form=ir.Form.OPERATOR, detail=("not in",))
    store = ir.Assign(ir.Item(base.name, _again(key), stmt.span), default, span=stmt.span)
    return ir.If(test, [store], [], stmt.span)


def _plain(op: ir.Op, stmt: ir.Stmt, before: ir.Block, is_active: IsActive, kinds: Kinds) -> ir.Op:
    callee, args = op.callee, op.args
    if callee == "dict.get":
        base, key, *default = args
        return _if_there(base, key, default, ir.Op("operator.getitem", (base, key), span=op.span))
    if callee == "dict.setdefault":
        base, key, default_ = args
        before.append(_if_missing(stmt, base, key, default_))
        return ir.Op("operator.getitem", (base, key), form=ir.Form.SUBSCRIPT, span=op.span)
    if callee == "list.pop" and len(args) == 3:
        popped = ir.Op("list.pop", args[:2], form=op.form, detail=("pop", DICT), span=op.span)
        return _if_there(args[0], args[1], [args[2]], popped)
    if callee == "list.pop" and len(op.detail) == 1 and _is_dict(args, kinds):
        return ir.Op("list.pop", args, form=op.form, detail=("pop", DICT), span=op.span)
    if callee == "builtins.reversed":
        backwards = (ir.Const(None), ir.Const(None), ir.Const(-1))
        index = ir.Op("slice", backwards, form=ir.Form.DISPLAY)
        return ir.Op("operator.getitem", (args[0], index), form=ir.Form.SUBSCRIPT, span=op.span)
    lists = [kinds.of(arg) in (LIST, TUPLE) for arg in args]
    if callee == "operator.mul" and sum(lists) == 1:
        items, other = args if lists[0] else (args[1], args[0])
        if not is_active(other):
            return ir.Op("tangent.repeated", (items, other), form=op.form, detail=op.detail)
    rule = registry.rule_for(callee)
    computes = callee in _PRODUCTS or (
        rule is not None and rule.elementwise and callee.startswith(("operator.", "numpy."))
    )
    if computes and any(lists) and callee != "operator.add":
        arrays = tuple(
            ir.Op("numpy.array", (arg,)) if is_list else arg for arg, is_list in zip(args, lists)
        )
        return ir.Op(callee, arrays, op.keywords, op.form, op.detail, op.function, op.span)
    return op


def _if_there(base: ir.Expr, key: ir.Expr, default: list[ir.Expr], item: ir.Op) -> ir.Op:
    """``item if key in d else default``."""
    test = ir.Op("compare", (_again(key), _again(base)), form=ir.Form.OPERATOR, detail=("in",))
    other = default[0] if default else ir.Const(None)
    if item.callee == "operator.getitem":
        item = ir.Op(item.callee, (base, key), form=ir.Form.SUBSCRIPT, span=item.span)
    return ir.Op("select", (test, item, other), form=ir.Form.OPERATOR)


def _is_dict(args: tuple[ir.Expr, ...], kinds: Kinds) -> bool:
    """Whether what is popped is an item of a dictionary."""
    if len(args) < 2:
        return False
    text = isinstance(args[1], ir.Const) and isinstance(args[1].value, str)
    return text or kinds.of(args[0]) == DICT


def _again(expr: ir.Expr) -> ir.Expr:
    """The expression once more, of nodes of its own."""
    if isinstance(expr, ir.Read):
        return ir.Read(expr.name, expr.span)
    if isinstance(expr, ir.Const):
        return ir.Const(expr.value, expr.span)
    if isinstance(expr, ir.Op):
        return ir.Op(
            expr.callee,
            tuple(_again(arg) for arg in expr.args),
            tuple((k, _again(v)) for k, v in expr.keywords),
            expr.form,
            expr.detail,
            expr.function,
            expr.span,
        )
    return expr
