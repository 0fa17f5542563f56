"""Code that nobody wrote for the engine: a selection of what `crash.py` goes through."""

from __future__ import annotations

import crash


def test_no_function_of_installed_packages_is_too_much() -> None:
    report = crash.run(seconds=10.0, seed=20)
    print(report.summary())
    assert report.failures == []
    assert report.functions > 100
    assert report.derivatives > 20
