"""DeepEval's test runs: test cases with input, actual output and the metrics' scores.

Both spellings are read, that of the files (`testCases`, `actualOutput`, `metricsData`) and that of the Python objects dumped
(`test_results`, `actual_output`, `metrics_data`). Versions differ in the rest of the file, which is not looked at.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evalmap.answers.answer_types import AnswerSetInfo, RawAnswer, StagedSet
from evalmap.answers.importers.import_options import AS_DETECTED, ImportOptions
from evalmap.answers.importers.json_sources import begins_with, figure, listing, mapping, read_object, text
from evalmap.answers.importers.scored_logs import Logged, chosen_metric, staged_sets, stem

_HEAD = re.compile(rb'"(?:testCases|test_cases|test_results|testResults)"\s*:\s*\[')
_CASES = ("testCases", "test_cases", "test_results", "testResults")


def recognizes(path: Path) -> bool:
    """Whether a file holds a list of test cases."""
    return path.name.lower().endswith((".json", ".json.gz")) and begins_with(path, _HEAD)


def read(files: Sequence[Path], options: ImportOptions = AS_DETECTED) -> list[StagedSet]:
    """Read test runs. The score of a free answer is that of the first metric, or of the one that `options.metric` names.

    Raises
    ------
    DatasetError : a file cannot be read, or holds no test case; no such metric
    """
    found = []
    for path in files:
        value, data = read_object(path)
        cases = [mapping(case) for name in _CASES for case in listing(value.get(name))]
        metric = chosen_metric(options.metric, [name for case in cases for name in _scores(case)], path.name)
        settings = mapping(value.get("hyperparameters"))
        info = AnswerSetInfo(model=text(settings.get("model")) or stem(path), source_format="deepeval")
        logged = [Logged(_answer(case, metric), text(settings.get("model"))) for case in cases]
        read = "input as question, actual output as what the model wrote" + (f", {metric} as the score" if metric else "")
        found += staged_sets(path, data, logged, info, read=read)
    return found


def _answer(case: Mapping[str, Any], metric: str | None) -> RawAnswer:
    said = text(_either(case, "actualOutput", "actual_output"))
    asked = text(case.get("input"))
    return RawAnswer(
        question=asked,
        prompt_only=asked is not None,
        text=said,
        score=_scores(case).get(metric) if metric else None,
        score_name=metric,
        gold=text(_either(case, "expectedOutput", "expected_output")),
        error=None if said is not None else "the test case has no actual output",
    )


def _scores(case: Mapping[str, Any]) -> dict[str, float]:
    held = [mapping(one) for one in listing(_either(case, "metricsData", "metrics_data"))]
    values = {str(one.get("name")): figure(one["score"] if one.get("score") is not None else one.get("success")) for one in held}
    return {name: value for name, value in values.items() if value is not None}


def _either(case: Mapping[str, Any], *names: str) -> Any:
    return next((case[name] for name in names if case.get(name) is not None), None)
