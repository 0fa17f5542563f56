"""Everything in a function that keeps a derivative from passing, each with its place.

Only what is active is asked: code that carries no derivative may be anything.
"""

from __future__ import annotations

from collections.abc import Callable

import gast

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
        has_shadow: Callable[[Value], bool],
    ):
        self.has_shadow = has_shadow
        self.program = program
        self.source = source
        self.versions = versions
        self.activity = activity
        self.has_user_rule = has_user_rule
        # Variables with lists that have one and the same container in several places.
        self.repeated: set[str] = set()

    def report(self, span: Span | None, code: str, message: str, hint: str = "") -> None:
        if span is None:
            span = self.source.module.source.span_of(self.source.node)
        self.program.report(self.source, span, code, message, hint)

    def told(self, stmt: ir.Stmt) -> bool:
        """Whether something else is wrong with a statement already."""
        span = stmt.span
        return span is not None and any(
            d.path == self.source.module.path
            and d.code != "aliased-update"
            and span.line <= d.line <= span.end_line
            for d in self.program.diagnostics
            if d.severity == "error"
        )

    def block(self, block: ir.Block) -> None:
        for stmt in ir.statements(block):
            if isinstance(stmt, ir.Assign) and isinstance(stmt.target, ir.Name):
                if any(_repeats_objects(node) for node in ir.walk(stmt.value)):
                    self.repeated.add(stmt.target.name)
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
        elif isinstance(stmt, (ir.Try, ir.Match)):
            self.arms(stmt)
        elif isinstance(stmt, ir.Evaluate) and active:
            self.change(stmt)
            self.expr(stmt.value)
        self.shared_changes(stmt, active)
        self.changes_between(stmt)

    def assign(
        self, stmt: ir.Assign, target: ir.Target, value: ir.Expr, active: dict[str, Value]
    ) -> None:
        if isinstance(target, ir.OtherTarget):
            # Overwritten by a constant, what carried a derivative carries none any more.
            lost = any(n in active for n in (*target.mutates, *target.binds))
            if lost or (not target.mutates and self.activity.is_varied(value)):
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

    def change(self, stmt: ir.Evaluate) -> None:
        """A method that changes a container in a way that is not followed."""
        op = stmt.value
        if not isinstance(op, ir.Op) or op.callee not in IN_PLACE:
            return
        if op.callee in ("list.delete", "list.remove", "list.pop", "dict.setdefault"):
            self.report(
                op.span or stmt.span,
                "unsupported-statement",
                "cannot differentiate this change of a list or dictionary",
                "make a new one of what shall stay",
            )
        name = op.args[0].name if isinstance(op.args[0], ir.Read) else ""
        if op.form is ir.Form.PART and name in self.repeated:
            self.report(
                op.span or stmt.span,
                "aliased-update",
                f"cannot differentiate this change of a part of `{name}`: its elements are one"
                " object, repeated",
                "append a new element each time",
            )

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

    def changes_between(self, stmt: ir.Stmt) -> None:
        """A call that changes what the same statement reads elsewhere: which comes first is not
        told apart."""
        everywhere = [r.name for expr in ir.expressions(stmt) for r in ir.reads(expr)]
        for expr in ir.expressions(stmt):
            for node in ir.walk(expr):
                if not isinstance(node, ir.Call) or not node.mutates:
                    continue
                inside = [r.name for r in ir.reads(node)]
                for name in node.mutates:
                    if everywhere.count(name) > inside.count(name) and self.activity.is_varied(
                        node
                    ):
                        self.report(
                            node.span or stmt.span,
                            "changes-argument",
                            f"cannot differentiate a call that may change `{name}` in place, which"
                            " the same statement also uses",
                            "call it on a line of its own",
                        )

    def arms(self, stmt: ir.Try | ir.Match) -> None:
        """What an arm begins with: what its header binds, and what an exception left unsure."""
        for number in range(len(stmt.arms) + 1):
            for name, value in self.versions.entered.get((stmt, number), {}).items():
                if not self.activity.is_active(value):
                    continue
                if value not in self.versions.unsure:
                    what = "an exception" if isinstance(stmt, ir.Try) else "a pattern"
                    arm = stmt.arms[number - isinstance(stmt, ir.Try)]
                    self.report(
                        arm.span,
                        "unsupported-statement",
                        f"cannot differentiate `{name}`, which {what} binds",
                        "bind it by an assignment",
                    )
                    continue
                made = [v.stmt for v in value.inputs if v.stmt is not None]
                inside = [s for block in ir.blocks(stmt) for s in ir.statements(block)]
                place = next((s for s in made if s in inside), stmt)
                self.report(
                    place.span,
                    "interrupted",
                    f"cannot differentiate this change of `{name}`: when an exception comes, it is"
                    " not known whether it was made",
                    "make it in the last line of the `try` block, or in a function of its own",
                )

    def shared_changes(self, stmt: ir.Stmt, active: dict[str, Value]) -> None:
        """An in-place change that another variable, or a function, makes or sees."""
        direct = (
            set(ir.bound_names(stmt.target)) if isinstance(stmt, (ir.Assign, ir.For)) else set()
        )
        into = set(stored(stmt.target)) if isinstance(stmt, (ir.Assign, ir.For)) else set[str]()
        reported: set[str] = set()
        for expr in ir.expressions(stmt):
            for node in ir.walk(expr):
                if isinstance(node, ir.Op) and node.callee in IN_PLACE and node.args:
                    if isinstance(node.args[0], ir.Read):
                        direct.add(node.args[0].name)
                        if (
                            node.callee == "list.append"
                            and node.args[0].name in active
                            and not (isinstance(stmt, ir.Evaluate) and stmt.value is node)
                        ):
                            self.report(
                                node.span or stmt.span,
                                "unsupported-expression",
                                "cannot differentiate `.append` inside of an expression",
                                "call it on a line of its own",
                            )
                elif isinstance(node, (ir.Call, ir.Opaque)):
                    place = node.span or stmt.span
                    told = any(d.span == place for d in self.program.diagnostics)
                    for name in node.mutates:
                        known = name in direct or name in reported
                        if name in active and not known and told:
                            reported.add(name)
                        elif name in active and not known:
                            self.report(
                                place,
                                "changes-argument",
                                f"cannot differentiate a call that may change `{name}` in place",
                                "return the changed value instead",
                            )
                            reported.add(name)
        direct |= into | reported
        for name, value in active.items():
            unseen = name not in direct and not self.has_shadow(value)
            if value.kind == "mutated" and unseen and not self.told(stmt):
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
            if not (isinstance(expr, ir.Call) and child is expr.local):
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
        if op.form is ir.Form.OPERATOR and _is_text(op.args[0]):
            self.report(
                op.span,
                "unsupported-expression",
                f"cannot differentiate this: {_TEXT[0]}",
                _TEXT[1],
            )
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
            name = op.callee.removeprefix("builtins.")
            why, hint = _BUILTINS.get(
                name, ("it has no derivative rule", "write one with `tangent.grads.adjoint`")
            )
            self.report(op.span, "unknown-function", f"cannot differentiate `{name}`: {why}", hint)
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
        if binding.varargs() not in (*rule.inert, *rule.adjoint):
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
        if call.dynamic:
            if call.local is not None and not call.fixed and self.activity.is_varied(call.local):
                self.report(
                    call.span,
                    "function-value",
                    f"cannot differentiate the call of `{call.text}`: it is not known which"
                    " function it is, and it may read variables that carry a derivative",
                    "pass such variables to it as arguments",
                )
            return
        if call.remembers:
            self.report(
                call.span,
                "changes-argument",
                f"cannot differentiate the call of `{call.text}`: it changes the default of"
                f" `{call.remembers}`",
                "make a new one in each call",
            )
        arguments = call.function.node.args
        positional = len(arguments.posonlyargs) + len(arguments.args)
        positional += len(call.function.more or ())
        known = {a.id for a in (*arguments.args, *arguments.kwonlyargs)}
        known.update(call.function.more_keywords)
        unknown = [(k, value) for k, value in call.keywords if k not in known]
        if arguments.kwarg and call.function.more is None:
            if any(self.activity.is_varied(value) for _, value in unknown):
                self.report(
                    call.span,
                    "unsupported-signature",
                    f"cannot differentiate the call of `{call.text}` with respect to what it"
                    " takes by `**kwargs`",
                    "name its parameters",
                )
        elif (
            len(call.args) > positional and (not arguments.vararg or call.function.more is not None)
        ) or unknown:
            self.report(
                call.span,
                "unsupported-argument",
                f"cannot differentiate this call: `{call.text}` does not take these arguments",
            )


