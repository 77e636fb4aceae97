"""What two texts differ in: by kind, in words; the same whichever comes first."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalmap.data.errors import DatasetError
from evalmap.screening.variants.keys import find_variant_fields
from evalmap.screening.variants.variants import KINDS, Differences, bits_of, check_merge, kinds_of


def between(one: str, other: str, *, dataset: tuple[str, ...] = ()) -> list[tuple[str, str, str]]:
    """(kind, what stands in one, what in the other); the other texts of the dataset may show what is a name."""
    return [(found.kind, found.one, found.other) for found in Differences([one, other, *dataset]).between(0, 1)]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("It sells 12 pens at 2 dollars.", "It sells 12 pens at 3 dollars.", ("2 dollar", "3 dollar")),
        ("We ran 5 days.", "We ran 5 weeks.", ("5 day", "5 week")),
        ("We meet at 3 am.", "We meet at 3 pm.", ("3 am", "3 pm")),
        ("What is 7 - 3?", "What is 7 + 3?", ("-", "+")),
        ("What is 7 minus 3?", "What is 3 minus 7?", ("7, 3", "3, 7")),
        ("The square of -5", "The square of 5", ("-5", "5")),
        ("x² = 4", "x³ = 4", ("2", "3")),
        ("Version 2.5 is out", "Version 2.6 is out", ("2.5", "2.6")),
        ("The second law", "The third law", ("2", "3")),
        ("I own twenty-one hens", "I own twenty-two hens", ("21", "22")),
        ("GPT-3 is a model", "GPT-4 is a model", ("3", "4")),
    ],
)
def test_numbers_that_differ(one: str, other: str, expected: tuple[str, str]):
    assert between(one, other) == [("numbers", *expected)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1,000 people came", "1000 people came"),
        ("one thousand people came", "1000 people came"),
        ("two hundred and five km", "205 kilometers"),
        ("it costs $5", "it costs five dollars"),
        ("10% of it", "ten percent of it"),
        ("3.50 and 3.5 million", "3.5 and 3500000"),
        ("the 3rd law", "the third law"),
        ("a 5-year-old", "a five year old"),
        ("I am 37 years old", "I am aged 37"),
        ("I rarely go", "I seldom go"),
        ("Ill go there", "I'll go there"),
        ("Which one? (A) Plant trees (B) Fell trees", "Which one? (A) Grow trees (B) Fell trees"),
        ("two dozen eggs", "24 eggs"),
        ("the only one I know", "the only person I know"),
        ("wait a second", "wait a moment"),
        ("They help one another", "They help each other"),
        ("There is one way", "There is only one way"),
        ("I back LGBTQ+ people", "I back LGBTQ people"),
        ("I read the Qur'an often", "I read the Quran often"),
        ("I saw Müller there", "I saw Muller there"),
        ("They like Anna and Bob", "Liked by them are Bob and Anna"),
        ("I do not really care", "I really do not care"),
        ("I’m not at all interested in art", "I'm not interested in art at all"),
        ("Met on May 3, 2024", "Met on 3 May 2024"),
        ("Met on 2024-05-03", "Met on 3rd of May, 2024"),
        ("I don’t think so", "I do not think so"),
        ("I dont think so", "I don't think so"),
        ("I cannot say", "I can not say"),
        ("I would not eat it", "I wouldn't drink it"),
        ("No one came", "Nobody came"),
        ("I may go", "I might go"),
        ("Painting calms me", "painting calms me"),
        ("I AM CALM TODAY", "i am calm today"),
        ("", "."),
    ],
)
def test_what_is_written_otherwise_and_is_the_same(one: str, other: str):
    assert between(one, other) == []


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("I do agree.", "I do not agree.", ("", "not")),
        ("I don’t think X", "I think X", ("not", "")),
        ("I can do it", "I cannot do it", ("", "not")),
        ("I eat with salt", "I eat without salt", ("with", "without")),
        ("I would ever lie", "I would never lie", ("", "never")),
        ("I would never lie", "I would not lie", ("never", "not")),
        ("I agree with it", "I disagree with it", ("agree", "disagree")),
        ("I am happy", "I am unhappy", ("happy", "unhappy")),
        ("They increased it", "They decreased it", ("increased", "decreased")),
        ("I am not happy and rich", "I am happy and not rich", ("not happy", "not rich")),
    ],
)
def test_negations_that_differ(one: str, other: str, expected: tuple[str, str]):
    found = between(one, other)
    assert [kind for kind, _, _ in found] == ["negations"]
    assert set(expected[0].split(", ")) <= set(found[0][1].split(", "))
    assert set(expected[1].split(", ")) <= set(found[0][2].split(", "))


def test_what_only_looks_like_an_opposite():
    assert between("I stay inside the house", "I stay by the side of the house") == []
    assert between("until noon", "till noon") == []


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("We met in May", "We met in June", ("May", "June")),
        ("Open on Mondays", "Open on Tuesdays", ("Monday", "Tuesday")),
        ("It began in 1984", "It began in 1985", ("1984", "1985")),
        ("Born 3 May 1990", "Born 4 May 1990", ("3 May 1990", "4 May 1990")),
        ("Since 2024-05-03", "Since 2024-05-04", ("3 May 2024", "4 May 2024")),
        ("Music of the 1990s", "Music of the 1980s", ("1990s", "1980s")),
    ],
)
def test_dates_that_differ(one: str, other: str, expected: tuple[str, str]):
    assert between(one, other) == [("dates", *expected)]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Was Einstein born in Ulm?", "Was Bohr born in Ulm?", ("einstein", "bohr")),
        ("I like that Anna helps Bob", "I like that Bob helps Anna", ("anna, bob", "bob, anna")),
        ("I work at NASA today", "I work at ESA today", ("nasa", "esa")),
        ("Alice sells 12 pens", "Bob sells 12 pens", ("alice", "bob")),
    ],
)
def test_names_that_differ(one: str, other: str, expected: tuple[str, str]):
    assert between(one, other) == [("names", *expected)]


def test_a_name_is_known_from_elsewhere_and_a_word_by_being_written_small():
    assert between("Reading is fun.", "Rowing is fun.") == []
    assert between("Bread is good.", "Cake is good.", dataset=("we bake bread and cake",)) == []
    assert between("Kyiv is old.", "Lviv is old.", dataset=("I saw Kyiv and Lviv.",)) == [("names", "kyiv", "lviv")]


def test_the_plural_of_a_name_is_that_name():
    assert between("I trust the AI more", "I trust the AIs more") == []


def test_keys_differ_where_both_rows_have_one():
    fields = pd.DataFrame({"Answer": [168, 252, None, 168.0], "context": ["In the  Garden", "in the garden", "here", None]})
    assert find_variant_fields(fields.columns) == ("Answer", "context")
    assert find_variant_fields(fields.columns, taken=["Answer"]) == ("context",)
    found = Differences(["a"] * 4, fields=fields, variant_fields=("Answer", "context"))
    assert [(d.kind, d.name, d.one, d.other) for d in found.between(0, 1)] == [("keys", "Answer", "168", "252")]
    assert [(d.name, d.one) for d in found.between(0, 2)] == [("context", "In the  Garden")]
    assert found.between(0, 3) == []


def test_kinds_are_bits_and_merge_is_checked():
    assert kinds_of(bits_of(["keys", "numbers"])) == ["numbers", "keys"]
    assert check_merge(["names", "numbers", "names"]) == ("numbers", "names")
    with pytest.raises(DatasetError, match=r"merge names 'colours'; choose from numbers, negations, dates, names, keys"):
        check_merge(["colours"])


PIECES = st.sampled_from(
    "I you agree disagree not never no don't cannot Anna Bob NASA 3 three 12 1,000 -5 May Monday in 1984 2024-05-03 happy unhappy "
    ". ? + 5km twenty one hundred and".split()
)
TEXTS = st.lists(st.one_of(PIECES.map(str), st.text(max_size=5)), max_size=12).map(" ".join)


@given(st.lists(TEXTS, min_size=2, max_size=6))
def test_differing_is_symmetric_and_a_row_differs_from_itself_in_nothing(texts: list[str]):
    found = Differences(texts)
    left, right = (axis.ravel() for axis in np.indices((len(texts), len(texts))))
    kinds = found.kinds(left, right).reshape(len(texts), len(texts))
    assert (kinds == kinds.T).all()
    assert (np.diag(kinds) == 0).all()
    for a in range(len(texts)):
        for b in range(len(texts)):
            there, back = found.between(a, b), found.between(b, a)
            assert [d.kind for d in there] == kinds_of(int(kinds[a, b]))
            assert [(d.kind, d.one, d.other) for d in there] == [(d.kind, d.other, d.one) for d in back]
            assert all(d.one or d.other for d in there)


@given(st.lists(TEXTS, min_size=2, max_size=6), st.data())
def test_kinds_do_not_depend_on_row_order_or_on_which_rows_are_asked_for(texts: list[str], data: st.DataObject):
    order = data.draw(st.permutations(range(len(texts))))
    moved = Differences([texts[row] for row in order])
    asked = Differences(texts, rows=np.array([0, 1]))
    whole = Differences(texts)
    a, b = np.array([0]), np.array([1])
    assert whole.kinds(a, b) == asked.kinds(a, b)
    assert whole.kinds(a, b) == moved.kinds(np.array([order.index(0)]), np.array([order.index(1)]))


def test_no_rows_and_every_kind_has_a_rule():
    assert Differences([]).kinds(np.array([], dtype=int), np.array([], dtype=int)).tolist() == []
    assert KINDS == ("numbers", "negations", "dates", "names", "keys")
