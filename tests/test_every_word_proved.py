"""`verify` finds a change of any cell and of any word of the manifest, hashed again or not."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import lishui_credit as lc
from lishui_credit import proof
from lishui_credit.commands.cli import main
from lishui_credit.language import Language, set_language
from lishui_credit.models import score_file
from lishui_credit.plan.evaluation import files as reports
from lishui_credit.policies import decision_files
from lishui_credit.reports import pdf
from lishui_credit.scorecards import seal_again
from tests.dashboard import needs_browser

pytestmark = pytest.mark.xdist_group("every word")

EARLIER = Path(__file__).parent / "oracles" / "written_57c994c"
KINDS = ["csv", "parquet", "xlsx"]
NEVER = {"output_sha256", "package_version", "inputs", "manifest", "kind"}
Make = Callable[[Path, str], Path]


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    set_language("en")
    yield
    set_language(None)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Inputs of an earlier run, in a folder that may be written to."""
    for name in EARLIER.iterdir():
        shutil.copy(name, tmp_path / name.name)
    firms = pl.read_csv(tmp_path / "firms.csv", infer_schema=False)
    remark = firms.with_columns(备注=pl.lit("x"))  # a column that no rule reads
    remark.write_csv(tmp_path / "firms.csv")
    return tmp_path


def graded(folder: Path, kind: str) -> Path:
    output = folder / f"new_graded.{kind}"
    rubric = lc.rubric("small-enterprise", on="2016-06-30")
    lc.grade(rubric, folder / "firms.csv", output, as_of=date(2016, 6, 30))
    return output


def scored(folder: Path, kind: str) -> Path:
    output = folder / f"new_scores.{kind}"
    sealed = folder / "sealed" / "scorecard.json"
    if not sealed.exists():
        seal_again(folder / "scorecard.json", sealed.parent, "written before cards were sealed")
    score_file(sealed, folder / "applicants.csv", output, reasons=2)
    return output


def decided(folder: Path, kind: str) -> Path:
    output = folder / f"new_decided.{kind}"
    decision_files.decide_file(
        folder / "policy.toml", folder / "scores.parquet", output, on=date(2026, 3, 1)
    )
    return output


MAKERS: dict[str, Make] = {"grades": graded, "scores": scored, "decisions": decided}


def told(output: Path) -> dict[str, Any]:
    return dict(json.loads(proof.manifest_path(output).read_text(encoding="utf-8")))


def tell(output: Path, words: Mapping[str, Any]) -> None:
    proof.manifest_path(output).write_text(json.dumps(words), encoding="utf-8")


def hashed_again(output: Path) -> None:
    tell(output, {**told(output), "output_sha256": hashlib.sha256(output.read_bytes()).hexdigest()})


def rows(output: Path) -> pl.DataFrame:
    if output.suffix == ".parquet":
        return pl.read_parquet(output)
    if output.suffix == ".csv":
        return pl.read_csv(output, infer_schema=False)
    return pl.read_excel(output, infer_schema_length=0)


def put(table: pl.DataFrame, output: Path) -> None:
    if output.suffix == ".parquet":
        table.write_parquet(output)
    elif output.suffix == ".csv":
        table.write_csv(output, include_bom=True)
    else:
        table.write_excel(output, worksheet="grades")


def other(column: pl.Series, place: int) -> pl.Series:
    """A column whose cell at a place is another."""
    cell = column[place]
    if column.dtype == pl.Boolean:
        lie: Any = not cell
    elif column.dtype.is_numeric():
        lie = (cell or 0) + 1
    elif column.dtype == pl.Date:
        lie = date(1999, 1, 1)
    else:
        lie = {"true": "false", "false": "true"}.get(cell, f"1{cell or ''}")
    if column.dtype.is_integer() and not -100 < lie < 100:
        lie = cell - 1
    return pl.Series(column.name, [*column[:place], lie, *column[place + 1 :]], dtype=column.dtype)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("made", MAKERS)
