"""The traces that figures share: a line, marks, and the interval around a value."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import polars as pl

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

TEXT_OUTSIDE: Final = {"textposition": "outside", "cliponaxis": False}
"""A bar's own text at its end, also beyond the axes."""


def reach(middle: pl.Series, low: pl.Series, high: pl.Series, **look: Any) -> dict[str, Any]:
    """Return the interval around each value as plotly draws it."""
    ends = {"array": (high - middle).to_list(), "arrayminus": (middle - low).to_list()}
    return {"type": "data", "symmetric": False, **look, **ends}


def line(
    figure: Figure,
    x: Iterable[Any],
    y: Iterable[Any],
    name: object,
    colour: str,
    dash: str | None = None,
    *,
    mode: str = "lines",
    **more: Any,
) -> None:
    """Draw a line, which its dash tells from others without its colour."""
    style = {"color": colour, "dash": dash}
    figure.add_scatter(x=list(x), y=list(y), name=str(name), mode=mode, line=style, **more)


def marks(
    figure: Figure,
    x: Iterable[Any],
    y: Iterable[Any],
    name: object,
    colour: str,
    symbol: str | None = None,
    *,
    size: int = 10,
    **more: Any,
) -> None:
    """Draw marks, which their shape tells from others without their colour."""
    style = {"color": colour, "size": size, "symbol": symbol}
    figure.add_scatter(x=list(x), y=list(y), name=str(name), mode="markers", marker=style, **more)
