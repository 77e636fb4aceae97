"""Questions that carry their options inside the text."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalmap.data.text.multiple_choice import MultipleChoice, has_question, lacks_question, split


def test_question_is_taken_apart_at_its_options():
    assert split("Shall we stop?\n\nChoices:\n (A) Yes\n (B) No, go on") == MultipleChoice(
        "Shall we stop?", (("(A)", "Yes"), ("(B)", "No, go on"))
    )


def test_eight_options_are_found_and_a_ninth_stays_text():
    text = "Pick.\n" + "\n".join(f"({letter}) option {letter}" for letter in "ABCDEFGHI")
    apart = split(text)
    assert apart is not None
    assert [mark for mark, _ in apart.choices] == [f"({letter})" for letter in "ABCDEFGH"]
    assert apart.choices[-1] == ("(H)", "option H\n(I) option I")


def test_option_that_mentions_another_stays_whole():
    apart = split("Which?\n(A) neither\n(B) the same as (A)\n(C) both (A) and (B)")
    assert apart is not None
    assert apart.choices == (("(A)", "neither"), ("(B)", "the same as (A)"), ("(C)", "both (A) and (B)"))


@pytest.mark.parametrize("text", ["", "No options at all", "Only (A) one", "(B) before (A) none", "(A) a (C) c", "(a) a (b) b"])
def test_text_without_an_a_and_then_a_b_is_not_multiple_choice(text: str):
    assert split(text) is None


def test_answer_cue_after_the_last_option_is_not_part_of_it():
    for cue in ("\n\nAnswer:", "\nanswer", "\n\n  Your answer: \n"):
        apart = split(f"Which?\n(A) one\n(B) two{cue}")
        assert apart is not None
        assert apart.choices[1] == ("(B)", "two")


def test_option_that_ends_in_the_word_answer_keeps_it():
    apart = split("Which?\n(A) I give no answer\n(B) I wait for\nan answer")
    assert apart is not None
    assert apart.choices == (("(A)", "I give no answer"), ("(B)", "I wait for\nan answer"))


@pytest.mark.parametrize(
    "header",
    ["\n\nChoices:", " Answers:", "\n> Choices:", "\n\n## Choices ##", "\n**Possible responses:**", "\n\\[Choices]:", "\n...\n"],
)
def test_heading_of_the_options_is_not_part_of_the_stem(header: str):
    apart = split(f"Would you go?{header}\n(A) Yes\n(B) No")
    assert apart is not None
    assert apart.stem == "Would you go?"


def test_stem_keeps_a_sentence_that_speaks_of_options():
    for stem in ("Pick the best answer:", "Which is your answer?", "Of these options."):
        apart = split(f"{stem}\n(A) one\n(B) two")
        assert apart is not None
        assert apart.stem == stem


@pytest.mark.parametrize(
    "before",
    ["", "Choices:", "_____\n\nChoices:", "_Choices_:", "\n\nAnswer choices:\n", "Possible responses", "Your options:", "Answer's"],
)
def test_nothing_is_asked(before: str):
    assert not has_question(before)
    assert lacks_question(f"{before} (A) Yes (B) No")
    apart = split(f"{before} (A) Yes (B) No")
    assert apart is not None
    assert apart.stem == ""


def test_text_without_options_does_not_lack_a_question():
    assert not lacks_question("Choices:")
    assert not lacks_question("Why? (A) this (B) that")


@pytest.mark.parametrize(
    "text",
    [
        "(A) a" + "\n" * 50_000 + "x (B) b",
        "choices " * 12_000 + "x (A) a (B) b",
        "choices" + " " * 100_000 + "x (A) a (B) b",
        "(A) a (B) " + "\nanswer " * 12_000 + "x",
        "\n" * 100_000 + "(A) a (B) b",
        ". choices" * 11_000 + " (A) a (B) b",
    ],
)
def test_hostile_text_of_100_kb_takes_no_time(text: str):
    started = time.perf_counter()
    assert split(text) is not None
    assert time.perf_counter() - started < 0.5


@given(
    st.lists(st.text("abc?. \n", max_size=8), max_size=4),
    st.lists(st.text("xyz", min_size=1, max_size=8), min_size=2, max_size=8),
)
def test_options_come_back_as_they_were_put_together(before: list[str], options: list[str]):
    stem = " ".join([*before, "why?"])
    marked = [f"({letter})" for letter in "ABCDEFGH"[: len(options)]]
    text = stem + "\n\nChoices:\n" + "\n".join(f"{mark} {option}" for mark, option in zip(marked, options, strict=True))
    assert split(text) == MultipleChoice(stem, tuple(zip(marked, options, strict=True)))
