"""What the logs of several tools share: answers that are already apart, put into sets by model and prompt."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from evalmap.answers.answer_types import AnswerSetInfo, RawAnswer, StagedSet
from evalmap.data.errors import DatasetError


@dataclass(frozen=True)
class Logged:
    """One answer of a log, with the model that gave it and the name of the prompt, where the log tells them."""

    raw: RawAnswer
    model: str | None = None
    prompt: str = ""


def staged_sets(
    path: Path, data: bytes, logged: Iterable[Logged], info: AnswerSetInfo, *, read: str, notes: Sequence[str] = ()
) -> list[StagedSet]:
    """One set for each model and prompt of a log.

    Parameters
    ----------
    info : what holds of all of them; its model stands for answers that name none
    read : what was read as what, for the first note

    Raises
    ------
    DatasetError : the log holds no answer
    """
    groups: dict[tuple[str | None, str], list[RawAnswer]] = {}
    for one in logged:
        groups.setdefault((one.model, one.prompt), []).append(one.raw)
    if not groups:
        raise DatasetError(f"{path.name}: no answers. Import a log that holds some, or run the evaluation again.")
    digest = hashlib.sha256(data).hexdigest()
    found = []
    for (model, prompt), answers in groups.items():
        told = [f"Columns read: {read}.", *notes]
        if model is None:
            told.append(f"The log names no model: {info.model} stands for it.")
        own = replace(info, model=model or info.model, prompt_id=prompt, source_file=path.name, source_sha256=digest)
        datasets = {answer.dataset for answer in answers}
        dataset = datasets.pop() if len(datasets) == 1 else None
        found.append(StagedSet(own, tuple(_numbered(answers)), dataset=dataset, notes=tuple(told)))
    return found


def chosen_metric(wanted: str | None, named: Iterable[str], source: str) -> str | None:
    """The metric that is shown: the one wanted, else the first.

    Raises
    ------
    DatasetError : none is called so
    """
    names = list(dict.fromkeys(named))
    if wanted is not None and wanted not in names:
        raise DatasetError(f"{source}: no metric is called {wanted} (found: {', '.join(names) or 'none'}). Name one.", "metric")
    return wanted or next(iter(names), None)


def stem(path: Path) -> str:
    """A file's name without its endings."""
    return path.name.split(".")[0] or path.name


def _numbered(answers: Sequence[RawAnswer]) -> list[RawAnswer]:
    """Several answers to one question, numbered in their order."""
    seen: dict[tuple[object, ...], int] = {}
    found = []
    for raw in answers:
        key = (raw.dataset, raw.row, raw.id, raw.question, str(raw.example))
        place = seen[key] = seen.get(key, -1) + 1
        found.append(replace(raw, sample=place) if place and not raw.sample else raw)
    return found
