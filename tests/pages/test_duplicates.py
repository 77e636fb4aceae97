"""The duplicates page."""

from collections.abc import Iterator

import pytest

from evalmap.data.errors import DatasetError
from evalmap.data.store.workspace import Workspace
from evalmap.pages.parts.duplicates import duplicate_pairs
from evalmap.pages.server import screenings
from evalmap.tests.pages import site
from evalmap.tests.pages.site import PERSONA, open_page


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with site.workspace(tmp_path_factory.mktemp("duplicates")) as space:
        yield space


def test_choices_that_cannot_be_screened_are_said_with_where_to_change_them(space: Workspace, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object, **__: object) -> None:
        raise DatasetError("The pairs reach down to 0.80, and the threshold is 0.70.", "threshold")

    screenings.default_screening(site.built(space, PERSONA))  # looks for the pairs, which the page would do in the background
    monkeypatch.setattr(duplicate_pairs, "select", refuse)
    at = open_page("duplicates.py", dataset=PERSONA)
    (error,) = at.error
    assert error.value == r"The pairs reach down to 0\.80, and the threshold is 0\.70\. Choose it in the sidebar."
    assert at.slider(key="threshold").value == 0.95
    assert not at.metric
