"""What AppTest does anew for each of its sessions, done once."""

from collections.abc import Iterator
from functools import cache

import pytest
from streamlit.components.v2 import manifest_scanner


@pytest.fixture(scope="session", autouse=True)
def one_search_for_components() -> Iterator[None]:
    """A server of Streamlit looks once through all installed packages for components; AppTest does so for each new session, which
    took most of the time of these tests. What is installed stays the same in a session of tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield
