"""Further rows removed to bring the shares of the labels back to what they were."""

import numpy as np
from numpy.typing import NDArray

from evalmap.data.labels import Labels, label_codes
from evalmap.embeddings.array_types import Vectors
from evalmap.screening.keep.label_shift import TOLERANCE
from evalmap.screening.keep.least_distinctive import least_distinctive
from evalmap.screening.keep.select import BALANCE, KEPT_BY_HAND, NEAR, drop
from evalmap.screening.pair_types import Pairs, Selection

COMMON = 0.05  # labels with this share before are restored to within a row; rarer ones to within TOLERANCE


def restore_balance(
    selection: Selection,
    labels: Labels,
    embeddings: Vectors,
    *,
    order: NDArray[np.integer],
    pairs: Pairs,
) -> Selection:
    """Remove further rows of the labels that lost fewer rows than others, until the shares are what they were.

    Of a label, the row goes that is most like another kept row of that label; of those two, the one that comes later in the
    order. Rows that stand for removed ones go only when no other row is left; what they stood for then goes with them unless
    another kept row is like it. Rows that have variants go only when no other is left. Rows kept by hand and the halves of
    protected contrast pairs stay. No removed row comes back.

    Labels with a share of `COMMON` before are restored to within one row; rarer ones count only where their share would stay
    more than `TOLERANCE` too low. A label without any kept row cannot be restored and is left out.

    Parameters
    ----------
    labels : (n,) of all rows; rows without a label are not counted and stay
    embeddings : (n, n_dims) float32, unit norm
    order : (n,) the order of the selection
    pairs : those the selection was made from

    Returns
    -------
    the selection with more rows removed
    """
    codes = label_codes(labels)
    surplus = _surplus(codes, selection.kept)
    kept = selection.kept.copy()
    never = selection.rule == KEPT_BY_HAND
    if selection.settings["contrast"] == "protect":
        never[selection.contrast.ravel()] = True
    stands = np.zeros(len(kept), dtype=bool)
    stands[selection.keeper[(selection.rule == NEAR) & (selection.keeper >= 0)]] = True
    varied = np.zeros(len(kept), dtype=bool)
    varied[selection.variants.ravel()] = True
    rank = np.empty(len(kept), dtype=np.int64)
    rank[order] = np.arange(len(kept))
    for code, count in surplus.items():
        rows = np.flatnonzero(kept & (codes == code))
        for fixed in (never | varied | stands, never | varied, never | stands, never):
            gone = least_distinctive(embeddings, rows[kept[rows]], count=count, fixed=fixed, rank=rank, pairs=pairs)
            kept[gone] = False
            count -= len(gone)
    return drop(selection, selection.kept & ~kept, rule=BALANCE, order=order, pairs=pairs)


def _surplus(codes: NDArray[np.intp], kept: NDArray[np.bool_]) -> dict[int, int]:
    """How many kept rows of each label are too many."""
    labeled = codes >= 0
    before = np.bincount(codes[labeled])
    after = np.bincount(codes[labeled & kept], minlength=len(before))
    if not len(before):
        return {}
    share, left = before / before.sum(), after / before
    binding = (share >= COMMON) & (after > 0)
    ratio = left[binding].min(initial=1.0)
    while True:
        target = np.minimum(after, np.floor(ratio * before + 0.5).astype(np.int64))
        now = target / max(target.sum(), 1)
        low = (share - now > TOLERANCE) & (after > 0) & (left < ratio)
        if not low.any():
            return {code: int(count) for code, count in enumerate(after - target) if count}
        ratio = left[low].max()
