"""The list of pairs that everything else reads: rows alike by any method, each pair with all three numbers."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError
from evalmap.data.text.normalization import NORMALIZATIONS
from evalmap.embeddings.array_types import Progress, Vectors, no_progress
from evalmap.screening.pair_types import Pairs
from evalmap.screening.pairs.capping import raised_sentences
from evalmap.screening.pairs.cosine import check_floor, similarities
from evalmap.screening.pairs.exact import count_pairs, finest_level, group_by_level, pairs_of_groups
from evalmap.screening.pairs.hubs import find_hubs
from evalmap.screening.pairs.lexical import check_lexical_floor, find_lexical_pairs, jaccard
from evalmap.screening.pairs.semantic import find_similar_pairs

SEARCHED = ("exact", "lexical", "semantic")
FLOOR, LEXICAL_FLOOR, MAX_PAIRS = 0.80, 0.5, 5_000_000


def find_near_duplicates(
    texts: Sequence[str],
    embeddings: Vectors,
    *,
    methods: Sequence[str] = SEARCHED,
    floor: float = FLOOR,
    lexical_floor: float = LEXICAL_FLOOR,
    max_pairs: int = MAX_PAIRS,
    progress: Progress = no_progress,
) -> Pairs:
    """Find every pair of rows that is equal under a normalization, written alike, or near in meaning.

    The pairs of texts do not depend on the order of the rows.

    Parameters
    ----------
    texts : n texts, as they were embedded
    embeddings : (n, n_dims) float32, unit norm
    methods : which are searched; the pairs found have all three numbers all the same
    floor, lexical_floor : the lowest cosine (0 to 1) and the lowest Jaccard similarity (above 0, to 1) that make a pair
    max_pairs : the most pairs of each method. Where there are more, the method's floor is raised to the smallest number that leaves
        at most so many (exact: from alphanumeric to a finer normalization), and settings["capped"] says so

    Returns
    -------
    Pairs : `floors` are infinite for a method that was not searched. `settings` holds the arguments and
        "exact_level" : the coarsest normalization whose pairs are all here; None where equal texts were not searched
        "capped" : sentences, one for each thing that the cap changed
        "hubs" : [[first row, rows]] of texts repeated so often that their pairs alone would pass the cap. Such a text takes part
            with its first row; its other rows are paired with that row only
        "search" : how the semantic pairs were found, and with what recall

    Raises
    ------
    DatasetError : fewer than 2 rows; a floor, method or cap out of range
    ValueError : embeddings of another number of rows, not 2-D or not finite
    """
    texts = [str(text) for text in texts]
    n = len(texts)
    if n < 2:
        raise DatasetError(f"{n} {'row' if n == 1 else 'rows'} cannot be compared; near-duplicates need at least 2.")
    if len(embeddings) != n:
        raise ValueError(f"embeddings have {len(embeddings):,} rows; expected one for each of the {n:,} texts")
    check_floor(floor)
    check_lexical_floor(lexical_floor)
    if max_pairs < 1:
        raise DatasetError(f"max_pairs is {max_pairs}; expected at least 1.")
    if unknown := [method for method in methods if method not in SEARCHED]:
        raise DatasetError(f"method {unknown[0]!r} is unknown; choose from {', '.join(SEARCHED)}.")

    levels = group_by_level(texts)
    hubs = find_hubs(levels[0], max_pairs)
    rows = hubs.searched
    steps = Steps(progress, len(rows), sum(method in methods for method in ("lexical", "semantic")))
    floors = {"lexical": math.inf, "semantic": math.inf}
    found: list[tuple[NDArray[np.integer], NDArray[np.integer]]] = [(hubs.left, hubs.right)]
    capped = list(hubs.sentences)
    settings: dict[str, Any] = {"exact_level": None, "search": None}
    if "exact" in methods:
        level = next((i for i in range(len(NORMALIZATIONS) - 1, 0, -1) if count_pairs(levels[i, rows]) <= max_pairs), 0)
        settings["exact_level"] = NORMALIZATIONS[level]
        left, right = pairs_of_groups(levels[level, rows])
        found.append((rows[left], rows[right]))
        if level < len(NORMALIZATIONS) - 1:
            coarsest = NORMALIZATIONS[-1]
            capped.append(
                f"Pairs of texts equal under {NORMALIZATIONS[level]} only are listed: with {coarsest} they pass {max_pairs:,}."
            )
    if "lexical" in methods:
        searched = [texts[row] for row in rows]
        written = find_lexical_pairs(searched, floor=lexical_floor, max_pairs=max_pairs, progress=steps.next())
        found.append((rows[written.left], rows[written.right]))
        floors["lexical"] = written.floor
        capped += raised_sentences("lexical", lexical_floor, written, max_pairs)
    if "semantic" in methods:
        vectors = embeddings if len(rows) == n else np.asarray(embeddings)[rows]
        meant = find_similar_pairs(vectors, floor=floor, max_pairs=max_pairs, progress=steps.next())
        found.append((rows[meant.left], rows[meant.right]))
        floors["semantic"] = meant.floor
        settings["search"] = meant.search
        capped += raised_sentences("semantic", floor, meant, max_pairs)

    left, right = merge(found, n)
    return Pairs(
        n=n,
        left=left,
        right=right,
        exact=finest_level(levels, left, right),
        lexical=jaccard(texts, left, right),
        semantic=similarities(embeddings, left, right),
        floors=floors,
        settings={
            "methods": [method for method in SEARCHED if method in methods],
            "floor": floor,
            "lexical_floor": lexical_floor,
            "max_pairs": max_pairs,
            "hubs": hubs.groups,
            "capped": capped,
            **settings,
        },
    )


def merge(found: Sequence[tuple[NDArray[np.integer], NDArray[np.integer]]], n: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Each pair once, left < right, sorted."""
    keys = np.concatenate([np.minimum(a, b).astype(np.int64) * n + np.maximum(a, b) for a, b in found])
    left, right = np.divmod(np.unique(keys), n)
    return left.astype(np.int32), right.astype(np.int32)


class Steps:
    """One count of progress over several searches of the same rows."""

    def __init__(self, progress: Progress, rows: int, searches: int) -> None:
        self._progress, self._rows, self._total, self._begun = progress, rows, rows * max(searches, 1), -1

    def next(self) -> Progress:
        self._begun += 1
        before = self._begun * self._rows

        def report(done: int, total: int) -> None:
            self._progress(before + round(done / max(total, 1) * self._rows), self._total)

        return report
