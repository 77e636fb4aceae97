"""The colouring of a map by the tags that a person gave its rows."""

import numpy as np
import pandas as pd

from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.component.map_data import MISSING_CODE, Column
from evalmap.pages.server.curations import curation_of

PREFIX = "tags."
UNTAGGED = "no tag"


def tag_column(built: BuiltMap) -> Column | None:
    """A category for each set of tags that a row has; None where no row has one."""
    curation = curation_of(built)
    if not curation.rows.tags:
        return None
    counts = _words(built).value_counts()
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], str(pair[0])))
    missing = len(built) - int(counts.sum())
    categories = [(str(words), int(count)) for words, count in ordered] + ([(UNTAGGED, missing)] if missing else [])
    return Column(f"{PREFIX}{curation.signature}", "Tags", "category", tuple(categories), missing)


def column_bytes(built: BuiltMap, key: str) -> bytes:
    """The codes of the colouring, as `map_data.column_bytes`.

    Raises
    ------
    KeyError : the tags are others now, or there are none
    """
    column = tag_column(built)
    if column is None or column.key != key:
        raise KeyError(key)
    code_of = {name: code for (name, _), code in zip(column.categories, column.codes, strict=True)}
    return _words(built).map(code_of).fillna(MISSING_CODE).to_numpy(dtype="<u2").tobytes()


def _words(built: BuiltMap) -> pd.Series:
    """The tags of each row in one line; missing where it has none."""
    tags = curation_of(built).rows.tags
    return pd.Series([", ".join(sorted(tags[row])) if row in tags else np.nan for row in range(len(built))], dtype="object")
