import numpy as np

from evalmap.data.facets.cross_filter import CrossFilter
from evalmap.data.facets.facet import category_facet, number_facet
from evalmap.data.facets.predicates import Predicate


def test_what_a_facet_asks_for_does_not_narrow_its_own_chart():
    label = category_facet("label", "Label", ["Yes", "No", "Yes", None])
    size = number_facet("size", "Size", [1, 2, 2, 1])
    passing = CrossFilter([label, size]).apply((Predicate("label", "is", ("Yes",)), Predicate("size", "is", (2,))))
    assert passing.mask.tolist() == [False, False, True, False]
    assert dict(zip(label.names, passing.counts["label"], strict=True)) == {"Yes": 1, "No": 1}
    np.testing.assert_array_equal(passing.counts["size"], [1, 1])
