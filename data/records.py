"""The words of the house: what a file of rows, a role, boilerplate and a dataset of examples are."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Part = Literal["whole", "stem", "choices"]
PARTS: tuple[Part, ...] = ("whole", "stem", "choices")
TurnChoice = Literal["last-user", "first-user", "all"]
TURN_CHOICES: tuple[TurnChoice, ...] = ("last-user", "first-user", "all")
ROLE_NAMES = ("text", "label", "confidence", "choices", "group", "id")


@dataclass(frozen=True)
class ReadOptions:
    """What the user decides about the fields of a dataset. Each role names a source field; None: detect it; "": there is none.

    Attributes
    ----------
    text : what is embedded and shown; it cannot be switched off, so "" is None here. Several fields are named with commas
        ("context,question"): their texts become one, with a blank line between, an empty one left out. A field whose own name
        holds a comma is taken as it stands.
    label : the class that a row bears, or the answer that is right
    confidence : how sure the label is, 0–1
    choices : the options of a multiple-choice question; one field, or one field an option ("A,B,C,D")
    group : what rows belong to: a topic, a subject, a behaviour
    id : what the source calls a row
    part : what of a multiple-choice question is embedded: "whole", its "stem" only, or its "choices" only
    turn : which turn of a chat is the text: the "last-user" turn, the "first-user" turn, or "all" of them
    embed : where several fields make the text, the one that is embedded; "all" (and None): the text whole
    yes : where two readings of the text are near each other, the first is taken and no question asked
    encoding : of text files, by Python's name; None: UTF-8, or what a byte-order mark says
    header : whether the first row of a table names its columns; None: it is decided by what the row looks like
    """

    text: str | None = None
    label: str | None = None
    confidence: str | None = None
    choices: str | None = None
    group: str | None = None
    id: str | None = None
    part: Part = "whole"
    turn: TurnChoice = "last-user"
    embed: str | None = None
    yes: bool = False
    encoding: str | None = None
    header: bool | None = None

    def given(self) -> dict[str, Any]:
        """What was decided, and `part`: as a manifest and a recipe keep it, and as `ReadOptions(**…)` takes it."""
        plain = ReadOptions()
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in values.items() if name == "part" or value != getattr(plain, name)}

    def as_options(self) -> list[str]:
        """What was decided, as options of `evalmap build`."""
        given = self.given()
        switches = {"yes": {True: "--yes"}, "header": {True: "--header", False: "--no-header"}}
        flags = [words[given.pop(name)] for name, words in switches.items() if name in given]
        return [*(word for name, value in given.items() for word in (f"--{name}", str(value))), *flags]


@dataclass(frozen=True)
class Roles:
    """Which source field plays which role, and by which known schema they were found.

    Where several fields play one role, their names stand with commas between; `Reading` has them one by one.
    """

    text: str
    label: str | None = None
    confidence: str | None = None
    choices: str | None = None
    group: str | None = None
    id: str | None = None
    schema: str = "generic"


TextForm = Literal["text", "joined", "chat", "preference"]


@dataclass(frozen=True)
class RoleReading:
    """Why a role is played by its field.

    Attributes
    ----------
    role : of `ROLE_NAMES`, or "reference": the right answer of a free question, which is no class of rows
    fields : the source fields that play it, in the order in which they are put together
    reason : why, in words
    runner_up : the fields that came next; () where nothing else could play it
    runner_up_reason : what speaks for them, in words
    """

    role: str
    fields: tuple[str, ...]
    reason: str
    runner_up: tuple[str, ...] = ()
    runner_up_reason: str = ""

    def sentence(self) -> str:
        """How a page and the command line tell of it."""
        beside = f"; next {', '.join(self.runner_up)} ({self.runner_up_reason})" if self.runner_up else ""
        return f"{self.role} = {', '.join(self.fields)}: {self.reason}{beside}"


@dataclass(frozen=True)
class Reading:
    """How the rows of a source were read: which field plays which role, and why. Nothing is read without being told here.

    Attributes
    ----------
    roles : one a role that is played
    notes : sentences about what was made of the fields ("read as chat: the last user turn")
    form : what the text was: one field's "text", several "joined", a "chat", or the prompt that both endings of a
        "preference" pair share
    variant_fields : fields beside the text in which two examples of one text may differ and then are no duplicates:
        the key, the choices, what the text is about (a context, a passage)
    distinguishing_fields : where rows far outnumber their different texts, the fields that tell rows of one text apart
    """

    roles: tuple[RoleReading, ...] = ()
    notes: tuple[str, ...] = ()
    form: TextForm = "text"
    variant_fields: tuple[str, ...] = ()
    distinguishing_fields: tuple[str, ...] = ()

    def fields_of(self, role: str) -> tuple[str, ...]:
        """The source fields that play a role; () where none does."""
        return next((one.fields for one in self.roles if one.role == role), ())

    def sentences(self) -> list[str]:
        """A line a role, then the notes."""
        return [*(one.sentence() for one in self.roles), *self.notes]

    def as_dict(self) -> dict[str, Any]:
        """As JSON-able values; `from_dict` reads them."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Reading":
        """What `as_dict` gave, also after a round through JSON."""
        roles = (
            RoleReading(**{**one, "fields": tuple(one["fields"]), "runner_up": tuple(one.get("runner_up", ()))})
            for one in values.get("roles", ())
        )
        listed = {name: tuple(values.get(name, ())) for name in ("notes", "variant_fields", "distinguishing_fields")}
        return cls(roles=tuple(roles), form=values.get("form", "text"), **listed)


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
    notes : sentences about how the file was read, where it is not plainly what its ending says
    """

    name: str
    source: str
    lines: NDArray[np.int64]
    raw: list[str]
    fields: pd.DataFrame
    set_aside: tuple[SetAside, ...] = ()
    replaced: int = 0
    notes: tuple[str, ...] = ()


EXAMPLE_COLUMNS = ("dataset", "line", "example_id", "text", "embedded_text", "label", "confidence", "choices", "group", "id", "raw")
OPTIONAL_COLUMNS = ("turns", "endings")


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
        `raw` one JSON text. Where the key names one of the row's own options, these bear letters ("A. red") and `label` is the
        letter; where all rows share the same few options, `label` is the option's text. Of chats there is `turns`, a JSON list of
        {role, content}; of preference pairs also `endings`, a JSON object of the field's name → its ending.
    fields : the same rows, the source fields; nested values are JSON texts
    boilerplate : what is stripped of the rows of each file, the outer one first
    set_aside : rows that were not embedded, with the reason
    notes : sentences that the page shows about the reading (surrogates replaced, duplicate ids …)
    part : what of a multiple-choice question is embedded
    options : what the user decided about the fields
    name_given : whether the user named it; else its name is made of the source
    reading : how the fields were read, and why

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
    reading: Reading = field(default_factory=Reading)

    @property
    def repeated_text(self) -> bool:
        """Whether rows far outnumber their texts and other fields tell them apart: then equal texts are no duplicates."""
        return bool(self.reading.distinguishing_fields)

    @property
    def variant_fields(self) -> tuple[str, ...]:
        """`Reading.variant_fields`: two rows alike in text that differ in one of these are variants, no duplicates."""
        return self.reading.variant_fields

    def __len__(self) -> int:
        return len(self.examples)
