"""Results of evaluation tools, small and made up in their shapes: each answer with its question, its words and its score."""

import json
from pathlib import Path
from typing import Any

import pytest

from evalmap.answers.answer_types import StagedSet
from evalmap.answers.importers import answer_formats
from evalmap.answers.importers.answer_formats import stage
from evalmap.answers.importers.import_options import ImportOptions
from evalmap.data.errors import DatasetError


def jsonl(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def whole(path: Path, value: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1), encoding="utf-8")
    return path


def read(path: Path, module: str, **options: Any) -> list[StagedSet]:
    names = [importer.__name__.rpartition(".")[2] for importer in answer_formats.IMPORTERS if importer.recognizes(path)]
    assert names[0] == module
    found = stage([path], ImportOptions(**options))
    assert all(staged.notes[0].startswith("Columns read: ") for staged in found)
    return found


def test_anthropic_results_hold_text_blocks_and_errors(tmp_path: Path):
    message = {
        "role": "assistant",
        "model": "m-1",
        "content": [{"type": "thinking", "thinking": "…"}, {"type": "text", "text": "Yes"}],
    }
    failed = {"type": "errored", "error": {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}}
    path = jsonl(
        tmp_path / "results.jsonl",
        {"custom_id": "habits-0", "result": {"type": "succeeded", "message": message}},
        {"custom_id": "habits-1", "result": failed},
        {"custom_id": "habits-2", "result": {"type": "expired"}},
    )
    (staged,) = read(path, "anthropic_batch")
    assert (staged.info.model, staged.dataset) == ("m-1", "habits")
    assert [(raw.row, raw.text, raw.error) for raw in staged.answers] == [
        (0, "Yes", None),
        (1, None, "errored: overloaded_error: busy"),
        (2, None, "expired"),
    ]


def test_anthropic_requests_tell_the_questions(tmp_path: Path):
    said = {"type": "succeeded", "message": {"model": "m-1", "content": [{"type": "text", "text": "Yes"}]}}
    results = jsonl(tmp_path / "results.jsonl", *({"custom_id": f"r{i}", "result": said} for i in range(3)))
    params = [{"model": "m", "system": "Be brief.", "messages": [{"role": "user", "content": f"Number {i}?"}]} for i in range(3)]
    requests = jsonl(tmp_path / "requests.jsonl", *({"custom_id": f"r{i}", "params": one} for i, one in enumerate(params)))
    (staged,) = stage([results, requests])
    assert (staged.info.model, staged.info.system_prompt) == ("m", "Be brief.")
    assert [raw.question for raw in staged.answers] == ["Number 0?", "Number 1?", "Number 2?"]
    with pytest.raises(DatasetError, match=r"^requests.jsonl: requests without results\. Import the batch's results with them\.$"):
        stage([requests])


def test_promptfoo_results_are_a_set_for_each_provider(tmp_path: Path):
    rows = [
        {
            "vars": {"statement": f"Number {i}"},
            "prompt": {"raw": f"Is it so?\nNumber {i}", "label": "ask"},
            "provider": {"id": provider},
            "response": {"output": "Yes"},
            "score": 0.25 * i,
            "success": True,
            "namedScores": {"tone": 1},
        }
        for provider in ("openai:m", "other:n")
        for i in range(2)
    ]
    rows.append({**rows[0], "response": {}, "error": "rate  limit"})
    path = whole(tmp_path / "out.json", {"evalId": "eval-1", "results": {"version": 3, "results": rows}})
    first, second = read(path, "promptfoo")
    assert [s.info.label for s in (first, second)] == ["openai:m · ask", "other:n · ask"]
    assert [(raw.example, raw.text, raw.score) for raw in second.answers] == [
        ({"statement": "Number 0"}, "Yes", 0.0),
        ({"statement": "Number 1"}, "Yes", 0.25),
    ]
    assert (first.answers[2].error, first.answers[2].sample) == ("rate limit", 1)
    assert [raw.score for raw in read(path, "promptfoo", metric="tone")[1].answers] == [1.0, 1.0]
    with pytest.raises(DatasetError, match=r"^out.json: no metric is called taste \(found: score, tone\)\. Name one\.$"):
        stage([path], ImportOptions(metric="taste"))


@pytest.mark.parametrize("spelling", ["camel", "snake"])
def test_deepeval_test_cases_have_the_score_of_a_metric(tmp_path: Path, spelling: str):
    names = {"camel": ("testCases", "actualOutput", "expectedOutput", "metricsData"), "snake": ()}[spelling] or (
        *("test_results", "actual_output", "expected_output"),
        "metrics_data",
    )
    cases = [
        {
            "input": f"Number {i}?",
            names[1]: "so",
            names[2]: "so it is",
            names[3]: [{"name": "Faithfulness", "score": 0.5, "success": True}, {"name": "Tone", "score": None, "success": False}],
        }
        for i in range(2)
    ]
    path = whole(tmp_path / "run.json", {names[0]: cases})
    (staged,) = read(path, "deepeval")
    assert [(raw.question, raw.text, raw.score, raw.score_name, raw.gold) for raw in staged.answers] == [
        (f"Number {i}?", "so", 0.5, "Faithfulness", "so it is") for i in range(2)
    ]
    assert [raw.score for raw in read(path, "deepeval", metric="Tone")[0].answers] == [0.0, 0.0]


