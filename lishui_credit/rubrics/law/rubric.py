"""The nouns of a published method: `Rubric`, its `Indicator` rows, `Override` rows and the rest.

One `Rubric` is one edition, exactly as its TOML file says it, with numbers as printed (integers or
exact decimals, never floats). Nothing here reads a file or touches a frame: `edition` reads and
checks, `compile` turns rows into expressions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

from lishui_credit.citation import Citation, Evidence, Period

Number = int | Decimal
Factor = Number | dict[str, Number]
Bound = int | Decimal | Annotated[str, "a fraction such as 2/3"]
Missing = Literal["withhold", "zero", "full", "exclude"]
Aggregate = Literal["sum", "weighted", "deduct", "worst", "none"]
Status = Literal["transcribed", "checked", "partial", "reconstructed"]
Counting = Literal["per_tax_type", "per_occurrence", "per_month", "once"]

_STRICT: dict[str, Any] = {"extra": "forbid", "arbitrary_types_allowed": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class BandRow:
    """One band of a numeric row, in the regulation's own words.

    Parameters
    ----------
    at_least, above, below, at_most : int or Decimal, optional
        Bounds as printed, in the column's printed unit; a fraction as text: ``"2/3"``. No bound at
        all means "otherwise".
    points : int or Decimal, optional
        Points of the band; left out only where the printed points are not known.
    range : tuple of two numbers, optional
        Reference band of a judged row: the assessor's figure must lie in it.
    choice : str, optional
        ``"choice_id:option"``: the band counts only while that option is taken.
    label_zh : str, default ""
        The condition as printed.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    points: Number | None = None
    at_least: Bound | None = None
    above: Bound | None = None
    below: Bound | None = None
    at_most: Bound | None = None
    range: tuple[Number, Number] | None = None
    choice: str | None = None
    label_zh: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MixTerm:
    """One term of a weighted sum of ratios: ``weight * column / over``."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    weight: Number
    column: str
    over: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Points in proportion to a benchmark, never above the maximum.

    ``higher``: max * value / benchmark; ``lower``: max * benchmark / value. Rounded half away from
    zero to the edition's point unit.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    direction: Literal["higher", "lower"]
    benchmark: Number | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Percent:
    """Extra points of an event: ``times`` times an amount over another, both on the event."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    column: str
    over: str
    times: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRule:
    """How dated events of one code cost points.

    Parameters
    ----------
    code : str
        Value of the event table's ``code``.
    deduct : int or Decimal, optional
        Points lost per unit counted, a positive number; left out where they are not known, and
        then the event is known, listed and costs nothing.
    count : {"per_tax_type", "per_occurrence", "per_month", "once"}
        The unit: each tax type each time; each row; each calendar month with at least one; once.
    percent : Percent, optional
        Added to `deduct`.
    repair : str, optional
        Id of the `Repair` class that gives a share back.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    code: str
    count: Counting
    deduct: Number | None = None
    percent: Percent | None = None
    repair: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FormulaRule:
    """A published rule no table can hold: a named function of `formulas` with its parameters."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    name: str
    params: dict[str, Factor] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One row of the table: a value and the points it earns.

    Exactly one of `bands`, `levels`, `share`, `event`, `formula` says how; a row with none of them
    is known by name only: it does not score and is listed.

    Parameters
    ----------
    id, label_zh : str
        English id; the row's name as printed.
    clause : str
        Annex, row or article.
    evidence : Evidence
        How the row is known.
    missing : {"withhold", "zero", "full", "exclude"}, optional
        What a missing value does; required for every row that reads a subject column.
    dimension : str, optional
        Id of the `Dimension` it belongs to.
    column, over : str, optional
        Column read; column it is divided by (never actually divided: cross-multiplied).
    mix : tuple of MixTerm, optional
        Weighted ratios in place of column and over.
    judged : str, optional
        Column with the assessor's own figure, which replaces the band's points inside its range.
    place : {"linear"}, optional
        Without an assessor's figure, place the value inside its band's range in proportion.
    weight : int, optional
        Percent weight, for ``aggregate = "weighted"``.
    max_points : int or Decimal, optional
        Best possible points; needed for `share`, `formula` and unknown rows of a sum.
    rounding_note, note : str
        Remarks for the reader.
    enabled : bool, default True
        False keeps a published row out of the grade; `why_disabled` says why.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    id: str
    label_zh: str
    clause: str
    evidence: Evidence
    label_en: str = ""
    missing: Missing | None = None
    dimension: str | None = None
    column: str | None = None
    over: str | None = None
    mix: tuple[MixTerm, ...] = ()
    judged: str | None = None
    place: Literal["linear"] | None = None
    weight: int | None = None
    max_points: Number | None = None
    bands: tuple[BandRow, ...] = ()
    levels: dict[str, Number] = field(default_factory=dict)
    ranges: dict[str, tuple[Number, Number]] = field(default_factory=dict)
    share: Share | None = None
    event: EventRule | None = None
    formula: FormulaRule | None = None
    note: str = ""
    enabled: bool = True
    why_disabled: str = ""

    @property
    def scores(self) -> bool:
        """Whether the row takes part in the total."""
        if not self.enabled:
            return False
        if self.share is not None:
            return self.share.benchmark is not None
        if self.bands:
            return all(band.points is not None for band in self.bands)
        if self.event is not None:
            return self.event.deduct is not None
        return bool(self.levels or self.formula)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One test on a column, on a row's points or on the score.

    Parameters
    ----------
    column, points : str, optional
        Column id, or indicator id whose points (as printed) are tested.
    score : bool, default False
        Test the total instead.
    over : str, optional
        Column the tested column is divided by.
    equals, one_of : optional
        Value or values of a flag, level, grade or text column.
    at_least, above, below, at_most : int or Decimal, optional
        Bounds as printed.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    column: str | None = None
    points: str | None = None
    score: bool = False
    over: str | None = None
    equals: bool | str | int | None = None
    one_of: tuple[str, ...] = ()
    at_least: Bound | None = None
    above: Bound | None = None
    below: Bound | None = None
    at_most: Bound | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What an override does: set a grade, cap it, shift it down, or leave the subject ungraded."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    set: str | None = None
    cap: str | None = None
    shift: int | None = None
    not_graded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideRepair:
    """When an event behind an override counts as repaired, and what is left of it then.

    Parameters
    ----------
    within_days : int, optional
        Corrected at most so many days after ``due_on``.
    clean_months_at_least : int, optional
        Value needed in the event's ``clean_months``.
    then : Effect, optional
        Effect that remains after the repair, such as ``{cap = "B"}``.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    within_days: int | None = None
    clean_months_at_least: int | None = None
    then: Effect | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A rule that decides past the points (直接判级), or bounds what they may reach.

    Parameters
    ----------
    id, label_zh, clause, evidence
        As for `Indicator`.
    effect : Effect
        What it does.
    missing : {"no", "withhold"}
        What an unknown condition does: counts as not met, or withholds the grade.
    order : int, default 1
        Lower decides first among overrides that set a grade or leave the subject ungraded; among
        equals the worst grade wins. File order never matters.
    column : str, optional
        Flag column that must be true.
    when : tuple of Condition
        All must hold.
    event : str, optional
        At least one event of this code (not repaired) in the period.
    repair : OverrideRepair, optional
        For `event`: when it no longer counts.
    enabled, why_disabled
        False keeps a published row out of the grade, with the reason.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    id: str
    label_zh: str
    clause: str
    evidence: Evidence
    effect: Effect
    missing: Literal["no", "withhold"]
    label_en: str = ""
    order: int = 1
    column: str | None = None
    when: tuple[Condition, ...] = ()
    event: str | None = None
    repair: OverrideRepair | None = None
    note: str = ""
    enabled: bool = True
    why_disabled: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeRow:
    """One grade, best first.

    Parameters
    ----------
    id, label_zh : str
        Grade id; label as printed.
    labels : dict of str to str
        Further label sets a user may ask for.
    at_least : int or Decimal, optional
        Inclusive lower cut-off as printed; None for the last grade and for `set_only` ones.
    at_least_if : dict of str to number
        Cut-off to use instead where that flag column is true.
    requires : tuple of Condition
        Further conditions; where one fails the next grade is tried.
    requires_missing : {"no", "withhold"}, optional
        Needed with `requires`: what an unknown condition does.
    set_only : bool, default False
        Only an override gives this grade.
    clause, evidence, meaning_zh
        Source and meaning.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    id: str
    label_zh: str
    clause: str
    evidence: Evidence
    label_en: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    at_least: Number | None = None
    at_least_if: dict[str, Number] = field(default_factory=dict)
    requires: tuple[Condition, ...] = ()
    requires_missing: Literal["no", "withhold"] | None = None
    set_only: bool = False
    meaning_zh: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairWindow:
    """A stretch of delay and what correcting inside it gives back.

    Either `restore` points or `restore_percent` of the deduction; `small_restore` points instead
    where the event's ``tax_amount`` is at most `small_amount` yuan.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    days_at_most: int | None = None
    same_year: bool = False
    restore: Number | None = None
    restore_percent: int | None = None
    small_amount: Number | None = None
    small_restore: Number | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """A class of repair (信用修复): windows by delay, first that fits.

    Parameters
    ----------
    measured_from : {"recorded_on", "due_on"}
        Event date the delay to ``corrected_on`` is counted from.
    paid_share : bool, default False
        Each event row is one payment: what it gives back is scaled by paid_amount / tax_amount.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    id: str
    label_zh: str
    clause: str
    evidence: Evidence
    measured_from: Literal["recorded_on", "due_on"]
    windows: tuple[RepairWindow, ...]
    paid_share: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRow:
    """A start score and when it applies; first hit wins, the last has no condition."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    points: Number
    clause: str
    evidence: Evidence
    label_zh: str = ""
    when: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StartBonus:
    """Points added to the start score per unit of a column, up to a ceiling of the start score."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    column: str
    points_each: Number
    at_most: Number
    clause: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Where a deducting rubric starts.

    Parameters
    ----------
    rows : tuple of StartRow
        First hit wins.
    missing : {"withhold", "no"}
        What an unknown condition does: withholds the grade, or counts as not met.
    bonus : StartBonus, optional
        Addition to the start score.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    rows: tuple[StartRow, ...]
    missing: Literal["withhold", "no"]
    bonus: StartBonus | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """A group of rows and its printed total."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    id: str
    label_zh: str
    evidence: Evidence
    points: Number | None = None
    clause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceOption:
    """One reading of a conflicting text; `values` feed formula parameters of the same name."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    id: str
    label_zh: str
    values: dict[str, Factor] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A place where the published text conflicts with itself, and the reading taken."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    id: str
    question_zh: str
    taken: str
    why: str
    options: tuple[ChoiceOption, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """A sum of money that follows from the grade, such as a credit line; in fen."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    id: str
    label_zh: str
    clause: str
    evidence: Evidence
    formula: FormulaRule
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """A person's published power to move the grade; recorded beside it, never over it."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    column: str
    label_zh: str
    clause: str
    evidence: Evidence
    reasons_zh: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """First day in force and first day no longer in force."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    start: date
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """The yearly round: results of a calendar year are due by `result_by` (MM-DD) of the next."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    result_by: str
    clause: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Bases:
    """Reference values by area that rows divide by, from a second file."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    key: str
    columns: tuple[str, ...]
    clause: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """What an edition lacks before it can grade, and how to supply it."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    what_zh: str
    what: str
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rubric:
    """One edition of one published method.

    Parameters
    ----------
    id, variant : str
        Rubric id; variant id, empty for the default line of editions.
    subject : str
        What is graded: household, enterprise, village, township, county.
    subject_id : str
        Column that names the subject.
    aggregate : {"sum", "weighted", "deduct", "worst", "none"}
        How rows make the total: added; percent weights on 0-100; taken off a start score; the
        worst row; no points at all (grades by `requires` only).
    point_unit : int
        Integers per printed point: 1 where all points are whole, 10 for tenths, 100 for hundredths.
    in_force : InForce
        Half-open period.
    status : {"transcribed", "checked", "partial", "reconstructed"}
        A reconstructed edition refuses to grade.
    source : Citation
        The document.
    sha256 : str
        Hash of the edition file, and of every overlay laid over it.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    id: str
    title_zh: str
    title_en: str
    subject: str
    subject_id: str
    aggregate: Aggregate
    point_unit: int
    in_force: InForce
    status: Status
    source: Citation
    variant: str = ""
    region: str = ""
    grades: tuple[GradeRow, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    overrides: tuple[Override, ...] = ()
    dimensions: tuple[Dimension, ...] = ()
    choices: tuple[Choice, ...] = ()
    repairs: tuple[Repair, ...] = ()
    amounts: tuple[Amount, ...] = ()
    start: Start | None = None
    adjustment: Adjustment | None = None
    cycle: Cycle | None = None
    bases: Bases | None = None
    lacking: Lacking | None = None
    carries: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    overlays: tuple[str, ...] = ()
    sha256: str = ""

    @property
    def edition(self) -> str:
        """First day in force, the edition's name."""
        return self.in_force.start.isoformat()

    @property
    def name(self) -> str:
        """Rubric id with its variant: ``small-enterprise/abc``."""
        return f"{self.id}/{self.variant}" if self.variant else self.id

    @property
    def period(self) -> Period:
        """The days the edition is in force."""
        return Period(start=self.in_force.start, until=self.in_force.until)

    @property
    def scoring(self) -> tuple[Indicator, ...]:
        """Rows that take part in the total."""
        return tuple(row for row in self.indicators if row.scores)

    @property
    def unscored(self) -> tuple[Indicator, ...]:
        """Rows that are listed only: points unknown, or switched off."""
        return tuple(row for row in self.indicators if not row.scores)

    @property
    def active_overrides(self) -> tuple[Override, ...]:
        """Overrides that are switched on."""
        return tuple(row for row in self.overrides if row.enabled)

    @property
    def uses_events(self) -> bool:
        """Whether an event table is part of the input."""
        return any(row.event for row in self.scoring) or any(
            row.event for row in self.active_overrides
        )

    def indicator(self, row_id: str) -> Indicator:
        """Return the row of that id; KeyError where there is none."""
        for row in self.indicators:
            if row.id == row_id:
                return row
        raise KeyError(row_id)

    def choice_values(self) -> dict[str, Factor]:
        """Return the values of every option taken, for formulas."""
        values: dict[str, Factor] = {}
        for choice in self.choices:
            for option in choice.options:
                if option.id == choice.taken:
                    values.update(option.values)
        return values

    def taken(self, choice: str | None) -> bool:
        """Tell whether ``"choice_id:option"`` is the reading taken; None always is."""
        if choice is None:
            return True
        choice_id, _, option = choice.partition(":")
        return any(row.id == choice_id and row.taken == option for row in self.choices)

    def conditions(self) -> Iterator[Condition]:
        """Yield every condition of the edition."""
        for override in self.active_overrides:
            yield from override.when
        for grade in self.grades:
            yield from grade.requires
        if self.start is not None:
            for row in self.start.rows:
                yield from row.when
