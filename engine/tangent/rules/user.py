"""Rules that users write: ``@adjoint(f)`` and ``@tangent_(f)`` with a template.

They reach the engine by two ways that must agree. In a program the decorators register them,
for the functions as objects. In an editor nothing runs, so `static_rules` reads the decorators
from the text. Both are asked with `template_for`.
"""

from __future__ import annotations

import inspect
import sys
import weakref
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any

import gast

from tangent.resolve.live import live_function
from tangent.resolve.symbols import FunctionSource, Library, ModuleSource, Symbol, UserFunction
from tangent.source.parse import qualified_name, statements

DECORATORS = {"tangent.grads.adjoint": "reverse", "tangent.tangents.tangent_": "forward"}


@dataclass(frozen=True, slots=True)
class UserRule:
    """A template: ``function`` is the decorated definition, its first parameter the result,
    the others the arguments of the primal; in its body ``d[v]`` is the adjoint of ``v`` (mode
    ``"reverse"``) or its tangent (``"forward"``)."""

    target: Symbol
    function: FunctionSource
    mode: str


def template_for(
    target: Symbol, mode: str, modules: Iterable[ModuleSource] = ()
) -> FunctionSource | None:
    """The user's template for calls of ``target``, if there is one.

    ``modules`` are the files in whose text a rule may stand: where the call is and where the
    target is defined. Of several rules the last one counts, as it would in a program.
    """
    wanted = (_key(target), mode)
    if wanted in _registered:
        return _registered[wanted]()
    found = None
    for module in modules:
        for rule in static_rules(module):
            if (_key(rule.target), rule.mode) == wanted:
                found = rule.function
    return found


def has_library_rules(modules: Iterable[ModuleSource]) -> bool:
    """Whether there is any rule of a user for a function without Python source."""
    return any(isinstance(key, str) for key, _ in _registered) or any(
        isinstance(rule.target, Library) for module in modules for rule in static_rules(module)
    )


def _key(symbol: Symbol) -> Hashable:
    """What stays the same when a function is found once as an object and once in the text."""
    if isinstance(symbol, Library):
        return symbol.dotted
    if isinstance(symbol, UserFunction):
        node = symbol.function.node
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        return symbol.function.module.path, getattr(node, "name", "<lambda>"), first
    return None


# --- in a program ----------------------------------------------------------------------------

_registered: dict[tuple[Hashable, str], Callable[[], FunctionSource]] = {}


def check_target(primal: object) -> None:
    """Raises TypeError for what is no function."""
    if not callable(primal):
        raise TypeError(f"a derivative rule belongs to a function, not to {primal!r}")


def register(primal: Callable[..., Any], template: Callable[..., Any], mode: str) -> None:
    """What the decorators do. The template's source is read when a derivative needs it.

    Raises TypeError if the template's parameters cannot be the result and arguments of
    ``primal``.
    """
    _check_parameters(primal, template)
    _registered[_live_key(primal), mode] = lambda: live_function(template)


def forget(primal: Callable[..., Any]) -> None:
    """Takes back the rules that were registered for a function."""
    for mode in ("reverse", "forward"):
        _registered.pop((_live_key(primal), mode), None)


def _check_parameters(primal: Callable[..., Any], template: Callable[..., Any]) -> None:
    def names(function: Callable[..., Any]) -> list[str] | None:
        try:
            return list(inspect.signature(function).parameters)
        except (TypeError, ValueError):  # a builtin that does not tell
            return None

    given = names(template)
    own = names(primal)
    title = getattr(template, "__name__", "the rule")
    target = getattr(primal, "__name__", repr(primal))
    if given is not None and not given:
        raise TypeError(f"{title} needs the result of {target} as its first parameter")
    if given is None or own is None or not hasattr(primal, "__code__"):
        return
    wrong = [name for name in given[1:] if name not in own]
    if wrong:
        raise TypeError(
            f"{title} is no rule for {target}: after the result it takes"
            f" ({', '.join(given[1:])}), and {target} takes ({', '.join(own)})"
        )


def _live_key(function: Callable[..., Any]) -> Hashable:
    function = getattr(function, "__tangent_primal__", function)
    code = getattr(function, "__code__", None)
    if code is not None:
        return code.co_filename, code.co_name, code.co_firstlineno
    known = _library_name(function)
    if known is not None:
        return known
    module = getattr(function, "__module__", None) or "builtins"
    return f"{module}.{getattr(function, '__qualname__', function.__name__)}"


def _library_name(function: Callable[..., Any]) -> str | None:
    """The name of a function of NumPy or SciPy that does not tell its module, as ufuncs."""
    name = getattr(function, "__name__", "")
    for module in ("numpy", "scipy.special"):
        if vars(sys.modules.get(module, object)).get(name) is function:
            return f"{module}.{name}"
    return None


# --- in the text -----------------------------------------------------------------------------

_known: weakref.WeakKeyDictionary[ModuleSource, tuple[UserRule, ...]] = weakref.WeakKeyDictionary()


def static_rules(module: ModuleSource) -> tuple[UserRule, ...]:
    """The rules that stand at the top level of a file, in order."""
    if module not in _known:
        _known[module] = tuple(_scan(module))
    return _known[module]


def _scan(module: ModuleSource) -> Iterable[UserRule]:
    for statement in statements(module.tree.body):
        node = statement.node
        if not isinstance(node, gast.FunctionDef):
            continue
        for decorator in node.decorator_list:
            if not isinstance(decorator, gast.Call) or len(decorator.args) != 1:
                continue
            mode = DECORATORS.get(getattr(_meaning(decorator.func, module), "dotted", ""))
            target = _meaning(decorator.args[0], module)
            if mode is not None and target is not None:
                qualname = qualified_name(node, statement.parents)
                template = FunctionSource(node.name, qualname, node, module, statement.parents)
                yield UserRule(target, template, mode)


def _meaning(node: Any, module: ModuleSource) -> Symbol | None:
    if isinstance(node, gast.Name):
        return module.resolver.lookup(node.id)
    if isinstance(node, gast.Attribute):
        base = _meaning(node.value, module)
        return None if base is None else module.resolver.attribute(base, node.attr)
    return None
