"""A small map with answer sets whose every figure is known, for reports and exports."""

from pathlib import Path
from typing import Any

from evalmap.answers.aligned import answers_on
from evalmap.answers.answer_types import RawAnswer, Scores
from evalmap.answers.store import AnswerStore
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap
from evalmap.tests.answers.maps import built, kept, rows

EVIL = '<script>alert("{{ 7 * 7 }}")</script> & <img src=https://example.com/x.png>'
ROWS = rows(120)


def answered(written: list[dict[str, Any]], p: float, *, ties: int = 0, missing: int = 0) -> list[RawAnswer]:
    """P(matching) is p where the label is Yes and 1 − p where it is No: always Yes; the first rows tie, the last are left out."""
    told = []
    for i, row in enumerate(written[: len(written) - missing]):
        own = 0.5 if i < ties else p if row["label"] == "Yes" else 1 - p
        told.append(RawAnswer(question=row["text"], p_matching=own, answer_mass=0.25))
    return told


def home(folder: Path) -> tuple[Workspace, BuiltMap]:
    """A map of 120 examples with three sets: m · yes always says Yes, m · ties ties in 20 rows and claims acc, and one with markup
    for a name that was asked 100 rows and 2 unknown ones.
    """
    space = Workspace(folder / "home")
    on = built(space, folder / "asked.jsonl", ROWS)
    kept(space, on, answered(ROWS, 0.8), model="m", prompt_id="yes")
    kept(space, on, answered(ROWS, 0.9, ties=20), model="m", prompt_id="ties", claims={"acc": 70 / 120}, notes=("a note",))
    strangers = [RawAnswer(question="never asked", answer="Yes"), RawAnswer(question="nor this", answer="Yes")]
    kept(space, on, [*answered(ROWS, 0.3, missing=20), *strangers], model=EVIL, prompt_id="")
    return space, on


def sets_of(space: Workspace, on: BuiltMap) -> list[Scores]:
    return answers_on(on, AnswerStore(space))
