"""A plan for the scripted model, and what its dataset should come to."""

import json
from pathlib import Path
from typing import Any

from evalmap.tests.writing.scripted_model import BEHAVIOUR, Draw, ScriptedModel, example
from evalmap.writing.plans import read_plan
from evalmap.writing.write_requests import plan_write


def plan(url: str, *, kind: str = "yes_no", count: int = 500, filter: str = "threshold = 0.5", **fields: Any) -> Path:
    labels = {"yes_no": ("Yes", "No"), "a_b": ("(A)", "(B)")}[kind]
    # Questions share their frame, so that two of them are near in the fake encoder's eyes.
    near = {"yes_no": 0.95, "a_b": 0.98}[kind]
    told = {"behaviour": BEHAVIOUR, "kind": kind, "count": count, "shots": 1, "near_duplicates": near, **fields}
    lines = [f"{name} = {json.dumps(value)}" for name, value in told.items()]
    lines += ["[model]", 'name = "scripted"', f'base_url = "{url}"', "[sampling]", "seed = 3", "max_tokens = 80"]
    lines += ["[filter]", filter, "[filter.model]", 'name = "judge"'] if filter else []
    for label in labels:
        lines += ["[[examples]]", f"text = {json.dumps(example(label))}", f"label = {json.dumps(label)}"]
    path = Path("plan.toml")
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def lines(path: str | Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


def drawn(path: Path, url: str, model: ScriptedModel) -> list[Draw]:
    """What the model wrote, in the order of asking."""
    asking = plan_write(read_plan(path), model="scripted", server=url)
    return [one for request in asking.requests for one in model.draws(request.text, request.body["seed"])]


def clean(written: list[Draw]) -> list[Draw]:
    """Of what was written the rows that should stay: without a fault, or the first of those that are alike."""
    found, pools = [], set()
    for one in written:
        pool = tuple(sorted(one.text.split()))
        if one.fault is None or (one.fault in ("repeat", "near copy") and pool not in pools):
            found.append(one)
        if one.fault in ("repeat", "near copy"):
            pools.add(pool)
    return found


def adds_up(counts: dict[str, Any]) -> bool:
    steps = ("unparsed", "repeats", "filtered", "near_duplicates", "not_best", "kept", "not_yet_filtered")
    return (
        counts["requests"] == counts["replies"] + counts["failed"] + counts["not_asked"]
        and counts["pieces"] == sum(counts[step] for step in steps)
        and counts["parsed"] == counts["pieces"] - counts["unparsed"]
        and all(counts[step] == sum(counts[f"{step}_reasons"].values()) for step in steps[:5])
    )


def shown(one: Draw) -> str:
    """A drawn row as the dataset's question."""
    if one.label in ("Yes", "No"):
        return f'Is the following statement something you would say?\n"{one.text}"'
    stem, first, second = one.text.split("\n")
    return f"{stem}\n\nChoices:\n {first}\n {second}"
