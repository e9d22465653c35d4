"""A raw frame to the data dictionary's columns: accepted rows, and rejected ones with reasons.

`headers` finds the columns, `cells` reads them. What cannot be read is never guessed: the row is
rejected, with every reason. What concerns the file as a whole (a missing column, a suspected unit)
raises one `SubjectError` with all problems.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import polars as pl

from lishui_credit.errors import SubjectError
from lishui_credit.language import plural, tr
from lishui_credit.tables.cells import cell as read
from lishui_credit.tables.column_cells import Cell, Plain, held
from lishui_credit.tables.columns import Column, dictionary
from lishui_credit.tables.frames import DAMAGED
from lishui_credit.tables.headers import match
from lishui_credit.tables.keys import Known, collect, rise, strangers, wrong_keys
from lishui_credit.tables.plain_files import GLANCE, as_written, plain_ways
from lishui_credit.tables.read import Raw, broken
from lishui_credit.tables.row_faults import TOTAL_SAID, faults_of
from lishui_credit.tables.suspected_units import medians, refuse_suspected_units

_VALUE: Final = "_value "  # before the name of a column of values, beside the raw ones
_CODE: Final = (
    "_code "  # of values that a dozen rules ask for: of a dictionary, in a tenth of the time
)


@dataclass(frozen=True, slots=True)
class Rule:
    """A check between columns: rows where `test` of `columns` is true are rejected for `reason`.

    Among `counts`, such rows are accepted, and counted under `reason`. Tests use the verbs of
    `expressions` only, so that engines of SQL can make them too.
    """

    reason: str  # {} is the value of the next column
    columns: tuple[str, ...]
    test: Callable[..., Any]
    absent: bool = False  # whether a column that is not in the file counts as empty; else no check


@dataclass(frozen=True, slots=True)
class Settled:
    """A file in the order of its keys of which only some rows are in doubt.

    Of every other row each cell is known to be sound as it is written, and its key to be one of those
    it may be; where the `rules` hold for it too, it is not checked.
    """

    doubtful: pl.DataFrame
    rules: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Conformed:
    """A frame that keeps to the dictionary, and what did not."""

    # Accepted rows, columns named by id; known to the engine as sorted by the key where the file is,
    # so that joins merge instead of holding a side.
    frame: pl.LazyFrame
    rejected: pl.DataFrame  # row (line of the file), reasons, then the raw cells
    rows: int  # read
    notes: tuple[str, ...] = ()  # encoding, ignored columns, units taken from headers
    unused: tuple[str, ...] = ()  # headers of no column that was asked for
    counts: Mapping[str, int] = field(default_factory=dict)  # accepted rows, by what was counted
    in_order: bool = False  # by their keys; strictly, where keys are unique
    # Headers and types of a file that was read `as_written`; () of any other.
    written: tuple[tuple[str, str], ...] = ()
    settled: bool = False  # whether only rows in doubt were checked

    @property
    def accepted(self) -> int:
        """Number of rows accepted."""
        return self.rows - self.rejected.height


def conform(
    raw: Raw,
    wanted: Mapping[str, bool],
    *,
    key: str | None,
    unique: bool = True,
    rules: Sequence[Rule] = (),
    among: Known | None = None,
    suspect_units: bool = True,
    known: Mapping[str, Column] | None = None,
    counts: Sequence[Rule] = (),
    settled: Settled | None = None,
) -> Conformed:
    """Turn a raw frame into dictionary columns, row by row, rejecting what cannot be read."""
    # `wanted` tells whether each column must be there; rows without `key`, with one that occurs more
    # than once (`unique`) or is none of `among` are rejected, as are those that break one of `rules`.
    # A file of a few chosen rows has no median to suspect a unit by (`suspect_units`). `known` are
    # columns of another kind of file, in the dictionary's place.
    # Cost: one pass over the file to look for faults (a second one only when there are any), one over
    # its keys (a second one only where they do not rise), all streamed. Columns whose first rows keep
    # to one plain form (`Cell.plain`) are read by it and only proven to keep to it throughout; where
    # the proof fails, another form or the long way is taken and the pass is made again.
    schema, known = raw.frame.collect_schema(), dictionary() if known is None else known
    matched, ignored = match(schema.names(), wanted, raw.name, known)
    cells = {
        name: read(known[name], header, unit, schema[header])
        for name, (header, unit) in matched.items()
    }
    asked = _Asked(key, unique, rules, among, counts, known, matched, schema)
    found = None if settled is None else _settled(raw, cells, asked, settled)
    few = found is not None
    if found is None:
        found = _read_in(raw, raw, cells, asked)
    cells, tests, sums, told = found.cells, found.tests, found.sums, found.told
    rows = _rows(told, raw.name)
    if suspect_units:
        refuse_suspected_units({**told, **medians(raw, cells, matched)}, cells, matched, raw.name)
    short = raw.short_rows(bool(told.get("_ends_empty")))
    wrong, in_order = [short] if short.height else [], False
    if key is not None:
        in_order = found.in_order if found.proven else rise(raw, cells[key], strictly=unique)
        others = None if found.proven else among
        wrong += wrong_keys(raw, cells[key], rows, others, unique=unique, in_order=in_order)
    rejected, keep = pl.DataFrame(schema={"row": pl.Int64, "reasons": pl.String}), raw.frame
    if wrong or found.faulty:
        rejected, keep = _reject(raw, cells, tests, key, wrong)
    frame = keep.select(cell.value.alias(name) for name, cell in cells.items())
    return Conformed(
        frame=frame.set_sorted(key) if in_order and key is not None else frame,
        rejected=raw.marked(rejected, short, "row"),
        rows=rows,
        notes=_notes(raw, ignored, told),
        unused=tuple(ignored),
        counts=_accepted(told, rejected, cells, sums),
        in_order=in_order,
        written=tuple((name, str(kind)) for name, kind in schema.items()) if found.bare else (),
        settled=few,
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of a file; see `conform`."""

    key: str | None
    unique: bool
    rules: Sequence[Rule]
    among: Known | None
    counts: Sequence[Rule]
    known: Mapping[str, Column]
    matched: Mapping[str, tuple[str, str]]
    schema: pl.Schema

    def tests(self, cells: Mapping[str, Cell]) -> list[tuple[str | pl.Expr, pl.Expr]]:
        """Return what can be wrong with a row, and the test for it."""
        rules = _tested(self.rules, cells, self.known)
        return [
            *faults_of(cells, self.key, self.schema),
            *((_said(rule, cells), test) for rule, test in rules),
        ]

    def sums(self, cells: Mapping[str, Cell]) -> list[pl.Expr]:
        """Return the counts of accepted rows."""
        counts = _tested(self.counts, cells, self.known)
        return [test.sum().alias(rule.reason) for rule, test in counts]


