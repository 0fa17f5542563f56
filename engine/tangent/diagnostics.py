"""What is told to a user when a derivative cannot be made, with the place in the text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tangent.source.text import SourceText, Span


@dataclass(frozen=True, slots=True)
class RelatedNote:
    """A second place that explains a diagnostic."""

    path: str
    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem, at one place: a stable code, one sentence of reason, one hint."""

    code: str
    message: str
    path: str
    span: Span
    hint: str = ""
    severity: str = "error"  # "error" or "warning"
    related: tuple[RelatedNote, ...] = field(default=())

    @property
    def line(self) -> int:
        return self.span.line

    @property
    def column(self) -> int:
        return self.span.column

    @property
    def end_line(self) -> int:
        return self.span.end_line

    @property
    def end_column(self) -> int:
        return self.span.end_column

    def render(self, source: SourceText | None = None) -> str:
        """The diagnostic for a terminal: place, message, the source line with a caret, hint."""
        place = f"{self.path}:{self.line}:{self.column + 1}"
        parts = [f"{place}: {self.severity}[{self.code}]: {self.message}"]
        if source is not None and self.line <= len(source.lines):
            text = source.line(self.line)
            end = self.end_column if self.end_line == self.line else len(text)
            lead = "".join("\t" if c == "\t" else " " for c in text[: self.column])
            parts.append(f"    {text}")
            parts.append(f"    {lead}{'^' * max(1, end - self.column)}")
        if self.hint:
            parts.append(f"    hint: {self.hint}")
        return "\n".join(parts)


class DerivativeError(Exception):
    """A derivative could not be made. ``diagnostics`` has every reason, with its place."""

    def __init__(self, diagnostics: Iterable[Diagnostic], sources: Iterable[SourceText] = ()):
        self.diagnostics = tuple(diagnostics)
        by_path = {source.path: source for source in sources}
        super().__init__(
            "\n".join(d.render(by_path.get(d.path)) for d in self.diagnostics) or "no derivative"
        )


class DerivativeWarning(UserWarning):
    """A derivative was made, and something about it should be known: it is zero, or a step such
    as rounding cuts it off."""
