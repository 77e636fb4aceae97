"""Moments as seconds since 1970 in UTC, and the texts that name a year, a month, a day, an hour."""

import math
import re
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalmap.data.facets.histogram import MOST_BINS, number_edges

Unit = Literal["Y", "M", "D", "h", "m", "s"]
# What a bin may be, the narrowest first
_STEPS: tuple[tuple[int, Unit], ...] = (
    *((count, "s") for count in (1, 5, 15, 30)),
    *((count, "m") for count in (1, 5, 15, 30)),
    *((count, "h") for count in (1, 3, 6, 12)),
    *((count, "D") for count in (1, 2, 7)),
    *((count, "M") for count in (1, 3, 6)),
    *((count, "Y") for count in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)),
)
_UNIT_OF_LENGTH: dict[int, Unit] = {4: "Y", 7: "M", 10: "D", 13: "h", 16: "m", 19: "s"}
_MONDAY = 4  # 1970-01-05, days after 1970-01-01: weeks begin there
ISO_DATE = re.compile(
    r"(?P<moment>\d{4}(-\d\d(-\d\d([T ]\d\d(:\d\d(:\d\d)?)?)?)?)?)(?P<fraction>\.\d{1,9})?(?P<zone>Z|[+-]\d\d(:?\d\d)?)?", re.ASCII
)
_MICROSECOND = 1e-6


def seconds_of(values: pd.Series) -> NDArray[np.float64]:
    """(n,) seconds since 1970 in UTC, nan where there is no value; those without a zone are taken as UTC.

    Raises
    ------
    ValueError : a text is no ISO date
    """
    moments = values if isinstance(values.dtype, pd.DatetimeTZDtype) or values.dtype.kind == "M" else _parsed(values)
    if moments.dt.tz is not None:
        moments = moments.dt.tz_convert("UTC").dt.tz_localize(None)
    plain = moments.to_numpy(dtype="datetime64[us]")
    return np.where(np.isnat(plain), np.nan, plain.astype(np.int64) / 1e6)


def start_of(value: str | float) -> float:
    """The first moment that a text names, in seconds; ValueError where it names none."""
    return _span(value)[0]


def end_of(value: str | float) -> float:
    """The last moment that a text names: of "2024-03" the last microsecond of March; ValueError where it names none."""
    return _span(value)[1]


def date_edges(low: float, high: float, *, most: int = MOST_BINS) -> NDArray[np.float64]:
    """(n_bins + 1,) rising seconds: edges of whole years, months, weeks, days, hours, minutes or seconds around [low, high].

    At most `most` bins; below a second they are parts of it. The last edge lies above `high`.
    """
    if 0 < high - low < 2:
        return number_edges(low, high, most=most)
    for count, unit in _STEPS:
        shift = _MONDAY if (count, unit) == (7, "D") else 0
        first = (_units(low, unit) - shift) // count
        last = (_units(high, unit) - shift) // count + 1
        if last - first <= most:
            steps = np.arange(first, last + 1, dtype=np.int64) * count + shift
            return steps.astype(f"datetime64[{unit}]").astype("datetime64[s]").astype(np.float64)
    return number_edges(low, high, most=most)


def words_of(low: float, high: float) -> tuple[str | float, str | float]:
    """Texts that name the moments from `low` up to but not including `high`: ("2024-01", "2024-03") for a quarter."""
    for unit in _UNIT_OF_LENGTH.values():
        first, after = _units(low, unit), _units(high, unit)
        if _seconds(first, unit) == low and _seconds(after, unit) == high:
            return str(np.datetime64(first, unit)), str(np.datetime64(after - 1, unit))
    return low, high - _MICROSECOND


def _parsed(values: pd.Series) -> pd.Series:
    return pd.to_datetime(values, utc=True, format="ISO8601")


def _units(seconds: float, unit: Unit) -> int:
    """Whole units from 1970 to a moment, rounded down."""
    return int(np.datetime64(math.floor(seconds), "s").astype(f"datetime64[{unit}]").astype(np.int64))


def _seconds(units: int, unit: Unit) -> int:
    return int(np.datetime64(units, unit).astype("datetime64[s]").astype(np.int64))


def _span(value: str | float) -> tuple[float, float]:
    """The first and the last moment that a value names."""
    if not isinstance(value, str):
        if value not in range(1000, 10_000):
            return float(value), float(value)
        value = str(int(value))  # a year without quotes in a link
    found = ISO_DATE.fullmatch(value)
    unit = _UNIT_OF_LENGTH.get(len(found["moment"])) if found else None
    if not found or not unit or (found["fraction"] and unit != "s"):
        raise ValueError(value)
    try:
        moment = np.datetime64(found["moment"].replace(" ", "T"), unit)
    except ValueError:
        raise ValueError(value) from None
    units = int(moment.astype(np.int64))
    first = _seconds(units, unit) - _offset(found["zone"] or "Z")
    if found["fraction"]:
        exact = first + round(float(found["fraction"]), 6)
        return exact, exact
    return float(first), first + _seconds(units + 1, unit) - _seconds(units, unit) - _MICROSECOND


def _offset(zone: str) -> int:
    """Seconds by which a zone is ahead of UTC."""
    if zone == "Z":
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    return (1 if zone[0] == "+" else -1) * (int(digits[:2]) * 3600 + int(digits[2:]) * 60)
