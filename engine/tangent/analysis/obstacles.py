"""Everything in a function that keeps a derivative from passing, each with its place.

Only what is active is asked: code that carries no derivative may be anything.
"""

from __future__ import annotations

from collections.abc import Callable

from tangent.analysis.activity import Activity, differentiable_operands
from tangent.analysis.calls import BindingError, bind
from tangent.analysis.mutations import stored
from tangent.analysis.versions import Value, Versions
from tangent.ir import nodes as ir
from tangent.ir.purity import IN_PLACE
from tangent.lower.lower import Program
from tangent.resolve.symbols import FunctionSource
from tangent.rules import registry
from tangent.source.text import Span


class _Search:
    def __init__(
        self,
        program: Program,
        source: FunctionSource,
        versions: Versions,
        activity: Activity,
        has_user_rule: Callable[[ir.Call | ir.Op], bool],
    ):
        self.program = program
        self.source = source
        self.versions = versions
        self.activity = activity
        self.has_user_rule = has_user_rule

    def report(self, span: Span | None, code: str, message: str, hint: str = "") -> None:
        if span is None:
            span = self.source.module.source.span_of(self.source.node)
        self.program.report(self.source, span, code, message, hint)

    def block(self, block: ir.Block) -> None:
        for stmt in ir.statements(block):
            self.statement(stmt)

    def statement(self, stmt: ir.Stmt) -> None:
        bound = self.versions.bound.get(stmt, {})
        active = {n: v for n, v in bound.items() if self.activity.is_active(v)}
        if isinstance(stmt, ir.Return):
            if stmt.value is not None:
                self.expr(stmt.value)
            return
        if isinstance(stmt, ir.Assign):
            self.assign(stmt, stmt.target, stmt.value, active)
        elif isinstance(stmt, ir.Verbatim):
            if active:
                self.report(
                    stmt.span,
                    "unsupported-statement",
                    stmt.why,
                    "keep what carries a derivative outside of it",
                )
            return
        elif isinstance(stmt, ir.With):
            if any(n in active for n in stmt.binds):
                self.report(
                    stmt.span,
                    "unsupported-statement",
                    "cannot differentiate what a `with` statement binds",
                    "bind it by an assignment",
                )
            return
        elif isinstance(stmt, ir.For):
            self.iteration(stmt, active)
        elif isinstance(stmt, ir.Evaluate) and active:
            self.expr(stmt.value)
        self.shared_changes(stmt, active)

    def assign(
        self, stmt: ir.Assign, target: ir.Target, value: ir.Expr, active: dict[str, Value]
    ) -> None:
        if isinstance(target, ir.OtherTarget):
            lost = not target.mutates or any(n in active for n in (*target.mutates, *target.binds))
            if lost and self.activity.is_varied(value):
                self.report(
                    target.span, "unsupported-target", target.why, "assign to a local variable"
                )
            return
        if (
            isinstance(target, ir.Unpack)
            and isinstance(value, ir.Op)
            and value.callee in ("tuple", "list")
        ):
            if len(value.args) == len(target.targets):
                for part, part_value in zip(target.targets, value.args):
                    self.assign(stmt, part, part_value, active)
            return
        if isinstance(target, ir.Unpack):
            if not ir.only_names(target):
                if any(n in active for n in ir.bound_names(target)):
                    self.report(
                        target.span,
                        "unsupported-target",
                        "cannot differentiate this unpacking",
                        "unpack into plain names",
                    )
                return
        names = list(ir.bound_names(target))
        if isinstance(target, ir.Item):
            names.append(target.name)
        if any(n in active for n in names):
            self.expr(value)
        if (
            isinstance(target, ir.Item)
            and target.name in active
            and self.activity.is_varied(value)
            and self.holds_integers(active[target.name])
        ):
            self.report(
                target.span,
                "integer-array",
                f"cannot differentiate this assignment: `{target.name}` is an array of integers,"
                " which cuts off what is stored in it",
                "make it an array of floats",
            )

    def holds_integers(self, value: Value) -> bool:
        """Whether a value is, or may be, an array that was made for integers."""
        seen: set[Value] = set()
        stack = [value]
        while stack:
            current = stack.pop()
            if current in seen:
                continue
            seen.add(current)
            stack.extend(current.inputs)
            if isinstance(current.expr, ir.Read):
                stack.append(self.versions.of[current.expr])
            elif isinstance(current.expr, ir.Op) and _makes_integers(current.expr):
                return True
        return False

    def iteration(self, stmt: ir.For, active: dict[str, Value]) -> None:
        targets = [n for n in ir.bound_names(stmt.target) if n in active]
        if not targets:
            if not isinstance(stmt.target, (ir.Name, ir.Unpack)):
                self.report(
                    stmt.span, "unsupported-target", "cannot differentiate a loop over this target"
                )
            return
        if not isinstance(stmt.target, ir.Name) or not isinstance(stmt.iter, ir.Read):
            self.report(
                stmt.iter.span or stmt.span,
                "unsupported-iteration",
                "cannot differentiate iteration over this expression",
                "loop over a variable, or over range(len(...)) with an index",
            )

    def shared_changes(self, stmt: ir.Stmt, active: dict[str, Value]) -> None:
        """An in-place change that another variable, or a function, makes or sees."""
        direct = (
            set(ir.bound_names(stmt.target)) if isinstance(stmt, (ir.Assign, ir.For)) else set()
        )
        if isinstance(stmt, (ir.Assign, ir.For)):
            direct.update(stored(stmt.target))
        for expr in ir.expressions(stmt):
            for node in ir.walk(expr):
                if isinstance(node, ir.Op) and node.callee in IN_PLACE and node.args:
                    if isinstance(node.args[0], ir.Read):
                        direct.add(node.args[0].name)
                elif isinstance(node, (ir.Call, ir.Opaque)):
                    place = node.span or stmt.span
                    told = any(d.span == place for d in self.program.diagnostics)
                    for name in node.mutates:
                        if name in active and name not in direct and told:
                            direct.add(name)
                        elif name in active and name not in direct:
                            self.report(
                                place,
                                "changes-argument",
                                f"cannot differentiate a call that may change `{name}` in place",
                                "return the changed value instead",
                            )
                            direct.add(name)
        for name, value in active.items():
            if value.kind == "mutated" and name not in direct:
                changed = ", ".join(f"`{n}`" for n in sorted(direct)) or "an object"
                self.report(
                    stmt.span,
                    "aliased-update",
                    f"cannot differentiate this in-place change of {changed}:"
                    f" `{name}` may share its memory",
                    "work on a copy (`.copy()`), or write `x = x + ...` instead of `x += ...`",
                )

    def expr(self, expr: ir.Expr) -> None:
        if not self.activity.is_varied(expr):
            return
        if isinstance(expr, ir.Opaque):
            self.report(expr.span, "unsupported-expression", expr.why, expr.hint)
            return
        if isinstance(expr, ir.Call):
            self.call(expr)
        elif isinstance(expr, ir.Op):
            self.operation(expr)
        for child in differentiable_operands(expr):
            self.expr(child)

    def operation(self, op: ir.Op) -> None:
        if op.callee in (
            "tuple",
            "object",
            "list",
            "dict",
            "list.insert",
            "select",
            "and",
            "or",
            "operator.getitem",
            "list.append",
            "list.pop",
            "operator.pos",
        ):
            return
        if op.callee.startswith("attribute."):
            self.report(
                op.span,
                "unsupported-attribute",
                f"cannot differentiate the attribute `.{op.detail[0]}`",
                "pass the value in as an argument of its own",
            )
            return
        if self.has_user_rule(op):
            return
        rule = registry.rule_for(op.callee)
        if rule is None and op.callee.startswith(("list.", "dict.")):
            self.report(
                op.span,
                "unsupported-expression",
                f"cannot differentiate the method `.{op.callee.rpartition('.')[2]}` here",
                "give its result to a variable on a line of its own",
            )
            return
        if rule is None:
            self.report(
                op.span,
                "unknown-function",
                f"cannot differentiate `{op.callee}`: it has no derivative rule",
                "write one with `tangent.grads.adjoint`",
            )
            return
        try:
            binding = bind(rule, op)
        except BindingError as error:
            self.report(op.span, "unsupported-argument", f"cannot differentiate this call: {error}")
            return
        constant = [
            (p, a)
            for p, a in binding.arguments.items()
            if p not in rule.adjoint and p not in rule.inert
        ]
        if binding.varargs() not in rule.inert:
            constant += [(binding.varargs() or "", a) for a in binding.star]
        for parameter, arg in constant:
            if self.activity.is_varied(arg):
                self.report(
                    arg.span or op.span,
                    "constant-argument",
                    f"cannot differentiate `{op.callee}` with respect to its argument"
                    f" `{parameter}`",
                    "its derivative rule takes this argument as a constant",
                )

    def call(self, call: ir.Call) -> None:
        if self.has_user_rule(call):
            return
        arguments = call.function.node.args
        positional = len(arguments.posonlyargs) + len(arguments.args)
        known = {a.id for a in (*arguments.args, *arguments.kwonlyargs)}
        if arguments.vararg or arguments.kwarg:
            self.report(
                call.span,
                "unsupported-signature",
                f"cannot differentiate the call of `{call.text}`: it takes `*args` or `**kwargs`",
                "name its parameters",
            )
        elif len(call.args) > positional or any(k not in known for k, _ in call.keywords):
            self.report(
                call.span,
                "unsupported-argument",
                f"cannot differentiate this call: `{call.text}` does not take these arguments",
            )


