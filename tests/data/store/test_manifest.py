"""The manifest on disk: whole, versioned, and read from earlier formats."""

import json
import os
import re
import time
from pathlib import Path

import pytest

from evalmap.data.errors import DatasetError
from evalmap.data.records import Reading, RoleReading
from evalmap.data.store.manifest import BoilerplateRecord, Manifest
from evalmap.data.store.workspace import DAY, Workspace
from evalmap.tests.manifests import made_manifest


def test_comes_back_from_its_own_values():
    manifest = made_manifest(
        "a", ("records", "k"), boilerplate=BoilerplateRecord("Is it?", "", rows=3, of=4, frames=1), notes=("n",)
    )
    assert Manifest.from_dict(manifest.as_dict(), where="a.json") == manifest
    assert manifest.as_dict()["format"] == 3


def test_reading_comes_back_with_its_reasons_and_is_absent_from_earlier_formats():
    text = RoleReading("text", ("context", "question"), "a question and its context", ("answer",), "free text")
    reading = Reading((text,), ("300 rows, 12 different texts",), "joined", ("answer",), ("context",))
    values = json.loads(json.dumps(made_manifest("a", reading=reading).as_dict()))
    assert Manifest.from_dict(values, where="a.json").reading == reading
    del values["reading"]
    assert Manifest.from_dict({**values, "format": 2}, where="a.json").reading is None


def test_first_format_called_the_boilerplate_frame_and_had_no_number():
    values = made_manifest("a").as_dict()
    del values["format"], values["boilerplate"]
    frame = {"prefix": "Is it?", "suffix": "", "rows": 3, "of": 4, "frames": 1}
    assert Manifest.from_dict({**values, "frame": frame}, where="a.json").boilerplate == BoilerplateRecord(**frame)
    assert Manifest.from_dict({**values, "frame": None}, where="a.json").boilerplate is None


def test_later_format_asks_for_a_newer_evalmap():
    with pytest.raises(DatasetError, match=r"^a\.json: written by a newer Evalmap \(format 9, expected 3\)\. Update Evalmap\.$"):
        Manifest.from_dict({**made_manifest("a").as_dict(), "format": 9}, where="a.json")


@pytest.mark.parametrize("missing", ["slug", "stages", "settings", "fingerprint"])
def test_manifest_with_something_missing_is_named(missing: str):
    values = made_manifest("a").as_dict()
    del values[missing]
    with pytest.raises(DatasetError, match=rf"^a\.json: not a whole manifest \(.*{missing}.*\)\. Remove the file and build"):
        Manifest.from_dict(values, where="a.json")


def test_key_of_a_stage():
    manifest = made_manifest("a", ("records", "r"), ("embeddings", "e"))
    assert manifest.key("embeddings") == "e"
    with pytest.raises(KeyError):
        manifest.key("pairs")


@pytest.mark.parametrize("damage", ["", "[]", "null", '{"slug": "a"', '{"format": "x", "slug": "a"}', "\ud800"])
def test_damaged_file_is_named(tmp_path: Path, damage: str):
    path = tmp_path / "datasets" / "a.json"
    path.parent.mkdir()
    path.write_bytes(damage.encode("utf-8", "surrogatepass"))
    space = Workspace(tmp_path)
    sentence = rf"^{re.escape(str(path))}: not a whole manifest \(.*\)\. Remove the file and build"
    for read in (space.manifest, space.find):
        with pytest.raises(DatasetError, match=sentence):
            read("a")
    (damaged,) = space.damaged()
    assert (damaged.slug, damaged.path) == ("a", path)
    assert re.match(sentence, damaged.reason)


def test_damaged_manifest_leaves_the_others_alone_and_what_it_points_to(tmp_path: Path):
    space = Workspace(tmp_path)
    whole, later = made_manifest("whole", ("records", "a" * 20)), made_manifest("later", ("records", "b" * 20))
    for manifest in (whole, later):
        space.save_manifest(manifest)
        with space.create("records", manifest.key("records")) as folder:
            (folder / "rows").write_text("x")
    path = tmp_path / "datasets" / "later.json"
    path.write_text(json.dumps({**later.as_dict(), "format": 9}), encoding="utf-8")
    assert space.manifests() == [whole]
    assert space.find("whole") == whole
    assert space.free_slug("/elsewhere", "whole") not in ("whole", "later")
    assert space.free_slug("/elsewhere", "later") != "later"
    long_ago = time.time() - 2 * DAY
    os.utime(space.entry("records", "b" * 20), (long_ago, long_ago))
    space.remove("whole")
    assert [entry.name for entry in space.entries("records")] == ["b" * 20]  # a newer Evalmap's map is no litter
    space.remove("later")
    assert (space.damaged(), space.entries("records")) == ([], [])