def test_a_change_of_any_column_is_found_though_hashed_again(files: Path, made: str, kind: str):
    output = MAKERS[made](files, kind)
    assert lc.verify(output).holds
    table = rows(output)
    names = table.columns if kind != "xlsx" else [*table.columns[:1], *table.columns[-4:]]
    subject, rest = names[:1], names[1:]
    # Each column has its lie in a row of its own: as many rows differ as columns lie.
    some = [rest[start : start + table.height] for start in range(0, len(rest), table.height)]
    for lying in (subject, *some):
        lies = [other(table[name], place) for place, name in enumerate(lying)]
        put(table.with_columns(lies), output)
        hashed_again(output)
        verdict = lc.verify(output)
        assert verdict.checks["output"]
        assert not verdict.holds, lying
        told = verdict.different.height
        assert told == len(lying) or (lying == subject and told == 2), lying


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("made", MAKERS)
def test_a_column_or_row_too_many_or_too_few_is_found(files: Path, made: str, kind: str):
    output = MAKERS[made](files, kind)
    table = rows(output)
    for lie in (
        table.drop(table.columns[-1]),
        table.drop(table.columns[0]),
        table.with_columns(more=pl.lit("x")),
        pl.concat([table, table.tail(1)]),
        table.head(-1),
    ):
        put(lie, output)
        hashed_again(output)
        assert not lc.verify(output).holds


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("made", MAKERS)
def test_a_change_of_any_word_of_the_manifest_is_found(files: Path, made: str, kind: str):
    output = MAKERS[made](files, kind)
    true = told(output)
    given = {
        "labels",
        "period",
        "as_of",
        "reasons",
        "keep",
        "id",
        "on",
        "policy",
        "skipped_rejected",
    } | ({"strict"} if kind == "csv" else set())  # nobody has an empty cell: both do the same
    for key, value in true.items():
        if key in NEVER | given or (made == "grades" and key in ("rubric", "edition")):
            continue
        if isinstance(value, bool):
            lie: Any = not value
        elif isinstance(value, int):
            lie = value + 1
        elif isinstance(value, str):
            lie = f"{value}1"
        elif isinstance(value, dict):
            lie = {**value, "more": 1}
        elif key == "constraints":
            lie = value[:-1]
        else:
            lie = [*value, "more"]
        tell(output, {**true, key: lie})
        if key == "edition_sha256":
            with pytest.raises(lc.CreditError, match="edition is not the one"):
                lc.verify(output)
        else:
            assert not lc.verify(output).holds, key
    tell(output, true)
    assert lc.verify(output).holds


@pytest.mark.parametrize("made", MAKERS)
def test_a_word_that_is_missing_is_found(files: Path, made: str):
    output = MAKERS[made](files, "csv")
    true = told(output)
    for key in ("notes", "synthetic"):
        tell(output, {name: value for name, value in true.items() if name != key})
        assert not lc.verify(output).holds, key


def test_counts_and_unused_columns_of_inputs_are_words_too(files: Path):
    output = graded(files, "csv")
    true = told(output)
    unused = true["inputs"]["subjects"]["unused"]
    assert unused[-1] == "备注"
    for key, lie in (("rows", 13), ("rows", 0), ("unused", []), ("unused", unused[:-1])):
        entry = {**true["inputs"]["subjects"], key: lie}
        tell(output, {**true, "inputs": {"subjects": entry}})
        found = lc.verify(output).checks
        assert [name for name, same in found.items() if not same] == [
            f"manifest inputs.subjects.{key}"
        ]


@pytest.mark.parametrize("made", MAKERS)
def test_the_language_of_notes_is_no_difference(files: Path, made: str):
    output = MAKERS[made](files, "csv")
    set_language("zh")
    verdict = lc.verify(output)
    assert verdict.holds, verdict.checks
    again = MAKERS[made](files, "csv")
    set_language("en")
    assert lc.verify(again).holds


def test_words_of_a_plan_report_are_proved(files: Path):
    output = files / "report.html"
    assert main(["plan", "report", "--at", "2018-06-30", "-o", str(output)]) == 0
    true = told(output)
    for lie in ({"synthetic": False}, {"observations": 1}, {"notes": ["checked by hand"]}):
        tell(output, {**true, **lie})
        assert not lc.verify(output).holds, lie
    assert reports.KIND.name == true["kind"]


def _parts_of(output: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(output) as book:
        return {name: book.read(name) for name in book.namelist()}


def _lied(output: Path, truth: bytes, lie: bytes) -> None:
    """Put a lie into a report for the first place of the truth, and the hash right."""
    if output.suffix == ".xlsx":
        parts = _parts_of(output)
        where = next(name for name in sorted(parts) if truth in parts[name])
        parts[where] = parts[where].replace(truth, lie, 1)
        with zipfile.ZipFile(output, "w") as book:
            for name, part in parts.items():
                book.writestr(name, part)
    else:
        whole = output.read_bytes()
        assert truth in whole
        output.write_bytes(whole.replace(truth, lie, 1))
    hashed_again(output)


@pytest.fixture(scope="module")
def true_report(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Language], Path]:
    """Reports by kind and language, each made and verified once."""

    @cache
    def made(kind: str, lang: Language) -> Path:
        output = tmp_path_factory.mktemp("reports") / f"report.{kind}"
        set_language(lang)
        assert main(["plan", "report", "--at", "2018-06-30", "-o", str(output)]) == 0
        set_language("en")  # whatever language it is verified in
        assert lc.verify(output).holds
        return output

    return made


