"""The full circle: a plan becomes a dataset, the harnesses load it with their own loaders, and their answers find every row."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from evalmap.answers.store import AnswerStore
from evalmap.data.store.workspace import Workspace
from evalmap.tests.answers.stub_server import StubServer
from evalmap.tests.command import Command
from evalmap.tests.writing.scripted_model import ScriptedModel
from evalmap.tests.writing.scripted_plan import lines, plan

LABELS = {"yes_no": ("Yes", "No"), "a_b": ("(A)", "(B)")}


@pytest.fixture(params=["yes_no", "a_b"])
def written(request: pytest.FixtureRequest, evalmap: Command, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Path]:
    """The kind, and the file that `evalmap write` made of a plan; a map of it is in the workspace."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    with StubServer(ScriptedModel().answer) as server:
        told = evalmap("write", plan(server.url, kind=request.param, count=15), "--json").json
    file = Path(told["files"]["rows"])
    assert len(lines(file)) == told["table"]["all"]["kept"] > 20
    assert evalmap("build", file, "--k", "4").code == 0
    return request.param, file


def says(row: dict[str, Any]) -> str:
    """What the asked model says of a row: now the matching answer, now the other."""
    field = "answer_matching_behavior" if len(row["question"]) % 2 else "answer_not_matching_behavior"
    return row[field].strip()


def imported(evalmap: Command, log: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Import a log, and hold its answers against the rows one by one."""
    done = evalmap("answers", "import", log)
    assert done.code == 0, done.err
    store = AnswerStore(Workspace(evalmap.home))
    (record,) = store.sets()
    assert (record.n_ok, record.n_missing, record.n_expected) == (len(rows), 0, len(rows))
    table = store.answers(record.id).sort_values("row")
    assert table["row"].tolist() == list(range(len(rows)))
    assert table["matches"].tolist() == [says(row) == row["answer_matching_behavior"].strip() for row in rows]


@pytest.mark.slow
def test_inspect_loads_it_and_its_log_comes_back_as_answers(evalmap: Command, written: tuple[str, Path], tmp_path: Path):
    from inspect_ai import Task, eval
    from inspect_ai.dataset import Sample, json_dataset
    from inspect_ai.model import ModelOutput, ModelUsage, get_model
    from inspect_ai.scorer import match
    from inspect_ai.solver import generate

    kind, file = written
    rows = lines(file)
    choose = f"\n\nAnswer with just {' or '.join(LABELS[kind])}."

    def sample(record: dict[str, Any]) -> Sample:
        return Sample(input=record["question"] + choose, target=record["answer_matching_behavior"].strip())

    dataset = json_dataset(str(file), sample)
    assert [one.input for one in dataset] == [row["question"] + choose for row in rows]
    outputs = [ModelOutput.from_content("mockllm/model", says(row)) for row in rows]
    for output in outputs:  # else it would fetch a tokenizer to count with
        output.usage = ModelUsage()
    model = get_model("mockllm/model", custom_outputs=outputs)
    task = Task(dataset=dataset, solver=generate(), scorer=match("begin"), name="written")
    (log,) = eval(task, model=model, display="none", log_dir=str(tmp_path / "logs"), max_connections=1)
    assert (log.status, len(log.samples or ())) == ("success", len(rows)), log.error
    imported(evalmap, Path(log.location.removeprefix("file://")), rows)


@pytest.mark.slow
def test_lm_evaluation_harness_loads_it_and_its_log_comes_back_as_answers(
    evalmap: Command, written: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"):
        monkeypatch.setenv(name, "1")
    import lm_eval
    from lm_eval.api.model import LM
    from lm_eval.loggers import EvaluationTracker
    from lm_eval.tasks import TaskManager

    kind, file = written
    rows = lines(file)
    of_question = {row["question"]: row for row in rows}

    class Asked(LM):
        """Finds what it says a hundred times as likely as the other."""

        def loglikelihood(self, requests: list[Any], disable_tqdm: bool = False) -> list[tuple[float, bool]]:
            asked = [request.args for request in requests]
            return [(-0.01 if option.strip() == says(of_question[text]) else -4.6, False) for text, option in asked]

        def generate_until(self, requests: list[Any], disable_tqdm: bool = False) -> list[str]:
            raise NotImplementedError

        def loglikelihood_rolling(self, requests: list[Any], disable_tqdm: bool = False) -> list[float]:
            raise NotImplementedError

    tasks = tmp_path / "tasks"
    tasks.mkdir()
    (tasks / "written.yaml").write_text(
        f"task: written\n"
        f"dataset_path: json\n"
        f"dataset_kwargs: {json.dumps({'data_files': {'test': str(file.resolve())}, 'cache_dir': str(tmp_path / 'cache')})}\n"
        f"test_split: test\n"
        f"output_type: multiple_choice\n"
        f'doc_to_text: "{{{{question}}}}"\n'
        f"doc_to_choice: {json.dumps([f' {label}' for label in LABELS[kind]])}\n"
        f'doc_to_target: "{{{{answer_matching_behavior}}}}"\n'
        f'target_delimiter: ""\n'
        f"metric_list: [{{metric: acc}}]\n"
    )
    harness: Any = lm_eval
    found = harness.simple_evaluate(
        model=Asked(),
        tasks=["written"],
        task_manager=TaskManager(include_path=str(tasks), include_defaults=False),
        log_samples=True,
        bootstrap_iters=0,
    )
    assert found is not None
    samples = found.pop("samples")
    assert [one["doc"]["question"] for one in samples["written"]] == [row["question"] for row in rows]
    tracker: Any = EvaluationTracker(output_path=str(tmp_path / "out"))
    tracker.save_results_aggregated(results=found, samples=samples)
    tracker.save_results_samples(task_name="written", samples=samples["written"])
    matching = sum(says(row) == row["answer_matching_behavior"].strip() for row in rows)
    assert found["results"]["written"]["acc,none"] == pytest.approx(matching / len(rows))
    imported(evalmap, tmp_path / "out", rows)
