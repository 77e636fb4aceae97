"""A plan of a Winogender-like set put to a model, stage by stage: what was answered is in the journals, what is new is asked."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evalmap.answers.answer_types import RawAnswer
from evalmap.answers.asking.journal import journal_path, read_journal
from evalmap.answers.asking.journaled import ask
from evalmap.answers.asking.protocol import Answerer, Prompt, Request, Usage
from evalmap.answers.asking.run_estimate import CHARACTERS_A_TOKEN, CHAT_TOKENS
from evalmap.data.errors import DatasetError
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.array_types import Vectors
from evalmap.writing.schemas import schema_stages as stages
from evalmap.writing.schemas.referent_vote import Vote, read_vote, vote_prompt, vote_requests
from evalmap.writing.schemas.schema_plan import KIND, SchemaPlan
from evalmap.writing.schemas.schema_stages import STAGES, Embed, Found, SchemaPiece, Stage, Wanted

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Asking:
    """Whom a plan asks: `writer` for titles, people and sentences, `voter` for the vote; each by its journal's header."""

    plan: SchemaPlan
    writer: Mapping[str, Any]
    voter: Mapping[str, Any]


@dataclass(frozen=True)
class Schemas:
    """All that the replies of a run come to.

    Attributes
    ----------
    titles, people : one an occupation of the list
    wanted : the requests for sentences that could be made so far
    pieces : one a reply to these
    votes : {place of a piece: its two requests}, of all pieces that passed the checks
    answers, times, about : of the writer's journal; vote_answers, vote_times, vote_about : of the voter's
    """

    asking: Asking
    titles: Sequence[Found]
    people: Sequence[Found]
    wanted: Sequence[Wanted]
    pieces: Sequence[SchemaPiece]
    votes: Mapping[int, tuple[Request, Request]]
    kept: Sequence[SchemaPiece]
    answers: Mapping[str, RawAnswer]
    times: Mapping[str, str]
    about: Mapping[str, Any]
    vote_answers: Mapping[str, RawAnswer]
    vote_times: Mapping[str, str]
    vote_about: Mapping[str, Any]


@dataclass
class RunOutcome:
    """How asking went: requests of this call, tokens, and why it stopped early, in one sentence."""

    n_asked: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    stopped: str | None = None
    interrupted: bool = False
    settings: tuple[str, ...] = ()
    tried: set[str] = field(default_factory=set)

    def add(self, usage: Usage) -> None:
        self.prompt_tokens += usage.prompt_tokens
        self.completion_tokens += usage.completion_tokens


@dataclass(frozen=True)
class StageEstimate:
    """What a stage would ask now: `requests` in all at most, `answered` of them already; tokens as in `WriteEstimate`."""

    requests: int
    answered: int
    to_ask: int
    prompt_tokens: int
    most_completion_tokens: int


def plan_asking(
    plan: SchemaPlan,
    *,
    writer: tuple[str, str],
    voter: tuple[str, str],
    extra: Mapping[str, Any] | None = None,
    vote_extra: Mapping[str, Any] | None = None,
) -> Asking:
    """Whom the plan's requests go to.

    Parameters
    ----------
    writer, voter : (model, server): whom, and where: an address without credentials, or a file on this machine
    extra, vote_extra : what else is in every request to them; part of the runs' identity
    """

    def header(part: str, who: tuple[str, str], more: Mapping[str, Any] | None) -> dict[str, Any]:
        target = {"model": who[0], "server": who[1], "extra": dict(more or {})}
        identity = [KIND, part, plan.list_name, target]
        run_id = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:20]
        return {"run": run_id, "kind": KIND, "part": part, "list": plan.list_name, **target}

    return Asking(plan, header("write", writer, extra), header("vote", voter, vote_extra))


