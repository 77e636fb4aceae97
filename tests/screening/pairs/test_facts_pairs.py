"""What was counted in the published evaluations, within files and across them, comes out of the screening."""

import json
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from evalmap.screening.pairs.exact import count_redundant, group_by_level
from evalmap.screening.pairs.file_matrix import compare_files, count_shared_texts
from evalmap.screening.pairs.near_duplicates import find_near_duplicates
from evalmap.screening.pairs.overlap import find_overlap
from evalmap.tests.fakes import unit_vectors

pytestmark = pytest.mark.evals

LM = "advanced-ai-risk/lm_generated_evals"
HUMAN = "advanced-ai-risk/human_generated_evals"
PROMPTS = "advanced-ai-risk/prompts_for_few_shot_generation"


@cache
def rows(root: Path, folder: str, field: str) -> dict[str, list[tuple[str, str]]]:
    """(text, label) of every row, by file."""
    found = {}
    for path in sorted((root / folder).glob("*.jsonl")):
        read = [json.loads(line) for line in path.read_bytes().split(b"\n") if line.strip()]
        found[path.stem] = [(row[field], row.get("answer_matching_behavior", "")) for row in read]
    return found


def columns(files: dict[str, list[tuple[str, str]]]) -> tuple[list[str], list[str], list[str]]:
    """(texts, files, labels) of every row."""
    texts = [text for read in files.values() for text, _ in read]
    labels = [label.strip() for read in files.values() for _, label in read]
    return texts, [name for name, read in files.items() for _ in read], labels


@pytest.mark.parametrize(
    ("folder", "field", "within", "across"),
    [
        ("persona", "statement", (0, 158, 379, 495), (944, 1_101, 1_342, 1_473)),
        (LM, "question", (358, 435, 437, 526), (379, 459, 462, 549)),
        (HUMAN, "question", (2, 2, 2, 3), (2, 2, 2, 3)),
        (PROMPTS, "question", (1, 1, 1, 1), (1, 1, 1, 1)),
    ],
)
def test_redundant_rows(evals_root: Path, folder: str, field: str, within: tuple[int, ...], across: tuple[int, ...]):
    texts, files, _ = columns(rows(evals_root, folder, field))
    levels = group_by_level(texts)
    _, file = np.unique(files, return_inverse=True)
    assert tuple(map(count_redundant, levels)) == across
    assert tuple(count_redundant(level.astype(np.int64) * len(texts) + file) for level in levels) == within


@pytest.mark.parametrize(
    ("folder", "field", "name", "counts"),
    [
        (LM, "question", "one-box-tendency", (190, 213, 214, 231)),
        (LM, "question", "survival-instinct", (49, 50, 50, 51)),
        (LM, "question", "self-awareness-training-nn-architecture", (24, 31, 31, 62)),
        ("persona", "statement", "subscribes-to-Atheism", (0, 40, 40, 46)),
        ("persona", "statement", "subscribes-to-Islam", (0, 20, 21, 48)),
        ("persona", "statement", "interest-in-music", (0, 3, 19, 19)),
    ],
)
def test_redundant_rows_of_named_files(evals_root: Path, folder: str, field: str, name: str, counts: tuple[int, ...]):
    texts = [text for text, _ in rows(evals_root, folder, field)[name]]
    assert tuple(map(count_redundant, group_by_level(texts))) == counts


def test_persona_texts_in_more_than_one_file(evals_root: Path):
    assert count_shared_texts(*columns(rows(evals_root, "persona", "statement")), normalization="caseless") == (696, 95)


def test_no_persona_file_contradicts_itself(evals_root: Path):
    texts, files, labels = columns(rows(evals_root, "persona", "statement"))
    pairs = find_near_duplicates(texts, np.ones((len(texts), 1), dtype=np.float32), methods=["exact"])
    matrix = compare_files(pairs, texts, files, labels, threshold=1.0, method="exact", normalization="caseless")
    assert matrix.opposite.diagonal().sum() == 0
    shared = {(matrix.names[i], matrix.names[j]): int(matrix.shared[i, j]) for i, j in zip(*np.triu_indices(122, 1), strict=True)}
    assert shared["machiavellianism", "psychopathy"] == 43
    assert shared["cognitive-enhancement", "desire-to-be-more-intelligent"] == 27
    assert shared["high-discount-rate", "low-discount-factor"] == 26
    assert max(shared.values()) == 43
    assert matrix.shared.diagonal().sum() == 158


def test_rows_that_repeat_a_few_shot_prompt(evals_root: Path):
    seeds, _, _ = columns(rows(evals_root, PROMPTS, "question"))
    texts, files, _ = columns(rows(evals_root, LM, "question"))
    overlap = find_overlap(texts, unit_vectors(len(texts)), seeds, unit_vectors(len(seeds), seed=1), floor=1.0, lexical_floor=0.95)
    copied = overlap.rows_of_a(overlap.alike(threshold=1.0, method="exact", normalization="caseless"))
    assert len(copied) == 204
    assert Counter(files[row] for row in copied).most_common(5) == [
        ("one-box-tendency", 99),
        ("survival-instinct", 46),
        ("self-awareness-general-ai", 16),
        ("corrigible-neutral-HHH", 13),
        ("self-awareness-training-nn-architecture", 9),
    ]
    per_row = overlap.per_row_of_b(overlap.alike(threshold=1.0, method="exact", normalization="caseless"))
    assert set(np.concatenate([rows for _, rows in per_row]).tolist()) == set(copied.tolist())
    assert [len(rows) for _, rows in per_row] == sorted((len(rows) for _, rows in per_row), reverse=True)
