"""``lishui-credit plan site``: pages, drawings and data that need no server, and the proof of all of them."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import html
import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from lishui_credit import proof
from lishui_credit.commands.cli import main
from lishui_credit.errors import SubjectError
from lishui_credit.language import set_language
from lishui_credit.plan.companion_series import COLUMNS, FILE, read_companions
from lishui_credit.plan.definitions import indicator, indicators
from lishui_credit.plan.divisions import CITY, areas, division
from lishui_credit.plan.labels import FREQUENCY_WORDS
from lishui_credit.plan.observed.observed_table import observed_table
from lishui_credit.plan.observed.reading import read_observations
from lishui_credit.plan.observed.store import Store
from lishui_credit.plan.sentences import sentence
from lishui_credit.plan.site import site_files
from lishui_credit.plan.site.site_data import FIELDS
from lishui_credit.plan.site.site_facts import indicator_page, stem
from lishui_credit.plan.site.site_files import checked_address, site_into
from lishui_credit.plan.standings import expected, progress, verdicts
from lishui_credit.reports.html import words
from lishui_credit.reports.site_folder import LIST
from lishui_credit.samples.plan_observations import plan_observations
from lishui_credit.tables import write
from lishui_credit.tables.beside import manifest_path
from lishui_credit.tables.write import replacing_folder
from tests.dashboard import needs_browser, untranslated
from tests.static_pages import page

pytestmark = pytest.mark.xdist_group("plan site")

AT = date(2018, 6, 30)
SAMPLE = Path(__file__).resolve().parents[1] / "data_samples" / "plan_observations.csv"
LANGUAGES = ("zh", "en")
LARGEST = 100_000
ONE_COUNTY = pl.all_horizontal(
    pl.col("adcode") == "331127", pl.col("indicator") == "website_rate", pl.col("revision") == 1
)
# A clause of the plan, a number of a document: in Chinese in every language.
CITED = re.compile(r"[一二三四五六七八九]\([一二三四五六七八九]\)\d?|\S*〔\d{4}〕\S*号")

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    set_language("en")
    yield
    set_language(None)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*said: object) -> tuple[int, str, str]:
        code = main([str(word) for word in said])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    return call


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the sample file on a day in the middle of the plan; no test changes it."""
    folder = tmp_path_factory.mktemp("plan")
    (folder / "seen.csv").write_bytes(SAMPLE.read_bytes())
    out = folder / "site"
    assert main(["plan", "site", "--data", str(folder / "seen.csv"), "--at", str(AT), "-o", str(out)]) == 0  # fmt: skip
    return out


@pytest.fixture
def mine(made: Path, tmp_path: Path) -> Path:
    """A copy of the site beside its input, to be changed."""
    (tmp_path / "seen.csv").write_bytes((made.parent / "seen.csv").read_bytes())
    for path in made.rglob("*"):
        if path.is_file():
            copy = tmp_path / "site" / path.relative_to(made)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    return tmp_path / "site"


SITES: dict[Any, Any] = {}


@contextlib.contextmanager
def remembering() -> Iterator[None]:
    """Have the files of a site of one input made once."""
    real = site_files._made

    def once(frame: pl.DataFrame, at: date, **given: Any) -> Any:
        key = (frame.write_csv(), at, str(given))
        if key not in SITES:
            SITES[key] = real(frame, at, **given)
        found, files = SITES[key]
        return found, dict(files)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(site_files, "_made", once)
        yield


@pytest.fixture
def remembered() -> Iterator[None]:
    """For tests of what is done with the files of a site."""
    with remembering():
        yield


def pages(made: Path) -> list[Path]:
    return sorted(made.rglob("*.html"))


