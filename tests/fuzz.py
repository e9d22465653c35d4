"""Fuzzing: damage files of every kind and see that each ends in a result or in one clear message.

`make fuzz` runs 5,000 mutants (``COUNT=n`` for another number, ``SEED=n`` for other ones); a smaller
number runs among the tests. Whatever is not a `CreditError` is a failure, and so is a message that
hands on a raw sentence of another library.
"""

from __future__ import annotations

import json
import os
import random
import re
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from lishui_credit.errors import CreditError
from lishui_credit.policies.policy_file import read_policy
from lishui_credit.rubrics.engine.evaluate import evaluate
from lishui_credit.rubrics.intake import intake
from lishui_credit.rubrics.law import catalog
from lishui_credit.scorecards.cards.card_file import from_json, load, to_json
from lishui_credit.scorecards.features import features
from lishui_credit.scorecards.sample_files import read_sample, score_file
from tests.test_card_files import CARD, FRAME

DATA = Path(__file__).resolve().parents[1] / "data_samples"
RUBRIC = catalog.rubric("environment-credit@2014-03-01")
POLICY = """id = "p"
version = "1"
title_zh = "某政策"
author = "某部"
kind = "segments"
score = { column = "score", higher = "better" }
constraints = { approval_at_least_bp = 6000, budget_fen = 100 }

[[segments]]
id = "a"
where = { county = "龙泉市" }
cut_off = 620.5

[[segments]]
where = { county = ["莲都区", "青田县"] }
approve_at_least = 610
refer_at_least = 570
"""
RAW = re.compile(r"polars|calamine|pydantic|duckdb|Traceback|Error:|Exception|0x[0-9a-f]{6}", re.I)
SPICE = [
    b"\x00", b"\xff", b'"', b"'", b"[", b"]", b"{", b"}", b",", b"\n", b"=", b"-", b"1e999", b"null",
    b"true", b"[[", b"\\", b"\xe4", b"9" * 40, b"NaN", b"0" * 20, b".", b"#", b"\r", b"\t",
]  # fmt: skip


@dataclass(frozen=True)
class Target:
    """A kind of file: a sound one, and what reads it."""

    name: str
    sound: bytes
    suffix: str
    read: Callable[[Path], object]


def graded(path: Path) -> object:
    found = intake(RUBRIC, path, as_of=date(2018, 6, 30))
    return evaluate(found.subjects, RUBRIC, as_of=date(2018, 6, 30)).collect().height


def scored(path: Path) -> object:
    card = load(path)
    return card.scored(features(FRAME, card.columns))


def unsealed(path: Path) -> object:
    card = from_json(path.read_text(encoding="utf-8", errors="replace"), sealed=False)
    return card.scored(features(FRAME, card.columns))


def learned_from(path: Path) -> object:
    return read_sample(path, "bad")


def scored_as_a_file(path: Path) -> object:
    return score_file(CARD, path, path.with_name("scored.parquet"))


def targets(folder: Path) -> list[Target]:
    text = (DATA / "environment.csv").read_bytes().splitlines(keepends=True)
    small = b"".join(text[:12])
    frame = pl.read_csv(small, infer_schema=False)
    frame.write_parquet(folder / "sound.parquet")
    frame.write_excel(folder / "sound.xlsx")
    card = folder / "card.json"
    card.write_text(to_json(CARD), encoding="utf-8")
    sample, rows = folder / "sample.parquet", folder / "rows.parquet"
    pl.read_parquet(DATA / "german_credit.parquet").head(60).write_parquet(sample)
    FRAME.write_parquet(rows)
    edition = next(entry.path for entry in catalog.entries() if "tax" in entry.name)
    return [
        Target("edition", edition.read_bytes(), ".toml", catalog.check_file),
        Target("policy", POLICY.encode(), ".toml", read_policy),
        Target("card", card.read_bytes(), ".json", scored),
        Target("card without its seal", card.read_bytes(), ".json", unsealed),
        Target("csv", small, ".csv", graded),
        Target("xlsx", (folder / "sound.xlsx").read_bytes(), ".xlsx", graded),
        Target("parquet", (folder / "sound.parquet").read_bytes(), ".parquet", graded),
        Target("parquet of a sample", sample.read_bytes(), ".parquet", learned_from),
        Target("parquet to be scored", rows.read_bytes(), ".parquet", scored_as_a_file),
    ]


def damaged(data: bytes, rng: random.Random) -> bytes:
    """Damage a file at one to four places."""
    for _ in range(rng.randint(1, 4)):
        if not data:
            break
        at = rng.randrange(len(data))
        far = min(len(data), at + rng.choice([1, 2, 8, 64, 512]))
        match rng.randrange(6):
            case 0:
                data = data[:at] + data[far:]
            case 1:
                data = data[:at] + rng.choice(SPICE) + data[at:]
            case 2:
                data = data[:at] + rng.choice(SPICE) + data[far:]
            case 3:
                data = data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]
            case 4:
                data = data[:far] + data[at:far] * rng.choice([1, 3]) + data[far:]
            case _:
                data = data[:at] if rng.random() < 0.3 else data
    return data


def tree(data: bytes, rng: random.Random) -> bytes:
    """Change one value of a JSON document."""
    document = json.loads(data)
    places = []
    stack = [document]
    while stack:
        holder = stack.pop()
        for key in list(holder) if isinstance(holder, dict) else range(len(holder)):
            places.append((holder, key))
            if isinstance(holder[key], dict | list):
                stack.append(holder[key])
    holder, key = rng.choice(places)
    odd: list[object] = [None, True, -1, 1e308, "x", [], {}, [[]], 10**30, "", 0.5, "NaN"]
    if rng.random() < 0.2:
        del holder[key]
    else:
        holder[key] = rng.choice(odd)
    return json.dumps(document).encode()


def run(count: int, seed: int, folder: Path, only: str = "") -> tuple[Counter[str], list[str]]:
    """Read `count` mutants, of one kind or of all; return what became of them, and what failed."""
    rng = random.Random(seed)
    kinds = [one for one in targets(folder) if only in ("", one.name)]
    became: Counter[str] = Counter()
    failed = []
    for number in range(count):
        one = kinds[number % len(kinds)]
        by_tree = one.suffix == ".json" and rng.random() < 0.7
        data = tree(one.sound, rng) if by_tree else damaged(one.sound, rng)
        path = folder / f"mutant{one.suffix}"
        path.write_bytes(data)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                one.read(path)
            became[f"{one.name}: read"] += 1
        except CreditError as error:
            became[f"{one.name}: told"] += 1
            if RAW.search(str(error).replace(path.name, "")):
                failed.append(f"{one.name} {number}: a raw sentence: {str(error)[:300]}")
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            failed.append(f"{one.name} {number}: {type(error).__name__}: {str(error)[:300]}")
            (folder / f"failed{number}{one.suffix}").write_bytes(data)
    return became, failed


def main() -> int:
    """Run the number of mutants asked for and print what became of them."""
    count, seed = int(os.environ.get("COUNT", "5000")), int(os.environ.get("SEED", "2016"))
    folder = Path(tempfile.mkdtemp(prefix="lishui_credit_fuzz_"))
    became, failed = run(count, seed, folder)
    for name, number in sorted(became.items()):
        print(f"{number:6}  {name}")
    print(f"{len(failed)} of {count} failed; seed {seed}")
    for line in failed[:40]:
        print(" ", line)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
