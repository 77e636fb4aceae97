"""A writer and a discriminator in this process: scripted replies, probabilities of one's own, and what each was asked."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from evalmap.answers.answer_types import RawAnswer
from evalmap.answers.asking.protocol import OnAnswer, Prompt, Request, Usage
from evalmap.data.errors import DatasetError
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.vectors import embed_few
from evalmap.tests.fakes import FakeEncoder
from evalmap.writing.label_confidence import plan_filter
from evalmap.writing.plans import WritePlan, parse_plan
from evalmap.writing.write_requests import plan_write
from evalmap.writing.write_run import WriteOutcome, write

URL = "http://127.0.0.1:9/v1"


class FakeWriter:
    """Says `reply(number, request)`, counted over all that it was asked; None is a failure. It stops before `stop_at`."""

    def __init__(self, reply: Callable[[int, Request], str | None], *, stop_at: int | None = None) -> None:
        self.reply, self.stop_at = reply, stop_at
        self.asked: list[Request] = []

    def about(self) -> Mapping[str, Any]:
        return {"model": "writer-1", "runtime": "fake"}

    def answer(self, prompt: Prompt, requests: Sequence[Request], *, on_answer: OnAnswer) -> Usage:
        for request in requests:
            if len(self.asked) == self.stop_at:
                raise DatasetError("the fake writer was told to stop.", "base_url")
            text = self.reply(len(self.asked), request)
            self.asked.append(request)
            on_answer(request, RawAnswer(error="refused") if text is None else RawAnswer(text=text, finish_reason="stop"))
        return Usage(10 * len(requests), 5 * len(requests))


class FakeDiscriminator:
    """Says Yes, or (A), with P = `p(text)`, and the other options with the rest; nan: none of them is among its tokens."""

    def __init__(self, p: Callable[[str], float]) -> None:
        self.p = p
        self.asked: list[Request] = []

    def about(self) -> Mapping[str, Any]:
        return {"model": "judge-1", "runtime": "fake"}

    def answer(self, prompt: Prompt, requests: Sequence[Request], *, on_answer: OnAnswer) -> Usage:
        for request in requests:
            self.asked.append(request)
            p, (yes, *others) = self.p(request.text), sorted(request.options.all, key=lambda option: option not in ("Yes", "(A)"))
            tops = {"Hm": -0.1} if math.isnan(p) else {yes: _log(0.9 * p), **{o: _log(0.9 * (1 - p) / len(others)) for o in others}}
            on_answer(request, RawAnswer(top_logprobs=[tops], text=max(tops, key=lambda token: tops[token])))
        return Usage(20 * len(requests), len(requests))


def plan_of(**fields: Any) -> WritePlan:
    """A plan of these fields, as a file says them."""
    told = {"behaviour": "wants to be helpful", "sampling": {"seed": 7}, "model": {"name": "writer-1", "base_url": URL}, **fields}
    return parse_plan(json.dumps(told).encode(), Path("plan.yaml"))


def run(
    plan: WritePlan, workspace: Workspace, writer: FakeWriter | None, discriminator: FakeDiscriminator | None = None, **how: Any
) -> WriteOutcome:
    """`write`, with the fake encoder; without a writer nothing is asked."""
    asking = plan_write(plan, model="writer-1", server=URL)
    filtering = plan_filter(plan, model="judge-1", server=URL) if plan.filter else None
    return write(asking, writer, workspace, embed=embed, filter=filtering, filter_answerer=discriminator if writer else None, **how)


def embed(texts: Sequence[str]):
    return embed_few(texts, FakeEncoder())


def _log(p: float) -> float:
    return math.log(p) if p > 0 else -100.0
