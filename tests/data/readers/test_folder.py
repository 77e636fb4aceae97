"""A folder as a collection: which files are read, in which order, under which names."""

import re
from pathlib import Path

import pytest

from evalmap.data.errors import DatasetError
from evalmap.data.opening import open_dataset
from evalmap.data.readers import passed_over, read_file, read_files, readable_files
from evalmap.data.readers.formats import endings

ROW = '{"text": "a"}\n'
CSV = "text\na\n"


def write(folder: Path, *names: str, data: str = ROW) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(data)


def test_folder_of_a_write_run_holds_its_rows_alone(tmp_path: Path):
    write(tmp_path, "kind.jsonl", "rejected.jsonl", "provenance.jsonl", "table.json", "recipe.json")
    assert [file.name for file in readable_files(tmp_path)] == ["kind.jsonl"]
    (tmp_path / "recipe.json").unlink()
    assert len(readable_files(tmp_path)) == 4


def test_files_come_sorted_and_named_by_their_path(tmp_path):
    write(tmp_path, "b.jsonl", "a/z.jsonl", "a/b/c.jsonl", "README.md", "notes.txt", "LICENSE")
    files = list(read_files(tmp_path))
    assert [file.name for file in files] == ["a/b/c", "a/z", "b"]
    assert files[2].source == str(tmp_path / "b.jsonl")


def test_what_only_tells_of_the_data_is_passed_over_and_told(tmp_path):
    write(tmp_path, "train.jsonl", "README.md", ".gitattributes", "LICENSE", "img/a.png", "b.jsonl.part")
    write(tmp_path, "dataset_infos.json", "package.json", data='{"default": {"features": {}}}')
    write(tmp_path, "config.json", data='[{"text": "b"}]')  # rows, whatever its name
    assert [file.name for file in read_files(tmp_path)] == ["config", "train"]
    assert passed_over(tmp_path) == "Passed over beside the data: LICENSE, README.md, dataset_infos.json, img/a.png, package.json."
    write(tmp_path, "z.bin")
    assert passed_over(tmp_path).endswith("img/a.png, package.json and 1 more.")


def test_texts_and_yaml_beside_other_data_tell_of_it_and_alone_they_are_data(tmp_path):
    write(tmp_path, "a.jsonl", "notes.txt", "config.yaml")
    assert [file.name for file in read_files(tmp_path)] == ["a"]
    assert passed_over(tmp_path) == "Passed over beside the data: config.yaml, notes.txt."
    write(tmp_path / "alone", "prompts.txt", data="Do tides rise?\n")
    assert [file.fields["text"].tolist() for file in read_files(tmp_path / "alone")] == [["Do tides rise?"]]


def test_a_folder_of_metadata_alone_is_read_all_the_same(tmp_path):
    write(tmp_path, "metadata.json", data='{"rows": [{"text": "a"}]}')
    assert [file.name for file in read_files(tmp_path)] == ["metadata"]
    assert passed_over(tmp_path) == ""


def test_splits_become_a_field_where_all_files_are_of_one(tmp_path):
    write(tmp_path, "data/train-00000-of-00002.jsonl", "data/train-00001-of-00002.jsonl", "validation.jsonl", "en/test/0000.jsonl")
    found = {file.name: file.fields["split"].tolist() for file in read_files(tmp_path)}
    assert list(found.values()) == [["train"], ["train"], ["test"], ["validation"]]
    assert open_dataset(tmp_path).examples["group"].tolist() == ["train", "train", "test", "validation"]
    write(tmp_path, "other.jsonl")
    assert all("split" not in file.fields for file in read_files(tmp_path))


def test_a_split_is_the_group_only_where_there_is_no_other(tmp_path):
    kinds = ["sea", "sky", "sea", "sky"]
    rows = "".join(f'{{"text": "Is it true of the {kind}, case {at}?", "topic": "{kind}"}}\n' for at, kind in enumerate(kinds))
    write(tmp_path, "train.jsonl", "test.jsonl", data=rows)
    dataset = open_dataset(tmp_path)
    assert dataset.examples["group"].tolist() == kinds * 2
    assert dataset.fields["split"].tolist() == ["test"] * 4 + ["train"] * 4
    assert dataset.reading.distinguishing_fields == ()  # what stands in both splits is a duplicate
    write(tmp_path, "train.jsonl", "test.jsonl", data='{"text": "Do tides rise?", "split": "mine"}\n')
    assert open_dataset(tmp_path).fields["split"].tolist() == ["mine", "mine"]
    write(tmp_path / "one", "train-1.jsonl", "train-2.jsonl")
    assert all("split" not in file.fields for file in read_files(tmp_path / "one"))


