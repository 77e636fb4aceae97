"""Where the build of a map tells how far it is."""

import json


def job_location(location: str, name: str | None = None) -> str:
    """What the job of a build is filed under: the location, and the name that the user gave, as each name is a map of its own."""
    return json.dumps(["build", location, name], ensure_ascii=False) if name else location
