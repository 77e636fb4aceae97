"""Write requirements.lock and requirements-dev.lock: the versions in the environment that runs this, pinned with ==.

    make lock        (or: .venv/bin/python -m evalmap.tools.lock; --check only tells whether the files are current)

requirements.lock holds what [project.dependencies] of pyproject.toml needs, requirements-dev.lock what the `dev` group needs
on top of it. Each is the closure for every platform in TARGETS: a package that only some of them need carries a marker. To move
to newer versions, install them into .venv first, run the tests, then write the locks.

Local version tags are dropped (torch 2.13.0+cpu is pinned as 2.13.0), so that the same file takes the CPU build where that is
at hand and the default build elsewhere. What torch's CUDA build needs on Linux is torch's own affair and is left to pip.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from dataclasses import dataclass, field
from importlib import metadata
from itertools import product
from pathlib import Path

from packaging.markers import Marker, default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ("3.11", "3.12", "3.13")
MACHINES = (("linux", "Linux", "x86_64"), ("linux", "Linux", "aarch64"), ("darwin", "Darwin", "arm64"))
TARGETS = tuple(product(PYTHONS, MACHINES))

# Tried in this order for a package that not every target needs; the first that is true of exactly its targets is written.
MARKERS = (
    'sys_platform == "linux"',
    'sys_platform == "darwin"',
    'platform_machine == "x86_64"',
    'platform_machine != "x86_64"',
    'python_version < "3.12"',
    'python_version < "3.13"',
    'python_version >= "3.12"',
    'python_version >= "3.13"',
)

Target = tuple[str, tuple[str, str, str]]


@dataclass
class Closure:
    """Every package that is needed, with the targets that need it."""

    targets: dict[str, set[Target]] = field(default_factory=dict)
    followed: set[tuple[str, frozenset[str], Target]] = field(default_factory=set)

    def add(self, requirement: Requirement, target: Target) -> None:
        """Add a package and, through its metadata, all that it needs on this target."""
        name = canonicalize_name(requirement.name)
        extras = frozenset(requirement.extras)
        if (name, extras, target) in self.followed:
            return
        self.followed.add((name, extras, target))
        self.targets.setdefault(name, set()).add(target)
        for needed in map(Requirement, installed(name).requires or []):
            if is_needed(needed.marker, target, extras) and not belongs_to_cuda(needed.name):
                self.add(needed, target)


def installed(name: str) -> metadata.Distribution:
    try:
        return metadata.distribution(name)
    except metadata.PackageNotFoundError:
        sys.exit(f"{name} is needed but not installed here: install it, then write the locks again")


def is_needed(marker: Marker | None, target: Target, extras: frozenset[str]) -> bool:
    if marker is None:
        return True
    python, (sys_platform, platform_system, machine) = target
    environment = {
        **default_environment(),
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": sys_platform,
        "platform_system": platform_system,
        "platform_machine": machine,
    }
    return any(marker.evaluate({**environment, "extra": extra}) for extra in (extras or {""}))


def belongs_to_cuda(name: str) -> bool:
    return name.startswith(("nvidia-", "cuda-")) or name in ("triton", "pytorch-triton")


def closure(requirements: list[str]) -> Closure:
    found = Closure()
    for requirement, target in product(map(Requirement, requirements), TARGETS):
        if is_needed(requirement.marker, target, frozenset()):
            found.add(requirement, target)
    return found


def pins(found: Closure, *, without: Closure | None = None) -> list[str]:
    names = sorted(found.targets.keys() - (without.targets.keys() if without else set()))
    return [f"{name}=={Version(installed(name).version).public}{marker_for(name, found.targets[name])}" for name in names]


def marker_for(name: str, targets: set[Target]) -> str:
    if targets == set(TARGETS):
        return ""
    for marker in MARKERS:
        if {target for target in TARGETS if is_needed(Marker(marker), target, frozenset())} == targets:
            return f"; {marker}"
    sys.exit(f"{name} is needed on {sorted(targets)}, for which MARKERS has no words")


def lock_files() -> dict[Path, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    run = closure(project["project"]["dependencies"])
    dev = closure(project["dependency-groups"]["dev"])
    about = "# Written by tools/lock.py (make lock): Linux and macOS, Python 3.11 to 3.13.\n"
    return {
        ROOT / "requirements.lock": about + "\n".join(pins(run)) + "\n",
        ROOT / "requirements-dev.lock": about + "-r requirements.lock\n" + "\n".join(pins(dev, without=run)) + "\n",
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="Pin the versions installed here.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file differs")
    check = parser.parse_args().check
    stale = [path for path, text in lock_files().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        if check:
            print(f"{path.name} is not what is installed here", file=sys.stderr)
        else:
            path.write_text(lock_files()[path], encoding="utf-8")
            print(f"wrote {path.name}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
