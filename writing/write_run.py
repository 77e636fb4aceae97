"""A plan put to a model: what is asked, and what the replies come to.

A reply is a draw, so one prompt may be asked many times: each request has a number among those of its prompt, which gives it a seed
of its own and a key of its own in the journal. The key is made of all that the request says. So what was answered is never asked
again, also where the plan has changed elsewhere: more rows, another topic or other examples ask what is new alone.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from evalmap.answers.answer_types import RawAnswer
from evalmap.answers.asking.journal import journal_path, read_journal
from evalmap.answers.asking.journaled import Asked, answered_keys, ask, still_to_ask
from evalmap.answers.asking.protocol import Answerer, Prompt, Request
from evalmap.answers.asking.run_estimate import CHARACTERS_A_TOKEN, CHAT_TOKENS
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.array_types import Vectors
from evalmap.writing.plans import LABELS, NO_OPTIONS, WritePlan
from evalmap.writing.set_aside import SetAside, find_repeats
from evalmap.writing.written_rows import Piece, compared_text, read_reply

KIND = "write"  # what the journal's header says that it holds
CUT_OFF = "length"  # how a server says that it stopped at the limit of tokens


@dataclass(frozen=True)
class Wanted:
    """What a request is for: rows of a label about a topic, or with a value of each axis; `expected` of them."""

    label: str
    topic: str | None
    expected: int
    axes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class WriteAsking:
    """What would be asked of whom.

    Attributes
    ----------
    run_id : 20 hex digits of the behaviour, the kind, the model and where it runs: names the journal
    requests : in the order of asking, label by label in turn, so that a part of them is balanced
    wanted : {key: what the request is for}
    header : what the journal begins with; holds no key
    """

    plan: WritePlan
    prompt: Prompt
    run_id: str
    requests: tuple[Request, ...]
    wanted: Mapping[str, Wanted]
    header: Mapping[str, Any]

    @cached_property
    def by_key(self) -> Mapping[str, Request]:
        """{key: its request}"""
        return {request.key: request for request in self.requests}


@dataclass(frozen=True)
class WriteEstimate:
    """What a run would ask now.

    `prompt_tokens` is an estimate (4 characters a token), `most_completion_tokens` a bound, retries aside.
    """

    requests: int
    answered: int
    to_ask: int
    prompt_tokens: int
    most_completion_tokens: int


@dataclass(frozen=True)
class WrittenPiece:
    """A piece of a reply, and what became of it: it stays where `piece.reason` and `set_aside` are both None.

    key, number : of the request, and of the piece in its reply, counted from 0
    """

    piece: Piece
    key: str
    number: int
    wanted: Wanted
    set_aside: SetAside | None = None

    @property
    def reason(self) -> str | None:
        """Why it is not among the rows, in words; None where it is."""
        return self.piece.reason or (self.set_aside.reason if self.set_aside else None)


@dataclass(frozen=True)
class Written:
    """All that the replies of a run come to.

    pieces : in the order of asking
    answers, times : {key: the reply}, {key: when it came}
    about : what runs the model, as the answerer tells it
    existing : (texts, labels) of the dataset that the plan adds to
    """

    asking: WriteAsking
    pieces: tuple[WrittenPiece, ...]
    answers: Mapping[str, RawAnswer]
    times: Mapping[str, str]
    about: Mapping[str, Any]
    existing: tuple[Sequence[str], Sequence[str]] = ((), ())

    @property
    def kept(self) -> list[WrittenPiece]:
        return [one for one in self.pieces if one.reason is None]

    @property
    def rejected(self) -> list[WrittenPiece]:
        return [one for one in self.pieces if one.reason is not None]

    def table(self) -> dict[str, dict[str, Any]]:
        """{label: counts}, and "all" last; each column adds up.

        requests = replies + failed + not_asked. pieces = parsed + unparsed. parsed = kept + set_aside. `unparsed_reasons` and
        `set_aside_reasons` are {reason: pieces}, `removed` {what was taken off: pieces}.
        """
        labels = self.asking.plan.labels
        rows = {label: self._counts([label]) for label in labels if label}
        return rows | {"all": self._counts(labels)}

    def _counts(self, labels: Sequence[str]) -> dict[str, Any]:
        keys = [request.key for request in self.asking.requests if self.asking.wanted[request.key].label in labels]
        pieces = [one for one in self.pieces if one.wanted.label in labels]
        parsed = [one for one in pieces if one.piece.reason is None]
        replies = sum(key in self.answers and self.answers[key].error is None for key in keys)
        failed = sum(key in self.answers and self.answers[key].error is not None for key in keys)
        return {
            "requests": len(keys),
            "replies": replies,
            "failed": failed,
            "not_asked": len(keys) - replies - failed,
            "pieces": len(pieces),
            "unparsed": len(pieces) - len(parsed),
            "parsed": len(parsed),
            "set_aside": sum(one.set_aside is not None for one in parsed),
            "kept": sum(one.set_aside is None for one in parsed),
            "unparsed_reasons": _counted(one.piece.reason for one in pieces),
            "set_aside_reasons": _counted(one.set_aside.reason for one in parsed if one.set_aside),
            "removed": _counted(what for one in parsed for what in one.piece.removed),
        }


def plan_write(plan: WritePlan, *, model: str, server: str, extra: Mapping[str, Any] | None = None) -> WriteAsking:
    """Fill the template in for every request of the plan.

    Parameters
    ----------
    model, server : whom, and where: an address without credentials, or a file on this machine
    extra : what else is in every request; part of the run's identity

    Raises
    ------
    DatasetError : the template cannot be filled in
    """
    of_label = {label: list(_of_label(plan, label)) for label in plan.labels}
    longest = max(map(len, of_label.values()))
    in_turn = [asked[i] for i in range(longest) for asked in of_label.values() if i < len(asked)]
    target = {"model": model, "server": server, "extra": dict(extra or {})}
    identity = [KIND, plan.behaviour, plan.kind, target]
    run_id = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:20]
    return WriteAsking(
        plan=plan,
        prompt=plan.prompt,
        run_id=run_id,
        requests=tuple(request for request, _ in in_turn),
        wanted={request.key: wanted for request, wanted in in_turn},
        header={"run": run_id, "kind": KIND, "behaviour": plan.behaviour, "rows": plan.kind, **target},
    )


def estimate_write(asking: WriteAsking, workspace: Workspace, *, most: int | None = None) -> WriteEstimate:
    """Count what `write` would ask now; nothing is asked and nothing written.

    Raises
    ------
    DatasetError : the journal is not one of ours
    """
    answers = _known(asking, read_journal(journal_path(workspace, asking.run_id)).answers)
    n_answered = len(answered_keys(answers))
    to_ask = still_to_ask(asking.requests, answers, None if most is None else n_answered + most)
    system = asking.prompt.system or ""
    tokens = -(-sum(len(request.text) + len(system) for request in to_ask) // CHARACTERS_A_TOKEN)
    if asking.prompt.kind == "chat":
        tokens += CHAT_TOKENS * len(to_ask)
    return WriteEstimate(len(asking.requests), n_answered, len(to_ask), tokens, len(to_ask) * asking.plan.sampling.max_tokens)


def write(
    asking: WriteAsking,
    answerer: Answerer,
    workspace: Workspace,
    *,
    most: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Asked:
    """Ask what the journal has no reply to; each reply is on the disk before it counts.

    Parameters
    ----------
    most : requests that this call asks at most, retries aside
    progress : called after each reply, with replies there are and replies there will be

    Returns
    -------
    Asked : also where the answerer gave up or was interrupted: `stopped` tells why

    Raises
    ------
    DatasetError : another process asks the same, or the journal cannot be opened
    """
    written = read_journal(journal_path(workspace, asking.run_id))
    limit = None if most is None else most + len(answered_keys(_known(asking, written.answers)))
    header = {**asking.header, "about": written.header.get("about") or dict(answerer.about())}
    return ask(asking.prompt, asking.requests, answerer, workspace, header=header, limit=limit, progress=progress)


def read_written(
    asking: WriteAsking,
    workspace: Workspace,
    *,
    existing: tuple[Sequence[str], Sequence[str]] = ((), ()),
    embed: Callable[[Sequence[str]], Vectors],
) -> Written:
    """Parse and screen all replies that the journal has to the plan's requests.

    Parameters
    ----------
    existing : (texts, labels) of the dataset that the plan adds to
    embed : texts → (m, n_dims) float32, unit norm

    Raises
    ------
    DatasetError : the journal is not one of ours
    """
    journal = read_journal(journal_path(workspace, asking.run_id))
    answers, plan = _known(asking, journal.answers), asking.plan
    pieces = []
    for request in asking.requests:
        answer = answers.get(request.key)
        if answer is None or answer.error is not None:
            continue
        wanted = asking.wanted[request.key]
        cut_off = answer.finish_reason == CUT_OFF
        how = {"kind": plan.kind, "label": wanted.label, "expected": wanted.expected, "separator": plan.separator}
        read = read_reply(answer.text or "", cut_off=cut_off, **how)
        pieces += [WrittenPiece(piece, request.key, number, wanted) for number, piece in enumerate(read)]
    rows = [place for place, one in enumerate(pieces) if one.piece.reason is None]
    found = find_repeats(
        [pieces[place].piece.compared for place in rows],
        ["" if plan.kind == "a_b" else pieces[place].wanted.label for place in rows],
        examples=[compared_text(example.text, kind=plan.kind, label=example.label) for example in plan.examples],
        existing=(
            [
                compared_text(text, kind=plan.kind, label=label) if label in LABELS[plan.kind] else text
                for text, label in zip(*existing, strict=True)
            ],
            [""] * len(existing[1]) if plan.kind == "a_b" else existing[1],
        ),
        threshold=plan.near_duplicates,
        embed=embed,
    )
    for place, set_aside in zip(rows, found, strict=True):
        if set_aside is not None:
            elsewhere = ("copy of an example", "in the dataset", "near a row of the dataset")
            of = set_aside.of if set_aside.reason in elsewhere else rows[set_aside.of]
            one = pieces[place]
            pieces[place] = WrittenPiece(
                one.piece, one.key, one.number, one.wanted, SetAside(set_aside.reason, of, set_aside.cosine)
            )
    return Written(asking, tuple(pieces), answers, journal.times, journal.header.get("about") or {}, existing)


def provenance(written: Written, one: WrittenPiece) -> dict[str, Any]:
    """Where a piece comes from: the plan's hash, the prompt, the model, how it was drawn, when, and the raw reply."""
    asking, plan = written.asking, written.asking.plan
    request = asking.by_key[one.key]
    answer = written.answers[one.key]
    return {
        "plan": plan.hash,
        "request": one.key,
        "piece": one.number,
        "label": one.wanted.label,
        "topic": one.wanted.topic,
        "axes": dict(one.wanted.axes),
        "prompt": request.text,
        "system": asking.prompt.system,
        "template": asking.prompt.id,
        "model": asking.header["model"],
        "server": asking.header["server"],
        "about": dict(written.about),
        "sampling": {**request.body, "max_tokens": plan.sampling.max_tokens, **asking.header["extra"]},
        "time": written.times.get(one.key),
        "finish_reason": answer.finish_reason,
        "removed": list(one.piece.removed),
        "raw": answer.text,
    }


