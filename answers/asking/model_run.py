"""A run: what the journal has no answer to is asked, and each answer is on the disk before it counts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from evalmap.answers.answer_types import RawAnswer, StagedSet
from evalmap.answers.asking.journal import Journal, journal_path, read_journal
from evalmap.answers.asking.protocol import Answerer, Request, Usage
from evalmap.answers.asking.run_answer_set import staged_answers
from evalmap.answers.asking.run_plan import Plan, answered_keys, known_answers, still_to_ask
from evalmap.data.errors import DatasetError
from evalmap.data.store.workspace import Workspace

ANOTHER_RUN = frozenset({"text", "model", "base_url"})  # settings that are part of what a run is: its journal is another one


@dataclass(frozen=True)
class RunOutcome:
    """What became of a run.

    Attributes
    ----------
    staged : all answers of the journal to the questions as they are now; None where there is none
    n_asked : questions answered by this call; n_answered, n_failed : in all, and those whose last answer is an error
    n_expected : questions that this call set out to have answered, those of earlier calls with them
    usage : tokens of this call
    stopped : why not all were asked, one sentence; interrupted : whether by hand; settings : those that mend it, by name
    """

    staged: StagedSet | None
    n_asked: int
    n_answered: int
    n_failed: int
    n_expected: int
    usage: Usage
    stopped: str | None = None
    interrupted: bool = False
    settings: tuple[str, ...] = ()


def run(
    plan: Plan,
    answerer: Answerer,
    workspace: Workspace,
    *,
    limit: int | None = None,
    label: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> RunOutcome:
    """Ask what the journal has no answer to, and give all that it has as an answer set.

    An answer is on the disk before it counts. Questions whose last answer is an error are asked again.

    Parameters
    ----------
    limit : answers to have at most, those of earlier calls among them
    label : what the model is called; kept from the first call on
    progress : called after each answer is on the disk, with answers there are and answers there will be

    Returns
    -------
    RunOutcome : also where the answerer gave up or the run was interrupted: `stopped` tells why

    Raises
    ------
    DatasetError : another process runs it, it was called something else, or the journal cannot be opened
    """
    path = journal_path(workspace, plan.run_id)
    about = read_journal(path).header.get("about") or dict(answerer.about())
    header = {**plan.header, "about": about, "label": label, "created": datetime.now(UTC).isoformat(timespec="seconds")}
    usage, stopped, interrupted = Usage(), None, False
    settings: tuple[str, ...] = ()
    with Journal(path, header) as journal:
        called = journal.written.header.get("label")
        if label is not None and label != called:
            raise DatasetError(f"This run is called {called or plan.header['model']} already. Leave the label out.", "label")
        answers = known_answers(plan, journal.written)
        to_ask = still_to_ask(plan, answers, limit)
        before = len(answered_keys(answers))
        expected, n_asked = before + len(to_ask), 0

        def on_answer(request: Request, answer: RawAnswer) -> None:
            nonlocal n_asked
            journal.append(request.key, answer)
            answers[request.key] = answer
            n_asked += 1
            if progress:
                progress(before + n_asked, expected)

        if progress:
            progress(before, expected)
        try:
            if to_ask:
                usage = answerer.answer(plan.prompt, to_ask, on_answer=on_answer)
        except DatasetError as error:
            stopped, settings = str(error), error.settings
        except KeyboardInterrupt:
            stopped, interrupted = "Stopped by hand.", True
        written = journal.written
    staged = staged_answers(plan, written, answers, to_ask) if answers else None
    answered = len(answered_keys(answers))
    if stopped is not None:
        on = "another way of asking is another run" if ANOTHER_RUN & set(settings) else "the same command goes on from there"
        stopped = f"{stopped} {answered:,} of {expected:,} answers are kept; {on}."
    return RunOutcome(staged, n_asked, answered, len(answers) - answered, expected, usage, stopped, interrupted, settings)
