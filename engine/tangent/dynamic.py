"""Derivatives of functions that are only known when a derivative runs.

Which function a parameter holds, or an item of a dictionary, the text does not tell. Then
derivative code asks here, and calls what it gets: functions with readable source, made by the
same engine from the function object, so that they can be differentiated again.
"""

from __future__ import annotations

import ast
import functools
import itertools
import linecache
import types
import weakref
from collections.abc import Callable
from typing import Any

from tangent.compile import bind
from tangent.diagnostics import DerivativeError, Diagnostic
from tangent.engine import differentiate_called
from tangent.lower.functions import Definitions, FunctionValue
from tangent.resolve.live import is_library_path, live_function, plain_function
from tangent.resolve.symbols import UserData
from tangent.source.text import Span

_Function = Callable[..., Any]

_counter = itertools.count(1)
# What was made, by function and pattern, for as long as the function lives.
_made: weakref.WeakKeyDictionary[Any, dict[Any, tuple[_Function, ...]]] = (
    weakref.WeakKeyDictionary()
)


def derivative_pair(f: _Function, pattern: str = "x") -> tuple[_Function, _Function]:
    """A forward and a backward function for calls of ``f``.

    ``pattern`` shows the call: the arguments that carry a derivative have names, the others
    are ``_``: ``"x, _, scale=w"``. The forward function takes what ``f`` takes and returns the
    result and a record; the backward function takes the record and the cotangent of the result,
    and returns the cotangents of the named arguments, in their order (one alone as it is).

    Raises DerivativeError if ``f`` has neither source nor a rule, or cannot be differentiated.
    """
    forward, backward = _functions(f, pattern, "reverse")
    return forward, backward


def with_tangent(f: _Function, pattern: str = "x") -> _Function:
    """A function that computes result and tangent for calls of ``f``.

    ``pattern`` is as in `derivative_pair`. The function takes all arguments by position, those
    that ``f`` takes by name last, then a tangent for each named one, and returns two values.

    Raises DerivativeError as `derivative_pair`.
    """
    (function,) = _functions(f, pattern, "forward")
    return function


def _functions(f: Any, pattern: str, mode: str) -> tuple[_Function, ...]:
    try:
        known = _made.setdefault(f, {})
    except TypeError:  # it cannot be a key, or cannot be referred to weakly
        known = {}
    if (pattern, mode) not in known:
        arguments = [_Argument(part) for part in pattern.split(",")]
        known[pattern, mode] = _make(_python_function(f, arguments), arguments, mode)
    return known[pattern, mode]


class _Argument:
    """One argument of a pattern: its keyword, if any, and whether it carries a derivative."""

    def __init__(self, part: str):
        self.keyword, _, name = part.strip().rpartition("=")
        self.active = name != "_"


def _make(
    primal: types.FunctionType, arguments: list[_Argument], mode: str
) -> tuple[_Function, ...]:
    """The functions for calls of this pattern, as text in the scope of the function."""
    source = live_function(primal)
    node = source.node.args
    names = [a.id for a in (*node.posonlyargs, *node.args)]
    by_name = {a.id for a in (*node.args, *node.kwonlyargs)}
    definitions = Definitions()
    if definitions.forwards(source.node):
        positional = sum(not a.keyword for a in arguments)
        extra = max(0, positional - len(names)) if node.vararg else 0
        keywords = tuple(a.keyword for a in arguments if a.keyword and a.keyword not in by_name)
        value = FunctionValue(source)
        source = definitions.spread(value, extra, keywords if node.kwarg else ()).function
        assert source is not None
        names += source.more or ()
        by_name.update(source.more_keywords)
    # Where the cotangent of each active argument is found: a parameter, a position in `*args`.
    places: list[tuple[str, int | None]] = []
    for i, argument in enumerate(arguments):
        if argument.keyword:
            if argument.active and argument.keyword not in by_name:
                raise _refusal(
                    f"cannot differentiate the call of `{source.name}` with respect to"
                    f" `{argument.keyword}`, which it takes by `**`",
                    "name its parameters",
                )
            place: tuple[str, int | None] = argument.keyword, None
        elif i < len(names):
            place = names[i], None
        elif node.vararg is not None:
            place = node.vararg.id, i - len(names)
        else:
            place = "", None  # an error when it is called, as for the function itself
        if argument.active:
            places.append(place)
    active = tuple(dict.fromkeys(p for p, _ in places))
    text, pair = differentiate_called(source, active, mode)
    if mode == "forward":
        adapted, text = _with_tangents_by_position(text, pair, arguments, places, names)
        return (_compiled(text, adapted, primal, pair.forward),)
    backward = pair.backward
    if any(index is not None for _, index in places):
        backward, text = _cotangents_of_star(text, pair, active, places)
    return (
        _compiled(text, pair.forward, primal, pair.forward),
        _compiled(text, backward, primal, pair.forward),
    )


def _cotangents_of_star(
    text: str, pair: Any, active: tuple[str, ...], places: list[tuple[str, int | None]]
) -> tuple[str, str]:
    """A backward function more, which returns the cotangents of ``*args`` one by one."""
    name = f"{pair.backward}_one_by_one"
    taken = ", ".join(f"b{p}" for p in active)
    items = ", ".join(f"b{p}" if index is None else f"b{p}[{index}]" for p, index in places)
    return name, (
        f"{text}\n\ndef {name}(record, bresult):\n"
        f"    {taken} = {pair.backward}(record, bresult)\n    return {items}\n"
    )


