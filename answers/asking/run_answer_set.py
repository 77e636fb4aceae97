"""What the journal of a run holds, as an answer set: who answered, and which rows each answer belongs to."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from evalmap.answers.answer_types import AnswerSetInfo, RawAnswer, StagedSet
from evalmap.answers.asking.journal import JournalContent
from evalmap.answers.asking.protocol import Request
from evalmap.answers.asking.run_plan import Plan

_INFO = {f.name for f in fields(AnswerSetInfo)}


def staged_answers(plan: Plan, written: JournalContent, answers: Mapping[str, RawAnswer], to_ask: Sequence[Request]) -> StagedSet:
    placed = [
        (place, replace(answers[key], dataset=dataset, row=row, question=question))
        for key, rows in plan.rows.items()
        if key in answers
        for dataset, row, question, place in rows
    ]
    expected = sum(len(plan.rows[key]) for key in {*answers, *(request.key for request in to_ask)})
    shared = sum(len(rows) - 1 for key, rows in plan.rows.items() if key in answers)
    notes = []
    if shared:
        notes.append(f"{shared:,} rows share their text with another row, which was asked for all of them.")
    if plan.without_options:
        notes.append(f"{plan.without_options:,} rows have no answer options and were not asked.")
    if plan.without_blank:
        notes.append(f"{plan.without_blank:,} rows do not have exactly one blank and were not asked.")
    if written.damaged:
        notes.append(f"{written.damaged:,} lines of the journal were damaged; their questions are asked anew.")
    return StagedSet(
        info=_info(plan, written.header),
        answers=tuple(answer for _, answer in sorted(placed, key=lambda one: one[0])),
        dataset=plan.name,
        n_expected=expected,
        notes=tuple(notes),
    )


def _info(plan: Plan, header: Mapping[str, Any]) -> AnswerSetInfo:
    """Who answered, from the journal: the same for every call of a run, so that a longer one replaces a shorter one."""
    about = {name: value for name, value in header.get("about", {}).items() if name in _INFO}
    model: dict[str, Any] = {"model": header["model"], **about}
    if header.get("label"):
        model["model"] = header["label"]
    return AnswerSetInfo(
        **model,
        prompt_id=plan.prompt.id,
        prompt_template=plan.prompt.template,
        system_prompt=plan.prompt.system,
        n_shot=0,
        temperature=0.0,
        source_format="run",
        source_file=f"{plan.run_id}.jsonl",
        source_sha256=plan.run_id,
        created=header.get("created"),
        mode=_mode(plan),
    )


def _mode(plan: Plan) -> str:
    """What else than the prompt's words tells this run from another one: a template may be put in two ways."""
    extra = [f"{name}={json.dumps(value, sort_keys=True)}" for name, value in sorted(plan.header["extra"].items())]
    return ", ".join([plan.prompt.kind, *(["words"] if plan.text else []), *extra])
