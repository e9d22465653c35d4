"""The sections of a report about parts of the sample: periods, groups, treatment at the cut-off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import polars as pl

from lishui_credit.statistics.outcomes import Floats
from lishui_credit.validation.fairness import FOUR_FIFTHS, fairness
from lishui_credit.validation.groups import TOO_FEW, by_group
from lishui_credit.validation.report.findings import Draft, Line, Section, Settings, Table
from lishui_credit.validation.sections.stability import YURDAKUL
from lishui_credit.validation.stability import psi


def _metrics(
    y: Floats,
    labels: pl.Series,
    risk: Floats,
    pd: Floats | None,
    names: Sequence[str],
    settings: Settings,
) -> pl.DataFrame:
    """Return a long frame: every metric for every label."""
    parts = []
    for name in names:
        of = risk if name in ("auc", "gini", "ks", "h") else pd
        if of is None:
            continue
        table = by_group(
            y,
            labels,
            name,
            of,
            min_rows=settings.min_rows,
            repeats=settings.repeats,
            seed=settings.seed,
            level=settings.level,
        )
        parts.append(table.select(pl.lit(name).alias("metric"), pl.all()))
    return pl.concat(parts)


def periods_section(
    y: Floats,
    risk: Floats,
    pd: Floats | None,
    periods: pl.Series,
    reference_score: Floats | None,
    score: Floats | None,
    settings: Settings,
) -> Section:
    """Return every metric by period, out of time."""
    draft = Draft(
        "periods", "Out of time: does it hold from period to period?", "跨时间:各时期是否成立?"
    )

    def metrics() -> Iterable[Line | Table]:
        table = _metrics(y, periods, risk, pd, ("auc", "ks", "gap"), settings)
        areas = table.filter((pl.col("metric") == "auc") & pl.col("value").is_not_null())
        if len(areas) > 1:
            worst = areas.sort("value").row(0, named=True)
            yield Line(
                id="worst_period",
                name_en="Lowest AUC of a period",
                name_zh="各期最低 AUC",
                value=worst["value"],
                low=worst["low"],
                high=worst["high"],
                verdict_en=f"period {worst['group']}",
                verdict_zh=f"时期 {worst['group']}",
                source="bootstrap interval",
            )
        yield Table(
            id="periods",
            name_en="Metrics by period",
            name_zh="各期指标",
            frame=table.rename({"group": "period"}),
            source="Davison and Hinkley (1997), bootstrap within period",
        )
        if reference_score is not None and score is not None:
            rows = []
            for name in periods.drop_nulls().unique().sort():
                inside = score[(periods == name).fill_null(False).to_numpy()]
                found = psi(
                    pl.Series(reference_score),
                    pl.Series(inside),
                    bins=settings.bins,
                    level=settings.level,
                )
                rows.append(
                    {
                        "period": name,
                        "subjects": len(inside),
                        "psi": found.value,
                        "critical": found.critical,
                        "p": found.p,
                        "moved": found.moved,
                    }
                )
            yield Table(
                id="psi_periods",
                name_en="PSI of the score by period",
                name_zh="各期分数 PSI",
                frame=pl.DataFrame(rows),
                source=YURDAKUL,
            )

    draft.add("periods", "Metrics by period", "各期指标", metrics)
    return draft.section()


def groups_section(
    y: Floats,
    risk: Floats,
    pd: Floats | None,
    score: Floats,
    groups: Mapping[str, pl.Series],
    cut_off: float | None,
    settings: Settings,
) -> Section:
    """Return every metric by group, and how the cut-off treats each group."""
    draft = Draft(
        "groups",
        "Groups: does it hold, and treat alike, everywhere?",
        "分组:是否处处成立、一视同仁?",
    )
    names = ("auc", "ks", "h", "brier", "gap", "ece")
    for dimension, found in groups.items():

        def metrics(
            dimension: str = dimension, labels: pl.Series = found
        ) -> Iterable[Line | Table]:
            table = _metrics(y, labels, risk, pd, names, settings)
            few = table.filter((pl.col("metric") == "auc") & (pl.col("note") == TOO_FEW))
            if len(few):
                yield Line(
                    id=f"few_{dimension}",
                    name_en=f"{dimension}: groups too few to show",
                    name_zh=f"{dimension}:样本过少未展示的组数",
                    value=float(len(few)),
                    unit="count",
                    verdict_en=f"fewer than {settings.min_rows} rows",
                    verdict_zh=f"少于 {settings.min_rows} 行",
                )
            yield Table(
                id=f"group_{dimension}",
                name_en=f"Metrics by {dimension}",
                name_zh=f"按{dimension}的指标",
                frame=table,
                source="Davison and Hinkley (1997), bootstrap within group",
            )

        def treatment(
            dimension: str = dimension, labels: pl.Series = found
        ) -> Iterable[Line | Table]:
            assert cut_off is not None
            table = fairness(
                y, score, labels, cut_off, min_rows=settings.min_rows, level=settings.level
            )
            shown = table.filter(pl.col("approval").is_not_null())
            if len(shown) > 1 and shown["ratio"].null_count() == 0:
                worst = shown.sort("ratio").row(0, named=True)
                fails = worst["ratio"] < FOUR_FIFTHS
                yield Line(
                    id=f"four_fifths_{dimension}",
                    name_en=f"{dimension}: lowest over highest approval rate",
                    name_zh=f"{dimension}:最低与最高通过率之比",
                    value=worst["ratio"],
                    standing="bad" if fails else "good",
                    source="EEOC (1978), 29 CFR 1607.4 D",
                    verdict_en=f"{'below' if fails else 'not below'} four fifths ({worst['group']})",
                    verdict_zh=f"{'低于' if fails else '不低于'}五分之四({worst['group']})",
                )
                for column, id, en, zh in (
                    (
                        "goods_refused",
                        "refusal_gap",
                        "widest gap of goods refused",
                        "好客户被拒率最大差距",
                    ),
                    (
                        "bads_approved",
                        "error_gap",
                        "widest gap of bads approved",
                        "坏客户通过率最大差距",
                    ),
                ):
                    values = shown[column].drop_nulls().to_numpy()
                    if len(values) > 1:
                        yield Line(
                            id=f"{id}_{dimension}",
                            name_en=f"{dimension}: {en}",
                            name_zh=f"{dimension}:{zh}",
                            value=float(np.ptp(values)),
                            unit="rate",
                            source="Hardt, Price and Srebro (2016)",
                        )
            yield Table(
                id=f"fairness_{dimension}",
                name_en=f"Treatment by {dimension} at the cut-off",
                name_zh=f"按{dimension}在临界分下的待遇",
                frame=table,
                source="EEOC (1978); Hardt, Price and Srebro (2016); Newcombe (1998)",
            )

        draft.add(f"group_{dimension}", f"Metrics by {dimension}", f"按{dimension}的指标", metrics)
        if cut_off is not None:
            draft.add(
                f"fairness_{dimension}",
                f"Treatment by {dimension}",
                f"按{dimension}的待遇",
                treatment,
            )
    return draft.section()
