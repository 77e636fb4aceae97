"""Decisions that two tabs, or two processes, make at the same time."""

import sys
import threading
from pathlib import Path

import pytest

from evalmap.data.errors import DatasetError
from evalmap.data.store.workspace import Workspace
from evalmap.screening.keep.by_hand import DecisionLog, RowKey
from evalmap.tests.processes import run_together

CLICKS = """
import sys
from evalmap.data.store.workspace import Workspace
from evalmap.screening.keep.by_hand import DecisionLog, RowKey

home, me = sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
for number in range(25):
    with DecisionLog.changing(Workspace(home), "/data/a") as log:
        log.remove(RowKey("a", me, number))
"""


def test_decisions_of_several_processes_are_all_kept_in_order(tmp_path: Path):
    line = [sys.executable, "-c", CLICKS, str(tmp_path / "home")]
    run_together([[*line, me] for me in ("x", "y", "z")])
    made = [step.rows[0] for step in DecisionLog.load(Workspace(tmp_path / "home"), "/data/a").steps]
    for me in ("x", "y", "z"):
        assert [row.occurrence for row in made if row.example_id == me] == list(range(25))


def test_decisions_of_several_threads_are_all_kept(tmp_path: Path):
    def clicks(me: str) -> None:
        for number in range(20):
            with DecisionLog.changing(Workspace(tmp_path), "/data/a") as log:
                log.remove(RowKey("a", me, number))

    threads = [threading.Thread(target=clicks, args=(me,)) for me in "xyz"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(DecisionLog.load(Workspace(tmp_path), "/data/a")) == 60


def test_change_that_fails_leaves_the_decisions_and_the_lock(tmp_path: Path):
    workspace = Workspace(tmp_path)
    with DecisionLog.changing(workspace, "/data/a") as log:
        log.remove(RowKey("a", "1"))

    def change_and_fail() -> None:
        with DecisionLog.changing(workspace, "/data/a") as log:
            log.remove(RowKey("a", "2"))
            raise DatasetError("no")

    with pytest.raises(DatasetError, match=r"^no$"):
        change_and_fail()
    with DecisionLog.changing(workspace, "/data/a") as log:
        assert [step.rows[0].example_id for step in log.steps] == ["1"]
