"""Search by meaning through an encoder in a process of its own."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from evalmap.data.errors import DatasetError
from evalmap.embeddings.encoder import DEFAULT_MODEL, SentenceEncoder
from evalmap.embeddings.query import QueryEncoder

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


@pytest.mark.model
@pytest.mark.slow
def test_vectors_are_those_of_the_encoder(encoder: QueryEncoder):
    found = np.array([encoder.encode(text) for text in TEXTS])
    expected = np.zeros_like(found)
    for positions, vectors, _ in SentenceEncoder(DEFAULT_MODEL).encode([text.replace("\ud83d", "?") for text in TEXTS]):
        expected[positions] = vectors
    assert found.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-3)
    assert (found * expected).sum(axis=1) == pytest.approx(1, abs=1e-3)


@pytest.mark.model
@pytest.mark.slow
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


@pytest.mark.model
@pytest.mark.slow
def test_child_that_was_killed_is_started_again(encoder: QueryEncoder):
    first = encoder.encode("a harbour at night")
    killed = child(encoder)
    os.kill(killed, signal.SIGKILL)
    np.testing.assert_allclose(encoder.encode("a harbour at night"), first, atol=1e-6)
    assert child(encoder) != killed


@pytest.mark.model
@pytest.mark.slow
def test_model_that_cannot_be_loaded_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    encoder = QueryEncoder("no-such/model")
    with pytest.raises(
        DatasetError,
        match=r"^no-such/model: the model could not be loaded to search with \(model no-such/model: could not be loaded",
    ):
        encoder.encode("anything")
    encoder.close()


@pytest.mark.model
@pytest.mark.slow
def test_model_whose_files_are_others_than_the_maps_is_not_searched_with():
    encoder = QueryEncoder(DEFAULT_MODEL, model_key="of another revision")
    with pytest.raises(
        DatasetError, match=r"to search with \(its files, or its revision, are not those that the map was built with\)"
    ):
        encoder.encode("anything")


# Children that behave badly: real processes with a made model in them

VECTOR = "base64.b64encode(np.eye(4, dtype=np.float32)[0].tobytes())"
CHILD = f"""
import base64, os, sys, time
import numpy as np
out = sys.stdout.buffer
def say(line):
    out.write(line + b"\\n"); out.flush()
def vector():
    say({VECTOR})
"""


def made(body: str, **given: float) -> QueryEncoder:
    return QueryEncoder("made", command=[sys.executable, "-c", CHILD + body], **given)  # type: ignore[arg-type]


def failure(encoder: QueryEncoder) -> str:
    with pytest.raises(DatasetError) as raised:
        encoder.encode("anything")
    encoder.close()
    return str(raised.value)


def test_reason_of_a_model_that_does_not_load_is_the_last_line_that_it_wrote():
    encoder = made("sys.stderr.write('loading\\nMemoryError: no room for the weights\\n\\n'); sys.exit(1)")
    assert failure(encoder) == (
        "made: the model could not be loaded to search with (MemoryError: no room for the weights). Build the map again."
    )


def test_model_that_hangs_while_it_loads_is_stopped():
    encoder = made("print('fetching part 1', file=sys.stderr, flush=True); time.sleep(600)", loading=0.5)
    encoder.warm()
    pid = child(encoder)
    while encoder._child and not encoder._child.last_line():  # its interpreter starts as slowly as the machine is loaded
        time.sleep(0.02)
    assert failure(encoder) == "made: the model did not load within 0.5 s (fetching part 1). It was stopped; search again."
    assert not psutil.pid_exists(pid)


def test_model_that_hangs_at_a_query_is_stopped_and_the_next_query_is_answered(tmp_path: Path):
    body = f"""
say(b"ready")
for line in sys.stdin:
    if not os.path.exists({str(tmp_path / "hung")!r}):
        open({str(tmp_path / "hung")!r}, "w").close()
        time.sleep(600)
    vector()
"""
    encoder = made(body, answering=2.0)
    with pytest.raises(DatasetError, match=r"^made: the model did not answer within 2 s\. It was stopped; search again\.$"):
        encoder.encode("first")
    assert encoder._child is None
    encoder._answering = 60.0
    assert encoder.encode("second").tolist() == [1, 0, 0, 0]
    encoder.close()


def test_model_that_is_killed_at_a_query_is_started_again_and_asked_once_more(tmp_path: Path):
    body = f"""
say(b"ready")
for line in sys.stdin:
    if not os.path.exists({str(tmp_path / "died")!r}):
        open({str(tmp_path / "died")!r}, "w").close()
        os.kill(os.getpid(), 9)
    vector()
"""
    encoder = made(body)
    assert encoder.encode("first").tolist() == [1, 0, 0, 0]
    encoder.close()


def test_model_that_dies_at_every_query_is_told_of():
    encoder = made("say(b'ready'); sys.stdin.readline(); sys.exit('RuntimeError: out of memory')")
    assert failure(encoder) == (
        "made: the model stopped twice while it searched (RuntimeError: out of memory). Is there memory enough?"
    )


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("say(b'ready'); sys.stdin.readline(); say(b'Downloading: 4 %')", "b'Downloading: 4 %\\n'"),
        ("say(b'ready'); sys.stdin.readline(); say(base64.b64encode(b'abc'))", "b'YWJj\\n'"),
        ("say(b'ready'); sys.stdin.readline(); say(b'')", "0 numbers that are not of length 1"),
        ("say(b'ready'); sys.stdin.readline(); say(base64.b64encode(np.full(4, np.nan, np.float32)))", "4 numbers that are not of"),
        ("say(b'hello')", "b'hello\\n' where it should say that it is ready"),
    ],
)
def test_answer_that_is_no_vector_is_told_of(body: str, told: str):
    sentence = failure(made(body + "; time.sleep(600)"))
    assert sentence.startswith(f"made: the model's answer is no vector ({told}")
    assert sentence.endswith("). Search again.")
