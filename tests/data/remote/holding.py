"""What another process does while a test looks on; in a module of its own, so that a spawned process can import it."""

from pathlib import Path

from evalmap.data.remote.partial import PartialFile


def hold(target: Path, held, release) -> None:
    """Hold the file in the making until it is told to let go."""
    with PartialFile(target):
        held.set()
        release.wait(30)
