"""A comparison for a person without the tool: one HTML file that needs nothing else."""

from pathlib import Path
from typing import Any

from evalmap.screening.coverage import comparison_sentences as sentences
from evalmap.screening.quality.report_tables import estimate_text, in_reading_order, statistic_name

TEMPLATE = Path(__file__).with_name("comparison.html.jinja")
CLUSTERS, EXEMPLARS, TEXT, ROWS = 8, 3, 600, 50  # shown of each gap; characters of a text; rows of a list of versions


def comparison_html(found: dict[str, Any]) -> bytes:
    """One HTML file: separability, coverage, gaps with exemplars, overlap, words, clusters, variety, versions.

    Dataset text is escaped; the page's policy forbids scripts and anything from outside.

    Parameters
    ----------
    found : a comparison as JSON holds it
    """
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"percent": sentences.percent, "letter": sentences.letter, "short": _short}
    environment.filters |= {"in_reading_order": in_reading_order, "statistic": statistic_name, "estimate": estimate_text}
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    page = template.render(
        found=found,
        told=[sentences.told_apart(pair) for pair in found["separability"]["pairs"]],
        changes=sentences.changes(found["versions"]) if found["versions"] else "",
        most={"clusters": CLUSTERS, "exemplars": EXEMPLARS, "rows": ROWS},
    )
    return page.encode("utf-8", "replace")


def _short(text: str) -> str:
    return text if len(text) <= TEXT else f"{text[:TEXT]} […]"
