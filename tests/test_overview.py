"""The overview: its verdict, the order of its rows, what each row tells, and the table it is drawn as."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from xml.etree import ElementTree

import polars as pl
import pytest

from lishui_credit.language import language, set_language, spoken
from lishui_credit.plan.definitions import ATTRIBUTES, BASE, indicators
from lishui_credit.plan.divisions import CITY, areas, counties, division
from lishui_credit.plan.labels import interval_printed
from lishui_credit.plan.overview import (
    OverviewRow,
    counties_said,
    gap_said,
    overview,
    since_said,
    turned,
    unknown_said,
    verdict,
)
from lishui_credit.plan.overview_table import overview_html, table
from lishui_credit.plan.sentences import printed
from lishui_credit.plan.standings import progress, verdicts
from lishui_credit.plan.status import STATUSES
from lishui_credit.samples.plan_observations import plan_observations

DAYS = [date(2016, 3, 31), date(2017, 9, 30), date(2018, 12, 31), date(2020, 12, 31)]


@pytest.fixture(scope="module")
def sample() -> pl.DataFrame:
    return plan_observations()


@pytest.fixture(autouse=True)
def _language() -> Iterator[None]:
    set_language("en")
    yield
    set_language(None)


def made(at: date, adcode: str = CITY) -> tuple[OverviewRow, ...]:
    return overview(*judged(at, language()), at, adcode)


def of(seen: pl.DataFrame, at: date) -> tuple[OverviewRow, ...]:
    """The overview of other observations."""
    return overview(progress(seen, at), verdicts(seen, at), at)


@cache
def judged(at: date, lang: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Progress and verdicts of a day, which every area is read from; notes are in a language."""
    seen = plan_observations()
    return progress(seen, at), verdicts(seen, at)


@pytest.mark.parametrize("at", DAYS)
def test_the_last_verdict_of_an_observation_is_its_status_in_the_progress(
    sample: pl.DataFrame, at: date
) -> None:
    last = verdicts(sample, at).sort("period").group_by("indicator", "adcode").last()
    now = progress(sample, at).filter(pl.col("status") != "no_data")
    both = now.join(last, on=["indicator", "adcode"], how="full", suffix="_seen")
    assert both.height == now.height
    assert both.filter(pl.col("status").ne_missing(pl.col("status_seen"))).is_empty()
    assert both.filter(pl.col("period").ne_missing(pl.col("period_seen"))).is_empty()


@pytest.mark.parametrize("at", DAYS)
def test_a_verdict_does_not_depend_on_the_day_of_asking(sample: pl.DataFrame, at: date) -> None:
    every = verdicts(sample, date.max)
    assert every.filter(pl.col("period") <= at).equals(verdicts(sample, at))


@pytest.mark.parametrize("at", DAYS)
def test_a_run_off_the_path_begins_at_the_first_of_its_verdicts(
    sample: pl.DataFrame, at: date
) -> None:
    seen = verdicts(sample, at).sort("period")
    unknown = {"cannot_tell", "no_baseline", "no_data"}
    for found in progress(sample, at).iter_rows(named=True):
        mine = seen.filter(indicator=found["indicator"], adcode=found["adcode"])
        run = []
        for period, status in reversed(mine.select("period", "status").rows()):
            if STATUSES[status].off:
                run.append(period)
            elif status not in unknown or not run:
                break
        assert found["off_path_since"] == (run[-1] if run else None)


def test_rows_stand_by_attribute_and_inside_it_the_worst_first() -> None:
    kinds, ranks = list(ATTRIBUTES), list(STATUSES)
    for at in DAYS:
        for area in areas():
            rows = made(at, area.adcode)
            assert {row.row.key for row in rows} == set(indicators())
            order = [(kinds.index(r.row.attribute), ranks.index(r.state.id)) for r in rows]
            assert order == sorted(order)


