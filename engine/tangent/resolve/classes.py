"""What a class of the user's consists of, from its text: its bases, its methods, its fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gast

from tangent.resolve.symbols import (
    ClassSource,
    FunctionSource,
    Library,
    Symbol,
    UserClass,
    UserData,
    UserFunction,
)

# Bases that add nothing which a derivative would have to know.
_EMPTY_BASES = frozenset(
    {"builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol", "typing.NamedTuple"}
)
_PROPERTIES = frozenset({"builtins.property"})
_IGNORED = frozenset({"abc.abstractmethod", "typing.final", "typing.override"})
# Methods with which a class decides itself what an attribute is.
_HOOKS = ("__getattr__", "__getattribute__", "__setattr__", "__delattr__", "__new__")


@dataclass(frozen=True, slots=True)
class Member:
    """A name that a class body binds. ``kind`` is "method", "static", "class" (a class method),
    "property", "data" or "unknown"."""

    kind: str
    owner: ClassSource
    node: Any

    def function(self) -> FunctionSource | None:
        """The source of a method."""
        return self.owner.find(self.node)


def symbol_of(node: Any, cls: ClassSource) -> Symbol | None:
    """What a dotted name means in the file of a class."""
    return dotted_symbol(node, cls.module.resolver)


def dotted_symbol(node: Any, resolver: Any) -> Symbol | None:
    """What a dotted name means at module level."""
    if isinstance(node, gast.Name):
        return resolver.lookup(node.id)
    if isinstance(node, gast.Attribute):
        base = dotted_symbol(node.value, resolver)
        return None if base is None else resolver.attribute(base, node.attr)
    return None


def linearized(cls: ClassSource) -> tuple[ClassSource, ...] | None:
    """The user's classes in the order in which attributes are looked up; None if a base is
    not known, or if the class decides itself what an attribute is."""
    if cls.order is None:
        cls.order = ()  # a class among its own bases
        cls.order = _linearized(cls)
    return cls.order or None


def _linearized(cls: ClassSource) -> tuple[ClassSource, ...]:
    if any(k.arg != "metaclass" or _name_of(k.value) != "ABCMeta" for k in cls.node.keywords):
        return ()
    bases: list[ClassSource] = []
    for node in cls.node.bases:
        if isinstance(node, gast.Subscript):
            node = node.value
        symbol = symbol_of(node, cls)
        if isinstance(symbol, UserClass):
            bases.append(symbol.source)
        elif not (isinstance(symbol, Library) and symbol.dotted in _EMPTY_BASES):
            return ()
    orders = [list(linearized(base) or ()) for base in bases]
    if not all(orders):
        return ()
    if any(name in _bound(cls) for name in _HOOKS):
        return ()
    merged = _merged([*orders, bases])
    return () if merged is None else (cls, *merged)


def _merged(sequences: list[list[ClassSource]]) -> list[ClassSource] | None:
    """The linearization of C3."""
    out: list[ClassSource] = []
    while sequences := [s for s in sequences if s]:
        for sequence in sequences:
            first = sequence[0]
            if not any(first in other[1:] for other in sequences):
                break
        else:
            return None
        out.append(first)
        sequences = [s[1:] if s[0] is first else s for s in sequences]
    return out


def _bound(cls: ClassSource) -> dict[str, list[Any]]:
    """What the class body binds, by name."""
    if cls.bindings is None:
        cls.bindings = {}
        for node in cls.node.body:
            names: list[str] = []
            if isinstance(node, (gast.FunctionDef, gast.AsyncFunctionDef, gast.ClassDef)):
                names = [node.name]
            elif isinstance(node, gast.Assign):
                names = [n.id for t in node.targets for n in gast.walk(t) if _is_name(n)]
            elif isinstance(node, gast.AnnAssign) and _is_name(node.target):
                names = [node.target.id]
            elif not isinstance(node, (gast.Pass, gast.Expr)):
                names = [n.id for n in gast.walk(node) if _is_stored(n)]
            for name in names:
                cls.bindings.setdefault(name, []).append(node)
    return cls.bindings


def _is_name(node: Any) -> bool:
    return isinstance(node, gast.Name)


def _is_stored(node: Any) -> bool:
    return isinstance(node, gast.Name) and isinstance(node.ctx, gast.Store)


def _name_of(node: Any) -> str:
    return getattr(node, "id", None) or getattr(node, "attr", "")


def find_member(cls: ClassSource, name: str, after: ClassSource | None = None) -> Member | None:
    """What ``name`` is in the class or, if it is inherited, in one of its bases; with ``after``
    in those that come after that class, as for ``super()``."""
    order = linearized(cls) or ()
    if after is not None:
        if after not in order:
            return None
        order = order[order.index(after) + 1 :]
    for owner in order:
        nodes = _bound(owner).get(name)
        if nodes:
            return Member(_kind(nodes, owner), owner, nodes[0])
    return None


def _kind(nodes: list[Any], owner: ClassSource) -> str:
    node = nodes[0]
    if isinstance(node, (gast.Assign, gast.AnnAssign)) and len(nodes) == 1:
        return "data"
    if not isinstance(node, gast.FunctionDef):
        return "unknown"
    kind = "method"
    for decorator in node.decorator_list:
        symbol = symbol_of(decorator, owner)
        dotted = symbol.dotted if isinstance(symbol, Library) else ""
        if dotted in _PROPERTIES:
            kind = "property"
        elif dotted in ("builtins.staticmethod", "builtins.classmethod"):
            kind = dotted.removeprefix("builtins.").removesuffix("method")
        elif dotted not in _IGNORED:
            return "unknown"
    if kind != "property" and len(nodes) > 1:
        return "unknown"
    return kind


def methods(cls: ClassSource) -> list[tuple[ClassSource, Any]]:
    """Every function definition in the class and its bases, with the class it is in."""
    return [
        (owner, node)
        for owner in linearized(cls) or ()
        for node in owner.node.body
        if isinstance(node, gast.FunctionDef)
    ]


def is_dataclass(cls: ClassSource) -> bool:
    """Whether the class itself is decorated as a dataclass."""
    for decorator in cls.node.decorator_list:
        node = decorator.func if isinstance(decorator, gast.Call) else decorator
        symbol = symbol_of(node, cls)
        if isinstance(symbol, Library) and symbol.dotted == "dataclasses.dataclass":
            return True
    return False


def is_field(cls: ClassSource, name: str) -> bool:
    """Whether an attribute certainly is stored in the objects of the class."""
    member = find_member(cls, name)
    if member is None:
        return any(assigns(node, name) for _, node in methods(cls))
    if member.kind != "data" or not isinstance(member.node, gast.AnnAssign):
        return False
    if "ClassVar" in {_name_of(n) for n in gast.walk(member.node.annotation)}:
        return False
    return (
        member.node.value is None
        or is_dataclass(member.owner)
        or constructor_fields(member.owner) is not None
    )


def assigns(method: Any, name: str) -> bool:
    """Whether a method assigns to ``self.name``."""
    return any(
        isinstance(n, gast.Attribute)
        and n.attr == name
        and isinstance(n.ctx, gast.Store)
        and isinstance(n.value, gast.Name)
        and n.value.id == "self"
        for n in gast.walk(method)
    )


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a dataclass or a named tuple, as its constructor takes it."""

    name: str
    default: Any  # gast node or None
    keyword: bool = False


