"""The statistics of diversity against vectors worked out by hand and other sources."""

import gzip
import math

import numpy as np
import pytest
from scipy.stats import entropy
from sklearn.neighbors import NearestNeighbors

from evalmap.screening.quality.diversity import (
    cluster_entropy,
    mean_nearest_similarity,
    near_duplicate_ratio,
    vendi_score,
    vendi_score_of_kernel,
)
from evalmap.screening.quality.wording import compression_ratio, distinct_n, opening_share, self_repetition
from evalmap.tests.fakes import unit_vectors


def test_copies_behave_like_one_row_and_orthogonal_rows_like_all():
    assert vendi_score(np.repeat(unit_vectors(1), 9, axis=0)) == pytest.approx(1, abs=1e-4)
    assert vendi_score(np.eye(7, dtype=np.float32)) == pytest.approx(7)


@pytest.mark.parametrize("n", [12, 300])
def test_doubling_leaves_vendi_and_both_forms_agree(n: int):
    rows = unit_vectors(n)
    assert vendi_score(np.vstack([rows, rows])) == pytest.approx(vendi_score(rows), rel=1e-4)
    kernel = rows.astype(np.float64) @ rows.T
    assert vendi_score(rows) == pytest.approx(vendi_score_of_kernel(kernel), rel=1e-4)
    shares = np.linalg.svd(rows / math.sqrt(n), compute_uv=False) ** 2
    assert vendi_score(rows) == pytest.approx(math.exp(entropy(shares)), rel=1e-4)


def test_vendi_of_a_kernel_worked_out_in_the_paper():
    points = np.array([0, 0, 10, 10, 20, 20])
    assert vendi_score_of_kernel(np.exp(-np.abs(points[:, None] - points))) == pytest.approx(2.9999, abs=1e-4)


def test_nearest_similarity_agrees_with_scikit_learn():
    rows = unit_vectors(60)
    distances = NearestNeighbors(n_neighbors=2, metric="cosine").fit(rows).kneighbors(rows)[0]
    assert mean_nearest_similarity(rows) == pytest.approx(1 - distances[:, 1].mean(), abs=1e-5)


def test_near_duplicates_count_only_where_both_rows_are_there():
    left, right = np.array([0, 0, 3]), np.array([1, 2, 4])
    assert near_duplicate_ratio(np.array([0, 1, 3, 5]), left, right, n=6) == 0.5


def test_cluster_entropy_agrees_with_scipy_and_leaves_noise_out():
    labels = np.array([-1, 0, 0, 0, 1, 2, 2])
    assert cluster_entropy(labels, n_clusters=4) == pytest.approx(entropy([3, 1, 2], base=4))
    assert cluster_entropy(np.arange(5), n_clusters=5) == pytest.approx(1)
    assert cluster_entropy(np.zeros(5, dtype=int), n_clusters=5) == 0


def test_words_counted_by_hand():
    texts = ["I don't like rain", "i dont like snow!"]
    assert [distinct_n(texts, n) for n in (1, 2, 3)] == [5 / 8, 4 / 8, 3 / 8]
    assert opening_share([*texts, "We like the rain", "Yes"]) == pytest.approx(2 / 3)


def test_compression_ratio_is_plain_size_over_compressed_size():
    texts = ["the same line"] * 50
    plain = " ".join(texts).encode()
    assert compression_ratio(texts) == len(plain) / len(gzip.compress(plain, 9)) > 5


def test_long_n_grams_that_stand_in_other_texts_are_counted_as_the_package_diversity_does():
    texts = ["the quick brown fox jumps", "see the quick brown fox", "the quick brown fox", "nothing like it here", "too short"]
    # "the quick brown fox" stands in two others of the first three texts; each of these has nothing else that repeats
    assert self_repetition(texts) == pytest.approx(3 * math.log(3) / 5)
    assert self_repetition(["a b c d a b c d", "a b c d"]) == pytest.approx(math.log(2))  # once a text


def test_nothing_to_measure_is_nan():
    empty = np.empty((0, 4), dtype=np.float32)
    none = np.empty(0, dtype=np.int64)
    found = [vendi_score(empty), vendi_score_of_kernel(np.empty((0, 0))), mean_nearest_similarity(unit_vectors(1))]
    found += [near_duplicate_ratio(none, none, none, n=0), cluster_entropy(none, n_clusters=3)]
    found += [cluster_entropy(np.zeros(3, dtype=int), n_clusters=1)]
    found += [distinct_n([], 1), distinct_n(["?"], 1), compression_ratio([]), self_repetition([]), opening_share(["two words"])]
    assert np.isnan(found).all()


def test_rows_that_are_not_unit_vectors_are_refused():
    with pytest.raises(ValueError, match="unit norm"):
        vendi_score(2 * unit_vectors(3))
    with pytest.raises(ValueError, match="square"):
        vendi_score_of_kernel(np.ones((2, 3)))
    with pytest.raises(ValueError, match="diagonal"):
        vendi_score_of_kernel(np.zeros((2, 2)))
