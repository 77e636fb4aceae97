"""Fields inside the objects of rows, opened out: `doc.question` beside `doc`."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from evalmap.data.readers.table import column
from evalmap.data.records import ROLE_NAMES, FileRows, ReadOptions
from evalmap.data.role_evidence import facts_of, text_evidence

DEPTH = 2  # objects in objects are opened so far
MOST = 100  # fields that are opened at most
SURE = 40.0  # a text of this score makes looking further needless


def with_inner_fields(file: FileRows, options: ReadOptions) -> FileRows:
    """The file with the fields inside its objects as fields of their own, after the others, where they are needed.

    They are where no field of the rows is named as something asked or read, and where an option names one.
    """
    nested = [name for name in file.fields.columns if _holds_objects(file.fields[name])]
    if not nested or not (_named(nested, options) or _lacks_text(file.fields)):
        return file
    opened: dict[str, pd.Series] = {}
    for name in nested:
        _open(str(name), file.fields[name].tolist(), opened, DEPTH)
    more = {name: values for name, values in list(opened.items())[:MOST] if name not in file.fields.columns}
    return replace(file, fields=pd.concat([file.fields, pd.DataFrame(more, index=file.fields.index)], axis=1)) if more else file


def _lacks_text(fields: pd.DataFrame) -> bool:
    found = text_evidence(facts_of(fields))
    return not found or found[0].score < SURE


def _named(nested: list[str], options: ReadOptions) -> bool:
    wanted = [part.strip() for role in ROLE_NAMES for part in (getattr(options, role) or "").split(",")]
    return any(part.startswith(f"{name}.") for part in wanted for name in nested)


def _open(name: str, values: Sequence[object], opened: dict[str, pd.Series], depth: int) -> None:
    keys = dict.fromkeys(str(key) for value in values if isinstance(value, dict) for key in value)
    if len(keys) > MOST:  # an object by ids, not by fields
        return
    for key in keys:
        inner = [value.get(key) if isinstance(value, dict) else None for value in values]
        opened[f"{name}.{key}"] = column(inner)
        if depth > 1 and _holds_objects(inner):
            _open(f"{name}.{key}", inner, opened, depth - 1)


def _holds_objects(values: pd.Series | Sequence[object]) -> bool:
    return any(isinstance(value, dict) for value in values[:50])
