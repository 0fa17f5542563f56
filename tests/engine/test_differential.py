"""Random programs against their derivatives: some of those that `differential.py` makes."""

from __future__ import annotations

import differential


def test_random_programs_are_right_or_refused() -> None:
    report = differential.run(seconds=10.0)
    print(report.summary())
    assert report.failures == []
    assert report.checked > 50
    # Otherwise the programs test nothing.
    assert report.refusal_rate < 0.4
