"""A grown dataset: the old rows as they stand, new ones in their fields, and a map where nothing old has moved."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalmap.data.errors import DatasetError
from evalmap.data.opening import open_dataset
from evalmap.data.records import ReadOptions
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import load_map
from evalmap.embeddings.pipeline import build
from evalmap.embeddings.settings import Settings
from evalmap.tests.fakes import FakeEncoder, sentences, write_rows
from evalmap.writing.extended_rows import Extends, digest_of, open_extended
from evalmap.writing.grown_dataset import build_grown, fitted, write_grown
from evalmap.writing.written_rows import STATEMENT_FRAME

TEXTS = sentences(44)
FRAME = "Do you agree with this statement of a stranger? {} Answer in one word."
HASH = "0123456789abcdef0123"


def written(text: str, label: str = "Yes") -> dict[str, Any]:
    return {
        "question": STATEMENT_FRAME.format(text),
        "statement": text,
        "answer_matching_behavior": f" {label}",
        "answer_not_matching_behavior": " No" if label == "Yes" else " Yes",
        "label_confidence": 0.75,
    }


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_rows_of_a_table_with_other_fields_keep_their_fields_and_places(tmp_path: Path):
    table = tmp_path / "tea.csv"
    rows = [f'"{text}",{["ja", "nein"][i % 2]}' for i, text in enumerate(TEXTS[:40])]
    table.write_text("\n".join(["satz,label", *rows]) + "\n")
    before = table.read_bytes()
    space, encoder = Workspace(tmp_path / "home"), FakeEncoder()
    old = build(open_dataset(table), workspace=space, settings=Settings(k=4), encoder=encoder)
    new = [{"text": TEXTS[40], "label": "ja"}, {"text": TEXTS[41], "label": "nein"}]
    path = write_grown(tmp_path / "result", open_dataset(table), new, plan_hash=HASH)
    assert lines(path)[-2:] == [
        {"satz": TEXTS[40], "label": "ja", "written": "plan 01234567"},
        {"satz": TEXTS[41], "label": "nein", "written": "plan 01234567"},
    ]
    grown = build_grown(path, old, space, plan_hash=HASH, encoder=encoder)
    assert (grown.old, grown.new, grown.still) == (40, 2, 40)
    assert np.array_equal(load_map(space, grown.manifest).coordinates[:40], load_map(space, old).coordinates)
    assert (table.read_bytes(), space.find("tea").rows) == (before, 40)


def test_framed_texts_get_the_frame_so_that_the_old_ones_keep_theirs(tmp_path: Path):
    path = write_rows(tmp_path / "framed.jsonl", [{"prompt": FRAME.format(text), "label": "Yes"} for text in TEXTS[:40]])
    dataset = open_dataset(path)
    assert dataset.boilerplate
    assert fitted(dataset, written(TEXTS[40])) == {"prompt": FRAME.format(TEXTS[40]), "label": "Yes"}
    space, encoder = Workspace(tmp_path / "home"), FakeEncoder()
    old = build(dataset, workspace=space, settings=Settings(k=4), encoder=encoder)
    grown = write_grown(tmp_path / "result", dataset, [written(text) for text in TEXTS[40:44]], plan_hash=HASH)
    assert build_grown(grown, old, space, plan_hash=HASH, encoder=encoder).still == 40


def test_collection_grows_by_a_file_and_may_grow_again(tmp_path: Path):
    folder = tmp_path / "both"
    for name, texts in (("one", TEXTS[:20]), ("zwei", TEXTS[20:40])):
        (folder / name).parent.mkdir(exist_ok=True)
        write_rows(folder / f"{name}.jsonl", [written(text) for text in texts])
    space, encoder = Workspace(tmp_path / "home"), FakeEncoder()
    old = build(open_dataset(folder), workspace=space, settings=Settings(k=4), encoder=encoder)
    path = write_grown(tmp_path / "result", open_dataset(folder), [written(TEXTS[40])], plan_hash=HASH)
    assert sorted(one.name for one in path.iterdir()) == ["one.jsonl", "written.jsonl", "zwei.jsonl"]
    assert (path / "one.jsonl").read_bytes() == (folder / "one.jsonl").read_bytes()
    first = build_grown(path, old, space, plan_hash=HASH, encoder=encoder)
    assert (first.old, first.new, first.still) == (40, 1, 40)
    again = write_grown(tmp_path / "more", open_dataset(path), [written(TEXTS[41])], plan_hash="f" * 20)
    second = build_grown(again, first.manifest, space, plan_hash="f" * 20, encoder=encoder)
    assert (second.old, second.new, second.still) == (41, 1, 41)
    marks = load_map(space, second.manifest).fields["written"].dropna()
    assert sorted(marks) == ["plan 01234567", "plan ffffffff"]


def test_file_without_a_last_line_end_gets_one_and_keeps_its_bytes(tmp_path: Path):
    path = tmp_path / "own.jsonl"
    path.write_bytes(b"\n".join(json.dumps({"text": text}).encode() for text in TEXTS[:4]))
    grown = write_grown(tmp_path / "result", open_dataset(path), [{"text": "A new one of its own"}], plan_hash=HASH)
    assert grown.read_bytes().startswith(path.read_bytes() + b"\n")
    assert len(lines(grown)) == 5


def test_text_of_several_fields_takes_no_written_row(tmp_path: Path):
    rows = [{"context": text, "question": "What of it?", "label": "Yes"} for text in TEXTS[:6]]
    path = write_rows(tmp_path / "parts.jsonl", rows)
    dataset = open_dataset(path, options=ReadOptions(text="context,question"))
    with pytest.raises(DatasetError, match="several fields"):
        fitted(dataset, written("I am new"))


def test_dataset_is_found_from_the_plan_and_known_by_its_rows(tmp_path: Path):
    path = write_rows(tmp_path / "data.jsonl", [{"text": text, "label": "Yes"} for text in TEXTS[:5]])
    plan, space = tmp_path / "plans" / "plan.toml", Workspace(tmp_path / "home")
    digest = digest_of(open_dataset(path).examples)
    extended = open_extended(Extends("../data.jsonl", digest), space, plan=plan)
    assert extended.compared("free") == (TEXTS[:5], ["Yes"] * 5)
    assert extended.manifest is None
    write_rows(path, [{"text": text, "label": "No"} for text in TEXTS[:5]])
    with pytest.raises(DatasetError, match="has changed since the plan was made"):
        open_extended(Extends("../data.jsonl", digest), space, plan=plan)
    assert len(open_extended(Extends("../data.jsonl"), space, plan=plan).dataset) == 5
    path.unlink()
    with pytest.raises(DatasetError, match="is gone"):
        open_extended(Extends("../data.jsonl"), space, plan=plan)
