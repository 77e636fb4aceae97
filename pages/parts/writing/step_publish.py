"""Publish: the rows, and with them all that tells how they came about; and the commands that do the same."""

import io
import shlex
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st

from evalmap.pages.parts.writing.open_plan import OpenPlan
from evalmap.pages.server import access
from evalmap.pages.shared import text

WITH_PATHS = ("plan.toml", "plan.yaml", "recipe.json", "datasheet.md")


def draw(plan: OpenPlan) -> None:
    """The downloads and the commands."""
    if plan.result is None:
        st.info("Nothing is written yet.", icon=":material/edit_note:")
        _draw_commands(plan)
        return
    rows, name = plan.result.rows, plan.place.name
    if plan.plan is not None and plan.plan.kind == "free":
        st.markdown("The rows are texts, with their labels where they have any.")
    st.markdown(
        "The rows are an ordinary dataset in the schema of anthropics/evals, which lm-evaluation-harness and Inspect read. "
        "The folder holds them with the plan, the counts, what was set aside and where each row comes from."
    )
    files: list[tuple[str, str, str, Callable[[], bytes]]] = []
    if rows is not None:
        files.append(("The rows (JSONL)", rows.name, "application/x-ndjson", rows.read_bytes))
    files.append(("The folder (zip)", f"{name}.zip", "application/zip", partial(zipped, plan.place.result, name)))
    with st.container(horizontal=True):
        for label, file, mime, made in files:
            st.download_button(
                label, made, file_name=file, mime=mime, key=f"write-{file}", icon=":material/download:", on_click="ignore"
            )
    st.caption(text.in_label(" · ".join(inside for _, inside in _files(plan.place.result)), limit=1_000))
    _draw_commands(plan)


def zipped(folder: Path, name: str) -> bytes:
    """All files below a folder as one archive, in a folder of that name."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, inside in _files(folder):
            content = path.read_bytes()
            if path.name in WITH_PATHS:  # of a model file, or of a template
                content = access.without_paths(content.decode("utf-8", "replace")).encode()
            archive.writestr(f"{name}/{inside}", content)
    return packed.getvalue()


def _files(folder: Path) -> list[tuple[Path, str]]:
    """(path, name within the folder) of all files that are whole; those of several templates lie in folders of their own."""
    found = ((path, path.relative_to(folder)) for path in sorted(folder.rglob("*")) if path.is_file())
    return [(path, str(inside)) for path, inside in found if not any(part.startswith(".") for part in inside.parts)]


def _draw_commands(plan: OpenPlan) -> None:
    st.markdown("**The same in a terminal**")
    here = access.serves_this_machine_only()
    path = shlex.quote(str(plan.place.path)) if here else "plan.toml"
    folder = shlex.quote(str(plan.place.result)) if here else "result"
    lines = [f"evalmap write {path} --output {folder}"]
    if plan.result is not None:
        if (rows := plan.result.rows) is not None:
            lines += [f"evalmap build {shlex.quote(str(rows)) if here else rows.name}"]
        if len(plan.results) > 1:
            lines += [f"evalmap write compare {folder}"]
    if plan.map is not None:
        slug = plan.map.slug
        lines += [f"evalmap {command} {slug}" for command in ("quality report", "screen", "review", "write gap", "card")]
    st.code("\n".join(lines), language=None, wrap_lines=True)
