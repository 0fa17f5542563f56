"""The benchmarks run and say what they measured. What they measure is not judged here."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def run(script, *options):
    done = subprocess.run(
        [sys.executable, f"bench/{script}.py", "--quick", *options],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_transform_measures_every_size_in_every_variant():
    rows = json.loads(run("transform", "--json"))["transform"]
    sizes = [row["statements"] for row in rows]
    variants = {row["variant"] for row in rows}
    assert sizes == [50, 100, 200, 400] * len(variants)
    assert len(variants) == 3
    assert all(row[key] > 0 for row in rows for key in ("warm_ms", "cold_ms", "import_ms"))


def test_server_measures_requests_and_edits():
    measured = json.loads(run("server", "--json"))["server"]
    assert any(what.startswith("hover") for what in measured)
    assert any(what.startswith("CodeLens") for what in measured)
    assert any(what.startswith("edit to derivative") for what in measured)
    assert all(0 < m["p50_ms"] <= m["p95_ms"] <= m["p99_ms"] for m in measured.values())


def test_gradients_compares_with_the_hand_written_and_with_installed_peers():
    text = run("gradients", "--markdown", "--only", "mlp 16x64", "newton")
    header, _, *rows = [line for line in text.splitlines() if line.startswith("|")]
    assert [row.split("|")[1].strip() for row in rows] == ["newton", "mlp 16x64"]
    for package, column in (("autograd", "autograd"), ("tensorflow", "GradientTape")):
        installed = importlib.util.find_spec(package) is not None
        assert (column in header) == installed
        assert (f"{column} is missing" in text) != installed


def test_the_document_shows_what_the_benchmarks_print():
    text = (ROOT / "docs" / "benchmarks.md").read_text()
    for script in ("transform", "server", "gradients"):
        assert f"python bench/{script}.py" in text
    assert text.count("Measured on: ") == 3


@pytest.mark.parametrize("variant", [0, 1, 2])
def test_generated_functions_have_as_many_statements_as_they_say(variant):
    code = (
        "import sys; sys.path.insert(0, 'bench'); import ast, transform as t\n"
        f"text = t.straight_line(50, t.VARIANTS[{variant}])\n"
        "print(len(ast.parse(text).body[-1].body))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "51\n", done.stderr  # and the return
