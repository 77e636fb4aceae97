"""What of one dataset is copied from another, or too near to it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError
from evalmap.data.text.normalization import NORMALIZATIONS
from evalmap.embeddings.array_types import Progress, Vectors, no_progress
from evalmap.screening.pair_types import Method, Pairs
from evalmap.screening.pairs.capping import raised_sentences
from evalmap.screening.pairs.cosine import find_similar_across, similarities_across
from evalmap.screening.pairs.exact import finest_level, group_by_level
from evalmap.screening.pairs.lexical import find_lexical_across, jaccard
from evalmap.screening.pairs.likeness import similar
from evalmap.screening.pairs.near_duplicates import Steps, merge


@dataclass(frozen=True)
class Overlap:
    """Pairs of a row of A and a row of B, with all three numbers.

    Attributes
    ----------
    pairs : rows 0 … n_a − 1 are A's, n_a … are B's; left is always A's, right always B's
    n_a : rows of A
    """

    pairs: Pairs
    n_a: int

    @property
    def n_b(self) -> int:
        return self.pairs.n - self.n_a

    def alike(self, *, threshold: float, method: Method = "all", normalization: str = "caseless") -> NDArray[np.int64]:
        """The positions of the pairs that are equal or too near; DatasetError as in `evalmap.screening.keep.select.similar`."""
        return similar(self.pairs, threshold=threshold, method=method, normalization=normalization)

    def rows_of_a(self, positions: NDArray[np.integer]) -> NDArray[np.int32]:
        """The rows of A in some of the pairs, rising."""
        return np.unique(self.pairs.left[positions])

    def per_row_of_b(self, positions: NDArray[np.integer]) -> list[tuple[int, NDArray[np.int32]]]:
        """(row of B, rows of A that are equal or too near to it), the row of B with most of them first."""
        left, right = self.pairs.left[positions], self.pairs.right[positions] - self.n_a
        order = np.lexsort((left, right))
        left, right = left[order], right[order]
        b, starts = np.unique(right, return_index=True)
        found = [(int(row), rows) for row, rows in zip(b, np.split(left, starts[1:]), strict=False)]
        return sorted(found, key=lambda entry: (-len(entry[1]), entry[0]))


def find_overlap(
    a_texts: Sequence[str],
    a_embeddings: Vectors,
    b_texts: Sequence[str],
    b_embeddings: Vectors,
    *,
    floor: float = 0.80,
    lexical_floor: float = 0.5,
    max_pairs: int = 5_000_000,
    progress: Progress = no_progress,
) -> Overlap:
    """Which rows of A are copied from B or near to it: train against test, generated against human-written or against seeds.

    Parameters
    ----------
    floor, lexical_floor, max_pairs : as in `find_near_duplicates`; only pairs of A with B are counted

    Raises
    ------
    DatasetError : A or B has no rows; a floor or the cap out of range
    ValueError : embeddings of another number of rows or of another model, not 2-D or not finite
    """
    a_texts, b_texts = [str(text) for text in a_texts], [str(text) for text in b_texts]
    for name, texts, embeddings in (("A", a_texts, a_embeddings), ("B", b_texts, b_embeddings)):
        if not texts:
            raise DatasetError(f"{name} has no rows to compare; at least 1 is needed.")
        if len(embeddings) != len(texts):
            raise ValueError(f"embeddings of {name} have {len(embeddings):,} rows; expected one for each of {len(texts):,} texts")
    if max_pairs < 1:
        raise DatasetError(f"max_pairs is {max_pairs}; expected at least 1.")
    n_a, texts = len(a_texts), [*a_texts, *b_texts]
    steps = Steps(progress, len(a_texts), 2)
    levels = group_by_level(texts)
    equal, level, capped = _equal_across(levels, n_a, max_pairs)
    written = find_lexical_across(a_texts, b_texts, floor=lexical_floor, max_pairs=max_pairs, progress=steps.next())
    meant = find_similar_across(a_embeddings, b_embeddings, floor=floor, max_pairs=max_pairs, progress=steps.next())
    capped += raised_sentences("lexical", lexical_floor, written, max_pairs) + raised_sentences("semantic", floor, meant, max_pairs)
    left, right = merge([equal, (written.left, written.right), (meant.left, meant.right)], len(texts))
    pairs = Pairs(
        n=len(texts),
        left=left,
        right=right,
        exact=finest_level(levels, left, right),
        lexical=jaccard(texts, left, right),
        semantic=similarities_across(a_embeddings, b_embeddings, left, right - n_a),
        floors={"lexical": written.floor, "semantic": meant.floor},
        settings={"floor": floor, "lexical_floor": lexical_floor, "max_pairs": max_pairs, "exact_level": level, "capped": capped},
    )
    return Overlap(pairs, n_a)


def _equal_across(
    levels: NDArray[np.int32], n_a: int, max_pairs: int
) -> tuple[tuple[NDArray[np.int64], NDArray[np.int64]], str, list[str]]:
    """((rows of A, n_a + rows of B) equal under the coarsest normalization that fits the cap, its name, sentences)."""
    for level in (3, 2, 1, 0):
        groups = levels[level]
        of_b = np.argsort(groups[n_a:], kind="stable")
        sizes = np.bincount(groups[n_a:], minlength=int(groups.max()) + 1)
        starts = np.cumsum(sizes) - sizes
        counts = sizes[groups[:n_a]]
        if counts.sum() <= max_pairs or level == 0:
            break
    capped = (
        []
        if level == 3
        else [f"Pairs of texts equal under {NORMALIZATIONS[level]} only are listed: with alphanumeric they pass {max_pairs:,}."]
    )
    if counts.sum() > max_pairs:
        counts = np.minimum(counts, 1)
        capped.append(f"Equal texts make more than {max_pairs:,} pairs: a row of A is paired with the first equal row of B only.")
    a = np.repeat(np.arange(n_a), counts)
    offset = np.arange(len(a)) - np.repeat(np.cumsum(counts) - counts, counts)
    b = of_b[starts[groups[a]] + offset]
    return (a, b + n_a), NORMALIZATIONS[level], capped
