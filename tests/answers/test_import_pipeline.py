"""From files of any known format to the tables of the workspace."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evalmap.answers.aligned import answers_on
from evalmap.answers.answer_types import AnswerSetInfo, RawAnswer, Scores, StagedSet
from evalmap.answers.import_pipeline import AnswerImport, import_answers, keep_staged
from evalmap.answers.importers.import_options import ImportOptions
from evalmap.answers.statistics.clusters import cluster_figures
from evalmap.answers.statistics.summary import summarize
from evalmap.answers.store import AnswerStore
from evalmap.data.errors import DatasetError
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import load_map
from evalmap.pages.component import answer_columns
from evalmap.tests.answers.maps import built, rows
from evalmap.tests.fakes import sentences, write_rows

ROWS = rows(20)
PERSONA = ("agreeableness", "desire-for-acquiring-power", "politically-liberal")
RISK = "advanced-ai-risk/lm_generated_evals/survival-instinct.jsonl"


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "home")


def table(path: Path, asked: list[dict[str, object]], **told: object) -> Path:
    answers = [{"question": row["text"], "answer": "Yes", "model": "m", **told} for row in asked]
    return write_rows(path, answers)


def state(root: Path) -> dict[str, tuple[bytes, int]]:
    return {str(p.relative_to(root)): (p.read_bytes(), p.stat().st_mtime_ns) for p in sorted(root.rglob("*")) if p.is_file()}


def test_table_goes_to_the_dataset_whose_questions_it_answers(space: Workspace, tmp_path: Path):
    built(space, tmp_path / "other.jsonl", rows(20, seed=1))
    on = built(space, tmp_path / "asked.jsonl", ROWS)
    (done,) = import_answers([table(tmp_path / "said.jsonl", ROWS[:8])], space)
    assert done.changed
    assert (done.record.slug, done.record.datasets, done.unjoined) == ("asked", ("asked",), ())
    assert (done.record.n_expected, done.record.n_ok, done.record.n_missing) == (20, 8, 12)
    (scores,) = answers_on(on, AnswerStore(space))
    assert scores.matches.tolist()[:8] == [1.0, 0.0] * 4
    assert pd.isna(scores.status[8:]).all()


def test_smallest_of_the_datasets_that_fit_alike_is_chosen(space: Workspace, tmp_path: Path):
    built(space, tmp_path / "all" / "more.jsonl", rows(20, seed=1))
    built(space, tmp_path / "all" / "z-asked.jsonl", ROWS)
    built(space, tmp_path / "all")
    (done,) = import_answers([table(tmp_path / "said.jsonl", ROWS)], space)
    assert done.record.slug == "z-asked"
    more = table(tmp_path / "both.jsonl", [*ROWS, *rows(20, seed=1)])
    assert import_answers([more], space)[0].record.slug == "all"


def test_importing_again_changes_no_byte_and_no_time(space: Workspace, tmp_path: Path):
    built(space, tmp_path / "asked.jsonl", ROWS)
    file = table(tmp_path / "said.jsonl", ROWS)
    import_answers([file], space)
    before = state(space.root / "answers")
    (again,) = import_answers([file], space)
    assert not again.changed
    assert state(space.root / "answers") == before
    moved = file.rename(tmp_path / "elsewhere.jsonl")
    import_answers([moved], space)
    assert len(AnswerStore(space).sets()) == 1


def test_answers_of_no_question_are_counted_and_named(space: Workspace, tmp_path: Path):
    built(space, tmp_path / "asked.jsonl", ROWS)
    (done,) = import_answers([table(tmp_path / "said.jsonl", [*ROWS, {"text": "never asked"}])], space)
    assert [(one.answer, one.what, one.why) for one in done.unjoined] == [(20, "never asked", "the dataset has no such question")]
    assert done.record.unjoined == 1
    assert done.record.unjoined_rows == ({"what": "never asked", "why": "the dataset has no such question"},)
    assert AnswerStore(space).sets()[0].unjoined_rows == done.record.unjoined_rows


def test_nothing_is_kept_unless_all_can_be(space: Workspace, tmp_path: Path):
    built(space, tmp_path / "asked.jsonl", ROWS)
    good, stranger = table(tmp_path / "good.jsonl", ROWS), table(tmp_path / "stranger.jsonl", rows(3, seed=9))
    sentence = (
        r"^stranger.jsonl: none of its 3 answers belongs to a built dataset \(looked in: asked\)\. "
        r"Nearest is asked, line 16: “.*” there, “.*” here \(character 8\)\. "
        r"Build the dataset of its questions first: evalmap build PATH$"
    )
    with pytest.raises(DatasetError, match=sentence):
        import_answers([good, stranger], space)
    with pytest.raises(
        DatasetError, match=r"^stranger.jsonl: none of its 3 answers belongs to asked \(.*: the dataset has no such"
    ):
        import_answers([good, stranger], space, dataset="asked")
    assert AnswerStore(space).sets() == []


def test_nothing_built_is_told(space: Workspace, tmp_path: Path):
    with pytest.raises(DatasetError, match=r"\(looked in: none is built\)"):
        import_answers([table(tmp_path / "said.jsonl", ROWS)], space)


def test_unknown_format_and_missing_file_are_told(space: Workspace, tmp_path: Path):
    strange = write_rows(tmp_path / "strange.jsonl", [{"colour": "red"}])
    with pytest.raises(DatasetError, match=r"strange.jsonl: no format of model answers was recognised\. Found a table with colour"):
        import_answers([strange], space)
    with pytest.raises(DatasetError, match=r"gone.jsonl: no such file or folder\. Check the path\."):
        import_answers([tmp_path / "gone.jsonl"], space)


def test_dataset_whose_records_are_gone_hinders_no_other(space: Workspace, tmp_path: Path):
    gone = built(space, tmp_path / "gone.jsonl", rows(20, seed=1))
    built(space, tmp_path / "asked.jsonl", ROWS)
    key = gone.manifest.key("records")
    shutil.rmtree(space.entry("records", key))
    file = table(tmp_path / "said.jsonl", ROWS)
    assert import_answers([file], space)[0].record.slug == "asked"
    with pytest.raises(DatasetError, match=r"^gone: its records are gone from .*\. Build it again: evalmap build PATH$"):
        import_answers([file], space, dataset="gone")


def test_lines_alone_need_the_dataset_s_name(space: Workspace, tmp_path: Path):
    built(space, tmp_path / "asked.jsonl", ROWS)
    file = write_rows(tmp_path / "said.jsonl", [{"row": i, "answer": "Yes"} for i in range(4)])
    with pytest.raises(DatasetError, match="none of its 4 answers belongs to a built dataset"):
        import_answers([file], space)
    (done,) = import_answers([file], space, dataset="asked")
    answers = AnswerStore(space).answers(done.record.id)
    assert answers["row"].tolist() == [0, 1, 2, 3]
    assert answers["matches"].tolist() == [True, False, True, False]


@pytest.mark.parametrize("name", ["said.jsonl", "asked.jsonl"])
def test_rows_that_are_counted_from_1_are_refused(space: Workspace, tmp_path: Path, name: str):
    """Joined as they stand, each would be the answer to the question before it, and one of them missing."""
    built(space, tmp_path / "asked.jsonl", ROWS)
    said = tmp_path / "said"
    said.mkdir()
    sentence = (
        rf"^{name}: its rows go from 1 to 20 and those of asked from 0 to 19, so they seem to be counted from 1\. "
        r"Count from 0, or call the column line, which counts from 1\.$"
    )
    with pytest.raises(DatasetError, match=sentence):
        import_answers([write_rows(said / name, [{"row": i + 1, "answer": "Yes"} for i in range(20)])], space, dataset="asked")
    (done,) = import_answers(
        [write_rows(said / name, [{"line": i + 1, "answer": "Yes"} for i in range(20)])], space, dataset="asked"
    )
    assert AnswerStore(space).answers(done.record.id)["row"].tolist() == list(range(20))
    asked = [{"row": i + 1, "question": row["text"], "answer": "Yes"} for i, row in enumerate(ROWS)]
    assert import_answers([write_rows(said / name, asked)], space)[0].record.n_ok == 20  # the questions tell


def test_answers_that_nothing_but_their_line_tells_the_question_of_are_noted(space: Workspace, tmp_path: Path):
    built(space, tmp_path / "asked.jsonl", ROWS)
    lines = [{"row": i, "answer": "Yes"} for i in range(4)] + [{"row": 4, "question": ROWS[4]["text"], "answer": "Yes"}]
    (done,) = import_answers([write_rows(tmp_path / "said.jsonl", lines)], space, dataset="asked")
    note = "4 answers are joined by line alone (counted from 0): the source tells no question to check it by."
    assert done.record.notes[-1] == note


def test_lines_of_two_datasets_of_one_name_need_to_be_told_which(space: Workspace, tmp_path: Path):
    for folder, seed in (("one", 0), ("two", 1)):
        built(space, tmp_path / folder / "habits.jsonl", rows(20, seed=seed))
    lines = write_rows(tmp_path / "said.jsonl", [{"dataset": "habits", "row": i, "answer": "Yes"} for i in range(4)])
    sentence = r"^said.jsonl: its answers name lines only, and habits\S* and habits\S* both have these lines, with other questions"
    with pytest.raises(DatasetError, match=sentence):
        import_answers([lines], space)
    assert AnswerStore(space).sets() == []
    assert import_answers([lines], space, dataset="habits")[0].record.slug == "habits"
    assert import_answers([table(tmp_path / "asked.jsonl", rows(20, seed=1))], space)[0].record.slug != "habits"


def test_two_answers_to_one_question_are_kept_as_samples(space: Workspace, tmp_path: Path):
    on = built(space, tmp_path / "asked.jsonl", ROWS)
    lines = [{"row": 3, "question": ROWS[3]["text"], "sample": i, "answer": answer} for i, answer in enumerate(["No", "No", "Yes"])]
    (done,) = import_answers([write_rows(tmp_path / "said.jsonl", lines)], space)
    answers = AnswerStore(space).answers(done.record.id)
    assert list(zip(answers["row"], answers["sample"], answers["answer"], strict=True)) == [
        (3, 0, "No"),
        (3, 1, "No"),
        (3, 2, "Yes"),
    ]
    assert (done.record.n_ok, done.record.statuses) == (1, {"ok": 3})
    assert answers_on(on, AnswerStore(space))[0].answer[3] == "No"


def test_half_a_surrogate_pair_in_an_answer_is_kept_as_u_fffd(space: Workspace, tmp_path: Path):
    on = built(space, tmp_path / "asked.jsonl", ROWS)
    cut = [RawAnswer(question=str(row["text"]), answer="Yes", text="Yes \ud83d") for row in ROWS[:3]]
    keep_staged(space, on.manifest, StagedSet(AnswerSetInfo(model="m", source_format="table"), tuple(cut)))
    (record,) = AnswerStore(space).sets()
    assert AnswerStore(space).answers(record.id)["raw_text"].tolist() == ["Yes \ufffd"] * 3


def test_one_answer_to_a_text_in_two_rows_is_counted_once(space: Workspace, tmp_path: Path):
    twice = [*ROWS, {**ROWS[0], "confidence": 0.1}]
    built(space, tmp_path / "asked.jsonl", twice)
    (done,) = import_answers([table(tmp_path / "said.jsonl", ROWS)], space)
    answers = AnswerStore(space).answers(done.record.id)
    assert answers.loc[answers["joined"] == "repeat", "row"].tolist() == [20]
    assert (len(answers), done.record.n_ok, done.record.n_expected) == (21, 20, 21)


def test_flags_without_labels_are_what_matches(space: Workspace, tmp_path: Path):
    bare = [{"text": text} for text in sentences(12)]
    on = built(space, tmp_path / "bare.jsonl", bare)
    lines = [{"question": row["text"], "correct": i % 3 == 0} for i, row in enumerate(bare)]
    import_answers([write_rows(tmp_path / "said.jsonl", lines)], space)
    (scores,) = answers_on(on, AnswerStore(space))
    assert scores.matches.tolist() == [float(i % 3 == 0) for i in range(12)]
    assert scores.answered.all()


# The real files


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, evals_root: Path) -> Workspace:
    """The four published files that the real answers are to."""
    space = Workspace(tmp_path_factory.mktemp("real") / "home")
    from evalmap.data.opening import open_dataset
    from evalmap.embeddings.pipeline import build
    from evalmap.tests.fakes import FakeEncoder

    for path in (*(evals_root / "persona" / f"{name}.jsonl" for name in PERSONA), evals_root / RISK):
        build(open_dataset(path), workspace=space, encoder=FakeEncoder())
    return space


@pytest.fixture
def own(real: Workspace, tmp_path: Path) -> Workspace:
    """The same, with nothing imported."""
    shutil.copytree(real.root / "datasets", tmp_path / "home" / "datasets")
    (tmp_path / "home" / "stages").symlink_to(real.root / "stages")
    return Workspace(tmp_path / "home")


def shown(space: Workspace, done: AnswerImport) -> Scores:
    on = load_map(space, space.find(done.record.slug))
    return next(scores for scores in answers_on(on, AnswerStore(space)) if scores.id == done.record.id)


@pytest.mark.answers
@pytest.mark.evals
def test_real_lm_eval_logs_are_read_strictly(own: Workspace, answers_root: Path):
    done = {one.record.slug: one for one in import_answers([answers_root / "lm-eval" / "out"], own)}
    assert sorted(done) == ["agreeableness", "desire-for-acquiring-power", "survival-instinct"]
    assert {slug: len(one.unjoined) for slug, one in done.items()} == dict.fromkeys(done, 0)
    ties = {slug: one.record.statuses.get("tie") for slug, one in done.items()}
    assert ties == {"agreeableness": 13, "desire-for-acquiring-power": 11, "survival-instinct": 2}
    record = done["agreeableness"].record
    assert (record.n_ok, record.n_expected, record.claims["acc"]) == (100, 100, 0.56)
    scores = shown(own, done["agreeableness"])
    assert np.flatnonzero(scores.answered).tolist() == list(range(100))
    assert (scores.ties.sum(), scores.matches[:100].mean()) == (13, pytest.approx(0.43))
    np.testing.assert_array_equal(scores.p_matching[scores.ties], 0.5)


@pytest.mark.answers
@pytest.mark.evals
def test_real_log_in_which_everything_ties_is_refused(own: Workspace, answers_root: Path):
    with pytest.raises(DatasetError, match="0 for both choices in every row is not an answer"):
        import_answers([answers_root / "lm-eval" / "out-all-ties"], own)
    assert AnswerStore(own).sets() == []


@pytest.mark.answers
@pytest.mark.evals
@pytest.mark.parametrize("prompt", ["chat-yesno", "hhh"])
@pytest.mark.parametrize("name", PERSONA)
def test_real_tables_say_what_they_say_of_themselves(own: Workspace, answers_root: Path, name: str, prompt: str):
    path = answers_root / "answers" / f"SmolLM2-135M-Instruct-Q4_1__{prompt}__{name}.jsonl"
    told = [json.loads(line) for line in path.read_text().splitlines()]
    (done,) = import_answers([path], own)
    assert (done.record.slug, len(done.unjoined), done.record.n_ok) == (name, 0, 1000)
    assert (done.record.info.model, done.record.info.prompt_id) == ("SmolLM2-135M-Instruct-Q4_1", prompt)
    scores = shown(own, done)
    assert scores.matches.tolist() == [float(one["matches"]) for one in told]
    assert scores.answer.tolist() == [one["answer"] for one in told]
    np.testing.assert_allclose(scores.p_matching, [one["p_matching"] for one in told], atol=1e-9)
    np.testing.assert_allclose(scores.mass, [one["answer_mass"] for one in told], atol=1e-9)


@pytest.mark.answers
@pytest.mark.evals
def test_real_inspect_logs_in_both_forms_agree(own: Workspace, answers_root: Path):
    found = []
    for folder, pattern in (("logs", "*.eval"), ("logs-json", "*.json")):
        (path,) = (answers_root / "inspect" / folder).glob(pattern)
        (done,) = import_answers([path], own)
        assert (done.record.slug, len(done.unjoined), done.record.n_ok) == ("agreeableness", 0, 100)
        found.append(AnswerStore(own).answers(done.record.id))
    columns = ["row", "answer", "matches", "p_matching", "answer_mass", "status"]
    pd.testing.assert_frame_equal(found[0][columns], found[1][columns])
    assert found[0]["row"].tolist() == list(range(100))


@pytest.mark.answers
@pytest.mark.evals
def test_real_batch_is_read_with_its_errors(own: Workspace, answers_root: Path):
    folder = answers_root / "openai-batch"
    done = import_answers([folder / f"batch_{name}.jsonl" for name in ("input", "output", "errors")], own)
    told = {one.record.slug: (one.record.n_ok, one.record.statuses, one.unjoined) for one in done}
    assert told == {"desire-for-acquiring-power": (40, {"ok": 40}, ()), "survival-instinct": (38, {"ok": 38, "error": 2}, ())}


# The public functions


def test_public_functions_go_from_a_path_in_words_to_the_report(space: Workspace, tmp_path: Path):
    from evalmap.answers import answers_on, import_answers, report

    on = built(space, tmp_path / "likes.jsonl", ROWS)
    (done,) = import_answers([str(table(tmp_path / "m.jsonl", ROWS))], space, "likes")
    (scores,) = answers_on(on, space)
    assert done.record.n_ok == len(ROWS)
    assert scores.answer.tolist() == ["Yes"] * len(ROWS)
    np.testing.assert_array_equal(scores.matches, [row["label"] == "Yes" for row in ROWS])
    (entry,) = report(on, [scores])["answer_sets"]
    assert (entry["model"], entry["n"], entry["matching"]) == ("m", len(ROWS), 0.5)


def test_table_of_answers_to_several_datasets_goes_to_each(space: Workspace, tmp_path: Path):
    other = rows(20, seed=1)
    built(space, tmp_path / "asked.jsonl", ROWS)
    built(space, tmp_path / "other.jsonl", other)
    both = table(tmp_path / "both.jsonl", [*ROWS[:9], *other[:4], {"text": "never asked"}])
    done = import_answers([both], space)
    assert [(one.record.slug, one.record.n_ok, one.record.unjoined) for one in done] == [("asked", 9, 1), ("other", 4, 0)]


def test_question_in_other_case_and_quotes_is_the_same_and_told(space: Workspace, tmp_path: Path):
    asked = [{"text": f"Is it \u201cso\u201d, number {i}?", "label": ["Yes", "No"][i % 2]} for i in range(8)]
    built(space, tmp_path / "asked.jsonl", asked)
    file = table(tmp_path / "said.jsonl", [{"text": f'is it "so", number {i}?'} for i in range(8)])
    (done,) = import_answers([file], space)
    assert (done.record.n_ok, done.unjoined) == (8, ())
    assert done.record.notes[-1] == (
        "8 questions are the dataset's but for what the normalization typographic passes over (first in line 1)."
    )


@pytest.mark.parametrize("column", ["answer", "choice"])
def test_column_that_equals_the_key_is_refused_until_it_is_named(space: Workspace, tmp_path: Path, column: str):
    built(space, tmp_path / "asked.jsonl", ROWS)
    file = write_rows(tmp_path / "said.jsonl", [{"question": row["text"], column: row["label"]} for row in ROWS])
    with pytest.raises(
        DatasetError, match=rf"^said.jsonl: {column} equals the dataset's key in 20 of 20 rows, so it looks like"
    ) as e:
        import_answers([file], space)
    assert e.value.settings == ("answer_field",)
    (done,) = import_answers([file], space, options=ImportOptions(columns={"answer": column}))
    assert done.record.n_ok == 20


def test_key_that_is_not_the_datasets_is_told_with_both(space: Workspace, tmp_path: Path):
    built(space, tmp_path / "asked.jsonl", ROWS)
    said = [{"question": row["text"], "pred": "Yes", "target": "No" if i == 4 else row["label"]} for i, row in enumerate(ROWS)]
    (done,) = import_answers([write_rows(tmp_path / "said.jsonl", said)], space)
    assert done.record.notes[-1] == (
        "The file's own key (target) is not the dataset's in 1 of 20 rows (first in line 5: No, in the dataset Yes); "
        "the dataset's counts."
    )


def test_free_answers_have_the_score_that_the_source_gives(space: Workspace, tmp_path: Path):
    asked = [{"text": text, "answer": f"because of {text}"} for text in sentences(8)]
    on = built(space, tmp_path / "asked.jsonl", asked)
    said = [{"question": row["text"], "response": "well", "judge_score": i / 8} for i, row in enumerate(asked)]
    (done,) = import_answers([write_rows(tmp_path / "said.jsonl", said)], space)
    assert (done.record.statuses, done.record.info.metric) == ({"ok": 8}, "judge_score")
    (scores,) = answers_on(on, AnswerStore(space))
    assert (scores.graded.tolist(), scores.is_graded) == ([i / 8 for i in range(8)], True)
    plain = [{key: value for key, value in row.items() if key != "judge_score"} for row in said]
    (done,) = import_answers([write_rows(tmp_path / "plain.jsonl", plain)], space)
    assert done.record.statuses == {"ok": 8}
    assert done.record.notes[-1].startswith("8 answers are free text, which is not scored here: bring a column correct ")


def test_scores_of_free_answers_have_a_mean_with_its_interval_whole_and_in_clusters(space: Workspace, tmp_path: Path):
    asked = [{"text": text, "answer": f"because of {text}"} for text in sentences(80)]
    on = built(space, tmp_path / "asked.jsonl", asked, k=2)
    inside = on.clustering("kmeans").labels == 0
    said = [
        {"question": row["text"], "response": "well", "score": 0.9 if own else 0.1} for row, own in zip(asked, inside, strict=True)
    ]
    import_answers([write_rows(tmp_path / "said.jsonl", said)], space)
    (scores,) = answers_on(on, AnswerStore(space))
    nothing = np.full(80, None, dtype=object)
    figures = summarize(scores, labels=nothing, confidence=np.full(80, np.nan))
    assert (figures.n, figures.n_score) == (0, 80)
    assert figures.mean_score == pytest.approx(0.1 + 0.8 * inside.mean())
    assert figures.mean_score_interval.low < figures.mean_score < figures.mean_score_interval.high
    found = cluster_figures(scores, labels=nothing, clusters=on.clustering("kmeans").labels, n_clusters=2)
    assert [one.value for one in found] == ["score"] * 2
    for one in found:
        if not one.hidden:
            assert one.mean_score == pytest.approx(0.9 if one.id == 0 else 0.1)
            assert one.flagged
    column = next(column for column in answer_columns.columns([scores]) if column.title.startswith("score"))
    assert (column.kind, column.low, column.high, column.missing) == ("number", 0.0, 1.0, 0)
