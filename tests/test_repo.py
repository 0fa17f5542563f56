"""What must hold of the repository itself: its documents, its packages, its imports."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import tangent

ROOT = Path(__file__).resolve().parents[1]
SKIPPED = {
    ".git",
    ".venv",
    ".tools",
    "node_modules",
    "dist",
    "build",
    "bundled",
    "__pycache__",
    "screenshots",
}
TEXT = {".py", ".md", ".toml", ".json", ".ts", ".mjs", ".cjs", ".lua", ".txt", ".yml", ".el", ""}


def repository_files():
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        hidden = any(p.startswith(".") and p != ".ci" for p in parts[:-1])
        if path.is_file() and not hidden and not SKIPPED & set(parts) and path.suffix in TEXT:
            yield path


def python_blocks(name):
    return re.findall(r"^```python\n(.*?)^```", (ROOT / name).read_text(), re.S | re.M)


def run(code, *options):
    return subprocess.run(
        [sys.executable, *options, "-c", code], capture_output=True, text=True, cwd=ROOT
    )


# --- documents -------------------------------------------------------------------------------


def test_readme_snippets_run_and_values_in_comments_are_right(tmp_path):
    first, _output, *others = python_blocks("README.md")  # the output: tests/test_docs.py
    assert len(others) >= 3
    # `df(33.0)   # 3333.0` says what the expression is.
    value = re.compile(r"^(\w+\(.*\)) +# (-?[\d.]+)$", re.M)
    assert value.search(first)
    for name, code in {"first": first, "others": "\n\n".join(others)}.items():
        file = tmp_path / f"{name}.py"
        file.write_text(value.sub(r"assert \1 == \2", code))
        done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_links_and_files_named_in_documents_exist(name):
    text = (ROOT / name).read_text()
    links = re.findall(r"\]\((?!https?:)([^)#]+)", text)
    named = re.findall(r"(?:examples|docs|tests|engine)/[\w/.-]*\w", text)
    missing = [link for link in {*links, *named} if not (ROOT / link).exists()]
    assert missing == []


def test_commands_in_documents_are_tasks_of_dev_py():
    help = subprocess.run(
        [sys.executable, "dev.py", "--help"], capture_output=True, text=True, cwd=ROOT
    ).stdout
    tasks = set(re.findall(r"^    (\w+) +\S", help, re.M))
    text = "".join((ROOT / name).read_text() for name in ("README.md", "CONTRIBUTING.md"))
    asked = set(re.findall(r"dev\.py (\w+)", text))
    assert asked
    assert asked <= tasks


def test_no_machine_is_named_in_any_file():
    pattern = re.compile(r"/(?:root|work|Users|home/(?!ada\b|you\b))/[\w.-]+/|/opt/pypi|/tmp/\w")
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in repository_files()
        for number, line in enumerate(
            path.read_text(encoding="utf-8", errors="replace").splitlines(), 1
        )
        if pattern.search(line) and path != Path(__file__)
    ]
    assert found == []


def test_licence_is_the_whole_apache_text():
    text = (ROOT / "LICENSE").read_text()
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert "The Tangent authors" in text


def test_changelog_has_this_version():
    assert f"## {tangent.__version__}" in (ROOT / "CHANGELOG.md").read_text()


# --- imports ---------------------------------------------------------------------------------

MAKE_ONE = (
    "import sys, tangent; "
    "d = tangent.differentiate('import numpy as np\\ndef f(x):\\n    return np.sum(x * x)', 'f'); "
    "assert d.ok, d.diagnostics; "
)


@pytest.mark.parametrize("module", ["tangent", "tangent.engine", "tangent.cli"])
def test_importing_the_engine_imports_no_numerical_library(module):
    done = run(
        f"import sys, {module}; "
        "print([m for m in ('numpy', 'scipy', 'tensorflow') if m in sys.modules])"
    )
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_making_a_derivative_imports_no_numerical_library():
    done = run(
        MAKE_ONE + "print([m for m in ('numpy', 'scipy', 'tensorflow') if m in sys.modules])"
    )
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_public_names_are_there_and_documented():
    assert set(tangent.__all__) <= set(dir(tangent))
    for name in tangent.__all__:
        assert getattr(tangent, name).__doc__, name
    with pytest.raises(AttributeError, match="no_such_name"):
        tangent.no_such_name


def test_lazy_names_are_declared_for_type_checkers():
    tree = ast.parse((ROOT / "engine" / "tangent" / "__init__.py").read_text())
    declared = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert set(tangent.__all__) <= declared


# --- examples --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.py")), ids=lambda p: p.stem)
def test_example_runs(path):
    if path.stem.startswith("tensorflow"):
        pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) >= 3
    assert "nan" not in done.stdout


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.py")), ids=lambda p: p.stem)
def test_example_says_how_to_see_its_derivative(path, monkeypatch, capsys):
    from tangent.cli import main

    monkeypatch.chdir(ROOT)
    command = re.search(r"``tangent (show [^`]+)``", path.read_text())
    assert command is not None
    assert main(command[1].split()) == 0
    assert capsys.readouterr().out.count("def d") >= 1
