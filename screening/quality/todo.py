"""What is to be done about a dataset: problems, each with its evidence, its rows and what mends it.

Every function here reads one section of a report, as JSON holds it, and names the problems that it shows; `ranked` orders them.
"""

import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from evalmap.data.store.manifest import Manifest

Mend = Literal["drop", "screen", "export", "write", "decide"]
BEYOND_CHANCE = 0.05  # ratio of labels guessed right beyond chance and control, from which on a shortcut is a problem
REPEATING = 0.2  # chance that the next row repeats one that is there, from which on that is a problem
# What a screening should not drop in silence: rule → what to do with its rows
DECIDE = {
    "contradicting_labels": "Read the pairs and decide which label is right.",
    "outlier": "Read them: a row far from all others may be a stray, or the only one of its kind.",
    "cut_by_window": "Their ends are not compared. Build the map with an encoder of a longer window, or shorten them.",
}


@dataclass(frozen=True)
class Facts:
    """The dataset as a report names it.

    name, slug : of the dataset; location : where a command finds it
    rows, set_aside : examples, and rows that are none
    labels : rows a label, the most frequent first
    datasets : rows a file
    """

    name: str
    slug: str
    location: str
    rows: int
    set_aside: int
    labels: dict[str, int]
    datasets: dict[str, int]

    @classmethod
    def of(cls, manifest: Manifest) -> "Facts":
        """What a map's manifest says of it."""
        told = {name: getattr(manifest, name) for name in ("name", "slug", "location", "rows", "set_aside", "labels", "datasets")}
        return cls(**told)

    def as_dict(self) -> dict[str, Any]:
        """As JSON-able values."""
        return asdict(self)


@dataclass(frozen=True)
class Problem:
    """Something that is to be done.

    Attributes
    ----------
    id : names it for links: the section, and what of it
    section : of the report, that tells more
    title : in a few words
    count : rows affected
    rows : the rows to look at first, ascending; all that are affected where they can be named, () where they cannot
    evidence : a sentence with the figures
    mend : drop (a screening removes the rows first), screen (near-duplicates go), export (a list to work with), write (new rows),
        decide (a person reads them)
    remedy : a sentence on what mends it
    command : does it from a terminal; "" where no command does
    """

    id: str
    section: str
    title: str
    count: int
    rows: tuple[int, ...]
    evidence: str
    mend: Mend
    remedy: str
    command: str = ""

    def as_dict(self) -> dict[str, Any]:
        """As JSON-able values."""
        return {**asdict(self), "rows": list(self.rows)}


def ranked(problems: Sequence[Problem]) -> list[Problem]:
    """The problem of the most rows first; equal ones as they come."""
    return sorted(problems, key=lambda problem: -problem.count)


def of_duplicates(value: Any, facts: Facts) -> list[Problem]:
    """Rows that a screening with default settings removes."""
    if not value["count"]:
        return []
    evidence = (
        f"{_share(value['count'], facts.rows)} are near-duplicates of a row that stays, at {value['threshold']:g}; "
        f"the largest group holds {value['largest']:,} rows."
    )
    command = f"evalmap screen {_path(facts)} --out kept.jsonl --removed removed.jsonl"
    remedy = "Screen: of each group one row stays."
    return [
        Problem("duplicates", "duplicates", "Near-duplicates", value["count"], _rows(value), evidence, "screen", remedy, command)
    ]


def of_flags(value: Any, facts: Facts) -> list[Problem]:
    """One problem a rule that found rows."""
    found = []
    for flag in value:
        if not flag["count"]:
            continue
        rule, evidence = flag["rule"], f"{_share(flag['count'], facts.rows)}: {flag['meaning']}"
        decide = DECIDE.get(rule)
        mend: Mend = "decide" if decide else "drop"
        command = "" if decide else f"evalmap screen {_path(facts)} --drop-flagged {rule} --out kept.jsonl"
        remedy = decide or "Mend the rows, or screen with --drop-flagged: they go first, each with its reason."
        found.append(Problem(f"flags.{rule}", "flags", words(rule), flag["count"], _rows(flag), evidence, mend, remedy, command))
    return found


def of_shortcuts(value: Any, facts: Facts) -> list[Problem]:
    """The strongest shortcut, if any beats chance and control; the others in its evidence."""
    beating = [one for one in value if _excess(one) > BEYOND_CHANCE]
    if not beating:
        return []
    worst = max(beating, key=_excess)
    count = round((worst["accuracy"] - worst["chance"]) * sum(facts.labels.values()))
    others = len(beating) - 1
    more = f" {others} more of the predictors {'beats' if others == 1 else 'beat'} chance as well." if others else ""
    phrases = ", ".join(
        f"“{one['text']}” ({one['rows']:,} rows, {_percent(one['share'])} {one['label']})" for one in worst["phrases"][:3]
    )
    told = f" Most telling: {phrases}." if phrases else ""
    evidence = (
        f"{words(worst['predictor'])} alone guesses {_percent(worst['accuracy'])} of the labels, the commonest label "
        f"{_percent(worst['chance'])}: {count:,} rows more.{told}{more}"
    )
    remedy = f"Reword the rows of the worst phrases, or drop the {len(worst['rows']):,} rows that are guessed most surely."
    id = f"shortcuts.{worst['predictor']}"
    return [Problem(id, "shortcuts", "Labels given away", count, _rows(worst), evidence, "export", remedy)]


def of_balance(value: Any, facts: Facts) -> list[Problem]:
    """The clusters whose labels deviate from the dataset's."""
    uneven = [cluster for cluster in value["clusters"] if cluster["flagged"]]
    if not uneven:
        return []
    count = len(value["to_drop"])
    worst = min(uneven, key=lambda cluster: cluster["qvalue"])
    labels = ", ".join(f"{rows:,} {label}" for label, rows in worst["counts"].items())
    evidence = (
        f"In {len(uneven)} of {len(value['clusters'])} clusters the labels are not shared out as in the dataset "
        f"(q < .05), most in {worst['id']} “{worst['name']}” ({labels})."
    )
    more = sum(sum(cluster["to_write"].values()) for cluster in uneven)
    remedy = f"Drop {count:,} rows inside the clusters, or write {more:,} more for them (the table below says of what)."
    rows = tuple(value["to_drop"])
    return [Problem("balance", "balance", "Labels uneven inside clusters", count, rows, evidence, "export", remedy)]


def of_saturation(value: Any, facts: Facts) -> list[Problem]:
    """More of the same would repeat what is there."""
    new = value["p_new"]["value"]
    if value["reason"] or new is None or 1 - new < REPEATING:
        return []
    remedy = "Write differently before writing more: other prompts, other examples, narrower topics."
    count = value["n"] - value["distinct"]
    return [Problem("saturation", "saturation", "Saturated", count, (), value["sentence"], "write", remedy)]


def words(name: str) -> str:
    """A rule's or predictor's name as words: "no_question" is "No question"."""
    return name.replace("_", " ").capitalize()


def _excess(shortcut: Any) -> float:
    """Ratio of labels guessed right beyond chance and control; below any where nothing was measured."""
    if shortcut["accuracy"] is None or shortcut["control"] is None:
        return -1.0
    return shortcut["accuracy"] - max(shortcut["chance"], shortcut["control"])


def _rows(value: Any) -> tuple[int, ...]:
    return tuple(value["rows"])


def _share(count: int, rows: int) -> str:
    return f"{count:,} of {rows:,} rows ({_percent(count / rows)})"


def _percent(ratio: float) -> str:
    return f"{100 * ratio:.1f} %"


def _path(facts: Facts) -> str:
    return shlex.quote(facts.location)
