"""Finding words and regular expressions in many texts, in a time that is bounded."""

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError

# Of the processor, for all texts together; 133,204 of 100 characters take 0.3 to 0.8 s. By the clock, a good pattern would be given
# up where the machine is busy with something else.
REGEX_SECONDS = 2.0
MOST_PATTERN = 1_000  # characters


def containing(folded: Sequence[str], words: str) -> NDArray[np.bool_]:
    """(n,) whether each text holds the words, whatever the case.

    Parameters
    ----------
    folded : the texts, case-folded (`str.casefold`)
    """
    wanted = words.casefold()
    return np.array([wanted in text for text in folded], dtype=bool)


def matching(texts: Sequence[str], pattern: str, *, seconds: float = REGEX_SECONDS) -> NDArray[np.bool_]:
    """(n,) whether a regular expression is found anywhere in each text.

    Python's syntax and more, as the package `regex` has it: `(?i)` for any case, `(?!…)` for what must not follow.

    Raises
    ------
    DatasetError : the pattern is none, is too long, or took more than `seconds` of the processor on all texts together
    """
    import regex

    if len(pattern) > MOST_PATTERN:
        raise DatasetError(f"A regular expression of {len(pattern):,} characters; write one of at most {MOST_PATTERN:,}.")
    try:
        search = regex.compile(pattern).search
    except (regex.error, RecursionError, OverflowError) as error:
        raise DatasetError(f"/{pattern}/ is no regular expression ({error}). A backslash takes the next sign literally.") from None
    found = np.zeros(len(texts), dtype=bool)
    end = time.thread_time() + seconds
    for i, text in enumerate(texts):
        left = end - time.thread_time()
        try:
            if left <= 0:
                raise TimeoutError
            found[i] = search(text, timeout=left) is not None
        except TimeoutError:
            raise DatasetError(
                f"/{pattern}/ took more than {seconds:g} s of the processor: {i:,} of {len(texts):,} texts were looked through. "
                f"Write a simpler one, without repetitions inside repetitions."
            ) from None
    return found
