"""Grades one subject by exact fractions, from the words of an edition: an oracle of the engines.

It shares nothing with them but the edition as read and the dictionary: no expressions, no stages, no
integer units. Cells become printed values, points stay numbers of printed points until the end, and
what cannot be told is None. A number is a `Fraction` only where it is not whole, and what the edition
alone says is read once: 20,000 subjects take seconds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache, cached_property
from itertools import repeat
from math import floor
from typing import Any, TypeAlias

from lishui_credit.rubrics.law.event_rules import EventRule, Repair
from lishui_credit.rubrics.law.rubric import (
    BandRow,
    Bound,
    Condition,
    FormulaRule,
    GradeRow,
    Indicator,
    Override,
    Rubric,
)
from lishui_credit.tables.columns import dictionary

Cells = Mapping[str, Any]
Exact: TypeAlias = int | Fraction
"""A number: whole ones as an int, with which Python reckons ten times quicker."""
MOST = 10_000
"""Points that the events of one row take off at most, and one event by its share of an amount."""
TEN_THOUSAND_YUAN = 10**6
"""In fen."""


def quotient(top: Exact, down: Exact) -> Exact:
    """One number divided by another."""
    if isinstance(top, int) and isinstance(down, int):
        return Fraction(top, down) if top % down else top // down
    found = Fraction(top / down)
    return found.numerator if found.denominator == 1 else found


@cache
def exact(printed: Bound) -> Exact:
    """A number as printed."""
    return quotient(Fraction(printed), 1)


def nearest(value: Exact, steps: int) -> Exact:
    """To the nearest of so many steps of one, halves away from zero."""
    if isinstance(value, int):
        return value
    down = value.denominator
    size = (2 * abs(value.numerator) * steps + down) // (2 * down)
    return quotient(size if value >= 0 else -size, steps)


@cache
def per_unit(name: str) -> int:
    """What a column holds for one as printed."""
    return dictionary()[name].per_unit


@cache
def is_number(name: str) -> bool:
    """Whether a column holds numbers."""
    return dictionary()[name].numeric


def amount(cells: Cells, name: str) -> Exact | None:
    """A number in its printed unit."""
    cell = cells[name]
    return None if cell is None else quotient(cell, per_unit(name))


def all_of(tests: Iterable[bool | None]) -> bool | None:
    """Whether all hold: one that is false settles it, else one that cannot be told does."""
    told = list(tests)
    if False in told:
        return False
    return None if None in told else True


def inside(value: Exact, row: BandRow | Condition) -> bool:
    """Whether a value keeps within bounds as printed."""
    return not (
        (row.at_least is not None and value < exact(row.at_least))
        or (row.above is not None and value <= exact(row.above))
        or (row.below is not None and value >= exact(row.below))
        or (row.at_most is not None and value > exact(row.at_most))
    )


def ratio(cells: Cells, column: str, over: str | None) -> Exact | None:
    """A column, or its ratio to another: a divisor of zero tells the sign of nothing but a loss."""
    if over is None:
        return amount(cells, column)
    top, down = cells[column], cells[over]
    if top is None or down is None or down < 0 or (down == 0 and top > 0):
        return None
    return quotient(top * per_unit(over), (down or 1) * per_unit(column))


@dataclass(frozen=True)
class ExactGrades:
    """Grades by one edition.

    Parameters
    ----------
    rubric : Rubric
        The edition.
    day : date
        Day of grading.
    period : int or None
        Year assessed, the only one whose events count.
    """

    rubric: Rubric
    day: date
    period: int | None

    def grade(self, subject: Cells, events: Sequence[Cells] = ()) -> dict[str, Any]:
        """Every column of an evaluation that is not one of the subject's own."""
        return _Subject(self, subject, [event for event in events if self._counts(event)]).result()

    def _counts(self, event: Cells) -> bool:
        recorded, occurred = event["recorded_on"], event["occurred_on"]
        if event["exempt"] or (recorded is not None and recorded > self.day):
            return False
        return self.period is None or (occurred is not None and occurred.year == self.period)

    # ---- the edition ---------------------------------------------------------------------------

    @cached_property
    def weighted(self) -> bool:
        """Whether rows have percent weights."""
        return self.rubric.aggregate == "weighted"

    @cached_property
    def parts(self) -> int:
        """Parts of a point that weighed points are counted in: by a percent, hundredths."""
        return 100 if self.weighted else 1

    @cached_property
    def steps(self) -> int:
        """Parts of a point that a row's own points are rounded to."""
        return 1 if self.weighted else self.rubric.point_unit

    @cached_property
    def scoring(self) -> dict[str, Indicator]:
        """Rows that take part in the total."""
        return {row.id: row for row in self.rubric.scoring}

    @cached_property
    def event_rows(self) -> dict[str, list[str]]:
        """The rows that count the events of every code."""
        found: dict[str, list[str]] = defaultdict(list)
        for row in self.rubric.scoring:
            if row.event is not None:
                found[row.event.code].append(row.id)
        return found

    @cached_property
    def other_rows(self) -> list[Indicator]:
        """Scoring rows that read the subject itself."""
        return [row for row in self.rubric.scoring if row.event is None]

    @cached_property
    def no_points(self) -> dict[str, Exact | None]:
        """Every scoring row, in order, with the points of one whose events never happened."""
        return dict.fromkeys(self.scoring, 0)

    @cached_property
    def no_columns(self) -> dict[str, Any]:
        """The columns of such points."""
        return {f"points__{name}": 0 for name in self.no_points}

    @cached_property
    def withheld_rows(self) -> list[str]:
        """Rows without whose value there is no grade."""
        rows = self.scoring.values() if self.rubric.aggregate != "none" else ()
        return [row.id for row in rows if row.missing == "withhold"]

    @cached_property
    def repairs(self) -> dict[str, Repair]:
        """Classes of repair by their name."""
        return {repair.id: repair for repair in self.rubric.repairs}

    def weigh(self, row: Indicator, points: Exact) -> Exact:
        """Parts of a point that points of a row's own are."""
        return points * (row.weight or 0) if self.weighted else points

    @cached_property
    def best(self) -> dict[str, Exact]:
        """The most that each row adds to the score, in parts of a point."""
        return {row.id: self.weigh(row, self.most[row.id]) for row in self.rubric.indicators}

    @cached_property
    def most(self) -> dict[str, Exact]:
        """The best points of each row's own."""
        return {row.id: self._most(row) for row in self.rubric.indicators}

    def _most(self, row: Indicator) -> Exact:
        if row.max_points is not None:
            return max(exact(row.max_points), 0)
        printed = [exact(points) for points in row.levels.values()]
        ends = [*row.ranges.values()]
        for band in row.bands:
            if self.rubric.taken(band.choice):
                printed += [] if band.points is None else [exact(band.points)]
                ends += [] if band.range is None else [band.range]
        printed += [exact(end) for pair in ends for end in pair]
        if self.weighted and not printed:
            return 100
        return max([*printed, 0])

    @cached_property
    def bands(self) -> dict[str, list[BandRow]]:
        """The bands of each row that count by the readings taken."""
        taken = self.rubric.taken
        return {r.id: [b for b in r.bands if taken(b.choice)] for r in self.rubric.scoring}

    @cached_property
    def printed_total(self) -> Exact:
        """What all rows that are switched on add up to at best, in parts of a point."""
        return sum(self.best[row.id] for row in self.rubric.indicators if row.enabled)

    @cached_property
    def excludable(self) -> list[Indicator]:
        """Rows that do not count where they have nothing to read."""
        return [row for row in self.rubric.scoring if row.missing == "exclude"]

    @cached_property
    def total(self) -> Exact:
        """What all scoring rows could earn at most, in parts of a point."""
        return sum(self.best[row.id] for row in self.rubric.scoring)

    @cached_property
    def places(self) -> dict[str, int]:
        """The place of every grade, 0 the best."""
        return {row.id: place for place, row in enumerate(self.rubric.grades)}

    @cached_property
    def open_to_all(self) -> list[GradeRow]:
        """Grades that a score reaches, the best first."""
        return [row for row in self.rubric.grades if not row.set_only]

    @cached_property
    def overrides(self) -> tuple[Override, ...]:
        """Overrides that are switched on."""
        return self.rubric.active_overrides

    @cached_property
    def deciding(self) -> dict[int, list[Override]]:
        """Overrides that decide alone, by their order."""
        rules = [rule for rule in self.overrides if rule.effect.set or rule.effect.not_graded]
        orders = sorted({rule.order for rule in rules})
        return {order: [rule for rule in rules if rule.order == order] for order in orders}

    @cached_property
    def apart(self) -> set[str]:
        """The names of overrides that decide alone."""
        return {rule.id for peers in self.deciding.values() for rule in peers}


