"""The formats of a plan's file, TOML and YAML: what it says, as values with their lines, and values as it says them.

Both formats give the same values, so what a plan may say is checked in one place. YAML is read by its core schema of 1.2: `Yes` and
`No` are labels and no truth values, `2026-11-28` is a text, and there are no anchors, tags or merged keys.
"""

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalmap.data.errors import DatasetError
from evalmap.data.store import disk

if TYPE_CHECKING:
    import yaml

TOML, YAML = "toml", "yaml"
ENDINGS = {".toml": TOML, ".yaml": YAML, ".yml": YAML}
MOST_BYTES = 5_000_000  # more is no plan: examples have a file of their own
MOST_DEPTH = 20
_BOOLEAN = {"true": True, "false": False}
_NUMBERS = (  # YAML 1.2's core schema
    (re.compile(r"[-+]?[0-9]+"), int),
    (re.compile(r"0x[0-9a-fA-F]+"), lambda text: int(text, 16)),
    (re.compile(r"0o[0-7]+"), lambda text: int(text, 8)),
    (re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"), float),
    (re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"), lambda text: float(text.replace(".", ""))),
)
# What YAML does not take as it stands in quotation marks, or reads as the end of a line
_NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class FileValues:
    """What a plan's file says.

    told : {field: value}, a value being text, number, truth value, None, list or table, and in TOML a date
    lines : {(field, …): the line that it stands in}; a list's items are numbered from 0; {} for TOML, whose reader tells none
    """

    told: Mapping[str, Any]
    lines: Mapping[Place, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """A field as it is written: under a comment, and where it is `commented`, as a comment to be taken up.

    value : text, number, list of texts, table ({name: value}, in TOML in one line where it is `inline`), or list of tables
    """

    name: str
    value: Any
    comment: str = ""
    inline: bool = False
    commented: bool = False


def format_of(path: Path) -> str:
    """ "toml" or "yaml", by the file's ending; TOML where it says nothing."""
    return ENDINGS.get(path.suffix.lower(), TOML)


def plan_content(path: Path) -> bytes:
    """What a plan's file holds.

    Raises
    ------
    DatasetError : no such file, a folder, larger than a plan can be, or it cannot be read
    """
    if path.is_dir():
        raise DatasetError(f"{path}: is a folder. Name the plan in it, a TOML or YAML file.")
    try:
        with disk.reading(path), path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise DatasetError(f"{path}: no such plan. Make one with: evalmap write init 'wants to be …'") from None
    if len(content) > MOST_BYTES:
        raise DatasetError(f"{path}: larger than {MOST_BYTES // 10**6} MB, which no plan is. Put examples into examples_file.")
    return content


def file_values(content: bytes, path: Path) -> FileValues:
    """What a plan's file says, by the format that its ending names; `path` is named in errors.

    Raises
    ------
    DatasetError : empty, not UTF-8, not of the format, a field twice, an anchor or tag of YAML …; with the line where there is one
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DatasetError(f"{path}: the plan is not UTF-8. Save it as UTF-8.") from None
    if not text.strip():
        raise DatasetError(f"{path}: the plan is empty. Make one with: evalmap write init 'wants to be …'")
    try:
        return _from_yaml(text, path) if format_of(path) == YAML else FileValues(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise DatasetError(f"{path}: not TOML ({error}). Correct the line.") from None
    except RecursionError:
        raise DatasetError(f"{path}: nested deeper than a plan can be. Take the brackets out.") from None
    except ValueError as error:  # a number of more digits than Python reads
        if isinstance(error, DatasetError):
            raise
        raise DatasetError(f"{path}: a number that cannot be read ({str(error).split(';')[0]}). Correct it.") from None


def file_text(entries: Sequence[Entry], format: str) -> str:
    """The fields, in order and with their comments, as a file of that format holds them.

    In TOML, tables that are not inline come behind all that are none.
    """
    lines: list[str] = []
    for entry in entries:
        block = list(_yaml_lines(entry) if format == YAML else _toml_lines(entry))
        if _is_block(entry):
            lines.append("")
        lines += [f"# {line}" for line in entry.comment.splitlines()]
        lines += [f"# {line}".rstrip() for line in block] if entry.commented else block
    return "\n".join(lines) + "\n"


def _is_block(entry: Entry) -> bool:
    return _tables(entry.value) or (isinstance(entry.value, Mapping) and not entry.inline)


def _tables(value: object) -> bool:
    return isinstance(value, (list, tuple)) and bool(value) and all(isinstance(one, Mapping) for one in value)


def _toml_lines(entry: Entry) -> Iterator[str]:
    if _tables(entry.value):
        for number, table in enumerate(entry.value):
            yield from ([""] if number else [])
            yield from (f"[[{entry.name}]]", *(f"{_toml_key(name)} = {_toml(value)}" for name, value in table.items()))
    elif isinstance(entry.value, Mapping) and not entry.inline:
        yield f"[{entry.name}]"
        inner = {name: value for name, value in entry.value.items() if isinstance(value, Mapping)}
        yield from (f"{_toml_key(name)} = {_toml(value)}" for name, value in entry.value.items() if name not in inner)
        for name, table in inner.items():
            yield from ("", *_toml_lines(Entry(f"{entry.name}.{_toml_key(name)}", table)))
    else:
        yield f"{entry.name} = {_toml(entry.value)}"


def _toml(value: object) -> str:
    """In TOML, in one line: JSON's escapes are TOML's but for DEL, which JSON leaves as it is."""
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{_toml_key(name)} = {_toml(one)}' for name, one in value.items())} }}"
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


def _toml_key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _toml(name)


def _yaml_lines(entry: Entry) -> Iterator[str]:
    if _tables(entry.value):
        yield f"{entry.name}:"
        for table in entry.value:
            for number, (name, value) in enumerate(table.items()):
                yield f"  {' ' if number else '-'} {_yaml_key(name)}: {_yaml(value)}"
    elif isinstance(entry.value, Mapping) and not entry.inline and entry.value:
        yield f"{entry.name}:"
        for name, value in entry.value.items():
            yield from (f"  {line}" for line in _yaml_lines(Entry(_yaml_key(name), value)))
    else:
        yield f"{entry.name}: {_yaml(entry.value)}"


def _yaml(value: object) -> str:
    """In YAML, in one line: JSON is YAML, but for some characters that YAML wants escaped."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_yaml_key(name)}: {_yaml(one)}' for name, one in value.items())}}}"
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(_yaml, value))}]"
    if isinstance(value, float) and "e" in repr(value) and "." not in repr(value):
        return repr(value).replace("e", ".0e")  # readers of YAML 1.1 take 1e-05 for a text
    return _NOT_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))


