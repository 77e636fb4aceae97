"""Datasets on the hub, against a server on this machine that speaks the hub's paths."""

import hashlib
import io
import json
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evalmap.data.errors import DatasetError
from evalmap.data.readers import read_file
from evalmap.data.remote import hub
from evalmap.tests.local_server import LocalServer, Page, local_policy

COMMIT, CONVERTED = "a" * 40, "b" * 40
API = "/api/datasets/owner/name/revision/"


def parquet(*texts: str) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table({"text": list(texts)}), file)
    return file.getvalue()


def listing(commit: str, files: dict[str, bytes], *, checksum: str | None = None) -> Page:
    siblings = [
        {
            "rfilename": path,
            "size": len(content),
            "lfs": {"sha256": checksum or hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 130},
        }
        for path, content in files.items()
    ]
    return Page(json.dumps({"id": "owner/name", "sha": commit, "siblings": siblings}).encode())


def pages(commit: str, files: dict[str, bytes]) -> dict[str, Page]:
    return {f"/datasets/owner/name/resolve/{commit}/{path}": Page(content) for path, content in files.items()}


def refusal(code: str, status: int) -> Page:
    return Page(b'{"error": "no"}', status=status, headers={"X-Error-Code": code})


def fetch(server: LocalServer, folder, location="owner/name", **options):
    return hub.fetch_dataset(location, folder, endpoint=server.url(""), policy=local_policy(), **options)


@pytest.fixture(autouse=True)
def _online(monkeypatch):
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)


def test_own_parquet_files_are_fetched_by_commit_and_only_once(tmp_path):
    files = {
        "data/train-00000-of-00002.parquet": parquet("a"),
        "data/train-00001-of-00002.parquet": parquet("b"),
        "data/test.parquet": parquet("c"),
    }
    with LocalServer({f"{API}main?blobs=true": listing(COMMIT, {**files, "README.md": b"#"}), **pages(COMMIT, files)}) as server:
        steps = []
        found = fetch(server, tmp_path, progress=lambda *step: steps.append(step))
        assert (found.id, found.revision) == ("owner/name", COMMIT)
        assert [path.name for path in found.files] == ["test.parquet", "train.parquet", "train-2.parquet"]
        assert [read_file(path).fields["text"].tolist() for path in found.files] == [["c"], ["a"], ["b"]]
        assert steps == [(0, 3), (1, 3), (2, 3), (3, 3)]
        before = len(server.requests)
        assert fetch(server, tmp_path) == found
        assert len(server.requests) == before + 1


def test_a_revision_is_asked_for_by_name(tmp_path):
    files = {"train.parquet": parquet("a")}
    with LocalServer({f"{API}v1.0%2Fbeta?blobs=true": listing(COMMIT, files), **pages(COMMIT, files)}) as server:
        assert fetch(server, tmp_path, "owner/name@v1.0/beta").revision == COMMIT


def test_converted_files_are_taken_where_the_repository_has_none(tmp_path):
    files = {"default/train/0000.parquet": parquet("a"), "default/partial-test/0000.parquet": parquet("b")}
    server_pages = {
        f"{API}main?blobs=true": listing(COMMIT, {"train.jsonl": b"{}"}),
        f"{API}refs%2Fconvert%2Fparquet?blobs=true": listing(CONVERTED, files),
        **pages(CONVERTED, files),
    }
    with LocalServer(server_pages) as server:
        found = fetch(server, tmp_path)
        assert found.revision == CONVERTED
        assert [path.name for path in found.files] == ["test.parquet", "train.parquet"]


def test_configs_and_splits_are_told_by_the_path_and_chosen(tmp_path):
    files = {
        "french/train-00000-of-00001.parquet": parquet("fr"),
        "french/test/0000.parquet": parquet("fr test"),
        "german/train.parquet": parquet("de"),
    }
    with LocalServer({f"{API}main?blobs=true": listing(COMMIT, files), **pages(COMMIT, files)}) as server:
        assert [path.name for path in fetch(server, tmp_path / "1").files] == [
            "french-test.parquet",
            "french-train.parquet",
            "german-train.parquet",
        ]
        assert [path.name for path in fetch(server, tmp_path / "2", config="french").files] == ["test.parquet", "train.parquet"]
        only = fetch(server, tmp_path / "3", config="french", split="test").files
        assert [read_file(path).fields["text"].tolist() for path in only] == [["fr test"]]
        with pytest.raises(DatasetError, match=r"owner/name: no config english\. Choose one of french, german\."):
            fetch(server, tmp_path, config="english")
        with pytest.raises(DatasetError, match=r"owner/name: no split dev\. Choose one of test, train\."):
            fetch(server, tmp_path, config="french", split="dev")


