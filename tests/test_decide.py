"""Applying a policy: every applicant once, exact at the edges, never a silent decline."""

import hashlib
import json
from datetime import date
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest

from lishui_credit.errors import CreditError, ModelError, PolicyError, SubjectError
from lishui_credit.policies.deciding import decide
from lishui_credit.policies.decision_files import constraints, decide_file, read_manifest, verify
from lishui_credit.policies.explanations import explain
from lishui_credit.policies.policy import Policy
from lishui_credit.policies.policy_file import parse
from lishui_credit.proof import manifest_path
from lishui_credit.rubrics import grade_files, stored_grades
from lishui_credit.rubrics.law import catalog
from lishui_credit.scorecards import Scorecard
from lishui_credit.scorecards.cards.card_file import save
from tests.models import DATA, german, mixed

DAY = date(2026, 6, 1)
HEAD = """
id = "p"
version = "1"
title_zh = "授信政策"
title_en = "Lending policy"
author = "甲"
approved_by = "乙"
approved_on = 2026-01-01
"""


def policy(body: str) -> Policy:
    return parse(HEAD + body)


SINGLE = policy('kind = "single"\ncut_off = 600\nscore = { column = "score" }')
SEGMENTS = policy(
    """kind = "segments"
score = { column = "score" }
cut_off = 600
[[segments]]
where = { county = "龙泉", green = true }
approve_at_least = 590
refer_at_least = 570
[[segments]]
where = { county = "龙泉" }
cut_off = 620
"""
)


def test_whole_scores_are_cut_exactly_below_on_and_above():
    for cut, first in (("600", 600), ("599.5", 600), ("599.0001", 600), ("-3.5", -3)):
        found = policy(f'kind = "single"\ncut_off = {cut}\nscore = {{ column = "score" }}')
        scores = [first - 1, first, first + 1]
        table = decide(pl.DataFrame({"id": ["a", "b", "c"], "score": scores}), found, on=DAY)
        by_fraction = ["approve" if s >= Fraction(cut) else "decline" for s in scores]
        assert table["decision"].to_list() == by_fraction == ["decline", "approve", "approve"]


def test_where_higher_is_worse_lower_is_approved():
    found = policy(
        'kind = "refer"\napprove_at_least = 0.05\nrefer_at_least = 0.1\n'
        'score = { column = "pd", higher = "worse" }'
    )
    people = pl.DataFrame({"id": range(5), "pd": [0.05, 0.0501, 0.1, 0.1001, 0.0]})
    table = decide(people, found, on=DAY)
    assert table["decision"].to_list() == ["approve", "refer", "refer", "decline", "approve"]
    assert table["decided_by"].to_list()[:4] == [
        "policy: pd <= 0.05",
        "policy: 0.05 < pd <= 0.1",
        "policy: 0.05 < pd <= 0.1",
        "policy: pd > 0.1",
    ]
    assert table["lost_1"].to_list()[3] == pytest.approx(0.0501)
    whole = decide(pl.DataFrame({"id": [1, 2], "pd": [0, 1]}), found, on=DAY)
    assert whole["decision"].to_list() == ["approve", "decline"]


def test_a_score_that_is_missing_is_not_decided_and_never_declined():
    people = pl.DataFrame(
        {"id": list("abcd"), "score": [None, float("nan"), float("inf"), 600.0]}, strict=False
    )
    table = decide(people, SINGLE, on=DAY)
    assert table.select("decision", "decided_by").rows() == [
        ("not decided", "score missing"),
        ("not decided", "score missing"),
        ("not decided", "score infinite"),
        ("approve", "policy: score >= 600"),
    ]
    assert table["reason_1"].null_count() == 4
    empty = decide(pl.DataFrame({"id": ["a"], "score": [None]}), SINGLE, on=DAY)
    assert empty["decision"].to_list() == ["not decided"]


