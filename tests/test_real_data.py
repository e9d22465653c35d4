"""The published data sets: whole, unchanged, licensed, told apart from the synthetic files; and the
traps that a user of them meets, each as a fact that the data themselves show."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from lishui_credit import samples

FOLDER = Path(__file__).parent.parent / "data_samples"
PAGE = (FOLDER / "REAL_DATA.md").read_text(encoding="utf-8")
REAL = {
    "german_credit.parquet": (1_000, 21, 300),
    "taiwan_default.parquet": (30_000, 24, 6_636),
    "polish_year1.parquet": (7_027, 65, 271),
}


def read(name: str) -> pl.DataFrame:
    return pl.read_parquet(FOLDER / f"{name}.parquet")


def section(name: str) -> str:
    """What the page says about one file, from its heading to the next."""
    return PAGE.split(f"## {name}\n")[1].split("\n## ")[0]


@pytest.mark.parametrize("name", REAL)
def test_every_published_row_is_there(name: str) -> None:
    frame = pl.read_parquet(FOLDER / name)
    rows, columns, bads = REAL[name]
    assert frame.shape == (rows, columns)
    assert frame.columns[0] == "bad"
    assert frame["bad"].dtype == pl.Int8
    assert frame["bad"].value_counts(sort=True).rows() == [(0, rows - bads), (1, bads)]


@pytest.mark.parametrize("name", REAL)
def test_the_page_gives_size_rate_and_hash_of_the_very_file(name: str) -> None:
    rows, columns, bads = REAL[name]
    line = f"| `{name}` | {rows:,} | {columns} | {bads:,} | {bads / rows:.2%}"
    assert f"{line} | CC BY 4.0 |" in PAGE
    assert f"| `{name}` | `{hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()}` |" in PAGE


@pytest.mark.parametrize("name", REAL)
def test_the_page_names_author_licence_source_changes_and_traps(name: str) -> None:
    said = section(name)
    for word in ("**Attribution**", "CC BY 4.0", "doi:10.24432/", "**Taken from**", "**Changes**"):
        assert word in said, word
    assert "**Protected**" in said
    assert "**Traps**" in said
    assert "https://creativecommons.org/licenses/by/4.0/" in PAGE


def test_protected_columns_named_on_the_page_exist() -> None:
    for name in ("german_credit.parquet", "taiwan_default.parquet"):
        (line,) = re.findall(r"\*\*Protected\*\*: (.*?)\n- ", section(name), re.DOTALL)
        named = re.findall(r"`(\w+)`", line)
        assert named
        assert set(named) <= set(pl.read_parquet_schema(FOLDER / name))


def test_a_parquet_file_is_real_and_any_other_is_synthetic() -> None:
    assert {path.name for path in FOLDER.glob("*.parquet")} == REAL.keys()
    others = {path.name for path in FOLDER.iterdir() if path.suffix in {".csv", ".xlsx"}}
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert others == set(re.findall(r"^## (\S+)$", readme, re.MULTILINE))
    for path in sorted(FOLDER.glob("*.csv")):
        header = path.read_text(encoding="utf-8-sig").splitlines()[0].split(",")
        assert {"合成数据", "synthetic"} & set(header), path.name
    for name in REAL:
        assert not {"合成数据", "synthetic"} & set(pl.read_parquet_schema(FOLDER / name))


def test_writing_the_synthetic_samples_leaves_the_real_files_alone(tmp_path: Path) -> None:
    beside = {}
    for name in (*REAL, "REAL_DATA.md"):
        beside[name] = (FOLDER / name).read_bytes()[:4_096]
        (tmp_path / name).write_bytes(beside[name])
    samples.write(tmp_path, rows=10)
    assert all((tmp_path / name).read_bytes() == data for name, data in beside.items())
    assert "`REAL_DATA.md`" in (tmp_path / "README.md").read_text(encoding="utf-8")


# traps


@pytest.mark.parametrize(("name", "copies"), [("taiwan_default", 35), ("polish_year1", 82)])
def test_equal_rows_fall_on_both_sides_of_a_fold(name: str, copies: int) -> None:
    from sklearn.model_selection import StratifiedKFold

    frame = read(name)
    assert frame.height - frame.unique().height == copies
    twins = frame.with_row_index("row").group_by(frame.columns).agg("row")["row"].to_list()
    folds = np.empty(frame.height, int)
    cut = StratifiedKFold(5, shuffle=True, random_state=0)
    for number, (_, test) in enumerate(cut.split(frame["bad"], frame["bad"])):
        folds[test] = number
    assert any(len(set(folds[rows])) > 1 for rows in twins if len(rows) > 1)


def test_german_has_no_equal_rows_and_nothing_missing() -> None:
    frame = read("german_credit")
    assert frame.unique().height == frame.height
    assert frame.null_count().sum_horizontal().item() == 0


def test_german_mixes_sex_and_marital_status_in_one_column() -> None:
    levels = read("german_credit")["personal_status_and_sex"].unique()
    assert levels.str.contains("^(male|female) : ").all()
    assert levels.str.contains("married").sum() == 2


def test_taiwan_repayment_states_skip_the_number_one() -> None:
    states = [name for name in read("taiwan_default").columns if re.fullmatch(r"pay_\d", name)]
    assert states == ["pay_0", "pay_2", "pay_3", "pay_4", "pay_5", "pay_6"]


def test_taiwan_holds_levels_that_no_code_book_names() -> None:
    frame = read("taiwan_default")
    counts = dict(frame["education"].value_counts().rows())
    assert {code: counts[code] for code in (0, 5, 6)} == {0: 14, 5: 280, 6: 51}
    assert (frame["marriage"] == 0).sum() == 54
    assert frame["pay_0"].min() == -2


def test_taiwan_bills_below_zero_are_credits() -> None:
    frame = read("taiwan_default")
    assert (frame["bill_amt1"] < 0).sum() == 590
    assert frame.select(pl.col("^pay_amt.$").min()).min_horizontal().item() == 0


def test_taiwan_rows_stand_in_the_order_of_the_published_split() -> None:
    """The skorecard benchmark's 75/25 split gives its logistic regression's published AUC 0.7232."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import train_test_split
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    frame = read("taiwan_default")
    features = frame.drop("bad").to_numpy().astype(float)
    parts = train_test_split(features, frame["bad"].to_numpy(), test_size=0.25, random_state=42)
    train, test, y_train, y_test = parts
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(train, y_train)
    found = roc_auc_score(y_test, model.predict_proba(test)[:, 1])
    assert found == pytest.approx(0.7232, abs=0.00015)
    # the trap: the same split gives trees 0.7778 and weights of evidence 0.7628
    assert found < 0.75


def test_polish_ratios_are_missing_where_the_page_says() -> None:
    missing = read("polish_year1").null_count()
    assert missing.sum_horizontal().item() == 5_835
    assert (missing["attr_37"].item(), missing["attr_21"].item()) == (2_740, 1_622)
    largest = read("polish_year1").select(pl.col("^attr_.*$").max()).max_horizontal().item()
    assert largest == pytest.approx(3.0393e7)


def test_polish_ratios_all_have_a_name_on_the_page() -> None:
    named = re.findall(r"^\| `(attr_\d\d)` \| \S.* \|$", PAGE, re.MULTILINE)
    assert named == read("polish_year1").columns[1:]
