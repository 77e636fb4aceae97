"""Known collections: what is listed, and that only whole files count as loaded."""

import hashlib
import re
from collections import Counter
from pathlib import Path

import pytest

from evalmap.data.errors import DatasetError
from evalmap.data.remote import http
from evalmap.data.remote.collections import Collection, Group, SourceFile, collection, collections
from evalmap.data.remote.collections.fetching import fetch, state
from evalmap.tests.local_server import LocalServer, Page, local_policy

LINES = b'{"text": "a"}\n{"text": "b"}\n'


@pytest.fixture
def small(tmp_path) -> Collection:
    """Three files: two with a checksum, one known by name only."""

    def file(group: str, name: str, known: bool) -> SourceFile:
        path = f"{group}/{name}.jsonl"
        return SourceFile(path[:-6], path, group, f"http://evals.test/{path}", hashlib.sha256(LINES).hexdigest() if known else None)

    one = Group("one", "One", (file("one", "a", True), file("one", "b", False)))
    two = Group("two/deep", "Two", (file("two/deep", "a", True),))
    return Collection("small", "Small", "CC0", "none", "https://evals.test", "0" * 40, (one, two))


def names(files) -> list[str]:
    return [file.name for file in files]


def served(server: LocalServer):
    def download(url: str, target: Path, *, sha256: str | None = None) -> Path:
        return http.download(server.url(url.removeprefix("http://evals.test")), target, sha256=sha256, policy=local_policy())

    return download


