"""A dataset card: what can be measured of the public checklists for evaluations, each line with the command that gives it.

What no command can say is a line to fill in by hand. The lines follow these checklists; a line bears the letters of those that ask:

D  Datasheets for Datasets (Gebru et al. 2021, arXiv:1803.09010)
B  BetterBench (Reuel et al. 2024, arXiv:2411.12990)
F  Eval Factsheets (Bordes et al. 2025, arXiv:2512.04062)
H  the dataset card of the Hugging Face hub (huggingface.co/docs/hub/datasets-cards)
"""

import math
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evalmap.data.locations import location_kind
from evalmap.data.store.manifest import Manifest
from evalmap.data.text.normalization import normalize, redundant

TEMPLATE = Path(__file__).with_name("dataset_card.md.jinja")
CHECKLISTS = {
    "D": "Datasheets for Datasets (Gebru et al. 2021)",
    "B": "BetterBench (Reuel et al. 2024)",
    "F": "Eval Factsheets (Bordes et al. 2025)",
    "H": "the dataset card of the Hugging Face hub",
}
NORMALIZATION = "typographic"
LISTED, PHRASES = 20, 5  # labels, files, flags named; phrases that give labels away
# The hub's classes of sizes, by the rows from which each begins
_SIZES = ((0, "n<1K"), (1_000, "1K<n<10K"), (10_000, "10K<n<100K"), (100_000, "100K<n<1M"), (1_000_000, "1M<n<10M"))
_LICENCES = ("LICENSE", "LICENCE", "LICENSE.md", "LICENSE.txt", "COPYING")


class Data(str):
    """A piece of a line that comes from the dataset: no markup, whatever it holds."""

    __slots__ = ()


Said = tuple[str | Data, ...]


@dataclass(frozen=True)
class CardLine:
    """One line of a card.

    item : what it is about
    said : the sentence, in pieces; () where it is to be filled in by hand
    command : what gives it; "" for a line by hand
    hint : of a line by hand, what to write
    asked : letters of the checklists that ask for it
    """

    item: str
    said: Said = ()
    command: str = ""
    hint: str = ""
    asked: str = ""

    def as_dict(self) -> dict[str, Any]:
        """As JSON-able values; `value` is null where it is to be filled in by hand."""
        asked = [CHECKLISTS[letter] for letter in self.asked]
        told = {"item": self.item, "value": "".join(self.said) if self.said else None, "command": self.command or None}
        return {**told, "fill_in": self.hint or None, "asked_by": asked}


@dataclass(frozen=True)
class CardSection:
    """Lines under a title."""

    title: str
    lines: tuple[CardLine, ...]


@dataclass(frozen=True)
class DatasetCard:
    """A card. `front` : the hub's front matter as far as it is known, a value or None where it is to be filled in."""

    name: str
    front: Mapping[str, Any]
    sections: tuple[CardSection, ...]

    def as_dict(self) -> dict[str, Any]:
        """The card as JSON holds it."""
        sections = [{"title": one.title, "lines": [line.as_dict() for line in one.lines]} for one in self.sections]
        return {"name": self.name, "front_matter": dict(self.front), "sections": sections}

    def markdown(self) -> str:
        """The card in Markdown; what comes from the dataset stands as code, which is never markup."""
        import yaml
        from jinja2 import Environment, StrictUndefined

        environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)
        environment.filters["pieces"] = lambda said: "".join(code(piece) if isinstance(piece, Data) else piece for piece in said)
        environment.filters["code"] = code
        known = {key: value for key, value in self.front.items() if value is not None}
        return environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
            card=self,
            front=yaml.safe_dump(known, allow_unicode=True, sort_keys=False, width=10_000).strip(),
            unknown=[key for key, value in self.front.items() if value is None],
            checklists=CHECKLISTS,
        )


