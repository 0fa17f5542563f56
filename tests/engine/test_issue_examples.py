"""What the pages of Tangent and a well-known notebook on automatic differentiation show."""

from __future__ import annotations

import importlib.util
import math
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tangent
from tangent import insert_grad_of
from tangent.grads import adjoint
from tangent.tangents import tangent_

# --- scalars -----------------------------------------------------------------------------------


def f(x):
    a = x * x
    b = x * a
    c = a + b
    return c


def test_the_first_example() -> None:
    assert tangent.grad(f)(33) == 3333
    forward = tangent.autodiff(f, mode="forward")
    assert [forward(33, dx=d) for d in (1, 2, -1)] == [3333, 6666, -3333]


def test_the_first_example_is_as_short_as_by_hand() -> None:
    lines = [line.strip() for line in tangent.grad(f).source.splitlines()]
    code = [line for line in lines if line and not line.startswith(("#", '"""'))]
    # def, a, the five adjoint lines of a person, return
    assert len(code) <= 8, tangent.grad(f).source
    assert code[0].startswith("def dfdx(x, b")
    assert "# Grad of: c = a + b" in lines


def polynomial(x, y):
    return x * x * y + y + 2


def test_gradients_and_hessian_of_the_notebook() -> None:
    assert tangent.grad(polynomial, wrt=(0, 1))(3.0, 4.0) == (24.0, 10.0)
    assert tangent.grad(polynomial, wrt="x")(3.0, 4.0) == 24.0
    assert tangent.grad(polynomial, wrt=1)(3.0, 4.0) == 10.0
    hessian = tangent.hessian(polynomial, wrt=("x", "y"))(3.0, 4.0)
    assert [[float(entry) for entry in row] for row in hessian] == [[8.0, 6.0], [6.0, 0.0]]


def test_higher_derivatives_of_the_notebook() -> None:
    first = tangent.grad(polynomial)
    second = tangent.grad(first)
    third = tangent.grad(second, wrt="y")
    assert (first(3.0, 4.0), second(3.0, 4.0), third(3.0, 4.0)) == (24.0, 8.0, 2.0)


def sine_of_square(x):
    return np.sin(x**2)


def test_sine_of_square() -> None:
    expected = 6.0 * math.cos(9.0)
    assert expected == pytest.approx(-5.46, abs=0.01)
    assert tangent.grad(sine_of_square)(3.0) == pytest.approx(expected)
    assert tangent.autodiff(sine_of_square, mode="forward")(3.0, dx=1.0) == pytest.approx(expected)


def test_check_grads_says_how_far_off() -> None:
    report = tangent.check_grads(sine_of_square, (3.0,))
    assert report.ok
    assert "sine_of_square" in str(report)
    assert "off by" in str(report)


# --- subroutines, branches, loops ----------------------------------------------------------------


def product(a, b):
    return a * b


def subroutine(x):
    y = product(x, x)
    return product(y, x)


def branching(x):
    if x > 0:
        return x * x
    return -x


def overwriting_loop(x, n):
    for _ in range(n):
        x = x * x
    return x


def doubling(x):
    y = x
    while y < 100.0:
        y = y * 2.0
    return y * x


@pytest.mark.parametrize(
    ("function", "args", "expected"),
    [
        (subroutine, (3.0,), 27.0),
        (branching, (3.0,), 6.0),
        (branching, (-3.0,), -1.0),
        (overwriting_loop, (1.5, 3), 8 * 1.5**7),
        (overwriting_loop, (1.5, 0), 1.0),
        (doubling, (3.0,), 2 * 3.0 * 64.0),
    ],
)
def test_subroutines_and_control_flow(
    function: Callable[..., Any], args: tuple[Any, ...], expected: float
) -> None:
    assert tangent.grad(function)(*args) == pytest.approx(expected)
    assert tangent.autodiff(function, mode="forward")(*args, dx=1.0) == pytest.approx(expected)


# --- rules of the user ---------------------------------------------------------------------------


def cube(x):
    return x * x * x


@adjoint(cube)
def dcube(result, x):
    d[x] = d[result] * 3 * x * x  # noqa: F821


@tangent_(cube)
def tcube(result, x):
    d[result] = d[x] * 3 * x * x  # noqa: F821


def uses_cube(val):
    cubed_val = cube(val)
    return cubed_val


def test_a_rule_of_the_user_is_inlined() -> None:
    derivative = tangent.grad(uses_cube)
    assert derivative(2.0) == 12.0
    assert re.search(
        r"= bcubed_val \* 3 \* \(?val \* val\)?$|= bcubed_val \* 3 \* val \*\* 2$",
        derivative.source,
        re.MULTILINE,
    ), derivative.source
    code = [line for line in derivative.source.splitlines() if not line.lstrip().startswith("#")]
    assert not any(re.search(r"\bcube\(", line) for line in code), derivative.source


