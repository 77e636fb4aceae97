"""The house: which way imports point, and what stays outside."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from evalmap.tests.paths import ROOT

OURS = ("answers", "app", "bench", "cli", "data", "embeddings", "pages", "screening", "tests", "tools")
MAY_IMPORT = {
    "data": {"data"},
    "embeddings": {"data", "embeddings"},
    "screening": {"data", "embeddings", "screening"},
    "answers": {"data", "embeddings", "answers"},
    "pages": {"data", "embeddings", "screening", "answers", "pages"},
    "cli": {"data", "embeddings", "screening", "answers", "cli"},
    "app": {"pages"},
}
HEAVY = (
    *("torch", "umap", "numba", "sentence_transformers", "transformers", "sklearn", "sknetwork", "scipy", "pynndescent"),
    *("statsmodels", "tiktoken", "inspect_ai", "xllamacpp"),
)
WRITTEN_CODE = (".py", ".js", ".css", ".sh")


@cache
def tracked() -> tuple[Path, ...]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=False, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not in a git checkout")
    return tuple(path for path in (ROOT / line for line in listed.stdout.splitlines()) if path.is_file())


def sources(*packages: str) -> list[Path]:
    """The Python files of packages ("data") and modules ("cli")."""
    return [path for path in tracked() if path.suffix == ".py" and path.relative_to(ROOT).parts[0].removesuffix(".py") in packages]


def imports(path: Path, *, at_import_only: bool = False) -> Iterator[str]:
    """The dotted names that a file imports; `at_import_only` leaves out those inside functions."""

    def walk(node: ast.AST) -> Iterator[str]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                yield from (alias.name for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{path}: relative import"
                yield from (f"{child.module}.{alias.name}" for alias in child.names)
            elif not (at_import_only and isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))):
                yield from walk(child)

    return walk(ast.parse(path.read_text(encoding="utf-8")))


def room_of(name: str) -> str:
    """The room that a dotted name lies in; "" for a name that is not ours, or the package's own."""
    first, _, rest = name.partition(".")
    return rest.split(".")[0] if first == "evalmap" and rest.split(".")[0] in OURS else ""


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_arrows_point_one_way(package: str):
    wrong = [
        f"{shown(path)} imports {name}"
        for path in sources(package)
        for name in imports(path)
        if room_of(name) and room_of(name) not in MAY_IMPORT[package]
    ]
    assert wrong == []


def test_what_is_ours_is_imported_from_the_package():
    wrong = [f"{shown(path)} imports {name}" for path in sources(*OURS) for name in imports(path) if name.split(".")[0] in OURS]
    assert wrong == []


def test_only_the_app_and_its_pages_import_streamlit():
    others = [package for package in OURS if package not in ("app", "pages", "tests")]
    assert [shown(path) for path in sources(*others) if any(name.split(".")[0] == "streamlit" for name in imports(path))] == []


def test_heavy_libraries_are_imported_where_they_are_used():
    wrong = [
        f"{shown(path)} imports {name}"
        for path in sources("data", "embeddings", "screening", "answers", "cli")
        for name in imports(path, at_import_only=True)
        if name.split(".")[0] in HEAVY
    ]
    assert wrong == []


def test_what_is_imported_is_declared():
    """Every library is named in pyproject.toml itself: what only comes along with another may leave with it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    listed = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    declared = {re.split(r"[^\w-]", requirement)[0].lower() for requirement in listed}
    known = packages_distributions()

    def is_declared(library: str) -> bool:
        return any(name.lower().replace("_", "-") in declared for name in known.get(library, [library]))

    code = sources("app", "cli", "data", "embeddings", "screening", "answers", "pages")
    libraries = {(shown(path), name.split(".")[0]) for path in code for name in imports(path)}
    outside = [(path, name) for path, name in libraries if name not in ("evalmap", *sys.stdlib_module_names)]
    assert sorted(f"{path} imports {name}" for path, name in outside if not is_declared(name)) == []


def test_no_two_rooms_have_a_module_of_one_name():
    rooms: dict[str, set[str]] = {}
    for path in sources("cli", "data", "embeddings", "screening", "answers", "pages"):
        if path.name not in ("__init__.py", "__main__.py"):
            rooms.setdefault(path.stem, set()).add(shown(path))
    assert {name: sorted(paths) for name, paths in rooms.items() if len(paths) > 1} == {}


LIGHT = ("answers", "cli.main", "data", "embeddings.pipeline", "embeddings.built_map", "embeddings.sample_maps")


@pytest.mark.parametrize("module", LIGHT)
def test_importing_a_module_leaves_heavy_libraries_alone(module: str):
    script = f"import sys, evalmap.{module}; print(*sorted({{name.split('.')[0] for name in sys.modules}} & set({HEAVY!r})))"
    result = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert result.stdout.strip() == ""


def test_a_file_is_one_idea():
    lengths = {shown(path): path.read_text(encoding="utf-8").count("\n") for path in tracked() if path.suffix in WRITTEN_CODE}
    assert {name: lines for name, lines in lengths.items() if lines > 400} == {}


def test_pages_never_hand_markup_to_the_browser():
    forbidden = re.compile(r"unsafe_allow_html|\bst\.html\b|components\.v1|\bst\.write\b|\bst\.table\b")
    assert [shown(path) for path in sources("pages", "app") if forbidden.search(path.read_text(encoding="utf-8"))] == []


def test_nothing_is_pickled():
    ways = ("pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal")
    code = sources("app", "cli", "data", "embeddings", "screening", "answers", "pages")
    assert [shown(path) for path in code if any(name.split(".")[0] in ways for name in imports(path))] == []
    written = re.compile(r"allow_pickle\s*=\s*True|\.to_pickle\(|read_pickle\(")
    assert [shown(path) for path in code if written.search(path.read_text(encoding="utf-8"))] == []


def test_cached_functions_read_no_session():
    assert "session_state" not in (ROOT / "pages" / "server" / "caches.py").read_text(encoding="utf-8")


def test_session_keys_are_spelled_once():
    state = ast.parse((ROOT / "pages" / "shared" / "state.py").read_text(encoding="utf-8"))
    spelled = [
        node.value.value
        for node in state.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    ]
    assert len(spelled) == len(set(spelled)) >= 8
    bound = re.compile(r'key="([^"]+)"[^\n]*bind=|bind=[^\n]*key="([^"]+)"')
    assert [shown(path) for path in sources("pages") if bound.search(path.read_text(encoding="utf-8"))] == []