def _yaml_key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", name) and name.lower() not in _YAML_1_1_WORDS else _yaml(name)


_YAML_1_1_WORDS = {"yes", "no", "on", "off", "y", "n", "true", "false", "null"}


def _from_yaml(text: str, path: Path) -> FileValues:
    import yaml

    try:
        root = yaml.compose(text, Loader=_loader())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = " ".join((error.problem or error.context or "cannot be read").split())
        hint = "Indent with spaces, not tabs." if "'\\t'" in said else "Correct the line."
        raise DatasetError(f"{path}{f' line {mark.line + 1}' if mark else ''}: not YAML ({said}). {hint}") from None
    except yaml.YAMLError as error:  # a character that YAML does not know
        raise DatasetError(f"{path}: not YAML ({' '.join(str(error).split())[:120]}). Correct it.") from None
    if not isinstance(root, yaml.MappingNode):
        line = root.start_mark.line + 1 if root is not None else 1
        raise DatasetError(f"{path} line {line}: no fields. Write a field and its value: behaviour: wants to be helpful")
    lines: dict[Place, int] = {}
    seen: set[int] = set()
    told = _built(root, (), lines, seen, lambda node, said: DatasetError(f"{path} line {node.start_mark.line + 1}: {said}"))
    return FileValues(told, lines)


@cache
def _loader() -> "type[yaml.SafeLoader]":
    """A loader whose plain scalars are all texts: `_scalar` reads them by the rules of YAML 1.2."""
    import yaml

    class PlainLoader(yaml.SafeLoader):
        yaml_implicit_resolvers: Any = {}  # noqa: RUF012 (the library's own table, emptied)

    return PlainLoader


def _built(
    node: "yaml.Node", place: Place, lines: dict[Place, int], seen: set[int], wrong: "Callable[[yaml.Node, str], DatasetError]"
) -> Any:
    """A node as a value. A node that is met twice is an alias, which could grow a small file without bound."""
    import yaml

    if id(node) in seen:
        raise wrong(node, "an anchor that is used again, which a plan has none of. Write the value out.")
    seen.add(id(node))
    if len(place) > MOST_DEPTH:
        raise wrong(node, "nested deeper than a plan can be. Take the brackets out.")
    if node.tag not in ("tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"):
        raise wrong(node, f"a tag ({str(node.tag).replace('tag:yaml.org,2002:', '!!')}), which a plan has none of. Take it out.")
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node.value) if node.style is None else node.value
    if isinstance(node, yaml.SequenceNode):
        found = []
        for number, one in enumerate(node.value):
            lines[*place, number] = one.start_mark.line + 1
            found.append(_built(one, (*place, number), lines, seen, wrong))
        return found
    table: dict[str, Any] = {}
    for key, one in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise wrong(key, "a field whose name is no text. Write: name: value")
        if key.value in table:
            raise wrong(key, f"field {key.value} stands twice, first in line {lines[*place, key.value]}. Leave one of them out.")
        lines[*place, key.value] = key.start_mark.line + 1
        table[key.value] = _built(one, (*place, key.value), lines, seen, wrong)
    return table


def _scalar(text: str) -> Any:
    if text in ("", "~", "null"):
        return None
    if text.lower() in _BOOLEAN and text in (text.lower(), text.title(), text.upper()):
        return _BOOLEAN[text.lower()]
    return next((read(text) for pattern, read in _NUMBERS if pattern.fullmatch(text)), text)
