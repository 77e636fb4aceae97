"""The map component's Python side: what comes back from the browser, and which rows it means."""

import math
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from evalmap.embeddings import palette
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.component import map_view
from evalmap.pages.component.map_data import Column
from evalmap.pages.component.map_view import MapView, read_view, rows_inside, rows_selected


def winding_number(x: float, y: float, xs: list[float], ys: list[float]) -> int:
    """How often a polygon runs around a point, from the angles it turns through: another way than rows_inside's."""
    angles = [math.atan2(b - y, a - x) for a, b in zip(xs, ys, strict=True)]
    turns = [(b - a + math.pi) % (2 * math.pi) - math.pi for a, b in zip(angles, [*angles[1:], angles[0]], strict=True)]
    return round(sum(turns) / (2 * math.pi))


@pytest.fixture(scope="module")
def coordinates() -> np.ndarray:
    return np.random.default_rng(3).normal(size=(400, 2)).astype(np.float32)


def test_a_view_of_collapsed_near_duplicates_says_so():
    assert read_view({"collapsed": True}, None, 5).collapsed
    for other in ({}, {"collapsed": "yes"}, {"collapsed": 1}):
        assert not read_view(other, None, 5).collapsed


def test_a_selection_of_collapsed_near_duplicates_holds_their_groups_whole(monkeypatch: pytest.MonkeyPatch):
    built = cast(BuiltMap, SimpleNamespace(coordinates=np.array([[0, 0], [5, 5], [9, 9], [0.5, 0.5]], dtype=np.float32)))
    monkeypatch.setattr(map_view, "repeats_of", lambda _: np.array([0, 1, 0, 3], dtype=np.uint32))
    box = {"box": {"x": [-1.0, 1.0], "y": [-1.0, 1.0]}}
    assert rows_selected(built, MapView(selection=box)).tolist() == [0, 3]
    assert rows_selected(built, MapView(selection=box, collapsed=True)).tolist() == [0, 2, 3]
    assert rows_selected(built, MapView(collapsed=True)).tolist() == []


@pytest.mark.parametrize("seed", range(6))
def test_a_lasso_holds_the_rows_that_it_runs_around(coordinates: np.ndarray, seed: int):
    random = np.random.default_rng(seed)
    angles = np.sort(random.uniform(0, 2 * np.pi, 23))
    radii = random.uniform(0.2, 2, 23)  # a star around (0.1, -0.2): dents, but no crossing
    xs, ys = (0.1 + radii * np.cos(angles)).tolist(), (-0.2 + radii * np.sin(angles)).tolist()
    expected = [i for i, (x, y) in enumerate(coordinates.tolist()) if winding_number(x, y, xs, ys) % 2]
    assert rows_inside(coordinates, {"lasso": {"x": xs, "y": ys}}).tolist() == expected
    assert 0 < len(expected) < len(coordinates)


def test_a_lasso_that_crosses_itself_leaves_out_what_it_runs_around_twice():
    points = np.array([[0, 0], [3, 0]], dtype=np.float32)
    turn = np.linspace(0, 4 * np.pi, 200, endpoint=False)
    radius = np.where(turn < 2 * np.pi, 1.0, 4.0)  # round (0, 0) twice, round (3, 0) once
    lasso = {"lasso": {"x": (radius * np.cos(turn)).tolist(), "y": (radius * np.sin(turn)).tolist()}}
    assert rows_inside(points, lasso).tolist() == [1]


def test_the_corners_of_a_box_may_come_in_any_order(coordinates: np.ndarray):
    x, y = coordinates[:, 0], coordinates[:, 1]
    expected = np.flatnonzero((x >= -0.5) & (x <= 1) & (y >= 0) & (y <= 0.75)).tolist()
    assert expected
    assert rows_inside(coordinates, {"box": {"x": [1, -0.5], "y": [0, 0.75]}}).tolist() == expected


def test_no_selection_and_a_flat_lasso_hold_no_rows(coordinates: np.ndarray):
    assert rows_inside(coordinates, None).tolist() == []
    assert rows_inside(coordinates, {"lasso": {"x": [0, 1, 2], "y": [0, 0, 0]}}).tolist() == []


def test_a_view_is_read_as_the_browser_sends_it():
    box = {"x": [0, 1], "y": [2, 3.5]}
    read = read_view({"selection": {"box": box}, "view": box, "hidden": [1, 65_535]}, 4, 5)
    assert read == MapView({"box": {"x": [0, 1], "y": [2, 3.5]}}, {"x": [0, 1], "y": [2, 3.5]}, (1, 65_535), 4)


@pytest.mark.parametrize(
    "state",
    [
        None,
        "lasso",
        {"selection": {"lasso": {"x": [1, 2], "y": [1, 2]}}},
        {"selection": {"lasso": {"x": [1, 2, 3], "y": [1, 2]}}},
        {"selection": {"lasso": {"x": ["1", 2, 3], "y": [1, 2, 3]}}},
        {"selection": {"lasso": {"x": [1, 2, float("nan")], "y": [1, 2, 3]}}},
        {"selection": {"lasso": {"x": [0.0] * 5001, "y": [0.0] * 5001}}},
        {"selection": {"box": {"x": [1, 2, 3], "y": [1, 2]}}, "view": [1, 2]},
        {"selection": {"box": {"x": [True, 2], "y": [1, 2]}}, "hidden": "1"},
        {"view": {"x": [1, float("inf")], "y": [0, 1]}, "hidden": ["1", True]},
    ],
)
def test_what_does_not_fit_is_left_out(state: Any):
    assert read_view(state, None, 5) == MapView()


@pytest.mark.parametrize("clicked", [-1, 5, "2", True, 2.0, None])
def test_a_click_beside_the_rows_is_no_click(clicked: object):
    assert read_view(None, clicked, 5).clicked is None


@pytest.mark.parametrize("names", [["Yes", "No"], ["No", "Yes"], [" No", " Yes", "missing"]])
def test_yes_is_blue_and_no_is_orange_in_any_order(names: list[str]):
    of = dict(zip((name.strip() for name in names), palette.colors(names), strict=True))
    assert (of["Yes"], of["No"]) == (palette.BLUE, palette.ORANGE)
    assert len(set(of.values())) == len(names)


def test_choices_follow_the_alphabet():
    assert palette.colors(["(B)", "(A)"]) == [palette.ORANGE, palette.BLUE]
    assert palette.colors([" (C)", " (A)"]) == [palette.CYCLE[2], palette.CYCLE[0]]


def test_ten_clusters_have_ten_colours_and_many_repeat_them():
    names = [f"cluster {i}" for i in range(40)]
    assert len(set(palette.colors(names)[:10])) == 10
    assert palette.colors(names)[len(palette.CYCLE)] == palette.colors(names)[0]


def test_letters_keep_the_alphabet_s_colours_beside_rows_without_a_value():
    column = Column("label", "Label", "category", (("(B)", 5), ("(A)", 3), ("missing", 2)), missing=2)
    assert map_view.category_colors(column) == [palette.ORANGE, palette.BLUE, palette.MISSING]
