"""The picture of a map: which pixels are coloured, and how."""

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from evalmap.embeddings import palette
from evalmap.embeddings.thumbnail import (
    HEIGHT,
    MARGIN,
    MISSING,
    MOST_BYTES,
    WIDTH,
    Categories,
    by_cluster,
    by_label,
    draw_points,
    draw_thumbnail,
    main_body,
    opacity,
)

BLUE, ORANGE = palette.BLUE, palette.ORANGE


def all_of(n: int, color: str = BLUE) -> Categories:
    return Categories(np.zeros(n, dtype=np.int64), (color,))


def pixels(drawn: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(drawn)) as picture:
        assert picture.format == "WEBP"
        return np.asarray(picture.convert("RGBA"))


def hexes(picture: np.ndarray) -> set[str]:
    """The colours of the pixels that are not empty."""
    return {"#" + bytes(rgb).hex().upper() for rgb in picture[picture[..., 3] > 0][:, :3]}


def columns(picture: np.ndarray) -> np.ndarray:
    return np.flatnonzero(picture[..., 3].any(axis=0))


def rows(picture: np.ndarray) -> np.ndarray:
    return np.flatnonzero(picture[..., 3].any(axis=1))


def examples(labels: list[str | None], choices: str | None = None) -> pd.DataFrame:
    return pd.DataFrame({"label": pd.Series(labels, dtype="object"), "choices": choices})


def test_points_stand_where_the_map_has_them_and_up_is_up():
    places = np.array([[0, 0], [2, 0], [0, 1], [2, 1]], dtype=np.float32)
    picture = pixels(draw_thumbnail(places, Categories(np.array([0, 1, 2, MISSING]), (BLUE, ORANGE, "#009E73"))))
    assert picture.shape == (HEIGHT, WIDTH, 4)
    left, right = MARGIN, WIDTH - MARGIN
    half = (right - left) // 4  # the points are twice as far apart in x as in y
    high, low = HEIGHT // 2 - half, HEIGHT // 2 + half
    corners = {(left, low): BLUE, (right, low): ORANGE, (left, high): "#009E73", (right, high): palette.MISSING}
    assert {place: "#" + bytes(picture[place[1], place[0], :3]).hex().upper() for place in corners} == corners
    near = np.zeros((HEIGHT, WIDTH), dtype=bool)
    for x, y in corners:
        near[y - 7 : y + 8, x - 7 : x + 8] = True
    assert not picture[~near][:, 3].any()  # nothing else is drawn: the ground is transparent


def test_same_map_gives_the_same_bytes():
    rng = np.random.default_rng(3)
    places, categories = rng.normal(size=(500, 2)).astype(np.float32), Categories(rng.integers(2, size=500), (BLUE, ORANGE))
    first = draw_thumbnail(places, categories)
    assert draw_thumbnail(places.copy(), categories) == first
    assert draw_thumbnail(places, Categories(1 - categories.codes, categories.colors)) != first


@pytest.mark.parametrize("orange_first", [False, True])
def test_place_that_is_half_and_half_looks_mixed_in_whichever_order_the_rows_come(orange_first: bool):
    rng = np.random.default_rng(4)
    n = 40_000
    places = rng.uniform(size=(n, 2))
    codes = np.arange(n) < n // 2 if orange_first else np.arange(n) >= n // 2  # sorted by label, as files are
    picture = pixels(draw_thumbnail(places, Categories(codes.astype(np.int64), (BLUE, ORANGE))))
    assert hexes(picture) == {BLUE, ORANGE}
    inside = picture[40:-40, 160:-160]
    for part in np.split(inside, 4, axis=1):  # in each part of the square, too
        seen = part[part[..., 3] > 0]
        assert 0.4 < (seen[:, 0] > 128).mean() < 0.6


def test_rare_category_keeps_its_share_of_a_dense_place():
    n = 50_000
    places = np.random.default_rng(5).uniform(size=(n, 2))
    codes = (np.arange(n) % 10 == 0).astype(np.int64)
    picture = pixels(draw_thumbnail(places, Categories(codes, (BLUE, ORANGE))))
    seen = picture[picture[..., 3] > 0]
    assert 0.07 < (seen[:, 0] > 128).mean() < 0.13


def test_dense_place_is_opaque_and_a_lone_point_beside_it_faint():
    assert opacity(np.array([1] * 50 + [100] * 50)).tolist()[49:51] == [0.375, 1.0]
    assert opacity(np.array([1, 1, 1])).tolist() == [0.8125] * 3  # nothing is dense: points are plainly seen
    counts = np.array([1, 2, 4, 8, 16, 64, 64])
    assert (np.diff(opacity(counts)) >= 0).all()


