"""A plan that fills a gap: what it shows, what it is about, whom it extends."""

from pathlib import Path

import numpy as np
import pytest

from evalmap.data.opening import open_dataset
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap, load_map
from evalmap.embeddings.pipeline import build
from evalmap.embeddings.settings import Settings
from evalmap.tests.fakes import FakeEncoder, fake_vector, sentences, unit_vectors, write_rows
from evalmap.writing.gap_places import chosen_place, cluster_place, find_thin, find_uneven
from evalmap.writing.gap_plan import behaviour_beside, gap_plan, kind_of, topic_of, typical_rows
from evalmap.writing.plan_text import plan_toml, plan_yaml
from evalmap.writing.plans import parse_plan


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> BuiltMap:
    """Five topics of 16 rows in turn; the first is all Yes."""
    folder = tmp_path_factory.mktemp("gap-plan")
    rows = [{"text": text, "label": "Yes" if i % 5 == 0 or i % 2 else "No"} for i, text in enumerate(sentences(80))]
    path = write_rows(folder / "likes_tea-and-cake.jsonl", rows)
    space = Workspace(folder / "home")
    return load_map(space, build(open_dataset(path), workspace=space, settings=Settings(k=5), encoder=FakeEncoder()))


def test_typical_rows_are_central_unlike_each_other_and_no_text_twice():
    texts = ["tea tea", "Tea, tea!", "tea cup", "tea pot", "tea mug", "violin strings"]
    vectors = np.stack([fake_vector(text) for text in texts])
    chosen = typical_rows(texts, vectors, n=3).tolist()
    assert 5 not in chosen  # the stray
    assert not {0, 1} <= set(chosen)
    assert len(chosen) == 3


@pytest.mark.parametrize("n", [0, 1, 2])
def test_of_few_rows_all_are_typical(n: int):
    texts = ["one", "two"][:n]
    assert sorted(typical_rows(texts, unit_vectors(n), n=6).tolist()) == list(range(n))


def test_uneven_cluster_wants_the_label_that_it_lacks(built: BuiltMap):
    place = find_uneven(built)[0]
    assert place.counts == {"Yes": 16}
    assert place.to_write == {"No": 11}  # 32 of 80 are No: as many as 16 / 48 · 32, rounded up
    plan = gap_plan(place, built, behaviour="likes tea")
    assert (plan.labels, plan.count, plan.examples) == (("No",), {"No": 11}, ())
    both = gap_plan(place, built, behaviour="likes tea", label="Yes", count=3)
    assert (both.count, len(both.examples)) == ({"Yes": 3}, 6)


def test_plan_of_a_gap_is_read_back_as_it_was(built: BuiltMap):
    plan = gap_plan(cluster_place(built, "kmeans", 0), built, behaviour="likes tea")
    assert plan.count == {"Yes": 50, "No": 50} or len(plan.labels) == 2
    assert plan.extends
    assert plan.extends.map == built.manifest.slug
    assert parse_plan(plan_toml(plan).encode(), Path("p.toml")) == plan
    assert parse_plan(plan_yaml(plan).encode(), Path("p.yaml")) == plan


def test_even_clusters_are_not_thin_and_one_whose_rows_repeat_is(built: BuiltMap):
    kept = np.ones(len(built), dtype=bool)
    assert find_thin(built, kept) == []
    labels = built.clustering("kmeans").labels
    kept[np.flatnonzero(labels == 2)[3:]] = False
    (place,) = find_thin(built, kept)
    assert (place.number, place.kind, len(place.rows)) == (2, "thin", 16)
    assert place.reason == "16 rows, 3 of them distinct; the median cluster has 16"
    assert place.to_write == {"Yes": 8, "No": 6}  # 13 in the shares of 48 and 32, rounded up
    with pytest.raises(ValueError, match="expected as many"):
        find_thin(built, kept[1:])


def test_chosen_rows_are_named_by_what_sets_them_apart(built: BuiltMap):
    rows = [row for row in range(len(built)) if built.text(row).startswith("harbour")]
    place = chosen_place(built, rows, chosen="lasso on the map")
    assert "harbour" in place.name
    assert topic_of("tea · garden") == "tea, garden"
    everything = chosen_place(built, range(len(built)), chosen="all")
    assert len(everything.rows) == 80


def test_behaviour_is_of_the_plan_beside_else_of_the_name(built: BuiltMap):
    assert behaviour_beside(built)[0] == "likes tea and cake"
    beside = Path(built.manifest.location).parent / "plan.yaml"
    beside.write_text("behaviour: wants cake\n")
    try:
        assert behaviour_beside(built) == ("wants cake", f"from {beside}")
    finally:
        beside.unlink()


def test_kind_is_that_of_the_labels(built: BuiltMap):
    assert kind_of(built) == ("yes_no", ("Yes", "No"))