def test_a_rule_of_the_user_for_forward_mode_is_inlined() -> None:
    derivative = tangent.autodiff(uses_cube, mode="forward")
    assert derivative(2.0, dval=1.0) == 12.0
    assert "dval * 3 * " in derivative.source


def wrong_cube(x):
    return x * x * x


@adjoint(wrong_cube)
def dwrong_cube(result, x):
    d[x] = d[result] * 1000.0  # noqa: F821


def uses_wrong_cube(x):
    return wrong_cube(x) * 2.0


def test_a_rule_of_the_user_is_taken_at_its_word() -> None:
    assert tangent.grad(uses_wrong_cube)(2.0) == 2000.0


# --- the backward pass, edited -------------------------------------------------------------------


def printed_before(x):
    with insert_grad_of(x) as dx:
        print("gradient of x:", dx)
    a = x * x
    return a * 3.0


def printed_after(x):
    a = x * x
    with insert_grad_of(a) as da:
        print("gradient of a:", da)
    return a * 3.0


def test_insert_grad_of_before_and_after(capsys: pytest.CaptureFixture[str]) -> None:
    gradient = tangent.grad(printed_before)
    assert "print('gradient of x:', bx)" in gradient.source.replace('"', "'")
    assert gradient(2.0) == 12.0
    assert capsys.readouterr().out == "gradient of x: 12.0\n"
    assert tangent.grad(printed_after)(2.0) == 12.0
    assert capsys.readouterr().out == "gradient of a: 3.0\n"


@tangent.tangent
def primal_alone(x):
    with insert_grad_of(x) as dx:
        print("never in the primal", dx)
    return x * x


def test_the_primal_runs_without_the_inserted_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert primal_alone(3.0) == 9.0
    assert capsys.readouterr().out == ""
    assert tangent.grad(primal_alone)(3.0) == 6.0
    assert capsys.readouterr().out == "never in the primal 6.0\n"


def changed(x):
    a = x * x
    with insert_grad_of(a) as da:
        da = da * 10.0
    return a * 3.0


def test_what_is_assigned_in_the_block_is_the_adjoint_from_there_on() -> None:
    assert tangent.grad(changed)(2.0) == 120.0


def recurrent(w, xs):
    h = np.zeros(2)
    for t in range(3):
        with insert_grad_of(h) as g:
            g = np.clip(g, -0.1, 0.1)
        h = np.tanh(np.dot(w, h) + xs[t])
    return np.sum(h * 5.0)


def test_the_adjoint_of_a_recurrent_state_is_clipped() -> None:
    rng = np.random.default_rng(0)
    w, xs = rng.normal(size=(2, 2)), rng.normal(size=(3, 2))
    states = [np.zeros(2)]
    for t in range(3):
        states.append(np.tanh(w @ states[-1] + xs[t]))
    expected, bh = np.zeros_like(w), np.full(2, 5.0)
    for t in reversed(range(3)):
        pre = bh * (1.0 - states[t + 1] ** 2)
        expected += np.outer(pre, states[t])
        bh = np.clip(w.T @ pre, -0.1, 0.1)
    np.testing.assert_allclose(tangent.grad(recurrent)(w, xs), expected)


def stopped(x):
    weight = tangent.stop_gradient(x * x)
    return weight * x


def test_no_derivative_passes_a_stop() -> None:
    assert tangent.grad(stopped)(3.0) == 9.0
    assert tangent.autodiff(stopped, mode="forward")(3.0, dx=1.0) == 9.0


# --- TensorFlow ----------------------------------------------------------------------------------

tensorflow_programs = pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None,
    reason="TensorFlow is not installed (extra 'tensorflow')",
)

TENSORFLOW = """
import tensorflow as tf
from tangent import insert_grad_of

def matrices(W, x):
    h1 = tf.matmul(x, W)
    h2 = tf.tanh(h1)
    return tf.reduce_sum(h2)

def layer(W, x):
    return tf.tanh(tf.matmul(x, W))

def power(x):
    a = x * x * x
    b = a * x ** 2.0
    return tf.reduce_sum(b)

def recurrent(w, u, xs):
    h = tf.zeros_like(u)
    for t in range(3):
        with insert_grad_of(h) as g:
            g = tf.clip_by_value(g, -1, 1)
        h = tf.tanh(tf.linalg.matvec(w, h) + u * xs[t])
    return 100.0 * tf.reduce_sum(h)
"""


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("programs") / "tensorflow_programs.py"
    path.write_text(TENSORFLOW, encoding="utf-8")
    return load(path)


