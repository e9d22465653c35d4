"""Figures of cut-offs, swap sets and prices show the frames as they are, in both languages."""

from collections.abc import Iterator

import numpy as np
import polars as pl
import pytest

from lishui_credit.cutoffs import Shock, jointly, one_at_a_time
from lishui_credit.cutoffs.affected_groups import affected, frontier
from lishui_credit.cutoffs.books import book
from lishui_credit.cutoffs.swap_sets import swap
from lishui_credit.cutoffs.sweeps import sweep
from lishui_credit.figures import affected as people
from lishui_credit.figures import cutoffs as figures
from lishui_credit.figures import pricing
from lishui_credit.figures import stress as stressed
from lishui_credit.figures.amounts import unit
from lishui_credit.language import Bilingual, set_language
from lishui_credit.policies.policy import Policy, Score
from lishui_credit.pricing.churn import RateTable
from lishui_credit.pricing.credit_lines import exposure, exposure_change
from lishui_credit.pricing.offers import Conditions
from lishui_credit.pricing.prices import curve, price
from lishui_credit.pricing.terms import Terms

TERMS = Terms(rate_bp=900, funding_bp=300)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    set_language("en")
    yield
    set_language(None)


def loans(rows: int = 400) -> pl.DataFrame:
    """Made-up scored loans."""
    rng = np.random.default_rng(0)
    score = rng.integers(500, 700, rows)
    bad = rng.random(rows) < 1 / (1 + np.exp((score - 540) / 30))
    return pl.DataFrame(
        {
            "score": score,
            "bad": bad.astype(np.int8),
            "amount_fen": np.full(rows, 5_000_000),
            "county": np.where(score % 2, "莲都区", "遂昌县"),
        }
    )


def cut(at: int) -> Policy:
    return Policy(
        id="p",
        version=str(at),
        title_zh="试算",
        author="test",
        kind="single",
        score=Score(column="score"),
        cut_off=at,
    )


def test_the_sweep_is_drawn_as_it_is() -> None:
    swept = sweep(book(loans()), TERMS, repeats=50)
    figure = figures.profit_curve(swept)
    shown = swept.filter(pl.col("cut_off").is_not_null())
    line = next(trace for trace in figure.data if trace.name == "profit")
    assert list(line.x) == shown["cut_off"].to_list()
    money = unit([*shown["profit_fen"], *shown["profit_fen_low"], *shown["profit_fen_high"]])
    assert list(line.y) == money.of(shown["profit_fen"])
    assert figure.layout.yaxis.title.text == money.name
    best = next(trace for trace in figure.data if trace.name == "most profit")
    assert best.y[0] == max(line.y)
    flat = next(trace for trace in figure.data if trace.name == "not told from the best")
    assert [value is not None for value in flat.y] == shown["plateau"].to_list()
    trade = figures.trade_off(swept)
    rate = next(trace for trace in trade.data if trace.name.startswith("bad rate"))
    granted = swept.filter(pl.col("approved") > 0)
    assert list(rate.y) == granted["bad_rate_approved"].to_list()
    assert len(figures.rates_by_cut_off(swept).data) == 4


def test_a_sweep_without_intervals_has_no_band_and_no_plateau() -> None:
    swept = sweep(book(loans()), TERMS, repeats=0)
    assert [trace.name for trace in figures.profit_curve(swept).data] == ["profit", "most profit"]


def test_grades_stand_on_an_axis_of_categories() -> None:
    frame = loans().with_columns(
        pl.col("score").sub(500).floordiv(50).cast(pl.String).alias("grade")
    )
    scored = book(frame, score="grade", order=["3", "2", "1", "0"])
    swept = sweep(scored, TERMS, repeats=0)
    assert figures.profit_curve(swept).layout.xaxis.type == "category"
    assert figures.rates_by_cut_off(swept).layout.xaxis.type == "category"


def test_the_waterfall_leads_from_the_old_policy_to_the_new() -> None:
    found = swap(loans(), cut(600), cut(590), outcome="bad", amount="amount_fen")
    (bars,) = figures.swap_waterfall(found.table).data
    old, out, into, new = bars.y
    assert old + out + into == new
    rows = {row["set"]: row["applicants"] for row in found.table.iter_rows(named=True)}
    assert (old, -out, into) == (rows["approved_old"], rows["swap_out"], rows["swap_in"])
    assert "no outcome<br>known" in bars.x[1]  # nobody leaves when a cut-off falls
    money = figures.swap_waterfall(found.table, amounts=True)
    assert "yuan" in money.layout.yaxis.title.text


