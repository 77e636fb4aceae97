import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalmap.data.errors import DatasetError
from evalmap.data.store.workspace import Workspace, stage_key
from evalmap.embeddings import sample_maps
from evalmap.embeddings.built_map import BuiltMap, load_map
from evalmap.screening.pair_types import NOT_EXACT, Pairs
from evalmap.screening.pairs import near_duplicates as pair_list
from evalmap.screening.pairs import pair_store
from evalmap.screening.pairs.cosine import similarities
from evalmap.screening.pairs.lexical import jaccard
from evalmap.screening.pairs.near_duplicates import find_near_duplicates
from evalmap.screening.pairs.pair_store import pairs_of, stored_pairs
from evalmap.tests.fakes import fake_vector, sentences

WORDS = st.lists(st.sampled_from(["tulip", "soil", "a", "anchor", "Oven", "oven!", "don’t", "don't"]), min_size=1, max_size=4)
TEXTS = st.lists(WORDS.map(" ".join), min_size=2, max_size=10)


def encoded(texts: list[str]) -> np.ndarray:
    return np.stack([fake_vector(text) for text in texts])


def by_text(texts: list[str], pairs: Pairs) -> list[tuple]:
    """The pairs as texts with their numbers, in an order of their own."""
    columns = zip(pairs.left, pairs.right, pairs.exact, pairs.lexical, pairs.semantic, strict=True)
    return sorted((*sorted((texts[i], texts[j])), e, lexical, semantic) for i, j, e, lexical, semantic in columns)


def listed(pairs: Pairs) -> set[tuple[int, int]]:
    return set(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))


@given(texts=TEXTS)
@settings(deadline=None, max_examples=40)
def test_a_pair_is_listed_where_any_method_has_it_and_bears_all_three_numbers(texts: list[str]):
    vectors = encoded(texts)
    pairs = find_near_duplicates(texts, vectors, floor=0.7, lexical_floor=0.4)
    left, right = np.triu_indices(len(texts), 1)
    lexical, semantic = jaccard(texts, left, right), similarities(vectors, left, right)
    equal = pair_list.finest_level(pair_list.group_by_level(texts), left, right)
    kept = (lexical >= np.float32(0.4)) | (semantic >= np.float32(0.7)) | (equal < NOT_EXACT)
    assert (pairs.left.tolist(), pairs.right.tolist()) == (left[kept].tolist(), right[kept].tolist())
    assert pairs.exact.tolist() == equal[kept].tolist()
    assert pairs.lexical.tolist() == lexical[kept].tolist()
    assert pairs.semantic.tolist() == semantic[kept].tolist()
    assert [column.dtype for column in (pairs.left, pairs.exact, pairs.lexical, pairs.semantic)] == [
        np.int32, np.uint8, np.float32, np.float32,
    ]  # fmt: skip


@given(texts=TEXTS, max_pairs=st.sampled_from([1, 3, 10, 1000]), data=st.data())
@settings(deadline=None, max_examples=40)
def test_the_pairs_of_texts_do_not_depend_on_row_order(texts: list[str], max_pairs: int, data: st.DataObject):
    order = data.draw(st.permutations(range(len(texts))))
    moved = [texts[i] for i in order]
    here = find_near_duplicates(texts, encoded(texts), floor=0.6, lexical_floor=0.3, max_pairs=max_pairs)
    there = find_near_duplicates(moved, encoded(moved), floor=0.6, lexical_floor=0.3, max_pairs=max_pairs)
    assert by_text(texts, here) == by_text(moved, there)
    assert here.floors == there.floors
    assert here.settings["capped"] == there.settings["capped"]


@given(texts=TEXTS, max_pairs=st.integers(1, 20))
@settings(deadline=None, max_examples=40)
def test_no_method_brings_more_pairs_than_the_cap_and_each_change_is_stated(texts: list[str], max_pairs: int):
    pairs = find_near_duplicates(texts, encoded(texts), floor=0.6, lexical_floor=0.3, max_pairs=max_pairs)
    whole = find_near_duplicates(texts, encoded(texts), floor=0.6, lexical_floor=0.3)
    folded = sum(rows - 1 for _, rows in pairs.settings["hubs"])
    assert len(pairs) <= 3 * max_pairs + folded
    assert listed(pairs) <= listed(whole)
    if not pairs.settings["capped"]:
        assert listed(pairs) == listed(whole)
        assert pairs.floors == whole.floors


