"""How a dataset is named: what has no scheme is a path, and the name of a file is never sent anywhere."""

import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalmap.data.errors import DatasetError
from evalmap.data.opening import open_dataset
from evalmap.tests.command import Command

BARE = "evals/swag-and-boast"
SENTENCE = f"{BARE}: no such file or folder. Check the path, or write hf://{BARE} for the dataset of the Hugging Face hub."


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every name that is looked up and every address that is connected to; none is reached."""
    found: list[object] = []

    def refuse(*arguments: object, **more: object) -> object:
        found.append(arguments)
        raise OSError("no network in this test")

    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(os, "execv", refuse)  # the site, in this process's place
    return found


def test_a_mistyped_path_is_sent_nowhere_from_python(asked: list[object], tmp_path: Path):
    with pytest.raises(DatasetError) as told:
        open_dataset(BARE, downloads=tmp_path)
    assert (str(told.value), asked) == (SENTENCE, [])


@pytest.mark.parametrize(
    "command",
    [("build",), ("screen",), ("screen", "--by-hand"), ("serve",), ("screen", "a.jsonl", "--against")],
    ids=" ".join,
)
def test_a_mistyped_path_is_sent_nowhere_from_the_terminal(asked: list[object], evalmap: Command, command: tuple[str, ...]):
    Path("a.jsonl").write_text('{"text": "one two three"}\n{"text": "four five six"}\n')
    found = evalmap(*command, BARE)
    assert (found.code, found.err, asked) == (1, f"{SENTENCE}\n", [])


@pytest.mark.parametrize("command", ["info", "pairs", "answers report", "answers run --model m --base-url http://127.0.0.1:9"])
def test_a_mistyped_name_of_a_built_dataset_is_sent_nowhere(asked: list[object], evalmap: Command, command: str):
    verb, *options = command.split(" --")
    found = evalmap(*verb.split(), BARE, *[word for option in options for word in f"--{option}".split()])
    assert (found.code, asked) == (1, [])
    assert found.err.startswith(f"{BARE}: not built in ")


def test_a_recipe_with_a_bare_id_is_sent_nowhere(asked: list[object], evalmap: Command):
    Path("recipe.yaml").write_text(f"evalmap: 1\nload: {{paths: [{BARE}]}}\n")
    found = evalmap("screen", "--recipe", "recipe.yaml")
    assert (found.code, found.err, asked) == (1, f"{SENTENCE}\n", [])


def test_a_dataset_of_the_hub_is_asked_for_by_its_scheme(asked: list[object], tmp_path: Path):
    for location in ("hf://owner/name", "hf://owner/name@main", "hf://datasets/owner/name"):
        with pytest.raises(DatasetError, match=r"huggingface\.co: no such host was found"):
            open_dataset(location, downloads=tmp_path)
    assert len(asked) == 3
    for location in ("hf://owner", "hf://", "hf://a/b/c", "hf:///etc/passwd"):
        with pytest.raises(DatasetError, match=r": no id of a dataset\. Expected hf://owner/name or hf://owner/name@revision\."):
            open_dataset(location, downloads=tmp_path)
    assert len(asked) == 3


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40).filter(lambda name: "://" not in name))
def test_whatever_has_no_scheme_is_a_path(name: str):
    from evalmap.data.locations import location_kind

    assert location_kind(name) == "path"


def test_what_was_built_by_its_bare_id_is_opened_and_found_again():
    from evalmap.data.locations import hub_location, location_of, without_revision

    source = f"owner/name@{'a' * 40}"
    assert (location_of(source), without_revision(source)) == (f"hf://{source}", "hf://owner/name")
    for bare in ("owner/name", "owner/name@v1", "hf://owner/name@v1", "hf://datasets/owner/name@v1"):
        assert hub_location(bare, source=source) == f"hf://owner/name{'@v1' if 'v1' in bare else ''}"
    for other in ("owner/other", "/data/owner/name", "name"):
        assert hub_location(other, source=source) == other
    for path in ("/data/owner/name.jsonl", "https://evals.test/a.jsonl", f"memory:{source}", "/owner/name@" + "a" * 40):
        assert (location_of(path), without_revision(path), hub_location("owner/name", source=path)) == (path, path, "owner/name")
