"""The documentation is built without a warning, and its reference follows the code."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from evalmap.tests.paths import ROOT
from evalmap.tools import docs_reference

OURS = """Find pairs.

Parameters
----------
texts : n texts
    in their order
floor : a ratio: 0 to 1

Raises
------
ValueError : no texts

Source: Salton 1975.
"""

NUMPYDOC = """Find pairs.

Parameters
----------
texts
    n texts
    in their order
floor
    a ratio: 0 to 1

Raises
------
ValueError
    no texts

Notes
-----
Source: Salton 1975.
"""


def test_docstrings_of_the_house_become_numpydoc():
    assert docs_reference.as_numpydoc(OURS) == NUMPYDOC
    assert docs_reference.as_numpydoc("One line : no section.") == "One line : no section."


def test_a_room_is_listed_with_its_modules_in_order():
    names = docs_reference.modules("screening")
    assert (
        names.index("evalmap.screening.recipe")
        < names.index("evalmap.screening.pairs")
        < names.index("evalmap.screening.pairs.exact")
    )


def test_every_page_is_in_the_navigation():
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = [path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")]
    assert [page for page in pages if not re.search(rf": {re.escape(page)}$", navigation, re.MULTILINE)] == []


@pytest.mark.slow
def test_documentation_is_built_without_a_warning(tmp_path: Path):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    screening = (tmp_path / "reference" / "screening" / "index.html").read_text(encoding="utf-8")
    assert 'id="evalmap.screening.pairs.near_duplicates.find_near_duplicates"' in screening
    home = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'(?:src|href)="https?://(?!github\.com/evalmap/)([^"/]+)', home) == ["squidfunk.github.io"]
