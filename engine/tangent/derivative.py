"""A derivative as text: the result of differentiating, and its source map."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from tangent.diagnostics import Diagnostic
from tangent.source.text import Span


class Role(str, Enum):
    """Why a generated line is there."""

    PRIMAL = "primal"  # the primal line, as it was or with an intermediate named
    RECORD = "record"  # keeps a value for the backward pass
    RESTORE = "restore"  # brings a kept value back
    ADJOINT = "adjoint"  # computes an adjoint
    ACCUMULATE = "accumulate"  # adds to an adjoint
    TANGENT = "tangent"  # computes a tangent (forward mode)
    SEED = "seed"  # the initial adjoint or tangent: the signature, a check of its shape
    INSERTED = "inserted"  # the user's own lines, from `with insert_grad_of`
    RETURN = "return"


@dataclass(frozen=True, slots=True)
class Link:
    """One primal span and the generated spans that come from it in one role.

    Spans of `generated` lie in `Derivative.text`; `primal` lies in the file `path`, which is
    the differentiated file for all but the functions it calls in other files.
    """

    primal: Span
    generated: tuple[Span, ...]
    role: Role
    path: str


@dataclass(frozen=True, slots=True)
class Dependency:
    """A function whose text decides this derivative: the function itself and its callees."""

    path: str
    qualname: str
    span: Span


@dataclass(frozen=True)
class Derivative:
    """The derivative of one function for one choice of options.

    `text` is Python source. If the derivative could not be made it is empty and
    `diagnostics` has at least one error; warnings may stand beside a text.
    """

    text: str
    name: str
    qualname: str
    path: str
    mode: str
    wrt: tuple[str, ...]
    links: tuple[Link, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    dependencies: tuple[Dependency, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """Whether there is a derivative."""
        return not any(d.severity == "error" for d in self.diagnostics)
