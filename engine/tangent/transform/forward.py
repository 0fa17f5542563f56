"""Forward mode: tangents beside the primal's own lines.

Every active variable ``x`` gets a tangent ``dx``, computed just before (or, where it needs the
result, just after) the line that computes ``x``. The tangent of a variable has exactly the
shape of its value; on its way up an expression it may be smaller and broadcast to it.

(Griewank and Walther, *Evaluating Derivatives*, 2nd ed., 2008, section 3.1.)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cached_property

from tangent.analysis.activity import Activity
from tangent.analysis.aliasing import Aliases, handed_on, makes_new_value
from tangent.analysis.calls import arguments_of, bind
from tangent.analysis.mutations import mutations
from tangent.analysis.shapes import NUMBER, Shapes
from tangent.analysis.versions import Value, Versions, is_harmless
from tangent.derivative import Role
from tangent.ir import algebra
from tangent.ir import nodes as ir
from tangent.ir.purity import IN_PLACE
from tangent.lower.effects import INACTIVE_ATTRIBUTES
from tangent.rules import registry
from tangent.rules.declare import BROADCAST, Rule
from tangent.source.text import Span
from tangent.transform import templates
from tangent.transform.names import Names, base_name, noun
from tangent.transform.reverse import CalleePair, Options, pattern, unpacked, weight
from tangent.transform.seeds import needs_seed_check
from tangent.transform.shadows import Mirror
from tangent.transform.user_rules import Template

_LONG = 8


class Forward:
    def __init__(
        self,
        function: ir.Function,
        body: ir.Block,
        versions: Versions,
        activity: Activity,
        aliases: Aliases,
        shapes: Shapes,
        names: Names,
        options: Options,
        callee: Callable[[ir.Call, tuple[str, ...]], CalleePair],
        template: Callable[[ir.Call | ir.Op], Template | None],
        mirror: Mirror | None = None,
    ):
        self.mirror = mirror
        self.function = function
        self.body = body
        self.versions = versions
        self.activity = activity
        self.aliases = aliases
        self.shapes = shapes
        self.names = names
        self.options = options
        self.callee = callee
        self.template = template
        self.out: ir.Block = []
        self.span: Span | None = None
        # Intermediates of the current statement that have a name.
        self.named: dict[ir.Expr, str] = {}
        self.done: set[ir.Expr] = set()
        # The right-hand side of the current statement and its variable, once it is computed.
        self.root: ir.Expr | None = None
        self.root_name = ""
        # Statements whose tangents cannot be kept apart from what may raise an exception.
        self.interrupted: list[ir.Stmt] = []
        # Functions with tangent, for functions that are only known at run time.
        self._with_tangent: dict[tuple[object, str], str] = {}
        self._opening: ir.Block = []

    def run(self, wrt: dict[str, Value], given: tuple[ir.Stmt, ...], check: bool) -> ir.Block:
        """The body with tangents; the seeds are the tangents of ``wrt``, which are parameters
        or what the first statements (``given``) name."""
        body = self.nested(self.body[len(given) :])
        opening: ir.Block = list(given)
        for name, value in wrt.items():
            seed = ir.Read(self.names.tangent(name))
            span = self.function.span
            if (
                check
                and self.activity.is_active(value)
                and needs_seed_check(
                    [s for s in ir.statements(body) if s.role is Role.TANGENT],
                    self.shapes.of_value(value),
                    self.shapes,
                )
            ):
                checked = ir.Op("tangent.check_tangent_seed", (seed, ir.Read(name)))
                opening.append(ir.Assign(ir.Name(seed.name), checked, span=span, role=Role.SEED))
            if (
                self.mirror is not None
                and self.mirror.has(value)
                and (self.mirror.uncertain or not self.mirror.numeric.is_numeric(value))
            ):
                copy = self.mirror.new(ir.Read(name), seed)
                opening.append(ir.Assign(ir.Name(seed.name), copy, span=span, role=Role.SEED))
            elif self.activity.is_active(value) and self.aliases.is_mutated(value):
                copy = ir.Op("tangent.snapshot", (seed,))
                opening.append(ir.Assign(ir.Name(seed.name), copy, span=span, role=Role.SEED))
        for name, value in self.versions.params.items():
            if name not in wrt and self.shares(value):
                span = self.function.span
                assert self.mirror is not None
                zero = self.mirror.new(ir.Read(name))
                seed_name = self.names.tangent(name)
                opening.append(ir.Assign(ir.Name(seed_name), zero, span=span, role=Role.SEED))
        return [*opening, *self._opening, *body]

    def shares(self, value: Value) -> bool:
        """Whether a value shares memory that changes: its tangent is there from the start, and
        shares memory as the value does."""
        return (
            self.mirror is not None and value.name in self.mirror.needed and self.mirror.has(value)
        )

    def final_tangent(self, name: str, value: Value) -> ir.Expr:
        """The tangent of a result."""
        if self.activity.is_active(value):
            return ir.Read(self.names.tangent(name))
        return self.zeros(name, value)

    # --- statements ----------------------------------------------------------------------------

    def nested(self, block: ir.Block) -> ir.Block:
        outer, self.out = self.out, []
        for stmt in block:
            self.span = stmt.span
            self.statement(stmt)
        inner, self.out = self.out, outer
        return inner

    def emit(self, stmt: ir.Stmt) -> None:
        self.out.append(stmt)

    def assign(self, name: str, value: ir.Expr) -> None:
        self.emit(ir.Assign(ir.Name(name), value, span=self.span, role=Role.TANGENT))

    def zeros(self, name: str, value: Value) -> ir.Expr:
        """A zero of the shape of a value; the number zero for a variable that may be unbound."""
        if self.shapes.of_value(value) == NUMBER or not self.versions.is_certain(value):
            return ir.Const(0.0)
        return ir.Op("tangent.zeros_like", (ir.Read(name),))

    def start_at_zero(self, name: str, value: Value) -> None:
        self.assign(self.names.tangent(name), self.zeros(name, value))

    def statement(self, stmt: ir.Stmt) -> None:
        self.named = {}
        if isinstance(stmt, ir.Assign):
            self.assignment(stmt)
        elif isinstance(stmt, ir.Evaluate):
            self.evaluation(stmt)
        elif isinstance(stmt, ir.If):
            self.branch(stmt)
        elif isinstance(stmt, (ir.For, ir.While)):
            self.loop(stmt)
        elif isinstance(stmt, ir.With):
            body = self.nested(stmt.body)
            self.emit(ir.with_blocks(stmt, [body]))
        elif isinstance(stmt, (ir.Try, ir.Match)):
            self.arms(stmt)
        elif isinstance(stmt, ir.InsertGrad):
            self.insertion(stmt)
        else:
            self.emit(stmt)

    def _ensure_container(self, stmt: ir.Stmt, name: str) -> bool:
        """For an in-place change of a variable: whether its tangent changes too; the tangent
        starts at zero if the variable carried none so far."""
        value = self.versions.bound[stmt].get(name)
        if value is None or not self.activity.is_active(value):
            return False
        if not self.activity.is_active(value.inputs[0]) and not self.shares(value):
            self.start_at_zero(name, value.inputs[0])
        return True

    def assignment(self, stmt: ir.Assign) -> None:
        target, value = stmt.target, stmt.value
        bound = self.versions.bound[stmt]
        if isinstance(target, ir.Item):
            self.item_assignment(stmt, target, value)
            return
        active = [
            n
            for n in ir.bound_names(target)
            if self.activity.is_active(bound[n]) or self.shares(bound[n])
        ]
        active += [n for n in stored_names(target) if self._ensure_container(stmt, n)]
        if isinstance(value, ir.Op) and value.callee == "list.pop":
            assert isinstance(value.args[0], ir.Read)
            stack = value.args[0].name
            if self._ensure_container(stmt, stack) and not active:
                popped = ir.Op(
                    "list.pop",
                    (
                        ir.Read(self.names.tangent(stack)),
                        *(self.value(place) for place in value.args[1:]),
                    ),
                    form=ir.Form.METHOD,
                    detail=("pop",),
                )
                self.assign_primal_names()
                self.emit(ir.Evaluate(popped, stmt.span, Role.TANGENT))
        if not active:
            self.emit(stmt)
            return
        if isinstance(target, ir.Name) and self.shares(bound[target.name]) and not stmt.display:
            self.shared_assignment(stmt, target.name, value)
        elif isinstance(target, ir.Name):
            self.name_assignment(stmt, target.name, value)
        elif isinstance(target, ir.Unpack):
            self.unpack(stmt, target, value, active)

    def name_assignment(self, stmt: ir.Assign, name: str, value: ir.Expr) -> None:
        tangent = self.own(value, self.exact(value, self.tangent(value)))
        if (
            self.aliases.is_mutated(self.versions.bound[stmt][name])
            and not (isinstance(tangent, ir.Op) and _is_copy(tangent))
            and makes_new_value(value)
        ):
            # The variable owns its value and changes it in place; so must the tangent.
            tangent = ir.Op("tangent.snapshot", (tangent,))
        target = self.names.tangent(name)
        needs_result = self.mentions(tangent, value)
        changed = self.versions.bound[stmt]  # what shares memory with an array, too
        overwritten = any(
            isinstance(n, ir.Primal)
            and n.node is not value
            and any(r.name in changed for r in ir.reads(n.node))
            for n in ir.walk(tangent)
        )
        if needs_result and overwritten:
            in_place = stmt.augmented and name not in self.aliases.scalars
            if in_place and isinstance(value, ir.Op):
                self.value(value.args[1])  # it is computed once, for both
            self.named[value] = self.names.fresh(f"new_{name}")
            resolved = self.resolve(tangent)
            self.assign_primal_names()
            self.assign(target, resolved)
            if in_place:
                # It may be an array, of which others have to see the change.
                self.emit(self.primal(stmt))
            else:
                again = ir.Read(self.named[value])
                self.emit(ir.Assign(ir.Name(name), again, span=stmt.span))
        elif needs_result:
            self.root, self.root_name = value, name
            resolved = self.resolve(tangent)
            self.root = None
            self.emit(self.primal(stmt))
            self.assign(target, resolved)
        else:
            resolved = self.resolve(tangent)
            self.assign_primal_names()
            self.assign(target, resolved)
            self.emit(self.primal(stmt))

    def shared_assignment(self, stmt: ir.Assign, name: str, value: ir.Expr) -> None:
        """A variable whose memory others see: so must be the memory of its tangent."""
        assert self.mirror is not None
        if stmt.augmented:
            bound = self.versions.bound[stmt][name]
            if not self.activity.is_active(bound):
                self.emit(stmt)
                return
            own = self.names.tangent(name)
            array = self.mirror.is_array(bound)
            self._shared_update(stmt, ir.Name(own), ir.Read(own), value, array)
            return
        shared = self._shared_tangent(value)
        if shared is not None:
            self.assign(self.names.tangent(name), shared)
            self.emit(stmt)
        elif self.activity.is_varied(value):
            self.name_assignment(stmt, name, value)
        else:
            self.emit(stmt)
            bound = self.versions.bound[stmt][name]
            if self.mirror.numeric.is_numeric(bound):
                self.start_at_zero(name, bound)
            else:
                self.assign(self.names.tangent(name), self.mirror.new(ir.Read(name)))

    def _shared_tangent(self, value: ir.Expr) -> ir.Expr | None:
        """The tangent of an expression that gives shared memory; None for memory of its own."""
        assert self.mirror is not None
        if isinstance(value, ir.Op) and value.callee in ("tuple", "list"):
            parts = tuple(
                found[0]
                if (found := self.mirror.of(arg)) is not None
                else self.resolve(self.tangent_or_zero(arg))
                for arg in value.args
            )
            return ir.Op(value.callee, parts, form=ir.Form.DISPLAY)
        found = self.mirror.of(value)
        return None if found is None else found[0]

    def _shared_update(
        self, stmt: ir.Assign, place: ir.Name | ir.Item, own: ir.Expr, value: ir.Expr, array: bool
    ) -> None:
        """``x *= v``: the tangent changes in place if ``x`` does."""
        assert isinstance(value, ir.Op)
        old, rest = value.args
        is_sum = value.callee in ("operator.add", "operator.sub")
        added = self.tangent(rest)
        if is_sum and added is None:
            self.emit(stmt)
        elif is_sum:
            assert added is not None
            self._change(place, own, value, self.resolve(added))
        elif array or value.callee == "operator.matmul":
            total = self.tangent(value)
            if total is not None:
                resolved = self.resolve(total)
                self.assign_primal_names()
                whole = ir.Item(place.name, ir.Const(Ellipsis))
                self.emit(ir.Assign(whole, resolved, span=stmt.span, role=Role.TANGENT))
            self.emit(self.primal(stmt))
            return
        else:
            # An array changes in place, a number gets another value; the same is done to both.
            rule = registry.rule_for(value.callee)
            assert rule is not None
            binding = bind(rule, value)
            facts = self.shapes.facts(binding, value)
            names = {"a": ir.Primal(old), "b": self._operand(rest), "y": ir.Primal(value)}

            def term(parameter: str, tangent: ir.Expr) -> ir.Expr:
                template = templates.choose(rule.tangent[parameter], facts).template
                operands = {**names, "g": tangent}
                return templates.instantiate(templates.parse(template), operands, binding)

            other = None
            if added is not None:
                other = self.atom(term("b", self.atom(added, rest)), value)
            if value.callee in ("operator.mul", "operator.truediv"):
                self._change(place, own, value, self.resolve(self._operand(rest)))
            else:
                slope = self.resolve(term("a", ir.Const(1.0)))
                scaled = ir.Op("operator.mul", (own, slope), form=ir.Form.OPERATOR, detail=("*",))
                self._change(place, own, scaled, slope)
            if other is not None:
                total = ir.Op("operator.add", (own, other), form=ir.Form.OPERATOR, detail=("+",))
                self._change(place, own, total, other)
        if is_sum and added is None:
            return
        self.emit(self.primal(stmt))

    def _change(
        self, place: ir.Name | ir.Item, own: ir.Expr, like: ir.Op, operand: ir.Expr
    ) -> None:
        """``dx += operand``, with the operator of ``like``."""
        self.assign_primal_names()
        changed = ir.Op(like.callee, (own, operand), (), like.form, like.detail)
        self.emit(ir.Assign(place, changed, augmented=True, span=self.span, role=Role.TANGENT))

    def unpack(self, stmt: ir.Assign, target: ir.Unpack, value: ir.Expr, active: list[str]) -> None:
        """The tangents are computed first and bound together, as the primal's values are."""
        pairs = [
            (part, part_value)
            for part, part_value in unpacked(target, value)
            if set(active) & {*ir.bound_names(part), *stored_names(part)}
        ]
        bound = self.versions.bound[stmt]
        targets: list[ir.Target] = []
        tangents: list[ir.Expr] = []
        for part, part_value in pairs:
            shared = None
            if isinstance(part, ir.Name) and self.shares(bound[part.name]) and not stmt.display:
                shared = self._shared_tangent(part_value)
                if shared is None and not self.activity.is_varied(part_value):
                    shared = ir.Op("tangent.zeros_like", (ir.Primal(part_value),))
            if shared is not None:
                targets.append(ir.Name(self.names.tangent(next(ir.bound_names(part)))))
                tangents.append(shared)
                continue
            tangent = self.tangent(part_value)
            if isinstance(part, ir.Item):
                targets.append(ir.Item(self.names.tangent(part.name), part.index))
                zero: ir.Expr = ir.Const(0.0)
                if ir.attribute_of(part.index) is not None:
                    # What an object stores may be of any kind.
                    if self.shapes.of(part_value) != NUMBER:
                        zero = ir.Op("tangent.zeros_like", (ir.Primal(part_value),))
                    tangent = None if tangent is None else self.exact(part_value, tangent)
                tangents.append(zero if tangent is None else tangent)
            else:
                assert tangent is not None
                targets.append(self._tangent_target(part, bound))
                tangents.append(self.own(part_value, self.exact(part_value, tangent)))
        resolved = tuple(self.resolve(t) for t in tangents)
        self.assign_primal_names()
        if len(targets) == 1:
            whole, result = targets[0], resolved[0]
        else:
            whole = ir.Unpack(tuple(targets))
            result = ir.Op("tuple", resolved, form=ir.Form.DISPLAY)
        self.emit(ir.Assign(whole, result, span=stmt.span, role=Role.TANGENT))
        self.emit(self.primal(stmt))

    def _tangent_target(self, target: ir.Target, bound: dict[str, Value]) -> ir.Target:
        if isinstance(target, ir.Unpack):
            return ir.Unpack(tuple(self._tangent_target(t, bound) for t in target.targets))
        assert isinstance(target, ir.Name)
        active = self.activity.is_active(bound[target.name]) or self.shares(bound[target.name])
        return ir.Name(self.names.tangent(target.name) if active else "_")

    def item_assignment(self, stmt: ir.Assign, target: ir.Item, value: ir.Expr) -> None:
        if not self._ensure_container(stmt, target.name):
            self.emit(stmt)
            return
        place = ir.Item(self.names.tangent(target.name), target.index, each=target.each)
        if target.each:
            self._each_element(stmt, place, value)
            return
        if stmt.augmented and self._in_a_list(stmt, target.name):
            own = ir.Op("operator.getitem", (ir.Read(place.name), place.index))
            own.form = ir.Form.SUBSCRIPT
            self._shared_update(stmt, place, own, value, False)
            return
        tangent = self.tangent(value) if self.activity.is_varied(value) else None
        is_field = ir.attribute_of(target.index) is not None
        if tangent is None:
            if not (
                stmt.augmented
                and isinstance(value, ir.Op)
                and value.callee in ("operator.add", "operator.sub")
            ):
                zero: ir.Expr = ir.Const(0.0)
                if is_field and self.shapes.of(value) != NUMBER:
                    # What an object stores may be of any kind.
                    stored = self._item_of(ir.Read(target.name), target.index)
                    zero = ir.Op("tangent.zeros_like", (stored,))
                    self.emit(stmt)
                    self.emit(ir.Assign(place, zero, span=stmt.span, role=Role.TANGENT))
                    return
                self.emit(ir.Assign(place, zero, span=stmt.span, role=Role.TANGENT))
            self.emit(stmt)
            return
        resolved = self.resolve(self.exact(value, tangent) if is_field else tangent)
        self.assign_primal_names()
        own = self._item_of(ir.Read(place.name), target.index)
        if (
            stmt.augmented
            and isinstance(resolved, ir.Op)
            and resolved.callee in ("operator.add", "operator.sub")
            and algebra.same(resolved.args[0], own)
        ):
            self.emit(ir.Assign(place, resolved, augmented=True, span=stmt.span, role=Role.TANGENT))
        elif not algebra.same(resolved, own):
            self.emit(ir.Assign(place, resolved, span=stmt.span, role=Role.TANGENT))
        self.emit(self.primal(stmt))

    def _in_a_list(self, stmt: ir.Assign, name: str) -> bool:
        """Whether an item that is changed in place may be an array in a list."""
        value = self.versions.bound[stmt][name]
        return (
            self.mirror is not None
            and self.mirror.has(value)
            and not self.mirror.numeric.is_numeric(value)
        )

    def _each_element(self, stmt: ir.Assign, place: ir.Item, value: ir.Expr) -> None:
        """``np.add.at(y, i, v)``: as often as an element is named, so is its tangent."""
        assert isinstance(value, ir.Op)
        added = self.tangent(value.args[1])
        if added is not None:
            own = ir.Op(
                "operator.getitem", (ir.Read(place.name), place.index), form=ir.Form.SUBSCRIPT
            )
            total = (own, self.resolve(added))
            self.assign_primal_names()
            changed = ir.Op(value.callee, total, form=value.form, detail=value.detail)
            self.emit(ir.Assign(place, changed, augmented=True, span=stmt.span, role=Role.TANGENT))
        self.emit(self.primal(stmt))

    def evaluation(self, stmt: ir.Evaluate) -> None:
        value = stmt.value
        if isinstance(value, ir.Op) and value.callee in IN_PLACE:
            base = value.args[0]
            if isinstance(base, ir.Read) and (
                self._ensure_container(stmt, base.name) or self.shares(self.versions.of[base])
            ):
                if value.callee == "list.add_to_part" and not self.activity.is_varied(
                    value.args[2]
                ):
                    self.emit(stmt)
                    return
                places = 1 if value.callee == "list.insert" or value.form is ir.Form.PART else 0
                moved: list[ir.Expr] = [self._operand(a) for a in value.args[1 : 1 + places]]
                for item in value.args[1 + places :]:
                    moved.append(self._shadow_of(item) or self.tangent_or_zero(item))
                resolved = tuple(self.resolve(m) for m in moved)
                self.assign_primal_names()
                push = ir.Op(
                    value.callee,
                    (ir.Read(self.names.tangent(base.name)), *resolved),
                    form=value.form,
                    detail=value.detail,
                )
                self.emit(ir.Evaluate(push, stmt.span, Role.TANGENT))
                rebuilt = ir.rebuild(value, self._replacement)
                self.emit(stmt if rebuilt is value else ir.Evaluate(rebuilt, stmt.span))
                return
        self.emit(stmt)

    def insertion(self, stmt: ir.InsertGrad) -> None:
        value = self.versions.of[stmt.variable]
        name = stmt.variable.name
        if not self.activity.is_active(value) and not self.shares(value):
            self.start_at_zero(name, value)
        self.emit(
            ir.InsertGrad(
                ir.Read(self.names.tangent(name)),
                stmt.name,
                stmt.body,
                stmt.reads,
                stmt.assigns,
                stmt.span,
            )
        )

    # --- control flow --------------------------------------------------------------------------

    def branch(self, stmt: ir.If) -> None:
        bodies = [self.nested(block) for block in ir.blocks(stmt)]
        self._start_missing(stmt, bodies)
        self.emit(ir.If(stmt.cond, bodies[0], bodies[1], stmt.span, stmt.role, stmt.verbatim))

    def _start_missing(self, stmt: ir.Stmt, ends: list[ir.Block]) -> None:
        """Starts tangents at zero in those ways on that have none yet, at their ends."""
        for name, join in self.versions.joins[stmt].items():
            if not self.activity.is_active(join):
                continue
            for end, value in zip(ends, join.branches):
                if (
                    value is not None
                    and not self.activity.is_active(value)
                    and not self.shares(value)
                ):
                    outer, self.out = self.out, end
                    self.span = stmt.span
                    self.start_at_zero(name, value)
                    self.out = outer

    def arms(self, stmt: ir.Try | ir.Match) -> None:
        inner = [self.nested(block) for block in ir.blocks(stmt)]
        if isinstance(stmt, ir.Match):
            none: list[ir.Block] = [] if ir.takes_all(stmt) else [[]]
            self._start_missing(stmt, [*inner, *none])
            self.out += none[0] if none and none[0] else []
            self.emit(ir.with_blocks(stmt, inner))
            return
        body, *arms, orelse, final = inner
        if sum(ir.falls(way) for way in ir.ways(stmt)) > 1:
            body, orelse = self._tangents_last(stmt, body, orelse)
            ends = [[*body, *orelse], *arms]
            # One that does not come to its end needs none.
            going = [end if ir.falls(end) else [] for end in ends[1:]]
            self._start_missing(stmt, [orelse, *going])
        self.emit(ir.with_blocks(stmt, [body, *arms, orelse, final]))

    def _tangents_last(
        self, stmt: ir.Try, body: ir.Block, orelse: ir.Block
    ) -> tuple[ir.Block, ir.Block]:
        """The tangents of what is tried, computed in the ``else``: there the primal has come to its
        end, so that they are those of values that are there, and no exception of theirs is
        caught. Loops and the like stay as a whole, and calls that compute a value and its tangent
        at once, with the tangents that they need: if an exception comes, nobody reads those."""
        needed: set[str] = set()
        stored: set[str] = set()
        later: Counter[str] = Counter()
        old: dict[tuple[str, int], str] = {}

        def split(block: ir.Block) -> tuple[ir.Block, ir.Block]:
            kept: ir.Block = []
            moved: ir.Block = []
            for inner in reversed(block):
                if isinstance(inner, ir.With) and inner.reenter:
                    primal, tangents = split(inner.body)
                    kept += [ir.with_blocks(inner, [primal])] if primal else []
                    moved += [ir.with_blocks(inner, [tangents])] if tangents else []
                elif self._stays(inner, needed):
                    if _has_tangents(inner):
                        needed.update(r.name for s in ir.statements([inner]) for r in _reads(s))
                    later.update(ir.bound_in([inner]))
                    stored.update(n for s in ir.statements([inner]) for n in self._changed(s))
                    kept.append(inner)
                else:
                    read = {r.name for r in _reads(inner)}
                    if read & stored:
                        self.interrupted.append(stmt)
                    names: dict[str, str] = {}
                    for name in sorted(read & set(later)):
                        # The value it has until it is bound for the last so many times.
                        key = name, later[name]
                        if key not in old:
                            old[key] = self.names.numbered(name)
                            held = ir.Read(name)
                            kept.append(
                                ir.Assign(ir.Name(old[key]), held, False, inner.span, Role.RECORD)
                            )
                        names[name] = old[key]
                    moved.append(_renamed(inner, names))
            return kept[::-1], moved[::-1]

        for last in reversed(stmt.body):
            # What a branch at the end assigns was not assigned if an exception comes.
            if isinstance(last, ir.If) and any(
                self.activity.is_active(value)
                for inner in ir.statements([last])
                for value in self.versions.bound.get(inner, {}).values()
            ):
                self.interrupted.append(stmt)
            if not is_harmless(last):
                break
        kept, moved = split(body)
        return kept, [*moved, *orelse]

    def _stays(self, stmt: ir.Stmt, needed: set[str]) -> bool:
        """Whether a statement is tried as it is."""
        if not _has_tangents(stmt) or ir.blocks(stmt):
            return True
        is_call = isinstance(stmt, ir.Assign) and _is_generated(stmt.value)
        return is_call or bool(needed & set(ir.binds(stmt)))

    def _changed(self, stmt: ir.Stmt) -> list[str]:
        """The variables whose objects a statement changes in place."""
        return [n for n in mutations(stmt) if n not in self.aliases.scalars]

    def loop(self, stmt: ir.For | ir.While) -> None:
        heads = self.versions.heads[stmt]
        for name, head in heads.items():
            if self.activity.is_active(head) and head.inputs and not self.shares(head):
                entry = head.inputs[0]
                if (
                    entry.kind != "target"
                    and not self.activity.is_active(entry)
                    and (not entry.region.within(head.region))
                ):
                    self.start_at_zero(name, entry)
        body = self.nested(stmt.body)
        outer, self.out = self.out, body
        self.span = stmt.span
        for name, head in heads.items():
            if self.activity.is_active(head):
                last = head.inputs[-1]
                if (
                    last.region.within(head.region)
                    and not self.activity.is_active(last)
                    and not self.shares(last)
                ):
                    self.start_at_zero(name, last)
        self.out = outer
        if isinstance(stmt, ir.While):
            self.emit(ir.While(stmt.cond, body, stmt.span, stmt.role, stmt.verbatim))
            return
        target, iterable, verbatim = stmt.target, stmt.iter, stmt.verbatim
        bound = self.versions.bound[stmt]
        if isinstance(target, ir.Name) and self.activity.is_active(bound[target.name]):
            assert isinstance(iterable, ir.Read)
            pairs = (iterable, ir.Read(self.names.tangent(iterable.name)))
            iterable = ir.Op("builtins.zip", pairs)
            target = ir.Unpack((target, ir.Name(self.names.tangent(target.name))))
            verbatim = False
        self.emit(ir.For(target, iterable, body, [], stmt.span, stmt.role, verbatim))

    # --- expressions ---------------------------------------------------------------------------

    def tangent(self, node: ir.Expr) -> ir.Expr | None:
        """The tangent of an expression, None if it is zero."""
        if not self.activity.is_varied(node):
            return None
        if isinstance(node, ir.Read):
            if not self.activity.read_is_active(node):
                return None
            read = ir.Read(self.names.tangent(node.name))
            self.shapes.declare(read, self.shapes.of(node))
            return read
        if isinstance(node, ir.Call):
            return self._call(node)
        assert isinstance(node, ir.Op), node
        if node.callee in ("tuple", "list", "dict"):
            return self._display(node)
        if node.callee == "object":
            return self._fields(node)
        if node.callee == "operator.getitem":
            return self._item(node)
        if node.callee == "list.pop":
            assert isinstance(node.args[0], ir.Read)
            popped = ir.Op(
                "list.pop",
                (
                    ir.Read(self.names.tangent(node.args[0].name)),
                    *(self._operand(place) for place in node.args[1:]),
                ),
                form=ir.Form.METHOD,
                detail=("pop",),
            )
            self.shapes.declare(popped, self.shapes.of(node))
            return popped
        template = self.template(node)
        if template is not None:
            return self._user_rule(template, node, template.arguments(node))
        rule = registry.rule_for(node.callee)
        assert rule is not None, node.callee
        return self._rule(rule, node)

    def _user_rule(
        self, template: Template, call: ir.Call | ir.Op, arguments: dict[str, ir.Expr]
    ) -> ir.Expr | None:
        named: dict[str, ir.Expr] = {}
        for parameter, arg in arguments.items():
            tangent = self.tangent(arg)
            if tangent is not None:
                named[parameter] = self.atom(self.exact(arg, tangent), arg)
        if not named:
            return None
        operands = {p: self._operand(a) for p, a in arguments.items()}
        term = template.tangent(ir.Primal(call), named, operands)
        self.shapes.declare(term, self.shapes.of(call))
        return term

    def tangent_or_zero(self, node: ir.Expr) -> ir.Expr:
        """The tangent of an expression in the shape of its value, also where it has none."""
        tangent = self.tangent(node)
        if tangent is not None:
            return self.own(node, self.exact(node, tangent))
        if self.shapes.of(node) == NUMBER:
            return ir.Const(0.0)
        zero = ir.Op("tangent.zeros_like", (ir.Primal(node),))
        self.shapes.declare(zero, self.shapes.of(node))
        return zero

    def _display(self, op: ir.Op) -> ir.Expr:
        parts: list[ir.Expr] = []
        for i, arg in enumerate(op.args):
            if op.callee == "dict" and i % 2 == 0:
                parts.append(self._operand(arg))
                continue
            parts.append(self._shadow_of(arg) or self.tangent_or_zero(arg))
        return ir.Op(op.callee, tuple(parts), form=ir.Form.DISPLAY)

    def _shadow_of(self, expr: ir.Expr) -> ir.Expr | None:
        """The tangent of what shares memory that changes."""
        found = None if self.mirror is None else self.mirror.of(expr)
        return None if found is None else found[0]

    def _fields(self, op: ir.Op) -> ir.Expr:
        """The tangent of an object that is constructed: one of its type, of tangents."""
        display = self._display(ir.Op("tuple", tuple(v for _, v in ir.fields(op))))
        assert isinstance(display, ir.Op)
        parts = display.args
        keywords = [(k, v) for (k, _), v in zip(op.keywords, parts[len(op.args) :])]
        for left in op.detail[len(op.args) :]:
            name, _, zero = left.partition("=")
            index = ir.Const(ir.Attribute(name, certain=True))
            value = ir.Op("operator.getitem", (ir.Primal(op), index), form=ir.Form.SUBSCRIPT)
            written: ir.Expr = ir.Op("tangent.zeros_like", (value,))
            if zero:
                written = ir.Const(0.0 if zero == "0.0" else None)
            keywords.append((name, written))
        made = ir.Op(
            "object", parts[: len(op.args)], tuple(keywords), detail=op.detail,
            function=op.function,
        )  # fmt: skip
        self.shapes.declare(made, self.shapes.of(op))
        return made

    def _item(self, op: ir.Op) -> ir.Expr | None:
        base, index = op.args
        tangent = self.tangent(base)
        if tangent is None:
            return None
        exact = self.exact(base, tangent)
        item = self._item_of(exact, self._operand(index))
        self.shapes.declare(item, self.shapes.of(op))
        return item

    def _item_of(self, tangent: ir.Expr, index: ir.Expr) -> ir.Op:
        name = ir.attribute_of(index)
        if name is not None and not name.certain:
            index = ir.Const(ir.Attribute(name, checked=True))
        return ir.Op("operator.getitem", (tangent, index), form=ir.Form.SUBSCRIPT)

    def _operand(self, expr: ir.Expr) -> ir.Expr:
        return expr if isinstance(expr, (ir.Const, ir.Global)) else ir.Primal(expr)

    def own(self, node: ir.Expr, tangent: ir.Expr) -> ir.Expr:
        """The tangent of a value that is kept: where the value is a new one, as ``y - 1.0`` is,
        its tangent must not be an array that changes in place, as ``dy`` may be."""
        if not makes_new_value(node) or not any(
            isinstance(part, ir.Read) and part.name in self.changing for part in handed_on(tangent)
        ):
            return tangent
        copied = ir.Op("tangent.snapshot", (tangent,))
        self.shapes.declare(copied, self.shapes.of(tangent))
        return copied

    @cached_property
    def changing(self) -> frozenset[str]:
        """The tangents that change in place."""
        return frozenset(
            self.names.tangent(value.name)
            for value in self.versions.values
            if self.activity.is_active(value) and self.aliases.is_mutated(value)
        )

    def exact(self, node: ir.Expr, tangent: ir.Expr | None) -> ir.Expr:
        """The tangent in the shape of its value."""
        assert tangent is not None
        if self.shapes.of(tangent) == self.shapes.of(node):
            return tangent
        if isinstance(tangent, ir.Op) and tangent.callee in _DISPLAYS:
            return tangent
        expanded = ir.Op("tangent.expand", (tangent, ir.Primal(node)))
        self.shapes.declare(expanded, self.shapes.of(node))
        return expanded

    def atom(self, tangent: ir.Expr, node: ir.Expr) -> ir.Expr:
        """The tangent, under a name."""
        if isinstance(tangent, (ir.Read, ir.Const)):
            return tangent
        base = noun(node.callee) if isinstance(node, ir.Op) else "value"
        name = self.names.fresh(f"d{base}")
        resolved = self.resolve(tangent)
        self.assign_primal_names()
        self.assign(name, resolved)
        read = ir.Read(name)
        self.shapes.declare(read, self.shapes.of(tangent))
        return read

    def _rule(self, rule: Rule, op: ir.Op) -> ir.Expr | None:
        if rule.structural:
            return self._structural(rule, op)
        if self.options.complex_numbers:
            rule = registry.complex_form(rule)
        binding = bind(rule, op)
        facts = self.shapes.facts(binding, op)
        names = binding.operands(self._operand)
        names["y"] = ir.Primal(op)
        # One operand's term may be smaller than the result.
        broadcasts = rule.elementwise or rule.shape == BROADCAST
        total: ir.Expr | None = None
        for parameter, arg in binding.arguments.items():
            if parameter not in rule.tangent:
                continue
            tangent = self.tangent(arg)
            if tangent is None:
                continue
            template = templates.choose(rule.tangent[parameter], facts).template
            if not rule.elementwise:
                tangent = self.exact(arg, tangent)
            passed_on = parameter == binding.varargs()  # as arguments, one by one
            if (
                not isinstance(tangent, (ir.Read, ir.Const))
                and not passed_on
                and (
                    templates.mentions(template, "g") > 1
                    or not self.options.optimized
                    or weight(tangent) > _LONG
                )
            ):
                tangent = self.atom(tangent, arg)
            names["g"] = tangent
            term = templates.instantiate(templates.parse(template), names, binding)
            if not broadcasts:
                self.shapes.declare(term, self.shapes.of(op))
            if total is None:
                total = term
            elif rule.several or rule.name.startswith("tangent."):
                # Helpers of derivative code may work on lists and tuples.
                total = ir.Op("tangent.accumulate", (total, term))
            else:
                total = algebra.add(total, term)
        if total is not None and not broadcasts:
            self.shapes.declare(total, self.shapes.of(op))
        return total

    def _structural(self, rule: Rule, op: ir.Op) -> ir.Expr:
        """The operation on the tangents of what it moves."""
        binding = bind(rule, op)
        moved = {id(a) for p, a in binding.arguments.items() if p in rule.tangent}
        args = tuple(
            self.tangent_or_zero(a) if id(a) in moved else self._operand(a) for a in op.args
        )
        form = ir.Form.CALL if op.form is ir.Form.OPERATOR else op.form
        tangent = ir.Op(op.callee, args, (), form, op.detail)
        self.shapes.declare(tangent, self.shapes.of(op))
        return tangent

    def _call(self, call: ir.Call) -> ir.Expr | None:
        arguments = arguments_of(call)
        template = self.template(call)
        if template is not None:
            return self._user_rule(template, call, arguments)
        active = tuple(p for p, a in arguments.items() if self.activity.is_varied(a))
        tangents: dict[str, ir.Expr] = {}
        for parameter in active:
            tangent = self.tangent(arguments[parameter])
            if tangent is not None:
                tangents[parameter] = self.exact(arguments[parameter], tangent)
        if not tangents:
            return None
        if call.dynamic:
            return self._dynamic_call(call, tangents)
        pair = self.callee(call, tuple(tangents))
        base = base_name(call.function.name)
        result, tangent_name = (
            self.names.fresh(f"{base}_result"),
            self.names.fresh(f"d{base}_result"),
        )
        seeds = tuple((name, self.resolve(t)) for name, t in zip(pair.seeds, tangents.values()))
        args = tuple(ir.rebuild(a, self._replacement) for a in call.args)
        keywords = tuple((k, ir.rebuild(v, self._replacement)) for k, v in call.keywords)
        captured = tuple(ir.passed_on(call))
        applied = ir.Op(
            "generated", args, (*keywords, *captured, *seeds), function=ir.Global(pair.forward)
        )
        self.assign_primal_names()
        target = ir.Unpack((ir.Name(result), ir.Name(tangent_name)))
        self.emit(ir.Assign(target, applied, span=self.span, role=Role.TANGENT))
        self.named[call] = result
        self.done.add(call)
        read = ir.Read(tangent_name)
        self.shapes.declare(read, self.shapes.of(call))
        return read

    def _dynamic_call(self, call: ir.Call, tangents: dict[str, ir.Expr]) -> ir.Expr:
        """The tangent of a call of a function that is only known at run time."""
        base = call.function.name
        shown = pattern(call, tuple(tangents))
        local = call.local
        assert local is not None
        value = self.versions.of.get(local) if isinstance(local, ir.Read) else None
        at_start = value is not None and value.kind == "param"
        place = (value, shown) if at_start else (call, shown)
        result = self.names.fresh(f"{base}_result")
        tangent_name = self.names.fresh(f"d{base}_result")
        seeds = tuple(self.resolve(t) for t in tangents.values())
        args = tuple(ir.rebuild(a, self._replacement) for a in call.args)
        keywords = tuple(ir.rebuild(v, self._replacement) for _, v in call.keywords)
        self.assign_primal_names()
        if place not in self._with_tangent:
            name = self._with_tangent[place] = self.names.fresh(f"{base}_with_tangent")
            function = ir.Read(local.name) if isinstance(local, ir.Read) else local
            given = (function,) if shown == "x" else (function, ir.Const(shown))
            made = ir.Assign(
                ir.Name(name),
                ir.Op("tangent.with_tangent", given),
                span=call.span,
                role=Role.TANGENT,
            )
            (self._opening if at_start else self.out).append(made)
        function_name = self._with_tangent[place]
        applied = ir.Op("call", (ir.Read(function_name), *args, *keywords, *seeds))
        target = ir.Unpack((ir.Name(result), ir.Name(tangent_name)))
        self.emit(ir.Assign(target, applied, span=self.span, role=Role.TANGENT))
        self.named[call] = result
        self.done.add(call)
        read = ir.Read(tangent_name)
        self.shapes.declare(read, self.shapes.of(call))
        return read

    # --- primal values ---------------------------------------------------------------------------

    def mentions(self, expr: ir.Expr, node: ir.Expr) -> bool:
        """Whether a tangent needs the value of the whole right-hand side."""
        return any(isinstance(n, ir.Primal) and n.node is node for n in ir.walk(expr))

    def resolve(self, expr: ir.Expr) -> ir.Expr:
        """The expression with references to primal values replaced by names; what is not
        cheap to compute twice gets a name."""
        return ir.rebuild(expr, self._resolved)

    def _resolved(self, node: ir.Expr) -> ir.Expr | None:
        if not isinstance(node, ir.Primal):
            return None
        return self.value(node.node)

    def value(self, node: ir.Expr) -> ir.Expr:
        """The value of a primal expression of the current statement."""
        if self.root is not None and node is self.root:
            return ir.Read(self.root_name)
        if node in self.named:
            return ir.Read(self.named[node])
        if isinstance(node, (ir.Const, ir.Global, ir.Read)):
            return node
        if isinstance(node, ir.Op) and self._is_cheap(node):
            args = tuple(self.value(a) for a in node.args)
            keywords = tuple((k, self.value(v)) for k, v in node.keywords)
            return ir.Op(node.callee, args, keywords, node.form, node.detail, node.function)
        self.named[node] = self.names.fresh(
            noun(node.callee) if isinstance(node, ir.Op) else "value"
        )
        return ir.Read(self.named[node])

    def _is_cheap(self, op: ir.Op) -> bool:
        if op.callee in ("tuple", "list", "slice", "operator.getitem", "numpy.shape", "numpy.size"):
            return True
        rule = registry.rule_for(op.callee)
        if op.form is ir.Form.ATTRIBUTE:
            return op.detail[0] in INACTIVE_ATTRIBUTES or (rule is not None and rule.view)
        if rule is not None and rule.cheap:
            return True
        return (
            op.form is ir.Form.OPERATOR
            and self.shapes.of(op) == NUMBER
            and weight(op) <= 2
            and all(isinstance(n, (ir.Op, ir.Const, ir.Read)) for n in ir.walk(op))
        )

    def assign_primal_names(self) -> None:
        """Computes the intermediates that got a name, operands first."""
        for node, name in list(self.named.items()):
            if node in self.done:
                continue
            self.done.add(node)
            inner = self._inside(node)
            self.emit(ir.Assign(ir.Name(name), inner, span=self.span))

    def _inside(self, node: ir.Expr) -> ir.Expr:
        def below(inner: ir.Expr) -> ir.Expr | None:
            return None if inner is node else self._replacement(inner)

        return ir.rebuild(node, below)

    def _replacement(self, node: ir.Expr) -> ir.Expr | None:
        name = self.named.get(node)
        if name is None:
            return None
        if node not in self.done:
            self.done.add(node)
            self.emit(ir.Assign(ir.Name(name), self._inside(node), span=self.span))
        return ir.Read(name)

    def primal(self, stmt: ir.Assign) -> ir.Stmt:
        """The primal statement, with the intermediates that have a name."""
        value = stmt.value
        if stmt.augmented and isinstance(value, ir.Op):
            second = ir.rebuild(value.args[1], self._replacement)
            if second is value.args[1]:
                return stmt
            value = ir.Op(value.callee, (value.args[0], second), (), value.form, value.detail)
        else:
            value = ir.rebuild(value, self._replacement)
            if value is stmt.value:
                return stmt
        return ir.Assign(
            stmt.target, value, stmt.augmented, stmt.span, stmt.role, False, stmt.display
        )


