"""Which arguments a user function changes in place, for the calls of it."""

from __future__ import annotations

from tangent.analysis.aliasing import find_aliases
from tangent.ir import nodes as ir
from tangent.lower.lower import Program
from tangent.resolve.symbols import FunctionSource


def note_mutations(program: Program, function: ir.Function, known: dict[FunctionSource, set[str]]) -> None:
    """Writes on every call in ``function`` which variables of the caller it may change.

    A function that is being looked at already (recursion) counts as changing nothing here; its
    own statements are seen anyway.
    """
    for stmt in ir.statements(function.body):
        for expr in ir.expressions(stmt):
            for node in ir.walk(expr):
                if isinstance(node, ir.Call):
                    changed = mutated_parameters(program, node.function, known)
                    node.mutates = tuple(
                        name
                        for parameter, arg in arguments_of(node).items()
                        if parameter in changed
                        for name in _names(arg)
                    )


def mutated_parameters(
    program: Program, source: FunctionSource, known: dict[FunctionSource, set[str]]
) -> set[str]:
    """The parameters whose object a function may change in place."""
    if source not in known:
        known[source] = set()
        function = program.function(source)
        note_mutations(program, function, known)
        aliases = find_aliases(function, function.body)
        known[source] = {
            name
            for name in [*(p.name for p in function.params), *function.captured]
            if aliases.is_mutated(name)
        }
    return known[source]


def arguments_of(call: ir.Call) -> dict[str, ir.Expr]:
    """The arguments of a call of a user function by parameter, captured variables last."""
    arguments = call.function.node.args
    names = [a.id for a in (*arguments.posonlyargs, *arguments.args)]
    bound = dict(zip(names, call.args))
    bound.update(call.keywords)
    bound.update((r.name, r) for r in call.captured)
    return bound


def _names(expr: ir.Expr) -> set[str]:
    return {read.name for read in ir.reads(expr)}
