"""The words by which `protected` knows a protected attribute, in a column's name or in its cells.

Chinese words stand in simplified characters; `header_words.simplified` brings a text to them.
"""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, frozenset[str]]] = {
    "sex": frozenset({
        "sex", "sexes", "male", "female", "woman", "women", "ladies", "girl", "boy", "mrs", "madam",
        "salutation", "honorific",
    }),
    "age": frozenset({"age", "ages", "dob", "yob", "born", "elderly"}),
    "ethnicity": frozenset({"race", "races", "racial", "nation"}),
    "origin": frozenset({"foreign", "foreigner"}),
    "marital status": frozenset({"divorced", "spouse", "widowed"}),
    "pregnancy": frozenset({"pregnant", "pregnancy", "maternity"}),
    "disability": frozenset({"disability", "disabled"}),
    "politics": frozenset({"party", "political"}),
    "religion": frozenset({"religion", "religions", "religious"}),
}  # fmt: skip
"""English words, told as a word of a name or joined to words of `BESIDE`."""

PINYIN: Final[dict[str, frozenset[str]]] = {
    "sex": frozenset({"xingbie", "xb", "chengwei"}),
    "age": frozenset({
        "nianling", "nl", "csrq", "csny", "csnf", "chusheng", "chushengriqi", "chushengnianyue",
        "shengri", "zhousui",
    }),
    "ethnicity": frozenset({"minzu", "mz", "zubie", "zhongzu", "ssmz", "sfssmz", "shaoshuminzu"}),
    "origin": frozenset({
        "hukou", "huji", "hjlx", "hklx", "hjxz", "hkxz", "hjszd", "hkszd", "guoji", "jiguan",
        "chushengdi",
    }),
    "marital status": frozenset({
        "hunyin", "hyzk", "hyqk", "hyzt", "hunfou", "yihun", "weihun", "lihun", "peiou", "sfyh",
        "sfjh",
    }),
    "pregnancy": frozenset({"huaiyun"}),
    "disability": frozenset({"canji", "canzhang", "sfcj", "cjrbz"}),
    "politics": frozenset({"zzmm", "dangyuan", "zhengzhimianmao"}),
    "religion": frozenset({"zongjiao", "zongjiaoxinyang", "zjxy"}),
}  # fmt: skip
"""Pinyin whole and by initials, as national code tables print it (xb, mz, hyzk, csrq, zzmm).

Initials that more often stand for something else are left out: gj (国籍, 工具), jg (籍贯, 机构), cj
(残疾, 成绩), hj (户籍, 环境), sfdy (是否党员, 是否抵押).
"""

BESIDE: Final[dict[str, tuple[str, ...]]] = {
    "english": (
        "customer", "cust", "client", "user", "applicant", "borrower", "debtor", "person", "personal",
        "member", "owner", "head", "is", "has", "flag", "code", "cd", "id", "type", "status", "group",
        "band", "range", "bracket", "level", "category", "years", "year", "yrs", "desc", "name",
    ),
    "pinyin": (
        "kehu", "kh", "jiekuanren", "jkr", "shenqingren", "sqr", "yonghu", "huzhu", "faren",
        "fddbr", "geren", "gr", "ry", "shifou", "sf", "daima", "dm", "mingcheng", "mc", "bianma",
        "bm", "leixing", "lx", "zhuangkuang", "zk", "qingkuang", "xinxi", "xx",
    ),
}  # fmt: skip
"""Words that a name joins to these without a sign between: custsex, khxb, minzudm."""

WHOLE: Final = {"ms": "sex", "miss": "sex", "mr": "sex"}
"""Names told only whole: ``duration_ms`` is a time and ``n_miss`` a count."""

INSIDE: Final = {
    "birth": "age",
    "gender": "sex",
    "ethnic": "ethnicity",
    "nationalit": "ethnicity",
    "immigra": "origin",
    "citizenship": "origin",
    "marital": "marital status",
    "marriage": "marital status",
    "married": "marital status",
}
"""Parts of English words that no other word has."""

PHRASES: Final[dict[str, tuple[str, ...]]] = {
    "sex": (
        "性别", "女性", "男性", "男女", "妇女", "女士", "是否女", "是否男", "先生", "小姐", "太太",
        "称谓", "尊称",
    ),
    "age": ("年龄", "出生", "生日", "岁数", "周岁", "岁以上", "岁以下", "年纪", "老年", "龄段", "生年"),
    "ethnicity": ("民族", "族别", "国籍", "种族", "族裔", "少数民", "回民", "藏民", "汉民"),
    "origin": ("户籍", "籍贯", "户口", "出身", "出生地"),
    "marital status": ("婚姻", "婚否", "配偶", "已婚", "未婚", "离婚", "离异", "丧偶", "再婚", "婚况"),
    "pregnancy": ("怀孕", "生育", "孕期"),
    "disability": ("残疾", "残障"),
    "politics": ("政治面貌", "党员", "党派"),
    "religion": ("宗教", "信仰", "教派", "教徒"),
}  # fmt: skip
"""Chinese phrases, told anywhere in a name."""

