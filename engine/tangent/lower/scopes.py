"""Which names a function binds and reads: Python's scoping rules on gast trees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import gast

_SCOPES = (gast.FunctionDef, gast.AsyncFunctionDef, gast.Lambda, gast.ClassDef)
COMPREHENSIONS = (gast.ListComp, gast.SetComp, gast.DictComp, gast.GeneratorExp)


_OWN_SCOPE = frozenset({*_SCOPES, *COMPREHENSIONS})


def parameter_names(arguments: gast.arguments) -> list[str]:
    """The names of all parameters, in order."""
    nodes = [*arguments.posonlyargs, *arguments.args]
    if arguments.vararg:
        nodes.append(arguments.vararg)
    nodes += arguments.kwonlyargs
    if arguments.kwarg:
        nodes.append(arguments.kwarg)
    return [node.id for node in nodes]


def own_nodes(nodes: list[Any]) -> Iterator[Any]:
    """Every node evaluated in this scope; nested scopes are given but not entered, apart from
    what they evaluate here (decorators, defaults, bases)."""
    stack = list(reversed(nodes))
    while stack:
        node = stack.pop()
        yield node
        if type(node) not in _OWN_SCOPE:
            inner = list(gast.iter_child_nodes(node))
        elif isinstance(node, gast.Lambda):
            inner = [*node.args.defaults, *(d for d in node.args.kw_defaults if d)]
        elif isinstance(node, (gast.FunctionDef, gast.AsyncFunctionDef)):
            inner = [*node.decorator_list, *node.args.defaults]
            inner += [d for d in node.args.kw_defaults if d]
        elif isinstance(node, gast.ClassDef):
            inner = [*node.decorator_list, *node.bases, *(k.value for k in node.keywords)]
        else:
            # A comprehension's targets are its own; a walrus in it binds here.
            inner = [n for n in gast.walk(node) if isinstance(n, gast.NamedExpr)]
        stack.extend(reversed(inner))


def bound_names(body: list[Any]) -> list[str]:
    """The names that a body binds in its own scope, in order of appearance."""
    return bound_by(own_nodes(body))


def bound_by(nodes: Iterable[Any]) -> list[str]:
    """The names that the nodes of one scope bind, in order of appearance."""
    names: dict[str, None] = {}
    foreign: set[str] = set()
    for node in nodes:
        if isinstance(node, gast.Name):
            if isinstance(node.ctx, (gast.Store, gast.Del)):
                names[node.id] = None
        elif isinstance(node, (gast.expr, gast.expr_context, gast.operator)):
            continue
        elif isinstance(node, (gast.FunctionDef, gast.AsyncFunctionDef, gast.ClassDef)):
            names[node.name] = None
        elif isinstance(node, (gast.Import, gast.ImportFrom)):
            for item in node.names:
                names[item.asname or item.name.split(".")[0]] = None
        elif isinstance(node, gast.ExceptHandler) and node.name is not None:
            names[node.name.id if isinstance(node.name, gast.Name) else node.name] = None
        elif isinstance(node, (gast.Global, gast.Nonlocal)):
            foreign.update(node.names)
        elif isinstance(node, (gast.MatchAs, gast.MatchStar)) and node.name:
            names[node.name] = None
        elif isinstance(node, gast.MatchMapping) and node.rest:
            names[node.rest] = None
    return [name for name in names if name not in foreign]


def free_names(node: Any) -> list[str]:
    """The names that a function or lambda reads from outside itself, in order."""
    if isinstance(node, gast.Lambda):
        body = [node.body]
        bound = set(parameter_names(node.args))
    else:
        body = node.body
        bound = set(parameter_names(node.args)) | set(bound_names(body))
    names: dict[str, None] = {}
    for inner in own_nodes(body):
        if isinstance(inner, gast.Name) and isinstance(inner.ctx, gast.Load):
            if inner.id not in bound:
                names[inner.id] = None
        elif isinstance(inner, (gast.FunctionDef, gast.AsyncFunctionDef, gast.Lambda)):
            names.update((n, None) for n in free_names(inner) if n not in bound)
        elif isinstance(inner, gast.ClassDef):
            for part in gast.walk(inner):
                if isinstance(part, gast.Name) and part.id not in bound:
                    names[part.id] = None
        elif isinstance(inner, COMPREHENSIONS):
            own = {
                n.id
                for n in gast.walk(inner)
                if isinstance(n, gast.Name) and isinstance(n.ctx, gast.Store)
            }
            for part in gast.walk(inner):
                if isinstance(part, gast.Name) and part.id not in bound | own:
                    names[part.id] = None
    return list(names)


def read_names(node: Any) -> list[str]:
    """Every name that a tree reads from this scope, nested functions included (an
    over-approximation of what evaluating it reads). A comprehension's own variables and a
    lambda's parameters are other variables, whatever they are called."""
    names: dict[str, None] = {}
    stack: list[tuple[Any, frozenset[str]]] = [(node, frozenset())]
    while stack:
        part, own = stack.pop()
        if isinstance(part, gast.Name):
            if part.id not in own and isinstance(part.ctx, (gast.Load, gast.Del)):
                names[part.id] = None
            continue
        inner = list(gast.iter_child_nodes(part))
        if isinstance(part, COMPREHENSIONS):
            outer = part.generators[0].iter
            targets = [g.target for g in part.generators]
            bound = own.union(n.id for t in targets for n in gast.walk(t) if _is_stored(n))
            # What is gone through first is evaluated outside.
            generators = [c for g in part.generators for c in gast.iter_child_nodes(g)]
            inner = [c for c in [*inner, *generators] if not isinstance(c, gast.comprehension)]
            stack.extend((c, own if c is outer else bound) for c in reversed(inner))
        elif isinstance(part, gast.Lambda):
            bound = own.union(parameter_names(part.args))
            defaults = [d for d in (*part.args.defaults, *part.args.kw_defaults) if d]
            stack.append((part.body, bound))
            stack.extend((d, own) for d in reversed(defaults))
        else:
            stack.extend((c, own) for c in reversed(inner))
    return list(names)


def _is_stored(node: Any) -> bool:
    return isinstance(node, gast.Name) and isinstance(node.ctx, gast.Store)
