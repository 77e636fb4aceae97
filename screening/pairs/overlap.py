"""Across files: what the files of a collection share, and what of one dataset is copied from another or too near to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError
from evalmap.data.text.normalization import NORMALISATIONS
from evalmap.embeddings.array_types import Progress, Vectors, no_progress
from evalmap.screening.keep.select import similar
from evalmap.screening.pair_types import Layer, Pairs
from evalmap.screening.pairs.cosine import find_similar_across, similarities_across
from evalmap.screening.pairs.exact import finest_level, group_by_level, group_texts
from evalmap.screening.pairs.lexical import find_lexical_across, jaccard
from evalmap.screening.pairs.near_duplicates import Steps, merge, raised_sentences


@dataclass(frozen=True)
class FileMatrix:
    """What the files of a collection have in common; row and column i of every matrix is file i.

    Attributes
    ----------
    names : the f files in order of their first row
    rows : (f,) int64, rows of each
    shared : (f, f) int64, distinct texts that both files hold under the normalisation; on the diagonal the file's redundant rows
    near_rows : (f, f) int64, rows of file i that are alike a row of file j (on the diagonal: another row of the same file)
    near_pairs : (f, f) int64, pairs of alike rows, symmetric
    opposite : (f, f) int64, those of the pairs whose labels differ, symmetric; zero where rows have no label
    settings : threshold, layer, normalise
    """

    names: tuple[str, ...]
    rows: NDArray[np.int64]
    shared: NDArray[np.int64]
    near_rows: NDArray[np.int64]
    near_pairs: NDArray[np.int64]
    opposite: NDArray[np.int64]
    settings: dict[str, Any]

    def __len__(self) -> int:
        return len(self.names)


def compare_files(
    pairs: Pairs,
    texts: Sequence[str],
    datasets: Sequence[str],
    labels: Sequence[str | None] | pd.Series | None = None,
    *,
    threshold: float,
    layer: Layer = "all",
    normalise: str = "N1",
) -> FileMatrix:
    """The file × file matrix of a collection.

    Parameters
    ----------
    pairs : of the rows of the whole collection
    texts, datasets, labels : (n,) of each row its text, its file and its label (None where it has none)
    threshold, layer, normalise : as in `evalmap.screening.keep.select.select`; `shared` counts texts equal under `normalise`

    Raises
    ------
    DatasetError : the threshold is out of range, or below what the list of pairs holds
    ValueError : texts, datasets or labels of another number of rows; layer or normalise is unknown
    """
    from scipy.sparse import coo_array

    n = pairs.n
    for name, values in (("texts", texts), ("datasets", datasets), ("labels", labels)):
        if values is not None and len(values) != n:
            raise ValueError(f"{name} has {len(values):,} entries; expected one for each of {n:,} rows")
    files, names = pd.factorize(np.asarray(datasets, dtype=object))
    f = len(names)
    rows = np.bincount(files, minlength=f)
    groups = group_texts(list(texts), normalise)
    held = np.unique(groups.astype(np.int64) * f + files)
    incidence = coo_array((np.ones(len(held), dtype=np.int64), (held // f, held % f)), shape=(len(texts), f)).tocsr()
    shared = (incidence.T @ incidence).toarray()
    np.fill_diagonal(shared, rows - shared.diagonal())

    alike = similar(pairs, threshold=threshold, layer=layer, normalise=normalise)
    left, right = pairs.left[alike], pairs.right[alike]
    opposed = differing_labels(labels, left, right)
    partner = np.concatenate([left.astype(np.int64) * f + files[right], right.astype(np.int64) * f + files[left]])
    partner = np.unique(partner)
    near_rows = np.bincount(files[partner // f] * f + partner % f, minlength=f * f).reshape(f, f)
    return FileMatrix(
        names=tuple(map(str, names)),
        rows=rows,
        shared=shared,
        near_rows=near_rows,
        near_pairs=_matrix(files[left], files[right], f),
        opposite=_matrix(files[left[opposed]], files[right[opposed]], f),
        settings={"threshold": threshold, "layer": layer, "normalise": normalise},
    )


def pairs_between(
    pairs: Pairs, datasets: Sequence[str], first: str, second: str, *, threshold: float, layer: Layer = "all", normalise: str = "N1"
) -> NDArray[np.int64]:
    """The positions in `pairs` of what a cell of the matrix counts: alike rows of the two files, in either order."""
    files = np.asarray(datasets, dtype=object)
    alike = similar(pairs, threshold=threshold, layer=layer, normalise=normalise)
    a, b = files[pairs.left[alike]], files[pairs.right[alike]]
    return alike[((a == first) & (b == second)) | ((a == second) & (b == first))]


def count_shared_texts(
    texts: Sequence[str], datasets: Sequence[str], labels: Sequence[str | None] | pd.Series | None = None, *, normalise: str = "N1"
) -> tuple[int, int]:
    """(texts that stand in more than one file, those of them that bear different labels in different files)."""
    groups = group_texts(list(texts), normalise)
    files, _ = pd.factorize(np.asarray(datasets, dtype=object))
    table = pd.DataFrame({"group": groups, "file": files, "label": None if labels is None else np.asarray(labels, dtype=object)})
    by_text = table.groupby("group")
    several = by_text["file"].nunique() > 1
    return int(several.sum()), int((several & (by_text["label"].nunique() > 1)).sum())


@dataclass(frozen=True)
class Leakage:
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

    def alike(self, *, threshold: float, layer: Layer = "all", normalise: str = "N1") -> NDArray[np.int64]:
        """The positions of the pairs that are equal or too near; DatasetError as in `evalmap.screening.keep.select.similar`."""
        return similar(self.pairs, threshold=threshold, layer=layer, normalise=normalise)

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


def against(
    a_texts: Sequence[str],
    a_embeddings: Vectors,
    b_texts: Sequence[str],
    b_embeddings: Vectors,
    *,
    floor: float = 0.80,
    lexical_floor: float = 0.5,
    max_pairs: int = 5_000_000,
    progress: Progress = no_progress,
) -> Leakage:
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
    return Leakage(pairs, n_a)


def differing_labels(
    labels: Sequence[str | None] | pd.Series | None, left: NDArray[np.integer], right: NDArray[np.integer]
) -> NDArray[np.bool_]:
    """(m,) whether both rows of a pair have a label, and not the same."""
    if labels is None:
        return np.zeros(len(left), dtype=bool)
    codes, _ = pd.factorize(np.asarray(labels, dtype=object), use_na_sentinel=True)  # −1 where there is none
    return (codes[left] != codes[right]) & (codes[left] >= 0) & (codes[right] >= 0)


def _matrix(a: NDArray[np.integer], b: NDArray[np.integer], f: int) -> NDArray[np.int64]:
    """(f, f) how many pairs lie between two files, in either order; each pair inside a file counts once."""
    counts = np.bincount(a * f + b, minlength=f * f).reshape(f, f)
    both = counts + counts.T
    np.fill_diagonal(both, counts.diagonal())
    return both


def _equal_across(
    levels: NDArray[np.int32], n_a: int, max_pairs: int
) -> tuple[tuple[NDArray[np.int64], NDArray[np.int64]], str, list[str]]:
    """((rows of A, n_a + rows of B) equal under the coarsest normalisation that fits the cap, its name, sentences)."""
    for level in (3, 2, 1, 0):
        groups = levels[level]
        of_b = np.argsort(groups[n_a:], kind="stable")
        sizes = np.bincount(groups[n_a:], minlength=int(groups.max()) + 1)
        starts = np.cumsum(sizes) - sizes
        counts = sizes[groups[:n_a]]
        if counts.sum() <= max_pairs or level == 0:
            break
    capped = [] if level == 3 else [f"Pairs of texts equal under N{level} only are listed: with N3 they pass {max_pairs:,}."]
    if counts.sum() > max_pairs:
        counts = np.minimum(counts, 1)
        capped.append(f"Equal texts make more than {max_pairs:,} pairs: a row of A is paired with the first equal row of B only.")
    a = np.repeat(np.arange(n_a), counts)
    offset = np.arange(len(a)) - np.repeat(np.cumsum(counts) - counts, counts)
    b = of_b[starts[groups[a]] + offset]
    return (a, b + n_a), NORMALISATIONS[level], capped
