"""`evalmap gc` and the sizes in `evalmap list`."""

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

from evalmap.data.store.jobs import JobFile
from evalmap.data.store.private_names import private_folder
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import load_map
from evalmap.embeddings.pipeline import STAGES
from evalmap.tests.command import Command, left, rows
from evalmap.tests.fakes import write_rows
from evalmap.tests.manifests import made_manifest


def entries(space: Workspace) -> dict[str, int]:
    return {stage: len(space.entries(stage)) for stage in STAGES}


def on_disk(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_superseded_stages_go_and_the_map_stays(evalmap: Command):
    write_rows(Path("a.jsonl"), rows(6))
    for k in ("2", "3"):
        assert evalmap("build", "a.jsonl", "--k", k).code == 0
    space = Workspace(evalmap.home)
    assert entries(space) == {**dict.fromkeys(STAGES, 1), "clustering": 2, "naming": 2}
    before = left(evalmap.home)
    told = evalmap("gc", "--dry-run", "--json").json
    assert left(evalmap.home) == before
    assert (told["removed"], [one["path"].split("/")[1] for one in told["unneeded"]]) == (False, ["clustering", "naming"])
    assert told["bytes"] == sum(on_disk(evalmap.home / one["path"]) for one in told["unneeded"]) > 0
    assert "2" in (said := evalmap("gc", "--dry-run").out)
    assert said.endswith("would go (--dry-run: nothing was removed)\n")
    assert evalmap("gc", "--json").json == {**told, "removed": True}
    assert entries(space) == dict.fromkeys(STAGES, 1)
    assert len(load_map(space, "a")) == 6
    assert evalmap("gc").out == "0 bytes removed\n"


def test_what_damaged_manifests_and_work_under_way_may_need_stays(evalmap: Command):
    space = Workspace(evalmap.home)
    for key in ("a" * 20, "b" * 20, "c" * 20, f"{'b' * 20}-{'d' * 20}"):
        with space.create("records", key) as folder:
            (folder / "values").write_text("x")
    space.save_manifest(made_manifest("damaged", ("records", "a" * 20)))
    path = evalmap.home / "datasets" / "damaged.json"
    path.write_text(path.read_text("utf-8").replace('"format": 2', '"format": 99'), "utf-8")
    for model in ("kept", "gone"):
        shard = evalmap.home / "vectors" / model / "1.npz"
        shard.parent.mkdir(parents=True)
        shard.write_bytes(b"x")
    with space.leased() as leased:
        assert leased.has("records", "b" * 20)
        leased.hold("vectors", "kept")
        gone = {one["path"] for one in evalmap("gc", "--json").json["unneeded"]}
    assert gone == {f"stages/records/{'c' * 20}", "vectors/gone"}
    assert (evalmap.home / "vectors" / "kept" / "1.npz").exists()
    assert {entry.name for entry in space.entries("records")} == {"a" * 20, "b" * 20, f"{'b' * 20}-{'d' * 20}"}


def test_what_a_killed_process_left_goes(evalmap: Command):
    space = Workspace(evalmap.home)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    folder = space.root / "stages" / "records"
    mine = private_folder(folder / "k")
    dead = folder / mine.name.replace(f"p{os.getpid()}-", f"p{ended.pid}-")
    for path in (mine, dead):
        path.mkdir(parents=True)
        (path / "values").write_text("x")
    (one,) = evalmap("gc", "--json").json["unneeded"]
    assert (one["kind"], one["path"]) == ("leftover", dead.relative_to(space.root).as_posix())
    assert sorted(folder.iterdir()) == [mine]


def test_downloads_go_only_when_asked_for_and_no_map_was_built_of_them(evalmap: Command):
    space = Workspace(evalmap.home)
    address, revision = "https://example.org/a.jsonl", "f" * 40
    space.save_manifest(made_manifest("web", source=address, location=address))
    space.save_manifest(made_manifest("hub", source=f"owner/name@{revision}", location="owner/name"))
    kept = [_folder_of(address), f"owner--name/{revision}"]
    unneeded = ["0" * 12, f"owner--name/{'e' * 40}"]
    for name in (*kept, *unneeded):
        (space.downloads / name).mkdir(parents=True)
        (space.downloads / name / "rows.jsonl").write_text("x")
    assert evalmap("gc", "--json").json["unneeded"] == []
    job = JobFile(space, "/data/a", "a")
    assert (
        evalmap("gc", "--downloads").err == "a is under way and may need a download. Wait until it ends, or leave the downloads.\n"
    )
    job.finish("done")
    found = evalmap("gc", "--downloads", "--json").json
    assert [one["path"] for one in found["unneeded"]] == [f"downloads/{name}" for name in unneeded]
    assert {path.parent.relative_to(space.downloads).as_posix() for path in space.downloads.rglob("rows.jsonl")} == set(kept)


def test_list_tells_what_each_map_takes_and_what_it_shares(evalmap: Command):
    write_rows(Path("a.jsonl"), rows(6))
    assert evalmap("build", "a.jsonl").code == 0
    listed: Any = evalmap("list", "--json").json
    (alone,) = listed
    assert (alone["slug"], alone["own_bytes"], alone["shared_bytes"]) == ("a", on_disk(evalmap.home / "stages"), 0)
    assert evalmap("build", "a.jsonl", "--name", "b", "--k", "3").code == 0
    listed = evalmap("list", "--json").json
    both = {one["slug"]: one for one in listed}
    shared = sum(on_disk(evalmap.home / "stages" / stage) for stage in STAGES if stage not in ("clustering", "naming"))
    assert {one["shared_bytes"] for one in both.values()} == {shared}
    assert sum(one["own_bytes"] for one in both.values()) + shared == on_disk(evalmap.home / "stages")
    assert " shared" in evalmap("list").out.splitlines()[0]


def _folder_of(address: str) -> str:
    return sha256(address.encode()).hexdigest()[:12]
