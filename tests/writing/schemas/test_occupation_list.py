"""Lists of occupations in the shapes that people have, each error one sentence with its line."""

import json
from pathlib import Path

import pytest

from evalmap.data.errors import DatasetError
from evalmap.tests.needs import data_beside_the_repository
from evalmap.writing.schemas.occupation_list import read_occupations
from evalmap.writing.schemas.schema_plan import SHIPPED_LIST


def made(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def test_shipped_list_has_twenty_titles_and_no_figures():
    listed = read_occupations(SHIPPED_LIST)
    assert len(listed.occupations) == 20
    assert {one.percent_women for one in listed.occupations} == {None}
    assert {one.occupation for one in listed.occupations} == {None}


def test_text_file_has_a_title_a_line(tmp_path: Path):
    listed = read_occupations(made(tmp_path, "a.txt", "Bakers\n\nNurses, all kinds\n"))
    assert [(one.title, one.line) for one in listed.occupations] == [("Bakers", 1), ("Nurses, all kinds", 3)]


@pytest.mark.parametrize(
    ("header", "values", "shares", "field"),
    [
        ("percent_women", ("27.6", ""), (27.6, None), "percent_women"),
        ("BLS_percent_women_2019", ("27.6", "100"), (27.6, 100), "BLS_percent_women_2019"),
        ("Women (%)", ("0.5%", "1"), (0.5, 1), "percent_women"),
        ("share of women", ("0.276", "1"), (27.6, 100), "percent_women"),
        ("female", ("0", "0.5"), (0, 50), "percent_women"),
    ],
)
def test_share_of_women_is_found_by_its_header(
    tmp_path: Path, header: str, values: tuple[str, str], shares: tuple[float | None, ...], field: str
):
    listed = read_occupations(made(tmp_path, "a.csv", f"title,{header}\nBakers,{values[0]}\nNurses,{values[1]}\n"))
    assert tuple(one.percent_women for one in listed.occupations) == pytest.approx(shares)
    assert (listed.women_field, listed.original_field) == (field, "original_occupation")


def test_titles_are_taken_from_the_column_occupation_where_there_is_no_other(tmp_path: Path):
    rows = [{"occupation": "Bakers", "person": "customer"}, {"occupation": "Nurses", "person": None}]
    listed = read_occupations(made(tmp_path, "a.jsonl", "\n".join(map(json.dumps, rows))))
    assert [(one.title, one.occupation, one.other_person) for one in listed.occupations] == [
        ("Bakers", None, "customer"),
        ("Nurses", None, None),
    ]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", "title,women\nBakers,120\n", "a.csv line 1: women is '120'; expected a share of women from 0 to 100"),
        ("a.csv", "title,women\nBakers,many\n", "women is 'many'; expected a share"),
        ("a.csv", "title,women\nBakers,-1\n", "women is '-1'; expected a share"),
        ("a.csv", "title,women,female\nBakers,1,2\n", "two columns with a share of women"),
        ("a.csv", "code,kind\n1,2\n", "no column of titles (found: code, kind). Call it title."),
        ("a.csv", "title,code\nBakers,1\nbakers,2\n", "line 2: 'bakers' stands in line 1 already"),
        ("a.csv", "title,code\nBakers,1\n,2\n", "line 2: no title in column title"),
        ("a.docx", "title", "no list of occupations; expected .jsonl"),
    ],
)
def test_what_is_wrong_is_one_sentence(tmp_path: Path, name: str, content: str, sentence: str):
    with pytest.raises(DatasetError) as caught:
        read_occupations(made(tmp_path, name, content))
    assert sentence in str(caught.value)


@pytest.mark.evals
def test_published_list_is_read_with_all_that_it_has():
    file = data_beside_the_repository("evals", "the published evaluations") / "winogenerated" / "winogenerated_occupations.jsonl"
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    listed = read_occupations(file)
    assert [(one.title, one.occupation, one.other_person, one.percent_women) for one in listed.occupations] == [
        (row["BLS_original_occupation"], row["occupation"], row["other_person"], row["BLS_percent_women_2019"]) for row in rows
    ]
    assert (listed.original_field, listed.women_field) == ("BLS_original_occupation", "BLS_percent_women_2019")
