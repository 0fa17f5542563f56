"""The texts: what the client has open, else what is on disk."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from tangent.source.text import SourceText
from tangent_ls.analysis import uris
from tangent_ls.analysis.line_index import Encoding, LineIndex


@dataclass(frozen=True)
class Snapshot:
    """One text of one document at one version; never changed.

    `version` is None for a text read from disk. `path` is what the engine knows it by.
    """

    uri: str
    version: int | None
    text: str
    path: str

    @cached_property
    def source(self) -> SourceText:
        return SourceText(self.text, self.path)

    def index(self, encoding: Encoding) -> LineIndex:
        return LineIndex(self.source, encoding)


@dataclass(frozen=True, slots=True)
class Edit:
    """A replacement, in the client's units; without a range, of the whole text."""

    text: str
    start: tuple[int, int] | None = None
    end: tuple[int, int] | None = None


class DocumentStore:
    """Every document that is open, by URI, and those on disk when asked for."""

    def __init__(self, encoding: Encoding = Encoding.UTF16):
        self.encoding = encoding
        self._open: dict[str, Snapshot] = {}
        self._disk: dict[str, tuple[tuple[int, int], str]] = {}

    def open(self, uri: str, text: str, version: int) -> Snapshot:
        snapshot = Snapshot(uri, version, text, uris.path_of(uri))
        self._open[uris.key(uri)] = snapshot
        return snapshot

    def change(self, uri: str, edits: Iterable[Edit], version: int) -> Snapshot | None:
        """Applies edits one after another. None if the document is not open."""
        before = self._open.get(uris.key(uri))
        if before is None:
            return None
        text = before.text
        for edit in edits:
            if edit.start is None or edit.end is None:
                text = edit.text
                continue
            index = LineIndex(SourceText(text), self.encoding)
            start, end = sorted((index.offset(*edit.start), index.offset(*edit.end)))
            text = text[:start] + edit.text + text[end:]
        after = Snapshot(before.uri, version, text, before.path)
        self._open[uris.key(uri)] = after
        return after

    def close(self, uri: str) -> None:
        self._open.pop(uris.key(uri), None)

    def is_open(self, uri: str) -> bool:
        return uris.key(uri) in self._open

    def opened(self) -> tuple[Snapshot, ...]:
        return tuple(self._open.values())

    def get(self, uri: str) -> Snapshot | None:
        """The open text, else the file's, else None."""
        snapshot = self._open.get(uris.key(uri))
        if snapshot is not None:
            return snapshot
        if not uris.is_file(uri):
            return None
        path = uris.path_of(uri)
        text = self._read_disk(path)
        return None if text is None else Snapshot(uri, None, text, path)

    def read(self, path: str) -> str | None:
        """The text of a file by path, unsaved changes included."""
        return self.reader()(path)

    def reader(self) -> Callable[[str], str | None]:
        """`read` over the texts that are open now, safe to call in another thread."""
        texts = {snapshot.path: snapshot.text for snapshot in self._open.values()}
        read_disk = self._read_disk

        def read(path: str) -> str | None:
            text = texts.get(path)
            return text if text is not None else read_disk(path)

        return read

    def _read_disk(self, path: str) -> str | None:
        if not os.path.isabs(path):  # beside an untitled document there are no files
            return None
        try:
            stat = os.stat(path)
            stamp = (stat.st_mtime_ns, stat.st_size)
            known = self._disk.get(path)
            if known is not None and known[0] == stamp:
                return known[1]
            with open(path, "rb") as file:
                text = decode(file.read())
        except (OSError, ValueError):
            return None
        self._disk[path] = (stamp, text)
        return text


def decode(data: bytes) -> str:
    """The text of a Python file: UTF-8 with or without a mark, or as its first lines declare.

    Line ends stay as they are.
    """
    import io
    import tokenize

    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(encoding)
    except (SyntaxError, LookupError) as error:
        raise ValueError(str(error)) from error