def files(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


# ---- pages ------------------------------------------------------------------------------------


def test_every_indicator_and_area_has_its_page_drawing_table_and_description(made: Path):
    wanted = {"index.html", "datapackage.json", LIST, f"{LIST}.manifest.json"}
    wanted |= {"data/observations.csv", "data/schema.json"}
    for key in indicators():
        for area in areas():
            name = stem(key, area.adcode)
            wanted |= {f"data/{name}.csv", f"data/{name}.metadata.json"}
            wanted |= {f"{lang}/{name}.{kind}" for lang in LANGUAGES for kind in ("html", "svg")}
    for lang in LANGUAGES:
        wanted |= {f"{lang}/{name}" for name in ("index.html", "search.html", "data.html")}
        wanted |= {f"{lang}/{a.adcode}.html" for a in areas() if a.adcode != CITY}
        wanted |= {f"{lang}/{key}-counties.svg" for key in indicators()}
    assert set(files(made)) == wanted


def test_every_page_is_small_well_formed_and_needs_no_script(made: Path):
    for path in pages(made):
        found, text = page(path), path.read_text(encoding="utf-8")
        assert path.stat().st_size < LARGEST, path
        assert found.faults == [], path
        assert not {tag for tag, _ in found.tags} & {"script", "img", "iframe", "object", "font"}
        assert not any(name.startswith("on") for _, attrs in found.tags for name in attrs), path
        assert "default-src 'none'; style-src 'unsafe-inline'" in text
        assert not re.search(r"@import|url\(|javascript:", text), path
        ids = found.all("id")
        assert len(ids) == len(set(ids)), path
        assert not [one for one in ids if re.search(r"\s", one)], path
        levels = [int(tag[1]) for tag, _ in found.tags if re.fullmatch("h[1-6]", tag)]
        assert levels[0] == 1
        assert levels.count(1) == 1, path
        assert all(b <= a + 1 for a, b in pairwise(levels)), (path, levels)
        assert all(a.get("aria-label") for _, a in found.tags if a.get("role") == "img"), path


def test_every_link_leads_to_a_file_of_the_site_and_nothing_is_asked_of_another_host(made: Path):
    for path in pages(made):
        for link in (*page(path).all("href"), *page(path).all("src")):
            parts = urlsplit(html.unescape(link))
            assert not parts.scheme, (path, link)
            assert not parts.netloc, (path, link)
            target = (path.parent / parts.path).resolve() if parts.path else path
            assert target.is_file(), (path, link)
            if parts.fragment and target.suffix == ".html":
                assert parts.fragment in page(target).all("id"), (path, link)


def test_every_page_can_be_reached_from_the_door(made: Path):
    seen, ahead = set(), [made / "index.html"]
    while ahead:
        path = ahead.pop()
        if path in seen:
            continue
        seen.add(path)
        if path.suffix == ".html":
            links = (urlsplit(link).path for link in page(path).all("href", "a"))
            ahead += [(path.parent / link).resolve() for link in links if link]
    root = made.resolve()
    alone = {root / name for name in files(made)} - {p.resolve() for p in seen}
    assert {p.name for p in alone} <= {"schema.json"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_page_is_in_its_language_and_leads_to_the_same_page_in_the_other(made: Path, lang: str):
    other = "en" if lang == "zh" else "zh"
    data = {indicator(key).as_printed for key in indicators()}
    data |= {indicator(key).target.as_printed for key in indicators()}
    data |= {indicator(key).clause for key in indicators()}
    seen = read_observations(SAMPLE).frame
    for name in ("reason", "recorded_by", "note"):
        data |= set(seen[name].drop_nulls().unique()) - {""}
    said = sorted(data | {words(text) for text in data}, key=len, reverse=True)
    for path in sorted((made / lang).glob("*.html")):
        found = page(path)
        assert found.all("lang", "html") == ["zh-CN" if lang == "zh" else "en"]
        assert f"../{other}/{path.name}" in found.all("href", "a")
        assert f"../{other}/{path.name}" in found.all("href", "link")
        lines = [line for line in found.lines if line not in ("中文", "English")]
        if path.name != "data.html":  # it names the columns and files
            lines = [
                re.sub(r"[\w-]+\.(html|svg)\b|lishui_credit|a ratio undefined", "", line)
                for line in lines
            ]
            assert untranslated("\n".join(lines), lang) == [], path
        if lang == "en":
            text = "\n".join(lines).replace("SYNTHETIC DATA 合成数据", "")
            for one in said:
                text = text.replace(one, "")
            left = CITED.sub("", text)
            assert not re.findall("[\u3400-\u9fff][^\n]*", left), path
        else:
            half = re.compile(r"[\u3400-\u9fff][,:;?!()]|[,:;?!()][\u3400-\u9fff]|\d %")
            quoted = re.compile("“[^”]*”")
            assert [x for x in lines if half.search(quoted.sub("", x))] == [], path


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_page_is_headed_by_its_finding_and_tells_status_value_due_and_gap(made: Path, lang: str):
    set_language(lang)
    seen = read_observations(SAMPLE).frame
    for now in progress(seen, AT).iter_rows(named=True):
        path = made / lang / indicator_page(now["indicator"], now["adcode"])
        text = path.read_text(encoding="utf-8")
        place = "" if now["adcode"] == CITY else division(now["adcode"]).name
        finding = re.search("<h1>(.*?)</h1>", text)
        assert finding is not None
        assert words(sentence(now)) in finding[1]
        assert finding[1].startswith(place)
        row = indicator(now["indicator"])
        assert words(row.as_printed) in text
        assert words(str(FREQUENCY_WORDS[row.frequency])) in text


@pytest.mark.usefixtures("remembered")
def test_a_revision_is_told_on_the_page_of_its_area_and_on_that_of_the_city(tmp_path: Path):
    sample, made = plan_observations(), tmp_path / "site"
    site_into(lambda path, day: sample, made, {}, at=AT)
    revised = sample.filter(
        pl.col("revision") > 1, pl.col("period") <= AT, pl.col("adcode") != CITY
    )
    assert revised.height
    for key, code, reason in revised.select("indicator", "adcode", "reason").iter_rows():
        for area in areas():
            text = (made / "zh" / indicator_page(key, area.adcode)).read_text(encoding="utf-8")
            assert (words(reason) in text) == (area.adcode in (code, CITY))


def test_the_mark_of_made_up_data_is_in_every_file(made: Path):
    for name, content in files(made).items():
        text = content.decode("utf-8-sig")
        if name.endswith(".html"):
            assert text.count('class="loud"') == 2, name
            assert re.search("<title>(SYNTHETIC|【合成数据】)", text), name
        elif name.endswith(".svg"):
            assert re.search('<title id="t">(SYNTHETIC|【合成数据】)', text), name
            assert re.search("SYNTHETIC DATA|合成数据", text.partition('class="s"')[2]), name
        elif name.endswith(".csv"):
            header, *rows = text.splitlines()
            assert header.endswith(",synthetic"), name
            assert all(row.endswith(",true") for row in rows), name
        elif name.endswith(".json") and name != "data/schema.json":
            assert json.loads(text)["synthetic"] is True, name


def test_a_drawing_is_a_file_of_its_own_with_a_name_and_a_description(made: Path):
    space = "{http://www.w3.org/2000/svg}"
    for path in made.rglob("*.svg"):
        root = ElementTree.parse(path).getroot()
        assert root.tag == f"{space}svg"
        assert root[0].tag == f"{space}title"
        assert root[1].tag == f"{space}desc"
        assert root[0].text
        assert root[1].text
        tags = {node.tag.removeprefix(space) for node in root.iter()}
        assert tags <= {"svg", "title", "desc", "style", "rect", "path", "text", "circle"}
        top, wide, high = (float(root.attrib["viewBox"].split()[n]) for n in (1, 2, 3))
        for node in root.iter(f"{space}text"):
            assert 0 <= float(node.attrib["x"]) <= wide, path
            assert top <= float(node.attrib["y"]) <= top + high, path
    page_ = (made / "en" / "website_rate.html").read_text(encoding="utf-8")
    assert html.escape('<img src="en/website_rate.svg"') in page_


# ---- data -------------------------------------------------------------------------------------


def test_the_csv_files_hold_what_was_observed_due_and_judged(made: Path):
    set_language("zh")  # computed rows are told in the language of the data
    seen = observed_table(read_observations(SAMPLE).frame, AT)
    table, same = progress(seen, AT), ["indicator", "adcode", "period"]
    lines = seen.series.filter(pl.col("period") >= date(2015, 12, 31))
    days = lines["period"].unique().sort().to_list()
    wanted = (
        lines.join(expected(table, days).rename({"path": "due"}), on=same, how="left")
        .join(verdicts(seen, AT), on=same, how="left")
        .select([field.name for field in FIELDS])
        .sort(same)
    )
    whole = pl.read_csv(made / "data" / "observations.csv", schema=wanted.schema)
    assert_frame_equal(whole.sort(same), wanted, rel_tol=1e-11, abs_tol=0)
    parts = [
        pl.read_csv(made / "data" / f"{stem(key, area.adcode)}.csv", schema=wanted.schema)
        for key in indicators()
        for area in areas()
    ]
    assert pl.concat(parts).equals(whole)


def test_the_descriptions_say_what_the_files_are(made: Path):
    package = json.loads((made / "datapackage.json").read_text(encoding="utf-8"))
    assert len(package["resources"]) == 121
    for resource in package["resources"]:
        content = (made / resource["path"]).read_bytes()
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
        assert resource["bytes"] == len(content)
        names = content.decode("utf-8-sig").splitlines()[0].split(",")
        fields = json.loads((made / resource["schema"]).read_text(encoding="utf-8"))["fields"]
        assert names == [field["name"] for field in fields]
    for now in progress(read_observations(SAMPLE).frame, AT).iter_rows(named=True):
        name = stem(now["indicator"], now["adcode"])
        told = json.loads((made / "data" / f"{name}.metadata.json").read_text(encoding="utf-8"))
        row = indicator(now["indicator"])
        assert told["generated_at"] == str(AT)
        assert told["indicator"]["as_printed"] == row.as_printed
        assert told["indicator"]["clause"] == row.clause
        assert told["indicator"]["definition"]["numerator_en"] == row.definition.numerator_en
        assert told["standing"]["status"] == now["status"]
        assert told["standing"]["value"] == (None if now["value"] is None else pytest.approx(now["value"], rel=1e-11))  # fmt: skip
        assert re.fullmatch(r"[-a-z0-9._/]+", told["name"])
        assert all((made / "data" / to).resolve().is_file() for to in told["pages"].values())
        assert all((made / "data" / to).resolve().is_file() for to in told["drawings"].values())


def test_the_same_input_makes_the_same_bytes_in_whatever_language_it_is_asked(
    run: Run, made: Path, tmp_path: Path
):
    words_ = ("--data", made.parent / "seen.csv", "--at", AT, "-o", made.parent / "again")
    code, out, _ = run("plan", "site", *words_, "--lang", "zh")
    assert code == 0
    assert "772 个文件" in out
    again = files(made.parent / "again")
    assert again == files(made)


# ---- what is reported, and by whom ------------------------------------------------------------


def reported(rows: pl.DataFrame, folder: Path) -> Path:
    """Observations as reported ones, in a file."""
    kept = rows.with_columns(synthetic=pl.lit(False), source=pl.lit("=<script>年报&")).select(
        "indicator", "adcode", "period", "frequency", "numerator", "denominator", "low", "high", "value", "source", "synthetic"
    )  # fmt: skip
    path = folder / "reported.csv"
    kept.write_csv(path)
    return path


@pytest.fixture(scope="module")
def told_of(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of what was reported until a day in August, made without a day."""
    folder = tmp_path_factory.mktemp("reported")
    rows = read_observations(SAMPLE).frame.filter(
        pl.col("period") <= date(2017, 8, 31), pl.col("revision") == 1
    )
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        words_ = ("--data", str(reported(rows, folder)), "-o", str(folder / "site"))
        assert main(["plan", "site", *words_]) == 0
    (folder / "said").write_text(said.getvalue(), encoding="utf-8")
    return folder / "site"


def test_a_site_of_reported_data_bears_no_mark_and_leaves_their_licence_to_the_office(
    told_of: Path,
):
    assert "SYNTHETIC" not in (told_of.parent / "said").read_text(encoding="utf-8")
    made = told_of
    for path in pages(made):
        assert "script" not in {tag for tag, _ in page(path).tags}
        assert 'class="loud"' not in path.read_text(encoding="utf-8")
        assert not [x for x in page(path).lines if re.search("SYNTHETIC|合成数据", x)], path
    package = json.loads((made / "datapackage.json").read_text(encoding="utf-8"))
    assert package["synthetic"] is False
    assert "warning" not in package
    assert "for the office" in package["license_note_en"]
    assert "\t=<script>年报&" in (made / "data" / "website_rate-331102.csv").read_text(
        encoding="utf-8-sig"
    )


@pytest.mark.usefixtures("remembered")
def test_rows_that_could_not_be_taken_are_counted_on_the_site(run: Run, tmp_path: Path):
    rows = read_observations(SAMPLE).frame.filter(indicator="website_rate", revision=1)
    data, store = reported(rows, tmp_path), tmp_path / "plan.parquet"
    text = data.read_text(encoding="utf-8").splitlines()
    text[2] = text[2].replace("website_rate", "no_such_rate")
    text[3] = text[3].replace(",331102,", ",999999,").replace(",331100,", ",999999,")
    data.write_text("\n".join(text) + "\n", encoding="utf-8")
    assert run("plan", "load", data, "--data", store, "--by", "a", "--reason", "b")[0] == 1
    for number, name in enumerate((data, store)):
        out = tmp_path / f"site{number}"
        assert run("plan", "site", "--data", name, "--at", AT, "-o", out)[0] == 0
        assert "2 rows of the input could not be taken" in "\n".join(
            page(out / "en" / "data.html").lines
        )
        assert "有2行数据无法采用" in "\n".join(page(out / "zh" / "data.html").lines)
        assert (
            json.loads((out / "datapackage.json").read_text(encoding="utf-8"))["rejected_rows"] == 2
        )
        assert run("verify", out)[0] == 0


@pytest.mark.usefixtures("remembered")
def test_a_return_of_one_county_makes_a_whole_site(run: Run, tmp_path: Path):
    data = reported(read_observations(SAMPLE).frame.filter(ONE_COUNTY), tmp_path)
    assert run("plan", "site", "--data", data, "--at", AT, "-o", tmp_path / "site")[0] == 0
    text = (tmp_path / "site" / "en" / "query_volume-331102.html").read_text(encoding="utf-8")
    assert "no data" in text
    for path in pages(tmp_path / "site"):
        assert page(path).faults == []


def test_the_day_is_the_last_quarter_observed_where_none_is_asked(
    run: Run, told_of: Path, tmp_path: Path
):
    assert "2017-09-30" in (told_of.parent / "said").read_text(encoding="utf-8")
    code, _, err = run("plan", "site", "--at", "2015-12-31", "-o", tmp_path / "other")
    assert code != 0
    assert "before the plan" in err
    assert not (tmp_path / "other").exists()


BASE = "https://credit.example.gov.cn/plan"


@pytest.fixture(scope="module")
def bent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with an address and with targets of a file."""
    folder = tmp_path_factory.mktemp("bent")
    targets, site = folder / "targets.csv", folder / "site"
    targets.write_text("指标,地区,年度,目标值(%)\n2,景宁,2018,90\n", encoding="utf-8")
    words_ = ("--data", str(SAMPLE), "--at", "2018-12-31", "--targets", str(targets))
    with remembering():
        assert main(["plan", "site", *words_, "--base-url", BASE, "-o", str(site)]) == 0
    return site


@pytest.mark.usefixtures("remembered")
def test_targets_of_a_file_bend_the_path_of_a_page(run: Run, bent: Path):
    table = pl.read_csv(bent / "data" / "double_publicity_coverage-331127.csv")
    assert table.filter(period="2018-12-31")["due"].to_list() == [90.0]
    assert run("verify", bent)[0] == 0


def test_an_address_is_named_on_every_page_and_nothing_else_is_taken_for_one(bent: Path):
    for lang in LANGUAGES:
        for path in (bent / lang).glob("*.html"):
            rels = [a for t, a in page(path).tags if t == "link"]
            own = [a["href"] for a in rels if a["rel"] == "canonical"]
            assert own == [f"{BASE}/{lang}/{path.name}"]
            assert sorted(str(a["href"]) for a in rels if a["rel"] == "alternate") == sorted(
                f"{BASE}/{one}/{path.name}" for one in LANGUAGES
            )
    for wrong in ("credit.example", "ftp://a/b", "https://", "https://a/?x=1", 'https://a/"><b', "https://[a"):  # fmt: skip
        with pytest.raises(SubjectError, match="address"):
            checked_address(wrong)


# ---- the folder -------------------------------------------------------------------------------


def test_a_folder_that_holds_anything_else_is_refused_and_left_as_it_is(run: Run, tmp_path: Path):
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "letter.txt").write_text("dear", encoding="utf-8")
    code, _, err = run("plan", "site", "--at", AT, "-o", folder)
    assert code != 0
    assert "letter.txt" in err
    assert files(folder) == {"letter.txt": b"dear"}
    code, _, err = run("plan", "site", "--at", AT, "-o", folder / "letter.txt")
    assert code != 0
    assert "a file, not a folder" in err


@pytest.mark.parametrize("name", ["notes.txt", "zh/own.html", "keep/deep/x.csv", "empty"])
def test_a_file_put_into_a_site_is_never_taken_away(run: Run, mine: Path, name: str):
    path = mine / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir() if name == "empty" else path.write_text("mine", encoding="utf-8")
    before = files(mine)
    code, _, err = run("plan", "site", "--data", mine.parent / "seen.csv", "--at", AT, "-o", mine)
    assert code != 0
    assert name in err
    assert files(mine) == before
    assert path.exists()


@pytest.mark.usefixtures("remembered")
def test_a_site_takes_the_place_of_an_earlier_one_whole(run: Run, mine: Path):
    earlier = files(mine)
    data = reported(read_observations(SAMPLE).frame.filter(ONE_COUNTY), mine.parent)
    assert run("plan", "site", "--data", data, "--at", AT, "-o", mine)[0] == 0
    now = files(mine)
    assert now.keys() == earlier.keys()
    assert now["zh/index.html"] != earlier["zh/index.html"]
    assert run("verify", mine)[0] == 0
    assert sorted(p.name for p in mine.parent.iterdir()) == ["reported.csv", "seen.csv", "site"]


@pytest.mark.usefixtures("remembered")
def test_a_full_disk_is_told_as_such_and_leaves_the_earlier_site(
    run: Run, mine: Path, monkeypatch: pytest.MonkeyPatch
):
    before, real = files(mine), Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if path.name == "data.html":
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return real(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    code, _, err = run("plan", "site", "--at", AT, "-o", mine)
    monkeypatch.undo()
    assert code != 0
    assert "the disk is full" in err
    assert files(mine) == before
    assert sorted(p.name for p in mine.parent.iterdir()) == ["seen.csv", "site"]


def test_a_folder_is_put_back_where_its_successor_cannot_take_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "old").write_text("old", encoding="utf-8")
    real = write.os.replace

    def broken(start: Path, end: Path) -> None:
        if Path(end) == folder and (Path(start) / "new").exists():
            raise OSError(errno.EIO, "broken")
        real(start, end)

    monkeypatch.setattr(write.os, "replace", broken)
    with contextlib.suppress(OSError), replacing_folder(folder) as draft:
        (draft / "new").write_text("new", encoding="utf-8")
    assert files(tmp_path) == {"site/old": b"old"}


# ---- proof ------------------------------------------------------------------------------------


def different(mine: Path) -> tuple[list[str], list[str]]:
    verdict = site_files.verified(
        proof.stated(mine / LIST), lambda path, _: read_observations(str(path)).frame, lambda _: None
    )  # fmt: skip
    wrong = [name for name, same in verdict.checks.items() if not same]
    return wrong, verdict.different["place"].to_list()


def test_a_site_is_proved_by_making_it_again(run: Run, made: Path):
    code, out, _ = run("verify", made)
    assert code == 0
    assert "verified: 772 rows" in out


@pytest.mark.usefixtures("remembered")
def test_a_changed_page_is_named_though_list_and_manifest_were_put_right(mine: Path):
    path = mine / "en" / "website_rate.html"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("far behind", "achieved"), encoding="utf-8")
    wrong, places = different(mine)
    assert wrong == ["files", "site"]
    assert set(places) == {"en/website_rate.html"}
    listed = mine / LIST
    lines = listed.read_text(encoding="utf-8").splitlines()
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    name = "  en/website_rate.html"
    listed.write_text(
        "\n".join(digest + name if x.endswith(name) else x for x in lines) + "\n", encoding="utf-8"
    )
    manifest = manifest_path(listed)
    told = json.loads(manifest.read_text(encoding="utf-8"))
    told["output_sha256"] = hashlib.sha256(listed.read_bytes()).hexdigest()
    manifest.write_text(json.dumps(told), encoding="utf-8")
    assert different(mine)[0] == ["site"]


@pytest.mark.usefixtures("remembered")
def test_files_that_are_gone_or_strange_and_other_words_of_the_manifest_are_told(mine: Path):
    (mine / "data" / "website_rate.csv").unlink()
    (mine / "zh" / "strange.html").write_text("x", encoding="utf-8")
    manifest = manifest_path(mine / LIST)
    told = json.loads(manifest.read_text(encoding="utf-8"))
    manifest.write_text(json.dumps(told | {"files": 3, "synthetic": False}), encoding="utf-8")
    wrong, places = different(mine)
    assert set(wrong) == {"files", "site", "manifest files", "manifest synthetic"}
    assert places == ["data/website_rate.csv", "zh/strange.html"]


def test_a_folder_that_is_no_site_cannot_be_verified(run: Run, tmp_path: Path):
    code, _, err = run("verify", tmp_path)
    assert code != 0
    assert LIST in err


@pytest.mark.usefixtures("remembered")
def test_the_list_cannot_name_a_file_outside_the_site(mine: Path):
    outside = mine.parent / "seen.csv"
    before = outside.read_bytes()
    with (mine / LIST).open("a", encoding="utf-8") as file:
        file.write(f"{hashlib.sha256(before).hexdigest()}  ../seen.csv\n")
    site_into(lambda path, _: read_observations(SAMPLE).frame, mine, {}, at=AT)
    assert outside.read_bytes() == before


# ---- in a browser -----------------------------------------------------------------------------


@needs_browser
@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_page_is_wider_than_a_desk_or_a_phone_and_the_overview_prints_on_one(
    browser: Any, made: Path, lang: str
):
    shown = browser.new_page()
    asked: list[str] = []
    shown.on("request", lambda request: asked.append(request.url))
    shown.on("console", lambda message: asked.append(message.text))
    for name in ("index", "331127", "search", "data", "query_volume", "satisfaction_social-331127"):
        shown.goto((made / lang / f"{name}.html").as_uri())
        for width in (1280, 390):
            shown.set_viewport_size({"width": width, "height": 900})
            wide = shown.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, (name, width)
    assert len(asked) == 6
    shown.goto((made / lang / "index.html").as_uri())
    printed = shown.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1


# ---- companions and rejected rows --------------------------------------------------------------


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Parquet store with rejected rows beside it, companion series, and the site of both."""
    room = tmp_path_factory.mktemp("kept")
    store = Store.open(room / "plan.parquet")
    store.add(plan_observations().filter(pl.col("revision") == 1), by="a", reason="b")
    (room / "a.csv").write_text("指标,地区,时期,分子,分母\n5,青田,2018Q2,缺,1\n")
    store.load(room / "a.csv", by="a", reason="b")
    days = (date(2016, 12, 31), date(2017, 12, 31), date(2019, 12, 31))
    rows = [
        (f"uscc_coverage.{name}", adcode, day, value, None, None, "合成数据", True)
        for name, value in (("dup_error_rate", 0.004), ("cert_replacement_rate", 49.05))
        for adcode in (CITY, "331127")
        for day in days
    ]
    pl.DataFrame(rows, COLUMNS, orient="row").write_parquet(room / FILE)
    words_ = ("--data", str(store.path), "--at", str(AT), "-o", str(room / "site"))
    with remembering():
        assert main(["plan", "site", *words_]) == 0
    return room


def test_companions_stand_on_the_page_of_their_indicator_and_in_a_file_of_their_own(
    kept: Path,
) -> None:
    site = kept / "site"
    own = pl.read_csv(site / "data" / "uscc_coverage-companions.csv", try_parse_dates=True)
    assert own.height == 4  # none of the year after the day of the site
    for lang, words_of in (
        ("zh", ("辅助指标", "重错码率")),
        ("en", ("Companion series", "Duplicate or wrong codes")),
    ):
        page = (site / lang / "uscc_coverage.html").read_text("utf-8")
        part = page[page.index('id="companions"') : page.index('id="counties"')]
        assert all(word in part for word in words_of)
        assert "0.0040%" in part
        assert "49.05%" in part
        assert "../data/uscc_coverage-companions.csv" in page
        assert len(page.encode()) < LARGEST
        assert 'id="companions"' not in (site / lang / "website_rate.html").read_text("utf-8")
    assert "辅助指标" not in (site / "en" / "uscc_coverage.html").read_text("utf-8")
    listed = json.loads((site / "datapackage.json").read_text("utf-8"))["resources"]
    found = [one for one in listed if one["path"].endswith("-companions.csv")]
    assert [one["path"] for one in found] == [
        "data/uscc_coverage-companions.csv", "data/uscc_coverage-331127-companions.csv",
    ]  # fmt: skip
    for one in found:
        assert (
            one["hash"] == f"sha256:{hashlib.sha256((site / one['path']).read_bytes()).hexdigest()}"
        )


@pytest.mark.usefixtures("remembered")
def test_the_companions_and_the_rejected_rows_of_a_site_are_proved_inputs(
    kept: Path, run: Run
) -> None:
    manifest = json.loads(manifest_path(kept / "site" / LIST).read_text("utf-8"))
    assert set(manifest["inputs"]) == {"data", "companions", "rejected"}
    beside = kept / "plan.parquet.rejected.parquet"
    assert (
        manifest["inputs"]["rejected"]["sha256"] == hashlib.sha256(beside.read_bytes()).hexdigest()
    )
    assert run("verify", kept / "site" / LIST)[0] == 0
    for name in (beside.name, FILE):
        content = (kept / name).read_bytes()
        pl.read_parquet(kept / name).head(1).write_parquet(kept / name, compression="gzip")
        assert run("verify", kept / "site" / LIST)[0] == 1
        (kept / name).write_bytes(content)


def test_a_file_that_holds_no_companions_is_refused_with_the_columns_it_needs(
    tmp_path: Path,
) -> None:
    pl.DataFrame({"indicator": ["a"]}).write_parquet(tmp_path / "other.parquet")
    with pytest.raises(SubjectError, match="adcode"):
        read_companions(tmp_path / "other.parquet")
    (tmp_path / "none.parquet").write_bytes(b"PAR1")
    with pytest.raises(SubjectError, match="cannot be read"):
        read_companions(tmp_path / "none.parquet")
