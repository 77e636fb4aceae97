"""promptfoo's results (`promptfoo eval -o results.json`): one set for each provider and prompt.

Read are results.results[] (earlier versions: results[]) with vars, prompt.raw, provider, response.output, error and score, and
nothing else of the file, whose other parts change from version to version.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from evalmap.answers.answer_types import AnswerSetInfo, RawAnswer, StagedSet
from evalmap.answers.importers.import_options import AS_DETECTED, ImportOptions
from evalmap.answers.importers.json_sources import begins_with, figure, listing, mapping, one_line, read_object, text
from evalmap.answers.importers.scored_logs import Logged, chosen_metric, staged_sets, stem

_HEAD = re.compile(rb'"(?:evalId|promptfooVersion)"\s*:|"results"\s*:\s*\{\s*"(?:version|timestamp|prompts|results)"\s*:')
_OWN = "score"


def recognizes(path: Path) -> bool:
    """Whether a file begins as promptfoo writes its results."""
    return path.name.lower().endswith((".json", ".json.gz")) and begins_with(path, _HEAD)


def read(files: Sequence[Path], options: ImportOptions = AS_DETECTED) -> list[StagedSet]:
    """Read results. The score of a free answer is promptfoo's own, or the named score that `options.metric` chooses.

    Raises
    ------
    DatasetError : a file cannot be read, or holds no results; no such metric
    """
    found = []
    for path in files:
        value, data = read_object(path)
        held = value.get("results")
        rows = listing(mapping(held).get("results") if isinstance(held, dict) else held)
        named = [_OWN, *(name for row in rows for name in mapping(mapping(row).get("namedScores")))]
        metric = chosen_metric(options.metric, named, path.name) or _OWN
        info = AnswerSetInfo(model=stem(path), source_format="promptfoo")
        read = f"vars and prompt as question, response.output as what the model wrote, {metric} as the score"
        found += staged_sets(path, data, _logged(rows, metric), info, read=read)
    return found


def _logged(rows: Sequence[Any], metric: str) -> Iterator[Logged]:
    for row in map(mapping, rows):
        prompt, provider = mapping(row.get("prompt")), row.get("provider")
        asked = {str(name): value for name, value in mapping(row.get("vars")).items() if isinstance(value, str)}
        response = row.get("response")
        said = text(mapping(response).get("output")) if isinstance(response, dict) else text(response)
        scores = mapping(row.get("namedScores"))
        score = figure(row.get("score") if metric == _OWN else scores.get(metric))
        error = row.get("error") or mapping(response).get("error")
        raw = RawAnswer(
            example=asked or None,
            question=text(prompt.get("raw")),
            prompt_only=True,
            text=said,
            score=score,
            score_name=metric,
            error=None if said is not None else one_line(str(error or "no output")),
        )
        model = (
            text(mapping(provider).get("label") or mapping(provider).get("id")) if isinstance(provider, dict) else text(provider)
        )
        label = text(prompt.get("label")) or ""
        yield Logged(raw, model, label if len(label) <= 60 and "{{" not in label else "")
