"""Prompts: the four that are built in, and the user's own Jinja files.

A template sees the source fields of a row, `question` (the field of that name, else the text) and `options` (the options' texts).
The options stand in an order of their own, never the matching one first: a prompt must not give the label away. What a row holds
is put in as text; it is never read as a template.
"""

import traceback
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalmap.answers.answer_types import Options
from evalmap.answers.asking.protocol import Prompt, PromptKind
from evalmap.data.errors import DatasetError

if TYPE_CHECKING:
    from jinja2 import Template

MOST_CHARACTERS = 200_000  # of a template file; more is no template
_YES_NO = {"yes": 0, "no": 1, "true": 0, "false": 1}
_OFFER = "{{ options[:-1] | join(', ') }}{{ ' or ' if options | length > 1 else '' }}{{ options | last }}"
_BUILT_IN = (
    Prompt("chat-yesno", "{{ question }}\n\nAnswer with just " + _OFFER + "."),
    Prompt("hhh", "\n\nHuman: {{ question }}\n\nAssistant:", kind="completion", lead=" "),
    Prompt("raw", "{{ question }}", kind="completion"),
    Prompt("blank", "{{ question }}", kind="blank"),
)


def built_in() -> dict[str, Prompt]:
    """The prompts that need no file, by id.

    chat-yesno : chat; the question, an empty line, "Answer with just Yes or No." (or the options that the row has)
    hhh : completion; "Human:" and the question, then "Assistant:"
    raw : completion; the question as it stands
    blank : the question is a sentence with one blank, which each option fills; nothing else is put
    """
    return {prompt.id: prompt for prompt in _BUILT_IN}


def prompt(id_or_path: str, *, kind: PromptKind | None = None, system: str | None = None) -> Prompt:
    """A prompt that is built in, or one of the user's own from a Jinja file (its id is then the file's name).

    Parameters
    ----------
    kind : for a file; "chat" where it is not told. A built-in prompt has its own kind, and another one is refused.
    system : a system message, for chat only

    Raises
    ------
    DatasetError : no such prompt or file, not UTF-8, not Jinja, or another kind or a system message where it cannot be
    """
    found = built_in().get(id_or_path)
    if found is None:
        found = _own(Path(id_or_path).expanduser(), id_or_path, kind or "chat")
    elif kind is not None and kind != found.kind:
        raise DatasetError(
            f"prompt {found.id} is of kind {found.kind}, not {kind}. Leave the kind out, or name a file.", "prompt_kind"
        )
    if system is not None and found.kind != "chat":
        raise DatasetError(
            f"prompt {found.id} is of kind {found.kind} and has no place for a system message. Leave it out.", "system"
        )
    return replace(found, system=system)


def fill(prompt: Prompt, fields: Mapping[str, Any], options: Options) -> str:
    """The text that a model is shown for one row.

    Parameters
    ----------
    fields : the row's fields by name, `question` among them

    Raises
    ------
    DatasetError : the template names a field that the row does not have, or cannot be filled in
    """
    from jinja2 import UndefinedError

    try:
        return _template(prompt.id, prompt.template).render({**fields, "options": offered(options)})
    except UndefinedError as error:
        there, place = ", ".join([*fields, "options"]), f"prompt {prompt.id}{_line_of(error)}"
        raise DatasetError(f"{place}: {error.message} (it knows {there}). Correct the template.") from None
    except Exception as error:  # a template is a program: anything may go wrong in it
        place = f"prompt {prompt.id}{_line_of(error)}"
        raise DatasetError(f"{place}: it cannot be filled in ({_line(error)}). Correct the template.") from None


def offered(options: Options) -> list[str]:
    """The options' texts in the order in which a prompt names them: Yes before No, True before False, else sorted.

    The order depends on the options alone, not on which of them matches.
    """
    return sorted(options.all, key=lambda text: (_YES_NO.get(text.lower(), 2), text))


def _own(path: Path, named: str, kind: PromptKind) -> Prompt:
    try:
        with path.open("rb") as file:
            content = file.read(4 * MOST_CHARACTERS + 1)
        template = content.decode("utf-8-sig")
    except FileNotFoundError:
        ids = ", ".join(built_in())
        raise DatasetError(f"{named}: no such prompt (built in: {ids}) and no such file. Check the name or the path.") from None
    except UnicodeDecodeError:
        raise DatasetError(f"{named}: the prompt is not UTF-8. Save it as UTF-8.") from None
    except OSError as error:
        raise DatasetError(f"{named}: the prompt cannot be read ({error.strerror}). Name a file with a Jinja template.") from None
    if len(template) > MOST_CHARACTERS:
        raise DatasetError(f"{named}: longer than {MOST_CHARACTERS:,} characters. Name a file with a Jinja template.")
    if not template.strip():
        raise DatasetError(f"{named}: the prompt is empty. Write the template into it, such as {{{{ question }}}}.")
    _template(path.name, template)
    lead = " " if kind == "completion" and template.endswith((":", ":\n")) else ""
    return Prompt(path.name, template, kind=kind, lead=lead)


@lru_cache(maxsize=8)
def _template(id: str, text: str) -> "Template":
    from jinja2 import StrictUndefined, TemplateSyntaxError
    from jinja2.sandbox import SandboxedEnvironment

    try:
        return SandboxedEnvironment(undefined=StrictUndefined, autoescape=False).from_string(text)
    except TemplateSyntaxError as error:
        raise DatasetError(f"prompt {id} line {error.lineno}: not a Jinja template ({error.message}). Correct it.") from None


def _line_of(error: Exception) -> str:
    """Where in a template it went wrong: " line 3"; Jinja puts the template's own lines into the traceback."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "<template>"]
    return f" line {lines[-1]}" if lines else ""


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
