"""Groups: a kept row and what it stands for."""

import numpy as np
import pytest
from hypothesis import given

from evalmap.screening.groups.duplicate_groups import DuplicateGroups, find_duplicate_groups, pair_positions
from evalmap.screening.keep.select import select
from evalmap.screening.variants.variants import Differences
from evalmap.tests.screening.keep.test_select import problems
from evalmap.tests.screening.oracles import pairs_from

# 0 stands for 1 and 2; 3 for 4; 4 – 5 chains 5 to them; 6 is alone
PAIRS = pairs_from(7, [(0, 1, 0.99), (0, 2, 0.91), (3, 4, 0.90), (4, 5, 0.97)])


def members(groups: DuplicateGroups) -> list[tuple[int, list[int]]]:
    return [(int(keeper), groups.rows[groups.members(at)].tolist()) for at, keeper in enumerate(groups.keepers)]


def test_groups_are_a_keeper_and_the_rows_like_it():
    selection = select(PAIRS, threshold=0.9, method="semantic", order=np.arange(7))
    groups = find_duplicate_groups(PAIRS, selection)
    assert members(groups) == [(0, [1, 2]), (3, [4])]
    assert groups.semantic.tolist() == pytest.approx([0.99, 0.91, 0.90])
    assert groups.lowest.tolist() == pytest.approx([0.91, 0.90])
    assert groups.component_size.tolist() == [3, 3]
    assert groups.component_lowest.tolist() == pytest.approx([0.91, 0.90])


def test_groups_nearest_to_the_cut_come_first():
    selection = select(PAIRS, threshold=0.9, method="semantic", order=np.arange(7))
    assert members(find_duplicate_groups(PAIRS, selection, sort="nearest")) == [(3, [4]), (0, [1, 2])]


@given(problems())
def test_every_removed_row_is_in_one_group(problem):
    pairs, order, labels = problem
    selection = select(pairs, threshold=0.85, method="semantic", order=np.array(order), labels=labels)
    groups = find_duplicate_groups(pairs, selection)
    assert sorted(groups.rows.tolist()) == np.flatnonzero(~selection.kept).tolist()
    for keeper, rows in members(groups):
        assert {int(selection.keeper[row]) for row in rows} == {keeper}
    sizes = np.diff(groups.starts).tolist()
    assert sizes == sorted(sizes, reverse=True)
    assert (groups.component_size >= np.diff(groups.starts) + 1).all()
    assert (groups.component_lowest <= groups.lowest).all()


def test_no_group_is_a_result_too():
    selection = select(PAIRS, threshold=1.0, method="semantic", order=np.arange(7))
    assert len(find_duplicate_groups(PAIRS, selection)) == 0
    assert pair_positions(pairs_from(3, []), np.array([0]), np.array([1])).tolist() == [-1]


def test_pairs_and_selection_must_fit():
    selection = select(PAIRS, threshold=0.9, method="semantic", order=np.arange(7))
    with pytest.raises(ValueError, match="row 1 makes no pair with its keeper 0"):
        find_duplicate_groups(pairs_from(7, [(3, 4, 0.9)]), selection)
    with pytest.raises(ValueError, match="sort is 'smallest'"):
        find_duplicate_groups(PAIRS, selection, sort="smallest")  # type: ignore[arg-type]


def test_variants_hold_no_chain_together():
    """0, 1 and 2, 3 differ in nothing; 1 and 2 in a number."""
    differences = Differences(["I own 2 hens", "Hens, I own 2", "Hens, I own 3", "I own 3 hens"])
    pairs = pairs_from(4, [(0, 1, 0.99), (1, 2, 0.98), (2, 3, 0.97)])
    apart = select(pairs, threshold=0.95, method="semantic", order=np.arange(4), differences=differences)
    assert find_duplicate_groups(pairs, apart).component_size.tolist() == [2, 2]
    merged = select(pairs, threshold=0.95, method="semantic", order=np.arange(4), differences=differences, merge=["numbers"])
    assert find_duplicate_groups(pairs, merged).component_size.tolist() == [4, 4]
