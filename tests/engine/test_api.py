"""The public functions: what they return, how they fail, what their results look like."""

import inspect
import linecache
import math
import subprocess
import sys
import textwrap
import traceback
import types

import numpy as np
import pytest

import tangent
from tangent import INPUT_DERIVATIVE, DerivativeError, insert_grad_of
from tangent.grads import adjoint
from tangent.rules import user
from tangent.tangents import tangent_


def f(x):
    a = x * x
    b = x * a
    c = a + b
    return c


def polynomial(x, y):
    return x * x * y + y + 2


def sine_of_square(x):
    return np.sin(x**2)


# --- the values of the well-known pages ------------------------------------------------------


def test_gradient_of_f():
    assert tangent.grad(f)(33) == 3333
    assert tangent.grad(f)(33.0) == 3333.0


@pytest.mark.parametrize(("seed", "expected"), [(1, 3333), (2, 6666), (-1, -3333)])
def test_forward_derivative_of_f(seed, expected):
    assert tangent.autodiff(f, mode="forward")(33, dx=seed) == expected
    assert tangent.jvp(f)(33.0, dx=seed) == expected


def test_text_of_f_is_short():
    source = tangent.grad(f).source
    code = [line for line in source.splitlines() if line.strip() and "#" not in line]
    assert len(code) <= 8, source


def test_gradient_of_a_polynomial():
    assert tangent.grad(polynomial, wrt=(0, 1))(3.0, 4.0) == (24.0, 10.0)
    assert tangent.grad(polynomial, wrt="y")(3.0, 4.0) == 10.0
    assert tangent.grad(polynomial, wrt=("y", 0))(3.0, 4.0) == (10.0, 24.0)


def test_hessian_of_a_polynomial():
    assert tangent.hessian(polynomial, wrt=("x", "y"))(3.0, 4.0) == ((8.0, 6.0), (6.0, 0.0))
    assert tangent.hessian(polynomial)(3.0, 4.0) == 8.0


def test_sine_of_square():
    assert tangent.grad(sine_of_square)(3.0) == pytest.approx(6 * math.cos(9.0))
    assert tangent.grad(sine_of_square)(3.0) == pytest.approx(-5.46, abs=0.01)


# --- what a derivative is --------------------------------------------------------------------


def test_derivative_is_a_normal_function():
    df = tangent.grad(f)
    assert isinstance(df, types.FunctionType)
    assert df.__name__ == "dfdx"
    assert "dfdx" in repr(df)
    assert df.__module__ == __name__
    assert df.source == df.derivative.text == inspect.getsource(df)
    assert df.derivative.wrt == ("x",)
    assert "".join(linecache.getlines(df.__code__.co_filename)) == df.source


def test_same_text_from_the_file():
    with open(__file__) as file:
        text = file.read()
    assert tangent.differentiate(text, "f", path=__file__).text == tangent.grad(f).source


def test_derivative_of_a_derivative():
    assert tangent.grad(tangent.grad(f))(3.0) == pytest.approx(2 + 6 * 3.0)
    assert tangent.grad(tangent.grad(tangent.grad(f)))(3.0) == pytest.approx(6.0)


def test_hessian_vector_product():
    def energy(x):
        return np.sum(x * x * x)

    x, v = np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.5, -1.0])
    product = tangent.hvp(energy)
    np.testing.assert_allclose(product(x, dx=v), 6.0 * x * v)
    assert isinstance(product, types.FunctionType)


def test_traceback_shows_the_generated_line():
    df = tangent.grad(sine_of_square)
    with pytest.raises(TypeError) as info:
        df("no number")
    frame = traceback.extract_tb(info.tb)[-1]
    assert frame.filename == df.__code__.co_filename
    assert frame.line
    assert frame.line in df.source


def test_default_values_are_kept():
    def scaled(x, factor=3.0):
        return factor * x

    df = tangent.grad(scaled)
    assert df(1.0) == 3.0
    assert df(1.0, factor=5.0) == 5.0


def test_closure_variables_are_live():
    factor = 2.0

    def scaled(x):
        return factor * x

    df = tangent.grad(scaled)
    assert df(1.0) == 2.0
    factor = 4.0
    assert df(1.0) == 4.0


def test_methods_are_bound():
    class Line:
        def __init__(self, slope):
            self.slope = slope

        def at(self, x):
            return self.slope * x

        def __call__(self, x):
            return self.slope * x * x

    line = Line(2.5)
    assert tangent.grad(line.at)(1.0) == 2.5
    assert tangent.grad(line)(2.0) == 10.0
    assert tangent.grad(Line.at, wrt="x")(line, 1.0) == 2.5


def test_lambda():
    square = lambda x: x * x  # noqa: E731
    assert tangent.grad(square)(3.0) == 6.0


