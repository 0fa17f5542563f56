"""The connection: what pygls leaves to us.

It advertises ``workspace/textDocumentContent``, keeps the texts with our own idea of a line
(pygls splits at form feeds too), leaves our own requests as plain JSON, and answers every
request, malformed or out of turn ones included.
"""

from __future__ import annotations

import logging
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException, JsonRpcInvalidRequest
from pygls.protocol import (
    JsonRPCNotification,
    JsonRPCRequestMessage,
    LanguageServerProtocol,
    lsp_method,
)

from tangent_ls.analysis.documents import Edit
from tangent_ls.analysis.uris import SCHEME

if TYPE_CHECKING:
    from tangent_ls.server import TangentServer

logger = logging.getLogger(__name__)

VERSION = 1  # of our own messages
_OWN = "tangent/"
_IGNORED = "$/tangent/ignored"


class TangentProtocol(LanguageServerProtocol):
    """`LanguageServerProtocol` with the texts kept by the analysis."""

    _server: TangentServer
    _initialized = False

    @lsp_method(lsp.INITIALIZE)
    def lsp_initialize(
        self, params: lsp.InitializeParams
    ) -> Generator[Any, Any, lsp.InitializeResult]:
        result = yield from super().lsp_initialize(params)
        capabilities = result.capabilities
        if capabilities.workspace is None:
            capabilities.workspace = lsp.WorkspaceOptions()
        capabilities.workspace.text_document_content = lsp.TextDocumentContentOptions([SCHEME])
        capabilities.experimental = {"tangent": {"protocol": VERSION, "scheme": SCHEME}}
        self._server.start(params, capabilities.position_encoding)
        self._initialized = True
        return result

    @lsp_method(lsp.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: lsp.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        self._server.did_open(document.uri, document.text, document.version)

    @lsp_method(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: lsp.DidChangeTextDocumentParams) -> None:
        edits = [_edit(change) for change in params.content_changes]
        self._server.did_change(params.text_document.uri, edits, params.text_document.version)

    @lsp_method(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: lsp.DidCloseTextDocumentParams) -> None:
        self._server.did_close(params.text_document.uri)

    def structure_message(self, data: dict[str, Any]) -> Any:
        method = data.get("method")
        if "jsonrpc" in data and isinstance(method, str) and method.startswith(_OWN):
            params = data.get("params")
            if "id" in data:
                return JsonRPCRequestMessage(data["id"], method, data["jsonrpc"], params)
            return JsonRPCNotification(method, data["jsonrpc"], params)
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if "id" in data and isinstance(method, str):
                self._send_response(data["id"], error=error.to_response_error())
            return JsonRPCNotification(_IGNORED, self.VERSION, None)

    def handle_message(self, message: Any) -> None:
        method = getattr(message, "method", None)
        if method == _IGNORED:
            return
        if method is not None:
            identity = getattr(message, "id", None)
            if identity is not None and self._shutdown:
                error: JsonRpcException = JsonRpcInvalidRequest("the server is shutting down")
                self._send_response(identity, error=error.to_response_error())
                return
            if not self._initialized and method not in (lsp.INITIALIZE, lsp.EXIT):
                if identity is not None:
                    error = JsonRpcException(
                        "initialize first", code=lsp.ErrorCodes.ServerNotInitialized.value
                    )
                    self._send_response(identity, error=error.to_response_error())
                return
        super().handle_message(message)


def _edit(change: lsp.TextDocumentContentChangeEvent) -> Edit:
    if isinstance(change, lsp.TextDocumentContentChangePartial):
        start, end = change.range.start, change.range.end
        return Edit(change.text, (start.line, start.character), (end.line, end.character))
    return Edit(change.text)
