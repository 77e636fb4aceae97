"""The one door through which dataset text reaches the screen: shown as it is, never as markup."""

import re
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from evalmap.data.errors import DatasetError
from evalmap.data.labels import label_counts, shares
from evalmap.pages.server.access import without_paths

_LINK = re.compile(r"(https?:|www\.|mailto:|xmpp:|@)", re.IGNORECASE)
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&@=/])")


def show(text: str) -> None:
    """Show a text of the dataset verbatim, wrapped."""
    st.text(text, width="stretch")


def in_label(text: str, *, limit: int = 80) -> str:
    """A text of the dataset inside a widget's label or another place that reads Markdown: escaped, on one line, cut."""
    line = _LINK.sub("\\1\u200b", " ".join(text.split()))  # a zero-width space, or addresses become links
    line = line if len(line) <= limit else f"{line[: limit - 1]}…"
    return _MARKDOWN.sub(r"\\\1", line)


def in_badge(text: str, *, limit: int = 80) -> str:
    """As `in_label`, for st.badge: it escapes square brackets by itself."""
    return in_label(text, limit=limit).replace("\\[", "[").replace("\\]", "]")


def error_sentence(error: DatasetError, *controls: str, place: str = "below") -> str:
    """An error in a page's words, escaped as by `in_label`: where a setting that mends it has a control here, it says so.

    Parameters
    ----------
    controls : the settings that the reader can choose on this page, named as in `DatasetError.settings`
    place : where on the page they stand
    """
    sentence = in_label(f"{without_paths(str(error)).removesuffix('.')}.", limit=800)
    here = [setting for setting in error.settings if setting in controls]
    return f"{sentence} Choose {'it' if len(here) == 1 else 'them'} {place}." if here else sentence


def show_error(error: DatasetError, *controls: str, place: str = "below") -> None:
    """Show an error that the reader can mend; the arguments are those of `error_sentence`."""
    st.error(error_sentence(error, *controls, place=place), icon=":material/error:")


def percent(ratio: float, digits: int = 0) -> str:
    """A ratio as a person reads it; a dash where there is none."""
    return "–" if ratio != ratio else f"{100 * ratio:.{digits}f} %"


def balance(labels: pd.Series, *, most: int = 4) -> str:
    """The label balance in words for a place that reads Markdown: "500 No (50 %) · 500 Yes (50 %)"; "no labels" without any."""
    counts = label_counts(labels)
    if not counts:
        return "no labels"
    ratios = shares(counts)
    shown = [f"{count:,} {in_label(label, limit=24)} ({percent(ratios[label])})" for label, count in list(counts.items())[:most]]
    return " · ".join(shown) + (f" and {len(counts) - most} more" if len(counts) > most else "")


def diff(runs: Sequence[tuple[str, str]]) -> str:
    """A word diff for a place that reads Markdown: what goes is struck out on red, what comes stands on green; all text escaped."""
    words = []
    for kind, run in runs:
        lead, body, tail = run[: len(run) - len(run.lstrip())], run.strip(), run[len(run.rstrip()) :]
        escaped = in_label(body, limit=100_000)
        if kind != "same" and body:
            escaped = f":red-background[~~{escaped}~~]" if kind == "removed" else f":green-background[{escaped}]"
        words.append(f"{' ' if lead else ''}{escaped}{' ' if tail and body else ''}")
    return "".join(words)
