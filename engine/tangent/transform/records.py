"""How a backward pass gets hold of primal values: by name, computed again, or kept.

For every value that the backward pass reads, the cheapest of these that is certainly right:

* a name that still holds it when the forward pass has run;
* a cheap expression of values that are at hand (``x.T``, ``xs[i]``, a shape);
* a name of its own, given in the forward pass; in a loop, a stack of them.

What is only asked for its shape is answered by any value at hand that has the same shape.
This is the "to be recorded" question (Hascoët, Naumann, Pascual, FGCS 21(8), 2005) put per
value instead of per overwritten variable: nothing is kept that nobody reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from tangent.analysis.aliasing import Aliases, handed_on, makes_new_value
from tangent.analysis.scalars import counts
from tangent.analysis.shapes import NUMBER, Shape, Shapes
from tangent.analysis.versions import Region, Value, Versions, merged
from tangent.derivative import Role
from tangent.ir import nodes as ir
from tangent.lower.effects import INACTIVE_ATTRIBUTES
from tangent.rules import registry
from tangent.source.text import Span
from tangent.transform.names import Names, base_name, noun
from tangent.transform.reverse import Backward

# Arguments that are read for their shape alone.
SHAPE_ONLY = {
    "tangent.zeros_like": 0,
    "tangent.unbroadcast": 1,
    "tangent.expand": 1,
    "tangent.check_seed": 1,
    "numpy.shape": 0,
    "numpy.size": 0,
    "attribute.shape": 0,
    "attribute.size": 0,
}

_ARITHMETIC = frozenset(
    {
        "operator.add",
        "operator.sub",
        "operator.mul",
        "operator.floordiv",
        "operator.mod",
        "operator.neg",
        "operator.truediv",
        "operator.pow",
        "compare",
        "operator.not_",
        "builtins.len",
        "builtins.range",
        "builtins.min",
        "builtins.max",
        "builtins.abs",
        "builtins.int",
    }
)
_STEERING = _ARITHMETIC | {"and", "or", "builtins.isinstance"}


@dataclass(eq=False)
class Recorded:
    """The forward pass with what it keeps, and the backward pass with what it reads."""

    forward: ir.Block
    backward: ir.Block
    # Names the backward pass uses that the forward pass leaves behind, in a fixed order, and
    # those of them that are bound on some paths only.
    record: tuple[str, ...]
    partial: tuple[str, ...]
    # Statements that an exception may leave with only a part of what they keep.
    interrupted: tuple[ir.Stmt, ...]
    # The names under which the backward pass has shadows.
    shadows: frozenset[str] = frozenset()


class _Records:
    def __init__(
        self,
        body: ir.Block,
        backward: Backward,
        versions: Versions,
        shapes: Shapes,
        aliases: Aliases,
        names: Names,
        name_all: Callable[[ir.Expr], bool] | None,
        shadows: frozenset[str],
    ):
        self.shadows = shadows
        self.body = body
        self.backward = backward
        self.versions = versions
        self.shapes = shapes
        self.aliases = aliases
        self.names = names
        self.name_all = name_all
        self.owner: dict[ir.Expr, ir.Stmt] = {}
        self.root_of: dict[ir.Expr, ir.Stmt] = {}
        self.hoisted: dict[ir.Expr, Value] = {}
        self.saved: dict[Value, str] = {}
        self.stacks: dict[Value, str] = {}
        self.by_name: dict[Value, None] = {}
        self.values_known = False
        # Values that the backward pass computes anew, with how.
        self.again: dict[Value, ir.Expr] = {}
        self.named_again: dict[ir.Expr, str] = {}
        self.interrupted: list[ir.Stmt] = []
        self._values_by_shape: dict[Shape, list[Value]] = {}
        for stmt in ir.statements(body):
            for expr in ir.expressions(stmt):
                for node in ir.walk(expr):
                    self.owner[node] = stmt
            if isinstance(stmt, ir.Assign) and isinstance(stmt.target, ir.Name):
                self.root_of[stmt.value] = stmt

    # --- values at hand ------------------------------------------------------------------------

    def at_hand(self, value: Value, where: Region) -> ir.Expr | None:
        """An expression for a value that needs nothing to be kept."""
        value = merged(value)
        if value in self.saved:
            return ir.Read(self.saved[value])
        if value in self.backward.mirrored_targets and where.within(value.region):
            self.by_name[value] = None
            return ir.Read(value.name)
        if value.kind not in ("hoist", "record", "count") and self.versions.holds_at_end(
            value, where
        ):
            self.by_name[value] = None
            return ir.Read(value.name)
        return None

    def free(self, expr: ir.Expr, where: Region, steering: bool = False) -> ir.Expr | None:
        """The value of a primal expression from what is at hand; None if it is not."""
        if isinstance(expr, (ir.Const, ir.Global)):
            return expr
        if isinstance(expr, (ir.Primal, ir.Version)):
            return self.free_reference(expr, where, steering)
        if isinstance(expr, ir.Read):
            value = self.versions.of.get(expr)
            return expr if value is None else self.at_hand(value, where)
        if expr in self.hoisted:
            return self.at_hand(self.hoisted[expr], where)
        if expr in self.named_again:
            return ir.Read(self.named_again[expr])
        if expr in self.root_of:
            stmt = self.root_of[expr]
            assert isinstance(stmt, ir.Assign) and isinstance(stmt.target, ir.Name)
            found = self.at_hand(self.versions.bound[stmt][stmt.target.name], where)
            if found is not None:
                return found
        if isinstance(expr, ir.Op) and self.is_cheap(expr, steering):
            args: list[ir.Expr] = []
            for arg in ir.children(expr):
                found = self.free(arg, where, steering)
                if found is None:
                    return None
                args.append(found)
            n = len(expr.args)
            keywords = tuple((k, v) for (k, _), v in zip(expr.keywords, args[n:]))
            return ir.Op(
                expr.callee, tuple(args[:n]), keywords, expr.form, expr.detail, expr.function
            )
        return None

    def free_reference(
        self, expr: ir.Primal | ir.Version, where: Region, steering: bool
    ) -> ir.Expr | None:
        if isinstance(expr, ir.Version):
            return self.at_hand(expr.value, where)
        return self.free(expr.node, where, steering)

    def is_cheap(self, op: ir.Op, steering: bool) -> bool:
        """Whether an operation may be done again in the backward pass: views, attributes,
        arithmetic on a few numbers."""
        if op.callee in ("tuple", "list", "slice", "operator.getitem", "dict.keys"):
            return True
        if op.form is ir.Form.ATTRIBUTE:
            rule = registry.rule_for(op.callee)
            return op.detail[0] in INACTIVE_ATTRIBUTES or (rule is not None and rule.view)
        if op.callee in ("numpy.size", "numpy.shape", "numpy.ndim"):
            return True
        rule = registry.rule_for(op.callee)
        if rule is not None and rule.cheap:
            return True
        allowed = _STEERING if steering else _ARITHMETIC
        if op.callee in allowed:
            return steering or (all(self.shapes.of(a) == NUMBER for a in op.args) and _small(op))
        return False

    # --- values to keep ------------------------------------------------------------------------

    def keep(self, expr: ir.Expr, where: Region) -> ir.Expr:
        """The value of a primal expression, kept by the forward pass."""
        if isinstance(expr, ir.Primal):
            return self.keep(expr.node, where)
        if isinstance(expr, ir.Version):
            value = expr.value
        elif isinstance(expr, ir.Read):
            value = self.versions.of[expr]
        elif expr in self.hoisted:
            value = self.hoisted[expr]
        elif expr in self.root_of:
            stmt = self.root_of[expr]
            assert isinstance(stmt, ir.Assign) and isinstance(stmt.target, ir.Name)
            value = self.versions.bound[stmt][stmt.target.name]
        else:
            value = self.hoist(expr)
        value = merged(value)
        found = self.at_hand(value, where)
        if found is not None:
            return found
        self.save(value)
        return ir.Read(self.saved[value])

    def hoist(self, expr: ir.Expr) -> Value:
        """Gives an intermediate of the primal a name."""
        stmt = self.owner[expr]
        base = noun(expr.callee) if isinstance(expr, ir.Op) else "value"
        if isinstance(expr, ir.Op) and expr.callee == "operator.getitem":
            inner = expr.args[0]
            if isinstance(inner, ir.Read):
                base = f"{inner.name}_{ir.attribute_of(expr.args[1]) or 'item'}"
        if isinstance(expr, ir.Call):
            base = f"{base_name(expr.function.name)}_result"
        region = self.versions.region_of[stmt]
        value = Value(self.names.fresh(base), "hoist", region, stmt, expr=expr)
        self.hoisted[expr] = value
        return value

    def save(self, value: Value) -> None:
        """Decides under which name a value is kept."""
        looped = value.region.innermost_loop is not None
        own = value.kind in ("hoist", "record", "count")
        # A variable that changes in place keeps its name for itself: the stack would seem to
        # share its memory.
        reused = looped and not self._name_in_use(value) and not self._may_change(value)
        if own or reused:
            name = value.name
        else:
            name = self.names.numbered(value.name)
        self.saved[value] = name
        if looped:
            self.stacks[value] = self.names.fresh(f"{name}_stack")

    def _name_in_use(self, value: Value) -> bool:
        """Whether the variable's own name means another of its values where this one is
        brought back."""
        # A value that the name holds at the end is no rival: it is read before the backward
        # pass comes to the place that mirrors an older value.
        others = [v for v, n in self.saved.items() if n == value.name]
        others += [v for v in self.versions.values if v.kind == "target" and v.name == value.name]
        return any(
            other is not value
            and (other.region.within(value.region) or value.region.within(other.region))
            for other in others
        )

    # --- the backward pass ---------------------------------------------------------------------

    def rewrite(self, expr: ir.Expr, where: Region) -> ir.Expr:
        """The expression with every reference to a primal value replaced."""
        if isinstance(expr, (ir.Primal, ir.Version)):
            if expr in self.backward.steering:
                return expr
            found = self.free_reference(expr, where, False)
            return self.keep(expr, where) if found is None else found
        if not isinstance(expr, ir.Op):
            return expr
        position = SHAPE_ONLY.get(expr.callee)
        args = list(expr.args)
        for i, arg in enumerate(args):
            if i == position and isinstance(arg, (ir.Primal, ir.Version)):
                # Looked at when all values that are kept for themselves are known.
                if self.values_known:
                    args[i] = self.like(arg, where)
            else:
                args[i] = self.rewrite(arg, where)
        keywords = tuple((k, self.rewrite(v, where)) for k, v in expr.keywords)
        return ir.Op(expr.callee, tuple(args), keywords, expr.form, expr.detail, expr.function)

    def like(self, expr: ir.Primal | ir.Version, where: Region) -> ir.Expr:
        """A value at hand that has the shape asked for."""
        found = self.free_reference(expr, where, False)
        if found is not None:
            return found
        shape = self.shapes.of(expr)
        for value in [*self._by_shape().get(shape, ()), *self.saved]:
            if (
                self._shape_of(value) == shape
                and where.within(value.region)
                and self.versions.is_certain(value)
                # What is iterated over twice is kept as a list.
                and (value.kind != "hoist" or value.expr not in self.backward.iterated)
            ):
                found = self.at_hand(value, where)
                if found is not None:
                    return found
        return self.keep(expr, where)

    def _by_shape(self) -> dict[Shape, list[Value]]:
        if not self._values_by_shape:
            for value in self.versions.values:
                shape = self.shapes.of_value(value)
                self._values_by_shape.setdefault(shape, []).append(value)
        return self._values_by_shape

    def _shape_of(self, value: Value) -> Shape:
        if value.kind == "hoist" and value.expr is not None:
            return self.shapes.of(value.expr)
        return self.shapes.of_value(value)

    def statement(self, stmt: ir.Stmt, where: Region) -> None:
        shadow = self.backward.writes.get(stmt)
        if shadow is not None:
            found = self.rewrite(shadow, where)
            assert isinstance(stmt, ir.Assign) and isinstance(found, ir.Read)
            assert isinstance(stmt.target, (ir.Name, ir.Item))
            stmt.target.name = found.name
        if isinstance(stmt, (ir.Assign, ir.Evaluate)):
            stmt.value = self.rewrite(stmt.value, where)
            if isinstance(stmt, ir.Assign) and isinstance(stmt.target, ir.Item):
                stmt.target.index = self.rewrite(stmt.target.index, where)
        elif isinstance(stmt, ir.Return):
            if stmt.value is not None:
                stmt.value = self.rewrite(stmt.value, where)
        elif isinstance(stmt, ir.If):
            stmt.cond = self.rewrite(stmt.cond, where)
        elif isinstance(stmt, ir.For):
            stmt.iter = self.rewrite(stmt.iter, where)
        elif isinstance(stmt, ir.InsertGrad) and not self.values_known:
            self.inserted(stmt, where)

    def inserted(self, stmt: ir.InsertGrad, where: Region) -> None:
        """The user's lines read primal variables by name: they get the names that hold them."""
        kept: list[ir.Read] = []
        for read in stmt.reads:
            found = self.free(read, where) or self.keep(read, where)
            assert isinstance(found, ir.Read)
            kept.append(ir.Read(read.name, found.span))
            self.backward.renames.setdefault(stmt, {})[read.name] = found.name
        stmt.reads = tuple(kept)

    def blocks_with_regions(self) -> Iterator[tuple[ir.Stmt, Region]]:
        """The statements of the backward pass with the primal region they mirror."""
        region_of_block = {id(block): region for region, block in self.backward.mirrors.items()}

        def visit(block: ir.Block, where: Region) -> Iterator[tuple[ir.Stmt, Region]]:
            where = region_of_block.get(id(block), where)
            for stmt in block:
                yield stmt, where
                for inner in ir.blocks(stmt):
                    yield from visit(inner, where)

        yield from visit(self.backward.block, self.versions.root)

    def run(self) -> Recorded:
        pairs = list(self.blocks_with_regions())
        for self.values_known in (False, True):
            for stmt, where in pairs:
                self.statement(stmt, where)
        # What steers control is looked at last: by now it may be at hand.
        for stmt, where in pairs:
            if isinstance(stmt, ir.If):
                stmt.cond = self.steer(stmt.cond, where)
            elif isinstance(stmt, ir.For):
                stmt.iter = self.steer_inside(stmt.iter, where)
        for value in self.backward.counted.values():
            if value not in self.saved:
                self.save(value)
        if self.name_all is not None:
            self.name_everything(self.name_all)
        if self.name_all is None:
            self.recompute()
        self.restore()
        self.merge_carried()
        for stmt, _ in pairs:
            self.unused_target(stmt)
        forward = self.forward(self.body)
        top: ir.Block = []
        at_start = {f: call for call, (_, f) in self.backward.dynamic.items() if f.stmt is None}
        for call in at_start.values():
            top += self._pair(call)
        unbound: dict[str, ir.Stmt] = {}
        for value, name in self.saved.items():
            if value.kind == "param":
                top.append(self._record(value, name))
            elif value.kind in ("join", "head", "exit") and not self.versions.is_certain(value):
                # The primal may leave it unbound where it is kept.
                unbound[value.name] = ir.Assign(
                    ir.Name(value.name), ir.Const(0.0), span=_span_of(value), role=Role.RECORD
                )
        top += unbound.values()
        stacks = [
            ir.Assign(
                ir.Name(stack),
                ir.Op("list", (), form=ir.Form.DISPLAY),
                span=_span_of(value),
                role=Role.RECORD,
            )
            for value, stack in self.stacks.items()
        ]
        record = [
            self.stacks.get(value, name)
            for value, name in self.saved.items()
            if value not in self.again
        ] + [v.name for v in self.by_name if v.kind not in ("target",)]
        kept = tuple(dict.fromkeys(record))
        whole = [*top, *stacks, *forward]
        certain = set(self.versions.params) | _bound_always(whole)
        partial = tuple(name for name in kept if name not in certain)
        shadows = {n for v, n in self.saved.items() if v.name in self.shadows}
        shadows |= self.backward.parts
        return Recorded(
            whole,
            self.backward.block,
            kept,
            partial,
            tuple(self.interrupted),
            self.shadows | frozenset(shadows),
        )

    def name_everything(self, is_varied: Callable[[ir.Expr], bool]) -> None:
        """The didactic form: every operation of the primal that carries a derivative has a
        name, whether or not the backward pass reads it."""
        for stmt in ir.statements(self.body):
            if isinstance(stmt, ir.Assign) and not stmt.augmented:
                for node in ir.walk(stmt.value):
                    if (
                        isinstance(node, ir.Op)
                        and node is not stmt.value
                        and node not in self.hoisted
                        and node.form not in (ir.Form.DISPLAY, ir.Form.SUBSCRIPT)
                        and is_varied(node)
                    ):
                        self.hoist(node)

    def steer_inside(self, expr: ir.Expr, where: Region) -> ir.Expr:
        if isinstance(expr, ir.Op):
            args = tuple(self.steer_inside(a, where) for a in expr.args)
            return ir.Op(expr.callee, args, expr.keywords, expr.form, expr.detail, expr.function)
        return self.steer(expr, where)

    def steer(self, expr: ir.Expr, where: Region) -> ir.Expr:
        if not isinstance(expr, ir.Primal):
            return expr
        found = self.free(expr, where, steering=True)
        return self.keep(expr, where) if found is None else found

    def recompute(self) -> None:
        """What a loop computes in a step or two from values that are at hand anyway is
        computed again instead of being kept: the line of the primal stays as it is."""
        # An item of something that is at hand is looked up again.
        place = {value: i for i, value in enumerate(self.versions.values)}
        assigned = [v for v in self.stacks if v.kind == "assign"]
        for value in sorted(assigned, key=lambda v: place[v]):
            expr = value.expr
            if (
                not isinstance(expr, ir.Op)
                or expr.callee != "operator.getitem"
                or self.saved[value] != value.name
                or self.aliases.is_mutated(value)
            ):
                continue
            base, index = (self.free(arg, value.region) for arg in expr.args)
            if base is not None and index is not None:
                self.again[value] = ir.Op(expr.callee, (base, index), form=ir.Form.SUBSCRIPT)
                del self.stacks[value]
        order = {node: i for i, node in enumerate(self.owner)}
        hoisted = [v for v in self.stacks if v.kind == "hoist" and v.expr is not None]
        for value in sorted(hoisted, key=lambda v: order[v.expr]):  # type: ignore[index]
            expr = value.expr
            if not isinstance(expr, ir.Op) or expr.form is not ir.Form.OPERATOR:
                continue
            if not _small(expr) or not expr.callee.startswith("operator."):
                continue
            args = [self.free(arg, value.region) for arg in expr.args]
            if any(arg is None for arg in args):
                continue
            known = tuple(arg for arg in args if arg is not None)
            again = ir.Op(expr.callee, known, form=expr.form, detail=expr.detail)
            self.again[value] = again
            self.named_again[expr] = value.name
            del self.stacks[value], self.hoisted[expr]
        for value in [v for v in self.stacks if v.name in self.shadows]:
            # A view of a shadow is taken once more.
            found = None if value.expr is None else self.free(value.expr, value.region)
            own = (value.name, self.saved[value])
            if found is not None and not (isinstance(found, ir.Read) and found.name in own):
                self.again[value] = found
                del self.stacks[value]

    def restore(self) -> None:
        """Puts the pops at the top of the blocks that mirror where the values were made, the
        last one kept first."""
        by_region: dict[Region, list[Value]] = {}
        for value in self.stacks:
            by_region.setdefault(value.region, []).append(value)
        for value in self.again:
            by_region.setdefault(value.region, [])
        for region, values in by_region.items():
            block = self.backward.mirrors.get(region)
            assert block is not None
            pops: ir.Block = [
                ir.Assign(
                    ir.Name(self.saved[value]),
                    ir.Op(
                        "list.pop",
                        (ir.Read(self.stacks[value]),),
                        form=ir.Form.METHOD,
                        detail=("pop",),
                    ),
                    span=_span_of(value),
                    role=Role.RESTORE,
                )
                for value in values
            ]
            again: ir.Block = [
                ir.Assign(ir.Name(self.saved[value]), expr, span=_span_of(value), role=Role.RESTORE)
                for value, expr in self.again.items()
                if value.region is region
            ]
            # A loop over a sequence starts with bringing its item back.
            items = [s for s in block[:1] if isinstance(s, ir.Assign) and s.role is Role.RESTORE]
            block[: len(items)] = [*pops, *items, *again]

    def unused_target(self, stmt: ir.Stmt) -> None:
        """A loop that only counts needs neither direction nor name."""
        if (
            isinstance(stmt, ir.For)
            and isinstance(stmt.target, ir.Name)
            and isinstance(stmt.iter, ir.Op)
            and stmt.iter.callee == "builtins.reversed"
            and counts(stmt.iter)
            and not any(self._reads_name(inner, stmt.target.name) for inner in stmt.body)
        ):
            items = stmt.iter.args[0]
            if isinstance(items, ir.Op) and items.callee == "operator.getitem":
                _, part = items.args
                assert isinstance(part, ir.Op)
                start, stop, _ = part.args
                if isinstance(start, ir.Const) and not isinstance(stop, ir.Const):
                    items = ir.Op("builtins.range", (stop,))
            stmt.iter = items
            stmt.target = ir.Name("_")

    def merge_carried(self) -> None:
        """One stack for a variable that a loop carries, where the backward pass reads its value
        both before and after the iteration.

        The value after an iteration is the one before the next: when the backward pass enters
        an iteration the variable holds it already, and the pop belongs between its last use
        and the first use of the older value.
        """
        for head in [v for v in self.stacks if v.kind == "head" and v.name not in self.shadows]:
            last = head.inputs[-1]
            loop = head.stmt
            if last not in self.stacks or last.region is not head.region or loop is None:
                continue
            after = self.versions.joins[loop][head.name]
            outside = self.versions.region_of[loop]
            block = self.backward.mirrors[head.region]
            if not self.versions.holds_at_end(after, outside) or self._may_change(head):
                continue
            pops = {
                value: stmt
                for value in (head, last)
                for stmt in block
                if isinstance(stmt, ir.Assign)
                and isinstance(stmt.value, ir.Op)
                and stmt.value.callee == "list.pop"
                and isinstance(stmt.value.args[0], ir.Read)
                and stmt.value.args[0].name == self.stacks[value]
            }
            rest = [s for s in block if s not in pops.values()]
            newer = [i for i, s in enumerate(rest) if self._reads_name(s, self.saved[last])]
            older = [i for i, s in enumerate(rest) if self._reads_name(s, self.saved[head])]
            others = [n for v, n in self.saved.items() if v not in (head, last)]
            if not newer or not older or newer[-1] >= older[0] or head.name in others:
                continue
            for stmt in rest:
                _rename(stmt, {self.saved[last]: head.name, self.saved[head]: head.name})
            stack = min(self.stacks[last], self.stacks[head], key=len)
            pop = pops[head]
            assert isinstance(pop, ir.Assign) and isinstance(pop.value, ir.Op)
            pop.target = ir.Name(head.name)
            pop.value = ir.Op("list.pop", (ir.Read(stack),), form=ir.Form.METHOD, detail=("pop",))
            place = newer[-1] + 1
            block[:] = [*rest[:place], pop, *rest[place:]]
            del self.stacks[last], self.saved[last]
            self.saved[head], self.stacks[head] = head.name, stack
            self.by_name[after] = None

    def _reads_name(self, stmt: ir.Stmt, name: str) -> bool:
        return any(
            read.name == name
            for inner in ir.statements([stmt])
            for expr in ir.expressions(inner)
            for read in ir.reads(expr)
        ) or any(
            name in self.backward.renames.get(inner, {}).values() for inner in ir.statements([stmt])
        )

    # --- the forward pass ----------------------------------------------------------------------

    def _record(self, value: Value, name: str) -> ir.Stmt:
        """Keeps a value: on its stack, or under its second name."""
        held: ir.Expr = ir.Read(value.name)
        if value.kind != "hoist" and self._may_change(value):
            held = ir.Op("tangent.snapshot", (held,))
        if value in self.stacks:
            push = ir.Op(
                "list.append",
                (ir.Read(self.stacks[value]), held),
                form=ir.Form.METHOD,
                detail=("append",),
            )
            return ir.Evaluate(push, _span_of(value), Role.RECORD)
        return ir.Assign(ir.Name(name), held, span=_span_of(value), role=Role.RECORD)

    def _may_change(self, value: Value) -> bool:
        """Whether the object that holds the value may change in place after it is kept."""
        if value.kind == "hoist":
            assert value.expr is not None
            return not makes_new_value(value.expr) and any(
                self.aliases.is_mutated(self.versions.of[read]) for read in ir.reads(value.expr)
            )
        if value.name in self.shadows:
            return False
        return value.kind not in ("record", "count") and self.aliases.is_mutated(value)

    def _is_handed_on(self, node: ir.Expr, stmt: ir.Stmt) -> bool:
        """Whether an intermediate may share memory with what its statement binds or puts into
        a list, and that changes in place: ``y = np.asarray(np.exp(x)); y *= 2.0``."""
        bound = self.versions.bound.get(stmt, {}).values()
        return any(self.aliases.is_mutated(v) for v in bound) and any(
            root is not node and node in handed_on(root) for root in ir.expressions(stmt)
        )

    def _recorded(self, values: Iterator[Value]) -> ir.Block:
        out: ir.Block = []
        for value in values:
            name = self.saved.get(value)
            if name is not None and (name != value.name or value in self.stacks):
                out.append(self._record(value, name))
        return out

    def forward(self, block: ir.Block) -> ir.Block:
        out: ir.Block = []
        for stmt in block:
            out += self._forward_statement(stmt)
        return out

    def _forward_statement(self, stmt: ir.Stmt) -> ir.Block:
        if isinstance(stmt, ir.InsertGrad):
            return []
        before: ir.Block = []
        changed = self._with_hoists(stmt, before)
        replaced = [] if changed is None else [changed]
        after = self._recorded(iter(self.versions.bound.get(stmt, {}).values()))
        joins = self._recorded(iter(self.versions.joins.get(stmt, {}).values()))
        heads = self._recorded(iter(self.versions.heads.get(stmt, {}).values()))
        if isinstance(changed, ir.If):
            changed = ir.If(
                changed.cond,
                self.forward(changed.body),
                self.forward(changed.orelse),
                stmt.span,
                stmt.role,
                changed.verbatim,
            )
            return [*before, changed, *after, *joins]
        if isinstance(changed, (ir.For, ir.While)):
            assert isinstance(stmt, (ir.For, ir.While))
            targets = after if isinstance(changed, ir.For) else []
            body = [*heads, *targets, *self.forward(changed.body)]
            changed = ir.with_blocks(changed, [body, []])
            counter = self.backward.counted.get(stmt)
            if counter is None:
                return [*before, changed, *joins]
            name = counter.name
            one = ir.Op(
                "operator.add", (ir.Read(name), ir.Const(1)), form=ir.Form.OPERATOR, detail=("+",)
            )
            count = ir.Assign(ir.Name(name), one, augmented=True, span=stmt.span, role=Role.RECORD)
            # At the end of the body, where that is surely reached.
            body.insert(0 if ir.may_stop(stmt) else len(body), count)
            zero = ir.Assign(ir.Name(name), ir.Const(0), span=stmt.span, role=Role.RECORD)
            return [*before, zero, changed, *joins, *self._recorded(iter([counter]))]
        if isinstance(changed, ir.Try):
            return [*before, self._forward_try(changed), *joins]
        if isinstance(changed, ir.Match):
            arms = [self._forward_arm(stmt, i, arm) for i, arm in enumerate(changed.arms)]
            return [*before, ir.with_blocks(changed, arms), *after, *joins]
        if isinstance(changed, ir.With):
            changed = ir.with_blocks(changed, [self.forward(changed.body)])
            return [*before, changed, *after]
        return [*before, *replaced, *after]

    def _forward_arm(self, stmt: ir.Stmt, number: int, arm: ir.Arm) -> ir.Block:
        entered = self.versions.entered.get((stmt, number), {})
        return [*self._recorded(iter(entered.values())), *self.forward(arm.body)]

    def _forward_try(self, stmt: ir.Try) -> ir.Stmt:
        body = self.forward(stmt.body)
        looped = self.versions.region_of[stmt].innermost_loop is not None
        if looped and sum(ir.falls(way) for way in ir.ways(stmt)) > 1:
            # What is kept on stacks is kept when nothing can go wrong any more.
            pushes: ir.Block = []
            body = self._without_pushes(body, pushes, set())
            if any(_is_push(s) for s in ir.statements(body)):
                self.interrupted.append(stmt)
            body = [*body, *pushes]
        arms = [self._forward_arm(stmt, i, arm) for i, arm in enumerate(stmt.arms, 1)]
        orelse, final = self.forward(stmt.orelse), self.forward(stmt.final)
        return ir.with_blocks(stmt, [body, *arms, orelse, final])

    def _without_pushes(self, block: ir.Block, pushes: ir.Block, after: set[str]) -> ir.Block:
        """The block without what it puts on stacks, which is added to ``pushes``; a value that its
        name does not hold until then gets another name. ``after`` are the names that are bound
        after the block."""
        out: ir.Block = []
        for i, stmt in enumerate(block):
            later = after | set(ir.bound_in(block[i + 1 :]))
            if isinstance(stmt, ir.With):
                stmt = ir.with_blocks(stmt, [self._without_pushes(stmt.body, pushes, later)])
            elif _is_push(stmt):
                assert isinstance(stmt, ir.Evaluate) and isinstance(stmt.value, ir.Op)
                stack, held = stmt.value.args
                if not isinstance(held, ir.Read) or held.name in later:
                    base = held.name if isinstance(held, ir.Read) else "kept"
                    name = self.names.numbered(base)
                    out.append(ir.Assign(ir.Name(name), held, span=stmt.span, role=Role.RECORD))
                    held = ir.Read(name)
                push = ir.Op("list.append", (stack, held), form=ir.Form.METHOD, detail=("append",))
                pushes.append(ir.Evaluate(push, stmt.span, Role.RECORD))
                continue
            out.append(stmt)
        return out

    def _with_hoists(self, stmt: ir.Stmt, before: ir.Block) -> ir.Stmt | None:
        """The statement with its named intermediates computed by statements before it; None
        if nothing of it is left."""

        computed: set[ir.Expr] = set()  # the index of ``x[i] += v`` is met twice

        def replace(node: ir.Expr) -> ir.Expr | None:
            if isinstance(node, ir.Call) and node in self.backward.calls:
                return self._forward_call(node, stmt, before, replace)
            value = self.hoisted.get(node)
            if value is None:
                return None
            if node in computed:
                return ir.Read(value.name)
            computed.add(node)
            inner = _rebuilt_inside(node, replace)
            if node in self.backward.iterated:
                inner = ir.Op("builtins.list", (inner,))
            elif self._may_change(value):
                inner = ir.Op("tangent.snapshot", (inner,))
            before.append(ir.Assign(ir.Name(value.name), inner, span=stmt.span))
            before.extend(self._recorded(iter([value])))
            if self._is_handed_on(node, stmt):
                return ir.Op("tangent.snapshot", (ir.Read(value.name),))
            return ir.Read(value.name)

        if isinstance(stmt, ir.Assign):
            if self._direct_call(stmt, before, replace):
                return None
            value = stmt.value
            if stmt.augmented and isinstance(value, ir.Op):
                if value in self.hoisted:
                    # The new item is kept: it is computed first, then stored.
                    value = ir.rebuild(value, replace)
                    return ir.Assign(stmt.target, value, False, stmt.span, stmt.role)
                first, second = value.args
                # The item before the change, if it is kept; the statement itself stays in place.
                ir.rebuild(first, replace)
                new_second = ir.rebuild(second, replace)
                target, index = stmt.target, None
                if isinstance(target, ir.Item):
                    index = ir.rebuild(target.index, replace)
                    if index is not target.index:
                        target = ir.Item(target.name, index, target.span, target.each)
                if new_second is second and target is stmt.target:
                    return stmt
                value = ir.Op(value.callee, (first, new_second), (), value.form, value.detail)
                return ir.Assign(target, value, True, stmt.span, stmt.role, False, stmt.display)
            value = ir.rebuild(value, replace)
            target = stmt.target
            if isinstance(target, ir.Item):
                index = ir.rebuild(target.index, replace)
                if index is not target.index:
                    target = ir.Item(target.name, index, target.span, target.each)
            if value is stmt.value and target is stmt.target:
                return stmt
            return ir.Assign(target, value, False, stmt.span, stmt.role, False, stmt.display)
        if isinstance(stmt, ir.Evaluate):
            value = ir.rebuild(stmt.value, replace)
            return stmt if value is stmt.value else ir.Evaluate(value, stmt.span, stmt.role)
        if isinstance(stmt, ir.If):
            cond = ir.rebuild(stmt.cond, replace)
            if cond is stmt.cond:
                return stmt
            return ir.If(cond, stmt.body, stmt.orelse, stmt.span, stmt.role)
        if isinstance(stmt, ir.Match):
            subject = ir.rebuild(stmt.subject, replace)
            if subject is stmt.subject:
                return stmt
            return ir.Match(subject, stmt.arms, stmt.span, stmt.role, path=stmt.path)
        if isinstance(stmt, ir.For):
            iterable = ir.rebuild(stmt.iter, replace)
            if iterable is stmt.iter:
                return stmt
            return ir.For(stmt.target, iterable, stmt.body, [], stmt.span, stmt.role)
        return stmt

    def _direct_call(self, stmt: ir.Assign, before: ir.Block, replace: object) -> bool:
        """``y = g(x)`` becomes ``y, g_record = g_forward(x)``."""
        call = stmt.value
        if (
            not isinstance(call, ir.Call)
            or call not in self.backward.calls
            or call in self.hoisted
            or stmt.augmented
            or isinstance(stmt.target, ir.Item)
        ):
            return False
        pair, record = self.backward.calls[call]
        args = tuple(ir.rebuild(a, replace) for a in call.args)  # type: ignore[arg-type]
        keywords = tuple((k, ir.rebuild(v, replace)) for k, v in call.keywords)  # type: ignore[arg-type]
        before.extend(self._pair_here(call))
        applied = self._generated(pair.forward, args, keywords, call)
        before.append(
            ir.Assign(ir.Unpack((stmt.target, ir.Name(record.name))), applied, span=stmt.span)
        )
        before.extend(self._own_record(call, record, stmt))
        before.extend(self._recorded(iter([record])))
        return True

    def _forward_call(
        self, call: ir.Call, stmt: ir.Stmt, before: ir.Block, replace: object
    ) -> ir.Expr:
        pair, record = self.backward.calls[call]
        args = tuple(ir.rebuild(a, replace) for a in call.args)  # type: ignore[arg-type]
        keywords = tuple((k, ir.rebuild(v, replace)) for k, v in call.keywords)  # type: ignore[arg-type]
        value = self.hoisted.get(call)
        name = value.name if value else self.names.fresh(f"{base_name(call.function.name)}_result")
        target = ir.Unpack((ir.Name(name), ir.Name(record.name)))
        before.extend(self._pair_here(call))
        before.append(
            ir.Assign(target, self._generated(pair.forward, args, keywords, call), span=stmt.span)
        )
        before.extend(self._own_record(call, record, stmt))
        values = [record] if value is None else [value, record]
        before.extend(self._recorded(iter(values)))
        return ir.Read(name)

    def _pair_here(self, call: ir.Call) -> ir.Block:
        """What makes the functions for a call just before it, unless they are made at the start
        or the call is of a function that is known."""
        if not call.dynamic or self.backward.dynamic[call][1].stmt is None:
            return []
        return self._pair(call)

    def _pair(self, call: ir.Call) -> ir.Block:
        """The functions for a call of a function that is only known now."""
        shown, function = self.backward.dynamic[call]
        pair, _ = self.backward.calls[call]
        assert call.local is not None
        args: tuple[ir.Expr, ...] = (_fresh_copy(call.local),)
        if shown != "x":
            args = (*args, ir.Const(shown))
        names = ir.Unpack((ir.Name(pair.forward), ir.Name(pair.backward)))
        made = ir.Op("tangent.derivative_pair", args)
        return [
            ir.Assign(names, made, span=call.span, role=Role.RECORD),
            *self._recorded(iter([function])),
        ]

    def _own_record(self, call: ir.Call, record: Value, stmt: ir.Stmt) -> ir.Block:
        """A record refers to the arguments of its call and to its result: it is copied if one of
        them changes in place here."""
        values = [self.versions.of[r] for arg in ir.children(call) for r in ir.reads(arg)]
        values += self.versions.bound.get(stmt, {}).values()
        if not any(self.aliases.is_mutated(value) for value in values):
            return []
        copied = ir.Op("tangent.snapshot", (ir.Read(record.name),))
        return [ir.Assign(ir.Name(record.name), copied, span=stmt.span, role=Role.RECORD)]

    def _generated(
        self,
        name: str,
        args: tuple[ir.Expr, ...],
        keywords: tuple[tuple[str, ir.Expr], ...],
        call: ir.Call,
    ) -> ir.Op:
        if call.dynamic:
            return ir.Op("call", (ir.Read(name), *args), keywords)
        passed = tuple(ir.passed_on(call))
        return ir.Op("generated", args, (*keywords, *passed), function=ir.Global(name))


