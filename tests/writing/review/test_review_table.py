"""Reviews out and in again: the same set."""

from pathlib import Path

import pandas as pd
import pytest

from evalmap.answers.reading.reviews import Review
from evalmap.data.errors import DatasetError
from evalmap.data.store.workspace import Workspace
from evalmap.screening.keep.by_hand import RowKey
from evalmap.writing.review.review_store import ReviewStore
from evalmap.writing.review.review_table import read_reviews, written_reviews

EXAMPLES = pd.DataFrame(
    {"dataset": ["some"] * 4, "line": [1, 2, 3, 4], "example_id": ["e1", "e2", "e1", "e3"], "id": ["a", "b", "c", "d"]}
)
COMMENTS = ["NA", "null", '=1+1, "quoted"', "two\nlines\r\nand more", "ünï ✓ 漢字", "007", "", "NaN"]
JUDGEMENTS = [
    *((RowKey("some", "e1", 1), Review(f"person {at}", None, None, True, comment)) for at, comment in enumerate(COMMENTS)),
    (RowKey("some", "e2"), Review("", True, 5, False, "", "random")),
    (RowKey("some", "e2"), Review("NA", False, 1, None, "", "worst")),
    (RowKey("some", "gone"), Review("007", None, 3)),
]


@pytest.mark.parametrize("ending", [".jsonl", ".csv"])
def test_export_is_imported_as_the_same_set(tmp_path: Path, ending: str):
    store = ReviewStore(Workspace(tmp_path / "one"), "source")
    store.add(JUDGEMENTS)
    file = tmp_path / f"reviews{ending}"
    file.write_bytes(written_reviews(store.judgements(), EXAMPLES, ending=ending))
    other = ReviewStore(Workspace(tmp_path / "other"), "source")
    assert other.add(read_reviews(file, EXAMPLES)) == len(JUDGEMENTS)
    assert other.judgements() == store.judgements()
    assert store.add(read_reviews(file, EXAMPLES)) == 0


def test_rows_are_named_by_row_line_or_id(tmp_path: Path):
    file = tmp_path / "reviews.csv"
    for column, name in (("row", 2), ("line", 3), ("id", "c")):
        file.write_text(f"{column},reviewer,label_fits,relevance\n{name},ann,no,4\n", encoding="utf-8")
        assert read_reviews(file, EXAMPLES) == [(RowKey("some", "e1", 1), Review("ann", False, 4))]


def test_table_that_cannot_be_read_is_one_sentence(tmp_path: Path):
    file = tmp_path / "reviews.csv"
    for content, sentence in (
        ("row,verdict\n1,yes\n", "Expected the columns label_fits"),
        ("row,ambiguous\n1,perhaps\n", "line 1: ambiguous is 'perhaps', expected yes or no"),
        ("example_id,occurrence,relevance\ne1,one,3\n", "occurrence is 'one', expected a whole number"),
        ("row,relevance\n4,3\n", "row '4' of some: no such row in the dataset"),
    ):
        file.write_text(content, encoding="utf-8")
        with pytest.raises(DatasetError, match=sentence):
            read_reviews(file, EXAMPLES)
    with pytest.raises(DatasetError, match=r"written as \.jsonl or \.csv, not \.xlsx"):
        written_reviews([], EXAMPLES, ending=".xlsx")
