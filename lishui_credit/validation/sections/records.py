"""The section about the rows themselves: near copies, and gaps that decide the outcome."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

import numpy as np
import polars as pl

from lishui_credit.language import Bilingual
from lishui_credit.scorecards.copied_rows import SHARE_FROM, near_copies
from lishui_credit.scorecards.features import features
from lishui_credit.scorecards.recorded_gaps import ARTEFACT, recording_artefacts
from lishui_credit.scorecards.sample_faults import TO_JUDGE
from lishui_credit.statistics.outcomes import Values
from lishui_credit.validation.report.findings import Line, Table, line, says
from lishui_credit.validation.report.outline import Given, Outline, Part, Records

_COPIES: Final = Bilingual("Rows with a near copy in the sample", "样本内有近似重复的行")
_BETWEEN: Final = Bilingual(
    "Rows with a near copy in the training sample", "在建模样本中有近似重复的行"
)
_ARTEFACTS: Final = Bilingual("Gaps and codes that decide the outcome", "决定结果的缺失与代码")
_SOURCE: Final = "Barz and Denzler (2020)"


def _parts(given: Given) -> Iterator[Part]:
    records = given.records
    if records is None or not given.settings.faults:
        return
    yield Part("near_copies", _COPIES, partial(_copies, given, records))
    if records.training is not None:
        yield Part(
            "copies_between",
            _BETWEEN,
            partial(_between, given, records, records.training, records.training_outcome),
        )
    yield Part("artefacts", _ARTEFACTS, partial(_gaps, given, records))


RECORDS = Outline(
    "records",
    Bilingual(
        "Records: are the rows independent, and recorded before the outcome?",
        "记录:各行是否独立、是否在结果之前记录?",
    ),
    _parts,
)


def _copies(given: Given, records: Records) -> Iterator[Line]:
    found = near_copies(records.inputs, given.y, seed=given.settings.seed)
    verdict = says("watch" if found.found else "note", found.said.en, found.said.zh)
    yield line("near_copies", _COPIES, found.share, verdict, source=_SOURCE, unit="rate")


def _between(
    given: Given, records: Records, training: pl.DataFrame, outcome: Values | None
) -> Iterator[Line]:
    """Yield how many rows have a twin in the training sample, both laid under each other."""
    own, before = features(records.inputs), features(training, records.inputs.columns)
    both = pl.concat([own, before], how="vertical_relaxed")
    bad = None if outcome is None else np.concatenate([given.y, np.asarray(outcome)])
    found = near_copies(both, bad, seed=given.settings.seed)
    mine = np.arange(both.height) < own.height
    share = float(found.across(mine)[mine].mean())
    verdict = says(
        "watch" if share >= SHARE_FROM and found.found else "note",
        f"both samples together: {found.said.en}",
        f"两个样本合计:{found.said.zh}",
    )
    yield line("copies_between", _BETWEEN, share, verdict, source=_SOURCE, unit="rate")


def _gaps(given: Given, records: Records) -> Iterator[Line | Table]:
    level = given.settings.level
    table = recording_artefacts(records.inputs, given.y, codes=records.codes, level=level)
    told = table.filter(note=ARTEFACT)["feature"].unique(maintain_order=True).to_list()
    verdict = (
        says("watch", f"{', '.join(told)}: {TO_JUDGE.en}", f"{'、'.join(told)}:{TO_JUDGE.zh}")
        if told
        else says("note", "none", "无")
    )
    source = "Gart (1966); Kaufman, Rosset and Perlich (2011)"
    yield line("artefacts", _ARTEFACTS, float(len(told)), verdict, source=source, unit="count")
    if len(table):
        yield Table(
            "artefacts",
            Bilingual("Outcome where a value is missing or a code", "缺失值与特殊代码处的结果"),
            table,
            source,
        )
