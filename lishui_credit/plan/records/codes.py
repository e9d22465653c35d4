"""Code coverage (indicator 1) from the registers: check digits, regions, duplicates, exclusions.

Two traps are minded: real codes of Lishui carry 3325xx, the region before 2000, and codes of rural
collectives start with N (others with A or Y). Individual businesses stand apart.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import polars as pl

from lishui_credit.language import tr
from lishui_credit.plan.divisions import areas
from lishui_credit.plan.records.computed import (
    Computed,
    by_area,
    check_period,
    first_of,
    left_out,
    shares,
)
from lishui_credit.plan.records.raw_tables import AREA, RawTable, level_column, raw_column, take
from lishui_credit.tables.identifiers import USCC_ALPHABET, USCC_AUTHORITIES, uscc_valid

INDICATOR: Final = "uscc_coverage"

REGISTER: Final = RawTable(
    id="register",
    title_zh="登记名录",
    columns=(
        raw_column("register", "登记部门"),
        raw_column("name", "机构名称", aliases=("名称",)),
        raw_column("uscc", "统一社会信用代码", aliases=("信用代码",)),
        AREA,
        level_column(
            "type",
            "机构类别",
            legal_person=("法人",),
            unincorporated=("非法人组织", "其他组织"),
            branch=("分支机构",),
            individual_business=("个体工商户",),
        ),
        level_column(
            "status",
            "登记状态",
            existing=("存续", "在业", "开业", "正常"),
            deregistered=("注销",),
            revoked=("吊销",),
        ),
        raw_column("registered_on", "成立日期", "date"),
        raw_column("ended_on", "注销吊销日期", "date"),
        raw_column("certificate_replaced", "已换发证照", "flag"),
    ),
    optional=("registered_on", "ended_on", "certificate_replaced"),
    gaps=("uscc",),
)
"""Registers of all authorities, one row a registration; 331100 for what the city itself registers."""

VERDICTS: Final = (
    "valid",
    "missing",
    "malformed",
    "check_digit",
    "region",
    "duplicate",
)
"""What a code can be, in the order tested; only ``valid`` counts."""

HIGHER_REGIONS: Final = ("100000", "330000")
"""Regions of codes that the nation's and the province's registers give (proposed)."""

ORGANISATION_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
"""Of the eight characters before the check digit, GB 11714-1997."""


def organisation_code_valid(codes: pl.Series) -> pl.Series:
    """Tell for a whole column whether each nine-character organisation code has its check digit."""
    # The letters count A = 10 to Z = 35, not the 31 characters of GB 32100; check 10 is X,
    # 11 is 0.
    # Source: GB 11714-1997 全国组织机构代码编制规则.
    fits = codes.str.contains(r"^[0-9A-Z]{8}[0-9X]$").fill_null(False)
    bare = pl.select(pl.when(fits).then(codes).otherwise(pl.lit("0" * 9))).to_series()
    values = {
        character: place for place, character in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    }
    total = pl.Series([0]).new_from_index(0, len(codes))
    for place, weight in enumerate(ORGANISATION_WEIGHTS):
        digits = bare.str.slice(place, 1).replace_strict(values, return_dtype=pl.Int64)
        total = total + digits * weight
    checks = {0: "0", 1: "X"} | {rest: str(11 - rest) for rest in range(2, 11)}
    wanted = (total % 11).replace_strict(checks, return_dtype=pl.String)
    return ((bare.str.slice(8, 1) == wanted) & fits).rename(codes.name)


def judged_codes(
    register: Any, at: date, *, extra_regions: tuple[str, ...] = ()
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Return every organisation that exists on a day, each once, with what its code is."""
    # A registration of another register with the same name and code is the same
    # organisation and counts once. One code with two names, or in two counties, is a
    # duplicate: none of its holders has a code of its own.
    # Source: GB 32100-2015. 国发〔2015〕33号. GB/T 2260 (regions, also of before 2000).
    existing, undated = _existing(take(register, REGISTER), at)
    raw = pl.col("uscc")
    bare = raw.str.normalize("NFKC").str.replace_all(r"[\s\-]", "").str.to_uppercase()
    named = pl.col("name").str.normalize("NFKC").str.replace_all(r"\s", "")
    tidied = existing.with_columns(named.alias("name"), bare.alias("uscc"), raw.alias("_raw"))
    coded = pl.col("uscc").is_not_null()
    whole = pl.concat(
        [
            tidied.filter(coded).unique(
                ["uscc", "name", "adcode"], keep="first", maintain_order=True
            ),
            tidied.filter(~coded),
        ]
    )
    judged = _with_verdicts(whole, extra_regions)
    kept = (
        "adcode", "name", "uscc", "type", "certificate_replaced", "verdict", "old_region",
        "inner_wrong", "synthetic",
    )  # fmt: skip
    return judged.select(kept), _notes(tidied, judged, undated)


def _existing(frame: pl.DataFrame, at: date) -> tuple[pl.DataFrame, int]:
    """Return what exists on a day, and how many ended registrations have no day."""
    started = (pl.col("registered_on") <= at).fill_null(True)
    ended = (pl.col("status") != "existing") & pl.col("ended_on").is_null() | (
        pl.col("ended_on") <= at
    ).fill_null(False)
    undated = frame.filter((pl.col("status") != "existing") & pl.col("ended_on").is_null())
    return frame.filter(started & ~ended), undated.height


