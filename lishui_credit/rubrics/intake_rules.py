"""What an edition asks of a row before it grades it: checks between columns of subjects and events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from lishui_credit.expressions import E, Namespace, first_of
from lishui_credit.language import Bilingual, tr
from lishui_credit.points import compare, within
from lishui_credit.rubrics import coherence
from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.engine import events as event_rules
from lishui_credit.rubrics.law import rows as tables
from lishui_credit.rubrics.law.event_rules import EventRule, Number
from lishui_credit.rubrics.law.row_labels import row_label
from lishui_credit.rubrics.law.rubric import Indicator, Rubric
from lishui_credit.tables.columns import column, dictionary
from lishui_credit.tables.conform import Rule

_Test = Callable[..., Any]
_DEFAULT: tuple[str, ...] = ("default_item", "defaulted_on", "default_measure")


def subject_rules(rubric: Rubric, day: date, ns: Namespace[E]) -> list[Rule]:
    """Return the checks of a subject's row on a day of grading."""
    rules = [rule for row in rubric.scoring if row.judged for rule in _judged(rubric, row, ns)]
    reads = compiled.needed_columns(rubric)
    rules += coherence.parts(reads)
    rules += coherence.last_year(reads)
    if "performance_record" in reads:
        rules += [*_of_defaults(), *coherence.past_days(("defaulted_on", "repaid_on"), day)]
    return rules


def _before(first: str, second: str) -> str:
    return f"{column(first).label_zh}早于{column(second).label_zh}"


def _of_defaults() -> Iterator[Rule]:
    for name in _DEFAULT:
        yield Rule(
            tr(f"a default without {name}", f"有违约记录,但缺少{column(name).label_zh}"),
            ("performance_record", name),
            lambda record, fact: (record == "default") & fact.is_null(),
        )
    yield Rule(
        tr("repaid before the default", _before("repaid_on", "defaulted_on")),
        ("repaid_on", "defaulted_on"),
        lambda repaid, defaulted: repaid < defaulted,
    )


def _judged(rubric: Rubric, row: Indicator, ns: Namespace[E]) -> Iterator[Rule]:
    """Yield the checks that the assessor's figure lies in the range of the value's band or level."""
    assert row.judged is not None
    per_unit = dictionary()[row.judged].per_unit
    reason = tr(
        f"{row.judged}: outside the range of {row_label(row)}",
        f"{column(row.judged).label_zh}:超出“{row.label_zh}”的参考分档",
    )

    def outside(figure: E, low: Number, high: Number) -> E:
        below = compare(figure, per_unit, "<", Fraction(low))
        return below | compare(figure, per_unit, ">", Fraction(high))

    if row.ranges and row.column is not None:

        def by_level(figure: E, cell: E) -> E:
            cases = [
                (cell == ns.lit(name), outside(figure, *ends)) for name, ends in row.ranges.items()
            ]
            return first_of(ns, cases, ns.lit(False))

        yield Rule(reason, (row.judged, row.column), by_level)
    if row.bands and row.column is not None and row.over is None:
        unit = dictionary()[row.column].per_unit
        entries = [
            entry for entry in row.bands if rubric.taken(entry.choice) and entry.points is not None
        ]

        def by_band(figure: E, cell: E) -> E:
            cases = [(cell.is_null(), ns.lit(False))]
            for entry in entries:
                assert entry.points is not None
                test = within(cell, unit, tables.band(entry, 1))
                low, high = entry.range or (entry.points, entry.points)
                inside = ns.lit(True) if test is None else test
                cases.append((inside, outside(figure, low, high)))
            return first_of(ns, cases, ns.lit(False))

        yield Rule(reason, (row.judged, row.column), by_band)


def event_rules_of(editions: Sequence[Rubric], day: date, period: int | None) -> list[Rule]:
    """Return the checks of an event's row; an event is known if one of the editions knows its code."""
    known = sorted({code for edition in editions for code in event_rules.codes(edition)})
    former = {
        old: new
        for edition in editions
        for old, new in event_rules.former_codes(edition).items()
        if old not in known
    }
    counted = [
        row.event for edition in editions for row in edition.scoring if row.event is not None
    ]
    return [
        Rule(
            tr("the edition knows no such code", "该版本没有此指标代码"),
            ("code",),
            lambda code: ~code.is_null() & ~code.is_in([*known, *former]),
        ),
        *_renamed(former),
        Rule(tr("no code", "缺少指标代码"), ("code",), lambda code: code.is_null()),
        Rule(tr("no date", "缺少发生日期"), ("occurred_on",), lambda day: day.is_null()),
        Rule(
            tr("corrected before it happened", _before("corrected_on", "occurred_on")),
            ("corrected_on", "occurred_on"),
            lambda corrected, occurred: corrected < occurred,
        ),
        *_counted(counted),
        *_limited(counted),
        *_measured(editions, day, period),
    ]


def _renamed(former: Mapping[str, tuple[str, str]]) -> Iterator[Rule]:
    """Yield the checks that an event has no code that its row had here before."""
    for old, (new, label) in former.items():
        yield Rule(
            tr(
                f"the edition knows no code {old}: nobody has seen it in the annex;"
                f" the event is entered as {new} ({label})",
                f"该版本没有指标代码 {old}(附件原文未见此代码);该事项请填 {new}({label})",
            ),
            ("code",),
            lambda code, old=old: code == old,
        )


@dataclass(frozen=True, slots=True)
class _Repairs:
    """Codes whose repair is measured: by column, by the share paid, by clean months where late."""

    by_column: Mapping[str, frozenset[str]]
    by_share: frozenset[str]
    late: frozenset[str]


