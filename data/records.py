"""The words of the house: what a file of rows, a role, boilerplate and a dataset of examples are."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Part = Literal["whole", "stem", "choices"]
PARTS: tuple[Part, ...] = ("whole", "stem", "choices")
ROLE_NAMES = ("text", "label", "confidence", "choices", "group", "id")


@dataclass(frozen=True)
class ReadOptions:
    """What the user decides about the fields of a dataset. Each role names a source field; None: detect it; "": there is none.

    Attributes
    ----------
    text : what is embedded and shown; it cannot be switched off, so "" is None here
    label : the class that a row bears, or the answer that is right
    confidence : how sure the label is, 0–1
    choices : the options of a multiple-choice question
    group : what rows belong to: a topic, a subject, a behaviour
    id : what the source calls a row
    part : what of a multiple-choice question is embedded: "whole", its "stem" only, or its "choices" only
    """

    text: str | None = None
    label: str | None = None
    confidence: str | None = None
    choices: str | None = None
    group: str | None = None
    id: str | None = None
    part: Part = "whole"


@dataclass(frozen=True)
class Roles:
    """Which source field plays which role, and by which known schema they were found."""

    text: str
    label: str | None = None
    confidence: str | None = None
    choices: str | None = None
    group: str | None = None
    id: str | None = None
    schema: str = "generic"


@dataclass(frozen=True)
class SetAside:
    """A row that is counted and shown, but is no example: `line` is from 1 in the file of `dataset`, `raw` as in `FileRows`."""

    dataset: str
    line: int
    reason: str
    raw: str = field(default="null", compare=False, repr=False)


@dataclass(frozen=True)
class Boilerplate:
    """Text that at least 95 % of a file's rows open and close with: stripped before embedding.

    `rows` of `of` rows bear it; the others are embedded whole.
    """

    dataset: str
    prefix: str
    suffix: str
    rows: int
    of: int


@dataclass(frozen=True)
class FileRows:
    """The rows of one file, as they stand.

    Attributes
    ----------
    name : the dataset's name: the file's name without its extensions (in a collection: its path below the folder)
    source : what the user calls the file: a path or an address, for error sentences
    lines : (n_rows,) int64, counted from 1: the line in a JSONL file, the record number in every other format
    raw : n_rows JSON texts, one a row; a JSONL line exactly as it stands (less its \\n; a \\r before that is kept), else the row
        serialised
    fields : n_rows rows, one column a source field, in the order of first appearance; nested values (lists, objects)
        stay Python objects; a missing field or null is None or NaN; lone surrogates are replaced by U+FFFD
    set_aside : rows that hold no object at all (a JSON `null`)
    replaced : how many rows held a lone surrogate
    """

    name: str
    source: str
    lines: NDArray[np.int64]
    raw: list[str]
    fields: pd.DataFrame
    set_aside: tuple[SetAside, ...] = ()
    replaced: int = 0


EXAMPLE_COLUMNS = ("dataset", "line", "example_id", "text", "embedded_text", "label", "confidence", "choices", "group", "id", "raw")


@dataclass(frozen=True)
class Dataset:
    """Examples with their roles: what a map is built from.

    Attributes
    ----------
    name, source : how it is called, and where it came from
    roles : which field is the text, the label …
    examples : one row an example, index 0 … n−1, columns `EXAMPLE_COLUMNS`. `line` is counted from 1; `example_id` is a hash
        of the source fields (equal rows share it); `text` is the text field as it stands, `embedded_text` what is embedded;
        `label` is stripped text or missing; `confidence` float64, NaN where missing; `choices` a JSON list of texts or missing;
        `raw` one JSON text.
    fields : the same rows, the source fields; nested values are JSON texts
    boilerplate : what is stripped of the rows of each file, the outer one first
    set_aside : rows that were not embedded, with the reason
    notes : sentences that the page shows about the reading (surrogates replaced, duplicate ids …)
    part : what of a multiple-choice question is embedded
    options : what the user decided about the fields
    name_given : whether the user named it; else its name is made of the source

    `len(dataset)` is the number of examples.
    """

    name: str
    source: str
    roles: Roles
    examples: pd.DataFrame
    fields: pd.DataFrame
    boilerplate: tuple[Boilerplate, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    notes: tuple[str, ...] = field(default_factory=tuple)
    part: Part = "whole"
    options: ReadOptions = field(default_factory=ReadOptions)
    name_given: bool = False

    def __len__(self) -> int:
        return len(self.examples)
