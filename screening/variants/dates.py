"""Dates: months, weekdays, years where a word before them says so, decades, ISO and slashed dates; one day has one name.

Not seen: abbreviated weekdays, "today", May and March without a day, a year or a word like "in" beside them, a bare number that
is a year (a number then).
"""

import re

MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")
_NUMBERED = {name[:length]: at for at, name in enumerate(MONTHS, start=1) for length in (3, len(name))} | {"sept": 9}
_MONTH = "|".join(sorted(_NUMBERED, key=len, reverse=True))
_PLAIN = "|".join(name for name in MONTHS if name not in ("march", "may", "august"))  # these are words as well
_BEFORE = "in|since|until|till|during|before|after|early|late|mid|last|next|every|year|by|from|of"
_DATES = re.compile(
    rf"""
    \b(?P<iso>\d{{4}}-\d{{2}}(?:-\d{{2}})?)\b
    | \b(?P<slashed>\d{{1,2}}(?P<mark>[/.])\d{{1,2}}(?P=mark)\d{{2}}(?:\d{{2}})?)\b
    | \b(?P<month>{_MONTH})\b\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?!\s*(?:%|percent))(?:,?\s+(?P<year>\d{{4}})\b)?
    | \b(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month2>{_MONTH})\b(?:\.?,?\s+(?P<year2>\d{{4}})\b)?
    | \b(?P<month3>{_MONTH})\b\.?,?\s+(?:of\s+)?(?P<year3>\d{{4}})\b
    | \b(?:{_BEFORE})[\s-]+(?P<month4>march|may|august)\b
    | \b(?P<month5>{_PLAIN})\b
    | \b(?P<weekday>mon|tues|wednes|thurs|fri|satur|sun)days?\b
    | (?<![\w.,])(?P<decade>(?:[12]\d)?\d0)'?s\b
    | \b(?:{_BEFORE}|in\s+the\s+year|and|to)[\s-]+(?P<year4>1\d{{3}}|20\d{{2}})\b(?![.,-]\d)(?!\s*%)(?!\s+[a-z]+s\b)
    | \((?P<year5>1\d{{3}}|20\d{{2}})\)
    """,
    re.VERBOSE,
)


def date_marks(folded: str) -> tuple[str, ...]:
    """The dates of a text in their order, each as day, month and year, as far as it says them."""
    return tuple(_name(match) for match in _DATES.finditer(folded.lower()))


def without_dates(folded: str) -> str:
    """The text with its dates blanked."""
    return _DATES.sub(" ; ", folded.lower())


def _name(match: re.Match[str]) -> str:
    found = match.groupdict()
    if found["slashed"]:
        return found["slashed"]
    if found["weekday"]:
        return f"{found['weekday']}day".capitalize()
    if found["decade"]:
        return f"{found['decade']}s"
    if found["iso"]:
        year, month, day = (*found["iso"].split("-"), "")[:3]
    else:
        year, month, day = (next((found[name] for name in _SAME[part] if found[name]), "") for part in ("year", "month", "day"))
    at = int(month) if month.isdecimal() else _NUMBERED.get(month, 0)
    named = MONTHS[at - 1].capitalize() if 1 <= at <= len(MONTHS) else month
    return " ".join(part for part in (day.lstrip("0"), named, year) if part)


_SAME = {
    part: [name for name in _DATES.groupindex if re.fullmatch(rf"{part}\d?", name)] for part in ("year", "month", "day")
}  # groups of the pattern that hold one part of a date
