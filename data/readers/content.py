"""The content of a file: read once, unpacked under a cap, decoded strictly."""

import codecs
import gzip
import io
import zlib
from pathlib import Path

import pyarrow as pa

from evalmap.data.errors import DatasetError
from evalmap.data.store import disk

MAX_BYTES = 2 * 1024**3  # of one file, unpacked: what fits in memory several times over on a small machine
MAX_ROWS = 5_000_000  # of one file: 2 GiB of `{}` lines pack into 2 MB and would unpack into 100 GB of Python objects
_CHUNK = 1 << 20
_BEGINNING = 1 << 20
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_UTF32_MARKS = (b"\xff\xfe\0\0", b"\0\0\xfe\xff")
_GZIP_MARK = b"\x1f\x8b"
_ZSTD_MARK = b"\x28\xb5\x2f\xfd"
_LFS_POINTER = b"version https://git-lfs.github.com/spec/"


def read_bytes(path: Path, *, source: str) -> bytes:
    """The bytes of a file, unpacked where it is packed with gzip or zstd (by its content, not by its name).

    Raises
    ------
    DatasetError : no such file, no plain file, not readable; empty; larger than MAX_BYTES (unpacked); broken gzip or zstd; a
        pointer of git-LFS in the place of the file
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
    if content.startswith((_GZIP_MARK, _ZSTD_MARK)):
        content = _unpack(content, source)
    elif path.suffix.lower() in (".gz", ".zst") and content:
        ending, packer = (".gz", "gzip") if path.suffix.lower() == ".gz" else (".zst", "zstd")
        raise DatasetError(f"{source}: not a {packer} file, though its name ends in {ending}. Rename it, or pack it with {packer}.")
    if content.startswith(_LFS_POINTER):
        raise DatasetError(f"{source}: a pointer of git-LFS, not the file itself. Run git lfs pull in its folder.")
    if not content:
        raise DatasetError(f"{source}: the file is empty. Expected at least one row.")
    return content


def read_text(path: Path, *, source: str, encoding: str | None = None) -> tuple[str, tuple[str, ...]]:
    """The text of a file, and what is told of its encoding.

    Strict UTF-8, or UTF-16 and UTF-32 where a byte-order mark says so; `encoding` names another, by Python's name of it.

    Raises
    ------
    DatasetError : what `read_bytes` raises; an encoding that is unknown; a byte that is not of the encoding
    """
    content = read_bytes(path, source=source)
    if encoding:
        return _decode_as(content, encoding, source), (f"Read as {encoding}, as asked.",)
    for marks, name in ((_UTF32_MARKS, "UTF-32"), (_UTF16_MARKS, "UTF-16")):
        if content.startswith(marks):
            return _decode_as(content, name, source), (f"Read as {name}, which the mark at its beginning says that it is.",)
    try:
        return decode(content, source=source), ()
    except DatasetError as error:
        sentence = str(error).removesuffix(".")
        raise DatasetError(f"{sentence}, or name its encoding.", "encoding") from error


def beginning(path: Path) -> str:
    """The first characters of a file, unpacked where it is packed: at most 1 MiB, and what can't be decoded left out.

    Raises
    ------
    OSError, EOFError, zlib.error : not readable, broken gzip or zstd
    """
    with path.open("rb") as file:
        start = file.read(4)
    zstd = start == _ZSTD_MARK
    with gzip.open(path) if start[:2] == _GZIP_MARK else pa.input_stream(path, "zstd") if zstd else path.open("rb") as file:
        content = file.read(_BEGINNING)
    marks = ((_UTF32_MARKS, "utf-32"), (_UTF16_MARKS, "utf-16"))
    return content.decode(next((name for mark, name in marks if content.startswith(mark)), "utf-8-sig"), "ignore")


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


def _decode_as(content: bytes, encoding: str, source: str) -> str:
    try:
        if not codecs.lookup(encoding)._is_text_encoding:
            raise LookupError(encoding)
        return content.decode(encoding)
    except (LookupError, ValueError) as error:
        if not isinstance(error, UnicodeError):
            raise DatasetError(
                f"{source}: {encoding!r} is no encoding. Expected one such as latin-1 or utf-16.", "encoding"
            ) from error
        at = getattr(error, "start", 0)
        found = f"byte {at + 1:,} is not {encoding} ({getattr(error, 'reason', error)})"
        raise DatasetError(f"{source}: {found}. Name the encoding that it was written in.", "encoding") from error


def _unpack(packed: bytes, source: str) -> bytes:
    unpacked = io.BytesIO()
    kind = "gzip" if packed.startswith(_GZIP_MARK) else "zstd"
    try:
        with (
            gzip.GzipFile(fileobj=io.BytesIO(packed))
            if kind == "gzip"
            else pa.input_stream(pa.BufferReader(packed), "zstd") as file
        ):
            while chunk := file.read(_CHUNK):
                unpacked.write(chunk)
                if unpacked.tell() > MAX_BYTES:
                    raise DatasetError(too_large(source))
    except EOFError as error:
        size = unpacked.tell()
        raise DatasetError(f"{source}: the {kind} file breaks off after {size:,} bytes. Fetch or pack it again.") from error
    except (OSError, zlib.error) as error:  # BadGzipFile is an OSError, and what Arrow says of zstd
        raise DatasetError(f"{source}: the {kind} file is damaged ({error}). Fetch or pack it again.") from error
    return unpacked.getvalue()
