"""Where the comparison of datasets tells how far it is."""

from collections.abc import Sequence

IF_KILLED = "the comparison stopped at {stage} (killed, or out of memory?). Compare them again."
# How much of the work each stage is: measured on two files of 1,000 rows
SHARES = {"pairs": 0.05, "between": 0.1, "nearest": 0.05, "separability": 0.5, "clusters": 0.1, "scorecards": 0.2}


def job_location(slugs: Sequence[str]) -> str:
    """What the job of comparing datasets is filed under."""
    return f"compare:{' '.join(slugs)}"
