"""``textDocument/definition``: from the derivative to the primal code.

In the user's files other servers know definitions; there the answer is none.
"""

from __future__ import annotations

from lsprotocol import types as lsp

from tangent_ls.analysis.links import origin_at
from tangent_ls.convert import to_place, to_range
from tangent_ls.server import TangentServer

_PATIENCE = 0.5


def register(server: TangentServer) -> None:
    @server.feature(lsp.TEXT_DOCUMENT_DEFINITION)
    async def definition(ls: TangentServer, params: lsp.DefinitionParams) -> lsp.Location | None:
        identity = ls.presenter.identity(params.text_document.uri)
        if identity is None:
            return None
        view = await ls.scheduler.fresh(identity, _PATIENCE)
        line, column = to_place(view.content, params.position, ls.encoding)
        origin = origin_at(view, line, column)
        source = None if origin is None else ls.source_text(origin.path)
        if origin is None or source is None:
            return None
        return lsp.Location(
            ls.uri_of_path(origin.path), to_range(source, origin.primal, ls.encoding)
        )
