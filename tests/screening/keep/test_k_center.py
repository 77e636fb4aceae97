"""Exactly N rows, spread out, the labels in their shares."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalmap.data.errors import DatasetError
from evalmap.screening.keep.by_hand import Decisions
from evalmap.screening.keep.k_center import keep_best
from evalmap.screening.keep.select import TARGET, select
from evalmap.tests.fakes import unit_vectors
from evalmap.tests.screening.oracles import pairs_from

NO_PAIRS = {n: pairs_from(n, []) for n in range(1, 31)}


def selection_of(n: int, order: list[int] | np.ndarray, **options):
    return select(NO_PAIRS[n], threshold=0.9, order=np.array(order), **options)


def brute_centres(vectors, order, n, labels, seats) -> list[int]:
    """The first of the order, then again and again the row whose nearest taken one is farthest, while its label has a seat."""
    taken: list[int] = []
    while len(taken) < n:
        may = [row for row in order if row not in taken and seats[labels[row]] > 0]
        near = {row: max((float(vectors[row] @ vectors[t]) for t in taken), default=0.0) for row in may}
        best = min(may, key=lambda row: (near[row], order.index(row)))
        taken.append(best)
        seats[labels[best]] -= 1
    return taken


@settings(max_examples=40)
@given(st.integers(2, 16), st.integers(0, 99), st.data())
def test_rows_are_those_of_a_plain_greedy_loop(rows, seed, data):
    vectors = unit_vectors(rows, 4, seed=seed)
    order = data.draw(st.permutations(range(rows)))
    n = data.draw(st.integers(1, rows))
    found = keep_best(selection_of(rows, order), vectors, n=n, order=np.array(order), pairs=NO_PAIRS[rows])
    kept = np.flatnonzero(found.selection.kept).tolist()
    assert kept == sorted(brute_centres(vectors, order, n, ["x"] * rows, {"x": n}))
    distances = [1 - float(vectors[a] @ vectors[b]) for a, b in combinations(kept, 2)]
    assert found.smallest_distance == pytest.approx(min(distances) if distances else float("nan"), abs=1e-5, nan_ok=True)
    assert (found.selection.rule[~found.selection.kept] == TARGET).all()


@given(st.integers(4, 30), st.integers(0, 99), st.data())
def test_labels_keep_their_share_to_a_row(rows, seed, data):
    labels = data.draw(st.lists(st.sampled_from(["Yes", "No", None]), min_size=rows, max_size=rows))
    n = data.draw(st.integers(1, rows))
    order = np.arange(rows)
    options = {"n": n, "order": order, "pairs": NO_PAIRS[rows], "labels": labels}
    found = keep_best(selection_of(rows, order), unit_vectors(rows, seed=seed), **options)
    kept = [label for label, stays in zip(labels, found.selection.kept, strict=True) if stays]
    assert len(kept) == n
    assert found.short == ()
    for label in set(labels):
        assert abs(kept.count(label) - n * labels.count(label) / rows) <= 1


def test_seats_of_a_label_without_rows_go_to_others():
    rows, labels = 10, ["Yes"] * 5 + ["No"] * 5
    selection = selection_of(rows, np.arange(rows), labels=labels, decisions=Decisions(removed=(6, 7, 8, 9)))
    found = keep_best(selection, unit_vectors(rows), n=6, order=np.arange(rows), pairs=NO_PAIRS[rows], labels=labels)
    assert np.flatnonzero(found.selection.kept).tolist() == [0, 1, 2, 3, 4, 5]
    assert found.short == ("No",)


def test_rows_kept_by_hand_are_among_them():
    rows, order = 12, np.arange(12)
    selection = selection_of(rows, order, decisions=Decisions(kept=(3, 7)))
    for n in (2, 4):
        kept = keep_best(selection, unit_vectors(rows), n=n, order=order, pairs=NO_PAIRS[rows]).selection.kept
        assert kept[[3, 7]].all()
        assert kept.sum() == n


def test_what_a_dropped_row_stood_for_is_dropped_with_it():
    pairs, order = pairs_from(4, [(0, 1, 0.99)]), np.array([2, 3, 0, 1])
    selection = select(pairs, threshold=0.9, method="semantic", order=order)
    vectors = np.array([[1, 0, 0], [1, 0, 0], [0.9, 0.1, 0], [-1, 0, 0]], dtype=np.float32)
    found = keep_best(selection, vectors, n=2, order=order, pairs=pairs)
    assert found.selection.kept.tolist() == [False, False, True, True]
    assert found.selection.rule.tolist() == [TARGET, TARGET, 0, 0]


@pytest.mark.parametrize(
    ("n", "decisions", "message"),
    [
        (0, None, "expected 1 row or more"),
        (6, None, r"target 6: the set has only 5 rows\. Ask for 5 or fewer"),
        (5, Decisions(removed=(0,)), "only 4 of 5 rows are left without duplicates"),
        (1, Decisions(kept=(0, 1)), "2 rows were kept by hand"),
    ],
)
def test_targets_out_of_reach_are_told(n, decisions, message):
    selection = selection_of(5, np.arange(5), decisions=decisions)
    with pytest.raises(DatasetError, match=message):
        keep_best(selection, unit_vectors(5), n=n, order=np.arange(5), pairs=NO_PAIRS[5])
