"""Questions to the source map of a view: what belongs to a line, on either side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from tangent.derivative import Link, Role
from tangent.source.text import SourceText, Span
from tangent_ls.analysis.view import View

# What a primal line turns into: the lines a reader looks for when asking for "its adjoint".
_DERIVED = (Role.ADJOINT, Role.ACCUMULATE, Role.TANGENT, Role.INSERTED)
_TITLE_LENGTH = 60


@dataclass(frozen=True)
class Counterpart:
    """The derived lines of one primal line."""

    primal: Span  # in the source
    generated: Span  # the first run of derived lines, in the view
    lines: tuple[str, ...]  # all of them, without their common indentation

    @property
    def title(self) -> str:
        """The first line, shortened, and how many more there are."""
        first = self.lines[0].strip()
        if len(first) > _TITLE_LENGTH:
            first = first[: _TITLE_LENGTH - 1].rstrip() + "…"
        more = f" (+{len(self.lines) - 1})" if len(self.lines) > 1 else ""
        return f"→ {first}{more}"


@lru_cache(maxsize=256)
def counterparts(view: View) -> tuple[Counterpart, ...]:
    """One for each primal line that has derived lines, in the order of the source."""
    if view.source is None:
        return ()
    by_line: dict[int, list[Link]] = defaultdict(list)
    for link in view.links:
        if link.role in _DERIVED and link.path == view.source.path and link.generated:
            by_line[link.primal.line].append(link)
    view_lines = view.content.lines
    found = (_counterpart(by_line[line], view_lines) for line in sorted(by_line))
    return tuple(counterpart for counterpart in found if counterpart is not None)


def counterpart_at(view: View, line: int) -> Counterpart | None:
    """The derived lines of the statement on a line (from 1) of the source."""
    around = [c for c in counterparts(view) if c.primal.line <= line <= c.primal.end_line]
    return min(around, key=lambda c: c.primal.end_line - c.primal.line, default=None)


def _counterpart(links: Iterable[Link], view_lines: tuple[str, ...]) -> Counterpart | None:
    links = list(links)
    every = sorted({n for x in links for s in x.generated for n in range(s.line, s.end_line + 1)})
    # The comment that quotes the primal line says nothing to who looks at it from there.
    numbers = [n for n in every if view_lines[n - 1].strip()[:1] not in ("", "#")]
    if not numbers:
        return None
    end = numbers[0]
    while end + 1 in numbers:
        end += 1
    texts = [view_lines[n - 1] for n in numbers]
    indent = min(_indent(text) for text in texts)
    return Counterpart(
        max((link.primal for link in links), key=lambda span: (span.end_line, span.end_column)),
        Span(numbers[0], _indent(texts[0]), end, len(view_lines[end - 1])),
        tuple(text[indent:] for text in texts),
    )


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


@dataclass(frozen=True)
class Origin:
    """The primal code that a place of the view comes from."""

    path: str
    primal: Span
    generated: Span


def origin_at(view: View, line: int, column: int) -> Origin | None:
    """Where a place of the view comes from: by the innermost generated span around it, else by
    the line it is on."""
    around: list[Origin] = []
    on_line: list[Origin] = []
    for link in view.links:
        for span in link.generated:
            if span.line <= line <= span.end_line:
                origin = Origin(link.path, link.primal, span)
                on_line.append(origin)
                if span.contains(line, column):
                    around.append(origin)
    return min(around or on_line, key=lambda o: (_extent(o.generated), o.primal), default=None)


def _extent(span: Span) -> tuple[int, int]:
    return span.end_line - span.line, span.end_column - span.column


def text_of(source: SourceText, span: Span) -> str:
    """The whole lines of a span, without their common indentation."""
    lines = source.lines[span.line - 1 : span.end_line]
    indent = min((_indent(text) for text in lines if text.strip()), default=0)
    return "\n".join(text[indent:] for text in lines)