def test_the_first_segment_that_fits_decides_and_an_unknown_one_leaves_it_open():
    rows = [
        ("龙泉", True, 590, "approve"),
        ("龙泉", True, 589, "refer"),
        ("龙泉", True, 569, "decline"),
        ("龙泉", False, 619, "decline"),
        ("龙泉", None, 999, "not decided"),
        (None, False, 620, "not decided"),
        (None, True, 620, "not decided"),
        ("莲都", None, 600, "approve"),
        ("莲都", False, 599, "decline"),
    ]
    people = pl.DataFrame(rows, schema=["county", "green", "score", "want"], orient="row")
    table = decide(people, SEGMENTS, on=DAY)
    assert table["decision"].to_list() == people["want"].to_list()
    assert table["id"].to_list() == [str(n) for n in range(1, 10)]
    assert table["decided_by"].to_list()[3:7] == [
        "county=龙泉: score < 620",
        "green missing",
        "county missing",
        "county missing",
    ]


def test_whoever_fits_no_segment_is_not_decided():
    found = policy(
        'kind = "segments"\nscore = { column = "score" }\n'
        '[[segments]]\nwhere = { code = [331102, "331121"] }\ncut_off = 1'
    )
    people = pl.DataFrame({"id": [1, 2, 3], "code": [331102, 331121, 331122], "score": 5})
    table = decide(people, found, on=DAY)
    assert table["decision"].to_list() == ["approve", "approve", "not decided"]
    assert table["decided_by"][2] == "in no segment"


def test_a_segment_may_be_closed_or_left_to_people():
    found = policy(
        'kind = "segments"\nscore = { column = "score" }\n'
        '[[segments]]\nwhere = { county = "a" }\ndecline_all = true\n'
        '[[segments]]\nwhere = { county = "b" }\nrefer_at_least = 5'
    )
    people = pl.DataFrame({"id": [1, 2, 3], "county": ["a", "b", "b"], "score": [9, 5, 4]})
    table = decide(people, found, on=DAY)
    assert table.select("decision", "decided_by", "reason_1", "lost_1").rows() == [
        ("decline", "county=a: decline_all", "segment_closed", None),
        ("refer", "county=b: score >= 5", "segment_closed", None),
        ("decline", "county=b: score < 5", "segment_closed", None),
    ]


def test_grades_are_decided_in_their_order():
    found = policy(
        'kind = "refer"\napprove_at_least = "A"\nrefer_at_least = "B"\n'
        'score = { column = "grade", order = ["AA", "A", "B", "C"] }'
    )
    people = pl.DataFrame({"id": range(6), "grade": ["AA", "A", "B", "C", "D", None]})
    table = decide(people, found, on=DAY)
    assert table.select("decision", "decided_by").rows() == [
        ("approve", "policy: grade in AA A"),
        ("approve", "policy: grade in AA A"),
        ("refer", "policy: grade in B"),
        ("decline", "policy: grade in C"),
        ("not decided", "not a grade of the policy"),
        ("not decided", "score missing"),
    ]
    assert table["lost_1"].to_list()[2:4] == [1.0, 2.0]


def test_an_unapproved_or_lapsed_policy_is_applied_on_trial_only():
    bare = parse(
        HEAD.replace('approved_by = "乙"\napproved_on = 2026-01-01', "")
        + 'kind = "single"\ncut_off = 600\nscore = { column = "score" }'
    )
    people = pl.DataFrame({"id": ["a"], "score": [600]})
    with pytest.raises(PolicyError, match="not approved"):
        decide(people, bare, on=DAY)
    with pytest.raises(PolicyError, match="not approved before 1 January 2026"):
        decide(people, SINGLE, on=date(2025, 12, 31))
    assert decide(people, bare, on=DAY, trial=True)["trial"].to_list() == [True]
    # A policy in force is no trial, whatever the caller says.
    assert decide(people, SINGLE, on=DAY, trial=True)["trial"].to_list() == [False]


