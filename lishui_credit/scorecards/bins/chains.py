"""The best chain of neighbouring intervals by dynamic programming, knowing nothing of credit.

Places 0 to p-1 stand in a line. A chain is a sequence of intervals (i..j) that covers them all, each
interval starting where the one before ended. Every interval has a value and a key; a chain is worth
the sum of its values and may use a step from one interval to the next only when the key falls
enough, or rises enough, as the shape asks. `climb` fills one table for every number of intervals,
`trace` reads the best chain out of them.

A table holds, at [i, j], the most that intervals covering i to p-1 can be worth when the first of
them is (i..j), and minus infinity where no such chain exists. Filling the next table needs, for
every interval, the best of its followers. Followers of an interval ending at a-1 all start at a, so
one sort of their keys together with the asking keys, a running maximum along the sorted row and a
look at the asking places answers them all: p squared work for a table after p squared log p once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
import numpy.typing as npt

from lishui_credit.statistics.outcomes import Flags, Floats

Places = npt.NDArray[np.intp]

TIE = 1e-12  # values closer than this count as equal

# Of every shape the phases, and of every phase the steps: the way the key goes, the phase after it.
_STEPS: dict[str, tuple[tuple[tuple[str, int], ...], ...]] = {
    "fall": ((("fall", 0),),),
    "rise": ((("rise", 0),),),
    "any": ((("fall", 0), ("rise", 0)),),
    "fall-rise": ((("fall", 0), ("rise", 1)), (("rise", 1),)),
    "rise-fall": ((("rise", 0), ("fall", 1)), (("fall", 1),)),
}

Tables = list[tuple[Floats, ...]]


class Followers(Protocol):
    """Which intervals may come after which."""

    def best(self, table: Floats) -> Floats:
        """Return the largest entry of `table` among each interval's followers, shape (p, p)."""

    def allowed(self, start: int, end: int) -> Flags:
        """Return which intervals from end+1 may follow (start..end), shape (p - end - 1,)."""


class SortedFollowers:
    """Followers whose key is lower by at least a gap, found by one sort of keys of shape (p, p).

    Keys are finite, also below the diagonal, where they are not used.
    """

    def __init__(self, key: Floats, gap: float) -> None:
        size = len(key)
        self._key, self._gap = key, gap
        before = np.arange(size - 1)[:, None]  # row a-1 is about the seam between a-1 and a
        column = np.arange(size)
        # In row a-1, columns up to a-1 are the intervals (column..a-1) that ask for a follower, the
        # later ones the followers (a..column).
        order = np.argsort(np.where(column <= before, key.T[:-1] - gap, key[1:]), axis=1)
        asking = order <= before
        nowhere = (size - 1) * size  # below the diagonal, always minus infinity
        self._take = np.where(asking, nowhere, (before + 1) * size + order)
        self._asked_at = np.flatnonzero(asking)
        self._asking = (order * size + before)[asking]

    def best(self, table: Floats) -> Floats:
        """Return the largest entry of `table` among each interval's followers, shape (p, p)."""
        found = np.full(table.size, -np.inf)
        running = np.maximum.accumulate(table.ravel().take(self._take), axis=1)
        found[self._asking] = running.ravel().take(self._asked_at)
        return found.reshape(table.shape)

    def allowed(self, start: int, end: int) -> Flags:
        """Return which intervals from end+1 may follow (start..end), shape (p - end - 1,)."""
        flags: Flags = self._key[end + 1, end + 1 :] <= self._key[start, end] - self._gap
        return flags


