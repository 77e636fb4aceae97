"""Taking what every session needs out of the garbage collector's rounds.

Streamlit collects after every rerun, and a full collection over the objects of these modules takes 60 ms of everyone's time.
"""

import gc
from functools import cache

# Imported here so that the freeze covers them.
import pandas  # noqa: F401
import plotly  # noqa: F401
import scipy.stats  # noqa: F401


@cache
def freeze() -> None:
    """Collect once, then keep what is there out of every later collection."""
    gc.collect()
    gc.freeze()
