"""evalmap compare: two to eight built datasets side by side, as tables, JSON or an HTML file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from evalmap.cli import limits, terminal
from evalmap.cli.progress import Bars
from evalmap.cli.terminal import WorkspaceOption
from evalmap.data.errors import DatasetError
from evalmap.data.store import outputs
from evalmap.screening.coverage.comparison_sentences import changes, letter, percent, told_apart
from evalmap.screening.quality.report_tables import estimate_text, in_reading_order, statistic_name

FIGURES = {
    "separability": "the AUC of telling the first dataset from the second",
    "stripped_separability": "the AUC of telling the first dataset from the second without their wrapping",
    "overlap": "the largest share of a dataset's rows with a near-duplicate in another one",
    "uncovered": "the largest share of a dataset's rows that another one has nothing like",
    "repeats": "the largest share of a dataset's rows with a near-duplicate in itself",
}


def compare(
    datasets: Annotated[
        list[str], typer.Argument(metavar="DATASET DATASET…", help="Two to eight built datasets: paths that were built, or names.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    html: Annotated[Path | None, typer.Option("--html", help="Write a report for readers without Evalmap: one HTML file.")] = None,
    seeds: Annotated[
        Path | None, typer.Option("--seeds", help="Write typical rows of the gaps as JSONL, to write more rows like them from.")
    ] = None,
    similarity: Annotated[
        float, typer.Option(help="A row is covered where the other dataset has one at least so alike (cosine similarity).")
    ] = 0.6,
    threshold: Annotated[float, typer.Option(help="Similarity from which on two rows are near-duplicates.")] = 0.95,
    reworded: Annotated[float, typer.Option(help="Similarity from which on a row is a reworded one of another version.")] = 0.85,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Of the samples, folds and shuffles.")] = 0,
    fail_over: Annotated[
        str | None,
        typer.Option(
            "--fail-over", metavar="NAME=LIMIT,…", help=f"End with 3 where a figure passes its limit; of {', '.join(FIGURES)}."
        ),
    ] = None,
    shared_map: Annotated[
        bool, typer.Option("--shared-map", help="Lay them out together too, for the Compare page of the site.")
    ] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Compare built datasets: are they told apart, what does one cover of the other, what is missing, which words differ?

    The first two stand at the top; order matters for nothing else. Two versions of one file are matched row by row. For files
    written from two phrasings of one prompt, compare them as any two: rows that are not repeats, variety at equal n, separability
    and words.
    """
    from evalmap.data.store.jobs import JobFile
    from evalmap.embeddings import shared_layout
    from evalmap.embeddings.built_map import load_map
    from evalmap.embeddings.pipeline import encoder_of
    from evalmap.embeddings.vectors import embed_few
    from evalmap.screening.coverage import comparison_store, dataset_comparison, gaps
    from evalmap.screening.coverage.comparison_html import comparison_html
    from evalmap.screening.coverage.comparison_job import IF_KILLED, SHARES, job_location
    from evalmap.screening.pairs.pair_store import pairs_of

    wanted = limits.parse_limits(fail_over, FIGURES)
    settings = dataset_comparison.ComparisonSettings(similarity=similarity, threshold=threshold, reworded=reworded, seed=seed)
    space = terminal.open_workspace(workspace)
    dataset_comparison.check_number(len(datasets))
    manifests = [space.find(dataset) for dataset in datasets]
    outputs.check_outputs({"html": html, "seeds": seeds}, [manifest.location for manifest in manifests])
    maps = [load_map(space, manifest) for manifest in manifests]
    dataset_comparison.check_comparable(maps)
    found = comparison_store.stored_comparison(space, maps, settings)
    together = sorted(maps, key=lambda built: built.manifest.slug)  # one layout, whatever the order
    to_lay_out = shared_map and shared_layout.stored_shared_layout(together, space) is None
    if found is None or to_lay_out:
        names = [built.manifest.name for built in maps]
        laid_out = 0.4 if to_lay_out else 0.0  # of two files of 1,000 rows
        shares = {stage: share * laid_out for stage, share in shared_layout.SHARES.items()} if to_lay_out else {}
        shares |= {stage: share * (1 - laid_out) for stage, share in SHARES.items()}
        location = job_location([built.manifest.slug for built in maps])
        job = JobFile(space, location, f"comparison of {', '.join(names)}", shares=shares, if_killed=f"{names[0]}: {IF_KILLED}")
        try:
            with Bars() as bars:

                def on_progress(stage: str, done: int, total: int) -> None:
                    job.progress(stage, done, total)
                    bars.progress(stage, done, total)

                if to_lay_out:
                    own = encoder_of(maps[0].manifest)
                    shared_layout.shared_layout_of(together, space, embed=lambda texts: embed_few(texts, own), progress=on_progress)
                if found is None:
                    pairs = []
                    for built in maps:
                        pairs.append(pairs_of(built, space, progress=lambda done, total: on_progress("pairs", done, total)))
                    report = dataset_comparison.compare(
                        maps, pairs=pairs, encoder=encoder_of(maps[0].manifest), settings=settings, progress=on_progress
                    )
                    comparison_store.write_comparison(space, maps, report, settings)
                    found = report.as_dict()
        except DatasetError as error:
            job.finish("failed", error=str(error))
            raise
        except BaseException as error:
            job.finish("failed" if isinstance(error, Exception) else "cancelled", error=f"{type(error).__name__}: {error}")
            raise
        job.finish("done", slug=maps[0].manifest.slug)
    files = {}
    if html is not None:
        files[html] = comparison_html(found)
    if seeds is not None:
        files[seeds] = gaps.seed_lines(found, [built.examples for built in maps])
    outputs.write_together(files)
    if as_json:
        terminal.print_json(found)
    else:
        _print_comparison(found)
    limits.end_over_limits(limits.exceeded(wanted, figures(found), FIGURES))


