"""What a killed process left is swept; what a living one is writing is not."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from evalmap.data.store import atomic, private_names
from evalmap.data.store.outputs import write_together
from evalmap.data.store.workspace import Workspace

# Does what builds, screenings and imports do on the disk, over and over, and is killed at one of its operations on files.
WRITER = """
import os, random, signal, sys
from pathlib import Path

from evalmap.data.store import atomic
from evalmap.data.store.outputs import write_together
from evalmap.data.store.workspace import Workspace
from evalmap.tests.manifests import made_manifest

home, out, at = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
seen = 0


def hook(event, arguments):
    global seen
    on_files = event in ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir")
    if on_files and any(str(home.parent) in str(one) for one in arguments):
        seen += 1
        if seen == at:
            os.kill(os.getpid(), signal.SIGKILL)


sys.addaudithook(hook)
workspace = Workspace(home)
for number in range(100):
    key = f"{number:020x}"
    with workspace.leased() as leased:
        for stage in ("records", "projection"):
            if not leased.has(stage, key):
                with leased.create(stage, key) as folder:
                    (folder / "values.txt").write_text("x")
        leased.save_manifest(made_manifest(f"map{number % 3}", ("records", key), ("projection", key)))
    if number % 4 == 3:
        workspace.remove(f"map{number % 3}")
    atomic.write_json(home / "decisions" / "a.json", {"number": number})
    atomic.write_bytes(home / "uploads" / key / "rows.jsonl", b"x")
    write_together({out / "kept.jsonl": b"kept", out / "removed.jsonl": b"removed"})
"""
HOLDER = """
import sys
from pathlib import Path
from evalmap.data.store.workspace import Workspace
from evalmap.data.store.atomic import replacing

workspace = Workspace(sys.argv[1])
with workspace.create("records", "k") as folder, replacing(workspace.root / "datasets" / "a.json") as file:
    (folder / "values.txt").write_text("x")
    file.write(b"x")
    print("held", flush=True)
    sys.stdin.readline()
"""


def hidden(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob(".*"))


@pytest.mark.parametrize("seed", range(12))
def test_what_a_killed_process_left_goes_with_the_next_work(tmp_path: Path, seed: int):
    home, out = tmp_path / "home", tmp_path / "out"
    out.mkdir()
    draw = random.Random(seed)
    for _ in range(3):
        line = [sys.executable, "-c", WRITER, str(home), str(out), str(draw.randint(1, 400))]
        assert subprocess.run(line, check=False).returncode == -9
    workspace = Workspace(home)
    with workspace.leased():
        assert hidden(home) == []
    write_together({out / "kept.jsonl": b"kept"})
    assert hidden(out) == []
    assert list((home / "locks" / "leases").glob("*")) == [] or _leases(workspace) == []
    for manifest in workspace.manifests():
        assert all(workspace.has(stage.name, stage.key) for stage in manifest.stages)


def test_kills_do_leave_something_to_sweep(tmp_path: Path):
    """Else the test above would say nothing."""
    left: set[str] = set()
    for at in (16, 20, 24, 28):
        home = tmp_path / str(at) / "home"
        (home.parent / "out").mkdir(parents=True)
        line = [sys.executable, "-c", WRITER, str(home), str(home.parent / "out"), str(at)]
        assert subprocess.run(line, check=False).returncode == -9
        left |= set(hidden(home.parent))
    assert left


def test_what_a_living_process_is_writing_stays(tmp_path: Path):
    workspace = Workspace(tmp_path / "home")
    line = [sys.executable, "-c", HOLDER, str(workspace.root)]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        held = hidden(workspace.root)
        assert len(held) == 2
        workspace.sweep()
        assert hidden(workspace.root) == held
        holder.communicate("end\n")
    assert holder.returncode == 0
    assert workspace.has("records", "k")
    assert (workspace.root / "datasets" / "a.json").read_bytes() == b"x"


def test_what_this_process_is_writing_stays(tmp_path: Path):
    workspace = Workspace(tmp_path)
    with workspace.create("records", "k") as folder:
        workspace.sweep()
        (folder / "values.txt").write_text("x")
    assert workspace.has("records", "k")


def test_number_that_went_to_another_process_keeps_nothing(tmp_path: Path):
    name = private_names.private_folder(tmp_path / "k").name
    born = name.split("-")[-3]
    (tmp_path / name.replace(born, str(int(born) - 3600))).mkdir()
    (tmp_path / name).mkdir()
    assert private_names.sweep([tmp_path], aged=False) == [tmp_path / name.replace(born, str(int(born) - 3600))]
    assert hidden(tmp_path) == [name]


def test_what_was_made_elsewhere_or_by_an_earlier_version_goes_when_it_is_a_day_old(tmp_path: Path):
    *_, where, _ = private_names.private_folder(tmp_path / "k").name.split("-")
    elsewhere = private_names.private_folder(tmp_path / "k").name.replace(where, "0" * 6)
    names = sorted([elsewhere, f".{'a' * 32}.part", f".{'b' * 20}-abcd_123"])
    for name in names:
        (tmp_path / name).touch()
    assert private_names.sweep([tmp_path], aged=True) == []
    yesterday = time.time() - private_names.DAY - 60
    for name in names:
        os.utime(tmp_path / name, (yesterday, yesterday))
    assert private_names.sweep([tmp_path], aged=False) == []
    assert [path.name for path in private_names.sweep([tmp_path], aged=True)] == names
    assert hidden(tmp_path) == []


def test_files_of_others_are_left_alone(tmp_path: Path):
    names = [".hidden", ".git", ".env.part", ".p12-notes.part", "p1-2-abcdef-12345678.part"]
    for name in names:
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (0, 0))
    assert private_names.sweep([tmp_path], aged=True) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)


def test_temporary_names_tell_of_this_process(tmp_path: Path):
    with atomic.new_folder(tmp_path / "k") as folder, atomic.replacing(tmp_path / "a") as file:
        file.write(b"x")
        assert len(hidden(tmp_path)) == 2
        assert all(f"p{os.getpid()}-" in name for name in hidden(tmp_path))
        assert folder.name.startswith(".k-p")


def _leases(workspace: Workspace) -> list[Path]:
    from evalmap.data.store import leases

    with workspace.lock("entries"):
        leases.leased_entries(workspace.root)
    return list((workspace.root / "locks" / "leases").glob("*"))
