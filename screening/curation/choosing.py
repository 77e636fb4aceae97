"""The columns of a map that rows can be chosen by in a terminal; the keys are those of the map page's links."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalmap.data.choices import shared_option_words
from evalmap.data.errors import DatasetError
from evalmap.data.facets.column_kinds import facet_of_column, field_key
from evalmap.data.facets.cross_filter import CrossFilter
from evalmap.data.facets.facet import Facet, category_facet, items_facet, number_facet, text_facet
from evalmap.data.facets.predicates import describe, from_query, plain
from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.layers import layer_of
from evalmap.screening.curation.replay import CuratedRows


def rows_where(built: BuiltMap, where: list[str], curated: CuratedRows) -> tuple[NDArray[np.intp], str]:
    """The rows that pass, less those that are deleted, and what was asked in words.

    Parameters
    ----------
    where : predicates as the map page's links have them: `label is Yes`, `text contains "a b"`

    Raises
    ------
    DatasetError : a predicate is none, asks for a column or a value that the map does not have, or cannot be asked of its column
    """
    filter = from_query(where)
    facets = {facet.key: facet for facet in _facets(built, curated)}
    for one in filter:
        facet = facets.get(one.column)
        known = frozenset(facet.names) if facet and one.op in ("is", "is_not") else frozenset()
        if known and facet and (unknown := [plain(value) for value in one.values if plain(value) not in known]):
            listed = ", ".join(facet.names[:8]) + (" …" if len(facet.names) > 8 else "")
            raise DatasetError(f"{one.column}: no row has {unknown[0]} (there are: {listed}).", "where")
    passing = CrossFilter(list(facets.values())).apply(filter).mask
    words = " and ".join(describe(one, facets[one.column].title) for one in filter)
    return np.flatnonzero(passing & ~curated.mask(len(built))), words


def cluster_of(built: BuiltMap, layer: str, name: str) -> tuple[str, int]:
    """The layer's id and the cluster's, by its name or its number.

    Raises
    ------
    DatasetError : there is no such layer or cluster
    """
    try:
        id = layer_of(layer).id
    except ValueError as error:
        raise DatasetError(f"{error}.", "layer") from error
    names = built.names_by_layer[id]
    for one in names:
        if name in (one.name, str(one.id)):
            return id, one.id
    listed = ", ".join(one.name for one in names[:8]) + (" …" if len(names) > 8 else "")
    raise DatasetError(f"{name}: no cluster of {id} is called so (there are: {listed}).", "cluster")


def _facets(built: BuiltMap, curated: CuratedRows) -> list[Facet]:
    examples = built.examples
    words = shared_option_words(examples["label"], examples["choices"])
    found: list[Facet] = [category_facet("label", "Label", examples["label"].map(words) if words else examples["label"])]
    for clustering in built.clusterings:
        names = [name.name for name in built.names_by_layer[clustering.layer]]
        title = layer_of(clustering.layer).title
        found.append(category_facet(f"cluster.{clustering.layer}", title, names=names, codes=clustering.labels))
    outlier = pd.Series(np.where(built.outliers, "outlier", "not an outlier"))
    found += [
        number_facet("confidence", "Confidence", examples["confidence"]),
        category_facet("dataset", "Dataset", examples["dataset"]),
        category_facet("group", "Group", examples["group"]),
        category_facet("outlier", "Outlier", outlier),
        number_facet("length", "Length of the text (characters)", examples["text"].str.len()),
        items_facet("tag", "Tag", [list(curated.tags.get(row, ())) for row in range(len(built))]),
    ]
    for name in built.fields.columns:
        facet = facet_of_column(field_key(str(name)), str(name), built.fields[name])
        if isinstance(facet, Facet):
            found.append(facet)
    return [*found, text_facet("text", "Text", examples["text"])]
