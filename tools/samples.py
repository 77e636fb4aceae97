"""Build the sample maps anew and write them into data/samples/built (`make samples`)."""

import tempfile

from evalmap.data.store.workspace import Workspace
from evalmap.embeddings import sample_maps


def main() -> None:
    """Build every sample in an empty workspace, so that nothing old is shipped."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(folder)
        for manifest in sample_maps.build_samples(workspace):
            print(f"{manifest.slug}: {manifest.rows:,} rows")
        sample_maps.ship(workspace)


if __name__ == "__main__":
    main()
