"""What of the written rows says something new: copies of examples, repeats and near-duplicates are set aside with their reason.

Rows are read in the order in which they were asked for, and the first of those that are alike stays. They may come in batches: what
is found then is what one pass over all of them finds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evalmap.embeddings.array_types import Vectors
from evalmap.screening.pairs.cosine import find_similar_across
from evalmap.screening.pairs.exact import text_key
from evalmap.screening.pairs.semantic import find_similar_pairs
from evalmap.screening.variants.variants import Differences

Reason = Literal[
    "copy of an example", "in the dataset", "near a row of the dataset", "repeat", "label contradicts", "near-duplicate"
]
ELSEWHERE: tuple[Reason, ...] = ("copy of an example", "in the dataset", "near a row of the dataset")  # what is like no written row
MOST_PAIRS = 50_000_000  # 10,000 rows that are all alike; the search takes those most alike where there are more
NORMALIZATION = "alphanumeric"  # white space, case, punctuation and apostrophes make no new row


@dataclass(frozen=True)
class SetAside:
    """Why a row is set aside.

    Attributes
    ----------
    reason : "copy of an example" (equal under the normalization, or near it), "in the dataset" (equal to a row that is there
        already, whatever its label), "near a row of the dataset" (a near-duplicate of one that has its label), "repeat" (equal to
        an earlier row of its label), "label contradicts" (equal to an earlier row of another label), "near-duplicate" (of an
        earlier row of its label that stays)
    of : the row that it is like, by its place; of an example or a row of the dataset, the place among those
    cosine : of the two; None where they are equal
    """

    reason: Reason
    of: int
    cosine: float | None = None


def find_repeats(
    texts: Sequence[str],
    labels: Sequence[str],
    *,
    examples: Sequence[str] = (),
    existing: tuple[Sequence[str], Sequence[str]] = ((), ()),
    threshold: float = 0.95,
    embed: Callable[[Sequence[str]], Vectors],
) -> list[SetAside | None]:
    """Say of each row whether an earlier one, or an example, says the same: `Comparison` of all of them in one batch.

    Returns
    -------
    n of None (the row stays) or SetAside
    """
    comparison = Comparison(examples=examples, existing=existing, threshold=threshold, embed=embed)
    comparison.take(texts, labels)
    comparison.compare([True] * len(texts))
    return comparison.found()


class Comparison:
    """Rows that come in batches, each compared with all that is there: `take` a batch, `compare` it, and read what was `found`.

    Rows that are near and differ in a number, a name, a date or a negation are no near-duplicates (`evalmap.screening.variants`),
    nor are rows of two labels: what one affirms the other denies. What is a name is decided by all rows, so a batch may change what
    was found of an earlier one.

    Parameters
    ----------
    examples : what the model was shown
    existing : (texts, labels) of the dataset that the rows are for
    threshold : cosine of the embeddings from which two rows are near-duplicates, 0 to 1
    embed : texts → (m, n_dims) float32, unit norm; called with texts that it was not called with before, where there are two at
        least in all
    """

    def __init__(
        self,
        *,
        examples: Sequence[str] = (),
        existing: tuple[Sequence[str], Sequence[str]] = ((), ()),
        threshold: float = 0.95,
        embed: Callable[[Sequence[str]], Vectors],
    ) -> None:
        self._threshold, self._embed = threshold, embed
        self._fixed: dict[str | tuple[str, str], SetAside] = {}
        for place, text in enumerate(examples):
            self._fixed.setdefault(text_key(text, NORMALIZATION), SetAside("copy of an example", place))
        for place, text in enumerate(existing[0]):
            self._fixed.setdefault(text_key(text, NORMALIZATION), SetAside("in the dataset", place))
        self._equal: list[SetAside | None] = []  # of every row that was taken
        self._keys: list[str | tuple[str, str]] = []
        self._labels: list[str] = []
        self._first: dict[tuple[str | tuple[str, str], str], int] = {}
        self._staying: dict[str | tuple[str, str], int] = {}
        self._compared = 0  # rows that `compare` was told of
        # What near-duplicates are looked for in: what is fixed, then the rows that are left
        self._near_texts: list[str] = [*examples, *existing[0]]
        self._near_labels: list[str | None] = [None] * len(examples) + list(existing[1])
        self._near_of: list[SetAside | int] = [SetAside("copy of an example", place) for place in range(len(examples))]
        self._near_of += [SetAside("near a row of the dataset", place) for place in range(len(existing[0]))]
        self._n_fixed = len(self._near_texts)
        self._texts: list[str] = []
        self._vectors: Vectors | None = None
        self._pairs: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]] = []

    def take(self, texts: Sequence[str], labels: Sequence[str]) -> list[SetAside | None]:
        """Take the next rows; those that equal an example, a row of the dataset or an earlier row of their label are set aside."""
        start = len(self._texts)
        for text, label in zip(texts, labels, strict=True):
            key = text_key(text, NORMALIZATION)
            found = self._fixed.get(key)
            if found is None:
                before = self._first.setdefault((key, label), len(self._texts))
                found = SetAside("repeat", before) if before < len(self._texts) else None
            self._texts.append(text)
            self._labels.append(label)
            self._keys.append(key)
            self._equal.append(found)
        return self._equal[start:]

    def compare(self, stays: Sequence[bool]) -> None:
        """Compare the rows that were taken last, those of them that stay so far: what a filter refuses is like nothing.

        Parameters
        ----------
        stays : of each of them; what `take` set aside is set aside whatever stands here
        """
        for place, stay in zip(range(self._compared, len(self._texts)), stays, strict=True):
            if self._equal[place] is not None or not stay:
                continue
            before = self._staying.setdefault(self._keys[place], place)
            if before < place:
                self._equal[place] = SetAside("label contradicts", before)
            else:
                self._near_texts.append(self._texts[place])
                self._near_labels.append(self._labels[place])
                self._near_of.append(place)
        self._compared = len(self._texts)
        self._find_pairs()

    def found(self) -> list[SetAside | None]:
        """Of every row so far None (it stays) or why it is set aside; a row that a filter refused is None too."""
        found = list(self._equal)
        if not any(len(pairs) for pairs, _, _ in self._pairs):
            return found
        left, right, value = (np.concatenate(parts) for parts in zip(*self._pairs, strict=True))
        kinds = Differences(self._near_texts, rows=np.unique(np.concatenate([left, right]))).kinds(left, right)
        gone: set[int] = set()
        for at in np.lexsort((-value, right)).tolist():
            before, place = int(left[at]), int(right[at])
            row = self._near_of[place]
            if kinds[at] or place in gone or before in gone or not isinstance(row, int):
                continue
            of, label = self._near_of[before], self._near_labels[before]
            if label is not None and label != self._near_labels[place]:
                continue
            cosine = round(float(value[at]), 4)
            found[row] = SetAside("near-duplicate", of, cosine) if isinstance(of, int) else SetAside(of.reason, of.of, cosine)
            gone.add(place)
        return found

    def _find_pairs(self) -> None:
        """The pairs of what came since with all that is there."""
        there = 0 if self._vectors is None else len(self._vectors)
        new = self._near_texts[there:]
        if not new or len(self._near_texts) < 2:
            return
        distinct = list(dict.fromkeys(new))
        rows = {text: row for row, text in enumerate(distinct)}
        vectors = self._embed(distinct)[[rows[text] for text in new]]
        if self._vectors is None:
            self._vectors = vectors
        else:
            across = find_similar_across(self._vectors, vectors, floor=self._threshold, max_pairs=MOST_PAIRS)
            self._pairs.append((across.left.astype(np.int64), across.right.astype(np.int64), across.value))
            self._vectors = np.concatenate([self._vectors, vectors])
        within = find_similar_pairs(vectors, floor=self._threshold, max_pairs=MOST_PAIRS)
        self._pairs.append((within.left.astype(np.int64) + there, within.right.astype(np.int64) + there, within.value))
