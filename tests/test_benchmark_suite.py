"""The suite of `benchmarks/suite.py`: run on made applicants, resumed, signed, checked, told on a page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from benchmarks import suite, suite_page, suite_results
from benchmarks.contenders import CONTENDERS, OWN
from lishui_credit.errors import ModelError
from lishui_credit.scorecards import Scorecard
from lishui_credit.scorecards.folds import split
from lishui_credit.scorecards.sealed_json import read_sealed, seal

ROOT = Path(__file__).resolve().parents[1]
RUN = [
    "run",
    "--sets",
    "made",
    "--contenders",
    "card",
    "--seeds",
    "3",
    "--parts",
    "folds",
    "proofs",
]


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of our card alone on the made applicants."""
    folder = tmp_path_factory.mktemp("suite")
    suite.main(["--out", str(folder), *RUN])
    return folder


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A private key that nobody else has."""
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    path = tmp_path_factory.mktemp("keys") / "id_ed25519"
    kind = (form.Encoding.PEM, form.PrivateFormat.OpenSSH, form.NoEncryption())
    path.write_bytes(Ed25519PrivateKey.generate().private_bytes(*kind))
    return path


@pytest.fixture
def signed(out: Path, key: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """The results of the run, signed."""
    file = tmp_path / "made.json"
    suite.main(["--out", str(out), "--file", str(file), "results", "--key", str(key)])
    assert "signed by SHA256:" in capsys.readouterr().out
    return file


def rows(out: Path, part: str) -> list[dict[str, Any]]:
    lines = (out / "suite.jsonl").read_text(encoding="utf-8").splitlines()
    return [row for row in map(json.loads, lines) if row["part"] == part]


def test_auc_is_that_of_cards_fitted_to_the_other_folds(out: Path) -> None:
    (row,) = rows(out, "folds")
    frame = suite.made_frame()
    bad = frame["bad"].to_numpy()
    expected = []
    for fit, held in split(bad, folds=5, seed=3):
        made = CONTENDERS["card"](frame[fit].drop("bad"), bad[fit], [], row["data"].get("codes"))
        made.codes = {"months": [-999.0]}
        model = OWN["card"](made).fit(made.train, made.y)
        assert isinstance(model, Scorecard)
        chance = model.predict_proba(frame[held].drop("bad"))[:, 1]
        expected.append(roc_auc_score(bad[held], chance))
    assert row["auc"] == pytest.approx(expected, abs=1e-6)


def test_a_contender_never_gets_the_outcomes_of_the_rows_it_predicts(out: Path) -> None:
    folder = out / "suite/made"
    names = {path.name: pl.read_parquet_schema(path).names() for path in folder.glob("*.parquet")}
    assert len(names) == 10
    assert all(("bad" in columns) == ("train" in name) for name, columns in names.items())


def test_our_card_keeps_every_identity_and_survives_what_is_hostile(out: Path) -> None:
    (row,) = rows(out, "proofs")
    parts = {one["part"] for one in row["checks"]}
    assert parts == suite_page.PARTS.keys()
    assert [one for one in row["checks"] if one["holds"] is False] == []


def test_what_is_done_is_not_done_again(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (out / "suite.jsonl").read_bytes()

    def never(*_: object, **__: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(suite, "asked", never)
    suite.main(["--out", str(out), *RUN])
    assert (out / "suite.jsonl").read_bytes() == before
    with pytest.raises(AssertionError, match="a process was started"):
        suite.main(["--out", str(out), *RUN, "--seeds", "4"])


def test_a_file_that_was_signed_is_whole(signed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite.main(["--file", str(signed), "check"])
    assert "whole, and signed by SHA256:" in capsys.readouterr().out


def test_a_changed_figure_breaks_the_seal(signed: Path) -> None:
    text = signed.read_text(encoding="utf-8")
    auc = f"{read_sealed(signed, suite_results.KIND)['folds'][0]['auc'][0]}"
    signed.write_text(text.replace(auc, "0.99", 1), encoding="utf-8")
    with pytest.raises(ModelError, match="changed since it was sealed"):
        suite_results.check(signed)


def test_a_changed_figure_sealed_again_breaks_the_signature(signed: Path) -> None:
    found = read_sealed(signed, suite_results.KIND)
    found["folds"][0]["auc"][0] = 0.99
    signed.write_text(seal(found), encoding="utf-8")
    with pytest.raises(ModelError, match="not what this key signed"):
        suite_results.check(signed)


def test_another_key_and_no_signature_are_refused(signed: Path, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    other = tmp_path / "other.pub"
    public = Ed25519PrivateKey.generate().public_key()
    other.write_bytes(public.public_bytes(form.Encoding.OpenSSH, form.PublicFormat.OpenSSH))
    with pytest.raises(ModelError, match="not what this key signed"):
        suite_results.check(signed, other)
    signed.with_name(f"{signed.name}.sig").unlink()
    with pytest.raises(ModelError, match="no signature to check"):
        suite_results.check(signed)


def test_the_page_in_the_docs_is_that_of_the_results_file() -> None:
    file = suite_results.latest()
    assert suite_page.PAGE.read_text(encoding="utf-8") == suite_page.page_of(file)
    assert "signed by" in suite_results.check(file)


def test_a_difference_is_of_the_same_folds_and_none_of_a_failed_contender() -> None:
    one = {"contender": "one", "seed": 1, "auc": [0.8, 0.7, 0.9, 0.8, 0.8]}
    two = {"contender": "two", "seed": 1, "auc": [0.7, 0.6, 0.8, 0.7, 0.7]}
    lost = {"contender": "lost", "seed": 1, "failed": "not done in 5 s"}
    assert suite_page.difference([one, two, lost], "one", "two").startswith("+0.1000 (+0.1000 to")
    assert suite_page.difference([one, two, lost], "one", "lost") == ""


def test_of_a_large_set_as_many_are_drawn_as_asked_each_outcome_in_its_share() -> None:
    taken = suite.read("german", ROOT, 200)
    assert taken is not None
    frame, told = taken
    assert frame.height == told["taken"] == 200
    assert frame["bad"].sum() == 60
    assert told["rows"] == 1000


def test_numbers_that_are_names_reach_a_contender_as_texts() -> None:
    taken = suite.read("taiwan_default", ROOT, 500)
    assert taken is not None
    frame = taken[0]
    assert {frame[name].dtype for name in ("sex", "education", "marriage")} == {pl.String}
    assert set(np.unique(frame["sex"].to_numpy())) == {"sex_1", "sex_2"}


def test_near_copies_of_a_row_stay_in_its_fold_where_asked() -> None:
    taken = suite.read("polish_year1-twins", ROOT, 1500)
    assert taken is not None
    frame, told = taken
    assert len(told["groups"]) == frame.height
    assert len(np.unique(told["groups"])) < frame.height
    bad = frame["bad"].to_numpy()
    for fit, held in split(bad, folds=5, seed=1, groups=told["groups"]):
        assert not {*told["groups"][fit]} & {*told["groups"][held]}


def test_a_contender_gets_the_groups_of_its_training_rows_and_chooses_by_folds_that_keep_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = suite.made_frame(rows=60)
    groups = np.arange(60) // 2
    given: list[dict[str, Any]] = []
    monkeypatch.setattr(suite, "asked", lambda _, job, *__: given.append(job) or "not run")
    told = {"codes": {}, "groups": groups}
    suite.folded(frame, told, "joint", 1, tmp_path, 1)
    suite.folded(frame, {"codes": {}}, "joint", 1, tmp_path, 1)
    bad = frame["bad"].to_numpy()
    expected = [groups[fit].tolist() for fit, _ in split(bad, folds=5, seed=1, groups=groups)]
    assert [fold["groups"] for fold in given[0]["folds"]] == expected
    assert [fold["groups"] for fold in given[1]["folds"]] == [None] * 5

    class Model:
        def fit(self, X: object, y: object, groups: object = None) -> Any:
            self.groups = groups
            return self

    monkeypatch.setitem(OWN, "joint", lambda _: Model())
    made = CONTENDERS["joint"](frame.drop("bad"), bad, [], groups=groups)
    made.learn()
    assert made.model.groups is groups


@pytest.mark.parametrize(
    ("error", "holds", "end"),
    [
        (ModelError("no characteristic tells good from bad"), True, "refused"),
        (ZeroDivisionError("division by zero"), False, "broke"),
        (None, True, "ran"),
    ],
)
def test_a_sample_without_signal_may_be_refused_with_a_word_but_not_break(
    error: Exception | None, holds: bool, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    import proofs  # as a contender's own process does

    frame = suite.made_frame()
    made = CONTENDERS["card"](frame.drop("bad"), frame["bad"].to_numpy(), ["town", "trade"])
    made.model, made.score = None, lambda rows: np.zeros(len(rows))

    def again(rows: Any, bad: Any, *, reasoned: bool = True) -> Any:
        if error is not None and len(bad) < len(made.y):
            raise error
        return made

    checks = list(proofs.leakage(made, again))
    shuffled = dict(zip(("check", "holds", "found"), checks[0], strict=True))
    assert shuffled["holds"] is holds
    assert suite_page.outcome(shuffled) == end
    assert len(checks) == 4
