"""Kill -9 at random moments: no answer that was acknowledged is lost, and nothing is asked twice but what was in flight."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from evalmap.answers.asking.journal import journal_path, read_journal
from evalmap.answers.asking.prompts import built_in
from evalmap.answers.asking.run_job import job_location
from evalmap.answers.asking.run_plan import Plan, plan
from evalmap.answers.reading.dataset_match import read_examples
from evalmap.answers.store import AnswerStore
from evalmap.data.store import jobs
from evalmap.data.store.workspace import Workspace
from evalmap.tests.answers import maps
from evalmap.tests.answers.stub_server import p_yes
from evalmap.tests.forked_commands import ForkedCommands

KILLS, ROWS, CONCURRENCY = 20, 300, 4


@contextmanager
def stub(log: Path, delay: float) -> Iterator[str]:
    """The address of a stub in a process of its own, which outlives whoever asks it."""
    command = [sys.executable, "-m", "evalmap.tests.answers.stub_server", str(log), str(delay)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def command(home: Path, address: str) -> list[str]:
    options = ["--base-url", address, "--model", "stub-1", "--concurrency", str(CONCURRENCY), "--workspace", str(home)]
    return ["answers", "run", "likes", *options]


def start(home: Path, address: str) -> subprocess.Popen[bytes]:
    line = [sys.executable, "-m", "evalmap.cli", *command(home, address)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI")}
    return subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=_heed_interrupts)


def _heed_interrupts() -> None:
    """Tests that run in a shell's background have SIGINT ignored, and hand that down."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def events(log: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def planned(space: Workspace, address: str) -> Plan:
    examples = read_examples(space, space.find("likes"))
    prompt = built_in()["chat-yesno"]
    return plan(examples.manifest, examples.table, examples.fields, prompt, model="stub-1", server=address)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_kill_at_any_moment_loses_no_answer_and_asks_none_again(tmp_path: Path):
    dice = random.Random(20)
    space, log = Workspace(tmp_path / "home"), tmp_path / "log.jsonl"
    maps.built(space, tmp_path / "likes.jsonl", maps.rows(ROWS))
    with stub(log, 0.2) as address, closing(ForkedCommands(tmp_path / "printed")) as commands:
        asked = planned(space, address)
        text_of = {request.key: request.text for request in asked.requests}
        path = journal_path(space, asked.run_id)

        def held() -> set[str]:
            return {text_of[key] for key in read_journal(path).answers}

        may_ask_again: Counter[str] = Counter()
        before: set[str] = set()
        counts: list[int] = []
        for kill in range(KILLS):
            seen = len(events(log))
            process = commands.start(*command(space.root, address))
            if kill % 5 == 4:  # at any moment of its beginning
                time.sleep(dice.uniform(0, 0.5))
            else:  # at any moment of its asking
                deadline = time.monotonic() + 60
                while len(events(log)) == seen:
                    assert time.monotonic() < deadline
                    time.sleep(0.005)
                time.sleep(dice.uniform(0, 0.8))
            os.kill(process, signal.SIGKILL)
            code, printed = commands.end()
            assert code == -signal.SIGKILL, printed
            after = held()
            job = jobs.find(space, job_location("likes", "stub-1", "chat-yesno"))
            assert before <= after, "an answer that was on the disk is gone"
            assert (job.done if job else 0) <= len(after), "more was acknowledged than is there"
            new = events(log)[seen:]
            received = Counter(str(event["text"]) for event in new if not event["failed"])
            failed = Counter(str(event["text"]) for event in new if event["failed"])
            assert not before & set(received), "asked again, though its answer was there"
            in_flight = [text for text in received if text not in after and received[text] > failed[text]]
            assert len(in_flight) <= CONCURRENCY
            may_ask_again.update(in_flight)
            before = after
            counts.append(len(after))
        assert 0 < counts[0] < counts[-1] < ROWS
        commands.start(*command(space.root, address))
        code, printed = commands.end()
        assert code == 0, printed
    assert f"{ROWS} of {ROWS} questions answered ({ROWS - counts[-1]} now)" in printed
    assert held() == set(text_of.values())
    received = Counter(str(event["text"]) for event in events(log) if not event["failed"])
    failed = Counter(str(event["text"]) for event in events(log) if event["failed"])
    assert failed.total() > 0, "the stub was in too good a mood"
    for text in text_of.values():
        assert received[text] - failed[text] <= 1 + may_ask_again[text], text
    (record,) = AnswerStore(space).sets()
    assert (record.n_ok, record.n_missing) == (ROWS, 0)
    table = AnswerStore(space).answers(record.id).sort_values("row")
    p_of = [p_yes(f"{row['text']}\n\nAnswer with just Yes or No.") for row in maps.rows(ROWS)]
    expected = [p if row["label"] == "Yes" else 1 - p for p, row in zip(p_of, maps.rows(ROWS), strict=True)]
    assert table["p_matching"].tolist() == pytest.approx(expected)


def test_interrupt_from_the_keyboard_keeps_what_there_is(tmp_path: Path):
    space, log = Workspace(tmp_path / "home"), tmp_path / "log.jsonl"
    maps.built(space, tmp_path / "likes.jsonl", maps.rows(60))
    with stub(log, 0.4) as address:
        process = start(space.root, address)
        deadline = time.monotonic() + 60
        while len(events(log)) < 12:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    held = len(read_journal(journal_path(space, planned(space, address).run_id)).answers)
    assert err.decode() == f"Stopped by hand. {held} of 60 answers are kept; the same command goes on from there.\n"
    (record,) = AnswerStore(space).sets()
    assert (record.n_ok, record.n_expected) == (held, 60)