def test_a_text_repeated_beyond_the_cap_is_paired_with_its_first_row_only():
    texts = ["rare words here", *["the same text"] * 50, "The same text", *["twice said"] * 2]
    pairs = find_near_duplicates(texts, encoded(texts), max_pairs=100)
    assert pairs.settings["hubs"] == [[1, 50]]
    assert listed(pairs) == {(1, row) for row in range(2, 52)} | {(52, 53)}
    assert pairs.exact.tolist() == [0] * 49 + [1, 0]
    (sentence,) = pairs.settings["capped"]
    assert sentence.startswith("1 text is repeated so often (50 rows) that their pairs would pass 100")


def test_identical_rows_are_all_paired_below_the_cap():
    texts = ["one and the same"] * 12
    pairs = find_near_duplicates(texts, encoded(texts))
    assert len(pairs) == 66
    assert set(pairs.exact.tolist()) == {0}
    assert set(pairs.lexical.tolist()) == {1.0}
    assert pairs.semantic.min() > 0.999999


def test_one_method_alone_finds_its_own_pairs():
    texts = [*sentences(20), sentences(20)[3].upper(), "garden roses tulips soil number0x0"]
    vectors = encoded(texts)
    exact = find_near_duplicates(texts, vectors, methods=["exact"])
    assert listed(exact) == {(3, 20)}
    assert exact.floors == {"lexical": math.inf, "semantic": math.inf}
    assert exact.settings["exact_level"] == "alphanumeric"
    lexical = find_near_duplicates(texts, vectors, methods=["lexical"], lexical_floor=0.9)
    assert listed(lexical) == {(3, 20)}
    assert lexical.floors == {"lexical": 0.9, "semantic": math.inf}
    assert lexical.settings["exact_level"] is None


def test_progress_rises_to_its_total():
    reports: list[tuple[int, int]] = []
    texts = sentences(30)
    find_near_duplicates(texts, encoded(texts), progress=lambda done, total: reports.append((done, total)))
    assert reports == sorted(reports)
    assert reports[-1] == (60, 60)


@pytest.mark.parametrize(
    ("texts", "options", "sentence"),
    [
        ([], {}, "0 rows cannot be compared; near-duplicates need at least 2"),
        (["one"], {}, "1 row cannot be compared; near-duplicates need at least 2"),
        (["a", "b"], {"floor": 1.2}, "floor is 1.2; expected a similarity from 0 to 1"),
        (["a", "b"], {"floor": -0.5}, "floor is -0.5; expected a similarity from 0 to 1"),
        (["a", "b"], {"lexical_floor": 0}, "lexical floor is 0; expected a similarity above 0"),
        (["a", "b"], {"max_pairs": 0}, "max_pairs is 0; expected at least 1"),
        (["a", "b"], {"methods": ["fuzzy"]}, "method 'fuzzy' is unknown; choose from exact, lexical, semantic"),
    ],
)
def test_what_cannot_be_compared_is_told_in_one_sentence(texts: list[str], options: dict, sentence: str):
    with pytest.raises(DatasetError, match=sentence):
        find_near_duplicates(texts, np.zeros((len(texts), 4), dtype=np.float32), **options)


def test_embeddings_of_another_length_are_refused():
    with pytest.raises(ValueError, match="embeddings have 3 rows; expected one for each of the 2 texts"):
        find_near_duplicates(["a", "b"], encoded(["a", "b", "c"]))


# The bundled samples


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[BuiltMap, Workspace]:
    workspace = Workspace(tmp_path_factory.mktemp("samples"))
    sample_maps.install(workspace)
    return load_map(workspace, workspace.find("samples")), workspace


@pytest.fixture(scope="module")
def numbers(built: tuple[BuiltMap, Workspace]) -> dict[tuple[tuple[str, int], tuple[str, int]], tuple[int, float, float]]:
    """(exact, lexical, semantic) by the identities of the two rows, in the order of the rows."""
    pairs, maps = pairs_of(built[0], built[1]), built[0]
    columns = zip(pairs.left, pairs.right, pairs.exact, pairs.lexical, pairs.semantic, strict=True)
    return {(maps.identity(a), maps.identity(b)): (int(e), float(v), float(s)) for a, b, e, v, s in columns}


def planted(kind: str) -> list[tuple[str, tuple[int, int], str]]:
    """(dataset, lines, kind of variant) of everything planted."""
    found = json.loads((sample_maps.ROOT / "PLANTED.json").read_text(encoding="utf-8"))
    entries = [(name.removesuffix(".jsonl"), entry) for name, flaws in found.items() for entry in flaws.get(kind, [])]
    return [
        (name, tuple(entry["lines"]), entry["kind"]) if isinstance(entry, dict) else (name, tuple(entry), "")
        for name, entry in entries
    ]


def test_planted_exact_duplicates_are_equal_in_their_bytes(numbers):
    for name, (a, b), _ in planted("exact"):
        assert numbers[(name, a), (name, b)][:2] == (0, 1.0)


