"""A written result read back from its folder: its rows, and what became of every piece that a model wrote for it."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError
from evalmap.data.store import disk
from evalmap.writing.plan_files import file_values
from evalmap.writing.plan_templates import PlanTemplate
from evalmap.writing.result_files import PROVENANCE, REJECTED, plan_of, rows_file

CONFIDENCE = "label_confidence"  # of a row that a filter judged


@dataclass(frozen=True)
class WrittenResult:
    """What lies in a folder of results.

    Attributes
    ----------
    name : what it is called beside others: its template, or its folder
    folder, rows_path : where it lies
    plan : what its plan says, as values
    rows, rejected : (n,) and (m,) as the files hold them; `provenance` has one for each row
    """

    name: str
    folder: Path
    rows_path: Path
    plan: Mapping[str, Any]
    rows: tuple[Mapping[str, Any], ...]
    rejected: tuple[Mapping[str, Any], ...]
    provenance: tuple[Mapping[str, Any], ...]

    @property
    def behaviour(self) -> str:
        return str(self.plan.get("behaviour", "")).strip().rstrip(".")

    @property
    def kind(self) -> str:
        return str(self.plan.get("kind", "yes_no"))

    @cached_property
    def texts(self) -> list[str]:
        """(n,) what each row says: its statement without the frame, its question with the choices, or its text."""
        names = ("statement", "question", "text", "sentence_with_blank")
        return [str(next((row[name] for name in names if row.get(name)), "")) for row in self.rows]

    @cached_property
    def labels(self) -> list[str]:
        """(n,) the label of each row; "" where it has none."""
        return [_label(row) for row in self.rows]

    @property
    def templates(self) -> list[str]:
        """The templates that its pieces were written by, the most frequent first."""
        told = [*self.provenance, *(one.get("provenance", {}) for one in self.rejected)]
        return [name for name, _ in Counter(str(one.get("template", "")) for one in told).most_common() if name]

    @property
    def models(self) -> list[str]:
        """The models that wrote its pieces, the most frequent first."""
        told = [*self.provenance, *(one.get("provenance", {}) for one in self.rejected)]
        return [name for name, _ in Counter(str(one.get("model", "")) for one in told).most_common() if name]

    @property
    def reasons(self) -> dict[str, int]:
        """{why a piece is no row: pieces}, the most frequent first."""
        return dict(Counter(str(one.get("reason")) for one in self.rejected).most_common())

    def yields(self) -> dict[str, tuple[int, int]]:
        """{label: (rows kept, pieces written)}, and "all" last; one without labels has "all" alone."""
        kept = Counter(self.labels)
        lost = Counter(str(one.get("label") or "") for one in self.rejected)
        told = self.plan.get("labels")
        named = [str(label).strip() for label in told] if isinstance(told, list) else []
        labels = [label for label in dict.fromkeys([*named, *kept, *lost]) if label and kept[label] + lost[label]]
        found = {label: (kept[label], kept[label] + lost[label]) for label in labels}
        return found | {"all": (len(self.rows), len(self.rows) + len(self.rejected))}

    def confidences(self) -> NDArray[np.float64]:
        """The probability of the intended label of every piece that a filter judged, kept or not, 0–1."""
        told = [one.get(CONFIDENCE) for one in (*self.rows, *self.rejected)]
        return np.array([value for value in told if isinstance(value, int | float) and not isinstance(value, bool)], dtype=float)


def result_folders(folders: Sequence[Path]) -> list[Path]:
    """Folders of results as they were named; one whose plan has several templates stands for a folder for each of them.

    Raises
    ------
    DatasetError : no folder, or no result in it
    """
    found: list[Path] = []
    for folder in folders:
        told = _plan(folder)
        templates = told.get("templates")
        if isinstance(templates, list) and len(templates) > 1:
            found += [folder / PlanTemplate(str(name), "").id for name in templates]
        else:
            found.append(folder)
    return found


def read_result(folder: Path, name: str = "") -> WrittenResult:
    """Read the result of one phrasing; `name` is what it is called, else its folder's name.

    Raises
    ------
    DatasetError : no folder, no result in it, or a line that is no JSON
    """
    plan = _plan(folder)
    rows_path = rows_file(folder)
    if rows_path is None:
        raise DatasetError(f"{folder}: no file of rows, or several, beside its plan. Name a folder that evalmap write made.")
    return WrittenResult(
        name or folder.name,
        folder,
        rows_path,
        plan,
        _lines(rows_path),
        _lines(folder / REJECTED),
        _lines(folder / PROVENANCE),
    )


def _label(row: Mapping[str, Any]) -> str:
    if isinstance(options := row.get("pronoun_options"), list):  # a sentence with a blank: the set that was asked for
        return "/".join(map(str, options))
    return str(row.get("answer_matching_behavior") or row.get("label") or "").strip()


def _plan(folder: Path) -> Mapping[str, Any]:
    if not folder.is_dir():
        raise DatasetError(f"{folder}: no folder of results. Name one that evalmap write made.")
    path = plan_of(folder)
    if path is None:
        raise DatasetError(f"{folder}: no plan lies there. Name a folder that evalmap write made.")
    with disk.reading(path):
        return file_values(path.read_bytes(), path).told


def _lines(path: Path) -> tuple[Mapping[str, Any], ...]:
    try:
        with disk.reading(path):
            content = path.read_bytes()
    except FileNotFoundError:
        raise DatasetError(f"{path}: is gone. Write the result again: evalmap write PLAN") from None
    found = []
    for number, line in enumerate(content.decode("utf-8", "replace").split("\n"), 1):
        if line.strip():
            try:
                value = json.loads(line)
            except ValueError:
                value = None
            if not isinstance(value, dict):
                raise DatasetError(f"{path} line {number}: no JSON object. Write the result again: evalmap write PLAN")
            found.append(value)
    return tuple(found)