_DTYPE_POSITION = {
    "numpy.zeros": 1,
    "numpy.ones": 1,
    "numpy.empty": 1,
    "numpy.full": 2,
    "numpy.array": 1,
    "numpy.asarray": 1,
}


def _makes_integers(op: ir.Op) -> bool:
    """Whether an operation makes an array of integers (or booleans)."""
    position = _DTYPE_POSITION.get(op.callee)
    keywords = dict(op.keywords)
    dtype = keywords.get("dtype")
    if dtype is None and position is not None and position < len(op.args):
        dtype = op.args[position]
    if dtype is not None:
        name = dtype.text if isinstance(dtype, ir.Global) else ""
        if isinstance(dtype, ir.Const) and isinstance(dtype.value, str):
            name = dtype.value
        return name.rpartition(".")[2].startswith(("int", "uint", "bool"))
    if op.callee in ("numpy.array", "numpy.asarray"):
        return bool(op.args) and _only_integers(op.args[0])
    if op.callee == "numpy.arange":
        # Integers unless a float is written: what a variable holds is not known.
        return not any(isinstance(a, ir.Const) and isinstance(a.value, float) for a in op.args)
    if op.callee == "numpy.full":
        return all(_only_integers(a) for a in op.args[1:])
    return op.callee.endswith(("zeros_like", "ones_like", "full_like", "empty_like")) and (
        bool(op.args) and isinstance(op.args[0], ir.Op) and _makes_integers(op.args[0])
    )


def _only_integers(expr: ir.Expr) -> bool:
    if isinstance(expr, ir.Const):
        return type(expr.value) in (int, bool)
    if isinstance(expr, ir.Op) and expr.callee in ("tuple", "list"):
        return bool(expr.args) and all(_only_integers(a) for a in expr.args)
    return isinstance(expr, ir.Op) and expr.callee in ("builtins.len", "builtins.int")


def find_obstacles(
    program: Program,
    function: ir.Function,
    body: ir.Block,
    versions: Versions,
    activity: Activity,
    has_user_rule: Callable[[ir.Call | ir.Op], bool],
) -> None:
    """Reports to ``program`` what keeps the function from being differentiated."""
    _Search(program, function.source, versions, activity, has_user_rule).block(body)
