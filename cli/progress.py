"""How far a command is: bars in a terminal; elsewhere (nohup, a pipe, CI) a plain line every ten seconds. On stderr."""

import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol, Self

from evalmap.data.store.jobs import NO_PROGRESS

EVERY = 10.0  # seconds between two lines


class Bars:
    """Shows the stages of a command, as `progress` is told of them.

    Nothing is written where EVALMAP_PROGRESS is "off": what the site starts tells its progress through the job's file.
    """

    def __init__(self) -> None:
        self._shown: _Shown = _Nothing()
        if os.environ.get(NO_PROGRESS) != "off":
            self._shown = _RichBars() if _draws() else Lines()

    def __enter__(self) -> Self:
        self._shown.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._shown.stop(whole=kind is None)

    def progress(self, stage: str, done: int, total: int) -> None:
        """How far a stage is; total 0 where it is not known. A stage ends where the next begins."""
        self._shown.progress(stage, done, total)


class Lines:
    """A line every ten seconds at most: the stage, how far it is, its rate and the time left. Nothing for what is done sooner.

    A stage that tells nothing for long (UMAP) is told of all the same, by a thread that looks at the clock.

    Parameters
    ----------
    clock : seconds, from any start
    write : takes a line; default: to stderr
    ticking : start the thread
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        write: Callable[[str], None] | None = None,
        ticking: bool = True,
    ) -> None:
        from evalmap.cli.terminal import print_error

        self._clock, self._write = clock, write or print_error
        self._stage, self._done, self._total = "", 0, 0
        self._begun = self._told = clock()
        self._begun_at = 0  # what was done when the stage began: found again, not worked for
        self._spoken = False  # of this stage
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._tick, daemon=True) if ticking else None

    def start(self) -> None:
        if self._thread:
            self._thread.start()

    def stop(self, *, whole: bool) -> None:
        self._stopped.set()
        if self._thread:
            self._thread.join()
        if whole:
            self._end_stage()

    def progress(self, stage: str, done: int, total: int) -> None:
        with self._lock:
            if stage != self._stage:
                self._end_stage()
                self._stage, self._begun, self._begun_at, self._spoken = stage, self._clock(), done, False
            self._done, self._total = done, total
        self.tell_if_due()

    def tell_if_due(self) -> None:
        """Write where the stage stands, unless a line was written less than ten seconds ago."""
        with self._lock:
            now = self._clock()
            if self._stage and now - self._told >= EVERY:
                self._told, self._spoken = now, True
                self._write(self._line(now))

    def _end_stage(self) -> None:
        """Say that the stage is done, where it was told of before."""
        if self._spoken:
            self._told = self._clock()
            self._write(f"{self._stage}: done in {spoken(self._told - self._begun)}")

    def _line(self, now: float) -> str:
        seconds, worked = now - self._begun, self._done - self._begun_at
        parts = [f"under way for {spoken(seconds)}"]
        if self._total > 1:
            parts = [f"{self._done:,} of {self._total:,} ({100 * self._done // self._total} %)"]
        elif self._done > 1:
            parts = [f"{self._done:,}"]
        if worked > 0 and seconds > 0 and max(self._total, self._done) > 1:
            rate = worked / seconds
            parts.append(
                f"{rate:,.0f} a second" if rate >= 10 else f"{rate:.1f} a second" if rate >= 1 else f"{60 * rate:.1f} a minute"
            )
            if self._total > self._done:
                parts.append(f"about {spoken((self._total - self._done) / rate)} left")
        return f"{self._stage}: {', '.join(parts)}"

    def _tick(self) -> None:
        while not self._stopped.wait(1.0):
            self.tell_if_due()


class _Shown(Protocol):
    def start(self) -> None: ...
    def stop(self, *, whole: bool) -> None: ...
    def progress(self, stage: str, done: int, total: int) -> None: ...


class _Nothing:
    def start(self) -> None:
        return

    def stop(self, *, whole: bool) -> None:
        return

    def progress(self, stage: str, done: int, total: int) -> None:
        return


class _RichBars:
    """A bar a stage."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
        self._bars = Progress(TextColumn("{task.description:<11}"), *columns, console=Console(stderr=True))
        self._tasks: dict[str, Any] = {}

    def start(self) -> None:
        self._bars.start()

    def stop(self, *, whole: bool) -> None:
        self._bars.stop()

    def progress(self, stage: str, done: int, total: int) -> None:
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(stage, total=None)
        self._bars.update(self._tasks[stage], completed=done, total=total or None)


def spoken(seconds: float) -> str:
    """A time in words: "40 s", "2 min 5 s", "1 h 3 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _rate(rate: float) -> str:
    if rate >= 1:
        return f"{rate:,.0f} a second" if rate >= 10 else f"{rate:.1f} a second"
    return f"{60 * rate:.1f} a minute"


def _draws() -> bool:
    """Whether stderr is a terminal that moves its cursor; FORCE_COLOR, which Rich takes for one, says nothing of that."""
    return sys.stderr.isatty() and os.environ.get("TERM", "").lower() not in ("dumb", "unknown")
