"""Neovim's own LSP client over stdio, without a plugin: what any editor gets from the server.

Neovim has no virtual documents, so the derivative comes as a file. The steps are in
neovim/session.lua.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import tangent

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SESSION = HERE / "neovim" / "session.lua"
STEPS = re.findall(r"^    '([^']+)',$", SESSION.read_text(encoding="utf-8"), re.MULTILINE)

WEIGHTS = ("w1", "b1", "w2", "b2")  # with respect to which examples/mlp.py asks for the derivative


@pytest.fixture(scope="module")
def session(workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What happened in each step that was reached, by its name."""
    from editors import ensure_neovim  # from tools/

    neovim = ensure_neovim(ROOT)
    if neovim.path is None:
        pytest.skip(f"Neovim: {neovim.reason}")
    home = tmp_path_factory.mktemp("neovim-home")
    source = (workspace / "mlp.py").read_text(encoding="utf-8")
    arguments = {
        "server": [sys.executable, "-m", "tangent_ls"],
        "folder": str(workspace),
        "derivative": tangent.differentiate(source, "loss", wrt=WEIGHTS).text,
    }
    libraries = os.pathsep.join(str(ROOT / name) for name in ("engine", "server"))
    private = {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_STATE_HOME": str(home / "state"),
        "PYTHONPATH": libraries,
    }
    done = subprocess.run(
        [
            *(str(neovim.path), "--headless", "--clean", "-n"),
            *("-l", str(SESSION), json.dumps(arguments)),
        ],
        check=False,
        cwd=workspace,
        env=os.environ | private,
        capture_output=True,
        text=True,
        timeout=180,
    )
    reports = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert reports, f"the session reached no step:\n{done.stdout}{done.stderr}"
    return {report["name"]: report for report in reports}


@pytest.mark.parametrize("step", STEPS)
def test_neovim(session: dict[str, dict[str, Any]], step: str) -> None:
    report = session.get(step)
    assert report is not None, "not reached: an earlier step failed"
    assert report.get("error") is None, report["error"]
