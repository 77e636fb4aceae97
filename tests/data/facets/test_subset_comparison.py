"""How two subsets differ, against tables of the literature and counts by hand."""

import math

import numpy as np
import pytest

from evalmap.data.facets.facet import Facet, category_facet, items_facet, number_facet, text_facet
from evalmap.data.facets.subset_comparison import ShareDifference, compare_subsets, share_differences


def rows(n: int, *chosen: int) -> np.ndarray:
    mask = np.zeros(n, dtype=bool)
    mask[list(chosen)] = True
    return mask


@pytest.mark.parametrize(
    ("a", "b", "low", "high"),
    [  # Newcombe 1998, table II, method 10
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_intervals_are_those_of_newcombes_table(a: tuple[int, int], b: tuple[int, int], low: float, high: float):
    (found,) = share_differences(["x"], np.array([a[0]]), a[1], np.array([b[0]]), b[1])
    assert found.interval == pytest.approx((low, high), abs=5e-5)
    assert found.difference == pytest.approx(a[0] / a[1] - b[0] / b[1])


def test_an_empty_side_has_no_share():
    (found,) = share_differences(["x"], np.array([0]), 0, np.array([1]), 2)
    assert math.isnan(found.share_a)
    assert found.share_b == 0.5
    assert [*map(math.isnan, (found.difference, *found.interval))] == [True] * 3
    assert not found.differs


def test_facets_stand_side_by_side():
    facets: list[Facet] = [
        category_facet("label", "Label", ["Yes", "Yes", "No", None]),
        number_facet("size", "Size", [1, 1, 2, 2]),
        items_facet("tags", "Tags", [["a", "b"], ["a"], [], ["b"]]),
        text_facet("text", "Text", ["a", "b", "c", "d"]),
    ]
    found = compare_subsets(facets, rows(4, 0, 1), rows(4, 2, 3))
    assert (found.n_a, found.n_b, found.n_both, found.reason, found.terms) == (2, 2, 0, "", ())
    label, size, tags, text = found.facets
    assert (label.counts_a.tolist(), label.counts_b.tolist(), label.missing_a, label.missing_b) == ([2, 0], [0, 1], 0, 1)
    assert (label.distance, size.distance) == (1.0, 1.0)
    assert (tags.counts_a.tolist(), tags.counts_b.tolist(), tags.missing_b) == ([2, 1], [0, 1], 1)
    assert math.isnan(tags.distance)
    assert math.isnan(text.distance)


def test_equal_shares_have_no_distance_whatever_the_sizes():
    facet = category_facet("label", "Label", ["Yes", "No", "Yes", "Yes", "No", "No"])
    assert compare_subsets([facet], rows(6, 0, 1), rows(6, 2, 3, 4, 5)).facets[0].distance == 0


def test_label_shares_are_of_the_rows_that_have_one():
    facet = category_facet("label", "Label", ["Yes", "No", None, "Yes", "Yes", None, "Maybe"])
    labels = compare_subsets([facet], rows(7, 0, 1, 2), rows(7, 3, 4, 5)).labels
    assert [(one.name, one.count_a, one.count_b, one.share_a, one.share_b) for one in labels] == [
        ("Yes", 1, 2, 0.5, 1.0),
        ("No", 1, 0, 0.5, 0.0),
    ]


def test_rows_in_both_count_for_the_smaller_subset():
    facet = category_facet("label", "Label", ["Yes"] * 4 + ["No"] * 6)
    everything, part = np.ones(10, dtype=bool), rows(10, 0, 1, 2, 3)
    for a, b in ((part, everything), (everything, part)):
        found = compare_subsets([facet], a, b)
        assert (found.n_both, {found.compared_a, found.compared_b}) == (4, {4, 6})
        assert found.reason == ""
        assert {one.name: abs(one.difference) for one in found.labels} == {"Yes": 1.0, "No": 1.0}
    found = compare_subsets([facet], rows(10, 0, 1), rows(10, 1, 2))
    assert (found.compared_a, found.compared_b) == (2, 1)


@pytest.mark.parametrize(
    ("a", "b", "reason"),
    [
        (rows(3), rows(3, 1), "the first subset is empty"),
        (rows(3, 1), rows(3), "the second subset is empty"),
        (rows(3), rows(3), "both subsets are empty"),
        (rows(3, 1), rows(3, 1), "both subsets hold the same rows"),
    ],
)
def test_what_cannot_be_compared_says_why(a: np.ndarray, b: np.ndarray, reason: str):
    found = compare_subsets([category_facet("label", "Label", ["Yes", "No", "Yes"])], a, b, texts=["x"] * 3)
    assert (found.reason, found.terms, found.n_terms) == (reason, (), 0)
    assert all(math.isnan(one.difference) for one in found.labels)
    if not a.any() or not b.any():
        assert math.isnan(found.facets[0].distance)


def test_no_row_and_no_label():
    found = compare_subsets([category_facet("label", "Label", [])], rows(0), rows(0), texts=[])
    assert (found.reason, found.labels) == ("both subsets are empty", ())
    assert compare_subsets([], rows(2, 0), rows(2, 1)).labels == ()
    with pytest.raises(ValueError, match=r"have \[2, 3\] rows"):
        compare_subsets([], rows(2), rows(3))


def words(n: int, *, planted: float, rng: np.random.Generator) -> list[str]:
    vocabulary = np.array([f"w{i}" for i in range(400)])
    chosen = vocabulary[rng.integers(0, 400, (n, 12))]
    return [" ".join(row) + (" Not" if rng.random() < planted else "") for row in chosen]


def test_a_planted_word_is_found_with_its_difference():
    rng = np.random.default_rng(0)
    texts = words(400, planted=0.6, rng=rng) + words(400, planted=0.2, rng=rng)
    found = compare_subsets([], np.arange(800) < 400, np.arange(800) >= 400, texts=texts)
    (term,) = found.terms
    by_hand = [sum("Not" in text for text in part) / 400 for part in (texts[:400], texts[400:])]
    assert (term.name, term.share_a, term.share_b) == ("not", *by_hand)
    assert term.interval[0] < term.difference < term.interval[1]
    assert found.n_terms == len({word for text in texts for word in text.split()})
    plain = share_differences(["not"], np.array([term.count_a]), 400, np.array([term.count_b]), 400)[0]
    assert term.interval[0] < plain.interval[0]  # wider than for one word alone
    assert term.interval[1] > plain.interval[1]


def test_among_many_words_that_do_not_differ_none_is_told_too_often():
    """With intervals that hold jointly at 95 %, at most 1 in 20 draws tells a word; without the correction nearly all would."""
    told = uncorrected = 0
    for seed in range(40):
        texts = words(300, planted=0.5, rng=np.random.default_rng(seed))
        a = np.random.default_rng(seed + 1_000).random(300) < 0.5
        told += bool(compare_subsets([], a, ~a, texts=texts).terms)
        present = np.array([[f"w{i} " in text + " " for i in range(400)] for text in texts])
        names = [f"w{i}" for i in range(400)]
        plain = share_differences(names, present[a].sum(axis=0), int(a.sum()), present[~a].sum(axis=0), int((~a).sum()))
        uncorrected += any(one.differs for one in plain)
    assert told <= 5  # the 98 % quantile of 40 draws with 1 in 20
    assert uncorrected >= 35


def test_texts_without_words_and_rare_words_have_no_terms():
    a = np.arange(8) < 4
    assert compare_subsets([], a, ~a, texts=["", "12", "!", "3.5"] * 2).n_terms == 0
    assert compare_subsets([], a, ~a, texts=[f"only{i}" for i in range(8)]).n_terms == 0


def test_terms_are_the_surest_first_on_either_side():
    texts = ["alpha beta gamma"] * 30 + ["beta delta"] * 30 + ["beta"] * 10
    a = np.arange(70) < 30
    found = compare_subsets([], a, ~a, texts=texts)
    assert [(one.name, one.difference > 0) for one in found.terms] == [("alpha", True), ("gamma", True), ("delta", False)]
    assert [one.name for one in compare_subsets([], a, ~a, texts=texts, most_terms=1).terms] == ["alpha"]
    assert isinstance(found.terms[0], ShareDifference)
