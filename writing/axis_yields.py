"""What each value of an axis comes to: of what was written with it, how much stays."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalmap.answers.answer_types import RawAnswer
from evalmap.answers.statistics.summary import Interval, wilson
from evalmap.writing.pieces import WrittenPiece
from evalmap.writing.write_requests import Wanted, WriteAsking

TOPIC = "topic"  # what the axis of a plan with topics is called


@dataclass(frozen=True)
class ValueYield:
    """Of one value of an axis.

    Attributes
    ----------
    requests, replies : asked with it, and answered without an error
    pieces, kept : that the replies hold, less those whose label was not judged yet, and that are rows of the result
    ratio : kept / pieces, 0–1, more is better; nan without pieces
    interval : its 95 % interval (Wilson); rows of one reply are taken for independent, which they are not wholly
    """

    requests: int
    replies: int
    pieces: int
    kept: int
    ratio: float
    interval: Interval


def axis_yields(
    asking: WriteAsking, pieces: Sequence[WrittenPiece], answers: Mapping[str, RawAnswer]
) -> dict[str, dict[str, ValueYield]]:
    """{axis: {value: what it comes to}}, in the order of the plan; topics are the axis "topic"; {} where nothing varies."""
    plan = asking.plan
    axes: dict[str, Sequence[str]] = {TOPIC: plan.topics} if plan.topics else dict(plan.axes)
    answered = {key for key in asking.wanted if key in answers and answers[key].error is None}
    found = {}
    for axis, values in axes.items():
        requests = Counter(_value(wanted, axis) for wanted in asking.wanted.values())
        replies = Counter(_value(asking.wanted[key], axis) for key in answered)
        written = Counter(_value(one.wanted, axis) for one in pieces if one.step != "not_yet_filtered")
        kept = Counter(_value(one.wanted, axis) for one in pieces if one.step == "kept")
        found[axis] = {
            value: ValueYield(
                requests[value],
                replies[value],
                written[value],
                kept[value],
                kept[value] / written[value] if written[value] else math.nan,
                wilson(kept[value], written[value]),
            )
            for value in dict.fromkeys(values)
        }
    return found


def axis_figures(
    asking: WriteAsking, pieces: Sequence[WrittenPiece], answers: Mapping[str, RawAnswer]
) -> dict[str, dict[str, dict[str, Any]]]:
    """`axis_yields` as JSON holds it: {axis: {value: {requests, replies, pieces, kept, yield, low, high}}}; nan is null."""
    return {
        axis: {
            value: {
                **{name: getattr(one, name) for name in ("requests", "replies", "pieces", "kept")},
                **{
                    name: None if math.isnan(number) else round(number, 4)
                    for name, number in (("yield", one.ratio), ("low", one.interval.low), ("high", one.interval.high))
                },
            }
            for value, one in values.items()
        }
        for axis, values in axis_yields(asking, pieces, answers).items()
    }


def _value(wanted: Wanted, axis: str) -> str | None:
    return wanted.topic if axis == TOPIC and not wanted.axes else wanted.axes.get(axis)