def test_hidden_and_half_downloaded_files_are_passed_over(tmp_path):
    write(tmp_path, "a.jsonl", ".b.jsonl", ".git/c.jsonl", "d.jsonl.part", "e.jsonl.origin.part")
    assert [file.name for file in read_files(tmp_path)] == ["a"]


def test_files_that_share_a_name_keep_their_endings(tmp_path):
    write(tmp_path, "a.jsonl", "b.jsonl", "a.csv.jsonl")
    write(tmp_path, "a.csv", data=CSV)
    assert [file.name for file in read_files(tmp_path)] == ["a.csv", "a.csv.jsonl", "a.jsonl", "b"]


def test_links_to_folders_are_not_followed(tmp_path):
    write(tmp_path, "in/a.jsonl")
    (tmp_path / "in" / "again").symlink_to(tmp_path / "in")
    assert [file.name for file in read_files(tmp_path / "in")] == ["a"]


def test_one_bad_file_is_named_and_the_ones_before_it_are_read(tmp_path):
    write(tmp_path, "a.jsonl")
    write(tmp_path, "b.jsonl", data="{}{}")
    files = read_files(tmp_path)
    assert next(files).name == "a"
    with pytest.raises(DatasetError, match=re.escape(f"{tmp_path / 'b.jsonl'} line 1, column 3: more text after the JSON value.")):
        next(files)


def test_a_folder_without_a_readable_file_is_refused_at_once(tmp_path):
    write(tmp_path, "README.md")
    with pytest.raises(
        DatasetError, match=r"no file that can be read. Expected \.jsonl, \.ndjson, \.json, \.csv, \.tsv, \.parquet"
    ):
        read_files(tmp_path)
    with pytest.raises(DatasetError, match=r"no such folder\. Check the path\."):
        read_files(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("a.odt", "a.odt: .odt is no format that is read. Expected .jsonl, .ndjson, .json, "),
        ("a.bin.gz", "a.bin.gz: .bin.gz is no format that is read."),
        ("a", "a: a file without an ending. Expected .jsonl"),
        ("b.jsonl", "b.jsonl: no such file. Check the path."),
        ("folder.jsonl", "folder.jsonl: not a file, but a folder. Name a file."),
        ("folder", "folder: a folder, expected a file. Open it as a collection."),
    ],
)
def test_what_is_no_table_is_refused(tmp_path, name, sentence):
    write(tmp_path, "a.odt", "a.bin.gz", "a")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder.jsonl").mkdir()
    with pytest.raises(DatasetError, match=re.escape(sentence)):
        read_file(tmp_path / name, source=name)


def test_name_and_source_may_be_given_and_capitals_do_not_matter(tmp_path):
    write(tmp_path, "A.JSONL")
    rows = read_file(tmp_path / "A.JSONL", name="mine", source="upload")
    assert (rows.name, rows.source) == ("mine", "upload")
    assert read_file(tmp_path / "A.JSONL").name == "A"


def test_file_names_that_are_not_utf8_can_be_shown(tmp_path):
    write(tmp_path, "caf\udce9.jsonl")
    assert [file.name for file in read_files(tmp_path)] == ["caf?"]


def test_formats_are_endings():
    plain = {".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".yaml", ".yml", ".txt"}
    assert set(endings()) == {f"{ending}{packed}" for ending in plain for packed in ("", ".gz", ".zst")} | {".parquet", ".xlsx"}


@pytest.mark.evals
def test_published_persona_folder_has_120_204_rows_in_122_files(evals_root):
    files = list(read_files(evals_root / "persona"))
    assert len(files) == 122
    assert sum(len(file.raw) for file in files) == 120_204
    assert [file.name for file in files] == sorted(path.stem for path in (evals_root / "persona").glob("*.jsonl"))
    assert not any(file.set_aside or file.replaced for file in files)
