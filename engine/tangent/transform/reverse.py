"""Reverse mode: the backward pass of a function.

The primal's statements are taken last to first. Each gives a group of lines that turns the
adjoints of what it binds into contributions to the adjoints of what it reads. The adjoint of a
variable is one variable too, ``bx`` for ``x``, and belongs to the value that ``x`` holds at the
mirrored place; it is *present* where that value is active and was used further down.

Two invariants make local reasoning enough:

* an adjoint that is present has exactly the shape of its value;
* a cotangent on its way down an expression broadcasts against the value it belongs to, and
  summing it to the value's shape gives the true cotangent. It may be smaller or larger than
  the value; `_exact` makes it fit where an operation needs that.

Primal values are only referred to (`ir.Primal`, `ir.Version`). How the backward pass gets hold
of them is decided afterwards, in `tangent.transform.records`.

(Griewank and Walther, *Evaluating Derivatives*, 2nd ed., 2008, chapters 3 and 6; for adjoints
of in-place changes also Hascoët and Pascual, *The Tapenade automatic differentiation tool*,
TOMS 39(3), 2013.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from tangent.analysis.activity import Activity
from tangent.analysis.aliasing import Aliases
from tangent.analysis.calls import arguments_of, bind, returns_displays
from tangent.analysis.mutations import stored
from tangent.analysis.numeric import Numeric
from tangent.analysis.scalars import counts
from tangent.analysis.shapes import NUMBER, Shape, Shapes, broadcast, extents_of
from tangent.analysis.versions import Region, Value, Versions, merged
from tangent.derivative import Role
from tangent.ir import algebra
from tangent.ir import nodes as ir
from tangent.ir.purity import IN_PLACE
from tangent.lower.kinds import DICT, Kinds
from tangent.rules import registry
from tangent.rules.declare import Rule
from tangent.source.text import Span
from tangent.transform import templates
from tangent.transform.names import Names, base_name, noun
from tangent.transform.shadows import Shadows
from tangent.transform.user_rules import Template


@dataclass
class Options:
    """What changes the form of a derivative, not its meaning."""

    optimized: bool = True
    # Complex numbers may occur, so that rules take the form that is right for these too.
    complex_numbers: bool = False


@dataclass(eq=False)
class CalleePair:
    """The functions generated for a user function that is called. In reverse mode a forward
    and a backward one, and the parameters that get a cotangent, in the order the backward
    function returns them. In forward mode one that returns result and tangent; `seeds` are its
    names for the tangents of the active parameters."""

    forward: str
    backward: str
    active: tuple[str, ...]
    seeds: tuple[str, ...] = ()


@dataclass(eq=False)
class Backward:
    """The backward pass of a function, still referring to primal values."""

    block: ir.Block
    # Where to bring values of a primal region back: the block that mirrors it.
    mirrors: dict[Region, ir.Block] = field(default_factory=dict)
    # Loop variables that the mirrored loop binds to the same value.
    mirrored_targets: set[Value] = field(default_factory=set)
    # Expressions that only steer control: computed again if that needs nothing kept.
    steering: set[ir.Expr] = field(default_factory=set)
    # Iterables that must be lists to be gone through backwards.
    iterated: set[ir.Expr] = field(default_factory=set)
    # Calls of user functions, with the functions that replace them and the record they leave.
    calls: dict[ir.Call, tuple[CalleePair, Value]] = field(default_factory=dict)
    # Of those, the ones of functions that are only known at run time: the pattern of the call,
    # and the variable that holds the backward function.
    dynamic: dict[ir.Call, tuple[str, Value]] = field(default_factory=dict)
    # Loops of which the number of iterations is not known before, with its variable.
    counted: dict[ir.For | ir.While, Value] = field(default_factory=dict)
    # For lines of the user: the names under which they find primal values.
    renames: dict[ir.Stmt, dict[str, str]] = field(default_factory=dict)
    # Statements that change a shadow in place, with the shadow: its name is not known yet.
    writes: dict[ir.Stmt, ir.Version] = field(default_factory=dict)
    # Names for parts of shadows.
    parts: set[str] = field(default_factory=set)


@dataclass
class _Contribution:
    read: ir.Read
    cotangent: ir.Expr
    index: ir.Expr | None = None


# A cotangent with more operations than this gets a name before it is multiplied further.
_LONG = 6


# What gives a list for a list, as one of its operands is.
_LIKE_FIRST = frozenset({"operator.getitem", "tangent.zeros_like", "tangent.snapshot"})
_LIKE_SECOND = frozenset({"tangent.unbroadcast", "tangent.expand"})


class Reverse:
    def __init__(
        self,
        function: ir.Function,
        body: ir.Block,
        versions: Versions,
        activity: Activity,
        aliases: Aliases,
        shapes: Shapes,
        numeric: Numeric,
        names: Names,
        options: Options,
        callee: Callable[[ir.Call, tuple[str, ...]], CalleePair],
        template: Callable[[ir.Call | ir.Op], Template | None],
        uses_tensors: bool,
        kinds: Kinds,
        given: frozenset[ir.Stmt] = frozenset(),
        shadows: Shadows | None = None,
    ):
        self.shadows = shadows
        self.function = function
        self.body = body
        self.versions = versions
        self.activity = activity
        self.aliases = aliases
        self.shapes = shapes
        self.numeric = numeric
        self.names = names
        self.options = options
        self.callee = callee
        self.template = template
        self.uses_tensors = uses_tensors
        self.kinds = kinds
        # Statements that name what is differentiated with respect to.
        self.given = given
        # Cotangents that have the structure of their value, as rules for containers give them.
        self.structured: set[ir.Expr] = set()
        self._stores: set[str] | None = None
        self.result = Backward([])
        # Adjoints present at the current place; the flag tells that the derivative owns the
        # buffer, so that it may be changed in place.
        self.present: dict[str, bool] = {}
        self.out: ir.Block = self.result.block
        self.span: Span | None = None
        self.pending: list[_Contribution] = []
        # Choices of `np.where` that the cotangent is on its way through, with their templates.
        self.choices: tuple[tuple[ir.Op, str], ...] = ()
        # The shape of the place that the current statement stores to: whatever is combined
        # elementwise into what is stored broadcasts to it.
        self.room: Shape | None = None
        self._owners: dict[ir.Call, ir.Stmt] = {}
        # How fields are assigned, by name: "numbers" only, "once", or in other ways.
        self._field_stores: dict[str, str] | None = None
        # Statements that give (a view of) an adjoint a second name, with the adjoints.
        self._sharings: list[tuple[ir.Stmt, set[str]]] = []
        self._statement_start = 0
        self._pairs: dict[tuple[object, str], tuple[str, Value]] = {}
        # The adjoint that callers hand in: not changed in place under any name of theirs.
        self.untouched = ""

    def run(self, seeds: dict[str, bool]) -> Backward:
        """The backward pass, given the adjoints that are present at the end."""
        self.present = dict(seeds)
        self.result.mirrors[self.versions.root] = self.out
        self.block(self.body)
        return self.result

    # --- small constructors --------------------------------------------------------------------

    def adjoint(self, name: str, value: Value) -> ir.Read:
        """A read of the adjoint of a variable while it belongs to ``value``."""
        read = ir.Read(self.names.adjoint(name))
        self.shapes.declare(read, self.shapes.of_value(value))
        return read

    def emit(self, stmt: ir.Stmt) -> None:
        self.out.append(stmt)

    def assign(self, name: str, value: ir.Expr, role: Role = Role.ADJOINT) -> None:
        self.emit(ir.Assign(ir.Name(name), value, span=self.span, role=role))

    def temp(self, base: str, value: ir.Expr, shape: Shape | None = None) -> ir.Read:
        """The value, given a name of its own."""
        name = self.names.fresh(base)
        self.assign(name, value)
        self._share(value)
        read = ir.Read(name)
        self.shapes.declare(read, self.shapes.of(value) if shape is None else shape)
        return read

    def _share(self, value: ir.Expr) -> None:
        """Notes that a value which may be (a view of) adjoints has a second name now: they are
        copied before they change in place."""
        names = set(_shared(value))
        if names:
            self._sharings.append((self.out[-1], names))
        for name in self.present:
            if self.names.adjoint(name) in names:
                self.present[name] = False

    # --- shadows -------------------------------------------------------------------------------

    def shadow(self, value: Value | None) -> ir.Version | None:
        """The shadow of a value, if its memory has one."""
        found = None if self.shadows is None else self.shadows.of(value)
        if found is None or value is None:
            return None
        reference = ir.Version(found)
        self.shapes.declare(reference, self.shapes.of_value(value))
        return reference

    def _is_numeric(self, value: Value) -> bool:
        """Whether a value is a number or an array, and no list."""
        if self.numeric.is_numeric(value):
            return True
        return self.shadow(value) is not None and self.shadows.is_numeric(value)  # type: ignore[union-attr]

    def gradient(self, value: Value) -> ir.Expr | None:
        """The gradient of an argument that has a shadow: an array, or a number again."""
        shadow = self.shadow(value)
        if shadow is None or self.shadows is None or not self.activity.is_active(value):
            return None
        if self.shadows.is_certain(value):
            return shadow
        return self.helper("unboxed", shadow)

    def seeded(self, value: Value, seed: str, span: Span | None) -> ir.Stmt:
        """The statement that gives the shadow of a result what the derivative is given."""
        shadow = self.shadow(value)
        assert shadow is not None
        stmt = ir.Assign(
            ir.Name(seed),
            self._plus(shadow, ir.Read(seed)),
            augmented=True,
            span=span,
            role=Role.SEED,
        )
        self.result.writes[stmt] = ir.Version(shadow.value)
        return stmt

    def _plus(self, first: ir.Expr, second: ir.Expr) -> ir.Op:
        total = algebra.add(first, second)
        if isinstance(total, ir.Op) and total.args and total.args[0] is first:
            if total.callee in ("operator.add", "operator.sub"):
                return total
        return ir.Op("operator.add", (first, second), form=ir.Form.OPERATOR, detail=("+",))

    def _write(
        self, shadow: ir.Version, index: ir.Expr | None, value: ir.Expr, each: bool = False
    ) -> None:
        """Adds to a shadow, or to items of it, in place."""
        target: ir.Target = ir.Name("shadow")
        current: ir.Expr = shadow
        if index is not None:
            target = ir.Item("shadow", index, each=each)
            current = ir.Op("operator.getitem", (shadow, index), form=ir.Form.SUBSCRIPT)
        stmt = ir.Assign(
            target,
            self._plus(current, value),
            augmented=True,
            span=self.span,
            role=Role.ACCUMULATE,
        )
        self.result.writes[stmt] = ir.Version(shadow.value)
        self.emit(stmt)

    def _taken(self, shadow: ir.Version, name: str) -> ir.Read:
        """All of a shadow, which is zero then."""
        whole = ir.Op("tuple", (), form=ir.Form.DISPLAY)
        taken = self.helper("take_out", shadow, whole)
        return self.temp(f"{self.names.adjoint(name)}_value", taken, self.shapes.of(shadow))

    def _shadowed_target(
        self, stmt: ir.Assign, name: str, value: ir.Expr, shadow: ir.Version
    ) -> None:
        """Backwards through a binding of a variable that has a shadow."""
        assert self.shadows is not None
        bound = self.versions.bound[stmt][name]
        if not self.activity.is_active(bound):
            return
        kind = self.shadows.kinds.get((stmt, name), "same")
        if stmt.augmented and kind == "same":
            self._shadowed_update(stmt, name, value, shadow)
            return
        if kind == "same" or not self.activity.is_varied(value):
            return
        if kind == "display":
            assert isinstance(value, ir.Op)
            for i, part in enumerate(value.args):
                read = isinstance(part, ir.Read) and self.shadow(self.versions.of[part])
                if not read and self.activity.is_varied(part):
                    item = ir.Op("operator.getitem", (shadow, ir.Const(i)), form=ir.Form.SUBSCRIPT)
                    self.shapes.declare(item, self.shapes.of(part))
                    self.backprop(part, self._unboxed(item))
        elif kind == "either":
            self.backprop(value, self._taken(shadow, name))
        else:
            self._unused_shadow = shadow.value
            certain = self.shadows.is_certain(bound)
            self.backprop(value, shadow if certain else self._unboxed(shadow))
        self.flush([])
        self._unused_shadow = None

    def _unboxed(self, shadow: ir.Expr) -> ir.Expr:
        value = self.helper("unboxed", shadow)
        self.shapes.declare(value, self.shapes.of(shadow))
        return value

    def _shadowed_update(
        self, stmt: ir.Assign, name: str, value: ir.Expr, shadow: ir.Version
    ) -> None:
        """Backwards through ``x += v`` where ``x`` is an array that has a shadow."""
        assert isinstance(value, ir.Op)
        rest = value.args[1]
        shape = self.shapes.of(shadow)
        if value.callee not in ("operator.add", "operator.sub"):
            self.backprop(value, self._taken(shadow, name))
            self.flush([])
            return
        if not self.activity.is_varied(rest):
            return
        cotangent: ir.Expr = shadow
        if any(self.shadow(self.versions.of[r]) is not None for r in ir.reads(rest)):
            copied = ir.Op("numpy.copy", (shadow,), form=ir.Form.METHOD, detail=("copy",))
            cotangent = self.temp(f"{self.names.adjoint(name)}_value", copied, shape)
        if value.callee == "operator.sub":
            cotangent = algebra.negate(cotangent)
            self.shapes.declare(cotangent, shape)
        self.backprop_reduced(rest, cotangent, shape)
        self.flush([])

    def helper(self, name: str, *args: ir.Expr) -> ir.Op:
        return ir.Op(f"tangent.{name}", args)

    def zeros(self, value: Value, bound: bool = False) -> ir.Expr:
        """A zero of the shape of a value; the number zero for a variable that may be unbound,
        unless it is certainly ``bound`` on the way that leads here."""
        value = merged(value)
        certain = bound or self.versions.is_certain(value)
        if self.shapes.of_value(value) == NUMBER or not certain:
            return ir.Const(0.0)
        zero = self.helper("zeros_like", ir.Version(value))
        self.shapes.declare(zero, self.shapes.of_value(value))
        return zero

    def ensure(self, name: str, value: Value, owned: bool = False, bound: bool = False) -> None:
        """Makes the adjoint of a variable present (a zero if nothing reached it yet)."""
        if name not in self.present:
            self.assign(self.names.adjoint(name), self.zeros(value, bound))
            self.present[name] = True
        elif owned and not self.present[name]:
            copy = self.helper("snapshot", ir.Read(self.names.adjoint(name)))
            self.assign(self.names.adjoint(name), copy)
            self.present[name] = True

    def comment(self, stmt: ir.Stmt, text: str) -> None:
        self.emit(ir.Comment(text, stmt.span, Role.ADJOINT))

    # --- statements ----------------------------------------------------------------------------

    def block(self, block: ir.Block) -> None:
        for stmt in reversed(block):
            self.statement(stmt)

    def nested(self, region: Region, block: ir.Block) -> ir.Block:
        """The backward pass of a nested block, as a block of its own."""
        outer, self.out = self.out, []
        self.result.mirrors[region] = self.out
        self.block(block)
        inner, self.out = self.out, outer
        return inner

    def statement(self, stmt: ir.Stmt) -> None:
        self.span = stmt.span
        self._statement_start = len(self._sharings)
        if stmt in self.given:
            return
        if isinstance(stmt, ir.Assign):
            self.assignment(stmt)
        elif isinstance(stmt, ir.Evaluate):
            self.evaluation(stmt)
        elif isinstance(stmt, ir.If):
            self.branch(stmt)
        elif isinstance(stmt, (ir.For, ir.While)):
            self.loop(stmt)
        elif isinstance(stmt, ir.With):
            self.context(stmt)
            self._forget(stmt.binds)
        elif isinstance(stmt, ir.Verbatim):
            self._forget(stmt.binds)
        elif isinstance(stmt, (ir.Try, ir.Match)):
            self.arms(stmt)
        elif isinstance(stmt, ir.InsertGrad):
            self.insertion(stmt)

    def _forget(self, names: Iterable[str]) -> None:
        """Something without a derivative was bound to the names."""
        for name in names:
            self.present.pop(name, None)

    def _region_in(self, stmt: ir.Stmt, branch: int) -> Region | None:
        for inner in ir.blocks(stmt)[branch]:
            return self.versions.region_of[inner]
        return None

    def assignment(self, stmt: ir.Assign) -> None:
        before = len(self.out)
        text = stmt.display or self._quote(stmt)
        # What the derivative adds to the primal has no text to quote.
        self.comment(stmt, "" if stmt.role is Role.SEED else f"Grad of: {text}")
        self._target(stmt, stmt.target, stmt.value)
        if len(self.out) == before + 1:
            del self.out[before]

    def _quote(self, stmt: ir.Stmt) -> str:
        if stmt.span is None:
            return ""
        return self.function.source.module.source.slice(stmt.span)

    def _target(self, stmt: ir.Assign, target: ir.Target, value: ir.Expr) -> None:
        if isinstance(target, ir.Name):
            bound = self.versions.bound[stmt].get(target.name)
            shadow = self.shadow(bound)
            if shadow is not None:
                self._shadowed_target(stmt, target.name, value, shadow)
                return
            owned = self.present.pop(target.name, None)
            if bound is None or owned is None or not self.activity.is_active(bound):
                self._push_zero(value, bound)
                return
            cotangent: ir.Expr = self.adjoint(target.name, bound)
            if self._reads_items(value, target.name):
                cotangent = self.temp(self.names.adjoint(target.name), cotangent)
            self.backprop(value, cotangent)
            self.flush([target.name], owned)
        elif isinstance(target, ir.Item):
            self._item_target(stmt, target, value)
        elif isinstance(target, ir.Unpack):
            self._unpack(stmt, target, value)
        else:
            self._forget(target.binds)

    def _push_zero(self, value: ir.Expr, bound: Value | None) -> None:
        """What is popped from a stack and not used further down: the stack of adjoints must
        still get its entry."""
        if isinstance(value, ir.Op) and value.callee == "list.pop" and bound is not None:
            assert isinstance(value.args[0], ir.Read)
            if value.args[0].name in self.present:
                self._put_back(value, self.zeros(bound))

    def _put_back(self, popped: ir.Op, cotangent: ir.Expr) -> None:
        """The cotangent of what was popped goes where it was: into the adjoint of the list or
        dictionary."""
        base, *others = popped.args
        assert isinstance(base, ir.Read)
        adjoint = ir.Read(self.names.adjoint(base.name))
        if not others:
            self._change(adjoint, "append", cotangent)
            return
        if DICT in popped.detail:
            place = ir.Item(adjoint.name, self._operand(others[0]))
            self.emit(ir.Assign(place, cotangent, span=self.span, role=Role.ADJOINT))
            return
        place = self._operand(others[0])
        if not _counts_from_start(others[0]):
            # -1 is where the list ends after the value is back.
            one_more = ir.Op(
                "operator.add",
                (ir.Op("builtins.len", (adjoint,)), ir.Const(1)),
                form=ir.Form.OPERATOR,
                detail=("+",),
            )
            place = ir.Op("operator.mod", (place, one_more), form=ir.Form.OPERATOR, detail=("%",))
        self._change(ir.Read(adjoint.name), "insert", place, cotangent)

    def _change(self, adjoint: ir.Read, method: str, *args: ir.Expr) -> None:
        """Calls a method that changes the adjoint of a list."""
        change = ir.Op(f"list.{method}", (adjoint, *args), form=ir.Form.METHOD, detail=(method,))
        self.emit(ir.Evaluate(change, self.span, Role.ADJOINT))

    def _reads_items(self, value: ir.Expr, name: str) -> bool:
        """Whether the value depends on an item of the variable: its adjoint is set to zero,
        then, before the contribution is added, so the cotangent needs a name of its own."""
        return any(
            isinstance(n, ir.Op)
            and n.callee == "operator.getitem"
            and isinstance(n.args[0], ir.Read)
            and n.args[0].name == name
            for n in ir.walk(value)
        )

    def _item_target(self, stmt: ir.Assign, target: ir.Item, value: ir.Expr) -> None:
        bound = self.versions.bound[stmt].get(target.name)
        shadow = self.shadow(bound)
        if bound is None or not self.activity.is_active(bound):
            return
        if shadow is None and target.name not in self.present:
            return
        if (
            shadow is None
            and not stmt.augmented
            and is_whole(target.index)
            and self._is_numeric(bound)
        ):
            self._whole_target(target.name, bound, value)
            return
        index = self._operand(target.index)
        if stmt.augmented and isinstance(value, ir.Op):
            current = value.args[0]
            if value.callee in ("operator.add", "operator.sub") and (
                target.each or self._in_place(bound, target.index)
            ):
                # The old value goes on as it is: its adjoint stays where it is.
                rest = value.args[1]
                if not self.activity.is_varied(rest):
                    return
                read = ir.Op(
                    "operator.getitem",
                    (shadow or self.adjoint(target.name, bound), index),
                    form=ir.Form.SUBSCRIPT,
                )
                self.shapes.declare(read, self.shapes.of(current))
                cotangent: ir.Expr = read
                if any(
                    r.name == target.name or self.shadow(self.versions.of[r]) is not None
                    for r in ir.reads(rest)
                ):
                    # What is added below must not change what is still to be read.
                    copied = ir.Op("numpy.copy", (read,), form=ir.Form.METHOD, detail=("copy",))
                    name = f"{self.names.adjoint(target.name)}_item"
                    cotangent = self.temp(name, copied, self.shapes.of(current))
                if value.callee == "operator.sub":
                    cotangent = algebra.negate(cotangent)
                    self.shapes.declare(cotangent, self.shapes.of(current))
                self.backprop_reduced(rest, cotangent, self.shapes.of(current))
                self.flush([])
                return
        name = ir.attribute_of(target.index)
        if self.activity.is_varied(value):
            taken = self._taken_item(target, bound, self.shapes.of(value))
            assert taken is not None
            if name is None:
                self.backprop_reduced(value, taken, self.shapes.of(taken))
            else:
                self.backprop(value, taken)
            self.flush([])
        elif name is not None:
            self.ensure(target.name, bound, owned=True)
            place = ir.Item(self.names.adjoint(target.name), index)
            field_name = (ir.Read(place.name), index)
            current = ir.Op("operator.getitem", field_name, form=ir.Form.SUBSCRIPT)
            zero: ir.Expr = ir.Const(0.0)
            if self.shapes.of(value) != NUMBER:
                zero = self.helper("zeros_like", current)
            self.emit(ir.Assign(place, zero, span=self.span, role=Role.ADJOINT))
        else:
            if shadow is None:
                self.ensure(target.name, bound, owned=True)
            self._zero_item(target.name, index, shadow)

    def _zero_item(self, name: str, index: ir.Expr, shadow: ir.Version | None) -> None:
        place = ir.Item(self.names.adjoint(name), index)
        stmt = ir.Assign(place, ir.Const(0.0), span=self.span, role=Role.ADJOINT)
        if shadow is not None:
            self.result.writes[stmt] = shadow
        self.emit(stmt)

    def _whole_target(self, name: str, bound: Value, value: ir.Expr) -> None:
        """``x[:] = v``: nothing of the old elements is left."""
        owned = self.present.pop(name)
        if not self.activity.is_varied(value):
            return
        cotangent: ir.Expr = self.adjoint(name, bound)
        if self._reads_items(value, name):
            cotangent = self.temp(self.names.adjoint(name), cotangent)
        self.backprop_reduced(value, cotangent, self.shapes.of_value(bound))
        self.flush([name], owned)

    def backprop_reduced(self, value: ir.Expr, cotangent: ir.Expr, shape: Shape) -> None:
        """As `backprop`, for a value that is broadcast to ``shape`` when it is stored."""
        elementwise = isinstance(value, ir.Op) and self._elementwise(value)
        if self.shapes.of(value) != shape and not isinstance(value, ir.Read) and not elementwise:
            cotangent = self.helper("unbroadcast", cotangent, ir.Primal(value))
        if elementwise:
            self.room = shape
        self.backprop(value, cotangent)
        self.room = None

    def _elementwise(self, op: ir.Op) -> bool:
        rule = registry.rule_for(op.callee)
        return rule is not None and rule.elementwise

    def _unpack(self, stmt: ir.Assign, target: ir.Unpack, value: ir.Expr) -> None:
        """``a, b[i] = v, w``: all values are computed before the first is stored, so all
        cotangents are taken, last target first, before the first is handed on."""
        pairs = list(unpacked(target, value))
        bound = self.versions.bound[stmt]
        names = list(ir.bound_names(target))
        active = {n for n in names if n in self.present and self.activity.is_active(bound[n])}
        for name in names:
            self.present.pop(name, None)
        crossing = len(pairs) > 1 and bool({r.name for r in ir.reads(value)} & set(names))
        taken: list[tuple[ir.Expr, ir.Expr, Shape | None]] = []
        for part, part_value in reversed(pairs):
            if isinstance(part, ir.Item):
                item = self._taken_item(part, bound.get(part.name), self.shapes.of(part_value))
                if item is not None:
                    taken.append((part_value, item, self.shapes.of(item)))
            elif isinstance(part, ir.Name) and self.shadow(bound.get(part.name)) is not None:
                cotangent = self._shadowed_part(stmt, part.name, part_value)
                if cotangent is not None:
                    taken.append((part_value, cotangent, None))
            elif set(ir.bound_names(part)) & active:
                cotangent = self._cotangent_of(part, bound, active)
                if isinstance(part, ir.Unpack) and not self._is_display(part_value):
                    # What is unpacked may be an array: then its cotangent is one.
                    cotangent = self.helper("packed", cotangent, ir.Primal(part_value))
                    self.shapes.declare(cotangent, self.shapes.of(part_value))
                if crossing:
                    first = next(iter(ir.bound_names(part)))
                    cotangent = self.temp(self.names.adjoint(first), cotangent)
                taken.append((part_value, cotangent, None))
            else:
                self._push_zero(part_value, None)
        for part_value, cotangent, shape in reversed(taken):
            if shape is None:
                self.backprop(part_value, cotangent)
            else:
                self.backprop_reduced(part_value, cotangent, shape)
        self.flush(names)

    def _shadowed_part(self, stmt: ir.Assign, name: str, value: ir.Expr) -> ir.Expr | None:
        """The cotangent of a variable that is bound by an unpacking and has a shadow; None if it
        is memory that has its own."""
        bound = self.versions.bound[stmt][name]
        shadow = self.shadow(bound)
        assert self.shadows is not None and shadow is not None
        kind = self.shadows.kinds.get((stmt, name), "same")
        if kind == "same" or not self.activity.is_active(bound):
            return None
        return self._taken(shadow, name) if self.activity.is_varied(value) else None

    def _cotangent_of(
        self, target: ir.Target, bound: dict[str, Value], active: set[str]
    ) -> ir.Expr:
        """The cotangent of what is unpacked into a target: a tuple for a tuple."""
        if isinstance(target, ir.Unpack):
            parts = tuple(self._cotangent_of(p, bound, active) for p in target.targets)
            return ir.Op("tuple", parts, form=ir.Form.DISPLAY)
        assert isinstance(target, ir.Name)
        if target.name in active:
            return self.adjoint(target.name, bound[target.name])
        return self.zeros(bound[target.name])

    def _may_be_list(self, expr: ir.Expr) -> bool:
        """Whether a list or tuple that is made here may be the value: then its cotangent is
        one too, whatever a rule for arrays gives."""
        if self.kinds.of(expr) is not None:
            return not _is_written_out(expr)
        seen: set[Value] = set()
        stack: list[ir.Expr | Value] = [expr]
        while stack:
            current = stack.pop()
            if isinstance(current, ir.Read):
                stack.append(self.versions.of[current])
            elif isinstance(current, ir.Op):
                if current.callee in ("tuple", "list"):
                    return current is not expr
                if current.callee in _LIKE_FIRST:
                    stack.append(current.args[0])
                elif current.callee in _LIKE_SECOND:
                    stack.append(current.args[1])
            elif isinstance(current, Value) and current not in seen:
                seen.add(current)
                stack += current.inputs
                if current.expr is not None:
                    stack.append(current.expr)
        return False

    def _is_display(self, expr: ir.Expr) -> bool:
        """Whether an expression certainly gives a tuple or list that is written out."""
        seen: set[Value] = set()
        stack: list[ir.Expr | Value | None] = [expr]
        while stack:
            current = stack.pop()
            if isinstance(current, ir.Read):
                current = self.versions.of[current]
            if isinstance(current, Value):
                if current not in seen:
                    seen.add(current)
                    merges = current.kind in ("head", "join", "told", "exit")
                    stack.extend(current.inputs if merges else [current.expr])
            elif isinstance(current, ir.Call):
                if not returns_displays(current.function):
                    return False
            elif not (isinstance(current, ir.Op) and _gives_tuple(current)):
                return False
        return True

    def _taken_item(self, target: ir.Item, bound: Value | None, stored: Shape) -> ir.Read | None:
        """The cotangent of ``x[i]`` after a store, taken out of the adjoint of ``x``; of
        ``x.name`` it has the shape of what was ``stored``."""
        shadow = self.shadow(bound)
        if bound is None or not self.activity.is_active(bound):
            return None
        if shadow is None:
            if target.name not in self.present:
                return None
            self.ensure(target.name, bound, owned=True)
        name = self.names.adjoint(target.name)
        whole: ir.Expr = shadow or ir.Read(name)
        index = self._operand(target.index)
        field_name = ir.attribute_of(index)
        if field_name is not None:
            taken = self.helper("take_field", ir.Read(name), ir.Const(str(field_name)))
            known = self._is_stored_alike(field_name)
            return self.temp(f"{name}_{field_name}", taken, stored if known else None)
        shape = self.shapes.of(
            ir.Op("operator.getitem", (ir.Version(bound), target.index), form=ir.Form.SUBSCRIPT)
        )
        if self._in_place(bound, target.index):
            item = ir.Op("operator.getitem", (whole, index), form=ir.Form.SUBSCRIPT)
            copied = ir.Op("numpy.copy", (item,), form=ir.Form.METHOD, detail=("copy",))
            read = self.temp(f"{name}_item", copied, shape)
            self._zero_item(target.name, index, shadow)
            return read
        return self.temp(f"{name}_item", self.helper("take_out", whole, index), shape)

    def _is_stored_alike(self, name: str) -> bool:
        """Whether fields of this name are assigned once, or numbers only. Of what is assigned
        again the cotangent, if it is zero, may have the shape of the later value."""
        if self._field_stores is None:
            self._field_stores = {}
            for stmt in ir.statements(self.body):
                if isinstance(stmt, ir.Assign):
                    looped = self.versions.region_of[stmt].innermost_loop is not None
                    for field_name, value in _stored_fields(stmt.target, stmt.value):
                        number = value is not None and self.shapes.of(value) == NUMBER
                        alike = field_name not in self._field_stores and not looped
                        known = self._field_stores.get(field_name, "numbers")
                        self._field_stores[field_name] = (
                            "numbers" if number and known == "numbers" else "once" if alike else ""
                        )
        return bool(self._field_stores.get(name))

    def _in_place(self, value: Value, index: ir.Expr) -> bool:
        """Whether elements of an adjoint can be changed by plain statements: it is an array,
        and the index names no element twice."""
        return self._is_plain(index) and not self.uses_tensors and self._is_numeric(value)

    def evaluation(self, stmt: ir.Evaluate) -> None:
        value = stmt.value
        if isinstance(value, ir.Op) and value.callee == "list.append":
            base, item = value.args
            if isinstance(base, ir.Read) and self.shadows is not None:
                added = self.shadows.appended(stmt, base.name)
                if added is not None and self.activity.is_varied(item):
                    self.comment(stmt, f"Grad of: {self._quote(stmt)}")
                    shadow = ir.Version(added)
                    self.shapes.declare(shadow, self.shapes.of(item))
                    self.backprop(item, self._unboxed(shadow))
                    self.flush([])
            if isinstance(base, ir.Read) and base.name in self.present:
                self._taken_back(stmt, base.name, (), item)
        elif isinstance(value, ir.Op) and value.callee == "list.insert":
            base, index, item = value.args
            if isinstance(base, ir.Read) and base.name in self.present:
                place = self._operand(index)
                if not (isinstance(index, ir.Const) and index.value == 0):
                    adjoint = ir.Read(self.names.adjoint(base.name))
                    place = self.helper("inserted_at", adjoint, place)
                self._taken_back(stmt, base.name, (place,), item)
        elif isinstance(value, ir.Op) and value.callee in IN_PLACE:
            base = value.args[0]
            if isinstance(base, ir.Read) and base.name in self.present:
                self._changed(stmt, base.name, value)

    def _taken_back(
        self, stmt: ir.Evaluate, name: str, place: tuple[ir.Expr, ...], item: ir.Expr
    ) -> None:
        """The cotangent of what a statement has put into a list is taken out of the adjoint."""
        self.ensure(name, self.versions.bound[stmt][name], owned=True)
        self.comment(stmt, f"Grad of: {self._quote(stmt)}")
        adjoint = ir.Read(self.names.adjoint(name))
        popped = ir.Op("list.pop", (adjoint, *place), form=ir.Form.METHOD, detail=("pop",))
        if not self.activity.is_varied(item):
            self.emit(ir.Evaluate(popped, stmt.span, Role.ADJOINT))
            return
        self.backprop(item, self.temp("bitem", popped, self.shapes.of(item)))
        self.flush([])

    def _changed(self, stmt: ir.Evaluate, name: str, value: ir.Op) -> None:
        """Any other in-place change: the rule tells of the new value of the variable."""
        bound = self.versions.bound[stmt][name]
        if not self.activity.is_active(bound):
            return
        self.comment(stmt, f"Grad of: {self._quote(stmt)}")
        owned = self.present.pop(name)
        rule = registry.rule_for(value.callee)
        assert rule is not None, value.callee
        cotangent = self.adjoint(name, bound)
        self.shapes.declare(cotangent, self.shapes.of(value))
        self._rule(rule, value, cotangent)
        self.flush([name], owned)

    def insertion(self, stmt: ir.InsertGrad) -> None:
        value = self.versions.of[stmt.variable]
        name = stmt.variable.name
        shadow = self.shadow(value)
        if shadow is not None:
            variable = self._taken(shadow, name)
        else:
            self.ensure(name, value)
            self.present[name] = False
            variable = ir.Read(self.names.adjoint(name))
        self.emit(ir.Comment(f"Inserted by: {self._quote(stmt)}", stmt.span, Role.INSERTED))
        self.emit(
            ir.InsertGrad(
                variable,
                stmt.name,
                stmt.body,
                stmt.reads,
                stmt.assigns,
                stmt.span,
            )
        )
        if shadow is not None:
            self._write(ir.Version(shadow.value), None, ir.Read(variable.name))

    # --- control flow --------------------------------------------------------------------------

    def branch(self, stmt: ir.If) -> None:
        bodies = self.ways(stmt, list(ir.blocks(stmt)))
        if any(not isinstance(s, ir.Comment) for body in bodies for s in body):
            cond = self._steering(stmt.cond)
            self.emit(ir.If(cond, bodies[0], bodies[1], stmt.span, Role.ADJOINT))

    def arms(self, stmt: ir.Try | ir.Match) -> None:
        """The backward pass of the way that was taken; the forward pass has noted which."""
        if isinstance(stmt, ir.Try):
            self.block(stmt.final)
        taken = [(i, way) for i, way in enumerate(ir.ways(stmt)) if ir.falls(way)]
        if len(taken) == 1:
            self.block(taken[0][1])
            self._forget(ir.binds(stmt))
            return
        arms = ((), *(arm.binds for arm in stmt.arms), ())
        bound = [arms[i + isinstance(stmt, ir.Match)] for i, _ in taken]
        bodies = self.ways(stmt, [way for _, way in taken], bound)
        if not any(not isinstance(s, ir.Comment) for body in bodies for s in body):
            return
        path = self.versions.joins[stmt][stmt.path]
        spans = [arm.span for arm in stmt.arms]
        if isinstance(stmt, ir.Try):
            spans = [stmt.span, *spans]
        rest: ir.Block = bodies[-1]
        for (number, _), body in reversed(list(zip(taken, bodies))[:-1]):
            args: tuple[ir.Expr, ...] = (ir.Version(path), ir.Const(number))
            cond = ir.Op("compare", args, form=ir.Form.OPERATOR, detail=("==",))
            if isinstance(stmt, ir.Try) and len(stmt.arms) == 1:
                cond = ir.Op("operator.not_", args[:1], form=ir.Form.OPERATOR, detail=("not ",))
            branch: ir.Stmt = ir.If(cond, body, rest, spans[number], Role.ADJOINT)
            rest = [branch]
        self.out += rest

    def ways(
        self,
        stmt: ir.Stmt,
        blocks: list[ir.Block],
        bound: Sequence[tuple[str, ...]] = (),
    ) -> list[ir.Block]:
        """The backward passes of the ways on at a statement, with the same adjoints present.
        ``bound`` are the names that each begins with binding."""
        start = dict(self.present)
        bodies: list[ir.Block] = []
        ends: list[dict[str, bool]] = []
        for i, block in enumerate(blocks):
            self.present = dict(start)
            region = self.versions.region_of[block[0]] if block else None
            bodies.append(self.nested(region, block) if region is not None else [])
            self._forget(bound[i] if bound else ())
            ends.append(self.present)
        union = list(dict.fromkeys(name for end in ends for name in end))
        for i, end in enumerate(ends):
            missing = [n for n in union if n not in end]
            outer, self.out = self.out, bodies[i]
            for name in missing:
                value = self._value_before(stmt, name)
                self.span = stmt.span
                self.assign(self.names.adjoint(name), self.zeros(value))
                end[name] = True
            self.out = outer
        self.present = {n: all(end[n] for end in ends) for n in union}
        return bodies

    def _value_before(self, stmt: ir.Stmt, name: str) -> Value:
        """What a variable holds when a statement with several ways on is entered."""
        join = self.versions.joins[stmt].get(name)
        if join is None:
            return self._value_at(stmt, name)
        # One of the branches leaves it as it was, or a read in a branch got it.
        for block in ir.blocks(stmt):
            for inner in ir.statements(block):
                for expr in ir.expressions(inner):
                    for read in ir.reads(expr):
                        value = self.versions.of[read]
                        if read.name == name and not self._made_in(value, stmt):
                            return value
        return next((v for v in join.inputs if not self._made_in(v, stmt)), join)

    def _made_in(self, value: Value, stmt: ir.Stmt) -> bool:
        region: Region | None = value.region
        while region is not None:
            if region.stmt is stmt:
                return True
            region = region.parent
        return False

    def _value_at(self, stmt: ir.Stmt, name: str) -> Value:
        for inner in ir.statements([stmt]):
            for expr in ir.expressions(inner):
                for read in ir.reads(expr):
                    if read.name == name:
                        return self.versions.of[read]
        return self.versions.final[name]

    def context(self, stmt: ir.With) -> None:
        """The backward pass of a ``with`` block, in the same context if that is one for
        calculating in. Other contexts are entered once, as the user wrote it."""
        outer, self.out = self.out, []
        self.block(stmt.body)
        inner, self.out = self.out, outer
        if stmt.reenter and inner:
            self.emit(ir.With(stmt.node, (), (), inner, stmt.span, Role.ADJOINT, stmt.verbatim))
        else:
            self.out += inner

    def _steering(self, expr: ir.Expr) -> ir.Expr:
        reference = ir.Primal(expr)
        self.result.steering.add(reference)
        return reference

    def loop(self, stmt: ir.For | ir.While) -> None:
        heads = self.versions.heads[stmt]
        region = self._region_in(stmt, 0)
        if region is None:
            return
        active_target = isinstance(stmt, ir.For) and self._active_target(stmt)
        carried = self._carried(stmt, heads, region)
        if not carried and not active_target and not self._changes_shadows(stmt):
            return
        # What a zero belongs to: the value after the loop, or the one that the loop only reads.
        for name, value in carried.items():
            exit_value = self.versions.joins[stmt].get(name, value)
            self.ensure(name, exit_value, owned=name in heads and self._is_changed(stmt, name))
        entering = dict(self.present)
        sharings = len(self._sharings)
        body = self.nested(region, stmt.body)
        outer, self.out = self.out, body
        self.span = stmt.span
        if active_target:
            assert isinstance(stmt, ir.For)
            self._iteration_target(stmt)
        for name in carried:
            if name not in self.present:
                # Nothing of the previous iteration's value is used: start it from zero.
                zero = self._zero_again(name, carried[name])
                self.assign(self.names.adjoint(name), zero)
                self.present[name] = True
        for name in carried:
            adjoint = self.names.adjoint(name)
            if entering.get(name) and not self.present[name] and _changes_in_place(body, adjoint):
                # The next iteration changes it in place, as this one did.
                self._separate(adjoint, self._sharings[sharings:])
                self.present[name] = True
        self.out = outer
        for name in list(self.present):
            self.present[name] = self.present[name] and entering.get(name, False)
        lost = [n for n in entering if n not in self.present]
        for name in lost:
            self.present[name] = False
        self.span = stmt.span
        if isinstance(stmt, ir.While):
            self._reversed_while(stmt, body)
        else:
            self._reversed_for(stmt, body, active_target)

    def _separate(self, adjoint: str, sharings: list[tuple[ir.Stmt, set[str]]]) -> None:
        """Copies where the body of a loop lets an adjoint share memory with another variable, or
        at its end if that is not known."""
        copied = False
        for stmt, names in sharings:
            assert isinstance(stmt, ir.Assign)
            is_own = isinstance(stmt.target, ir.Name) and stmt.target.name == adjoint
            if (adjoint in names and not is_own) or (is_own and names != {adjoint}):
                stmt.value = self.helper("snapshot", stmt.value)
                copied = True
        if not copied:
            self.assign(adjoint, self.helper("snapshot", ir.Read(adjoint)))

    def _zero_again(self, name: str, value: Value) -> ir.Expr:
        if self.shapes.of_value(value) == NUMBER:
            return ir.Const(0.0)
        return self.helper("zeros_like", ir.Read(self.names.adjoint(name)))

    def _is_changed(self, stmt: ir.For | ir.While, name: str) -> bool:
        """Whether the variable changes in place in the loop."""
        head = self.versions.heads[stmt].get(name)
        return head is not None and any(
            v.kind == "mutated" and v.name == name and v.region.within(head.region)
            for v in self.versions.values
        )

    def _changes_shadows(self, stmt: ir.For | ir.While) -> bool:
        """Whether a derivative passes through shadows in the body of a loop."""
        return self.shadows is not None and any(
            self.activity.is_active(value) and self.shadows.of(value) is not None
            for inner in ir.statements(stmt.body)
            for value in self.versions.bound.get(inner, {}).values()
        )

    def _active_target(self, stmt: ir.For) -> bool:
        bound = self.versions.bound[stmt]
        return any(self.activity.is_active(v) for v in bound.values())

    def _carried(
        self, stmt: ir.For | ir.While, heads: dict[str, Value], region: Region
    ) -> dict[str, Value]:
        """The variables whose adjoint lives through the iterations, with a value of theirs:
        active at the head of the loop, or read in it and active."""
        carried: dict[str, Value] = {}
        for name, head in heads.items():
            if self.activity.is_active(head) and self.shadow(head) is None:
                carried[name] = head
        for inner in ir.statements(stmt.body):
            for expr in ir.expressions(inner):
                for read in ir.reads(expr):
                    value = self.versions.of[read]
                    if (
                        read.name not in heads
                        and not value.region.within(region)
                        and self.activity.is_active(value)
                        and self.shadow(value) is None
                        and self._is_used(inner, expr)
                    ):
                        carried.setdefault(read.name, value)
        if isinstance(stmt, ir.For) and self._active_target(stmt):
            for read in ir.reads(stmt.iter):
                if self.activity.read_is_active(read):
                    carried.setdefault(read.name, self.versions.of[read])
        return carried

    def _is_used(self, stmt: ir.Stmt, expr: ir.Expr) -> bool:
        """Whether a derivative passes through a statement's expression."""
        if isinstance(stmt, ir.InsertGrad):
            return expr is stmt.variable
        bound = self.versions.bound.get(stmt, {})
        return isinstance(stmt, (ir.Assign, ir.For, ir.Evaluate)) and any(
            self.activity.is_active(v) for v in bound.values()
        )

    def _count(self, stmt: ir.For | ir.While) -> ir.Expr:
        """The number of iterations that a loop has run, counted by the forward pass."""
        counter = Value(self.names.fresh("steps"), "count", self.versions.region_of[stmt], stmt)
        self.result.counted[stmt] = counter
        return ir.Version(counter)

    def _reversed_while(self, stmt: ir.For | ir.While, body: ir.Block) -> None:
        """A loop that runs as often as the primal's did; its variables are brought back one by
        one."""
        iterations = ir.Op("builtins.range", (self._count(stmt),))
        self.emit(ir.For(ir.Name("_"), iterations, body, span=stmt.span, role=Role.ADJOINT))

    def _reversed_for(self, stmt: ir.For, body: ir.Block, active_target: bool) -> None:
        """The loop backwards. A range is reversed as it is; other sequences too, unless their
        items carry a derivative: then the loop runs over positions."""
        iterable = stmt.iter
        bound = self.versions.bound[stmt]
        if active_target:
            assert isinstance(stmt.target, ir.Name) and self._position is not None
            position, self._position = self._position, None
            count = (
                self._count(stmt)
                if ir.may_stop(stmt)
                else ir.Op("builtins.len", (self._operand(iterable),))
            )
            reversed_range = self._reversed(ir.Op("builtins.range", (count,)))
            item = ir.Op(
                "operator.getitem",
                (self._operand(iterable), ir.Read(position)),
                form=ir.Form.SUBSCRIPT,
            )
            body.insert(
                0, ir.Assign(ir.Name(stmt.target.name), item, span=stmt.span, role=Role.RESTORE)
            )
            self.result.mirrored_targets.update(bound.values())
            self.emit(
                ir.For(ir.Name(position), reversed_range, body, span=stmt.span, role=Role.ADJOINT)
            )
            return
        if ir.may_stop(stmt):
            if not counts(iterable):
                self._reversed_while(stmt, body)
                return
            items = self._taken_part(iterable, self._count(stmt))
        else:
            items = self._steer_iterable(iterable)
        self.result.mirrored_targets.update(bound.values())
        self.emit(
            ir.For(
                stmt.target,
                self._reversed(items),
                body,
                span=stmt.span,
                role=Role.ADJOINT,
            )
        )

    _position: str | None = None

    def _iteration_target(self, stmt: ir.For) -> None:
        """The cotangent of one item goes to its place in the adjoint of the sequence."""
        assert isinstance(stmt.target, ir.Name)
        name = stmt.target.name
        bound = self.versions.bound[stmt][name]
        self._position = self.names.fresh("i")
        if self.present.pop(name, None) is None:
            return
        assert isinstance(stmt.iter, ir.Read)
        self.pending.append(
            _Contribution(stmt.iter, self.adjoint(name, bound), ir.Read(self._position))
        )
        self.flush([])

    def _steer_iterable(self, iterable: ir.Expr) -> ir.Expr:
        if isinstance(iterable, ir.Op) and counts(iterable):
            if iterable.callee == "builtins.reversed":
                return ir.Op("builtins.reversed", (self._steer_iterable(iterable.args[0]),))
            if iterable.callee == "operator.getitem":
                whole, part = iterable.args
                assert isinstance(part, ir.Op)
                ends = tuple(self._steering_or_literal(a) for a in part.args)
                part = ir.Op("slice", ends, form=ir.Form.DISPLAY)
                return ir.Op(
                    "operator.getitem", (self._steer_iterable(whole), part), form=ir.Form.SUBSCRIPT
                )
            return ir.Op(
                "builtins.range", tuple(self._steering_or_literal(a) for a in iterable.args)
            )
        if not isinstance(iterable, ir.Read) and not (
            isinstance(iterable, ir.Op)
            and iterable.form is not ir.Form.CALL
            and iterable.callee != "dict.keys"
        ):
            self.result.iterated.add(iterable)
        return self._operand(iterable)

    def _taken_part(self, iterable: ir.Expr, count: ir.Expr) -> ir.Expr:
        """The first items of a range, as many as were taken."""
        if (
            isinstance(iterable, ir.Op)
            and iterable.callee == "builtins.range"
            and len(iterable.args) == 1
        ):
            return ir.Op("builtins.range", (count,))
        part = ir.Op("slice", (ir.Const(None), count, ir.Const(None)), form=ir.Form.DISPLAY)
        whole = self._steer_iterable(iterable)
        if isinstance(whole, ir.Op) and whole.callee == "builtins.reversed":
            # A reversed range has no parts; the same range backwards has.
            whole = ir.Op("operator.getitem", (whole.args[0], _backwards()), form=ir.Form.SUBSCRIPT)
        return ir.Op("operator.getitem", (whole, part), form=ir.Form.SUBSCRIPT)

    def _steering_or_literal(self, expr: ir.Expr) -> ir.Expr:
        return expr if isinstance(expr, ir.Const) else self._steering(expr)

    def _reversed(self, iterable: ir.Expr) -> ir.Expr:
        if isinstance(iterable, ir.Op) and iterable.callee == "builtins.reversed":
            return iterable.args[0]
        return ir.Op("builtins.reversed", (iterable,))

    # --- expressions ---------------------------------------------------------------------------

    def backprop(self, node: ir.Expr, cotangent: ir.Expr) -> None:
        """Carries a cotangent of an expression to the variables it reads."""
        if not self.activity.is_varied(node):
            return
        if self.choices and not isinstance(node, ir.Read) and not self._is_pointwise(node):
            cotangent, outer, self.choices = self._chosen(cotangent), self.choices, ()
            self.backprop(node, cotangent)
            self.choices = outer
            return
        if isinstance(node, ir.Read):
            if self.activity.read_is_active(node):
                self.pending.append(_Contribution(node, self._chosen(cotangent)))
        elif isinstance(node, ir.Call):
            self._call(node, cotangent)
        elif isinstance(node, ir.Op):
            self._operation(node, cotangent)

    def _operation(self, op: ir.Op, cotangent: ir.Expr) -> None:
        if op.callee == "object":
            self._fields(op, cotangent)
        elif op.callee in ("tuple", "list"):
            several = sum(self.activity.is_varied(part) for part in op.args) > 1
            if several and isinstance(cotangent, ir.Op) and not _is_written_out(cotangent):
                cotangent = self.temp("bparts", cotangent)
            for i, part in enumerate(op.args):
                if self.activity.is_varied(part):
                    self.backprop(part, self._part(op, cotangent, i))
        elif op.callee == "dict":
            if not isinstance(cotangent, ir.Read):
                cotangent = self._atom(cotangent, op)
            for key, part in zip(op.args[::2], op.args[1::2]):
                if self.activity.is_varied(part):
                    args = (cotangent, self._operand(key))
                    taken = ir.Op("operator.getitem", args, form=ir.Form.SUBSCRIPT)
                    self.backprop(part, taken)
        elif op.callee == "tangent.joined":
            self._joined(op, cotangent)
        elif op.callee == "operator.getitem":
            self._item(op, cotangent)
        elif op.callee == "list.pop":
            assert isinstance(op.args[0], ir.Read)
            value = self.versions.of[op.args[0]]
            self.ensure(op.args[0].name, value, owned=True)
            self._put_back(op, cotangent)
        else:
            template = self.template(op)
            if template is not None:
                self._user_rule(template, op, template.arguments(op), cotangent)
                return
            rule = registry.rule_for(op.callee)
            assert rule is not None, op.callee
            self._rule(rule, op, cotangent)

    def _joined(self, op: ir.Op, cotangent: ir.Expr) -> None:
        """The elements of lists that were joined: counted from the left, and after a part of
        unknown length from the right, or with its length if there are several."""
        if not isinstance(cotangent, ir.Read):
            cotangent = self._atom(cotangent, op)
        parts = _joined_parts(op)
        open_ = [i for i, part in enumerate(parts) if not _is_written_out(part)]
        start, lengths = 0, list[ir.Expr]()
        for i, part in enumerate(parts):
            if not _is_written_out(part):
                left = None if len(open_) > 1 else sum(len(p.args) for p in parts[i + 1 :])  # type: ignore[union-attr]
                length = ir.Op("builtins.len", (self._operand(part),))
                first = _offset(start, lengths)
                last = _offset(start, [*lengths, length]) if left is None else ir.Const(-left)
                bounds = tuple(_none_for_zero(b) for b in (first, last))
                index = ir.Op("slice", (*bounds, ir.Const(None)), form=ir.Form.DISPLAY)
                self.backprop(part, _element(cotangent, index))
                if left is None:
                    lengths.append(length)
                else:
                    start = -left
                continue
            assert isinstance(part, ir.Op)
            for inner in part.args:
                if self.activity.is_varied(inner):
                    self.backprop(inner, _element(cotangent, _offset(start, lengths)))
                start += 1

    def _fields(self, op: ir.Op, cotangent: ir.Expr) -> None:
        """The cotangents of the fields that the construction of an object sets."""
        active = [(n, v) for n, v in ir.fields(op) if self.activity.is_varied(v)]
        if len(active) > 1:
            cotangent = self._atom(cotangent, op)
        for name, value in active:
            index = ir.Const(ir.Attribute(name, certain=True))
            part = ir.Op("operator.getitem", (cotangent, index), form=ir.Form.SUBSCRIPT)
            self.shapes.declare(part, self.shapes.of(value))
            self.backprop(value, part)

    def _part(self, op: ir.Op, cotangent: ir.Expr, i: int) -> ir.Expr:
        """The cotangent of one element of a display."""
        if isinstance(cotangent, ir.Op) and cotangent.callee in ("tuple", "list"):
            return cotangent.args[i]
        part = ir.Op("operator.getitem", (cotangent, ir.Const(i)), form=ir.Form.SUBSCRIPT)
        if not (isinstance(cotangent, ir.Read) and cotangent.name in self._overwritten()):
            self.shapes.declare(part, self.shapes.of(op.args[i]))
        return part

    def _overwritten(self) -> set[str]:
        """The adjoints of variables of which an item is assigned: a zero in them is a number,
        whatever was there before."""
        if self._stores is None:
            self._stores = {
                self.names.adjoint(name)
                for stmt in ir.statements(self.body)
                if isinstance(stmt, ir.Assign)
                for name in stored(stmt.target)
            }
            self._stores |= {
                self.names.adjoint(stmt.value.args[0].name)
                for stmt in ir.statements(self.body)
                if isinstance(stmt, ir.Evaluate)
                and isinstance(stmt.value, ir.Op)
                and stmt.value.form is ir.Form.PART
                and isinstance(stmt.value.args[0], ir.Read)
            }
        return self._stores

    def _operand(self, expr: ir.Expr) -> ir.Expr:
        """An argument of a template: the value it had."""
        return expr if isinstance(expr, (ir.Const, ir.Global)) else ir.Primal(expr)

    def _exact(self, op: ir.Expr, cotangent: ir.Expr) -> ir.Expr:
        """The cotangent in the shape of the value it belongs to."""
        if self.shapes.of(cotangent) == self.shapes.of(op):
            return cotangent
        return self.helper("unbroadcast", cotangent, ir.Primal(op))

    def _item(self, op: ir.Op, cotangent: ir.Expr) -> None:
        """The cotangent of ``x[i]`` belongs at ``i`` in the adjoint of ``x``."""
        base, index = op.args
        if isinstance(base, ir.Read):
            if self.activity.read_is_active(base):
                self.pending.append(
                    _Contribution(base, self._exact(op, cotangent), self._operand(index))
                )
            return
        zeros = self.helper("zeros_like", ir.Primal(base))
        exact = self._exact(op, cotangent)
        spread = self._added(zeros, self._operand(index), exact)
        self.shapes.declare(spread, self.shapes.of(base))
        self.backprop(base, self._atom(spread, base))

    def _added(self, adjoint: ir.Expr, index: ir.Expr, cotangent: ir.Expr) -> ir.Op:
        """The adjoint with a cotangent added to an item, by a helper."""
        name = ir.attribute_of(index)
        if name is not None:
            return self.helper("add_field", adjoint, ir.Const(str(name)), cotangent)
        return self.helper("add_at", adjoint, index, cotangent)

    def _atom(self, cotangent: ir.Expr, node: ir.Expr) -> ir.Expr:
        """The cotangent, named unless it is a name already."""
        if isinstance(cotangent, (ir.Read, ir.Const)):
            return cotangent
        base = noun(node.callee) if isinstance(node, ir.Op) else "value"
        if isinstance(node, ir.Read):
            base = node.name
        return self.temp(f"b{base}", cotangent)

    def _rule(self, rule: Rule, op: ir.Op, cotangent: ir.Expr) -> None:
        if self.options.complex_numbers:
            rule = registry.complex_form(rule)
        binding = bind(rule, op)
        facts = self.shapes.facts(binding, op)
        active = [
            (p, arg)
            for p, arg in binding.arguments.items()
            if p in rule.adjoint and self.activity.is_varied(arg)
        ]
        cases = {p: templates.choose(rule.adjoint[p], facts) for p, _ in active}
        chosen = {p: case.template for p, case in cases.items()}
        if not rule.elementwise and not all(case.fits for case in cases.values()):
            smaller = self.shapes.of(cotangent) <= self.shapes.of(op)
            adapts = rule.adapts or all(c.adapts or c.fits for c in cases.values())
            # What is indexed per element must have all of them.
            parts = any(p == rule.sequence and _holds_elements(arg) for p, arg in active)
            if rule.several and _is_written_out(cotangent):
                # The adjoints of the variables that it is unpacked to.
                self.shapes.declare(cotangent, self.shapes.of(op))
            elif parts or not (smaller and adapts):
                cotangent = self._exact(op, cotangent)
        if (
            op.callee in _LIKE_SECOND
            and (self.kinds.of(op.args[1]) or self._may_be_list(op.args[1]))
            and not self.kinds.of(op.args[0])
        ):
            # It has made a list of an array, and the cotangent is one.
            cotangent = self.helper("unbroadcast", cotangent, self._operand(op.args[0]))
            self.shapes.declare(cotangent, self.shapes.of(op.args[0]))
        uses = sum(templates.mentions(t, "g") for t in chosen.values())
        if not isinstance(cotangent, (ir.Read, ir.Const)) and (
            uses > 1 or not self.options.optimized or weight(cotangent) > _LONG
        ):
            cotangent = self._atom(cotangent, op)
        names = binding.operands(self._operand)
        names["y"] = ir.Primal(op)
        outer = self.choices
        if rule.elementwise:
            cotangent = self._faithful(rule, op, active, chosen, names, cotangent, binding)
        names["g"] = cotangent
        room = self.room if rule.elementwise else None
        exact = (
            rule.exact and not rule.elementwise and self.shapes.of(cotangent) == self.shapes.of(op)
        )
        for parameter, arg in active:
            if rule.name == "numpy.where" and self._is_pointwise(arg):
                self.room = room
                self._choice(op, chosen[parameter], arg, cotangent)
                continue
            term = templates.instantiate(templates.parse(chosen[parameter]), names, binding)
            if exact and parameter != rule.sequence and not self._may_be_list(arg):
                self.shapes.declare(term, self.shapes.of(arg))
            if room is not None and room <= self.shapes.of(term):
                self.shapes.declare(term, room)
            self.room = room
            if (
                not rule.structural
                and not rule.name.startswith("tangent.")
                and parameter != rule.sequence
                and _holds_elements(arg)
            ):
                term = self.helper("unbroadcast", term, ir.Primal(arg))
            if rule.structural or (parameter == rule.sequence and _holds_elements(arg)):
                self.shapes.declare(term, self.shapes.of(arg))
                self.structured.add(term)
            self.backprop(arg, term)
        self.choices = outer

    def _choice(self, op: ir.Op, template: str, arg: ir.Expr, cotangent: ir.Expr) -> None:
        """Through one choice of ``np.where``: what is not chosen is left out at the end of the
        way, so that no NaN or infinity of a derivative that is not needed gets through."""
        outer = self.choices
        self.choices = (*outer, (op, template))
        self.backprop(arg, cotangent)
        self.choices = outer

    def _is_pointwise(self, node: ir.Expr) -> bool:
        """Whether an expression is an operation of elements by a rule."""
        return isinstance(node, ir.Op) and self._elementwise(node) and self.template(node) is None

    def _chosen(self, cotangent: ir.Expr) -> ir.Expr:
        """A cotangent at the end of its way through choices."""
        for op, template in reversed(self.choices):
            names = {"condition": self._operand(op.args[0]), "g": cotangent}
            shape = broadcast(self.shapes.of(op), self.shapes.of(cotangent))
            cotangent = templates.instantiate(templates.parse(template), names)
            self.shapes.declare(cotangent, shape)
        return cotangent

    def _faithful(
        self,
        rule: Rule,
        op: ir.Op,
        active: list[tuple[str, ir.Expr]],
        chosen: dict[str, str],
        names: dict[str, ir.Expr],
        cotangent: ir.Expr,
        binding: object,
    ) -> ir.Expr:
        """The cotangent, expanded to the shape of the result if a sum over a broadcast axis
        would otherwise miss terms: an axis of the result that is in neither the term nor the
        argument."""
        result = self.shapes.of(op)
        for parameter, arg in active:
            own = self.shapes.of(arg)
            if own == result:
                continue
            term = templates.instantiate(
                templates.parse(chosen[parameter]),
                {**names, "g": cotangent},
                binding,  # type: ignore[arg-type]
            )
            if not result <= broadcast(self.shapes.of(term), own):
                # What is summed up here is no longer there to be chosen from.
                cotangent, self.choices = self._chosen(cotangent), ()
                smaller = self.shapes.of(cotangent) <= result
                helper = "expand" if smaller else "unbroadcast"
                return self._atom(self.helper(helper, cotangent, ir.Primal(op)), op)
        return cotangent

    # --- calls ---------------------------------------------------------------------------------

    def _call(self, call: ir.Call, cotangent: ir.Expr) -> None:
        template = self.template(call)
        if template is not None:
            self._user_rule(template, call, arguments_of(call), cotangent)
            return
        arguments = arguments_of(call)
        active = tuple(p for p, arg in arguments.items() if self.activity.is_varied(arg))
        pair = self._dynamic(call, active) if call.dynamic else self.callee(call, active)
        if not (isinstance(cotangent, ir.Op) and cotangent.callee == "tuple"):
            cotangent = self._exact(call, cotangent)
        owner = self.owner(call)
        base = base_name(call.function.name)
        record = Value(
            self.names.fresh(f"{base}_record"), "record", self.versions.region_of[owner], owner
        )
        self.result.calls[call] = (pair, record)
        if call.dynamic:
            _, function = self.result.dynamic[call]
            taken = (ir.Version(function), ir.Version(record), cotangent)
            applied = ir.Op("call", taken)
        else:
            applied = ir.Op(
                "generated", (ir.Version(record), cotangent), function=ir.Global(pair.backward)
            )
        operands = [(p, arguments[p]) for p in pair.active]
        if len(operands) == 1:
            ((parameter, arg),) = operands
            self.shapes.declare(applied, self.shapes.of(arg))
            named = self.temp(f"b{parameter}", applied) if _is_written_out(arg) else applied
            self.backprop(arg, named)
            return
        reads: list[ir.Read] = []
        for parameter, arg in operands:
            base = arg.name if isinstance(arg, ir.Read) else parameter
            read = ir.Read(self.names.fresh(f"b{base}"))
            self.shapes.declare(read, self.shapes.of(arg))
            reads.append(read)
        target = ir.Unpack(tuple(ir.Name(r.name) for r in reads))
        self.emit(ir.Assign(target, applied, span=self.span, role=Role.ADJOINT))
        self._share(applied)
        for (_, arg), read in zip(operands, reads):
            self.backprop(arg, read)

    def _dynamic(self, call: ir.Call, active: tuple[str, ...]) -> CalleePair:
        """The functions for a call of a function that is only known at run time: variables of
        the derivative. Those of a parameter are made once, where the derivative begins."""
        shown = pattern(call, active)
        local = call.local
        value = self.versions.of.get(local) if isinstance(local, ir.Read) else None
        owner = self.owner(call)
        place = (value, shown) if value is not None and value.kind == "param" else (call, shown)
        if place not in self._pairs:
            base = call.function.name
            at_start = place[0] is value
            region = self.versions.root if at_start else self.versions.region_of[owner]
            name = self.names.fresh(f"{base}_backward")
            stmt = None if at_start else owner
            backward = Value(name, "record", region, stmt, expr=local)
            self._pairs[place] = self.names.fresh(f"{base}_forward"), backward
        forward, backward = self._pairs[place]
        self.result.dynamic[call] = shown, backward
        return CalleePair(forward, backward.name, active)

    def owner(self, call: ir.Call) -> ir.Stmt:
        """The statement of the primal that makes a call."""
        if not self._owners:
            for stmt in ir.statements(self.body):
                for expr in ir.expressions(stmt):
                    for inner in ir.walk(expr):
                        if isinstance(inner, ir.Call):
                            self._owners[inner] = stmt
        return self._owners[call]

    def _user_rule(
        self,
        template: Template,
        call: ir.Call | ir.Op,
        arguments: dict[str, ir.Expr],
        cotangent: ir.Expr,
    ) -> None:
        cotangent = self._exact(call, cotangent)
        names = {p: self._operand(a) for p, a in arguments.items()}
        active = {p: a for p, a in arguments.items() if self.activity.is_varied(a)}
        if template.uses(cotangent_of=True) > 1:
            cotangent = self._atom(cotangent, call)
        for parameter, term in template.adjoints(ir.Primal(call), cotangent, names).items():
            if parameter in active:
                self.shapes.declare(term, self.shapes.of(active[parameter]))
                self.backprop(active[parameter], term)

    # --- contributions -------------------------------------------------------------------------

    def flush(self, bound: list[str], owned: bool = False) -> None:
        """Adds the contributions that a statement collected to the adjoints, those of the
        variables it binds last, because until then they still hold the cotangent."""
        pending, self.pending = self.pending, []
        order = list(dict.fromkeys(c.read.name for c in pending))
        order = [n for n in order if n not in bound] + [n for n in order if n in bound]
        for name in order:
            plain = [c for c in pending if c.read.name == name and c.index is None]
            items = [c for c in pending if c.read.name == name and c.index is not None]
            for value in dict.fromkeys(self.versions.of[c.read] for c in plain):
                same = [c for c in plain if self.versions.of[c.read] is value]
                self._accumulate(name, same, owned)
            for contribution in _merged_fields(items):
                self._accumulate_item(contribution)

    def _accumulate(self, name: str, contributions: list[_Contribution], owned: bool) -> None:
        value = self.versions.of[contributions[0].read]
        if (shadow := self.shadow(value)) is not None:
            self._accumulate_shadow(shadow, value, contributions)
            return
        shape = self.shapes.of_value(value)
        present = name in self.present
        terms: list[ir.Expr] = []
        for c in contributions:
            terms.append(self._fitting(c, value))
        numeric = self._is_numeric(value)

        def plus(first: ir.Expr, second: ir.Expr) -> ir.Expr:
            if numeric or _is_array(second):
                return algebra.add(first, second)
            return self.helper("accumulate", first, second)

        total, *others = _collected(terms) if numeric else terms
        for term in others:
            total = plus(total, term)
        target = self.names.adjoint(name)
        if present:
            current = ir.Read(target)
            combined = plus(current, total)
            if (
                numeric
                and self.present[name]
                and not self.options.complex_numbers
                and target != self.untouched
                and isinstance(combined, ir.Op)
                and combined.callee in ("operator.add", "operator.sub")
                and combined.args[0] is current
            ):
                self.emit(
                    ir.Assign(
                        ir.Name(target),
                        combined,
                        augmented=True,
                        span=self.span,
                        role=Role.ACCUMULATE,
                    )
                )
            else:
                self.assign(target, combined, Role.ACCUMULATE)
                self.present[name] = True
            return
        if shape != NUMBER and self.shapes.of(total) < shape:
            total = self.helper("expand", total, ir.Version(value))
        if isinstance(total, ir.Read) and total.name == target:
            shared = self._sharings[self._statement_start :]
            self.present[name] = owned and not any(target in names for _, names in shared)
            return
        if self._may_be_shadow(total):
            # The shadow goes on to change.
            total = self.helper("snapshot", total)
        self.assign(target, total)
        self.present[name] = _is_new(total)
        self._share(total)

    def _may_be_shadow(self, expr: ir.Expr) -> bool:
        """Whether the value of an expression may share memory with a shadow that is in use."""
        return (
            self.shadows is not None
            and not _is_new(expr)
            and any(
                isinstance(node, ir.Version)
                and node.value.name in self.shadows.names
                and node.value is not self._unused_shadow
                for node in ir.walk(expr)
            )
        )

    # The shadow of memory that is made by the current statement: nobody reads it any more.
    _unused_shadow: Value | None = None

    def _accumulate_shadow(
        self, shadow: ir.Version, value: Value, contributions: list[_Contribution]
    ) -> None:
        terms = [self._fitting(c, value) for c in contributions]
        if self._is_numeric(value):
            total, *others = _collected(terms)
            for term in others:
                total = algebra.add(total, term)
            self._write(ir.Version(shadow.value), None, total)
            return
        assert self.shadows is not None
        for term in terms:
            if self.shadows.is_list(value):
                added = self.helper("add_into", ir.Version(shadow.value), term)
                self.emit(ir.Evaluate(added, self.span, Role.ACCUMULATE))
            else:
                # An array or a number; with a list this would be an error.
                self._write(ir.Version(shadow.value), ir.Const(Ellipsis), term)

    def _fitting(self, contribution: _Contribution, value: Value) -> ir.Expr:
        """A cotangent that is not larger than its value."""
        cotangent = contribution.cotangent
        own, shape = self.shapes.of(cotangent), self.shapes.of_value(value)
        if isinstance(cotangent, ir.Op) and cotangent.callee in ("tuple", "list"):
            return cotangent  # its elements fit those of the value
        may_be_list = self._may_be_list(contribution.read) and cotangent not in self.structured
        if (own == shape or own <= shape) and not may_be_list:
            return cotangent
        return self._summed(cotangent, value)

    def _summed(self, cotangent: ir.Expr, value: Value) -> ir.Expr:
        """A cotangent summed to the shape of a value: by NumPy's own means where the shapes
        are known, by a helper that looks at them where not."""
        shape = self.shapes.of_value(value)
        own, wanted = extents_of(self.shapes.of(cotangent)), extents_of(shape)
        axes: int | None = None
        if wanted == () and not self.uses_tensors:
            axes = 0
        elif own and wanted and not self.uses_tensors and own[-len(wanted) :] == wanted:
            axes = len(own) - len(wanted) if 1 not in wanted else None
        if axes is None:
            return self.helper("unbroadcast", cotangent, ir.Version(value))
        axis: ir.Expr = ir.Const(0)
        if axes > 1:
            axis = ir.Op("tuple", tuple(ir.Const(i) for i in range(axes)), form=ir.Form.DISPLAY)
        summed = ir.Op("numpy.sum", (cotangent, axis) if axes else (cotangent,))
        self.shapes.declare(summed, shape)
        return summed

    def _accumulate_item(self, contribution: _Contribution) -> None:
        name = contribution.read.name
        value = self.versions.of[contribution.read]
        index = contribution.index
        assert index is not None
        if (shadow := self.shadow(value)) is not None:
            assert self.shadows is not None
            if self.shadows.is_list(value):
                item = ir.Op("operator.getitem", (shadow, index), form=ir.Form.SUBSCRIPT)
                part = self.temp(f"{self.names.adjoint(name)}_item", item)
                self.result.parts.add(part.name)
                total = self._plus(ir.Read(part.name), contribution.cotangent)
                added = ir.Assign(ir.Name(part.name), total, True, self.span, Role.ACCUMULATE)
                self.emit(added)
                return
            each = not self._is_plain(index) or self.uses_tensors
            self._write(shadow, index, contribution.cotangent, each=each)
            return
        self.ensure(name, value, owned=True, bound=True)  # the statement has read it
        target = self.names.adjoint(name)
        if self.options.complex_numbers and not self.uses_tensors:
            # What is real stays so when it changes in place.
            own = ir.Op("operator.getitem", (ir.Read(target), index), form=ir.Form.SUBSCRIPT)
            real = self.helper("as_kind_of", contribution.cotangent, own)
            self.shapes.declare(real, self.shapes.of(contribution.cotangent))
            contribution = replace(contribution, cotangent=real)
        if self._in_place(value, index):
            item = ir.Op("operator.getitem", (ir.Read(target), index), form=ir.Form.SUBSCRIPT)
            total = algebra.add(item, contribution.cotangent)
            if (
                not isinstance(total, ir.Op)
                or total.args[0] is not item
                or total.callee not in ("operator.add", "operator.sub")
            ):
                total = ir.Op(
                    "operator.add",
                    (item, contribution.cotangent),
                    form=ir.Form.OPERATOR,
                    detail=("+",),
                )
            self.emit(
                ir.Assign(
                    ir.Item(target, index),
                    total,
                    augmented=True,
                    span=self.span,
                    role=Role.ACCUMULATE,
                )
            )
            return
        added = self._added(ir.Read(target), index, contribution.cotangent)
        self.assign(target, added, Role.ACCUMULATE)

    def _is_plain(self, index: ir.Expr) -> bool:
        """Whether an index certainly names every element at most once: integers and slices."""
        if isinstance(index, ir.Primal):
            return self._is_plain(index.node)
        if isinstance(index, ir.Read) and index.name == self._position:
            return True
        if isinstance(index, ir.Op) and index.callee == "tuple":
            return all(self._is_plain(i) for i in index.args)
        if isinstance(index, ir.Op) and index.callee == "slice":
            return True
        if isinstance(index, ir.Const) and (index.value is None or index.value is Ellipsis):
            return True
        return self.shapes.is_integer(index)


