"""Results at each approval rate: bad rates of the approved and the refused, bads and goods refused."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from lishui_credit.errors import SubjectError
from lishui_credit.language import tr
from lishui_credit.statistics.outcomes import Values, ranked_risks


def at_approval(
    y: Values,
    risk: Values,
    rates: Sequence[float] = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95),
    *,
    weights: Values | None = None,
) -> pl.DataFrame:
    """Return what happens when the least risky share is approved, for each approval rate.

    Subjects of equal risk are approved together, so the rate reached is the highest one not above
    the rate asked for.

    Parameters
    ----------
    y, risk, weights
        Outcomes (1 bad), risk, row weights, each of shape (n,).
    rates : sequence of float, default 0.5 to 0.95
        Approval rates asked for, 0 to 1.

    Returns
    -------
    pl.DataFrame
        ``asked``, ``approved`` (share), ``risk_below_or_at`` (highest risk approved), ``bad_rate``
        among the approved, ``bad_rate_refused`` (precision of refusing), ``bads_refused`` (recall)
        and ``goods_refused`` (shares of their class). Null where nobody is approved or refused.

    Raises
    ------
    SubjectError
        If a rate lies outside 0 to 1.

    References
    ----------
    Thomas, Edelman and Crook (2002), Credit Scoring and Its Applications, SIAM.

    Examples
    --------
    >>> at_approval([0, 1, 0, 1], [1, 2, 3, 4], [0.5]).row(0)
    (0.5, 0.5, 2.0, 0.5, 0.5, 0.5, 0.5)
    """
    wrong = [rate for rate in rates if not 0 <= rate <= 1]
    if wrong:
        raise SubjectError(
            tr("approval rates must lie between 0 and 1", "通过率应在 0 到 1 之间"), str(wrong)
        )
    levels = ranked_risks(y, risk, weights)
    safest, bads = levels.risk[::-1], levels.bads[::-1]
    both = bads + levels.goods[::-1]
    all_bads, everyone = float(bads.sum()), float(both.sum())
    passed, passed_bads = np.cumsum(both), np.cumsum(bads)
    table = []
    for rate in rates:
        place = int(np.searchsorted(passed / everyone, rate * (1 + 1e-12), side="right")) - 1
        inside = float(passed[place]) if place >= 0 else 0.0
        bad = float(passed_bads[place]) if place >= 0 else 0.0
        outside = everyone - inside if place < len(passed) - 1 else 0.0
        table.append(
            {
                "asked": float(rate),
                "approved": inside / everyone,
                "risk_below_or_at": float(safest[place]) if place >= 0 else None,
                "bad_rate": bad / inside if inside else None,
                "bad_rate_refused": (all_bads - bad) / outside if outside else None,
                "bads_refused": (all_bads - bad) / all_bads,
                "goods_refused": (outside - (all_bads - bad)) / (everyone - all_bads)
                if outside
                else 0.0,
            }
        )
    names = "asked approved risk_below_or_at bad_rate bad_rate_refused bads_refused goods_refused"
    return pl.DataFrame(table, schema=dict.fromkeys(names.split(), pl.Float64))