def load(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


@tensorflow_programs
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_matrices_equal_gradient_tape(programs: Any, dtype: str) -> None:
    import tensorflow as tf

    rng = np.random.default_rng(0)
    w = tf.constant(rng.normal(size=(100, 10)), dtype=dtype)
    x = tf.constant(rng.normal(size=(10, 100)), dtype=dtype)
    with tf.GradientTape() as tape:
        tape.watch([w, x])
        y = programs.matrices(w, x)
    expected = tape.gradient(y, [w, x])
    for derivative in (
        tangent.grad(programs.matrices, wrt=(0, 1)),
        tf.function(tangent.grad(programs.matrices, wrt=(0, 1))),
    ):
        got = derivative(w, x)
        assert got[0].shape == (100, 10)
        for one, other in zip(got, expected, strict=True):
            assert one.dtype == other.dtype
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


@tensorflow_programs
def test_a_result_that_is_a_matrix_takes_a_cotangent(programs: Any) -> None:
    import tensorflow as tf

    rng = np.random.default_rng(0)
    w, x = tf.constant(rng.normal(size=(4, 3))), tf.constant(rng.normal(size=(2, 4)))
    c = tf.constant(rng.normal(size=(2, 3)))
    with tf.GradientTape() as tape:
        tape.watch(w)
        y = programs.layer(w, x)
    got = tangent.vjp(programs.layer)(w, x, c)
    np.testing.assert_allclose(got, tape.gradient(y, w, c), rtol=1e-10)
    with pytest.raises(ValueError, match="shape"):
        tangent.grad(programs.layer)(w, x)


@tensorflow_programs
def test_a_hessian_vector_product_by_forward_over_reverse(programs: Any) -> None:
    import tensorflow as tf

    x = tf.constant([1.0, 2.0, 3.0], dtype=tf.float64)
    v = tf.constant([1.0, -1.0, 0.5], dtype=tf.float64)
    product = tangent.autodiff(tangent.autodiff(programs.power, mode="reverse"), mode="forward")
    got = product(x, 1.0, dx=v)
    np.testing.assert_allclose(got, 20.0 * x**3 * v)
    np.testing.assert_allclose(tangent.hvp(programs.power)(x, dx=v), 20.0 * x**3 * v)


@tensorflow_programs
def test_the_adjoint_of_a_recurrent_state_is_clipped_in_tensorflow(programs: Any) -> None:
    import tensorflow as tf

    rng = np.random.default_rng(0)
    w, u, xs = rng.normal(size=(2, 2)), rng.normal(size=2), rng.normal(size=(3, 2))
    states = [np.zeros(2)]
    for t in range(3):
        states.append(np.tanh(w @ states[-1] + u * xs[t]))
    bw, bu, bh = np.zeros_like(w), np.zeros_like(u), np.full(2, 100.0)
    for t in reversed(range(3)):
        pre = bh * (1.0 - states[t + 1] ** 2)
        bw, bu = bw + np.outer(pre, states[t]), bu + pre * xs[t]
        bh = np.clip(w.T @ pre, -1.0, 1.0)
    got = tangent.grad(programs.recurrent, wrt=("w", "u"))(*map(tf.constant, (w, u, xs)))
    np.testing.assert_allclose(got[0], bw)
    np.testing.assert_allclose(got[1], bu)


# --- text ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "top", ["raise SystemExit", "open('executed', 'w').write('executed')", "import no_such_module"]
)
def test_nothing_of_the_text_is_executed(
    top: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = f"import numpy as np\n{top}\n\ndef f(x):\n    return np.sum(x * x)\n"
    derivative = tangent.differentiate(text, "f", path="model.py")
    assert derivative.diagnostics == ()
    assert "def dfdx(x, b" in derivative.text
    assert list(tmp_path.iterdir()) == []


def test_the_derivative_of_a_program_and_of_its_text_are_the_same_object() -> None:
    live = tangent.grad(polynomial, wrt=("x", "y"))
    text = Path(__file__).read_text(encoding="utf-8")
    static = tangent.differentiate(text, "polynomial", wrt=(0, 1), path=__file__)
    assert static == live.derivative
    assert static.text == live.source


def test_a_derivative_is_a_normal_function() -> None:
    import inspect

    derivative = tangent.grad(f)
    assert derivative.__name__ == "dfdx"
    assert inspect.getsource(derivative) in derivative.source
    assert derivative.derivative.wrt == ("x",)
