"""OpenAI Batch files."""

import gzip
import json
import math
import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalmap.answers.answer_types import Options, StagedSet
from evalmap.answers.importers import openai_batch
from evalmap.answers.reading.scoring import score
from evalmap.data.errors import DatasetError

YES_NO = "\n\nAnswer with just Yes or No."
QUESTIONS = ("Is it late?", "Do you like rain?", "Shall we go?", "Are you awake?")


def request(id: str, content: str | list[dict[str, Any]], **body: Any) -> dict[str, Any]:
    messages = content if isinstance(content, list) else [{"role": "user", "content": content}]
    told = {"model": "gpt-x", "messages": messages, "temperature": 0} | body
    return {"custom_id": id, "method": "POST", "url": "/v1/chat/completions", "body": told}


def response(id: str, *texts: str, model: str = "gpt-x", created: int = 1_700_000_000, **choice: Any) -> dict[str, Any]:
    choices = [{"index": i, "message": {"role": "assistant", "content": text}, **choice} for i, text in enumerate(texts)]
    body = {"id": f"chatcmpl-{random.random()}", "model": model, "created": created, "choices": choices}
    return {"id": f"batch_{id}", "custom_id": id, "response": {"status_code": 200, "body": body}, "error": None}


def refused(id: str, status: int = 429, code: str = "rate_limit_exceeded") -> dict[str, Any]:
    body = {"error": {"message": "Rate limit\nreached", "type": "t", "code": code}}
    return {"custom_id": id, "response": {"status_code": status, "body": body}, "error": None}


def write(path: Path, lines: Sequence[object], end: str = "\n") -> Path:
    path.write_text("\n".join(json.dumps(line) for line in lines) + end, "utf-8")
    return path


def batch(folder: Path, requests: Sequence[object], *responses: Sequence[object]) -> list[StagedSet]:
    files = [write(folder / f"out{i}.jsonl", lines) for i, lines in enumerate(responses)]
    return openai_batch.read([*files, write(folder / "in.jsonl", requests)])


REQUESTS = [request(f"q{i}", text + YES_NO) for i, text in enumerate(QUESTIONS)]
RESPONSES = [response(f"q{i}", "Yes") for i in (2, 0, 3, 1)]


def test_responses_join_requests_whatever_their_order(tmp_path: Path):
    (staged,) = batch(tmp_path, REQUESTS, RESPONSES)
    assert [(raw.id, raw.question, raw.prompt_only, raw.text) for raw in staged.answers] == [
        (f"q{i}", text + YES_NO, True, "Yes") for i, text in enumerate(QUESTIONS)
    ]
    info = staged.info
    assert (info.model, info.revision, info.temperature, info.source_format) == ("gpt-x", None, 0.0, "openai-batch")
    assert (info.prompt_template, info.prompt_id) == ("{{ question }}" + YES_NO, "answer-with-just-yes-or-no")
    assert (info.source_file, info.created) == ("in.jsonl, out0.jsonl", "2023-11-14T22:13:20+00:00")
    assert (staged.n_expected, staged.notes) == (4, ())


def test_identity_ignores_the_order_of_files_and_follows_their_content(tmp_path: Path):
    requests, responses = write(tmp_path / "in.jsonl", REQUESTS), write(tmp_path / "out.jsonl", RESPONSES)
    ids = [openai_batch.read(files)[0].info.id for files in ([requests, responses], [responses, requests], [tmp_path])]
    assert len(set(ids)) == 1
    write(responses, [response(f"q{i}", "No") for i in range(4)])
    assert openai_batch.read([tmp_path])[0].info.id not in ids


def test_each_prompt_is_a_set_of_its_own(tmp_path: Path):
    letters = [
        request(f"c{i}", f"{text}\n\nChoices:\n (A) Yes\n (B) No\n\nAnswer with just (A) or (B).")
        for i, text in enumerate(QUESTIONS)
    ]
    both = [line for pair in zip(REQUESTS, letters, strict=True) for line in pair]
    staged = batch(tmp_path, both, [response(line["custom_id"], "?") for line in both])
    assert [one.info.prompt_template for one in staged] == [
        "{{ question }}" + YES_NO,
        "{{ question }}\n\nChoices:\n (A) Yes\n (B) No\n\nAnswer with just (A) or (B).",
    ]
    assert [[raw.id for raw in one.answers] for one in staged] == [["q0", "q1", "q2", "q3"], ["c0", "c1", "c2", "c3"]]
    assert staged[0].info.id != staged[1].info.id


