"""Asking a server: what it is sent, and one clear sentence for each way in which it can fail."""

import itertools
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from evalmap.answers.answer_types import Options, RawAnswer
from evalmap.answers.asking.prompts import built_in
from evalmap.answers.asking.protocol import Prompt, Request, RunOptions, Usage
from evalmap.answers.asking.server import ServerAnswerer, max_tokens
from evalmap.data.errors import DatasetError
from evalmap.tests.answers.stub_server import Asked, Reply, StubServer, answer, chat_body, error, legacy_body, p_yes

KEY = "sk-test-4f9a7c21d0"
CHAT, HHH = built_in()["chat-yesno"], built_in()["hhh"]
YES_NO, LETTERS = Options("Yes", ("No",)), Options("(B)", ("(A)",))


@dataclass
class Run:
    """What came of asking."""

    answers: dict[str, RawAnswer] = field(default_factory=dict)
    usage: Usage | None = None
    error: str | None = None
    settings: tuple[str, ...] = ()


def requests(n: int, options: Options = YES_NO) -> list[Request]:
    return [Request(f"k{i}", f"Question {i}?", options) for i in range(n)]


def ask(server: StubServer | str, asked: list[Request], prompt: Prompt = CHAT, **given: Any) -> Run:
    run = Run()
    bounds = {name: given.pop(name) for name in ("concurrency", "timeout", "retries", "extra") if name in given}
    given = {"key": KEY, "pause": 0.005, "options": RunOptions(**bounds), **given}
    url = server if isinstance(server, str) else server.url
    answerer = ServerAnswerer(url, "stub-1", **given)

    def on_answer(request: Request, answer: RawAnswer) -> None:
        assert request.key not in run.answers
        run.answers[request.key] = answer

    try:
        run.usage = answerer.answer(prompt, asked, on_answer=on_answer)
    except DatasetError as raised:
        run.error, run.settings = str(raised), raised.settings
        assert "\n" not in run.error
        assert run.error.startswith(answerer.address)
    assert KEY not in f"{run} {answerer!r} {answerer.about()}"
    return run


def after(n: int, reply: Callable[[Asked], Reply]) -> Callable[[Asked], Reply]:
    """A server that is well for n requests."""
    return lambda asked: answer(asked) if asked.number < n else reply(asked)


# What is sent, and what comes back


