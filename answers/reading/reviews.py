"""What people said of rows: the words that the store of reviews, the judge and the reports share."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Review:
    """What one person said of one row; None where they said nothing.

    reviewer : a name; "" where there is one person without
    label_fits : whether the label is right
    relevance : 1 to 5; 5 is what the dataset tests for
    ambiguous : whether the row can be read in two ways
    comment : "" for none
    sample : how the row was drawn (random, stratified, worst); "" where that is not known
    at : when, ISO 8601 in UTC; "" where that is not known
    """

    reviewer: str
    label_fits: bool | None = None
    relevance: int | None = None
    ambiguous: bool | None = None
    comment: str = ""
    sample: str = ""
    at: str = ""


def review_tables(reviews: Sequence[tuple[int, Review]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Whether the label fits (1, 0) and relevance − 1, (rows, people) each, both in order; nan where somebody said nothing."""
    people = {name: at for at, name in enumerate(sorted({review.reviewer for _, review in reviews}))}
    rows = {place: at for at, place in enumerate(sorted({place for place, _ in reviews}))}
    fits, scores = (np.full((len(rows), len(people)), math.nan) for _ in range(2))
    for place, review in reviews:
        at = rows[place], people[review.reviewer]
        if review.label_fits is not None:
            fits[at] = review.label_fits
        if review.relevance is not None:
            scores[at] = review.relevance - 1
    return fits, scores
