"""Which rows are equal but for short slots, found by aligning the tokens of near-duplicates.

Rows that are written alike are aligned two by two; what two of them share, with gaps of up to `MAX_SLOT` tokens, is a skeleton. All
rows of a template match one skeleton, so a chain of small changes makes none, and a group may hold several. The skeleton that most
rows match goes first, and a row is of one template. Rows that differ in what says no are not of one template.

Two rows make one where all of their slots hold names, numbers, occupations or dates; where a slot holds something else, it takes
three values that share no word, or every reworded sentence would be a template of two.
"""

import hashlib
import heapq
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalmap.data.text.normalization import NORMALIZATIONS
from evalmap.embeddings.array_types import Progress, no_progress
from evalmap.screening.groups.components import find_components
from evalmap.screening.pair_types import Pairs
from evalmap.screening.templates.skeleton import (
    EncodedText,
    Skeleton,
    Vocabulary,
    align,
    is_row_of,
    is_telling,
    pattern_of,
    written,
)
from evalmap.screening.templates.slot_kinds import SlotKind, count_unlike, is_clause, kind_of_slot, opposed, says_no
from evalmap.screening.variants.names import find_names
from evalmap.screening.variants.words import fold

MAX_ALIGNED = 500_000  # pairs that are aligned, the most alike first: about 20 µs each
MIN_LEXICAL = 0.3  # of a pair that is aligned: below, two texts share too few characters for a skeleton
MAX_GROUP = 1_000  # rows of a group that are all held against each skeleton; of larger groups those that make a pair with its rows
MIN_OTHER = 3  # values that share no word, of a slot that is no name, number, occupation or date
# Right behind these stands a verb: what differs is what is said.
BEFORE_VERBS = frozenset(
    "i you he she it we they who not don't doesn't didn't can could may might must shall should will would".split()
)


@dataclass(frozen=True)
class Slot:
    """One slot of a template.

    kind : what most of its values are
    values : what fills it, as it is written, for each of the template's rows in their order
    """

    kind: SlotKind
    values: tuple[str, ...]


@dataclass(frozen=True)
class Template:
    """Rows that share one skeleton.

    id : eight characters that stand for the skeleton, the same whatever the order of the rows
    skeleton : as it stands in the first row, with {1}, {2} … in place of the slots
    rows : rising
    slots : in the order of the skeleton
    """

    id: str
    skeleton: str
    rows: tuple[int, ...]
    slots: tuple[Slot, ...]

    def fillings(self) -> list[tuple[str, ...]]:
        """What fills the slots of each row; the table row × slot."""
        return list(zip(*(slot.values for slot in self.slots), strict=True))

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "id": self.id,
            "skeleton": self.skeleton,
            "slots": [{"slot": number, "kind": slot.kind} for number, slot in enumerate(self.slots, start=1)],
            "rows": [{"row": row, "values": list(values)} for row, values in zip(self.rows, self.fillings(), strict=True)],
        }


@dataclass(frozen=True)
class Templates:
    """The templates of a dataset, the one with most rows first.

    n : rows of the dataset
    templates : no row is in two
    aligned, left_out : pairs that were aligned, and those beyond `MAX_ALIGNED`
    """

    n: int
    templates: tuple[Template, ...] = ()
    aligned: int = 0
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.templates)

    @property
    def rows(self) -> int:
        """How many rows are of a template."""
        return sum(len(template.rows) for template in self.templates)

    def positions(self) -> NDArray[np.int32]:
        """(n,) the position of each row's template in `templates`, −1 where it has none."""
        found = np.full(self.n, -1, dtype=np.int32)
        for at, template in enumerate(self.templates):
            found[list(template.rows)] = at
        return found

    def codes(self) -> NDArray[np.int64]:
        """(n,) a number for the template and fillings of each row, equal where they are but for case; −1 for a row of none."""
        found = np.full(self.n, -1, dtype=np.int64)
        numbers: dict[tuple[str, ...], int] = {}
        for template in self.templates:
            for row, filling in zip(template.rows, template.fillings(), strict=True):
                key = (template.id, *(value.casefold() for value in filling))
                found[row] = numbers.setdefault(key, len(numbers))
        return found

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "rows": self.n,
            "rows_of_templates": self.rows,
            "aligned_pairs": self.aligned,
            "left_out_pairs": self.left_out,
            "templates": [template.as_dict() for template in self.templates],
        }


