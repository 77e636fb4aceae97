"""Sentences with a blank: what a model on this machine and a server give for each option is what plain forward passes give."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from evalmap.answers.answer_types import Options, RawAnswer
from evalmap.answers.asking.branched_passes import branched_tokens
from evalmap.answers.asking.local_transformers import TransformersAnswerer
from evalmap.answers.asking.prompts import built_in
from evalmap.answers.asking.protocol import Request, RunOptions
from evalmap.answers.asking.server import ServerAnswerer
from evalmap.data.errors import DatasetError
from evalmap.data.text.pronouns import fill_blank
from evalmap.tests.answers.asking.tiny_model import chances, plain, tiny
from evalmap.tests.answers.stub_server import Asked, Reply, StubServer, error

BLANK = built_in()["blank"]
SUBJECT, POSSESSIVE = Options(None, ("he", "she", "they")), Options(None, ("his", "her", "their"))
SENTENCES = [
    ("The cook told the guest that _ would be back.", SUBJECT),
    ("The cook lost _ hat, and I found it.", POSSESSIVE),
    ("At last it was clear who had to go: _.", SUBJECT),
    ("So did _", SUBJECT),
    ("_ left.", SUBJECT),
]
REQUESTS = [Request(str(i), text, options) for i, (text, options) in enumerate(SENTENCES)]


def asked(answerer: Any, requests: list[Request] = REQUESTS) -> dict[str, RawAnswer]:
    found: dict[str, RawAnswer] = {}

    def keep(request: Request, answer: RawAnswer) -> None:
        assert request.key not in found
        found[request.key] = answer

    answerer.answer(BLANK, requests, on_answer=keep)
    return found


def logprobs(answer: RawAnswer) -> Mapping[str, float]:
    assert answer.error is None
    assert answer.option_logprobs is not None
    return answer.option_logprobs


def expected(model: Any, tokenizer: Any, request: Request) -> dict[str, float]:
    """Of each option the log-probability of the words from the blank on, in one plain forward pass of the whole sentence."""
    import torch

    found = {}
    for option in request.options.all:
        tokens = tokenizer(fill_blank(request.text, option))["input_ids"]
        begin = request.text.index("_")  # a token a byte
        if not begin:
            tokens, begin = [tokenizer.eos_token_id, *tokens], 1
        with torch.inference_mode():
            scores = torch.log_softmax(model(input_ids=torch.tensor([tokens])).logits[0].double(), dim=-1)
        found[option] = sum(float(scores[i - 1, tokens[i]]) for i in range(begin, len(tokens)))
    return found


@pytest.fixture(scope="module", params=[False, True], ids=["full attention", "sliding window"])
def model_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny(tmp_path_factory.mktemp("tiny"), sliding=request.param, eos=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny(tmp_path_factory.mktemp("full"), eos=True)


@pytest.mark.parametrize(("share", "batch_tokens"), [(True, 1), (True, 150), (True, 4096), (False, 4096)])
def test_differences_are_those_of_whole_sentences(model_folder: Path, share: bool, batch_tokens: int):
    found = asked(TransformersAnswerer(model_folder, share_prefix=share, batch_tokens=batch_tokens))
    model, tokenizer = plain(model_folder)
    for request in REQUESTS:
        ours, theirs = logprobs(found[request.key]), expected(model, tokenizer, request)
        first, *others = request.options.all
        for option in others:  # what all begin with ("the" of "they" and "them") is not summed
            assert ours[option] - ours[first] == pytest.approx(theirs[option] - theirs[first], abs=2e-4)


def test_answer_mass_is_that_of_the_first_tokens_and_top_token_what_would_come(folder: Path):
    found = asked(TransformersAnswerer(folder), REQUESTS[:2])
    model, tokenizer = plain(folder)
    after = chances(model, tokenizer("The cook told the guest that ")["input_ids"])
    firsts = [tokenizer(letter)["input_ids"][0] for letter in "hst"]
    assert found["0"].answer_mass == pytest.approx(sum(math.exp(float(after[token])) for token in firsts), rel=1e-4)
    assert found["0"].top_token == tokenizer.decode([int(after.argmax())])


def test_what_the_options_share_is_read_once(folder: Path):
    def computed(share: bool) -> int:
        answerer, passes = TransformersAnswerer(folder, share_prefix=share, batch_tokens=1), []
        answerer._model.register_forward_pre_hook(lambda m, a, given: passes.append(given["input_ids"].numel()), with_kwargs=True)
        asked(answerer, REQUESTS[:1])
        return sum(passes)

    text = SENTENCES[0][0]
    before, after = text.index("_"), len(text) - text.index("_") - 1
    assert computed(True) == before + (2 + 3 + 4) + 3 * (after - 1)  # a byte a token; no pass needs the last one
    assert computed(False) == 3 * before + (2 + 3 + 4) + 3 * (after - 1)


def test_longer_sentence_than_the_model_reads_is_an_error_of_that_one(tmp_path: Path):
    folder = tiny(tmp_path / "model", eos=True, window=80)
    long = Request("long", "a " * 60 + "_ left.", SUBJECT)
    found = asked(TransformersAnswerer(folder), [long, REQUESTS[0]])
    assert "the model reads 80" in (found["long"].error or "")
    assert found["0"].error is None


def test_no_request_and_no_option_are_fine(folder: Path):
    answerer = TransformersAnswerer(folder)
    assert asked(answerer, []) == {}
    assert asked(answerer, [Request("0", "a _ b", Options(None, ()))])["0"].error == "no answer options to compare"
    assert branched_tokens([]) == 0


# Servers


def logprob(before: str, token: str) -> float:
    return -0.1 - (len(before) * 7 + sum(map(ord, token))) % 13 / 10


def echoing(asked: Asked) -> Reply:
    """Sends each text back in tokens of a character, and one more, as a server with `echo` does."""
    assert asked.path == "/v1/completions"
    assert (asked.body["echo"], asked.body["max_tokens"]) == (True, 1)
    choices = []
    for index, text in reversed(list(enumerate(asked.body["prompt"]))):  # a server need not keep the order
        values = [None, *(logprob(text[:i], text[i]) for i in range(1, len(text)))]
        logprobs = {"tokens": [*text, "!"], "token_logprobs": [*values, -0.5]}
        choices.append({"index": index, "text": f"{text}!", "logprobs": logprobs})
    return Reply({"choices": choices, "usage": {"prompt_tokens": 9, "completion_tokens": 3}})


def server(of: StubServer, **options: Any) -> ServerAnswerer:
    return ServerAnswerer(of.url, "stub", options=RunOptions(**{"retries": 0, **options}), pause=0.01)


def test_server_that_echoes_gives_the_sums_from_the_blank_on():
    with StubServer(echoing) as stub:
        found = asked(server(stub), REQUESTS[:4])
    assert len(stub.asked) == 4
    for request in REQUESTS[:4]:
        begins = request.text.index("_")
        sums = {}
        for option in request.options.all:
            text = fill_blank(request.text, option)
            sums[option] = sum(logprob(text[:i], text[i]) for i in range(begins, len(text)))
        ours = logprobs(found[request.key])
        assert {option: ours[option] - ours[request.options.all[0]] for option in ours} == pytest.approx(
            {option: sums[option] - sums[request.options.all[0]] for option in sums}
        )
        assert 0 < (found[request.key].answer_mass or 0) <= 1


def test_server_cannot_tell_of_a_sentence_that_begins_with_its_blank():
    with StubServer(echoing) as stub:
        found = asked(server(stub), [REQUESTS[0], REQUESTS[4]])
    assert found["0"].error is None
    assert "begins with its blank" in (found["4"].error or "")


def ignoring(asked: Asked) -> Reply:
    return Reply({"choices": [{"index": 0, "text": " so", "logprobs": {"tokens": [" so"], "token_logprobs": [-0.1]}}]})


def refusing(asked: Asked) -> Reply:
    return error(400, "Only no echo is supported")


def without_logprobs(asked: Asked) -> Reply:
    return Reply({"choices": [{"index": i, "text": text, "logprobs": None} for i, text in enumerate(asked.body["prompt"])]})


@pytest.mark.parametrize("answer", [ignoring, refusing, without_logprobs])
def test_server_without_echo_is_one_sentence_after_one_question(answer: Any):
    with StubServer(answer) as stub, pytest.raises(DatasetError) as raised:
        asked(server(stub))
    assert len(stub.asked) == 1
    sentence = str(raised.value)
    assert "with" in sentence
    assert "log-probabilities" in sentence
    assert sentence.endswith("Filling a blank needs those: ask a server such as vLLM, or a model file with --gguf.")


def test_passing_trouble_of_a_server_is_waited_out():
    def moody(asked: Asked) -> Reply:
        return error(500, "a bad moment") if asked.number == 1 else echoing(asked)

    with StubServer(moody) as stub:
        found = asked(server(stub, retries=2, concurrency=1), REQUESTS[:3])
    assert len(stub.asked) == 4
    assert all(answer.error is None for answer in found.values())
    json.dumps([dict(logprobs(answer)) for answer in found.values()])
