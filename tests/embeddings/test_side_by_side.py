"""Builds beside each other, and beside a remove: no map is left that points to what is gone."""

import contextlib
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from evalmap.data.errors import DatasetError
from evalmap.data.opening import open_dataset
from evalmap.data.store.manifest import Manifest
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import load_map
from evalmap.embeddings.pipeline import STAGES, build
from evalmap.tests.fakes import FakeEncoder, sentences, write_rows

# 50 rounds of builds by one process; each of its datasets has the rows of another one's, so that they share entries.
BUILDER = """
import sys

from evalmap.data.opening import open_dataset
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings import stages
from evalmap.embeddings.pipeline import build
from evalmap.embeddings.projection import Projection
from evalmap.embeddings.settings import Settings
from evalmap.tests.fakes import FakeEncoder

stages.project = lambda embeddings, **_: Projection(embeddings[:, :2].copy())  # UMAP takes a minute to compile
home, me, *paths = sys.argv[1:]
workspace = Workspace(home)
print("ready", flush=True)
sys.stdin.readline()
for number in range(50):
    dataset = open_dataset(paths[number % len(paths)], name=f"{me} {number % len(paths)}")
    build(dataset, workspace=workspace, settings=Settings(k=2 + number % 2), encoder=FakeEncoder())
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "home")


def made(workspace: Workspace, path: Path, **more) -> Manifest:
    return build(open_dataset(path), workspace=workspace, encoder=FakeEncoder(), **more)


def twins(folder: Path, *names: str, n: int = 12) -> list[Path]:
    """Files of the same rows."""
    (folder / "data").mkdir(exist_ok=True)
    return [write_rows(folder / "data" / f"{name}.jsonl", [{"text": text} for text in sentences(n)]) for name in names]


def gone(workspace: Workspace) -> list[str]:
    """The entries that a manifest names and that are not there."""
    return [
        f"{manifest.slug}: {stage.name}"
        for manifest in workspace.manifests()
        for stage in manifest.stages
        if not workspace.has(stage.name, stage.key)
    ]


@pytest.mark.parametrize("at", STAGES)
def test_remove_leaves_what_a_build_under_way_has_found(workspace: Workspace, tmp_path: Path, at: str):
    first, second = twins(tmp_path, "a", "a2")
    (tmp_path / "data" / "other").mkdir()
    second = second.rename(tmp_path / "data" / "other" / "a.jsonl")  # a file of one name and the same rows: one records entry
    made(workspace, first)

    def remove_at(stage: str, done: int, total: int) -> None:
        if stage == at and 0 < total == done and workspace.manifest("a"):
            workspace.remove("a")

    manifest = made(workspace, second, progress=remove_at)
    assert [one.slug for one in workspace.manifests()] == [manifest.slug]
    assert gone(workspace) == []
    assert len(load_map(workspace, manifest)) == 12
    workspace.remove(manifest.slug)
    assert [path for stage in STAGES for path in workspace.entries(stage)] == []


def test_two_builds_of_one_name_at_once_are_two_maps(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (one,) = twins(tmp_path, "rows")
    (tmp_path / "data" / "other").mkdir()
    other = write_rows(tmp_path / "data" / "other" / "rows.jsonl", [{"text": text} for text in sentences(14, seed=1)])
    made(workspace, one, location="warm")  # the libraries are loaded
    workspace.remove("rows")
    both, save = threading.Barrier(2), Workspace.save_manifest

    def save_together(self: Workspace, manifest: Manifest) -> None:
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(1)  # until both have a slug, where that can be
        save(self, manifest)

    monkeypatch.setattr(Workspace, "save_manifest", save_together)
    builds = [threading.Thread(target=made, args=(workspace, path)) for path in (one, other)]
    for thread in builds:
        thread.start()
    for thread in builds:
        thread.join()
    assert sorted(manifest.source for manifest in workspace.manifests()) == sorted(map(str, (one, other)))


@pytest.mark.slow
def test_three_builders_and_a_remove_beside_them_leave_whole_maps(workspace: Workspace, tmp_path: Path):
    paths = twins(tmp_path, "a", "b", "c")
    command = [sys.executable, "-c", BUILDER, str(workspace.root)]
    builders = [
        subprocess.Popen(
            [*command, name, *map(str, [*paths[i:], *paths[:i]])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for i, name in enumerate(("x", "y", "z"))
    ]
    for builder in builders:
        assert builder.stdout
        assert builder.stdin
        assert builder.stdout.readline() == "ready\n"
        builder.stdin.write("go\n")
        builder.stdin.flush()
    rounds = removed = 0
    missing: list[str] = []
    while any(builder.poll() is None for builder in builders):
        slugs = workspace.slugs()
        if slugs:
            workspace.remove(slugs[rounds % len(slugs)])
            removed += 1
        for manifest in workspace.manifests():
            lost = [stage.name for stage in manifest.stages if not workspace.has(stage.name, stage.key)]
            if lost and workspace.manifest(manifest.slug) == manifest:
                missing.append(f"{manifest.slug}: {lost}")
        rounds += 1
    errors = [builder.communicate()[1] for builder in builders]
    assert [builder.returncode for builder in builders] == [0, 0, 0], "\n".join(errors)
    assert missing == []
    assert gone(workspace) == []
    assert removed > 50
    for manifest in workspace.manifests():
        load_map(workspace, manifest)


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "thumbnail"])  # which the map is read without
def test_map_that_is_removed_while_it_is_read_is_one_sentence(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str
):
    (path,) = twins(tmp_path, "a")
    manifest = made(workspace, path)
    entry = workspace.entry(stage, manifest.key(stage))

    def is_there_and_goes(self: Path) -> bool:
        there = self.exists()
        if self == entry and there:
            for file in entry.iterdir():
                file.unlink()
            entry.rmdir()
        return there

    monkeypatch.setattr(Path, "is_dir", is_there_and_goes)
    with pytest.raises(DatasetError, match=r"^a: .* gone from .* Build it again: evalmap build .*a\.jsonl$"):
        load_map(workspace, manifest)
