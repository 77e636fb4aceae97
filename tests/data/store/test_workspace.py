"""Where results are kept."""

import json
import os
import re
import time
from pathlib import Path
from typing import Any

import pytest

from evalmap.data.errors import DatasetError
from evalmap.data.store.atomic import write_json
from evalmap.data.store.manifest import Manifest
from evalmap.data.store.workspace import DAY, Workspace, stage_key
from evalmap.tests.manifests import made_manifest


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "home")


def put(workspace: Workspace, stage: str, key: str, content: str = "x") -> Path:
    with workspace.create(stage, key) as folder:
        (folder / "value.txt").write_text(content)
    return workspace.entry(stage, key)


def point(workspace: Workspace, slug: str, *entries: tuple[str, str], **more: Any) -> Manifest:
    manifest = made_manifest(slug, *entries, **more)
    workspace.save_manifest(manifest)
    return manifest


def left_in(workspace: Workspace) -> set[str]:
    files = (path.relative_to(workspace.root) for path in workspace.root.rglob("*") if path.is_file())
    return {path.as_posix() for path in files if path.parts[0] != "locks"}


# Keys


def test_key_changes_with_everything_that_it_is_made_of():
    made_of: list[tuple] = [("a", 1), ("a", 2), ("b", 1), ("a", 1, None), ("a", "1"), ("a", [1])]
    keys = [stage_key(*parts) for parts in made_of]
    assert len(set(keys)) == 6
    assert all(re.fullmatch("[0-9a-f]{20}", key) for key in keys)
    assert stage_key("a", {"x": 1, "y": 2}) == stage_key("a", {"y": 2, "x": 1})


# Entries


def test_entry_appears_whole_and_only_at_the_end(workspace: Workspace):
    with workspace.create("stage", "k1") as folder:
        (folder / "value.txt").write_text("one")
        assert not workspace.has("stage", "k1")
        assert workspace.entries("stage") == []
    assert workspace.has("stage", "k1")
    assert workspace.entries("stage") == [workspace.entry("stage", "k1")]
    assert (workspace.entry("stage", "k1") / "value.txt").read_text() == "one"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_create_leaves_nothing_on_error(workspace: Workspace, error: type[BaseException]):
    def die() -> None:
        with workspace.create("stage", "k1") as folder:
            (folder / "value.txt").write_text("half")
            raise error

    with pytest.raises(error):
        die()
    assert not workspace.has("stage", "k1")
    assert list((workspace.root / "stages" / "stage").iterdir()) == []


def test_second_writer_of_an_entry_leaves_the_first_one_as_it_is(workspace: Workspace):
    with workspace.create("stage", "k1") as slow:
        (slow / "value.txt").write_text("slow")
        put(workspace, "stage", "k1", "fast")
    assert (workspace.entry("stage", "k1") / "value.txt").read_text() == "fast"
    assert [path.name for path in (workspace.root / "stages" / "stage").iterdir()] == ["k1"]


# Pointers


def test_manifest_comes_back_as_it_was_saved(workspace: Workspace):
    assert workspace.manifest("a") is None
    assert workspace.manifests() == []
    saved = [point(workspace, "b"), point(workspace, "a", ("s", "k"), notes=("ünï",))]
    assert workspace.manifest("a") == saved[1]
    assert workspace.manifests() == [saved[1], saved[0]]


@pytest.mark.parametrize("slug", ["../a", "", "A", "a/b", ".hidden", "a b"])
def test_slug_that_is_no_file_name_is_refused(workspace: Workspace, slug: str):
    with pytest.raises(DatasetError, match=f"^{re.escape(repr(slug))} is no dataset's name here"):
        workspace.manifest(slug)


def test_json_file_is_replaced_whole_or_not_at_all(tmp_path: Path):
    path = tmp_path / "deep" / "value.json"
    write_json(path, {"a": 1})
    with pytest.raises(TypeError):
        write_json(path, {"a": object()})
    assert json.loads(path.read_text()) == {"a": 1}
    assert [found.name for found in path.parent.iterdir()] == ["value.json"]


def test_remove_keeps_entries_that_others_need(workspace: Workspace):
    for stage, key in (("embeddings", "shared"), ("projection", "mine"), ("projection", "theirs")):
        put(workspace, stage, key)
    point(workspace, "mine", ("embeddings", "shared"), ("projection", "mine"))
    point(workspace, "theirs", ("embeddings", "shared"), ("projection", "theirs"))
    workspace.remove("mine")
    assert left_in(workspace) == {
        "datasets/theirs.json", "stages/embeddings/shared/value.txt", "stages/projection/theirs/value.txt",
    }  # fmt: skip
    workspace.remove("theirs")
    assert left_in(workspace) == set()


