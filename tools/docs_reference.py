"""What `make docs` adds to mkdocs: the reference follows the code.

`<!-- modules of data -->` in docs/reference/data.md becomes the reference of every module of that room, so a new module needs no
line in the documentation and one that is renamed leaves none behind.
"""

import re
import shutil
from pathlib import Path
from typing import Any

import griffe

ROOT = Path(__file__).resolve().parents[1]
VIEW = ROOT / "build" / "reference" / "evalmap"
MARK = re.compile(r"<!-- modules of (\w+) -->")
SECTION = re.compile(r"^-{3,}$", re.MULTILINE)
ENTRY = re.compile(r"^([^\s:][^:\n]*) : (?=\S)", re.MULTILINE)
SOURCE = re.compile(r"\n\n(?=Sources?: )")


def as_numpydoc(docstring: str) -> str:
    """Our docstrings as numpydoc reads them.

    Behind `name : ` we tell what a value is, where numpydoc expects its type (which the signature tells already); and the closing
    line `Source: …` would be one more parameter.
    """
    if begins := SECTION.search(docstring):
        docstring = docstring[: begins.end()] + ENTRY.sub(r"\1\n    ", docstring[begins.end() :])
    return SOURCE.sub("\n\nNotes\n-----\n", docstring)


class HouseDocstrings(griffe.Extension):
    """Hands mkdocstrings each docstring as numpydoc reads it."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring:
            obj.docstring.value = as_numpydoc(obj.docstring.value)


def rooms() -> list[str]:
    """The rooms that have a page of reference."""
    return sorted(path.stem for path in (ROOT / "docs" / "reference").glob("*.md"))


def modules(room: str) -> list[str]:
    """The dotted names of a room's modules and packages, those of the room itself first, then folder by folder."""
    paths = sorted((ROOT / room).rglob("*.py"), key=lambda path: (path.parent.parts, path.name))
    dotted = [".".join(("evalmap", *path.relative_to(ROOT).with_suffix("").parts)) for path in paths]
    return [name.removesuffix(".__init__") for name in dotted if "._" not in name.removesuffix(".__init__")]


def on_startup(**_: Any) -> None:
    """Lay links to the rooms alone: the root holds .venv and, through .package, itself, and griffe would walk through all that."""
    shutil.rmtree(VIEW, ignore_errors=True)
    VIEW.mkdir(parents=True)
    for name in ("__init__.py", *rooms()):
        (VIEW / name).symlink_to(ROOT / name)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Called by mkdocs for each page before it is rendered."""
    return MARK.sub(lambda mark: "\n\n".join(f"::: {name}" for name in modules(mark[1])), markdown)
