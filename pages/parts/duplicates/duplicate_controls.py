"""The duplicates page's sidebar: method, threshold, keeper rule, contrast, variants."""

from dataclasses import dataclass

import streamlit as st

from evalmap.data.text.normalization import DESCRIPTIONS, NORMALIZATIONS
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.server import screenings
from evalmap.pages.server.map_reviews import reviews_of
from evalmap.pages.shared import state
from evalmap.screening.keep.order import RULES, default_rule
from evalmap.screening.pair_types import METHODS, Method, Pairs
from evalmap.screening.quality.flags.find_flags import FLAG_RULES
from evalmap.screening.templates.template_rules import DUPLICATES, KEEP_ALL
from evalmap.screening.variants.variants import KINDS

NORMALIZATION_HELP = "; ".join(f"{name}: {what}" for name, what in DESCRIPTIONS.items()) + "."
FEW_SHOT = "few_shot_copy"  # the rule that reads texts which no page has
AS_ANY = "as any rows"
TEMPLATE_CHOICES = {  # in words → the rule
    "keep all": KEEP_ALL,
    **{f"keep {count}": f"keep:{count}" for count in (1, 2, 3, 5, 10)},
    "as duplicates": DUPLICATES,
}
# Settings that this sidebar offers, by the names that errors give them
CONTROLS = ("threshold", "method", "normalization", "keep", "contrast", "merge", "drop_flagged", "drop_disputed")


@dataclass(frozen=True)
class ScreenChoices:
    """What the reader set."""

    threshold: float
    method: Method
    normalization: str
    keep: str
    protect: bool
    merge: tuple[str, ...] = ()
    drop_flagged: tuple[str, ...] = ()
    templates: str | None = None
    template_rules: tuple[tuple[str, str], ...] = ()
    drop_disputed: bool = False


def draw(built: BuiltMap, pairs: Pairs) -> ScreenChoices:
    """Draw the sidebar and read it."""
    method = st.selectbox(
        "Alike by",
        METHODS,
        index=METHODS.index("semantic"),
        key=state.SCREEN_METHOD,
        bind="query-params",
        help="exact: equal under the normalization; lexical: characters (4-grams); semantic: embeddings; all: any of the three.",
    )
    method = method or "semantic"
    threshold = 1.0
    if method != "exact":
        low = screenings.lowest_threshold(pairs, method)
        start = max(0.95, low)
        threshold = st.slider("Threshold", low, 1.0, start, step=0.005, format="%.3f", key=state.THRESHOLD, bind="query-params")
    normalization = "typographic"
    if method in ("exact", "all"):
        normalization = st.selectbox(
            "Normalisation",
            NORMALIZATIONS,
            index=NORMALIZATIONS.index("typographic"),
            key=state.NORMALIZATION,
            bind="query-params",
            help=NORMALIZATION_HELP,
        )
    rules = _rules(built)
    ties = "Ties go to the earlier dataset and line."
    keep = st.selectbox("Keep of a group", rules, key=state.KEEP, bind="query-params", help=ties)
    protect = st.toggle(
        "Protect contrast pairs",
        value=True,
        key=state.PROTECT,
        bind="query-params",
        help="Near-identical texts with different labels are a minimal pair or a contradiction: neither is removed for the other.",
    )
    merge = st.pills(
        "Merge rows that differ in",
        KINDS,
        selection_mode="multi",
        key=state.MERGE,
        bind="query-params",
        help="Near-identical texts that differ in a number, a negation, a date, a name or a key (an answer, a context) are "
        "variants: both stay. Those chosen here are treated as duplicates.",
    )
    flags = st.multiselect(
        "Remove flagged rows first",
        [rule for rule in FLAG_RULES if rule != FEW_SHOT],
        key=state.DROP_FLAGGED,
        bind="query-params",
        help="Rows that bear one of these flags go before near-duplicates are looked at, each with its reason; the Quality page "
        "lists them.",
    )
    disputed = False
    if reviews_of(built).signature:
        disputed = st.toggle(
            "Remove rows that people refuse",
            key=state.DROP_DISPUTED,
            bind="query-params",
            help="Rows whose label does not fit, by hand or by the majority of reviewers, and those that nothing decides. The "
            "recipe names them as a decision by hand.",
        )
    templates = st.selectbox(
        "Rows of templates",
        [AS_ANY, *TEMPLATE_CHOICES],
        key=state.TEMPLATES,
        bind="query-params",
        help="Rows that are equal but for a name, a number, an occupation or another short slot; the tab Templates lists them.",
    )
    return ScreenChoices(
        float(threshold),
        method,
        normalization or "typographic",
        keep or rules[0],
        protect,
        tuple(merge or ()),
        tuple(flags),
        TEMPLATE_CHOICES.get(templates or AS_ANY),
        tuple(sorted(state.template_rules(built.manifest.slug).items())),
        bool(disputed),
    )


def _rules(built: BuiltMap) -> list[str]:
    """The keeper rules that this dataset has the fields for, its default first."""
    rules = [rule.name for rule in RULES.values() if not rule.argument and rule.fits(built.examples)]
    first = default_rule(built.examples)
    sources = [f"source:{name}" for name in built.manifest.datasets] if 1 < len(built.manifest.datasets) <= 20 else []
    numeric = [f"column:{name}" for name in built.fields.select_dtypes("number").columns]
    return [first, *(rule for rule in rules if rule != first), *sources, *numeric]