def test_chat_question_is_sent_and_its_log_probabilities_are_read():
    with StubServer() as server:
        run = ask(server, requests(30), Prompt("p", "", system="Be brief."))
    assert run.error is None
    assert list(run.answers) != []
    for request in requests(30):
        tops = run.answers[request.key].top_logprobs
        assert tops is not None
        assert math.exp(tops[0]["Yes"]) == pytest.approx(0.9 * p_yes(request.text))
    first = server.asked[0]
    assert first.path == "/v1/chat/completions"
    assert first.headers["authorization"] == f"Bearer {KEY}"
    assert first.body == {
        "model": "stub-1",
        "temperature": 0,
        "max_tokens": 1,
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Question 0?"}],
        "logprobs": True,
        "top_logprobs": 20,
    }
    assert run.usage == Usage(sum(len(request.text) // 4 for request in requests(30)), 30)
    assert sorted(server.texts()) == sorted(request.text for request in requests(30))


@pytest.mark.parametrize("shape", [legacy_body, chat_body])
def test_completion_is_read_in_either_shape(shape: Callable[[Asked], dict[str, Any]]):
    with StubServer(lambda asked: Reply(shape(asked))) as server:
        run = ask(server, [Request("k", "\n\nHuman: Tea?\n\nAssistant:", LETTERS)], HHH)
    assert server.asked[0].path == "/v1/completions"
    body = server.asked[0].body
    assert body == {"model": "stub-1", "temperature": 0, "max_tokens": 4, "prompt": "\n\nHuman: Tea?\n\nAssistant:", "logprobs": 20}
    assert run.answers["k"].top_logprobs
    assert set(run.answers["k"].top_logprobs[0]) == {" Yes", " No", "The", "I"}


def test_extra_fields_are_sent_and_no_key_of_the_environment_is():
    with StubServer() as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", KEY)
        patch.setenv("OPENAI_ADMIN_KEY", "sk-admin-1")
        ask(server, requests(1), key=None, extra={"seed": 7})
    assert server.asked[0].body["seed"] == 7
    assert server.asked[0].headers["authorization"] == "Bearer not-needed"
    assert "sk-" not in str(server.asked[0].headers)


def test_questions_are_asked_several_at_a_time_but_the_first_alone():
    def slow(asked: Asked) -> Reply:
        time.sleep(0.1)
        return answer(asked)

    with StubServer(slow) as server:
        run = ask(server, requests(13), concurrency=4)
    assert len(run.answers) == 13
    assert server.most == 4
    assert server.asked[1].time - server.asked[0].time >= 0.1


@pytest.mark.parametrize(
    ("options", "expected"),
    [(YES_NO, 1), (LETTERS, 4), (Options(None, ("True", "False")), 1), (Options("not sure", ("sure",)), 4)],
)
def test_tokens_that_are_generated(options: Options, expected: int):
    assert max_tokens(options) == expected
    assert max_tokens(options, text=True) == 16


# A server without log-probabilities


def no_logprobs(asked: Asked) -> Reply:
    return Reply(chat_body(Asked(asked.number, asked.path, {**asked.body, "logprobs": False}, asked.headers, asked.time)))


def refuses_logprobs(asked: Asked) -> Reply:
    if "logprobs" in asked.body:
        return error(422, "Unexpected keys in the request: {'logprobs', 'top_logprobs'}")
    return no_logprobs(asked)


@pytest.mark.parametrize(
    ("server", "asked", "told"),
    [(no_logprobs, 1, "its answers come without log-probabilities"), (refuses_logprobs, 2, "it refuses to give log-probabilities")],
)
def test_server_without_log_probabilities_costs_one_question(server: Any, asked: int, told: str):
    with StubServer(server) as stub:
        run = ask(stub, requests(50))
        assert len(stub.asked) == asked
        assert run.answers == {}
        assert run.error
        assert told in run.error
        assert run.settings == ("text",)
        words = ask(stub, requests(50), text=True)
    assert words.error is None
    assert len(words.answers) == 50
    assert words.answers["k0"] == RawAnswer(text="Yes" if p_yes("Question 0?") > 0.5 else "No", finish_reason="length")
    assert stub.asked[-1].body["max_tokens"] == 16


def test_fewer_top_tokens_are_taken_where_20_are_refused():
    def strict(asked: Asked) -> Reply:
        return error(400, "top_logprobs must be at most 5") if asked.body["top_logprobs"] > 5 else answer(asked)

    with StubServer(strict) as server:
        run = ask(server, requests(20))
    assert len(run.answers) == 20
    assert [asked.body["top_logprobs"] for asked in server.asked] == [20, *[5] * 20]


def test_other_name_of_the_token_limit_is_learnt():
    def newer(asked: Asked) -> Reply:
        refused = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
        return error(400, refused) if "max_tokens" in asked.body else answer(asked)

    with StubServer(newer) as server:
        assert len(ask(server, requests(5)).answers) == 5
    assert len(server.asked) == 6


@pytest.mark.parametrize(
    ("name", "refusal"),
    [
        ("seed", "Unsupported parameter: 'seed'"),
        ("top_p", "Unrecognized request argument supplied: top_p"),
        ("seed", "[{'type': 'extra_forbidden', 'loc': ('body', 'seed'), 'msg': 'Extra inputs are not permitted'}]"),
        ("temperature", "Unsupported value: 'temperature' does not support 1.3 with this model."),
    ],
)
def test_field_that_a_server_does_not_know_is_left_out_and_told(name: str, refusal: str):
    def older(asked: Asked) -> Reply:
        return error(400, refusal) if name in asked.body else answer(asked)

    drawn = {"temperature": 1.3, "top_p": 0.9, "seed": 7}
    asks = [replace(request, body=drawn) for request in requests(5)]
    with StubServer(older) as server:
        answerer = ServerAnswerer(server.url, "stub-1", text=True, text_tokens=8, pause=0.001)
        found: list[RawAnswer] = []
        for _ in range(2):  # a second call asks as the first one learnt to
            answerer.answer(CHAT, asks, on_answer=lambda _, answer: found.append(answer))
    assert [one.error for one in found] == [None] * 10
    assert {tuple(one.left_out or ()) for one in found} == {(name,)}
    assert len(server.asked) == 11
    assert {name in asked.body for asked in server.asked[1:]} == {False}
    assert server.asked[-1].body["max_tokens"] == 8


def test_value_that_a_server_refuses_is_not_left_out():
    def strict(asked: Asked) -> Reply:
        return error(400, "top_p must be in (0, 1], got 1.5") if asked.body.get("top_p") == 1.5 else answer(asked)

    with StubServer(strict) as server:
        asks = [replace(request, body={"top_p": 1.5}) for request in requests(5)]
        answerer = ServerAnswerer(server.url, "stub-1", text=True, pause=0.001)
        with pytest.raises(DatasetError, match="top_p must be in"):
            answerer.answer(CHAT, asks, on_answer=lambda *_: None)
        server.answer = lambda asked: error(400, "Unsupported parameter: 'seed'")
        added = RunOptions(extra={"seed": 7})  # by the user, who may take it out
        answerer = ServerAnswerer(server.url, "stub-1", options=added, text=True, pause=0.001)
        with pytest.raises(DatasetError, match="Unsupported parameter: 'seed'"):
            answerer.answer(CHAT, requests(5), on_answer=lambda *_: None)


# Trouble that passes


@pytest.mark.parametrize(
    "trouble",
    [
        error(429, "slow down"),
        error(500, "oops"),
        error(503, "overloaded", headers={"Retry-After": "0.01"}),
        Reply(b"<html>a proxy in a bad mood</html>"),
        Reply(b'{"choices": [{"mess'),
        Reply({"choices": []}),
        Reply([1]),
    ],
)
def test_trouble_that_passes_is_asked_again(trouble: Reply):
    seen: set[str] = set()

    def flaky(asked: Asked) -> Reply:
        if asked.text in seen:
            return answer(asked)
        seen.add(asked.text)
        return trouble

    with StubServer(flaky) as server:
        run = ask(server, requests(12))
    assert run.error is None
    assert {key for key, found in run.answers.items() if found.top_logprobs} == {f"k{i}" for i in range(12)}
    assert len(server.asked) == 24


@pytest.mark.parametrize("header", [("Retry-After", "0.4"), ("retry-after-ms", "400")])
def test_everyone_waits_as_long_as_the_server_asks(header: tuple[str, str]):
    with StubServer(lambda asked: error(429, "wait", headers=dict([header])) if asked.number == 4 else answer(asked)) as server:
        run = ask(server, requests(40), concurrency=2)
    assert len(run.answers) == 40
    gaps = [later.time - earlier.time for earlier, later in itertools.pairwise(server.asked)]
    assert max(gaps) >= 0.35


# Trouble that stays: one sentence, and what was answered before is kept


def test_429_that_stays_is_one_sentence():
    with StubServer(after(5, lambda asked: error(429, "quota of requests per minute"))) as server:
        run = ask(server, requests(40), concurrency=2, retries=3)
    assert run.error == (
        f"{server.url}: too many requests (429: quota of requests per minute), 4 times in a row. "
        "Lower the concurrency or come back later."
    )
    assert run.settings == ("concurrency",)
    # Two are under way at a time, and the later one may reach the server first: those that it answered are what counts.
    answered = {f"k{number}" for number in range(40) for text in server.texts()[:5] if f"Question {number}?" in text}
    assert len(answered) == 5
    assert set(run.answers) == answered


def test_500_that_stays_is_one_sentence():
    with StubServer(after(0, lambda asked: error(500, "no GPU\nleft\x1b[31m"))) as server:
        run = ask(server, requests(40), retries=2)
    assert run.error == f"{server.url}: the server failed (500: no GPU left [31m), 3 times in a row."
    assert len(server.asked) == 3


@pytest.mark.parametrize("shape", ["hang", "drip"])
def test_hang_is_one_sentence(shape: str):
    hung = Reply(b"{" * 200, hang=30) if shape == "hang" else Reply(b"{" * 2000, drip=0.05)
    with StubServer(after(5, lambda asked: hung)) as server:
        began = time.monotonic()
        run = ask(server, requests(40), concurrency=3, timeout=0.3)
        assert time.monotonic() - began < 6
    assert run.error == (f"{server.url}: no reply within 0.3 s, 3 times in a row. Look at the server, or give it a longer timeout.")
    assert run.settings == ("timeout",)
    assert len(run.answers) == 5
    # Each may have been answered and paid for: it is asked three times at most.
    assert max(server.texts().count(text) for text in server.texts()) == 3


def test_malformed_json_is_one_sentence():
    with StubServer(after(0, lambda asked: Reply(b"<html><h1>Welcome</h1></html>"))) as server:
        run = ask(server, requests(40))
    assert run.error == (
        f"{server.url}: the reply is not JSON ('<html><h1>Welcome</h1></html>'), 3 times in a row. "
        "Is the base URL right (it usually ends in /v1)?"
    )
    assert run.settings == ("base_url",)
    assert len(server.asked) == 3


def test_server_that_is_not_there_is_one_sentence():
    with StubServer() as server:
        gone = server.url
    run = ask(gone, requests(3))
    assert run.error
    assert "no connection (" in run.error
    assert run.error.endswith("3 times in a row. Is the server running, and is the base URL right?")
    assert run.settings == ("base_url",)


def test_server_that_goes_away_keeps_what_it_answered():
    with StubServer(after(7, lambda asked: Reply(b"", hang=0.0, status=200, headers={"Content-Length": "9"}))) as server:
        run = ask(server, requests(40), concurrency=1, retries=1, timeout=0.3)
    assert len(run.answers) == 7
    assert run.error


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(("key", "told"), [(KEY, "Put the right key into"), (None, "Put a key into")])
def test_key_that_is_refused_is_one_sentence_without_it(status: int, key: str | None, told: str):
    with StubServer(lambda asked: error(status, f"Incorrect: {asked.headers['authorization']}.")) as server:
        run = ask(server, requests(9), key=key)
    assert len(server.asked) == 1
    sent = "***" if key else "not-needed"
    assert run.error == (
        f"{server.url}: the server refuses us ({status}: Incorrect: Bearer {sent}). {told} OPENAI_API_KEY, or name its variable."
    )
    assert run.settings == ("api_key_env",)


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (error(404, "No model `stub-1`"), "nothing is there (404: No model `stub-1`). Check the model stub-1 and the base URL."),
        (Reply(b"", 307, {"Location": "http://127.0.0.1:1/elsewhere"}), "nothing is there (307: without a word). Check the model"),
        (error(402, "Pay first"), "the account has no credit left (402: Pay first)."),
        (error(429, "You exceeded your quota", code="insufficient_quota"), "the account has no credit left (429: You exceeded"),
        (error(429, "Daily limit", headers={"Retry-After": "86400"}), "the server asks to wait 86,400 s (429: Daily limit). Come"),
    ],
)
def test_what_no_retry_mends_ends_the_run_at_once(reply: Reply, sentence: str):
    with StubServer(lambda asked: reply) as server:
        run = ask(server, requests(9))
    assert len(server.asked) == 1
    assert run.error
    assert f": {sentence}" in run.error