def test_remove_spares_a_build_under_way_and_takes_what_was_left_over(workspace: Workspace):
    put(workspace, "embeddings", "finished-stage-of-another-build")
    put(workspace, "embeddings", "of-old-settings")
    yesterday = time.time() - DAY - 60
    os.utime(workspace.entry("embeddings", "of-old-settings"), (yesterday, yesterday))
    point(workspace, "a", ("embeddings", "a"))
    put(workspace, "embeddings", "a")
    with workspace.create("projection", "under-way") as folder:
        workspace.remove("a")
        (folder / "value.txt").write_text("still here")
    assert left_in(workspace) == {
        "stages/embeddings/finished-stage-of-another-build/value.txt", "stages/projection/under-way/value.txt",
    }  # fmt: skip


def test_removing_what_was_never_built_removes_nothing(workspace: Workspace):
    point(workspace, "a", ("s", "k"))
    put(workspace, "s", "k")
    workspace.remove("b")
    assert left_in(workspace) == {"datasets/a.json", "stages/s/k/value.txt"}


# Names


def test_new_slug_is_shared_by_no_other_map(workspace: Workspace):
    assert workspace.free_slug("/x/My Data!.jsonl", "My Data!") == "my-data"
    slugs = ["my-data"]
    for _ in range(4):
        point(workspace, slugs[-1], source="/x/My Data!.jsonl")
        slugs.append(workspace.free_slug("/y/my-data.jsonl", "my data"))
    assert len(set(slugs)) == 5
    assert all(re.fullmatch("my-data-[0-9a-f]{6}", slug) for slug in slugs[1:])


def test_which_map_a_build_replaces(workspace: Workspace):
    def meant(name: str, *, name_given: bool) -> str | None:
        found = workspace.map_to_replace("/x/a.jsonl", name, name_given=name_given)
        return found and found.slug

    assert meant("a", name_given=False) is None
    point(workspace, "elsewhere", name="a", source="/y/a.jsonl")
    assert meant("a", name_given=False) is None
    point(workspace, "first", name="mine", source="/x/a.jsonl")  # of an earlier version, which did not tell whether it was given
    assert [meant("a", name_given=False), meant("a", name_given=True), meant("mine", name_given=True)] == ["first", None, "first"]
    point(workspace, "second", name="other", name_given=True, source="/x/a.jsonl")
    assert meant("a", name_given=False) == "first"
    point(workspace, "third", name="a", name_given=True, source="/x/a.jsonl")
    assert meant("a", name_given=False) == "third"


@pytest.mark.parametrize("name", ["", "日本語", "...", "x" * 300, "../../etc"])
def test_any_name_makes_a_slug_that_can_be_saved(workspace: Workspace, name: str):
    slug = workspace.free_slug("/somewhere", name)
    assert len(slug) <= 80
    point(workspace, slug)
    assert workspace.manifest(slug)


def test_dataset_is_found_by_path_location_slug_and_name(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    source = tmp_path / "rows.jsonl"
    point(workspace, "rows", name="My rows", source=str(source), location="somewhere/rows.jsonl")
    point(workspace, "hub", name="squad", source="owner/squad@abc", location="owner/squad")
    monkeypatch.chdir(tmp_path)
    for reference in (str(source), "rows.jsonl", "./rows.jsonl", "somewhere/rows.jsonl", "rows", "My rows"):
        assert workspace.find(reference).slug == "rows", reference
    for reference in ("owner/squad@abc", "owner/squad", "hub", "squad"):
        assert workspace.find(reference).slug == "hub", reference


def test_slug_wins_over_another_dataset_of_that_name(workspace: Workspace):
    point(workspace, "twin", name="first")
    point(workspace, "other", name="twin")
    assert workspace.find("twin").slug == "twin"


def test_ambiguous_name_is_told_with_the_names_that_are_not(workspace: Workspace):
    point(workspace, "twin-1", name="Twin")
    point(workspace, "twin-2", name="Twin")
    with pytest.raises(DatasetError, match=r"^Twin: 2 datasets are called so \(twin-1, twin-2\)\. Use one of these names\.$"):
        workspace.find("Twin")


def test_what_was_not_built_is_told_with_what_was(workspace: Workspace):
    sentence = f"nope: not built in {workspace.root} (built: none yet). Build it with: evalmap build nope"
    with pytest.raises(DatasetError, match=f"^{re.escape(sentence)}$"):
        workspace.find("nope")
    point(workspace, "a")
    with pytest.raises(DatasetError, match=r"\(built: a\)"):
        workspace.find("nope")


def test_default_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("EVALMAP_HOME", str(tmp_path / "home"))
    assert Workspace.default().root == tmp_path / "home"
    assert Workspace.default(tmp_path / "given").root == tmp_path / "given"
    monkeypatch.delenv("EVALMAP_HOME")
    assert Workspace.default().root.name == "evalmap"