def test_an_axis_that_starts_above_zero_says_so() -> None:
    near = swap(loans(4000), cut(520), cut(521)).table
    far = swap(loans(4000), cut(680), cut(560)).table
    assert "not from zero" in figures.swap_waterfall(near).layout.yaxis.title.text
    assert "not from zero" not in figures.swap_waterfall(far).layout.yaxis.title.text
    assert figures.swap_waterfall(far).layout.yaxis.range[0] == 0


def test_swap_rates_carry_their_intervals() -> None:
    found = swap(loans(4000), cut(640), cut(600), by=("county",), outcome="bad")
    figure = figures.swap_rates(found.by.filter(column="county"), label="county")
    entering = next(trace for trace in figure.data if trace.name == "enter")
    rows = found.by.filter(pl.col("set") == "swap_in", pl.col("bad_rate").is_not_null())
    assert list(entering.x) == rows["bad_rate"].to_list()
    assert list(entering.y) == ["莲都区", "遂昌县"]
    assert all(value >= 0 for value in entering.error_x.array)


def test_prices_are_drawn_as_they_are() -> None:
    table = RateTable((400, 700, 1000), {"A": (0, 300_000, 700_000), "B": (0, 200_000, 500_000)})
    shown = curve(table, TERMS, {"A": 2_000, "B": 30_000})
    figure = pricing.price_curves(shown)
    names = [trace.name for trace in figure.data if trace.mode == "lines"]
    best = dict(shown.filter("best").select("grade", "rate_bp").iter_rows())
    assert names == [f"grade {grade}: {rate / 10_000:.2%}" for grade, rate in best.items()]
    firms = pl.DataFrame({"grade": ["A", "B", "B", "D"], "pd_ppm": [2_000, 30_000, 30_000, 1]})
    rules = Conditions(budget_fen=150_000_000)
    grades = price(firms, table, TERMS, conditions=rules).by_grade()
    offered, drawn = pricing.price_by_grade(grades).data
    assert sum(offered.y) == pytest.approx(1.5)  # million yuan
    assert "no line" in offered.x[-1]
    assert all(a <= b for a, b in zip(drawn.y, offered.y, strict=True))


def test_exposure_and_its_change_are_drawn_as_they_are() -> None:
    frame = pl.DataFrame({"county": ["莲都区", "遂昌县"], "line_fen": [10**9, 4 * 10**9]})
    before = exposure(frame)
    after = exposure(frame.with_columns(pl.col("line_fen") * pl.Series([2, 1])))
    lines, drawn = pricing.exposure_bars(before).data
    assert list(lines.y) == ["遂昌县", "莲都区"]
    assert list(lines.x) == [40.0, 10.0]
    assert list(drawn.x) == [23.4, 5.85]
    (bars,) = pricing.exposure_change_bars(exposure_change(before, after)).data
    assert list(bars.x) == [10.0, 0.0]
    assert list(bars.text) == ["+10.0", "0.00"]


def test_a_tornado_starts_every_bar_at_the_profit_without_a_shock() -> None:
    shocks = {
        "x 9": Shock(bad_odds=9),
        "x 1.1": Shock(bad_odds=1.1),
        "cheap": Shock(funding_bp=-99),
    }
    table = one_at_a_time(book(loans()), 560, TERMS, shocks)
    (bars,) = stressed.tornado(table).data
    rows = {row["shock"]: row for row in table.iter_rows(named=True)}
    money = unit(table["profit_fen"])
    assert bars.base == pytest.approx(rows[None]["profit_fen"] / money.fen)
    widths = [abs(width) for width in bars.x]
    assert widths == sorted(widths, reverse=True)
    for name, width in zip(bars.y, bars.x, strict=True):
        assert bars.base + width == pytest.approx(rows[name]["profit_fen"] / money.fen)
    hatched = dict(zip(bars.y, bars.marker.pattern.shape, strict=True))
    assert hatched == {name: "/" if rows[name]["loses_money"] else "" for name in bars.y}
    assert hatched["x 9"] == "/"