def is_whole(index: ir.Expr) -> bool:
    """Whether an index names every element of an array: ``...`` or ``:``."""
    if isinstance(index, ir.Op) and index.callee == "slice":
        return all(isinstance(a, ir.Const) and a.value is None for a in index.args)
    return isinstance(index, ir.Const) and index.value is Ellipsis


def unpacked(target: ir.Unpack, value: ir.Expr) -> Iterator[tuple[ir.Target, ir.Expr]]:
    """The targets of an unpacking with their values, as far as the value is written out."""
    if (
        isinstance(value, ir.Op)
        and value.callee in ("tuple", "list")
        and len(value.args) == len(target.targets)
    ):
        for part, part_value in zip(target.targets, value.args):
            if isinstance(part, ir.Unpack):
                yield from unpacked(part, part_value)
            else:
                yield part, part_value
    else:
        yield target, value


def _backwards() -> ir.Expr:
    """The slice ``::-1``."""
    parts = (ir.Const(None), ir.Const(None), ir.Const(-1))
    return ir.Op("slice", parts, form=ir.Form.DISPLAY)


def _joined_parts(expr: ir.Expr) -> list[ir.Expr]:
    """The lists that are joined, from the left."""
    if isinstance(expr, ir.Op) and expr.callee == "tangent.joined":
        return [part for arg in expr.args for part in _joined_parts(arg)]
    return [expr]


