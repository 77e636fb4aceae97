"""Flags of what is known of a row beside its wording: its label, its confidence, its place among the others."""

import numpy as np

from evalmap.data.choices import option_words
from evalmap.data.text.normalization import normalize
from evalmap.screening.pairs.likeness import similar
from evalmap.screening.quality.flags.flag_rules import CannotTell, FlagInput, Found, flag
from evalmap.screening.variants.keys import find_variant_fields
from evalmap.screening.variants.variants import Differences

SURE = 0.6  # label confidence


@flag("low_confidence", "The label's confidence is below 0.6.")
def low_confidence(given: FlagInput) -> Found:
    confidence = given.examples["confidence"].to_numpy(dtype=np.float64)
    if not np.isfinite(confidence).any():
        raise CannotTell("no row has a label confidence.")
    return {int(row): f"{confidence[row]:.3g}" for row in np.flatnonzero(confidence < SURE)}


@flag("cut_by_window", "The text is longer than the encoder's window, so its end is not on the map.")
def cut_by_window(given: FlagInput) -> Found:
    if given.truncated is None:
        raise CannotTell("it is not known which texts were cut: the dataset has no map.")
    return {int(row): "" for row in np.flatnonzero(given.truncated)}


@flag("outlier", "The row lies far from all others on the map.")
def outlier(given: FlagInput) -> Found:
    if given.outliers is None:
        raise CannotTell("outliers are not known: the dataset has no map.")
    return {int(row): "" for row in np.flatnonzero(given.outliers)}


@flag("few_shot_copy", "The row is a copy of an example that the writer was given.")
def few_shot_copy(given: FlagInput) -> Found:
    """Equal under the typographic normalization to one of the texts given as few-shot examples."""
    if not given.few_shot:
        raise CannotTell("no few-shot texts were given.")
    known = {normalize(text, "typographic") for text in given.few_shot}
    return {row: "" for row, text in enumerate(given.texts) if normalize(text, "typographic") in known}


@flag("contradicting_labels", "A near-duplicate of the row bears another label.")
def contradicting_labels(given: FlagInput) -> Found:
    """Near-duplicates at the threshold that differ in no number, negation, date, name or key, and whose labels differ. Where the
    label names an option, the options' texts are compared: two rows with their options swapped do not contradict each other."""
    if given.pairs is None:
        raise CannotTell("near-duplicates were not looked for. Run evalmap pairs.")
    if given.labels.nunique() < 2:
        raise CannotTell("there are fewer than two labels.")
    alike = similar(given.pairs, threshold=given.threshold, method="all", normalization="alphanumeric")
    left, right = given.pairs.left[alike], given.pairs.right[alike]
    said = _said(given)
    opposed = np.array(
        [bool(said[a]) and bool(said[b]) and said[a] != said[b] for a, b in zip(left, right, strict=True)], dtype=bool
    )
    left, right = left[opposed], right[opposed]
    differences = Differences(
        given.examples["embedded_text"].tolist(),
        fields=given.examples,
        variant_fields=find_variant_fields(given.examples.columns, taken=("choices",)),
        rows=np.concatenate([left, right]),
    )
    same = differences.kinds(left, right) == 0
    found: dict[int, str] = {}
    for a, b in zip(left[same].tolist(), right[same].tolist(), strict=True):
        for row, other in ((a, b), (b, a)):
            found.setdefault(row, f"row {other} says {given.labels.iat[other]}")
    return found


def _said(given: FlagInput) -> list[str]:
    """What each row's label says: the option that it names, else the label; "" where there is none."""
    choices = given.examples["choices"] if "choices" in given.examples else [None] * len(given.examples)
    said = []
    for label, listed in zip(given.labels, choices, strict=True):
        words = option_words(label, listed)
        said.append(words.partition(" · ")[2] if words != label else words)
    return [normalize(words, "typographic") for words in said]
