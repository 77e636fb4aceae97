"""Reviews as a table: a JSONL or CSV file in, and out again."""

import csv
import io
import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from evalmap.answers.reading.reviews import Review
from evalmap.data.errors import DatasetError
from evalmap.screening.keep.by_hand import RowKey, find_rows, row_keys
from evalmap.writing.review.review_store import Judgement

_YES_NO = {"yes": True, "true": True, "1": True, "1.0": True, "no": False, "false": False, "0": False, "0.0": False}
_SAID = ("label_fits", "relevance", "ambiguous")
_EXPECTED = (
    "Expected the columns label_fits (yes or no), relevance (1 to 5) or ambiguous (yes or no), "
    "and row (from 0), line (from 1), id or example_id"
)
COLUMNS: tuple[str, ...] = ("dataset", "line", "example_id", "occurrence", "reviewer", *_SAID, "comment", "sample", "at")


def read_reviews(path: Path, examples: pd.DataFrame) -> list[Judgement]:
    """Read a table of reviews: a JSONL or CSV file (or any other that Evalmap reads) with a line a review.

    Columns: `example_id` (and `occurrence`), which is what an export has and holds wherever the row stands, or `row` (counted from
    0), `line` (from 1) or `id`; `dataset` where the map is of several files; `reviewer`, one person where there is none;
    `label_fits` and `ambiguous` (yes, no, true, false, 1, 0) and `relevance` (1 to 5), each may be empty; `comment`,
    `sample`, `at`.

    Parameters
    ----------
    examples : as in `evalmap.data.records.Dataset`

    Raises
    ------
    DatasetError : a column is missing, a value is none of these, or a row (by row, line or id) is not in the dataset
    """
    from evalmap.data.readers import read_file

    if (lines := _own(path)) is None:
        file = read_file(path)
        lines = list(zip(file.lines, file.fields.to_dict("records"), strict=True))
        columns = {str(name) for name in file.fields.columns}
    else:
        columns = {name for _, values in lines for name in values}
    by = next((name for name in ("example_id", "row", "line", "id") if name in columns), None)
    if by is None or not columns.intersection(_SAID):
        raise DatasetError(f"{path}: {_EXPECTED} (found: {', '.join(sorted(columns)) or 'none'}). Rename the columns.")
    known = {str(name) for name in examples["dataset"]}
    only = next(iter(known)) if len(known) == 1 else None
    keys = row_keys(examples)
    places: dict[tuple[str, str], list[RowKey]] = {}
    if by != "example_id":
        named = examples["id"].astype(object) if by == "id" else examples["line"] - (by == "row")
        for key, name in zip(keys, named, strict=True):
            places.setdefault((key.dataset, _plain(name)), []).append(key)
    found = []
    for number, values in lines:
        where = f"{path} line {number}"
        dataset = only if only is not None and _missing(values.get("dataset")) else str(values.get("dataset"))
        if by == "example_id":
            key = RowKey(dataset or "", _plain(values[by]), _whole(values.get("occurrence"), where, "occurrence"))
        else:
            at = places.get((dataset or "", _plain(values[by])), [])
            if len(at) != 1:
                what = "no such row in the dataset" if not at else f"{len(at)} rows have this {by}"
                hint = "" if only is not None or "dataset" in columns else " Name the file of each row in a column dataset."
                raise DatasetError(f"{where}: {by} {_plain(values[by])!r} of {dataset}: {what}.{hint or ' Correct the table.'}")
            key = at[0]
        texts = {name: "" if _missing(values.get(name)) else str(values[name]) for name in ("reviewer", "comment", "sample", "at")}
        fits, ambiguous = (_yes_no(values.get(name), where, name) for name in ("label_fits", "ambiguous"))
        said = Review(label_fits=fits, relevance=_relevance(values.get("relevance"), where), ambiguous=ambiguous, **texts)
        found.append((key, said))
    return found


def written_reviews(judgements: Sequence[Judgement], examples: pd.DataFrame, *, ending: str) -> bytes:
    """The judgements as a file that `read_reviews` reads back as the same set; `line` is empty where the row is not in the dataset.

    Parameters
    ----------
    ending : ".jsonl" or ".csv"

    Raises
    ------
    DatasetError : another ending
    """
    places = find_rows(examples, {key for key, _ in judgements})
    lines = examples["line"].tolist()
    rows: list[dict[str, Any]] = []
    for key, said in judgements:
        place = places.get(key)
        values = {**asdict(key), **asdict(said), "line": None if place is None else int(lines[place])}
        rows.append({name: values[name] for name in COLUMNS})
    if ending == ".jsonl":
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    if ending == ".csv":
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, COLUMNS, quoting=csv.QUOTE_NONNUMERIC)
        writer.writeheader()
        writer.writerows({name: "" if one is None else one for name, one in row.items()} for row in rows)
        return text.getvalue().encode()
    raise DatasetError(f"reviews are written as .jsonl or .csv, not {ending or 'without an ending'}.", "export")


def _own(path: Path) -> list[tuple[int, dict[str, Any]]] | None:
    """The lines of a CSV that `written_reviews` wrote, to the letter: a reader of tables would take a comment "NA" for none."""
    if path.suffix.lower() != ".csv":
        return None
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            if tuple(reader.fieldnames or ()) != COLUMNS:
                return None
            lines = [dict(values) for values in reader if None not in values and None not in values.values()]
            return list(enumerate(lines, start=1))
    except (OSError, UnicodeDecodeError, csv.Error):
        return None  # the reader of tables tells what is wrong with it


def _yes_no(value: object, where: str, name: str) -> bool | None:
    if _missing(value):
        return None
    if (said := _YES_NO.get(str(value).strip().lower())) is None:
        raise DatasetError(f"{where}: {name} is {str(value)[:40]!r}, expected yes or no. Correct the table.")
    return said


def _relevance(value: object, where: str) -> int | None:
    if _missing(value):
        return None
    try:
        number = float(str(value))
    except ValueError:
        number = math.nan
    if number not in (1, 2, 3, 4, 5):
        raise DatasetError(f"{where}: relevance is {str(value)[:40]!r}, expected a whole number from 1 to 5. Correct the table.")
    return int(number)


def _whole(value: object, where: str, name: str) -> int:
    if _missing(value):
        return 0
    try:
        return int(_plain(value))
    except ValueError as error:
        raise DatasetError(f"{where}: {name} is {str(value)[:40]!r}, expected a whole number. Correct the table.") from error


def _missing(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)) or not str(value).strip()


def _plain(value: object) -> str:
    return str(value).strip().removesuffix(".0")
