"""Where a written row comes from, as provenance.jsonl tells it."""

import math
from typing import Any

from evalmap.writing.label_confidence import DIGITS, Confidence
from evalmap.writing.pieces import WrittenPiece
from evalmap.writing.write_outcome import Filtered, Written


def provenance(written: Written, one: WrittenPiece) -> dict[str, Any]:
    """Where a piece comes from: the plan's hash, the prompt, the model, how it was drawn, when, the raw reply, and the filter."""
    asking, plan = written.asking, written.asking.plan
    request = asking.by_key[one.key]
    answer = written.answers[one.key]
    left_out = list(answer.left_out or ())
    sampling = {name: value for name, value in request.body.items() if name not in left_out}
    return {
        "plan": plan.hash,
        "request": one.key,
        "piece": one.number,
        "label": one.wanted.label,
        "topic": one.wanted.topic,
        "axes": dict(one.wanted.axes),
        "prompt": request.text,
        "system": asking.prompt.system,
        "template": asking.prompt.id,
        "model": asking.header["model"],
        "server": asking.header["server"],
        "about": dict(written.about),
        "sampling": {**sampling, "max_tokens": plan.sampling.max_tokens, **asking.header["extra"]},
        "left_out": left_out,  # fields that the server does not know
        "time": written.times.get(one.key),
        "finish_reason": answer.finish_reason,
        "removed": list(one.piece.removed),
        "raw": answer.text,
        "filter": _filtered(written.filtered, one.confidence) if written.filtered and one.confidence else None,
    }


def label_confidence(one: WrittenPiece) -> float | None:
    """P(intended label) as files have it; None where there is none."""
    value = one.confidence.value if one.confidence else math.nan
    return None if math.isnan(value) else round(value, DIGITS)


def _filtered(filtered: Filtered, found: Confidence) -> dict[str, Any]:
    header = filtered.asking.header
    return {
        "model": header["model"],
        "server": header["server"],
        "about": dict(filtered.about),
        "template": filtered.asking.prompt.id,
        "prompt": found.prompt,
        "request": found.key,
        "probabilities": dict(found.probabilities),
        "answer_mass": None if math.isnan(found.mass) else round(found.mass, DIGITS),
        "time": filtered.times.get(found.key),
    }
