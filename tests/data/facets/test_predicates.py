import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalmap.data.errors import DatasetError
from evalmap.data.facets.predicates import Predicate, describe, from_query, to_query

TEXT = st.text(st.characters(categories=None), max_size=12)  # with lone surrogates, quotes, line breaks, NUL
NUMBER = st.floats(allow_nan=False)


def predicates() -> st.SearchStrategy[Predicate]:
    values = st.lists(st.one_of(TEXT, NUMBER), min_size=1, max_size=4).map(tuple)
    return st.one_of(
        st.builds(Predicate, TEXT, st.sampled_from(("is", "is_not")), values),
        st.builds(Predicate, TEXT, st.sampled_from(("contains", "matches")), st.tuples(TEXT)),
        st.builds(Predicate, TEXT, st.sampled_from(("missing", "not_missing"))),
        st.builds(lambda column, ends: Predicate(column, "between", tuple(sorted(ends))), TEXT, st.tuples(NUMBER, NUMBER)),
        st.builds(Predicate, TEXT, st.just("between"), st.tuples(TEXT, TEXT)),
    )


@settings(deadline=None)
@given(st.lists(predicates(), max_size=4, unique=True))
def test_every_filter_is_read_back_from_its_query(filter: list[Predicate]):
    query = to_query(tuple(filter))
    for text in query:
        text.encode("utf-8")  # a link holds it
        assert text.replace(" ", "").isprintable()
    read = from_query(query)
    assert read == tuple(filter)
    assert [[type(value) is str for value in one.values] for one in read] == [
        [type(value) is str for value in one.values] for one in filter
    ]


@pytest.mark.parametrize(
    ("predicate", "query"),
    [
        (Predicate("label", "is", ("Yes", "Don't know")), 'label is Yes "Don\'t know"'),
        (Predicate("confidence", "between", (0.5, 0.9)), "confidence between 0.5 0.9"),
        (Predicate("confidence", "between", (-math.inf, 3.0)), "confidence between -inf 3"),
        (Predicate("text", "contains", ("switched off",)), 'text contains "switched off"'),
        (Predicate("text", "matches", (r"^I\b",)), r"text matches ^I\b"),
        (Predicate("field.year", "is", ("2024",)), 'field.year is "2024"'),
        (Predicate("group", "not_missing"), "group not_missing"),
        (Predicate("group", "is_not", ("",)), 'group is_not ""'),
    ],
)
def test_a_query_is_short_and_readable(predicate: Predicate, query: str):
    assert to_query((predicate,)) == [query]
    assert from_query([query]) == (predicate,)


def test_a_number_is_a_text_where_words_are_looked_for():
    assert from_query(["text contains 42"]) == (Predicate("text", "contains", ("42",)),)


def test_a_predicate_twice_is_one():
    assert from_query(["label is Yes", "label is  Yes "]) == (Predicate("label", "is", ("Yes",)),)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("", "where=: expected a column, one of is,"),
        ("label", "where=label: expected a column"),
        ("label equals Yes", "where=label equals Yes: expected a column"),
        ("label is", "label is: needs at least one value."),
        ('label is "Yes', 'where=label is "Yes: the quotes do not match'),
        ('label is "Yes"No', "the quotes do not match"),
        (r'label is "\x"', "the quotes do not match"),
        ("size between 3", "size between: needs two values, the low and the high end (found 1)."),
        ("size between 3 1", "size between 3 1: the low end lies above the high one."),
        ("text contains a b", "text contains: needs one text (found 2)."),
        ("label missing Yes", "label missing: takes no value (found 1)."),
    ],
)
def test_what_is_no_predicate_is_told_in_a_sentence(query: str, sentence: str):
    with pytest.raises(DatasetError, match=re.escape(sentence)):
        from_query([query])


@settings(deadline=None)
@given(st.lists(TEXT, max_size=3))
def test_any_query_gives_a_filter_or_a_sentence(query: list[str]):
    try:
        read = from_query(query)
    except DatasetError:
        return
    assert from_query(to_query(read)) == read


def test_a_value_that_is_no_number_is_refused():
    with pytest.raises(DatasetError, match="ask for missing values with size missing"):
        Predicate("size", "is", (math.nan,))
    with pytest.raises(DatasetError, match="there is no such question"):
        Predicate("size", "above", (1,))  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("predicate", "words"),
    [
        (Predicate("x", "is", ("Yes", "No")), "Label is Yes or No"),
        (Predicate("x", "is_not", ("Yes",)), "Label is not Yes"),
        (Predicate("x", "between", (0.5, 0.9)), "Label 0.5 to 0.9"),
        (Predicate("x", "between", (-math.inf, 3)), "Label up to 3"),
        (Predicate("x", "between", (3, math.inf)), "Label from 3 on"),
        (Predicate("x", "between", ("2024-01", "2024-03")), "Label 2024-01 to 2024-03"),
        (Predicate("x", "contains", ("off",)), "Label contains “off”"),
        (Predicate("x", "matches", ("^I",)), "Label matches /^I/"),
        (Predicate("x", "missing"), "Label is missing"),
        (Predicate("x", "not_missing"), "Label is not missing"),
    ],
)
def test_a_chip_says_what_is_asked(predicate: Predicate, words: str):
    assert describe(predicate, "Label") == words
