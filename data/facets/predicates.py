"""What a reader asks of a column, and how a link holds it."""

import json
import math
import re
from dataclasses import dataclass
from typing import Literal, get_args

from evalmap.data.errors import DatasetError

Op = Literal["is", "is_not", "between", "contains", "matches", "missing", "not_missing"]
OPS: tuple[Op, ...] = get_args(Op)
_VALUES = {"between": "two values, the low and the high end", "contains": "one text", "matches": "one regular expression"}


@dataclass(frozen=True)
class Predicate:
    """What is asked of one column.

    Attributes
    ----------
    column : the key of a facet
    op : "is": the row has one of the values; "is_not": none of them (so a row without a value passes); "between": (low, high), both
        ends belong; "contains": literal text, any case; "matches": a regular expression, found anywhere; "missing", "not_missing"
    values : as many as `op` takes

    Raises
    ------
    DatasetError : the op is unknown, or its values are too few, too many, or no range
    """

    column: str
    op: Op
    values: tuple[str | float, ...] = ()

    def __post_init__(self) -> None:
        values = self.values
        if self.op not in OPS:
            raise DatasetError(f"{self.column} {self.op}: there is no such question; there are {', '.join(OPS)}.")
        if any(isinstance(value, float) and math.isnan(value) for value in values):
            raise DatasetError(f"{self.column} {self.op}: a value is no number; ask for missing values with {self.column} missing.")
        if self.op in ("missing", "not_missing"):
            if values:
                raise DatasetError(f"{self.column} {self.op}: takes no value (found {len(values)}).")
        elif self.op in ("is", "is_not"):
            if not values:
                raise DatasetError(f"{self.column} {self.op}: needs at least one value.")
        elif len(values) != (2 if self.op == "between" else 1):
            raise DatasetError(f"{self.column} {self.op}: needs {_VALUES[self.op]} (found {len(values)}).")
        elif self.op in ("contains", "matches") and not isinstance(values[0], str):
            raise DatasetError(f"{self.column} {self.op}: needs a text; write {json.dumps(plain(values[0]))} in quotes.")
        elif self.op == "between":
            low, high = values
            if not isinstance(low, str) and not isinstance(high, str) and low > high:
                raise DatasetError(f"{self.column} between {plain(low)} {plain(high)}: the low end lies above the high one.")


Filter = tuple[Predicate, ...]  # AND between columns, OR between the predicates of one column


def to_query(filter: Filter) -> list[str]:
    """One short text a predicate, as a link holds it: `label is Yes No`, `confidence between 0.5 0.9`, `text contains "a b"`.

    A text stands in JSON's quotes where it holds a blank, a quote or what cannot be seen, is empty, or would read as a number;
    `from_query` reads every filter back as it was.
    """
    return [" ".join((_word(one.column), one.op, *map(_word, one.values))) for one in filter]


def from_query(query: list[str]) -> Filter:
    """The filter of a link's texts; a text twice is one predicate.

    Raises
    ------
    DatasetError : a text is no predicate
    """
    return tuple(dict.fromkeys(map(_predicate, query)))


def describe(predicate: Predicate, title: str) -> str:
    """What a chip says of a predicate on the column of this title: "Label is Yes or No", "Confidence 0.5 to 0.9"."""
    words = [plain(value) for value in predicate.values]
    match predicate.op:
        case "is":
            return f"{title} is {' or '.join(words)}"
        case "is_not":
            return f"{title} is not {' or '.join(words)}"
        case "between":
            low, high = predicate.values
            if low == -math.inf:
                return f"{title} up to {words[1]}"
            return f"{title} from {words[0]} on" if high == math.inf else f"{title} {words[0]} to {words[1]}"
        case "contains":
            return f"{title} contains “{words[0]}”"
        case "matches":
            return f"{title} matches /{words[0]}/"
        case "missing":
            return f"{title} is missing"
        case "not_missing":
            return f"{title} is not missing"


def plain(value: str | float) -> str:
    """A value as a reader writes it: 5.0 is "5", 0.1 is "0.1"."""
    if isinstance(value, str):
        return value
    number = float(value)
    return str(int(number)) if number.is_integer() and abs(number) < 1e16 else repr(number)


_NUMBER = re.compile(r"-?(\d+(\.\d+)?([eE][+-]?\d+)?|inf)", re.ASCII)
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"(?= |$)|[^ "]\S*(?= |$)', re.DOTALL)


def _word(value: str | float) -> str:
    if not isinstance(value, str):
        return plain(value)
    if value and value.isprintable() and not _NUMBER.fullmatch(value) and not any(c.isspace() or c == '"' for c in value):
        return value
    return json.dumps(value, ensure_ascii=not value.replace(" ", "").isprintable())


def _value(word: str) -> str | float:
    if word.startswith('"'):
        return json.loads(word)
    return float(word) if _NUMBER.fullmatch(word) else word


def _predicate(text: str) -> Predicate:
    words: list[str | float] = []
    at = 0
    while at < len(text):
        if text[at] == " ":
            at += 1
            continue
        found = _TOKEN.match(text, at)
        try:
            if not found:
                raise ValueError
            words.append(_value(found[0]))
        except ValueError:
            raise DatasetError(f'where={text}: the quotes do not match; write a text with blanks as "a b".') from None
        at = found.end()
    if len(words) < 2 or words[1] not in OPS:
        raise DatasetError(f"where={text}: expected a column, one of {', '.join(OPS)}, and its values, as in label is Yes.")
    column = words[0] if isinstance(words[0], str) else plain(words[0])
    op: Op = words[1]  # type: ignore[assignment]
    values = words[2:]
    if op in ("contains", "matches"):  # 42 is a text there
        values = [plain(value) for value in values]
    return Predicate(column, op, tuple(values))
