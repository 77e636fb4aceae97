"""The map's own section of a quality report."""

from pathlib import Path

import numpy as np
import pytest

from evalmap.data.opening import open_dataset
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap, load_map
from evalmap.embeddings.faithfulness import measure_faithfulness
from evalmap.embeddings.pipeline import build
from evalmap.embeddings.settings import Settings
from evalmap.screening.quality.map_truth import of_map_truth
from evalmap.screening.quality.report import quality
from evalmap.screening.quality.todo import Facts
from evalmap.tests.fakes import FakeEncoder, sentences, write_rows


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("truth") / "home")


def built(space: Workspace, folder: Path, n: int) -> BuiltMap:
    path = write_rows(folder / f"rows{n}.jsonl", [{"text": text} for text in sentences(n)])
    return load_map(space, build(open_dataset(path), workspace=space, settings=Settings(k=5), encoder=FakeEncoder()))


def test_section_holds_what_the_map_s_own_arrays_give(space: Workspace, tmp_path: Path):
    one = built(space, tmp_path, 60)
    found = quality(space, one.manifest, sections=["map"]).sections["map"]
    direct = measure_faithfulness(one.vectors, one.coordinates)
    assert found["trustworthiness"]["value"] == pytest.approx(direct.trustworthiness.value)
    assert found["continuity"]["value"] == pytest.approx(direct.continuity.value)
    assert found["neighbors_kept"] == pytest.approx(float(np.mean(one.neighbors_kept)))
    weak = [name.id for name in one.names_by_layer["kmeans"] if name.is_weak]
    assert next(layer for layer in found["clusters"] if layer["layer"] == "kmeans")["weak_names"] == weak
    figures, layers = of_map_truth(found, Facts.of(one.manifest))
    assert figures.rows[0] == ("Neighbours kept", f"{np.mean(one.neighbors_kept):.1f} of 15")
    assert [row[1] for row in layers.rows] == [clustering.n_clusters for clustering in one.clusterings]
    assert figures.lead.startswith("Made again from 48 of the 60 rows")


def test_a_few_rows_have_no_figures_and_one_sentence(space: Workspace, tmp_path: Path):
    one = built(space, tmp_path, 3)
    found = quality(space, one.manifest, sections=["map"]).sections["map"]
    assert found["trustworthiness"]["value"] is None
    figures, layers = of_map_truth(found, Facts.of(one.manifest))
    assert {layer["dissolved"] for layer in found["clusters"]} == {None}  # not [], which says that all were found again
    assert {row[3] for row in layers.rows} == {None}
    assert "Trustworthiness and continuity cannot be said of so few rows." in figures.lead
    assert figures.rows[1:] == (("Trustworthiness", "–"), ("Continuity", "–"), ("Layout over seeds", "–"))
    assert figures.lead.startswith("Fewer than 30 rows")
