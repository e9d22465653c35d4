"""The statements that count a sample where it lies: candidate cuts, then goods and bads by bin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from lishui_credit.backends.dialects import need_sqlglot
from lishui_credit.errors import CreditError
from lishui_credit.language import tr

ENGINES: Final = ("duckdb", "spark")
"""Dialects of SQL in which the tests run these statements."""

_PIECES: Final = 256


def check_dialect(dialect: str) -> None:
    """Raise CreditError for a dialect in which counting is not proved, or without sqlglot."""
    need_sqlglot()
    if dialect not in ENGINES:
        what = tr("counts are not printed for this SQL dialect", "不支持为该 SQL 方言输出计数语句")
        raise CreditError(what, dialect, tr("known: ", "现有:") + ", ".join(ENGINES))


def counts_sql(
    kinds: Mapping[str, str],
    outcome: str,
    *,
    table: str,
    weight: str | None,
    cuts: Mapping[str, Sequence[float]],
    special: Mapping[str, Sequence[float]],
    dialect: str,
) -> str:
    """Return one SELECT of the counts of `counts.COLUMNS` for every column of a kind.

    A number among `cuts` is counted between them, its special codes apart; any other by its values.
    """
    check_dialect(dialect)
    parts = []
    for name, kind in kinds.items():
        value = _text(name) if kind == "category" else _number(name)
        group, low, high, level = "v", "v", "v", "CAST(NULL AS VARCHAR)"
        if kind == "category":
            low = high = "CAST(NULL AS DOUBLE)"
            level = "v"
        elif kind == "number" and name in cuts:
            group = _place(cuts[name], special.get(name, ()))
            low, high = "MIN(v)", "MAX(v)"
        inner = f"SELECT {value} AS v, {_told(outcome, weight)} FROM subjects"
        if group != "v":
            inner = f"SELECT v, b, w, {group} AS g FROM ({inner}) AS s"
        parts.append(
            f"SELECT {_literal(name)} AS characteristic, {_literal(kind)} AS kind,"
            f" {low} AS low, {high} AS high, {level} AS level, {_sums(weight is not None)}"
            f" FROM ({inner}) AS t GROUP BY {'v' if group == 'v' else 'g'}"
        )
    return _printed(" UNION ALL ".join(parts), table, dialect)


def grouped_sql(
    binned: str,
    bins: Sequence[str],
    outcome: str,
    *,
    table: str,
    weight: str | None,
    least_rows: int,
    dialect: str,
) -> str:
    """Return one SELECT of counts for every combination of columns of bin numbers.

    The query `binned` gives these of `table`, with the outcome and the weight. Combinations of fewer
    than `least_rows` rows are added up under bin -1.
    """
    check_dialect(dialect)
    step = "binned"
    while step in table.casefold():
        step += "_"
    keys = ", ".join(map(_name, bins))
    text = (
        f"SELECT {keys}, {_sums(weight is not None)},"
        " CAST(SUM(CASE WHEN b = 1 THEN 1 ELSE 0 END) AS BIGINT) AS bad_rows"
        f" FROM (SELECT {keys}, {_told(outcome, weight)} FROM subjects) AS t GROUP BY {keys}"
    )
    if least_rows > 1:
        few = f"rows < {least_rows}"
        kept = ", ".join(
            f"CASE WHEN {few} AND NOT {key} IS NULL THEN -1 ELSE {key} END AS {key}"
            for key in map(_name, bins)
        )
        sums = ("rows", "goods", "bads", "squares", "others", "bad_rows")
        kinds = {"goods": "DOUBLE", "bads": "DOUBLE", "squares": "DOUBLE"}
        added = [f"CAST(SUM({n}) AS {kinds.get(n, 'BIGINT')}) AS {n}" for n in sums]
        text = (
            f"SELECT {keys}, {', '.join(added)}"
            f" FROM (SELECT {kept}, {', '.join(sums)} FROM ({text}) AS g) AS h GROUP BY {keys}"
        )
    # The query stands as it was printed: it is not read and written once more.
    return f"WITH {step} AS (\n{binned}\n)\n{_printed(text, step, dialect)}"


def cuts_sql(
    numbers: Sequence[str],
    *,
    table: str,
    special: Mapping[str, Sequence[float]],
    dialect: str,
    pieces: int = _PIECES,
) -> str:
    """Return one SELECT of candidate cut points: columns ``characteristic`` and ``cut``.

    They are quantiles of the engine's own sketch: a t-digest in DuckDB, Greenwald and Khanna's summary
    in Spark. Any cuts will do: counts between them are exact.
    """
    check_dialect(dialect)
    marks = ", ".join(f"{place / pieces!r}" for place in range(1, pieces))
    parts = []
    for name in numbers:
        codes = _codes(special.get(name, ()))
        apart = f" WHERE NOT v IN ({', '.join(codes)})" if codes else ""
        inner = f"SELECT v FROM (SELECT {_number(name)} AS v FROM subjects) AS s{apart}"
        found = (
            f"UNNEST(APPROX_QUANTILE(v, [{marks}]))"
            if dialect == "duckdb"
            else f"EXPLODE(PERCENTILE_APPROX(v, [{marks}], {_PIECES * 40}))"
        )
        parts.append(
            f"SELECT {_literal(name)} AS characteristic, {found} AS cut FROM ({inner}) AS t"
        )
    return _printed(" UNION ALL ".join(parts), table, dialect)


def _printed(text: str, table: str, dialect: str) -> str:
    """Return a statement over ``subjects`` in a dialect, over the user's table."""
    from sqlglot import exp, parse_one

    named = exp.to_table(table, dialect=dialect)

    def taken(node: exp.Expression) -> exp.Expression:
        return named.copy() if isinstance(node, exp.Table) and node.name == "subjects" else node

    tree = parse_one(text, read="duckdb").transform(taken)
    return tree.sql(dialect=dialect, identify=True, pretty=True)


