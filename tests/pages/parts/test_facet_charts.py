"""What a chart shows under a filter, and what an act on one asks for."""

import json

import numpy as np
import pytest

from evalmap.data.facets.cross_filter import CrossFilter
from evalmap.data.facets.facet import Facet, category_facet, date_facet, items_facet, number_facet, text_facet
from evalmap.data.facets.predicates import Filter, Predicate
from evalmap.pages.component.facet_view import Act, _sent
from evalmap.pages.parts.map import where
from evalmap.pages.parts.map.facet_charts import MOST_BARS, after, chart
from evalmap.pages.shared import palette

LABELS = ["Yes", "No", "Yes", None, "Yes", "Maybe"]
LABEL = category_facet("label", "Label", LABELS)  # Yes, Maybe, No
SCORE = number_facet("score", "Score", [0.1, 0.25, 0.5, 0.75, 1.0, None])
DAY = date_facet("day", "Day", ["2024-01-05", "2024-02-10", "2024-03-15", "2024-04-20", None, "2024-06-30"])
TAGS = items_facet("tags", "Tags", [["a", "b"], ["a"], [], ["b"], ["c"], ["a"]])


def drawn(facet: Facet, filter: Filter = (), *, colors: dict[str, str] | None = None):
    passing = CrossFilter([LABEL, SCORE, DAY, TAGS]).apply(filter)
    return chart(facet, tuple(one for one in filter if one.column == facet.key), passing, colors=colors)


# What is asked for


@pytest.mark.parametrize(
    ("act", "asked"),
    [
        (Act("label", "values", chosen=(0,)), (Predicate("label", "is", ("Yes",)),)),
        (
            Act("label", "values", chosen=(0, 2), missing=1),
            (Predicate("label", "is", ("Yes", "No")), Predicate("label", "missing")),
        ),
        (Act("label", "values", excluded=(1,)), (Predicate("label", "is_not", ("Maybe",)),)),
        (Act("label", "values", missing=-1), (Predicate("label", "not_missing"),)),
        (Act("label", "values", chosen=(7, -1)), ()),
        (Act("label", "values"), ()),
        (Act("label", "clear"), ()),
        (Act("label", "range", range=(0.0, 1.0)), ()),
    ],
)
def test_an_act_sets_what_is_asked_of_its_column_alone(act: Act, asked: Filter):
    before = (Predicate("label", "is", ("No",)), Predicate("score", "between", (0.0, 0.5)))
    assert after(before, act, LABEL) == (*asked, before[1])


def test_a_brush_over_numbers_asks_for_its_ends_and_one_over_dates_for_whole_bins():
    assert after((), Act("score", "range", range=(0.25, 0.75)), SCORE) == (Predicate("score", "between", (0.25, 0.75)),)
    starts = DAY.edges * 1000
    (predicate,) = after((), Act("day", "range", range=(starts[0], starts[3])), DAY)
    assert predicate == DAY.brush(0, 2)
    assert after((), Act("day", "range", range=(-1e15, 1e15)), DAY) == (DAY.brush(0, DAY.n_bins - 1),)


def test_what_was_asked_in_words_stays_until_it_is_cleared():
    words = Predicate("label", "contains", ("e",))
    chosen = Predicate("label", "is", ("No",))
    assert after((words,), Act("label", "values", chosen=(2,)), LABEL) == (chosen, words)
    assert after((chosen, words), Act("label", "clear"), LABEL) == ()


def test_a_chip_stays_where_it_stood():
    one, two, three = (Predicate(column, "missing") for column in ("a", "b", "c"))
    assert where.in_place((one, two, three), "b", (Predicate("b", "not_missing"),)) == (one, Predicate("b", "not_missing"), three)
    assert where.in_place((one, three), "b", (two,)) == (one, three, two)


# What is drawn


def test_bars_tell_all_rows_those_that_pass_the_other_columns_and_what_is_chosen():
    filter = (Predicate("label", "is", ("No",)), Predicate("score", "between", (0.0, 0.5)))
    shown = drawn(LABEL, filter)
    assert list(shown.bars) == [("Yes", 3, 2, 0, 0), ("Maybe", 1, 0, 1, 0), ("No", 1, 1, 2, 1)]
    assert (shown.missing, shown.active) == ((1, 0, 0), True)
    assert [bar[:3] for bar in drawn(TAGS, filter[:1]).bars] == [("a", 3, 1), ("b", 2, 0), ("c", 1, 0)]
    assert drawn(LABEL, (Predicate("label", "not_missing"),)).missing == (1, 1, -1)


def test_a_histogram_tells_its_bins_and_its_brush():
    shown = drawn(SCORE, (Predicate("score", "between", (0.2, float("inf"))), Predicate("label", "is", ("Yes",))))
    assert (sum(shown.totals), sum(shown.passing), shown.missing) == (5, 3, (1, 0, 0))
    assert shown.brush == (0.2, SCORE.edges[-1])
    assert drawn(SCORE, (Predicate("score", "is", (0.5,)),)).brush is None
    dated = drawn(DAY, (DAY.brush(1, 2),))
    assert dated.date
    assert dated.brush is not None
    assert dated.brush[0] == DAY.edges[1] * 1000
    assert dated.brush[1] == pytest.approx(DAY.edges[3] * 1000, abs=1)


def test_bars_have_the_colours_of_the_map():
    colors = dict(zip(LABEL.names, palette.colors(LABEL.names), strict=True))
    assert drawn(LABEL, colors=colors).colors == [colors[name] for name in LABEL.names]


def test_many_names_are_searched_and_the_chosen_one_is_always_there():
    names = [f"name {place:04}" for place in range(3_000)]
    many = category_facet("many", "Many", names=names, codes=np.arange(3_000))
    passing = CrossFilter([many]).apply(asked := (Predicate("many", "is", ("name 2999",)),))
    shown = chart(many, asked, passing)
    assert len(shown.bars) == MOST_BARS + 1
    assert shown.bars[-1] == ("name 2999", 1, 1, 2999, 1)
    assert shown.more == 3_000 - len(shown.bars)
    found = chart(many, (), CrossFilter([many]).apply(()), query="NAME 21")
    assert {f"name {place:04}" for place in range(2_100, 2_200)} <= {bar[0] for bar in found.bars}


def test_what_is_sent_for_twelve_columns_stays_below_100_kb():
    codes = np.random.default_rng(0).integers(0, 900, 20_000)
    names = [f"{place} · a name of a cluster · as long as they get" for place in range(900)]
    columns: list[Facet] = [category_facet(f"c{column}", f"Column {column}", names=names, codes=codes) for column in range(11)]
    columns.append(number_facet("number", "Number", codes))
    passing = CrossFilter(columns).apply((Predicate("number", "between", (0.0, 450.0)),))
    sent = json.dumps([_sent(chart(column, (), passing)) for column in columns], ensure_ascii=False)
    assert len(sent.encode()) <= 100_000


def test_names_that_are_half_a_character_can_be_sent():
    facet = category_facet("odd", "Odd", names=["\ud800", "x" * 500], codes=np.array([0, 1]))
    shown = chart(facet, (), CrossFilter([facet]).apply(()))
    assert [len(bar[0].encode()) for bar in shown.bars] == [1, 122]


# What a link may ask


def test_a_text_column_has_no_bars_but_can_be_asked():
    text = text_facet("text", "Text", ["a plan", "none"])
    asked = (Predicate("text", "contains", ("plan",)),)
    assert where.possible(asked, {"text": text}) == (asked, [])
