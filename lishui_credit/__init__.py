"""Grade credit by published rules, learn points from outcomes, explain every point.

The names a user needs first: find the edition in force (`rubric`), read and check a file
(`intake`), grade it (`evaluate`, or `grade` from file to file), explain, verify, compare two
editions; learn a card (`Scorecard`, `BinningProcess`, `Odds`), challenge it (`Challenger`), judge it
(`validate`). Names are imported when first used, so that ``import lishui_credit`` is quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lishui_credit import first_use
from lishui_credit.errors import CreditError, EditionError, ModelError, RubricError, SubjectError
from lishui_credit.language import set_language
from lishui_credit.version import __version__

if TYPE_CHECKING:
    from lishui_credit.rubrics.chain import Year, chain
    from lishui_credit.rubrics.engine.evaluate import Evaluation, evaluate
    from lishui_credit.rubrics.grade_files import grade, verify
    from lishui_credit.rubrics.intake import intake
    from lishui_credit.rubrics.law.catalog import for_period, names, rubric
    from lishui_credit.rubrics.law.rubric import Rubric
    from lishui_credit.rubrics.reform import changes, compare
    from lishui_credit.scorecards.bins.process import BinningProcess
    from lishui_credit.scorecards.cards.scale import Odds
    from lishui_credit.scorecards.challenger import Challenger
    from lishui_credit.scorecards.scorecard import Scorecard
    from lishui_credit.validation.report.validate import validate

_HOMES = {
    "BinningProcess": "scorecards.bins.process",
    "Challenger": "scorecards.challenger",
    "Odds": "scorecards.cards.scale",
    "Scorecard": "scorecards.scorecard",
    "validate": "validation.report.validate",
    "Evaluation": "rubrics.engine.evaluate",
    "Rubric": "rubrics.law.rubric",
    "Year": "rubrics.chain",
    "chain": "rubrics.chain",
    "changes": "rubrics.reform",
    "compare": "rubrics.reform",
    "evaluate": "rubrics.engine.evaluate",
    "for_period": "rubrics.law.catalog",
    "grade": "rubrics.grade_files",
    "intake": "rubrics.intake",
    "names": "rubrics.law.catalog",
    "rubric": "rubrics.law.catalog",
    "verify": "rubrics.grade_files",
}

__all__ = [
    "BinningProcess",
    "Challenger",
    "CreditError",
    "EditionError",
    "Evaluation",
    "ModelError",
    "Odds",
    "Rubric",
    "RubricError",
    "Scorecard",
    "SubjectError",
    "Year",
    "__version__",
    "chain",
    "changes",
    "compare",
    "evaluate",
    "for_period",
    "grade",
    "intake",
    "names",
    "rubric",
    "set_language",
    "validate",
    "verify",
]


__getattr__ = first_use.names(__name__, _HOMES)
