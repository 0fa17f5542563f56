"""Methods that change their object, written out where they are called.

A call that changes an argument in place is no function of its arguments. Its statements, in the
place of the call, are what the passes know: assignments to fields of the caller's own variable.
Only calls that are statements of their own, of methods whose only ``return`` is the last line.
"""

from __future__ import annotations

import gast

from tangent.analysis.effects import arguments_of
from tangent.derivative import Role
from tangent.ir import nodes as ir
from tangent.lower.lower import Program
from tangent.resolve.symbols import FunctionSource
from tangent.source.text import Span

_DEEP = 12  # methods that call one another


class _Failed(Exception):
    """The body of a method cannot stand anywhere else."""


def inline_changes(program: Program, function: ir.Function) -> bool:
    """Writes out the calls in ``function`` of methods that change their object; whether there
    was one."""
    inliner = _Inliner(program, function)
    function.body = inliner.block(function.body, ())
    return inliner.found


class _Inliner:
    def __init__(self, program: Program, function: ir.Function):
        self.program = program
        self.function = function
        self.found = False
        self.taken = set(function.locals) | program.identifiers(function.source)

    def block(self, block: ir.Block, around: tuple[FunctionSource, ...]) -> ir.Block:
        out: ir.Block = []
        for stmt in block:
            call = stmt.value if isinstance(stmt, (ir.Assign, ir.Evaluate, ir.Return)) else None
            if isinstance(call, ir.Call) and self.is_wanted(stmt, call, around):
                taken, local = set(self.taken), set(self.function.locals)
                try:
                    out += self.expanded(stmt, call, (*around, call.function))
                    self.found = True
                    continue
                except _Failed:
                    self.taken, self.function.locals = taken, local
            inner = ir.blocks(stmt)
            if inner:
                new = [self.block(nested, around) for nested in inner]
                if self.found:
                    stmt = ir.with_blocks(stmt, new)
            out.append(stmt)
        return out

    def is_wanted(self, stmt: ir.Stmt, call: ir.Call, around: tuple[FunctionSource, ...]) -> bool:
        augmented = isinstance(stmt, ir.Assign) and stmt.augmented
        return (
            bool(call.mutates)
            and call.function.cls is not None
            and not call.captured
            and not augmented
            and call.function not in around
            and len(around) < _DEEP
        )

    def expanded(
        self, stmt: ir.Stmt, call: ir.Call, around: tuple[FunctionSource, ...]
    ) -> ir.Block:
        """The statements of the method for this call."""
        callee = self.program.function(call.function)
        same_file = callee.source.module.path == self.function.source.module.path
        copier = _Copier(self, None if same_file else stmt.span)
        out: ir.Block = []
        rebound = set(ir.bound_in(callee.body))
        given = arguments_of(call)
        for param in callee.params:
            arg = given.get(param.name)
            if param.kind in ("star", "starstar"):
                raise _Failed
            if arg is None:
                if not isinstance(param.default, gast.Constant):
                    raise _Failed
                arg = ir.Const(param.default.value, stmt.span)
            if param.name not in rebound and isinstance(arg, (ir.Read, ir.Const)):
                copier.values[param.name] = arg
            else:
                name = copier.local(param.name)
                out.append(ir.Assign(ir.Name(name), arg, span=stmt.span))
        receiver = copier.values.get(callee.params[0].name) if callee.params else None
        if call.function.dispatched and call.function.cls is not None:
            out[:0] = self.check(call, receiver, stmt.span)
        body = list(callee.body)
        result: ir.Expr = ir.Const(None, stmt.span)
        if body and isinstance(body[-1], ir.Return):
            last = body.pop()
            assert isinstance(last, ir.Return)
            if last.value is not None:
                result = last.value
        out += self.block(copier.block(body), around)
        result = copier.expr(result)
        if isinstance(stmt, ir.Assign):
            out.append(ir.Assign(stmt.target, result, span=stmt.span))
        elif isinstance(stmt, ir.Return):
            out.append(ir.Return(result, stmt.span))
        elif not isinstance(result, (ir.Const, ir.Read)):
            out.append(ir.Evaluate(result, stmt.span))
        return out

    def check(self, call: ir.Call, receiver: ir.Expr | None, span: Span | None) -> ir.Block:
        """What makes sure that the object's class means this method by its name."""
        cls, source = call.function.cls, self.function.source
        assert cls is not None
        if not isinstance(receiver, ir.Read):
            raise _Failed
        scope = self.program.scope(source)
        own = self.function.params[0].name if self.function.params else ""
        if receiver.name == own and scope.receives == "method" and not scope.stores.get(own):
            self.program.checks.setdefault(source, {})[cls, call.function.node.name] = None
            return []
        name = ir.Const(call.function.node.name)
        operands = (ir.Read(receiver.name), self.program.named(cls), name)
        return [ir.Evaluate(ir.Op("tangent.check_method", operands), span, Role.SEED)]

    def fresh(self, name: str) -> str:
        base, number = name, 0
        while name in self.taken:
            number += 1
            name = f"{base}_{number}"
        self.taken.add(name)
        self.function.locals.add(name)
        return name


