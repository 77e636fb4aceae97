"""The prompts as they will be sent: of each label, request by request, and what the filter's model is asked of a row."""

import streamlit as st

from evalmap.pages.shared import text
from evalmap.writing.label_confidence import FilterAsking
from evalmap.writing.write_requests import WriteAsking


def draw(asking: WriteAsking, filtering: FilterAsking | None) -> None:
    """The prompt of each label, and the question of the filter about a row."""
    st.subheader("The prompts, as they are sent", anchor=False, divider="gray")
    of_label: dict[str, list] = {}
    for request in asking.requests:
        of_label.setdefault(asking.wanted[request.key].label, []).append(request)
    longest = max(map(len, of_label.values()))
    at = 0
    if longest > 1:
        at = int(st.number_input(f"Request of each label (1 to {longest:,})", 1, longest, key="prompt-at", width=240)) - 1
    if system := asking.prompt.system:
        st.caption("System message")
        st.code(text.sendable(system), language=None, wrap_lines=True)
    for column, (label, requests) in zip(st.columns(len(of_label), gap="medium"), of_label.items(), strict=True):
        request = requests[min(at, len(requests) - 1)]
        with column:
            topic = asking.wanted[request.key].topic
            about = f" · {text.in_label(topic)}" if topic else ""
            st.caption(f"Label **{text.in_label(label)}** · {len(requests):,} requests{about}")
            st.code(text.sendable(request.text), language=None, wrap_lines=True)
            drawn = ", ".join(f"{name} {value}" for name, value in request.body.items())
            st.caption(
                text.in_label(f"{asking.prompt.kind} · {drawn} · at most {asking.plan.sampling.max_tokens} tokens", limit=200)
            )
    if filtering is not None:
        _draw_filter(asking, filtering)


def _draw_filter(asking: WriteAsking, filtering: FilterAsking) -> None:
    st.markdown("**What the filter's model is asked of a row**")
    labels = asking.plan.labels
    for column, label in zip(st.columns(len(labels), gap="medium"), labels, strict=True):
        request = filtering.request("…", label)
        with column:
            st.caption(f"Label **{text.in_label(label)}** · {text.in_label(str(filtering.header['model']))}")
            st.code(text.sendable(request.text), language=None, wrap_lines=True)
