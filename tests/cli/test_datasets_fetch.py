"""`evalmap fetch`: from a folder, and from a server on this machine."""

import hashlib
import re
from pathlib import Path

import pytest

from evalmap.data.remote import collections, http
from evalmap.data.remote.collections import Collection, Group, SourceFile, fetching
from evalmap.data.store import jobs
from evalmap.data.store.workspace import Workspace
from evalmap.tests.command import Command, left, rows, texts
from evalmap.tests.local_server import LocalServer, Page, local_policy


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Collection:
    """Two files of a made-up collection, known by checksum."""
    content = texts(*rows(6))
    files = tuple(
        SourceFile(f"one/{name}", f"one/{name}.jsonl", "one", f"http://evals.test/{name}", hashlib.sha256(content).hexdigest(), 6)
        for name in ("a", "b")
    )
    small = Collection("small", "Small", "CC0", "none", "https://evals.test", "0" * 40, (Group("one", "One", files),))
    monkeypatch.setattr(collections, "collections", lambda: (small,))
    return small


def test_fetch_copies_what_is_missing_from_a_folder(evalmap: Command, small: Collection):
    Path("clone/one").mkdir(parents=True)
    Path("clone/one/a.jsonl").write_bytes(texts(*rows(6)))
    first = evalmap("fetch", "small", "--from", "clone")
    into = evalmap.home / "sources" / "small"
    assert (first.code, first.err) == (0, "")
    assert first.out == f"Small: 1 fetched, 0 there already, 1 not in the copy, 0 failed; in {into}\n"
    assert left(evalmap.home) == ["sources/small/one/a.jsonl"]
    second = evalmap("fetch", "small", "--from", "clone", "--group", "one")
    assert second.out.startswith("Small: 0 fetched, 1 there already, 1 not in the copy, 0 failed")
    (job,) = jobs.jobs(Workspace(evalmap.home))
    assert (job.location, job.state, job.stage) == ("fetch:small", "done", "fetch")
    assert evalmap("build", into / "one").code == 0


def test_fetch_tells_what_it_could_not_take(evalmap: Command, small: Collection):
    Path("clone/one").mkdir(parents=True)
    Path("clone/one/a.jsonl").write_bytes(texts(*rows(5)))
    found = evalmap("fetch", "small", "--from", "clone")
    assert found.code == 1
    assert found.err == (
        "1 of 2 files could not be fetched; the first: one/a.jsonl: clone/one/a.jsonl: has other content than the pinned revision. "
        "Take a fresh copy, or fetch it from the web.\n"
    )
    assert left(evalmap.home) == []
    assert [job.state for job in jobs.jobs(Workspace(evalmap.home))] == ["failed"]
    assert evalmap("fetch", "small", "--from", "nowhere").err == "nowhere: no such folder. Name a copy of https://evals.test.\n"
    assert evalmap("fetch", "unknown").err == "unknown: no known collection. Choose one of small.\n"


def test_fetch_downloads_and_resumes(evalmap: Command, small: Collection, monkeypatch: pytest.MonkeyPatch):
    content = texts(*rows(6))
    half = Page(content, etag='"one"', cut=100)
    with LocalServer({"/a": half, "/b": Page(content)}) as server:

        def download(url: str, target: Path, *, sha256: str | None = None) -> Path:
            return http.download(server.url(url.removeprefix("http://evals.test")), target, sha256=sha256, policy=local_policy())

        real = fetching.fetch
        monkeypatch.setattr(fetching, "fetch", lambda *args, **named: real(*args, **named, download=download))
        found = evalmap("fetch", "small")
        assert found.code == 1
        sentence = r"1 of 2 files could not be fetched; the first: one/a\.jsonl: .*broke off after 100 bytes.*\n"
        assert re.fullmatch(sentence, found.err)
        assert "one/a.jsonl" not in left(evalmap.home / "sources" / "small")
        half.cut = None
        again = evalmap("fetch", "small")
        assert (again.code, again.out.split(";")[0]) == (0, "Small: 1 fetched, 1 there already, 0 not in the copy, 0 failed")
        assert server.requests[-1].headers["range"] == "bytes=100-"
    assert left(evalmap.home) == ["sources/small/one/a.jsonl", "sources/small/one/b.jsonl"]


@pytest.mark.evals
def test_published_copy_can_be_taken_group_by_group(evalmap: Command, evals_root: Path):
    found = evalmap("fetch", "anthropic-evals", "--from", evals_root, "--group", "winogenerated")
    assert found.code == 0
    published = [path.relative_to(evals_root) for path in evals_root.glob("winogenerated/*.jsonl")]
    assert left(evalmap.home) == sorted(f"sources/anthropic-evals/{path}" for path in published)