@pytest.mark.parametrize("n", [1, 2, 7])
def test_equal_points_stand_in_the_middle(n: int):
    picture = pixels(draw_thumbnail(np.full((n, 2), 7.5, dtype=np.float32), all_of(n)))
    assert hexes(picture) == {BLUE}
    assert (columns(picture).min(), columns(picture).max()) == (WIDTH // 2 - 6, WIDTH // 2 + 6)
    assert (rows(picture).min(), rows(picture).max()) == (HEIGHT // 2 - 6, HEIGHT // 2 + 6)


def test_points_on_a_line_fill_the_width():
    places = np.column_stack([np.arange(50), np.full(50, 3.0)])
    picture = pixels(draw_thumbnail(places, all_of(50)))
    assert columns(picture).min() < MARGIN
    assert columns(picture).max() >= WIDTH - MARGIN


def test_far_island_does_not_shrink_the_main_body():
    body = np.random.default_rng(6).uniform(size=(950, 2))
    alone = main_body(body)
    beside = main_body(np.vstack([body, np.random.default_rng(7).uniform(size=(50, 2)) + 30]))
    assert (beside.x, beside.y, beside.unit) == pytest.approx((alone.x, alone.y, alone.unit))


def test_two_halves_are_both_shown_and_so_is_what_lies_near():
    rng = np.random.default_rng(8)
    one = rng.uniform(size=(100, 2))
    for other, n in ((one + 30, 100), (one[:3] + np.array([1.05, 0]), 3)):
        places = np.vstack([one, other])
        seen = main_body(places).pixels(places, width=WIDTH, height=HEIGHT)
        assert len(places) == 100 + n
        assert ((seen >= 0) & (seen <= [WIDTH, HEIGHT])).all()


def test_far_scattered_rows_are_shown_where_they_are_many():
    clumps = np.repeat(np.random.default_rng(9).uniform(size=(10, 2)) * 10, 15, axis=0)
    seen = main_body(clumps).pixels(clumps, width=WIDTH, height=HEIGHT)
    assert ((seen >= 0) & (seen <= [WIDTH, HEIGHT])).all()


@pytest.mark.parametrize("colors", [2, 18])
def test_picture_of_many_rows_stays_small(colors: int):
    rng = np.random.default_rng(10)
    n = 120_000
    places = rng.uniform(size=(n, 2)) * [1.6, 1]  # all of the picture is covered: the worst there is
    drawn = draw_thumbnail(places, Categories(rng.integers(colors, size=n), palette.CYCLE[:colors]))
    assert len(drawn) <= MOST_BYTES
    picture = pixels(drawn)
    assert hexes(picture) == set(palette.CYCLE[:colors])


def test_labels_have_the_colours_of_the_map():
    found = by_label(examples(["No", "Yes", None, "Yes"]))
    assert found
    assert (found.colors, found.codes.tolist()) == ((BLUE, ORANGE), [1, 0, MISSING, 0])  # the most frequent first
    assert by_label(examples([None, None])) is None


def test_letters_are_coloured_by_the_alphabet_and_named_options_by_how_many_there_are():
    letters = by_label(examples(["B", "A", "B"]))
    named = by_label(examples(["B", "A", "B"], '["red", "green"]'))  # the map calls them "A · red" and "B · green"
    assert letters
    assert named
    assert [letters.colors[code] for code in letters.codes] == [ORANGE, BLUE, ORANGE]
    assert [named.colors[code] for code in named.codes] == [BLUE, ORANGE, BLUE]


def test_clusters_are_coloured_by_their_ids_and_noise_has_no_colour():
    found = by_cluster(np.array([1, 0, -1, 19]))
    assert found.codes.tolist() == [1, 0, MISSING, 19]
    assert found.colors[:2] == palette.CYCLE[:2]
    assert found.colors[19] == palette.CYCLE[1]
    assert by_cluster(np.array([-1, -1])).colors == ()


def test_points_outside_a_picture_are_left_out_and_those_at_its_border_cut():
    picture = draw_points(np.array([[-50.0, 5], [0, 5], [9.5, 5]]), all_of(3), width=10, height=10, radius=1)
    assert picture[5, :, 3].astype(bool).tolist() == [True, True, *[False] * 6, True, True]


def test_as_many_categories_as_points_and_a_point_at_least():
    with pytest.raises(ValueError, match="2 points and 3 categories"):
        draw_thumbnail(np.zeros((2, 2)), all_of(3))
    with pytest.raises(ValueError, match="0 points"):
        draw_thumbnail(np.zeros((0, 2)), all_of(0))
