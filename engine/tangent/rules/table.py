"""What is covered, as a table: what ``tangent rules`` prints and the page of rules shows."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tangent.resolve.library import library_source
from tangent.rules import declare, registry
from tangent.rules.declare import Rule, Source

# What users call; helpers of derivative code are the engine's own business.
_HIDDEN = "tangent."


@dataclass(frozen=True, slots=True)
class Entry:
    """One function. ``by`` are the parameters that may carry a derivative, ``constants`` those
    that may not."""

    name: str
    kind: str  # "rule", "definition", "zero derivative"
    by: tuple[str, ...] = ()
    constants: tuple[str, ...] = ()
    kinks: str = ""
    reference: str = ""
    method: bool = False  # also an array's method or attribute
    alias_of: str = ""

    @property
    def modes(self) -> tuple[str, ...]:
        return () if self.kind == "zero derivative" else ("reverse", "forward")


def entries(pattern: str = "*") -> list[Entry]:
    """Every function whose name has the pattern in it, sorted by name. A pattern with ``*``,
    ``?`` or ``[`` must match the whole name."""
    registry.load_all()
    methods = {*declare.METHODS.values(), *declare.ATTRIBUTES.values()}
    found: dict[str, Entry] = {}
    for rule in declare.RULES.values():
        found[rule.name] = _of_rule(rule, rule.name in methods)
    for source in declare.SOURCES.values():
        if not source.name.startswith(_HIDDEN):
            found[source.name] = _of_source(source, source.name in methods)
    for name in declare.ZERO_GRADIENT:
        kinks = "a step: reported where it cuts a derivative off" if name in declare.CUTS else ""
        found[name] = Entry(name, "zero derivative", kinks=kinks, method=name in methods)
    for name, target in declare.ALIASES.items():
        if target in found:
            known = found[target]
            found[name] = Entry(
                name,
                known.kind,
                known.by,
                known.constants,
                known.kinks,
                known.reference,
                known.method,
                target,
            )
    return [found[n] for n in sorted(found) if not n.startswith(_HIDDEN) and _fits(n, pattern)]


def _fits(name: str, pattern: str) -> bool:
    if any(sign in pattern for sign in "*?["):
        return fnmatchcase(name, pattern)
    return pattern in name


def _parameters(signature: ast.arguments) -> list[str]:
    parameters = [*signature.posonlyargs, *signature.args, *signature.kwonlyargs]
    star = [f"*{signature.vararg.arg}"] if signature.vararg else []
    return [p.arg for p in parameters] + star


def _of_rule(rule: Rule, method: bool) -> Entry:
    names = _parameters(rule.parameters)
    by = tuple(n for n in names if n.lstrip("*") in rule.adjoint)
    constants = tuple(n for n in names if n not in by)
    return Entry(rule.name, "rule", by, constants, rule.kinks, rule.reference, method)


def _of_source(source: Source, method: bool) -> Entry:
    function = library_source(source.name)
    assert function is not None
    arguments = function.node.args
    names = [a.id for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    constants = tuple(n for n in names if n in declare.DISCRETE)
    by = tuple(n for n in names if n not in constants)
    return Entry(source.name, "definition", by, constants, source.kinks, "", method)
