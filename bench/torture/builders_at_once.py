"""Three builders at once, and a remove beside them: datasets that share all of their stages' entries but one."""

import random
import shutil
import time
from argparse import Namespace
from collections.abc import Iterable, Iterator
from pathlib import Path

from evalmap.bench.torture import commands
from evalmap.bench.torture.commands import Ended, Running
from evalmap.bench.torture.figures import Figures
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import load_map
from evalmap.tests.fakes import sentences, write_rows

BUILDERS = ("a", "b", "c")
REMOVED = "d"


def torture(folder: Path, given: Namespace) -> Iterator[Figures]:
    """Rounds, each in a workspace of its own: d is built; a, b, c of the same texts are built while d is removed."""
    dice = random.Random(given.seed)
    place = folder / "place"
    (place / "data").mkdir(parents=True)
    rows = [{"text": text, "label": ("Yes", "No")[i % 2]} for i, text in enumerate(sentences(48))]
    for name in (*BUILDERS, REMOVED):
        write_rows(place / "data" / f"{name}.jsonl", rows)
    figures = Figures("three builders and a remove at once")
    alone = _seconds(place)
    for number in range(given.rounds):
        shutil.rmtree(place / "home", ignore_errors=True)
        commands.run(_build(REMOVED), place)
        waits = {name: dice.uniform(0, alone) for name in BUILDERS} | {REMOVED: dice.uniform(0, 2 * alone)}
        ended = _together({name: _build(name) if name in BUILDERS else _remove() for name in waits}, waits, place)
        figures.tried += 1
        for name, one in ended.items():
            figures.look("errors", one.code != 0, f"round {number + 1}, {name}: {one.code} {one.err[-300:]}")
        _look(figures, Workspace(place / "home"), number)
    yield figures


def _seconds(place: Path) -> float:
    started = time.monotonic()
    commands.run(_build(REMOVED), place)
    return time.monotonic() - started


def _together(lines: dict[str, tuple[str, ...]], waits: dict[str, float], place: Path) -> dict[str, Ended]:
    """Start each command after its wait; how they ended."""
    started, running = time.monotonic(), {}
    for name in sorted(lines, key=waits.__getitem__):
        time.sleep(max(0.0, started + waits[name] - time.monotonic()))
        running[name] = Running(lines[name], place)
    return {name: one.wait() for name, one in running.items()}


def _look(figures: Figures, space: Workspace, number: int) -> None:
    manifests = {manifest.slug: manifest for manifest in space.manifests()}
    stages = [(slug, stage) for slug, manifest in manifests.items() for stage in manifest.stages]
    missing = [f"{slug}: {stage.name}" for slug, stage in stages if not space.has(stage.name, stage.key)]
    where = f"round {number + 1}"
    figures.look("manifests that point to missing entries", bool(missing), f"{where}: {missing}")
    figures.look("damaged manifests", bool(space.damaged()), where)
    figures.look("wrong manifests", sorted(manifests) != list(BUILDERS), f"{where}: {sorted(manifests)}")
    figures.look("maps that do not open", bool(closed := list(_closed(space, manifests))), f"{where}: {closed}")


def _closed(space: Workspace, slugs: Iterable[str]) -> Iterable[str]:
    for slug in slugs:
        try:
            load_map(space, slug)
        except Exception as error:
            yield f"{slug}: {error!r}"


def _build(name: str) -> tuple[str, ...]:
    return ("build", f"data/{name}.jsonl", "--k", "4", "--workspace", "home")


def _remove() -> tuple[str, ...]:
    return ("remove", REMOVED, "--workspace", "home")
