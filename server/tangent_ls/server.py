"""The server object: one client, its settings, and the analysis behind it."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer

from tangent.source.text import SourceText
from tangent_ls import __version__
from tangent_ls.analysis import uris
from tangent_ls.analysis.documents import Edit
from tangent_ls.analysis.files import dotted
from tangent_ls.analysis.host import AnalysisHost
from tangent_ls.analysis.line_index import Encoding
from tangent_ls.analysis.requests import canonical_wrt
from tangent_ls.analysis.uris import DerivativeId, Wrt
from tangent_ls.client import ClientFacts
from tangent_ls.present import Presenter
from tangent_ls.protocol import TangentProtocol
from tangent_ls.scheduler import Scheduler
from tangent_ls.settings import Settings

if TYPE_CHECKING:
    from tangent_ls.push import Pusher

logger = logging.getLogger(__name__)


class TangentServer(LanguageServer):
    """What a feature needs: the analysis, the client's abilities, and the ways to answer."""

    protocol: TangentProtocol
    pusher: Pusher  # set by `create_server`: it reads the features, which read this class

    def __init__(self, host: AnalysisHost | None = None):
        super().__init__(
            "tangent-ls",
            __version__,
            text_document_sync_kind=lsp.TextDocumentSyncKind.Incremental,
            protocol_cls=TangentProtocol,
        )
        self.host = host or AnalysisHost()
        self.client = ClientFacts()
        self.settings = Settings()
        self.encoding = Encoding.UTF16
        self.stopped = False  # by the client's `shutdown`, or at the end
        self.scheduler = Scheduler(self.host, self._report_busy)
        self.presenter = Presenter(self)
        self._shown_uris: dict[object, str] = {}

    def start(self, params: lsp.InitializeParams, encoding: object) -> None:
        """Takes what the client said of itself."""
        self.client = ClientFacts.of(params.capabilities)
        self.settings = Settings.of(params.initialization_options)
        self.encoding = Encoding(str(getattr(encoding, "value", encoding)))
        self.host.documents.encoding = self.encoding
        folders = [folder.uri for folder in params.workspace_folders or ()]
        if not folders and params.root_uri:
            folders = [params.root_uri]
        self.set_folders(folders)

    def set_folders(self, folders: Iterable[str]) -> None:
        """Takes the folders of the workspace, where imports are looked up."""
        self.host.roots = tuple(uris.path_of(uri) for uri in folders if uris.is_file(uri))

    def stop(self) -> None:
        """Leaves nothing behind."""
        self.stopped = True
        self.presenter.files.remove_all()

    # --- documents -----------------------------------------------------------------------

    def did_open(self, uri: str, text: str, version: int) -> None:
        identity = self.presenter.identity(uri)
        if identity is None:
            self.host.documents.open(uri, text, version)
            self.pusher.changed(uri, delay=0)
        else:
            self.note_shown(identity, uri)

    def did_change(self, uri: str, edits: Iterable[Edit], version: int) -> None:
        if self.host.documents.change(uri, edits, version) is not None:
            self.pusher.changed(uri)
        elif self.presenter.identity(uri) is None:
            logger.warning("a change of %s, which is not open", uri)

    def did_close(self, uri: str) -> None:
        identity = self.presenter.identity(uri)
        if identity is not None:
            self.host.hide(identity)
            self._shown_uris.pop(identity.key, None)
            self.pusher.changed(identity.source)
            return
        self.host.documents.close(uri)
        self.host.forget(uri)
        self.pusher.forget(uri)
        if not self.client.diagnostic_pull:
            self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, []))
        self.pusher.changed(uri)

    def note_shown(self, identity: DerivativeId, uri: str) -> None:
        """A client shows a derivative, in a document that it calls `uri`."""
        is_new = all(known.key != identity.key for known in self.host.shown())
        self.host.show(identity)
        self._shown_uris[identity.key] = uri
        if is_new:
            self.pusher.changed(identity.source, delay=0)

    def shown_uri(self, identity: DerivativeId) -> str:
        """The client's own way of writing the URI of a derivative document."""
        return self._shown_uris.get(identity.key) or self.presenter.uri(identity)

    # --- finding things ------------------------------------------------------------------

    def identity_for(
        self, uri: str, function: str | lsp.Position | None, mode: str | None, wrt: Wrt | None
    ) -> DerivativeId | None:
        """Which derivative is meant by a document, a function or a place in it, and options.

        Without options, those that are shown, else those that the file asks for, else the
        defaults. None if there is no such document or function.
        """
        snapshot = self.host.documents.get(uri)
        if snapshot is None:
            return None
        if isinstance(function, lsp.Position):
            name = self.host.function_at(uri, function.line + 1)
        else:
            name = None if function is None else dotted(function)
        if name is None:
            return None
        if mode is None and wrt is None:
            known = self.host.derivatives_of(uri).get(name)
            if known is not None:
                return known
        file = self.host.last_good(uri)
        found = file.find(name) if file is not None else None
        if file is not None and found is None:
            return None
        return DerivativeId(snapshot.uri, name, mode or "reverse", canonical_wrt(found, wrt or ()))

    def source_text(self, path: str) -> SourceText | None:
        """The text of a file by its path, unsaved changes included."""
        text = self.host.documents.read(path)
        return None if text is None else SourceText(text, path)

    def uri_of_path(self, path: str) -> str:
        """The URI of a file by its path, written as the client does if it has it open."""
        for snapshot in self.host.documents.opened():
            if snapshot.path == path:
                return snapshot.uri
        return uris.of_path(path)

    # --- reports -------------------------------------------------------------------------

    def report_server_error(self, error: Exception, source: Any) -> None:
        logger.error("%s: %s", getattr(source, "__name__", source), error)

    def _report_busy(self, busy: bool) -> None:
        if self.client.status:
            self.protocol.notify("tangent/status", {"health": "ok", "quiescent": not busy})


def create_server(host: AnalysisHost | None = None) -> TangentServer:
    """A server with every feature registered, not yet connected."""
    from tangent_ls.features import (
        code_action,
        code_lens,
        commands,
        completion,
        content,
        definition,
        derivative,
        diagnostics,
        hover,
        lifecycle,
    )
    from tangent_ls.push import Pusher

    server = TangentServer(host)
    server.pusher = Pusher(server)
    for feature in (
        code_action,
        code_lens,
        commands,
        completion,
        content,
        definition,
        derivative,
        diagnostics,
        hover,
        lifecycle,
    ):
        feature.register(server)
    return server
