"""The loops that numpy has no words for, compiled on first use."""

from functools import cache
from typing import Any


@cache
def cosines() -> Any:
    """(vectors, others, left, right) → (m,) float32: dot products of `vectors[left]` and `others[right]`, summed in float64.

    One order of summing for every pair, so the number depends on the two vectors only: not on the rows around them.
    """
    import numba
    import numpy as np

    @numba.njit(cache=True, nogil=True)
    def kernel(vectors, others, left, right):
        found = np.empty(len(left), dtype=np.float32)
        dims = vectors.shape[1]
        for i in range(len(left)):
            total = 0.0
            a, b = vectors[left[i]], others[right[i]]
            for d in range(dims):
                total += np.float64(a[d]) * np.float64(b[d])
            found[i] = min(1.0, max(-1.0, total))
        return found

    return kernel


@cache
def overlaps() -> Any:
    """(starts, grams, left, right) → (m,) float32: Jaccard similarity of two sorted sets of a compressed row list."""
    import numba
    import numpy as np

    @numba.njit(cache=True, nogil=True)
    def kernel(starts, grams, left, right):
        found = np.empty(len(left), dtype=np.float32)
        for i in range(len(left)):
            a, a_end = starts[left[i]], starts[left[i] + 1]
            b, b_end = starts[right[i]], starts[right[i] + 1]
            union, shared = (a_end - a) + (b_end - b), 0
            while a < a_end and b < b_end:
                if grams[a] < grams[b]:
                    a += 1
                elif grams[a] > grams[b]:
                    b += 1
                else:
                    shared += 1
                    a += 1
                    b += 1
            found[i] = shared / (union - shared)
        return found

    return kernel


WORDS = 4  # of 64 bits: the fingerprint of a set of grams


@cache
def join() -> Any:
    """The set-similarity join: see `evalmap.screening.pairs.lexical.find_lexical_pairs`, which prepares the arrays.

    Sets stand in order of their size, the grams of each from rare to frequent. Takes sets from `first` on until all are done or
    the room in `out_*` may not suffice for the next one; returns (the next set, pairs written).
    """
    import numba
    import numpy as np

    @numba.njit(cache=True, nogil=True)
    def kernel(
        starts, grams, bits, side, floor, index_floor, heads, tails, index_rows, index_places, counts,
        first, last, out_left, out_right, out_value,
    ):  # fmt: skip
        n_found = 0
        candidates = np.empty(len(counts), dtype=np.int32)
        for x in range(first, last):
            begin, end = starts[x], starts[x + 1]
            size = end - begin
            least = np.int64(np.ceil(floor * size - 1e-6))  # a set alike has so many grams, and shares so many
            n_candidates = 0
            for i in range(size - max(least, 1) + 1):
                gram = grams[begin + i]
                head, tail = heads[gram], tails[gram]
                while head < tail and starts[index_rows[head] + 1] - starts[index_rows[head]] < least:
                    head += 1
                heads[gram] = head
                for at in range(head, tail):
                    y = index_rows[at]
                    if side[x] == side[y] and side[x] >= 0:
                        continue
                    if counts[y] < 0:
                        continue
                    y_size = starts[y + 1] - starts[y]
                    needed = np.int64(np.ceil(floor / (1.0 + floor) * (size + y_size) - 1e-6))
                    if counts[y] == 0:
                        candidates[n_candidates] = y
                        n_candidates += 1
                        apart = 0  # bits that one has and the other lacks: so many grams at least are not shared
                        for word in range(WORDS):
                            v = bits[x, word] ^ bits[y, word]
                            v = v - ((v >> np.uint64(1)) & np.uint64(0x5555555555555555))
                            v = (v & np.uint64(0x3333333333333333)) + ((v >> np.uint64(2)) & np.uint64(0x3333333333333333))
                            v = (v + (v >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
                            apart += np.int64((v * np.uint64(0x0101010101010101)) >> np.uint64(56))
                        if size + y_size - apart < 2 * needed:
                            counts[y] = -1
                            continue
                    if counts[y] + 1 + min(size - i - 1, y_size - index_places[at] - 1) >= needed:
                        counts[y] += 1
                    else:
                        counts[y] = -1
            if n_found + n_candidates > len(out_left):
                for k in range(n_candidates):
                    counts[candidates[k]] = 0
                return x, n_found
            for k in range(n_candidates):
                y = candidates[k]
                alive = counts[y] > 0
                counts[y] = 0
                if not alive:
                    continue
                a, b, b_end = begin, starts[y], starts[y + 1]
                both = size + (b_end - b)
                needed = np.int64(np.ceil(floor / (1.0 + floor) * both - 1e-6))
                shared = 0
                while a < end and b < b_end:
                    if shared + min(end - a, b_end - b) < needed:
                        break
                    if grams[a] < grams[b]:
                        a += 1
                    elif grams[a] > grams[b]:
                        b += 1
                    else:
                        shared += 1
                        a += 1
                        b += 1
                value = np.float32(shared / (both - shared))
                if shared >= needed and value >= floor:
                    out_left[n_found], out_right[n_found], out_value[n_found] = y, x, value
                    n_found += 1
            index_least = np.int64(np.ceil(2.0 * index_floor / (1.0 + index_floor) * size - 1e-6))
            for i in range(size - max(index_least, 1) + 1):
                gram = grams[begin + i]
                index_rows[tails[gram]], index_places[tails[gram]] = x, i
                tails[gram] += 1
        return last, n_found

    return kernel