def dataset_card(
    manifest: Manifest,
    examples: pd.DataFrame,
    report: Mapping[str, Any],
    *,
    judge: Mapping[str, Any] | None = None,
    people: Mapping[str, Any] | None = None,
) -> DatasetCard:
    """Fill the card in.

    Parameters
    ----------
    manifest, examples : of a built dataset
    report : the sections of its quality report (`QualityReport.as_dict`); one that is missing is told so
    judge : what a language model judged (`judge_section` of `evalmap.answers.reporting`), or None
    people : what people said (`review_report` of `evalmap.writing.review`); None where nobody reviewed
    """
    of = _Of(manifest, examples, report)
    return DatasetCard(
        name=manifest.name,
        front={
            "pretty_name": manifest.name,
            "size_categories": [next(name for least, name in reversed(_SIZES) if manifest.rows >= least)],
            "tags": ["evaluation"],
            "license": None,
            "language": None,
            "task_categories": None,
            "annotations_creators": None,
            "language_creators": None,
        },
        sections=tuple(
            CardSection(title, tuple(lines))
            for title, lines in (
                ("What it is", _what(of)),
                ("Sample", _sample(of)),
                ("Duplicates and leakage", _duplicates(of)),
                ("Variety", _variety(of)),
                ("What gives the labels away", _shortcuts(of)),
                ("Label balance over topics", _balance(of)),
                ("Rows to look at", _flags(of)),
                ("People and judges", _people(of, judge, people)),
                ("Scores", _scores(of)),
                ("Limits", _limits(of)),
                ("Upkeep", _upkeep()),
            )
        ),
    )


def code(text: str) -> str:
    """A text as an inline code span of Markdown, in one line, where nothing in it is markup; the pipe of tables aside.

    The fence is longer than any run of backticks inside. Characters that are not printable become spaces.
    """
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    longest = run = 0
    for char in line:
        run = run + 1 if char == "`" else 0
        longest = max(longest, run)
    fence = "`" * (longest + 1)
    space = " " if not line or line[0] == "`" or line[-1] == "`" else ""
    return f"{fence}{space}{line}{space}{fence}"


class _Of:
    """What the lines read, and the commands that they name."""

    def __init__(self, manifest: Manifest, examples: pd.DataFrame, report: Mapping[str, Any]) -> None:
        self.manifest, self.examples, self.report = manifest, examples, report
        self.slug = shlex.quote(manifest.slug)
        self.info = f"evalmap info {self.slug}"
        self.card = f"evalmap card {self.slug}"  # of what no other command tells

    def section(self, name: str) -> Any:
        return self.report.get(name)

    def quality(self, section: str) -> str:
        return f"evalmap quality --section {section} {self.slug}"  # a dataset may be called "judge", which is a command's name

    def missing(self, item: str, section: str, asked: str) -> CardLine:
        """The line of a section that was not measured."""
        return CardLine(item, ("not measured.",), self.quality(section), asked=asked)


def _by_hand(item: str, hint: str, asked: str) -> CardLine:
    return CardLine(item, hint=hint, asked=asked)


def _what(of: _Of) -> Iterator[CardLine]:
    manifest = of.manifest
    yield CardLine("Name", (Data(manifest.name),), of.info, asked="DFH")
    yield _by_hand("What is measured", "the behaviour or ability, defined in a sentence or two, and what a high score means.", "BF")
    yield _by_hand("Purpose and users", "who should use it for what, and what it must not be used for.", "DBF")
    local = location_kind(manifest.location) == "path"
    place = Path(manifest.location).name if local else manifest.source  # a path of somebody's machine says nothing to a reader
    yield CardLine("Read from", (Data(place),), of.info, asked="DH")
    yield _by_hand("Source", "where it is published, by whom, with a version or commit, and the paper.", "DBFH")
    found = _licence(Path(manifest.location)) if local else None
    if found:
        yield CardLine("Licence", ("a licence file lies beside the data: ", Data(found), "."), of.card, asked="DBH")
    else:
        yield _by_hand("Licence", "the licence of the data; no licence file lies beside it.", "DBH")
    yield _by_hand(
        "How the rows were written", "by people or by which model, from which prompt, when, and how they were chosen.", "DBH"
    )
    yield _by_hand("Language", "of the texts, and which variety.", "DH")


