"""The laboratory of cut-offs against plain counting, and what its file may not be."""

from pathlib import Path

import polars as pl
import pytest

from lishui_credit.cutoffs.laboratory import read_laboratory
from lishui_credit.cutoffs.sweeps import sweep
from lishui_credit.errors import CreditError, PolicyError, SubjectError
from lishui_credit.language import Bilingual
from lishui_credit.policies.policy import Segment
from lishui_credit.policies.policy_file import parse, to_toml
from lishui_credit.pricing.terms import Terms
from tests.laboratories import TOML, loans, policy, put


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put(tmp_path)
    return tmp_path


@pytest.fixture
def found(folder):
    return read_laboratory(folder / "laboratory.toml")


def test_a_laboratory_holds_the_loans_of_its_file(found):
    assert found.book.rows == 200
    assert found.synthetic
    assert found.cut_off == 520
    assert found.terms == Terms(800, 300)
    assert found.groups == ("sex",)
    assert found.currency == Bilingual("yuan", "元")


def test_both_cut_offs_are_counted_as_a_person_would(found):
    terms = found.on_terms(rate_bp=1000, lgd_bp=6000)
    rows = {row["what"]: row for row in found.compared(terms, 560, repeats=20).rows(named=True)}
    for what, cut in (("in force", 520), ("tried", 560)):
        lent = loans().filter(pl.col("score") >= cut)
        bads = int(lent["bad"].sum())
        gain, loss = terms.gain(1_000_000), terms.loss(1_000_000)
        assert rows[what]["approved"] == lent.height
        assert rows[what]["bads"] == bads
        assert rows[what]["profit_fen"] == (lent.height - bads) * gain - bads * loss
        assert rows[what]["profit_fen_low"] <= rows[what]["profit_fen_high"]
    assert "short_of_best_fen" not in rows["tried"]


def test_the_cut_off_in_force_may_be_the_one_that_is_tried(found):
    both = found.compared(found.terms, 520, repeats=0)
    assert both["what"].to_list() == ["in force", "tried"]
    assert both["approved"].to_list() == [180, 180]


def test_cut_offs_to_try_rise_and_hold_the_one_in_force(found):
    few = sweep(found.book, found.terms, cut_offs=7, repeats=0)
    cuts = found.cut_offs(few)
    assert cuts == sorted(cuts)
    assert 520 in cuts
    assert found.cut_offs(found.swept(found.terms, repeats=0)) == list(range(500, 700))


def test_a_draft_is_the_policy_in_force_without_its_approval(found):
    draft = found.draft(560, terms=found.on_terms(rate_bp=999))
    assert draft.cut_off == 560
    assert draft.score == found.policy.score
    assert draft.approved_by == ""
    assert found.sha256 in draft.evidence
    assert "rate_bp 999" in draft.evidence
    assert "SYNTHETIC" in draft.evidence
    assert parse(to_toml(draft)) == draft
    referring = found.draft(560, 540)
    assert (referring.kind, referring.approve_at_least, referring.refer_at_least) == (
        "refer",
        560,
        540,
    )


def test_a_draft_whose_cut_offs_are_out_of_order_is_refused(found):
    with pytest.raises(PolicyError):
        found.draft(540, 560)


def test_who_leaves_is_counted_by_area_and_group(found):
    swap = found.swapped(found.draft(560))
    out = swap.table.filter(pl.col("set") == "swap_out").row(0, named=True)
    assert (out["applicants"], out["bads"]) == (40, 8)
    by = swap.by.filter((pl.col("set") == "swap_out") & (pl.col("column") == "sex"))
    assert dict(by.select("group", "applicants").rows()) == {"女": 40, "男": 0}


