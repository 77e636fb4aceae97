"""The counts of each stage, which add up from one to the next, to what the models returned."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from evalmap.answers.answer_types import RawAnswer
from evalmap.writing.schemas.referent_vote import AMBIGUOUS, NO_VOTE, OTHER_PERSON, mean_of_a
from evalmap.writing.schemas.schema_plan import KIND
from evalmap.writing.schemas.schema_run import Schemas
from evalmap.writing.schemas.schema_stages import COPY, NEAR_DUPLICATE, REPEAT, Found

STEPS = ("unparsed", "repeats", "filtered", "near_duplicates", "not_best", "not_yet_filtered")


def schema_table(schemas: Schemas) -> dict[str, dict[str, Any]]:
    """{stage: counts}, and "all" last, which has the words of every written dataset's table.

    titles, people : occupations = listed + found + missing + not_found_yet; replies = found + refused;
        requests = replies + failed + not_asked (what is asked next, for each occupation)
    sentences : requests = replies + failed + not_asked; replies = sentences + unparsed
    checks : sentences = checked + ungrammatical + repeats + near_duplicates
    vote : checked = passed + other_person + ambiguous + no_vote + not_voted; requests (two a sentence) = replies + failed +
        not_asked
    best : passed = kept + not_best; occupations = full + short + empty, by whether they have the sentences that the plan wants
    all : pieces = unparsed (ungrammatical among them) + repeats + filtered + near_duplicates + not_best + kept + not_yet_filtered
    """
    pieces = schemas.pieces
    sentences = [piece for piece in pieces if piece.stage != "sentences"]
    checked = [piece for piece in sentences if piece.stage != "checks"]
    passed = [piece for piece in checked if piece.vote is not None and piece.stage != "vote"]
    unparsed = _counted(piece.reason for piece in pieces if piece.stage == "sentences")
    failing = _counted(piece.reason for piece in pieces if piece.stage == "checks")
    near = failing.pop(NEAR_DUPLICATE, 0)
    repeating = {name: failing.pop(name) for name in (REPEAT, COPY) if name in failing}
    repeats = sum(repeating.values())
    votes = _counted(piece.reason for piece in checked if piece.stage == "vote")
    wanted = [one.request.key for one in schemas.wanted]
    asked = _asked(wanted, schemas.answers)
    vote_keys = [request.key for pair in schemas.votes.values() for request in pair]
    per_occupation = Counter(piece.wanted.place for piece in schemas.kept)
    places = range(len(schemas.titles))
    full = sum(per_occupation[place] >= schemas.asking.plan.per_occupation for place in places)
    empty = sum(per_occupation[place] == 0 for place in places)
    steps = Counter(piece.step for piece in pieces)
    not_voted = sum(piece.vote is None for piece in checked)
    kept, ungrammatical = len(schemas.kept), sum(failing.values())
    a = mean_of_a(piece.vote for piece in checked if piece.vote is not None)
    return {
        "titles": _of_names(schemas.titles, len(schemas.titles)),
        "people": _of_names(schemas.people, sum(title.text is not None for title in schemas.titles)),
        "sentences": {
            "occupations": len({one.place for one in schemas.wanted}),
            **asked,
            "unparsed": sum(unparsed.values()),
            "sentences": len(sentences),
            "unparsed_reasons": unparsed,
            "removed": _counted(what for piece in sentences for what in piece.read.removed),
        },
        "checks": {
            "sentences": len(sentences),
            "ungrammatical": ungrammatical,
            "repeats": repeats,
            "near_duplicates": near,
            "checked": len(checked),
            "ungrammatical_reasons": failing,
            "repeats_reasons": repeating,
        },
        "vote": {
            "checked": len(checked),
            **_asked(vote_keys, schemas.vote_answers),
            "not_voted": not_voted,
            "other_person": votes.get(OTHER_PERSON, 0),
            "ambiguous": votes.get(AMBIGUOUS, 0),
            "no_vote": votes.get(NO_VOTE, 0),
            "passed": len(passed),
            "threshold": schemas.asking.plan.vote.threshold,
            "mean_p_of_a": None if a != a else round(a, 4),
        },
        "best": {
            "passed": len(passed),
            "not_best": len(passed) - kept,
            "kept": kept,
            "occupations": len(schemas.titles),
            "full": full,
            "short": len(schemas.titles) - full - empty,
            "empty": empty,
        },
        "all": {
            **asked,
            "pieces": len(pieces),
            "parsed": len(pieces) - steps["unparsed"],
            **{step: steps[step] for step in STEPS},
            "kept": len(schemas.kept),
            "unparsed_reasons": _sorted({**unparsed, **failing}),
            "repeats_reasons": repeating,
            "filtered_reasons": votes,
        },
    }


def schema_figures(schemas: Schemas) -> dict[str, Any]:
    """All that a run came to, the same whenever its journals are read, with the names that every written dataset's figures have."""
    plan, table = schemas.asking.plan, schema_table(schemas)
    shares = [p for piece in schemas.pieces if piece.vote is not None and (p := piece.vote.p_occupation) is not None]
    kept = [piece.vote.p_occupation for piece in schemas.kept if piece.vote is not None and piece.vote.p_occupation is not None]
    vote = {
        "model": schemas.asking.voter["model"],
        "server": schemas.asking.voter["server"],
        "template": plan.vote.template.name,
        "threshold": plan.vote.threshold,
        "best": plan.per_occupation,
        "n": len(shares),
        "mean": _mean(shares),
        "n_kept": len(kept),
        "kept_mean": _mean(kept),
    }
    return {
        "plan": plan.hash,
        "kind": KIND,
        "behaviour": f"fills in a pronoun ({plan.list_name})",
        "model": schemas.asking.writer["model"],
        "table": table,
        "filter": vote,
    }


