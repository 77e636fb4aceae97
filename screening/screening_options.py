"""What a screening is asked for."""

from dataclasses import dataclass

from evalmap.data.errors import DatasetError
from evalmap.data.text.normalization import ALIASES, NORMALIZATIONS
from evalmap.screening.keep.select import CONTRASTS, Contrast
from evalmap.screening.pair_types import METHODS, Method
from evalmap.screening.pairs.likeness import check_threshold
from evalmap.screening.quality.flags.find_flags import check_rules
from evalmap.screening.templates.template_rules import check_rule
from evalmap.screening.variants.variants import check_merge


@dataclass(frozen=True)
class ScreeningOptions:
    """What a screening is asked for.

    threshold, method, normalization, contrast : as for `evalmap.screening.keep.select.select`
    keep : a rule of `evalmap.screening.keep.order.prioritize`; None: confidence where there is one, else medoid
    drop_flagged : flags of `evalmap.screening.quality.flags.flag_rules.FLAG_RULES`; rows that bear one go first
    merge : kinds of variants that are duplicates here, as for `select`
    seed : for keep = random
    balance : restore the label shares by removing further rows
    target : keep exactly so many rows; None: as many as are left
    templates : what is done with the rows of a template: keep-all, keep:N or duplicates, as
        `evalmap.screening.templates.template_rules` says; None: they are told of, and screened like any
    template_rules : the rules of single templates, by id; they come before `templates`

    Raises
    ------
    DatasetError : an option is out of its range
    """

    threshold: float = 0.95
    method: Method = "all"
    normalization: str = "typographic"
    keep: str | None = None
    seed: int = 42
    contrast: Contrast = "protect"
    merge: tuple[str, ...] = ()
    balance: bool = False
    target: int | None = None
    drop_flagged: tuple[str, ...] = ()
    templates: str | None = None
    template_rules: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        check_threshold(self.threshold)
        object.__setattr__(self, "merge", check_merge(self.merge))
        object.__setattr__(self, "drop_flagged", check_rules(self.drop_flagged))
        object.__setattr__(self, "normalization", ALIASES.get(self.normalization, self.normalization))
        for name, value, allowed in (
            ("method", self.method, METHODS),
            ("normalization", self.normalization, NORMALIZATIONS),
            ("contrast", self.contrast, CONTRASTS),
        ):
            if value not in allowed:
                raise DatasetError(f"{name} is {value!r}; choose one of {', '.join(allowed)}.")
        if self.templates is not None:
            object.__setattr__(self, "templates", check_rule(self.templates))
        rules = sorted((str(template), check_rule(rule)) for template, rule in dict(self.template_rules).items())
        object.__setattr__(self, "template_rules", tuple(rules))
        if self.target is not None and self.target < 1:
            raise DatasetError(f"target {self.target:,}: expected 1 row or more.", "target")
        if self.seed < 0:
            raise DatasetError(f"seed is {self.seed}; expected 0 or more.")


DEFAULTS = ScreeningOptions()
