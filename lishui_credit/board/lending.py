"""The board's loans: synthetic households scored by the board's card, the policy they were lent by.

``lending/laboratory.toml`` names the loans, the terms, the policy and the groups that are only
measured. Needs the model of the board.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from lishui_credit.board import models
from lishui_credit.citation import Period
from lishui_credit.policies.policy import Policy, Score
from lishui_credit.policies.policy_file import to_toml
from lishui_credit.samples.registers import generator
from lishui_credit.scorecards.cards.card import Card
from lishui_credit.scorecards.cards.card_file import FILE, load
from lishui_credit.tables.beside import sha256

FOLDER: Final = "lending"
YEAR: Final = 2018
CUT_OFF: Final = 560
_STREAM: Final = 31
_LABORATORY: Final = """# Synthetic loans (合成数据). Rates in basis points a year, money in fen.
title_zh = "合成农户小额贷款"
title_en = "Synthetic small loans to households"
source = "lishui_credit.board.lending, seed {seed}"
loans = "loans.parquet"
policy = "policy.toml"
areas = ["county"]
groups = ["sex", "age_band"]

[columns]
id = "loan_id"
pd = "pd"

[terms]
rate_bp = 720
funding_bp = 300
operating_fen = 40000
lgd_bp = 4500
term_months = 12
"""


def write(folder: Path, seed: int, *, rows: int = 12_000) -> dict[str, object]:
    """Write loans, policy and laboratory into a board that has its model."""
    home = folder / FOLDER
    home.mkdir()
    model = folder / models.FOLDER / models.MODEL
    lent = loans(load(model), rows, seed)
    lent.write_parquet(home / "loans.parquet")
    name, version = models.MODEL.split("/")
    policy = Policy(
        id="household-loan",
        version="1",
        title_zh="合成农户贷款政策",
        title_en="Synthetic policy for household loans",
        score=Score(column="score", source=f"{name}@{version}", sha256=sha256(model / FILE)),
        kind="single",
        cut_off=CUT_OFF,
        author="合成风险部",
        approved_by="合成贷审会",
        approved_on=date(YEAR, 1, 10),
        valid=Period(start=date(YEAR, 1, 15)),
    )
    (home / "policy.toml").write_text(to_toml(policy), encoding="utf-8")
    (home / "laboratory.toml").write_text(_LABORATORY.format(seed=seed), encoding="utf-8")
    return {}


def loans(card: Card, rows: int, seed: int) -> pl.DataFrame:
    """Return synthetic loans scored by a card, with outcomes, amounts and groups."""
    made = models.borrowers(rows, seed, YEAR, start=100_000)
    rng = generator(seed, _STREAM, 0, YEAR)
    count = made.height
    income = (made["net_income"].cast(pl.Float64) / made["family_members"]).fill_null(0).to_numpy()
    poorer = 1 - np.argsort(np.argsort(income)) / max(count - 1, 1)
    draws = rng.random(count)
    age = np.select([draws < 0.1 + 0.3 * poorer, draws < 0.75], ["60+", "40-59"], default="18-39")
    sizes = np.maximum(1, np.rint(54.2 * np.exp(0.5 * rng.standard_normal(count))))
    scores = card.score(made)
    return pl.DataFrame(
        {
            "loan_id": pl.Series(range(1, count + 1)).cast(pl.String).str.zfill(6),
            "county": made["county"],
            "score": scores,
            "pd": card.pd(scores),
            "bad": made[models.TARGET].cast(pl.Int8),
            "amount_fen": (sizes * 100_000).astype(np.int64),
            "sex": np.where(rng.random(count) < 0.72, "男", "女"),
            "age_band": age,
            "synthetic": True,
        }
    ).with_columns("SYN" + pl.col("loan_id"))
