"""The house: which way imports and processes point, and what stays outside."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from itertools import pairwise
from pathlib import Path

import pytest

from evalmap.tests.paths import ROOT

OURS = ("answers", "app", "bench", "cli", "data", "embeddings", "pages", "screening", "tests", "tools", "writing")
MAY_IMPORT = {
    "data": {"data"},
    "embeddings": {"data", "embeddings"},
    "screening": {"data", "embeddings", "screening"},
    "answers": {"data", "embeddings", "answers"},
    "writing": {"data", "embeddings", "screening", "answers", "writing"},
    "pages": {"data", "embeddings", "screening", "answers", "writing", "pages"},
    "cli": {"data", "embeddings", "screening", "answers", "writing", "cli"},
    "app": {"pages"},
}
HEAVY = (
    *("torch", "umap", "numba", "sentence_transformers", "transformers", "sklearn", "sknetwork", "scipy", "pynndescent"),
    *("statsmodels", "tiktoken", "inspect_ai", "xllamacpp"),
)
MAY_SPAWN = {
    "data": set(),
    "embeddings": {"evalmap.embeddings.query"},  # itself, with the model loaded
    "screening": set(),
    "answers": set(),
    "writing": set(),
    "pages": {"evalmap.cli"},
    "cli": {"evalmap.cli", "app.py"},
}


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


def spawned(source: str) -> Iterator[str]:
    """What a file starts in another process: modules of ours behind "-m", and Python files behind "run" or the interpreter."""
    for node in ast.walk(ast.parse(source)):
        parts = node.elts if isinstance(node, (ast.List, ast.Tuple)) else node.args if isinstance(node, ast.Call) else []
        words = [part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else "" for part in parts]
        for before, word in pairwise(words):
            if (before == "-m" and word.split(".")[0] == "evalmap") or (word.endswith(".py") and before in ("run", "")):
                yield word


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


@pytest.mark.parametrize("room", MAY_SPAWN)
def test_spawning_a_process_is_an_arrow_too(room: str):
    wrong = [
        f"{shown(path)} starts {name}"
        for path in sources(room)
        for name in spawned(path.read_text(encoding="utf-8"))
        if name not in MAY_SPAWN[room]
    ]
    assert wrong == []


def test_what_is_spawned_is_found():
    assert [*spawned('command = [sys.executable, "-P", "-m", "evalmap.cli", *arguments]')] == ["evalmap.cli"]
    assert [*spawned('COMMAND = (sys.executable, "-m", "evalmap.embeddings.query")')] == ["evalmap.embeddings.query"]
    assert [*spawned('os.execl(sys.executable, "python", "-m", "evalmap.cli")')] == ["evalmap.cli"]
    assert [*spawned('[python, "-m", "streamlit", "run", "app.py"]')] == ["app.py"]
    started = {name for room in MAY_SPAWN for path in sources(room) for name in spawned(path.read_text(encoding="utf-8"))}
    assert started == set().union(*MAY_SPAWN.values())


def page_of(path: Path) -> str:
    """The page that a file of pages/ belongs to; "" where it belongs to none alone."""
    _, *folders, name = path.relative_to(ROOT).parts
    if folders[:1] == ["parts"]:
        return folders[1] if len(folders) > 1 else ""
    return name.removesuffix(".py") if not folders and name not in ("__init__.py", "frame.py") else ""


def test_part_of_a_page_is_imported_by_that_page_alone():
    others = [
        f"{shown(path)} imports {name}"
        for path in sources(*OURS)
        if path.relative_to(ROOT).parts[0] != "tests"
        for name in imports(path)
        if (part := re.match(r"evalmap\.pages\.parts\.(\w+)", name)) and page_of(path) != part[1]
    ]
    assert others == []


def test_what_pages_share_is_used_by_two_of_them_at_least():
    users: dict[str, set[str]] = {}
    for path in sources("pages"):
        for name in imports(path):
            if (module := re.match(r"evalmap\.pages\.shared\.(\w+)", name)) and page_of(path):
                users.setdefault(module[1], set()).add(page_of(path))
    modules = {path.stem for path in sources("pages") if path.parent.name == "shared" and path.stem != "__init__"}
    assert {module: sorted(users.get(module, set())) for module in modules if len(users.get(module, set())) < 2} == {}


def modules_of_ours() -> dict[str, set[str]]:
    """Every module of the package with those of ours that it imports, inside functions too."""
    homes = {}
    for path in sources(*(room for room in OURS if room != "tests")):
        dotted = ".".join(("evalmap", *path.relative_to(ROOT).with_suffix("").parts))
        homes[dotted.removesuffix(".__init__")] = path
    return {
        name: {imported if imported in homes else imported.rpartition(".")[0] for imported in imports(path)} & homes.keys() - {name}
        for name, path in homes.items()
    }


def test_no_module_imports_itself_through_others():
    graph = modules_of_ours()
    assert len(graph) > 150
    while leaves := {name for name, imported in graph.items() if not imported & graph.keys()}:
        graph = {name: imported for name, imported in graph.items() if name not in leaves}
    assert sorted(graph) == []  # those left stand in a circle, or import one that does


def test_what_is_ours_is_imported_from_the_package():
    wrong = [f"{shown(path)} imports {name}" for path in sources(*OURS) for name in imports(path) if name.split(".")[0] in OURS]
    assert wrong == []


def test_only_the_app_and_its_pages_import_streamlit():
    others = [package for package in OURS if package not in ("app", "pages", "tests")]
    assert [shown(path) for path in sources(*others) if any(name.split(".")[0] == "streamlit" for name in imports(path))] == []


def test_heavy_libraries_are_imported_where_they_are_used():
    wrong = [
        f"{shown(path)} imports {name}"
        for path in sources("data", "embeddings", "screening", "answers", "writing", "cli")
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

    code = sources("app", "cli", "data", "embeddings", "screening", "answers", "writing", "pages")
    libraries = {(shown(path), name.split(".")[0]) for path in code for name in imports(path)}
    outside = [(path, name) for path, name in libraries if name not in ("evalmap", *sys.stdlib_module_names)]
    assert sorted(f"{path} imports {name}" for path, name in outside if not is_declared(name)) == []


def test_no_two_rooms_have_a_module_of_one_name():
    rooms: dict[str, set[str]] = {}
    for path in sources("cli", "data", "embeddings", "screening", "answers", "writing", "pages"):
        if path.name not in ("__init__.py", "__main__.py"):
            rooms.setdefault(path.stem, set()).add(shown(path))
    assert {name: sorted(paths) for name, paths in rooms.items() if len(paths) > 1} == {}


LIGHT = ("answers", "cli.main", "data", "embeddings.pipeline", "embeddings.built_map", "embeddings.sample_maps")


@pytest.mark.parametrize("module", LIGHT)
def test_importing_a_module_leaves_heavy_libraries_alone(module: str):
    script = f"import sys, evalmap.{module}; print(*sorted({{name.split('.')[0] for name in sys.modules}} & set({HEAVY!r})))"
    result = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert result.stdout.strip() == ""


def test_pages_never_hand_markup_to_the_browser():
    forbidden = re.compile(r"unsafe_allow_html|\bst\.html\b|components\.v1|\bst\.write\b|\bst\.table\b")
    assert [shown(path) for path in sources("pages", "app") if forbidden.search(path.read_text(encoding="utf-8"))] == []


def test_nothing_is_pickled():
    ways = ("pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal")
    code = sources("app", "cli", "data", "embeddings", "screening", "answers", "writing", "pages")
    assert [shown(path) for path in code if any(name.split(".")[0] in ways for name in imports(path))] == []
    written = re.compile(r"allow_pickle\s*=\s*True|\.to_pickle\(|read_pickle\(")
    assert [shown(path) for path in code if written.search(path.read_text(encoding="utf-8"))] == []


def cached_functions(path: Path) -> Iterator[ast.FunctionDef]:
    """The functions of a file that keep what they return: st.cache_data, st.cache_resource, functools' cache and lru_cache."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and any(re.search(r"\bcache|_cache\b", ast.unparse(d)) for d in node.decorator_list):
            yield node


