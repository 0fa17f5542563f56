"""What the tests in real editors share: the editors, and the extension as users get it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

EXTENSION = ROOT / "vscode-extension"
VSIX = EXTENSION / "tangent.vsix"
SOURCES = ("package.json", "esbuild.mjs", "requirements.txt", "src", "tool", "images", "scripts")

UNSUPPORTED = """\
import numpy as np

import tangent


def transform(x):
    y = np.piecewise(x, [x > 0.0], [np.sin])
    return np.sum(np.abs(y))


dtransform = tangent.grad(transform)
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an example and with a function that cannot be differentiated."""
    folder = tmp_path_factory.mktemp("workspace")
    shutil.copy(ROOT / "examples" / "mlp.py", folder)
    (folder / "unsupported.py").write_text(UNSUPPORTED, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def vsix() -> Path:
    """The packaged extension, made anew if anything in it has changed."""
    npm = shutil.which("npm")
    if npm is None or not (ROOT / "node_modules").exists():
        pytest.skip("the extension cannot be packaged: run `npm install` (Node 20 or later) first")
    if not VSIX.exists() or VSIX.stat().st_mtime < _newest_source():
        done = subprocess.run(
            [npm, "run", "package"],
            check=False,
            cwd=ROOT,
            env=os.environ | {"PYTHON": sys.executable},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, done.stdout
    return VSIX


def _newest_source() -> float:
    roots = [ROOT / "engine", ROOT / "server", *(EXTENSION / name for name in SOURCES)]
    files = [file for root in roots for file in (root.rglob("*") if root.is_dir() else [root])]
    # Running the sources writes bytecode beside them, which is no change.
    return max(f.stat().st_mtime for f in files if f.is_file() and f.suffix != ".pyc")
