"""What the tests try of pages and reports: hostile texts on every one of them, and every form of a Host or Origin header.

They are tests of the project and run in `make test`; here they are run and counted beside the rest.
"""

import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

from evalmap.bench.torture.figures import Figures

ROOT = Path(__file__).resolve().parents[2]
TESTS: dict[str, tuple[str, ...]] = {  # what is tried: the test files that try it
    "hostile texts on pages and reports": ("tests/browser/test_hostile_texts.py", "tests/browser/test_text_door.py"),
    "Host and Origin headers": ("tests/pages/server/test_front_door.py",),
}


def torture(folder: Path, given: Namespace) -> Iterator[Figures]:
    """Run the test files and count."""
    for what, files in TESTS.items():
        yield _tested(folder, what, files)


def _tested(folder: Path, what: str, files: tuple[str, ...]) -> Figures:
    folder.mkdir(parents=True, exist_ok=True)
    written = folder / "tests.xml"
    command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={written}", *(str(ROOT / file) for file in files)]
    subprocess.run(command, cwd=ROOT, check=False, capture_output=True)
    (suite,) = ElementTree.parse(written).getroot().iter("testsuite")
    figures = Figures(what, tried=int(suite.get("tests", 0)))
    figures.wrong["failed"] = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
    figures.counts["skipped"] = int(suite.get("skipped", 0))
    figures.examples = [str(case.get("name")) for case in suite.iter("testcase") if case.find("failure") is not None][:5]
    return figures
