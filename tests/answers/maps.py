"""Small maps made with the fake encoder, and answer sets stored for them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from evalmap.answers.answer_types import AnswerSetInfo, RawAnswer, StagedSet
from evalmap.answers.import_pipeline import AnswerImport, keep_staged
from evalmap.data.opening import open_dataset
from evalmap.data.records import ReadOptions
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap, load_map
from evalmap.embeddings.pipeline import build
from evalmap.embeddings.settings import Settings
from evalmap.tests.fakes import FakeEncoder, sentences, write_rows

INFO = AnswerSetInfo(model="made up", prompt_id="raw", source_file="made.jsonl", source_sha256="0")


def rows(n: int = 40, *, seed: int = 0) -> list[dict[str, Any]]:
    """n different texts on five topics, labels Yes and No in turn, confidence .5 to .99."""
    return [
        {"text": text, "label": ["Yes", "No"][i % 2], "confidence": 0.5 + 0.49 * i / n}
        for i, text in enumerate(sentences(n, seed=seed))
    ]


def built(workspace: Workspace, path: Path, written: Sequence[dict[str, Any]] | None = None, *, k: int = 4) -> BuiltMap:
    """The map of a file that is written first, or of a file or folder that is there."""
    if written is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_rows(path, written)
    options = ReadOptions(text="text")
    manifest = build(open_dataset(path, options=options), workspace=workspace, settings=Settings(k=k), encoder=FakeEncoder())
    return load_map(workspace, manifest)


def kept(workspace: Workspace, on: BuiltMap, answers: Sequence[RawAnswer], info: AnswerSetInfo = INFO, **told: Any) -> AnswerImport:
    """Join answers with a map's dataset and store them."""
    claims, notes = told.pop("claims", {}), told.pop("notes", ())
    return keep_staged(workspace, on.manifest, StagedSet(replace(info, **told), tuple(answers), claims=claims, notes=notes))


def saying(written: Sequence[dict[str, Any]], said: Sequence[str], **told: Any) -> list[RawAnswer]:
    """One answer a row, by the question alone."""
    return [RawAnswer(question=row["text"], answer=answer, **told) for row, answer in zip(written, said, strict=True)]
