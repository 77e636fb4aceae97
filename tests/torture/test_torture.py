"""A short turn of `make torture`: few kills, few errors, a round of builders at once, some hundred files."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

TURN = ("--kills", "9", "--places", "1", "--rounds", "2", "--files", "150", "--json")


@pytest.fixture(scope="module")
def turn() -> list[dict[str, Any]]:
    parts = ("kills", "faults", "builders", "files")
    command = [sys.executable, "-m", "evalmap.bench.torture", *parts, *TURN]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, env=os.environ)
    assert ended.returncode in (0, 1), ended.stderr
    return json.loads(ended.stdout)


LITTER = "litter after the next run"


def wrong(turn: list[dict[str, Any]], *starts: str) -> dict[str, dict[str, int]]:
    """{what was done, with examples: what was wrong}, litter left aside."""
    found = [one for one in turn if one["what"].startswith(starts)]
    assert found
    assert all(one["tried"] and one["wrong"] for one in found)
    seen = {f"{one['what']} {one['examples']}": {n: c for n, c in one["wrong"].items() if c and n != LITTER} for one in found}
    return {what: wrong for what, wrong in seen.items() if wrong}


@pytest.mark.slow
def test_a_killed_command_leaves_what_opens_and_is_done_again(turn: list[dict[str, Any]]):
    assert wrong(turn, "kill -9") == {}


@pytest.mark.slow
def test_what_the_disk_refuses_is_a_sentence_and_changes_nothing(turn: list[dict[str, Any]]):
    assert wrong(turn, "ENOSPC", "EDQUOT", "EROFS", "EACCES", "EIO", "EMFILE") == {}


@pytest.mark.slow
def test_the_next_run_leaves_nothing_of_the_one_before(turn: list[dict[str, Any]]):
    assert {one["what"]: one["examples"] for one in turn if one["wrong"].get(LITTER)} == {}


@pytest.mark.slow
def test_builders_at_once_and_a_remove_leave_whole_maps(turn: list[dict[str, Any]]):
    assert wrong(turn, "three builders") == {}


@pytest.mark.slow
def test_a_file_of_rubbish_is_a_dataset_or_a_sentence(turn: list[dict[str, Any]]):
    assert wrong(turn, "mutated files") == {}
