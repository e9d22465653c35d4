"""A folder of loans to try cut-offs on: `Laboratory`, its loans, its terms and the policy in force.

A small TOML file names a table of scored loans with outcomes, the terms they were lent on, the
policy they were lent by, and the groups by which people are only measured. What is tried becomes a
draft of a policy: nobody has approved it, so it decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl

from lishui_credit.cutoffs.books import Book, CutOff, book
from lishui_credit.cutoffs.optimum import exact, sound
from lishui_credit.cutoffs.swap_sets import Swap, swap
from lishui_credit.cutoffs.sweeps import sweep
from lishui_credit.errors import Problem, SubjectError, refuse
from lishui_credit.language import Bilingual, tr
from lishui_credit.policies.deciding import decision
from lishui_credit.policies.policy import APPROVE, Policy
from lishui_credit.policies.policy_file import read_policy
from lishui_credit.policies.score_files import read_scores
from lishui_credit.pricing.terms import YUAN, Terms
from lishui_credit.tables.beside import sha256
from lishui_credit.tables.frames import as_polars
from lishui_credit.tables.toml_documents import read_document
from lishui_credit.validation.groups import MIN_ROWS, TOO_FEW, crossed, parts_of
from lishui_credit.validation.treatment import FOUR_FIFTHS, fairness

_TERMS: Final = tuple(part.name for part in fields(Terms))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """Columns of the table of loans."""

    outcome: str = "bad"
    amount: str = "amount_fen"
    id: str | None = None
    pd: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """What the file says."""

    title_zh: str
    loans: str
    policy: str
    terms: Terms
    title_en: str = ""
    source: str = ""
    currency: tuple[str, str] = (YUAN.en, YUAN.zh)
    columns: _Columns = _Columns()
    areas: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Laboratory:
    """Loans to try cut-offs on.

    Parameters
    ----------
    title_zh, title_en : str
        What is lent.
    frame : polars.DataFrame, shape (n, any)
        The loans as their file has them.
    book : Book
        The same, checked.
    terms : Terms
        They were lent on.
    policy : Policy
        In force.
    areas, groups : tuple of str
        Columns to count by; groups are people's attributes, measured and never decided by.
    outcome, amount : str
        Columns of `frame`.
    currency : Bilingual
        What a hundred of the smallest units are called.
    source : str
        Where the loans come from.
    sha256 : str
        Of the file of loans.
    synthetic : bool
        Whether the loans are made up.
    """

    title_zh: str
    title_en: str
    frame: pl.DataFrame
    book: Book
    terms: Terms
    policy: Policy
    areas: tuple[str, ...]
    groups: tuple[str, ...]
    outcome: str
    amount: str
    currency: Bilingual
    source: str
    sha256: str
    synthetic: bool

    @property
    def title(self) -> str:
        """What is lent, in the language in use."""
        return tr(self.title_en, self.title_zh) or self.title_zh

    @property
    def cut_off(self) -> CutOff | None:
        """The score from which the policy in force approves everybody; None where it has no such."""
        rules = self.policy.rules
        if len(rules) != 1 or rules[0].tests or rules[0].approve is None:
            return None
        cut = rules[0].approve
        return float(cut) if isinstance(cut, Decimal) else cut

    def on_terms(
        self,
        *,
        rate_bp: int | None = None,
        funding_bp: int | None = None,
        lgd_bp: int | None = None,
    ) -> Terms:
        """Return the terms with some of their rates changed, in basis points."""
        asked = {"rate_bp": rate_bp, "funding_bp": funding_bp, "lgd_bp": lgd_bp}
        changed: dict[str, Any] = {k: value for k, value in asked.items() if value is not None}
        return replace(self.terms, **changed)

    def swept(self, terms: Terms, *, repeats: int = 200, seed: int = 0) -> pl.DataFrame:
        """Return every cut-off on these terms; see `sweep`."""
        return sweep(self.book, terms, repeats=repeats, seed=seed)

    def cut_offs(self, swept: pl.DataFrame) -> list[CutOff]:
        """Return the cut-offs there are to try, the loosest first, that in force among them."""
        found = swept["cut_off"].drop_nulls().reverse().to_list()
        if self.cut_off is None or self.cut_off in found:
            return found
        worse = self.policy.score.higher == "worse"
        return sorted([*found, self.cut_off], reverse=worse)

    def compared(
        self, terms: Terms, cut_off: CutOff, *, repeats: int = 200, seed: int = 0
    ) -> pl.DataFrame:
        """Return what the cut-off in force and another one do, on the same terms.

        ``what`` is "in force" (where the policy has one cut-off for all) or "tried"; the other
        columns are those of `sweep` without ``short_of_best_fen``, which would mean the best of
        these two.
        """
        asked = {"in force": self.cut_off, "tried": cut_off}
        held = {what: cut for what, cut in asked.items() if cut is not None}
        # every distinct value once: a sweep does not repeat a cut-off
        wanted = list(dict.fromkeys(held.values()))
        rows = sweep(self.book, terms, cut_offs=wanted, repeats=repeats, seed=seed)
        kept = rows.select(
            name
            for name in rows.columns
            if not name.startswith("short_of_best") and name != "plateau"
        )
        return pl.concat(
            kept.filter(pl.col("cut_off") == cut).select(pl.lit(what).alias("what"), pl.all())
            for what, cut in held.items()
        )

    def draft(
        self, approve: CutOff, refer: CutOff | None = None, *, terms: Terms | None = None
    ) -> Policy:
        """Return a policy with this cut-off: the one in force, rewritten, without its approval.

        It is of kind "single", or "refer" if `refer` is given, and of version "draft"; its evidence
        names the file of loans by hash and the terms.
        """
        tried = terms or self.terms
        said = ", ".join(f"{name} {getattr(tried, name)}" for name in _TERMS)
        loud = "SYNTHETIC 合成数据; " if self.synthetic else ""
        rows = f"{self.book.rows:,}"
        return sound(
            Policy(
                id=self.policy.id,
                version="draft",
                title_zh=self.policy.title_zh,
                title_en=self.policy.title_en,
                score=self.policy.score,
                kind="single" if refer is None else "refer",
                author=self.policy.author,
                cut_off=exact(approve) if refer is None else None,
                approve_at_least=None if refer is None else exact(approve),
                refer_at_least=exact(refer),
                why=tr(
                    f"tried in the cut-off laboratory against {self.policy.id}@{self.policy.version}",
                    f"在分数线实验室中与 {self.policy.id}@{self.policy.version} 对比试算",
                ),
                evidence=f"{loud}{rows} loans, sha256 {self.sha256}; {said}",
            )
        )

    def swapped(self, draft: Policy, *, by: Sequence[str] | None = None) -> Swap:
        """Return who leaves and who enters under a draft, by areas and groups; see `swap`."""
        return swap(
            self.frame,
            self.policy,
            draft,
            by=[*self.areas, *self.groups] if by is None else by,
            outcome=self.outcome,
            amount=self.amount,
        )

    def affected(self, draft: Policy, group: str, *, min_rows: int = MIN_ROWS) -> pl.DataFrame:
        """Return how many of each group the policy in force and a draft approve, one row per group.

        `group` is one of the areas or groups, or several crossed: ``"sex*county"``.

        ``group``, ``subjects``; ``old`` and ``new`` (approval rates, 0 to 1) with ``_low`` and
        ``_high`` (Jeffreys, 95%); ``change`` (new less old); ``ratio`` (new, to the highest rate
        of a group) and ``below_four_fifths``; ``goods_refused_old`` and ``goods_refused_new`` (of
        the group's goods); ``note``; ``needed``, the rows that a group too small would need. Groups are measured only: no policy reads them. A referral is
        no approval here.

        EEOC (1978), 29 CFR 1607.4 D. Hardt, Price and Srebro (2016), NeurIPS 29.
        """
        known = (*self.groups, *self.areas)
        refuse(
            Problem(
                tr("not one of the areas or groups", "不在 areas 或 groups 所列之中"),
                part,
                ", ".join(known),
            )
            for part in parts_of(group, known)
            if part not in known
        )
        sides = []
        for policy in (self.policy, draft):
            approves = decision(policy, self.frame.schema) == APPROVE
            approved = self.frame.select(approves.cast(pl.Float64)).to_series()
            sides.append(
                fairness(
                    self.frame[self.outcome].cast(pl.Int8).to_numpy(),
                    approved.to_numpy(),
                    crossed(self.frame, group),
                    1.0,
                    min_rows=min_rows,
                )
            )
        old, new = sides
        ends = ("", "_low", "_high")
        return old.select(
            "group",
            "subjects",
            *(pl.col(f"approval{end}").alias(f"old{end}") for end in ends),
            *(new[f"approval{end}"].alias(f"new{end}") for end in ends),
            (new["approval"] - pl.col("approval")).alias("change"),
            new["ratio"].alias("ratio"),
            (new["ratio"] < FOUR_FIFTHS).alias("below_four_fifths"),
            pl.col("goods_refused").alias("goods_refused_old"),
            new["goods_refused"].alias("goods_refused_new"),
            pl.when(pl.col("note") != "reference").then("note").alias("note"),
            pl.when(pl.col("note") == TOO_FEW).then(min_rows).cast(pl.Int64).alias("needed"),
        )


def read_laboratory(path: Path | str) -> Laboratory:
    """Read a laboratory: its TOML file, the loans and the policy it names.

    Parameters
    ----------
    path : path-like
        TOML in UTF-8: ``title_zh``, ``loans`` and ``policy`` (files beside it), ``[terms]`` (the
        fields of `Terms`); and, where wanted, ``title_en``, ``source``, ``currency`` (its English
        and Chinese name), ``areas`` and ``groups`` (columns), ``[columns]`` (``outcome``,
        ``amount``, ``id``, ``pd``). The score is the policy's.

    Returns
    -------
    Laboratory

    Raises
    ------
    SubjectError, PolicyError
        For a file that is absent, no TOML or lacks a key; for loans `book` refuses; for a policy
        that is wrong.
    """
    path = Path(path)
    raw = read_document(path, SubjectError).make(_File)
    columns = raw.columns
    policy = read_policy(path.parent / raw.policy)
    loans = path.parent / raw.loans
    numbers = [name for name in (columns.outcome, columns.amount, columns.pd) if name]
    texts = [*raw.areas, *raw.groups, *([columns.id] if columns.id else [])]
    scores = read_scores(loans, policy, *numbers, texts=texts).whole(Path(loans).name)
    frame = as_polars(scores.frame)
    checked = book(
        frame,
        score=policy.score.column,
        outcome=columns.outcome,
        amount=columns.amount,
        id=columns.id,
        pd=columns.pd,
        groups=[*raw.areas, *raw.groups],
        higher=policy.score.higher,
        order=policy.score.order or None,
    )
    return Laboratory(
        title_zh=raw.title_zh,
        title_en=raw.title_en,
        frame=frame,
        book=checked,
        terms=raw.terms,
        policy=policy,
        areas=raw.areas,
        groups=raw.groups,
        outcome=columns.outcome,
        amount=columns.amount,
        currency=Bilingual(*raw.currency),
        source=raw.source,
        sha256=sha256(loans),
        synthetic=scores.synthetic,
    )
