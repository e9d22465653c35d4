"""The twelve indicators of the plan: what is printed, and what we propose where it is silent.

The plan's table (二(三)) prints a number, a name, a 2020 value and an attribute. Definitions, paths,
frequencies and owners are proposals, and say so. All of it is data (``plan/indicators.toml``), read
once and checked: every problem of the file at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Final, Literal

from lishui_credit.errors import Problem, RubricError
from lishui_credit.language import Bilingual, tr
from lishui_credit.tables.toml_documents import parse_document
from lishui_credit.tables.toml_places import Loc

Attribute = Literal["binding", "expected", "guidance"]
Kind = Literal["coverage", "doubling", "survey"]
Unit = Literal["percent", "queries", "yuan"]
Frequency = Literal["year", "quarter", "month"]
TargetForm = Literal["full_coverage", "multiple", "at_least"]
PathKind = Literal["linear", "geometric", "step"]

BASE: Final = date(2015, 12, 31)
"""Last day of the base year. The table names none; every other number of the plan is end-2015."""
END: Final = date(2020, 12, 31)
"""Last day of the plan."""

ATTRIBUTES: Final[dict[Attribute, Bilingual]] = {
    "binding": Bilingual("binding", "约束性"),
    "expected": Bilingual("expected", "预期性"),
    "guidance": Bilingual("guidance", "指导性"),
}
"""Attribute id to its word.

A binding target is a hard task of government, broken down and assessed; an expected one is what the
state hopes for and markets deliver; for guidance no source was found that defines it."""

KINDS: Final[dict[Kind, Bilingual]] = {
    "coverage": Bilingual("coverage", "覆盖类"),
    "doubling": Bilingual("doubling", "翻番类"),
    "survey": Bilingual("survey", "满意度类"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The 2020 value as printed, and the number it is read as.

    Parameters
    ----------
    form : {"full_coverage", "multiple", "at_least"}
        全覆盖 is read as 100%; 翻一番 as twice the base year; ≥90% as it stands.
    value : int
        Percent, or for ``multiple`` how many times the base.
    as_printed : str
        The plan's own words.
    """

    form: TargetForm
    value: int
    as_printed: str

    def level(self, base: float | None) -> float | None:
        """Return the value to be reached in the indicator's unit; None where it needs a base.

        Parameters
        ----------
        base : float or None
            Value of the base year; only a multiple needs it.

        Examples
        --------
        >>> indicator("query_volume").target.level(100), indicator("website_rate").target.level(None)
        (200.0, 100.0)
        """
        if self.form != "multiple":
            return float(self.value)
        return None if base is None else float(self.value * base)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A day from which a share (percent) of the way from base to target is due."""

    on: date
    share: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """How the way from base to target is expected to be walked."""

    kind: PathKind
    evidence: str
    steps: tuple[Step, ...] = ()
    why_zh: str = ""
    why_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What is divided by what. The plan gives no definition: each is ours, evidence ``proposed``."""

    numerator_zh: str
    numerator_en: str
    denominator_zh: str
    denominator_en: str
    owner_zh: str
    owner_en: str
    evidence: str
    exclusions_zh: tuple[str, ...] = ()
    exclusions_en: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """A series to show beside the headline, so that the headline is not gamed."""

    key: str
    zh: str
    en: str
    threshold: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanIndicator:
    """One row of the plan's table, made computable.

    Parameters
    ----------
    number : int
        1 to 12, as printed.
    key : str
        English identifier.
    as_printed : str
        Name as printed, misprints kept.
    name_zh, name_en, short_zh, short_en : str
        Corrected name, and one for narrow places.
    attribute : {"binding", "expected", "guidance"}
        As printed: 约束性, 预期性, 指导性.
    kind : {"coverage", "doubling", "survey"}
        Which method judges it.
    unit : {"percent", "queries", "yuan"}
        Of ``value``; for yuan the ``numerator`` counts fen, for queries both are the count.
    frequency : {"year", "quarter", "month"}
        How often it is observed (proposed).
    flow : bool
        Whether periods add up to a year; else a state at the end of the period.
    own : int
        Denominator units that are the city's own and lie in no county.
    evidence : str
        Of what is printed, see `lishui_credit.citation.EVIDENCE`.
    """

    number: int
    key: str
    as_printed: str
    name_zh: str
    name_en: str
    short_zh: str
    short_en: str
    attribute: Attribute
    kind: Kind
    field_zh: str
    field_en: str
    unit: Unit
    frequency: Frequency
    target: Target
    path: Path
    definition: Definition
    baseline_zh: str
    baseline_en: str
    clause: str = ""  # the plan's where the row names none
    evidence: str = ""
    flow: bool = False
    own: int = 0
    companions: tuple[Companion, ...] = ()
    caveats_zh: tuple[str, ...] = ()
    caveats_en: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Corrected name in the language in use."""
        return tr(self.name_en, self.name_zh)

    @property
    def short(self) -> str:
        """Short name in the language in use."""
        return tr(self.short_en, self.short_zh)

    @property
    def limits(self) -> tuple[float, float | None]:
        """Values the indicator can take: 0 to 100 for percent, 0 and up for counts and money."""
        return 0.0, 100.0 if self.unit == "percent" else None

    @property
    def words(self) -> tuple[str, ...]:
        """Every word that names it in a file: names, the misprint, the key, the number."""
        names = (self.name_zh, self.as_printed, self.short_zh, self.name_en, self.short_en)
        return tuple(dict.fromkeys((*names, self.key, str(self.number))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One of the plan's two stages, in years."""

    id: str
    zh: str
    en: str
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    """What a stage has to show by a day, in words."""

    by: date
    stage: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplementary:
    """A target of the text that the table leaves out; it is shown, never computed."""

    key: str
    zh: str
    en: str
    clause: str
    note: str = ""
    note_zh: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """What the file says of the plan as a whole."""

    title_zh: str
    title_en: str
    issuer: str
    clause: str
    evidence: str
    base: date
    end: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(_Head):
    """The plan: its source, stages, milestones, indicators by key, and what only the text has."""

    stages: tuple[Stage, ...]
    milestones: tuple[Milestone, ...]
    indicators: dict[str, PlanIndicator]
    supplementary: tuple[Supplementary, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """The tables of the file."""

    plan: _Head
    stages: tuple[Stage, ...]
    milestones: tuple[Milestone, ...]
    indicators: tuple[PlanIndicator, ...]
    supplementary: tuple[Supplementary, ...]


_FORM_OF: Final[dict[Kind, TargetForm]] = {
    "coverage": "full_coverage",
    "doubling": "multiple",
    "survey": "at_least",
}


def _contradictions(file: _File, _: frozenset[str]) -> Iterator[tuple[Loc, Problem]]:
    """Yield what single keys cannot tell."""
    yield from _twice(file.indicators)
    for place, row in enumerate(file.indicators):
        yield from _incoherent(row, ("indicators", place))


def _incoherent(row: PlanIndicator, loc: Loc) -> Iterator[tuple[Loc, Problem]]:
    """Yield what no single key can tell."""
    form = _FORM_OF[row.kind]
    if row.target.form != form:
        what = tr("kind and target.form do not fit", "kind 与 target.form 不符")
        hint = tr(f"{row.kind} goes with {form}", f"{row.kind} 对应 {form}")
        yield (*loc, "target", "form"), Problem(what, row.target.form, hint)
    if (row.path.kind == "step") != bool(row.path.steps):
        what = tr("a step path, and only one, has steps", "仅阶梯路径须有 steps")
        yield (*loc, "path"), Problem(what)
    shares = [(step.on, step.share) for step in row.path.steps]
    rising = all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(shares))
    if shares and not (rising and shares[-1][1] == 100 and shares[0][0] > BASE):
        what = tr("path.steps must rise by date to 100", "path.steps 须按日期递增至 100")
        yield (*loc, "path"), Problem(what)
    if (row.unit == "percent") == (row.kind == "doubling"):
        what = tr("unit and kind do not fit", "unit 与 kind 不符")
        yield (*loc, "unit"), Problem(what, f"{row.unit}, {row.kind}")


