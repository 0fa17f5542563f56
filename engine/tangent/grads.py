"""Rules of the user's own for reverse mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from tangent.rules import user

_F = TypeVar("_F", bound=Callable[..., Any])


def adjoint(primal: Callable[..., Any]) -> Callable[[_F], _F]:
    """Declare the decorated function to be the adjoint rule of ``primal``.

        @adjoint(cube)
        def dcube(result, x):
            d[x] = d[result] * 3 * x * x

    The function is a template and is never called: its first parameter is the result of
    ``primal``, the others are its arguments, and ``d[v]`` is the adjoint of ``v``. It is
    inlined wherever a derivative passes through a call of ``primal``. An argument without an
    assignment to its ``d[...]`` carries no derivative.

    ``primal`` may be any function that has a name, with or without Python source. The language
    server finds the rule in the text of the file.
    """

    user.check_target(primal)

    def decorate(template: _F) -> _F:
        user.register(primal, template, "reverse")
        return template

    return decorate
