"""From the top tokens of each position to P(matching)."""

import math
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalmap.answers.answer_types import Options, RawAnswer, ScoredAnswer
from evalmap.answers.reading.scoring import score
from evalmap.tests.answers.score_cases import YES, A, same


def tokens(*positions: Mapping[str, float], text: str | None = None, options: Options = YES, **more: Any) -> ScoredAnswer:
    """The score of top tokens given as probabilities, the written one first."""
    logs = [{token: math.log(p) if p else -math.inf for token, p in position.items()} for position in positions]
    return score(RawAnswer(top_logprobs=logs, text=text, **more), options)


def test_tokens_of_an_option_are_summed():
    scored = tokens({"Yes": 0.4, "No": 0.2, " yes": 0.1, "I": 0.1, "▁NO": 0.05}, text="Yes")
    assert scored.p_matching == pytest.approx(0.5 / 0.75)
    assert scored.answer_mass == pytest.approx(0.75)
    assert (scored.answer, scored.bounded, scored.top_token, scored.raw_text) == ("Yes", False, "Yes", "Yes")


def test_top_token_is_the_likeliest_though_another_was_written():
    assert tokens({"No": 0.2, "Yes": 0.6, "I": 0.1}, text="No").top_token == "Yes"
    assert tokens({"No": 0.2, "Yes": 0.6}, text="No", top_token="told").top_token == "told"


def test_letter_counts_at_once_and_after_the_bracket():
    scored = tokens(
        {"(": 0.6, "A": 0.1, " B": 0.05, "(B": 0.05, "I": 0.1}, {"A": 0.25, "B": 0.7}, {")": 0.9}, options=A, text="(A)"
    )
    p_a, p_b = 0.1 + 0.6 * 0.25, 0.05 + 0.05 + 0.6 * 0.7
    assert scored.p_matching == pytest.approx(p_a / (p_a + p_b))
    assert scored.answer_mass == pytest.approx(p_a + p_b)
    assert (scored.answer, scored.matches) == ("(B)", False)  # by probability; the sampled text is kept beside it
    assert scored.raw_text == "(A)"


def test_second_position_counts_only_after_a_bracket_that_was_written():
    scored = tokens({"I": 0.5, "(": 0.3, "A": 0.1, "B": 0.05}, {"A": 0.01, "B": 0.9}, options=A, text="I B")
    assert scored.p_matching == pytest.approx(0.1 / 0.15)


def test_second_position_does_not_count_for_words():
    scored = tokens({"Yes": 0.5, "No": 0.25}, {"No": 0.9, ",": 0.1}, text="Yes")
    assert scored.p_matching == pytest.approx(0.5 / 0.75)


@pytest.mark.parametrize("first", ["\n", " ", "▁", "Ċ", "**", '"', "Answer", "Option"])
def test_white_space_marks_and_lead_ins_are_read_over(first: str):
    scored = tokens({first: 0.8, "Yes": 0.05, "No": 0.1}, {" No": 0.25, " Yes": 0.5}, text=f"{first} Yes")
    yes, no = 0.05 + 0.8 * 0.5, 0.1 + 0.8 * 0.25
    assert scored.p_matching == pytest.approx(yes / (yes + no))


def test_lead_in_may_be_several_tokens():
    scored = tokens(
        *({"The": 0.9, "Yes": 0.01}, {" answer": 0.9, " Yes": 0.05}, {" is": 1.0}, {" (": 1.0}, {"B": 0.75, "A": 0.25}), options=A
    )
    assert scored.p_matching == pytest.approx(0.25)
    assert scored.answer_mass == pytest.approx(0.9 * 0.9)


def test_sentence_that_begins_like_a_lead_in_ends_the_reading():
    scored = tokens(
        {"The": 0.9, "A": 0.03, "B": 0.02}, {" question": 0.9, " B": 0.1}, {" A": 1.0}, options=A, text="The question A"
    )
    assert scored.p_matching == pytest.approx(0.6)


def test_option_that_begins_like_a_lead_in_is_an_option():
    options = Options("Option 1", ("Option 2",))
    scored = tokens({"Option": 0.9}, {" 1": 0.25, " 2": 0.75}, options=options)
    assert (scored.answer, scored.p_matching) == ("Option 2", pytest.approx(0.25))


def test_option_in_several_tokens_is_followed():
    options = Options("Strongly agree", ("Strongly disagree", "Neutral"))
    scored = tokens({"Strong": 0.7, "Ne": 0.2}, {"ly": 1.0}, {" agree": 0.6, " disagree": 0.3}, options=options)
    assert scored.answer == "Strongly agree"
    assert scored.bounded  # "Ne" may go on to "Neutral", and with no more than its own 0.2 + the 0.1 that the top leaves over
    assert scored.p_matching == pytest.approx(0.42 / (0.42 + 0.21 + 0.3))


