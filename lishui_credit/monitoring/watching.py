"""A watch: files of months against a card, a history that grows, a verdict, a page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from lishui_credit.errors import ModelError, Problem, SubjectError, refuse
from lishui_credit.language import tr
from lishui_credit.monitoring import verdicts
from lishui_credit.monitoring.ledger import FILE as HISTORY
from lishui_credit.monitoring.ledger import (
    OUTCOMES,
    SCORES,
    SETTINGS,
    Ledger,
    read_ledger,
    same,
    write_ledger,
)
from lishui_credit.monitoring.monthly_files import Month, Roles, read_months
from lishui_credit.monitoring.months import of_one_length
from lishui_credit.monitoring.period_records import Recorder, Rules
from lishui_credit.monitoring.watch_page import page
from lishui_credit.scorecards.cards.card import Card
from lishui_credit.scorecards.cards.card_file import file_of
from lishui_credit.scorecards.cards.card_workbook import read_card
from lishui_credit.scorecards.sample_files import named
from lishui_credit.tables.beside import sha256
from lishui_credit.tables.json_nouns import parsed
from lishui_credit.tables.write import keep_inputs, replacing

PAGE: Final = "watch.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What a run of a watch did.

    Parameters
    ----------
    folder : Path
        Holds ``history.jsonl``, ``verdict.json`` and ``watch.html``.
    written : tuple of str
        Periods with new records of scores or outcomes.
    equal : tuple of str
        Periods that were there already, and came out the same.
    verdict : mapping
        As in ``verdict.json``; ``passes``, ``checks``, ``not_judged``.
    """

    folder: Path
    written: tuple[str, ...]
    equal: tuple[str, ...]
    verdict: Mapping[str, Any]

    @property
    def passes(self) -> bool:
        """Whether no check of this run's periods failed."""
        return bool(self.verdict["passes"])


def watch(
    model: Path | str,
    files: Sequence[Path | str],
    folder: Path | str,
    *,
    roles: Roles | None = None,
    rules: Rules | None = None,
) -> Watched:
    """Watch a card over periods: add to the history of a folder, judge, and write the page.

    Every period of the files is compared with the card's own sample, as the card keeps it. A period
    that is in the history already must come out the same; outcomes that are known later are added as
    a record of their own. Nothing that was written is changed.

    Parameters
    ----------
    model : path-like
        Folder of the card, its ``scorecard.json`` or its workbook; fitted by `lishui_credit.models.fit_file`.
    files : sequence of path-like
        Raw rows that the card scores, or scored files; any number of periods in each, a period in
        one file only.
    folder : path-like
        Of the history; made if it does not exist.
    roles, rules : Roles, Rules, optional
        Columns and thresholds. They are fixed in the first line of the history; if None, those of
        the history, or the defaults when it begins.

    Returns
    -------
    Watched

    Raises
    ------
    SubjectError
        If a file cannot be read, a period is not told, or one comes out otherwise than the history
        has it: nothing is written then.
    ModelError
        If the card keeps no counts of its sample, the history belongs to another card or other
        settings, or was changed.

    Examples
    --------
    >>> import tempfile
    >>> import polars as pl
    >>> from lishui_credit.models import fit_file
    >>> home = tempfile.TemporaryDirectory()
    >>> bad = [0, 0, 0, 1, 0, 0, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0]
    >>> rows = pl.DataFrame({"months_late": [0, 1, 2, 3] * 60, "bad": bad * 15})
    >>> rows.write_parquet(f"{home.name}/sample.parquet")
    >>> made = fit_file(f"{home.name}/sample.parquet", f"{home.name}/late/1", folds=2)
    >>> rows.drop("bad").write_parquet(f"{home.name}/rows_2026-01.parquet")
    >>> found = watch(made.folder, [f"{home.name}/rows_2026-01.parquet"], f"{home.name}/watch")
    >>> found.passes, found.written, found.verdict["not_judged"]
    (True, ('2026-01',), ['2026-01 outcomes'])
    >>> home.cleanup()
    """
    card, stored = read_card(model), file_of(model)
    digest = sha256(stored)
    folder = Path(folder)
    was = read_ledger(folder, _last_told(folder))
    settings = _settings(card, digest, was, roles, rules)
    roles, rules = _roles(settings), Rules(**settings["rules"])
    outputs = [folder / name for name in (HISTORY, verdicts.FILE, PAGE)]
    keep_inputs(outputs, [stored, *map(Path, files)])
    months = _months(card, digest, files, roles, was, explicit=bool(settings["target_named"]))
    ledger = was if was.entries else was.added(settings)
    recorder = Recorder.of(card, rules)
    written: list[str] = []
    equal: list[str] = []
    problems: list[Problem] = []
    before: Month | None = None
    for month in months:
        longer = _recorded(ledger, recorder, month, before, problems)
        (equal if longer is ledger else written).append(month.period)
        ledger, before = longer, month
    refuse(problems)
    told = json.loads(json.dumps(verdicts.verdict(ledger, rules, [m.period for m in months])))
    told["approval"] = card.standing.record
    write_ledger(ledger, folder, was)
    for path, text in (
        (folder / verdicts.FILE, json.dumps(told, ensure_ascii=False, indent=2) + "\n"),
        (folder / PAGE, page(ledger, card, rules)),
    ):
        with replacing(path) as draft:
            draft.write_text(text, encoding="utf-8")
    return Watched(folder=folder, written=tuple(written), equal=tuple(equal), verdict=told)


