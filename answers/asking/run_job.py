"""Where a run of a model tells how far it is."""

from pathlib import Path

IF_KILLED = "the run stopped (killed, or out of memory?). Start it again: the answers so far are kept."


def job_location(slug: str, model: str, prompt: str) -> str:
    """What the job of asking a model a dataset's questions is filed under; `prompt` is the prompt's id."""
    return f"answers:{slug}:{model}:{prompt}"


def name_job_location(slug: str, model: str) -> str:
    """What the job of asking a model for the names of a map's clusters is filed under."""
    return f"names:{slug}:{model}"


def judge_job_location(slug: str, model: str) -> str:
    """What the job of having a model judge a dataset's rows is filed under."""
    return f"judge:{slug}:{model}"


def write_job_location(plan: Path) -> str:
    """What the job of having a model write the rows of a plan's file is filed under."""
    return f"write:{plan.resolve()}"


def compare_job_location(result: Path) -> str:
    """What the job of comparing the phrasings whose results lie in a folder is filed under."""
    return f"phrasings:{result.resolve()}"
