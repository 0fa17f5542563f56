"""Telling the client what changed without being asked: texts, maps, lenses, diagnostics."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Coroutine, Hashable
from typing import TYPE_CHECKING, Any

from lsprotocol import types as lsp

from tangent_ls.analysis import uris
from tangent_ls.analysis.uris import DerivativeId
from tangent_ls.analysis.view import View
from tangent_ls.features import code_lens, derivative, diagnostics

if TYPE_CHECKING:
    from tangent_ls.server import TangentServer

logger = logging.getLogger(__name__)

_DEBOUNCE = 0.1


class Pusher:
    """Watches the shown and requested derivatives of changed documents.

    Tasks here are never cancelled: some wait for answers of the client, which pygls does not
    survive losing.
    """

    def __init__(self, server: TangentServer):
        self._server = server
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._texts: dict[Hashable, str] = {}  # what the client has, or was told to fetch
        self._maps: dict[Hashable, int] = {}
        self._lenses: dict[str, Hashable] = {}
        self._problems: dict[str, Hashable] = {}
        self._refreshing: set[Hashable] = set()
        self._again: set[Hashable] = set()

    # --- what the client was given ---------------------------------------------------------

    def gave_text(self, view: View) -> None:
        self._texts[view.identity.key] = view.text

    def gave_lenses(self, uri: str, signature: Hashable) -> None:
        self._lenses[uris.key(uri)] = signature

    def gave_problems(self, uri: str, signature: Hashable) -> None:
        self._problems[uris.key(uri)] = signature

    def forget(self, uri: str) -> None:
        for kept in (self._lenses, self._problems):
            kept.pop(uris.key(uri), None)

    # --- what changed ----------------------------------------------------------------------

    def changed(self, uri: str, delay: float = _DEBOUNCE) -> None:
        """A source changed, or what is shown of it: push what follows, after a pause."""
        key = uris.key(uri)
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()
        loop = asyncio.get_running_loop()
        self._timers[key] = loop.call_later(delay, self._fire, key, uri)

    def _fire(self, key: str, uri: str) -> None:
        self._timers.pop(key, None)
        self._spawn(self._push(uri))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a push failed", exc_info=error)

    async def _push(self, uri: str) -> None:
        host, scheduler = self._server.host, self._server.scheduler
        # Derivatives of other files may depend on this one: those are shown or read here.
        identities = {identity.key: identity for identity in host.shown()}
        for source in {uri, *(s.uri for s in host.documents.opened())}:
            for identity in host.requested(source):
                identities.setdefault(identity.key, identity)
        sources = {uris.key(uri): uri}
        for identity in identities.values():
            if host.pending(identity) is not None or uris.key(identity.source) in sources:
                sources.setdefault(uris.key(identity.source), identity.source)
                await scheduler.fresh(identity)
        for identity in host.shown():
            self._push_view(identity)
        for source in sources.values():
            await self._push_answers(source)

    def _push_view(self, identity: DerivativeId) -> None:
        server = self._server
        view = server.host.view(identity)
        key = identity.key
        if key in self._texts and self._texts[key] != view.text:
            self._texts[key] = view.text
            if server.client.virtual_documents:
                self._spawn(self._refresh_text(key, server.shown_uri(identity)))
        if server.presenter.files.has(identity):
            server.presenter.files.write(view)
        if server.client.map and self._maps.get(key) != view.generation:
            self._maps[key] = view.generation
            server.protocol.notify("tangent/mapDidChange", derivative.map_change(server, view))

    async def _refresh_text(self, key: Hashable, uri: str) -> None:
        """One refresh at a time for each document; the client fetches the newest text."""
        if key in self._refreshing:
            self._again.add(key)
            return
        self._refreshing.add(key)
        try:
            while True:
                self._again.discard(key)
                await _quietly(
                    self._server.workspace_text_document_content_refresh_async(
                        lsp.TextDocumentContentRefreshParams(uri)
                    )
                )
                if key not in self._again:
                    return
        finally:
            self._refreshing.discard(key)

    async def _push_answers(self, uri: str) -> None:
        server, key = self._server, uris.key(uri)
        if not server.host.documents.is_open(uri):
            return
        lenses = code_lens.signature(server, uri)
        if key in self._lenses and self._lenses[key] != lenses and server.client.code_lens_refresh:
            self._lenses[key] = lenses
            await _quietly(server.workspace_code_lens_refresh_async(None))
        found = diagnostics.of_document(server, uri)
        problems = diagnostics.signature(found)
        if not server.client.diagnostic_pull:
            if self._problems.get(key, diagnostics.signature([])) != problems:
                self._problems[key] = problems
                snapshot = server.host.documents.get(uri)
                server.text_document_publish_diagnostics(
                    lsp.PublishDiagnosticsParams(
                        uri, found, snapshot.version if snapshot is not None else None
                    )
                )
        elif key in self._problems and self._problems[key] != problems:
            self._problems[key] = problems
            if server.client.diagnostic_refresh:
                await _quietly(server.workspace_diagnostic_refresh_async(None))


async def _quietly(request: Awaitable[Any]) -> None:
    """A request to the client whose failure changes nothing."""
    try:
        await request
    except Exception as error:
        logger.info("the client did not refresh: %s", error)
