"""What is said of a dataset's quality, section by section."""

import math
from dataclasses import asdict, dataclass
from typing import Any

from evalmap.embeddings.array_types import Progress, no_progress
from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.layers import KMEANS
from evalmap.screening.default_screening import DefaultScreening
from evalmap.screening.groups.components import find_components
from evalmap.screening.pair_types import Pairs
from evalmap.screening.quality.flags.find_flags import find_flags
from evalmap.screening.quality.flags.flag_rules import Flag, FlagInput
from evalmap.screening.quality.label_balance import LabelBalance, label_balance
from evalmap.screening.quality.saturation import Saturation, measure_saturation
from evalmap.screening.quality.scorecard import Scorecard, score
from evalmap.screening.quality.shortcuts import Shortcut, find_shortcuts
from evalmap.screening.screening_options import ScreeningOptions


@dataclass(frozen=True)
class QualityReport:
    """One field a section."""

    scorecard: Scorecard
    saturation: Saturation
    flags: tuple[Flag, ...]
    shortcuts: tuple[Shortcut, ...]
    balance: LabelBalance

    def as_dict(self) -> dict[str, Any]:
        """The sections as JSON holds them: what cannot be said (nan) is null."""
        found: dict[str, Any] = {"scorecard": asdict(self.scorecard), "saturation": asdict(self.saturation)}
        found["saturation"]["sentence"] = self.saturation.sentence
        found["flags"] = [one.as_dict() for one in self.flags]
        found["shortcuts"] = [one.as_dict() for one in self.shortcuts]
        found["balance"] = self.balance.as_dict()
        return _without_nan(found)


def quality(
    built: BuiltMap,
    pairs: Pairs,
    *,
    screening: DefaultScreening | None = None,
    shuffle: int | None = None,
    seed: int = 0,
    progress: Progress = no_progress,
) -> QualityReport:
    """Measure how good a dataset is.

    Parameters
    ----------
    pairs : those of the map
    screening : what a screening with default settings keeps, for figures before and after it
    shuffle : a seed that shuffles the rows for the growth curve; None keeps their order
    seed : of the samples of the scorecard

    Raises
    ------
    DatasetError : the pairs do not reach down to the default threshold
    """
    options = ScreeningOptions()
    alike = {"threshold": options.threshold, "normalization": options.normalization}
    groups = find_components(pairs, method=options.method, **alike).labels
    kept = None if screening is None else screening.kept
    given = FlagInput(built.examples, pairs=pairs, threshold=options.threshold, truncated=built.truncated, outliers=built.outliers)
    layer = KMEANS.id
    return QualityReport(
        scorecard=score(built, pairs, kept=kept, seed=seed, progress=progress, **alike),
        saturation=measure_saturation(groups, shuffle=shuffle),
        flags=tuple(find_flags(given)),
        shortcuts=tuple(find_shortcuts(built.examples, groups=groups)),
        balance=label_balance(
            built.examples["label"], built.clustering(layer), names=[name.name for name in built.names_by_layer[layer]]
        ),
    )


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value
