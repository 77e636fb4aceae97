"""Downloads: whom we connect to, what is resumed, and that half a file is never taken for a whole one."""

import hashlib
import ipaddress
import multiprocessing
import os
import re
import shutil
import subprocess
import threading
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from evalmap.data import locations, opening
from evalmap.data.errors import DatasetError
from evalmap.data.remote import http
from evalmap.data.remote.guard import PUBLIC, Policy, is_public
from evalmap.data.store.workspace import Workspace
from evalmap.tests.data.remote.holding import hold
from evalmap.tests.fakes import sentences
from evalmap.tests.local_server import LocalServer, Page, local_policy
from evalmap.tests.needs import absent

CONTENT = b"".join(b'{"text": "row %d"}\n' % i for i in range(20_000))
POLICY = local_policy()


def says(sentence: str):
    return pytest.raises(DatasetError, match=re.escape(sentence))


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    """A certificate for evals.test that signs itself, with its key."""
    if not shutil.which("openssl"):
        absent("openssl is not installed")
    folder = tmp_path_factory.mktemp("certificate")
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=evals.test -addext subjectAltName=DNS:evals.test"
    subprocess.run([*command.split(), "-keyout", "key.pem", "-out", "certificate.pem"], cwd=folder, check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_text((folder / "key.pem").read_text() + (folder / "certificate.pem").read_text())
    return both


NOT_PUBLIC = """
127.0.0.1 10.1.2.3 192.168.0.1 172.16.0.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 224.0.1.1 240.0.0.1 255.255.255.255
192.0.2.1 198.18.0.1 ::1 :: fe80::1 fc00::1 fec0::1 ff0e::1 ::127.0.0.1 2001:db8::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1
64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b:1::808:808 2002:7f00:1:: 2002:a00:1::1 2001:0:808:808:0:0:80ff:fffe
"""
IS_PUBLIC = "8.8.8.8 185.199.108.133 2606:50c0:8000::154 ::ffff:8.8.8.8 64:ff9b::808:808 2002:808:808::1"


@pytest.mark.parametrize("address", NOT_PUBLIC.split())
def test_addresses_that_not_everyone_reaches_are_not_public(address):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", IS_PUBLIC.split())
def test_addresses_that_everyone_reaches_are_public(address):
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://evals.test/a", "http://evals.test/a: only https addresses are opened. Use one that begins with https://."),
        ("file:///etc/passwd", "/etc/passwd: only https addresses are opened."),
        ("ftp://evals.test/a", "ftp://evals.test/a: only https addresses are opened."),
        ("a.jsonl", "a.jsonl: only https addresses are opened."),
        ("https://", "only https addresses are opened."),
        ("https://me:secret@evals.test/a", "https://evals.test/a: the address holds a user name or password. Remove what"),
        ("https://evals.test:port/a", "The address cannot be read. Expected one that begins with https://."),
        ("https://127.0.0.1/a", "127.0.0.1 leads to 127.0.0.1, which is no public address. Only public addresses are opened."),
        ("https://[::1]/a", "::1 leads to ::1, which is no public address."),
        ("https://2130706433/a", "leads to 127.0.0.1, which is no public address."),
        ("https://localhost/a", "localhost leads to "),
    ],
)
def test_addresses_that_are_not_opened(tmp_path, url, sentence):
    with says(sentence):
        http.download(url, tmp_path / "a")
    assert left(tmp_path) == []


def test_secrets_in_an_address_are_not_repeated():
    assert http.printable_url("https://me:secret@evals.test/a?token=secret#secret") == "https://evals.test/a"


def test_one_private_address_among_public_ones_is_enough_to_refuse(tmp_path):
    both = [ipaddress.ip_address("8.8.8.8"), ipaddress.ip_address("10.0.0.1")]
    with says("evals.test leads to 10.0.0.1, which is no public address."):
        http.download("https://evals.test/a", tmp_path / "a", policy=Policy(resolve=lambda host, port: both))


