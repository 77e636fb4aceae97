"""Which rows people read, in which order, and who has what left. The same seed gives the same queue."""

from collections.abc import Collection, Mapping, Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError

By = Literal["random", "stratified", "worst"]
WAYS: tuple[By, ...] = get_args(By)


def draw_sample(
    n: int,
    *,
    sample: int,
    by: By,
    strata: Sequence[object] | None = None,
    confidence: NDArray[np.float64] | None = None,
    n_flags: NDArray[np.int64] | None = None,
    seed: int = 42,
) -> list[int]:
    """Rows to read, in order.

    random : each set of rows is as likely as any other
    stratified : each stratum has its share, to within a row, and each row is as likely as any other (systematic sampling from a
        random start in each); a longer sample begins with the shorter one
    worst : the most flags first, then the lowest confidence; rows without one come last, and chance decides between equals. Such a
        sample says where to look, and nothing of the dataset as a whole

    Parameters
    ----------
    n : rows there are
    sample : how many; all where there are fewer
    strata : (n,) of each row, such as its label and cluster
    confidence : (n,) of each row's label; nan where there is none
    n_flags : (n,) rules that flag each row

    Raises
    ------
    DatasetError : there is no such way
    ValueError : columns of another length
    """
    given = [column for column in (strata, confidence, n_flags) if column is not None]
    if any(len(column) != n for column in given):
        raise ValueError(f"columns of {[len(column) for column in given]} values for {n} rows")
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(n)
    if by == "random":
        order = shuffled
    elif by == "stratified":
        order = shuffled[
            np.argsort(_turns([strata[row] for row in shuffled] if strata is not None else [0] * n, rng), kind="stable")
        ]
    elif by == "worst":
        sure = np.zeros(n) if confidence is None else np.where(np.isfinite(confidence), confidence, np.inf)
        flags = np.zeros(n, dtype=np.int64) if n_flags is None else n_flags
        order = shuffled[np.lexsort([sure[shuffled], -flags[shuffled]])]
    else:
        raise DatasetError(f"rows are drawn by {', '.join(WAYS)}, not {by!r}.", "by")
    return [int(row) for row in order[: max(sample, 0)]]


def share_out(sample: Sequence[int], reviewers: Sequence[str], *, overlap: float = 1.0, seed: int = 42) -> dict[str, list[int]]:
    """Each person's rows, in the sample's order.

    A share of the sample, drawn at random and rounded up, is everybody's, so that people can be compared; the others go round.

    Parameters
    ----------
    overlap : ratio, 0 to 1

    Raises
    ------
    DatasetError : nobody, a name given twice, or no such ratio
    """
    if not reviewers or len(set(reviewers)) < len(reviewers):
        raise DatasetError(f"reviewers: {', '.join(reviewers) or 'nobody'}. Name each one once.", "reviewers")
    if not 0 <= overlap <= 1:
        raise DatasetError(f"overlap is {overlap:g}, expected 0 (no row twice) to 1 (all rows by everybody).", "overlap")
    people = sorted(reviewers)  # the queue is the same whoever writes the names down
    n_shared = int(np.ceil(round(overlap * len(sample), 9)))
    shared = set(np.random.default_rng([seed, 1]).permutation(len(sample))[:n_shared].tolist())
    found: dict[str, list[int]] = {name: [] for name in people}
    turn = 0
    for at, row in enumerate(sample):
        if at in shared:
            for rows in found.values():
                rows.append(row)
        else:
            found[people[turn % len(people)]].append(row)
            turn += 1
    return found


def left(queues: Mapping[str, Sequence[int]], judged: Collection[tuple[int, str]]) -> dict[str, list[int]]:
    """What each person has left, in order.

    Parameters
    ----------
    judged : (row, reviewer) of what was judged
    """
    return {name: [row for row in rows if (row, name) not in judged] for name, rows in queues.items()}


def _turns(strata: Sequence[object], rng: np.random.Generator) -> NDArray[np.float64]:
    """When each row of a shuffled dataset comes: as (rank + start) / size of its stratum, from 0 to 1."""
    sizes: dict[object, int] = {}
    ranks = []
    for stratum in strata:
        ranks.append(sizes.get(stratum, 0))
        sizes[stratum] = ranks[-1] + 1
    starts = {stratum: rng.random() for stratum in sizes}
    return np.array([(rank + starts[stratum]) / sizes[stratum] for rank, stratum in zip(ranks, strata, strict=True)])
