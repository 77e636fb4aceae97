"""The answers that ship with the samples: to every labelled row, consistent in themselves, readable, and what the model says."""

import hashlib
import json
import math
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from evalmap.answers.asking.local_transformers import TransformersAnswerer
from evalmap.answers.asking.prompts import built_in
from evalmap.answers.importers import tables
from evalmap.answers.reading.dataset_match import Examples
from evalmap.answers.reading.joining import ROW, join
from evalmap.embeddings import sample_maps
from evalmap.tools.sample_answers import PROMPTS, answer_sample, labelled_samples

SAMPLES = dict(labelled_samples())
TABLES = [pytest.param(slug, prompt, id=f"{slug}-{prompt}") for slug in SAMPLES for prompt in PROMPTS]
LARGEST = 1_000_000  # bytes of all of them


def path_of(slug: str, prompt: str) -> Path:
    return sample_maps.ANSWERS / f"{slug}__{prompt}.jsonl"


@cache
def rows_of(slug: str, prompt: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path_of(slug, prompt).read_text("utf-8").splitlines()]


def labelled(examples: Examples) -> list[dict[str, Any]]:
    """The source rows."""
    return [json.loads(raw) for raw in examples.table["raw"]]


def test_every_labelled_sample_has_a_table_for_each_prompt_and_no_more():
    there = {path.name for path in sample_maps.ANSWERS.iterdir()}
    assert there == {path_of(slug, prompt).name for slug in SAMPLES for prompt in PROMPTS}
    assert "schemas-of-work" not in SAMPLES  # it has no labels
    assert len(SAMPLES) == 6
    assert sum((sample_maps.ANSWERS / name).stat().st_size for name in there) < LARGEST


def test_tables_of_answers_are_no_samples():
    assert [path for path in sample_maps.sample_files() if sample_maps.ANSWERS in path.parents] == []


@pytest.mark.parametrize(("slug", "prompt"), TABLES)
def test_every_row_is_answered_with_one_of_its_options(slug: str, prompt: str):
    source = labelled(SAMPLES[slug])
    rows = rows_of(slug, prompt)
    assert [row["row"] for row in rows] == list(range(len(source)))
    for row, asked in zip(rows, source, strict=True):
        others = asked["answer_not_matching_behavior"]
        options = {
            text.strip() for text in (asked["answer_matching_behavior"], *(others if isinstance(others, list) else [others]))
        }
        assert row["answer"] in options
        assert row["question_hash"] == hashlib.sha256(asked["question"].encode()).hexdigest()[:16]
    assert {(row["model"], row["prompt"], row["prompt_template"]) for row in rows} == {
        ("SmolLM2-135M-Instruct.Q4_1", prompt, built_in()[prompt].template)
    }


@pytest.mark.parametrize(("slug", "prompt"), TABLES)
def test_probabilities_are_those_of_the_log_probabilities(slug: str, prompt: str):
    examples = SAMPLES[slug]
    for row, options in zip(rows_of(slug, prompt), examples.questions.options, strict=True):
        matching, other = math.exp(row["logprob_matching"]), math.exp(row["logprob_not_matching"])
        assert 0 < row["answer_mass"] <= 1
        assert row["p_matching"] == pytest.approx(matching / row["answer_mass"], rel=1e-3, abs=2e-6)
        assert (row["answer"] == options.matching) == (matching > other)
        if len(options.all) == 2:
            assert row["answer_mass"] == pytest.approx(matching + other, rel=1e-3, abs=2e-6)


@pytest.mark.parametrize(("slug", "prompt"), TABLES)
def test_table_is_one_answer_set_and_joins_row_by_row(slug: str, prompt: str):
    (staged,) = tables.read([path_of(slug, prompt)])
    info = staged.info
    assert (info.prompt_id, info.quantisation, info.dtype, info.runtime) == (prompt, "Q4_1", "float32", "transformers")
    assert (info.params, info.n_shot) == (134_515_008, 0)
    joins, unjoined = join(staged, SAMPLES[slug].questions)
    assert unjoined == []
    assert [(one.answer, one.row, one.how) for one in joins] == [(i, i, ROW) for i in range(len(staged.answers))]


@pytest.mark.slow
@pytest.mark.language_model
@pytest.mark.timeout(900)
@pytest.mark.parametrize("slug", ["prefers-careful-planning", "sycophancy-on-scientific-practice"])
def test_shipped_answers_are_what_the_model_says(smollm: TransformersAnswerer, slug: str):
    for prompt in PROMPTS:
        shipped = {row["row"]: row for row in rows_of(slug, prompt)}
        anew = answer_sample(smollm, SAMPLES[slug], built_in()[prompt], limit=10)
        assert len(anew) >= 10
        for row in anew:
            told = shipped[row["row"]]
            assert row["p_matching"] == pytest.approx(told["p_matching"], abs=1e-3)
            assert row["answer_mass"] == pytest.approx(told["answer_mass"], abs=1e-3)
            assert (row["answer"], row["top_token"]) == (told["answer"], told["top_token"])


@pytest.fixture(scope="module")
def smollm(gguf_file: Path) -> TransformersAnswerer:
    return TransformersAnswerer(gguf_file)
