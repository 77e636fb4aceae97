"""What is kept between reruns of a map's screening."""

from collections.abc import Iterator

import pytest

from evalmap.data.store.workspace import Workspace
from evalmap.pages.server import screenings
from evalmap.screening.keep.by_hand import DecisionLog, row_keys
from evalmap.tests.pages import site
from evalmap.tests.pages.site import PERSONA


@pytest.fixture
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with site.workspace(tmp_path_factory.mktemp("screenings")) as space:
        yield space


def test_default_screening_follows_a_decision_taken_back_for_another_one(space: Workspace):
    built = site.built(space, PERSONA)
    before = screenings.default_screening(built)
    assert before is not None
    first, second = (int(row) for row in before.kept.nonzero()[0][:2])
    keys = row_keys(built.examples)
    log = DecisionLog.load(space, built.manifest.source)
    log.remove(keys[first])
    log.save(space, built.manifest.source)
    removed = screenings.default_screening(built)
    assert removed is not None
    assert (removed.kept[first], removed.kept[second]) == (False, True)
    log.undo()
    log.remove(keys[second])
    log.save(space, built.manifest.source)
    other = screenings.default_screening(built)
    assert other is not None
    assert (other.kept[first], other.kept[second]) == (True, False)
