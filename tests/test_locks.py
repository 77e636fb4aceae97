"""The locks pin what pyproject.toml asks for, the same in both, and leave the choice of torch's build to the installation."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from evalmap.tests.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
DEVELOPMENT = [each for group in PROJECT["dependency-groups"].values() for each in group if isinstance(each, str)]
CASES = [("requirements.lock", PROJECT["project"]["dependencies"]), ("requirements-dev.lock", DEVELOPMENT)]


def pins(name: str) -> list[Requirement]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize(("lock", "asked"), CASES)
def test_every_dependency_is_pinned_to_a_version_that_satisfies_it(lock: str, asked: list[str]):
    pinned = {canonicalize_name(pin.name): [str(one.version) for one in pin.specifier] for pin in pins(lock)}
    unmet = [
        line
        for line in asked
        for one in [Requirement(line)]
        if not any(map(one.specifier.contains, pinned.get(canonicalize_name(one.name), [])))
    ]
    assert unmet == [], "run `make lock`"


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_line_is_one_exact_version(lock: str):
    assert [str(pin) for pin in pins(lock) if pin.url or [one.operator for one in pin.specifier] != ["=="]] == []


def test_the_development_lock_holds_the_other_with_the_same_versions():
    development = {(pin.name, str(pin.specifier)) for pin in pins("requirements-dev.lock")}
    assert {(pin.name, str(pin.specifier)) for pin in pins("requirements.lock")} <= development


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_which_build_of_torch_is_taken_is_left_open(lock: str):
    (torch,) = (pin for pin in pins(lock) if pin.name == "torch")
    assert re.fullmatch(r"torch==[\d.]+", str(torch))
    assert [pin.name for pin in pins(lock) if re.match(r"nvidia-|cuda-|triton|pytorch-triton", pin.name)] == []
