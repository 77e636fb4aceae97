"""What is loaded once and kept in memory for all sessions: the most recently used, and no load waits for another's."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Kept(Generic[Key, Value]):
    """Values by key. Two readers of one key wait for one load; readers of other keys do not.

    Parameters
    ----------
    most : how many are kept; the one used least recently goes first
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._loading: dict[Key, threading.Lock] = {}
        self._lock = threading.Lock()  # of the two above; never held while something is loaded

    def get(self, key: Key, load: Callable[[], Value]) -> Value:
        """The value of a key, loaded where it is not there. An error of `load` comes up, and the next reader tries again."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
            loading = self._loading.setdefault(key, threading.Lock())
        with loading:
            with self._lock:
                if key in self._values:
                    return self._values[key]
            try:
                value = load()
                with self._lock:
                    self._values[key] = value
                    while len(self._values) > self._most:
                        self._values.popitem(last=False)
            finally:
                with self._lock:
                    self._loading.pop(key, None)
            return value

    def clear(self) -> None:
        """Drop every value from memory."""
        with self._lock:
            self._values.clear()
