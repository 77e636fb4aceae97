"""What a response body in OpenAI's shape tells of an answer: chat, legacy completions or responses, whichever the server uses."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple


class Choice(NamedTuple):
    """The first choice of a response.

    Attributes
    ----------
    top_logprobs : for each generated position {token: log-probability}, the token that was written first, then the top tokens
        in the server's order; None where the server gave none (also where it gave those of no token)
    text : what the model wrote (its refusal, where the server keeps that apart), or None
    finish_reason : "stop", "length", "content_filter" …, or None
    """

    top_logprobs: tuple[Mapping[str, float], ...] | None
    text: str | None
    finish_reason: str | None


def read_choice(body: Mapping[str, Any]) -> Choice:
    """Read the first choice of a response body. All three are None where the body holds no choice (an error, say).

    The log-probabilities are read by their own shape, since servers mix them: `logprobs.content` (chat; llama.cpp answers
    completions so too) or `logprobs.{tokens, token_logprobs, top_logprobs}` (legacy; some servers answer chat calls so).
    Of two tokens with the same text the likelier is kept. A log-probability that is no number is left out.
    """
    return next(iter(read_choices(body)), Choice(None, None, None))


def read_choices(body: Mapping[str, Any]) -> list[Choice]:
    """All choices of a response body (more than one where `n` was asked for); empty where it holds none."""
    found = []
    for choice in _list(body.get("choices")) or _of_responses_call(body):
        if not isinstance(choice, Mapping):
            continue
        positions = tuple(position for position in _positions(choice.get("logprobs")) if position)
        reason = choice.get("finish_reason")
        text = _text(choice)
        found.append(Choice(positions or None, text and whole(text), reason if isinstance(reason, str) else None))
    return found


def whole(text: str) -> str:
    """A text without lone surrogates: halves of a pair that JSON wrote apart are joined, others become U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def number(value: object) -> float | None:
    """A JSON number as a float; None for anything else, and for an integer that no float can hold."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def _of_responses_call(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The message of a Responses call (/v1/responses) as a chat choice."""
    messages = [item for item in _list(body.get("output")) if isinstance(item, Mapping) and item.get("type") == "message"]
    parts = [part for part in _list(messages[0].get("content")) if isinstance(part, Mapping)] if messages else []
    if not parts:
        return []
    logprobs = [entry for part in parts for entry in _list(part.get("logprobs"))]
    refusal = next((part.get("refusal") for part in parts if part.get("type") == "refusal"), None)
    message = {"content": parts, "refusal": refusal}
    return [{"message": message, "logprobs": {"content": logprobs}, "finish_reason": body.get("status")}]


def _text(choice: Mapping[str, Any]) -> str | None:
    message = choice.get("message")
    if not isinstance(message, Mapping):
        text = choice.get("text")
        return text if isinstance(text, str) else None
    content = message.get("content")
    if isinstance(content, list):  # parts, of which some may be images
        parts = [part.get("text") for part in content if isinstance(part, Mapping)]
        content = "".join(part for part in parts if isinstance(part, str)) if parts else None
    if not content and isinstance(refusal := message.get("refusal"), str):
        return refusal
    return content if isinstance(content, str) else None


def _positions(logprobs: object) -> Iterator[dict[str, float]]:
    if not isinstance(logprobs, Mapping):
        return
    if isinstance(content := logprobs.get("content"), list):
        for entry in content:
            if isinstance(entry, Mapping):
                yield _tokens([entry, *_list(entry.get("top_logprobs"))])
        return
    tops = _list(logprobs.get("top_logprobs"))
    written = _list(logprobs.get("token_logprobs"))
    for index, token in enumerate(_list(logprobs.get("tokens"))):
        entries = [{"token": token, "logprob": written[index] if index < len(written) else None}]
        top = tops[index] if index < len(tops) else None
        if isinstance(top, Mapping):
            entries += [{"token": other, "logprob": logprob} for other, logprob in top.items()]
        yield _tokens(entries)


def _tokens(entries: list[Any]) -> dict[str, float]:
    found: dict[str, float] = {}
    for entry in entries:
        if not isinstance(entry, Mapping):
            continue
        token, logprob = entry.get("token"), number(entry.get("logprob"))
        if isinstance(token, str) and logprob is not None:
            found[whole(token)] = max(logprob, found.get(whole(token), float("-inf")))
    return found


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
