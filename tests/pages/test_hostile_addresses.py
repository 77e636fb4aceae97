"""What stands in a page's address is a visitor's: whatever it says, the page opens, or tells in one sentence why not."""

from collections.abc import Iterator

import pytest

from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.query import QueryEncoder
from evalmap.pages.shared import state
from evalmap.tests.pages import site
from evalmap.tests.pages.site import PERSONA, open_page

HOSTILE = ("a" * 5000, "a\0b", "../../etc/passwd", "-" + "9" * 400, "nan", "²", "\u202e![a](http://x/y.png)")
OF_PAGE = {
    "map.py": (
        *(state.COLOR, state.WHERE, *state.EARLIER_FILTERS, state.LAYER),
        *(state.EXAMPLE, state.NAMES),
    ),
    "duplicates.py": (state.SCREEN_METHOD, state.THRESHOLD, state.NORMALIZATION, state.KEEP, state.PROTECT),
    "answers.py": (state.ANSWERS, state.VERSUS, state.ANSWER_COLOR, state.LAYER, state.EXAMPLE),
}


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with site.workspace(tmp_path_factory.mktemp("hostile")) as space:
        yield space


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: ascii(value)[:16])
def test_dataset_of_an_address_is_opened_or_told_of(value: str, space: Workspace):
    at = open_page("map.py", dataset=value)  # it fails where the page shows an exception
    (shown,) = (*at.info, *at.error)
    assert len(shown.value) < 400


@pytest.mark.parametrize("page", OF_PAGE)
@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: ascii(value)[:16])
def test_settings_of_an_address_break_no_page(page: str, value: str, space: Workspace):
    open_page(page, dataset=PERSONA, **{key: [value, value] if key in ("cluster", state.WHERE) else value for key in OF_PAGE[page]})


def test_long_search_by_meaning_is_searched(space: Workspace, monkeypatch: pytest.MonkeyPatch):
    asked: list[str] = []

    def encode(self: QueryEncoder, text: str):
        asked.append(text)
        return site.built(space, PERSONA).vectors[0]

    monkeypatch.setattr(QueryEncoder, "encode", encode)
    open_page("map.py", dataset=PERSONA, meaning=HOSTILE[0])
    assert asked == [HOSTILE[0]]