@dataclass(frozen=True)
class _Subject:
    """One subject with the events of it that count."""

    law: ExactGrades
    cells: Cells
    events: Sequence[Cells]

    # ---- points --------------------------------------------------------------------------------

    def value(self, row: Indicator) -> Exact | None:
        """The number a row reads."""
        if not row.mix:
            assert row.column is not None
            return ratio(self.cells, row.column, row.over)
        parts = [(term.weight, ratio(self.cells, term.column, term.over)) for term in row.mix]
        found = [exact(weight) * part for weight, part in parts if part is not None]
        return sum(found) if len(found) == len(parts) else None

    def read(self, row: Indicator) -> bool:
        """Whether a row has what it reads."""
        if row.judged is not None and self.cells[row.judged] is not None:
            return True
        if row.formula is not None:
            return self.cells["performance_record"] is not None
        if row.levels:
            return self.cells[str(row.column)] is not None
        return self.value(row) is not None

    def points(self, row: Indicator) -> Exact | None:
        """The points of a row, before its weight."""
        if row.judged is not None and (figure := amount(self.cells, row.judged)) is not None:
            return nearest(figure, self.law.steps)
        if row.formula is not None:
            assert row.formula.name == "hunan_default_record"
            found = self.default_record()
            return self.instead(row) if found is None else found
        if row.levels:
            cell = self.cells[str(row.column)]
            if cell is None:
                return self.instead(row)
            name = str(cell).lower() if isinstance(cell, bool) else cell
            return exact(row.levels[name]) if name in row.levels else None
        value = self.value(row)
        if value is None:
            return self.instead(row)
        return self.share(row, value) if row.share is not None else self.band(row, value)

    def instead(self, row: Indicator) -> Exact | None:
        """What a row earns whose value is missing."""
        if row.missing == "withhold":
            return None
        return self.law.most[row.id] if row.missing == "full" else 0

    def band(self, row: Indicator, value: Exact) -> Exact | None:
        """The points of the first band that a value lies in."""
        for band in self.law.bands[row.id]:
            if not inside(value, band):
                continue
            low = band.at_least if band.at_least is not None else band.above
            high = band.at_most if band.at_most is not None else band.below
            if row.place == "linear" and band.range and low is not None and high is not None:
                least, best = (exact(end) for end in band.range)
                low, high = exact(low), exact(high)
                points = least + quotient((best - least) * (value - low), high - low)
                return quotient(floor(points * self.law.steps), self.law.steps)
            assert band.points is not None
            return exact(band.points)
        return None

    def share(self, row: Indicator, value: Exact) -> Exact:
        """Points in proportion to a benchmark."""
        assert row.share is not None
        assert row.share.benchmark is not None
        assert row.max_points is not None
        most, mark = exact(row.max_points), exact(row.share.benchmark)
        if row.share.direction == "lower":
            part = 1 if value <= mark else quotient(mark, value)
        else:
            part = min(quotient(max(value, 0), mark), 1)
        return nearest(most * part, self.law.steps)

    def default_record(self) -> Exact | None:
        """Items 8 and 8a of the sheet: what a default takes off, by how late, when, what and how."""
        cells = self.cells
        status, settled = cells["performance_record"], cells["repaid_on"]
        if status is None:
            return None
        if status in ("normal", "no_business"):
            return 10 if status == "normal" else 5
        item, force, since = cells["default_item"], cells["default_measure"], cells["defaulted_on"]
        if item is None or force is None or since is None:
            return None
        late = ((settled or self.law.day) - since).days
        if late <= 15:
            return 8
        ladder = ((30, 0), (90, 1), (180, 2), (360, 3), (720, 4))
        lateness = next((cost for days, cost in ladder if late <= days), 8)
        years = 0 if settled is None else max(self.law.day.year - settled.year, 0)
        recency = {0: "1.1", 1: "0.75", 2: "0.5", 3: "0.25"}.get(years, "0")
        of_item = {"interest": "0.5", "principal_and_interest": "1.3"}.get(item, "1")
        times = {"administrative": 2, "judicial": 3}.get(force, 1)
        cost = exact(of_item) * lateness * exact(recency) * times
        return nearest(-6 * cost, 10)

    # ---- events --------------------------------------------------------------------------------

    @cached_property
    def by_code(self) -> dict[str, list[Cells]]:
        """The events of every code."""
        found: dict[str, list[Cells]] = defaultdict(list)
        for event in self.events:
            found[event["code"]].append(event)
        return found

    def taken_off(self, rule: EventRule) -> Exact:
        """What the events of a row take off: the least repaired of each unit stands for it."""
        units: dict[object, dict[str, list[Cells]]] = defaultdict(lambda: defaultdict(list))
        for event in self.by_code[rule.code]:
            units[_unit(rule, event)][event["event_id"]].append(event)
        left = [max(self.left(rule, one) for one in unit.values()) for unit in units.values()]
        return -min(sum(left), MOST)

    def left(self, rule: EventRule, payments: Sequence[Cells]) -> Exact:
        """What is left of one occurrence after what its payments give back."""
        costs = [self.cost(rule, event) for event in payments]
        if rule.repair is None:
            return max(costs)
        repair = self.law.repairs[rule.repair]
        back = sum(map(self.given_back, repeat(repair), payments, costs))
        if repair.paid_share:
            back = self.not_beyond_the_tax(back, payments)
        return max(max(costs) - back, 0)

    def cost(self, rule: EventRule, event: Cells) -> Exact:
        """What an event takes off before any repair."""
        assert rule.deduct is not None
        extra: Exact = 0
        if rule.percent is not None:
            top, down = amount(event, rule.percent.column), amount(event, rule.percent.over)
            if top is not None and down is not None and down > 0:
                extra = nearest(
                    quotient(rule.percent.times * top, down), self.law.rubric.point_unit
                )
        return exact(rule.deduct) + min(extra, MOST)

    def corrected(self, event: Cells) -> date | None:
        """The day of correction as far as it is known on the day of grading."""
        day: date | None = event["corrected_on"]
        return None if day is None or day > self.law.day else day

    def given_back(self, repair: Repair, event: Cells, cost: Exact) -> Exact:
        """What one payment gives back, by the first window that its delay fits."""
        end, since = self.corrected(event), event[repair.measured_from]
        if end is None or since is None:
            return 0
        days, years, unit = (end - since).days, end.year - since.year, self.law.rubric.point_unit
        back: Exact = 0
        for window in repair.windows:
            too_late = window.days_at_most is not None and days > window.days_at_most
            if too_late or (window.same_year and years > 0) or (window.next_year and years > 1):
                continue
            if window.restore is not None:
                back = exact(window.restore)
            else:
                back = nearest(quotient(cost * (window.restore_percent or 0), 100), unit)
            if window.small_amount is not None and window.small_restore is not None:
                tax = amount(event, "tax_amount")
                if tax is not None and tax <= exact(window.small_amount):
                    back = exact(window.small_restore)
            break
        if not repair.paid_share or event["paid_amount"] is None:
            return back
        paid, tax = amount(event, "paid_amount"), amount(event, "tax_amount")
        if tax is None or paid is None:
            return 0
        if paid > tax:
            return back
        return nearest(quotient(back * paid, tax), unit) if tax > 0 else 0

    def not_beyond_the_tax(self, back: Exact, payments: Sequence[Cells]) -> Exact:
        """All shares of one tax together are at most one."""
        taxes = [tax for event in payments if (tax := amount(event, "tax_amount")) is not None]
        paid: Exact = 0
        for event in payments:
            if self.corrected(event) is not None:
                tax, part = amount(event, "tax_amount"), amount(event, "paid_amount")
                known = [figure for figure in (tax, part) if figure is not None]
                paid += min(known, default=0)
        if not taxes or paid <= max(taxes):
            return back
        return nearest(quotient(back * max(taxes), paid), self.law.rubric.point_unit)

    def repaired(self, rule: Override, event: Cells) -> bool:
        """Whether an event behind an override counts as repaired."""
        end = self.corrected(event)
        if rule.repair is None or end is None:
            return False
        due, clean, since = event.get("due_on"), event.get("clean_months"), event["occurred_on"]
        within, least = rule.repair.within_days, rule.repair.clean_months_at_least
        if within is not None and (due is None or (end - due).days > within):
            return False
        if least is not None and (clean is None or clean < least):
            return False
        least = rule.repair.late_clean_months_at_least
        if least is None or (since is not None and end.year - since.year <= 1):
            return True
        return clean is not None and clean >= least

    def happened(self, rule: Override, *, repaired: bool) -> bool:
        """Whether an event triggers an override, repaired or not."""
        events = self.by_code.get(rule.event or "", ())
        return any(self.repaired(rule, event) is repaired for event in events)

    # ---- the score -----------------------------------------------------------------------------

    @cached_property
    def by_row(self) -> dict[str, Exact | None]:
        """The points of every scoring row, before its weight."""
        found = self.law.no_points.copy()
        for code in self.by_code:
            for name in self.law.event_rows.get(code, ()):
                rule = self.law.scoring[name].event
                assert rule is not None
                found[name] = self.taken_off(rule)
        for row in self.law.other_rows:
            found[row.id] = self.points(row)
        return found

    @cached_property
    def start(self) -> Exact | None:
        """The start score of a deducting rubric."""
        start = self.law.rubric.start
        assert start is not None
        for row in start.rows:
            test = self.every(row.when)
            if test is None and start.missing == "withhold":
                return None
            if test:
                break
        points = exact(row.points)
        if start.bonus is not None:
            times = amount(self.cells, start.bonus.column) or 0
            points += times * exact(start.bonus.points_each)
            points = min(points, exact(start.bonus.at_most))
        return points

    @cached_property
    def weighed(self) -> dict[str, Exact | None]:
        """The points of every scoring row with its weight, in parts of a point."""
        if not self.law.weighted:
            return self.by_row
        pairs = zip(self.law.scoring.values(), self.by_row.values(), strict=True)
        return {row.id: None if own is None else self.law.weigh(row, own) for row, own in pairs}

    @cached_property
    def earned(self) -> Exact | None:
        """The total in parts of a point, None where a row's points cannot be told."""
        rubric = self.law.rubric
        parts = [*self.weighed.values()]
        if rubric.aggregate == "deduct":
            parts.append(self.start)
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            return None
        return min(known) if rubric.aggregate == "worst" else sum(known)

    @cached_property
    def possible(self) -> Exact:
        """What the rows that apply could earn at most, in parts of a point."""
        without = [row.id for row in self.law.excludable if not self.read(row)]
        return self.law.total - sum(self.law.best[name] for name in without)

    @cached_property
    def score(self) -> Exact | None:
        """What cut-offs are read against."""
        if self.earned is None or self.law.rubric.aggregate not in ("sum", "weighted"):
            return self.earned
        if not self.possible:
            return None
        return quotient(self.earned * self.law.printed_total, self.possible * self.law.parts)

    # ---- conditions ----------------------------------------------------------------------------

    def holds(self, test: Condition) -> bool | None:
        """Whether a condition holds, None where it cannot be told."""
        if test.score or test.points is not None:
            value = self.score if test.score else self.by_row[str(test.points)]
            return self.settled(test) if value is None else inside(value, test)
        name = str(test.column)
        cell = self.cells[name]
        if is_number(name):
            value = ratio(self.cells, name, test.over)
            if value is None:
                return self.settled(test)
            return inside(value, test) and (test.equals is None or cell == test.equals)
        if cell is None:
            return self.settled(test)
        return (test.equals is None or cell == test.equals) and (
            not test.one_of or cell in test.one_of
        )

    def settled(self, test: Condition) -> bool | None:
        """What an empty cell says of a condition."""
        return False if test.missing == "no" else None

    def every(self, tests: Sequence[Condition]) -> bool | None:
        """Whether all conditions hold."""
        return all_of([self.holds(test) for test in tests])

    def applies(self, rule: Override) -> bool | None:
        """Whether an override applies."""
        if rule.event is not None:
            return self.happened(rule, repaired=False)
        found: bool | None = self.cells[rule.column] if rule.column else self.every(rule.when)
        return found

    # ---- the grade -----------------------------------------------------------------------------

    @cached_property
    def applying(self) -> dict[str, bool | None]:
        """Which overrides apply."""
        return {rule.id: self.applies(rule) for rule in self.law.overrides}

    @cached_property
    def unknown(self) -> list[str]:
        """What may withhold a grade, in the order it is named."""
        rubric = self.law.rubric
        names = [
            rule.id
            for rule in self.law.overrides
            if self.applying[rule.id] is None and rule.missing == "withhold"
        ]
        names += [
            f"grade {grade.id}"
            for grade in rubric.grades
            if grade.requires_missing == "withhold" and self.every(grade.requires) is None
        ]
        names += ["start"] if rubric.aggregate == "deduct" and self.start is None else []
        return names + [name for name in self.law.withheld_rows if self.by_row[name] is None]

    def decided(self) -> tuple[str | None, str, str]:
        """The grade, the outcome and what decided it."""
        places = self.law.places
        for peers in self.law.deciding.values():
            met = [rule for rule in peers if self.applying[rule.id]]
            setting = [(-places[r.effect.set], r.id, r.effect.set) for r in met if r.effect.set]
            if setting:
                _, name, grade = min(setting)
                return grade, "graded", name
            if met:
                return None, "not_graded", f"not graded: {min(rule.id for rule in met)}"
            if self.unknown and any(rule.id in self.unknown for rule in peers):
                return None, "withheld", "withheld"
        if any(name not in self.law.apart for name in self.unknown) or (
            self.law.rubric.aggregate != "none" and self.score is None
        ):
            return None, "withheld", "withheld"
        return self.bounded(self.by_score())

    def by_score(self) -> int:
        """The first grade whose cut-off and requirements are met."""
        for row in self.law.open_to_all[:-1]:
            cut = row.at_least
            for flag, other in row.at_least_if.items():
                cut = other if self.cells[flag] else cut
            reached = cut is None or (self.score is not None and self.score >= exact(cut))
            if reached and self.every(row.requires):
                return self.law.places[row.id]
        return self.law.places[self.law.open_to_all[-1].id]

    def bounded(self, place: int) -> tuple[str, str, str]:
        """A grade by score after the lowest cap, then what moves it down."""
        rubric, places = self.law.rubric, self.law.places
        caps, by = [], "score"
        for rule in self.law.overrides:
            if rule.effect.cap and self.applying[rule.id]:
                caps.append((-places[rule.effect.cap], rule.id))
            then = rule.repair.then if rule.repair else None
            if then and then.cap and self.happened(rule, repaired=True):
                caps.append((-places[then.cap], rule.id))
        if caps and -min(caps)[0] > place:
            place, by = -min(caps)[0], min(caps)[1]
        ladder = [places[row.id] for row in self.law.open_to_all]
        for rule in self.law.overrides:
            if rule.effect.shift and self.applying[rule.id] and place in ladder[:-1]:
                place = ladder[min(ladder.index(place) + rule.effect.shift, len(ladder) - 1)]
                by = rule.id
        return rubric.grades[place].id, "graded", by

    # ---- money ---------------------------------------------------------------------------------

    def line(self, rule: FormulaRule, grade: str | None) -> int | None:
        """A credit line in fen, by the factors of the grade in use."""
        params = {**self.law.rubric.choice_values(), **rule.params}
        factors = []
        for name in ("v1", "v2"):
            of_grade = params[name]
            assert isinstance(of_grade, Mapping)
            if grade not in of_grade:
                return None
            factors.append(exact(of_grade[grade]))
        v1, v2 = factors

        def sum_of(*terms: tuple[str, str]) -> Exact | None:
            read = [(amount(self.cells, name), times) for name, times in terms]
            found = [cell * exact(times) for cell, times in read if cell is not None]
            return sum(found) if len(found) == len(read) else None

        income = sum_of(("net_income", "1/3"), ("base_net_income", "1/2"))
        if rule.name == "hunan_credit_line":
            names = ("total_assets", "net_assets", "disposable_assets")
            assets, more = sum_of(*((name, "1/3") for name in names)), 0
            digits = 1
        else:
            assert rule.name == "hunan_microcredit_line"
            if v1 == v2 == 0:
                return 0
            assets = sum_of(("net_assets", "1/40"), ("disposable_assets", "1/40"))
            weight = params["share_weight"]
            assert not isinstance(weight, Mapping)
            others = sum_of(("coop_shares", str(weight)), ("labourers", "1000"))
            if others is None or income is None:
                return None
            income, more, digits = income * exact("2/5"), others, 2
        if assets is None or income is None:
            return None
        tens = quotient(assets * v1 + income * v2 + more, 10_000)
        return max(int(nearest(tens, 10**digits) * TEN_THOUSAND_YUAN), 0)

    # ---- all of it -----------------------------------------------------------------------------

    def result(self) -> dict[str, Any]:
        """The columns of an evaluation."""
        rubric, parts = self.law.rubric, self.law.parts
        columns = self.law.no_columns.copy() if rubric.aggregate != "none" else {}

        def put(name: str, points: Exact | None) -> None:
            if points is not None:
                points = quotient(points * rubric.point_unit, parts)
                assert isinstance(points, int)
            columns[name] = points

        if rubric.aggregate != "none":
            if rubric.aggregate == "deduct":
                put("points__start", self.start)
            for name, points in self.weighed.items():
                if points != 0:
                    put(f"points__{name}", points)
            put("earned", self.earned)
            if rubric.aggregate in ("sum", "weighted"):
                put("possible", self.possible)
        grade, outcome, by = self.decided()
        label = None if grade is None else rubric.grades[self.law.places[grade]].label_zh
        columns |= {"grade": grade, "grade_label": label}
        columns |= {"outcome": outcome, "decided_by": by, "withheld_by": None}
        if outcome == "withheld":
            columns["withheld_by"] = next(iter(self.unknown), None)
        in_use = grade
        if rubric.adjustment is not None and self.cells[rubric.adjustment.column] is not None:
            in_use = self.cells[rubric.adjustment.column]
        for money in rubric.amounts:
            columns[f"{money.id}_fen"] = self.line(money.formula, in_use)
        return columns


def _unit(rule: EventRule, event: Cells) -> object:
    """What parts the units that a row counts."""
    day: date = event["occurred_on"]
    return {
        "per_tax_type": lambda: (day, event["tax_type"] or "", event["event_id"]),
        "per_occurrence": lambda: event["event_id"],
        "per_month": lambda: (day.year, day.month),
        "once": lambda: None,
    }[rule.count]()
