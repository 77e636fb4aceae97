"""Four ways of calling two texts the same."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalmap.data.text.normalization import NORMALIZATIONS, normalization_name, normalize, redundant
from evalmap.tests.paths import SAMPLES

PERSONA = SAMPLES / "persona" / "prefers-careful-planning.jsonl"
PLANTED = json.loads((PERSONA.parents[1] / "PLANTED.json").read_text())["persona/prefers-careful-planning.jsonl"]


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("bytes", "  I don’t\tknow — “Why”…\n"),
        ("caseless", "i don’t know — “why”…"),
        ("typographic", 'i don\'t know - "why"...'),
        ("alphanumeric", "i dont know why"),
    ],
)
def test_each_level_by_hand(level: str, expected: str):
    assert normalize("  I don’t\tknow — “Why”…\n", level) == expected


def test_unknown_level_is_told_with_those_there_are():
    with pytest.raises(
        ValueError, match=r"normalization 'N4' is unknown; choose one of bytes, caseless, typographic, alphanumeric"
    ):
        normalize("text", "N4")


def test_no_rows_hold_no_redundant_one():
    assert [redundant([], level) for level in NORMALIZATIONS] == [0, 0, 0, 0]


def test_identical_rows_are_redundant_but_one():
    assert [redundant(["same"] * 5, level) for level in NORMALIZATIONS] == [4, 4, 4, 4]


def test_planted_duplicates_fall_together_where_they_should():
    statements = [json.loads(line)["statement"] for line in PERSONA.read_text(encoding="utf-8").splitlines()]
    for first, second in PLANTED["exact"]:
        assert statements[first - 1] == statements[second - 1]
    for variant in PLANTED["variants"]:
        first, second = (statements[line - 1] for line in variant["lines"])
        assert first != second, variant
        assert normalize(first, "alphanumeric") == normalize(second, "alphanumeric"), variant


def test_earlier_names_stand_for_the_same():
    assert [normalization_name(name) for name in ("N0", "N1", "N2", "N3")] == list(NORMALIZATIONS)
    assert [normalization_name(name) for name in NORMALIZATIONS] == list(NORMALIZATIONS)
    assert normalize("I don’t", "N3") == "i dont" == normalize("I don’t", "alphanumeric")
    assert redundant(["a", "A"], "N1") == 1


@given(st.text(), st.sampled_from(NORMALIZATIONS))
def test_normalising_twice_changes_nothing_more(text: str, level: str):
    once = normalize(text, level)
    assert normalize(once, level) == once


@given(st.lists(st.text("aA ’'—-\t\n", max_size=4), max_size=20))
def test_each_level_is_coarser_than_the_one_before(texts: list[str]):
    counts = [redundant(texts, level) for level in NORMALIZATIONS]
    assert counts == sorted(counts)
    for finer, coarser in itertools.pairwise(NORMALIZATIONS):
        together: dict[str, set[str]] = {}
        for text in texts:
            together.setdefault(normalize(text, finer), set()).add(normalize(text, coarser))
        assert all(len(found) == 1 for found in together.values())
