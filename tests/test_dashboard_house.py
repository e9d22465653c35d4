"""The dashboard only calls: no number is made in it, nothing from data becomes markup, and it
listens to this machine alone. Read from its syntax trees and its settings, without starting it.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from lishui_credit.reports import html

ROOT = Path(__file__).resolve().parents[1]
HOUSE = ROOT / "dashboards"
FILES = sorted(HOUSE.rglob("*.py"))
TREES = {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text("utf-8")) for path in FILES}

# What computes: whole libraries, and the verbs of a frame that make a number or a new column.
LIBRARIES = {
    "numpy", "scipy", "sklearn", "lightgbm", "pandas", "narwhals", "statistics", "math", "random",
    "duckdb", "plotly", "matplotlib", "altair", "decimal", "fractions", "requests", "urllib",
}  # fmt: skip
VERBS = {
    "agg", "corr", "cov", "cum_count", "cum_prod", "cum_sum", "cumsum", "cut", "describe", "diff",
    "ewm_mean", "group_by", "group_by_dynamic", "groupby", "join_asof", "log", "map_batches",
    "mean", "median", "n_unique", "pct_change", "pivot", "product", "qcut",
    "quantile", "rank", "rolling", "rolling_mean", "rolling_sum", "sql", "std", "sum",
    "sum_horizontal", "mean_horizontal", "top_k", "value_counts", "var",
}  # fmt: skip
BUILTINS = {"sum", "round", "pow", "divmod", "eval", "exec"}
OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.MatMult)
MARKUP = {"html", "iframe", "write_stream"}
URL = re.compile(r"(?:https?:)?//[\w-]+\.[\w.-]+")


def _nodes() -> Iterator[tuple[str, ast.AST]]:
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            yield name, node


def _text(node: ast.AST) -> bool:
    """Whether an operand is text or a path, so that + joins and / appends."""
    if isinstance(node, ast.JoinedStr):
        return True
    if isinstance(node, ast.BinOp):
        return _text(node.left) or _text(node.right)
    if isinstance(node, ast.IfExp):
        return _text(node.body) and _text(node.orelse)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "tr":
        return True
    if isinstance(node, ast.Attribute) and node.attr == "folder":
        return True
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _constant(node: ast.AST) -> bool:
    """Whether a value stands in the code: a literal, or a name in capitals for one."""
    if isinstance(node, ast.BinOp):
        return _constant(node.left) and _constant(node.right)
    if isinstance(node, ast.Name):
        return node.id.isupper()
    return isinstance(node, ast.Constant)


def _computes(node: ast.AST) -> str | None:
    """What a node computes, in a word; None where it computes nothing."""
    if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, OPERATORS):
        sides = (node.left, node.right) if isinstance(node, ast.BinOp) else (node.value,)
        if not any(map(_text, sides)) and not all(map(_constant, sides)):
            return f"arithmetic: {ast.unparse(node)}"
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr in VERBS:
            return f".{node.func.attr}()"
        if (
            isinstance(node.func, ast.Attribute)
            and node.func.attr == "map_elements"  # words for a value, by a function of the package
            and (not node.args or isinstance(node.args[0], ast.Lambda))
        ):
            return ".map_elements() of a calculation"
        if (
            isinstance(node.func, ast.Attribute)
            and node.func.attr == "join"
            and (node.keywords or len(node.args) > 1)
        ):
            return ".join() of frames"
        if isinstance(node.func, ast.Name) and node.func.id in BUILTINS:
            return f"{node.func.id}()"
    if isinstance(node, ast.Import | ast.ImportFrom):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        heavy = sorted({name.split(".")[0] for name in names} & LIBRARIES)
        if heavy:
            return f"import {heavy}"
    return None


def test_there_is_a_dashboard_to_look_at():
    pages = {path.stem for path in (HOUSE / "screens").glob("*.py")}
    assert pages >= {"overview", "indicator", "counties", "grades", "models", "lending", "data"}


def test_no_folder_called_pages_lies_beside_the_entry():
    # Streamlit runs a file of such a folder by its address alone, without app.py, until app.py has
    # run once in the process: no login, no language, no handling of errors for the first caller.
    assert not (HOUSE / "pages").exists()


def test_no_number_is_computed_in_the_dashboard():
    wrong = [
        f"{name}:{node.lineno}: {what}" for name, node in _nodes() if (what := _computes(node))
    ]
    assert not wrong, "a function of the package should do this:\n" + "\n".join(wrong)


@pytest.mark.parametrize(
    "code",
    [
        "x = a / b",
        "x += y",
        "frame.group_by('county')",
        "sum(values)",
        "import numpy as np",
        "from plotly import graph_objects",
        "share = 100 * bad",
        "frame.join(other, on='county')",
        "pl.col('a').map_elements(lambda a: a)",
        "frame.with_columns(pl.col('a') / pl.col('b'))",
    ],
)
def test_the_look_for_arithmetic_finds_it(code):
    assert any(_computes(node) for node in ast.walk(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    [
        "x = 'a' + b",
        "folder / 'file'",
        "LIMIT = 5 * 1024 * 1024",
        "x = tr('a', 'b') + y",
        "model.folder / FILE",
    ],
)
def test_the_look_for_arithmetic_leaves_text_and_constants_alone(code):
    assert not any(_computes(node) for node in ast.walk(ast.parse(code)))


def _markup_from_data(node: ast.AST) -> bool:
    """Whether a call may hand something that is not written in the code to the page as markup."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    raw = node.func.attr in MARKUP or any(
        keyword.arg == "unsafe_allow_html"
        and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is False)
        for keyword in node.keywords
    )
    return raw and not (node.args and (_constant(node.args[0]) or _escapes(node.args[0])))


