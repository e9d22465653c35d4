"""`prove` runs hostile rows in a user's database, compares every cell, and leaves nothing there."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest
from sqlglot import exp

from lishui_credit.backends import expression_sql
from lishui_credit.backends.cell_differences import compared
from lishui_credit.backends.dialects.mysql import MySQL
from lishui_credit.backends.dialects.postgres import Postgres
from lishui_credit.commands.cli import main
from lishui_credit.language import set_language
from lishui_credit.rubrics import users_database
from tests.database_servers import Server
from tests.test_policy_sql import HEAD, SEGMENTS

pytest.importorskip("sqlalchemy")
duckdb = pytest.importorskip("duckdb")
CARD = Path(__file__).resolve().parents[1] / "models" / "german" / "1"
TAX = "tax-credit@2020-11-01 --period 2020 --as-of 2021-04-30"
SMALL = "small-enterprise@2009-12-01 --as-of 2021-04-30"
POLICY = HEAD + SEGMENTS
BY_CARD = HEAD + (
    'kind = "refer"\napprove_at_least = 620\nrefer_at_least = 560\nscore = { column = "score" }\n'
)
BY_RUBRIC = HEAD + (
    'kind = "refer"\napprove_at_least = "AAA"\nrefer_at_least = "A"\n'
    'score = { column = "grade", order = ["AAA", "AA", "A", "BBB", "BB", "B", "CC", "D"] }\n'
)
SECRET = "s3cr%t/@"


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    set_language("en")
    yield
    set_language(None)


def proved(target: str, dialect: str, url: str, *more: str, rows: int = 400) -> int:
    return main(
        ["prove", *target.split(), "--dialect", dialect, "--url", url, "--rows", str(rows), *more]
    )


@pytest.fixture
def policies(tmp_path: Path) -> list[str]:
    """Policies, with what they are proved with."""
    for name, text in {"segments": POLICY, "by_card": BY_CARD, "by_rubric": BY_RUBRIC}.items():
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    return [
        f"{tmp_path}/segments.toml --trial --on 2026-06-01 --types code=text",
        f"{tmp_path}/segments.toml --trial --types score=whole,code=whole,green=text --reasons 0",
        f"{tmp_path}/by_card.toml --trial --card {CARD}",
        f"{tmp_path}/by_rubric.toml --trial --graded-by small-enterprise@2009-12-01 --reasons 2",
    ]


def of_postgres(server: Server, user: str = "tester") -> str:
    return f"postgresql+psycopg://{user}@/postgres?host={server.home}"


def of_mariadb(server: Server, user: str = "root") -> str:
    return f"mysql+pymysql://{user}@/tests?unix_socket={server.home}/socket"


@pytest.mark.parametrize("target", [TAX, SMALL, str(CARD)], ids=["events", "no events", "card"])
def test_files_of_sqlite_and_duckdb_give_every_cell_and_stay_as_they_were(
    target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "own.sqlite"
    with closing(sqlite3.connect(path)) as base:
        base.execute("CREATE TABLE subjects (mine)")
        base.commit()
    before = path.read_bytes()
    assert proved(target, "sqlite", f"sqlite:///{path}") == 0
    assert path.read_bytes() == before
    assert proved(target, "duckdb", f"duckdb:///{tmp_path}/own.duckdb") == 0
    with duckdb.connect(f"{tmp_path}/own.duckdb") as own:
        assert own.sql("SHOW ALL TABLES").fetchall() == []
    told = capsys.readouterr().out
    assert told.count("differences: 0") == 2
    assert told.count(": 400 rows, ") == 2


def test_a_policy_gives_every_cell_of_decide_in_sqlite_and_duckdb(
    policies: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for target in policies:
        assert proved(target, "sqlite", f"sqlite:///{tmp_path}/own.sqlite") == 0
        assert proved(target, "duckdb", "duckdb:///:memory:") == 0
        told = capsys.readouterr().out
        assert told.count("p@1 in ") == told.count(": 400 rows, ") == 2
        assert told.count("differences: 0") == 2


@pytest.mark.xdist_group("databases")
def test_a_policy_gives_every_cell_of_decide_in_servers(
    policies: list[str], postgres: Server, mariadb: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    for target in policies[::2]:
        assert proved(target, "postgres", of_postgres(postgres)) == 0
        assert proved(target, "mariadb", of_mariadb(mariadb)) == 0
        assert capsys.readouterr().out.count("differences: 0") == 2


def test_a_policy_that_is_printed_wrong_is_told_by_column(
    policies: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(expression_sql._BINARY, "ge", "GT")
    for target in policies[:3]:  # grades are not compared by size
        assert proved(target, "sqlite", f"sqlite:///{tmp_path}/own.sqlite", "--json") == 1
        told = json.loads(capsys.readouterr().out)
        assert {"decision", "decided_by", "decided_by_zh", "decided_by_en"} <= told[
            "columns"
        ].keys()


@pytest.mark.xdist_group("databases")
@pytest.mark.parametrize("target", [TAX, str(CARD)], ids=["rubric", "card"])
def test_servers_give_every_cell_and_keep_no_table(
    target: str, postgres: Server, mariadb: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    assert proved(target, "postgres", of_postgres(postgres)) == 0
    assert proved(target, "mysql", of_mariadb(mariadb), "--json") == 0
    told = capsys.readouterr().out
    assert json.loads(told[told.index("{") :])["differences"] == 0
    kept = "SELECT count(*) FROM information_schema.tables WHERE table_name LIKE 'lishui%'"
    assert postgres.run(f"{kept};") == mariadb.run(f"{kept};") == [["0"]]


@pytest.mark.xdist_group("databases")
def test_a_wrong_printer_is_told_with_subject_column_and_both_values(
    postgres: Server,
    mariadb: Server,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # Texts as the collation compares them: MariaDB's default one folds case and trailing blanks.
    monkeypatch.setattr(MySQL, "taken", lambda self, cell, kind: cell)
    monkeypatch.setattr(MySQL, "given", lambda self, cell, kind: cell)
    assert proved(SMALL, "mysql", of_mariadb(mariadb), "--json", rows=3000) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["differences"] > 0
    first = told["first"][0]
    assert first["expected"] != first["found"]
    assert {"subject", "column"} <= first.keys()
    monkeypatch.setattr(Postgres, "part", lambda self, unit, day: exp.Literal.number(2020))
    assert proved(TAX, "postgres", of_postgres(postgres), rows=3000) == 1
    assert "polars '" in capsys.readouterr().out


@pytest.mark.xdist_group("databases")
def test_no_rights_and_no_entry_are_one_message_without_the_password(
    postgres: Server, mariadb: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    mariadb.run(
        f"CREATE OR REPLACE USER reader@localhost IDENTIFIED BY '{SECRET}'; GRANT SELECT ON tests.* TO reader@localhost;"
    )
    postgres.run(
        "DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN;"
        " REVOKE TEMPORARY ON DATABASE postgres FROM PUBLIC;"
    )
    written = SECRET.replace("%", "%25").replace("/", "%2F").replace("@", "%40")
    asked = [
        ("mysql", of_mariadb(mariadb, f"reader:{written}"), "no temporary table"),
        ("postgres", of_postgres(postgres, f"reader:{written}"), "no temporary table"),
        ("mysql", of_mariadb(mariadb, f"nobody:{written}"), "no connection"),
        ("postgres", of_postgres(postgres, f"nobody:{written}"), "no connection"),
    ]
    for dialect, url, said in asked:
        assert proved(SMALL, dialect, url) == 2
        told = capsys.readouterr()
        assert said in told.err
        assert told.err.count("\n") == 2
        for secret in (SECRET, written, "s3cr"):
            assert secret not in told.out + told.err


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "not the URL of a database"),
        ("oracle://u:s3cret@h/b", "not the URL of a database"),
        ("sqlite:///x.db", "another database than --dialect"),
        ("mysql+nodriver://u:s3cret@h/b", "no connection"),
        ("mysql+mysqldb://u:s3cret@h/b", "prove needs MySQLdb"),
        ("mysql+pymysql://u:s3cret@h:noport/b", "no connection"),
        ("mysql+pymysql://u:s3cret@127.0.0.1:1/b", "no connection"),
    ],
)
def test_an_address_that_cannot_be_used_is_one_message(
    url: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for language in ("en", "zh"):
        assert proved(SMALL, "mysql", url, "--lang", language) == 2
        told = capsys.readouterr().err
        assert "s3cret" not in told
        assert "Traceback" not in told
        assert said in told or language == "zh"


class Kept:
    """A database that is interrupted while it runs."""

    def __init__(self) -> None:
        self.tables: set[str] = set()

    def load(self, name: str, frame: pl.DataFrame) -> None:
        self.tables.add(name)
        if len(self.tables) == 2:
            raise KeyboardInterrupt

    def run(self, statement: str) -> pl.DataFrame:
        raise KeyboardInterrupt

    def drop(self, name: str) -> None:
        self.tables.discard(name)


def test_an_interrupt_leaves_no_table() -> None:
    base, frame = Kept(), pl.DataFrame({"a": [1]})
    with (
        pytest.raises(KeyboardInterrupt),
        users_database.loaded(base, {"subjects": frame, "events": frame}),
    ):
        pass
    assert base.tables == set()
    with pytest.raises(KeyboardInterrupt), users_database.loaded(base, {"subjects": frame}):
        base.run("")
    assert base.tables == set()


def test_what_cannot_be_proved_so_is_refused(
    policies: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "p.toml").write_text("")
    url = f"sqlite:///{tmp_path}/a.db"
    assert proved(SMALL, "sqlite", url, rows=0) == 2
    for target, said in {
        f"{tmp_path}/p.toml": "id",
        policies[0].replace("--trial ", ""): "not approved",
        f"{policies[0]} --period 2020": "means nothing for a policy · found: --period",
        f"{policies[0]} --reasons -1": "--reasons must be 0 or more",
        f"{SMALL} --trial": "means nothing for a rubric · found: --trial",
        f"{CARD} --types score=whole": "means nothing for a card · found: --types",
    }.items():
        capsys.readouterr()
        assert proved(target, "sqlite", url) == 2
        assert said in (told := capsys.readouterr().err), told


def test_rows_that_are_missing_given_twice_or_different_are_counted() -> None:
    expected = pl.DataFrame({"id": ["a", "b", "c"], "x": [1, None, 3], "flag": [True, False, None]})
    found = pl.DataFrame({"id": ["b", "a", "a", "z"], "x": [2, 1, 1, 1], "flag": [0, 1, 1, 1]})
    told = compared(found, expected, "id")
    assert (told.rows, told.cells, told.missing, told.unasked) == (3, 6, 1, 2)
    assert told.counts == {"x": 1}
    assert told.first.rows() == [("b", "x", None, "2")]
    assert not told.none
    assert compared(expected.reverse(), expected, "id").none
    with pytest.raises(ValueError, match="not"):
        compared(expected.drop("x"), expected, "id")
