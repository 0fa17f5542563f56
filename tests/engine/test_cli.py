"""The command ``tangent``, run as users and scripts run it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import tangent
from tangent.cli import highlight, main

ROOT = Path(__file__).resolve().parents[2]

MODEL = """\
import numpy as np


def loss(w, x):
    return np.sum((x * w) ** 2)


def power(x: float, n: int = 3):
    return x**n


class Model:
    def scale(self, x):
        return 2.0 * x


def unsupported(x):
    return eval("x")
"""


@pytest.fixture
def model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "model.py"
    path.write_text(MODEL)
    return path


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "tangent", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )


def test_show_prints_the_same_text_as_the_engine(model, capsys):
    assert main(["show", "model.py::loss"]) == 0
    expected = tangent.differentiate(MODEL, "loss", path="model.py").text
    assert capsys.readouterr().out == expected.rstrip("\n") + "\n"


def test_wrt_takes_names_and_indices(model, capsys):
    assert main(["show", "model.py::loss", "--wrt", "w,x"]) == 0
    by_name = capsys.readouterr().out
    assert main(["show", "model.py::loss", "--wrt", "0, 1"]) == 0
    assert capsys.readouterr().out == by_name
    assert "dlossdwx" in by_name


def test_forward_mode(model, capsys):
    assert main(["show", "model.py::power", "--mode", "forward"]) == 0
    assert "dx" in capsys.readouterr().out


def test_json(model, capsys):
    assert main(["show", "model.py::loss", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["ok"]
    assert result["wrt"] == ["w"]
    assert result["text"] == tangent.differentiate(MODEL, "loss", path="model.py").text
    link = result["links"][0]
    assert set(link["primal"]) == {"line", "column", "end_line", "end_column"}
    assert link["role"] in {role.value for role in tangent.Role}


def test_unsupported_is_exit_code_1_with_the_line(model, capsys):
    assert main(["show", "model.py::unsupported"]) == 1
    streams = capsys.readouterr()
    assert streams.out == ""
    lines = streams.err.splitlines()
    assert lines[0].startswith("model.py:18:")
    assert lines[1].strip() == 'return eval("x")'
    assert "^" in lines[2]


def test_json_of_an_unsupported_function_has_its_diagnostics(model, capsys):
    assert main(["show", "model.py::unsupported", "--json"]) == 1
    result = json.loads(capsys.readouterr().out)
    assert not result["ok"]
    assert result["diagnostics"][0]["span"]["line"] == 18


def test_file_that_does_not_parse(model, capsys):
    model.write_text("def f(x:\n    return x\n")
    assert main(["show", "model.py::f"]) == 1
    assert "syntax" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("model.py::los", "did you mean loss"),
        ("model.py::scale", "Model.scale"),
        ("model.py", "which function? model.py defines loss, power"),
        ("model.py::", "which function?"),
        ("modle.py::loss", "did you mean model.py"),
        ("nowhere/model.py::loss", "there is no file nowhere/model.py"),
        (".::loss", "is a directory"),
        ("::loss", "no file is named"),
    ],
)
def test_usage_errors(model, capsys, target, message):
    assert main(["show", target]) == 2
    streams = capsys.readouterr()
    assert message in streams.err
    assert streams.err.count("\n") == 1
    assert streams.out == ""


def test_unreadable_file(model, capsys):
    model.write_bytes(b"\xff\xfe\x00bad")
    assert main(["show", "model.py::f"]) == 2
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["frobnicate"], ["show"], ["show", "f", "--wrt", ","]])
def test_wrong_options_are_exit_code_2(arguments, capsys):
    with pytest.raises(SystemExit) as info:
        main(arguments)
    assert info.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_version_and_help(capsys):
    for option, expected in (("--version", tangent.__version__), ("--help", "exit codes:")):
        with pytest.raises(SystemExit) as info:
            main([option])
        assert info.value.code == 0
        assert expected in capsys.readouterr().out


def test_show_executes_nothing(tmp_path, capsys):
    mark = tmp_path / "mark"
    path = tmp_path / "model.py"
    path.write_text(f"open({str(mark)!r}, 'w')\nraise SystemExit\n\ndef f(x):\n    return x * x\n")
    assert main(["show", f"{path}::f"]) == 0
    assert "dfdx" in capsys.readouterr().out
    assert not mark.exists()


def test_colours_only_on_a_terminal(model):
    assert "\x1b" not in run("show", "model.py::loss").stdout


def test_highlight_changes_no_character():
    text = 'def f(x):\n    """Doc\n    string."""\n    # comment\n    return f"{x}" + "é" * 2\n'
    coloured = highlight(text)
    plain = coloured
    for code in ("\x1b[35m", "\x1b[1;34m", "\x1b[2;3m", "\x1b[32m", "\x1b[36m", "\x1b[0m"):
        assert code in coloured
        plain = plain.replace(code, "")
    assert plain == text


def test_reader_that_stops_early_is_no_error(model):
    process = subprocess.Popen(
        [sys.executable, "-m", "tangent", "show", "model.py::loss"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 0


# --- check -----------------------------------------------------------------------------------


def test_check_samples_inputs(model):
    done = run("check", "model.py::loss", "--wrt", "w,x")
    assert done.returncode == 0, done.stderr
    assert "sampled inputs: w = array of shape (3, 3)" in done.stdout
    assert "derivatives of loss agree" in done.stdout


def test_check_follows_annotations_and_defaults(model):
    done = run("check", "model.py::power")
    assert done.returncode == 0, done.stderr
    assert "n = 3" in done.stdout


def test_check_takes_arguments(model):
    done = run("check", "model.py::power", "--args", "2.0, 4")
    assert done.returncode == 0, done.stderr
    assert "expected 32" in done.stdout


def test_check_that_fails_is_exit_code_1(model):
    model.write_text(
        "from tangent.grads import adjoint\n\n\ndef g(x):\n    return x * x\n\n\n"
        "@adjoint(g)\ndef dg(y, x):\n    d[x] = d[y] * x\n\n\n"
        "def f(x):\n    y = g(x)\n    return y\n"
    )
    done = run("check", "model.py::f", "--mode", "reverse")
    assert done.returncode == 1, done.stderr
    assert "do NOT agree" in done.stdout


def test_check_of_a_function_that_cannot_be_reached(model):
    model.write_text("def outer():\n    def f(x):\n        return x\n    return f\n")
    done = run("check", "model.py::outer.f")
    assert done.returncode == 2
    assert "nested" in done.stderr


def test_check_without_inputs(model):
    model.write_text("def f(x):\n    return x.attribute\n")
    done = run("check", "model.py::f")
    assert done.returncode == 2
    assert "--args" in done.stderr
