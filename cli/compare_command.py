"""evalmap compare: two to eight built datasets side by side, as tables, JSON or an HTML file."""

from pathlib import Path
from typing import Annotated, Any

import typer

from evalmap.cli import limits, terminal
from evalmap.cli.progress import Bars
from evalmap.cli.terminal import WorkspaceOption
from evalmap.data.errors import DatasetError

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
    from evalmap.screening.coverage import comparison, comparison_store
    from evalmap.screening.coverage.comparison_job import IF_KILLED, SHARES, job_location
    from evalmap.screening.pairs.pair_store import pairs_of

    wanted = limits.parse_limits(fail_over, FIGURES)
    settings = comparison.ComparisonSettings(similarity=similarity, threshold=threshold, reworded=reworded, seed=seed)
    space = terminal.open_workspace(workspace)
    comparison.check_number(len(datasets))
    maps = [load_map(space, space.find(dataset)) for dataset in datasets]
    comparison.check_comparable(maps)
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
                    report = comparison.compare(
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
    datasets = found["datasets"]
    for place, dataset in enumerate(datasets):
        terminal.print_line(f"{_letter(place)}: {dataset['name']}, {dataset['n']:,} rows")
    for pair in found["separability"]["pairs"]:
        terminal.print_line(_apart(pair))


def _apart(pair: dict[str, Any]) -> str:
    both = f"{_letter(pair['a'])} and {_letter(pair['b'])}"
    if pair["reason"]:
        return f"Whether {both} can be told apart cannot be said: {pair['reason']}."
    return f"{both} are told apart with an AUC of {pair['auc']:.3f}"


def _letter(place: int) -> str:
    return "ABCDEFGH"[place]
