"""Does the map tell the truth? A section of the quality report, from `embeddings/faithfulness.py` and `embeddings/stability.py`."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from evalmap.embeddings.array_types import Progress, no_progress
from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.faithfulness import measure_faithfulness
from evalmap.embeddings.layers import layer_of
from evalmap.embeddings.stability import in_words, measure_stability
from evalmap.screening.quality.report_tables import Column, ReportTable, number
from evalmap.screening.quality.todo import Facts

TRUST = "How unlike the examples near each other on the map are: 0 to 1, 1 is best. Falls with false neighbours."
CONTINUITY = "How far from each other examples that are alike lie on the map: 0 to 1, 1 is best. Falls with missing neighbours."
KEPT = "Of the nearest examples in meaning, how many are among as many nearest on the map; high is good."
LAYOUT = "Procrustes disparity between layouts that differ in the seed alone: 0 the same picture, near 1 nothing in common."
ARI = "Adjusted Rand index between the map's clusters and those made again from a part of the rows: 1 the same, 0 as by chance."
GONE = "Clusters that are mostly not found again (mean Jaccard index below one half)."
COARSER = "Topics are not made again on a map of so many rows: from a small part they are coarser, whatever they are worth."
WEAK = "Names that hold for less than half of their cluster's rows; they are grey on the map."


def measure_map_truth(built: BuiltMap, *, progress: Progress = no_progress) -> dict[str, Any]:
    """What the map keeps of the embeddings' neighbours, and what of it is chance.

    Returns
    -------
    {n_neighbors, neighbors_kept, trustworthiness, continuity: {value, low, high, n}, clusters: [{layer, ari, low, high, dissolved,
    weak_names, n_clusters}], layout: {disparity, low, high, n, seeds}, resample, sentence}; nan where it cannot be said,
    None of `dissolved`
    """
    settings = built.manifest.settings
    faithful = measure_faithfulness(built.vectors, built.coordinates)
    stable = measure_stability(
        built.vectors,
        built.clusterings,
        k=settings.k,
        n_neighbors=settings.n_neighbors,
        min_dist=settings.min_dist,
        progress=progress,
    )
    clusters = []
    for one in stable.clusters:
        names = built.names_by_layer.get(one.layer, [])
        clusters.append(
            {
                "layer": one.layer,
                **{name: getattr(one, name) for name in ("ari", "low", "high")},
                "dissolved": None if math.isnan(one.ari) else one.dissolved,  # not [], which says that all were found again
                "weak_names": [name.id for name in names if name.is_weak],
                "n_clusters": len(one.jaccard),
            }
        )
    return {
        "n_neighbors": built.graph.knn_indices.shape[1],
        "neighbors_kept": float(built.neighbors_kept.mean()),
        "trustworthiness": asdict(faithful.trustworthiness),
        "continuity": asdict(faithful.continuity),
        "clusters": clusters,
        "layout": {**asdict(stable.layout), "seeds": list(stable.layout.seeds)},
        "resample": stable.n,
        "sentence": in_words(stable),
    }


def of_map_truth(value: Any, facts: Facts) -> Sequence[ReportTable]:
    """The map's figures, then its layers."""
    rows = [("Neighbours kept", f"{value['neighbors_kept']:.1f} of {value['n_neighbors']}")]
    for name, words in (("trustworthiness", "Trustworthiness"), ("continuity", "Continuity")):
        rows.append((words, _estimate(value[name])))
    layout = value["layout"]
    rows.append(("Layout over seeds", _estimate({**layout, "value": layout["disparity"]})))
    few = " Trustworthiness and continuity cannot be said of so few rows." if value["trustworthiness"]["value"] is None else ""
    lead = f"{value['sentence']}{few} The layout is of {layout['n']:,} rows."
    figures = ReportTable("", (Column("statistic"), Column("value")), tuple(rows), lead, helps=(KEPT, TRUST, CONTINUITY, LAYOUT))
    layers = tuple(
        (
            layer_of(one["layer"]).title,
            one["n_clusters"],
            _estimate({**one, "value": one["ari"]}),
            None if one["dissolved"] is None else len(one["dissolved"]),
            len(one["weak_names"]),
        )
        for one in value["clusters"]
    )
    again = f"{ARI} {value['resample']:,} rows, five times; with the least and the greatest."
    columns = (
        Column("layer"),
        Column("clusters", "count"),
        Column("made again", help=again),
        Column("not found again", "count", GONE),
        Column("weak names", "count", WEAK),
    )
    left_out = [one for one in value["clusters"] if one["ari"] is None and one["n_clusters"] > 1]
    note = COARSER if left_out and value["resample"] else ""
    return [figures, ReportTable("Clusters", columns, layers, note)]


def _estimate(found: Any) -> str:
    if found["value"] is None:
        return "–"
    return f"{number(found['value'])} ({number(found['low'])} to {number(found['high'])})"
