"""What a reader said of pairs: kept by content, one at a time, and which pair comes next."""

from pathlib import Path

import numpy as np
import pytest

from evalmap.data.errors import DatasetError
from evalmap.data.opening import open_dataset
from evalmap.data.store.workspace import Workspace
from evalmap.screening.keep.by_hand import RowKey, row_keys
from evalmap.screening.pair_judgements import JudgedThreshold, PairJudgements, judged_from, judgements_path, read_on
from evalmap.screening.pair_types import Pairs
from evalmap.screening.variants.variants import Differences
from evalmap.tests.fakes import write_rows

SOURCE = "/data/a"
A, B, C = (RowKey("a", name) for name in "123")


def test_judgements_are_kept_and_the_last_word_about_two_rows_holds(tmp_path: Path):
    space = Workspace(tmp_path)
    with PairJudgements.changing(space, SOURCE) as made:
        made.judge(A, B, "same")
        made.judge(B, C, "skipped")
        made.judge(B, A, "different")
    kept = PairJudgements.load(space, SOURCE)
    assert [(one.one, one.other, one.verdict) for one in kept.made] == [(B, C, "skipped"), (B, A, "different")]
    assert PairJudgements.from_list(kept.as_list(), where="here") == kept
    with PairJudgements.changing(space, SOURCE) as made:
        assert made.undo() == kept.made[-1]
    assert len(PairJudgements.load(space, SOURCE)) == 1
    assert len(PairJudgements.load(space, "/data/other")) == 0


@pytest.mark.parametrize("content", ["{", "[]", '{"judgements": 3}', '{"judgements": [{"rows": []}]}'])
def test_damaged_judgements_are_told_by_name(tmp_path: Path, content: str):
    path = judgements_path(Workspace(tmp_path), SOURCE)
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(DatasetError, match=path.name):
        PairJudgements.load(Workspace(tmp_path), SOURCE)


def test_unknown_verdict_is_told():
    judged = PairJudgements()
    judged.judge(A, B, "same")
    values = [{**judged.as_list()[0], "verdict": "perhaps"}]
    with pytest.raises(DatasetError, match="verdict 'perhaps' is unknown; choose one of same, different, skipped"):
        PairJudgements.from_list(values, where="here")


@pytest.mark.parametrize(
    ("values", "got"),
    [
        ({"rows": 1}, "no list"),
        ([3], "entry 1 is no judgement"),
        ([{"verdict": "same"}], "entry 1 is no judgement"),
        ([{"rows": [{"text": "a"}]}], "entry 1 is no judgement"),
    ],
)
def test_what_is_no_list_of_judgements_is_said_in_words(values: object, got: str):
    with pytest.raises(DatasetError, match=rf"^here: {got}") as refused:
        PairJudgements.from_list(values, where="here")
    assert "Error(" not in str(refused.value)  # no exception's name for a reader


def test_what_a_recipe_keeps_is_read_back():
    judged = PairJudgements()
    judged.judge(A, B, "same")
    kept = JudgedThreshold(judged, 0.91, 0.9, 0.93, 7, 8)
    assert judged_from(kept.as_dict(), where="here") == kept
    with pytest.raises(DatasetError, match=r"^here: not a threshold with its judgements"):
        judged_from({"threshold": 1}, where="here")


@pytest.fixture
def rows(tmp_path: Path):
    texts = [
        "roses need water",
        "tulips need water",
        "the hedge needs water",
        "the hedge needs 12 litres",
        "the hedge needs 13 litres",
    ]
    return open_dataset(write_rows(tmp_path / "a.jsonl", [{"text": text} for text in texts])).examples


def pairs_of(numbers: dict[tuple[int, int], float], exact: tuple[int, ...] = ()) -> Pairs:
    both = sorted(numbers)
    semantic = np.array([numbers[one] for one in both], dtype=np.float32)
    left, right = (np.array([one[side] for one in both], dtype=np.int32) for side in (0, 1))
    equal = np.array([0 if at in exact else 4 for at in range(len(both))], dtype=np.uint8)
    return Pairs(5, left, right, equal, np.zeros(len(both), np.float32), semantic, {"lexical": 0.5, "semantic": 0.8})


def test_pairs_that_no_threshold_decides_on_are_not_asked_about(rows):
    """Equal texts, variants (12 and 13 litres) and pairs below the floor of the method."""
    pairs = pairs_of({(0, 1): 0.9, (0, 2): 0.85, (1, 2): 0.7, (2, 3): 0.99, (3, 4): 0.97}, exact=(3,))
    differences = Differences(rows["embedded_text"].tolist(), fields=rows, variant_fields=())
    asked = read_on(pairs, PairJudgements(), rows, method="semantic", differences=differences)
    assert asked.readable == 2
    assert asked.next in (0, 1)
    merged = read_on(pairs, PairJudgements(), rows, method="semantic", differences=differences, merge=("numbers",))
    assert merged.readable == 3
    assert read_on(pairs, PairJudgements(), rows, method="exact").readable == 0


def test_skipped_pairs_do_not_come_again_and_say_nothing(rows):
    pairs = pairs_of({(0, 1): 0.9, (0, 2): 0.85, (1, 2): 0.95})
    keys = row_keys(rows)
    made = PairJudgements()
    seen = []
    for verdict in ("skipped", "same", "different"):
        reading = read_on(pairs, made, rows, method="semantic")
        assert reading.next is not None
        seen.append(reading.next)
        made.judge(keys[int(pairs.right[reading.next])], keys[int(pairs.left[reading.next])], verdict)  # whichever stands first
    done = read_on(pairs, made, rows, method="semantic")
    assert sorted(seen) == [0, 1, 2]
    assert done.next is None
    assert [same for _, same in done.judged] == [True, False]
    assert done.positions == tuple(seen[1:])
    assert done.estimate
    assert done.estimate.n == 2
    kept = done.kept(made)
    assert kept
    assert len(kept.judgements) == 3


def test_judgements_about_rows_that_are_gone_rest(rows):
    made = PairJudgements()
    made.judge(RowKey("a", "gone"), row_keys(rows)[0], "same")
    reading = read_on(pairs_of({(0, 1): 0.9, (0, 2): 0.85}), made, rows, method="semantic")
    assert reading.judged == ()
    assert reading.estimate is None
