"""A model on this machine: its log-probabilities are those of plain forward passes, and those of a published table."""

import importlib.util
import json
import math
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from evalmap.answers.answer_types import Options, RawAnswer
from evalmap.answers.asking.local_transformers import TransformersAnswerer
from evalmap.answers.asking.model_files import quantisation
from evalmap.answers.asking.prompts import built_in, fill
from evalmap.answers.asking.protocol import Prompt, Request
from evalmap.data.errors import DatasetError
from evalmap.tests.answers.asking.tiny_model import chain, chances, plain, tiny

PLAIN = Prompt("plain", "{{ question }}", kind="completion")
LED = Prompt("led", "{{ question }}", kind="completion", lead=" ")
CHAT = Prompt("chat", "{{ question }}")
YES_NO = Options("Yes", ("No",))
LETTERS = Options("(B)", ("(A)", "(C)"))
SHARED = "Would you say this of yourself? "
TEXTS = [SHARED + text for text in ("I like rain.", "No.", "I would rather be asked twice than once.", "x", "Hm?", "I like snow.")]


def asked(answerer: TransformersAnswerer, prompt: Prompt, requests: Sequence[Request]) -> dict[str, RawAnswer]:
    found: dict[str, RawAnswer] = {}

    def keep(request: Request, answer: RawAnswer) -> None:
        assert request.key not in found
        found[request.key] = answer

    answerer.answer(prompt, requests, on_answer=keep)
    return found


def requests_of(texts: Sequence[str], options: Options) -> list[Request]:
    return [Request(str(i), text, options) for i, text in enumerate(texts)]


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny(tmp_path_factory.mktemp("tiny"))


def logprobs(answer: RawAnswer) -> Mapping[str, float]:
    assert answer.error is None
    assert answer.option_logprobs is not None
    return answer.option_logprobs


@pytest.mark.parametrize("sliding", [False, True], ids=["full attention", "sliding window"])
@pytest.mark.parametrize("share", [True, False], ids=["shared prefix", "no prefix"])
@pytest.mark.parametrize("batch_tokens", [1, 60, 4096])
def test_batches_and_prefix_change_nothing(tmp_path: Path, batch_tokens: int, share: bool, sliding: bool):
    folder = tiny(tmp_path / "model", sliding=sliding)
    found = asked(TransformersAnswerer(folder, batch_tokens=batch_tokens, share_prefix=share), LED, requests_of(TEXTS, LETTERS))
    model, tokenizer = plain(folder)
    for i, text in enumerate(TEXTS):
        prompt = tokenizer(text)["input_ids"]
        chains = {o: chain(model, prompt, tokenizer(f" {o[:2]}")["input_ids"]) for o in LETTERS.all}  # up to the letter
        assert logprobs(found[str(i)]) == pytest.approx(chains, abs=1e-4)
        assert found[str(i)].answer_mass == pytest.approx(sum(map(math.exp, chains.values())), rel=1e-4)
        assert found[str(i)].top_token == tokenizer.decode([int(chances(model, prompt).argmax())])


def test_what_prompts_begin_with_is_computed_once(model_folder: Path):
    def computed(share: bool) -> int:
        answerer, passes = TransformersAnswerer(model_folder, share_prefix=share), []
        answerer._model.register_forward_pre_hook(lambda m, a, given: passes.append(given["input_ids"].numel()), with_kwargs=True)
        asked(answerer, LED, requests_of([SHARED + "a", SHARED + "b", SHARED + "cd"], YES_NO))
        return sum(passes)

    rest = len("cd ")  # the others are padded to it; the space begins both options
    assert computed(share=True) == len(SHARED) + 3 * rest
    assert computed(share=False) == 3 * (len(SHARED) + rest)


def test_option_that_begins_another_is_scored_whole(model_folder: Path):
    options = Options("no", ("not", "ab"))
    found = asked(TransformersAnswerer(model_folder), LED, requests_of(TEXTS, options))
    model, tokenizer = plain(model_folder)
    for i, text in enumerate(TEXTS):
        prompt = tokenizer(text)["input_ids"]
        needed = {"no": " no", "not": " not", "ab": " a"}
        chains = {option: chain(model, prompt, tokenizer(written)["input_ids"]) for option, written in needed.items()}
        assert logprobs(found[str(i)]) == pytest.approx(chains, abs=1e-4)


def test_prompts_of_several_options_go_together(model_folder: Path):
    kinds = (YES_NO, LETTERS, Options(None, ("maybe", "never")))
    requests = [Request(str(i), text, kinds[i % 3]) for i, text in enumerate(TEXTS)]
    together = asked(TransformersAnswerer(model_folder), LED, requests)
    for request in requests:
        (alone,) = asked(TransformersAnswerer(model_folder, batch_tokens=1), LED, [request]).values()
        assert logprobs(together[request.key]) == pytest.approx(logprobs(alone), abs=1e-4)


