"""evalmap review: people check rows in the terminal, and what their judgements come to."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from evalmap.cli import terminal
from evalmap.cli.terminal import DatasetArgument, WorkspaceOption
from evalmap.data.errors import DatasetError

if TYPE_CHECKING:
    from evalmap.answers.reading.reviews import Review
    from evalmap.embeddings.built_map import BuiltMap
    from evalmap.screening.keep.by_hand import RowKey
    from evalmap.writing.review.review_store import ReviewStore

_FITS = {"y": True, "n": False, "?": None}
_HELP = "y: yes, n: no, ?: can't say, s: skip, b: take the last one back, q: quit"


def review(
    dataset: DatasetArgument,
    reviewer: Annotated[str | None, typer.Option(help="Your name; others may review the same rows.")] = None,
    sample: Annotated[int, typer.Option(min=1, help="Rows to review.")] = 100,
    by: Annotated[
        Literal["random", "stratified", "worst"],
        typer.Option(
            help="Draw them at random, with the share of each label and cluster, or the worst first (flags, low confidence)."
        ),
    ] = "random",
    seed: Annotated[int, typer.Option(help="The same seed draws the same rows.")] = 42,
    reviewers: Annotated[
        str | None, typer.Option(metavar="NAME,…", help="Share the rows out among these people (default: everybody reads all).")
    ] = None,
    overlap: Annotated[float, typer.Option(help="Ratio of the rows that all of --reviewers read, 0 to 1.")] = 0.2,
    blind: Annotated[
        bool, typer.Option("--blind", help="Do not show the label: you say which one is right, and the rest follows.")
    ] = False,
    report: Annotated[bool, typer.Option("--report", help="Ask nothing; say what the reviews come to.")] = False,
    settle: Annotated[
        str | None,
        typer.Option(
            metavar="[FILE:]LINE=yes|no|open", help="Decide by hand whether a row's label fits, whatever the reviewers say."
        ),
    ] = None,
    export: Annotated[Path | None, typer.Option(help="Write all judgements to this .jsonl or .csv file.")] = None,
    import_: Annotated[Path | None, typer.Option("--import", help="Read judgements from a JSONL or CSV file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Check rows by reading them: does the label fit, how relevant is the row, is it ambiguous.

    Each answer is one letter or number, and each judgement is on the disk before the next row is shown; the same command goes on
    from there. People review by name, on one workspace at the same time, or elsewhere with --export and --import.
    """
    from evalmap.data.store.outputs import check_outputs, write_together
    from evalmap.embeddings.built_map import load_map
    from evalmap.writing.review.behaviour_line import behaviour_line
    from evalmap.writing.review.label_options import require_options
    from evalmap.writing.review.review_sample import names_of, queues
    from evalmap.writing.review.review_store import ReviewStore
    from evalmap.writing.review.review_table import read_reviews, written_reviews

    space = terminal.open_workspace(workspace)
    manifest = space.find(dataset)
    check_outputs({"export": export}, [manifest.location])
    built = load_map(space, manifest)
    store = ReviewStore(space, manifest.source)
    lines: list[str] = []
    if import_ is not None:
        given = read_reviews(import_, built.examples)
        lines.append(f"{import_}: {len(given):,} judgements, {store.add(given):,} of them new")
    if settle is not None:
        lines.append(_settle(store, built, settle))
    if export is not None:
        made = store.judgements()
        write_together({export: written_reviews(made, built.examples, ending=export.suffix.lower())})
        lines.append(f"written: {export} ({len(made):,} judgements)")
    if lines and not as_json:
        terminal.print_lines(lines)
    if not lines and not report and not as_json:
        if reviewer is None or not reviewer.strip():
            raise DatasetError("whose judgements are these? Say your name, or --report to read what there is.", "reviewer")
        people = names_of(reviewers)
        if reviewers is not None and not people:
            raise DatasetError(f"--reviewers {reviewers!r} names nobody. Write names with commas between them.")
        if blind:
            require_options(built)
        who = reviewer.strip()
        shared = queues(built, who, sample=sample, by=by, seed=seed, people=people, overlap=overlap)
        _review(store, built, who, shared, by, blind, behaviour=behaviour_line(space, manifest))
    if report or as_json:
        _report(store, built, as_json)


def _review(
    store: "ReviewStore",
    built: "BuiltMap",
    reviewer: str,
    queues: Mapping[str, Sequence[int]],
    by: str,
    blind: bool,
    *,
    behaviour: str,
) -> None:
    from evalmap.screening.keep.by_hand import row_keys
    from evalmap.writing.review.review_queue import left

    keys = row_keys(built.examples)
    passed: set[int] = set()
    terminal.print_line(f"{built.manifest.name}: {len(queues[reviewer]):,} rows for {reviewer}. {_HELP}")
    if behaviour:
        terminal.print_line(f"the rows are to show whether somebody “{behaviour}”")
    while True:
        judged = {(row, review.reviewer) for row, review in store.on(built.examples)}
        rest = left(queues, judged)
        rows = [row for row in rest[reviewer] if row not in passed]
        if rows:
            at = len(queues[reviewer]) - len(rest[reviewer]) + 1
            said = _ask(built, rows[0], reviewer, by, blind, at, len(queues[reviewer]))
        else:
            said = "back" if _key("no row is left; take the last judgement back, or quit? [b/q]", {"b", "q"}) == "b" else "quit"
        if said == "quit":
            break
        if said == "back":
            taken = store.take_back(reviewer)
            terminal.print_line("nothing to take back" if taken is None else f"taken back: {_place(built, keys, taken[0])}")
        elif said == "skip":
            passed.add(rows[0])
        else:
            store.add([(keys[rows[0]], said)])
    judged = {(row, review.reviewer) for row, review in store.on(built.examples)}
    for name, rows in left(queues, judged).items():
        terminal.print_line(f"  {name}: {len(queues[name]) - len(rows):,} of {len(queues[name]):,} rows judged, {len(rows):,} left")