def _with_tangents_by_position(
    text: str,
    pair: Any,
    arguments: list[_Argument],
    places: list[tuple[str, int | None]],
    names: list[str],
) -> tuple[str, str]:
    """A function more, which takes all arguments and their tangents by position."""
    given: list[str] = []
    passed: list[str] = []
    keywords: list[str] = []
    tangents: list[str] = []
    star: list[str] = []
    remaining = iter(places)
    for i, argument in enumerate(arguments):
        name = argument.keyword or (names[i] if i < len(names) else f"x{i + 1}")
        given.append(name)
        if argument.keyword:
            keywords.append(f"{name}={name}")
        else:
            passed.append(name)
        if argument.active:
            tangents.append(f"d{name}")
            parameter, index = next(remaining)
            if index is None:
                keywords.append(f"{pair.seeds[pair.active.index(parameter)]}=d{name}")
        if i >= len(names) and not argument.keyword:
            star.append(f"d{name}" if argument.active else f"zeros_like({name})")
    for parameter in dict.fromkeys(p for p, index in places if index is not None):
        seed = pair.seeds[pair.active.index(parameter)]
        keywords.append(f"{seed}=({', '.join(star)},)")
        text = f"from tangent import zeros_like\n{text}"
    name = f"{pair.forward}_by_position"
    return name, (
        f"{text}\n\ndef {name}({', '.join([*given, *tangents])}):\n"
        f"    return {pair.forward}({', '.join([*passed, *keywords])})\n"
    )


def _compiled(text: str, name: str, primal: types.FunctionType, same: str) -> _Function:
    filename = f"<tangent {name} {next(_counter)}>"
    tree = ast.parse(text, filename)
    definition = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name)
    function = bind(tree.body, definition, filename, primal, same)
    function.__module__ = primal.__module__
    _keep_text(function, filename, text)
    return function


def _keep_text(function: types.FunctionType, filename: str, text: str) -> None:
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    weakref.finalize(function.__code__, linecache.cache.pop, filename, None).atexit = False


# --- what is no plain function -------------------------------------------------------------------


def _python_function(f: Any, arguments: list[_Argument]) -> types.FunctionType:
    """``f`` as a Python function with source: itself, or one that calls it."""
    while isinstance(f, functools._lru_cache_wrapper):
        f = f.__wrapped__
    if isinstance(f, types.FunctionType):
        plain = plain_function(f)
        if not is_library_path(plain.__code__.co_filename):
            return plain
    if not callable(f):
        raise _refusal(f"cannot differentiate the call of {f!r}: it is no function")
    return _calling(f, arguments)


def _calling(f: Any, arguments: list[_Argument]) -> types.FunctionType:
    """A function that calls a partial, a method, a callable object or a library's function."""
    fixed: list[Any] = []
    keywords: dict[str, Any] = {}
    target = f
    while True:
        if isinstance(target, functools.partial):
            fixed = [*target.args, *fixed]
            keywords = {**target.keywords, **keywords}
            target = target.func
        elif isinstance(target, types.MethodType):
            fixed = [target.__self__, *fixed]
            target = target.__func__
        elif isinstance(vars(type(target)).get("__call__"), types.FunctionType):
            fixed = [target, *fixed]
            target = type(target).__call__
        else:
            break
    name = getattr(target, "__name__", "")
    name = name if name.isidentifier() else "function"
    scope: dict[str, Any] = {"__name__": getattr(f, "__module__", None) or "__main__", name: target}
    passed: list[str] = []
    for i, value in enumerate(fixed, 1):
        scope[f"fixed_{i}"] = value
        passed.append(f"fixed_{i}")
    parameters: list[str] = []
    for i, argument in enumerate(arguments, 1):
        parameters.append(argument.keyword or f"x{i}")
        passed.append(f"{argument.keyword}={argument.keyword}" if argument.keyword else f"x{i}")
    for keyword, value in keywords.items():
        if keyword not in parameters:
            scope[f"fixed_{keyword}"] = value
            passed.append(f"{keyword}=fixed_{keyword}")
    own = f"call_{name}"
    text = f"def {own}({', '.join(parameters)}):\n    return {name}({', '.join(passed)})\n"
    filename = f"<tangent {own} {next(_counter)}>"
    exec(compile(text, filename, "exec"), scope)
    function = scope[own]
    _keep_text(function, filename, text)
    if not isinstance(target, types.FunctionType) or is_library_path(target.__code__.co_filename):
        if isinstance(live_function(function).module.resolver.lookup(name), UserData | None):
            if isinstance(f, type):
                raise _refusal(
                    f"cannot differentiate the call of the class `{f.__qualname__}`",
                    "call a function that makes the object",
                )
            raise _refusal(
                f"cannot differentiate the call of `{name}`: it has neither source nor a rule",
                "write its derivative with `tangent.grads.adjoint`",
            )
    return function


def _refusal(message: str, hint: str = "") -> DerivativeError:
    place = Span(1, 0, 1, 0)
    return DerivativeError([Diagnostic("unknown-function", message, "<python>", place, hint)])