def test_cached_functions_read_no_session():
    cached = [(path, function) for path in sources("pages") for function in cached_functions(path)]
    assert {"columns", "search", "preview", "_summary", "_order", "_compare"} <= {function.name for _, function in cached}
    session = re.compile(r"\bsession_state\b|\bst\.query_params\b|\bst\.context\b|\bstate\.[A-Z]")
    assert [f"{shown(path)}: {f.name}" for path, f in cached if session.search(ast.unparse(f))] == []
    server = [path for path in sources("pages") if path.parent.name == "server"]  # what cached functions call
    assert [shown(path) for path in server if session.search(path.read_text(encoding="utf-8"))] == []


def test_what_is_cached_of_a_map_goes_when_the_map_is_built_again():
    arguments = {
        f"{shown(path)}: {f.name}": [a.arg for a in f.args.args] for path in sources("pages") for f in cached_functions(path)
    }
    assert [name for name, given in arguments.items() if "slug" in given and "fingerprint" not in given] == []


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


# What writes files or starts processes in the rooms below the pages, by the name that it is called by.
WRITERS = {
    *("write_bytes", "write_json", "write_text", "new_folder", "staged", "mkdir", "touch", "unlink", "rmtree", "rename", "put"),
    *("save", "save_manifest", "remove", "create", "cancel", "dismiss", "start", "install", "JobFile", "write_together"),
    *(
        "import_answers",
        "keep_staged",
        "build",
        "fetch",
        "find_pairs",
        "run_answers",
        "pairs_of",
        "pairs_of_embeddings",
        "screen_by_default",
        "measure_quality",
        "measured",
        "write_comparison",
    ),
    *("Popen", "system", "kill", "killpg"),
}
# Where the pages may: behind the one door; and what a site writes for itself, or for a writable one only.
DOOR = ("pages/server/changes.py", "pages/server/workers.py")
FOR_ITSELF = {
    ("pages/server/caches.py", "install"),  # the samples that it ships
    ("pages/server/screenings.py", "screen_by_default"),  # told not to look for pairs on a read-only site
    ("pages/parts/duplicates/contrast_list.py", "remove"),  # of a log in memory, which `changes.decide` stores
    ("pages/parts/duplicates/group_cards.py", "remove"),
    ("pages/parts/duplicates/variant_list.py", "remove"),
}


