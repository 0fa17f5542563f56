"""One exit for every function and every loop body: a backward pass starts at the end, so there
must be one.

The body comes into *tail form*: every path through a function, or through the body of a loop,
runs to its end, and a jump is the last thing on its path. What follows a branch that has jumped
moves into the other branch:

    if c:                 if c:
        a                     a
        break                 break
    rest                  else:
                              rest

Then ``return`` is an assignment to a result variable, ``continue`` says nothing, and a loop with
``break`` is a loop of which the number of iterations is not known before: `ir.Break` stays, and
needs no attention but where iterations are counted. Only where several branches can go on after
one of them has jumped, where a loop has an ``else`` or a ``return``, and out of ``with`` is a
variable needed that tells later on what happened.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count

from tangent.derivative import Role
from tangent.ir import nodes as ir
from tangent.lower.lower import Program
from tangent.source.text import Span


@dataclass
class Exit:
    """A body without ``return``, and what it leaves: the variables of the result, in order;
    ``is_tuple`` tells a tuple of one or more from a single value."""

    body: ir.Block
    results: tuple[str, ...]
    is_tuple: bool
    display: str


@dataclass(eq=False)
class _Returned:
    """Stands in a block where the function has returned: the result is assigned already."""

    span: Span | None


# What leaves a block: a jump's kind, and what runs in its place.
_Leave = dict[str, ir.Block]
_STRUCTURED = (ir.For, ir.While, ir.Return, ir.Break, ir.Continue, ir.Try, ir.Match)
_FLAGS = {"return": "returned", "break": "stopped", "continue": "skipped"}


class _TailForm:
    """Brings the body of one function into tail form."""

    def __init__(self, function: ir.Function, fresh: Callable[[str], str]):
        self.function = function
        self.fresh = fresh
        self.text = function.source.module.source
        self.returns = [s for s in ir.statements(function.body) if isinstance(s, ir.Return)]
        values = [r.value or ir.Const(None, r.span) for r in self.returns]
        displays = [v.args for v in values if isinstance(v, ir.Op) and v.callee == "tuple"]
        self.is_tuple = len(displays) == len(values) and len({len(d) for d in displays}) == 1
        columns = list(zip(*displays)) if self.is_tuple else [tuple(values)]
        self.results: tuple[str, ...] = ()
        for i, column in enumerate(columns):
            self.results += (self._result_name(column, i if self.is_tuple else None),)
        # Whether a `return` must be noted here, and the variable it is noted in; whether that is
        # known to be false on the way to the current place.
        self.noting = 0
        self.returned: str | None = None
        self.known_false = False
        self._passes: dict[ir.Stmt, bool] = {}

    def run(self) -> ir.Block:
        """The body in tail form."""
        return self.block(self.function.body, {"return": []})

    # --- results -----------------------------------------------------------------------------

    def _result_name(self, column: Sequence[ir.Expr], index: int | None) -> str:
        """The variable that holds one result: its own name if all returns agree on it and it
        is no other result's, which has an adjoint of its own."""
        names = {e.name if isinstance(e, ir.Read) else None for e in column}
        name = next(iter(names)) if len(names) == 1 else None
        if name is not None and name not in self.results:
            return name
        return self.fresh("result" if index is None else f"result_{index + 1}")

    def assigned(self, stmt: ir.Return) -> ir.Block:
        """The assignments that stand for a ``return``."""
        value = stmt.value or ir.Const(None, stmt.span)
        display = self.text.slice(stmt.span) if stmt.span else ""
        values = value.args if self.is_tuple and isinstance(value, ir.Op) else (value,)
        out: ir.Block = [
            ir.Assign(ir.Name(name), value, span=stmt.span, display=display)
            for name, value in zip(self.results, values)
            if not (isinstance(value, ir.Read) and value.name == name)
        ]
        if self.noting:
            assert self.returned is not None
            out.append(_set(self.returned, True, stmt.span))
        return out

    # --- what a statement may do -------------------------------------------------------------

    def falls(self, block: ir.Block) -> bool:
        """Whether control can reach the end of a block."""
        return all(self.passes(stmt) for stmt in block)

    def passes(self, stmt: ir.Stmt | _Returned) -> bool:
        """Whether control can come to what follows a statement."""
        if isinstance(stmt, (_Returned, ir.Return, ir.Break, ir.Continue)):
            return False
        if isinstance(stmt, ir.Verbatim):
            return type(stmt.node).__name__ != "Raise"
        known = self._passes.get(stmt)
        if known is None:
            if isinstance(stmt, ir.If):
                known = self.falls(stmt.body) or self.falls(stmt.orelse)
            elif isinstance(stmt, ir.While):
                forever = isinstance(stmt.cond, ir.Const) and bool(stmt.cond.value)
                known = not forever or ir.may_stop(stmt)
            elif isinstance(stmt, ir.With):
                known = self.falls(stmt.body)
            elif isinstance(stmt, (ir.Try, ir.Match)):
                known = any(self.falls(way) for way in ir.ways(stmt))
            else:
                known = True
            self._passes[stmt] = known
        return known

    # --- blocks ------------------------------------------------------------------------------

    def block(self, block: Sequence[ir.Stmt | _Returned], leave: _Leave) -> ir.Block:
        """The block in tail form; ``leave`` has what is left of a jump of each kind."""
        out: ir.Block = []
        for i, stmt in enumerate(block):
            rest = block[i + 1 :]
            if isinstance(stmt, _Returned):
                return [*out, *_copies(leave["return"])]
            if isinstance(stmt, ir.Return):
                return [*out, *self.assigned(stmt), *_copies(leave["return"])]
            if isinstance(stmt, (ir.Break, ir.Continue)):
                kept = leave[_kind(stmt)]
                return [*out, *([stmt] if _stays(kept) else _copies(kept))]
            if isinstance(stmt, (ir.For, ir.While)):
                done = self.loop(stmt, rest, leave)
            elif not _jumps_out(stmt):
                out += self.within(stmt, leave)
                if not self.passes(stmt):
                    return out
                continue
            elif isinstance(stmt, ir.If):
                done = self.branch(stmt, rest, leave)
            else:
                done = self.noted(stmt, rest, leave)
            return [*out, *done]
        return out

    def within(self, stmt: ir.Stmt, leave: _Leave) -> ir.Block:
        """A statement with its blocks in tail form; before it what starts the variable that tells
        which way was taken."""
        if not any(isinstance(s, _STRUCTURED) for s in ir.statements([stmt])):
            return [stmt]
        inner = [self.block(block, leave) for block in ir.blocks(stmt)]
        new = ir.with_blocks(stmt, inner)
        if not isinstance(new, (ir.Try, ir.Match)):
            return [new]
        ways = ir.ways(new)
        if sum(ir.falls(way) for way in ways) < 2:
            return [new]
        failed = isinstance(new, ir.Try) and len(ways) == 2
        new.path = self.fresh("failed" if failed else "path")
        for number, arm in enumerate(new.arms, isinstance(new, ir.Try)):
            if ir.falls(arm.body):
                arm.body.insert(0, _set(new.path, True if failed else number, arm.span))
        if isinstance(new, ir.Match) and ir.takes_all(new):
            return [new]
        other = False if failed else 0 if isinstance(new, ir.Try) else len(new.arms)
        return [_set(new.path, other, new.span), new]

    def branch(self, stmt: ir.If, rest: Sequence[ir.Stmt | _Returned], leave: _Leave) -> ir.Block:
        """An ``if`` with jumps. If one branch at most goes on, the rest moves into it."""
        goes_on = self.falls(stmt.body), self.falls(stmt.orelse)
        if all(goes_on) and rest:
            return self.noted(stmt, rest, leave)
        known_false = self.known_false
        inner: list[ir.Block] = []
        for block, falls in zip(ir.blocks(stmt), goes_on):
            self.known_false = known_false
            inner.append(self.block([*block, *rest] if falls else block, leave))
        return [ir.If(stmt.cond, inner[0], inner[1], stmt.span, verbatim=True)]

    def noted(self, stmt: ir.Stmt, rest: Sequence[ir.Stmt | _Returned], leave: _Leave) -> ir.Block:
        """A statement that is left by jumps but cannot take in what follows: variables tell
        afterwards which of them it was."""
        own: dict[str, ir.Stmt] = {}
        for jump in _jumps_out(stmt):
            own.setdefault(_kind(jump), jump)
        if not rest and not any(leave[kind] for kind in own) and not _guards_else(stmt):
            return self.within(stmt, leave)
        out: ir.Block = []
        inside: _Leave = {}
        after = list(rest)
        only = len(own) == 1 and not self.passes(stmt) and not _guards_else(stmt)
        orelse = list(stmt.orelse) if isinstance(stmt, ir.Try) else []
        for kind in ("continue", "break"):
            if kind in own:
                span = own[kind].span
                inside[kind] = []
                jump: ir.Stmt = own[kind]
                if only:
                    after = [jump]
                    continue
                flag = self.fresh(_FLAGS[kind])
                out.append(_set(flag, False, span))
                inside[kind] = [_set(flag, True, span)]
                after = [_if(flag, [jump], after, span)]
                orelse = [_if(flag, [], orelse, span)]
        if "return" in own:
            span = own["return"].span
            inside["return"] = []
            if only:
                after = [_Returned(span)]
            else:
                out += self.start_noting(span)
                after = [_if(self.flag, [_Returned(span)], after, span)]
                orelse = [_if(self.flag, [], orelse, span)]
                self.noting += 1
        if isinstance(stmt, ir.Try) and _guards_else(stmt):
            # It is for when the body came to its end.
            stmt = ir.with_blocks(stmt, [*ir.blocks(stmt)[:-2], orelse, stmt.final])
        known_false = self.known_false
        done = self.within(stmt, inside)
        self.known_false = known_false
        if "return" in own and not only:
            self.noting -= 1
        return [*out, *done, *self.block(after, leave)]

    def loop(
        self,
        stmt: ir.For | ir.While,
        rest: Sequence[ir.Stmt | _Returned],
        leave: _Leave,
    ) -> ir.Block:
        """A loop; what follows it must know whether the function has returned in it and, if it
        has an ``else``, whether it was left by ``break``."""
        out: ir.Block = []
        after = list(rest)
        inside: _Leave = {"break": [ir.Break()], "continue": [ir.Continue()]}
        if stmt.orelse:
            flag = self.fresh("stopped")
            span = next(j.span for j in ir.jumps(stmt.body) if isinstance(j, ir.Break))
            out.append(_set(flag, False, span))
            inside["break"] = [_set(flag, True, span), ir.Break(span)]
            after = [_if(flag, [], stmt.orelse, span), *after]
        returns = [s for s in ir.statements(stmt.body) if isinstance(s, ir.Return)]
        noting = False
        if returns:
            span = returns[0].span
            inside["return"] = [ir.Break(span)]
            if self.passes(stmt):
                noting = True
                out += self.start_noting(span)
                after = [_if(self.flag, [_Returned(span)], after, span)]
                self.noting += 1
            else:
                after = [_Returned(span)]
        known_false = self.known_false
        body = self.block(stmt.body, inside)
        self.known_false = known_false
        self.noting -= noting
        return [*out, ir.with_blocks(stmt, [body, []]), *self.block(after, leave)]

    @property
    def flag(self) -> str:
        """The variable that tells whether the function has returned."""
        if self.returned is None:
            self.returned = self.fresh(_FLAGS["return"])
        return self.returned

    def start_noting(self, span: Span | None) -> ir.Block:
        if self.noting or self.known_false:
            return []
        self.known_false = True
        return [_set(self.flag, False, span)]


