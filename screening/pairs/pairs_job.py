"""Where the search for a dataset's near-duplicates tells how far it is."""


def job_location(slug: str) -> str:
    """What the job of finding a dataset's near-duplicates is filed under."""
    return f"pairs:{slug}"
