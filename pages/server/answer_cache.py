"""The answer sets of a map, in memory: one list a map, shared by the routes and the pages."""

import hashlib

import numpy as np

from evalmap.answers.aligned import answers_on
from evalmap.answers.answer_types import Scores
from evalmap.answers.store import AnswerStore
from evalmap.data.errors import DatasetError
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.server.loaded_once import LoadedOnce

_kept: LoadedOnce[tuple[object, ...], list[Scores]] = LoadedOnce(4)  # maps
_digests: dict[int, tuple[Scores, str]] = {}  # by the object, which is kept with it so that its id is not given to another


def sets_of(built: BuiltMap) -> list[Scores]:
    """The answer sets of a map, by label; read anew when one comes, goes or changes.

    Raises
    ------
    DatasetError : models.toml cannot be read
    """
    workspace = Workspace.default()
    store = AnswerStore(workspace)
    key = (str(workspace.root), built.manifest.slug, built.manifest.fingerprint, store.signature())
    return _kept.get(key, lambda: answers_on(built, store))


def sets_quietly(built: BuiltMap) -> list[Scores]:
    """The same for a page that can do without: none where they cannot be read (the answers page tells why)."""
    try:
        return sets_of(built)
    except DatasetError:
        return []


def digest(scores: Scores) -> str:
    """8 hex digits of what the set answers on this map: changes when an answer does, while the set's id may stay."""
    known = _digests.get(id(scores))
    if known is None or known[0] is not scores:
        found = hashlib.sha256(np.ascontiguousarray(scores.p_matching).tobytes())
        found.update(np.ascontiguousarray(scores.matches).tobytes())
        if scores.score is not None:
            found.update(np.ascontiguousarray(scores.score).tobytes())
        if scores.pronouns is not None:
            found.update(np.ascontiguousarray(scores.pronouns).tobytes())
        found.update("\0".join("" if value is None else str(value) for value in (*scores.answer, *scores.status)).encode())
        if len(_digests) >= 512:
            _digests.clear()
        known = _digests[id(scores)] = (scores, found.hexdigest()[:8])
    return known[1]


def forget() -> None:
    """Drop every set from memory."""
    _kept.clear()
