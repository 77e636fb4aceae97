"""OpenCompass predictions (outputs/…/predictions/<model>/<dataset>.json): an object of numbered answers.

Each has prediction and origin_prompt (a text, or turns of {role, prompt}), and mostly gold. Answers chosen by perplexity hold
"label: A" … beside the prediction; these are means over tokens, so the prediction alone is read. A dataset that was cut into parts
(`_0.json`, `_1.json`) counts anew in each: its answers join by their prompts.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from evalmap.answers.answer_types import AnswerSetInfo, RawAnswer, StagedSet
from evalmap.answers.importers.import_options import AS_DETECTED, ImportOptions
from evalmap.answers.importers.json_sources import begins_with, figure, listing, mapping, read_object, text, turns_of
from evalmap.answers.importers.request_prompts import from_turns
from evalmap.answers.importers.scored_logs import Logged, staged_sets, stem

_HEAD = re.compile(rb'^\s*\{\s*"\d+"\s*:\s*\{(?=[\s\S]*?"(?:prediction|pred)"\s*:)')


def recognizes(path: Path) -> bool:
    """Whether a file begins with an answer numbered 0."""
    return path.name.lower().endswith((".json", ".json.gz")) and begins_with(path, _HEAD)


def read(files: Sequence[Path], options: ImportOptions = AS_DETECTED) -> list[StagedSet]:
    """Read predictions; the model is the folder's name, the dataset the file's.

    Raises
    ------
    DatasetError : a file cannot be read, or holds no prediction
    """
    found = []
    for path in files:
        value, data = read_object(path)
        model = path.resolve().parent.name
        rows = {int(at): mapping(row) for at, row in value.items() if at.isdigit()}
        info = AnswerSetInfo(model=model, source_format="opencompass")
        read = "origin_prompt as question, prediction as what the model wrote, gold as the key"
        found += staged_sets(path, data, _logged(rows, stem(path), model), info, read=read)
    return found


def _logged(rows: Mapping[int, Mapping[str, Any]], dataset: str, model: str) -> Iterator[Logged]:
    for at, row in rows.items():
        prompt = row.get("origin_prompt")
        asked = text(prompt) if isinstance(prompt, str) else from_turns(list(turns_of(prompt))).question
        held = row.get("prediction", row.get("pred"))
        said = text(listing(held)[0] if listing(held) else held)
        chosen = any(name.startswith("label: ") for name in row)
        raw = RawAnswer(
            dataset=dataset,
            row=at,
            question=asked,
            prompt_only=asked is not None,
            answer=said if chosen else None,
            text=None if chosen else said,
            gold=text(row.get("gold")),
            score=figure(row.get("correct")),
            score_name="correct",
            error=None if said is not None else "the answer has no prediction",
        )
        yield Logged(raw, model)