def test_unknown_host(tmp_path):
    with says("evals.test: no such host was found. Check the address and the connection."):
        http.download("https://evals.test/a", tmp_path / "a", policy=Policy(resolve=lambda host, port: []))


def test_the_default_policy_is_https_to_public_addresses():
    assert Policy() == PUBLIC
    assert PUBLIC.schemes == ("https",)
    assert PUBLIC.allows is is_public


def test_a_whole_file_arrives_with_progress_and_leaves_nothing_else(tmp_path):
    seen = []
    with LocalServer({"/a.jsonl": Page(CONTENT)}) as server:
        target = tmp_path / "new" / "a.jsonl"
        http.download(server.url("/a.jsonl"), target, progress=lambda *step: seen.append(step), policy=POLICY)
    assert target.read_bytes() == CONTENT
    assert left(tmp_path / "new") == ["a.jsonl"]
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert [have for have, _ in seen] == sorted({have for have, _ in seen})
    assert server.requests[0].headers["accept-encoding"] == "identity"


def test_https_checks_the_certificate_for_the_host_name(tmp_path, certificate):
    policy = local_policy(certificate=certificate, schemes=("https",))
    with LocalServer({"/a": Page(CONTENT)}, certificate=certificate) as server:
        assert http.download(server.url("/a"), tmp_path / "a", policy=policy).read_bytes() == CONTENT
        assert server.requests[0].headers["host"] == f"evals.test:{server.port}"
        with says("the server's certificate is not valid for this host (Hostname mismatch, certificate is not valid for"):
            http.download(server.url("/a", host="other.test"), tmp_path / "b", policy=policy)
        with says("the server's certificate is not valid for this host (self-signed certificate"):
            http.download(server.url("/a"), tmp_path / "b", policy=local_policy(schemes=("https",)))
    assert left(tmp_path) == ["a"]


def test_a_broken_off_download_goes_on_where_it_stopped(tmp_path):
    target = tmp_path / "a.jsonl"
    page = Page(CONTENT, etag='"one"', cut=100_000)
    with LocalServer({"/a.jsonl": page}) as server:
        with pytest.raises(DatasetError, match=r"a\.jsonl: broke off after 100,000 bytes .*Try again: it goes on from there\."):
            http.download(server.url("/a.jsonl"), target, policy=POLICY)
        assert not target.exists()
        assert (tmp_path / "a.jsonl.part").read_bytes() == CONTENT[:100_000]
        page.cut = None
        http.download(server.url("/a.jsonl"), target, policy=POLICY)
    assert target.read_bytes() == CONTENT
    assert left(tmp_path) == ["a.jsonl"]
    assert (server.requests[1].headers["range"], server.requests[1].headers["if-range"]) == ("bytes=100000-", '"one"')


@pytest.mark.parametrize("change", ["etag", "no etag", "no ranges", "shorter"])
def test_a_file_that_changed_meanwhile_is_fetched_anew(tmp_path, change):
    target = tmp_path / "a.jsonl"
    page = Page(CONTENT, etag='"one"', cut=100_000)
    with LocalServer({"/a.jsonl": page}) as server:
        with pytest.raises(DatasetError, match="broke off after 100,000"):
            http.download(server.url("/a.jsonl"), target, policy=POLICY)
        page.cut = None
        page.content = CONTENT[:50_000] if change == "shorter" else CONTENT[::-1]
        page.etag = {"etag": '"two"', "no etag": None}.get(change, page.etag)
        page.ranges = change != "no ranges"
        http.download(server.url("/a.jsonl"), target, policy=POLICY)
    assert target.read_bytes() == page.content
    assert left(tmp_path) == ["a.jsonl"]


def test_a_part_of_another_address_or_without_a_known_origin_is_not_continued(tmp_path):
    (tmp_path / "a.part").write_bytes(b"something else")
    with LocalServer({"/a": Page(CONTENT, etag='"one"', cut=500), "/b": Page(CONTENT, etag='"one"')}) as server:
        with pytest.raises(DatasetError, match="broke off after 500 bytes"):
            http.download(server.url("/a"), tmp_path / "a", policy=POLICY)
        http.download(server.url("/b"), tmp_path / "a", policy=POLICY)
    assert (tmp_path / "a").read_bytes() == CONTENT
    assert not any("range" in request.headers for request in server.requests)


