"""The build: what each stage reads, keeps and redoes."""

import multiprocessing
import os
import shutil
import signal
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalmap.data.errors import DatasetError
from evalmap.data.opening import open_dataset
from evalmap.data.records import ReadOptions
from evalmap.data.store.manifest import BoilerplateRecord, Manifest
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings import palette, thumbnail, vectors
from evalmap.embeddings.built_map import load_map, thumbnail_file
from evalmap.embeddings.neighbors import find_neighbors
from evalmap.embeddings.pipeline import STAGES, build
from evalmap.embeddings.projection import project
from evalmap.embeddings.settings import Settings
from evalmap.embeddings.thumbnail import Categories
from evalmap.tests.fakes import FakeEncoder, fake_vector, sentences, write_rows
from evalmap.tests.paths import SAMPLES

FEW = 7  # rows that are laid out without UMAP


def rows_of(texts: list[str], **more: Any) -> list[dict[str, Any]]:
    return [{"text": text, "label": ["Yes", "No"][i % 2], **more} for i, text in enumerate(texts)]


def built(path: Path, workspace: Workspace, *, encoder: FakeEncoder | None = None, **settings: Any) -> Manifest:
    return build(open_dataset(path), workspace=workspace, encoder=encoder or FakeEncoder(), settings=Settings(**settings))


def redone(manifest: Manifest) -> set[str]:
    return {stage.name for stage in manifest.stages if not stage.cached}


def rows_encoded(encoder: FakeEncoder, texts: list[str]) -> list[str]:
    """What an encoder was asked for of these rows; the rest are names of clusters."""
    return [text for text in encoder.encoded if text in texts]


def keys(manifest: Manifest) -> dict[str, str]:
    return {stage.name: stage.key for stage in manifest.stages}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "home")


@pytest.fixture
def few(tmp_path: Path) -> Path:
    return write_rows(tmp_path / "few.jsonl", rows_of(sentences(FEW)))


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Path, Manifest]:
    """120 rows, built once; each test below changes something else."""
    folder = tmp_path_factory.mktemp("base")
    path = write_rows(folder / "topics.jsonl", rows_of(sentences(120)))
    workspace = Workspace(folder / "home")
    return workspace, path, built(path, workspace)


def test_manifest_tells_what_was_built(base: tuple[Workspace, Path, Manifest]):
    workspace, path, manifest = base
    expected = {
        "name": "topics", "slug": "topics", "source": str(path), "location": str(path), "rows": 120, "rows_read": 120,
        "roles": {"text": "text", "label": "label"}, "schema": "generic", "labels": {"No": 60, "Yes": 60}, "boilerplate": None,
        "set_aside": 0, "notes": (), "datasets": {"topics": 120}, "truncated": 0, "embedded": 120, "reused": 0,
    }  # fmt: skip
    assert {name: getattr(manifest, name) for name in expected} == expected
    assert [stage.name for stage in manifest.stages] == list(STAGES)
    assert redone(manifest) == set(STAGES)
    assert manifest.settings.encoder["model_key"] == "fake-1"
    assert manifest.settings.projection["method"] == "umap"
    assert 0 <= manifest.settings.projection["trustworthiness"] <= 1
    assert workspace.manifest("topics") == manifest


def test_same_build_again_does_nothing(base: tuple[Workspace, Path, Manifest]):
    workspace, path, before = base
    again = built(path, workspace, encoder=FakeEncoder(die_after=0))
    assert redone(again) == set()
    assert again.fingerprint == before.fingerprint
    assert (again.embedded, again.reused) == (0, 120)


def test_same_rows_in_another_workspace_give_the_same_map(base: tuple[Workspace, Path, Manifest], workspace: Workspace):
    home, path, before = base
    again = built(path, workspace)
    assert keys(again) == keys(before)
    here, there = load_map(workspace, again), load_map(home, before)
    assert np.array_equal(here.coordinates, there.coordinates)
    assert [c.labels.tolist() for c in here.clusterings] == [c.labels.tolist() for c in there.clusterings]
    assert here.names == there.names