GROUPS: Final = {
    "汉": "han", "蒙古": "menggu", "回": "hui", "藏": "zang", "维吾尔": "weiwuer", "苗": "miao",
    "彝": "yi", "壮": "zhuang", "布依": "buyi", "朝鲜": "chaoxian", "满": "man", "侗": "dong",
    "瑶": "yao", "白": "bai", "土家": "tujia", "哈尼": "hani", "哈萨克": "hasake", "傣": "dai",
    "黎": "li", "傈僳": "lisu", "佤": "wa", "畲": "she", "高山": "gaoshan", "拉祜": "lahu",
    "水": "shui", "东乡": "dongxiang", "纳西": "naxi", "景颇": "jingpo", "柯尔克孜": "keerkezi",
    "土": "tu", "达斡尔": "dawoer", "仫佬": "mulao", "羌": "qiang", "布朗": "bulang",
    "撒拉": "sala", "毛南": "maonan", "仡佬": "gelao", "锡伯": "xibo", "阿昌": "achang",
    "普米": "pumi", "塔吉克": "tajike", "怒": "nu", "乌孜别克": "wuzibieke", "俄罗斯": "eluosi",
    "鄂温克": "ewenke", "德昂": "deang", "保安": "baoan", "裕固": "yugu", "京": "jing",
    "塔塔尔": "tataer", "独龙": "dulong", "鄂伦春": "elunchun", "赫哲": "hezhe", "门巴": "menba",
    "珞巴": "luoba", "基诺": "jinuo",
}  # fmt: skip
"""The 56 ethnic groups of GB/T 3304 in its order, Han among them, with their pinyin."""

ALONE: Final = frozenset("汉回藏苗彝壮侗瑶傣畲羌")
"""Groups of one character that mean nothing else where they stand alone."""

OTHERWISE: Final = frozenset({"保安", "高山", "东乡", "土家"})
"""Groups whose name without 族 is also a trade, a landscape or a place."""

COUNTRIES: Final = frozenset({"蒙古", "朝鲜", "哈萨克", "俄罗斯", "塔吉克"})
"""Groups whose name without 族 is in a column's name rather a country."""

ENGLISH_GROUPS: Final = frozenset({
    "han", "mongol", "mongolian", "hui", "tibetan", "uyghur", "uighur", "zhuang", "buyei", "bouyei",
    "manchu", "tujia", "kazakh", "lisu", "gaoshan", "lahu", "dongxiang", "naxi", "jingpo", "kyrgyz",
    "kirgiz", "daur", "mulao", "qiang", "blang", "salar", "maonan", "gelao", "xibe", "achang", "pumi",
    "tajik", "uzbek", "ewenki", "evenki", "deang", "bonan", "yugur", "tatar", "derung", "oroqen",
    "hezhen", "monba", "lhoba", "jino",
})  # fmt: skip
"""English names of groups that mean nothing else."""

ENGLISH_OTHERWISE: Final = frozenset({
    "miao", "yi", "korean", "dong", "yao", "bai", "hani", "dai", "li", "va", "wa", "she", "shui", "sui",
    "tu", "pumi", "nu", "russian", "jing", "gin", "zang", "man",
})  # fmt: skip
"""English names and pinyin that are also words, surnames or nations: told beside a sure one only."""

VALUES: Final[dict[str, frozenset[str]]] = {
    "sex": frozenset({
        "男", "女", "男性", "女性", "男士", "女士", "先生", "小姐", "太太", "夫人", "男孩", "女孩",
        "男人", "女人", "妇女", "male", "female", "man", "men", "woman", "women", "mr", "mrs", "ms",
        "miss", "madam", "girl", "boy",
    }),
    "ethnicity": frozenset({"少数民族", "回民"})
    | ENGLISH_GROUPS
    | ALONE
    | {f"{name}族" for name in GROUPS}
    | {f"{pinyin}zu" for pinyin in GROUPS.values()}
    | {name for name in GROUPS if len(name) > 1 and name not in OTHERWISE},
    "marital status": frozenset({
        "已婚", "未婚", "离异", "离婚", "丧偶", "再婚", "初婚", "单身", "married", "unmarried",
        "divorced", "widowed",
    }),
    "politics": frozenset({"中共党员", "党员", "群众", "共青团员", "团员", "民主党派"}),
    "religion": frozenset({
        "佛教", "道教", "基督教", "天主教", "伊斯兰教", "穆斯林", "buddhist", "christian", "muslim",
    }),
    "disability": frozenset({"残疾", "残疾人", "残障", "disabled"}),
    "pregnancy": frozenset({"怀孕", "孕妇", "已孕", "未孕", "pregnant"}),
}  # fmt: skip
"""Cells, or parts of a cell between signs, that tell an attribute."""

MAYBE: Final = frozenset(GROUPS) | ENGLISH_OTHERWISE
"""Cells that name a group where others of their column surely do."""

SILENT: Final = frozenset({
    "", "-", "—", "/", "未知", "不详", "不明", "其他", "其它", "保密", "未说明", "未填", "空", "缺失",
    "未知的性别", "未说明的性别", "无", "unknown", "other", "others", "missing", "na", "n/a", "none",
    "null", "u",
})  # fmt: skip
"""Cells that tell nothing, beside which the others of a column still tell."""

LETTERS: Final = frozenset({"m", "f"})
"""A column of just these two tells the sex."""

TELLS: Final = {
    "sex": r"(mr|mrs|ms|miss|mme|madam)\b\.?.*|[\u4e00-\u9fff]{1,3}(先生|女士|小姐|太太|夫人)",
    "age": r".*(\d{1,3}周?岁|[3-9]0后|[01]0后|老年人?|青年|中年|未成年).*",
    "origin": r".*(非?农业?|本地|外地|外省|城镇|农村)(户口|户籍).*",
}
"""Patterns of whole cells."""
