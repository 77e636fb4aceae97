"""Which rows are sentences with pronoun options, about which occupation, and how many of those who have it are women.

The fields are found by what they are: the occupation is the field of the group (or one named so), the share of women a field of
numbers whose name says it.
"""

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalmap.answers.reading.options import example_options
from evalmap.data.role_evidence import name_words
from evalmap.data.text.pronouns import pronoun_options

_SHARE = frozenset(("percent", "percentage", "pct", "share", "ratio", "proportion", "fraction", "perc"))
_WOMEN = frozenset(("women", "woman", "female", "females"))
_OCCUPATION = ("occupation", "job", "profession")
_NUMBER = re.compile(r"\s*([0-9]+(?:[.,][0-9]+)?)\s*%?\s*")


@dataclass(frozen=True)
class OccupationRows:
    """The sentences of a dataset; row i of every array is example i.

    Attributes
    ----------
    names : one an occupation, as most rows write it, in the order of first appearance
    share : (n_occupations,) float64, 0–1, of women among those who have it; nan where no row tells
    occupation : (n,) int64, place in `names`; −1 for a row without one, or that is no sentence with pronoun options
    form : (n,) object, "subject", "object", "possessive" …; None likewise
    occupation_field, share_field : the fields that tell
    n_sentences : rows with pronoun options; n_unnamed : those of them without an occupation
    differing : occupations whose rows tell different shares: their mean is taken
    """

    names: tuple[str, ...]
    share: NDArray[np.float64]
    occupation: NDArray[np.int64]
    form: NDArray[np.object_]
    occupation_field: str
    share_field: str
    n_sentences: int
    n_unnamed: int
    differing: tuple[str, ...] = ()


def occupation_rows(examples: pd.DataFrame, fields: pd.DataFrame, *, group_field: str | None) -> OccupationRows | None:
    """Read the sentences of a dataset; None where it has no pronoun options, no occupation or no share of women.

    Occupations are one where their names are, but for case and spaces. A share is read as a percentage where the field's name or
    a value above 1 says so.

    Parameters
    ----------
    examples, fields : as in `evalmap.data.records.Dataset`
    group_field : the field that plays the role of the group, or None
    """
    share_field = _share_field(fields)
    if share_field is None:
        return None
    pronouns = [pronoun_options(one.all) for one in example_options(examples, fields)]
    is_sentence = np.array([one is not None for one in pronouns], dtype=bool)
    occupation_field = _occupation_field(fields, group_field)
    if occupation_field is None or not is_sentence.any():
        return None
    keys, written = _keys(fields[occupation_field], is_sentence)
    order = {key: place for place, key in enumerate(written)}
    occupation = np.array([-1 if key is None else order[key] for key in keys], dtype=np.int64)
    told = _shares(fields[share_field], share_field)
    share, differing = np.full(len(order), np.nan), []
    for key, place in order.items():
        own = told[(occupation == place) & np.isfinite(told)]
        if len(own):
            share[place] = own.mean()
            if np.ptp(own) > 0:
                differing.append(written[key])
    form = np.array([one.form if one else None for one in pronouns], dtype=object)
    n_unnamed = int((is_sentence & (occupation < 0)).sum())
    names = tuple(written.values())
    found = (occupation_field, share_field, int(is_sentence.sum()), n_unnamed, tuple(differing))
    return OccupationRows(names, share, occupation, form, *found) if names else None


def _keys(cells: pd.Series, is_sentence: NDArray[np.bool_]) -> tuple[list[str | None], dict[str, str]]:
    """Of each row the key of its occupation, and {key: how most rows write it}."""
    keys: list[str | None] = []
    spellings: dict[str, Counter[str]] = {}
    for cell, sentence in zip(cells, is_sentence, strict=True):
        name = "" if not sentence or cell is None or cell is pd.NA or cell != cell else " ".join(str(cell).split())
        keys.append(name.casefold() or None)
        if name:
            spellings.setdefault(name.casefold(), Counter())[name] += 1
    return keys, {key: counted.most_common(1)[0][0] for key, counted in spellings.items()}


def _share_field(fields: pd.DataFrame) -> str | None:
    """The field of numbers whose name says the share of women; the one that tells most rows, then the first."""
    found = []
    for name in map(str, fields.columns):
        words = set(name_words(name))
        if words & _WOMEN and (words & _SHARE or "%" in name):
            n = int(np.isfinite(_shares(fields[name], name)).sum())
            if n:
                found.append((-n, len(found), name))
    return min(found)[2] if found else None


def _occupation_field(fields: pd.DataFrame, group_field: str | None) -> str | None:
    names = [str(name) for name in fields.columns]
    exact = [name for wanted in _OCCUPATION for name in names if name.casefold() == wanted]
    return exact[0] if exact else group_field if group_field in names else None


def _shares(cells: pd.Series, name: str) -> NDArray[np.float64]:
    """(n,) float64, 0–1; nan where a cell is missing, no number or out of range."""
    values = np.array([_number(cell) for cell in cells], dtype=np.float64)
    says_percent = "%" in name or bool(set(name_words(name)) & {"percent", "percentage", "pct", "perc"})
    finite = values[np.isfinite(values)]
    if says_percent or (len(finite) and finite.max() > 1):
        values = values / 100
    return np.where((values >= 0) & (values <= 1), values, np.nan)


def _number(cell: object) -> float:
    if isinstance(cell, bool) or cell is None or cell is pd.NA:
        return float("nan")
    match = _NUMBER.fullmatch(str(cell))
    return float(match[1].replace(",", ".")) if match else float("nan")
