"""Derivatives as text, to be read as text: ``tests/golden/`` is reviewed like code.

``python3 dev.py golden`` writes the files anew. Every text is also run, and compared with
central differences: a golden file cannot be pretty and wrong.
"""

from __future__ import annotations

import ast
import copy
import importlib.util
import os
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import numpy as np
import pytest

import tangent
from tangent.derivative import Derivative

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden"
STYLE = "tests/golden/primals/style.py"
ANNOTATED = "tests/golden/primals/annotated.py"
UPDATE = bool(os.environ.get("TANGENT_UPDATE_GOLDEN"))
MARK = "# --- its derivative ".ljust(100, "-")
HAS_TENSORFLOW = importlib.util.find_spec("tensorflow") is not None

rng = np.random.default_rng(0)


@dataclass(frozen=True)
class Case:
    """One derivative: of which function, with which options, and where to try it."""

    path: str
    function: str
    wrt: tuple[str, ...]
    args: tuple[Any, ...]
    mode: Literal["reverse", "forward"] = "reverse"
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        source = Path(self.path)
        group = source.stem if "primals" in source.parts else source.parts[0]
        name = self.function if "primals" in source.parts else f"{source.stem}_{self.function}"
        forms = [key if on else f"not_{key}" for key, on in self.options.items()]
        return GOLDEN / group / f"{'_'.join([name, *forms])}.py"

    def __str__(self) -> str:
        return str(self.file.relative_to(GOLDEN).with_suffix(""))


def mlp(n=5, i=4, h=3, o=2):
    normal = rng.normal
    return normal(size=(n, i)), normal(size=(i, h)), normal(size=h), normal(size=(h, o)), \
        normal(size=o), normal(size=(n, o))  # fmt: skip


def example_mlp():
    x, w1, b1, w2, b2, label = mlp()
    return w1, b1, w2, b2, x, label


def recurrent():
    return 0.3 * rng.normal(size=(3, 3)), 0.3 * rng.normal(size=(3, 2)), rng.normal(size=(4, 2))


def example_rnn():
    w, u, xs = recurrent()
    return w, u, 0.2 * rng.normal(size=(1, 3)), xs, np.array([0.1])


RNN = ("w", "u")
MLP = ("w1", "b1", "w2", "b2")
CASES = [
    Case(STYLE, "f", ("x",), (1.3,)),
    Case(STYLE, "f", ("x",), (1.3,), options={"optimized": False}),
    Case(STYLE, "mlp_loss", MLP, mlp()),
    Case(STYLE, "iterate", ("a",), (2.2, 4)),
    Case(STYLE, "rnn_loss", RNN, recurrent()),
    Case(STYLE, "heat", ("k",), (rng.normal(size=8), 0.1, 5)),
    Case(STYLE, "pendulum", ("theta",), (0.4, 0.1, 50), "forward"),
    Case(ANNOTATED, "mlp_loss", MLP, mlp()),
    Case(ANNOTATED, "rnn_loss", RNN, recurrent()),
    Case(ANNOTATED, "heat", ("k",), (rng.normal(size=8), 0.1, 5)),
    Case(ANNOTATED, "pendulum", ("theta",), (0.4, 0.1, 50), "forward"),
    Case(ANNOTATED, "cube_root", ("a",), (2.7,)),
    Case("examples/mlp.py", "loss", MLP, example_mlp()),
    Case("examples/heat.py", "misfit", ("k",), (0.1, rng.normal(size=8), rng.normal(size=8), 5)),
    Case("examples/newton.py", "cube_root", ("a",), (2.7,)),
    Case("examples/pendulum.py", "swing", ("theta",), (0.4, 0.1, 50), "forward"),
    Case("examples/rnn.py", "loss", ("w", "u", "v"), example_rnn()),
    Case("examples/tensorflow_mlp.py", "loss", ("w1", "w2"),
         (rng.normal(size=(4, 3)), rng.normal(size=(3, 1)),
          rng.normal(size=(5, 4)), rng.normal(size=(5, 1)))),
]  # fmt: skip
every_case = pytest.mark.parametrize("case", CASES, ids=str)


def derive(case: Case) -> Derivative:
    text = (ROOT / case.path).read_text()
    found = tangent.differentiate(
        text, case.function, wrt=case.wrt, mode=case.mode, path=case.path, **case.options
    )
    assert found.ok, "\n".join(map(str, found.diagnostics))
    return found


