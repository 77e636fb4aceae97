"""The fields of a plan's file: each value of the type that is asked for, or one sentence with the file, the line and the field."""

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

from evalmap.data.errors import DatasetError
from evalmap.writing.plan_files import Place

MOST_SHOWN = 60  # characters of a wrong value


@cache
def field_names(kind: type) -> frozenset[str]:
    """The names of a dataclass's fields."""
    return frozenset(one.name for one in fields(kind))


@dataclass(frozen=True)
class Values:
    """The values of a table of a file, each of the type that is asked for, or one sentence.

    Attributes
    ----------
    told : {field: value}
    path : the file
    where : said behind a field's name: " in [sampling]"
    place, lines : where the table stands in the file, and the lines of its fields, as in `evalmap.writing.plan_files.FileValues`
    """

    told: Mapping[str, Any]
    path: Path
    where: str = ""
    place: Place = ()
    lines: Mapping[Place, int] = field(default_factory=dict)

    def error(self, sentence: str, name: str | None = None) -> DatasetError:
        """A sentence about a field, or about the table, with the file and the line where it is known."""
        place = self.place if name is None else (*self.place, name)
        line = f" line {self.lines[place]}" if place in self.lines else ""
        return DatasetError(f"{self.path}{line}: {sentence}")

    def wrong(self, name: str, expected: str) -> DatasetError:
        """The sentence for a field that is there and is not what was expected."""
        return self.error(f"{name}{self.where} is {_shown(self.told[name])}; expected {expected}.", name)

    def check_names(self, known: frozenset[str] | set[str]) -> None:
        """Refuse a field that is not known, naming the nearest that is.

        Raises
        ------
        DatasetError : a name is not among `known`
        """
        for name in self.told:
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                meant = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(sorted(known))}."
                raise self.error(f"unknown field {_shown_name(name)}{self.where}. {meant}", name)

    def text(self, name: str) -> str | None:
        """A text; None where the field is not there."""
        value = self.told.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise self.wrong(name, "text in quotation marks")
        if not _is_unicode(value):
            raise self.wrong(name, "text without halves of characters")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts with something in them; () where the field is not there."""
        value = self.told.get(name, [])
        if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() and _is_unicode(one) for one in value):
            raise self.wrong(name, 'a list of texts, such as ["one", "two"]')
        return tuple(value)

    def one_of(self, name: str, known: Sequence[str], default: str) -> str:
        value = self.told.get(name, default)
        if not isinstance(value, str) or value not in known:
            raise self.wrong(name, " or ".join(known))
        return value

    def whole(self, name: str, default: int, *, low: int, high: int) -> int:
        value = self.told.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.wrong(name, f"a whole number from {low:,} to {high:,}")
        return value

    def number(self, name: str, default: float, *, low: float, high: float) -> float:
        value = self.told.get(name, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            raise self.wrong(name, f"a number from {low:g} to {high:g}")
        return float(value)

    def table(self, name: str, where: str | None = None) -> "Values":
        """A table; an empty one where the field is not there. `where` is said behind its fields' names."""
        value = self.told.get(name, {})
        if not isinstance(value, dict):
            raise self.wrong(name, f"a table [{name}]")
        return Values(value, self.path, f" in [{name}]" if where is None else where, (*self.place, name), self.lines)

    def tables(self, name: str, each: str, fields: str) -> list["Values"]:
        """A list of tables; [] where the field is not there. `each` is what one is called, `fields` what it has, in words."""
        value, expected = self.told.get(name, []), f"Write each under [[{name}]], with {fields}."
        if not isinstance(value, list):
            raise self.error(f"{name} is no list of tables. {expected}", name)
        found = []
        for number, one in enumerate(value):
            inner = Values({}, self.path, f" in {each} {number + 1}", (*self.place, name, number), self.lines)
            if not isinstance(one, dict):
                raise inner.error(f"{each} {number + 1} is no table. {expected}")
            found.append(Values(one, inner.path, inner.where, inner.place, inner.lines))
        return found


def _shown(value: object) -> str:
    try:
        shown = json.dumps(value, ensure_ascii=False, default=str)
    except ValueError:  # a whole number of more digits than Python writes
        return "a number of thousands of digits"
    shown = shown if _is_unicode(shown) else ascii(shown)
    return shown if len(shown) <= MOST_SHOWN else f"{shown[:MOST_SHOWN]}…"


def _shown_name(name: str) -> str:
    """A field's name, in one short line whatever it holds."""
    return name if name.isprintable() and 0 < len(name) <= MOST_SHOWN else _shown(name)


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
