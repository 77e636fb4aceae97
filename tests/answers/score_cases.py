"""Examples' options, and when two scores are the same."""

from dataclasses import fields

import pytest

from evalmap.answers.answer_types import Options, ScoredAnswer

YES = Options("Yes", ("No",))
A = Options("(A)", ("(B)",))
ABC = Options("(B)", ("(A)", "(C)"))
UNLABELLED = Options(None, ("Yes", "No"))


def same(left: ScoredAnswer, right: ScoredAnswer) -> bool:
    """Equal in every field, numbers to 12 digits; nan equals nan."""
    pairs = [(getattr(left, f.name), getattr(right, f.name)) for f in fields(ScoredAnswer)]
    return all(a == (pytest.approx(b, rel=1e-12, abs=0, nan_ok=True) if isinstance(b, float) else b) for a, b in pairs)
