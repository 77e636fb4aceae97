"""The content of a file: read once, unpacked under a cap, decoded strictly as UTF-8."""

import gzip
import io
import zlib
from pathlib import Path

from evalmap.data.errors import DatasetError
from evalmap.data.store import disk

MAX_BYTES = 2 * 1024**3  # of one file, unpacked: what fits in memory several times over on a small machine
MAX_ROWS = 5_000_000  # of one file: 2 GiB of `{}` lines pack into 2 MB and would unpack into 100 GB of Python objects
_CHUNK = 1 << 20
_BEGINNING = 1 << 20
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_bytes(path: Path, *, source: str) -> bytes:
    """The bytes of a file, unpacked where it is gzipped (by its content, not by its name).

    Raises
    ------
    DatasetError : no such file, no plain file, not readable; empty; larger than MAX_BYTES (unpacked); broken gzip
    """
    try:
        if not path.exists():
            raise DatasetError(f"{source}: no such file. Check the path.")
        if not path.is_file():
            raise DatasetError(f"{source}: not a file, but a {'folder' if path.is_dir() else 'device or pipe'}. Name a file.")
        if path.stat().st_size > MAX_BYTES:
            raise DatasetError(too_large(source))
        content = path.read_bytes()
    except OSError as error:
        raise disk.refused(error, source, "read") from error
    if content[:2] == b"\x1f\x8b":
        content = _unpack(content, source)
    elif path.suffix.lower() == ".gz" and content:
        raise DatasetError(f"{source}: not a gzip file, though its name ends in .gz. Rename it, or pack it with gzip.")
    if not content:
        raise DatasetError(f"{source}: the file is empty. Expected at least one row.")
    return content


def beginning(path: Path) -> str:
    """The first characters of a file, unpacked where it is gzipped: at most 1 MiB, and what is not UTF-8 left out.

    Raises
    ------
    OSError, EOFError, zlib.error : not readable, broken gzip
    """
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    with gzip.open(path) if packed else path.open("rb") as file:
        return file.read(_BEGINNING).decode("utf-8-sig", "ignore")


def decode(content: bytes, *, source: str) -> str:
    """Strict UTF-8; one byte-order mark at the start is accepted and dropped.

    Raises
    ------
    DatasetError : a byte that is not UTF-8, by its line and its place in the line, both counted from 1
    """
    if content.startswith(_UTF16_MARKS):
        raise DatasetError(f"{source} line 1, byte 1: UTF-16, expected UTF-8. Save the file as UTF-8.")
    content = content.removeprefix(_UTF8_MARK)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        place = error.start - content.rfind(b"\n", 0, error.start)
        found = f"0x{content[error.start]:02X}"
        raise DatasetError(f"{source} line {line:,}, byte {place:,}: {found} is not UTF-8. Save the file as UTF-8.") from error


def too_large(source: str) -> str:
    return f"{source}: holds more than {MAX_BYTES / 1024**3:g} GiB unpacked, the most that is read. Split the file."


def too_many_rows(source: str) -> str:
    return f"{source}: holds more than {MAX_ROWS:,} rows, the most that is read. Split the file."


def no_rows(source: str, found: str) -> str:
    return f"{source}: no rows ({found}). Expected at least one row."


def _unpack(packed: bytes, source: str) -> bytes:
    unpacked = io.BytesIO()
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(packed)) as file:
            while chunk := file.read(_CHUNK):
                unpacked.write(chunk)
                if unpacked.tell() > MAX_BYTES:
                    raise DatasetError(too_large(source))
    except EOFError as error:
        size = unpacked.tell()
        raise DatasetError(f"{source}: the gzip file breaks off after {size:,} bytes. Fetch or pack it again.") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DatasetError(f"{source}: the gzip file is damaged ({error}). Fetch or pack it again.") from error
    return unpacked.getvalue()
