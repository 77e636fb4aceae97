"""The bundled samples: that they are what their README and PLANTED.json say, and that the shipped maps are today's."""

import io
import json
import re
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from evalmap.data.opening import open_dataset
from evalmap.data.store.workspace import Workspace
from evalmap.data.text.multiple_choice import lacks_question, split
from evalmap.data.text.normalization import normalize
from evalmap.embeddings import sample_maps, thumbnail
from evalmap.embeddings.built_map import BuiltMap, load_map, thumbnail_file
from evalmap.embeddings.clustering import cluster_kmeans
from evalmap.embeddings.encoder import SentenceEncoder
from evalmap.embeddings.name_quality import measure_names
from evalmap.embeddings.neighbors import GRAPH, find_neighbors
from evalmap.embeddings.pipeline import STAGES
from evalmap.embeddings.stages import digest, load_clusterings, load_graph
from evalmap.embeddings.vectors import embed_few
from evalmap.tests.writing.scripted_plan import adds_up, lines
from evalmap.writing.plans import read_plan

LM = "advanced-ai-risk/lm_generated_evals/accepts-being-paused.jsonl"
HUMAN = "advanced-ai-risk/human_generated_evals/accepts-being-paused.jsonl"
COLLECTIVE = "persona/values-collective-decisions.jsonl"
WRITTEN = "written/wants-to-keep-promises/wants-to-keep-promises.jsonl"  # by a small model, with our plan
PERSONA = ("question", "statement", "label_confidence", "answer_matching_behavior", "answer_not_matching_behavior")
OF_A_PLAN = ("question", "statement", "answer_matching_behavior", "answer_not_matching_behavior", "label_confidence")
CHOICE = ("question", "answer_matching_behavior", "answer_not_matching_behavior")
SCHEMAS = ("index", "occupation", "other_person", "pronoun_options", "sentence_with_blank", "percent_women", "sector")
# path → (fields, rows, labels)
FILES: dict[str, tuple[tuple[str, ...], int, dict[str | None, int]]] = {
    HUMAN: (CHOICE, 60, {" (A)": 26, " (B)": 27, " (C)": 6, " (D)": 1}),
    LM: (CHOICE, 180, {" (A)": 90, " (B)": 90}),
    "persona/prefers-careful-planning.jsonl": (PERSONA, 200, {" Yes": 100, " No": 100}),
    COLLECTIVE: (PERSONA, 200, {" Yes": 100, " No": 100}),
    "sycophancy/sycophancy_on_city_planning.jsonl": (CHOICE, 150, {" (A)": 75, " (B)": 75}),
    "sycophancy/sycophancy_on_scientific_practice.jsonl": (
        CHOICE, 150, {" (A)": 40, " (B)": 39, " (C)": 41, " (D)": 27, " (E)": 3},
    ),
    "winogenerated/schemas_of_work.jsonl": (SCHEMAS, 180, {None: 180}),
    WRITTEN: (OF_A_PLAN, 32, {" Yes": 13, " No": 19}),
}  # fmt: skip
PLANTED: dict[str, Any] = json.loads((sample_maps.ROOT / "PLANTED.json").read_text("utf-8"))
SHIPPED = {manifest.slug: manifest for manifest in Workspace(sample_maps.BUILT).manifests()}
LEAST_COSINE, LEAST_OVERLAP, LEAST_RAND, MOST_INERTIA = 0.999, 0.97, 0.9, 0.01


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return SentenceEncoder(dtype="float32")


@cache
def rows_of(file: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (sample_maps.ROOT / file).read_bytes().split(b"\n") if line]


def text_of(file: str, line: int) -> str:
    row = rows_of(file)[line - 1]
    return row.get("statement") or row.get("question") or row["sentence_with_blank"]


def label_of(file: str, line: int) -> str | None:
    return rows_of(file)[line - 1].get("answer_matching_behavior")


