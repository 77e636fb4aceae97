"""Boilerplate: text that nearly all rows open and close with, which tells examples apart no better than white space does."""

from collections.abc import Sequence

from evalmap.data.records import Boilerplate

SHARE = 0.95  # it is borne by at least this ratio of the rows
MIN_LENGTH = 12  # characters; shorter openings ("I am ", "The ") are the language's, not the dataset's
_CLOSING = {'"': '"', "“": "”", "«": "»", "「": "」"}


def detect_boilerplate(texts: Sequence[str], *, dataset: str) -> Boilerplate | None:
    """Find the longest opening and closing that at least `SHARE` of the texts have.

    Rows that share an opening are neighbours in sorted order, and a block of more than half of the rows covers the median:
    so the median text is compared with every row, which is exact and linear. Where the opening runs into an opened quote,
    it ends there (and the closing begins at the closing quote): what stands between the quotes is the example.

    Returns None for fewer than 3 texts, or where neither end is at least `MIN_LENGTH` characters long.
    """
    if len(texts) < 3 or len(set(texts)) < 2:
        return None
    prefix = _shared(texts)
    opened = _open_quote(prefix)
    if opened is not None:
        prefix = prefix[: opened + 1]
    elif not (prefix.endswith((" ", "\n", ":"))):
        prefix = prefix[: max(prefix.rfind(" "), prefix.rfind("\n"), prefix.rfind(":")) + 1]
    suffix = _shared([text[::-1] for text in texts])[::-1]
    if len(prefix) >= MIN_LENGTH and opened is not None:
        closing = _CLOSING[prefix[-1]]
        suffix = suffix[suffix.find(closing) :] if closing in suffix else ""
    elif not suffix.startswith((" ", "\n")):
        cut = min((at for at in (suffix.find(" "), suffix.find("\n")) if at >= 0), default=len(suffix))
        suffix = suffix[cut:]
    if len(prefix) < MIN_LENGTH:
        prefix = ""
    if len(suffix) < MIN_LENGTH and opened is None:
        suffix = ""
    if not prefix and len(suffix) < MIN_LENGTH:
        return None
    rows = sum(_bears(text, prefix, suffix) for text in texts)
    if rows < SHARE * len(texts):  # the two ends are shared each, but not by the same rows
        suffix = ""
        rows = sum(_bears(text, prefix, suffix) for text in texts)
        if not prefix or rows < SHARE * len(texts):  # the opening is all that many of them hold
            return None
    return Boilerplate(dataset=dataset, prefix=prefix, suffix=suffix, rows=rows, of=len(texts))


def strip_boilerplate(text: str, boilerplate: Boilerplate | None) -> str:
    """The text between the two ends of the boilerplate; the whole text where the row does not bear it."""
    if boilerplate is None or not _bears(text, boilerplate.prefix, boilerplate.suffix):
        return text
    return text[len(boilerplate.prefix) : len(text) - len(boilerplate.suffix)]


def _open_quote(prefix: str) -> int | None:
    """Where the quote begins that the prefix leaves open."""
    opened = None
    for i, char in enumerate(prefix):
        if opened is None:
            opened = i if char in _CLOSING else None
        elif char == _CLOSING[prefix[opened]]:
            opened = None
    return opened


def _bears(text: str, prefix: str, suffix: str) -> bool:
    inside = text[len(prefix) : len(text) - len(suffix)]
    return bool(inside.strip()) and text.startswith(prefix) and text.endswith(suffix)


def _shared(texts: Sequence[str]) -> str:
    """The longest opening that at least `SHARE` of the texts have."""
    median = sorted(texts)[len(texts) // 2]
    lengths = sorted((_common_length(median, text) for text in texts), reverse=True)
    needed = -(-len(texts) * SHARE // 1)
    return median[: lengths[int(needed) - 1]]


def _common_length(a: str, b: str) -> int:
    """How many characters two texts have in common from the start."""
    for i, (left, right) in enumerate(zip(a, b, strict=False)):
        if left != right:
            return i
    return min(len(a), len(b))
