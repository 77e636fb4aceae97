"""Splits by their names: train, test, validation and their like."""

import re

_NAMES = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("test", "testing"), "test"),
    **dict.fromkeys(("validation", "valid", "val"), "validation"),
    **dict.fromkeys(("dev", "development"), "dev"),
}
_SHARD = re.compile(r"[-_.]?(?:part-?)?\d+(?:-of-\d+)?(?:-[0-9a-f]+)?$")


def of_names(names: list[str]) -> dict[str, str]:
    """The split of each name that is one; {} where fewer than two different splits are named."""
    found = {name: split for name in names if (split := _NAMES.get(name.lower()))}
    return found if len(set(found.values())) > 1 else {}


def of_files(names: list[str]) -> list[str] | None:
    """The split of each file by its path without ending: `data/train-00000-of-00002`, `french/test`, `test/0000`.

    None where one of them names none, or all name the same.
    """
    found = [_of_file(name) for name in names]
    return [split for split in found if split] if all(found) and len(set(found)) > 1 else None


def _of_file(name: str) -> str | None:
    *folders, last = name.split("/")
    stem = _SHARD.sub("", last)
    return _NAMES.get(stem.lower()) or (_NAMES.get(folders[-1].lower()) if folders else None)
