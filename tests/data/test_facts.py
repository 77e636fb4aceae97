"""What was counted in the published evaluations holds of what the project reads of them."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from evalmap.data.assembling import assemble
from evalmap.data.readers import read_files
from evalmap.data.records import Dataset, FileRows, ReadOptions
from evalmap.data.text.multiple_choice import lacks_question
from evalmap.data.text.normalization import NORMALIZATIONS, redundant

pytestmark = [pytest.mark.evals, pytest.mark.slow]

LM = "advanced-ai-risk/lm_generated_evals"
HUMAN = "advanced-ai-risk/human_generated_evals"
PROMPTS = "advanced-ai-risk/prompts_for_few_shot_generation"
TEXT = {"persona": "statement", LM: "question", HUMAN: "question", PROMPTS: "question", "winogenerated": "sentence_with_blank"}


@dataclass
class Folder:
    """The datasets of one folder by name, and what was counted in them."""

    datasets: dict[str, Dataset] = field(default_factory=dict)
    redundant: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def texts(self) -> list[str]:
        return [text for dataset in self.datasets.values() for text in dataset.examples["text"]]


def opened(file: FileRows, **options: str) -> Dataset:
    return assemble([file], name=file.name, source=file.source, options=ReadOptions(**options))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def folders(evals_root: Path) -> dict[str, Folder]:
    """Every file read once by the project's own readers; the question of each persona file must embed as its statement."""
    found = {name: Folder() for name in TEXT}
    for file in read_files(evals_root):
        name = max((name for name in TEXT if file.name.startswith(f"{name}/")), key=len, default=None)
        if name is None or TEXT[name] not in file.fields.columns:
            continue  # the occupations of winogenerated have no sentence
        dataset = opened(file)
        found[name].datasets[file.name.removeprefix(f"{name}/")] = dataset
        texts = dataset.examples["text"].tolist()
        found[name].redundant[file.name.removeprefix(f"{name}/")] = tuple(redundant(texts, level) for level in NORMALIZATIONS)
        if name == "persona":
            by_question = opened(file, text="question")
            (boilerplate,) = by_question.boilerplate
            assert (len(boilerplate.prefix), boilerplate.suffix, boilerplate.rows, boilerplate.of) == (
                53,
                '"',
                len(dataset),
                len(dataset),
            ), file.name
            assert by_question.examples["embedded_text"].tolist() == dataset.examples["embedded_text"].tolist(), file.name
    return found


@pytest.mark.parametrize(
    ("name", "files", "rows", "within", "across"),
    [
        ("persona", 122, 120_204, (0, 158, 379, 495), (944, 1_101, 1_342, 1_473)),
        (LM, 15, 14_466, (358, 435, 437, 526), (379, 459, 462, 549)),
        (HUMAN, 14, 6_816, (2, 2, 2, 3), (2, 2, 2, 3)),
        (PROMPTS, 15, 150, (1, 1, 1, 1), (1, 1, 1, 1)),
        ("winogenerated", 1, 2_990, (1, 1, 1, 1), (1, 1, 1, 1)),
    ],
)
def test_files_rows_and_redundant_rows(
    folders: dict[str, Folder], name: str, files: int, rows: int, within: tuple[int, ...], across: tuple[int, ...]
):
    folder = folders[name]
    assert len(folder.datasets) == files
    assert len(folder.texts) == rows
    assert tuple(map(sum, zip(*folder.redundant.values(), strict=True))) == within
    assert tuple(redundant(folder.texts, level) for level in NORMALIZATIONS) == across


@pytest.mark.parametrize(
    ("folder", "name", "rows", "counts"),
    [
        (LM, "one-box-tendency", 1000, (190, 213, 214, 231)),
        (LM, "survival-instinct", 1000, (49, 50, 50, 51)),
        (LM, "self-awareness-training-nn-architecture", 998, (24, 31, 31, 62)),
        ("persona", "subscribes-to-Atheism", 1000, (0, 40, 40, 46)),
        ("persona", "subscribes-to-Islam", 1000, (0, 20, 21, 48)),
        ("persona", "interest-in-music", 1000, (0, 3, 19, 19)),
    ],
)
def test_redundant_rows_of_named_files(folders: dict[str, Folder], folder: str, name: str, rows: int, counts: tuple[int, ...]):
    assert len(folders[folder].datasets[name]) == rows
    assert folders[folder].redundant[name] == counts


def test_every_row_of_every_file_is_an_example_with_its_roles(folders: dict[str, Folder]):
    for folder, found in folders.items():
        for name, dataset in found.datasets.items():
            assert dataset.roles.text == TEXT[folder], name
            assert dataset.set_aside == (), name
            assert dataset.notes == (), name
            assert dataset.examples["text"].str.strip().ne("").all(), name
            if folder == "persona":
                assert (dataset.roles.label, dataset.roles.confidence) == ("answer_matching_behavior", "label_confidence"), name


def test_every_persona_file_is_label_balanced(folders: dict[str, Folder]):
    for name, dataset in folders["persona"].datasets.items():
        counts = Counter(dataset.examples["label"])
        assert counts == {"Yes": len(dataset) // 2, "No": len(dataset) // 2}, name


@pytest.mark.parametrize(("least", "rows"), [(0.6, 115_425), (0.7, 109_122), (0.8, 86_226), (0.9, 54_150), (0.95, 25_377)])
def test_confidence_keeps_so_many_persona_rows(folders: dict[str, Folder], least: float, rows: int):
    assert sum(int((dataset.examples["confidence"] >= least).sum()) for dataset in folders["persona"].datasets.values()) == rows


@pytest.mark.parametrize(
    ("name", "least", "rows", "yes"),
    [
        ("anti-immigration", 0.95, 554, 54),
        ("anti-immigration", 0.97, 500, 0),
        ("politically-liberal", 0.97, 530, 30),
        ("neuroticism", 0.95, 500, 0),
    ],
)
def test_confidence_destroys_the_balance(folders: dict[str, Folder], name: str, least: float, rows: int, yes: int):
    examples = folders["persona"].datasets[name].examples
    kept = examples.loc[examples["confidence"] >= least, "label"]
    assert (len(kept), int((kept == "Yes").sum())) == (rows, yes)


def test_line_921_of_politically_liberal(folders: dict[str, Folder]):
    examples = folders["persona"].datasets["politically-liberal"].examples
    row = examples[examples["line"] == 921].iloc[0]
    assert row["label"] == "Yes"
    assert round(row["confidence"], 5) == 0.96392


def test_rows_that_ask_nothing_before_their_choices(folders: dict[str, Folder]):
    assert sum(map(lacks_question, folders[LM].texts)) == 334


def test_human_questions_match_options_up_to_h(folders: dict[str, Folder]):
    labels = Counter(label for dataset in folders[HUMAN].datasets.values() for label in dataset.examples["label"])
    assert {letter: labels[f"({letter})"] for letter in "CDEFGH"} == {"C": 188, "D": 56, "E": 13, "F": 3, "G": 3, "H": 1}


def test_winogenerated_is_about_299_occupations_with_one_blank_a_row(folders: dict[str, Folder]):
    (dataset,) = folders["winogenerated"].datasets.values()
    assert Counter(dataset.examples["group"].value_counts().tolist()) == {10: 299}
    assert dataset.examples["text"].str.count("_").eq(1).all()
    assert sorted(Counter(dataset.examples["choices"]).values()) == [219, 988, 1783]
