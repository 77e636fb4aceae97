"""Files from the web: https from public addresses only, resumed where they broke off, never half taken for whole."""

import contextlib
import hashlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from evalmap.data.errors import DatasetError
from evalmap.data.remote.guard import PUBLIC, Policy, TooSlow, Unreachable, open_client
from evalmap.data.remote.kept import KeptFile
from evalmap.data.remote.partial import PartialFile
from evalmap.data.store import disk

MAX_BYTES = 2 * 1024**3
MAX_SECONDS = 3600.0
MAX_REDIRECTS = 5
BUSY = frozenset({408, 425, 429})  # statuses that say: not now

ByteProgress = Callable[[int, int | None], None]


def download(
    url: str,
    target: Path,
    *,
    progress: ByteProgress | None = None,
    max_bytes: int = MAX_BYTES,
    max_seconds: float = MAX_SECONDS,
    sha256: str | None = None,
    kept: KeptFile | None = None,
    policy: Policy = PUBLIC,
) -> Path:
    """Fetch `url` into `target`, which afterwards is whole or as it was before.

    Bytes go to `target.part`, which is kept when a download breaks off; the next call asks for the rest (Range) if the server
    still has the same file (If-Range). Host names are resolved once, every address is judged by the policy, and the connection
    goes to a judged address, with the certificate checked for the host name; each redirect is judged anew.

    Parameters
    ----------
    progress : called with (bytes so far, bytes in all or None)
    max_bytes, max_seconds : of this file
    sha256 : hex digest that the whole file must have, where known
    kept : what `target` is known to be: the file is asked for only if the server has another one since, and recorded anew

    Raises
    ------
    Unreachable : no server answered, or none that could give the file now
    DatasetError : not https, credentials in the address, host unknown or not public, certificate not valid, too many redirects,
        an answer other than the file, too large, too slow, broken off, wrong checksum, being fetched already, no place to write
    """
    _door(url, policy)
    address = printable_url(url)
    deadline = time.monotonic() + max_seconds
    try:
        with PartialFile(target) as part, open_client(policy, deadline=deadline) as client:
            try:
                run = _Download(url, part, client, policy, deadline, max_bytes, sha256 is not None, progress, kept).run
                if (headers := run()) is None:
                    return target  # 304: the server has no other one
            except TooSlow:
                if not part.size():
                    raise Unreachable(f"{address}: took longer than {max_seconds:,g} seconds. Try again, or later.") from None
                on = f"it goes on after {part.size():,} bytes"
                raise DatasetError(f"{address}: took longer than {max_seconds:,g} seconds. Try again: {on}.") from None
            except httpx.HTTPError as error:
                raise _failed(address, part.size(), error) from error
            if sha256 and (found := part.digest()) != sha256.lower():
                part.empty()
                raise DatasetError(
                    f"{address}: SHA-256 {found[:12]}…, expected {sha256[:12]}…: not the file that was published. "
                    "The download was removed; try again."
                )
            digest = part.digest() if kept else ""
            part.publish()
            if kept:
                kept.record(digest, headers.get("etag"), headers.get("last-modified"))
    except OSError as error:
        raise disk.refused(error, target, "written") from error
    return target


@dataclass(frozen=True)
class Answer:
    """What a server said, whatever it was; header names in lower case."""

    status: int
    headers: dict[str, str]
    content: bytes


def ask(url: str, *, max_bytes: int = 64 * 1024**2, max_seconds: float = 60.0, policy: Policy = PUBLIC) -> Answer:
    """The answer of a server, in memory, by the same rules as `download`.

    Raises
    ------
    DatasetError : not https, host not public, not reachable, broken off, too large, too slow; an error status is an answer
    """
    _door(url, policy)
    address = printable_url(url)
    deadline = time.monotonic() + max_seconds
    content = bytearray()
    try:
        with open_client(policy, deadline=deadline) as client, _follow(client, url, {}, policy) as response:
            for chunk in response.iter_raw():
                content += chunk
                if len(content) > max_bytes:
                    raise DatasetError(f"{address}: larger than {max_bytes:,} bytes, the most that is read.")
                if time.monotonic() > deadline:
                    raise TooSlow
            return Answer(response.status_code, {key.lower(): value for key, value in response.headers.items()}, bytes(content))
    except TooSlow:
        raise Unreachable(f"{address}: took longer than {max_seconds:,g} seconds. Try again later.") from None
    except httpx.HTTPError as error:
        raise _failed(address, 0, error) from error


@dataclass(frozen=True)
class FetchedFile:
    """A file of rows on this disk; `note` is a sentence for the reader where it may not be what the address holds now."""

    path: Path
    note: str | None = None


def fetch_file(url: str, folder: Path, *, progress: ByteProgress | None = None, policy: Policy = PUBLIC) -> FetchedFile:
    """Have one file of rows below `folder`: under its own name, in a folder named by a hash of its address.

    A file that is there is fetched again only if the server has another one since (ETag, Last-Modified), and it is opened as it is
    where no server can be reached. A kept file that is no longer what was fetched counts as none.

    We keep it ourselves and not with hishel, a cache for httpx that would fit above the guarded transport: it would hold each body
    a second time, in its database, beside the file that the readers open; it does not go on with a download that broke off; and by
    the rules of HTTP the server's headers say whether it may answer without asking, or while the server is away.

    Raises
    ------
    DatasetError : as `download`; an address whose path does not end in a format that is read
    """
    from evalmap.data.readers import formats

    name = re.sub(r"[^\w.-]", "_", httpx.URL(_door(url, policy)).path.rsplit("/", 1)[-1]).lstrip(".")[-100:]
    if not formats.format_of(name):
        raise DatasetError(
            f"{printable_url(url)}: the address ends in no format that is read. Expected {', '.join(formats.endings())}."
        )
    target = folder / hashlib.sha256(url.encode()).hexdigest()[:12] / name
    kept = KeptFile(target)
    try:
        return FetchedFile(download(url, target, progress=progress, kept=kept, policy=policy))
    except Unreachable as error:
        if (fetched := kept.fetched()) is None:
            raise
        why = str(error).removeprefix(f"{printable_url(url)}: ").split(". ")[0]
        return FetchedFile(target, f"{printable_url(url)}: opened as it was fetched on {fetched}, since it can't be now ({why}).")


