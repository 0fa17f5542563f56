"""The state of the analysis: texts come in, derivatives of functions are asked for.

The host does no work unasked. `view` answers at once with what is known; `pending` says what
would have to be computed to be up to date, as a `Job` that may run in any thread; `finish`
takes its outcome. `update` does the three in one, for callers that can wait.

A derivative is made again only if the text that decides it changed: its function, the functions
it depends on, and the module around them (not the bodies of other functions).
"""

from __future__ import annotations

import logging
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tangent.derivative import Derivative, Link
from tangent.diagnostics import Diagnostic
from tangent.source.text import SourceText, Span
from tangent_ls.analysis import files, uris
from tangent_ls.analysis.documents import DocumentStore, Snapshot
from tangent_ls.analysis.files import ParsedFile, dotted
from tangent_ls.analysis.moves import LineMoves
from tangent_ls.analysis.requests import canonical_wrt, requested
from tangent_ls.analysis.uris import DerivativeId
from tangent_ls.analysis.view import FRESH, State, View, in_view, problems, reason_of

logger = logging.getLogger(__name__)

Differentiate = Callable[..., Derivative]
Key = tuple[object, ...]

_SHOWN_LIMIT = 64  # a client may forget to close: the oldest goes
_ENTRY_LIMIT = 512


def _engine(*arguments: Any, **options: Any) -> Derivative:
    """`tangent.differentiate`, imported when first called: in the worker, not at the start."""
    import tangent

    return tangent.differentiate(*arguments, **options)


@dataclass(frozen=True)
class Outcome:
    """A finished derivation and the texts that decided it."""

    parsed: ParsedFile
    derivative: Derivative | None  # None if the engine failed
    failure: str
    own: Mapping[str, str] | None  # unit -> text; None: every change of the file counts
    read: Mapping[str, str | None]  # path -> text of other files

    @property
    def ok(self) -> bool:
        return self.derivative is not None and self.derivative.ok

    def holds_for(self, file: ParsedFile, read: Callable[[str], str | None]) -> bool:
        """Whether the same derivation of this text would give the same."""
        if file is not self.parsed and file.snapshot.text != self.parsed.snapshot.text:
            if self.own is None or file.environment != self.parsed.environment:
                return False
            # A new function may give a meaning to a name; one that is just broken does not
            # take one away.
            if file.error is None and file.units.keys() != self.parsed.units.keys():
                return False
            for name, text in self.own.items():
                unit = file.units.get(name)
                if unit is None or unit.text != text:
                    return False
        return all(read(path) == text for path, text in self.read.items())


@dataclass(frozen=True)
class Job:
    """A derivation to run: everything it needs, nothing of the host."""

    identity: DerivativeId
    parsed: ParsedFile
    read: Callable[[str], str | None]  # the texts of other files
    roots: tuple[str, ...]
    differentiate: Differentiate

    @property
    def key(self) -> Key:
        return (*self.identity.key, id(self.parsed))

    def run(self) -> Outcome:
        """Runs the engine. Never raises: a failure of the engine is an outcome."""
        snapshot, seen = self.parsed.snapshot, dict[str, str | None]()

        def read(path: str) -> str | None:
            text = snapshot.text if path == snapshot.path else self.read(path)
            if path != snapshot.path:
                seen[path] = text
            return text

        wrt = self.identity.wrt
        options: dict[str, Any] = {
            "mode": self.identity.mode,
            "path": snapshot.path,
            "read": read,
            "roots": self.roots,
        }
        if wrt:
            options["wrt"] = wrt[0] if len(wrt) == 1 else wrt
        try:
            derivative = self.differentiate(snapshot.text, self.identity.function, **options)
        except Exception as error:
            logger.exception("the engine failed on %s", self.identity)
            return Outcome(
                self.parsed, None, f"internal error: {type(error).__name__}: {error}", None, seen
            )
        return Outcome(self.parsed, derivative, "", self._own(derivative), seen)

    def _own(self, derivative: Derivative) -> dict[str, str] | None:
        """The units of this file that decide the derivative."""
        if not derivative.ok:
            return None
        names = [self.identity.function]
        names += [d.qualname for d in derivative.dependencies if d.path == derivative.path]
        units = {u for name in names if (u := self.parsed.unit_of(dotted(name))) is not None}
        # What is no unit is part of the environment.
        return {name: self.parsed.units[name].text for name in self.parsed.mentioned_by(units)}


