"""Kept rows for lm-evaluation-harness and Inspect: the indexes and ids that these read are the rows that stay."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from evalmap.answers.aligned import answers_on
from evalmap.answers.sample_answers import install as install_answers
from evalmap.answers.statistics.summary import summarize
from evalmap.answers.store import AnswerStore
from evalmap.data.errors import DatasetError
from evalmap.data.opening import open_dataset
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import load_map
from evalmap.embeddings.sample_maps import install
from evalmap.screening.combining import join
from evalmap.screening.output.run_subsets import inspect_sample_ids, lm_eval_samples
from evalmap.screening.screening import Screening, screen
from evalmap.screening.screening_options import ScreeningOptions
from evalmap.tests.command import Command, texts
from evalmap.tests.paths import SAMPLES

OPTIONS = ScreeningOptions(method="exact", keep="first")
ROWS: list[dict[str, Any]] = [
    {"text": "Rain fell on the harbour all night."},
    {"text": None},  # no example, and a document of the task all the same
    {"text": "Bread takes time and patience."},
    {"text": "Rain fell on the harbour all night."},
    {"text": "She reads the last chapter first."},
]


def screened(folder: Path, *files: list[dict[str, Any]]) -> Screening:
    datasets = []
    for number, rows in enumerate(files):
        path = folder / f"set-{number}.jsonl"
        path.write_bytes(texts(*rows))
        datasets.append(open_dataset(path))
    joined = join(datasets)
    vectors = np.eye(len(joined), dtype=np.float32)
    return screen(joined.examples, vectors, options=OPTIONS, set_aside=joined.set_aside)


def test_indexes_count_every_row_of_the_file_from_zero(tmp_path: Path):
    done = screened(tmp_path, ROWS)
    assert json.loads(lm_eval_samples(done)) == {"set-0": [0, 2, 4]}
    assert json.loads(lm_eval_samples(done, task="persona_{file}")) == {"persona_set-0": [0, 2, 4]}
    assert inspect_sample_ids(done) == b"1,3,5\n"


def test_each_file_is_a_task(tmp_path: Path):
    done = screened(tmp_path, ROWS, [{"text": "Bread takes time and patience."}, {"text": "A violin is out of tune."}])
    assert json.loads(lm_eval_samples(done)) == {"set-0": [0, 2, 4], "set-1": [1]}
    assert inspect_sample_ids(done) == b"set-0:1,set-0:3,set-0:5,set-1:2\n"
    with pytest.raises(DatasetError, match="two files would be the task 'all' of lm-evaluation-harness"):
        lm_eval_samples(done, task="all")


def test_file_of_which_nothing_stays_is_left_out(tmp_path: Path):
    """lm-evaluation-harness reads an empty list as all rows."""
    done = screened(tmp_path, ROWS, [{"text": "Bread takes time and patience."}, {"text": "Rain fell on the harbour all night."}])
    assert list(json.loads(lm_eval_samples(done))) == ["set-0"]


def test_ids_of_the_rows_are_those_of_the_source(tmp_path: Path):
    rows = [{**row, "id": f"q-{at}"} for at, row in enumerate(ROWS)]
    assert inspect_sample_ids(screened(tmp_path, rows)) == b"q-0,q-2,q-4\n"


@pytest.mark.parametrize("id", ["a,b", "q*", "what?", "[1]"])
def test_id_that_inspect_reads_otherwise_is_told(tmp_path: Path, id: str):
    rows = [{**row, "id": f"{id}-{at}"} for at, row in enumerate(ROWS)]
    with pytest.raises(DatasetError, match=r"set-0 line 1: the id .* which --sample-id of Inspect reads otherwise"):
        inspect_sample_ids(screened(tmp_path, rows))


@pytest.mark.slow
def test_inspect_itself_runs_the_kept_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The real library, with a model that answers nothing: the log holds the kept rows."""
    from inspect_ai import Task, eval
    from inspect_ai._util.samples import parse_sample_id
    from inspect_ai.dataset import FieldSpec, json_dataset

    monkeypatch.chdir(tmp_path)
    rows = [row for row in ROWS if row["text"]]
    line = inspect_sample_ids(screened(tmp_path, rows)).decode().strip()
    task = Task(dataset=json_dataset("set-0.jsonl", FieldSpec(input="text")), name="set-0")
    (log,) = eval(task, model="mockllm/model", sample_id=parse_sample_id(line), display="none", log_dir=str(tmp_path / "logs"))
    assert [sample.input for sample in log.samples or ()] == [rows[at]["text"] for at in (0, 1, 3)]


