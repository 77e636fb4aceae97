"""A layout of several maps as one map: what draws, colours and searches a built map does so with it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from evalmap.data.store.manifest import Manifest, StageRecord
from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.shared_layout import STAGE, SharedLayout, joined_vectors, layout_key


def shared_map(layout: SharedLayout, maps: Sequence[BuiltMap], *, slug: str, fingerprint: str) -> BuiltMap:
    """The layout's rows as one map: the column `dataset` says by its slug which map a row is of, `line` stays that of its file.

    Its manifest lies on no disk, and its key of the embeddings is the layout's own.

    Parameters
    ----------
    maps : those that were laid out, in that order
    slug, fingerprint : what the map goes by
    """
    chosen = [layout.rows[layout.sources == at] for at in range(len(maps))]
    slugs = [built.manifest.slug for built in maps]
    examples = pd.concat([built.examples.iloc[rows] for built, rows in zip(maps, chosen, strict=True)], ignore_index=True)
    examples["dataset"] = np.array(slugs, dtype=object)[layout.sources]
    fields = pd.concat([built.fields.iloc[rows] for built, rows in zip(maps, chosen, strict=True)], ignore_index=True)
    return BuiltMap(
        manifest=_manifest(layout, maps, slug=slug, fingerprint=fingerprint),
        examples=examples,
        fields=fields,
        vectors=joined_vectors(maps, layout.sources, layout.rows),
        graph=layout.graph,
        coordinates=layout.coordinates,
        clusterings=layout.clusterings,
        names=layout.names,
        outliers=np.concatenate([built.outliers[rows] for built, rows in zip(maps, chosen, strict=True)]),
        truncated=np.concatenate([built.truncated[rows] for built, rows in zip(maps, chosen, strict=True)]),
    )


def _manifest(layout: SharedLayout, maps: Sequence[BuiltMap], *, slug: str, fingerprint: str) -> Manifest:
    labels: Counter[str] = Counter()
    for built in maps:
        labels.update(built.manifest.labels)
    projection = {name: value for name, value in layout.settings.items() if name != "rows"}
    first = maps[0].manifest
    key = layout_key([built.manifest for built in maps])
    sizes = np.bincount(layout.sources, minlength=len(maps))
    return Manifest(
        slug=slug,
        name=" · ".join(built.manifest.name for built in maps),
        source="",
        location="",
        rows=len(layout),
        rows_read=len(layout),
        roles={},
        schema="generic",
        labels=dict(labels.most_common()),
        datasets={built.manifest.slug: int(size) for built, size in zip(maps, sizes, strict=True)},
        settings=replace(first.settings, projection=projection),
        versions=first.versions,
        stages=tuple(StageRecord(stage, key, 0.0, cached=True) for stage in ("embeddings", STAGE)),
        fingerprint=fingerprint,
        built_at=max(built.manifest.built_at for built in maps),
    )
