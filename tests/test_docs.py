"""What the documents show is what happens: their code runs, and what it prints is shown."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tangent.cli import main

ROOT = Path(__file__).resolve().parents[1]
GUIDE = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")


def output_of(tool: str, *arguments: str) -> str:
    command = [sys.executable, str(ROOT / "tools" / tool), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout


# --- the guide, and the first example of the README ----------------------------------------------


@pytest.mark.parametrize("name", ["README.md", "docs/guide.md"])
def test_a_document_shows_what_its_code_prints(name: str) -> None:
    written = (ROOT / name).read_text(encoding="utf-8")
    assert "<!-- prints -->" in written
    assert output_of("guide.py", name) == written, "python3 dev.py golden"


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


# --- the table of the language -------------------------------------------------------------------


def test_the_table_of_the_language_is_up_to_date() -> None:
    written = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
    assert output_of("language_table.py") == written, "python3 dev.py golden"


# --- links ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["ARCHITECTURE.md", "docs/README.md", "docs/guide.md", "docs/language.md"]
)
def test_links_and_files_named_in_documents_exist(name: str) -> None:
    path = ROOT / name
    text = path.read_text(encoding="utf-8")
    prose = re.sub(r"``.*?``|`.*?`", "", re.sub(r"^```.*?^```", "", text, flags=re.S | re.M))
    links = re.findall(r"\]\((?!https?:)([^)#]+)", prose)
    missing = [link for link in links if not (path.parent / link).exists()]
    named = re.findall(r"`((?:examples|docs|tests|engine|tools|bench)/[\w/.-]*\w)", text)
    missing += [file for file in named if not (ROOT / file).exists()]
    assert missing == []
