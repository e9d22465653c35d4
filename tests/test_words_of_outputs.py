"""What leaves for a reader is in one language: English without Chinese, Chinese in the marks of print."""

from __future__ import annotations

import html
import re
from pathlib import Path

import polars as pl
import pytest

from lishui_credit.commands.cli import main
from lishui_credit.language import set_language, spoken
from lishui_credit.plan.definitions import indicators
from lishui_credit.plan.evaluation.evaluation_page import page as plan_page
from lishui_credit.plan.evaluation.mid_term import mid_term
from lishui_credit.rubrics.law import catalog
from lishui_credit.samples.plan_observations import plan_observations
from lishui_credit.scorecards.cards.card_file import load
from lishui_credit.scorecards.cards.card_tables import named
from lishui_credit.scorecards.cards.model_card import model_card
from lishui_credit.validation.report import validation_page
from lishui_credit.validation.report.stored import read_validation
from tests.dashboard import built

pytest.importorskip("duckdb")  # of the board

DATA = Path(__file__).parent.parent / "data_samples"
CHINESE = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
HALF = re.compile(r"[\u3400-\u9fff][,:;?!()]|[,:;?!()][\u3400-\u9fff]|\d %")
OUTPUTS = (
    "plan report",
    "model card",
    "validation",
    "explain",
    "explain tax",
    "history",
    "areas",
    "status",
)

# Printed by the law or the plan: titles, clauses, numbers of documents, names of indicators.
EDITIONS = [catalog.load(entry.path) for entry in catalog.entries()]
CITED = {
    *(row.clause for rubric in EDITIONS for row in (*rubric.indicators, *rubric.overrides)),
    *(str(rubric.source) for rubric in EDITIONS),
    *(text for row in indicators().values() for text in (row.as_printed, row.target.as_printed)),
}
SHAPES = re.compile(
    r"[一二三四五六七八九]\([一二三四五六七八九]\)\d?|\S*〔\d{4}〕\S*号|\d{4}年第\d+号\S*|SYNTHETIC DATA 合成数据"
)
# Written by who made the data or the model: names, reasons, titles, paths of places.
WRITTEN = re.compile(
    r"合成录入员乙|原报数多写一位|合成农户贷款评分卡(?:[:：]3 折折外验证)?|十二个月内违约|信息值 [\d.]+ 低于 [\d.]+|^ *\S+/合成乡镇\S+:"
)


def words(page: str) -> str:
    """The texts of an HTML page, one a line."""
    inside = re.sub("<style.*?</style>", "", page, flags=re.DOTALL)
    return "\n".join(html.unescape(text) for text in re.findall(">([^<]+)<", inside))


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Graded files that the outputs explain."""
    folder = tmp_path_factory.mktemp("graded")
    households = ["grade", "farmer-household", DATA / "households.csv", "--on", "2016-06-30"]
    bases = ["--bases", DATA / "county_bases.csv", "--labels", "lishui"]
    runs = [[*households, *bases, "-o", folder / "h.parquet"]]
    for year in ("2018", "2019"):
        taxes = ["grade", "tax-credit", DATA / "enterprises.xlsx", "--events", DATA / "events.csv"]
        runs.append([*taxes, "--period", year, "-o", folder / f"{year}.csv"])
    for run in runs:
        assert main([*map(str, run), "--lang", "en"]) == 0
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return next(built(tmp_path_factory).glob("models/**/scorecard.json")).parent


@pytest.fixture
def told(
    output: str, lang: str, graded: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> str:
    """An output in a language, as lines."""
    set_language(lang)
    household = pl.read_parquet(graded / "h.parquet")["household_id"][0]
    firm = pl.read_csv(graded / "2018.csv", infer_schema=False)["uscc"][0].strip()
    runs = {
        "explain": ["explain", graded / "h.parquet", household],
        "explain tax": ["explain", graded / "2018.csv", firm],
        "history": ["history", firm, graded / "2018.csv", graded / "2019.csv"],
        "areas": [
            "areas",
            graded / "h.parquet",
            "--loans",
            DATA / "village_loans.csv",
            "-o",
            graded / "a.csv",
        ],
        "status": ["plan", "status", "--at", "2018-06-30"],
    }
    capsys.readouterr()
    if output in runs:
        assert main([*map(str, runs[output]), "--lang", lang]) == 0
        said = "\n".join(capsys.readouterr())
    elif output == "plan report":
        said = words(plan_page(mid_term(plan_observations())))
    elif output == "model card":
        said = model_card(named(load(model)))
    else:
        said = ""
        for path in (model / "development.json", model / "later.json"):
            found = read_validation(path)
            said += words(validation_page.page(found)) + spoken(str(found))
    set_language(None)
    assert len(said) > 200
    return said


every_output = pytest.mark.parametrize("output", OUTPUTS)


@every_output
@pytest.mark.parametrize("lang", ["en"])
def test_english_has_no_chinese_that_has_an_english_form(told: str, output: str, lang: str) -> None:
    for text in sorted(CITED, key=len, reverse=True):
        told = told.replace(text, "")
    left = [SHAPES.sub("", WRITTEN.sub("", line)) for line in told.splitlines()]
    assert [line for line in left if CHINESE.search(line)] == []


@every_output
@pytest.mark.parametrize("lang", ["zh"])
def test_chinese_is_set_in_the_marks_of_print(told: str, output: str, lang: str) -> None:
    given = re.compile("“[^”]*”|`[^`]*`")
    assert [line for line in told.splitlines() if HALF.search(given.sub("", line))] == []
