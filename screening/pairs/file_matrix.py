"""What the files of a collection share: equal texts, rows that are alike, labels that differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalmap.data.labels import labels_differ
from evalmap.data.text.normalization import normalization_name
from evalmap.screening.pair_types import Method, Pairs
from evalmap.screening.pairs.exact import group_texts
from evalmap.screening.pairs.likeness import similar


@dataclass(frozen=True)
class FileMatrix:
    """What the files of a collection have in common; row and column i of every matrix is file i.

    Attributes
    ----------
    names : the f files in order of their first row
    rows : (f,) int64, rows of each
    shared : (f, f) int64, distinct texts that both files hold under the normalization; on the diagonal the file's redundant rows
    near_rows : (f, f) int64, rows of file i that are alike a row of file j (on the diagonal: another row of the same file)
    near_pairs : (f, f) int64, pairs of alike rows, symmetric
    opposite : (f, f) int64, those of the pairs whose labels differ, symmetric; zero where rows have no label
    settings : threshold, method, normalization
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
    method: Method = "all",
    normalization: str = "caseless",
) -> FileMatrix:
    """The file × file matrix of a collection.

    Parameters
    ----------
    pairs : of the rows of the whole collection
    texts, datasets, labels : (n,) of each row its text, its file and its label (None where it has none)
    threshold, method, normalization : as in `evalmap.screening.keep.select.select`; `shared` counts texts equal under the last

    Raises
    ------
    DatasetError : the threshold is out of range, or below what the list of pairs holds
    ValueError : texts, datasets or labels of another number of rows; method or normalization is unknown
    """
    from scipy.sparse import coo_array

    n = pairs.n
    for name, values in (("texts", texts), ("datasets", datasets), ("labels", labels)):
        if values is not None and len(values) != n:
            raise ValueError(f"{name} has {len(values):,} entries; expected one for each of {n:,} rows")
    files, names = pd.factorize(np.asarray(datasets, dtype=object))
    f = len(names)
    rows = np.bincount(files, minlength=f)
    groups = group_texts(list(texts), normalization)
    held = np.unique(groups.astype(np.int64) * f + files)
    incidence = coo_array((np.ones(len(held), dtype=np.int64), (held // f, held % f)), shape=(len(texts), f)).tocsr()
    shared = (incidence.T @ incidence).toarray()
    np.fill_diagonal(shared, rows - shared.diagonal())

    alike = similar(pairs, threshold=threshold, method=method, normalization=normalization)
    left, right = pairs.left[alike], pairs.right[alike]
    opposed = labels_differ(labels, left, right)
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
        settings={"threshold": threshold, "method": method, "normalization": normalization_name(normalization)},
    )


def pairs_between(
    pairs: Pairs,
    datasets: Sequence[str],
    first: str,
    second: str,
    *,
    threshold: float,
    method: Method = "all",
    normalization: str = "caseless",
) -> NDArray[np.int64]:
    """The positions in `pairs` of what a cell of the matrix counts: alike rows of the two files, in either order."""
    files = np.asarray(datasets, dtype=object)
    alike = similar(pairs, threshold=threshold, method=method, normalization=normalization)
    a, b = files[pairs.left[alike]], files[pairs.right[alike]]
    return alike[((a == first) & (b == second)) | ((a == second) & (b == first))]


def count_shared_texts(
    texts: Sequence[str],
    datasets: Sequence[str],
    labels: Sequence[str | None] | pd.Series | None = None,
    *,
    normalization: str = "caseless",
) -> tuple[int, int]:
    """(texts that stand in more than one file, those of them that bear different labels in different files)."""
    groups = group_texts(list(texts), normalization)
    files, _ = pd.factorize(np.asarray(datasets, dtype=object))
    table = pd.DataFrame({"group": groups, "file": files, "label": None if labels is None else np.asarray(labels, dtype=object)})
    by_text = table.groupby("group")
    several = by_text["file"].nunique() > 1
    return int(several.sum()), int((several & (by_text["label"].nunique() > 1)).sum())


def _matrix(a: NDArray[np.integer], b: NDArray[np.integer], f: int) -> NDArray[np.int64]:
    """(f, f) how many pairs lie between two files, in either order; each pair inside a file counts once."""
    counts = np.bincount(a * f + b, minlength=f * f).reshape(f, f)
    both = counts + counts.T
    np.fill_diagonal(both, counts.diagonal())
    return both