def test_a_quarter_has_the_status_last_observed_by_its_end(sample: pl.DataFrame) -> None:
    at = date(2018, 12, 31)
    seen = verdicts(sample, at).filter(adcode=CITY)
    for row in made(at):
        assert len(row.quarters) == 12
        assert row.quarters[-1] == (at, row.state.id)
        for day, status in row.quarters:
            before = seen.filter(pl.col("indicator") == row.row.key, pl.col("period") <= day)
            last = before.sort("period")["status"].to_list()[-1:] or ["no_data"]
            assert status == last[0]


@pytest.mark.parametrize(
    ("lang", "headline", "below"),
    [
        ("zh", "十二项指标中2项偏离进度：黑名单覆盖率、信用服务业收入",
         "截至2018年12月31日；另有2项接近进度、3项暂不能判定、5项符合或超前。"),
        ("en", "2 of 12 indicators are off the path: Blacklist coverage, Service revenue",
         "As of 31 December 2018: 2 near their paths, 3 cannot be told, 5 on the path or ahead."),
    ],
)  # fmt: skip
def test_the_headline_is_the_verdict(lang: str, headline: str, below: str) -> None:
    set_language("zh" if lang == "zh" else "en")
    at = date(2018, 12, 31)
    told = verdict(made(at), at)
    assert (str(told), told.below) == (headline, below)


def test_a_verdict_counts_every_indicator_once_in_both_languages() -> None:
    for lang in ("zh", "en"):
        set_language(lang)
        for at in DAYS:
            for area in areas():
                rows = made(at, area.adcode)
                told = verdict(rows, at, area.adcode)
                off = sum(row.state.off for row in rows)
                below = told.below.replace(str(at.year), "").replace(str(at.day), "")
                numbers = re.findall(
                    r"\d+", told.below.split("：" if lang == "zh" else ": ")[-1].split("；")[-1]
                )
                assert off + sum(map(int, numbers)) == 12, (told, below)
                assert (str(off) in told.news) == bool(off)
                named = [row.row.short for row in rows if row.state.off]
                assert all(name in told.named for name in named)
                assert (area.name in told.lead) == (area.adcode != CITY)


def test_nothing_observed_is_no_good_news() -> None:
    nothing = pl.DataFrame(schema={"indicator": pl.String, "adcode": pl.String, "period": pl.Date,
                                   "frequency": pl.String, "value": pl.Float64})  # fmt: skip
    at = date(2018, 12, 31)
    told = verdict(of(nothing, at), at)
    assert str(told) == "No indicator can be judged yet"
    assert "12 cannot be told" in told.below


def test_a_gap_is_never_rounded_to_none() -> None:
    for at in DAYS:
        for area in areas():
            for row in made(at, area.adcode):
                gap, said = row.found["gap"], gap_said(row)
                if not gap or (row.row.unit != "percent" and not row.found["path"]):
                    continue
                number = float(re.sub("[^0-9.]", "", said))
                assert number > 0
                assert said[0] == ("−" if gap < 0 else "+")


def test_counties_off_their_paths_are_all_named_or_all_others_are() -> None:
    for at in DAYS:
        for row in made(at):
            said, named = counties_said(row)
            off = {code for code, status in row.counties if STATUSES[status].off}
            everyone = {area.adcode for area in counties()}
            if "but not" in said:
                assert everyone - set(named) == off
            elif named:
                assert set(named) == off
            else:
                assert (said == "all nine off") == (off == everyone)
                unknown = {"cannot_tell", "no_baseline", "no_data"}
                judged = sum(status not in unknown for _, status in row.counties)
                assert (said == "none off") == (not off and judged == 9)
                assert (f"{judged} judged, none off" == said) == (not off and 0 < judged < 9)
                assert off in (set(), everyone)


def test_since_when_counts_the_observations_off() -> None:
    rows = {row.row.key: row for row in made(date(2018, 12, 31))}
    assert since_said(rows["blacklist_coverage"]) == (
        "again since Dec 2018",
        "9 of 12 quarters off",
    )
    assert since_said(rows["service_revenue"]) == (
        "since Dec 2016",
        "3 of 3 years off",
    )
    assert since_said(rows["query_volume"]) == ("", "")


