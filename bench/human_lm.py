"""Human-written against LM-written examples, for every behaviour that has both: told apart or not, what one covers of the other.

    python -m evalmap.bench.human_lm PATH [--rows N] [--similarity 0.6] [--seed 0] [--json] [--workspace DIR]

PATH is a folder with `human_generated_evals` and `lm_generated_evals` (anthropics/evals: advanced-ai-risk); files of one name are
one behaviour. No map is built: texts are embedded as a build would, and `evalmap compare` measures the same on built maps. Prints a
table in Markdown, or JSON with the whole curves of coverage. The vectors stay in the workspace (a second run embeds
nothing) until `evalmap gc`.
"""

import argparse
import json
import math
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError
from evalmap.data.opening import open_dataset
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.array_types import Encoder, Vectors
from evalmap.embeddings.encoder import SentenceEncoder
from evalmap.embeddings.vectors import STAGE, embed, load_vectors
from evalmap.screening.coverage.coverage import Coverage, find_nearest, measure_coverage
from evalmap.screening.coverage.plain_wording import without_wrapping
from evalmap.screening.coverage.separability import Separability, draw_equal, measure_separability
from evalmap.screening.groups.components import find_components
from evalmap.screening.pairs.near_duplicates import find_near_duplicates
from evalmap.screening.screening_options import ScreeningOptions

HUMAN, LM = "human_generated_evals", "lm_generated_evals"
SIMILARITY = 0.6
CONTROL = (0.45, 0.55)  # the control on shuffled sides must lie within


@dataclass(frozen=True)
class Behaviour:
    """One behaviour: rows of both kinds, whether they can be told apart, and the share of each kind that the other covers."""

    name: str
    n_human: int
    n_lm: int
    separability: Separability
    human_by_lm: Coverage
    lm_by_human: Coverage

    def as_dict(self) -> dict[str, Any]:
        """As JSON holds it; nan is null."""
        curves = {name: _curve(getattr(self, name)) for name in ("human_by_lm", "lm_by_human")}
        sides = {"behaviour": self.name, "n_human": self.n_human, "n_lm": self.n_lm}
        measured = {name: None if _is_nan(value) else value for name, value in asdict(self.separability).items()}
        return {**sides, "separability": measured, **curves}


def compare_behaviour(
    human: Path, lm: Path, encoder: Encoder, workspace: Workspace, *, rows: int | None = None, seed: int = 0
) -> Behaviour:
    """Compare the two files of a behaviour.

    Near-duplicates, between the files too, lie in one fold and count as one in the intervals of coverage.

    Parameters
    ----------
    workspace : keeps the vectors
    rows : of each file at most, drawn at random; None: all

    Raises
    ------
    DatasetError : a file cannot be read
    """
    texts = [_texts(path, rows, seed) for path in (human, lm)]
    vectors = [_vectors(own, encoder, workspace) for own in texts]
    options = ScreeningOptions()
    floor = options.threshold
    pairs = find_near_duplicates([*texts[0], *texts[1]], np.concatenate(vectors), floor=floor, lexical_floor=floor)
    labels = find_components(pairs, threshold=options.threshold, method=options.method, normalization=options.normalization).labels
    groups = np.split(np.asarray(labels), [len(texts[0])])
    drawn = draw_equal(len(texts[0]), len(texts[1]), seed=seed)
    plain = [_vectors(_taken(without_wrapping(own), some), encoder, workspace) for own, some in zip(texts, drawn, strict=True)]
    separability = measure_separability(
        *_both(vectors, drawn),
        groups=np.concatenate([of[some] for of, some in zip(groups, drawn, strict=True)]),
        stripped=(plain[0], plain[1]),
        seed=seed,
    )
    nearest = find_nearest(vectors[0], vectors[1])
    return Behaviour(
        name=human.stem,
        n_human=len(texts[0]),
        n_lm=len(texts[1]),
        separability=separability,
        human_by_lm=measure_coverage(nearest.a_similarities, groups=groups[0]),
        lm_by_human=measure_coverage(nearest.b_similarities, groups=groups[1]),
    )


