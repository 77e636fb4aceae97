"""Words and regular expressions in many texts, in a time that is bounded."""

import re
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalmap.data.errors import DatasetError
from evalmap.data.facets import text_search
from evalmap.data.facets.facet import category_facet, text_facet
from evalmap.data.facets.predicates import Predicate
from evalmap.data.facets.text_search import containing, matching

CATASTROPHIC = r"(a|aa)+$"
ENDLESS = "a" * 100 + "b"  # the pattern tries each of some 10^20 ways to part it


@settings(deadline=None)
@given(
    st.lists(st.text("ab. \n"), max_size=5), st.sampled_from([r"a+b", r"^a", r"b$", r"(?i)A", r"\ba", r"a(?!b)", r"(a|b)\1", "."])
)
def test_patterns_find_what_pythons_own_find(texts: list[str], pattern: str):
    assert matching(texts, pattern).tolist() == [re.search(pattern, text) is not None for text in texts]


@settings(deadline=None)
@given(st.lists(st.text("aAßsS "), max_size=5), st.text("aAßsS ", max_size=3))
def test_words_are_found_whatever_the_case(texts: list[str], words: str):
    found = containing([text.casefold() for text in texts], words)
    assert found.tolist() == [words.casefold() in text.casefold() for text in texts]


def test_a_pattern_that_never_ends_is_given_up_with_a_sentence():
    texts = ["short", *[ENDLESS] * 5]
    with pytest.raises(
        DatasetError, match=r"/\(a\|aa\)\+\$/ took more than 0\.3 s of the processor: 1 of 6 texts were looked through"
    ):
        matching(texts, CATASTROPHIC, seconds=0.3)


def test_time_is_bounded_for_all_texts_together():
    """Each text alone is quick enough: it is their sum that is bounded."""
    with pytest.raises(DatasetError, match=r"took more than 0\.05 s of the processor: [\d,]+ of 200,000 texts"):
        matching(["x" * 40] * 200_000, r"x*x*x*y", seconds=0.05)


def test_other_threads_go_on_meanwhile():
    ticks = []
    done = threading.Event()

    def tick() -> None:
        while not done.wait(0.01):
            ticks.append(time.perf_counter())

    thread = threading.Thread(target=tick)
    thread.start()
    try:
        with pytest.raises(DatasetError, match="took more than"):
            matching([ENDLESS], CATASTROPHIC, seconds=0.5)
    finally:
        done.set()
        thread.join()
    assert len(ticks) > 5  # a matcher that held the interpreter would let none through until it ends


@pytest.mark.parametrize("pattern", ["(", "a**", "[", r"\p{Nonsense}", "(?P<a>x)(?P=b)", "*"])
def test_what_is_no_pattern_is_told(pattern: str):
    with pytest.raises(DatasetError, match=r"is no regular expression \(.*\)"):
        matching(["a"], pattern)


def test_a_pattern_that_is_too_long_is_refused():
    with pytest.raises(DatasetError, match="A regular expression of 1,001 characters; write one of at most 1,000"):
        matching(["a"], "a" * 1_001)


def test_a_text_that_stands_twice_is_looked_through_once(monkeypatch: pytest.MonkeyPatch):
    seen = []
    monkeypatch.setattr(text_search, "matching", lambda texts, pattern: seen.append(list(texts)) or matching(texts, pattern))
    monkeypatch.setattr("evalmap.data.facets.facet.matching", text_search.matching)
    for facet in (text_facet("t", "T", ["a", "b", "a", None]), category_facet("t", "T", ["a", "b", "a", None])):
        assert facet.passes(Predicate("t", "matches", ("a",))).tolist() == [True, False, True, False]
    assert seen == [["a", "b"], ["a", "b"]]


def test_a_pattern_that_took_too_long_is_not_kept_as_an_answer():
    facet = text_facet("t", "T", [ENDLESS])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("evalmap.data.facets.facet.matching", lambda texts, pattern: matching(texts, pattern, seconds=0.05))
        for _ in range(2):
            with pytest.raises(DatasetError, match="took more than"):
                facet.passes(Predicate("t", "matches", (CATASTROPHIC,)))
