"""What calling a user function does beside computing its result."""

from __future__ import annotations

import re

from tangent.analysis.aliasing import find_aliases, sources
from tangent.analysis.calls import arguments_of
from tangent.analysis.versions import find_versions
from tangent.ir import nodes as ir
from tangent.ir.purity import is_pure_operation
from tangent.lower.lower import Program
from tangent.lower.single_exit import tail_form
from tangent.resolve.symbols import FunctionSource


def note_mutations(
    program: Program, function: ir.Function, known: dict[FunctionSource, set[str]]
) -> None:
    """Writes on every call in ``function`` which variables of the caller it may change.

    A function that is being looked at already (recursion) counts as changing nothing here; its
    own statements are seen anyway.
    """
    for stmt in ir.statements(function.body):
        for expr in ir.expressions(stmt):
            for node in ir.walk(expr):
                if isinstance(node, ir.Call) and not node.dynamic:
                    changed = mutated_parameters(program, node.function, known)
                    node.new = node.function in program.returns_new
                    node.mutates = tuple(
                        name
                        for parameter, arg in arguments_of(node).items()
                        if parameter in changed and not uses_up(node.function, parameter)
                        for name in _names(arg)
                    )
                    passed = arguments_of(node)
                    node.remembers = next(
                        (p for p in sorted(changed) if p not in passed and p not in node.given), ""
                    )
                    doubtful = program.changed_unsurely.get(node.function, frozenset())
                    sure = {
                        name
                        for parameter, arg in arguments_of(node).items()
                        if parameter not in doubtful
                        for name in _names(arg)
                    }
                    node.unsure = tuple(n for n in node.mutates if n not in sure)


def uses_up(source: FunctionSource, parameter: str) -> bool:
    """Whether a parameter is the record of a call that was differentiated: what its forward
    function has left is read once, by its backward function, which may well empty the stacks."""
    return bool(
        re.search(r"_backward(_\d+)?$", source.name) and re.match(r"record(_\d+)?$", parameter)
    )


def mutated_parameters(
    program: Program, source: FunctionSource, known: dict[FunctionSource, set[str]]
) -> set[str]:
    """The parameters whose object a function may change in place."""
    if source not in known:
        known[source] = set()
        function = program.function(source)
        others = set(known)
        while True:
            note_mutations(program, function, known)
            body = tail_form(function)
            aliases = find_aliases(function, body)
            versions = find_versions(function, body, aliases)
            found = {name for name, value in versions.params.items() if aliases.is_mutated(value)}
            if found == known[source]:
                break
            # A call of itself, here or in what it calls, changes as much.
            known[source] = found
            for other in set(known) - others:
                del known[other]
        program.changed_unsurely[source] = _changed_unsurely(function, known[source])
        returned = [s.value for s in ir.statements(function.body) if isinstance(s, ir.Return)]
        for value in returned:
            for read in () if value is None else ir.reads(value):
                # A variable that holds the result anyway is not assigned to itself.
                if read not in versions.of and read.name in versions.final:
                    versions.of[read] = versions.final[read.name]
        places = {
            place
            for value in returned
            if value is not None
            for source in sources(value, versions, aliases)
            for place in aliases.parts(source)
        }
        if not any(aliases.sees(p, v) for p in places for v in versions.params.values()) and all(
            not isinstance(node, ir.Global)
            for value in returned
            if value is not None
            for node in _returned_objects(value)
        ):
            program.returns_new.add(source)
    return known[source]


def _changed_unsurely(function: ir.Function, changed: set[str]) -> frozenset[str]:
    """Of the parameters that a function may change, those that only a function may change which
    is not known before the program runs."""
    calls = [
        node
        for stmt in ir.statements(function.body)
        for expr in ir.expressions(stmt)
        for node in ir.walk(expr)
        if isinstance(node, ir.Call) and node.unsure
    ]
    if not calls or not changed:
        return frozenset()
    before = [call.mutates for call in calls]
    for call in calls:
        call.mutates = tuple(n for n in call.mutates if n not in call.unsure)
    aliases = find_aliases(function, function.body)
    versions = find_versions(function, function.body, aliases)
    surely = {n for n, value in versions.params.items() if aliases.is_mutated(value)}
    for call, mutates in zip(calls, before):
        call.mutates = mutates
    return frozenset(changed - surely)


def _returned_objects(expr: ir.Expr) -> list[ir.Expr]:
    """The objects that a returned expression hands out."""
    if isinstance(expr, ir.Op) and expr.callee in ("tuple", "list", "select", "and", "or"):
        return [inner for arg in expr.args for inner in _returned_objects(arg)]
    return [expr]


def is_pure_function(
    program: Program, source: FunctionSource, mutations: dict[FunctionSource, set[str]]
) -> bool:
    """Whether a function only computes: it changes no argument, prints nothing, and calls
    nothing of which that is not known."""
    return _is_pure(program, source, mutations, set())


def _is_pure(
    program: Program,
    source: FunctionSource,
    mutations: dict[FunctionSource, set[str]],
    pending: set[FunctionSource],
) -> bool:
    if source in pending:
        return True
    pending.add(source)
    if mutated_parameters(program, source, mutations):
        return False
    for stmt in ir.statements(program.function(source).body):
        if isinstance(stmt, (ir.Verbatim, ir.With, ir.InsertGrad)):
            return False
        if isinstance(stmt, ir.Assign) and not ir.only_names(stmt.target):
            return False
        for expr in ir.expressions(stmt):
            for node in ir.walk(expr):
                if isinstance(node, ir.Opaque) or (
                    isinstance(node, ir.Call)
                    and (node.dynamic or not _is_pure(program, node.function, mutations, pending))
                ):
                    return False
                if isinstance(node, ir.Op) and not is_pure_operation(node):
                    return False
    return True


def _names(expr: ir.Expr) -> set[str]:
    return {read.name for read in ir.reads(expr)}
