"""What names mean to a function that exists: its globals and closure cells are looked at.

The answer is the one the text gives (`tangent.resolve.static`) wherever the live object
agrees with it, so that a derivative made from a running program and one made from its text
are the same bytes. It differs where the program does: values in closure cells, names bound
conditionally, replaced at run time, or defined in an interactive session.

Nothing is imported, and no user code runs: modules are found in ``sys.modules`` and their
attributes in their dictionaries.
"""

from __future__ import annotations
import __future__

import functools
import linecache
import os
import sys
import sysconfig
import warnings
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import gast

from tangent.diagnostics import DerivativeError, Diagnostic
from tangent.resolve import classes
from tangent.resolve.static import LIBRARIES, Sources, StaticResolver, read_file
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
from tangent.rules.declare import ALIASES, SOURCES, ZERO_GRADIENT
from tangent.source.parse import assigned_lambda, qualified_name
from tangent.source.text import Span

# The attribute by which our decorators name the function they stand for.
PRIMAL_ATTRIBUTE = "__tangent_primal__"

# The file names under which `tangent.compile` registers the text of a derivative. Nobody else
# writes those texts, and their code is compiled in the scope of the primal, not as a module.
_GENERATED = "<tangent "

_MISSING = object()


def live_function(f: Any, session: LiveSession | None = None) -> FunctionSource:
    """The source of a Python function, in a module whose resolver knows what the function's
    free names are bound to.

    ``f`` is a function, a lambda or a method (its function is taken, with ``self`` as first
    argument). A function that our own decorators return stands for the one they were given,
    and one that ``functools.lru_cache`` returns for the one it calls. Any other decorator's
    result is what the decorator made of it.

    Raises `DerivativeError`: "no-source" if there is no source text, "source-changed" if the
    text is not the one that runs, "ambiguous-function" if it cannot be told which of several
    lambdas on one line is meant.
    """
    return (session or LiveSession()).function(plain_function(f))


def plain_function(f: Any) -> FunctionType:
    while True:
        primal = _attributes(f).get(PRIMAL_ATTRIBUTE)
        if primal is not None:
            f = primal
        elif isinstance(f, MethodType):
            f = f.__func__
        elif isinstance(f, (staticmethod, classmethod, functools._lru_cache_wrapper)):
            f = f.__wrapped__
        else:
            break
    if isinstance(f, FunctionType):
        return f
    name = getattr(f, "__qualname__", None) or type(f).__qualname__
    if isinstance(f, functools.partial):
        hint = "write a def that calls it with the fixed arguments"
    elif isinstance(f, type):
        hint = "differentiate a function that makes the object and uses it"
    elif isinstance(_attributes(type(f)).get("__call__"), FunctionType):
        hint = "differentiate its __call__ method"
    else:
        hint = f"differentiate a function of yours that calls it: lambda x: {name}(x)"
    raise _error("no-source", f"{name!r} is not a Python function with source", hint)


def _attributes(f: Any) -> Mapping[str, Any]:
    return getattr(f, "__dict__", None) or {}


def _error(
    code: str, message: str, hint: str, path: str = "<python>", line: int = 1
) -> DerivativeError:
    return DerivativeError([Diagnostic(code, message, path, Span(line, 0, line, 0), hint)])


# --- from a code object to the text that made it -------------------------------------------


def _text_of(function: FunctionType) -> str | None:
    """The whole text of the file, cell or example that a function was defined in."""
    path = function.__code__.co_filename
    if os.path.isfile(path):
        return read_file(path)  # linecache would change the line ends
    linecache.checkcache(path)
    lines = linecache.getlines(path, function.__globals__)
    return "".join(lines) if lines else None


