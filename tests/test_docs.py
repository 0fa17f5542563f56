"""What the documents show is what happens: their code runs, and what it prints is shown."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tangent.cli import main

ROOT = Path(__file__).resolve().parents[1]
GUIDE = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
LIBRARIES = os.pathsep.join(str(ROOT / name) for name in ("engine", "server"))
sys.path.insert(0, str(ROOT / "tools"))


def output_of(tool: str) -> str:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / tool)], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


# --- the guide -----------------------------------------------------------------------------------


def test_the_guide_shows_what_its_code_prints() -> None:
    assert output_of("guide.py") == GUIDE, "python tools/guide.py --write"


def test_every_python_block_of_the_guide_runs_or_is_printed() -> None:
    before = re.findall(r"^(.*)\n```python$", GUIDE, re.M)
    assert len(before) > 10
    assert set(before) == {"<!-- runs -->", "<!-- prints -->"}


def test_the_commands_of_the_guide_work(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    (block,) = re.findall(r"^```sh\n(.*?)^```", GUIDE, re.S | re.M)
    commands = [*block.splitlines(), *re.findall(r"`tangent (check [^`]*)`", GUIDE)]
    assert len(commands) == 4
    for command in commands:
        assert main(command.removeprefix("tangent ").split()) == 0, command
    assert "def dlossdw1b1" in capsys.readouterr().out


NEOVIM = r"""
vim.bo.autoread = true
local function eventually(what, check)
  if not vim.wait(15000, check, 50) then
    io.stdout:write('no ' .. what .. '\n')
    vim.cmd('cquit! 1')
  end
end
local source = vim.api.nvim_get_current_buf()
local function code_lenses() return #vim.lsp.codelens.get(source) > 0 end
eventually('client', function() return #vim.lsp.get_clients({ bufnr = source }) > 0 end)
eventually('lenses', code_lenses)
vim.fn.search('^def loss')
vim.api.nvim_feedkeys('grd', 'x', false)
eventually('derivative', function()
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    local lines = vim.api.nvim_buf_get_lines(buffer, 0, -1, false)
    if table.concat(lines, '\n'):find('def dlossdw1', 1, true) then return true end
  end
  return false
end)
io.stdout:write('shown\n')
vim.cmd('qall!')
"""


def test_the_neovim_recipe_shows_a_derivative(tmp_path: Path) -> None:
    from editors import ensure_neovim  # from tools/

    neovim = ensure_neovim(ROOT)
    if neovim.path is None:
        pytest.skip(f"Neovim: {neovim.reason}")
    (recipe,) = re.findall(r"<!-- tested -->\n```lua\n(.*?)^```", GUIDE, re.S | re.M)
    (tmp_path / "init.lua").write_text(recipe, encoding="utf-8")
    (tmp_path / "session.lua").write_text(NEOVIM, encoding="utf-8")
    command = tmp_path / "bin" / "tangent-ls"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tangent_ls "$@"\n')
    command.chmod(0o755)
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").touch()
    example = (ROOT / "examples" / "mlp.py").read_text(encoding="utf-8")
    (project / "mlp.py").write_text(example, encoding="utf-8")
    private = {
        "HOME": str(tmp_path),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "PYTHONPATH": LIBRARIES,
        "PATH": os.pathsep.join([str(command.parent), os.environ["PATH"]]),
    }
    done = subprocess.run(
        [
            *(str(neovim.path), "--headless", "-n", "-u", str(tmp_path / "init.lua"), "mlp.py"),
            *("-c", f"luafile {tmp_path / 'session.lua'}"),
        ],
        cwd=project,
        env=os.environ | private,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "shown" in done.stdout, done.stdout + done.stderr


# --- the table of the language -------------------------------------------------------------------


def test_the_table_of_the_language_is_up_to_date() -> None:
    pytest.importorskip("tensorflow", reason="the table has TensorFlow's programs too")
    written = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
    assert output_of("language_table.py") == written, "python tools/language_table.py --write"


# --- links ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["ARCHITECTURE.md", "docs/README.md", "docs/guide.md", "docs/language.md"]
)
def test_links_and_files_named_in_documents_exist(name: str) -> None:
    path = ROOT / name
    text = path.read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:)([^)#]+)", text)
    missing = [link for link in links if not (path.parent / link).exists()]
    named = re.findall(r"`((?:examples|docs|tests|engine|tools|bench)/[\w/.-]*\w)", text)
    missing += [file for file in named if not (ROOT / file).exists()]
    assert missing == []
