"""A build hook: what `pip install --editable .` needs to find the package, whose folder is the repository's root itself.

The folder may bear any name in a clone, so a link bears the package's: `.package/evalmap` → the root. pyproject.toml puts
`.package` on the import path (dev-mode-dirs) and on pyright's. A wheel needs no link: there every file lies below `evalmap/`.
"""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class EditableLink(BuildHookInterface):
    """Makes the link when the build is for an editable installation."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "editable":
            return
        link = Path(self.root, ".package", "evalmap")
        link.parent.mkdir(exist_ok=True)
        if not link.is_symlink():
            link.symlink_to("..", target_is_directory=True)