def _element(base: ir.Expr, index: ir.Expr) -> ir.Expr:
    return ir.Op("operator.getitem", (base, index), form=ir.Form.SUBSCRIPT)


def _offset(start: int, lengths: list[ir.Expr]) -> ir.Expr:
    """The number of elements before a place."""
    total: ir.Expr = ir.Const(start)
    for length in lengths:
        plus = ir.Op("operator.add", (length, total), form=ir.Form.OPERATOR, detail=("+",))
        total = algebra.simplify(plus)
    return total


def _none_for_zero(expr: ir.Expr) -> ir.Expr:
    return ir.Const(None) if isinstance(expr, ir.Const) and expr.value == 0 else expr


def _counts_from_start(index: ir.Expr) -> bool:
    """Whether an index of a list certainly is not negative."""
    return isinstance(index, ir.Const) and type(index.value) is int and index.value >= 0


def _holds_elements(expr: ir.Expr) -> bool:
    """Whether an expression is a container that is made of its operands' elements."""
    rule = registry.rule_for(expr.callee) if isinstance(expr, ir.Op) else None
    return _is_written_out(expr) or (rule is not None and rule.structural)


def _stored_fields(
    target: ir.Target, value: ir.Expr | None
) -> Iterator[tuple[str, ir.Expr | None]]:
    """The names of the fields that an assignment stores to, with the values."""
    if isinstance(target, ir.Item) and (name := ir.attribute_of(target.index)) is not None:
        yield name, value
    elif isinstance(target, ir.Unpack):
        pairs = [] if value is None else list(unpacked(target, value))
        known = {part: part_value for part, part_value in pairs if part is not target}
        for part in target.targets:
            yield from _stored_fields(part, known.get(part))


