"""Between the protocol's positions and code points, in every position encoding.

A line ends at ``\n``, ``\r\n`` or ``\r`` and nowhere else (`tangent.source.text`).
"""

from __future__ import annotations

from enum import Enum

from tangent.source.text import SourceText


class Encoding(str, Enum):
    """The unit in which a client counts characters."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


def _width(character: str, encoding: Encoding) -> int:
    code = ord(character)
    if encoding is Encoding.UTF16:
        return 2 if code > 0xFFFF else 1
    if encoding is Encoding.UTF8:
        return 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4
    return 1


class LineIndex:
    """Positions of one text. Lines and characters count from 0 here, as the protocol's do."""

    def __init__(self, source: SourceText, encoding: Encoding):
        self._source = source
        self._encoding = encoding

    def column(self, line: int, character: int) -> int:
        """The code point column of a character of the line.

        Past the end of the line it is the line's length, as the protocol wants; inside a
        character (between two surrogates) it is that character.
        """
        lines = self._source.lines
        if not 0 <= line < len(lines) or character <= 0:
            return 0
        text = lines[line]
        if self._encoding is Encoding.UTF32 or text.isascii():
            return min(character, len(text))
        units = 0
        for column, character_text in enumerate(text):
            units += _width(character_text, self._encoding)
            if units > character:
                return column
        return len(text)

    def character(self, line: int, column: int) -> int:
        """The protocol's character of a code point column."""
        lines = self._source.lines
        if not 0 <= line < len(lines):
            return 0
        text = lines[line][:column]
        if self._encoding is Encoding.UTF32 or text.isascii():
            return len(text)
        return sum(_width(c, self._encoding) for c in text)

    def offset(self, line: int, character: int) -> int:
        """The code point offset of a position; past the last line it is the text's end."""
        if line < 0:
            return 0
        if line >= len(self._source.lines):
            return len(self._source.text)
        return self._source.offset(line + 1, self.column(line, character))
