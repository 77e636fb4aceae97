"""The journal of a curation: whole lines only, nothing lost by two at once, undo by step."""

import sys
from pathlib import Path

import pytest

from evalmap.data.errors import DatasetError
from evalmap.data.store.workspace import Workspace
from evalmap.screening.curation.curation_journal import append, journal_path, read_curation, redo, undo
from evalmap.screening.curation.steps import ClusterRows, CurationStep, step_from
from evalmap.screening.keep.by_hand import RowKey
from evalmap.tests.processes import run_together

SOURCE = "/data/a"
STEPS = """
import sys
from evalmap.data.store.workspace import Workspace
from evalmap.screening.curation.curation_journal import append, undo
from evalmap.screening.curation.steps import CurationStep
from evalmap.screening.keep.by_hand import RowKey

home, me = sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
for number in range(15):
    step = append(Workspace(home), "/data/a", CurationStep(0, "delete", "", me, rows=(RowKey("a", me, number),)))
    if number % 5 == 0:
        undo(Workspace(home), "/data/a", step.number)
"""


def deleted(*names: str) -> CurationStep:
    return CurationStep(0, "delete", "", "lasso", rows=tuple(RowKey("a", name) for name in names))


def test_steps_of_several_processes_are_all_kept_and_each_undoes_its_own(tmp_path: Path):
    line = [sys.executable, "-c", STEPS, str(tmp_path / "home")]
    run_together([[*line, me] for me in ("x", "y")])
    curation = read_curation(Workspace(tmp_path / "home"), SOURCE)
    assert [step.number for step in curation.steps] == list(range(1, 31))
    for me in ("x", "y"):
        own = [step for step in curation.steps if step.chosen == me]
        assert [step.rows[0].occurrence for step in own] == list(range(15))
        assert [step.rows[0].occurrence for step in own if step.number in curation.undone] == [0, 5, 10]


def test_undo_and_redo_go_back_and_forth_until_another_step_is_made(tmp_path: Path):
    space = Workspace(tmp_path)
    for name in "xyz":
        append(space, SOURCE, deleted(name))
    assert [undo(space, SOURCE).number, undo(space, SOURCE).number] == [3, 2]
    assert [step.number for step in read_curation(space, SOURCE).active] == [1]
    assert redo(space, SOURCE).number == 2
    assert [step.number for step in read_curation(space, SOURCE).active] == [1, 2]
    assert append(space, SOURCE, deleted("w")).number == 4
    with pytest.raises(DatasetError, match="no step to redo: none was undone, or another was made since"):
        redo(space, SOURCE)
    assert redo(space, SOURCE, 3).number == 3  # by its number an undone step still comes back, at its place
    assert [step.number for step in read_curation(space, SOURCE).active] == [1, 2, 3, 4]
    assert undo(space, SOURCE, 1).number == 1
    with pytest.raises(DatasetError, match=r"step 1: there is no such step to undo \(there are: 2, 3, 4\)"):
        undo(space, SOURCE, 1)


def test_nothing_to_undo_is_told_and_leaves_no_file(tmp_path: Path):
    with pytest.raises(DatasetError, match="There is no step to undo"):
        undo(Workspace(tmp_path), SOURCE)
    assert not journal_path(Workspace(tmp_path), SOURCE).exists()


def test_half_a_line_of_a_killed_process_counts_for_nothing(tmp_path: Path):
    space = Workspace(tmp_path)
    first = append(space, SOURCE, deleted("x"))
    path = journal_path(space, SOURCE)
    path.write_bytes(path.read_bytes() + b'{"number": 2, "action": "del')
    assert read_curation(space, SOURCE).steps == (first,)
    second = append(space, SOURCE, deleted("y"))
    assert second.number == 2
    assert read_curation(space, SOURCE).steps == (first, second)


def test_refused_write_leaves_the_journal_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    space = Workspace(tmp_path)
    append(space, SOURCE, deleted("x"))
    before = journal_path(space, SOURCE).read_bytes()

    def full(file: int, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("evalmap.data.store.atomic.os.write", full)
        with pytest.raises(DatasetError, match="No space left on device"):
            append(space, SOURCE, deleted("y"))
    assert journal_path(space, SOURCE).read_bytes() == before


@pytest.mark.parametrize("content", ["{\n", '{"format": 1}\n[1]\n', "3\n", '{"format": 1}\n{"number": 1}\n'])
def test_damaged_journal_is_told_by_name(tmp_path: Path, content: str):
    path = journal_path(Workspace(tmp_path), SOURCE)
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(DatasetError, match=f"{path.name}.*(damaged|not a step)"):
        append(Workspace(tmp_path), SOURCE, deleted("x"))
    assert path.read_text() == content


def test_journal_of_a_later_version_is_not_touched(tmp_path: Path):
    path = journal_path(Workspace(tmp_path), SOURCE)
    path.parent.mkdir()
    path.write_text('{"format": 9}\n')
    with pytest.raises(DatasetError, match="written by another version"):
        append(Workspace(tmp_path), SOURCE, deleted("x"))


@pytest.mark.parametrize(
    "step",
    [
        CurationStep(1, "delete", "2026-01-01T00:00:00+00:00", "lasso", rows=(RowKey("a b", "1f", 2), RowKey("c", "2f"))),
        CurationStep(2, "tag", "t", "Label is Yes", "odd ones", (RowKey("a", "1f"),)),
        CurationStep(3, "rename", "t", "Topics", "Work", (), "a", "topics-fine", (ClusterRows("x · y", (RowKey("a", "1f"),)),)),
    ],
)
def test_a_step_read_back_is_the_same(step: CurationStep):
    assert step_from(step.as_dict(), where="here") == step


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"action": "explode"}, "action 'explode' is unknown; choose one of delete, tag, rename, merge"),
        ({"rows": {}}, r"step 1 \(delete\) needs rows"),
        ({"action": "merge"}, r"step 1 \(merge\) needs two clusters with rows"),
        ({"rows": ["1f"]}, "not a step of a curation"),
        ({"rows": {"a": "1f~x"}}, "not a step of a curation"),
        ({"number": None}, "not a step of a curation"),
    ],
)
def test_what_is_no_step_is_told(change: dict[str, object], message: str):
    good = CurationStep(1, "delete", "t", "lasso", rows=(RowKey("a", "1f"),)).as_dict()
    with pytest.raises(DatasetError, match=f"^here: {message}"):
        step_from({**good, **change}, where="here")
