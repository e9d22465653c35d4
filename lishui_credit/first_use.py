"""A folder's public names, imported when they are first used, so that importing the folder is quick."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def names(folder: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return what a folder's ``__getattr__`` is to be.

    Parameters
    ----------
    folder : str
        Dotted name of the folder.
    homes : mapping of str to str
        For each public name the module of the folder that defines it.

    Returns
    -------
    callable
        Takes a name; raises AttributeError for one that has no home.

    Examples
    --------
    >>> names("lishui_credit", {"tr": "language"})("tr")("grade", "等级")
    'grade'
    """

    def find(name: str) -> Any:
        home = homes.get(name)
        if home is None:
            raise AttributeError(f"module '{folder}' has no attribute '{name}'")
        return getattr(import_module(home[1:] if home[0] == "=" else f"{folder}.{home}"), name)

    return find
