"""Every function with a rule, in a program: its derivatives through the whole engine.

Reverse mode against central differences of the program, forward mode against reverse mode,
second derivatives against differences of the gradient; and that the gradient has the shape and
the dtype of the argument, which is left as it was.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
from rule_programs import RuleProgram, copied, declared, direction, inner, moved

import tangent

EVERY_INPUT = bool(os.environ.get("TANGENT_EVERY_INPUT"))
PROGRAMS = [
    pytest.param(program, id=f"{name}({text})")
    for name, texts in declared().items()
    for text in (texts if EVERY_INPUT else texts[1:2] or texts[:1])
    for program in [RuleProgram(name, text)]
    if program.parameters
]
# Whose second derivative is not one of a differentiable function at the test input.
KINKED_TWICE: set[str] = set()


def along(program: RuleProgram, args: list[Any], d: list[Any], step: float) -> list[Any]:
    return [moved(a, b, step) for a, b in zip(copied(args), d, strict=True)]


@pytest.mark.parametrize("program", PROGRAMS)
def test_derivatives_of_first_order(program: RuleProgram):
    rng = np.random.default_rng(1)
    args = program.arguments()
    d = [direction(a, rng) for a in args]
    step = 1e-6
    up, down = (program.function(*along(program, args, d, s)) for s in (step, -step))
    expected = (up - down) / (2.0 * step)
    before = copied(args)
    gradient = program.gradient()(*args)
    np.testing.assert_equal(args, before)
    for g, a in zip(gradient, args, strict=True):
        assert_same_form(g, a)
    np.testing.assert_allclose(inner(gradient, d), expected, rtol=2e-5, atol=1e-6)
    np.testing.assert_allclose(program.directional()(args, d), expected, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("program", PROGRAMS)
def test_derivatives_of_second_order(program: RuleProgram):
    if program.name in KINKED_TWICE:
        pytest.skip("not differentiable twice here")
    rng = np.random.default_rng(2)
    args = program.arguments()
    d, e = ([direction(a, rng) for a in args] for _ in range(2))
    gradient = program.gradient()
    step = 1e-5
    up, down = (gradient(*along(program, args, d, s)) for s in (step, -step))
    expected = (inner(up, e) - inner(down, e)) / (2.0 * step)
    reverse = tangent.autodiff(program.function, wrt=program.names, mode="reverse")
    forward = tangent.autodiff(reverse, wrt=program.names, mode="forward")
    seeds = {f"d{n}": v for n, v in zip(program.names, d, strict=True)}
    second = forward(*args, **seeds)
    got = inner(list(second) if len(args) > 1 else [second], e)
    np.testing.assert_allclose(got, expected, rtol=2e-4, atol=1e-5)


def assert_same_form(g: Any, a: Any) -> None:
    if isinstance(a, (list, tuple)):
        assert len(g) == len(a)
        for p, q in zip(g, a, strict=True):
            assert_same_form(p, q)
    else:
        assert np.shape(g) == np.shape(a)
        # The cotangent of a complex number may be real.
        assert np.result_type(g, a) == np.result_type(a)
