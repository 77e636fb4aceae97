"""docs/inputs.md is what the registries say, and its examples are read as it says."""

import json
from pathlib import Path

import pytest

from evalmap.answers.importers.answer_formats import IMPORTERS
from evalmap.data.opening import open_dataset
from evalmap.data.overview import overview
from evalmap.data.readers.formats import FORMATS
from evalmap.data.role_evidence import PROMPTS
from evalmap.tools import inputs_doc


def test_page_is_what_the_tool_writes():
    written = inputs_doc.PAGE.read_text(encoding="utf-8")
    assert written == inputs_doc.page(), "run: python -m evalmap.tools.inputs_doc"


def test_every_entry_of_the_registries_is_on_the_page():
    page = inputs_doc.page()
    assert [one.ending for one in FORMATS if f"`{one.ending}`" not in page] == []
    assert [one.__name__ for one in IMPORTERS if f"| `{one.__name__.rpartition('.')[2]}` |" not in page] == []
    assert [name for name in PROMPTS if f"`{name}`" not in page] == []


@pytest.mark.parametrize("ending", [one.ending for one in FORMATS if one.name in inputs_doc.EXAMPLES])
def test_example_of_a_format_is_read(ending: str, tmp_path: Path):
    name = next(one.name for one in FORMATS if one.ending == ending)
    file = tmp_path / f"example{ending}"
    file.write_text(inputs_doc.EXAMPLES[name], encoding="utf-8")
    assert open_dataset(file).examples["text"].tolist() == ["Is ice cold?", "Is fire cold?"]


@pytest.mark.parametrize(("what", "row"), [(what, row) for what, row, _ in inputs_doc.SHAPES], ids=lambda value: str(value)[:24])
def test_example_of_a_row_is_read_without_a_doubt(what: str, row: str, tmp_path: Path):
    file = tmp_path / "example.jsonl"
    other = row.replace("Name a fruit", "Name a tree").replace("Ann", "Bo").replace("Which", "What").replace("Hi.", "Oh.")
    file.write_text("".join(f"{json.dumps(json.loads(line))}\n" for line in (row, other)), encoding="utf-8")
    found = overview(file)
    assert (found.problem, found.examples) == ("", 2)