def planted(kind: str) -> list[Any]:
    return [pytest.param(file, plants[kind], id=Path(file).stem) for file, plants in PLANTED.items() if plants.get(kind)]


# The datasets


def test_files_are_those_that_are_described():
    assert [path.relative_to(sample_maps.ROOT).as_posix() for path in sample_maps.sample_files()] == sorted(FILES)
    told = dict(re.findall(r"^\| `([^`]+)` \| (\d+) \|", (sample_maps.ROOT / "README.md").read_text("utf-8"), re.MULTILINE))
    assert told == {file: str(rows) for file, (_, rows, _) in FILES.items()}
    assert set(PLANTED) == set(FILES) - {HUMAN, WRITTEN}


@pytest.mark.parametrize("file", FILES)
def test_rows_fields_and_labels(file: str):
    fields, count, labels = FILES[file]
    rows = rows_of(file)
    assert len(rows) == count
    assert {tuple(row) for row in rows} == {fields}
    assert Counter(row.get("answer_matching_behavior") for row in rows) == labels


def test_persona_questions_open_and_close_around_the_statement():
    for file in FILES:
        for row in rows_of(file):
            if "statement" in row:
                assert row["question"] == f'Is the following statement something you would say?\n"{row["statement"]}"'
                assert 0.5 <= row["label_confidence"] <= 1
                assert {row["answer_matching_behavior"], row["answer_not_matching_behavior"]} == {" Yes", " No"}


def test_answers_are_among_the_options():
    for file, (fields, _, _) in FILES.items():
        for row in rows_of(file) if fields == CHOICE else ():
            apart = split(row["question"])
            assert apart, row
            others = row["answer_not_matching_behavior"]
            answers = [row["answer_matching_behavior"], *(others if isinstance(others, list) else [others])]
            options = [f" {mark}" for mark, _ in apart.choices]
            assert len(set(answers)) == len(answers)
            assert set(answers) <= set(options)
            if isinstance(others, list):
                assert set(answers) == set(options)


def test_list_valued_answers_are_there_and_only_there():
    listed = {file for file in FILES if isinstance(rows_of(file)[0].get("answer_not_matching_behavior"), list)}
    assert listed == {"sycophancy/sycophancy_on_scientific_practice.jsonl"}
    (file,) = listed
    assert {len(row["answer_not_matching_behavior"]) for row in rows_of(file)} == {2, 3, 4}


def test_schemas_leave_one_blank_for_a_pronoun():
    rows = rows_of("winogenerated/schemas_of_work.jsonl")
    assert Counter(Counter(row["occupation"] for row in rows).values()) == {6: 30}
    pronouns = {("his", "her", "their"), ("he", "she", "they"), ("him", "her", "them")}
    assert {tuple(row["pronoun_options"]) for row in rows} == pronouns
    for row in rows:
        assert row["sentence_with_blank"].count("_") == 1
        assert row["occupation"] in row["sentence_with_blank"].lower()


def test_what_a_small_model_wrote_is_whole_and_told_as_it_is():
    """The plan is one that is read, each row says where it comes from, and the counts add up to what the model returned."""
    folder = (sample_maps.ROOT / WRITTEN).parent
    plan, table = read_plan(folder / "plan.toml"), json.loads((folder / "table.json").read_text("utf-8"))
    counts = table["table"]["all"]
    assert (table["plan"], counts["replies"], sum(plan.count.values())) == (plan.hash, 120, 120)
    assert all(adds_up(one) for one in table["table"].values())
    rows, sources, rejected = (lines(folder / name) for name in (f"{folder.name}.jsonl", "provenance.jsonl", "rejected.jsonl"))
    assert (len(rows), len(sources), len(rejected)) == (counts["kept"], counts["kept"], counts["pieces"] - counts["kept"])
    assert all(row["statement"] in source["raw"] for row, source in zip(rows, sources, strict=True))
    assert {source["model"] for source in sources} == {"SmolLM2-135M-Instruct.Q4_1"}
    assert {source["plan"] for source in sources} == {plan.hash}
    assert "by a small model" in SHIPPED["wants-to-keep-promises-by-a-small-model"].name
    assert "SmolLM2-135M-Instruct" in (sample_maps.ROOT / "LICENSE").read_text("utf-8")


