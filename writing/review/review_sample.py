"""The rows of a map that each person reads: drawn from what the map knows of them, and shared out."""

from collections.abc import Sequence

import numpy as np

from evalmap.data.errors import DatasetError
from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.layers import KMEANS
from evalmap.screening.quality.flags.find_flags import find_flags
from evalmap.screening.quality.flags.flag_rules import FlagInput
from evalmap.writing.review.review_queue import By, draw_sample, share_out


def queues(
    built: BuiltMap, reviewer: str, *, sample: int, by: By, seed: int = 42, people: Sequence[str] = (), overlap: float = 0.2
) -> dict[str, list[int]]:
    """Each person's rows of a map, in order: strata are labels and clusters, the worst have most flags and least confidence.

    Parameters
    ----------
    sample, by, seed : as of `draw_sample`
    people : who share the sample out; () where the reviewer reads all of it
    overlap : ratio of the sample that all of them read

    Raises
    ------
    DatasetError : the reviewer is not among the people; see also `draw_sample` and `share_out`
    """
    examples = built.examples
    n_flags = np.zeros(len(examples), dtype=np.int64)
    if by == "worst":
        for flag in find_flags(FlagInput(examples, truncated=built.truncated, outliers=built.outliers)):
            n_flags[flag.rows] += 1
    labels = ["" if label is None or label != label else str(label) for label in examples["label"].astype(object)]
    strata = list(zip(labels, built.clustering(KMEANS.id).labels.tolist(), strict=True))
    confidence = examples["confidence"].to_numpy(dtype=np.float64, na_value=np.nan)
    drawn = draw_sample(len(examples), sample=sample, by=by, strata=strata, confidence=confidence, n_flags=n_flags, seed=seed)
    if not people:
        return {reviewer: drawn}
    if reviewer not in people:
        raise DatasetError(f"{reviewer} is not among the reviewers {', '.join(people)}.", "reviewers")
    return share_out(drawn, people, overlap=overlap, seed=seed)


def names_of(given: str | None) -> list[str]:
    """The people that a text with commas between them names."""
    return [name.strip() for name in (given or "").split(",") if name.strip()]
