"""Precision and recall of the flags on rows with planted defects (`python -m evalmap.tools.flag_precision`).

tests/screening/quality/planted_flags.jsonl holds the rows, each with the rules that it breaks (none on its clean part); `few_shot`
is no dataset but what a writer was given. What only a map can tell (outliers, texts cut by the encoder) is not asked.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evalmap.screening.example_table import example_table
from evalmap.screening.pairs.near_duplicates import find_near_duplicates
from evalmap.screening.quality.flags.find_flags import find_flags
from evalmap.screening.quality.flags.flag_rules import FLAG_RULES, FlagInput

PLANTED = Path(__file__).resolve().parents[1] / "tests" / "screening" / "quality" / "planted_flags.jsonl"
OF_A_MAP = ("cut_by_window", "outlier")


@dataclass(frozen=True)
class RuleScore:
    """How one rule did.

    planted, found : rows that break the rule, and those that it flagged, by their lines in the file (from 1)
    """

    planted: frozenset[int]
    found: frozenset[int]

    @property
    def precision(self) -> float:
        """Ratio of flagged rows that break the rule, 0–1; nan where none was flagged."""
        return len(self.planted & self.found) / len(self.found) if self.found else float("nan")

    @property
    def recall(self) -> float:
        """Ratio of rows that break the rule that were flagged, 0–1; nan where none breaks it."""
        return len(self.planted & self.found) / len(self.planted) if self.planted else float("nan")


def score_rules(path: Path = PLANTED) -> Mapping[str, RuleScore]:
    """rule → how it did on the rows of a file."""
    listed: list[dict[str, Any]] = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    few_shot = [row["text"] for row in listed if row["dataset"] == "few_shot"]
    lines = [line for line, row in enumerate(listed, start=1) if row["dataset"] != "few_shot"]
    rows = [listed[line - 1] for line in lines]
    table = example_table(pd.DataFrame(rows).drop(columns="planted").astype({"label": "object"}))
    vectors = np.eye(len(rows), dtype=np.float32)  # no two rows near in meaning: alike in letters is enough here
    pairs = find_near_duplicates([row["text"] for row in rows], vectors)
    given = FlagInput(table, pairs=pairs, few_shot=few_shot)
    rules = [rule for rule in FLAG_RULES if rule not in OF_A_MAP]
    return {
        flag.rule: RuleScore(
            frozenset(line for line, row in zip(lines, rows, strict=True) if flag.rule in row["planted"]),
            frozenset(lines[row] for row in flag.rows.tolist()),
        )
        for flag in find_flags(given, rules=rules)
    }


def main() -> None:
    """Print a table, and what was missed and invented."""
    print(f"{'rule':24}{'planted':>8}{'found':>8}{'precision':>11}{'recall':>8}")
    for rule, one in score_rules().items():
        print(f"{rule:24}{len(one.planted):8}{len(one.found):8}{one.precision:11.2f}{one.recall:8.2f}")
        for word, some in (("missed", one.planted - one.found), ("invented", one.found - one.planted)):
            if some:
                print(f"    {word}: lines {', '.join(map(str, sorted(some)))}")


if __name__ == "__main__":
    main()
