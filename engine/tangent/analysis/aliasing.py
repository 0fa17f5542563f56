"""Which variables may share memory, and which of them change in place.

Flow-insensitive: two variables belong to one class if anywhere in the function one may be
bound to (a view of, a part of) what the other holds. Distinct parameters are taken to be
distinct objects. Coarse, and on the safe side: a class only matters if one of its members
changes in place.

A list that is used as a stack is two things: the list, which ``append`` and ``pop`` change, and
what it contains, which they leave as it is. The contents of ``xs`` are called ``xs[]`` here.
"""

from __future__ import annotations

from collections.abc import Iterator

from tangent.analysis.scalars import scalar_variables
from tangent.ir import nodes as ir
from tangent.rules import registry

# Operations that change their first argument.
IN_PLACE = frozenset({"list.append", "list.pop", "tangent.add_at"})


class Aliases:
    """Classes of variables that may share memory; the result of `find_aliases`."""

    def __init__(self, scalars: frozenset[str]) -> None:
        self.scalars = scalars
        self._parent: dict[str, str] = {}
        self._mutated: set[str] = set()
        # Variables that hold a tuple of which only the elements are used, with their count.
        self.unpacked: dict[str, int] = {}

    def _root(self, name: str) -> str:
        while self._parent.get(name, name) != name:
            name = self._parent[name]
        return name

    def join(self, first: str, second: str) -> None:
        """Puts two variables into one class."""
        a, b = self._root(first), self._root(second)
        if a != b:
            self._parent[b] = a
            if b in self._mutated:
                self._mutated.add(a)

    def mutate(self, name: str) -> None:
        """Notes that what the variable holds changes in place somewhere."""
        self._mutated.add(self._root(name))

    def is_mutated(self, name: str) -> bool:
        """Whether what the variable holds may change in place anywhere in the function."""
        if name in self.scalars:
            return False
        return any(self._root(part) in self._mutated for part in self._parts(name))

    def _parts(self, name: str) -> list[str]:
        """A variable, and what stands for what it contains."""
        count = self.unpacked.get(name, 0)
        return [name, contents(name), *(element(name, i) for i in range(count))]

    def share(self, changed: str, other: str) -> bool:
        """Whether a change of what ``changed`` holds may be seen through ``other``: they may
        share memory, or ``other`` is a list that contains it."""
        if changed in self.scalars or other in self.scalars:
            return changed == other
        root = self._root(changed)
        return any(root == self._root(part) for part in self._parts(other))


def contents(name: str) -> str:
    """What stands for the elements of a list."""
    return f"{name}[]"


def element(name: str, position: int) -> str:
    """What stands for one element of a tuple."""
    return f"{name}[{position}]"


def _only_unpacked(body: ir.Block) -> dict[str, int]:
    """Variables that are read by unpacking alone, like the record of a backward function."""
    counts: dict[str, int] = {}
    unpacked: dict[str, int] = {}
    for stmt in ir.statements(body):
        for expr in ir.expressions(stmt):
            for read in ir.reads(expr):
                counts[read.name] = counts.get(read.name, 0) + 1
        if _is_unpacking(stmt):
            assert isinstance(stmt, ir.Assign) and isinstance(stmt.target, ir.Unpack)
            assert isinstance(stmt.value, ir.Read)
            unpacked[stmt.value.name] = len(stmt.target.targets)
    return {name: n for name, n in unpacked.items() if counts[name] == 1}


def _is_unpacking(stmt: ir.Stmt) -> bool:
    return (
        isinstance(stmt, ir.Assign)
        and isinstance(stmt.target, ir.Unpack)
        and isinstance(stmt.value, ir.Read)
    )


