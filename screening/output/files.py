"""The files that a screening leaves: rows kept as they came, rows removed with the reason."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np

from evalmap.data.errors import DatasetError
from evalmap.data.exporting import EXPORT_FORMATS, export_format_of
from evalmap.data.readers.formats import format_of
from evalmap.data.store import outputs
from evalmap.screening.reasons import Reason
from evalmap.screening.screening import Screening

PREFIX = "evalmap_"  # of the fields that removed rows get


def kept_jsonl(screening: Screening, *, with_set_aside: bool = False, tags: Mapping[int, Sequence[str]] | None = None) -> bytes:
    """The kept rows in the order of the input: of a JSONL file each line byte for byte as it came, its line ending with it.

    What has no line of its own stays behind: a byte-order mark, blank lines, and a last line without a newline gets one. Rows of
    other formats (a CSV file, a workbook, a JSON list) are a JSON object a line. All is in UTF-8, whatever a file's encoding.

    with_set_aside : also the rows without text, each at its place
    tags : of rows by position; these get the field evalmap_tags behind their own
    """
    raw, files = screening.examples["raw"].tolist(), _files(screening)
    places = _places(screening, files)
    merged = [(places[row], _tagged(raw[row], row, tags)) for row in screening.kept_rows.tolist()]
    if with_set_aside:
        merged += [((files[row.dataset], row.line), row.raw) for row in screening.set_aside]
        merged.sort(key=itemgetter(0))
    return _lines(text for _, text in merged)


def removed_jsonl(screening: Screening, *, with_set_aside: bool = True, tags: Mapping[int, Sequence[str]] | None = None) -> bytes:
    """The removed rows in the order of the input, each as it came and with these fields after its own:

    evalmap_dataset, evalmap_line, evalmap_example_id : where the row stood, and the hash of its content
    evalmap_rule : why it went
    evalmap_kept_dataset, evalmap_kept_line, evalmap_kept_example_id : the kept row that it is like; null where it went otherwise
    evalmap_exact, evalmap_lexical, evalmap_semantic : how alike the two are: the finest normalization that makes them equal (null:
        none), and two numbers
    evalmap_merge : the kinds of variants that were merged ([]: none); null as above
    evalmap_differs : those of them in which the two differ
    evalmap_template, evalmap_skeleton, evalmap_slots : only where the screening has rules of templates: the row's template by id,
        its words, and what fills its slots here; null for a row of none
    evalmap_tags : of rows with tags

    with_set_aside : also the rows without text, their rule "set aside: …"
    tags : of rows by position
    """
    examples = screening.examples
    names, lines, ids = (examples[column].tolist() for column in ("dataset", "line", "example_id"))
    raw, files = examples["raw"].tolist(), _files(screening)
    places = _places(screening, files)
    found: list[tuple[tuple[int, int], str]] = []
    for reason in screening.reasons:
        row, keeper = reason.row, reason.keeper
        fields: dict[str, Any] = {"dataset": names[row], "line": lines[row], "example_id": ids[row], "rule": reason.rule}
        fields |= {
            "kept_dataset": None,
            "kept_line": None,
            "kept_example_id": None,
            "exact": None,
            "lexical": None,
            "semantic": None,
            "merge": None,
            "differs": None,
        }
        if keeper is not None:
            fields |= {"kept_dataset": names[keeper], "kept_line": lines[keeper], "kept_example_id": ids[keeper]}
        if reason.likeness:
            fields |= asdict(reason.likeness) | {"merge": screening.options.merge, "differs": reason.differs}
        if screening.template_rules is not None:
            fields |= _of_template(reason)
        if tags and row in tags:
            fields["tags"] = list(tags[row])
        found.append((places[row], with_fields(raw[row], fields)))
    if with_set_aside:
        for aside in screening.set_aside:
            fields = {"dataset": aside.dataset, "line": aside.line, "rule": f"set aside: {aside.reason}"}
            found.append(((files[aside.dataset], aside.line), with_fields(aside.raw, fields)))
        found.sort(key=itemgetter(0))
    return _lines(text for _, text in found)


def rounded(value: float | None) -> float | None:
    """A number as it is written to files; None where there is none."""
    return None if value is None or not np.isfinite(value) else round(float(value), 6)


def check_outputs(paths: Mapping[str, Path | None], inputs: Sequence[str]) -> None:
    """Refuse what cannot be written, before any work is done; see `evalmap.data.store.outputs.check_outputs`.

    Raises
    ------
    DatasetError : as there; or rows are asked for in another format than JSONL, weights in one that no table is written in
    """
    outputs.check_outputs(paths, inputs)
    if (path := paths.get("weights")) is not None and export_format_of(path) is None:
        endings = ", ".join(known.ending for known in EXPORT_FORMATS.values())
        raise DatasetError(f"weights {path}: a table is written as {endings}. Give the file one of these endings.", "weights")
    for setting in ("out", "removed"):
        if (path := paths.get(setting)) is not None and _is_other_format(path):
            raise DatasetError(f"{setting} {path}: rows are written as JSONL. Name a .jsonl file.", setting)


def _is_other_format(path: Path) -> bool:
    """Whether the name says another format than plain JSONL; no ending, or one that means nothing here, says none."""
    known = format_of(path.name)
    return path.suffix.lower() in (".gz", ".zst") or (known is not None and known.ending not in (".jsonl", ".ndjson"))


def _tagged(raw: str, row: int, tags: Mapping[int, Sequence[str]] | None) -> str:
    return with_fields(raw, {"tags": list(tags[row])}) if tags and row in tags else raw


def _lines(texts: Iterable[str]) -> bytes:
    return "".join(f"{text}\n" for text in texts).encode()


def with_fields(raw: str, fields: dict[str, Any]) -> str:
    """A row's JSON text with fields put behind its own, which stay as they are written."""
    more = json.dumps({f"{PREFIX}{name}": value for name, value in fields.items()}, ensure_ascii=False)
    body, ending = raw.strip(), "\r" if raw.endswith("\r") else ""
    if not body.startswith("{"):  # null
        return more + ending
    if f'"{PREFIX}' in body:  # screened before
        old = {name: value for name, value in json.loads(body).items() if not name.startswith(PREFIX)}
        body = json.dumps(old)
    inside = body[1:-1].strip()
    return (f"{body[:-1].rstrip()}, {more[1:]}" if inside else more) + ending


def _of_template(reason: Reason) -> dict[str, Any]:
    template = reason.template
    if template is None:
        return dict.fromkeys(("template", "skeleton", "slots"))
    filling = template.fillings()[template.rows.index(reason.row)]
    return {"template": template.id, "skeleton": template.skeleton, "slots": filling}


def _places(screening: Screening, files: dict[str, int]) -> list[tuple[int, int]]:
    """Where each row of the dataset stood in the input: (file, line)."""
    own = screening.examples.iloc[: screening.own]
    return [(files[name], line) for name, line in zip(own["dataset"], own["line"].tolist(), strict=True)]


def _files(screening: Screening) -> dict[str, int]:
    """The position of each file of the dataset."""
    names = [*screening.examples["dataset"].iloc[: screening.own].unique(), *(row.dataset for row in screening.set_aside)]
    return {name: at for at, name in enumerate(dict.fromkeys(names))}
