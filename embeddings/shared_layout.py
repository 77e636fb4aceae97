"""Several built maps laid out together: one plane, one clustering with names, for two to eight datasets of one encoder."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError
from evalmap.data.store import disk
from evalmap.data.store.disk import save_array
from evalmap.data.store.manifest import Manifest
from evalmap.data.store.workspace import Workspace, stage_key
from evalmap.embeddings.array_types import Vectors
from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.clustering import Clustering, cluster_graph, cluster_kmeans
from evalmap.embeddings.faithfulness import faithfulness_record
from evalmap.embeddings.naming import ClusterName, Embed, name_clusters
from evalmap.embeddings.neighbors import GRAPH, NeighborGraph, find_neighbors
from evalmap.embeddings.projection import project
from evalmap.embeddings.stages import StageProgress, load_clusterings, load_graph

STAGE = "shared-layout"
VERSION = 1  # raise it when equal inputs give another layout
FEWEST, MOST = 2, 8  # maps
MAX_ROWS = 20_000  # of all maps together; of larger ones a sample is laid out, which is told
SEED = 42
# How much of the work each part is: two maps of 1,000 rows
SHARES = {"shared neighbors": 0.1, "shared projection": 0.6, "shared clustering": 0.1, "shared names": 0.2}


@dataclass(frozen=True)
class SharedLayout:
    """Several maps in one plane; row i of everything is row i of the layout. The maps' rows follow one another.

    Attributes
    ----------
    sources : (n,) int32, which map a row is of
    rows : (n,) int32, which row of that map it is
    graph : the k nearest neighbours, over all maps
    coordinates : (n, 2) float32
    clusterings, names : as in `BuiltMap`, of all maps together
    settings : what made it: `Projection.settings`, trustworthiness, and `rows`, the rows of each map, laid out and in all
    """

    sources: NDArray[np.int32]
    rows: NDArray[np.int32]
    graph: NeighborGraph
    coordinates: NDArray[np.float32]
    clusterings: tuple[Clustering, ...]
    names: tuple[ClusterName, ...]
    settings: dict[str, Any]

    def __len__(self) -> int:
        return len(self.rows)

    def row_of(self, source: int, row: int) -> int | None:
        """The row of the layout that is a row of a map; None where the sample left it out."""
        found = np.flatnonzero((self.sources == source) & (self.rows == row))
        return int(found[0]) if len(found) else None


def check_together(maps: Sequence[BuiltMap]) -> None:
    """Raise DatasetError, in one sentence, unless these maps can lie in one plane."""
    if not FEWEST <= len(maps) <= MOST:
        found = "one dataset was" if len(maps) == 1 else f"{len(maps)} datasets were"
        raise DatasetError(f"{found} given; a shared map takes {FEWEST} to {MOST}.")
    first = maps[0].manifest
    for built in maps[1:]:
        other = built.manifest
        if first.settings.encoder.get("model_key") != other.settings.encoder.get("model_key"):
            raise DatasetError(
                f"{first.name} was embedded with {first.settings.model} and {other.name} with {other.settings.model}: two "
                "models' vectors can't be compared. Build one of them again with the other's --model."
            )


def shared_layout(
    maps: Sequence[BuiltMap],
    *,
    max_rows: int = MAX_ROWS,
    embed: Embed | None = None,
    progress: StageProgress = lambda stage, done, total: None,
) -> SharedLayout:
    """Lay several maps out together, with UMAP on the exact neighbours of all their rows, and cluster and name them together.

    Parameters
    ----------
    maps : of one encoder
    max_rows : of all maps together. Where they have more, each gives an equal number drawn at random, or all of its rows where
        it has fewer; `settings["rows"]` tells how many
    embed : of the maps' encoder, to measure names with; None takes the best terms unmeasured
    progress : told of the stages of `SHARES`

    Returns
    -------
    SharedLayout : equal inputs give equal coordinates on one machine

    Raises
    ------
    DatasetError : these maps can't lie in one plane (`check_together`)
    """
    check_together(maps)
    drawn = draw_rows([len(built) for built in maps], max_rows)
    sources = np.repeat(np.arange(len(maps), dtype=np.int32), [len(rows) for rows in drawn])
    rows = np.concatenate(drawn).astype(np.int32)
    vectors = joined_vectors(maps, sources, rows)
    texts = [str(text) for built, own in zip(maps, drawn, strict=True) for text in built.examples["embedded_text"].iloc[own]]
    graph = find_neighbors(vectors, n_neighbors=GRAPH, progress=lambda done, total: progress("shared neighbors", done, total))
    progress("shared projection", 0, 0)
    projection = project(vectors, graph=graph, random_state=SEED)
    progress("shared clustering", 0, 0)
    clusterings = (
        cluster_kmeans(vectors, k=10, random_state=SEED),
        *cluster_graph(graph, vectors, random_state=SEED),
    )
    progress("shared names", 0, 0)
    names = name_clusters(texts, clusterings, vectors, embed=embed)
    settings = {
        **projection.settings,
        **faithfulness_record(vectors, projection.coordinates),
        "rows": [{"laid_out": len(own), "of": len(built)} for built, own in zip(maps, drawn, strict=True)],
    }
    progress("shared names", 1, 1)
    return SharedLayout(sources, rows, graph, projection.coordinates, clusterings, tuple(names), settings)


def draw_rows(sizes: Sequence[int], max_rows: int) -> list[NDArray[np.int64]]:
    """Which rows of each map are laid out, ascending: all, or as many of each larger one as fit into `max_rows` together."""
    each, left = max_rows, max_rows
    for at, size in enumerate(sorted(sizes)):  # the smaller ones whole, what they leave shared by the larger ones
        each = left // (len(sizes) - at)
        if size > each:
            break
        left -= size
    else:
        each = max(sizes)
    random = np.random.default_rng(SEED)
    return [np.arange(size) if size <= each else np.sort(random.choice(size, size=each, replace=False)) for size in sizes]


def joined_vectors(maps: Sequence[BuiltMap], sources: NDArray[np.int32], rows: NDArray[np.int32]) -> Vectors:
    """(n, n_dims) float32: the vectors of a layout's rows."""
    return np.concatenate([np.asarray(built.vectors[rows[sources == at]], dtype=np.float32) for at, built in enumerate(maps)])


