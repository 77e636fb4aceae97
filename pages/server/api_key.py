"""The key for a model's server: never typed on a page, never written down."""

import streamlit as st

from evalmap.answers.asking.endpoint import KEY_NAME


def api_key() -> dict[str, str]:
    """The key from Streamlit's secrets, for a run's own environment; {} where the environment has it, or none is needed."""
    try:
        key = st.secrets.get(KEY_NAME)
    except FileNotFoundError:  # there is no secrets file
        return {}
    return {KEY_NAME: str(key)} if key else {}