def _sample(of: _Of) -> Iterator[CardLine]:
    manifest, examples = of.manifest, of.examples
    aside = f"; {manifest.set_aside:,} set aside that hold no text" if manifest.set_aside else "; none set aside"
    yield CardLine("Rows", (f"{manifest.rows:,}{aside}.",), of.info, asked="DBFH")
    if len(manifest.datasets) > 1:
        yield CardLine("Files", _counts(manifest.datasets), of.info, asked="D")
    yield CardLine("Fields", (Data(manifest.reading_line()),), of.info, asked="DH")
    if manifest.labels:
        yield CardLine("Labels", _counts(manifest.labels), of.info, asked="D")
    else:
        yield CardLine("Labels", ("none.",), of.info, asked="D")
    words = np.array([len(str(text).split()) for text in examples["text"]])
    said = f"{np.median(words):,.0f} words in the median, {words.min():,} to {words.max():,}."
    yield CardLine("Length of a text", (said,), of.card, asked="D")
    yield _by_hand("What it is a sample of", "the larger set that the rows stand for, and what is known of how well they do.", "DF")
    yield _by_hand(
        "Personal or sensitive content", "names, groups, offence: what is in the rows, and what was done about it.", "DBH"
    )
    yield CardLine("Version measured", (f"map {manifest.fingerprint[:12]} of {manifest.built_at[:10]}.",), of.info, asked="BF")


def _duplicates(of: _Of) -> Iterator[CardLine]:
    manifest, examples = of.manifest, of.examples
    texts = examples["text"].astype(str)
    extra = redundant(texts, NORMALIZATION)
    said = f"{extra:,} of {len(texts):,} rows repeat the text of another (case, spaces and quotes aside)."
    yield CardLine("Equal texts", (said,), of.card, asked="D")
    if len(manifest.datasets) > 1:
        plain = pd.Series([normalize(text, NORMALIZATION) for text in texts])
        shared = int((examples["dataset"].groupby(plain.to_numpy()).nunique() > 1).sum())
        yield CardLine("Across files", (f"{shared:,} texts stand in more than one file.",), of.card, asked="D")
    found = of.section("duplicates")
    if found is None:
        yield of.missing("Near-duplicates", "duplicates", "DB")
    else:
        said = (
            f"{found['count']:,} rows ({_percent(found['ratio'])}) go in a screening at similarity {found['threshold']:g}; "
            f"{found['groups']:,} groups, the largest of {found['largest']:,} rows."
        )
        yield CardLine("Near-duplicates", (said,), of.quality("duplicates"), asked="DB")
    yield _by_hand(
        "Seen in training", "whether models may have been trained on it: first publication, canary string, a hidden part.", "BF"
    )


def _variety(of: _Of) -> Iterator[CardLine]:
    scorecard, saturation = of.section("scorecard"), of.section("saturation")
    if scorecard is None:
        yield of.missing("Diversity", "scorecard", "D")
    else:
        yield CardLine(
            "Diversity",
            (f"{of.manifest.rows:,} rows behave like {scorecard['vendi']:,.1f} wholly different ones (Vendi score).",),
            of.quality("scorecard"),
            asked="D",
        )
    if saturation is None:
        yield of.missing("Saturation", "saturation", "D")
    else:
        said = f"{saturation['distinct']:,} rows are distinct. {saturation['sentence']}"
        yield CardLine("Saturation", (said,), of.quality("saturation"), asked="D")


