"""Broken files end in a dataset or in one sentence, whatever is broken in them; by count, so that each run reads the same files.

A file that once ended otherwise is kept below by its ending and seed, or as bytes where its mutator has changed since.
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evalmap.data.errors import DatasetError
from evalmap.data.opening import open_dataset
from evalmap.data.readers import content
from evalmap.data.records import Dataset
from evalmap.tests.data.readers.mutations import mutate, whole_files

WHOLE = whole_files()
FILES = 400  # of each format
IN_ONE_TEST = 50
FOUND = [(".parquet", 19), ("-packed.parquet", 19)]  # a column's name that is not UTF-8


@pytest.fixture(autouse=True)
def _small_caps(monkeypatch: pytest.MonkeyPatch) -> None:
    """What unfolds into more than the cap is turned down at 2 MiB as it would be at 2 GiB."""
    monkeypatch.setattr(content, "MAX_BYTES", 2 * 1024**2)


def ends_well(path: Path, written: bytes) -> Dataset | None:
    """Read a file; a sentence is as good an end as a dataset, and anything else is not caught."""
    path.write_bytes(written)
    try:
        return open_dataset(path)
    except DatasetError as error:
        sentence = str(error)
        assert "\n" not in sentence
        assert sentence.endswith((".", "?"))
        assert sentence.encode("utf-8")
        return None


@pytest.mark.parametrize("ending", WHOLE)
def test_the_whole_files_are_read(tmp_path: Path, ending: str):
    dataset = ends_well(tmp_path / f"a{ending}", WHOLE[ending])
    assert dataset is not None
    assert len(dataset) == 8
    assert mutate(WHOLE[ending], ending, 7) == mutate(WHOLE[ending], ending, 7)


@pytest.mark.parametrize("first", range(0, FILES, IN_ONE_TEST))
@pytest.mark.parametrize("ending", WHOLE)
def test_a_broken_file_ends_in_a_dataset_or_a_sentence(tmp_path: Path, ending: str, first: int):
    for seed in range(first, first + IN_ONE_TEST):
        try:
            ends_well(tmp_path / f"a{ending}", mutate(WHOLE[ending], ending, seed))
        except BaseException as error:
            error.add_note(f"seed {seed} of {ending}")
            raise


@pytest.mark.parametrize(("ending", "seed"), FOUND)
def test_files_that_once_ended_in_a_traceback(tmp_path: Path, ending: str, seed: int):
    ends_well(tmp_path / f"a{ending}", mutate(WHOLE[ending], ending, seed))


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("bad", [b"\xff\xfe", b"\xed\xa0"])
def test_parquet_name_that_is_not_utf8_is_one_sentence(tmp_path: Path, bad: bytes, nested: bool):
    texts = pa.array(["one two three", "four five six"])
    column = pa.StructArray.from_arrays([texts], ["qzkw"]) if nested else texts
    pq.write_table(pa.table({"outer" if nested else "qzkw": column, "text": texts}), tmp_path / "a.parquet", store_schema=False)
    path = tmp_path / "a.parquet"
    path.write_bytes(path.read_bytes().replace(b"qzkw", bad * 2))
    with pytest.raises(DatasetError, match=r"is not UTF-8"):
        open_dataset(path)


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["qzkw one", "fine two"]),
        pa.array(["qzkw one", "fine two"]).dictionary_encode(),
        pa.array([["qzkw one"], ["fine two"]]),
        pa.array([{"a": "qzkw one"}, {"a": "fine two"}]),
        pa.array([[("qzkw one", 1)], [("fine two", 2)]], pa.map_(pa.string(), pa.int64())),
    ],
    ids=["text", "dictionary", "list", "struct", "map"],
)
def test_parquet_text_that_is_not_utf8_is_one_sentence(tmp_path: Path, column: pa.Array):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": ["one two three", "four five six"], "odd": column}), path, write_statistics=False)
    path.write_bytes(path.read_bytes().replace(b"qzkw", b"\xff\xfe\xff\xfe"))
    with pytest.raises(DatasetError, match="column 'odd', records 1 to 2: text that is not UTF-8"):
        open_dataset(path)