def test_row_order_other_columns_and_the_kind_of_frame_do_not_matter():
    people = pl.DataFrame({"id": [f"p{n}" for n in range(50)], "score": range(575, 625)})
    table = decide(people, SINGLE, on=DAY)
    mixed_up = decide(people.reverse().with_columns(x=1).to_pandas(), SINGLE, on=DAY)
    lazy = decide(people.lazy(), SINGLE, on=DAY)
    assert table.equals(lazy)
    assert table.equals(mixed_up.reverse())
    assert table["policy_sha256"].unique().to_list() == [SINGLE.sha256]


def test_everything_wrong_with_a_frame_is_told_at_once():
    people = pl.DataFrame({"id": ["a", "a", None], "scor": [1, 2, 3], "county": [1.5, 2.0, 3.0]})
    with pytest.raises(SubjectError) as caught:
        decide(people, SEGMENTS, on=DAY)
    text = str(caught.value)
    for part in (
        "no column 'score'",
        "did you mean 'scor'?",
        "no column 'green'",
        "county: a segment",
        "id: ids are missing",
        "2 rows: a",
    ):
        assert part in text, part
    with pytest.raises(SubjectError, match="decides by numbers"):
        decide(pl.DataFrame({"score": ["600"]}), SINGLE, on=DAY)
    with pytest.raises(SubjectError, match="not a frame"):
        decide([600], SINGLE, on=DAY)
    with pytest.raises(SubjectError, match="no column 'who'"):
        decide(pl.DataFrame({"score": [600]}), SINGLE, on=DAY, id="who")


def test_a_frame_without_rows_is_refused():
    empty = pl.DataFrame({"id": [], "score": []}, {"id": pl.String, "score": pl.Int64})
    for frame in (empty, empty.to_pandas(), empty.lazy()):
        with pytest.raises(SubjectError, match="no rows"):
            decide(frame, SINGLE, on=DAY)


TYPED = """\
id = "a"
version = "1"
title_zh = "甲"
author = "b"
kind = "single"
"""


@pytest.mark.parametrize("kind", [pl.Float32, pl.Float64, pl.Decimal(9, 4)])
@pytest.mark.parametrize("higher", ["better", "worse"])
def test_a_score_at_the_cut_off_is_approved_in_every_type(kind: pl.DataType, higher: str):
    for hundredths in range(1, 100):
        cut = hundredths / 100
        policy = parse(f'{TYPED}cut_off = {cut}\nscore = {{ column = "s", higher = "{higher}" }}\n')
        frame = pl.DataFrame({"id": ["x"], "s": pl.Series([cut]).cast(kind)})
        assert decide(frame, policy, trial=True, top=0)["decision"].to_list() == ["approve"], cut


def test_a_segment_of_yes_takes_yes_in_every_type():
    text = TYPED.replace("single", "segments") + 'cut_off = 1\nscore = { column = "score" }\n'
    policy = parse(text + "[[segments]]\nwhere = { green = true }\ncut_off = 9\n")
    for green in ([True, False], [1, 0], ["True", "False"], ["是", "否"]):
        frame = pl.DataFrame({"id": ["x", "y"], "score": [5, 5], "green": green})
        found = decide(frame, policy, trial=True, top=0)["decision"].to_list()
        assert found == ["decline", "approve"], green


# ---- reasons ----------------------------------------------------------------------------------


def test_reasons_of_a_card_are_the_points_lost_against_the_best():
    frame, bad = mixed(2000)
    card = Scorecard().fit(frame.select("income", "trade"), bad).card_
    points = card.contributions(frame)
    cut = int(points["score"].median())
    rule = policy(f'kind = "single"\ncut_off = {cut}\nscore = {{ column = "score" }}')
    people = points.with_row_index("id")
    by_points = decide(people, rule, on=DAY, card=card)
    by_columns = decide(
        people.drop("points__income", "points__trade").hstack(frame.select("income", "trade")),
        rule,
        on=DAY,
        card=card,
    )
    assert by_points.equals(by_columns)
    assert by_points.filter(pl.col("decision") == "approve")["reason_1"].is_null().all()
    for row in by_points.filter(pl.col("decision") == "decline").head(200).iter_rows(named=True):
        own = people.row(int(row["id"]), named=True)
        lost = {name: card[name].best - own[f"points__{name}"] for name in card.columns}
        told = {row[f"reason_{n}"]: row[f"lost_{n}"] for n in (1, 2) if row[f"reason_{n}"]}
        assert told == {name: size for name, size in lost.items() if size > 0}
        assert row["lost_1"] == max(lost.values())
        assert row["reason_1_zh"] == f"“{row['reason_1']}”:距最高分差 {int(row['lost_1'])} 分"
    with pytest.raises(SubjectError, match=r"no column 'income'.*score with --keep"):
        decide(people.select("id", "score"), rule, on=DAY, card=card)


