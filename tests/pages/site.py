"""The site in AppTest, on a workspace of the samples and of small maps made with the fake encoder."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Element

from evalmap.data.opening import open_dataset
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings import sample_maps
from evalmap.embeddings.built_map import BuiltMap, load_map
from evalmap.embeddings.pipeline import build
from evalmap.embeddings.settings import Settings
from evalmap.pages.server import access, maps
from evalmap.tests.fakes import FakeEncoder, sentences, write_rows
from evalmap.tests.paths import ROOT

FRAME = ROOT / "pages" / "frame.py"
PERSONA = "prefers-careful-planning"
MARKUP = ("**x**", "![a](http://x/y.png)", "<script>alert(1)</script>", "$x^2$", ":smile:", "[l](javascript:a)", ":red[r]", "`c`")


@contextmanager
def workspace(folder: Path) -> Iterator[Workspace]:
    """EVALMAP_HOME with the samples, a dataset without labels, and one full of markup; nothing cached before or after."""
    space = Workspace(folder / "home")
    sample_maps.install(space)
    encoder = FakeEncoder()
    plain = write_rows(folder / "plain.jsonl", [{"text": text} for text in sentences(30)])
    build(open_dataset(plain), workspace=space, settings=Settings(k=4), encoder=encoder)
    rows = [
        {"text": f"{MARKUP[i % 8]} {text}", "label": MARKUP[i % 2], "id": MARKUP[i % 5], MARKUP[3]: MARKUP[4], "confidence": 0.5}
        for i, text in enumerate(sentences(30))
    ]
    rows.append({"text": None, "label": MARKUP[0]})
    marked = write_rows(folder / "marked.jsonl", rows)
    build(open_dataset(marked, name=f"marked {' '.join(MARKUP)}"), workspace=space, settings=Settings(k=4), encoder=encoder)
    with served(space):
        yield space


@contextmanager
def served(space: Workspace) -> Iterator[None]:
    """EVALMAP_HOME, on a site for this machine alone; nothing cached before or after."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVALMAP_HOME", str(space.root))
        patch.delenv(access.WRITABLE, raising=False)
        patch.delenv(access.ALLOWED_HOSTS, raising=False)
        patch.setattr(access, "listens_on", lambda: "127.0.0.1")
        patch.setattr(access, "front_door_stands", True)  # AppTest runs the pages without a server
        clear()
        yield
        clear()


def clear() -> None:
    st.cache_resource.clear()
    st.cache_data.clear()
    maps.forget()


def open_page(page: str = "", **query: str | list[str]) -> AppTest:
    """A fresh session at an address."""
    at = AppTest.from_file(str(FRAME), default_timeout=60)
    for name, value in query.items():
        at.query_params[name] = value
    if page:
        at.switch_page(page)
    return run(at)


def run(at: AppTest) -> AppTest:
    at.run()
    assert not at.exception, "\n".join([at.exception[0].message, *at.exception[0].stack_trace])
    return at


def built(space: Workspace, slug: str) -> BuiltMap:
    return load_map(space, space.find(slug))


def table(at: AppTest) -> pd.DataFrame | None:
    """The page of rows that the map page lists."""
    return next((frame.value for frame in at.dataframe if "topic" in frame.value.columns), None)


def lines(at: AppTest) -> list[str]:
    """The examples of that page as the URL names them: their lines, after their files where there are several."""
    found = table(at)
    if found is None:
        return []
    files = [f"{file}:" for file in found["file"]] if "file" in found else [""] * len(found)
    return [f"{file}{line}" for file, line in zip(files, found["line"], strict=True)]


def counted(at: AppTest) -> str:
    """The sentence above the rows."""
    return next(shown.value for shown in at.markdown if " examples**" in shown.value)


def charts(at: AppTest) -> dict[str, dict[str, Any]]:
    """What the column charts of the map page are given, by column."""
    (found,) = [element.proto.json for element in at.get("bidi_component") if '"charts"' in element.proto.json]
    return {chart["key"]: chart for chart in json.loads(found)["charts"]}


def said(at: AppTest) -> list[str]:
    """Everything on the page that the browser reads as Markdown."""
    shown: list[str] = []
    for kind in ("markdown", "caption", "info", "warning", "error", "success", "title", "header", "subheader"):
        shown += [element.value for element in at.get(kind) if isinstance(element, Element)]
    for kind in ("button", "selectbox", "multiselect", "slider", "text_input", "toggle", "download_button", "number_input"):
        for element in at.get(kind):
            shown += [str(getattr(element, "label", "")), str(getattr(element.proto, "help", ""))]
    shown += [block.proto.label for kind in ("tab", "expander") for block in at.get(kind)]
    shown += [element.proto.text for element in at.get("progress")]
    return [value.replace("\u200b", "") for value in shown]  # keeps addresses from becoming links


def select_row(at: AppTest, key: str, row: int) -> AppTest:
    """What a click on a row of a table leaves in the session."""
    at.session_state[key] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    return run(at)


def raw(built_map: BuiltMap, row: int) -> dict[str, Any]:
    return json.loads(built_map.examples["raw"].iloc[row])