# Questions that fail alone


def test_question_that_is_refused_is_an_error_and_the_others_are_answered():
    def filtered(asked: Asked) -> Reply:
        refused = asked.text in ("Question 0?", "Question 7?")
        return error(400, f"content policy, {KEY}") if refused else answer(asked)

    with StubServer(filtered) as server:
        run = ask(server, requests(12))
    assert run.error is None
    failed = {key: found.error for key, found in run.answers.items() if found.error}
    told = "the server refused the question (400: content policy, ***)"
    assert failed == {"k0": told, "k7": told}
    assert len(server.asked) == 12
    assert len(run.answers) == 12


def test_topic_that_a_filter_refuses_does_not_end_the_run():
    with StubServer(lambda asked: error(400, "policy") if 10 <= asked.number < 60 else answer(asked)) as server:
        run = ask(server, requests(80), concurrency=1)
    assert run.error is None
    assert sum(found.error is not None for found in run.answers.values()) == 50


def test_server_that_refuses_every_question_ends_the_run_after_three():
    with StubServer(lambda asked: error(422, "temperature must be 1")) as server:
        run = ask(server, requests(80))
    assert run.error == f"{server.url}: the server refused the question (422: temperature must be 1)."
    assert (len(server.asked), run.answers) == (3, {})


def test_one_question_that_always_fails_is_an_error_of_its_own():
    with StubServer(lambda asked: error(500, "bad luck") if asked.text == "Question 5?" else answer(asked)) as server:
        run = ask(server, requests(12), retries=2)
    assert run.error is None
    assert run.answers["k5"] == RawAnswer(error="the server failed (500: bad luck), 3 times in a row")
    assert len(run.answers) == 12


