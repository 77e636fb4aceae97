"""From the rows of files to a dataset of examples: roles, boilerplate, what is embedded, what is set aside."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
import pandas as pd

from evalmap.data.choices import MOST_SHARED, RowOptions, has_own_letters, inside, letter, option_indices, with_letters
from evalmap.data.errors import DatasetError
from evalmap.data.inner_fields import with_inner_fields
from evalmap.data.records import OPTIONAL_COLUMNS, Boilerplate, Dataset, FileRows, Part, Reading, ReadOptions, Roles, SetAside
from evalmap.data.roles import FileReading, read_roles, row_options
from evalmap.data.row_texts import RowTexts, endings_json, row_texts
from evalmap.data.text.boilerplate import detect_boilerplate, strip_boilerplate
from evalmap.data.text.messages import turns_json
from evalmap.data.text.multiple_choice import MultipleChoice, split


def assemble(
    files: Iterable[FileRows], *, name: str, source: str, options: ReadOptions | None = None, notes: tuple[str, ...] = ()
) -> Dataset:
    """Make one dataset of the rows of one or more files.

    Roles and boilerplate are found file by file, since a collection may mix schemas. `notes` are told before those of the files.

    Raises
    ------
    AmbiguousReading : two fields of a file may be the text with about equal right
    DatasetError : no text field; a role names a field that a file lacks; no example or only one is left
    """
    options = options or ReadOptions()
    examples: list[pd.DataFrame] = []
    fields: list[pd.DataFrame] = []
    readings: list[FileReading] = []
    boilerplate: list[Boilerplate] = []
    set_aside: list[SetAside] = []
    told: dict[str, list[str]] = {}
    replaced = rows = 0
    for file in (with_inner_fields(file, options) for file in files):
        for note in file.notes:
            told.setdefault(note, []).append(file.name)
        found_in_file = read_roles(file, options)
        readings.append(found_in_file)
        table, aside = _examples(file, found_in_file, options)
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
    for column in OPTIONAL_COLUMNS:
        if column in table:
            table[column] = table[column].astype("str")
    if len(table) == 1:
        raise DatasetError(f"{source}: holds 1 example, and a map needs at least 2. Open a file with more rows.")
    plain = pd.concat(fields, ignore_index=True) if len(fields) > 1 else fields[0].reset_index(drop=True)
    roles = [one.roles for one in readings]
    shown = Counter(roles).most_common(1)[0][0]
    return Dataset(
        name=name,
        source=source,
        roles=shown,
        examples=table,
        fields=pd.DataFrame({str(column): _plain(plain[column]) for column in plain.columns}),
        boilerplate=tuple(boilerplate),
        set_aside=tuple(set_aside),
        notes=(*notes, *_file_notes(told, len(readings)), *_notes(table, roles, replaced)),
        part=options.part,
        options=options,
        reading=_reading(readings, shown, table, plain),
    )


def _reading(readings: list[FileReading], shown: Roles, table: pd.DataFrame, fields: pd.DataFrame) -> Reading:
    """The reading of most files, with the notes of all, and what tells rows of one text apart."""
    first = next(one.reading for one in readings if one.roles == shown)
    notes = dict.fromkeys(note for one in readings for note in one.reading.notes)
    variants = tuple(dict.fromkeys(name for one in readings for name in one.reading.variant_fields))
    texts, rows = table["text"].nunique(), len(table)
    distinguishing: tuple[str, ...] = ()
    if rows >= 4 and texts * 2 <= rows:
        no_content = (
            *first.fields_of("text"),
            *first.fields_of("id"),
            "split",
        )  # a text in train and test is a duplicate all the same
        beside = [name for name in fields.columns if name not in no_content]
        distinguishing = tuple(str(name) for name in beside if _tells_apart(table["text"], fields[name], texts))[:4]
        apart = f"{', '.join(distinguishing)} {'tells' if len(distinguishing) == 1 else 'tell'} them apart"
        notes[f"{rows:,} rows, {texts:,} different texts; {apart if distinguishing else 'no field tells them apart'}."] = None
    return replace(first, notes=tuple(notes), variant_fields=variants, distinguishing_fields=distinguishing)


def _tells_apart(texts: pd.Series, column: pd.Series, different: int) -> bool:
    """Whether a field makes half again as many rows different as the texts do, and is no mere number of the rows."""
    values = column.map(str)
    together = int((~pd.DataFrame({"text": texts, "value": values}).duplicated()).sum())
    return together >= 1.5 * different and not (values.is_unique and not _bears_words(column))


def _bears_words(column: pd.Series) -> bool:
    return any(isinstance(value, (list, dict)) or (isinstance(value, str) and " " in value.strip()) for value in column.head(50))


def _examples(file: FileRows, reading: FileReading, options: ReadOptions) -> tuple[pd.DataFrame, list[SetAside]]:
    """The examples of one file, indexed by row of the file, and the rows that have no text."""
    roles, part = reading.roles, options.part
    made = row_texts(file.fields, reading.text_fields, reading.reading.form, options.turn)
    texts = made.texts
    apart = [split(text) if isinstance(text, str) else None for text in texts] if part != "whole" or _may_choose(reading) else None
    listed = _options(file, reading, texts)
    own = _embedded_part(made, options.embed, file.source)
    field = " and ".join(reading.text_fields)
    embedded, aside, kept = [], [], []
    for row, text in enumerate(texts):
        if row in made.reasons:
            reason, content = made.reasons[row], ""
        else:
            reason, content = _embedded(text, apart[row] if apart else None, listed[row], part, field)
        if own is not None and not reason and not (content := own[row]).strip():
            reason = f"{options.embed} is empty"
        if reason:
            aside.append(SetAside(file.name, int(file.lines[row]), reason, file.raw[row]))
        else:
            kept.append(row)
            embedded.append(content)
    index = np.array(kept, dtype=np.int64)
    column = _picker(file.fields, index)
    label = column(roles.label, _label)
    choices, labels = _choices(file, index, reading, apart, listed, label)
    table = pd.DataFrame(
        {
            "dataset": pd.Series([file.name] * len(kept), dtype="str"),
            "line": file.lines[index],
            "example_id": pd.Series([content_hash(file.raw[row]) for row in kept], dtype="str"),
            "text": pd.Series([str(texts[row]) for row in kept], dtype="str"),
            "embedded_text": pd.Series(embedded, dtype="str"),
            "label": pd.Series(labels, dtype="str"),
            "confidence": np.array(column(roles.confidence, _number), dtype=np.float64),
            "choices": pd.Series(choices, dtype="str"),
            "group": pd.Series(column(roles.group, _label), dtype="str"),
            "id": pd.Series(column(roles.id, _label), dtype="str"),
            "raw": pd.Series([file.raw[row] for row in kept], dtype="str"),
        }
    )
    if made.turns:
        chats = [made.turns[row] for row in kept]
        table["turns"] = pd.Series([turns_json(chat) if chat else None for chat in chats], dtype="str")
    if reading.ending_fields:
        table["endings"] = pd.Series(endings_json(file.fields.iloc[index], reading.ending_fields), dtype="str")
    table.index = pd.Index(index)
    return table, aside


def _embedded_part(made: RowTexts, embed: str | None, source: str) -> list[str] | None:
    """(n,) the texts of the one field that is embedded; None: the text whole."""
    if embed in (None, "", "all"):
        return None
    if embed not in made.parts:
        several = ", ".join(made.parts) or "one field alone makes the text"
        raise DatasetError(f"{source}: {embed!r} is no part of the text (parts: {several}). Choose one of these, or all.", "embed")
    return made.parts[embed]


def _options(file: FileRows, reading: FileReading, texts: list[object]) -> list[RowOptions | None]:
    """(n,) the options of every row that the file lists; None where it lists none."""
    if reading.choice_fields:
        return row_options(file.fields, reading.choice_fields)
    if reading.options_inside:
        return [inside(text) if isinstance(text, str) else None for text in texts]
    return [None] * len(texts)


def _embedded(text: object, apart: MultipleChoice | None, listed: RowOptions | None, part: Part, field: str) -> tuple[str, str]:
    """(why the row is set aside, what is embedded of it)."""
    if text is None or (isinstance(text, float) and np.isnan(text)) or text is pd.NA:
        return f"{field} is null", ""
    if isinstance(text, (list, dict)):
        return f"{field} is not text", ""
    content = str(text)
    if part == "stem" and apart:
        content = apart.stem
    elif part == "choices":
        content = "\n".join(choice for _, choice in apart.choices) if apart else "\n".join(listed.texts if listed else ())
    if not content.strip():
        return (f"{field} is empty" if part == "whole" else f"no {part} in {field}"), ""
    return "", content


def _may_choose(reading: FileReading) -> bool:
    return reading.roles.choices is None and reading.roles.schema == "multiple-choice"


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


def _choices(
    file: FileRows,
    index: np.ndarray,
    reading: FileReading,
    apart: list[MultipleChoice | None] | None,
    listed: list[RowOptions | None],
    label: list[object],
) -> tuple[list[str | None], list[object]]:
    """The columns `choices` and `label` of the rows in `index`; `label` as its field gives it is the start."""
    roles, key = reading.roles, reading.key
    options = [listed[row] for row in index]
    if key is None:
        if len(reading.choice_fields) == 1:
            values = file.fields[reading.choice_fields[0]].tolist()
            return [_label(values[row]) for row in index], label
        if reading.choice_fields:
            return [_json(row.texts) if row else None for row in options], label
        if apart and _may_choose(reading):
            parted = [apart[row] for row in index]
            return [json.dumps([" ".join(pair) for pair in p.choices], ensure_ascii=False) if p else None for p in parted], label
        return [None] * len(index), label
    if key.form in ("letter", "label") and all(row is None or has_own_letters(row) for row in options):
        return [_json(row.texts) if row else None for row in options], label  # "(A) red", named as "(A)": stays as it stands
    values = file.fields[key.field].tolist() if roles.label else []
    sets = {frozenset(row.texts) for row in options if row}
    shared = len(sets) == 1 and len(next(iter(sets))) <= MOST_SHARED
    choices: list[str | None] = []
    labels: list[object] = []
    for row, held, given in zip(index, options, label, strict=True):
        right = option_indices(values[row], held, key.form) if held and values else ()
        if held is None:
            choices.append(None)
        else:
            choices.append(_json(held.texts if shared else with_letters(held)))
        names = [held.texts[at] if shared else letter(at) for at in right] if held else []
        labels.append(", ".join(names) or (None if key.form == "score" else given))
    return choices, labels


def _json(texts: Iterable[str]) -> str:
    return json.dumps(list(texts), ensure_ascii=False)


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


def _file_notes(told: dict[str, list[str]], files: int) -> Iterable[str]:
    """What readers told, with the files that it is about where it is not all of them."""
    for note, names in told.items():
        listed = ", ".join(names[:3]) + (f" and {len(names) - 3:,} more" if len(names) > 3 else "")
        yield note if len(names) == files else f"{listed}: {note}"


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
