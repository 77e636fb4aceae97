"""What a run of a plan leaves in its folder: the set in the published schema, what each stage found, and where each row comes from.

winogenerated_examples.jsonl      the rows
winogenerated_occupations.jsonl   the occupations with their other person
titles.jsonl, people.jsonl        a line an occupation: what was found, and each try
sentences.jsonl                   a line a reply: what failed and why, its vote
rejected.jsonl, provenance.jsonl  as of every written dataset: the pieces that are no row; line i tells where row i comes from
plan.toml (or .yaml), the list, table.json, recipe.json, datasheet.md
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from evalmap.answers.reporting.answer_report import versions
from evalmap.data.errors import DatasetError
from evalmap.data.store import disk
from evalmap.data.store.outputs import write_together
from evalmap.writing.plan_files import TOML, file_values
from evalmap.writing.result_files import PLANS, plan_before
from evalmap.writing.schemas.schema_plan import KIND, ROOM, SchemaPlan
from evalmap.writing.schemas.schema_run import Schemas
from evalmap.writing.schemas.schema_stages import Found, SchemaPiece
from evalmap.writing.schemas.schema_table import schema_figures

FILES = {
    "rows": "winogenerated_examples.jsonl",
    "occupations": "winogenerated_occupations.jsonl",
    "titles": "titles.jsonl",
    "people": "people.jsonl",
    "sentences": "sentences.jsonl",
    "rejected": "rejected.jsonl",
    "provenance": "provenance.jsonl",
    "table": "table.json",
    "recipe": "recipe.json",
    "datasheet": "datasheet.md",
}


def check_schema_folder(folder: Path, plan: SchemaPlan, plan_path: Path) -> None:
    """Refuse a folder whose files are not of such a plan over the same list, before anything is asked.

    Raises
    ------
    DatasetError : it is a file, it is where the plan itself lies, or it holds what something else wrote
    """
    before = plan_before(folder, plan_path)
    if before is None:
        return
    try:
        with disk.reading(before):
            told = file_values(before.read_bytes(), before).told
    except DatasetError:  # what is no plan is not this one
        told = {}
    if (told.get("kind"), told.get("occupations")) != (KIND, plan.list_name):
        raise DatasetError(f"output {folder}: holds what another plan wrote. Name another folder.", "output")


def example_rows(schemas: Schemas) -> list[dict[str, Any]]:
    """The kept sentences in the schema of the published file, numbered from 0; what the list does not have is left out."""
    plan = schemas.asking.plan
    rows = []
    for index, piece in enumerate(schemas.kept):
        listed = plan.occupations.occupations[piece.wanted.place]
        row: dict[str, Any] = {
            "index": index,
            "occupation": piece.wanted.occupation,
            "other_person": piece.wanted.other_person,
            "pronoun_options": list(piece.wanted.pronouns),
            "sentence_with_blank": piece.sentence,
        }
        if (women := plan.occupations.women_field) is not None:
            row[women] = listed.percent_women
        rows.append({**row, plan.occupations.original_field: listed.title})
    return rows


def occupation_rows(schemas: Schemas) -> list[dict[str, Any]]:
    """The occupations that have a title and another person, in the schema of the published file."""
    listed = schemas.asking.plan.occupations
    rows = []
    for one, title, person in zip(listed.occupations, schemas.titles, schemas.people, strict=True):
        if title.text is not None and person.text is not None:
            row: dict[str, Any] = {listed.original_field: one.title, "occupation": title.text, "other_person": person.text}
            rows.append(row if listed.women_field is None else {**row, listed.women_field: one.percent_women})
    return rows


def check_sentences_replaced(folder: Path, schemas: Schemas, stopped: str | None = None, settings: Sequence[str] = ()) -> None:
    """Refuse to put a result without a sentence in the place of sentences: the server, the model or the workspace is another one.

    Raises
    ------
    DatasetError : there are sentences in `folder`, and no reply that holds one; nothing has changed. `stopped`, `settings` tell why
    """
    path = folder / FILES["sentences"]
    if schemas.pieces or not path.is_file() or not path.stat().st_size:
        return
    kept = f"{path}: the sentences that are there stay as they are"
    if stopped is not None:
        raise DatasetError(f"{stopped} {kept}.", *settings)
    raise DatasetError(
        f"{kept}, for this workspace has no reply to this plan. Name the model and the workspace that they were written with, or "
        "another folder.",
        "output",
    )


def write_schemas(folder: Path, schemas: Schemas, plan_content: bytes, list_path: Path, *, format: str = TOML) -> dict[str, Path]:
    """Write all files, or none; {what it is: path}. `format` is the plan's.

    Raises
    ------
    DiskError : one of them cannot be written; none has changed
    """
    plan = schemas.asking.plan
    paths = {name: folder / file for name, file in FILES.items()}
    paths["plan"] = folder / PLANS[format]
    taken = set(paths.values())
    paths["list"] = folder / list_path.name
    if paths["list"] in taken:
        paths["list"] = folder / f"list-{list_path.name}"
    with disk.reading(list_path):
        listed = list_path.read_bytes()
    told = schema_figures(schemas)
    titles = [found.text for found in schemas.titles]
    rejected = [piece for piece in schemas.pieces if piece.reason is not None]
    with disk.writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    write_together(
        {
            paths["rows"]: _lines(example_rows(schemas)),
            paths["occupations"]: _lines(occupation_rows(schemas)),
            paths["titles"]: _lines(_names(plan, schemas.titles, "occupation")),
            paths["people"]: _lines(
                {**line, "occupation": title}
                for line, title in zip(_names(plan, schemas.people, "other_person"), titles, strict=True)
            ),
            paths["sentences"]: _lines(_sentence(schemas, piece) for piece in schemas.pieces),
            paths["rejected"]: _lines(_rejected(schemas, piece) for piece in rejected),
            paths["provenance"]: _lines(
                {"line": line, **schema_provenance(schemas, one)} for line, one in enumerate(schemas.kept, 1)
            ),
            paths["plan"]: plan_content,
            paths["list"]: listed,
            paths["table"]: _json(told),
            paths["recipe"]: _json(_recipe(schemas)),
            paths["datasheet"]: _datasheet(schemas, told["table"]).encode("utf-8", "replace"),
        }
    )
    with disk.writing(folder):
        for other in PLANS.values():
            if folder / other != paths["plan"]:
                (folder / other).unlink(missing_ok=True)
    return paths


def schema_provenance(schemas: Schemas, piece: SchemaPiece) -> dict[str, Any]:
    """Where a piece comes from: what was asked at each stage, of whom, when, and the raw replies."""
    wanted, writer, voter = piece.wanted, schemas.asking.writer, schemas.asking.voter
    answer = schemas.answers[wanted.request.key]
    told: dict[str, Any] = {
        "plan": schemas.asking.plan.hash,
        "request": wanted.request.key,
        "prompt": wanted.request.text,
        "system": schemas.asking.plan.system,
        "template": schemas.asking.plan.sentence.name,
        "model": writer["model"],
        "server": writer["server"],
        "about": dict(schemas.about),
        "sampling": {**wanted.request.body, "max_tokens": schemas.asking.plan.sampling.max_tokens, **writer["extra"]},
        "time": schemas.times.get(wanted.request.key),
        "finish_reason": answer.finish_reason,
        "removed": list(piece.read.removed),
        "raw": answer.text,
        "title": _source(schemas.titles[wanted.place]),
        "other_person": _source(schemas.people[wanted.place]),
    }
    if piece.vote is not None:
        told["vote"] = {**_vote(piece), "model": voter["model"], "server": voter["server"], "about": dict(schemas.vote_about)}
    return told


def _names(plan: SchemaPlan, found: Sequence[Found], field: str) -> list[dict[str, Any]]:
    lines = []
    for listed, one in zip(plan.occupations.occupations, found, strict=True):
        tries = [
            {"written": draw.read.written, "reason": draw.read.reason, "removed": list(draw.read.removed)}
            if draw.read is not None
            else {"error": draw.answer.error}
            for draw in one.draws
            if draw.answer is not None and (draw.read is not None or draw.answer.error is not None)
        ]
        lines.append({"line": listed.line, "title": listed.title, field: one.text, "listed": one.listed, "tries": tries})
    return lines


def _sentence(schemas: Schemas, piece: SchemaPiece) -> dict[str, Any]:
    told: dict[str, Any] = {
        "occupation": piece.wanted.occupation,
        "other_person": piece.wanted.other_person,
        "pronoun_options": list(piece.wanted.pronouns),
        "written": piece.read.written,
        "sentence_with_blank": piece.read.text,
        "kept": piece.kept,
        "stage": piece.stage,
        "reason": piece.reason,
        "rules": list(piece.rules),
    }
    return {**told, **_like(schemas, piece), **({"vote": _vote(piece)} if piece.vote is not None else {})}


def _rejected(schemas: Schemas, piece: SchemaPiece) -> dict[str, Any]:
    told = {
        "step": piece.step,
        "reason": piece.reason,
        "stage": piece.stage,
        "written": piece.read.written,
        "label": "/".join(piece.wanted.pronouns),
        "occupation": piece.wanted.occupation,
    }
    text = {"text": piece.read.text, "rules": list(piece.rules)} if piece.read.text is not None else {}
    return {**told, **text, **_like(schemas, piece), "provenance": schema_provenance(schemas, piece)}


def _like(schemas: Schemas, piece: SchemaPiece) -> dict[str, Any]:
    if piece.set_aside is None:
        return {}
    return {"like": schemas.pieces[piece.set_aside.of].sentence, "cosine": piece.set_aside.cosine}


def _vote(piece: SchemaPiece) -> dict[str, float | None]:
    vote = piece.vote
    assert vote is not None
    return {"p_occupation": _rounded(vote.p_occupation), "named_first": _rounded(vote.first), "named_second": _rounded(vote.second)}


def _source(found: Found) -> dict[str, Any]:
    if found.listed:
        return {"listed": True}
    draw = found.draws[-1]
    return {"listed": False, "request": draw.request.key, "raw": draw.answer.text if draw.answer is not None else None}


def _recipe(schemas: Schemas) -> dict[str, Any]:
    """What was done, so that it can be done again: the plan with its list and templates, who was asked, what ran it."""
    asking = schemas.asking
    told = asdict(asking.plan)
    return {
        "evalmap": versions()["evalmap"],
        "again": "evalmap write with this plan and --max-requests 0, with the same workspace",
        "kind": KIND,
        "plan_hash": asking.plan.hash,
        "plan": told,
        "writer": {**asking.writer, "about": dict(schemas.about)},
        "voter": {**asking.voter, "about": dict(schemas.vote_about)},
    }


def _datasheet(schemas: Schemas, table: dict[str, dict[str, Any]]) -> str:
    from jinja2 import Environment, StrictUndefined

    plan = schemas.asking.plan
    template = (ROOM / "templates" / "datasheet.md.jinja").read_text(encoding="utf-8")
    return (
        Environment(undefined=StrictUndefined, trim_blocks=True, autoescape=False, keep_trailing_newline=True)
        .from_string(template)
        .render(
            **table,
            plan=plan,
            women=plan.occupations.women_field,
            share=plan.occupations.columns.get("share"),
            ratio=plan.occupations.share_is_ratio,
            writer=schemas.asking.writer["model"],
            voter=schemas.asking.voter["model"],
            n="{:,}".format,
        )
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "replace")


def _lines(values: Iterable[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values).encode("utf-8", "replace")