def test_empty_and_filtered_answers_are_no_sign_of_a_server_without_log_probabilities():
    def empty(asked: Asked) -> Reply:
        choice = {"finish_reason": "stop", "message": {"content": ""}, "logprobs": {"content": []}}
        if asked.number == 1:
            choice = {"finish_reason": "content_filter", "message": {"content": None}}
        return Reply({"choices": [choice]}) if asked.number < 2 else answer(asked)

    with StubServer(empty) as server:
        run = ask(server, requests(6))
    assert run.error is None
    assert run.answers["k0"] == RawAnswer(text="")
    assert run.answers["k1"] == RawAnswer(error="no answer was written (content_filter)")
    assert len(run.answers) == 6


def test_key_that_a_server_sends_back_in_an_answer_is_not_kept():
    def echo(asked: Asked) -> Reply:
        body = json.dumps(answer(asked).body).replace('"The"', json.dumps(asked.headers["authorization"]))
        return Reply(body.encode())

    with StubServer(echo) as server:
        run = ask(server, requests(2))
    assert "Bearer ***" in (run.answers["k0"].top_logprobs or ({},))[0]


def test_half_a_character_in_an_answer_is_replaced():
    body = b'{"choices": [{"text": "\\ud83d", "logprobs": {"tokens": ["\\ud83d"], "token_logprobs": [-1], "top_logprobs": null}}]}'
    with StubServer(lambda asked: Reply(body)) as server:
        run = ask(server, requests(1))
    assert run.answers["k0"] == RawAnswer(top_logprobs=({"\ufffd": -1.0},), text="\ufffd")


def test_failure_of_our_own_disk_ends_the_run_at_once():
    def full(request: Request, answer: RawAnswer) -> None:
        raise DatasetError("the disk is full")

    with StubServer() as server:
        with pytest.raises(DatasetError, match="the disk is full"):
            ServerAnswerer(server.url, "m").answer(CHAT, requests(40), on_answer=full)
        assert len(server.asked) == 1
