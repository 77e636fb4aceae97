"""How a page says what a reader can mend."""

from evalmap.data.errors import DatasetError
from evalmap.pages.shared import text

NO_TEXT = "a.jsonl line 4: no text field (found: prompt). Choose the text field."


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