def test_what_cannot_be_judged_says_why() -> None:
    unknown = {"cannot_tell", "no_baseline", "no_data"}
    for at in DAYS:
        for area in areas():
            for row in made(at, area.adcode):
                assert bool(unknown_said(row)) == (row.state.id in unknown)
    rows = {row.row.key: row for row in made(date(2018, 12, 31))}
    government = rows["satisfaction_government"]
    reach = interval_printed(government.row, government.found["low"], government.found["high"])
    assert unknown_said(government) == f"interval {reach} holds what is due"
    assert unknown_said(rows["satisfaction_judicial"]) == "no 2015 value to start from"


def test_an_indicator_of_a_few_counties_or_of_none_says_so() -> None:
    at = date(2016, 12, 31)
    kinds = {"indicator": pl.String, "adcode": pl.String, "period": pl.Date, "frequency": pl.String, "value": pl.Float64}  # fmt: skip
    seen = [("website_rate", "331102", day, "quarter", 50.0) for day in (BASE, at)]
    rows = {row.row.key: row for row in of(pl.DataFrame(seen, kinds, orient="row"), at)}
    assert unknown_said(rows["website_rate"]) == "values of 1 of 9 counties only"
    assert unknown_said(rows["query_volume"]) == "nothing observed since 2015"
    assert counties_said(rows["query_volume"]) == ("none can be judged", ())


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_square_of_a_county_has_a_letter_of_its_own_and_every_bar_its_target(
    lang: str,
) -> None:
    set_language(lang)
    at = date(2018, 12, 31)
    rows = made(at)
    root = ElementTree.fromstring(table(rows, "c", lambda page, **_: page))
    body = [line for line in root.iter("tr") if "i" in (line.get("class") or "").split()]
    letters = [area.letter for area in counties()]
    assert len(set(letters)) == 9
    for row, line in zip(rows, body, strict=True):
        squares = [cell.text for cell in line.iter("i") if cell.text in letters]
        assert squares == letters
        bar = next(cell for cell in line.iter("td") if cell.get("class") == "x")
        assert spoken(printed(row.row, row.found["target"])) in "".join(bar.itertext())


def test_only_a_change_of_status_is_told_worse_first(sample: pl.DataFrame) -> None:
    before, now = progress(sample, date(2018, 9, 30)), progress(sample, date(2018, 12, 31))
    said = turned(before, now)
    assert len(said) == 2
    assert "(worse)" in said[0]
    assert turned(now, now) == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_table_is_sound_markup_and_every_link_tells_where_it_goes(lang: str) -> None:
    set_language(lang)
    at = date(2018, 12, 31)
    rows = made(at)

    def href(page: str, **query: str) -> str:
        return f"{page}?" + "&".join(f"{k}={v}" for k, v in query.items())

    drawn = table(rows, 'A <b>"caption"</b>', href)
    root = ElementTree.fromstring(drawn)
    body = [line for line in root.iter("tr") if "i" in (line.get("class") or "").split()]
    assert len(body) == 12
    for row, line in zip(rows, body, strict=True):
        assert ("off" in str(line.get("class")).split()) == row.state.off
        links = [(link.get("href"), "".join(link.itertext()) + (link.get("aria-label") or ""))
                 for link in line.iter("a")]  # fmt: skip
        assert all(f"indicator={row.row.key}" in str(to) for to, _ in links)
        assert all(text.strip() for _, text in links)
        _, named = counties_said(row)
        assert {f"area={code}" in str(to) for code in named for to, _ in links} <= {True, False}
        for code in named:
            assert [to for to, _ in links if f"area={code}" in str(to)]
        squares = [
            cell for cell in line.iter("i") if division("331102").name in (cell.get("title") or "")
        ]
        assert len(squares) == 1
    whole = overview_html(rows, "c", href, at, ["<script>1</script>"])
    assert "<script" not in whole
