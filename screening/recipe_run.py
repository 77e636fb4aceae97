"""A recipe from beginning to end: load the rows, embed them, screen them, write the files."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evalmap.data.errors import DatasetError
from evalmap.data.exporting import export_format_of, write_table
from evalmap.data.opening import open_dataset
from evalmap.data.records import Dataset, SetAside
from evalmap.data.roles import describe
from evalmap.data.store import disk
from evalmap.data.store.outputs import write_together
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.array_types import Encoder
from evalmap.embeddings.pipeline import embed_texts
from evalmap.screening.combining import join
from evalmap.screening.curation.curation_journal import read_curation
from evalmap.screening.curation.replay import curated_rows, curation_report
from evalmap.screening.keep.by_hand import DecisionLog, RowKey, Step, decisions_path
from evalmap.screening.output.files import check_outputs, kept_jsonl, removed_jsonl
from evalmap.screening.output.run_subsets import inspect_sample_ids, lm_eval_samples
from evalmap.screening.output.screened_name import screened_name, with_name
from evalmap.screening.output.screening_html import html_report
from evalmap.screening.output.screening_report import report, report_json
from evalmap.screening.pair_judgements import PairJudgements, read_on
from evalmap.screening.pairs.pair_store import pairs_of_embeddings
from evalmap.screening.recipe import Recipe
from evalmap.screening.recipe_file import recipe_yaml
from evalmap.screening.screening import Screening, screen, search_for
from evalmap.screening.variants.keys import variant_fields_of
from evalmap.screening.variants.variants import Differences
from evalmap.screening.weights import weights_table

StageProgress = Callable[[str, int, int], None]  # (stage, done, total)


@dataclass(frozen=True)
class RecipeRun:
    """A screening, its report and the files that were written."""

    screening: Screening
    report: dict[str, Any]
    written: tuple[Path, ...]
    decisions: int  # made by hand, of which the report counts the rows that are still there
    notes: tuple[str, ...] = ()  # about the reading


@dataclass(frozen=True)
class RecipeRows:
    """The rows of a recipe's paths, then of what they are compared against; the first `own` are of its paths."""

    dataset: Dataset
    own: int
    set_aside: tuple[SetAside, ...]
    sources: tuple[str, ...]  # where each of the paths came from, as the site calls it too
    decided: pd.DataFrame  # the rows of the paths, under the names that decisions by hand know them by


def load_rows(recipe: Recipe, *, workspace: Workspace, progress: StageProgress = lambda stage, done, total: None) -> RecipeRows:
    """Read what a recipe names.

    Raises
    ------
    DatasetError : in one sentence, what is wrong with a path or its rows
    """

    def opened(path: str) -> Dataset:
        def on_progress(done: int, _: int) -> None:
            progress("records", done, 0)

        return open_dataset(path, options=recipe.read, downloads=workspace.downloads, progress=on_progress)

    datasets = [opened(path) for path in recipe.paths]
    against = [opened(path) for path in recipe.against]
    joined = join([*datasets, *against])
    aside = joined.set_aside[: sum(len(dataset.set_aside) for dataset in datasets)]
    own = sum(map(len, datasets))
    # Joined, files that share a name are renamed; to a hand they were those of one dataset.
    decided = datasets[0].examples if len(datasets) == 1 else joined.examples.iloc[:own]
    return RecipeRows(joined, own, aside, tuple(dataset.source for dataset in datasets), decided)


