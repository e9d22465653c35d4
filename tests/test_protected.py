"""The sieve of protected attributes: what a name or its cells tell, in any script, and what does not."""

from pathlib import Path

import polars as pl
import pytest

from lishui_credit.scorecards.protected import (
    admitted,
    protected_as,
    protected_value,
    told_by_values,
)
from lishui_credit.scorecards.protected_words import GROUPS
from lishui_credit.tables.columns import dictionary
from lishui_credit.tables.headers import banned_as

SAMPLES = Path(__file__).parents[1] / "data_samples"
# The 56 groups of GB/T 3304 as OpenCC writes them in traditional characters.
TRADITIONAL = (
    "漢 蒙古 回 藏 維吾爾 苗 彝 壯 布依 朝鮮 滿 侗 瑤 白 土家 哈尼 哈薩克 傣 黎 傈僳 佤 畲 高山 拉祜 水 東鄉 納西"
    " 景頗 柯爾克孜 土 達斡爾 仫佬 羌 布朗 撒拉 毛南 仡佬 錫伯 阿昌 普米 塔吉克 怒 烏孜別克 俄羅斯 鄂溫克 德昂 保安"
    " 裕固 京 塔塔爾 獨龍 鄂倫春 赫哲 門巴 珞巴 基諾"
)


@pytest.mark.parametrize(
    ("name", "attribute"),
    [
        ("性別", "sex"),
        ("是否婦女", "sex"),
        ("先生", "sex"),
        ("稱謂", "sex"),
        ("Mrs", "sex"),
        ("MS", "sex"),
        ("民族", "ethnicity"),
        ("少數民族", "ethnicity"),
        ("種族", "ethnicity"),
        ("國籍", "ethnicity"),
        ("婚姻狀況", "marital status"),
        ("離異", "marital status"),
        ("喪偶", "marital status"),
        ("戶口性質", "origin"),
        ("籍貫", "origin"),
        ("年齡", "age"),
        ("歲數", "age"),
        ("週歲", "age"),
        ("懷孕", "pregnancy"),
        ("殘疾", "disability"),
        ("殘障", "disability"),
        ("黨員", "politics"),
        ("宗教信仰", "religion"),
        ("教派", "religion"),
        ("religion_code", "religion"),
    ],
)
def test_a_name_in_traditional_characters_or_of_address_is_told(name, attribute):
    assert protected_as(name) == attribute


@pytest.mark.parametrize(
    ("name", "attribute"),
    [
        ("xb", "sex"),
        ("XB", "sex"),
        ("kh_xb", "sex"),
        ("khxb", "sex"),
        ("jkrXb", "sex"),
        ("xingbie", "sex"),
        ("kehuxingbiedaima", "sex"),
        ("custsex", "sex"),
        ("sexcode", "sex"),
        ("isfemale", "sex"),
        ("mz", "ethnicity"),
        ("MZDM", "ethnicity"),
        ("minzu", "ethnicity"),
        ("shaoshuminzu", "ethnicity"),
        ("hyzk", "marital status"),
        ("HYZK_DM", "marital status"),
        ("hunyinzhuangkuang", "marital status"),
        ("maritalstatus", "marital status"),
        ("csrq", "age"),
        ("chushengriqi", "age"),
        ("nl", "age"),
        ("applicantage", "age"),
        ("agegroup", "age"),
        ("zzmm", "politics"),
        ("zhengzhimianmao", "politics"),
        ("zjxy", "religion"),
        ("hkxz", "origin"),
        ("sfcj", "disability"),
    ],
)
def test_pinyin_initials_and_joined_words_are_told(name, attribute):
    assert protected_as(name) == attribute


@pytest.mark.parametrize(
    "name",
    [
        "duration_ms",
        "n_miss",
        "miss_payments",
        "mortgage",
        "usage",
        "stage",
        "average_balance",
        "manage_fee",
        "language",
        "package_id",
        "message_code",
        "salary",
        "donation",
        "combination",
        "essex",
        "trace",
        "embrace",
        "clam",
        "amz_orders",
        "jmzl",
        "axbc",
        "enlx",
        "rights",
        "hybrid",
        "俄罗斯出口额",
        "哈萨克斯坦订单",
        "新疆维吾尔自治区",
        "内蒙古自治区补贴",
        "鄂温克旗",
        "景宁畲族自治县",
        "水费",
        "白酒销售",
        "满意度",
        "回款天数",
        "先进个人",
    ],
)
def test_a_name_that_only_looks_like_one_is_not_told(name):
    assert protected_as(name) is None


