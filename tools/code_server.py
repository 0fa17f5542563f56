"""Run VS Code in the browser (code-server) with the extension installed and nothing shared.

Settings, extensions and the home directory lie in a state directory of their own, so neither the
user's editor nor the network is touched. Standard library only.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

from editors import ensure_code_server, node24

START_SECONDS = 60.0

# No greeting, no telemetry, no updates, no assistant: only the editor and the extension.
QUIET: Mapping[str, object] = {
    "chat.commandCenter.enabled": False,
    "chat.disableAIFeatures": True,
    "editor.minimap.enabled": False,
    "extensions.autoCheckUpdates": False,
    # The older value `false` is rewritten at the first start, and the settings are read too late.
    "extensions.autoUpdate": "off",
    "extensions.ignoreRecommendations": True,
    "files.simpleDialog.enable": True,
    "json.schemaDownload.enable": False,
    "npm.fetchOnlinePackageInfo": False,
    "telemetry.telemetryLevel": "off",
    "update.mode": "none",
    "update.showReleaseNotes": False,
    "window.restoreWindows": "none",
    "workbench.enableExperiments": False,
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "workbench.settings.enableNaturalLanguageSearch": False,
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": False,
}

# Without a gallery of its own code-server asks a public one.
NO_GALLERY = {
    "serviceUrl": "",
    "itemUrl": "",
    "resourceUrlTemplate": "",
    "controlUrl": "",
    "nlsBaseUrl": "",
}


class CodeServerError(Exception):
    """code-server did not start, or did not take the extension."""


@contextlib.contextmanager
def code_server(
    root: Path, vsix: Path, state: Path, settings: Mapping[str, object], port: int | None = None
) -> Iterator[str]:
    """The address of a running code-server, stopped at the end.

    `root` is the repository (see `editors`), `state` a directory that may hold the remains of an
    earlier run. Raises CodeServerError when it cannot be run.
    """
    tool, node = ensure_code_server(root), node24(root)
    if tool.path is None or node.path is None:
        raise CodeServerError(tool.reason or node.reason)
    state = state.resolve()
    home, data = state / "home", state / "data"
    for directory in (home, data / "User", data / "Machine", state / "extensions"):
        directory.mkdir(parents=True, exist_ok=True)
    # To VS Code in a browser this machine is a remote one: the user's settings count, but for
    # those that belong to a machine, as an interpreter does, only the machine's.
    for place in ("User", "Machine"):
        text = json.dumps({**QUIET, **settings}, indent=2)
        (data / place / "settings.json").write_text(text + "\n")
    config = state / "config.yaml"
    port = port or _free_port()
    config.write_text(f"bind-addr: 127.0.0.1:{port}\nauth: none\ncert: false\n")
    environment = private_home(home) | {"EXTENSIONS_GALLERY": json.dumps(NO_GALLERY)}
    command = [
        *(str(node.path / "bin" / "node"), str(tool.path)),
        *("--user-data-dir", str(data), "--extensions-dir", str(state / "extensions")),
        *("--config", str(config)),
    ]
    installed = subprocess.run(
        [*command, "--install-extension", str(vsix), "--force"],
        check=False,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if installed.returncode != 0:
        raise CodeServerError(f"the extension could not be installed:\n{installed.stdout}")
    log = state / "server.log"
    # VS Code does not remove its sockets when it is told to end, and in `state` their paths could
    # be longer than a socket's may be.
    sockets = tempfile.mkdtemp(prefix="tangent-")
    with log.open("w") as output:
        process = subprocess.Popen(
            [
                *command,
                "--disable-telemetry",
                "--disable-update-check",
                "--disable-getting-started-override",
                "--disable-workspace-trust",
                "--ignore-last-opened",
                # Otherwise a closed page keeps its language server for three hours.
                *("--reconnection-grace-time", "2"),
            ],
            env=environment | {"XDG_RUNTIME_DIR": sockets},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_until_ready(process, address, log)
        yield address
    finally:
        _stop(process)
        shutil.rmtree(sockets, ignore_errors=True)


def private_home(home: Path) -> dict[str, str]:
    """The environment with a home directory of its own."""
    return os.environ | {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_DATA_HOME": str(home / ".local" / "share"),
        "XDG_CACHE_HOME": str(home / ".cache"),
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise CodeServerError(f"code-server did not start:\n{log.read_text()[-2000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End code-server and what it started: extension host, language server."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
            return
