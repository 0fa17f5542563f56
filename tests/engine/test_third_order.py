"""Third derivatives: of the second by differences, and of a few functions in closed form.

Each mode over each: the derivative of a derivative of a derivative has to be right whichever way
it was made.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import test_programs
from test_programs import Program

import tangent

ORDERS = ["rrr", "rfr", "frf", "fff"]
MODES = {"r": "reverse", "f": "forward"}
# What makes third derivatives hard: overwritten variables, loops and their stacks, branches,
# jumps, calls, lists, items, contexts.
NAMES = """
    straight-overwritten_and_read_again straight-augmented straight-division straight-powers
    straight-math_functions straight-swap straight-repeated_operand
    control-early_return_after_work control-ternary control-loop control-loop_overwrites
    control-loop_with_a_branch control-nested_loops control-two_loops control-rotating_variables
    control-while_loop control-while_in_for control-enumerated control-zipped control-pendulum
    arrays-add_in_a_loop arrays-list_appended arrays-write_an_element
    calls-calls_one calls-unpacks_a_result calls-nested_definition_captures calls-halving
    calls-calls_another_module calls-ode calls-fixed_point
    jumps-several_continues jumps-returns_half_way_twice-3 jumps-break_under_with jumps-while_else
    everyday-projectile_range everyday-black_body everyday-spherical_to_cartesian_work
    everyday-black_scholes_call everyday-arithmetic_geometric_mean everyday-leapfrog
    regressions-starred_constants_end_a_chain regressions-bound_twice_at_once
""".split()
PROGRAMS = [param for param in test_programs.PROGRAMS if param.id in NAMES]


def test_the_programs_are_there() -> None:
    assert {param.id for param in PROGRAMS} == set(NAMES)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_third_derivatives_equal_differences_of_second_ones(program: Program, order: str) -> None:
    name = program.wrt[0]
    x = program.value(name)
    functions = [program.function]
    for mode in order:
        functions.append(tangent.grad(functions[-1], wrt=name, mode=MODES[mode]))
    _, _, second, third = functions

    def at(t: float) -> float:
        return float(program.call(second, {name: t}))

    h = 1e-3
    expected = (8 * (at(x + h) - at(x - h)) - (at(x + 2 * h) - at(x - 2 * h))) / (12 * h)
    program.assert_close(program.call(third, {name: x}), expected)


# --- in closed form ----------------------------------------------------------------------------


def power(x):
    y = x
    for _ in range(4):
        y = y * x
    return y


def oscillation(x):
    return np.sin(2.0 * x) * math.exp(x)


def branching(x):
    if x > 1.0:
        return x**4
    return np.log(x)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    ("function", "x", "third"),
    [
        (power, 1.3, 60.0 * 1.3**2),
        # d3/dx3 of e^x sin 2x is e^x (-11 sin 2x - 2 cos 2x)
        (oscillation, 0.4, math.exp(0.4) * (-11.0 * math.sin(0.8) - 2.0 * math.cos(0.8))),
        (branching, 1.3, 24.0 * 1.3),
        (branching, 0.7, 2.0 / 0.7**3),
    ],
)
def test_third_derivatives_in_closed_form(function, x, third, order: str) -> None:
    for mode in order:
        function = tangent.grad(function, mode=MODES[mode])
    assert function(x) == pytest.approx(third, rel=1e-12)
