"""Functions that are only known at run time, and functions of any number of arguments."""

from __future__ import annotations

import functools
import math
import re
from typing import Any

import numpy as np
import pytest

import tangent
from tangent.dynamic import derivative_pair, with_tangent


def applies(f: Any, x: Any) -> Any:
    return f(x) * x


def total(*values: Any) -> Any:
    result = 0.0
    for value in values:
        result = result + value * value
    return result


def scaled(x: Any, /, *, scale: Any = 2.0, **options: Any) -> Any:
    return x * scale


def doubles_in_place(v: Any) -> Any:
    v *= 2.0
    return np.sum(v)


def rounds(x: Any) -> Any:
    return x.hex()


class Gain:
    def __init__(self, factor: float):
        self.factor = factor

    def __call__(self, x: Any) -> Any:
        return self.factor * x * x

    def of(self, x: Any) -> Any:
        return self.factor * x


SQUARE = 0.7**2


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (math.sin, math.sin(0.7) + 0.7 * math.cos(0.7)),
        (np.tanh, math.tanh(0.7) + 0.7 * (1.0 - math.tanh(0.7) ** 2)),
        (lambda t: t * t, 3.0 * SQUARE),
        (lambda t, power=2: t**power, 3.0 * SQUARE),
        (lambda *t: t[0] * t[0], 3.0 * SQUARE),
        (functools.partial(math.pow, 2.0), 2.0**0.7 * (1.0 + 0.7 * math.log(2.0))),
        (functools.lru_cache(maxsize=None)(lambda t: t * t), 3.0 * SQUARE),
        (Gain(2.0), 6.0 * SQUARE),
        (Gain(2.0).of, 4.0 * 0.7),
        (total, 3.0 * SQUARE),
        (scaled, 4.0 * 0.7),
        (tangent.grad(lambda t: t**3), 9.0 * SQUARE),
        (float, 1.4),
    ],
)
def test_whatever_is_called(f: Any, expected: float) -> None:
    assert tangent.grad(applies, "x")(f, 0.7) == pytest.approx(expected)
    assert tangent.jvp(applies, "x")(f, 0.7, dx=1.0) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (str, "str"),
        (ord, "ord"),
        ("text", "is no function"),
        (doubles_in_place, "may change `v` in place"),
        (rounds, "method `.hex`"),
        (np.vectorize(lambda t: t), "vectorize"),
    ],
)
def test_what_has_no_derivative_says_so_when_it_is_called(f: Any, message: str) -> None:
    derivative = tangent.grad(applies, "x")
    with pytest.raises(tangent.DerivativeError, match=re.escape(message)) as error:
        derivative(f, 0.7)
    assert "cannot differentiate" in str(error.value)


def test_the_functions_have_readable_source() -> None:
    forward, backward = derivative_pair(scaled, "x, scale=w")
    result, record = forward(3.0, scale=4.0)
    assert result == 12.0
    assert backward(record, 1.0) == (4.0, 3.0)
    assert derivative_pair(scaled, "x, scale=w")[0] is forward
    by_position = with_tangent(scaled, "x, scale=_")
    assert by_position(3.0, 4.0, 1.0) == (12.0, 4.0)


def test_any_number_of_arguments() -> None:
    assert tangent.grad(total)(1.0, 2.0, 3.0) == (2.0, 4.0, 6.0)
    assert tangent.grad(total, "values")() == ()
    assert tangent.jvp(total)(1.0, 2.0, dvalues=(1.0, 0.5)) == 4.0


def test_wrong_arguments_fail_as_they_do_for_the_function() -> None:
    with pytest.raises(TypeError):
        tangent.grad(applies, "x")(lambda a, b: a * b, 0.7)