# Functions of the package that make markup and escape whatever they are given.
ESCAPING = {
    "county_html": "lishui_credit.figures.county_table.county_html",
    "html_table": "lishui_credit.reports.html.table",
    "chip": "lishui_credit.reports.html.chip",
    "overview_html": "lishui_credit.plan.overview_table.overview_html",
    "print_button": "lishui_credit.reports.html.print_button",
    "quarters_html": "lishui_credit.plan.overview_table.quarters_html",
    "document_language": "lishui_credit.reports.html.document_language",
    "asked_address": "lishui_credit.reports.html.asked_address",
}


def _escapes(node: ast.AST) -> bool:
    """Whether markup comes straight from a function of the package that escapes."""
    return isinstance(node, ast.Call) and ast.unparse(node.func) in ESCAPING


def test_no_markup_is_made_from_data():
    wrong = [
        f"{name}:{node.lineno}: {ast.unparse(node)[:80]}"
        for name, node in _nodes()
        if _markup_from_data(node)
    ]
    assert not wrong, "markup must stand in the code:\n" + "\n".join(wrong)


def test_the_look_for_markup_finds_it():
    code = "st.markdown(f'<b>{name}</b>', unsafe_allow_html=True)\nst.html(text)\nst.html(STYLE)\nst.html(html_table(heads, rows))"
    found = [_markup_from_data(node) for node in ast.walk(ast.parse(code))]
    assert sum(found) == 2


def test_a_function_that_may_make_markup_is_the_package_s_own():
    named = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for _, node in _nodes()
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if (alias.asname or alias.name) in ESCAPING
    }
    assert named == ESCAPING
    bound = [
        node for _, node in _nodes()
        if (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in ESCAPING)
        or (isinstance(node, ast.FunctionDef) and node.name in ESCAPING)
    ]  # fmt: skip
    assert not bound


