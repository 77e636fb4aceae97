"""The columns of a built map as facets: its colours, its texts, how near they lie, the answers, and the source's fields."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from evalmap.answers.answer_types import Scores
from evalmap.data.facets.column_kinds import LeftOut, facet_of_column, field_key, same_value
from evalmap.data.facets.facet import Facet, category_facet, items_facet, number_facet, text_facet
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.component import answer_columns, map_data, review_columns
from evalmap.pages.server.map_reviews import MapReviews
from evalmap.screening.curation.replay import CuratedRows
from evalmap.writing.review.review_report import mean_relevance

TEXT = "text"
LENGTH = "length"
SIMILARITY = "nearest_similarity"
FIELD = "field."
TAG, DELETED = "tag", "deleted"
FITS, RELEVANCE = "review.fits", "review.relevance"


def facets_of(
    built: BuiltMap, answer_sets: Sequence[Scores], curated: CuratedRows | None = None, reviewed: MapReviews | None = None
) -> tuple[list[Facet], list[LeftOut]]:
    """Every column of a map that says something, and those that say nothing with the reason.

    The label, the confidence, the clusters of each layer, the file of a collection, the group, neighbours kept, outliers, the
    length of the text, the similarity of the nearest neighbour, P(matching) and the answer of each answer set, each metadata field
    of the source that has no role, and the text, which can be searched. Keys and names are those of `map_data.columns` and
    `answer_columns.columns`, in the same order, so that a bar has the colour of its points. Behind Evalmap's own
    stand the tags and what is deleted, where a person has given or deleted some, and what people said in reviews.
    """
    facets: list[Facet] = []
    left_out: list[LeftOut] = []
    for one in (
        *_own(built),
        *_curated(built, curated or CuratedRows()),
        *_reviewed(built, reviewed),
        *_answers(answer_sets),
        *_fields(built),
    ):
        if isinstance(one, LeftOut):
            left_out.append(one)
        elif reason := same_value(one):
            left_out.append(LeftOut(one.key, one.title, reason))
        else:
            facets.append(one)
    return [*facets, text_facet(TEXT, "Text", built.examples["text"])], left_out


def _own(built: BuiltMap) -> Iterator[Facet]:
    """What Evalmap knows of each example."""
    for column in map_data.columns(built):
        if column.key == "confidence":  # as it was read: the map draws it in float32
            yield number_facet(column.key, column.title, built.examples["confidence"])
        elif column.key == map_data.KEPT:
            yield number_facet(column.key, column.title, built.neighbors_kept)
        elif not column.key.startswith(FIELD):
            yield _category(column, map_data.column_codes(built, column.key))
    yield number_facet(LENGTH, "Length of the text (characters)", built.examples["text"].str.len())
    yield number_facet(SIMILARITY, "Similarity of the nearest neighbour", _readable(built.nearest_similarities))


def _curated(built: BuiltMap, curated: CuratedRows) -> Iterator[Facet]:
    if curated.tags:
        yield items_facet(TAG, "Tag", [list(curated.tags.get(row, ())) for row in range(len(built))])
    if curated.deleted:
        yield category_facet(DELETED, "Deleted", names=("not deleted", "deleted"), codes=curated.mask(len(built)).astype(np.int64))


def _reviewed(built: BuiltMap, reviewed: MapReviews | None) -> Iterator[Facet]:
    if reviewed is not None and review_columns.fits_column(built, reviewed):
        codes = review_columns.label_codes(built, reviewed)
        names = (*review_columns.NAMES, review_columns.NOT_REVIEWED)
        yield category_facet(FITS, review_columns.FITS, names=names, codes=np.where(codes < 0, len(names) - 1, codes))
    if reviewed is not None and review_columns.relevance_column(built, reviewed):
        yield number_facet(RELEVANCE, review_columns.RELEVANCE, mean_relevance(reviewed.reviews, len(built)))


def _answers(answer_sets: Sequence[Scores]) -> Iterator[Facet]:
    for scores in answer_sets:
        for column, values in (
            (answer_columns.p_column(scores), scores.p_matching),
            (answer_columns.score_column(scores), scores.graded),
        ):
            if column is not None:
                yield number_facet(column.key, column.title, values)
        yield _category(*answer_columns.answers(scores))


def _fields(built: BuiltMap) -> Iterator[Facet | LeftOut]:
    with_role = map_data.fields_with_role(built)
    for name in built.fields.columns:
        if name not in with_role:
            yield facet_of_column(field_key(str(name)), map_data.field_title(str(name)), built.fields[name])


def _category(column: map_data.Column, codes: np.ndarray) -> Facet:
    known = len(column.categories) - (1 if column.missing else 0)
    return category_facet(
        column.key, column.title, names=[name for name, _ in column.categories[:known]], codes=codes.astype(np.int64)
    )


def _readable(similarities: np.ndarray) -> pd.Series:
    """float32 numbers as the shortest float64 that names them: 0.9, not 0.8999999761581421."""
    return pd.Series(similarities.astype(str).astype(np.float64))
