"""The report: refusals all at once, figures equal their functions, JSON without NaN, one page."""

import html
import json
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from lishui_credit.errors import SubjectError
from lishui_credit.figures import validation as figures
from lishui_credit.language import set_language
from lishui_credit.validation import ValidationSettings, auc, ece, ks, validate
from lishui_credit.validation.report.charts import drawing

QUICK = ValidationSettings(repeats=20)


def _everything(n=1500, seed=0, **more):
    """Synthetic subjects with all a report can take."""
    rng = np.random.default_rng(seed)
    z = rng.normal(-1.5, 1, n)
    pd = 1 / (1 + np.exp(-z))
    y = (rng.random(n) < pd).astype(int)
    names = np.array(["A", "B", "C"])
    features = pl.DataFrame({"income": rng.normal(size=n), "village": rng.choice(["甲", "乙"], n)})
    given = {
        "score": np.round(600 - 30 * z),
        "pd": pd,
        "features": features,
        "reference": features.with_columns(pl.col("income") + 1),
        "reference_score": np.round(600 - 30 * rng.normal(-1.5, 1, n)),
        "grades": names[np.digitize(pd, [0.1, 0.3])],
        "initial_grades": rng.choice(names, n),
        "groups": {"county": np.where(np.arange(n) < 20, "庆元", rng.choice(["莲都", "龙泉"], n))},
        "periods": rng.choice(["2023", "2024"], n),
        "settings": ValidationSettings(cut_off=620, initial_auc=0.8, correlation=0.05, repeats=30),
        "synthetic": True,
        "title": "test",
    }
    return y, {**given, **more}


@pytest.fixture(scope="module")
def whole():
    y, given = _everything()
    return validate(y, **given)


def test_every_section_is_there_and_every_statistic_is_cited(whole):
    assert [section.id for section in whole.sections] == [
        "discrimination",
        "calibration",
        "grades",
        "stability",
        "concentration",
        "periods",
        "groups",
        "records",
    ]
    uncited = {line.id for s in whole.sections for line in s.lines if not line.source}
    assert uncited <= {"largest", "few_county"}
    assert all(line.name.zh and line.name.en for s in whole.sections for line in s.lines)
    assert all(line.value is not None for s in whole.sections for line in s.lines)


def test_figures_of_the_report_are_those_of_the_functions(whole):
    y, given = _everything()
    risk = -given["score"]
    assert whole.line("auc").value == auc(y, risk).value
    assert whole.line("auc").low == auc(y, risk).low
    assert whole.line("ks").value == ks(y, risk).value
    assert whole.line("ece").value == ece(y, given["pd"]).estimate.value
    assert whole.line("gini").value == pytest.approx(2 * whole.line("auc").value - 1)


def test_right_pds_pass_and_a_shifted_population_does_not(whole):
    assert whole.line("in_the_large").standing == "good"
    assert whole.line("csi").verdict.en == "income"
    assert whole.table("csi")["moved"].to_list() == ["shifted", "stable"]


def test_every_refusal_comes_at_once():
    y, given = _everything(50)
    y = y.astype(float)
    y[3] = 2
    given["score"][:2] = np.nan
    given |= {"periods": ["2023"] * 49, "grades": [None] * 50, "pd": given["pd"][:40]}
    with pytest.raises(SubjectError) as caught:
        validate(y, **given)
    words = str(caught.value)
    assert len(caught.value.problems) == 5
    for said in ("neither 0", "score: a value is missing or NaN", "2 rows", "pd 40", "periods 49"):
        assert said in words


@pytest.mark.parametrize("y", [[0] * 50, [1] * 50])
def test_one_class_only_is_refused(y):
    with pytest.raises(SubjectError, match="both outcomes"):
        validate(y, score=np.arange(50))


def test_nothing_to_validate_is_refused():
    with pytest.raises(SubjectError, match="nothing to validate"):
        validate([0, 1])


def test_missing_reference_scores_are_counted():
    with pytest.raises(SubjectError, match="reference_score"):
        validate([0, 1], score=[1, 2], reference_score=[1.0, float("nan")])


