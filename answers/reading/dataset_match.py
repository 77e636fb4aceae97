"""The built datasets whose questions a set of answers may belong to, and which of them it fits best."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from evalmap.answers.answer_types import StagedSet
from evalmap.answers.reading.column_check import as_asked
from evalmap.answers.reading.joining import ROW, Join, Questions, join, tells_question
from evalmap.answers.reading.options import example_options
from evalmap.data.errors import DatasetError
from evalmap.data.store.manifest import Manifest
from evalmap.data.store.workspace import Workspace


@dataclass(frozen=True)
class Examples:
    """The examples of a built dataset, without its map: all that joining needs."""

    manifest: Manifest
    table: pd.DataFrame
    fields: pd.DataFrame

    @cached_property
    def questions(self) -> Questions:
        options = example_options(self.table, self.fields)
        label, reading = self.manifest.roles.get("label"), self.manifest.reading
        keys = [*([label] if isinstance(label, str) else []), *(reading.fields_of("reference") if reading else ())]
        return Questions(self.table, self.fields, self.manifest.roles["text"], options, keys)


def read_examples(workspace: Workspace, manifest: Manifest) -> Examples:
    """The examples of a built dataset."""
    key = manifest.key("records")
    folder = workspace.entry("records", key)
    if not folder.is_dir():
        raise DatasetError(f"{manifest.name}: its records are gone from {workspace.root}. Build it again: evalmap build PATH")
    return Examples(manifest, pd.read_parquet(folder / "examples.parquet"), pd.read_parquet(folder / "fields.parquet"))


def readable_examples(workspace: Workspace) -> list[Examples]:
    """The examples of every built dataset whose records are there."""
    found = []
    for manifest in workspace.manifests():
        with suppress(DatasetError):  # one whose records are gone must be built again, and hinders no other
            found.append(read_examples(workspace, manifest))
    return found


def best_dataset(built: Sequence[Examples], staged: StagedSet) -> Examples:
    """The built dataset with which most of a set's answers join; the smallest of several.

    Raises
    ------
    DatasetError : none of the answers belongs to any; several fit alike and differ, and the answers tell no question
    """
    most, fitting = 0, []
    for examples in built:
        joins, _ = join(as_asked(staged, examples.questions), examples.questions)
        found = len({j.answer for j in joins})
        if found > most:
            most, fitting = found, []
        if found and found == most:
            fitting.append((examples, joined_by_line_alone(examples, staged, joins)))
    if not fitting:
        looked = ", ".join(examples.manifest.slug for examples in built[:8]) + (" …" if len(built) > 8 else "")
        raise DatasetError(
            f"{staged.info.source_file}: none of its {len(staged.answers):,} answers belongs to a built dataset "
            f"(looked in: {looked or 'none is built'}). Build the dataset of its questions first: evalmap build PATH"
        )
    best, questions = min(fitting, key=lambda fit: len(fit[0].table))
    if other := next((examples for examples, theirs in fitting if theirs != questions), None):
        names = f"{best.manifest.slug} and {other.manifest.slug}"
        raise DatasetError(
            f"{staged.info.source_file}: its answers name lines only, and {names} both have these lines, with other questions in "
            "them. Name the one that was asked.",
            "dataset",
        )
    return best


def joined_by_line_alone(examples: Examples, staged: StagedSet, joins: Sequence[Join]) -> dict[int, str]:
    """{answer: hash of its example} of the answers that nothing but their line tells the question of."""
    ids = examples.table["example_id"].to_numpy()
    alone = (one for one in joins if one.how == ROW and not tells_question(staged.answers[one.answer]))
    return {one.answer: ids[one.row] for one in alone}