def test_the_default_config_is_taken_where_there_is_one(tmp_path):
    files = {"data/train.parquet": parquet("a"), "other/train.parquet": parquet("b")}
    with LocalServer({f"{API}main?blobs=true": listing(COMMIT, files), **pages(COMMIT, files)}) as server:
        assert [read_file(path).fields["text"].tolist() for path in fetch(server, tmp_path).files] == [["a"]]


def test_paths_of_the_hub_do_not_leave_the_folder(tmp_path):
    files = {"../../../evil.parquet": parquet("a"), "/etc/.hidden.parquet": parquet("b"), "a b/ü?.parquet": parquet("c")}
    served = {path.replace(" ", "%20").replace("ü?", "%C3%BC%3F"): content for path, content in files.items()}
    with LocalServer({f"{API}main?blobs=true": listing(COMMIT, files), **pages(COMMIT, served)}) as server:
        try:
            found = fetch(server, tmp_path / "in").files
        except DatasetError:  # the client folds ../ away, so the server does not know the path
            found = ()
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert all(path.parent == tmp_path / "in" / "owner--name" / COMMIT for path in (*written, *found))
    assert not any(path.name.startswith(".") for path in written if not path.name.endswith(".origin"))


def test_a_file_with_another_checksum_is_not_kept(tmp_path):
    files = {"train.parquet": parquet("a")}
    wrong = {f"{API}main?blobs=true": listing(COMMIT, files, checksum="0" * 64), **pages(COMMIT, files)}
    sentence = r"resolve/a+/train\.parquet: SHA-256 \w+…, expected 000000000000…"
    with LocalServer(wrong) as server, pytest.raises(DatasetError, match=sentence):
        fetch(server, tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_more_than_the_cap_is_refused_before_anything_is_fetched(tmp_path, monkeypatch):
    monkeypatch.setattr(hub, "MAX_BYTES", 100)
    files = {"data/train.parquet": parquet("a"), "data/test.parquet": parquet("b")}
    with LocalServer({f"{API}main?blobs=true": listing(COMMIT, files), **pages(COMMIT, files)}) as server:
        with pytest.raises(DatasetError, match=r"more than the 100 that are fetched\. Choose one of default/test, default/train\."):
            fetch(server, tmp_path)
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        (refusal("RepoNotFound", 401), "owner/name: no such public dataset on http://evals.test:PORT. Check the id."),
        (refusal("GatedRepo", 403), "owner/name: access is restricted. Download it by hand, and open the files."),
        (refusal("RevisionNotFound", 404), "owner/name@v9: no such revision. Use a branch, a tag or a commit of this dataset."),
        (refusal("", 500), "owner/name: http://evals.test:PORT answered 500, expected a list of files. Try again later."),
        (Page(b"<html>"), "owner/name: http://evals.test:PORT gave no list of files. Check HF_ENDPOINT, or try again later."),
        (Page(b'{"sha": "../..", "siblings": []}'), "owner/name: http://evals.test:PORT gave no list of files."),
        (Page(b'{"sha": null}'), "owner/name: http://evals.test:PORT gave no list of files."),
        (listing(COMMIT, {"a.jsonl": b"{}"}), "owner/name@v9: no Parquet files at this revision, and the hub converts the main"),
    ],
)
def test_what_the_hub_refuses_is_one_sentence(tmp_path, page, sentence):
    with LocalServer({f"{API}v9?blobs=true": page}) as server, pytest.raises(DatasetError) as raised:
        fetch(server, tmp_path, "owner/name@v9")
    assert str(raised.value).startswith(sentence.replace("PORT", str(server.port)))


def test_no_parquet_files_at_all(tmp_path):
    converted = f"{API}refs%2Fconvert%2Fparquet?blobs=true"
    served = {f"{API}main?blobs=true": listing(COMMIT, {}), converted: refusal("RevisionNotFound", 404)}
    sentence = "owner/name: no Parquet files, neither its own nor converted by the hub"
    with LocalServer(served) as server, pytest.raises(DatasetError, match=sentence):
        fetch(server, tmp_path)


@pytest.mark.parametrize(
    "location", ["name", "owner/name/more", "../name", "owner/name@", "owner/na me", "https://hub.test/owner/name"]
)
def test_what_is_no_id_is_refused(tmp_path, location):
    with pytest.raises(DatasetError, match=r"not a dataset id\. Expected owner/name or owner/name@revision\."):
        hub.fetch_dataset(location, tmp_path)


