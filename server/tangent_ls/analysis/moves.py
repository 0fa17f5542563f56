"""Where the lines of an older text are in a newer one."""

from __future__ import annotations

from difflib import SequenceMatcher

from tangent.source.text import SourceText, Span

_DIFF_LIMIT = 400  # lines in the changed region up to which it is worth a closer look


class LineMoves:
    """Follows lines over edits.

    Unchanged lines are followed exactly. A run of lines that was changed in place, its number
    of lines kept, is followed line by line, so that what hangs on a line stays there while the
    line is being typed. Other changed lines are lost.
    """

    def __init__(self, old: SourceText, new: SourceText):
        self._new = new
        first, last, last_before = changed_lines(old, new)
        self._head = first - 1
        self._tail_from = last_before
        self._growth = last - last_before
        self._middle = _changed(old.lines[first - 1 : last_before], new.lines[first - 1 : last])

    def line(self, number: int) -> tuple[int, bool] | None:
        """The new number of an old line (from 1), and whether its text is the same."""
        index = number - 1
        if index < self._head:
            return number, True
        if index >= self._tail_from:
            return number + self._growth, True
        found = self._middle.get(index - self._head)
        return None if found is None else (found[0] + self._head + 1, found[1])

    def span(self, span: Span) -> Span | None:
        """The new place of a span; the whole of a line whose text changed."""
        start, end = self.line(span.line), self.line(span.end_line)
        if start is None or end is None:
            return None
        if end[0] - start[0] != span.end_line - span.line:
            return None
        column = span.column if start[1] else 0
        end_column = span.end_column if end[1] else len(self._new.line(end[0]))
        return Span(start[0], column, end[0], end_column)


def changed_lines(old: SourceText, new: SourceText) -> tuple[int, int, int]:
    """The region in which two texts differ: its first line (from 1, the same in both), its
    last line in the new text, and its last line in the old one. Empty on a side where the last
    line is before the first."""
    before, after = old.lines, new.lines
    shorter = min(len(before), len(after))
    head = 0
    while head < shorter and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < shorter - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    return head + 1, len(after) - tail, len(before) - tail


def _changed(before: tuple[str, ...], after: tuple[str, ...]) -> dict[int, tuple[int, bool]]:
    if len(before) == len(after):
        return {i: (i, before[i] == after[i]) for i in range(len(before))}
    if len(before) > _DIFF_LIMIT or len(after) > _DIFF_LIMIT:
        return {}
    found: dict[int, tuple[int, bool]] = {}
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal" or (tag == "replace" and i2 - i1 == j2 - j1):
            for i, j in zip(range(i1, i2), range(j1, j2), strict=True):
                found[i] = (j, tag == "equal")
    return found
