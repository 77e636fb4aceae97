"""The entry script: page config, navigation, the dataset picker. Each page stands alone inside it."""

from pathlib import Path

import streamlit as st

from evalmap.data.errors import DatasetError
from evalmap.pages.component import tour_view
from evalmap.pages.server import access, caches, garbage
from evalmap.pages.shared import action, state, text

LOGO = Path(__file__).with_name("logo.svg")
ICON = LOGO.with_name("logo_icon.svg")

st.set_page_config(page_title="Evalmap", page_icon=str(ICON), layout="wide", initial_sidebar_state="auto")
garbage.freeze()
try:
    access.require_front_door()
except DatasetError as error:
    text.show_error(error)
    st.stop()

page = st.navigation(
    [
        st.Page("library.py", title="Library", icon=":material/library_books:", default=True),
        st.Page("map.py", title="Map", icon=":material/scatter_plot:"),
        st.Page("duplicates.py", title="Duplicates", icon=":material/join_inner:"),
        st.Page("quality.py", title="Quality", icon=":material/verified:"),
        st.Page("answers.py", title="Answers", icon=":material/forum:"),
        st.Page("compare.py", title="Compare", icon=":material/compare:"),
        st.Page("writing.py", title="Write", icon=":material/edit_note:"),
        st.Page("reviewing.py", title="Review", icon=":material/rate_review:"),
    ],
    position="top",
)
st.logo(str(LOGO), size="large", icon_image=str(ICON))


def _new_dataset() -> None:
    state.forget(*state.OF_ONE_DATASET)


try:
    tour_view.welcome(at_root=page.url_path == "")
    with st.sidebar:
        st.selectbox(
            "Dataset",
            caches.workspace().slugs(),
            index=None,
            placeholder="Choose a dataset",
            key=state.DATASET,
            bind="query-params",
            on_change=_new_dataset,
        )
    if target := st.session_state.pop(state.GO_TO, None):
        to, asked = target
        st.switch_page(to, query_params=asked)  # the dataset comes back into the URL by itself: its picker is drawn above
    action.draw_failure()
    page.run()
    tour_view.draw()
except DatasetError as error:  # the disk, or what lies on it
    text.show_error(error)
