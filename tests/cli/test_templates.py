"""evalmap templates: the table of a template's rows and what fills its slots."""

import json
from pathlib import Path

from evalmap.tests.command import Command, texts
from evalmap.tests.fakes import sentences

SKELETON = "The {} told the owner of the building that the keys were lost on the way to work."
VALUES = ("plumber", "nurse", "carpenter")


def build(evalmap: Command) -> None:
    rows = [{"text": text, "label": "No"} for text in sentences(12)]
    rows += [{"text": SKELETON.format(value), "label": "Yes"} for value in VALUES]
    Path("set.jsonl").write_bytes(texts(*rows))
    assert evalmap("build", "set.jsonl", "--k", "3").code == 0


def test_templates_are_listed_with_their_fillings(evalmap: Command):
    build(evalmap)
    done = evalmap("templates", "set", "--json")
    assert done.code == 0
    found = json.loads(done.out)
    (template,) = found["templates"]
    assert (found["dataset"], found["rows_of_templates"]) == ("set", 3)
    assert template["skeleton"] == SKELETON.format("{1}")
    assert template["slots"] == [{"slot": 1, "kind": "occupation"}]
    assert [(one["line"], one["values"], one["label"]) for one in template["rows"]] == [
        (13, ["plumber"], "Yes"),
        (14, ["nurse"], "Yes"),
        (15, ["carpenter"], "Yes"),
    ]
    shown = evalmap("templates", "set").out
    assert "set: 3 of 15 rows are of 1 template" in shown
    assert template["id"] in shown
    assert all(value in shown for value in VALUES)


def test_dataset_without_templates_says_so(evalmap: Command):
    Path("set.jsonl").write_bytes(texts(*({"text": text} for text in sentences(12))))
    assert evalmap("build", "set.jsonl", "--k", "3").code == 0
    assert (
        evalmap("templates", "set")
        .out.strip()
        .endswith("set: no template: of 12 rows, none are equal but for a name, a number or another short slot")
    )
