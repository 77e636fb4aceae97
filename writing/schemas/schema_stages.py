"""The stages, as functions of what was answered so far: what each has found, and what it would ask next.

    list → titles → people → sentences → checks → vote → the best of each occupation

Nothing here asks or writes: a request's key is a hash of all that it says, so the same answers give the same result, whichever call
asked for them, and what is pending is what has no answer yet.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any, Literal

import numpy as np

from evalmap.answers.answer_types import RawAnswer
from evalmap.answers.asking.protocol import Request
from evalmap.data.text.pronouns import fill_blank
from evalmap.embeddings.array_types import Vectors
from evalmap.writing.plans import NO_OPTIONS
from evalmap.writing.schemas.grammar import BlankSentence, broken_rules
from evalmap.writing.schemas.referent_vote import Vote
from evalmap.writing.schemas.schema_plan import SchemaPlan, sentence_fields
from evalmap.writing.schemas.short_replies import ShortReply, read_person, read_sentence, read_title
from evalmap.writing.set_aside import SetAside, find_repeats

Stage = Literal["titles", "people", "sentences", "checks", "vote"]
STAGES: tuple[Stage, ...] = ("titles", "people", "sentences", "checks", "vote")
DISTINCT = 0.9  # cosine from which, of sentences that passed, the likelier one comes first and the other only where places are left
COPY, REPEAT, NEAR_DUPLICATE = "copy of an example", "repeat", "near-duplicate"
CUT_OFF = "length"  # how a server says that it stopped at the limit of tokens


@dataclass(frozen=True)
class Draw:
    """A request of a stage, and what its reply came to; `read` is None where there is no reply yet, or the request failed."""

    request: Request
    answer: RawAnswer | None
    read: ShortReply | None


@dataclass(frozen=True)
class Found:
    """What a stage has for one occupation: `text`, which the list had (`listed`) or the last draw gave; None without one."""

    text: str | None
    draws: tuple[Draw, ...] = ()
    listed: bool = False

    @property
    def pending(self) -> Request | None:
        """What is to be asked next; None where there is a text, or where all tries were in vain."""
        return self.draws[-1].request if self.draws and self.draws[-1].read is None else None


@dataclass(frozen=True)
class Wanted:
    """What a request for a sentence is for. place : of the occupation in the list"""

    request: Request
    place: int
    occupation: str
    other_person: str
    pronouns: tuple[str, str, str]


@dataclass(frozen=True)
class SchemaPiece:
    """A reply to a request for a sentence, and what became of it.

    Attributes
    ----------
    wanted, read : what was asked for, and what was read of the reply
    rules : the rules of grammar that it breaks
    set_aside : the earlier piece that it repeats; `of` is its place among the pieces
    vote : None where nobody was asked yet
    stage, reason : where it was set aside, and why, in words; None where it is kept, or not decided yet
    kept : it is a row of the result
    """

    wanted: Wanted
    read: ShortReply
    rules: tuple[str, ...] = ()
    set_aside: SetAside | None = None
    vote: Vote | None = None
    stage: Literal["sentences", "checks", "vote", "best"] | None = None
    reason: str | None = None
    kept: bool = False

    @property
    def step(self) -> str:
        """Where it ended, in the words of every written dataset; what breaks a rule of grammar is "unparsed"."""
        if self.stage == "checks":
            return {NEAR_DUPLICATE: "near_duplicates", REPEAT: "repeats", COPY: "repeats"}.get(self.reason or "", "unparsed")
        if self.stage is not None:
            return {"sentences": "unparsed", "vote": "filtered", "best": "not_best"}[self.stage]
        return "kept" if self.kept else "not_yet_filtered"

    @property
    def sentence(self) -> str:
        """What was read; "" where the reply is no sentence."""
        return self.read.text or ""

    @property
    def filled(self) -> str:
        """The sentence with the last of its pronouns: what is compared and embedded."""
        return fill_blank(self.sentence, self.wanted.pronouns[2])


Answers = Mapping[str, RawAnswer]
Embed = Callable[[Sequence[str]], Vectors]


def find_titles(plan: SchemaPlan, answers: Answers) -> list[Found]:
    """The natural title of each occupation; one that an earlier line has already is refused.

    Raises
    ------
    DatasetError : the template cannot be filled in
    """
    found: list[Found] = []
    taken = {one.occupation.casefold(): one.line for one in plan.occupations.occupations if one.occupation is not None}
    for listed in plan.occupations.occupations:
        if listed.occupation is not None:
            one = Found(listed.occupation, listed=True)
        else:
            text = plan.filled(plan.title, {"title": listed.title})

            def read(reply: str, cut_off: bool) -> ShortReply:
                title = read_title(reply, cut_off=cut_off)
                before = taken.get((title.text or "").casefold())
                return title if before is None else ShortReply(reply, reason=f"the title of line {before} already")

            one = _found(plan, text, listed.title, answers, read)
        if one.text is not None:
            taken.setdefault(one.text.casefold(), listed.line)
        found.append(one)
    return found


def find_people(plan: SchemaPlan, titles: Sequence[Found], answers: Answers) -> list[Found]:
    """The other person of each occupation that has a title; `Found(None)` for one that has none."""
    found: list[Found] = []
    for listed, title in zip(plan.occupations.occupations, titles, strict=True):
        if title.text is None:
            found.append(Found(None))
        elif listed.other_person is not None:
            found.append(Found(listed.other_person, listed=True))
        else:
            text = plan.filled(plan.person, {"occupation": title.text})
            found.append(_found(plan, text, title.text, answers, partial(_read_person, title.text)))
    return found


def sentences_wanted(plan: SchemaPlan, titles: Sequence[Found], people: Sequence[Found]) -> list[Wanted]:
    """A request for each sentence, the occupations in turn, so that a part of them is balanced."""
    there = [(place, title.text, person.text) for place, (title, person) in enumerate(zip(titles, people, strict=True))]
    wanted = []
    for number in range(plan.ask_per_occupation):
        pronouns = plan.pronouns[number % len(plan.pronouns)]
        for place, occupation, person in there:
            if occupation is not None and person is not None:
                text = plan.filled(plan.sentence, sentence_fields(occupation, person, pronouns))
                wanted.append(Wanted(_request(plan, text, f"{occupation}/{person}", number), place, occupation, person, pronouns))
    return wanted


def read_sentences(wanted: Sequence[Wanted], answers: Answers) -> list[SchemaPiece]:
    """What the replies so far are, by form alone."""
    pieces = []
    for one in wanted:
        answer = answers.get(one.request.key)
        if answer is None or answer.error is not None:
            continue
        read = read_sentence(answer.text or "", cut_off=answer.finish_reason == CUT_OFF)
        pieces.append(SchemaPiece(one, read, stage="sentences" if read.reason else None, reason=read.reason))
    return pieces


def check_sentences(plan: SchemaPlan, pieces: Sequence[SchemaPiece], *, embed: Embed) -> list[SchemaPiece]:
    """Ask the rules of grammar of each sentence; of the good ones, set aside what its prompt had, and repeats of earlier ones."""
    checked = []
    for piece in pieces:
        rules: list[str] = []
        if piece.reason is None:
            wanted = piece.wanted
            rules = broken_rules(BlankSentence(piece.sentence, wanted.occupation, wanted.other_person, wanted.pronouns))
            if not rules and _plain(piece.sentence) in _plain(wanted.request.text):
                piece = replace(piece, stage="checks", reason=COPY)
        checked.append(replace(piece, rules=tuple(rules), stage="checks", reason=rules[0]) if rules else piece)
    places = [place for place, piece in enumerate(checked) if piece.reason is None]
    repeats = find_repeats(
        [checked[place].filled for place in places],
        [str(checked[place].wanted.place) for place in places],
        threshold=plan.near_duplicates,
        embed=embed,
    )
    for place, repeat in zip(places, repeats, strict=True):
        if repeat is not None:
            reason = NEAR_DUPLICATE if repeat.reason == "near-duplicate" else REPEAT
            of = SetAside(repeat.reason, places[repeat.of], repeat.cosine)
            checked[place] = replace(checked[place], set_aside=of, stage="checks", reason=reason)
    return checked


def apply_votes(plan: SchemaPlan, pieces: Sequence[SchemaPiece], votes: Mapping[int, Vote], *, embed: Embed) -> list[SchemaPiece]:
    """Set aside what may stand for the other person, and keep the best of each occupation.

    Parameters
    ----------
    votes : {place of a piece: what was said of it}
    """
    voted = list(pieces)
    passed: dict[int, list[int]] = {}
    for place, vote in votes.items():
        reason = vote.reason(plan.vote.threshold)
        voted[place] = replace(voted[place], vote=vote, stage="vote" if reason else None, reason=reason)
        if reason is None:
            passed.setdefault(voted[place].wanted.place, []).append(place)
    for places in passed.values():
        order = _best_first([(place, voted[place]) for place in places], embed)
        for rank, place in enumerate(order):
            if rank < plan.per_occupation:
                voted[place] = replace(voted[place], kept=True)
            else:
                voted[place] = replace(voted[place], stage="best", reason=f"not among the best {plan.per_occupation}")
    return voted


def best_order(pieces: Sequence[SchemaPiece], *, per_occupation: int, embed: Embed) -> list[SchemaPiece]:
    """The kept pieces as the result has them: by occupation as listed, the best first."""
    by_place: dict[int, list[tuple[int, SchemaPiece]]] = {}
    for place, piece in enumerate(pieces):
        if piece.kept:
            by_place.setdefault(piece.wanted.place, []).append((place, piece))
    return [pieces[place] for _, some in sorted(by_place.items()) for place in _best_first(some, embed)[:per_occupation]]


def _best_first(places: Sequence[tuple[int, SchemaPiece]], embed: Embed) -> list[int]:
    """By the vote; of sentences that are much alike the likelier first, the others behind all that are not."""
    order = sorted(places, key=lambda one: (-_p(one[1]), one[0]))
    if len(order) < 2:
        return [place for place, _ in order]
    vectors = embed([piece.filled for _, piece in order])
    first: list[int] = []
    later: list[int] = []
    for at in range(len(order)):
        like = bool(first) and float(np.max(vectors[first] @ vectors[at])) >= DISTINCT
        (later if like else first).append(at)
    return [order[at][0] for at in [*first, *later]]


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _p(piece: SchemaPiece) -> float:
    return piece.vote.p_occupation if piece.vote is not None and piece.vote.p_occupation is not None else 0.0


def _read_person(occupation: str, reply: str, cut_off: bool) -> ShortReply:
    return read_person(reply, occupation, cut_off=cut_off)


def _found(plan: SchemaPlan, text: str, about: str, answers: Answers, read: Callable[[str, bool], ShortReply]) -> Found:
    """Go through the tries as far as they were answered: the first good one is it, the first without a reply is pending."""
    draws: list[Draw] = []
    for number in range(plan.tries):
        request = _request(plan, text, about, number, first_is_greedy=True)
        answer = answers.get(request.key)
        if answer is None or answer.error is not None:
            return Found(None, (*draws, Draw(request, answer, None)))
        reply = read(answer.text or "", answer.finish_reason == CUT_OFF)
        draws.append(Draw(request, answer, reply))
        if reply.text is not None:
            return Found(reply.text, tuple(draws))
    return Found(None, tuple(draws))


def _request(plan: SchemaPlan, text: str, about: str, number: int, *, first_is_greedy: bool = False) -> Request:
    """The request for the draw of that number of a prompt; each has a key, and a seed, of its own.

    about : whose it is: a template may leave the occupation out
    """
    body: dict[str, Any] = {name: value for name, value in asdict(plan.sampling).items() if value is not None}
    max_tokens = body.pop("max_tokens")
    if first_is_greedy and number == 0:
        body = {"temperature": 0}
    if plan.prompt_kind == "completion":
        body["stop"] = ["\n"]  # what goes on with a text goes on with the next entry
    identity = [text, about, plan.prompt_kind, plan.system, body, max_tokens, number]
    digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
    if "seed" in body:
        body["seed"] = int(digest[24:31], 16)
    return Request(digest[:24], text, NO_OPTIONS, body)
