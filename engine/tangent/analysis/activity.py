"""Which values carry a derivative: varied (they depend on ``wrt``) and useful (the result
depends on them). Only active values, which are both, get an adjoint or a tangent.

(Hascoët, Naumann, Pascual, *"To be recorded" analysis in reverse-mode automatic
differentiation*, FGCS 21(8), 2005, section 2; Griewank and Walther, *Evaluating Derivatives*,
2nd ed., 2008, section 6.2.) Flow-sensitive, because it works on values and not on variables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from tangent.analysis.calls import BindingError, arguments_of, bind
from tangent.analysis.versions import Value, Versions
from tangent.ir import nodes as ir
from tangent.lower.effects import INACTIVE_ATTRIBUTES
from tangent.rules import registry

# Operations that give no number that could carry a derivative.
INACTIVE_CALLEES = frozenset(
    {
        "compare",
        "operator.not_",
        "slice",
        "operator.and_",
        "operator.xor",
        "operator.invert",
        "operator.lshift",
        "operator.rshift",
    }
)
# Of these, the ones that give a truth value, which arithmetic takes as a number.
_TRUTH_VALUES = frozenset(
    {"compare", *(f"operator.{name}" for name in ("not_", "and_", "or_", "xor", "invert"))}
)
CONTAINERS = frozenset({"tuple", "list"})
# Operations on containers: where a derivative passes through.
_THROUGH: dict[str, slice] = {
    "select": slice(1, None),
    "operator.getitem": slice(1),
    "dict": slice(1, None, 2),
    "dict.get": slice(0, None, 2),
    "dict.setdefault": slice(0, None, 2),
    "list.add_to_part": slice(2, None),
    "list.append": slice(1, None),
    "list.append_to_part": slice(2, None),
    "list.set_part": slice(2, None),
    "list.delete": slice(0),
    "list.insert": slice(2, None),
    "list.pop": slice(0, None, 2),
    "list.remove": slice(0),
}


def is_inactive(op: ir.Op) -> bool:
    """Whether an operation's derivative is zero or has no meaning, whatever it is given."""
    if op.callee in INACTIVE_CALLEES or registry.is_zero_gradient(op.callee):
        return True
    return op.callee.startswith("attribute.") and op.detail[0] in INACTIVE_ATTRIBUTES


def is_step(expr: ir.Expr) -> bool:
    """Whether an operation gives a number that depends on its operands in steps: rounding and
    the like, and a comparison that is used as a number."""
    if not isinstance(expr, ir.Op):
        return False
    return expr.callee in _TRUTH_VALUES or registry.is_cut(expr.callee)


def flows(expr: ir.Expr, through_steps: bool = False) -> Iterator[ir.Read]:
    """The reads through which a derivative can reach the value of an expression. What is not
    understood counts as a way; so do rounding and the like with ``through_steps``."""
    if isinstance(expr, ir.Read):
        yield expr
        return
    step = through_steps and is_step(expr)
    for child in ir.children(expr) if step else differentiable_operands(expr):
        yield from flows(child, through_steps)


def differentiable_operands(expr: ir.Expr) -> tuple[ir.Expr, ...]:
    """The direct operands through which a derivative can pass."""
    if isinstance(expr, ir.Op):
        if is_inactive(expr):
            return ()
        if expr.callee in _THROUGH:
            return expr.args[_THROUGH[expr.callee]]
        rule = registry.rule_for(expr.callee)
        if rule is not None and rule.inert:
            try:
                binding = bind(rule, expr)
            except BindingError:
                return ir.children(expr)
            inert = {binding.arguments[p] for p in rule.inert if p in binding.arguments}
            if binding.varargs() in rule.inert:
                inert |= set(binding.star)
            return tuple(c for c in ir.children(expr) if c not in inert)
    if isinstance(expr, ir.Call):
        called = (expr.local,) if expr.dynamic and not expr.fixed and expr.local else ()
        return (*called, *arguments_of(expr).values())
    return ir.children(expr)


