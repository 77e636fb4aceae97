"""Plain text: a line is a text."""

from pathlib import Path

import numpy as np
import pandas as pd

from evalmap.data.errors import DatasetError
from evalmap.data.readers import content, json_rows
from evalmap.data.records import FileRows


def read(path: Path, *, name: str, source: str, encoding: str | None = None) -> FileRows:
    """Read a text file, plain or packed: each line that is not blank is a row with the field `text`, as it stands.

    `lines` are the lines' numbers; `raw` is the row as a JSON object.

    Raises
    ------
    DatasetError : what `content.read_text` raises; a NUL character; no rows; more than MAX_ROWS lines
    """
    text, notes = content.read_text(path, source=source, encoding=encoding)
    if (nul := text.find("\0")) >= 0:
        line = text.count("\n", 0, nul) + 1
        raise DatasetError(f"{source} line {line:,}: a NUL character, expected text. Save the file as plain UTF-8 text.")
    if text.count("\n") > content.MAX_ROWS:
        raise DatasetError(content.too_many_rows(source))
    numbered = [(at, line.removesuffix("\r")) for at, line in enumerate(text.split("\n"), start=1) if line.strip()]
    if not numbered:
        raise DatasetError(content.no_rows(source, "only blank lines"))
    texts = [line for _, line in numbered]
    raw = [json_rows.dump({"text": line}) for line in texts]
    fields = pd.DataFrame({"text": pd.Series(texts, dtype="str")})
    lines = np.array([at for at, _ in numbered], dtype=np.int64)
    return FileRows(name, source, lines, raw, fields, notes=(*notes, "A text file: each line is one row."))
