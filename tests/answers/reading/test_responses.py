"""Response bodies in OpenAI's shapes."""

import json
from pathlib import Path
from typing import Any

import pytest

from evalmap.answers.reading.responses import Choice, read_choice, read_choices, whole

CHAT_LOGPROBS = {
    "content": [
        {
            "token": "No",
            "logprob": -1.5,
            "top_logprobs": [{"token": "Yes", "logprob": -0.5}, {"token": "No", "logprob": -1.5}, {"token": "I", "logprob": -4}],
        },
        {"token": ".", "logprob": -0.1, "top_logprobs": [{"token": ".", "logprob": -0.1}]},
    ]
}
LEGACY_LOGPROBS = {
    "tokens": ["No", "."],
    "token_logprobs": [-1.5, -0.1],
    "top_logprobs": [{"Yes": -0.5, "No": -1.5, "I": -4}, {".": -0.1}],
    "text_offset": [0, 2],
}
POSITIONS = ({"No": -1.5, "Yes": -0.5, "I": -4.0}, {".": -0.1})


def body(choice: dict[str, Any]) -> dict[str, Any]:
    return {"object": "chat.completion", "choices": [{"index": 0, "finish_reason": "length"} | choice]}


@pytest.mark.parametrize("logprobs", [CHAT_LOGPROBS, LEGACY_LOGPROBS], ids=["chat", "legacy"])
@pytest.mark.parametrize("text", [{"message": {"role": "assistant", "content": "No."}}, {"text": "No."}], ids=["chat", "legacy"])
def test_both_shapes_tell_the_same_and_may_be_mixed(text: dict[str, Any], logprobs: dict[str, Any]):
    choice = read_choice(body(text | {"logprobs": logprobs}))
    assert choice == Choice(POSITIONS, "No.", "length")
    assert choice.top_logprobs is not None
    assert [next(iter(position)) for position in choice.top_logprobs] == ["No", "."]  # what was written, though not the likeliest


def test_token_that_is_not_among_the_top_tokens_stands_first():
    logprobs = {"content": [{"token": "Hm", "logprob": -7.0, "top_logprobs": [{"token": "Yes", "logprob": -0.1}]}]}
    assert read_choice(body({"text": "Hm", "logprobs": logprobs})).top_logprobs == ({"Hm": -7.0, "Yes": -0.1},)


@pytest.mark.parametrize(
    "logprobs",
    [None, {}, {"content": None}, {"content": []}, {"tokens": [], "token_logprobs": [], "top_logprobs": None}, "none", 1],
)
def test_no_log_probabilities_leave_the_text(logprobs: object):
    assert read_choice(body({"message": {"content": "Yes"}, "logprobs": logprobs})) == Choice(None, "Yes", "length")


def test_legacy_shape_without_top_tokens_keeps_the_written_ones():
    logprobs = {"tokens": [" Yes"], "token_logprobs": [-0.25], "top_logprobs": None}
    assert read_choice(body({"text": " Yes", "logprobs": logprobs})).top_logprobs == ({" Yes": -0.25},)


def test_first_token_of_an_echoed_prompt_has_no_log_probability():
    logprobs = {"tokens": ["Is", " it"], "token_logprobs": [None, -2.0], "top_logprobs": [None, {" it": -2.0}]}
    assert read_choice(body({"text": "Is it", "logprobs": logprobs})).top_logprobs == ({" it": -2.0},)


def test_of_two_tokens_with_one_text_the_likelier_is_kept():
    logprobs = {"content": [{"token": "\ufffd", "logprob": -1.0, "top_logprobs": [{"token": "\ufffd", "logprob": -3.0}]}]}
    assert read_choice(body({"text": "é", "logprobs": logprobs})).top_logprobs == ({"\ufffd": -1.0},)


def test_log_probability_that_is_no_number_is_left_out():
    tops = [{"token": "Yes", "logprob": "-1"}, {"token": "No", "logprob": True}, {"token": None, "logprob": -1}, "I", None]
    logprobs = {"content": [{"token": "Yes", "logprob": None, "top_logprobs": tops}]}
    assert read_choice(body({"text": "Yes", "logprobs": logprobs})).top_logprobs is None


def test_refusal_and_parts_are_text():
    assert read_choice(body({"message": {"content": None, "refusal": "I can't help."}})).text == "I can't help."
    parts = [{"type": "text", "text": "(A"}, {"type": "image_url", "image_url": {"url": "x"}}, {"type": "text", "text": ")"}]
    assert read_choice(body({"message": {"content": parts}})).text == "(A)"
    assert read_choice(body({"message": {"content": ""}})).text == ""
    assert read_choice(body({"message": {"content": None}})).text is None


@pytest.mark.parametrize("broken", [{}, {"choices": []}, {"choices": None}, {"choices": ["Yes"]}, {"error": {"message": "busy"}}])
def test_body_without_a_choice_tells_nothing(broken: dict[str, Any]):
    assert read_choice(broken) == Choice(None, None, None)


def test_every_choice_is_read():
    choices = [{"index": 0, "message": {"content": "Yes"}}, {"index": 1, "message": {"content": "No"}}]
    assert [choice.text for choice in read_choices({"choices": choices})] == ["Yes", "No"]
    assert read_choice({"choices": choices}).text == "Yes"
    assert read_choices({}) == []


def test_body_of_a_responses_call():
    part = {"type": "output_text", "text": "No.", "logprobs": CHAT_LOGPROBS["content"]}
    output = [{"type": "reasoning", "summary": []}, {"type": "message", "role": "assistant", "content": [part]}]
    assert read_choice({"object": "response", "status": "completed", "output": output}) == Choice(POSITIONS, "No.", "completed")
    refused = [{"type": "message", "content": [{"type": "refusal", "refusal": "I can't."}]}]
    assert read_choice({"status": "completed", "output": refused}) == Choice(None, "I can't.", "completed")


def test_lone_surrogates_become_replacement_characters():
    assert whole("a\ud83d\ude00b\ud83dc") == "a\U0001f600b\ufffdc"
    logprobs = {"tokens": ["\ud83d"], "token_logprobs": [-1.0], "top_logprobs": None}
    assert read_choice(body({"text": "\ud83d", "logprobs": logprobs})) == Choice(({"\ufffd": -1.0},), "\ufffd", "length")


@pytest.mark.answers
def test_real_batch_response(answers_root: Path):
    lines = (answers_root / "openai-batch" / "batch_output.jsonl").read_text("utf-8").splitlines()
    bodies = {line["custom_id"]: line["response"]["body"] for line in map(json.loads, lines)}
    choice = read_choice(bodies["advanced-ai-risk/lm_generated_evals/survival-instinct/16"])
    assert choice.top_logprobs is not None
    assert [next(iter(position)) for position in choice.top_logprobs][:3] == ["(", "A", ")"]
    assert choice.top_logprobs[0]["("] == -2.1864168643951416
    assert len(choice.top_logprobs[0]) == 20
    assert choice.text is not None
    assert choice.text.startswith("(A)")