def test_a_card_that_takes_a_protected_attribute_carries_no_policy():
    frame, bad = german()
    model = Scorecard(protected={"age_in_years": "comparison"}).fit(
        frame.select("age_in_years", "credit_amount"), bad
    )
    assert model.card_.protected
    people = frame.with_columns(score=model.card_.score(frame))
    rule = policy('kind = "single"\ncut_off = 9999\nscore = { column = "score" }')
    with pytest.raises(PolicyError, match="protected"):
        decide(people, rule, on=DAY, card=model.card_)


def test_reason_codes_already_in_the_file_are_kept():
    people = pl.DataFrame(
        {"id": [1, 2], "score": [500, 700], "reason_1": ["late", "debt"], "lost_1": [20.5, 3.0]}
    )
    table = decide(people, SINGLE, on=DAY)
    assert table.select("reason_1", "lost_1", "reason_1_en").rows() == [
        ("late", 20.5, "late: 20.5 points below the most there is"),
        (None, None, None),
    ]


@pytest.mark.parametrize(
    ("body", "people", "zh", "en"),
    [
        (
            'kind = "single"\ncut_off = 0.05\nscore = { column = "pd_12m", higher = "worse",'
            ' label_zh = "违约概率", label_en = "default probability" }',
            {"pd_12m": [0.01, 0.06]},
            ["违约概率不高于0.05:通过", "违约概率高于0.05:拒绝"],
            [
                "default probability at most 0.05: approve",
                "default probability above 0.05: decline",
            ],
        ),
        (
            'kind = "refer"\napprove_at_least = "AA +"\nrefer_at_least = "A"\n'
            'score = { column = "lvl", order = ["AAA", "AA +", "A", "B"] }',
            {"lvl": ["AA +", "A", "B", "C", None]},
            [
                "等级为AAA、AA +:通过",
                "等级为A:转人工审核",
                "等级为B:拒绝",
                "等级不在政策所列等级中,未决策",
                "缺少等级,未决策",
            ],
            [
                "grade AAA or AA +: approve",
                "grade A: refer to a person",
                "grade B: decline",
                "the grade is none the policy lists: not decided",
                "the grade is missing: not decided",
            ],
        ),
        (
            'kind = "segments"\nscore = { column = "score" }\n[[segments]]\n'
            'where = { county = ["a", "b"], is_new = true }\nrefer_at_least = 5\n'
            '[[segments]]\nwhere = { county = "c" }\ndecline_all = true',
            {"score": [5, 9, 9], "county": ["a", "c", None], "is_new": [True, True, True]},
            [
                "县(市、区)为a或b、“is_new”为是者,评分不低于5:转人工审核",
                "县(市、区)为c者,该分段一律不通过:拒绝",
                "缺少县(市、区),无法确定所属分段,未决策",
            ],
            [
                "for county a or b and is new yes, score at least 5: refer to a person",
                "for county c, nobody of this segment is approved: decline",
                "county is missing, so the segment is not known: not decided",
            ],
        ),
    ],
)
def test_every_decision_is_told_in_words_and_not_by_columns(body, people, zh, en):
    frame = pl.DataFrame(people)
    table = decide(frame, policy(body), on=DAY)
    assert table["decided_by_zh"].to_list() == zh
    assert table["decided_by_en"].to_list() == en


def test_a_label_that_says_nothing_leaves_the_hash_of_a_policy_alone():
    plain = 'kind = "single"\ncut_off = 1\nscore = { column = "score"'
    assert policy(plain + " }").sha256 == policy(plain + ', label_zh = "" }').sha256
    assert policy(plain + " }").sha256 != policy(plain + ', label_zh = "分" }').sha256