def layout_key(manifests: Sequence[Manifest], max_rows: int = MAX_ROWS) -> str:
    """The key of a layout's entry; it bears the first map's, and goes when that one's vectors go."""
    embeddings = [manifest.key("embeddings") for manifest in manifests]
    return f"{embeddings[0]}-{stage_key(STAGE, VERSION, embeddings, max_rows)}"


def shared_layout_of(
    maps: Sequence[BuiltMap],
    workspace: Workspace,
    *,
    max_rows: int = MAX_ROWS,
    embed: Embed | None = None,
    progress: StageProgress = lambda stage, done, total: None,
) -> SharedLayout:
    """`shared_layout`, kept in the workspace: a second call reads it.

    Raises
    ------
    DatasetError : as `shared_layout`; the disk refuses
    """
    check_together(maps)
    key = layout_key([built.manifest for built in maps], max_rows)
    with workspace.leased() as leased:
        if not leased.has(STAGE, key):
            found = shared_layout(maps, max_rows=max_rows, embed=embed, progress=progress)
            with leased.create(STAGE, key) as folder:
                _write(folder, found)
        with disk.reading(leased.root, is_there=True):
            return _read(leased.entry(STAGE, key))


def stored_shared_layout(maps: Sequence[BuiltMap], workspace: Workspace, *, max_rows: int = MAX_ROWS) -> SharedLayout | None:
    """What `shared_layout_of` kept; None where it was not asked yet.

    Raises
    ------
    DatasetError : these maps can't lie in one plane; the disk does not give it
    """
    check_together(maps)
    folder = workspace.entry(STAGE, layout_key([built.manifest for built in maps], max_rows))
    try:
        with disk.reading(folder):
            return _read(folder)
    except FileNotFoundError:  # none there, or removed meanwhile
        return None


def _write(folder: Path, layout: SharedLayout) -> None:
    save_array(folder / "sources.npy", layout.sources)
    save_array(folder / "rows.npy", layout.rows)
    save_array(folder / "indices.npy", layout.graph.knn_indices)
    save_array(folder / "similarities.npy", layout.graph.knn_similarities)
    save_array(folder / "coordinates.npy", layout.coordinates)
    for clustering in layout.clusterings:
        save_array(folder / f"{clustering.layer}.npy", clustering.labels)
    (folder / "names.json").write_text(json.dumps([asdict(name) for name in layout.names], ensure_ascii=False), encoding="utf-8")
    (folder / "settings.json").write_text(json.dumps(layout.settings), encoding="utf-8")


def _read(folder: Path) -> SharedLayout:
    names = json.loads((folder / "names.json").read_text(encoding="utf-8"))
    return SharedLayout(
        sources=np.load(folder / "sources.npy"),
        rows=np.load(folder / "rows.npy"),
        graph=load_graph(folder),
        coordinates=np.load(folder / "coordinates.npy"),
        clusterings=load_clusterings(folder),
        names=tuple(
            ClusterName(**{**name, "terms": tuple(name["terms"]), "exemplars": tuple(name["exemplars"])}) for name in names
        ),
        settings=json.loads((folder / "settings.json").read_text(encoding="utf-8")),
    )
