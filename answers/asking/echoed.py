"""Filled sentences put to a server: what /completions with `echo` and `logprobs` tells of the tokens of a given text.

One request holds a sentence filled with each option, as `prompt` may be a list. One token is generated and left out again, since
not every server takes 0 (lm-evaluation-harness asks so too).
"""

import math
from collections.abc import Mapping
from typing import Any

from evalmap.answers.answer_types import RawAnswer
from evalmap.answers.asking.protocol import Request
from evalmap.answers.reading.responses import number
from evalmap.data.text.pronouns import fill_blank


def echo_body(request: Request) -> dict[str, Any]:
    """The fields of a request's body that have each filled sentence sent back with the log-probabilities of its tokens."""
    return {"prompt": [fill_blank(request.text, option) for option in request.options.all], "echo": True, "logprobs": 1}


def read_echo(request: Request, body: Mapping[str, Any]) -> RawAnswer | None:
    """The options' log-probabilities from a response body; None where the server did not send the sentences back with them.

    An option's is the sum over the tokens of its filled sentence, less those that all begin with alike: they have the same
    probability in each. The answer mass is that of the first tokens behind them.
    """
    choices = body.get("choices")
    found = [choice for choice in choices if isinstance(choice, Mapping)] if isinstance(choices, list) else []
    if len(found) != len(request.options.all):
        return None
    sentences = [_tokens(choice) for choice in sorted(found, key=lambda choice: number(choice.get("index")) or 0)]
    if any(len(tokens) < 2 for tokens in sentences):
        return None
    shared = 0
    while all(len(tokens) > shared + 1 for tokens in sentences) and len({tokens[shared][0] for tokens in sentences}) == 1:
        shared += 1
    if not shared:
        return RawAnswer(error="the sentence begins with its blank, and a server tells no probability of a text's first token")
    rests = [tokens[shared:] for tokens in sentences]
    sums = [math.fsum(logprob for _, logprob in rest) for rest in rests]
    if not all(map(math.isfinite, sums)):
        return None
    mass = min(1.0, math.fsum(math.exp(logprob) for logprob in dict(rest[0] for rest in rests).values()))
    return RawAnswer(option_logprobs=dict(zip(request.options.all, sums, strict=True)), answer_mass=mass)


def _tokens(choice: Mapping[str, Any]) -> list[tuple[str, float]]:
    """(token, log-probability, nan where there is none) of a sentence that was sent back, without the one that was generated; []
    where nothing was sent back."""
    logprobs = choice.get("logprobs")
    tokens, values = (logprobs.get("tokens"), logprobs.get("token_logprobs")) if isinstance(logprobs, Mapping) else (None, None)
    if not isinstance(tokens, list) or not isinstance(values, list) or len(tokens) != len(values):
        return []
    read = [math.nan if (found := number(value)) is None else found for value in values]
    return list(zip(map(str, tokens), read, strict=True))[:-1]