@dataclass
class _Entry:
    identity: DerivativeId
    good: Outcome | None = None
    last: Outcome | None = None
    view: View | None = None
    view_of: tuple[object, ...] = ()  # what `view` was made from


class AnalysisHost:
    """Texts and the derivatives of their functions. Not for several threads at once.

    `differentiate` has the signature of `tangent.differentiate`, and is that by default.
    """

    def __init__(
        self,
        documents: DocumentStore | None = None,
        differentiate: Differentiate = _engine,
    ):
        self.documents = documents or DocumentStore()
        self.roots: tuple[str, ...] = ()  # directories where imports are looked up
        self._differentiate = differentiate
        self._entries: OrderedDict[Key, _Entry] = OrderedDict()
        self._parsed: dict[str, tuple[Snapshot, ParsedFile | Diagnostic]] = {}
        self._good_parse: dict[str, ParsedFile] = {}
        self._requested: dict[str, tuple[ParsedFile, tuple[DerivativeId, ...]]] = {}
        self._moves: dict[tuple[int, int], tuple[SourceText, SourceText, LineMoves]] = {}
        self._shown: OrderedDict[Key, DerivativeId] = OrderedDict()

    # --- files ---------------------------------------------------------------------------

    def parse(self, uri: str) -> ParsedFile | Diagnostic | None:
        """The structure of a document's present text; None if there is no such document."""
        snapshot = self.documents.get(uri)
        if snapshot is None:
            return None
        key = uris.key(uri)
        known = self._parsed.get(key)
        if known is not None and (known[0] is snapshot or known[0].text == snapshot.text):
            if known[0].version == snapshot.version:
                return known[1]
        parsed = files.parse(snapshot, self._good_parse.get(key))
        self._parsed[key] = (snapshot, parsed)
        if isinstance(parsed, ParsedFile) and parsed.error is None:
            self._good_parse[key] = parsed
        return parsed

    def last_good(self, uri: str) -> ParsedFile | None:
        """The structure of the last text that did parse as a whole, which may be the present
        one; if there was none, of what does parse."""
        parsed = self.parse(uri)
        if isinstance(parsed, ParsedFile) and parsed.error is None:
            return parsed
        good = self._good_parse.get(uris.key(uri))
        return good or (parsed if isinstance(parsed, ParsedFile) else None)

    def functions(self, uri: str) -> tuple[tuple[str, Span], ...]:
        """The functions of a file with the places of their ``def name``; while the text does
        not parse those of the last good one, moved along with the edits."""
        snapshot, file = self.documents.get(uri), self.last_good(uri)
        if snapshot is None or file is None:
            return ()
        moves = self.moves(file.snapshot.source, snapshot.source)
        places = ((f.qualname, moves.span(f.def_span)) for f in file.functions)
        return tuple((name, span) for name, span in places if span is not None)

    def function_at(self, uri: str, line: int) -> str | None:
        """The innermost function around a line (from 1) of the present text."""
        parsed = self.parse(uri)
        if isinstance(parsed, ParsedFile) and (found := parsed.at(line)) is not None:
            return found.qualname
        snapshot, good = self.documents.get(uri), self._good_parse.get(uris.key(uri))
        if snapshot is None or good is None:
            return None
        moves = self.moves(good.snapshot.source, snapshot.source)
        best: tuple[int, str] | None = None
        for function in good.functions:
            start, end = moves.line(function.span.line), moves.line(function.span.end_line)
            if start is not None and end is not None and start[0] <= line <= end[0]:
                found_here = (end[0] - start[0], function.qualname)
                best = found_here if best is None else min(best, found_here)
        return None if best is None else best[1]

    def derivative_at(self, uri: str, line: int) -> DerivativeId | None:
        """The derivative to speak of at a line (from 1): of the innermost function with one."""
        name, known = self.function_at(uri, line), self.derivatives_of(uri)
        while name and name not in known:
            name = name.rpartition(".")[0]
        return known[name] if name else None

    def forget(self, uri: str) -> None:
        """Drops what is only kept for an open document."""
        self._parsed.pop(uris.key(uri), None)
        self._good_parse.pop(uris.key(uri), None)
        self._requested.pop(uris.key(uri), None)

    def moves(self, old: SourceText, new: SourceText) -> LineMoves:
        """Where the lines of `old` are in `new`."""
        key = (id(old), id(new))
        known = self._moves.get(key)
        if known is None:
            if len(self._moves) > 64:
                self._moves.clear()
            # The texts are kept so that their ids stay theirs.
            known = self._moves[key] = (old, new, LineMoves(old, new))
        return known[2]

    # --- which derivatives ---------------------------------------------------------------

    def show(self, identity: DerivativeId) -> None:
        """Notes that a client shows this derivative."""
        self._shown[identity.key] = identity
        self._shown.move_to_end(identity.key)
        while len(self._shown) > _SHOWN_LIMIT:
            self._shown.popitem(last=False)

    def hide(self, identity: DerivativeId) -> None:
        self._shown.pop(identity.key, None)

    def shown(self) -> tuple[DerivativeId, ...]:
        """Every derivative that is shown, the latest last."""
        return tuple(self._shown.values())

    def requested(self, uri: str) -> tuple[DerivativeId, ...]:
        """The derivatives that the file itself asks for, as in ``tangent.grad(f)``."""
        parsed = self.last_good(uri)
        if parsed is None:
            return ()
        known = self._requested.get(uris.key(uri))
        if known is None or known[0] is not parsed:
            known = self._requested[uris.key(uri)] = (parsed, requested(parsed))
        return known[1]

    def default(self, uri: str, function: str) -> DerivativeId:
        """The derivative of a function for which nobody chose options."""
        file, snapshot = self.last_good(uri), self.documents.get(uri)
        found = None if file is None else file.find(function)
        return DerivativeId(
            uri if snapshot is None else snapshot.uri, function, wrt=canonical_wrt(found, ())
        )

    def derivatives_of(self, uri: str) -> dict[str, DerivativeId]:
        """For each function of a file with a derivative to speak of, the one to speak of: the
        one shown last, else the first that the file asks for."""
        found: dict[str, DerivativeId] = {}
        for identity in self.requested(uri):
            found.setdefault(identity.function, identity)
        key = uris.key(uri)
        for identity in self._shown.values():
            if uris.key(identity.source) == key:
                found[identity.function] = identity
        return found

    # --- derivatives ---------------------------------------------------------------------

    def pending(self, identity: DerivativeId) -> Job | None:
        """The work to do before `view` is up to date."""
        parsed = self.parse(identity.source)
        if not isinstance(parsed, ParsedFile) or parsed.find(identity.function) is None:
            return None
        entry = self._entries.get(identity.key)
        read = self.documents.read
        if entry is not None and entry.last is not None and entry.last.holds_for(parsed, read):
            return None
        return Job(identity, parsed, self.documents.reader(), self.roots, self._differentiate)

    def finish(self, job: Job, outcome: Outcome) -> None:
        """Takes the outcome of a job."""
        entry = self._entry(job.identity)
        entry.last = outcome
        if outcome.ok:
            entry.good = outcome

    def update(self, identity: DerivativeId) -> View:
        """The view, brought up to date here and now."""
        job = self.pending(identity)
        if job is not None:
            self.finish(job, job.run())
        return self.view(identity)

    def view(self, identity: DerivativeId) -> View:
        """What is known of a derivative, at once. Its `generation` grows with every change."""
        entry = self._entry(identity)
        snapshot = self.documents.get(identity.source)
        parsed = self.parse(identity.source)
        holds = (
            entry.last is not None
            and isinstance(parsed, ParsedFile)
            and entry.last.holds_for(parsed, self.documents.read)
        )
        made_from = (snapshot, parsed, entry.last, entry.good, holds)
        if entry.view is not None and all(
            a is b for a, b in zip(made_from, entry.view_of, strict=True)
        ):
            return entry.view
        view = self._make_view(entry, snapshot, parsed, holds)
        before = entry.view
        generation = 1 if before is None else before.generation
        if before is not None and not _same(before, view):
            generation += 1
        entry.view = replace(view, generation=generation)
        entry.view_of = made_from
        return entry.view

    def _entry(self, identity: DerivativeId) -> _Entry:
        entry = self._entries.get(identity.key)
        if entry is None:
            entry = self._entries[identity.key] = _Entry(identity)
            while len(self._entries) > _ENTRY_LIMIT:
                oldest = next((k for k in self._entries if k not in self._shown), None)
                if oldest is None or oldest == identity.key:
                    break
                del self._entries[oldest]
        self._entries.move_to_end(identity.key)
        return entry

    def _make_view(
        self,
        entry: _Entry,
        snapshot: Snapshot | None,
        parsed: ParsedFile | Diagnostic | None,
        holds: bool,
    ) -> View:
        identity = entry.identity
        if snapshot is None or parsed is None:
            name = uris.name_of(identity.source)
            return self._kept(entry, snapshot, f"there is no file {name}", ())
        if isinstance(parsed, Diagnostic):
            return self._kept(entry, snapshot, reason_of([parsed]), (parsed,))
        if parsed.find(identity.function) is None:
            if parsed.error is not None:
                return self._kept(entry, snapshot, reason_of([parsed.error]), (parsed.error,))
            name = uris.name_of(identity.source)
            reason = f"there is no function {identity.function} in {name}"
            return self._kept(entry, snapshot, reason, ())
        last = entry.last
        if last is None or not holds:
            reason = "it is being made" if entry.good is None else "the source changed"
            return self._kept(entry, snapshot, reason, ())
        if last.derivative is None:
            return self._kept(entry, snapshot, last.failure, ())
        place = self._placer(last.parsed, parsed)
        diagnostics = tuple(_placed_diagnostics(last.derivative.diagnostics, place, snapshot.path))
        if not last.derivative.ok:
            return self._kept(entry, snapshot, reason_of(diagnostics), diagnostics)
        return View(
            identity,
            FRESH,
            snapshot,
            last.derivative,
            tuple(_placed_links(last.derivative.links, place, snapshot.path)),
            diagnostics,
            body=last.derivative.text,
        )

    def _kept(
        self,
        entry: _Entry,
        snapshot: Snapshot | None,
        reason: str,
        diagnostics: tuple[Diagnostic, ...],
    ) -> View:
        """The last good derivative, marked stale; without one, the reasons."""
        good = entry.good
        if good is None or good.derivative is None:
            return View(
                entry.identity,
                State("unsupported", reason),
                snapshot,
                diagnostics=diagnostics,
                body=problems(diagnostics, self.documents.read),
            )
        links: tuple[Link, ...] = ()
        if snapshot is not None:
            moves = self.moves(good.parsed.snapshot.source, snapshot.source)
            links = tuple(_placed_links(good.derivative.links, moves.span, snapshot.path))
        return View(
            entry.identity,
            State("stale", reason),
            snapshot,
            good.derivative,
            links,
            diagnostics,
            body=good.derivative.text,
        )

    def _placer(self, old: ParsedFile, new: ParsedFile) -> Callable[[Span], Span | None]:
        """Where spans of a text are in another that decides the same derivative."""
        if old is new or old.snapshot.text == new.snapshot.text:
            return lambda span: span
        names = list(old.units)  # in the order of the text
        starts = [unit.line for unit in old.units.values()]
        moves = self.moves(old.snapshot.source, new.snapshot.source)

        def place(span: Span) -> Span | None:
            number = bisect_right(starts, span.line) - 1
            if number >= 0:
                name = names[number]
                before, after = old.units[name], new.units.get(name)
                if span.end_line <= before.end_line and after is not None:
                    return span.shifted(after.line - before.line)
            return moves.span(span)

        return place


def _placed_links(
    links: tuple[Link, ...], place: Callable[[Span], Span | None], path: str
) -> Iterator[Link]:
    for link in links:
        if link.path != path:
            yield in_view(link)
        elif (primal := place(link.primal)) is not None:
            yield in_view(replace(link, primal=primal))


def _placed_diagnostics(
    diagnostics: tuple[Diagnostic, ...], place: Callable[[Span], Span | None], path: str
) -> Iterator[Diagnostic]:
    for diagnostic in diagnostics:
        if diagnostic.path != path:
            yield diagnostic
        elif (span := place(diagnostic.span)) is not None:
            yield replace(diagnostic, span=span)


def _same(a: View, b: View) -> bool:
    return (a.state, a.body, a.header, a.links) == (b.state, b.body, b.header, b.links)