def test_all_56_groups_are_told_as_values_and_in_names_in_both_scripts():
    assert len(GROUPS) == len(TRADITIONAL.split()) == 56
    for simple, traditional in zip(GROUPS, TRADITIONAL.split(), strict=True):
        for said in (f"{simple}族", f"{traditional}族", f"{GROUPS[simple]}zu"):
            assert protected_value(said) == "ethnicity", said
            assert protected_as(said) == "ethnicity", said
            assert protected_as(f"is_{said}") == "ethnicity", said
    told = told_by_values(pl.DataFrame({"f1": list(GROUPS), "f2": TRADITIONAL.split()}))
    assert told == {"f1": "ethnicity", "f2": "ethnicity"}


@pytest.mark.parametrize("surely", ["汉", "Han", "畲族", "hanzu"])
def test_a_group_that_means_something_else_is_told_beside_one_that_does_not(surely):
    frame = pl.DataFrame({"f": [surely, "白", "水", "She", "未知", None]})
    assert told_by_values(frame) == {"f": "ethnicity"}
    assert told_by_values(frame.filter(pl.col("f") != surely)) == {}


@pytest.mark.parametrize(
    "values",
    [
        ["王先生", "李女士", "张小姐"],
        ["Mr Wang", "Mrs. Li", "Ms Zhang", "Miss Chen"],
        ["MR.", "MRS.", "unknown"],
        ["先生", "女士", "保密"],
        ["男", "女", "未说明的性别"],
        ["M", "F", None],
        ["m", "f", "U"],
    ],
)
def test_titles_of_address_and_letters_tell_the_sex(values):
    assert told_by_values(pl.DataFrame({"f": values})) == {"f": "sex"}


@pytest.mark.parametrize(
    "values",
    [
        ["M", "L", "S"],
        ["M"],
        ["F", "F", None],
        ["M", "F", "汉"],
        ["先生路", "小姐桥"],
        ["mrp", "msk"],
        ["未知", "其他"],
        ["京", "沪", "白"],
        ["男", "汉族"],
        ["man made", "woman"],
    ],
)
def test_other_values_tell_nothing(values):
    assert told_by_values(pl.DataFrame({"f": values})) == {}


def test_more_than_a_hundred_values_of_address_are_still_told():
    names = [f"{chr(0x4E00 + place)}先生" for place in range(300)]
    assert told_by_values(pl.DataFrame({"f": names})) == {"f": "sex"}
    assert told_by_values(pl.DataFrame({"f": [*names, "茶叶"]})) == {}


def test_a_banned_field_is_banned_in_traditional_characters_too():
    assert banned_as("指紋") == "指纹"


def test_religion_by_its_initials_is_left_out_and_by_its_name_refused():
    taken, left, _ = admitted(["income", "zjxy"], {})
    assert taken == ["income"]
    assert "religion" in left["zjxy"].en


def test_of_all_names_in_the_dictionary_and_the_samples_just_these_are_told():
    names = {
        name
        for row in dictionary().values()
        for name in (row.id, row.label_zh, row.label_en, *row.aliases)
        if name and row.privacy != "protected"
    }
    for path in SAMPLES.iterdir():
        if path.suffix == ".csv":
            names |= set(pl.read_csv(path, n_rows=1, infer_schema=False).columns)
        if path.suffix == ".parquet":
            names |= set(pl.read_parquet_schema(path))
    told = {name: protected_as(name) for name in names if protected_as(name)}
    assert told == {
        "age": "age",
        "age_in_years": "age",
        "foreign_worker": "origin",
        "marriage": "marital status",
        "personal_status_and_sex": "sex",
        "sex": "sex",
    }