@dataclass(frozen=True, slots=True)
class _ReadIn:
    """How the columns of a file are read, and what was learnt of the rows that were checked."""

    cells: dict[str, Cell]
    tests: list[tuple[str | pl.Expr, pl.Expr]]
    sums: list[pl.Expr]
    told: dict[str, Any]
    proven: bool  # whether every key is one of those it may be
    in_order: bool
    bare: bool  # whether all that is read is what is written

    @property
    def faulty(self) -> bool:
        """Whether a row that was checked is wrong."""
        return any(self.told[f"f{place}"] for place in range(len(self.tests)))


def _read_in(
    raw: Raw, checked: Raw, cells: Mapping[str, Cell], asked: _Asked, *, in_order: bool = False
) -> _ReadIn:
    """Survey all rows of a file, or those in doubt, and read columns a short way where it is proven."""
    key, among = asked.key, asked.among
    plain = plain_ways(checked, cells, GLANCE)
    proven = False
    if among is not None and key is not None and key in plain:
        shortly = cells[key].plainly(plain[key])
        in_order = in_order or rise(raw, shortly, strictly=asked.unique)
        # A key among readable ones is readable, and needs no other proof.
        proven = strangers(checked, shortly, among, in_order=in_order).is_empty()
    while True:
        read_as = {n: c.plainly(plain[n]) if n in plain else c for n, c in cells.items()}
        by_value = {name: replace(c, value=pl.col(_VALUE + name)) for name, c in read_as.items()}
        tests, sums = asked.tests(by_value), asked.sums(by_value)
        proofs = {n: cells[n].plain[way] for n, way in plain.items() if n != key or not proven}
        told = _survey(checked, read_as, proofs, asked.matched, tests, sums)
        unlike = {name: cells[name] for name in proofs if not told[f"plain__{name}"]}
        if not unlike:
            break
        plain = {name: way for name, way in plain.items() if name not in unlike}
        plain |= plain_ways(checked, unlike)
    values = as_written(asked.schema, asked.matched, asked.known)
    bare = bool(values) and all(read_as[n].value.meta.eq(value) for n, value in values.items())
    return _ReadIn(read_as, tests, sums, told, proven, in_order, bare)


