"""A card as a workbook: it reads back equal whoever saved it, and an edited cell is found."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from lishui_credit.commands.cli import main
from lishui_credit.errors import CreditError, ModelError
from lishui_credit.language import set_language
from lishui_credit.scorecards import Card, Scorecard, load, read_workbook, write_workbook
from lishui_credit.scorecards.cards.card_file import to_json
from lishui_credit.tables.workbooks.sheet import Workbook
from tests.models import DATA, mixed, mixed_process

MODELS = DATA.parent / "models"


@pytest.fixture(autouse=True)
def _language_back() -> Iterator[None]:
    yield
    set_language(None)


@cache
def mixed_card() -> Card:
    frame, bad = mixed(1500)
    card = (
        Scorecard(mixed_process(), point_unit=10, intercept="kept", min_iv=0).fit(frame, bad).card_
    )
    return replace(card, id="mixed", title_zh="演示,含空格  与“引号”", synthetic=True)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_workbook(mixed_card(), tmp_path_factory.mktemp("book") / "card.xlsx")


@pytest.mark.parametrize("name", sorted(str(p.parent) for p in MODELS.glob("*/*/scorecard.json")))
def test_every_card_of_the_shelf_reads_back_to_the_byte(name: str, tmp_path: Path) -> None:
    card = load(name)
    back = read_workbook(write_workbook(card, tmp_path / "card.xlsx"))
    assert to_json(back) == (Path(name) / "scorecard.json").read_text("utf-8")


def test_tenths_of_points_codes_and_base_points_read_back(written: Path) -> None:
    card = mixed_card()
    assert card.base_points
    assert to_json(read_workbook(written)) == to_json(card)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_workbook_of_one_language_reads_back_in_the_other(lang: str, tmp_path: Path) -> None:
    set_language("en" if lang == "en" else "zh")
    path = write_workbook(mixed_card(), tmp_path / "card.xlsx")
    set_language("zh" if lang == "en" else "en")
    assert to_json(read_workbook(path)) == to_json(mixed_card())


def sheets(path: Path) -> dict[str, list[tuple[str | None, ...]]]:
    book = Workbook(path)
    return {tab.name: book.sheet(tab).frame.rows() for tab in book.tabs}


def test_its_sheets_hold_the_points_the_bins_and_what_was_measured(tmp_path: Path) -> None:
    set_language("en")
    card = load(MODELS / "tax-credit" / "1")
    told = sheets(write_workbook(card, tmp_path / "card.xlsx"))
    assert list(told) == ["Points", "Bins", "Regression", "Validation", "Facts", "lishui_credit"]
    for name in list(told)[:5]:
        assert "SYNTHETIC" in str(told[name][1][0])
        assert told[name][2][0] == "NOT APPROVED"
    expected = [
        (row.said, mark)
        for item in card.characteristics
        for row, mark in zip(item.binning.bins, item.points, strict=True)
    ]
    assert [(row[2], int(str(row[3]))) for row in told["Points"][4:]] == expected
    rows = {row[0]: row[1] for row in told["Validation"][4:]}
    assert float(str(rows["out_of_fold auc"])) == card.metrics["out_of_fold"]["auc"]


# ---- edits --------------------------------------------------------------------------------------


def edited(source: Path, target: Path, part: str, change: Callable[[str], str]) -> Path:
    """A copy of a workbook in which the XML of one part was changed."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            if name == part:
                changed = change(text.decode())
                assert changed != text.decode()
                text = changed.encode()
            new.writestr(name, text)
    return target


def first_number(xml: str) -> str:
    """Raise the first plain number of a sheet by one."""
    return re.sub(
        r'(<c r="[D-I]\d+"(?: s="\d+")?><v>)(-?[\d.]+)(</v>)',
        lambda found: f"{found[1]}{float(found[2]) + 1:g}{found[3]}",
        xml,
        count=1,
    )


@pytest.mark.parametrize("sheet", [1, 2])
def test_a_number_that_was_edited_is_refused_with_its_sheet_and_row(
    written: Path, tmp_path: Path, sheet: int
) -> None:
    part = f"xl/worksheets/sheet{sheet}.xml"
    path = edited(written, tmp_path / "card.xlsx", part, first_number)
    name = list(sheets(written))[sheet - 1]
    with pytest.raises(ModelError, match=rf"{name}.*(rows 5|第 5)"):
        read_workbook(path)


def test_a_hundred_thousandth_of_a_weight_is_enough(written: Path, tmp_path: Path) -> None:
    def nudged(xml: str) -> str:
        return re.sub(
            r'(<c r="H\d+" s="\d+"><v>)(-?[\d.]+)(</v>)',
            lambda found: f"{found[1]}{float(found[2]) + 1e-5:.6f}{found[3]}",
            xml,
            count=1,
        )

    part = "xl/worksheets/sheet2.xml"
    with pytest.raises(ModelError, match=r"edited|改动"):
        read_workbook(edited(written, tmp_path / "card.xlsx", part, nudged))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("NOT APPROVED", "approved"),
        ("months", "monthz"),
        ('"points": ', '"points": 1'),
        ("lishui_credit/scorecard/2", "lishui_credit/scorecard/1"),
        ("合成数据", "真实数据"),
    ],
)
def test_a_text_that_was_edited_is_refused_wherever_it_stands(
    tmp_path: Path, old: str, new: str
) -> None:
    set_language("zh" if old == "合成数据" else "en")
    source = write_workbook(mixed_card(), tmp_path / "a.xlsx")
    part = "xl/sharedStrings.xml"
    escaped, by = old.replace('"', "&quot;"), new.replace('"', "&quot;")
    text = zipfile.ZipFile(source).read(part).decode()
    old, new = (escaped, by) if escaped in text else (old, new)
    with pytest.raises(CreditError):
        read_workbook(
            edited(source, tmp_path / "b.xlsx", part, lambda xml: xml.replace(old, new, 1))
        )
    set_language(None)