def test_a_weak_etag_vouches_for_no_bytes(tmp_path):
    with LocalServer({"/a": Page(CONTENT, etag='W/"one"', cut=500)}) as server:
        for _ in range(2):
            with pytest.raises(DatasetError, match="broke off after 500 bytes"):
                http.download(server.url("/a"), tmp_path / "a", policy=POLICY)
    assert not any("range" in request.headers for request in server.requests)


def test_a_file_of_unknown_length_is_taken_only_with_a_checksum(tmp_path):
    with LocalServer({"/a": Page(CONTENT, length=False)}) as server:
        with says("the server does not say how long the file is, so half could pass for whole. Download it by hand."):
            http.download(server.url("/a"), tmp_path / "a", policy=POLICY)
        assert left(tmp_path) == []
        digest = hashlib.sha256(CONTENT).hexdigest()
        assert http.download(server.url("/a"), tmp_path / "a", sha256=digest, policy=POLICY).read_bytes() == CONTENT


def test_a_wrong_checksum_keeps_what_was_there(tmp_path):
    target = tmp_path / "a"
    target.write_bytes(b"before")
    found = hashlib.sha256(CONTENT).hexdigest()[:12]
    with LocalServer({"/a": Page(CONTENT, etag='"one"')}) as server, says(f"/a: SHA-256 {found}…, expected 000000000000…: not"):
        http.download(server.url("/a"), target, sha256="0" * 64, policy=POLICY)
    assert target.read_bytes() == b"before"
    assert left(tmp_path) == ["a"]


@pytest.mark.parametrize("length", [True, False])
def test_too_large_is_refused_by_word_and_by_count(tmp_path, length):
    with LocalServer({"/a": Page(CONTENT, length=length)}) as server, says("larger than 1,000 bytes, the most that is fetched."):
        http.download(server.url("/a"), tmp_path / "a", max_bytes=1000, sha256="0" * 64, policy=POLICY)
    assert left(tmp_path) == []


def test_a_server_that_stalls_is_left_at_the_deadline(tmp_path):
    release = threading.Event()
    with LocalServer({"/a": Page(CONTENT, drip=lambda: release.wait(20))}) as server:
        with says("took longer than 0.3 seconds. Try again, or later."):
            http.download(server.url("/a"), tmp_path / "a", max_seconds=0.3, policy=POLICY)
        release.set()
    assert left(tmp_path) == []


@pytest.mark.parametrize("status", [404, 403, 500, 204, 206])
def test_an_answer_that_is_not_the_file_is_refused(tmp_path, status):
    with LocalServer({"/a": Page(b"", status=status)}) as server, says(f"/a: the server answered {status}"):
        http.download(server.url("/a"), tmp_path / "a", policy=POLICY)
    assert left(tmp_path) == []


def test_a_file_packed_in_transit_is_refused(tmp_path):
    packed = Page(b"x", headers={"Content-Encoding": "gzip"})
    with LocalServer({"/a": packed}) as server, says("the server packs the file in transit"):
        http.download(server.url("/a"), tmp_path / "a", policy=POLICY)


def test_redirects_are_followed_five_times_and_judged_each_time(tmp_path):
    steps = {f"/{i}": Page(status=302, headers={"Location": f"/{i + 1}"}) for i in range(6)}
    with LocalServer({**steps, "/6": Page(CONTENT)}) as server:
        assert http.download(server.url("/1"), tmp_path / "a", policy=POLICY).read_bytes() == CONTENT
        with says("/0: redirects more than 5 times. Use the address of the file itself."):
            http.download(server.url("/0"), tmp_path / "b", policy=POLICY)


