"""Who can be asked: a server or a model on this machine, both behind one protocol."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from evalmap.answers.answer_types import Options, RawAnswer

PromptKind = Literal["chat", "completion", "blank"]


@dataclass(frozen=True)
class Prompt:
    """How a question is put to a model.

    Attributes
    ----------
    id : short name ("chat-yesno", "hhh", "raw", or one of the user's own)
    template : Jinja text over the source fields of a row ({{ question }}) and `options` (a list of the options' texts)
    kind : "chat" (the text is one user message, put into the model's chat template), "completion" (the text as it stands) or
        "blank" (the text has one blank, a run of underscores: it is filled with each option, and the filled texts are compared)
    system : a system message, for "chat" only
    lead : what stands before an option in the model's text: " " where the prompt ends with a colon ("Assistant:"), else ""
    """

    id: str
    template: str
    kind: PromptKind = "chat"
    system: str | None = None
    lead: str = ""


@dataclass(frozen=True)
class Request:
    """One question as it will be asked. `key` names it in the journal; `text` is the template filled in.

    body : what else goes into the body of this request alone: its temperature, top_p and seed, where a text is written and each is
        to differ; a server's only
    """

    key: str
    text: str
    options: Options
    body: Mapping[str, Any] = field(default_factory=dict)


OnAnswer = Callable[[Request, RawAnswer], None]


@dataclass(frozen=True)
class Usage:
    """Tokens that were paid for."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


class Answerer(Protocol):
    """Something that answers requests.

    `about()` gives the fields of `AnswerSetInfo` that it knows (model, runtime, runtime_version, quantisation, dtype, params …).
    `answer()` calls `on_answer` once for each request, in any order, from one thread at a time, as soon as each is there: with
    evidence in a RawAnswer (its `error` set where the question could not be answered for good), and raises DatasetError with
    one sentence where no further question can be answered (the server is gone, refuses the key, has no log-probabilities …).
    """

    def about(self) -> Mapping[str, Any]: ...

    def answer(self, prompt: Prompt, requests: Sequence[Request], *, on_answer: OnAnswer) -> Usage: ...


@dataclass(frozen=True)
class RunOptions:
    """What bounds a run: how many questions at most, how many at a time, how long to wait, how often to try again."""

    limit: int | None = None
    concurrency: int = 8
    timeout: float = 60.0  # seconds that one request may take
    retries: int = 6
    extra: Mapping[str, Any] = field(default_factory=dict)