def test_an_id_that_no_hub_has_is_refused_even_where_a_server_lists_it(tmp_path):
    files = {"train.parquet": parquet("a")}
    with LocalServer({"/api/datasets/owner/na--me/revision/main?blobs=true": listing(COMMIT, files)}) as server:
        with pytest.raises(DatasetError, match=r"owner/na--me: no id that a hub has\. Check the id\."):
            fetch(server, tmp_path, "owner/na--me")
        assert len(server.requests) == 1


def test_no_token_is_sent_and_the_hubs_own_client_opens_nothing(tmp_path, monkeypatch):
    """The user's token lies on this machine for other tools; and no connection goes past the guard."""
    monkeypatch.setenv("HF_TOKEN", "hf_secret")

    def refuse(*request, **options):
        raise AssertionError("huggingface_hub opened a connection of its own")

    monkeypatch.setattr("httpx2.Client.send", refuse)
    files = {"data/train.parquet": parquet("a")}
    with LocalServer({f"{API}main?blobs=true": listing(COMMIT, files), **pages(COMMIT, files)}) as server:
        fetch(server, tmp_path)
        assert len(server.requests) == 2
        assert all("authorization" not in {name.lower() for name in request.headers} for request in server.requests)


def test_offline_is_honoured(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(DatasetError, match=r"owner/name: HF_HUB_OFFLINE is set, so nothing is fetched\. Unset it, or open"):
        hub.fetch_dataset("owner/name", tmp_path)


def test_an_endpoint_that_is_not_public_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "https://127.0.0.1:9")
    with pytest.raises(DatasetError, match="which is no public address"):
        hub.fetch_dataset("owner/name", tmp_path)


# What is kept


def test_without_a_hub_what_is_kept_is_opened_and_its_day_is_told(tmp_path, monkeypatch):
    files = {"train.parquet": parquet("a"), "test.parquet": parquet("b")}
    with LocalServer({f"{API}main?blobs=true": listing(COMMIT, files), **pages(COMMIT, files)}) as server:
        first = fetch(server, tmp_path)
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
        before = len(server.requests)
        kept = fetch(server, tmp_path)
        assert len(server.requests) == before
        assert "since it can't be now (HF_HUB_OFFLINE is set" in (kept.note or "")
        monkeypatch.delenv("HF_HUB_OFFLINE")
        endpoint = server.url("")
    offline = hub.fetch_dataset("owner/name", tmp_path, endpoint=endpoint, policy=local_policy())
    day = datetime.now(UTC).date().isoformat()
    assert (offline.note or "").startswith(f"owner/name: opened as it was fetched on {day}, since it can't be now (")
    assert (offline.revision, offline.files, first.note) == (COMMIT, first.files, None)
    for location, split in (("owner/name@v1", None), ("owner/name", "train")):  # never asked for: not known to be all of it
        with pytest.raises(DatasetError, match="the server cannot be reached"):
            hub.fetch_dataset(location, tmp_path, split=split, endpoint=endpoint, policy=local_policy())
    first.files[0].write_bytes(parquet("changed"))
    with pytest.raises(DatasetError, match="the server cannot be reached"):
        hub.fetch_dataset("owner/name", tmp_path, endpoint=endpoint, policy=local_policy())


@pytest.mark.parametrize("recorded", [True, False])
def test_a_kept_file_that_was_changed_is_fetched_again(tmp_path, recorded):
    files = {"train.parquet": parquet("a")}
    with LocalServer({f"{API}main?blobs=true": listing(COMMIT, files), **pages(COMMIT, files)}) as server:
        (path,) = fetch(server, tmp_path).files
        if not recorded:  # as an earlier Evalmap kept it
            path.with_name(".train.parquet.origin").unlink()
        path.write_bytes(parquet("changed"))
        assert fetch(server, tmp_path).files == (path,)
    assert path.read_bytes() == files["train.parquet"]


def test_a_hub_that_fails_while_a_new_revision_is_fetched_gives_the_kept_one(tmp_path):
    old, new = {"train.parquet": parquet("old")}, {"train.parquet": parquet("new")}
    with LocalServer({f"{API}main?blobs=true": listing(COMMIT, old), **pages(COMMIT, old)}) as server:
        fetch(server, tmp_path)
        server.pages = {
            f"{API}main?blobs=true": listing(CONVERTED, new),
            f"/datasets/owner/name/resolve/{CONVERTED}/train.parquet": Page(b"", status=503),
        }
        kept = fetch(server, tmp_path)
        assert (kept.revision, "the server answered 503" in (kept.note or "")) == (COMMIT, True)
        server.pages |= pages(CONVERTED, new)
        assert fetch(server, tmp_path).revision == CONVERTED
