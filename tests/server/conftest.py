"""For the analysis alone: a stand-in for the engine, with its signature.

It "differentiates" line by line: each assignment ``x = ...`` of a function becomes
``bx = adjoint("...")`` in reverse order. A ``yield`` cannot be differentiated; a call of
another function of the file makes it a dependency.
"""

from __future__ import annotations

import ast

import pytest

from tangent.derivative import Dependency, Derivative, Link, Role
from tangent.diagnostics import Diagnostic
from tangent.source.text import SourceText, Span
from tangent_ls.analysis.host import AnalysisHost


class FakeEngine:
    """Counts what it is asked to do."""

    def __init__(self):
        self.calls = []

    def __call__(
        self, text, function, *, wrt=None, mode="reverse", path="<string>", read=None, roots=()
    ):
        self.calls.append(function)
        source = SourceText(text, path)
        tree = ast.parse(text)
        functions = {n.name: n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
        node = functions[function.rpartition(".")[2]]
        given = (wrt,) if isinstance(wrt, (str, int)) else wrt or (0,)
        names = tuple(node.args.args[w].arg if isinstance(w, int) else w for w in given)
        name = f"d{node.name}d{''.join(names)}"
        common = {"name": name, "qualname": function, "path": path, "mode": mode, "wrt": names}
        dependencies = [Dependency(path, function, source.span_of(node))]
        problems = []
        for child in ast.walk(node):
            if isinstance(child, ast.Call) and isinstance(child.func, ast.Name):
                callee = functions.get(child.func.id)
                if callee is not None:
                    dependencies.append(Dependency(path, callee.name, source.span_of(callee)))
                elif read is not None:
                    read(f"/w/{child.func.id}.py")
            if isinstance(child, ast.Yield):
                span = source.span_of(child)
                problems.append(
                    Diagnostic("generator", "cannot differentiate a yield", path, span, "return it")
                )
        if problems:
            return Derivative("", **common, diagnostics=tuple(problems))
        lines = [f"def {name}({', '.join(a.arg for a in node.args.args)}):"]
        links = []
        for statement in reversed(node.body):
            if not isinstance(statement, ast.Assign):
                continue
            target = statement.targets[0]
            primal = source.span_of(statement)
            lines.append(f"    # Grad of: {source.line(primal.line).strip()}")
            lines.append(f"    b{ast.unparse(target)} = adjoint({ast.unparse(statement.value)!r})")
            here = Span(len(lines), 4, len(lines), len(lines[-1]))
            links.append(Link(primal, (here,), Role.ADJOINT, path))
        lines.append("    return bx")
        return Derivative(
            "\n".join(lines) + "\n", **common, links=tuple(links), dependencies=tuple(dependencies)
        )


@pytest.fixture
def engine():
    return FakeEngine()


@pytest.fixture
def host(engine):
    return AnalysisHost(differentiate=engine)
