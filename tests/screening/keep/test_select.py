"""Which rows stay: the guarantees of a selection, held against a plain greedy loop."""

import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalmap.data.errors import DatasetError
from evalmap.screening.keep.by_hand import Decisions
from evalmap.screening.keep.select import KEPT_BY_HAND, NEAR, REMOVED_BY_HAND, TARGET, drop, select
from evalmap.screening.pair_types import RULES, Pairs
from evalmap.screening.variants.variants import KINDS, Differences
from evalmap.tests.fakes import fake_vector
from evalmap.tests.screening.oracles import brute_pairs, edges_of, greedy, pairs_from


@st.composite
def problems(draw: st.DrawFn) -> tuple[Pairs, list[int], list[str | None]]:
    """Pairs of up to 14 rows, an order and labels."""
    n = draw(st.integers(1, 14))
    possible = [(a, b) for a in range(n) for b in range(a + 1, n)]
    chosen = draw(st.lists(st.sampled_from(possible), unique=True)) if possible else []
    pairs = pairs_from(n, [(a, b, draw(st.sampled_from([0.8, 0.85, 0.9, 0.95, 1.0]))) for a, b in chosen])
    return pairs, draw(st.permutations(range(n))), draw(st.lists(st.sampled_from(["Yes", "No", None]), min_size=n, max_size=n))


def opposed(labels: list[str | None], a: int, b: int) -> bool:
    return labels[a] is not None and labels[b] is not None and labels[a] != labels[b]


@given(problems(), st.sampled_from([0.8, 0.9, 1.0]))
def test_selection_equals_a_greedy_loop(problem, threshold):
    pairs, order, _ = problem
    found = select(pairs, threshold=threshold, method="semantic", order=np.array(order))
    expected = greedy(pairs.n, edges_of(pairs, threshold), order)
    assert found.keeper.tolist() == [expected[row] for row in range(pairs.n)]
    assert found.kept.tolist() == [expected[row] == row for row in range(pairs.n)]
    assert [RULES[rule] for rule in found.rule[~found.kept]] == ["near-duplicate of a kept row"] * int((~found.kept).sum())


@given(problems(), st.sampled_from([0.8, 0.9, 1.0]), st.sampled_from(["protect", "remove"]))
def test_no_two_kept_rows_are_alike_and_each_removed_row_has_its_reason(problem, threshold, contrast):
    pairs, order, labels = problem
    found = select(pairs, threshold=threshold, method="semantic", order=np.array(order), labels=labels, contrast=contrast)
    alike = edges_of(pairs, threshold)
    contrasts = {(a, b) for a, b in alike if opposed(labels, a, b)}
    assert {(a, b) for a, b in found.contrast.tolist()} == contrasts
    assert found.settings["contrast_pairs"] == len(contrasts)
    edges = alike - contrasts if contrast == "protect" else alike
    assert [(a, b) for a, b in edges if found.kept[a] and found.kept[b]] == []
    for row in np.flatnonzero(~found.kept).tolist():
        keeper = int(found.keeper[row])
        assert found.kept[keeper]
        assert (min(row, keeper), max(row, keeper)) in edges
    assert (found.keeper[found.kept] == np.flatnonzero(found.kept)).all()