@lru_cache(maxsize=32)
def _codes(path: str, text: str, flags: int) -> tuple[CodeType, ...]:
    """Every code object that the text compiles to; none if it does not compile by itself."""

    def inside(code: CodeType) -> Iterator[CodeType]:
        yield code
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                yield from inside(constant)

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return tuple(inside(compile(text, path, "exec", flags, dont_inherit=True)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()


_FUTURE_FLAGS = sum(getattr(__future__, n).compiler_flag for n in __future__.all_feature_names)


def _same_code(text: CodeType, running: CodeType) -> bool:
    return (
        text.co_code == running.co_code
        and text.co_names == running.co_names
        and text.co_varnames == running.co_varnames
        and text.co_freevars == running.co_freevars
        and len(text.co_consts) == len(running.co_consts)
        and all(map(_same_constant, text.co_consts, running.co_consts))
    )


def _same_constant(text: Any, running: Any) -> bool:
    if isinstance(text, CodeType) and isinstance(running, CodeType):
        return _same_code(text, running)
    # By repr, for -0.0 and nan; a set prints in no particular order.
    if isinstance(text, frozenset):
        return text == running
    return type(text) is type(running) and repr(text) == repr(running)


def _similar_code(text: CodeType, running: CodeType) -> bool:
    """Whether the running code may be the text's with its assertions rewritten (by pytest)."""

    def arguments(code: CodeType) -> tuple[str, ...]:
        return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]

    def numbers(code: CodeType) -> set[str]:
        return {repr(c) for c in code.co_consts if isinstance(c, (int, float, complex))}

    return (
        arguments(text) == arguments(running)
        and set(text.co_names) <= {*running.co_names, "AssertionError"}
        and numbers(text) <= numbers(running)
    )


_Placed = tuple[Any, tuple[Any, ...]]


@lru_cache(maxsize=32)
def _functions_by_line(tree: gast.Module) -> dict[tuple[int, str], list[_Placed]]:
    """Every ``def`` and ``lambda`` by first line and name, as code objects give them."""
    found: dict[tuple[int, str], list[_Placed]] = {}

    def visit(node: Any, parents: tuple[Any, ...]) -> None:
        if isinstance(node, (gast.FunctionDef, gast.AsyncFunctionDef)):
            line = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            found.setdefault((line, node.name), []).append((node, parents))
        elif isinstance(node, gast.Lambda):
            found.setdefault((node.lineno, "<lambda>"), []).append((node, parents))
        encloses = isinstance(node, (gast.stmt, gast.Lambda, gast.ExceptHandler, gast.match_case))
        inside = (*parents, node) if encloses else parents
        for child in gast.iter_child_nodes(node):
            visit(child, inside)

    visit(tree, ())
    return found


def _located(code: CodeType, module: ModuleSource) -> _Placed:
    """The definition that a running code object was compiled from.

    Raises `DerivativeError` unless the text at that place compiles to the same code.
    """
    source, path = module.source, code.co_filename
    line = code.co_firstlineno
    candidates = _functions_by_line(module.tree).get((line, code.co_name), [])
    if len(candidates) == 1 and path.startswith(_GENERATED):
        return candidates[0]
    changed = _error(
        "source-changed",
        f"the source of {_name_of(code)!r} in {path} is not the code that runs",
        "the file was changed after it was imported (import it again), "
        "or an import hook rewrites it",
        path,
        line,
    )
    if not candidates:
        raise changed
    flags = code.co_flags & _FUTURE_FLAGS
    compiled = _codes(path, source.text, flags)
    here = [c for c in compiled if (c.co_firstlineno, c.co_name) == (line, code.co_name)]
    # pytest rewrites assertions, so that a function with one never compares equal.
    asserts = any(isinstance(n, gast.Assert) for node, _ in candidates for n in gast.walk(node))
    same = _similar_code if asserts else _same_code
    if compiled and not any(same(c, code) for c in here):
        raise changed
    candidates = [c for c in candidates if _has_parameters_of(c[0], code)]
    if not candidates:
        raise changed
    if len(candidates) > 1:
        candidates = [c for c in candidates if _holds_positions_of(c[0], code)]
    if len(candidates) == 1:
        return candidates[0]
    raise _error(
        "ambiguous-function",
        f"line {line} has several lambdas, and it cannot be told which one is meant",
        "write them on lines of their own",
        path,
        line,
    )


def _name_of(code: CodeType) -> str:
    return getattr(code, "co_qualname", code.co_name)


def _has_parameters_of(node: Any, code: CodeType) -> bool:
    given = node.args
    names = [a.id for a in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    # Private names of a class are mangled in its code.
    count = code.co_argcount + code.co_kwonlyargcount
    return all(
        own == name or (name.startswith("__") and own.endswith(name))
        for own, name in zip(code.co_varnames[:count], names, strict=False)
    ) and count == len(names)


def _holds_positions_of(node: Any, code: CodeType) -> bool:
    """Whether every instruction comes from inside the node (Python 3.11 and later)."""
    positions = getattr(code, "co_positions", tuple)
    start, end = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)
    places = [p for p in positions() if None not in p and p[3] > 0]
    return bool(places) and all(start <= (p[0], p[2]) and (p[1], p[3]) <= end for p in places)


# --- libraries, by identity ----------------------------------------------------------------


@lru_cache(maxsize=1)
def _library_directories() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    names = [paths[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")]
    return tuple(os.path.join(os.path.abspath(p), "") for p in [*names, own])


@lru_cache(maxsize=512)
def is_library_path(path: str) -> bool:
    """Whether a file belongs to Python, an installed package or this engine."""
    if path.startswith("<frozen"):
        return True
    if path.startswith("<"):
        return False
    absolute = os.path.abspath(path)
    if {"site-packages", "dist-packages"} & set(absolute.split(os.sep)):
        return True
    return absolute.startswith(_library_directories())


def _denoted(dotted: str) -> Any:
    """The object of a dotted name, as far as it is loaded."""
    parts = dotted.split(".")
    for cut in range(len(parts), 0, -1):
        value: Any = sys.modules.get(".".join(parts[:cut]))
        if value is None:
            continue
        for part in parts[cut:]:
            # Dictionaries only: `getattr` may run a module's lazy imports.
            value = _attributes(value).get(part, _MISSING)
            if value is _MISSING:
                return _MISSING
        return value
    return _MISSING


def _own_library_name(value: Any) -> str | None:
    """The name an object of a library gives itself, if it is true."""
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    name = name or getattr(value, "__name__", None)
    if not isinstance(module, str) or not isinstance(name, str):
        return None
    loaded = sys.modules.get(module)
    if loaded is None or not _is_library_module(loaded):
        return None
    dotted = f"{module}.{name}"
    return dotted if _denoted(dotted) is value else None


def _is_library_module(module: ModuleType) -> bool:
    path = _attributes(module).get("__file__")
    if isinstance(path, str):
        return is_library_path(path) or not path.endswith(".py")
    first = module.__name__.partition(".")[0]
    return first in LIBRARIES and first != "__main__"


# --- the resolver --------------------------------------------------------------------------


class LiveSession:
    """The functions and modules seen while one derivative is made: each has one source."""

    def __init__(self) -> None:
        self.sources = Sources()
        self._functions: dict[int, tuple[FunctionType, FunctionSource]] = {}
        self._modules: dict[int, tuple[ModuleType, ModuleSource | None]] = {}
        self._classes: dict[int, tuple[type, ClassSource | None]] = {}

    def function(self, function: FunctionType) -> FunctionSource:
        """The source of a function object. Raises `DerivativeError` as `live_function`."""
        if id(function) not in self._functions:
            self._functions[id(function)] = (function, self._found(function))
        return self._functions[id(function)][1]

    def _found(self, function: FunctionType) -> FunctionSource:
        code = function.__code__
        text = _text_of(function)
        if text is None:
            raise _error(
                "no-source",
                f"the source text of {_name_of(code)!r} is not available",
                "define the function in a file or a notebook cell",
                code.co_filename,
                code.co_firstlineno,
            )
        written = self._written(code.co_filename, text, _name_of(code), code.co_firstlineno)
        node, parents = _located(code, written)
        static = written.resolver
        assert isinstance(static, StaticResolver)
        resolver = LiveResolver(self, static, function.__globals__, function)
        module = ModuleSource(written.source, written.tree, resolver, written.dotted)
        name = getattr(node, "name", None)
        if name is None:
            assigned = assigned_lambda(parents[-1])
            name = assigned[0] if assigned and assigned[1] is node else "lambda_"
        return FunctionSource(name, qualified_name(node, parents), node, module, parents)

    def _written(self, path: str, text: str, name: str, line: int) -> ModuleSource:
        try:
            return self.sources.module_for_path(path, text)
        except DerivativeError:
            raise _error(
                "source-changed",
                f"the source of {name!r} in {path} does not parse any more",
                "the file was changed after it was imported",
                path,
                line,
            ) from None

    def module(self, module: ModuleType) -> ModuleSource | None:
        """The source of a user's module; None for a library's, or if there is none."""
        if id(module) not in self._modules:
            self._modules[id(module)] = (module, self._module_source(module))
        return self._modules[id(module)][1]

    def _module_source(self, module: ModuleType) -> ModuleSource | None:
        if _is_library_module(module):
            return None
        path = _attributes(module).get("__file__")
        if isinstance(path, str):
            text = read_file(path)
            if text is None:
                return None
            try:
                written = self.sources.module_for_path(path, text)
            except DerivativeError:
                return None
        elif "__path__" in _attributes(module):  # a namespace package
            written = self.sources.module_for_path(f"<namespace {module.__name__}>", "")
        else:
            return None
        static = written.resolver
        assert isinstance(static, StaticResolver)
        resolver = LiveResolver(self, static, vars(module), None)
        return ModuleSource(written.source, written.tree, resolver, module.__name__)

    def class_source(self, cls: type, resolver: LiveResolver) -> ClassSource | None:
        """The source of a class that is defined at the top of a user's file; None if there is
        none. ``resolver`` is where the class was found."""
        if id(cls) not in self._classes:
            self._classes[id(cls)] = (cls, self._class_source(cls, resolver))
        return self._classes[id(cls)][1]

    def _class_source(self, cls: type, resolver: LiveResolver) -> ClassSource | None:
        static = resolver.static
        if cls.__module__ != resolver.module_name or static.module.path.startswith(_GENERATED):
            module = sys.modules.get(cls.__module__)
            source = self.module(module) if module is not None else None
            if source is None or not isinstance(source.resolver, LiveResolver):
                return None
            resolver, static = source.resolver, source.resolver.static
        symbol: Symbol | None = None
        for part in cls.__qualname__.split("."):
            symbol = static.lookup(part) if symbol is None else static.attribute(symbol, part)
        if not isinstance(symbol, UserClass):
            return None
        written = symbol.source
        if written.qualname != cls.__qualname__:
            return None
        module_source = ModuleSource(
            static.module.source, static.module.tree, resolver, static.module.dotted
        )

        def find(node: Any) -> FunctionSource | None:
            value = vars(cls).get(node.name)
            if isinstance(value, property):
                value = value.fget
            elif isinstance(value, functools.cached_property):
                value = value.func
            elif isinstance(value, (staticmethod, classmethod)):
                value = value.__func__
            if not isinstance(value, FunctionType):
                return None
            try:
                function = self.function(value)
            except DerivativeError:
                return None
            return function if function.node is node else None

        return ClassSource(written.name, written.qualname, written.node, module_source, find)

    @cached_property
    def library_names(self) -> dict[int, str]:
        """The functions that rules know, by identity."""
        names: dict[int, str] = {}
        rules = [rule.name for rule in registry.all_rules()]  # loads the aliases too
        for dotted in (*rules, *SOURCES, *sorted(ZERO_GRADIENT), *ALIASES):
            value = _denoted(dotted)
            if value is not _MISSING and callable(value):
                names.setdefault(id(value), dotted)
        return names


class LiveResolver:
    """What the free names of one function (or the names of one module) are bound to.

    See `tangent.resolve.symbols.Resolver`.
    """

    def __init__(
        self,
        session: LiveSession,
        static: StaticResolver,
        globals_: Mapping[str, Any],
        function: FunctionType | None,
    ):
        self._session = session
        self.static = static
        self._globals = globals_
        self.module_name = globals_.get("__name__")
        cells = (function.__closure__ or ()) if function is not None else ()
        names = function.__code__.co_freevars if function is not None else ()
        self._cells = dict(zip(names, cells, strict=True))

    def lookup(self, name: str) -> Symbol | None:
        """What the name is bound to: a closure cell, a global or a builtin. A name that is not
        bound yet means what the text says."""
        if name in self._cells:
            try:
                return self._symbol(name, self._cells[name].cell_contents, None)
            except ValueError:  # not bound yet
                return UserData(name)
        value = self._globals.get(name, _MISSING)
        if value is _MISSING:
            if self.static.is_bound(name):
                return self.static.lookup(name)
            value = _builtins_of(self._globals).get(name, _MISSING)
            if value is _MISSING:
                return None
        return self._symbol(name, value, self.static)

    def attribute(self, base: Symbol, name: str) -> Symbol | None:
        """What ``base.name`` means."""
        if isinstance(base, UserModule):
            resolver = base.module.resolver
            return resolver.lookup(name) if resolver.is_bound(name) else None
        if isinstance(base, UserClass):
            return classes.attribute(base.source, name)
        return self.static.attribute(base, name)

    def class_of(self, name: str) -> ClassSource | None:
        """The class of the object that the name is bound to."""
        value = self._globals.get(name, _MISSING)
        kind = type(value)
        if value is _MISSING or name in self._cells or kind.__module__ == "builtins":
            return None
        return self._session.class_source(kind, self)

    def aliases(self) -> Iterable[tuple[str, str]]:
        """(name in this module, dotted name) of every import that holds, those of an
        interactive session's earlier input included."""
        for name, dotted in self.static.aliases():
            symbol = self.lookup(name)
            if not isinstance(symbol, (Library, UserModule, UserFunction)):
                continue
            yield name, symbol.dotted if isinstance(symbol, Library) else dotted
        for name in sorted(self._globals):
            value = self._globals[name]
            if isinstance(value, ModuleType) and not self.static.is_bound(name):
                if not name.startswith("__"):
                    yield name, value.__name__

    def is_bound(self, name: str) -> bool:
        """Whether the name is bound by the text, or in the live namespace."""
        return name in self._cells or name in self._globals or self.static.is_bound(name)

    def _symbol(self, name: str, value: Any, static: StaticResolver | None) -> Symbol:
        if isinstance(value, ModuleType):
            module = self._session.module(value)
            return UserModule(module) if module else Library(value.__name__)
        if isinstance(value, type):
            source = self._session.class_source(value, self)
            if source is not None:
                return UserClass(source)
        primal = _attributes(value).get(PRIMAL_ATTRIBUTE) if callable(value) else None
        if primal is not None:
            return self._symbol(name, primal, static)
        if isinstance(value, FunctionType) and not is_library_path(value.__code__.co_filename):
            # What a decorator has wrapped is no longer what the text says, and what a function
            # has returned reads variables that no text names.
            same_text = static is None and value.__code__.co_filename.startswith(_GENERATED)
            if "__wrapped__" in _attributes(value) or (value.__closure__ and not same_text):
                return UserData(name)
            try:
                return UserFunction(self._session.function(value))
            except DerivativeError:
                return UserData(name)
        written = static.lookup(name) if static is not None else None
        if isinstance(written, Library) and _denoted(written.dotted) is value:
            return written
        if callable(value):
            dotted = self._session.library_names.get(id(value)) or _own_library_name(value)
            if dotted is not None:
                return Library(dotted)
        return UserData(name)


def _builtins_of(globals_: Mapping[str, Any]) -> Mapping[str, Any]:
    found = globals_.get("__builtins__", sys.modules["builtins"])
    return vars(found) if isinstance(found, ModuleType) else found