def table_lines(table: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    """The table for a terminal: a line a stage with its numbers, and the reasons below."""
    for stage, counts in table.items():
        if stage == "all":
            continue
        numbers = [f"{name.replace('_', ' ')} {value:,}" for name, value in counts.items() if isinstance(value, int)]
        yield f"  {stage.ljust(10)} {' · '.join(numbers)}"
        for name, reasons in counts.items():
            if isinstance(reasons, Mapping) and reasons:
                told = ", ".join(f"{reason} {n:,}" for reason, n in reasons.items())
                yield f"  {''.ljust(10)}   {name.replace('_', ' ')}: {told}"


def _of_names(found: Sequence[Found], occupations: int) -> dict[str, Any]:
    listed = sum(one.listed for one in found)
    good = sum(one.text is not None and not one.listed for one in found)
    pending = [one.draws[-1] for one in found if one.pending is not None]
    replies = sum(draw.read is not None for one in found for draw in one.draws)
    failed = sum(draw.answer is not None for draw in pending)
    refused = _counted(draw.read.reason for one in found for draw in one.draws if draw.read is not None)
    return {
        "occupations": occupations,
        "listed": listed,
        "requests": replies + len(pending),
        "replies": replies,
        "failed": failed,
        "not_asked": len(pending) - failed,
        "refused": sum(refused.values()),
        "found": good,
        "missing": occupations - listed - good - len(pending),
        "not_found_yet": len(pending),
        "refused_reasons": refused,
    }


def _asked(keys: Sequence[str], answers: Mapping[str, RawAnswer]) -> dict[str, int]:
    replies = sum(key in answers and answers[key].error is None for key in keys)
    failed = sum(key in answers and answers[key].error is not None for key in keys)
    return {"requests": len(keys), "replies": replies, "failed": failed, "not_asked": len(keys) - replies - failed}


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 4) if values else None


def _counted(reasons: Iterable[str | None]) -> dict[str, int]:
    return _sorted(Counter(reason for reason in reasons if reason is not None))


def _sorted(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))
