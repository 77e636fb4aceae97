"""The figures of reviews, beside statsmodels and scikit-learn on reviews that were stored."""

import numpy as np
import pytest
from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa
from statsmodels.stats.proportion import proportion_confint

from evalmap.answers.reading.reviews import Review
from evalmap.answers.statistics.judge_agreement import fleiss_counts, fleiss_interval
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap
from evalmap.screening.keep.by_hand import row_keys
from evalmap.tests.answers import maps
from evalmap.writing.review.review_report import report_lines, review_report
from evalmap.writing.review.review_store import ReviewStore

PEOPLE = ("ann", "bob", "eve")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> BuiltMap:
    folder = tmp_path_factory.mktemp("reviewed")
    return maps.built(Workspace(folder / "home"), folder / "some.jsonl", maps.rows(40))


@pytest.fixture(scope="module")
def table() -> np.ndarray:
    """(40, 3): whether the label fits, as three people say who read the same truth with one error in six."""
    rng = np.random.default_rng(0)
    truth = rng.random(40) < 0.7
    return np.where(rng.random((40, 3)) < 1 / 6, ~truth[:, None], truth[:, None])


@pytest.fixture(scope="module")
def reviews(built: BuiltMap, table: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[int, Review]]:
    store = ReviewStore(Workspace(tmp_path_factory.mktemp("store")), built.manifest.source)
    keys = row_keys(built.examples)
    store.add(
        (keys[row], Review(name, bool(table[row, at]), 1 + (row + at) % 5, row % 8 == at, sample="random"))
        for row in range(40)
        for at, name in enumerate(PEOPLE)
    )
    return store.on(built.examples)


def test_figures_equal_those_of_statsmodels(built: BuiltMap, table: np.ndarray, reviews: list[tuple[int, Review]]):
    found = review_report(built, reviews)
    right = int((table.sum(axis=1) >= 2).sum())
    assert (found["rows"], found["reviewers"], found["judgements"], found["n"], found["ties"]) == (40, 3, 120, 40, 0)
    assert found["fits"] == right / 40
    assert (found["low"], found["high"]) == pytest.approx(proportion_confint(right, 40, method="wilson"))
    assert found["kappa"] == pytest.approx(fleiss_kappa(aggregate_raters(table.astype(int))[0]))
    assert found["kappa_low"] < found["kappa"] < found["kappa_high"]
    assert found["n_kappa"] == 40
    scores = np.array([[1 + (row + at) % 5 for at in range(3)] for row in range(40)])
    assert found["relevance"] == pytest.approx(scores.mean())
    assert found["relevance_low"] < found["relevance"] < found["relevance_high"]
    assert (found["ambiguous"], found["n_ambiguous"]) == (15 / 40, 40)
    for at, one in enumerate(found["by_reviewer"]):
        assert (one["reviewer"], one["fits"], one["n"]) == (PEOPLE[at], table[:, at].mean(), 40)
        assert (one["low"], one["high"]) == pytest.approx(proportion_confint(table[:, at].sum(), 40, method="wilson"))
    clusters = built.clustering("kmeans").labels
    for one in found["by_cluster"]:
        inside = table[clusters == one["cluster"]].sum(axis=1) >= 2
        assert (one["n"], one["fits"]) == (len(inside), inside.mean())


def test_interval_of_fleiss_kappa_equals_scipys_over_resampled_rows(table: np.ndarray):
    """Against statsmodels' kappa in scipy's BCa bootstrap; resamples are others, so the limits agree to their own noise."""
    from scipy.stats import bootstrap

    counts = fleiss_counts(table.astype(np.float64), categories=2)

    def kappa(rows: np.ndarray) -> float:
        return float(fleiss_kappa(counts[rows]))

    expected = bootstrap((np.arange(40),), kappa, vectorized=False, n_resamples=1999, rng=1).confidence_interval
    found = fleiss_interval(counts)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.03)


@pytest.mark.parametrize(
    "verdicts",
    [np.empty((0, 2)), np.array([[1.0, 0.0]]), np.ones((9, 3)), np.array([[1.0, 1.0], [0.0, 0.0]] * 5), np.full((3, 2), np.nan)],
    ids=["no rows", "one row", "one verdict", "full agreement", "nothing said"],
)
def test_interval_that_cannot_be_known_is_nan(verdicts: np.ndarray):
    found = fleiss_interval(fleiss_counts(verdicts, categories=2))
    assert np.isnan(found.low)
    assert np.isnan(found.high)


def test_people_who_disagree_are_listed_and_settled_by_majority_or_by_hand(built: BuiltMap):
    said = {0: "yyn", 1: "yn", 2: "nny", 3: "yyy", 4: "ny"}
    reviews = [(row, Review(PEOPLE[at], vote == "y")) for row, votes in said.items() for at, vote in enumerate(votes)]
    found = review_report(built, reviews, settled={4: False, 3: False})
    assert [(one["row"], one["verdict"], one["settled"]) for one in found["disputed"]] == [
        (1, None, None),
        (0, True, "by majority"),
        (2, False, "by majority"),
        (4, False, "by hand"),
    ]
    assert found["disputed"][1]["votes"] == {"ann": True, "bob": True, "eve": False}
    assert (found["fits"], found["n"], found["ties"]) == (1 / 4, 4, 1)  # 0 fits; 2, 3 and 4 do not; 1 is open
    assert any("(undecided)" in line for line in report_lines("some", found))


def test_nothing_said_is_unknown_and_no_zero(built: BuiltMap):
    found = review_report(built, [])
    assert (found["fits"], found["low"], found["relevance"], found["kappa"], found["ambiguous"]) == (None,) * 5
    assert (found["rows"], found["disputed"], found["by_reviewer"]) == (0, [], [])
    assert [*report_lines("some", found)] == ["some: nobody has reviewed any row."]
    alone = review_report(built, [(3, Review("ann"))])
    assert (alone["rows"], alone["n"], alone["fits"], alone["kappa"], alone["relevance_low"]) == (1, 0, None, None, None)


def test_rows_drawn_as_the_worst_stand_apart(built: BuiltMap):
    reviews = [(row, Review("ann", row >= 5, sample="worst" if row < 5 else "random")) for row in range(15)]
    found = review_report(built, reviews)
    assert {one["sample"]: (one["n"], one["fits"]) for one in found["by_sample"]} == {"random": (10, 1.0), "worst": (5, 0.0)}
    assert any("pull the figures" in line for line in report_lines("some", found))