def test_lm_evaluation_harness_itself_takes_the_kept_rows(tmp_path: Path):
    from lm_eval.api.task import Task
    from lm_eval.config.evaluate_config import EvaluatorConfig

    path = tmp_path / "samples.json"
    path.write_bytes(lm_eval_samples(screened(tmp_path, ROWS)))
    read: Any = EvaluatorConfig(samples=str(path))._process_arguments().samples
    documents: Any = SimpleNamespace(eval_docs=ROWS, config=SimpleNamespace(task="set-0"))
    taken = Task.doc_iterator(documents, samples=read["set-0"])
    assert [document["text"] for _, document in taken] == [ROWS[at]["text"] for at in (0, 2, 4)]


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = Workspace(tmp_path_factory.mktemp("home"))
    install(workspace)
    install_answers(workspace)
    return workspace


@pytest.mark.parametrize("name", ["prefers-careful-planning", "values-collective-decisions"])
def test_run_scored_again_on_the_kept_rows_is_the_hand_count(space: Workspace, name: str):
    built = load_map(space, space.find(name))
    done = screen(built.examples, built.vectors, options=ScreeningOptions(threshold=0.9), set_aside=built.set_aside)
    assert len(done.removed_rows) > 5
    indexes = json.loads(lm_eval_samples(done))[name]
    source = [json.loads(line) for line in (SAMPLES / "persona" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    run = (SAMPLES / "answers" / f"{name}__hhh.jsonl").read_text(encoding="utf-8").splitlines()
    answers = {row["row"]: row["answer"] for row in map(json.loads, run)}
    hits = [answers[row] == source[row]["answer_matching_behavior"].strip() for row in indexes if row in answers]
    scores = next(one for one in answers_on(built, AnswerStore(space)) if one.info.prompt_id == "hhh")
    labels, confidence = built.examples["label"].to_numpy(dtype=object), built.examples["confidence"].to_numpy()
    again = summarize(scores, labels=labels, confidence=confidence, rows=done.selection.kept)
    assert (again.n, again.matching) == (len(hits), pytest.approx(np.mean(hits)))


def test_screen_writes_them_and_a_recipe_writes_them_again(evalmap: Command):
    Path("set.jsonl").write_bytes(texts(*ROWS))
    given = ("--lm-eval-samples", "samples.json", "--lm-eval-task", "my_{file}", "--inspect-ids", "ids.txt", "--weights", "w.csv")
    done = evalmap("screen", "set.jsonl", "--method", "exact", "--keep", "first", *given, "--write-recipe", "recipe.yaml")
    assert (done.code, done.err) == (0, "")
    files = {name: Path(name).read_bytes() for name in ("samples.json", "ids.txt", "w.csv")}
    assert json.loads(files["samples.json"]) == {"my_set": [0, 2, 4]}
    assert files["ids.txt"] == b"1,3,5\n"
    weights = [row.split(",")[-1] for row in files["w.csv"].decode().splitlines()]
    assert weights == ['"weight"', '"0.5"', '"1.0"', '"0.5"', '"1.0"']
    for name in files:
        Path(name).unlink()
    assert evalmap("screen", "--recipe", "recipe.yaml").code == 0
    assert {name: Path(name).read_bytes() for name in files} == files


def test_weights_in_a_format_that_is_not_written_are_told(evalmap: Command):
    Path("set.jsonl").write_bytes(texts(*ROWS))
    assert (
        "weights w.xlsx: a table is written as .jsonl, .csv, .parquet" in evalmap("screen", "set.jsonl", "--weights", "w.xlsx").err
    )
