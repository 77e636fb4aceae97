"""What requests tell of their prompt: the question, and what all questions of a kind are wrapped in."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any

from evalmap.answers.reading.responses import number, whole

QUESTION = "{{ question }}"
_AN_OPTION = re.compile(r"\s*\(?[A-Za-z0-9]{1,2}[).]\s")  # "(B) No" closes many questions and is no instruction
_LONGEST_ID = 40
_MOST_LISTED = 3


@dataclass(frozen=True)
class RequestPrompt:
    """One request, or (without its question) what several share.

    Attributes
    ----------
    model, system, temperature : None where the request does not tell
    question : the last user message, or the whole text of a completion
    before, after : the other messages, one text each; their place in the template
    template, prompt_id, n_shot : of the prompt, once `by_prompt` has compared the requests
    """

    model: str | None = None
    question: str | None = None
    system: str | None = None
    temperature: float | None = None
    before: str = ""
    after: str = ""
    template: str = ""
    prompt_id: str = ""
    n_shot: int | None = None

    def facts(self) -> dict[str, Any]:
        """What an `AnswerSetInfo` tells of the prompt, by its names."""
        return {
            "prompt_id": self.prompt_id,
            "prompt_template": self.template,
            "system_prompt": self.system,
            "n_shot": self.n_shot,
            "temperature": self.temperature,
        }


def request_prompt(body: Mapping[str, Any]) -> RequestPrompt:
    """Read a request body: chat (messages), completions (prompt) or responses (input, instructions)."""
    model = body.get("model")
    request = RequestPrompt(model=whole(model) if isinstance(model, str) else None, temperature=number(body.get("temperature")))
    content = next((body[name] for name in ("messages", "input", "prompt") if body.get(name) is not None), None)
    if isinstance(content, list) and len(content) == 1 and isinstance(content[0], str):
        content = content[0]
    instructions = body.get("instructions")
    system = [whole(instructions)] if isinstance(instructions, str) else []
    if isinstance(content, str):
        return replace(request, question=whole(content), system=system[0] if system else None)
    messages = content if isinstance(content, list) else []
    turns = [(str(m.get("role") or "user"), text_of(m.get("content"))) for m in messages if isinstance(m, Mapping)]
    return replace(from_turns(turns, system), model=request.model, temperature=request.temperature)


def from_turns(turns: Sequence[tuple[str, str]], system: Sequence[str] = ()) -> RequestPrompt:
    """A conversation of (role, text): the question is the last user message."""
    instructions = [text for role, text in turns if role in ("system", "developer")]
    turns = [(role, text) for role, text in turns if role not in ("system", "developer")]
    last = max((index for index, (role, _) in enumerate(turns) if role == "user"), default=None)
    system_prompt = "\n\n".join([*system, *instructions]) or None
    if last is None:
        return RequestPrompt(system=system_prompt)
    before, after = (["".join(f"{role}: {text}\n\n" for role, text in part)] for part in (turns[:last], turns[last + 1 :]))
    shots = sum(role == "assistant" for role, _ in turns[:last])
    return RequestPrompt(
        question=turns[last][1], system=system_prompt, before=before[0], after=after[0].rstrip("\n"), n_shot=shots or None
    )


def text_of(content: object) -> str:
    """The text of a message, given as a text or in parts."""
    parts = content if isinstance(content, list) else [content]
    texts = [part if isinstance(part, str) else part.get("text") for part in parts if isinstance(part, (str, Mapping))]
    return "".join(whole(text) for text in texts if isinstance(text, str))


def by_prompt(requests: Mapping[str, RequestPrompt]) -> dict[RequestPrompt, list[str]]:
    """Sort requests by the prompt that they share; each prompt once, without a question, with its template.

    What recurs over requests of one model (a system message, other turns, the last line of the question) belongs to the prompt;
    what hardly recurs belongs to the question.
    """
    models: dict[tuple[str | None, float | None], list[str]] = defaultdict(list)
    for id, one in requests.items():
        models[one.model, one.temperature].append(id)
    prompts: dict[RequestPrompt, list[str]] = {}
    for ids in models.values():
        several = [requests[id] for id in ids]
        systems = _recurring([one.system for one in several])
        turns = _recurring([(one.before, one.after, one.n_shot) for one in several])
        closings = _recurring([_closing(one.question) for one in several])
        kinds: dict[RequestPrompt, list[str]] = defaultdict(list)
        for id in ids:
            one = requests[id]
            before, after, n_shot = turns((one.before, one.after, one.n_shot)) or ("", "", None)
            kind = RequestPrompt(one.model, closings(_closing(one.question)), systems(one.system), one.temperature, before, after)
            kinds[replace(kind, n_shot=n_shot)].append(id)
        for kind, members in kinds.items():
            prompt = with_template(kind, [text for id in members if (text := requests[id].question) is not None])
            prompts.setdefault(prompt, []).extend(members)
    return prompts


def with_template(prompt: RequestPrompt, questions: Sequence[str]) -> RequestPrompt:
    """A prompt with the template that its questions show: the whole lines that all of them begin or end with.

    One question alone, or one text many times, shows none.
    """
    prompt = replace(prompt, question=None)
    distinct = [text.split("\n") for text in dict.fromkeys(questions)]
    if len(distinct) < 2:
        return replace(prompt, template=prompt.before + QUESTION + prompt.after if prompt.before or prompt.after else "")
    least = min(len(lines) for lines in distinct)
    end = min(_same(lines[::-1] for lines in distinct), least - 1)
    start = min(_same(distinct), least - 1 - end)
    opening, closing = distinct[0][:start], distinct[0][len(distinct[0]) - end :] if end else []
    template = "\n".join([*opening, QUESTION, *closing])
    after = f"\n\n{prompt.after}" if prompt.after else ""
    return replace(prompt, template=prompt.before + template + after, prompt_id=_named(closing) or _named(opening) or "question")


def listed(names: Sequence[str]) -> str:
    """The first few of several names, for a sentence."""
    return ", ".join(names[:_MOST_LISTED]) + (" …" if len(names) > _MOST_LISTED else "")


def _recurring(values: Sequence[Any]) -> Callable[[Any], Any]:
    """Gives a value back where it recurs among `values` (in 5 % of them, and at least three times, if there are so many)."""
    counts = Counter(values)
    least = max(min(3, len(values)), math.ceil(len(values) / 20))
    return lambda value: value if counts[value] >= least else None


def _closing(question: str | None) -> str | None:
    line = (question or "").rsplit("\n", 1)[-1]
    return None if _AN_OPTION.match(line) else line


def _same(texts: Any) -> int:
    """How many lines several texts begin with in common."""
    return sum(1 for _ in takewhile(lambda lines: len(set(lines)) == 1, zip(*texts, strict=False)))


def _named(lines: Sequence[str]) -> str:
    """A short name from the line next to the edge: "answer-with-just-yes-or-no"."""
    line = next((line for line in reversed(lines) if line.strip()), "")
    words = re.findall(r"\w+", line.casefold())
    while len(words) > 1 and len("-".join(words)) > _LONGEST_ID:
        words.pop()
    return "-".join(words)[:_LONGEST_ID]