# --- options ---------------------------------------------------------------------------------


def test_vjp_and_jvp_require_their_seeds():
    with pytest.raises(TypeError, match="missing"):
        tangent.vjp(f)(1.0)
    with pytest.raises(TypeError, match="missing"):
        tangent.jvp(f)(1.0)
    assert tangent.vjp(f)(33.0, 2.0) == 6666.0


def test_input_derivative_can_be_given_a_default():
    assert tangent.vjp(f, input_derivative=INPUT_DERIVATIVE.DefaultOne)(33.0) == 3333.0

    def double(x):
        return 2.0 * x

    df = tangent.autodiff(double, input_derivative=INPUT_DERIVATIVE.DefaultOnes)
    np.testing.assert_array_equal(df(np.zeros(3)), [2.0, 2.0, 2.0])


def test_preserve_result():
    assert tangent.grad(f, preserve_result=True)(3.0) == (33.0, 36.0)


def test_value_and_grad():
    assert tangent.value_and_grad(f)(3.0) == (36.0, 33.0)
    value, (gx, gy) = tangent.value_and_grad(polynomial, wrt=(0, 1))(3.0, 4.0)
    assert (value, gx, gy) == (42.0, 24.0, 10.0)
    assert "def " in tangent.value_and_grad(f).source


@pytest.mark.parametrize("motion", ["joint", "split"])
@pytest.mark.parametrize("optimized", [True, False])
def test_motion_and_optimized_change_no_value(motion, optimized):
    assert tangent.grad(f, motion=motion, optimized=optimized)(33.0) == 3333.0


def test_verbose_prints_the_text(capsys):
    df = tangent.grad(f, verbose=1)
    assert capsys.readouterr().out.strip() == df.source.strip()


def test_jacobian_both_ways():
    matrix = np.arange(6.0).reshape(2, 3)

    def product(x):
        return np.dot(matrix, x)

    for mode in ("reverse", "forward"):
        np.testing.assert_array_equal(tangent.jacobian(product, mode=mode)(np.ones(3)), matrix)


def test_hessian_of_an_array():
    def energy(x):
        return np.sum(x * x * x)

    x = np.array([1.0, 2.0])
    np.testing.assert_allclose(tangent.hessian(energy)(x), np.diag(6.0 * x))


@pytest.mark.parametrize(
    ("wrt", "error", "message"),
    [
        (-1, ValueError, "from 0"),
        ((), ValueError, "empty"),
        (True, TypeError, "index or a name"),
        (1.0, TypeError, "index or a name"),
        (7, DerivativeError, ""),
        ("nope", DerivativeError, "nope"),
    ],
)
def test_wrong_wrt(wrt, error, message):
    with pytest.raises(error, match=message):
        tangent.grad(f, wrt=wrt)


def test_wrong_mode():
    with pytest.raises((ValueError, DerivativeError), match="mode"):
        tangent.autodiff(f, mode="sideways")  # type: ignore[arg-type]


@pytest.mark.parametrize("func", [len, np.sin, int])
def test_no_python_source(func):
    with pytest.raises((TypeError, DerivativeError), match="source"):
        tangent.grad(func)


def test_no_function():
    with pytest.raises(TypeError, match="no function"):
        tangent.grad(3)  # type: ignore[arg-type]


def test_error_shows_the_line_with_a_caret():
    def uses(x):
        y = unknown_function(x)  # noqa: F821
        return y

    with pytest.raises(DerivativeError) as info:
        tangent.grad(uses)
    (diagnostic,) = info.value.diagnostics
    assert diagnostic.path == __file__
    lines = str(info.value).splitlines()
    assert lines[0].startswith(f"{__file__}:{diagnostic.line}:")
    assert lines[1].strip().startswith("y = unknown_function(x)")
    assert set(lines[2].strip()) == {"^"}


def test_functions_of_an_interactive_session_without_text_are_refused():
    scope = {}
    exec("def g(x):\n    return x\n", scope)
    with pytest.raises(DerivativeError, match="source"):
        tangent.grad(scope["g"])


# --- inside primals --------------------------------------------------------------------------

seen = []


def watched(x):
    with insert_grad_of(x) as dx:
        seen.append(dx)
    return 3.0 * x


@tangent.tangent
def watched_decorated(x, start=0.0):
    """Docstring."""
    y = start + 3.0 * x
    with insert_grad_of(y) as by:
        seen.append(by)
        by = by * 10.0
    return y


def test_insert_grad_of_runs_with_zeros_in_the_primal():
    seen.clear()
    assert watched(2.0) == 6.0
    np.testing.assert_array_equal(seen, [0.0])
    with insert_grad_of(np.ones((2, 3))) as g:
        np.testing.assert_array_equal(g, np.zeros((2, 3)))
    with insert_grad_of("no number") as g:
        assert g is None


