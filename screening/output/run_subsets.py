"""The kept rows as other tools name rows: so that a published run is scored again on them, and no model is asked again.

lm-evaluation-harness takes {"task": [indexes]} with `--samples` (`-E`), an index being the row's place in the task's documents,
from 0. Inspect takes `--sample-id` with commas between: the ids of the rows, or where they have none their places, from 1,
which it gives them. Both count rows as they stand in the file: a task that filters or shuffles its documents counts others. A
file of which nothing stays is left out, for lm-evaluation-harness takes an empty list for all rows: leave its task out of the
run too.
"""

import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError
from evalmap.data.readers.formats import without_ending
from evalmap.screening.screening import Screening

TASK = "{file}"  # of lm-evaluation-harness, where none is named
_PATTERN = frozenset("*?[")  # Inspect reads ids as patterns


def lm_eval_samples(screening: Screening, *, task: str | None = None) -> bytes:
    """The kept rows for lm-evaluation-harness: {"task": [indexes]} as JSON, a task a file.

    Parameters
    ----------
    task : what a file's task is called, {file} standing for its name without ending; None: the file's name

    Raises
    ------
    DatasetError : two files would have one task
    """
    written: dict[str, list[int]] = {}
    places = row_places(screening)
    for name, rows in _kept_by_file(screening):
        called = (task or TASK).replace(TASK, _short(name))
        if called in written:
            raise DatasetError(
                f"two files would be the task {called!r} of lm-evaluation-harness. Let the task hold {TASK}, or screen them alone.",
                "lm_eval_task",
            )
        written[called] = sorted(places[rows].tolist())  # rising: it counts on that where it names a row again
    return f"{json.dumps(written, ensure_ascii=False)}\n".encode()


def inspect_sample_ids(screening: Screening) -> bytes:
    """The kept rows for Inspect: one line for `--sample-id`, ids with commas between; "task:id" where there are several files.

    Raises
    ------
    DatasetError : an id holds a comma or a sign of patterns (* ? [), which `--sample-id` would read otherwise
    """
    files = list(_kept_by_file(screening))
    written = [f"{_short(name)}:{one}" if len(files) > 1 else one for name, rows in files for one in _ids(screening, name, rows)]
    return f"{','.join(written)}\n".encode()


def row_places(screening: Screening) -> NDArray[np.int64]:
    """(own,) where each row of the dataset stands in its file, from 0; rows without text count too."""
    own = screening.examples.iloc[: screening.own]
    lines: dict[str, list[int]] = {}
    for name, line in zip(own["dataset"], own["line"].tolist(), strict=True):
        lines.setdefault(name, []).append(line)
    for row in screening.set_aside:
        lines.setdefault(row.dataset, []).append(row.line)
    places = {name: {line: at for at, line in enumerate(sorted(found))} for name, found in lines.items()}
    return np.array([places[name][line] for name, line in zip(own["dataset"], own["line"].tolist(), strict=True)], dtype=np.int64)


def _kept_by_file(screening: Screening) -> list[tuple[str, NDArray[np.int64]]]:
    """(file, its kept rows in their order), the files in theirs; a file of which nothing stays has none."""
    names = screening.examples["dataset"].iloc[: screening.own].to_numpy(dtype=object)
    kept = screening.kept_rows
    return [(str(name), kept[names[kept] == name]) for name in dict.fromkeys(names[kept].tolist())]


def _ids(screening: Screening, name: str, rows: NDArray[np.int64]) -> Sequence[str]:
    own = screening.examples.iloc[: screening.own]
    of_file = own[own["dataset"] == name]
    if "id" not in own.columns or of_file["id"].isna().any():
        return [str(place + 1) for place in row_places(screening)[rows].tolist()]
    ids = own["id"].iloc[rows].astype(str).tolist()
    for one, line in zip(ids, own["line"].iloc[rows].tolist(), strict=True):
        if "," in one or _PATTERN & set(one):
            raise DatasetError(
                f"{name} line {line}: the id {one!r} holds a comma or one of * ? [, which --sample-id of Inspect reads otherwise. "
                "Leave inspect ids out, or name another field of ids.",
                "inspect_ids",
                "id",
            )
    return ids


def _short(name: str) -> str:
    return without_ending(name.rsplit("/", 1)[-1])