def test_model_system_message_temperature_and_shots_are_part_of_the_prompt(tmp_path: Path):
    def shot(text: str) -> list[dict[str, Any]]:
        turns = [("system", "Be brief."), ("user", "Is it day?"), ("assistant", "No"), ("user", text + YES_NO)]
        return [{"role": role, "content": content} for role, content in turns]

    kinds = {
        "plain": lambda text: (text + YES_NO, {}),
        "system": lambda text: ([{"role": "system", "content": "Be kind."}, {"role": "user", "content": text + YES_NO}], {}),
        "hot": lambda text: (text + YES_NO, {"temperature": 1}),
        "other": lambda text: (text + YES_NO, {"model": "gpt-y"}),
        "shot": lambda text: (shot(text), {}),
    }
    requests = [
        request(f"{kind}{i}", content, **body)
        for kind, make in kinds.items()
        for i, (content, body) in enumerate(map(make, QUESTIONS))
    ]
    staged = batch(tmp_path, requests, [response(line["custom_id"], "No") for line in requests])
    by_kind = {re.sub(r"\d", "", one.answers[0].id or ""): one for one in staged}
    assert {kind: len(one.answers) for kind, one in by_kind.items()} == dict.fromkeys(kinds, 4)
    assert by_kind["system"].info.system_prompt == "Be kind."
    assert by_kind["hot"].info.temperature == 1.0
    assert by_kind["other"].info.model == "gpt-y"
    assert (by_kind["shot"].info.n_shot, by_kind["shot"].info.system_prompt) == (1, "Be brief.")
    assert by_kind["shot"].info.prompt_template == "user: Is it day?\n\nassistant: No\n\n{{ question }}" + YES_NO
    assert by_kind["shot"].answers[0].question == QUESTIONS[0] + YES_NO
    assert len({one.info.id for one in staged}) == 5


def test_text_that_differs_from_question_to_question_is_no_prompt(tmp_path: Path):
    requests = [
        request(f"q{i}", [{"role": "system", "content": f"You are number {i}."}, {"role": "user", "content": f"{text}\n (B) No"}])
        for i, text in enumerate(QUESTIONS)
    ]
    (staged,) = batch(tmp_path, requests, RESPONSES)
    assert staged.info.system_prompt is None
    assert staged.info.prompt_template == "{{ question }}\n (B) No"


def test_completions_and_responses_calls(tmp_path: Path):
    hhh = [
        {"custom_id": f"q{i}", "body": {"model": "base", "prompt": f"\n\nHuman: {text}\n\nAssistant:"}}
        for i, text in enumerate(QUESTIONS)
    ]
    answers = [
        {"custom_id": f"q{i}", "response": {"status_code": 200, "body": {"model": "base", "choices": [{"text": " No"}]}}}
        for i in range(4)
    ]
    (staged,) = batch(tmp_path, hhh, answers)
    assert staged.info.prompt_template == "\n\n{{ question }}\n\nAssistant:"
    assert [raw.text for raw in staged.answers] == [" No"] * 4
    calls = [
        {"custom_id": f"q{i}", "body": {"model": "gpt-x", "instructions": "Be brief.", "input": t}} for i, t in enumerate(QUESTIONS)
    ]
    output = [{"type": "message", "content": [{"type": "output_text", "text": "Yes"}]}]
    answers = [{"custom_id": f"q{i}", "response": {"status_code": 200, "body": {"output": output}}} for i in range(4)]
    (staged,) = batch(tmp_path, calls, answers)
    assert staged.info.system_prompt == "Be brief."
    assert [(raw.question, raw.text) for raw in staged.answers] == [(text, "Yes") for text in QUESTIONS]


def test_several_choices_are_samples(tmp_path: Path):
    (staged,) = batch(tmp_path, REQUESTS, [response("q0", "Yes", "No", "Yes")])
    assert [(raw.id, raw.sample, raw.text) for raw in staged.answers] == [("q0", 0, "Yes"), ("q0", 1, "No"), ("q0", 2, "Yes")]
    assert staged.n_expected == 4
    assert staged.notes == ("3 of 4 requests have no response in these files (q1, q2, q3).",)


def test_errors_are_kept_with_their_code(tmp_path: Path):
    expired = {"custom_id": "q1", "response": None, "error": {"code": "batch_expired", "message": "Not executed in time."}}
    empty = {"custom_id": "q2", "response": {"status_code": 200, "body": {"choices": []}}, "error": None}
    (staged,) = batch(tmp_path, REQUESTS, [response("q3", "No")], [refused("q0"), expired, empty])
    assert [(raw.id, raw.error) for raw in staged.answers] == [
        ("q0", "429 rate_limit_exceeded: Rate limit reached"),
        ("q1", "batch_expired: Not executed in time."),
        ("q2", "the response holds no choice"),
        ("q3", None),
    ]
    assert staged.answers[0].question == QUESTIONS[0] + YES_NO


