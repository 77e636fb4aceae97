"""The store of reviews: nothing that was said is lost."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from evalmap.answers.reading.reviews import Review
from evalmap.data.errors import DatasetError
from evalmap.data.store.workspace import Workspace
from evalmap.screening.keep.by_hand import RowKey
from evalmap.writing.review.review_store import ReviewStore

SOURCE = "file:///some.jsonl"
WRITER = """
import sys
from pathlib import Path
from evalmap.answers.reading.reviews import Review
from evalmap.data.store.workspace import Workspace
from evalmap.screening.keep.by_hand import RowKey
from evalmap.writing.review.review_store import ReviewStore

home, name, n = sys.argv[1:]
store = ReviewStore(Workspace(Path(home)), "file:///some.jsonl")
for at in range(int(n)):
    store.add([(RowKey("some", f"row {at}"), Review(name, at % 2 == 0, 1 + at % 5))])
    print(at, flush=True)
"""


@pytest.fixture
def store(tmp_path: Path) -> ReviewStore:
    return ReviewStore(Workspace(tmp_path), SOURCE)


def writer(home: Path, name: str, n: int) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", WRITER, str(home), name, str(n)], stdout=subprocess.PIPE, text=True)


def said(store: ReviewStore) -> list[tuple[str, str, bool | None]]:
    return [(key.example_id, review.reviewer, review.label_fits) for key, review in store.judgements()]


def test_later_judgement_replaces_the_earlier_and_can_be_taken_back(store: ReviewStore):
    one, other = RowKey("some", "a"), RowKey("some", "b")
    store.add([(one, Review("ann", True)), (other, Review("ann", True)), (one, Review("bob", False))])
    store.add([(one, Review("ann", False))])
    assert said(store) == [("b", "ann", True), ("a", "bob", False), ("a", "ann", False)]
    taken = store.take_back("ann")
    assert taken is not None
    assert (taken[0], taken[1].label_fits) == (one, False)
    assert said(store) == [("a", "ann", True), ("b", "ann", True), ("a", "bob", False)]
    store.take_back("ann")
    store.take_back("ann")
    assert said(store) == [("a", "bob", False)]
    assert store.take_back("ann") is None


def test_all_that_a_judgement_says_is_read_back(store: ReviewStore):
    whole = Review("ann", False, 2, True, 'a "comment",\nin two lines', "worst", "2026-01-02T03:04:05.678+00:00")
    nothing = Review("bob", at="2026-01-02T03:04:05.678+00:00")
    store.add([(RowKey("some", "a", 1), whole), (RowKey("some", "a", 0), nothing)])
    assert store.judgements() == [(RowKey("some", "a", 1), whole), (RowKey("some", "a", 0), nothing)]


def test_same_judgement_is_not_added_again_and_an_older_one_not_at_all(store: ReviewStore):
    key = RowKey("some", "a")
    assert store.add([(key, Review("ann", True, at="2026-01-02"))]) == 1
    assert store.add([(key, Review("ann", True))]) == 0
    assert store.add([(key, Review("ann", False, at="2026-01-01"))]) == 0
    assert said(store) == [("a", "ann", True)]


def test_what_was_settled_by_hand_holds_until_it_is_lifted(store: ReviewStore):
    one, other = RowKey("some", "a"), RowKey("some", "b")
    store.settle(one, False)
    store.settle(other, True)
    assert store.settled() == {one: False, other: True}
    store.settle(one, None)
    assert store.settled() == {other: True}


def test_reading_a_store_that_is_not_there_makes_none(store: ReviewStore):
    assert (store.judgements(), store.settled()) == ([], {})
    assert not store.path.parent.exists()


def test_writer_that_is_killed_loses_nothing_that_it_told_of(store: ReviewStore, tmp_path: Path):
    with writer(tmp_path, "ann", 100_000) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(20)]
        process.kill()
        lines += process.stdout.readlines()
    assert process.returncode == -9
    told = [int(line) for line in lines if line.endswith("\n")]
    kept = said(store)
    assert len(kept) in (len(told), len(told) + 1)  # the last one may be on the disk and not told of
    assert kept == [(f"row {at}", "ann", at % 2 == 0) for at in range(len(kept))]
    assert store.add([(RowKey("some", "next"), Review("ann", True))]) == 1


def test_two_writers_at_once_lose_nothing(store: ReviewStore, tmp_path: Path):
    with writer(tmp_path, "ann", 60) as one, writer(tmp_path, "bob", 60) as other:
        one.communicate()
        other.communicate()
    assert (one.returncode, other.returncode) == (0, 0)
    expected = {(f"row {at}", name, at % 2 == 0) for at in range(60) for name in ("ann", "bob")}
    assert len(said(store)) == 120
    assert set(said(store)) == expected


def test_damaged_store_is_one_sentence(store: ReviewStore):
    store.path.parent.mkdir()
    store.path.write_bytes(b"no database at all, whatever its name says" * 100)
    with pytest.raises(DatasetError, match="the reviews cannot be read or written"):
        store.judgements()
    with pytest.raises(DatasetError, match="the reviews cannot be read or written"):
        store.add([(RowKey("some", "a"), Review("ann", True))])


def test_store_of_a_later_version_is_left_alone(store: ReviewStore):
    import sqlite3

    store.add([(RowKey("some", "a"), Review("ann", True))])
    connection = sqlite3.connect(store.path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(DatasetError, match="of a later version of Evalmap"):
        store.add([(RowKey("some", "b"), Review("ann", True))])


READER = """
import os, sys
from pathlib import Path
from evalmap.data.store.workspace import Workspace
from evalmap.writing.review.review_store import ReviewStore

