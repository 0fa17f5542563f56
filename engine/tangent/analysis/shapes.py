"""Symbolic shapes: which values certainly have the same shape, and which are numbers.

A shape is the set of the *atoms* it is broadcast from. The empty set is the shape of a number;
a parameter of unknown shape is an atom of its own; an elementwise operation has the union of
its operands' atoms. Two sets that are equal are equal shapes; sets that differ may still be
equal at run time, which is what ``unbroadcast`` is for. An annotation gives an atom its extents:
``float`` is a number, ``Float[np.ndarray, "n d"]`` (jaxtyping's notation) has two dimensions.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import gast

from tangent.analysis.aliasing import Aliases
from tangent.analysis.calls import UNKNOWN, Binding, BindingError, bind, default_of, literal_of
from tangent.analysis.scalars import counts, is_number_annotation
from tangent.analysis.versions import Region, Value, Versions
from tangent.ir import nodes as ir
from tangent.ir.purity import IN_PLACE
from tangent.rules import registry
from tangent.rules.declare import BROADCAST, SCALAR


@dataclass(frozen=True, slots=True)
class Atom:
    """A shape that is known by what it belongs to. ``extents`` are the sizes by name (or
    number), where they are known; ``rank`` their count, where that is known."""

    key: Hashable
    rank: int | None = None
    extents: tuple[Hashable, ...] | None = None


Shape = frozenset[Atom]
# Operations that give a number whatever they are given.
_NUMBERS = frozenset(
    {"attribute.size", "attribute.ndim", "builtins.len", "builtins.int", "numpy.size", "numpy.ndim"}
)
NUMBER: Shape = frozenset()


def _extents(*sizes: Hashable) -> Shape:
    if not sizes:
        return NUMBER
    return frozenset({Atom(("extents", sizes), len(sizes), tuple(sizes))})


def rank_of(shape: Shape) -> int | None:
    """The number of dimensions, where it is known."""
    ranks = [atom.rank for atom in shape]
    if any(r is None for r in ranks):
        return None
    return max((r for r in ranks if r is not None), default=0)


def extents_of(shape: Shape) -> tuple[Hashable, ...] | None:
    """The sizes of all dimensions, where they are known."""
    if not shape:
        return ()
    if len(shape) == 1:
        return next(iter(shape)).extents
    return None


def broadcast(*shapes: Shape) -> Shape:
    """The shape of an elementwise operation on operands of these shapes."""
    joined: Shape = NUMBER.union(*shapes)
    known = [a for a in joined if a.extents is not None]
    if len(known) < 2:
        return joined
    merged = known[0].extents
    for atom in known[1:]:
        merged = _merge(merged, atom.extents) if merged is not None else None
    if merged is None:
        return joined
    return frozenset({a for a in joined if a.extents is None}) | _extents(*merged)


def _merge(
    first: tuple[Hashable, ...] | None, second: tuple[Hashable, ...] | None
) -> tuple[Hashable, ...] | None:
    if first is None or second is None:
        return None
    long, short = (first, second) if len(first) >= len(second) else (second, first)
    out = list(long)
    for i, size in enumerate(reversed(short), 1):
        if out[-i] == size or size == 1:
            continue
        if out[-i] == 1:
            out[-i] = size
        else:
            return None
    return tuple(out)


def annotated(node: Any, key: Hashable) -> Shape:
    """The shape that an annotation promises."""
    if is_number_annotation(node):
        return NUMBER
    if isinstance(node, gast.Subscript) and isinstance(node.slice, gast.Tuple):
        parts = node.slice.elts
        if len(parts) == 2 and isinstance(parts[1], gast.Constant):
            sizes = parts[1].value
            if isinstance(sizes, str) and not set(sizes) & set("*.=#_+-/()?"):
                return _extents(*(int(s) if s.isdigit() else s for s in sizes.split()))
    return frozenset({Atom(key)})


class Shapes:
    """The shape of every value and expression; the result of `find_shapes`."""

    def __init__(self, versions: Versions) -> None:
        self._versions = versions
        self._values: dict[Value, Shape] = {}
        self._exprs: dict[ir.Expr, Shape] = {}
        self._keys: dict[ir.Expr, Hashable] = {}

    def of_value(self, value: Value) -> Shape:
        """The shape of one value of a variable."""
        known = self._values.get(value)
        return frozenset({Atom(value)}) if known is None else known

    def declare(self, expr: ir.Expr, shape: Shape) -> None:
        """Says what shape a generated expression has."""
        self._exprs[expr] = shape

    def of(self, expr: ir.Expr) -> Shape:
        """The shape of an expression's value."""
        known = self._exprs.get(expr)
        if known is None:
            known = self._exprs[expr] = self._compute(expr)
        return known

    def same(self, first: ir.Expr, second: ir.Expr) -> bool:
        """Whether two expressions provably have the same shape."""
        return self.of(first) == self.of(second)

    def facts(self, binding: Binding, result: ir.Expr) -> Facts:
        """What a rule may ask about one call."""
        return Facts(self, binding, result)

    # --- how a shape follows -----------------------------------------------------------------

    def key(self, expr: ir.Expr) -> Hashable:
        """The same for two expressions that certainly have the same value."""
        known = self._keys.get(expr)
        if known is None:
            known = self._keys[expr] = self._key(expr)
        return known

    def _key(self, expr: ir.Expr) -> Hashable:
        if isinstance(expr, ir.Primal):
            return self.key(expr.node)
        if isinstance(expr, ir.Version):
            return expr.value
        if isinstance(expr, ir.Read):
            return self._versions.of.get(expr, expr)
        if isinstance(expr, ir.Const):
            return ("const", type(expr.value).__name__, repr(expr.value))
        if isinstance(expr, ir.Global):
            return ("global", expr.text)
        if isinstance(expr, ir.Op) and expr.callee != "list.pop":
            return (
                expr.callee,
                *expr.detail,
                *(self.key(a) for a in expr.args),
                *((k, self.key(v)) for k, v in expr.keywords),
            )
        return expr

    def _fresh(self, expr: ir.Expr, rank: int | None = None) -> Shape:
        return NUMBER if rank == 0 else frozenset({Atom(self.key(expr), rank)})

    def _compute(self, expr: ir.Expr) -> Shape:
        if isinstance(expr, ir.Primal):
            return self.of(expr.node)
        if isinstance(expr, ir.Version):
            return self.of_value(expr.value)
        if isinstance(expr, ir.Const):
            return NUMBER if isinstance(expr.value, (int, float, complex)) else self._fresh(expr)
        if isinstance(expr, ir.Read):
            value = self._versions.of.get(expr)
            return self._fresh(expr) if value is None else self.of_value(value)
        if isinstance(expr, ir.Op):
            return self._operation(expr)
        return self._fresh(expr)

    def _operation(self, op: ir.Op) -> Shape:
        callee = op.callee
        if callee in ("compare", "operator.not_", "operator.and_", "operator.or_"):
            return broadcast(*(self.of(a) for a in op.args))
        if callee in ("select", "and", "or"):
            branches = [self.of(a) for a in (op.args[1:] if callee == "select" else op.args)]
            return branches[0] if len(set(branches)) == 1 else self._fresh(op)
        if callee in _NUMBERS:
            return NUMBER
        if callee == "operator.getitem":
            return self._item(op)
        if callee in ("tangent.zeros_like", "tangent.snapshot"):
            return self.of(op.args[0])
        if callee in ("tangent.unbroadcast", "tangent.expand"):
            return self.of(op.args[1])
        if callee in ("tangent.add_at", "tangent.add_field"):
            return self.of(op.args[0])
        if registry.is_zero_gradient(callee):
            if callee.endswith(("zeros_like", "ones_like")) and op.args:
                return self.of(op.args[0])
            return self._created(op)
        if callee in ("numpy.dot", "numpy.matmul", "operator.matmul") and len(op.args) == 2:
            product = _product(*(extents_of(self.of(a)) for a in op.args))
            if product is not None:
                return _extents(*product)
        if callee == "numpy.outer" and len(op.args) == 2:
            sides = [extents_of(self.of(a)) for a in op.args]
            if all(side is not None and len(side) == 1 for side in sides):
                return _extents(*(size for side in sides if side for size in side))
        if callee == "numpy.transpose" and op.form is ir.Form.ATTRIBUTE:
            own = extents_of(self.of(op.args[0]))
            if own is not None:
                return _extents(*reversed(own))
        rule = registry.rule_for(callee)
        if rule is None:
            return self._fresh(op)
        try:
            binding = bind(rule, op)
        except BindingError:
            return self._fresh(op)
        wanted = rule.shape
        if not isinstance(wanted, str):
            wanted = wanted(self.facts(binding, op))
        if wanted == BROADCAST:
            return broadcast(*(self.of(a) for a in op.args))
        if wanted == SCALAR:
            return NUMBER
        if wanted.startswith("like:"):
            like = binding.arguments.get(wanted.removeprefix("like:"))
            return self._fresh(op) if like is None else self.of(like)
        if wanted.startswith("rank:"):
            return self._fresh(op, int(wanted.removeprefix("rank:")))
        return self._fresh(op)

    def _created(self, op: ir.Op) -> Shape:
        """``np.zeros((n, m))`` and its like."""
        if op.callee not in ("numpy.zeros", "numpy.ones", "numpy.empty") or not op.args:
            return self._fresh(op)
        wanted = op.args[0]
        is_tuple = isinstance(wanted, ir.Op) and wanted.callee in ("tuple", "list")
        parts = wanted.args if is_tuple and isinstance(wanted, ir.Op) else (wanted,)
        sizes = [self._size(part) for part in parts]
        if any(size is None for size in sizes):
            return self._fresh(op, len(sizes) if is_tuple else None)
        return _extents(*sizes)

    def _size(self, expr: ir.Expr) -> Hashable | None:
        """A number of elements, the same for the same number."""
        if isinstance(expr, ir.Const) and type(expr.value) is int:
            return expr.value
        if isinstance(expr, ir.Op) and expr.callee == "operator.getitem":
            shape, position = expr.args
            if (
                isinstance(shape, ir.Op)
                and shape.callee == "attribute.shape"
                and isinstance(position, ir.Const)
            ):
                extents = extents_of(self.of(shape.args[0]))
                if extents is not None and position.value in range(len(extents)):
                    return extents[position.value]
                return ("size", self.key(expr))
        if isinstance(expr, ir.Op) and expr.callee == "builtins.len":
            extents = extents_of(self.of(expr.args[0]))
            return extents[0] if extents else ("size", self.key(expr))
        return ("size", self.key(expr)) if self.of(expr) == NUMBER else None

    def _item(self, op: ir.Op) -> Shape:
        """``x[i]``: an integer index takes away the first dimension; slices that leave out as
        many elements, like ``x[2:]`` and ``x[1:-1]``, give the same shape."""
        base, index = op.args
        extents = extents_of(self.of(base))
        if isinstance(index, ir.Const) and index.value is Ellipsis:
            return self.of(base)
        cut = _left_out(index)
        if cut is not None and self.of(base):
            if cut == 0:
                return self.of(base)
            shape = self.of(base)
            return frozenset({Atom(("cut", shape, cut), rank_of(shape))})
        if self.is_integer(index) and self.of(base):
            if extents is not None:
                return _extents(*extents[1:])
            rank = rank_of(self.of(base))
            return self._fresh(op, None if rank is None else rank - 1)
        if (
            isinstance(index, ir.Op)
            and index.callee == "tuple"
            and all(self.is_integer(i) for i in index.args)
        ):
            rank = rank_of(self.of(base))
            if rank is not None and rank >= len(index.args):
                if extents is not None:
                    return _extents(*extents[len(index.args) :])
                return self._fresh(op, rank - len(index.args))
        return self._fresh(op)

    def is_integer(self, expr: ir.Expr) -> bool:
        """Whether an index is certainly one integer."""
        if isinstance(expr, ir.Primal):
            return self.is_integer(expr.node)
        if isinstance(expr, ir.Const):
            return type(expr.value) is int
        if isinstance(expr, ir.Read):
            value = self._versions.of.get(expr)
            return (
                value is not None
                and value.kind == "target"
                and isinstance(value.stmt, ir.For)
                and isinstance(value.stmt.target, ir.Name)
                and counts(value.stmt.iter)
            )
        if isinstance(expr, ir.Op):
            if expr.callee in ("builtins.len", "builtins.int"):
                return True
            return expr.callee in (
                "operator.add",
                "operator.sub",
                "operator.mul",
                "operator.floordiv",
                "operator.mod",
                "operator.neg",
            ) and all(self.is_integer(a) for a in expr.args)
        return False


