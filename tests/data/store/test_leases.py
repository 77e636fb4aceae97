"""Work side by side in one workspace: what is found stays until the work is done, and a killed process holds nothing."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from filelock import FileLock

from evalmap.data.store import leases
from evalmap.data.store.workspace import Workspace
from evalmap.tests.manifests import made_manifest

HOLDER = """
import sys, time
from evalmap.data.store import leases
from evalmap.data.store.workspace import Workspace

workspace = Workspace(sys.argv[1])
with leases.lock(workspace.root, "jobs"), workspace.leased() as leased:
    leased.has("stage", "k1")
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "home")


def put(workspace: Workspace, stage: str, key: str) -> None:
    with workspace.create(stage, key) as folder:
        (folder / "value.txt").write_text(key)


def point(workspace: Workspace, slug: str, *entries: tuple[str, str]) -> None:
    workspace.save_manifest(made_manifest(slug, *entries))


def test_what_was_found_stays_until_the_work_is_done(workspace: Workspace):
    put(workspace, "stage", "k1")
    point(workspace, "a", ("stage", "k1"))
    with workspace.leased() as leased:
        assert leased.has("stage", "k1")
        workspace.remove("a")
        assert workspace.has("stage", "k1")
    point(workspace, "b", ("stage", "k1"))
    workspace.remove("b")
    assert not workspace.has("stage", "k1")


def test_what_was_removed_before_is_not_found(workspace: Workspace):
    put(workspace, "stage", "k1")
    point(workspace, "a", ("stage", "k1"))
    with workspace.leased() as leased:
        workspace.remove("a")
        assert not leased.has("stage", "k1")


def test_work_within_work_shares_one_lease(workspace: Workspace):
    put(workspace, "stage", "k1")
    with workspace.leased() as outer:
        with outer.leased() as inner:
            assert inner.has("stage", "k1")
        with leases.lock(workspace.root, "entries"):
            assert leases.leased_entries(workspace.root) == {("stage", "k1")}
    with leases.lock(workspace.root, "entries"):
        assert leases.leased_entries(workspace.root) == set()


def test_killed_process_holds_neither_lock_nor_lease(workspace: Workspace):
    put(workspace, "stage", "k1")
    point(workspace, "a", ("stage", "k1"))
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(workspace.root)], stdout=subprocess.PIPE)
    assert holder.stdout
    assert holder.stdout.readline() == b"held\n"
    workspace.remove("a")
    assert workspace.has("stage", "k1")
    assert not _taken_at_once(workspace, "jobs")
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    assert _taken_at_once(workspace, "jobs")
    point(workspace, "a", ("stage", "k1"))
    workspace.remove("a")
    assert not workspace.has("stage", "k1")
    assert list((workspace.root / "locks" / "leases").iterdir()) == []


def test_lock_is_one_thread_at_a_time_and_may_be_taken_again_by_its_own(workspace: Workspace):
    at_once, most = 0, 0

    def work() -> None:
        nonlocal at_once, most
        for _ in range(20):
            with leases.lock(workspace.root, "jobs"), leases.lock(workspace.root, "jobs"):
                at_once += 1
                most = max(most, at_once)
                os.sched_yield()
                at_once -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_workspace_that_cannot_be_written_is_still_read(workspace: Workspace):
    put(workspace, "stage", "k1")
    workspace.root.chmod(0o500)
    try:
        with workspace.leased() as leased:
            assert leased.has("stage", "k1")
    finally:
        workspace.root.chmod(0o700)


def _taken_at_once(workspace: Workspace, name: str) -> bool:
    lock = FileLock(workspace.root / "locks" / f"{name}.lock")
    try:
        lock.acquire(timeout=0)
    except TimeoutError:
        return False
    lock.release()
    return True
