"""The nouns of a published method: `Rubric`, its `Indicator` rows, `Override` rows and the rest.

One `Rubric` is one edition, exactly as its TOML file says it, with numbers as printed (integers or
exact decimals, never floats). Nothing here reads a file or touches a frame: `edition` reads and
checks, `compile` turns rows into expressions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from lishui_credit.citation import Citation, Cited, CitedDocument, Period
from lishui_credit.language import tr
from lishui_credit.rubrics.law.event_rules import EventRule, Number, Repair
from lishui_credit.rubrics.law.plain_function import Printable

Factor = Number | dict[str, Number]
Bound = Number | str  # a number as printed, or a fraction as text: "2/3"
Missing = Literal["withhold", "zero", "full", "exclude"]
Aggregate = Literal["sum", "weighted", "deduct", "worst", "none"]
Status = Literal["transcribed", "checked", "partial", "reconstructed"]

TABLES: Final = (
    "grades",
    "indicators",
    "overrides",
    "repairs",
    "dimensions",
    "choices",
    "amounts",
    "documents",
)
"""Lists of an edition whose rows have an id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BandRow:
    """One band of a numeric row, in the regulation's own words; without a bound it takes the rest."""

    points: Number | None = None  # left out only where the printed points are not known
    at_least: Bound | None = None  # bounds in the column's printed unit
    above: Bound | None = None
    below: Bound | None = None
    at_most: Bound | None = None
    range: tuple[Number, Number] | None = None  # a judged row's figure must lie in it
    choice: str | None = None  # "choice_id:option": counts only while that option is taken
    label_zh: str = ""  # the condition as printed