def printable_url(url: str) -> str:
    """The address for a sentence: without credentials, query and fragment, which may hold secrets."""
    try:
        parts = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError):
        return "The address"
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.host}{port}{parts.path}" if parts.scheme and parts.host else parts.path[:200] or "The address"


@dataclass(frozen=True)
class _Download:
    """One attempt at one file."""

    url: str
    part: PartialFile
    client: httpx.Client
    policy: Policy
    deadline: float
    max_bytes: int
    checked: bool  # a checksum tells a whole file, even where the server does not say its length
    progress: ByteProgress | None
    kept: KeptFile | None

    def run(self) -> httpx.Headers | None:
        """Bring the part to the whole file, from where it stands if the server still has the same file.

        Returns
        -------
        what the server says of the file; None where the kept file is what it has
        """
        validator = self.part.validator(self.url)
        have = self.part.size() if validator else 0
        headers = {"Range": f"bytes={have}-", "If-Range": validator} if validator and have else {}
        since = self.kept.conditions() if self.kept and not headers else {}
        with _follow(self.client, self.url, {**headers, **since}, self.policy) as response:
            if response.status_code == 304 and since:
                self.part.empty()  # of an earlier try, at what the server no longer has
                return None
            if response.status_code != 416 or not headers:
                self._receive(response, have if headers else 0)
                return response.headers
        self.part.empty()  # it is no beginning of what the server has now
        return self.run()

    def _receive(self, response: httpx.Response, have: int) -> None:
        start = response.headers.get("content-range", "").startswith(f"bytes {have}-")
        resumed = response.status_code == 206 and have > 0 and start
        if response.status_code != 200 and not resumed:
            answer = f"{response.status_code} {response.reason_phrase}".strip()
            if response.status_code in BUSY or response.status_code >= 500:
                raise Unreachable(f"{printable_url(self.url)}: the server answered {answer}, expected the file. Try again later.")
            raise self._error(f"the server answered {answer}, expected the file. Check the address")
        if response.headers.get("content-encoding", "identity") != "identity":
            raise self._error("the server packs the file in transit, which was not asked for. Download it by hand")
        if not resumed:
            self.part.restart(self.url, response.headers.get("etag"), response.headers.get("last-modified"))
            have = 0
        length = response.headers.get("content-length", "")
        total = have + int(length) if length.isdecimal() else None
        if total is None and not self.checked and "chunked" not in response.headers.get("transfer-encoding", "").lower():
            raise self._error("the server does not say how long the file is, so half could pass for whole. Download it by hand")
        self._check_size(total)
        for chunk in response.iter_raw():  # as they come: a chunk size would hold back, and lose, what came before a break
            have += len(chunk)
            self._check_size(have)
            self.part.append(chunk)
            if time.monotonic() > self.deadline:
                raise TooSlow
            if self.progress:
                self.progress(have, total)

    def _check_size(self, size: int | None) -> None:
        if size is not None and size > self.max_bytes:
            self.part.empty()
            raise self._error(f"larger than {self.max_bytes:,} bytes, the most that is fetched. Choose a smaller file")

    def _error(self, what: str) -> DatasetError:
        return DatasetError(f"{printable_url(self.url)}: {what}.")


@contextlib.contextmanager
def _follow(client: httpx.Client, url: str, headers: dict[str, str], policy: Policy) -> Iterator[httpx.Response]:
    """The answer at the end of the redirects."""
    first = url
    for _ in range(MAX_REDIRECTS + 1):
        with client.stream("GET", url, headers=headers) as response:
            if not response.has_redirect_location:
                yield response
                return
            url = _door(str(response.url.join(response.headers["location"])), policy)
    raise DatasetError(f"{printable_url(first)}: redirects more than {MAX_REDIRECTS} times. Use the address of the file itself.")


def _door(url: str, policy: Policy) -> str:
    """The address, if its form may be opened; its host is judged when it is connected to."""
    try:
        parts = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise DatasetError("The address cannot be read. Expected one that begins with https://.") from error
    if parts.scheme not in policy.schemes or not parts.host:
        raise DatasetError(f"{printable_url(url)}: only https addresses are opened. Use one that begins with https://.")
    if parts.userinfo:
        raise DatasetError(f"{printable_url(url)}: the address holds a user name or password. Remove what stands before the @.")
    return url


def _failed(address: str, have: int, error: httpx.HTTPError) -> DatasetError:
    reason = str(error).rstrip(".") or type(error).__name__
    if "CERTIFICATE_VERIFY_FAILED" in reason:
        why = reason.rsplit(": ", 1)[-1]
        return DatasetError(f"{address}: the server's certificate is not valid for this host ({why}). Check the address.")
    if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout)):
        return Unreachable(f"{address}: the server cannot be reached ({reason}). Check the connection, or try again later.")
    if have:
        return DatasetError(f"{address}: broke off after {have:,} bytes ({reason}). Try again: it goes on from there.")
    return Unreachable(f"{address}: the server gave no whole answer ({reason}). Try again later.")