def find_aliases(function: ir.Function, body: ir.Block) -> Aliases:
    """The alias classes of a function's variables."""
    aliases = Aliases(scalar_variables(function, body))
    aliases.unpacked = _only_unpacked(body)
    stores: list[tuple[str, ir.Expr]] = []
    for stmt in ir.statements(body):
        if isinstance(stmt, ir.Assign) and stmt.display:
            pass  # a `return`: nothing happens to its value any more
        elif isinstance(stmt, ir.Assign):
            _assigned(aliases, stmt.target, stmt.value, stores)
        elif isinstance(stmt, ir.For):
            for name in ir.bound_names(stmt.target):
                for source in sources(stmt.iter):
                    aliases.join(name, source)
        elif isinstance(stmt, (ir.Verbatim, ir.With)):
            for name in stmt.binds:
                for read in stmt.reads:
                    aliases.join(name, read.name)
        for expr in ir.expressions(stmt):
            for node in ir.walk(expr):
                if (
                    isinstance(node, ir.Op)
                    and node.callee == "list.append"
                    and isinstance(node.args[0], ir.Read)
                ):
                    for source in sources(node.args[1]):
                        aliases.join(contents(node.args[0].name), source)
        for name in mutations(stmt):
            if name not in aliases.scalars:
                aliases.mutate(name)
    for name, value in stores:
        # An item of an array is a copy of what is stored, an item of a list is the object
        # itself: that matters only if the object changes in place afterwards.
        for source in sources(value):
            if aliases.is_mutated(source):
                aliases.join(name, source)
    return aliases


def _assigned(
    aliases: Aliases, target: ir.Target, value: ir.Expr, stores: list[tuple[str, ir.Expr]]
) -> None:
    if isinstance(target, ir.Item):
        stores.append((target.name, value))
        return
    if (
        isinstance(target, ir.Unpack)
        and isinstance(value, ir.Read)
        and value.name in aliases.unpacked
    ):
        for i, part in enumerate(target.targets):
            for name in ir.bound_names(part):
                aliases.join(element(value.name, i), name)
        return
    if (
        isinstance(target, ir.Unpack)
        and isinstance(value, ir.Op)
        and value.callee in ("tuple", "list")
        and len(value.args) == len(target.targets)
    ):
        for part, part_value in zip(target.targets, value.args):
            _assigned(aliases, part, part_value, stores)
        return
    for name in ir.bound_names(target):
        for source in sources(value):
            aliases.join(name, source)


def mutations(stmt: ir.Stmt) -> Iterator[str]:
    """The variables whose object a statement itself may change in place."""
    if isinstance(stmt, ir.Assign):
        yield from _stored(stmt.target)
        if stmt.augmented and isinstance(stmt.target, ir.Name):
            yield stmt.target.name
    elif isinstance(stmt, ir.For):
        yield from _stored(stmt.target)
    elif isinstance(stmt, ir.Verbatim):
        yield from stmt.mutates
    for expr in ir.expressions(stmt):
        for node in ir.walk(expr):
            if isinstance(node, (ir.Opaque, ir.Call)):
                yield from node.mutates
            elif isinstance(node, ir.Op) and node.callee in IN_PLACE:
                if isinstance(node.args[0], ir.Read):
                    yield node.args[0].name


def _stored(target: ir.Target) -> Iterator[str]:
    if isinstance(target, ir.Item):
        yield target.name
    elif isinstance(target, ir.Unpack):
        for part in target.targets:
            yield from _stored(part)
    elif isinstance(target, ir.OtherTarget):
        yield from target.mutates


def sources(expr: ir.Expr) -> Iterator[str]:
    """The variables that the value of an expression may share memory with."""
    if isinstance(expr, ir.Read):
        yield expr.name
    elif isinstance(expr, (ir.Opaque, ir.Call)):
        for child in ir.children(expr):
            yield from sources(child)
    elif isinstance(expr, ir.Op):
        if expr.callee == "operator.getitem":
            yield from sources(expr.args[0])
        elif expr.callee == "list.pop":
            for name in sources(expr.args[0]):
                yield contents(name)
        elif expr.callee in ("select", "and", "or", "tuple", "list"):
            for arg in expr.args:
                yield from sources(arg)
        elif expr.callee == "list.append":
            return
        elif not _makes_new_value(expr):
            for child in ir.children(expr):
                yield from sources(child)


def _makes_new_value(expr: ir.Op) -> bool:
    """Whether an operation gives an object of its own."""
    if expr.form is ir.Form.OPERATOR:
        return True
    if registry.is_zero_gradient(expr.callee):
        return True
    rule = registry.rule_for(expr.callee)
    return rule is not None and not rule.view