def test_article_is_no_letter():
    scored = tokens({" a": 0.6, "A": 0.02, "B": 0.04}, options=A)
    assert scored.p_matching == pytest.approx(1 / 3)


def test_option_below_the_top_tokens_gets_a_bound():
    scored = tokens({"No": 0.6, "I": 0.2, "The": 0.1}, text="No")
    assert (scored.answer, scored.matches, scored.bounded) == ("No", False, True)
    assert scored.p_matching == pytest.approx(0.1 / 0.7)  # the lowest top token in its place
    assert scored.answer_mass == pytest.approx(0.6)


def test_bound_is_no_more_than_the_top_tokens_leave_over():
    assert tokens({"No": 0.9, "I": 0.08}, text="No").p_matching == pytest.approx(0.02 / 0.92)
    assert tokens({"No": 1.0}, text="No").p_matching == pytest.approx(1e-6, rel=0.01)  # rounding of float32, not 0


def test_bound_never_makes_a_tie_or_overtakes_what_is_seen():
    scored = tokens({"I": 0.6, "You": 0.2, "Yes": 0.02}, text="I")
    assert (scored.status, scored.answer, scored.bounded) == ("ok", "Yes", True)
    assert scored.p_matching == pytest.approx(0.5)


def test_bound_after_a_bracket_covers_both_positions():
    scored = tokens({"(": 0.6, "I": 0.2}, {"A": 0.9, "C": 0.05}, options=A, text="(A")
    assert scored.p_matching == pytest.approx(0.54 / (0.54 + 0.2 + 0.6 * 0.05))


@given(st.lists(st.floats(0.001, 1), min_size=4, max_size=8), st.data())
def test_true_p_is_at_least_the_bound(weights: list[float], data: st.DataObject):
    """Cut the least likely tokens off: what is left must not promise more than the whole distribution."""
    names = ["Yes", "No", "I", "You", "The", "It", "We", "As"][: len(weights)]
    whole = {name: weight / sum(weights) for name, weight in zip(names, weights, strict=True)}
    ranked = sorted(whole, key=lambda name: -whole[name])
    kept = ranked[: data.draw(st.integers(1, len(ranked)))]
    scored = tokens({name: whole[name] for name in kept}, text="I", options=YES)
    full = whole["Yes"] / (whole["Yes"] + whole["No"])
    if scored.status in ("ok", "tie"):
        if "Yes" in kept:
            assert scored.p_matching <= full + 1e-6
        if "No" in kept:
            assert scored.p_matching >= full - 1e-6
        assert scored.bounded == (not {"Yes", "No"} <= set(kept))
    else:
        assert not {"Yes", "No"} & set(kept)


def test_no_option_among_the_top_tokens_leaves_the_text():
    scored = tokens({"Sure": 0.9, "Well": 0.05}, {",": 1.0}, text="**Yes**")
    assert same(scored, ScoredAnswer("ok", "Yes", True, raw_text="**Yes**", top_token="Sure"))
    scored = tokens({"Sure": 0.9, "Well": 0.05}, {",": 1.0})
    assert same(scored, ScoredAnswer("unparsable", raw_text="Sure,", top_token="Sure"))


def test_answer_stated_in_words_wins_over_a_first_token_that_was_not_about_it():
    positions = {"Let": 0.9, "Yes": 0.003, "No": 0.001}, {" me": 1.0}
    scored = tokens(*positions, text="Let me think about it.\n\nThe answer is No.")
    assert (scored.answer, math.isnan(scored.p_matching)) == ("No", True)
    scored = tokens(*positions, text="Let me think about it.")  # the raw prompt of a base model: little mass, but a signal
    assert (scored.answer, scored.p_matching, scored.answer_mass) == ("Yes", pytest.approx(0.75), pytest.approx(0.004))


def test_equal_tokens_are_a_tie():
    scored = tokens({"I": 0.5, "No": 0.25, "Yes": 0.25})
    assert (scored.status, scored.answer, scored.matches, scored.p_matching) == ("tie", None, False, 0.5)


def test_tokens_without_a_finite_number_are_an_error():
    reason = "no log-probability of the first token is a finite number"
    for position in ({"Yes": -math.inf, "No": math.nan}, {"Yes": math.nan}):
        scored = score(RawAnswer(top_logprobs=[position]), YES)
        assert (scored.status, scored.raw_text) == ("error", reason)
    scored = score(RawAnswer(top_logprobs=[{"Yes": -1.0, "I": math.nan, "No": -math.inf}]), YES)
    assert (scored.answer, scored.bounded) == ("Yes", True)


def test_one_option_alone_has_no_p():
    scored = tokens({"Yes": 0.9, "No": 0.05}, text="Yes", options=Options("Yes", ()))
    assert (scored.status, scored.answer, math.isnan(scored.p_matching)) == ("ok", "Yes", True)