def test_chat_prompt_goes_through_the_template(model_folder: Path):
    found = asked(TransformersAnswerer(model_folder), CHAT, requests_of(TEXTS, Options("Yes", ("No",))))
    model, tokenizer = plain(model_folder)
    for i, text in enumerate(TEXTS):
        prompt = tokenizer(f"<{text}>")["input_ids"]
        # The two begin with one token when a space is before them: only the forms without are read.
        chains = {option: chain(model, prompt, tokenizer(option[0])["input_ids"]) for option in ("Yes", "No")}
        assert logprobs(found[str(i)]) == pytest.approx(chains, abs=1e-4)


def test_what_cannot_be_asked_is_answered_with_the_reason(tmp_path: Path):
    answerer = TransformersAnswerer(tiny(tmp_path, window=20))
    requests = [
        Request("long", "a" * 21, YES_NO),
        Request("longer with its option", "a" * 20, LETTERS),
        Request("fits", "a" * 20, YES_NO),
        Request("none", "a", Options(None, ())),
        Request("empty", "", YES_NO),
    ]
    found = asked(answerer, PLAIN, requests)
    assert {key: answer.error for key, answer in found.items()} == {
        "long": "the prompt has 21 tokens; the model reads 20",
        "longer with its option": "the prompt has 21 tokens; the model reads 20",
        "fits": None,
        "none": "no answer options to compare",
        "empty": "the prompt is empty",
    }


def test_nothing_is_asked_of_nothing(model_folder: Path):
    assert asked(TransformersAnswerer(model_folder), LED, []) == {}


def test_nothing_is_fetched(model_folder: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*arguments: object) -> None:
        raise AssertionError(f"a connection was opened: {arguments[1:]}")

    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert len(asked(TransformersAnswerer(model_folder), CHAT, requests_of(TEXTS, YES_NO))) == len(TEXTS)


def test_about_tells_how_the_model_is_run(model_folder: Path):
    import transformers

    about = TransformersAnswerer(model_folder).about()
    params = about["params"]
    assert {**about, "params": None} == {
        "model": model_folder.name,
        "family": "llama",
        "params": None,
        "dtype": "float32",
        "runtime": "transformers",
        "runtime_version": transformers.__version__,
        "quantisation": None,
    }
    assert params == sum(weight.numel() for weight in plain(model_folder)[0].parameters())


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("SmolLM2-135M-Instruct.Q4_1.gguf", "Q4_1"),
        ("Llama-3.2-1B-Instruct-Q4_K_M.gguf", "Q4_K_M"),
        ("qwen2.5-0.5b-instruct-q8_0.gguf", "Q8_0"),
        ("model-IQ3_XXS.gguf", "IQ3_XXS"),
        ("gpt-oss-20b-mxfp4.gguf", "MXFP4"),
        ("tiny-f16.gguf", "F16"),
        ("big-Q6_K-00001-of-00002.gguf", "Q6_K"),
        ("plain.gguf", None),
        ("Q4_1", None),
    ],
)
def test_quantisation_is_read_from_the_name(name: str, told: str | None):
    assert quantisation(Path(name)) == told


# Errors


def test_missing_or_foreign_path_is_one_sentence(tmp_path: Path):
    with pytest.raises(DatasetError, match=r"gone\.gguf: no such file or folder\. Give a \.gguf file"):
        TransformersAnswerer(tmp_path / "gone.gguf")
    with pytest.raises(DatasetError, match=r"no config\.json in this folder"):
        TransformersAnswerer(tmp_path)
    (tmp_path / "model.bin").write_bytes(b"x")
    with pytest.raises(DatasetError, match=r"model\.bin: expected a \.gguf file or the folder of a model"):
        TransformersAnswerer(tmp_path / "model.bin")


@pytest.mark.parametrize("missing", ["gguf", "accelerate"])
def test_missing_package_is_told_with_what_installs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str):
    (tmp_path / "model.gguf").write_bytes(b"GGUF")
    there = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == missing else there(name, *rest))
    with pytest.raises(DatasetError, match=rf"needs {missing}\. Install with: pip install 'evalmap\[local\]'"):
        TransformersAnswerer(tmp_path / "model.gguf")


def test_file_that_is_no_model_is_one_sentence(tmp_path: Path):
    (tmp_path / "model.gguf").write_bytes(b"GGUF, but not really")
    with pytest.raises(DatasetError, match=r"model\.gguf: could not be loaded as a causal language model"):
        TransformersAnswerer(tmp_path / "model.gguf").about()


def test_pickled_weights_are_not_read(tmp_path: Path):
    (tiny(tmp_path) / "model.safetensors").rename(tmp_path / "pytorch_model.bin")
    with pytest.raises(DatasetError, match="could not be loaded as a causal language model"):
        TransformersAnswerer(tmp_path).about()


def test_model_without_a_chat_template_is_told(tmp_path: Path):
    answerer = TransformersAnswerer(tiny(tmp_path / "plain", template=None))
    with pytest.raises(DatasetError, match=r"plain: has no chat template\. Choose a completion prompt"):
        asked(answerer, CHAT, requests_of(TEXTS, YES_NO))


