"""Which value a variable holds where: static single assignment, told beside the code.

The text keeps its names; this analysis says for every read which *value* it gets. A value is
made by a parameter, an assignment, an in-place change, a loop target, or by control flow that
joins two values of one name: after an `if`, at the head of a loop, after a loop. (Structured
form of Cytron et al., *Efficiently computing static single assignment form and the control
dependence graph*, TOPLAS 13(4), 1991; in structured code the joins are where the syntax is.)
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import gast

from tangent.ir import nodes as ir


@dataclass(eq=False, slots=True)
class Region:
    """A block: of the function, of a branch, or of a loop."""

    parent: Region | None
    stmt: ir.Stmt | None = None
    loop: bool = False
    branch: int = 0

    def within(self, other: Region) -> bool:
        """Whether this region is ``other`` or lies in it."""
        region: Region | None = self
        while region is not None:
            if region is other:
                return True
            region = region.parent
        return False

    @property
    def innermost_loop(self) -> Region | None:
        """The loop body that this region runs in, if any."""
        region: Region | None = self
        while region is not None and not region.loop:
            region = region.parent
        return region


@dataclass(eq=False, slots=True)
class Value:
    """One value of a variable. ``kind`` is "param", "assign", "mutated" (the same object after
    an in-place change), "target" (of a loop), "head" (at the start of each iteration), "exit"
    (after the loop), "join" (after an `if`) or "told" (a join of which a condition tells where it
    comes from)."""

    name: str
    kind: str
    region: Region
    stmt: ir.Stmt | None
    inputs: list[Value] = field(default_factory=list)
    expr: ir.Expr | None = None  # what was assigned, if it was one expression
    # For a join: what comes out of each branch, None where the variable is not bound.
    branches: tuple[Value | None, ...] = ()
    # For a head: whether the variable is bound before the loop (its first input then).
    entered: bool = True


class Versions:
    """The result of `find_versions`."""

    def __init__(self) -> None:
        self.root = Region(None)
        self.of: dict[ir.Read, Value] = {}
        self.values: list[Value] = []
        # What a statement binds: itself, and by its control flow.
        self.bound: dict[ir.Stmt, dict[str, Value]] = {}
        self.heads: dict[ir.Stmt, dict[str, Value]] = {}
        self.joins: dict[ir.Stmt, dict[str, Value]] = {}
        self.region_of: dict[ir.Stmt, Region] = {}
        # What holds where an arm begins: what it binds, and variables of which an exception left
        # unsure whether they were assigned.
        self.entered: dict[tuple[ir.Stmt, int], dict[str, Value]] = {}
        self.unsure: dict[Value, ir.Stmt] = {}
        self.final: dict[str, Value] = {}
        self.params: dict[str, Value] = {}

    def holds_at_end(self, value: Value, where: Region) -> bool:
        """Whether the variable still holds the value when the function has run, seen from a
        place that only runs if the branches around ``where`` were taken."""
        return self._reaches(self.final.get(value.name), value, where)

    def is_certain(self, value: Value) -> bool:
        """Whether the variable is bound whichever way the value came about."""
        seen: set[Value] = set()
        stack: list[Value | None] = [value]
        while stack:
            current = stack.pop()
            if current is None:
                return False
            if current in seen:
                continue
            seen.add(current)
            if current.kind == "join":
                stack.extend(current.branches or (None,))
            elif current.kind in ("head", "exit", "mutated", "told"):
                stack.append(current.inputs[0] if current.inputs and current.entered else None)
        return True

    def _reaches(self, current: Value | None, value: Value, where: Region) -> bool:
        while current is not None:
            if current is value:
                return True
            if current.kind != "join" or current.stmt is None or not current.branches:
                return False
            taken = _branch_towards(where, current.stmt)
            if taken is None:
                return False
            current = current.branches[taken]
        return False


def merged(value: Value) -> Value:
    """The value as it is without what a condition tells of it: where that is at hand, this is."""
    while value.kind == "told":
        (join,) = value.branches
        assert join is not None
        value = join
    return value


def _branch_towards(where: Region, stmt: ir.Stmt) -> int | None:
    region: Region | None = where
    while region is not None:
        if region.stmt is stmt and not region.loop:
            return region.branch
        region = region.parent
    return None


def _binds_surely(stmt: ir.Stmt) -> bool:
    return not isinstance(stmt, ir.Verbatim) or isinstance(stmt.node, _PLAIN_BINDINGS)


_PLAIN_BINDINGS = (
    gast.Assign,
    gast.FunctionDef,
    gast.AsyncFunctionDef,
    gast.ClassDef,
    gast.Import,
    gast.ImportFrom,
    gast.Delete,
)


class Sharing(Protocol):
    """What has to be known of memory; see `tangent.analysis.aliasing`."""

    def changes(self, stmt: ir.Stmt) -> list[tuple[str, Hashable]]: ...

    def sees(self, changed: Hashable, value: Value) -> bool: ...


class _Walk:
    def __init__(self, aliases: Sharing):
        self.aliases = aliases
        self.out = Versions()

    def new(
        self,
        name: str,
        kind: str,
        region: Region,
        stmt: ir.Stmt | None,
        inputs: list[Value] | None = None,
        expr: ir.Expr | None = None,
    ) -> Value:
        value = Value(name, kind, region, stmt, inputs or [], expr)
        self.out.values.append(value)
        return value

    def read(self, expr: ir.Expr, env: dict[str, Value], region: Region) -> None:
        for node in ir.walk(expr):
            if isinstance(node, ir.Read):
                value = env.get(node.name)
                if value is None:
                    # Read before any binding: an error at run time, or a captured variable.
                    value = env[node.name] = self.new(node.name, "param", self.out.root, None)
                self.out.of[node] = value

    def block(self, block: ir.Block, env: dict[str, Value], region: Region) -> None:
        for stmt in block:
            self.out.region_of[stmt] = region
            self.stmt(stmt, env, region)

    def stmt(self, stmt: ir.Stmt, env: dict[str, Value], region: Region) -> None:
        if isinstance(stmt, ir.While):
            return self.loop(stmt, env, region)
        if isinstance(stmt, ir.Match):
            return self.match(stmt, env, region)
        for expr in ir.expressions(stmt):
            self.read(expr, env, region)
        if isinstance(stmt, ir.For):
            return self.loop(stmt, env, region)
        bound = self.out.bound.setdefault(stmt, {})
        if isinstance(stmt, ir.If):
            ends: list[dict[str, Value] | None] = []
            for number, block in enumerate(ir.blocks(stmt)):
                inner, end = Region(region, stmt, branch=number), dict(env)
                told = self.told(stmt, number == 0, env, inner)
                end.update(told)
                self.block(block, end, inner)
                for name, value in told.items():
                    if end[name] is value:
                        end[name] = env[name]
                ends.append(end)
            self.join(stmt, ends, env, region)
            return None
        if isinstance(stmt, ir.Try):
            return self.attempt(stmt, env, region)
        if isinstance(stmt, ir.Assign):
            self.assign(stmt, stmt.target, stmt.value, env, region, bound)
        else:
            for name in ir.binds(stmt):
                # It may also keep what it held, if this is more than a plain statement.
                kept = [env[name]] if name in env and not _binds_surely(stmt) else []
                env[name] = bound[name] = self.new(name, "assign", region, stmt, kept)
        self.mutate(stmt, env, region, bound)
        if isinstance(stmt, ir.With):
            self.block(stmt.body, env, region)
        return None

    def join(
        self,
        stmt: ir.Stmt,
        ends: list[dict[str, Value] | None],
        env: dict[str, Value],
        region: Region,
    ) -> None:
        """What holds after several ways on; None for one that does not come to its end."""
        joins = self.out.joins.setdefault(stmt, {})
        going = [end for end in ends if end is not None]
        if not going:
            return
        for name in dict.fromkeys(name for end in going for name in end):
            first, *others = (end.get(name) for end in going)
            if first is not None and all(other is first for other in others):
                env[name] = first
                continue
            branches = tuple((going[0] if end is None else end).get(name) for end in ends)
            inputs = list(dict.fromkeys(v for v in branches if v is not None))
            env[name] = joins[name] = self.new(name, "join", region, stmt, inputs)
            env[name].branches = branches

    def told(
        self, stmt: ir.If, holds: bool, env: dict[str, Value], inner: Region
    ) -> dict[str, Value]:
        """What variables hold if a condition holds, or not, that asks which way an earlier
        statement has gone: a variable was given another constant on each."""
        cond = stmt.cond
        while isinstance(cond, ir.Op) and cond.callee == "operator.not_":
            cond, holds = cond.args[0], not holds
        wanted: ir.Expr = ir.Const(True)
        is_compared = isinstance(cond, ir.Op) and cond.detail == ("==",)
        if isinstance(cond, ir.Op) and cond.callee == "compare" and is_compared:
            cond, wanted = cond.args
        if not isinstance(cond, ir.Read) or not isinstance(wanted, ir.Const):
            return {}
        flag = env[cond.name]
        if flag.kind != "join" or flag.stmt is None or not flag.branches:
            return {}
        constants: list[int] = []
        for value in flag.branches:
            given = None if value is None else value.expr
            if not isinstance(given, ir.Const) or not isinstance(given.value, int):
                return {}
            constants.append(given.value if is_compared else bool(given.value))
        ways = [i for i, c in enumerate(constants) if (c == wanted.value) is holds]
        if len(ways) != 1:
            return {}
        found: dict[str, Value] = {}
        for name, join in self.out.joins[flag.stmt].items():
            value = join.branches[ways[0]] if join.branches else None
            if env.get(name) is join and value is not None and name != flag.name:
                found[name] = self.new(name, "told", inner, stmt, [value])
                found[name].branches = (join,)
        return found

    def arms(
        self,
        stmt: ir.Try | ir.Match,
        first: int,
        starts: list[dict[str, Value]],
        several: bool,
        region: Region,
    ) -> list[dict[str, Value] | None]:
        """The arms of a statement, the number ``first`` and following of its ways on, from what
        holds at their starts."""
        ends: list[dict[str, Value] | None] = []
        for number, (arm, start) in enumerate(zip(stmt.arms, starts), first):
            falls = ir.falls(arm.body)
            inner = Region(region, stmt, branch=number) if several or not falls else region
            entered = self.out.entered.setdefault((stmt, number), {})
            for name, value in start.items():
                if value in self.out.unsure and self.out.unsure[value] is stmt:
                    start[name] = entered[name] = self.new(
                        name, "join", inner, stmt, list(value.inputs)
                    )
                    self.out.unsure[start[name]] = stmt
            for name in arm.binds:
                start[name] = entered[name] = self.new(name, "assign", inner, stmt)
            if isinstance(stmt, ir.Match):
                for read in arm.reads:
                    self.read(read, start, inner)
            self.block(arm.body, start, inner)
            ends.append(start if falls else None)
        return ends

    def match(self, stmt: ir.Match, env: dict[str, Value], region: Region) -> None:
        self.read(stmt.subject, env, region)
        self.out.bound.setdefault(stmt, {})
        self.mutate(stmt, env, region, self.out.bound[stmt])
        several = sum(ir.falls(way) for way in ir.ways(stmt)) > 1
        starts: list[dict[str, Value]] = []
        start = dict(env)
        for arm in stmt.arms:
            starts.append(dict(start))
            if arm.node.guard is not None:
                # A guard that says no leaves behind what its pattern has bound.
                for name in arm.binds:
                    inputs = [start[name]] if name in start else []
                    start[name] = self.new(name, "join", region, stmt, inputs)
                    self.out.unsure[start[name]] = stmt
        ends = self.arms(stmt, 0, starts, several, region)
        if len(ir.ways(stmt)) > len(stmt.arms):
            ends.append(start)
        self.join(stmt, ends, env, region)

    def attempt(self, stmt: ir.Try, env: dict[str, Value], region: Region) -> None:
        ways = [ir.falls(way) for way in ir.ways(stmt)]
        several = sum(ways) > 1
        inner = Region(region, stmt) if several or not ways[0] else region
        end = dict(env)
        before = len(self.out.values)
        self.block(stmt.body, end, inner)
        start = dict(env)
        sure = set(_last(stmt.body))
        made: dict[str, list[Value]] = {}
        for value in self.out.values[before:]:
            if value.kind not in ("join", "head", "exit"):
                made.setdefault(value.name, []).append(value)
        for name, values in made.items():
            if any(value.stmt not in sure for value in values):
                inputs = [*([env[name]] if name in env else []), *values]
                start[name] = self.new(name, "join", region, stmt, inputs)
                self.out.unsure[start[name]] = stmt
        self.block(stmt.orelse, end, inner)
        ends: list[dict[str, Value] | None] = [end if ways[0] else None]
        ends += self.arms(stmt, 1, [dict(start) for _ in stmt.arms], several, region)
        self.join(stmt, ends, env, region)
        self.block(stmt.final, env, region)

    def assign(
        self,
        stmt: ir.Stmt,
        target: ir.Target,
        value: ir.Expr | None,
        env: dict[str, Value],
        region: Region,
        bound: dict[str, Value],
    ) -> None:
        if isinstance(target, ir.Name):
            env[target.name] = bound[target.name] = self.new(
                target.name, "assign", region, stmt, expr=value
            )
        elif isinstance(target, ir.Unpack):
            parts: tuple[ir.Expr | None, ...] = (None,) * len(target.targets)
            if (
                isinstance(value, ir.Op)
                and value.callee in ("tuple", "list")
                and len(value.args) == len(target.targets)
            ):
                parts = value.args
            for part, part_value in zip(target.targets, parts):
                self.assign(stmt, part, part_value, env, region, bound)
        else:
            for name in ir.bound_names(target):
                env[name] = bound[name] = self.new(name, "assign", region, stmt)

    def mutate(
        self, stmt: ir.Stmt, env: dict[str, Value], region: Region, bound: dict[str, Value]
    ) -> None:
        """An in-place change gives a new value to every variable that may see it."""
        for name, place in self.aliases.changes(stmt):
            # The variable itself first: what the others see comes from it.
            for other in sorted(env, key=lambda n: n != name):
                if other == name and other in bound:
                    continue  # `x += v`: the assignment has made the value
                if not self.aliases.sees(place, env[other]):
                    continue
                inputs = [env[other]]
                if other != name and name in bound:
                    inputs.append(bound[name])
                env[other] = bound[other] = self.new(other, "mutated", region, stmt, inputs)

    def loop(self, stmt: ir.For | ir.While, env: dict[str, Value], region: Region) -> None:
        inner = Region(region, stmt, loop=True)
        changed = dict.fromkeys(ir.bound_in(stmt.body))
        if isinstance(stmt, ir.For):
            changed.update(dict.fromkeys(ir.bound_names(stmt.target)))
        for nested in ir.statements([stmt]):
            for name, place in self.aliases.changes(nested):
                changed.update((n, None) for n in env if self.aliases.sees(place, env[n]))
                changed[name] = None
        heads = self.out.heads.setdefault(stmt, {})
        body_env = dict(env)
        for name in changed:
            inputs = [env[name]] if name in env else []
            body_env[name] = heads[name] = self.new(name, "head", inner, stmt, inputs)
            heads[name].entered = name in env
        if isinstance(stmt, ir.While):
            self.read(stmt.cond, body_env, inner)
        else:
            bound = self.out.bound.setdefault(stmt, {})
            for name in ir.bound_names(stmt.target):
                body_env[name] = bound[name] = self.new(name, "target", inner, stmt)
            self.mutate(stmt, body_env, inner, bound)
        self.block(stmt.body, body_env, inner)
        joins = self.out.joins.setdefault(stmt, {})
        for name, head in heads.items():
            if body_env[name] is not head:
                head.inputs.append(body_env[name])
            env[name] = joins[name] = self.new(name, "exit", region, stmt, [head])


def _last(block: ir.Block) -> Iterator[ir.Stmt]:
    """The statements with which a block may end: if an exception comes, what they assign was not
    assigned."""
    for stmt in reversed(block):
        if isinstance(stmt, ir.If):
            yield from _last(stmt.body)
            yield from _last(stmt.orelse)
        elif isinstance(stmt, ir.With) and stmt.reenter:
            yield from _last(stmt.body)
        elif isinstance(stmt, ir.Assign):
            if not stmt.augmented and not _changes_more(stmt):
                yield stmt
        elif isinstance(stmt, ir.Evaluate) and _is_push(stmt.value):
            yield stmt
        if not is_harmless(stmt):
            return


def _changes_more(stmt: ir.Assign) -> bool:
    """Whether an assignment changes something else than its target while it is evaluated."""
    return any(
        isinstance(node, (ir.Call, ir.Opaque)) and node.mutates
        for expr in ir.expressions(stmt)
        for node in ir.walk(expr)
    ) or not (ir.only_names(stmt.target) or isinstance(stmt.target, ir.Item))


def _is_push(expr: ir.Expr) -> bool:
    return (
        isinstance(expr, ir.Op)
        and expr.callee == "list.append"
        and isinstance(expr.args[1], ir.Read)
    )


def is_harmless(stmt: ir.Stmt) -> bool:
    """Whether no exception can come from a statement."""
    if isinstance(stmt, ir.Assign):
        return isinstance(stmt.target, ir.Name) and isinstance(stmt.value, (ir.Read, ir.Const))
    if isinstance(stmt, ir.Evaluate):
        return _is_push(stmt.value)
    return isinstance(stmt, (ir.Break, ir.Continue))


def find_versions(function: ir.Function, body: ir.Block, aliases: Sharing) -> Versions:
    """Which value every read of the function gets."""
    walk = _Walk(aliases)
    env: dict[str, Value] = {}
    for name in [*(p.name for p in function.params), *function.captured]:
        env[name] = walk.out.params[name] = walk.new(name, "param", walk.out.root, None)
    walk.block(body, env, walk.out.root)
    walk.out.final = env
    return walk.out
