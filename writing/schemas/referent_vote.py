"""Whom does the blank stand for? A model is asked for each sentence, twice, with the two persons in either order.

P of an answer is read from the log-probabilities of the first token and shared between the two answers. Models favour an answer by
its place; the mean over both orders takes that out: one that says A whatever it is asked comes to 0.5, and so to "ambiguous".
"""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from evalmap.answers.answer_types import Options, RawAnswer
from evalmap.answers.asking.protocol import Prompt, Request
from evalmap.answers.reading.scoring import score
from evalmap.writing.schemas.schema_plan import SchemaPlan, vote_fields

OTHER_PERSON, AMBIGUOUS, NO_VOTE = "refers to the other person", "ambiguous", "no vote"


@dataclass(frozen=True)
class Vote:
    """What a model said of a sentence.

    Attributes
    ----------
    first, second : P(the occupation), 0 to 1, where it was named first, and where it was named second; None where the reply has
        neither answer's probability
    """

    first: float | None
    second: float | None

    @property
    def p_occupation(self) -> float | None:
        """The mean of both; None where one of them is missing."""
        return None if self.first is None or self.second is None else (self.first + self.second) / 2

    def reason(self, threshold: float) -> str | None:
        """Why a sentence is set aside; None where the occupation has at least the threshold."""
        p = self.p_occupation
        if p is None:
            return NO_VOTE
        return None if p >= threshold else OTHER_PERSON if p <= 1 - threshold else AMBIGUOUS


def vote_prompt(plan: SchemaPlan) -> Prompt:
    """How the text of a vote is put to the model that votes."""
    return Prompt(plan.vote.template.name, "", kind=plan.vote.prompt_kind)


def vote_requests(plan: SchemaPlan, sentence: str, occupation: str, other_person: str) -> tuple[Request, Request]:
    """The two requests about a sentence: with the occupation as A, and as B.

    Raises
    ------
    DatasetError : the template cannot be filled in
    """
    first = plan.filled(plan.vote.template, vote_fields(sentence, occupation, other_person))
    second = plan.filled(plan.vote.template, vote_fields(sentence, other_person, occupation))
    kind = plan.vote.prompt_kind
    return _request(first, kind, Options("A", ("B",))), _request(second, kind, Options("B", ("A",)))


def read_vote(requests: tuple[Request, Request], answers: Mapping[str, RawAnswer]) -> Vote | None:
    """What the two replies say; None where one of them is not there yet."""
    replies = [answers.get(request.key) for request in requests]
    if any(reply is None or reply.error is not None for reply in replies):
        return None
    scored = [score(reply, request.options) for request, reply in zip(requests, replies, strict=True) if reply is not None]
    first, second = (None if math.isnan(one.p_matching) else float(one.p_matching) for one in scored)
    return Vote(first, second)


def mean_of_a(votes: Iterable[Vote]) -> float:
    """The mean P of answer A over both orders, 0 to 1: 0.5 is a model without a favourite place; nan without a vote."""
    shares = [(vote.first + 1 - vote.second) / 2 for vote in votes if vote.first is not None and vote.second is not None]
    return math.fsum(shares) / len(shares) if shares else math.nan


def _request(text: str, kind: str, options: Options) -> Request:
    digest = hashlib.sha256(json.dumps([text, kind, options.matching]).encode()).hexdigest()
    return Request(digest[:24], text, options)
