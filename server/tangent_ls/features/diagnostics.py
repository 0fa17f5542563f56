"""Diagnostics of functions whose derivative is shown or asked for: pulled, else published."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from lsprotocol import types as lsp

from tangent.diagnostics import Diagnostic, RelatedNote
from tangent.source.text import Span
from tangent_ls.analysis.documents import Snapshot
from tangent_ls.convert import to_range
from tangent_ls.server import TangentServer


def register(server: TangentServer) -> None:
    @server.feature(
        lsp.TEXT_DOCUMENT_DIAGNOSTIC,
        lsp.DiagnosticOptions(
            inter_file_dependencies=True, workspace_diagnostics=False, identifier="tangent"
        ),
    )
    async def diagnostic(
        ls: TangentServer, params: lsp.DocumentDiagnosticParams
    ) -> lsp.RelatedFullDocumentDiagnosticReport:
        uri = params.text_document.uri
        for identity in ls.host.derivatives_of(uri).values():
            await ls.scheduler.fresh(identity)
        found = of_document(ls, uri)
        ls.pusher.gave_problems(uri, signature(found))
        return lsp.RelatedFullDocumentDiagnosticReport(items=found)


def of_document(server: TangentServer, uri: str) -> list[lsp.Diagnostic]:
    """What is known now, in the order of the text."""
    snapshot = server.host.documents.get(uri)
    if snapshot is None or server.presenter.identity(uri) is not None:
        return []
    places = dict(server.host.functions(uri))
    found: dict[Hashable, lsp.Diagnostic] = {}
    for identity in server.host.derivatives_of(uri).values():
        fallback = places.get(identity.function, Span(1, 0, 1, 0))
        for diagnostic in server.host.view(identity).diagnostics:
            item = _convert(server, snapshot, diagnostic, fallback)
            found[_key(item)] = item
    return [found[key] for key in sorted(found, key=repr)]


def _convert(
    server: TangentServer, snapshot: Snapshot, diagnostic: Diagnostic, fallback: Span
) -> lsp.Diagnostic:
    message = diagnostic.message
    if diagnostic.hint:
        message += f"\nhint: {diagnostic.hint}"
    notes = list(diagnostic.related)
    span = diagnostic.span
    if diagnostic.path != snapshot.path:  # the trouble is in a function of another file
        notes.insert(0, RelatedNote(diagnostic.path, diagnostic.span, diagnostic.message))
        span = fallback
    related = None
    if server.client.related_information and notes:
        related = [r for note in notes if (r := _related(server, note)) is not None]
    return lsp.Diagnostic(
        to_range(snapshot.source, span, server.encoding),
        message,
        severity=lsp.DiagnosticSeverity.Error
        if diagnostic.severity == "error"
        else lsp.DiagnosticSeverity.Warning,
        code=diagnostic.code,
        source="tangent",
        related_information=related,
    )


def _related(server: TangentServer, note: RelatedNote) -> lsp.DiagnosticRelatedInformation | None:
    source = server.source_text(note.path)
    if source is None:
        return None
    where = lsp.Location(
        server.uri_of_path(note.path), to_range(source, note.span, server.encoding)
    )
    return lsp.DiagnosticRelatedInformation(where, note.message)


def signature(found: Iterable[lsp.Diagnostic]) -> Hashable:
    """Equal for equal diagnostics."""
    return tuple(_key(item) for item in found)


def _key(item: lsp.Diagnostic) -> tuple[Hashable, ...]:
    start, end = item.range.start, item.range.end
    return (start.line, start.character, end.line, end.character, item.code, item.message)
