"""The one error that a user can mend."""

from dataclasses import dataclass
from typing import Any


class DatasetError(ValueError):
    """Bad input, which a user can mend. `str(error)` is one sentence that names the place and the mend.

    A page or the command line shows it as it stands; any other exception is a fault of ours.

    Parameters
    ----------
    sentence : what was got, what was expected, where, what to do; in words that hold on a page and in a terminal alike

    Attributes
    ----------
    settings : the settings that mend it, by their names (`text`, `min_dist`). Each face says where its own control is: the terminal
        adds "(--text)", a page that it is chosen below.
    """

    def __init__(self, sentence: str, *settings: str) -> None:
        super().__init__(sentence)
        self.settings = settings

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), *self.settings)


@dataclass(frozen=True)
class TextReading:
    """One of several ways to read the text.

    Attributes
    ----------
    text : the setting that chooses it: a field, or fields with commas between
    reason : what speaks for it, in words
    score : how much does, above 0; 100 and more is certain
    examples : the texts of the first rows under it, at most 3, each cut at 200 characters
    """

    text: str
    reason: str
    score: float
    examples: tuple[str, ...] = ()


class AmbiguousReading(DatasetError):
    """Two or more fields may be the text with about equal right, and the user chooses: by `text`, or by `yes` for the first.

    Attributes
    ----------
    source : the file that is in doubt
    question : the sentence, without what to do
    readings : the first is the one that `yes` takes
    """

    def __init__(self, source: str, readings: tuple[TextReading, ...]) -> None:
        listed = " or ".join(f"{one.text} ({one.reason}; {_quoted(one.examples)})" for one in readings)
        self.question = f"{source}: the text may be {listed}."
        super().__init__(f"{self.question} Choose the text field, or take the first.", "text", "yes")
        self.source, self.readings = source, readings

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.source, self.readings)


def _quoted(examples: tuple[str, ...]) -> str:
    first = " ".join(examples[0].split()) if examples else ""
    return f"“{first[:60]}{'…' if len(first) > 60 else ''}”"
