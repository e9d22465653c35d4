"""What ``sql`` does with a policy: print it as one statement for the database where the scores live."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypedDict, cast

from lishui_credit.commands.terminal import Parser, day_of, names_of
from lishui_credit.errors import SubjectError
from lishui_credit.language import tr

if TYPE_CHECKING:
    from lishui_credit.policies.clause_tests import Held
    from lishui_credit.rubrics.law.rubric import Rubric
    from lishui_credit.scorecards.cards.card import Card

OPTIONS: Final = ("key", "types", "trial", "card", "graded_by", "reasons", "keep", "on")


def add_arguments(made: Parser) -> None:
    """Add the options of a policy."""
    made.asks(
        "--key",
        "of a policy or a card: column that names the row; of a policy id if not given",
        "政策、评分卡:编号列;政策缺省为 id",
    )
    made.asks(
        "--keep",
        "of a policy: further columns to hand through, comma-separated",
        "政策:原样带出的其他列,逗号分隔",
        metavar="COLUMN,…",
    )
    deciding_arguments(made)


def deciding_arguments(made: Parser) -> None:
    """Add what a policy is applied with: in ``sql`` and where that is proved."""
    made.asks(
        "--types",
        "of a policy: what its columns hold, whole, double, text or flag: score=whole,code=text",
        "政策:各列的类型 whole、double、text、flag,如 score=whole,code=text",
        metavar="COLUMN=TYPE,…",
    )
    made.asks(
        "--trial",
        "of a policy: take one that is not in force, as a trial",
        "政策:试算未生效的政策",
        action="store_true",
        default=None,
    )
    made.asks(
        "--card",
        "of a policy: stored card whose points the table holds, for reason codes",
        "政策:评分卡(表中含其 points__ 各列),用于给出原因码",
    )
    made.asks(
        "--graded-by",
        "of a policy: rubric whose points the table holds, for reason codes",
        "政策:评价办法(表中含其 points__ 各列),用于给出原因码",
    )
    made.asks(
        "--reasons",
        "of a policy: most reasons per applicant; 4 if not given",
        "政策:每位申请人的原因数上限,缺省为 4",
        type=int,
    )


def is_policy(name: str) -> bool:
    """Tell whether what a user names is the file of a policy."""
    return Path(name).suffix.lower() == ".toml"


def policy_statement(options: argparse.Namespace, path: str) -> dict[str, str]:
    """Return a policy's id, its hash and its statement."""
    from lishui_credit.policies.policy_file import read_policy
    from lishui_credit.policies.policy_sql import to_sql

    policy = read_policy(path)
    text = to_sql(
        policy,
        options.dialect,
        table=options.table,
        key=options.key or "id",
        keep=names_of(options.keep or ""),
        **applied(options),
    )
    return {"policy": f"{policy.id}@{policy.version}", "sha256": policy.sha256, "sql": text}


class Applied(TypedDict):
    """What a policy is applied with."""

    types: dict[str, Held]
    on: date | None
    trial: bool
    card: Card | None
    rubric: Rubric | None
    top: int


def applied(options: argparse.Namespace) -> Applied:
    """Return what `deciding_arguments` and ``--on`` name."""
    from lishui_credit.rubrics.law.catalog import rubric
    from lishui_credit.scorecards.cards.card_file import load

    reasons = 4 if options.reasons is None else options.reasons
    if reasons < 0:
        raise SubjectError(tr("--reasons must be 0 or more", "--reasons 不得小于 0"), str(reasons))
    return Applied(
        types=_types(options.types or ""),
        on=day_of(options.on, "--on"),
        trial=bool(options.trial),
        card=load(options.card) if options.card else None,
        rubric=rubric(options.graded_by) if options.graded_by else None,
        top=reasons,
    )


def _types(text: str) -> dict[str, Held]:
    """Return what columns hold, by name; `to_sql` refuses what is no type."""
    found: dict[str, Held] = {}
    for part in names_of(text):
        name, sign, kind = part.rpartition("=")
        if not sign:
            what = tr("not a column and its type", "不是“列=类型”")
            raise SubjectError(what, f"--types {part}", "score=whole,code=text")
        found[name.strip()] = cast("Held", kind.strip())
    return found