def _is_written_out(expr: ir.Expr) -> bool:
    return isinstance(expr, ir.Op) and expr.callee in ("tuple", "list")


def _gives_tuple(op: ir.Op) -> bool:
    rule = registry.rule_for(op.callee)
    return _is_written_out(op) or (rule is not None and rule.several)


def pattern(call: ir.Call, active: tuple[str, ...]) -> str:
    """How a call is shown to what makes the derivative of a function at run time: the arguments
    that carry a derivative by name, the others as ``_``."""
    used: dict[str, int] = {}
    parts: list[str] = []
    arguments = arguments_of(call)
    keywords = {k for k, _ in call.keywords}
    for parameter, arg in arguments.items():
        name = "_"
        if parameter in active:
            name = arg.name if isinstance(arg, ir.Read) else "x"
            used[name] = used.get(name, 0) + 1
            name = f"{name}{used[name]}" if used[name] > 1 else name
        parts.append(f"{parameter}={name}" if parameter in keywords else name)
    return ", ".join(parts)


def weight(expr: ir.Expr) -> int:
    """How many operations an expression has."""
    return sum(isinstance(n, (ir.Op, ir.Call)) for n in ir.walk(expr))


def _merged_fields(items: list[_Contribution]) -> list[_Contribution]:
    """The contributions to one field of an object, numbers or arrays, as one."""
    out: list[_Contribution] = []
    fields: dict[str, _Contribution] = {}
    for item in items:
        name = None if item.index is None else ir.attribute_of(item.index)
        known = None if name is None else fields.get(name)
        if known is not None and _is_array(known.cotangent) and _is_array(item.cotangent):
            known.cotangent = algebra.add(known.cotangent, item.cotangent)
            continue
        out.append(item)
        if name is not None:
            fields[name] = item
    return out


