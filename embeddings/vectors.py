"""The embedding stage on disk: one vector a distinct text, found again whatever dataset the text stands in.

A finished entry holds every row's vector. While a build runs, batches go to shards beside the entries; a killed build loses the
last shard at most, and the next one goes on from there.
"""

import contextlib
import hashlib
import json
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evalmap.data.store import atomic, disk
from evalmap.data.store.disk import save_array
from evalmap.data.store.workspace import Workspace, stage_key
from evalmap.embeddings.array_types import Encoder, Progress, Vectors, no_progress

STAGE = "embeddings"
SHARD_SECONDS = 5.0  # how much work a killed build may lose
Hash = bytes


def embed(
    texts: Sequence[str], *, encoder: Encoder, workspace: Workspace, progress: Progress = no_progress
) -> tuple[str, dict[str, int]]:
    """Make sure that the workspace holds the embeddings of the texts; only texts never seen before are encoded.

    Returns
    -------
    key of the entry; {"embedded": texts encoded now, "reused": distinct texts found, "truncated": rows cut at the window}
    """
    hashes = [_hash(text) for text in texts]
    kind = _kind(encoder.model_key, encoder.dtype)
    all_texts = hashlib.sha256(b"".join(hashes)).hexdigest()
    key = stage_key(STAGE, kind, all_texts)
    if workspace.has(STAGE, key) and _kind_of(workspace.entry(STAGE, key)) != kind:  # from when the key knew no dtype
        key = stage_key(STAGE, kind, all_texts, encoder.dtype)
    distinct = list(dict.fromkeys(hashes))
    if workspace.has(STAGE, key):
        progress(len(distinct), len(distinct))
        with disk.reading(workspace.entry(STAGE, key), is_there=True):
            truncated = np.load(workspace.entry(STAGE, key) / "truncated.npy")
        _drop_covered(workspace.root / "vectors" / kind, set(distinct))  # a killed build may have left them
        return key, {"embedded": 0, "reused": len(distinct), "truncated": int(truncated.sum())}
    shards = workspace.root / "vectors" / kind
    workspace.hold("vectors", kind)
    known = _known(set(distinct), workspace, kind, shards)
    first_text = dict(zip(reversed(hashes), reversed(texts), strict=True))
    missing = [h for h in distinct if h not in known]
    known |= _encode(missing, [first_text[h] for h in missing], encoder, shards, len(distinct) - len(missing), progress)
    vectors = np.stack([known[h][0] for h in hashes]).astype(np.float32)
    truncated = np.array([known[h][1] for h in hashes], dtype=bool)
    with workspace.create(STAGE, key) as folder:
        save_array(folder / "vectors.npy", vectors)
        save_array(folder / "truncated.npy", truncated)
        save_array(folder / "hashes.npy", np.frombuffer(b"".join(hashes), dtype=np.uint8).reshape(-1, 16))
        (folder / "meta.json").write_text(json.dumps(encoder.description))
    _drop_covered(shards, set(distinct))
    return key, {"embedded": len(missing), "reused": len(distinct) - len(missing), "truncated": int(truncated.sum())}


def embed_few(texts: Sequence[str], encoder: Encoder) -> Vectors:
    """(n, n_dims) float32, unit norm: the vectors of a few texts that are no rows, such as names; nothing is kept."""
    found: dict[int, NDArray[np.float32]] = {}
    for positions, vectors, _ in encoder.encode(texts):
        found.update(zip(positions.tolist(), vectors, strict=True))
    return np.stack([found[position] for position in range(len(texts))])


def load_vectors(folder: Path) -> Vectors:
    """The (n_samples, n_dims) vectors of an entry, read-only from disk.

    Raises
    ------
    DiskError : the disk does not give them
    """
    with disk.reading(folder):
        return np.load(folder / "vectors.npy", mmap_mode="r")


def _hash(text: str) -> Hash:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _kind(model_key: str, dtype: str) -> str:
    """What vectors may lie together: those of one model in one dtype. float32, which all began with, is not named."""
    return model_key if dtype == "float32" else f"{model_key}-{dtype}"


def _kind_of(entry: Path) -> str:
    """The same of a finished entry, by what it records of itself."""
    with disk.reading(entry):
        recorded = json.loads((entry / "meta.json").read_text())
    return _kind(recorded["model_key"], recorded.get("dtype", "float32"))


def _encode(
    hashes: list[Hash], texts: list[str], encoder: Encoder, shards: Path, before: int, progress: Progress
) -> dict[Hash, tuple[NDArray[np.float32], bool]]:
    found: dict[Hash, tuple[NDArray[np.float32], bool]] = {}
    unsaved: list[Hash] = []
    total, saved_at = before + len(hashes), time.monotonic()
    progress(before, total)
    if not texts:
        return found
    for positions, vectors, truncated in encoder.encode(texts):
        for position, vector, cut in zip(positions, vectors, truncated, strict=True):
            found[hashes[position]] = (vector, bool(cut))
            unsaved.append(hashes[position])
        if time.monotonic() - saved_at > SHARD_SECONDS:
            _save_shard(shards, unsaved, found)
            unsaved, saved_at = [], time.monotonic()
        progress(before + len(found), total)
    return found


def _save_shard(shards: Path, hashes: list[Hash], found: dict[Hash, tuple[NDArray[np.float32], bool]]) -> None:
    with atomic.replacing(shards / f"{uuid.uuid4().hex}.npz") as file:
        np.savez(
            file,
            hashes=np.frombuffer(b"".join(hashes), dtype=np.uint8).reshape(-1, 16),
            vectors=np.stack([found[h][0] for h in hashes]),
            truncated=np.array([found[h][1] for h in hashes]),
        )


def _known(wanted: set[Hash], workspace: Workspace, kind: str, shards: Path) -> dict[Hash, tuple[NDArray[np.float32], bool]]:
    """Vectors of wanted texts from finished entries of the same kind, and from shards of builds that were cut short.

    Another process may remove an entry or a shard meanwhile; what it held is then encoded again.
    """
    known: dict[Hash, tuple[NDArray[np.float32], bool]] = {}
    for entry in workspace.entries(STAGE):
        with contextlib.suppress(FileNotFoundError), disk.reading(entry):
            if _kind_of(entry) == kind:
                _collect(known, wanted, np.load(entry / "hashes.npy"), load_vectors(entry), np.load(entry / "truncated.npy"))
    for path in _shards(shards):
        with contextlib.suppress(FileNotFoundError), disk.reading(path), np.load(path) as shard:
            _collect(known, wanted, shard["hashes"], shard["vectors"], shard["truncated"])
    return known


def _collect(known, wanted: set[Hash], hashes: NDArray[np.uint8], vectors: Vectors, truncated: NDArray[np.bool_]) -> None:
    for row, text_hash in enumerate(map(bytes, hashes)):
        if text_hash in wanted and text_hash not in known:
            known[text_hash] = (np.array(vectors[row]), bool(truncated[row]))


def _drop_covered(shards: Path, stored: set[Hash]) -> None:
    """Remove the shards whose vectors an entry now holds."""
    for path in _shards(shards):
        with contextlib.suppress(FileNotFoundError):  # another build of the same texts was faster
            with disk.reading(path), np.load(path) as shard:
                covered = all(bytes(text_hash) in stored for text_hash in shard["hashes"])
            if covered:
                with disk.writing(path):
                    path.unlink(missing_ok=True)


def _shards(folder: Path) -> list[Path]:
    return [folder / name for name in disk.names(folder, ".npz")]
