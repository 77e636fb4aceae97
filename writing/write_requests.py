"""What is asked for a plan: its requests in order, and those that go on from them without end.

A reply is a draw, so one prompt may be asked many times: each request has a number among those of its prompt, which gives it a seed
of its own and a key of its own in the journal. The key is made of all that the request says. So what was answered is never asked
again, also where the plan has changed elsewhere: more rows, another topic or other examples ask what is new alone.
"""

import hashlib
import itertools
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from evalmap.answers.asking.protocol import Prompt, Request
from evalmap.writing.plans import NO_OPTIONS, WritePlan

KIND = "write"  # what the journal's header says that it holds


@dataclass(frozen=True)
class Wanted:
    """What a request is for: rows of a label about a topic, or with a value of each axis; `expected` of them."""

    label: str
    topic: str | None
    expected: int
    axes: Mapping[str, str] = field(default_factory=dict)


Asking = tuple[Request, Wanted]


@dataclass(frozen=True)
class WriteAsking:
    """What would be asked of whom.

    Attributes
    ----------
    run_id : 20 hex digits of the behaviour, the kind, the model and where it runs: names the journal
    requests : in the order of asking, label by label in turn, so that a part of them is balanced
    wanted : {key: what the request is for}
    header : what the journal begins with; holds no key
    """

    plan: WritePlan
    prompt: Prompt
    run_id: str
    requests: tuple[Request, ...]
    wanted: Mapping[str, Wanted]
    header: Mapping[str, Any]

    @cached_property
    def by_key(self) -> Mapping[str, Request]:
        """{key: its request}"""
        return {request.key: request for request in self.requests}

    def of(self, requests: Sequence[Asking]) -> "WriteAsking":
        """The same with these requests."""
        return replace(self, requests=tuple(request for request, _ in requests), wanted={r.key: wanted for r, wanted in requests})


def plan_write(plan: WritePlan, *, model: str, server: str, extra: Mapping[str, Any] | None = None) -> WriteAsking:
    """Fill the template in for every request of the plan.

    Parameters
    ----------
    model, server : whom, and where: an address without credentials, or a file on this machine
    extra : what else is in every request; part of the run's identity

    Raises
    ------
    DatasetError : the template cannot be filled in
    """
    target = {"model": model, "server": server, "extra": dict(extra or {})}
    identity = [KIND, plan.behaviour, plan.kind, target]
    run_id = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:20]
    header = {"run": run_id, "kind": KIND, "behaviour": plan.behaviour, "rows": plan.kind, **target}
    planned = list(itertools.islice(request_sequence(plan), planned_requests(plan)))
    return WriteAsking(plan, plan.prompt, run_id, (), {}, header).of(planned)


def planned_requests(plan: WritePlan) -> int:
    """How many requests the plan's `count` comes to."""
    return sum(_needed(plan, label) for label in plan.labels)


def request_sequence(plan: WritePlan) -> Iterator[Asking]:
    """(request, what it is for), without end: those of the plan first, label by label in turn, then one of each label in turn.

    A longer plan begins with what a shorter one asks of each label.

    Raises
    ------
    DatasetError : the template cannot be filled in
    """
    of_label = {label: _of_label(plan, label) for label in plan.labels}
    left = {label: _needed(plan, label) for label in plan.labels}
    while any(left.values()):
        for label in plan.labels:
            if left[label]:
                left[label] -= 1
                yield next(of_label[label])
    while True:
        for label in plan.labels:
            yield next(of_label[label])


def _needed(plan: WritePlan, label: str) -> int:
    return -(-plan.count[label] // plan.per_reply)


def _of_label(plan: WritePlan, label: str) -> Iterator[Asking]:
    """(request, what it is for) of each request of a label, in order, without end."""
    examples = [example.text for example in plan.examples if example.label == label]
    times, combinations = Counter[str](), plan.combinations
    for number in itertools.count():
        topic = plan.topics[number % len(plan.topics)] if plan.topics else None
        axes = combinations[number]
        text = plan.filled(label, topic, _shots(plan, label, number, examples), axes)
        yield _request(plan, label, text, times[text]), Wanted(label, topic, plan.per_reply, axes)
        times[text] += 1


def _request(plan: WritePlan, label: str, text: str, time: int) -> Request:
    sampling = {name: value for name, value in asdict(plan.sampling).items() if value is not None}
    max_tokens = sampling.pop("max_tokens")
    identity = [text, plan.system, plan.prompt_kind, label, plan.per_reply, sampling, max_tokens, time]
    digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
    if plan.sampling.seed is not None:  # of its own: the same prompt under the same seed would be the same reply
        sampling["seed"] = int(digest[24:31], 16)
    return Request(digest[:24], text, NO_OPTIONS, sampling)


def _shots(plan: WritePlan, label: str, number: int, examples: Sequence[str]) -> list[str]:
    """The examples that a prompt shows, in an order of their own."""
    told = json.dumps([plan.sampling.seed or 0, label, number]).encode()
    random = np.random.default_rng(int.from_bytes(hashlib.sha256(told).digest()[:8]))
    return [examples[int(i)] for i in random.permutation(len(examples))[: plan.shots]]
