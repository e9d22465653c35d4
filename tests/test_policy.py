"""A policy file: what it may say, what is refused, all at once and by line."""

import contextlib
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lishui_credit.citation import Period
from lishui_credit.errors import PolicyError
from lishui_credit.policies.policy import Constraints, Policy, Score, Segment, content
from lishui_credit.policies.policy_file import from_content, parse, read_policy, to_toml
from lishui_credit.scorecards.protected import protected_as, protected_value

WHOLE = """\
id = "farm-loan"
version = "2026.1"
title_zh = "农户贷款授信政策"
title_en = "Loans to farm households"
kind = "segments"
author = "风险部"
approved_by = "贷审会"
approved_on = 2026-01-10
valid = { from = 2026-02-01, until = 2027-02-01 }
why = "2025 年坏账率上升"
score = { column = "score", source = "farm/3" }
cut_off = 600

[constraints]
approval_at_least_bp = 6000
budget_fen = 100000000

[[segments]]
where = { county = "龙泉市" }
cut_off = 620.5

[[segments]]
id = "green"
where = { county = ["莲都区", "青田县"], green = true }
approve_at_least = 590
refer_at_least = 570
"""


def said(text: str) -> str:
    with pytest.raises(PolicyError) as caught:
        parse(text, "p.toml")
    return str(caught.value)


def test_a_file_becomes_a_policy_with_exact_numbers():
    found = parse(WHOLE)
    assert found.segments[0].cut_off == Decimal("620.5")
    assert found.constraints == Constraints(approval_at_least_bp=6000, budget_fen=10**8)
    assert found.valid == Period(start=date(2026, 2, 1), until=date(2027, 2, 1))
    assert [(rule.id, rule.approve, rule.refer) for rule in found.rules] == [
        ("county=龙泉市", Decimal("620.5"), None),
        ("green", 590, 570),
        ("policy", 600, None),
    ]
    assert found.rules[1].tests == (("county", ("莲都区", "青田县")), ("green", ("true",)))
    assert found.columns == ("score", "county", "green")


def test_the_hash_is_of_the_content_and_not_of_the_spelling():
    found = parse(WHOLE)
    again = WHOLE.replace("620.5", "620.50").replace('title_zh = "', '# why\ntitle_zh =   "')
    again = again.replace('["莲都区", "青田县"]', '["青田县", "莲都区"]')
    assert parse(again).sha256 == found.sha256
    assert len(found.sha256) == 64
    for old, new in (("620.5", "620.6"), ("农户贷款", "小微贷款"), ("2027-02-01", "2027-02-02")):
        assert parse(WHOLE.replace(old, new)).sha256 != found.sha256


def test_a_policy_written_and_read_again_is_the_same():
    found = parse(WHOLE)
    assert parse(to_toml(found)) == found
    stored = from_content(content(found))
    assert stored.sha256 == found.sha256
    assert stored.rules == found.rules


names = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1).filter(
    lambda text: text.strip()
)
cuts = st.integers(-(10**6), 10**6) | st.decimals("-999", "999", places=3)


@given(
    title=names,
    why=st.text(st.characters(codec="utf-8", exclude_categories=("Cs",))),
    cut=cuts,
    county=names.filter(lambda text: not protected_value(text)),
    budget=st.none() | st.integers(0, 10**12),
)
def test_any_policy_survives_its_file_and_its_manifest(title, why, cut, county, budget):
    made = Policy(
        id="a",
        version="1",
        title_zh=title,
        author="x",
        why=why,
        kind="segments",
        score=Score(column="score"),
        segments=(Segment(where={"county": county}, cut_off=cut),),
        constraints=Constraints(budget_fen=budget),
    )
    assert parse(to_toml(made)).sha256 == made.sha256
    assert from_content(content(made)).sha256 == made.sha256


def test_a_policy_lapses_unapproved_before_its_approval_and_outside_its_days():
    found = parse(WHOLE)
    assert found.lapse(date(2026, 2, 1)) is None
    assert found.lapse(date(2027, 1, 31)) is None
    assert "valid" in str(found.lapse(date(2026, 1, 31)))
    assert "valid" in str(found.lapse(date(2027, 2, 1)))
    assert "10 January 2026" in str(found.lapse(date(2026, 1, 9)))
    bare = WHOLE.replace('approved_by = "贷审会"\napproved_on = 2026-01-10\n', "")
    assert parse(bare).lapse(date(2026, 2, 1)) == "not approved"


