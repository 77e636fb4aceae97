"""What people said of labels, by the words of the rows: a row that is filtered anew may stand elsewhere, or nowhere."""

from pathlib import Path

import pandas as pd

from evalmap.data.errors import DatasetError
from evalmap.data.opening import open_dataset
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import load_map
from evalmap.writing.review.disputed_rows import verdicts
from evalmap.writing.review.review_store import ReviewStore
from evalmap.writing.review.review_table import read_reviews

Verdicts = dict[tuple[str, str], bool]
LABEL, TEXTS = "answer_matching_behavior", ("statement", "question")


def reviewed_labels(workspace: Workspace, rows: Path, *, reviews: Path | None = None) -> Verdicts:
    """{(text, label): whether people say that the label fits}, by hand or by the majority; rows that nothing decides are left out.

    Read are the reviews of the written file as it lies there, and those of all maps of a file of its name.

    Parameters
    ----------
    rows : the written file; it may not be there yet
    reviews : a table of reviews of that file, which is kept as by evalmap review

    Raises
    ------
    DatasetError : there is a table and no file that it is about, or it cannot be read
    """
    if reviews is not None and not rows.is_file():
        raise DatasetError(f"{reviews}: there are no rows yet that it could be about ({rows}). Write them first.", "reviews")
    found: Verdicts = {}
    if rows.is_file() and rows.stat().st_size:
        dataset = open_dataset(rows)
        store = ReviewStore(workspace, dataset.source)
        if reviews is not None:
            store.add(read_reviews(reviews, dataset.examples))
        if store.path.exists():
            found |= _verdicts(store, dataset.examples, dataset.fields)
    for manifest in workspace.manifests():
        store = ReviewStore(workspace, manifest.source)
        if store.path.exists() and Path(manifest.location).name == rows.name:
            built = load_map(workspace, manifest)
            found = _verdicts(store, built.examples, built.fields) | found
    return found


def _verdicts(store: ReviewStore, examples: pd.DataFrame, fields: pd.DataFrame) -> Verdicts:
    column = next((name for name in TEXTS if name in fields.columns), None)
    if column is None or LABEL not in fields.columns:
        return {}
    decided = verdicts(store.on(examples), store.settled_on(examples))
    texts, labels = fields[column].astype(str).tolist(), fields[LABEL].astype(str).str.strip().tolist()
    return {(texts[row], labels[row]): fits for row, fits in decided.items() if fits is not None}
