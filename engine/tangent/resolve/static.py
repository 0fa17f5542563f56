"""What names mean, read from text alone. Nothing is imported and nothing is executed.

A module is indexed by its top-level statements: what binds each name, in source order. A name
means the last thing bound to it if that is certain (see `in_force`), and `UserData`, something
unknown, if it is not: wrong guesses here would become wrong derivatives.

Modules whose functions have derivative rules, and those of the standard library, are never
looked for among the user's files, whatever files lie next door: a user's own ``operator.py``
is imported from beside a script, but not from inside a package, and the text does not say
which of the two it is. A relative import is always the user's.
"""

from __future__ import annotations

import builtins
import math
import operator
import os
import re
import sys
import tokenize
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath
from typing import Any

import gast

from tangent.diagnostics import DerivativeError
from tangent.resolve import classes
from tangent.resolve.symbols import (
    ClassSource,
    FunctionSource,
    Library,
    ModuleSource,
    Symbol,
    UserClass,
    UserData,
    UserFunction,
    UserModule,
)
from tangent.rules import registry
from tangent.source.outline import recoverable_text
from tangent.source.parse import (
    Branch,
    Statement,
    get_function,
    in_force,
    parse_module,
    qualified_name,
    statements,
)
from tangent.source.text import SourceText

Read = Callable[[str], "str | None"]

LIBRARIES = frozenset({"numpy", "scipy", "tensorflow", "tangent"}) | sys.stdlib_module_names

# Decorators that leave a class the one that the text says.
CLASS_DECORATORS = frozenset(
    {"dataclasses.dataclass", "typing.final", "typing.runtime_checkable"}
    | {"functools.total_ordering"}
)

# Decorators that return the function they are given, or one that means the same: ours mark
# what they return with `__tangent_primal__`, which the live resolver follows.
TRANSPARENT_DECORATORS = frozenset(
    {
        "tangent.tangent",
        "tangent.grads.adjoint",
        "tangent.tangents.tangent_",
        "typing.final",
        "typing.no_type_check",
    }
)

_MODULE_NAMES = frozenset(
    {"__name__", "__file__", "__doc__", "__package__", "__spec__", "__loader__", "__builtins__"}
    | {"__path__", "__dict__", "__annotations__", "__cached__"}
)
# What ``from m import *`` brings, where that is fixed.
_STAR_NAMES: dict[str, frozenset[str]] = {
    "math": frozenset(n for n in dir(math) if not n.startswith("_")),
    "operator": frozenset(operator.__all__),
}


def read_file(path: str) -> str | None:
    """The text of a Python file, decoded as Python does; None if there is none to read."""
    try:
        with open(path, "rb") as file:
            encoding, _ = tokenize.detect_encoding(file.readline)
        # Line ends stay as they are: an editor counts them, and so do spans.
        with open(path, encoding=encoding, newline="") as file:
            return file.read()
    except (OSError, SyntaxError, ValueError):
        return None