def test_a_sheet_that_is_gone_and_rows_in_another_order_are_refused(
    written: Path, tmp_path: Path
) -> None:
    def renamed(xml: str) -> str:
        return re.sub(r'<sheet name="[^"]+" sheetId="2"', '<sheet name="mine" sheetId="2"', xml)

    path = edited(written, tmp_path / "a.xlsx", "xl/workbook.xml", renamed)
    with pytest.raises(ModelError, match=r"gone|不存在"):
        read_workbook(path)

    def swapped(xml: str) -> str:
        rows = re.findall(r"<row .*?</row>", xml)
        one, other = rows[4], rows[5]
        numbers = (r'(?<=[A-Z])5(?=")', r'(?<=[A-Z])6(?=")')
        first = re.sub(numbers[1], "5", other.replace('r="6"', 'r="5"', 1))
        second = re.sub(numbers[0], "6", one.replace('r="5"', 'r="6"', 1))
        return xml.replace(one + other, first + second)

    path = edited(written, tmp_path / "b.xlsx", "xl/worksheets/sheet1.xml", swapped)
    with pytest.raises(ModelError, match=r"edited|改动"):
        read_workbook(path)


def test_figures_saved_with_other_digits_are_the_same_card(written: Path, tmp_path: Path) -> None:
    def longer(xml: str) -> str:  # as programs write that keep seventeen digits
        return re.sub(
            r"<v>(-?\d+\.\d+)</v>", lambda found: f"<v>{float(found[1]) + 1e-15:.17g}</v>", xml
        )

    path = edited(written, tmp_path / "a.xlsx", "xl/worksheets/sheet2.xml", longer)
    assert to_json(read_workbook(path)) == to_json(mixed_card())


def test_a_workbook_that_another_program_saved_is_the_same_card_until_a_cell_is_edited(
    tmp_path: Path,
) -> None:
    card = load(MODELS / "polish" / "1")
    book = openpyxl.load_workbook(write_workbook(card, tmp_path / "a.xlsx"))
    book.create_sheet("notes")["A1"] = "looked at"
    book.save(tmp_path / "b.xlsx")
    assert to_json(read_workbook(tmp_path / "b.xlsx")) == to_json(card)
    sheet = book.worksheets[0]
    sheet["E5"] = "agreed"
    book.save(tmp_path / "c.xlsx")
    with pytest.raises(ModelError, match=f"{sheet.title}.*5"):
        read_workbook(tmp_path / "c.xlsx")


def test_a_workbook_without_a_card_is_told(tmp_path: Path) -> None:
    pl.DataFrame({"a": [1]}).write_excel(tmp_path / "a.xlsx")
    with pytest.raises(ModelError, match=r"holds no card|没有评分卡"):
        read_workbook(tmp_path / "a.xlsx")
    with pytest.raises(ModelError, match=r"no such file|没有这个文件"):
        read_workbook(tmp_path / "b.xlsx")
    with pytest.raises(CreditError, match="xlsx"):
        write_workbook(mixed_card(), tmp_path / "a.csv")


# ---- commands -----------------------------------------------------------------------------------


def test_a_workbook_scores_as_its_card_and_its_scores_are_proved(tmp_path: Path) -> None:
    german = str(DATA / "german_credit.parquet")
    book, out = str(tmp_path / "card.xlsx"), tmp_path / "s.parquet"
    assert main(["export", "german/1", book, "--folder", str(MODELS)]) == 0
    assert main(["score", book, german, "-o", str(out), "--keep", "bad"]) == 0
    rows = pl.read_parquet(german)
    assert (
        pl.read_parquet(out)["score"].to_list() == load(MODELS / "german/1").score(rows).to_list()
    )
    assert main(["verify", str(out)]) == 0
    edited(Path(book), tmp_path / "b.xlsx", "xl/worksheets/sheet1.xml", first_number)
    shutil.copyfile(tmp_path / "b.xlsx", book)
    assert main(["verify", str(out)]) != 0
    assert main(["score", book, german, "-o", str(tmp_path / "t.csv")]) == 2


def test_a_fit_writes_its_workbook_where_it_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame, bad = mixed(800)
    frame.with_columns(bad=pl.Series(bad)).write_parquet(tmp_path / "a.parquet")
    folder = tmp_path / "m" / "1"
    words = ["fit", str(tmp_path / "a.parquet"), "-o", str(folder), "--folds", "2", "--excel"]
    assert main([*words, "--special", "months=-9", "--json"]) == 0
    json.loads(capsys.readouterr().out)
    assert to_json(read_workbook(folder / "card.xlsx")) == (folder / "scorecard.json").read_text(
        "utf-8"
    )
    assert main(["verify", str(folder)]) == 0