def ask_stages(
    asking: Asking,
    writer: Callable[[], Answerer],
    voter: Callable[[], Answerer],
    workspace: Workspace,
    *,
    last: Stage = "vote",
    most: int | None = None,
    embed: Embed,
    progress: Progress | None = None,
) -> RunOutcome:
    """Ask what the stages up to `last` have no reply to; each reply is on the disk before it counts.

    Parameters
    ----------
    writer, voter : make what asks; the first is done when the second is made, so that one model file is open at a time
    most : requests that this call asks at most, retries aside
    embed : texts → (m, n_dims) float32, unit norm; asked for a text more than once, so hand `once(embed)` over

    Raises
    ------
    DatasetError : another process asks the same, or a journal cannot be opened
    """
    outcome, plan = RunOutcome(), asking.plan
    until = STAGES[: STAGES.index(last) + 1]
    asked_by = _Answerer(writer)
    try:
        for stage in until[:3]:
            while pending := _pending(asking, stage, workspace, outcome.tried):
                _ask(stage, pending, plan.prompt, asking.writer, asked_by, workspace, outcome, most, progress)
                if outcome.stopped or outcome.n_asked == most:
                    return outcome
    finally:
        asked_by.close()
    if "vote" in until:
        replies = len(read_journal(journal_path(workspace, asking.writer["run"])).answers)
        if progress and replies:  # embedding takes a while, and nothing is asked meanwhile
            progress("checks", 0, replies)
        found = read_schemas(asking, workspace, embed=embed)
        if progress and replies:
            progress("checks", replies, replies)
        answered = {key for key, answer in found.vote_answers.items() if answer.error is None}
        pending = [one for pair in found.votes.values() for one in pair if one.key not in answered]
        asked_by = _Answerer(voter)
        try:
            if pending:
                _ask("vote", pending, vote_prompt(plan), asking.voter, asked_by, workspace, outcome, most, progress)
        finally:
            asked_by.close()
        if outcome.stopped and "text" in outcome.settings:  # the server's own advice is to read words, which a vote cannot
            what = outcome.stopped.removesuffix(
                " Read the words instead (there is no P(matching) then), or ask a server that gives them."
            )
            outcome.stopped = f"[vote] {what} Name a model that gives log-probabilities under [vote.model]."
            outcome.settings = ()
    return outcome


def read_schemas(asking: Asking, workspace: Workspace, *, embed: Embed) -> Schemas:
    """Take all replies that the journals have through all stages.

    Raises
    ------
    DatasetError : a journal is not one of ours
    """
    plan = asking.plan
    journal = read_journal(journal_path(workspace, asking.writer["run"]))
    votes_journal = read_journal(journal_path(workspace, asking.voter["run"]))
    titles = stages.find_titles(plan, journal.answers)
    people = stages.find_people(plan, titles, journal.answers)
    wanted = stages.sentences_wanted(plan, titles, people)
    pieces = stages.check_sentences(plan, stages.read_sentences(wanted, journal.answers), embed=embed)
    requests = {
        place: vote_requests(plan, piece.sentence, piece.wanted.occupation, piece.wanted.other_person)
        for place, piece in enumerate(pieces)
        if piece.reason is None
    }
    read = {place: read_vote(pair, votes_journal.answers) for place, pair in requests.items()}
    votes: dict[int, Vote] = {place: vote for place, vote in read.items() if vote is not None}
    pieces = stages.apply_votes(plan, pieces, votes, embed=embed)
    return Schemas(
        asking=asking,
        titles=titles,
        people=people,
        wanted=wanted,
        pieces=pieces,
        votes=requests,
        kept=stages.best_order(pieces, per_occupation=plan.per_occupation, embed=embed),
        answers=journal.answers,
        times=journal.times,
        about=journal.header.get("about") or {},
        vote_answers=votes_journal.answers,
        vote_times=votes_journal.times,
        vote_about=votes_journal.header.get("about") or {},
    )