def test_what_cannot_be_computed_says_why_and_the_rest_stands():
    found = validate([0, 0, 1, 1], pd=[0.1, 0.2, 0.8, 0.9], settings=QUICK)
    assert found.line("in_the_large").value is None
    assert "no finite solution" in found.line("in_the_large").verdict.en
    assert found.line("brier").value == pytest.approx(0.025)
    assert "leak" in found.line("auc").verdict.en


def test_without_earlier_grades_todays_concentration_stands_and_every_id_is_one():
    y, given = _everything()
    found = validate(y, grades=given["grades"], initial_grades=[None] * len(y))
    ids = found.frame()["id"].to_list()
    assert len(ids) == len(set(ids))
    assert found.line("hhi").value is not None
    assert found.line("concentration").value is None
    assert "not computed" in found.line("concentration").verdict.en


def test_grades_alone_are_enough():
    y, given = _everything()
    found = validate(y, grades=given["grades"], grade_order=["A", "B", "C"])
    assert [section.id for section in found.sections] == ["grades", "concentration"]
    assert found.line("inversions").value == 0


def test_only_grades_may_not_be_missing_whatever_a_dimension_is_called():
    y, given = _everything()
    labels = [None, *given["grades"][1:]]
    found = validate(y, score=given["score"], groups={"grades": labels}, settings=QUICK)
    assert found.table("group_grades")["subjects"].sum() == 3 * len(y)  # AUC, KS, H
    with pytest.raises(SubjectError, match="a label is missing"):
        validate(y, grades=labels)


def test_a_pd_alone_ranks_and_its_cut_off_is_the_highest_approved():
    y, given = _everything()
    found = validate(
        y, pd=given["pd"], groups=given["groups"], settings=replace(QUICK, cut_off=0.2)
    )
    table = found.table("fairness_county").filter(group="莲都")
    inside = given["groups"]["county"] == "莲都"
    assert table["approval"].item() == pytest.approx((given["pd"][inside] <= 0.2).mean())


def test_a_model_supplies_scores_and_pds_by_its_methods():
    y, given = _everything()

    class Card:
        def score(self, frame):
            return 600 - 30 * frame["z"].to_numpy()

        def predict_proba(self, frame):
            p = 1 / (1 + np.exp(-frame["z"].to_numpy()))
            return np.column_stack((1 - p, p))

    frame = pl.DataFrame({"z": np.log(given["pd"] / (1 - given["pd"]))})
    found = validate(y, model=Card(), features=frame, reference=frame, settings=QUICK)
    assert found.line("auc").value == pytest.approx(auc(y, given["pd"]).value)
    assert found.line("psi").value == 0
    assert found.line("brier").value is not None


def test_small_groups_are_shown_as_too_few_everywhere(whole, tmp_path):
    for name in ("group_county", "fairness_county"):
        rows = whole.table(name).filter(pl.col("group") == "庆元")
        assert set(rows["note"]) == {"too few"}
    data = json.loads(whole.write(tmp_path / "r.json").read_text(encoding="utf-8"))
    tables = {t["id"]: t["rows"] for s in data["sections"] for t in s["tables"]}
    small = [row for row in tables["group_county"] if row["group"] == "庆元"]
    assert all(row["bads"] is None and row["value"] is None for row in small)
    said = whole.line("few_county")
    assert (said.value, said.verdict.en) == (1, "fewer than 50 rows: 庆元 20")


def test_json_is_strict_and_holds_every_figure(whole):
    text = whole.to_json()
    data = json.loads(text, parse_constant=lambda name: pytest.fail(name))
    ids = [line["id"] for section in data["sections"] for line in section["lines"]]
    assert ids == whole.frame()["id"].to_list()
    assert len(set(ids)) == len(ids)
    assert data["synthetic"] is True


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_is_self_contained_and_says_synthetic(whole, tmp_path, language):
    set_language(language)
    try:
        text = whole.write(tmp_path / "r.html").read_text(encoding="utf-8")
    finally:
        set_language(None)
    assert not re.findall(r"https?://|<script|<link|@import|url\(", text)
    assert text.count("SYNTHETIC DATA") >= 2
    assert text.count("<figure>") >= 9
    assert "NaN" not in text
    assert ">nan" not in text
    assert len(text) < 400_000
    assert f'lang="{language}' in text


