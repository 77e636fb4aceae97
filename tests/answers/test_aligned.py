"""The stored answers as a map sees them."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evalmap.answers.aligned import answers_on
from evalmap.answers.answer_types import RawAnswer, Scores
from evalmap.answers.store import AnswerStore
from evalmap.data.store.workspace import Workspace
from evalmap.tests.answers.maps import built, kept, rows, saying

ROWS, OTHERS = rows(20), rows(20, seed=1)
SAID = ["Yes"] * 10 + ["No"] * 10
MATCHING = [float(said == row["label"]) for said, row in zip(SAID, ROWS, strict=True)]


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "home")


def only(found: list[Scores]) -> Scores:
    (one,) = found
    return one


def test_row_i_of_every_array_is_example_i(space: Workspace, tmp_path: Path):
    on = built(space, tmp_path / "a.jsonl", ROWS)
    answers = [RawAnswer(question=row["text"], p_matching=0.9, answer_mass=0.5) for row in ROWS[:3][::-1]]
    answers += [RawAnswer(question=ROWS[3]["text"], p_matching=0.5), RawAnswer(question=ROWS[4]["text"], error="gone")]
    answers += [RawAnswer(question=ROWS[5]["text"], answer="No", bounded=True)]
    kept(space, on, answers, notes=("a note",), claims={"acc": 0.5})
    one = only(answers_on(on, AnswerStore(space)))
    assert one.status.tolist() == [*["ok"] * 3, "tie", "error", "ok", *[None] * 14]
    assert one.answer.tolist()[:6] == ["Yes", "No", "Yes", None, None, "No"]
    np.testing.assert_array_equal(one.matches, [1, 1, 1, 0, np.nan, 1, *[np.nan] * 14])
    np.testing.assert_array_equal(one.p_matching, [0.9, 0.9, 0.9, 0.5, *[np.nan] * 16])
    np.testing.assert_array_equal(one.mass, [0.5, 0.5, 0.5, *[np.nan] * 17])
    assert np.flatnonzero(one.bounded).tolist() == [5]
    assert np.flatnonzero(one.ties).tolist() == [3]
    assert np.flatnonzero(one.answered).tolist() == [0, 1, 2, 3, 5]
    assert (one.label, one.notes, one.claims) == ("made up · raw", ("a note",), {"acc": 0.5})


def test_set_imported_for_a_file_shows_on_the_map_of_its_collection_and_back(space: Workspace, tmp_path: Path):
    file = built(space, tmp_path / "all" / "habits.jsonl", ROWS)
    built_others = built(space, tmp_path / "all" / "others.jsonl", OTHERS)
    collection = built(space, tmp_path / "all")
    kept(space, file, saying(ROWS, SAID))
    store = AnswerStore(space)
    one = only(answers_on(collection, store))
    here = (collection.examples["dataset"] == "habits").to_numpy()
    assert collection.examples["text"][pd.notna(one.status)].tolist() == [row["text"] for row in ROWS]
    assert one.matches[here].tolist() == MATCHING
    assert answers_on(built_others, store) == []
    kept(space, collection, saying(OTHERS, SAID), model="other")
    assert [scores.label for scores in answers_on(built_others, store)] == ["other · raw"]
    assert [scores.label for scores in answers_on(file, store)] == ["made up · raw"]


def test_map_built_again_with_another_k_keeps_its_answers(space: Workspace, tmp_path: Path):
    kept(space, built(space, tmp_path / "a.jsonl", ROWS), saying(ROWS, SAID))
    again = built(space, tmp_path / "a.jsonl", k=3)
    assert only(answers_on(again, AnswerStore(space))).matches.tolist() == MATCHING


def test_file_in_another_order_keeps_its_answers_and_their_samples(space: Workspace, tmp_path: Path):
    answers = saying(ROWS, ["Yes" if said == "No" else "No" for said in SAID])  # outvoted by the two others
    answers += [answer for sample in (1, 2) for answer in saying(ROWS, SAID, sample=sample)]
    kept(space, built(space, tmp_path / "a.jsonl", ROWS), answers)
    order = [*range(0, 20, 2), *range(19, 0, -2)]  # the first stays in its line
    turned = built(space, tmp_path / "a.jsonl", [ROWS[row] for row in order])
    one = only(answers_on(turned, AnswerStore(space)))
    assert one.matches.tolist() == [MATCHING[row] for row in order]
    assert one.answer.tolist() == [SAID[row] for row in order]
    assert one.answered.all()


def test_equal_examples_take_their_answers_in_turn_after_a_reordering(space: Workspace, tmp_path: Path):
    twins = [ROWS[0], ROWS[1], ROWS[0], *ROWS[2:], ROWS[0]]
    said = ["Yes", "Yes", "No", *["Yes"] * 18, "No"]
    answers = [RawAnswer(row=row, question=twins[row]["text"], answer=said[row]) for row in range(len(twins))]
    kept(space, built(space, tmp_path / "a.jsonl", twins), answers)
    turned = built(space, tmp_path / "a.jsonl", [*ROWS[1:], *[ROWS[0]] * 3])
    one = only(answers_on(turned, AnswerStore(space)))
    assert one.answer.tolist()[-3:] == ["Yes", "No", "No"]
    assert one.answered.all()


def test_file_of_the_same_name_that_shares_rows_takes_no_answers(space: Workspace, tmp_path: Path):
    kept(space, built(space, tmp_path / "one" / "a.jsonl", ROWS), saying(ROWS, SAID))
    sharing = built(space, tmp_path / "two" / "a.jsonl", [*OTHERS, *ROWS[:5]])
    assert answers_on(sharing, AnswerStore(space)) == []


def test_changed_rows_have_no_answers(space: Workspace, tmp_path: Path):
    kept(space, built(space, tmp_path / "a.jsonl", ROWS), saying(ROWS, SAID))
    changed = [{**row, "label": "No"} if i == 2 else row for i, row in enumerate(ROWS)]
    one = only(answers_on(built(space, tmp_path / "a.jsonl", changed), AnswerStore(space)))
    assert np.flatnonzero(pd.isna(one.status)).tolist() == [2]


def test_row_that_only_shares_its_text_is_shown_and_not_counted(space: Workspace, tmp_path: Path):
    on = built(space, tmp_path / "a.jsonl", [*ROWS, {**ROWS[0], "confidence": 0.1}])
    kept(space, on, saying(ROWS, SAID))
    one = only(answers_on(on, AnswerStore(space)))
    assert one.answer[20] == "Yes"
    assert np.flatnonzero(~one.counted).tolist() == [20]
    assert one.answered.sum() == 20


def epochs(space: Workspace, tmp_path: Path, *samples: dict[str, Any]) -> Scores:
    """The scores of the first row (label Yes), of which these samples tell."""
    on = built(space, tmp_path / "a.jsonl", ROWS)
    kept(space, on, [RawAnswer(row=0, question=ROWS[0]["text"], sample=i, **told) for i, told in enumerate(samples)])
    return only(answers_on(on, AnswerStore(space)))


YES, NO, TIE, GONE = {"answer": "Yes"}, {"answer": "No"}, {"p_matching": 0.5}, {"error": "gone"}
RIGHT, WRONG = {"correct": True}, {"correct": False}


@pytest.mark.parametrize(
    ("samples", "status", "answer", "matches"),
    [
        ((YES, NO, YES), "ok", "Yes", 1.0),
        ((NO, YES, NO), "ok", "No", 0.0),
        ((YES, NO), "tie", None, 0.0),
        ((YES, GONE), "ok", "Yes", 1.0),
        ((GONE, NO, GONE), "ok", "No", 0.0),
        ((GONE, GONE), "error", None, np.nan),
        ((TIE, TIE, YES), "tie", None, 0.0),
        ((TIE, YES), "tie", None, 0.0),
        ((TIE, YES, YES), "ok", "Yes", 1.0),
        ((RIGHT, WRONG, WRONG), "ok", None, 0.0),
        ((RIGHT, RIGHT, WRONG), "ok", "Yes", 1.0),
        ((RIGHT, WRONG), "tie", None, 0.0),
    ],
)
def test_several_samples_are_one_answer_of_most_of_them(
    space: Workspace, tmp_path: Path, samples: tuple[dict[str, Any], ...], status: str, answer: str | None, matches: float
):
    one = epochs(space, tmp_path, *samples)
    assert (one.status[0], one.answer[0]) == (status, answer)
    np.testing.assert_equal(one.matches[0], matches)
    assert pd.isna(one.status[1:]).all()


def test_p_of_several_samples_is_their_mean(space: Workspace, tmp_path: Path):
    told = [{"p_matching": 0.9, "answer_mass": 0.5}, {"p_matching": 0.4, "bounded": True}, GONE]
    one = epochs(space, tmp_path, *told)
    assert one.p_matching[0] == pytest.approx(0.65)
    assert one.mass[0] == 0.5
    assert one.bounded[0]
    assert one.status[0] == "tie"


def test_parts_of_one_evaluation_are_put_together(space: Workspace, tmp_path: Path):
    on = built(space, tmp_path / "a.jsonl", ROWS)
    kept(space, on, saying(ROWS[:8], SAID[:8]), source_file="one.jsonl", source_sha256="1", claims={"acc": 1}, notes=("cut",))
    kept(space, on, saying(ROWS[8:], SAID[8:]), source_file="two.jsonl", source_sha256="2")
    one = only(answers_on(on, AnswerStore(space)))
    assert one.matches.tolist() == MATCHING
    assert sorted(one.info.source_file.split(", ")) == ["one.jsonl", "two.jsonl"]
    assert (one.notes, one.claims) == (("one.jsonl: cut",), {})
    assert one.label == "made up · raw"


def test_overlapping_parts_and_other_prompts_stay_apart(space: Workspace, tmp_path: Path):
    on = built(space, tmp_path / "a.jsonl", ROWS)
    for name, part in (("one", slice(8)), ("two", slice(7, 20))):
        kept(space, on, saying(ROWS[part], SAID[part]), source_file=f"{name}.jsonl", source_sha256=name)
    kept(space, on, saying(ROWS[8:], SAID[8:]), prompt_id="hhh", source_file="three.jsonl", source_sha256="3")
    found = {scores.label: np.flatnonzero(pd.notna(scores.status)).tolist() for scores in answers_on(on, AnswerStore(space))}
    assert found == {
        "made up · raw (one.jsonl)": list(range(8)),
        "made up · raw (two.jsonl)": list(range(7, 20)),
        "made up · hhh": list(range(8, 20)),
    }


def test_parts_that_were_asked_in_different_ways_are_no_parts_of_one(space: Workspace, tmp_path: Path):
    on = built(space, tmp_path / "a.jsonl", ROWS)
    kept(space, on, saying(ROWS[:8], SAID[:8]), source_sha256="1", mode="chat")
    kept(space, on, saying(ROWS[8:], SAID[8:]), source_sha256="2", mode="completion")
    assert [int(scores.answered.sum()) for scores in answers_on(on, AnswerStore(space))] == [8, 12]


def test_one_source_imported_for_two_datasets_is_one_set_on_a_third(space: Workspace, tmp_path: Path):
    built(space, tmp_path / "all" / "habits.jsonl", ROWS)
    built(space, tmp_path / "all" / "others.jsonl", OTHERS)
    files = [built(space, tmp_path / "all" / name) for name in ("habits.jsonl", "others.jsonl")]
    above = built(space, tmp_path / "all")
    answers = [*saying(ROWS, SAID), *saying(OTHERS, SAID)]
    for on in files:
        kept(space, on, answers)
    store = AnswerStore(space)
    assert only(answers_on(above, store)).answered.all()
    kept(space, above, answers)
    assert only(answers_on(above, store)).id == next(record.id for record in store.sets() if record.slug == above.manifest.slug)
    assert only(answers_on(files[0], store)).answered.all()
    copy = built(space, tmp_path / "elsewhere" / "habits.jsonl", ROWS)
    assert only(answers_on(copy, store)).label == "made up · raw"


@pytest.mark.parametrize(
    ("one", "other", "labels"),
    [
        ({"runtime": "vllm"}, {"runtime": "transformers"}, {"made up · raw (vllm)", "made up · raw (transformers)"}),
        ({"temperature": 0.0}, {"temperature": 1.0}, {"made up · raw (T = 0)", "made up · raw (T = 1)"}),
        ({"mode": "chat"}, {"mode": "completion"}, {"made up · raw (chat)", "made up · raw (completion)"}),
        ({"quantisation": "Q4_1"}, {"quantisation": "Q8_0"}, {"made up · raw (Q4_1)", "made up · raw (Q8_0)"}),
    ],
)
def test_labels_are_told_apart_by_what_differs(
    space: Workspace, tmp_path: Path, one: dict[str, Any], other: dict[str, Any], labels: set[str]
):
    on = built(space, tmp_path / "a.jsonl", ROWS)
    for told in (one, other):
        kept(space, on, saying(ROWS, SAID), **told)
    assert {scores.label for scores in answers_on(on, AnswerStore(space))} == labels


def test_two_prompts_of_one_name_are_told_apart_by_their_hash(space: Workspace, tmp_path: Path):
    on = built(space, tmp_path / "a.jsonl", ROWS)
    for template in ("{{text}}", "{{text}} Answer."):
        kept(space, on, saying(ROWS, SAID), prompt_template=template)
    found = answers_on(on, AnswerStore(space))
    assert {scores.label for scores in found} == {f"made up · raw (prompt {scores.info.prompt_hash[:6]})" for scores in found}
    assert len(found) == 2


def test_models_toml_is_read_at_each_look(space: Workspace, tmp_path: Path):
    on = built(space, tmp_path / "a.jsonl", ROWS)
    kept(space, on, saying(ROWS, SAID))
    before = only(answers_on(on, AnswerStore(space)))
    (space.root / "models.toml").write_text('[models."made*"]\nparams = 7e9\n')
    after = only(answers_on(on, AnswerStore(space)))
    assert (before.info.params, after.info.params) == (None, 7e9)
    assert before.id == after.id