def _twice(rows: Sequence[PlanIndicator]) -> Iterator[tuple[Loc, Problem]]:
    for what in ("key", "number"):
        seen: set[object] = set()
        for place, row in enumerate(rows):
            value = getattr(row, what)
            if value in seen:
                yield ("indicators", place, what), Problem(tr("duplicate", "重复"), str(value))
            seen.add(value)


def read_plan(data: str | bytes, name: str = "plan/indicators.toml") -> Plan:
    """Return the plan of a TOML text; raises `RubricError` with every problem of the text."""
    found = parse_document(data, name).make(_File, check=_contradictions)
    head = found.plan
    return Plan(
        **asdict(head),
        stages=found.stages,
        milestones=found.milestones,
        indicators={
            row.key: replace(
                row, clause=row.clause or head.clause, evidence=row.evidence or head.evidence
            )
            for row in found.indicators
        },
        supplementary=found.supplementary,
    )


@cache
def plan() -> Plan:
    """Return the plan as shipped."""
    path = files("lishui_credit") / "plan" / "indicators.toml"
    return read_plan(path.read_bytes())


def indicators() -> dict[str, PlanIndicator]:
    """Return the twelve indicators by key, in the order printed.

    Examples
    --------
    >>> [row.attribute for row in indicators().values()].count("binding")
    6
    """
    return plan().indicators


def indicator(key: str) -> PlanIndicator:
    """Return one indicator by key.

    Raises
    ------
    RubricError
        If there is none of that key.

    Examples
    --------
    >>> indicator("uscc_coverage").as_printed
    '法人和其他组织同意社会信用代码覆盖率'
    """
    found = indicators().get(key)
    if found is None:
        raise RubricError(tr("no such indicator", "没有该指标"), key, ", ".join(indicators()))
    return found


def milestones() -> tuple[Milestone, ...]:
    """Return the milestones of both stages, by day.

    Examples
    --------
    >>> [str(row.by) for row in milestones()]
    ['2016-12-31', '2017-12-31', '2018-12-31', '2020-12-31']
    """
    return plan().milestones