def test_every_mistake_is_told_at_once_by_line():
    text = said(
        WHOLE.replace("kind =", "kinds =")
        .replace("cut_off = 620.5", 'cut_off = true\ncolour = "red"')
        .replace("budget_fen = 100000000", "budget_fen = 1.5")
        .replace('version = "2026.1"\n', "")
    )
    for part in (
        "p.toml:4 kinds",
        "did you mean 'kind'?",
        "'version' is missing",
        "'kind' is missing",
        "p.toml:15 constraints",
        "p.toml:19 segments[1]: 'cut_off'",
        "'colour'",
    ):
        assert part in text, part
    assert len([line for line in text.splitlines() if "cut_off" in line]) == 1


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            'county = "龙泉市"',
            'sex = "female"',
            "p.toml:19 segments[1]: a policy may not use a protected attribute",
        ),
        ('county = "龙泉市"', '"民族" = "畲族"', "protected attribute"),
        ('county = "龙泉市"', '"宗教信仰" = "无"', "no credit file may hold"),
        (
            'column = "score"',
            'column = "age_in_years"',
            "p.toml:11 score: a policy may not use a protected attribute",
        ),
        ('county = "龙泉市"', '"性 别" = "1"', "protected attribute"),
        ('county = "龙泉市"', 'xingbie = "1"', "protected attribute"),
        ('county = "龙泉市"', '"ＡＧＥ＿band" = "60+"', "protected attribute"),
        ('county = "龙泉市"', '"年龄段" = "60+"', "protected attribute"),
        ('county = "龙泉市"', '"户口类型" = "农业"', "protected attribute"),
        ('county = "龙泉市"', 'kind = ["男", "其他"]', "values of a protected attribute"),
        ('column = "score"', 'column = ""', "score.column is empty"),
        ('column = "score"', 'column = "score", sha256 = "abc"', "SHA-256"),
        ("refer_at_least = 570", "refer_at_least = 590", "must be stricter"),
        ("refer_at_least = 570", "", "approve_at_least with refer_at_least"),
        ("cut_off = 620.5", "cut_off = 620.5\ndecline_all = true", "excludes a cut-off"),
        ("refer_at_least = 570", "refer_at_least = 570\ncut_off = 1", "cut_off alone"),
        ("cut_off = 620.5", "", "has no cut-off"),
        ("cut_off = 620.5", 'cut_off = "B"', "the cut-off is text"),
        ("cut_off = 620.5", "cut_off = nan", "must be a number"),
        ("cut_off = 620.5", f"cut_off = {10**17}", "beyond 2 to the 53rd"),
        ('where = { county = "龙泉市" }', "where = {}", "has no condition"),
        ('county = "龙泉市"', "county = []", "has no condition"),
        ('county = "龙泉市"', "county = 1.5", "must be true or false, a whole number"),
        ("approval_at_least_bp = 6000", "approval_at_least_bp = 10001", "0 to 10000"),
        ("budget_fen = 100000000", "budget_fen = -1", "must not be negative"),
        ("approved_on = 2026-01-10\n", "", "needs approved_by and approved_on"),
        ("until = 2027-02-01", "until = 2026-02-01", "must be after valid.from"),
        ("from = 2026-02-01, ", "", "'from' is missing"),
        ('"风险部"', '" "', "author is empty"),
        ('id = "farm-loan"', 'id = "farm loan"', "not a valid name"),
        ('kind = "segments"', 'kind = "single"', "segments belong to"),
        ('kind = "segments"', 'kind = "many"', "'kind' must be one of single, refer, segments"),
        ("kind = ", "kind ", "not valid TOML"),
    ],
)
def test_a_mistake_is_refused_in_words(old, new, words):
    assert old in WHOLE
    assert words in said(WHOLE.replace(old, new))


def test_a_county_named_after_a_people_may_part_a_policy():
    text = WHOLE.replace('county = "龙泉市"', 'county = "景宁畲族自治县"')
    assert "景宁畲族自治县" in {row.where.get("county") for row in parse(text).segments}


def test_a_kind_takes_its_own_cut_offs_only():
    head = WHOLE[: WHOLE.index("cut_off = 600")]
    single = head.replace('"segments"', '"single"')
    assert parse(single + "cut_off = 600").rules[0].approve == 600
    assert "needs cut_off" in said(single)
    assert "needs cut_off" in said(single + "approve_at_least = 2\nrefer_at_least = 1")
    refer = head.replace('"segments"', '"refer"')
    assert parse(refer + "approve_at_least = 2\nrefer_at_least = 1").rules[0].refer == 1
    assert parse(refer + "refer_at_least = 1").rules[0].approve is None
    assert "needs refer_at_least" in said(refer + "cut_off = 1")
    assert "no segment is given" in said(head + "cut_off = 600")


def test_a_segment_that_an_earlier_one_leaves_nobody_to_is_refused():
    text = WHOLE.replace(
        'where = { county = ["莲都区", "青田县"], green = true }',
        'where = { county = "龙泉市", green = true }',
    )
    assert "never applies: segment 1" in said(text)
    swapped = text.replace('{ county = "龙泉市" }', '{ county = "龙泉市", product = "a" }')
    assert len(parse(swapped).segments) == 2


def test_where_a_higher_score_is_worse_pairs_run_the_other_way():
    text = """
id = "a"
version = "1"
title_zh = "甲"
author = "b"
kind = "refer"
score = { column = "pd", higher = "worse" }
approve_at_least = 0.05
refer_at_least = 0.10
"""
    assert parse(text).rules[0].refer == Decimal("0.10")
    assert "must be stricter" in said(text.replace("0.05", "0.15"))