if os.geteuid() == 0:  # no mode forbids anything to root
    os.setgid(65534)
    os.setuid(65534)
store = ReviewStore(Workspace(Path(sys.argv[1])), "file:///some.jsonl")
assert not os.access(store.path.parent, os.W_OK)
print(len(store.judgements()), len(store.settled()), store.signature())
"""


@pytest.mark.parametrize("at_work", [False, True], ids=["at rest", "while somebody writes"])
def test_workspace_that_may_not_be_written_to_is_read_and_left_as_it_is(at_work: bool):
    import sqlite3

    with tempfile.TemporaryDirectory() as home:  # beside pytest's own folders, which one user alone may enter
        store = ReviewStore(Workspace(Path(home)), SOURCE)
        store.add([(RowKey("some", "a"), Review("ann", True)), (RowKey("some", "b"), Review("ann", False))])
        store.settle(RowKey("some", "b"), True)
        writer = sqlite3.connect(store.path, isolation_level=None)  # SQLite puts the log in its place when the last one closes
        if at_work:
            writer.execute("UPDATE judgements SET taken_back = 1 WHERE number = 2")
        else:
            writer.close()
        signature = store.signature()
        Path(home).chmod(0o555)
        store.path.parent.chmod(0o555)
        before = {path.name: path.read_bytes() for path in store.path.parent.iterdir()}
        found = subprocess.run([sys.executable, "-c", READER, home], capture_output=True, text=True, check=False)
        store.path.parent.chmod(0o755)
        assert {path.name: path.read_bytes() for path in store.path.parent.iterdir()} == before
        writer.close()
    assert found.stdout.split() == (["1", "1", signature] if at_work else ["2", "1", signature]), found.stderr


def test_judgement_of_one_row_is_taken_back_whatever_was_said_since(store: ReviewStore):
    store.add([(RowKey("some", "a"), Review("ann", True))])
    store.add([(RowKey("some", "b"), Review("ann", False))])
    before = store.signature()
    taken = store.take_back("ann", row=RowKey("some", "a"))
    assert taken is not None
    assert taken[0].example_id == "a"
    assert said(store) == [("b", "ann", False)]
    assert store.take_back("ann", row=RowKey("some", "a")) is None
    assert store.signature() != before


def test_signature_changes_with_all_that_is_said_and_with_the_store(store: ReviewStore):
    row = RowKey("some", "a")
    seen = [store.signature()]
    for change in (
        lambda: store.add([(row, Review("ann", True, at="2026-01-01T00:00:00.000+00:00"))]),
        lambda: store.add([(row, Review("ann", False, at="2026-01-02T00:00:00.000+00:00"))]),
        lambda: store.take_back("ann"),
        lambda: store.settle(row, True),
        lambda: store.settle(row, None),
    ):
        change()
        seen.append(store.signature())
    assert seen[0] == ""
    assert len(set(seen)) == len(seen)
    assert store.signature() == seen[-1]
    store.path.unlink()
    store.add([(row, Review("ann", False, at="2026-01-03T00:00:00.000+00:00"))])
    assert store.signature() not in seen
