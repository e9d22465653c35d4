"""Opens what the pages read: the synthetic board or the user's data, cached by path and time."""

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl
import streamlit as st

from lishui_credit.board import Contents, open_board
from lishui_credit.language import language, tr
from lishui_credit.plan.course import course
from lishui_credit.plan.league import league
from lishui_credit.plan.observed.observed_table import ObservedTable, observed_table
from lishui_credit.plan.observed.opened import (
    Opened,
    days_to_ask,
    nothing_observed,
    open_observations,
)
from lishui_credit.plan.standings import progress, verdicts
from lishui_credit.plan.targets import read_targets

PATH = "LISHUI_CREDIT_DATA"
"""Environment variable that names a folder or file; the board without it."""

BOARD = "out/board"


@dataclass(frozen=True)
class Source:
    """What every page knows of the data."""

    contents: Contents
    observed: Opened
    targets: pl.DataFrame | None
    stamp: tuple[object, ...]

    @property
    def synthetic(self) -> bool:
        return self.contents.synthetic or self.observed.synthetic

    @property
    def title(self) -> str:
        """What a page calls the data: never by the name of a file or folder."""
        return self.contents.title or self.observed.title

    @property
    def areas(self) -> frozenset[str]:
        """The codes of areas that have figures, observed or made of their counties'."""
        return frozenset(whole(self).series["adcode"].unique())

    @property
    def days(self) -> dict[int, dict[int, date]]:
        return days_to_ask(self.observed.revisions)


def stamp_of(path: Path | None) -> tuple[object, ...]:
    """What tells one state of a file from another."""
    if path is None:
        return ()
    seen = path.stat()
    return str(path), seen.st_mtime_ns, seen.st_size


@st.cache_resource(max_entries=4, show_spinner=False)
def _opened(path: str, stamp: tuple[object, ...]) -> Source:
    held = open_board(path)
    observed = (
        nothing_observed() if held.observations is None else open_observations(held.observations)
    )
    targets = None if held.targets is None else read_targets(held.targets)
    return Source(held, observed, targets, stamp)


def place() -> Path:
    """The folder or file that this dashboard opens."""
    return Path(os.environ.get(PATH) or BOARD)


def names() -> dict[str, str]:
    """What a message may hold of where the data lie, and the words that a page says for it."""
    root, part = place(), tr("a file of the data", "数据中的文件")
    below = [*root.rglob("*")] if root.is_dir() else []
    told = {str(path): part for path in below}
    told |= {path.name: part for path in (root, *below) if path.suffix}
    told |= {str(path): tr("the data", "数据") for path in (root, root.resolve())}
    return {name: word for name, word in told.items() if len(name) > 2}  # "." stands in every text


def data() -> Source:
    """The data of this dashboard; a CreditError where they cannot be read."""
    path = str(place())
    held = open_board(path)
    parts = [stamp_of(part) for part in (held.observations, held.targets, held.companions)]
    return _opened(path, tuple(parts))


@st.cache_resource(max_entries=64, show_spinner=False)
def _progress(
    path: str, stamp: tuple[object, ...], at: date, lang: str, _source: Source
) -> pl.DataFrame:
    return progress(whole(_source), at, targets=_source.targets)


def progress_at(source: Source, at: date, lang: str) -> pl.DataFrame:
    """Progress on a day; its notes are in the language asked for."""
    return _progress(str(source.contents.path), source.stamp, at, lang, source)


@st.cache_resource(max_entries=4, show_spinner=False)
def _verdicts(path: str, stamp: tuple[object, ...], _source: Source) -> pl.DataFrame:
    return verdicts(whole(_source), date.max, targets=_source.targets)


def verdicts_at(source: Source, at: date) -> pl.DataFrame:
    """The status of every observation up to a day."""
    every = _verdicts(str(source.contents.path), source.stamp, source)
    return every.filter(every["period"] <= at)


@st.cache_resource(max_entries=64, show_spinner=False)
def _course(
    path: str, stamp: tuple[object, ...], at: date, lang: str, _source: Source
) -> pl.DataFrame:
    table = progress_at(_source, at, lang)
    return course(whole(_source), table, at, targets=_source.targets)


def course_at(source: Source, at: date) -> pl.DataFrame:
    """The course of everything up to a day."""
    return _course(str(source.contents.path), source.stamp, at, language(), source)


@st.cache_resource(max_entries=64, show_spinner=False)
def _league(
    path: str, stamp: tuple[object, ...], key: str, at: date, _source: Source
) -> pl.DataFrame:
    return league(whole(_source), key, at)


def league_at(source: Source, key: str, at: date) -> pl.DataFrame:
    """The counties of one indicator side by side on a day."""
    return _league(str(source.contents.path), source.stamp, key, at, source)


@st.cache_resource(max_entries=4, show_spinner=False)
def _companions(path: str, stamp: tuple[object, ...]) -> pl.DataFrame:
    return pl.read_parquet(path)


def companions(source: Source) -> pl.DataFrame | None:
    """The companion series, where the folder has them."""
    path = source.contents.companions
    return None if path is None else _companions(str(path), stamp_of(path))


@st.cache_resource(max_entries=4, show_spinner=False)
def _whole(path: str, stamp: tuple[object, ...], lang: str, _source: Source) -> ObservedTable:
    return observed_table(_source.observed.revisions, date.max)


def whole(source: Source) -> ObservedTable:
    """The observed table: made once, read by every page; its words are in the language in use."""
    return _whole(str(source.contents.path), source.stamp, language(), source)
