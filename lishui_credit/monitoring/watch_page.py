"""A watch as one self-contained HTML page: the verdict, every period, the latest one in detail."""

from __future__ import annotations

from typing import Final

import polars as pl

from lishui_credit.language import tr
from lishui_credit.monitoring import period_sections
from lishui_credit.monitoring.ledger import OUTCOMES, Ledger
from lishui_credit.monitoring.months import quarter_before
from lishui_credit.monitoring.period_records import Rules
from lishui_credit.monitoring.period_sections import Rows, plain_table, shown, verdict_word
from lishui_credit.monitoring.verdicts import POPULATION
from lishui_credit.monitoring.watch_tables import (
    MEASURES,
    alarmed,
    by_period,
    since_last_quarter,
)
from lishui_credit.reports import html
from lishui_credit.reports.palette import BLUE, GREY, RED
from lishui_credit.reports.svg import Plot
from lishui_credit.scorecards.cards.card import Card

STYLE: Final = "td.s{font-weight:700}"


def page(ledger: Ledger, card: Card, rules: Rules) -> str:
    """Return the page of a history, in the language in use."""
    table = by_period(ledger, rules)
    last = str(table["period"][-1])
    title = tr(f"Watch of {card.id} to {last}", f"{card.title_zh or card.id} 监测,至 {last}")
    made_up = any(row.get("synthetic") for row in ledger.entries)
    loud = tr("SYNTHETIC DATA 合成数据", "合成数据 SYNTHETIC DATA") if made_up else ""
    body = [
        html.banner(loud),
        f"<h1>{html.words(title)}</h1>",
        f"<p>{html.words(card.standing.said)}</p>",
        f"<p>{html.words(_conclusion(table))}</p>",
        _periods(table),
        html.figures(_drawings(table)),
        _since(ledger, rules, last),
        period_sections.stability(ledger, card, rules, last),
        period_sections.grades(ledger, last),
        period_sections.migration(ledger, last),
        period_sections.groups(ledger, last),
        period_sections.vintages(ledger),
        _method(rules),
        html.footer(loud, f"{card.id} {ledger.settings['card_sha256'][:12]}"),
    ]
    return html.page(title, "".join(body), style=STYLE, running=loud)


def _conclusion(table: pl.DataFrame) -> str:
    failed = alarmed(table)
    open_ = table.filter(pl.col(OUTCOMES).is_null())["period"]
    told = (
        tr(f"Alarm in {', '.join(failed)}.", f"{'、'.join(failed)} 报警。")
        if failed
        else tr("No check that could be made fails.", "所有可作的检验均未报警。")
    )
    if len(open_):
        told += " " + tr(
            f"Outcomes are not known yet for {', '.join(open_)}: there only the population is judged.",
            f"{'、'.join(open_)} 的结果尚不可知,只检验了人群。",
        )
    return told


def _periods(table: pl.DataFrame) -> str:
    keys = [key for key in MEASURES if table[key].null_count() < table.height]
    rows = [
        [
            ("k", row["period"]),
            verdict_word(row[POPULATION]),
            verdict_word(row[OUTCOMES]),
            *(("n", shown(key, row[key])) for key in keys),
        ]
        for row in table.iter_rows(named=True)
    ]
    heads = [tr("period", "期间"), tr("population", "人群"), tr("outcomes", "结果")]
    heads += [str(MEASURES[key]) for key in keys]
    told = [
        f"{row['period']}: {row['restated'] + 1}"
        for row in table.iter_rows(named=True)
        if row["restated"]
    ]
    notes = [
        tr(
            f"Outcomes were told more than once; the latest counts ({'; '.join(told)} times).",
            f"以下期间的结果多次报来,以最近一次为准(次数:{';'.join(told)})。",
        )
    ]
    return plain_table(heads, rows, tr("Every period", "各期"), *(notes if told else []), names=3)


