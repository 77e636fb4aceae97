"""Ask a server that speaks OpenAI's API: vLLM, llama.cpp, Ollama, a provider.

One token is generated and its log-probabilities are read. The first question goes alone: what the server cannot do is found out
with one question, not with eight. Trouble that passes (429, 5xx, no reply, half a reply) is waited out and asked again; trouble
that stays ends the run with one sentence. The key is held here and nowhere else: what the server sends back is searched for it.
"""

import asyncio
import json
import os
import random
import re
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from evalmap.answers.answer_types import Options, RawAnswer
from evalmap.answers.asking.echoed import echo_body, read_echo
from evalmap.answers.asking.endpoint import KEY_NAME, is_here, one_line, retry_after, server_address
from evalmap.answers.asking.protocol import OnAnswer, Prompt, Request, RunOptions, Usage
from evalmap.answers.reading.responses import read_choice
from evalmap.data.errors import DatasetError

TOP = (20, 5)  # top tokens asked for; the second where a server refuses the first
TEXT_TOKENS = 16  # generated where the words are read
LONGEST_PAUSE = 60.0  # seconds between two attempts, where the server names no time
LONGEST_WAIT = 600.0  # seconds that a server may ask us to wait; more ends the run
UNSURE_RETRIES = 2  # of a request that may have been answered, and paid for, without our seeing it
IN_A_ROW = 3  # questions that fail one after the other before the run ends
REFUSED_IN_A_ROW = 100  # the same where the server answers, but refuses them: a filter may refuse a whole topic
DRAWING = ("seed", "top_p", "temperature")  # fields that a server may do without
_UNKNOWN = re.compile(
    r"unsupported|n[o']t support|unknown|unrecogni[sz]ed|unexpected|not permitted|not allowed|extra (?:inputs|fields)",
    re.IGNORECASE,
)
CONNECTIONS = httpx.Limits(max_connections=1000, max_keepalive_connections=100)
ACCOUNT = {"OpenAI-Organization": "OPENAI_ORG_ID", "OpenAI-Project": "OPENAI_PROJECT_ID"}  # header: variable, as OpenAI's clients


def max_tokens(options: Options, *, text: bool = False) -> int:
    """Tokens to generate: one for options that are words ("Yes"), four for "(A)", 16 where the words are read."""
    if text:
        return TEXT_TOKENS
    return 1 if all(option.isalpha() for option in options.all) else 4


class ServerAnswerer:
    """A model behind an address.

    Parameters
    ----------
    base_url, model : where and whom to ask; the address usually ends in /v1
    options : concurrency, timeout and retries; `extra` is put into every request's body
    key : sent as a bearer token; None for servers that need none
    text : read the words, where the server gives no log-probabilities; text_tokens : how many are generated then
    pause : seconds before the first retry; doubled each time, with jitter

    Raises
    ------
    DatasetError : no address
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        options: RunOptions | None = None,
        key: str | None = None,
        text: bool = False,
        text_tokens: int = TEXT_TOKENS,
        pause: float = 1.0,
    ) -> None:
        self.address = server_address(base_url)
        self.model = model
        self.options = options or RunOptions()
        self.text = text
        self.text_tokens = text_tokens
        self.pause = pause
        self.dialect = Dialect()
        self._key = key

    def about(self) -> Mapping[str, Any]:
        """model, and the server's host as runtime: what runs behind an address is not told reliably."""
        return {"model": self.model, "runtime": urlsplit(self.address).netloc}

    def answer(self, prompt: Prompt, requests: Sequence[Request], *, on_answer: OnAnswer) -> Usage:
        """Ask all, several at a time. A question that the server refuses, or fails at again and again, gets an error.

        Raises
        ------
        DatasetError : nothing more can be asked: the key is refused, there are no log-probabilities (and `text` is off), or
            several questions in a row fail. What was in flight is waited for and given to `on_answer` first.
        """
        return asyncio.run(self._answer(prompt, requests, on_answer))

    async def _answer(self, prompt: Prompt, requests: Sequence[Request], on_answer: OnAnswer) -> Usage:
        headers = {"Authorization": f"Bearer {self._key or 'not-needed'}", "Accept": "application/json"}
        headers |= {header: os.environ[name] for header, name in ACCOUNT.items() if os.environ.get(name)}
        async with httpx.AsyncClient(
            base_url=self.address,
            headers=headers,
            timeout=self.options.timeout,
            limits=CONNECTIONS,
            trust_env=not is_here(self.address),  # a proxy of the environment leads elsewhere
        ) as client:
            return await _Asking(self, client, prompt, on_answer).all(requests)

    @property
    def has_key(self) -> bool:
        return self._key is not None

    def scrubbed(self, text: str, *, shortest: int = 1) -> str:
        """A text of the server's without our key in it; a key of fewer than `shortest` characters may be an ordinary word."""
        return text.replace(self._key, "***") if self._key and len(self._key) >= shortest else text