def _ask(
    built: "BuiltMap", row: int, reviewer: str, by: str, blind: bool, at: int, of: int
) -> "Review | Literal['quit', 'back', 'skip']":
    """What a person says of a row; the end of the input is quit, and half a judgement is none."""
    from evalmap.answers.reading.reviews import Review
    from evalmap.writing.review.label_options import label_options

    dataset, line = built.identity(row)
    options = label_options(built, row)
    terminal.print_lines(["", f"row {at} of {of} ({dataset} line {line})", f"  {built.text(row)}"])
    fits: bool | None = None
    if options is None:
        letter = _key("review this row? [y/s/b/q]", {"y", "s", "b", "q"})
    elif blind:
        letter = _choice(options.names)
    else:
        terminal.print_line(f"  label: {options.right}")
        letter = _key("does the label fit? [y/n/?/s/b/q]", {*_FITS, "s", "b", "q"})
    if letter in (None, "q"):
        return "quit"
    if letter in ("b", "s"):
        return "back" if letter == "b" else "skip"
    if options is not None and letter != "?":
        fits = options.names[int(letter) - 1] == options.right if blind else _FITS[letter]
    score = _key("how relevant? 1 (not at all) to 5 [1-5/?]", {*"12345", "?"})
    unclear = None if score is None else _key("ambiguous? [y/n/?, then a comment if you like]", set(_FITS), more=True)
    if score is None or unclear is None:
        return "quit"
    relevance = None if score == "?" else int(score)
    return Review(reviewer, fits, relevance, _FITS[unclear[0]], comment=unclear[1:].strip(), sample=by)


def _choice(names: Sequence[str]) -> str | None:
    """The number of the label that was chosen, by its number or by itself, or one of ? s b q; None at the end of the input."""
    numbers = {str(number): name for number, name in enumerate(names, start=1)}
    shown = ", ".join(f"{number}: {name}" for number, name in numbers.items())
    question = f"which label is right? {shown} [1-{len(names)}/?/s/b/q]"
    while True:
        try:
            said = typer.prompt(terminal.printable(question), default="", show_default=False, prompt_suffix=" ").strip()
        except typer.Abort:
            return None
        if said in numbers or said.lower() in ("?", "s", "b", "q"):
            return said.lower()
        by_name = [number for number, name in numbers.items() if name.casefold() == said.casefold()]
        if len(by_name) == 1:
            return by_name[0]


def _key(question: str, keys: set[str], *, more: bool = False) -> str | None:
    """The key that was typed (with what follows where `more`), asked again until it is one; None at the end of the input."""
    while True:
        try:
            said = typer.prompt(terminal.printable(question), default="", show_default=False, prompt_suffix=" ").strip()
        except typer.Abort:
            return None
        if (key := said[:1].lower()) in keys and (more or len(said) == 1):
            return key + said[1:]


def _place(built: "BuiltMap", keys: Sequence["RowKey"], key: "RowKey") -> str:
    if key not in keys:
        return "a row that the dataset does not hold now"
    dataset, line = built.identity(keys.index(key))
    return f"{dataset} line {line}"


def _settle(store: "ReviewStore", built: "BuiltMap", given: str) -> str:
    from evalmap.screening.keep.by_hand import row_keys

    verdicts = {"yes": True, "no": False, "open": None}
    place, _, verdict = given.rpartition("=")
    dataset, _, line = place.rpartition(":")
    datasets = sorted({str(name) for name in built.examples["dataset"]})
    dataset = dataset or (datasets[0] if len(datasets) == 1 else "")
    row = built.row_of(dataset, int(line)) if line.isdecimal() and verdict in verdicts else None
    if row is None:
        raise DatasetError(
            f"{given!r}: expected LINE=yes, no or open (FILE:LINE=… where there are several files) of a row that is there.",
            "settle",
        )
    store.settle(row_keys(built.examples)[row], verdicts[verdict])
    return (
        f"{dataset} line {line}: "
        + {True: "the label fits", False: "the label does not fit", None: "open again"}[verdicts[verdict]]
    )


def _report(store: "ReviewStore", built: "BuiltMap", as_json: bool) -> None:
    from evalmap.answers.reporting.judge_section import judge_section
    from evalmap.writing.review.review_report import report_lines, review_report

    reviews = store.on(built.examples)
    judge = judge_section(store.workspace, built, reviews=reviews)
    found = review_report(built, reviews, settled=store.settled_on(built.examples), judge=judge)
    if as_json:
        terminal.print_json(found)
    else:
        terminal.print_lines(report_lines(built.manifest.name, found))
