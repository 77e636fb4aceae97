"""Word diffs."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalmap.screening.groups.diff import word_diff


@pytest.mark.parametrize(
    ("before", "after", "runs"),
    [
        ("", "", []),
        ("the same", "the same", [("same", "the same")]),
        ("I like red roses", "I like old roses", [("same", "I like "), ("removed", "red"), ("added", "old"), ("same", " roses")]),
        ("roses", "", [("removed", "roses")]),
        ("I don't mind.", "I don't mind!", [("same", "I don't mind"), ("removed", "."), ("added", "!")]),
        ("plans are fine", "careful plans are fine", [("added", "careful "), ("same", "plans are fine")]),
    ],
)
def test_runs_of_words(before, after, runs):
    assert word_diff(before, after) == runs


@given(st.text("ab .'\n<é", max_size=40), st.text("ab .'\n<é", max_size=40))
def test_runs_join_to_both_texts(before, after):
    runs = word_diff(before, after)
    assert "".join(text for kind, text in runs if kind != "added") == before
    assert "".join(text for kind, text in runs if kind != "removed") == after
    assert all(text for _, text in runs)
    assert all(one[0] != other[0] for one, other in pairwise(runs))


def test_very_long_texts_are_replaced_in_the_middle(monkeypatch):
    monkeypatch.setattr("evalmap.screening.groups.diff.LONGEST", 10)
    before, after = "start " + "a " * 30 + "end", "start " + "b " * 30 + "end"
    assert [kind for kind, _ in word_diff(before, after)] == ["same", "removed", "added", "same"]
