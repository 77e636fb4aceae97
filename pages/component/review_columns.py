"""Colourings of a map that come from people: whether the label fits, and how relevant the row is."""

import numpy as np
from numpy.typing import NDArray

from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.component.map_data import MISSING_CODE, Column
from evalmap.pages.server.map_reviews import MapReviews, reviews_of
from evalmap.writing.review.disputed_rows import verdicts
from evalmap.writing.review.review_report import mean_relevance

PREFIX = "reviews."
FITS, RELEVANCE = "Label fits, by people", "Relevance, by people"
NOT_REVIEWED = "not reviewed"
NAMES = ("fits", "does not fit", "disputed")  # by hand or by the majority; disputed: neither decides


def columns(built: BuiltMap) -> list[Column]:
    """What people said of the rows, as the map page offers it; nothing where nobody said anything."""
    found = reviews_of(built)
    return [column for column in (fits_column(built, found), relevance_column(built, found)) if column is not None]


def fits_column(built: BuiltMap, found: MapReviews) -> Column | None:
    """Whether the label fits; None where nobody said so of any row."""
    codes = label_codes(built, found)
    counts = np.bincount(codes[codes >= 0], minlength=len(NAMES))
    if not counts.sum():
        return None
    missing = int((codes < 0).sum())
    categories = [(name, int(count)) for name, count in zip(NAMES, counts, strict=True)]
    return Column(_key(found, "fits"), FITS, "category", (*categories, *([(NOT_REVIEWED, missing)] if missing else [])), missing)


def relevance_column(built: BuiltMap, found: MapReviews) -> Column | None:
    """The mean relevance, 1 to 5; None where nobody said how relevant any row is."""
    means = mean_relevance(found.reviews, len(built))
    missing = int(np.isnan(means).sum())
    if missing == len(built):
        return None
    return Column(_key(found, "relevance"), RELEVANCE, "number", missing=missing, low=1.0, high=5.0)


def label_codes(built: BuiltMap, found: MapReviews) -> NDArray[np.int64]:
    """(n,) place in `NAMES`; -1 where nobody said whether the label fits."""
    codes = np.full(len(built), -1, dtype=np.int64)
    for row, fits in verdicts(found.reviews, found.settled).items():
        codes[row] = NAMES.index("disputed" if fits is None else "fits" if fits else "does not fit")
    return codes


def column_bytes(built: BuiltMap, key: str) -> bytes:
    """The values of a colouring, as `map_data.column_bytes`.

    Raises
    ------
    KeyError : people said something else since, or there is no such colouring
    """
    found = reviews_of(built)
    if key == _key(found, "fits"):
        codes = label_codes(built, found)
        return np.where(codes < 0, MISSING_CODE, codes).astype("<u2").tobytes()
    if key == _key(found, "relevance"):
        return mean_relevance(found.reviews, len(built)).astype("<f4").tobytes()
    raise KeyError(key)


def _key(found: MapReviews, kind: str) -> str:
    return f"{PREFIX}{found.signature}.{kind}"