class ListedFollowers:
    """Followers that also pass a test of their own, written out pair by pair.

    ``test(one, next)`` says which pairs pass, shape (n,); both are places i * p + j of intervals in a
    table. Pairs with an interval that is not `usable` are left out of the list.
    """

    def __init__(
        self,
        key: Floats,
        gap: float,
        usable: Flags,
        test: Callable[[Places, Places], Flags],
    ) -> None:
        size = len(key)
        self._key, self._gap, self._test = key, gap, test
        place = np.flatnonzero(usable)  # by start, then by end
        start, end = np.divmod(place, size)
        # Of the places, those that start at a are numbers first[a] up to first[a + 1].
        first = np.searchsorted(start, np.arange(size + 2))
        count = first[end + 2] - first[end + 1]
        one = np.repeat(np.arange(len(place)), count)
        after = np.arange(len(one)) + np.repeat(first[end + 1] - np.cumsum(count) + count, count)
        value = key.ravel()[place]
        lower = np.flatnonzero(value[after] <= value[one] - gap)
        asking, follower = place[one[lower]], place[after[lower]]
        passed = test(asking, follower)
        asking, self._take = asking[passed], follower[passed]
        self._first = np.flatnonzero(np.diff(asking, prepend=-1))
        self._asking = asking[self._first]

    def best(self, table: Floats) -> Floats:
        """Return the largest entry of `table` among each interval's followers, shape (p, p)."""
        found = np.full(table.size, -np.inf)
        if self._take.size:
            found[self._asking] = np.maximum.reduceat(table.ravel().take(self._take), self._first)
        return found.reshape(table.shape)

    def allowed(self, start: int, end: int) -> Flags:
        """Return which intervals from end+1 may follow (start..end), shape (p - end - 1,)."""
        size = len(self._key)
        lower = self._key[end + 1, end + 1 :] <= self._key[start, end] - self._gap
        follower = (end + 1) * size + np.arange(end + 1, size)
        flags: Flags = lower & self._test(np.full_like(follower, start * size + end), follower)
        return flags


def interval_sums(counts: Floats) -> Floats:
    """Return the sum of every interval, places i to j at [i, j], 0 below the diagonal.

    Sums below 1e-12 of the whole are 0: they are what rounding leaves.
    """
    up_to = np.concatenate(([0.0], np.cumsum(counts)))
    sums = np.triu(up_to[None, 1:] - up_to[:-1, None])
    return np.where(sums > 1e-12 * up_to[-1], sums, 0.0)


def ways(shape: str) -> tuple[str, ...]:
    """Return the steps that a shape takes: "fall", "rise" or both."""
    return tuple(sorted({way for steps in _STEPS[shape] for way, _ in steps}))


def climb(value: Floats, followers: dict[str, Followers], shape: str, limit: int) -> Tables:
    """Fill the tables of 1, 2, ... `limit` intervals: at [k-1][phase] that of k, from a phase on.

    An interval (i..j) is worth `value` at [i, j], minus infinity where it may not be used and below
    the diagonal. Of the shapes, fall-rise and rise-fall turn once at most; a chain that never turns
    is one of them too. The list ends early when no chain can have more intervals.
    """
    phases = _STEPS[shape]
    last = np.full(value.shape, -np.inf)
    last[:, -1] = value[:, -1]
    tables: Tables = [(last,) * len(phases)]
    while len(tables) < limit:
        known: dict[tuple[str, int], Floats] = {}
        level = []
        for steps in phases:
            for way, then in steps:
                if (way, then) not in known:
                    known[way, then] = followers[way].best(tables[-1][then])
            best = known[steps[0]]
            for step in steps[1:]:
                best = np.maximum(best, known[step])
            level.append(value + best)
        if not np.isfinite(level[0]).any():
            break
        tables.append(tuple(level))
    return tables


def best_length(tables: Tables, least: int) -> tuple[int, float]:
    """Return the fewest intervals, at least `least`, that reach the best worth within 1e-12, and it.

    The worth is minus infinity when no chain has so many.
    """
    worth = np.array([level[0][0].max() for level in tables])
    worth[: least - 1] = -np.inf
    length = int(np.argmax(worth >= worth.max() - TIE)) + 1
    return length, float(worth[length - 1])


def trace(
    value: Floats, followers: dict[str, Followers], shape: str, tables: Tables, length: int
) -> tuple[int, ...]:
    """Read the best chain of `length` intervals out of the tables: the last place of each.

    Among chains equal within 1e-12 it is the one whose first interval ends earliest, then whose
    second does, and so on.
    """
    phase, start = 0, 0
    first = tables[length - 1][0][0]
    end = int(np.argmax(first >= first.max() - TIE))
    ends = [end]
    for level in range(length - 1, 0, -1):
        rest = tables[level][phase][start, end] - value[start, end]
        start, old = end + 1, start
        choices = []
        for way, then in _STEPS[shape][phase]:
            reach = tables[level - 1][then][start, start:] >= rest - TIE
            fits = np.flatnonzero(reach & followers[way].allowed(old, end))
            choices += [(start + int(fit), then) for fit in fits[:1]]
        end, phase = min(choices)
        ends.append(end)
    return tuple(ends)
