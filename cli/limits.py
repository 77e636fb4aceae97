"""Limits for continuous integration: `--fail-over separability=.8,overlap=.05`.

A command that takes them names its figures in a table `known`: name → what the figure is, as a sentence begins with it
("the AUC of telling A from B"). It parses the option first (`parse_limits`), so that a misspelt name costs no computation; then it
prints what it found, and last it says each sentence of `exceeded` on stderr and ends with `EXCEEDED` (`end_over_limits`).
"""

import math
from collections.abc import Collection, Mapping, Sequence

import typer

from evalmap.cli import terminal
from evalmap.data.errors import DatasetError

EXCEEDED = 3  # how a command ends whose figures passed a limit


def parse_limits(text: str | None, known: Mapping[str, str], *, counts: Collection[str] = ()) -> dict[str, float]:
    """The limits of `NAME=LIMIT,…` by name, in their order; {} for None.

    Parameters
    ----------
    known : the figures that may be limited: name → what it is
    counts : those that may count rows; all others are ratios, 0 to 1

    Raises
    ------
    DatasetError : no limit, no such figure, one named twice, what stands behind "=" is no finite number, or a ratio's limit is
        above 1
    """
    limits: dict[str, float] = {}
    for part in (text or "").split(","):
        if not part.strip():
            continue
        name, _, written = (word.strip() for word in part.partition("="))
        if name not in known:
            raise DatasetError(f"--fail-over {part.strip()}: there is no figure {name!r}; choose from {', '.join(known)}.")
        try:
            limit = float(written)
        except ValueError:
            limit = math.nan
        if not math.isfinite(limit):
            raise DatasetError(f"--fail-over {part.strip()}: expected NAME=LIMIT with a number as the limit, such as {name}=0.1.")
        if limit > 1 and name not in counts:  # 5 for 5 %: a check that can never fail
            most = f"the figure is a ratio and never passes 1; give a limit of 0 to 1, such as {name}=0.1."
            raise DatasetError(f"--fail-over {part.strip()}: {most}")
        if name in limits:
            raise DatasetError(f"--fail-over {part.strip()}: {name} has two limits; give one.")
        limits[name] = limit
    if text is not None and not limits:  # an empty variable in a script: no check would look like a passed one
        raise DatasetError(f"--fail-over: no limit was given; expected NAME=LIMIT, such as {next(iter(known))}=0.1.")
    return limits


def exceeded(limits: Mapping[str, float], values: Mapping[str, float | None], known: Mapping[str, str]) -> list[str]:
    """One sentence for each limit that its figure passes, in the order of the limits; [] where all hold.

    A figure that could not be measured (None or nan) passes its limit: a check that did not happen has not succeeded.

    Parameters
    ----------
    values : the figures found; at least those of the limits
    """
    found = []
    for name, limit in limits.items():
        value = values[name]
        if value is None or math.isnan(value):
            found.append(f"{name}: {known[name]} could not be measured; the limit is {limit:g}.")
        elif value > limit:
            found.append(f"{name}: {known[name]} is {_spoken(value, limit)}; the limit is {limit:g}.")
    return found


def end_over_limits(sentences: Sequence[str]) -> None:
    """Say the sentences of `exceeded` on stderr and end the command with `EXCEEDED`; nothing where there are none."""
    for sentence in sentences:
        terminal.print_error(sentence)
    if sentences:
        raise typer.Exit(EXCEEDED)


def _spoken(value: float, limit: float) -> str:
    """A figure with as many digits as it takes to see that it lies above the limit."""
    return next((text for digits in range(3, 17) if float(text := f"{value:.{digits}g}") > limit), repr(value))
