"""A policy in plain Python and in JavaScript decides as `decide` does, and refuses what it cannot read."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl
import pytest

from lishui_credit.backends.node import passed, received
from lishui_credit.errors import PolicyError, SubjectError
from lishui_credit.language import set_language
from lishui_credit.policies.policy_code import MOST_POINTS, to_javascript, to_python
from tests import test_policy_sql as by_sql
from tests.javascript import run

EDITIONS = ("farmer-household@2009-01-01", "small-enterprise@2009-12-01")
WRONG: dict[str, Any] = {
    "id": 7,
    "score": 600.5,
    "place": "#N/A",
    "green": 1,
    "code": 2**70,
    "sc0re": None,
}
Asked = tuple[Any, pl.DataFrame, pl.DataFrame, dict[str, Any]]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    set_language("en")
    yield
    set_language(None)


def asked(name: str) -> Asked:
    """A policy, applicants, what `decide` says of them, and what reasons are taken from."""
    if name in by_sql.CASES:
        return by_sql.CASES[name], *by_sql.decided(name, by_sql.MANY), {}
    if name == "by card":
        return by_sql.BY_CARD, *by_sql.by_card(), {"card": by_sql.GERMAN}
    rubric, frame, expected = by_sql.by_rubric(name)
    return by_sql.graded_policy(rubric), frame, expected, {"rubric": rubric}


def printing(case: Any, **others: Any) -> dict[str, Any]:
    """What the functions are printed with."""
    return {"types": case.types, "on": by_sql.DAY, "trial": True, **others}


def plain(cell: Any) -> Any:
    """A cell as it came back from JavaScript, or as it is; a NaN by its name."""
    cell = received(cell)
    return "NaN" if isinstance(cell, float) and math.isnan(cell) else cell


def rows(found: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{name: plain(cell) for name, cell in row.items()} for row in found]


def in_javascript(text: str, given: list[dict[str, Any]]) -> list[Any]:
    """What the function says of every row; the message where it throws."""
    each = "try { return decide(row); } catch (error) { return error.message; }"
    sent = [{key: passed(cell) for key, cell in row.items()} for row in given]
    found: list[Any] = run(f"(rows) => {{ {text} return rows.map((row) => {{ {each} }}); }}", sent)
    return found


def safe(row: Mapping[str, Any]) -> bool:
    """Whether JavaScript tells every whole number of a row from its neighbours."""
    return all(abs(cell) < 2**53 for cell in row.values() if type(cell) is int)


@pytest.mark.parametrize("name", [*by_sql.CASES, "by card", *EDITIONS])
def test_a_policy_decides_in_plain_code_as_decide_does(name: str) -> None:
    case, frame, expected, others = asked(name)
    given = frame.to_dicts()
    wanted = rows(by_sql.told(expected).to_dicts())
    options = printing(case, **others)
    decide = to_python(case.policy, **options)
    assert rows([decide(row) for row in given]) == wanted
    found = in_javascript(to_javascript(case.policy, **options), given)
    for row, one, want in zip(given, found, wanted, strict=True):
        if safe(row):
            assert rows([one]) == [want]
        else:
            assert "not a whole number" in one or "beyond its limits" in one


def test_everything_that_cannot_be_read_is_told_at_once() -> None:
    case = by_sql.CASES["segments of whole numbers"]
    options = printing(case) | {"types": {"score": "whole", "code": "whole"}}
    decide = to_python(case.policy, **options)
    with pytest.raises(SubjectError) as refused:
        decide(WRONG)
    told = str(refused.value)
    for key in WRONG:
        assert f"subject {key}: " in told
    assert len(refused.value.problems) == len(WRONG)
    text = to_javascript(case.policy, **options)
    found = in_javascript(text, [WRONG | {"code": 1.5}, {"id": " ", "score": None, "place": None}])
    assert [line.split(":")[0] for line in found[0].splitlines()] == [
        f"subject {key}" for key in WRONG
    ]
    assert found[1].splitlines() == [
        'subject id: no id: " "',
        "subject green: the key is missing; null says that it is not known",
        "subject code: the key is missing; null says that it is not known",
    ]
    with pytest.raises(SubjectError, match="not a mapping"):
        decide(["x"])  # type: ignore[arg-type]


def test_a_number_that_a_double_does_not_hold_is_refused() -> None:
    decide = to_python(by_sql.BY_CARD.policy, **printing(by_sql.BY_CARD))
    assert decide({"id": "x", "score": 2**53})["decision"] == "approve"
    for cell in (2**53 + 1, 10**400, True, "600"):
        with pytest.raises(SubjectError, match="score"):
            decide({"id": "x", "score": cell})
    points = {f"points__{row.feature}": 0 for row in by_sql.GERMAN.characteristics}
    options = printing(by_sql.BY_CARD, card=by_sql.GERMAN)
    most = points | {"points__purpose": MOST_POINTS + 1}
    with pytest.raises(SubjectError, match="points__purpose"):
        to_python(by_sql.BY_CARD.policy, **options)({"id": "x", "score": 1, **most})
    given = [{"id": "x", "score": cell, **points} for cell in (2.0**53, 2.0**53 - 1)]
    found = in_javascript(to_javascript(by_sql.BY_CARD.policy, **options), given)
    assert "beyond its limits" in found[0]
    assert found[1]["decision"] == "approve"


def test_the_head_says_which_policy_it_is_and_whether_it_is_in_force() -> None:
    policy = by_sql.parse(by_sql.IN_FORCE + by_sql.SINGLE)
    decide = to_python(policy, on=by_sql.DAY, card=by_sql.GERMAN)
    script = to_javascript(policy, on=by_sql.DAY, card=by_sql.GERMAN, module=True)
    for sign, text in (("#", decide.source), ("//", script)):
        head = [line for line in text.splitlines() if line.startswith(f"{sign} ")]
        told = "\n".join(head)
        for said in (
            "Lending policy: p@1",
            policy.sha256,
            "Approved by",
            "1 June 2026, fixed here",
            "credit history, in 1/1 point",
        ):
            assert said in told, said
        assert "TRIAL" not in told
    assert script.endswith("export { decide };\n")
    assert repr(decide) == "<p@1>"
    unapproved = by_sql.CASES["whole"].policy
    with pytest.raises(PolicyError, match="not approved"):
        to_python(unapproved, on=by_sql.DAY)
    trial = to_python(unapproved, on=by_sql.DAY, trial=True)
    assert "# TRIAL, not a decision in force: not approved" in trial.source
    assert repr(trial) == "<p@1: not approved>"
    assert trial({"id": "x", "score": 1})["trial"] is True


def test_what_is_kept_is_handed_through_and_the_id_has_any_name() -> None:
    case = by_sql.CASES["whole"]
    options = printing(case, key="loan", keep=["synthetic"], top=0)
    row = {"loan": "x", "score": 600, "synthetic": True}
    decided = to_python(case.policy, **options)(row)
    expected = by_sql.decide(
        pl.DataFrame([row]), case.policy, on=by_sql.DAY, trial=True, id="loan", top=0
    )
    assert decided == expected.row(0, named=True)
    assert in_javascript(to_javascript(case.policy, **options), [row]) == [decided]
    with pytest.raises(SubjectError, match="_loan"):
        to_python(case.policy, **options | {"key": "_loan"})
