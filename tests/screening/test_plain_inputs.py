"""Plain inputs are enough: a list of texts and a matrix, or a table of any columns. Expectations by hand."""

import json

import numpy as np
import pandas as pd
import pytest

from evalmap.data.errors import DatasetError
from evalmap.screening import ScreeningOptions, find_near_duplicates, prioritize, screen, select
from evalmap.screening.output.files import kept_jsonl, removed_jsonl
from evalmap.screening.output.screening_html import html_report
from evalmap.screening.output.screening_report import report

# Row 0 and 1 point one way, 2 lies between them and 3; 3 is alone. Cosines: 0–1 1, 0–2 0.96, 1–2 0.96, 2–3 0.28.
VECTORS = np.array([[1, 0], [1, 0], [0.96, 0.28], [0, 1]], dtype=np.float32)
TEXTS = ["Is it raining?", "is it  raining?", "Will rain fall around here today?", "Who wrote Emma?"]


def kept_rows(keep: str, examples: pd.DataFrame | None) -> list[int]:
    pairs = find_near_duplicates(TEXTS, VECTORS)
    order = prioritize(keep, examples, pairs=pairs)
    return np.flatnonzero(select(pairs, threshold=0.95, order=order).kept).tolist()


def test_pairs_of_a_list_and_a_matrix():
    pairs = find_near_duplicates(TEXTS, VECTORS)
    assert list(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)) == [(0, 1), (0, 2), (1, 2)]
    assert pairs.semantic.tolist() == pytest.approx([1, 0.96, 0.96])
    assert pairs.exact.tolist() == [1, 4, 4]  # caseless, and equal under none


@pytest.mark.parametrize("examples", [None, pd.DataFrame({"anything": list("wxyz")}), pd.DataFrame(index=[9, 8, 7, 6])])
def test_the_most_central_row_stays_and_ties_go_to_the_first(examples: pd.DataFrame | None):
    """0 and 1 have a mean of 0.98 both, 2 of 0.96."""
    pairs = find_near_duplicates(TEXTS, VECTORS)
    assert prioritize("medoid", examples, pairs=pairs).tolist() == [0, 1, 2, 3]
    assert kept_rows("medoid", examples) == [0, 3]


def test_a_selection_without_an_order_keeps_the_most_central():
    pairs = find_near_duplicates(TEXTS, VECTORS)
    selection = select(pairs, threshold=0.95)
    assert selection.kept.tolist() == [True, False, False, True]
    assert selection.keeper.tolist() == [0, 0, 0, 3]


def test_rules_read_the_columns_of_a_table():
    table = pd.DataFrame({"text": TEXTS, "score": [1, 3, 2, 0], "confidence": [0.5, 0.6, 0.9, np.nan], "dataset": list("bbab")})
    assert kept_rows("longest", table[["text"]]) == [2, 3]
    assert kept_rows("confidence", table[["confidence"]]) == [2, 3]
    assert kept_rows("column:score", table[["score"]]) == [1, 3]
    assert kept_rows("source:a", table[["dataset"]]) == [2, 3]
    assert prioritize("first", table[["dataset"]]).tolist() == [2, 0, 1, 3]
    assert prioritize("first", table[["score"]].assign(line=[4, 3, 2, 1])).tolist() == [3, 2, 1, 0]


@pytest.mark.parametrize(
    ("keep", "message"),
    [
        ("confidence", "keep confidence: no row has a confidence"),
        ("longest", "keep longest: the examples have no column text"),
        ("source:a", r"keep source: no dataset is called a \(there are none\)"),
        ("column:a", r"keep column: no field is called a \(there are x\)"),
    ],
)
def test_a_rule_says_which_column_it_lacks(keep: str, message: str):
    with pytest.raises(DatasetError, match=message):
        prioritize(keep, pd.DataFrame({"x": [1, 2]}))


def test_rows_to_order_are_needed():
    with pytest.raises(ValueError, match="examples or pairs is needed"):
        prioritize("first")
    with pytest.raises(ValueError, match="pairs are of 4 rows; expected the 2 rows of the examples"):
        prioritize("medoid", pd.DataFrame({"x": [1, 2]}), pairs=find_near_duplicates(TEXTS, VECTORS))


def test_a_list_of_texts_is_screened():
    screening = screen(TEXTS, VECTORS)
    assert (screening.kept_rows.tolist(), screening.removed_rows.tolist()) == ([0, 3], [1, 2])
    one, two = screening.reasons
    assert (one.row, one.rule, one.keeper) == (1, "near-duplicate of a kept row", 0)
    assert (two.row, two.keeper) == (2, 0)
    assert one.likeness is not None
    assert two.likeness is not None
    assert (one.likeness.exact, one.likeness.lexical, one.likeness.semantic) == ("caseless", 1.0, 1.0)
    assert (two.likeness.exact, two.likeness.semantic) == (None, pytest.approx(0.96))
    assert screening.label_share == {"before": {}, "after": {}}


