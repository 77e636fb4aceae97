"""What a run would cost: questions, characters and tokens, before anything is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from evalmap.answers.asking.journal import journal_path, read_journal
from evalmap.answers.asking.journaled import answered_keys, still_to_ask
from evalmap.answers.asking.protocol import Prompt, Request
from evalmap.answers.asking.run_plan import Plan, known_answers
from evalmap.answers.asking.server import max_tokens
from evalmap.data.store.workspace import Workspace
from evalmap.data.text.pronouns import fill_blank

CHARACTERS_A_TOKEN = 4  # of English text, where no tokenizer is at hand
CHAT_TOKENS = 8  # a chat template's own, about


@dataclass(frozen=True)
class Estimate:
    """What a run would ask: all counts are of questions, but for rows, characters and tokens.

    `prompt_tokens` is an estimate, `how` says which; `most_completion_tokens` is a bound, retries aside.
    """

    questions: int
    rows: int
    answered: int
    to_ask: int
    characters: int
    prompt_tokens: int
    most_completion_tokens: int
    how: str


def estimate(plan: Plan, workspace: Workspace, *, limit: int | None = None) -> Estimate:
    """Count what `run` would ask now; nothing is asked and nothing written.

    Raises
    ------
    DatasetError : the journal is not one of ours
    """
    answers = known_answers(plan, read_journal(journal_path(workspace, plan.run_id)))
    to_ask = still_to_ask(plan.requests, answers, limit)
    texts = [text for request in to_ask for text in _read(request, plan.prompt)]
    tokens, how = _tokens(texts, plan)
    if plan.prompt.kind == "chat":
        tokens += CHAT_TOKENS * len(to_ask)
        how = f"{how}, and {CHAT_TOKENS} for a chat's frame"
    return Estimate(
        questions=len(plan.requests),
        rows=sum(len(rows) for rows in plan.rows.values()),
        answered=len(answered_keys(answers)),
        to_ask=len(to_ask),
        characters=sum(map(len, texts)),
        prompt_tokens=tokens,
        most_completion_tokens=sum(
            len(request.options.all) if plan.prompt.kind == "blank" else max_tokens(request.options, text=plan.text)
            for request in to_ask
        ),
        how=how,
    )


def _read(request: Request, prompt: Prompt) -> list[str]:
    """What a model reads for one request: of a sentence with a blank one text an option."""
    if prompt.kind == "blank":
        return [fill_blank(request.text, option) for option in request.options.all]
    return [request.text + (prompt.system or "")]


def _tokens(texts: Sequence[str], plan: Plan) -> tuple[int, str]:
    """About how many tokens, and how they were counted."""
    if (urlsplit(str(plan.header["server"])).hostname or "").endswith(".openai.com"):
        try:
            import tiktoken

            encoding = tiktoken.encoding_for_model(plan.header["model"])
            return sum(len(tokens) for tokens in encoding.encode_ordinary_batch(list(texts))), f"counted with {encoding.name}"
        except Exception:  # not installed, a model that it does not know, or its vocabulary cannot be fetched
            pass
    return -(-sum(map(len, texts)) // CHARACTERS_A_TOKEN), f"{CHARACTERS_A_TOKEN} characters a token"