def estimate_stages(asking: Asking, workspace: Workspace, *, most: int | None = None) -> dict[str, StageEstimate]:
    """Count what `ask_stages` would ask now; nothing is asked and nothing written.

    What a stage asks depends on what the one before finds: where that is not known, a title is taken as listed, the other person
    as "client", and every sentence as one that comes to the vote. So the counts are bounds, but for titles and people that have to
    be asked for more than once.
    """
    plan = asking.plan
    answers = read_journal(journal_path(workspace, asking.writer["run"])).answers
    votes = read_journal(journal_path(workspace, asking.voter["run"])).answers
    titles = stages.find_titles(plan, answers)
    guessed = [
        found if found.text is not None or not found.pending else Found(listed.title, found.draws)
        for listed, found in zip(plan.occupations.occupations, titles, strict=True)
    ]
    people = stages.find_people(plan, guessed, answers)
    with_person = [found if found.text is not None or not found.pending else Found("client", found.draws) for found in people]
    wanted = stages.sentences_wanted(plan, guessed, with_person)
    asked: dict[str, tuple[list[Request], Mapping[str, RawAnswer], int]] = {
        "titles": ([draw.request for found in titles for draw in found.draws], answers, plan.sampling.max_tokens),
        "people": ([draw.request for found in people for draw in found.draws], answers, plan.sampling.max_tokens),
        "sentences": ([one.request for one in wanted], answers, plan.sampling.max_tokens),
    }
    usual = "The {} told the {} that _ would be able to finish the work in a day or two."
    pairs = [
        vote_requests(plan, usual.format(one.occupation, one.other_person), one.occupation, one.other_person) for one in wanted
    ]
    asked["vote"] = ([request for pair in pairs for request in pair], {}, 1)
    left = most
    found: dict[str, StageEstimate] = {}
    for stage, (requests, known, tokens) in asked.items():
        done = sum(one.key in known and known[one.key].error is None for one in requests)
        waiting = [one for one in requests if not (one.key in known and known[one.key].error is None)]
        if stage == "vote":
            done = min(len(requests), sum(answer.error is None for answer in votes.values()))
            waiting = waiting[done:]
        to_ask = waiting if left is None else waiting[:left]
        left = None if left is None else left - len(to_ask)
        characters = sum(len(one.text) + len("" if stage == "vote" else plan.system or "") for one in to_ask)
        prompt_tokens = -(-characters // CHARACTERS_A_TOKEN) + CHAT_TOKENS * len(to_ask)
        found[stage] = StageEstimate(len(requests), done, len(to_ask), prompt_tokens, tokens * len(to_ask))
    return found


class _Answerer:
    """What asks, made at the first request and closed once, where it can be."""

    def __init__(self, make: Callable[[], Answerer]) -> None:
        self._make = make
        self._made: Answerer | None = None

    def __call__(self) -> Answerer:
        if self._made is None:
            self._made = self._make()
        return self._made

    def close(self) -> None:
        made, self._made = self._made, None
        if callable(close := getattr(made, "close", None)):
            close()


def _pending(asking: Asking, stage: str, workspace: Workspace, tried: set[str]) -> list[Request]:
    """What a stage asks next, without what this call has asked already (and failed at)."""
    answers = read_journal(journal_path(workspace, asking.writer["run"])).answers
    titles = stages.find_titles(asking.plan, answers)
    if stage == "titles":
        found: Sequence[Request | None] = [one.pending for one in titles]
    else:
        people = stages.find_people(asking.plan, titles, answers)
        if stage == "people":
            found = [one.pending for one in people]
        else:
            wanted = stages.sentences_wanted(asking.plan, titles, people)
            found = [one.request for one in wanted if one.request.key not in answers or answers[one.request.key].error is not None]
    return [one for one in found if one is not None and one.key not in tried]


def _ask(
    stage: str,
    pending: Sequence[Request],
    prompt: Prompt,
    header: Mapping[str, Any],
    asked_by: _Answerer,
    workspace: Workspace,
    outcome: RunOutcome,
    most: int | None,
    progress: Progress | None,
) -> None:
    left = None if most is None else most - outcome.n_asked
    if left == 0:
        return
    known = read_journal(journal_path(workspace, header["run"])).header
    try:
        answerer = asked_by()
        about = known.get("about") or dict(answerer.about())
    except DatasetError as error:
        outcome.stopped, outcome.settings = str(error), error.settings
        return
    on_progress = None if progress is None else (lambda done, total: progress(stage, done, total))
    asked = ask(prompt, pending, answerer, workspace, header={**header, "about": about}, limit=left, progress=on_progress)
    outcome.n_asked += asked.n_asked
    outcome.tried |= {request.key for request in asked.to_ask}
    outcome.add(asked.usage)
    outcome.stopped, outcome.interrupted, outcome.settings = asked.stopped, asked.interrupted, asked.settings


def once(embed: Embed) -> Embed:
    """`embed` with what it has embedded kept: the checks, the choice of the best and a later reading ask for the same texts."""
    import numpy as np

    known: dict[str, Any] = {}

    def embedded(texts: Sequence[str]) -> Vectors:
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            known.update(zip(new, embed(new), strict=True))
        return np.stack([known[text] for text in texts])

    return embedded
