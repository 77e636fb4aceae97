"""The examples of a plan that stand in a file of rows: read as any dataset is, each with its label in the words of the plan."""

from dataclasses import dataclass
from pathlib import Path

from evalmap.data.errors import DatasetError

FRAMED = "statement"  # the field of a persona row that holds its statement without the frame of a question


@dataclass(frozen=True)
class PlanExample:
    """A row that the model is shown, and must not repeat: a statement, a question with its choices, or a text.

    label : "" in a plan without labels; of_file : it stands in the examples' file and not in the plan
    """

    text: str
    label: str
    of_file: bool = False


def file_examples(name: str, kind: str, labels: tuple[str, ...], path: Path) -> list[PlanExample]:
    """The rows of the file `name` beside the plan `path` whose label is one of the plan's.

    A row of anthropics/evals gives its statement, or its question with the choices. Labels are compared without the spaces around
    them, and without regard to case.

    Raises
    ------
    DatasetError : no such file, a folder, no rows that can be read, or none with a label of the plan
    """
    from evalmap.data.opening import open_dataset

    beside = path.parent / Path(name).expanduser()
    if not beside.is_file():
        kind_of_place = "is a folder" if beside.is_dir() else "is no file beside the plan"
        raise DatasetError(f"{path}: examples_file {name} {kind_of_place}. Name a file of rows, such as examples.jsonl.")
    try:
        found = open_dataset(beside)
    except DatasetError as error:
        raise DatasetError(f"{path}: examples_file {error}") from None
    statements = found.fields[FRAMED].tolist() if kind == "yes_no" and FRAMED in found.fields else None
    texts = found.examples["text"].tolist() if statements is None else statements
    known = {label.strip().casefold(): label for label in labels}
    examples, others = [], []
    for text, label in zip(texts, found.examples["label"].tolist(), strict=True):
        own = "" if labels == ("",) else known.get(str(label).strip().casefold())
        if own is None:
            others.append(str(label))
        elif isinstance(text, str) and text.strip():
            examples.append(PlanExample(text.strip(), own, of_file=True))
    if not examples:
        seen = ", ".join(dict.fromkeys(others)) or "none"
        raise DatasetError(
            f"{path}: examples_file {name} has no row of label {' or '.join(labels)} (its labels: {seen[:100]}). Name another file."
        )
    return examples
