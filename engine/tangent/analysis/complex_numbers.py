"""Whether a program computes with complex numbers, as far as its text tells.

Nothing else in the text of ``np.abs(z)`` does. Where complex numbers occur, the rules of functions
that are not analytic take the form that is right for both kinds of numbers, and the gradient of a
real argument is made real.
"""

from __future__ import annotations

import gast

from tangent.ir import nodes as ir
from tangent.lower.lower import Program
from tangent.resolve.symbols import FunctionSource

_FUNCTIONS = frozenset(
    (
        *("builtins.complex", "attribute.imag", "scipy.special.wofz", "scipy.linalg.sqrtm"),
        "scipy.special.sph_harm_y",
        *(f"numpy.{n}" for n in ("imag", "conjugate", "conj", "angle", "real_if_close", "roots")),
        *(f"numpy.{n}" for n in ("linalg.eig", "linalg.eigvals", "complex64", "complex128")),
        *("tangent.as_kind_of", "tangent.imag_adjoint", "tangent.angle_adjoint"),
    )
)
_MODULES = ("numpy.fft.", "scipy.fft.")


def mentions_complex(program: Program, source: FunctionSource) -> bool:
    """Whether a function, or one that it calls, computes with complex numbers."""
    seen: set[FunctionSource] = set()
    stack = [source]
    while stack:
        current = stack.pop()
        if current in seen:
            continue
        seen.add(current)
        function = program.function(current)
        if any(_is_complex_type(p.annotation) for p in function.params):
            return True
        for stmt in ir.statements(function.body):
            for expr in ir.expressions(stmt):
                for node in ir.walk(expr):
                    if _is_complex(node):
                        return True
                    if isinstance(node, ir.Call):
                        stack.append(node.function)
    return False


def _is_complex(node: ir.Expr) -> bool:
    if isinstance(node, ir.Op):
        return node.callee in _FUNCTIONS or node.callee.startswith(_MODULES)
    if isinstance(node, ir.Const):
        return isinstance(node.value, complex)
    return isinstance(node, ir.Global) and "complex" in node.text


def _is_complex_type(annotation: gast.AST | None) -> bool:
    return annotation is not None and any(
        "complex" in str(getattr(n, "id", "") or getattr(n, "attr", ""))
        for n in gast.walk(annotation)
    )
