"""Several datasets as one, so that rows alike across them are found."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath

import pandas as pd

from evalmap.data.records import Dataset, Reading


def join(datasets: Sequence[Dataset]) -> Dataset:
    """One dataset of the rows of several, one after the other; the first one's roles and part are shown as those of all.

    Files that bear one name are told apart by the folder or number before it, so that dataset and line name one row.

    Raises
    ------
    ValueError : no dataset is given
    """
    if not datasets:
        raise ValueError("nothing to join: give at least one dataset")
    if len(datasets) == 1:
        return datasets[0]
    named = [_renamed(dataset, names) for dataset, names in zip(datasets, _names(datasets), strict=True)]
    return Dataset(
        name=" + ".join(dataset.name for dataset in datasets),
        source=" + ".join(dataset.source for dataset in datasets),
        roles=datasets[0].roles,
        examples=pd.concat([dataset.examples for dataset in named], ignore_index=True),
        fields=pd.concat([dataset.fields for dataset in named], ignore_index=True),
        boilerplate=tuple(one for dataset in named for one in dataset.boilerplate),
        set_aside=tuple(row for dataset in named for row in dataset.set_aside),
        notes=tuple(note for dataset in named for note in dataset.notes),
        part=datasets[0].part,
        reading=_reading([dataset.reading for dataset in datasets]),
    )


def _reading(readings: Sequence[Reading]) -> Reading:
    """The first one's, with the notes and the fields of variants of all."""
    listed = {
        name: tuple(dict.fromkeys(one for reading in readings for one in getattr(reading, name)))
        for name in ("notes", "variant_fields", "distinguishing_fields")
    }
    return replace(readings[0], **listed)


def _names(datasets: Sequence[Dataset]) -> list[dict[str, str]]:
    """For each dataset, what its files are called among all."""
    files = [_files(dataset) for dataset in datasets]
    taken = Counter(name for names in files for name in names)
    found, used = [], Counter[str]()
    for dataset, names in zip(datasets, files, strict=True):
        called = {}
        for name in names:
            new = name if taken[name] == 1 else f"{PurePath(dataset.source).parent.name}/{name}"
            used[new] += 1
            called[name] = new if used[new] == 1 else f"{new} ({used[new]})"
        found.append(called)
    return found


def _files(dataset: Dataset) -> list[str]:
    return list(dict.fromkeys([*dataset.examples["dataset"].unique().tolist(), *(row.dataset for row in dataset.set_aside)]))


def _renamed(dataset: Dataset, names: dict[str, str]) -> Dataset:
    if all(old == new for old, new in names.items()):
        return dataset
    examples = dataset.examples.assign(dataset=dataset.examples["dataset"].map(names).astype("str"))
    boilerplate = tuple(replace(one, dataset=names.get(one.dataset, one.dataset)) for one in dataset.boilerplate)
    set_aside = tuple(replace(row, dataset=names[row.dataset]) for row in dataset.set_aside)
    return replace(dataset, examples=examples, boilerplate=boilerplate, set_aside=set_aside)
