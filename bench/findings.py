"""What docs/findings says of a folder of evaluations, figure by figure; nothing is embedded, so each takes seconds to minutes.

    python -m evalmap.bench.findings duplicates PATH                rows that repeat another, within files and across them
    python -m evalmap.bench.findings copies PATH --prompts PATH     rows that are copies of few-shot prompts
    python -m evalmap.bench.findings lengths PATH                   words and negations by label
    python -m evalmap.bench.findings shortcuts PATH [--files N]     how well the first two words guess the labels, file by file
    python -m evalmap.bench.findings flags PATH                     rows that named rules find, where no embeddings are needed

PATH is a folder of files, or a file. Tables are in Markdown.
"""

import argparse
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from evalmap.data.errors import DatasetError
from evalmap.data.opening import open_dataset
from evalmap.data.text.normalization import NORMALIZATIONS, normalize, redundant
from evalmap.screening.output.dataset_card import code
from evalmap.screening.quality.flags.find_flags import find_flags
from evalmap.screening.quality.flags.flag_rules import FlagInput
from evalmap.screening.quality.shortcut_predictors import NEGATIONS, first_two_words
from evalmap.screening.quality.shortcuts import find_shortcuts, leave_one_out_majority

NEGATION = re.compile(rf"\b(?:{'|'.join(sorted(NEGATIONS))})\b|n['’]t\b", re.IGNORECASE)
WORST = 6  # files listed
MANY = 0.8  # of the labels guessed right
Row = Sequence[object]


def duplicates(examples: pd.DataFrame) -> list[str]:
    """Rows − distinct texts under each normalization, within files, in the whole, in the worst files; texts of several files."""
    files = {str(name): own["text"].astype(str).tolist() for name, own in examples.groupby("dataset", sort=True)}
    of_files = {name: [redundant(texts, way) for way in NORMALIZATIONS] for name, texts in files.items()}
    within = np.sum(list(of_files.values()), axis=0)
    whole = [redundant(examples["text"].astype(str), way) for way in NORMALIZATIONS]
    worst = sorted(of_files, key=lambda name: (-of_files[name][-1], name))[:WORST]
    rows: list[Row] = [("within files", len(examples), *within), ("within the folder", len(examples), *whole)]
    rows += [(name, len(files[name]), *of_files[name]) for name in worst if of_files[name][-1]]
    plain = pd.Series([normalize(text, "caseless") for text in examples["text"].astype(str)], index=examples.index)
    by_text = examples.groupby(plain)
    several = by_text["dataset"].nunique() > 1
    opposite = several & (by_text["label"].nunique() > 1)
    several_files = f"{several.sum():,} texts (case and spaces aside) stand in more than one file"
    said = f"{several_files}, {opposite.sum():,} of them with opposite labels."
    return [*_table(("repeat another row", "rows", *NORMALIZATIONS), rows), "", said]


def copies(examples: pd.DataFrame, prompts: pd.DataFrame) -> list[str]:
    """Rows that are copies of one of the few-shot prompts, by file."""
    (found,) = find_flags(FlagInput(examples, few_shot=prompts["text"].astype(str).tolist()), rules=["few_shot_copy"])
    counts = examples["dataset"].iloc[found.rows].value_counts()
    rows: list[Row] = [("all", len(found.rows)), *((str(name), int(count)) for name, count in counts.items())]
    return _table(("copies of a few-shot prompt", "rows"), rows)


def lengths(examples: pd.DataFrame) -> list[str]:
    """Mean words, and share of rows with a negation, of the rows of each label."""
    texts = examples["text"].astype(str)
    rows: list[Row] = []
    for label, own in texts.groupby(examples["label"].astype(str).str.strip()):
        words = np.array([len(text.split()) for text in own])
        negations = np.array([bool(NEGATION.search(text)) for text in own])
        rows.append((str(label), len(own), f"{words.mean():.1f}", f"{100 * negations.mean():.1f} %"))
    return _table(("label", "rows", "mean words", "with a negation"), rows)


def shortcuts(examples: pd.DataFrame, *, files: int | None = None) -> list[str]:
    """How well the first two words alone guess the labels of each file.

    Leave-one-out: by the commonest label of the other rows that open alike. Cross-validated: by a classifier, with equal rows in
    one fold; the control is the same on shuffled labels.
    """
    found: dict[str, tuple[float, float, float]] = {}
    telling: dict[str, str] = {}
    for name, own in list(examples.groupby("dataset", sort=True))[:files]:
        (one,) = find_shortcuts(own.reset_index(drop=True), predictors=["first_two_words"], remove=0)
        if not one.reason:
            labelled = own[own["label"].notna()]
            left_out = leave_one_out_majority([first_two_words(str(text)) for text in labelled["text"]], labelled["label"].tolist())
            found[str(name)] = left_out, one.accuracy, one.control
            most = one.phrases[0] if one.phrases else None
            telling[str(name)] = f"{code(most.text.replace('|', ' '))}: {most.label.strip()}, {most.rows:,} rows" if most else ""
    if not found:
        raise DatasetError("no file has labels that could be guessed: at least 20 rows of two labels are needed.")
    table = np.array(list(found.values()))
    worst = sorted(found, key=lambda name: (-found[name][0], name))[:WORST]
    rows: list[Row] = [("mean of all", *_percents(table.mean(axis=0)), "")]
    rows += [(f"files above {100 * MANY:.0f} %", *((table > MANY).sum(axis=0).tolist()), "")]
    rows += [(name, *_percents(found[name]), telling[name]) for name in worst]
    head = ("file", "leave-one-out", "cross-validated", "control", "tells most")
    return [f"{len(found)} files.", "", *_table(head, rows)]


def flags(examples: pd.DataFrame) -> list[str]:
    """Rows that each rule finds; rules that need more than the rows are left out."""
    found = sorted((one for one in find_flags(FlagInput(examples)) if one.count), key=lambda one: (-len(one.rows), one.rule))
    return _table(("rule", "rows", "what it says"), [(one.rule, len(one.rows), one.meaning) for one in found])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("finding", choices=("duplicates", "copies", "lengths", "shortcuts", "flags"))
    parser.add_argument("path", type=Path)
    parser.add_argument("--prompts", type=Path, help="(copies) the few-shot prompts")
    parser.add_argument("--files", type=int, help="(shortcuts) the first so many files")
    given = parser.parse_args()
    try:
        examples = open_dataset(given.path).examples
        if given.finding == "copies":
            if given.prompts is None:
                parser.error("copies needs --prompts, the folder of the few-shot prompts")
            lines = copies(examples, open_dataset(given.prompts).examples)
        elif given.finding == "shortcuts":
            lines = shortcuts(examples, files=given.files)
        else:
            lines = {"duplicates": duplicates, "lengths": lengths, "flags": flags}[given.finding](examples)
    except DatasetError as error:
        parser.error(str(error))
    print("\n".join(lines))


def _percents(ratios: Iterable[float]) -> list[str]:
    return [f"{100 * ratio:.1f} %" for ratio in ratios]


def _table(head: Sequence[str], rows: Iterable[Row]) -> list[str]:
    """A table in Markdown; the first column is text."""
    cells = [[f"{cell:,}" if isinstance(cell, int | np.integer) else str(cell) for cell in row] for row in rows]
    return [f"| {' | '.join(head)} |", f"|---|{'---:|' * (len(head) - 1)}", *(f"| {' | '.join(row)} |" for row in cells)]


if __name__ == "__main__":
    main()