def _last_told(folder: Path) -> str:
    """Return the hash of the line after which the verdict was written, "" where there is none."""
    path = folder / verdicts.FILE
    if not path.is_file():
        return ""
    told = parsed(path.read_text(encoding="utf-8"), path.name)
    return str(told.get("history_last", "")) if isinstance(told, dict) else ""


def _settings(
    card: Card, digest: str, was: Ledger, roles: Roles | None, rules: Rules | None
) -> Mapping[str, Any]:
    """Return the first line of the history, or refuse what is not as it says."""
    begun = was.settings
    if begun:
        asked = {
            "card_sha256": digest,
            **({"roles": _plain(roles)} if roles is not None else {}),
            **({"rules": asdict(rules)} if rules is not None else {}),
        }
        refuse(
            (
                Problem(
                    tr(
                        f"the history was begun with other {key}",
                        f"历史记录开始时的 {key} 与此不同",
                    ),
                    f"{json.dumps(value, ensure_ascii=False)} != {json.dumps(begun[key], ensure_ascii=False)}",
                    tr("begin another folder", "请另用新的目录"),
                )
                for key, value in asked.items()
                if begun[key] != value
            ),
            ModelError,
        )
        return begun
    roles, rules = roles or Roles(), rules or Rules()
    _refuse_rules(rules)
    own = str(card.provenance.get("target", ""))
    return {
        "kind": SETTINGS,
        "card": card.id,
        "card_sha256": digest,
        "roles": _plain(roles),
        "target": roles.target or own,
        "target_named": bool(roles.target),
        "rules": asdict(rules),
    }


def _plain(roles: Roles) -> dict[str, Any]:
    return {**asdict(roles), "by": list(roles.by)}


def _roles(settings: Mapping[str, Any]) -> Roles:
    told = settings["roles"]
    return Roles(**{**told, "by": tuple(told["by"]), "target": named(settings["target"])})


def _refuse_rules(rules: Rules) -> None:
    refuse(
        (
            Problem(tr(f"{name} must lie {en}", f"{name} 须{zh}"), str(value))
            for name, value, holds, en, zh in (
                ("level", rules.level, 0 < rules.level < 1, "between 0 and 1", "在 0 与 1 之间"),
                ("least_psi", rules.least_psi, rules.least_psi >= 0, "at or above 0", "不小于 0"),
            )
            if not holds
        ),
        ModelError,
    )


def _months(
    card: Card,
    digest: str,
    files: Sequence[Path | str],
    roles: Roles,
    was: Ledger,
    *,
    explicit: bool,
) -> list[Month]:
    """Return the periods of all files, earliest first, each in one file; every problem at once."""
    found: list[Month] = []
    problems: list[Problem] = []
    if not files:
        problems.append(Problem(tr("no file to watch", "没有要监测的文件")))
    for path in files:
        try:
            found += read_months(card, digest, path, roles)
        except SubjectError as error:
            problems += error.problems
    held: dict[str, Month] = {}
    for month in found:
        if month.period in held:
            problems.append(
                Problem(
                    tr("a period stands in two files", "同一期间出现在两个文件中"),
                    f"{held[month.period].file}, {month.file}",
                    tr("give each period once", "每个期间只给一次"),
                    month.period,
                )
            )
        held[month.period] = month
    problems += of_one_length([*held, *was.periods], tr("periods", "期间"))
    if explicit and found and not any(month.has_target for month in found):
        problems.append(
            Problem(
                tr("no file has the outcome's column", "没有文件含有结果列"),
                roles.target,
                tr("leave --target out until outcomes are known", "结果未知前请勿指定 --target"),
            )
        )
    refuse(problems)
    return [held[period] for period in sorted(held)]


def _recorded(
    ledger: Ledger,
    recorder: Recorder,
    month: Month,
    before: Month | None,
    problems: list[Problem],
) -> Ledger:
    """Return the history with what is new of a period; what differs becomes a problem."""
    record = recorder.scores(month, before)
    held = ledger.of(month.period, SCORES)
    if not held:
        ledger = ledger.added(record)
    elif changed := _changed(record, held[-1]):
        problems.append(_otherwise(month, changed))
        return ledger
    outcomes = recorder.outcomes(month)
    earlier = ledger.of(month.period, OUTCOMES)
    if outcomes is None or any(not same(outcomes, row) for row in earlier):
        return ledger
    if earlier and outcomes["known"] < earlier[-1]["known"]:
        problems.append(
            Problem(
                tr("fewer outcomes are known than before", "已知结果少于此前"),
                f"{outcomes['known']} < {earlier[-1]['known']}",
                tr("give the later file", "请提供较新的文件"),
                f"{month.file}: {month.period}",
            )
        )
        return ledger
    return ledger.added(outcomes)


def _changed(record: Mapping[str, Any], held: Mapping[str, Any]) -> list[str]:
    """Return what a period's scores say otherwise; a migration only where both runs had the month before."""
    told = dict(record)
    if told["migration"] is None or held["migration"] is None:
        told["migration"] = held["migration"]
    return same(told, held)


def _otherwise(month: Month, changed: Sequence[str]) -> Problem:
    return Problem(
        tr(
            "the period is in the history, and this file says otherwise",
            "该期间已在历史记录中,而此文件与之不符",
        ),
        tr(f"different: {', '.join(changed)}", f"不同:{'、'.join(changed)}"),
        tr(
            "the history is never rewritten: give the file of then, or begin another folder",
            "历史记录不得改写:请提供当时的文件,或另用新的目录",
        ),
        f"{month.file}: {month.period}",
    )