def _product(
    a: tuple[Hashable, ...] | None, b: tuple[Hashable, ...] | None
) -> tuple[Hashable, ...] | None:
    """The extents of a product of vectors and matrices."""
    if not a or not b or len(a) > 2 or len(b) > 2:
        return None
    return (*a[:-1], *(b[1:] if len(b) == 2 else ()))


def _left_out(index: ir.Expr) -> int | None:
    """How many elements of the first dimension a slice with literal bounds leaves out, as long
    as there are that many: ``x[1:-1]`` leaves out two."""
    if isinstance(index, ir.Primal):
        index = index.node
    if not isinstance(index, ir.Op) or index.callee != "slice":
        return None
    lower, upper, step = (a.value if isinstance(a, ir.Const) else UNKNOWN for a in index.args)
    if step not in (None, 1) or not (lower is None or (type(lower) is int and lower >= 0)):
        return None
    if not (upper is None or (type(upper) is int and upper < 0)):
        return None
    return (lower or 0) - (upper or 0)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one call; see `tangent.rules.declare.CallFacts`."""

    shapes: Shapes
    binding: Binding
    result: ir.Expr

    def absent(self, parameter: str) -> bool:
        if parameter == self.binding.varargs():
            return not self.binding.star
        given = self.binding.arguments.get(parameter)
        if given is None:
            return True
        value = literal_of(given)
        if value is UNKNOWN:
            return False
        return value is None or value == default_of(self.binding.rule, parameter)

    def literal(self, parameter: str) -> object:
        if parameter == self.binding.varargs():
            return tuple(literal_of(arg) for arg in self.binding.star)
        given = self.binding.arguments.get(parameter)
        if given is None:
            return default_of(self.binding.rule, parameter)
        return literal_of(given)

    def rank(self, parameter: str) -> int | None:
        expr = self._expr(parameter)
        return None if expr is None else rank_of(self.shapes.of(expr))

    def same_shape(self, first: str, second: str) -> bool:
        a, b = self._expr(first), self._expr(second)
        return a is not None and b is not None and self.shapes.same(a, b)

    def _expr(self, parameter: str) -> ir.Expr | None:
        return self.result if parameter == "y" else self.binding.arguments.get(parameter)


def find_shapes(function: ir.Function, versions: Versions, aliases: Aliases) -> Shapes:
    """The shapes of a function's values.

    Heads of loops start with the shape they are entered with; one that turns out to change in
    the body becomes an unknown shape of its own, and everything is looked at again.
    """
    annotations = {p.name: p.annotation for p in function.params}
    unstable: set[Value] = set()
    while True:
        shapes = Shapes(versions)
        for value in versions.values:
            shapes._values[value] = _value_shape(value, shapes, annotations, unstable, aliases)
        changed = {
            value
            for value in versions.values
            if value.kind == "head"
            and value not in unstable
            and any(shapes.of_value(i) != shapes.of_value(value) for i in value.inputs)
        }
        if not changed:
            return shapes
        unstable |= changed


def _is_steady(shape: Shape, loop: Region) -> bool:
    """Whether a shape is the same in every iteration of a loop: it follows from values that
    were there before."""
    stack: list[Hashable] = [atom.key for atom in shape]
    while stack:
        key = stack.pop()
        if isinstance(key, tuple):
            stack.extend(key)
        elif isinstance(key, ir.Expr) or (isinstance(key, Value) and key.region.within(loop)):
            return False
    return True


def _restructures(value: Value) -> bool:
    """Whether an in-place change may have given a container other elements."""
    stmt = value.stmt
    if isinstance(stmt, ir.Assign) and isinstance(stmt.target, ir.Item):
        index = stmt.target.index
        if isinstance(index, ir.Const) and isinstance(index.value, str):
            return True
    return stmt is not None and any(
        isinstance(node, ir.Op) and node.callee in IN_PLACE and node.callee != "tangent.add_at"
        for expr in ir.expressions(stmt)
        for node in ir.walk(expr)
    )


def _value_shape(
    value: Value,
    shapes: Shapes,
    annotations: dict[str, Any],
    unstable: set[Value],
    aliases: Aliases,
) -> Shape:
    fresh: Shape = frozenset({Atom(value)})
    if value.name in aliases.scalars:
        return NUMBER
    if value.kind == "param":
        return annotated(annotations.get(value.name), value)
    if value.kind == "target":
        stmt = value.stmt
        if isinstance(stmt, ir.For) and isinstance(stmt.target, ir.Name) and counts(stmt.iter):
            return NUMBER
        return fresh
    if value.kind == "head":
        if value in unstable or not value.inputs:
            return fresh
        shape = shapes.of_value(value.inputs[0])
        return shape if value.entered or _is_steady(shape, value.region) else fresh
    if value.kind == "exit":
        (head,) = value.inputs
        shape = shapes.of_value(head)
        steady = (head.entered and head not in unstable) or _is_steady(shape, head.region)
        return shape if steady else fresh
    if value.kind in ("join", "told"):
        inputs = {shapes.of_value(i) for i in value.inputs}
        return inputs.pop() if len(inputs) == 1 else fresh
    if value.kind == "mutated":
        changed = _changes_length(value) or _restructures(value)
        return fresh if changed else shapes.of_value(value.inputs[0])
    return fresh if value.expr is None else shapes.of(value.expr)


def _changes_length(value: Value) -> bool:
    """Whether the in-place change that made a value may be one of a list's length."""
    assert value.stmt is not None
    return any(
        isinstance(node, (ir.Call, ir.Opaque))
        or (isinstance(node, ir.Op) and node.callee.startswith("list."))
        for expr in ir.expressions(value.stmt)
        for node in ir.walk(expr)
    )
