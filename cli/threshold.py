"""evalmap threshold: read pairs, say same or different, and learn which threshold agrees."""

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from evalmap.cli import terminal
from evalmap.cli.terminal import DatasetArgument, WorkspaceOption
from evalmap.data.errors import DatasetError
from evalmap.data.store import disk

if TYPE_CHECKING:
    from evalmap.embeddings.built_map import BuiltMap
    from evalmap.screening.pair_judgements import PairJudgements, Reading

_WORDS = {"s": "same", "d": "different", "x": "skipped"}


def threshold(
    dataset: DatasetArgument,
    method: Annotated[
        Literal["lexical", "semantic", "all"], typer.Option(help="Which similarity: shared characters, meaning, the larger one.")
    ] = "semantic",
    pairs: Annotated[int, typer.Option(min=0, help="Read so many pairs in all, those from before among them; 0: read none.")] = 20,
    judgements: Annotated[
        Path | None,
        typer.Option(help="Take judgements from this JSON file where it is there, and write all of them to it at the end."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Decides between pairs that teach as much.")] = 42,
    as_json: Annotated[bool, typer.Option("--json", help="Print what follows as JSON; asks nothing.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Read about 20 pairs and say whether each is the same example: which threshold agrees best, and how sure that is.

    The pairs are those that teach most. Judgements are kept: stop at any time, and the same command goes on.
    """
    from evalmap.embeddings.built_map import load_map
    from evalmap.screening.pair_judgements import PairJudgements, read_on
    from evalmap.screening.pairs.pair_store import pairs_of
    from evalmap.screening.variants.keys import variant_fields_of
    from evalmap.screening.variants.variants import Differences

    space = terminal.open_workspace(workspace)
    built = load_map(space, space.find(dataset))
    source = built.manifest.source
    given = _given(judgements)
    if given:
        with PairJudgements.changing(space, source) as made:
            made.add(given.made)
    found = pairs_of(built, space)
    fields = variant_fields_of(built.manifest.reading, built.manifest.roles, built.fields.columns)
    differences = Differences(built.examples["embedded_text"].tolist(), fields=built.fields, variant_fields=fields)

    def read() -> "Reading":
        made = PairJudgements.load(space, source)
        return read_on(found, made, built.examples, method=method, differences=differences, seed=seed)

    reading = read()
    if not reading.readable:
        raise DatasetError(
            f"{built.manifest.name}: no pair to read by {method}. Only pairs that are alike, and not equal, can be read."
        )
    while not as_json and len(reading.judged) < pairs and reading.next is not None:
        left, right = int(found.left[reading.next]), int(found.right[reading.next])
        verdict = _ask(built, left, right, f"{len(reading.judged) + 1} of {pairs}")
        if verdict is None:
            break
        with PairJudgements.changing(space, source) as made:
            keys = _keys(built)
            made.judge(keys[left], keys[right], verdict)
        reading = read()
    _print(built, reading, [(int(found.left[at]), int(found.right[at])) for at in reading.positions], as_json=as_json)
    if judgements:
        from evalmap.data.store.atomic import write_json

        write_json(judgements, PairJudgements.load(space, source).as_list())
        if not as_json:
            terminal.print_line(f"written: {judgements}")


def _given(path: Path | None) -> "PairJudgements | None":
    from evalmap.screening.pair_judgements import PairJudgements

    if path is None:
        return None
    try:
        with disk.reading(path):
            content = path.read_text(encoding="utf-8")
        return PairJudgements.from_list(json.loads(content), where=str(path))
    except FileNotFoundError:
        return None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DatasetError(
            f"{path}: not JSON ({error}). Name a file that this command wrote, or a new one.", "judgements"
        ) from error


def _keys(built: "BuiltMap") -> list:
    from evalmap.screening.keep.by_hand import row_keys

    return row_keys(built.examples)


def _ask(built: "BuiltMap", left: int, right: int, place: str) -> Literal["same", "different", "skipped"] | None:
    """What a reader says of two rows; None: no more."""
    terminal.print_lines(["", f"pair {place}", f"  1: {built.text(left)}", f"  2: {built.text(right)}"])
    while True:
        try:
            said = typer.prompt("same, different, skip or quit? [s/d/x/q]", default="", show_default=False, prompt_suffix=" ")
        except typer.Abort:  # the end of the input, or Ctrl-C
            return None
        if (letter := said.strip().lower()[:1]) == "q":
            return None
        if letter in _WORDS:
            return _WORDS[letter]  # type: ignore[return-value]


def _print(built: "BuiltMap", reading: "Reading", rows: list[tuple[int, int]], *, as_json: bool) -> None:
    found = reading.estimate
    if as_json:
        numbers = (
            {} if found is None else {name: _plain(getattr(found, name)) for name in ("threshold", "low", "high", "agreed", "n")}
        )
        wrong = [] if found is None else [_pair(built, *rows[at], *reading.judged[at]) for at in found.disagreeing]
        terminal.print_json({**numbers, "reason": found.reason if found else "no pair was read yet", "disagreeing": wrong})
        return
    if found is None or found.reason:
        terminal.print_line(f"no threshold yet: {found.reason if found else 'no pair was read yet'}")
        return
    terminal.print_line(
        f"threshold {found.threshold:.3f} agrees with {found.agreed} of {found.n} judgements "
        f"(the boundary lies between {found.low:.3f} and {found.high:.3f}, 95 %)"
    )
    for at in found.disagreeing:
        number, same = reading.judged[at]
        one, other = rows[at]
        terminal.print_lines(
            [f"  {number:.3f} called {'the same' if same else 'different'}:", f"    {built.text(one)}", f"    {built.text(other)}"]
        )
    terminal.print_line(f"use it: evalmap screen PATH --threshold {found.threshold:.3f}")


def _pair(built: "BuiltMap", one: int, other: int, number: float, same: bool) -> dict:
    where = [dict(zip(("dataset", "line"), built.identity(row), strict=True)) for row in (one, other)]
    return {"similarity": round(number, 6), "verdict": "same" if same else "different", "rows": where}


def _plain(value: float) -> float | None:
    return None if not math.isfinite(value) else round(value, 6)