def _kind(stmt: ir.Stmt) -> str:
    return type(stmt).__name__.lower()


def _guards_else(stmt: ir.Stmt) -> bool:
    """Whether the ``else`` of a ``try`` is left out because its body jumped."""
    return isinstance(stmt, ir.Try) and bool(stmt.orelse) and any(map(_jumps_out, stmt.body))


def _set(flag: str, value: bool | int, span: Span | None) -> ir.Stmt:
    return ir.Assign(ir.Name(flag), ir.Const(value, span), span=span, role=Role.RECORD)


def _if(
    flag: str,
    body: Sequence[ir.Stmt | _Returned],
    orelse: Sequence[ir.Stmt | _Returned],
    span: Span | None,
) -> ir.Stmt:
    return ir.If(ir.Read(flag, span), list(body), list(orelse), span)  # type: ignore[arg-type]


def _stays(left: ir.Block) -> bool:
    """Whether a jump is left as it is."""
    return len(left) == 1 and isinstance(left[0], (ir.Break, ir.Continue)) and not left[0].span


def _copies(left: ir.Block) -> ir.Block:
    """What is left of a jump, once more: no statement is in a function twice."""
    return [
        _set(s.target.name, True, s.span)
        if isinstance(s, ir.Assign) and isinstance(s.target, ir.Name)
        else ir.Break(s.span)
        for s in left
    ]


