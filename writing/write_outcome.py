"""What the replies of a run come to: every piece with its step, in counts that add up, and the figures of filter and growth."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from evalmap.answers.answer_types import RawAnswer
from evalmap.answers.statistics.summary import wilson
from evalmap.screening.quality.saturation import Saturation
from evalmap.writing.axis_yields import axis_figures
from evalmap.writing.growth import ENDED, Batch, Ended, measure_growth
from evalmap.writing.label_confidence import DIGITS, FilterAsking
from evalmap.writing.pieces import STEPS, Step, WrittenPiece
from evalmap.writing.write_requests import WriteAsking

REASONS: tuple[Step, ...] = ("unparsed", "repeats", "filtered", "near_duplicates", "not_best")


@dataclass(frozen=True)
class Filtered:
    """What the discriminator said.

    about : what runs it, as the answerer tells it; times : {key: when its answer came}
    """

    asking: FilterAsking
    about: Mapping[str, Any]
    times: Mapping[str, str]


@dataclass(frozen=True)
class Written:
    """All that the replies of a run come to.

    asking : with the requests that were reached, which `until_new` may have ended early or carried beyond the plan's
    pieces : in the order of asking
    answers, times : {key: the reply}, {key: when it came}
    about : what runs the model, as the answerer tells it
    existing : (texts, labels) of the dataset that the plan adds to
    batches, ended : how it grew, and why it ended
    filtered : what the discriminator said; None without a filter
    """

    asking: WriteAsking
    pieces: tuple[WrittenPiece, ...]
    answers: Mapping[str, RawAnswer]
    times: Mapping[str, str]
    about: Mapping[str, Any]
    existing: tuple[Sequence[str], Sequence[str]] = ((), ())
    batches: tuple[Batch, ...] = ()
    ended: Ended = "count"
    filtered: Filtered | None = None

    @property
    def kept(self) -> list[WrittenPiece]:
        return [one for one in self.pieces if one.step == "kept"]

    @property
    def rejected(self) -> list[WrittenPiece]:
        return [one for one in self.pieces if one.step != "kept"]

    def table(self) -> dict[str, dict[str, Any]]:
        """{label: counts}, and "all" last; each adds up.

        requests = replies + failed + not_asked. pieces = parsed + unparsed = the sum of the steps unparsed, repeats, filtered,
        near_duplicates, not_best, kept and not_yet_filtered. `…_reasons` are {reason: pieces}, `removed` {what went: rows}.
        """
        labels = self.asking.plan.labels
        rows = {label: self._counts([label]) for label in labels if label}
        return rows | {"all": self._counts(labels)}

    def saturation(self) -> Saturation:
        """Whether more rows written the same way would be new."""
        return measure_growth(self.pieces)

    def _counts(self, labels: Sequence[str]) -> dict[str, Any]:
        keys = [request.key for request in self.asking.requests if self.asking.wanted[request.key].label in labels]
        pieces = [one for one in self.pieces if one.wanted.label in labels]
        replies = sum(key in self.answers and self.answers[key].error is None for key in keys)
        failed = sum(key in self.answers and self.answers[key].error is not None for key in keys)
        steps = Counter(one.step for one in pieces)
        counts = {step: steps[step] for step in STEPS}
        return {
            "requests": len(keys),
            "replies": replies,
            "failed": failed,
            "not_asked": len(keys) - replies - failed,
            "pieces": len(pieces),
            "parsed": len(pieces) - steps["unparsed"],
            **counts,
            **{f"{step}_reasons": _counted(one.reason for one in pieces if one.step == step) for step in REASONS},
            "removed": _counted(what for one in pieces if one.step != "unparsed" for what in one.piece.removed),
        }


def batch_figures(written: Written) -> list[dict[str, Any]]:
    """Each batch: requests, pieces, kept, kept_so_far and the yield, which is kept / pieces."""
    names = ("requests", "pieces", "kept", "kept_so_far")
    return [
        {"batch": one.number, **{name: getattr(one, name) for name in names}, "yield": round(one.new_ratio, 4)}
        for one in written.batches
    ]


def saturation_figures(written: Written) -> dict[str, Any]:
    """What the repeats say of rows that are not written yet; null where it cannot be said."""
    found = written.saturation()
    told = {name: value for name, value in asdict(found).items() if name != "growth"}
    rounded = {
        name: {end: None if math.isnan(x) else round(x, 4) for end, x in value.items()} if isinstance(value, dict) else value
        for name, value in told.items()
    }
    return {**rounded, "growth": [list(point) for point in found.growth], "sentence": found.sentence}


def filter_figures(written: Written, verdicts: Mapping[tuple[str, str], bool] | None = None) -> dict[str, Any] | None:
    """What the discriminator comes to; None without a filter.

    n, mean : rows that it gave a probability, and the mean of P(intended label)
    n_kept, kept_mean, floor : the same of the rows that are kept: if P is right, the accuracy that can be expected at best of a
        model that is asked them, and 1 − it
    accuracy, accuracy_low, accuracy_high, accuracy_n : how often P > .5 agrees with people on whether the label fits, with its
        Wilson interval, over rows whose text and label were reviewed; null where there are none

    Parameters
    ----------
    verdicts : {(text, label): whether people say that the label fits}
    """
    if written.filtered is None:
        return None
    told, header = written.filtered.asking.filter, written.filtered.asking.header
    known = [(one, one.confidence.value) for one in written.pieces if one.confidence and not math.isnan(one.confidence.value)]
    kept = [value for one, value in known if one.step == "kept"]
    agree = {
        mark: (value > 0.5) == fits
        for one, value in known
        if (fits := (verdicts or {}).get(mark := (one.row, one.wanted.label))) is not None
    }
    share = wilson(sum(agree.values()), len(agree))
    kept_mean = _mean(kept)
    return {
        "model": header["model"],
        "server": header["server"],
        "template": told.template,
        "asks": "whether the label is right" if told.asks_fit else "for the label",
        "threshold": told.threshold,
        "best": told.best,
        "balanced": told.balanced,
        "n": len(known),
        "mean": _mean([value for _, value in known]),
        "n_kept": len(kept),
        "kept_mean": kept_mean,
        "floor": None if kept_mean is None else round(1 - kept_mean, DIGITS),
        "accuracy": sum(agree.values()) / len(agree) if agree else None,
        "accuracy_low": share.low if agree else None,
        "accuracy_high": share.high if agree else None,
        "accuracy_n": len(agree),
    }


def people_figures(written: Written, verdicts: Mapping[tuple[str, str], bool]) -> dict[str, Any] | None:
    """How many of the kept rows have a label that people say fits, with its Wilson interval; None where nobody reviewed one.

    {"fits": ratio, "low", "high": 95 %, "n": rows}
    """
    said = [verdicts[mark] for one in written.kept if (mark := (one.row, one.wanted.label)) in verdicts]
    if not said:
        return None
    share = wilson(sum(said), len(said))
    return {"fits": sum(said) / len(said), "low": share.low, "high": share.high, "n": len(said)}


def figures(written: Written, verdicts: Mapping[tuple[str, str], bool] | None = None) -> dict[str, Any]:
    """All that a run came to, the same whenever its journals are read: what table.json holds."""
    plan = written.asking.plan
    return {
        "plan": plan.hash,
        "behaviour": plan.behaviour,
        "model": written.asking.header["model"],
        "table": written.table(),
        "axes": axis_figures(written.asking, written.pieces, written.answers),
        "batches": batch_figures(written),
        "ended": {"by": written.ended, "sentence": ENDED[written.ended]},
        "until_new": plan.until_new,
        "min_yield": plan.min_yield,
        "saturation": saturation_figures(written),
        "filter": filter_figures(written, verdicts),
        "people": people_figures(written, verdicts or {}),
    }


def _mean(values: Sequence[float]) -> float | None:
    return round(float(np.mean(values)), DIGITS) if values else None


def _counted(reasons: Iterable[str | None]) -> dict[str, int]:
    return dict(Counter(reason for reason in reasons if reason is not None).most_common())