def test_grades_are_cut_in_their_order():
    text = """
id = "a"
version = "1"
title_zh = "甲"
author = "b"
kind = "refer"
score = { column = "grade", order = ["AA", "A", "B"] }
approve_at_least = "AA"
refer_at_least = "A"
"""
    assert parse(text).rules[0].approve == "AA"
    assert "must be stricter" in said(text.replace('= "A"', '= "AA"'))
    assert "not a grade in score.order" in said(text.replace('= "A"\n', '= "C"\n'))
    assert "every grade once" in said(text.replace('"B"]', '"A"]'))
    assert "leave 'higher' out" in said(text.replace('"B"]', '"B"], higher = "worse"'))


def test_files_that_are_absent_or_no_text_are_refused(tmp_path: Path):
    with pytest.raises(PolicyError, match="no such file"):
        read_policy(tmp_path / "a.toml")
    (tmp_path / "b.toml").write_bytes(b"id = \xff\xfe")
    with pytest.raises(PolicyError, match="UTF-8"):
        read_policy(tmp_path / "b.toml")
    (tmp_path / "c.toml").write_text("\ufeff" + WHOLE, encoding="utf-8")
    assert read_policy(tmp_path / "c.toml") == parse(WHOLE)


ODD = ["5", "true", '"x"', "[]", "{}", "[1]", "{ a = 1 }", "2026-01-01", "1.5", "[{ cut_off = 1 }]"]


@pytest.mark.parametrize("value", ODD)
def test_any_value_anywhere_is_refused_in_words_or_taken(value):
    lines = WHOLE.splitlines()
    for place, line in enumerate(lines):
        if "=" not in line:
            continue
        key = line.split(" = ")[0]
        text = "\n".join([*lines[:place], f"{key} = {value}", *lines[place + 1 :]])
        with contextlib.suppress(PolicyError):
            found = parse(text)
            assert parse(to_toml(found)).sha256 == found.sha256


def test_a_damaged_stored_policy_is_refused_in_words():
    whole = content(parse(WHOLE))
    for key in whole:
        for value in (None, 5, "x", [], {}):
            with contextlib.suppress(PolicyError):
                from_content({**whole, key: value})
    with pytest.raises(PolicyError, match="damaged"):
        from_content({**whole, "approved_on": "soon"})
    with pytest.raises(PolicyError, match="'id' is missing"):
        from_content({key: value for key, value in whole.items() if key != "id"})


# ---- protected attributes in other words --------------------------------------------------------

NAMES = {
    "sex": ("性別", "性别代码", "xb", "XB_DM", "Gender2", "custGender", "女士标识", "isMale"),
    "age": ("birthyear", "birth_year", "BirthYear", "yob", "年齡", "出生年份", "csrq", "age_group", "歲數"),
    "ethnicity": ("mz", "mzdm", "民族代码", "漢族", "是否畲族", "維吾爾族", "ethnicGroup", "nationalities"),
    "marital status": ("hyzk", "婚姻狀況", "離異", "喪偶", "maritalStatus", "unmarried_flag"),
    "politics": ("zzmm", "黨員", "政治面貌"),
    "origin": ("戶籍", "戶口類型", "hukou_type", "籍貫", "immigrant_status"),
    "disability": ("殘疾", "残障等级"),
    "pregnancy": ("懷孕", "is_pregnant"),
}  # fmt: skip
VALUES = {
    "sex": ("女士", "先生", "Mrs", "MISS", "女性", "女(F)", "小姐", "男孩"),
    "ethnicity": ("維吾爾族", "维吾尔", "哈萨克族", "藏族", "滿族", "土家族", "Uyghur", "畲"),
    "age": ("60岁以上", "80后", "老年", "30周岁"),
    "marital status": ("離婚", "丧偶", "单身", "Unmarried"),
    "origin": ("农业户口", "外地户籍", "農村戶口"),
    "religion": ("伊斯兰教", "Muslim"),
}
INNOCENT = (
    "mortgage", "average_balance", "package", "manager", "nationwide_branches", "贵宾", "家族企业",
    "message", "usage", "storage", "agency", "percentage", "stage", "semen", "total_amount",
    "景宁畲族自治县", "发生日期", "village", "county", "industry", "months_late", "birch", "textile",
)  # fmt: skip


@pytest.mark.parametrize(("attribute", "names"), NAMES.items())
def test_a_protected_column_is_known_in_any_writing(attribute: str, names: tuple[str, ...]) -> None:
    assert {name: protected_as(name) for name in names} == dict.fromkeys(names, attribute)


@pytest.mark.parametrize(("attribute", "texts"), VALUES.items())
def test_a_protected_value_is_known_in_any_writing(attribute: str, texts: tuple[str, ...]) -> None:
    assert {text: protected_value(text) for text in texts} == dict.fromkeys(texts, attribute)


def test_ordinary_columns_and_places_are_not_protected() -> None:
    assert not {name: found for name in INNOCENT if (found := protected_as(name))}
    values = (
        "制造业",
        "莲都区",
        "景宁畲族自治县",
        "蓝",
        "绿",
        "A",
        "是",
        "保安",
        "高山",
        "none",
        "茶叶",
    )
    assert not {text: found for text in values if (found := protected_value(text))}