def test_the_files_of_a_list_of_texts():
    screening = screen(TEXTS, VECTORS)
    assert kept_jsonl(screening).decode() == '{"text": "Is it raining?"}\n{"text": "Who wrote Emma?"}\n'
    removed = [json.loads(line) for line in removed_jsonl(screening).splitlines()]
    assert [(row["text"], row["evalmap_line"], row["evalmap_kept_line"]) for row in removed] == [(TEXTS[1], 2, 1), (TEXTS[2], 3, 1)]
    assert b"Is it raining?" in html_report(screening, report(screening, settings={}))


def test_a_table_is_screened_by_its_text_and_label():
    """1 differs from 0 and 2 in its label, so neither goes for the other; 2 goes for 0, which bears its label."""
    table = pd.DataFrame({"text": TEXTS, "label": ["a", "b", "a", None], "n": [1, 2, 3, 4]}, index=[7, 7, 3, 1])
    screening = screen(table, VECTORS, options=ScreeningOptions(threshold=0.95, method="semantic"))
    assert screening.kept_rows.tolist() == [0, 1, 3]
    assert [(reason.row, reason.keeper) for reason in screening.reasons] == [(2, 0)]
    assert screening.selection.contrast.tolist() == [[0, 1], [1, 2]]
    assert screening.label_share["before"] == {"a": 2 / 3, "b": 1 / 3}
    assert json.loads(kept_jsonl(screening).splitlines()[2]) == {"text": "Who wrote Emma?", "label": None, "n": 4}
    assert list(table.columns) == ["text", "label", "n"]


def test_labels_may_be_numbers():
    screening = screen(pd.DataFrame({"text": TEXTS, "label": [1, 0, 1, 1]}), VECTORS)
    assert screening.label_share["before"] == {"1": 0.75, "0": 0.25}
    assert screening.kept_rows.tolist() == [0, 1, 3]


def test_columns_of_a_table_go_into_the_order_and_the_files():
    raw = ['{"q": 1}', '{ "q": 2 }', '{"q":3}', "null"]
    table = pd.DataFrame(
        {"text": TEXTS, "confidence": [0.1, 0.9, 0.5, 0.5], "dataset": "quiz", "line": [10, 20, 30, 40], "raw": raw}
    )
    screening = screen(table, VECTORS, options=ScreeningOptions(method="semantic"))
    assert screening.options.keep == "confidence"
    assert kept_jsonl(screening).decode() == '{ "q": 2 }\nnull\n'
    removed = [json.loads(line) for line in removed_jsonl(screening).splitlines()]
    assert [(row["q"], row["evalmap_dataset"], row["evalmap_kept_line"]) for row in removed] == [(1, "quiz", 20), (3, "quiz", 20)]


def test_a_rule_reads_a_column_of_the_table():
    table = pd.DataFrame({"text": TEXTS, "score": [1, 2, 3, 0]})
    screening = screen(table, VECTORS, options=ScreeningOptions(keep="column:score"))
    assert screening.kept_rows.tolist() == [2, 3]


def test_rows_compared_against_stay():
    screening = screen(TEXTS, VECTORS, own=2)
    assert (screening.kept_rows.tolist(), screening.removed_rows.tolist()) == ([], [0, 1])
    assert {reason.rule for reason in screening.reasons} == {"near-duplicate of a row of the dataset compared against"}


@pytest.mark.parametrize(
    ("examples", "message"),
    [
        (pd.DataFrame({"statement": TEXTS}), r"the examples have no column text \(there are statement\)"),
        (pd.DataFrame({"text": ["a", None, "b", "c"]}), "row 1 has no text"),
        (pd.DataFrame({"text": TEXTS, "raw": ["{}", "{", "{}", "{}"]}), "row 1: raw is no JSON text"),
        (["a"], "1 rows cannot be screened"),
    ],
)
def test_what_cannot_be_screened_is_said(examples: pd.DataFrame | list[str], message: str):
    with pytest.raises(DatasetError, match=message):
        screen(examples, VECTORS[: len(examples)])


def test_a_matrix_of_other_rows_is_refused():
    with pytest.raises(ValueError, match="embeddings have 3 rows; expected one for each of the 4 texts"):
        screen(TEXTS, VECTORS[:3])
