"""Seconds for each section of a dataset's quality on a built map, by the clock and of processor time.

    python -m evalmap.bench.quality MAP [--workspace FOLDER] [--shortcuts]

MAP is a map of the workspace (`evalmap list`). Its near-duplicates are looked for where they are not stored. Shortcuts
are left out unless they are asked for: they train models, and of a large file they measure a sample.
"""

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import load_map
from evalmap.embeddings.layers import KMEANS
from evalmap.screening.default_screening import default_screening
from evalmap.screening.groups.components import find_components
from evalmap.screening.pairs.pair_store import pairs_of
from evalmap.screening.quality.flags.find_flags import find_flags
from evalmap.screening.quality.flags.flag_rules import FLAG_RULES, FlagInput
from evalmap.screening.quality.label_balance import label_balance
from evalmap.screening.quality.saturation import measure_saturation
from evalmap.screening.quality.scorecard import score
from evalmap.screening.quality.shortcuts import find_shortcuts
from evalmap.screening.screening_options import ScreeningOptions


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("map")
    parser.add_argument("--workspace", type=Path, default=None)
    parser.add_argument("--shortcuts", action="store_true")
    given = parser.parse_args()
    space = Workspace.default(given.workspace)
    options = ScreeningOptions()
    alike = {"threshold": options.threshold, "normalization": options.normalization}
    with _timed("the map is read"):
        built = load_map(space, space.find(given.map))
    print(f"{len(built):,} rows, {os.cpu_count()} cores", flush=True)
    with _timed("near-duplicates"):
        pairs = pairs_of(built, space)
        groups = find_components(pairs, method=options.method, **alike).labels
    with _timed("default screening"):
        screening = default_screening(built, space, pairs=pairs)
    start, processor = time.perf_counter(), time.process_time()
    with _timed("scorecard"):
        score(built, pairs, kept=None if screening is None else screening.kept, **alike)
    with _timed("saturation"):
        measure_saturation(groups)
    flags = FlagInput(built.examples, pairs=pairs, threshold=options.threshold, truncated=built.truncated, outliers=built.outliers)
    slowest: dict[str, float] = {}
    with _timed("flags"):
        for rule in FLAG_RULES:
            began = time.process_time()
            find_flags(flags, rules=[rule])
            slowest[rule] = time.process_time() - began
    for rule in sorted(slowest, key=lambda rule: -slowest[rule])[:3]:
        print(f"    {rule:30}{slowest[rule]:8.1f} s")
    with _timed("label balance"):
        names = [name.name for name in built.names_by_layer[KMEANS.id]]
        label_balance(built.examples["label"], built.clustering(KMEANS.id), names=names)
    _tell("all four sections", start, processor)
    if given.shortcuts:
        with _timed("shortcuts"):
            find_shortcuts(built.examples, groups=groups)


@contextmanager
def _timed(what: str) -> Iterator[None]:
    start, processor = time.perf_counter(), time.process_time()
    yield
    _tell(what, start, processor)


def _tell(what: str, start: float, processor: float) -> None:
    clock, of_processor = time.perf_counter() - start, time.process_time() - processor
    print(f"  {what:32}{clock:8.1f} s{of_processor:8.1f} s of processor time", flush=True)


if __name__ == "__main__":
    main()