@given(problems(), st.data(), st.sampled_from([(), ("numbers",), ("negations",), ("numbers", "negations")]))
def test_each_removed_row_is_near_a_kept_row_that_it_is_no_variant_of(problem, data, merge):
    """Texts that differ in a number, a negation, both or neither; held against what they were made of."""
    pairs, order, labels = problem
    made = data.draw(st.lists(st.tuples(st.integers(1, 2), st.booleans()), min_size=pairs.n, max_size=pairs.n))
    differences = Differences([f"I do {'not ' * no}own {number} hens" for number, no in made])
    found = select(
        pairs, threshold=0.9, method="semantic", order=np.array(order), labels=labels, differences=differences, merge=merge
    )

    def kinds(a: int, b: int) -> set[str]:
        number, no = (one != other for one, other in zip(made[a], made[b], strict=True))
        return {kind for kind, differs in (("numbers", number), ("negations", no)) if differs}

    alike = edges_of(pairs, 0.9)
    variants = {(a, b) for a, b in alike if kinds(a, b) - set(merge)}
    assert {(a, b) for a, b in found.variants.tolist()} == variants
    assert found.settings["variant_pairs"] == len(variants)
    assert found.settings["merged_pairs"] == len([pair for pair in alike - variants if kinds(*pair)])
    listed = [{kind for bit, kind in enumerate(KINDS) if bits >> bit & 1} for bits in found.variant_kinds.tolist()]
    assert listed == [kinds(a, b) for a, b in found.variants.tolist()]
    edges = {(a, b) for a, b in alike - variants if not opposed(labels, a, b)}
    assert [(a, b) for a, b in edges if found.kept[a] and found.kept[b]] == []
    for row in np.flatnonzero(~found.kept).tolist():
        keeper = int(found.keeper[row])
        assert found.kept[keeper]
        assert (min(row, keeper), max(row, keeper)) in edges
    gone = data.draw(st.lists(st.sampled_from(np.flatnonzero(found.kept).tolist()), unique=True))
    fewer = drop(found, np.isin(np.arange(pairs.n), gone), rule=TARGET, order=np.array(order), pairs=pairs)
    for row in np.flatnonzero(fewer.rule == NEAR).tolist():
        keeper = int(fewer.keeper[row])
        assert fewer.kept[keeper]
        assert (min(row, keeper), max(row, keeper)) in edges


def test_texts_equal_under_the_normalization_are_variants_by_their_keys_only():
    """Rows 0 and 1 are equal but for a sign that alphanumeric leaves out; 2 and 3 are equal to the byte, with other answers."""
    texts = ["It is 5 +3", "It is 5 -3", "How far?", "How far?", "How far?"]
    pairs = pairs_from(5, [(0, 1, 1.0), (2, 3, 1.0), (2, 4, 1.0), (3, 4, 1.0)], exact=[3, 0, 0, 0])
    keys = pd.DataFrame({"answer": [None, None, "1 km", "2 km", "1 KM"]})
    differences = Differences(texts, fields=keys, variant_fields=["answer"])
    options = {"threshold": 0.95, "order": np.arange(5), "differences": differences}
    kept = {
        name: np.flatnonzero(select(pairs, normalization=name, **options).kept).tolist() for name in ("typographic", "alphanumeric")
    }
    assert kept == {"typographic": [0, 1, 2, 3], "alphanumeric": [0, 2, 3]}
    assert np.flatnonzero(select(pairs, **options, merge=["keys"]).kept).tolist() == [0, 1, 2]


def test_a_row_whose_near_kept_rows_are_all_variants_stays():
    """1 is near 0 and 2, both kept before it, and differs from each; from 3 in nothing."""
    differences = Differences(["I own 2 hens", "I own 3 hens", "I own 4 hens", "Hens, I own 3"])
    pairs = pairs_from(4, [(0, 1, 0.99), (1, 2, 0.99), (1, 3, 0.99)])
    order = np.array([0, 2, 1, 3])
    found = select(pairs, threshold=0.95, method="semantic", order=order, differences=differences)
    assert found.kept.tolist() == [True, True, True, False]
    assert found.keeper.tolist() == [0, 1, 2, 1]
    assert found.variants.tolist() == [[0, 1], [1, 2]]
    merged = select(pairs, threshold=0.95, method="semantic", order=order, differences=differences, merge=["numbers"])
    assert merged.kept.tolist() == [True, False, True, True]


@given(problems(), st.data())
def test_row_order_does_not_matter(problem, data):
    pairs, order, labels = problem
    moved = np.array(data.draw(st.permutations(range(pairs.n))))  # old row → new row
    listed = [(int(moved[a]), int(moved[b]), float(s)) for a, b, s in zip(pairs.left, pairs.right, pairs.semantic, strict=True)]
    new_labels = [labels[int(np.flatnonzero(moved == new)[0])] for new in range(pairs.n)]
    options = {"threshold": 0.9, "method": "semantic"}
    before = select(pairs, order=np.array(order), labels=labels, **options)
    after = select(pairs_from(pairs.n, listed), order=moved[order], labels=new_labels, **options)
    assert after.kept[moved].tolist() == before.kept.tolist()
    assert after.keeper[moved].tolist() == moved[before.keeper].tolist()


