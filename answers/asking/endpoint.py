"""Where a server is, which key it gets, and what its headers and words tell."""

import os
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from evalmap.data.errors import DatasetError

KEY_NAME = "OPENAI_API_KEY"


def server_address(base_url: str) -> str:
    """The address without a slash at its end.

    Raises
    ------
    DatasetError : no http or https address, or one that holds a user name, a password or a query: keys do not belong there
    """
    try:
        parts = urlsplit(base_url.strip())
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole, parts = False, urlsplit("")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise DatasetError(
            f"The base URL holds more than an address. Leave user, password and query out; keys go into {KEY_NAME}.", "base_url"
        )
    if not whole:
        shown = one_line(base_url)
        raise DatasetError(
            f"base URL {shown}: no http or https address. Expected one such as http://127.0.0.1:8000/v1.", "base_url"
        )
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def file_address(path: Path, engine: str = "xllamacpp") -> str:
    """What stands in the place of an address where a model file, or a folder of them, is asked: engine, name and bytes."""
    files = [path] if path.is_file() else sorted(path.rglob("*"))
    return f"{engine}:{path.name}:{sum(file.stat().st_size for file in files if file.is_file())}"


def key_for(address: str, name: str | None = None) -> str | None:
    """The key for a server from the environment variable `name`, else from OPENAI_API_KEY; None for a server without one.

    OPENAI_API_KEY goes to https addresses and to this machine only: unasked, no key is sent readable over a network.

    Raises
    ------
    DatasetError : `name` is given and not set, or what it holds cannot be a key
    """
    key = os.environ.get(name or KEY_NAME, "").strip()
    if name and not key:
        raise DatasetError(f"{one_line(name)}: no such environment variable, or it is empty. Put the key into it.")
    if key and not (key.isascii() and key.isprintable() and " " not in key):
        raise DatasetError(f"{name or KEY_NAME} holds characters that no key has (a space, a line break?). Set it again.")
    return key if key and (name or address.startswith("https:") or is_here(address)) else None


def one_line(text: str, most: int = 200) -> str:
    """One line of printable characters, cut."""
    plain = "".join(c if c.isprintable() else " " for c in text[: 4 * most])
    line = " ".join(plain.split()).rstrip(".")
    return line if len(line) <= most else f"{line[:most]}…"


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds that a server asks to wait: milliseconds, seconds or a date (RFC 9110, 10.2.3); 0.0 where it asks for nothing."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name)
        if value is None:
            continue
        try:
            seconds = float(value) * unit
        except ValueError:
            try:
                seconds = parsedate_to_datetime(value).timestamp() - time.time()
            except ValueError:
                continue
        if seconds == seconds:  # not nan
            return max(0.0, seconds)
    return 0.0


def is_here(address: str) -> bool:
    """Whether an address is this machine's own."""
    host = urlsplit(address).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
