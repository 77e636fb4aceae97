"""How probable a row's intended label is to another model: what it is asked, and what its first token says.

The question is keyed by all that it says, in a journal of the model's own, so no row is asked about twice: not after a stop, not
where its label is asked for again, not in a longer run.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evalmap.answers.answer_types import RawAnswer
from evalmap.answers.asking.protocol import Prompt, Request
from evalmap.answers.reading.scoring import score
from evalmap.writing.filter_plan import LabelFilter
from evalmap.writing.plans import WritePlan

KIND = "write-filter"  # what the journal's header says that it holds
DIGITS = 6  # of a probability in files


@dataclass(frozen=True)
class Confidence:
    """What a discriminator says of a row.

    Attributes
    ----------
    value : P(intended label) among the options, 0–1; nan where none of them was among its top tokens
    probabilities : {option: P} where there are two options, else that of the matching one alone
    key : of its answer in the journal; prompt : what it was asked
    mass : Σ P over the options: how much of what it might have said is an answer at all
    """

    value: float
    probabilities: Mapping[str, float]
    key: str
    prompt: str
    mass: float = math.nan


@dataclass(frozen=True)
class FilterAsking:
    """What would be asked of which discriminator.

    run_id : names its journal; header : what that begins with
    """

    plan: WritePlan
    filter: LabelFilter
    prompt: Prompt
    run_id: str
    header: Mapping[str, Any]

    def request(self, text: str, label: str) -> Request:
        """The question about a row of the dataset."""
        options = self.filter.options(label)
        filled = self.filter.filled(text, label, behaviour=self.plan.behaviour, kind=self.plan.kind)
        identity = [filled, self.filter.prompt_kind, sorted(options.all)]
        return Request(hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:24], filled, options)


def plan_filter(plan: WritePlan, *, model: str, server: str, extra: Mapping[str, Any] | None = None) -> FilterAsking:
    """Whom a plan's filter asks, and how.

    Parameters
    ----------
    model, server : whom, and where: an address without credentials, or a file on this machine
    extra : what else is in every request

    Raises
    ------
    ValueError : the plan has no filter
    """
    if plan.filter is None:
        raise ValueError("the plan has no filter")
    target = {"model": model, "server": server, "extra": dict(extra or {})}
    identity = [KIND, plan.behaviour, target]
    run_id = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:20]
    header = {"run": run_id, "kind": KIND, "behaviour": plan.behaviour, **target}
    return FilterAsking(plan, plan.filter, plan.filter.prompt, run_id, header)


def read_confidence(request: Request, answer: RawAnswer) -> Confidence:
    """The probability of the intended label, of an answer that is no error."""
    scored = score(answer, request.options)
    value = scored.p_matching
    matching, *others = request.options.all
    probabilities = {} if math.isnan(value) else {matching: round(value, DIGITS)}
    if probabilities and len(others) == 1:
        probabilities[others[0]] = round(1 - value, DIGITS)
    return Confidence(value, probabilities, request.key, request.text, scored.answer_mass)