@given(problems())
def test_a_higher_threshold_has_fewer_pairs_and_takes_no_row_apart(problem):
    """What is monotone: the pairs, and that rows kept at a threshold are not alike at any higher one."""
    pairs, order, _ = problem
    steps = (0.8, 0.85, 0.9, 0.95, 1.0)
    found = {t: select(pairs, threshold=t, method="semantic", order=np.array(order)) for t in steps}
    assert sorted((found[t].settings["pairs"] for t in steps), reverse=True) == [found[t].settings["pairs"] for t in steps]
    for low in steps:
        for high in (t for t in steps if t >= low):
            assert [(a, b) for a, b in edges_of(pairs, high) if found[low].kept[a] and found[low].kept[b]] == []
            lonely = [row for row in range(pairs.n) if not any(row in edge for edge in edges_of(pairs, low))]
            assert found[high].kept[lonely].all()


def test_kept_rows_may_get_fewer_as_the_threshold_rises():
    """Row 0 takes out row 1, and with it the only reason to remove 2, 3 and 4."""
    pairs = pairs_from(5, [(0, 1, 0.85), (1, 2, 0.95), (1, 3, 0.95), (1, 4, 0.95)])
    low, high = (select(pairs, threshold=t, method="semantic", order=np.arange(5)) for t in (0.85, 0.9))
    assert np.flatnonzero(low.kept).tolist() == [0, 2, 3, 4]
    assert np.flatnonzero(high.kept).tolist() == [0, 1]


def test_a_long_chain_in_its_own_order_is_decided_too():
    n = 500
    pairs = pairs_from(n, [(row, row + 1, 0.9) for row in range(n - 1)])
    found = select(pairs, threshold=0.9, method="semantic", order=np.arange(n))
    assert np.flatnonzero(found.kept).tolist() == list(range(0, n, 2))
    assert found.keeper[1::2].tolist() == list(range(0, n, 2))


TEXTS = ["Roses in the garden", "roses  in the GARDEN", "I'm in the garden", "I’m in the garden", "Im in the garden", "Ships"]


@pytest.mark.parametrize(
    ("normalization", "kept"),
    [("bytes", [0, 1, 2, 3, 4, 5]), ("caseless", [0, 2, 3, 4, 5]), ("typographic", [0, 2, 4, 5]), ("alphanumeric", [0, 2, 5])],
)
def test_method_exact_follows_the_normalisation(normalization, kept):
    pairs = brute_pairs(TEXTS, np.stack([fake_vector(text) for text in TEXTS]))
    found = select(pairs, threshold=1.0, method="exact", normalization=normalization, order=np.arange(6))
    assert np.flatnonzero(found.kept).tolist() == kept


def test_methods_read_their_own_number_and_all_reads_any():
    pairs = pairs_from(6, [(0, 1, 0.99), (2, 3, 0.1), (4, 5, 0.1)], exact=[4, 4, 2])
    pairs.lexical[1] = 0.97
    kept = {
        method: np.flatnonzero(select(pairs, threshold=0.95, method=method, order=np.arange(6)).kept).tolist()
        for method in ("exact", "lexical", "semantic", "all")
    }
    assert kept == {"exact": [0, 1, 2, 3, 4], "lexical": [0, 1, 2, 4, 5], "semantic": [0, 2, 3, 4, 5], "all": [0, 2, 4]}


def test_contrast_pairs_stay_together_unless_told_otherwise():
    pairs = pairs_from(3, [(0, 1, 0.99), (1, 2, 0.99), (0, 2, 0.99)])
    labels = pd.Series(["Yes", "No", "No"], dtype="str")
    protected = select(pairs, threshold=0.95, method="semantic", order=np.arange(3), labels=labels)
    assert protected.kept.tolist() == [True, True, False]
    assert protected.keeper.tolist() == [0, 1, 1]
    assert protected.contrast.tolist() == [[0, 1], [0, 2]]
    removed = select(pairs, threshold=0.95, method="semantic", order=np.arange(3), labels=labels, contrast="remove")
    assert removed.kept.tolist() == [True, False, False]
    assert removed.contrast.tolist() == [[0, 1], [0, 2]]


