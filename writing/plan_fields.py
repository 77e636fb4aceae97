"""The fields of a plan's file: each value of the type that is asked for, or one sentence with the file and the field."""

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from evalmap.data.errors import DatasetError


@cache
def field_names(kind: type) -> frozenset[str]:
    """The names of a dataclass's fields."""
    return frozenset(one.name for one in fields(kind))


def check_names(table: Mapping[str, Any], known: frozenset[str] | set[str], path: Path, where: str) -> None:
    """Refuse a table with a field that is not known, naming the nearest that is; `where` is said behind the field's name.

    Raises
    ------
    DatasetError : a name is not among `known`
    """
    for name in table:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            meant = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(sorted(known))}."
            raise DatasetError(f"{path}: unknown field {name}{where}. {meant}")


@dataclass(frozen=True)
class Values:
    """The values of a table of `path`, each of the type that is asked for, or one sentence.

    told : {field: value}; `where` is said behind a field's name: " in [sampling]"
    """

    told: Mapping[str, Any]
    path: Path
    where: str

    def wrong(self, name: str, expected: str) -> DatasetError:
        """The sentence for a field that is there and is not what was expected."""
        shown = json.dumps(self.told[name], ensure_ascii=False, default=str)[:60]
        return DatasetError(f"{self.path}: {name}{self.where} is {shown}; expected {expected}.")

    def text(self, name: str) -> str | None:
        value = self.told.get(name)
        if value is not None and not isinstance(value, str):
            raise self.wrong(name, "text in quotation marks")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        value = self.told.get(name, [])
        if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value):
            raise self.wrong(name, 'a list of texts, such as ["one", "two"]')
        return tuple(value)

    def one_of(self, name: str, known: Sequence[str], default: str) -> str:
        value = self.told.get(name, default)
        if value not in known:
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

    def table(self, name: str) -> Mapping[str, Any]:
        value = self.told.get(name, {})
        if not isinstance(value, dict):
            raise self.wrong(name, f"a table [{name}]")
        return value
