"""Grade again only what changed since an earlier result; every other row is taken from it.

A grade follows from the edition, the day and one subject's record. A graded Parquet file holds every
column that the edition reads of a subject, so the record of then is there to be compared cell by cell.
Of events it holds only what came of them: their fingerprints (`event_prints`) lie beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from lishui_credit.errors import ModelError
from lishui_credit.language import Bilingual, tr
from lishui_credit.proof import Stated
from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.engine.evaluate import Evaluation
from lishui_credit.rubrics.engine.stages import stages
from lishui_credit.rubrics.event_prints import (
    Prints,
    Vouched,
    fingerprints_path,
    held,
    write_fingerprints,
    written_then,
)
from lishui_credit.rubrics.intake import Intake
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.rubrics.renewed_rows import WAS, LaidOver, Sides, joined, unlike
from lishui_credit.rubrics.whole_records import evaluated
from lishui_credit.tables.parquet_slices import scan_slices
from lishui_credit.version import __version__

WHY: Final = {
    "new": Bilingual("not in the earlier result", "上次结果中没有"),
    "facts": Bilingual("its own cells or the bases of its area", "主体数据或所在地基数有变"),
    "events": Bilingual("its events, repairs and corrections", "失信事件、修复或纠正情况有变"),
    "day": Bilingual("the day of grading", "评级日有变"),
    "rejected": Bilingual("an event rejected then or now", "上次或本次有事件被拒收"),
}
"""Why a subject is graded again; of several reasons the first one counts."""

_MANY: Final = 100_000  # subjects graded again at a time, or a fifth of all where that is more


@dataclass(frozen=True, slots=True, kw_only=True)
class Regraded:
    """How many subjects kept the grade of an earlier result, and why the others were graded again."""

    kept: int = 0
    again: Mapping[str, int] = field(default_factory=dict)  # subjects by `WHY`
    gone: int = 0  # subjects of the earlier result that are no longer there
    whole: str = ""  # why all were graded again, where that is not said of each


@dataclass(frozen=True, slots=True)
class Run:
    """What a run grades, and how."""

    taken: Intake
    rubric: Rubric
    as_of: date
    period: int | None
    labels: str | None
    strict: bool = field(kw_only=True)

    def graded(self, taken: Intake | None = None) -> Evaluation[pl.LazyFrame]:
        """Grade what was read, or some of it."""
        return evaluated(
            self.taken if taken is None else taken,
            self.rubric,
            period=self.period,
            as_of=self.as_of,
            labels=self.labels,
            strict=self.strict,
        )

    @property
    def facts(self) -> list[str]:
        """The columns of subjects that the edition reads and the file has, the id first."""
        present = self.taken.subjects.collect_schema().names()
        return [name for name in compiled.needed_columns(self.rubric) if name in present]


def graded_since(
    run: Run,
    earlier: Stated | None,
    prints: Prints,
    vouched: Vouched | None,
    regraded: Callable[[Regraded], None],
) -> tuple[Evaluation[pl.LazyFrame], LaidOver | None]:
    """Return the result of a run, as much as can be from an earlier one; write its fingerprints.

    Where the earlier file can be written over, that is returned too: the same rows, for less.
    """
    if earlier is None and not prints.asked:
        prints.path.unlink(missing_ok=True)  # they are of the output that is replaced
    else:
        write_fingerprints(prints, run.taken, run.rubric, run.as_of, run.period, vouched)
    if earlier is None:
        return run.graded(), None
    settled = vouched if run.taken.events_settled else None
    result, laid, found = _renewed(run, earlier, prints.path, settled)
    regraded(found)
    return result, laid


def refuse_unusable(said: Stated, rubric: Rubric) -> None:
    """Raise ModelError for an earlier result that does not tell of each subject what it was graded on."""
    if said.path.suffix.lower() != ".parquet":
        raise ModelError(
            tr(
                "grades are taken only from a Parquet file: others do not hold every cell as it was read",
                "只能沿用 Parquet 结果中的等级:其他格式不保存读入时的原值",
            ),
            hint=tr("grade into .parquet once", "请先评级输出为 .parquet"),
            where=said.path.name,
        )
    raw = said.raw
    if not rubric.uses_events or "events" not in raw["inputs"]:
        return
    written_then(said)


# ---- what changed -----------------------------------------------------------------------------


def _renewed(
    run: Run, said: Stated, now: Path, vouched: Vouched | None
) -> tuple[Evaluation[pl.LazyFrame], LaidOver | None, Regraded]:
    """Return the result of a run, rows that cannot have changed taken from an earlier result.

    `said` is an earlier graded file, whose manifest was found to be its own; `now` is where the
    fingerprints of this run's events were written, if it has any; `vouched` tells of them, where
    it could.
    """
    # Cost: one pass over the facts of both files and the fingerprints, one over the earlier result.
    # Held are the subjects graded again, those that came or went, and the ids where any did.
    key, facts = run.rubric.subject_id, run.facts
    earlier = scan_slices(said.path)
    kinds = earlier.collect_schema()
    whole = _all_again(run, said.raw, kinds)
    rows = _accepted(run.taken)
    if whole is None:
        most = max(_MANY, rows // 5)
        subjects = run.taken.subjects.select(facts)
        sides = Sides.of(subjects, said.path, key)
        moved = vouched.moved if vouched else _moved_events(run, said, now, most + 1)
        changed = _reasons(run, said, sides, moved).head(most + 1).collect(engine="streaming")
        if max(changed.height + len(sides.came), len(moved)) > most:
            whole = Bilingual("more than a fifth of the subjects changed", "超过五分之一的主体有变")
    if whole is None:
        places = pl.concat([frame.select("_row", key) for frame in (sides.came, changed)])
        graded = run.graded(_only(run.taken, _records(subjects, sides, changed, facts), vouched))
        made = graded.frame.collect(engine="streaming")
        if [*made.schema.items()] != [*kinds.items()]:
            whole = Bilingual("the columns of the result", "结果的列")
    if whole is not None:
        return run.graded(), None, Regraded(again={"whole": rows}, whole=str(whole))
    counts = dict(changed.group_by("_why").len().iter_rows()) | {"new": len(sides.came)}
    told = {name: counts[name] for name in WHY if counts.get(name)}
    found = Regraded(kept=rows - sum(told.values()), again=told, gone=len(sides.gone))
    laid = None
    if sides.aligned and found.kept:
        again = places.join(made, on=key, how="left", maintain_order="left")
        laid = LaidOver.of(said.path, sides, again, key)
    return replace(graded, frame=joined(subjects, earlier, made, key)), laid, found


def _records(
    subjects: pl.LazyFrame, sides: Sides, changed: pl.DataFrame, facts: list[str]
) -> pl.DataFrame:
    """Return what is read of the subjects to be graded again, in the order of their ids."""
    key = facts[0]
    came = sides.came[key]
    parts = [changed.select(facts)]
    if len(came):
        new = subjects.filter(pl.col(key).is_in(came.implode())).select(facts)
        parts.append(new.collect(engine="streaming"))
    return pl.concat(parts).sort(key)


def _accepted(taken: Intake) -> int:
    return taken.rows["subjects"] - taken.rejected.filter(pl.col("file") == "subjects").height


def _all_again(run: Run, raw: Mapping[str, Any], kinds: pl.Schema) -> Bilingual | None:
    """Return why every grade may have changed, None where it may not."""
    same = {
        Bilingual("the edition or its overlay", "版本或其覆盖文件"): (
            raw["edition_sha256"] == run.rubric.sha256
        ),
        Bilingual("the version of this package", "本软件的版本"): (
            raw["package_version"] == __version__
        ),
        Bilingual("the label set", "等级标签组"): raw["labels"] == run.labels,
        Bilingual("--strict", "--strict"): raw.get("strict", False) == run.strict,
        Bilingual("the columns of the subjects", "主体数据的列"): run.facts
        == [name for name in compiled.needed_columns(run.rubric) if name in kinds],
    }
    return next((why for why, holds in same.items() if not holds), None)


def _moved_events(run: Run, said: Stated, now: Path, most: int) -> pl.Series:
    """Return the ids, at most so many, of whom another event counts, or one counts otherwise."""
    key = run.rubric.subject_id
    paths = []
    if run.rubric.uses_events and "events" in said.raw["inputs"]:
        paths.append(fingerprints_path(said.path))
    if run.rubric.uses_events and run.taken.events is not None:
        paths.append(now)
    sides = [
        held(path, key).select(key, "fingerprint").filter(pl.col("fingerprint") != 0)
        for path in paths
    ]
    if not sides:
        return pl.Series(key, [], dtype=pl.String)
    ids = sides[0]
    if len(sides) == 2:
        # Of both in one order, a row that does not follow or precede its like stands alone.
        like = [pl.col(name) == pl.col(name).shift(-1) for name in (key, "fingerprint")]
        twins = like[0] & like[1]
        both = sides[0].merge_sorted(sides[1], key=key)
        ids = both.filter(~(twins | twins.shift(1)).fill_null(False))
    return ids.select(pl.col(key).unique()).head(most).collect(engine="streaming")[key]


def _reasons(run: Run, said: Stated, sides: Sides, moved: pl.Series) -> pl.LazyFrame:
    """Return the subjects that were there then to be graded again, their row then and the reason."""
    key, *others = run.facts
    was = [pl.col(name).alias(WAS + name) for name in others]
    in_doubt = (pl.col("withheld_by") == compiled.REJECTED_EVENT).fill_null(False)
    frame = sides.together([*was, in_doubt.alias("_in_doubt")], key)
    day = _moved_by_the_day(run, date.fromisoformat(str(said.raw["as_of"])))
    tests = {
        "facts": unlike(others),
        "events": pl.col(key).is_in(moved.implode()),
        "day": day,
        "rejected": pl.col("_in_doubt") | pl.col(key).is_in(run.taken.in_doubt.implode()),
    }
    assert ["new", *tests] == [*WHY]
    why = pl.coalesce(pl.when(test).then(pl.lit(name)) for name, test in tests.items())
    told = frame.select("_row", key, *others, why.alias("_why"))
    return told.filter(pl.col("_why").is_not_null())


def _moved_by_the_day(run: Run, then: date) -> pl.Expr:
    """Return whether the day of grading moves a subject's own points; events have fingerprints."""
    # Which points read the day is asked of the expressions: those that differ between the two days.
    if then == run.as_of:
        return pl.lit(False)
    available = frozenset(run.facts)

    def built(day: date) -> list[list[pl.Expr]]:
        made = stages(run.rubric, pl, as_of=day, available=available, labels=run.labels)
        return [list(stage) for stage in made]

    moved = []
    for place, (old, new) in enumerate(zip(built(then), built(run.as_of), strict=True)):
        differ = [
            (one, other) for one, other in zip(old, new, strict=True) if not one.meta.eq(other)
        ]
        if differ and place > 0:  # it reads columns that only a run of the stages has
            return pl.lit(True)
        moved += [one.ne_missing(other) for one, other in differ]
    return pl.any_horizontal(pl.lit(False), *moved)


def _only(taken: Intake, records: pl.DataFrame, vouched: Vouched | None) -> Intake:
    """Return what was read of the subjects of some records, which stand in the order of their ids."""
    chosen = records.to_series()
    events = taken.events
    if events is not None:
        # Held events have the ids that are written; `intake` gives others to those without.
        if vouched and taken.events_written and chosen.is_in(vouched.asked.implode()).all():
            events = vouched.events.lazy()
        of_them = pl.col(chosen.name).is_in(chosen.implode())
        few = events.filter(of_them).collect(engine="streaming")
        events = few.sort(chosen.name, maintain_order=True).lazy()
    return replace(taken, subjects=records.lazy(), events=events, events_in_order=True)
