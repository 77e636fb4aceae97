"""Who is at the browser, where a proxy says so: a setting names the header that it puts into each request, and nothing else is
believed. `evalmap serve --user-header` sets EVALMAP_USER_HEADER; without it people say their names themselves.
"""

import os

import streamlit as st

from evalmap.data.errors import DatasetError

USER_HEADER = "EVALMAP_USER_HEADER"
LONGEST = 100  # characters of a name


def named_by_proxy() -> bool:
    """Whether a proxy says who is there, so that nobody says it themselves."""
    return bool(os.environ.get(USER_HEADER, "").strip())


def name() -> str:
    """Who is there, as the proxy says.

    Raises
    ------
    DatasetError : it says nothing, or more than one thing
    """
    header = os.environ.get(USER_HEADER, "").strip()
    found = {value.strip() for value in _sent(header)}
    if len(found) != 1 or not (told := _decoded(next(iter(found)))):
        raise DatasetError(
            f"The proxy did not say who you are: one header {header} with a name was expected. Ask those who run it."
        )
    return told[:LONGEST]


def _sent(header: str) -> list[str]:
    return list(st.context.headers.get_all(header))


def _decoded(value: str) -> str:
    """A header is read as Latin-1; what was UTF-8 is read as that."""
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value
