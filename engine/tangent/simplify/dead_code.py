"""Dead code: what nobody reads, and whose evaluation nobody can notice, goes.

Liveness of names, backwards over structured code (Aho, Lam, Sethi, Ullman, *Compilers*, 2nd
ed., section 9.2.5). A loop is taken again until what is live at its head is stable.
"""

from __future__ import annotations

from collections.abc import Callable

from tangent.derivative import Role
from tangent.ir import nodes as ir
from tangent.ir.purity import is_pure_operation


class _Sweep:
    def __init__(
        self,
        shared: Callable[[str], bool],
        pure_call: Callable[[ir.Call], bool],
        shadows: frozenset[str],
        guarded: bool = False,
    ):
        self.shadows = shadows
        self.shared = shared
        self.pure_call = pure_call
        # What an exception leads to reads, where one may come; and whether what raises it must
        # stay.
        self.caught: set[str] = set()
        self.guarded = guarded

    def is_pure(self, expr: ir.Expr) -> bool:
        """Whether nobody can tell if the expression was evaluated (but by an error in it)."""
        if isinstance(expr, ir.Opaque):
            return type(expr.node).__name__ == "Lambda"
        if isinstance(expr, ir.Call) and not self.pure_call(expr):
            return False
        if isinstance(expr, ir.Op) and not is_pure_operation(expr):
            return False
        return all(self.is_pure(child) for child in ir.children(expr))

    def block(self, block: ir.Block, live: set[str]) -> tuple[ir.Block, set[str]]:
        out: ir.Block = []
        for stmt in reversed(block):
            kept, live = self.statement(stmt, live)
            live |= self.caught
            if kept is not None:
                out.append(kept)
        out.reverse()
        return out, live

    def statement(self, stmt: ir.Stmt, live: set[str]) -> tuple[ir.Stmt | None, set[str]]:
        if isinstance(stmt, ir.Comment):
            return stmt, live
        if isinstance(stmt, ir.Assign):
            if not self.is_needed(stmt, live):
                return None, live
            after = live - set(ir.bound_names(stmt.target))
            return stmt, after | _read_by(stmt)
        if isinstance(stmt, ir.Evaluate):
            value = stmt.value
            if (
                isinstance(value, ir.Op)
                and value.callee == "list.append"
                and isinstance(value.args[0], ir.Read)
                and value.args[0].name not in live
                and not self.shared(value.args[0].name)
                and self.is_pure(value.args[1])
            ):
                return None, live
            return stmt, live | _read_by(stmt)
        if isinstance(stmt, ir.If):
            body, live_body = self.block(stmt.body, set(live))
            orelse, live_orelse = self.block(stmt.orelse, set(live))
            if (
                _is_empty(body)
                and _is_empty(orelse)
                and self.is_pure(stmt.cond)
                and not self.may_raise(stmt)
            ):
                return None, live
            kept = ir.If(stmt.cond, body, orelse, stmt.span, stmt.role, stmt.verbatim)
            return kept, live_body | live_orelse | _read_by(stmt)
        if isinstance(stmt, (ir.For, ir.While)):
            return self.loop(stmt, live)
        if isinstance(stmt, ir.With):
            body, live_body = self.block(stmt.body, set(live))
            return ir.with_blocks(stmt, [body]), (live_body - set(stmt.binds)) | _read_by(stmt)
        if isinstance(stmt, ir.Try):
            return self.attempt(stmt, live)
        if isinstance(stmt, ir.Match):
            return self.match(stmt, live)
        if isinstance(stmt, ir.Verbatim):
            if type(stmt.node).__name__ == "FunctionDef" and not set(stmt.binds) & live:
                return None, live
            return stmt, live | _read_by(stmt)
        if isinstance(stmt, ir.InsertGrad):
            return stmt, live | _read_by(stmt) | {stmt.variable.name}
        return stmt, live | _read_by(stmt)

    def may_raise(self, stmt: ir.Stmt) -> bool:
        """Whether a statement must stay because of the exception that may come from it."""
        return self.guarded and stmt.role is Role.PRIMAL

    def attempt(self, stmt: ir.Try, live: set[str]) -> tuple[ir.Stmt, set[str]]:
        caught, guarded = self.caught, self.guarded
        final, after = self.block(stmt.final, set(live))
        if stmt.final:
            self.caught = caught | after
        orelse, live_else = self.block(stmt.orelse, set(after))
        arms: list[ir.Block] = []
        for arm in stmt.arms:
            body, live_arm = self.block(arm.body, set(after))
            arms.append(body)
            self.caught = self.caught | (live_arm - set(arm.binds)) | _read_by(stmt)
        self.guarded = guarded or bool(arms)
        body, live_body = self.block(stmt.body, live_else | self.caught)
        live = live_body | self.caught
        self.caught, self.guarded = caught, guarded
        return ir.with_blocks(stmt, [body, *arms, orelse, final]), live

    def match(self, stmt: ir.Match, live: set[str]) -> tuple[ir.Stmt | None, set[str]]:
        before: set[str] = set() if ir.takes_all(stmt) else set(live)
        arms: list[ir.Block] = []
        for arm in stmt.arms:
            body, live_arm = self.block(arm.body, set(live))
            arms.append(body)
            before |= live_arm - set(arm.binds)
        if (
            all(_is_empty(body) for body in arms)
            and not set(ir.binds(stmt)) & live
            and self.is_pure(stmt.subject)
            and not self.may_raise(stmt)
        ):
            return None, live
        return ir.with_blocks(stmt, arms), before | _read_by(stmt)

    def loop(self, stmt: ir.For | ir.While, live: set[str]) -> tuple[ir.Stmt | None, set[str]]:
        around = set(live) | _read_by(stmt)
        while True:
            body, live_body = self.block(stmt.body, set(around))
            if live_body <= around:
                break
            around |= live_body
        if isinstance(stmt, ir.While):
            return ir.While(stmt.cond, body, stmt.span, stmt.role, stmt.verbatim), around
        bound = set(ir.bound_names(stmt.target))
        if (
            _is_empty(body)
            and self.is_pure(stmt.iter)
            and not bound & live
            and not self.may_raise(stmt)
        ):
            return None, live
        target = stmt.target
        verbatim = stmt.verbatim
        kept = ir.For(target, stmt.iter, body, [], stmt.span, stmt.role, verbatim)
        return kept, (around - (bound - live)) | _read_by(stmt)

    def is_needed(self, stmt: ir.Assign, live: set[str]) -> bool:
        if self.may_raise(stmt) and not isinstance(stmt.value, (ir.Const, ir.Read)):
            return True
        if not self.is_pure(stmt.value) or any(
            not self.is_pure(e) for e in ir.target_expressions(stmt.target)
        ):
            return True
        return self._target_needed(stmt, stmt.target, live)

    def _target_needed(self, stmt: ir.Assign, target: ir.Target, live: set[str]) -> bool:
        if isinstance(target, ir.Name):
            if target.name in live or (stmt.augmented and target.name in self.shadows):
                return True
            # `x += y` on an array is seen by everyone who holds it.
            return stmt.augmented and stmt.role is Role.PRIMAL and self.shared(target.name)
        if isinstance(target, ir.Item):
            return target.name in live | self.shadows or (
                stmt.role is Role.PRIMAL and self.shared(target.name)
            )
        if isinstance(target, ir.Unpack):
            return any(self._target_needed(stmt, part, live) for part in target.targets)
        return True


