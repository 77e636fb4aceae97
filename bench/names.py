"""How many names find their own cluster: each displayed name is embedded, and the nearest centroid among its siblings looked for.

    python -m evalmap.bench.names PATH [--workspace DIR] [--json]

PATH is a dataset or a folder, or the name of a built map. What is not built yet is built first, into a temporary workspace where
none is named. "in the layer" compares with all clusters of the layer, not with the siblings alone.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from evalmap.data.errors import DatasetError
from evalmap.data.opening import open_dataset
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap, load_map
from evalmap.embeddings.name_quality import measure_names
from evalmap.embeddings.pipeline import build, encoder_of
from evalmap.embeddings.vectors import embed_few


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path")
    parser.add_argument("--workspace", type=Path, help="where the map lies, or is built and kept")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        try:
            built = _opened(given.path, given.workspace, Path(temporary))
            layers = measured(built)
        except DatasetError as error:
            sys.exit(str(error))
    if given.json:
        print(json.dumps({"map": built.manifest.slug, "rows": len(built), "layers": layers}, indent=2))
        return
    print(f"{built.manifest.name}: {len(built):,} rows")
    print(f"{'layer':<16}{'clusters':>9}{'alone':>7}{'found':>8}{'contrast':>10}{'in the layer':>14}")
    for row in layers:
        numbers = f"{row['clusters']:>9}{row['alone']:>7}{row['found']:>8.3f}{row['median_contrast']:>10.3f}"
        print(f"{row['layer']:<16}{numbers}{row['found_in_layer']:>14.3f}")
    naming = next(stage for stage in built.manifest.stages if stage.name == "naming")
    print(f"the naming took {naming.seconds:.1f} s of the build{' (an earlier one)' if naming.cached else ''}")


def measured(built: BuiltMap) -> list[dict[str, Any]]:
    """A row a layer: its clusters, those without siblings, the shares that are found, and the median contrast."""
    encoder = encoder_of(built.manifest)
    vectors = [embed_few([name.name for name in built.names_by_layer[layer.layer]], encoder) for layer in built.clusterings]
    embeddings = np.asarray(built.vectors)
    siblings = measure_names(vectors, built.clusterings, embeddings)
    whole = measure_names(vectors, built.clusterings, embeddings, within_parent=False)
    return [
        {
            "layer": one.layer,
            "clusters": len(one.contrast),
            "alone": one.n_alone,
            "found": round(one.ratio_found, 4),
            "median_contrast": round(one.median_contrast, 4),
            "found_in_layer": round(other.ratio_found, 4),
        }
        for one, other in zip(siblings, whole, strict=True)
    ]


def _opened(path: str, kept: Path | None, temporary: Path) -> BuiltMap:
    """The map of a name or path, from the workspace; built where it is not there."""
    workspace = Workspace.default(kept)
    try:
        return load_map(workspace, path)
    except DatasetError:
        if not Path(path).exists():
            raise
    started = time.perf_counter()
    workspace = workspace if kept else Workspace(temporary)
    manifest = build(open_dataset(path), workspace=workspace)
    print(f"built in {time.perf_counter() - started:.0f} s", file=sys.stderr)
    return load_map(workspace, manifest)


if __name__ == "__main__":
    main()
