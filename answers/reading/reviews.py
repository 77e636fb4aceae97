"""What people said of rows: a table of reviews, joined with the rows of a dataset, and kept by content."""

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from evalmap.data.errors import DatasetError
from evalmap.data.store import atomic, disk
from evalmap.data.store.manifest import Manifest
from evalmap.data.store.workspace import Workspace

_YES_NO = {"yes": True, "true": True, "1": True, "1.0": True, "no": False, "false": False, "0": False, "0.0": False}
_EXPECTED = "Expected the columns label_fits (yes or no) or relevance (1 to 5), and row (from 0), line (from 1) or id"


@dataclass(frozen=True)
class Review:
    """What one person said of one row; None where they said nothing.

    dataset, line : of the row, the line counted from 1; example_id : the hash of its content
    """

    dataset: str
    line: int
    example_id: str
    reviewer: str
    label_fits: bool | None
    relevance: int | None


def read_reviews(path: Path, examples: pd.DataFrame) -> list[Review]:
    """Read a table of reviews: a JSONL or CSV file (or any other that Evalmap reads) with a line a review.

    Columns: `row` (counted from 0), `line` (from 1) or `id`; `dataset` where the map is of several files; `reviewer`, one person
    where there is none; `label_fits` (yes, no, true, false, 1, 0) and `relevance` (1 to 5), either may be empty.

    Parameters
    ----------
    examples : as in `evalmap.data.records.Dataset`

    Raises
    ------
    DatasetError : a column is missing, a value is none of these, or a row is not in the dataset
    """
    from evalmap.data.readers import read_file

    file = read_file(path)
    columns = {str(name) for name in file.fields.columns}
    by = next((name for name in ("row", "line", "id") if name in columns), None)
    if by is None or not columns & {"label_fits", "relevance"}:
        raise DatasetError(f"{path}: {_EXPECTED} (found: {', '.join(sorted(columns)) or 'none'}). Rename the columns.")
    known = {str(name) for name in examples["dataset"]}
    only = next(iter(known)) if len(known) == 1 else None
    places: dict[tuple[str, str], list[int]] = {}
    keys = examples["id"].astype(object) if by == "id" else examples["line"] - (by == "row")
    for place, (dataset, key) in enumerate(zip(examples["dataset"], keys, strict=True)):
        places.setdefault((str(dataset), _plain(key)), []).append(place)
    found = []
    for number, values in zip(file.lines, file.fields.to_dict("records"), strict=True):
        where = f"{path} line {number}"
        dataset = only if only is not None and _missing(values.get("dataset")) else str(values.get("dataset"))
        at = places.get((dataset or "", _plain(values[by])), [])
        if len(at) != 1:
            what = "no such row in the dataset" if not at else f"{len(at)} rows have this {by}"
            hint = "" if only is not None or "dataset" in columns else " Name the file of each row in a column dataset."
            raise DatasetError(f"{where}: {by} {_plain(values[by])!r} of {dataset}: {what}.{hint or ' Correct the table.'}")
        row = examples.iloc[at[0]]
        found.append(
            Review(
                str(row["dataset"]),
                int(row["line"]),
                str(row["example_id"]),
                "" if _missing(values.get("reviewer")) else str(values["reviewer"]),
                _label_fits(values.get("label_fits"), where),
                _relevance(values.get("relevance"), where),
            )
        )
    return found


def keep_reviews(workspace: Workspace, manifest: Manifest, reviews: Sequence[Review]) -> None:
    """Keep the reviews of a dataset, in the place of earlier ones. They belong to its source, so every map of it has them.

    Raises
    ------
    DatasetError : the disk refuses
    """
    atomic.write_json(reviews_path(workspace, manifest), [asdict(review) for review in reviews])


def kept_reviews(workspace: Workspace, manifest: Manifest, examples: pd.DataFrame) -> list[tuple[int, Review]]:
    """(place, review) of the reviews that were kept and whose row is still what was reviewed; [] where there are none.

    Raises
    ------
    DatasetError : the file is damaged
    """
    path = reviews_path(workspace, manifest)
    try:
        with disk.reading(path):
            values = json.loads(path.read_text(encoding="utf-8"))
        reviews = [Review(**value) for value in values]
    except FileNotFoundError:
        return []
    except (ValueError, TypeError) as error:
        raise DatasetError(f"{path}: not a whole table of reviews ({error}). Give the reviews again with --reviews.") from error
    identity = zip(examples["dataset"], examples["line"], examples["example_id"], strict=True)
    places = {(str(dataset), int(line), str(hashed)): place for place, (dataset, line, hashed) in enumerate(identity)}
    found = ((places.get((review.dataset, review.line, review.example_id)), review) for review in reviews)
    return [(place, review) for place, review in found if place is not None]


def reviews_path(workspace: Workspace, manifest: Manifest) -> Path:
    """Where the reviews of a source lie."""
    return workspace.root / "answers" / "reviews" / f"{hashlib.sha256(manifest.source.encode()).hexdigest()[:20]}.json"


def _label_fits(value: object, where: str) -> bool | None:
    if _missing(value):
        return None
    if (said := _YES_NO.get(str(value).strip().lower())) is None:
        raise DatasetError(f"{where}: label_fits is {str(value)[:40]!r}, expected yes or no. Correct the table.")
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


def _missing(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)) or not str(value).strip()


def _plain(value: object) -> str:
    return str(value).strip().removesuffix(".0")
