"""Whether names find their clusters."""

import numpy as np
import pytest

from evalmap.embeddings.clustering import Clustering, parents
from evalmap.embeddings.name_quality import NameQuality, measure_names, name_contrast
from evalmap.tests.fakes import unit_vectors

RIGHT, UP, LEFT = (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)


def plane(*vectors: tuple[float, float]) -> np.ndarray:
    return np.array(vectors, np.float32)


def test_contrast_is_the_own_similarity_less_the_nearest_siblings():
    means = plane(RIGHT, UP, LEFT)
    names = plane((0.8, 0.6), (0.6, 0.8), RIGHT)  # the third is named after the first
    all_siblings = name_contrast(names, means, np.zeros(3, np.int32))
    assert all_siblings.tolist() == pytest.approx([0.8 - 0.6, 0.8 - 0.6, -1.0 - 1.0])
    two_families = name_contrast(names, means, np.array([0, 0, 1], np.int32))
    assert two_families.tolist() == pytest.approx([0.2, 0.2, np.nan], nan_ok=True)
    crossed = name_contrast(names, means, np.array([0, 1, 0], np.int32))
    assert crossed.tolist() == pytest.approx([0.8 + 0.8, np.nan, -2.0], nan_ok=True)


def test_name_as_near_to_a_sibling_does_not_find_its_cluster():
    tied = NameQuality("kmeans", name_contrast(plane(UP, UP), plane(UP, UP), np.zeros(2, np.int32)))
    assert tied.found.tolist() == [False, False]


def test_ratio_counts_clusters_without_siblings_as_found_and_tells_them():
    quality = NameQuality("topics-fine", np.array([0.5, -0.1, np.nan, 0.1], np.float32))
    assert (quality.ratio_found, quality.n_alone) == (0.75, 1)
    assert quality.median_contrast == pytest.approx(0.1)


def test_nothing_to_measure_is_nan():
    for quality in (NameQuality("kmeans", np.empty(0, np.float32)), NameQuality("kmeans", np.array([np.nan], np.float32))):
        assert np.isnan(quality.median_contrast)
    assert np.isnan(NameQuality("kmeans", np.empty(0, np.float32)).ratio_found)


def test_unequal_numbers_are_refused():
    with pytest.raises(ValueError, match="2 names, 3 centroids and 3 parents; expected as many of each"):
        name_contrast(unit_vectors(2), unit_vectors(3), np.zeros(3, np.int32))


COARSE = Clustering("topics-coarse", np.array([0, 0, 0, 1, 1], np.int32))
MEDIUM = Clustering("topics-medium", np.array([2, 2, 0, 1, 1], np.int32))
KMEANS = Clustering("kmeans", np.array([0, 1, 0, 1, 2], np.int32))


def test_parents_are_the_clusters_of_the_next_coarser_layer():
    assert [parent.tolist() for parent in parents([KMEANS, COARSE, MEDIUM])] == [[0, 0, 0], [0, 0], [0, 1, 0]]
    assert [parent.tolist() for parent in parents([MEDIUM])] == [[0, 0, 0]]


def test_every_layer_is_measured_among_siblings_or_in_the_whole():
    embeddings = plane(RIGHT, RIGHT, UP, LEFT, LEFT)
    names = [plane(RIGHT, LEFT), plane(LEFT, LEFT, RIGHT)]  # the medium cluster 0, which is UP, is called LEFT
    among, whole = (measure_names(names, [COARSE, MEDIUM], embeddings, within_parent=within) for within in (True, False))
    assert [one.layer for one in among] == ["topics-coarse", "topics-medium"]
    assert among[1].contrast.tolist() == pytest.approx([0.0 + 1.0, np.nan, 1.0], nan_ok=True)
    assert whole[1].contrast.tolist() == pytest.approx([0.0 - 1.0, 1.0, 1.0])
    assert (among[1].ratio_found, whole[1].ratio_found) == (1.0, pytest.approx(2 / 3))
