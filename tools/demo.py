"""The main job, shown: a function, its derivative beside it, and an edit that changes both.

python3 dev.py demo             in this terminal, with the real server over stdio
python3 dev.py demo --editor    in VS Code in the browser
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import webbrowser
from collections.abc import Iterable, Sequence
from difflib import ndiff
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote

from code_server import CodeServerError, code_server
from lsp_client import LspClient, LspError

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "mlp.py"
BEFORE, AFTER = "np.tanh(", "np.sin("


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--editor", action="store_true")
    parser.add_argument("--port", type=int)
    options = parser.parse_args()
    for name in ("SIGTERM", "SIGHUP"):  # however the demo is ended, it ends what it started
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _interrupt)
    try:
        return in_editor(options.port) if options.editor else in_terminal()
    except (LspError, CodeServerError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


# --- in the terminal -------------------------------------------------------------------------


def in_terminal() -> int:
    uri = EXAMPLE.as_uri()
    text = EXAMPLE.read_text(encoding="utf-8")
    with LspClient([sys.executable, "-m", "tangent_ls", "--stdio"], ROOT) as client:
        started = time.perf_counter()
        client.initialize(
            workspace={"textDocumentContent": {}},
            experimental={"tangent": {"map": True}},
        )
        print(f"tangent-ls answers after {time.perf_counter() - started:.1f} s")
        print("→ the lines of the derivative that come from a line, ← the line they come from\n")
        document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
        client.notify("textDocument/didOpen", textDocument=document)
        answer = client.request("tangent/derivative", textDocument={"uri": uri}, function="loss")
        if answer is None or answer["state"]["kind"] != "fresh":
            raise LspError(f"no derivative of loss: {answer and answer['state']}")
        before = _content(client, answer["uri"])
        _show(text, before, answer["map"])

        line = next(i for i, one in enumerate(text.splitlines()) if BEFORE in one)
        column = text.splitlines()[line].index(BEFORE)
        print(f"\nEdit line {line + 1}, unsaved: {BEFORE}...) becomes {AFTER}...)\n")
        edit = {
            "range": {
                "start": {"line": line, "character": column},
                "end": {"line": line, "character": column + len(BEFORE)},
            },
            "text": AFTER,
        }
        started = time.perf_counter()
        client.notify(
            "textDocument/didChange",
            textDocument={"uri": uri, "version": 2},
            contentChanges=[edit],
        )
        changed = client.wait_for("workspace/textDocumentContent/refresh")
        after = _content(client, changed["uri"])
        print(f"regenerated after {(time.perf_counter() - started) * 1000:.0f} ms:\n")
        for difference in ndiff(before.splitlines(), after.splitlines()):
            if difference[0] in "+-":
                print(_colour(difference, "32" if difference[0] == "+" else "31"))
    print("\nIn an editor: python3 dev.py demo --editor")
    return 0


def _content(client: LspClient, uri: str) -> str:
    return client.request("workspace/textDocumentContent", uri=uri)["text"]


def _show(source: str, derivative: str, line_map: dict[str, Any]) -> None:
    """The function and its derivative in two columns; arrows give the linked lines."""
    forward: dict[int, set[int]] = {}
    back: dict[int, set[int]] = {}
    for link in line_map["links"]:
        if link["uri"] != line_map["sourceUri"]:
            continue
        primal = link["primal"]["start"]["line"]
        for generated in link["generated"]:
            last = generated["end"]["line"] - (generated["end"]["character"] == 0)
            for line in range(generated["start"]["line"], last + 1):
                forward.setdefault(primal, set()).add(line)
                back.setdefault(line, set()).add(primal)

    primal_lines = source.splitlines()
    first = next(i for i, line in enumerate(primal_lines) if line.startswith("def loss("))
    last = max([first, *forward])
    left = [
        (number, primal_lines[number], f"→ {_ranges(forward[number])}" if number in forward else "")
        for number in range(first, last + 1)
    ]
    right = [
        (number, line, f"← {_ranges(back[number])}" if number in back else "")
        for number, line in enumerate(derivative.splitlines())
    ]
    width = shutil.get_terminal_size((150, 40)).columns
    columns = [_column("examples/mlp.py", left), _column("its derivative", right)]
    half = (width - 3) // 2
    widths = [min(max(map(len, column)), half) for column in columns]
    widths = [max(w, width - 3 - sum(widths) + w) if w == half else w for w in widths]
    for row in range(max(map(len, columns))):
        cells = [
            _fitted(column[row] if row < len(column) else "", size)
            for column, size in zip(columns, widths, strict=True)
        ]
        print(_colour(" │ ".join(cells).rstrip(), "1" if row == 0 else ""))


def _column(title: str, lines: Sequence[tuple[int, str, str]]) -> list[str]:
    room = max(len(arrow) for _, _, arrow in lines)
    return [title, *(f"{number + 1:3} {arrow:<{room}}  {text}" for number, text, arrow in lines)]


def _fitted(text: str, size: int) -> str:
    return text.ljust(size) if len(text) <= size else text[: size - 1] + "…"


def _ranges(lines: Iterable[int]) -> str:
    """Line numbers from 1 as people write them: ``3, 7-9``."""
    parts: list[list[int]] = []
    for line in sorted(lines):
        if parts and parts[-1][1] == line:
            parts[-1][1] = line + 1
        else:
            parts.append([line + 1, line + 1])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)


def _colour(text: str, code: str) -> str:
    if not code or not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{code}m{text}\x1b[0m"


# --- in VS Code ------------------------------------------------------------------------------


def in_editor(port: int | None) -> int:
    npm = shutil.which("npm")
    if npm is None:
        print("demo: building the extension needs npm", file=sys.stderr)
        return 1
    print("building the extension", flush=True)
    built = subprocess.run(
        [npm, "run", "--silent", "package"], cwd=ROOT, check=False, capture_output=True, text=True
    )
    if built.returncode:
        print(built.stdout + built.stderr, file=sys.stderr)
        return 1
    vsix = ROOT / "vscode-extension" / "tangent.vsix"
    print("starting VS Code (the first time it is installed, for some minutes)", flush=True)
    with tempfile.TemporaryDirectory(prefix="tangent-demo-") as state:
        settings = {"tangent.interpreter": sys.executable}
        with code_server(ROOT, vsix, Path(state), settings, port) as address:
            host = address.removeprefix("http://")
            file = f"vscode-remote://{host}{quote(EXAMPLE.as_posix())}"
            payload = quote(json.dumps([["openFile", file]]))
            url = f"{address}/?folder={quote(str(ROOT / 'examples'))}&payload={payload}"
            print(
                f"\n  {url}\n\nClick '∂ derivative' above loss. Ctrl-C ends the demo.", flush=True
            )
            if sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY"):
                webbrowser.open(url)
            while True:
                time.sleep(3600)


if __name__ == "__main__":
    sys.exit(main())
