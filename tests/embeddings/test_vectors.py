"""The embedding stage on disk: one vector a distinct text, whatever happens to a build."""

import hashlib
import json
import multiprocessing
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from evalmap.data.store.workspace import Workspace, stage_key
from evalmap.embeddings import vectors
from evalmap.embeddings.vectors import embed, load_vectors
from evalmap.tests.fakes import FakeEncoder, fake_vector, sentences


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


@pytest.fixture
def each_batch_is_a_shard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "SHARD_SECONDS", -1.0)


def shards(workspace: Workspace) -> list[Path]:
    return sorted((workspace.root / "vectors").rglob("*.npz"))


def stored(workspace: Workspace, key: str) -> np.ndarray:
    return load_vectors(workspace.entry("embeddings", key))


def test_row_i_holds_the_vector_of_text_i(workspace: Workspace):
    texts = sentences(50)
    key, counts = embed(texts, encoder=FakeEncoder(), workspace=workspace)
    assert np.array_equal(stored(workspace, key), [fake_vector(text) for text in texts])
    assert stored(workspace, key).dtype == np.float32
    assert counts == {"embedded": 50, "reused": 0, "truncated": 0}


def test_equal_texts_are_encoded_once(workspace: Workspace):
    encoder = FakeEncoder()
    key, counts = embed(["a b", "c d", "a b", "a b"], encoder=encoder, workspace=workspace)
    assert sorted(encoder.encoded) == ["a b", "c d"]
    assert counts == {"embedded": 2, "reused": 0, "truncated": 0}
    assert np.array_equal(stored(workspace, key), [fake_vector(text) for text in ["a b", "c d", "a b", "a b"]])


def test_truncated_rows_are_found_whether_encoded_or_reused(workspace: Workspace):
    long = "word " * 60
    for texts, rows in ((["a", long, "b"], [1]), (["a", long, "b"], [1]), ([long, "c", long], [0, 2])):
        key, counts = embed(texts, encoder=FakeEncoder(), workspace=workspace)
        assert np.flatnonzero(np.load(workspace.entry("embeddings", key) / "truncated.npy")).tolist() == rows
        assert counts["truncated"] == len(rows)


def test_ten_rows_more_than_a_thousand_embed_ten(workspace: Workspace):
    texts = sentences(1010)
    embed(texts[:1000], encoder=FakeEncoder(), workspace=workspace)
    encoder = FakeEncoder()
    seen: list[tuple[int, int]] = []
    key, counts = embed(texts, encoder=encoder, workspace=workspace, progress=lambda done, total: seen.append((done, total)))
    assert encoder.encoded == texts[1000:]
    assert counts == {"embedded": 10, "reused": 1000, "truncated": 0}
    assert np.array_equal(stored(workspace, key), [fake_vector(text) for text in texts])
    assert seen == [(1000, 1010), (1010, 1010)]


def test_other_order_and_fewer_rows_embed_nothing(workspace: Workspace):
    texts = sentences(30)
    embed(texts, encoder=FakeEncoder(), workspace=workspace)
    key, counts = embed(texts[20:4:-1], encoder=FakeEncoder(die_after=0), workspace=workspace)
    assert counts["embedded"] == 0
    assert np.array_equal(stored(workspace, key), [fake_vector(text) for text in texts[20:4:-1]])


def test_vectors_of_another_model_are_never_used(workspace: Workspace):
    texts = sentences(20)
    first, _ = embed(texts, encoder=FakeEncoder(), workspace=workspace)
    encoder = FakeEncoder(model_key="fake-2")
    second, counts = embed(texts, encoder=encoder, workspace=workspace)
    assert first != second
    assert encoder.encoded == texts
    assert counts["reused"] == 0


@pytest.mark.usefixtures("each_batch_is_a_shard")
def test_build_that_died_goes_on_from_its_shards(workspace: Workspace):
    texts = sentences(100)
    with pytest.raises(RuntimeError, match="told to die"):
        embed(texts, encoder=FakeEncoder(batch=10, die_after=4), workspace=workspace)
    assert workspace.entries("embeddings") == []
    encoder = FakeEncoder(batch=10)
    key, counts = embed(texts, encoder=encoder, workspace=workspace)
    assert encoder.encoded == texts[40:]
    assert counts == {"embedded": 60, "reused": 40, "truncated": 0}
    assert np.array_equal(stored(workspace, key), [fake_vector(text) for text in texts])
    assert shards(workspace) == []


@pytest.mark.usefixtures("each_batch_is_a_shard")
def test_shards_of_other_texts_stay(workspace: Workspace):
    with pytest.raises(RuntimeError, match="told to die"):
        embed(sentences(40, seed=1), encoder=FakeEncoder(batch=10, die_after=2), workspace=workspace)
    before = shards(workspace)
    assert len(before) == 2
    embed(sentences(20, seed=2), encoder=FakeEncoder(), workspace=workspace)
    assert shards(workspace) == before