def constructor_fields(cls: ClassSource) -> list[Field] | None:
    """The fields that calling a dataclass or a named tuple sets, in order; None if it does
    anything else."""
    order = linearized(cls)
    if order is None or any(n in _bound(c) for c in order for n in ("__init__", "__post_init__")):
        return None
    if any(symbol_of(b, cls) == Library("typing.NamedTuple") for b in cls.node.bases):
        return _fields_in(cls, False) if len(order) == 1 else None
    fields: dict[str, Field] = {}
    for owner in reversed(order):
        options = _dataclass_options(owner)
        own = None if options is None else _fields_in(owner, "kw_only" in options)
        if own is None or options is None or "init" in options:
            return None
        fields.update((f.name, f) for f in own)
    return sorted(fields.values(), key=lambda f: f.keyword)


def _dataclass_options(cls: ClassSource) -> set[str] | None:
    """The options of the decorator that are not off; None if the class is no dataclass."""
    for decorator in cls.node.decorator_list:
        node = decorator.func if isinstance(decorator, gast.Call) else decorator
        symbol = symbol_of(node, cls)
        if isinstance(symbol, Library) and symbol.dotted == "dataclasses.dataclass":
            given = decorator.keywords if isinstance(decorator, gast.Call) else []
            return {
                k.arg
                for k in given
                if (k.arg == "init") is not bool(getattr(k.value, "value", False))
            }
    return None


def _fields_in(cls: ClassSource, keyword: bool) -> list[Field] | None:
    fields: list[Field] = []
    for node in cls.node.body:
        if not isinstance(node, gast.AnnAssign) or not _is_name(node.target):
            continue
        names = {_name_of(n) for n in gast.walk(node.annotation)}
        if names & {"KW_ONLY", "InitVar"} or isinstance(node.annotation, gast.Constant):
            return None
        if "ClassVar" in names:
            continue
        value = node.value
        if isinstance(value, gast.Call) and _name_of(value.func) == "field":
            options = {k.arg for k in value.keywords}
            if options & {"init", "kw_only"} or value.args:
                return None
        fields.append(Field(node.target.id, value, keyword))
    return fields


def attribute(cls: ClassSource, name: str) -> Symbol | None:
    """What ``Class.name`` means."""
    member = find_member(cls, name)
    if member is not None and member.kind in ("method", "static"):
        function = member.function()
        if function is not None:
            return UserFunction(function)
    return UserData(f"{cls.name}.{name}")
