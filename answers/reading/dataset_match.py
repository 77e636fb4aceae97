"""The built datasets whose questions a set of answers may belong to, and which of them it fits best."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

import pandas as pd

from evalmap.answers.answer_types import RawAnswer, StagedSet
from evalmap.answers.reading.column_check import as_asked
from evalmap.answers.reading.joining import ROW, Join, Questions, join, plain, tells_question
from evalmap.answers.reading.options import example_options
from evalmap.data.errors import DatasetError
from evalmap.data.store import disk
from evalmap.data.store.disk import DiskError
from evalmap.data.store.manifest import Manifest
from evalmap.data.store.workspace import Workspace

_NEAR = 0.3  # ratio of words that a text must share to be told as the nearest
_MOST_COMPARED = 20_000  # texts of a dataset


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
    """The examples of a built dataset.

    Raises
    ------
    DatasetError : they are gone, or the disk does not give them
    """
    key = manifest.key("records")
    folder = workspace.entry("records", key)
    if not folder.is_dir():
        raise DatasetError(f"{manifest.name}: its records are gone from {workspace.root}. Build it again: evalmap build PATH")
    with disk.reading(folder, is_there=True):
        return Examples(manifest, pd.read_parquet(folder / "examples.parquet"), pd.read_parquet(folder / "fields.parquet"))


def readable_examples(workspace: Workspace) -> list[Examples]:
    """The examples of every built dataset whose records are there.

    Raises
    ------
    DiskError : the disk does not give them: one that is left out might be the one that was asked
    """
    found = []
    for manifest in workspace.manifests():
        try:
            found.append(read_examples(workspace, manifest))
        except DiskError:
            raise
        except DatasetError:  # one whose records are gone must be built again, and hinders no other
            continue
    return found


def over_datasets(built: Sequence[Examples], staged: StagedSet) -> list[tuple[Examples, StagedSet]]:
    """The dataset that a set fits best, and others with what it has no question of; one part each.

    Raises
    ------
    DatasetError : as `best_dataset`
    """
    best = best_dataset(built, staged)
    rest = [examples for examples in built if examples is not best]
    unjoined = {one.answer for one in join(as_asked(staged, best.questions), best.questions)[1]}
    left = [at for at in sorted(unjoined) if tells_question(staged.answers[at]) and staged.answers[at].error is None]
    if not left or not rest:
        return [(best, staged)]
    others = replace(staged, answers=tuple(staged.answers[at] for at in left), n_expected=None)
    joined = {at for examples in rest for one in join(others, examples.questions)[0] for at in [left[one.answer]]}
    if not joined:
        return [(best, staged)]
    own = replace(staged, answers=tuple(raw for at, raw in enumerate(staged.answers) if at not in joined), n_expected=None)
    return [(best, own), *over_datasets(rest, replace(others, answers=tuple(staged.answers[at] for at in sorted(joined))))]


def nearest(built: Sequence[Examples], staged: StagedSet) -> str:
    """A sentence about the text that is nearest to a set's first question, with the first difference; "" where none is near."""
    asked = next((texts for raw in staged.answers if (texts := _asked(raw))), [])
    best: tuple[float, str, str, int, Examples] | None = None
    for question in asked:
        words = set(question.casefold().split())
        for examples in built:
            texts = examples.questions.rows_of_text
            for text, rows in islice(texts.items(), _MOST_COMPARED):
                own = set(text.casefold().split())
                shared = len(words & own) / max(1, len(words | own))
                if best is None or shared > best[0]:
                    best = (shared, question, text, rows[0], examples)
    if best is None or best[0] < _NEAR:
        return ""
    _, question, text, row, examples = best
    at = next((i for i, (a, b) in enumerate(zip(question, text, strict=False)) if a != b), min(len(question), len(text)))
    theirs, ours = _around(question, at), _around(text, at)
    line = examples.questions.lines[row] + 1
    return f" Nearest is {examples.manifest.slug}, line {line:,}: “{ours}” there, “{theirs}” here (character {at + 1:,})."


def _asked(raw: RawAnswer) -> list[str]:
    texts = [raw.question, *(raw.example or {}).values()]
    return [plain(text) for text in texts if isinstance(text, str) and text.strip()]


def _around(text: str, at: int) -> str:
    start = max(0, at - 20)
    return ("…" if start else "") + text[start : at + 20] + ("…" if at + 20 < len(text) else "")


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
        near = nearest(built, staged)
        looked = ", ".join(examples.manifest.slug for examples in built[:8]) + (" …" if len(built) > 8 else "")
        raise DatasetError(
            f"{staged.info.source_file}: none of its {len(staged.answers):,} answers belongs to a built dataset "
            f"(looked in: {looked or 'none is built'}).{near} Build the dataset of its questions first: evalmap build PATH"
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
