"""Where the group at hand lies on the map: a drawn picture, as the library's are.

No map component: a group is a handful of points, and a picture of some kilobytes is there with the texts, without WebGL.
"""

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from evalmap.embeddings import palette
from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.layers import TOPICS_COARSE
from evalmap.embeddings.thumbnail import MISSING, Categories, Frame, by_cluster, by_label, draw_points, encode, main_body
from evalmap.pages.server import caches

WIDTH, HEIGHT = 640, 480  # pixels, shown at half of it
MARGIN = 60
SURROUNDINGS = 3  # the group is seen in this part of the main body's width at least: a third
POINT, KEPT = 9, 14  # radius of a row's point, and of the kept one's
FINE = 5_000  # rows up to which each is a round point
_GREY_OPACITY = 0.75


def draw(built: BuiltMap, keeper: int, rows: list[int]) -> None:
    """The kept row and those that it stands for, ringed over the rest of the map in grey."""
    manifest = built.manifest
    picture = _picture(manifest.slug, manifest.fingerprint, keeper, tuple(rows))
    st.image(picture, width="stretch", alt=f"Where the {len(rows) + 1:,} rows of this group lie on the map")
    st.caption("Ringed: the rows of this group, the kept one larger. Grey: the rest of the map around them.")


@st.cache_data(max_entries=128, show_spinner=False)
def _picture(slug: str, fingerprint: str, keeper: int, rows: tuple[int, ...]) -> bytes:
    return draw_group(caches.open_map(slug, fingerprint).coordinates, _categories(slug, fingerprint), keeper, rows)


@st.cache_resource(max_entries=16, show_spinner=False)
def _categories(slug: str, fingerprint: str) -> Categories:
    built = caches.open_map(slug, fingerprint)
    return by_label(built.examples) or by_cluster(built.clustering(TOPICS_COARSE.id).labels)


def group_frame(coordinates: NDArray[np.floating], rows: list[int]) -> Frame:
    """The part of the plane that shows the rows and what is around them: a third of the main body's width at least.

    At the border of the main body it shows more of the inside than of the empty plane.

    Parameters
    ----------
    coordinates : (n_samples, 2)
    rows : one at least
    """
    room = np.array([WIDTH, HEIGHT])
    body = main_body(coordinates, width=WIDTH, height=HEIGHT, margin=MARGIN)
    at = body.pixels(coordinates, width=WIDTH, height=HEIGHT)
    of_body = coordinates[((at >= 0) & (at <= room)).all(axis=1)].astype(np.float64)
    places = coordinates[rows].astype(np.float64)
    low, high = places.min(axis=0), places.max(axis=0)
    unit = max(float(((high - low) / (room - 2 * MARGIN)).max()), body.unit / SURROUNDINGS)
    half, margin = room * unit / 2, MARGIN * unit
    least, most = of_body.min(axis=0) - margin + half, of_body.max(axis=0) + margin - half
    center = (least + most) / 2
    middle = np.clip((low + high) / 2, np.minimum(least, center), np.maximum(most, center))
    x, y = np.clip(middle, high + margin - half, low - margin + half).tolist()  # the rows themselves come first
    return Frame(x, y, unit)


def draw_group(coordinates: NDArray[np.floating], categories: Categories, keeper: int, rows: tuple[int, ...]) -> bytes:
    """A PNG of 640 × 480 pixels on a transparent ground: the kept row and the rows that it stands for, ringed, over the rest.

    Parameters
    ----------
    coordinates : (n_samples, 2)
    categories : of all rows; the group's points bear their colours
    """
    group = [*rows, keeper]  # the kept one is drawn last
    places = group_frame(coordinates, group).pixels(coordinates, width=WIDTH, height=HEIGHT)
    grey = Categories(np.full(len(places), MISSING), ())
    grain, radius = (1, 5) if len(places) < FINE else (2, 1)  # coarser where there are many: a tenth of the bytes
    ground = draw_points(places / grain, grey, width=WIDTH // grain, height=HEIGHT // grain, radius=radius)
    ground = ground.repeat(grain, axis=0).repeat(grain, axis=1)
    ground[..., 3] = np.round(ground[..., 3] * _GREY_OPACITY)
    picture = Image.fromarray(ground, "RGBA")
    pen = ImageDraw.Draw(picture)
    for row in group:
        code = int(categories.codes[row])
        color = palette.MISSING if code == MISSING else categories.colors[code]
        radius = KEPT if row == keeper else POINT
        # White around dark: one of the two is seen on a light page, the other on a dark one.
        for reach, fill in ((5, "#ffffff"), (3, "#1f2328"), (0, color)):
            pen.circle(tuple(places[row].tolist()), radius + reach, fill=fill)
    return encode(np.asarray(picture), kind="PNG")  # what st.image hands on as it is
