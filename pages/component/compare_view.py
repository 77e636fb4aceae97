"""Two subsets beside each other, drawn: their columns in shares, and the terms that one has more often."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from streamlit.components.v2 import component

from evalmap.pages.server.routes import assets_url

_BOOT = """
export default async function (component) {
  const { mount } = await import(new URL(component.data.assets + "/compare_view.js", location.origin).href);
  return mount(component);
}
"""
_comparison = component(
    "evalmap_compare", html='<div class="evalmap-compare" data-testid="comparison"></div>', js=_BOOT, isolate_styles=False
)


@dataclass(frozen=True, kw_only=True)
class PairChart:
    """One column of both subsets: bars where `edges` is empty, else a histogram.

    Attributes
    ----------
    distance : of their shares, 0 to 1; nan where one of them has no value at all
    missing : rows without a value in each
    bars : (name, rows of the first, rows of the second)
    more : names that are left out
    colors : of the bars; None where they have none of their own
    edges : (n_bins + 1,), dates in milliseconds since 1970
    a, b : (n_bins,) rows of each
    date, whole : whether the numbers are dates, or whole numbers
    """

    title: str
    distance: float
    missing: tuple[int, int] = (0, 0)
    bars: Sequence[tuple[str, int, int]] = ()
    more: int = 0
    colors: Sequence[str] | None = None
    edges: Sequence[float] = ()
    a: Sequence[int] = ()
    b: Sequence[int] = ()
    date: bool = False
    whole: bool = False


Difference = tuple[str, float, float, float, float, float]  # name, share of each, difference, its interval


def show_comparison(
    a: tuple[str, int],
    b: tuple[str, int],
    *,
    both: int,
    labels: Sequence[Difference],
    terms: Sequence[Difference],
    pairs: Sequence[PairChart],
    note: str,
    key: str,
) -> None:
    """Draw two subsets.

    Parameters
    ----------
    a, b : name and rows of each
    both : rows that lie in both
    labels : the share of each label
    terms : words that one has more often, the surest first
    note : a sentence on the terms
    """
    data = {
        "assets": assets_url(),
        "a": {"name": a[0], "rows": a[1]},
        "b": {"name": b[0], "rows": b[1]},
        "both": both,
        "pairs": [_sent(pair) for pair in pairs],
        "labels": [list(one) for one in labels if one[3] == one[3]],
        "terms": [list(one) for one in terms],
        "note": note,
    }
    _comparison(key=key, data=data)


def _sent(pair: PairChart) -> dict[str, Any]:
    known = pair.distance == pair.distance
    common = {"title": pair.title, "distance": pair.distance if known else None, "missing": list(pair.missing)}
    if not len(pair.edges):
        colors = None if pair.colors is None else list(pair.colors)
        return {**common, "kind": "bars", "bars": [list(bar) for bar in pair.bars], "more": pair.more, "colors": colors}
    return {
        **common,
        "kind": "histogram",
        "edges": [float(edge) for edge in pair.edges],
        "a": [int(count) for count in pair.a],
        "b": [int(count) for count in pair.b],
        "isDate": pair.date,
        "isInteger": pair.whole,
    }
