"""The manifest: what a build recorded of a map, and which stage entries make it. One a dataset; it moves last.

On disk it is JSON (`datasets/<slug>.json`). A manifest of an earlier format is read as today's; one of a later format, or one that
is not whole, is an error that names the file.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from evalmap.data.errors import DatasetError
from evalmap.data.locations import hub_location
from evalmap.data.records import Reading

FORMAT = 3  # 1 called the boilerplate "frame"; 1 and 2 did not tell how the fields were read


@dataclass(frozen=True)
class StageRecord:
    """What one stage of a build did.

    name, key : of its entry in the workspace
    seconds : wall time
    cached : it was there already
    """

    name: str
    key: str
    seconds: float
    cached: bool


@dataclass(frozen=True)
class BoilerplateRecord:
    """The text that `rows` of `of` rows open and close with, which was not embedded; `frames` different ones were found."""

    prefix: str
    suffix: str
    rows: int
    of: int
    frames: int

    def sentence(self) -> str:
        """How a page and the command line tell of it."""
        ends = [f"the same {len(self.prefix):,} characters open"] if self.prefix else []
        ends += [f"the same {len(self.suffix):,} close"] if self.suffix else []
        return f"{' and '.join(ends)} {self.rows:,} of {self.of:,} rows: not embedded"


@dataclass(frozen=True)
class SettingsRecord:
    """The settings of a build, as in `evalmap.embeddings.settings.Settings`, and what two stages recorded of themselves.

    part : what of a multiple-choice question was embedded
    encoder : the encoder's own description: model, model_key, dims, window …
    projection : method and its parameters, trustworthiness
    """

    model: str
    n_neighbors: int
    min_dist: float
    k: int
    seed: int
    part: str
    encoder: dict[str, Any]
    projection: dict[str, Any]


@dataclass(frozen=True)
class Manifest:
    """What a build recorded.

    slug, name, source, location : what the dataset is called in the workspace and by a person; where it came from; where a build
        finds it again
    rows, rows_read, set_aside : examples; all rows of the source; rows that are no examples, the first of them in `set_aside_rows`
    roles, schema, read : which field plays which role; the known schema, or generic; what the user decided about the fields
    labels, datasets : rows a label, the most frequent first; rows a file
    reading : which field plays which role, and why; None in the manifest of an earlier format, which did not tell
    boilerplate : text that nearly all rows share, if any
    notes : sentences about the reading
    truncated, outliers : rows cut at the encoder's window; rows unlike even their nearest neighbours
    embedded, reused : texts embedded by this build; found again from an earlier one
    settings, versions : of the build; of the libraries
    stages : in the order of the pipeline
    fingerprint : a hash of all stages' keys: equal fingerprint, equal map
    built_at : ISO 8601, UTC
    sample : shipped with the package
    name_given : whether the user named the map; else its name is made of the source
    """

    slug: str
    name: str
    source: str
    location: str
    rows: int
    rows_read: int
    roles: dict[str, str]
    schema: str
    labels: dict[str, int]
    datasets: dict[str, int]
    settings: SettingsRecord
    versions: dict[str, str]
    stages: tuple[StageRecord, ...]
    fingerprint: str
    built_at: str
    read: dict[str, Any] = field(default_factory=dict)
    reading: Reading | None = None
    boilerplate: BoilerplateRecord | None = None
    set_aside: int = 0
    set_aside_rows: tuple[dict[str, Any], ...] = ()
    notes: tuple[str, ...] = ()
    truncated: int = 0
    embedded: int = 0
    reused: int = 0
    outliers: int = 0
    sample: bool = False
    name_given: bool = False

    def reading_line(self) -> str:
        """Which field plays which role, in one line: "text = context, question; label = answer"."""
        if self.reading and self.reading.roles:
            return "; ".join(f"{one.role} = {', '.join(one.fields)}" for one in self.reading.roles)
        return "; ".join(f"{role} = {fields}" for role, fields in self.roles.items())

    def layout_line(self) -> str | None:
        """How the layout of the map before was kept, in a sentence; None where this one was laid out anew."""
        told = self.settings.projection.get("layout_kept")
        if not told:
            return None
        placed = f"{told['new']:,} new ones are placed among them"
        if told["new"]:
            placed += (
                f", each by its {told['n_neighbors']} nearest (the nearest has similarity {told['nearest_similarity']:.2f} in the "
                f"median; {told['neighbors_kept']:.0%} of the 15 nearest rows are near here too)"
            )
        gone = f"; {told['gone']:,} are gone" if told["gone"] else ""
        share = told["placed"] / self.rows
        return (
            f"the layout was kept: {told['kept']:,} rows lie where they lay, {placed}{gone}; in all {told['placed']:,} of "
            f"{self.rows:,} rows ({share:.0%}) were placed since the map was laid out"
        )

    def key(self, stage: str) -> str:
        """The key of a stage's entry; KeyError where the build had no such stage."""
        for record in self.stages:
            if record.name == stage:
                return record.key
        raise KeyError(stage)

    def as_dict(self) -> dict[str, Any]:
        """As JSON-able values, `format` among them."""
        return {"format": FORMAT, **json.loads(json.dumps(asdict(self)))}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], *, where: str) -> "Manifest":
        """Read what `as_dict` wrote, today or in an earlier format.

        Raises
        ------
        DatasetError : a later format, or something is missing; `where` names the file
        """
        if not isinstance(values, Mapping):
            raise DatasetError(f"{where}: not a whole manifest (no object). Remove the file and build the dataset again.")
        if isinstance(written := values.get("format", 1), int) and written > FORMAT:
            raise DatasetError(f"{where}: written by a newer Evalmap (format {written}, expected {FORMAT}). Update Evalmap.")
        known = {one.name for one in fields(cls)}
        given = {name: value for name, value in values.items() if name in known}
        boilerplate = values.get("boilerplate", values.get("frame"))
        try:
            return cls(
                **{
                    **given,
                    "location": hub_location(given["location"], source=given["source"]),
                    "settings": SettingsRecord(**values["settings"]),
                    "stages": tuple(StageRecord(**stage) for stage in values["stages"]),
                    "reading": Reading.from_dict(given["reading"]) if given.get("reading") else None,
                    "boilerplate": BoilerplateRecord(**boilerplate) if boilerplate else None,
                    "set_aside_rows": tuple(given.get("set_aside_rows", ())),
                    "notes": tuple(given.get("notes", ())),
                }
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise DatasetError(f"{where}: not a whole manifest ({error}). Remove the file and build the dataset again.") from error
