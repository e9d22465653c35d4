"""Money for an axis: fen to a round unit that people read, with its name in both languages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from lishui_credit.language import Bilingual, language
from lishui_credit.pricing.terms import YUAN

DIGITS: Final = ",~f"
"""How plotly writes such amounts on an axis: thousands apart, no "10k" under 万元."""

_FEN: Final = 100
# Smallest greatest amount in yuan, yuan in a unit, its word.
_EN: Final = ((1e9, 1e9, "billion "), (1e6, 1e6, "million "), (1e4, 1e3, "thousand "), (0, 1, ""))
_ZH: Final = ((1e8, 1e8, "亿"), (1e4, 1e4, "万"), (0, 1, ""))


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of money: how many fen it holds, and what it is called."""

    fen: float
    name: str

    def of(self, fen: Iterable[float | None]) -> list[float | None]:
        """Return amounts of fen in this unit; None stays None."""
        return [None if value is None else value / self.fen for value in fen]

    def said(self, fen: float) -> str:
        """Return one amount of fen in this unit, to at most three digits after the point."""
        size = abs(fen / self.fen)
        digits = 0 if size >= 100 else 1 if size >= 10 else 2
        return f"{fen / self.fen:,.{digits}f}"


def unit(fen: Iterable[float | None], currency: Bilingual | None = None) -> Unit:
    """Return the unit in which the greatest of some amounts reads well."""
    greatest = max((abs(value) / _FEN for value in fen if value is not None), default=0.0)
    word = currency or YUAN
    for floor, size, name in _ZH if language() == "zh" else _EN:
        if greatest >= floor:
            return Unit(size * _FEN, f"{name}{word}")
    return Unit(_FEN, str(word))