def test_template_that_refuses_is_told(tmp_path: Path):
    answerer = TransformersAnswerer(tiny(tmp_path / "strict", template="{{ raise_exception('no system role') }}"))
    with pytest.raises(DatasetError, match=r"strict: its chat template refuses the prompt chat \(no system role\)"):
        asked(answerer, CHAT, requests_of(TEXTS, YES_NO))


# The real model


@pytest.fixture(scope="module")
def smollm(gguf_file: Path) -> TransformersAnswerer:
    return TransformersAnswerer(gguf_file)


def published(evals_root: Path, answers_root: Path, prompt: str, rows: int) -> tuple[list[Request], list[dict[str, Any]]]:
    """The first rows of a published evaluation as requests, and what the shared table tells of them."""
    lines = (evals_root / "persona" / "agreeableness.jsonl").read_text("utf-8").split("\n")[:rows]
    requests = []
    for i, line in enumerate(lines):
        row = json.loads(line)
        options = Options(row["answer_matching_behavior"].strip(), (row["answer_not_matching_behavior"].strip(),))
        requests.append(Request(str(i), fill(built_in()[prompt], row, options), options))
    table = answers_root / "answers" / f"SmolLM2-135M-Instruct-Q4_1__{prompt}__agreeableness.jsonl"
    return requests, [json.loads(line) for line in table.read_text("utf-8").split("\n")[:rows]]


def p_matching(answer: RawAnswer, options: Options) -> float:
    chances = {option: math.exp(logprob) for option, logprob in logprobs(answer).items()}
    assert options.matching
    return chances[options.matching] / sum(chances.values())


@pytest.mark.slow
@pytest.mark.evals
@pytest.mark.answers
@pytest.mark.language_model
@pytest.mark.parametrize("prompt", ["chat-yesno", "hhh"])
def test_answers_are_those_of_the_published_table(smollm: TransformersAnswerer, evals_root: Path, answers_root: Path, prompt: str):
    requests, table = published(evals_root, answers_root, prompt, 200)
    found = asked(smollm, built_in()[prompt], requests)
    apart = [abs(p_matching(found[r.key], r.options) - told["p_matching"]) for r, told in zip(requests, table, strict=True)]
    assert max(apart) < 1e-3, apart.index(max(apart))  # measured: 5e-6
    masses = [abs((found[r.key].answer_mass or 0) - told["answer_mass"]) for r, told in zip(requests, table, strict=True)]
    assert max(masses) < 1e-3
    assert [found[r.key].top_token for r in requests] == [told["top_token"] for told in table]


@pytest.mark.slow
@pytest.mark.evals
@pytest.mark.answers
@pytest.mark.language_model
def test_real_batches_and_prefix_give_what_plain_passes_give(
    smollm: TransformersAnswerer, gguf_file: Path, evals_root: Path, answers_root: Path
):
    requests, _ = published(evals_root, answers_root, "hhh", 12)
    model, tokenizer = smollm._model, smollm._tokenizer  # loading it twice would take half a minute
    tokens = {option: tokenizer(f" {option}")["input_ids"] for option in YES_NO.all}
    expected = {r.key: {o: chain(model, tokenizer(r.text)["input_ids"], tokens[o]) for o in r.options.all} for r in requests}
    try:
        for smollm.batch_tokens, smollm.share_prefix in ((1, True), (150, True), (4096, True), (4096, False)):
            found = asked(smollm, built_in()["hhh"], requests)
            for key, chains in expected.items():
                assert logprobs(found[key]) == pytest.approx(chains, abs=1e-4)
    finally:
        smollm.batch_tokens, smollm.share_prefix = 1024, True


@pytest.mark.slow
@pytest.mark.language_model
@pytest.mark.parametrize(("prompt", "bracket"), [("hhh", " ("), ("chat-yesno", "(")])
def test_real_letters_are_compared_after_the_bracket(smollm: TransformersAnswerer, prompt: str, bracket: str):
    question = "Which of these would you rather keep?\n\nChoices:\n (A) A diary\n (B) A garden"
    asking, options = built_in()[prompt], Options("(B)", ("(A)",))
    text = fill(asking, {"question": question}, options)
    (answer,) = asked(smollm, asking, [Request("0", text, options)]).values()
    model, tokenizer = smollm._model, smollm._tokenizer
    if asking.kind == "chat":
        text = tokenizer.apply_chat_template([{"role": "user", "content": text}], tokenize=False, add_generation_prompt=True)
    after = {option: tokenizer(bracket + option[1])["input_ids"] for option in options.all}
    assert {len(tokens) for tokens in after.values()} == {2}
    prompt_tokens = tokenizer(text, add_special_tokens=False)["input_ids"]
    assert logprobs(answer) == pytest.approx({o: chain(model, prompt_tokens, after[o]) for o in options.all}, abs=1e-4)
