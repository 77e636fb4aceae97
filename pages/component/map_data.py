"""What the browser is sent of a map: points, colourings, cluster names and hover texts, as pure functions of a built map."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalmap.data.choices import option_words, shared_option_words
from evalmap.data.facets.column_kinds import field_key
from evalmap.data.records import ROLE_NAMES
from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.clustering import Clustering
from evalmap.embeddings.layers import KMEANS, LAYERS, TOPICS_FINE, layer_of

MISSING_CODE = 65_535
MISSING_NAME = "missing"
KEPT = "neighbors_kept"
MAX_FIELD_TEXTS = 50  # a source field with more distinct texts is no colouring
HOVER_CHARACTERS = 600
_HOVER_LAYERS = ((TOPICS_FINE, "Topic"), (KMEANS, "Cluster"))
KEPT_TITLE = "Neighbours kept"
_OWN_TITLES = frozenset((*(layer.title for layer in LAYERS), "Label", "Confidence", "Dataset", "Group", "Outlier", KEPT_TITLE))
Kind = Literal["category", "number"]


@dataclass(frozen=True)
class Column:
    """A colouring that the map offers.

    Attributes
    ----------
    key : unique and safe in a URL: "label", "cluster.kmeans", "confidence", "dataset", "field.<name>"
    title : what the reader chooses; unique too
    kind : "category" or "number"
    categories : (name, count); code i is category i. The most frequent first, clusters by their id
    missing : rows without a value; for categories they are also the last entry of `categories`, with the code `MISSING_CODE`
    low, high : the ends of the scale: the least and the greatest finite value, or what the column fixes; nan for categories
    scale : of numbers: "sequential", or "diverging" around the middle
    """

    key: str
    title: str
    kind: Kind
    categories: tuple[tuple[str, int], ...] = ()
    missing: int = 0
    low: float = float("nan")
    high: float = float("nan")
    scale: Literal["sequential", "diverging"] = "sequential"

    @property
    def codes(self) -> tuple[int, ...]:
        """The code of each category, as `column_bytes` writes it."""
        known = range(len(self.categories) - (1 if self.missing else 0))
        return (*known, MISSING_CODE) if self.missing and self.kind == "category" else tuple(known)


@dataclass(frozen=True)
class _Source:
    """Where a column's values come from: texts or numbers of every row, or cluster ids with the names of the clusters."""

    key: str
    title: str
    values: pd.Series
    names: tuple[str, ...] | None = None


def points(built: BuiltMap) -> bytes:
    """The map's coordinates: little-endian float32, x of every row and then y of every row (8 bytes a point)."""
    return np.ascontiguousarray(built.coordinates.T, dtype="<f4").tobytes()


def columns(built: BuiltMap) -> list[Column]:
    """Every colouring the map offers: the label, clusters, what else Evalmap knows of an example, then the other source fields."""
    return [column for source in _sources(built) if (column := _encode(source)[0]) is not None]


def column_bytes(built: BuiltMap, key: str) -> bytes:
    """The values of a colouring: uint16 codes (65535 = missing) or float32 numbers (NaN = missing), little-endian.

    Raises
    ------
    KeyError : the map offers no such colouring
    """
    for source in _sources(built):
        if source.key == key:
            column, values = _encode(source)
            if column is not None:
                return values.tobytes()
    raise KeyError(key)


def column_codes(built: BuiltMap, key: str) -> NDArray[np.uint16] | NDArray[np.float32]:
    """`column_bytes` as an array, one value a row."""
    raw = column_bytes(built, key)
    return np.frombuffer(raw, dtype="<u2" if len(raw) == 2 * len(built) else "<f4")


def cluster_labels(built: BuiltMap) -> list[dict[str, Any]]:
    """Where the cluster names of each layer stand, and from which zoom on: [{layer, zoom, names: [{id, name, x, y, size, weak}]}].

    x and y are the medians of the cluster's coordinates; `weak` marks a name that holds for less than half of the rows; zoom is
    null for a layer whose names stand only where the map is coloured by it.
    """
    return [
        {
            "layer": clustering.layer,
            "zoom": layer_of(clustering.layer).zoom,
            "names": _places(built, clustering),
        }
        for clustering in built.clusterings
    ]


def repeats(first: NDArray[np.uint32]) -> bytes:
    """The first row of each row's group of near-duplicates: little-endian uint32, 4 bytes a row."""
    return np.ascontiguousarray(first, dtype="<u4").tobytes()


def hover(built: BuiltMap, row: int) -> dict[str, Any]:
    """What the tooltip shows of an example; its text is cut at 600 characters.

    Raises
    ------
    IndexError : there is no such row
    """
    if not 0 <= row < len(built):
        raise IndexError(f"row {row} is not on this map of {len(built):,} examples")
    example = built.examples.iloc[row]
    text = str(example["text"])
    confidence = float(example["confidence"])
    return {
        "text": text if len(text) <= HOVER_CHARACTERS else text[:HOVER_CHARACTERS].rstrip() + "…",
        "label": option_words(example["label"], example["choices"]) or None,
        "confidence": None if np.isnan(confidence) else confidence,
        "clusters": [{"title": title, "name": _cluster_name(built, layer.id, row)} for layer, title in _HOVER_LAYERS],
        "dataset": str(example["dataset"]),
        "line": int(example["line"]),
    }


