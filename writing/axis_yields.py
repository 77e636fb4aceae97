"""What each value of an axis comes to: of what was written with it, how much stays."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from evalmap.answers.statistics.summary import Interval, wilson
from evalmap.writing.write_outcome import Written
from evalmap.writing.write_requests import Wanted

TOPIC = "topic"  # what the axis of a plan with topics is called


@dataclass(frozen=True)
class ValueYield:
    """Of one value of an axis.

    Attributes
    ----------
    requests, replies : asked with it, and answered without an error
    pieces, kept : that the replies hold, and that are rows of the result
    ratio : kept / pieces, 0–1, more is better; nan without pieces
    interval : its 95 % interval (Wilson); rows of one reply are taken for independent, which they are not wholly
    """

    requests: int
    replies: int
    pieces: int
    kept: int
    ratio: float
    interval: Interval


def axis_yields(written: Written) -> dict[str, dict[str, ValueYield]]:
    """{axis: {value: what it comes to}}, in the order of the plan; topics are the axis "topic"; {} where nothing varies."""
    asking = written.asking
    plan = asking.plan
    axes: dict[str, Sequence[str]] = {TOPIC: plan.topics} if plan.topics else dict(plan.axes)
    keys = [request.key for request in asking.requests]
    answered = {key for key in keys if key in written.answers and written.answers[key].error is None}
    found = {}
    for axis, values in axes.items():
        requests = Counter(_value(asking.wanted[key], axis) for key in keys)
        replies = Counter(_value(asking.wanted[key], axis) for key in answered)
        pieces = Counter(_value(one.wanted, axis) for one in written.pieces)
        kept = Counter(_value(one.wanted, axis) for one in written.kept)
        found[axis] = {
            value: ValueYield(
                requests[value],
                replies[value],
                pieces[value],
                kept[value],
                kept[value] / pieces[value] if pieces[value] else float("nan"),
                wilson(kept[value], pieces[value]),
            )
            for value in dict.fromkeys(values)
        }
    return found


def _value(wanted: Wanted, axis: str) -> str | None:
    return wanted.topic if axis == TOPIC and not wanted.axes else wanted.axes.get(axis)
