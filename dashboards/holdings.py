"""What pages 4 to 6 read, opened once and kept by the state of its files."""

from pathlib import Path
from typing import Any

import polars as pl
import streamlit as st
import view
from source import stamp_of

from lishui_credit.board.holdings import (
    StoredModel,
    explained,
    graded_files,
    laboratory_file,
    other_editions,
    reformed,
    stored_models,
    synthetic_ids,
)
from lishui_credit.cutoffs.laboratory import Laboratory, read_laboratory
from lishui_credit.cutoffs.swap_sets import Swap
from lishui_credit.errors import CreditError
from lishui_credit.figures.narrow import narrow
from lishui_credit.monitoring import Rules, by_period, read_ledger, since_last_quarter
from lishui_credit.monitoring.ledger import FILE as HISTORY
from lishui_credit.monitoring.months import quarter_before
from lishui_credit.pricing.terms import Terms
from lishui_credit.rubrics import distribution
from lishui_credit.rubrics import stored_grades as graded
from lishui_credit.rubrics.grounds import Grounds
from lishui_credit.scorecards.cards import card_tables
from lishui_credit.scorecards.cards.card import Card
from lishui_credit.scorecards.cards.card_file import load
from lishui_credit.validation.reform_effects import Reform
from lishui_credit.validation.regraded import Regraded, regraded
from lishui_credit.validation.report.stored import read_validation
from lishui_credit.validation.report.validation import Validation

Stamp = tuple[object, ...]
COUNTS = {
    "distribution": distribution.distribution,
    "resting_on": distribution.resting_on,
    "unverified": distribution.unverified,
    "deciders": distribution.deciders,
}


def chart(
    figure: Any,
    frame: pl.DataFrame,
    name: str,
    words: str,
    *,
    synthetic: bool,
    finding: str = "",
) -> None:
    """A figure of these pages, laid out for a phone too."""
    view.chart(narrow(figure), frame, name, words, synthetic=synthetic, finding=finding)


# ---- graded registers ---------------------------------------------------------------------------


def registers(folder: Path) -> dict[str, dict[int, Path]]:
    return graded_files(folder) if folder.is_dir() else {}


@st.cache_resource(max_entries=128, show_spinner=False)
def _graded(path: str, stamp: Stamp) -> graded.Graded:
    return graded.read(path)


def read_graded(path: Path) -> graded.Graded:
    return _graded(str(path), stamp_of(path))


def _stamps(files: dict[int, Path]) -> Stamp:
    return tuple(stamp_of(path) for path in files.values())


@st.cache_resource(max_entries=256, show_spinner=False)
def _counted(
    what: str, stamps: Stamp, by: str | None, lang: str, _files: dict[int, Path]
) -> pl.DataFrame:
    opened = {year: read_graded(path) for year, path in _files.items()}
    return distribution.by_year(opened, COUNTS[what], by)


def counted(what: str, files: dict[int, Path], by: str | None, lang: str) -> pl.DataFrame:
    """A count of `rubrics.distribution`, of every year."""
    return _counted(what, _stamps(files), by, lang, files)


@st.cache_resource(max_entries=256, show_spinner=False)
def _moved(stamps: Stamp, only: tuple[str, str] | None, _first: Path, _second: Path) -> Regraded:
    return regraded(read_graded(_first), read_graded(_second), only=only)


def moved(first: Path, second: Path, only: tuple[str, str] | None) -> Regraded:
    return _moved((stamp_of(first), stamp_of(second)), only, first, second)


def editions(path: Path) -> list[str]:
    """The editions that the subjects of a graded file can be graded by, by their first day."""
    return list(other_editions(read_graded(path)))


@st.cache_resource(max_entries=32, show_spinner=False)
def _reformed(stamps: Stamp, old: str, new: str, lang: str, _path: Path) -> Reform | str:
    file = read_graded(_path)
    known = other_editions(file)
    by = ("county",) if "county" in file.rubric.carries else ()
    try:
        return reformed(file, _path, known[old], known[new], groups=by)
    except CreditError as error:  # such as a column that only the other edition asks for
        return str(error)