def figures(found: dict[str, Any]) -> dict[str, float | None]:
    """The figures that can be limited, of a comparison as JSON holds it."""
    matrix = found["overlap"]["matrix"]
    places = range(len(matrix))
    sizes = [dataset["n"] for dataset in found["datasets"]]
    return {
        "separability": found["separability"]["auc"],
        "stripped_separability": found["separability"]["stripped_auc"],
        "overlap": max(matrix[i][j] for i in places for j in places if i != j),
        "uncovered": max(len(gap["rows"]) / sizes[gap["of"]] for gap in found["gaps"]),
        "repeats": max(matrix[i][i] for i in places),
    }


def _print_comparison(found: dict[str, Any]) -> None:
    """Tables for a person; each dataset is called by its letter."""
    datasets, settings = found["datasets"], found["settings"]
    letters = [letter(place) for place in range(len(datasets))]
    for place, dataset in enumerate(datasets):
        labels = ", ".join(f"{count:,} {label}" for label, count in list(dataset["label_counts"].items())[:4])
        terminal.print_line(f"{letters[place]}: {dataset['name']}, {dataset['n']:,} rows" + (f" ({labels})" if labels else ""))
    with terminal.printing():
        for pair in found["separability"]["pairs"]:
            terminal.print_line("")
            terminal.print_lines(told_apart(pair))
        _print_table(
            f"Rows with one at least {settings['similarity']:g} alike (cosine) in the other dataset",
            ("of", "covered by", "share", "95 % interval", "uncovered rows", "what is uncovered"),
            [_covered(found, gap) for gap in found["gaps"]],
        )
        _print_table(
            f"Rows with a near-duplicate (similarity from {settings['threshold']:g} on)",
            ("of", *(f"in {name}" for name in letters)),
            [(name, *(percent(share) for share in row)) for name, row in zip(letters, found["overlap"]["matrix"], strict=True)],
        )
        for terms in found["terms"]:
            a, b = letters[terms["a"]], letters[terms["b"]]
            sides = [[term for term in terms["terms"] if (term["log_odds"] > 0) is first] for first in (True, False)]
            words = [", ".join(f"{t['term']} ({t['count_a']:,} | {t['count_b']:,})" for t in side[:8]) for side in sides]
            terminal.print_line("")
            terminal.print_line(f"Words that set {a} and {b} apart (rows that have them: {a} | {b})")
            terminal.print_lines([f"  {name}: {told or 'none that is sure'}" for name, told in zip((a, b), words, strict=True)])
        _print_table(
            "Clusters of all rows together",
            ("cluster", *letters),
            [(one["name"], *(f"{count:,}" for count in one["counts"])) for one in found["clusters"]],
        )
        _print_table(*_variety(found, letters))
        if versions := found["versions"]:
            terminal.print_line("")
            terminal.print_line(changes(versions))


def _print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, markup=False, emoji=False)
    console = console if console.is_terminal else Console(highlight=False, markup=False, emoji=False, width=200)
    table = Table(box=None, pad_edge=False)
    for at, column in enumerate(columns):
        table.add_column(column, justify="left" if at == 0 or column in ("covered by", "what is uncovered") else "right")
    for row in rows:
        table.add_row(*(terminal.printable(cell) for cell in row))
    terminal.print_lines(["", title])
    console.print(table)


def _covered(found: dict[str, Any], gap: dict[str, Any]) -> tuple[str, ...]:
    covered = gap["covered"]
    names = "; ".join(f"{cluster['name']} ({cluster['size']:,})" for cluster in gap["clusters"][:2])
    interval = f"{percent(covered['low'])} to {percent(covered['high'])}"
    share = percent(covered["value"])
    return letter(gap["of"]), letter(gap["by"]), share, interval, f"{len(gap['rows']):,}", names


def _variety(found: dict[str, Any], letters: Sequence[str]) -> tuple[str, Sequence[str], list[list[str]]]:
    """How varied each dataset is: a row a statistic, a column a dataset, with the interval of one sample."""
    cards = found["scorecards"]
    rows = [["rows that are no repeats, of all", *(f"{card['distinct']:,} ({percent(card['distinct_ratio'])})" for card in cards)]]
    for name in in_reading_order(cards[0]["statistics"]):
        figures = [estimate_text(card["statistics"][name], name) or "–" for card in cards]
        rows.append([statistic_name(name), *figures])
    size = f"in samples of {cards[0]['n']:,} rows each" if cards[0]["n"] else f"no samples: {cards[0]['reason']}"
    return f"How varied they are, {size}", ("statistic", *letters), rows
