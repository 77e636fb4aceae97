"""What a run would ask: a built dataset's questions under one prompt, in which order, and which of them wait for an answer.

A text is asked once, however many rows bear it: at temperature 0 another answer would be the same. Questions are asked in an
order that spreads over the file, so a run that is limited or stopped has answers all over the map; a larger limit asks what a
smaller one asked, and more.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalmap.answers.answer_types import RawAnswer
from evalmap.answers.asking.journal import JournalContent
from evalmap.answers.asking.prompts import fill, offered
from evalmap.answers.asking.protocol import Prompt, Request
from evalmap.answers.reading.options import example_options
from evalmap.data.errors import DatasetError
from evalmap.data.store.manifest import Manifest
from evalmap.data.text.pronouns import blank_of, pronoun_options


@dataclass(frozen=True)
class Plan:
    """What would be asked of whom.

    Attributes
    ----------
    run_id : 20 hex digits of the dataset, the model, where it runs, and the prompt: the same command has the same
    name : of the dataset
    prompt : as it is put
    requests : one a text, in the order of asking; `key` is a hash of the text and the options
    rows : {key: the rows with that text}, each (dataset, line counted from 0, question, its place among the examples)
    without_options : rows that are not asked since no answer options are known
    without_blank : rows that are not asked since the prompt fills a blank, and they have none or several
    header : what the journal begins with; holds no key
    text : whether the words are read instead of log-probabilities
    """

    run_id: str
    name: str
    prompt: Prompt
    requests: tuple[Request, ...]
    rows: Mapping[str, tuple[tuple[str, int, str, int], ...]]
    without_options: int
    header: Mapping[str, Any]
    text: bool = False
    without_blank: int = 0


def plan(
    manifest: Manifest,
    examples: pd.DataFrame,
    source_fields: pd.DataFrame,
    prompt: Prompt,
    *,
    model: str,
    server: str,
    text: bool = False,
    extra: Mapping[str, Any] | None = None,
) -> Plan:
    """Fill the prompt in for every example that has answer options.

    Parameters
    ----------
    manifest, examples, source_fields : of a built dataset
    model, server : whom, and where: an address without credentials, or a file on this machine
    extra : what else is in every request; part of the run's identity

    Raises
    ------
    DatasetError : a row lacks a field that the prompt names, or no row has options, or a blank for them
    """
    if text and prompt.kind == "blank":
        raise DatasetError("A blank is filled with each option and nothing is written, so no words can be read.", "text")
    requests: dict[str, Request] = {}
    rows: dict[str, list[tuple[str, int, str, int]]] = {}
    without = without_blank = 0
    options = example_options(examples, source_fields)
    lines = examples["line"].to_numpy()
    datasets = [str(name) for name in examples["dataset"]]
    for place, (row, question) in enumerate(questions(manifest, examples, source_fields)):
        if len(options[place].all) < 2:
            without += 1
            continue
        filled = fill(prompt, {**row, "question": question}, options[place])
        if prompt.kind == "blank" and blank_of(filled) is None:
            without_blank += 1
            continue
        key = hashlib.sha256(json.dumps([filled, offered(options[place])]).encode()).hexdigest()[:24]
        requests.setdefault(key, Request(key, filled, options[place]))
        rows.setdefault(key, []).append((datasets[place], int(lines[place]) - 1, question, place))
    if not requests and without_blank:
        raise DatasetError(
            f"{manifest.name}: no row has exactly one blank (_), and the prompt {prompt.id} fills one. Choose another prompt.",
            "prompt",
        )
    if not requests:
        raise DatasetError(
            f"{manifest.name}: no row has answer options, so there is nothing to choose from. "
            "Build it with a label or with choices."
        )
    listed = list(requests.values())
    target = {"model": model, "server": server, "text": text, "extra": dict(extra or {}), "temperature": 0}
    put = {"template": prompt.template, "kind": prompt.kind, "system": prompt.system, "lead": prompt.lead}
    identity = [manifest.source, target, put]
    run_id = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:20]
    return Plan(
        run_id=run_id,
        name=str(manifest.name),
        prompt=prompt,
        requests=tuple(listed[i] for i in spread(len(listed))),
        rows={key: tuple(found) for key, found in rows.items()},
        without_options=without,
        header={
            "run": run_id,
            "dataset": {"slug": manifest.slug, "name": manifest.name, "source": manifest.source},
            **target,
            "prompt": {"id": prompt.id, **put},
        },
        text=text,
        without_blank=without_blank,
    )


def fills_blanks(examples: pd.DataFrame, source_fields: pd.DataFrame) -> bool:
    """Whether most rows are a sentence with one blank and pronouns to fill it with: how they are asked unless told otherwise."""
    options = example_options(examples, source_fields)
    fitting = sum(
        blank_of(str(text)) is not None and pronoun_options(one.all) is not None
        for text, one in zip(examples["text"], options, strict=True)
    )
    return 2 * fitting > len(examples)


def spread(n: int, *, seed: int = 42) -> NDArray[np.int64]:
    """The numbers 0 … n−1 in an order whose every beginning spreads over them evenly, at random within each stretch.

    A van der Corput sequence in base 2 with nested random flips. A plain one would take all even numbers before any odd one, and
    where a file's labels alternate, half a run would then see one label only.

    Returns
    -------
    order : (n,) int64, a permutation

    Source: Owen 1995, randomly permuted (t, m, s)-nets and (t, s)-sequences.
    """
    bits = max(1, (n - 1).bit_length())
    random = np.random.default_rng(seed)
    numbers = np.arange(n, dtype=np.int64)
    keys = np.zeros(n, dtype=np.int64)
    for depth in range(bits):  # from the halves of the file to its smallest stretches
        flips = random.integers(0, 2, size=2**depth)
        half = (numbers >> (bits - 1 - depth)) & 1
        keys += (half ^ flips[numbers >> (bits - depth)]) << depth
    return np.argsort(keys, kind="stable")


def known_answers(plan: Plan, written: JournalContent) -> dict[str, RawAnswer]:
    """The journal's answers to the questions as they are now: a text that has changed since is another question."""
    return {key: answer for key, answer in written.answers.items() if key in plan.rows}


def questions(manifest: Manifest, examples: pd.DataFrame, source_fields: pd.DataFrame) -> Iterator[tuple[dict[str, Any], str]]:
    """Of each example the fields that it has, and its question: the field of that name, else its text."""
    names = [str(name) for name in source_fields.columns]
    missing = source_fields.isna().to_numpy()
    texts = examples["text"].to_numpy(dtype=object)
    columns = [source_fields[name].to_numpy(dtype=object) for name in source_fields.columns]
    for place, values in enumerate(zip(*columns, strict=True)):
        row = {name: value for name, value, gone in zip(names, values, missing[place], strict=True) if not gone}
        question = row.get("question")
        yield row, question if isinstance(question, str) and question.strip() else str(texts[place])