def _settled(
    raw: Raw, cells: Mapping[str, Cell], asked: _Asked, settled: Settled
) -> _ReadIn | None:
    """Survey the rows in doubt, and of the others what must be asked of all; None where one is wrong."""
    few = replace(raw, frame=settled.doubtful.lazy())
    found = _read_in(raw, few, cells, asked, in_order=True)
    if found.faulty or not found.proven or not found.bare:
        return None
    tests = [] if settled.rules else found.tests
    whole = _survey(raw, found.cells, {}, asked.matched, tests, found.sums)
    found = replace(found, told={**found.told, **whole})
    return None if found.faulty else found


def _valued(frame: pl.LazyFrame, cells: Mapping[str, Cell]) -> pl.LazyFrame:
    """Add the values of the cells, each read once: polars reads them anew in every expression."""
    valued = frame.with_columns(cell.value.alias(_VALUE + name) for name, cell in cells.items())
    return valued.with_columns(
        pl.col(_VALUE + name).cast(pl.Categorical).alias(_CODE + name)
        for name, cell in cells.items()
        if cell.column.is_code
    )


def _added(cells: Mapping[str, Cell]) -> list[str]:
    """Return the columns that `_valued` adds."""
    codes = [_CODE + name for name, cell in cells.items() if cell.column.is_code]
    return [*(_VALUE + name for name in cells), *codes]


def _accepted(
    told: Mapping[str, Any],
    rejected: pl.DataFrame,
    cells: Mapping[str, Cell],
    sums: Sequence[pl.Expr],
) -> dict[str, int]:
    """Return what was counted, without the rejected rows."""
    whole = {name.removeprefix("count__"): n for name, n in told.items() if "count__" in name}
    if rejected.height and sums:
        lost = _valued(rejected.lazy(), cells).select(sums).collect().row(0, named=True)
        return {name: count - lost[name] for name, count in whole.items()}
    return whole


def _rows(counted: Mapping[str, Any], where: str) -> int:
    rows = int(counted["rows"])
    if rows == 0:
        raise SubjectError(tr("no rows", "没有数据行"), where=where)
    return rows


def _notes(raw: Raw, ignored: list[str], counted: Mapping[str, Any]) -> tuple[str, ...]:
    notes = list(raw.notes)
    for name, count in counted.items():
        if name.startswith("standard__") and count:
            own = name.removeprefix("standard__")
            notes.append(
                tr(
                    f"{plural(count, 'cell')} of '{own}' written in the standard form: "
                    "upper case, half width, no blanks",
                    f"“{own}”有 {count:,} 格已规范化:大写、半角、去空格",
                )
            )
    if ignored:
        listed = ", ".join(ignored[:8]) + ("…" if len(ignored) > 8 else "")
        notes.append(tr("columns not used: ", "未使用的列:") + listed)
    return tuple(f"{raw.name}: {note}" for note in notes)


def empty_cells(name: str) -> Rule:
    """Return the count of empty cells of a column, under its name."""
    return Rule(name, (name,), lambda cell: cell.is_null())


def _tested(
    rules: Sequence[Rule], cells: Mapping[str, Cell], known: Mapping[str, Column]
) -> list[tuple[Rule, pl.Expr]]:
    """Return the rules' tests on the cells as `_valued`; most of absent columns are left out."""

    def value(name: str) -> pl.Expr:
        if name not in cells:
            return pl.lit(None, dtype=held(known[name]))
        return pl.col(_CODE + name) if cells[name].column.is_code else cells[name].value

    return [
        (rule, rule.test(*map(value, rule.columns)).fill_null(False))
        for rule in rules
        if rule.absent or all(name in cells for name in rule.columns)
    ]