def _fresh_copy(expr: ir.Expr) -> ir.Expr:
    """The function that is called, for one more evaluation."""
    return replace(expr) if isinstance(expr, ir.Read) else expr


def _bound_always(block: ir.Block) -> set[str]:
    names: set[str] = set()
    for stmt in block:
        if not isinstance(stmt, (ir.For, ir.Try, ir.Match)):
            names.update(ir.binds(stmt))
        if isinstance(stmt, ir.If):
            names |= _bound_always(stmt.body) & _bound_always(stmt.orelse)
        elif isinstance(stmt, ir.With):
            names |= _bound_always(stmt.body)
        elif isinstance(stmt, (ir.Try, ir.Match)):
            going = [_bound_always(way) for way in ir.ways(stmt) if ir.falls(way)]
            names |= set.intersection(*going) if going else set()
            names |= _bound_always(stmt.final) if isinstance(stmt, ir.Try) else set()
    return names


def _is_push(stmt: ir.Stmt) -> bool:
    """Whether a statement keeps a value on a stack."""
    return (
        isinstance(stmt, ir.Evaluate)
        and stmt.role is Role.RECORD
        and isinstance(stmt.value, ir.Op)
        and stmt.value.callee == "list.append"
    )


def _rename(stmt: ir.Stmt, names: dict[str, str]) -> None:
    for inner in ir.statements([stmt]):
        for expr in ir.expressions(inner):
            for read in ir.reads(expr):
                read.name = names.get(read.name, read.name)


def _rebuilt_inside(node: ir.Expr, replace: object) -> ir.Expr:
    """The node with replacements below it, but not of itself."""

    def below(inner: ir.Expr) -> ir.Expr | None:
        return None if inner is node else replace(inner)  # type: ignore[operator]

    return ir.rebuild(node, below)


def _span_of(value: Value) -> Span | None:
    return None if value.stmt is None else value.stmt.span


def _small(op: ir.Op) -> bool:
    return sum(isinstance(n, ir.Op) for n in ir.walk(op)) <= 3


def with_records(
    body: ir.Block,
    backward: Backward,
    versions: Versions,
    shapes: Shapes,
    aliases: Aliases,
    names: Names,
    name_all: Callable[[ir.Expr], bool] | None = None,
    shadows: frozenset[str] = frozenset(),
) -> Recorded:
    """Decides for every primal value of the backward pass how it is had, and rewrites both
    passes accordingly. With ``name_all`` (which tells what carries a derivative) every
    intermediate of the primal gets a name, needed or not. ``shadows`` are variables of the
    forward pass that hold memory of the backward pass: they are kept, and never copied."""
    return _Records(body, backward, versions, shapes, aliases, names, name_all, shadows).run()
