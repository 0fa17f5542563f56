"""The recipe for Neovim in docs/guide.md, as a user would have it in `init.lua`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
LIBRARIES = os.pathsep.join(str(ROOT / name) for name in ("engine", "server"))

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