def calls(tree: ast.AST) -> Iterator[str]:
    """What is called in a tree, or handed on to be called (`on_click=jobs.cancel`), with the name before it where it has one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for one in (node.func, *node.args, *(keyword.value for keyword in node.keywords)):
                if isinstance(one, ast.Attribute):
                    yield f"{ast.unparse(one.value)}.{one.attr}"
                elif isinstance(one, ast.Name) and one is node.func:
                    yield one.id


def test_what_writes_or_starts_for_a_visitor_goes_through_the_one_door():
    found = {
        (shown(path), name.rpartition(".")[2])
        for path in sources("pages", "app")
        if shown(path) not in DOOR
        for name in calls(ast.parse(path.read_text(encoding="utf-8")))
        if name.rpartition(".")[2] in WRITERS and name.split(".")[0] not in ("changes", "workers")
    }
    assert found == FOR_ITSELF


def test_the_door_stands_before_each_of_its_actions():
    for path in DOOR:
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        actions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]
        assert len(actions) >= 4
        assert [action.name for action in actions if [ast.unparse(d) for d in action.decorator_list] != ["changing"]] == []


def test_writers_are_still_called_so():
    """A writer that was renamed would be looked for in vain."""
    defined = {
        node.name
        for path in sources("data", "embeddings", "screening", "answers", "writing", "pages")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, (ast.FunctionDef, ast.ClassDef))
    }
    library = {"write_text", "mkdir", "touch", "unlink", "rmtree", "rename", "Popen", "system", "kill", "killpg"}
    assert WRITERS - library - defined == {"screen_by_default"}  # so imported by screenings.py
