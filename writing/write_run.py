"""A plan put to models, batch by batch: ask, read, filter, compare, and go on or stop.

Each batch of requests is asked, its replies are cut into pieces, what repeats is set aside, the discriminator is asked of the rest,
and what it lets through is compared with all that is there. Answers come from the journals where they are there, so reading a run
again takes the same way and comes to the same.
"""

import contextlib
import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from evalmap.answers.answer_types import RawAnswer
from evalmap.answers.asking.journal import journal_path, read_journal
from evalmap.answers.asking.journaled import Asked, OpenJournal, answered_keys, still_to_ask
from evalmap.answers.asking.protocol import Answerer, Prompt, Request, Usage
from evalmap.answers.asking.run_estimate import CHARACTERS_A_TOKEN, CHAT_TOKENS
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.array_types import Vectors
from evalmap.writing.growth import Batch, Ended, ending
from evalmap.writing.label_confidence import FilterAsking, read_confidence
from evalmap.writing.pieces import WrittenPiece, best_rows, compared_label, read_pieces
from evalmap.writing.plans import LABELS
from evalmap.writing.set_aside import ELSEWHERE, Comparison
from evalmap.writing.write_outcome import Filtered, Written
from evalmap.writing.write_requests import Asking, WriteAsking, planned_requests, request_sequence
from evalmap.writing.written_rows import compared_text

Embed = Callable[[Sequence[str]], Vectors]
Existing = tuple[Sequence[str], Sequence[str]]  # texts and labels of the dataset that a plan adds to
NO_PROBABILITY = "no probability of an option"


@dataclass(frozen=True)
class WriteEstimate:
    """What a run would ask now.

    `prompt_tokens` is an estimate (4 characters a token), `most_completion_tokens` a bound, retries aside. `filter_to_ask` are rows
    that are there and not filtered yet, `filter_most` those and as many as the replies to come may hold; 0 without a filter.
    """

    requests: int
    answered: int
    to_ask: int
    prompt_tokens: int
    most_completion_tokens: int
    filter_to_ask: int = 0
    filter_most: int = 0


@dataclass(frozen=True)
class WriteOutcome:
    """What became of a call.

    Attributes
    ----------
    written : all that the journals come to now
    n_asked, n_filter_asked : requests that this call asked of the writer and of the discriminator
    usage, filter_usage : tokens of this call
    stopped : why not all was asked, one sentence; interrupted : whether by hand; settings : those that mend it, by name
    """

    written: Written
    n_asked: int
    n_filter_asked: int
    usage: Usage
    filter_usage: Usage
    stopped: str | None = None
    interrupted: bool = False
    settings: tuple[str, ...] = ()


