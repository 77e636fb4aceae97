"""The pieces of replies, each with the step at which it ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from evalmap.answers.answer_types import RawAnswer
from evalmap.writing.label_confidence import Confidence
from evalmap.writing.plans import WritePlan
from evalmap.writing.set_aside import SetAside
from evalmap.writing.write_requests import Wanted, WriteAsking
from evalmap.writing.written_rows import Piece, read_reply

Step = Literal["unparsed", "repeats", "filtered", "near_duplicates", "not_best", "kept", "not_yet_filtered"]
STEPS: tuple[Step, ...] = get_args(Step)
CUT_OFF = "length"  # how a server says that it stopped at the limit of tokens


@dataclass(frozen=True)
class WrittenPiece:
    """A piece of a reply, and what became of it.

    Attributes
    ----------
    key, number : of the request, and of the piece in its reply, counted from 0
    step : where it ended; "not_yet_filtered" where the discriminator was not asked yet
    reason : why it is not among the rows, in words; None where it is
    set_aside : what it is like, where that is why
    confidence : what the discriminator says of it; None where it was not asked
    """

    piece: Piece
    key: str
    number: int
    wanted: Wanted
    step: Step = "kept"
    reason: str | None = None
    set_aside: SetAside | None = None
    confidence: Confidence | None = None

    @property
    def row(self) -> str:
        """Its text as a row; only of a piece that is one."""
        if self.piece.text is None:
            raise ValueError(f"no row: {self.piece.reason}")
        return self.piece.text


def read_pieces(asking: WriteAsking, answers: Mapping[str, RawAnswer]) -> list[WrittenPiece]:
    """The pieces of all replies to the requests, in the order of asking; those that are no row are "unparsed"."""
    pieces = []
    for request in asking.requests:
        answer = answers.get(request.key)
        if answer is None or answer.error is not None:
            continue
        wanted = asking.wanted[request.key]
        cut_off = answer.finish_reason == CUT_OFF
        how = {"kind": asking.plan.kind, "label": wanted.label, "expected": wanted.expected, "separator": asking.plan.separator}
        read = read_reply(answer.text or "", cut_off=cut_off, **how)
        for number, piece in enumerate(read):
            step: Step = "kept" if piece.reason is None else "unparsed"
            pieces.append(WrittenPiece(piece, request.key, number, wanted, step, piece.reason))
    return pieces


def compared_label(plan: WritePlan, label: str) -> str:
    """The label that a row is compared under: that of a question with two answers says no more than where its answers stand."""
    return "" if plan.kind == "a_b" else label


def best_rows(pieces: Sequence[WrittenPiece], plan: WritePlan) -> dict[int, str]:
    """{place: why} of the kept pieces that are not among the best: by `best` and `balanced` of the filter, and by `until_new`.

    The most confident stay; of equals, the first. `until_new` takes the first rows in the order of asking; where the rows are
    balanced too, it takes as many of each label, and a rest that cannot be shared out goes.
    """
    kept: dict[str, list[int]] = {label: [] for label in plan.labels}
    for place, one in enumerate(pieces):
        if one.step == "kept":
            kept[one.wanted.label].append(place)
    out: dict[int, str] = {}
    told, most = plan.filter, plan.until_new

    def cut(n: int, reason: str) -> None:
        for label, places in kept.items():
            best = sorted(places, key=lambda place: (-_confidence(pieces[place]), place))
            out.update(dict.fromkeys(best[n:], reason))
            kept[label] = sorted(best[:n])

    if told is not None and told.best is not None:
        cut(told.best, f"not among the best {told.best:,}")
    if told is not None and told.balanced:
        cut(min(map(len, kept.values())), "more than of another label")
        most = None if most is None else most // len(kept)
        if most is not None:
            for places in kept.values():
                out.update(dict.fromkeys(places[most:], "beyond until_new"))
    elif most is not None:
        out.update(dict.fromkeys(sorted(place for places in kept.values() for place in places)[most:], "beyond until_new"))
    return out


def _confidence(one: WrittenPiece) -> float:
    return one.confidence.value if one.confidence is not None else 0.0
