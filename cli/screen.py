"""evalmap screen: the screening from a terminal."""

from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from evalmap.cli import terminal
from evalmap.cli.progress import Bars
from evalmap.cli.terminal import (
    MODEL,
    ChoicesOption,
    ConfidenceOption,
    EmbedOption,
    EncodingOption,
    GroupOption,
    HeaderOption,
    IdOption,
    LabelOption,
    PartOption,
    TextOption,
    TurnOption,
    WorkspaceOption,
    YesOption,
)
from evalmap.data.errors import DatasetError
from evalmap.data.text.normalization import NORMALIZATIONS
from evalmap.screening.keep.order import RULE_NAMES
from evalmap.screening.recipe import Recipe
from evalmap.screening.recipe_file import read_recipe
from evalmap.screening.recipe_run import RecipeRun, run_recipe
from evalmap.screening.templates.template_rules import WRITTEN, read_rules
from evalmap.screening.variants.variants import KINDS

Normalization = Literal["bytes", "caseless", "typographic", "alphanumeric", "N0", "N1", "N2", "N3"]  # the last four: earlier names


def screen(
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="PATH…", help="Files, folders, https addresses, hf://owner/name.")
    ] = None,
    threshold: Annotated[float | None, typer.Option(help="Rows this similar or more are alike (default: 0.95).")] = None,
    method: Annotated[
        Literal["exact", "lexical", "semantic", "all"] | None,
        typer.Option(help="What makes rows alike: equal text, shared characters, meaning, any of them (default: all)."),
    ] = None,
    layer: Annotated[Literal["exact", "lexical", "semantic", "all"] | None, typer.Option(hidden=True)] = None,
    normalization: Annotated[
        Normalization | None,
        typer.Option(
            metavar=f"[{'|'.join(NORMALIZATIONS)}]",
            help="Equal text: to the byte, but for case and spaces, also for typography (default), also for signs.",
        ),
    ] = None,
    normalise: Annotated[Normalization | None, typer.Option(hidden=True)] = None,
    keep: Annotated[
        str | None,
        typer.Option(help=f"Which of two stays: {', '.join(RULE_NAMES)} (default: confidence, else medoid)."),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, max=2**32 - 1, help="For --keep random (default: 42).")] = None,
    contrast: Annotated[
        Literal["protect", "remove"] | None,
        typer.Option(help="Rows alike whose labels differ: keep both, or treat them as any (default: protect)."),
    ] = None,
    merge: Annotated[
        str | None,
        typer.Option(
            metavar=",".join(KINDS),
            help="Treat rows that differ in these only as duplicates (default: such rows are variants, and both stay).",
        ),
    ] = None,
    drop_flagged: Annotated[
        str | None,
        typer.Option(metavar="RULE,…", help="Remove rows with these flags first: no_question … (evalmap quality lists them)."),
    ] = None,
    templates: Annotated[
        str | None,
        typer.Option(
            metavar="RULE[,ID=RULE…]",
            help=f"What is done with rows equal but for short slots: {WRITTEN}; of one template by id (default: told of only).",
        ),
    ] = None,
    balance: Annotated[
        bool | None, typer.Option("--balance/--no-balance", help="Remove further rows until the label shares are as before.")
    ] = None,
    target: Annotated[int | None, typer.Option(help="Keep exactly so many rows, spread out, labels in their shares.")] = None,
    against: Annotated[list[str] | None, typer.Option(help="Remove also what is like a row of this PATH (repeatable).")] = None,
    by_hand: Annotated[
        bool, typer.Option("--by-hand", help="Apply the decisions made by hand on the site, and the steps made on the map.")
    ] = False,
    drop_disputed: Annotated[
        bool,
        typer.Option("--drop-disputed", help="Remove rows whose label people refuse, or cannot agree on (evalmap review)."),
    ] = False,
    keep_set_aside: Annotated[
        bool | None, typer.Option("--keep-set-aside/--remove-set-aside", help="Keep rows without text (default: remove).")
    ] = None,
    with_tags: Annotated[
        bool | None, typer.Option("--with-tags/--without-tags", help="Write the tags of rows behind their fields, as evalmap_tags.")
    ] = None,
    text: TextOption = None,
    label: LabelOption = None,
    confidence: ConfidenceOption = None,
    choices: ChoicesOption = None,
    group: GroupOption = None,
    id: IdOption = None,
    part: PartOption = None,
    turn: TurnOption = None,
    embed: EmbedOption = None,
    yes: YesOption = None,
    encoding: EncodingOption = None,
    header: HeaderOption = None,
    model: Annotated[str | None, MODEL] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write the kept rows here (JSONL): lines of a JSONL file byte for byte, other rows as JSON.")
    ] = None,
    removed: Annotated[Path | None, typer.Option(help="Write the removed rows here, each with its reason (JSONL).")] = None,
    report: Annotated[Path | None, typer.Option(help="Write the counts, settings and versions here (JSON).")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a report to read here: one file that needs nothing else.")] = None,
    weights: Annotated[
        Path | None,
        typer.Option(help="Write every row's weight here, 1 / rows of its near-duplicate group (.jsonl, .csv or .parquet)."),
    ] = None,
    lm_eval_samples: Annotated[
        Path | None, typer.Option(help="Write the kept rows for lm-evaluation-harness here: the JSON of its --samples.")
    ] = None,
    lm_eval_task: Annotated[
        str | None, typer.Option(help="What a file's task is called there, {file} standing for the file's name (default: {file}).")
    ] = None,
    inspect_ids: Annotated[
        Path | None, typer.Option(help="Write the kept rows for Inspect here: the line of its --sample-id.")
    ] = None,
    recipe: Annotated[Path | None, typer.Option(help="Do what this file says; options given here come before it.")] = None,
    write_recipe: Annotated[Path | None, typer.Option(help="Write what was asked for here, for --recipe.")] = None,
    fail_over: Annotated[
        float | None, typer.Option(help="Exit with 1 where more than this ratio (0 to 1) of the rows are near-duplicates.")
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Find near-duplicates and write the rows to keep, with a reason for each that goes.

    Several PATHs are screened as one set. {name} in the path of a file stands for the name of the kept set.
    """
    if fail_over is not None and not 0 <= fail_over <= 1:
        raise DatasetError(f"--fail-over {fail_over:g}: expected a ratio from 0 to 1, such as 0.05.")
    space = terminal.open_workspace(workspace)
    given: dict[str, Any] = {
        "threshold": threshold,
        "method": method or layer,
        "normalization": normalization or normalise,
        "keep": keep,
        "seed": seed,
    }
    given |= {"merge": _listed(merge), "drop_flagged": _listed(drop_flagged)}
    if templates is not None:
        given["templates"], own = read_rules(templates)
        given["template_rules"] = tuple(own.items()) or None
    given |= {"contrast": contrast, "balance": balance, "target": target, "keep_set_aside": keep_set_aside, "part": part}
    given |= {"text": text, "label": label, "confidence": confidence, "choices": choices, "group": group, "id": id}
    given |= {"model": _model(model), "turn": turn, "embed": embed, "yes": yes}
    given |= {"encoding": encoding, "header": header}
    given |= {"out": out, "removed": removed, "report": report, "html": html}
    given |= {"weights": weights, "lm_eval_samples": lm_eval_samples, "lm_eval_task": lm_eval_task, "inspect_ids": inspect_ids}
    given |= {"with_tags": with_tags}
    given |= {"paths": tuple(paths) if paths else None, "against": tuple(against) if against else None}
    plan = (read_recipe(recipe) if recipe else Recipe()).with_given(**given)
    disputed = None
    if drop_disputed:
        from evalmap.writing.review.disputed_rows import rows_to_drop

        disputed = partial(rows_to_drop, space)
    with Bars() as bars:
        done = run_recipe(
            plan, workspace=space, write_recipe=write_recipe, by_hand=by_hand, disputed=disputed, progress=bars.progress
        )
    terminal.print_lines(sentences(done))
    _fail(done, fail_over)


def _listed(given: str | None) -> tuple[str, ...] | None:
    return None if given is None else tuple(name.strip() for name in given.split(",") if name.strip())


def sentences(done: RecipeRun) -> list[str]:
    """What a screening did, in a few lines for a person."""
    report = done.report
    settings = ", ".join(f"{name} {report[name]}" for name in ("method", "normalization", "keep"))
    how = f"threshold {report['threshold']:g}, {settings}"
    lines = [f"{report['rows']:,} rows: {report['kept']:,} kept, {report['removed']:,} removed ({how})"]
    pairs, groups, contrast = (report[name] for name in ("pairs", "groups", "contrast_pairs"))
    lines.append(f"  {pairs:,} pairs, {groups:,} groups, {contrast:,} contrast pairs")
    lines += _about_variants(report)
    lines += _about_templates(report["templates"])
    lines += [f"  {count:,} {rule}" for rule, count in report["removed_by"].items()]
    if report["drop_flagged"]:
        lines.append(f"  flags: {', '.join(f'{rule} {count:,}' for rule, count in report['flagged'].items())}")
    if done.decisions:
        applied = done.screening.selection.settings
        hand = f"{applied['kept_by_hand']:,} rows kept, {applied['removed_by_hand']:,} removed"
        lines.append(f"  {done.decisions:,} {'decision' if done.decisions == 1 else 'decisions'} by hand: {hand}")
    for step in report["curation"]:
        gone = f", {step['removed']:,} removed" if step["action"] == "delete" else ""
        rows = f": {step['found']:,} of {step['rows']:,} rows found{gone}" if step["rows"] else ""
        lines.append(f"  step {step['step']} on the map, {step['action']} ({step['chosen']}){rows}")
    before, after = report["label_share"]["before"], report["label_share"]["after"]
    if before:
        now = {label: f"{100 * after.get(label, 0):.1f} %" if after else "–" for label in before}
        moves = [f"{label} {100 * share:.1f} % → {now[label]}" for label, share in before.items()]
        lines.append(f"  labels: {', '.join(moves[:6])}{' …' if len(moves) > 6 else ''}")
    if report["smallest_distance"] is not None:
        lines.append(f"  smallest distance kept: {report['smallest_distance']:.4f}")
    lines += [f"  note: {note}" for note in done.notes]
    lines += [f"  warning: {warning}" for warning in report["warnings"]]
    lines.append(f"  name of the kept set: {report['name']}")
    lines.append(f"  SHA-256 of the kept rows: {report['sha256']['kept']}")
    return [*lines, *(f"  written: {path}" for path in done.written)]


def _about_variants(report: dict[str, Any]) -> list[str]:
    """How many pairs were kept apart by what they differ in, and how many were merged."""
    found = []
    if report["variant_pairs"]:
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in report["variants"].items() if count)
        found.append(f"  {report['variant_pairs']:,} pairs are variants, both rows kept ({kinds})")
    if report["merge"]:
        found.append(f"  {report['merged_pairs']:,} pairs that differ in {', '.join(report['merge'])} only: treated as duplicates")
    return found


def _about_templates(found: dict[str, Any]) -> list[str]:
    """How many rows are of templates, how many of them go, and by which rule."""
    if found["templates"] is None:
        return ["  templates were not looked for among so many rows: evalmap templates does, and so does --templates RULE"]
    if not found["templates"]:
        return []
    some = "template" if found["templates"] == 1 else "templates"
    rules = [*([found["rule"]] if found["rule"] else []), *(f"{one} {rule}" for one, rule in found["rules"].items())]
    rule = f"rule {', '.join(rules)}" if rules else "no rule: --templates keep-all keeps them"
    return [f"  {found['rows']:,} rows of {found['templates']:,} {some}, {found['removed']:,} of them removed ({rule})"]


def _fail(done: RecipeRun, most: float | None) -> None:
    """Raise where too many rows are near-duplicates; the files are written all the same."""
    rows, duplicates = done.report["rows"], done.report["duplicates"]
    if most is not None and duplicates > most * rows:
        share = f"{duplicates:,} of {rows:,} rows ({100 * duplicates / rows:.1f} %)"
        raise DatasetError(f"{share} are near-duplicates at {done.report['threshold']:g}, more than --fail-over {most:g} allows.")


def _model(model: str | None) -> str | None:
    """A folder by its full path, so that it is one model wherever it is named from."""
    return str(Path(model).expanduser().resolve()) if model and Path(model).expanduser().is_dir() else model
