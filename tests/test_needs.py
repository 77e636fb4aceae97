"""A clone without the data beside it is green, with CI=true as well; only EVALMAP_NO_SKIP=1 forbids to skip."""

import re

import pytest

from evalmap.tests import needs
from evalmap.tests.paths import ROOT


@pytest.fixture(autouse=True)
def a_clone_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(needs, "ROOT", tmp_path / "clone")
    monkeypatch.delenv("EVALMAP_NO_SKIP", raising=False)


@pytest.mark.parametrize("ci", ["true", ""])
def test_what_is_not_here_is_skipped_whatever_ci_says(monkeypatch, ci):
    monkeypatch.setenv("CI", ci)
    with pytest.raises(pytest.skip.Exception, match=re.escape("the lakes are not beside the repository (../shared/data/lakes)")):
        needs.data_beside_the_repository("lakes", "the lakes")


def test_no_skip_forbids_to_skip(monkeypatch):
    monkeypatch.setenv("EVALMAP_NO_SKIP", "1")
    sentence = "the lakes are not beside the repository (../shared/data/lakes), and EVALMAP_NO_SKIP=1 forbids to skip"
    with pytest.raises(pytest.fail.Exception, match=re.escape(sentence)):
        needs.data_beside_the_repository("lakes", "the lakes")


def test_what_is_here_is_taken(tmp_path):
    (tmp_path / "shared" / "data" / "lakes").mkdir(parents=True)
    assert needs.data_beside_the_repository("lakes", "the lakes") == (tmp_path / "shared" / "data" / "lakes").resolve()


def test_only_the_projects_own_check_forbids_to_skip():
    assert "EVALMAP_NO_SKIP=1" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    asks = re.compile(r"environ\W+(get\W+)?CI\b|\$\{?CI\b")
    code = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "tools").iterdir()]
    assert [path for path in code if path.is_file() and asks.search(path.read_text(encoding="utf-8"))] == []
