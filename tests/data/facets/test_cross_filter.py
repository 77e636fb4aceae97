import threading

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalmap.data.errors import DatasetError
from evalmap.data.facets.cross_filter import CrossFilter
from evalmap.data.facets.facet import Facet, category_facet, number_facet, text_facet
from evalmap.data.facets.predicates import Filter, Predicate
from evalmap.tests.data.facets.tables import cross_filter_of, filters, oracle_counts, oracle_mask, tables


@settings(max_examples=200, deadline=None)
@given(tables(), st.lists(filters(), min_size=1, max_size=3), st.randoms())
def test_mask_and_counts_are_those_of_pandas(table: pd.DataFrame, asked: list[Filter], random):
    cross = cross_filter_of(table)
    for filter in asked:  # one after the other: what is kept of one must not show in the next
        within = None if random.random() < 0.5 else np.array([random.random() < 0.7 for _ in range(len(table))], dtype=bool)
        passing = cross.apply(filter, within=within)
        inside = pd.Series(True if within is None else within, index=table.index, dtype=bool)
        mask = oracle_mask(table, filter) & inside
        assert passing.mask.tolist() == mask.tolist()
        assert passing.n == mask.sum()
        for key, facet in cross.facets.items():
            seen = table[key][oracle_mask(table, filter, without=key) & inside]
            names = () if facet.kind == "text" else facet.names
            assert passing.counts[key].tolist() == oracle_counts(seen, names, facet.edges), key
            assert passing.totals[key].tolist() == oracle_counts(table[key], names, facet.edges), key
            assert facet.counts(passing.mask).tolist() == oracle_counts(table[key][mask], names, facet.edges), key
            assert passing.missing[key] == int((~facet.present[seen.index.to_numpy(dtype=np.intp)]).sum()), key
            assert facet.missing == int((~facet.present).sum())


def test_what_a_facet_asks_for_does_not_narrow_its_own_chart():
    label = category_facet("label", "Label", ["Yes", "No", "Yes", None])
    size = number_facet("size", "Size", [1, 2, 2, 1])
    passing = CrossFilter([label, size]).apply((Predicate("label", "is", ("Yes",)), Predicate("size", "is", (2,))))
    assert passing.mask.tolist() == [False, False, True, False]
    assert dict(zip(label.names, passing.counts["label"], strict=True)) == {"Yes": 1, "No": 1}
    np.testing.assert_array_equal(passing.counts["size"], [1, 1])


def test_balance_that_a_range_leaves_is_told_whatever_else_is_asked():
    label = category_facet("label", "Label", ["Yes", "No", "Yes", None, "No", "Yes"])
    confidence = number_facet("confidence", "Confidence", [0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
    cross = CrossFilter([label, confidence])
    filter = (Predicate("confidence", "between", (0.6, 0.9)), Predicate("label", "is", ("No",)))
    assert cross.counts_under(filter, column="confidence", of="label") == {"Yes": 1, "No": 2}
    assert cross.counts_under((), column="confidence", of="label") == {"Yes": 3, "No": 2}


def test_many_columns_may_fail_at_once():
    facets: list[Facet] = [number_facet(f"c{i}", f"C{i}", [0, 1]) for i in range(300)]
    passing = CrossFilter(facets).apply(tuple(Predicate(facet.key, "is", (1,)) for facet in facets[:256]))
    assert passing.mask.tolist() == [False, True]  # 256 failures are not 0 of them
    assert passing.counts["c0"].tolist() == [0, 1]


def test_a_column_that_is_not_there_is_told():
    cross = CrossFilter([category_facet("label", "Label", ["Yes"])])
    with pytest.raises(DatasetError, match=r"colour: there is no such column here; there are label\."):
        cross.apply((Predicate("colour", "is", ("red",)),))


def test_a_question_that_a_column_cannot_be_asked_is_told():
    cross = CrossFilter([category_facet("label", "Label", ["Yes"]), number_facet("size", "Size", [1.0])])
    with pytest.raises(DatasetError, match=r"Label between: can be asked is, is_not, contains"):
        cross.apply((Predicate("label", "between", (0, 1)),))
    with pytest.raises(DatasetError, match=r"Size: tall is no number, and the column holds numbers\."):
        cross.apply((Predicate("size", "is", ("tall",)),))


def test_facets_of_one_table_only():
    with pytest.raises(ValueError, match="1 different keys"):
        CrossFilter([category_facet("a", "A", ["x"]), category_facet("a", "B", ["x"])])
    with pytest.raises(ValueError, match=r"facets of \[1, 2\] rows"):
        CrossFilter([category_facet("a", "A", ["x"]), category_facet("b", "B", ["x", "y"])])
    with pytest.raises(ValueError, match=r"within has the shape \(2,\); expected \(1,\)"):
        CrossFilter([category_facet("a", "A", ["x"])]).apply((), within=np.ones(2, dtype=bool))


def test_no_facet_and_no_row():
    assert CrossFilter([]).apply(()).n == 0
    empty = cross_filter_of(
        pd.DataFrame({name: pd.Series([], dtype="object") for name in ("label", "size", "day", "tags", "text")})
    )
    passing = empty.apply((Predicate("label", "is", ("Yes",)), Predicate("size", "between", (0, 1))))
    assert passing.n == 0
    assert all(not counts.sum() for counts in passing.counts.values())


def test_what_is_kept_cannot_be_changed_by_a_reader():
    cross = CrossFilter([category_facet("label", "Label", ["Yes", "No"])])
    passing = cross.apply(())
    for array in (passing.mask, passing.totals["label"], cross.facets["label"].present):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    with pytest.raises(ValueError, match="read-only"):
        cross.facets["label"].passes(Predicate("label", "is", ("Yes",)))[0] = False
    with pytest.raises(ValueError, match="read-only"):
        passing.counts["label"][0] = 7


def test_a_predicate_is_judged_once_however_often_it_is_asked(monkeypatch: pytest.MonkeyPatch):
    texts = text_facet("text", "Text", ["one", "two"])
    looked = []
    find = type(texts)._find
    monkeypatch.setattr(type(texts), "_find", lambda self, predicate: looked.append(predicate) or find(self, predicate))
    cross = CrossFilter([texts, category_facet("label", "Label", ["Yes", "No"])])
    words = Predicate("text", "contains", ("o",))
    for label in ("Yes", "No", "Yes"):
        cross.apply((words, Predicate("label", "is", (label,))))
    assert looked.count(words) == 1


def test_threads_share_a_cross_filter():
    rng = np.random.default_rng(0)
    labels, sizes = rng.choice(["Yes", "No", "Maybe"], 2_000), rng.integers(0, 50, 2_000)
    cross = CrossFilter([category_facet("label", "Label", labels), number_facet("size", "Size", sizes)])
    wrong = []

    def ask(seed: int) -> None:
        own = np.random.default_rng(seed)
        for _ in range(50):
            label, low = str(own.choice(["Yes", "No", "Maybe"])), int(own.integers(0, 50))
            found = cross.apply((Predicate("label", "is", (label,)), Predicate("size", "between", (low, low + 9))))
            if found.n != ((labels == label) & (sizes >= low) & (sizes <= low + 9)).sum():
                wrong.append((label, low))

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
