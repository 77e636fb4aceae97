"""The public interface: seventeen names, light to import, each with an example in docs/api.md that runs."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import evalmap
from evalmap.tests.paths import ROOT

DOCUMENT = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", DOCUMENT, re.MULTILINE | re.DOTALL)


def test_every_public_name_is_there_and_has_an_example():
    assert len(evalmap.__all__) == 17
    assert [name for name in evalmap.__all__ if getattr(evalmap, name, None) is None] == []
    assert sorted(name for name, _ in EXAMPLES) == sorted(evalmap.__all__)
    assert [name for name, text in EXAMPLES if f"import {name}" not in text and f", {name}" not in text] == []


def test_every_public_name_has_a_docstring():
    assert [name for name in evalmap.__all__ if not (getattr(evalmap, name).__doc__ or "").strip()] == []


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'evalmap' has no attribute 'biuld'"):
        evalmap.biuld  # noqa: B018


def test_importing_the_package_imports_none_of_its_rooms():
    script = "import sys, evalmap; print(*sorted(name for name in sys.modules if name.startswith('evalmap.') or name == 'numpy'))"
    result = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert result.stdout.strip() == ""


@pytest.mark.model
@pytest.mark.slow
def test_examples_run_in_a_folder_with_a_strangers_modules_of_the_rooms_names(tmp_path: Path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "__init__.py").write_text("raise RuntimeError('a stranger')\n")
    (tmp_path / "pages").mkdir()
    (tmp_path / "cli.py").write_text("raise RuntimeError('a stranger')\n")
    blocks = [block for _, text in EXAMPLES for block in re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)]
    assert len(blocks) == len(EXAMPLES)
    script = tmp_path / "examples.py"
    script.write_text("\n".join(blocks), encoding="utf-8")
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "EVALMAP_HOME": str(tmp_path / "home")}
    result = subprocess.run([sys.executable, script], cwd=tmp_path, env=environment, check=False, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    promised = [said for block in blocks for said in re.findall(r"print\(.*\)  # (\d.*|None|plans .*)$", block, re.MULTILINE)]
    assert promised
    assert [said for said in promised if said not in result.stdout.splitlines()] == []