def _with_verdicts(whole: pl.DataFrame, extra_regions: tuple[str, ...]) -> pl.DataFrame:
    """Return organisations with what their code is, in the order of `VERDICTS`."""
    coded = pl.col("uscc").is_not_null()
    regions = [
        *HIGHER_REGIONS,
        *extra_regions,
        *(code for row in areas() for code in (row.adcode, *row.old_codes)),
    ]
    old = [code for row in areas() for code in row.old_codes]
    form = f"^[{USCC_AUTHORITIES}][{USCC_ALPHABET}][0-9]{{6}}[{USCC_ALPHABET}]{{10}}$"
    right = whole["uscc"].fill_null("")
    region = pl.col("uscc").str.slice(2, 6)
    inner = organisation_code_valid(whole["uscc"].str.slice(8, 9))
    verdict = first_of(
        {
            "missing": ~coded,
            "malformed": ~pl.col("uscc").str.contains(form),
            "check_digit": ~pl.lit(uscc_valid(right)),
            "region": ~region.is_in(regions),
            "duplicate": pl.col("uscc").is_duplicated(),
        },
        "valid",
    )
    return whole.with_columns(
        verdict.alias("verdict"),
        region.is_in(old).fill_null(False).alias("old_region"),
        (coded & ~pl.lit(inner)).alias("inner_wrong"),
    )


def _notes(tidied: pl.DataFrame, judged: pl.DataFrame, undated: int) -> tuple[str, ...]:
    coded = pl.col("uscc").is_not_null()
    twice = judged.filter(coded).group_by("name", "adcode").agg(pl.col("uscc").n_unique())
    return (
        *left_out(
            undated,
            "cancelled registrations have no end date and are treated as ended",
            "条注销吊销登记缺少日期,视为已终止",
        ),
        *left_out(
            tidied.height - judged.height,
            "registrations are of an organisation that another register has, and are counted once",
            "条登记与其他登记部门的同一机构重复,只计一次",
        ),
        *left_out(
            tidied.filter(pl.col("_raw") != pl.col("uscc")).height,
            "codes were normalised: spaces, hyphens, full-width or lower-case letters",
            "个代码含空格、连字符、全角或小写字母,已规范",
        ),
        *left_out(
            twice.filter(pl.col("uscc") > 1).height,
            "names have more than one code in one county",
            "个机构名称在同一地区对应多个代码",
        ),
        *left_out(
            judged.filter(pl.col("inner_wrong") & (pl.col("verdict") == "valid")).height,
            "valid codes have an organisation code that fails GB 11714",
            "个有效代码的主体标识码未通过 GB 11714 校验",
        ),
    )


def code_coverage(
    register: Any,
    period: date,
    *,
    frequency: str = "quarter",
    extra_regions: tuple[str, ...] = (),
    source: str = "",
) -> Computed:
    """Return code coverage by county and for the city from the registers.

    100 * organisations with one valid code of their own / existing organisations; individual
    businesses are left out and have their own companion.

    Parameters
    ----------
    register : path-like or frame
        See `REGISTER`.
    period : date
        Last day of the period.
    frequency : {"quarter", "month", "year"}
        Its length.
    extra_regions : tuple of str
        As in `judged_codes`.
    source : str
        Where the registers came from.

    Returns
    -------
    Computed
        Companions ``.dup_error_rate`` (重错码率: wrong or shared codes / codes held),
        ``.cert_replacement_rate`` (where the register says it), ``.individual_business_coverage``.
        Detail, one row an area and group (``organisations``, ``individual_businesses``):
        ``existing``, the count of every verdict, ``old_region``, ``inner_wrong``.

    Raises
    ------
    SubjectError
        If the table or the period is wrong.

    References
    ----------
    The plan, 二(三) 1 (no definition: this one is proposed). GB 32100-2015. 国发〔2015〕33号.

    Examples
    --------
    >>> rows = pl.DataFrame({"register": ["市场监管"] * 2, "name": ["甲", "乙"],
    ...     "uscc": ["91331102303311025F", None], "adcode": ["莲都区"] * 2, "type": ["法人"] * 2,
    ...     "status": ["存续"] * 2})
    >>> code_coverage(rows, date(2018, 12, 31)).of("uscc_coverage")["value"]
    50.0
    """
    check_period(period, frequency)
    judged, notes = judged_codes(register, period, extra_regions=extra_regions)
    single = pl.col("type") == "individual_business"
    group = pl.when(single).then(pl.lit("individual_businesses")).otherwise(pl.lit("organisations"))
    placed = by_area(judged).with_columns(group.alias("group"))
    told = pl.col("certificate_replaced")
    table = placed.group_by("adcode", "group").agg(
        pl.len().cast(pl.Int64).alias("existing"),
        *((pl.col("verdict") == name).sum().cast(pl.Int64).alias(name) for name in VERDICTS),
        *(pl.col(name).sum().cast(pl.Int64) for name in ("old_region", "inner_wrong")),
        told.sum().cast(pl.Int64).alias("replaced"),
        told.is_not_null().sum().cast(pl.Int64).alias("told"),
    )
    held = pl.col("existing") - pl.col("missing")
    counted = table.with_columns(held.alias("held"), (held - pl.col("valid")).alias("wrong"))
    organisations = {
        INDICATOR: ("valid", "existing"),
        f"{INDICATOR}.dup_error_rate": ("wrong", "held"),
        f"{INDICATOR}.cert_replacement_rate": ("replaced", "told"),
    }
    businesses = {f"{INDICATOR}.individual_business_coverage": ("valid", "existing")}
    rows = shares(counted.filter(group="organisations"), organisations, period)
    rows += shares(counted.filter(group="individual_businesses"), businesses, period)
    if not rows:
        notes = (*notes, tr("no organisation exists on that day", "当日没有存续的机构"))
    return Computed.of_rows(
        rows,
        judged,
        frequency=frequency,
        source=source,
        detail=table.drop("told").sort("adcode", "group"),
        notes=notes,
    )
