"""One error, two faces."""

import pickle

from evalmap.cli.terminal import sentence
from evalmap.data.errors import DatasetError


def test_terminal_names_the_options_that_mend_an_error():
    error = DatasetError("a.jsonl line 4: no text field (found: prompt). Choose the text field.", "text")
    assert sentence(error) == "a.jsonl line 4: no text field (found: prompt). Choose the text field (--text)."
    assert str(error) == "a.jsonl line 4: no text field (found: prompt). Choose the text field."
    two = DatasetError("The map needs labels. Choose them.", "label", "min_dist")
    assert sentence(two) == "The map needs labels. Choose them (--label, --min-dist)."


def test_error_without_settings_is_the_same_everywhere():
    assert sentence(DatasetError("a.jsonl: the file is empty.")) == "a.jsonl: the file is empty."


def test_error_travels_between_processes_whole():
    error = pickle.loads(pickle.dumps(DatasetError("Choose the text field.", "text")))  # our own bytes
    assert (str(error), error.settings) == ("Choose the text field.", ("text",))
