"""Run the torture: `python -m evalmap.bench.torture [PART …]`, figures printed; exit status 1 where something was found."""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from evalmap.bench.torture import builders_at_once, commands, faults, kills, mutated_files, page_tests
from evalmap.bench.torture.figures import Figures

PARTS = {
    "kills": kills.torture,
    "faults": faults.torture,
    "builders": builders_at_once.torture,
    "files": mutated_files.torture,
    "pages": page_tests.torture,
}


# Threads do not survive the forks that the commands run in, and libraries look here while they are loaded.
ONE_THREAD = {
    **{f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "NUMBA")},
    "NUMBA_THREADING_LAYER": "workqueue",  # GNU's OpenMP ends a fork at once
}


def main() -> int:
    """Run the parts that are named, all of them without names."""
    parser = argparse.ArgumentParser(prog="python -m evalmap.bench.torture", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="default: all")
    parser.add_argument("--seed", type=int, default=10, help="default: 10")
    parser.add_argument("--kills", type=int, default=200, help="processes killed in all (default: 200)")
    parser.add_argument("--places", type=int, default=12, help="places at which each error strikes each command (default: 12)")
    parser.add_argument("--rounds", type=int, default=50, help="rounds of three builders and one who removes (default: 50)")
    parser.add_argument("--files", type=int, default=4000, help="mutated files (default: 4,000)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    given = parser.parse_args()
    found: list[Figures] = []
    with tempfile.TemporaryDirectory(prefix="torture-") as folder:
        commands.prepare()
        for part in given.parts or PARTS:
            started = time.monotonic()
            for figures in PARTS[part](Path(folder).resolve() / part, given):
                found.append(figures)
                if not given.json:
                    print("\n".join(figures.lines()), flush=True)
            if not given.json:
                print(f"  {part}: {time.monotonic() - started:.0f} s, seed {given.seed}\n", flush=True)
    if given.json:
        print(json.dumps([figures.as_dict() for figures in found], indent=1))
    return 0 if all(figures.well for figures in found) else 1


if __name__ == "__main__":
    if not ONE_THREAD.items() <= os.environ.items():
        os.execve(sys.executable, [sys.executable, "-m", "evalmap.bench.torture", *sys.argv[1:]], {**os.environ, **ONE_THREAD})
    sys.exit(main())