def _is_text(expr: ir.Expr) -> bool:
    return isinstance(expr, ir.Const) and isinstance(expr.value, (str, bytes))


# Builtins that newcomers meet, with what to say of them.
_TEXT = ("text carries no derivative", "compute with the number itself")
_ITERATOR = ("an iterator changes while it is used", "loop over the values, or use an index")
_COMPLEX = ("complex numbers are not followed", "compute with the real and the imaginary part")
_BUILTINS = {
    "ascii": _TEXT,
    "chr": _TEXT,
    "complex": _COMPLEX,
    "format": _TEXT,
    "iter": _ITERATOR,
    "repr": _TEXT,
    "str": _TEXT,
}


def _repeats_objects(node: ir.Expr) -> bool:
    """Whether an expression is a list of one container several times: ``[[0.0] * n] * n``."""
    if not isinstance(node, ir.Op) or node.callee not in ("operator.mul", "tangent.repeated"):
        return False
    return any(
        isinstance(element, ir.Op)
        and (element.callee in ("list", "dict", "tangent.repeated", "operator.mul"))
        for arg in node.args
        if isinstance(arg, ir.Op) and arg.callee in ("list", "tuple")
        for element in arg.args
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
    has_shadow: Callable[[Value], bool] = lambda _: False,
) -> None:
    """Reports to ``program`` what keeps the function from being differentiated."""
    _Search(program, function.source, versions, activity, has_user_rule, has_shadow).block(body)


def result_kind(value: Value, versions: Versions) -> str:
    """What a value certainly is, if it is nothing that could carry a derivative."""
    while isinstance(value.expr, ir.Read):
        value = versions.of[value.expr]
    expr = value.expr
    if isinstance(expr, ir.Op):
        if expr.callee in ("compare", "operator.not_", "builtins.bool", "builtins.isinstance"):
            return "a truth value"
        if expr.callee == "builtins.print":
            return "None"
        if expr.callee in ("builtins.str", "builtins.repr", "builtins.format"):
            return "text"
    elif isinstance(expr, ir.Const):
        if isinstance(expr.value, (str, bytes)):
            return "text"
        if isinstance(expr.value, bool):
            return "a truth value"
    elif isinstance(expr, ir.Opaque) and isinstance(expr.node, gast.JoinedStr):
        return "text"
    return ""