def test_who_is_affected_is_measured_by_group(found):
    rows = {row["group"]: row for row in found.affected(found.draft(560), "sex").rows(named=True)}
    assert rows["女"]["old"] == pytest.approx(0.8)
    assert rows["女"]["new"] == pytest.approx(0.4)
    assert rows["女"]["change"] == pytest.approx(-0.4)
    assert rows["女"]["ratio"] == pytest.approx(0.4)
    assert rows["女"]["below_four_fifths"] is True
    assert (rows["男"]["old"], rows["男"]["new"], rows["男"]["below_four_fifths"]) == (1, 1, False)
    assert rows["女"]["old_low"] < 0.8 < rows["女"]["old_high"]
    goods = loans().filter((pl.col("sex") == "女") & (pl.col("bad") == 0))
    refused = goods.filter(pl.col("score") < 560).height / goods.height
    assert rows["女"]["goods_refused_new"] == pytest.approx(refused)


def test_groups_too_small_get_no_figure(found):
    few = found.affected(found.draft(560), "sex", min_rows=150)
    assert few["old"].null_count() == 2
    assert few["needed"].to_list() == [150, 150]
    assert few["subjects"].sum() == 200


def test_groups_are_crossed_with_areas(found):
    table = found.affected(found.draft(560), "sex*county", min_rows=1)
    wanted = (
        loans().group_by("sex", "county").agg(rows=pl.len(), kept=(pl.col("score") >= 560).mean())
    )
    assert dict(table.select("group", "new").rows()) == pytest.approx(
        {f"{row['sex']} × {row['county']}": row["kept"] for row in wanted.iter_rows(named=True)}
    )
    with pytest.raises(SubjectError, match="amount_fen"):
        found.affected(found.draft(560), "sex*amount_fen")


def test_nothing_is_measured_by_another_column(found):
    with pytest.raises(SubjectError, match="amount_fen"):
        found.affected(found.draft(560), "amount_fen")


def test_a_policy_of_segments_has_no_single_cut_off(folder):
    parts = policy(
        kind="segments",
        cut_off=600,
        segments=(Segment(where={"county": "甲县"}, cut_off=540),),
    )
    (folder / "policy.toml").write_text(to_toml(parts), encoding="utf-8")
    found = read_laboratory(folder / "laboratory.toml")
    assert found.cut_off is None
    assert found.compared(found.terms, 560, repeats=0)["what"].to_list() == ["tried"]
    old = loans().filter(
        pl.col("score") >= pl.when(pl.col("county") == "甲县").then(540).otherwise(600)
    )
    rows = found.affected(found.draft(560), "county")
    for county, rate in rows.select("group", "old").rows():
        assert rate == pytest.approx(old.filter(pl.col("county") == county).height / 100)


def test_every_mistake_of_the_file_is_told_at_once(folder):
    path = folder / "laboratory.toml"
    path.write_text(
        'title_zh = 3\nloans = "loans.csv"\ncolour = "x"\ncurrency = ["yuan"]\n'
        "[terms]\nrate_bp = 800\nrat_bp = 1\n",
        encoding="utf-8",
    )
    with pytest.raises(SubjectError) as caught:
        read_laboratory(path)
    told = str(caught.value)
    for word in ("title_zh", "policy", "colour", "currency", "funding_bp", "7 terms: unknown key"):
        assert word in told


@pytest.mark.parametrize("text", ["[", "title_zh = ", "\x00"])
def test_a_file_that_is_no_toml_is_refused(folder, text):
    (folder / "laboratory.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SubjectError):
        read_laboratory(folder / "laboratory.toml")


@pytest.mark.parametrize("lost", ["laboratory.toml", "policy.toml", "loans.csv"])
def test_an_absent_file_is_named(folder, lost):
    (folder / lost).unlink()
    with pytest.raises(CreditError, match=lost):
        read_laboratory(folder / "laboratory.toml")


def test_terms_no_loan_can_have_are_refused(folder):
    path = folder / "laboratory.toml"
    path.write_text(TOML.replace("rate_bp = 800", 'rate_bp = "8 %"'), encoding="utf-8")
    with pytest.raises(SubjectError, match="rate_bp"):
        read_laboratory(path)
