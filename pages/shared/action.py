"""What a button does. Where it fails in a way that a person can mend, the page says so in one sentence."""

from collections.abc import Callable

import streamlit as st

from evalmap.data.errors import DatasetError
from evalmap.pages.shared import state, text


def action(do: Callable[..., object]) -> Callable[..., None]:
    """The callback of a button: an error that it raises is shown by `draw_failure` on the page that is drawn next.

    Callbacks run before the page, which could not catch it.
    """

    def done(*arguments: object) -> None:
        try:
            do(*arguments)
        except DatasetError as error:
            st.session_state[state.FAILURE] = text.error_sentence(error)

    return done


def draw_failure() -> None:
    """Say once what the last button could not do."""
    if sentence := st.session_state.pop(state.FAILURE, None):
        st.error(sentence, icon=":material/error:")