def test_a_function_that_may_make_markup_escapes():
    evil = "<img src=x onerror=alert(1)>\"'&"
    tables = (html.table([(kind, evil)], [[(kind, evil)]], caption=evil) for kind in ("", "n", "d"))
    for made in (html.chip(evil, evil), html.print_button(evil), *tables):
        assert "<img" not in made
        assert "&lt;img src=x onerror=alert(1)&gt;&quot;&#x27;&amp;" in made


def test_every_capital_name_handed_over_as_markup_is_written_out():
    made = {
        f"{name}:{target.id}"
        for name, tree in TREES.items()
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
        and target.id in {"STYLE", "CSS", "PRINT", "STYLES"}
        and not (isinstance(node.value, ast.Constant) and isinstance(node.value.value, str))
    }
    assert not made, f"these are not plain strings: {made}"


def test_the_dashboard_names_no_other_host():
    wrong = [
        f"{path.relative_to(ROOT)}:{number}: {found}"
        for path in sorted(HOUSE.rglob("*"))
        if path.is_file() and path.suffix in {".py", ".toml", ".css"}
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if (found := [url for url in URL.findall(line) if "127.0.0.1" not in url])
    ]
    assert not wrong, "\n".join(wrong)


def test_no_field_is_without_a_label():
    fields = {
        "selectbox", "multiselect", "radio", "slider", "select_slider", "number_input",
        "text_input", "file_uploader", "checkbox", "toggle", "segmented_control", "pills",
        "button", "download_button", "expander", "date_input", "link_button",
    }  # fmt: skip
    wrong = [
        f"{name}:{node.lineno}: {ast.unparse(node)[:60]}"
        for name, node in _nodes()
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in fields
        and node.args
        and isinstance(node.args[0], ast.Constant)
    ]
    assert not wrong, "a label stands in both languages, through tr():\n" + "\n".join(wrong)


def test_every_choice_is_made_by_the_piece_that_takes_it_to_the_other_pages():
    choices = {
        "selectbox", "multiselect", "radio", "slider", "select_slider", "number_input", "text_input",
        "text_area", "checkbox", "toggle", "segmented_control", "pills", "date_input", "time_input",
        "color_picker", "data_editor", "feedback", "session_state",
    }  # fmt: skip
    wrong = [
        f"{name}:{node.lineno}: {ast.unparse(node)}"
        for name, node in _nodes()
        if isinstance(node, ast.Attribute) and node.attr in choices and name != "dashboards/view.py"
    ]
    assert not wrong, "view.choose() does this:\n" + "\n".join(wrong)


def test_the_package_does_not_import_the_dashboard():
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted((ROOT / "lishui_credit").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("dashboards"))
        or (
            isinstance(node, ast.Import)
            and any(alias.name.startswith("dashboards") for alias in node.names)
        )
    ]
    assert not wrong, wrong


@pytest.fixture(scope="module")
def settings() -> dict[str, dict[str, object]]:
    return tomllib.loads((HOUSE / ".streamlit" / "config.toml").read_text("utf-8"))


@pytest.mark.parametrize(
    ("section", "option", "value"),
    [
        ("server", "address", "127.0.0.1"),  # also keeps the server from asking for its own address
        ("browser", "gatherUsageStats", False),
        ("client", "toolbarMode", "minimal"),
        ("client", "showErrorDetails", "none"),
        ("client", "showErrorLinks", False),
        ("client", "disableDataExport", True),  # Streamlit's own CSV does not guard formulas
    ],
)
def test_the_settings_keep_to_this_machine_and_to_our_own_exports(settings, section, option, value):
    assert settings[section][option] == value


def test_uploads_are_limited_and_the_guards_are_on(settings):
    server = settings["server"]
    assert 0 < server["maxUploadSize"] <= 5  # MB
    assert server.get("enableXsrfProtection", True) is True
    assert server.get("enableCORS", True) is True
    assert server.get("enableStaticServing", False) is False


def test_secrets_are_never_committed():
    assert "secrets.toml" in (ROOT / ".gitignore").read_text("utf-8").splitlines()
