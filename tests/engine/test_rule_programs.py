"""Every function with a rule, in a program: its derivatives through the whole engine.

Reverse mode against central differences of the program, forward mode against reverse mode,
second derivatives against differences of the gradient; and that the gradient has the shape and
the dtype of the argument, which is left as it was.
"""

from __future__ import annotations

import importlib
import os
from typing import Any

import numpy as np
import pytest
from rule_programs import RuleProgram, copied, declared, direction, exists, inner, moved

import tangent
from tangent.rules import registry
from tangent.rules.declare import SOURCES, WIDER, Source

registry.load_all()
WIDER_TESTS = {text for source in WIDER.values() for text in source.tests}
EVERY_INPUT = bool(os.environ.get("TANGENT_EVERY_INPUT"))
PROGRAMS = [
    pytest.param(program, id=f"{name}({text})")
    for name, texts in declared().items()
    for i, text in enumerate(texts)
    if EVERY_INPUT or i == min(1, len(texts) - 1) or "1j" in text or text in WIDER_TESTS
    for program in [RuleProgram(name, text)]
    if program.parameters
]
# Whose second derivative is not one of a differentiable function at the test input.
KINKED_TWICE: set[str] = set()


DEFINED = [
    pytest.param(source, text, id=f"{source.name}({text})")
    for source in [*SOURCES.values(), *dict.fromkeys(WIDER.values())]
    if exists(source.name)
    for text in source.tests
]


@pytest.mark.parametrize(("source", "text"), DEFINED)
def test_a_definition_gives_what_the_library_gives(source: Source, text: str):
    program = RuleProgram(source.name, text)
    definition = getattr(importlib.import_module(source.module), source.function)
    values = [(keyword, value) for keyword, _, value in program.parts]
    got = definition(
        *(copied(v) for k, v in values if k is None), **{k: copied(v) for k, v in values if k}
    )
    assert_equal(got, program.result)


def assert_equal(got: Any, expected: Any) -> None:
    if isinstance(expected, (list, tuple)):
        assert len(got) == len(expected)
        for g, e in zip(got, expected, strict=True):
            assert_equal(g, e)
    else:
        np.testing.assert_allclose(got, expected, rtol=1e-8, atol=1e-10)
        assert np.shape(got) == np.shape(expected)


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


def is_real_array(x: Any) -> bool:
    if isinstance(x, (list, tuple)):
        return all(map(is_real_array, x))
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def is_single(x: Any) -> bool:
    return all(map(is_single, x)) if isinstance(x, (list, tuple)) else x.dtype == np.float32


# Functions whose result, or whose derivative, is in double precision for single precision.
WIDENED = {"numpy.logspace", "scipy.linalg.expm", "scipy.special.psi", "scipy.special.y1"}


@pytest.mark.parametrize("program", PROGRAMS)
def test_single_precision_is_kept(program: RuleProgram):
    args = program.arguments(np.float32)
    if not all(map(is_real_array, program.arguments())):
        pytest.skip("Python's numbers have double precision")
    result = program.function(*args)
    if np.asarray(result).dtype != np.float32:
        pytest.skip("the function itself gives double precision")
    gradient = program.gradient()(*args)
    kept = all(map(is_single, gradient))
    assert kept != (program.name in WIDENED)
