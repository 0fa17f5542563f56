"""The functions that derivative code calls."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tangent
from tangent import runtime
from tangent.runtime import (
    accumulate,
    add_at,
    check_numbers,
    check_seed,
    check_shapes,
    check_tangent_seed,
    expand,
    snapshot,
    take_out,
    unbroadcast,
    zeros_like,
)

Point = namedtuple("Point", "x y")


def test_every_listed_function_exists():
    for name in runtime.__all__:
        assert callable(getattr(runtime, name)), name
    with pytest.raises(AttributeError):
        _ = runtime.no_such_function


# --- unbroadcast, expand -------------------------------------------------------------------


@given(st.data())
def test_unbroadcast_is_the_adjoint_of_broadcasting(data: st.DataObject):
    full = tuple(data.draw(st.lists(st.integers(0, 3), max_size=4)))
    rank = data.draw(st.integers(0, len(full)))
    shape = tuple(data.draw(st.sampled_from([1, n])) for n in full[len(full) - rank :])
    rng = np.random.default_rng(0)
    c, v = rng.normal(size=full), rng.normal(size=shape)
    got = unbroadcast(c, v)
    assert np.shape(got) == shape
    np.testing.assert_allclose(np.sum(got * v), np.sum(c * np.broadcast_to(v, full)))


@given(st.data())
def test_unbroadcast_repeats_a_smaller_cotangent(data: st.DataObject):
    shape = tuple(data.draw(st.lists(st.integers(0, 3), max_size=4)))
    rank = data.draw(st.integers(0, len(shape)))
    own = tuple(data.draw(st.sampled_from([1, n])) for n in shape[len(shape) - rank :])
    c = np.random.default_rng(0).normal(size=own)
    x = np.zeros(shape)
    for function in (unbroadcast, expand):
        np.testing.assert_array_equal(function(c, x), np.broadcast_to(c, shape))


def test_a_repeated_cotangent_is_a_new_writable_array():
    c, x = np.ones(3), np.zeros((2, 3))
    for function in (unbroadcast, expand):
        result = function(c, x)
        result[0, 0] = 7.0
        assert c[0] == 1.0 and result[1, 0] == 1.0
    same = expand(x, np.ones((2, 3)))
    assert same is not x and not np.shares_memory(same, x)


def test_unbroadcast_keeps_numbers_numbers():
    assert type(unbroadcast(2.0, 3.0)) is float
    assert np.ndim(unbroadcast(np.ones(3), 3.0)) == 0 and unbroadcast(np.ones(3), 3.0) == 3.0
    assert not isinstance(unbroadcast(np.ones((2, 3)), 1.0), np.ndarray)
    assert unbroadcast(np.ones((2, 3)), 4) == 6.0


def test_unbroadcast_of_lists_is_by_element():
    got = unbroadcast(2.0, [1.0, np.zeros(1)][:1] * 3)
    assert got == [2.0, 2.0, 2.0]
    a, b = unbroadcast([np.ones((2, 3)), 5.0], (np.zeros(3), 1.0))
    np.testing.assert_array_equal(a, [2.0, 2.0, 2.0])
    assert b == 5.0
    np.testing.assert_array_equal(unbroadcast({"w": np.ones(3)}, {"w": 0.0})["w"], 3.0)


@pytest.mark.parametrize("function", [unbroadcast, expand])
def test_shapes_that_do_not_broadcast_are_refused(function: Any):
    with pytest.raises(ValueError, match=r"\(2,\).*\(3,\)"):
        function(np.ones(2), np.ones(3))


# --- zeros_like, snapshot, accumulate ------------------------------------------------------


@pytest.mark.parametrize("x", [3.0, 3, True, np.int64(3)])
def test_the_zero_of_a_number_is_a_float(x: Any):
    assert zeros_like(x) == 0.0 and type(zeros_like(x)) is float


def test_the_zero_of_an_array_has_its_shape_and_a_floating_dtype():
    for dtype, expected in (("f4", "f4"), ("f8", "f8"), ("i8", "f8"), ("?", "f8"), ("c16", "c16")):
        zero = zeros_like(np.ones((2, 3), dtype))
        assert zero.shape == (2, 3) and zero.dtype == expected and not zero.any()
    assert type(zeros_like(np.float32(2.0))) is np.float32


def test_the_zero_of_a_container_is_a_container_of_zeros():
    zero = zeros_like({"w": [np.ones(2), 3], "p": Point(1.0, 2), "name": "model", "extra": None})
    assert list(zero) == ["w", "p", "name", "extra"]
    np.testing.assert_array_equal(zero["w"][0], [0.0, 0.0])
    assert zero["w"][1] == 0.0 and zero["p"] == Point(0.0, 0.0)
    assert zero["name"] is None and zero["extra"] is None


@pytest.mark.parametrize("x", ["text", None])
def test_text_and_none_have_a_zero_that_no_arithmetic_takes(x: Any):
    assert zeros_like(x) is None


@pytest.mark.parametrize("x", [object(), np.array(["a"])])
def test_values_without_derivative_have_no_zero(x: Any):
    with pytest.raises(TypeError, match="carries no derivative"):
        zeros_like(x)


def test_a_snapshot_does_not_see_later_changes():
    x, inner = np.ones(3), np.zeros(2)
    mixed = [inner, 1.0, [2.0]]
    copy, copies = snapshot(x), snapshot(mixed)
    x[0] = inner[0] = 5.0
    mixed[2].append(3.0)
    assert copy[0] == 1.0 and copies[0][0] == 0.0 and copies[2] == [2.0]
    text = "immutable"
    assert snapshot(text) is text and snapshot(2.5) == 2.5


def test_accumulate_adds_containers_by_element():
    assert accumulate([1.0, (2.0, None)], [10.0, (20.0, None)]) == [11.0, (22.0, None)]
    assert accumulate({"w": 1.0}, {"w": 2.0}) == {"w": 3.0}
    assert accumulate(1.0, 2.0) == 3.0
    with pytest.raises(ValueError):
        accumulate([1.0], [1.0, 2.0])


# --- seeds ---------------------------------------------------------------------------------


def test_a_seed_of_the_right_shape_is_returned():
    c = np.ones((2, 3))
    assert check_seed(c, np.zeros((2, 3))) is c
    assert check_seed(2.0, 1.0) == 2.0
    assert check_seed(1.0, np.float64(3.0)) == 1.0
    assert check_seed((1.0, [2.0]), (0.0, [0.0])) == (1.0, [2.0])
    assert check_tangent_seed(c, np.zeros((2, 3))) is c


@pytest.mark.parametrize(
    ("c", "y"),
    [
        (1.0, np.ones(3)),
        (1.0, np.ones(1)),
        (np.ones(2), np.ones(3)),
        (np.ones(3), 1.0),
        (1.0, (1.0, 2.0)),
        ((1.0,), (1.0, 2.0)),
        (1.0, {"a": 1.0}),
        ((1.0, 1.0), (1.0, np.ones(2))),
    ],
)
def test_a_seed_of_another_shape_is_refused_with_advice(c: Any, y: Any):
    with pytest.raises(ValueError, match=r"tangent\.vjp.*tangent\.jacobian"):
        check_seed(c, y)
    with pytest.raises(ValueError, match=r"tangent\.jvp.*tangent\.jacobian"):
        check_tangent_seed(c, y)


@pytest.mark.parametrize("y", [None, "text", object()])
def test_a_result_that_is_no_number_is_refused(y: Any):
    with pytest.raises(TypeError, match="carries no derivative"):
        check_seed(1.0, y)


# --- elements ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "index",
    [
        1,
        -1,
        slice(1, None),
        (0, slice(None)),
        (Ellipsis, 2),
        (slice(None), None),
        [0, 0, 1],
        np.array([1, 1, 1]),
        (np.array([0, 0]), np.array([2, 2])),
        (slice(None), [3, 3]),
        np.array([True, False]),
        np.array(1),
    ],
    ids=str,
)
def test_add_at_is_the_adjoint_of_indexing(index: Any):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 4))
    c = rng.normal(size=x[index].shape)
    adjoint = np.zeros_like(x)
    assert add_at(adjoint, index, c) is adjoint
    np.testing.assert_allclose(np.sum(adjoint * x), np.sum(c * x[index]))


def test_add_at_adds_to_lists_dictionaries_and_tuples():
    assert add_at([1.0, 2.0], 1, 3.0) == [1.0, 5.0]
    assert add_at([1.0, 2.0, 3.0], slice(1, 3), [10.0, 20.0]) == [1.0, 12.0, 23.0]
    assert add_at({"w": 1.0}, "w", 3.0) == {"w": 4.0}
    assert add_at((1.0, 2.0), 0, 3.0) == (4.0, 2.0)
    assert add_at(Point(1.0, 2.0), 0, 3.0) == Point(4.0, 2.0)
    with pytest.raises(TypeError):
        add_at(1.0, 0, 2.0)


def test_take_out_moves_the_cotangent_to_what_was_stored():
    adjoint = np.arange(4.0)
    taken = take_out(adjoint, slice(1, 3))
    np.testing.assert_array_equal(taken, [1.0, 2.0])
    np.testing.assert_array_equal(adjoint, [0.0, 0.0, 0.0, 3.0])
    assert take_out(adjoint, 3) == 3.0 and not adjoint.any()
    elements = [1.0, np.ones(2)]
    np.testing.assert_array_equal(take_out(elements, 1), [1.0, 1.0])
    np.testing.assert_array_equal(elements[1], [0.0, 0.0])


def test_only_the_last_of_repeated_stores_gets_the_cotangent():
    index = np.array([0, 2, 0])
    rng = np.random.default_rng(0)
    c, v = rng.normal(size=4), rng.normal(size=3)
    x = np.zeros(4)
    x[index] = v  # linear in v
    adjoint = c.copy()
    np.testing.assert_allclose(np.sum(take_out(adjoint, index) * v), np.sum(c * x))
    np.testing.assert_array_equal(adjoint, [0.0, c[1], 0.0, c[3]])


# --- numerical care ------------------------------------------------------------------------


def test_slopes_of_powers_are_finite_where_the_derivative_is():
    assert runtime.power_slope(0.0, 0) == 0.0
    assert runtime.power_slope(0.0, 1) == 1.0
    np.testing.assert_array_equal(
        runtime.power_slope(np.array([0.0, 0.0, 0.0, 2.0]), np.array([0.0, 1.0, 2.0, 3.0])),
        [0.0, 1.0, 0.0, 12.0],
    )
    np.testing.assert_array_equal(runtime.power_slope(np.arange(3), 2), [0.0, 2.0, 4.0])
    assert runtime.product_or_zero(0.0, np.inf) == 0.0


def test_logarithm_and_quotient_at_zero():
    with np.errstate(all="raise"):
        assert runtime.log_or_zero(0.0) == 0.0
        np.testing.assert_array_equal(runtime.log_or_zero(np.array([0.0, 1.0])), [0.0, 0.0])
        np.testing.assert_array_equal(
            runtime.divide_or_zero(np.array([0.0, 3.0, 3.0]), np.array([0.0, 0.0, 2.0])),
            [0.0, 0.0, 1.5],
        )


def test_ratios_of_exponentials_do_not_overflow():
    with np.errstate(over="raise", invalid="raise"):
        assert runtime.exp_ratio(1000.0, 1000.0) == 1.0
        assert runtime.exp_ratio(-np.inf, -np.inf) == 0.0
        assert runtime.exp_ratio(-np.inf, 3.0) == 0.0


def test_equal_arguments_share_half_and_half():
    assert runtime.larger(2.0, 1.0) == 1.0
    assert runtime.larger(1.0, 2.0) == 0.0
    assert runtime.larger(1.0, 1.0) == 0.5
    np.testing.assert_array_equal(runtime.larger(np.arange(3.0), 1.0), [0.0, 0.5, 1.0])
    x = np.array([1.0, 3.0, 3.0])
    np.testing.assert_array_equal(runtime.extremum_weights(x, 3.0), [0.0, 0.5, 0.5])


def test_products_of_others_need_no_division():
    np.testing.assert_array_equal(
        runtime.products_of_others(np.array([[0.0, 2.0, 3.0], [0.0, 0.0, 5.0]])),
        [[6.0, 0.0, 0.0], [0.0, 0.0, 0.0]],
    )


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_derivatives_of_sinc_join_smoothly(n: int):
    x = np.linspace(-6.0, 6.0, 241)
    h = 1e-5
    lower = np.sinc if n == 1 else lambda t: runtime.sinc_derivative(t, n - 1)
    np.testing.assert_allclose(
        runtime.sinc_derivative(x, n), (lower(x + h) - lower(x - h)) / (2 * h), atol=1e-7
    )


@pytest.mark.parametrize(
    ("helper", "a", "b"),
    [
        (runtime.dot_adjoint_left, (2, 3), (3, 4)),
        (runtime.dot_adjoint_right, (2, 3), (3,)),
        (runtime.matmul_adjoint_left, (5, 2, 3), (3, 4)),
        (runtime.matmul_adjoint_right, (3,), (3, 4)),
        (runtime.inner_adjoint_left, (2, 3), (4, 3)),
        (runtime.outer_adjoint_right, (2,), (3,)),
        (runtime.tensordot_adjoint_left, (2, 3, 4), (3, 4, 5)),
    ],
)
def test_adjoints_of_products_refuse_a_misfitting_cotangent(helper: Any, a: Any, b: Any):
    with pytest.raises(ValueError, match="does not fit"):
        helper(np.ones(7), np.ones(a), np.ones(b))


def test_annotated_shapes_are_checked_with_one_size_for_one_name():
    check_shapes(np.ones((2, 3)), "n m", np.ones(3), "m", 2.0, "", np.ones((2, 1)), "n 1")
    with pytest.raises(ValueError, match=r"shape \(3\) but has the shape \(2,\)"):
        check_shapes(np.ones((2, 3)), "n m", np.ones(2), "m")
    with pytest.raises(ValueError, match="the derivative relies on the annotation"):
        check_shapes(np.ones(1), "")


def test_numbers_are_checked():
    check_numbers(1.0, 2, np.float64(3.0))
    with pytest.raises(ValueError, match="annotation"):
        check_numbers(1.0, np.ones(3))


def test_a_broken_annotation_is_told_when_the_derivative_runs():
    def product(a: float, b: float):
        return a * b

    gradient = tangent.grad(product, wrt=("a", "b"))
    assert gradient(2.0, 3.0) == (3.0, 2.0)
    with pytest.raises(ValueError, match="annotation"):
        gradient(np.ones(3), 2.0)
