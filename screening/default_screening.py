"""The screening with its default settings, as figures before and after it and groups of repeated questions need it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap
from evalmap.screening.groups.components import find_components
from evalmap.screening.keep.by_hand import DecisionLog
from evalmap.screening.pair_types import Pairs
from evalmap.screening.pairs.pair_store import pairs_of, stored_pairs
from evalmap.screening.screening import screen
from evalmap.screening.screening_options import ScreeningOptions
from evalmap.screening.variants.keys import variant_fields_of

AT_ONCE = 5_000  # rows; up to here the pairs are looked for as soon as they are needed


@dataclass(frozen=True)
class DefaultScreening:
    """What the screening with its default settings leaves.

    kept : (n,) bool
    groups : (n,) int64, rows that hang together as near-duplicates share a number; through variants as well, since what is said of
        one row foretells what is said of its variants
    threshold : of both
    """

    kept: NDArray[np.bool_]
    groups: NDArray[np.int64]
    threshold: float


def default_screening(
    built: BuiltMap, workspace: Workspace, *, pairs: Pairs | None = None, may_search: bool = True
) -> DefaultScreening | None:
    """Screen a map with the default settings and the decisions made by hand; None where the pairs of a large dataset were never
    looked for (`evalmap pairs`), and for fewer than two rows.

    Parameters
    ----------
    pairs : those of the map; without them, what the workspace has
    may_search : whether pairs that are not there may be looked for and put into the workspace
    """
    if len(built) < 2:
        return None
    pairs = stored_pairs(built, workspace) if pairs is None else pairs
    if pairs is None:
        if len(built) > AT_ONCE or not may_search:
            return None
        pairs = pairs_of(built, workspace)
    options = ScreeningOptions()
    done = screen(
        built.examples,
        built.vectors,
        options=options,
        fields=built.fields,
        variant_fields=variant_fields_of(built.manifest.reading, built.manifest.roles, built.fields.columns),
        pairs=pairs,
        decisions=DecisionLog.load(workspace, built.manifest.source).rows(built.examples),
    )
    components = find_components(pairs, threshold=options.threshold, method=options.method, normalization=options.normalization)
    return DefaultScreening(done.selection.kept, components.labels.astype(np.int64), options.threshold)
