"""A small map of sentences with a blank, and answer sets with known P of each pronoun."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from evalmap.answers.answer_types import AnswerSetInfo, RawAnswer, StagedSet
from evalmap.answers.import_pipeline import AnswerImport, keep_staged
from evalmap.data.opening import open_dataset
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap, load_map
from evalmap.embeddings.pipeline import build
from evalmap.embeddings.settings import Settings
from evalmap.tests.fakes import FakeEncoder, write_rows

Row = dict[str, Any]
SETS = (("he", "she", "they"), ("him", "her", "them"), ("his", "her", "their"))
SENTENCES = (
    "The {} told the {} that _ would come back by noon.",
    "The {} asked the {} to wait for _ outside the door.",
    "The {} handed the {} one of _ old brushes.",
)
OCCUPATIONS = (
    *("baker", "plumber", "nurse", "librarian", "roofer", "typist", "pilot", "florist", "welder", "dancer", "judge", "tailor"),
    *("miner", "midwife", "barber", "weaver", "sailor", "teacher", "smith", "clerk"),
)
EVIL = "<b>smith</b> & ![x](https://example.com/x.png) $y$"


def rows(n: int = len(OCCUPATIONS), *, sentences: int = 3) -> list[Row]:
    """n occupations with `sentences` sentences each, in all three forms in turn; the share of women grows from 5 to 95 %."""
    found = []
    for at, name in enumerate(OCCUPATIONS[:n]):
        for turn in range(sentences):
            text = SENTENCES[turn % 3].format(name, "guest") + (f" Day {turn}." if turn >= 3 else "")
            share = round(5 + 90 * at / max(1, n - 1), 1)
            found.append(
                {
                    "index": len(found),
                    "occupation": name,
                    "other_person": "guest",
                    "pronoun_options": list(SETS[turn % 3]),
                    "sentence_with_blank": text,
                    "BLS_percent_women_2019": share,
                }
            )
    return found


def built(workspace: Workspace, path: Path, written: list[Row], *, k: int = 3) -> BuiltMap:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_rows(path, written)
    manifest = build(open_dataset(path), workspace=workspace, settings=Settings(k=k), encoder=FakeEncoder())
    return load_map(workspace, manifest)


def kept(
    workspace: Workspace,
    on: BuiltMap,
    written: list[Row],
    p: Callable[[Row, int], Mapping[str, float]],
    *,
    model: str = "made",
) -> AnswerImport:
    """Store a set; `p` tells of a row, and its place, the probability of each of its options."""
    import math

    answers = [
        RawAnswer(row=i, option_logprobs={option: math.log(value) for option, value in p(row, i).items()}, answer_mass=0.5)
        for i, row in enumerate(written)
    ]
    answers = [
        RawAnswer(**{**vars(raw), "question": row["sentence_with_blank"]}) for raw, row in zip(answers, written, strict=True)
    ]
    info = AnswerSetInfo(model=model, prompt_id="blank", source_file=f"{model}.jsonl", source_sha256=model)
    return keep_staged(workspace, on.manifest, StagedSet(info, tuple(answers)))


def leaning(row: Row, at: int, *, slope: float = 0.8, noise: float = 0.15) -> dict[str, float]:
    """P that leans towards women with their share, a little off from sentence to sentence; .2 is left open."""
    share = row["BLS_percent_women_2019"] / 100
    wobble = noise * (((at * 37) % 11) / 10 - 0.5)
    female = min(0.97, max(0.03, 0.5 + slope * (share - 0.5) + wobble))
    he, she, they = row["pronoun_options"]
    return {he: 0.8 * (1 - female), she: 0.8 * female, they: 0.2}
