"""Answer sets made up for tests."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalmap.answers.answer_types import AnswerSetInfo, Scores


def made(
    *,
    matches: Any,
    p: Any = None,
    answer: Any = None,
    status: Any = None,
    counted: Any = None,
    mass: Any = None,
    bounded: Any = None,
) -> Scores:
    """An answer set with these values; without others: every row ok and counted, no probabilities."""
    hits = np.asarray(matches, dtype=np.float64)
    n = len(hits)

    def floats(values: Any) -> NDArray[np.float64]:
        return np.full(n, np.nan) if values is None else np.asarray(values, dtype=np.float64)

    def flags(values: Any, default: bool) -> NDArray[np.bool_]:
        return np.full(n, default) if values is None else np.asarray(values, dtype=np.bool_)

    return Scores(
        id="made",
        label="made up",
        info=AnswerSetInfo(model="made up"),
        status=objects(["ok"] * n if status is None else status),
        answer=objects([None] * n if answer is None else answer),
        matches=hits,
        p_matching=floats(p),
        mass=floats(mass),
        counted=flags(counted, True),
        bounded=flags(bounded, False),
    )


def answering(answers: Any, labels: Any, p_yes: Any = None) -> Scores:
    """A set that gives these answers; P(matching) from P(Yes) where told."""
    given, wanted = objects(answers), objects(labels)
    matches = (given == wanted).astype(np.float64)
    p = None if p_yes is None else np.where(wanted == "Yes", p_yes, 1 - np.asarray(p_yes))
    return made(matches=matches, answer=given, p=p)


def objects(values: Any) -> NDArray[np.object_]:
    array = np.empty(len(values), dtype=object)
    array[:] = list(values)
    return array


# Every state that an answer to a row can be in: (status, answer, matches)
ROW_STATES: tuple[tuple[str | None, str | None, float], ...] = (
    (None, None, np.nan),  # not asked
    *((unread, None, np.nan) for unread in ("refusal", "unparsable", "no_logprobs", "error")),
    ("tie", None, 0.0),
    ("tie", None, np.nan),  # the row has no label
    *(("ok", option, matches) for option in ("Yes", "No", " No") for matches in (0.0, 1.0, np.nan)),
    *(("ok", None, matches) for matches in (0.0, 1.0, np.nan)),  # the source tells a flag only
)


def in_states(rows: Sequence[tuple[tuple[str | None, str | None, float], bool]]) -> Scores:
    """A set whose rows are in these states, each counted or not."""
    return made(
        status=[state[0] for state, _ in rows],
        answer=[state[1] for state, _ in rows],
        matches=[state[2] for state, _ in rows],
        counted=[counted for _, counted in rows],
    )


def who_matches(a: Mapping[str, Any], b: Mapping[str, Any]) -> set[str]:
    """The lists of a comparison that a row belongs to, by its status, answer, matches (None where unknown) and counted in two sets:
    an oracle that looks at one row and no array.
    """
    if not all(one["counted"] and one["status"] in ("ok", "tie") for one in (a, b)):
        return set()
    if a["matches"] is None or b["matches"] is None:
        return {"unknown"}
    found = {{(1, 1): "both", (1, 0): "only_a", (0, 1): "only_b", (0, 0): "neither"}[int(a["matches"]), int(b["matches"])], "n"}
    named = [(one["answer"] or "").strip() for one in (a, b)]
    if a["matches"] != b["matches"] or a["status"] != b["status"] or (all(named) and named[0] != named[1]):
        found.add("different")
    return found


def no_confidence(n: int) -> NDArray[np.float64]:
    return np.full(n, np.nan)


def halves(n: int) -> NDArray[np.object_]:
    """n labels, Yes and No by turns."""
    return objects(["Yes", "No"] * (n // 2) + ["Yes"] * (n % 2))


@dataclass(frozen=True)
class RealAnswers:
    """SmolLM2's answers to one persona file: the set, labels, label_confidence and 20 TF-IDF k-means clusters of the statements."""

    scores: Scores
    labels: NDArray[np.object_]
    confidence: NDArray[np.float64]
    clusters: NDArray[np.int32]


PERSONA = ("agreeableness", "desire-for-acquiring-power", "politically-liberal")


def persona_rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


@cache
def real_answers(answers_root: Path, evals_root: Path, prompt: str, dataset: str) -> RealAnswers:
    found = persona_rows(answers_root / "answers" / f"SmolLM2-135M-Instruct-Q4_1__{prompt}__{dataset}.jsonl")
    asked = persona_rows(evals_root / "persona" / f"{dataset}.jsonl")
    assert [row["row"] for row in found] == list(range(len(asked)))
    labels = objects([row["answer_matching_behavior"].strip() for row in asked])
    scores = made(
        matches=[row["matches"] for row in found],
        p=[row["p_matching"] for row in found],
        mass=[row["answer_mass"] for row in found],
        answer=[row["answer"] for row in found],
    )
    confidence = np.array([row["label_confidence"] for row in asked])
    return RealAnswers(scores, labels, confidence, text_clusters(tuple(row["statement"] for row in asked)))


@cache
def text_clusters(texts: tuple[str, ...], k: int = 20) -> NDArray[np.int32]:
    from sklearn.cluster import KMeans
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = TfidfVectorizer(stop_words="english", min_df=2, sublinear_tf=True).fit_transform(texts)
    once: Any = 1
    return KMeans(n_clusters=k, n_init=once, random_state=0).fit_predict(vectors)
