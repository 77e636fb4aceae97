"""How a dataset grows, batch by batch: what each brought, when it is enough, and whether more of the same would be new."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from evalmap.screening.quality.saturation import Saturation, measure_saturation
from evalmap.writing.pieces import WrittenPiece, best_rows
from evalmap.writing.plans import WritePlan
from evalmap.writing.set_aside import ELSEWHERE

Ended = Literal["count", "until_new", "min_yield", "unfinished"]
ENDED: dict[Ended, str] = {
    "count": "all requests of the plan are answered",
    "until_new": "there are as many rows as until_new asks for",
    "min_yield": "the last batch kept less than min_yield of its pieces",
    "unfinished": "some requests are not answered yet",
}


PLACES = {"copy of an example": "example", "in the dataset": "dataset", "near a row of the dataset": "dataset"}


@dataclass(frozen=True)
class Batch:
    """What a batch brought.

    Attributes
    ----------
    number : counted from 1
    requests, pieces : of the batch
    kept : of its pieces, those that say something new; before `best`, `balanced` and `until_new` choose among them
    kept_so_far : the same of all batches up to it
    whole : every request has a reply or failed, and every row was filtered
    """

    number: int
    requests: int
    pieces: int
    kept: int
    kept_so_far: int
    whole: bool

    @property
    def new_ratio(self) -> float:
        """kept / pieces, 0 to 1; 0.0 where nothing came."""
        return self.kept / self.pieces if self.pieces else 0.0


def ending(plan: WritePlan, pieces: Sequence[WrittenPiece], last: Batch) -> Ended | None:
    """Whether a plan with `until_new` ends with this batch, and why; None where it goes on."""
    if plan.until_new is None:
        return None
    if not last.whole:  # what is missing may come before what is there
        return "unfinished"
    balanced = plan.filter is not None and plan.filter.balanced
    enough = plan.until_new - (plan.until_new % len(plan.labels) if balanced else 0)
    if sum(one.step == "kept" for one in pieces) - len(best_rows(pieces, plan)) >= enough:
        return "until_new"
    return "min_yield" if last.new_ratio < plan.min_yield else None


def measure_growth(pieces: Sequence[WrittenPiece]) -> Saturation:
    """What the repeats say of rows that are not written yet.

    Counted are rows whose label fits, as far as a filter says, and what repeats them; a row and all that is like it are one group,
    and so are copies of one example.
    """
    groups: dict[tuple[str, int], int] = {}
    of_piece: dict[int, int] = {}
    for place, one in enumerate(pieces):
        like: tuple[str, int] = ("row", place)
        if one.set_aside is not None and one.step in ("repeats", "near_duplicates"):
            of, elsewhere = one.set_aside.of, one.set_aside.reason in ELSEWHERE
            if not elsewhere and of not in of_piece:  # what it repeats was filtered
                continue
            like = (PLACES[one.set_aside.reason], of) if elsewhere else ("group", of_piece[of])
        elif one.step not in ("kept", "not_best"):
            continue
        of_piece[place] = like[1] if like[0] == "group" else groups.setdefault(like, len(groups))
    return measure_saturation(np.array(list(of_piece.values()), dtype=np.int64))
