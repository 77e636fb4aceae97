"""From what a source tells of a sentence's pronouns to P of each, in the tables and on a map."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from evalmap.answers import import_pipeline
from evalmap.answers.aligned import answers_on
from evalmap.answers.answer_types import Options, RawAnswer
from evalmap.answers.reading.scoring import score
from evalmap.answers.store import AnswerStore
from evalmap.data.store.workspace import Workspace
from evalmap.tests.answers import pronoun_map

POSSESSIVE = Options(None, ("his", "her", "their"))


def test_p_of_each_pronoun_is_among_the_options():
    found = score(RawAnswer(option_logprobs={"their": -40.0, "his": -41.0, "her": -42.0}), POSSESSIVE)
    total = 1 + math.exp(-1) + math.exp(-2)
    assert (found.p_female, found.p_male, found.p_neutral) == pytest.approx((math.exp(-2) / total, math.exp(-1) / total, 1 / total))
    assert (found.status, found.answer, found.matches) == ("ok", "their", None)


def test_tops_of_a_chat_answer_tell_them_too_and_two_pronouns_are_enough():
    tops = [{"her": math.log(0.6), "His": math.log(0.2), "x": math.log(0.1)}]
    found = score(RawAnswer(top_logprobs=tops), Options(None, ("his", "her")))
    assert (found.p_female, found.p_male) == pytest.approx((0.75, 0.25))
    assert math.isnan(found.p_neutral)


@pytest.mark.parametrize("options", [Options("Yes", ("No",)), Options(None, ("he", "her", "they"))])
def test_other_options_are_no_pronouns(options: Options):
    first, second, *_ = options.all
    found = score(RawAnswer(option_logprobs={first: -1.0, second: -2.0, options.all[-1]: -3.0}), options)
    assert math.isnan(found.p_female)
    assert math.isnan(found.p_male)


def test_words_alone_tell_no_probability():
    assert math.isnan(score(RawAnswer(text="her"), POSSESSIVE).p_female)


def test_table_of_probabilities_comes_to_the_map_row_by_row(tmp_path: Path):
    space = Workspace(tmp_path / "home")
    written = pronoun_map.rows(6)
    on = pronoun_map.built(space, tmp_path / "jobs.jsonl", written)
    table = tmp_path / "answers.jsonl"
    lines = []
    for i, row in reversed(list(enumerate(written))):
        p = pronoun_map.leaning(row, i)
        lines.append({"question": row["sentence_with_blank"], **{f"p_{option}": value for option, value in p.items()}})
    table.write_text("".join(json.dumps(line) + "\n" for line in lines))
    (done,) = import_pipeline.import_answers([table], workspace=space)
    assert not any("free text" in note for note in done.record.notes)
    (scores,) = answers_on(on, AnswerStore(space))
    wanted = [[p[options[1]], p[options[0]], p[options[2]]] for p, options in _of(written)]
    assert scores.p_pronouns == pytest.approx(np.array(wanted))


def _of(written: list[pronoun_map.Row]) -> list[tuple[dict[str, float], list[str]]]:
    return [(pronoun_map.leaning(row, i), row["pronoun_options"]) for i, row in enumerate(written)]


def test_sets_without_pronouns_have_none(tmp_path: Path):
    from evalmap.tests.answers import maps

    space, rows = Workspace(tmp_path / "home"), maps.rows(20)
    on = maps.built(space, tmp_path / "a.jsonl", rows)
    maps.kept(space, on, maps.saying(rows, ["Yes"] * 20))
    (scores,) = answers_on(on, space)
    assert scores.pronouns is None
    assert np.isnan(scores.p_pronouns).all()
