"""SIGKILL before, or in the middle of, one file operation after the other of three commands.

What a power cut may do to what was not synced is not tried: a killed process leaves the operating system's cache whole.
"""

import random
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evalmap.bench.torture import scenes
from evalmap.bench.torture.figures import Figures
from evalmap.bench.torture.file_layer import FAULTS, FileLayer
from evalmap.bench.torture.scenes import Scene


def torture(folder: Path, given: Namespace) -> Iterator[Figures]:
    """Kill each of the commands at places that are spread over all of its file operations, and run it again."""
    place = folder / "place"
    made = scenes.make(folder, place)
    for number, scene in enumerate(made):
        share = given.kills // len(made) + (number < given.kills % len(made))
        yield _killed(scene, place, share, given.seed)


def _killed(scene: Scene, place: Path, times: int, seed: int) -> Figures:
    figures = Figures(f"kill -9 in {scene.name}")
    scene.copy(place)
    operations = len(scenes.run(scene, place, FileLayer(scenes.roots(place), FAULTS["kill"])).operations)
    figures.counts["file operations of the command"] = operations
    for at in spread(operations, times, seed):
        scene.copy(place)
        ended = scenes.run(scene, place, FileLayer(scenes.roots(place), FAULTS["kill"], at))
        where = f"at operation {at} of {operations}"
        figures.tried += 1
        figures.look("not killed", ended.code != -9, f"{where}: {ended}")
        judge(figures, scene, scenes.state(place), where, whole=False)
        run_again(figures, scene, place, where)
    return figures


def judge(figures: Figures, scene: Scene, state: dict[str, str], where: str, *, whole: bool) -> None:
    """Look for what can't be read, and for old beside new.

    whole : all of what was there before must be there still, or all that comes after it; else some may be missing
    """
    unreadable = {name: value for name, value in state.items() if value.startswith("unreadable")}
    figures.look("unreadable", bool(unreadable), f"{where}: {unreadable}")
    for kind in ("map", "answers", "out"):
        now, before, after = (_of(kind, states) for states in (state, scene.before, scene.after))
        if whole:
            right = (kind != "answers" and now in (before, after)) or (kind == "answers" and before.items() <= now.items())
        else:
            right = now.items() <= before.items() or now.items() <= after.items()
        if kind == "map":
            right = right and bool(now)
        figures.look("old and new mixed", not right, f"{where}: {kind} {now}; before {before}, after {after}")


def run_again(figures: Figures, scene: Scene, place: Path, where: str) -> None:
    """Run the command once more, undisturbed: it must come to what it comes to, and leave nothing else."""
    again = scenes.run(scene, place)
    figures.look("failed when run again", again.code != 0, f"{where}: {again}")
    figures.look(
        "other result when run again", (now := scenes.state(place)) != scene.after, f"{where}: {now}; expected {scene.after}"
    )
    left = scenes.files(place) - scene.files
    figures.look("litter after the next run", bool(left), f"{where}: {sorted(left)[:4]}")


def _of(kind: str, states: dict[str, str]) -> dict[str, Any]:
    return {name: value for name, value in states.items() if name.split()[0] == kind}


def spread(operations: int, times: int, seed: int) -> list[int]:
    """So many places among operations 1, 2, …, evenly spread; where there are fewer, all of them, and some once more."""
    every = range(1, operations + 1)
    if times <= operations:
        return [1 + i * operations // times for i in range(times)]
    return [*every, *random.Random(seed).choices(every, k=times - operations)]
