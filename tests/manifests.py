"""Manifests of maps that were never built."""

from typing import Any

from evalmap.data.store.manifest import Manifest, SettingsRecord, StageRecord


def made_manifest(slug: str, *stages: tuple[str, str], **more: Any) -> Manifest:
    """A manifest with `stages` of (name, key), and all else at its plainest."""
    settings = SettingsRecord("m", n_neighbors=15, min_dist=0.1, k=10, seed=42, part="whole", encoder={}, projection={})
    plain: dict[str, Any] = {"name": slug, "source": f"/data/{slug}", "location": slug, "rows": 1, "rows_read": 1}
    plain |= {"roles": {"text": "text"}, "schema": "generic", "labels": {}, "datasets": {slug: 1}, "settings": settings}
    plain |= {"versions": {}, "fingerprint": "f" * 20, "built_at": "2026-01-01T00:00:00+00:00"}
    plain["stages"] = tuple(StageRecord(name, key, 0.0, False) for name, key in stages)
    return Manifest(slug=slug, **{**plain, **more})
