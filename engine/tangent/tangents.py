"""Rules of the user's own for forward mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from tangent.rules import user

_F = TypeVar("_F", bound=Callable[..., Any])


def tangent_(primal: Callable[..., Any]) -> Callable[[_F], _F]:
    """Declare the decorated function to be the tangent rule of ``primal``.

        @tangent_(cube)
        def tcube(result, x):
            d[result] = d[x] * 3 * x * x

    The function is a template and is never called: its first parameter is the result of
    ``primal``, the others are its arguments, and ``d[v]`` is the tangent of ``v``.
    """

    user.check_target(primal)

    def decorate(template: _F) -> _F:
        user.register(primal, template, "forward")
        return template

    return decorate
