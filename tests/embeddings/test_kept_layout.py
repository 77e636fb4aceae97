"""A growing dataset keeps its map still."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from evalmap.data.errors import DatasetError
from evalmap.data.opening import open_dataset
from evalmap.data.store.manifest import Manifest
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap, load_map
from evalmap.embeddings.kept_layout import rows_before
from evalmap.embeddings.pipeline import build
from evalmap.embeddings.placement import place
from evalmap.embeddings.settings import Settings
from evalmap.tests.command import Command
from evalmap.tests.fakes import FakeEncoder, sentences, write_rows

TEXTS = sentences(70)


def built(path: Path, workspace: Workspace, *, keep: bool = True, encoder: FakeEncoder | None = None, seed: int = 42) -> Manifest:
    settings = Settings(k=4, seed=seed)
    return build(open_dataset(path), workspace=workspace, encoder=encoder or FakeEncoder(), settings=settings, keep_layout=keep)


def rewrite(path: Path, texts: list[str]) -> Path:
    return write_rows(path, [{"text": text} for text in texts])


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a map of 60 rows."""
    folder = tmp_path_factory.mktemp("base")
    built(rewrite(folder / "growing.jsonl", TEXTS[:60]), Workspace(folder / "home"))
    return folder / "home"


@pytest.fixture
def workspace(base: Path, tmp_path: Path) -> Workspace:
    shutil.copytree(base, tmp_path / "home")
    return Workspace(tmp_path / "home")


@pytest.fixture
def grown(base: Path, workspace: Workspace) -> Iterator[tuple[Path, BuiltMap]]:
    """The file of the map, to be written again; and the map."""
    path = base.parent / "growing.jsonl"
    yield path, load_map(workspace, "growing")
    rewrite(path, TEXTS[:60])


def test_first_build_has_nothing_to_keep(grown: tuple[Path, BuiltMap], tmp_path: Path):
    path, before = grown  # built with the option
    plain = load_map(Workspace(tmp_path / "other"), built(path, Workspace(tmp_path / "other"), keep=False))
    assert np.array_equal(plain.coordinates, before.coordinates)
    assert before.manifest.layout_line() is None


def test_appended_rows_move_no_old_row_by_a_bit(grown: tuple[Path, BuiltMap], workspace: Workspace):
    path, before = grown
    rewrite(path, TEXTS)
    after = load_map(workspace, built(path, workspace))
    assert after.coordinates[:60].tobytes() == before.coordinates.tobytes()
    vectors = np.array(after.vectors)
    expected = place(vectors[60:], on=vectors[:60], coordinates=before.coordinates)
    assert np.array_equal(after.coordinates[60:], expected.coordinates)
    told = after.manifest.settings.projection["layout_kept"]
    assert {name: told[name] for name in ("kept", "new", "gone", "placed")} == {"kept": 60, "new": 10, "gone": 0, "placed": 10}
    assert told["neighbors_kept"] == pytest.approx(expected.neighbors_kept.mean(), abs=1e-4)
    assert (after.manifest.settings.projection["method"], after.manifest.slug) == ("umap", before.manifest.slug)


def test_without_the_option_the_same_rows_are_laid_out_anew(grown: tuple[Path, BuiltMap], workspace: Workspace):
    path, before = grown
    rewrite(path, TEXTS)
    after = load_map(workspace, built(path, workspace, keep=False))
    assert not np.array_equal(after.coordinates[:60], before.coordinates)
    assert after.manifest.layout_line() is None


def test_rows_that_go_or_move_in_the_file_leave_the_others_where_they_lie(grown: tuple[Path, BuiltMap], workspace: Workspace):
    path, before = grown
    now = ["a new first row on tides", *TEXTS[10:60][::-1], "anchor sailors and a late one", TEXTS[0]]
    rewrite(path, now)
    after = load_map(workspace, built(path, workspace))
    old = {text: row for row, text in enumerate(TEXTS[:60])}
    unchanged = [row for row, text in enumerate(now) if text in old]
    assert len(unchanged) == 51
    assert np.array_equal(after.coordinates[unchanged], before.coordinates[[old[now[row]] for row in unchanged]])
    told = after.manifest.settings.projection["layout_kept"]
    assert (told["kept"], told["new"], told["gone"]) == (51, 2, 9)


def test_map_that_grows_again_and_again_tells_how_much_of_it_was_placed(grown: tuple[Path, BuiltMap], workspace: Workspace):
    path, before = grown
    for length in (64, 67, 70):
        rewrite(path, TEXTS[:length])
        after = load_map(workspace, built(path, workspace))
        assert after.coordinates[:60].tobytes() == before.coordinates.tobytes()
    assert after.manifest.settings.projection["layout_kept"]["new"] == 3
    assert after.manifest.settings.projection["layout_kept"]["placed"] == 10
    assert "in all 10 of 70 rows (14%) were placed" in str(after.manifest.layout_line())
    again = built(path, workspace, encoder=FakeEncoder(die_after=0))
    assert {stage.name for stage in again.stages if not stage.cached} == set()
    assert again.fingerprint == after.manifest.fingerprint


def test_of_one_text_the_first_before_is_the_first_now():
    assert rows_before(["b", "a", "b", "c", "b"], ["a", "b", "x", "b"]).tolist() == [1, 0, 3, -1, -1]


def test_second_row_of_a_text_lies_on_the_first(grown: tuple[Path, BuiltMap], workspace: Workspace):
    path, before = grown
    rewrite(path, [*TEXTS[:60], TEXTS[7]])
    after = load_map(workspace, built(path, workspace))
    assert np.array_equal(after.coordinates[60], before.coordinates[7])


def test_layout_that_cannot_be_kept_is_refused_and_the_map_stays(grown: tuple[Path, BuiltMap], workspace: Workspace):
    path, before = grown
    rewrite(path, TEXTS)
    with pytest.raises(
        DatasetError, match=r"laid out with n_neighbors 15, min_dist 0.1, seed 42, and this build asks for .* seed 7"
    ):
        built(path, workspace, seed=7)
    with pytest.raises(DatasetError, match=r"embedded with all-MiniLM-L6-v2, .* the layout can't be kept"):
        built(path, workspace, encoder=FakeEncoder(model_key="other"))
    rewrite(path, sentences(20, seed=4))
    with pytest.raises(DatasetError, match="none of its 20 texts was on the map before"):
        built(path, workspace)
    assert workspace.find("growing") == before.manifest


def test_build_tells_what_became_of_the_layout(evalmap: Command, tmp_path: Path):
    path = rewrite(tmp_path / "growing.jsonl", TEXTS[:60])
    assert "the layout was kept" not in evalmap("build", str(path), "--keep-layout").out
    before = load_map(Workspace(tmp_path / "home"), "growing").coordinates
    rewrite(path, TEXTS)
    out = evalmap("build", str(path), "--keep-layout").out
    assert "the layout was kept: 60 rows lie where they lay, 10 new ones are placed among them, each by its 10 nearest" in out
    assert load_map(Workspace(tmp_path / "home"), "growing").coordinates[:60].tobytes() == before.tobytes()
