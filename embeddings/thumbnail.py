"""The picture of a map: its points in their colours on a transparent ground, small enough for a card of the library.

It is drawn on the CPU, the same bytes for the same map and libraries, and reads well on a light and on a dark page.
"""

import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalmap.data.choices import shared_option_words
from evalmap.data.labels import label_counts
from evalmap.embeddings import palette

VERSION = 1  # raise it when the same map is drawn in another way
FILE = "thumbnail.webp"
WIDTH, HEIGHT = 640, 400  # pixels; shown at half of it, so that it is sharp on a dense screen
MARGIN = 24  # pixels around the points
MOST_BYTES = 30_000
MISSING = -1  # the category of a row that has none
MAIN = 0.7  # the ratio of the rows that the main body holds on each axis, at least
NEAR = 0.1  # of its length: a row that stands so near to it belongs to it
WORTH = 2.0  # rows are left out of the picture where the rest grows by this factor,
HELD = 0.8  # and is this ratio of the rows at least
_FADED = 0.6  # how much of its opacity a lone point loses beside a place that is 64 points deep
_GRAINS = (1, 2, 3, 4, 6)  # pixels a side


@dataclass(frozen=True)
class Categories:
    """What the points are coloured by.

    codes : (n_samples,) the category of each row, `MISSING` where it has none
    colors : of the categories, "#rrggbb"
    """

    codes: NDArray[np.integer]
    colors: tuple[str, ...]

    def digest(self) -> str:
        """A hash of which row has which colour."""
        found = hashlib.sha256("\0".join((*self.colors, palette.MISSING)).encode())
        found.update(self.codes.astype("<i8").tobytes())
        return found.hexdigest()


@dataclass(frozen=True)
class Frame:
    """The part of the plane that a picture shows: its middle, and the data units of one pixel."""

    x: float
    y: float
    unit: float

    def pixels(self, coordinates: NDArray[Any], *, width: int, height: int) -> NDArray[np.float64]:
        """(n, 2) where points stand in a picture, from its upper left corner."""
        places = np.asarray(coordinates, dtype=np.float64)
        across = (places[:, 0] - self.x) / self.unit + width / 2
        return np.column_stack([across, height / 2 - (places[:, 1] - self.y) / self.unit])


def by_label(examples: pd.DataFrame) -> Categories | None:
    """The labels in the colours of the map, the most frequent first; None where no row has one.

    Parameters
    ----------
    examples : as in `evalmap.data.records.Dataset`
    """
    labels = examples["label"]
    if words := shared_option_words(labels, examples["choices"]):
        labels = labels.map(words)
    names = list(label_counts(labels))
    if not names:
        return None
    places = {name: code for code, name in enumerate(names)}
    codes = labels.astype("object").map(lambda label: places.get(str(label), MISSING), na_action="ignore").fillna(MISSING)
    return Categories(codes.to_numpy(dtype=np.int64), tuple(palette.colors(names)))


def by_cluster(labels: NDArray[np.integer]) -> Categories:
    """Clusters in the order of their ids, −1 (noise) without a colour of its own."""
    colors = [palette.CYCLE[place % len(palette.CYCLE)] for place in range(int(labels.max(initial=-1)) + 1)]
    return Categories(np.asarray(labels, dtype=np.int64), tuple(colors))


def main_body(coordinates: NDArray[Any], *, width: int = WIDTH, height: int = HEIGHT, margin: int = MARGIN) -> Frame:
    """The frame that shows where most rows lie, so that a far island does not shrink them to a corner.

    The main body is, on each axis, the shortest interval that holds 70 % of the rows, grown to the next row as long as that stands
    within a tenth of the interval's length. It is shown alone where it holds 80 % of the rows at least and is at least twice as
    large as beside the rest; else all rows are shown. Both axes have one scale. Equal points stand in the middle.
    """
    columns = [np.sort(np.asarray(coordinates[:, axis], dtype=np.float64)) for axis in (0, 1)]
    room = (width - 2 * margin, height - 2 * margin)
    body = [_main_interval(column) for column in columns]
    whole = [(float(column[0]), float(column[-1])) for column in columns]
    unit, whole_unit = (max((high - low) / size for (low, high), size in zip(one, room, strict=True)) for one in (body, whole))
    inside = np.ones(len(coordinates), dtype=bool)
    for axis, (low, high) in enumerate(body):
        inside &= (coordinates[:, axis] >= low) & (coordinates[:, axis] <= high)
    if not unit or whole_unit < WORTH * unit or inside.mean() < HELD:
        body, unit = whole, whole_unit
    return Frame(sum(body[0]) / 2, sum(body[1]) / 2, unit or 1.0)