def _drawings(table: pl.DataFrame) -> list[str]:
    """Return PSI with its line, and AUC and bad rate with what was expected; periods are numbered."""
    numbers = range(1, table.height + 1)
    reach = (0.5, table.height + 0.5)
    across = tr("period, by number", "期间序号")
    top = 1.15 * max(*table["psi"], *table["line"])
    first = Plot(tr("PSI of the score", "分数 PSI"), reach, (0.0, top), x_name=across)
    first.line(list(zip(numbers, table["psi"], strict=True)), BLUE, name="PSI")
    first.line(
        list(zip(numbers, table["line"], strict=True)),
        GREY,
        "5 4",
        tr("line that chance draws, all columns at once", "偶然界线(各列合并)"),
    )
    drawn = [first.text()]
    for key, name in (("auc", "AUC"), ("bad_rate", str(MEASURES["bad_rate"]))):
        ends = [
            value
            for column in (f"expected_{key}_low", f"expected_{key}_high", key)
            for value in table[column].drop_nulls()
        ]
        if not ends:
            continue
        gap = (max(ends) - min(ends)) * 0.1 or 0.01
        plot = Plot(
            tr(f"{name}: expected and seen", f"{name}:预期与实际"),
            reach,
            (min(ends) - gap, max(ends) + gap),
            x_name=across,
            percent=(False, key == "bad_rate"),
        )
        for number, row in zip(numbers, table.iter_rows(named=True), strict=True):
            low, high = row[f"expected_{key}_low"], row[f"expected_{key}_high"]
            if low is not None:
                plot.interval((number, low), (number, high), GREY)
                plot.dot(number, row[f"expected_{key}"], GREY, hollow=True)
            if row[key] is not None:
                plot.dot(number, row[key], RED)
        plot.key(
            GREY, tr("expected from the PDs, with its range", "由违约概率预期,含范围"), hollow=True
        )
        plot.key(RED, tr("seen later", "后来实际"))
        drawn.append(plot.text())
    return drawn


def _since(ledger: Ledger, rules: Rules, last: str) -> str:
    table = since_last_quarter(ledger, rules)
    then = quarter_before(last)
    keys = {str(name): key for key, name in MEASURES.items()}
    rows: Rows = [
        [
            ("k", row["what"]),
            *(("n", shown(keys[row["what"]], row[end])) for end in ("then", "now", "change")),
        ]
        for row in table.iter_rows(named=True)
    ]
    absent = tr(f"{then} is not in the history.", f"历史记录中没有 {then}。")
    return plain_table(
        [tr("what", "项目"), then, last, tr("change", "变化")],
        rows,
        tr("Since last quarter", "较上季度"),
        *([] if then in ledger.periods else [absent]),
    )


def _method(rules: Rules) -> str:
    level = f"{rules.level:.0%}" if rules.level >= 0.01 else f"{rules.level:g}"
    least = (
        tr(
            f" An index below {rules.least_psi:g} is no alarm.",
            f"指数低于 {rules.least_psi:g} 不报警。",
        )
        if rules.least_psi
        else ""
    )
    text = tr(
        f"Two checks, each with a chance of {level} per period to alarm if nothing has changed: population "
        "(PSI of the score and CSI of every column and crossed table at once) and outcomes (bad rate and AUC "
        "at once, against what the PDs promised). Over twelve periods a false alarm is likely: look at what is beyond its "
        "line, and whether it stays there. Expected figures hold only if the odds behind the same features "
        f"are the same (no concept drift); only later outcomes can show that.{least}",
        f"两项检验,若无变化,每期各有 {level} 的误报机会:人群(分数 PSI 与各列、各交叉表 CSI 合并)与结果"
        "(坏账率与 AUC 合并,对照违约概率的预期)。十二期之中出现一次误报并不意外:请看何者超出界线、"
        f"是否持续。预期值只在特征与违约的关系未变(无概念漂移)时成立,只有后来的结果才能证明。{least}",
    )
    return f'<p class="note">{html.words(text)}</p>'
