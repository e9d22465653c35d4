"""Where every row can be read: its document, its copy, the day somebody last looked."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from lishui_credit.errors import RubricError
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.links import cited, document_of, links, shares
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.rubrics.law.rule_hash import names_rules_of

READ = date(2026, 11, 30)
LAW = Path(catalog.__file__).parent
EDITIONS = [catalog.load(entry.path) for entry in catalog.entries()]


@pytest.mark.parametrize("rubric", EDITIONS, ids=lambda r: f"{r.name}@{r.edition}")
def test_every_row_is_linked_or_said_to_be_unseen(rubric: Rubric) -> None:
    found = links(rubric)
    assert [row.id for row in found if row.state == "untold"] == []
    told = shares(found, READ)
    assert told.rows == told.cited == told.linked + told.unseen
    assert told.fresh == told.linked
    assert all(row.document.issuer and row.row.clause for row in found)


def test_every_kind_of_row_is_looked_at() -> None:
    parts = {str(loc[0]) for rubric in EDITIONS for loc, _ in cited(rubric)}
    assert parts == {
        *("grades", "indicators", "overrides", "repairs", "dimensions", "amounts"),
        *("start", "adjustment", "cycle", "bases"),
    }
    tax = catalog.rubric("tax-credit@2025-07-01")
    start = [loc for loc, _ in cited(tax) if loc[0] == "start"]
    assert start == [
        ("start", "rows", 0),
        ("start", "rows", 1),
        ("start", "rows", 2),
        ("start", "bonus"),
    ]


def test_a_row_has_its_own_copy_or_that_of_its_document() -> None:
    rubric = catalog.rubric("tax-credit@2022-01-01")
    found = {row.id: row for row in links(rubric)}
    assert found["r030105"].url == rubric.indicator("r030105").url
    assert found["r030105"].document.number == "国家税务总局公告2014年第48号"
    assert found["m_new"].url == found["m_new"].document.url
    assert found["m_new"].document.number == "国家税务总局公告2018年第8号"
    assert (found["r010201"].state, found["r010201"].url) == ("unseen", None)
    national = {row.id: row for row in links(catalog.rubric("environment-credit@2014-03-01"))}
    assert national["noise"].state == "unlinked"
    assert national["noise"].cut == "ends in row 5"


def test_rows_of_a_base_keep_their_document_under_the_source_of_an_overlay() -> None:
    found = {row.id: row for row in links(catalog.rubric("environment-credit/qingdao"))}
    assert found["green"].document.issuer == "青岛市环境保护局"
    assert found["green"].url == found["green"].document.url
    assert found["hidden_pipe"].document.number == "环发〔2013〕150号"
    assert found["blue"].document.title_zh == "2015年度市级企业环境信用评价结果公示"


@pytest.mark.parametrize(
    ("day", "fresh"),
    [("2026-11-28", False), ("2026-11-29", True), ("2027-11-29", True), ("2027-11-30", False)],
)
def test_a_copy_is_fresh_for_a_year(day: str, fresh: bool) -> None:
    row = links(catalog.rubric("credit-village/db33-t2249.2"))[0]
    assert row.read_on == date(2026, 11, 29)
    assert row.fresh(date.fromisoformat(day)) is fresh


OVERLAY = """
format = 1
overlay_of = "credit-village/db33-t2249.2@2020-01-01"

[[documents]]
id = "annex"
issuer = "浙江省市场监督管理局"
title_zh = "附录B"
issued = 2020-01-02
{annex}

[[grades]]
id = "city"
clause = "附录B"
evidence = "{evidence}"
{row}
"""


def over(tmp_path: Path, *, annex: str = "", row: str = "", evidence: str = "official") -> Rubric:
    path = tmp_path / "annex.toml"
    path.write_text(OVERLAY.format(annex=annex, row=row, evidence=evidence), encoding="utf-8")
    return catalog.rubric("credit-village/db33-t2249.2@2020-01-01", overlay=path)


def test_a_row_cited_anew_leaves_the_copy_of_the_old_one(tmp_path: Path) -> None:
    city = over(tmp_path, row='document = "annex"').grades[0]
    assert (city.document, city.url, city.cut) == ("annex", None, "")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"row": 'document = "anex"'}, "no such document .*anex.*annex"),
        ({"row": 'url = "www.zj.gov.cn"\nread_on = 2026-11-30'}, "not the address of a page"),
        ({"row": 'url = "https://zj.gov.cn/a b"\nread_on = 2026-11-30'}, "not the address"),
        ({"row": 'url = "https://zj.gov.cn/"'}, "needs read_on"),
        ({"annex": 'url = "ftp://zj.gov.cn/"\nread_on = 2026-11-30'}, "not the address"),
        ({"annex": "read_on = 2020-01-01"}, "read before the document was issued"),
        ({"row": 'document = "annex"\nread_on = 2020-01-01'}, "read before"),
        ({"annex": 'url = "https://zj.gov.cn/"\nread_on = 2026-11-30\nunlinked = "no"'}, "exclude"),
        (
            {"row": 'url = "https://zj.gov.cn/"\nread_on = 2026-11-30', "evidence": "memory"},
            "was not seen",
        ),
        ({"row": 'read_on = "today"'}, "read_on"),
    ],
)
def test_a_bad_address_or_day_is_told_at_its_line(
    tmp_path: Path, given: dict[str, str], message: str
) -> None:
    with pytest.raises(RubricError, match=message) as told:
        over(tmp_path, **given)
    assert "annex.toml:" in str(told.value)


def test_the_hash_of_an_edition_is_of_its_rules_alone(tmp_path: Path) -> None:
    base = catalog.rubric("credit-village/db33-t2249.2@2020-01-01")
    words = over(tmp_path, row='document = "annex"\nlabel_en = "town"', evidence="copy")
    assert words != base
    assert words.sha256 == base.sha256
    assert over(tmp_path, row="at_least = 1", evidence="copy").sha256 != base.sha256
    assert document_of(words, words.grades[0]) == replace(words.documents[0])


def test_files_of_earlier_code_name_editions_whose_rules_are_those_of_now() -> None:
    told = tomllib.loads((LAW / "earlier_hashes.toml").read_text("utf-8"))
    for name, hashes in told.items():
        found = catalog.rubric(name)
        assert all(names_rules_of(one, found) for one in hashes)
        assert not names_rules_of(hashes[0][::-1], found)
        assert not any(names_rules_of(one, replace(found, overlays=("own",))) for one in hashes)
    assert len({one for hashes in told.values() for one in hashes}) == len(told)