def _told(outcome: str, weight: str | None) -> str:
    """Return the outcome and the weight of a row as ``b`` and ``w``."""
    heavy = f"CAST({_name(weight)} AS DOUBLE)" if weight is not None else "1"
    return f"CAST({_name(outcome)} AS DOUBLE) AS b, {heavy} AS w"


def _sums(weighted: bool) -> str:
    """Return what is counted of the rows of a group."""
    weighed = "w" if weighted else "1"
    squares = "SUM(w * w)" if weighted else "CAST(NULL AS DOUBLE)"
    sound = "b IN (0, 1) AND w >= 0 AND w < 1e300" if weighted else "b IN (0, 1)"
    return (
        "COUNT(*) AS rows,"
        f" CAST(SUM(CASE WHEN b = 0 THEN {weighed} ELSE 0 END) AS DOUBLE) AS goods,"
        f" CAST(SUM(CASE WHEN b = 1 THEN {weighed} ELSE 0 END) AS DOUBLE) AS bads,"
        f" {squares} AS squares,"
        f" CAST(SUM(CASE WHEN {sound} THEN 0 ELSE 1 END) AS BIGINT) AS others"
    )


def _name(name: str) -> str:
    from sqlglot import exp

    return exp.to_identifier(name, quoted=True).sql(dialect="duckdb")


def _literal(text: str) -> str:
    from sqlglot import exp

    return exp.Literal.string(text).sql(dialect="duckdb")


def _text(name: str) -> str:
    return f"CAST({_name(name)} AS VARCHAR)"


def _number(name: str) -> str:
    """Return a column as a double; NaN is a gap, as in a sample that is read here."""
    held = f"CAST({_name(name)} AS DOUBLE)"
    return f"CASE WHEN ISNAN({held}) THEN NULL ELSE {held} END"


def _double(value: float) -> str:
    """Return a number as both dialects read a double, not a decimal."""
    text = repr(float(value))
    return text if "e" in text else f"{text}e0"


def _codes(special: Sequence[float]) -> list[str]:
    """Return codes as they may be stored, as doubles or as floats of 32 bits."""
    found = [float(code) for code in special]
    found += [float(np.float32(code)) for code in special]
    return [_double(code) for code in dict.fromkeys(found)]


def _place(cuts: Sequence[float], special: Sequence[float]) -> str:
    """Return the number of the range of a value; gaps and codes have one each."""
    arms = ["WHEN v IS NULL THEN -1"]
    arms += [f"WHEN v = {code} THEN {-2 - place}" for place, code in enumerate(_codes(special))]
    rising = sorted({float(cut) for cut in cuts})
    arms += [f"WHEN v < {_double(cut)} THEN {place}" for place, cut in enumerate(rising)]
    return f"CASE {' '.join(arms)} ELSE {len(rising)} END"
