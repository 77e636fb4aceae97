"""The screening with its default settings, as figures before and after it, groups of repeated questions and the map need it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap
from evalmap.screening.curation.curation_actions import decisions_of
from evalmap.screening.groups.components import find_components
from evalmap.screening.keep.by_hand import Decisions
from evalmap.screening.pair_types import Pairs
from evalmap.screening.pairs.pair_store import pairs_of, stored_pairs
from evalmap.screening.screening import Screening, screen
from evalmap.screening.screening_options import ScreeningOptions
from evalmap.screening.variants.keys import variant_fields_of
from evalmap.screening.weights import weigh

AT_ONCE = 5_000  # rows; up to here the pairs are looked for as soon as they are needed


@dataclass(frozen=True)
class DefaultScreening:
    """What the screening with its default settings leaves.

    kept : (n,) bool
    groups : (n,) int64, rows that hang together as near-duplicates share a number; through variants as well, since what is said of
        one row foretells what is said of its variants
    threshold : of both
    duplicates : (n,) int64, near-duplicates share a number: a kept row and those that it stands for; −1 for rows that go for
        another reason. Finer than `groups`: variants are no duplicates
    """

    kept: NDArray[np.bool_]
    groups: NDArray[np.int64]
    threshold: float
    duplicates: NDArray[np.int64]


def default_screening(
    built: BuiltMap, workspace: Workspace, *, pairs: Pairs | None = None, may_search: bool = True
) -> DefaultScreening | None:
    """Screen a map with the default settings and what was decided by hand, on the map too.

    None where the pairs of a large dataset were never looked for (`evalmap pairs`), and for fewer than two rows.

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
    done = _screen(built, pairs, options, decisions_of(workspace, built))
    components = find_components(pairs, threshold=options.threshold, method=options.method, normalization=options.normalization)
    groups, duplicates = components.labels.astype(np.int64), weigh(done.selection).groups
    return DefaultScreening(done.selection.kept, groups, options.threshold, duplicates)


def find_repeats(built: BuiltMap, pairs: Pairs) -> NDArray[np.uint32]:
    """(n,) the first row of the group of near-duplicates that each row lies in; a row without a group stands for itself.

    The groups are those of the default screening, before any decision by hand: a kept row and the rows that it stands for. So
    variants and pairs whose labels differ are no repeats.

    Raises
    ------
    DatasetError : fewer than two rows
    """
    keeper = _screen(built, pairs, ScreeningOptions(), None).selection.keeper
    first = np.arange(len(built), dtype=np.uint32)
    np.minimum.at(first, keeper, np.arange(len(built), dtype=np.uint32))
    return first[keeper]


def _screen(built: BuiltMap, pairs: Pairs, options: ScreeningOptions, decisions: Decisions | None) -> Screening:
    return screen(
        built.examples,
        built.vectors,
        options=options,
        fields=built.fields,
        variant_fields=variant_fields_of(built.manifest.reading, built.manifest.roles, built.fields.columns),
        pairs=pairs,
        decisions=decisions,
    )
