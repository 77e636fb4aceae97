"""A disk that is full, read-only or broken, a quota, permissions and too many open files, at one operation after the other."""

from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

from evalmap.bench.torture import scenes
from evalmap.bench.torture.figures import Figures
from evalmap.bench.torture.file_layer import FAULTS, FileLayer
from evalmap.bench.torture.kills import judge, run_again, spread
from evalmap.bench.torture.scenes import Scene

# What refuses to move and remove files from some moment on: what stands there then under a private name must be gone after the next
# run, and outputs that were about to be moved may be missing.
CANNOT_CLEAN_UP = ("EROFS", "EACCES")


def torture(folder: Path, given: Namespace) -> Iterator[Figures]:
    """Each error at places spread over the operations that it can meet, in each of the commands."""
    place = folder / "place"
    for scene in scenes.make(folder, place):
        for name in FAULTS:
            if name != "kill":
                yield _refused(scene, place, name, given.places, given.seed)


def _refused(scene: Scene, place: Path, name: str, times: int, seed: int) -> Figures:
    figures = Figures(f"{name} in {scene.name}")
    fault = FAULTS[name]
    scene.copy(place)
    operations = len(scenes.run(scene, place, FileLayer(scenes.roots(place), fault)).operations)
    figures.counts["operations that it can meet"] = operations
    for at in spread(operations, min(times, operations), seed):
        scene.copy(place)
        before = scenes.files(place)
        ended = scenes.run(scene, place, FileLayer(scenes.roots(place), fault, at))
        kind, path = ended.operations[at - 1] if len(ended.operations) >= at else ("?", "?")
        where = f"operation {at} of {operations} ({kind} {path.removeprefix(str(place))})"
        figures.tried += 1
        figures.counts["went well all the same"] += ended.code == 0
        figures.look("no sentence", ended.code != 0 and not ended.sentence, f"{where}: {ended.code} {ended.err[-600:]}")
        judge(figures, scene, scenes.state(place), where, whole=name not in CANNOT_CLEAN_UP)
        if name not in CANNOT_CLEAN_UP and kind not in ("unlink", "rmdir"):
            shards = {path for path in scenes.files(place) if path.startswith("home/vectors/") and "/." not in path}  # kept work
            left = scenes.files(place) - before - scene.files - shards
            figures.look("litter at once", bool(left), f"{where}: {sorted(left)[:4]}")
        run_again(figures, scene, place, where)
    return figures