def _jumps_out(stmt: ir.Stmt) -> list[ir.Stmt]:
    """The jumps in a statement, other than a loop, that leave it."""
    found: list[ir.Stmt] = list(ir.jumps([stmt]))
    found += [s for s in ir.statements([stmt]) if isinstance(s, (ir.Return, _Returned))]
    return found


def tail_form(function: ir.Function) -> ir.Block:
    """The body of a function in tail form, with assignments in place of ``return``: to be looked
    at, not to be written, for the variables that are added have no proper names."""
    numbers = count()
    return _TailForm(function, lambda base: f"<{base} {next(numbers)}>").run()


def single_exit(
    program: Program, function: ir.Function, fresh: Callable[[str], str]
) -> Exit | None:
    """The body of ``function`` with one exit; None after a diagnostic if it has none."""
    form = _TailForm(function, fresh)
    returns = form.returns
    source = function.source
    problem = ""
    span = function.span
    if not returns:
        problem = "cannot differentiate a function that returns nothing"
    for stmt in returns:
        if stmt.value is None or (isinstance(stmt.value, ir.Const) and stmt.value.value is None):
            problem = "cannot differentiate a function that returns None on some path"
            span = stmt.span
            break
    if not problem and form.falls(function.body):
        problem = "cannot differentiate a function that can end without `return`"
    if problem:
        hint = (
            "return a number or an array on every path"
            if returns
            else "return a number or an array"
        )
        if span is not None and not (not returns and program.diagnostics):
            program.report(source, span, "no-result", problem, hint)
        return None
    body = form.run()
    last = function.body[-1]
    end = last.span if isinstance(last, ir.Return) else returns[-1].span
    return Exit(body, form.results, form.is_tuple, form.text.slice(end) if end else "")
