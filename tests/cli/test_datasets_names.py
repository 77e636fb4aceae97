"""Several maps of one file: two names are two maps."""

from pathlib import Path

from evalmap.data.store import jobs
from evalmap.data.store.manifest import FORMAT
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.build_job import job_location
from evalmap.embeddings.built_map import load_map
from evalmap.tests.command import Command, rows
from evalmap.tests.fakes import write_rows


def maps(evalmap: Command) -> dict[str, str]:
    return {manifest.slug: manifest.name for manifest in Workspace(evalmap.home).manifests()}


def test_two_names_are_two_maps_each_found_and_removed_by_its_own(evalmap: Command):
    write_rows(Path("a.jsonl"), rows(6))
    assert evalmap("build", "a.jsonl", "--k", "2").code == 0
    assert evalmap("build", "a.jsonl", "--name", "Other one", "--k", "3").code == 0
    assert maps(evalmap) == {"a": "a", "other-one": "Other one"}
    assert [evalmap("info", name, "--json").json["settings"]["k"] for name in ("a", "other-one", "Other one")] == [2, 3, 3]
    both = evalmap("info", "a.jsonl")
    assert (both.code, both.out) == (1, "")
    assert both.err == "a.jsonl: 2 maps are built of it (a, other-one). Name one of them.\n"
    assert evalmap("remove", "a.jsonl").err == both.err
    assert evalmap("remove", "other-one").code == 0
    assert maps(evalmap) == {"a": "a"}
    assert len(load_map(Workspace(evalmap.home), "a.jsonl")) == 6


def test_same_name_builds_the_same_map_again(evalmap: Command):
    write_rows(Path("a.jsonl"), rows(6))
    for k in ("2", "3"):
        assert evalmap("build", "a.jsonl", "--name", "mine", "--k", k).code == 0
    assert maps(evalmap) == {"mine": "mine"}
    assert evalmap("info", "mine", "--json").json["settings"]["k"] == 3


def test_without_a_name_the_only_map_is_built_again_and_keeps_its_name(evalmap: Command):
    write_rows(Path("a.jsonl"), rows(6))
    assert evalmap("build", "a.jsonl", "--name", "mine").code == 0
    assert evalmap("build", "a.jsonl", "--k", "3").code == 0
    assert maps(evalmap) == {"mine": "mine"}
    info = evalmap("info", "mine", "--json").json
    assert (info["settings"]["k"], info["name_given"]) == (3, True)


def test_without_a_name_the_map_of_the_default_name_is_built_again(evalmap: Command):
    write_rows(Path("a.jsonl"), rows(6))
    for options in (["--name", "x"], ["--name", "y"]):
        assert evalmap("build", "a.jsonl", *options).code == 0
    which = evalmap("build", "a.jsonl")
    assert which.code == 1
    path = Path("a.jsonl").resolve()
    assert which.err == f"{path}: 2 maps are built of it (x, y). Say by its name which one to build again (--name).\n"
    assert evalmap("build", "a.jsonl", "--name", "a").code == 0
    assert evalmap("build", "a.jsonl", "--k", "3").code == 0
    assert maps(evalmap) == {"a": "a", "x": "x", "y": "y"}
    assert evalmap("info", "a", "--json").json["settings"]["k"] == 3


def test_names_that_make_one_slug_are_two_maps_all_the_same(evalmap: Command):
    write_rows(Path("a.jsonl"), rows(6))
    for name in ("My map", "my map", "MY MAP"):
        assert evalmap("build", "a.jsonl", "--name", name).code == 0
    assert sorted(maps(evalmap).values()) == ["MY MAP", "My map", "my map"]


def test_jobs_of_two_maps_of_one_file_are_two(evalmap: Command):
    write_rows(Path("a.jsonl"), rows(6))
    assert evalmap("build", "a.jsonl").code == 0
    assert evalmap("build", "a.jsonl", "--name", "mine").code == 0
    location, space = str(Path("a.jsonl").resolve()), Workspace(evalmap.home)
    found = [jobs.find(space, job_location(location, name)) for name in (None, "mine")]
    assert [job and job.slug for job in found] == ["a", "mine"]


def test_map_of_another_file_is_not_replaced_although_it_cannot_be_read(evalmap: Command):
    for folder in ("one", "two"):
        Path(folder).mkdir()
        write_rows(Path(folder) / "a.jsonl", rows(6))
    assert evalmap("build", "one/a.jsonl").code == 0
    path = evalmap.home / "datasets" / "a.json"
    path.write_text(path.read_text("utf-8").replace(f'"format": {FORMAT}', '"format": 999'), "utf-8")
    before = path.read_bytes()
    assert evalmap("build", "two/a.jsonl").code == 0
    assert path.read_bytes() == before
    assert len(maps(evalmap)) == 1
