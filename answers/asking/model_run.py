"""A run: what the journal has no answer to is asked, and each answer is on the disk before it counts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from evalmap.answers.answer_types import StagedSet
from evalmap.answers.asking.journal import JournalContent, journal_path, read_journal
from evalmap.answers.asking.journaled import ask
from evalmap.answers.asking.protocol import Answerer, Usage
from evalmap.answers.asking.run_answer_set import staged_answers
from evalmap.answers.asking.run_plan import Plan
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
    about = read_journal(journal_path(workspace, plan.run_id)).header.get("about") or dict(answerer.about())
    header = {**plan.header, "about": about, "label": label, "created": datetime.now(UTC).isoformat(timespec="seconds")}

    def check(written: JournalContent) -> None:
        called = written.header.get("label")
        if label is not None and label != called:
            raise DatasetError(f"This run is called {called or plan.header['model']} already. Leave the label out.", "label")

    asked = ask(plan.prompt, plan.requests, answerer, workspace, header=header, limit=limit, check=check, progress=progress)
    staged = staged_answers(plan, asked.written, asked.answers, asked.to_ask) if asked.answers else None
    stopped = asked.stopped
    if stopped is not None:
        another = ANOTHER_RUN & set(asked.settings)
        on = "another way of asking is another run" if another else "the same command goes on from there"
        stopped = f"{stopped} {asked.n_answered:,} of {asked.n_expected:,} answers are kept; {on}."
    return RunOutcome(
        staged=staged,
        n_asked=asked.n_asked,
        n_answered=asked.n_answered,
        n_failed=len(asked.answers) - asked.n_answered,
        n_expected=asked.n_expected,
        usage=asked.usage,
        stopped=stopped,
        interrupted=asked.interrupted,
        settings=asked.settings,
    )
