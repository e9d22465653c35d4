"""What `suite.py` asks of every contender beside its predictions, checked in the contender's process.

Four parts: identities of score, points and chances; hostile rows and hostile training frames; forms in
which the model leaves its library, against its own scores; leakage. A check holds, does not hold, or
cannot be made (None), and says what was found. What a contender is asked runs, is refused or breaks: a
refusal, which holds, names the column or says that nothing tells good from bad; any other error breaks.
A score that is no number never holds. Needs no more than NumPy and the contender's own frames.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from contenders import BASE, ODDS, PDO, Contender, auc

Check = tuple[str, bool | None, str]
Again = Callable[..., Contender]
"""``again(frame, bad)``: the same contender fitted to other rows."""
LEAK, NOISE = "paid_after", "village"
ALONE = 10  # rows scored one by one
FALL = 0.02  # of AUC that a column of pure noise may cost
NO_SIGNAL = (
    "good from bad",
    "no signal",
    "not predictive",
    "no characteristic",
    "no feature",
    "no variable",
)


def rows(frame: Any, places: Any) -> Any:
    """Some rows of a frame of either library."""
    if hasattr(frame, "iloc"):
        return frame.iloc[places].reset_index(drop=True)
    return frame[places]


def changed(frame: Any, **columns: Any) -> Any:
    """A frame with columns set: to one value, or to an array."""
    if hasattr(frame, "iloc"):
        return frame.assign(**{n: np.nan if v is None else v for n, v in columns.items()})
    import polars as pl

    def column(name: str, value: Any) -> pl.Expr:
        if isinstance(value, np.ndarray):
            return pl.lit(pl.Series(name, value.tolist()))
        return pl.lit(value, dtype=frame.schema.get(name)).alias(name)

    return frame.with_columns(column(name, value) for name, value in columns.items())


def numbers(values: Any) -> Any:
    return np.asarray(values, float)


def identities(made: Contender, again: Again) -> Iterator[Check]:
    """What must be true of score, points, bins and chance."""
    score = numbers(made.score(made.train))
    parts = made.parts(made.train)
    if parts is None:
        yield "the points add up to the score", None, "no points"
    else:
        base, points = parts
        worst = float(np.abs(base + points.sum(axis=1) - score).max())
        yield "the points add up to the score", worst < 1e-6, f"{worst:.2g} apart at most"
    chance = numbers(made.chance(made.train))
    if made.scaled:
        promised = BASE + PDO * np.log2((1 - chance) / chance / ODDS)
        worst = float(np.abs(promised - score).max())
        most = 0.5 * (1 + (parts[1].shape[1] if parts else 0))
        found = f"{worst:.2g} points apart at most, {most:g} by rounding"
        yield f"{BASE} points are {ODDS}:1 and {PDO} more double it", worst <= most, found
    else:
        falling = bool((np.diff(chance[np.argsort(score, kind="stable")]) <= 1e-12).all())
        yield "a higher score never has a higher chance of bad", falling, f"{len(score):,} rows"
    totals = made.totals()
    wrong = [f"{name}: {sum_:,.0f}" for name, sum_ in totals.items() if sum_ != len(made.y)]
    found = ", ".join(wrong) or f"{len(totals)} columns of {len(made.y):,} rows"
    yield "the bins of a column hold every row", not wrong if totals else None, found
    other = numbers(again(made.train, made.y).score(made.train))
    apart = int((other != score).sum())
    yield "the same rows fitted again score the same", apart == 0, f"{apart:,} scores differ"
    turned = made.train[list(made.train.columns)[::-1]]
    apart = int((numbers(made.score(turned)) != score).sum())
    yield "the order of columns does not matter", apart == 0, f"{apart:,} scores differ"


def hostile(made: Contender, again: Again) -> Iterator[Check]:
    """Rows nobody expects, then training frames nobody expects."""
    row = rows(made.train, np.array([made.y.argmin()]))
    clean = f"{numbers(made.score(row))[0]:.4g} as it was"
    number, text = made.numbers[0], made.texts[0]
    coded = next(iter(made.codes), number)
    cases: dict[str, dict[str, Any]] = {
        "a number is missing": {number: None},
        "a number is NaN": {number: float("nan")},
        "a text is missing": {text: None},
        "every cell is missing": dict.fromkeys(made.train.columns),
        "a text nobody has seen": {text: "never seen"},
        "an empty text": {text: ""},
        "infinity": {number: float("inf")},
        "minus infinity": {number: float("-inf")},
        "1e300": {number: 1e300},
        "a code where there are codes": {coded: made.codes.get(coded, [-999.0])[0]},
        "a code where there are none": {number: -999.0},
    }
    for name, cells in cases.items():
        yield name, *survived(lambda c=cells: made.score(changed(row, **c)), [*cells], clean)
    half = len(made.y) // 2
    fit, held = np.arange(half), np.arange(half, len(made.y))
    train, test, bad = rows(made.train, fit), rows(made.train, held), made.y[held]
    plain = auc(bad, numbers(again(train, made.y[fit]).score(test)))
    draw = np.random.default_rng(0)
    villages = np.array([f"v{place}" for place in draw.integers(0, half // 2, len(made.y))], object)
    frames: dict[str, dict[str, Any]] = {
        "a constant column": {"same": np.zeros(len(made.y))},
        "a column without a value": {"empty": np.full(len(made.y), np.nan)},
        "a column twice": {"twice": numbers(made.train[number])},
        f"noise of {half // 2:,} levels": {NOISE: villages},
        "an infinite value": {number: np.where(np.arange(len(made.y)) == 3, np.inf, made.train[number])},
    }  # fmt: skip
    for name, cells in frames.items():
        whole = changed(made.train, **cells)
        try:
            model = again(rows(whole, fit), made.y[fit])
            found = auc(bad, numbers(model.score(rows(whole, held))))
        except Exception as error:
            yield f"fitted to {name}", *refused(error, [*cells])
        else:
            said = f"AUC {found:.4f}, {plain:.4f} without"
            yield f"fitted to {name}", bool(found > plain - FALL), said


def survived(work: Callable[[], Any], columns: list[str], clean: str) -> tuple[bool, str]:
    """Whether a hostile row has a score or a refusal that names the column."""
    try:
        found = numbers(work())[0]
    except Exception as error:
        return refused(error, columns)
    return bool(np.isfinite(found)), f"{found:.4g}, {clean}"


def refused(error: Exception, words: Sequence[str]) -> tuple[bool, str]:
    """Whether an error says what is wrong, in one of these words, and what it says."""
    said = " ".join(f"{type(error).__name__}: {error}".split())
    holds = any(word in said for word in words)
    return holds, f"{'refused' if holds else 'broke'}: {said[:140]}"


def exports(made: Contender, again: Again) -> Iterator[Check]:
    """Every form the model can leave its library in, on training rows and on hostile ones."""
    row = rows(made.train, np.arange(len(made.y)))
    first = np.arange(len(made.y))
    empty = numbers(made.train[made.numbers[0]])
    empty = np.where(first % 7 == 0, np.nan, empty)
    strange = np.array(
        ["never seen" if place % 5 == 0 else value for place, value in enumerate(list(made.train[made.texts[0]]))],
        object,
    )  # fmt: skip
    kinds = {
        "training rows": row,
        "rows with gaps": changed(row, **{made.numbers[0]: empty}),
        "rows with texts nobody has seen": changed(row, **{made.texts[0]: strange}),
    }
    for kind, frame in kinds.items():
        own = numbers(made.score(frame))
        for form, found in made.exported(frame).items():
            name = f"{form}, {kind}"
            if isinstance(found, tuple):  # compared where it ran
                yield name, *found
                continue
            apart = ~np.isclose(numbers(found), own, atol=1e-6, equal_nan=True)
            yield name, not apart.any(), f"{len(own):,} rows, {int(apart.sum()):,} differ"


def leakage(made: Contender, again: Again) -> Iterator[Check]:
    """Whether anything but the row itself and the training rows reaches a score."""
    draw = np.random.default_rng(1)
    half = len(made.y) // 2
    fit, held = np.arange(half), np.arange(half, len(made.y))
    coin = draw.permutation(made.y)
    bads, goods = int(coin[held].sum()), int((1 - coin[held]).sum())
    reach = 3 * float(np.sqrt((bads + goods + 1) / (12 * bads * goods)))
    shuffled = "AUC of a shuffled outcome is a half"
    try:
        model = again(rows(made.train, fit), coin[fit])
        found = auc(coin[held], numbers(model.score(rows(made.train, held))))
    except Exception as error:
        yield shuffled, *refused(error, NO_SIGNAL)
    else:
        said = f"{found:.4f}; chance alone reaches {reach:.4f} either way"
        yield shuffled, abs(found - 0.5) <= reach, said
    few = rows(made.train, np.arange(ALONE))
    together = numbers(made.score(few))
    alone = np.array(
        [numbers(made.score(rows(few, np.array([place]))))[0] for place in range(ALONE)]
    )
    apart = int((~np.isclose(together, alone, rtol=0, atol=1e-9)).sum())
    yield "a row scores the same alone", apart == 0, f"{ALONE} rows, {apart} differ"
    known = made.y + draw.normal(0, 0.05, len(made.y))
    yield (
        "a column that knows the outcome is named or not used",
        *told(again, changed(made.train, **{LEAK: known}), made, LEAK, lambda row: row.max() - row),
    )
    men = draw.random(len(made.y)) < 0.35 + 0.3 * made.y
    sexes = np.where(men, "m", "f").astype(object)
    yield (
        "a column of sex is named or not used",
        *told(again, changed(made.train, sex=sexes), made, "sex", lambda row: row[::-1]),
    )


def told(
    again: Again, train: Any, made: Contender, column: str, other: Callable[[Any], Any]
) -> tuple[bool, str]:
    """Whether a fit names a column in a refusal, a warning or print, or scores without it."""
    printed = io.StringIO()
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(printed):
        warnings.simplefilter("always")
        try:
            model = again(train, made.y, reasoned=False)
        except Exception as error:
            return refused(error, [column])
    said = [f"{row.category.__name__}: {row.message}" for row in caught]
    said += printed.getvalue().splitlines()
    for line in said:
        if column in line:
            return True, f"said: {' '.join(line.split())[:140]}"
    moved = changed(train, **{column: other(np.asarray(train[column]))})
    count = int((numbers(model.score(moved)) != numbers(model.score(train))).sum())
    return count == 0, f"not named; {count:,} of {len(made.y):,} scores move with it"


PARTS: dict[str, Callable[[Contender, Again], Iterator[Check]]] = {
    "identities": identities,
    "hostile": hostile,
    "exports": exports,
    "leakage": leakage,
}


def proved(made: Contender, again: Again) -> Iterator[dict[str, Any]]:
    """Every check of every part; a part that stops is said to, and is no pass."""
    for part, checks in PARTS.items():
        try:
            for check, holds, found in checks(made, again):
                yield {"part": part, "check": check, "holds": holds, "found": found}
        except Exception as error:
            said = " ".join(f"broke: {type(error).__name__}: {error}".split())[:200]
            yield {"part": part, "check": "runs to its end", "holds": False, "found": said}
