"""Finds the rule of a function by its dotted name.

The rules of a library are loaded when a name of that library is first asked for; none of the
libraries themselves is imported.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module

from tangent.rules import declare
from tangent.rules.declare import Rule, Source

# The first part of a dotted name, and the module that has the rules for it.
_MODULES = {
    "operator": "python",
    "builtins": "python",
    "copy": "python",
    "math": "math_",
    "numpy": "numpy_",
    "scipy": "scipy_",
    "tensorflow": "tensorflow",
    "tangent": "runtime",
    "list": "containers",
    "dict": "containers",
}
_loaded: set[str] = set()


def _load(dotted: str) -> None:
    library = dotted.partition(".")[0]
    _load_module(_MODULES.get(library))
    if library in ("builtins", "tangent") and not _is_declared(dotted):
        _load_module("containers")
    if library == "tangent" and not _is_declared(dotted):
        _load_module("tensorflow")  # helpers that only TensorFlow needs


def _load_module(module: str | None) -> None:
    if module is not None and module not in _loaded:
        _loaded.add(module)
        import_module(f"tangent.rules.{module}")


def _is_declared(dotted: str) -> bool:
    if dotted in declare.SOURCES:
        return True
    return dotted in declare.RULES or dotted in declare.ZERO_GRADIENT or dotted in declare.ALIASES


def _canonical(dotted: str) -> str:
    _load(dotted)
    return declare.ALIASES.get(dotted, dotted)


@cache
def rule_for(dotted: str) -> Rule | None:
    """The rule of a function, also under its other names."""
    return declare.RULES.get(_canonical(dotted))


def complex_form(rule: Rule) -> Rule:
    """The form of a rule that is right for complex numbers too."""
    return declare.COMPLEX_RULES.get(rule.name, rule)


@cache
def source_of(dotted: str, keywords: tuple[str, ...] = ()) -> Source | None:
    """Where the source is that a call of a library's function with these keyword arguments is
    differentiated through, if it is not by a rule."""
    name = _canonical(dotted)
    for keyword in keywords:
        if f"{name} {keyword}" in declare.WIDER:
            return declare.WIDER[f"{name} {keyword}"]
    return declare.SOURCES.get(name)


@cache
def is_zero_gradient(dotted: str) -> bool:
    """Whether the function's derivative is zero wherever it exists."""
    return _canonical(dotted) in declare.ZERO_GRADIENT


def is_cut(dotted: str) -> bool:
    """Whether the function's zero derivative is to be reported where it cuts a path."""
    return _canonical(dotted) in declare.CUTS


def method(name: str) -> str | None:
    """The function that an array method is: ``sum`` gives ``numpy.sum``."""
    _load("numpy")
    return declare.METHODS.get(name)


def attribute(name: str) -> str | None:
    """The function that an array attribute is: ``T`` gives ``numpy.transpose``."""
    _load("numpy")
    return declare.ATTRIBUTES.get(name)


def all_rules() -> tuple[Rule, ...]:
    """Every rule there is, in the order of declaration, libraries in a fixed order."""
    load_all()
    return tuple(declare.RULES.values())


def load_all() -> None:
    """Loads the rules of every library."""
    for module in _MODULES.values():
        _load_module(module)
