"""The files that a screening leaves, and the recipe that makes them again."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from evalmap.data.errors import DatasetError
from evalmap.data.exporting import write_table
from evalmap.data.locations import location_of
from evalmap.data.records import ReadOptions
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.parts.duplicates.duplicate_controls import ScreenChoices
from evalmap.pages.parts.duplicates.duplicate_pairs import PageScreening
from evalmap.pages.server import screenings
from evalmap.pages.server.access import without_paths
from evalmap.pages.server.curations import curation_of
from evalmap.pages.shared import state, text
from evalmap.screening.curation.replay import curation_report
from evalmap.screening.keep.by_hand import DecisionLog
from evalmap.screening.keep.k_center import check_target
from evalmap.screening.output.files import kept_jsonl, removed_jsonl
from evalmap.screening.output.screened_name import screened_name
from evalmap.screening.output.screening_html import html_report
from evalmap.screening.output.screening_report import report, report_json
from evalmap.screening.pair_judgements import JudgedThreshold
from evalmap.screening.pair_types import Pairs, Selection
from evalmap.screening.recipe import Recipe
from evalmap.screening.recipe_file import recipe_yaml
from evalmap.screening.screening import Screening, screen
from evalmap.screening.screening_options import ScreeningOptions
from evalmap.screening.weights import weights_table


def draw(built: BuiltMap, pairs: Pairs, screening: PageScreening, choices: ScreenChoices) -> None:
    """What to keep beyond the threshold, and the downloads; each file is made when it is asked for."""
    st.caption(
        "Kept rows are the source lines, byte for byte where the source is JSONL; removed rows each say which kept row they are "
        "like, and by which numbers. The recipe makes the same files again: evalmap screen --recipe recipe.yaml."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        labeled = bool(built.manifest.labels)
        balance = st.toggle("Restore the label balance", key=state.BALANCE, persist_state="session", disabled=not labeled)
        most = len(built)
        exactly = "Keep exactly (0: all that are left)"
        target = st.number_input(exactly, 0, most, 0, key=state.TARGET, persist_state="session", width=260)
    options = ScreeningOptions(
        threshold=choices.threshold,
        method=choices.method,
        normalization=choices.normalization,
        keep=choices.keep,
        contrast="protect" if choices.protect else "remove",
        merge=choices.merge,
        templates=choices.templates,
        template_rules=choices.template_rules,
        balance=balance and labeled,
        target=int(target) or None,
        drop_flagged=choices.drop_flagged,
    )
    try:
        _check_target(built, pairs, screening, options)
    except DatasetError as error:
        text.show_error(error)
        return
    name = screened_name(_recipe(built, options, screening.log))

    def made(write: Callable[[Screening], bytes]) -> Callable[[], bytes]:
        return lambda: write(screen_map(built, pairs, options, screening.log))

    with st.container(horizontal=True):
        for label, file, mime, write in (
            ("Kept rows", f"{name}-kept.jsonl", "application/x-ndjson", kept_jsonl),
            ("Removed rows", f"{name}-removed.jsonl", "application/x-ndjson", removed_jsonl),
            ("Report (JSON)", f"{name}-report.json", "application/json", lambda s: report_json(report_of(built, s, screening.log))),
            ("Report (HTML)", f"{name}-report.html", "text/html", lambda s: html_report(s, report_of(built, s, screening.log))),
            ("Weights (CSV)", f"{name}-weights.csv", "text/csv", lambda s: write_table(weights_table(s), "csv")),
            ("Recipe", "recipe.yaml", "application/yaml", lambda s: recipe_of(built, s.options, screening.log)),
        ):
            st.download_button(
                label, made(write), file_name=file, mime=mime, key=f"screen-{file}", icon=":material/download:", on_click="ignore"
            )
    source = text.in_label(without_paths(built.manifest.source, built.manifest.source), limit=200)
    st.caption(f"The recipe names the dataset beside it: keep it in the folder of {source}.")


def _check_target(built: BuiltMap, pairs: Pairs, screening: PageScreening, options: ScreeningOptions) -> None:
    """Whether the files can be made; a download could no longer say it on the page."""
    if options.target is None:
        return
    selection = screening.selection
    if options.balance:
        decisions = json.dumps([screening.log.as_list(), curation_of(built).signature])
        manifest = built.manifest
        selection = _balanced(manifest.slug, manifest.fingerprint, replace(options, target=None), decisions, built, pairs)
    check_target(selection, options.target)


@st.cache_resource(max_entries=8, show_spinner="Restoring the label balance …")
def _balanced(slug: str, fingerprint: str, options: ScreeningOptions, decisions: str, _built: BuiltMap, _pairs: Pairs) -> Selection:
    made, _ = json.loads(decisions)
    return screen_map(_built, _pairs, options, DecisionLog.from_list(made)).selection


def screen_map(built: BuiltMap, pairs: Pairs, options: ScreeningOptions, log: DecisionLog) -> Screening:
    """The whole screening of a built map, balance and target included."""
    return screen(
        built.examples,
        built.vectors,
        options=options,
        fields=built.fields,
        variant_fields=screenings.variant_fields(built),
        pairs=pairs,
        decisions=curation_of(built).rows.within(log.rows(built.examples)),
        set_aside=built.set_aside,
        truncated=built.truncated,
        outliers=built.outliers,
    )


def report_of(built: BuiltMap, screening: Screening, log: DecisionLog) -> dict[str, Any]:
    """What report.json holds, as the command line would write it."""
    manifest = built.manifest
    settings = {
        "inputs": manifest.datasets,
        "roles": manifest.roles,
        "part": manifest.settings.part,
        "encoder": manifest.settings.encoder | {"model": without_paths(str(manifest.settings.encoder["model"]))},
    }
    curation, recipe = curation_of(built), _recipe(built, screening.options, log)
    return report(
        screening,
        settings=settings,
        files={"kept": kept_jsonl(screening), "removed": removed_jsonl(screening)},
        name=screened_name(recipe),
        curation=curation_report(curation.steps.active, curation.rows),
        judged=recipe.judged.figures() if recipe.judged else None,
    )


def recipe_of(built: BuiltMap, options: ScreeningOptions, log: DecisionLog) -> bytes:
    """The recipe that makes the same files from the source, to be kept in the source's folder."""
    source = built.manifest.source
    return recipe_yaml(_recipe(built, options, log), Path(source).parent / "recipe.yaml")


def _recipe(built: BuiltMap, options: ScreeningOptions, log: DecisionLog) -> Recipe:
    return Recipe(
        paths=(location_of(built.manifest.source),),
        read=ReadOptions(**built.manifest.read),
        model=without_paths(built.manifest.settings.model),
        options=options,
        decisions=log,
        curation=curation_of(built).steps.active,
        judged=_judged(built, options),
    )


def _judged(built: BuiltMap, options: ScreeningOptions) -> JudgedThreshold | None:
    """The judgements about pairs and what follows from them; None where there are none."""
    made = screenings.judgements(built)
    pairs = screenings.stored_pairs(built.manifest.slug, built.manifest.fingerprint) if len(made) else None
    if pairs is None:
        return None
    how = {"method": options.method, "normalization": options.normalization, "merge": options.merge}
    return screenings.reading_of(built, pairs, **how).kept(made)