# The plants


@pytest.mark.parametrize(("file", "pairs"), planted("exact"))
def test_exact_duplicates_are_equal_byte_by_byte(file: str, pairs: list[list[int]]):
    assert [pair for pair in pairs if text_of(file, pair[0]) != text_of(file, pair[1])] == []
    assert [pair for pair in pairs if label_of(file, pair[0]) != label_of(file, pair[1])] == []


@pytest.mark.parametrize(("file", "variants"), planted("variants"))
def test_variants_differ_in_spelling_only(file: str, variants: list[dict[str, Any]]):
    for variant in variants:
        one, other = (text_of(file, line) for line in variant["lines"])
        assert one != other, variant
        assert any(normalize(one, level) == normalize(other, level) for level in ("typographic", "alphanumeric")), variant


@pytest.mark.parametrize(("file", "pairs"), planted("paraphrases"))
def test_paraphrases_are_not_variants(file: str, pairs: list[list[int]]):
    assert [pair for pair in pairs if len({normalize(text_of(file, line), "alphanumeric") for line in pair}) < 2] == []


@pytest.mark.parametrize(("file", "pairs"), planted("contradictions"))
def test_contradictions_are_equal_texts_with_opposite_labels(file: str, pairs: list[list[int]]):
    for one, other in pairs:
        assert text_of(file, one) == text_of(file, other)
        assert label_of(file, one) == rows_of(file)[other - 1]["answer_not_matching_behavior"]
        assert label_of(file, other) == rows_of(file)[one - 1]["answer_not_matching_behavior"]


@pytest.mark.parametrize(("file", "plants"), list(PLANTED.items()), ids=lambda p: str(p)[:40])
def test_nothing_is_repeated_but_what_was_planted(file: str, plants: dict[str, Any]):
    told = {frozenset(pair) for pair in plants["exact"] + plants.get("contradictions", [])}
    told |= {frozenset(variant["lines"]) for variant in plants["variants"]}
    lines: dict[str, list[int]] = {}
    for line in range(1, len(rows_of(file)) + 1):
        lines.setdefault(normalize(text_of(file, line), "alphanumeric"), []).append(line)
    assert {frozenset(group) for group in lines.values() if len(group) > 1} == told


def test_word_shortcut_gives_the_label_away():
    shortcut = PLANTED[COLLECTIVE]["shortcut"]
    word = re.compile(rf"\b{shortcut['word']}\b", re.IGNORECASE)
    bearing = [line for line in range(1, 201) if word.search(text_of(COLLECTIVE, line))]
    assert bearing == shortcut["lines"]
    assert {label_of(COLLECTIVE, line) for line in bearing} == {f" {shortcut['label']}"}
    assert len(bearing) >= 30


def test_option_shortcut_gives_the_label_away_but_for_its_exceptions():
    shortcut = PLANTED[LM]["shortcut"]
    assert shortcut["rule"] == "bare Yes/No options: Yes matches"
    yes: dict[int, str] = {}
    for line in range(1, 181):
        apart = split(text_of(LM, line))
        assert apart
        if {option for _, option in apart.choices} == {"Yes", "No"}:
            yes[line] = next(f" {mark}" for mark, option in apart.choices if option == "Yes")
    assert list(yes) == shortcut["lines"]
    assert [line for line, mark in yes.items() if label_of(LM, line) != mark] == shortcut["exceptions"]


@pytest.mark.parametrize(("file", "lines"), planted("no_question"))
def test_rows_without_a_question_are_those(file: str, lines: list[int]):
    assert [line for line in range(1, len(rows_of(file)) + 1) if lacks_question(text_of(file, line))] == lines


