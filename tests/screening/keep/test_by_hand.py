"""What a hand decides holds after a restart and a rebuild."""

import hashlib
import json
import os
from pathlib import Path

import pytest

from evalmap.data.errors import DatasetError
from evalmap.data.store.atomic import write_json
from evalmap.data.store.workspace import Workspace
from evalmap.screening.keep.by_hand import DecisionLog, Decisions, row_keys
from evalmap.tests.screening.oracles import examples_of

EXAMPLES = examples_of(["a", "b", "a", "c"])
A, B, A_AGAIN, C = row_keys(EXAMPLES)


def test_equal_rows_are_told_apart_by_their_line():
    assert (A.occurrence, A_AGAIN.occurrence) == (0, 1)
    turned = EXAMPLES.iloc[::-1].reset_index(drop=True)
    assert row_keys(turned) == [C, A_AGAIN, B, A]


def test_keeping_another_row_lifts_the_decision_it_replaces():
    log = DecisionLog()
    log.keep(A)
    log.keep(B, instead_of=A)
    assert log.rows(EXAMPLES) == Decisions(kept=(1,))
    log.keep_both(A, C)
    assert log.rows(EXAMPLES) == Decisions(kept=(0, 1, 3))
    log.remove(C, A_AGAIN)
    assert log.rows(EXAMPLES) == Decisions(kept=(0, 1), removed=(2, 3))


def test_undo_takes_back_one_decision_at_a_time():
    log = DecisionLog()
    log.keep(A)
    log.remove(A)
    assert log.rows(EXAMPLES) == Decisions(removed=(0,))
    undone = log.undo()
    assert undone is not None
    assert undone.action == "remove"
    assert log.rows(EXAMPLES) == Decisions(kept=(0,))
    log.undo()
    assert log.undo() is None
    assert log.rows(EXAMPLES) == Decisions()


def test_decisions_survive_a_restart_and_follow_rows_to_other_lines(tmp_path: Path):
    log = DecisionLog()
    log.keep_both(A_AGAIN, B)
    log.remove(C)
    log.save(Workspace(tmp_path), "/data/set.jsonl")
    again = DecisionLog.load(Workspace(tmp_path), "/data/set.jsonl")
    assert again.steps == log.steps
    longer = examples_of(["new", "c", "a", "b", "a"])
    assert again.rows(longer) == Decisions(kept=(3, 4), removed=(1,))
    shorter = examples_of(["b", "d"])
    assert again.rows(shorter) == Decisions(kept=(0,))


def test_each_source_has_its_own(tmp_path: Path):
    log = DecisionLog()
    log.remove(A)
    log.save(Workspace(tmp_path), "/data/set.jsonl")
    assert len(DecisionLog.load(Workspace(tmp_path), "/data/other.jsonl")) == 0


FIRST, SECOND = f"owner/name@{'1' * 40}", f"owner/name@{'2' * 40}"


def test_all_revisions_of_a_dataset_of_the_hub_have_one(tmp_path: Path):
    log = DecisionLog()
    log.remove(A)
    log.save(Workspace(tmp_path), FIRST)
    assert DecisionLog.load(Workspace(tmp_path), SECOND).steps == log.steps
    log.undo()
    log.save(Workspace(tmp_path), SECOND)
    assert len(DecisionLog.load(Workspace(tmp_path), FIRST)) == 0
    assert len(list((tmp_path / "decisions").iterdir())) == 1


def test_decisions_kept_by_revision_are_found_and_the_later_ones_come_last(tmp_path: Path):
    logs = [DecisionLog(), DecisionLog(), DecisionLog()]
    logs[0].keep(A)
    logs[1].remove(A)
    logs[2].remove(B)
    for at, (source, log) in enumerate(zip((FIRST, SECOND, f"owner/other@{'1' * 40}"), logs, strict=True)):
        path = tmp_path / "decisions" / f"{hashlib.sha256(source.encode()).hexdigest()[:20]}.json"  # as 0.1 filed them
        write_json(path, {"source": source, "steps": log.as_list()})
        os.utime(path, (at, at))
    (tmp_path / "decisions" / "damaged.json").write_text("{")
    found = DecisionLog.load(Workspace(tmp_path), f"owner/name@{'3' * 40}")
    assert found.steps == [*logs[0].steps, *logs[1].steps]


@pytest.mark.parametrize("content", ["{", "[]", json.dumps({"steps": [{"action": "keep"}]}), json.dumps({"steps": 3})])
def test_a_damaged_file_is_told(tmp_path: Path, content: str):
    log = DecisionLog()
    log.save(Workspace(tmp_path), "s")
    (path,) = (tmp_path / "decisions").glob("*.json")
    path.write_text(content)
    with pytest.raises(DatasetError, match=path.name):
        DecisionLog.load(Workspace(tmp_path), "s")


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({"action": "burn", "rows": [{"dataset": "d", "example_id": "1"}]}, "action 'burn' is unknown"),
        ({"action": "keep", "rows": []}, "a decision to keep names no row"),
        ({"rows": []}, "not a list of decisions"),
    ],
)
def test_wrong_decisions_are_told(step, message):
    with pytest.raises(DatasetError, match=message) as refused:
        DecisionLog.from_list([step])
    assert "Error(" not in str(refused.value)
