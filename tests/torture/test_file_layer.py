"""The layer itself: what it counts, that it strikes where it was told to, and that it is gone afterwards."""

import builtins
import io
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evalmap.bench.torture import mutated_files
from evalmap.bench.torture.file_layer import FAULTS, FileLayer
from evalmap.bench.torture.kills import spread
from evalmap.tests.data.readers.mutations import whole_files


def kinds(layer: FileLayer) -> list[str]:
    return [kind for kind, _ in layer.seen]


def test_what_is_done_below_its_folders_is_counted_and_nothing_else(tmp_path: Path):
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    with FileLayer((inside,), FAULTS["kill"]).installed() as layer:
        outside.mkdir()
        (outside / "a").write_text("a")
        (inside / "sub").mkdir()
        (inside / "sub" / "a").write_text("a")
        os.rename(inside / "sub" / "a", inside / "b")
        os.unlink(inside / "b")
    assert kinds(layer) == ["mkdir", "open", "write", "rename", "unlink"]


def test_writes_of_libraries_are_seen(tmp_path: Path):
    with FileLayer((tmp_path,), FAULTS["kill"]).installed() as layer:
        np.save(tmp_path / "a.npy", np.arange(10))
        with (tmp_path / "b.parquet").open("wb") as file:
            pd.DataFrame({"a": [1]}).to_parquet(file)
    assert kinds(layer).count("open") == 2
    assert kinds(layer).count("write") >= 2
    assert np.load(tmp_path / "a.npy").tolist() == list(range(10))
    assert pd.read_parquet(tmp_path / "b.parquet")["a"].tolist() == [1]


def test_a_full_disk_takes_half_and_refuses_from_there_on(tmp_path: Path):
    (tmp_path / "old").touch()
    with FileLayer((tmp_path,), FAULTS["ENOSPC"], at=2).installed():
        with pytest.raises(OSError, match="No space left"), open(tmp_path / "a", "wb", buffering=0) as file:
            file.write(b"12345678")
        with pytest.raises(OSError, match="No space left"):
            (tmp_path / "b").mkdir()
        os.unlink(tmp_path / "old")
    assert (tmp_path / "a").read_bytes() == b"1234"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a"]


def test_too_many_open_files_pass(tmp_path: Path):
    (tmp_path / "a").write_text("a")
    with FileLayer((tmp_path,), FAULTS["EMFILE"], at=1).installed():
        with pytest.raises(OSError, match="Too many open files"):
            (tmp_path / "a").read_text()
        assert (tmp_path / "a").read_text() == "a"


def test_it_is_gone_afterwards(tmp_path: Path):
    before = builtins.open, io.open, os.open, os.rename, os.write
    with pytest.raises(ZeroDivisionError), FileLayer((tmp_path,), FAULTS["kill"]).installed():
        raise ZeroDivisionError
    assert (builtins.open, io.open, os.open, os.rename, os.write) == before


def test_places_are_spread_over_all_operations():
    assert spread(100, 4, 0) == [1, 26, 51, 76]
    assert spread(3, 3, 0) == [1, 2, 3]
    assert spread(3, 5, 0)[:3] == [1, 2, 3]
    assert spread(3, 5, 7) == spread(3, 5, 7)


def test_a_mutated_file_is_the_same_for_the_same_seed():
    assert [mutated_files.made(n, 3) for n in range(14)] == [mutated_files.made(n, 3) for n in range(14)]
    assert mutated_files.made(1, 3) != mutated_files.made(1, 4)
    assert {mutated_files.made(n, 3)[0] for n in range(8)} == set(whole_files())
