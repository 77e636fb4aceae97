"""evalmap card: printed or written, in Markdown or JSON."""

import json
from pathlib import Path

import pytest

from evalmap.tests.command import Command, rows
from evalmap.tests.fakes import write_rows

SHORT = ("--without", "scorecard,shortcuts,map")


@pytest.fixture
def built(evalmap: Command) -> Command:
    write_rows(Path("some.jsonl"), rows(30))
    assert evalmap("build", "some.jsonl").code == 0
    return evalmap


def test_card_is_written_in_both_forms_and_says_the_same(built: Command):
    found = built("card", "some", "--json", *SHORT).json
    assert [section["title"] for section in found["sections"]][:2] == ["What it is", "Sample"]
    assert built("card", "some", "-o", "card.md", *SHORT).out == ""
    written = Path("card.md").read_text(encoding="utf-8")
    assert written.startswith("---\npretty_name: some\n")
    assert all(f"**{line['item']}**" in written for section in found["sections"] for line in section["lines"])
    assert built("card", "some", "--json", "-o", "card.json", *SHORT).code == 0
    assert json.loads(Path("card.json").read_text(encoding="utf-8")) == found
    refused = built("card", "some", "-o", "some.jsonl", *SHORT)
    assert (refused.code, refused.err.count("\n")) == (1, 1)
    assert "is the file that is read" in refused.err


def test_people_who_reviewed_stand_in_the_card(built: Command):
    write_rows(
        Path("reviews.jsonl"), [{"line": 1 + i % 4, "reviewer": "ab"[i // 4], "label_fits": i not in (1, 5, 6)} for i in range(8)]
    )
    assert built("review", "some", "--import", "reviews.jsonl").code == 0
    found = built("card", "some", "--json", *SHORT).json
    (said,) = [line["value"] for one in found["sections"] for line in one["lines"] if line["item"] == "Review by people"]
    # verdicts yes/yes, no/no, yes/no, yes/yes: P̄ = 3/4, P̄e = (5/8)² + (3/8)² = 34/64
    assert said.startswith("4 rows by 2 people; the label fits in 0.67 (0.21 to 0.94) of 3 (1 without a majority); Fleiss' kappa")
    assert "kappa of the label 0.47 (" in said


def test_a_dataset_that_is_not_there_is_one_sentence(evalmap: Command):
    found = evalmap("card", "nothing")
    assert (found.code, len(found.err.splitlines())) == (1, 1)