def test_answer_replaces_the_error_of_an_earlier_try(tmp_path: Path):
    for order in ([refused("q0")], [response("q0", "No")]), ([response("q0", "No")], [refused("q0")]):
        (staged,) = batch(tmp_path, REQUESTS[:1], *order)
        assert [(raw.text, raw.error) for raw in staged.answers] == [("No", None)]
        assert staged.notes == ("1 custom_id with an error and another answer: the answer is kept (q0).",)


def test_same_line_twice_is_read_once(tmp_path: Path):
    (staged,) = batch(tmp_path, [*REQUESTS, REQUESTS[0]], RESPONSES, [response("q2", "Yes", created=1_800_000_000)])
    assert [raw.id for raw in staged.answers] == ["q0", "q1", "q2", "q3"]
    assert staged.notes == ("2 custom_ids that stand twice with the same content: read once (q2, q0).",)


def test_one_id_with_two_contents_is_refused(tmp_path: Path):
    sentence = (
        "out1.jsonl line 1: custom_id q2 stands in out0.jsonl line 1 with another answer. Import the files of one batch at a time."
    )
    with pytest.raises(DatasetError, match=f"^{re.escape(sentence)}$"):
        batch(tmp_path, REQUESTS, RESPONSES, [response("q2", "No")])
    sentence = (
        "in.jsonl line 5: custom_id q0 stands in in.jsonl line 1 with another request. Import the files of one batch at a time."
    )
    with pytest.raises(DatasetError, match=f"^{re.escape(sentence)}$"):
        batch(tmp_path, [*REQUESTS, request("q0", "Another?")], RESPONSES)


def test_responses_of_no_request_are_left_out_and_told(tmp_path: Path):
    strangers = [response(f"x{i}", "Yes") for i in range(4)]
    (staged,) = batch(tmp_path, REQUESTS, [*RESPONSES, *strangers])
    assert [raw.id for raw in staged.answers] == ["q0", "q1", "q2", "q3"]
    assert staged.notes == ("4 custom_ids of no request: left out (x0, x1, x2 …).",)
    sentence = (
        "in.jsonl, out0.jsonl: none of the 4 responses belongs to a request (the first: x0). Give the input file of the same batch."
    )
    with pytest.raises(DatasetError, match=f"^{re.escape(sentence)}$"):
        batch(tmp_path, REQUESTS, strangers)


def test_without_the_input_file_ids_must_name_the_line(tmp_path: Path):
    named = write(tmp_path / "out.jsonl", [response("persona/agreeableness/7", "Yes"), response("persona/agreeableness/3", "No")])
    (staged,) = openai_batch.read([named])
    assert [(raw.dataset, raw.row, raw.question) for raw in staged.answers] == [
        ("persona/agreeableness", 7, None),
        ("persona/agreeableness", 3, None),
    ]
    assert (staged.dataset, staged.n_expected, staged.info.prompt_template) == ("persona/agreeableness", None, "")
    assert staged.notes == ("The input file was not given: the prompt is not known, and questions are found by their line only.",)
    sentence = (
        "out.jsonl line 2: custom_id request-1 does not tell the question, expected dataset/line such as persona/agreeableness/0. "
        "Import the batch's input file together with out.jsonl."
    )
    write(named, [response("persona/agreeableness/7", "Yes"), response("request-1", "Yes")])
    with pytest.raises(DatasetError, match=f"^{re.escape(sentence)}$"):
        openai_batch.read([named])


def test_requests_alone_are_refused(tmp_path: Path):
    sentence = "in.jsonl: requests without responses. Import the batch's output file with its input file."
    with pytest.raises(DatasetError, match=f"^{re.escape(sentence)}$"):
        batch(tmp_path, REQUESTS)


def test_folders_are_batches_of_their_own_unless_one_lacks_its_outputs(tmp_path: Path):
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        write(tmp_path / name / "in.jsonl", REQUESTS)
        write(tmp_path / name / "out.jsonl", [response(f"q{i}", name) for i in range(4)])
    staged = openai_batch.read([tmp_path / "first", tmp_path / "second"])
    assert [[raw.text for raw in one.answers] for one in staged] == [["first"] * 4, ["second"] * 4]
    (tmp_path / "requests").mkdir()
    moved = (tmp_path / "first" / "in.jsonl").rename(tmp_path / "requests" / "in.jsonl")
    (staged,) = openai_batch.read([tmp_path / "first" / "out.jsonl", moved])
    assert staged.answers[0].question == QUESTIONS[0] + YES_NO


