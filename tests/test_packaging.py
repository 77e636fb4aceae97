"""The tool as a user installs it: from a wheel, away from the repository."""

import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from trove_classifiers import classifiers as known_classifiers

from evalmap.tools.server import ROOT, free_port, started, wait_for_answer

pytestmark = pytest.mark.slow

TRAVELS = (
    "__init__.py",
    "py.typed",
    "app.py",
    "cli/main.py",
    "pages/frame.py",
    "pages/component/static/map_view.js",
    ".streamlit/config.toml",
    "screening/output/screening_report.html.jinja",
    "screening/quality/quality_report.html.jinja",
    "answers/reporting/answer_report.html.jinja",
    "writing/templates/statement-by-persona.jinja",
    "data/samples/README.md",
    "data/samples/LICENSE",
    "data/samples/persona/prefers-careful-planning.jsonl",
)
STAYS = ("tests/", "tools/", "bench/", "docs/", "site/", ".ci/", ".github/")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    (path,) = folder.glob("evalmap-*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of a new environment that holds the wheel and sees this environment's packages."""
    environment = tmp_path_factory.mktemp("installed") / "venv"
    venv.create(environment, with_pip=False)
    commands = environment / "bin"
    pip = [sys.executable, "-m", "pip", "--python", str(commands / "python"), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True, text=True)
    # A path in a .pth file is searched last, and the .pth files inside it are not read: our editable install stays out.
    site_packages = sysconfig.get_path("purelib", vars={"base": str(environment), "platbase": str(environment)})
    Path(site_packages, "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return commands


def run_evalmap(installed: Path, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "EVALMAP_HOME": str(folder / "home"), "HF_HUB_OFFLINE": "1"}
    environment.pop("PYTHONPATH", None)
    command = [str(installed / "evalmap"), *arguments]
    return subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)


def test_classifiers_are_ones_that_pypi_takes() -> None:
    assert [one for one in PROJECT["classifiers"] if one not in known_classifiers] == []


def test_changelog_begins_with_this_version() -> None:
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest
    assert newest[1] == PROJECT["version"]


def test_wheel_holds_the_site_and_the_samples_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"evalmap"}
    inside = {name.removeprefix("evalmap/") for name in names}
    assert [name for name in TRAVELS if name not in inside] == []
    assert [name for name in inside if name.startswith(STAYS) or name.endswith(".d.ts")] == []
    sources = {path.relative_to(ROOT).as_posix() for path in (ROOT / "data" / "samples").rglob("*") if path.is_file()}
    assert sources <= inside


def test_installed_package_is_imported_beside_a_strangers_folders_of_the_same_names(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "__init__.py").write_text("raise RuntimeError('a stranger')\n")
    (tmp_path / "pages").mkdir()
    (tmp_path / "cli.py").write_text("raise RuntimeError('a stranger')\n")
    script = "import evalmap.cli.main, evalmap.screening, evalmap.data; print(evalmap.__file__)"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [str(installed / "python"), "-c", script]
    result = subprocess.run(command, cwd=tmp_path, env=environment, check=False, capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")
    assert Path(result.stdout.strip()).is_relative_to(installed.parent)


def test_installed_command_explains_itself(installed: Path, tmp_path: Path) -> None:
    result = run_evalmap(installed, "--help", folder=tmp_path)
    assert result.returncode == 0, result.stderr
    for command in ("build", "info", "serve"):
        assert command in result.stdout


def test_installed_command_builds_and_tells_of_a_file(installed: Path, tmp_path: Path) -> None:
    sample = ROOT / "data" / "samples" / "persona" / "prefers-careful-planning.jsonl"
    copied = tmp_path / "careful.jsonl"
    copied.write_bytes(sample.read_bytes())
    built = run_evalmap(installed, "build", "careful.jsonl", folder=tmp_path)
    assert built.returncode == 0, built.stderr
    told = run_evalmap(installed, "info", "careful.jsonl", folder=tmp_path)
    assert told.returncode == 0, told.stderr
    assert "careful" in told.stdout


def test_installed_command_tells_a_wrong_path_in_one_sentence(installed: Path, tmp_path: Path) -> None:
    result = run_evalmap(installed, "info", "nothing-here.jsonl", folder=tmp_path)
    assert result.returncode == 1
    assert len(result.stderr.strip().splitlines()) == 1
    assert "nothing-here.jsonl" in result.stderr


def test_installed_site_answers(installed: Path, tmp_path: Path) -> None:
    port = free_port()
    log = tmp_path / "serve.log"
    environment = {**os.environ, "EVALMAP_HOME": str(tmp_path / "home"), "HF_HUB_OFFLINE": "1", "PYTHONUNBUFFERED": "1"}
    command = [str(installed / "evalmap"), "serve", "--port", str(port)]
    with log.open("wb") as output, started(command, cwd=tmp_path, environment=environment, output=output) as process:
        wait_for_answer(f"http://127.0.0.1:{port}/healthz", process, log)
    assert f"http://127.0.0.1:{port}" in log.read_text()