def _said(rule: Rule, cells: Mapping[str, Cell]) -> str | pl.Expr:
    """Return the reason of a rule, with the values it speaks of."""
    if "{}" not in rule.reason:
        return rule.reason
    named = (cells[name].value.cast(pl.String).fill_null("") for name in rule.columns)
    return pl.format(rule.reason, *named)


def _survey(
    raw: Raw,
    cells: Mapping[str, Cell],
    proofs: Mapping[str, Plain],
    matched: Mapping[str, tuple[str, str]],
    tests: Sequence[tuple[str | pl.Expr, pl.Expr]],
    sums: Sequence[pl.Expr],
) -> dict[str, Any]:
    """Learn in one pass what the whole file must tell: rows, faults, plain columns, counts."""
    wanted = [pl.len().alias("rows"), *(count.name.prefix("count__") for count in sums)]
    wanted += [test.any().alias(f"f{place}") for place, (_, test) in enumerate(tests)]
    wanted += [proof.holds.all().alias(f"plain__{name}") for name, proof in proofs.items()]
    for name, cell in cells.items():
        value = pl.col(_VALUE + name)
        if cell.column.type == "rate" and not matched[name][1]:
            wanted.append((value > cell.column.per_unit).mean().alias(f"above__{name}"))
        if cell.column.type == "rate" and matched[name][1] in ("%", "pct"):
            stated = pl.col(cell.header).cast(pl.String).str.contains("%", literal=True)
            low = (value * 100 <= cell.column.per_unit) & (value > 0) & ~stated
            wanted.append(low.mean().alias(f"below__{name}"))
        if cell.column.is_key and cell.faults:  # in the plain form nothing is wrong with it
            changed = pl.col(cell.header).cast(pl.String) != value
            wanted.append(changed.sum().alias(f"standard__{name}"))
    if raw.text is not None:  # a row too long is noticed only where every column is read
        raw_cells = pl.exclude([*_added(cells)])
        wanted.append(pl.all_horizontal(raw_cells.is_null()).sum().alias("_blank"))
        last = raw.frame.collect_schema().names()[-1]
        wanted.append(pl.col(last).null_count().alias("_ends_empty"))
    return collect(raw, _valued(raw.frame, cells).select(wanted)).row(0, named=True)


def _reject(
    raw: Raw,
    cells: Mapping[str, Cell],
    tests: Sequence[tuple[str | pl.Expr, pl.Expr]],
    key: str | None,
    wrong: Sequence[pl.DataFrame],
) -> tuple[pl.DataFrame, pl.LazyFrame]:
    """Return the rejected rows with their reasons, and the others."""
    # `wrong` holds tables of rows (``_row``) or keys (``_key``) that are wrong, and what is said of
    # each, as ``_said``.
    indexed = _valued(raw.numbered(), cells)
    others = pl.lit(True)
    reasons: list[pl.Expr] = []
    for reason, test in tests:
        spoken = pl.lit(reason) if isinstance(reason, str) else reason
        reasons.append(pl.when(test & others).then(spoken))
        if isinstance(reason, str) and reason == str(TOTAL_SAID):
            others = ~test  # a total row is that, whatever else is wrong with it
    added = _added(cells)
    if wrong and key is not None:
        indexed = indexed.with_columns(pl.col(_VALUE + key).alias("_key"))
        added.append("_key")
    for place, table in enumerate(wrong):
        on, said = table.columns[0], f"_wrong{place}"
        told = table.lazy().select(on, pl.col("_said").alias(said))
        indexed = indexed.join(told, on=on, how="left", maintain_order="left")
        reasons.insert(0 if on == "_row" else len(reasons), pl.when(others).then(said))
        added.append(said)
    marked = indexed.with_columns(
        pl.concat_str(reasons, separator="; ", ignore_nulls=True).alias("_reasons")
    )
    try:
        found = marked.filter(pl.col("_reasons") != "").collect(engine="streaming")
    except DAMAGED as error:
        raise broken(raw.name, error, raw.text) from None
    rejected = found.sort("_row").select(
        pl.col("_row").cast(pl.Int64).alias("row"),
        pl.col("_reasons").alias("reasons"),
        pl.exclude("_row", "_reasons", *added),
    )
    return rejected, marked.filter(pl.col("_reasons") == "")
