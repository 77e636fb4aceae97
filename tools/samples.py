"""Build what has changed of the sample maps and write them into data/samples/built (`make samples`).

A stage whose key is shipped already stays as it is, byte by byte: another CPU would write other last bits. `--anew` builds all.
"""

import shutil
import sys
import tempfile

from evalmap.data.store.workspace import Workspace
from evalmap.embeddings import sample_maps


def main() -> None:
    """Build every sample in a workspace of its own, so that nothing old is shipped."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(folder)
        if "--anew" not in sys.argv[1:]:
            shutil.copytree(sample_maps.BUILT / "stages", workspace.root / "stages")
        for manifest in sample_maps.build_samples(workspace):
            done = ", ".join(stage.name for stage in manifest.stages if not stage.cached) or "nothing"
            print(f"{manifest.slug}: {manifest.rows:,} rows; built: {done}")
        _drop_what_no_map_needs(workspace)
        sample_maps.ship(workspace)


def _drop_what_no_map_needs(workspace: Workspace) -> None:
    needed = {workspace.entry(stage.name, stage.key) for manifest in workspace.manifests() for stage in manifest.stages}
    for folder in (workspace.root / "stages").glob("*/*"):
        if folder not in needed:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
