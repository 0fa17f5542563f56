"""What a name can mean, and the interface that tells.

`Resolver` has two implementations: `tangent.resolve.static` reads import tables and
definitions from text and executes nothing; `tangent.resolve.live` starts from a function
object and looks at its globals and closure cells. Lowering cannot tell them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

import gast

from tangent.source.text import SourceText


@dataclass(frozen=True, slots=True)
class Library:
    """A module, function or constant outside the user's sources: ``numpy``, ``numpy.tanh``,
    ``builtins.abs``. Rules are keyed by this name."""

    dotted: str


@dataclass(frozen=True, slots=True)
class UserFunction:
    """A function whose source can be differentiated."""

    function: FunctionSource


@dataclass(frozen=True, slots=True)
class UserModule:
    """A module of the user's, whose source is at hand."""

    module: ModuleSource


@dataclass(frozen=True, slots=True)
class UserClass:
    """A class of the user's, whose text is at hand."""

    source: ClassSource


@dataclass(frozen=True, slots=True)
class UserData:
    """A name that is bound to something that is no function or class with source: a constant,
    a configuration object. It carries no derivative."""

    name: str


Symbol = Library | UserFunction | UserModule | UserClass | UserData


@dataclass(eq=False)
class ModuleSource:
    """One source file: its text, its tree, and what its names mean."""

    source: SourceText
    tree: gast.Module
    resolver: Resolver
    dotted: str | None = None  # the name it is imported by, where known

    @property
    def path(self) -> str:
        return self.source.path


@dataclass(eq=False)
class FunctionSource:
    """One function (``def`` or ``lambda``) in its module. Compared by identity; a resolver
    hands out the same object for the same function."""

    name: str
    qualname: str  # as Python writes it: "Class.method", "outer.<locals>.inner"
    node: Any  # gast.FunctionDef or gast.Lambda
    module: ModuleSource
    parents: tuple[Any, ...] = field(default=())  # enclosing gast nodes, outermost first
    # Parameters in the place of `*args` and `**kwargs`, if it is written for calls of one form.
    more: tuple[str, ...] | None = None
    more_keywords: tuple[str, ...] = ()
    # Of a method: the class that its object is taken to have, and whether the call looked the
    # method up in it (so that another class of object would mean another method).
    cls: ClassSource | None = None
    dispatched: bool = False
    # Whether it stands for calling the class, of which it is the ``__init__``.
    constructs: bool = False


@dataclass(eq=False)
class ClassSource:
    """One class in its module. Compared by identity; a resolver hands out the same object for
    the same class. See `tangent.resolve.classes`."""

    name: str
    qualname: str
    node: Any  # gast.ClassDef
    module: ModuleSource
    find: Callable[[Any], FunctionSource | None]  # the source of a ``def`` in its body
    # What `tangent.resolve.classes` has found out.
    order: tuple[ClassSource, ...] | None = None
    bindings: dict[str, list[Any]] | None = None


class Resolver(Protocol):
    """Answers what free names mean in one module (live: in one function of it)."""

    def lookup(self, name: str) -> Symbol | None:
        """What the name means at module level, builtins included; None if it is unknown."""
        ...

    def attribute(self, base: Symbol, name: str) -> Symbol | None:
        """What ``base.name`` means: ``numpy`` and ``tanh`` give ``numpy.tanh``."""
        ...

    def aliases(self) -> Iterable[tuple[str, str]]:
        """(name in this module, dotted name) of every import, such as ``("np", "numpy")``,
        so that generated code says ``np`` where the module does."""
        ...

    def class_of(self, name: str) -> ClassSource | None:
        """The class of the object that the name is bound to at module level, if it is known."""
        ...

    def is_bound(self, name: str) -> bool:
        """Whether the module binds the name at all, so that generated names avoid it."""
        ...
