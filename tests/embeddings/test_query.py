"""Search by meaning through an encoder in a process of its own."""

import os
import signal
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from evalmap.data.errors import DatasetError
from evalmap.embeddings.encoder import DEFAULT_MODEL, SentenceEncoder
from evalmap.embeddings.query import QueryEncoder

pytestmark = [pytest.mark.model, pytest.mark.slow]
TEXTS = ["being switched off", "two\nlines and a \u2028", "", "half \ud83d of a pair", "wörd " * 400]


@pytest.fixture(scope="module")
def encoder() -> Iterator[QueryEncoder]:
    encoder = QueryEncoder(DEFAULT_MODEL)
    encoder.warm()
    yield encoder
    encoder.close()


def child(encoder: QueryEncoder) -> int:
    assert encoder._child
    return encoder._child.pid


def test_vectors_are_those_of_the_encoder(encoder: QueryEncoder):
    found = np.array([encoder.encode(text) for text in TEXTS])
    expected = np.zeros_like(found)
    for positions, vectors, _ in SentenceEncoder(DEFAULT_MODEL).encode([text.replace("\ud83d", "?") for text in TEXTS]):
        expected[positions] = vectors
    assert found.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-3)
    assert (found * expected).sum(axis=1) == pytest.approx(1, abs=1e-3)


def test_threads_share_one_child_and_get_their_own_answers(encoder: QueryEncoder):
    alone = {text: encoder.encode(text) for text in (f"question number {n}" for n in range(8))}
    before = child(encoder)
    found: dict[str, np.ndarray] = {}

    def ask(text: str) -> None:
        found[text] = encoder.encode(text)

    threads = [threading.Thread(target=ask, args=(text,)) for text in alone]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert child(encoder) == before
    assert all(np.array_equal(found[text], alone[text]) for text in alone)


def test_child_that_was_killed_is_started_again(encoder: QueryEncoder):
    first = encoder.encode("a harbour at night")
    killed = child(encoder)
    os.kill(killed, signal.SIGKILL)
    assert encoder._child
    encoder._child.wait()
    np.testing.assert_allclose(encoder.encode("a harbour at night"), first, atol=1e-6)
    assert child(encoder) != killed


def test_model_that_cannot_be_loaded_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    encoder = QueryEncoder("no-such/model")
    with pytest.raises(DatasetError, match=r"^no-such/model: the model could not be loaded to search with\. Build the map again"):
        encoder.encode("anything")
    encoder.close()