class Sources:
    """The modules of one state of the world: found, parsed and indexed once each.

    Make a new one when a file has changed; what has not changed is not parsed again.
    """

    def __init__(self, read: Read | None = None, roots: Iterable[str] = ()):
        """``read`` gives the text of a path, or None (default: the file system); ``roots`` are
        directories that imports are looked up in, as on ``sys.path``."""
        self._read = read or read_file
        self._roots = tuple(roots)
        self._texts: dict[str, str | None] = {}
        self._modules: dict[str, ModuleSource | None] = {}
        # What is being resolved, and how often that ran into itself: what is found on the way
        # through a cycle of imports is no final answer.
        self.asked: set[tuple[int, str]] = set()
        self.cycles = 0

    def module_for_path(self, path: str, text: str) -> ModuleSource:
        """The module of a file whose text is given. The same text gives the same module.

        Raises `DerivativeError` if the text does not parse.
        """
        key = _key(path)
        known = self._modules.get(key)
        if known is None or known.source.text != text:
            source = SourceText(text, path)
            known = self._modules[key] = self._module(source, parse_module(source))
        return known

    def function(self, module: ModuleSource, qualname: str) -> FunctionSource:
        """A function of a module found here; see `StaticResolver.function`."""
        assert isinstance(module.resolver, StaticResolver)
        return module.resolver.function(qualname)

    def _module(self, source: SourceText, tree: gast.Module) -> ModuleSource:
        resolver = StaticResolver(self, source.path)
        module = ModuleSource(source, tree, resolver, self._dotted_name(source.path))
        resolver.module = module
        return module

    def _at(self, path: str) -> ModuleSource | None:
        """The module of a file, if there is one. Of a file that does not parse, the part that
        does."""
        key = _key(path)
        if key not in self._modules:
            text = self._text(path)
            self._modules[key] = None
            if text is not None:
                source = SourceText(text, path)
                try:
                    tree = parse_module(source)
                except DerivativeError:
                    tree = parse_module(SourceText(recoverable_text(source), path))
                self._modules[key] = self._module(source, tree)
        return self._modules[key]

    def _text(self, path: str) -> str | None:
        key = _key(path)
        if key not in self._texts:
            self._texts[key] = self._read(path)
        return self._texts[key]

    @staticmethod
    def _directory(path: str) -> str | None:
        """The directory of a file; None for a text that is no file."""
        if path.startswith("<") or re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", path):
            return None
        return os.path.dirname(path)

    def _package_root(self, directory: str) -> tuple[str, tuple[str, ...]]:
        """The directory that holds the outermost package around ``directory``, and the names
        of the packages from there."""
        names: list[str] = []
        while self._text(os.path.join(directory, "__init__.py")) is not None:
            absolute = os.path.abspath(directory)
            parent, name = os.path.split(absolute)
            if not name or not name.isidentifier():
                break
            names.insert(0, name)
            directory = parent
        return directory, tuple(names)

    def _dotted_name(self, path: str) -> str | None:
        directory = self._directory(path)
        if directory is None:
            return None
        _, packages = self._package_root(directory)
        stem = PurePath(path).stem
        return ".".join(packages if stem == "__init__" and packages else (*packages, stem))

    def _search_path(self, importing_path: str | None) -> list[str]:
        """In a package, imports start at the directory that holds the outermost package; the
        directory of the file itself counts last, as for a script."""
        directory = self._directory(importing_path) if importing_path is not None else None
        if directory is None:
            return list(self._roots)
        root, _ = self._package_root(directory)
        return list(dict.fromkeys([root, *self._roots, directory]))

    def find_module(
        self, dotted: str, importing_path: str | None = None, level: int = 0
    ) -> ModuleSource | None:
        """The user's module that an import names; None if it is a library's or not found.

        ``level`` counts the dots of a relative import; ``dotted`` may then be empty.
        """
        parts = dotted.split(".") if dotted else []
        if level:
            directory = self._directory(importing_path) if importing_path is not None else None
            if directory is None:
                return None
            for _ in range(level - 1):
                directory = os.path.dirname(os.path.abspath(directory))
            return self._below(directory, parts)
        if parts[0] in LIBRARIES:
            return None
        for directory in self._search_path(importing_path):
            if found := self._below(directory, parts):
                return found
        return None

    def _below(self, directory: str, parts: Sequence[str]) -> ModuleSource | None:
        base = os.path.join(directory, *parts)
        if package := self._at(os.path.join(base, "__init__.py")):
            return package
        return self._at(f"{base}.py") if parts else None

    def namespace(self, dotted: str, importing_path: str, level: int = 0) -> Namespace:
        """A directory without ``__init__.py`` that is imported from."""
        return Namespace(self, dotted, importing_path, level)

    def submodule(self, module: ModuleSource, name: str) -> ModuleSource | None:
        """The module ``name`` in the package ``module``."""
        if isinstance(module.resolver, Namespace):
            return module.resolver.submodule(name)
        if PurePath(module.path).stem != "__init__":
            return None
        return self._below(os.path.dirname(module.path), [name])


def _key(path: str) -> str:
    return path if path.startswith("<") else os.path.abspath(path)


class Namespace:
    """The resolver of a namespace package: it has submodules and no names of its own."""

    def __init__(self, sources: Sources, dotted: str, importing_path: str, level: int):
        self._sources = sources
        self._dotted = dotted
        self._importing_path = importing_path
        self._level = level

    @cached_property
    def module(self) -> ModuleSource:
        source = SourceText("", f"<namespace {self._dotted}>")
        return ModuleSource(source, parse_module(source), self, self._dotted)

    def submodule(self, name: str) -> ModuleSource | None:
        dotted = f"{self._dotted}.{name}" if self._dotted else name
        return self._sources.find_module(dotted, self._importing_path, self._level)

    def lookup(self, name: str) -> Symbol | None:
        return None

    def attribute(self, base: Symbol, name: str) -> Symbol | None:
        return None

    def aliases(self) -> Iterable[tuple[str, str]]:
        return ()

    def is_bound(self, name: str) -> bool:
        return False

    def class_of(self, name: str) -> ClassSource | None:
        return None