def test_insert_grad_of_sees_the_adjoint():
    seen.clear()
    assert tangent.grad(watched)(2.0) == 3.0
    assert seen == [3.0]


def test_tangent_decorator_skips_the_blocks():
    seen.clear()
    assert watched_decorated(2.0) == 6.0
    assert seen == []
    assert watched_decorated.__name__ == "watched_decorated"
    assert watched_decorated.__doc__ == "Docstring."
    assert watched_decorated.__code__.co_filename == __file__
    assert watched_decorated.__defaults__ == (0.0,)


def test_gradient_of_a_decorated_function_has_the_blocks():
    seen.clear()
    assert tangent.grad(watched_decorated)(2.0) == 30.0
    assert seen == [1.0]


def test_tangent_decorator_keeps_lines_in_tracebacks():
    @tangent.tangent
    def fails(x):
        with insert_grad_of(x) as dx:
            print(dx)
        return x / 0.0

    with pytest.raises(ZeroDivisionError) as info:
        fails(1.0)
    assert traceback.extract_tb(info.tb)[-1].line == "return x / 0.0"


def test_tangent_decorator_refuses_a_shared_with():
    def mixed(x):
        with insert_grad_of(x) as dx, np.errstate():
            print(dx)
        return x

    with pytest.raises(TypeError, match="with statement of its own"):
        tangent.tangent(mixed)


def test_stop_gradient():
    def partly(x):
        return x * tangent.stop_gradient(x)

    assert partly(3.0) == 9.0
    assert tangent.grad(partly)(3.0) == 3.0


# --- the user's own rules --------------------------------------------------------------------


def cube(x):
    return x * x * x


@adjoint(cube)
def dcube(result, x):
    d[x] = d[result] * 3 * x * x  # noqa: F821


@tangent_(cube)
def tcube(result, x):
    d[result] = d[x] * 300 * x * x  # noqa: F821


def uses_cube(val):
    cubed_val = cube(val)
    return cubed_val


def test_adjoint_is_inlined():
    df = tangent.grad(uses_cube)
    assert df(2.0) == 12.0
    assert "cubed_val" in df.source
    assert "dcube(" not in df.source
    assert "3 * " in df.source


def test_tangent_rule_is_used_in_forward_mode():
    assert tangent.jvp(uses_cube)(2.0, dval=1.0) == 1200.0


def test_rules_are_found_in_the_text():
    with open(__file__) as file:
        text = file.read()
    for mode, made in (("reverse", tangent.grad), ("forward", tangent.jvp)):
        derivative = made(uses_cube).derivative
        seed = "one" if mode == "reverse" else "required"
        found = tangent.differentiate(
            text, "uses_cube", path=__file__, mode=mode, input_derivative=INPUT_DERIVATIVE(seed)
        )
        assert found.text == derivative.text


def test_adjoint_belongs_to_a_function():
    with pytest.raises(TypeError, match="belongs to a function"):
        adjoint(3)  # type: ignore[arg-type]


def test_a_rule_with_other_parameters_is_an_error_at_its_definition():
    with pytest.raises(TypeError, match=r"dsquare is no rule for square: .*\(z\).*\(x\)"):

        @adjoint(square)
        def dsquare(result, z):
            d[z] = d[result] * z  # noqa: F821

    with pytest.raises(TypeError, match="needs the result of square"):

        @adjoint(square)
        def nothing():
            pass


def square(x):
    return x * x


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("@adjoint(g)\ndef dg(y, z):\n    d[z] = d[y] * z", "parameter `z`"),
        ("@adjoint(g)\ndef dg(y, x):\n    d[w] = d[y] * x", "assigns to `d[w]`, not to `d[x]`"),
        ("@tangent_(g)\ndef dg(y, x):\n    d[x] = d[y] * x", "not to `d[y]`"),
        ("@tangent_(g)\ndef dg(y, x):\n    pass", "consists of assignments"),
    ],
)
def test_a_wrong_rule_in_the_text_is_told_at_its_place(rule: str, message: str):
    text = (
        "from tangent.grads import adjoint\nfrom tangent.tangents import tangent_\n\n"
        f"def g(x):\n    return x * x\n\n{rule}\n\ndef f(x):\n    return g(x)\n"
    )
    mode = "forward" if "tangent_" in rule else "reverse"
    derivative = tangent.differentiate(text, "f", mode=mode)
    assert [d.code for d in derivative.diagnostics] == ["rule"]
    assert message in derivative.diagnostics[0].message
    assert derivative.diagnostics[0].line >= 7


def uses_tanh(x):
    return np.tanh(x)


