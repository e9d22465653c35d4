"""How polars is set up in a process of ours: the command line and the benchmarks.

A notebook's or a server's process is its owner's; there `set_up` is for the owner to call.
"""

from __future__ import annotations

import os
from typing import Final

# By default eight row groups or more are read ahead and decoded in large pieces: 1.8 GB to grade ten
# million households (benchmarks/grade.py), with these 0.9 GB in the same time.
SETTINGS: Final = {
    "POLARS_ROW_GROUP_PREFETCH_SIZE": "2",
    "POLARS_PARQUET_DECODE_TARGET_VALUES_PER_THREAD": "1000000",
}


def set_up() -> None:
    """Have polars hold few row groups of a Parquet file at a time, if nothing else is set.

    >>> set_up()
    >>> os.environ["POLARS_ROW_GROUP_PREFETCH_SIZE"]
    '2'
    """
    # Polars reads its settings at every scan, so this may be called at any time.
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