def test_reasons_of_a_file_are_told_by_the_dictionary_not_by_column():
    people = pl.DataFrame({"score": [500], "reason_1": ["total_assets"], "lost_1": [3.0]})
    row = decide(people, SINGLE, on=DAY).row(0, named=True)
    assert row["reason_1_zh"] == "家庭财产总值:距最高分差 3 分"


# ---- files ------------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path: Path) -> Path:
    body = """kind = "segments"
score = { column = "score" }
cut_off = 600
constraints = { approval_at_least_bp = 5000, budget_fen = 100, bad_rate_at_most_bp = 100 }
[[segments]]
where = { code = "0331" }
cut_off = 650
"""
    (tmp_path / "policy.toml").write_text(HEAD + body, encoding="utf-8")
    pl.DataFrame(
        {
            "id": ["00123456789012345", "2", "3"],
            "score": [650, 640, None],
            "code": ["0331", "0331", "9"],
            "amount_fen": [101, 5, 5],
        }
    ).write_csv(tmp_path / "scores.csv")
    return tmp_path


@pytest.mark.parametrize("kind", ["parquet", "csv", "xlsx"])
def test_a_decided_file_proves_itself_and_names_what_changed(files: Path, kind: str):
    output = files / "out" / f"d.{kind}"
    made = decide_file(files / "policy.toml", files / "scores.csv", output, on=DAY)
    assert made.facts.counts == {"approve": 1, "refer": 0, "decline": 1, "not decided": 1}
    assert made.inputs["scores"].path == "../scores.csv"
    assert read_manifest(output) == made
    found = verify(output)
    assert found.holds, (found.checks, found.different)
    assert found.subjects == 3
    told = explain(output, "00123456789012345")
    assert told.decision == "approve"
    assert told.decided_by == "code=0331: score >= 650"
    # a comment does not change a policy; a cut-off does
    text = (files / "policy.toml").read_text(encoding="utf-8")
    (files / "policy.toml").write_text("# seen\n" + text, encoding="utf-8")
    assert verify(output).holds
    (files / "policy.toml").write_text(text.replace("650", "640"), encoding="utf-8")
    assert [name for name, same in verify(output).checks.items() if not same] == ["policy"]
    (files / "policy.toml").write_text(text, encoding="utf-8")
    scores = (files / "scores.csv").read_text(encoding="utf-8")
    (files / "scores.csv").write_text(scores.replace("640", "655"), encoding="utf-8")
    changed = verify(output)
    assert [name for name, same in changed.checks.items() if not same] == [
        "input scores",
        "decisions",
        "figures",
    ]
    assert changed.different["id"].to_list() == ["2"]
    (files / "scores.csv").unlink()
    with pytest.raises(ModelError, match="scores file is gone"):
        verify(output)


def test_a_stored_decision_that_was_changed_is_found(files: Path):
    output = files / "d.parquet"
    decide_file(files / "policy.toml", files / "scores.csv", output, on=DAY)
    table = pl.read_parquet(output)
    table.with_columns(decision=pl.lit("approve")).write_parquet(output)
    found = verify(output)
    assert not found.checks["output"]
    assert sorted(found.different["id"]) == ["2", "3"]


@pytest.mark.parametrize("column", ["score", "trial", "decided_by_zh", "policy_sha256"])
@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_a_decided_file_that_was_changed_and_hashed_again_is_found(
    files: Path, column: str, kind: str
):
    output = files / f"d.{kind}"
    decide_file(files / "policy.toml", files / "scores.csv", output, on=DAY)
    table = pl.read_parquet(output) if kind == "parquet" else pl.read_csv(output)
    lie = ~pl.col("trial") if column == "trial" else pl.lit("651")
    table = table.with_columns(lie.cast(table.schema[column]).alias(column))
    table.write_parquet(output) if kind == "parquet" else table.write_csv(output)
    beside = manifest_path(output)
    manifest = json.loads(beside.read_text(encoding="utf-8"))
    manifest["output_sha256"] = hashlib.sha256(output.read_bytes()).hexdigest()
    beside.write_text(json.dumps(manifest), encoding="utf-8")
    found = verify(output)
    assert found.checks["output"]
    assert not found.checks["decisions"]


