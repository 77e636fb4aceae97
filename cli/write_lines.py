"""What evalmap write prints of a run: the counts that add up, and what filter, growth and axes come to."""

from collections.abc import Iterator, Mapping
from typing import Any

from evalmap.cli import terminal

ASKED = ("requests", "replies", "failed", "not_asked")
STEPS = ("pieces", "unparsed", "parsed", "repeats", "filtered", "near_duplicates", "not_best", "not_yet_filtered", "kept")
WITH_FILTER = ("filtered", "not_yet_filtered")
NOT_ALWAYS = ("not_best",)  # a column where there is something in it
REASONS = {
    "unparsed_reasons": "unparsed",
    "repeats_reasons": "repeats",
    "filtered_reasons": "filtered",
    "near_duplicates_reasons": "near-duplicates",
    "not_best_reasons": "not among the best",
    "removed": "taken off rows",
}


def table_lines(table: Mapping[str, Mapping[str, Any]], *, filtered: bool) -> Iterator[str]:
    """The counts of each label, then why pieces were set aside."""
    columns = [name for name in (*ASKED, *STEPS) if name not in (*WITH_FILTER, *NOT_ALWAYS) or table["all"][name]]
    if filtered:
        columns = [name for name in (*ASKED, *STEPS) if name in columns or name == "filtered"]
    heads = [name.replace("near_duplicates", "near-duplicates").replace("_", " ") for name in columns]
    labels = max(map(len, ["label", *table]))
    yield "  " + " ".join(["label".ljust(labels), *(head.rjust(max(8, len(head))) for head in heads)])
    for label, counts in table.items():
        cells = [f"{counts[name]:,}".rjust(max(8, len(head))) for name, head in zip(columns, heads, strict=True)]
        yield "  " + " ".join([label.ljust(labels), *cells])
    for name, words in REASONS.items():
        if told := table["all"][name]:
            yield f"  {words}: {', '.join(f'{reason} ({n:,})' for reason, n in told.items())}"


def figure_lines(told: Mapping[str, Any]) -> Iterator[str]:
    """What filter and growth come to."""
    if (found := told["filter"]) is not None:
        mean = "no row" if found["kept_mean"] is None else f"mean label_confidence of the rows {found['kept_mean']:.2f}"
        agrees = "nobody reviewed its rows"
        if found["accuracy_n"]:
            limits = f"{found['accuracy_low']:.2f} to {found['accuracy_high']:.2f}"
            agrees = f"it agrees with people in {found['accuracy']:.2f} ({limits}) of {found['accuracy_n']:,} rows"
        yield f"  filter {found['model']}: {mean}; {agrees}"
    if told["until_new"] is not None:
        n = len(told["batches"])
        yield f"  {n:,} {'batch' if n == 1 else 'batches'}; it ended because {told['ended']['sentence']}"
    last = told["batches"][-1] if told["batches"] else None
    if last is not None and last["pieces"] and last["yield"] < told["min_yield"]:
        yield f"  the last batch kept {last['kept']:,} of {last['pieces']:,} pieces: more of the same prompt is wasted"
    if told["table"]["all"]["pieces"]:
        yield f"  {told['saturation']['sentence']}"


MOST_VALUES = 30  # of an axis that are printed; `--json` has all


def axis_lines(axes: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Iterator[str]:
    """Of each axis, how much of what was written with each value stays, the least first."""
    for axis, values in axes.items():
        told = sorted((item for item in values.items() if item[1]["pieces"]), key=lambda item: item[1]["yield"])
        if told:
            yield f"  kept of what was written, by {terminal.printable(axis)}:"
        for value, one in told[:MOST_VALUES]:
            share = f"{one['yield']:.0%}, interval {one['low']:.0%} to {one['high']:.0%}"
            yield f"    {terminal.printable(value)}: {one['kept']:,} of {one['pieces']:,} ({share})"
        if len(told) > MOST_VALUES:
            yield f"    and {len(told) - MOST_VALUES:,} more (--json has all)"
