"""The list of occupations that a plan begins with: one column of titles, and whatever else of the rows is known already."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from evalmap.data.errors import DatasetError
from evalmap.data.readers.formats import FORMATS, expected, format_of

Column = Literal["title", "occupation", "other_person", "share"]
MOST_OCCUPATIONS = 10_000
ORIGINAL, WOMEN = "BLS_original_occupation", "BLS_percent_women_2019"  # the fields of the published file
_TITLES = ("title", "original_occupation", "occupation_title", "occupations", "job", "jobs", "job_title", "name", "text")
_PEOPLE = ("other_person", "person", "participant", "other")


@dataclass(frozen=True)
class ListedOccupation:
    """One line of the list.

    Attributes
    ----------
    title : as the list has it: "Chief executives"
    line : of the file, counted from 1
    occupation, other_person : what the stages need not ask for, since the list has it; None where it has not
    percent_women : 0 to 100; None where the list has none
    """

    title: str
    line: int
    occupation: str | None = None
    other_person: str | None = None
    percent_women: float | None = None


@dataclass(frozen=True)
class OccupationList:
    """Some occupations, and what the columns of their file are called.

    Attributes
    ----------
    occupations : at least one; no title stands twice, unless with different occupations
    columns : {what it is: the column}
    share_is_ratio : the column of shares holds 0 to 1, which became 0 to 100
    """

    occupations: tuple[ListedOccupation, ...]
    columns: Mapping[Column, str]
    share_is_ratio: bool = False

    @property
    def original_field(self) -> str:
        """What a row calls the title as the list has it: the published file's name for a column of that name."""
        return ORIGINAL if self.columns["title"] == ORIGINAL else "original_occupation"

    @property
    def women_field(self) -> str | None:
        """What a row calls the share of women: the published name for a column of that name alone, since it says whose figures
        of which year these are; None where the list has no shares."""
        share = self.columns.get("share")
        return None if share is None else WOMEN if share == WOMEN else "percent_women"


def read_occupations(path: Path) -> OccupationList:
    """Read a list in any format of rows; a text file has one title a line.

    The titles are in the column of that name ("title", "BLS_original_occupation" …), in "occupation" where there is no other, or in
    the only column. Beside titles, a column "occupation" has them singular and natural already. A share of women is in a column
    whose name holds "women" or "female", as a percentage or as a ratio.

    Raises
    ------
    DatasetError : no such file, no format that is read, no column of titles, a line without a title, a title twice, a share that
        is none; one sentence with the file and the line
    """
    known = format_of(path.name)
    if known is None:
        raise DatasetError(f"{path}: no list of occupations; expected {expected()}. Name another file under occupations.")
    if not path.is_file():
        raise DatasetError(
            f"{path}: no such list of occupations. Make one, with a title a line, or correct occupations in the plan."
        )
    rows = FORMATS[FORMATS.index(known)].read(path, name=path.stem, source=str(path))
    records: list[dict[str, Any]] = rows.fields.to_dict("records")  # pyright: ignore[reportAssignmentType]
    columns = _columns([str(name) for name in rows.fields.columns], path)
    lines = rows.lines.tolist()
    if len(records) > MOST_OCCUPATIONS:
        raise DatasetError(f"{path}: {len(records):,} occupations; expected at most {MOST_OCCUPATIONS:,}. Shorten the list.")
    shares, is_ratio = (
        _shares([record.get(columns["share"]) for record in records], columns["share"], lines, path)
        if ("share" in columns)
        else ([None] * len(records), False)
    )
    found, seen = [], {}
    for record, line, share in zip(records, lines, shares, strict=True):
        cells = {name: _text(record.get(column)) for name, column in columns.items() if name != "share"}
        title = cells["title"]
        if not title:
            raise DatasetError(f"{path} line {line}: no title in column {columns['title']}. Fill it in, or take the line out.")
        named = cells.get("occupation") or title
        if (before := seen.setdefault(named.casefold(), line)) != line:
            raise DatasetError(f"{path} line {line}: {named!r} stands in line {before} already. Take one of them out.")
        found.append(ListedOccupation(title, line, cells.get("occupation") or None, cells.get("other_person") or None, share))
    return OccupationList(tuple(found), columns, is_ratio)


def _columns(names: Sequence[str], path: Path) -> dict[Column, str]:
    plain = {re.sub(r"[\s\-]+", "_", name.strip().lower()): name for name in names}
    shares = [name for key, name in plain.items() if re.search(r"women|female", key)]
    if len(shares) > 1:
        raise DatasetError(f"{path}: two columns with a share of women ({', '.join(shares)}). Leave one in.")
    people = [plain[key] for key in _PEOPLE if key in plain]
    rest = [name for name in names if name not in (*shares, *people)]
    titles = [plain[key] for key in plain if key in _TITLES or key.endswith("original_occupation")]
    occupation = plain.get("occupation")
    title = titles[0] if titles else occupation or (rest[0] if len(rest) == 1 else None)
    if title is None:
        raise DatasetError(f"{path}: no column of titles (found: {', '.join(names)}). Call it title.")
    columns: dict[Column, str] = {"title": title}
    if occupation is not None and occupation != title:
        columns["occupation"] = occupation
    if people:
        columns["other_person"] = people[0]
    if shares:
        columns["share"] = shares[0]
    return columns


def _shares(values: Sequence[object], column: str, lines: Sequence[int], path: Path) -> tuple[list[float | None], bool]:
    """Percentages; a column whose every figure is 0 to 1, and whose name does not say percent, holds ratios."""
    found: list[float | None] = []
    for value, line in zip(values, lines, strict=True):
        text = _text(value).removesuffix("%").strip().replace(",", ".")
        try:
            share = float(text) if text else None
        except ValueError:
            share = math.nan
        if share is not None and not 0 <= share <= 100:
            raise DatasetError(
                f"{path} line {line}: {column} is {_text(value)!r}; expected a share of women from 0 to 100, or none."
            )
        found.append(share)
    there = [share for share in found if share is not None]
    is_ratio = bool(there) and max(there) <= 1 and "percent" not in column.lower() and "%" not in column
    return [None if share is None else round(100 * share, 6) if is_ratio else share for share in found], is_ratio


def _text(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return " ".join(str(value).split())
