"""Where the measuring of a dataset's quality tells how far it is."""

from collections.abc import Sequence

from evalmap.screening.quality.sections import Section

IF_KILLED = "the measuring stopped at {stage} (killed, or out of memory?). Start it again: it goes on from there."
PAIRS_EFFORT = 2.0  # of the search for near-duplicates, beside the sections


def job_location(slug: str) -> str:
    """What the job of measuring a dataset's quality is filed under."""
    return f"quality:{slug}"


def job_shares(sections: Sequence[Section]) -> dict[str, float]:
    """How much of the job each stage takes, 1 in all."""
    efforts = {"pairs": PAIRS_EFFORT, **{section.name: section.effort for section in sections}}
    whole = sum(efforts.values())
    return {name: effort / whole for name, effort in efforts.items()}
