"""The derivative as a document: two header lines, then the engine's text as it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from tangent.derivative import Derivative, Link
from tangent.diagnostics import Diagnostic
from tangent.source.text import SourceText
from tangent_ls.analysis import uris
from tangent_ls.analysis.documents import Snapshot
from tangent_ls.analysis.uris import DerivativeId

HEADER_LINES = 2  # in every state, so that a change of state moves no line

_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class State:
    """Whether a view shows the derivative of the present text."""

    kind: Literal["fresh", "stale", "unsupported"]
    reason: str = ""


FRESH = State("fresh")


@dataclass(frozen=True, eq=False)
class View:
    """One derivative document at one moment.

    Primal spans of `links` lie in the present text of the source (moved there, if the
    derivative is stale); generated spans lie in the view, header included. `derivative` is what
    is shown, None if there is none. `diagnostics` are of the present text.
    """

    identity: DerivativeId
    state: State
    source: Snapshot | None
    derivative: Derivative | None = None
    links: tuple[Link, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    generation: int = 0
    body: str = ""

    @property
    def header(self) -> str:
        if self.state.kind == "fresh":
            state = "up to date"
        elif self.state.kind == "stale":
            state = f"stale: {self.state.reason}"
        else:
            state = f"no derivative: {self.state.reason}"
        return f"# {_title(self.identity, self.derivative)}\n# {one_line(state)}\n"

    @property
    def text(self) -> str:
        return self.header + self.body

    @cached_property
    def content(self) -> SourceText:
        return SourceText(self.text)


def one_line(text: str, limit: int = 200) -> str:
    """Text that stays on the line it is put on, and in the comment."""
    text = _CONTROL.sub(" ", text).strip()
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _title(identity: DerivativeId, derivative: Derivative | None) -> str:
    wrt = derivative.wrt if derivative is not None else tuple(str(w) for w in identity.wrt)
    parts = [f"Derivative of {identity.function}"]
    if wrt:
        parts.append(f"with respect to {', '.join(wrt)}")
    parts.append(f"({identity.mode} mode), from {uris.name_of(identity.source)}")
    return one_line(" ".join(parts))


def reason_of(diagnostics: Iterable[Diagnostic]) -> str:
    """The first error in one line, with its place."""
    for diagnostic in diagnostics:
        if diagnostic.severity == "error":
            return f"line {diagnostic.line}: {one_line(diagnostic.message)}"
    return "it could not be made"


def problems(diagnostics: Iterable[Diagnostic], read: Callable[[str], str | None]) -> str:
    """Diagnostics as comments, each with its source line and a caret."""
    lines: list[str] = []
    for diagnostic in diagnostics:
        text = read(diagnostic.path)
        source = None if text is None else SourceText(text, diagnostic.path)
        shown = replace(diagnostic, path=uris.name_of(uris.of_path(diagnostic.path)))
        lines.append("#")
        for line in SourceText(shown.render(source)).lines:
            lines.append(f"# {_CONTROL.sub(' ', line)}".rstrip())
    return "\n".join(lines) + "\n" if lines else ""


def in_view(link: Link) -> Link:
    """The link with its generated spans moved below the header."""
    return replace(link, generated=tuple(s.shifted(HEADER_LINES) for s in link.generated))
