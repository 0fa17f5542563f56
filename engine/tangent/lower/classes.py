"""Which class the objects in a function have, as far as the text tells.

The text tells it of ``self``, of parameters with an annotation, of what a class is called for,
and of what comes from these: attributes, items of lists, results of functions. It is what the
text says and may not hold when it runs: whoever relies on it for more than a message checks it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gast

from tangent.resolve import classes
from tangent.resolve.symbols import ClassSource, Resolver, UserClass, UserFunction

if TYPE_CHECKING:
    from tangent.lower.lower import FunctionLowering

_SEQUENCES = frozenset(
    "list List tuple Tuple Sequence Iterable Iterator Collection MutableSequence".split()
)


@dataclass(frozen=True, slots=True)
class Kind:
    """An object of a class ("object"), the class itself ("class"), or a sequence of such."""

    kind: str
    cls: ClassSource | None = None
    items: Kind | None = None


class Kinds:
    """Answers for the expressions of one function."""

    def __init__(self, lowering: FunctionLowering):
        self.lowering = lowering
        self.resolver = lowering.resolver
        self._known: dict[int, Kind | None] = {}
        self._variables: dict[str, Kind | None] = {}

    def of(self, node: Any) -> Kind | None:
        """What an expression is; None if the text does not tell."""
        if id(node) not in self._known:
            self._known[id(node)] = None  # while it is being asked
            self._known[id(node)] = self._of(node)
        return self._known[id(node)]

    def object_class(self, node: Any) -> ClassSource | None:
        """The class of the object that an expression gives."""
        kind = self.of(node)
        return kind.cls if kind is not None and kind.kind == "object" else None

    def _of(self, node: Any) -> Kind | None:
        if isinstance(node, gast.Name):
            if node.id in self.lowering.locals:
                return self.variable(node.id)
            symbol = self.resolver.lookup(node.id)
            if isinstance(symbol, UserClass):
                return Kind("class", symbol.source)
            cls = self.resolver.class_of(node.id)
            return None if cls is None else Kind("object", cls)
        if isinstance(node, gast.Attribute):
            symbol = self._symbol(node)
            if isinstance(symbol, UserClass):
                return Kind("class", symbol.source)
            base = self.of(node.value)
            if base is not None and base.kind == "object" and base.cls is not None:
                return self.attribute(base.cls, node.attr)
        if isinstance(node, gast.Subscript):
            base = self.of(node.value)
            if base is not None and base.kind == "sequence":
                return base if isinstance(node.slice, gast.Slice) else base.items
        if isinstance(node, gast.Call):
            return self._call(node)
        if isinstance(node, gast.IfExp):
            return _agreed([self.of(node.body), self.of(node.orelse)])
        if isinstance(node, (gast.List, gast.Tuple)) and node.elts:
            items = _agreed([self.of(e) for e in node.elts])
            return None if items is None else Kind("sequence", items=items)
        if isinstance(node, (gast.ListComp, gast.GeneratorExp)):
            items = self.of(node.elt)
            return None if items is None else Kind("sequence", items=items)
        if isinstance(node, gast.BinOp):
            return self._operator(node)
        return None

    def _symbol(self, node: Any) -> Any:
        root = node
        while isinstance(root, gast.Attribute):
            root = root.value
        if isinstance(root, gast.Name) and root.id not in self.lowering.locals:
            return classes.dotted_symbol(node, self.resolver)
        return None

    def _call(self, node: Any) -> Kind | None:
        func = node.func
        if is_super(func):
            return None
        callee = self.of(func)
        if callee is not None and callee.kind == "class":
            return Kind("object", callee.cls)
        if callee is not None and callee.kind == "object" and callee.cls is not None:
            return self._result_of(callee.cls, "__call__")
        if isinstance(func, gast.Attribute):
            base = self.of(func.value)
            if base is not None and base.cls is not None:
                return self._result_of(base.cls, func.attr)
        symbol = self._symbol(func) if isinstance(func, (gast.Name, gast.Attribute)) else None
        if isinstance(symbol, UserFunction):
            return self.lowering.program.scope(symbol.function).kinds.result()
        dotted = getattr(symbol, "dotted", "")
        if dotted in ("builtins.list", "builtins.tuple", "builtins.reversed", "builtins.sorted"):
            kind = self.of(node.args[0]) if len(node.args) == 1 else None
            return kind if kind is not None and kind.kind == "sequence" else None
        if dotted == "dataclasses.replace" and node.args:
            return self.of(node.args[0])
        return None

    def _operator(self, node: Any) -> Kind | None:
        cls = self.object_class(node.left)
        name = OPERATOR_METHODS.get(type(node.op))
        return None if cls is None or name is None else self._result_of(cls, f"__{name}__")

    def _result_of(self, cls: ClassSource, name: str) -> Kind | None:
        member = classes.find_member(cls, name)
        if member is None:
            return Kind("object", cls) if name == "_replace" else None
        if member.kind not in ("method", "static", "class"):
            return None
        function = member.function()
        if function is None:
            return None
        source = self.lowering.program.method(function, cls)
        return self.lowering.program.scope(source).kinds.result()

    def result(self) -> Kind | None:
        """What the function itself returns."""
        node = self.lowering.node
        if isinstance(node, gast.Lambda):
            return self.of(node.body)
        if node.returns is not None:
            return self.annotated(node.returns)
        returned = [n.value for n in self.lowering.own if isinstance(n, gast.Return)]
        return _agreed([None if v is None else self.of(v) for v in returned])

    # --- variables ---------------------------------------------------------------------------

    def variable(self, name: str) -> Kind | None:
        """What a variable of the function holds, wherever it is bound."""
        if name not in self._variables:
            self._variables[name] = None
            self._variables[name] = _agreed(list(self._bound(name)))
        return self._variables[name]

    def _bound(self, name: str) -> Iterator[Kind | None]:
        lowering = self.lowering
        if name in lowering.parameters:
            yield self._parameter(name)
        elif name in lowering.captured:
            yield None
        covered = 0
        for node in lowering.own:
            if isinstance(node, gast.Assign):
                for target in node.targets:
                    if isinstance(target, gast.Name) and target.id == name:
                        covered += 1
                        yield self.of(node.value)
            elif isinstance(node, gast.AnnAssign):
                if isinstance(node.target, gast.Name) and node.target.id == name:
                    covered += 1
                    yield self.annotated(node.annotation)
            elif isinstance(node, gast.For):
                found = _item_in(node.target, node.iter, name)
                if found is not None:
                    covered += 1
                    kind = self.of(found)
                    yield kind.items if kind is not None and kind.kind == "sequence" else None
        if covered != lowering.stores.get(name, 0):
            yield None

    def _parameter(self, name: str) -> Kind | None:
        lowering = self.lowering
        if lowering.cls is not None and lowering.parameters[0] == name:
            if lowering.receives == "method":
                return Kind("object", lowering.cls)
            if lowering.receives == "class":
                return Kind("class", lowering.cls)
        arguments = lowering.node.args
        for node in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            if node.id == name and node.annotation is not None:
                return self.annotated(node.annotation)
        return None

    def annotated(self, node: Any) -> Kind | None:
        """What an annotation promises."""
        return annotated(node, self.resolver, self.lowering.cls)

    # --- attributes --------------------------------------------------------------------------

    def attribute(self, cls: ClassSource, name: str) -> Kind | None:
        """What an attribute of an object of a class is."""
        program = self.lowering.program
        key = (cls, name)
        if key not in program.attribute_kinds:
            program.attribute_kinds[key] = None
            program.attribute_kinds[key] = _agreed(list(self._assigned(cls, name)))
        return program.attribute_kinds[key]

    def _assigned(self, cls: ClassSource, name: str) -> Iterator[Kind | None]:
        program = self.lowering.program
        member = classes.find_member(cls, name)
        if member is not None and member.kind == "property":
            yield self._property(cls, member)
            return
        if member is not None and isinstance(member.node, gast.AnnAssign):
            yield annotated(member.node.annotation, member.owner.module.resolver, cls)
            return
        for owner, node in classes.methods(cls):
            if not any(_is_own(n, name) for n in gast.walk(node)):
                continue
            function = owner.find(node)
            if function is None:
                yield None
                continue
            inner = program.scope(program.method(function, cls))
            yield from inner.kinds._own_assignments(name)

    def _own_assignments(self, name: str) -> Iterator[Kind | None]:
        """What the function assigns to ``self.name``."""
        for node in self.lowering.own:
            if isinstance(node, gast.Assign):
                if any(_is_own(t, name) for t in node.targets):
                    empty = isinstance(node.value, (gast.List, gast.Tuple)) and not node.value.elts
                    if not _is_none(node.value) and not empty:
                        yield self.of(node.value)
            elif isinstance(node, gast.AnnAssign) and _is_own(node.target, name):
                yield self.annotated(node.annotation)
            elif (
                isinstance(node, gast.Call)
                and isinstance(node.func, gast.Attribute)
                and node.func.attr == "append"
                and _is_own(node.func.value, name)
                and len(node.args) == 1
            ):
                items = self.of(node.args[0])
                yield None if items is None else Kind("sequence", items=items)

    def _property(self, cls: ClassSource, member: classes.Member) -> Kind | None:
        function = member.function()
        if function is None:
            return None
        program = self.lowering.program
        return program.scope(program.method(function, cls)).kinds.result()


# The methods that operators call, by operator.
OPERATOR_METHODS = {
    gast.Add: "add",
    gast.Sub: "sub",
    gast.Mult: "mul",
    gast.Div: "truediv",
    gast.FloorDiv: "floordiv",
    gast.Mod: "mod",
    gast.Pow: "pow",
    gast.MatMult: "matmul",
    gast.USub: "neg",
    gast.UAdd: "pos",
}


def is_super(node: Any) -> bool:
    """Whether an expression is ``super()``."""
    return (
        isinstance(node, gast.Call)
        and isinstance(node.func, gast.Name)
        and node.func.id == "super"
        and not node.args
        and not node.keywords
    )


def annotated(node: Any, resolver: Resolver, own: ClassSource | None) -> Kind | None:
    """What an annotation promises; ``own`` is the class it stands in."""
    if isinstance(node, gast.Constant) and isinstance(node.value, str):
        try:
            node = gast.parse(node.value, mode="eval").body
        except (SyntaxError, ValueError):
            return None
    if isinstance(node, (gast.Name, gast.Attribute)):
        symbol = classes.dotted_symbol(node, resolver)
        if isinstance(symbol, UserClass):
            return Kind("object", symbol.source)
        if own is not None and getattr(node, "id", getattr(node, "attr", "")) == "Self":
            return Kind("object", own)
    if isinstance(node, gast.Subscript):
        name = getattr(node.value, "id", None) or getattr(node.value, "attr", "")
        inner = node.slice
        if name in _SEQUENCES:
            parts = inner.elts if isinstance(inner, gast.Tuple) else [inner]
            wanted = [p for p in parts if not _is_ellipsis(p)]
            items = _agreed([annotated(p, resolver, own) for p in wanted])
            return None if items is None else Kind("sequence", items=items)
        if name == "Optional":
            return annotated(inner, resolver, own)
    if isinstance(node, gast.BinOp) and isinstance(node.op, gast.BitOr):
        sides = [s for s in (node.left, node.right) if not _is_none(s)]
        return annotated(sides[0], resolver, own) if len(sides) == 1 else None
    return None


def _agreed(kinds: list[Kind | None]) -> Kind | None:
    """The one kind that all of them are."""
    return kinds[0] if kinds and all(k == kinds[0] for k in kinds) else None


def _is_own(node: Any, name: str) -> bool:
    """Whether a node is ``self.name``."""
    return (
        isinstance(node, gast.Attribute)
        and node.attr == name
        and isinstance(node.value, gast.Name)
        and node.value.id == "self"
    )


def _is_none(node: Any) -> bool:
    return isinstance(node, gast.Constant) and node.value is None


def _is_ellipsis(node: Any) -> bool:
    return isinstance(node, gast.Constant) and node.value is Ellipsis


def _item_in(target: Any, iterable: Any, name: str) -> Any:
    """The sequence whose items a ``for`` binds to a variable."""
    if isinstance(target, gast.Name):
        return iterable if target.id == name else None
    if not isinstance(target, gast.Tuple) or not isinstance(iterable, gast.Call):
        return None
    callee = getattr(iterable.func, "id", "")
    if callee == "enumerate" and len(target.elts) == 2 and iterable.args:
        return _item_in(target.elts[1], iterable.args[0], name)
    if callee == "zip" and len(iterable.args) == len(target.elts):
        for part, sequence in zip(target.elts, iterable.args):
            found = _item_in(part, sequence, name)
            if found is not None:
                return found
    return None
