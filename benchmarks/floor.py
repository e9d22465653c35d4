"""The floor: what binning and scoring cost when written plainly, with no check, policy or table.

Quantile pre-bins, pooling of adjacent violators both ways, small bins merged; categories by level,
rare ones together; missing and one special code apart; Newton's logistic regression; points by bin.
A library that needs many times this is doing something else.
"""

from __future__ import annotations

import numpy as np
import polars as pl


def pooled(rows: np.ndarray, bads: np.ndarray, least: float, most: int) -> list[int]:
    """First pre-bin of each group: rates rising, at least `least` rows, at most `most` groups."""
    groups: list[list[float]] = []  # first, rows, bads
    for place, (n, b) in enumerate(zip(rows, bads, strict=True)):
        groups.append([place, n, b])
        while len(groups) > 1 and groups[-2][2] * groups[-1][1] >= groups[-1][2] * groups[-2][1]:
            _, n, b = groups.pop()
            groups[-1][1:] = [groups[-1][1] + n, groups[-1][2] + b]
    while len(groups) > 1:
        small = min(range(len(groups)), key=lambda i: groups[i][1])
        if groups[small][1] >= least:
            if len(groups) <= most:
                break
            rates = [b / n for _, n, b in groups]
            small = int(np.argmin(np.diff(rates)))
        _, n, b = groups.pop(max(small, 1))
        groups[max(small, 1) - 1][1:] = [
            g + s for g, s in zip(groups[max(small, 1) - 1][1:], (n, b), strict=True)
        ]
    return [int(group[0]) for group in groups]


def weights(rows: np.ndarray, bads: np.ndarray) -> tuple[np.ndarray, float]:
    """WoE of each bin, half a row added to each class, and the information value."""
    bad = (bads + 0.5) / (bads + 0.5).sum()
    good = (rows - bads + 0.5) / (rows - bads + 0.5).sum()
    woe = np.log(good / bad)
    return np.where(rows > 0, woe, 0.0), float(((good - bad) * woe).sum())


class Floor:
    """Bins, coefficients and points of every column."""

    def fit(self, frame: pl.DataFrame, y: np.ndarray, special: float | None = None) -> Floor:
        self.special, self.cuts, self.levels, self.woe = special, {}, {}, {}
        for name, kind in frame.schema.items():
            if kind == pl.String:
                counts = frame[name].value_counts().filter(pl.col("count") >= 0.01 * len(y))
                names = counts.drop_nulls()[name].to_list()
                self.levels[name] = {level: place + 2 for place, level in enumerate(names)}
            else:
                self._number(name, frame[name], y)
            place = self.place(frame, name)
            self.woe[name], _ = weights(np.bincount(place), np.bincount(place, weights=y))
        return self

    def _number(self, name: str, column: pl.Series, y: np.ndarray) -> None:
        x = column.cast(pl.Float64).fill_null(np.nan).to_numpy()
        there = ~np.isnan(x) & (x != self.special)
        x, y, least = x[there], y[there], 0.05 * len(y)
        cuts = np.unique(np.quantile(x, np.arange(1, 64) / 64, method="higher"))
        cuts = cuts[cuts > x.min()]
        place = np.searchsorted(cuts, x, side="right")
        rows, bads = np.bincount(place), np.bincount(place, weights=y)
        best = -1.0
        for way in (1, -1):
            first = pooled(rows[::way], bads[::way], least, 8)
            if way < 0:
                first = sorted({0} | {len(rows) - start for start in first if start})
            groups = np.add.reduceat(rows, first), np.add.reduceat(bads, first)
            value = weights(*groups)[1]
            if value > best:
                best, self.cuts[name] = value, cuts[np.array(first[1:], int) - 1]

    def place(self, frame: pl.DataFrame, name: str) -> np.ndarray:
        """Bin of each row: 0 missing, 1 special or rare, then the rest."""
        if name in self.levels:
            known = self.levels[name]
            found = frame[name].replace_strict(known, default=1, return_dtype=pl.Int32)
            return (
                found.fill_null(0).to_numpy()
                if frame[name].null_count() == 0
                else np.where(frame[name].is_null(), 0, found.to_numpy())
            )
        x = frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
        place = np.searchsorted(self.cuts[name], x, side="right") + 2
        place[np.isnan(x)] = 0
        place[x == self.special] = 1
        return place

    def transform(self, frame: pl.DataFrame) -> np.ndarray:
        return np.column_stack([woe[self.place(frame, name)] for name, woe in self.woe.items()])

    def card(self, woe: np.ndarray, y: np.ndarray, pdo: float, base: float, odds: float) -> None:
        x, beta = np.column_stack([np.ones(len(y)), woe]), np.zeros(woe.shape[1] + 1)
        for _ in range(12):
            p = 1 / (1 + np.exp(-x @ beta))
            hessian = (x * (p * (1 - p))[:, None]).T @ x + 1e-6 * np.eye(len(beta))
            beta -= np.linalg.solve(hessian, x.T @ (p - y))
        factor = pdo / np.log(2)
        self.base = base - factor * (np.log(odds) + beta[0])
        self.points = {
            n: -factor * b * w for (n, w), b in zip(self.woe.items(), beta[1:], strict=True)
        }

    def score(self, frame: pl.DataFrame) -> np.ndarray:
        total = np.full(frame.height, self.base)
        for name, points in self.points.items():
            total += points[self.place(frame, name)]
        return total