def test_hands_come_first():
    pairs = pairs_from(5, [(0, 1, 0.99), (1, 2, 0.99), (0, 2, 0.99)])
    options = {"threshold": 0.95, "method": "semantic", "order": np.arange(5)}
    other = select(pairs, **options, decisions=Decisions(kept=(2,)))
    assert other.kept.tolist() == [False, False, True, True, True]
    assert other.keeper.tolist() == [2, 2, 2, 3, 4]
    both = select(pairs, **options, decisions=Decisions(kept=(0, 2)))
    assert both.kept.tolist() == [True, False, True, True, True]
    assert both.settings["pairs_kept_by_hand"] == 1
    assert both.rule.tolist() == [KEPT_BY_HAND, NEAR, KEPT_BY_HAND, 0, 0]
    less = select(pairs, **options, decisions=Decisions(removed=(0, 4)))
    assert less.kept.tolist() == [False, True, False, True, False]
    assert less.keeper.tolist() == [-1, 1, 1, 3, -1]
    assert less.rule[[0, 4]].tolist() == [REMOVED_BY_HAND, REMOVED_BY_HAND]
    with pytest.raises(ValueError, match="row 1 is both kept and removed by hand"):
        select(pairs, **options, decisions=Decisions((1,), (1,)))


def test_what_a_dropped_row_stood_for_names_another_or_goes_with_it():
    pairs = pairs_from(5, [(0, 2, 0.99), (1, 2, 0.99), (0, 3, 0.99), (4, 3, 0.96)])
    order = np.arange(5)
    selection = select(pairs, threshold=0.95, method="semantic", order=order, labels=["a", "a", "a", "a", "b"])
    assert selection.keeper.tolist() == [0, 1, 0, 0, 4]
    dropped = drop(selection, np.arange(5) == 0, rule=TARGET, order=order, pairs=pairs)
    assert dropped.kept.tolist() == [False, True, False, False, True]
    assert dropped.keeper.tolist() == [-1, 1, 1, -1, 4]  # 4 is a contrast to 3, so no reason to remove it
    assert dropped.rule.tolist() == [TARGET, 0, NEAR, TARGET, 0]


@pytest.mark.parametrize("threshold", [0.0, -1.0, 1.01, 95, float("nan")])
def test_threshold_out_of_range_is_told(threshold):
    with pytest.raises(DatasetError, match="expected a similarity above 0 and at most 1"):
        select(pairs_from(2, []), threshold=threshold, order=np.arange(2))


def test_threshold_below_the_floor_is_told():
    pairs = replace(pairs_from(2, []), floors={"lexical": 0.5, "semantic": 0.8})
    with pytest.raises(DatasetError, match=r"threshold 0\.7 is below 0\.8, where the semantic pairs end"):
        select(pairs, threshold=0.7, order=np.arange(2))
    assert select(pairs, threshold=0.7, method="lexical", order=np.arange(2)).kept.all()
    assert select(pairs, threshold=0.1, method="exact", order=np.arange(2)).kept.all()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"order": np.array([0, 0])}, "expected each of 2 rows once"),
        ({"order": np.array([0])}, "expected each of 2 rows once"),
        ({"labels": ["Yes"]}, "labels has 1 entries"),
        ({"method": "vague"}, "method is 'vague'"),
        ({"normalization": "N9"}, "normalization is 'N9'"),
        ({"contrast": "ignore"}, "contrast is 'ignore'"),
    ],
)
def test_wrong_calls_are_told(wrong, message):
    with pytest.raises(ValueError, match=message):
        select(pairs_from(2, []), **{"threshold": 0.9, "order": np.arange(2), **wrong})


def test_nothing_is_a_selection_too():
    found = select(pairs_from(0, []), threshold=0.9, order=np.arange(0), labels=[])
    assert len(found.kept) == len(found.keeper) == len(found.contrast) == 0


def test_a_large_set_is_decided_at_once():
    random = np.random.default_rng(0)
    n, m = 120_204, 590_000
    key = np.unique(random.integers(0, n - 400, m, dtype=np.int64) * n + random.integers(1, 400, m))
    left, right = key // n, key // n + key % n
    lexical, semantic = random.random((2, len(key)), dtype=np.float32)
    exact, ends = np.full(len(key), 4, dtype=np.uint8), (left.astype(np.int32), right.astype(np.int32))
    pairs = Pairs(n, *ends, exact, lexical, 0.85 + 0.15 * semantic, {"lexical": 0.0, "semantic": 0.85})
    labels, order = pd.Series(random.choice(["Yes", "No"], n), dtype="str"), random.permutation(n)
    seconds = []
    for _ in range(3):
        started = time.process_time()
        select(pairs, threshold=0.85, order=order, labels=labels)
        seconds.append(time.process_time() - started)
    assert min(seconds) < 0.6  # 0.07 s where it was written
