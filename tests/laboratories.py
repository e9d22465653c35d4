"""A laboratory of cut-offs whose every figure can be counted by hand."""

from pathlib import Path
from typing import Any

import polars as pl

from lishui_credit.policies.policy import Policy, Score
from lishui_credit.policies.policy_file import to_toml

TOML = """
title_zh = "贷款"
loans = "loans.csv"
policy = "policy.toml"
areas = ["county"]
groups = ["sex"]
[terms]
rate_bp = 800
funding_bp = 300
"""


def loans() -> pl.DataFrame:
    """Scores 500 to 699, each once; every fifth below 560 is bad; sexes alternate by hundreds."""
    scores = list(range(500, 700))
    return pl.DataFrame(
        {
            "score": scores,
            "bad": [int(score < 560 and score % 5 == 0) for score in scores],
            "amount_fen": [1_000_000] * 200,
            "county": ["甲县" if score % 2 else "乙县" for score in scores],
            "sex": ["女" if score < 600 else "男" for score in scores],
            "synthetic": [True] * 200,
        }
    )


def policy(**more: Any) -> Policy:
    cuts: dict[str, Any] = {"kind": "single", "cut_off": 520} | more
    return Policy(
        id="p", version="1", title_zh="政策", author="甲", score=Score(column="score"), **cuts
    )


def put(folder: Path) -> None:
    """Write the laboratory, its loans and its policy into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    loans().write_csv(folder / "loans.csv")
    (folder / "policy.toml").write_text(to_toml(policy()), encoding="utf-8")
    (folder / "laboratory.toml").write_text(TOML, encoding="utf-8")
