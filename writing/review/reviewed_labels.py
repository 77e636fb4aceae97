"""What people said of labels, by the words of the rows: a row that is filtered anew may stand elsewhere, or nowhere."""

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from evalmap.data.errors import DatasetError
from evalmap.data.opening import open_dataset
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import load_map
from evalmap.writing.review.disputed_rows import verdicts
from evalmap.writing.review.review_store import ReviewStore
from evalmap.writing.review.review_table import read_reviews

Verdicts = dict[tuple[str, str], bool]
TEXTS, LABELS = ("statement", "question", "text"), ("answer_matching_behavior", "label")  # fields of a written row


def keep_reviews(workspace: Workspace, rows: Path, reviews: Path) -> None:
    """Keep a table of reviews of the written file that lies there, as evalmap review does.

    Raises
    ------
    DatasetError : there is no file that it is about, or it cannot be read
    """
    if not rows.is_file():
        raise DatasetError(f"{reviews}: there are no rows yet that it could be about ({rows}). Write them first.", "reviews")
    dataset = open_dataset(rows)
    ReviewStore(workspace, dataset.source).add(read_reviews(reviews, dataset.examples))


def reviewed_labels(workspace: Workspace, rows: Path, written: Sequence[Mapping[str, Any]]) -> Verdicts:
    """{(text, label): whether people say that the label fits}, by hand or by the majority; rows that nothing decides are left out.

    Read are the reviews of the written file, also of rows that lay in it once, and those of all maps of a file of its name; what is
    damaged says nothing.

    Parameters
    ----------
    rows : the written file; it may not be there
    written : the rows that it may have held: all that were written, kept or not
    """
    found: Verdicts = {}
    store = ReviewStore(workspace, str(rows.resolve()))
    if store.path.exists():
        for lines in (rows if rows.is_file() else None, list(written)):
            with contextlib.suppress(DatasetError):
                if lines:
                    dataset = open_dataset(lines, name=rows.stem)
                    found |= _verdicts(store, dataset.examples, dataset.fields)
    for manifest in workspace.manifests():
        store = ReviewStore(workspace, manifest.source)
        if store.path.exists() and Path(manifest.location).name == rows.name:
            with contextlib.suppress(DatasetError):
                built = load_map(workspace, manifest)
                found = _verdicts(store, built.examples, built.fields) | found
    return found


def _verdicts(store: ReviewStore, examples: pd.DataFrame, fields: pd.DataFrame) -> Verdicts:
    text, label = (next((name for name in names if name in fields.columns), None) for names in (TEXTS, LABELS))
    if text is None or label is None:
        return {}
    decided = verdicts(store.on(examples), store.settled_on(examples))
    texts, labels = fields[text].astype(str).tolist(), fields[label].astype(str).str.strip().tolist()
    return {(texts[row], labels[row]): fits for row, fits in decided.items() if fits is not None}
