"""Which function a name or an expression certainly means, and what it takes from around it.

A nested function reads variables of the function it stands in, a `functools.partial` has
arguments, a function may be handed to another one as an argument. Here all of them become
functions of plain arguments: what they take from around is passed on by name to their
derivative, and a function that is given another one is *specialised* on it, as a template is in
C++. So the text of a derivative says which function is called. (Reynolds, *Definitional
interpreters for higher-order programming languages*, ACM 1972.)

What cannot be told from the text is left to the derivative when it runs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import gast

from tangent.lower import scopes
from tangent.resolve.library import library_source
from tangent.resolve.symbols import FunctionSource, Library, ModuleSource, Symbol, UserFunction
from tangent.rules import registry

# How often functions may be specialised on functions that are specialised in turn.
_DEPTH = 8


@dataclass(frozen=True, slots=True)
class Variable:
    """What a function takes from around it: the value of a variable when it is called."""

    name: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A literal argument of a partial."""

    text: str
    value: Any = field(compare=False)


Atom = Variable | Literal


@dataclass(frozen=True)
class FunctionValue:
    """A function as it is seen from the body of another one.

    ``taken`` are further arguments by parameter, ``objects`` the functions that its text
    mentions by a name of the surrounding function, ``args`` the first arguments of a partial,
    ``defaults`` the arguments that a call may leave out.
    """

    function: FunctionSource | None = None
    library: str = ""
    taken: tuple[tuple[str, Atom], ...] = ()
    objects: tuple[tuple[str, Variable], ...] = ()
    args: tuple[Atom, ...] = ()
    defaults: tuple[tuple[str, Atom], ...] = ()

    def atoms(self) -> list[Atom]:
        pairs = (*self.taken, *self.defaults)
        return [*self.args, *(atom for _, atom in pairs)]

    def variables(self) -> list[str]:
        """The variables around it that it depends on, each once."""
        return list(dict.fromkeys(a.name for a in self.atoms() if isinstance(a, Variable)))

    def renamed(self, names: dict[str, str]) -> FunctionValue:
        """The same function, seen from where its variables have other names."""

        def atom(value: Any) -> Any:
            return Variable(names[value.name]) if isinstance(value, Variable) else value

        def pairs(items: tuple[tuple[str, Any], ...]) -> Any:
            return tuple((parameter, atom(value)) for parameter, value in items)

        return replace(
            self,
            taken=pairs(self.taken),
            objects=pairs(self.objects),
            args=tuple(map(atom, self.args)),
            defaults=pairs(self.defaults),
        )


