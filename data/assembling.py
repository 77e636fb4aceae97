"""From the rows of files to a dataset of examples: roles, boilerplate, what is embedded, what is set aside."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from evalmap.data.errors import DatasetError
from evalmap.data.records import Boilerplate, Dataset, FileRows, Part, ReadOptions, Roles, SetAside
from evalmap.data.roles import detect_roles
from evalmap.data.text.boilerplate import detect_boilerplate, strip_boilerplate
from evalmap.data.text.multiple_choice import MultipleChoice, split


def assemble(files: Iterable[FileRows], *, name: str, source: str, options: ReadOptions | None = None) -> Dataset:
    """Make one dataset of the rows of one or more files.

    Roles and boilerplate are found file by file, since a collection may mix schemas.

    Raises
    ------
    DatasetError : no text field; a role names a field that a file lacks; no example or only one is left
    """
    options = options or ReadOptions()
    examples: list[pd.DataFrame] = []
    fields: list[pd.DataFrame] = []
    roles: list[Roles] = []
    boilerplate: list[Boilerplate] = []
    set_aside: list[SetAside] = []
    replaced = rows = 0
    for file in files:
        file_roles = detect_roles(file, options)
        roles.append(file_roles)
        table, aside = _examples(file, file_roles, options.part)
        set_aside += [*file.set_aside, *aside]
        while found := detect_boilerplate(table["embedded_text"].tolist(), dataset=file.name):  # one may stand inside another
            boilerplate.append(found)
            stripped = [strip_boilerplate(text, found) for text in table["embedded_text"]]
            table["embedded_text"] = pd.Series(stripped, index=table.index, dtype="str")
        examples.append(table)
        kept = file.fields.iloc[table.index.to_numpy()]
        fields.append(kept)
        replaced += file.replaced
        rows += len(file.lines) + len(file.set_aside)
    if not examples or sum(map(len, examples)) == 0:
        reasons = _reasons(set_aside)
        raise DatasetError(f"{source}: no example left of {rows:,} rows ({reasons}). Check the text field.", "text")
    table = pd.concat(examples, ignore_index=True) if len(examples) > 1 else examples[0].reset_index(drop=True)
    if len(table) == 1:
        raise DatasetError(f"{source}: holds 1 example, and a map needs at least 2. Open a file with more rows.")
    plain = pd.concat(fields, ignore_index=True) if len(fields) > 1 else fields[0].reset_index(drop=True)
    return Dataset(
        name=name,
        source=source,
        roles=Counter(roles).most_common(1)[0][0],
        examples=table,
        fields=pd.DataFrame({str(column): _plain(plain[column]) for column in plain.columns}),
        boilerplate=tuple(boilerplate),
        set_aside=tuple(set_aside),
        notes=tuple(_notes(table, roles, replaced)),
        part=options.part,
        options=options,
    )


def _examples(file: FileRows, roles: Roles, part: Part) -> tuple[pd.DataFrame, list[SetAside]]:
    """The examples of one file, indexed by row of the file, and the rows that have no text."""
    texts = file.fields[roles.text].tolist()
    apart = [split(text) if isinstance(text, str) else None for text in texts] if part != "whole" or _may_choose(roles) else None
    listed = file.fields[roles.choices].tolist() if roles.choices else [None] * len(texts)
    embedded, aside, kept = [], [], []
    for row, text in enumerate(texts):
        reason, content = _embedded(text, apart[row] if apart else None, listed[row], part, roles.text)
        if reason:
            aside.append(SetAside(file.name, int(file.lines[row]), reason, file.raw[row]))
        else:
            kept.append(row)
            embedded.append(content)
    index = np.array(kept, dtype=np.int64)
    column = _picker(file.fields, index)
    table = pd.DataFrame(
        {
            "dataset": pd.Series([file.name] * len(kept), dtype="str"),
            "line": file.lines[index],
            "example_id": pd.Series([content_hash(file.raw[row]) for row in kept], dtype="str"),
            "text": pd.Series([str(texts[row]) for row in kept], dtype="str"),
            "embedded_text": pd.Series(embedded, dtype="str"),
            "label": pd.Series(column(roles.label, _label), dtype="str"),
            "confidence": np.array(column(roles.confidence, _number), dtype=np.float64),
            "choices": pd.Series(_choices(file.fields, index, roles, apart), dtype="str"),
            "group": pd.Series(column(roles.group, _label), dtype="str"),
            "id": pd.Series(column(roles.id, _label), dtype="str"),
            "raw": pd.Series([file.raw[row] for row in kept], dtype="str"),
        }
    )
    table.index = pd.Index(index)
    return table, aside


def _embedded(text: object, apart: MultipleChoice | None, listed: object, part: Part, field: str) -> tuple[str, str]:
    """(why the row is set aside, what is embedded of it)."""
    if text is None or (isinstance(text, float) and np.isnan(text)) or text is pd.NA:
        return f"{field} is null", ""
    if isinstance(text, (list, dict)):
        return f"{field} is not text", ""
    content = str(text)
    if part == "stem" and apart:
        content = apart.stem
    elif part == "choices":
        content = "\n".join(choice for _, choice in apart.choices) if apart else "\n".join(_listed_choices(listed))
    if not content.strip():
        return (f"{field} is empty" if part == "whole" else f"no {part} in {field}"), ""
    return "", content


def _listed_choices(value: object) -> list[str]:
    """The options in a choices field: a list, or an object whose "text" is one (as in ARC)."""
    value = value.get("text") if isinstance(value, dict) else value
    return [str(choice) for choice in value] if isinstance(value, list) else []


def _may_choose(roles: Roles) -> bool:
    return roles.choices is None and roles.schema == "multiple-choice"


def _picker(fields: pd.DataFrame, index: np.ndarray) -> Callable[[str | None, Callable[[object], object]], list[object]]:
    def pick(field: str | None, read: Callable[[object], object]) -> list[object]:
        values = fields[field].tolist() if field else None
        return [read(values[row]) if values is not None else read(None) for row in index]

    return pick


def _label(value: object) -> str | None:
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else float("nan")


def _choices(fields: pd.DataFrame, index: np.ndarray, roles: Roles, apart: list[MultipleChoice | None] | None) -> list[str | None]:
    if roles.choices:
        values = fields[roles.choices].tolist()
        return [_label(values[row]) for row in index]
    if apart and _may_choose(roles):
        parted = [apart[row] for row in index]
        return [json.dumps([" ".join(pair) for pair in p.choices], ensure_ascii=False) if p else None for p in parted]
    return [None] * len(index)


def content_hash(raw: str) -> str:
    """16 hex digits of the row's fields, whatever their order or the file's format."""
    canonical = json.dumps(json.loads(raw), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def _plain(column: pd.Series) -> pd.Series:
    """A column that Parquet can hold: numbers, booleans or text; nested and mixed values as JSON texts."""
    if column.dtype != object:
        return column
    present = column.dropna()
    kinds = {type(value) for value in present}
    if kinds <= {str}:
        return column.astype("str")
    if kinds == {int} and len(present) == len(column) and all(-(2**63) <= value < 2**63 for value in present):
        return column.astype("int64")
    if kinds <= {int, float} and all(abs(value) <= 2**53 for value in present):  # above, float64 would change integers
        return column.astype("float64")
    if kinds == {bool} and len(present) == len(column):
        return column.astype(bool)
    values = [v if isinstance(v, str) else None if _label(v) is None else json.dumps(v, ensure_ascii=False) for v in column]
    return pd.Series(values, index=column.index, dtype="str")


def _reasons(set_aside: list[SetAside]) -> str:
    counts = Counter(row.reason for row in set_aside).most_common(3)
    return ", ".join(f"{count:,} × {reason}" for reason, count in counts) or "nothing read"


def _notes(table: pd.DataFrame, roles: list[Roles], replaced: int) -> Iterable[str]:
    if replaced:
        yield f"{replaced:,} rows held half a surrogate pair, which is no character: each was replaced by U+FFFD."
    if len(kinds := Counter((r.schema, r.text) for r in roles)) > 1:
        listed = ", ".join(f"{n} {schema} ({text})" for (schema, text), n in kinds.items())
        yield f"The files do not share one schema: {listed}."
    named = table.loc[table["id"].notna(), ["dataset", "id", "line"]]
    twins = named[named.duplicated(["dataset", "id"], keep=False)]
    if len(twins):
        first = twins.iloc[0]
        lines = twins.loc[(twins["dataset"] == first["dataset"]) & (twins["id"] == first["id"]), "line"].tolist()
        yield (
            f"{len(twins):,} rows share their id with another (first: id {first['id']} on lines "
            f"{', '.join(map(str, lines[:4]))} of {first['dataset']}): rows are told apart by dataset and line."
        )
