"""Between the analysis' spans and the protocol's ranges."""

from __future__ import annotations

from typing import TypeGuard

from lsprotocol import types as lsp

from tangent.source.text import SourceText, Span
from tangent_ls.analysis.line_index import Encoding, LineIndex


def to_range(source: SourceText, span: Span, encoding: Encoding) -> lsp.Range:
    """The protocol's range of a span of a text."""
    index = LineIndex(source, encoding)
    return lsp.Range(
        lsp.Position(span.line - 1, index.character(span.line - 1, span.column)),
        lsp.Position(span.end_line - 1, index.character(span.end_line - 1, span.end_column)),
    )


def to_place(source: SourceText, position: lsp.Position, encoding: Encoding) -> tuple[int, int]:
    """Line (from 1, within the text) and code point column of a position."""
    line = min(max(position.line, 0), len(source.lines) - 1)
    return line + 1, LineIndex(source, encoding).column(line, position.character)


def range_json(value: lsp.Range) -> dict[str, object]:
    """A range as plain JSON, for arguments and messages of our own."""
    return {
        "start": {"line": value.start.line, "character": value.start.character},
        "end": {"line": value.end.line, "character": value.end.character},
    }


def position_from_json(value: object) -> lsp.Position | None:
    """A position in an argument of ours; None if it is none."""
    if isinstance(value, dict):
        line, character = value.get("line"), value.get("character")
        if _natural(line) and _natural(character):
            return lsp.Position(line, character)
    return None


def range_from_json(value: object) -> lsp.Range | None:
    """A range in an argument of ours; None if it is none."""
    if isinstance(value, dict):
        start, end = position_from_json(value.get("start")), position_from_json(value.get("end"))
        if start is not None and end is not None:
            return lsp.Range(start, end)
    return None


def _natural(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
