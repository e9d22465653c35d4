"""What ``plan form`` does: the empty return of a county, to fill in and load."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from lishui_credit.commands.forms import output, target
from lishui_credit.commands.terminal import say
from lishui_credit.language import tr


def add_arguments(sub: Callable[..., Any]) -> None:
    """Add ``plan form`` to the commands of the plan."""
    part = sub("form", "write a county's empty return to fill in", "生成县(市、区)空白报送表", form)
    part.asks("--county", "county by code or name", "县(市、区)代码或名称", required=True)
    part.asks(
        "--period",
        "year, quarter or month: 2018, 2018Q2, 2018-06",
        "年、季或月:2018、2018Q2、2018-06",
        required=True,
    )
    output(part)


def form(options: argparse.Namespace) -> int:
    """Write the empty return of a county for a period."""
    from lishui_credit.plan.divisions import division
    from lishui_credit.plan.return_form import return_form
    from lishui_credit.tables.forms import write_form

    path = target(options.output, ".xlsx")
    made = return_form(options.county, options.period)
    write_form(made, path)
    facts = {
        "file": str(path),
        "area": division(options.county).adcode,
        "period": made.rows[0]["period"],
        "rows": len(made.rows),
    }
    say(options, facts, lambda: tr("wrote ", "已写出 ") + str(path))
    return 0
