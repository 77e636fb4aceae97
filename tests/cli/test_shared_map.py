"""evalmap compare --shared-map: what the Compare page starts."""

from pathlib import Path

import pytest

from evalmap.data.store import jobs
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap, load_map
from evalmap.embeddings.shared_layout import stored_shared_layout
from evalmap.screening.coverage import comparison_job, comparison_store
from evalmap.tests.command import Command
from evalmap.tests.fakes import sentences, write_rows


@pytest.fixture
def two(evalmap: Command) -> list[BuiltMap]:
    for name, seed in (("b", 1), ("a", 2)):
        path = write_rows(Path(f"{name}.jsonl"), [{"text": text} for text in sentences(14, seed=seed)])
        assert evalmap("build", path, "--k", "2").code == 0
    space = Workspace(evalmap.home)
    return [load_map(space, name) for name in ("b", "a")]


def test_maps_are_laid_out_together_once_whatever_their_order(
    evalmap: Command, two: list[BuiltMap], monkeypatch: pytest.MonkeyPatch
):
    space = Workspace(evalmap.home)
    assert evalmap("compare", "b", "a").code == 0
    assert stored_shared_layout(two[::-1], space) is None  # a terminal has no use for it
    monkeypatch.setattr(comparison_store, "write_comparison", lambda *_: pytest.fail("compared again"))
    assert evalmap("compare", "--shared-map", "--", "b", "a").code == 0
    layout = stored_shared_layout(two[::-1], space)
    assert layout is not None
    assert layout.sources.tolist() == [0] * 14 + [1] * 14
    job = jobs.find(space, comparison_job.job_location(["b", "a"]))
    assert job is not None
    assert (job.state, job.ratio) == ("done", pytest.approx(0.4, abs=0.01))  # what is left was there already
