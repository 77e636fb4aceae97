"""What a reviewer who does not see a row's label chooses from."""

from dataclasses import dataclass

from evalmap.data.choices import choice_list, lettered, option_words
from evalmap.data.errors import DatasetError
from evalmap.embeddings.built_map import BuiltMap

BY_KEY = 9  # options that single keys name: 1 to 9


@dataclass(frozen=True)
class LabelOptions:
    """The `names` to choose from, and the `right` one, the row's label; it is among them."""

    names: tuple[str, ...]
    right: str


def label_options(built: BuiltMap, row: int) -> LabelOptions | None:
    """A row's own options, where its label is one of them, else the dataset's labels; None for a row without a label.

    The dataset's labels are in no order that tells which is frequent.
    """
    if (label := label_of(built, row)) is None:
        return None
    choices = built.examples["choices"].iloc[row]
    own = tuple(f"{mark} · {option.strip()}" for mark, option in lettered(choice_list(choices)))
    right = option_words(label, choices)
    if len(own) > 1 and right in own and len(set(own)) == len(own):
        return LabelOptions(own, right)
    return LabelOptions(tuple(sorted(built.manifest.labels)), label)


def label_of(built: BuiltMap, row: int) -> str | None:
    """The label of a row; None where it has none."""
    label = built.examples["label"].astype(object).iloc[row]
    return None if label is None or label != label else str(label)


def require_options(built: BuiltMap) -> None:
    """Whoever does not see the labels needs two at least to choose from.

    Raises
    ------
    DatasetError : all rows have one label, and no row has options of its own
    """
    labels = list(built.manifest.labels)
    if len(labels) == 1 and not any(choice_list(one) for one in built.examples["choices"]):
        raise DatasetError(
            f"{built.manifest.name}: every label is {labels[0][:40]!r}, so there is none to choose from. Show the label.", "blind"
        )
