"""All flags of a dataset."""

from collections.abc import Sequence

import numpy as np

from evalmap.data.errors import DatasetError
from evalmap.screening.quality.flags import language_flags, option_flags, row_flags, wording_flags
from evalmap.screening.quality.flags.flag_rules import FLAG_RULES, CannotTell, Flag, FlagInput

FAMILIES = (option_flags, wording_flags, row_flags, language_flags)  # imported, so that their rules are in the table


def find_flags(given: FlagInput, *, rules: Sequence[str] | None = None) -> list[Flag]:
    """Ask rules of every row.

    Parameters
    ----------
    given : the rows and what is known of them
    rules : which, by name; None: all, in the order of the table

    Returns
    -------
    one `Flag` a rule. A rule that lacks what it reads has a reason, and no count

    Raises
    ------
    DatasetError : there is no rule of that name
    """
    return [_ask(name, given) for name in (FLAG_RULES if rules is None else check_rules(rules))]


def check_rules(rules: Sequence[str]) -> tuple[str, ...]:
    """The names of rules, each once, in their order.

    Raises
    ------
    DatasetError : there is no rule of that name
    """
    if unknown := [name for name in rules if name not in FLAG_RULES]:
        raise DatasetError(f"there is no flag {unknown[0]!r}; choose from {', '.join(FLAG_RULES)}.", "drop_flagged")
    return tuple(dict.fromkeys(rules))


def _ask(name: str, given: FlagInput) -> Flag:
    rule = FLAG_RULES[name]
    try:
        found = rule.find(given)
    except CannotTell as missing:
        return Flag(name, rule.meaning, np.empty(0, dtype=np.int64), reason=str(missing))
    rows = sorted(found)
    return Flag(name, rule.meaning, np.array(rows, dtype=np.int64), tuple(found[row] for row in rows))
