"""Which values may share memory, and which of them change in place.

The question is put for values, not for variables: after ``x = x + 1`` the variable ``x`` holds
something new. Every value gets a *place*, and two places are joined if one value may be (a view
of, a part of) the other. Distinct parameters are taken to be distinct objects. Coarse, and on
the safe side: places matter only if something in them changes in place. (In the manner of
Steensgaard, *Points-to analysis in almost linear time*, POPL 1996, on the values of
`tangent.analysis.versions`.)

A list that is used as a stack is two things: the list, which ``append`` and ``pop`` change, and
what it contains, which they leave as it is. So is a tuple of which only the elements are used.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from tangent.analysis.calls import BindingError, bind
from tangent.analysis.mutations import mutations
from tangent.analysis.scalars import scalar_variables
from tangent.analysis.versions import Value, Versions, find_versions
from tangent.ir import nodes as ir
from tangent.ir.purity import IN_PLACE
from tangent.lower.effects import INACTIVE_ATTRIBUTES
from tangent.lower.kinds import Kinds, find_kinds
from tangent.rules import registry

Place = Hashable


class _ByName:
    """What versions are found with before anything is known of memory: only the variable that
    a statement names changes."""

    def __init__(self, scalars: frozenset[str]):
        self.scalars = scalars

    def changes(self, stmt: ir.Stmt) -> list[tuple[str, Place]]:
        return [(name, name) for name in mutations(stmt) if name not in self.scalars]

    def sees(self, changed: Place, value: Value) -> bool:
        return value.name == changed


class Aliases:
    """The result of `find_aliases`: sets of places that may share memory."""

    def __init__(self, scalars: frozenset[str], kinds: Kinds) -> None:
        self.scalars = scalars
        self.kinds = kinds
        self._parent: dict[Place, Place] = {}
        self._mutated: set[Place] = set()
        self._changes: dict[ir.Stmt, list[tuple[str, Place]]] = {}
        # Tuples of which only the elements are used, with their count.
        self._unpacked: dict[Place, int] = {}
        self._sharing: dict[Place, set[str]] = {}

    # --- sets of places ----------------------------------------------------------------------

    def _root(self, place: Place) -> Place:
        while (parent := self._parent.get(place, place)) != place:
            place = parent
        return place

    def _join(self, first: Place, second: Place) -> None:
        a, b = self._root(first), self._root(second)
        self._parent.setdefault(a, a)
        if a == b:
            return
        old, new = _contents(b), _contents(a)
        self._parent[b] = a
        if old in self._parent:
            # One object has one content.
            if new in self._parent:
                self._join(new, old)
            else:
                self._parent[new] = self._root(old)

    def contents(self, place: Place) -> Place:
        """What stands for the elements of a list."""
        return _contents(self._root(place))

    def place(self, value: Value) -> Place:
        """Where the object of a value is; an in-place change leaves it where it was."""
        while True:
            own = (value.kind, value.stmt, value.name)
            if value.kind != "mutated" and (own in self._parent or not value.inputs):
                return own
            if not value.inputs:
                return own
            value = value.inputs[0]

    def parts(self, place: Place) -> list[Place]:
        """A place, and those of what it contains."""
        elements = [element(place, i) for i in range(self._unpacked.get(place, 0))]
        return [place, self.contents(place), *elements]

    # --- questions ---------------------------------------------------------------------------

    def changes(self, stmt: ir.Stmt) -> list[tuple[str, Place]]:
        """What a statement may change in place: the variable, and the place it holds, marked
        as deep if what that contains may change as well."""
        return self._changes.get(stmt, [])

    def changed_roots(self, changed: Place) -> set[Place]:
        """The sets of places that a change reaches."""
        if isinstance(changed, tuple) and changed[0] == "deep":
            return {self._root(changed[1]), self._root(self.contents(changed[1]))}
        return {self._root(changed)}

    def roots(self, value: Value) -> set[Place]:
        """The sets of places that a value is in, and what it contains."""
        if value.name in self.scalars:
            return set()
        return {self._root(part) for part in self.parts(self.place(value))}

    def sees(self, changed: Place, value: Value) -> bool:
        """Whether a change of a place may be seen through a value."""
        if value.name in self.scalars:
            return False
        roots = self.changed_roots(changed)
        return any(self._root(part) in roots for part in self.parts(self.place(value)))

    def is_mutated(self, value: Value) -> bool:
        """Whether the object of a value may change in place anywhere in the function."""
        if value.name in self.scalars:
            return False
        return any(self._root(part) in self._mutated for part in self.parts(self.place(value)))

    def is_shared(self, name: str) -> bool:
        """Whether what a variable holds may at some time be reached by another name, or by the
        caller."""
        return name not in self.scalars and any(
            len(names) > 1 for names in self._sharing.values() if name in names
        )

    # --- how they are found ------------------------------------------------------------------

    def _collect(self, function: ir.Function, body: ir.Block, versions: Versions) -> None:
        for value in versions.values:
            own = (value.kind, value.stmt, value.name)
            if value.kind != "mutated":
                self._parent.setdefault(own, own)
        self._unpacked = _only_unpacked(body, versions, self)
        for value in versions.values:
            if value.kind in ("join", "told", "head", "exit"):
                for source in value.inputs:
                    self._join(self.place(value), self.place(source))
        stores: list[tuple[Place, ir.Expr]] = []
        for stmt in ir.statements(body):
            self._statement(stmt, versions, stores)
        for stmt in ir.statements(body):
            self._note_changes(stmt, versions)
        for place, value in stores:
            # An item of an array is a copy of what is stored, an item of a list is the object
            # itself: that matters only if the object changes in place afterwards.
            for source in sources(value, versions, self):
                if self._root(source) in self._mutated:
                    self._join(self.contents(place), source)
        self._mutated = {self._root(place) for place in self._mutated}
        parameters = {*(p.name for p in function.params), *function.captured}
        for value in versions.values:
            for part in self.parts(self.place(value)):
                names = self._sharing.setdefault(self._root(part), set())
                names.add(value.name)
                if value.kind == "param" and value.name in parameters:
                    names.add("the caller's")

    def _statement(
        self, stmt: ir.Stmt, versions: Versions, stores: list[tuple[Place, ir.Expr]]
    ) -> None:
        bound = versions.bound.get(stmt, {})
        if isinstance(stmt, ir.Assign) and stmt.display:
            return  # a `return`: nothing happens to its value any more
        if isinstance(stmt, ir.Assign):
            self._assigned(stmt.target, stmt.value, bound, versions, stores)
            if stmt.augmented and isinstance(stmt.target, ir.Name):
                assert isinstance(stmt.value, ir.Op) and isinstance(stmt.value.args[0], ir.Read)
                old = versions.of[stmt.value.args[0]]
                self._join(self.place(bound[stmt.target.name]), self.place(old))
        elif isinstance(stmt, ir.For):
            for name in ir.bound_names(stmt.target):
                for source in sources(stmt.iter, versions, self):
                    self._join(self.place(bound[name]), source)
                    self._join(self.place(bound[name]), self.contents(source))
        elif isinstance(stmt, (ir.Verbatim, ir.With)):
            for name in stmt.binds:
                for read in stmt.reads:
                    self._join(self.place(bound[name]), self.place(versions.of[read]))
        elif isinstance(stmt, ir.Match):
            for number in range(len(stmt.arms)):
                for value in versions.entered[stmt, number].values():
                    for source in sources(stmt.subject, versions, self):
                        self._join(self.place(value), source)
                        self._join(self.place(value), self.contents(source))
        for expr in ir.expressions(stmt):
            for node in ir.walk(expr):
                if isinstance(node, ir.Op) and node.callee in _STORES:
                    for base in sources(node.args[0], versions, self):
                        for source in sources(node.args[-1], versions, self):
                            self._join(self.contents(base), source)
                            if node.callee in ("list.extend", "dict.update"):
                                self._join(self.contents(base), self.contents(source))

    def _assigned(
        self,
        target: ir.Target,
        value: ir.Expr,
        bound: dict[str, Value],
        versions: Versions,
        stores: list[tuple[Place, ir.Expr]],
    ) -> None:
        if isinstance(target, ir.Item):
            # What is stored in an array is copied.
            if target.name in bound and not _is_array(bound[target.name]):
                stores.append((self.place(bound[target.name]), value))
        elif isinstance(target, ir.Unpack) and isinstance(value, ir.Read):
            source = self.place(versions.of[value])
            for i, part in enumerate(target.targets):
                places = [element(source, i)]
                if source not in self._unpacked:
                    places = [source, self.contents(source)]
                for name in ir.bound_names(part):
                    for place in places:
                        self._join(self.place(bound[name]), place)
        elif (
            isinstance(target, ir.Unpack)
            and isinstance(value, ir.Op)
            and value.callee in ("tuple", "list")
            and len(value.args) == len(target.targets)
        ):
            for part, part_value in zip(target.targets, value.args):
                self._assigned(part, part_value, bound, versions, stores)
        elif isinstance(target, ir.Name) and self.place(bound[target.name]) in self._unpacked:
            own = self.place(bound[target.name])
            parts = value.args if isinstance(value, ir.Op) and value.callee == "tuple" else ()
            for i, part_value in enumerate(parts):
                for source in sources(part_value, versions, self):
                    self._join(element(own, i), source)
            if not parts:
                for source in sources(value, versions, self):
                    self._join(own, source)
                    for i in range(self._unpacked[own]):
                        self._join(element(own, i), source)
        elif (
            isinstance(target, ir.Name)
            and isinstance(value, ir.Op)
            and (
                value.callee in ("list", "tuple", "dict", "object")
                or _moves_elements(value)
                or (value.callee == "numpy.ndarray.copy" and self._is_container(target.name, value))
            )
        ):
            own = self.place(bound[target.name])
            if value.callee == "numpy.ndarray.copy":
                for source in sources(value.args[0], versions, self):
                    self._join(self.contents(own), self.contents(source))
            for source in sources(value, versions, self):
                self._join(self.contents(own), source)
        else:
            for name in ir.bound_names(target):
                for source in sources(value, versions, self):
                    self._join(self.place(bound[name]), source)

    def _is_container(self, name: str, copied: ir.Op) -> bool:
        """Whether what is copied is a list or dictionary: the copy has the same elements."""
        return any(self.kinds.of(e) is not None for e in (ir.Read(name), copied.args[0]))

    def _note_changes(self, stmt: ir.Stmt, versions: Versions) -> None:
        bound = versions.bound.get(stmt, {})
        structural = {
            node.args[0].name
            for expr in ir.expressions(stmt)
            for node in ir.walk(expr)
            if isinstance(node, ir.Op)
            and node.callee in IN_PLACE
            and not node.callee.endswith("_part")
            and isinstance(node.args[0], ir.Read)
        }
        if isinstance(stmt, ir.Assign) and isinstance(stmt.target, ir.Item) and not stmt.augmented:
            # Another item of a list or dictionary: the one that was there stays as it is.
            if self.kinds.of(ir.Read(stmt.target.name)) is not None:
                structural.add(stmt.target.name)
        for name in mutations(stmt):
            if name in self.scalars or name not in bound:
                continue
            place = self.place(bound[name])
            self._mutated.add(self._root(place))
            if name in structural:
                self._changes.setdefault(stmt, []).append((name, place))
            else:
                # An element of a list may be changed in place as well.
                self._mutated.add(self._root(self.contents(place)))
                self._changes.setdefault(stmt, []).append((name, ("deep", place)))


def _contents(root: Place) -> Place:
    return ("contents", root)


def element(place: Place, position: int) -> Place:
    """What stands for one element of a tuple."""
    return ("element", place, position)


def _is_array(value: Value) -> bool:
    """Whether a value certainly is an array: NumPy made it."""
    seen: set[Value] = set()
    stack = [value]
    while stack:
        current = stack.pop()
        if current in seen:
            continue
        seen.add(current)
        if current.kind in ("mutated", "head", "join", "told", "exit") and current.inputs:
            stack.extend(current.inputs[:1] if current.kind == "mutated" else current.inputs)
        elif not (
            isinstance(current.expr, ir.Op)
            and current.expr.form is ir.Form.CALL
            and current.expr.callee.startswith("numpy.")
            and makes_new_value(current.expr)
        ):
            return False
    return True


def _only_unpacked(body: ir.Block, versions: Versions, aliases: Aliases) -> dict[Place, int]:
    """Values that are used by unpacking alone, like the record of a backward function."""
    counts: dict[Place, int] = {}
    unpacked: dict[Place, int] = {}
    for stmt in ir.statements(body):
        for expr in ir.expressions(stmt):
            for read in ir.reads(expr):
                place = aliases.place(versions.of[read])
                counts[place] = counts.get(place, 0) + 1
        if (
            isinstance(stmt, ir.Assign)
            and isinstance(stmt.target, ir.Unpack)
            and isinstance(stmt.value, ir.Read)
        ):
            place = aliases.place(versions.of[stmt.value])
            unpacked[place] = len(stmt.target.targets)
    for value in versions.values:
        if value.kind in ("join", "told", "head", "exit"):
            for source in value.inputs:
                counts[aliases.place(source)] = counts.get(aliases.place(source), 0) + 1
    return {place: n for place, n in unpacked.items() if counts[place] == 1}


def sources(expr: ir.Expr, versions: Versions, aliases: Aliases) -> Iterator[Place]:
    """The places that the value of an expression may share memory with."""
    if isinstance(expr, ir.Read):
        if expr.name not in aliases.scalars:
            yield aliases.place(versions.of[expr])
    elif isinstance(expr, ir.Opaque) or (isinstance(expr, ir.Call) and not expr.new):
        for child in ir.children(expr):
            yield from sources(child, versions, aliases)
    elif isinstance(expr, ir.Op):
        if expr.callee == "operator.getitem":
            # A part of an array is a view of it; what a list contains is another object.
            contains = aliases.kinds.of(expr.args[0]) is not None
            for place in sources(expr.args[0], versions, aliases):
                if not contains:
                    yield place
                yield aliases.contents(place)
        elif expr.callee == "list.pop" or _moves_elements(expr):
            first = expr.callee in ("list.pop", "tangent.repeated")
            for arg in expr.args[:1] if first else viewed(expr):
                for place in sources(arg, versions, aliases):
                    yield aliases.contents(place)
        elif expr.callee in ("dict.get", "dict.setdefault"):
            for place in sources(expr.args[0], versions, aliases):
                yield place
                yield aliases.contents(place)
            for arg in expr.args[2:]:
                yield from sources(arg, versions, aliases)
        elif expr.callee in ("select", "and", "or", "tuple", "list", "dict", "object"):
            for arg in expr.args:
                yield from sources(arg, versions, aliases)
        elif expr.callee != "list.append" and not makes_new_value(expr):
            for child in viewed(expr):
                yield from sources(child, versions, aliases)


# Operations that put an object, or those in it, into a list or dictionary.
_STORES = frozenset({"dict.setdefault", "dict.update"}) | {
    f"list.{n}" for n in ("append", "append_to_part", "extend", "insert", "set_part")
}
# Operations whose result is, or contains, an operand or an element of one.
_HANDS_ON = frozenset(
    {
        "and",
        "dict",
        "dict.get",
        "dict.setdefault",
        "list",
        "list.pop",
        "object",
        "operator.getitem",
        "or",
        "select",
        "tuple",
    }
)


def _moves_elements(op: ir.Op) -> bool:
    """Whether an operation gives a new container of the elements of others."""
    rule = registry.rule_for(op.callee)
    return rule is not None and rule.view and (rule.structural or op.callee == "builtins.sorted")


def joins_list(expr: ir.Expr, versions: Versions) -> bool:
    """Whether an operand is a list that is written out: ``+`` and ``*`` put its elements into
    another list."""
    if isinstance(expr, ir.Read):
        value = versions.of[expr]
        while value.kind in ("mutated", "head", "exit", "join") and value.inputs:
            value = value.inputs[0]
        return value.expr is not None and _is_display(value.expr)
    return _is_display(expr)


def _is_display(expr: ir.Expr) -> bool:
    return isinstance(expr, ir.Op) and expr.callee in ("list", "tuple")


def viewed(op: ir.Op) -> tuple[ir.Expr, ...]:
    """The operands that the value of an operation may be a view of."""
    rule = registry.rule_for(op.callee)
    if rule is None or not rule.inert:
        return ir.children(op)
    try:
        arguments = bind(rule, op).arguments
    except BindingError:
        return ir.children(op)
    inert = {arguments.get(p) for p in rule.inert}
    return tuple(c for c in ir.children(op) if c not in inert)


def makes_new_value(expr: ir.Expr) -> bool:
    """Whether an expression certainly gives an object of its own."""
    if not isinstance(expr, ir.Op):
        return isinstance(expr, ir.Const)
    if expr.callee in _HANDS_ON or _moves_elements(expr):
        return False
    if expr.callee == "tangent.stop_gradient":
        return False
    if expr.form is ir.Form.OPERATOR or registry.is_zero_gradient(expr.callee):
        return True
    if expr.callee.startswith("attribute."):
        return expr.detail[0] in INACTIVE_ATTRIBUTES
    if expr.callee == "numpy.einsum" and len(expr.args) == 2:
        return False  # of one array: "ij->ji" and "ii->i" are views
    rule = registry.rule_for(expr.callee)
    return rule is not None and not rule.view


def handed_on(expr: ir.Expr) -> Iterator[ir.Expr]:
    """The parts of an expression that its value may share memory with, and itself."""
    yield expr
    if isinstance(expr, ir.Op):
        rule = registry.rule_for(expr.callee)
        if (
            expr.callee in ("tuple", "list", "list.append", "operator.getitem")
            # Most helpers of derivative code may give back what they are given.
            or (expr.callee.startswith("tangent.") and expr.callee != "tangent.snapshot")
            or (rule is not None and rule.view)
        ):
            for arg in expr.args:
                yield from handed_on(arg)


def find_aliases(function: ir.Function, body: ir.Block) -> Aliases:
    """Which values of a function may share memory."""
    scalars = scalar_variables(function, body)
    aliases = Aliases(scalars, find_kinds(function, body))
    aliases._collect(function, body, find_versions(function, body, _ByName(scalars)))
    return aliases
