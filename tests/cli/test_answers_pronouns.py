"""Sentences with a blank for a pronoun, asked and reported from the terminal."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evalmap.answers.aligned import answers_on
from evalmap.answers.answer_types import RawAnswer
from evalmap.answers.asking import local_transformers
from evalmap.answers.asking.protocol import OnAnswer, Prompt, Request, Usage
from evalmap.answers.store import AnswerStore
from evalmap.data.store.workspace import Workspace
from evalmap.data.text.pronouns import fill_blank
from evalmap.embeddings.built_map import load_map
from evalmap.tests.answers import pronoun_map
from evalmap.tests.answers.stub_server import Asked, Reply, StubServer, error
from evalmap.tests.command import Command
from evalmap.tests.fakes import write_rows

ROWS = pronoun_map.rows(12)


def logprob(text: str, at: int) -> float:
    return -0.05 - (sum(map(ord, text[: at + 1])) % 17) / 10


def echoing(asked: Asked) -> Reply:
    """Sends each text back with a log-probability a character, and one character more."""
    choices = []
    for index, text in enumerate(asked.body["prompt"]):
        values = [None, *(logprob(text, i) for i in range(1, len(text))), -0.5]
        choices.append({"index": index, "text": f"{text}!", "logprobs": {"tokens": [*text, "!"], "token_logprobs": values}})
    return Reply({"choices": choices})


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("jobs")
    pronoun_map.built(Workspace(folder / "home"), folder / "jobs.jsonl", ROWS)
    return folder / "home"


@pytest.fixture
def space(home: Path, evalmap: Command, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    import os
    import shutil

    for name in [name for name in os.environ if name.startswith("OPENAI")]:
        monkeypatch.delenv(name)
    shutil.copytree(home, evalmap.home)
    return Workspace(evalmap.home)


def to(server: StubServer, *more: str) -> list[str]:
    return ["answers", "run", "jobs", "--base-url", server.url, "--model", "stub", *more]


def test_sentences_with_a_blank_are_filled_unless_told_otherwise(evalmap: Command, space: Workspace):
    with StubServer(echoing) as server:
        result = evalmap(*to(server))
    assert result.code == 0, result.err
    assert "jobs · stub · blank: 36 of 36 questions answered (36 now)" in result.out
    assert "free text" not in result.out
    (scores,) = answers_on(load_map(space, space.find("jobs")), AnswerStore(space))
    wanted = []
    for row in ROWS:
        texts = {option: fill_blank(row["sentence_with_blank"], option) for option in row["pronoun_options"]}
        begin = row["sentence_with_blank"].index("_")
        sums = {option: sum(logprob(text, i) for i in range(begin, len(text))) for option, text in texts.items()}
        total = sum(np.exp(value) for value in sums.values())
        he, she, they = row["pronoun_options"]
        wanted.append([np.exp(sums[she]) / total, np.exp(sums[he]) / total, np.exp(sums[they]) / total])
    assert scores.p_pronouns == pytest.approx(np.array(wanted))


def test_run_that_stops_goes_on_and_asks_nothing_twice(evalmap: Command, space: Workspace):
    with StubServer(lambda asked: echoing(asked) if asked.number < 10 else error(401, "key expired")) as server:
        stopped = evalmap(*to(server, "--concurrency", "1"))
        assert stopped.code == 1
        assert "10 of 36 answers are kept" in stopped.err
        server.answer = echoing
        assert evalmap(*to(server)).code == 0
        assert len(server.asked) == 37  # the refused one twice


def test_dry_run_counts_each_filled_sentence(evalmap: Command, space: Workspace):
    with StubServer(echoing) as server:
        result = evalmap(*to(server, "--dry-run"))
        assert server.asked == []
    characters = sum(len(fill_blank(row["sentence_with_blank"], option)) for row in ROWS for option in row["pronoun_options"])
    assert f"{characters:,} characters" in result.out
    assert "at most 108 tokens of answers" in result.out


def test_words_cannot_be_read_of_a_blank_and_other_prompts_are_put_as_they_are(evalmap: Command, space: Workspace):
    with StubServer(echoing) as server:
        refused = evalmap(*to(server, "--text"))
        assert refused.code == 1
        assert "nothing is written, so no words can be read" in refused.err
        assert server.asked == []


def test_prompt_without_a_blank_is_one_sentence(evalmap: Command, space: Workspace, tmp_path: Path):
    (tmp_path / "mine.jinja").write_text("{{ occupation }}")
    with StubServer(echoing) as server:
        refused = evalmap(*to(server, "--prompt", str(tmp_path / "mine.jinja"), "--prompt-kind", "blank"))
    assert refused.code == 1
    assert "no row has exactly one blank (_), and the prompt mine.jinja fills one" in refused.err


class FakeModel:
    def __init__(self, path: Path) -> None:
        pass

    def about(self) -> dict[str, str]:
        return {"model": "fake"}

    def answer(self, prompt: Prompt, requests: list[Request], *, on_answer: OnAnswer) -> Usage:
        assert prompt.kind == "blank"
        for request in requests:
            on_answer(request, RawAnswer(option_logprobs={option: -float(len(option)) for option in request.options.all}))
        return Usage()


def test_model_file_is_asked_with_transformers_and_that_is_told(
    evalmap: Command, space: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(local_transformers, "TransformersAnswerer", FakeModel)
    (tmp_path / "m.gguf").write_bytes(b"GGUF")
    result = evalmap("answers", "run", "jobs", "--gguf", tmp_path / "m.gguf")
    assert result.code == 0, result.err
    assert "scored with transformers: llama.cpp's server gives no log-probabilities of a given text" in result.out
    quiet = evalmap("answers", "run", "jobs", "--gguf", tmp_path / "m.gguf", "--engine", "transformers")
    assert "scored with transformers" not in quiet.out
    assert "36 questions answered (0 now)" in quiet.out


def test_report_tells_r_for_a_person_and_a_program(evalmap: Command, space: Workspace, tmp_path: Path):
    pronoun_map.kept(space, load_map(space, space.find("jobs")), ROWS, pronoun_map.leaning, model="leans")
    result = evalmap("answers", "report", "jobs", "--html", tmp_path / "report.html")
    section = evalmap("answers", "report", "jobs", "--json").json["pronoun_bias"]
    fit = section["sets"][0]["whole"]["fit"]
    assert f"leans · blank: r = {fit['r']:.2f} (" in result.out
    assert "over 12 occupations" in result.out
    assert "object (12 sentences)" in result.out
    assert '<svg class="scatter"' in (tmp_path / "report.html").read_text()


@pytest.mark.slow
@pytest.mark.evals
@pytest.mark.language_model
def test_real_model_leans_as_the_occupations_do(evalmap: Command, evals_root: Path, gguf_file: Path):
    """The shortest sentence of each of the 299 occupations; docs/findings/pronouns.md has all 2,990."""
    from scipy import stats as scipy_stats

    stats: Any = scipy_stats  # its results have no types

    lines = (evals_root / "winogenerated" / "winogenerated_examples.jsonl").read_text(encoding="utf-8").splitlines()
    read: list[pronoun_map.Row] = [json.loads(line) for line in lines]
    rows = sorted(read, key=lambda row: (row["occupation"], len(row["sentence_with_blank"]), row["index"]))
    shortest = list({row["occupation"]: row for row in reversed(rows)}.values())
    write_rows(Path("shortest.jsonl"), sorted(shortest, key=lambda row: row["index"]))
    assert evalmap("build", "shortest.jsonl").code == 0
    assert evalmap("answers", "run", "shortest", "--gguf", gguf_file).code == 0
    (one,) = evalmap("answers", "report", "shortest", "--json").json["pronoun_bias"]["sets"]
    table = pd.DataFrame(one["occupations"])
    assert set(table["occupation"]) == {row["occupation"] for row in shortest}
    assert len(table) == 299
    shares = {row["occupation"]: row["BLS_percent_women_2019"] for row in shortest}
    found = stats.pearsonr([shares[name] for name in table["occupation"]], table["bias"])
    fit = one["whole"]["fit"]
    assert (fit["n"], fit["r"]) == pytest.approx((299, found.statistic))
    assert fit["r_interval"] == pytest.approx(list(found.confidence_interval()))
    assert fit["r_interval"][0] > 0.2
