"""What the examples are and where they live: records, readers, known collections, the workspace."""

from evalmap.data.errors import DatasetError
from evalmap.data.opening import open_dataset
from evalmap.data.records import Boilerplate, Dataset, FileRows, ReadOptions, Roles, SetAside
from evalmap.data.store.workspace import Workspace

__all__ = ["Boilerplate", "Dataset", "DatasetError", "FileRows", "ReadOptions", "Roles", "SetAside", "Workspace", "open_dataset"]