def _collected(terms: list[ir.Expr]) -> list[ir.Expr]:
    """The terms of a sum, a term that occurs twice taken twice."""
    out: list[ir.Expr] = []
    for term in terms:
        for i, other in enumerate(out):
            if algebra.same(term, other):
                out[i] = algebra.double(other)
                break
        else:
            out.append(term)
    return out


def _is_array(expr: ir.Expr) -> bool:
    """Whether an expression certainly gives a number or an array, even of operands that are
    lists: what NumPy computes."""
    if not isinstance(expr, ir.Op):
        return isinstance(expr, ir.Const)
    if expr.form is ir.Form.OPERATOR:
        return expr.callee.startswith("operator.")
    return expr.callee.startswith("numpy.") or expr.callee in _PRODUCTS


_PRODUCTS = frozenset(
    f"tangent.{name}_adjoint_{side}"
    for name in ("dot", "matmul", "inner", "outer", "tensordot", "einsum")
    for side in ("left", "right")
)


def _shared(expr: ir.Expr) -> Iterator[str]:
    """The variables that the value of an expression may share memory with."""
    if isinstance(expr, ir.Read):
        yield expr.name
    elif isinstance(expr, ir.Op) and expr.callee != "list.pop" and not _is_new(expr):
        rule = registry.rule_for(expr.callee) if expr.callee.startswith("numpy.") else None
        if rule is None or rule.view:
            for arg in expr.args:
                yield from _shared(arg)


