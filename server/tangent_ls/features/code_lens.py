"""``textDocument/codeLens``: a link on each function and on each of its derived lines."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterator

from lsprotocol import types as lsp

from tangent_ls.analysis.links import counterparts
from tangent_ls.convert import to_range
from tangent_ls.features.commands import jump_arguments, make_command, show_arguments
from tangent_ls.server import TangentServer

_PATIENCE = 0.1  # seconds, if the client can be told to ask again


def register(server: TangentServer) -> None:
    @server.feature(lsp.TEXT_DOCUMENT_CODE_LENS)
    async def code_lens(ls: TangentServer, params: lsp.CodeLensParams) -> list[lsp.CodeLens]:
        uri = params.text_document.uri
        if ls.presenter.identity(uri) is not None or not ls.host.documents.is_open(uri):
            return []
        await _bring_up_to_date(ls, uri)
        ls.pusher.gave_lenses(uri, signature(ls, uri))
        return list(of_document(ls, uri))


async def _bring_up_to_date(server: TangentServer, uri: str) -> None:
    if not server.settings.line_lenses:
        return
    behind = [
        server.scheduler.fresh(identity)
        for identity in server.host.derivatives_of(uri).values()
        if server.host.pending(identity) is not None
    ]
    if not behind:
        return
    patience = _PATIENCE if server.client.code_lens_refresh else None
    try:
        await asyncio.wait_for(asyncio.gather(*behind), patience)
    except asyncio.TimeoutError:
        server.pusher.changed(uri, delay=0)


def of_document(server: TangentServer, uri: str) -> Iterator[lsp.CodeLens]:
    """The lenses of what is known now."""
    snapshot = server.host.documents.get(uri)
    if snapshot is None:
        return
    known = server.host.derivatives_of(uri)
    if server.settings.function_lenses:
        for name, span in server.host.functions(uri):
            identity = known.get(name) or server.host.default(uri, name)
            yield lsp.CodeLens(
                to_range(snapshot.source, span, server.encoding),
                make_command(server, "show", "∂ derivative", show_arguments(identity)),
            )
    if server.settings.line_lenses:
        for identity in known.values():
            view = server.host.view(identity)
            for counterpart in counterparts(view):
                yield lsp.CodeLens(
                    to_range(snapshot.source, counterpart.primal, server.encoding),
                    make_command(
                        server,
                        "adjoint",
                        counterpart.title,
                        jump_arguments(server, view, counterpart.generated, counterpart.primal),
                    ),
                )


def signature(server: TangentServer, uri: str) -> Hashable:
    """What a client sees of the lenses, so that an unseen change needs no refresh."""
    shown: list[tuple[int, str]] = []
    if server.settings.function_lenses:
        shown += [(span.line, name) for name, span in server.host.functions(uri)]
    if server.settings.line_lenses:
        for identity in server.host.derivatives_of(uri).values():
            for counterpart in counterparts(server.host.view(identity)):
                shown.append((counterpart.primal.line, counterpart.title))
    return tuple(shown)
