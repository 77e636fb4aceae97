import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalmap.screening.pairs.file_matrix import compare_files, count_shared_texts, pairs_between
from evalmap.screening.pairs.near_duplicates import find_near_duplicates
from evalmap.tests.fakes import fake_vector

TEXTS = ["I like tulips", "i like  tulips", "The anchor is down", "I like tulips", "I like tulips!", "Ovens", "the anchor is down"]
FILES = ["a", "a", "a", "b", "b", "b", "c"]
LABELS = ["Yes", "No", "Yes", "Yes", "No", None, "No"]


def encoded(texts: list[str]) -> np.ndarray:
    return np.stack([fake_vector(text) for text in texts])


def test_the_matrix_by_hand():
    pairs = find_near_duplicates(TEXTS, encoded(TEXTS), methods=["exact"])
    matrix = compare_files(pairs, TEXTS, FILES, LABELS, threshold=0.9, method="exact", normalization="caseless")
    assert matrix.names == ("a", "b", "c")
    assert matrix.rows.tolist() == [3, 3, 1]
    assert matrix.shared.tolist() == [[1, 1, 1], [1, 0, 0], [1, 0, 0]]  # tulips twice in a, and in b; the anchor in a and c
    assert matrix.near_rows.tolist() == [[2, 2, 1], [1, 0, 0], [1, 0, 0]]
    assert matrix.near_pairs.tolist() == [[1, 2, 1], [2, 0, 0], [1, 0, 0]]
    assert matrix.opposite.tolist() == [[1, 1, 1], [1, 0, 0], [1, 0, 0]]
    coarser = compare_files(pairs, TEXTS, FILES, LABELS, threshold=0.9, method="exact", normalization="alphanumeric")
    assert coarser.near_pairs.tolist() == [[1, 4, 1], [4, 1, 0], [1, 0, 0]]


def test_a_cell_opens_its_pairs():
    pairs = find_near_duplicates(TEXTS, encoded(TEXTS), methods=["exact"])
    found = pairs_between(pairs, FILES, "b", "a", threshold=0.9, method="exact", normalization="caseless")
    assert [(pairs.left[p], pairs.right[p]) for p in found] == [(0, 3), (1, 3)]


def test_texts_in_several_files_and_those_with_opposite_labels():
    assert count_shared_texts(TEXTS, FILES, LABELS, normalization="caseless") == (2, 2)
    assert count_shared_texts(TEXTS, FILES, LABELS, normalization="bytes") == (1, 0)
    assert count_shared_texts(TEXTS, FILES, normalization="caseless") == (2, 0)


@given(rows=st.lists(st.tuples(st.sampled_from("tuvw"), st.sampled_from("abc"), st.sampled_from(["Yes", "No", None])), min_size=2))
@settings(deadline=None, max_examples=60)
def test_the_matrix_agrees_with_counting(rows: list[tuple[str, str, str | None]]):
    texts, files, labels = (list(column) for column in zip(*rows, strict=True))
    pairs = find_near_duplicates(texts, np.eye(4, dtype=np.float32)[["tuvw".index(text) for text in texts]])
    matrix = compare_files(pairs, texts, files, labels, threshold=0.9)
    equal = [(i, j) for j in range(len(rows)) for i in range(j) if texts[i] == texts[j]]
    for a, first in enumerate(matrix.names):
        for b, second in enumerate(matrix.names):
            between = [(i, j) for i, j in equal if (files[i], files[j]) in ((first, second), (second, first))]
            own = {i for pair in between for i, other in (pair, pair[::-1]) if (files[i], files[other]) == (first, second)}
            assert matrix.near_pairs[a, b] == len(between)
            assert matrix.near_rows[a, b] == len(own)
            assert matrix.opposite[a, b] == sum(None not in (labels[i], labels[j]) and labels[i] != labels[j] for i, j in between)
            of = [{text for text, file in zip(texts, files, strict=True) if file == name} for name in (first, second)]
            assert matrix.shared[a, b] == (len(of[0] & of[1]) if a != b else files.count(first) - len(of[0]))


def test_columns_of_another_length_are_refused():
    pairs = find_near_duplicates(TEXTS, encoded(TEXTS), methods=["exact"])
    with pytest.raises(ValueError, match="labels has 2 entries; expected one for each of 7 rows"):
        compare_files(pairs, TEXTS, FILES, ["Yes", "No"], threshold=0.9, method="exact")
