"""A language client of a few lines, for the demo: standard streams, one request at a time.

Standard library only.
"""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

PATIENCE = 60.0


class LspError(Exception):
    """The server answered with an error, or did not answer."""


class LspClient:
    """A running server. Use it in a ``with`` statement."""

    def __init__(self, command: Sequence[str], root: Path):
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=root,
        )
        self._root = root
        self._messages: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._last_id = 0
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> LspClient:
        return self

    def __exit__(self, *exc_info: object) -> None:
        try:
            self.request("shutdown")
            self.notify("exit")
            self._process.wait(timeout=5)
        except (LspError, OSError, subprocess.TimeoutExpired):
            self._process.kill()

    def initialize(self, **capabilities: Any) -> dict[str, Any]:
        """Say what this client can do; returns what the server can do."""
        result = self.request(
            "initialize",
            processId=None,
            rootUri=self._root.as_uri(),
            capabilities=capabilities,
        )
        self.notify("initialized")
        return result["capabilities"]

    def request(self, method: str, **params: Any) -> Any:
        """The result of a request. Raises `LspError` if the server gives none."""
        self._last_id += 1
        number = self._last_id
        self._send({"id": number, "method": method, "params": params or None})
        reply = self._wait(
            method, lambda message: "method" not in message and message["id"] == number
        )
        if "error" in reply:
            raise LspError(f"{method}: {reply['error']['message']}")
        return reply["result"]

    def notify(self, method: str, **params: Any) -> None:
        self._send({"method": method, "params": params})

    def wait_for(self, method: str) -> dict[str, Any]:
        """The parameters of the next message of this kind that the server sends by itself."""
        return self._wait(method, lambda message: message.get("method") == method)["params"]

    def _wait(self, what: str, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        while True:
            try:
                message = self._messages.get(timeout=PATIENCE)
            except queue.Empty:
                raise LspError(f"no answer to {what} in {PATIENCE:.0f} s") from None
            if message is None:
                raise LspError(f"the server ended while {what} was waited for")
            if "method" in message and "id" in message:
                self._send({"id": message["id"], "result": None})
            if wanted(message):
                return message

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._process.stdin.flush()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while header := stream.readline():
            length = 0
            while header.strip():
                name, _, value = header.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
                header = stream.readline()
            self._messages.put(json.loads(stream.read(length)))
        self._messages.put(None)
