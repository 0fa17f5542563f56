"""The user's comments, blank lines and docstring in the text of a derivative."""

from __future__ import annotations

import textwrap

import pytest

import tangent

PROGRAM = '''\
import numpy as np


def model(w, xs, steps):
    """The loss.

    # no comment
    """
    # start at rest
    h = np.zeros(3)  # hidden

    # go through time
    # (slowly)
    for t in range(steps):  # each step
        # the cell
        h = np.tanh(w * h + xs[t])  # new
    names = [
        "a",  # first
    ]  # all
    return np.sum(h * h) * len(names)  # the end
'''


def primal_part(mode: str) -> str:
    made = tangent.differentiate(PROGRAM, "model", mode=mode)
    assert made.ok, made.diagnostics
    return made.text


def test_reverse_keeps_what_is_written_about_the_primal() -> None:
    expected = '''\
        """The loss.

        # no comment
        """
        h_stack = []
        # start at rest
        h = np.zeros(3)  # hidden

        # go through time
        # (slowly)
        for t in range(steps):  # each step
            h_stack.append(h)
            # the cell
            h = np.tanh(w * h + xs[t])  # new
        names = [
            "a",  # first
        ]  # all
    '''
    text = primal_part("reverse")
    assert textwrap.indent(textwrap.dedent(expected).rstrip(), "    ") in text


def test_forward_puts_a_comment_before_the_tangent() -> None:
    text = primal_part("forward")
    lines = [line.strip() for line in text.splitlines()]
    assert lines.index("# start at rest") < lines.index("h = np.zeros(3)  # hidden")
    assert lines[lines.index("# the cell") + 1].startswith("new_h =")
    assert text.count('"""The loss.') == 1


@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_a_comment_comes_once_and_is_linked_to_where_it_was(mode: str) -> None:
    made = tangent.differentiate(PROGRAM, "model", mode=mode)
    for number, line in enumerate(PROGRAM.splitlines(), 1):
        comment = line.strip()
        if not comment.startswith("#") or comment == "# no comment":
            continue
        assert made.text.count(comment) == 1
        place = made.text.splitlines().index(
            next(t for t in made.text.splitlines() if t.strip() == comment)
        )
        spans = [s for link in made.links if link.primal.line == number for s in link.generated]
        assert any(s.line <= place + 1 <= s.end_line for s in spans)


def test_comments_of_a_derivative_are_its_own() -> None:
    def cube(x: float) -> float:
        y = x * x  # squared
        return y * x

    second = tangent.grad(tangent.grad(cube)).source
    assert second.count("# Grad of: y = x * x") <= 1