@pytest.mark.parametrize(
    ("settings", "stages"),
    [
        ({"k": 4}, {"clustering", "naming"}),
        ({"min_dist": 0.5}, {"projection", "thumbnail"}),
        ({"n_neighbors": 8}, {"projection", "thumbnail"}),
        ({"n_neighbors": 30}, {"projection", "thumbnail"}),
        ({"seed": 7}, {"projection", "clustering", "naming", "thumbnail"}),
    ],
)
def test_setting_redoes_its_stages_and_embeds_nothing(
    base: tuple[Workspace, Path, Manifest], settings: dict[str, Any], stages: set[str]
):
    workspace, path, before = base
    encoder = FakeEncoder()
    manifest = built(path, workspace, encoder=encoder, **settings)
    assert redone(manifest) == stages
    assert rows_encoded(encoder, sentences(120)) == []
    assert {name for name in STAGES if keys(manifest)[name] != keys(before)[name]} == stages
    assert manifest.fingerprint != before.fingerprint
    assert {name: getattr(manifest.settings, name) for name in settings} == settings


@pytest.mark.parametrize("n_neighbors", [16, 17, 40])
def test_neighbours_of_the_projection_change_no_topic(base: tuple[Workspace, Path, Manifest], n_neighbors: int):
    workspace, path, before = base
    manifest = built(path, workspace, encoder=FakeEncoder(die_after=0), n_neighbors=n_neighbors)
    here, there = load_map(workspace, manifest), load_map(workspace, before)
    assert [c.labels.tolist() for c in here.clusterings] == [c.labels.tolist() for c in there.clusterings]
    assert (here.names, here.outliers.tolist()) == (there.names, there.outliers.tolist())
    assert manifest.settings.projection["n_neighbors"] == n_neighbors
    graph = find_neighbors(np.array(here.vectors), n_neighbors=n_neighbors - 1)
    expected = project(np.array(here.vectors), graph=graph, n_neighbors=n_neighbors, random_state=42)
    assert np.array_equal(here.coordinates, expected.coordinates)


def test_changed_note_redoes_records_and_names_only(base: tuple[Workspace, Path, Manifest], tmp_path: Path):
    workspace, _, _ = base
    path = write_rows(tmp_path / "topics.jsonl", rows_of(sentences(120), note="new"))
    encoder = FakeEncoder()
    manifest = built(path, workspace, encoder=encoder)
    assert redone(manifest) == {"records", "naming"}
    assert rows_encoded(encoder, sentences(120)) == []


def test_changed_label_draws_the_thumbnail_again(base: tuple[Workspace, Path, Manifest], tmp_path: Path):
    workspace, _, _ = base
    rows = rows_of(sentences(120))
    rows[3]["label"] = "Yes"
    manifest = built(write_rows(tmp_path / "topics.jsonl", rows), workspace)
    assert redone(manifest) == {"records", "naming", "thumbnail"}


def test_another_palette_draws_the_thumbnail_again(base: tuple[Workspace, Path, Manifest], monkeypatch: pytest.MonkeyPatch):
    workspace, path, before = base
    monkeypatch.setattr(palette, "BLUE", "#123456")
    assert redone(built(path, workspace, encoder=FakeEncoder(die_after=0))) == {"thumbnail"}
    monkeypatch.undo()
    assert built(path, workspace).fingerprint == before.fingerprint


def test_map_without_labels_is_drawn_in_the_colours_of_its_coarse_topics(workspace: Workspace, tmp_path: Path):
    path = write_rows(tmp_path / "plain.jsonl", [{"text": text} for text in sentences(120)])
    built_map = load_map(workspace, built(path, workspace, k=4))
    (entry,) = workspace.entries("thumbnail")
    topics = thumbnail.by_cluster(built_map.clustering("topics-coarse").labels)
    assert len(topics.colors) > 1
    assert (entry / "thumbnail.webp").read_bytes() == thumbnail.draw_thumbnail(built_map.coordinates, topics)