def _shortcuts(of: _Of) -> Iterator[CardLine]:
    found, command = of.section("shortcuts"), of.quality("shortcuts")
    if found is None:
        yield of.missing("Shortcuts", "shortcuts", "BF")
        return
    measured = [one for one in found if one.get("accuracy") is not None]
    if not measured:
        reason = next((one["reason"] for one in found if one.get("reason")), "there is no label")
        yield CardLine("Shortcuts", (f"cannot be measured: {reason}",), command, asked="BF")
        return
    for one in sorted(measured, key=lambda one: (-one["accuracy"], one["predictor"])):
        control = "" if one.get("control") is None else f", control on shuffled labels {_percent(one['control'])}"
        said = f"guesses {_percent(one['accuracy'])} of the labels (the commonest label: {_percent(one['chance'])}{control})"
        rest = one.get("remaining")
        after = f"; {_percent(rest)} without the {one['removed']:,} worst rows." if rest is not None and one.get("removed") else "."
        pieces: list[str | Data] = [said, after]
        for phrase in one.get("phrases", [])[:PHRASES]:
            pieces += ["; " if len(pieces) > 2 else " Give-aways: ", Data(phrase["text"]), f" ({phrase['rows']:,} rows, "]
            pieces += [Data(str(phrase["label"])), ")"]
        yield CardLine(one["predictor"].replace("_", " "), tuple(pieces), command, asked="BF")


def _balance(of: _Of) -> Iterator[CardLine]:
    found, command = of.section("balance"), of.quality("balance")
    if found is None:
        yield of.missing("Clusters with other labels than the whole", "balance", "D")
    elif found.get("reason"):
        yield CardLine("Clusters with other labels than the whole", (f"cannot be said: {found['reason']}",), command, asked="D")
    else:
        flagged = [one for one in found["clusters"] if one["flagged"]]
        pieces: list[str | Data] = [f"{len(flagged)} of {len(found['clusters'])}"]
        for one in flagged[:LISTED]:
            pieces += ["; " if len(pieces) > 1 else ": ", Data(one["name"])]
        drop = f". Without {len(found['to_drop']):,} rows the labels of these are even." if flagged else "."
        yield CardLine("Clusters with other labels than the whole", (*pieces, drop), command, asked="D")


def _flags(of: _Of) -> Iterator[CardLine]:
    found, command = of.section("flags"), of.quality("flags")
    if found is None:
        yield of.missing("Flags", "flags", "D")
        return
    hits = sorted((one for one in found if one["count"]), key=lambda one: (-one["count"], one["rule"]))
    for one in hits:
        yield CardLine(one["rule"].replace("_", " "), (f"{one['count']:,} rows. {one['meaning']}",), command, asked="D")
    silent = [one["rule"].replace("_", " ") for one in found if one["count"] == 0]
    if silent:
        yield CardLine("Nothing found by", (f"{', '.join(silent)}.",), command, asked="D")
    unasked = [f"{one['rule'].replace('_', ' ')} ({one['reason'].rstrip('.')})" for one in found if one["count"] is None]
    if unasked:
        yield CardLine("Could not be asked", (f"{'; '.join(unasked)}.",), command, asked="D")


def _people(of: _Of, judge: Mapping[str, Any] | None, people: Mapping[str, Any] | None) -> Iterator[CardLine]:
    command = f"evalmap quality judge {of.slug}"
    review = f"evalmap review {of.slug}"
    if people is None:
        yield CardLine("Review by people", ("not reviewed.",), review, asked="DB")
    else:
        yield CardLine("Review by people", (people["sentence"],), f"{review} --report", asked="DB")
    if judge is None:
        yield CardLine("A language model as judge", ("not judged.",), f"{command} --model …", asked="F")
        return
    pieces: list[str | Data] = [Data(judge["model"]), f" judged {judge['n']:,} of {judge['of']:,} different rows"]
    for one in judge["prompts"]:
        scores = f"relevance {_number(one['relevance_mean'])}, clarity {_number(one['clarity_mean'])} of 5"
        pieces.append(f"; {one['name']}: {scores}, labels that fit {_share(one['agrees'], one['low'], one['high'])}")
    between = judge["prompt_agreement"]
    agree = "" if between is None else f" The two phrasings agree on {_percent(between['label']['agreement'])} of the labels"
    kappa = "" if between is None else f" (kappa {_number(between['label']['kappa'])})."
    yield CardLine("A language model as judge", (*pieces, ".", agree, kappa), command, asked="F")
    if beside := judge["people"]:
        limits = f"{_number(beside['low'])} to {_number(beside['high'])}"
        said = f"kappa of the label {_number(beside['kappa'])} ({limits}), {beside['n']:,} rows."
        yield CardLine("The judge beside people", (said,), command, asked="F")


