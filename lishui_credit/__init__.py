"""Grade credit by published rules, explain every point, and prove the same result again.

The ten lines a user needs are the names below: find the edition in force (`rubric`), read and
check a file (`intake`), grade it (`evaluate`, or `grade` from file to file), explain, verify,
compare two editions. Names are imported when first used, so that ``import lishui_credit`` is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lishui_credit.errors import CreditError, EditionError, ModelError, RubricError, SubjectError
from lishui_credit.language import set_language
from lishui_credit.version import __version__

if TYPE_CHECKING:
    from lishui_credit.rubrics.catalog import for_period, names, rubric
    from lishui_credit.rubrics.chain import Year, chain
    from lishui_credit.rubrics.evaluate import Evaluation, evaluate
    from lishui_credit.rubrics.graded import grade, verify
    from lishui_credit.rubrics.intake import intake
    from lishui_credit.rubrics.reform import changes, compare
    from lishui_credit.rubrics.rubric import Rubric

_HOMES = {
    "Evaluation": "evaluate",
    "Rubric": "rubric",
    "Year": "chain",
    "chain": "chain",
    "changes": "reform",
    "compare": "reform",
    "evaluate": "evaluate",
    "for_period": "catalog",
    "grade": "graded",
    "intake": "intake",
    "names": "catalog",
    "rubric": "catalog",
    "verify": "graded",
}

__all__ = [
    "CreditError",
    "EditionError",
    "Evaluation",
    "ModelError",
    "Rubric",
    "RubricError",
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
    "verify",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'lishui_credit' has no attribute '{name}'")
    return getattr(import_module(f"lishui_credit.rubrics.{home}"), name)
