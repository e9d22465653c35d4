"""What `make mutants` is told: modules and tests that exist, and mutants recognised by their change."""

from __future__ import annotations

import pytest

from tests.mutants import ROOT, Outcome, change, core, function_of, plan

MODULES = plan()["module"]
EQUIVALENT = plan().get("equivalent", [])


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module["path"])
def test_a_module_and_every_test_that_judges_it_exist(module: dict) -> None:
    assert (ROOT / module["path"]).is_file()
    assert module["tests"]
    for argument in module["tests"]:
        path, _, name = argument.removeprefix("--deselect=").partition("::")
        assert (ROOT / path).is_file()
        assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8") or not name


def test_a_folder_of_a_run_is_named_by_one_module_alone() -> None:
    names = [module["path"].rpartition("/")[2] for module in MODULES]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("entry", EQUIVALENT, ids=lambda entry: entry["path"])
def test_an_equivalent_mutant_has_a_reason_and_stands_in_a_module_that_is_judged(
    entry: dict,
) -> None:
    assert entry["path"] in {module["path"] for module in MODULES}
    assert len(entry["reason"].split()) > 3
    text = (ROOT / entry["path"]).read_text(encoding="utf-8")
    for was, _, count in entry["changes"]:
        assert was.partition(" ")[0] in text
        assert count > 0
    assert "function" not in entry or f"def {entry['function']}(" in text


def test_a_change_is_told_by_its_lines_or_by_the_part_that_differs() -> None:
    diff = "--- a\n+++ b\n@@ -1,3 +1,3 @@\n def f(x):\n-    return g(\n-        x < 15)\n+    return g(\n+        x <= 15)\n"
    lines = change(diff)
    assert lines == ("return g( x < 15)", "return g( x <= 15)")
    assert core(*lines) == ("", "=")
    assert core("f(1, dtype=Int64)", "f(1, )") == ("dtype=Int64", "")
    assert core("late <= 15", "late <= 16") == ("5", "6")
    assert core("aa", "a") == ("a", "")


def test_a_mutant_is_named_after_its_function_or_method() -> None:
    assert function_of("lishui_credit.points.x_half_away__mutmut_12") == "half_away"
    assert function_of("lishui_credit.a.x__index_of__mutmut_1") == "_index_of"
    assert function_of("lishui_credit.points.xǁValueǁ_factors__mutmut_3") == "_factors"


def test_the_share_killed_leaves_out_what_changes_nothing() -> None:
    whole = Outcome(made=120, killed=95, late=1, equivalent=20, survivors=[], stale=[])
    assert whole.share == 95
    assert Outcome(0, 0, 0, 0, [], []).share == 0
