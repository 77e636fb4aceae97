"""A plan's text changed field by field: what else stands in it, comments and all, stays as it is."""

import re
import tomllib
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

import tomlkit
from tomlkit.items import AoT, Item, Table

from evalmap.data.errors import DatasetError


def fields_of(text: str) -> dict[str, Any]:
    """The fields of a plan's text, as they stand there.

    Raises
    ------
    DatasetError : it is no TOML
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DatasetError(f"Not TOML ({error}). Correct the line.") from None


def with_fields(text: str, changes: Mapping[str, Any]) -> str:
    """The text with fields set; None takes one out.

    Parameters
    ----------
    changes : {field: value}; "sampling.seed" is the field seed of the table [sampling]. A list of tables is one of [[…]].

    Raises
    ------
    DatasetError : it is no TOML, or a table's name is that of a plain field
    """
    fields_of(text)
    document = tomlkit.parse(text)
    for name, value in changes.items():
        *tables, field = name.split(".")
        at: Any = document
        for table in tables:
            if table not in at:
                at[table] = tomlkit.table()
            at = at[table]
            if not isinstance(at, MutableMapping):
                raise DatasetError(f"{table} is no table [{table}] in this plan. Correct it in the text.")
        if value is None:
            if field in at:
                del at[field]
        elif field not in at or at[field] != value:
            at[field] = _item(value)
    return tomlkit.dumps(document)


def _item(value: Any) -> Item:
    if isinstance(value, Mapping):
        table = tomlkit.inline_table()
        table.update(value)
        return table
    if isinstance(value, Sequence) and not isinstance(value, str):
        if value and all(isinstance(one, Mapping) for one in value):
            return AoT([_table(one) for one in value])
        array = tomlkit.array()
        array.extend(value)
        return array.multiline(sum(len(str(one)) for one in value) > 100)
    return tomlkit.item(value)


def _table(values: Mapping[str, Any]) -> Table:
    table = tomlkit.table()
    table.update(values)
    return table


def named_field(sentence: str, known: Sequence[str]) -> str | None:
    """Which field an error's sentence is about: the first of those known that it names, "sampling.seed" by "seed in [sampling]".

    "example 3" is about examples, and a line that is no TOML about none.
    """
    tables = sorted({name.rpartition(".")[0] for name in known if "." in name})
    within = next((table for table in tables if f"[{table}]" in sentence), None)
    words = re.findall(r"[a-z_]+", sentence.split(";")[0].lower())
    for word in words:
        name = f"{within}.{word}" if within else {"example": "examples", "label": "labels"}.get(word, word)
        if name in known:
            return name
    return None