# --- the index of a module -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Binding:
    """One thing that binds a name at module level."""

    name: str
    statement: Statement
    kind: str  # "import", "from", "star", "def", "class", "alias", "lambda", "data"
    node: Any
    order: int

    @property
    def branch(self) -> Branch:
        return self.statement.branch

    @property
    def fallback(self) -> bool:
        return self.statement.fallback


@dataclass(frozen=True, slots=True)
class _Given:
    """A name that is there without a statement of its own: a builtin, or a star import's."""

    symbol: Symbol
    branch: Branch
    fallback: bool
    order: int


_MAYBE: Branch = ((0, "maybe"),)  # the branch of what may or may not happen


def _bindings(tree: gast.Module, text: str) -> Iterator[_Binding]:
    """What binds names at module level, in source order."""
    walrus = ":=" in text
    for order, statement in enumerate(statements(tree.body), start=1):
        for kind, name, node in _bound_by(statement.node, walrus):
            yield _Binding(name, statement, kind, node, order)
    if re.search(r"\bglobal\b", text):
        # A function that declares a name global may rebind it at any time.
        for name in _globals_of_functions(tree.body):
            nowhere = Statement(None, (), _MAYBE, False)
            yield _Binding(name, nowhere, "data", None, sys.maxsize)


def _bound_by(node: Any, walrus: bool) -> Iterator[tuple[str, str, Any]]:
    if isinstance(node, gast.Import):
        for alias in node.names:
            yield "import", alias.asname or alias.name.partition(".")[0], alias
    elif isinstance(node, gast.ImportFrom):
        for alias in node.names:
            if alias.name == "*":
                yield "star", "*", node
            else:
                yield "from", alias.asname or alias.name, (node, alias.name)
    elif isinstance(node, (gast.FunctionDef, gast.AsyncFunctionDef)):
        yield "def", node.name, node
    elif isinstance(node, gast.ClassDef):
        yield "class", node.name, node
    elif isinstance(node, (gast.Assign, gast.AnnAssign)):
        targets = node.targets if isinstance(node, gast.Assign) else [node.target]
        if node.value is None:
            return
        for target in targets:
            if isinstance(target, gast.Name):
                if isinstance(node.value, gast.Lambda) and len(targets) == 1:
                    yield "lambda", target.id, node.value
                elif _dotted(node.value) is not None:
                    yield "alias", target.id, node.value
                else:
                    yield "data", target.id, node.value
            else:
                for name in _target_names(target):
                    yield "data", name, None
    elif isinstance(node, (gast.Try, gast.TryStar)):
        for handler in node.handlers:
            if handler.name is not None:
                name = handler.name if isinstance(handler.name, str) else handler.name.id
                yield "data", name, None
    elif isinstance(node, gast.Match):
        for case in node.cases:
            for part in gast.walk(case.pattern):
                name = getattr(part, "name", None) or getattr(part, "rest", None)
                if isinstance(name, str):
                    yield "data", name, None
    else:
        for target in _other_targets(node):
            for name in _target_names(target):
                yield "data", name, None
    if walrus:
        for part in _own_expressions(node):
            if isinstance(part, gast.NamedExpr):
                yield "data", part.target.id, None


def _other_targets(node: Any) -> Iterator[Any]:
    if isinstance(node, (gast.For, gast.AsyncFor, gast.AugAssign)):
        yield node.target
    elif isinstance(node, (gast.With, gast.AsyncWith)):
        for item in node.items:
            if item.optional_vars is not None:
                yield item.optional_vars
    elif isinstance(node, gast.Delete):
        yield from node.targets
    elif isinstance(node, gast.TypeAlias):
        yield node.name


def _target_names(target: Any) -> Iterator[str]:
    if isinstance(target, gast.Name):
        yield target.id
    elif isinstance(target, gast.Starred):
        yield from _target_names(target.value)
    elif isinstance(target, (gast.Tuple, gast.List)):
        for element in target.elts:
            yield from _target_names(element)


