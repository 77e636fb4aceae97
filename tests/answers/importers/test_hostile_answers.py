"""Files of answers that are meant to harm, or that went wrong: each is read, or refused with one sentence; never half a set."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from evalmap.answers.import_pipeline import import_answers
from evalmap.answers.store import AnswerStore
from evalmap.data.errors import DatasetError
from evalmap.data.store.workspace import Workspace
from evalmap.tests.answers.maps import built, rows

ROWS = rows(20)
Q = ROWS[0]["text"]
DATE = "2026-11-24T11-37-48.383352"
LONG, DEEP = "9" * 5000, "[" * 100_000
BROKEN_GZIP = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + b"\xff" * 100


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    space = Workspace(tmp_path / "home")
    built(space, tmp_path / "asked.jsonl", ROWS)
    return space


def row(**told: Any) -> str:
    return json.dumps({"question": Q, "answer": "Yes", **told}) + "\n"


def sample(**told: Any) -> str:
    arguments = {f"gen_args_{i}": {"arg_0": Q, "arg_1": f" {answer}"} for i, answer in enumerate(("Yes", "No"))}
    line = {"doc_id": 0, "doc": {"text": Q}, "target": "0", "arguments": arguments, "filter": "none"}
    return json.dumps({**line, "filtered_resps": [["-1.0", "True"], ["-2.0", "False"]], **told}) + "\n"


def results(**told: Any) -> str:
    named = {"results": {"t": {"acc,none": 0.5}}, "configs": {"t": {}}, "n-shot": {"t": 0}, "model_name": "m"}
    return json.dumps({**named, **told})


def batch(asked: dict[str, Any] | None = None, **answered: Any) -> str:
    top = [{"token": "Yes", "logprob": -0.1}, {"token": "No", "logprob": -2}]
    choice = {"message": {"content": "Yes"}, "logprobs": {"content": [{**top[0], "top_logprobs": top}]}}
    request = {"custom_id": "r", "body": {"model": "m", "messages": [{"role": "user", "content": Q}], **(asked or {})}}
    body = {"model": "m", "choices": [choice], **answered}
    response = {"custom_id": "r", "response": {"status_code": 200, "body": body}, "error": None}
    return f"{json.dumps(request)}\n{json.dumps(response)}\n"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.jsonl", row(sample=1e30), r"^a.jsonl line 1: sample is 1e\+30, expected a whole number from 0 to 1e\+15\.$"),
        ("a.jsonl", row(n_shot=1e30), r"n_shot is 1e\+30, expected a whole number"),
        ("a.jsonl", row(rlhf_steps=2**63), r"rlhf_steps is 9223372036854775808, expected a whole number"),
        ("a.jsonl", row(x=1).replace(": 1}", f": {LONG}}}"), "no format of model answers was recognised"),
        ("a.json", f"[{row(x=1).strip()[:-2]}{DEEP}", "no format of model answers was recognised"),
        ("a.json", f'{{"version": 2, "eval": {{"task": "t", "x": {DEEP}', r"^a.json: brackets nested more than 10,000 deep"),
        ("a.json", f"[{row().strip()}, 1, 2]", r"^a.json record 2: a number, expected an object with named fields\.$"),
        ("a.json", "[1, 2, 3]", "no format of model answers was recognised"),
        ("a.jsonl", "", r"^a.jsonl: the file is empty\."),
        ("a.jsonl.gz", BROKEN_GZIP, r"^a.jsonl.gz: the gzip file is damaged \(.*Fetch or pack it again\.$"),
        ("a.json.gz", BROKEN_GZIP, r"^a.json.gz: the gzip file is damaged"),
        ("a.csv.gz", BROKEN_GZIP, r"^a.csv.gz: the gzip file is damaged"),
        ("a.jsonl.gz", gzip.compress(row().encode() * 99, mtime=0)[:30], r"^a.jsonl.gz: the gzip file breaks off after"),
        ("a.parquet", b"PAR1 and no more", "no format of model answers was recognised"),
        (f"samples_t_{DATE}.jsonl", sample(doc_id=1).replace(": 1,", f": {LONG},"), "line 1: a number too long"),
        (f"samples_t_{DATE}.jsonl", sample(x=1).replace(": 1}", f": {DEEP}"), "line 1: nested too deeply"),
        (f"samples_t_{DATE}.jsonl", sample(x=1).replace(": 1}", ": 1e400}"), "line 1: Infinity is not JSON"),
        (
            "b.jsonl",
            batch(created=5).replace(": 5}", f": {LONG}}}"),
            "^b.jsonl line 2: not JSON \\(a number too long",
        ),
    ],
)
def test_what_cannot_be_read_is_one_sentence_and_leaves_no_set(
    space: Workspace, tmp_path: Path, name: str, content: str | bytes, sentence: str
):
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DatasetError, match=sentence) as raised:
        import_answers([tmp_path / name], space)
    assert "\n" not in str(raised.value)
    assert AnswerStore(space).sets() == []
    assert not list((space.root / "answers").glob("*/*"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (f"samples_t_{DATE}.jsonl", sample(metrics=5)),
        (f"samples_t_{DATE}.jsonl", sample(metrics=[["acc"], {"acc": 1}, "acc"], acc=1.0)),
        (f"samples_t_{DATE}.jsonl", sample().replace("gen_args_1", f"gen_args_{LONG}")),
        ("b.jsonl", batch({"temperature": 7}).replace('"temperature": 7', f'"temperature": 7{"0" * 400}')),
        ("b.jsonl", batch().replace('"logprob": -2', f'"logprob": -2{"0" * 400}')),
        ("a.jsonl", row(model="m\ud800", answer="Yes")),
    ],
)
def test_odd_values_beside_an_answer_do_no_harm(space: Workspace, tmp_path: Path, name: str, content: str):
    (tmp_path / name).write_text(content)
    (done,) = import_answers([tmp_path / name], space)
    assert (done.record.statuses, done.unjoined) == ({"ok": 1}, ())
    assert AnswerStore(space).sets() == [done.record]


@pytest.mark.parametrize(
    "content",
    [
        results(**{"n-shot": {"t": 1e300}, "n-samples": {"t": {"original": 1e300, "effective": 1e300}}}),
        results(config={"model_num_parameters": 7}).replace(": 7}", f": 7{'0' * 400}}}"),
        results(date=7).replace(": 7}", f": {LONG}}}"),
        results(results={"t": {"acc,none": float("inf"), "other,none": "NaN"}}),
        results(model_name="m\ud800", system_instruction="\udfff", lm_eval_version="\ud800"),
        results(configs={"t": {"dataset_kwargs": {"data_files": {"test": 5}}, "test_split": ["test"]}}),
        results(model_name=["m"], config={"model": ["hf"], "model_args": {"pretrained": ["m"]}, "model_dtype": 5}),
    ],
)
def test_odd_values_in_a_results_file_do_no_harm(space: Workspace, tmp_path: Path, content: str):
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / f"samples_t_{DATE}.jsonl").write_text(sample())
    (tmp_path / "log" / f"results_{DATE}.json").write_text(content)
    (done,) = import_answers([tmp_path / "log"], space)
    assert done.record.statuses == {"ok": 1}
    assert not any("No results file" in note for note in done.record.notes)
    assert AnswerStore(space).sets() == [done.record]
