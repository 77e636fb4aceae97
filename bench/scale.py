"""Wall time a stage and peak memory of a build from nothing.

python -m evalmap.bench.scale PATH [--workspace DIR]
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--workspace", type=Path, help="kept, to look at the map; a temporary one by default")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        workspace = given.workspace or Path(temporary)
        evalmap = [sys.executable, "-m", "evalmap.cli"]
        started = time.perf_counter()
        subprocess.run([*evalmap, "build", str(given.path), "--workspace", str(workspace)], check=True, stdout=subprocess.DEVNULL)
        wall = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
        told = subprocess.run(
            [*evalmap, "info", str(given.path), "--json", "--workspace", str(workspace)], check=True, capture_output=True
        )
    info = json.loads(told.stdout)
    print(f"{info['rows']:,} rows, {os.cpu_count()} cores: {wall:.0f} s wall, peak memory {peak:,.0f} MiB")
    for stage in info["stages"]:
        print(f"  {stage['name']:<12} {stage['seconds']:8.1f} s{' (cached)' if stage['cached'] else ''}")
    layers: dict[str, int] = {}
    for cluster in info["clusters"]:
        layers[cluster["layer"]] = layers.get(cluster["layer"], 0) + 1
    print(f"  clusters: {layers}; trustworthiness {info['settings']['projection'].get('trustworthiness')}")


if __name__ == "__main__":
    main()