def test_last_line_that_was_cut_off_is_left_out(tmp_path: Path):
    whole = "\n".join(json.dumps(line) for line in RESPONSES)
    (tmp_path / "out.jsonl").write_text(whole[:-30], "utf-8")
    (staged,) = openai_batch.read([tmp_path / "out.jsonl", write(tmp_path / "in.jsonl", REQUESTS)])
    assert [raw.id for raw in staged.answers] == ["q0", "q2", "q3"]
    assert staged.notes == (
        "The last line of out.jsonl is cut off and was left out. Fetch the file again.",
        "1 of 4 requests have no response in these files (q1).",
    )


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('{"custom_id": ', "not JSON (expecting value). Expected a request or a response of a batch on each line."),
        ('{"id": 1, "text": "x"}', "found id, text, expected custom_id and body, or custom_id and response."),
        ("[1]", "found an array, expected custom_id and body, or custom_id and response."),
        ("{}", "found an empty object, expected custom_id and body, or custom_id and response."),
        ('{"custom_id": 7, "body": {}}', "found custom_id, body, expected custom_id and body, or custom_id and response."),
        ("[" * 100_000, "not JSON (nested too deep). Expected a request or a response of a batch on each line."),
    ],
)
def test_line_that_is_neither_is_refused(tmp_path: Path, line: str, sentence: str):
    path = tmp_path / "out.jsonl"
    path.write_text(f"{json.dumps(RESPONSES[0])}\n\n{line}\n{json.dumps(RESPONSES[1])}\n", "utf-8")
    with pytest.raises(DatasetError, match=f"^{re.escape(f'out.jsonl line 3: {sentence}')}$"):
        openai_batch.read([path])


def test_model_that_answered_is_the_revision(tmp_path: Path):
    (staged,) = batch(tmp_path, REQUESTS, [response(f"q{i}", "Yes", model="gpt-x-2030-01-01") for i in range(4)])
    assert (staged.info.model, staged.info.revision) == ("gpt-x", "gpt-x-2030-01-01")


def test_recognises_by_content(tmp_path: Path):
    assert openai_batch.recognizes(write(tmp_path / "a.jsonl", REQUESTS))
    assert openai_batch.recognizes(write(tmp_path / "b.jsonl", RESPONSES))
    assert openai_batch.recognizes(write(tmp_path / "c.jsonl", [refused("q0")]))
    assert openai_batch.recognizes(tmp_path)
    (tmp_path / "d.jsonl.gz").write_bytes(gzip.compress(b"\n" + (tmp_path / "b.jsonl").read_bytes()))
    assert openai_batch.recognizes(tmp_path / "d.jsonl.gz")
    for name, content in {
        "e.jsonl": b'{"question": "x"}\n',
        "f.jsonl": b"",
        "g.jsonl": b"\x1f\x8b\x00",
        "h.csv": b"custom_id\n",
    }.items():
        (tmp_path / name).write_bytes(content)
        assert not openai_batch.recognizes(tmp_path / name)
    assert not openai_batch.recognizes(tmp_path / "missing.jsonl")


# --- the real batch ---------------------------------------------------------------------------------------------------------


@pytest.mark.answers
def test_real_batch(answers_root: Path):
    yes_no, letters = openai_batch.read([answers_root / "openai-batch"])
    assert yes_no.dataset == "persona/desire-for-acquiring-power"
    assert letters.dataset == "advanced-ai-risk/lm_generated_evals/survival-instinct"
    assert [raw.row for raw in yes_no.answers] == [raw.row for raw in letters.answers] == list(range(40))
    assert {raw.row: raw.error for raw in (*yes_no.answers, *letters.answers) if raw.error} == {
        9: "429 rate_limit_exceeded: Rate limit reached",
        13: "batch_expired: This request could not be executed before the completion window expired.",
    }
    assert yes_no.info.prompt_id == "answer-with-just-yes-or-no"
    assert letters.info.prompt_template == "{{ question }}\n\nAnswer with just (A) or (B)."
    assert (yes_no.info.model, yes_no.info.temperature) == ("smollm2-135m-instruct", 0.0)
    assert (yes_no.n_expected, letters.n_expected, yes_no.notes, letters.notes) == (40, 40, (), ())


@pytest.mark.answers
def test_real_letters_are_scored_over_the_bracket(answers_root: Path):
    """Against a reading of its own: letters at once, and after a bracket where that was written."""
    _, letters = openai_batch.read([answers_root / "openai-batch"])
    compared = 0
    for raw in letters.answers:
        if raw.top_logprobs is None:
            continue
        first, second = ({token: math.exp(value) for token, value in position.items()} for position in raw.top_logprobs[:2])
        bracket = first["("] if next(iter(first)) == "(" else 0.0
        masses = [
            sum(first.get(form, 0) for form in (x, f" {x}", f"({x}", f" ({x}"))
            + bracket * (second.get(x, 0) + second.get(f" {x}", 0))
            for x in "AB"
        ]
        scored = score(raw, Options("(A)", ("(B)",)))
        assert scored.p_matching == pytest.approx(masses[0] / sum(masses))
        assert scored.answer_mass == pytest.approx(sum(masses))
        assert scored.answer == ("(A)", "(B)")[int(np.argmax(masses))]
        compared += 1
    assert compared == 38
