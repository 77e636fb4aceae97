"""Rows on which people disagree: what settles each, and which go."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from evalmap.answers.reading.reviews import Review, review_tables
from evalmap.answers.statistics.judge_agreement import majority
from evalmap.data.errors import DatasetError
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap
from evalmap.screening.keep.by_hand import RowKey, row_keys
from evalmap.writing.review.review_store import ReviewStore

TEXT = 400  # characters of a text in the list of disagreements

Reviewed = tuple[int, Review]


def verdicts(reviews: Sequence[Reviewed], settled: Mapping[int, bool]) -> dict[int, bool | None]:
    """Whether each row's label fits: by hand, else by the majority of those who said so; None for a tie. Others are left out."""
    fits, _ = review_tables(reviews)
    rows = sorted({row for row, _ in reviews})
    said: list[bool] = [bool(np.isfinite(row).any()) for row in fits]
    most = majority(fits)
    found: dict[int, bool | None] = {
        row: None if np.isnan(vote) else bool(vote)
        for row, vote, any_said in zip(rows, most.tolist(), said, strict=True)
        if any_said
    }
    return {**found, **settled}


def disputed(built: BuiltMap, reviews: Sequence[Reviewed], settled: Mapping[int, bool]) -> list[dict[str, Any]]:
    """The rows whose label some call right and others wrong, those that nothing decides first, then by place."""
    said: dict[int, dict[str, bool]] = {}
    for row, review in reviews:
        if review.label_fits is not None:
            said.setdefault(row, {})[review.reviewer] = review.label_fits
    decided = verdicts(reviews, settled)
    rows = sorted(
        (row for row, votes in said.items() if len(set(votes.values())) > 1), key=lambda row: (decided[row] is not None, row)
    )
    found = []
    for row in rows:
        dataset, line = built.identity(row)
        where = {"row": row, "dataset": dataset, "line": line}
        how = "by hand" if row in settled else None if decided[row] is None else "by majority"
        found.append({**where, "votes": said[row], "verdict": decided[row], "settled": how, "text": built.text(row)[:TEXT]})
    return found


def rows_to_drop(space: Workspace, source: str, examples: pd.DataFrame) -> list[RowKey]:
    """The rows whose label does not fit, by hand or by the majority (of one, where one person read them), and those that nothing
    decides, by place.

    Raises
    ------
    DatasetError : nobody has said of any of these rows whether its label fits
    """
    store = ReviewStore(space, source)
    decided = verdicts(store.on(examples), store.settled_on(examples))
    if not decided:
        raise DatasetError(f"{source}: nobody has reviewed its labels. Review rows with evalmap review.", "drop_disputed")
    keys = row_keys(examples)
    return [keys[row] for row in sorted(decided) if not decided[row]]