def run_recipe(
    recipe: Recipe,
    *,
    workspace: Workspace,
    encoder: Encoder | None = None,
    write_recipe: Path | None = None,
    by_hand: bool = False,
    disputed: Callable[[str, pd.DataFrame], Sequence[RowKey]] | None = None,
    progress: StageProgress = lambda stage, done, total: None,
) -> RecipeRun:
    """Do what a recipe says; the same rows, recipe and versions give the same files, byte for byte.

    Either all of its files are written or none is.

    Parameters
    ----------
    write_recipe : also write the recipe here
    by_hand : apply the decisions and the curation that the workspace holds about the dataset, in place of the recipe's own
    disputed : asked with the dataset's source and rows, the rows that go because of what people say of them. They become the
        recipe's first decision, so that it does the same without people; what is decided by hand comes before it

    Raises
    ------
    DatasetError : in one sentence, what is wrong with the paths, the rows, the options or the outputs; `by_hand`, and there are no
        decisions; it or `disputed`, and several paths
    """
    if not recipe.paths:
        raise DatasetError("nothing to screen: name a path, or a recipe that does.", "recipe")
    _outputs(recipe, write_recipe)
    if by_hand and len(recipe.paths) != 1:
        raise DatasetError(f"decisions by hand belong to one dataset, and {len(recipe.paths):,} paths were given.", "by_hand")
    if disputed is not None and len(recipe.paths) != 1:
        raise DatasetError(f"reviews belong to one dataset, and {len(recipe.paths):,} paths were given.", "drop_disputed")
    rows = load_rows(recipe, workspace=workspace, progress=progress)
    if by_hand:
        recipe = replace(recipe, **_by_hand(workspace, rows.sources[0]))
    if disputed is not None and (keys := tuple(disputed(rows.sources[0], rows.decided))):
        first, others = Step("remove", keys), recipe.decisions.steps
        recipe = replace(recipe, decisions=DecisionLog([first, *others[others[:1] == [first] :]]))
    name = screened_name(recipe)
    to = _outputs(recipe, write_recipe)
    curated = curated_rows(recipe.curation, rows.decided)
    joined, own = rows.dataset, rows.own
    texts = joined.examples["embedded_text"].tolist()
    with workspace.leased() as leased:
        key, vectors = embed_texts(texts, workspace=leased, model=recipe.model, encoder=encoder, progress=progress)
        with disk.reading(leased.entry("embeddings", key), is_there=True):
            truncated = np.load(leased.entry("embeddings", key) / "truncated.npy")
            described = json.loads((leased.entry("embeddings", key) / "meta.json").read_text(encoding="utf-8"))
        pairs = pairs_of_embeddings(
            texts,
            vectors,
            key=key,
            workspace=leased,
            **search_for(recipe.options),
            progress=lambda done, total: progress("pairs", done, total),
        )
    variant_fields = variant_fields_of(joined.reading, describe(joined.roles), joined.fields.columns)
    if by_hand and len(judgements := PairJudgements.load(workspace, rows.sources[0])):
        how = {"method": recipe.options.method, "normalization": recipe.options.normalization, "merge": recipe.options.merge}
        differences = Differences(texts, fields=joined.fields, variant_fields=variant_fields)
        reading = read_on(pairs, judgements, rows.decided, differences=differences, **how)
        recipe = replace(recipe, judged=reading.kept(judgements))
    screening = screen(
        joined.examples,
        vectors,
        options=recipe.options,
        fields=joined.fields,
        variant_fields=variant_fields,
        own=own,
        pairs=pairs,
        decisions=curated.within(recipe.decisions.rows(rows.decided)),
        set_aside=rows.set_aside,
        truncated=truncated,
    )
    tags = curated.tags if recipe.with_tags else {}
    kept = kept_jsonl(screening, with_set_aside=recipe.keep_set_aside, tags=tags)
    removed = removed_jsonl(screening, with_set_aside=not recipe.keep_set_aside, tags=tags)
    payload = report(
        screening,
        settings={
            "inputs": {str(name): int(count) for name, count in joined.examples["dataset"].value_counts(sort=False).items()},
            "roles": describe(joined.roles),
            "part": joined.part,
            "encoder": described,
        },
        files={"kept": kept, "removed": removed},
        name=name,
        set_aside_kept=recipe.keep_set_aside,
        curation=curation_report(recipe.curation, curated),
        judged=recipe.judged.figures() if recipe.judged else None,
    )
    contents = {
        to["out"]: lambda: kept,
        to["removed"]: lambda: removed,
        to["report"]: lambda: report_json(payload),
        to["html"]: lambda: html_report(screening, payload),
        to["weights"]: lambda: write_table(weights_table(screening), export_format_of(to["weights"] or Path()) or ""),
        to["lm_eval_samples"]: lambda: lm_eval_samples(screening, task=recipe.lm_eval_task),
        to["inspect_ids"]: lambda: inspect_sample_ids(screening),
        to["write_recipe"]: lambda: recipe_yaml(recipe, to["write_recipe"] or Path()),
    }
    files = {path: content() for path, content in contents.items() if path is not None}
    write_together(files)
    return RecipeRun(screening, payload, tuple(files), len(recipe.decisions), joined.notes)


def _outputs(recipe: Recipe, write_recipe: Path | None) -> dict[str, Path | None]:
    """The setting of each output → its path, the set's name filled in.

    Raises
    ------
    DatasetError : one of them cannot be written
    """
    name = screened_name(recipe)
    paths = {setting: with_name(path, name) for setting, path in {**recipe.outputs, "write_recipe": write_recipe}.items()}
    check_outputs(paths, [*recipe.paths, *recipe.against])
    return paths


def _by_hand(workspace: Workspace, source: str) -> dict[str, Any]:
    """What was decided about the dataset, under the name that opening it gave it: the one that the site files decisions by."""
    log, steps = DecisionLog.load(workspace, source), read_curation(workspace, source).active
    if not len(log) and not steps:
        path = decisions_path(workspace, source)
        raise DatasetError(
            f"{source}: no decisions by hand were found (looked for {path}). Decide on the duplicates page, or do without them.",
            "by_hand",
        )
    return {"decisions": log, "curation": steps}
