"""``workspace/textDocumentContent``: the text of a derivative document."""

from __future__ import annotations

import logging

from lsprotocol import types as lsp

from tangent_ls.analysis import uris
from tangent_ls.analysis.view import one_line
from tangent_ls.server import TangentServer

logger = logging.getLogger(__name__)

_PATIENCE = 2.0  # seconds; some clients block while they wait. A refresh follows.


def register(server: TangentServer) -> None:
    @server.feature(lsp.WORKSPACE_TEXT_DOCUMENT_CONTENT)
    async def content(
        ls: TangentServer, params: lsp.TextDocumentContentParams
    ) -> lsp.TextDocumentContentResult:
        return lsp.TextDocumentContentResult(await text_of(ls, params.uri))


async def text_of(server: TangentServer, uri: str) -> str:
    """Always a text: what cannot be shown is said in comments."""
    identity = uris.parse_derivative(uri)
    if identity is None:
        return f"# No derivative document\n# malformed: {one_line(uri)}\n"
    server.note_shown(identity, uri)
    try:
        view = await server.scheduler.fresh(identity, _PATIENCE)
    except Exception as error:
        logger.exception("no text for %s", uri)
        what = one_line(f"{type(error).__name__}: {error}")
        return f"# Derivative of {one_line(identity.function)}\n# internal error: {what}\n"
    server.pusher.gave_text(view)
    return view.text
