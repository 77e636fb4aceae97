"""What was done for a written dataset, in order: enough to come to the same files from the same journals."""

from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from evalmap.writing.set_aside import NORMALIZATION
from evalmap.writing.write_outcome import Written

FORMAT = 1  # raise it when the meaning of the fields changes


def recipe(written: Written, *, encoder: Mapping[str, Any], plan_file: str = "plan.toml") -> dict[str, Any]:
    """The steps with their settings; nothing in it depends on when or in how many calls the journals were filled.

    Parameters
    ----------
    encoder : what made the embeddings, as it describes itself; {} where nothing was embedded
    plan_file : the name of the plan beside it
    """
    asking, plan = written.asking, written.asking.plan
    header = asking.header
    steps: list[dict[str, Any]] = [
        {
            "step": "ask",
            "journal": f"{asking.run_id}.jsonl",
            "model": header["model"],
            "server": header["server"],
            "about": dict(written.about),
            "template": {"id": asking.prompt.id, "text": asking.prompt.template, "kind": asking.prompt.kind},
            "system": asking.prompt.system,
            "sampling": {**asdict(plan.sampling), **header["extra"]},
            "count": dict(plan.count),
            "per_reply": plan.per_reply,
            "batch": plan.batch,
            "until_new": plan.until_new,
            "min_yield": plan.min_yield,
            "requests": len(asking.requests),
            "ended": written.ended,
        },
        {"step": "parse", "kind": plan.kind},
        {
            "step": "repeats",
            "normalization": NORMALIZATION,
            "examples": len(plan.examples),
            "rows of the dataset": len(written.existing[0]),
        },
    ]
    if written.filtered is not None:
        told, whom = written.filtered.asking.filter, written.filtered.asking.header
        steps.append(
            {
                "step": "filter",
                "journal": f"{written.filtered.asking.run_id}.jsonl",
                "model": whom["model"],
                "server": whom["server"],
                "about": dict(written.filtered.about),
                "template": {"id": told.template, "text": told.template_text, "kind": told.prompt_kind},
                "threshold": told.threshold,
            }
        )
    steps.append({"step": "near_duplicates", "threshold": plan.near_duplicates, "encoder": dict(encoder)})
    if plan.until_new is not None or (plan.filter is not None and (plan.filter.best is not None or plan.filter.balanced)):
        best, balanced = (plan.filter.best, plan.filter.balanced) if plan.filter else (None, False)
        steps.append({"step": "best", "best": best, "balanced": balanced, "until_new": plan.until_new})
    return {
        "format": FORMAT,
        "evalmap": _version(),
        "plan": plan.hash,
        "steps": steps,
        "again": _again(written, plan_file),
    }


def _again(written: Written, plan_file: str) -> str:
    """The command that writes the files again, with the options that the plan's file may not hold."""
    plan, whom = written.asking.plan, written.asking.plan.model
    growth = "" if plan.until_new is None else f" --until-new {plan.until_new} --min-yield {plan.min_yield:g}"
    named = (whom.base_url or whom.gguf) and whom.name in (None, written.asking.header["model"])
    same = "workspace" if named else f"workspace and model ({written.asking.header['model']}, {written.asking.header['server']})"
    return f"evalmap write {plan_file}{growth} --max-requests 0, with the same {same}"


def _version() -> str:
    try:
        return version("evalmap")
    except PackageNotFoundError:
        return "unknown"