@pytest.mark.parametrize(
    ("location", "sentence"),
    [
        ("ftp://evals.test/a", "ftp://evals.test/a: only https addresses are opened."),
        ("file:///etc/passwd", "only https addresses are opened."),
        ("http://me:secret@evals.test/a", "http://evals.test/a: the address holds a user name or password."),
        ("http://10.0.0.1/a", "10.0.0.1 leads to 10.0.0.1, which is no public address."),
    ],
)
def test_a_redirect_leads_nowhere_that_an_address_may_not(tmp_path, location, sentence):
    loopback = ipaddress.ip_address("127.0.0.1")
    policy = Policy(
        schemes=("http", "https"),
        allows=lambda address: address == loopback,
        resolve=lambda host, port: [loopback if host.endswith(".test") else ipaddress.ip_address(host)],
    )
    with LocalServer({"/a": Page(status=302, headers={"Location": location})}) as server, says(sentence):
        http.download(server.url("/a"), tmp_path / "a", policy=policy)
    assert len(server.requests) == 1


def test_a_name_is_resolved_once_for_each_connection(tmp_path):
    hosts = []

    def resolve(host, port):
        hosts.append(host)
        return [ipaddress.ip_address("127.0.0.1")]

    with LocalServer({"/a": Page(CONTENT)}) as server:
        http.download(server.url("/a"), tmp_path / "a", policy=Policy(("http",), lambda address: True, resolve))
    assert hosts == ["evals.test"]


def test_the_next_address_is_tried_where_one_does_not_answer(tmp_path):
    addresses = [ipaddress.ip_address("127.0.0.2"), ipaddress.ip_address("127.0.0.1")]
    policy = Policy(("http",), lambda address: True, lambda host, port: addresses)
    with LocalServer({"/a": Page(CONTENT)}) as server:
        http.download(server.url("/a"), tmp_path / "a", policy=policy)
        assert (tmp_path / "a").read_bytes() == CONTENT
        port = server.port
    with says("the server cannot be reached"):
        http.download(f"http://evals.test:{port}/a", tmp_path / "b", policy=policy)