@pytest.mark.parametrize(("file", "copies"), planted("copied_from"))
def test_copies_between_files_are_equal_but_for_spelling(file: str, copies: list[dict[str, Any]]):
    found = {
        (line, source_line)
        for line in range(1, len(rows_of(file)) + 1)
        for source_line in range(1, len(rows_of(HUMAN)) + 1)
        if normalize(text_of(file, line), "typographic") == normalize(text_of(HUMAN, source_line), "typographic")
    }
    assert found == {(copy["line"], copy["source_line"]) for copy in copies}
    assert {copy["file"] for copy in copies} == {HUMAN}
    assert [pair for pair in found if label_of(file, pair[0]) != label_of(HUMAN, pair[1])] == []


@pytest.mark.evals
def test_no_sentence_was_taken_from_the_published_evaluations(evals_root: Path):
    def sentences_of(text: str) -> set[str]:
        parts = (normalize(part, "alphanumeric") for part in re.split(r"(?<=[.!?])\s+|\n", text))
        return {part for part in parts if len(part.split()) >= 7}  # "How do you feel about that?" is everyone's

    schema = {"is the following statement something you would say"}
    ours = {part: file for file in FILES for line in range(1, len(rows_of(file)) + 1) for part in sentences_of(text_of(file, line))}
    taken = set()
    for path in sorted(evals_root.rglob("*.jsonl")):
        for line in path.read_text("utf-8").split("\n"):
            row = json.loads(line) if line else {}
            text = row.get("statement") or row.get("question") or row.get("sentence_with_blank") or ""
            taken |= {(part, ours[part], path.name) for part in sentences_of(text) & ours.keys()}
    assert {found for found in taken if found[0] not in schema} == set()


# The shipped maps


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = Workspace(tmp_path_factory.mktemp("shipped"))
    assert sample_maps.install(workspace) == list(SHIPPED)
    return workspace


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = Workspace(tmp_path_factory.mktemp("rebuilt"))
    sample_maps.build_samples(workspace)
    return workspace


def both(shipped: Workspace, rebuilt: Workspace, slug: str) -> tuple[BuiltMap, BuiltMap]:
    return load_map(shipped, shipped.find(slug)), load_map(rebuilt, rebuilt.find(slug))


def test_every_sample_has_a_map_and_all_of_them_one():
    files = [path.relative_to(sample_maps.ROOT).as_posix() for path in sample_maps.sample_files()]
    assert sorted(manifest.source for manifest in SHIPPED.values()) == sorted([".", *files])
    assert {manifest.source: manifest.rows for manifest in SHIPPED.values()} == {
        ".": sum(rows for file, (_, rows, _) in FILES.items() if file != WRITTEN),
        **{file: rows for file, (_, rows, _) in FILES.items()},
    }  # fmt: skip


def test_every_stage_that_is_shipped_is_needed_and_there():
    needed = {(stage.name, stage.key) for manifest in SHIPPED.values() for stage in manifest.stages}
    assert {(path.parent.name, path.name) for path in (sample_maps.BUILT / "stages").glob("*/*")} == needed


@pytest.mark.parametrize("slug", SHIPPED)
def test_shipped_records_are_those_of_the_files(slug: str):
    dataset = sample_maps.open_samples() if slug == "samples" else open_dataset(sample_maps.ROOT / SHIPPED[slug].source)
    built = load_map(Workspace(sample_maps.BUILT), SHIPPED[slug])
    if slug != "samples":  # two files share a stem, so the name may differ; what is in them may not
        assert built.examples["dataset"].nunique() == 1
    assert built.examples["raw"].tolist() == dataset.examples["raw"].tolist()
    assert built.examples["embedded_text"].tolist() == dataset.examples["embedded_text"].tolist()
    assert built.examples["label"].fillna("").tolist() == dataset.examples["label"].fillna("").tolist()
    assert len(digest(dataset)) == 64


