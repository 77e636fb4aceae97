"""Keys: fields beside the text and the label that make two rows with one text two examples."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalmap.data.records import Reading
from evalmap.data.text.normalization import normalize

KEY_NAMES = (
    "answer",
    "target",
    "reference",
    "ideal",
    "gold",
    "solution",
    "output",
    "expected",
    "ground_truth",
    "answer_key",
    "correct_answer",
    "reference_answer",
    "expected_output",
    "response",
    "completion",
    "context",
    "passage",
    "input",
)


def find_variant_fields(names: Iterable[Any], *, taken: Collection[str | None] = ()) -> tuple[str, ...]:
    """The fields that tell rows with one text apart: keys and contexts by `KEY_NAMES`, in any case and style, that play no role.

    Parameters
    ----------
    names : of the source fields
    taken : the fields that play a role (the text, the label …)
    """
    known = {_plain(name) for name in KEY_NAMES}
    return tuple(str(name) for name in names if str(name) not in taken and _plain(str(name)) in known)


def variant_fields_of(reading: Reading | None, roles: Mapping[str, str], names: Iterable[Any]) -> tuple[str, ...]:
    """The fields that tell rows with one text apart, as the dataset was read; the label is not among them: where it differs, rows
    are a contrast pair.

    Parameters
    ----------
    reading : None for a map built before readings were kept: then by `find_variant_fields`
    roles : {role: field}
    names : of the source fields
    """
    if reading is None:
        return find_variant_fields(names, taken=roles.values())
    taken = {roles.get(role) for role in ("text", "label", "confidence", "group", "id")}
    return tuple(name for name in reading.variant_fields if name not in taken)


def key_codes(column: pd.Series | Sequence[Any]) -> NDArray[np.int64]:
    """(n,) a number for each value, −1 where a row has none; equal but for typography, case and white space is equal."""
    values = pd.Series(column, dtype="object").reset_index(drop=True)
    return pd.factorize(values.map(_normalized))[0].astype(np.int64)


def key_text(value: Any) -> str:
    """A value as it is compared and shown; "" where there is none."""
    if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return ""
    return str(int(value) if isinstance(value, float) and value.is_integer() else value).strip()


def _normalized(value: Any) -> str | None:
    return normalize(key_text(value), "typographic") or None


def _plain(name: str) -> str:
    return "".join(char for char in name.lower() if char.isalnum())
