"""Texts or a table of any columns as the rows that a screening reads."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from evalmap.data.assembling import content_hash
from evalmap.data.errors import DatasetError

OWN_NAME = "dataset"  # what the rows' dataset is called where none is named
_READ = ("dataset", "line", "example_id", "text", "embedded_text", "label", "confidence", "raw")


def example_table(examples: pd.DataFrame | Sequence[str]) -> pd.DataFrame:
    """The rows with all columns that a screening reads; those of a `Dataset` come back as they are.

    Parameters
    ----------
    examples : n texts, or a table with a column `text` and, where it has them, these:
        label : text, or anything that has a name; missing where a row has none
        confidence : number; NaN where a row has none
        dataset, line : where the row stands; "dataset" and 1 … n where the table does not say
        raw : the row's JSON text; made of the table's own columns where it has none
        embedded_text, example_id : what was embedded (the text), and a hash of the content (of `raw`)

    Returns
    -------
    a table of n rows, index 0 … n−1, in the same order

    Raises
    ------
    DatasetError : the table has no column `text`, a row of it has none, or `raw` is no JSON
    """
    table = examples if isinstance(examples, pd.DataFrame) else pd.DataFrame({"text": pd.Series(list(examples), dtype="object")})
    if set(_READ) <= set(table.columns):
        return table
    if "text" not in table.columns:
        listed = ", ".join(map(str, table.columns[:10])) + (" …" if len(table.columns) > 10 else "")
        raise DatasetError(f"the examples have no column text (there are {listed or 'none'}). Name the column of the texts text.")
    table = table.reset_index(drop=True)
    if (missing := table["text"].isna()).any():
        raise DatasetError(f"row {int(np.flatnonzero(missing)[0])} has no text. Leave rows without text out.")
    own = table.astype({"text": "str"})
    given = set(own.columns)
    raw = own["raw"] if "raw" in given else pd.Series([_json(row) for row in own.to_dict("records")], dtype="str")
    text = own["text"]
    return own.assign(
        dataset=own["dataset"].astype("str") if "dataset" in given else OWN_NAME,
        line=own["line"] if "line" in given else np.arange(1, len(own) + 1),
        example_id=own["example_id"] if "example_id" in given else _hashes(raw),
        embedded_text=own["embedded_text"] if "embedded_text" in given else text,
        label=_names(own["label"]) if "label" in given else pd.Series([None] * len(own), dtype="str"),
        confidence=pd.to_numeric(own["confidence"]).astype("float64") if "confidence" in given else np.nan,
        raw=raw,
    )


def _hashes(raw: pd.Series) -> pd.Series:
    found: list[str] = []
    for row, text in enumerate(raw):
        try:
            found.append(content_hash(text))
        except (TypeError, ValueError) as error:
            raise DatasetError(f"row {row}: raw is no JSON text. Leave the column out, and it is made of the others.") from error
    return pd.Series(found, dtype="str")


def _names(labels: pd.Series) -> pd.Series:
    return pd.Series([None if missing else str(label) for label, missing in zip(labels, labels.isna(), strict=True)], dtype="str")


def _json(row: dict[Any, Any]) -> str:
    """A row as one line of JSON; what JSON has no word for is written as text, and a missing value as null."""
    values = {str(name): None if pd.api.types.is_scalar(value) and pd.isna(value) else value for name, value in row.items()}
    return json.dumps(values, ensure_ascii=False, default=_item)


def _item(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value.tolist() if isinstance(value, np.ndarray) else str(value)
