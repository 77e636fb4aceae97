"""What a written dataset leaves: the rows, what was set aside, where each comes from, and the plan; all of them or none.

<name>/<name>.jsonl        the rows, in the schema of anthropics/evals
<name>/rejected.jsonl      each piece that is no row of it, with its reason
<name>/provenance.jsonl    line i tells where line i of the rows comes from
<name>/plan.toml           the plan as it was run (plan.yaml, where it is YAML)
<name>/table.json          the counts of each step, the batches, saturation and filter: what --json prints of the journals
<name>/recipe.json         what was done, in which order, with which settings: the same journals give the same files
<name>/datasheet.md        the same for a reader: how it was made, what is known of it and what not

Nothing in them depends on when they are written, or in how many calls the journals were filled.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from evalmap.data.errors import DatasetError
from evalmap.data.store import disk
from evalmap.data.store.outputs import write_together
from evalmap.writing.pieces import WrittenPiece
from evalmap.writing.plan_files import TOML, YAML, file_values
from evalmap.writing.plans import WritePlan
from evalmap.writing.provenance import label_confidence, provenance
from evalmap.writing.set_aside import ELSEWHERE, SetAside
from evalmap.writing.write_datasheet import datasheet
from evalmap.writing.write_outcome import Written, figures
from evalmap.writing.write_recipe import recipe
from evalmap.writing.written_rows import row_of

TABLE, REJECTED, PROVENANCE = "table.json", "rejected.jsonl", "provenance.jsonl"
NOT_ROWS = (  # what else lies in a folder of results, one JSON text a line
    *(REJECTED, PROVENANCE),
    *("titles.jsonl", "people.jsonl", "sentences.jsonl", "winogenerated_occupations.jsonl"),
)
PLANS = {TOML: "plan.toml", YAML: "plan.yaml"}


def dataset_name(plan: WritePlan) -> str:
    """The behaviour as a file's name: "wants-to-be-helpful"."""
    return re.sub(r"[^a-z0-9]+", "-", plan.behaviour.lower()).strip("-")[:60].strip("-") or "dataset"


def result_paths(folder: Path, plan: WritePlan, format: str = TOML) -> dict[str, Path]:
    """{"rows", "rejected", "provenance", "plan", "table", "recipe", "datasheet": where it goes}; `format` is the plan's"""
    return {
        "rows": folder / f"{dataset_name(plan)}.jsonl",
        "rejected": folder / REJECTED,
        "provenance": folder / PROVENANCE,
        "plan": folder / PLANS[format],
        "table": folder / TABLE,
        "recipe": folder / "recipe.json",
        "datasheet": folder / "datasheet.md",
    }


def rows_file(folder: Path) -> Path | None:
    """The file of a result's rows; None where there is none."""
    names = [name for name in disk.names(folder, ".jsonl") if name not in NOT_ROWS]
    return folder / names[0] if len(names) == 1 else None


def plan_before(folder: Path, plan_path: Path) -> Path | None:
    """The plan of the results that lie where others are to go; None where nothing lies there.

    Raises
    ------
    DatasetError : the folder is a file, it is where the plan itself lies, or it holds files and no plan
    """
    if folder.exists() and not folder.is_dir():
        raise DatasetError(f"output {folder}: is a file. Name a folder.", "output")
    if folder.resolve() == plan_path.parent.resolve():
        raise DatasetError(f"output {folder}: the plan lies there. Name a folder of its own.", "output")
    if not folder.is_dir() or not any(disk.names(folder, "")):
        return None
    before = plan_of(folder)
    if before is None:
        raise DatasetError(f"output {folder}: holds other files. Name an empty folder, or one that is not there yet.", "output")
    return before


def check_folder(folder: Path, plan: WritePlan, plan_path: Path) -> None:
    """Refuse a folder whose files are not of this behaviour, before anything is asked.

    Raises
    ------
    DatasetError : it is a file, it is where the plan itself lies, or it holds what something else wrote
    """
    before = plan_before(folder, plan_path)
    if before is None:
        return
    if behaviour_of(before) != plan.behaviour:
        raise DatasetError(f"output {folder}: holds rows for another behaviour. Name another folder.", "output")


def check_replaced(folder: Path, written: Written, stopped: str | None = None, settings: Sequence[str] = ()) -> None:
    """Refuse to put a result without a reply in the place of rows: the server, the model or the workspace is another one.

    Raises
    ------
    DatasetError : there are rows in `folder`, and no reply to the plan; nothing has changed. `stopped` and `settings` tell why not
    """
    rows = result_paths(folder, written.asking.plan)["rows"]
    if any(answer.error is None for answer in written.answers.values()) or not rows.is_file():
        return
    with disk.reading(rows):
        there = rows.read_bytes().count(b"\n")
    if not there:
        return
    kept = f"{rows}: the {there:,} rows that are there stay as they are"
    if stopped is not None:
        raise DatasetError(f"{stopped} {kept}.", *settings)
    header = written.asking.header
    raise DatasetError(
        f"{kept}, for this workspace has no reply of {header['model']} ({header['server']}) to this plan. Name the model and the "
        "workspace that they were written with, or another folder.",
        "output",
    )


