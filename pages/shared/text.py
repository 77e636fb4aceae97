"""The one door through which dataset text reaches the screen: shown as it is, never as markup."""

import re
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from evalmap.data.errors import DatasetError
from evalmap.data.labels import label_counts, shares
from evalmap.pages.server.access import without_paths

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&@=/])")
# What the page looks for once the Markdown is read, where no backslash helps any more: https: www. mailto: a@b, :smile:,
# :material_icon:, :streamlit:, and arrows, dashes and comparisons in ASCII. An invisible character inside makes it none of these.
_BREAK = "\u200b"
_BREAKS = re.compile(r"(?<=www)(?=\.)|(?<=[:@])(?=[\w+/-])|(?<=[<>~-])(?=[->=])", re.IGNORECASE)


def show(text: str) -> None:
    """Show a text of the dataset verbatim, wrapped."""
    st.text(sendable(text), width="stretch")


def sendable(text: str) -> str:
    """A text that can be sent: half of a surrogate pair, which UTF-8 has no bytes for, becomes a question mark."""
    return text.encode("utf-8", "replace").decode()


def in_label(text: str, *, limit: int = 80) -> str:
    """A text of the dataset inside a widget's label or another place that reads Markdown: escaped, on one line, cut.

    Rendered, it is the same characters but for white space and invisible ones, and nothing else: no link, icon or emphasis.
    """
    return _MARKDOWN.sub(r"\\\1", _BREAKS.sub(_BREAK, in_line(text, limit=limit)))


def in_line(text: str, *, limit: int = 80) -> str:
    """A text of the dataset for a place that shows text as it is: on one line, cut."""
    line = " ".join(sendable(text).split()).replace("\ufeff", "\u2060")  # the browser takes U+FEFF for white space, Python does not
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def heading(name: str) -> None:
    """A page's heading with a text of the dataset, without the link to itself that Streamlit would make of its words."""
    st.markdown(f"#### {in_label(name)}", anchors=False)


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


def balance(labels: pd.Series, *, most: int = 4, markdown: bool = True) -> str:
    """The label balance in words: "500 No (50 %) · 500 Yes (50 %)"; "no labels" without any.

    Parameters
    ----------
    markdown : whether it goes to a place that reads Markdown; else it is for one that shows text as it is
    """
    counts = label_counts(labels)
    if not counts:
        return "no labels"
    ratios = shares(counts)
    words = in_label if markdown else in_line
    shown = [f"{count:,} {words(label, limit=24)} ({percent(ratios[label])})" for label, count in list(counts.items())[:most]]
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