@pytest.mark.parametrize("slug", SHIPPED)
def test_shipped_neighbours_are_exactly_those_of_the_shipped_vectors(slug: str):
    built = load_map(Workspace(sample_maps.BUILT), SHIPPED[slug])
    graph = find_neighbors(np.array(built.vectors), n_neighbors=GRAPH)
    wrong = np.flatnonzero((graph.knn_indices != built.graph.knn_indices).any(axis=1))
    assert wrong.tolist() == [], f"{slug}: other neighbours of these rows"
    np.testing.assert_allclose(graph.knn_similarities, built.graph.knn_similarities, atol=1e-5)


@pytest.mark.parametrize("slug", SHIPPED)
def test_shipped_k_means_is_that_of_the_shipped_vectors(slug: str):
    from sklearn.metrics import adjusted_rand_score

    built = load_map(Workspace(sample_maps.BUILT), SHIPPED[slug])
    settings = built.manifest.settings
    again = cluster_kmeans(np.array(built.vectors), k=settings.k, random_state=settings.seed)
    assert adjusted_rand_score(again.labels, built.clustering("kmeans").labels) >= LEAST_RAND


def inertia(built: BuiltMap) -> float:
    """The sum of squared distances of the rows to their cluster's mean, what k-means makes small."""
    labels = built.clustering("kmeans").labels
    vectors = np.array(built.vectors, dtype=np.float64)
    return sum(float(((of - of.mean(axis=0)) ** 2).sum()) for of in (vectors[labels == c] for c in range(labels.max() + 1)))


# Vectors differ in the fourth decimal between CPUs with and without bf16. Where two solutions of k-means are equally good, as in
# values-collective-decisions (inertia 145.07 and 145.27), that decides which is found: today's must be as good, not the same.
@pytest.mark.model
@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("slug", SHIPPED)
def test_shipped_picture_is_that_of_the_shipped_map(slug: str):
    workspace = Workspace(sample_maps.BUILT)
    built, file = load_map(workspace, SHIPPED[slug]), thumbnail_file(workspace, SHIPPED[slug])
    topics = thumbnail.by_cluster(built.clustering("topics-coarse").labels)
    drawn = thumbnail.draw_thumbnail(built.coordinates, thumbnail.by_label(built.examples) or topics)
    assert file
    with Image.open(file) as kept, Image.open(io.BytesIO(drawn)) as today:  # another libwebp may pack the same pixels otherwise
        assert np.array_equal(np.asarray(kept.convert("RGBA")), np.asarray(today.convert("RGBA")))


@pytest.mark.parametrize("slug", SHIPPED)
def test_shipped_map_is_what_build_makes_today(slug: str, shipped: Workspace, rebuilt: Workspace):
    old, new = both(shipped, rebuilt, slug)
    differs: list[str] = []
    for name in STAGES:
        keys = [built.manifest.key(name) for built in (old, new)]
        if keys[0] != keys[1]:
            differs.append(f"key of {name}: shipped {keys[0]}, today {keys[1]}")
    for setting in ("model", "n_neighbors", "min_dist", "k", "seed", "part"):
        then, today = (getattr(built.manifest.settings, setting) for built in (old, new))
        if then != today:
            differs.append(f"{setting}: {then}, today {today}")
    for name in ("rows", "roles", "schema", "labels", "boilerplate", "truncated", "set_aside", "datasets"):
        then, today = (getattr(built.manifest, name) for built in (old, new))
        if then != today:
            differs.append(f"{name}: shipped {then}, today {today}")
    if old.examples["embedded_text"].tolist() == new.examples["embedded_text"].tolist():
        cosines = (old.vectors * new.vectors).sum(axis=1)
        if cosines.min() < LEAST_COSINE:
            differs.append(f"vectors: cosine {cosines.min():.5f} at row {cosines.argmin()}, {(cosines < LEAST_COSINE).sum()} rows")
        k = old.graph.knn_indices.shape[1]
        shared = [len(np.intersect1d(a, b)) for a, b in zip(old.graph.knn_indices, new.graph.knn_indices, strict=True)]
        if np.mean(shared) / k < LEAST_OVERLAP:
            differs.append(f"neighbours: overlap {np.mean(shared) / k:.3f}")
        then, today = (inertia(built) for built in (old, new))
        if today > (1 + MOST_INERTIA) * then:
            differs.append(f"k-means: inertia {today:.2f}, shipped {then:.2f}")
        if old.clustering("kmeans").n_clusters != new.clustering("kmeans").n_clusters:
            differs.append("k-means: another number of clusters")
    else:
        differs.append("embedded texts")
    assert not differs, f"{slug}: ship the samples anew. " + "; ".join(differs)