def test_a_manifest_that_was_changed_is_found(files: Path):
    output = files / "d.parquet"
    decide_file(files / "policy.toml", files / "scores.csv", output, on=DAY)
    beside = manifest_path(output)
    text = beside.read_text(encoding="utf-8")
    beside.write_text(text.replace('"holds": false', '"holds": true'), encoding="utf-8")
    changed = [name for name, same in verify(output).checks.items() if not same]
    assert changed == ["footer", "figures"]
    whole = json.loads(text)
    beside.write_text(json.dumps({**whole, "output_sha256": ""}), encoding="utf-8")
    with pytest.raises(ModelError, match="not written together"):
        verify(output)


@pytest.mark.parametrize(
    "lie",
    [
        {"on": "soon"},
        {"on": None},
        {"inputs": {}},
        {"reasons": "many"},
        {"trial": "yes"},
        {"policy": []},
        {"id": 5},
    ],
)
def test_a_damaged_manifest_is_told_in_words(files: Path, lie: dict[str, object]):
    output = files / "d.parquet"
    decide_file(files / "policy.toml", files / "scores.csv", output, on=DAY)
    beside = manifest_path(output)
    whole = json.loads(beside.read_text(encoding="utf-8"))
    beside.write_text(json.dumps({**whole, **lie}), encoding="utf-8")
    for reading in (verify, lambda path: explain(path, "2")):
        with pytest.raises(ModelError, match="no readable manifest"):
            reading(output)


def test_a_decided_file_cut_short_is_named(files: Path):
    output = files / "d.parquet"
    decide_file(files / "policy.toml", files / "scores.csv", output, on=DAY)
    output.write_bytes(output.read_bytes()[:500])
    for reading in (verify, lambda path: explain(path, "2")):
        with pytest.raises(SubjectError, match=r"d\.parquet: not a readable Parquet"):
            reading(output)


def test_constraints_are_measured_on_what_was_decided(files: Path):
    made = decide_file(files / "policy.toml", files / "scores.csv", files / "d.csv", on=DAY)
    assert [(row["constraint"], row["found"], row["holds"]) for row in made.facts.constraints] == [
        ("approval_at_least_bp", 5000, True),
        ("bad_rate_at_most_bp", None, None),
        ("budget_fen", 101, False),
    ]
    limits = policy(
        'kind = "single"\ncut_off = 600\nscore = { column = "score" }\n'
        "constraints = { bad_rate_at_most_bp = 3333, referral_at_most_bp = 0 }"
    )
    people = pl.DataFrame({"id": [1, 2, 3], "score": [600] * 3, "bad": [1, 0, 0]})
    found = constraints(limits, decide(people, limits, on=DAY), people)
    # a third is more than 3333 basis points although it rounds down to it
    assert [(row["found"], row["holds"]) for row in found] == [(3333, False), (0, True)]