def _repairs(editions: Sequence[Rubric]) -> _Repairs:
    """Return what the repairs of the editions are measured by."""
    by_column: dict[str, set[str]] = {}
    shares, late = set[str](), set[str]()
    for edition in editions:
        classes = {repair.id: repair for repair in edition.repairs}
        for row in edition.scoring:
            if row.event is not None and row.event.repair is not None:
                repair = classes[row.event.repair]
                by_column.setdefault(repair.measured_from, set()).add(row.event.code)
                shares |= {row.event.code} if repair.paid_share else set()
        for rule in edition.active_overrides:
            if rule.event is None or rule.repair is None:
                continue
            if rule.repair.within_days is not None:
                by_column.setdefault("due_on", set()).add(rule.event)
            if rule.repair.clean_months_at_least is not None:
                by_column.setdefault("clean_months", set()).add(rule.event)
            late |= {rule.event} if rule.repair.late_clean_months_at_least is not None else set()
    found = {name: frozenset(codes) for name, codes in sorted(by_column.items())}
    return _Repairs(found, frozenset(shares), frozenset(late))


def _measured(editions: Sequence[Rubric], day: date, period: int | None) -> Iterator[Rule]:
    """Yield the checks that a correction known on the day of grading has what it is measured by."""
    repairs = _repairs(editions)
    shared = ("code", "occurred_on", "corrected_on", "exempt")

    def counts(codes: frozenset[str], *cells: Any) -> Any:
        code, occurred, corrected, exempt = cells
        known = code.is_in(sorted(codes)) & (corrected <= day) & ~exempt.fill_null(False)
        return known if period is None else known & (occurred.dt.year() == period)

    def rule(said: Bilingual, columns: Sequence[str], codes: frozenset[str], lacks: _Test) -> Rule:
        reason = tr(f"the repair cannot be measured: no {said.en}", f"修复无法计量:缺少{said.zh}")
        return Rule(
            reason,
            (*shared, *columns),
            lambda *cells: counts(codes, *cells[:4]) & lacks(*cells),
            absent=True,
        )

    def named(name: str) -> Bilingual:
        return Bilingual(name, column(name).label_zh)

    for name, codes in repairs.by_column.items():
        yield rule(named(name), (name,), codes, lambda *cells: cells[4].is_null())
    tax = column("tax_amount").label_zh
    if repairs.by_share:
        yield rule(
            Bilingual("tax_amount above 0", f"大于 0 的{tax}"),
            ("paid_amount", "tax_amount"),
            repairs.by_share,
            lambda *cells: ~cells[4].is_null() & (cells[5].is_null() | (cells[5] <= 0)),
        )
    if repairs.late:
        yield rule(
            named("clean_months"),
            ("clean_months",),
            repairs.late,
            lambda *cells: (cells[2].dt.year() > cells[1].dt.year() + 1) & cells[4].is_null(),
        )


def _limited(rules: Sequence[EventRule]) -> Iterator[Rule]:
    """Yield the checks that an event is of the size its row is for."""
    # Codes of one bound share one check: each costs a pass over all events.
    bounds: dict[tuple[str, str | None, str, Number], list[str]] = {}
    for rule in {rule.code: rule for rule in rules}.values():
        for limit in rule.limits:
            for sign, bound in (("<", limit.at_least), (">=", limit.below)):
                if bound is not None:
                    bounds.setdefault((limit.column, limit.over, sign, bound), []).append(rule.code)
    for (top, over, sign, bound), codes in bounds.items():
        en, zh = ("at least", "不小于") if sign == "<" else ("below", "小于")
        named = f"code {codes[0]} is" if len(codes) == 1 else f"codes {', '.join(codes)} are"
        divided, share = "", ""
        if over is not None:
            divided, share = f" / {over}", f"与{column(over).label_zh}之比"
        yield Rule(
            tr(
                f"{named} for {top}{divided} {en} {bound}",
                f"代码 {'、'.join(codes)} 仅适用于{column(top).label_zh}{share}{zh} {bound}",
            ),
            ("code", top) if over is None else ("code", top, over),
            _breaking(codes, sign, Fraction(bound), dictionary()[top].per_unit),
        )


def _breaking(codes: Sequence[str], sign: str, bound: Fraction, per_unit: int) -> _Test:
    """Return the test that an event of some codes has an amount, or a share, beyond a bound."""

    def test(cell: E, top: E, *over: E) -> E:
        # Amounts of one unit: of a share the unit cancels out.
        wrong = compare(top, over[0] if over else per_unit, sign, bound)
        return cell.is_in(codes) & wrong & (over[0] > 0) if over else cell.is_in(codes) & wrong

    return test


def _counted(rules: Sequence[EventRule]) -> Iterator[Rule]:
    """Yield the checks that an event has what it is counted by."""
    per_tax = sorted({rule.code for rule in rules if rule.count == "per_tax_type"})
    if per_tax:
        yield Rule(
            tr("counted per tax type, but no tax_type", "按税种计算,但缺少税种"),
            ("code", "tax_type"),
            lambda code, tax: code.is_in(per_tax) & tax.is_null(),
        )
    percent: dict[tuple[str, str], set[str]] = {}
    for rule in rules:
        if rule.percent is not None:
            columns = (rule.percent.column, rule.percent.over)
            percent.setdefault(columns, set()).add(rule.code)
    for (top, over), codes in percent.items():
        members = sorted(codes)
        listed = ", ".join(members)
        yield Rule(
            tr(
                f"counted by percentage ({listed}), but no {top} or no {over} above 0",
                f"按比例计算({listed}),但缺少{column(top).label_zh}或大于 0 的{column(over).label_zh}",
            ),
            ("code", top, over),
            lambda code, a, b, members=members: (
                code.is_in(members) & (a.is_null() | b.is_null() | (b <= 0))
            ),
            absent=True,
        )
