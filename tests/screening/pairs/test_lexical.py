import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError
from evalmap.data.text.normalization import normalize
from evalmap.screening.pairs.lexical import find_lexical_across, find_lexical_pairs, gram_sets, jaccard
from evalmap.tests.fakes import sentences

WORDS = st.lists(st.sampled_from(["tulip", "soil", "a", "the anchor", "é", "“oven”", "don’t"]), max_size=5).map(" ".join)


def grams(text: str) -> set[str]:
    text = normalize(text, "typographic")
    return {text[i : i + 4] for i in range(max(1, len(text) - 3))}


def oracle(texts: list[str]) -> NDArray[np.float32]:
    """Every Jaccard similarity by a sparse product of rows and grams."""
    from scipy.sparse import csr_array

    names = {gram: i for i, gram in enumerate(sorted(set().union(*map(grams, texts))))}
    sets = [sorted(names[gram] for gram in grams(text)) for text in texts]
    starts = np.cumsum([0, *map(len, sets)])
    held = csr_array((np.ones(starts[-1]), np.concatenate(sets).astype(int), starts), shape=(len(texts), len(names)))
    shared, sizes = (held @ held.T).toarray(), np.diff(starts)
    return (shared / (sizes[:, None] + sizes - shared)).astype(np.float32)


def expected(texts: list[str], floor: float) -> list[tuple[int, int]]:
    rows, columns = np.nonzero(np.triu(oracle(texts) >= np.float32(floor), 1))
    return list(zip(rows.tolist(), columns.tolist(), strict=True))


def found(pairs) -> list[tuple[int, int]]:
    return list(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))


def test_the_number_by_hand():
    texts = ["abcde", "ABCDE ", "abcdf", "xyz", "xy", ""]
    left, right = np.array([0, 0, 0, 3, 3, 5]), np.array([1, 2, 3, 3, 4, 5])
    assert jaccard(texts, left, right).tolist() == pytest.approx([1.0, 1 / 3, 0.0, 1.0, 0.0, 1.0])


def test_quotes_and_dashes_are_folded_before_comparing():
    assert jaccard(["It’s late — go…", "it's  late - go..."], np.array([0]), np.array([1])).tolist() == [1.0]


@pytest.mark.parametrize("floor", [0.05, 0.2, 0.5, 0.8, 1.0])
def test_every_pair_at_or_above_the_floor_is_found(floor: float):
    texts = [*sentences(300), *sentences(40)[:20], *(text.replace("number", "numbers") for text in sentences(30))]
    pairs = find_lexical_pairs(texts, floor=floor)
    assert found(pairs) == expected(texts, floor)
    assert np.array_equal(pairs.value, oracle(texts)[pairs.left, pairs.right])
    assert np.array_equal(pairs.value, jaccard(texts, pairs.left, pairs.right))


@given(texts=st.lists(WORDS, min_size=2, max_size=14), floor=st.sampled_from([0.1, 1 / 3, 0.5, 0.75, 1.0]))
@settings(deadline=None, max_examples=150)
def test_recall_is_one_whatever_the_texts(texts: list[str], floor: float):
    assert found(find_lexical_pairs(texts, floor=floor)) == expected(texts, floor)


@given(texts=st.lists(st.text(max_size=12), min_size=1, max_size=8))
@settings(deadline=None)
def test_grams_are_those_of_the_text_whatever_its_characters(texts: list[str]):
    sets = gram_sets(texts)
    assert np.diff(sets.starts).tolist() == [len({t[i : i + 4] for i in range(max(1, len(t) - 3))}) for t in texts]
    for row in range(len(texts)):
        held = sets.grams[sets.starts[row] : sets.starts[row + 1]]
        assert (np.diff(held) > 0).all()


@given(texts=st.lists(WORDS, min_size=2, max_size=14), max_pairs=st.integers(1, 20))
@settings(deadline=None, max_examples=80)
def test_the_cap_raises_the_floor_to_the_smallest_number_that_fits(texts: list[str], max_pairs: int):
    pairs = find_lexical_pairs(texts, floor=0.1, max_pairs=max_pairs)
    every = np.triu(oracle(texts), 1)
    values = every[every >= np.float32(0.1)]
    fitting = [v for v in np.unique(values) if (values >= v).sum() <= max_pairs]
    assert len(pairs.left) == ((values >= fitting[0]).sum() if fitting else 0)
    assert pairs.raised == (len(values) > max_pairs)


def test_the_room_for_pairs_may_run_out_between_two_sets(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("evalmap.screening.pairs.lexical.ROOM", 1)
    monkeypatch.setattr("evalmap.screening.pairs.lexical.CHUNK", 7)
    texts = [f"the same long opening of a sentence with end {i}" for i in range(60)]
    assert found(find_lexical_pairs(texts, floor=0.6)) == expected(texts, 0.6)


def test_the_pairs_do_not_depend_on_the_order_of_the_rows():
    texts = [*sentences(80), *sentences(20)]
    order = np.random.default_rng(0).permutation(len(texts))
    here, there = find_lexical_pairs(texts, floor=0.4), find_lexical_pairs([texts[i] for i in order], floor=0.4)
    moved = {frozenset((int(order[i]), int(order[j]))) for i, j in found(there)}
    assert moved == {frozenset(pair) for pair in found(here)}


def test_pairs_across_two_sets_leave_out_pairs_inside_each():
    a, b = [*sentences(30), sentences(1)[0]], [*sentences(40)[20:], "number0x3 garden"]
    every = oracle([*a, *b])[: len(a), len(a) :]
    rows, columns = np.nonzero(every >= np.float32(0.3))
    assert found(find_lexical_across(a, b, floor=0.3)) == list(zip(rows.tolist(), (columns + len(a)).tolist(), strict=True))


@pytest.mark.parametrize("floor", [0.0, -1.0, 1.5, float("nan")])
def test_a_floor_out_of_range_is_refused(floor: float):
    with pytest.raises(DatasetError, match="expected a similarity above 0 and up to 1"):
        find_lexical_pairs(["a", "b"], floor=floor)


def test_one_text_has_no_pair():
    assert found(find_lexical_pairs(["alone"])) == []
    assert found(find_lexical_pairs(["same", "Same "])) == [(0, 1)]