@pytest.mark.model
@pytest.mark.parametrize("slug", SHIPPED)
def test_shipped_names_all_find_their_clusters(slug: str, encoder: SentenceEncoder):
    built = load_map(Workspace(sample_maps.BUILT), SHIPPED[slug])
    vectors = [embed_few([name.name for name in built.names_by_layer[layer.layer]], encoder) for layer in built.clusterings]
    for quality in measure_names(vectors, built.clusterings, np.array(built.vectors)):
        lost = [built.names_by_layer[quality.layer][cluster].name for cluster in np.flatnonzero(~quality.found)]
        assert lost == [], (
            f"{slug}, {quality.layer}: {quality.ratio_found:.3f} find their cluster, 1.000 did when they were shipped"
        )


def test_shipped_maps_open_where_they_were_installed(shipped: Workspace):
    for slug in SHIPPED:
        manifest = shipped.find(slug)
        assert manifest.sample
        assert Path(manifest.source).exists()
        built = load_map(shipped, manifest)
        assert len(built.examples) == len(built.coordinates) == len(built.vectors) == manifest.rows
        assert np.isfinite(built.coordinates).all()
        for layer in built.clusterings:
            assert sum(c["size"] for c in built.clusters() if c["layer"] == layer.layer) == manifest.rows
    assert load_graph(shipped.entry("neighbors", shipped.find("samples").key("neighbors")))
    assert load_clusterings(shipped.entry("clustering", shipped.find("samples").key("clustering")))


def test_install_leaves_what_the_user_built_and_brings_older_samples_up_to_date(tmp_path: Path):
    workspace = Workspace(tmp_path)
    sample_maps.install(workspace)
    sample = workspace.find("prefers-careful-planning")
    own = replace(sample, fingerprint="own", settings=replace(sample.settings, k=3), sample=False)
    workspace.save_manifest(own)
    older = replace(workspace.find("schemas-of-work"), fingerprint="older", source="/elsewhere/schemas_of_work.jsonl")
    workspace.save_manifest(older)
    assert sample_maps.install(workspace) == list(SHIPPED)
    assert workspace.manifest("prefers-careful-planning") == own
    assert workspace.find("schemas-of-work").fingerprint == SHIPPED["schemas-of-work"].fingerprint
    assert Path(workspace.find("schemas-of-work").source).exists()


def test_ship_writes_sources_relative_to_the_samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shipped: Workspace):
    monkeypatch.setattr(sample_maps, "BUILT", tmp_path / "built")
    sample_maps.ship(shipped)
    assert {path.name for path in (tmp_path / "built" / "datasets").iterdir()} == {f"{slug}.json" for slug in SHIPPED}
    for slug in SHIPPED:
        written = json.loads((tmp_path / "built" / "datasets" / f"{slug}.json").read_text("utf-8"))
        assert written["source"] == written["location"] == SHIPPED[slug].source
    assert sample_maps.install(Workspace(tmp_path / "home")) == list(SHIPPED)
