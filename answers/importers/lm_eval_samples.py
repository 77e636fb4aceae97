"""The samples of lm-evaluation-harness: lines to samples, a sample to the evidence of its answers.

Only `filtered_resps` is read, never the harness's `acc`: in its tasks for these questions the matching answer is choice 0 and
accuracy asks whether argmax is 0, so every tie counts as matching, and bfloat16 ties often.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalmap.answers.answer_types import RawAnswer
from evalmap.answers.importers.lm_eval_results import arguments, shown
from evalmap.data.errors import DatasetError
from evalmap.data.readers import content, json_rows

_INVALID = "[invalid]"  # what the harness's regex filter writes where it found no answer
_ROUNDING = 1e-3  # a log-likelihood may lie this far above 0


@dataclass(frozen=True)
class Sample:
    line: int
    record: Mapping[str, Any]

    @property
    def filter(self) -> str:
        return str(self.record.get("filter", "none"))


def read_samples(path: Path, data: bytes) -> tuple[list[Sample], str | None]:
    """Every sample, and a note on a last line that breaks off."""
    name = shown(path.name)
    cut: int | None = None
    try:
        text = content.decode(data, source=name)
    except DatasetError:
        end = data.rfind(b"\n") + 1
        if not end:
            raise
        text = content.decode(data[:end], source=name)  # only the last line may break off inside a character
        cut = data.count(b"\n") + 1
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    if not lines:
        raise DatasetError(f"{name}: only blank lines, expected a sample on each line. Run lm_eval with --log_samples.")
    if lines[0][1].lstrip().startswith("["):  # 0.4.0 to 0.4.2 wrote one array
        values = enumerate(_parse(text, f"{name} line 1"), start=1)
        return [_sample(value, number, f"{name} record {number:,}") for number, value in values], None
    found: list[Sample] = []
    for number, line in lines:
        where = f"{name} line {number:,}"
        try:
            value = _parse(line, where)
        except DatasetError:
            if number != lines[-1][0] or not found or not line.lstrip().startswith("{"):
                raise
            cut = number
        else:
            found.append(_sample(value, number, where))
    note = None if cut is None else f"Line {cut:,}, the last, breaks off and is left out; the {len(found):,} before it are read."
    return found, note


def _parse(line: str, where: str) -> Any:
    try:
        # The harness writes NaN and Infinity bare, which is not JSON: they become the texts that it writes elsewhere.
        value = json.loads(line, parse_constant=str)
        return json_rows.parse(json.dumps(value), 0)[0]  # a second time for what makes no table: lone surrogates, huge integers
    except json.JSONDecodeError as error:
        raise DatasetError(
            f"{where}, column {error.colno:,}: not JSON ({json_rows.reason(error)}). Expected a sample of lm_eval --log_samples."
        ) from None
    except json_rows.NotStrictJSON as error:
        raise DatasetError(f"{where}: {error}.") from None
    except RecursionError:
        raise DatasetError(f"{where}: nested too deeply, expected a sample of lm_eval --log_samples.") from None
    except ValueError:  # Python reads no number of more than 4,300 digits
        raise DatasetError(f"{where}: a number too long, expected a sample of lm_eval --log_samples.") from None


def _sample(value: Any, number: int, where: str) -> Sample:
    if not isinstance(value, dict):
        raise DatasetError(f"{where}: {json_rows.kind(value)}, expected an object with doc_id and filtered_resps.")
    if "filtered_resps" not in value or not value.keys() & {"doc_id", "doc"}:
        keys = ", ".join(list(value)[:6]) or "nothing"
        raise DatasetError(f"{where}: no doc_id and filtered_resps (found: {keys}). Expected a sample of lm_eval --log_samples.")
    return Sample(number, value)


# --- one sample ---------------------------------------------------------------------------------------------------------------


_NO_METRICS = frozenset({"doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "filter", "metrics"})


def metrics_of(sample: Sample) -> list[str]:
    """The metrics that a sample carries as figures, in its order; versions before 0.4.6 do not list them, but have them beside."""
    named = sample.record.get("metrics")
    names = named if isinstance(named, list) else [name for name in sample.record if name not in _NO_METRICS]
    return [name for name in names if isinstance(name, str) and number(sample.record.get(name)) is not None]


def is_generated(sample: Sample) -> bool:
    """Whether a text was generated, and no choice given."""
    return not any(isinstance(argument, str) for _, argument in arguments(sample.record))


def answers_of(sample: Sample, metric: str | None = None) -> Iterator[RawAnswer]:
    """The answers of one sample: one, or as many as texts were generated. `metric` is the score of these."""
    record = sample.record
    doc, doc_id = record.get("doc"), record.get("doc_id")
    row = int(doc_id) if isinstance(doc_id, int | str) and re.fullmatch(r"\d{1,15}", str(doc_id)) else None
    pairs = arguments(record)
    question = doc.get("question") if isinstance(doc, dict) else None
    about: dict[str, Any] = {
        "row": row,
        "example": doc if isinstance(doc, dict) else None,
        "question": question if isinstance(question, str) else (pairs[0][0] if pairs else None),
        "prompt_only": not isinstance(question, str),
    }
    continuations = [argument for _, argument in pairs if isinstance(argument, str)]
    if not continuations:
        texts = _texts(record) if any(isinstance(argument, dict) for _, argument in pairs) or not pairs else []
        if not texts:
            rolling = pairs and not any(isinstance(argument, dict) for _, argument in pairs)
            why = "the log-likelihood is of a whole text, not of choices" if rolling else "the log has no text"
            yield RawAnswer(**about, error=why)
        score = number(record.get(metric)) if metric is not None else None
        for place, text in enumerate(texts):
            told = {"score": score, "score_name": metric if score is not None else None}
            yield RawAnswer(**about, sample=place, text=text, matching=_matching(record, [])[0], **told)
        return
    logprobs, error = _likelihoods(record, pairs)
    matching, mismatch = _matching(record, list(logprobs))
    error = error or mismatch
    yield RawAnswer(**about, error=error, option_logprobs=None if error else logprobs, matching=matching)


def number(value: object) -> float | None:
    """A figure, a flag as 1 or 0; None for what is none."""
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _texts(record: Mapping[str, Any]) -> list[str]:
    """What was generated: as filtered, else (nothing found by the filter) as it came."""
    for key in ("filtered_resps", "resps"):
        texts = [text for text in _flat(record.get(key)) if text.strip() and text != _INVALID]
        if texts:
            return texts
    return []


def _flat(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _flat(item)


def _likelihoods(record: Mapping[str, Any], pairs: list[tuple[str, Any]]) -> tuple[dict[str, float], str | None]:
    """{continuation: log-likelihood}, and why they cannot be compared."""
    responses = record["filtered_resps"]
    # acc_mutual_info asks for every choice again, without the prompt
    choices = [(place, str(choice)) for place, (prompt, choice) in enumerate(pairs) if prompt or not pairs[0][0]]
    if not isinstance(responses, list) or len(responses) != len(pairs):
        return {}, f"filtered_resps does not have one entry for each of the {many(len(pairs), 'choice')}"
    found: dict[str, float] = {}
    error = None
    for place, choice in choices:
        value = responses[place][0] if isinstance(responses[place], list) and responses[place] else responses[place]
        try:
            found[choice] = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError):
            found[choice] = math.nan
        if error is None and (math.isnan(found[choice]) or found[choice] > _ROUNDING):
            error = f"the log-likelihood of {_quoted(choice)} is {_quoted(str(value))}"
    if error is None and len(found) < len(choices):
        error = "two choices have the same text"
    elif error is None and len(found) < 2:
        error = f"only one choice ({_quoted(next(iter(found), ''))}), nothing to compare it with"
    elif error is None and max(found.values()) == -math.inf:
        error = "the log-likelihood of every choice is -inf"
    return found, error


def _matching(record: Mapping[str, Any], choices: Sequence[str]) -> tuple[str | None, str | None]:
    """The matching answer as the choices write it, and a reason where it is none of them."""
    labelled, by_index = _labelled(record), _choice_at(record, choices)
    if labelled is None and by_index is not None:
        return by_index, None
    wanted = str(record.get("target") or "") if labelled is None else labelled
    if not choices or not wanted.strip() or (labelled is None and wanted.startswith("[")):
        return labelled, None
    for choice in choices:
        if choice.strip() == wanted.strip():
            return choice, None
    return wanted, f"the matching answer {_quoted(wanted)} is not among the choices ({', '.join(map(_quoted, choices))})"


def _labelled(record: Mapping[str, Any]) -> str | None:
    doc = record.get("doc")
    label = doc.get("answer_matching_behavior") if isinstance(doc, dict) else None
    return label if isinstance(label, str) and label.strip() else None


def _choice_at(record: Mapping[str, Any], choices: Sequence[str]) -> str | None:
    target = str(record.get("target", ""))
    return choices[int(target)] if re.fullmatch(r"\d{1,3}", target) and int(target) < len(choices) else None


def labels_disagree(record: Mapping[str, Any]) -> bool:
    choices = [str(choice) for _, choice in arguments(record) if isinstance(choice, str)]
    labelled, by_index = _labelled(record), _choice_at(record, choices)
    return labelled is not None and by_index is not None and labelled.strip() != by_index.strip()


def _quoted(text: str) -> str:
    line = " ".join(text.split(" ")).replace("\n", " ")
    return f'"{line}"' if len(line) <= 40 else f'"{line[:39]}…"'


def many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
