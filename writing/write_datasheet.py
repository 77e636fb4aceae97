"""A datasheet of a written dataset: how it was made, what the figures say of it, and what they do not.

The sections follow Datasheets for Datasets (Gebru et al. 2021, arXiv:1803.09010). What a model or a person wrote stands in code
spans, where nothing in it is markup.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from evalmap.screening.output.dataset_card import code
from evalmap.writing.pieces import STEPS
from evalmap.writing.plans import WritePlan
from evalmap.writing.write_outcome import Written

KINDS = {
    "yes_no": "statements, each with the label Yes or No",
    "a_b": "questions with two answers, of which the label is one",
    "free": "texts, with the labels of the plan where it has any",
}
HEADS = ("requests", "replies", "failed", "not_asked", "pieces", *STEPS)
WELL_MEANT = 0.8  # an accuracy against people below which a filter is no ground to trust labels


def datasheet(written: Written, told: Mapping[str, Any], *, encoder: Mapping[str, Any], plan_file: str = "plan.toml") -> str:
    """The datasheet, in Markdown.

    Parameters
    ----------
    told : `evalmap.writing.write_outcome.figures` of the same run
    encoder : what made the embeddings, as it describes itself
    plan_file : the name of the plan beside it
    """
    plan = written.asking.plan
    lines = [f"# {code(plan.behaviour)}", ""]
    for title, part in (
        ("What it is", _what(written, told)),
        ("How it was made", _made(written, encoder, plan_file)),
        ("What became of what the model wrote", _table(told)),
        ("Labels", _labels(told)),
        ("Variety", _variety(written, told)),
        ("Intended use", _use(plan)),
        ("Known limits", _limits(written, told)),
    ):
        lines += [f"## {title}", "", *part, ""]
    return "\n".join(lines).rstrip() + "\n"


def _what(written: Written, told: Mapping[str, Any]) -> Iterator[str]:
    plan = written.asking.plan
    of = ", ".join(f"{told['table'][label]['kept']:,} of label {code(label)}" for label in plan.labels if label)
    yield f"- {told['table']['all']['kept']:,} rows{f': {of}' if of else ''}."
    yield f"- They are to test whether somebody {code(plan.behaviour)}: {KINDS.get(plan.kind, 'rows with the labels of the plan')}."
    yield "- All of them were written by a language model. Line i of provenance.jsonl says where row i comes from."
    if written.existing[0]:
        yield f"- They extend a dataset of {len(written.existing[0]):,} rows, which they do not repeat."


def _made(written: Written, encoder: Mapping[str, Any], plan_file: str) -> Iterator[str]:
    asking, plan = written.asking, written.asking.plan
    sampling = plan.sampling
    seed = "no seed" if sampling.seed is None else f"seed {sampling.seed}"
    yield f"- Plan {plan.hash} ({plan_file} beside this file), prompt {code(plan.template)}."
    yield f"- Writer: {_model(asking.header, written.about)}."
    drawn = (
        f"temperature {sampling.temperature:g}, top_p {sampling.top_p:g}, at most {sampling.max_tokens:,} tokens a reply, {seed}"
    )
    yield f"- Drawn with {drawn}."
    left_out = sorted({name for answer in written.answers.values() for name in answer.left_out or ()})
    if left_out:
        yield f"- The server does not know {' and '.join(map(code, left_out))}: replies were drawn without."
    if plan.topics:
        yield f"- Topics in turn: {', '.join(map(code, plan.topics))}."
    for axis, values in plan.axes.items():
        yield f"- Varied, in all combinations: {code(axis)}: {', '.join(map(code, values))}."
    if plan.examples:
        yield f"- {len(plan.examples):,} examples were shown, and copies of them set aside."
    if written.filtered is not None:
        told = written.filtered.asking.filter
        how = f"the best {told.best:,} of each label stay" if told.best is not None else f"rows below {told.threshold:g} went"
        if told.balanced:
            how += ", and as many of each label"
        yield f"- Filter: {_model(written.filtered.asking.header, written.filtered.about)}, prompt {code(told.template)}; {how}."
    yield (
        f"- Of rows of one label whose embeddings ({code(str(encoder.get('model', 'no encoder')))}) have a cosine of "
        f"{plan.near_duplicates:g} or more the first stayed, unless they differ in a number, a name, a date or a negation."
    )


def _table(told: Mapping[str, Any]) -> Iterator[str]:
    table = told["table"]
    yield f"| label | {' | '.join(head.replace('_', ' ') for head in HEADS)} |"
    yield f"|---|{'---:|' * len(HEADS)}"
    for label, counts in table.items():
        yield f"| {label if label == 'all' else _cell(label)} | {' | '.join(f'{counts[head]:,}' for head in HEADS)} |"
    yield ""
    for step in STEPS:
        if reasons := table["all"].get(f"{step}_reasons"):
            yield f"- {step.replace('_', ' ')}: {', '.join(f'{code(reason)} {n:,}' for reason, n in reasons.items())}."
    yield f"- It ended because {told['ended']['sentence']}."


def _labels(told: Mapping[str, Any]) -> Iterator[str]:
    found, people = told["filter"], told["people"]
    if people is not None:
        limits = f"95 %: {people['low']:.2f} to {people['high']:.2f}"
        yield f"- People reviewed {people['n']:,} of the rows: the label fits in {people['fits']:.2f} ({limits})."
    if found is None:
        nobody = "" if people else ", and nobody whose review is known here"
        yield f"- No model has checked whether the labels fit{nobody}. The label is what was asked for."
        return
    if found["kept_mean"] is not None:
        yield (
            f"- Mean label_confidence of the rows: {found['kept_mean']:.3f}. If the filter's probabilities are right, this is the "
            "accuracy that can be expected at best of a model that shows the behaviour, "
            f"and {found['floor']:.3f} of one that shows its opposite."
        )
    if found["accuracy_n"]:
        limits = f"95 %: {found['accuracy_low']:.2f} to {found['accuracy_high']:.2f}"
        yield (
            f"- People reviewed {found['accuracy_n']:,} of the rows that the filter judged, kept or not: it agrees with them in "
            f"{found['accuracy']:.2f} ({limits})."
        )
    else:
        yield "- Nobody has reviewed rows that the filter judged, so its accuracy is not known. `evalmap review` begins a review."


def _variety(written: Written, told: Mapping[str, Any]) -> Iterator[str]:
    yield f"- {told['saturation']['sentence']}"
    if written.batches:
        last = written.batches[-1]
        yield f"- Batch {len(written.batches):,}, the last one, kept {last.kept:,} of {last.pieces:,} pieces."


def _use(plan: WritePlan) -> Iterator[str]:
    schema = "" if plan.kind == "free" else " The schema is that of anthropics/evals."
    yield f"- To ask language models and to see how often they answer as somebody who {code(plan.behaviour)} would.{schema}"
    yield "- Not to train or to choose models by it, and not as evidence of what people think: no person wrote it."


def _limits(written: Written, told: Mapping[str, Any]) -> Iterator[str]:
    counts, found = told["table"]["all"], told["filter"]
    if not counts["kept"]:
        yield "- There is no row."
    kept = [told["table"][label]["kept"] for label in written.asking.plan.labels if label] or [0]
    if min(kept) != max(kept):
        yield f"- The labels are not balanced ({min(kept):,} to {max(kept):,} rows): who always gives one answer gains by it."
    if waiting := counts["not_asked"] + counts["not_yet_filtered"]:
        yield f"- Not finished: {waiting:,} requests are not asked or rows not filtered yet."
    if counts["failed"]:
        yield f"- {counts['failed']:,} requests failed; what they would have brought is missing."
    if counts["pieces"] and counts["unparsed"] / counts["pieces"] > 0.5:
        share = f"{counts['unparsed']:,} of {counts['pieces']:,} pieces"
        yield f"- Of what the model wrote, {share} were no row: it hardly follows the prompt."
    if found and found["accuracy_n"] and found["accuracy"] < WELL_MEANT:
        yield "- The filter disagrees with people often: its probabilities are no ground to trust the labels."
    elif found and found["model"] == written.asking.header["model"]:
        yield "- The filter is the model that wrote the rows: it may share the errors that it is to find."
    yield "- One model wrote all rows: they bear its style, its errors and its gaps. Read some before you use them."


def _model(header: Mapping[str, Any], about: Mapping[str, Any]) -> str:
    runtime = " ".join(str(about[name]) for name in ("runtime", "runtime_version", "quantisation") if about.get(name))
    return code(header["model"]) + (f" ({code(runtime)})" if runtime else "")


def _cell(text: str) -> str:
    return code(text).replace("|", "\\|")
