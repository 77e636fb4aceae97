"""What the user decides about a source of answers before it is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evalmap.answers.importers.table_columns import ROLES
from evalmap.data.errors import DatasetError


@dataclass(frozen=True)
class ImportOptions:
    """Choices where a source could be read in several ways; the defaults leave them to the importers.

    Attributes
    ----------
    columns : {role: column} of a table, roles as in `table_columns.ROLES` ("answer", "question", "key" …)
    metric : which of the log's own figures is shown as the score of a free answer; the first without it
    filter : which filter's answers are read from a log of lm-evaluation-harness; "none", else the first without it
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    metric: str | None = None
    filter: str | None = None


AS_DETECTED = ImportOptions()


def parse_columns(written: Sequence[str] | str | None) -> dict[str, str]:
    """{role: column} of "answer=said,question=asked", or of several such texts.

    Raises
    ------
    DatasetError : a part that is not role=column; a role that there is none of
    """
    parts = [part for text in ([written] if isinstance(written, str) else written or ()) for part in text.split(",")]
    found: dict[str, str] = {}
    for part in parts:
        if not part.strip() and len(parts) == 1:
            continue
        role, equals, column = part.partition("=")
        if not equals or not column.strip():
            raise DatasetError(f"{part.strip()!r} names no column. Expected role=column, such as answer=said.", "columns")
        if role.strip().lower() not in ROLES:
            roles = ", ".join(ROLES)
            raise DatasetError(f"{role.strip()!r} is nothing that a column can be. Expected one of {roles}.", "columns")
        found[role.strip().lower()] = column.strip()
    return found
