"""Putting a derivative in front of the user, in whatever way the client can.

A virtual document where the client has them, else a file of ours; opened by
``window/showDocument``, else named in a message.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from tangent_ls.analysis import uris
from tangent_ls.analysis.uris import DerivativeId
from tangent_ls.analysis.view import View

if TYPE_CHECKING:
    from tangent_ls.server import TangentServer

logger = logging.getLogger(__name__)

_KEPT_DAYS = 7


def cache_directory() -> Path:
    """Where files that can be made again belong on this system, for this user."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "tangent-ls"


class DerivativeFiles:
    """Derivative documents as files, for clients without virtual documents."""

    def __init__(self, directory: Path | None = None):
        self._directory = directory or cache_directory()
        self._identities: dict[str, DerivativeId] = {}
        self._written: dict[Path, str] = {}

    def path(self, identity: DerivativeId) -> Path:
        digest = hashlib.sha256(repr(identity.key).encode()).hexdigest()[:16]
        stem = uris.name_of(identity.source).removesuffix(".py")
        name = f"{stem}.{identity.function}.grad.py".replace("<locals>.", "")
        return self._directory / digest / name

    def uri(self, identity: DerivativeId) -> str:
        """The URI of the file, which need not exist yet."""
        uri = self.path(identity).as_uri()
        self._identities[uris.key(uri)] = identity
        return uri

    def identity(self, uri: str) -> DerivativeId | None:
        return self._identities.get(uris.key(uri))

    def write(self, view: View) -> bool:
        """Writes or renews the file. Whether it worked."""
        path = self.path(view.identity)
        if self._written.get(path) == view.text:
            return True
        try:
            if not self._written:
                self._remove_old()
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                file.write(view.text)
            os.chmod(name, 0o400)
            if sys.platform == "win32" and path.exists():
                os.chmod(path, 0o600)  # Windows replaces no read-only file
            os.replace(name, path)
        except OSError as error:
            logger.warning("cannot write %s: %s", path, error)
            return False
        self._written[path] = view.text
        return True

    def has(self, identity: DerivativeId) -> bool:
        """Whether this session wrote the file."""
        return self.path(identity) in self._written

    def remove_all(self) -> None:
        """Removes the files of this session."""
        for path in self._written:
            _remove(path)
        self._written.clear()

    def _remove_old(self) -> None:
        """Files of sessions that ended without removing theirs."""
        oldest = time.time() - _KEPT_DAYS * 24 * 3600
        for path in self._directory.glob("*/*.grad.py"):
            if path.stat().st_mtime < oldest:
                _remove(path)


def _remove(path: Path) -> None:
    try:
        os.chmod(path, 0o600)
        path.unlink()
        path.parent.rmdir()
    except OSError as error:
        logger.debug("cannot remove %s: %s", path, error)


class Presenter:
    """Names derivative documents for the client, and opens documents in it."""

    def __init__(self, server: TangentServer):
        self._server = server
        self.files = DerivativeFiles()

    def uri(self, identity: DerivativeId) -> str:
        """The URI under which the client gets this derivative."""
        if self._server.client.virtual_documents:
            return uris.format_derivative(identity)
        return self.files.uri(identity)

    def identity(self, uri: str) -> DerivativeId | None:
        """Which derivative a document shows; None if it is another document."""
        return uris.parse_derivative(uri) or self.files.identity(uri)

    async def show(
        self, view: View, selection: lsp.Range | None = None, take_focus: bool = False
    ) -> str | None:
        """Opens a derivative. The URI of what was opened or, at least, named; else None."""
        server, identity = self._server, view.identity
        server.host.show(identity)
        if server.client.virtual_documents:
            uri = uris.format_derivative(identity)
            if await self.open(uri, selection, take_focus):
                return uri
        if not self.files.write(view):
            server.window_show_message(
                lsp.ShowMessageParams(
                    lsp.MessageType.Error, f"Cannot write {self.files.path(identity)}"
                )
            )
            return None
        uri = self.files.uri(identity)
        if not await self.open(uri, selection, take_focus):
            server.window_show_message(
                lsp.ShowMessageParams(
                    lsp.MessageType.Info,
                    f"The derivative of {identity.function} is in {self.files.path(identity)}",
                )
            )
        return uri

    async def open(self, uri: str, selection: lsp.Range | None, take_focus: bool) -> bool:
        """Asks the client to open a document. Whether it did."""
        if not self._server.client.show_document:
            return False
        try:
            result = await self._server.window_show_document_async(
                lsp.ShowDocumentParams(uri, take_focus=take_focus, selection=selection)
            )
        except Exception as error:  # an answer with an error, or a lost connection
            logger.info("window/showDocument failed for %s: %s", uri, error)
            return False
        return result is not None and result.success