@pytest.mark.parametrize(
    ("kind", "lang", "pattern"),
    [
        ("html", "en", rb"<td class=.n.>([0-9.]+)%"),  # a figure
        ("html", "zh", rb"<li>([^<]{10,})</li>"),  # a sentence
        ("html", "en", rb"<text[^>]*>([^<]+)</text>"),  # a word of a drawing
        ("html", "zh", rb"base64,[A-Za-z0-9+/]{400}([A-Za-z0-9+/]{4})"),  # the attached table
        ("xlsx", "en", rb"<v>([0-9]+[.][0-9]+)</v>"),
        ("xlsx", "zh", rb"<t[^>]*>([^<]{10,})</t>"),
        ("xlsx", "en", rb"formatCode=.([^\"]+)."),  # how a figure shows
        ("xlsx", "zh", rb"<a:t>([^<]+)</a:t>"),  # the title of a chart
    ],
)
def test_an_edited_report_is_told_though_hashed_again(
    true_report: Callable[[str, Language], Path],
    tmp_path: Path,
    lang: Language,
    kind: str,
    pattern: bytes,
):
    true = true_report(kind, lang)
    output = tmp_path / true.name
    for path in (true, proof.manifest_path(true)):
        shutil.copy(path, tmp_path)
    whole = output.read_bytes()
    if kind == "xlsx":
        whole = b"".join(part for _, part in sorted(_parts_of(output).items()))
    found = re.search(pattern, whole)
    assert found is not None
    word = found.group(1)
    lie = word.translate(bytes.maketrans(b"0123456789aeiouAEIOU", b"1234567890eiouaEIOUA"))
    lie = word + b"1" if lie == word else lie
    truth, at = found.group(), found.start(1) - found.start()
    _lied(output, truth, truth[:at] + lie + truth[at + len(word) :])
    verdict = lc.verify(output)
    assert [name for name, same in verdict.checks.items() if not same] == ["report"]
    row = verdict.different.row(0, named=True)
    assert row["stored"] != row["again"]
    if pattern.startswith(rb"<v>"):
        assert re.fullmatch(r"xl/worksheets/sheet\d+\.xml [A-Z]+\d+", row["place"])


def test_a_report_with_a_word_too_many_or_another_language_is_told(files: Path):
    output = files / "report.html"
    assert main(["plan", "report", "--at", "2018-06-30", "-o", str(output)]) == 0
    _lied(output, b"</main>", b"<p>checked by hand</p></main>")
    assert "checked by hand" in "".join(lc.verify(output).different["stored"])
    assert main(["plan", "report", "--at", "2018-06-30", "-o", str(output)]) == 0
    tell(output, {**told(output), "language": "zh"})
    assert not lc.verify(output).holds


def test_the_version_of_a_manifest_hides_no_word_of_the_report(files: Path):
    output = files / "report.html"
    assert main(["plan", "report", "--at", "2018-06-30", "-o", str(output)]) == 0
    version = lc.__version__.encode()
    _lied(output, b"lishui_credit " + version, b"lishui_credit 9.9.9")
    tell(output, {**told(output), "package_version": "9.9.9"})
    assert lc.verify(output).holds
    _lied(output, b"lishui_credit 9.9.9", b"lishui_credit 9.9.9 all met")
    tell(output, {**told(output), "package_version": "9.9.9 all met"})
    assert not lc.verify(output).holds


@needs_browser
def test_a_pdf_report_is_its_reprint_but_for_the_hour(files: Path, monkeypatch: pytest.MonkeyPatch):
    output = files / "report.pdf"
    assert main(["plan", "report", "--at", "2018-06-30", "-o", str(output)]) == 0
    real, kept = pdf._printed, dict[str, bytes]()

    def printed(program: str, folder: Path, html: str, name: str) -> Path:
        """What was printed for the first proof is printed for the second one."""
        if html not in kept:
            kept[html] = real(program, folder, html, name).read_bytes()
        made = folder / "report.pdf"
        made.write_bytes(kept[html])
        return made

    monkeypatch.setattr(pdf, "_printed", printed)
    assert lc.verify(output).holds
    assert len(kept) == 2
    _lied(output, b"/Type /Page\n", b"/Type /Fake\n")
    checks = lc.verify(output).checks
    assert [name for name, same in checks.items() if not same] == ["report"]