def golden_text(case: Case) -> str:
    """The primal, a line between, the derivative: what a reader compares."""
    text = (ROOT / case.path).read_text()
    lines = text.splitlines(keepends=True)
    (node,) = (
        n for n in ast.parse(text).body
        if isinstance(n, ast.FunctionDef) and n.name == case.function
    )  # fmt: skip
    first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    primal = "".join(lines[first - 1 : node.end_lineno])
    return f"{primal}\n\n{MARK}\n\n{derive(case).text}"


@cache
def module_of(path: str) -> ModuleType:
    name = f"golden_{Path(path).stem}"
    spec = importlib.util.spec_from_file_location(name, ROOT / path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where `inspect` looks for the source of a function
    spec.loader.exec_module(module)
    return module


@every_case
def test_golden_text(case: Case):
    text = golden_text(case)
    if UPDATE:
        case.file.parent.mkdir(exist_ok=True)
        case.file.write_text(text)
    assert case.file.exists(), "no golden file yet: python3 dev.py golden"
    assert text == case.file.read_text(), "the text changed: look at python3 dev.py golden"


def test_golden_files_belong_to_a_case():
    wanted = {case.file for case in CASES}
    groups = {file.parent for file in wanted}
    unknown = {file for group in groups for file in group.glob("*.py")} - wanted
    if UPDATE:
        for file in unknown:
            file.unlink()
        unknown = set()
    assert unknown == set()


def test_every_function_of_the_examples_has_a_golden_file():
    functions = {
        (f"examples/{path.name}", node.name)
        for path in sorted((ROOT / "examples").glob("*.py"))
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name != "main"
    }
    assert functions == {(c.path, c.function) for c in CASES if c.path.startswith("examples/")}


@every_case
def test_golden_lines_fit_on_a_screen(case: Case):
    assert max(map(len, case.file.read_text().splitlines())) <= 100


@every_case
def test_golden_derivative_agrees_with_finite_differences(case: Case):
    tensors = "tensorflow" in Path(case.path).stem
    if tensors and not HAS_TENSORFLOW:
        pytest.skip("TensorFlow is not installed")
    module = module_of(case.path)
    primal = getattr(module, case.function)
    primal_text, _, text = case.file.read_text().partition(MARK)
    assert primal_text and text
    namespace = dict(vars(module))
    exec(compile(text, str(case.file), "exec"), namespace)
    name = ast.parse(text).body[-1].name  # type: ignore[attr-defined]

    def call(function: Any, *args: Any) -> Any:
        args = tuple(copy.deepcopy(a) for a in args)
        if tensors:
            args = tuple(module.tf.constant(a) for a in args)
        return function(*args)

    got = call(namespace[name], *case.args)
    got = got if len(case.wrt) > 1 else (got,)
    parameters = list(ast.parse(primal_text).body[0].args.args)  # type: ignore[attr-defined]
    for one, gradient in zip(case.wrt, got, strict=True):
        at = [p.arg for p in parameters].index(one)

        def value(x: Any, at: int = at) -> float:
            return float(call(primal, *case.args[:at], x, *case.args[at + 1 :]))

        expected = central_differences(value, case.args[at])
        assert np.shape(gradient) == np.shape(expected)
        np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-8)


def central_differences(function: Any, at: Any, step: float = 1e-5) -> np.ndarray:
    point = np.array(at, dtype=float)
    slope = np.zeros_like(point)
    for i in np.ndindex(point.shape):
        high, low = point.copy(), point.copy()
        high[i] += step
        low[i] -= step
        slope[i] = (function(high[()]) - function(low[()])) / (2.0 * step)
    return slope


@every_case
def test_golden_text_is_what_grad_runs(case: Case):
    if "tensorflow" in Path(case.path).stem and not HAS_TENSORFLOW:
        pytest.skip("TensorFlow is not installed")
    function = getattr(module_of(case.path), case.function)
    derivative = tangent.grad(function, case.wrt, mode=case.mode, **case.options)
    assert derivative.source == derive(case).text


def test_the_page_of_rules_shows_the_rules():
    spec = importlib.util.spec_from_file_location("rules_page", ROOT / "tools" / "rules_page.py")
    assert spec is not None and spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    if UPDATE:
        tool.PAGE.write_text(tool.page())
    assert tool.PAGE.read_text() == tool.page()