def test_a_graded_file_is_decided_with_points_lost_per_indicator(tmp_path: Path):
    rubric = catalog.rubric("farmer-household", on="2016-01-01")
    grade_files.grade(
        rubric,
        DATA / "households.csv",
        tmp_path / "g.parquet",
        bases=DATA / "county_bases.csv",
        as_of=date(2016, 10, 1),
    )
    stored = stored_grades.read(tmp_path / "g.parquet")
    order = [row.id for row in rubric.grades]
    (tmp_path / "p.toml").write_text(
        HEAD
        + f'kind = "single"\ncut_off = "{order[0]}"\n'
        + f'score = {{ column = "grade", order = {json.dumps(order)}, sha256 = "{rubric.sha256}" }}',
        encoding="utf-8",
    )
    made = decide_file(tmp_path / "p.toml", tmp_path / "g.parquet", tmp_path / "d.parquet", on=DAY)
    assert made.synthetic
    assert made.facts.id == rubric.subject_id
    table, rows = pl.read_parquet(tmp_path / "d.parquet"), stored.frame.collect()
    withheld = rows.filter(pl.col("grade").is_null())[rubric.subject_id].to_list()
    open_ones = table.filter(pl.col("decision") == "not decided")["id"].to_list()
    assert sorted(open_ones) == sorted(withheld)
    declined = table.filter(pl.col("decision") == "decline")
    assert declined.height > 50
    assert declined["reason_1"].null_count() == 0
    names = {row.id for row in rubric.scoring} | {row.id for row in rubric.overrides}
    assert set(declined["reason_1"]) <= names
    by_rule = rows.filter(pl.col("decided_by").is_in([row.id for row in rubric.overrides]))
    for subject, rule in by_rule.select(rubric.subject_id, "decided_by").iter_rows():
        told = declined.filter(pl.col("id") == subject)
        assert told["reason_1"].to_list() in ([rule], [])
    assert verify(tmp_path / "d.parquet").holds
    wrong = (tmp_path / "p.toml").read_text(encoding="utf-8").replace(rubric.sha256, "0" * 64)
    (tmp_path / "p.toml").write_text(wrong, encoding="utf-8")
    with pytest.raises(PolicyError, match="another model or edition"):
        decide_file(tmp_path / "p.toml", tmp_path / "g.parquet", tmp_path / "e.parquet", on=DAY)
    assert not (tmp_path / "e.parquet").exists()


def test_a_stored_card_gives_its_names_to_the_reasons(tmp_path: Path):
    frame, bad = mixed(1500)
    model = Scorecard(labels={"income": "家庭收入"}).fit(frame.select("income"), bad)
    save(model.card_, tmp_path / "m" / "1")
    model.card_.contributions(frame).write_parquet(tmp_path / "s.parquet")
    cut = int(model.card_.score(frame).median())
    (tmp_path / "p.toml").write_text(
        HEAD + f'kind = "single"\ncut_off = {cut}\nscore = {{ column = "score" }}', encoding="utf-8"
    )
    out = tmp_path / "d.parquet"
    made = decide_file(
        tmp_path / "p.toml", tmp_path / "s.parquet", out, on=DAY, card=tmp_path / "m" / "1"
    )
    assert made.notes == ("no id column: rows are numbered",)
    first = pl.read_parquet(out).filter(pl.col("decision") == "decline").row(0, named=True)
    assert first["reason_1_zh"].startswith("家庭收入:")
    assert "家庭收入" in explain(out, first["id"]).reasons[0][1].zh
    assert verify(out).holds


def test_bad_files_leave_one_clear_message_and_nothing_written(files: Path):
    out = files / "d.csv"
    (files / "s.csv").write_text("id,score,code\n1,high,2\n", encoding="utf-8")
    (files / "e.csv").write_text("", encoding="utf-8")
    for scores, words in (
        ("s.csv", "holds no numbers"),
        ("e.csv", "e.csv"),
        ("none.csv", "none.csv"),
        ("policy.toml", "unknown kind"),
    ):
        with pytest.raises(CreditError, match=words):
            decide_file(files / "policy.toml", files / scores, out, on=DAY)
    with pytest.raises(SubjectError, match="overwrite an input"):
        decide_file(files / "policy.toml", files / "scores.csv", files / "scores.csv", on=DAY)
    assert not out.exists()
    with pytest.raises(ModelError, match="not a file of decisions"):
        read_manifest(files / "scores.csv")
    decide_file(files / "policy.toml", files / "scores.csv", out, on=DAY)
    with pytest.raises(SubjectError, match="for instance 001234"):
        explain(out, "nobody")


def test_a_whole_score_out_of_reach_is_refused():
    far = pl.DataFrame({"score": pl.Series([2**63 + 9], dtype=pl.UInt64)})
    with pytest.raises(SubjectError, match="2 to the 53rd"):
        decide(far, SINGLE, on=DAY)