def _has_tangents(stmt: ir.Stmt) -> bool:
    return any(s.role is Role.TANGENT for s in ir.statements([stmt]))


def _is_generated(expr: ir.Expr) -> bool:
    return isinstance(expr, ir.Op) and expr.callee == "generated"


def _reads(stmt: ir.Stmt) -> list[ir.Read]:
    return [read for expr in ir.expressions(stmt) for read in ir.reads(expr)]


def _renamed(stmt: ir.Stmt, names: dict[str, str]) -> ir.Stmt:
    """The statement with other names for variables that it reads."""

    def replace(node: ir.Expr) -> ir.Expr | None:
        if isinstance(node, ir.Read) and node.name in names:
            return ir.Read(names[node.name], node.span)
        return None

    if not names:
        return stmt
    if isinstance(stmt, ir.With):
        return ir.with_blocks(stmt, [[_renamed(s, names) for s in stmt.body]])
    if isinstance(stmt, ir.Evaluate):
        return ir.Evaluate(ir.rebuild(stmt.value, replace), stmt.span, stmt.role)
    assert isinstance(stmt, ir.Assign)
    target = stmt.target
    if isinstance(target, ir.Item):
        target = ir.Item(target.name, ir.rebuild(target.index, replace), target.span)
    value = ir.rebuild(stmt.value, replace)
    return ir.Assign(target, value, stmt.augmented, stmt.span, stmt.role)


def _is_copy(op: ir.Op) -> bool:
    """Whether a tangent certainly has memory of its own."""
    return op.form is ir.Form.OPERATOR or op.callee in ("tangent.snapshot", "numpy.copy")


_DISPLAYS = frozenset({"tuple", "list", "dict", "object", "generated"})


def stored_names(target: ir.Target) -> list[str]:
    """The variables of which an assignment changes an item."""
    if isinstance(target, ir.Item):
        return [target.name]
    if isinstance(target, ir.Unpack):
        return [name for part in target.targets for name in stored_names(part)]
    return []