class Activity:
    """The result of `find_activity`."""

    def __init__(self, versions: Versions, varied: set[Value], useful: set[Value]):
        self._versions = versions
        self.varied = varied
        self.useful = useful
        self._memo: dict[ir.Expr, bool] = {}

    def is_active(self, value: Value | None) -> bool:
        """Whether a value has a derivative to carry."""
        return value is not None and value in self.varied and value in self.useful

    def read_is_active(self, read: ir.Read) -> bool:
        return self.is_active(self._versions.of.get(read))

    def is_needed(self, stmt: ir.Stmt) -> bool:
        """Whether a statement gives a variable a value that has a derivative to carry."""
        return any(self.is_active(v) for v in self._versions.bound.get(stmt, {}).values())

    def is_varied(self, expr: ir.Expr) -> bool:
        """Whether the value of an expression depends on ``wrt`` in a way that counts."""
        known = self._memo.get(expr)
        if known is None:
            known = self._memo[expr] = (
                self._versions.of.get(expr) in self.varied
                if isinstance(expr, ir.Read)
                else any(self.is_varied(c) for c in differentiable_operands(expr))
            )
        return known


def find_activity(
    body: ir.Block,
    versions: Versions,
    wrt: Iterable[Value],
    results: Iterable[Value],
    through_steps: bool = False,
) -> Activity:
    """Which values are varied with respect to ``wrt`` and useful for ``results``. The values
    of ``return`` expressions are results too."""
    inputs: dict[Value, list[Value]] = {v: list(v.inputs) for v in versions.values}

    def add(value: Value, expr: ir.Expr) -> None:
        inputs[value].extend(versions.of[r] for r in flows(expr, through_steps))

    useful_roots = list(results)
    for stmt in ir.statements(body):
        bound = versions.bound.get(stmt, {})
        if isinstance(stmt, ir.Assign):
            _assign(stmt.target, stmt.value, bound, add)
            for name, value in bound.items():
                if value.kind == "mutated" and name not in set(ir.bound_names(stmt.target)):
                    add(value, stmt.value)
        elif isinstance(stmt, ir.For):
            for value in bound.values():
                add(value, stmt.iter)
        elif isinstance(stmt, (ir.Verbatim, ir.With)):
            for value in bound.values():
                for read in stmt.reads:
                    add(value, read)
        elif isinstance(stmt, (ir.Try, ir.Match)):
            # An exception may hold anything that its `try` has read.
            inside = [s for b in ir.blocks(stmt)[:1] for s in ir.statements(b)]
            held: list[ir.Expr] = [e for s in inside for e in ir.expressions(s)]
            if isinstance(stmt, ir.Match):
                held = [stmt.subject]
            for number in range(len(stmt.arms) + 1):
                for value in versions.entered.get((stmt, number), {}).values():
                    if value not in versions.unsure:
                        for source in held:
                            add(value, source)
        elif isinstance(stmt, ir.Evaluate):
            for value in bound.values():
                add(value, stmt.value)
        elif isinstance(stmt, ir.Return) and stmt.value is not None:
            useful_roots += [versions.of[r] for r in flows(stmt.value)]
    users: dict[Value, list[Value]] = {}
    for value, sources in inputs.items():
        for source in sources:
            users.setdefault(source, []).append(value)
    varied = _reach(wrt, lambda v: users.get(v, ()))
    useful = _reach(useful_roots, lambda v: inputs.get(v, ()))
    return Activity(versions, varied, useful)


def _assign(
    target: ir.Target,
    value: ir.Expr,
    bound: dict[str, Value],
    add: Callable[[Value, ir.Expr], None],
) -> None:
    if (
        isinstance(target, ir.Unpack)
        and isinstance(value, ir.Op)
        and value.callee in CONTAINERS
        and len(value.args) == len(target.targets)
    ):
        for part, part_value in zip(target.targets, value.args):
            _assign(part, part_value, bound, add)
        return
    for name in ir.bound_names(target):
        add(bound[name], value)


def _reach(roots: Iterable[Value], next_: Callable[[Value], Iterable[Value]]) -> set[Value]:
    seen: set[Value] = set()
    stack = list(roots)
    while stack:
        value = stack.pop()
        if value not in seen:
            seen.add(value)
            stack.extend(next_(value))
    return seen
