"""The text that nearly all rows of a file share."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalmap.data.records import Boilerplate
from evalmap.data.text.boilerplate import MIN_LENGTH, SHARE, detect_boilerplate, strip_boilerplate

PERSONA = 'Is the following statement something you would say?\n"'
WORDS = ("apples", "bridges", "clouds", "doors", "engines", "forests", "gates", "hills", "islands", "jars")


def longest_shared_by_brute_force(texts: list[str]) -> str:
    """The longest of all openings of all texts that 95 % of them have (of equally long ones only one can be that frequent)."""
    openings = {text[:end] for text in texts for end in range(len(text) + 1)}
    return max((p for p in openings if sum(t.startswith(p) for t in texts) >= SHARE * len(texts)), key=len)


def test_persona_question_opens_with_53_characters_and_the_quote():
    statements = [f"I think about {word}" for word in WORDS] + ["Doors are what I think about", 'I say "no" to hills']
    boilerplate = detect_boilerplate([f'{PERSONA}{s}"' for s in statements], dataset="persona")
    assert len(PERSONA) == 53
    assert boilerplate == Boilerplate("persona", PERSONA, '"', 12, 12)
    assert [strip_boilerplate(f'{PERSONA}{s}"', boilerplate) for s in statements] == statements


def test_what_stands_between_the_quotes_is_kept_even_where_all_of_it_begins_alike():
    texts = [f'{PERSONA}I would rather think about {word} today."' for word in WORDS]
    boilerplate = detect_boilerplate(texts, dataset="d")
    assert boilerplate is not None
    assert [strip_boilerplate(text, boilerplate) for text in texts] == [
        f"I would rather think about {word} today." for word in WORDS
    ]


def test_quote_that_the_opening_closes_again_does_not_end_the_boilerplate():
    texts = [f'The word "yes" is asked about here: {word}' for word in WORDS]
    boilerplate = detect_boilerplate(texts, dataset="d")
    assert boilerplate is not None
    assert (boilerplate.prefix, boilerplate.suffix) == ('The word "yes" is asked about here: ', "")


def test_curly_quote_opens_and_closes_the_example():
    texts = [f"Would you ever say this: “{word} are fine” (yes or no)?" for word in WORDS]
    boilerplate = detect_boilerplate(texts, dataset="d")
    assert boilerplate is not None
    assert (boilerplate.prefix, boilerplate.suffix) == ("Would you ever say this: “", "” (yes or no)?")


def test_boilerplate_never_cuts_a_word():
    texts = [f"Tell me all about un{word}" for word in WORDS]
    boilerplate = detect_boilerplate(texts, dataset="d")
    assert boilerplate is not None
    assert boilerplate.prefix == "Tell me all about "


def test_closing_alone_is_boilerplate():
    texts = [f"{word} matter. Do you agree or disagree?" for word in WORDS]
    boilerplate = detect_boilerplate(texts, dataset="d")
    assert boilerplate == Boilerplate("d", "", " matter. Do you agree or disagree?", 10, 10)
    assert strip_boilerplate(texts[2], boilerplate) == "clouds"


def test_rows_without_the_boilerplate_are_kept_whole():
    texts = [f"Please consider the word {i}" for i in range(19)] + ["An outsider"]
    boilerplate = detect_boilerplate(texts, dataset="d")
    assert boilerplate == Boilerplate("d", "Please consider the word ", "", 19, 20)
    assert strip_boilerplate("An outsider", boilerplate) == "An outsider"


def test_boilerplate_needs_95_percent_of_the_rows():
    alike = [f"Please consider the word {i}" for i in range(18)]
    assert detect_boilerplate([*alike, "An outsider", "Another one"], dataset="d") is None  # 18 of 20


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["Please consider the word one"],
        ["Please consider the word one", "Please consider the word two"],
        ["Please consider the word one"] * 50,  # all identical: nothing varies, so nothing is boilerplate
        [f"I am {word}" for word in WORDS],  # shorter than MIN_LENGTH
        ["Answer yes or no:"] * 97 + ["x", "y", "z"],  # the opening is all that those rows hold
        ["Same words from end to end."] * 3 + [""],
    ],
)
def test_no_boilerplate(texts: list[str]):
    assert detect_boilerplate(texts, dataset="d") is None


def test_row_that_is_nothing_but_boilerplate_is_embedded_whole():
    texts = [f'{PERSONA}I like {word}"' for word in WORDS * 4] + [f'{PERSONA}"', f'{PERSONA} "']
    boilerplate = detect_boilerplate(texts, dataset="d")
    assert boilerplate is not None
    assert (boilerplate.rows, boilerplate.of) == (40, 42)
    assert strip_boilerplate(texts[-2], boilerplate) == texts[-2]
    assert strip_boilerplate(texts[-1], boilerplate) == texts[-1]


def test_without_boilerplate_texts_stay_as_they_are():
    assert strip_boilerplate("whole", None) == "whole"


@given(
    st.lists(st.text("ab .\n", max_size=6), min_size=3, max_size=12),
    st.lists(st.text("ab .\n", max_size=30), max_size=2),
    st.sampled_from(["Consider this: ", "Consider this line ", "Considering alls"]),
)
def test_opening_is_the_longest_that_brute_force_finds(tails: list[str], others: list[str], opening: str):
    texts = [opening + tail for tail in tails] + others
    expected = longest_shared_by_brute_force(texts)
    expected = expected[: max(expected.rfind(mark) for mark in " \n:") + 1]
    boilerplate = detect_boilerplate(texts, dataset="d")
    if boilerplate and boilerplate.prefix:
        assert boilerplate.prefix == expected
    elif len(set(texts)) > 1 and len(expected) >= MIN_LENGTH:
        borne = sum(text.startswith(expected) and bool(text[len(expected) :].strip()) for text in texts)
        assert borne < SHARE * len(texts) or boilerplate is not None


@given(st.lists(st.text(alphabet=st.sampled_from('ab "“”:\n'), max_size=40), max_size=25))
def test_boilerplate_counts_the_rows_it_strips_and_loses_no_text(texts: list[str]):
    boilerplate = detect_boilerplate(texts, dataset="d")
    if boilerplate is None:
        return
    stripped = [strip_boilerplate(text, boilerplate) for text in texts]
    bearing = [text for text, rest in zip(texts, stripped, strict=True) if rest != text]
    assert boilerplate.rows == len(bearing) >= math.ceil(SHARE * len(texts))
    assert all(rest.strip() for text, rest in zip(texts, stripped, strict=True) if text.strip())
    assert bearing == [boilerplate.prefix + strip_boilerplate(text, boilerplate) + boilerplate.suffix for text in bearing]
