"""The door for dataset text, and how a page says what a reader can mend."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from evalmap.data.errors import DatasetError
from evalmap.pages.shared import text
from evalmap.tests.hostile_texts import FRAGMENTS, HOSTILE, visible

NO_TEXT = "a.jsonl line 4: no text field (found: prompt). Choose the text field."

# What the browser's part of Streamlit 1.67 does to text that is parsed already: links of mdast-util-gfm-autolink-literal, emoji of
# remark-emoji, and its own icons, logo and typography.
AFTER_PARSING = (
    r"(?i)(?:https?://|www(?=\.))[-.\w]+[^ \t\r\n]*",
    r"[-.\w+]+@[-\w]+(?:\.[-\w]+)+",
    r":\+1:|:-1:|:[\w-]+:",
    r"(?:^|\s)(?:<->|->|<-|--|>=|<=|~=)(?:\s|$)",
)
anything = st.one_of(
    st.text(st.characters(codec="utf-8")),
    st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join),
    st.lists(st.sampled_from([*HOSTILE.values()]), min_size=1, max_size=3).map(" ".join),
)


def rendered(source: str) -> list[tuple[str, str]]:
    """What GitHub's Markdown makes of a source: (type, content) of the blocks and of what is in them, text in a row joined."""
    markdown = MarkdownIt("gfm-like")
    assert markdown.linkify
    markdown.linkify.set({"fuzzy_link": False}).add("//", None)
    found: list[tuple[str, str]] = []
    for block in markdown.parse(source):
        for token in [block] if block.type != "inline" else block.children or []:
            kind = "text" if token.type == "text_special" else token.type
            if found and kind == found[-1][0] == "text":
                found[-1] = (kind, found[-1][1] + token.content)
            else:
                found.append((kind, token.content))
    return found


@given(anything)
@example("www.evil.example")
@example(":material_bomb:")
@example("a -> b")
@example("cut \ud83d off")
def test_text_in_a_label_is_one_text_of_the_same_characters(one: str):
    if not one.strip():
        return
    label = text.in_label(one, limit=100_000)
    first, (kind, content), last = rendered(f"“{label}”")
    assert (first[0], kind, last[0]) == ("paragraph_open", "text", "paragraph_close")
    assert visible(content) == f"“{visible(one)}”"
    found = [pattern for pattern in AFTER_PARSING if re.search(pattern, content.removeprefix("“").removesuffix("”"))]
    assert not found, f"{found} in {content!r}"
    opening, alone, closing = rendered(label)
    assert (opening[0], alone, closing[0]) == ("paragraph_open", ("text", content[1:-1]), "paragraph_close")


@given(anything, st.sampled_from(["same", "removed", "added"]))
def test_text_in_a_diff_is_text_too(one: str, kind: str):
    mark = {"same": "{}", "removed": ":red-background[~~{}~~]", "added": ":green-background[{}]"}[kind]
    label = text.in_label(one, limit=100_000)
    assert text.diff([(kind, one)]).strip() == (mark.format(label) if label or kind == "same" else "")


def test_a_long_text_in_a_label_is_cut_by_its_own_characters():
    assert text.in_label("https://x" * 20, limit=10) == "https\\:\u200b\\/\\/x…"


@pytest.mark.parametrize("one", HOSTILE.values(), ids=HOSTILE)
def test_badge_escapes_what_streamlit_leaves(one: str):
    by_streamlit = text.in_badge(one).replace("[", "\\[").replace("]", "\\]")
    assert by_streamlit == text.in_label(one)


def plain(sentence: str) -> str:
    return sentence.replace("\\", "").replace("\u200b", "")


def test_error_points_to_the_controls_that_the_page_has():
    assert plain(text.error_sentence(DatasetError(NO_TEXT, "text"), "text", "label")) == f"{NO_TEXT} Choose it below."
    two = DatasetError("k is 500 and there are 40 rows", "k", "n_neighbors", "seed")
    where = text.error_sentence(two, "k", "seed", place="in the sidebar")
    assert plain(where) == "k is 500 and there are 40 rows. Choose them in the sidebar."


def test_error_without_a_control_on_the_page_stands_alone():
    assert plain(text.error_sentence(DatasetError(NO_TEXT, "text"))) == NO_TEXT
    assert plain(text.error_sentence(DatasetError(NO_TEXT, "text"), "threshold")) == NO_TEXT
    assert plain(text.error_sentence(DatasetError(NO_TEXT), "text")) == NO_TEXT


def test_error_is_no_markup_and_a_long_one_still_says_where_to_choose():
    hostile = DatasetError(f"![a](http://x/y.png) **b** {'x' * 2000}", "text")
    sentence = text.error_sentence(hostile, "text")
    assert sentence.startswith("\\!\\[a\\]\\(http\\:\u200b\\/\\/x\\/y\\.png\\) \\*\\*b\\*\\*")
    assert sentence.endswith("… Choose it below.")