def uses_kron(a):
    return np.kron(a, 2.0)


def test_rules_for_functions_of_libraries_are_found_by_object_and_by_name():
    def other_tanh(y, x):
        d[x] = d[y] * 10.0 * x  # noqa: F821

    def other_kron(y, a, b):
        d[a] = 7.0 * d[y]  # noqa: F821

    try:
        adjoint(np.tanh)(other_tanh)
        adjoint(np.kron)(other_kron)
        assert tangent.grad(uses_tanh)(0.5) == 5.0
        assert tangent.grad(uses_kron)(0.5) == 7.0
    finally:
        user.forget(np.tanh)
        user.forget(np.kron)


# --- checking --------------------------------------------------------------------------------


def test_check_passes_and_says_how_close():
    report = tangent.check_grads(polynomial, (3.0, 4.0))
    assert report
    assert {c.argument for c in report.comparisons} == {"x", "y"}
    assert "off by" in str(report)
    assert max(c.error for c in report.comparisons) < 1e-6


def test_check_of_arrays_says_where():
    def energy(x, n):
        return np.sum(x**3) * n

    report = tangent.check_grads(energy, (np.array([[1.0, 2.0], [3.0, 4.0]]), 2))
    assert {c.argument for c in report.comparisons} == {"x"}
    assert all(c.place.startswith("[") for c in report.comparisons)


def wrong(x):
    return x * x


@adjoint(wrong)
def dwrong(result, x):
    d[x] = d[result] * 2.5 * x  # noqa: F821


def uses_wrong(x):
    y = wrong(x)
    return y


def test_check_finds_a_wrong_rule():
    with pytest.raises(tangent.GradientMismatch) as info:
        tangent.check_grads(uses_wrong, (2.0,), mode="reverse")
    assert isinstance(info.value, AssertionError)
    (comparison,) = info.value.report.comparisons
    assert comparison.derivative == pytest.approx(5.0)
    assert comparison.expected == pytest.approx(4.0)
    assert comparison.error == pytest.approx(1.0)
    report = tangent.check_grads(uses_wrong, (2.0,), mode="reverse", raise_on_error=False)
    assert not report.ok


def test_dot_product_test_finds_modes_that_disagree():
    report = tangent.check_grads(uses_wrong, (2.0,), raise_on_error=False)
    bad = {c.what for c in report.comparisons if not c.ok}
    assert "forward against reverse" in bad


def test_check_refuses_what_it_cannot_judge():
    with pytest.raises(TypeError, match=r"3\.0 instead of 3"):
        tangent.check_grads(f, (3,))
    with pytest.raises(ValueError, match="not finite"):
        tangent.check_grads(f, (math.inf,))
    rng = np.random.default_rng()

    def noisy(x):
        return x * rng.normal()

    with pytest.raises((ValueError, DerivativeError)):
        tangent.check_grads(noisy, (1.0,))


def test_check_leaves_the_arguments_alone():
    def clears(x):
        total = np.sum(x * x)
        x[0] = 0.0
        return total

    x = np.ones(3)
    tangent.check_grads(clears, (x,), raise_on_error=False)
    np.testing.assert_array_equal(x, np.ones(3))


# --- TensorFlow ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tf():
    return pytest.importorskip("tensorflow", reason="TensorFlow is not installed")


def test_tensorflow_gradient_equals_the_tapes(tf):
    def model(W, x):
        return tf.reduce_sum(tf.tanh(tf.matmul(x, W)))

    W, x = tf.random.normal((100, 10)), tf.random.normal((10, 100))
    gradient = tangent.grad(model)(W, x)
    with tf.GradientTape() as tape:
        tape.watch(W)
        value = model(W, x)
    assert gradient.shape == (100, 10)
    np.testing.assert_allclose(gradient, tape.gradient(value, W), rtol=1e-4, atol=1e-6)


def test_tensorflow_hessian_vector_product(tf):
    def energy(x):
        a = x * x * x
        b = a * x**2.0
        return tf.reduce_sum(b)

    x, v = tf.random.normal((5,)), tf.random.normal((5,))
    product = tangent.autodiff(tangent.autodiff(energy, mode="reverse"), mode="forward")
    np.testing.assert_allclose(product(x, 1.0, dx=v), 20.0 * x**3 * v, rtol=1e-4)


def test_tensorflow_check(tf):
    def energy(x):
        return tf.reduce_sum(tf.tanh(x) * x)

    assert tangent.check_grads(energy, (tf.constant([0.5, 1.0, -0.3]),))


# --- scripts ---------------------------------------------------------------------------------


def test_works_in_a_script(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(
            """\
            import tangent

            def f(x):
                return x * x

            print(tangent.grad(f)(3.0))
            """
        )
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("6.0\n", 0), done.stderr