class _Copier:
    """Copies statements, with other names for variables."""

    def __init__(self, inliner: _Inliner, span: Span | None):
        self.inliner = inliner
        self.span = span
        self.values: dict[str, ir.Expr] = {}
        self.names: dict[str, str] = {}

    def local(self, name: str) -> str:
        if name not in self.names:
            self.names[name] = self.inliner.fresh(name)
        return self.names[name]

    def place(self, span: Span | None) -> Span | None:
        return self.span or span

    def block(self, block: ir.Block) -> ir.Block:
        return [self.statement(stmt) for stmt in block]

    def statement(self, stmt: ir.Stmt) -> ir.Stmt:
        span = self.place(stmt.span)
        if isinstance(stmt, ir.Assign):
            target = self.target(stmt.target)
            return ir.Assign(target, self.expr(stmt.value), stmt.augmented, span)
        if isinstance(stmt, ir.Evaluate):
            return ir.Evaluate(self.expr(stmt.value), span)
        if isinstance(stmt, ir.If):
            return ir.If(self.expr(stmt.cond), self.block(stmt.body), self.block(stmt.orelse), span)
        if isinstance(stmt, ir.For) and not stmt.orelse:
            iterable = self.expr(stmt.iter)
            return ir.For(self.target(stmt.target), iterable, self.block(stmt.body), span=span)
        if isinstance(stmt, ir.Verbatim) and isinstance(stmt.node, gast.Pass):
            return ir.Verbatim(stmt.node, (), (), (), stmt.why, span)
        raise _Failed

    def target(self, target: ir.Target) -> ir.Target:
        span = self.place(target.span)
        if isinstance(target, ir.Name):
            return ir.Name(self.variable(target.name), span)
        if isinstance(target, ir.Item) and not target.each:
            return ir.Item(self.variable(target.name), self.expr(target.index), span)
        if isinstance(target, ir.Unpack):
            return ir.Unpack(tuple(self.target(part) for part in target.targets), span)
        raise _Failed

    def variable(self, name: str) -> str:
        value = self.values.get(name)
        if value is None:
            return self.local(name)
        if not isinstance(value, ir.Read):
            raise _Failed
        return value.name

    def expr(self, expr: ir.Expr) -> ir.Expr:
        span = self.place(expr.span)
        if isinstance(expr, ir.Read):
            value = self.values.get(expr.name)
            if isinstance(value, ir.Const):
                return ir.Const(value.value, span)
            return ir.Read(self.variable(expr.name), span)
        if isinstance(expr, ir.Const):
            return ir.Const(expr.value, span)
        if isinstance(expr, ir.Global):
            if self.span is not None:
                raise _Failed  # it may mean something else here
            return ir.Global(expr.text, expr.symbol, span)
        if isinstance(expr, ir.Op):
            args = tuple(self.expr(a) for a in expr.args)
            keywords = tuple((k, self.expr(v)) for k, v in expr.keywords)
            function = None if expr.function is None else self.expr(expr.function)
            return ir.Op(expr.callee, args, keywords, expr.form, expr.detail, function, span)
        if isinstance(expr, ir.Call) and not (expr.captured or expr.objects or expr.dynamic):
            return ir.Call(
                expr.function,
                tuple(self.expr(a) for a in expr.args),
                tuple((k, self.expr(v)) for k, v in expr.keywords),
                expr.text,
                mutates=tuple(self.variable(n) for n in expr.mutates),
                unsure=tuple(self.variable(n) for n in expr.unsure),
                span=span,
                new=expr.new,
                form=expr.form,
            )
        if isinstance(expr, ir.Opaque) and self.span is None:
            # Its text stays, so its variables must keep their names.
            if all(self.variable(r.name) == r.name for r in expr.reads):
                reads = tuple(ir.Read(r.name, r.span) for r in expr.reads)
                return ir.Opaque(expr.node, reads, expr.why, expr.hint, expr.mutates, span)
        raise _Failed
