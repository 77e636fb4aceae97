"""Processes that begin their work at one moment."""

import subprocess
from collections.abc import Sequence


def run_together(lines: Sequence[Sequence[str]]) -> None:
    """Start a process for each command line, let all go once each has said "ready", and wait until all have ended well.

    Each says "ready" on a line of its own and then waits for a line.
    """
    started = [subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for line in lines]
    for process in started:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in started:
        process.communicate()
        assert process.returncode == 0
