"""evalmap write compare: the results of two phrasings side by side, as tables or JSON."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from evalmap.cli import terminal
from evalmap.cli.progress import Bars
from evalmap.cli.terminal import WorkspaceOption

STAGE = "compare"


def compare(
    results: Annotated[
        list[Path],
        typer.Argument(metavar="RESULT…", help="Folders that evalmap write made; or one, whose plan has several templates."),
    ],
    answers: Annotated[
        list[str] | None,
        typer.Option("--answers", help="A model's answers to the rows: a file, or an answer set by id or label (repeatable)."),
    ] = None,
    similarity: Annotated[
        float, typer.Option(min=0.01, max=1, help="A row is covered where the other has one at least so alike (cosine similarity).")
    ] = 0.6,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Of the samples, folds and shuffles.")] = 0,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write everything as JSON into this file, too.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Compare phrasings of one behaviour: what each yields, how varied it is, whether they are told apart, how models answer."""
    from evalmap.answers.asking.run_job import compare_job_location
    from evalmap.answers.store import AnswerStore
    from evalmap.data.store.jobs import JobFile
    from evalmap.data.store.outputs import check_outputs, write_together
    from evalmap.embeddings import pipeline
    from evalmap.embeddings.encoder import DEFAULT_MODEL
    from evalmap.embeddings.vectors import embed_few
    from evalmap.writing.phrasings import compare_phrasings

    check_outputs({"output": output}, [])
    space = terminal.open_workspace(workspace)
    job = JobFile(space, compare_job_location(results[0]), f"comparison of the phrasings in {results[0].name}")
    encoder = pipeline.SentenceEncoder(DEFAULT_MODEL)

    def on_progress(done: int, total: int) -> None:
        job.progress(STAGE, done, total)
        bars.progress(STAGE, done, total)

    with job.ended_if_stopped(), Bars() as bars:
        found = compare_phrasings(
            results,
            embed=lambda texts: embed_few(texts, encoder),
            answers=answers or (),
            store=AnswerStore(space),
            similarity=similarity,
            seed=seed,
            progress=on_progress,
        )
        if output is not None:
            write_together({output: (json.dumps(found, ensure_ascii=False, indent=2) + "\n").encode()})
    job.finish("done")
    if as_json:
        terminal.print_json(found)
    else:
        terminal.print_lines(_lines(found))


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    phrasings = found["phrasings"]
    names = [one["name"] for one in phrasings]
    yield f"“{phrasings[0]['behaviour']}” · kind {phrasings[0]['kind']}"
    yield from (f"  {note}" for note in found["notes"])
    labels = list(dict.fromkeys(label for one in phrasings for label in one["yields"] if label != "all"))
    rows = [("pieces written", [f"{one['pieces']:,}" for one in phrasings])]
    rows += [("rows kept", [f"{one['rows']:,}" for one in phrasings])]
    rows += [(f"yield, {label}", [_share(one["yields"].get(label)) for one in phrasings]) for label in [*labels, "all"]]
    reasons = dict.fromkeys(reason for one in phrasings for reason in one["reasons"])
    rows += [(f"  {reason}", [f"{one['reasons'].get(reason, 0):,}" for one in phrasings]) for reason in reasons]
    if any(one["confidence"] for one in phrasings):
        rows += [
            (
                "label confidence, mean of all judged",
                [_figure(one["confidence"] and {**one["confidence"], "value": one["confidence"]["mean"]}) for one in phrasings],
            )
        ]
    yield from _table("", names, rows)
    n = phrasings[0]["diversity"]["n"]
    if n:
        statistics = list(phrasings[0]["diversity"]["statistics"])
        from evalmap.screening.quality.report_tables import in_reading_order, statistic_name

        rows = [
            (statistic_name(name), [_figure(one["diversity"]["statistics"].get(name)) for one in phrasings])
            for name in in_reading_order(statistics)
        ]
        yield from _table(f"How varied they are, in samples of {n:,} rows each", names, rows)
    for pair in found["pairs"]:
        yield ""
        yield f"{names[pair['a']]} − {names[pair['b']]}"
        yield from (f"  {line}" for line in _pair_lines(pair, names))
    for one in found["answers"]:
        rows = [("rows answered", [f"{own['n']:,}" for own in one["phrasings"]])]
        rows += [("agreement with the label", [_share(own["agreement"]) for own in one["phrasings"]])]
        rows += [
            (f"  label {label}", [_share(own["by_label"].get(label)) for own in one["phrasings"]])
            for label in dict.fromkeys(label for own in one["phrasings"] for label in own["by_label"])
        ]
        rows += [("mean P(matching)", [_figure(own["p_matching"]) for own in one["phrasings"]])]
        yield from _table(f"Answers of {one['label']}", names, rows)
        for pair in one["pairs"]:
            difference = pair["agreement"]
            yield f"  {names[pair['a']]} − {names[pair['b']]}: agreement {_points(difference)}{_pvalue(difference)}"


def _pair_lines(pair: Mapping[str, Any], names: Sequence[str]) -> Iterator[str]:
    a, b = names[pair["a"]], names[pair["b"]]
    yield f"yield: {_points(pair['yield'])}{_pvalue(pair['yield'])}"
    apart = pair["separability"]
    if apart["auc"] is None:
        yield f"told apart: cannot be said ({apart['reason']})"
    else:
        yield (
            f"told apart: AUC {apart['auc']:.2f} ({apart['low']:.2f} to {apart['high']:.2f}; .5 not at all, 1 wholly), "
            f"{apart['control_auc']:.2f} with shuffled sides, {apart['n']:,} rows of each"
        )
    yield f"rows of {a} covered by {b}: {_share(pair['coverage']['a_by_b'])}; of {b} by {a}: {_share(pair['coverage']['b_by_a'])}"
    yield f"rows of {a} with a near-duplicate in {b}: {pair['shared']:,}"
    if pair["confidence"]:
        one = pair["confidence"]
        yield f"label confidence: {_figure(one)}{_pvalue(one)}"


def _table(title: str, columns: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]]) -> Iterator[str]:
    widths = [max(len(column), *(len(cells[at]) for _, cells in rows)) for at, column in enumerate(columns)]
    first = max(len(name) for name, _ in rows)
    yield from ([""] if not title else ["", title])
    yield "  " + "  ".join([" " * first, *(column.rjust(width) for column, width in zip(columns, widths, strict=True))]).rstrip()
    for name, cells in rows:
        yield "  " + "  ".join([name.ljust(first), *(cell.rjust(width) for cell, width in zip(cells, widths, strict=True))])


def _share(one: Mapping[str, Any] | None) -> str:
    if not one or one["value"] is None:
        return "–"
    return f"{one['value']:.1%} ({one['low']:.1%} to {one['high']:.1%})"


def _figure(one: Mapping[str, Any] | None) -> str:
    if not one or one["value"] is None:
        return "–"
    return f"{one['value']:.3g}" + ("" if one["low"] is None else f" ({one['low']:.3g} to {one['high']:.3g})")


def _points(one: Mapping[str, Any]) -> str:
    if one["value"] is None:
        return "cannot be said"
    return f"{100 * one['value']:+.1f} points ({100 * one['low']:+.1f} to {100 * one['high']:+.1f})"


def _pvalue(one: Mapping[str, Any]) -> str:
    return "" if one["pvalue"] is None else f", p {one['pvalue']:.2g}"