def _read_by(stmt: ir.Stmt) -> set[str]:
    names: set[str] = set()
    for expr in ir.expressions(stmt):
        for node in ir.walk(expr):
            if isinstance(node, ir.Read):
                names.add(node.name)
            elif isinstance(node, ir.Call):
                names.add(node.text)  # a function defined in this one
    if isinstance(stmt, ir.Assign):
        names |= _stored(stmt.target)
    for expr in ir.expressions(stmt):
        # A function that is defined in this one.
        names.update(node.text for node in ir.walk(expr) if isinstance(node, ir.Call))
    return names


def _stored(target: ir.Target) -> set[str]:
    if isinstance(target, ir.Item):
        return {target.name}
    if isinstance(target, ir.Unpack):
        return set().union(*(_stored(part) for part in target.targets))
    return set()


def _is_empty(block: ir.Block) -> bool:
    return all(isinstance(s, (ir.Comment, ir.Continue)) for s in block)


def remove_dead_code(
    block: ir.Block,
    shared: Callable[[str], bool],
    pure_call: Callable[[ir.Call], bool],
    shadows: frozenset[str] = frozenset(),
    guarded: bool = False,
) -> ir.Block:
    """The body of a function without what has no effect on what it returns.

    ``shared`` tells whether an object in a primal variable may be seen from outside (a
    parameter, or something that may share memory with another variable), so that changing it
    in place is an effect; ``pure_call`` whether calling a user function is none. ``shadows`` may
    share memory with one another. If the function is ``guarded``, an exception that it raises may
    be caught: then whatever may raise one stays.
    """
    out, _ = _Sweep(shared, pure_call, shadows, guarded).block(block, set())
    return out


def tidy_comments(block: ir.Block) -> ir.Block:
    """Drops comments that announce nothing any more, and blank lines at the edges."""
    out: ir.Block = []
    for i, stmt in enumerate(block):
        if isinstance(stmt, ir.Comment) and stmt.text:
            following = block[i + 1] if i + 1 < len(block) else None
            if following is None or isinstance(following, (ir.Comment, ir.Return)):
                continue
        for inner in ir.blocks(stmt):
            inner[:] = tidy_comments(inner)
        if isinstance(stmt, ir.Comment) and not stmt.text and not out:
            continue
        out.append(stmt)
    return out