@dataclass
class Dialect:
    """How a server wants to be asked, found out with its first question and kept for the next ones.

    Attributes
    ----------
    top : top tokens to ask for
    limit_name : what it calls the limit of tokens
    left_out : fields that it does not know (seed, top_p, temperature); an answer tells which it was drawn without
    """

    top: int = TOP[0]
    limit_name: str = "max_tokens"
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Trouble:
    """Why there is no answer to a request.

    Attributes
    ----------
    what, advice : what happened, and what to do about it
    settings : those that mend it, by name
    retries : how often it may be asked again; wait : seconds that the server asks to wait before that
    refused : the server is there, but will not answer this question
    fatal : nothing else can be asked either
    changed : requests are written in another way from now on: ask at once
    """

    what: str
    advice: str = ""
    settings: tuple[str, ...] = ()
    retries: int = 0
    wait: float = 0.0
    refused: bool = False
    fatal: bool = False
    changed: bool = False


class _Asking:
    """One call of `answer`: what is known of the server, and how it goes."""

    def __init__(self, to: ServerAnswerer, client: httpx.AsyncClient, prompt: Prompt, on_answer: OnAnswer) -> None:
        self._to, self._client, self._prompt, self._on_answer = to, client, prompt, on_answer
        self._dialect = to.dialect
        self._answered = False  # a question has been: the server can do what we need
        self._failed: list[tuple[Request, str]] = []  # since the last answer: told as errors once there is another one
        self._stop: DatasetError | None = None
        self._stopped = asyncio.Event()
        self._not_before = 0.0
        self._usage = Usage()

    async def all(self, requests: Sequence[Request]) -> Usage:
        waiting = iter(requests)
        for request in waiting:
            await self._one(request)
            if self._answered or self._stop:
                break
        await asyncio.gather(*(self._work(waiting) for _ in range(max(1, self._to.options.concurrency))))
        if self._stop:
            raise self._stop
        self._tell_failed()
        return self._usage

    async def _work(self, waiting: Iterator[Request]) -> None:
        for request in waiting:
            if self._stop:
                return
            await self._one(request)

    async def _one(self, request: Request) -> None:
        tries = 0
        while True:
            await self._sleep_until(self._not_before)
            if self._stop:
                return
            result = await self._attempt(request)
            if isinstance(result, RawAnswer):
                self._answered = self._answered or bool(result.top_logprobs or result.option_logprobs) or self._to.text
                self._tell_failed()
                self._on_answer(request, result)
                return
            if result.changed:
                continue
            if result.fatal:
                return self._end(result, "")
            if tries >= result.retries:
                return self._give_up(request, result, tries)
            pause = random.uniform(0.5, 1.0) * min(LONGEST_PAUSE, self._to.pause * 2**tries)
            self._not_before = max(self._not_before, self._now() + result.wait)
            tries += 1
            await self._sleep_until(self._now() + result.wait + pause)

    def _give_up(self, request: Request, trouble: _Trouble, tries: int) -> None:
        often = f", {tries + 1} times in a row" if tries else ""
        self._failed.append((request, f"{trouble.what}{often}"))
        most = IN_A_ROW if not (trouble.refused and self._answered) else REFUSED_IN_A_ROW
        if len(self._failed) >= most or (not self._answered and not trouble.refused):
            self._end(trouble, often)

    def _tell_failed(self) -> None:
        failed, self._failed = self._failed, []
        for request, sentence in failed:
            self._on_answer(request, RawAnswer(error=sentence))

    def _end(self, trouble: _Trouble, often: str) -> None:
        sentence = f"{self._to.address}: {trouble.what}{often}. {trouble.advice}".strip()
        self._stop = self._stop or DatasetError(sentence, *trouble.settings)
        self._stopped.set()

    async def _sleep_until(self, when: float) -> None:
        """Until then, or until the run ends."""
        if (seconds := when - self._now()) > 0:
            try:
                await asyncio.wait_for(self._stopped.wait(), seconds)
            except TimeoutError:
                return

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    # One request

    async def _attempt(self, request: Request) -> RawAnswer | _Trouble:
        timeout = self._to.options.timeout
        path = "/chat/completions" if self._prompt.kind == "chat" else "/completions"
        try:
            async with asyncio.timeout(timeout):  # httpx's own is of each read: a server that drips would never end
                response = await self._client.post(path, json=self._body(request), follow_redirects=False)
        except (TimeoutError, httpx.TimeoutException):
            advice = "Look at the server, or give it a longer timeout."
            retries = self._retries(UNSURE_RETRIES)
            return _Trouble(f"no reply within {timeout:g} s", advice, ("timeout",), retries=retries)
        except (httpx.RequestError, ssl.SSLError) as error:
            return self._unreachable(error)
        if not response.is_success:
            return self._refusal(response)
        return self._read(request, response)

    def _unreachable(self, error: Exception) -> _Trouble:
        reason = self._line(str(error))
        if self._answered:
            return _Trouble(f"the connection broke ({reason})", retries=self._retries())
        advice = "Is the server running, and is the base URL right?"
        return _Trouble(f"no connection ({reason})", advice, ("base_url",), retries=self._retries(UNSURE_RETRIES))

    def _body(self, request: Request) -> dict[str, Any]:
        body: dict[str, Any] = {"model": self._to.model, "temperature": 0}
        body[self._dialect.limit_name] = self._to.text_tokens if self._to.text else max_tokens(request.options)
        if self._prompt.kind == "chat":
            system = [{"role": "system", "content": self._prompt.system}] if self._prompt.system else []
            body["messages"] = [*system, {"role": "user", "content": request.text}]
            if not self._to.text:
                body |= {"logprobs": True, "top_logprobs": self._dialect.top}
        elif self._prompt.kind == "blank":
            body |= {**echo_body(request), "max_tokens": 1}
        else:
            body["prompt"] = request.text
            if not self._to.text:
                body["logprobs"] = self._dialect.top
        body |= {**self._to.options.extra, **request.body}
        return {name: value for name, value in body.items() if name not in self._dialect.left_out}

    def _read(self, request: Request, response: httpx.Response) -> RawAnswer | _Trouble:
        written = self._to.scrubbed(response.content.decode("utf-8", "replace"), shortest=8)
        try:
            body = json.loads(written)
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            what, advice = f"the reply is not JSON ({self._line(written, 60)!r})", "Is the base URL right (it usually ends in /v1)?"
            return _Trouble(what, advice, ("base_url",), retries=self._retries(UNSURE_RETRIES))
        if self._prompt.kind == "blank" and body.get("choices"):
            return self._read_blank(request, body)
        choice = read_choice(body)
        if choice.text is None and choice.top_logprobs is None:
            message = self._message(body) or self._line(written, 60)
            if choice.finish_reason is None:
                return _Trouble(f"the reply holds no answer ({message})", retries=self._retries(UNSURE_RETRIES))
            return _Trouble(f"no answer was written ({self._line(choice.finish_reason)})", refused=True)
        self._pay(body.get("usage"))
        if self._to.text:
            left_out = [name for name in self._dialect.left_out if name in request.body] or None
            return RawAnswer(text=choice.text, finish_reason=choice.finish_reason, left_out=left_out)
        if choice.top_logprobs is None and choice.text and not self._answered:
            return self._no_logprobs("its answers come without log-probabilities")
        return RawAnswer(top_logprobs=choice.top_logprobs, text=choice.text)

    def _read_blank(self, request: Request, body: Mapping[str, Any]) -> RawAnswer | _Trouble:
        found = read_echo(request, body)
        if found is not None:
            self._pay(body.get("usage"))
            return found
        if self._answered:
            return _Trouble("the reply lacks log-probabilities of the filled sentence", refused=True)
        return self._no_echo("it does not send a given text back with the log-probabilities of its tokens (echo)")

    def _no_echo(self, how: str) -> _Trouble:
        advice = "Filling a blank needs those: ask a server such as vLLM, or a model file with --gguf."
        return _Trouble(how, advice, ("base_url",), fatal=True)

    def _no_logprobs(self, how: str) -> _Trouble:
        advice = "Read the words instead (there is no P(matching) then), or ask a server that gives them."
        return _Trouble(f"{how}, and P(matching) is read from those", advice, ("text",), fatal=True)

    def _refusal(self, response: httpx.Response) -> _Trouble:
        """What a status other than 2xx means."""
        status = response.status_code
        body = self._json(response)
        message = self._message(body) or self._line(response.text, 200) or "without a word"
        reply = f"{status}: {message}"
        if status == 401 or (status == 403 and not self._answered):
            advice = f"Put {'the right' if self._to.has_key else 'a'} key into {KEY_NAME}, or name its variable."
            return _Trouble(f"the server refuses us ({reply})", advice, ("api_key_env",), fatal=True)
        if status == 402 or "insufficient_quota" in json.dumps(body):
            return _Trouble(f"the account has no credit left ({reply})", fatal=True)
        if status == 404 or 300 <= status < 400:
            advice = f"Check the model {self._to.model} and the base URL."
            return _Trouble(f"nothing is there ({reply})", advice, ("model", "base_url"), fatal=True)
        if status in (408, 409, 425, 429) or (status >= 500 and status != 501):
            wait = retry_after(response.headers)
            if wait > LONGEST_WAIT:
                return _Trouble(f"the server asks to wait {wait:,.0f} s ({reply})", "Come back then.", fatal=True)
            if status == 429:
                advice, retries = "Lower the concurrency or come back later.", self._retries()
                return _Trouble(f"too many requests ({reply})", advice, ("concurrency",), retries=retries, wait=wait)
            return _Trouble(f"the server failed ({reply})", retries=self._retries(), wait=wait)
        return self._another_way(message) or _Trouble(f"the server refused the question ({reply})", refused=True)

    def _another_way(self, message: str) -> _Trouble | None:
        """What a server means that knows another dialect; told by its words, before the first answer only."""
        if self._answered:
            return None
        if self._prompt.kind == "blank":
            refuses = any(word in message.lower() for word in ("echo", "logprob", "list", "array"))
            return self._no_echo(f"it refuses to send a given text back with log-probabilities ({message})") if refuses else None
        if "max_completion_tokens" in message and self._dialect.limit_name == "max_tokens":
            self._dialect.limit_name = "max_completion_tokens"
            return _Trouble(message, changed=True)
        if field := self._unknown_field(message):
            self._dialect.left_out += (field,)
            return _Trouble(message, changed=True)
        if "logprob" in message.lower() and not self._to.text:
            if self._dialect.top == TOP[0]:
                self._dialect.top = TOP[1]
                return _Trouble(message, changed=True)
            return self._no_logprobs(f"it refuses to give log-probabilities ({message})")
        return None

    def _unknown_field(self, message: str) -> str | None:
        """Which field of how a reply is drawn the server does not know. A value that it refuses is the user's to mend, and what
        they put into every request themselves stays there.
        """
        if not _UNKNOWN.search(message):
            return None
        known = (*self._dialect.left_out, *self._to.options.extra)
        return next((name for name in DRAWING if name not in known and re.search(rf"\b{name}\b", message)), None)

    # Small things

    def _retries(self, most: int | None = None) -> int:
        return self._to.options.retries if most is None else min(most, self._to.options.retries)

    def _pay(self, usage: object) -> None:
        if isinstance(usage, Mapping):
            prompt, completion = usage.get("prompt_tokens"), usage.get("completion_tokens")
            self._usage = Usage(self._usage.prompt_tokens + _count(prompt), self._usage.completion_tokens + _count(completion))

    def _json(self, response: httpx.Response) -> object:
        try:
            return json.loads(response.content)
        except (ValueError, RecursionError):
            return None

    def _message(self, body: object) -> str:
        """The server's own words in an error body: {"error": {"message"}}, {"error"}, {"message"} or {"detail"}."""
        if not isinstance(body, Mapping):
            return ""
        message = body.get("error") or body.get("message") or body.get("detail")
        if isinstance(message, Mapping):
            message = message.get("message") or message
        return self._line(message if isinstance(message, str) else json.dumps(message), 200) if message else ""

    def _line(self, text: str, most: int = 200) -> str:
        return one_line(self._to.scrubbed(text), most)


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
