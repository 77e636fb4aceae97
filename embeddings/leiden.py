"""Leiden communities that are a function of the graph and the seed alone.

scikit-network's Leiden takes a `random_state` but its refinement draws from the C library's rand(), which the whole process shares
and no argument seeds: of one graph, two runs in a process, or one beside a thread that draws, gave different communities. Here
that one step draws from a generator of its own; the rest is the library's.
"""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST_GAIN = 1e-12  # of modularity: under it is rounding, and a row could wander between two communities for ever


def find_communities(adjacency: Any, *, resolution: float = 1.0, random_state: int = 42) -> NDArray[np.int64]:
    """Communities of a weighted graph by Leiden's algorithm, for modularity.

    Parameters
    ----------
    adjacency : (n, n) sparse, symmetric, weights ≥ 0
    resolution : more gives more communities; 1 is modularity as it is

    Returns
    -------
    (n,) labels from 0, the largest first. Equal input gives equal labels: in every process, and whatever other threads do.

    Source: Traag, Waltman, van Eck 2019, arXiv:1810.08473; scikit-network's Leiden, all but the refinement's draws.
    """
    from scipy import sparse
    from sknetwork.clustering import Leiden

    class SeededLeiden(Leiden):
        def _optimize_refine(self, labels, labels_refined, adjacency, out_weights, in_weights):
            graph = sparse.csr_matrix(adjacency)
            loops = graph.diagonal().astype(np.float64)
            refined = np.array(labels_refined, dtype=np.int64)
            arrays = (graph.indices.astype(np.int64), graph.indptr.astype(np.int64), graph.data.astype(np.float64))
            weights = (np.array(out_weights, dtype=np.float64), np.array(in_weights, dtype=np.float64))
            _refinement()(np.array(labels, dtype=np.int64), refined, *arrays, *weights, loops, float(self.resolution), draws)
            return refined

    draws = np.random.default_rng(random_state)
    return np.asarray(SeededLeiden(resolution=resolution, random_state=random_state).fit_predict(adjacency), dtype=np.int64)


@cache
def _refinement() -> Any:
    """Moves each node, within its community, to one of the parts that raise modularity, drawn evenly; until no move does.

    `refined` starts with every node a part of its own, and is changed in place.
    """
    import numba

    @numba.njit(cache=True)
    def kernel(labels, refined, indices, indptr, data, out_weights, in_weights, loops, resolution, draws):
        n = len(labels)
        out_part, in_part = out_weights.copy(), in_weights.copy()  # of each part: one node each so far
        linked = np.zeros(n)  # weight from the node at hand to each part
        parts = np.empty(n, dtype=np.int64)  # those linked, in order of the node's neighbours
        moved = True
        while moved:
            moved = False
            for i in range(n):
                own, found = refined[i], 0
                for j in range(indptr[i], indptr[i + 1]):
                    if labels[indices[j]] == labels[i]:
                        part = refined[indices[j]]
                        if linked[part] == 0.0 and part != own and data[j] > 0.0:
                            parts[found] = part
                            found += 1
                        linked[part] += data[j]
                stays = 2 * (linked[own] - loops[i])
                stays -= resolution * out_weights[i] * (in_part[own] - in_weights[i])
                stays -= resolution * in_weights[i] * (out_part[own] - out_weights[i])
                better = 0
                for place in range(found):
                    part = parts[place]
                    gain = 2 * linked[part] - resolution * (out_weights[i] * in_part[part] + in_weights[i] * out_part[part]) - stays
                    linked[part] = 0.0
                    if gain > LEAST_GAIN:
                        parts[better] = part
                        better += 1
                linked[own] = 0.0
                if better:
                    part = parts[int(draws.random() * better)]
                    refined[i] = part
                    out_part[own] -= out_weights[i]
                    in_part[own] -= in_weights[i]
                    out_part[part] += out_weights[i]
                    in_part[part] += in_weights[i]
                    moved = True

    return kernel
