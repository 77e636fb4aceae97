"""Asking with a journal: what it has no answer to is asked, and each answer is on the disk before it counts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from evalmap.answers.answer_types import RawAnswer
from evalmap.answers.asking.journal import Journal, JournalContent, journal_path
from evalmap.answers.asking.protocol import Answerer, Prompt, Request, Usage
from evalmap.data.errors import DatasetError
from evalmap.data.store.workspace import Workspace


@dataclass(frozen=True)
class Asked:
    """What became of asking.

    Attributes
    ----------
    answers : {key: answer} to the requests, those of earlier calls among them; the last one of each
    to_ask : the requests that this call set out to ask
    n_asked : answered by this call; n_expected : to be answered at its end, those of earlier calls with them
    written : the journal as it was opened
    usage : tokens of this call
    stopped : why not all were asked, one sentence; interrupted : whether by hand; settings : those that mend it, by name
    """

    answers: Mapping[str, RawAnswer]
    to_ask: Sequence[Request]
    n_asked: int
    n_expected: int
    written: JournalContent
    usage: Usage
    stopped: str | None = None
    interrupted: bool = False
    settings: tuple[str, ...] = ()

    @property
    def n_answered(self) -> int:
        """Requests whose last answer is no error."""
        return len(answered_keys(self.answers))


def ask(
    prompt: Prompt,
    requests: Sequence[Request],
    answerer: Answerer,
    workspace: Workspace,
    *,
    header: Mapping[str, Any],
    limit: int | None = None,
    check: Callable[[JournalContent], None] = lambda written: None,
    progress: Callable[[int, int], None] | None = None,
) -> Asked:
    """Ask what the journal has no answer to; requests whose last answer is an error are asked again.

    Parameters
    ----------
    header : with "run", which names the journal: what a new one begins with
    limit : answers to have at most, those of earlier calls among them
    check : called with the journal as it was opened; raises where this call does not go with it
    progress : called after each answer is on the disk, with answers there are and answers there will be

    Returns
    -------
    Asked : also where the answerer gave up or was interrupted: `stopped` tells why

    Raises
    ------
    DatasetError : another process writes the journal, or it cannot be opened
    """
    with OpenJournal(workspace, header) as journal:
        check(journal.written)
        return journal.ask(prompt, requests, answerer, limit=limit, progress=progress)


class OpenJournal:
    """A journal held by this process from one asking to the next: `with OpenJournal(workspace, header) as journal`.

    Attributes
    ----------
    written : the journal as it was opened
    answers, times : {key: the last answer}, {key: when it came}; what `ask` adds among them

    Raises
    ------
    DatasetError : another process writes the journal, or it cannot be opened
    """

    def __init__(self, workspace: Workspace, header: Mapping[str, Any]) -> None:
        self._journal = Journal(journal_path(workspace, header["run"]), header)
        self.written = self._journal.written
        self.answers: dict[str, RawAnswer] = dict(self.written.answers)
        self.times: dict[str, str] = dict(self.written.times)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._journal.close()

    def ask(
        self,
        prompt: Prompt,
        requests: Sequence[Request],
        answerer: Answerer,
        *,
        limit: int | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Asked:
        """`ask` of a journal that is open."""
        usage, stopped, interrupted = Usage(), None, False
        settings: tuple[str, ...] = ()
        wanted = {request.key for request in requests}
        answers = {key: answer for key, answer in self.answers.items() if key in wanted}
        to_ask = still_to_ask(requests, answers, limit)
        before = len(answered_keys(answers))
        expected, n_asked = before + len(to_ask), 0

        def on_answer(request: Request, answer: RawAnswer) -> None:
            nonlocal n_asked
            self.times[request.key] = self._journal.append(request.key, answer)
            self.answers[request.key] = answers[request.key] = answer
            n_asked += 1
            if progress:
                progress(before + n_asked, expected)

        if progress:
            progress(before, expected)
        try:
            if to_ask:
                usage = answerer.answer(prompt, to_ask, on_answer=on_answer)
        except DatasetError as error:
            stopped, settings = str(error), error.settings
        except KeyboardInterrupt:
            stopped, interrupted = "Stopped by hand.", True
        return Asked(answers, to_ask, n_asked, expected, self.written, usage, stopped, interrupted, settings)


def answered_keys(answers: Mapping[str, RawAnswer]) -> list[str]:
    return [key for key, answer in answers.items() if answer.error is None]


def still_to_ask(requests: Sequence[Request], answers: Mapping[str, RawAnswer], limit: int | None) -> list[Request]:
    """The requests without an answer, in their order; as many as the limit leaves room for."""
    done = set(answered_keys(answers))
    waiting = [request for request in requests if request.key not in done]
    return waiting if limit is None else waiting[: max(0, limit - len(done))]
