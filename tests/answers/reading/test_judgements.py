"""A judge's answers: scores weighted by their probabilities, words, and what cannot be read."""

import math

import pytest

from evalmap.answers.answer_types import RawAnswer
from evalmap.answers.asking.judge import JUDGE_PROMPTS
from evalmap.answers.reading.judgements import read_fit, read_score

STRAIGHT, TURNED = [prompt for prompt in JUDGE_PROMPTS if prompt.criterion == "label"]


def tops(**probabilities: float) -> RawAnswer:
    position = {token.removeprefix("n"): math.log(p) for token, p in probabilities.items()}
    return RawAnswer(top_logprobs=({max(position, key=lambda token: position[token]): 0.0} | position,))


def test_score_is_the_mean_weighted_by_probabilities():
    assert read_score(tops(n4=0.6, n5=0.2, The=0.2)) == ("ok", pytest.approx((4 * 0.6 + 5 * 0.2) / 0.8))


@pytest.mark.parametrize(
    ("text", "score"), [("4", 4), ("**4**", 4), ("4/5", 4), ("(3) out of 5", 3), ("Answer: 2", 2), ("The answer is 5.", 5)]
)
def test_score_is_the_number_that_was_written(text: str, score: int):
    assert read_score(RawAnswer(text=text)) == ("ok", score)


@pytest.mark.parametrize("text", ["", "7", "between 2 and 4", "very relevant", "4.5 stars or 3"])
def test_what_is_no_score_is_not_guessed(text: str):
    status, score = read_score(RawAnswer(text=text))
    assert status == "unparsable"
    assert math.isnan(score)


def test_error_and_silence_are_told_apart():
    assert read_score(RawAnswer(error="500"))[0] == "error"
    assert read_score(RawAnswer())[0] == "no_logprobs"
    assert read_score(tops(The=0.999, n1=0.0001))[0] == "no_logprobs"  # it was writing something else, and its words are not told


def test_question_that_is_turned_round_is_read_so():
    yes = tops(Yes=0.7, No=0.2)
    status, fits, p_fits = read_fit(yes, STRAIGHT)
    assert (status, fits, p_fits) == ("ok", 1.0, pytest.approx(7 / 9))
    status, fits, p_fits = read_fit(yes, TURNED)
    assert (status, fits, p_fits) == ("ok", 0.0, pytest.approx(2 / 9))


def test_words_give_a_verdict_without_a_probability():
    status, fits, p_fits = read_fit(RawAnswer(text="No, it is not."), TURNED)
    assert (status, fits) == ("ok", 1.0)
    assert math.isnan(p_fits)
