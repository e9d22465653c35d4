"""Fingerprints of the events of a graded file: what a later run needs to know of each subject's.

A graded file holds of events only what came of them. Beside it lies, where it is asked for, one row
for each subject with events: one number for what counts of them on the day, one for all their cells.
Where all cells of a subject's events are what they were, they are as sound as they were, and are not
checked again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from lishui_credit.errors import ModelError
from lishui_credit.language import tr
from lishui_credit.proof import InputFile, Stated
from lishui_credit.rubrics.engine.evaluate import with_event_columns
from lishui_credit.rubrics.engine.tally import fingerprints
from lishui_credit.rubrics.intake import Intake
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.rubrics.renewed_rows import Sides
from lishui_credit.tables.columns import dictionary
from lishui_credit.tables.conform import Settled
from lishui_credit.tables.frames import DAMAGED
from lishui_credit.tables.headers import match
from lishui_credit.tables.json_nouns import parsed
from lishui_credit.tables.parquet_slices import slices
from lishui_credit.tables.plain_files import as_written
from lishui_credit.tables.read import PARQUET, Raw
from lishui_credit.tables.write import replacing
from lishui_credit.version import __version__

KEY: Final = "lishui_credit_events"
"""Where the footer of a file of fingerprints says which events they are of."""

_WRITTEN: Final = "written"
_MOST: Final = 2_000_000  # events that are held


@dataclass(frozen=True, slots=True)
class Prints:
    """Where fingerprints of a run's events go, of which file they are, whether they are asked for."""

    path: Path
    events: InputFile | None
    asked: bool = field(kw_only=True)


def fingerprints_path(output: Path) -> Path:
    """Return where the fingerprints of the events of a graded file lie."""
    return output.with_name(f"{output.name}.fingerprints")


def write_fingerprints(
    prints: Prints,
    taken: Intake,
    rubric: Rubric,
    day: date,
    period: int | None,
    vouched: Vouched | None,
) -> None:
    """Write the fingerprints of a run's events; without events there are none."""
    if taken.events is None or prints.events is None:
        prints.path.unlink(missing_ok=True)
        return
    told = _told(prints.events.sha256, prints.events.sheet, rubric.sha256, day, period)
    sound = "events" not in taken.rejected["file"].unique().to_list()
    told[_WRITTEN] = [list(pair) for pair in taken.events_written] if sound else []
    metadata = {KEY: json.dumps(told)}
    with replacing(prints.path) as draft:
        if vouched is not None and taken.events_settled:
            vouched.found.write_parquet(draft, compression="uncompressed", metadata=metadata)
            return
        made = _printed(taken.events, rubric, day, period, taken)
        made.sink_parquet(draft, compression="uncompressed", metadata=metadata)


def _printed(
    events: pl.LazyFrame, rubric: Rubric, day: date, period: int | None, taken: Intake | None = None
) -> pl.LazyFrame:
    """Return the fingerprints of events as `intake` took them, or as they are vouched for."""
    return fingerprints(
        with_event_columns(events, rubric, pl, events.collect_schema().names()),
        rubric,
        as_of=day,
        period=period,
        named=taken is None or taken.events_named,
        in_order=taken is None or taken.events_in_order,
    )


def _told(
    sha256: str, sheet: str, edition: str, day: date | str, period: int | None
) -> dict[str, Any]:
    """Return what fingerprints follow from: of other events, or another day, there are others."""
    versions = [__version__, pl.__version__]
    return {
        "events": [sha256, sheet],
        "edition": edition,
        "as_of": str(day),
        "period": period,
        "versions": versions,
    }


def held(path: Path, key: str) -> pl.LazyFrame:
    """Return the fingerprints of a file, in the order of their subjects."""
    return pl.scan_parquet(path).set_sorted(key)


def written_then(said: Stated) -> list[tuple[str, str]]:
    """Return headers and types of the events of an earlier result, none where they had to be read into.

    ModelError where no fingerprints of them are beside it.
    """
    raw, beside = said.raw, fingerprints_path(said.path)
    events = raw["inputs"]["events"]
    told = _told(
        events["sha256"],
        events.get("sheet", ""),
        raw["edition_sha256"],
        raw["as_of"],
        raw["period"],
    )
    try:
        found = parsed(pl.read_parquet_metadata(beside).get(KEY, "{}"), beside.name)
    except (ValueError, *DAMAGED):
        found = {}
    written = found.pop(_WRITTEN, None)
    if found != told or not isinstance(written, list):
        raise ModelError(
            tr(
                "the earlier result does not tell which events each subject had then: no readable"
                " fingerprints of that run and of these versions of the packages",
                "上次结果未记录各主体当时的事件:没有该次运行、相同软件版本的可读事件指纹",
            ),
            beside.name,
            tr(
                "grade once without --since and with --fingerprints",
                "请先不加 --since、加 --fingerprints 评级一次",
            ),
            where=said.path.name,
        )
    return [(str(name), str(kind)) for name, kind in written]


# ---- events that are what they were -----------------------------------------------------------


