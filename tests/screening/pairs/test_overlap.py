import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalmap.data.errors import DatasetError
from evalmap.screening.pairs.near_duplicates import find_near_duplicates
from evalmap.screening.pairs.overlap import find_overlap
from evalmap.tests.fakes import fake_vector, sentences, unit_vectors

TEXTS = ["I like tulips", "i like  tulips", "The anchor is down", "I like tulips", "I like tulips!", "Ovens", "the anchor is down"]


def encoded(texts: list[str]) -> np.ndarray:
    return np.stack([fake_vector(text) for text in texts])


def test_rows_of_a_that_are_copied_are_told_per_row_of_b():
    seeds = ["Would you stay silent?", *sentences(3)]
    copies = ["would you  stay silent?", *sentences(20, seed=1), seeds[2], "Would you stay silent?"]
    overlap = find_overlap(copies, encoded(copies), seeds, encoded(seeds))
    found = overlap.alike(threshold=1.0, method="exact", normalization="caseless")
    assert overlap.rows_of_a(found).tolist() == [0, 21, 22]
    assert [(b, rows.tolist()) for b, rows in overlap.per_row_of_b(found)] == [(0, [0, 22]), (2, [21])]
    assert overlap.rows_of_a(overlap.alike(threshold=1.0, method="exact", normalization="bytes")).tolist() == [21, 22]
    assert (overlap.n_a, overlap.n_b) == (23, 4)


@given(
    a=st.lists(st.sampled_from(TEXTS), min_size=1, max_size=8),
    b=st.lists(st.sampled_from([*TEXTS, "An oven"]), min_size=1, max_size=8),
)
@settings(deadline=None, max_examples=60)
def test_pairs_across_are_those_of_both_together(a: list[str], b: list[str]):
    overlap = find_overlap(a, encoded(a), b, encoded(b), floor=0.7, lexical_floor=0.4).pairs
    together = find_near_duplicates([*a, *b], encoded([*a, *b]), floor=0.7, lexical_floor=0.4)
    crossing = (together.left < len(a)) & (together.right >= len(a))
    for name in ("left", "right", "exact", "lexical", "semantic"):
        assert getattr(overlap, name).tolist() == getattr(together, name)[crossing].tolist(), name


def test_texts_equal_too_often_are_paired_with_the_first_of_b():
    a, b = ["same"] * 30, ["other", *["same"] * 20]
    overlap = find_overlap(a, encoded(a), b, encoded(b), max_pairs=100)
    assert list(zip(overlap.pairs.left, overlap.pairs.right - 30, strict=True)) == [(row, 1) for row in range(30)]
    assert any("first equal row of B only" in sentence for sentence in overlap.pairs.settings["capped"])


@pytest.mark.parametrize(("a", "b", "sentence"), [([], ["x"], "A has no rows to compare"), (["x"], [], "B has no rows to compare")])
def test_a_side_without_rows_is_refused(a: list[str], b: list[str], sentence: str):
    with pytest.raises(DatasetError, match=sentence):
        find_overlap(a, unit_vectors(len(a)), b, unit_vectors(len(b)))


def test_embeddings_of_another_length_are_refused():
    with pytest.raises(ValueError, match="embeddings of B have 3 rows; expected one for each of 1 texts"):
        find_overlap(["x"], unit_vectors(1), ["y"], unit_vectors(3))
