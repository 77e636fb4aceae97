"""Three commands upon what earlier ones left: a map is built again, files screened again, answers imported beside others."""

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalmap.answers.store import AnswerStore
from evalmap.bench.torture import commands
from evalmap.bench.torture.commands import Ended
from evalmap.bench.torture.file_layer import FileLayer
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import load_map
from evalmap.tests.fakes import sentences, write_rows

OUTPUTS = ("kept.jsonl", "removed.jsonl", "report.json", "report.html", "recipe.yaml")


@dataclass(frozen=True)
class Scene:
    """A command, and the folder that it finds.

    Attributes
    ----------
    folder : holds `data` (what is read), `home` (the workspace) and `out` (outputs)
    arguments : of the command, which runs in the folder
    before, after : `state` of the folder before the command, and after it went well
    files : all files after it went well
    """

    name: str
    folder: Path
    arguments: tuple[str, ...]
    before: dict[str, str]
    after: dict[str, str]
    files: frozenset[str]

    def copy(self, to: Path) -> Path:
        """The folder as the command finds it, anew; it bears the name `to`, so that paths in it stay the same."""
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(self.folder, to)
        return to


def run(scene: Scene, place: Path, layer: FileLayer | None = None) -> Ended:
    """Run the scene's command in a copy of its folder."""
    return commands.run(scene.arguments, place, layer)


def roots(place: Path) -> tuple[Path, ...]:
    """Where a command may write."""
    return place / "home", place / "out"


def files(place: Path) -> frozenset[str]:
    """All files where a command may write, those with private names too."""
    found = (path for root in roots(place) for path in root.rglob("*") if path.is_file() or path.name.startswith("."))
    return frozenset(path.relative_to(place).as_posix() for path in found)


def state(place: Path) -> dict[str, str]:
    """What a reader finds: a digest for each map, each answer set, and each output; "unreadable: …" in its place.

    Times, and what was found in a cache, are no part of it.
    """
    space = Workspace(place / "home")
    found: dict[str, str] = {}
    for slug in space.slugs():
        found[f"map {slug}"] = _tried(lambda slug=slug: _map(space, slug))
    store = AnswerStore(space)
    try:
        sets = store.sets()
    except Exception as error:
        return {**found, "answers": f"unreadable: {error!r}"}
    for record in sets:
        found[f"answers {record.id}"] = _tried(lambda record=record: _digest(repr(record), store.answers(record.id).to_json()))
    for name in OUTPUTS:
        if (path := place / "out" / name).exists():
            found[f"out {name}"] = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    return found


def _tried(digest: Any) -> str:
    try:
        return digest()
    except Exception as error:  # whatever it is: a reader would meet it too
        return f"unreadable: {error!r}"


def _map(space: Workspace, slug: str) -> str:
    built = load_map(space, space.manifest(slug) or slug)
    told = built.manifest.as_dict()
    for name in ("built_at", "embedded", "reused"):
        told.pop(name)
    told["stages"] = [(stage["name"], stage["key"]) for stage in told["stages"]]
    arrays = (
        built.vectors,
        built.coordinates,
        built.outliers,
        built.truncated,
        built.graph.knn_indices,
        built.graph.knn_similarities,
    )
    parts = [array.tobytes() for array in (*arrays, *(layer.labels for layer in built.clusterings))]
    tables = built.examples.to_json(), built.fields.to_json()
    return _digest(json.dumps(told, sort_keys=True), *tables, repr(built.names), repr(built.set_aside), *parts)


def _digest(*parts: str | bytes) -> str:
    found = hashlib.sha256()
    for part in parts:
        found.update(part if isinstance(part, bytes) else part.encode())
        found.update(b"\0")
    return found.hexdigest()[:16]


def make(folder: Path, place: Path) -> list[Scene]:
    """The three scenes, below `folder`; `place` is the one place where their copies will lie."""
    old, new = _rows(48), _rows(56)
    scenes = []
    for name, first, then in (
        ("build", [_build()], _build()),
        ("screen", [_build(), _screen()], _screen()),
        ("import", [_build(), ("answers", "import", "data/first.csv", "--workspace", "home")], _import()),
    ):
        shutil.rmtree(place, ignore_errors=True)
        for part in ("data", "home", "out"):
            (place / part).mkdir(parents=True)
        write_rows(place / "data" / "set.jsonl", old)
        _answers(place / "data" / "first.csv", old[:40], "first")
        _answers(place / "data" / "second.csv", old, "second")
        for command in first:
            _well(commands.run(command, place), command)
        if name != "import":
            write_rows(place / "data" / "set.jsonl", new)
        template = folder / name
        shutil.copytree(place, template)
        before = state(place)
        _well(commands.run(then, place), then)
        scenes.append(Scene(name, template, tuple(map(str, then)), before, state(place), files(place)))
    return scenes


def _well(ended: Ended, command: Sequence[str]) -> None:
    if ended.code != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {ended.code}: {ended.err}")


def _build() -> tuple[str, ...]:
    return ("build", "data/set.jsonl", "--k", "4", "--workspace", "home")


def _screen() -> tuple[str, ...]:
    options = ("--out", "--removed", "--report", "--html", "--write-recipe")
    outputs = [part for option, name in zip(options, OUTPUTS, strict=True) for part in (option, f"out/{name}")]
    return ("screen", "data/set.jsonl", *outputs, "--workspace", "home")


def _import() -> tuple[str, ...]:
    return ("answers", "import", "data/first.csv", "data/second.csv", "--workspace", "home")


def _rows(n: int) -> list[dict[str, Any]]:
    """n rows on five topics, every eighth the one before it once more."""
    texts = sentences(n)
    texts = [texts[i - 1] if i % 8 == 7 else text for i, text in enumerate(texts)]
    return [{"text": text, "label": ("Yes", "No")[i % 2]} for i, text in enumerate(texts)]


def _answers(path: Path, rows: list[dict[str, Any]], model: str) -> None:
    lines = ["question,answer,model\n", *(f'"{row["text"]}",{("Yes", "No")[i % 3 % 2]},{model}\n' for i, row in enumerate(rows))]
    path.write_text("".join(lines), encoding="utf-8")
