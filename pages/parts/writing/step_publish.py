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

WITH_PATHS = ("plan.toml", "recipe.json", "datasheet.md")


def draw(plan: OpenPlan) -> None:
    """The downloads and the commands."""
    if plan.result is None:
        st.info("Nothing is written yet.", icon=":material/edit_note:")
        _draw_commands(plan)
        return
    rows, name = plan.result.rows, plan.place.name
    st.markdown(
        "The rows are an ordinary dataset in the schema of anthropics/evals, which lm-evaluation-harness and Inspect read. "
        "The folder holds them with the plan, the counts, what was set aside and where each row comes from."
    )
    files: list[tuple[str, str, str, Callable[[], bytes]]] = [
        ("The rows (JSONL)", rows.name, "application/x-ndjson", rows.read_bytes),
        ("The folder (zip)", f"{name}.zip", "application/zip", partial(zipped, plan.place.result, name)),
    ]
    with st.container(horizontal=True):
        for label, file, mime, made in files:
            st.download_button(
                label, made, file_name=file, mime=mime, key=f"write-{file}", icon=":material/download:", on_click="ignore"
            )
    there = sorted(path.name for path in plan.place.result.iterdir() if path.is_file() and not path.name.startswith("."))
    st.caption(" · ".join(f"`{one}`" for one in there))
    _draw_commands(plan)


def zipped(folder: Path, name: str) -> bytes:
    """The files of a folder as one archive, in a folder of that name."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            if path.is_file() and not path.name.startswith("."):
                content = path.read_bytes()
                if path.name in WITH_PATHS:  # of a model file, or of a template
                    content = access.without_paths(content.decode("utf-8", "replace")).encode()
                archive.writestr(f"{name}/{path.name}", content)
    return packed.getvalue()


def _draw_commands(plan: OpenPlan) -> None:
    st.markdown("**The same in a terminal**")
    here = access.serves_this_machine_only()
    path = shlex.quote(str(plan.place.path)) if here else "plan.toml"
    folder = shlex.quote(str(plan.place.result)) if here else "result"
    lines = [f"evalmap write {path} --output {folder}"]
    if plan.result is not None:
        rows = shlex.quote(str(plan.result.rows)) if here else plan.result.rows.name
        lines += [f"evalmap build {rows}"]
    if plan.map is not None:
        slug = plan.map.slug
        lines += [f"evalmap quality {slug}", f"evalmap screen {slug}", f"evalmap card {slug}"]
    st.code("\n".join(lines), language=None, wrap_lines=True)
