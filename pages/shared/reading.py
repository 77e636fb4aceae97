"""How the fields of a dataset were read, for a person: which plays which role, why, what came next, and what else is told."""

from collections.abc import Sequence

import streamlit as st

from evalmap.data.records import Reading
from evalmap.pages.server.access import without_paths
from evalmap.pages.shared import text

ROLES = {
    "text": "Text",
    "label": "Label",
    "confidence": "Confidence",
    "choices": "Options",
    "group": "Group",
    "id": "Id",
    "reference": "Reference answer",
}


def draw(reading: Reading, notes: Sequence[str] = ()) -> None:
    """A line a role, then each note.

    Parameters
    ----------
    notes : about the rows, beside those about the fields
    """
    st.markdown("  \n".join(_line(reading, at) for at in range(len(reading.roles))))
    for note in dict.fromkeys((*reading.notes, *notes)):
        st.caption(f":material/info: {text.in_label(without_paths(note), limit=400)}")


def _line(reading: Reading, at: int) -> str:
    one = reading.roles[at]
    after = f" Next came {_names(one.runner_up)}: {text.in_label(one.runner_up_reason, limit=160)}." if one.runner_up else ""
    why = f"{text.in_label(one.reason, limit=240)}.{after}"
    return f"{ROLES.get(one.role, one.role)}: **{_names(one.fields)}** :gray[· {why}]"


def _names(fields: Sequence[str]) -> str:
    return " + ".join(text.in_label(name, limit=60) for name in fields)
