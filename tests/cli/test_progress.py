"""How far a command is, told where there is no terminal."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from evalmap.cli.progress import Bars, Lines, spoken
from evalmap.tests.fakes import sentences, write_rows


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def written() -> list[str]:
    return []


@pytest.fixture
def lines(clock: Clock, written: list[str]) -> Lines:
    return Lines(clock=clock, write=written.append, ticking=False)


def test_line_tells_the_stage_its_rate_and_the_time_left_every_ten_seconds(lines: Lines, clock: Clock, written: list[str]):
    for second in range(41):
        clock.now = 1000.0 + second
        lines.progress("embeddings", 100 * second, 9000)
    assert written == [
        "embeddings: 1,000 of 9,000 (11 %), 100 a second, about 1 min 20 s left",
        "embeddings: 2,000 of 9,000 (22 %), 100 a second, about 1 min 10 s left",
        "embeddings: 3,000 of 9,000 (33 %), 100 a second, about 1 min left",
        "embeddings: 4,000 of 9,000 (44 %), 100 a second, about 50 s left",
    ]


def test_what_was_found_again_is_not_counted_into_the_rate(lines: Lines, clock: Clock, written: list[str]):
    lines.progress("embeddings", 5000, 6000)
    clock.now += 20
    lines.progress("embeddings", 5010, 6000)
    assert written == ["embeddings: 5,010 of 6,000 (83 %), 30.0 a minute, about 33 min left"]


def test_what_is_done_sooner_leaves_no_line(lines: Lines, clock: Clock, written: list[str]):
    for stage in ("records", "embeddings", "neighbors"):
        for done in range(4):
            lines.progress(stage, done, 3)
            clock.now += 0.8
    lines.stop(whole=True)
    assert written == []


def test_stage_that_was_told_of_is_told_to_be_done(lines: Lines, clock: Clock, written: list[str]):
    lines.progress("embeddings", 0, 10)
    clock.now += 12
    lines.progress("embeddings", 6, 10)
    clock.now += 8
    lines.progress("neighbors", 0, 1)
    clock.now += 5
    lines.stop(whole=True)
    assert written == ["embeddings: 6 of 10 (60 %), 30.0 a minute, about 8 s left", "embeddings: done in 20 s"]


def test_stage_that_broke_is_not_told_to_be_done(lines: Lines, clock: Clock, written: list[str]):
    lines.progress("pairs", 0, 10)
    clock.now += 12
    lines.progress("pairs", 6, 10)
    lines.stop(whole=False)
    assert len(written) == 1


def test_silent_stage_is_told_of_when_the_clock_is_looked_at(lines: Lines, clock: Clock, written: list[str]):
    lines.progress("projection", 0, 1)
    for _ in range(25):
        clock.now += 1
        lines.tell_if_due()
    assert written == ["projection: under way for 10 s", "projection: under way for 20 s"]


def test_total_that_is_not_known_is_left_out(lines: Lines, clock: Clock, written: list[str]):
    lines.progress("records", 0, 0)
    clock.now += 10
    lines.progress("records", 120_000, 0)
    assert written == ["records: 120,000, 12,000 a second"]


def test_clock_that_stands_still_and_counts_that_fall_break_nothing(lines: Lines, clock: Clock, written: list[str]):
    lines.progress("fetch", 10, 10)
    clock.now += 30
    lines.progress("fetch", 3, 10)
    assert written == ["fetch: 3 of 10 (30 %)"]


def test_thread_looks_at_the_clock_and_ends_with_the_command(clock: Clock, written: list[str]):
    lines = Lines(clock=clock, write=written.append)
    lines.start()
    lines.progress("projection", 0, 1)
    clock.now += 15
    lines.stop(whole=True)  # waits for the thread
    assert lines._thread
    assert not lines._thread.is_alive()


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 s"), (59.4, "59 s"), (120, "2 min"), (125, "2 min 5 s"), (3780, "1 h 3 min")]
)
def test_times_in_words(seconds: float, words: str):
    assert spoken(seconds) == words


def test_names_from_outside_cannot_steer_what_reads_the_lines(clock: Clock, capsys: pytest.CaptureFixture[str]):
    lines = Lines(clock=clock, ticking=False)
    lines.progress("rows\x1b[2J", 0, 0)
    clock.now += 10
    lines.progress("rows\x1b[2J", 0, 0)
    assert capsys.readouterr() == ("", "rows [2J: under way for 10 s\n")


def test_site_that_reads_the_jobs_file_is_told_nothing_here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr("evalmap.cli.progress.EVERY", 0.0)
    monkeypatch.setenv("EVALMAP_PROGRESS", "off")
    with Bars() as bars:
        bars.progress("embeddings", 1, 2)
    assert capsys.readouterr().err == ""
    monkeypatch.delenv("EVALMAP_PROGRESS")
    with Bars() as bars:
        bars.progress("embeddings", 1, 2)
    assert capsys.readouterr().err != ""


SCREEN = """
import sys
from evalmap.cli import progress
progress.EVERY = 0.0
sys.argv = ["evalmap", *sys.argv[1:]]
from evalmap.cli.main import main
main()
"""


@pytest.mark.model
def test_commands_tell_a_pipe_how_far_they_are_without_control_characters(tmp_path: Path):
    rows = write_rows(tmp_path / "rows.jsonl", [{"text": text} for text in sentences(40)])
    environment = {**os.environ, "FORCE_COLOR": "1", "TERM": "xterm-256color"}  # as CI sets them
    command = [sys.executable, "-P", "-c", SCREEN, "screen", str(rows), "--workspace", str(tmp_path / "home")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert {"records", "embeddings", "pairs"} <= {line.split(":")[0] for line in done.stderr.splitlines()}
    assert all(char.isprintable() or char == "\n" for char in done.stderr)
    assert "40 rows" in done.stdout