def draw_thumbnail(coordinates: NDArray[Any], categories: Categories) -> bytes:
    """The picture of a map's main body: a WebP of 640 × 400 pixels on a transparent ground, 30 kB at most.

    Where points lie over each other, the order of drawing is a fixed mixture of all rows, so that a place that is half of one
    category and half of another shows both; how many lie there tells the opacity, on a logarithmic scale. A picture that would be
    too large is drawn in coarser grains.

    Parameters
    ----------
    coordinates : (n_samples, 2), finite

    Raises
    ------
    ValueError : no rows, or not as many categories as rows
    """
    if len(coordinates) != len(categories.codes) or not len(coordinates):
        raise ValueError(f"{len(coordinates)} points and {len(categories.codes)} categories: expected one a point, and a point")
    radius = _radius(len(coordinates))
    places = main_body(coordinates).pixels(coordinates, width=WIDTH, height=HEIGHT)
    whole = ((places > radius) & (places < np.array([WIDTH, HEIGHT]) - radius)).all(axis=1)  # none is cut at the border
    places, categories = places[whole], Categories(categories.codes[whole], categories.colors)
    drawn = b""
    for grain in _GRAINS:
        picture = draw_points(
            places / grain, categories, width=-(-WIDTH // grain), height=-(-HEIGHT // grain), radius=radius / grain
        )
        picture = picture.repeat(grain, axis=0).repeat(grain, axis=1)[:HEIGHT, :WIDTH]
        drawn = encode(picture)
        if len(drawn) <= MOST_BYTES:
            break
    return drawn


def draw_points(places: NDArray[Any], categories: Categories, *, width: int, height: int, radius: float) -> NDArray[np.uint8]:
    """(height, width, 4) red, green, blue and opacity of round points.

    Parameters
    ----------
    places : (n, 2) in pixels, from the upper left corner; those outside are left out
    radius : of a point, in pixels; a point is one pixel at least
    """
    cells = np.floor(np.asarray(places, dtype=np.float64)).astype(np.int64)
    near = np.flatnonzero((cells > -radius - 1).all(axis=1) & (cells[:, 0] < width + radius) & (cells[:, 1] < height + radius))
    # A multiplicative hash (Knuth): neighbouring rows come far from each other, and no generator's stream is relied on.
    order = near[np.argsort((near * 2_654_435_761) % 2**32, kind="stable")]
    x, y = cells[order, 0], cells[order, 1]
    counts = np.zeros(width * height, dtype=np.int64)
    top = np.full(width * height, -1, dtype=np.int64)  # the place in the order of the point that is drawn last
    for dx, dy in _disc(radius):
        inside = np.flatnonzero((x + dx >= 0) & (x + dx < width) & (y + dy >= 0) & (y + dy < height))
        at = (y[inside] + dy) * width + x[inside] + dx
        counts += np.bincount(at, minlength=width * height)
        last = np.full(width * height, -1, dtype=np.int64)
        last[at] = inside  # of equal places the last is kept
        np.maximum(top, last, out=top)
    rgb = np.array([_channels(color) for color in (*categories.colors, palette.MISSING)], dtype=np.uint8)
    picture = np.zeros((width * height, 4), dtype=np.uint8)
    some = np.flatnonzero(top >= 0)
    picture[some, :3] = rgb[categories.codes[order[top[some]]]]  # MISSING is the last colour
    picture[some, 3] = np.round(255 * opacity(counts[some]))
    return picture.reshape(height, width, 4)


def opacity(counts: NDArray[np.integer]) -> NDArray[np.float64]:
    """Of pixels under so many points, logarithmic: the densest (of the lower 99 %) has 1, a lone point the less the denser that is.

    A lone point has 0.4 beside a place that is 64 points deep or more, and 0.8 where nowhere more than four lie over each other.
    """
    most = max(float(np.percentile(counts, 99)) if len(counts) else 0.0, 4.0)
    depth = np.minimum(np.log(np.maximum(counts, 1)) / np.log(most), 1.0)
    faded = _FADED * min(np.log(most) / np.log(64), 1.0)
    return np.round((1 - faded * (1 - depth)) * 16) / 16  # in steps: fewer bytes


def encode(picture: NDArray[np.uint8], *, kind: Literal["WEBP", "PNG"] = "WEBP") -> bytes:
    """(height, width, 4) as the bytes of a file, without loss."""
    from PIL import Image

    file = io.BytesIO()
    options = {"lossless": True, "quality": 100, "method": 4, "exact": False} if kind == "WEBP" else {}
    Image.fromarray(picture, "RGBA").save(file, kind, **options)
    return file.getvalue()


def _radius(n: int) -> float:
    """Of a point in pixels: 6 for a few, 1 from about 20,000 on."""
    return float(np.clip(6.5 - 1.3 * np.log10(max(n, 1) / 30), 1.0, 6.0))


def _disc(radius: float) -> Iterator[tuple[int, int]]:
    """The steps from a pixel to those that a point at it covers."""
    most = int(radius)
    for dy in range(-most, most + 1):
        for dx in range(-most, most + 1):
            if dx * dx + dy * dy <= radius * radius:
                yield dx, dy


def _main_interval(ordered: NDArray[np.float64]) -> tuple[float, float]:
    held = max(int(np.ceil(MAIN * len(ordered))), 1)
    first = int((ordered[held - 1 :] - ordered[: len(ordered) - held + 1]).argmin())
    last = first + held - 1
    while True:
        reach = NEAR * (ordered[last] - ordered[first])
        if first > 0 and ordered[first] - ordered[first - 1] <= reach:
            first = min(int(np.searchsorted(ordered, ordered[first] - reach)), first - 1)  # a step at least, however it is rounded
        elif last + 1 < len(ordered) and ordered[last + 1] - ordered[last] <= reach:
            last = max(int(np.searchsorted(ordered, ordered[last] + reach, side="right")) - 1, last + 1)
        else:
            return float(ordered[first]), float(ordered[last])


def _channels(color: str) -> Sequence[int]:
    return [int(color[at : at + 2], 16) for at in (1, 3, 5)]