def test_key_of_a_picture_in_topics_is_known_before_they_are(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = write_rows(tmp_path / "plain.jsonl", [{"text": text} for text in sentences(30)])
    here = built(path, workspace, k=4)
    monkeypatch.setattr(
        thumbnail, "by_cluster", lambda labels: Categories(labels * 0, ("#0072B2",))
    )  # as if other topics were found
    there = built(path, Workspace(tmp_path / "there"), k=4)
    assert there.key("thumbnail") == here.key("thumbnail")
    assert built(path, workspace, k=5).key("thumbnail") != here.key("thumbnail")


def test_map_without_a_thumbnail_is_read_all_the_same(workspace: Workspace, few: Path):
    manifest = built(few, workspace)
    file = thumbnail_file(workspace, manifest)
    assert file
    assert file.is_file()
    earlier = replace(manifest, stages=tuple(stage for stage in manifest.stages if stage.name != "thumbnail"))
    assert thumbnail_file(workspace, earlier) is None
    assert len(load_map(workspace, earlier)) == FEW
    shutil.rmtree(file.parent)
    assert thumbnail_file(workspace, manifest) is None
    assert len(load_map(workspace, manifest)) == FEW
    assert redone(built(few, workspace)) == {"thumbnail"}


def test_ten_rows_more_than_a_thousand_embed_ten(workspace: Workspace, tmp_path: Path):
    texts = sentences(1010)
    path = write_rows(tmp_path / "growing.jsonl", rows_of(texts[:1000]))
    built(path, workspace)
    write_rows(path, rows_of(texts))
    encoder = FakeEncoder()
    manifest = built(path, workspace, encoder=encoder)
    assert rows_encoded(encoder, texts) == texts[1000:]
    assert (manifest.rows, manifest.embedded, manifest.reused) == (1010, 10, 1000)
    assert len(workspace.manifests()) == 1


def test_question_and_statement_share_their_vectors(workspace: Workspace):
    path = SAMPLES / "persona" / "prefers-careful-planning.jsonl"
    encoder = FakeEncoder()
    for field, expected in (("statement", None), ("question", 53)):
        dataset = open_dataset(path, options=ReadOptions(text=field))
        key, counts = vectors.embed(dataset.examples["embedded_text"].tolist(), encoder=encoder, workspace=workspace)
        assert [len(one.prefix) for one in dataset.boilerplate] == ([expected] if expected else [])
    assert counts["embedded"] == 0
    assert workspace.entries("embeddings") == [workspace.entry("embeddings", key)]


def test_nulls_are_set_aside_and_never_embedded(workspace: Workspace, tmp_path: Path):
    texts: list[str | None] = [*sentences(5), None, "  "]
    path = write_rows(tmp_path / "holes.jsonl", [*[{"text": text} for text in texts], None])
    encoder = FakeEncoder()
    manifest = built(path, workspace, encoder=encoder)
    assert encoder.encoded[:5] == rows_encoded(encoder, sentences(5)) == sentences(5)
    assert not {"null", "None", "nan", ""} & set(encoder.encoded)
    assert (manifest.rows, manifest.rows_read, manifest.set_aside) == (5, 8, 3)
    assert {(row["line"], row["reason"]) for row in manifest.set_aside_rows} == {
        (6, "text is null"), (7, "text is empty"), (8, "the line holds null"),
    }  # fmt: skip


def test_boilerplate_is_reported(workspace: Workspace, tmp_path: Path):
    path = write_rows(tmp_path / "alike.jsonl", [{"text": f"Please consider this: “{text}”."} for text in sentences(FEW)])
    encoder = FakeEncoder()
    manifest = built(path, workspace, encoder=encoder)
    assert manifest.boilerplate == BoilerplateRecord("Please consider this: “", "”.", rows=FEW, of=FEW, frames=1)
    assert encoder.encoded[:FEW] == sentences(FEW)
    assert not any("Please" in text for text in encoder.encoded)


@pytest.mark.parametrize("texts", [sentences(2), ["the same words"] * 20, sentences(FEW)])
def test_degenerate_datasets_have_a_map(workspace: Workspace, tmp_path: Path, texts: list[str]):
    path = write_rows(tmp_path / "odd.jsonl", [{"text": text} for text in texts])
    found = load_map(workspace, built(path, workspace))
    assert np.isfinite(found.coordinates).all()
    assert found.manifest.settings.projection["method"] == "pca"
    assert found.manifest.settings.projection["trustworthiness"] is None or len(set(texts)) == 1
    assert [len(c.labels) for c in found.clusterings] == [len(texts)] * 4


def test_stages_tell_their_progress_in_order(few: Path, workspace: Workspace):
    told: list[tuple[str, int, int]] = []
    build(open_dataset(few), workspace=workspace, encoder=FakeEncoder(), progress=lambda *step: told.append(step))
    assert list(dict.fromkeys(stage for stage, _, _ in told)) == list(STAGES)
    for stage in STAGES:
        done, total = next((done, total) for name, done, total in reversed(told) if name == stage)
        assert done == total, stage


def test_two_sources_of_one_name_keep_a_map_each(few: Path, workspace: Workspace, tmp_path: Path):
    (tmp_path / "other").mkdir()
    other = write_rows(tmp_path / "other" / "few.jsonl", rows_of(sentences(FEW, seed=9)))
    slugs = [built(path, workspace).slug for path in (few, other, few)]
    assert slugs[0] == slugs[2] == "few"
    assert slugs[1] != "few"
    assert len(workspace.manifests()) == 2


# Builds that end early, and builds at once


def test_failed_build_leaves_the_old_map(few: Path, workspace: Workspace):
    before = built(few, workspace)
    write_rows(few, rows_of(sentences(FEW, seed=3)))
    with pytest.raises(RuntimeError, match="told to die"):
        built(few, workspace, encoder=FakeEncoder(die_after=0))
    assert workspace.find(str(few)) == before
    assert load_map(workspace, workspace.find("few")).examples["text"].tolist() == sentences(FEW)


def _build_and_be_killed(root: Path, path: Path) -> None:
    class Killed(FakeEncoder):
        def encode(self, texts):
            for number, batch in enumerate(super().encode(texts)):
                if number == 2:
                    os.kill(os.getpid(), signal.SIGKILL)
                yield batch

    vectors.SHARD_SECONDS = -1.0
    build(open_dataset(path), workspace=Workspace(root), encoder=Killed(batch=2))


def test_killed_build_leaves_the_old_map_and_the_next_goes_on_from_its_shards(few: Path, workspace: Workspace):
    before = built(few, workspace)
    texts = sentences(FEW, seed=5)
    write_rows(few, rows_of(texts))
    child = multiprocessing.get_context("fork").Process(target=_build_and_be_killed, args=(workspace.root, few))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    assert workspace.find("few") == before
    old = load_map(workspace, workspace.find("few"))
    assert old.examples["text"].tolist() == sentences(FEW)
    assert np.array_equal(old.vectors, [fake_vector(text) for text in sentences(FEW)])

    encoder = FakeEncoder()
    after = built(few, workspace, encoder=encoder)
    assert rows_encoded(encoder, texts) == texts[4:]
    assert (after.embedded, after.reused) == (3, 4)
    assert load_map(workspace, after).examples["text"].tolist() == texts


def _embed(root: Path, texts: list[str], together: Any) -> None:
    class Waiting(FakeEncoder):
        def encode(self, texts):
            together.wait(30)
            return super().encode(texts)

    vectors.SHARD_SECONDS = -1.0
    vectors.embed(texts, encoder=Waiting(batch=5), workspace=Workspace(root))


def test_two_processes_that_embed_the_same_texts_end_with_one_whole_entry(workspace: Workspace):
    texts = sentences(200)
    context = multiprocessing.get_context("fork")
    together = context.Barrier(2)
    children = [context.Process(target=_embed, args=(workspace.root, texts, together)) for _ in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0, 0]
    (entry,) = workspace.entries("embeddings")
    assert np.array_equal(vectors.load_vectors(entry), [fake_vector(text) for text in texts])
    assert list(workspace.root.rglob("*.npz")) == []


def test_two_builds_at_once_of_one_dataset_end_with_one_whole_map(few: Path, workspace: Workspace):
    together = threading.Barrier(2)
    found: list[Manifest] = []

    class Waiting(FakeEncoder):
        def encode(self, texts):
            if not self.encoded:
                together.wait(30)
            return super().encode(texts)

    threads = [threading.Thread(target=lambda: found.append(built(few, workspace, encoder=Waiting()))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({manifest.fingerprint for manifest in found}) == 1
    assert len(workspace.manifests()) == 1
    read = load_map(workspace, workspace.find("few"))
    assert np.array_equal(read.vectors, [fake_vector(text) for text in sentences(FEW)])
    assert [path.name for path in (workspace.root / "stages").glob("*/.*")] == []


# Settings


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"n_neighbors": 1}, "n_neighbors is 1; expected 2 to 200"),
        ({"min_dist": 1.0}, "min_dist is 1.0; expected 0.0 to 0.99"),
        ({"min_dist": float("nan")}, "min_dist is nan; expected 0.0 to 0.99"),
        ({"k": 0}, "k is 0; expected 1 to 1000"),
        ({"seed": -1}, "seed is -1; expected 0 to 4294967295"),
    ],
)
def test_setting_out_of_range(settings: dict[str, Any], sentence: str):
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        Settings(**settings)


def test_every_seed_that_is_allowed_works(few: Path, workspace: Workspace):
    assert built(few, workspace, seed=2**32 - 1).settings.seed == 2**32 - 1


def test_one_row_cannot_be_built(workspace: Workspace, tmp_path: Path):
    with pytest.raises(DatasetError, match="holds 1 example, and a map needs at least 2"):
        built(write_rows(tmp_path / "one.jsonl", rows_of(sentences(1))), workspace)
    assert workspace.manifests() == []