def _own_expressions(node: Any) -> Iterator[Any]:
    """The expressions of a statement, without the statements inside it."""
    for child in gast.iter_child_nodes(node):
        if isinstance(child, gast.expr):
            yield from gast.walk(child)
        elif isinstance(child, (gast.withitem, gast.arguments)):
            yield from _own_expressions(child)


def _globals_of_functions(body: Sequence[Any]) -> Iterator[str]:
    for statement in statements(body):
        node = statement.node
        if isinstance(node, gast.Global):
            yield from node.names
        elif isinstance(node, (gast.FunctionDef, gast.AsyncFunctionDef, gast.ClassDef)):
            yield from _globals_of_functions(node.body)


def _dotted(node: Any) -> tuple[str, ...] | None:
    """The parts of ``a.b.c``; None for any other expression."""
    parts: list[str] = []
    while isinstance(node, gast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, gast.Name):
        return None
    return (node.id, *reversed(parts))


class StaticResolver:
    """What the names of one module mean. See `tangent.resolve.symbols.Resolver`."""

    module: ModuleSource  # set by `Sources` once it exists: the two refer to each other

    def __init__(self, sources: Sources, path: str):
        self._sources = sources
        self._path = path
        self._known: dict[str, Symbol | None] = {}
        self._functions: dict[int, FunctionSource] = {}
        self._classes: dict[int, ClassSource] = {}
        self._exported: frozenset[str] | None = None
        self._exporting = False

    # --- the interface ---------------------------------------------------------------------

    def lookup(self, name: str) -> Symbol | None:
        """What the name means at module level, builtins included; None if it is unknown."""
        if name in self._known:
            return self._known[name]
        sources, question = self._sources, (id(self), name)
        if question in sources.asked:  # defined by itself, through a cycle of imports
            sources.cycles += 1
            return UserData(name) if name in self._index else None
        sources.asked.add(question)
        cycles = sources.cycles
        symbol = self._resolved(name)
        sources.asked.discard(question)
        if sources.cycles == cycles or not sources.asked:
            self._known[name] = symbol
        return symbol

    def attribute(self, base: Symbol, name: str) -> Symbol | None:
        """What ``base.name`` means."""
        if isinstance(base, Library):
            dotted = f"{base.dotted}.{name}"
            return UserData(dotted) if dotted in self._patched else Library(dotted)
        if isinstance(base, UserModule):
            if base.module.resolver.is_bound(name):
                return base.module.resolver.lookup(name)
            submodule = self._sources.submodule(base.module, name)
            return UserModule(submodule) if submodule else None
        if isinstance(base, UserClass):
            return classes.attribute(base.source, name)
        if isinstance(base, UserData):
            return UserData(f"{base.name}.{name}")
        return None

    def class_of(self, name: str) -> ClassSource | None:
        """The class of ``name = Class(...)``, if that is all that is bound to the name."""
        bindings = self._index.get(name, [])
        if len(bindings) != 1 or bindings[0].kind != "data":
            return None
        value = bindings[0].node
        parts = _dotted(value.func) if isinstance(value, gast.Call) else None
        symbol = self._through(parts) if parts is not None else None
        return symbol.source if isinstance(symbol, UserClass) else None

    def class_source(self, node: Any, parents: Sequence[Any]) -> ClassSource:
        """The one `ClassSource` of a class of this module's tree."""
        if id(node) not in self._classes:
            inside = (*parents, node)
            self._classes[id(node)] = ClassSource(
                node.name,
                qualified_name(node, parents),
                node,
                self.module,
                lambda method: self.function_source(method, inside),
            )
        return self._classes[id(node)]

    def aliases(self) -> Iterable[tuple[str, str]]:
        """(name in this module, dotted name) of every import that holds."""
        for name, bindings in self._index.items():
            last = bindings[-1]
            if last.kind not in ("import", "from"):
                continue
            symbol = self.lookup(name)
            if isinstance(symbol, Library):
                yield name, symbol.dotted
            elif isinstance(symbol, UserModule) and symbol.module.dotted:
                yield name, symbol.module.dotted
            elif isinstance(symbol, UserFunction) and last.kind == "from":
                node, imported = last.node
                yield name, f"{'.' * node.level}{node.module or ''}.{imported}"

    def is_bound(self, name: str) -> bool:
        """Whether the module binds the name at all, by whatever means."""
        return name in self._index or any(self._brings(star, name) for star in self._stars)

    def function(self, qualname: str) -> FunctionSource:
        """A function of this module by its dotted name, nested ones and methods included.

        Raises `DerivativeError` if there is none, or more than one that could be meant.
        """
        node, parents = get_function(self.module.source, self.module.tree, qualname)
        return self.function_source(node, parents, qualname.rpartition(".")[2])

    def function_source(
        self, node: Any, parents: Sequence[Any] = (), name: str | None = None
    ) -> FunctionSource:
        """The one `FunctionSource` of a ``def`` or ``lambda`` of this module's tree. A lambda
        is called ``name``, the name it is assigned to."""
        known = self._functions.get(id(node))
        if known is None:
            qualname = qualified_name(node, parents)
            own: str = getattr(node, "name", None) or name or "lambda_"
            known = FunctionSource(own, qualname, node, self.module, tuple(parents))
            self._functions[id(node)] = known
        return known

    def exported(self) -> frozenset[str] | None:
        """The names that ``from this import *`` brings; None if they cannot be told."""
        listed = self._index.get("__all__")
        if listed is not None:
            value = listed[-1].node
            if len(listed) > 1 or not isinstance(value, (gast.List, gast.Tuple)):
                return None
            names = [getattr(element, "value", None) for element in value.elts]
            return frozenset(n for n in names if isinstance(n, str))
        if self._exported is not None:
            return self._exported
        if self._exporting:  # a cycle of star imports: the rest is found further out
            self._sources.cycles += 1
            return frozenset()
        self._exporting = True
        cycles = self._sources.cycles
        names = {n for n in self._index if not n.startswith("_")}
        try:
            for star in self._stars:
                brought = self._star_exports(star)
                if brought is None:
                    return None
                names |= brought
        finally:
            self._exporting = False
        if self._sources.cycles == cycles:
            self._exported = frozenset(names)
        return frozenset(names)

    # --- the index -------------------------------------------------------------------------

    @cached_property
    def _all_bindings(self) -> list[_Binding]:
        return list(_bindings(self.module.tree, self.module.source.text))

    @cached_property
    def _index(self) -> dict[str, list[_Binding]]:
        index: dict[str, list[_Binding]] = {}
        for binding in self._all_bindings:
            if binding.kind != "star":
                index.setdefault(binding.name, []).append(binding)
        return index

    @cached_property
    def _stars(self) -> list[_Binding]:
        return [b for b in self._all_bindings if b.kind == "star"]

    @cached_property
    def _patched(self) -> frozenset[str]:
        """Dotted names that the module's own statements assign to: ``np.tanh = ...``."""
        patched: set[str] = set()
        for statement in statements(self.module.tree.body):
            for target in getattr(statement.node, "targets", ()):
                parts = _dotted(target) if isinstance(target, gast.Attribute) else None
                if parts is not None:
                    base = self._through(parts[:-1])
                    if isinstance(base, Library):
                        patched.add(f"{base.dotted}.{parts[-1]}")
        return frozenset(patched)

    def _through(self, parts: Sequence[str]) -> Symbol | None:
        """What a dotted name means, patches aside."""
        symbol = self.lookup(parts[0])
        for part in parts[1:]:
            if symbol is None:
                return None
            if isinstance(symbol, Library):
                symbol = Library(f"{symbol.dotted}.{part}")
            else:
                symbol = self.attribute(symbol, part)
        return symbol

    def _resolved(self, name: str) -> Symbol | None:
        found: list[_Binding | _Given] = list(self._index.get(name, []))
        for star in self._stars:
            if (given := self._from_star(star, name)) is not None:
                found.append(given)
        if name in _MODULE_NAMES:
            found.append(_Given(UserData(name), (), False, 0))
        elif hasattr(builtins, name):
            found.append(_Given(Library(f"builtins.{name}"), (), False, 0))
        if not found:
            return None
        found.sort(key=lambda b: b.order)
        first, *others = [self._meaning(binding) for binding in in_force(found)]
        return first if all(other == first for other in others) else UserData(name)

    # --- what one binding means ------------------------------------------------------------

    def _meaning(self, binding: _Binding | _Given) -> Symbol:
        if isinstance(binding, _Given):
            return binding.symbol
        if binding.kind == "import":
            return self._imported_module(binding)
        if binding.kind == "from":
            return self._imported_name(binding)
        if binding.kind == "def":
            return self._defined(binding)
        if binding.kind == "lambda":
            parents = (*binding.statement.parents, binding.statement.node)
            return UserFunction(self.function_source(binding.node, parents, binding.name))
        if binding.kind == "class":
            return self._defined_class(binding)
        if binding.kind == "alias":
            return self._aliased(binding)
        return UserData(binding.name)

    def _imported_module(self, binding: _Binding) -> Symbol:
        alias = binding.node
        first = alias.name.partition(".")[0]
        wanted = alias.name if alias.asname else first
        if first in LIBRARIES:
            return Library(wanted)
        if module := self._sources.find_module(wanted, self._path):
            return UserModule(module)
        if wanted != alias.name and self._sources.find_module(alias.name, self._path):
            return UserModule(self._sources.namespace(wanted, self._path).module)
        return Library(wanted)

    def _imported_name(self, binding: _Binding) -> Symbol:
        node, name = binding.node
        dotted, level = node.module or "", node.level
        module = self._sources.find_module(dotted, self._path, level)
        if module is not None:
            return self.attribute(UserModule(module), name) or UserData(binding.name)
        # No such file: a namespace package, or a library.
        if submodule := self._sources.namespace(dotted, self._path, level).submodule(name):
            return UserModule(submodule)
        if level:
            return UserData(binding.name)
        return Library(f"{dotted}.{name}")

    def _defined(self, binding: _Binding) -> Symbol:
        if isinstance(binding.node, gast.AsyncFunctionDef):
            return UserData(binding.name)
        for decorator in binding.node.decorator_list:
            if isinstance(decorator, gast.Call):
                decorator = decorator.func
            parts = _dotted(decorator)
            symbol = self._through(parts) if parts is not None else None
            if not isinstance(symbol, Library) or symbol.dotted not in TRANSPARENT_DECORATORS:
                return UserData(binding.name)
        return UserFunction(self.function_source(binding.node, binding.statement.parents))

    def _defined_class(self, binding: _Binding) -> Symbol:
        for decorator in binding.node.decorator_list:
            parts = _dotted(decorator.func if isinstance(decorator, gast.Call) else decorator)
            symbol = self._through(parts) if parts is not None else None
            if not isinstance(symbol, Library) or symbol.dotted not in CLASS_DECORATORS:
                return UserData(binding.name)
        return UserClass(self.class_source(binding.node, binding.statement.parents))

    def _aliased(self, binding: _Binding) -> Symbol:
        """``tanh = np.tanh``: what the right side meant when the statement ran."""
        parts = _dotted(binding.node)
        assert parts is not None
        if any(b.order >= binding.order for b in self._index.get(parts[0], [])):
            return UserData(binding.name)
        symbol = self._through(parts)
        if isinstance(symbol, (Library, UserFunction, UserModule, UserClass)):
            # Whether a library's attribute is a constant (np.pi) is for the rules to say.
            return symbol
        return UserData(binding.name)

    def _star_exports(self, star: _Binding) -> frozenset[str] | None:
        """The names a star import brings; None if they cannot be told."""
        node = star.node
        module = self._sources.find_module(node.module or "", self._path, node.level)
        if module is not None:
            resolver = module.resolver
            return resolver.exported() if isinstance(resolver, StaticResolver) else None
        return _STAR_NAMES.get(node.module) if not node.level else None

    def _brings(self, star: _Binding, name: str) -> bool:
        """Whether a star import certainly brings the name."""
        exports = self._star_exports(star)
        return exports is not None and name in exports

    def _from_star(self, star: _Binding, name: str) -> _Given | None:
        """What a star import binds the name to, if it may bind it."""
        node = star.node
        exports = self._star_exports(star)
        if exports is not None and name not in exports:
            return None
        dotted = node.module or ""
        module = self._sources.find_module(dotted, self._path, node.level)
        if module is not None:
            symbol = self.attribute(UserModule(module), name)
            certain = exports is not None
        elif node.level or name.startswith("_"):
            return None
        else:
            symbol = Library(f"{dotted}.{name}")
            known = registry.rule_for(symbol.dotted) or registry.is_zero_gradient(symbol.dotted)
            certain = exports is not None or bool(known)
            if exports is None and hasattr(builtins, name):
                # Whether a library's own `abs` comes along depends on the library's version.
                if not certain:
                    return None
                certain = False
        if symbol is None:
            return None
        branch = star.branch if certain else (*star.branch, *_MAYBE)
        return _Given(symbol, branch, star.fallback, star.order)
