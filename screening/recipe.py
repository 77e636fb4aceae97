"""Everything that a screening was asked for, so that it can be done again: load → screen → export."""

from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from evalmap.data.records import ReadOptions
from evalmap.embeddings.encoder import DEFAULT_MODEL
from evalmap.screening.curation.steps import CurationStep
from evalmap.screening.keep.by_hand import DecisionLog
from evalmap.screening.pair_judgements import JudgedThreshold
from evalmap.screening.screening_options import ScreeningOptions

OUTPUTS = ("out", "removed", "report", "html", "weights", "lm_eval_samples", "inspect_ids")


@dataclass(frozen=True)
class Recipe:
    """What a screening is made of.

    paths, against : files, folders, https addresses or hf://owner/name: the dataset, and what it is compared against
    read : which fields are what; model : the sentence-transformers model
    options : of the screening; decisions : made by hand
    curation : steps made on the map; those about clusters change no row
    judged : how a threshold was found by reading pairs; the one that is applied stands in the options
    keep_set_aside : rows without text are kept
    with_tags : written rows have their tags behind their own fields, as evalmap_tags; those without a tag stay byte for byte
    out, removed, report, html, weights, lm_eval_samples, inspect_ids : where the files go; None: not written
    lm_eval_task : what a file's task is called in lm-evaluation-harness, {file} standing for its name; None: the file's name
    """

    paths: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    read: ReadOptions = field(default_factory=ReadOptions)
    model: str = DEFAULT_MODEL
    options: ScreeningOptions = field(default_factory=ScreeningOptions)
    decisions: DecisionLog = field(default_factory=DecisionLog)
    curation: tuple[CurationStep, ...] = ()
    judged: JudgedThreshold | None = None
    keep_set_aside: bool = False
    with_tags: bool = False
    out: Path | None = None
    removed: Path | None = None
    report: Path | None = None
    html: Path | None = None
    weights: Path | None = None
    lm_eval_samples: Path | None = None
    inspect_ids: Path | None = None
    lm_eval_task: str | None = None

    @property
    def outputs(self) -> dict[str, Path | None]:
        """The setting of each output → its path."""
        return {name: getattr(self, name) for name in OUTPUTS}

    def with_given(self, **given: Any) -> "Recipe":
        """The recipe with the options that are not None in place of its own."""
        given = {name: value for name, value in given.items() if value is not None}
        parts: dict[str, Any] = {}
        for name, kind in (("read", ReadOptions), ("options", ScreeningOptions)):
            own = {part.name: given.pop(part.name) for part in fields(kind) if part.name in given}
            parts[name] = replace(getattr(self, name), **own)
        return replace(self, **parts, **given)