def find_templates(texts: Sequence[str], pairs: Pairs, *, own: int | None = None, progress: Progress = no_progress) -> Templates:
    """Find the rows that are equal but for a name, a number, an occupation or another short slot.

    Only the pairs of the list are aligned: rows that are neither written alike nor near in meaning are not found. The result does
    not depend on the order of the rows.

    Parameters
    ----------
    texts : n texts, as they were embedded
    pairs : of these rows
    own : the rows from here on are of no template (those compared against); None: there are none

    Returns
    -------
    Templates : empty for fewer than 2 rows, and where no two rows share a skeleton

    Raises
    ------
    ValueError : texts of another number than the pairs are of
    """
    if len(texts) != pairs.n:
        raise ValueError(f"{len(texts):,} texts for pairs of {pairs.n:,} rows")
    texts = [str(text) for text in texts]
    own = pairs.n if own is None else own
    near = (pairs.lexical >= MIN_LEXICAL) & (pairs.exact > NORMALIZATIONS.index("caseless")) & (pairs.right < own)
    at = np.flatnonzero(near)
    at = at[np.argsort(-pairs.lexical[at], kind="stable")]
    at, left_out = at[:MAX_ALIGNED], max(0, len(at) - MAX_ALIGNED)
    if not len(at):
        return Templates(own)
    rows = np.unique(np.concatenate([pairs.left[at], pairs.right[at]])).tolist()
    vocabulary = Vocabulary()
    encoded: dict[str, EncodedText] = {}
    of_text = {text: vocabulary.encode(text) for text in sorted({texts[row] for row in rows})}  # sorted: whatever the order of rows
    rows_of: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        code = of_text[texts[row]].code
        encoded.setdefault(code, of_text[texts[row]])
        rows_of[code].append(row)
    columns: dict[str, Any] = {
        name: getattr(pairs, name)[np.sort(at)] for name in ("left", "right", "exact", "lexical", "semantic")
    }
    listed = replace(pairs, **columns, floors={**pairs.floors, "lexical": MIN_LEXICAL})
    chains = find_components(listed, threshold=MIN_LEXICAL, method="lexical").labels
    near, by_skeleton, group = _aligned(pairs, at, [of_text.get(text) for text in texts], chains, vocabulary, progress)
    names = find_names(map(fold, texts))
    found = _choose(by_skeleton, near, group, encoded, names, vocabulary)
    templates = [_template(skeleton, codes, rows_of, texts, of_text, names, vocabulary) for skeleton, codes in found]
    templates.sort(key=lambda template: (-len(template.rows), template.skeleton))
    return Templates(own, tuple(templates), len(at), left_out)


def _aligned(
    pairs: Pairs,
    at: NDArray[np.int64],
    of_row: Sequence[EncodedText | None],
    chains: NDArray[np.int32],
    vocabulary: Vocabulary,
    progress: Progress,
) -> tuple[dict[str, set[str]], dict[Skeleton, set[str]], dict[str, set[str]]]:
    """(the codes aligned with each code, those of each skeleton, those of each code's group of near-duplicates)."""
    near: dict[str, set[str]] = defaultdict(set)
    by_skeleton: dict[Skeleton, set[str]] = defaultdict(set)
    by_chain: dict[int, set[str]] = defaultdict(set)
    group: dict[str, set[str]] = {}
    for done, (left, right) in enumerate(zip(pairs.left[at].tolist(), pairs.right[at].tolist(), strict=True)):
        if done % 10_000 == 0:
            progress(done, len(at))
        one, other = of_row[left], of_row[right]
        if one is None or other is None or not one.code or not other.code or one.code == other.code or other.code in near[one.code]:
            continue
        near[one.code].add(other.code)
        near[other.code].add(one.code)
        for row, code in ((left, one.code), (right, other.code)):
            group[code] = by_chain[int(chains[row])]
            group[code].add(code)
        skeleton = align(one.code, other.code)
        if skeleton and is_telling(skeleton, vocabulary) and is_row_of(skeleton, one.code) and is_row_of(skeleton, other.code):
            by_skeleton[skeleton] |= {one.code, other.code}
    progress(len(at), len(at))
    return near, by_skeleton, group