def test_a_page_is_whole_html(whole, tmp_path):
    from html.parser import HTMLParser

    open_tags = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            if tag not in ("meta", "path", "rect", "circle"):
                open_tags.append(tag)

        def handle_endtag(self, tag):
            if tag not in ("path", "rect", "circle"):
                assert open_tags.pop() == tag

    Reader().feed(whole.write(tmp_path / "r.html").read_text(encoding="utf-8"))
    assert open_tags == []


def test_names_from_data_are_escaped(tmp_path):
    y, given = _everything(groups={"<b>": ["<i>x</i>"] * 1500}, title="<script>")
    text = validate(y, **given).write(tmp_path / "r.html").read_text(encoding="utf-8")
    assert "<script>" not in text
    assert "<i>x" not in text
    assert "<b>:" not in text


def test_other_endings_are_refused(whole, tmp_path):
    with pytest.raises(SubjectError, match=r"\.html, \.json or \.docx"):
        whole.write(tmp_path / "r.pdf")


def test_the_printed_report_opens_with_its_warning(whole):
    set_language("en")
    try:
        lines = str(whole).splitlines()
    finally:
        set_language(None)
    assert "SYNTHETIC" in lines[1]
    assert any(line.startswith("AUC ") for line in lines)


def test_the_same_seed_gives_the_same_report():
    y, given = _everything(400)
    assert validate(y, **given).to_json() == validate(y, **given).to_json()


def test_weights_reach_what_they_say_they_reach():
    y, given = _everything()
    w = np.random.default_rng(1).integers(1, 4, len(y))
    found = validate(y, score=given["score"], pd=given["pd"], weights=w, settings=QUICK)
    assert found.line("auc").value == pytest.approx(auc(y, -given["score"], weights=w).value)
    assert any("Weights" in text.en for text in found.remarks)


def test_plotly_figures_draw_the_reports_own_frames(whole):
    frame = whole.table("roc")
    curve = figures.roc(whole).data[1]
    assert list(curve.y) == frame["bads_refused"].to_list()
    assert "SYNTHETIC" in figures.roc(whole).layout.title.text
    bars = figures.reliability(whole).data[1]
    table = whole.table("reliability")
    np.testing.assert_allclose(np.add(bars.y, bars.error_y.array), table["high"])
    assert list(figures.grade_rates(whole).data[0].x) == ["A", "B", "C"]
    assert list(figures.groups(whole, "county").data[0].y) == ["莲都", "龙泉"]
    assert len(figures.score_distribution(whole).data) == 2
    assert len(figures.cap(whole).data) == 3


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_chart_is_labelled_alike_on_the_page_and_in_a_notebook(whole, language):
    set_language(language)
    try:
        for id, draw in (
            ("roc", figures.roc),
            ("cap", figures.cap),
            ("distribution", figures.score_distribution),
            ("reliability", figures.reliability),
        ):
            made, page = draw(whole), html.unescape(drawing(whole.named_table(id)))
            assert made.layout.title.text.endswith(str(whole.named_table(id).name))
            names = [trace.name for trace in made.data]
            names += [made.layout.xaxis.title.text, made.layout.yaxis.title.text]
            assert [name for name in names if f">{name}<" not in page] == []
    finally:
        set_language(None)


def test_importing_validation_loads_nothing_heavy():
    code = (
        "import sys, lishui_credit.validation, lishui_credit.validation.report.validate;"
        "print([m for m in ('scipy', 'sklearn', 'plotly', 'lightgbm') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_is_there():
    import lishui_credit.validation as room

    for name in room.__all__:
        assert getattr(room, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        room.nothing  # noqa: B018


def test_a_notebook_shows_the_figures_as_tables_and_says_first_what_the_text_says(whole):
    shown = whole._repr_mimebundle_()
    assert shown["text/plain"] == str(whole)
    page = shown["text/html"]
    opening = str(whole).split("\n\n")[0].splitlines()
    assert page.index(opening[0]) < page.index("<table")
    printed = [line.name for section in whole.sections for line in section.lines]
    assert [name for name in printed if html.escape(str(name)) not in page] == []
    assert "word-break:normal" in page
