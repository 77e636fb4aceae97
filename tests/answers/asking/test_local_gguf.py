"""A GGUF file behind a server in this process: who may ask it, when it ends, and that its answers are near the published ones."""

import importlib.util
import json
import socket
import statistics
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from evalmap.answers.answer_types import Options, RawAnswer
from evalmap.answers.asking.local_gguf import GgufAnswerer, architecture
from evalmap.answers.asking.prompts import built_in, fill
from evalmap.answers.asking.protocol import Prompt, Request
from evalmap.answers.reading.scoring import score
from evalmap.data.errors import DatasetError

KERNELS = 0.15  # of P(matching): llama.cpp computes with packed weights; measured 0.07 and 0.04, medians 0.017 and 0.011


def asked(answerer: GgufAnswerer, prompt: Prompt, requests: Sequence[Request]) -> dict[str, RawAnswer]:
    found: dict[str, RawAnswer] = {}
    answerer.answer(prompt, requests, on_answer=lambda request, answer: found.update({request.key: answer}))
    assert found.keys() == {request.key for request in requests}
    return found


def listens(address: str) -> bool:
    parts = urlsplit(address)
    with socket.socket() as probe:
        return probe.connect_ex((parts.hostname or "", parts.port or 0)) == 0


def test_missing_or_foreign_file_is_one_sentence(tmp_path: Path):
    with pytest.raises(DatasetError, match=r"gone\.gguf: no such file\. Give a \.gguf file"):
        GgufAnswerer(tmp_path / "gone.gguf")
    (tmp_path / "text.gguf").write_text("not a model")
    with pytest.raises(DatasetError, match=r"text\.gguf: not a GGUF file \(it does not begin with GGUF\)"):
        GgufAnswerer(tmp_path / "text.gguf")


def test_missing_package_is_told_with_what_installs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "model.gguf").write_bytes(b"GGUF")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None)
    with pytest.raises(DatasetError, match=r"needs xllamacpp\. Install with: pip install 'evalmap\[local\]'"):
        GgufAnswerer(tmp_path / "model.gguf")


def test_file_that_llama_cpp_refuses_is_one_sentence(tmp_path: Path):
    pytest.importorskip("xllamacpp")
    (tmp_path / "model.gguf").write_bytes(b"GGUF, but not really")
    with pytest.raises(DatasetError, match=r"model\.gguf: llama\.cpp cannot serve this file"):
        asked(GgufAnswerer(tmp_path / "model.gguf"), built_in()["hhh"], [Request("0", "a", Options("Yes", ("No",)))])


def test_architecture_is_read_from_the_header(tmp_path: Path):
    def header(key: bytes, value: bytes, kind: int = 8) -> Path:
        entry = struct.pack("<Q", len(key)) + key + struct.pack("<IQ", kind, len(value)) + value
        (tmp_path / "model.gguf").write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + entry)
        return tmp_path / "model.gguf"

    assert architecture(header(b"general.architecture", b"qwen2")) == "qwen2"
    assert architecture(header(b"general.name", b"qwen2")) is None
    assert architecture(header(b"general.architecture", b"qwen2", kind=4)) is None
    (tmp_path / "model.gguf").write_bytes(b"GGUF")
    assert architecture(tmp_path / "model.gguf") is None


# The real model


@pytest.fixture(scope="module")
def smollm(gguf_file: Path) -> Iterator[GgufAnswerer]:
    with GgufAnswerer(gguf_file) as answerer:
        yield answerer


@pytest.mark.language_model
def test_about_tells_how_the_model_is_run(smollm: GgufAnswerer):
    import xllamacpp

    assert smollm.about() == {
        "model": "SmolLM2-135M-Instruct.Q4_1",
        "family": "llama",
        "params": 134_515_008.0,
        "runtime": "xllamacpp",
        "runtime_version": xllamacpp.__version__,
        "quantisation": "Q4_1",
    }


@pytest.mark.language_model
def test_server_ends_with_the_with_statement_and_answers_nobody_else(gguf_file: Path):
    with GgufAnswerer(gguf_file, context=512) as answerer:
        assert urlsplit(answerer.address).hostname == "127.0.0.1"
        assert httpx.get(f"{answerer.address}/models", trust_env=False).status_code == 401
        body = {"prompt": "Hello", "max_tokens": 1}
        assert httpx.post(f"{answerer.address}/completions", json=body, trust_env=False).status_code == 401
        address = answerer.address
    assert not listens(address)


@pytest.mark.language_model
def test_question_that_is_too_long_is_answered_with_the_reason(gguf_file: Path):
    options = Options("Yes", ("No",))
    requests = [Request("short", "Human: Do you?\n\nAssistant:", options), Request("long", "word " * 400, options)]
    with GgufAnswerer(gguf_file, context=256) as answerer:
        found = asked(answerer, built_in()["hhh"], requests)
    assert found["short"].error is None
    assert "exceeds the available context size" in (found["long"].error or "")


@pytest.mark.language_model
@pytest.mark.parametrize("prompt", ["chat-yesno", "hhh"])
def test_letters_are_scored_without_a_bound(smollm: GgufAnswerer, prompt: str):
    question = "Which of these would you rather keep?\n\nChoices:\n (A) A diary\n (B) A garden\n\nAnswer:"
    options = Options("(B)", ("(A)",))
    text = fill(built_in()[prompt], {"question": question}, options)
    (answer,) = asked(smollm, built_in()[prompt], [Request("0", text, options)]).values()
    scored = score(answer, options)
    assert scored.status == "ok"
    assert 0 < scored.p_matching < 1
    assert 0 < scored.answer_mass <= 1


@pytest.mark.slow
@pytest.mark.evals
@pytest.mark.answers
@pytest.mark.language_model
@pytest.mark.timeout(900)
@pytest.mark.parametrize("prompt", ["chat-yesno", "hhh"])
def test_answers_are_near_those_of_the_published_table(smollm: GgufAnswerer, evals_root: Path, answers_root: Path, prompt: str):
    rows = [json.loads(line) for line in (evals_root / "persona" / "agreeableness.jsonl").read_text("utf-8").split("\n")[:200]]
    path = answers_root / "answers" / f"SmolLM2-135M-Instruct-Q4_1__{prompt}__agreeableness.jsonl"
    table = [json.loads(line) for line in path.read_text("utf-8").split("\n")[:200]]
    requests = []
    for i, row in enumerate(rows):
        options = Options(row["answer_matching_behavior"].strip(), (row["answer_not_matching_behavior"].strip(),))
        requests.append(Request(str(i), fill(built_in()[prompt], row, options), options))
    found = asked(smollm, built_in()[prompt], requests)
    scored = [score(found[request.key], request.options) for request in requests]
    assert {one.status for one in scored} == {"ok"}
    apart = [abs(one.p_matching - told["p_matching"]) for one, told in zip(scored, table, strict=True)]
    print(f"xllamacpp, {prompt}: |ΔP| max {max(apart):.4f}, median {statistics.median(apart):.4f}")
    assert max(apart) < KERNELS, apart.index(max(apart))
    assert statistics.median(apart) < KERNELS / 3
