"""A page that puts hostile texts through every door into every element of Streamlit that reads Markdown; `serving` starts it."""

import json
import os
from pathlib import Path

import streamlit as st

from evalmap.pages.shared import text

TEXTS: list[str] = json.loads(Path(os.environ["EVALMAP_HOME"], "texts.json").read_text(encoding="utf-8"))

st.set_page_config(layout="wide")
for i, one in enumerate(TEXTS):
    label = text.in_label(one, limit=100_000)
    with st.container(key=f"text-{i}-show"):
        text.show(one)
    with st.container(key=f"text-{i}-markdown"):
        st.markdown(label)
    with st.container(key=f"text-{i}-caption"):
        st.caption(label)
    with st.container(key=f"text-{i}-bold"):
        st.markdown(f"**{label}**")
    with st.container(key=f"text-{i}-button"):
        st.button(label, key=f"button-{i}")
    with st.container(key=f"text-{i}-expander"):
        st.expander(label)
    with st.container(key=f"text-{i}-error"):
        st.error(label)
    with st.container(key=f"text-{i}-badge"):
        st.badge(text.in_badge(one, limit=100_000))
    with st.container(key=f"text-{i}-progress"):
        st.progress(0.5, text=label)
    with st.container(key=f"text-{i}-metric"):
        st.metric(label, "1")
    for kind in ("same", "removed", "added"):
        with st.container(key=f"text-{i}-{kind}"):
            st.markdown(text.diff([(kind, one)]))