def copy_of(folder: Path, *paths: str, data: bytes = LINES) -> Path:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def left(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_anthropic_evals_lists_every_upstream_dataset():
    known = collection("anthropic-evals")
    assert {group.id: len(group.files) for group in known.groups} == {
        "persona": 135,
        "sycophancy": 3,
        "lm-advanced-risk": 17,
        "human-advanced-risk": 16,
        "few-shot-prompts": 16,
        "winogenerated": 2,
    }
    assert known.licence == "CC-BY-4.0"
    assert re.fullmatch(r"[0-9a-f]{40}", known.revision)
    assert len({file.name for file in known.files}) == len(known.files) == 189
    address = f"https://raw.githubusercontent.com/anthropics/evals/{known.revision}/"
    assert all(file.url == address + file.path for file in known.files)
    assert all(re.fullmatch(r"[0-9a-f]{64}", file.sha256) for file in known.files if file.sha256)
    assert Counter(file.sha256 is None for file in known.files)[True] == sum(file.rows is None for file in known.files)
    assert [known.id for known in collections()] == ["anthropic-evals"]


def test_an_unknown_collection_names_the_known_ones():
    with pytest.raises(DatasetError, match=r"evals: no known collection\. Choose one of anthropic-evals\."):
        collection("evals")


@pytest.mark.evals
def test_published_copy_is_loaded_but_for_what_was_left_out(evals_root):
    known = collection("anthropic-evals")
    found = state(known, evals_root)
    here = {path.relative_to(evals_root).as_posix().removesuffix(".jsonl") for path in evals_root.rglob("*.jsonl")}
    assert {name for name, is_loaded in found.items() if is_loaded == "loaded"} == here
    assert found["persona/politically-conservative"] == "not loaded"
    rows = {file.name: file.rows for file in known.files}
    assert sum(rows[name] or 0 for name in here if name.startswith("persona/")) == 120_204
    assert rows["persona/politically-liberal"] == 1000


def test_missing_files_are_downloaded_and_whole_ones_left_alone(tmp_path, small):
    pages = {f"/{file.path}": Page(LINES) for file in small.files}
    copy_of(tmp_path, "one/a.jsonl")
    steps = []
    with LocalServer(pages) as server:
        result = fetch(small, tmp_path, download=served(server), progress=lambda *step: steps.append(step))
        assert names(result.already) == ["one/a"]
        assert names(result.fetched) == ["one/b", "two/deep/a"]
        assert [request.path for request in server.requests] == ["/one/b.jsonl", "/two/deep/a.jsonl"]
    assert left(tmp_path) == ["one/a.jsonl", "one/b.jsonl", "two/deep/a.jsonl"]
    assert steps == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert set(state(small, tmp_path).values()) == {"loaded"}


def test_one_failing_download_does_not_lose_the_others_and_is_resumed(tmp_path, small):
    page = Page(LINES, etag='"one"', cut=10)
    with LocalServer({"/one/a.jsonl": page, "/two/deep/a.jsonl": Page(LINES)}) as server:
        result = fetch(small, tmp_path, download=served(server))
        assert names(result.fetched) == ["two/deep/a"]
        assert [(failure.file.name, failure.reason.split(": ", 1)[1][:30]) for failure in result.failed] == [
            ("one/a", "broke off after 10 bytes (peer"),
            ("one/b", "the server answered 404 Not Fo"),
        ]
        assert state(small, tmp_path) == {"one/a": "not loaded", "one/b": "not loaded", "two/deep/a": "loaded"}
        page.cut = None
        assert names(fetch(small, tmp_path, files=["one/a"], download=served(server)).fetched) == ["one/a"]
        assert server.requests[-1].headers["range"] == "bytes=10-"
    assert left(tmp_path) == ["one/a.jsonl", "two/deep/a.jsonl"]


@pytest.mark.parametrize("half", [LINES[:-1], LINES[:20], b"", LINES + b"{}\n"])
def test_a_file_counts_as_loaded_only_where_its_checksum_is_right(tmp_path, small, half):
    copy_of(tmp_path, "one/a.jsonl", data=half)
    assert state(small, tmp_path)["one/a"] == "not loaded"
    with LocalServer({"/one/a.jsonl": Page(LINES)}) as server:
        assert names(fetch(small, tmp_path, files=["one/a.jsonl"], download=served(server)).fetched) == ["one/a"]
    assert state(small, tmp_path)["one/a"] == "loaded"


def test_a_file_without_a_checksum_must_end_in_a_whole_line(tmp_path, small):
    for data, whole in [(LINES, True), (LINES[:-1], True), (LINES[:-3], False), (b"", False), (b"\n", False)]:
        copy_of(tmp_path, "one/b.jsonl", data=data)
        assert state(small, tmp_path)["one/b"] == ("loaded" if whole else "not loaded"), data


@pytest.mark.parametrize(
    ("inside", "fetched", "missing"),
    [
        ("", ["one/a", "two/deep/a"], ["one/b"]),
        ("one", ["one/a"], ["one/b", "two/deep/a"]),
        ("two", ["two/deep/a"], ["one/a", "one/b"]),
        ("two/deep", ["two/deep/a"], ["one/a", "one/b"]),
    ],
)
def test_a_local_copy_is_taken_at_any_of_its_levels(tmp_path, small, inside, fetched, missing):
    clone = copy_of(tmp_path / "clone", "one/a.jsonl", "two/deep/a.jsonl")
    result = fetch(small, tmp_path / "into", from_dir=clone / inside)
    assert (names(result.fetched), names(result.missing), result.failed) == (fetched, missing, ())
    assert left(tmp_path / "into") == [f"{name}.jsonl" for name in fetched]


def test_a_copy_with_other_content_is_reported_and_not_taken(tmp_path, small):
    clone = copy_of(copy_of(tmp_path / "clone", "one/a.jsonl", data=LINES[:20]), "two/deep/a.jsonl")
    result = fetch(small, tmp_path / "into", from_dir=clone)
    assert names(result.fetched) == ["two/deep/a"]
    assert [failure.reason for failure in result.failed] == [
        f"{clone / 'one/a.jsonl'}: has other content than the pinned revision. Take a fresh copy, or fetch it from the web."
    ]


def test_a_folder_that_is_no_copy_is_refused(tmp_path, small):
    with pytest.raises(DatasetError, match=r"holds none of the 3 files of small that were asked for, such as one/a\.jsonl\."):
        fetch(small, tmp_path / "into", from_dir=tmp_path)
    with pytest.raises(DatasetError, match=r"no such folder\. Name a copy of https://evals\.test\."):
        fetch(small, tmp_path / "into", from_dir=tmp_path / "nowhere")


def test_an_unknown_file_is_refused(tmp_path, small):
    with pytest.raises(DatasetError, match=r"one/z: no file of small\. Names are such as one/a\."):
        fetch(small, tmp_path, files=["one/z"])
