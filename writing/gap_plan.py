"""A plan that fills a gap: examples from there, its topic, and the dataset whose rows must not be repeated."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError
from evalmap.data.text.normalization import normalize
from evalmap.embeddings.array_types import Vectors
from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.naming import SEPARATOR
from evalmap.writing.extended_rows import Extends, digest_of
from evalmap.writing.gap_places import GapPlace
from evalmap.writing.plan_text import new_plan, plan_toml
from evalmap.writing.plans import LABELS, NO_LABEL, Kind, ModelChoice, PlanExample, WritePlan, parse_plan
from evalmap.writing.result_files import behaviour_of, plan_of

EXAMPLES = 6  # of a label; a prompt shows some of them, drawn anew each time
MOSTLY = 0.7  # of a dataset's questions whose answer is (A) or (B), from where on it gets questions with two answers
MOST_LABELS = 12  # of a dataset that a plan writes rows for
USUAL_COUNT = 50  # of a label, where neither the gap nor a person says how many


def gap_plan(
    place: GapPlace,
    dataset: BuiltMap,
    *,
    behaviour: str,
    reference: BuiltMap | None = None,
    label: str | None = None,
    count: int | None = None,
    model: ModelChoice | None = None,
) -> WritePlan:
    """Plan rows like those of a place.

    Parameters
    ----------
    dataset : that grows; its rows are not to be repeated
    reference : whose rows the place's are, where they are not the dataset's
    label : to write rows of this one alone; None: of those that the gap lacks, else of all
    count : rows for each label; None: as many as would even the gap out, else 50

    Raises
    ------
    DatasetError : the labels are not those of a plan's kind, or the plan would not hold
    """
    kind, own = kind_of(dataset)
    known = own or (NO_LABEL,)
    if label is not None and label not in own:
        has = " and ".join(own) if own else "no labels"
        raise DatasetError(f"label {label}: {dataset.manifest.name} has {has}. Name one of these, or none.", "label")
    wanted = {one: n for one, n in place.to_write.items() if one in known and n > 0}
    labels = (label,) if label else tuple(one for one in known if one in wanted) or known
    counts = {one: count or wanted.get(one) or USUAL_COUNT for one in labels}
    examples = [example for one in labels for example in _examples(place, reference or dataset, one)]
    plan = replace(
        new_plan(behaviour, kind, labels=own, model=model),
        labels=labels,
        count=counts,
        topics=(topic_of(place.name),) if place.name.strip() else (),
        examples=tuple(examples),
        extends=Extends(dataset.manifest.location, digest_of(dataset.examples), dataset.manifest.slug),
    )
    return parse_plan(plan_toml(plan).encode(), Path("the plan"))


def kind_of(built: BuiltMap) -> tuple[Kind, tuple[str, ...]]:
    """(the kind of plan that writes rows with the dataset's labels, those labels); ("free", ()) where it has none.

    Raises
    ------
    DatasetError : its labels are of several sets, or more than a plan writes
    """
    own = set(built.manifest.labels)
    if not own:
        return "free", ()
    pairs: dict[Kind, tuple[str, ...]] = {"yes_no": LABELS["yes_no"], "a_b": LABELS["a_b"]}
    for kind, labels in pairs.items():
        if own <= set(labels):
            return kind, labels
    rows = built.manifest.labels
    with_two = sum(rows.get(label, 0) for label in LABELS["a_b"])
    if all(re.fullmatch(r"\([A-Z]\)", label) for label in own) and with_two >= MOSTLY * sum(rows.values()):
        return "a_b", LABELS["a_b"]
    listed = ", ".join(list(built.manifest.labels)[:5]) + (" …" if len(own) > 5 else "")
    if any(own & set(labels) for labels in pairs.values()) or len(own) > MOST_LABELS:
        raise DatasetError(
            f"{built.manifest.name}: its labels are {listed}; a plan writes Yes and No, or (A) and (B), or up to {MOST_LABELS} "
            "labels of another kind. Take a dataset or a file with one such set."
        )
    return "free", tuple(built.manifest.labels)


def behaviour_beside(built: BuiltMap) -> tuple[str, str]:
    """(the behaviour that a dataset tests, how it is known): from the plan that lies beside it, else from its name."""
    location = Path(built.manifest.location).expanduser()
    folder = location if location.is_dir() else location.parent
    for plan in filter(None, map(plan_of, (folder, folder.parent))):
        if found := behaviour_of(plan):
            return found, f"from {plan}"
    words = re.sub(r"[^\w]+|_", " ", built.manifest.name).strip().lower()
    return words or "shows the behaviour that the dataset tests", "from the dataset's name; say it better with --behaviour"


def labels_of_another(dataset: BuiltMap, reference: BuiltMap | None) -> str:
    """A sentence where examples come from another dataset, whose labels may be of another behaviour; "" where they do not."""
    if reference is None:
        return ""
    return (
        f"The examples have the labels that they have in {reference.manifest.name}. Where that tests another behaviour than "
        f"{dataset.manifest.name}, correct them in the plan."
    )


def topic_of(name: str) -> str:
    """A cluster's name as the topic of a prompt: "tea, garden, late"."""
    return ", ".join(name.split(SEPARATOR))


def typical_rows(texts: Sequence[str], embeddings: Vectors, *, n: int) -> NDArray[np.int64]:
    """Rows that stand for all of them and are unlike each other: of the more central half, time and again the farthest one.

    Parameters
    ----------
    texts, embeddings : m of each, unit norm; equal texts (case and punctuation aside) are taken once

    Returns
    -------
    up to n positions, the most central first
    """
    first: dict[str, int] = {}
    for row, text in enumerate(texts):
        first.setdefault(normalize(text, "alphanumeric"), row)
    rows = np.array(list(first.values()), dtype=np.int64)
    if not len(rows):
        return rows
    vectors = np.asarray(embeddings[rows], dtype=np.float32)
    central = vectors @ vectors.mean(axis=0)
    order = np.argsort(-central, kind="stable")[: max(n, math.ceil(len(rows) / 2))]
    taken = [int(order[0])]
    while len(taken) < min(n, len(order)):
        nearest = (vectors[order] @ vectors[taken].T).max(axis=1)
        nearest[np.isin(order, taken)] = np.inf
        taken.append(int(order[int(nearest.argmin())]))
    return rows[taken]


def _examples(place: GapPlace, built: BuiltMap, label: str) -> list[PlanExample]:
    rows = np.array(place.rows, dtype=np.int64)
    if label != NO_LABEL:
        rows = rows[(built.examples["label"].iloc[rows] == label).to_numpy()]
    texts = [built.text(row) for row in rows.tolist()]
    chosen = typical_rows(texts, np.asarray(built.vectors[rows]), n=EXAMPLES)
    return [PlanExample(texts[at].strip(), label) for at in chosen.tolist() if texts[at].strip()]


def missing_labels(plan: WritePlan) -> Mapping[str, int]:
    """{label that the plan writes and has no example of: rows}."""
    return {label: plan.count[label] for label in plan.labels if not any(one.label == label for one in plan.examples)}
