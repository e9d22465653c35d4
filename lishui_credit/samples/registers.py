"""What every synthetic population shares: seeded blocks, counties, places, codes and names.

Nothing here is a real person or firm: codes carry the fictitious region 331199, names say 合成.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from lishui_credit.statistics.logistic import expit
from lishui_credit.tables.identifiers import USCC_ALPHABET, USCC_WEIGHTS

BLOCK: Final = 10_000
SEED: Final = 20161001

COUNTIES: Final = pl.DataFrame(
    {
        "adcode": ["331102", "331121", "331122", "331123", "331124", "331125", "331126", "331127", "331181"],
        "county": ["莲都区", "青田县", "缙云县", "遂昌县", "松阳县", "云和县", "庆元县", "景宁畲族自治县", "龙泉市"],
        "population_2015": [505_555, 416_731, 382_176, 192_333, 195_039, 120_370, 142_062, 109_105, 241_875],
        "population_2020": [562_116, 509_053, 405_318, 194_385, 204_880, 129_216, 142_551, 111_011, 248_866],
    }
)  # fmt: skip
"""The nine counties: 2020 census; 2015 interpolated between the censuses, not a statistic."""

_TOWNSHIPS: Final = 12
_VILLAGES: Final = 15


def gathered(rows: int, start: int, block: Callable[[int], pl.DataFrame]) -> pl.DataFrame:
    """Return rows `start` to `start` + `rows` of a population made block by block."""
    # A population has no end: block 0 holds rows 0 to `BLOCK`, and so on. Blocks are always
    # made whole, so that a row is the same however it was asked for.
    first, last = start // BLOCK, (start + max(rows, 1) - 1) // BLOCK
    whole = pl.concat([block(number) for number in range(first, last + 1)])
    return whole.slice(start - first * BLOCK, rows)


def indices(number: int) -> npt.NDArray[np.int64]:
    """Return the indices of the rows of a block."""
    return np.arange(number * BLOCK, (number + 1) * BLOCK)


def generator(seed: int, stream: int, number: int, year: int = 0) -> np.random.Generator:
    """Return the generator of one block of one stream: of a year, or (0) of what lasts."""
    return np.random.default_rng([seed, stream, number, year])


def lasting(seed: int, stream: int, number: int) -> npt.NDArray[np.float64]:
    """Return the quality of a block's subjects, the same in every year: standard normal."""
    return generator(seed, stream, number).standard_normal(BLOCK)


def drawn(
    seed: int, stream: int, number: int, year: int
) -> tuple[np.random.Generator, npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Return the generator of a block's year, and its subjects' lasting quality and indices."""
    return generator(seed, stream, number, year), lasting(seed, stream, number), indices(number)


def counties(rng: np.random.Generator, rows: int) -> pl.Series:
    """Draw a county for every row, by 2015 population."""
    people = COUNTIES["population_2015"].to_numpy()
    drawn = rng.choice(len(people), size=rows, p=people / people.sum())
    return COUNTIES["county"].gather(pl.Series(drawn))


def places(seed: int, stream: int, number: int) -> pl.DataFrame:
    """Draw county (by population), township and village for every row of a block, for all years."""
    rng, rows = generator(seed, stream, number), BLOCK
    county = counties(rng, rows)
    town = rng.integers(1, _TOWNSHIPS + 1, rows)
    village = rng.integers(1, _VILLAGES + 1, rows)
    return pl.DataFrame({"county": county, "t": town, "v": village}).select(
        "county",
        pl.format("合成乡镇{}", pl.col("t").cast(pl.String).str.zfill(2)).alias("township"),
        pl.format("合成村{}", pl.col("v").cast(pl.String).str.zfill(2)).alias("village"),
    )


def uscc(index: npt.NDArray[np.int64]) -> pl.Series:
    """Return valid, unique credit codes of the fictitious region 331199."""
    letters = np.frombuffer(USCC_ALPHABET.encode(), dtype=np.uint8)
    values = np.empty((len(index), 18), dtype=np.int64)
    values[:, :8] = [USCC_ALPHABET.index(c) for c in "91331199"]
    rest = index.astype(np.int64)
    for place in range(16, 7, -1):
        values[:, place] = rest % 31
        rest = rest // 31
    total = (values[:, :17] * np.asarray(USCC_WEIGHTS)).sum(axis=1)
    values[:, 17] = (31 - total % 31) % 31
    return pl.Series(letters[values].view("S18").ravel().astype(str))


def names(index: npt.NDArray[np.int64], prefix: str) -> pl.Series:
    """Return names that say they are made up, such as 合成企业0000001."""
    number = pl.Series(index + 1).cast(pl.String).str.zfill(7)
    return (pl.Series([prefix]) + number).rename("name")


def firms(index: npt.NDArray[np.int64], prefix: str) -> dict[str, pl.Series]:
    """Return codes and names of firms."""
    return {"uscc": uscc(index), "name": names(index, prefix)}


def flags(rng: np.random.Generator, rows: int, share: float) -> npt.NDArray[np.bool_]:
    """Draw true for about `share` of the rows."""
    return rng.random(rows) < share


def pick(
    rng: np.random.Generator, rows: int, values: list[str], shares: list[float]
) -> npt.NDArray[np.str_]:
    """Draw one of `values` for every row."""
    return np.asarray(values)[rng.choice(len(values), size=rows, p=np.asarray(shares))]


def defaults(
    rng: np.random.Generator, quality: npt.NDArray[np.float64], rate: float
) -> npt.NDArray[np.bool_]:
    """Draw defaults: a logit in standardised quality plus noise, its level set to `rate`."""
    # The coefficients are design choices: 1.1 on quality, 0.8 on noise nobody observes.
    line = -1.1 * quality + 0.8 * rng.standard_normal(len(quality))
    low, high = -20.0, 20.0
    for _ in range(50):
        middle = (low + high) / 2
        if expit(line + middle).mean() > rate:
            high = middle
        else:
            low = middle
    return np.asarray(rng.random(len(quality)) < expit(line + high))
