"""What ``verify`` does: prove any file of the package again, whatever its kind."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from lishui_credit.commands.terminal import Command, Parser, progress, say, warnings_told
from lishui_credit.language import Bilingual, plural, tr

if TYPE_CHECKING:
    from lishui_credit.proof import Progress, Verdict


def add_arguments(command: Command) -> None:
    """Add the command to the parser."""
    made = command(
        "verify",
        "make a file again from its inputs and compare every value",
        "由输入文件重新生成结果,逐值核对",
        run,
    )
    file_argument(made)


def file_argument(made: Parser) -> None:
    """Add the file to verify."""
    made.asks(
        "file",
        "file written by grade, reform, areas, score, decide or plan report, or folder by grade, fit, plan site or rubrics site",
        "grade、reform、areas、score、decide 或 plan report 写出的文件,或 grade、fit、plan site、rubrics site 写出的目录",
    )


def verify(path: Path | str, progress: Progress = lambda step: None) -> Verdict:
    """Make a file again from the inputs its manifest names, and compare the two.

    Parameters
    ----------
    path : path-like
        An output of `grade`, `lishui_credit.models.score_file`, `lishui_credit.policies.decide_file`
        or the commands ``areas`` and ``plan report``, or the folder that ``grade --engine``, ``fit``,
        ``plan site`` or ``rubrics site`` wrote;
        its inputs where the manifest says.
    progress : callable
        Told the name of each step.

    Returns
    -------
    Verdict
        ``checks`` says by name whether each is the same: the output itself, the manifest in its
        footer, every input, columns, rows and what the kind of file compares (grades, scores,
        decisions; of a plan report its figures, and ``report``, every word and figure of the page
        or workbook as it is printed again), and ``manifest``, or each of its keys that a re-run denies; ``holds``
        whether all are; ``subjects`` how many rows were compared; ``different`` the rows that differ.

    Raises
    ------
    ModelError
        If the file has no manifest, or one that names no hash or is of another file; if its edition is
        not the shipped one, or an input is gone.

    Examples
    --------
    >>> import tempfile
    >>> import lishui_credit as lc
    >>> from lishui_credit.samples.enterprises import small_enterprises
    >>> folder = tempfile.TemporaryDirectory()
    >>> firms, graded = f"{folder.name}/firms.csv", f"{folder.name}/graded.csv"
    >>> small_enterprises(20).write_csv(firms)
    >>> _ = lc.grade(lc.rubric("small-enterprise", on="2016-06-30"), firms, graded)
    >>> verify(graded).holds
    True
    >>> folder.cleanup()
    """
    from lishui_credit import proof

    if Path(path).is_dir():
        from lishui_credit.reports.site_folder import LIST
        from lishui_credit.rubrics.stored_grades import LIST as GRADED
        from lishui_credit.scorecards.cards.card_file import FILE

        own = (name for name in (FILE, GRADED) if (Path(path) / name).exists())
        path = Path(path) / next(own, LIST)
    said = proof.stated(path)
    if said.kind == proof.GRADES:
        from lishui_credit.rubrics import grade_files

        return grade_files.verified(said, progress)
    if said.kind == proof.GRADE_FOLDER:
        from lishui_credit.rubrics import grade_folders

        return grade_folders.verified(said, progress)
    if said.kind == proof.REFORM:
        from lishui_credit.validation import reform_files

        return reform_files.verified(said, progress)
    if said.kind == proof.AREAS:
        from lishui_credit.rubrics import area_files

        return area_files.verified(said, progress)
    if said.kind == proof.CARD:
        from lishui_credit.models import refitting

        return refitting.verified(said, progress)
    if said.kind == proof.SCORES:
        from lishui_credit.models import scoring

        return scoring.verified(said, progress)
    if said.kind == proof.DECISIONS:
        from lishui_credit.policies import decision_files

        return decision_files.verified(said, progress)
    if said.kind == proof.PLAN_REPORT:
        from lishui_credit.commands.plan_inputs import revisions
        from lishui_credit.plan.evaluation import files

        return files.verified(said, revisions, progress)
    if said.kind == proof.PLAN_SITE:
        from lishui_credit.commands.plan_inputs import revisions
        from lishui_credit.plan.site import site_files

        return site_files.verified(said, revisions, progress)
    if said.kind == proof.RUBRIC_SITE:
        from lishui_credit.rubrics.pages import rubric_site

        return rubric_site.verified(said, progress)
    raise said.refusal(Bilingual("a file this package wrote", "本软件写出的文件"), said.damage)


def run(options: argparse.Namespace) -> int:
    """Verify a file; exit code 1 where anything differs."""
    with warnings_told():
        verdict = verify(options.file, progress())
    data = {
        "holds": verdict.holds,
        "checks": dict(verdict.checks),
        "subjects": verdict.subjects,
        "different": verdict.different.to_dicts(),
    }

    def text() -> list[str]:
        words = {True: tr("same", "一致"), False: tr("DIFFERENT", "不一致")}
        head = tr("verified", "复核一致") if verdict.holds else tr("NOT the same", "复核不一致")
        count = tr(plural(verdict.subjects, "row"), f"{verdict.subjects:,} 行")
        return [
            f"{head}: {count}",
            *(f"  {name}: {words[same]}" for name, same in verdict.checks.items()),
            *(f"  {row}" for row in verdict.different.head(10).iter_rows()),
        ]

    say(options, data, text)
    return 0 if verdict.holds else 1