@dataclass(slots=True)
class Vouched:
    """Tells which events of a run are not what they were in an earlier one, in one pass over the file.

    It vouches only for a file of the same columns, read as it is written, in the order of its
    subjects, by the same edition, while the same subjects are there.
    """

    said: Stated
    rubric: Rubric
    day: date
    period: int | None
    path: Path
    found: pl.DataFrame = field(default_factory=pl.DataFrame)  # fingerprints of now
    moved: pl.Series = field(default_factory=pl.Series)  # of whom another event counts
    asked: pl.Series = field(default_factory=pl.Series)  # whose events are held
    events: pl.DataFrame = field(default_factory=pl.DataFrame)  # that are held

    @classmethod
    def of(
        cls,
        said: Stated | None,
        rubric: Rubric,
        day: date,
        period: int | None,
        events: Path | None,
    ) -> Vouched | None:
        """Return who vouches for the events of a run; None where there are none, then or now."""
        if said is None or events is None or "events" not in said.raw["inputs"]:
            return None
        return cls(said, rubric, day, period, events)

    def settled(
        self, raw: Raw, wanted: Mapping[str, bool], subjects: pl.LazyFrame
    ) -> Settled | None:
        """Return as in doubt all events of subjects of whom one, or a cell, is not what it was.

        None where nobody can tell, or where they are too many to be held.
        """
        key = self.rubric.subject_id
        schema = raw.frame.collect_schema()
        if not self._alike([(name, str(kind)) for name, kind in schema.items()]):
            return None
        sides = Sides.of(subjects, self.said.path, key)
        if not sides.aligned or len(sides.came) or len(sides.gone):
            return None
        changed = sides.changed(subjects.collect_schema().names(), key)
        matched, _ = match(schema.names(), wanted, raw.name)
        values = as_written(schema, matched, dictionary())
        header = matched[key][0]
        then = held(fingerprints_path(self.said.path), key)
        rows, now, moved, asked = [raw.frame.clear().collect()], [], [], [changed]
        after: str | None = None
        for piece in _by_key(slices(self.path), header):
            if piece is None:
                return None
            cells = piece.lazy().select(value.alias(name) for name, value in values.items())
            prints = _printed(cells, self.rubric, self.day, self.period).collect()
            last = prints[key][-1]
            unlike = _unlike(prints, _between(then, key, after, last), key)
            moved.append(unlike.filter("_moved")[key])
            asked.append(unlike[key])
            ids = pl.concat([changed.filter(changed.is_between(prints[key][0], last)), unlike[key]])
            rows.append(piece.filter(pl.col(header).is_in(ids.implode())))
            if sum(map(len, rows)) > _MOST:
                return None
            now.append(prints)
            after = last
        gone = _between(then, key, after, None).filter(pl.col("fingerprint") != 0)[key]
        if not now:
            return None
        self.moved, self.asked = pl.concat([*moved, gone]), pl.concat([*asked, gone])
        self.found, held_rows = pl.concat(now), pl.concat(rows)
        self.events = held_rows.select(value.alias(name) for name, value in values.items())
        then_on = (self.said.raw["as_of"], self.said.raw["period"])
        return Settled(held_rows, rules=then_on == (str(self.day), self.period))

    def _alike(self, written: list[tuple[str, str]]) -> bool:
        raw = self.said.raw
        return (
            self.path.suffix.lower() in PARQUET
            and raw["counts"]["rejected_events"] == 0
            and raw["edition_sha256"] == self.rubric.sha256
            and written_then(self.said) == written
        )


def _by_key(pieces: Iterator[pl.DataFrame], header: str) -> Iterator[pl.DataFrame | None]:
    """Yield all rows of a key together, pieces in the order of the keys; None where one falls, or is null."""
    rest: pl.DataFrame | None = None
    for piece in pieces:
        whole = piece if rest is None else pl.concat([rest, piece])
        keys = whole[header]
        if keys.null_count() or not (keys[1:] >= keys[:-1]).all():
            yield None
            return
        held_back = (keys == keys[-1]).sum()
        rest = whole.tail(held_back)
        if whole.height > held_back:
            yield whole.head(-held_back)
    if rest is not None:
        yield rest


def _between(then: pl.LazyFrame, key: str, after: str | None, last: str | None) -> pl.DataFrame:
    """Return the fingerprints of subjects behind one up to another; None stands for either end."""
    ends = [pl.lit(True)]
    ends += [] if after is None else [pl.col(key) > after]
    ends += [] if last is None else [pl.col(key) <= last]
    return then.filter(ends).collect()


def _unlike(now: pl.DataFrame, then: pl.DataFrame, key: str) -> pl.DataFrame:
    """Return the subjects of whom another event counts, or another one is there now."""
    if now[key].equals(then[key]):
        both = now.hstack(then.drop(key).rename(lambda name: f"{name}_then"))
    else:
        both = now.join(then, on=key, how="full", suffix="_then", coalesce=True)
    count, counted = (pl.col(name).fill_null(0) for name in ("fingerprint", "fingerprint_then"))
    moved = count != counted
    other = pl.col("cells").is_not_null() & pl.col("cells").ne_missing(pl.col("cells_then"))
    return both.filter(moved | other).select(key, moved.alias("_moved"))
