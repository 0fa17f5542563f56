"""The lists of functions that users expect: none that is covered may be lost."""

from __future__ import annotations

import json
from typing import Any

import pytest
from coverage_lists import LISTS, MISSING, how, listed

from tangent.cli import main
from tangent.rules import table


@pytest.mark.parametrize("name", LISTS)
def test_no_listed_name_is_lost(name: str):
    missing = {n for n in listed(name) if not how(n)}
    assert missing <= MISSING


def test_the_table_lists_rules_definitions_and_zero_derivatives():
    by_name = {entry.name: entry for entry in table.entries()}
    assert by_name["numpy.tanh"].kind == "rule" and by_name["numpy.tanh"].by == ("x",)
    assert by_name["numpy.kron"].kind == "definition"
    assert by_name["numpy.kron"].by == ("a", "b")
    assert by_name["numpy.floor"].modes == ()
    assert by_name["numpy.abs"].alias_of == "numpy.absolute"
    assert by_name["numpy.abs"].kinks == "the derivative at 0 is 0"
    assert not any(name.startswith("tangent.") for name in by_name)


def test_a_pattern_is_a_part_of_a_name_or_has_wildcards():
    assert {e.name for e in table.entries("linalg.inv")} >= {"numpy.linalg.inv", "scipy.linalg.inv"}
    assert [e.name for e in table.entries("numpy.tan*")] == ["numpy.tan", "numpy.tanh"]


def test_the_command_prints_the_table(capsys: pytest.CaptureFixture[str]):
    assert main(["rules", "numpy.linalg.det"]) == 0
    assert capsys.readouterr().out == "numpy.linalg.det  by a\n"
    assert main(["rules", "numpy.cumsum", "--json"]) == 0
    rows: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    assert rows[0]["name"] == "numpy.cumsum" and rows[0]["modes"] == ["reverse", "forward"]
    assert main(["rules", "numpy.no_such_function"]) == 1
    assert "no_such_function" in capsys.readouterr().err