def test_no_proxy_of_the_environment_is_used(tmp_path, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with LocalServer({"/a": Page(CONTENT)}) as server:
        assert http.download(server.url("/a"), tmp_path / "a", policy=POLICY).read_bytes() == CONTENT


def test_two_processes_do_not_fetch_one_file_at_once(tmp_path):
    context = multiprocessing.get_context("spawn")
    held, release = context.Event(), context.Event()
    other = context.Process(target=hold, args=(tmp_path / "a", held, release))
    other.start()
    try:
        assert held.wait(60)
        with LocalServer({"/a": Page(CONTENT)}) as server, says("a: is being fetched already. Wait until that is done."):
            http.download(server.url("/a"), tmp_path / "a", policy=POLICY)
    finally:
        release.set()
        other.join()
    with LocalServer({"/a": Page(CONTENT)}) as server:
        assert http.download(server.url("/a"), tmp_path / "a", policy=POLICY).read_bytes() == CONTENT


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with LocalServer({"/a": Page(CONTENT)}) as server, says("cannot be written ("):
        http.download(server.url("/a"), tmp_path / "file" / "a", policy=POLICY)


def test_fetch_file_keeps_the_name_for_its_ending(tmp_path):
    with LocalServer({"/x/my%20set.jsonl?v=1": Page(CONTENT)}) as server:
        path = http.fetch_file(server.url("/x/my%20set.jsonl?v=1"), tmp_path, policy=POLICY).path
        assert path.name == "my_set.jsonl"
        assert path.parent.parent == tmp_path
        with says("/data: the address ends in no format that is read. Expected .jsonl, .jsonl.gz"):
            http.fetch_file(server.url("/data?file=../a.jsonl"), tmp_path, policy=POLICY)


def test_ask_returns_any_answer_within_its_caps():
    with LocalServer({"/a": Page(CONTENT), "/b": Page(b"no", status=404, headers={"X-Error-Code": "RepoNotFound"})}) as server:
        answer = http.ask(server.url("/b"), policy=POLICY)
        assert (answer.status, answer.content, answer.headers["x-error-code"]) == (404, b"no", "RepoNotFound")
        with says("/a: larger than 10 bytes, the most that is read."):
            http.ask(server.url("/a"), max_bytes=10, policy=POLICY)


# What is kept

OTHER = CONTENT[::-1]


def fetched(server: LocalServer, folder: Path) -> http.FetchedFile:
    return http.fetch_file(server.url("/a.jsonl"), folder, policy=POLICY)


def note_of(found: http.FetchedFile) -> str:
    assert found.note
    return found.note


@pytest.mark.parametrize(
    ("state", "header"),
    [
        ({"etag": '"one"'}, "if-none-match"),
        ({"etag": 'W/"one"'}, "if-none-match"),
        ({"headers": {"Last-Modified": "Wed, 21 Oct 2026 07:28:00 GMT"}}, "if-modified-since"),
    ],
)
def test_an_unchanged_file_is_asked_for_and_not_fetched_again(tmp_path, state, header):
    with LocalServer({"/a.jsonl": Page(CONTENT, **state)}) as server:
        first = fetched(server, tmp_path)
        before = first.path.stat()
        second = fetched(server, tmp_path)
    assert first == second == http.FetchedFile(first.path)
    assert header not in server.requests[0].headers
    assert header in server.requests[1].headers
    assert (first.path.read_bytes(), first.path.stat().st_ino) == (CONTENT, before.st_ino)
    assert left(first.path.parent) == [".a.jsonl.origin", "a.jsonl"]


def test_a_changed_file_takes_the_place_of_the_kept_one(tmp_path):
    page = Page(CONTENT, etag='"one"')
    with LocalServer({"/a.jsonl": page}) as server:
        path = fetched(server, tmp_path).path
        page.content, page.etag = OTHER, '"two"'
        assert fetched(server, tmp_path).path.read_bytes() == OTHER
        assert fetched(server, tmp_path).path.read_bytes() == OTHER
    assert server.requests[2].headers["if-none-match"] == '"two"'
    assert left(path.parent) == [".a.jsonl.origin", "a.jsonl"]


def test_without_a_server_the_kept_file_is_opened_and_its_day_is_told(tmp_path):
    with LocalServer({"/a.jsonl": Page(CONTENT, etag='"one"')}) as server:
        path = fetched(server, tmp_path).path
        url = server.url("/a.jsonl")
    day = datetime.now(UTC).date().isoformat()
    found = http.fetch_file(url, tmp_path, policy=POLICY)
    assert found.path.read_bytes() == CONTENT
    assert re.fullmatch(
        rf"{url}: opened as it was fetched on {day}, since it can't be now \(the server cannot be reached \(.*\)\)\.",
        note_of(found),
    )
    nameless = http.fetch_file(url, tmp_path, policy=Policy(("http",), lambda address: True, lambda host, port: []))
    assert note_of(nameless).endswith(f"on {day}, since it can't be now (evals.test: no such host was found).")
    path.write_bytes(CONTENT + b"{")
    with says("the server cannot be reached"):  # it is not what was fetched
        http.fetch_file(url, tmp_path, policy=POLICY)


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_server_in_trouble_is_as_none(tmp_path, status):
    page = Page(CONTENT, etag='"one"')
    with LocalServer({"/a.jsonl": page}) as server:
        fetched(server, tmp_path)
        page.status, page.etag = status, None
        found = fetched(server, tmp_path)
    assert f"since it can't be now (the server answered {status}" in note_of(found)
    assert found.path.read_bytes() == CONTENT


def test_a_file_that_is_gone_from_its_address_is_told_and_kept(tmp_path):
    page = Page(CONTENT, etag='"one"')
    with LocalServer({"/a.jsonl": page}) as server:
        path = fetched(server, tmp_path).path
        page.status, page.etag = 404, None
        with says("/a.jsonl: the server answered 404"):
            fetched(server, tmp_path)
    assert path.read_bytes() == CONTENT


def test_a_kept_file_opens_no_way_around_the_policy(tmp_path):
    with LocalServer({"/a.jsonl": Page(CONTENT, etag='"one"')}) as server:
        fetched(server, tmp_path)
        private = Policy(("http",), lambda address: False, POLICY.resolve)
        with says("evals.test leads to 127.0.0.1, which is no public address."):
            http.fetch_file(server.url("/a.jsonl"), tmp_path, policy=private)
    assert len(server.requests) == 1


@pytest.mark.parametrize("how", ["broken off", "too large", "packed"])
def test_a_failed_download_leaves_the_kept_file(tmp_path, how):
    page = Page(CONTENT, etag='"one"')
    with LocalServer({"/a.jsonl": page}) as server:
        path = fetched(server, tmp_path).path
        page.content, page.etag = OTHER, '"two"'
        page.cut = 1000 if how == "broken off" else None
        page.headers = {"Content-Encoding": "gzip"} if how == "packed" else {}
        most = 10 if how == "too large" else http.MAX_BYTES
        with pytest.raises(DatasetError, match=r"broke off after|larger than|packs the file"):
            http.download(server.url("/a.jsonl"), path, max_bytes=most, kept=http.KeptFile(path), policy=POLICY)
        assert path.read_bytes() == CONTENT
        assert http.KeptFile(path).is_whole()
        page.cut, page.headers = None, {}
        assert fetched(server, tmp_path).path.read_bytes() == OTHER
    assert left(path.parent) == [".a.jsonl.origin", "a.jsonl"]


@pytest.mark.parametrize("damage", ["changed", "removed", "record", "foreign record", "no record"])
def test_a_kept_file_that_is_not_what_was_fetched_is_fetched_whole(tmp_path, damage):
    with LocalServer({"/a.jsonl": Page(CONTENT, etag='"one"')}) as server:
        path = fetched(server, tmp_path).path
        record = path.with_name(".a.jsonl.origin")
        if damage == "removed":
            path.unlink()
        elif damage == "changed":
            path.write_bytes(OTHER)
        elif damage == "no record":
            record.unlink()
        else:
            record.write_bytes(b'{"sha256"' if damage == "record" else b'{"sha256": "x", "etag": "a\\r\\nX: y", "fetched": 1}')
        assert fetched(server, tmp_path).path.read_bytes() == CONTENT
        assert "if-none-match" not in server.requests[1].headers
        fetched(server, tmp_path)
        assert server.requests[2].headers["if-none-match"] == '"one"'


def test_a_file_that_an_earlier_evalmap_kept_is_opened_without_a_server(tmp_path):
    with LocalServer({"/a.jsonl": Page(CONTENT)}) as server:
        path = fetched(server, tmp_path).path
        url = server.url("/a.jsonl")
    path.with_name(".a.jsonl.origin").unlink()
    os.utime(path, (0, 0))
    assert "opened as it was fetched on 1970-01-01" in note_of(http.fetch_file(url, tmp_path, policy=POLICY))


def test_the_line_about_a_kept_file_reaches_terminal_and_map(evalmap, monkeypatch):
    lines = "".join(f'{{"text": "{sentence}"}}\n' for sentence in sentences(12)).encode()
    monkeypatch.setattr(http, "fetch_file", partial(http.fetch_file, policy=POLICY))
    monkeypatch.setattr(locations, "location_kind", lambda location: "url")
    monkeypatch.setattr(opening, "location_kind", lambda location: "url")
    with LocalServer({"/a.jsonl": Page(lines, etag='"one"')}) as server:
        url = server.url("/a.jsonl")
        online = evalmap("build", url)
    assert (online.code, "note:" in online.out) == (0, False)
    offline = evalmap("build", url)
    day = datetime.now(UTC).date().isoformat()
    (note,) = [line for line in offline.out.splitlines() if "note:" in line]
    assert note.startswith(f"  note: {url}: opened as it was fetched on {day}, since it can't be now (")
    assert [f"  note: {one}" for one in Workspace(evalmap.home).find(url).notes] == [note]  # what the map's page shows
    assert note in evalmap("screen", url, "--method", "exact").out
