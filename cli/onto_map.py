"""What `evalmap write` does for a plan that adds to a dataset: the rows that are there, and the new ones on its map."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from evalmap.cli.progress import Bars
from evalmap.data.errors import DatasetError
from evalmap.data.store.workspace import Workspace

if TYPE_CHECKING:
    from evalmap.embeddings.array_types import Vectors
    from evalmap.writing.extended_rows import ExtendedDataset
    from evalmap.writing.grown_dataset import GrownMap
    from evalmap.writing.plans import WritePlan


NOTHING_NEW = "no row is new: there is nothing to show on the map"


def extended_dataset(plan: "WritePlan", path: Path, space: Workspace, *, folder: Path, onto_map: bool) -> "ExtendedDataset | None":
    """What the plan adds to, checked before anything is asked; None where it adds to nothing.

    Raises
    ------
    DatasetError : the dataset is gone or has changed, the results would lie inside it, or the new rows have no map to lie on
    """
    from evalmap.writing.extended_rows import located, open_extended

    if plan.extends is None:
        if onto_map:
            raise DatasetError(f"{path}: adds to no dataset, so there is no map to show its rows on. Leave --onto-map out.")
        return None
    extended = open_extended(plan.extends, space, plan=path)
    location = Path(located(plan.extends, path))
    if location.is_dir() and folder.resolve().is_relative_to(location):
        raise DatasetError(f"output {folder}: lies inside the dataset that grows. Name a folder elsewhere.", "output")
    if onto_map and extended.manifest is None:
        raise DatasetError(
            f"{path}: extends {plan.extends.path}, and no map of that is built in {space.root}, or several are. Build it, or name "
            "its map under [extends] as map."
        )
    return extended


def embedding(
    extended: "ExtendedDataset | None", space: Workspace, embed: "Callable[[Sequence[str]], Vectors]"
) -> "Callable[[Sequence[str]], Vectors]":
    """`embed`, which takes what the dataset's map has embedded from there, where it was embedded by the same model."""
    from evalmap.embeddings.built_map import load_map
    from evalmap.embeddings.encoder import DEFAULT_MODEL
    from evalmap.writing.extended_rows import embed_beside

    manifest = extended.manifest if extended else None
    if manifest is None or manifest.settings.model != DEFAULT_MODEL:
        return embed
    return embed_beside(load_map(space, manifest), embed)


def put_onto_map(extended: "ExtendedDataset", rows: Path, space: Workspace, *, folder: Path, plan_hash: str) -> "GrownMap":
    """Write the grown dataset and build its map with the old layout.

    Parameters
    ----------
    rows : the file of the rows that were written
    """
    import json

    from evalmap.embeddings.pipeline import encoder_of
    from evalmap.writing.grown_dataset import build_grown, write_grown

    assert extended.manifest is not None
    written = [json.loads(line) for line in rows.read_text(encoding="utf-8").splitlines()]
    location = write_grown(folder, extended.dataset, written, plan_hash=plan_hash)
    with Bars() as bars:
        encoder = encoder_of(extended.manifest)
        return build_grown(location, extended.manifest, space, plan_hash=plan_hash, encoder=encoder, progress=bars.progress)


def lines(grown: "GrownMap") -> list[str]:
    """What became of the map, for a person."""
    manifest = grown.manifest
    query = urlencode({"dataset": manifest.slug, "where": grown.where})
    moved = "none of them has moved" if grown.still == grown.old else f"{grown.old - grown.still:,} of them have moved"
    return [
        f"{manifest.name}: {grown.old:,} rows as before ({moved}) and {grown.new:,} new ones; in the workspace {manifest.slug}",
        f"  {manifest.location}",
        f"  the new rows: evalmap serve, then http://127.0.0.1:8501/map?{query}",
    ]


def as_json(grown: "GrownMap") -> dict[str, object]:
    """What became of the map, as JSON-able values."""
    own = {name: getattr(grown, name) for name in ("old", "new", "still", "where")}
    return {"slug": grown.manifest.slug, "location": grown.manifest.location, **own}