@pytest.mark.usefixtures("each_batch_is_a_shard")
def test_shard_that_another_build_takes_away_is_encoded_again(workspace: Workspace, monkeypatch: pytest.MonkeyPatch):
    texts = sentences(30)
    with pytest.raises(RuntimeError, match="told to die"):
        embed(texts, encoder=FakeEncoder(batch=10, die_after=2), workspace=workspace)
    load = np.load

    def load_what_is_gone(path, *args, **kwargs):
        if Path(path).suffix == ".npz":
            Path(path).unlink(missing_ok=True)
        return load(path, *args, **kwargs)

    monkeypatch.setattr(np, "load", load_what_is_gone)
    encoder = FakeEncoder()
    _, counts = embed(texts, encoder=encoder, workspace=workspace)
    assert encoder.encoded == texts
    assert counts["embedded"] == 30


def _embed_and_be_killed(root: Path, texts: list[str]) -> None:
    class Killed(FakeEncoder):
        def encode(self, texts):
            for number, batch in enumerate(super().encode(texts)):
                if number == 3:
                    os.kill(os.getpid(), signal.SIGKILL)
                yield batch

    vectors.SHARD_SECONDS = -1.0
    embed(texts, encoder=Killed(batch=10), workspace=Workspace(root))


def test_killed_process_leaves_its_shards_and_no_entry(workspace: Workspace):
    texts = sentences(60)
    child = multiprocessing.get_context("fork").Process(target=_embed_and_be_killed, args=(workspace.root, texts))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    assert workspace.entries("embeddings") == []
    encoder = FakeEncoder()
    embed(texts, encoder=encoder, workspace=workspace)
    assert encoder.encoded == texts[30:]


# Two dtypes


class Rough(FakeEncoder):
    """The same model in bfloat16: all of its vectors are a little off."""

    def __init__(self) -> None:
        super().__init__(dtype="bfloat16")

    def encode(self, texts):
        for positions, found, truncated in super().encode(texts):
            yield positions, found + np.float32(1e-3), truncated


def plain(texts: list[str]) -> np.ndarray:
    return np.stack([fake_vector(text) for text in texts])


def test_two_dtypes_never_mix(workspace: Workspace):
    texts = sentences(30)
    rough, _ = embed(texts[:20], encoder=Rough(), workspace=workspace)
    fine, counts = embed(texts, encoder=FakeEncoder(), workspace=workspace)
    assert counts == {"embedded": 30, "reused": 0, "truncated": 0}
    assert np.array_equal(stored(workspace, fine), plain(texts))
    again, counts = embed(texts, encoder=Rough(), workspace=workspace)
    assert counts == {"embedded": 10, "reused": 20, "truncated": 0}
    assert np.array_equal(stored(workspace, again), plain(texts) + np.float32(1e-3))
    assert len({rough, fine, again}) == 3


def test_shards_of_two_dtypes_never_mix(workspace: Workspace, each_batch_is_a_shard: None):
    texts = sentences(40)
    rough = Rough()
    rough.die_after = 1
    with pytest.raises(RuntimeError, match="told to die"):
        embed(texts, encoder=rough, workspace=workspace)
    key, counts = embed(texts, encoder=FakeEncoder(), workspace=workspace)
    assert counts["embedded"] == 40
    assert np.array_equal(stored(workspace, key), plain(texts))


def test_entry_of_another_dtype_under_the_key_of_float32_is_left_alone(workspace: Workspace):
    """Before the dtype was a part of the key, bfloat16 wrote where float32 looks."""
    texts = sentences(10)
    key, _ = embed(texts, encoder=FakeEncoder(), workspace=workspace)
    entry = workspace.entry("embeddings", key)
    np.save(entry / "vectors.npy", plain(texts) + np.float32(1e-3))
    (entry / "meta.json").write_text(json.dumps({**json.loads((entry / "meta.json").read_text()), "dtype": "bfloat16"}))
    fine, counts = embed(texts, encoder=FakeEncoder(), workspace=workspace)
    assert fine != key
    assert counts["embedded"] == 10
    assert np.array_equal(stored(workspace, fine), plain(texts))
    again, counts = embed(texts, encoder=FakeEncoder(), workspace=workspace)
    assert (again, counts["embedded"]) == (fine, 0)
    rough, counts = embed(texts, encoder=Rough(), workspace=workspace)
    assert counts["embedded"] == 0  # what bfloat16 wrote is found again for bfloat16
    assert np.array_equal(stored(workspace, rough), plain(texts) + np.float32(1e-3))


def test_float32_keeps_the_key_that_the_samples_are_shipped_under(workspace: Workspace):
    texts = sentences(3)
    hashes = b"".join(hashlib.blake2b(text.encode(), digest_size=16).digest() for text in texts)
    key, _ = embed(texts, encoder=FakeEncoder(), workspace=workspace)
    assert key == stage_key("embeddings", "fake-1", hashlib.sha256(hashes).hexdigest())