def test_events_of_openai_evals_are_put_together_by_sample(tmp_path: Path):
    prompt = [{"role": "system", "content": "Say Y or N."}, {"role": "user", "content": "So?"}]
    event = {"run_id": "r", "created_by": "", "created_at": "2024-01-01"}
    path = jsonl(
        tmp_path / "run.jsonl",
        {"spec": {"completion_fns": ["gpt-x"], "eval_name": "so.dev.v0", "base_eval": "so"}},
        {**event, "event_id": 0, "sample_id": "so.dev.0", "type": "sampling", "data": {"prompt": prompt, "sampled": ["Y"]}},
        {
            **event,
            "event_id": 1,
            "sample_id": "so.dev.0",
            "type": "match",
            "data": {"correct": True, "expected": "Y", "picked": "Y"},
        },
        {**event, "event_id": 2, "sample_id": "so.dev.1", "type": "match", "data": {"correct": False, "sampled": "N"}},
        {"final_report": {"accuracy": 0.5}},
    )
    (staged,) = read(path, "openai_evals")
    assert staged.info.model == "gpt-x"
    assert [(raw.question, raw.text, raw.score, raw.gold) for raw in staged.answers] == [
        ("So?", "Y", 1.0, "Y"),
        (None, "N", 0.0, None),
    ]


def test_opencompass_predictions_are_numbered_from_0(tmp_path: Path):
    turns = [{"role": "HUMAN", "prompt": "So?"}]
    value = {
        "0": {"origin_prompt": turns, "prediction": "Yes", "gold": "No"},
        "1": {"origin_prompt": "Or so?", "prediction": ["No"], "gold": 1},
        "2": {"label: A": {"PPL": 1.5}, "label: B": {"PPL": 2.5}, "origin_prompt": "Which?", "prediction": "A"},
    }
    (staged,) = read(whole(tmp_path / "predictions" / "m-7b" / "habits.json", value), "opencompass")
    assert (staged.info.model, staged.dataset) == ("m-7b", "habits")
    assert [(raw.row, raw.question, raw.text, raw.answer, raw.gold) for raw in staged.answers] == [
        (0, "So?", "Yes", None, "No"),
        (1, "Or so?", "No", None, "1"),
        (2, "Which?", None, "A", None),
    ]


def test_records_of_every_eval_ever_have_their_score(tmp_path: Path):
    row = {
        "schema_version": "instance_level_eval_0.2.1",
        "model_id": "org/m",
        "evaluation_name": "habits",
        "sample_id": "7",
        "input": {"raw": "So?", "reference": ["Yes"], "choices": []},
        "output": {"raw": ["Well, yes."]},
        "answer_attribution": [{"turn_idx": 0, "extracted_value": "yes"}],
        "evaluation": {"score": 1.0, "is_correct": True},
    }
    (staged,) = read(jsonl(tmp_path / "samples.jsonl", row), "every_eval_ever")
    (raw,) = staged.answers
    assert (staged.info.model, raw.dataset, raw.id, raw.question) == ("org/m", "habits", "7", "So?")
    assert (raw.answer, raw.text, raw.score, raw.gold) == ("yes", "Well, yes.", 1.0, "Yes")


def test_folder_of_several_formats_is_read_whole(tmp_path: Path):
    event = {"event_id": 0, "sample_id": "0", "type": "sampling", "data": {"prompt": "So?", "sampled": "Y"}}
    jsonl(tmp_path / "events.jsonl", event)
    (tmp_path / "said.csv").write_text("question,prediction\nSo?,Yes\nNot so?,No\n", encoding="utf-8")
    (tmp_path / "README.md").write_text("what is here", encoding="utf-8")
    whole(tmp_path / "config.json", {"a": 1})
    assert [staged.info.source_format for staged in stage([tmp_path])] == ["openai-evals", "table"]


def test_unknown_table_is_told_by_its_columns_and_how_to_name_them(tmp_path: Path):
    path = jsonl(tmp_path / "strange.jsonl", {"asked": "So?", "spoken": "Yes"})
    with pytest.raises(
        DatasetError, match=r"Found a table with asked, spoken; nearest is a table of .*answer=spoken,question=asked\.$"
    ):
        stage([path])
    (staged,) = stage([path], ImportOptions(columns={"answer": "spoken", "question": "asked"}))
    assert [(raw.question, raw.answer) for raw in staged.answers] == [("So?", "Yes")]
