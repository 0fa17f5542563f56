"""The extension in real VS Code (code-server in Chromium): one session, each step a test.

The steps are in vscode/drive.cjs. A picture of each is kept in screenshots/.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

import tangent

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
DRIVER = HERE / "vscode" / "drive.cjs"
SCREENSHOTS = HERE / "screenshots"
STEPS = re.findall(r'^  async "([^"]+)"\(\)', DRIVER.read_text(encoding="utf-8"), re.MULTILINE)

WEIGHTS = ("w1", "b1", "w2", "b2")  # with respect to which examples/mlp.py asks for the derivative
LARGEST_VSIX = 2_000_000

# Typing in a test means these characters, not what the editor would make of them. (In the forms of
# today: older ones make the editor rewrite its settings at the start, and read them too late.)
PLAIN_TYPING = {
    "editor.autoClosingBrackets": "never",
    "editor.quickSuggestions": {"comments": "off", "strings": "off", "other": "off"},
    "editor.suggestOnTriggerCharacters": False,
}


@pytest.fixture(scope="module")
def session(
    vsix: Path, workspace: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What happened in each step that was reached, by its name."""
    from code_server import code_server, private_home  # from tools/
    from editors import ensure_chromium, ensure_code_server

    chromium, server = ensure_chromium(), ensure_code_server(ROOT)
    if chromium.path is None or server.path is None:
        pytest.skip(f"VS Code: {chromium.reason or server.reason}")
    node = shutil.which("node")
    if node is None or not (ROOT / "node_modules" / "playwright-core").exists():
        pytest.skip("VS Code: run `npm install` (Node 20 or later) first")

    source = (workspace / "mlp.py").read_text(encoding="utf-8")
    shutil.rmtree(SCREENSHOTS, ignore_errors=True)
    SCREENSHOTS.mkdir()
    state = tmp_path_factory.mktemp("code-server")
    settings = {**PLAIN_TYPING, "tangent.interpreter": sys.executable}
    with code_server(ROOT, vsix, state, settings) as address:
        arguments = {
            "address": address,
            "folder": str(workspace),
            "chromium": str(chromium.path),
            "screenshots": str(SCREENSHOTS),
            "derivative": tangent.differentiate(source, "loss", wrt=WEIGHTS).text,
        }
        done = subprocess.run(
            [node, str(DRIVER), json.dumps(arguments)],
            check=False,
            cwd=ROOT,
            env=private_home(state / "home"),
            capture_output=True,
            text=True,
            timeout=600,
        )
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert reports, f"the driver reached no step:\n{done.stderr}{_logs(state)}"
    return {
        "steps": {report["name"]: report for report in reports},
        "stderr": done.stderr,
        "logs": _logs(state),
    }


@pytest.mark.parametrize("step", STEPS)
def test_vscode(session: dict[str, Any], step: str) -> None:
    report = session["steps"].get(step)
    assert report is not None, f"not reached: an earlier step failed\n{session['stderr']}"
    assert report.get("error") is None, f"{report['error']}\n{session['logs']}"


def test_vsix_is_small_and_complete(vsix: Path) -> None:
    assert vsix.stat().st_size < LARGEST_VSIX
    names = zipfile.ZipFile(vsix).namelist()
    libraries = {name.split("/")[3] for name in names if name.startswith("extension/bundled/libs/")}
    assert {"tangent", "tangent_ls", "pygls", "lsprotocol", "gast"} <= libraries
    assert "extension/bundled/tool/tangent_server.py" in names
    assert "extension/dist/extension.js" in names
    strangers = (".so", ".pyd", ".pyc", ".ts", ".map")
    assert [name for name in names if name.endswith(strangers)] == []


def _logs(state: Path) -> str:
    """The end of the extension's log, which says what the server wrote."""
    logs = sorted((state / "data" / "logs").rglob("*Tangent*.log"))
    return "".join(f"\n{log.name}:\n{log.read_text()[-4000:]}" for log in logs)
