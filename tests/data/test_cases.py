"""Small inputs in the shapes of public files (../shared/cases) read as their READMEs say. A case more is a line more in `CASES`."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from evalmap.data.opening import open_dataset
from evalmap.data.records import Dataset
from evalmap.tests.needs import absent
from evalmap.tests.paths import ROOT


@dataclass(frozen=True)
class Case:
    """What a file, or a folder, must give: its examples, their first text, the fields of the text, and what else is true of it."""

    path: str
    rows: int
    first: str
    text: tuple[str, ...]
    holds: Callable[[Dataset], bool] = lambda dataset: True


def labels(*expected: str) -> Callable[[Dataset], bool]:
    return lambda dataset: dataset.examples["label"].tolist()[: len(expected)] == list(expected)


def all_hold(*checks: Callable[[Dataset], bool]) -> Callable[[Dataset], bool]:
    return lambda dataset: all(check(dataset) for check in checks)


def different_texts(count: int) -> Callable[[Dataset], bool]:
    return lambda dataset: dataset.examples["embedded_text"].nunique() == count


def column(name: str, first: str) -> Callable[[Dataset], bool]:
    return lambda dataset: dataset.examples[name][0] == first


def says(words: str) -> Callable[[Dataset], bool]:
    """One note says so; no note at all where there is nothing to say."""
    return lambda dataset: any(words in note for note in dataset.notes) if words else dataset.notes == ()


CASES = [
    Case(
        "01-answer-key-beside-prediction/dataset.jsonl", 8, "Do you care about how tides rise?", ("question",), labels("No", "Yes")
    ),
    Case("02-mmlu-pro-results/dataset.jsonl", 8, "What of how tides rise?", ("question",), labels("red", "green", "blue", "grey")),
    Case(
        "03-integer-label-is-an-index/dataset.jsonl",
        8,
        "Which is true about how tides rise?",
        ("question",),
        all_hold(
            labels("A", "B", "C", "D"),
            column("choices", '["A. first claim 0", "B. second claim 0", "C. third claim 0", "D. fourth claim 0"]'),
        ),
    ),
    Case(
        "05-context-and-question/bbq.jsonl",
        6,
        "The baker and The clerk were waiting at a bus stop.\n\nWho had lost a ticket?",
        ("context", "question"),
        all_hold(
            different_texts(6),
            labels("C", "A", "C", "A"),
            column("choices", '["A. The baker", "B. The clerk", "C. Cannot tell"]'),
        ),
    ),
    Case(
        "05-context-and-question/alpaca.jsonl",
        8,
        "Put into the past tense.\n\nShe studies how tides rise.",
        ("instruction", "input"),
        different_texts(8),
    ),
    Case("06-text-is-the-longest-column/simpleqa.csv", 8, "What is said of how tides rise?", ("problem",)),
    Case("06-text-is-the-longest-column/harmbench.csv", 8, "Mock how tides rise", ("Behavior",)),
    Case(
        "06-text-is-the-longest-column/preferences.jsonl",
        8,
        "Tell me how tides rise",
        ("chosen", "rejected"),
        column("endings", '{"chosen": "Gladly.", "rejected": "I would rather talk about something else, sorry."}'),
    ),
    Case(
        "07-chat-messages/oai_evals.jsonl",
        8,
        "Do we know how tides rise?",
        ("input",),
        all_hold(
            labels("Y", "N"),
            column(
                "turns",
                '[{"role": "system", "content": "Answer Y or N."}, {"role": "user", "content": "Do we know how tides rise?"}]',
            ),
        ),
    ),
    Case(
        "07-chat-messages/inspect.json",
        8,
        "Tell me how tides rise?",
        ("input",),
        labels("A good reply tells at length how tides rise."),
    ),
    Case("07-chat-messages/chatml.jsonl", 8, "Tell me how tides rise", ("messages",)),
    Case(
        "07-chat-messages/sharegpt.json",
        8,
        "Tell me how tides rise",
        ("conversations",),
        column("turns", '[{"role": "user", "content": "Tell me how tides rise"}, {"role": "assistant", "content": "Well."}]'),
    ),
    Case(
        "08-headerless-csv/astronomy_test.csv",
        8,
        "Which is true about how tides rise?",
        ("a",),
        all_hold(
            says("The first row looks like the others"),
            lambda dataset: dataset.reading.fields_of("choices") == ("b", "c", "d", "e"),
        ),
    ),
    *(
        Case(f"10-pandas-and-python-defaults/{name}", 8, "Tell me how tides rise?", ("question",), says(told))
        for name, told in (("columns.json", "orient='columns'"), ("nan.jsonl", "read as missing"), ("rows.ndjson", ""))
    ),
    *(
        Case(f"11-wrapped-json/{name}.json", 8, "Tell me how tides rise?", ("question",), says(told))
        for name, told in (
            ("data", "the list data inside"),
            ("pretty", "8 objects one after the other"),
            ("viewer_rows", "`row` inside its record"),
        )
    ),
    Case("11-wrapped-json/bigbench_task.json", 8, "Is it so: how tides rise?", ("input",), says("the list examples inside")),
    Case(
        "09-templated-rows-merged/math.jsonl",
        20,
        "A shop sells 12 pens a day at 2 dollars each. How much does it take in a week?",
        ("question",),
        lambda dataset: dataset.variant_fields == ("answer",),
    ),
    Case("09-templated-rows-merged/negation.jsonl", 16, "I do agree that how tides rise matters.", ("statement",)),
    Case(
        "12-hub-clone-folder",
        8,
        "Tell me how tides rise?",
        ("question",),
        all_hold(labels("a"), says("Passed over beside the data: README.md, dataset_infos.json.")),
    ),
    Case(
        "14-free-text-tasks/gsm.jsonl",
        8,
        "If 2 boxes hold 3 nails each, how many nails are there?",
        ("question",),
        lambda dataset: dataset.reading.fields_of("reference") == ("answer",),
    ),
    Case(
        "15-text-column-is-the-question/dataset.jsonl",
        8,
        "Would you rather read about how tides rise?",
        ("text",),
        all_hold(labels("No", "Yes"), column("id", "q0")),
    ),
]


@pytest.fixture(scope="module")
def cases_root() -> Path:
    folder = ROOT.parent / "shared" / "cases"
    if not folder.is_dir():
        absent("the cases are not beside the repository (../shared/cases)")
    return folder


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.path)
def test_case_reads_as_its_readme_says(case: Case, cases_root: Path):
    dataset = open_dataset(cases_root / case.path)
    assert (len(dataset), dataset.set_aside) == (case.rows, ())
    assert dataset.examples["text"][0] == case.first
    assert dataset.reading.fields_of("text") == case.text
    assert case.holds(dataset), dataset.reading.sentences()
