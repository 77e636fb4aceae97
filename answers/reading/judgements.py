"""What a judge's answers say of each row: scores from 1 to 5, and whether the label fits."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalmap.answers.answer_types import RawAnswer
from evalmap.answers.asking.judge import SCORES, JudgedRow, JudgePrompt
from evalmap.answers.reading.log_probabilities import total_mass
from evalmap.answers.reading.option_names import option_names
from evalmap.answers.reading.option_tokens import walk_tokens
from evalmap.answers.reading.parsing import parse_answer
from evalmap.answers.reading.scoring import score

_LEAST_MASS = 0.01  # of the first token on all five numbers; where they have less, the model was writing something else
_OUT_OF = re.compile(r"\s*(?:\*\*|\()?([1-5])(?:\*\*|\))?\s*(?:/|out of|of)\s*5\b", re.IGNORECASE)


@dataclass(frozen=True)
class Unread:
    """An answer that could not be read: of which row (its place), to what, why, and what was written."""

    place: int
    prompt: str
    criterion: str
    status: str
    text: str


@dataclass(frozen=True)
class Judgements:
    """What a judge said; column i of every array is row `places[i]` of the examples.

    Attributes
    ----------
    prompts : names of the phrasings, which are the rows of the arrays
    places : (n,) int64
    relevance, clarity : (n_prompts, n) float64, 1 to 5, 5 is best; nan where there is no answer, or none that can be read
    fits : (n_prompts, n) float64, 1 where the label fits, 0 where it does not; nan as above, and for a tie
    p_fits : (n_prompts, n) float64, 0 to 1, the probability that it fits; nan without log-probabilities
    has_label : (n,) bool
    unread : answers that could not be read, errors of the server among them, row by row
    """

    prompts: tuple[str, ...]
    places: NDArray[np.int64]
    relevance: NDArray[np.float64]
    clarity: NDArray[np.float64]
    fits: NDArray[np.float64]
    p_fits: NDArray[np.float64]
    has_label: NDArray[np.bool_]
    unread: tuple[Unread, ...]

    def __len__(self) -> int:
        return len(self.places)

    def unread_counts(self, prompt: str) -> dict[str, int]:
        """{status: answers that could not be read} of a phrasing, the most frequent first."""
        return dict(Counter(one.status for one in self.unread if one.prompt == prompt).most_common())


def read_judgements(rows: Sequence[JudgedRow], prompts: Sequence[JudgePrompt], answers: Mapping[str, RawAnswer]) -> Judgements:
    """Read the answers of a journal; rows of which nothing was asked are left out.

    A score is the mean of 1 to 5 weighted by their probabilities where there are log-probabilities, else the number written.

    Source: Liu et al. 2023, G-Eval, arXiv:2303.16634 (the weighted score).
    """
    judged = [row for row in rows if any(key in answers for key in row.keys.values())]
    names = tuple(dict.fromkeys(prompt.name for prompt in prompts))
    empty = np.full((len(names), len(judged)), math.nan)
    found = {"relevance": empty.copy(), "clarity": empty.copy(), "fits": empty.copy(), "p_fits": empty.copy()}
    unread = []
    for column, row in enumerate(judged):
        for prompt in prompts:
            raw = answers.get(row.keys.get((prompt.name, prompt.criterion), ""))
            if raw is None:
                continue
            at = (names.index(prompt.name), column)
            if prompt.criterion == "label":
                status, found["fits"][at], found["p_fits"][at] = read_fit(raw, prompt)
            else:
                status, found[prompt.criterion][at] = read_score(raw)
            if status != "ok":
                unread.append(Unread(row.place, prompt.name, prompt.criterion, status, raw.error or raw.text or ""))
    return Judgements(
        prompts=names,
        places=np.array([row.place for row in judged], dtype=np.int64),
        has_label=np.array([any(criterion == "label" for _, criterion in row.keys) for row in judged], dtype=np.bool_),
        unread=tuple(unread),
        **found,
    )


def read_score(raw: RawAnswer) -> tuple[str, float]:
    """(status, score from 1 to 5); nan where the status is not "ok"."""
    if raw.error is not None:
        return "error", math.nan
    if raw.top_logprobs and any(raw.top_logprobs):
        seen, _ = walk_tokens(raw.top_logprobs, option_names(SCORES, None))
        if seen and total_mass(seen.values()) >= _LEAST_MASS:
            weights = {int(number): math.exp(logprob) for number, logprob in seen.items()}
            return "ok", sum(number * weight for number, weight in weights.items()) / sum(weights.values())
    if raw.text is None:
        return "no_logprobs", math.nan
    if out_of := _OUT_OF.match(raw.text):
        return "ok", float(out_of[1])
    parsed = parse_answer(raw.text, SCORES)
    return parsed.status, float(parsed.answer) if parsed.status == "ok" and parsed.answer else math.nan


def read_fit(raw: RawAnswer, prompt: JudgePrompt) -> tuple[str, float, float]:
    """(status, 1 where the label fits and 0 where not, the probability that it fits); nan where that is not said."""
    scored = score(raw, prompt.options)
    fits = float(scored.matches) if scored.status == "ok" and scored.matches is not None else math.nan
    return scored.status, fits, scored.p_matching if scored.status in ("ok", "tie") else math.nan
