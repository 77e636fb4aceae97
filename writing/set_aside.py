"""What of the written rows says something new: copies of examples, repeats and near-duplicates are set aside with their reason.

Rows are read in the order in which they were asked for, and the first of those that are alike stays.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from evalmap.embeddings.array_types import Vectors
from evalmap.screening.pairs.exact import group_texts
from evalmap.screening.pairs.semantic import find_similar_pairs
from evalmap.screening.variants.variants import Differences

Reason = Literal[
    "copy of an example", "repeat", "label contradicts", "near-duplicate", "in the dataset", "near a row of the dataset"
]
MOST_PAIRS = 50_000_000  # 10,000 rows that are all alike; the search takes those most alike where there are more
NORMALIZATION = "alphanumeric"  # white space, case, punctuation and apostrophes make no new row


@dataclass(frozen=True)
class SetAside:
    """Why a row is set aside.

    Attributes
    ----------
    reason : "copy of an example" (equal under the normalization, or near it), "repeat" (equal to an earlier row of its label),
        "label contradicts" (equal to an earlier row of another label), "near-duplicate" (of an earlier row of its label that
        stays),
        "in the dataset" (equal to one of the rows that there are already, whatever its label), "near a row of the dataset"
        (a near-duplicate of one of them that has its label)
    of : the row that it is like, by its place; of an example or of the dataset, the place there
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
    """Say of each row whether an earlier one, or an example, says the same.

    Rows that are near and differ in a number, a name, a date or a negation are no near-duplicates (`evalmap.screening.variants`),
    nor are rows of two labels: what one affirms the other denies.

    Parameters
    ----------
    texts, labels : n of each, in the order in which they were asked for
    examples : what the model was shown
    existing : (texts, labels) of the dataset that the rows are for
    threshold : cosine of the embeddings from which two rows are near-duplicates, 0 to 1
    embed : texts → (m, n_dims) float32, unit norm; called once, with distinct texts, where there are two at least

    Returns
    -------
    n of None (the row stays) or SetAside
    """
    first, n = len(examples) + len(existing[0]), len(texts)
    together = [*examples, *existing[0], *texts]
    labelled = [*([""] * len(examples)), *existing[1], *labels]
    groups = group_texts(together, NORMALIZATION)
    found: list[SetAside | None] = [None] * n
    earlier: dict[int, int] = {}
    for place, group in enumerate(groups.tolist()):
        before = earlier.setdefault(group, place)
        if place < first or before == place:
            continue
        if before < len(examples):
            found[place - first] = SetAside("copy of an example", before)
        elif before < first:
            found[place - first] = SetAside("in the dataset", before - len(examples))
        else:
            same = labels[before - first] == labels[place - first]
            found[place - first] = SetAside("repeat" if same else "label contradicts", before - first)
    left = [place for place in range(first + n) if earlier[groups[place]] == place]
    if len(left) > 1:
        _set_near_aside(left, together, labelled, len(examples), first, threshold, embed, found)
    return found


def _set_near_aside(
    left: Sequence[int],
    together: Sequence[str],
    labelled: Sequence[str],
    n_examples: int,
    first: int,
    threshold: float,
    embed: Callable[[Sequence[str]], Vectors],
    found: list[SetAside | None],
) -> None:
    """Go through the pairs of rows that are left, in their order: what is like an example, or an earlier row that stays, goes."""
    texts = [together[place] for place in left]
    pairs = find_similar_pairs(embed(texts), floor=threshold, max_pairs=MOST_PAIRS)
    order = np.lexsort((-pairs.value, pairs.right))
    kinds = Differences(texts).kinds(pairs.left, pairs.right)
    for at in order.tolist():
        before, place = left[int(pairs.left[at])], left[int(pairs.right[at])]
        if place < first or kinds[at] or found[place - first] is not None:
            continue
        cosine = round(float(pairs.value[at]), 4)
        if before < n_examples:
            found[place - first] = SetAside("copy of an example", before, cosine)
        elif labelled[before] != labelled[place]:
            continue
        elif before < first:
            found[place - first] = SetAside("near a row of the dataset", before - n_examples, cosine)
        elif found[before - first] is None:
            found[place - first] = SetAside("near-duplicate", before - first, cosine)
