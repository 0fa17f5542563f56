"""Source text with spans.

A line ends at ``\n``, ``\r\n`` or ``\r`` and nowhere else: form feeds and Unicode line
separators are ordinary characters, for CPython's tokenizer and for the Language Server
Protocol alike. Lines count from 1, columns from 0 in code points.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol


class Positioned(Protocol):
    """What syntax nodes know of their place: lines from 1, columns in UTF-8 bytes."""

    lineno: int
    col_offset: int
    end_lineno: int | None
    end_col_offset: int | None


_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A range of text: lines from 1, columns from 0 in code points, the end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int

    def contains(self, line: int, column: int) -> bool:
        """Whether the position lies in the range, both ends included."""
        return (self.line, self.column) <= (line, column) <= (self.end_line, self.end_column)

    def shifted(self, lines: int) -> Span:
        """The same range, ``lines`` further down."""
        return Span(self.line + lines, self.column, self.end_line + lines, self.end_column)


class SourceText:
    """The text of one file, immutable, with its lines and the path it is known by."""

    def __init__(self, text: str, path: str = "<string>"):
        self.text = text
        self.path = path

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in _LINE_END.finditer(self.text))]

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines without their line ends."""
        return tuple(_LINE_END.split(self.text))

    def line(self, number: int) -> str:
        """The text of line ``number`` (from 1) without its line end."""
        return self.lines[number - 1]

    def offset(self, line: int, column: int) -> int:
        """The code point offset of a position."""
        return self._line_starts[line - 1] + column

    def slice(self, span: Span) -> str:
        """The text of a span."""
        return self.text[
            self.offset(span.line, span.column) : self.offset(span.end_line, span.end_column)
        ]

    def code_point_column(self, line: int, utf8_column: int) -> int:
        """The code point column of a UTF-8 byte column, as ``ast`` counts them."""
        text = self.lines[line - 1]
        if text.isascii():
            return utf8_column
        return len(text.encode("utf-8")[:utf8_column].decode("utf-8", "replace"))

    def span_of(self, node: Positioned) -> Span:
        """The span of an ``ast`` or ``gast`` node that carries a position."""
        line, end_line = node.lineno, node.end_lineno or node.lineno
        return Span(
            line,
            self.code_point_column(line, node.col_offset),
            end_line,
            self.code_point_column(end_line, node.end_col_offset or 0),
        )
