"""Made applicants that stand where a printed policy would go wrong first.

Scores on every cut-off and beside it, nulls, NaN, infinity; texts of segments that differ by case,
accent, width or blank; points that tie, pass the most there is, or are not known.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl

from lishui_credit.policies.clause_tests import Held
from lishui_credit.policies.policy import FARTHEST, Policy
from lishui_credit.policies.ranked_reasons import FARTHEST_TOLD
from lishui_credit.policies.recorded_policy import DECIDED_BY, Asked
from lishui_credit.scorecards.cards.card import POINTS

_TYPES: Final[Mapping[Held, Any]] = {
    "whole": pl.Int64,
    "double": pl.Float64,
    "text": pl.String,
    "flag": pl.Boolean,
}
_LARGEST: Final = 1.7976931348623157e308
_DOUBLES: Final = (0.0, -0.0, 5e-324, -float(FARTHEST), float(FARTHEST), _LARGEST, -_LARGEST)
_HALVES: Final = (599.995, 599.985, 0.125, 0.375, 600.375, 599.4, -1e13 - 0.125, 571.0, 600.25)
"""Scores whose gap has a half of a hundredth, or nearly."""
_NO_SCORES: Final = (math.nan, math.inf, -math.inf, None)
_WORDS: Final = {
    "true": ("TRUE", "是", "yes", "1.0", "1", "treu"),
    "false": ("FALSE", "否", "no", "0.0", "0", "fasle"),
}
"""Spellings of a yes and of a no, and a slip of each."""
_ODD: Final = ("elsewhere", "", "'", '"', "\\", "0", None)
_FEW: Final = 10  # one of so many stands beside nothing


def hostile_applicants(record: Asked, *, rows: int, seed: int) -> pl.DataFrame:
    """Return made applicants of a policy, in the types that its columns hold.

    Parameters
    ----------
    record : Asked
        The policy, and what its columns hold; with losses, points of every code are made too.
    rows : int
        How many, at least 1.
    seed : int
        Of the rows; the same seed makes the same rows.

    Returns
    -------
    polars.DataFrame, shape (rows, any)
        The ids, which are texts A0, A1 and so on; the columns of the policy; the points, and what
        decided a grade where override rules give reasons.

    Examples
    --------
    >>> from lishui_credit.policies.policy import Score
    >>> from lishui_credit.policies.recorded_policy import asked
    >>> policy = Policy(id="a", version="1", title_zh="甲", author="b", kind="single",
    ...                 score=Score(column="score"), cut_off=600)
    >>> people = hostile_applicants(asked(policy, trial=True), rows=500, seed=1)
    >>> people.columns, people["score"].dtype
    (['id', 'score'], Float64)
    >>> [cell in people["score"] for cell in (600.0, math.nextafter(600, 0), math.inf)]
    [True, True, True]
    """
    rng = random.Random(seed)
    policy, losses = record.policy, record.losses
    made = {record.key: pl.Series([f"A{place}" for place in range(rows)], dtype=pl.String)}
    for name, kind in record.held.items():
        of_score = name == policy.score.column
        some = scores(policy, kind) if of_score else _of_segments(policy, name, kind)
        cells = rng.choices(some, k=rows)
        if of_score and kind == "double":
            few = rows // _FEW
            cells[:few] = [rng.uniform(-2000, 2000) for _ in range(few)]
        made[name] = pl.Series(cells, dtype=_TYPES[kind])
    for code, best in losses.best.items() if losses is not None else ():
        some = [
            *[best] * 3,
            *[best - 3] * 3,
            *(best - lost for lost in (1, 7, 30, 100)),
            best + 1,
            None,
        ]
        made[f"{POINTS}{code}"] = pl.Series(rng.choices(some, k=rows), dtype=pl.Int64)
    if losses is not None and losses.rules:
        some = [*losses.rules, losses.rules[0].swapcase(), *policy.score.order, None]
        made[DECIDED_BY] = pl.Series(rng.choices(some, k=rows), dtype=pl.String)
    return pl.DataFrame(made)


def scores(policy: Policy, kind: Held) -> list[Any]:
    """Return cut-offs and the values beside them, the largest and the smallest, and what is no score."""
    if order := policy.score.order:
        return [*order, *(form for text in order[:2] for form in _beside(text)), "", None]
    cuts = [cut for rule in policy.rules for cut in (rule.approve, rule.refer) if cut is not None]
    doubles = [float(cut) for cut in cuts]
    if kind == "whole":
        near = {math.floor(double) + step for double in doubles for step in (-16, -1, 0, 1, 2)}
        near |= {int(-FARTHEST), int(FARTHEST), 0, -1}
        return [*sorted(n for n in near if abs(n) <= FARTHEST), None]
    ends = (-math.inf, math.inf, -FARTHEST_TOLD, FARTHEST_TOLD)
    beside = [
        math.nextafter(double, end) if math.isinf(end) else double + end
        for double in doubles
        for end in ends
    ]
    return [*doubles, *beside, *_DOUBLES, *_HALVES, float(FARTHEST_TOLD), *_NO_SCORES]


def _of_segments(policy: Policy, name: str, kind: Held) -> list[Any]:
    """Return what the segments ask of a column, half of all, and what is nearly that."""
    if kind == "flag":
        return [True, False, None]
    texts = sorted(
        {text for row in policy.segments for at, own in row.tests if at == name for text in own}
    )
    own: list[Any] = [*texts]
    odd: list[Any] = [*(form for text in texts for form in _beside(text)), *_ODD]
    if kind == "whole":
        own = [n for text in texts if (n := _number(text)) is not None]
        odd = [*(n + step for n in own for step in (-1, 1)), 0, 1, 2, 2**63 - 1, -(2**63), None]
        odd = [n for n in odd if n is None or -(2**63) <= n < 2**63]
    return own * (len(odd) // max(1, len(own))) + odd


def _number(text: str) -> int | None:
    """Return the whole number of a text, within 64 bits; of a yes 1, of a no 0."""
    try:
        number = {"true": 1, "false": 0}.get(text)
        number = int(text) if number is None else number
    except ValueError:
        return None
    return number if -(2**63) <= number < 2**63 else None


def _beside(text: str) -> Sequence[str]:
    """Return texts that a collation takes for a text: other case, blanks, accent, width."""
    if text in _WORDS:
        return _WORDS[text]
    wide = chr(ord(text[0]) + 0xFEE0) + text[1:] if text and "!" <= text[0] <= "~" else text
    return (text.swapcase(), f"{text} ", f" {text}", f"{text[:1]}\u0301{text[1:]}", wide)