def under_another(path: Path, old: str, new: str, lang: str) -> Reform | str:
    """What another edition makes of a graded file's subjects, or why it cannot grade them."""
    inputs = read_graded(path).manifest.files(path).values()
    stamps = tuple(stamp_of(file) for file in (path, *inputs) if file.exists())
    return _reformed(stamps, old, new, lang, path)


@st.cache_resource(max_entries=128, show_spinner=False)
def _ids(stamp: Stamp, _path: Path) -> list[str]:
    return synthetic_ids(read_graded(_path))


def subjects(path: Path) -> list[str]:
    return _ids(stamp_of(path), path)


@st.cache_resource(max_entries=256, show_spinner=False)
def _explained(stamps: Stamp, subject: str, lang: str, _path: Path) -> Grounds:
    return explained(read_graded(_path), _path, subject)


def explanation(path: Path, subject: str, lang: str) -> Grounds:
    """Why a subject has its grade: made once for a state of the file and of what it was graded from."""
    inputs = read_graded(path).manifest.files(path).values()
    stamps = tuple(stamp_of(file) for file in (path, *inputs) if file.exists())
    return _explained(stamps, subject, lang, path)


# ---- models -------------------------------------------------------------------------------------


def models(folder: Path) -> dict[str, StoredModel]:
    return stored_models(folder) if folder.is_dir() else {}


@st.cache_resource(max_entries=16, show_spinner=False)
def _card(stamp: Stamp, _folder: Path) -> Card:
    return card_tables.named(load(_folder))


def card(model: StoredModel) -> Card:
    return _card(stamp_of(model.file), model.folder)


@st.cache_resource(max_entries=32, show_spinner=False)
def _validation(stamp: Stamp, _path: Path) -> Validation:
    return read_validation(_path)


def validation(path: Path) -> Validation:
    return _validation(stamp_of(path), path)


@st.cache_resource(max_entries=16, show_spinner=False)
def _watched(
    stamp: Stamp, lang: str, _folder: Path
) -> tuple[pl.DataFrame, pl.DataFrame, tuple[str, str]]:
    ledger = read_ledger(_folder)
    rules = Rules(**ledger.settings["rules"])
    latest = ledger.periods[-1]
    ends = (quarter_before(latest), latest)
    return by_period(ledger, rules), since_last_quarter(ledger, rules), ends


def watched(folder: Path, lang: str) -> tuple[pl.DataFrame, pl.DataFrame, tuple[str, str]]:
    """A watch's periods, the latest beside the one a quarter before, and the names of the two."""
    return _watched(stamp_of(folder.joinpath(HISTORY)), lang, folder)


def tables_of(found: Validation) -> set[str]:
    """Ids of the tables a validation holds."""
    return {held.id for section in found.sections for held in section.tables}


# ---- loans --------------------------------------------------------------------------------------


def _laboratory_stamp(path: Path) -> Stamp:
    return tuple(stamp_of(part) for part in sorted(path.parent.iterdir()) if part.is_file())


@st.cache_resource(max_entries=4, show_spinner=False)
def _laboratory(stamp: Stamp, _path: Path) -> Laboratory:
    return read_laboratory(_path)


def laboratory(folder: Path) -> tuple[Laboratory, Stamp] | None:
    """The loans of a board and the state of their files, None where there are none."""
    path = laboratory_file(folder) if folder.is_dir() else None
    if path is None:
        return None
    stamp = _laboratory_stamp(path)
    return _laboratory(stamp, path), stamp


@st.cache_resource(max_entries=64, show_spinner=False)
def swept(stamp: Stamp, terms: Terms, _loans: Laboratory) -> pl.DataFrame:
    return _loans.swept(terms)


@st.cache_resource(max_entries=256, show_spinner=False)
def compared(stamp: Stamp, terms: Terms, cut_off: Any, _loans: Laboratory) -> pl.DataFrame:
    return _loans.compared(terms, cut_off)


@st.cache_resource(max_entries=256, show_spinner=False)
def swapped(stamp: Stamp, approve: Any, refer: Any, lang: str, _loans: Laboratory) -> Swap:
    return _loans.swapped(_loans.draft(approve, refer), by=())


@st.cache_resource(max_entries=256, show_spinner=False)
def affected(
    stamp: Stamp, approve: Any, refer: Any, group: str, lang: str, _loans: Laboratory
) -> pl.DataFrame:
    return _loans.affected(_loans.draft(approve, refer), group)