def _scores(of: _Of) -> Iterator[CardLine]:
    labels = of.manifest.labels
    if labels:
        most = max(labels.values()) / sum(labels.values())
        said = f"{_percent(most)} by always giving the commonest label."
        yield CardLine("Floor", (said,), of.info, asked="B")
    confidence = pd.to_numeric(of.examples["confidence"], errors="coerce").dropna()
    if len(confidence):
        said = f"{_percent(float(confidence.mean()))}, the mean label confidence of {len(confidence):,} rows (Perez et al. 2022)."
        yield CardLine("Ceiling", (said,), of.card, asked="B")
    else:
        yield _by_hand("Ceiling", "the best score that can be expected, where labels may be wrong.", "B")
    yield _by_hand("People's score", "how well people do, who they were, and how they were asked.", "B")
    yield _by_hand(
        "Metric and prompt", "how a score is made, which prompts were tried, and how far scores move between them.", "BF"
    )


def _limits(of: _Of) -> Iterator[CardLine]:
    manifest = of.manifest
    model = manifest.settings.model
    if location_kind(model) == "path":
        model = Path(model).name
    window = f"; {manifest.truncated:,} texts are longer than its window, their ends were not read" if manifest.truncated else ""
    yield CardLine(
        "What the figures rest on",
        ("embeddings by ", Data(model), f"{window}. What it takes for alike may not be what a reader does."),
        of.info,
        asked="BF",
    )
    if (found := of.section("map")) is not None:
        yield CardLine("How far the map can be trusted", (found["sentence"],), of.quality("map"), asked="F")
    yield _by_hand("Known limits", "what it does not cover, what its score does not say, and where it misleads.", "DBFH")


def _upkeep() -> Iterator[CardLine]:
    yield _by_hand("Contact", "who answers questions and where faults are reported.", "DBH")
    yield _by_hand("Code", "where the code is that runs it and scores it, with a version.", "B")
    yield _by_hand(
        "Changes and end", "how it is corrected, how versions are told apart, and when it should no longer be used.", "DB"
    )


def _licence(location: Path) -> str | None:
    """The first line of a licence file beside the data, in its folder or the one above; None where there is none."""
    folder = location if location.is_dir() else location.parent
    for place in (folder, folder.parent):
        for name in _LICENCES:
            try:
                lines = (place / name).read_text(encoding="utf-8", errors="replace").splitlines()
            except OSError:
                continue
            return next((line.strip()[:120] for line in lines if line.strip()), name)
    return None


def _counts(counts: Mapping[str, int]) -> Said:
    """Names with their counts, the most frequent first."""
    pieces: list[str | Data] = []
    for name, count in list(counts.items())[:LISTED]:
        pieces += [", " if pieces else "", Data(name), f" {count:,}"]
    more = len(counts) - LISTED
    return (*pieces, f" and {more:,} more." if more > 0 else ".")


def _percent(ratio: float) -> str:
    return f"{100 * ratio:.1f} %"


def _share(value: float | None, low: float | None, high: float | None) -> str:
    return (
        _number(value)
        if value is None or low is None or high is None
        else f"{_percent(value)} ({_percent(low)} to {_percent(high)})"
    )


def _number(value: float | None) -> str:
    return "unknown" if value is None or math.isnan(value) else f"{value:.2f}"