def bitset(mask: NDArray[np.bool_]) -> str:
    """A row mask as the browser reads it: one bit a row, the lowest bit first, in base64."""
    return base64.b64encode(np.packbits(mask, bitorder="little").tobytes()).decode("ascii")


def _places(built: BuiltMap, clustering: Clustering) -> list[dict[str, Any]]:
    order = np.argsort(clustering.labels, kind="stable")
    sizes = np.bincount(clustering.labels, minlength=clustering.n_clusters)
    members = np.split(order, np.cumsum(sizes)[:-1]) if len(sizes) else []
    return [
        {
            "id": name.id,
            "name": name.name,
            "x": round(float(np.median(built.coordinates[members[name.id], 0])), 4),
            "y": round(float(np.median(built.coordinates[members[name.id], 1])), 4),
            "size": int(sizes[name.id]),
            "weak": name.is_weak,
        }
        for name in built.names_by_layer.get(clustering.layer, [])
        if sizes[name.id]
    ]


def _cluster_name(built: BuiltMap, layer: str, row: int) -> str | None:
    """The name of a row's cluster behind those of its parents; None where the map has no such layer."""
    found = next((clustering for clustering in built.clusterings if clustering.layer == layer), None)
    return built.breadcrumb(layer, int(found.labels[row])) if found and layer in built.names_by_layer else None


def _sources(built: BuiltMap) -> Iterator[_Source]:
    examples, fields = built.examples, built.fields
    if examples["label"].notna().any():
        words = shared_option_words(examples["label"], examples["choices"])
        yield _Source("label", "Label", examples["label"].map(words) if words else examples["label"])
    for clustering in built.clusterings:
        names = tuple(name.name for name in sorted(built.names_by_layer.get(clustering.layer, []), key=lambda name: name.id))
        title = layer_of(clustering.layer).title
        yield _Source(f"cluster.{clustering.layer}", title, pd.Series(clustering.labels), names)
    if examples["confidence"].notna().any():
        yield _Source("confidence", "Confidence", examples["confidence"])
    if examples["dataset"].nunique() > 1:
        yield _Source("dataset", "Dataset", examples["dataset"])
    if examples["group"].notna().any():
        yield _Source("group", "Group", examples["group"])
    yield _Source(KEPT, KEPT_TITLE, pd.Series(built.neighbors_kept))
    if built.outliers.any():
        yield _Source("outlier", "Outlier", pd.Series(np.where(built.outliers, "outlier", "not an outlier")))
    with_role = fields_with_role(built)
    for name in fields.columns:
        if name not in with_role and _is_coloring(fields[name]):
            yield _Source(field_key(str(name)), field_title(str(name)), fields[name])


def _is_coloring(values: pd.Series) -> bool:
    if pd.api.types.is_bool_dtype(values):
        return True
    if pd.api.types.is_numeric_dtype(values):
        return bool(np.isfinite(values.to_numpy(dtype=np.float64, na_value=np.nan)).any())
    return 1 <= values.nunique() <= MAX_FIELD_TEXTS


def fields_with_role(built: BuiltMap) -> frozenset[str]:
    """The source fields that alone play a role; what they hold is shown as the label, the text …"""
    return frozenset(name for role in ROLE_NAMES if (name := built.manifest.roles.get(role)))


def field_title(name: str) -> str:
    """A field's name, with "(field)" where a column of the map's own is called so."""
    return f"{name} (field)" if name in _OWN_TITLES else name


def _encode(source: _Source) -> tuple[Column | None, NDArray[Any]]:
    """The column and its values; None where it has no value, or more categories than codes."""
    values = source.values
    if source.names is not None:
        codes = values.to_numpy().astype("<u2")
        counts = np.bincount(codes, minlength=len(source.names))
        return Column(source.key, source.title, "category", tuple(zip(source.names, map(int, counts), strict=True))), codes
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan).astype("<f4")
        numbers = np.where(np.isfinite(numbers), numbers, np.float32("nan")).astype("<f4")
        missing = int(np.isnan(numbers).sum())
        if missing == len(numbers):
            return None, numbers
        low, high = float(np.nanmin(numbers)), float(np.nanmax(numbers))
        return Column(source.key, source.title, "number", missing=missing, low=low, high=high), numbers
    absent = values.isna().to_numpy(dtype=bool)
    texts = values[~absent].astype(str)
    counted = sorted(texts.value_counts().items(), key=lambda pair: (-pair[1], str(pair[0])))
    if not counted or len(counted) >= MISSING_CODE:
        return None, np.empty(0, dtype="<u2")
    code_of = {name: code for code, (name, _) in enumerate(counted)}
    codes = np.full(len(values), MISSING_CODE, dtype="<u2")
    codes[~absent] = texts.map(code_of).to_numpy(dtype="<u2")
    missing = int(absent.sum())
    categories = [(str(name), int(count)) for name, count in counted]
    if missing:
        categories.append((MISSING_NAME, missing))
    return Column(source.key, source.title, "category", tuple(categories), missing), codes