def test_the_distribution_tells_how_often_the_policy_loses_money() -> None:
    found = jointly(book(loans()), 560, TERMS, Shock(bad_odds=2), draws=500)
    figure = stressed.profit_distribution(found)
    assert f"{found.loss.value:.1%}" in figure.layout.title.text
    money = unit(found.frame["profit_fen"])
    assert list(figure.data[0].x) == pytest.approx(
        (found.frame["profit_fen"] / money.fen).to_list()
    )
    mean = next(trace for trace in figure.data if trace.name == "mean")
    assert mean.x[0] == pytest.approx(found.mean_fen / money.fen)


def test_rates_and_gaps_of_groups_carry_their_intervals() -> None:
    table = affected(book(loans(), groups=["county"]), 600)
    figure = people.group_rates(table, "county")
    for column, trace in zip(("approval", "opportunity", "bad_rate"), figure.data, strict=True):
        assert list(trace.x) == table[column].to_list()
        tops = [x + up for x, up in zip(trace.x, trace.error_x.array, strict=True)]
        assert tops == pytest.approx(table[f"{column}_high"].to_list())
    gaps = people.group_rates(table, "county", gaps=True)
    reference = table.filter(note="reference")["group"][0]
    assert reference in gaps.layout.title.text
    assert list(gaps.data[0].x) == table["approval_gap"].to_list()


def test_the_frontier_is_drawn_as_it_is_with_the_policy_in_question() -> None:
    table = frontier(book(loans(), groups=["county"]), TERMS, "county")
    figure = people.frontier(table, "county", chosen=(0.2, 10_000_000))
    line, mark = figure.data
    money = unit([*table["profit_fen"], 10_000_000])
    assert list(line.x) == table["largest_gap"].to_list()
    assert list(line.y) == money.of(table["profit_fen"])
    assert (mark.x[0], mark.y[0]) == (0.2, money.of([10_000_000])[0])
    assert str(table["cut_off"][-1]) in line.hovertext[-1]
    assert "nobody" in people.frontier(table.head(1), "county").data[0].hovertext[0]


@pytest.mark.parametrize(("lang", "word"), [("en", "SYNTHETIC DATA"), ("zh", "合成数据")])
def test_titles_speak_the_language_in_use_and_say_synthetic_first(lang: str, word: str) -> None:
    set_language(lang)
    swept = sweep(book(loans()), TERMS, repeats=0)
    table = swap(loans(), cut(600), cut(590), outcome="bad").table
    lines = exposure(loans(), line="amount_fen")
    shocks = one_at_a_time(book(loans()), 560, TERMS, {"x 2": Shock(bad_odds=2)})
    together = jointly(book(loans()), 560, TERMS, Shock(bad_odds=2), draws=200)
    for draw, frame in (
        (figures.trade_off, swept),
        (figures.profit_curve, swept),
        (figures.rates_by_cut_off, swept),
        (figures.swap_waterfall, table),
        (figures.swap_rates, table),
        (stressed.tornado, shocks),
        (stressed.profit_distribution, together),
        (pricing.exposure_bars, lines),
        (pricing.exposure_change_bars, exposure_change(lines, lines)),
    ):
        assert draw(frame, synthetic=True).layout.title.text.startswith(f"<b>{word}")
        assert word not in draw(frame).layout.title.text
    held = book(loans(), groups=["county"])
    rates = people.group_rates(affected(held, 600), "county", synthetic=True)
    edge = people.frontier(frontier(held, TERMS, "county"), "county", synthetic=True)
    assert all(figure.layout.title.text.startswith(f"<b>{word}") for figure in (rates, edge))


def test_amounts_are_told_in_a_unit_that_reads_well() -> None:
    assert unit([123]).name == "yuan"
    assert unit([]).name == "yuan"
    assert unit([2_000_000]).said(2_000_000) == "20.0"
    assert unit([200_000_000_000], Bilingual("New Taiwan dollars", "新台币元")).name == (
        "billion New Taiwan dollars"
    )
    set_language("zh")
    assert unit([200_000_000_000], Bilingual("New Taiwan dollars", "新台币元")).name == "亿新台币元"
    assert unit([123]).name == "元"
    assert unit([None, 50_000_000]).of([None, 50_000_000]) == [None, 50.0]