def test_planted_variants_are_equal_under_the_normalisation_that_folds_them(numbers):
    levels = {"case": 1, "double space": 1, "double spaces": 1, "missing apostrophe": 3}
    for name, (a, b), kind in planted("variants"):
        exact, lexical, _ = numbers[(name, a), (name, b)]
        assert exact == levels.get(kind, 2), (name, a, b)
        assert lexical == 1.0 or exact == 3, (name, a, b)


def test_planted_contradictions_are_listed(numbers):
    for name, (a, b), _ in planted("contradictions"):
        assert ((name, a), (name, b)) in numbers


@pytest.mark.parametrize(("threshold", "found_of_39"), [(0.82, 39), (0.85, 33), (0.9, 20)])
def test_planted_paraphrases_are_found_by_meaning(numbers, threshold: float, found_of_39: int):
    paraphrases = [numbers[(name, a), (name, b)] for name, (a, b), _ in planted("paraphrases")]
    assert len(paraphrases) == 39
    assert sum(semantic >= threshold for _, _, semantic in paraphrases) == found_of_39
    assert {exact for exact, _, _ in paraphrases} == {NOT_EXACT}
    assert sum(lexical >= 0.5 for _, lexical, _ in paraphrases) == 7  # what string matching would have found


def test_from_0_9_on_every_pair_of_the_samples_was_planted(numbers):
    kinds = ("exact", "variants", "paraphrases", "contradictions")
    known = {((name, a), (name, b)) for kind in kinds for name, (a, b), _ in planted(kind)}
    copies = json.loads((sample_maps.ROOT / "PLANTED.json").read_text(encoding="utf-8"))
    for name, flaws in copies.items():
        for copy in flaws.get("copied_from", []):
            known.add(((copy["file"].removesuffix(".jsonl"), copy["source_line"]), (name.removesuffix(".jsonl"), copy["line"])))
    assert {pair for pair, (_, _, semantic) in numbers.items() if semantic >= 0.9} <= known


def test_pairs_of_a_map_are_kept_and_read_again(built: tuple[BuiltMap, Workspace], monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    maps, workspace = built[0], Workspace(tmp_path)
    assert stored_pairs(maps, workspace) is None
    first = pairs_of(maps, workspace)
    monkeypatch.setattr(pair_store, "find_near_duplicates", lambda *_, **__: pytest.fail("searched again"))
    again = pairs_of(maps, workspace)
    stored = stored_pairs(maps, workspace)
    assert stored is not None
    for name in ("left", "right", "exact", "lexical", "semantic"):
        assert np.array_equal(getattr(first, name), getattr(again, name))
        assert np.array_equal(getattr(first, name), getattr(stored, name))
    assert (again.n, again.floors, again.settings) == (first.n, first.floors, first.settings)


def test_a_list_of_an_earlier_version_is_found_and_read(built: tuple[BuiltMap, Workspace], tmp_path: Path):
    """Its key has not moved; its settings say layers and N3."""
    maps, workspace = built[0], Workspace(tmp_path)
    first = pairs_of(maps, workspace)
    embeddings = maps.manifest.key("embeddings")
    given = {"layers": ["exact", "lexical", "semantic"], "floor": 0.8, "lexical_floor": 0.5, "max_pairs": 5_000_000}
    path = workspace.entry("pairs", f"{embeddings}-{stage_key('pairs', 1, embeddings, given)}") / "settings.json"
    stored = json.loads(path.read_text(encoding="utf-8"))
    earlier = {"methods": "layers", "hubs": "stars"}
    stored["settings"] = {earlier.get(name, name): value for name, value in stored["settings"].items()} | {"exact_level": "N3"}
    path.write_text(json.dumps(stored), encoding="utf-8")
    again = stored_pairs(maps, workspace)
    assert again is not None
    assert list(again.settings.items()) == list(first.settings.items())  # in the same order: reports are the same byte for byte


def test_other_settings_or_embeddings_make_another_entry(built: tuple[BuiltMap, Workspace], tmp_path: Path):
    maps, workspace = built[0], Workspace(tmp_path)
    exact = pairs_of(maps, workspace, methods=["exact"])
    assert math.isinf(exact.floors["semantic"])
    assert len(pairs_of(maps, workspace, methods=["lexical", "exact"])) > len(exact)
    stages = tuple(replace(s, key="other") if s.name == "embeddings" else s for s in maps.manifest.stages)
    pairs_of(replace(maps, manifest=replace(maps.manifest, stages=stages)), workspace, methods=["exact"])
    assert len(workspace.entries("pairs")) == 3
