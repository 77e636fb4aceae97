"""Addresses, keys and what a server asks to wait."""

import time
from email.utils import formatdate

import pytest

from evalmap.answers.asking.endpoint import key_for, retry_after, server_address
from evalmap.data.errors import DatasetError

KEY = "sk-test-4f9a7c21d0"


def test_address_is_checked():
    assert server_address(" HTTP://LocalHost:8000/v1/ ") == "http://localhost:8000/v1"
    for bad in ("", "localhost:8000", "ftp://a/v1", "http://", "http://a:99999/v1", "file:///etc/passwd"):
        with pytest.raises(DatasetError, match="no http or https address"):
            server_address(bad)
    for secret in (f"https://user:{KEY}@host/v1", f"https://{KEY}@host/v1", f"https://host/v1?key={KEY}", f"https://host/v1#{KEY}"):
        with pytest.raises(DatasetError) as raised:
            server_address(secret)
        assert KEY not in str(raised.value)


def test_key_comes_from_the_environment_and_is_not_sent_readable_unasked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", f" {KEY}\n")
    monkeypatch.setenv("MINE", "k2")
    assert key_for("https://api.example.com/v1") == KEY
    assert key_for("http://127.0.0.1:8000/v1") == key_for("http://localhost/v1") == key_for("http://[::1]/v1") == KEY
    assert key_for("http://10.0.0.5:8000/v1") is None
    assert key_for("http://10.0.0.5:8000/v1", "MINE") == "k2"
    with pytest.raises(DatasetError, match="NOWHERE: no such environment variable"):
        key_for("https://a/v1", "NOWHERE")
    for bad in (f"{KEY}\nX: y", f"{KEY} {KEY}", f"{KEY}ü"):
        monkeypatch.setenv("OPENAI_API_KEY", bad)
        with pytest.raises(DatasetError) as raised:
            key_for("https://a/v1")
        assert KEY not in str(raised.value)
    monkeypatch.delenv("OPENAI_API_KEY")
    assert key_for("https://a/v1") is None


def test_retry_after_is_read_in_all_its_forms():
    assert retry_after({"retry-after": "3"}) == 3
    assert retry_after({"retry-after-ms": "250", "retry-after": "9"}) == 0.25
    assert 25 < retry_after({"retry-after": formatdate(time.time() + 30, usegmt=True)}) <= 30
    assert [retry_after({"retry-after": value}) for value in ("soon", "", "-4", "nan")] == [0, 0, 0, 0]
    assert retry_after({}) == 0
