"""`evalmap` in many processes: what it needs is imported once, and each of them is a fork of that process.

A process that imports everything for itself takes a second or two of CPU, and a test that kills twenty of them has no use for that.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

# A line of arguments in, the child's number out, then how it ended.
FORKS = """
import json, os, sys
from evalmap.cli import main
from evalmap.embeddings import pipeline
from evalmap.tests.fakes import FakeEncoder
from evalmap.answers.asking import server
from evalmap.writing import result_files, write_run
pipeline.SentenceEncoder = lambda model, **more: FakeEncoder()
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        output = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1), os.dup2(output, 2)
        sys.argv = ["evalmap", *json.loads(line)]
        code = 0
        try:
            main.main()
        except SystemExit as error:
            code = error.code or 0
        sys.stdout.flush(), sys.stderr.flush()
        os._exit(code)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class ForkedCommands:
    """`evalmap` in processes of their own that begin at once, with a fake encoder.

    Parameters
    ----------
    output : file that each of them prints to, stdout and stderr together
    """

    def __init__(self, output: Path) -> None:
        self._output = output
        environment = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI")}
        self._process = subprocess.Popen(
            [sys.executable, "-c", FORKS, str(output)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def start(self, *arguments: str | Path) -> int:
        """Its process."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps([*map(str, arguments)]) + "\n")
        self._process.stdin.flush()
        return self._number()

    def end(self) -> tuple[int, str]:
        """How it ended, and what it printed."""
        return self._number(), self._output.read_text()

    def _number(self) -> int:
        assert self._process.stdout
        return int(self._process.stdout.readline())

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()