_CHANGES = frozenset(
    f"tangent.{name}" for name in ("add_at", "take_out", "add_field", "take_field")
)


def _changes_in_place(block: ir.Block, name: str) -> bool:
    """Whether a block changes what a variable holds, beside binding it anew."""
    for stmt in ir.statements(block):
        if isinstance(stmt, ir.Assign):
            if isinstance(stmt.target, ir.Item) and stmt.target.name == name:
                return True
            if stmt.augmented and isinstance(stmt.target, ir.Name) and stmt.target.name == name:
                return True
            value = stmt.value
            if isinstance(value, ir.Op) and value.callee in _CHANGES:
                if isinstance(value.args[0], ir.Read) and value.args[0].name == name:
                    return True
    return False


_NEW = frozenset({"numpy.copy", "numpy.sum"}) | {
    f"tangent.{name}" for name in ("zeros_like", "expand", "snapshot", "take_out", "take_field")
}


def _is_new(expr: ir.Expr) -> bool:
    """Whether evaluating an expression gives an object that nobody else holds."""
    if isinstance(expr, ir.Const):
        return True
    if not isinstance(expr, ir.Op):
        return False
    if expr.callee in _NEW:
        return True
    if expr.callee == "tangent.unbroadcast":
        return _is_new(expr.args[0])  # it gives its argument or something new
    return expr.form is ir.Form.OPERATOR and expr.callee not in ("select", "and", "or")
