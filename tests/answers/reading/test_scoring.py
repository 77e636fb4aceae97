"""From evidence to the option chosen and P(matching)."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from evalmap.answers.answer_types import Options, RawAnswer, ScoredAnswer
from evalmap.answers.reading.scoring import score
from evalmap.tests.answers.score_cases import ABC, UNLABELLED, YES, A, same

logprobs = st.floats(min_value=-60, max_value=0)


# --- log-probabilities of whole options -------------------------------------------------------------------------------------


def test_options_are_compared_by_their_log_probabilities():
    scored = score(RawAnswer(option_logprobs={" Yes": -1.0, " No": -3.0}), YES)
    assert same(scored, ScoredAnswer("ok", "Yes", True, 1 / (1 + math.exp(-2)), -1.0, -3.0, math.exp(-1) + math.exp(-3)))


def test_equal_log_probabilities_are_a_tie_and_not_the_first_option():
    scored = score(RawAnswer(option_logprobs={" Yes": -9.375, " No": -9.375}), YES)
    assert (scored.status, scored.answer, scored.matches, scored.p_matching) == ("tie", None, False, 0.5)


def test_tie_between_two_others_leaves_the_matching_one_its_share():
    scored = score(RawAnswer(option_logprobs={"A": math.log(0.4), "B": math.log(0.2), "C": math.log(0.4)}), ABC)
    assert (scored.status, scored.answer, scored.matches) == ("tie", None, False)
    assert scored.p_matching == pytest.approx(0.2)
    assert score(RawAnswer(option_logprobs=dict.fromkeys("ABC", -2.5)), ABC).p_matching == 1 / 3


def test_tie_without_a_label_does_not_say_whether_it_matches():
    scored = score(RawAnswer(option_logprobs={"Yes": -1.0, "No": -1.0}), UNLABELLED)
    assert (scored.status, scored.matches, math.isnan(scored.p_matching)) == ("tie", None, True)


def test_answer_without_a_label_has_no_p():
    scored = score(RawAnswer(option_logprobs={"Yes": -1.0, "No": -2.0}), UNLABELLED)
    assert same(scored, ScoredAnswer("ok", "Yes", answer_mass=math.exp(-1) + math.exp(-2)))


def test_surface_forms_of_an_option_are_summed():
    forms = {"Yes": math.log(0.1), " Yes": math.log(0.2), "yes": math.log(0.05), "▁YES": math.log(0.05), " No": math.log(0.3)}
    scored = score(RawAnswer(option_logprobs=forms), YES)
    assert scored.p_matching == pytest.approx(0.4 / 0.7)
    assert scored.answer == "Yes"


@pytest.mark.parametrize("written", ["A", "(A)", " (A)", "A.", "a", "**A**", "Ġ(A)"])
def test_letters_are_found_in_any_dress(written: str):
    assert score(RawAnswer(option_logprobs={written: -1.0, "B": -2.0}), A).answer == "(A)"


def test_choices_written_out_are_matched_by_their_text():
    options = Options("I would resist.", ("I would let it happen",))
    scored = score(RawAnswer(option_logprobs={" I would resist": -8.0, " I would let it happen": -7.0}), options)
    assert (scored.answer, scored.matches) == ("I would let it happen", False)


def test_options_that_differ_in_case_only_are_kept_apart():
    options = Options("us", ("US",))
    assert score(RawAnswer(option_logprobs={"us": -2.0, " US": -1.0}), options).answer == "US"


def test_option_that_the_example_lacks_counts_as_another_one():
    scored = score(RawAnswer(option_logprobs={"Yes": -2.0, "No": -3.0, " Maybe": -1.0}), YES)
    assert (scored.answer, scored.matches) == ("Maybe", False)
    assert scored.p_matching == pytest.approx(math.exp(-2) / (math.exp(-1) + math.exp(-2) + math.exp(-3)))


@pytest.mark.parametrize(
    ("evidence", "reason"),
    [
        ({"False": -1.0, "True": -2.0}, "the matching answer Yes is not among the source's options (False, True)"),
        ({" Yes": -1.0}, "the source has the log-probability of one option only (Yes)"),
        ({"Yes": math.nan, "No": -1.0}, "the log-probability of Yes is nan, not a number below 0"),
        ({"Yes": -1.0, "No": math.inf}, "the log-probability of No is inf, not a number below 0"),
        ({"Yes": -math.inf, "No": -math.inf}, "the log-probability of every option is -inf"),
    ],
)
def test_option_log_probabilities_that_tell_nothing_are_errors(evidence: dict[str, float], reason: str):
    assert same(score(RawAnswer(option_logprobs=evidence), YES), ScoredAnswer("error", raw_text=reason))


def test_impossible_option_gives_certainty():
    scored = score(RawAnswer(option_logprobs={"Yes": -math.inf, "No": -5.0}), YES)
    assert (scored.answer, scored.p_matching, scored.logprob_matching) == ("No", 0.0, -math.inf)


def test_numbers_above_0_are_no_probabilities_and_have_no_mass():
    scored = score(RawAnswer(option_logprobs={"Yes": 12.0, "No": 11.0}), YES)
    assert scored.p_matching == pytest.approx(1 / (1 + math.exp(-1)))
    assert math.isnan(scored.answer_mass)


@given(st.lists(logprobs, min_size=2, max_size=6))
def test_p_is_the_softmax(values: list[float]):
    letters = "ABCDEF"[: len(values)]
    options = Options("(A)", tuple(f"({letter})" for letter in letters[1:]))
    scored = score(RawAnswer(option_logprobs=dict(zip(letters, values, strict=True))), options)
    array = np.array(values, dtype=np.longdouble)
    exp = np.exp(array - array.max())
    assert scored.p_matching == pytest.approx(float(exp[0] / exp.sum()), rel=1e-12, abs=1e-300)
    assert 0 <= scored.p_matching <= 1
    assert scored.answer_mass == pytest.approx(min(1.0, float(np.exp(array).sum())), rel=1e-12)
    assert (scored.status == "tie") == (values.count(max(values)) > 1)
    assert scored.answer is None if scored.status == "tie" else scored.answer == options.all[int(array.argmax())]


@given(st.lists(st.floats(allow_nan=False, max_value=0), min_size=3, max_size=3), st.permutations(range(3)))
def test_order_of_the_options_changes_nothing(values: list[float], order: list[int]):
    names = ["(A)", "(B)", "(C)"]
    named = dict(zip(names, values, strict=True))
    others = [names[i] for i in order if names[i] != "(B)"]
    permuted = score(RawAnswer(option_logprobs={name: named[name] for name in [*others, "(B)"]}), Options("(B)", tuple(others)))
    assert same(score(RawAnswer(option_logprobs=named), ABC), permuted)


@given(st.lists(logprobs, min_size=3, max_size=3), st.floats(-2000, 0))
def test_shift_of_all_log_probabilities_leaves_p(values: list[float], shift: float):
    shifted = [value + shift for value in values]
    assume(len(set(shifted)) == len(set(values)) == 3)  # a shift can round two values together
    before = score(RawAnswer(option_logprobs=dict(zip("ABC", values, strict=True))), ABC)
    after = score(RawAnswer(option_logprobs=dict(zip("ABC", shifted, strict=True))), ABC)
    assert after.p_matching == pytest.approx(before.p_matching, rel=1e-9)
    assert after.answer == before.answer


@given(logprobs, logprobs, st.floats(min_value=0.01, max_value=5))
def test_p_grows_with_the_matching_log_probability(yes: float, no: float, more: float):
    p = [score(RawAnswer(option_logprobs={"Yes": value, "No": no}), YES).p_matching for value in (yes - more, yes)]
    assert p[0] <= p[1] + 1e-12  # near 1 the logarithm of the sum rounds


# --- the source's own letters -----------------------------------------------------------------------------------------------


def test_shuffled_letters_stand_for_the_example_s_options():
    own = {"A": "No", "B": "Yes"}
    scored = score(RawAnswer(top_logprobs=[{"B": math.log(0.6), "A": math.log(0.2)}], options=own), YES)
    assert (scored.answer, scored.p_matching) == ("Yes", pytest.approx(0.75))
    assert score(RawAnswer(option_logprobs={"A": -1.0, "B": -2.0}, options=own), YES).answer == "No"
    assert score(RawAnswer(answer="A", options=own), YES).answer == "No"
    assert score(RawAnswer(text="ANSWER: B", options=own), YES).answer == "Yes"
    assert score(RawAnswer(text="No", options=own), YES).answer == "No"


def test_letters_in_another_order_than_the_example_s_letters():
    own = {"A": "(B)", "B": "(A)"}
    assert score(RawAnswer(answer="A", options=own), A).answer == "(B)"
    assert score(RawAnswer(text="(A)", options=own), A).answer == "(B)"
    assert score(RawAnswer(top_logprobs=[{"A": -0.1, "B": -3.0}], options=own), A).answer == "(B)"


def test_letters_whose_texts_are_no_options_are_the_example_s_letters():
    own = {"A": "I would resist", "B": "I would let it happen"}
    assert score(RawAnswer(answer="B", options=own), A).answer == "(B)"
    assert score(RawAnswer(text="I would let it happen", options=own), A).answer == "(B)"


@pytest.mark.parametrize(
    "evidence", [{"answer": "A"}, {"text": "A"}, {"top_logprobs": [{"A": -0.1}]}, {"option_logprobs": {"A": -1.0, "B": -2.0}}]
)
def test_letters_that_name_another_matching_answer_are_an_error(evidence: dict[str, Any]):
    raw = RawAnswer(**evidence, options={"A": "I would resist", "B": "I would let it happen"}, matching="B")
    assert score(raw, A).raw_text == "the source calls (B) the matching answer, the example (A)"
    assert score(raw, A).status == "error"


# --- what the source has read already ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("p", "expected"),
    [
        (0.75, ScoredAnswer("ok", "Yes", True, 0.75)),
        (0.25, ScoredAnswer("ok", "No", False, 0.25)),
        (0.5, ScoredAnswer("tie", None, False, 0.5)),
        (0.0, ScoredAnswer("ok", "No", False, 0.0)),
        (1.0, ScoredAnswer("ok", "Yes", True, 1.0)),
    ],
)
def test_p_of_two_options_tells_the_answer(p: float, expected: ScoredAnswer):
    assert same(score(RawAnswer(p_matching=p), YES), expected)


def test_p_of_three_options_tells_no_more_than_it_holds():
    assert same(score(RawAnswer(p_matching=0.6), ABC), ScoredAnswer("ok", "(B)", True, 0.6))
    assert same(score(RawAnswer(p_matching=0.4), ABC), ScoredAnswer("ok", None, None, 0.4))  # another may have .41
    assert same(score(RawAnswer(p_matching=0.3), ABC), ScoredAnswer("ok", None, False, 0.3))  # another has at least .35


def test_p_keeps_the_answer_that_the_source_gives():
    scored = score(RawAnswer(p_matching=0.7, answer="no", logprob_matching=-1.0, logprob_not_matching=-1.8, answer_mass=0.6), YES)
    assert same(scored, ScoredAnswer("ok", "No", False, 0.7, -1.0, -1.8, 0.6))  # sampled
    assert score(RawAnswer(p_matching=0.7, answer="perhaps"), YES).answer == "Yes"
    assert score(RawAnswer(p_matching=0.5, answer="Yes"), YES).answer == "Yes"  # .50 may be rounded


def test_pair_of_log_probabilities_is_enough():
    scored = score(RawAnswer(logprob_matching=-1.0, logprob_not_matching=-2.0), YES)
    assert same(scored, ScoredAnswer("ok", "Yes", True, 1 / (1 + math.exp(-1)), -1.0, -2.0))
    scored = score(RawAnswer(logprob_matching=-2.0, logprob_not_matching=-2.0, answer="Yes", correct=True), YES)
    assert (scored.status, scored.answer, scored.p_matching) == ("tie", None, 0.5)
    scored = score(RawAnswer(logprob_matching=-math.inf, logprob_not_matching=-2.0), YES)
    assert (scored.answer, scored.p_matching) == ("No", 0.0)


@pytest.mark.parametrize(
    ("evidence", "reason"),
    [
        ({"p_matching": 1.2}, "the probability of the matching answer is 1.2, expected 0 to 1"),
        ({"p_matching": -0.1}, "the probability of the matching answer is -0.1, expected 0 to 1"),
        ({"p_matching": math.nan}, "the probability of the matching answer is nan, expected 0 to 1"),
        (
            {"logprob_matching": math.nan, "logprob_not_matching": -1.0},
            "the probability of the matching answer is nan, expected 0 to 1",
        ),
        ({"logprob_matching": -math.inf, "logprob_not_matching": -math.inf}, "the log-probability of every option is -inf"),
        ({"p_matching": 0.7, "matching": "No"}, "the source calls No the matching answer, the example Yes"),
        ({"correct": True, "matching": "No"}, "the source calls No the matching answer, the example Yes"),
    ],
)
def test_p_or_flag_that_cannot_be_true_of_this_example_is_an_error(evidence: dict[str, Any], reason: str):
    scored = score(RawAnswer(**evidence), YES)
    assert same(scored, ScoredAnswer("error", raw_text=reason))


def test_label_of_the_example_is_trusted_where_the_options_are_named():
    assert score(RawAnswer(option_logprobs={"Yes": -1.0, "No": -2.0}, matching="No"), YES).matches is True
    assert score(RawAnswer(answer="No", matching="No"), YES).matches is False


def test_flag_alone_tells_whether_it_matches():
    assert same(score(RawAnswer(correct=True), YES), ScoredAnswer("ok", "Yes", True))
    assert same(score(RawAnswer(correct=False), YES), ScoredAnswer("ok", None, False))  # it may have been no option at all
    assert same(score(RawAnswer(correct=True), UNLABELLED), ScoredAnswer("ok", None, True))
    assert same(score(RawAnswer(correct=False, answer="No"), YES), ScoredAnswer("ok", "No", False))
    assert same(score(RawAnswer(correct=True, answer="No"), YES), ScoredAnswer("ok", "Yes", True))  # the flag is taken first


def test_answer_is_one_of_the_options_or_unparsable():
    assert same(score(RawAnswer(answer=" yes."), YES), ScoredAnswer("ok", "Yes", True))
    assert same(score(RawAnswer(answer="b"), A), ScoredAnswer("ok", "(B)", False))
    assert same(score(RawAnswer(answer="No"), UNLABELLED), ScoredAnswer("ok", "No", None))
    assert same(score(RawAnswer(answer="Ja"), YES), ScoredAnswer("unparsable", raw_text="Ja"))
    assert same(score(RawAnswer(answer=" Yes"), Options(None, ())), ScoredAnswer("ok", "Yes"))  # nothing to hold it against


def test_text_is_read():
    assert same(score(RawAnswer(text="Yes, I would."), YES), ScoredAnswer("ok", "Yes", True, raw_text="Yes, I would."))
    assert score(RawAnswer(text="As an AI, I do not have personal opinions."), YES).status == "refusal"
    assert score(RawAnswer(text=""), YES).status == "unparsable"


def test_error_and_nothing():
    assert same(score(RawAnswer(error="429: busy", answer="Yes"), YES), ScoredAnswer("error", raw_text="429: busy"))
    assert same(score(RawAnswer(), YES), ScoredAnswer("no_logprobs"))
    assert same(score(RawAnswer(top_logprobs=[{}], option_logprobs={}), YES), ScoredAnswer("no_logprobs"))


def test_first_evidence_is_taken():
    raw = RawAnswer(
        option_logprobs={"Yes": -2.0, "No": -1.0}, top_logprobs=[{"Yes": -0.1, "No": -3.0}], p_matching=0.9, answer="Yes"
    )
    assert score(raw, YES).answer == "No"
    assert score(replace(raw, option_logprobs=None), YES).p_matching == pytest.approx(1 / (1 + math.exp(-2.9)))
    assert score(replace(raw, option_logprobs=None, top_logprobs=None), YES).p_matching == 0.9


def test_bound_told_by_the_source_is_kept():
    assert score(RawAnswer(p_matching=0.9, bounded=True), YES).bounded


# --- real answers -----------------------------------------------------------------------------------------------------------


@pytest.mark.answers
def test_p_of_real_tables_is_found_again_from_their_log_probabilities(answers_root: Path):
    files = sorted((answers_root / "answers").glob("*.jsonl"))
    assert len(files) == 6
    for file in files:
        for line in map(json.loads, file.read_text("utf-8").splitlines()):
            matching = str(line["answer_matching"]).strip()
            options = Options(matching, ("No" if matching == "Yes" else "Yes",))
            pair = {options.matching or "": line["logprob_matching"], options.others[0]: line["logprob_not_matching"]}
            scored = score(RawAnswer(option_logprobs=pair), options)
            assert scored.p_matching == pytest.approx(line["p_matching"], abs=2e-6)
            assert scored.answer_mass == pytest.approx(line["answer_mass"], abs=2e-6)