def _of_label(plan: WritePlan, label: str) -> Iterator[tuple[Request, Wanted]]:
    """(request, what it is for) of each request of a label, in order."""
    examples = [example.text for example in plan.examples if example.label == label]
    left, number, combinations = plan.count[label], 0, plan.combinations
    times: Counter[str] = Counter()
    while left > 0:
        topic = plan.topics[number % len(plan.topics)] if plan.topics else None
        axes = combinations[number]
        text = plan.filled(label, topic, _shots(plan, label, number, examples), axes)
        yield _request(plan, label, text, times[text]), Wanted(label, topic, plan.per_reply, axes)
        times[text] += 1
        number += 1
        left -= plan.per_reply


def _request(plan: WritePlan, label: str, text: str, time: int) -> Request:
    sampling = {name: value for name, value in asdict(plan.sampling).items() if value is not None}
    max_tokens = sampling.pop("max_tokens")
    identity = [text, plan.system, plan.prompt_kind, label, plan.per_reply, sampling, max_tokens, time]
    digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
    if plan.sampling.seed is not None:  # of its own: the same prompt under the same seed would be the same reply
        sampling["seed"] = int(digest[24:31], 16)
    return Request(digest[:24], text, NO_OPTIONS, sampling)


def _shots(plan: WritePlan, label: str, number: int, examples: Sequence[str]) -> list[str]:
    """The examples that a prompt shows, in an order of their own."""
    told = json.dumps([plan.sampling.seed or 0, label, number]).encode()
    random = np.random.default_rng(int.from_bytes(hashlib.sha256(told).digest()[:8]))
    return [examples[int(i)] for i in random.permutation(len(examples))[: plan.shots]]


def _known(asking: WriteAsking, answers: Mapping[str, RawAnswer]) -> dict[str, RawAnswer]:
    return {key: answer for key, answer in answers.items() if key in asking.wanted}


def _counted(reasons: Iterable[str | None]) -> dict[str, int]:
    return dict(Counter(reason for reason in reasons if reason is not None).most_common())
