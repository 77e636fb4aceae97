"""Kill -9 while a dataset is written and filtered: nothing is lost, nothing is paid for twice, and the files are the same."""

import contextlib
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evalmap.answers.asking.journal import journal_path, read_journal
from evalmap.data.store.workspace import Workspace
from evalmap.tests.forked_commands import ForkedCommands
from evalmap.tests.writing.scripted_model import ScriptedModel
from evalmap.tests.writing.scripted_plan import clean, drawn, lines, plan, shown
from evalmap.writing.label_confidence import plan_filter
from evalmap.writing.plans import read_plan
from evalmap.writing.write_requests import plan_write

KILLS, LATE_KILLS, ROWS, CONCURRENCY = 20, 5, 200, 4


@contextlib.contextmanager
def scripted(log: Path, delay: float) -> Iterator[str]:
    """The address of the scripted model in a process of its own, which outlives whoever asks it."""
    command = [sys.executable, "-m", "evalmap.tests.writing.scripted_model", str(log), str(delay)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
    finally:
        process.kill()
        process.communicate()


def events(log: Path) -> list[tuple[str, int | None, bool]]:
    """(text, seed, whether it was answered with an error) in order; the seed is None for the filter's questions."""
    told = map(json.loads, log.read_text().splitlines()) if log.exists() else ()
    return [(one["text"], one["seed"], one["failed"]) for one in told]


def without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_times(one) for name, one in value.items() if name != "time"}
    return [without_times(one) for one in value] if isinstance(value, list) else value


def content(folder: Path) -> dict[str, Any]:
    """What a result holds, but for when replies came."""
    return {
        path.name: without_times(lines(path)) if path.name in ("provenance.jsonl", "rejected.jsonl") else path.read_bytes()
        for path in folder.iterdir()
    }


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_kill_at_any_moment_loses_nothing_and_pays_for_nothing_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    dice, log, output = random.Random(20), tmp_path / "log.jsonl", tmp_path / "result"
    space = Workspace(tmp_path / "home")
    with scripted(log, 0.1) as address, contextlib.closing(ForkedCommands(tmp_path / "printed")) as commands:
        path = plan(address, count=ROWS // 2, batch=30)
        written = drawn(path, address, ScriptedModel())
        told = read_plan(path)
        asking, filtering = plan_write(told, model="scripted", server=address), plan_filter(told, model="judge", server=address)
        asks = [filtering.request(one.text, one.label) for one in written if one.text]
        known = {request.key: (request.text, request.body["seed"]) for request in asking.requests}
        known |= {request.key: (request.text, None) for request in asks}
        journals = [journal_path(space, one.run_id) for one in (asking, filtering)]

        def held() -> Counter[tuple[str, int | None]]:
            return Counter(known[key] for journal in journals for key in read_journal(journal).answers)

        def start(home: Path, folder: Path) -> int:
            options = ("--concurrency", str(CONCURRENCY), "--workspace", home, "--output", folder)
            return commands.start("write", path, *options)

        may_ask_again: Counter[tuple[str, int | None]] = Counter()
        before, counts = held(), list[int]()
        for kill in range(KILLS):
            seen = len(events(log))
            process = start(space.root, output)
            if kill % 5 == 4:  # at any moment of its beginning
                time.sleep(dice.uniform(0, 0.3))
            else:  # at any moment of its asking
                deadline = time.monotonic() + 60
                while len(events(log)) == seen:
                    assert time.monotonic() < deadline
                    time.sleep(0.005)
                time.sleep(dice.uniform(0, 0.25))
            os.kill(process, 9)
            assert commands.end()[0] == -9, "it ended before it was killed"
            after = held()
            assert before <= after, "an answer that was on the disk is gone"
            new = events(log)[seen:]
            received = Counter((text, seed) for text, seed, failed in new if not failed)
            failed = Counter((text, seed) for text, seed, failed in new if failed)
            assert not before.keys() & received.keys(), "asked again, though its answer was there"
            in_flight = [one for one in received if one not in after and received[one] > failed[one]]
            assert len(in_flight) <= CONCURRENCY
            may_ask_again.update(in_flight)
            before = after
            counts.append(after.total())
        start(space.root, output)
        assert commands.end()[0] == 0, (tmp_path / "printed").read_text()
        assert 0 < counts[0] < counts[-1] < held().total()
        result, asked = content(output), len(events(log))
        for _ in range(LATE_KILLS):  # where nothing is left to ask: while rows are compared and files are written
            process = start(space.root, output)
            time.sleep(dice.uniform(0.1, 0.6))
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, 9)
            commands.end()
            assert {name: one for name, one in content(output).items() if name in result} == result
        start(space.root, output)
        assert commands.end()[0] == 0
        assert len(events(log)) == asked
        assert content(output) == result, "something half written lies there"
        start(tmp_path / "undisturbed", tmp_path / "other")
        assert commands.end()[0] == 0
    assert content(tmp_path / "other") == result
    assert [row["question"] for row in lines(output / f"{told.behaviour.replace(' ', '-')}.jsonl")] == [
        shown(one) for one in clean(written)
    ]
    received = Counter((text, seed) for text, seed, failed in events(log)[:asked] if not failed)
    failed = Counter((text, seed) for text, seed, failed in events(log)[:asked] if failed)
    assert failed.total() > 0, "the model was in too good a mood"
    assert set(received) <= set(known.values())
    for one, n in received.items():
        assert n - failed[one] <= 1 + may_ask_again[one], one
