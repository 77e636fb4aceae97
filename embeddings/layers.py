"""The layers of clusters: what each is called by programs and by people, and from which zoom its names stand on the map."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Layer:
    """One layer of clusters.

    id : in files, tables, addresses and options
    title : for a reader
    zoom : its names stand on the map from this zoom on (1 = the whole map), until the next layer's; None: never
    former_id : what files and addresses of version 0.1 call it
    """

    id: str
    title: str
    zoom: float | None = None
    former_id: str | None = None


KMEANS = Layer("kmeans", "Clusters (k-means)")
TOPICS_COARSE = Layer("topics-coarse", "Topics, coarse", zoom=0.0, former_id="graph-0")
TOPICS_MEDIUM = Layer("topics-medium", "Topics", zoom=1.7, former_id="graph-1")
TOPICS_FINE = Layer("topics-fine", "Topics, fine", zoom=4.0, former_id="graph-2")
TOPICS = (TOPICS_COARSE, TOPICS_MEDIUM, TOPICS_FINE)  # coarse → fine, each nested in the one before
LAYERS = (KMEANS, *TOPICS)


def layer_of(reference: str) -> Layer:
    """The layer of an id, today's or a former one; ValueError where there is none."""
    for layer in LAYERS:
        if reference in (layer.id, layer.former_id):
            return layer
    raise ValueError(f"layer {reference!r} is unknown; there are {', '.join(layer.id for layer in LAYERS)}")