def estimate_write(
    asking: WriteAsking, workspace: Workspace, *, filter: FilterAsking | None = None, most: int | None = None
) -> WriteEstimate:
    """Count what `write` would ask now for the plan's `count`; nothing is asked and nothing written.

    Parameters
    ----------
    most : as of `write`

    Raises
    ------
    DatasetError : the journal is not one of ours
    """
    answers = read_journal(journal_path(workspace, asking.run_id)).answers
    answers = {key: answer for key, answer in answers.items() if key in asking.wanted}
    n_answered = len(answered_keys(answers))
    to_ask = still_to_ask(asking.requests, answers, None if most is None else n_answered + most)
    system = asking.prompt.system or ""
    characters, chats = sum(len(request.text) + len(system) for request in to_ask), len(to_ask) * (asking.prompt.kind == "chat")
    waiting, filter_most = 0, 0
    if filter is not None:
        run = _Run(asking, workspace, embed=lambda texts: _unused(), filter=filter)
        waiting = len({request.key for request in run.waiting(read_pieces(asking, answers))})
        filter_most = waiting + len(to_ask) * asking.plan.per_reply
        if most is not None:
            filter_most = min(filter_most, most)
    tokens = -(-characters // CHARACTERS_A_TOKEN) + CHAT_TOKENS * chats
    completion = len(to_ask) * asking.plan.sampling.max_tokens
    return WriteEstimate(len(asking.requests), n_answered, len(to_ask), tokens, completion, waiting, filter_most)


def write(
    asking: WriteAsking,
    answerer: Answerer | None,
    workspace: Workspace,
    *,
    embed: Embed,
    filter: FilterAsking | None = None,
    filter_answerer: Answerer | None = None,
    existing: Existing = ((), ()),
    most: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> WriteOutcome:
    """Ask batch by batch what the journals have no answer to, and say what all of it comes to.

    Without `until_new`, all requests of the plan are asked. With it, batches follow one another, beyond the plan's count where need
    be, until so many rows are kept or a batch keeps less than `min_yield`; of the last batch just as many rows stay as are wanted.

    Parameters
    ----------
    answerer : the writer; None: nothing is asked, and the journals are read as they are
    embed : texts → (m, n_dims) float32, unit norm
    filter, filter_answerer : the discriminator, where the plan has a filter
    existing : (texts, labels) of the dataset that the plan adds to, which new rows must not repeat
    most : requests to the writer and to the discriminator together that this call asks at most, retries aside
    progress : called after each reply, with replies there are and replies there will be

    Raises
    ------
    DatasetError : another process asks the same, or a journal cannot be opened
    """
    run = _Run(asking, workspace, embed=embed, filter=filter, existing=existing, most=most, progress=progress)
    if answerer is None or most == 0:
        return run.outcome()
    with contextlib.ExitStack() as stack:
        run.writer.open(stack, answerer)
        if run.discriminator is not None and filter_answerer is not None:
            run.discriminator.open(stack, filter_answerer)
        return run.outcome()


def read_written(
    asking: WriteAsking,
    workspace: Workspace,
    *,
    embed: Embed,
    filter: FilterAsking | None = None,
    existing: Existing = ((), ()),
) -> Written:
    """`write` that asks nothing."""
    return write(asking, None, workspace, embed=embed, filter=filter, existing=existing).written


class _Source:
    """The answers of one model: its journal as it is, and what is asked in addition once it is open."""

    def __init__(self, workspace: Workspace, prompt: Prompt, header: Mapping[str, Any]) -> None:
        written = read_journal(journal_path(workspace, header["run"]))
        self._workspace, self._prompt, self._header = workspace, prompt, header
        self._journal: OpenJournal | None = None
        self._answerer: Answerer | None = None
        self.answers: Mapping[str, RawAnswer] = written.answers
        self.times: Mapping[str, str] = written.times
        self.about: Mapping[str, Any] = written.header.get("about") or {}
        self.n_asked, self.usage = 0, Usage()

    def open(self, stack: contextlib.ExitStack, answerer: Answerer) -> None:
        self.about = self.about or dict(answerer.about())
        self._journal = stack.enter_context(OpenJournal(self._workspace, {**self._header, "about": self.about}))
        self._answerer = answerer
        self.answers, self.times = self._journal.answers, self._journal.times

    def ask(
        self, requests: Sequence[Request], *, most: int | None, progress: Callable[[int, int], None] | None = None
    ) -> Asked | None:
        """Ask what has no answer yet; None where nothing can be asked."""
        if self._journal is None or self._answerer is None:
            return None
        known = sum(key in self.answers and self.answers[key].error is None for key in {r.key for r in requests})
        limit = None if most is None else known + most
        asked = self._journal.ask(self._prompt, requests, self._answerer, limit=limit, progress=progress)
        self.n_asked += asked.n_asked
        self.usage = Usage(
            self.usage.prompt_tokens + asked.usage.prompt_tokens, self.usage.completion_tokens + asked.usage.completion_tokens
        )
        return asked

    def answered(self, key: str) -> RawAnswer | None:
        """The answer that is no error."""
        answer = self.answers.get(key)
        return answer if answer is not None and answer.error is None else None


class _Run:
    """One call: batches in their order, until it ends."""

    def __init__(
        self,
        asking: WriteAsking,
        workspace: Workspace,
        *,
        embed: Embed,
        filter: FilterAsking | None = None,
        existing: Existing = ((), ()),
        most: int | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self._asking, self._plan, self._filter, self._existing = asking, asking.plan, filter, existing
        self._most, self._progress = most, progress
        self.writer = _Source(workspace, asking.prompt, asking.header)
        self.discriminator = _Source(workspace, filter.prompt, filter.header) if filter is not None else None
        self._comparison = Comparison(
            examples=[self._compared(example.text, example.label) for example in self._plan.examples],
            existing=(
                [self._compared(text, label) for text, label in zip(*existing, strict=True)],
                [compared_label(self._plan, label) for label in existing[1]],
            ),
            threshold=self._plan.near_duplicates,
            embed=embed,
        )
        self._pieces: list[WrittenPiece] = []
        self._rows: list[int] = []  # places of the pieces that are rows: what the comparison counts
        self._stopped: Asked | None = None
        self._why: str | None = None

    def outcome(self) -> WriteOutcome:
        plan = self._plan
        batches: list[Batch] = []
        ended: Ended | None = None
        reached: list[Asking] = []
        for batch in self._batches():
            self._read(batch, len(reached))
            reached += batch
            batches.append(self._figures(batch, len(batches) + 1))
            if (ended := ending(plan, self._pieces, batches[-1])) is not None:
                break
        if ended is None:
            ended = "count" if all(one.whole for one in batches) else "unfinished"
        for place, reason in best_rows(self._pieces, plan).items():
            self._pieces[place] = replace(self._pieces[place], step="not_best", reason=reason)
        asking = self._asking.of(reached)
        written = Written(
            asking=asking,
            pieces=tuple(self._pieces),
            answers={key: answer for key, answer in self.writer.answers.items() if key in asking.wanted},
            times=self.writer.times,
            about=self.writer.about,
            existing=self._existing,
            batches=tuple(batches),
            ended=ended,
            filtered=None
            if self._filter is None or self.discriminator is None
            else Filtered(self._filter, self.discriminator.about, self.discriminator.times),
        )
        other = self.discriminator
        return WriteOutcome(
            written=written,
            n_asked=self.writer.n_asked,
            n_filter_asked=other.n_asked if other else 0,
            usage=self.writer.usage,
            filter_usage=other.usage if other else Usage(),
            stopped=self._why,
            interrupted=self._stopped is not None and self._stopped.interrupted,
            settings=self._stopped.settings if self._stopped else (),
        )

    def waiting(self, pieces: Sequence[WrittenPiece]) -> list[Request]:
        """The questions to the discriminator that have no answer yet, of pieces that no batch has read."""
        source = self.discriminator
        if source is None or self._filter is None:
            return []
        rows = [one for one in pieces if one.step == "kept"]
        found = self._comparison.take(*self._told(rows))
        asks = [self._filter.request(one.row, one.wanted.label) for one, aside in zip(rows, found, strict=True) if aside is None]
        return [request for request in asks if source.answered(request.key) is None]

    # One batch

    def _batches(self) -> Iterator[list[Asking]]:
        sequence = request_sequence(self._plan)
        if self._plan.until_new is None:
            sequence = itertools.islice(sequence, planned_requests(self._plan))
        while batch := list(itertools.islice(sequence, self._plan.batch)):
            yield batch

    def _read(self, batch: Sequence[Asking], before: int) -> None:
        """Ask a batch, after so many requests, and give each of its pieces a step."""
        report, planned = self._progress, before + len(batch)
        if self._plan.until_new is None:
            planned = planned_requests(self._plan)
        asking = self._asking.of(batch)
        self._ask(self.writer, asking.requests, report and (lambda done, _: report(before + done, planned)))
        pieces = read_pieces(asking, self.writer.answers)
        first = len(self._pieces)
        self._pieces += pieces
        rows = [first + place for place, one in enumerate(pieces) if one.step == "kept"]
        self._rows += rows
        equal = self._comparison.take(*self._told([self._pieces[place] for place in rows]))
        self._filter_rows([place for place, aside in zip(rows, equal, strict=True) if aside is None])
        self._comparison.compare([self._pieces[place].step == "kept" for place in rows])
        self._settle()

    def _ask(self, source: _Source, requests: Sequence[Request], progress: Callable[[int, int], None] | None) -> None:
        if self._stopped is not None:
            return
        asked_now = self.writer.n_asked + (self.discriminator.n_asked if self.discriminator else 0)
        most = None if self._most is None else self._most - asked_now
        asked = source.ask(requests, most=most, progress=progress) if most is None or most > 0 else None
        if asked is not None and asked.stopped is not None:
            self._stopped = asked
            self._why = self._sentence(asked) if source is self.discriminator else asked.stopped

    def _sentence(self, asked: Asked) -> str:
        """Why the discriminator answers no more: that it reads words would be no filter."""
        if self._filter is None or "text" not in asked.settings:
            return f"The filter stopped: {asked.stopped}"
        header = self._filter.header
        self._stopped = replace(asked, settings=("filter_model", "filter_base_url", "filter_gguf"))
        return (
            f"The filter needs log-probabilities of the first token, and {header['model']} at {header['server']} gives none. "
            "Name another model under [filter.model], or leave [filter] out."
        )

    def _filter_rows(self, places: Sequence[int]) -> None:
        """Give each row its confidence, and its step where that is too low or not there."""
        source, told = self.discriminator, self._filter
        if source is None or told is None:
            return
        asks = {place: told.request(self._pieces[place].row, self._pieces[place].wanted.label) for place in places}
        distinct = list({request.key: request for request in asks.values()}.values())
        self._ask(source, distinct, None)
        for place, request in asks.items():
            one, answer = self._pieces[place], source.answered(request.key)
            if answer is None:
                self._pieces[place] = replace(one, step="not_yet_filtered", reason="not yet filtered")
                continue
            confidence = read_confidence(request, answer)
            threshold = told.filter.threshold
            one = replace(one, confidence=confidence)
            if math.isnan(confidence.value):
                one = replace(one, step="filtered", reason=NO_PROBABILITY)
            elif threshold is not None and confidence.value < threshold:
                one = replace(one, step="filtered", reason=f"label_confidence below {threshold:g}")
            self._pieces[place] = one

    def _settle(self) -> None:
        """Give every row the step that the comparison of all so far says; a later batch may change that of an earlier row."""
        for place, aside in zip(self._rows, self._comparison.found(), strict=True):
            one = self._pieces[place]
            if one.step in ("filtered", "not_yet_filtered"):
                continue
            if aside is not None and aside.reason not in ELSEWHERE:
                aside = replace(aside, of=self._rows[aside.of])
            if one.set_aside == aside:
                continue
            step = "kept" if aside is None else "repeats" if aside.cosine is None else "near_duplicates"
            self._pieces[place] = replace(one, step=step, reason=aside and aside.reason, set_aside=aside)

    def _figures(self, batch: Sequence[Asking], number: int) -> Batch:
        keys = {request.key for request, _ in batch}
        own = [one for one in self._pieces if one.key in keys]
        return Batch(
            number=number,
            requests=len(keys),
            pieces=len(own),
            kept=sum(one.step == "kept" for one in own),
            kept_so_far=sum(one.step == "kept" for one in self._pieces),
            whole=keys <= self.writer.answers.keys() and not any(one.step == "not_yet_filtered" for one in own),
        )

    # Small things

    def _told(self, rows: Sequence[WrittenPiece]) -> tuple[list[str], list[str]]:
        return [one.piece.compared for one in rows], [compared_label(self._plan, one.wanted.label) for one in rows]

    def _compared(self, text: str, label: str) -> str:
        kind = self._plan.kind
        return compared_text(text, kind=kind, label=label) if label in LABELS[kind] else text


def _unused() -> Vectors:
    raise AssertionError("an estimate embeds nothing")
