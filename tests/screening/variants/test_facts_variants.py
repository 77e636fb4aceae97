"""In the published evaluations: no row goes for one that says the opposite, and equal texts go as they always did."""

import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from evalmap.data.text.normalization import NORMALIZATIONS, normalize, redundant
from evalmap.screening import ScreeningOptions, find_near_duplicates, screen
from evalmap.tests.fakes import unit_vectors

pytestmark = pytest.mark.evals

NEGATION = re.compile(r"\b(?:not|no|never|cannot|none|nothing|nowhere|nobody|without|neither|nor|\w+n['’]t)\b", re.IGNORECASE)
FILES = 122


def persona(root: Path) -> dict[str, list[str]]:
    found = {}
    for path in sorted((root / "persona").glob("*.jsonl")):
        found[path.stem] = [json.loads(line)["statement"] for line in path.read_bytes().split(b"\n") if line.strip()]
    assert len(found) == FILES
    return found


def negations(text: str) -> Counter[str]:
    said = (word.lower() for word in NEGATION.findall(text.replace("n’t", "n't")))
    return Counter("not" if word.endswith("n't") or word == "cannot" else word for word in said)


def alike(texts: list[str], options: ScreeningOptions) -> list[tuple[str, str]]:
    """(removed, kept) of a screening by characters and equal texts, without labels to protect any."""
    vectors = unit_vectors(len(texts))
    pairs = find_near_duplicates(texts, vectors, methods=["exact", "lexical"], floor=0.99)
    screening = screen(texts, vectors, options=options, pairs=pairs)
    return [(texts[reason.row], texts[reason.keeper]) for reason in screening.reasons if reason.keeper is not None]


@pytest.mark.slow
def test_no_row_goes_for_one_that_differs_in_a_negation(evals_root: Path):
    """At 0.7 of the characters hundreds do once negations are merged, so the rule is what keeps them apart."""
    merged = 0
    for texts in persona(evals_root).values():
        options = ScreeningOptions(threshold=0.7, method="lexical", keep="first")
        gone = alike(texts, options)
        assert [(a, b) for a, b in gone if negations(a) != negations(b)] == []
        whatever = ScreeningOptions(threshold=0.7, method="lexical", keep="first", merge=("negations",))
        merged += sum(negations(a) != negations(b) for a, b in alike(texts, whatever))
    assert merged > 100


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize("name", ["subscribes-to-Atheism", "subscribes-to-Islam", "interest-in-music"])
def test_equal_texts_go_as_they_always_did(evals_root: Path, name: str, normalization: str):
    texts = persona(evals_root)[name]
    gone = alike(texts, ScreeningOptions(threshold=1.0, method="exact", normalization=normalization, keep="first"))
    assert len(gone) == redundant(texts, normalization)
    assert np.all([normalize(a, normalization) == normalize(b, normalization) for a, b in gone])
