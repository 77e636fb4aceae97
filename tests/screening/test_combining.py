"""Several datasets as one."""

from pathlib import Path

import pytest

from evalmap.data.opening import open_dataset
from evalmap.screening.combining import join
from evalmap.tests.fakes import write_rows


def opened(folder: Path, name: str, rows: list[dict[str, object]]):
    folder.mkdir(exist_ok=True)
    return open_dataset(write_rows(folder / f"{name}.jsonl", rows))


def test_rows_follow_one_another_and_files_of_one_name_are_told_apart(tmp_path: Path):
    here = opened(tmp_path / "here", "set", [{"text": "a b"}, {"text": None}, {"text": "c d"}])
    there = opened(tmp_path / "there", "set", [{"text": "e f", "n": 1}, {"text": "g h", "n": 2}])
    other = opened(tmp_path / "there", "other", [{"text": "i j"}, {"text": "k l"}])
    joined = join([here, there, other])
    assert joined.examples["text"].tolist() == ["a b", "c d", "e f", "g h", "i j", "k l"]
    assert joined.examples["dataset"].tolist() == ["here/set"] * 2 + ["there/set"] * 2 + ["other"] * 2
    assert joined.fields["n"].dropna().tolist() == [1, 2]
    assert [(row.dataset, row.line, row.raw) for row in joined.set_aside] == [("here/set", 2, '{"text": null}')]


def test_the_same_file_twice_is_told_apart_too(tmp_path: Path):
    once = opened(tmp_path / "here", "set", [{"text": "a b"}, {"text": "c d"}])
    assert join([once, once]).examples["dataset"].tolist() == ["here/set"] * 2 + ["here/set (2)"] * 2


def test_one_dataset_stays_itself(tmp_path: Path):
    once = opened(tmp_path / "here", "set", [{"text": "a b"}, {"text": "c d"}])
    assert join([once]) is once
    with pytest.raises(ValueError, match="nothing to join"):
        join([])
