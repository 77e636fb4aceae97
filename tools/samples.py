"""Build the sample maps anew and write them into data/samples/built (`make samples`)."""

import tempfile

from evalmap.data.store.workspace import Workspace
from evalmap.embeddings import samples


def main() -> None:
    """Build every sample in an empty workspace, so that nothing old is shipped."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(folder)
        for manifest in samples.build_samples(workspace):
            print(f"{manifest['slug']}: {manifest['rows']:,} rows")
        samples.ship(workspace)


if __name__ == "__main__":
    main()