@dataclass(frozen=True, slots=True, kw_only=True)
class MixTerm:
    """One term of a weighted sum of ratios: ``weight * column / over``."""

    weight: Number
    column: str
    over: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Points in proportion to a benchmark, never above the maximum, rounded half away from zero."""

    # higher: max * value / benchmark; lower: max * benchmark / value
    direction: Literal["higher", "lower"]
    benchmark: Number | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FormulaRule:
    """A published rule no table can hold: a named function of `formulas` with its parameters."""

    name: str
    params: dict[str, Factor] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator(Cited):
    """One row of the table: a value and the points it earns."""

    # Exactly one of bands, levels, share, event, formula says how; a row with none of them is known
    # by name only: it does not score and is listed.
    id: str
    label_zh: str  # as printed
    label_en: str = ""
    missing: Missing | None = None  # required for every row that reads a subject column
    dimension: str | None = None  # id of the `Dimension` it belongs to
    column: str | None = None
    over: str | None = None  # column it is divided by (never actually: cross-multiplied)
    mix: tuple[MixTerm, ...] = ()  # in place of column and over
    judged: str | None = None  # column of the assessor's figure, which replaces a band's points
    place: Literal["linear"] | None = None  # without a figure: in proportion inside the range
    # Which values are better, where no benchmark says it: a level or flag may be `listed`, best first.
    better: Literal["higher", "lower", "listed"] | None = None
    weight: int | None = None  # percent, of a weighted rubric
    max_points: Number | None = None  # needed for share, formula and unknown rows of a sum
    bands: tuple[BandRow, ...] = ()
    levels: dict[str, Number] = field(default_factory=dict)
    ranges: dict[str, tuple[Number, Number]] = field(default_factory=dict)
    share: Share | None = None
    event: EventRule | None = None
    formula: FormulaRule | None = None
    note: str = ""
    note_zh: str = ""
    enabled: bool = True  # False keeps a published row out of the grade
    why_disabled: str = ""
    why_disabled_zh: str = ""

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
    """One test on a column, on a row's points or on the score."""

    column: str | None = None
    points: str | None = None  # id of the row whose points, as printed, are tested
    score: bool = False
    over: str | None = None  # column the tested column is divided by
    equals: bool | str | int | None = None
    # An empty cell settles the condition as not met; if left out, it cannot be told.
    missing: Literal["no"] | None = None
    # Which values are better where no row earns points by them: yes is higher than no; levels are
    # `listed`, best first.
    better: Literal["higher", "lower", "listed"] | None = None
    one_of: tuple[str, ...] = ()
    at_least: Bound | None = None
    above: Bound | None = None
    below: Bound | None = None
    at_most: Bound | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What an override does: set a grade, cap it, shift it down, or leave the subject ungraded."""

    set: str | None = None
    cap: str | None = None
    shift: int | None = None
    not_graded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideRepair:
    """When an event behind an override counts as repaired, and what is left of it then."""

    within_days: int | None = None  # corrected at most so many days after ``due_on``
    clean_months_at_least: int | None = None  # of the event's ``clean_months``
    # of ``clean_months``, where it was corrected after the year that follows the event's
    late_clean_months_at_least: int | None = None
    then: Effect | None = None  # what remains, such as {cap = "B"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Override(Cited):
    """A rule that sets the grade directly (直接判级), or bounds what the points may reach."""

    id: str
    label_zh: str
    effect: Effect
    missing: Literal["no", "withhold"]  # an unknown condition: not met, or the grade is withheld
    label_en: str = ""
    # Lower decides first among overrides that set a grade or leave the subject ungraded; among
    # equals the worst grade wins. File order never matters.
    order: int = 1
    column: str | None = None  # flag that must be true
    when: tuple[Condition, ...] = ()  # all must hold
    event: str | None = None  # at least one event of this code, not repaired, in the period
    formerly: tuple[str, ...] = ()  # codes the event had here before
    repair: OverrideRepair | None = None  # of `event`
    kept_next_year: bool = True  # whether the worst grade it sets may be kept a second year
    note: str = ""
    note_zh: str = ""
    enabled: bool = True  # False keeps a published row out of the grade
    why_disabled: str = ""
    why_disabled_zh: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeRow(Cited):
    """One grade, best first."""

    id: str
    label_zh: str
    label_en: str = ""
    labels: dict[str, str] = field(default_factory=dict)  # further label sets a user may ask for
    labels_en: dict[str, str] = field(default_factory=dict)  # those sets in English
    at_least: Number | None = None  # inclusive, as printed; None for the last and `set_only` ones
    at_least_if: dict[str, Number] = field(default_factory=dict)  # where that flag is true
    requires: tuple[Condition, ...] = ()  # where one fails the next grade is tried
    requires_missing: Literal["no", "withhold"] | None = None  # needed with `requires`
    set_only: bool = False  # only an override gives this grade
    meaning_zh: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRow(Cited):
    """A start score and when it applies; first hit wins, the last has no condition."""

    points: Number
    label_zh: str = ""
    label_en: str = ""
    when: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StartBonus(Cited):
    """Points added to the start score per unit of a column, up to a ceiling of the start score."""

    column: str
    points_each: Number
    at_most: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Where a deducting rubric starts."""

    rows: tuple[StartRow, ...]
    missing: Literal["withhold", "no"]  # an unknown condition: the grade is withheld, or not met
    bonus: StartBonus | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension(Cited):
    """A group of rows and its printed total."""

    id: str
    label_zh: str
    label_en: str = ""
    points: Number | None = None
    clause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceOption:
    """One reading of a conflicting text; `values` feed formula parameters of the same name."""

    id: str
    label_zh: str
    label_en: str = ""
    values: dict[str, Factor] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A place where the published text conflicts with itself, and the reading taken."""

    id: str
    question_zh: str
    question_en: str = ""
    taken: str
    why: str
    why_zh: str = ""
    options: tuple[ChoiceOption, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount(Cited):
    """A sum of money that follows from the grade, such as a credit line; in fen."""

    id: str
    label_zh: str
    formula: FormulaRule
    label_en: str = ""
    note: str = ""
    note_zh: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment(Cited):
    """A person's published power to move the grade; recorded beside it, never over it."""

    column: str
    label_zh: str
    label_en: str = ""
    reasons_zh: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle(Cited):
    """The yearly round: results of a calendar year are due by `result_by` (MM-DD) of the next."""

    result_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bases(Cited):
    """Reference values by area that rows divide by, from a second file."""

    key: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StandsOn:
    """A column that holds the grade by another rubric, of the same subject."""

    column: str
    rubric: str  # name, such as ``tax-credit``
    not_graded: str  # value of the column for a subject whom that rubric leaves ungraded


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """What an edition lacks before it can grade, and how to supply it."""

    what_zh: str
    what: str
    how: str
    how_zh: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rubric(Printable):
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
    in_force : Period
        Half-open period.
    status : {"transcribed", "checked", "partial", "reconstructed"}
        A reconstructed edition refuses to grade.
    source : Citation
        The document; rows that name no other are taken from it.
    documents : tuple of CitedDocument
        The other documents that rows name.
    sha256 : str
        Hash of what decides, overlays included; see `rule_hash`.
    """

    id: str
    title_zh: str
    title_en: str
    subject: str
    subject_id: str
    aggregate: Aggregate
    point_unit: int
    in_force: Period
    status: Status
    source: Citation
    documents: tuple[CitedDocument, ...] = ()
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
    stands_on: tuple[StandsOn, ...] = ()
    notes: tuple[str, ...] = ()
    notes_zh: tuple[str, ...] = ()  # one for each of `notes`
    overlays: tuple[str, ...] = ()
    sha256: str = ""

    @property
    def title(self) -> str:
        """Title in the language in use; as printed where there is no English one."""
        return tr(self.title_en, self.title_zh) or self.title_zh

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
        return self.in_force

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