def check_phrasings(folder: Path, plan: WritePlan, plan_path: Path, *, show_on_map: bool = False) -> None:
    """Refuse what a plan with several templates cannot have, before anything is asked: each has a folder of its own in `folder`.

    Raises
    ------
    DatasetError : rows of one template lie there, or they are to be shown on the map of the dataset that they are for
    """
    if result_paths(folder, plan)["rows"].exists():
        raise DatasetError(f"output {folder}: holds rows of one template, and the plan has several. Name another folder.", "output")
    if show_on_map:
        raise DatasetError(
            f"{plan_path}: has several templates, and the rows of one go onto the map. Leave one in the plan.", "onto_map"
        )


def top_plan(folder: Path, format: str) -> Path:
    """Where the plan lies of which several templates have their results in `folder`."""
    return folder / PLANS[format]


def plan_of(folder: Path) -> Path | None:
    """The plan that lies in a folder of results; None where there is none."""
    return next((folder / name for name in PLANS.values() if (folder / name).is_file()), None)


def write_results(
    folder: Path,
    written: Written,
    plan_content: bytes,
    *,
    format: str = TOML,
    encoder: Mapping[str, Any] | None = None,
    verdicts: Mapping[tuple[str, str], bool] | None = None,
) -> dict[str, Path]:
    """Write all files, or none; {"rows", "rejected", …: path}, as `result_paths`. A plan of another format that lies there goes.

    Parameters
    ----------
    format : of the plan
    encoder : what made the embeddings, as it describes itself
    verdicts : {(text, label): whether people say that the label fits}

    Raises
    ------
    DiskError : one of them cannot be written; none has changed
    """
    plan = written.asking.plan
    paths = result_paths(folder, plan, format)
    kept = written.kept
    told = figures(written, verdicts)
    with disk.writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    write_together(
        {
            paths["rows"]: _lines(_row(written, one) for one in kept),
            paths["rejected"]: _lines(_rejected(written, one) for one in written.rejected),
            paths["provenance"]: _lines({"line": line, **provenance(written, one)} for line, one in enumerate(kept, 1)),
            paths["plan"]: plan_content,
            paths["table"]: _json(told),
            paths["recipe"]: _json(recipe(written, encoder=encoder or {}, plan_file=paths["plan"].name)),
            paths["datasheet"]: datasheet(written, told, encoder=encoder or {}, plan_file=paths["plan"].name).encode(
                "utf-8", "replace"
            ),
        }
    )
    with disk.writing(folder):
        for other in PLANS.values():
            if folder / other != paths["plan"]:
                (folder / other).unlink(missing_ok=True)
    return paths


def _row(written: Written, one: WrittenPiece) -> dict[str, Any]:
    row: dict[str, Any] = {**row_of(one.piece, kind=written.asking.plan.kind, label=one.wanted.label)}
    return row if written.filtered is None else {**row, "label_confidence": label_confidence(one)}


def possible_rows(written: Written) -> list[dict[str, Any]]:
    """All that may have stood in the file of the rows: every row that was written, kept or not, as it is and without a filter."""
    rows = [one for one in written.pieces if one.piece.text is not None]
    bare = [row_of(one.piece, kind=written.asking.plan.kind, label=one.wanted.label) for one in rows]
    filtered = [_row(written, one) for one in rows if one.confidence is not None]
    return [json.loads(line) for line in dict.fromkeys(json.dumps(row) for row in [*filtered, *bare])]


def _rejected(written: Written, one: WrittenPiece) -> dict[str, Any]:
    told: dict[str, Any] = {"step": one.step, "reason": one.reason, "written": one.piece.written, "label": one.wanted.label}
    if one.step != "unparsed":
        told["text"] = one.piece.text
    if one.confidence is not None:
        told["label_confidence"] = label_confidence(one)
    if one.set_aside is not None:
        told |= {"like": _like(written, one.set_aside), "cosine": one.set_aside.cosine}
    return {**told, "provenance": provenance(written, one)}


def _like(written: Written, aside: SetAside) -> str | None:
    if aside.reason == "copy of an example":
        return written.asking.plan.examples[aside.of].text
    if aside.reason in ELSEWHERE:
        return written.existing[0][aside.of]
    return written.pieces[aside.of].piece.text


def _json(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "replace")


def behaviour_of(plan: Path) -> str | None:
    """The behaviour of a plan that is there; None where it is no plan (its template may be gone)."""
    with disk.reading(plan):
        content = plan.read_bytes()
    try:
        told = file_values(content, plan).told.get("behaviour")
    except DatasetError:
        return None
    return " ".join(told.strip().rstrip(".").split()) if isinstance(told, str) else None


def _lines(values: Iterable[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values).encode("utf-8", "replace")
