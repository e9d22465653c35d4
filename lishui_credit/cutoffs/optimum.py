"""`Optimum`: the most profitable policy that keeps its constraints, and the policy it makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl

from lishui_credit.citation import Period
from lishui_credit.cutoffs.books import CutOff
from lishui_credit.cutoffs.shadow import ShadowPrice
from lishui_credit.errors import PolicyError, refuse
from lishui_credit.language import Bilingual, tr
from lishui_credit.policies.policy import Constraints, Cut, Kind, Policy, Score, Segment
from lishui_credit.policies.policy_checks import check
from lishui_credit.pricing.terms import YUAN


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimum:
    """The most profitable policy that keeps the constraints.

    Parameters
    ----------
    table : polars.DataFrame, one row per segment
        The columns of `by`; ``approve_at_least`` and ``refer_at_least`` on the file's own scale
        (null: nobody; equal: no referral); ``applicants``, ``approved`` (outright), ``referred``,
        ``in_all`` (approved and expected to be approved on review), ``bads`` expected among them,
        ``amount_fen``, ``profit_fen``.
    by : tuple of str
        What parts the segments.
    applicants : int
        Loans in the book.
    profit_fen : int
        Of the whole; rounded where reviews make it a fraction.
    approval_rate, bad_rate, referral_rate : Fraction
        Exact, 0 to 1, reviews included; the bad rate of nobody is 0.
    amount_fen : int
        Lent in all.
    constraints : Constraints
        What was kept.
    shadow_prices : tuple of ShadowPrice
        One per constraint.
    bound_fen : float
        Most that the linear relaxation promises; no choice of these cut-offs can earn more.
    candidates : int
        Cut-offs there were to choose from, over all segments.
    gap_fen : int
        0: proved best. Else the search was cut short, and no choice earns more than this beyond.
    currency : Bilingual
        What a hundred of the smallest units are called.
    """

    table: pl.DataFrame
    by: tuple[str, ...]
    applicants: int
    profit_fen: int
    approval_rate: Fraction
    bad_rate: Fraction
    referral_rate: Fraction
    amount_fen: int
    constraints: Constraints
    shadow_prices: tuple[ShadowPrice, ...]
    bound_fen: float
    candidates: int
    gap_fen: int = 0
    currency: Bilingual = YUAN
    _order: tuple[str, ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        """Return the result in a few lines."""
        share = f"{float(self.approval_rate):.2%}"
        bad = f"{float(self.bad_rate):.2%}"
        profit = f"{self.profit_fen / 100:,.2f} {self.currency}"
        lines = [
            tr(
                f"profit {profit}; approval {share}, bad rate {bad}",
                f"利润 {profit};通过率 {share},坏账率 {bad}",
            ),
            *(str(price) for price in self.shadow_prices),
        ]
        return "\n".join(lines)

    def policy(
        self,
        *,
        id: str,
        version: str,
        title_zh: str,
        author: str,
        score: Score,
        title_en: str = "",
        valid: Period | None = None,
        approved_by: str = "",
        approved_on: date | None = None,
        why: str = "",
        evidence: str = "",
    ) -> Policy:
        """Return the optimum as a policy, unapproved unless an approval is given.

        The score's direction, and the order of its grades, must be the book's.
        """
        if score.order != self._order:
            raise PolicyError(
                tr("the grades are not the book's", "等级与样本不一致"),
                ", ".join(score.order),
                ", ".join(self._order),
            )
        cuts = [_cuts(row) for row in self.table.iter_rows(named=True)]
        head: dict[str, Any] = {}
        segments: tuple[Segment, ...] = ()
        if self.by:
            kind: Kind = "segments"
            wheres = self.table.select(self.by).iter_rows(named=True)
            segments = tuple(
                Segment(where=where, **own) for where, own in zip(wheres, cuts, strict=True)
            )
        else:
            head = cuts[0]
            kind = "single" if "cut_off" in head else "refer"
            if "decline_all" in head:
                raise PolicyError(tr("the optimum approves nobody", "最优方案不通过任何人"))
        made = Policy(
            id=id,
            version=version,
            title_zh=title_zh,
            title_en=title_en,
            author=author,
            approved_by=approved_by,
            approved_on=approved_on,
            valid=valid,
            score=score,
            kind=kind,
            segments=segments,
            constraints=self.constraints,
            why=why,
            evidence=evidence,
            **head,
        )
        return sound(made)


def sound(made: Policy) -> Policy:
    """Return a policy that was put together here, refused where its parts do not fit together."""
    refuse([problem for _, problem in check(made)], PolicyError)
    return made


def _cuts(row: Mapping[str, CutOff | None]) -> dict[str, Any]:
    approve, refer = exact(row["approve_at_least"]), exact(row["refer_at_least"])
    if refer is None:
        return {"decline_all": True}
    if approve == refer:
        return {"cut_off": approve}
    if approve is None:
        return {"refer_at_least": refer}
    return {"approve_at_least": approve, "refer_at_least": refer}


def exact(cut: CutOff | None) -> Cut | None:
    """Return a cut-off as a policy holds it; the shortest decimal of a float reads back the same."""
    return Decimal(repr(cut)) if isinstance(cut, float) else cut
