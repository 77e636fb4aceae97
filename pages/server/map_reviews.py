"""What people said of a map's rows: read when it changes, for pages and routes alike."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from evalmap.answers.reading.reviews import Review
from evalmap.answers.reporting.judge_section import judge_journals, judge_section
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.server.loaded_once import LoadedOnce
from evalmap.pages.server.maps import built_map
from evalmap.screening.keep.by_hand import RowKey, row_places
from evalmap.writing.review.review_report import review_report
from evalmap.writing.review.review_store import ReviewStore


@dataclass(frozen=True)
class MapReviews:
    """The reviews of a map's rows.

    signature : changes with what was said; "" where nothing ever was
    reviews : (row, review), in the order in which they were said
    settled : {row: label fits} as decided by hand
    """

    signature: str = ""
    reviews: tuple[tuple[int, Review], ...] = ()
    settled: Mapping[int, bool] = field(default_factory=dict)

    def judged_by(self, reviewer: str) -> set[int]:
        """The rows that a person judged."""
        return {row for row, review in self.reviews if review.reviewer == reviewer}

    def of(self, row: int) -> list[Review]:
        """What was said of a row."""
        return [review for place, review in self.reviews if place == row]


_kept: LoadedOnce[tuple[str, str, str, str], MapReviews] = LoadedOnce(8)
_reports: LoadedOnce[tuple[str, str, str, str], dict[str, Any]] = LoadedOnce(8)
_NONE = MapReviews()


def reviews_of(built: BuiltMap) -> MapReviews:
    """The reviews of a map's rows as of now.

    Raises
    ------
    DatasetError : their store is damaged, or of a later version
    """
    workspace = Workspace.default()
    store = ReviewStore(workspace, built.manifest.source)
    if not (signature := store.signature()):
        return _NONE
    key = (str(workspace.root), built.manifest.slug, built.manifest.fingerprint, signature)
    return _kept.get(key, lambda: MapReviews(signature, *_placed(store, built)))


def report_of(built: BuiltMap) -> dict[str, Any]:
    """What the reviews of a map come to, beside the judge that was asked last; kept until a review or a judge says more.

    Raises
    ------
    DatasetError : the reviews or the answers of a judge cannot be read
    """
    workspace = Workspace.default()
    found, journals = reviews_of(built), judge_journals(workspace, built.manifest.source)
    judged = [(path.name, path.stat().st_mtime_ns, path.stat().st_size) for path, _ in journals]
    key = (str(workspace.root), built.manifest.slug, built.manifest.fingerprint, f"{found.signature} {judged}")
    return _reports.get(key, lambda: _report(workspace, built, found, judged=bool(journals)))


def _report(workspace: Workspace, built: BuiltMap, found: MapReviews, *, judged: bool) -> dict[str, Any]:
    judge = judge_section(workspace, built, reviews=found.reviews) if judged else None
    return review_report(built, found.reviews, settled=found.settled, judge=judge)


def keys_of(built: BuiltMap) -> list[RowKey]:
    """The key of each row of a map, as the store has it."""
    return list(_places(built.manifest.slug, built.manifest.fingerprint))


def _placed(store: ReviewStore, built: BuiltMap) -> tuple[tuple[tuple[int, Review], ...], dict[int, bool]]:
    reviews, settled = store.placed(_places(built.manifest.slug, built.manifest.fingerprint))
    return tuple(reviews), settled


@st.cache_resource(max_entries=8, show_spinner=False)
def _places(slug: str, fingerprint: str) -> dict[RowKey, int]:
    return row_places(built_map(slug, fingerprint).examples)
