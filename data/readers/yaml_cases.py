"""YAML: a list of cases, or an object that holds one; read strictly, as JSON is."""

import re
from pathlib import Path
from typing import Any

from evalmap.data.errors import DatasetError
from evalmap.data.readers import content, json_array, json_containers, json_rows
from evalmap.data.records import FileRows

_MAX_NODES = 5_000_000  # lists, objects and texts once aliases are unfolded: nine lines can make a billion of them
_PLAIN = (str, int, float, bool, type(None))


def read(path: Path, *, name: str, source: str, encoding: str | None = None, header: bool | None = None) -> FileRows:
    """Read a YAML file, plain or packed: what a JSON file of the same value would give.

    Of what stands without quotes only numbers, true, false and null are no texts: "Yes" and "No" are answers here, and dates are
    texts. Several documents are one row each. `lines` are the records' numbers, counted from 1.

    Raises
    ------
    DatasetError : what `content.read_text` and `json_containers` raise; by its line: not YAML, a key twice, a tag; nested too
        deep; more than `_MAX_NODES` values
    """
    import yaml

    text, notes = content.read_text(path, source=source, encoding=encoding)
    try:
        values = list(yaml.load_all(text, Loader=_loader()))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f" line {mark.line + 1:,}" if mark else ""
        raise DatasetError(f"{source}{where}: not YAML that is read ({error.problem or error.context}). Mend it.") from error
    except (yaml.YAMLError, ValueError) as error:
        raise DatasetError(f"{source}: not YAML that is read ({str(error).splitlines()[0][:120]}). Mend it.") from error
    except RecursionError:
        raise DatasetError(f"{source}: nested deeper than {json_rows.MAX_DEPTH} levels. Flatten it.") from None
    _check_size(values, source)
    value = None if not values else values[0] if len(values) == 1 else values
    if value is None:
        raise DatasetError(content.no_rows(source, "no value in it"))
    if isinstance(value, list):
        found = json_containers.rows_of_list(value, source, header=header)
    elif isinstance(value, dict):
        found = json_containers.rows_of_object(value, source, header=header)
    else:
        raise DatasetError(f"{source}: {json_rows.kind(value)}, expected a list of objects.")
    return json_array.rows_to_file(found, name, source, (*notes, *found.notes), 0)


def _loader() -> Any:
    """A loader of plain values that keeps "Yes" a text, refuses a key that stands twice, and makes every key a text."""
    import yaml

    class Loader(yaml.SafeLoader):
        yaml_implicit_resolvers = {  # noqa: RUF012  # PyYAML's own name
            first: [(tag, match) for tag, match in known if tag in _RESOLVED] for first, known in _resolvers(yaml).items()
        }

    def mapping(loader: Any, node: Any) -> dict[str, Any]:
        own = {id(key) for key, _ in node.value}
        loader.flatten_mapping(node)  # puts what is merged with << before what is the object's own
        found: dict[str, Any] = {}
        seen: set[str] = set()
        for key_node, value_node in node.value:
            key = loader.construct_object(key_node, deep=True)
            if not isinstance(key, _PLAIN):
                raise yaml.constructor.ConstructorError(None, None, "a key that is no text", key_node.start_mark)
            if id(key_node) in own:
                if str(key) in seen:
                    raise yaml.constructor.ConstructorError(None, None, f"the key {str(key)!r} occurs twice", key_node.start_mark)
                seen.add(str(key))
            found[str(key)] = loader.construct_object(value_node, deep=True)
        return found

    Loader.add_constructor("tag:yaml.org,2002:map", mapping)
    for kind in ("timestamp", "binary", "omap", "pairs", "set"):
        Loader.add_constructor(f"tag:yaml.org,2002:{kind}", Loader.construct_undefined)
    return Loader


_RESOLVED = {f"tag:yaml.org,2002:{kind}" for kind in ("int", "float", "null", "merge", "bool")}


def _resolvers(yaml: Any) -> dict[str, list[tuple[str, Any]]]:
    """PyYAML's, but true and false are the only flags (YAML 1.2): 1.1 reads yes, no, on and off as flags too."""
    flag = ("tag:yaml.org,2002:bool", re.compile(r"true|True|TRUE|false|False|FALSE"))
    found = {
        first: [one for one in known if not one[0].endswith(":bool")]
        for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    for first in "tTfF":
        found[first] = [flag, *found.get(first, [])]
    return found


def _check_size(value: Any, source: str) -> None:
    """Turn down what aliases unfold to too much, lists inside themselves among it, and what JSON cannot hold."""
    count = size = 0
    level, depth = [value], 0
    while level:
        deeper: list[Any] = []
        for one in level:
            count += 1
            if isinstance(one, str):
                size += len(one)
            elif isinstance(one, dict):
                size += sum(map(len, one))
                deeper += one.values()
            elif isinstance(one, list):
                deeper += one
            elif not isinstance(one, _PLAIN):
                raise DatasetError(f"{source}: holds a value of the kind {type(one).__name__}. Expected texts and numbers.")
            if count + len(deeper) > _MAX_NODES or size > content.MAX_BYTES:
                raise DatasetError(content.too_large(source) if size > content.MAX_BYTES else content.too_many_rows(source))
        level, depth = deeper, depth + 1
        if depth > json_rows.MAX_DEPTH:
            raise DatasetError(f"{source}: nested deeper than {json_rows.MAX_DEPTH} levels. Flatten it.")
