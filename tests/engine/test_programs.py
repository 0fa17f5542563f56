"""Whole programs: the derivative of every function of the corpus, checked in every way.

The reference is central differences of the primal, made here and not by `tangent.check_grads`.
"""

from __future__ import annotations

import ast
import copy
import dataclasses
import hashlib
import importlib
import importlib.util
import inspect
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tangent

HERE = Path(__file__).parent
HAS_TENSORFLOW = importlib.util.find_spec("tensorflow") is not None
# Every corpus whose programs must be right; of these the others are not.
OTHERS = ["corpus_helpers", "corpus_refused", "corpus_tensorflow", "corpus_traps"]
MODULES = sorted({p.stem for p in HERE.glob("corpus_*.py")} - set(OTHERS))


class Program:
    """One function with sample arguments, and what can be said of it without a derivative."""

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...], wrt: tuple[str, ...]):
        self.function, self.args, self.wrt = function, args, wrt
        self.tensors = function.__module__ == "corpus_tensorflow"
        self.names = list(inspect.signature(function).parameters)

    def value(self, name: str) -> Any:
        """The sample argument, or its default."""
        position = self.names.index(name)
        if position < len(self.args):
            return self.args[position]
        return inspect.signature(self.function).parameters[name].default

    @property
    def is_single(self) -> bool:
        """Whether an argument is in single precision."""
        return any(isinstance(a, np.ndarray) and a.dtype == np.float32 for a in self.args)

    def tensor(self, value: Any) -> Any:
        """The value as the program takes it."""
        if self.tensors and isinstance(value, np.ndarray):
            return importlib.import_module("tensorflow").constant(value)
        return value

    def call(self, function: Callable[..., Any], changed: Any = (), **seeds: Any) -> Any:
        """Call with fresh copies of the arguments, those in ``changed`` replaced."""
        changed = dict(changed)
        args = [changed.pop(n, a) for n, a in zip(self.names, self.args, strict=False)]
        args = [self.tensor(copy.deepcopy(a)) for a in args]
        return function(*args, **copy.deepcopy(changed), **seeds)

    def result(self, changed: Any = ()) -> Any:
        return self.call(self.function, changed)

    @property
    def has_scalar_result(self) -> bool:
        result = self.result()
        if isinstance(result, (list, tuple)) or fields(result) is not None:
            return False
        return np.ndim(result) == 0

    @property
    def point(self) -> np.ndarray:
        """The arguments of ``wrt`` as one vector."""
        return flat([self.value(name) for name in self.wrt])

    def at(self, point: np.ndarray) -> dict[str, Any]:
        """The arguments of ``wrt`` from one vector, in double precision."""
        values = unflat([self.value(name) for name in self.wrt], point)
        return dict(zip(self.wrt, values, strict=True))

    def differences(self, function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """The Jacobian of a function of the vector of arguments, by central differences."""
        point = self.point
        columns = []
        for i in range(point.size):
            step = np.zeros_like(point)
            step[i] = (1e-3 if self.is_single else 1e-5) * max(1.0, abs(point[i]))
            change = function(point + step) - function(point - step)
            columns.append(change / (2.0 * step[i]))
        return np.stack(columns, axis=-1)

    def jacobian(self) -> np.ndarray:
        return self.differences(lambda p: flat(self.result(self.at(p))))

    @property
    def tolerance(self) -> float:
        return 2e-3 if self.is_single else 1e-5

    def assert_close(self, got: Any, expected: Any, rtol: float | None = None) -> None:
        rtol = self.tolerance if rtol is None else rtol
        expected = np.asarray(expected)
        scale = np.abs(expected).max(initial=0.1)
        np.testing.assert_allclose(got, expected, rtol=rtol, atol=rtol * scale)


def fields(value: Any) -> dict[str, Any] | None:
    """The fields of an object with attributes; None for anything else."""
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return value._asdict()
    if isinstance(value, (np.ndarray, type)) or (
        callable(value) and not hasattr(value, "__dict__")
    ):
        return None
    if dataclasses.is_dataclass(value):
        return {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    library = type(value).__module__.startswith(("numpy", "tensorflow", "builtins"))
    return None if library else getattr(value, "__dict__", None)


def with_fields(like: Any, parts: dict[str, Any]) -> Any:
    """An object of the type of ``like`` with other fields."""
    if isinstance(like, tuple):
        return type(like)(**parts)
    new = copy.copy(like)
    for name, part in parts.items():
        object.__setattr__(new, name, part)
    return new


def comparable(value: Any) -> Any:
    """The nested value with its objects as dictionaries."""
    if (parts := fields(value)) is not None:
        return {name: comparable(part) for name, part in parts.items()}
    return [comparable(v) for v in value] if isinstance(value, (list, tuple)) else value


def flat(value: Any) -> np.ndarray:
    """All elements of a nested value, in double precision. What is no number has none."""
    if isinstance(value, dict):
        value = list(value.values())
    if value is None or isinstance(value, str) or inspect.isroutine(value):
        return np.zeros(0)
    if (parts := fields(value)) is not None:
        return flat(list(parts.values()))
    if isinstance(value, (list, tuple)):
        return np.concatenate([np.zeros(0), *(flat(v) for v in value)])
    return np.ravel(np.asarray(value, dtype=float))


def unflat(like: Any, vector: np.ndarray) -> Any:
    """The elements in the structure of ``like``; numbers stay Python's."""
    if like is None or isinstance(like, str) or inspect.isroutine(like):
        return like
    if (named := fields(like)) is not None:
        values = unflat(list(named.values()), vector)
        counts = {n for n, v in named.items() if type(v) in (int, bool)}
        return with_fields(
            like, {n: named[n] if n in counts else v for n, v in zip(named, values, strict=True)}
        )
    if isinstance(like, (list, tuple)):
        parts, start = [], 0
        for part in like:
            size = flat(part).size
            parts.append(unflat(part, vector[start : start + size]))
            start += size
        return type(like)(parts)
    if isinstance(like, dict):
        return dict(zip(like, unflat(list(like.values()), vector), strict=True))
    if like is None or isinstance(like, str):
        return like
    if isinstance(like, (float, int)):
        return float(vector[0])
    return np.reshape(vector, np.shape(like))


def seeded(like: Any, rng: np.random.Generator) -> Any:
    """Random numbers in the structure, shapes and dtypes of ``like``."""
    if like is None or isinstance(like, str) or inspect.isroutine(like):
        return None
    if (parts := fields(like)) is not None:
        return with_fields(
            like,
            {n: 0.0 if type(v) in (int, bool) else seeded(v, rng) for n, v in parts.items()},
        )
    if isinstance(like, (list, tuple)):
        return type(like)(seeded(v, rng) for v in like)
    if isinstance(like, dict):
        return {key: seeded(v, rng) for key, v in like.items()}
    if like is None or isinstance(like, str):
        return None
    if isinstance(like, (float, int)):
        return float(rng.normal())
    if isinstance(like, (np.ndarray, np.generic)):
        return rng.normal(size=like.shape).astype(like.dtype)[()]
    tf = importlib.import_module("tensorflow")
    return tf.constant(rng.normal(size=tuple(like.shape)), dtype=like.dtype)


def seed_names(derivative: Any, primal: Any) -> list[str]:
    """The parameters that the derivative adds."""
    known = inspect.signature(primal).parameters
    return [name for name in inspect.signature(derivative).parameters if name not in known]


def with_cotangent(derivative: Any, primal: Any, cotangent: Any) -> dict[str, Any]:
    names = seed_names(derivative, primal)
    return dict(zip(names, [cotangent] if len(names) == 1 else cotangent, strict=True))


def as_tuple(value: Any, count: int) -> tuple[Any, ...]:
    return (value,) if count == 1 else tuple(value)


def programs(*modules: str) -> list[Any]:
    params = []
    for name in modules:
        seen: dict[str, int] = {}
        for function, args, wrt in importlib.import_module(name).CASES:
            number = seen[function.__name__] = seen.get(function.__name__, 0) + 1
            label = f"{name.removeprefix('corpus_')}-{function.__name__}"
            label += f"-{number}" if number > 1 else ""
            params.append(pytest.param(Program(function, args, wrt), id=label))
    return params


PROGRAMS = programs(*MODULES, *["corpus_tensorflow"] * HAS_TENSORFLOW)
SCALAR = [param for param in PROGRAMS if param.values[0].has_scalar_result]
# Each function once, whatever its arguments are.
FUNCTIONS = list({(p.values[0].function, p.values[0].wrt): p for p in PROGRAMS}.values())

each_program = pytest.mark.parametrize("program", PROGRAMS)
each_scalar_program = pytest.mark.parametrize("program", SCALAR)
each_function = pytest.mark.parametrize("program", FUNCTIONS)


def test_tensorflow_programs_are_there() -> None:
    if not HAS_TENSORFLOW:
        pytest.skip("TensorFlow is not installed (extra 'tensorflow')")
    assert any(p.values[0].tensors for p in PROGRAMS)


# --- numbers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("optimized", [True, False], ids=["optimized", "plain"])
@each_program
def test_reverse_equals_differences(program: Program, optimized: bool) -> None:
    derivative = tangent.vjp(program.function, wrt=program.wrt, optimized=optimized)
    result = program.result()
    cotangent = seeded(result, np.random.default_rng(1))
    seeds = with_cotangent(derivative, program.function, cotangent)
    got = as_tuple(program.call(derivative, **seeds), len(program.wrt))
    for name, gradient in zip(program.wrt, got, strict=True):
        value = program.value(name)
        assert np.shape(flat(gradient)) == np.shape(flat(value))
        if isinstance(value, np.ndarray):
            assert np.shape(gradient) == value.shape
            assert (
                np.dtype(getattr(gradient.dtype, "as_numpy_dtype", gradient.dtype)) == value.dtype
            )
    program.assert_close(flat(got), flat(cotangent) @ program.jacobian())


@each_program
def test_forward_equals_differences_and_reverse(program: Program) -> None:
    forward = tangent.jvp(program.function, wrt=program.wrt)
    reverse = tangent.vjp(program.function, wrt=program.wrt)
    rng = np.random.default_rng(2)
    tangents = {
        f"d{name}": seeded(program.tensor(program.value(name)), rng) for name in program.wrt
    }
    got = program.call(forward, **tangents)
    result = program.result()
    assert flat(got).shape == flat(result).shape
    direction = flat(list(tangents.values()))
    program.assert_close(flat(got), program.jacobian() @ direction)

    cotangent = seeded(result, rng)
    gradient = program.call(reverse, **with_cotangent(reverse, program.function, cotangent))
    left, right = flat(cotangent) @ flat(got), flat(gradient) @ direction
    np.testing.assert_allclose(left, right, rtol=1e-4 if program.is_single else 1e-9, atol=1e-9)


def _gradient_differences(program: Program) -> np.ndarray:
    gradient = tangent.grad(program.function, wrt=program.wrt)
    return program.differences(lambda p: flat(program.call(gradient, program.at(p))))


def _second_order_is_meaningful(program: Program) -> None:
    if program.is_single:
        pytest.skip("differences of differences say nothing in single precision")


@each_scalar_program
def test_forward_over_reverse_equals_differences(program: Program) -> None:
    _second_order_is_meaningful(program)
    gradient = tangent.grad(program.function, wrt=program.wrt)
    product = tangent.jvp(gradient, wrt=program.wrt)
    rng = np.random.default_rng(3)
    tangents = {
        f"d{name}": seeded(program.tensor(program.value(name)), rng) for name in program.wrt
    }
    tangents = dict(zip(seed_names(product, gradient), tangents.values(), strict=True))
    got = program.call(product, **tangents)
    expected = _gradient_differences(program) @ flat(list(tangents.values()))
    program.assert_close(flat(got), expected, rtol=1e-4)


@each_scalar_program
def test_reverse_over_reverse_equals_differences(program: Program) -> None:
    _second_order_is_meaningful(program)
    gradient = tangent.grad(program.function, wrt=program.wrt)
    product = tangent.vjp(gradient, wrt=program.wrt)
    cotangent = seeded(program.call(gradient), np.random.default_rng(4))
    got = program.call(product, **with_cotangent(product, gradient, cotangent))
    expected = flat(cotangent) @ _gradient_differences(program)
    program.assert_close(flat(got), expected, rtol=1e-4)


@each_scalar_program
def test_reverse_over_forward_equals_differences(program: Program) -> None:
    _second_order_is_meaningful(program)
    forward = tangent.jvp(program.function, wrt=program.wrt)
    product = tangent.vjp(forward, wrt=program.wrt)
    rng = np.random.default_rng(9)
    tangents = {
        f"d{name}": seeded(program.tensor(program.value(name)), rng) for name in program.wrt
    }
    (seed,) = seed_names(product, forward)
    got = program.call(product, **tangents, **{seed: program.tensor(np.float64(1.0))})
    expected = _gradient_differences(program) @ flat(list(tangents.values()))
    program.assert_close(flat(got), expected, rtol=1e-4)


@each_program
def test_arguments_are_left_as_the_primal_leaves_them(program: Program) -> None:
    def arguments_after(function: Callable[..., Any], **seeds: Any) -> list[Any]:
        args = [program.tensor(a) for a in copy.deepcopy(program.args)]
        function(*args, **seeds)
        return [np.asarray(a) for a in args] if program.tensors else args

    expected = arguments_after(program.function)
    reverse = tangent.vjp(program.function, wrt=program.wrt)
    cotangent = seeded(program.result(), np.random.default_rng(5))
    forward = tangent.jvp(program.function, wrt=program.wrt)
    tangents = {
        f"d{name}": seeded(program.tensor(program.value(name)), np.random.default_rng(6))
        for name in program.wrt
    }
    for got in (
        arguments_after(reverse, **with_cotangent(reverse, program.function, cotangent)),
        arguments_after(forward, **tangents),
    ):
        np.testing.assert_equal(comparable(got), comparable(expected))


@each_program
def test_the_result_is_preserved_on_request(program: Program) -> None:
    derivative = tangent.vjp(program.function, wrt=program.wrt, preserve_result=True)
    result = program.result()
    seeds = with_cotangent(derivative, program.function, seeded(result, np.random.default_rng(7)))
    np.testing.assert_array_equal(flat(program.call(derivative, **seeds)[-1]), flat(result))


# --- text --------------------------------------------------------------------------------------


def _from_text(program: Program, **options: Any) -> tangent.Derivative:
    path = Path(inspect.getsourcefile(program.function) or "")
    return tangent.differentiate(
        path.read_text(encoding="utf-8"),
        program.function.__qualname__,
        wrt=program.wrt,
        path=str(path),
        **options,
    )


@pytest.mark.parametrize("mode", ["reverse", "forward"])
@each_function
def test_the_text_alone_gives_the_same_bytes(program: Program, mode: str) -> None:
    derivative = _from_text(program, mode=mode)
    assert derivative.ok, derivative.diagnostics
    live = tangent.grad(program.function, wrt=program.wrt, mode=mode)
    assert derivative.text == live.source
    assert derivative == live.derivative


@each_function
def test_the_text_is_python_with_a_source_map(program: Program) -> None:
    derivative = _from_text(program)
    names = [n.name for n in ast.parse(derivative.text).body if isinstance(n, ast.FunctionDef)]
    assert derivative.name in names
    generated = derivative.text.splitlines()
    assert derivative.links
    for link in derivative.links:
        primal = Path(link.path).read_text(encoding="utf-8").splitlines()
        assert link.generated
        for span, lines in [(link.primal, primal), *((g, generated) for g in link.generated)]:
            assert (span.line, span.column) < (span.end_line, span.end_column)
            assert span.end_column <= len(lines[span.end_line - 1])
            assert lines[span.line - 1][span.column].strip(), "a span starts at code"


@each_function
def test_a_second_time_gives_the_same_bytes(program: Program) -> None:
    first = tangent.grad(program.function, wrt=program.wrt)
    assert tangent.grad(program.function, wrt=program.wrt).source == first.source


def _digest() -> str:
    """A hash of all texts, in any process."""
    texts = [_from_text(param.values[0]).text for param in FUNCTIONS]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def test_texts_do_not_depend_on_the_hash_seed() -> None:
    script = "import test_programs; print(test_programs._digest())"
    path = os.pathsep.join([str(HERE), *(p for p in sys.path if p)])
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path}
        run = subprocess.run(
            [sys.executable, "-c", script],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert run.stdout.split()[-1] == _digest()


# --- right or refused ---------------------------------------------------------------------------


def _assert_positioned(error: tangent.DerivativeError, program: Program) -> None:
    path = inspect.getsourcefile(program.function)
    assert all(d.path == path and d.message for d in error.diagnostics)


@pytest.mark.parametrize("mode", ["reverse", "forward"])
@pytest.mark.parametrize("program", programs("corpus_traps"))
def test_a_trap_is_refused_or_its_derivative_is_right(program: Program, mode: str) -> None:
    result, rng = program.result(), np.random.default_rng(8)
    try:
        if mode == "reverse":
            derivative = tangent.vjp(program.function, wrt=program.wrt)
        else:
            derivative = tangent.jvp(program.function, wrt=program.wrt)
    except tangent.DerivativeError as error:
        _assert_positioned(error, program)
        return
    if mode == "reverse":
        cotangent = seeded(result, rng)
        seeds = with_cotangent(derivative, program.function, cotangent)
        expected = flat(cotangent) @ program.jacobian()
    else:
        tangents = [seeded(program.value(name), rng) for name in program.wrt]
        names = seed_names(derivative, program.function)
        seeds = dict(zip(names, tangents, strict=True))
        expected = program.jacobian() @ flat(tangents)
    try:
        found = program.call(derivative, **seeds)
    except ValueError as error:
        # What only the values can tell is refused when the derivative runs.
        if not str(error).startswith("cannot differentiate"):
            raise
        return
    program.assert_close(flat(found), expected)


# --- programs that are refused -----------------------------------------------------------------

REFUSED = importlib.import_module("corpus_refused").REFUSED


@pytest.mark.parametrize("mode", ["reverse", "forward"])
@pytest.mark.parametrize(
    ("text", "code", "marked"),
    [pytest.param(*r, id=r[0].split("(")[0].split()[-1]) for r in REFUSED],
)
def test_what_cannot_be_differentiated_is_refused_at_its_place(
    text: str, code: str, marked: str, mode: str
) -> None:
    name = next(
        node.name
        for node in reversed(ast.parse(text).body)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    )
    derivative = tangent.differentiate(text, name, mode=mode, path="refused.py")
    errors = [d for d in derivative.diagnostics if d.severity == "error"]
    assert errors, f"no error, but the text:\n{derivative.text}"
    assert derivative.text == ""
    lines = text.splitlines()
    places = [i for i, line in enumerate(lines, start=1) if marked in line]
    assert errors[0].line in places, f"{errors[0].render()}\nexpected the line of: {marked}"
    assert code in errors[0].code
    assert errors[0].path == "refused.py"
    assert errors[0].message


@pytest.mark.parametrize(
    ("text", "code", "marked"),
    [pytest.param(*r, id=r[0].split("(")[0].split()[-1]) for r in REFUSED],
)
def test_what_cannot_be_differentiated_raises_in_a_program(
    text: str, code: str, marked: str, tmp_path: Path
) -> None:
    path = tmp_path / "refused.py"
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("refused", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    name = [
        n.name
        for n in ast.parse(text).body
        if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))
    ][-1]
    with pytest.raises(tangent.DerivativeError) as error:
        tangent.grad(getattr(module, name))
    assert code in error.value.diagnostics[0].code
    assert marked.strip() in str(error.value)
