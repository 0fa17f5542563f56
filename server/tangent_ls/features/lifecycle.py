"""From ``initialized`` to ``shutdown``: settings, watched files, saving."""

from __future__ import annotations

import logging
from typing import Any

from lsprotocol import types as lsp

from tangent_ls.server import TangentServer
from tangent_ls.settings import Settings

logger = logging.getLogger(__name__)


def register(server: TangentServer) -> None:
    @server.feature(lsp.INITIALIZED)
    async def initialized(ls: TangentServer, _: lsp.InitializedParams) -> None:
        if ls.client.status:
            ls.protocol.notify("tangent/status", {"health": "ok", "quiescent": True})
        await _read_settings(ls)
        await _watch_files(ls)

    @server.feature(lsp.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def did_change_configuration(
        ls: TangentServer, params: lsp.DidChangeConfigurationParams
    ) -> None:
        if ls.client.configuration:
            await _read_settings(ls)
        else:
            _apply(ls, params.settings)

    @server.feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def did_change_watched_files(
        ls: TangentServer, params: lsp.DidChangeWatchedFilesParams
    ) -> None:
        for change in params.changes:
            if not ls.host.documents.is_open(change.uri):
                ls.pusher.changed(change.uri)

    @server.feature(lsp.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    async def did_change_workspace_folders(
        ls: TangentServer, _: lsp.DidChangeWorkspaceFoldersParams
    ) -> None:
        ls.set_folders(ls.workspace.folders)

    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    async def did_save(ls: TangentServer, params: lsp.DidSaveTextDocumentParams) -> None:
        ls.pusher.changed(params.text_document.uri, delay=0)

    @server.feature(lsp.SHUTDOWN)
    async def shutdown(ls: TangentServer, *_: Any) -> None:
        ls.stop()


async def _read_settings(server: TangentServer) -> None:
    if not server.client.configuration:
        return
    try:
        values = await server.workspace_configuration_async(
            lsp.ConfigurationParams([lsp.ConfigurationItem(section="tangent")])
        )
    except Exception as error:  # an answer with an error: the defaults stand
        logger.info("no settings: %s", error)
        return
    if values and values[0] is not None:
        _apply(server, values[0])


def _apply(server: TangentServer, given: Any) -> None:
    settings = Settings.of(given)
    if settings != server.settings:
        server.settings = settings
        for snapshot in server.host.documents.opened():
            server.pusher.changed(snapshot.uri, delay=0)


async def _watch_files(server: TangentServer) -> None:
    if not server.client.watched_files:
        return
    options = lsp.DidChangeWatchedFilesRegistrationOptions(
        [lsp.FileSystemWatcher(glob_pattern="**/*.py")]
    )
    try:
        await server.client_register_capability_async(
            lsp.RegistrationParams(
                [lsp.Registration("tangent-files", lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)]
            )
        )
    except Exception as error:
        logger.info("files are not watched: %s", error)
