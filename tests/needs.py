"""What some tests need and not every machine has: without it they are skipped with one line, or fail where EVALMAP_NO_SKIP=1."""

import os
from pathlib import Path
from typing import NoReturn

import pytest

from evalmap.tests.paths import ROOT

NO_SKIP = "EVALMAP_NO_SKIP"


def absent(sentence: str) -> NoReturn:
    """End the test because what it needs is not here: skipped; failed where EVALMAP_NO_SKIP=1 says that all must be here."""
    if os.environ.get(NO_SKIP) == "1":
        pytest.fail(f"{sentence}, and {NO_SKIP}=1 forbids to skip", pytrace=False)
    pytest.skip(sentence)


def data_beside_the_repository(name: str, what: str) -> Path:
    """The folder ../shared/data/<name>, which is no part of the project."""
    folder = ROOT.parent / "shared" / "data" / name
    if not folder.is_dir():
        absent(f"{what} are not beside the repository (../shared/data/{name})")
    return folder.resolve()
