"""What runs elsewhere asks for what is here: make targets, Pythons, and no more rights than it needs."""

import re
import tomllib
from typing import Any

import pytest
import yaml

from evalmap.tests.paths import ROOT

GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
ACTIONS = sorted((GITHUB / "actions").glob("*/action.yml"))


def steps(described: dict[str, Any]) -> list[dict[str, Any]]:
    """The steps of a workflow's jobs, or of an action."""
    jobs = [described["runs"]] if "runs" in described else described["jobs"].values()
    return [step for job in jobs for step in job["steps"]]


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda path: path.parent.name + "/" + path.name)
def test_steps_call_make_targets_and_pinned_actions_that_exist(path):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    found = steps(yaml.safe_load(path.read_text(encoding="utf-8")))
    assert {name for step in found for name in re.findall(r"\bmake ([a-z-]+)", step.get("run", ""))} <= targets
    for used in (step["uses"] for step in found if "uses" in step):
        assert re.fullmatch(r"[\w-]+/[\w-]+@v\d+", used) or (ROOT / used / "action.yml").is_file(), used


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_read_and_no_more(path):
    described = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert described["permissions"] == {"contents": "read"}
    assert not any("permissions" in job for job in described["jobs"].values())


def test_every_python_that_the_package_names_is_tested():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [one.rsplit(" ", 1)[1] for one in project["classifiers"] if re.search(r":: 3\.\d+$", one)]
    checks = yaml.safe_load((GITHUB / "workflows" / "checks.yml").read_text(encoding="utf-8"))
    assert checks["jobs"]["tests"]["strategy"]["matrix"]["python"] == named


@pytest.mark.parametrize("path", sorted((GITHUB / "ISSUE_TEMPLATE").glob("*.yml")), ids=lambda path: path.name)
def test_an_issue_form_is_read_by_github(path):
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    if path.name == "config.yml":
        assert {"name", "url", "about"} == set(form["contact_links"][0])
        return
    assert {"name", "description", "body"} <= set(form)
    ids = [part["id"] for part in form["body"]]
    assert len(ids) == len(set(ids))
    assert {part["type"] for part in form["body"]} <= {"textarea", "input", "dropdown", "checkboxes"}