def _choose(
    by_skeleton: dict[Skeleton, set[str]],
    near: dict[str, set[str]],
    group: dict[str, set[str]],
    encoded: dict[str, EncodedText],
    names: frozenset[str],
    vocabulary: Vocabulary,
) -> list[tuple[Skeleton, list[str]]]:
    """Skeletons with their codes: time and again the one that most codes match that are still free."""
    waiting: list[tuple[int, int, Skeleton]] = []
    members: dict[Skeleton, set[str]] = {}
    for skeleton, codes in by_skeleton.items():
        pattern = pattern_of(skeleton)
        groups = {id(group[code]): group[code] for code in codes}
        around = set().union(*(codes_of_group for codes_of_group in groups.values() if len(codes_of_group) <= MAX_GROUP))
        around = around.union(*(near[code] for code in codes if len(group[code]) > MAX_GROUP))
        members[skeleton] = codes | {code for code in around - codes if pattern.fullmatch(code) and is_row_of(skeleton, code)}
        heapq.heappush(waiting, (-len(members[skeleton]), -sum(map(len, skeleton)), skeleton))
    taken: set[str] = set()
    found = []
    while waiting:
        count, fixed, skeleton = heapq.heappop(waiting)
        left = members[skeleton] - taken
        if len(left) < 2:
            continue
        if len(left) < -count:
            heapq.heappush(waiting, (-len(left), fixed, skeleton))
            continue
        codes = _of_template(skeleton, sorted(left), encoded, names, vocabulary)
        if codes:
            taken.update(codes)
            found.append((skeleton, codes))
    return found


def _of_template(
    skeleton: Skeleton, codes: list[str], encoded: dict[str, EncodedText], names: frozenset[str], vocabulary: Vocabulary
) -> list[str] | None:
    """The codes that make a template together, without those that say no or the opposite of others; None where they make none."""
    values = {code: _values(skeleton, encoded[code]) for code in codes}
    codes = [code for code in codes if not any(map(says_no, values[code]))]
    for slot in range(len(skeleton) - 1):
        gone = opposed([values[code][slot] for code in codes])
        codes = [code for code in codes if values[code][slot] not in gone]
    if len(codes) < 2:
        return None
    known, telling = True, False
    for slot, run in enumerate(skeleton[:-1]):
        column = {values[code][slot] for code in codes}
        kind, whole = kind_of_slot(column, names, after=_behind(skeleton[slot + 1], vocabulary))
        known &= kind != "other" and whole
        said = bool(run) and vocabulary.token(run[-1]) in BEFORE_VERBS
        if kind == "other" and (said or 3 * sum(map(is_clause, column)) > len(column)):
            return None
        telling |= count_unlike(column) >= MIN_OTHER
    return codes if known or telling else None


def _behind(run: str, vocabulary: Vocabulary) -> list[str]:
    """The words right behind a slot, up to a sign."""
    return [vocabulary.token(code) for code in takewhile(vocabulary.is_word, run)]


def _values(skeleton: Skeleton, row: EncodedText) -> list[str]:
    return [row.words(*span) for span in _spans(skeleton, row)]


def _spans(skeleton: Skeleton, row: EncodedText) -> list[tuple[int, int]]:
    match = pattern_of(skeleton).fullmatch(row.code)
    assert match, "the row was matched before"
    return [match.span(number) for number in range(1, len(skeleton))]


def _template(
    skeleton: Skeleton,
    codes: list[str],
    rows_of: dict[str, list[int]],
    texts: Sequence[str],
    of_text: dict[str, EncodedText],
    names: frozenset[str],
    vocabulary: Vocabulary,
) -> Template:
    rows = sorted(row for code in codes for row in rows_of[code])
    values = [_values(skeleton, of_text[texts[row]]) for row in rows]
    first = of_text[min(texts[row] for row in rows)]
    tokens = "\n\n".join(" ".join(map(vocabulary.token, run)) for run in skeleton)
    return Template(
        id=hashlib.sha256(tokens.encode("utf-8", "surrogatepass")).hexdigest()[:8],
        skeleton=written(skeleton, first, _spans(skeleton, first)),
        rows=tuple(rows),
        slots=tuple(
            Slot(kind_of_slot(set(column), names, after=_behind(run, vocabulary))[0], column)
            for column, run in zip(zip(*values, strict=True), skeleton[1:], strict=True)
        ),
    )