class Definitions:
    """What is known of the functions of one derivative beside their text."""

    def __init__(self) -> None:
        # Parameters that a function has beyond those of its text: variables, and functions.
        self.captured: dict[FunctionSource, tuple[str, ...]] = {}
        self.objects: dict[FunctionSource, tuple[str, ...]] = {}
        # What names in a function mean because of where it stands, or what it is called with.
        self.given: dict[FunctionSource, dict[str, FunctionValue]] = {}
        # Parameters whose defaults are evaluated where the function is defined.
        self.always_passed: dict[FunctionSource, frozenset[str]] = {}
        self._depth: dict[FunctionSource, int] = {}
        self._nested: dict[tuple[FunctionSource, int], tuple[Any, FunctionValue]] = {}
        self._specialised: dict[Any, FunctionSource] = {}
        self._unknown: dict[tuple[FunctionSource, int], tuple[Any, FunctionSource]] = {}
        self._spread: dict[Any, FunctionSource] = {}
        self._passed: dict[int, tuple[Any, frozenset[str]]] = {}

    def holding_functions(self, source: FunctionSource) -> list[str]:
        """The parameters of a function that hold functions which are known."""
        given = self.given.get(source, {})
        parameters = set(scopes.parameter_names(source.node.args))
        return [*self.objects.get(source, ()), *(n for n in given if n in parameters)]

    def unknown(self, caller: FunctionSource, call: Any) -> FunctionSource:
        """What stands for a function that is called without being known: a name, and a
        parameter for each argument."""
        key = (caller, id(call))
        if key not in self._unknown:
            func = call.func
            while isinstance(func, (gast.Subscript, gast.Call)):
                func = func.value if isinstance(func, gast.Subscript) else func.func
            name = getattr(func, "id", None) or getattr(func, "attr", None) or "function"
            parameters = [f"argument_{i + 1}" for i in range(len(call.args))]
            parameters += [k.arg for k in call.keywords]
            node = gast.parse(f"def {name}({', '.join(parameters)}): pass").body[0]
            source = FunctionSource(name, name, node, caller.module)
            self._unknown[key] = call, source
        return self._unknown[key][1]

    # --- functions inside functions ----------------------------------------------------------

    def nested(self, scope: Functions, node: Any, name: str) -> FunctionValue:
        """A function that is defined in the body of another one."""
        key = (scope.source, id(node))
        if key in self._nested:
            return self._nested[key][1]
        parent = scope.source
        source = FunctionSource(
            name,
            f"{parent.qualname}.<locals>.{name}",
            node,
            parent.module,
            (*parent.parents, parent.node),
        )
        variables, objects = scope.reach(node)
        own = set(_identifiers(node))
        names: dict[str, str] = {}
        direct = set(scopes.free_names(node))
        for variable in [*variables, *objects]:
            taken = own | set(names.values())
            names[variable] = variable if variable in direct else _fresh(variable, taken)
        value = FunctionValue(
            source,
            taken=tuple((names[v], Variable(v)) for v in variables),
            objects=tuple((names[o], Variable(o)) for o in objects),
            defaults=scope.defaults(node, name),
        )
        self._nested[key] = (node, value)
        self.captured[source] = tuple(names[v] for v in variables)
        self.objects[source] = tuple(names[o] for o in objects)
        self.always_passed[source] = frozenset(p for p, _ in value.defaults)
        self._depth[source] = self._depth.get(parent, 0)
        self.given[source] = {}
        for free in scopes.free_names(node):
            known = scope.named(free)
            if known is not None:
                self.given[source][free] = known.renamed(names)
        return value

    def default(self, source: FunctionSource, node: Any) -> FunctionValue | None:
        """The function that a default of a function of a module means."""
        definitions = (gast.FunctionDef, gast.AsyncFunctionDef, gast.Lambda)
        if any(isinstance(parent, definitions) for parent in source.parents):
            return None
        symbol = dotted_symbol(node, source.module, ())
        return None if symbol is None else of_symbol(symbol)

    # --- functions that take any arguments -------------------------------------------------

    def spread(self, value: FunctionValue, extra: int, keywords: tuple[str, ...]) -> FunctionValue:
        """The function for calls with so many arguments beyond those that have a parameter, and
        with these further keywords."""
        source = value.function
        assert source is not None
        key = (source, extra, keywords)
        if key not in self._spread:
            arguments = source.node.args
            base = arguments.vararg.id if arguments.vararg else ""
            taken = {*_identifiers(source.node), *keywords}
            more: list[str] = []
            for i in range(extra):
                more.append(_fresh(f"{base}_{i + 1}", taken | set(more)))
            new = FunctionSource(
                source.name,
                source.qualname,
                source.node,
                source.module,
                source.parents,
                tuple(more),
                keywords,
            )
            for table in (self.captured, self.objects, self.given, self.always_passed):
                if source in table:
                    table[new] = table[source]  # type: ignore[index]
            self._depth[new] = self._depth.get(source, 0)
            self._spread[key] = new
        return replace(value, function=self._spread[key])

    def forwards(self, node: Any) -> bool:
        """Whether a function hands `*args` or `**kwargs` on, or takes arguments by `**kwargs`
        at all: then it is written for calls of one form."""
        arguments = node.args
        names = {a.id for a in (arguments.vararg, arguments.kwarg) if a is not None}
        if not names:
            return False
        body = [node.body] if isinstance(node, gast.Lambda) else node.body
        bound = set(scopes.bound_names(body))
        if arguments.kwarg is not None:
            return arguments.kwarg.id not in bound
        for statement in body:
            for part in gast.walk(statement):
                if isinstance(part, gast.Starred) and isinstance(part.value, gast.Name):
                    if part.value.id in names - bound:
                        return True
        return False

    # --- functions that are given functions --------------------------------------------------

    def passed_on(self, node: Any) -> frozenset[str]:
        """The parameters of a function that it calls, or hands to what it calls."""
        known = self._passed.get(id(node))
        if known is not None:
            return known[1]
        arguments = node.args
        names = {a.id for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
        body = [node.body] if isinstance(node, gast.Lambda) else node.body
        bound = set(scopes.bound_names(body))
        used: set[str] = set()
        for statement in body:
            for part in gast.walk(statement):
                if isinstance(part, gast.Call):
                    values = (part.func, *part.args, *(k.value for k in part.keywords))
                    used.update(v.id for v in values if isinstance(v, gast.Name))
                elif isinstance(part, gast.Nonlocal):
                    bound.update(part.names)
        found = frozenset(n for n in names if n in used and n not in bound)
        self._passed[id(node)] = (node, found)
        return found

    def specialised(
        self, caller: FunctionSource, value: FunctionValue, given: dict[str, FunctionValue]
    ) -> FunctionValue | None:
        """The function for calls in which these parameters are these functions; None if that
        would go on for ever."""
        source = value.function
        assert source is not None
        variables = list(dict.fromkeys(v for g in given.values() for v in g.variables()))
        objects = [o.name for g in given.values() for _, o in g.objects]
        objects = [o for o in dict.fromkeys(objects) if o not in variables]
        places = {v: str(i) for i, v in enumerate([*variables, *objects])}
        key = (source, tuple((p, g.renamed(places)) for p, g in given.items()))
        if key not in self._specialised:
            depth = max(self._depth.get(caller, 0), self._depth.get(source, 0)) + 1
            if depth > _DEPTH:
                return None
            new = replace(source)
            self._depth[new] = depth
            self.always_passed[new] = self.always_passed.get(source, frozenset())
            taken = {*_identifiers(source.node), *self.captured.get(source, ())}
            taken |= set(self.objects.get(source, ()))
            names: dict[str, str] = {}
            for variable in [*variables, *objects]:
                names[variable] = _fresh(variable, taken | set(names.values()))
            self.captured[new] = (
                *self.captured.get(source, ()),
                *(names[v] for v in variables),
            )
            self.objects[new] = (*self.objects.get(source, ()), *(names[o] for o in objects))
            known = {parameter: g.renamed(names) for parameter, g in given.items()}
            self.given[new] = {**self.given.get(source, {}), **known}
            self._specialised[key] = new
        new = self._specialised[key]
        before = len(self.captured.get(source, ())), len(self.objects.get(source, ()))
        return replace(
            value,
            function=new,
            taken=(
                *value.taken,
                *zip(self.captured[new][before[0] :], map(Variable, variables)),
            ),
            objects=(
                *value.objects,
                *zip(self.objects[new][before[1] :], map(Variable, objects)),
            ),
        )


class Functions:
    """What names and expressions in the body of one function mean, if they are functions."""

    def __init__(
        self,
        definitions: Definitions,
        source: FunctionSource,
        own: list[Any],
        parameters: list[str],
        local: set[str],
        imported: Mapping[str, Symbol],
    ):
        self.definitions = definitions
        self.source = source
        self.local = local
        self.imported = imported
        self.resolver = source.module.resolver
        counts: dict[str, int] = {}
        for name in _bound_each_time(own):
            counts[name] = counts.get(name, 0) + 1
        self.counts = counts
        self.parameters = frozenset(parameters)
        given = definitions.given.get(source, {})
        self.given = {n: v for n, v in given.items() if n not in counts}
        self.bindings: dict[str, Any] = {}
        self.looped = _bound_in_loops(own)
        # Variables that hold what a definition evaluates: (name, expression) by definition.
        self.kept: dict[int, list[tuple[str, Any]]] = {}
        for node in own:
            name, value = _definition(node)
            if name and counts.get(name) == 1 and name not in parameters:
                self.bindings[name] = value
        self._taken = set(_identifiers(source.node))
        for name, value in list(self.bindings.items()):
            self._keep(name, value)
        self._pending: set[str] = set()

    # --- what a definition evaluates ---------------------------------------------------------

    def _keep(self, name: str, value: Any) -> None:
        """Notes the variables for defaults and for arguments of a partial, which are evaluated
        when the definition is, and not when the function is called."""
        if isinstance(value, (gast.FunctionDef, gast.Lambda)):
            pairs = defaults_of(value)
        elif self._is_partial(value):
            pairs = [(str(i + 1), a) for i, a in enumerate(value.args[1:])]
            pairs += [(k.arg or "", k.value) for k in value.keywords]
        else:
            return
        for parameter, node in pairs:
            if self._is_stable(node):
                continue
            hidden = _fresh(f"{name}_{parameter}", self._taken)
            self._taken.add(hidden)
            self.kept.setdefault(id(value), []).append((hidden, node))
            self.local.add(hidden)

    def _is_stable(self, node: Any) -> bool:
        """Whether an expression means the same whenever it is evaluated."""
        if _literal(node) is not None:
            return True
        if isinstance(node, gast.Name) and node.id in self.local:
            times = self.counts.get(node.id, 0) + (node.id in self.parameters)
            return times <= 1 and node.id not in self.looped
        return self.value(node) is not None

    def kept_for(self, node: Any) -> list[tuple[str, Any]]:
        """The variables to bind before a definition, with the expressions."""
        return self.kept.get(id(node), [])

    def _atom(self, node: Any, owner: Any) -> Atom | None:
        for hidden, kept in self.kept.get(id(owner), []):
            if kept is node:
                return Variable(hidden)
        literal = _literal(node)
        if literal is not None:
            return literal
        if isinstance(node, gast.Name) and node.id in self.local and self.named(node.id) is None:
            return Variable(node.id)
        return None

    def defaults(self, node: Any, name: str) -> tuple[tuple[str, Atom], ...]:
        """The defaults of a nested function that its text alone does not tell."""
        out: list[tuple[str, Atom]] = []
        for parameter, default in defaults_of(node):
            atom = self._atom(default, node)
            if isinstance(atom, Variable):
                out.append((parameter, atom))
        return tuple(out)

    def _has_known_defaults(self, node: Any) -> bool:
        """Whether every default is the value of a variable, or the same wherever it stands."""
        return all(
            isinstance(self._atom(default, node), Variable)
            or not any(isinstance(n, gast.Name) and n.id in self.local for n in gast.walk(default))
            for _, default in defaults_of(node)
        )

    # --- what a function takes from around it ------------------------------------------------

    def reach(self, node: Any) -> tuple[list[str], list[str]]:
        """The variables that calling a nested function may read, through whatever it calls, and
        the functions around it that it mentions."""
        variables: dict[str, None] = {}
        objects: dict[str, None] = {}

        def visit(node: Any) -> None:
            for name in scopes.free_names(node):
                mention(name)

        def mention(name: str) -> None:
            if name in objects or (name not in self.local and name not in self.given):
                return
            known = self.given.get(name)
            if known is not None:
                objects[name] = None
                variables.update(dict.fromkeys(known.variables()))
                objects.update(dict.fromkeys(o.name for _, o in known.objects))
                return
            binding = self.bindings.get(name)
            if binding is None or not self._is_function(binding, set()):
                variables[name] = None
                return
            objects[name] = None
            defined(binding)

        def defined(binding: Any) -> None:
            for hidden, _ in self.kept_for(binding):
                variables[hidden] = None
            if isinstance(binding, (gast.FunctionDef, gast.Lambda)):
                for _, default in defaults_of(binding):
                    expression(default)
                visit(binding)
            else:
                expression(binding)

        def expression(node: Any) -> None:
            for part in gast.walk(node):
                if isinstance(part, gast.Name):
                    mention(part.id)

        visit(node)
        for name in objects:
            variables.pop(name, None)
        return list(variables), list(objects)

    def _is_function(self, node: Any, seen: set[str]) -> bool:
        """Whether `value` knows an expression, without making anything of it."""
        if isinstance(node, (gast.Lambda, gast.FunctionDef)):
            return self._has_known_defaults(node)
        if isinstance(node, gast.Name):
            if node.id in self.given:
                return True
            if node.id in self.local:
                binding = self.bindings.get(node.id)
                if binding is None or node.id in seen:
                    return False
                return self._is_function(binding, seen | {node.id})
        if self._is_partial(node):
            return self._is_function(node.args[0], seen) and all(
                self._atom_possible(a, node, seen)
                for a in (*node.args[1:], *(k.value for k in node.keywords))
            )
        return self._global(node) is not None

    def _atom_possible(self, node: Any, owner: Any, seen: set[str]) -> bool:
        if any(kept is node for _, kept in self.kept.get(id(owner), [])):
            return True
        if _literal(node) is not None:
            return True
        return (
            isinstance(node, gast.Name)
            and node.id in self.local
            and not self._is_function(node, seen)
        )

    # --- values ------------------------------------------------------------------------------

    def named(self, name: str) -> FunctionValue | None:
        """The function that a local name certainly means."""
        if name in self.given:
            return self.given[name]
        binding = self.bindings.get(name)
        if binding is None or name in self._pending:
            return None
        if isinstance(binding, (gast.FunctionDef, gast.Lambda)):
            return self.value(binding, name)
        self._pending.add(name)
        try:
            return self.value(binding, name)
        finally:
            self._pending.discard(name)

    def value(self, node: Any, name: str = "") -> FunctionValue | None:
        """The function that an expression certainly means."""
        if isinstance(node, (gast.FunctionDef, gast.Lambda)):
            if not self._has_known_defaults(node):
                return None
            return self.definitions.nested(self, node, getattr(node, "name", name) or "lambda")
        if isinstance(node, gast.Name) and (node.id in self.local or node.id in self.given):
            return self.named(node.id)
        if self._is_partial(node):
            return self._partial(node)
        symbol = self._global(node)
        return None if symbol is None else of_symbol(symbol)

    def _global(self, node: Any) -> Symbol | None:
        """A function of the module, or one of a library that has a rule."""
        symbol = dotted_symbol(node, self.source.module, self.local, self.imported)
        return symbol if symbol is not None and of_symbol(symbol) is not None else None

    def _is_partial(self, node: Any) -> bool:
        if not isinstance(node, gast.Call) or not node.args:
            return False
        starred = any(isinstance(a, gast.Starred) for a in node.args)
        if starred or any(k.arg is None for k in node.keywords):
            return False
        symbol = dotted_symbol(node.func, self.source.module, self.local, self.imported)
        return isinstance(symbol, Library) and symbol.dotted == "functools.partial"

    def _partial(self, node: Any) -> FunctionValue | None:
        base = self.value(node.args[0])
        if base is None:
            return None
        args = [self._atom(a, node) for a in node.args[1:]]
        keywords = [(k.arg, self._atom(k.value, node)) for k in node.keywords]
        if any(a is None for a in args) or any(a is None for _, a in keywords):
            return None
        given = dict(keywords)
        return replace(
            base,
            args=(*base.args, *(a for a in args if a is not None)),
            taken=(
                *((p, a) for p, a in base.taken if p not in given),
                *((k or "", a) for k, a in keywords if a is not None),
            ),
            defaults=tuple((p, a) for p, a in base.defaults if p not in given),
        )


def of_symbol(symbol: Symbol) -> FunctionValue | None:
    """The function that a name of a module means: a user's, or a library's that is known."""
    if isinstance(symbol, UserFunction):
        return FunctionValue(symbol.function)
    if not isinstance(symbol, Library):
        return None
    source = library_source(symbol.dotted)
    if source is not None:
        return FunctionValue(source)
    known = registry.rule_for(symbol.dotted) or registry.is_zero_gradient(symbol.dotted)
    return FunctionValue(library=symbol.dotted) if known else None


def dotted_symbol(
    node: Any,
    module: ModuleSource,
    local: Collection[str],
    imported: Mapping[str, Symbol] | None = None,
) -> Symbol | None:
    """What ``a.b.c`` means, if ``a`` is no local variable; ``imported`` are the names that the
    function itself imports."""
    if isinstance(node, gast.Name):
        if imported and node.id in imported:
            return imported[node.id]
        return None if node.id in local else module.resolver.lookup(node.id)
    if isinstance(node, gast.Attribute):
        base = dotted_symbol(node.value, module, local, imported)
        return None if base is None else module.resolver.attribute(base, node.attr)
    return None


def _identifiers(node: Any) -> list[str]:
    """Every name that occurs in a function."""
    names = [n.id for n in gast.walk(node) if isinstance(n, gast.Name)]
    names += [n.name for n in gast.walk(node) if isinstance(n, (gast.FunctionDef, gast.ClassDef))]
    return names


def _fresh(name: str, taken: set[str]) -> str:
    number, candidate = 1, name
    while candidate in taken:
        candidate = f"{name}_{number}"
        number += 1
    return candidate


def _literal(node: Any) -> Literal | None:
    if isinstance(node, gast.Constant):
        return Literal(repr(node.value), node.value)
    if isinstance(node, gast.UnaryOp) and isinstance(node.op, gast.USub):
        inner = node.operand
        if isinstance(inner, gast.Constant) and type(inner.value) in (int, float):
            return Literal(repr(-inner.value), -inner.value)
    return None


def defaults_of(node: Any) -> list[tuple[str, Any]]:
    """The parameters of a definition that have a default, with it."""
    arguments = node.args
    plain = [*arguments.posonlyargs, *arguments.args]
    first = len(plain) - len(arguments.defaults)
    pairs = [(p.id, d) for p, d in zip(plain[first:], arguments.defaults)]
    pairs += [(p.id, d) for p, d in zip(arguments.kwonlyargs, arguments.kw_defaults) if d]
    return pairs


def _definition(node: Any) -> tuple[str, Any]:
    """The name that a statement binds to what may be a function, and that."""
    if isinstance(node, gast.FunctionDef) and not node.decorator_list:
        return node.name, node
    if isinstance(node, gast.Assign) and len(node.targets) == 1:
        target, value = node.targets[0], node.value
        callables = (gast.Lambda, gast.Name, gast.Attribute, gast.Call)
        if isinstance(target, gast.Name) and isinstance(value, callables):
            return target.id, value
    return "", None


def _bound_each_time(own: list[Any]) -> Iterable[str]:
    """The names that the nodes of a scope bind, as often as they do."""
    for node in own:
        yield from scopes.bound_by([node])
        if isinstance(node, (gast.FunctionDef, gast.Lambda, gast.ClassDef)):
            for inner in gast.walk(node):
                if isinstance(inner, gast.Nonlocal):
                    yield from inner.names


def _bound_in_loops(own: list[Any]) -> set[str]:
    names: set[str] = set()
    for node in own:
        if isinstance(node, (gast.For, gast.While, gast.AsyncFor)):
            names.update(scopes.bound_names([node]))
    return names
