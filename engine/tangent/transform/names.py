"""Names for what a derivative adds: adjoints, tangents, intermediates, stacks."""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Iterable

_RESERVED = frozenset(dir(builtins)) | frozenset(keyword.kwlist)


class Names:
    """Hands out names that nothing else in the function has, the same for the same input."""

    def __init__(self, taken: Iterable[str]):
        self._taken = set(taken) | _RESERVED
        self._last: dict[str, int] = {}  # the last number tried for a base
        self._adjoints: dict[str, str] = {}
        self._tangents: dict[str, str] = {}

    def fresh(self, base: str) -> str:
        """``base``, or ``base_1``, ``base_2``, ... if it is taken."""
        if base not in self._taken:
            self._taken.add(base)
            return base
        return self.numbered(base)

    def numbered(self, base: str) -> str:
        """``base_1``, ``base_2``, ...: another value of the variable ``base``."""
        n = self._last.get(base, 0) + 1
        while f"{base}_{n}" in self._taken:
            n += 1
        self._last[base] = n
        self._taken.add(f"{base}_{n}")
        return f"{base}_{n}"

    def adjoint(self, variable: str) -> str:
        """The name of the adjoint of a variable: ``bx`` for ``x``."""
        if variable not in self._adjoints:
            self._adjoints[variable] = self.fresh(f"b{variable}")
        return self._adjoints[variable]

    def tangent(self, variable: str) -> str:
        """The name of the tangent of a variable: ``dx`` for ``x``."""
        if variable not in self._tangents:
            self._tangents[variable] = self.fresh(f"d{variable}")
        return self._tangents[variable]


def base_name(function: str) -> str:
    """What the functions made of a function of the user's are named after."""
    if function.startswith("__") and function.endswith("__") and len(function) > 4:
        return function.strip("_")
    return function if function.isidentifier() else "lambda_"


# What to call an intermediate, by the operation that made it.
_NOUNS = {
    "operator.add": "total",
    "operator.sub": "diff",
    "operator.mul": "prod",
    "operator.truediv": "ratio",
    "operator.pow": "power",
    "operator.neg": "minus",
    "operator.matmul": "matmul",
    "operator.mod": "rest",
    "operator.getitem": "item",
    "compare": "cond",
    "and": "cond",
    "or": "cond",
    "operator.not_": "cond",
    "select": "choice",
    "tuple": "items",
    "list": "items",
    "builtins.list": "items",
    "builtins.tuple": "items",
    "dict": "items",
    "tangent.values_of": "values",
    "tangent.joined": "joined",
}


def noun(callee: str) -> str:
    """A short name for the result of an operation."""
    if callee in _NOUNS:
        return _NOUNS[callee]
    last = callee.rpartition(".")[2]
    return last if last.isidentifier() else "value"
