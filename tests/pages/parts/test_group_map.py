"""The small map of a group of near-duplicates."""

import io

import numpy as np
import pytest
from PIL import Image

from evalmap.embeddings import palette
from evalmap.embeddings.thumbnail import MISSING, Categories
from evalmap.pages.parts.duplicates.group_map import HEIGHT, KEPT, MARGIN, POINT, WIDTH, draw_group, group_frame

BLUE, ORANGE = palette.BLUE, palette.ORANGE
BODY = np.random.default_rng(1).uniform(size=(400, 2)).astype(np.float32)


def pixels(drawn: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(drawn)) as picture:
        assert (picture.format, picture.size) == ("PNG", (WIDTH, HEIGHT))
        return np.asarray(picture.convert("RGBA"))


def places_of(coordinates: np.ndarray, rows: list[int]) -> np.ndarray:
    return np.round(group_frame(coordinates, rows).pixels(coordinates, width=WIDTH, height=HEIGHT)[rows]).astype(int)


def color_at(picture: np.ndarray, place: np.ndarray) -> str:
    return "#" + bytes(picture[place[1], place[0], :3]).hex().upper()


def test_rows_of_the_group_bear_their_labels_colours_and_the_rest_is_grey():
    codes = np.arange(400) % 2
    categories = Categories(codes, (BLUE, ORANGE))
    picture = pixels(draw_group(BODY, categories, 0, (1, 399)))
    for row, place in zip((0, 1, 399), places_of(BODY, [0, 1, 399]), strict=True):
        assert color_at(picture, place) == (BLUE, ORANGE)[codes[row]]
    apart = np.ones((HEIGHT, WIDTH), dtype=bool)
    for x, y in places_of(BODY, [0, 1, 399]):
        apart[max(y - 22, 0) : y + 23, max(x - 22, 0) : x + 23] = False
    rest = picture[apart & (picture[..., 3] > 0)]
    assert len(rest) > 1000
    assert {"#" + bytes(rgb).hex().upper() for rgb in rest[:, :3]} == {palette.MISSING}
    assert rest[:, 3].max() < 255


def test_kept_row_has_the_larger_ring_and_is_drawn_over_the_others():
    coordinates = np.vstack([BODY, [[0.5, 0.5], [0.5, 0.5], [0.6, 0.5]]])
    picture = pixels(draw_group(coordinates, Categories(np.array([0] * 401 + [1, 1]), (BLUE, ORANGE)), 400, (401, 402)))
    kept, _, other = places_of(coordinates, [400, 401, 402])
    assert color_at(picture, kept) == BLUE  # over the row that is equal to it
    for place, radius in ((kept, KEPT), (other, POINT)):
        assert color_at(picture, place + np.array([0, radius + 2])) == "#1F2328"
        assert color_at(picture, place + np.array([0, radius + 5])) == "#FFFFFF"


def test_rows_without_a_label_are_grey_in_their_ring():
    picture = pixels(draw_group(BODY, Categories(np.full(400, MISSING), ()), 5, (6,)))
    for place in places_of(BODY, [5, 6]):
        assert color_at(picture, place) == palette.MISSING


@pytest.mark.parametrize("rows", [[0, 1], [7], list(range(400))])
def test_frame_holds_the_group_and_what_is_around_it(rows: list[int]):
    seen = group_frame(BODY, rows).pixels(BODY, width=WIDTH, height=HEIGHT)
    inside = seen[rows]
    assert (inside >= MARGIN - 1e-6).all()
    assert (inside <= np.array([WIDTH, HEIGHT]) - MARGIN + 1e-6).all()
    others = ((seen >= 0) & (seen <= [WIDTH, HEIGHT])).all(axis=1).sum()
    assert others >= 400 / 20


def test_frame_of_a_group_in_a_corner_shows_the_body_rather_than_the_empty_plane():
    corner = int(BODY.sum(axis=1).argmin())
    seen = group_frame(BODY, [corner]).pixels(BODY, width=WIDTH, height=HEIGHT)
    x, y = seen[corner]
    assert x < WIDTH / 2
    assert y > HEIGHT / 2


def test_group_on_a_far_island_is_shown_there():
    coordinates = np.vstack([BODY, [[9.0, 9.0], [9.01, 9.0]]])
    for place in places_of(coordinates, [400, 401]):
        assert (place >= MARGIN - 1).all()
        assert (place <= np.array([WIDTH, HEIGHT]) - MARGIN + 1).all()


def test_equal_points_have_a_picture():
    coordinates = np.zeros((3, 2), dtype=np.float32)
    picture = pixels(draw_group(coordinates, Categories(np.zeros(3, dtype=int), (BLUE,)), 0, (1, 2)))
    assert color_at(picture, np.array([WIDTH // 2, HEIGHT // 2])) == BLUE
