"""What brings the label shares back."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from evalmap.embeddings.array_types import Vectors
from evalmap.screening.keep.balance import restore_balance
from evalmap.screening.keep.by_hand import Decisions
from evalmap.screening.keep.least_distinctive import least_distinctive
from evalmap.screening.keep.select import BALANCE, select
from evalmap.tests.fakes import unit_vectors
from evalmap.tests.screening.oracles import pairs_from, ranks


def all_pairs(vectors: Vectors, *, floor: float = -1.0):
    alike = vectors @ vectors.T
    n = len(vectors)
    pairs = pairs_from(n, [(a, b, float(alike[a, b])) for a in range(n) for b in range(a + 1, n) if alike[a, b] >= floor])
    return replace(pairs, floors={"lexical": 0.0, "semantic": floor})


def brute_least_distinctive(vectors, rows, count, fixed, rank) -> list[int]:
    """Again and again the row most like another one that is there; of the two, the later one that is not fixed."""
    alike = (vectors @ vectors.T).astype(float)
    there, gone = set(rows), []
    while len(gone) < count:
        free = [(a, b) for a in there for b in there if a < b and not (fixed[a] and fixed[b])]
        choices = [(alike[a, b], max(rank[a], rank[b]), a, b) for a, b in free]
        if not choices:
            break
        _, _, a, b = max(choices)
        later, earlier = (a, b) if rank[a] > rank[b] else (b, a)
        gone.append(earlier if fixed[later] else later)
        there.remove(gone[-1])
    return gone


@settings(max_examples=30)
@given(st.integers(2, 14), st.integers(0, 99), st.data())
def test_least_distinctive_rows_equal_a_plain_loop(n, seed, data):
    vectors = unit_vectors(n, 3, seed=seed)
    rank = ranks(data.draw(st.permutations(range(n))))
    fixed = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    rows = np.array(sorted(data.draw(st.sets(st.integers(0, n - 1), min_size=1))))
    count = data.draw(st.integers(0, n))
    expected = brute_least_distinctive(vectors, rows.tolist(), count, fixed, rank)
    options = {"count": count, "fixed": fixed, "rank": rank}
    assert least_distinctive(vectors, rows, **options) == expected
    assert least_distinctive(vectors, rows, **options, pairs=all_pairs(vectors, floor=0.3)) == expected


@settings(max_examples=30)
@given(st.integers(6, 40), st.integers(0, 99), st.integers(2, 3))
def test_balance_is_restored_to_a_row_and_no_duplicate_comes_back(n, seed, kinds):
    vectors = unit_vectors(n, 3, seed=seed)
    labels = [["Yes", "No", "Maybe"][row % kinds] for row in range(n)]
    pairs = all_pairs(vectors)
    order = np.random.default_rng(seed).permutation(n)
    selection = select(pairs, threshold=0.97, method="semantic", order=order, labels=labels)
    restored = restore_balance(selection, labels, vectors, order=order, pairs=pairs)
    assert not (restored.kept & ~selection.kept).any()
    halves = set(selection.contrast.ravel().tolist())
    assert all(restored.kept[row] == selection.kept[row] for row in halves)
    if not halves:
        stay = [label for label, kept in zip(labels, restored.kept, strict=True) if kept]
        before, after = (np.array([found.count(name) for name in sorted(set(labels))]) for found in (labels, stay))
        assert (np.abs(after - after.sum() * before / before.sum()) <= 1 + 1e-9).all()
    for row in np.flatnonzero(~restored.kept).tolist():
        keeper = int(restored.keeper[row])
        assert (restored.rule[row] == BALANCE) == (keeper < 0)
        assert keeper < 0 or restored.kept[keeper]


def test_rows_go_that_are_most_like_another_of_their_label():
    vectors = np.array([[1, 0], [0.96, 0.28], [0, 1], [0.6, -0.8], [-1, 0], [-0.96, -0.28], [-0.999, 0.0447]], dtype=np.float32)
    labels = ["Yes", "Yes", "Yes", "Yes", "No", "No", "No"]
    pairs, order = all_pairs(vectors), np.arange(7)
    selection = select(pairs, threshold=0.99, method="semantic", order=order, labels=labels)
    assert np.flatnonzero(~selection.kept).tolist() == [6]
    restored = restore_balance(selection, labels, vectors, order=order, pairs=pairs)
    assert np.flatnonzero(restored.rule == BALANCE).tolist() == [1]


def test_rows_kept_by_hand_and_rows_that_stand_for_others_stay():
    vectors = np.array([[1, 0], [0.96, 0.28], [0.955, 0.2966], [0, 1], [0.6, -0.8], [-1, 0], [-0.96, -0.28]], dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    labels = ["Yes", "Yes", "Yes", "Yes", "Yes", "No", "No"]
    pairs, order = all_pairs(vectors), np.arange(7)
    options = {"threshold": 0.99, "method": "semantic", "order": order, "labels": labels}
    selection = select(pairs, **options, decisions=Decisions(removed=(6,)))
    assert selection.keeper.tolist() == [0, 1, 1, 3, 4, 5, -1]
    restored = restore_balance(selection, labels, vectors, order=order, pairs=pairs)
    assert np.flatnonzero(restored.rule == BALANCE).tolist() == [0]  # 1 comes later, and stands for 2
    by_hand = select(pairs, **options, decisions=Decisions(kept=(0,), removed=(6,)))
    restored = restore_balance(by_hand, labels, vectors, order=order, pairs=pairs)
    assert restored.kept[0]
    assert restored.kept.sum() == by_hand.kept.sum() - 1


def test_a_label_that_is_gone_binds_nothing():
    vectors = unit_vectors(6)
    labels = ["Yes", "Yes", "Yes", "No", "No", "No"]
    pairs, order = all_pairs(vectors), np.arange(6)
    selection = select(
        pairs, threshold=0.999, method="semantic", order=order, labels=labels, decisions=Decisions(removed=(3, 4, 5))
    )
    restored = restore_balance(selection, labels, vectors, order=order, pairs=pairs)
    assert restored.kept.tolist() == selection.kept.tolist()
    unlabelled = [None] * 6
    assert restore_balance(selection, unlabelled, vectors, order=order, pairs=pairs).kept.tolist() == selection.kept.tolist()