def files_of_both(path: Path) -> list[tuple[Path, Path]]:
    """(human-written, LM-written) files of one name, by name.

    Raises
    ------
    DatasetError : a folder is missing, or no name is in both
    """
    for name in (HUMAN, LM):
        if not (path / name).is_dir():
            raise DatasetError(f"{path}: no folder {name} in it. Name the folder that holds {HUMAN} and {LM}.")
    found = [(human, path / LM / human.name) for human in sorted((path / HUMAN).glob("*.jsonl"))]
    found = [(human, lm) for human, lm in found if lm.is_file()]
    if not found:
        raise DatasetError(f"{path}: no file is in both {HUMAN} and {LM}.")
    return found


def table(behaviours: list[Behaviour], *, similarity: float = SIMILARITY) -> str:
    """The behaviours as a table in Markdown, with 95 % intervals, and a line on the control."""
    head = ("behaviour", "human", "LM", "AUC", "without format", "control", "human covered by LM", "LM covered by human")
    lines = [f"| {' | '.join(head)} |", f"|---|{'---:|' * (len(head) - 1)}"]
    for one in behaviours:
        apart = one.separability
        cells = (
            one.name,
            f"{one.n_human:,}",
            f"{one.n_lm:,}",
            _interval(apart.auc, apart.low, apart.high),
            _number(apart.stripped_auc),
            _number(apart.control_auc),
            _at(one.human_by_lm, similarity),
            _at(one.lm_by_human, similarity),
        )
        lines.append(f"| {' | '.join(cells)} |")
    outside = [one.name for one in behaviours if not CONTROL[0] <= one.separability.control_auc <= CONTROL[1]]
    within = f"All controls lie within {CONTROL[0]} to {CONTROL[1]}."
    return "\n".join([*lines, "", f"Outside {CONTROL[0]} to {CONTROL[1]}: {', '.join(outside)}." if outside else within])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--rows", type=int, help="of each file at most (default: all)")
    parser.add_argument("--similarity", type=float, default=SIMILARITY, help="from which cosine on a row is covered, in the table")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--workspace", type=Path, help="folder of results (default: EVALMAP_HOME, else the platform's data folder)")
    given = parser.parse_args()
    encoder = SentenceEncoder()
    workspace = Workspace.default(given.workspace)
    found = []
    try:
        for human, lm in files_of_both(given.path):
            found.append(compare_behaviour(human, lm, encoder, workspace, rows=given.rows, seed=given.seed))
            print(f"{len(found)}: {human.stem}", file=sys.stderr, flush=True)
    except DatasetError as error:
        parser.error(str(error))
    print(json.dumps([one.as_dict() for one in found], indent=1) if given.json else table(found, similarity=given.similarity))


def _texts(path: Path, rows: int | None, seed: int) -> list[str]:
    texts = open_dataset(path).examples["embedded_text"].astype(str).tolist()
    if rows is None or len(texts) <= rows:
        return texts
    return _taken(texts, np.sort(np.random.default_rng(seed).choice(len(texts), rows, replace=False)))


def _vectors(texts: list[str], encoder: Encoder, workspace: Workspace) -> Vectors:
    with workspace.leased() as leased:
        key, _ = embed(texts, encoder=encoder, workspace=leased)
        return np.array(load_vectors(leased.entry(STAGE, key)))


def _taken(texts: list[str], rows: NDArray[np.int64]) -> list[str]:
    return [texts[row] for row in rows]


def _both(vectors: list[Vectors], drawn: tuple[NDArray[np.int64], NDArray[np.int64]]) -> tuple[Vectors, Vectors]:
    return vectors[0][drawn[0]], vectors[1][drawn[1]]


def _curve(one: Coverage) -> dict[str, Any]:
    return {
        "similarities": list(one.similarities),
        "shares": one.shares.tolist(),
        "lows": one.lows.tolist(),
        "highs": one.highs.tolist(),
    }


def _at(one: Coverage, similarity: float) -> str:
    at = int(np.argmin(np.abs(np.array(one.similarities) - similarity)))
    return _interval(one.shares[at], one.lows[at], one.highs[at])


def _interval(value: float, low: float, high: float) -> str:
    return "–" if math.isnan(value) else f"{value:.2f} ({low:.2f}–{high:.2f})"


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.2f}"


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


if __name__ == "__main__":
    main()
