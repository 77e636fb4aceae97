"""The bundled samples: small datasets that ship with their built maps, so that the first start has something to show."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

from evalmap.data.opening import open_dataset
from evalmap.data.store.manifest import Manifest
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings import cluster_edits, model_names
from evalmap.embeddings.encoder import SentenceEncoder
from evalmap.embeddings.pipeline import build

ROOT = Path(__file__).resolve().parent.parent / "data" / "samples"
BUILT = ROOT / "built"
ANSWERS = ROOT / "answers"  # what a model said to the samples' questions: tables, no datasets
WRITTEN = ROOT / "written"  # what `evalmap write` left: a folder a dataset, with its plan and where each row comes from
COLLECTION = "samples"  # all of them on one map, but for those in WRITTEN


def sample_files() -> list[Path]:
    """The sample datasets, in order of their path."""
    return sorted([*_collected_files(), *(path for path in WRITTEN.glob("*/*.jsonl") if path.stem == path.parent.name)])


def _collected_files() -> list[Path]:
    return sorted(path for path in ROOT.rglob("*.jsonl") if not {BUILT, ANSWERS, WRITTEN} & set(path.parents))


def sample_name(path: Path) -> str:
    """What a sample is called: its path below the samples without the ending (two files share a stem)."""
    return path.relative_to(ROOT).with_suffix("").as_posix()


def build_samples(workspace: Workspace) -> list[Manifest]:
    """Build the map of every sample and of all samples together; returns their manifests.

    In float32, whatever this CPU is quickest in: what is shipped must be the same wherever it is built.
    """
    encoder = SentenceEncoder(dtype="float32")
    manifests = []
    for path in sample_files():
        manifests.append(build(open_dataset(path, name=_title(path)), workspace=workspace, encoder=encoder))
    manifests.append(build(open_samples(), workspace=workspace, encoder=encoder))
    return manifests


def open_samples():
    """The samples as one collection, but for what a small model wrote: that would be most of what the map shows."""
    from evalmap.data.assembling import assemble
    from evalmap.data.readers import read_file

    files = (read_file(path, name=sample_name(path)) for path in _collected_files())
    return assemble(files, name=COLLECTION, source=str(ROOT))


def ship(workspace: Workspace) -> None:
    """Write built sample maps into the project; their sources are kept relative to the samples' folder."""
    shutil.rmtree(BUILT, ignore_errors=True)
    shutil.copytree(workspace.root / "stages", BUILT / "stages")
    (BUILT / "datasets").mkdir()
    for manifest in workspace.manifests():
        source = Path(manifest.source).relative_to(ROOT).as_posix()
        relative = replace(manifest, source=source, location=source).as_dict()
        (BUILT / "datasets" / f"{manifest.slug}.json").write_text(json.dumps(relative, ensure_ascii=False, indent=1) + "\n")


def install(workspace: Workspace) -> list[str]:
    """Put the shipped maps into a workspace that lacks them, or has those of an earlier version; returns the slugs of the samples.

    A sample that the user has built anew, with other settings, is left as it is.
    """
    slugs = []
    for path in sorted((BUILT / "datasets").glob("*.json")):
        manifest = Manifest.from_dict(json.loads(path.read_text(encoding="utf-8")), where=str(path))
        slugs.append(manifest.slug)
        source = str(ROOT / manifest.source) if manifest.source != "." else str(ROOT)
        installed = replace(manifest, source=source, location=source, sample=True)
        if not _wanted(installed, workspace):
            continue
        with workspace.leased() as leased:
            for stage in manifest.stages:
                if not leased.has(stage.name, stage.key):
                    with leased.create(stage.name, stage.key) as folder:
                        for file in (BUILT / "stages" / stage.name / stage.key).iterdir():
                            shutil.copyfile(file, folder / file.name)
            with leased.lock("entries"):
                if _wanted(installed, leased):  # the user may have built it meanwhile
                    leased.save_manifest(installed)
    return slugs


def _wanted(installed: Manifest, workspace: Workspace) -> bool:
    there = workspace.manifest(installed.slug)
    return there is None or (there.sample and cluster_edits.as_built(model_names.by_terms(there)) != installed)


def _title(path: Path) -> str:
    if WRITTEN in path.parents:
        return f"{path.stem} (by a small model)"
    twins = [other for other in sample_files() if other.stem == path.stem]
    return path.stem if len(twins) == 1 else f"{path.stem} ({path.parent.name.split('_')[0]})"
