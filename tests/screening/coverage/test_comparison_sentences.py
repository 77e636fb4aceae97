"""What a comparison says in words."""

from typing import Any

import pytest

from evalmap.screening.coverage.comparison_sentences import changes, percent, told_apart

PAIR: dict[str, Any] = {"a": 0, "b": 2, "n": 1500, "reason": "", "auc": 0.9, "low": 0.85, "high": 0.93, "control_auc": 0.51}


@pytest.mark.parametrize(("auc", "low", "how"), [(0.97, 0.9, "nearly always"), (0.9, 0.85, "mostly"), (0.6, 0.55, "often")])
def test_an_auc_is_told_with_its_interval_and_control(auc: float, low: float, how: str):
    first, second, third = told_apart({**PAIR, "auc": auc, "low": low, "stripped_auc": 0.625})
    assert f"A or C? Of a row of each, a classifier of embeddings tells which is which in {100 * auc:.1f} % of cases" in first
    assert f"(AUC; 95 %: {100 * low:.1f} % to 93.0 %; {how})" in first
    assert second.endswith("Measured on 1,500 rows of each. With shuffled sides, where 50 % must come out: 51.0 %.")
    assert third.endswith("wrappings: 62.5 %.")


def test_what_was_not_measured_is_not_told():
    assert len(told_apart({**PAIR, "stripped_auc": None})) == 2
    assert told_apart({**PAIR, "reason": "one dataset has 3 rows"}) == [
        "Whether A and C can be told apart cannot be said: one dataset has 3 rows."
    ]
    assert "the texts do not tell" in told_apart({**PAIR, "low": 0.4, "stripped_auc": None})[0]
    assert percent(None) == "–"


def test_versions_are_told_with_their_counts():
    found = {"equal": 1200, "reworded": [{}] * 3, "removed": [1, 2], "added": [], "moved": [{}], "relabelled": []}
    assert changes(found) == (
        "B is a version of A: 1,200 rows are equal, 3 reworded, 2 only in A, 0 only in B. "
        "Of those in both, 1 moved to another cluster and 0 are labelled anew."
    )
