"""What is kept in memory: one load a key, and no key waits for another."""

import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from evalmap.pages.server import answer_cache, maps
from evalmap.pages.server.kept import Kept

LONG = 30  # seconds until a wait that should not be is given up


def test_readers_of_one_key_wait_for_one_load():
    kept: Kept[str, object] = Kept(4)
    loads, begun, go_on = [], threading.Event(), threading.Event()

    def load() -> object:
        loads.append(1)
        begun.set()
        assert go_on.wait(LONG)
        return object()

    with ThreadPoolExecutor(6) as pool:
        found = [pool.submit(kept.get, "a", load) for _ in range(6)]
        assert begun.wait(LONG)
        go_on.set()
        assert len({id(one.result(LONG)) for one in found}) == 1
    assert len(loads) == 1


def test_least_recently_used_goes_first():
    kept: Kept[str, int] = Kept(2)
    for key, value in (("a", 1), ("b", 2), ("a", 9), ("c", 3)):
        kept.get(key, lambda value=value: value)
    assert [kept.get(key, lambda: 0) for key in "acb"] == [1, 3, 0]


def test_error_comes_up_and_the_next_reader_tries_again():
    kept: Kept[str, int] = Kept(2)
    with pytest.raises(ZeroDivisionError):
        kept.get("a", lambda: 1 // 0)
    assert kept.get("a", lambda: 5) == 5


def test_cleared_is_loaded_anew():
    kept: Kept[str, int] = Kept(2)
    kept.get("a", lambda: 1)
    kept.clear()
    assert kept.get("a", lambda: 2) == 2


def test_map_whose_answers_take_long_holds_up_no_other_map(monkeypatch: pytest.MonkeyPatch):
    slow_begun, go_on = threading.Event(), threading.Event()

    def answers_on(built: Any, store: Any) -> list[str]:
        if built.manifest.slug == "slow":
            slow_begun.set()
            assert go_on.wait(2 * LONG)
        return [built.manifest.slug]

    monkeypatch.setattr(answer_cache, "answers_on", answers_on)
    answer_cache.forget()
    slow, quick = (SimpleNamespace(manifest=SimpleNamespace(slug=slug, fingerprint="f")) for slug in ("slow", "quick"))
    with ThreadPoolExecutor(2) as pool:
        try:
            waiting: Any = pool.submit(answer_cache.sets_of, slow)  # type: ignore[arg-type]
            assert slow_begun.wait(LONG)
            other: Any = pool.submit(answer_cache.sets_of, quick)  # type: ignore[arg-type]
            assert other.result(LONG) == ["quick"]
            assert not waiting.done()
        finally:
            go_on.set()
        assert waiting.result(LONG) == ["slow"]
    answer_cache.forget()


def test_map_that_loads_slowly_holds_up_no_other_map(monkeypatch: pytest.MonkeyPatch):
    slow_begun, go_on = threading.Event(), threading.Event()

    def load(workspace: Any, slug: str, fingerprint: str) -> str:
        if slug == "slow":
            slow_begun.set()
            assert go_on.wait(2 * LONG)
        return slug

    monkeypatch.setattr(maps, "_load", load)
    maps.forget()
    with ThreadPoolExecutor(2) as pool:
        try:
            waiting: Any = pool.submit(maps.built_map, "slow", "f")
            assert slow_begun.wait(LONG)
            other: Any = pool.submit(maps.built_map, "quick", "f")
            assert other.result(LONG) == "quick"
        finally:
            go_on.set()
        assert waiting.result(LONG) == "slow"
    maps.forget()
